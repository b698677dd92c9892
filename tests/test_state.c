// test_state.c: how parameters begin, whose memory they lie in, and one update of them all.
#include "engine/state.h"
#include "tests/graphs.h"
#include "tests/test.h"
#include <math.h>
#include <string.h>

static Arena *arena_for(Error *error)
{
    return arena_new((size_t)1 << 26, error);
}

static State *state_of(Arena *arena, const Graph *graph, uint64_t seed)
{
    Error error;
    return state_new(arena, &graph, 1, seed, NULL, NULL, &error);
}

static Value declared(Graph *graph, const char *name, int64_t rows, int64_t cols, Init init)
{
    Parameter p = { .name = name, .rows = rows, .cols = cols, .rank = 2, .init = init };
    return graph_parameter(graph, &p);
}

// ---- initial numbers

static void numbers_depend_on_the_name_and_no_other_parameter(void)
{
    static const Init normal = { INIT_NORMAL, 1 }, uniform = { INIT_UNIFORM, 1 };
    Error error;
    Arena *arena = arena_for(&error);
    Graph *one = graph_new(arena, &error), *two = graph_new(arena, &error);
    declared(one, "a", 7, 9, normal);
    declared(one, "b", 3, 5, uniform);
    declared(two, "between", 11, 2, normal);
    declared(two, "b", 3, 5, uniform);
    declared(two, "more", 1, 40, uniform);
    declared(two, "a", 7, 9, normal);
    State *first = state_of(arena, one, 4), *second = state_of(arena, two, 4);
    CHECK(same_bits(state_find(first, "a")->value, state_find(second, "a")->value, 63));
    CHECK(same_bits(state_find(first, "b")->value, state_find(second, "b")->value, 15));
    // Another seed, or another name, is other numbers: no two of them equal.
    State *other = state_of(arena, one, 5);
    declared(one, "c", 7, 9, normal);
    State *third = state_of(arena, one, 4);
    for (int i = 0; i < 63; i++) {
        CHECK(state_find(first, "a")->value[i] != state_find(other, "a")->value[i]);
        CHECK(state_find(first, "a")->value[i] != state_find(third, "c")->value[i]);
    }
    arena_free(arena);
}

// Of n numbers the mean lies within 4.5 sd / sqrt(n), the variance within 4.5 sqrt((kurtosis - 1) /
// n) of itself; kurtosis 3 for the normal, 1.8 for the uniform distribution. Cut at two deviations
// the normal keeps 1 - 4 f(2) / (2 F(2) - 1) = 0.773741 of its variance, and its kurtosis
// is 2.3655.
static void initial_numbers_have_the_moments_of_their_distribution(void)
{
    enum { N = 40000 };
    Error error;
    Arena *arena = arena_for(&error);
    float *x = arena_take(arena, N, sizeof *x);
    static const struct {
        Init init;
        double variance, kurtosis, bound; // 0: none
    } cases[] = {
        { { INIT_NORMAL, 0.02 }, 4e-4, 3, 0 },
        { { INIT_UNIFORM, 0.3 }, 0.09 / 3, 1.8, 0.3 },
        { { INIT_CUT_NORMAL, 0.02 }, 4e-4 * 0.773741, 2.36553, 0.04 },
    };
    for (int kind = 0; kind < 3; kind++) {
        Parameter p = { .name = "W", .rows = 200, .cols = N / 200, .init = cases[kind].init };
        double variance = cases[kind].variance, kurtosis = cases[kind].kurtosis;
        init_fill(x, &p, NULL, 9);
        double mean = sum_floats(x, N) / N, squares = sum_squares(x, N) / N, fourth = 0;
        float largest = 0;
        for (int i = 0; i < N; i++) {
            fourth += pow(x[i], 4) / N;
            largest = fmaxf(largest, fabsf(x[i]));
        }
        CHECK(fabs(mean) < 4.5 * sqrt(variance / N));
        CHECK(fabs(squares / variance - 1) < 4.5 * sqrt((kurtosis - 1) / N));
        CHECK_CLOSE(fourth / (variance * variance), kurtosis, 0.1);
        if (cases[kind].bound > 0)
            CHECK(largest < (float)cases[kind].bound &&
                  largest > 0.996F * (float)cases[kind].bound);
        // Neighbours have nothing to do with each other.
        CHECK(fabs(sum_products(x, x + 1, N - 1) / N / variance) < 4.5 / sqrt(N));
    }
    arena_free(arena);
}

// 4 columns: w = 1, 1000^(-1/2) = 0.0316227766; row 2 is a (sin 2, sin 0.0632455532, cos 2, cos
// 0.0632455532).
static void sinusoids_and_constants_by_hand(void)
{
    static const double expected[] = { 0,
                                       0,
                                       1,
                                       1,
                                       0.8414709848,
                                       0.0316175064,
                                       0.5403023059,
                                       0.9995000417,
                                       0.9092974268,
                                       0.0632033979,
                                       -0.4161468365,
                                       0.9980006665 };
    float x[12];
    Parameter p = { .name = "p", .rows = 3, .cols = 4, .init = { INIT_SINUSOIDS, 0.06 } };
    init_fill(x, &p, NULL, 1);
    for (int i = 0; i < 12; i++)
        CHECK_CLOSE(x[i], 0.06 * expected[i], 1e-8);
    p.init = (Init){ INIT_CONSTANT, -0.5 };
    init_fill(x, &p, NULL, 1);
    for (int i = 0; i < 12; i++)
        CHECK_CLOSE(x[i], -0.5, 0);
}

// What is drawn again is the number beyond two deviations alone.
static void a_cut_normal_is_the_normal_within_two_deviations(void)
{
    enum { N = 400 };
    float normal[N], cut[N];
    int beyond = 0;
    Parameter p = { .name = "W", .rows = 20, .cols = 20, .init = { INIT_NORMAL, 1 } };
    init_fill(normal, &p, NULL, 3);
    p.init.kind = INIT_CUT_NORMAL;
    init_fill(cut, &p, NULL, 3);
    for (int i = 0; i < N; i++) {
        bool inside = fabsf(normal[i]) <= 2;
        beyond += !inside;
        CHECK(inside == (normal[i] == cut[i]));
        for (int j = 0; j < i; j++)
            CHECK(cut[i] != cut[j]);
    }
    CHECK(beyond > 5 && beyond < 40); // 18 of 400 on average
}

// out = sum of both sources' numbers + the number that `with` points at.
static void sum_of_both(float *out, const Parameter *parameter, const Matrix *from, uint64_t seed)
{
    CHECK(seed == 4 && !from[2].data);
    CHECK(from[0].rows == 2 && from[0].cols == 3 && from[1].rows == 1 && from[1].cols == 6);
    for (int64_t i = 0; i < parameter->rows * parameter->cols; i++)
        out[i] = from[0].data[i] + from[1].data[i] + *(const float *)parameter->start->with;
}

static void a_parameter_starts_from_others_whatever_their_order(void)
{
    static const float more = 0.25F;
    static const Start start = { sum_of_both, { "a", "b" }, &more };
    Error error;
    Arena *arena = arena_for(&error);
    Graph *graph = graph_new(arena, &error);
    Parameter p = { .name = "first",
                    .rows = 3,
                    .cols = 2,
                    .trained = true,
                    .init.kind = INIT_OTHERS,
                    .start = &start };
    graph_parameter(graph, &p);
    declared(graph, "a", 2, 3, (Init){ INIT_NORMAL, 1 });
    declared(graph, "b", 1, 6, (Init){ INIT_UNIFORM, 1 });
    State *state = state_of(arena, graph, 4);
    const float *first = state_find(state, "first")->value;
    for (int i = 0; i < 6; i++)
        CHECK_CLOSE(first[i],
                    state_find(state, "a")->value[i] + state_find(state, "b")->value[i] + 0.25F, 0);
    float again[6];
    init_fill(again, &p, state, 4);
    CHECK(same_bits(again, first, 6));
    arena_free(arena);
}

// ---- whose memory

static const float of_file[] = { 1, 2, 3, 4, 5, 6 };

static const float *giver(void *context, const Parameter *parameter, float *out, Error *error)
{
    int *asked = context;
    (*asked)++;
    if (!strcmp(parameter->name, "missing")) {
        fail(error, ERROR_INPUT, (Where){ .item = "missing" }, NULL, "is not there");
        return NULL;
    }
    if (strcmp(parameter->name, "half")) // float32, as in a file
        return of_file;
    for (int i = 0; i < 6; i++)
        out[i] = of_file[i] / 2; // widened
    return out;
}

static Value given_by_file(Graph *graph, const char *name, bool trained)
{
    Parameter p = { .name = name, .rows = 2, .cols = 3, .rank = 2, .trained = trained };
    return graph_parameter(graph, &p);
}

static void frozen_numbers_of_a_file_are_read_where_they_lie(void)
{
    Error error;
    int asked = 0;
    Arena *arena = arena_for(&error);
    Graph *graph = graph_new(arena, &error);
    given_by_file(graph, "frozen", false);
    given_by_file(graph, "trained", true);
    given_by_file(graph, "half", false);
    declared(graph, "own", 1, 3, (Init){ INIT_CONSTANT, 7 });
    const Graph *const graphs[] = { graph };
    State *state = state_new(arena, graphs, 1, 1, giver, &asked, &error);
    if (CHECK(state && state->slots == 4)) {
        const Slot *frozen = state_find(state, "frozen"), *trained = state_find(state, "trained");
        CHECK(asked == 3);
        CHECK(frozen->value == of_file && !frozen->gradient && !frozen->m && !frozen->v);
        CHECK(trained->value != of_file && same_bits(trained->value, of_file, 6));
        for (int i = 0; i < 6; i++) {
            CHECK(trained->gradient[i] == 0 && trained->m[i] == 0 && trained->v[i] == 0);
            CHECK_CLOSE(state_find(state, "half")->value[i], of_file[i] / 2, 0);
        }
        CHECK_CLOSE(state_find(state, "own")->value[2], 7, 0);
        CHECK(state->weight_bytes == 4 * (3 * 6 + 3) && state->gradient_bytes == 4 * 6);
        CHECK(state->moment_bytes == 2 * 4 * 6 && state->updates == 0);
        CHECK(!state_find(state, "froze"));
    }
    given_by_file(graph, "missing", false);
    CHECK(!state_new(arena, graphs, 1, 1, giver, &asked, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "missing: is not there");
    arena_free(arena);
}

static void graphs_share_what_has_one_name_and_the_first_says_what_is_trained(void)
{
    Error error;
    int asked = 0;
    Arena *arena = arena_for(&error);
    Graph *train = graph_new(arena, &error), *eval = graph_new(arena, &error);
    given_by_file(train, "both", true);
    given_by_file(eval, "alone", false);
    given_by_file(eval, "both", false);
    const Graph *const graphs[] = { train, eval };
    State *state = state_new(arena, graphs, 2, 1, giver, &asked, &error);
    CHECK(state && state->slots == 2 && asked == 2);
    CHECK(state_find(state, "both")->is.trained && state_find(state, "both")->gradient);
    CHECK(state->weight_bytes == 48 && state->gradient_bytes == 24);
    arena_free(arena);
}

// ---- updates

// With epsilon 1 the first step is rate g / (|g| + 1), which shows the size of g.
static const Training training = {
    .schedule = SCHEDULE_CONSTANT,
    .lr = 0.1,
    .head_lr = 0.3,
    .head_part = 2,
    .steps = 10,
    .beta1 = 0.9,
    .beta2 = 0.999,
    .epsilon = 1,
};

static State *of_three(Arena *arena, Error *error)
{
    Graph *graph = graph_new(arena, error);
    Parameter p[] = {
        { .name = "matrix", .rank = 2, .trained = true },
        { .name = "vector", .rank = 1, .trained = true },
        { .name = "head", .rank = 2, .trained = true, .part = 2 },
        { .name = "frozen", .rank = 2 },
        { .name = "frozen head", .rank = 2, .part = 2 },
    };
    for (int i = 0; i < 5; i++) {
        p[i].rows = p[i].cols = 1;
        p[i].init = (Init){ INIT_CONSTANT, 8 };
        graph_parameter(graph, &p[i]);
    }
    return state_of(arena, graph, 1);
}

static float *number(State *state, const char *name)
{
    return state_find(state, name)->value;
}

static void set_gradients(State *state, float matrix, float vector, float head)
{
    *state_find(state, "matrix")->gradient = matrix;
    *state_find(state, "vector")->gradient = vector;
    *state_find(state, "head")->gradient = head;
}

// Norm sqrt(9 + 16 + 144) = 13; clipped at 6.5 by a half: 1.5, 2, 6.
static void one_norm_clips_all_parts(void)
{
    Error error;
    Arena *arena = arena_for(&error);
    State *state = of_three(arena, &error);
    Training options = training;
    double norm = 0;
    options.clip = 6.5;
    set_gradients(state, 3, -4, 12);
    state_update(state, &options, 0, &norm);
    CHECK_CLOSE(norm, 13, 1e-12);
    CHECK_CLOSE(*number(state, "matrix"), 8 - 0.1 * 1.5 / 2.5, 1e-6);
    CHECK_CLOSE(*number(state, "vector"), 8 + 0.1 * 2 / 3, 1e-6);
    CHECK_CLOSE(*number(state, "head"), 8 - 0.3 * 6 / 7, 1e-6);
    CHECK(*number(state, "frozen") == 8 && *number(state, "frozen head") == 8);
    CHECK(state->updates == 1 && *state_find(state, "head")->gradient == 0);
    // Not clipped: the same from the start with whole gradients.
    state = of_three(arena, &error);
    options.clip = 0;
    set_gradients(state, 3, -4, 12);
    state_update(state, &options, 0, &norm);
    CHECK_CLOSE(*number(state, "matrix"), 8 - 0.1 * 3 / 4, 1e-6);
    CHECK_CLOSE(*number(state, "head"), 8 - 0.3 * 12 / 13, 1e-6);
    arena_free(arena);
}

// Decay 0.5 at rates 0.1 and 0.3 takes 5 % and 15 % of matrices, and nothing else.
static void only_trained_matrices_decay(void)
{
    Error error;
    Arena *arena = arena_for(&error);
    State *state = of_three(arena, &error);
    Training options = training;
    double norm;
    options.weight_decay = 0.5;
    state_update(state, &options, 0, &norm);
    CHECK_CLOSE(norm, 0, 0);
    CHECK_CLOSE(*number(state, "matrix"), 8 * 0.95, 1e-6);
    CHECK_CLOSE(*number(state, "vector"), 8, 0);
    CHECK_CLOSE(*number(state, "head"), 8 * 0.85, 1e-6);
    CHECK(*number(state, "frozen") == 8 && *number(state, "frozen head") == 8);
    arena_free(arena);
}

// Warm-up over 4 of 10 steps, then down: at step 2 half of the rate, at 7 half again.
static void the_step_and_not_the_number_of_updates_decides_the_rate(void)
{
    Error error;
    Arena *arena = arena_for(&error);
    Training options = training;
    double norm;
    options.schedule = SCHEDULE_LINEAR;
    options.warmup = 4;
    static const struct {
        int64_t step;
        double part;
    } cases[] = { { 0, 0 }, { 2, 0.5 }, { 4, 1 }, { 7, 0.5 }, { 10, 0 } };
    for (size_t i = 0; i < 5; i++) {
        State *state = of_three(arena, &error);
        set_gradients(state, 1, 1, 1);
        state_update(state, &options, cases[i].step, &norm);
        CHECK_CLOSE(*number(state, "matrix"), 8 - cases[i].part * 0.1 / 2, 1e-6);
        CHECK_CLOSE(*number(state, "head"), 8 - cases[i].part * 0.3 / 2, 1e-6);
    }
    // Bias correction counts updates: g, then 0: m = 0.09 / 0.19, v = 0.000999 / 0.001999.
    State *state = of_three(arena, &error);
    set_gradients(state, 1, 0, 0);
    state_update(state, &training, 0, &norm);
    double before = (double)*number(state, "matrix");
    state_update(state, &training, 1, &norm);
    CHECK_CLOSE(*number(state, "matrix"),
                before - 0.1 * (0.09 / 0.19) / (sqrt(0.000999 / 0.001999) + 1), 1e-6);
    arena_free(arena);
}

void suite_state(void)
{
    ADD(numbers_depend_on_the_name_and_no_other_parameter);
    ADD(initial_numbers_have_the_moments_of_their_distribution);
    ADD(sinusoids_and_constants_by_hand);
    ADD(a_cut_normal_is_the_normal_within_two_deviations);
    ADD(a_parameter_starts_from_others_whatever_their_order);
    ADD(frozen_numbers_of_a_file_are_read_where_they_lie);
    ADD(graphs_share_what_has_one_name_and_the_first_says_what_is_trained);
    ADD(one_norm_clips_all_parts);
    ADD(only_trained_matrices_decay);
    ADD(the_step_and_not_the_number_of_updates_decides_the_rate);
}
