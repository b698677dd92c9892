// check.c: the numbers of a check, one kind after another.
#include "data/check.h"
#include "base/jackknife.h"
#include "base/statistic.h"
#include "data/overlap.h"
#include "data/phrases.h"
#include "data/probe.h"
#include <math.h>
#include <string.h>

#define MEASURE(name, unit, title) { #name, title, UNIT_##unit },
const MeasureIs check_measures[] = { CHECK_MEASURES(MEASURE) };
#undef MEASURE

enum {
    TOKENS_MOST = 65536,
    PHRASE_LEAST = 3,     // words: shorter ones lie in many texts by chance
    PHRASE_MOST = 64,     // longer ones hardly lie in another text
    PART_BYTES = 1 << 23, // of train's texts, looked through at once
};

// The rows of all splits one after another: those of split s are begin[s] .. begin[s + 1] - 1.
typedef struct {
    Arena *arena;
    Check *check;
    const Task *task;
    size_t begin[SPLITS + 1];
    const Example **row;
    TextKey *folded;
} Rows;

static bool measured(const Rows *rows, Split s)
{
    return rows->begin[s] < rows->begin[s + 1];
}

static Rows rows_of(Arena *arena, const Dataset *dataset, Check *check)
{
    Rows rows = { .arena = arena, .check = check, .task = check->task };
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        rows.begin[s + 1] = rows.begin[s] + dataset->split[s].count;
    rows.row = arena_take(arena, rows.begin[SPLITS] + 1, sizeof(Example *));
    rows.folded = arena_take(arena, rows.begin[SPLITS] + 1, sizeof *rows.folded);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        for (size_t i = rows.begin[s]; i < rows.begin[s + 1]; i++) {
            const Example *row = &dataset->split[s].example[i - rows.begin[s]];
            rows.row[i] = row;
            rows.folded[i] = (TextKey){ text_folded(arena, row->text),
                                        row->text_b ? text_folded(arena, row->text_b) : NULL };
        }
    return rows;
}

// ---- rows, groups, labels

// The groups of a split from 0 on; how many.
static size_t groups_of(const Rows *rows, Split s, uint32_t *group)
{
    size_t count = rows->begin[s + 1] - rows->begin[s], groups = 0;
    uint32_t highest = 0;
    const Example **row = rows->row + rows->begin[s];
    for (size_t i = 0; i < count; i++)
        highest = row[i]->group > highest ? row[i]->group : highest;
    size_t mark = arena_mark(rows->arena);
    uint32_t *number = arena_zero(rows->arena, (size_t)highest + 1, sizeof *number);
    for (size_t i = 0; i < count; i++) {
        if (number[row[i]->group] == 0)
            number[row[i]->group] = (uint32_t)++groups;
        group[i] = number[row[i]->group] - 1;
    }
    arena_rewind(rows->arena, mark);
    return groups;
}

static void count_groups(const Rows *rows, Split s)
{
    size_t count = rows->begin[s + 1] - rows->begin[s], mark = arena_mark(rows->arena), largest = 0;
    uint32_t *group = arena_take(rows->arena, count, sizeof *group);
    size_t groups = groups_of(rows, s, group);
    size_t *members = arena_zero(rows->arena, groups, sizeof *members);
    for (size_t i = 0; i < count; i++)
        largest = ++members[group[i]] > largest ? members[group[i]] : largest;
    arena_rewind(rows->arena, mark);
    rows->check->value[CHECK_rows][s] = (double)count;
    rows->check->value[CHECK_groups][s] = (double)groups;
    rows->check->value[CHECK_largest_group][s] = (double)largest;
}

static void count_labels(const Rows *rows, Split s)
{
    Check *check = rows->check;
    size_t count = rows->begin[s + 1] - rows->begin[s];
    if (!check->labelled[s])
        return;
    if (rows->task->classes) {
        check->label[s] =
            arena_zero(rows->arena, (size_t)rows->task->classes, sizeof **check->label);
        for (size_t i = rows->begin[s]; i < rows->begin[s + 1]; i++)
            check->label[s][rows->row[i]->label]++;
        return;
    }
    size_t mark = arena_mark(rows->arena);
    double *score = arena_take(rows->arena, count, sizeof *score);
    for (size_t i = 0; i < count; i++)
        score[i] = (double)rows->row[rows->begin[s] + i]->score;
    Interval interval = interval_of(score, count, 0.95);
    median(score, count); // sorts
    check->value[CHECK_score_low][s] = score[0];
    check->value[CHECK_score_high][s] = score[count - 1];
    check->value[CHECK_score_mean][s] = interval.mean;
    check->value[CHECK_score_sd][s] = interval.sd;
    arena_rewind(rows->arena, mark);
}

// ---- lengths

static void count_tokens(const Rows *rows, Split s, const Tokenizer *tokenizer)
{
    Check *check = rows->check;
    size_t count = rows->begin[s + 1] - rows->begin[s], mark = arena_mark(rows->arena);
    size_t cut = 0, empty = 0, unknown = 0;
    double *length = arena_take(rows->arena, count, sizeof *length), sum = 0;
    Encoding encoding = { .token = arena_take(rows->arena, TOKENS_MOST, sizeof(int32_t)),
                          .type = arena_take(rows->arena, TOKENS_MOST, sizeof(int32_t)) };
    int32_t no_piece = tokenizer_id(tokenizer, "[UNK]");
    for (size_t i = 0; i < count; i++) {
        const Example *row = rows->row[rows->begin[s] + i];
        const TextKey *text = &rows->folded[rows->begin[s] + i];
        tokenizer_encode_into(tokenizer, row->text, row->text_b, TOKENS_MOST, &encoding);
        length[i] = (double)encoding.count;
        sum += length[i];
        cut += encoding.count > (size_t)check->max_length;
        empty += !*text->a || (text->b && !*text->b);
        for (size_t t = 0; t < encoding.count; t++)
            unknown += encoding.token[t] == no_piece;
    }
    check->value[CHECK_tokens_median][s] = median(length, count); // sorts
    check->value[CHECK_tokens_min][s] = length[0];
    check->value[CHECK_tokens_mean][s] = sum / (double)count;
    check->value[CHECK_tokens_p95][s] = quantile(length, count, 0.95);
    check->value[CHECK_tokens_max][s] = length[count - 1];
    check->value[CHECK_truncated][s] = (double)cut;
    check->value[CHECK_empty][s] = (double)empty;
    check->value[CHECK_unknown][s] = (double)unknown / sum;
    arena_rewind(rows->arena, mark);
}

// ---- the same text in two places

// Sets stands[number] to the splits in which it stands, a bit each; counts rows that were in their
// split before.
static void stand(const Rows *rows, const uint32_t *number, uint8_t *stands, Measure repeated)
{
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        size_t again = 0;
        for (size_t i = rows->begin[s]; i < rows->begin[s + 1]; i++) {
            again += stands[number[i]] >> s & 1;
            stands[number[i]] |= (uint8_t)(1 << s);
        }
        if (measured(rows, s))
            rows->check->value[repeated][s] = (double)again;
    }
}

static void count_standing(const Rows *rows, const uint32_t *number, const uint8_t *stands,
                           Split in, Measure measure)
{
    for (Split s = in + 1; s < SPLITS; s++) {
        size_t count = 0;
        for (size_t i = rows->begin[s]; i < rows->begin[s + 1]; i++)
            count += stands[number[i]] >> in & 1;
        if (measured(rows, s))
            rows->check->value[measure][s] = (double)count;
    }
}

// A row's answer, on one scale: its class, or its score in tenths of train's range.
static double answer(const Rows *rows, size_t i)
{
    const Check *check = rows->check;
    double range =
        check->value[CHECK_score_high][SPLIT_TRAIN] - check->value[CHECK_score_low][SPLIT_TRAIN];
    if (rows->task->classes)
        return 2 * (double)rows->row[i]->label; // any two are more than 1 apart
    return range > 0 ? 10 * (double)rows->row[i]->score / range : 0;
}

static void count_conflicts(const Rows *rows, const uint32_t *number, size_t numbers)
{
    double *low = arena_take(rows->arena, numbers + 1, sizeof *low),
           *high = arena_take(rows->arena, numbers + 1, sizeof *high);
    for (size_t i = 0; i < numbers; i++)
        low[i] = INFINITY, high[i] = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
            size_t count = 0;
            for (size_t i = rows->begin[s]; rows->check->labelled[s] && i < rows->begin[s + 1];
                 i++) {
                low[number[i]] = fmin(low[number[i]], answer(rows, i));
                high[number[i]] = fmax(high[number[i]], answer(rows, i));
                count += high[number[i]] - low[number[i]] > 1;
            }
            if (rows->check->labelled[s])
                rows->check->value[CHECK_conflicting][s] = (double)count; // the second pass's
        }
}

static void count_copies(const Rows *rows)
{
    size_t all = rows->begin[SPLITS], mark = arena_mark(rows->arena);
    TextKey *key = arena_take(rows->arena, all + 1, sizeof *key);
    uint32_t *number = arena_take(rows->arena, all + 1, sizeof *number);
    for (size_t i = 0; i < all; i++)
        key[i] = (TextKey){ rows->row[i]->text, rows->row[i]->text_b };
    uint8_t *stands = arena_zero(rows->arena, texts_number(rows->arena, key, all, number) + 1, 1);
    stand(rows, number, stands, CHECK_repeated);
    count_standing(rows, number, stands, SPLIT_TRAIN, CHECK_in_train);
    size_t numbers = texts_number(rows->arena, rows->folded, all, number);
    stands = arena_zero(rows->arena, numbers + 1, 1);
    stand(rows, number, stands, CHECK_repeated_folded);
    count_standing(rows, number, stands, SPLIT_TRAIN, CHECK_in_train_folded);
    count_standing(rows, number, stands, SPLIT_TUNE, CHECK_in_tune_folded);
    count_standing(rows, number, stands, SPLIT_DEV, CHECK_in_dev_folded);
    count_conflicts(rows, number, numbers);
    arena_rewind(rows->arena, mark);
}

// ---- parts of rows

static void count_shared_texts(const Rows *rows)
{
    size_t all = rows->begin[SPLITS], mark = arena_mark(rows->arena);
    TextKey *key = arena_take(rows->arena, 2 * all + 1, sizeof *key);
    uint32_t *number = arena_take(rows->arena, 2 * all + 1, sizeof *number);
    for (size_t i = 0; i < all; i++) {
        key[i] = (TextKey){ rows->folded[i].a, NULL };
        key[all + i] = (TextKey){ rows->folded[i].b, NULL };
    }
    size_t numbers = texts_number(rows->arena, key, 2 * all, number);
    bool *first = arena_zero(rows->arena, numbers + 1, sizeof *first),
         *either = arena_zero(rows->arena, numbers + 1, sizeof *either);
    for (size_t i = 0; i < rows->begin[SPLIT_TUNE]; i++) {
        first[number[i]] = either[number[i]] = true;
        either[number[all + i]] = true;
    }
    for (Split s = SPLIT_TUNE; s < SPLITS; s++) {
        size_t firsts = 0, parts = 0;
        for (size_t i = rows->begin[s]; i < rows->begin[s + 1]; i++) {
            firsts += first[number[i]];
            parts += either[number[i]] || either[number[all + i]];
        }
        if (!measured(rows, s))
            continue;
        rows->check->value[CHECK_part_in_train][s] = (double)parts;
        if (rows->task->group == GROUP_PREMISE)
            rows->check->value[CHECK_group_in_train][s] = (double)firsts;
    }
    arena_rewind(rows->arena, mark);
}

static size_t words_of(const char *folded) // between single blanks
{
    size_t words = *folded != '\0';
    for (const char *c = folded; *c; c++)
        words += *c == ' ';
    return words;
}

// Which of the held rows lie in a longer text of train, a part of train at a time, so that memory
// is that of a part.
static void count_phrases(const Rows *rows)
{
    size_t all = rows->begin[SPLITS], from = rows->begin[SPLIT_TUNE], helds = 0;
    size_t mark = arena_mark(rows->arena), kept;
    const char **text = arena_take(rows->arena, all + 1, sizeof *text);
    size_t *held = arena_take(rows->arena, all + 1, sizeof *held);
    bool *lies = arena_zero(rows->arena, all + 1, sizeof *lies);
    for (size_t i = from; i < all; i++) {
        size_t words = words_of(rows->folded[i].a);
        if (PHRASE_LEAST <= words && words <= PHRASE_MOST)
            text[helds] = rows->folded[i].a, held[helds++] = i;
    }
    kept = arena_mark(rows->arena);
    for (size_t begin = 0, end, bytes; begin < from; begin = end) {
        for (end = begin, bytes = 0; end < from && bytes < PART_BYTES; end++) {
            text[helds + end - begin] = rows->folded[end].a;
            bytes += strlen(rows->folded[end].a);
        }
        size_t texts = helds + end - begin;
        Phrases *phrases = phrases_new(rows->arena, text, texts);
        bool *inside = arena_zero(rows->arena, texts + 1, sizeof *inside);
        for (size_t i = helds; i < texts; i++)
            phrases_inside(phrases, i, inside);
        for (size_t i = 0; i < helds; i++)
            lies[held[i]] |= inside[phrases_number(phrases, i)];
        arena_rewind(rows->arena, kept);
    }
    for (Split s = SPLIT_TUNE; s < SPLITS; s++) {
        size_t count = 0;
        for (size_t i = rows->begin[s]; i < rows->begin[s + 1]; i++)
            count += lies[i];
        if (measured(rows, s))
            rows->check->value[CHECK_part_in_train][s] = (double)count;
    }
    arena_rewind(rows->arena, mark);
}

// ---- the probe

// Of scores: is one above train's mean?
static Probe *train_probe(const Rows *rows, const Tokens *train, int classes)
{
    int32_t *label = arena_take(rows->arena, train->count, sizeof *label);
    double mean = rows->check->value[CHECK_score_mean][SPLIT_TRAIN];
    for (size_t i = 0; i < train->count; i++)
        label[i] = train->label ? train->label[i] : (double)train->target[i] > mean;
    return probe_new(rows->arena, train, label, classes);
}

static int32_t most_likely(const double *log_p, int classes) // ties to the lowest
{
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++)
        if (log_p[k] > log_p[best])
            best = k;
    return best;
}

// The score of a split; u (of each of its groups, how many comes back) is what they give to it.
static size_t probe_split(const Rows *rows, Split s, Probe *probe, int classes,
                          const Tokens *tokens, double *u)
{
    size_t n = tokens->count;
    int32_t *answered = arena_take(rows->arena, n, sizeof *answered);
    double *score = arena_take(rows->arena, n, sizeof *score),
           *gold = arena_take(rows->arena, n, sizeof *gold),
           *log_p = arena_take(rows->arena, (size_t)classes, sizeof *log_p);
    uint32_t *group = arena_take(rows->arena, n, sizeof *group);
    size_t groups = groups_of(rows, s, group);
    for (size_t i = 0; i < n; i++) {
        probe_row(probe, tokens, i, log_p);
        answered[i] = most_likely(log_p, classes);
        score[i] = log_p[classes - 1] - log_p[0]; // of two
        gold[i] = (double)rows->row[rows->begin[s] + i]->score;
    }
    Answers answers = { .n = n,
                        .classes = rows->task->classes,
                        .positive = rows->task->positive,
                        .gold = tokens->label,
                        .answer = answered,
                        .gold_score = gold,
                        .answer_score = score };
    rows->check->value[CHECK_probe][s] =
        group_values(rows->arena, rows->task->metric, &answers, group, groups, u);
    rows->check->value[CHECK_constant][s] = metric_majority(rows->task->metric, &answers);
    return groups;
}

static bool probe_all(const Rows *rows, const Tokenizer *tokenizer, const Dataset *dataset,
                      Error *error)
{
    Check *check = rows->check;
    size_t mark = arena_mark(rows->arena), groups[SPLITS] = { 0 };
    int classes = rows->task->classes ? rows->task->classes : 2;
    double *u[SPLITS] = { NULL };
    Probe *probe = NULL;
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        Tokens tokens;
        if (!check->labelled[s])
            continue;
        if (!tokens_of(rows->arena, tokenizer, rows->task, dataset->split[s],
                       (size_t)check->max_length, &tokens, error))
            return false;
        u[s] = arena_take(rows->arena, tokens.count, sizeof **u);
        if (s == SPLIT_TRAIN)
            probe = train_probe(rows, &tokens, classes);
        else
            groups[s] = probe_split(rows, s, probe, classes, &tokens, u[s]);
    }
    Split report = rows->task->report;
    check->gap = twoway_unpaired(rows->arena, u[SPLIT_TUNE], groups[SPLIT_TUNE], u[report],
                                 groups[report], 1, 0.95); // Welch's, over groups
    arena_rewind(rows->arena, mark);
    return true;
}

bool check_data(Arena *arena, const Tokenizer *tokenizer, const Task *task, Dataset *dataset,
                int64_t max_length, int64_t longest, Check *check, Error *error)
{
    *check = (Check){
        .task = task, .rule = dataset->rule, .max_length = max_length, .longest = longest
    };
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++) {
        bool there = dataset->split[s].count > 0, held = s == SPLIT_DEV || s == SPLIT_TEST;
        for (int m = 0; m < CHECK_LAST; m++)
            check->value[m][s] = NAN;
        check->labelled[s] = there && (!held || dataset->label_text[s]);
        if (there)
            check->value[CHECK_ragged][s] = (double)dataset->ragged[s];
        if (held && check->labelled[s] && !dataset_labels(task, s, dataset, error))
            return false;
    }
    Rows rows = rows_of(arena, dataset, check);
    for (Split s = SPLIT_TRAIN; s < SPLITS; s++)
        if (measured(&rows, s)) {
            count_groups(&rows, s);
            count_labels(&rows, s);
            count_tokens(&rows, s, tokenizer);
        }
    count_copies(&rows);
    if (task_pairs(task))
        count_shared_texts(&rows);
    else
        count_phrases(&rows);
    return probe_all(&rows, tokenizer, dataset, error);
}
