// profile.c: the file by node, and its sums by pass and operator.
#include "run/profile.h"
#include "base/csv.h"
#include "base/text.h"
#include "engine/operator.h"
#include "run/outputs.h"
#include "train/frozen.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- the file

typedef struct {
    const Graph *graph;
    const Profile *profile;
    const double *flops; // by node
} Content;

static void put_line(FILE *out, const char *pass, const char *op, const char *place, double seconds,
                     double flops)
{
    fprintf(out, ",%s,%s,", pass, op);
    csv_put(out, place ? place : "");
    fprintf(out, ",%.9g,%.9g\n", seconds, flops);
}

static bool body(FILE *out, const void *of)
{
    const Content *content = of;
    const Graph *graph = content->graph;
    const Profile *profile = content->profile;
    double rest = profile->train_s - profile->optimizer_s;
    fputs("node,pass,operator,place,seconds,flops\n", out);
    for (size_t i = 0; i < graph->nodes; i++) {
        fprintf(out, "%zu", i);
        put_line(out, pass_names[pass_of(graph, i)], graph->node[i].op->name, graph->node[i].place,
                 profile->seconds[i], content->flops[i]);
        rest -= profile->seconds[i];
    }
    put_line(out, "update", "optimizer", NULL, profile->optimizer_s, 0);
    put_line(out, "between", "rest", NULL, rest, 0);
    return !ferror(out);
}

bool profile_write(Arena *arena, const char *out, const Prepared *prepared, const Profile *profile,
                   Error *error)
{
    const char *key = prepared->row.key;
    if (!profile)
        return write_beside(arena, out, "profiles", key, body, NULL, error);
    const Graph *graph = prepared->plans.backward;
    const Batches *passes = &prepared->passes;
    double *flops = arena_zero(arena, graph->nodes + 1, sizeof *flops);
    for (size_t i = 0; passes->begin[i] < prepared->batches.begin[profile->steps]; i++) {
        Extent extent = extent_at(&prepared->tokens[SPLIT_TRAIN], passes, i);
        for (size_t n = 0; n < graph->nodes; n++)
            flops[n] += node_flops(graph, n, &extent);
    }
    Content content = { graph, profile, flops };
    return write_beside(arena, out, "profiles", key, body, &content, error);
}

// ---- the table

typedef struct {
    const char *pass, *op;
    double seconds, flops;
    size_t nodes;
} Line;

static int longest_first(const void *a, const void *b)
{
    double x = ((const Line *)a)->seconds, y = ((const Line *)b)->seconds;
    return (x < y) - (x > y);
}

// The sums, by pass and operator.
static size_t lines_of(const Csv *csv, Line *line)
{
    size_t pass = csv_column(csv, "pass"), op = csv_column(csv, "operator"), count = 0;
    size_t seconds = csv_column(csv, "seconds"), flops = csv_column(csv, "flops");
    for (size_t r = 0; r < csv->rows; r++) {
        const char **field = csv->row[r].field;
        double value = 0;
        size_t k = 0;
        while (k < count &&
               (strcmp(line[k].pass, field[pass]) != 0 || strcmp(line[k].op, field[op]) != 0))
            k++;
        if (k == count)
            line[count++] = (Line){ .pass = field[pass], .op = field[op] };
        line[k].nodes++;
        if (text_real(field[seconds], &value))
            line[k].seconds += value;
        if (text_real(field[flops], &value))
            line[k].flops += value;
    }
    return count;
}

static void put_sum(FILE *to, const Line *line, double whole)
{
    fprintf(to, "%-10s  %-20s  %5zu  %8.3f  %5.1f %%", line->pass, line->op, line->nodes,
            line->seconds, 100 * line->seconds / whole);
    if (line->flops > 0)
        fprintf(to, "  %8.1f", line->flops / line->seconds * 1e-9);
    fputc('\n', to);
}

bool profile_print(Arena *arena, const char *path, FILE *to, Error *error)
{
    Csv csv;
    if (!csv_read(arena, path, CSV_COMMAS, true, &csv, error))
        return false;
    Line *line = arena_zero(arena, csv.rows + 1, sizeof *line), all = { "all", "", 0, 0, 0 };
    size_t count = lines_of(&csv, line);
    qsort(line, count, sizeof *line, longest_first);
    for (size_t k = 0; k < count; k++) {
        all.seconds += line[k].seconds;
        all.flops += line[k].flops;
        all.nodes += line[k].nodes;
    }
    fprintf(to, "%-10s  %-20s  %5s  %8s  %7s  %8s\n", "pass", "operator", "nodes", "seconds",
            "share", "GFLOP/s");
    for (size_t k = 0; k < count; k++)
        put_sum(to, &line[k], all.seconds);
    put_sum(to, &all, all.seconds);
    return true;
}
