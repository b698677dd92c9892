// dataset.c: records -> examples -> splits.
#include "data/dataset.h"
#include "base/random.h"
#include "base/text.h"
#include "data/phrases.h"
#include "data/records.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TUNE_TENTH = 10, TUNE_MOST = 2000 };

// A row's place in an order that depends on its content alone: half of a SHA-256, which is enough
// to tell any rows apart.
typedef struct {
    uint64_t high, low;
    uint32_t row;
} Key;

static bool read_split(Arena *arena, const Task *task, Split split, Dataset *dataset, Error *error);
static bool cut_fold(Arena *arena, const Task *task, Dataset *dataset, Error *error);
static bool cut_tune(Arena *arena, const Task *task, Dataset *dataset, Error *error);
static Key *keys_sorted(Arena *arena, Examples rows, Group group);
static void number_groups(Arena *arena, Examples rows, const Key *key);
static Hash hash_of(Arena *arena, Examples rows);
static size_t text_bytes(const Example *row);

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
            number_groups(arena, dataset->split[s],
                          keys_sorted(arena, dataset->split[s], task->group));
    if (!task->file[SPLIT_TUNE].path && !cut_tune(arena, task, dataset, error))
        return false;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        dataset->hash[s] = hash_of(arena, dataset->split[s]);
    return true;
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
        bytes += text_bytes(&row[i]);
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

// ---- keys

static uint64_t digits(const char *hex) // 16 of them
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++)
        value = value << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    return value;
}

static Key key_of(const char *bytes, size_t size, size_t row)
{
    Hash hash = hash_bytes(bytes, size);
    return (Key){ digits(hash.hex), digits(hash.hex + 16), (uint32_t)row };
}

static int by_key(const void *a, const void *b)
{
    const Key *x = a, *y = b;
    if (x->high != y->high)
        return x->high < y->high ? -1 : 1;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool same_key(const Key *a, const Key *b)
{
    return a->high == b->high && a->low == b->low;
}

static char *put(char *to, const char *text) // with its zero byte
{
    return stpcpy(to, text ? text : "") + 1;
}

static size_t text_bytes(const Example *row)
{
    return strlen(row->text) + (row->text_b ? strlen(row->text_b) : 0);
}
enum { KEY_EXTRA = 64 }; // more than a label, a number and the zero bytes take

static size_t longest(Examples rows) // room for the content of any of them
{
    size_t most = 0;
    for (size_t i = 0; i < rows.count; i++) {
        size_t bytes = text_bytes(&rows.example[i]);
        most = bytes > most ? bytes : most;
    }
    return most + KEY_EXTRA;
}

// What a row's group is known by, where one text or row of texts alone decides it.
static size_t group_content(const Example *row, Group group, char *content)
{
    char *end = content;
    switch (group) {
    case GROUP_PREMISE:
        end = put(end, row->text);
        break;
    case GROUP_SENTENCE: // words with single blanks
        for (const char *c = row->text + strspn(row->text, PHRASE_BLANKS); *c;
             c += strspn(c, PHRASE_BLANKS)) {
            size_t length = strcspn(c, PHRASE_BLANKS);
            end = mempcpy(end, c, length);
            *end++ = ' ';
            c += length;
        }
        break;
    case GROUP_TEXT:
    case GROUP_GIVEN:  // and the line beside it: keys_linked
    case GROUP_LINKED: // either text: keys_linked
        end = put(put(end, row->text), row->text_b);
        break;
    }
    return (size_t)(end - content);
}

// The first row of a set of rows that belong together; shortens the way there.
static uint32_t first_of(uint32_t *before, uint32_t row)
{
    while (before[row] != row)
        row = before[row] = before[before[row]];
    return row;
}

// Rows are linked by either text, or by the line beside them and by their texts: those have a zero
// byte, so that no line is equal to them.
static Key link_of(const Example *row, Group group, bool second, size_t number, char *content)
{
    if (group == GROUP_GIVEN && second)
        return key_of(content, group_content(row, group, content), number);
    const char *of = group == GROUP_GIVEN ? row->given : second ? row->text_b : row->text;
    return key_of(of, strlen(of), number);
}

// Rows that are linked have the smallest key of all their links.
static Key *keys_linked(Arena *arena, Examples rows, Group group)
{
    Key *key = arena_take(arena, rows.count + 1, sizeof *key);
    size_t mark = arena_mark(arena), links = 2 * rows.count;
    char *content = arena_take(arena, longest(rows), 1);
    Key *link = arena_take(arena, links + 1, sizeof *link);
    uint32_t *before = arena_take(arena, rows.count + 1, sizeof *before);
    bool *known = arena_zero(arena, rows.count + 1, sizeof *known);
    for (size_t i = 0; i < links; i++) {
        link[i] = link_of(&rows.example[i / 2], group, i % 2, i / 2, content);
        before[i / 2] = (uint32_t)(i / 2);
    }
    qsort(link, links, sizeof *link, by_key);
    for (size_t i = 1; i < links; i++) {
        uint32_t a = first_of(before, link[i - 1].row), b = first_of(before, link[i].row);
        if (same_key(&link[i - 1], &link[i]))
            before[a > b ? a : b] = a > b ? b : a;
    }
    for (size_t i = 0; i < links; i++) {
        uint32_t first = first_of(before, link[i].row);
        if (!known[first])
            key[first] = link[i];
        known[first] = true;
    }
    for (size_t i = 0; i < rows.count; i++) {
        key[i] = key[first_of(before, (uint32_t)i)];
        key[i].row = (uint32_t)i;
    }
    arena_rewind(arena, mark);
    qsort(key, rows.count, sizeof *key, by_key);
    return key;
}

// The rows' keys in their order: rows of a group are neighbours, in the order of the file.
static Key *keys_sorted(Arena *arena, Examples rows, Group group)
{
    if (group == GROUP_LINKED || group == GROUP_GIVEN)
        return keys_linked(arena, rows, group);
    Key *key = arena_take(arena, rows.count + 1, sizeof *key);
    char *content = arena_take(arena, longest(rows), 1);
    for (size_t i = 0; i < rows.count; i++)
        key[i] = key_of(content, group_content(&rows.example[i], group, content), i);
    qsort(key, rows.count, sizeof *key, by_key);
    return key;
}

// Keys that no two rows share, of all that a row holds, in their order: equal rows get their number
// besides.
static Key *keys_of_rows(Arena *arena, Examples rows)
{
    Key *key = arena_take(arena, rows.count + 1, sizeof *key), first = { 0 };
    char *content = arena_take(arena, longest(rows), 1);
    size_t nth = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const Example *row = &rows.example[i];
        char *end = put(put(content, row->text), row->text_b);
        end += sprintf(end, "%d %.9g", (int)row->label, (double)row->score);
        key[i] = key_of(content, (size_t)(end - content), i);
    }
    qsort(key, rows.count, sizeof *key, by_key);
    for (size_t i = 0; i < rows.count; i++) { // the second of equal rows, the third, ...
        nth = i > 0 && same_key(&first, &key[i]) ? nth + 1 : 0;
        if (nth == 0)
            first = key[i];
        else
            key[i] = key_of(content,
                            (size_t)sprintf(content, "%016" PRIx64 "%016" PRIx64 " %zu", first.high,
                                            first.low, nth),
                            key[i].row);
    }
    qsort(key, rows.count, sizeof *key, by_key);
    return key;
}

// Groups get their numbers in the order of the file. The keys are those of keys_sorted.
static void number_groups(Arena *arena, Examples rows, const Key *key)
{
    for (size_t i = 0; i < rows.count; i++)
        rows.example[i].group = (uint32_t)i;
    for (size_t i = 1; i < rows.count; i++) // the first row of each group, for all of its rows
        if (same_key(&key[i - 1], &key[i]))
            rows.example[key[i].row].group = rows.example[key[i - 1].row].group;
    uint32_t next = 0, *number = arena_take(arena, rows.count + 1, sizeof *number);
    for (size_t i = 0; i < rows.count; i++) {
        uint32_t first = rows.example[i].group;
        if (first == i)
            number[i] = next++;
        rows.example[i].group = number[first];
    }
}

// ---- dev out of train, where there are folds

// Deals whole groups, in the order of their keys, each to the fold that has the fewest rows; of
// these to the first. in_fold: of each row, from 1. Returns the rows of the smallest fold.
static size_t deal(const Key *key, size_t rows, int folds, int *in_fold)
{
    size_t dealt[MOST_FOLDS + 1] = { 0 };
    for (size_t begin = 0, end; begin < rows; begin = end) {
        int least = 1;
        for (int f = 2; f <= folds; f++)
            least = dealt[f] < dealt[least] ? f : least;
        for (end = begin; end < rows && same_key(&key[begin], &key[end]); end++)
            in_fold[key[end].row] = least;
        dealt[least] += end - begin;
    }
    size_t least = rows;
    for (int f = 1; f <= folds; f++)
        least = dealt[f] < least ? dealt[f] : least;
    return least;
}

// The fold's rows become dev; their labels are kept apart, as those of a file would be.
static bool cut_fold(Arena *arena, const Task *task, Dataset *dataset, Error *error)
{
    Examples all = dataset->split[SPLIT_TRAIN];
    Example *kept = arena_take(arena, all.count, sizeof *kept); // train, and from its end dev
    const char **label_text = arena_zero(arena, all.count, sizeof *label_text);
    size_t mark = arena_mark(arena), train = 0, dev = 0;
    int *in_fold = arena_zero(arena, all.count, sizeof *in_fold);
    if (!deal(keys_sorted(arena, all, task->group), all.count, task->folds, in_fold))
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
static size_t choose(const Key *key, size_t rows, const Nesting *nesting, Place *place)
{
    size_t candidates = 0, taken = 0, first = rows;
    for (size_t i = 0; i < rows; i++)
        candidates += !is_inside(nesting, i);
    size_t tenth = candidates / TUNE_TENTH, most = tenth < TUNE_MOST ? tenth : TUNE_MOST;
    for (size_t begin = 0, end; begin < rows && taken < most + (most == 0); begin = end) {
        for (end = begin + 1; end < rows && same_key(&key[begin], &key[end]);)
            end++;
        if (is_inside(nesting, key[begin].row))
            continue;
        first = first < begin ? first : begin;
        for (size_t i = begin; i < end && end - begin <= most - taken; i++)
            place[key[i].row] = TUNES;
        taken += end - begin <= most - taken ? end - begin : 0;
    }
    for (size_t i = first; taken == 0 && i < rows && same_key(&key[first], &key[i]); i++)
        place[key[i].row] = TUNES;
    return candidates;
}

static bool cut_tune(Arena *arena, const Task *task, Dataset *dataset, Error *error)
{
    Examples all = dataset->split[SPLIT_TRAIN];
    Example *kept = arena_take(arena, all.count, sizeof *kept); // train, and from its end tune
    size_t mark = arena_mark(arena), counts[DROPPED + 1] = { 0 };
    Key *key = keys_sorted(arena, all, task->group);
    number_groups(arena, all, key);
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

// ---- what a split holds, and a part of it

static Hash hash_of(Arena *arena, Examples rows)
{
    size_t mark = arena_mark(arena), most = 1;
    for (size_t i = 0; i < rows.count; i++)
        most += text_bytes(&rows.example[i]) + KEY_EXTRA;
    char *content = arena_take(arena, most, 1), *end = content;
    for (size_t i = 0; i < rows.count; i++) {
        const Example *row = &rows.example[i];
        end = put(put(end, row->text), row->text_b);
        end += sprintf(end, "%d %.9g %" PRIu32, (int)row->label, (double)row->score, row->id) + 1;
    }
    Hash hash = hash_bytes(content, (size_t)(end - content));
    arena_rewind(arena, mark);
    return hash;
}

typedef struct {
    uint64_t rank;
    Key key;
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
    return by_key(&x->key, &y->key);
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
    const Key *key = keys_of_rows(arena, train);
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
