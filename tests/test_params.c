// What a method trains, counted from config.json alone: the published counts of six sizes of BERT,
// of RoBERTa and DistilBERT, and of decoders.
#include "tests/program.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "run/resolve.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    int layers, hidden, heads;
} Size;

static const Size sizes[] = { { "bert-tiny", 2, 128, 2 },   { "bert-mini", 4, 256, 4 },
                              { "bert-small", 4, 512, 8 },  { "bert-medium", 8, 512, 8 },
                              { "bert-base", 12, 768, 12 }, { "bert-large", 24, 1024, 16 } };

// Of models/configs, which has no number but its sizes; NULL: there is none.
static const char *config_there(Arena *arena, const char *name)
{
    const char *path =
        arena_format(arena, "%s/models/configs/%s/config.json", home_folder(arena), name);
    return file_exists(path) ? path : NULL;
}

static const char *config_of(Arena *arena, const char *folder, const Size *size)
{
    const char *path = arena_format(arena, "%s/%s.json", folder, size->name);
    write_text(path, arena_format(arena,
                                  "{\"vocab_size\": 30522, \"hidden_size\": %d, "
                                  "\"num_hidden_layers\": %d, \"num_attention_heads\": %d, "
                                  "\"intermediate_size\": %d, \"max_position_embeddings\": 512, "
                                  "\"type_vocab_size\": 2, \"hidden_act\": \"gelu\", "
                                  "\"hidden_dropout_prob\": 0.1, "
                                  "\"attention_probs_dropout_prob\": 0.1}",
                                  size->hidden, size->layers, size->heads, 4 * size->hidden));
    return path;
}

// The cells of the second line of --csv, by the names of the first.
static const char *cell(Arena *arena, const char *csv, const char *name)
{
    size_t lines, names, cells;
    char **line = text_split(arena, csv, '\n', &lines);
    char **header = text_split(arena, lines > 1 ? line[0] : "", ',', &names);
    char **value = text_split(arena, lines > 1 ? line[1] : "", ',', &cells);
    for (size_t i = 0; i < names && i < cells; i++)
        if (!strcmp(header[i], name))
            return value[i];
    return "";
}

typedef struct {
    const char *row;   // as the table names it
    const char *words; // what `params` is told
    bool shares;       // the encoder has the pooler, as the table's has
} Counted;

static const Counted counted[] = {
    { "full", "--method full --head pooler", true },
    { "head (pooler)", "--method head --head pooler", true },
    { "head (linear)", "--method head --head linear", false },
    { "bitfit all", "--method bitfit --head pooler", true },
    { "bitfit query_ffn", "--method bitfit --subset query_ffn --head linear", false },
    { "lora r=8 q,v", "--method lora --head pooler", true },
    { "lora r=8 all six", "--method lora --targets all --head pooler", true },
    { "topk layers=1", "--method topk --head linear", false },
    { "lntune", "--method lntune --head pooler", true },
    { "ia3", "--method ia3 --head pooler", true },
    { "dora r=8 q,v", "--method dora --head pooler", true },
    { "prefix l=16", "--method prefix --head pooler", true },
    { "prefix l=16, MLP (training)", "--method prefix --reparam mlp --head pooler", true },
    { "prompt l=16", "--method prompt --head pooler", true },
    { "adapter houlsby (+LN)", "--method adapter --head pooler", true },
    { "adapter pfeiffer", "--method adapter --variant pfeiffer --head pooler", true },
    { "adapter parallel", "--method adapter --variant parallel --head pooler", true },
};

// model, encoder, trained_without_head, trained_with_head of rows that stand in the table, so that
// something is compared where the table is not.
static const struct {
    const char *model, *row, *encoder, *without, *with, *share, *nonembedding;
} published[] = {
    { "bert-tiny", "lora r=8 q,v", "4385920", "8192", "8450", "0.00186780", "0.01983266" },
    { "bert-tiny", "bitfit query_ffn", "", "1280", "1538", "", "" },
    { "bert-mini", "bitfit all", "11170560", "11776", "12290", "0.00105420", "0.00365166" },
    { "bert-medium", "head (pooler)", "41373184", "262656", "263682", "0.00634846", "0.01030762" },
    { "bert-base", "lora r=8 q,v", "109482240", "294912", "296450", "0.00269370", "0.00344342" },
    { "bert-tiny", "adapter houlsby (+LN)", "4385920", "18240", "18498", "0.00415876",
      "0.04415866" },
    { "bert-mini", "prefix l=16, MLP (training)", "11170560", "596224", "596738", "0.05337458",
      "0.18488529" },
    { "bert-large", "full", "335141888", "335141888", "335143938", "1.00000000", "1.00000000" },
};

static void compare(Arena *arena, const char *said, const char *const expected[5], bool shares)
{
    if (shares) {
        CHECK_TEXT(cell(arena, said, "encoder"), expected[0]);
        CHECK_TEXT(cell(arena, said, "method_share"), expected[3]);
        CHECK_TEXT(cell(arena, said, "method_share_nonembedding"), expected[4]);
    }
    CHECK_TEXT(cell(arena, said, "trained_without_head"), expected[1]);
    CHECK_TEXT(cell(arena, said, "trained"), expected[2]);
}

static const Size *size_find(const char *name)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (!strcmp(sizes[i].name, name))
            return &sizes[i];
    return NULL;
}

static const Counted *counted_find(const char *row)
{
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (!strcmp(counted[i].row, row))
            return &counted[i];
    return NULL;
}

static void counts_of_known_models_are_the_published_ones(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder();
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const Counted *c = counted_find(published[i].row);
        Said said = program(arena, NULL, "params --model %s %s --csv",
                            config_of(arena, folder, size_find(published[i].model)), c->words);
        CHECK(said.status == 0 && !*said.err);
        compare(arena, said.out,
                (const char *const[]){ published[i].encoder, published[i].without,
                                       published[i].with, published[i].share,
                                       published[i].nonembedding },
                c->shares);
    }
    arena_free(arena);
}

// Without the quotes that a name with a comma has.
static char **cells_of(Arena *arena, char *line, size_t *count)
{
    char *quote = strchr(line, '"'), *end = quote ? strchr(quote + 1, '"') : NULL;
    for (char *at = quote; at && at < end; at++)
        if (*at == ',')
            *at = ';';
    return text_split(arena, line, ',', count);
}

static const char *with_pooler(Arena *arena, const char *words)
{
    int length = (int)(strstr(words, "--head ") - words);
    return arena_format(arena, "%.*s--head pooler", length, words);
}

// As published or as their checkpoints hold. GPT-2's and Falcon's language-model head is their
// table of words; Llama's is a matrix of that size beside it, which is not in the graph: a
// classifier takes its place.
static void totals_of_known_models_are_the_published_ones(void)
{
    static const struct {
        const char *model;
        long long total, head;
    } of[] = { { "bert-base", 108891648, 0 }, // without its pooler, 590,592
               { "gpt2", 124439808, 0 },
               { "llama-2-7b", 6738415616, 32000LL * 4096 },
               { "llama-2-70b", 68976648192, 32000LL * 8192 },
               { "falcon-7b", 6921720704, 0 },
               { "falcon-40b", 41303293952, 0 },
               { "roberta-base", 124055040, 0 },
               { "distilbert-base", 66362880, 0 } };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Said said = program(arena, NULL, "params --model %s --method null --csv",
                            config_there(arena, of[i].model));
        CHECK(said.status == 0 && !*said.err);
        if (!CHECK(strtoll(cell(arena, said.out, "encoder"), NULL, 10) + of[i].head == of[i].total))
            printf("%s: %s\n", of[i].model, cell(arena, said.out, "encoder"));
    }
    arena_free(arena);
}

// Raschka 2023 tuned 3,506,176 of Falcon-7B's numbers by LoRA of rank 8 on q and v: by what the
// paper calls query_key_value here q and v alone. The last norm, and an RMSNorm without offset,
// count once.
static void counts_on_decoders_by_hand(void)
{
    static const struct {
        const char *words, *model;
        long long trained; // without head
    } of[] = {
        // q: r (H + H), v: r (H + H / 71), 32 layers
        { "lora", "falcon-7b", 32 * 8 * (4544 * 2 + 4544 + 64) },
        { "lora --targets ffn_mid", "llama-2-7b", 32LL * 2 * 8 * (4096 + 11008) }, // up, gate
        { "lora --targets all", "gpt2", 12 * 8 * (4 * 2 * 768 + 2 * 5 * 768) },
        { "lntune", "llama-2-70b", 8192 * (2 * 80 + 1) },
        { "lntune", "gpt2", 2 * 768 * (2 * 12 + 1) },
        { "lntune", "falcon-40b", 2 * 8192 * (2 * 60 + 1) },
        { "bitfit", "gpt2",
          12 * (768 * (4 + 4 + 1 + 2)) + 768 }, // c_attn, c_proj, MLP, offsets; last
        { "bitfit", "llama-2-7b", 0 },
        { "ia3", "falcon-40b", 60 * (2 * 8192 / 16 + 4 * 8192) }, // k, v: a sixteenth each
        { "prefix", "falcon-7b", 32 * 2 * 16 * 64 },
        { "prompt", "llama-2-7b", 16 * 4096 },
        { "topk", "llama-2-7b", 4LL * 4096 * 4096 + 3LL * 4096 * 11008 + 2 * 4096 },
        { "adapter", "gpt2", 12 * 2 * (2 * 768 * 64 + 64 + 768) + 2 * 768 * 25 },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    CHECK(of[0].trained == 3506176);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        Said said = program(arena, NULL, "params --model %s --method %s --csv",
                            config_there(arena, of[i].model), of[i].words);
        const char *trained = cell(arena, said.out, "trained_without_head");
        if (!CHECK(strtoll(trained, NULL, 10) == of[i].trained))
            printf("%s, %s: %s; should be %lld\n", of[i].model, of[i].words, trained,
                   of[i].trained);
    }
    arena_free(arena);
}

static void every_row_of_the_reference_table_is_reproduced(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *folder = test_folder(), *shared = shared_folder();
    const char *path =
        path_join(arena, shared ? shared : "", "reference/training/param_counts.csv");
    size_t lines, compared = 0;
    if (!shared || !file_exists(path)) {
        skip("no %s", path);
        arena_free(arena);
        return;
    }
    char **line = text_split(arena, read_text(arena, path), '\n', &lines);
    for (size_t i = 1; i < lines; i++) {
        size_t cells;
        char **value = cells_of(arena, line[i], &cells);
        const Size *size = cells == 12 ? size_find(value[0]) : NULL;
        const char *config = size          ? config_of(arena, folder, size)
                             : cells == 12 ? config_there(arena, value[0])
                                           : NULL;
        const char *row = config ? value[7] : "";
        if (*row == '"') // "lora r=8 q,v"
            row = arena_format(arena, "%.*s", (int)strlen(row) - 2, row + 1);
        char *semicolon = strchr(row, ';');
        if (semicolon)
            *semicolon = ',';
        const Counted *c = counted_find(row);
        if (!c)
            continue;
        // Their classifier stands on a dense layer that is new and counts as head in every row.
        const char *words = size ? c->words : with_pooler(arena, c->words);
        bool shares = c->shares || !size;
        Said said = program(arena, NULL, "params --model %s %s --csv", config, words);
        compare(arena, said.out,
                (const char *const[]){ value[3], value[8], value[9], value[10], value[11] },
                shares);
        if (shares) // the table's total is without what the method adds
            CHECK(strtoll(cell(arena, said.out, "total"), NULL, 10) -
                      strtoll(cell(arena, said.out, "method_new"), NULL, 10) ==
                  strtoll(value[6], NULL, 10));
        compared++;
    }
    CHECK(compared == 8 * sizeof counted / sizeof *counted);
    arena_free(arena);
}

static void a_run_s_row_counts_what_params_prints(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *task = small_task(arena, test_folder(), "task");
    for (size_t m = 0; methods[m]; m++) {
        Request request;
        Resolved r;
        FilesRead *files = files_new(arena);
        CHECK(small_request(arena, methods[m]->name, task, NULL, &request, &error));
        CHECK(resolve(arena, files, &request, &r, &error));
        Said said = program(arena, NULL, "params --model tiny --method %s --csv", methods[m]->name);
        static const char *const same[][2] = { { "params_total", "total" },
                                               { "params_embedding", "embedding" },
                                               { "params_trained", "trained" },
                                               { "params_method", "method_new" },
                                               { "params_head", "head" } };
        for (size_t i = 0; i < sizeof same / sizeof *same; i++)
            CHECK_TEXT(cell(arena, said.out, same[i][1]),
                       row_text(arena, &r.row, row_find(same[i][0])));
        CHECK_CLOSE(strtod(cell(arena, said.out, "method_share"), NULL), r.row.method_share, 1e-8);
        CHECK_CLOSE(strtod(cell(arena, said.out, "trained_share"), NULL), r.row.trained_share,
                    1e-8);
    }
    arena_free(arena);
}

static void each_parameter_is_listed_and_together_they_are_the_total(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    Said said = program(arena, NULL, "params --model tiny --method lora --all");
    size_t lines;
    char **line = text_split(arena, said.out, '\n', &lines);
    long long total = 0, trained = 0, rows, cols;
    char name[128], what[16];
    for (size_t i = 0; i < lines; i++)
        if (sscanf(line[i], "%127s %lld x %lld %15s", name, &rows, &cols, what) == 4) {
            total += rows * cols;
            trained += strcmp(what, "trained") == 0 ? rows * cols : 0;
        }
    CHECK(total == 1519618 && trained == 8450);
    arena_free(arena);
}

// topics has ten labels: 10 (H + 1) numbers, H = 128; a score is one.
static void the_head_is_that_of_the_task(void)
{
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    const char *scores = arena_format(arena, "--task %s", small_pairs(arena, test_folder(), "p"));
    const char *const words[] = { "--task topics", "--labels 10", "--batch 8", scores };
    static const char *const head[] = { "1290", "1290", "258", "129" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Said said = program(arena, NULL, "params --model tiny --method lora --head linear --csv %s",
                            words[i]);
        CHECK_TEXT(cell(arena, said.out, "head"), head[i]);
    }
    arena_free(arena);
}

static void what_is_of_a_run_alone_is_refused(void)
{
    static const struct {
        const char *words, *part;
    } of[] = {
        { "params --task nosuch", "task: 'nosuch' is unknown" },
        { "params --task topics --labels 3", "--labels is given, too" },
        { "params --csv --all", "--csv is given, too" },
        { "params --fold 3 --task topics", "fold" },
        { "params --save x",
          "--save: is of a run, and nothing is written here; should be left out" },
        { "params --heldout x", "--heldout: is of a run, and no texts are read here" },
        { "params --study x", "--study: is of a run, and no row is written here" },
        { "params --winner_on_edge yes", "--winner-on-edge: is of a run, and no row is written" },
        { "graph --out x", "--out: is of a run, and nothing is written here" },
        { "graph --task reviews --profile yes", "--profile: is of a run, and no run is made here" },
        { "graph --train-limit 8",
          "--train-limit: is of a run, and no task is given; should be be" },
        { "graph --recompute yes", "--recompute: is of a run, and no task is given" },
    };
    Error error;
    Arena *arena = arena_new(ARENA_RUN, &error);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        CHECK_REFUSED(program(arena, NULL, "%s --model tiny --method lora", of[i].words), 2,
                      of[i].part);
    arena_free(arena);
}

void suite_params(void)
{
    ADD(the_head_is_that_of_the_task);
    ADD(what_is_of_a_run_alone_is_refused);
    ADD(counts_of_known_models_are_the_published_ones);
    ADD(totals_of_known_models_are_the_published_ones);
    ADD(counts_on_decoders_by_hand);
    ADD(every_row_of_the_reference_table_is_reproduced);
    ADD(a_run_s_row_counts_what_params_prints);
    ADD(each_parameter_is_listed_and_together_they_are_the_total);
}
