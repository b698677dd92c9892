// A random number is a function of seed, stream and place, and has the distribution it claims.
#include "tests/test.h"
#include "base/random.h"
#include <math.h>
#include <string.h>

static bool words_are(Random4 bits, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return bits.word[0] == a && bits.word[1] == b && bits.word[2] == c && bits.word[3] == d;
}

// The known answers that Random123 ships for philox4x32 with 10 rounds; the stream's bits are
// taken out of the key by the seed.
static void philox_gives_its_known_answers(void)
{
    uint64_t stream = (uint64_t)STREAM_INIT << 60;
    CHECK(words_are(random_at(stream, STREAM_INIT, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c,
                    0x9b00dbd8));
    CHECK(words_are(random_at(~stream, STREAM_INIT, UINT64_MAX, UINT64_MAX), 0x408f276d, 0x41c83b0e,
                    0xa20bc7c6, 0x6d5451fd));
    // counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0
    CHECK(words_are(
        random_at(0x299f31d0a4093822 ^ stream, STREAM_INIT, 0x0370734413198a2e, 0x85a308d3243f6a88),
        0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

static void each_argument_changes_the_number(void)
{
    Random4 base = random_at(1, STREAM_INIT, 2, 3);
    Random4 other[] = { random_at(2, STREAM_INIT, 2, 3), random_at(1, STREAM_ORDER, 2, 3),
                        random_at(1, STREAM_INIT, 3, 3), random_at(1, STREAM_INIT, 2, 4),
                        random_at(1, STREAM_INIT, 2, 3 + (1ull << 32)) };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        CHECK(memcmp(&base, &other[i], sizeof base));
    Random4 again = random_at(1, STREAM_INIT, 2, 3);
    CHECK(!memcmp(&base, &again, sizeof base));
}

static void uniform_lies_strictly_between_0_and_1(void)
{
    double least = random_uniform((Random4){ { 0, 0, 0, 0 } });
    double most = random_uniform((Random4){ { UINT32_MAX, UINT32_MAX, 0, 0 } });
    CHECK(least > 0 && most < 1 && least == 1 - most);
    CHECK(isfinite(random_normal((Random4){ { 0, 0, 0, 0 } })));
    CHECK(isfinite(random_normal((Random4){ { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX } })));
}

// n = 100,000: a mean is within 5 standard errors of its expectation.
static void moments_are_those_of_the_distribution(void)
{
    enum { N = 100000 };
    double sum = 0, square = 0, normal = 0, normal2 = 0, normal4 = 0;
    for (uint64_t i = 0; i < N; i++) {
        double u = random_uniform(random_at(7, STREAM_TEST, 0, i));
        double z = random_normal(random_at(7, STREAM_TEST, 1, i));
        sum += u, square += u * u;
        normal += z, normal2 += z * z, normal4 += z * z * z * z;
    }
    double root = sqrt(N);
    CHECK(fabs(sum / N - 0.5) < 5 * sqrt(1 / 12.0) / root);
    CHECK(fabs(square / N - 1 / 3.0) < 5 * sqrt(4 / 45.0) / root);
    CHECK(fabs(normal / N) < 5 / root);
    CHECK(fabs(normal2 / N - 1) < 5 * sqrt(2) / root);
    CHECK(fabs(normal4 / N - 3) < 5 * sqrt(96) / root);
}

static void below_reaches_every_number_and_no_other(void)
{
    size_t seen[6] = { 0 };
    for (uint64_t i = 0; i < 6000; i++) {
        uint64_t value = random_below(random_at(3, STREAM_TEST, 0, i), 6);
        CHECK(value < 6);
        seen[value < 6 ? value : 0]++;
    }
    for (size_t i = 0; i < 6; i++)
        CHECK(seen[i] > 850 && seen[i] < 1150); // 1,000 expected, sd 29
    CHECK(random_below((Random4){ { UINT32_MAX, UINT32_MAX, 0, 0 } }, 1) == 0);
    CHECK(random_below((Random4){ { UINT32_MAX, UINT32_MAX, 0, 0 } }, UINT64_MAX) ==
          UINT64_MAX - 1);
}

static void an_order_is_a_permutation_and_each_is_as_likely(void)
{
    uint32_t order[100];
    bool seen[100] = { 0 };
    random_order(order, 100, 1, STREAM_ORDER, 0);
    for (size_t i = 0; i < 100; i++) {
        CHECK(order[i] < 100 && !seen[order[i] % 100]);
        seen[order[i] % 100] = true;
    }
    random_order(order, 0, 1, STREAM_ORDER, 0); // nothing to do
    random_order(order, 1, 1, STREAM_ORDER, 0);
    CHECK(order[0] == 0);
    size_t count[27] = { 0 }; // by the three digits in base 3; six of them are permutations
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        random_order(order, 3, 1, STREAM_ORDER, epoch);
        count[9 * order[0] + 3 * order[1] + order[2]]++;
    }
    size_t permutations = 0;
    for (size_t i = 0; i < 27; i++)
        permutations += count[i] > 850 && count[i] < 1150; // 1,000 expected, sd 29
    CHECK(permutations == 6);
}

static void a_name_is_the_start_of_its_sha256(void)
{
    CHECK(random_name("abc") == 0xba7816bf8f01cfea);
    CHECK(random_name("") == 0xe3b0c44298fc1c14);
}

void suite_random(void)
{
    ADD(philox_gives_its_known_answers);
    ADD(each_argument_changes_the_number);
    ADD(uniform_lies_strictly_between_0_and_1);
    ADD(moments_are_those_of_the_distribution);
    ADD(below_reaches_every_number_and_no_other);
    ADD(an_order_is_a_permutation_and_each_is_as_likely);
    ADD(a_name_is_the_start_of_its_sha256);
}
