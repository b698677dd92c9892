// explain.c: entries of two runs, side by side.
#include "cost/explain_impl.h"
#include "engine/operator.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const account_names[] = {
    [WEIGHTS] = "weights",
    [GRADIENTS] = "gradients",
    [MOMENTS] = "optimizer",
    [FROZEN_ROWS] = "rows of the frozen part, kept",
    [FOR_PARAMETERS] = "kept for gradients of parameters",
    [FOR_VALUES] = "kept to pass gradients down",
    [FOR_AGAIN] = "kept to compute the rest again",
    [GOING_FORWARD] = "on its way forward",
    [GOING_BACK] = "gradients on their way down",
    [GAPS] = "gaps between them",
    [SCRATCH] = "workspace",
    [OTHER_STEP] = "evaluation's step is larger by",
    [FORWARD_NODES] = "forward",
    [BACKWARD_NODES] = "gradients of values (dX)",
    [PARAMETER_NODES] = "gradients of parameters (dW)",
    [AGAIN_NODES] = "forward, computed again",
    [METHOD_NODES] = "what the method adds",
    [FEEDING] = "rows of the frozen part, copied in",
    [UPDATE] = "optimizer",
};

bool account_is_memory(Account account)
{
    return account < FORWARD_NODES;
}

// ---- entries

static bool same_entry(const Entry *a, const Entry *b)
{
    bool nodes = !account_is_memory(a->account); // what gives a value may lie on what another gave
    return a->account == b->account && !strcmp(a->place, b->place) &&
           !strcmp(a->reader, b->reader) && (!nodes || !strcmp(a->op, b->op));
}

static Entry *find(Waterfall *waterfall, const Entry *like)
{
    for (size_t e = 0; e < waterfall->entries; e++)
        if (same_entry(&waterfall->entry[e], like))
            return &waterfall->entry[e];
    waterfall->entry[waterfall->entries] = *like;
    return &waterfall->entry[waterfall->entries++];
}

void waterfall_add(Waterfall *waterfall, const Entry *entry)
{
    Entry empty = *entry;
    empty.count[0] = empty.count[1] = 0;
    empty.amount[0] = empty.amount[1] = 0;
    Entry *sum = find(waterfall, &empty);
    if (strcmp(sum->op, entry->op) != 0)
        sum->op = "";
    for (int s = 0; s < 2; s++) {
        sum->count[s] += entry->count[s];
        sum->amount[s] += entry->amount[s];
        waterfall->total[s] += entry->amount[s];
    }
}

// "layer 12 ffn_mid" -> "ffn_mid"
static const char *without_layer(const char *place)
{
    const char *at = place;
    if (strncmp(at, "layer ", 6) != 0)
        return place;
    for (at += 6; isdigit((unsigned char)*at); at++)
        ;
    return *at == ' ' ? at + 1 : place;
}

static int by_account(const void *a, const void *b)
{
    const Entry *x = a, *y = b;
    double dx = fabs(x->amount[1] - x->amount[0]), dy = fabs(y->amount[1] - y->amount[0]);
    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    if (dx != dy)
        return dx < dy ? 1 : -1;
    int order = strcmp(x->place, y->place);
    order = order ? order : strcmp(x->op, y->op);
    return order ? order : strcmp(x->reader, y->reader);
}

Waterfall waterfall_grouped(Arena *arena, const Waterfall *waterfall)
{
    Waterfall grouped = waterfall_new(arena, waterfall->entries);
    for (size_t e = 0; e < waterfall->entries; e++) {
        Entry entry = waterfall->entry[e];
        entry.place = without_layer(entry.place);
        entry.reader = without_layer(entry.reader);
        waterfall_add(&grouped, &entry);
    }
    qsort(grouped.entry, grouped.entries, sizeof *grouped.entry, by_account);
    return grouped;
}

Waterfall waterfall_new(Arena *arena, size_t room)
{
    return (Waterfall){ .entry = arena_zero(arena, room + 1, sizeof(Entry)) };
}

// ---- bytes

// Why a value is still there during a node: who reads it from then on.
typedef struct {
    int32_t values, parameters, again; // the last node that reads it, by its pass; -1: none
} Readers;

static Readers readers_from(const Graph *graph, Value value, int32_t node)
{
    Readers readers = { -1, -1, -1 };
    for (size_t i = (size_t)(node > 0 ? node : 0); i < graph->nodes; i++) {
        const Node *is = &graph->node[i];
        bool reads = false;
        for (int k = 0; k < NODE_INPUTS; k++)
            reads = reads || is->in[k] == value;
        for (int k = 0; k < NODE_OUTPUTS; k++)
            reads = reads || is->base[k] == value;
        Pass pass = pass_of(graph, i);
        if (reads && pass == PASS_BACKWARD)
            readers.values = (int32_t)i;
        if (reads && pass == PASS_PARAMETERS)
            readers.parameters = (int32_t)i;
        if (reads && pass == PASS_AGAIN)
            readers.again = (int32_t)i;
    }
    return readers;
}

// One reader that passes gradients down is reason enough: it is there whatever is trained above.
static Entry reason_of(const Graph *graph, Value value, int32_t node)
{
    int32_t giver = graph->value[value].node;
    Readers readers = readers_from(graph, value, node);
    int32_t reader = readers.values >= 0       ? readers.values
                     : readers.parameters >= 0 ? readers.parameters
                                               : readers.again;
    Entry entry = { .account = GOING_FORWARD, .place = "kept rows", .op = "", .reader = "" };
    if (giver >= 0) {
        const Node *is = &graph->node[giver];
        entry.place = is->place ? is->place : "";
        entry.op = is->op->name;
    }
    if (reader >= 0) {
        entry.account = readers.values >= 0       ? FOR_VALUES
                        : readers.parameters >= 0 ? FOR_PARAMETERS
                                                  : FOR_AGAIN;
        entry.reader = graph->node[reader].place ? graph->node[reader].place : "";
    }
    Pass given = giver >= 0 ? pass_of(graph, (size_t)giver) : PASS_FORWARD;
    if (given == PASS_BACKWARD || given == PASS_PARAMETERS)
        entry.account = GOING_BACK;
    return entry;
}

static void add_bytes(Waterfall *waterfall, int side, Entry entry, double bytes)
{
    entry.amount[side] = bytes;
    if (bytes > 0)
        waterfall_add(waterfall, &entry);
}

static void add_class(Waterfall *waterfall, int side, Account account, double bytes)
{
    add_bytes(waterfall, side, (Entry){ .account = account, .place = "", .op = "", .reader = "" },
              bytes);
}

void waterfall_add_plan(Arena *arena, Waterfall *waterfall, int side, const Plan *plan)
{
    const Graph *graph = plan_graph(plan);
    Moment fullest = plan_fullest(plan);
    size_t mark = arena_mark(arena);
    Value *alive = arena_take(arena, graph->values + 1, sizeof *alive);
    size_t count = plan_alive(plan, fullest.node, alive);
    for (size_t i = 0; i < count; i++) {
        Entry entry = reason_of(graph, alive[i], fullest.node);
        entry.count[side] = 1;
        add_bytes(waterfall, side, entry, (double)plan_place(plan, alive[i]).bytes);
    }
    add_class(waterfall, side, GAPS, (double)(plan_activations(plan) - fullest.bytes));
    arena_rewind(arena, mark);
}

Waterfall explain_bytes(Arena *arena, const Prepared *const of[2])
{
    const Plan *plan[] = { plans_training(&of[0]->plans), plans_training(&of[1]->plans) };
    Waterfall waterfall =
        waterfall_new(arena, plan_graph(plan[0])->values + plan_graph(plan[1])->values + ACCOUNTS);
    for (int side = 0; side < 2; side++) {
        const Ledger *ledger = &of[side]->ledger;
        add_class(&waterfall, side, WEIGHTS, (double)ledger->held.weights);
        add_class(&waterfall, side, GRADIENTS, (double)ledger->held.gradients);
        add_class(&waterfall, side, MOMENTS, (double)ledger->held.optimizer);
        add_class(&waterfall, side, FROZEN_ROWS, (double)ledger->kept);
        waterfall_add_plan(arena, &waterfall, side, plan[side]);
        add_class(&waterfall, side, SCRATCH, (double)ledger->workspace);
        add_class(&waterfall, side, OTHER_STEP,
                  (double)(ledger->step - ledger->activations - ledger->workspace));
    }
    return waterfall;
}
