// test_letters.c: which methods share a letter, from rows and predictions in a folder; and what
// predictions must have in common to be compared.

#include "base/file.h"
#include "report/letters.h"
#include "tests/program.h"
#include "tests/sample_rows.h"
#include <math.h>
#include <string.h>

enum { ITEMS = 300 };

// Runs of a method that is right on a share of the items: easy ones first, and a few by chance.
static void method(Arena *arena, const char *folder, const char *name, int64_t seeds, double share)
{
    uint64_t random = (uint64_t)(fabs(share) * 1000);
    bool right[ITEMS];
    for (int64_t seed = 1; seed <= seeds; seed++) {
        for (int i = 0; i < ITEMS; i++) {
            double hard = (double)(i * 7 % ITEMS) / ITEMS;
            right[i] = hard + 0.1 * (double)mix_float(&random) < share;
        }
        predicted(arena, folder, finished(arena, "tiny", "reviews", name, "", seed, 0), right,
                  ITEMS);
    }
}

typedef struct {
    Lettered of[4];
    size_t pairs, untested;
    bool ok;
    Error error;
} Letters;

// Of the methods named, in their rows' folder.
static Letters letters_in(Arena *arena, const char *folder, const char *const *names, size_t n)
{
    Letters result = { .ok = false };
    Rows rows;
    if (!CHECK(rows_of_folders(arena, &folder, 1, &rows, &result.error)))
        return result;
    for (size_t m = 0; m < n; m++) {
        const Row **run = arena_take(arena, rows.count, sizeof *run);
        result.of[m] = (Lettered){ .name = names[m], .run = run };
        for (size_t r = 0; r < rows.count; r++)
            if (!strcmp(rows.row[r].method, names[m]))
                run[result.of[m].runs++] = &rows.row[r];
    }
    result.ok =
        letters(arena, &rows, NULL, result.of, n, &result.pairs, &result.untested, &result.error);
    return result;
}

static void a_method_far_above_and_two_alike_have_two_letters(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    const char *folder = test_folder();
    method(arena, folder, "full", 5, 0.9);
    method(arena, folder, "lora", 5, 0.7);
    method(arena, folder, "head", 5, 0.703);
    Letters of = letters_in(arena, folder, (const char *[]){ "head", "full", "lora" }, 3);
    CHECK(of.ok && of.pairs == 3 && of.untested == 0);
    CHECK_TEXT(of.of[1].letters, "a");
    CHECK_TEXT(of.of[0].letters, "b");
    CHECK_TEXT(of.of[2].letters, "b");
    CHECK_TEXT(letters_caption(arena, of.pairs, 0),
               "methods that share a letter can't be told apart at 5 % (Holm, k = 3)");
    arena_free(arena);
}

// Two that differ when nothing else is compared no longer do when three pairs are.
static void what_differs_alone_may_not_among_several(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    const char *folder = test_folder();
    method(arena, folder, "full", 5, 0.73);
    method(arena, folder, "lora", 5, 0.7);
    method(arena, folder, "head", 5, 0.703);
    Letters two = letters_in(arena, folder, (const char *[]){ "full", "lora" }, 2);
    CHECK(two.ok && two.pairs == 1);
    CHECK_TEXT(two.of[0].letters, "a");
    CHECK_TEXT(two.of[1].letters, "b");
    Letters three = letters_in(arena, folder, (const char *[]){ "full", "lora", "head" }, 3);
    CHECK(three.ok && three.pairs == 3);
    for (int m = 0; m < 3; m++)
        CHECK_TEXT(three.of[m].letters, "a");
    arena_free(arena);
}

static void two_seeds_or_no_predictions_have_no_letter_and_make_no_pair(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    const char *folder = test_folder();
    method(arena, folder, "full", 5, 0.9);
    method(arena, folder, "lora", 5, 0.7);
    method(arena, folder, "head", 2, 0.5);
    Row unpredicted = finished(arena, "tiny", "reviews", "bitfit", "", 1, 0.6);
    unpredicted.schema = ROW_SCHEMA;
    CHECK(row_write(path_join(arena, folder, "rows/zz.csv"), &unpredicted, &error));
    Letters of = letters_in(arena, folder, (const char *[]){ "full", "lora", "head", "bitfit" }, 4);
    CHECK(of.ok && of.pairs == 1);
    CHECK_TEXT(of.of[1].letters, "b");
    CHECK_TEXT(of.of[2].letters, "");
    CHECK_TEXT(of.of[3].letters, "");
    CHECK(of.of[2].used == 2 && of.of[3].used == 0);
    arena_free(arena);
}

// Two methods that give the same wrong answers everywhere have p = 1; a difference without any
// variance has no p, and so no letter of its own.
static void a_pair_without_a_p_does_not_differ(void)
{
    Error error;
    Arena *arena = arena_new((size_t)1 << 30, &error);
    const char *folder = test_folder();
    method(arena, folder, "full", 3, 2);  // all right
    method(arena, folder, "lora", 3, -1); // all wrong
    Letters of = letters_in(arena, folder, (const char *[]){ "full", "lora" }, 2);
    CHECK(of.ok && of.pairs == 0 && of.untested == 1);
    CHECK_TEXT(of.of[0].letters, "a");
    CHECK_TEXT(of.of[1].letters, "a");
    CHECK(strstr(letters_caption(arena, 0, 1),
                 "; 1 pair not tested: all seeds differ by the same amount") != NULL);
    arena_free(arena);
}

// ---- what must agree

// The line of a file of predictions that begins with `from` becomes `to`; the file's name.
static const char *changed(Arena *arena, const char *folder, const char *method_name, int64_t seed,
                           const char *from, const char *to)
{
    Row row = finished(arena, "tiny", "reviews", method_name, "", seed, 0);
    const char *file = arena_format(arena, "%s/predictions/%s.csv", folder, row.key);
    const char *text = read_text(arena, file), *at = strstr(text, from);
    if (CHECK(at != NULL))
        write_text(file,
                   arena_format(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
    return file;
}

static void other_items_are_refused_with_the_file_and_the_first_id(void)
{
    static const struct {
        const char *from, *to, *says;
    } of[] = {
        { "\ndev,17,17,yes", "\ndev,18,17,yes", "csv:19: id 18: id is '18', but '17' in " },
        { "\ndev,17,17,yes", "\ndev,17,17,no", "csv:19: id 17: gold is 'no', but 'yes' in " },
        { "\ndev,17,17,yes", "\ndev,17,3,yes", "csv:19: id 17: group is '3', but '17' in " },
        { "\ndev,299,", "\ntest,299,", "id 299 is in one file alone: 299 items of dev, but 300" },
        { "\ndev,4,4,no,no", "\ndev,4,4,no,yes", "accuracy of these answers on dev is not " },
        { "split,", "part,", "csv:1: split: no such column; should be split,id,group,gold,pred" },
    };
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        Error error;
        Arena *arena = arena_new((size_t)1 << 30, &error);
        const char *folder = test_folder();
        method(arena, folder, "full", 3, 0.9);
        method(arena, folder, "lora", 3, 0.7);
        const char *file = changed(arena, folder, "lora", 2, of[k].from, of[k].to);
        Letters result = letters_in(arena, folder, (const char *[]){ "full", "lora" }, 2);
        CHECK(!result.ok);
        CHECK_ERROR(&result.error, ERROR_INPUT, of[k].says);
        CHECK_ERROR(&result.error, ERROR_INPUT, file);
        arena_free(arena);
    }
}

void suite_letters(void)
{
    ADD(a_method_far_above_and_two_alike_have_two_letters);
    ADD(what_differs_alone_may_not_among_several);
    ADD(two_seeds_or_no_predictions_have_no_letter_and_make_no_pair);
    ADD(a_pair_without_a_p_does_not_differ);
    ADD(other_items_are_refused_with_the_file_and_the_first_id);
}
