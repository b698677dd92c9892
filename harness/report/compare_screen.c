// compare_screen.c: a comparison on a terminal of 80 columns. One block fills a screen of 24 lines
// at most where it can; several have a line each.

#include "report/column.h"
#include "report/compare.h"
#include "base/text.h"
#include <math.h>
#include <string.h>

#define MAX(a, b) ((a) > (b) ? (a) : (b))
enum { WIDTH = 80, LABEL = 12, SIDE = 33, STRIP = 58 };

static void one_block(FILE *out, Arena *arena, const Comparisons *of, const Compared *block);
static void several(FILE *out, Arena *arena, const Comparisons *of);

void compare_screen(FILE *out, Arena *arena, const Comparisons *of)
{
    if (of->blocks == 1)
        one_block(out, arena, of, of->block);
    else
        several(out, arena, of);
}

// ---- texts

static void put(FILE *out, const char *text, size_t length, size_t width)
{
    fwrite(text, 1, length, out);
    for (size_t columns = utf8_columns(text, length); columns < width; columns++)
        putc(' ', out);
}

// A label that is too long for its column has a line of its own.
static void put_label(FILE *out, const char *label)
{
    size_t length = strlen(label);
    put(out, label, length, LABEL);
    if (utf8_columns(label, length) >= LABEL)
        fprintf(out, "\n%*s", LABEL, "");
}

// A sentence after a label of LABEL columns; what is too long goes on below.
static void put_wrapped(FILE *out, const char *label, const char *text)
{
    put_label(out, label);
    text_put(out, text, LABEL, WIDTH);
}

static void put_two(FILE *out, const char *label, const char *a, const char *b)
{
    do {
        size_t in_a = text_fitting(a, SIDE), in_b = text_fitting(b, WIDTH - LABEL - SIDE - 2);
        put_label(out, label);
        put(out, a, in_a, *b ? SIDE + 2 : 0);
        fprintf(out, "%.*s\n", (int)in_b, b);
        a += in_a, b += in_b;
        a += strspn(a, " "), b += strspn(b, " ");
        label = "";
    } while (*a || *b);
}

static const char *thousands(Arena *arena, double value) // "8,450"
{
    return text_thousands(arena, arena_format(arena, "%.0f", value));
}

// Far out in the tail a p hangs on the tail's shape, which few seeds say nothing of.
static const char *p_text(Arena *arena, double p)
{
    return isnan(p) ? "-" : p < 0.001 ? "< 0.001" : arena_format(arena, "%.2g", p);
}

// Of several machines or commits.
static void put_mixed(FILE *out, Arena *arena, bool machines, bool commits, const char *what)
{
    if (machines || commits)
        put_wrapped(
            out, "warning",
            arena_format(arena, "rows of several %s%s%s%s", machines ? "machines or jobs" : "",
                         machines && commits ? " and " : "", commits ? "commits" : "", what));
}

// ---- one block

// "lora", or "A: lora:rank=4"
static const char *introduced(Arena *arena, const Contender *one)
{
    bool short_one = !strcmp(one->name, one->asked);
    return short_one ? one->asked : arena_format(arena, "%s: %s", one->name, one->asked);
}

static void put_differences(FILE *out, Arena *arena, const Compared *block,
                            const Differences *differences)
{
    put_two(out, "differ in", introduced(arena, &block->of[0]), introduced(arena, &block->of[1]));
    if (differences->lines == 0)
        put_wrapped(out, "", "nothing that the rows say");
    for (size_t l = 0; l < differences->lines; l++) {
        const Differing *line = &differences->line[l];
        put_two(out, line->part, line->value[0], line->value[1]);
    }
    if (*differences->same)
        put_wrapped(out, "the same", differences->same);
}

static void put_detectable(FILE *out, Arena *arena, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    if (isnan(block->detectable))
        put_wrapped(out, "detectable",
                    no_variance(test)
                        ? arena_format(arena,
                                       "all %s differ by the same amount: nothing can be "
                                       "said of it",
                                       test->basis == OVER_ITEMS ? "items" : "seeds")
                        : "one run each on one group says nothing of it");
    else
        put_wrapped(out, "detectable",
                    arena_format(arena, "%s points: found in 80 of 100 such comparisons",
                                 test_points(arena, test, block->detectable)));
}

// "89.1 ± 0.6 and 90.3 ± 0.4 over seeds"
static void put_scores(FILE *out, Arena *arena, const Comparisons *of, const Compared *block)
{
    const char *a = score_text(arena, &block->of[0].score),
               *b = score_text(arena, &block->of[1].score);
    bool intervals = strstr(a, "±") != NULL;
    put_wrapped(out, metric_names[block->items.metric],
                arena_format(arena, "%s %s, %s %s%s", block->of[0].name, a, block->of[1].name, b,
                             !intervals       ? ""
                             : of->over_items ? " (over seeds and items)"
                                              : " (over seeds alone)"));
}

static void put_difference(FILE *out, Arena *arena, const Comparisons *of, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    const char *text = arena_format(arena, "%s points", test_points(arena, test, test->value));
    if (!isnan(test->low))
        text_append(arena, &text, ", ", "%g %% interval %s to %s", 100 * of->level,
                    test_points(arena, test, test->low), test_points(arena, test, test->high));
    if (!isnan(test->p))
        text_append(arena, &text, "; ", "p %s", p_text(arena, test->p));
    put_wrapped(out, "difference", text);
    const char *seeds = block->result.paired
                            ? arena_format(arena, "%zu pair%s of seeds", block->result.seeds,
                                           block->result.seeds == 1 ? "" : "s")
                            : arena_format(arena, "%zu and %zu seeds, not paired",
                                           block->result.used_a, block->result.used_b);
    const char *items = thousands(arena, (double)block->items.n);
    if (block->items.groups < block->items.n)
        items = arena_format(arena, "%s items in %s groups", items,
                             thousands(arena, (double)block->items.groups));
    else
        items = arena_format(arena, "%s items", items);
    static const char *const over[] = { [OVER_BOTH] = "other seeds, other items",
                                        [OVER_SEEDS] = "other seeds, these items",
                                        [OVER_ITEMS] = "these runs, other items",
                                        [OVER_NOTHING] = "these runs, these items" };
    text = arena_format(arena, "%s: %s, %s", over[test->basis], seeds, items);
    if (!isnan(test->df))
        text_append(arena, &text, ", ", "%.*f df", test->df < 100 ? 1 : 0, test->df);
    put_wrapped(out, "", text);
}

// ---- the picture: both intervals over one axis

typedef struct {
    double low, high; // at the strip's ends
} Axis;

static size_t place(const Axis *axis, double value)
{
    double at = (value - axis->low) / (axis->high - axis->low) * (STRIP - 1);
    return (size_t)fmax(0, fmin(STRIP - 1, round(at)));
}

static void put_interval(FILE *out, const TwoWay *test, const Axis *axis)
{
    size_t low = place(axis, test->low), high = place(axis, test->high);
    size_t middle = place(axis, test->value), zero = place(axis, 0);
    for (size_t i = 0; i <= high || i <= zero; i++)
        fputs(i == middle           ? "●"
              : i == low            ? "├"
              : i == high           ? "┤"
              : i > low && i < high ? "─"
              : i == zero           ? "│"
                                    : " ",
              out);
    putc('\n', out);
}

static void put_draws(FILE *out, const Bootstrap *bootstrap, const Axis *axis)
{
    static const char *const bar[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    size_t count[STRIP] = { 0 }, most = 1, zero = place(axis, 0);
    for (size_t d = 0; d < bootstrap->draws; d++) {
        size_t at = place(axis, bootstrap->draw[d]);
        if (++count[at] > most)
            most = count[at];
    }
    size_t end = STRIP; // no blanks at the end of the line
    while (end > 0 && count[end - 1] == 0 && end - 1 != zero)
        end--;
    for (size_t i = 0; i < end; i++) {
        size_t height = (8 * count[i] + most - 1) / most; // a single draw is seen
        fputs(height == 0 && i == zero ? "│" : bar[height], out);
    }
    putc('\n', out);
}

static void put_axis(FILE *out, Arena *arena, const Axis *axis, const TwoWay *test)
{
    const char *low = test_points(arena, test, axis->low),
               *high = test_points(arena, test, axis->high);
    size_t zero = place(axis, 0), from = strlen(low), to = STRIP - strlen(high);
    fprintf(out, "%*s%s", LABEL, "", low);
    for (size_t i = from; i < to; i++)
        putc(i == zero && zero > from && zero + 1 < to ? '0' : ' ', out);
    fprintf(out, "%s\n", high);
}

static void put_picture(FILE *out, Arena *arena, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    const Bootstrap *draws = &block->bootstrap;
    Axis axis = { fmin(0, quantile(draws->draw, draws->draws, 0.001)),
                  fmax(0, quantile(draws->draw, draws->draws, 0.999)) };
    if (!isnan(test->low))
        axis = (Axis){ fmin(axis.low, test->low), fmax(axis.high, test->high) };
    if (axis.low == axis.high) // every draw is 0
        return;
    if (!isnan(test->low)) {
        put(out, "interval", 8, LABEL);
        put_interval(out, test, &axis);
    }
    put(out, "bootstrap", 9, LABEL);
    put_draws(out, draws, &axis);
    put_axis(out, arena, &axis, test);
}

static void put_opinions(FILE *out, Arena *arena, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    const Bootstrap *draws = &block->bootstrap;
    const Comparison *result = &block->result;
    bool disagree = !isnan(test->p) && (test->p < SIGNIFICANT) != (draws->p < SIGNIFICANT);
    put_picture(out, arena, block);
    put_wrapped(out, "",
                arena_format(arena, "bootstrap %s to %s, p %s: %s",
                             test_points(arena, test, draws->low),
                             test_points(arena, test, draws->high), p_text(arena, draws->p),
                             disagree ? "it disagrees; the test above holds"
                                      : "a picture, it decides nothing"));
    if (!result->paired)
        return;
    put_wrapped(out, "sign flip",
                arena_format(arena,
                             "p %s on these very items; these %zu seed%s can't go below %.2g",
                             p_text(arena, block->flip.p), result->seeds,
                             result->seeds == 1 ? "" : "s", block->flip.smallest));
    const char *wins = arena_format(arena, "%s ahead in %zu of %zu, %s in %zu", block->of[0].name,
                                    result->wins, result->seeds, block->of[1].name, result->losses);
    if (result->ties > 0)
        text_append(arena, &wins, ", ", "level in %zu", result->ties);
    if (!isnan(result->correlation))
        text_append(arena, &wins, "; ", "scores correlate %.2f", result->correlation);
    put_wrapped(out, "seeds", wins);
    if (!isnan(block->mcnemar))
        put_wrapped(out, "McNemar",
                    arena_format(arena, "p %s, of these two runs%s", p_text(arena, block->mcnemar),
                                 block->items.groups < block->items.n
                                     ? "; it takes items of one group as independent"
                                     : ""));
}

// What is not in the test, by name: "lora 1/5 dead, 1 failed".
static const char *runs_text(Arena *arena, const Compared *block)
{
    const char *text = "";
    for (int s = 0; s < 2; s++) {
        const Contender *contender = &block->of[s];
        const char *mine = "";
        if (contender->on.dead)
            text_append(arena, &mine, ", ", "%s", dead_text(arena, &contender->on));
        if (contender->cell->seeds > contender->on.score.n)
            text_append(arena, &mine, ", ", "%s",
                        cell_missing(arena, contender->cell, contender->on.unscored));
        if (contender->side.missing)
            text_append(arena, &mine, ", ", "%zu without predictions", contender->side.missing);
        if (*mine)
            text_append(arena, &text, "; ", "%s: %s", block->of[s].name, mine);
    }
    if (block->result.left_out)
        text_append(arena, &text, "; ", "%zu left out, their seeds being on one side alone",
                    block->result.left_out);
    if (block->items.folds > 1 && block->items.metric != METRIC_ACCURACY) // whose mean is the same
        text_append(arena, &text, "; ",
                    "%s of the answers of %zu folds together; a table has the mean of theirs",
                    metric_names[block->items.metric], block->items.folds);
    if (block->items.groups < 20)
        text_append(arena, &text, "; ",
                    "fewer than 20 groups of items: the test is only roughly "
                    "right");
    return text;
}

static const char *megabytes(Arena *arena, double bytes)
{
    return isnan(bytes) ? "-" : three_digits(arena, bytes / 1e6);
}

static const char *seconds(Arena *arena, double value)
{
    return isnan(value) ? "-" : three_digits(arena, value);
}

static void put_costs(FILE *out, Arena *arena, const Compared *block,
                      const Differences *differences)
{
    fprintf(out, "%-*s%20s%9s%8s%9s%10s%11s\n", LABEL, "costs", "trained", "plan MB", "rss MB",
            "train s", "search s", "stored MB");
    for (int s = 0; s < 2; s++) {
        const Cell *cell = block->of[s].cell;
        double trained = cell_median(arena, cell, row_find("params_trained"));
        double share = cell_median(arena, cell, row_find("trained_share"));
        const char *parameters = isnan(trained) ? "-" : thousands(arena, trained);
        if (!isnan(share))
            text_append(arena, &parameters, "", " (%.3g %%)", 100 * share);
        size_t name = text_fitting(block->of[s].name, LABEL - 1);
        put(out, block->of[s].name, name, LABEL);
        fprintf(out, "%20s%9s%8s%9s%10s%11s\n", parameters,
                megabytes(arena, cell_largest(arena, cell, row_find("plan_peak"))),
                megabytes(arena, cell_largest(arena, cell, row_find("rss_train_peak"))),
                seconds(arena, cell_training(arena, cell)),
                seconds(arena, cell_median(arena, cell, row_find("search_s"))),
                megabytes(arena, cell_median(arena, cell, row_find("saved_bytes"))));
    }
    for (int s = 0; s < 2; s++) {
        const Cell *cell = block->of[s].cell;
        const char *busy = busy_text(arena, cell->run, cell->runs);
        if (busy)
            put_wrapped(out, "warning",
                        arena_format(arena, "train s of %s: %s", block->of[s].name, busy));
    }
    put_mixed(out, arena, differences->machines, differences->commits,
              ": seconds and bytes are not alike");
}

static void one_block(FILE *out, Arena *arena, const Comparisons *of, const Compared *block)
{
    Differences differences = differences_of(arena, block);
    fprintf(out, "%s against %s: %s on %s, %s\n", block->of[0].name, block->of[1].name,
            block->model, block->task, block->items.split);
    put_differences(out, arena, block, &differences);
    put_detectable(out, arena, block);
    put_scores(out, arena, of, block);
    put_difference(out, arena, of, block);
    put_opinions(out, arena, block);
    const char *note = runs_text(arena, block);
    if (*note)
        put_wrapped(out, "note", note);
    put_costs(out, arena, block, &differences);
    put_wrapped(out, "verdict", verdict(arena, block));
}

// ---- several blocks

static const char *one_of_each(const Comparisons *of, const Compared *block)
{
    return of->each < 0 ? "" : block->of[of->each].asked;
}

// "options, lr, steps (2 of 3)"
static void put_common_differences(FILE *out, Arena *arena, const Comparisons *of)
{
    const char *text = "", *part[512];
    size_t parts = 0, with[512] = { 0 }, compared = 0;
    bool machines = false, commits = false;
    for (size_t b = 0; b < of->blocks; b++) {
        if (of->block[b].missing)
            continue;
        Differences differences = differences_of(arena, &of->block[b]);
        compared++;
        machines |= differences.machines, commits |= differences.commits;
        for (size_t l = 0; l < differences.lines; l++) {
            size_t p = 0;
            while (p < parts && strcmp(part[p], differences.line[l].part) != 0)
                p++;
            if (p == parts && parts < 512)
                part[parts++] = differences.line[l].part;
            if (p < 512)
                with[p]++;
        }
    }
    for (size_t p = 0; p < parts; p++)
        text_append(arena, &text, ", ", with[p] == compared ? "%s" : "%s (%zu of %zu)", part[p],
                    with[p], compared);
    if (strcmp(of->name[0], of->asked[0]) != 0) {
        put_wrapped(out, of->name[0], of->asked[0]);
        put_wrapped(out, of->name[1], of->asked[1]);
    }
    put_wrapped(out, "differ in", *text ? text : "nothing that the rows say");
    put_mixed(out, arena, machines, commits, "");
}

// What a line of the table has no room for, and the screen of one block says.
static void put_block_notes(FILE *out, Arena *arena, const Comparisons *of)
{
    const char *label = "note";
    for (size_t b = 0; b < of->blocks; b++) {
        const Compared *block = &of->block[b];
        if (block->missing)
            continue;
        const char *text = runs_text(arena, block);
        if (!block->result.paired)
            text = arena_format(arena, "%zu and %zu seeds, not paired%s%s", block->result.used_a,
                                block->result.used_b, *text ? "; " : "", text);
        if (!*text)
            continue;
        const char *which = of->each < 0 ? "" : arena_format(arena, ", %s", one_of_each(of, block));
        put_wrapped(out, label,
                    arena_format(arena, "%s, %s%s: %s", block->task, block->model, which, text));
        label = "";
    }
}

static size_t width_of(const char *text)
{
    return utf8_columns(text, strlen(text));
}

// What a line is of. Names that are cut may be one name.
typedef struct {
    size_t task, model, method; // widths; of each method its name alone stands in the line
} Names;

static Names names_on_lines(const Comparisons *of)
{
    Names width = { strlen("task"), strlen("model"), strlen("method") };
    for (size_t b = 0; b < of->blocks; b++) {
        const Compared *block = &of->block[b];
        width.task = MAX(width.task, width_of(block->task));
        width.model = MAX(width.model, width_of(block->model));
        width.method = MAX(width.method, width_of(one_of_each(of, block)));
    }
    return width;
}

static void put_names(FILE *out, const Comparisons *of, const Names *width, const char *task,
                      const char *model, const char *method)
{
    if (of->each >= 0) {
        put(out, method, strlen(method), width->method + 1);
        return;
    }
    put(out, task, strlen(task), width->task + 1);
    put(out, model, strlen(model), width->model + 1);
}

static void put_line(FILE *out, Arena *arena, const Compared *block)
{
    const TwoWay *test = &block->result.test;
    if (block->missing) {
        fputs("  -\n", out);
        return;
    }
    const char *difference = test_points(arena, test, test->value);
    if (!isnan(test->low))
        text_append(arena, &difference, "", " (%s to %s)", test_points(arena, test, test->low),
                    test_points(arena, test, test->high));
    fprintf(out, "%3zu%12s%23s%8s  %s\n", block->result.seeds,
            test_points(arena, test, block->detectable), difference,
            p_text(arena, block->adjusted_p), verdict_short(block));
}

static void several(FILE *out, Arena *arena, const Comparisons *of)
{
    Names width = names_on_lines(of);
    fprintf(out, "%s against %s in %zu %s; p adjusted by Holm, k = %zu\n\n", of->name[0],
            of->name[1], of->blocks, of->each < 0 ? "blocks" : "comparisons", of->family);
    put_common_differences(out, arena, of);
    putc('\n', out);
    put_names(out, of, &width, "task", "model", "method");
    fprintf(out, "%3s%12s%23s%8s  %s\n", "n", "detectable", "difference, points", "Holm p",
            of->name[0]);
    for (size_t b = 0; b < of->blocks; b++) {
        const Compared *block = &of->block[b], *before = b > 0 ? block - 1 : NULL;
        if (of->each >= 0 && (!before || strcmp(before->task, block->task) != 0 ||
                              strcmp(before->model, block->model) != 0))
            fprintf(out, "%s on %s\n", block->model, block->task);
        put_names(out, of, &width, block->task, block->model, one_of_each(of, block));
        put_line(out, arena, block);
    }
    putc('\n', out);
    for (size_t b = 0; b < of->blocks; b++)
        if (of->block[b].missing)
            put_wrapped(out, "not here", of->block[b].missing);
    put_block_notes(out, arena, of);
}
