// slurm.h: the script of an array job that does a sweep.
#ifndef SWEEP_SLURM_H
#define SWEEP_SLURM_H
#include "sweep/sweep_impl.h"

// Prints it: options->slurm parts, each `--shard I/N` of the settings into FOLDER/part-I. Cores are
// those of a part's runs at once; memory is that of its largest runs as planned, and a quarter and
// 256 MiB more. With a deadline the job's limit of time is two minutes later. False where it could
// not be written.
bool slurm_script(Sweep *s, Error *error);
#endif
