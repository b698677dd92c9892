// dataset.c: records -> examples -> splits.
#include "data/dataset.h"
#include "base/random.h"
#include "base/text.h"
#include "data/groups.h"
#include "data/records.h"
#include "data/splits.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_split(Arena *arena, const Task *task, Split split, Dataset *dataset, Error *error);
static Hash hash_of(Arena *arena, Examples rows);

bool dataset_read(Arena *arena, const Task *task, Dataset *dataset, Error *error)
{
    *dataset = (Dataset){ .rule = "file" };
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (task->file[s].path && !read_split(arena, task, s, dataset, error))
            return false;
    if (task->folds && !cut_fold(arena, task, dataset, error))
        return false;
    size_t mark = arena_mark(arena);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++, arena_rewind(arena, mark))
        if (s != SPLIT_TRAIN || task->file[SPLIT_TUNE].path)
            groups_number(arena, dataset->split[s],
                          keys_of_groups(arena, dataset->split[s], task->group));
    if (!task->file[SPLIT_TUNE].path && !cut_tune(arena, task, dataset, error))
        return false;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        dataset->hash[s] = hash_of(arena, dataset->split[s]);
    return true;
}

const char *dataset_sha(Arena *arena, const Dataset *dataset)
{
    char *all = arena_format(arena, "%s %s %s %s", dataset->hash[SPLIT_TRAIN].hex,
                             dataset->hash[SPLIT_TUNE].hex, dataset->hash[SPLIT_DEV].hex,
                             dataset->hash[SPLIT_TEST].hex);
    Hash data = hash_bytes(all, strlen(all));
    return arena_text(arena, data.hex);
}

// The value of a label or score, into *row.
static bool read_label(const Task *task, Where where, const char *text, Example *row, Error *error)
{
    row->label = -1;
    if (!task->classes) {
        double score = 0;
        if (!text_real(text, &score) || !isfinite((float)score))
            return fail(error, ERROR_INPUT, where, "a number", "'%s' is no score", text);
        row->score = (float)score;
        return true;
    }
    for (int k = 0; k < task->classes; k++)
        if (strcmp(task->labels[k], text) == 0)
            row->label = k;
    assert(row->label >= 0); // records_read has seen to it
    return true;
}

// Labels of dev and test are checked, but kept apart.
static bool read_split(Arena *arena, const Task *task, Split split, Dataset *dataset, Error *error)
{
    Records read;
    size_t bytes = 0;
    Where whole = { .file = task->file[split].path };
    bool ours = split == SPLIT_TRAIN || split == SPLIT_TUNE;
    if (!records_read(arena, task, split, &read, error))
        return false;
    const Record *record = read.record;
    size_t count = read.count;
    if (count > INT32_MAX) // products of two counts fit in 64 bits
        return fail(error, ERROR_INPUT, whole, "2147483647 or fewer", "has %zu rows", count);
    Example *row = arena_take(arena, count, sizeof *row);
    const char **label_text = arena_take(arena, count, sizeof *label_text);
    for (size_t i = 0; i < count; i++) {
        row[i] = (Example){ .text = record[i].text,
                            .text_b = record[i].text_b,
                            .given = record[i].group,
                            .label = -1,
                            .id = (uint32_t)i,
                            .line = record[i].where.line };
        Example checked = row[i];
        label_text[i] = record[i].label;
        if (label_text[i] && !read_label(task, record[i].where, label_text[i], &checked, error))
            return false;
        if (ours)
            row[i] = checked;
        bytes += texts_bytes(&row[i]);
    }
    if (bytes > INT32_MAX) // then words and their runs have numbers of 32 bits
        return fail(error, ERROR_INPUT, whole, "2 GiB or less", "holds %zu bytes of text", bytes);
    dataset->split[split] = (Examples){ row, count };
    dataset->label_text[split] = label_text[0] ? label_text : NULL;
    dataset->ragged[split] = read.ragged;
    return true;
}

bool dataset_labels(const Task *task, Split split, Dataset *dataset, Error *error)
{
    assert(split == SPLIT_DEV || split == SPLIT_TEST);
    Examples rows = dataset->split[split];
    const char *label = task->file[split].label;
    if (rows.count == 0)
        return fail(error, ERROR_INPUT, (Where){ .file = task->folder, .item = split_names[split] },
                    split == SPLIT_DEV ? "test, which this task reports"
                                       : "dev, or a task with a labelled test file",
                    "there is no such split");
    if (!dataset->label_text[split])
        return fail(error, ERROR_INPUT, (Where){ .file = task->file[split].path },
                    "labelled to be scored", "has no %s%s%s", label ? "column '" : "labels",
                    label ? label : "", label ? "'" : "");
    dataset->label_reads[split]++;
    for (size_t i = 0; i < rows.count; i++) {
        bool right =
            read_label(task, (Where){ 0 }, dataset->label_text[split][i], &rows.example[i], error);
        assert(right); // read_split has seen to it
        (void)right;
    }
    return true;
}

// ---- what a split holds, and a part of it

static Hash hash_of(Arena *arena, Examples rows)
{
    size_t mark = arena_mark(arena), most = 1;
    for (size_t i = 0; i < rows.count; i++)
        most += texts_bytes(&rows.example[i]) + CONTENT_EXTRA;
    char *content = arena_take(arena, most, 1), *end = content;
    for (size_t i = 0; i < rows.count; i++) {
        const Example *row = &rows.example[i];
        end = texts_put(end, row);
        end += sprintf(end, "%d %.9g %" PRIu32, (int)row->label, (double)row->score, row->id) + 1;
    }
    Hash hash = hash_bytes(content, (size_t)(end - content));
    arena_rewind(arena, mark);
    return hash;
}

typedef struct {
    uint64_t rank;
    RowKey key;
    int32_t label;
    uint64_t seat, of; // the row is the seat-th of its label's `of` rows, from 0
} Seat;

static int by_rank(const void *a, const void *b)
{
    const Seat *x = a, *y = b;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return key_order(&x->key, &y->key);
}

// Sainte-Lague: the next seat goes to the label whose (seat + 1/2) / rows is smallest.
static int by_seat(const void *a, const void *b)
{
    const Seat *x = a, *y = b;
    uint64_t left = (2 * x->seat + 1) * y->of, right = (2 * y->seat + 1) * x->of;
    if (left != right)
        return left < right ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

Examples dataset_limit(Arena *arena, const Task *task, Examples train, size_t limit,
                       uint64_t data_seed)
{
    if (limit == 0 || limit >= train.count)
        return train;
    Example *kept = arena_take(arena, limit, sizeof *kept);
    size_t mark = arena_mark(arena), count = 0;
    const RowKey *key = keys_of_rows(arena, train);
    Seat *seat = arena_take(arena, train.count, sizeof *seat);
    uint64_t *rows = arena_zero(arena, (size_t)task->classes + 1, sizeof *rows);
    for (size_t i = 0; i < train.count; i++) {
        Random4 bits = random_at(data_seed, STREAM_DATA, key[i].high, key[i].low);
        int32_t label = train.example[key[i].row].label; // -1 for scores: one stratum
        seat[i] = (Seat){ (uint64_t)bits.word[0] << 32 | bits.word[1], key[i], label, 0, 0 };
        rows[label + 1]++;
    }
    qsort(seat, train.count, sizeof *seat, by_rank);
    for (size_t i = 0; i < train.count; i++) {
        seat[i].of = rows[seat[i].label + 1];
        seat[i].seat = i > 0 && seat[i].label == seat[i - 1].label ? seat[i - 1].seat + 1 : 0;
    }
    qsort(seat, train.count, sizeof *seat, by_seat);
    bool *chosen = arena_zero(arena, train.count, sizeof *chosen);
    for (size_t i = 0; i < limit; i++)
        chosen[seat[i].key.row] = true;
    for (size_t i = 0; i < train.count; i++)
        if (chosen[i])
            kept[count++] = train.example[i];
    arena_rewind(arena, mark);
    return (Examples){ kept, limit };
}
