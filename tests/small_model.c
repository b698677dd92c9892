// small_model.c: see small_model.h.
#include "tests/small_model.h"
#include "tests/test.h"
#include <string.h>

// ---- a method with every hook

static Init within(double bound)
{
    return (Init){ INIT_UNIFORM, bound };
}

static Value linear_hook(Build *build, const Linear *at, const void *options)
{
    (void)options;
    if (at->site != SITE_Q && at->site != SITE_FFN_OUT)
        return at->y;
    Value down = product_t(build->graph, method_dropout(build, at->x, 0.2),
                           trained(build, at, "A", 2, at->in, within(0.4)));
    return add_product_t(build->graph, at->y, down,
                         trained(build, at, "B", at->out, 2, within(0.4)), 0.7);
}

static Value weight_hook(Build *build, const Linear *at, const void *options)
{
    (void)options;
    if (at->site != SITE_FFN_MID && at->site != SITE_V)
        return at->W;
    return add_scaled_value(build->graph, at->W,
                            trained(build, at, "delta", at->out, at->in, within(0.3)), 0.5);
}

static Value branch_hook(Build *build, const Branch *at, const void *options)
{
    const Linear here = { .site = at->site, .layer = at->layer };
    Graph *graph = build->graph;
    (void)options;
    Value from =
        at->site == SITE_ATTN ? at->y : normalise(graph, at->y, at->x, at->gain, at->offset, 1e-6);
    Value down =
        linear(graph, from, trained(build, &here, "down", 4, HIDDEN, within(0.4)), NO_VALUE);
    Value up = linear(graph, activate(graph, RELU, down),
                      trained(build, &here, "up", HIDDEN, 4, within(0.4)), NO_VALUE);
    return add(graph, at->y, up);
}

static KeysValues keys_values_hook(Build *build, int layer, const void *options)
{
    const Linear here = { .site = SITE_K, .layer = layer };
    (void)options;
    return (KeysValues){ trained(build, &here, "keys", 3, HIDDEN, within(0.5)),
                         trained(build, &here, "values", 3, HIDDEN, within(0.5)) };
}

static Value embedded_hook(Build *build, const Embedded *at, const void *options)
{
    Value x = at->x;
    const Linear here = { .site = SITE_EMBEDDING, .layer = -1 };
    (void)options;
    return add(build->graph, x,
               product_n(build->graph, x, trained(build, &here, "P", HIDDEN, HIDDEN, within(0.2))));
}

const Method every_hook = {
    .name = "every",
    .linear = linear_hook,
    .weight = weight_hook,
    .branch = branch_hook,
    .keys_values = keys_values_hook,
    .embedded = embedded_hook,
};

size_t method_count(void)
{
    size_t count = 1;
    while (methods[count - 1])
        count++;
    return count;
}

const Method *method_at(size_t which)
{
    return methods[which] ? methods[which] : &every_hook;
}

// ---- the model

void small_begin(Small *s, const Method *method, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    s->arena = arena_new((size_t)1 << 28, &s->error);
    s->pool = pool_new(seed);
    random_batch(&s->batch, s->pool);
    if (s->batch.view.extent.selected == 0)
        s->batch.picked[s->batch.view.extent.selected++] = 0;
    for (size_t i = 0; i < MOST_SEQUENCES; i++) {
        s->label[i] = (int32_t)below(s->pool, OUTPUTS);
        s->target[i] = mix_float(&s->pool->random);
    }
    for (size_t i = 0; i < MOST_SEQUENCES * LONGEST; i++)
        s->picked_label[i] = (int32_t)below(s->pool, VOCABULARY);
    s->batch.view.label = s->label;
    s->batch.view.target = s->target;
    s->batch.view.picked_label = s->picked_label;
    s->config = (Config){ .vocabulary = VOCABULARY,
                          .hidden = HIDDEN,
                          .layers = LAYERS,
                          .heads = 3,
                          .kv_heads = 3,
                          .intermediate = INTERMEDIATE,
                          .positions = LONGEST,
                          .types = 2,
                          .activation = GELU,
                          .epsilon = 1e-6,
                          .initializer_range = 0.3 };
    void *options = NULL;
    if (method && method->options) {
        options = arena_zero(s->arena, 1, method->options_size);
        options_default(method->options, options);
    }
    s->description = (Description){ .config = &s->config,
                                    .method = { method, options },
                                    .head = HEAD_MEAN,
                                    .outputs = OUTPUTS,
                                    .training = true,
                                    .hidden_dropout = 0.1,
                                    .attention_dropout = 0.1,
                                    .classifier_dropout = 0.1,
                                    .frozen_dropout = true };
    s->training = (Training){ .schedule = SCHEDULE_CONSTANT,
                              .lr = 1e-2,
                              .head_lr = 1e-2,
                              .head_part = PART_HEAD,
                              .steps = 100,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .epsilon = 1e-8 };
}

void small_set(Small *s, const char *option, const char *value)
{
    const Method *method = s->description.method.method;
    const Option *found = option_find(method->options, option);
    if (!CHECK(found &&
               option_set(s->arena, found, (void *)(uintptr_t)s->description.method.options,
                          method->name, value, (Where){ .item = option }, &s->error)))
        printf("%s: %s\n", option, s->error.text);
}

bool small_plan(Small *s)
{
    const Extent *extent = &s->batch.view.extent;
    bool trains =
        s->description.method.method && !(s->description.method.method->claims & TRAINS_NOTHING);
    return plans_make(s->arena, &s->description, trains ? extent : NULL, extent, &s->plans,
                      &s->error);
}

bool small_open(Small *s)
{
    trainer_free(&s->trainer);
    if (CHECK(small_plan(s) && trainer_new(s->arena, &s->plans, NULL, 3, step_options.dropout_seed,
                                           &s->training, &s->trainer, &s->error)))
        return true;
    printf("%s\n", s->error.text);
    return false;
}

bool small_mlm(Small *s, Made *made)
{
    Described mlm;
    if (!CHECK(describe_mlm(s->arena, &s->description, &mlm, &s->error) &&
               (made->plan = plan(s->arena, mlm.graph, &s->batch.view.extent, &s->error)) &&
               (made->state = state_for_use(s->arena, &mlm.graph, 1, 3, NULL, NULL, &s->error))))
        return false;
    for (size_t i = 0; i < made->state->slots; i++) {
        Slot *slot = &made->state->slot[i];
        const Slot *now = state_find(s->trainer.state, slot->is.name);
        if (now)
            slot->value = now->value, slot->packed = now->packed;
    }
    made->graph = mlm.graph;
    made->memory = arena_take(s->arena, plan_bytes(made->plan), 1);
    made->runner = runner_new(s->arena, made->plan, made->state, made->memory);
    return true;
}

void small_end(Small *s)
{
    trainer_free(&s->trainer);
    pool_free(s->pool, 0);
    arena_free(s->arena);
}

const Node *last_attention(const Graph *graph)
{
    const Node *last = NULL;
    for (size_t i = 0; i < graph->nodes; i++)
        if (!strcmp(graph->node[i].op->name, "attention"))
            last = &graph->node[i];
    return last;
}

Made small_made(Small *s)
{
    return (Made){ .graph = s->plans.backward,
                   .plan = s->plans.train_plan,
                   .state = s->trainer.state,
                   .runner = s->trainer.train,
                   .memory = s->trainer.memory };
}

void small_stir(Small *s)
{
    for (size_t i = 0; i < s->trainer.state->slots; i++) {
        Slot *slot = &s->trainer.state->slot[i];
        for (size_t j = 0; j < slot->count && slot->is.init.kind == INIT_CONSTANT; j++)
            slot->value[j] += 0.3F * mix_float(&s->pool->random);
    }
}

void clear_gradients(State *state)
{
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].gradient)
            memset(state->slot[i].gradient, 0, state->slot[i].count * sizeof(float));
}

double small_loss(Small *s, const Batch *batch)
{
    double loss = trainer_backward(&s->trainer, batch, (int64_t)step_options.step, 1);
    clear_gradients(s->trainer.state);
    return loss;
}
