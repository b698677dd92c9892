// test_tokenizer.c: rules by hand on a small vocabulary; fixtures of an independent tokenizer.
#include "model/tokenizer.h"
#include "base/version.h"
#include "tests/test.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

static Arena *arena;

static Tokenizer *parse(const char *vocabulary, bool lower_case, Error *error)
{
    Bytes bytes = { (const uint8_t *)vocabulary, strlen(vocabulary) };
    return tokenizer_parse(arena, bytes, "vocab.txt", lower_case, error);
}

static const char small[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nab\nabc\n##d\n##de\n##cd\nx\ny\n!\nCafé\n"
    "cafe\n中\n##中\n文\ni\n##i\n##\u0307\ne\n##\u0301\nA\na\n";

// The tokens' texts, joined by blanks.
static const char *joined(const Tokenizer *tokenizer, const Encoding *encoding)
{
    char *text = arena_text(arena, "");
    for (size_t i = 0; i < encoding->count; i++)
        text = arena_format(arena, "%s%s%s", text, i ? " " : "",
                            tokenizer_piece(tokenizer, encoding->token[i]));
    return text;
}

static const char *encoded(const Tokenizer *tokenizer, const char *text)
{
    Encoding encoding;
    tokenizer_encode(tokenizer, arena, text, NULL, 64, &encoding);
    return joined(tokenizer, &encoding);
}

static void cut_words(void)
{
    Error error;
    const Tokenizer *t = parse(small, true, &error);
    if (!CHECK(t))
        return;
    CHECK(tokenizer_vocabulary(t) == 25 && tokenizer_id(t, "##cd") == 9 &&
          tokenizer_id(t, "z") == -1);
    CHECK(tokenizer_id(t, "d") == -1 && tokenizer_id(t, "##x") == -1);
    CHECK_TEXT(tokenizer_piece(t, 9), "##cd");
    CHECK_TEXT(encoded(t, "abcde"), "[CLS] abc ##de [SEP]");
    CHECK_TEXT(encoded(t, "abcd"), "[CLS] abc ##d [SEP]"); // not ab ##cd
    CHECK_TEXT(encoded(t, "abcdq x"), "[CLS] [UNK] x [SEP]");
    CHECK_TEXT(encoded(t, "x!y"), "[CLS] x ! y [SEP]");
    CHECK_TEXT(encoded(t, "ABC\tcafé"), "[CLS] abc cafe [SEP]");
    CHECK_TEXT(encoded(t, "ab[MASK]cd"), "[CLS] ab [MASK] [UNK] [SEP]");
    CHECK_TEXT(encoded(t, "[mask"), "[CLS] [UNK] [UNK] [SEP]");
    CHECK_TEXT(encoded(t, ""), "[CLS] [SEP]");
    CHECK_TEXT(encoded(t, "x\xff\xc3y \xe4\xb8"),
               "[CLS] [UNK] [SEP]"); // what is no UTF-8 is dropped
}

static void the_longest_piece_comes_first_and_a_dead_end_is_unknown(void)
{
    with_arena(&arena, cut_words);
}

static const char *with_file(const char *name, const char *settings, const char *text)
{
    const char *folder = test_folder();
    Error error = { 0 };
    CHECK(file_write_text(path_join(arena, folder, "vocab.txt"), small, &error));
    if (settings)
        CHECK(file_write_text(path_join(arena, folder, name), settings, &error));
    const Tokenizer *tokenizer = tokenizer_read(arena, folder, &error);
    return tokenizer ? encoded(tokenizer, text) : arena_text(arena, error.text);
}

static const char *with_settings(const char *settings, const char *text)
{
    return with_file("tokenizer_config.json", settings, text);
}

static void read_settings(void)
{
    static const struct {
        const char *settings, *expected;
    } row[] = {
        { NULL, "[CLS] a cafe 中 文 i [SEP]" },
        { "{}", "[CLS] a cafe 中 文 i [SEP]" },
        { "{\"do_lower_case\": true, \"strip_accents\": null}", "[CLS] a cafe 中 文 i [SEP]" },
        { "{\"do_lower_case\": false}", "[CLS] A Café 中 文 [UNK] [SEP]" },
        { "{\"do_lower_case\": false, \"strip_accents\": true}",
          "[CLS] A [UNK] 中 文 [UNK] [SEP]" },
        // The lower case of U+0130 is two characters, i and a dot above.
        { "{\"strip_accents\": false}", "[CLS] a [UNK] 中 文 i ##\u0307 [SEP]" },
        { "{\"tokenize_chinese_chars\": false}", "[CLS] a cafe [UNK] i [SEP]" },
        { "{\"tokenizer_class\": \"DistilBertTokenizerFast\", \"unk_token\": {\"content\": "
          "\"[UNK]\"}}",
          "[CLS] a cafe 中 文 i [SEP]" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        CHECK_TEXT(with_settings(row[i].settings, "A Café 中文 İ"), row[i].expected);
}

static void case_accents_and_ideographs_follow_the_settings(void)
{
    with_arena(&arena, read_settings);
}

static void refuse_settings(void)
{
    static const char *const row[][2] = {
        { "{\"do_lower_case\": \"no\"}", "do_lower_case: is neither true nor false" },
        { "{\"do_basic_tokenize\": false}", "do_basic_tokenize: false is not supported" },
        { "{\"never_split\": [\"x\"]}", "never_split: a list is not supported" },
        { "{\"additional_special_tokens\": [\"[E1]\"]}",
          "additional_special_tokens: a list is not supported; should be null or empty" },
        { "{\"extra_special_tokens\": {\"entity\": \"[E1]\"}}", "extra_special_tokens: a list is" },
        { "{\"unk_token\": \"<unk>\"}", "unk_token: another special token is not supported" },
        { "{\"tokenizer_class\": \"RobertaTokenizer\"}", "'RobertaTokenizer' is not supported" },
        { "{\"added_tokens_decoder\": {\"0\": {\"content\": \"[PAD]\"}, \"9\": {\"content\": "
          "\"<a>\"}}}",
          "token '<a>' is not supported" },
        { "{\"added_tokens_decoder\": {\"9\": {\"content\": \"[CLS]\"}}}",
          "added_tokens_decoder: [CLS] has the id 9; should be that of its line in vocab.txt" },
        { "{\"added_tokens_decoder\": [{\"content\": \"[CLS]\"}]}",
          "added_tokens_decoder: is none" },
        { "{\"tokenizer_class\": 3}", "tokenizer_class: '' is not supported" },
        { "{\"bos_token\": \"[E1]\"}", "bos_token: another special token is not supported" },
        { "{\"never_split\": \"good\"}", "never_split: a list is not supported" },
        { "[]", "tokenizer_config.json: is no JSON object" },
        { "{\"do_lower_case\": true", "tokenizer_config.json" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *said = with_settings(row[i][0], "x");
        if (!CHECK(strstr(said, row[i][1])))
            printf("%s\n", said);
    }
}

static void a_setting_that_is_not_honoured_is_refused(void)
{
    with_arena(&arena, refuse_settings);
}

static void read_older_files(void)
{
    static const char *const row[][3] = {
        { "special_tokens_map.json",
          "{\"unk_token\": \"[UNK]\", \"cls_token\": {\"content\": \"[CLS]\"}}", "[CLS] x [SEP]" },
        { "special_tokens_map.json", "{\"unk_token\": \"<unk>\"}",
          "special_tokens_map.json: unk_token: another special token is not supported" },
        { "special_tokens_map.json", "{\"additional_special_tokens\": [\"[E1]\"]}",
          "special_tokens_map.json: additional_special_tokens: a list is not supported" },
        { "special_tokens_map.json", "[]", "special_tokens_map.json: is no JSON object" },
        { "added_tokens.json", "{\"[MASK]\": 4}", "[CLS] x [SEP]" },
        { "added_tokens.json", "{\"[MASK]\": 8192}", "added_tokens.json: [MASK] has the id 8192" },
        { "added_tokens.json", "{\"[MASK]\": true}", "added_tokens.json: [MASK] has the id -1" },
        { "added_tokens.json", "{\"[MASK]\": 4, \"[E1]\": 30522}",
          "added_tokens.json: token '[E1]' is not supported; should be [PAD], [UNK], [CLS], [SEP] "
          "and [MASK] alone" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *said = with_file(row[i][0], row[i][1], "x");
        if (!CHECK(strstr(said, row[i][2])))
            printf("%s\n", said);
    }
}

static void a_settings_file_that_leads_nowhere_is_refused(void)
{
    Error error;
    arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder();
    CHECK(file_write_text(path_join(arena, folder, "vocab.txt"), small, &error));
    CHECK(symlink("nowhere", path_join(arena, folder, "special_tokens_map.json")) == 0);
    CHECK(!tokenizer_read(arena, folder, &error));
    CHECK_ERROR(&error, ERROR_INPUT, "special_tokens_map.json");
    arena_free(arena);
}

static void special_tokens_of_older_folders_are_read(void)
{
    with_arena(&arena, read_older_files);
}

static void refuse_vocabularies(void)
{
    static const char *const row[][2] = {
        { "", "vocab.txt: is empty; should be one piece a line" },
        { "[PAD]\n[UNK]\n[SEP]\n", "vocab.txt: [CLS] is missing" },
        { "[PAD]\n\n[UNK]\n[CLS]\n[SEP]\n", "vocab.txt:2: the line is empty" },
        { "[PAD]\n[UNK]\n[CLS]\n[SEP]\n\n", "vocab.txt:5: the line is empty" },
        { "[PAD]\n[UNK]\n[CLS]\n[SEP]\nx\n##x\nx\n", "vocab.txt:7: 'x' stands in line 5 already" },
        { "[PAD]\n##a\n##a\n", "vocab.txt:3: '##a' stands in line 2 already" },
        { "[PAD]\n[UNK]\n\xc3(\n", "vocab.txt:3: byte 0xc3 is no text" },
        { "\n", "vocab.txt:1: the line is empty" },
    };
    Error error = { 0 };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (CHECK(!parse(row[i][0], true, &error)))
            CHECK_ERROR(&error, ERROR_INPUT, row[i][1]);
    static const char zero[] = "[PAD]\n[U\0NK]\n";
    Bytes bytes = { (const uint8_t *)zero, sizeof zero - 1 };
    if (CHECK(!tokenizer_parse(arena, bytes, "vocab.txt", true, &error)))
        CHECK_ERROR(&error, ERROR_INPUT, "vocab.txt:2: byte 0x00 is no text");
    CHECK(!tokenizer_read(arena, test_folder(), &error));
    CHECK_ERROR(&error, ERROR_INPUT, "vocab.txt");
}

static void a_faulty_vocabulary_is_refused_with_its_line(void)
{
    with_arena(&arena, refuse_vocabularies);
}

static void read_line_ends(void)
{
    Error error;
    const Tokenizer *t =
        parse("\xef\xbb\xbf[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nx\r\n##y", true, &error);
    if (CHECK(t)) {
        CHECK(tokenizer_vocabulary(t) == 6 && tokenizer_id(t, "[PAD]") == 0);
        CHECK_TEXT(encoded(t, "xy [MASK]"), "[CLS] x ##y [UNK] [UNK] [UNK] [SEP]");
    }
}

static void windows_line_ends_a_mark_and_a_missing_end_are_read(void)
{
    with_arena(&arena, read_line_ends);
}

static void count_capitals(void)
{
    Error error;
    const Tokenizer *lower = parse(small, true, &error), *cased = parse(small, false, &error);
    if (CHECK(lower && cased)) {
        CHECK(tokenizer_capitals(lower) == 2); // Café and A, not [PAD]
        CHECK(tokenizer_capitals(cased) == 0);
    }
}

static void pieces_that_lower_case_hides_are_counted(void)
{
    with_arena(&arena, count_capitals);
}

// Texts of a and b words "x" and "y": how many of each are left?
static void check_cut(const Tokenizer *t, size_t a, size_t b, size_t max_length, size_t kept_a,
                      size_t kept_b)
{
    char text_a[1024] = "", text_b[1024] = "";
    for (size_t i = 0; i < a; i++)
        memcpy(text_a + 2 * i, "x ", 3);
    for (size_t i = 0; i < b; i++)
        memcpy(text_b + 2 * i, "y ", 3);
    Encoding e;
    tokenizer_encode(t, arena, text_a, text_b, max_length, &e);
    size_t x = 0, y = 0, second = 0;
    for (size_t i = 0; i < e.count; i++) {
        x += e.token[i] == tokenizer_id(t, "x");
        y += e.token[i] == tokenizer_id(t, "y");
        second += e.type[i] == 1;
    }
    if (!CHECK(x == kept_a && y == kept_b))
        printf("%zu and %zu of %zu: %zu and %zu\n", a, b, max_length, x, y);
    CHECK(e.count == x + y + 3 && second == y + 1);
    CHECK(e.truncated == (x < a || y < b));
    CHECK(e.token[0] == 2 && e.token[x + 1] == 3 && e.token[e.count - 1] == 3);
}

static void cut_pairs(void)
{
    Error error;
    const Tokenizer *t = parse(small, true, &error);
    if (!CHECK(t))
        return;
    check_cut(t, 25, 300, 128, 25, 100);
    check_cut(t, 300, 25, 128, 100, 25);
    check_cut(t, 100, 100, 128, 62, 63); // a tie: the second has the odd one
    check_cut(t, 101, 100, 128, 63, 62);
    check_cut(t, 62, 64, 128, 62, 63);
    check_cut(t, 62, 63, 128, 62, 63);
    check_cut(t, 200, 201, 128, 62, 63); // both longer than the room: which is longer counts
    check_cut(t, 201, 200, 128, 63, 62);
    check_cut(t, 0, 300, 128, 0, 125);
    check_cut(t, 0, 0, 5, 0, 0);
    check_cut(t, 9, 9, 5, 1, 1);
    Encoding e;
    tokenizer_encode(t, arena, "x x x x", NULL, 5, &e);
    CHECK(e.count == 5 && e.token[4] == 3 && e.truncated);
    tokenizer_encode(t, arena, "x x x ", NULL, 5, &e);
    CHECK(e.count == 5 && !e.truncated);
}

static void the_longer_text_of_a_pair_is_cut_first(void)
{
    with_arena(&arena, cut_pairs);
}

static void order_marks(void)
{
    // Hangul tone marks (Mc) U+302E and U+302F have class 224, U+1D165 (Mc) 216; U+0345 is Mn of
    // class 240, U+034F is Mn of class 0 and keeps what is on its two sides apart.
    Error error;
    const Tokenizer *t = parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##\u302e\n##\u302f\n##\U0001d165\n"
                               "\u302e\n##a\n",
                               true, &error);
    if (!CHECK(t))
        return;
    CHECK_TEXT(encoded(t, "a\u302e\u0345\U0001d165"), "[CLS] a ##\U0001d165 ##\u302e [SEP]");
    CHECK_TEXT(encoded(t, "a\u302e\u034f\U0001d165"), "[CLS] a ##\u302e ##\U0001d165 [SEP]");
    CHECK_TEXT(encoded(t, "a\u302e\u200b\x01\U0001d165"), "[CLS] a ##\U0001d165 ##\u302e [SEP]");
    CHECK_TEXT(encoded(t, "a\u302f\u302e"), "[CLS] a ##\u302f ##\u302e [SEP]"); // of one class
    CHECK_TEXT(encoded(t, "a\u302ea\u302e a"), "[CLS] a ##\u302e ##a ##\u302e a [SEP]");
    char marks[3 * 150 + 1] = "";
    for (size_t i = 0; i < 150; i++)
        memcpy(marks + 3 * i, "\u302e", 4);
    CHECK_TEXT(encoded(t, marks), "[CLS] [UNK] [SEP]");
    marks[3 * 101] = '\0';
    CHECK_TEXT(encoded(t, marks), "[CLS] [UNK] [SEP]");
    marks[3 * 100] = '\0';
    Encoding e;
    tokenizer_encode(t, arena, marks, NULL, 128, &e);
    CHECK(e.count == 102 && e.token[1] == 8 && e.token[100] == 5); // a word of 100 characters
}

static void marks_are_put_in_canonical_order(void)
{
    with_arena(&arena, order_marks);
}

static bool same_numbers(const json_t *list, const int32_t *number, size_t count)
{
    bool same = json_array_size(list) == count;
    for (size_t i = 0; same && i < count; i++)
        same = json_integer_value(json_array_get(list, i)) == number[i];
    return same;
}

// NUL, which no text here can hold, is dropped by the same rule as U+0001.
static json_t *line_to_json(char *line)
{
    for (char *at = line; (at = strstr(at, "\\u0000")); at += 6)
        at[5] = '1';
    return json_loads(line, 0, NULL);
}

// Runs each line of a file of expected ids through a tokenizer; returns how many lines there were.
static size_t check_lines(const char *path, const Tokenizer *(*tokenizer_of)(const json_t *row))
{
    Bytes bytes;
    Error error;
    size_t rows = 0;
    if (!CHECK(file_read(arena, path, &bytes, &error)))
        return 0;
    char *text = arena_text(arena, (const char *)bytes.data), *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest), rows++) {
        json_t *row = line_to_json(line);
        const Tokenizer *tokenizer = tokenizer_of(row);
        const json_t *max_length = json_object_get(row, "max_length");
        if (!CHECK(row && tokenizer))
            break;
        Encoding e;
        tokenizer_encode(tokenizer, arena, json_string_value(json_object_get(row, "text")),
                         json_string_value(json_object_get(row, "text_b")),
                         max_length ? (size_t)json_integer_value(max_length) : 128, &e);
        if (!CHECK(same_numbers(json_object_get(row, "ids"), e.token, e.count) &&
                   same_numbers(json_object_get(row, "type_ids"), e.type, e.count)))
            printf("%.300s\n  here %s\n", line, joined(tokenizer, &e));
        json_decref(row);
    }
    return rows;
}

static const Tokenizer *fixture[2];

static const Tokenizer *of_fixture(const json_t *row)
{
    return fixture[!strcmp(json_string_value(json_object_get(row, "vocab")), "own")];
}

static const Tokenizer *read_vocabulary(const char *path)
{
    Bytes bytes;
    Error error;
    if (!file_read(arena, path, &bytes, &error))
        return NULL;
    return tokenizer_parse(arena, bytes, path, true, &error);
}

static void run_fixtures(void)
{
    if (!shared_folder() || !file_exists("../shared/reference/tokens/fixtures.jsonl")) {
        skip("no ../shared/reference/tokens");
        return;
    }
    fixture[0] = read_vocabulary("../shared/reference/tokens/vocab-bert-base-uncased.txt");
    fixture[1] = read_vocabulary("../shared/reference/tokens/vocab-own.txt");
    CHECK(check_lines("../shared/reference/tokens/fixtures.jsonl", of_fixture) == 829);
}

static void the_fixtures_of_another_tokenizer_are_met(void)
{
    with_arena(&arena, run_fixtures);
}

static const Tokenizer *of_model(const json_t *row)
{
    (void)row;
    return fixture[0];
}

static void run_model(void)
{
    Error error;
    if (!shared_folder() || !file_exists("../shared/models/all-MiniLM-L6-v2/expected.jsonl")) {
        skip("no ../shared/models/all-MiniLM-L6-v2");
        return;
    }
    fixture[0] = tokenizer_read(arena, "../shared/models/all-MiniLM-L6-v2", &error);
    CHECK(check_lines("../shared/models/all-MiniLM-L6-v2/expected.jsonl", of_model) == 8);
}

static void the_ids_of_a_published_model_are_met(void)
{
    with_arena(&arena, run_model);
}

static void read_bundled(void)
{
    Error error;
    const Tokenizer *t = tokenizer_read(arena, "models/bundled/tiny", &error);
    if (!CHECK(t))
        return;
    CHECK(tokenizer_vocabulary(t) == 8192 && tokenizer_id(t, "[MASK]") == 4);
    CHECK(tokenizer_capitals(t) == 0);
    CHECK_TEXT(encoded(t, "The film was good."), "[CLS] the film was good . [SEP]");
}

static void the_bundled_vocabulary_is_read(void)
{
    with_arena(&arena, read_bundled);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void time_sst2(void)
{
    const char *data = getenv("TUNEMARK_DATA");
    const char *path = data ? path_join(arena, data, "sst2/train.tsv") : "";
    Error error;
    Bytes bytes;
    if (!file_exists(path)) {
        skip("no sst2/train.tsv in TUNEMARK_DATA");
        return;
    }
    double start = now();
    const Tokenizer *t = tokenizer_read(arena, "models/bundled/tiny", &error);
    if (!CHECK(t) || !CHECK(file_read(arena, path, &bytes, &error)))
        return;
    char *text = arena_text(arena, (const char *)bytes.data), *rest = NULL;
    size_t texts = 0, tokens = 0;
    int32_t token[128], type[128];
    Encoding e = { .token = token, .type = type };
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest), texts++) {
        line[strcspn(line, "\t")] = '\0';
        tokenizer_encode_into(t, line, NULL, 128, &e);
        tokens += e.count;
    }
    double seconds = now() - start;
    CHECK(texts == 67350 && tokens > 9 * texts);
    bool fast = strstr(version_flags, "-O3"); // neither SAN=1 nor DEBUG=1
    if (!CHECK(seconds < 1 || !fast))
        printf("%zu tokens in %g s\n", tokens, seconds);
}

static void the_training_texts_of_sst2_take_less_than_a_second(void)
{
    with_arena(&arena, time_sst2);
}

void suite_tokenizer(void)
{
    ADD(the_longest_piece_comes_first_and_a_dead_end_is_unknown);
    ADD(case_accents_and_ideographs_follow_the_settings);
    ADD(a_setting_that_is_not_honoured_is_refused);
    ADD(a_settings_file_that_leads_nowhere_is_refused);
    ADD(special_tokens_of_older_folders_are_read);
    ADD(a_faulty_vocabulary_is_refused_with_its_line);
    ADD(windows_line_ends_a_mark_and_a_missing_end_are_read);
    ADD(pieces_that_lower_case_hides_are_counted);
    ADD(the_longer_text_of_a_pair_is_cut_first);
    ADD(marks_are_put_in_canonical_order);
    ADD(the_fixtures_of_another_tokenizer_are_met);
    ADD(the_ids_of_a_published_model_are_met);
    ADD(the_bundled_vocabulary_is_read);
    ADD(the_training_texts_of_sst2_take_less_than_a_second);
}
