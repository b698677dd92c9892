// params.c: tunemark params.
#include "command/asked.h"
#include "command/commands.h"
#include "cost/shape.h"
#include "data/task.h"
#include "run/files.h"
#include "run/size.h"
#include "train/counts.h"
#include "train/plans.h"
#include <inttypes.h>
#include <math.h>

static const Flag flags[] = {
    { "labels", 0, TAKES(WHOLE, "N", 1, 1e6, "2"), "outputs of the head, without --task" },
    { "csv", 0, NULL, "one line of CSV with a header" },
    { "all", 'a', NULL, "each parameter on a line" },
    FLAG_END,
};

static const OfRun refused[] = {
    { "heldout", "left out", "and no texts are read here" },
    OF_NO_RUN,
};

// Outputs of the head: as asked, or one a label of the task.
static bool outputs_read(Arena *arena, const Arguments *arguments, const Protocol *protocol,
                         int64_t *labels, Error *error)
{
    Task task;
    if (!protocol->task)
        return argument_read(arguments, "labels", labels, error);
    if (!task_find(arena, datasets_folder(arena), protocol->task, &task, error) ||
        !task_fold(arena, &task, protocol->fold, error))
        return false;
    *labels = task.classes ? task.classes : 1;
    return true;
}

// `size`: what a budget was solved for; NULL: there is none.
static void params_print(const Request *request, const char *size, const Counts *c,
                         const Graph *graph, bool all, bool csv)
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
    if (size)
        printf("size within the budget %12s\n", size);
    printf("head                   %12" PRId64 "\n", c->head);
    printf("trained without head   %12" PRId64 "  %.4g %% of the encoder, %.4g %% of it without "
           "embeddings\n",
           tuned, 100 * shares.method, 100 * shares.method_nonembedding);
    printf("trained                %12" PRId64 "  %.4g %% of all %" PRId64 "\n", c->trained,
           100 * shares.trained, c->total);
}

static bool params(const Invocation *invocation, int *status, Error *error)
{
    Arena *arena = invocation->arena;
    const Arguments *arguments = invocation->arguments;
    Request request;
    Shape shape;
    int64_t labels;
    Plans plans;
    Extent extent = extent_of(1, 1);
    (void)status;
    if (!request_read(arena, arguments, flags, NULL, &request, error) ||
        !request_head(&request, error) ||
        !outputs_read(arena, arguments, &request.protocol, &labels, error) ||
        !shape_read(arena, request.protocol.model, &shape, error))
        return false;
    Description description;
    bool ok = shape_description(arena, &shape, &request, (int)labels, &description, error) &&
              plans_make(arena, &description, NULL, &extent, &plans, error);
    if (ok) {
        Counts counts = counts_free(plans.eval.graph, &description, plans.eval.options);
        const char *size = isnan(request.protocol.budget) ? NULL : size_text(arena, &description);
        params_print(&request, size, &counts, plans.eval.graph, argument_is(arguments, "all"),
                     argument_is(arguments, "csv"));
    }
    shape_close(&shape);
    return ok;
}

const Command command_params = {
    .name = "params",
    .summary = "count what a method trains, from config.json alone where there is no checkpoint",
    .usage = "  tunemark params --model tiny --method lora --rank 4\n"
             "  tunemark params --model bert-base --method bitfit --head pooler --csv\n",
    .flags = flags,
    .one_of = { "labels|task", "csv|all" },
    .takes_request = true,
    .refused = refused,
    .run = params,
};
