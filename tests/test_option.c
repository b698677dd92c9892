// One table is parser, bounds, help and canonical text; here they must agree.
#include "tests/test.h"
#include "base/json.h"
#include "base/option.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t rank, limit;
    double alpha, rate;
    int head, none;
    unsigned targets;
    bool merge;
    const char *save, *note;
} Options;

static const Option table[] = {
    { "rank", OPTION_WHOLE, offsetof(Options, rank), "8", 1, 1024, NULL, "inner width r" },
    { "limit", OPTION_WHOLE, offsetof(Options, limit), NULL, 0, INFINITY, NULL, "rows to keep" },
    { "alpha", OPTION_REAL, offsetof(Options, alpha), "16", 1e-3, 1024, NULL, "scale" },
    { "rate", OPTION_REAL, offsetof(Options, rate), NULL, -INFINITY, INFINITY, NULL, "the rate" },
    { "head", OPTION_CHOICE, offsetof(Options, head), "auto", 0, 0, "auto|mean|mlp", "the head" },
    { "none", OPTION_CHOICE, offsetof(Options, none), NULL, 0, 0, "a|ab", "no default" },
    { "targets", OPTION_SET, offsetof(Options, targets), "q+v", 0, 0, "q|k|v|attn_out", "layers" },
    { "merge", OPTION_FLAG, offsetof(Options, merge), "no", 0, 0, NULL, "merge at the end" },
    { "save", OPTION_TEXT, offsetof(Options, save), NULL, 0, 0, "FOLDER", "where to save" },
    { "note", OPTION_TEXT, offsetof(Options, note), "x", 0, 0, NULL, "a remark" },
    OPTION_END,
};

static bool set(Arena *arena, Options *options, const char *name, const char *value, Error *error)
{
    return option_set(arena, option_find(table, name), options, "lora", value, (Where){ 0 }, error);
}

static void defaults_fill_every_field(void)
{
    Options options;
    memset(&options, 0x5a, sizeof options);
    options_default(table, &options);
    CHECK(options.rank == 8 && options.limit == INT64_MIN && options.alpha == 16);
    CHECK(isnan(options.rate) && options.head == 0 && options.none == -1);
    CHECK(options.targets == (1 | 4) && !options.merge && options.save == NULL);
    CHECK_TEXT(options.note, "x");
    CHECK(option_find(table, "rnak") == NULL && option_find(table, "") == NULL);
}

// A spec says min_steps and init_sd, a command line --min-steps, and so it may say --init-sd.
static void a_dash_is_an_underscore(void)
{
    static const Option two[] = { { .name = "min-steps" }, { .name = "init_sd" }, OPTION_END };
    CHECK(option_find(two, "min_steps") == two && option_find(two, "min-steps") == two);
    CHECK(option_find(two, "init-sd") == two + 1 && option_find(two, "init_sd") == two + 1);
    CHECK(!option_find(two, "initsd") && !option_find(two, "init-s") &&
          !option_find(two, "init-sdd"));
}

static void bounds_belong_to_the_range(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options;
    options_default(table, &options);
    CHECK(set(arena, &options, "rank", "1", &error) && options.rank == 1);
    CHECK(set(arena, &options, "rank", "1024", &error) && options.rank == 1024);
    CHECK(!set(arena, &options, "rank", "0", &error) && options.rank == 1024);
    CHECK_TEXT(error.text, "lora: rank: 0 is out of range; should be 1 to 1024");
    CHECK(error.kind == ERROR_INPUT);
    CHECK(!set(arena, &options, "rank", "1025", &error));
    CHECK(set(arena, &options, "alpha", "0.001", &error) && options.alpha == 1e-3);
    CHECK(!set(arena, &options, "alpha", "0.00099", &error) && options.alpha == 1e-3);
    CHECK_TEXT(error.text, "lora: alpha: 0.00099 is out of range; should be 0.001 to 1024");
    CHECK(!set(arena, &options, "limit", "-1", &error));
    CHECK_TEXT(error.text, "lora: limit: -1 is out of range; should be at least 0");
    CHECK(!set(arena, &options, "limit", "9223372036854775808", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "9223372036854775808 is out of range");
    arena_free(arena);
}

static void a_size_is_read_and_written_with_its_unit(void)
{
    static const Option memory[] = {
        { "memory", OPTION_BYTES, 0, NULL, 1000, 2e9, NULL, "that may be taken" },
        OPTION_END,
    };
    static const char *const typed[][2] = { { "200MB", "200MB" },    { "0.2GB", "200MB" },
                                            { "2000000000", "2GB" }, { "1500kB", "1500kB" },
                                            { "1KiB", "1024" },      { "1.5MB", "1500kB" } };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    int64_t value = 0, again = 0;
    options_default(memory, &value);
    CHECK(value == INT64_MIN && !option_text(arena, memory, &value));
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        CHECK(option_set(arena, memory, &value, NULL, typed[i][0], (Where){ 0 }, &error));
        const char *text = option_text(arena, memory, &value);
        CHECK_TEXT(text, typed[i][1]);
        CHECK(option_set(arena, memory, &again, NULL, text, (Where){ 0 }, &error) &&
              again == value);
    }
    CHECK(!option_set(arena, memory, &value, NULL, "999", (Where){ 0 }, &error));
    CHECK_TEXT(error.text, "memory: 999 is out of range; should be 1kB to 2GB");
    CHECK(!option_set(arena, memory, &value, NULL, "much", (Where){ 0 }, &error));
    CHECK_TEXT(error.text, "memory: 'much' is no size; should be 1kB to 2GB");
    arena_free(arena);
}

static void bounds_of_whole_numbers_are_exact_above_two_to_the_53(void)
{
    static const Option wide[] = {
        { "n", OPTION_WHOLE, 0, NULL, -0x1p53, 0x1p53, NULL, "" },
        OPTION_END,
    };
    static const struct {
        const char *typed;
        bool fits;
    } of[] = { { "9007199254740992", true },
               { "9007199254740993", false },
               { "-9007199254740992", true },
               { "-9007199254740993", false },
               { "9223372036854775807", false } };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    int64_t value;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK(option_set(arena, wide, &value, NULL, of[i].typed, (Where){ 0 }, &error) ==
              of[i].fits);
    arena_free(arena);
}

static void a_value_of_another_type_is_refused_with_what_would_be_right(void)
{
    static const struct {
        const char *name, *value, *text;
    } wrong[] = {
        { "rank", "four", "lora: rank: 'four' is not a whole number; should be 1 to 1024" },
        { "rank", "", "lora: rank: '' is not a whole number; should be 1 to 1024" },
        { "rank", "-", "lora: rank: '-' is not a whole number; should be 1 to 1024" },
        { "rank", "8.0", "lora: rank: '8.0' is not a whole number; should be 1 to 1024" },
        { "rate", "nan", "lora: rate: 'nan' is not a number; should be any number" },
        { "head", "pooler", "lora: head: 'pooler' is unknown; should be auto, mean or mlp" },
        { "head", "me", "lora: head: 'me' is unknown; should be auto, mean or mlp" },
        { "head", "", "lora: head: '' is unknown; should be auto, mean or mlp" },
        { "merge", "1", "lora: merge: '1' is unknown; should be yes or no" },
        { "targets", "q+x",
          "lora: targets: 'q+x' is unknown; should be all, or some of q, k, v and attn_out joined "
          "by +" },
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options, before;
    options_default(table, &options);
    before = options;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!set(arena, &options, wrong[i].name, wrong[i].value, &error));
        CHECK_TEXT(error.text, wrong[i].text);
    }
    const char *const sets[] = { "", "+", "q+", "+q", "q++v", "all+q", "q v" };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        CHECK(!set(arena, &options, "targets", sets[i], &error));
    CHECK(!memcmp(&options, &before, sizeof options));
    CHECK(!option_set(arena, &table[0], &options, NULL, "x", (Where){ "s.yaml", 3, NULL }, &error));
    CHECK_TEXT(error.text, "s.yaml:3: rank: 'x' is not a whole number; should be 1 to 1024");
    arena_free(arena);
}

static void a_set_has_one_text_whatever_the_order(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options;
    options_default(table, &options);
    const Option *targets = option_find(table, "targets");
    CHECK(set(arena, &options, "targets", "v+q", &error));
    CHECK_TEXT(option_text(arena, targets, &options), "q+v");
    CHECK(set(arena, &options, "targets", "attn_out+v+k+q", &error));
    CHECK_TEXT(option_text(arena, targets, &options), "all");
    CHECK(set(arena, &options, "targets", "all", &error) && options.targets == 15);
    CHECK(set(arena, &options, "none", "ab", &error) && options.none == 1); // not its prefix a
    arena_free(arena);
}

static void a_set_of_32_choices_is_whole(void)
{
    static const Option wide[] = {
        { "s", OPTION_SET, 0, "all", 0, 0,
          "0|1|2|3|4|5|6|7|8|9|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v", "" },
        OPTION_END,
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    unsigned value;
    options_default(wide, &value);
    CHECK(value == UINT32_MAX);
    CHECK(option_set(arena, wide, &value, NULL, "v+0", (Where){ 0 }, &error));
    CHECK(value == (1u << 31 | 1));
    CHECK_TEXT(option_text(arena, wide, &value), "0+v");
    arena_free(arena);
}

static void a_number_is_written_as_a_user_would_type_it(void)
{
    static const char *const same[] = {
        "16", "0.001", "10",   "0.1",  "1e-5",  "100000",         "-2.5",
        "0",  "1e20",  "2e-5", "0.06", "3e300", "123456789012345"
    };
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options;
    const Option *rate = option_find(table, "rate");
    options_default(table, &options);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK(set(arena, &options, "rate", same[i], &error));
        CHECK_TEXT(option_text(arena, rate, &options), same[i]);
    }
    static const char *const other[][2] = { { "1e-3", "0.001" }, { "-0", "0" },
                                            { "1E+1", "10" },    { ".50", "0.5" },
                                            { "5.", "5" },       { "1e-05", "1e-5" },
                                            { "1e5", "100000" }, { "1e-4", "0.0001" } };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CHECK(set(arena, &options, "rate", other[i][0], &error));
        CHECK_TEXT(option_text(arena, rate, &options), other[i][1]);
    }
    arena_free(arena);
}

static void a_number_s_text_gives_the_same_bits(void)
{
    Error error;
    Arena *arena = arena_new(1 << 24, &error);
    uint64_t random = 1;
    Options options;
    const Option *rate = option_find(table, "rate");
    options_default(table, &options);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = mix(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        size_t mark = arena_mark(arena);
        options.rate = value;
        const char *text = option_text(arena, rate, &options);
        CHECK(set(arena, &options, "rate", text, &error) && options.rate == value);
        arena_rewind(arena, mark);
    }
    arena_free(arena);
}

static void the_canonical_text_is_sorted_and_leaves_out_what_is_not_given(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options;
    options_default(table, &options);
    CHECK_TEXT(options_canonical(arena, table, &options, "lora"),
               "lora.alpha=16;lora.head=auto;lora.merge=no;lora.note=x;lora.rank=8;"
               "lora.targets=q+v");
    CHECK(set(arena, &options, "limit", "0", &error));
    CHECK(!set(arena, &options, "note", "", &error));
    CHECK_ERROR(&error, ERROR_INPUT, "note: '' is empty; should be a text");
    CHECK(set(arena, &options, "note", "a;rank=9\\", &error));
    CHECK_TEXT(options_canonical(arena, table, &options, NULL),
               "alpha=16;head=auto;limit=0;merge=no;note=a\\;rank=9\\\\;rank=8;targets=q+v");
    CHECK_TEXT(options_canonical(arena, table + 10, &options, "lora"), "");
    arena_free(arena);
}

static void a_text_is_copied(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Options options;
    char typed[] = "here";
    options_default(table, &options);
    CHECK(set(arena, &options, "save", typed, &error));
    typed[0] = 'x';
    CHECK_TEXT(options.save, "here");
    arena_free(arena);
}

static void help_says_name_meaning_range_and_default(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    options_help(out, table, NULL, NULL);
    fclose(out);
    CHECK_TEXT(text, "  --rank N         inner width r, 1 to 1024 [8]\n"
                     "  --limit N        rows to keep, at least 0\n"
                     "  --alpha X        scale, 0.001 to 1024 [16]\n"
                     "  --rate X         the rate, any number\n"
                     "  --head NAME      the head: auto, mean or mlp [auto]\n"
                     "  --none NAME      no default: a or ab\n"
                     "  --targets SET    layers: all, or some of q, k, v and attn_out joined by + "
                     "[q+v]\n"
                     "  --merge yes|no   merge at the end [no]\n"
                     "  --save FOLDER    where to save\n"
                     "  --note TEXT      a remark [x]\n");
    free(text);
}

static void help_breaks_at_100_columns_and_names_the_owner_where_a_name_is_taken(void)
{
    static const Option own[] = {
        { "rank", OPTION_WHOLE, 0, "8", 1, 9, NULL,
          "the first of many words that together are much longer than a line of a terminal is" },
        { "scale", OPTION_WHOLE, 0, "8", 1, 9, NULL, "free" },
        OPTION_END,
    };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    options_help(out, own, "lora", table);
    fclose(out);
    CHECK_TEXT(text,
               "  --lora.rank N    the first of many words that together are much longer than a "
               "line of a terminal\n"
               "                   is, 1 to 9 [8]\n"
               "  --scale N        free, 1 to 9 [8]\n");
    free(text);
}

static void the_json_schema_of_a_value_has_its_type_bounds_and_choices(void)
{
    static const Option own[] = {
        { "size", OPTION_WHOLE, 0, "auto", 1, 9, NULL, "" },
        { "sites", OPTION_SET, 0, "auto", 0, 0, "attn|ffn", "" },
        { "act", OPTION_CHOICE, 0, "auto", 0, 0, "relu|gelu", "" },
        { "most", OPTION_BYTES, 0, NULL, 1e6, 1e12, NULL, "" },
        OPTION_END,
    };
    const struct {
        const Option *option;
        const char *schema;
    } of[] = {
        { &table[0], "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1024}" },
        { &table[1], "{\"type\":\"integer\",\"minimum\":0}" },
        { &table[2], "{\"type\":\"number\",\"minimum\":0.001,\"maximum\":1024}" },
        { &table[3], "{\"type\":\"number\"}" },
        { &table[4], "{\"enum\":[\"auto\",\"mean\",\"mlp\"]}" },
        { &table[6], "{\"type\":\"string\",\"pattern\":"
                     "\"^(all|(q|k|v|attn_out)([+](q|k|v|attn_out))*)$\"}" },
        { &table[7], "{\"enum\":[\"no\",\"yes\",false,true]}" },
        { &table[8], "{\"type\":\"string\",\"minLength\":1}" },
        { &own[0],
          "{\"anyOf\":[{\"const\":\"auto\"},{\"type\":\"integer\",\"minimum\":1,\"maximum\":9}]}" },
        { &own[1],
          "{\"type\":\"string\",\"pattern\":\"^(auto|all|(attn|ffn)([+](attn|ffn))*)$\"}" },
        { &own[2], "{\"enum\":[\"relu\",\"gelu\",\"auto\"]}" },
        { &own[3],
          "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1000000,\"maximum\":1000000000000},"
          "{\"type\":\"string\",\"pattern\":\"^[0-9.]+ *([kKMGT](i?B)?|B)?$\"}]}" },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        json_t *schema = option_schema(of[i].option);
        char *text = json_dumps(schema, JSON_COMPACT | JSON_REAL_PRECISION(15));
        CHECK_TEXT(text, of[i].schema);
        free(text);
        json_decref(schema);
    }
    CHECK_TEXT(option_type(&table[6]), "set");
    CHECK_TEXT(option_takes(&table[6]), "q|k|v|attn_out");
    CHECK_TEXT(option_takes(&table[7]), "yes|no");
    CHECK_TEXT(option_takes(&table[8]), "FOLDER");
}

// ---- auto: whoever reads the option decides

typedef struct {
    int64_t size;
    double scale;
    int activation, head;
    unsigned sites;
} Left;

static const Option left[] = {
    { "size", OPTION_WHOLE, offsetof(Left, size), "auto", 1, 64, NULL, "width" },
    { "scale", OPTION_REAL, offsetof(Left, scale), "auto", 0.5, 2, NULL, "factor" },
    { "activation", OPTION_CHOICE, offsetof(Left, activation), "auto", 0, 0, "gelu|relu", "f" },
    { "head", OPTION_CHOICE, offsetof(Left, head), "auto", 0, 0, "auto|mean", "the head" },
    { "sites", OPTION_SET, offsetof(Left, sites), "auto", 0, 0, "attn|ffn", "where" },
    OPTION_END,
};

static void a_default_of_auto_is_not_given_but_has_a_text(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Left options;
    options_default(left, &options);
    CHECK(options.size == INT64_MIN && isnan(options.scale) && options.sites == 0);
    CHECK(options.activation == -1 && options.head == 0); // the head's auto is a choice
    CHECK_TEXT(options_canonical(arena, left, &options, "a"),
               "a.activation=auto;a.head=auto;a.scale=auto;a.sites=auto;a.size=auto");
    static const char *const others[] = { "8", "0.75", "gelu", "mean", "ffn" };
    for (int i = 0; i < 5; i++) {
        CHECK(option_set(arena, &left[i], &options, NULL, others[i], (Where){ 0 }, &error));
        CHECK_TEXT(option_text(arena, &left[i], &options), others[i]);
        CHECK(option_set(arena, &left[i], &options, NULL, "auto", (Where){ 0 }, &error));
        CHECK_TEXT(option_text(arena, &left[i], &options), "auto");
    }
    CHECK(!set(arena, &(Options){ 0 }, "rank", "auto", &error)); // another default
    CHECK_TEXT(error.text, "lora: rank: 'auto' is not a whole number; should be 1 to 1024");
    arena_free(arena);
}

static void auto_is_among_what_would_be_right(void)
{
    Error error;
    Arena *arena = arena_new(1 << 20, &error);
    Left options;
    static const char *const right[] = { "should be auto, or 1 to 64",
                                         "should be auto, or 0.5 to 2",
                                         "should be auto, gelu or relu", "should be auto or mean",
                                         "should be auto, all, or some of attn and ffn" };
    for (int i = 0; i < 5; i++) {
        CHECK(!option_set(arena, &left[i], &options, NULL, "x", (Where){ 0 }, &error));
        CHECK_ERROR(&error, ERROR_INPUT, right[i]);
    }
    arena_free(arena);
}

void suite_option(void)
{
    ADD(defaults_fill_every_field);
    ADD(a_dash_is_an_underscore);
    ADD(bounds_belong_to_the_range);
    ADD(a_size_is_read_and_written_with_its_unit);
    ADD(bounds_of_whole_numbers_are_exact_above_two_to_the_53);
    ADD(a_value_of_another_type_is_refused_with_what_would_be_right);
    ADD(a_set_has_one_text_whatever_the_order);
    ADD(a_set_of_32_choices_is_whole);
    ADD(a_number_is_written_as_a_user_would_type_it);
    ADD(a_number_s_text_gives_the_same_bits);
    ADD(the_canonical_text_is_sorted_and_leaves_out_what_is_not_given);
    ADD(a_text_is_copied);
    ADD(help_says_name_meaning_range_and_default);
    ADD(the_json_schema_of_a_value_has_its_type_bounds_and_choices);
    ADD(help_breaks_at_100_columns_and_names_the_owner_where_a_name_is_taken);
    ADD(a_default_of_auto_is_not_given_but_has_a_text);
    ADD(auto_is_among_what_would_be_right);
}
