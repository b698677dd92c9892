// figure.h: rows as figures.
//
// A figure is a CSV of all that is drawn, and a gnuplot file in plots/ that only names its columns,
// run once for an SVG and once for a PNG. Every number in it is computed here.
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H
#include "report/floor.h"
#include "base/folder.h"

typedef struct {
    const char *plots;    // the folder with the gnuplot files
    const char *only;     // "memory,time": of these alone; NULL: of each that there are data for
    bool pdf;             // a PDF, too
    const Floors *floors; // lines that scores are to be above; NULL: none
} FigureChoice;

// Writes folder/figures/NAME.csv, .svg and .png of each figure (`figure_help` lists them) and says
// their names to `told`, and what has no data to `people` (both may be NULL). ERROR_INPUT where
// nothing can be drawn, or not what `only` names; ERROR_ENVIRONMENT where gnuplot is missing or
// leaves a picture without its end (the old one stays), ERROR_WORK where it complains (of
// anything).
bool figures_write(const char *folder, const Rows *rows, const FigureChoice *choice, FILE *told,
                   FILE *people, Error *error);
void figure_help(FILE *out); // a line a figure
#endif
