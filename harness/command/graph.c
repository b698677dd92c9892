// graph.c: tunemark graph: of a run on a task, or of a model's sizes alone.
#include "command/asked.h"
#include "command/commands.h"
#include "cost/shape.h"
#include "engine/operator.h"
#include "run/prepare.h"

static const Flag flags[] = {
    { "eval", 'e', NULL, "the evaluation's graph" },
    FLAG_END,
};

static const OfRun of_no_run[] = { OF_NO_RUN };

static const OfRun without_task[] = {
    { "micro-batch|recompute|max-memory|train-limit|fold|heldout", "beside --task",
      "and no task is given" },
    { NULL, NULL, NULL },
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
    if (!request_head(request, error) || !shape_read(arena, protocol->model, &shape, error))
        return false;
    Description description;
    size_t length = 0;
    bool ok = shape_description(arena, &shape, request, 2, &description, error) &&
              shape_length(&shape, protocol->max_length, &length, error);
    Extent extent = extent_of((size_t)protocol->batch, length);
    description.training =
        !evaluation && !request->method->fit && !(request->method->claims & TRAINS_NOTHING);
    const Plan *planned = NULL;
    if (ok && draw_step(arena, &description, false, &described, &drawn, error) &&
        (planned = plan_of_any_size(arena, drawn, &extent, error)))
        graph_print(planned, &extent, NULL);
    shape_close(&shape);
    return planned != NULL;
}

static bool graph(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Request request;
    Prepared prepared;
    (void)status;
    if (!request_read(arena, arguments, flags, NULL, &request, error) ||
        !arguments_obeyed(arena, arguments, request.protocol.task ? NULL : without_task, error))
        return false;
    bool evaluation = argument_is(arguments, "eval");
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
             "  tunemark graph --model roberta-base --method full --batch 1 --max-length 512\n",
    .flags = flags,
    .takes_request = true,
    .refused = of_no_run,
    .run = graph,
};
