// splits.h: dev and tune out of train, as dataset.h has it.
#ifndef DATA_SPLITS_H
#define DATA_SPLITS_H
#include "data/dataset.h"

// The fold's rows become dev; their labels are kept apart, as those of a file would be.
bool cut_fold(Arena *arena, const Task *task, Dataset *dataset, Error *error);

// Tune, and of GROUP_SENTENCE what is dropped for it, leave train. Numbers the groups of both.
bool cut_tune(Arena *arena, const Task *task, Dataset *dataset, Error *error);
#endif
