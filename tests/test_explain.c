// test_explain.c: the steps of a waterfall add up, and its reasons are those of the graph.
#include "base/text.h"
#include "engine/product.h"
#include "cost/explain_impl.h"
#include "cost/explain_print.h"
#include "tests/graph_bench.h"
#include "tests/program.h"
#include <math.h>
#include <string.h>

typedef struct {
    Arena *arena;
    FilesRead *files;
    Prepared prepared[2];
    const Prepared *of[2];
    Error error;
} Pair;

// Two methods on the small task, both with these settings.
static bool pair_open(Pair *p, const char *const method[2], const char *const *settings)
{
    *p = (Pair){ .arena = arena_new(ARENA_RUN, &p->error) };
    const char *task = small_task(p->arena, test_folder(), "task");
    p->files = files_new(p->arena);
    for (int s = 0; s < 2; s++) {
        Request *request = arena_zero(p->arena, 1, sizeof *request);
        p->of[s] = &p->prepared[s];
        if (!CHECK(small_request(p->arena, method[s], task, settings, request, &p->error)) ||
            !CHECK(prepare(p->arena, p->files, request, &p->prepared[s], &p->error))) {
            printf("%s: %s\n", method[s], p->error.text);
            return false;
        }
    }
    return true;
}

static void pair_close(Pair *p)
{
    files_close(p->files);
    arena_free(p->arena);
}

static double of_account(const Waterfall *w, Account account, int side)
{
    double sum = 0;
    for (size_t e = 0; e < w->entries; e++)
        if (w->entry[e].account == account)
            sum += w->entry[e].amount[side];
    return sum;
}

static const Entry *entry_at(const Waterfall *w, Account account, const char *place,
                             const char *reader)
{
    for (size_t e = 0; e < w->entries; e++)
        if (w->entry[e].account == account && !strcmp(w->entry[e].place, place) &&
            !strcmp(w->entry[e].reader, reader))
            return &w->entry[e];
    return NULL;
}

// ---- bytes

static void bytes_add_up(const Waterfall *w, const Prepared *const of[2])
{
    double sum[2] = { 0 };
    for (size_t e = 0; e < w->entries; e++)
        for (int s = 0; s < 2; s++) {
            CHECK(w->entry[e].amount[s] >= 0);
            sum[s] += w->entry[e].amount[s];
        }
    for (int s = 0; s < 2; s++) {
        CHECK(sum[s] == (double)of[s]->row.plan_peak);
        CHECK(w->total[s] == sum[s]);
        double activations = 0;
        for (Account a = FROZEN_ROWS; a <= GAPS; a++)
            activations += of_account(w, a, s);
        CHECK(activations == (double)of[s]->row.plan_activations);
    }
}

static void bytes_of_every_pair_add_up_to_its_plans(void)
{
    static const char *const pairs[][2] = { { "full", "lora" },     { "bitfit", "head" },
                                            { "prefix", "prompt" }, { "adapter", "dora" },
                                            { "topk", "feature" },  { "null", "ia3" },
                                            { "lntune", "full" } };
    static const char *const sizes[][3] = { { "8", "16", "mean" },
                                            { "1", "5", "linear" },
                                            { "7", "13", "pooler" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            Pair p;
            bool fits = !strcmp(pairs[i][1], "feature"); // it decides its head
            if (pair_open(&p, pairs[i],
                          SETTINGS("batch", sizes[j][0], "max-length", sizes[j][1], "epochs", "5",
                                   "head", fits ? "auto" : sizes[j][2]))) {
                Waterfall w = explain_bytes(p.arena, p.of);
                Waterfall grouped = waterfall_grouped(p.arena, &w);
                bytes_add_up(&w, p.of);
                bytes_add_up(&grouped, p.of);
                CHECK(grouped.entries <= w.entries);
            }
            pair_close(&p);
        }
}

// Four rows are trained on, in one batch; evaluation has larger ones, and one memory serves both.
static void what_a_frozen_part_keeps_and_a_larger_evaluation_are_told(void)
{
    Pair p;
    if (pair_open(&p, (const char *const[]){ "head", "topk" },
                  SETTINGS("train-limit", "4", "epochs", "9"))) {
        Waterfall w = explain_bytes(p.arena, p.of);
        bytes_add_up(&w, p.of);
        for (int s = 0; s < 2; s++) {
            CHECK(of_account(&w, FROZEN_ROWS, s) > 0);
            CHECK(of_account(&w, FROZEN_ROWS, s) == (double)p.prepared[s].frozen.bytes);
        }
        CHECK(of_account(&w, OTHER_STEP, 0) > 0);
    }
    pair_close(&p);
}

static void bytes_of_random_graphs_add_up_with_their_gaps(void)
{
    bool gaps = false;
    for (uint64_t seed = 250; seed <= 280; seed++) {
        Bench b;
        Made made;
        Value loss;
        bench_begin(&b, seed);
        b.graph = random_graph(b.arena, b.pool, &loss, &b.error);
        if (CHECK(make(b.arena, b.graph, loss, &b.batch.view.extent, &made, &b.error))) {
            Waterfall w = waterfall_new(b.arena, made.graph->values + 1);
            waterfall_add_plan(b.arena, &w, 0, made.plan);
            CHECK(w.total[0] == (double)plan_activations(made.plan));
            gaps = gaps || of_account(&w, GAPS, 0) > 0;
        }
        bench_end(&b, seed);
    }
    CHECK(gaps); // at 266
}

static void what_full_keeps_and_lora_does_not_is_for_gradients_of_weights(void)
{
    Pair p;
    if (pair_open(&p, (const char *const[]){ "full", "lora" }, NULL)) {
        double row = (double)(p.prepared[0].batches.largest.tokens * 4);
        Waterfall all = explain_bytes(p.arena, p.of);
        Waterfall w = waterfall_grouped(p.arena, &all);
        const Entry *middle = entry_at(&w, FOR_PARAMETERS, "ffn_mid", "ffn_out");
        const Entry *slope = entry_at(&w, FOR_VALUES, "ffn_mid", "ffn_mid");
        const Entry *down = entry_at(&w, FOR_PARAMETERS, "q", "q");
        if (CHECK(middle && slope && down)) {
            CHECK(middle->amount[0] == 2 * 512 * row && middle->amount[1] == 0);
            CHECK(middle->count[0] == 2 && middle->count[1] == 0);
            CHECK_TEXT(middle->op, "activation");
            CHECK(slope->amount[0] == 2 * 512 * row && slope->amount[1] == slope->amount[0]);
            CHECK(down->amount[0] == 0 && down->amount[1] >= 2 * 8 * row && down->count[1] == 2);
        }
        const Entry *q = entry_at(&all, FOR_VALUES, "layer 1 q", "layer 1 attention");
        if (CHECK(q != NULL)) {
            CHECK(q->amount[0] == q->amount[1] && q->count[0] == 1);
            CHECK_TEXT(q->op, ""); // linear's, or what was added to it
        }
    }
    pair_close(&p);
}

// 8 tokens x 16 numbers are 512 bytes. W1 is trained, W2 frozen:
//
//   x -> linear W1 -> gelu (slope s1) -> linear W2 -> gelu (slope s2) -> loss
//
// The most is alive at the loss: x for dW1; s1 and s2 and the loss's own gradient, which all pass
// down; the last gelu's output, which only the loss reads; the loss, 64 bytes. What the second
// linear read is gone: its weights are frozen.
static void reasons_of_a_small_graph_are_those_worked_by_hand(void)
{
    static const Extent extent = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    static const struct {
        Account account;
        const char *place, *reader, *op;
        double bytes;
    } expected[] = { { FOR_PARAMETERS, "given", "layer 0 first", "given", 512 },
                     { FOR_VALUES, "layer 0 first", "layer 0 first", "activation", 512 },
                     { FOR_VALUES, "layer 0 second", "layer 0 second", "activation", 512 },
                     { FOR_VALUES, "loss", "layer 0 second", "dotted", 512 },
                     { GOING_FORWARD, "layer 0 second", "", "activation", 512 },
                     { GOING_FORWARD, "loss", "", "dotted", 64 } };
    Bench b;
    Made made;
    bench_begin(&b, 1);
    b.graph->place = "given";
    Value x = given(b.graph, "x", ROWS_TOKENS, 16, false);
    b.graph->place = "layer 0 first";
    x = activate(b.graph, GELU,
                 linear(b.graph, x, parameter_of(b.graph, "W1", 16, 16, true), NO_VALUE));
    b.graph->place = "layer 0 second";
    x = activate(b.graph, GELU,
                 linear(b.graph, x, parameter_of(b.graph, "W2", 16, 16, false), NO_VALUE));
    b.graph->place = "loss";
    if (CHECK(make(b.arena, b.graph, dotted_loss(b.graph, x), &extent, &made, &b.error))) {
        Waterfall w = waterfall_new(b.arena, 32);
        waterfall_add_plan(b.arena, &w, 1, made.plan);
        CHECK_TEXT(made.graph->node[plan_fullest(made.plan).node].op->name, "dotted");
        CHECK(w.entries == sizeof expected / sizeof *expected);
        CHECK(w.total[0] == 0 && w.total[1] == 5 * 512 + 64);
        CHECK(w.total[1] == (double)plan_activations(made.plan));
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            const Entry *e =
                entry_at(&w, expected[i].account, expected[i].place, expected[i].reader);
            if (!CHECK(e != NULL)) {
                printf("%s, %s\n", account_names[expected[i].account], expected[i].place);
                continue;
            }
            CHECK(e->amount[1] == expected[i].bytes && e->count[1] == 1 && e->count[0] == 0);
            CHECK_TEXT(e->op, expected[i].op);
        }
    }
    bench_end(&b, 1);
}

// b is read by dW, and to pass the gradient of the product on to a: that is reason enough.
static void what_passes_a_gradient_down_is_not_there_for_a_parameter(void)
{
    static const Extent extent = { .tokens = 8, .sequences = 2, .squares = 34, .longest = 5 };
    Bench b;
    Made made;
    bench_begin(&b, 1);
    b.graph->place = "b";
    Value value = given(b.graph, "b", ROWS_TOKENS, 16, false);
    b.graph->place = "weight";
    Value y = linear(b.graph, value, parameter_of(b.graph, "W", 16, 16, true), NO_VALUE);
    b.graph->place = "a";
    Value a = given(b.graph, "a", ROWS_TOKENS, 16, true);
    b.graph->place = "product";
    y = add(b.graph, multiply_values(b.graph, a, value), y);
    b.graph->place = "loss";
    if (CHECK(make(b.arena, b.graph, dotted_loss(b.graph, y), &extent, &made, &b.error))) {
        Waterfall w = waterfall_new(b.arena, 32);
        waterfall_add_plan(b.arena, &w, 0, made.plan);
        CHECK(entry_at(&w, FOR_VALUES, "b", "product") != NULL);
        CHECK(entry_at(&w, FOR_PARAMETERS, "b", "weight") == NULL);
    }
    bench_end(&b, 1);
}

// ---- nodes

static void nodes_of_the_backward_know_whose_they_are(void)
{
    Pair p;
    if (pair_open(&p, (const char *const[]){ "lora", "adapter" }, NULL))
        for (int s = 0; s < 2; s++) {
            const Graph *graph = p.prepared[s].plans.backward;
            size_t added[2] = { 0 }; // by the method, forward and backward
            for (size_t i = 0; i < graph->nodes; i++) {
                const Node *node = &graph->node[i], *of = &graph->node[node->of];
                bool back = i >= graph->forward_nodes;
                bool reads = false;
                CHECK(back ? (size_t)node->of < graph->forward_nodes : node->of == node->index);
                CHECK(of->part == node->part && !strcmp(of->place, node->place));
                for (int k = 0; k < NODE_INPUTS; k++) {
                    int32_t is = of->in[k] == NO_VALUE ? -1 : graph->value[of->in[k]].parameter;
                    reads = reads || (is >= 0 && graph->parameter[is].part == PART_METHOD);
                }
                CHECK(!reads || node->part == PART_METHOD);
                added[back] += node->part == PART_METHOD;
            }
            // lora: 2 products at 2 sites of 2 layers; adapter: down, activation, up, sum at 2.
            CHECK(added[0] == (s == 0 ? 8U : 16U));
            CHECK(added[1] > added[0]);
        }
    pair_close(&p);
}

// ---- seconds

// Another process may take the core between two looks at the clock, but not each time.
static void seconds_of_nodes_are_those_of_a_step(void)
{
    bool agree = false;
    for (int attempt = 0; attempt < 5 && !agree; attempt++) {
        Pair p;
        Waterfall w;
        Explained of = { .unlike = NULL };
        if (pair_open(&p, (const char *const[]){ "full", "lora" }, NULL) &&
            CHECK(!explain_unlike(p.arena, p.of)) && CHECK(product_start(1, &p.error)) &&
            CHECK(explain_seconds(p.arena, p.of, 7, &w, &of.timing, &p.error))) {
            of.seconds = w;
            double sum[2] = { 0 };
            size_t nodes[2] = { 0 };
            for (size_t e = 0; e < w.entries; e++)
                for (int s = 0; s < 2; s++) {
                    CHECK(w.entry[e].amount[s] >= 0);
                    sum[s] += w.entry[e].amount[s];
                    nodes[s] += w.entry[e].count[s];
                }
            for (int s = 0; s < 2; s++) {
                CHECK_CLOSE(w.total[s], sum[s], 1e-12);
                CHECK(nodes[s] == p.prepared[s].plans.backward->nodes);
                CHECK(w.total[s] <= of.timing.measured[s]);
            }
            CHECK(of.timing.done == 8 && of.timing.steps == 4); // rounds of two
            CHECK(of.timing.low <= of.timing.high);
            CHECK(of_account(&w, METHOD_NODES, 0) == 0 && of_account(&w, METHOD_NODES, 1) > 0);
            CHECK(of_account(&w, UPDATE, 0) > 0 && of_account(&w, FEEDING, 0) == 0);
            const Entry *dW = entry_at(&w, PARAMETER_NODES, "layer 1 ffn_out", "");
            CHECK(dW && dW->count[0] == 2 && dW->count[1] == 0 && dW->amount[1] == 0);
            const Entry *dX = entry_at(&w, BACKWARD_NODES, "layer 1 ffn_mid", "");
            CHECK(dX && dX->amount[0] > 0 && dX->amount[1] > 0);
            agree = fabs(explain_agreement(&of, 0) - 1) <= 0.03 &&
                    fabs(explain_agreement(&of, 1) - 1) <= 0.03;
        }
        pair_close(&p);
    }
    CHECK(agree);
}

// What does not count in the means, since something else took time, counts in what a reader learns
// of the spread.
static void the_spread_is_of_all_rounds(void)
{
    Arena *arena = arena_new(ARENA_RUN, &(Error){ 0 });
    Round round[8] = { { .a_token = 0 } };
    Timing timing = { .steps = 0 };
    for (int r = 0; r < 8; r++) { // differences of a step: 1, 1, 1, 1, 5, 7, 9, 11
        round[r].measured[0] = 20;
        round[r].measured[1] = 20 + 2 * (r < 4 ? 1 : 2 * r - 3);
    }
    explain_timing(arena, round, 8, 4, &timing);
    CHECK(timing.low == 1 && timing.high == 7);
    CHECK(timing.measured[0] == 10 && timing.measured[1] == 11);
    CHECK(timing.steps == 8 && timing.done == 16);
    arena_free(arena);
}

// As runs have them, by the same options: two with one bottom share a file.
static void rows_are_kept_where_the_runs_keep_them(void)
{
    for (int large = 0; large < 2; large++) {
        Pair p;
        Waterfall w;
        Timing timing;
        char folder[128];
        snprintf(folder, sizeof folder, "%s/kept%d", test_folder(), large);
        const char *const *settings = SETTINGS("epochs", "9", "cache", large ? "0" : "1",
                                               "cache-file", "1", "cache-folder", folder);
        if (pair_open(&p, (const char *const[]){ "head", "head" }, settings) &&
            CHECK(p.prepared[0].frozen.in_file == large) && CHECK(product_start(1, &p.error)) &&
            CHECK(explain_seconds(p.arena, p.of, 2, &w, &timing, &p.error))) {
            CHECK(timing.feature_s[0] > 0 && timing.feature_s[1] == timing.feature_s[0]);
            CHECK(files_below(folder) == 1);
        }
        pair_close(&p);
    }
}

static void a_frozen_part_is_no_part_of_a_step(void)
{
    Pair p;
    Waterfall w;
    Timing timing;
    if (pair_open(&p, (const char *const[]){ "head", "full" }, SETTINGS("epochs", "3")) &&
        CHECK(p.prepared[0].plans.prefix_plan != NULL) && CHECK(product_start(1, &p.error)) &&
        CHECK(explain_seconds(p.arena, p.of, 2, &w, &timing, &p.error))) {
        CHECK(timing.feature_s[0] > 0 && timing.feature_s[1] == 0);
        CHECK(of_account(&w, FEEDING, 0) > 0 && of_account(&w, FEEDING, 1) == 0);
        CHECK(entry_at(&w, FORWARD_NODES, "layer 0 q", "")->amount[0] == 0);
    }
    pair_close(&p);
}

static void what_takes_no_steps_has_no_seconds(void)
{
    Pair p;
    if (pair_open(&p, (const char *const[]){ "null", "full" }, NULL))
        CHECK_TEXT(explain_unlike(p.arena, p.of), "null takes no steps through the graph");
    pair_close(&p);
}

// ---- the command

static const char *asked(Arena *arena, const char *task, const char *what)
{
    Said said = program(arena, NULL,
                        "explain %s --model tiny --task %s --batch 5 --max-length 13 --steps 2",
                        what, task);
    CHECK(said.status == 0 && *said.err == '\0');
    return said.out;
}

static void the_screen_fits_and_the_csv_adds_up(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    static const char *const screens[] = { "full lora --rank 4", "bitfit full --all", "head null",
                                           "lora:rank=4,targets=q+k+v dora --lora.dropout 0.1",
                                           "full lora --micro-batch 3 --recompute yes" };
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
        size_t lines;
        char **line = text_split(arena, asked(arena, task, screens[i]), '\n', &lines);
        for (size_t l = 0; l < lines; l++)
            if (!CHECK(utf8_columns(line[l], strlen(line[l])) <= 100))
                printf("%s: %s\n", screens[i], line[l]);
        CHECK(lines > 12);
    }
    Csv csv;
    const char *text = asked(arena, task, "full lora:lora.rank=4 --csv");
    Bytes bytes = { (const uint8_t *)text, strlen(text) };
    double sum[2][3] = { { 0 } };
    if (CHECK(csv_parse_as(arena, bytes, "explain",
                           &(CsvForm){ .format = CSV_COMMAS, .header = true }, &csv, &error)))
        for (size_t r = 0; r < csv.rows; r++)
            for (size_t c = 0; c < 3; c++) {
                double value = NAN;
                CHECK(text_real(csv.row[r].field[csv_column(&csv, "a") + c], &value));
                sum[!strcmp(csv.row[r].field[0], "seconds")][c] += value;
            }
    CHECK(sum[0][1] - sum[0][0] == sum[0][2] && sum[0][2] < 0);
    CHECK_CLOSE(sum[1][1] - sum[1][0], sum[1][2], 1e-12);
    Said planned = program(arena, NULL,
                           "explain lora:rank=4 full --model tiny --task %s --batch 5 --max-length "
                           "13 --steps 0",
                           task);
    CHECK(strstr(planned.out, "lora:rank=4 -> full") && strstr(planned.out, "no steps are asked"));
    arena_free(arena);
}

// A method that takes no steps has batches, too; and what a limit asks of either is said.
static void batches_and_chosen_levers_are_said(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    static const char *const unstepped[] = { "null feature", "feature null", "null full" };
    for (size_t i = 0; i < sizeof unstepped / sizeof *unstepped; i++)
        CHECK(strstr(asked(arena, task, unstepped[i]), "batches of 5 texts and") != NULL);
    Said said = program(arena, NULL,
                        "explain full lora --model mini --task %s --batch 24 --steps 0 "
                        "--max-memory 90MB",
                        task);
    const char *full = strstr(said.err, "tunemark: max-memory: full: micro-batch ");
    CHECK(said.status == 0 && full && strstr(full, "; lora: the whole batch at once\n"));
    arena_free(arena);
}

static void a_method_beside_itself_is_not_explained(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    CHECK_TEXT(asked(arena, task, "lora:rank=8 lora"),
               "lora and lora are the same run: there is nothing to explain\n");
    CHECK_TEXT(asked(arena, task, "lora lora --csv"),
               "what,account,place,operator,reader,count_a,count_b,a,b,difference\n");
    arena_free(arena);
}

static void what_cannot_be_meant_is_refused(void)
{
    static const struct {
        const char *words, *part;
    } of[] = {
        { "full", "second method: is not given; should be as in: tunemark explain full lora" },
        { "full lora bitfit", "bitfit: is a third" },
        { "full loar", "'loar' is unknown; should be lora" },
        { "full lora --rnak 4", "--rnak: is unknown; should be --rank" },
        { "full lora:rnak=4", "lora:rnak=4: is unknown; should be rank" },
        { "full lora:rank", "lora:rank: 'rank' has no value; should be METHOD:OPTION=VALUE" },
        { "full lora:=4", "lora:=4: '=4' has no name; should be METHOD:OPTION=VALUE" },
        { "full lora:", "lora:: is no method; should be METHOD or METHOD:OPTION=VALUE" },
        { "full lora@x", "lora@x: no folder is read here; should be METHOD or METHOD:OPTION=VAL" },
        { "full lora:batch=4", "batch is an option of the run; should be --batch, for both" },
        { "full lora:rank=0", "lora: rank: 0 is out of range" },
        { "lora dora --rank 4", "--rank: is an option of both; should be lora:rank=4" },
        { "lora lora --lora.rank 4", "--lora.rank: is an option of both; should be lora:rank=4" },
        { "full lora --rank", "--rank: has no value" },
        { "full lora --method lora", "--method: is not given here" },
        { "full lora --steps -1", "--steps: -1 is out of range; should be 0 to 1000000" },
        { "full lora --steps many",
          "--steps: 'many' is not a whole number; should be 0 to 1000000" },
        { "full lora --adapter.size 3", "--adapter.size: is unknown" },
        { "full lora --timeout 3", "--timeout: is of a run, and no run is made here; should be" },
        { "full lora --save x", "--save: is of a run, and nothing is written here" },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_REFUSED(program(arena, NULL, "explain --model tiny --task reviews %s", of[i].words),
                      2, of[i].part);
    CHECK_REFUSED(
        program(arena, NULL, "explain bitfit full --model tiny --task reviews --budget 0.01"), 2,
        "budget: bitfit has no size to solve for");
    Said one = program(arena, NULL,
                       "explain bitfit lora --model tiny --task reviews --budget 0.01 --steps 0");
    CHECK(one.status == 0 && strstr(one.out, "bitfit -> lora:rank=3\n")); // of the one with a size
    CHECK_REFUSED(program(arena, NULL, "explain full lora --task reviews"), 2,
                  "--model: is not given");
    CHECK_REFUSED(program(arena, NULL, "explain full lora --model tiny"), 2,
                  "--task: is not given");
    arena_free(arena);
}

void suite_explain(void)
{
    ADD(bytes_of_every_pair_add_up_to_its_plans);
    ADD(what_a_frozen_part_keeps_and_a_larger_evaluation_are_told);
    ADD(bytes_of_random_graphs_add_up_with_their_gaps);
    ADD(what_full_keeps_and_lora_does_not_is_for_gradients_of_weights);
    ADD(reasons_of_a_small_graph_are_those_worked_by_hand);
    ADD(what_passes_a_gradient_down_is_not_there_for_a_parameter);
    ADD(nodes_of_the_backward_know_whose_they_are);
    ADD(seconds_of_nodes_are_those_of_a_step);
    ADD(the_spread_is_of_all_rounds);
    ADD(rows_are_kept_where_the_runs_keep_them);
    ADD(a_frozen_part_is_no_part_of_a_step);
    ADD(what_takes_no_steps_has_no_seconds);
    ADD(the_screen_fits_and_the_csv_adds_up);
    ADD(batches_and_chosen_levers_are_said);
    ADD(a_method_beside_itself_is_not_explained);
    ADD(what_cannot_be_meant_is_refused);
}
