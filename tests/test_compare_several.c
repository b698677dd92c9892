// test_compare_several.c: `tunemark compare` on several blocks, and of each method with one.

#include "base/csv.h"
#include "base/file.h"
#include "base/twoway.h"
#include "tests/compared.h"
#include "tests/program.h"
#include <stdlib.h>
#include <string.h>

// Three blocks: the family of Holm is what the command prints.
static void several_blocks_have_a_line_each_and_holm_over_all(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    Row lora = like(arena, "lora", LORA(8)), full = like(arena, "full", "");
    full.lr = 3e-4;
    lora.task = full.task = "topics";
    runs(arena, folder, lora, 1, 5, 0.70);
    runs(arena, folder, full, 1, 5, 0.703);
    lora.model = full.model = "mini", lora.params_total = full.params_total = 6500000;
    runs(arena, folder, lora, 1, 5, 0.80);
    Error error;
    full.schema = ROW_SCHEMA, full.score = 0.9, full.key = "0000";
    CHECK(row_write(row_file(arena, folder, "rows", full.key), &full, &error));
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    size_t widest;
    IN_ORDER(said.out, "lora against full in 3 blocks; p adjusted by Holm, k = 2",
             "\ndiffer in   options, lr\n", "\nreviews tiny    5 ", "  lower\n",
             "\ntopics  tiny    5 ", "  not told apart\n", "\ntopics  mini    -\n",
             "not here    there are no predictions of full on topics, mini\n");
    lines_of(said.out, &widest);
    CHECK(widest <= 80);
    Said one =
        program(arena, &(Around){ 0 }, "compare lora full %s --task topics --model tiny", folder);
    IN_ORDER(one.out, "lora against full: tiny on topics, dev", "verdict ");
    arena_free(arena);
}

// What the screen of one block says beside its test, the table of several says below it.
static void several_blocks_say_what_is_not_in_their_tests_and_are_told_apart(void)
{
    Arena *arena = arena_of_test();
    const char *folder = test_folder();
    static const char *const tasks[] = { "questions-entailment", "questions-entailed" };
    for (int t = 0; t < 2; t++) {
        Row lora = like(arena, "lora", LORA(8)), full = like(arena, "full", "");
        lora.task = full.task = tasks[t];
        runs(arena, folder, lora, 1, 4, 0.75);
        runs(arena, folder, full, t ? 1 : 5, t ? 6 : 8, 0.90);
    }
    runs(arena, folder, like(arena, "lora", LORA(8)), 1, 3, 0.3); // dead
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.9);
    Said said = program(arena, &(Around){ 0 }, "compare lora full %s", folder);
    IN_ORDER(said.out, "\nquestions-entailed   tiny ", "\nquestions-entailment tiny ", "\nreviews ",
             "\nnote        questions-entailed, tiny: 2 left out, their seeds being on one side",
             "\n            questions-entailment, tiny: 4 and 4 seeds, not paired\n",
             "\n            reviews, tiny: lora: 3/3 dead\n");
    arena_free(arena);
}

// lora, bitfit and null on two models, and full: three comparisons, since mini has no bitfit.
static const char *each_method(Arena *arena)
{
    const char *folder = two_methods(arena);
    runs(arena, folder, like(arena, "bitfit", ""), 1, 5, 0.60);
    runs(arena, folder, like(arena, "null", ""), 1, 5, 0.50);
    Row lora = like(arena, "lora", LORA(8)), full = like(arena, "full", "");
    lora.model = full.model = "mini", lora.params_total = full.params_total = 6500000;
    full.lr = 3e-4;
    runs(arena, folder, lora, 1, 5, 0.899);
    runs(arena, folder, full, 1, 5, 0.90);
    return folder;
}

static void each_other_method_is_held_against_one_and_holm_is_over_all(void)
{
    Arena *arena = arena_of_test();
    const char *folder = each_method(arena);
    Said said = program(arena, &(Around){ 0 }, "compare each full %s", folder);
    size_t widest;
    IN_ORDER(said.out, "each against full in 3 comparisons; p adjusted by Holm, k = 3",
             "\ndiffer in   ", "\nmethod ", "  each\ntiny on reviews\nbitfit   5 ",
             "  lower\nlora     5 ", "  lower\nmini on reviews\nlora     5 ", "  not told apart\n");
    CHECK(!strstr(said.out, "null"));
    lines_of(said.out, &widest);
    CHECK(widest <= 80);
    Said other = program(arena, &(Around){ 0 }, "compare full each %s -m mini", folder);
    IN_ORDER(other.out, "full against lora: mini on reviews, dev", "verdict ");
    arena_free(arena);
}

// The least p three times, the next twice, and none below one before it.
static void holms_p_is_that_of_all_of_them(void)
{
    Arena *arena = arena_of_test();
    Error error;
    Csv csv;
    Said said = program(arena, &(Around){ 0 }, "compare each full %s --csv", each_method(arena));
    Bytes bytes = { (const uint8_t *)said.out, strlen(said.out) };
    if (!CHECK(csv_parse_as(arena, bytes, "out", &(CsvForm){ .format = CSV_COMMAS, .header = true },
                            &csv, &error) &&
               csv.rows == 3))
        return;
    size_t p = csv_column(&csv, "p"), holm = csv_column(&csv, "holm_p");
    double least = atof(csv.row[0].field[p]), next = atof(csv.row[1].field[p]);
    double most = atof(csv.row[2].field[p]);
    CHECK(0 < least && least < next && next < most && 2 * next < most);
    CHECK_CLOSE(atof(csv.row[0].field[holm]), 3 * least, 1e-8 * least);
    CHECK_CLOSE(atof(csv.row[1].field[holm]), 2 * next, 1e-8 * next);
    CHECK_CLOSE(atof(csv.row[2].field[holm]), most, 1e-8);
    size_t mdd = csv_column(&csv, "mdd"), se = csv_column(&csv, "se"), df = csv_column(&csv, "df");
    double one = detectable(atof(csv.row[2].field[se]), atof(csv.row[2].field[df]), 3);
    CHECK_CLOSE(atof(csv.row[2].field[mdd]), one, 1e-8);
    CHECK_TEXT(csv.row[0].field[csv_column(&csv, "a")], "bitfit");
    CHECK_TEXT(csv.row[1].field[csv_column(&csv, "b")], "full");
    arena_free(arena);
}

// Settings of one method are one each; the other side has to be one.
static void each_is_of_all_settings_and_stands_on_one_side(void)
{
    Arena *arena = arena_of_test();
    const char *folder = two_methods(arena);
    runs(arena, folder, like(arena, "lora", LORA(4)), 1, 5, 0.7);
    Said said = program(arena, &(Around){ 0 }, "compare each full %s", folder);
    IN_ORDER(said.out, " in 2 comparisons", "\nlora rank=", "\nlora rank=");
    said = program(arena, &(Around){ 0 }, "compare each lora:rank=4 %s", folder);
    IN_ORDER(said.out, " in 2 comparisons", "\nfull ", "\nlora rank=8 ");
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare each lora %s", folder), ERROR_INPUT,
                  "lora: is more than one setting on reviews of tiny: 'lora:rank=");
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare each each %s", folder), ERROR_INPUT,
                  "each: is given twice; should be a method beside each");
    folder = test_folder();
    runs(arena, folder, like(arena, "full", ""), 1, 3, 0.7);
    CHECK_REFUSED(program(arena, &(Around){ 0 }, "compare full each %s", folder), ERROR_INPUT,
                  "each: there is none but full; should be a folder of several methods");
    arena_free(arena);
}

void suite_compare_several(void)
{
    ADD(several_blocks_have_a_line_each_and_holm_over_all);
    ADD(several_blocks_say_what_is_not_in_their_tests_and_are_told_apart);
    ADD(each_other_method_is_held_against_one_and_holm_is_over_all);
    ADD(holms_p_is_that_of_all_of_them);
    ADD(each_is_of_all_settings_and_stands_on_one_side);
}
