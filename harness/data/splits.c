// splits.c: dev and tune out of train.
#include "data/splits.h"
#include "data/groups.h"
#include "data/phrases.h"
#include <stdlib.h>
#include <string.h>

enum { TUNE_TENTH = 10, TUNE_MOST = 2000 };

// ---- dev out of train, where there are folds

// Deals whole groups, in the order of their keys, each to the fold that has the fewest rows; of
// these to the first. in_fold: of each row, from 1. Returns the rows of the smallest fold.
static size_t deal(const RowKey *key, size_t rows, int folds, int *in_fold)
{
    size_t dealt[MOST_FOLDS + 1] = { 0 };
    for (size_t begin = 0, end; begin < rows; begin = end) {
        int least = 1;
        for (int f = 2; f <= folds; f++)
            least = dealt[f] < dealt[least] ? f : least;
        for (end = begin; end < rows && key_same(&key[begin], &key[end]); end++)
            in_fold[key[end].row] = least;
        dealt[least] += end - begin;
    }
    size_t least = rows;
    for (int f = 1; f <= folds; f++)
        least = dealt[f] < least ? dealt[f] : least;
    return least;
}

bool cut_fold(Arena *arena, const Task *task, Dataset *dataset, Error *error)
{
    Examples all = dataset->split[SPLIT_TRAIN];
    Example *kept = arena_take(arena, all.count, sizeof *kept); // train, and from its end dev
    const char **label_text = arena_zero(arena, all.count, sizeof *label_text);
    size_t mark = arena_mark(arena), train = 0, dev = 0;
    int *in_fold = arena_zero(arena, all.count, sizeof *in_fold);
    if (!deal(keys_of_groups(arena, all, task->group), all.count, task->folds, in_fold))
        return fail(error, ERROR_INPUT, (Where){ .file = task->file[SPLIT_TRAIN].path },
                    "more rows that do not belong together, or fewer folds",
                    "%zu rows leave a fold of %d empty", all.count, task->folds);
    for (size_t i = 0; i < all.count; i++)
        train += in_fold[i] != task->fold;
    Examples rest = { kept, 0 };
    for (size_t i = 0; i < all.count; i++)
        if (in_fold[i] != task->fold)
            kept[rest.count++] = all.example[i];
        else {
            Example *row = &kept[train + dev];
            *row = all.example[i];
            label_text[dev++] = dataset->label_text[SPLIT_TRAIN][i];
            row->label = -1;
            row->score = 0;
        }
    arena_rewind(arena, mark);
    dataset->split[SPLIT_TRAIN] = rest;
    dataset->split[SPLIT_DEV] = (Examples){ kept + train, dev };
    dataset->label_text[SPLIT_DEV] = label_text;
    return true;
}

// ---- tune out of train

typedef enum { STAYS, TUNES, DROPPED } Place;
typedef struct {
    const Phrases *phrases; // GROUP_SENTENCE, else NULL
    bool *inside;           // by phrases_number
} Nesting;

static bool is_inside(const Nesting *nesting, size_t row)
{
    return nesting->phrases && nesting->inside[phrases_number(nesting->phrases, row)];
}

typedef struct {
    size_t length, row;
} Length;

static int longest_first(const void *a, const void *b)
{
    const Length *x = a, *y = b;
    return (x->length < y->length) - (x->length > y->length);
}

// Marks all rows that lie in another. What lies in a row that is marked lies in what holds that row
// too, so only rows which are not need to be looked through: the longest first, and few are.
static Nesting nesting_of(Arena *arena, Examples rows)
{
    const char **text = arena_take(arena, rows.count, sizeof *text);
    Length *length = arena_take(arena, rows.count, sizeof *length);
    for (size_t i = 0; i < rows.count; i++) {
        text[i] = rows.example[i].text;
        length[i] = (Length){ strlen(text[i]), i };
    }
    Nesting nesting = { phrases_new(arena, text, rows.count),
                        arena_zero(arena, rows.count, sizeof(bool)) };
    qsort(length, rows.count, sizeof *length, longest_first);
    for (size_t i = 0; i < rows.count; i++)
        if (!is_inside(&nesting, length[i].row))
            phrases_inside(nesting.phrases, length[i].row, nesting.inside);
    return nesting;
}

// Chooses whole groups in the order of their keys until a tenth of the candidates' rows is reached;
// a group that would exceed it is passed over. The first group is taken if none fits. Returns the
// rows that were to choose from.
static size_t choose(const RowKey *key, size_t rows, const Nesting *nesting, Place *place)
{
    size_t candidates = 0, taken = 0, first = rows;
    for (size_t i = 0; i < rows; i++)
        candidates += !is_inside(nesting, i);
    size_t tenth = candidates / TUNE_TENTH, most = tenth < TUNE_MOST ? tenth : TUNE_MOST;
    for (size_t begin = 0, end; begin < rows && taken < most + (most == 0); begin = end) {
        for (end = begin + 1; end < rows && key_same(&key[begin], &key[end]);)
            end++;
        if (is_inside(nesting, key[begin].row))
            continue;
        first = first < begin ? first : begin;
        for (size_t i = begin; i < end && end - begin <= most - taken; i++)
            place[key[i].row] = TUNES;
        taken += end - begin <= most - taken ? end - begin : 0;
    }
    for (size_t i = first; taken == 0 && i < rows && key_same(&key[first], &key[i]); i++)
        place[key[i].row] = TUNES;
    return candidates;
}

bool cut_tune(Arena *arena, const Task *task, Dataset *dataset, Error *error)
{
    Examples all = dataset->split[SPLIT_TRAIN];
    Example *kept = arena_take(arena, all.count, sizeof *kept); // train, and from its end tune
    size_t mark = arena_mark(arena), counts[DROPPED + 1] = { 0 };
    RowKey *key = keys_of_groups(arena, all, task->group);
    groups_number(arena, all, key);
    Nesting nesting = { 0 };
    if (task->group == GROUP_SENTENCE)
        nesting = nesting_of(arena, all);
    Place *place = arena_zero(arena, all.count, sizeof *place);
    size_t candidates = choose(key, all.count, &nesting, place);
    if (nesting.phrases) {
        memset(nesting.inside, 0, all.count * sizeof *nesting.inside);
        for (size_t i = 0; i < all.count; i++)
            if (place[i] == TUNES)
                phrases_inside(nesting.phrases, i, nesting.inside);
        for (size_t i = 0; i < all.count; i++)
            if (place[i] == STAYS && is_inside(&nesting, i))
                place[i] = DROPPED; // a sentence of tune lies in no other row: nothing holds it
    }
    for (size_t i = 0; i < all.count; i++)
        counts[place[i]]++;
    size_t train = 0, tune = counts[STAYS];
    for (size_t i = 0; i < all.count; i++)
        if (place[i] != DROPPED)
            kept[place[i] == TUNES ? tune++ : train++] = all.example[i];
    arena_rewind(arena, mark);
    if (train == 0)
        return fail(error, ERROR_INPUT, (Where){ .file = task->file[SPLIT_TRAIN].path },
                    "more rows that do not belong together, or a tune file",
                    "tune is cut from these %zu rows and leaves none to train on", all.count);
    dataset->split[SPLIT_TRAIN] = (Examples){ kept, train };
    dataset->split[SPLIT_TUNE] = (Examples){ kept + train, counts[TUNES] };
    dataset->dropped = counts[DROPPED];
    dataset->rule = arena_format(arena, "group %s: %d %% of %zu rows, at most %d",
                                 group_names[task->group], 100 / TUNE_TENTH, candidates, TUNE_MOST);
    return true;
}
