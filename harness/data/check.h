// check.h: is a task's data fit for a fair comparison? What its splits are measured by, and what
// follows from that.
//
// It reads the labels of dev and test. So it is for a page about data, and never for choosing
// anything: nothing here is used by a run.
#ifndef DATA_CHECK_H
#define DATA_CHECK_H
#include "base/twoway.h"
#include "data/dataset.h"
#include "model/tokenizer.h"

// One line a measure, in the order of the page.
// clang-format off
//          name             unit    title
#define CHECK_MEASURES(MEASURE) \
    MEASURE(rows,            COUNT,  "rows") \
    MEASURE(ragged,          OF_ALL, "lines left out") \
    MEASURE(groups,          COUNT,  "groups") \
    MEASURE(largest_group,   COUNT,  "largest group") \
    MEASURE(score_low,       SCORE,  "lowest score") \
    MEASURE(score_mean,      SCORE,  "mean score") \
    MEASURE(score_sd,        SCORE,  "sd of scores") \
    MEASURE(score_high,      SCORE,  "highest score") \
    MEASURE(tokens_min,      TOKENS, "tokens, least") \
    MEASURE(tokens_median,   TOKENS, "  median") \
    MEASURE(tokens_mean,     TOKENS, "  mean") \
    MEASURE(tokens_p95,      TOKENS, "  95 % have at most") \
    MEASURE(tokens_max,      TOKENS, "  most") \
    MEASURE(truncated,       OF_ALL, "cut") \
    MEASURE(empty,           OF_ALL, "without a text") \
    MEASURE(unknown,         SHARE,  "unknown tokens") \
    MEASURE(repeated,        OF_ALL, "repeat a row of the split") \
    MEASURE(repeated_folded, OF_ALL, "  but for case, blanks") \
    MEASURE(conflicting,     OF_ALL, "text has other labels") \
    MEASURE(in_train,        OF_ALL, "also in train") \
    MEASURE(in_train_folded, OF_ALL, "  but for case, blanks") \
    MEASURE(in_tune_folded,  OF_ALL, "also in tune") \
    MEASURE(in_dev_folded,   OF_ALL, "also in dev") \
    MEASURE(group_in_train,  OF_ALL, "first text in train") \
    MEASURE(part_in_train,   OF_ALL, "part in train") \
    MEASURE(probe,           POINTS, "naive Bayes") \
    MEASURE(constant,        POINTS, "best constant answer")
// clang-format on

#define MEASURE(name, unit, title) CHECK_##name,
typedef enum { CHECK_MEASURES(MEASURE) CHECK_LAST } Measure;
#undef MEASURE
typedef enum { UNIT_COUNT, UNIT_OF_ALL, UNIT_SCORE, UNIT_TOKENS, UNIT_SHARE, UNIT_POINTS } Unit;
typedef struct {
    const char *name, *title;
    Unit unit; // of_all: a number of rows, shown with its share; points: a fraction, shown x 100
} MeasureIs;
extern const MeasureIs check_measures[]; // CHECK_LAST of them

// Two rows are the same "but for case and blanks" as text_folded has it (overlap.h).
//
// ragged           lines of the files that are no rows, under `ragged: drop`
// groups           as in dataset.h; a row alone is a group
// tokens_*         before they are cut, with [CLS] and [SEP]; 65,536 at most
// truncated        rows longer than max_length
// empty            rows with an empty text, of a pair either
// unknown          [UNK], share of all tokens
// repeated         rows that were in the split before; _folded: but for case and blanks
// conflicting      rows whose text, but for case and blanks, has another label in any split; of
//                  scores, one that is more than a tenth of train's range away
// in_*             rows of a later split that stand in this one, too
// group_in_train   of group premise: rows of tune, dev, test whose first text is one of train's
// part_in_train    of pairs, rows either text of which is a text of train; else rows of 3 to 64
//                  words that lie, but for case and blanks, in a longer text of train
// probe            score of naive Bayes (probe.h), trained on train, in the task's metric. Of
//                  scores: its log odds of "above train's mean"
// constant         metric_majority
typedef struct {
    const Task *task;
    const char *rule;                 // how tune was made
    int64_t max_length, longest;      // max_length: cut to what the model takes, the longest
    double value[CHECK_LAST][SPLITS]; // NAN: not measured, or there is no such split
    size_t *label[SPLITS];            // rows of each class; NULL: no labels, or scores
    bool labelled[SPLITS];
    TwoWay gap; // the probe's score on tune less that on task->report, over other groups of rows
} Check;

// Reads the labels of dev and, where it has some, of test. max_length, longest: config_length and
// config_longest of the model.
bool check_data(Arena *arena, const Tokenizer *tokenizer, const Task *task, Dataset *dataset,
                int64_t max_length, int64_t longest, Check *check, Error *error);

typedef enum { VERDICT_OK, VERDICT_LOOK, VERDICT_WRONG } Verdict;
extern const char *const verdict_names[];
typedef struct {
    Verdict verdict;
    const char *about;  // one word
    const char *text;   // what was found, with its numbers
    const char *advice; // what to do; NULL where it is ok
} Finding;
enum { MOST_FINDINGS = 16 };

// The findings in the order of the page; how many.
size_t check_findings(Arena *arena, const Check *check, Finding finding[MOST_FINDINGS]);
#endif
