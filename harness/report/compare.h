// compare.h: two methods, block by block (a task and a model), over the seeds and items that both
// have: tested, and with what stands beside the test. One side may be each of the other methods; a
// block is a task, a model and one of these then.
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H
#include "base/bootstrap.h"
#include "base/exact.h"
#include "report/chosen.h"
#include "report/on_split.h"
#include "report/predictions.h"
#include "report/summary.h"

// One of the two in one block.
typedef struct {
    const char *asked, *name; // as typed, or as a line of a table; the same, or A or B where long
    const Cell *cell;         // all its runs: dead, failed, ... and what they cost
    OnSplit on;               // what they score on the split that is compared
    Side side;                // those with predictions
    Interval score;           // of the runs that are compared: their mean, with its own interval
} Contender;

typedef struct {
    const char *task, *model;
    const char *missing; // NULL, or why the two are not compared here; then nothing below is set
    Contender of[2];
    Items items;
    Comparison result;
    Bootstrap bootstrap; // draws 0: not asked for
    SignFlip flip;       // NAN where there are no pairs
    double mcnemar;      // of one pair of runs, by right answers; else NAN
    bool same_answers;   // the two runs of every pair answered every item alike
    double adjusted_p;   // Holm over all blocks
    double detectable;   // as one of all blocks
} Compared;

typedef struct {
    const char *asked[2], *name[2]; // as in a block, but "each" where it is that
    int each;                       // the side that it is, or -1
    double level;                   // of intervals
    bool over_items; // the scores' own intervals are over seeds and items, not seeds alone
    Compared *block; // by task, then by size of model, then as a table's lines
    size_t blocks, family;
    const char *const *cut; // files of rows/ that hold no rows
    size_t cuts;
} Comparisons;

typedef struct {
    Chosen chosen[2];
    const char *const *folder; // for those that name none themselves
    size_t folders;
    const char *task, *model, *split; // NULL: all, all, the one that each task reports
    double level;
    bool over_items;
    bool every_field; // the bootstrap of several blocks too, which no screen shows
} Question;

// ERROR_INPUT where a side has no rows, is more than one setting in a block (but for each), or
// answered other items than the other side; where no block has both; and where no block has
// predictions of both.
bool compare_methods(Arena *arena, const Question *question, Comparisons *comparisons,
                     Error *error);

// ---- how it is said

// What differs between the two in a block: one line each. `part` is a column's name.
typedef struct {
    const char *part, *value[2];
} Differing;
typedef struct {
    Differing *line;
    size_t lines;
    const char
        *same; // "steps 1000, head pooler, commit 58eab15f, cpu": of those that matter, equal
    bool machines, commits; // those differ, or are mixed within a side: times are not comparable
} Differences;
Differences differences_of(Arena *arena, const Compared *block);

// Points, with as many decimals as the half-width of the interval has two digits for; "-" for NAN.
const char *test_points(Arena *arena, const TwoWay *test, double fraction);
// All seeds differ by the same amount, and the items show no more than the rest. The answers may
// scatter all the same: it is no test, and says nothing of them.
bool no_variance(const TwoWay *test);

// The verdict in words, of the adjusted p. Never "equal".
const char *verdict(Arena *arena, const Compared *block);
const char *verdict_short(const Compared *block); // "higher", ...

void compare_screen(FILE *out, Arena *arena, const Comparisons *comparisons); // 80 columns
void compare_csv(FILE *out, Arena *arena, const Comparisons *comparisons);
void compare_json(FILE *out, Arena *arena, const Comparisons *comparisons);
#endif
