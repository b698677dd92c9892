// figure.h: rows as figures.
//
// A figure is a CSV of all that is drawn and a gnuplot file in plots/ that only names its columns,
// run once for an SVG and once for a PNG. Every number in it is computed here.
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H
#include "base/row.h"

// Writes folder/figures/score_by_params.csv, .svg and .png: score against trained parameters, a
// panel a task and model, the mean of each method with its 95 % t interval over seeds. The CSV has
// every cell, drawn or not. plots_folder is where the .gp files are. ERROR_ENVIRONMENT where
// gnuplot is missing, ERROR_WORK where it complains (of anything), ERROR_INPUT where no run has a
// score.
bool figures_write(const char *folder, const Row *rows, size_t count, const char *plots_folder,
                   Error *error);
#endif
