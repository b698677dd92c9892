// methods.c: finding a method, its default rate, and what a method's file builds with.
#include "base/text.h"
#include "model/hooks.h"
#include <stdarg.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool rates_given(const Method *method)
{
    for (int i = 0; i < 4; i++)
        if (!(method->rate[i] > 0))
            return false;
    return true;
}

bool method_whole(const Method *method, const char *file, Error *error)
{
    bool steps = !(method->claims & TRAINS_NOTHING) && (!method->fit || method->stepwise);
    const struct {
        const char *item, *right, *what;
        bool holds;
    } needed[] = {
        { ".name", "the name of its file", "is another", text_same(method->name, file) },
        { ".summary", "what it trains, in a line", "is not given", method->summary != NULL },
        { ".paper", "its source, or where it is from", "is not given", method->paper != NULL },
        { ".count", "the closed form of what it trains", "is not given", method->count != NULL },
        { ".rate", "four default rates above 0", "is not given", !steps || rates_given(method) },
        { ".options_size", "the size of its struct", "is given without options",
          method->options || method->options_size == 0 },
    };
    char path[128];
    snprintf(path, sizeof path, "methods/%s.c", file);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].holds)
            return fail(error, ERROR_INPUT, (Where){ .file = path, .item = needed[i].item },
                        needed[i].right, "%s", needed[i].what);
    return !method->options || options_fit(method->options, method->options_size, path, error);
}

const Method *method_find(const char *name, Error *error)
{
    int i = text_index(name, method_files);
    if (i >= 0)
        return method_whole(methods[i], method_files[i], error) ? methods[i] : NULL;
    fail(error, ERROR_INPUT, (Where){ .item = "method" },
         text_nearest(name, method_files, "one that `tunemark list methods` shows"),
         "'%s' is unknown", name);
    return NULL;
}

const char *method_sha(const Method *method)
{
    size_t i = 0;
    while (methods[i] && methods[i] != method)
        i++;
    return methods[i] ? method_shas[i] : "";
}

const Option *method_options(const Method *method)
{
    static const Option none[] = { OPTION_END };
    return method->options ? method->options : none;
}

// Between the widths of the table log-log, beyond them its ends.
static double rate_at(const Method *method, int64_t hidden)
{
    static const double width[] = { 128, 256, 384, 768 };
    double h = (double)hidden;
    if (h <= width[0] || method->rate[0] == 0) // 0: it trains nothing
        return method->rate[0];
    for (int i = 1; i < 4; i++)
        if (h <= width[i]) {
            double part = log(h / width[i - 1]) / log(width[i] / width[i - 1]);
            return part >= 1
                       ? method->rate[i]
                       : method->rate[i - 1] * pow(method->rate[i] / method->rate[i - 1], part);
        }
    return method->rate[3];
}

double method_rate(const Method *method, const void *options, int64_t hidden)
{
    return rate_at(method, hidden) *
           (method->rate_times && options ? method->rate_times(options) : 1);
}

bool method_steps(const Method *method, const void *options)
{
    if (method->fit)
        return method->stepwise && method->stepwise(options);
    return !(method->claims & TRAINS_NOTHING);
}

// "METHOD.name", or "METHOD.name.second"
static const char *name_of(Build *build, const char *name, va_list arguments)
{
    Arena *arena = build->graph->arena;
    return arena_format(arena, "%s.%s%s%s", build->method->name,
                        arena_vformat(arena, name, arguments), build->second ? "." : "",
                        build->second ? build->second : "");
}

static Value parameter(Build *build, const char *name, int rank, int64_t rows, int64_t cols,
                       Init init, bool trained)
{
    Parameter p = { .name = name,
                    .rows = rows,
                    .cols = cols,
                    .rank = rank,
                    .trained = trained,
                    .part = PART_METHOD,
                    .init = init };
    return graph_parameter(build->graph, &p);
}

Value frozen_matrix(Build *build, int64_t rows, int64_t cols, Init init, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full = name_of(build, name, arguments);
    va_end(arguments);
    return parameter(build, full, 2, rows, cols, init, false);
}

Value trained_matrix(Build *build, int64_t rows, int64_t cols, Init init, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full = name_of(build, name, arguments);
    va_end(arguments);
    return parameter(build, full, 2, rows, cols, init, true);
}

Value trained_vector(Build *build, int64_t cols, Init init, const char *name, ...)
{
    va_list arguments;
    va_start(arguments, name);
    const char *full = name_of(build, name, arguments);
    va_end(arguments);
    return parameter(build, full, 1, 1, cols, init, true);
}

Value trained(Build *build, const Linear *at, const char *part, int64_t rows, int64_t cols,
              Init init)
{
    return trained_matrix(build, rows, cols, init, "%d.%s.%s", at->layer, site_names[at->site],
                          part);
}

static const char *parameter_name(const Graph *graph, Value leaf)
{
    int32_t parameter = leaf == NO_VALUE ? -1 : graph->value[leaf].parameter;
    return parameter < 0 ? NULL : graph->parameter[parameter].name;
}

// A parameter of the graph that starts from others, and from which another does; NULL: there is
// none.
static const char *chained(const Graph *graph)
{
    for (size_t p = 0; p < graph->parameters; p++)
        for (int k = 0; graph->parameter[p].start && k < START_FROM; k++) {
            const char *name = graph->parameter[p].start->from[k];
            if (name && graph_find(graph, name)->init.kind == INIT_OTHERS)
                return name;
        }
    return NULL;
}

void starts_from(Build *build, Value parameter, StartFill *fill, const void *with,
                 const Value from[START_FROM])
{
    Graph *graph = build->graph;
    Start *start = arena_zero(graph->arena, 1, sizeof *start);
    if (graph->failed)
        return;
    *start = (Start){ .fill = fill, .with = with };
    for (int k = 0; k < START_FROM; k++)
        start->from[k] = parameter_name(graph, from[k]);
    Parameter *p = &graph->parameter[graph->value[parameter].parameter];
    p->init.kind = INIT_OTHERS;
    p->start = start;
    const char *again = chained(graph);
    graph->failed = again != NULL;
    if (again)
        fail(graph->error, ERROR_WORK, (Where){ .item = again }, "one that starts by itself",
             "starts from other parameters, and another starts from it");
}

Value stored(Build *build, Value computed, const char *name, ...)
{
    Graph *graph = build->graph;
    va_list arguments;
    va_start(arguments, name);
    const char *full = name_of(build, name, arguments);
    va_end(arguments);
    const ValueInfo *info = &graph->value[computed];
    if (build->stored) // its numbers come from a file
        return parameter(build, full, 2, info->rows.constant, info->cols,
                         (Init){ INIT_CONSTANT, 0 }, true);
    if (build->storing) {
        Computed *one = arena_zero(graph->arena, 1, sizeof *one);
        *one = (Computed){ full, computed, build->computed };
        build->computed = one;
        graph_output(graph, computed);
    }
    return computed;
}

Value head_layer(Build *build, const char *name, Value x, int64_t out, int64_t in)
{
    const Method *method = build->method;
    bool learns = method && !(method->claims & TRAINS_NOTHING);
    double deviation = build->config->initializer_range;
    return dense_layer(build->graph, x, &(Dense){ name, out, in, deviation, learns, PART_HEAD });
}

Value method_dropout(Build *build, Value x, double rate)
{
    return build->training ? side_dropout(build->graph, x, rate) : x;
}

bool refuse(Build *build, const char *option, const char *right, const char *what, ...)
{
    if (build->graph->failed)
        return false;
    va_list arguments;
    va_start(arguments, what);
    const char *text = arena_vformat(build->graph->arena, what, arguments);
    va_end(arguments);
    build->graph->failed = true;
    return fail(build->graph->error, ERROR_INPUT,
                (Where){ .file = build->method->name, .item = option }, right, "%s", text);
}

int64_t over_sites(const Config *config, unsigned sites, int64_t per_in, int64_t per_out)
{
    int64_t sum = 0, H = config->hidden, F = config->intermediate;
    for (int site = 0; site < LINEAR_SITES; site++)
        if (sites >> site & 1)
            sum +=
                per_in * (site == SITE_FFN_OUT ? F : H) + per_out * (site == SITE_FFN_MID ? F : H);
    return config->layers * sum;
}
