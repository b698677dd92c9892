// compare_data.c: comparisons for programs. A record a block, the same for --csv and --json; fields
// in the order of the reference, scores as fractions, null or empty where not defined.

#include "report/compare.h"
#include "base/csv.h"
#include <jansson.h>
#include <math.h>

static void put(json_t *record, const char *name, double value)
{
    json_object_set_new(record, name, isnan(value) ? json_null() : json_real(value));
}

static void put_count(json_t *record, const char *name, bool known_one, size_t value)
{
    json_object_set_new(record, name, known_one ? json_integer((json_int_t)value) : json_null());
}

static void put_flag(json_t *record, const char *name, bool known_one, bool value)
{
    json_object_set_new(record, name, known_one ? json_boolean(value) : json_null());
}

static void put_text(json_t *record, const char *name, const char *value)
{
    json_object_set_new(record, name, value && *value ? json_string(value) : json_null());
}

// What each of the two scored by itself.
static void put_sides(json_t *record, Arena *arena, const Compared *block)
{
    for (int s = 0; s < 2; s++) {
        const Interval none = { .mean = NAN, .low = NAN, .high = NAN };
        const Interval *score = block->missing ? &none : &block->of[s].score;
        const char *name = arena_format(arena, "score_%c", 'a' + s);
        put(record, name, score->mean);
        put(record, arena_format(arena, "%s_lo", name), score->low);
        put(record, arena_format(arena, "%s_hi", name), score->high);
    }
    put_count(record, "runs_a", true, block->of[0].cell->runs);
    put_count(record, "runs_b", true, block->of[1].cell->runs);
    put_count(record, "dead_a", block->of[0].on.judged > 0, block->of[0].on.dead);
    put_count(record, "dead_b", block->of[1].on.judged > 0, block->of[1].on.dead);
}

static void put_costs(json_t *record, Arena *arena, const Compared *block)
{
    static const struct {
        const char *column;
        double (*over_runs)(Arena *, const Cell *, const Column *);
    } cost[] = { { "params_trained", cell_median }, { "trained_share", cell_median },
                 { "plan_peak", cell_largest },     { "rss_train_peak", cell_largest },
                 { "train_s", cell_median },        { "feature_s", cell_median },
                 { "search_s", cell_median },       { "infer_b1_ms", cell_median },
                 { "infer_b32_ms", cell_median },   { "saved_bytes", cell_median } };
    for (size_t c = 0; c < sizeof cost / sizeof *cost; c++)
        for (int s = 0; s < 2; s++)
            put(record, arena_format(arena, "%s_%c", cost[c].column, 'a' + s),
                cost[c].over_runs(arena, block->of[s].cell, row_find(cost[c].column)));
}

static json_t *record_of(Arena *arena, const Comparisons *of, const Compared *block)
{
    json_t *record = json_object();
    const Comparison *result = &block->result;
    const TwoWay *test = &result->test;
    bool there = !block->missing;
    Differences differences = differences_of(arena, block);
#define IF_THERE(value) (there ? (value) : (double)NAN)
    put_text(record, "task", block->task);
    put_text(record, "model", block->model);
    put_text(record, "metric", there ? metric_names[block->items.metric] : NULL);
    put_text(record, "split", there ? block->items.split : NULL);
    put_text(record, "a", block->of[0].asked);
    put_text(record, "b", block->of[1].asked);
    put_sides(record, arena, block);

    put(record, "difference", IF_THERE(test->value));
    put(record, "lo", IF_THERE(test->low));
    put(record, "hi", IF_THERE(test->high));
    put(record, "se", IF_THERE(test->se));
    put(record, "df", IF_THERE(test->df));
    put(record, "p", IF_THERE(test->p));
    put(record, "mdd", IF_THERE(block->detectable));
    put_text(record, "basis", there ? basis_names[test->basis] : NULL);
    put_text(record, "reason", there ? reason_names[test->reason] : "no_predictions");
    put_flag(record, "paired", there, result->paired);
    put_count(record, "seeds", there, result->seeds);
    put_count(record, "left_out", there,
              result->left_out + block->of[0].side.missing + block->of[1].side.missing);
    put_count(record, "items", there, block->items.n);
    put_count(record, "groups", there, block->items.groups);
    put(record, "ms_seed", IF_THERE(test->ms_seed));
    put(record, "ms_group", IF_THERE(test->ms_group));
    put(record, "ms_rest", IF_THERE(test->ms_rest));
    put(record, "correlation", IF_THERE(result->correlation));
    put(record, "boot_lo", IF_THERE(block->bootstrap.low));
    put(record, "boot_hi", IF_THERE(block->bootstrap.high));
    put(record, "boot_p", IF_THERE(block->bootstrap.p));
    put(record, "flip_p", IF_THERE(block->flip.p));
    put(record, "flip_p_min", IF_THERE(block->flip.smallest));
    put_count(record, "wins", there && result->paired, result->wins);
    put_count(record, "ties", there && result->paired, result->ties);
    put_count(record, "losses", there && result->paired, result->losses);
    put(record, "mcnemar_p", IF_THERE(block->mcnemar));
    put_costs(record, arena, block);
    put_flag(record, "same_machine", true, !differences.machines);
    put_flag(record, "same_commit", true, !differences.commits);

    put(record, "holm_p", IF_THERE(block->adjusted_p));
    put_count(record, "holm_k", true, of->family);
    put_text(record, "verdict", there ? verdict_short(block) : NULL);
#undef IF_THERE
    return record;
}

static void put_cell(FILE *out, const json_t *value)
{
    if (json_is_real(value))
        fprintf(out, "%.9g", json_real_value(value));
    else if (json_is_integer(value))
        fprintf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", out);
    else if (json_is_string(value))
        csv_put(out, json_string_value(value));
}

void compare_csv(FILE *out, Arena *arena, const Comparisons *of)
{
    for (size_t b = 0; b < of->blocks; b++) {
        json_t *record = record_of(arena, of, &of->block[b]), *value;
        const char *name, *comma = "";
        if (b == 0) {
            json_object_foreach(record, name, value)
            {
                fprintf(out, "%s%s", comma, name);
                comma = ",";
            }
            putc('\n', out);
        }
        comma = "";
        json_object_foreach(record, name, value)
        {
            fputs(comma, out);
            put_cell(out, value);
            comma = ",";
        }
        putc('\n', out);
        json_decref(record);
    }
}

void compare_json(FILE *out, Arena *arena, const Comparisons *of)
{
    json_t *list = json_array();
    for (size_t b = 0; b < of->blocks; b++)
        json_array_append_new(list, record_of(arena, of, &of->block[b]));
    json_dumpf(list, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    putc('\n', out);
    json_decref(list);
}
