// test_operators.c: each operator's values and gradients against its twin's, on odd shapes and with
// every subset of wanted gradients.
//
// The table below has a case an operator. The last test fails for one that has none.
#include "engine/op_impl.h"
#include "tests/graphs.h"
#include "tests/test.h"
#include <string.h>

enum { MOST_IN = 5, SEEDS = 12 };

// One input of a drawn case.
typedef struct {
    bool absent;
    Count rows; // constant: a parameter itself, else `given`
    int64_t cols;
} Shape;

typedef struct {
    Pool *pool;
    RandomBatch batch;
    int32_t label[MOST_SEQUENCES], picked_label[MOST_SEQUENCES * LONGEST];
    float target[MOST_SEQUENCES];
    Shape in[MOST_IN];
    Setting set;
    bool side;    // dropout: of a method
    bool through; // parameters reach the operator through a node, so their gradients are no leaves
} Case;

typedef struct {
    const char *op;
    int inputs;
    void (*draw)(Case *c); // fills the shapes and the setting
    Value (*build)(Graph *graph, const Value *in, const Case *c);
} Subject;

static Count tokens_with(size_t extra)
{
    return (Count){ .tokens = 1, .sequences = (int64_t)extra };
}

static int64_t width(Case *c)
{
    return 1 + (int64_t)below(c->pool, 35);
}

// Over tokens, with or without rows in front, one a sequence, or picked.
static Count some_rows(Case *c)
{
    const Count rows[] = { tokens_with(0), tokens_with(below(c->pool, 4)), ROWS_SEQUENCES,
                           ROWS_SELECTED, ROWS(7) };
    return rows[below(c->pool, 5)];
}

static Count rows_in_batch(Case *c)
{
    return below(c->pool, 4) ? tokens_with(below(c->pool, 3)) : ROWS_SEQUENCES;
}

// ---- the cases

static void draw_linear(Case *c)
{
    int64_t in = width(c), out = width(c);
    c->in[0] = (Shape){ false, some_rows(c), in };
    c->in[1] = (Shape){ false, ROWS(out), in };
    c->in[2] = (Shape){ below(c->pool, 3) == 0, ROWS(1), out };
}

static Value build_linear(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return linear(graph, in[0], in[1], in[2]);
}

// Its weight is a frozen parameter of its own, in one format or the other.
static void draw_packed_linear(Case *c)
{
    int64_t in = width(c), out = 1 + (int64_t)below(c->pool, 80);
    c->in[0] = (Shape){ false, some_rows(c), in };
    c->in[1] = (Shape){ below(c->pool, 3) == 0, ROWS(1), out };
    c->set.columns.first = out;
    c->set.columns.cols = below(c->pool, 2) ? STORE_BF16 : STORE_INT8;
}

static Value build_packed_linear(Graph *graph, const Value *in, const Case *c)
{
    Parameter W = { .name = "packed",
                    .rows = c->set.columns.first,
                    .cols = graph->value[in[0]].cols,
                    .rank = 2,
                    .init = { INIT_UNIFORM, 1 },
                    .store = (Store)c->set.columns.cols };
    Value inputs[] = { in[0], graph_parameter(graph, &W), in[1] };
    return graph_give(graph, graph_add(graph, &op_packed_linear, inputs, 3, (Setting){ 0 }), 0);
}

static void draw_product(Case *c)
{
    bool ta = below(c->pool, 2), tb = below(c->pool, 2);
    int64_t rows = width(c), inner = width(c), cols = width(c);
    bool over_tokens = below(c->pool, 2);
    c->set.product.transpose_a = ta;
    c->set.product.transpose_b = tb;
    c->set.product.alpha = (float)below(c->pool, 3) - 0.7f;
    Count inner_rows = over_tokens && ta && !tb ? ROWS_TOKENS : ROWS(inner);
    c->in[0] = ta ? (Shape){ false, inner_rows, rows }
                  : (Shape){ false, over_tokens ? some_rows(c) : ROWS(rows), inner };
    c->in[1] = tb ? (Shape){ false, ROWS(cols), inner } : (Shape){ false, inner_rows, cols };
}

static Value build_product(Graph *graph, const Value *in, const Case *c)
{
    return graph_give(graph, graph_add(graph, &op_product, in, 2, c->set), 0);
}

static void draw_add_product(Case *c)
{
    int64_t inner = width(c), out = width(c);
    Count rows = some_rows(c);
    c->in[0] = (Shape){ false, rows, out };
    c->in[1] = (Shape){ false, rows, inner };
    c->in[2] = (Shape){ false, ROWS(out), inner };
    c->set.product.alpha = (float)below(c->pool, 3) - 0.7f;
}

static Value build_add_product(Graph *graph, const Value *in, const Case *c)
{
    return add_product_t(graph, in[0], in[1], in[2], (double)c->set.product.alpha);
}

static void draw_equals(Case *c)
{
    c->in[0] = c->in[1] = (Shape){ false, some_rows(c), width(c) };
    c->set.scale = (float)below(c->pool, 4) / 2;
}

static Value build_add(Graph *graph, const Value *in, const Case *c)
{
    return c->set.scale == 1.0F ? add(graph, in[0], in[1])
                                : add_scaled_value(graph, in[0], in[1], (double)c->set.scale);
}

static Value build_multiply(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return multiply_values(graph, in[0], in[1]);
}

static void draw_one(Case *c)
{
    c->in[0] = (Shape){ false, some_rows(c), width(c) };
    c->set.scale = (float)below(c->pool, 4) - 1.3f;
}

static Value build_scale(Graph *graph, const Value *in, const Case *c)
{
    return graph_give(graph, graph_add(graph, &op_scale, in, 1, c->set), 0);
}

static void draw_activation(Case *c)
{
    draw_one(c);
    c->set = (Setting){ .activation = (Activation)below(c->pool, 5) };
}

static Value build_activation(Graph *graph, const Value *in, const Case *c)
{
    return activate(graph, c->set.activation, in[0]);
}

static void draw_dropout(Case *c)
{
    c->in[0] = (Shape){ false, rows_in_batch(c), width(c) };
    c->set = (Setting){ .dropout.rate = 0.1f + (float)below(c->pool, 8) / 10 };
    c->side = below(c->pool, 2);
}

static Value build_dropout(Graph *graph, const Value *in, const Case *c)
{
    return (c->side ? side_dropout : dropout)(graph, in[0], (double)c->set.dropout.rate);
}

static void draw_layernorm(Case *c)
{
    Shape x = { false, some_rows(c), 2 + width(c) };
    c->in[0] = c->in[1] = x;
    c->in[1].absent = below(c->pool, 2);
    c->in[2] = c->in[3] = (Shape){ false, ROWS(1), x.cols };
    c->set.epsilon = 0.01;
}

static Value build_layernorm(Graph *graph, const Value *in, const Case *c)
{
    return normalise(graph, in[0], in[1], in[2], in[3], c->set.epsilon);
}

static void draw_rmsnorm(Case *c)
{
    c->in[0] = (Shape){ false, some_rows(c), 2 + width(c) };
    c->in[1] = (Shape){ false, ROWS(1), c->in[0].cols };
    c->set.epsilon = 0.01;
}

static Value build_rmsnorm(Graph *graph, const Value *in, const Case *c)
{
    return normalise_rms(graph, in[0], in[1], c->set.epsilon);
}

static void draw_rotary(Case *c)
{
    int64_t size = 2 * (1 + (int64_t)below(c->pool, 4));
    c->in[0] = (Shape){ false, rows_in_batch(c), size * (1 + (int64_t)below(c->pool, 4)) };
    c->set.rotary = (Rotary){ .size = size, .base = 100 };
}

static Value build_rotary(Graph *graph, const Value *in, const Case *c)
{
    return rotate(graph, in[0], c->set.rotary.size, c->set.rotary.base);
}

static void draw_attention(Case *c)
{
    int64_t heads = 1 + (int64_t)below(c->pool, 4);
    int64_t H = heads * (1 + (int64_t)below(c->pool, 6));
    size_t front = below(c->pool, 3);
    bool one_query = below(c->pool, 3) == 0, extra = below(c->pool, 2);
    c->in[0] = (Shape){ false, one_query ? ROWS_SEQUENCES : tokens_with(front), H };
    int64_t kv_heads = heads % 2 ? 1 : heads / 2;
    c->set.attention.causal = below(c->pool, 2);
    c->set.attention.kv_heads = c->set.attention.causal ? (int)kv_heads : 0;
    int64_t kv = c->set.attention.causal ? H / heads * kv_heads : H;
    c->in[1] = c->in[2] = (Shape){ false, tokens_with(front), kv };
    c->in[3] = c->in[4] = (Shape){ !extra, ROWS(1 + (int64_t)below(c->pool, 6)), kv };
    c->set.attention.heads = (int)heads;
    c->set.attention.dropout.rate = below(c->pool, 2) ? 0.3f : 0;
}

static Value build_attention(Graph *graph, const Value *in, const Case *c)
{
    const Attention *is = &c->set.attention;
    if (is->causal)
        return attend_before(graph, in[0], in[1], in[2], in[3], in[4], is->heads, is->kv_heads,
                             (double)is->dropout.rate);
    return attend(graph, in[0], in[1], in[2], in[3], in[4], is->heads, (double)is->dropout.rate);
}

static void draw_embedding(Case *c)
{
    int64_t H = width(c);
    c->in[0] = (Shape){ false, ROWS(WORDS), H };
    size_t without = below(c->pool, 4); // types, or positions, too
    c->in[1] = (Shape){ without == 1, ROWS(LONGEST), H };
    c->in[2] = (Shape){ without <= 1, ROWS(2), H };
}

static Value build_embedding(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return embed(graph, in[0], in[1], in[2]);
}

static void draw_pool(Case *c)
{
    c->in[0] = (Shape){ false, tokens_with(below(c->pool, 4)), width(c) };
}

static Value build_first(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return first_token(graph, in[0]);
}

static Value build_last(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return last_token(graph, in[0]);
}

static Value build_mean(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return mean_tokens(graph, in[0]);
}

static Value build_picked(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return picked_tokens(graph, in[0]);
}

static void draw_logits(Case *c)
{
    c->in[0] = (Shape){ false, ROWS_SEQUENCES, width(c) };
    for (size_t s = 0; s < MOST_SEQUENCES; s++)
        c->label[s] = (int32_t)below(c->pool, (size_t)c->in[0].cols);
}

static Value build_cross_entropy(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return cross_entropy_loss(graph, in[0]);
}

static void draw_score(Case *c)
{
    c->in[0] = (Shape){ false, ROWS_SEQUENCES, 1 };
    for (size_t s = 0; s < MOST_SEQUENCES; s++)
        c->target[s] = mix_float(&c->pool->random);
}

static Value build_squared_error(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return squared_error_loss(graph, in[0]);
}

static void draw_tied(Case *c)
{
    int64_t H = width(c), words = width(c);
    c->in[0] = (Shape){ false, ROWS_SELECTED, H };
    c->in[1] = (Shape){ false, ROWS(words), H };
    c->in[2] = (Shape){ false, ROWS(1), words };
    for (size_t i = 0; i < MOST_SEQUENCES * LONGEST; i++)
        c->picked_label[i] = (int32_t)below(c->pool, (size_t)words);
    if (c->batch.view.extent.selected == 0) // a mean over nothing is none
        c->batch.picked[c->batch.view.extent.selected++] = 0;
}

static Value build_tied(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return tied_cross_entropy_loss(graph, in[0], in[1], in[2]);
}

static void draw_scale_columns(Case *c)
{
    c->in[0] = (Shape){ false, some_rows(c), width(c) };
    c->in[1] = (Shape){ false, ROWS(1), c->in[0].cols };
}

static Value build_scale_columns(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return scale_columns(graph, in[0], in[1]);
}

static void draw_scale_rows(Case *c)
{
    int64_t rows = width(c);
    c->in[0] = (Shape){ false, ROWS(rows), width(c) };
    c->in[1] = (Shape){ false, ROWS(1), rows };
}

static Value build_scale_rows(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return scale_each_row(graph, in[0], in[1]);
}

static void draw_unit_rows(Case *c)
{
    c->in[0] = (Shape){ false, ROWS(width(c)), 2 + width(c) };
}

static Value build_unit_rows(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return unit_length_rows(graph, in[0], false);
}

static void draw_columns(Case *c)
{
    int64_t cols = width(c), first = (int64_t)below(c->pool, 5);
    c->in[0] = (Shape){ false, some_rows(c), first + cols + (int64_t)below(c->pool, 5) };
    c->set.columns.first = first;
    c->set.columns.cols = cols;
}

static Value build_columns(Graph *graph, const Value *in, const Case *c)
{
    return some_columns(graph, in[0], c->set.columns.first, c->set.columns.cols);
}

static void draw_in_front(Case *c)
{
    int64_t H = width(c);
    c->in[0] = (Shape){ false, ROWS(1 + (int64_t)below(c->pool, 4)), H };
    c->in[1] = (Shape){ false, tokens_with(below(c->pool, 3)), H };
}

static Value build_in_front(Graph *graph, const Value *in, const Case *c)
{
    (void)c;
    return rows_in_front(graph, in[0], in[1]);
}

static const Subject subjects[] = {
    { "linear", 3, draw_linear, build_linear },
    { "packed_linear", 2, draw_packed_linear, build_packed_linear },
    { "product", 2, draw_product, build_product },
    { "add_product", 3, draw_add_product, build_add_product },
    { "add", 2, draw_equals, build_add },
    { "scale", 1, draw_one, build_scale },
    { "multiply", 2, draw_equals, build_multiply },
    { "activation", 1, draw_activation, build_activation },
    { "dropout", 1, draw_dropout, build_dropout },
    { "layernorm", 4, draw_layernorm, build_layernorm },
    { "rmsnorm", 2, draw_rmsnorm, build_rmsnorm },
    { "rotary", 1, draw_rotary, build_rotary },
    { "attention", 5, draw_attention, build_attention },
    { "embedding", 3, draw_embedding, build_embedding },
    { "first_rows", 1, draw_pool, build_first },
    { "last_rows", 1, draw_pool, build_last },
    { "mean_rows", 1, draw_pool, build_mean },
    { "picked_rows", 1, draw_pool, build_picked },
    { "cross_entropy", 1, draw_logits, build_cross_entropy },
    { "squared_error", 1, draw_score, build_squared_error },
    { "tied_cross_entropy", 3, draw_tied, build_tied },
    { "scale_columns", 2, draw_scale_columns, build_scale_columns },
    { "scale_rows", 2, draw_scale_rows, build_scale_rows },
    { "unit_rows", 1, draw_unit_rows, build_unit_rows },
    { "columns", 1, draw_columns, build_columns },
    { "in_front", 2, draw_in_front, build_in_front },
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

// ---- playing them

static const char *const input_names[] = { "a", "b", "c", "d", "e" };

static const Operator *operator_named(const char *name)
{
    for (size_t i = 0; operators[i]; i++)
        if (!strcmp(operators[i]->name, name))
            return operators[i];
    return NULL;
}

static void case_draw(Case *c, const Subject *subject, uint64_t seed)
{
    memset(c, 0, sizeof *c);
    c->pool = pool_new(seed);
    random_batch(&c->batch, c->pool);
    c->batch.view.label = c->label;
    c->batch.view.target = c->target;
    c->batch.view.picked_label = c->picked_label;
    subject->draw(c);
    c->through = seed % 3 == 0;
}

typedef struct {
    Graph *graph;
    Value y, loss;
} Built;

// `same`: input `same[1]` is input `same[0]`; NULL: all apart.
static Built build(Arena *arena, const Subject *subject, const Case *c, unsigned wanted,
                   const int *same, Error *error)
{
    Graph *graph = graph_new(arena, error);
    Value in[MOST_IN];
    for (int k = 0; k < subject->inputs; k++) {
        const Shape *shape = &c->in[k];
        bool trained = wanted >> k & 1;
        if (shape->absent)
            in[k] = NO_VALUE;
        else if (same && k == same[1])
            in[k] = in[same[0]];
        else if (shape->rows.constant)
            in[k] = parameter_of(graph, input_names[k], shape->rows.constant, shape->cols, trained);
        else
            in[k] = given(graph, input_names[k], shape->rows, shape->cols, trained);
        if (shape->rows.constant && !shape->absent && c->through)
            in[k] = graph_give(
                graph, graph_add(graph, &op_scale, &in[k], 1, (Setting){ .scale = 1.25F }), 0);
    }
    Value y = subject->build(graph, in, c);
    bool is_loss = operator_named(subject->op)->loss;
    if (!is_loss)
        graph_output(graph, y);
    return (Built){ graph, y, is_loss ? y : dotted_loss(graph, y) };
}

static bool made_of(Arena *arena, const Subject *subject, const Case *c, unsigned wanted,
                    const int *same, Made *made, Value *y)
{
    Error error = { 0 };
    Built built = build(arena, subject, c, wanted, same, &error);
    *y = built.y;
    if (CHECK(make(arena, built.graph, built.loss, &c->batch.view.extent, made, &error)))
        return true;
    printf("%s: %s\n", subject->op, error.text);
    return false;
}

// relu has no slope at 0.
static void keep_off_zero(State *state)
{
    for (size_t i = 0; i < state->slots; i++)
        for (size_t j = 0; state->slot[i].value && j < state->slot[i].count; j++)
            state->slot[i].value[j] += state->slot[i].value[j] < 0 ? -0.01f : 0.01f;
}

static unsigned all_inputs(const Subject *subject, const Case *c)
{
    unsigned all = 0;
    for (int k = 0; k < subject->inputs; k++)
        all |= c->in[k].absent ? 0U : 1U << k;
    return all;
}

static void values_agree_with_their_twins(void)
{
    for (int s = 0; s < SUBJECTS; s++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            Error error;
            Arena *arena = arena_new((size_t)1 << 27, &error);
            Case c;
            Made made;
            Value y;
            case_draw(&c, &subjects[s], seed);
            if (made_of(arena, &subjects[s], &c, 0, NULL, &made, &y)) {
                Twin *twin = twin_new(made.graph, made.state);
                double loss = play(&made, &c.batch.view);
                CHECK_CLOSE(loss, twin_play(twin, &c.batch.view, &step_options), 3e-5);
                twin_free(twin);
                value_holds(&made, &c.batch.view, y, 5e-6, subjects[s].op, seed);
                nothing_is_idle(made.graph);
            }
            pool_free(c.pool, seed);
            arena_free(arena);
        }
}

static void gradients_are_slopes_of_the_twins(void)
{
    for (int s = 0; s < SUBJECTS; s++)
        for (uint64_t seed = 1; seed <= SEEDS && operator_named(subjects[s].op)->backward; seed++) {
            Error error;
            Arena *arena = arena_new((size_t)1 << 27, &error);
            Case c;
            Made made;
            Value y;
            case_draw(&c, &subjects[s], seed);
            if (made_of(arena, &subjects[s], &c, all_inputs(&subjects[s], &c), NULL, &made, &y)) {
                keep_off_zero(made.state);
                play(&made, &c.batch.view);
                slopes_hold(&made, &c.batch.view, 2e-5, subjects[s].op, seed);
                value_holds(&made, &c.batch.view, y, 5e-6, subjects[s].op, seed);
                nothing_is_idle(made.graph);
            }
            pool_free(c.pool, seed);
            arena_free(arena);
        }
}

static void each_subset_of_gradients_has_the_same_bits_and_nothing_beside(void)
{
    for (int s = 0; s < SUBJECTS; s++)
        for (uint64_t seed = 1; seed <= SEEDS && operator_named(subjects[s].op)->backward; seed++) {
            Error error;
            Arena *arena = arena_new((size_t)1 << 28, &error);
            Case c;
            Made full, part;
            Value y;
            case_draw(&c, &subjects[s], seed);
            unsigned all = all_inputs(&subjects[s], &c);
            if (!made_of(arena, &subjects[s], &c, all, NULL, &full, &y))
                return;
            double loss = play(&full, &c.batch.view);
            for (unsigned wanted = 1; wanted < all; wanted++) {
                size_t mark = arena_mark(arena), leaves = 0, asked = 0;
                if ((wanted & all) != wanted ||
                    !made_of(arena, &subjects[s], &c, wanted, NULL, &part, &y))
                    continue;
                CHECK_CLOSE(play(&part, &c.batch.view), loss, 0);
                for (int k = 0; k < subjects[s].inputs; k++) {
                    const float *got = gradient_at(&part, input_names[k]);
                    const Slot *of = state_find(part.state, input_names[k]);
                    asked += wanted >> k & 1;
                    CHECK(!got == !(wanted >> k & 1));
                    if (got &&
                        !CHECK(same_bits(got, gradient_at(&full, input_names[k]), of->count)))
                        printf("%s, seed %llu, input %d of wanted %u\n", subjects[s].op,
                               (unsigned long long)seed, k, wanted);
                }
                for (size_t v = 0; v < part.graph->values; v++)
                    leaves += part.graph->value[v].gradient;
                CHECK(leaves == asked);
                CHECK(part.graph->nodes <= full.graph->nodes);
                nothing_is_idle(part.graph);
                arena_rewind(arena, mark);
            }
            pool_free(c.pool, seed);
            arena_free(arena);
        }
}

// One value as two inputs: its gradient is the sum of both, whatever order the kernel writes in.
static void an_input_given_twice_gets_both_gradients(void)
{
    for (int s = 0; s < SUBJECTS; s++)
        for (uint64_t seed = 1; seed <= SEEDS && operator_named(subjects[s].op)->backward; seed++)
            for (int pair = 0; pair < MOST_IN * MOST_IN; pair++) {
                const int same[] = { pair / MOST_IN, pair % MOST_IN };
                Error error;
                Case c;
                Made made;
                Value y;
                if (same[0] >= same[1] || same[1] >= subjects[s].inputs)
                    continue;
                case_draw(&c, &subjects[s], seed);
                const Shape *one = &c.in[same[0]], *two = &c.in[same[1]];
                Arena *arena = arena_new((size_t)1 << 27, &error);
                if (!one->absent && !two->absent && count_equal(one->rows, two->rows) &&
                    one->cols == two->cols &&
                    made_of(arena, &subjects[s], &c, all_inputs(&subjects[s], &c), same, &made,
                            &y)) {
                    play(&made, &c.batch.view);
                    value_holds(&made, &c.batch.view, y, 1e-5, subjects[s].op, seed);
                    slopes_hold(&made, &c.batch.view, 2e-5, subjects[s].op, seed);
                }
                pool_free(c.pool, seed);
                arena_free(arena);
            }
}

// add_product's c as its a: the plan may not let the sum lie on what the product still reads.
static void an_input_read_twice_is_not_worked_on_in_place(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 27, &error);
    Pool *pool = pool_new(3);
    RandomBatch batch;
    Made made;
    random_batch(&batch, pool);
    Graph *graph = graph_new(arena, &error);
    Value x = given(graph, "x", ROWS_TOKENS, 19, false);
    Value y = add_product_t(graph, x, x, parameter_of(graph, "W", 19, 19, false), 0.7);
    graph_output(graph, y);
    if (CHECK(make(arena, graph, NO_VALUE, &batch.view.extent, &made, &error))) {
        play(&made, &batch.view);
        value_holds(&made, &batch.view, y, 1e-5, "add_product on itself", 3);
        CHECK(plan_place(made.plan, y).offset != plan_place(made.plan, x).offset);
    }
    pool_free(pool, 3);
    arena_free(arena);
}

static void an_operator_without_a_backward_is_refused_by_name(void)
{
    for (int s = 0; s < SUBJECTS; s++) {
        Error error = { 0 };
        Arena *arena = arena_new((size_t)1 << 27, &error);
        Case c;
        if (operator_named(subjects[s].op)->backward)
            continue;
        case_draw(&c, &subjects[s], 1);
        Built built = build(arena, &subjects[s], &c, 1, NULL, &error);
        CHECK(!gradient(arena, built.graph, built.loss, &error));
        CHECK_ERROR(&error, ERROR_WORK, subjects[s].op);
        CHECK_ERROR(&error, ERROR_WORK, "has no gradient");
        pool_free(c.pool, 1);
        arena_free(arena);
    }
}

// Held-out texts are batched before anybody knows what is picked of them; the mean over all weighs
// a batch by its picks, and 0 times not-a-number is none.
static void a_batch_with_nothing_picked_has_loss_zero(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 27, &error);
    Pool *pool = pool_new(3);
    RandomBatch batch;
    Made made;
    random_batch(&batch, pool);
    Graph *g = graph_new(arena, &error);
    Value z = given(g, "z", ROWS_SELECTED, 5, false);
    Value loss = tied_cross_entropy_loss(g, z, parameter_of(g, "word", 7, 5, false),
                                         parameter_of(g, "bias", 1, 7, false));
    batch.view.extent.selected = 0;
    if (CHECK(make(arena, g, loss, &batch.view.extent, &made, &error)))
        CHECK_CLOSE(play(&made, &batch.view), 0, 0);
    pool_free(pool, 3);
    arena_free(arena);
}

// Rows (3, 4) and (0, 0) of lengths 5 and 0, taken for numbers: the gradient of the first is that
// of y over 5, of the second over 1e-12.
static void a_constant_length_is_a_number_to_the_gradient(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Made made;
    Batch none = { .extent = { .tokens = 1 } };
    Graph *g = graph_new(arena, &error);
    Value y = unit_length_rows(g, parameter_of(g, "x", 2, 2, true), true);
    graph_output(g, y);
    if (CHECK(make(arena, g, dotted_loss(g, y), &none.extent, &made, &error))) {
        memcpy(state_find(made.state, "x")->value, (const float[]){ 3, 4, 0, 0 },
               4 * sizeof(float));
        play(&made, &none);
        Matrix got = runner_value(made.runner, y);
        const float *dx = gradient_at(&made, "x");
        for (size_t c = 0; c < 2; c++) {
            CHECK_CLOSE(row_at(got, 0)[c], c ? 0.8 : 0.6, 1e-7);
            CHECK(row_at(got, 1)[c] == 0);
            CHECK_CLOSE(dx[c], weight_at(0, c) / 5, 1e-7);
            CHECK_CLOSE(dx[2 + c] / 1e12, weight_at(1, c), 1e-6);
        }
        CHECK(nodes_of(made.graph, "unit_rows_grad") == 0);
    }
    arena_free(arena);
}

static void a_selection_sinks_through_scaled_columns(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Graph *g = graph_new(arena, &error);
    Value x = given(g, "x", ROWS_TOKENS, 6, false), *map;
    Value y = some_columns(g, scale_columns(g, x, parameter_of(g, "v", 1, 6, false)), 1, 4);
    graph_output(g, first_token(g, y));
    const Graph *trimmed = trim(arena, g, false, &map, &error);
    for (size_t i = 0; trimmed && i < trimmed->nodes; i++)
        if (!strcmp(trimmed->node[i].op->name, "columns") ||
            !strcmp(trimmed->node[i].op->name, "scale_columns"))
            CHECK(count_equal(trimmed->value[trimmed->node[i].out[0]].rows, ROWS_SEQUENCES));
    CHECK(trimmed && nodes_of(trimmed, "columns") == 1);
    arena_free(arena);
}

static void dropout_at_rate_zero_is_its_input(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 24, &error);
    Graph *graph = graph_new(arena, &error);
    Value x = given(graph, "x", ROWS_TOKENS, 3, false);
    size_t nodes = graph->nodes;
    CHECK(dropout(graph, x, 0) == x && side_dropout(graph, x, 0) == x);
    CHECK(graph->nodes == nodes);
    // Yet each took its site, so that another rate elsewhere moves no mask.
    CHECK(graph->sites == 1 && graph->side_sites == 1);
    CHECK(dropout(graph, x, 0.5) != x && graph->sites == 2);
    arena_free(arena);
}

// ---- the table

static void every_operator_has_a_case(void)
{
    bool seen[64] = { false };
    for (int s = 0; s < SUBJECTS; s++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            Error error;
            Arena *arena = arena_new((size_t)1 << 26, &error);
            Case c;
            case_draw(&c, &subjects[s], seed);
            unsigned all = all_inputs(&subjects[s], &c);
            Built built = build(arena, &subjects[s], &c,
                                operator_named(subjects[s].op)->backward ? all : 0, NULL, &error);
            const Graph *graph = gradient(arena, built.graph, built.loss, &error);
            for (size_t i = 0; graph && i < graph->nodes; i++)
                for (size_t o = 0; operators[o]; o++)
                    seen[o] |= graph->node[i].op == operators[o];
            pool_free(c.pool, seed);
            arena_free(arena);
        }
    for (size_t o = 0; operators[o]; o++) {
        bool subject = false;
        for (int s = 0; s < SUBJECTS; s++)
            subject |= !strcmp(subjects[s].op, operators[o]->name);
        if (!CHECK(seen[o]) || !CHECK(subject || !operators[o]->backward))
            printf("%s has no case in tests/test_operators.c\n", operators[o]->name);
        for (size_t p = 0; p < o; p++)
            CHECK(strcmp(operators[o]->name, operators[p]->name) != 0);
    }
}

void suite_operators(void)
{
    ADD(values_agree_with_their_twins);
    ADD(gradients_are_slopes_of_the_twins);
    ADD(each_subset_of_gradients_has_the_same_bits_and_nothing_beside);
    ADD(an_input_given_twice_gets_both_gradients);
    ADD(an_input_read_twice_is_not_worked_on_in_place);
    ADD(an_operator_without_a_backward_is_refused_by_name);
    ADD(a_batch_with_nothing_picked_has_loss_zero);
    ADD(a_constant_length_is_a_number_to_the_gradient);
    ADD(a_selection_sinks_through_scaled_columns);
    ADD(dropout_at_rate_zero_is_its_input);
    ADD(every_operator_has_a_case);
}
