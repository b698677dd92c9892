// test_memory.c: what activations take, from formulas written here, against the planner.
//
// docs/memory.md derives them. T tokens, S sequences, Q squares, H hidden, I intermediate, A heads,
// L layers, K outputs, r LoRA's rank; dropout is on, as in training, and no mask is stored.
#include "engine/operator.h"
#include "run/request.h"
#include "train/trainer.h"
#include "tests/test.h"
#include <string.h>

// ---- the formulas

// What a method's backward reads beside what every one's does.
typedef struct {
    const char *name;
    bool inputs;     // what the first linear layers read: x, for dW or for dA
    bool weights;    // what the others read, for dW: c, a, m
    bool embeddings; // z and 1 / sigma of the embeddings' LayerNorm, for the tables' gradients
    size_t rank;     // x A^T of two sites a layer, for dB
    bool bottom;     // is something trained below the lowest layer?
} Reads;
static const Reads reads_of[] = {
    { .name = "full", .inputs = true, .weights = true, .embeddings = true, .bottom = true },
    { .name = "bitfit", .bottom = true },
    { .name = "lora", .inputs = true, .rank = 8 },
};

typedef struct {
    Extent of;
    size_t H, I, A, L, K;
    Head head;
} Shape;

// Rows of 16 numbers and more begin 64-byte aligned, and not all in one place of a page of 4 KiB;
// every value is a multiple of 64 bytes.
static size_t value_bytes(size_t rows, size_t cols)
{
    size_t stride = cols < 16 ? cols : (cols + 15) / 16 * 16;
    if (cols >= 16 && stride * 4 % 4096 == 0)
        stride += 16;
    return (rows * stride * 4 + 63) / 64 * 64;
}

enum { LOSS = 64 }; // a number, read after the step

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

// A value's bytes: T (or S) rows of H, I or one number.
typedef struct {
    size_t H, I, one;
} Rows;
static Rows bytes_of_rows(const Shape *s, size_t rows)
{
    return (Rows){ value_bytes(rows, s->H), value_bytes(rows, s->I), value_bytes(rows, 1) };
}

// Kept of a layer's attention for the backward: q, k, v and P; its input, for the gradients of
// their weights or of LoRA's A; and x A^T, for those of its B.
static size_t attention_kept(const Shape *s, const Reads *reads)
{
    Rows T = bytes_of_rows(s, s->of.tokens);
    size_t P = (s->of.squares * s->A * 4 + 63) / 64 * 64; // one block, without padding
    return 3 * T.H + P + reads->inputs * T.H + 2 * value_bytes(s->of.tokens, reads->rank);
}

// Kept of what is behind it, up to the second LayerNorm: z and 1 / sigma of the first one, the
// activation's slope; and for the weights' gradients c, a and m.
static size_t behind_kept(Rows R, const Reads *reads)
{
    return R.H + R.one + R.I + reads->weights * (2 * R.H + R.I);
}

// While the backward of a layer's ffn_out gives dm: the gradient at the second LayerNorm, for the
// residual; what of it goes through dropout; and dm.
static size_t flowing_at_ffn_out(Rows R)
{
    return 2 * R.H + R.I;
}

// Kept of `layers` whole layers, with z and 1 / sigma between each two of them; of the embeddings;
// and the loss.
static size_t stack_kept(const Shape *s, const Reads *reads, size_t layers)
{
    Rows T = bytes_of_rows(s, s->of.tokens);
    size_t between = layers > 0 ? layers - 1 : 0;
    return layers * (attention_kept(s, reads) + behind_kept(T, reads)) + between * (T.H + T.one) +
           reads->embeddings * (T.H + T.one) + LOSS;
}

// A head that reads every token.
static size_t with_mean(const Shape *s, const Reads *reads)
{
    Rows T = bytes_of_rows(s, s->of.tokens), S = bytes_of_rows(s, s->of.sequences);
    size_t SK = value_bytes(s->of.sequences, s->K);
    size_t kept = stack_kept(s, reads, s->L), norm = kept + T.H + T.one;
    // dc, dq, dv; dk and the gradient for the residual where something is trained below
    size_t flowing = 3 + 2 * (size_t)(s->L > 1 || reads->bottom);
    size_t most = kept + flowing_at_ffn_out(T);
    most = max(most, kept - behind_kept(T, reads) + flowing * T.H); // attention's backward
    most = max(most, norm - LOSS + T.H + !reads->weights * T.H);    // the last LayerNorm: y and a
    most = max(most, norm + S.H + 2 * SK);                          // the loss
    most = max(most, norm + 2 * S.H + SK);                          // the classifier's backward
    return max(most, norm + T.H + S.H);                             // pooling's
}

// A head that reads the first token: of the top layer it wants S rows of all but keys and values.
static size_t with_first(const Shape *s, const Reads *reads)
{
    Rows T = bytes_of_rows(s, s->of.tokens), S = bytes_of_rows(s, s->of.sequences);
    bool down = s->L > 1 || reads->bottom;
    size_t below = stack_kept(s, reads, s->L - 1) + (s->L > 1) * (T.H + T.one);
    size_t top = 2 * T.H + S.H + value_bytes(s->of.tokens, s->A) + reads->inputs * (T.H + S.H) +
                 value_bytes(s->of.tokens, reads->rank) + value_bytes(s->of.sequences, reads->rank);
    size_t most = below + top + behind_kept(S, reads) + flowing_at_ffn_out(S);
    // attention's backward: dc, dq, dv; dk and the gradient for the residual
    most = max(most, below + top + 2 * S.H + T.H + down * (T.H + S.H));
    if (s->L > 1) // the layer below, once the top one's is gone
        most = max(most, stack_kept(s, reads, s->L - 1) + flowing_at_ffn_out(T));
    return most;
}

// ---- the planner

static const Plan *planned(Arena *arena, const Shape *s, const Reads *reads, Error *error)
{
    Config *config = arena_zero(arena, 1, sizeof *config);
    Request request;
    Plans plans;
    *config = (Config){ .vocabulary = 50,
                        .hidden = (int64_t)s->H,
                        .layers = (int64_t)s->L,
                        .heads = (int64_t)s->A,
                        .kv_heads = (int64_t)s->A,
                        .intermediate = (int64_t)s->I,
                        .positions = 512,
                        .types = 2,
                        .initializer_range = 0.02,
                        .epsilon = 1e-12 };
    if (!request_new(arena, reads->name, &request, error))
        return NULL;
    Description description = { .config = config,
                                .method = { request.method, request.options },
                                .head = s->head,
                                .outputs = (int)s->K,
                                .training = true,
                                .hidden_dropout = 0.1,
                                .attention_dropout = 0.1,
                                .classifier_dropout = 0.1,
                                .frozen_dropout = true };
    return plans_make(arena, &description, &s->of, NULL, &plans, error) ? plans.train_plan : NULL;
}

static const Extent extents[] = {
    { .tokens = 1, .sequences = 1, .squares = 1, .longest = 1 },
    { .tokens = 7, .sequences = 2, .squares = 25, .longest = 4 },
    { .tokens = 301, .sequences = 20, .squares = 5003, .longest = 31 },
    { .tokens = 887, .sequences = 32, .squares = 26607, .longest = 60 },
    { .tokens = 128, .sequences = 1, .squares = 128 * 128, .longest = 128 },
    { .tokens = 4096, .sequences = 32, .squares = 32 * 128 * 128, .longest = 128 },
};
static const size_t widths[][3] = { { 12, 20, 3 },     { 33, 70, 3 },     { 48, 16, 4 },
                                    { 64, 64, 4 },     { 128, 512, 2 },   { 256, 1024, 4 },
                                    { 768, 3072, 12 }, { 1024, 4096, 16 } };
static const size_t layers[] = { 1, 2, 12 };
enum {
    EXTENTS = sizeof extents / sizeof *extents,
    WIDTHS = sizeof widths / sizeof *widths,
    METHODS = sizeof reads_of / sizeof *reads_of,
    LAYERS_OF = sizeof layers / sizeof *layers,
    CASES = EXTENTS * WIDTHS * METHODS * LAYERS_OF
};

static Shape shape_of(size_t i, Head head)
{
    const size_t *width = widths[i / EXTENTS % WIDTHS];
    return (Shape){ .of = extents[i % EXTENTS],
                    .H = width[0],
                    .I = width[1],
                    .A = width[2],
                    .L = layers[i / (EXTENTS * WIDTHS) % LAYERS_OF],
                    .K = 5,
                    .head = head };
}

static bool is_as_said(const Shape *s, const Reads *reads, size_t formula, size_t gap)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const Plan *plan = planned(arena, s, reads, &error);
    bool holds = CHECK(plan != NULL);
    if (holds) {
        Moment fullest = plan_fullest(plan);
        const Node *node = &plan_graph(plan)->node[fullest.node];
        holds = CHECK(fullest.bytes == formula) && CHECK(plan_activations(plan) >= formula) &&
                CHECK(plan_activations(plan) - formula <= gap);
        if (!holds)
            printf("%s, %zu x %zu (%zu, %zu heads), %zu tokens, %zu sequences, head %d: planned "
                   "%zu, alive %zu at %s of %s, formula %zu\n",
                   reads->name, s->L, s->H, s->I, s->A, s->of.tokens, s->of.sequences, (int)s->head,
                   plan_activations(plan), fullest.bytes, node->op->name, node->place, formula);
    }
    arena_free(arena);
    return holds;
}

// To the byte; where the middle is no wider than the rest, as no BERT's is, two moments are nearly
// as full, and the placement may leave a gap.
static void activations_are_what_the_formula_says(void)
{
    for (size_t i = 0; i < CASES; i++) {
        const Shape s = shape_of(i, HEAD_MEAN);
        const Reads *reads = &reads_of[i / (EXTENTS * WIDTHS * LAYERS_OF)];
        size_t formula = with_mean(&s, reads);
        is_as_said(&s, reads, formula, s.I > s.H ? 0 : formula / 300);
    }
}

// Sequences of a few tokens have other moments, in the head.
static void with_a_head_on_the_first_token_the_top_layer_has_few_rows(void)
{
    static const Head heads[] = { HEAD_LINEAR, HEAD_POOLER };
    for (size_t i = 0; i < 2 * CASES; i++) {
        const Shape s = shape_of(i, heads[i / CASES]);
        const Reads *reads = &reads_of[i / (EXTENTS * WIDTHS * LAYERS_OF) % METHODS];
        size_t formula = with_first(&s, reads);
        if (s.of.tokens > 8 * s.of.sequences && s.I > s.H)
            is_as_said(&s, reads, formula, s.L > 2 ? formula / 200 : 0);
    }
}

void suite_memory(void)
{
    ADD(activations_are_what_the_formula_says);
    ADD(with_a_head_on_the_first_token_the_top_layer_has_few_rows);
}
