// dataset.h: the rows of a task: its splits, and which training rows a run takes.
//
// Where a task has folds, dev is one of them: whole groups of the training rows, dealt out in the
// order of their keys' SHA-256 to whichever fold has the fewest rows. Every row is in one fold, and
// a row's fold does not depend on the order of the file.
//
// Where a task has no tune file, tune is cut from train: a tenth of the rows, at most 2,000, whole
// groups, those whose keys have the smallest SHA-256. So it is the same for every method and seed,
// and does not depend on the order of the file. For GROUP_SENTENCE a tenth is taken of the
// sentences: rows that, as words between blanks, lie in no other row (equal rows count as one).
// Training rows that lie in a chosen sentence are dropped, so that tune is as far from train as dev
// is: of tune texts drawn by their hash, 83 % would lie in a row that is trained on.
#ifndef DATA_DATASET_H
#define DATA_DATASET_H
#include "base/hash.h"
#include "data/task.h"

typedef struct {
    const char *text, *text_b; // text_b NULL for single texts
    const char *given;         // what GROUP_GIVEN knows the group by, else NULL
    int32_t label;             // class, or -1
    float score;               // of a task with scores
    uint32_t id;               // row number in the file, from 0
    uint32_t group;            // rows of a split with equal numbers belong together
    size_t line;               // where the row begins in the file
} Example;

typedef struct {
    Example *example;
    size_t count;
} Examples;

typedef struct {
    Examples split[SPLITS]; // train is without what tune took and dropped
    Hash hash[SPLITS];      // of what a split holds: texts, ids and, of train and tune, labels
    const char *rule; // how tune was made: "file", or "group text: 10 % of 900 rows, at most 2000"
    size_t dropped;   // training rows that lie in a sentence of tune
    size_t ragged[SPLITS]; // lines of its files that were left out, being no rows (records.h)
    const char **label_text[SPLITS]; // dev, test: for dataset_labels alone; NULL: a test without
    unsigned label_reads[SPLITS];    // how often dataset_labels was asked
} Dataset;

// Reads all splits. A split that the task lacks is empty; a file without rows, a count that is not
// the description's, and a wrong row are refused with file and line. Labels of dev and test are
// checked here, so that no run fails at its end, but stay -1 (scores 0) until dataset_labels.
// An empty text is allowed.
bool dataset_read(Arena *arena, const Task *task, Dataset *dataset, Error *error);

// The row's data_sha, in hexadecimal: of the hashes of all splits.
const char *dataset_sha(Arena *arena, const Dataset *dataset);

// Fills in the labels of dev or test. They are for the score alone: a run asks once, after its last
// step, and a test reads the counter.
bool dataset_labels(const Task *task, Split split, Dataset *dataset, Error *error);

// The training rows of --train-limit: `limit` of them (0 or more than there are: all), in the order
// of the file. Labels have the shares that they have in `train` (Sainte-Lague's method, whose seats
// never shrink), rows are ranked by a random number of (data_seed, content): so the 100 are among
// the 200, and the order of the file does not matter.
Examples dataset_limit(Arena *arena, const Task *task, Examples train, size_t limit,
                       uint64_t data_seed);
#endif
