// test_tokens.c: tokenised splits and their batches.
#include "data/tokens.h"
#include "tests/test.h"
#include <string.h>

// [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, a 4, b 5, c 6
static Tokenizer *tokenizer_of(Arena *arena)
{
    static const char pieces[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\n";
    Bytes bytes = { (const uint8_t *)pieces, sizeof pieces - 1 };
    Error error = { 0 };
    Tokenizer *tokenizer = tokenizer_parse(arena, bytes, "vocab.txt", true, &error);
    CHECK(tokenizer != NULL);
    return tokenizer;
}

static const char *const two_labels[] = { "no", "yes", NULL };

static void texts_are_packed_one_after_another(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Example row[] = { { .text = "a b", .label = 1 },
                      { .text = "", .label = 0 },
                      { .text = "a b c a", .label = 1 },
                      { .text = "c ?", .label = -1 } };
    Task task = { .labels = two_labels, .classes = 2 };
    Tokens tokens;
    CHECK(tokens_of(arena, tokenizer_of(arena), &task, (Examples){ row, 4 }, 5, &tokens, &error));
    static const int32_t expected[] = { 2, 4, 5, 3, 2, 3, 2, 4, 5, 6, 3, 2, 6, 1, 3 };
    static const uint32_t offset[] = { 0, 4, 6, 11, 15 };
    CHECK(tokens.count == 4 && tokens.truncated == 1);
    CHECK(memcmp(tokens.offset, offset, sizeof offset) == 0);
    CHECK(memcmp(tokens.token, expected, sizeof expected) == 0);
    for (size_t i = 0; i < 15; i++)
        CHECK(tokens.type[i] == 0);
    CHECK(tokens.label[0] == 1 && tokens.label[1] == 0 && tokens.label[3] == -1 && !tokens.target);
    arena_free(arena);
}

static void a_pair_has_two_types_and_scores_are_targets(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Example row[] = { { .text = "a", .text_b = "b c", .label = -1, .score = 2.5F } };
    Task task = { .classes = 0 };
    Tokens tokens;
    CHECK(tokens_of(arena, tokenizer_of(arena), &task, (Examples){ row, 1 }, 16, &tokens, &error));
    static const int32_t token[] = { 2, 4, 3, 5, 6, 3 }, type[] = { 0, 0, 0, 1, 1, 1 };
    CHECK(tokens.offset[1] == 6);
    CHECK(memcmp(tokens.token, token, sizeof token) == 0);
    CHECK(memcmp(tokens.type, type, sizeof type) == 0);
    CHECK_CLOSE(tokens.target[0], 2.5, 0);
    CHECK(!tokens.label && tokens.truncated == 0);
    arena_free(arena);
}

// Example i has i % 5 + 2 tokens, 100 i, 100 i + 1, ...
static Tokens made(Arena *arena, size_t count)
{
    uint32_t *offset = arena_take(arena, count + 1, sizeof *offset);
    offset[0] = 0;
    for (size_t i = 0; i < count; i++)
        offset[i + 1] = offset[i] + (uint32_t)(i % 5 + 2);
    int32_t *token = arena_take(arena, offset[count] + 1, sizeof *token);
    int32_t *type = arena_zero(arena, offset[count] + 1, sizeof *type);
    int32_t *label = arena_take(arena, count + 1, sizeof *label);
    for (size_t i = 0; i < count; i++) {
        for (uint32_t t = offset[i]; t < offset[i + 1]; t++)
            token[t] = (int32_t)(100 * i + t - offset[i]);
        label[i] = (int32_t)(i % 3);
    }
    return (
        Tokens){ .count = count, .offset = offset, .token = token, .type = type, .label = label };
}

// a occurs 3 times, c twice, b once, the special ones 4 times each, [UNK] twice.
static void ids_are_ranked_by_how_often_they_occur(void)
{
    Arena *arena = arena_of_test();
    Error error = { 0 };
    Example row[] = { { .text = "a ? a" }, { .text = "c b c a" }, { .text = "" }, { .text = "?" } };
    Task task = { .labels = two_labels, .classes = 2 };
    static const int32_t apart[] = { 3, -1, 2 };
    const int32_t *id;
    Tokens tokens;
    CHECK(tokens_of(arena, tokenizer_of(arena), &task, (Examples){ row, 4 }, 9, &tokens, &error));
    CHECK(tokens_by_frequency(arena, &tokens, 7, apart, 3, &id) == 4);
    CHECK(id[0] == 4 && id[1] == 1 && id[2] == 6 && id[3] == 5); // a, then [UNK] and c alike
    CHECK(tokens_by_frequency(arena, &tokens, 7, NULL, 0, &id) == 6);
    CHECK(id[0] == 2 && id[1] == 3);
    tokens.count = 0;
    CHECK(tokens_by_frequency(arena, &tokens, 7, NULL, 0, &id) == 0);
    arena_free(arena);
}

static void every_epoch_has_each_example_once_in_an_order_of_its_own(void)
{
    Arena *arena = arena_of_test();
    Tokens tokens = made(arena, 10);
    Batches batches;
    batches_shuffled(arena, &tokens, 4, 7, 1, &batches); // 4 4 2, 4 4 2, 4
    static const uint32_t begin[] = { 0, 4, 8, 10, 14, 18, 20, 24 };
    CHECK(batches.steps == 7);
    CHECK(memcmp(batches.begin, begin, sizeof begin) == 0);
    for (size_t epoch = 0; epoch < 2; epoch++) {
        int seen[10] = { 0 };
        for (size_t i = 0; i < 10; i++)
            seen[batches.order[10 * epoch + i]]++;
        for (size_t i = 0; i < 10; i++)
            CHECK(seen[i] == 1);
    }
    CHECK(memcmp(batches.order, batches.order + 10, 10 * sizeof *batches.order) != 0);
    arena_free(arena);
}

static void the_order_is_a_function_of_seed_and_epoch_alone(void)
{
    Arena *arena = arena_of_test();
    Tokens tokens = made(arena, 50);
    Batches one, same, other, longer;
    batches_shuffled(arena, &tokens, 8, 7, 1, &one);
    batches_shuffled(arena, &tokens, 8, 7, 1, &same);
    batches_shuffled(arena, &tokens, 8, 7, 2, &other);
    batches_shuffled(arena, &tokens, 5, 30, 1, &longer);
    CHECK(memcmp(one.order, same.order, 50 * sizeof *one.order) == 0);
    CHECK(memcmp(one.order, longer.order, 50 * sizeof *one.order) == 0);
    CHECK(memcmp(one.order, other.order, 50 * sizeof *one.order) != 0);
    arena_free(arena);
}

static void extents_hold_every_batch(void)
{
    Arena *arena = arena_of_test();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t random = seed, total = 0;
        Tokens tokens = made(arena, 1 + (size_t)(mix(&random) % 40));
        size_t batch = 1 + (size_t)(mix(&random) % 9), steps = 1 + (size_t)(mix(&random) % 30);
        Batches batches;
        Extent largest = { 0 };
        batches_shuffled(arena, &tokens, batch, steps, seed, &batches);
        for (size_t s = 0; s < steps; s++) {
            Extent here = { 0 };
            for (uint32_t i = batches.begin[s]; i < batches.begin[s + 1]; i++) {
                size_t length = batches.order[i] % 5 + 2;
                here.tokens += length;
                here.squares += length * length;
                here.sequences++;
                here.longest = here.longest > length ? here.longest : length;
            }
            largest.tokens = largest.tokens > here.tokens ? largest.tokens : here.tokens;
            largest.squares = largest.squares > here.squares ? largest.squares : here.squares;
            largest.longest = largest.longest > here.longest ? largest.longest : here.longest;
            largest.sequences =
                largest.sequences > here.sequences ? largest.sequences : here.sequences;
            total += here.tokens;
        }
        CHECK(largest.tokens == batches.largest.tokens &&
              largest.squares == batches.largest.squares &&
              largest.longest == batches.largest.longest &&
              largest.sequences == batches.largest.sequences && batches.largest.selected == 0);
        CHECK(total == batches.tokens);
    }
    arena_free(arena);
}

static void batches_in_order_take_all_and_none_of_nothing(void)
{
    Arena *arena = arena_of_test();
    Tokens tokens = made(arena, 10), none = made(arena, 0);
    Batches batches;
    batches_in_order(arena, &tokens, 4, &batches);
    CHECK(batches.steps == 3 && batches.begin[3] == 10);
    for (uint32_t i = 0; i < 10; i++)
        CHECK(batches.order[i] == i);
    batches_in_order(arena, &tokens, 100, &batches);
    CHECK(batches.steps == 1 && batches.largest.sequences == 10);
    batches_in_order(arena, &none, 4, &batches);
    CHECK(batches.steps == 0 && batches.tokens == 0 && batches.largest.tokens == 0);
    arena_free(arena);
}

static void parts_are_the_steps_cut(void)
{
    Arena *arena = arena_of_test();
    Tokens tokens = made(arena, 10);
    Batches batches, parts;
    batches_shuffled(arena, &tokens, 7, 3, 1, &batches); // 7 3, 7
    batches_in_parts(arena, &tokens, &batches, 3, &parts);
    static const uint32_t begin[] = { 0, 3, 6, 7, 10, 13, 16, 17 };
    CHECK(parts.steps == 7 && memcmp(parts.begin, begin, sizeof begin) == 0);
    CHECK(parts.order == batches.order && parts.tokens == batches.tokens);
    Extent largest = { 0 };
    for (size_t s = 0; s < parts.steps; s++)
        largest = extent_max(largest, batch_extent(&tokens, parts.order + parts.begin[s],
                                                   parts.begin[s + 1] - parts.begin[s]));
    CHECK(largest.sequences == 3 && memcmp(&largest, &parts.largest, sizeof largest) == 0);
    batches_in_parts(arena, &tokens, &batches, 7, &parts);
    CHECK(parts.steps == 3 && memcmp(parts.begin, batches.begin, 4 * sizeof *begin) == 0);
    CHECK(memcmp(&parts.largest, &batches.largest, sizeof largest) == 0);
    batches_shuffled(arena, &tokens, 7, 0, 1, &batches);
    batches_in_parts(arena, &tokens, &batches, 3, &parts);
    CHECK(parts.steps == 0 && parts.begin[0] == 0);
    arena_free(arena);
}

static void a_filled_batch_is_its_examples_in_a_row(void)
{
    Arena *arena = arena_of_test();
    Tokens tokens = made(arena, 10);
    const uint32_t first[] = { 7, 0, 3 }, second[] = { 5 };
    Extent largest = batch_extent(&tokens, first, 3);
    BatchBuffer buffer = batch_buffer(arena, &largest);
    size_t mark = arena_mark(arena);
    Batch batch = batch_fill(&buffer, &tokens, first, 3);
    static const uint32_t offset[] = { 0, 4, 6, 11 };
    static const int32_t token[] = { 700, 701, 702, 703, 0, 1, 300, 301, 302, 303, 304 };
    static const int32_t position[] = { 0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 4 };
    CHECK(batch.extent.tokens == 11 && batch.extent.sequences == 3 &&
          batch.extent.squares == 16 + 4 + 25 && batch.extent.longest == 5);
    CHECK(memcmp(batch.offset, offset, sizeof offset) == 0);
    CHECK(memcmp(batch.token, token, sizeof token) == 0);
    CHECK(memcmp(batch.position, position, sizeof position) == 0);
    CHECK(memcmp(batch.example, first, sizeof first) == 0);
    CHECK(batch.label[0] == 1 && batch.label[1] == 0 && batch.label[2] == 0);
    CHECK(!batch.target && !batch.picked && !batch.picked_label);
    batch = batch_fill(&buffer, &tokens, second, 1);
    CHECK(batch.extent.tokens == 2 && batch.token[0] == 500 && batch.offset[1] == 2 &&
          batch.label[0] == 2);
    CHECK(arena_mark(arena) == mark);
    arena_free(arena);
}

void suite_tokens(void)
{
    ADD(texts_are_packed_one_after_another);
    ADD(a_pair_has_two_types_and_scores_are_targets);
    ADD(ids_are_ranked_by_how_often_they_occur);
    ADD(every_epoch_has_each_example_once_in_an_order_of_its_own);
    ADD(the_order_is_a_function_of_seed_and_epoch_alone);
    ADD(extents_hold_every_batch);
    ADD(batches_in_order_take_all_and_none_of_nothing);
    ADD(parts_are_the_steps_cut);
    ADD(a_filled_batch_is_its_examples_in_a_row);
}
