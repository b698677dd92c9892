// show.c: the commands that only look: params, tokens, list, graph.
#include "base/text.h"
#include "command/commands.h"
#include "command/commands_impl.h"
#include "engine/operator.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- params

static const Flag params_flags[] = {
    { "labels", 0, "N", "outputs of the head [2]" },
    { "csv", 0, NULL, "one line of CSV with a header" },
    { "all", 'a', NULL, "each parameter on a line" },
    FLAG_END,
};

static void params_print(const Request *request, const Counts *c, const Graph *graph, bool all,
                         bool csv)
{
    int64_t tuned = c->trained - c->trained_head, encoder = c->total - c->head - c->method;
    Shares shares = shares_of(c);
    if (csv) {
        printf("method,encoder,embedding,method_new,head,total,trained_without_head,trained,"
               "method_share,method_share_nonembedding,trained_share,trained_share_nonembedding\n");
        printf("%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
               ",%.8f,%.8f,%.8f,%.8f\n",
               request->method->name, encoder, c->embedding, c->method, c->head, c->total, tuned,
               c->trained, shares.method, shares.method_nonembedding, shares.trained,
               shares.trained_nonembedding);
        return;
    }
    for (size_t i = 0; all && i < graph->parameters; i++) {
        const Parameter *p = &graph->parameter[i];
        printf("%-62s %8" PRId64 " x %-6" PRId64 " %s\n", p->name, p->rows, p->cols,
               p->trained ? "trained" : "frozen");
    }
    printf("encoder                %12" PRId64 "  of it embeddings %" PRId64 "\n", encoder,
           c->embedding);
    printf("added by the method    %12" PRId64 "\n", c->method);
    printf("head                   %12" PRId64 "\n", c->head);
    printf("trained without head   %12" PRId64 "  %.4g %% of the encoder, %.4g %% of it without "
           "embeddings\n",
           tuned, 100 * shares.method, 100 * shares.method_nonembedding);
    printf("trained                %12" PRId64 "  %.4g %% of all %" PRId64 "\n", c->trained,
           100 * shares.trained, c->total);
}

bool labels_read(const Arguments *arguments, int64_t *labels, Error *error)
{
    *labels = 2;
    return argument_whole(arguments, "labels", 1, 1000000, labels, error);
}

static bool params(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    Arguments arguments;
    Request request;
    Shape shape;
    int64_t labels;
    Plans plans;
    Extent extent = extent_of(1, 1);
    (void)status;
    if (!arguments_read(arena, invocation->count, invocation->argument, params_flags, &arguments,
                        error) ||
        !no_operands(&arguments, error) ||
        !request_read(arena, &arguments, params_flags, NULL, &request, error) ||
        !request_head(&request, error) || !labels_read(&arguments, &labels, error) ||
        !shape_read(arena, request.protocol.model, &shape, error))
        return false;
    Description description = shape_description(&shape, &request, (int)labels);
    bool ok = plans_make(arena, &description, NULL, &extent, NULL, &plans, error);
    if (ok) {
        Counts counts = counts_free(plans.eval.graph, &description);
        params_print(&request, &counts, plans.eval.graph, argument_is(&arguments, "all"),
                     argument_is(&arguments, "csv"));
    }
    shape_close(&shape);
    return ok;
}

const Command command_params = {
    .name = "params",
    .summary = "count what a method trains, from config.json alone where there is no checkpoint",
    .usage = "  tunemark params --model tiny --method lora --rank 4\n"
             "  tunemark params --model some/config.json --method bitfit --head pooler --csv\n",
    .flags = params_flags,
    .takes_request = true,
    .run = params,
};

// ---- tokens

static const Flag tokens_flags[] = {
    { "model", 0, "NAME", "whose vocabulary [tiny]" },
    { "max-length", 0, "N", "tokens at most [128]" },
    { "ids", 0, NULL, "ids alone, a line a text" },
    FLAG_END,
};

static void tokens_print(const Tokenizer *tokenizer, Arena *arena, const char *text,
                         const char *text_b, size_t max_length, bool ids)
{
    Encoding encoding;
    tokenizer_encode(tokenizer, arena, text, text_b, max_length, &encoding);
    for (size_t i = 0; i < encoding.count; i++)
        if (ids)
            printf("%s%d", i ? " " : "", (int)encoding.token[i]);
        else
            printf("%s%s", i ? " " : "", tokenizer_piece(tokenizer, encoding.token[i]));
    printf("%s\n", encoding.truncated && !ids ? " (cut)" : "");
}

static bool tokens(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    Arguments arguments;
    Tokenizer *tokenizer;
    const char *folder;
    int64_t max_length = 128;
    (void)status;
    if (!arguments_read(arena, invocation->count, invocation->argument, tokens_flags, &arguments,
                        error) ||
        !arguments_known(&arguments, tokens_flags, NULL, error) ||
        !argument_whole(&arguments, "max-length", 5, 65536, &max_length, error))
        return false;
    const char *model = argument_value(&arguments, "model");
    if (arguments.operands > 2)
        return fail(error, ERROR_INPUT, (Where){ .item = arguments.operand[2] },
                    "in quotes: one text or two", "is a third text");
    for (size_t i = 0; i < arguments.operands; i++) {
        size_t bad;
        if (!utf8_valid((const uint8_t *)arguments.operand[i], strlen(arguments.operand[i]), &bad))
            return fail(error, ERROR_INPUT, (Where){ .item = "text" }, "UTF-8",
                        "byte %zu is not UTF-8", bad + 1);
    }
    if (!model_folder(arena, model ? model : "tiny", &folder, error) ||
        !(tokenizer = tokenizer_read(arena, folder, error)))
        return false;
    bool ids = argument_is(&arguments, "ids");
    if (arguments.operands) {
        tokens_print(tokenizer, arena, arguments.operand[0], arguments.operand[1],
                     (size_t)max_length, ids);
        return true;
    }
    char *line = NULL;
    size_t room = 0, number = 0, bad;
    ssize_t got;
    bool ok = true;
    while (ok && (got = getline(&line, &room, stdin)) >= 0) {
        size_t mark = arena_mark(arena);
        number++;
        if (got > 0 && line[got - 1] == '\n')
            line[--got] = '\0';
        if (!utf8_valid((const uint8_t *)line, (size_t)got, &bad) || strlen(line) != (size_t)got)
            ok = fail(error, ERROR_INPUT, (Where){ .file = "standard input", .line = number },
                      "UTF-8 without NUL", "is no text");
        else
            tokens_print(tokenizer, arena, line, NULL, (size_t)max_length, ids);
        arena_rewind(arena, mark);
    }
    free(line);
    return ok;
}

const Command command_tokens = {
    .name = "tokens",
    .summary = "show how a text (or a pair, or each line of standard input) is tokenised",
    .operands = "[TEXT [TEXT]]",
    .usage = "  tunemark tokens --model tiny \"An uneven but charming film.\"\n",
    .flags = tokens_flags,
    .run = tokens,
};

// ---- list

static const Flag list_flags[] = {
    { "markdown", 0, NULL, "as a table for a page: methods, tasks" },
    { "csv", 0, NULL, "for programs: tasks" },
    { "json", 0, NULL, "columns as a Frictionless Table Schema" },
    FLAG_END,
};

static bool list_methods(Arena *arena, bool markdown, Error *error)
{
    for (size_t i = 0; methods[i]; i++)
        if (!method_whole(methods[i], method_files[i], error))
            return false;
    if (markdown)
        printf(
            "| method | what it trains | options | default rate at 128, 256, 384, 768 | paper |\n"
            "| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; methods[i]; i++) {
        const Method *m = methods[i];
        void *options = arena_zero(arena, 1, m->options_size + 1);
        options_default(method_options(m), options);
        const char *text = options_canonical(arena, method_options(m), options, NULL);
        if (markdown && m->claims & TRAINS_NOTHING)
            printf("| `%s` | %s | | | |\n", m->name, m->summary);
        else if (markdown)
            printf("| `%s` | %s | %s%s%s | %g, %g, %g, %g | %s |\n", m->name, m->summary,
                   *text ? "`" : "", text, *text ? "`" : "", m->rate[0], m->rate[1], m->rate[2],
                   m->rate[3], m->paper);
        else
            printf("%-8s %-52s %s\n", m->name, m->summary, text);
    }
    return true;
}

static bool list_models(Arena *arena, Error *error)
{
    const char *bundled = path_join(arena, home_folder(arena), "models/bundled");
    const char *search = getenv("TUNEMARK_MODELS");
    size_t parts, count;
    char **part =
        text_split(arena, arena_format(arena, "%s:%s", bundled, search ? search : ""), ':', &parts);
    for (size_t i = 0; i < parts; i++) {
        const char **names;
        if (!folder_list(arena, part[i], "", &names, &count, error))
            return false;
        for (size_t j = 0; j < count; j++) {
            Config c;
            const char *config =
                path_join(arena, path_join(arena, part[i], names[j]), "config.json");
            if (!file_exists(config))
                continue;
            if (config_read(config, &c, error))
                printf("%-20s %" PRId64 " x %" PRId64 ", vocabulary %" PRId64 "  %s/%s\n", names[j],
                       c.layers, c.hidden, c.vocabulary, part[i], names[j]);
            else
                printf("%-20s %s\n", names[j], error->text);
        }
    }
    return true;
}

typedef enum { FOR_PEOPLE, FOR_PROGRAMS, FOR_PAGES } Audience;

// What is evaluated: dev, test, or a part of so many.
static const char *task_reports(Arena *arena, const Task *task)
{
    return task->folds ? arena_format(arena, "%d folds", task->folds) : split_names[task->report];
}

static void task_print(Arena *arena, const Task *task, bool here, Audience audience)
{
    const char *metric = metric_names[task->metric], *reports = task_reports(arena, task);
    const char *summary = task->summary ? task->summary : "";
    const char *labels = task->classes ? arena_format(arena, "%d", task->classes) : "score";
    switch (audience) {
    case FOR_PEOPLE:
        printf("%-15s %-9s %6s  %-8s %-4s %s\n", task->name, metric, labels, reports,
               here ? "yes" : "no", summary);
        break;
    case FOR_PROGRAMS:
        printf("%s,%s,%s,%s,%s,", task->name, metric, labels, reports, here ? "yes" : "no");
        csv_put(stdout, summary);
        putchar('\n');
        break;
    case FOR_PAGES:
        printf("| %s | %s | %s | %s | %s |\n", task->name, summary, metric, labels, reports);
        break;
    }
}

static bool list_tasks(Arena *arena, Audience audience, Error *error)
{
    static const char *const heads[] = {
        "task            metric    labels  scored   here asks",
        "task,metric,labels,scored,here,summary",
        "| task | asks | metric | labels | scored |\n| --- | --- | --- | ---: | --- |",
    };
    const char *datasets = path_join(arena, home_folder(arena), "datasets");
    const char *const *names;
    size_t absent = 0;
    if (!task_names(arena, datasets, &names, error))
        return false;
    puts(heads[audience]);
    for (size_t i = 0; names[i]; i++) {
        Task task, found;
        Error unlocated;
        if (!task_describe(arena, datasets, names[i], &task, error))
            return false;
        bool here = task_find(arena, datasets, names[i], &found, &unlocated);
        absent += !here;
        task_print(arena, &task, here, audience);
    }
    if (absent && audience == FOR_PEOPLE && isatty(STDERR_FILENO))
        fprintf(stderr,
                "tunemark: %zu are not here: their files belong in a folder NAME in one of "
                "TUNEMARK_DATA\n",
                absent);
    return true;
}

static bool list(const Invocation *invocation, int *status, Error *error)
{
    Arguments arguments;
    (void)status;
    if (!arguments_read(invocation->arena, invocation->count, invocation->argument, list_flags,
                        &arguments, error) ||
        !arguments_known(&arguments, list_flags, NULL, error))
        return false;
    const char *what = arguments.operands ? arguments.operand[0] : "";
    if (arguments.operands > 1)
        return fail(error, ERROR_INPUT, (Where){ .item = arguments.operand[1] },
                    "one list at a time", "is a second list");
    if (!strcmp(what, "methods"))
        return list_methods(invocation->arena, argument_is(&arguments, "markdown"), error);
    if (!strcmp(what, "models"))
        return list_models(invocation->arena, error);
    if (!strcmp(what, "tasks"))
        return list_tasks(invocation->arena,
                          argument_is(&arguments, "csv")        ? FOR_PROGRAMS
                          : argument_is(&arguments, "markdown") ? FOR_PAGES
                                                                : FOR_PEOPLE,
                          error);
    if (!strcmp(what, "specs"))
        return list_specs(invocation->arena, error);
    if (!strcmp(what, "columns") && argument_is(&arguments, "json"))
        return list_columns_json(stdout, error);
    if (!strcmp(what, "columns")) {
        row_schema(stdout);
        return true;
    }
    if (!strcmp(what, "options")) {
        list_options(invocation->commands);
        return true;
    }
    return fail(error, ERROR_INPUT, (Where){ .item = "list" },
                "one of: methods, models, specs, tasks, columns, options", "'%s' is no list", what);
}

const Command command_list = {
    .name = "list",
    .summary = "list methods, models, specs, tasks, the columns of a row, or all options",
    .operands = "methods|models|specs|tasks|columns|options",
    .usage = "  tunemark list methods\n"
             "  tunemark list tasks --csv\n"
             "  tunemark list columns >results/SCHEMA.md\n"
             "  tunemark list columns --json >results/schema.json\n"
             "  tunemark list options >options.csv\n",
    .flags = list_flags,
    .run = list,
};

// ---- graph

static const Flag graph_flags[] = {
    { "eval", 'e', NULL, "the evaluation's graph" },
    FLAG_END,
};

// What is fed has the name that it has in the prefix. (Without a cut nothing is fed.)
static Value kept_as(const Cut *cut, Value fed)
{
    size_t i = 0;
    while (cut->fed[i] != fed)
        i++;
    return cut->given[i];
}

static void value_print(const Plan *plan, const Graph *graph, const Cut *cut, Value v)
{
    const ValueInfo *info = &graph->value[v];
    if (cut && info->fed)
        printf(" kept %%%d as", (int)kept_as(cut, v));
    if (info->parameter >= 0)
        printf(" %s%s", info->gradient ? "d " : "", graph->parameter[info->parameter].name);
    else {
        Placed placed = plan_place(plan, v);
        printf(" %%%d[%zu B", (int)v, placed.bytes);
        if (placed.offset != SIZE_MAX)
            printf(" at %zu", placed.offset);
        printf("]");
    }
}

static void nodes_print(const Plan *plan, const Cut *cut)
{
    const Graph *graph = plan_graph(plan);
    for (size_t i = 0; i < graph->nodes; i++) {
        const Node *node = &graph->node[i];
        if (graph->forward_nodes && i == graph->forward_nodes)
            printf("-- backward\n");
        printf("%4zu %-18s %-22s", i, node->op->name, node->place ? node->place : "");
        for (int k = 0; k < NODE_INPUTS; k++)
            if (node->in[k] != NO_VALUE)
                value_print(plan, graph, cut, node->in[k]);
        printf(" ->");
        for (int k = 0; k < NODE_OUTPUTS; k++)
            if (node->out[k] != NO_VALUE) {
                value_print(plan, graph, cut, node->out[k]);
                if (node->base[k] != NO_VALUE)
                    printf(" added");
            }
        printf("\n");
    }
}

static void graph_print(const Plan *plan, const Extent *largest, const Prepared *cut)
{
    const Graph *graph = plan_graph(plan);
    if (cut) {
        printf("-- once, kept by example\n");
        nodes_print(cut->plans.prefix_plan, NULL);
        printf("-- each step\n");
    }
    nodes_print(plan, cut ? &cut->plans.cut : NULL);
    printf("%zu nodes; activations %zu B, workspace %zu B; %.4g GFLOP a step of %zu tokens",
           graph->nodes, plan_activations(plan), plan_workspace(plan),
           graph_flops(graph, largest) / 1e9, largest->tokens);
    if (cut)
        printf("; kept %zu B, %.4g GFLOP once", cut->frozen.bytes, cut->frozen.flops / 1e9);
    printf("\n");
}

// Of sizes alone, without a task: a batch of texts that are all as long as may be.
static bool graph_of_shape(Arena *arena, const Request *request, bool evaluation, Error *error)
{
    Shape shape;
    Described described;
    const Graph *drawn;
    const Protocol *protocol = &request->protocol;
    if (protocol->micro_batch || protocol->recompute || protocol->max_memory != INT64_MIN)
        return fail(error, ERROR_INPUT, (Where){ .item = "task" }, "given, or these left out",
                    "micro-batch, recompute and max-memory are of a run on a task");
    if (!request_head(request, error) || !shape_read(arena, protocol->model, &shape, error))
        return false;
    Description description = shape_description(&shape, request, 2);
    Extent extent = extent_of((size_t)protocol->batch, shape_length(&shape, protocol->max_length));
    description.training =
        !evaluation && !request->method->fit && !(request->method->claims & TRAINS_NOTHING);
    const Plan *planned = NULL;
    if (draw_step(arena, &description, false, &described, &drawn, error) &&
        (planned = plan_of_any_size(arena, drawn, &extent, error)))
        graph_print(planned, &extent, NULL);
    shape_close(&shape);
    return planned != NULL;
}

static bool graph(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    Arguments arguments;
    Request request;
    Prepared prepared;
    (void)status;
    if (!arguments_read(arena, invocation->count, invocation->argument, graph_flags, &arguments,
                        error) ||
        !no_operands(&arguments, error) ||
        !request_read(arena, &arguments, graph_flags, NULL, &request, error))
        return false;
    bool evaluation = argument_is(&arguments, "eval");
    if (!request.protocol.task)
        return graph_of_shape(arena, &request, evaluation, error);
    FilesRead *files = files_new(arena);
    bool ok = prepare(arena, files, &request, &prepared, error);
    if (ok && (evaluation || !prepared.plans.train_plan))
        graph_print(prepared.plans.eval_plan, &prepared.largest_evaluation, NULL);
    else if (ok)
        graph_print(prepared.plans.train_plan, &prepared.passes.largest,
                    prepared.plans.prefix_plan ? &prepared : NULL);
    files_close(files);
    return ok;
}

const Command command_graph = {
    .name = "graph",
    .summary = "print the nodes of a run's training step, where their values lie, and their bytes",
    .usage = "  tunemark graph --model tiny --task reviews --method lora\n"
             "  tunemark graph --model some/config.json --method full --batch 1 --max-length 512\n",
    .flags = graph_flags,
    .takes_request = true,
    .run = graph,
};
