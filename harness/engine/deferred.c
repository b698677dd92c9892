// deferred.c: which rows have which updates.
#include "engine/deferred.h"
#include "engine/operator.h"
#include <assert.h>

enum { MOST_MISSED = 1024, WORD = 64 };

struct Deferred {
    int lookup;                       // of the batch: the rows that it reads
    size_t made;                      // updates since all rows had the same ones
    AdamWFactors update[MOST_MISSED]; // these
    uint32_t *has;                    // by row: how many of them it has had
    uint64_t *read;                   // bit r: row r was looked up since the last update
    uint64_t *moved;                  // bit r: row r has moments
    bool decays;                      // rows without moments move, too
};

static bool bit(const uint64_t *set, size_t i)
{
    return set[i / WORD] >> i % WORD & 1;
}

static void bit_on(uint64_t *set, size_t i)
{
    set[i / WORD] |= UINT64_C(1) << i % WORD;
}

// ---- which tables

// The lookup by which alone the graph reads a value; -1: it is read otherwise, or not at all.
static int only_lookup(const Graph *graph, Value value)
{
    int lookup = -1;
    for (size_t i = 0; i < graph->forward_nodes; i++)
        for (int k = 0; k < NODE_INPUTS; k++) {
            const Node *node = &graph->node[i];
            if (!node->op || node->in[k] != value)
                continue;
            if (!node->op->looks_up || (lookup >= 0 && lookup != k))
                return -1;
            lookup = k;
        }
    return lookup;
}

void state_defer(Arena *arena, State *state, const Graph *graph)
{
    for (size_t v = 0; v < graph->values; v++) {
        const ValueInfo *info = &graph->value[v];
        if (info->parameter < 0 || info->gradient || !graph->parameter[info->parameter].trained)
            continue;
        int lookup = only_lookup(graph, (Value)v);
        if (lookup < 0)
            continue;
        Slot *slot = state_find(state, graph->parameter[info->parameter].name);
        size_t rows = (size_t)slot->is.rows, words = (rows + WORD - 1) / WORD;
        slot->deferred = arena_zero(arena, 1, sizeof *slot->deferred);
        slot->deferred->lookup = lookup;
        slot->deferred->has = arena_zero(arena, rows, sizeof *slot->deferred->has);
        slot->deferred->read = arena_zero(arena, words, sizeof *slot->deferred->read);
        slot->deferred->moved = arena_zero(arena, words, sizeof *slot->deferred->moved);
    }
}

// ---- catching up

static void row_settle(Slot *slot, size_t row)
{
    Deferred *deferred = slot->deferred;
    size_t had = deferred->has[row], cols = (size_t)slot->is.cols, at = row * cols;
    if (had < deferred->made && (bit(deferred->moved, row) || deferred->decays))
        adamw_idle(slot->value + at, slot->m + at, slot->v + at, cols, deferred->update + had,
                   deferred->made - had);
    deferred->has[row] = (uint32_t)deferred->made;
}

static void slot_settle(Slot *slot)
{
    size_t rows = (size_t)slot->is.rows;
    if (slot->deferred->made == 0)
        return;
    for (size_t r = 0; r < rows; r++) {
        row_settle(slot, r);
        slot->deferred->has[r] = 0;
    }
    slot->deferred->made = 0;
    slot->deferred->decays = false;
}

void state_settle(State *state)
{
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].deferred)
            slot_settle(&state->slot[i]);
}

bool state_settled(const State *state)
{
    for (size_t i = 0; i < state->slots; i++)
        if (state->slot[i].deferred && state->slot[i].deferred->made > 0)
            return false;
    return true;
}

void state_look_up(State *state, const Batch *batch)
{
    for (size_t i = 0; i < state->slots; i++) {
        Slot *slot = &state->slot[i];
        if (!slot->deferred)
            continue;
        const int32_t *row = batch_lookup(batch, slot->deferred->lookup);
        for (size_t t = 0; t < batch->extent.tokens; t++) {
            row_settle(slot, (size_t)row[t]);
            bit_on(slot->deferred->read, (size_t)row[t]);
        }
    }
}

// ---- updates

double deferred_squares(const Slot *slot)
{
    Matrix gradient = { slot->gradient, (size_t)slot->is.rows, (size_t)slot->is.cols,
                        (size_t)slot->is.cols };
    return sum_squares_of(gradient, slot->deferred->read);
}

void deferred_update(Slot *slot, const AdamW *update)
{
    Deferred *deferred = slot->deferred;
    size_t rows = (size_t)slot->is.rows, cols = (size_t)slot->is.cols;
    AdamWFactors now = adamw_factors(update);
    for (size_t r = 0; r < rows; r++) {
        if (!deferred->read[r / WORD])
            r += WORD - 1 - r % WORD; // none of the next ones
        else if (bit(deferred->read, r)) {
            size_t at = r * cols;
            assert(deferred->has[r] == deferred->made);
            adamw(slot->value + at, slot->m + at, slot->v + at, slot->gradient + at, cols, now);
            deferred->has[r]++;
        }
    }
    for (size_t w = 0; w < (rows + WORD - 1) / WORD; w++) {
        deferred->moved[w] |= deferred->read[w];
        deferred->read[w] = 0;
    }
    deferred->update[deferred->made++] = now;
    deferred->decays |= now.kept != 1;
    if (deferred->made == MOST_MISSED)
        slot_settle(slot);
}
