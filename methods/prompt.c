// prompt: trained rows in front of every sentence.
//
//   x0' = [P ; x0]          P: l x H, after the embeddings' LayerNorm and dropout
//
// Lester et al. 2021 (arXiv 2104.08691), section 2. The rows have no position and no type; what is
// pooled is the real [CLS] or the real rows. A row starts as N(0, 1), the scale of an embedding
// after its LayerNorm: rows at 0.02 get nearly the same gradient, and Adam moves them as one. With
// `vocab` it starts as the embedding (as of position none, type 0) of a word drawn among the most
// frequent ones of the training split, which was better in section 3.2; such rows share the
// embeddings' mean, and are 3 of 16 by their effective rank.

#include "base/random.h"
#include "methods/method.h"

typedef struct {
    int64_t length;
    int init;
    double init_sd;
} Prompt;
enum { VOCAB, NORMAL, MOST_FREQUENT = 5000 };

static const Option options[] = {
    { "length", OPTION_WHOLE, offsetof(Prompt, length), "16", 1, 256, NULL, "rows l" },
    { "init", OPTION_CHOICE, offsetof(Prompt, init), "normal", 0, 0, "vocab|normal",
      "where the rows start: at words, or about 0" },
    { "init_sd", OPTION_REAL, offsetof(Prompt, init_sd), "1", 0, 2, NULL,
      "standard deviation of normal" },
    OPTION_END,
};

typedef struct {
    const Words *words;
    double epsilon;
} Vocabulary;

// LN(word[id] + type[0]); from: word, type, gain, offset. Without a split of the whole vocabulary.
static void rows_of_words(float *out, const Parameter *parameter, const Matrix *from,
                          uint64_t init_seed)
{
    const Vocabulary *vocabulary = parameter->start->with;
    const Words *words = vocabulary->words;
    size_t l = (size_t)parameter->rows, H = (size_t)parameter->cols;
    Matrix rows = { out, l, H, H };
    for (size_t i = 0; i < l; i++) {
        Random4 bits = random_at(init_seed, STREAM_INIT, random_name(parameter->name), i);
        size_t most = words->count < MOST_FREQUENT ? words->count : MOST_FREQUENT;
        size_t id = words->count ? (size_t)words->id[random_below(bits, most)]
                                 : (size_t)random_below(bits, from[0].rows);
        add_scaled(rows_of(rows, i, 1), rows_of(from[0], id, 1), rows_of(from[1], 0, 1), 1, false);
    }
    layernorm(rows, (Matrix){ 0 }, (Matrix){ 0 }, rows, (Matrix){ 0 }, from[2], from[3],
              vocabulary->epsilon);
}

static Value embedded(Build *build, const Embedded *at, const void *chosen)
{
    const Prompt *prompt = chosen;
    Value rows = trained_matrix(build, prompt->length, build->config->hidden,
                                init_normal(prompt->init_sd), "rows");
    if (prompt->init == VOCAB) {
        Vocabulary *with = arena_zero(build->graph->arena, 1, sizeof *with);
        *with = (Vocabulary){ build->words, build->config->epsilon };
        starts_from(build, rows, rows_of_words, with,
                    (Value[]){ at->word, at->type, at->gain, at->offset });
    }
    return rows_in_front(build->graph, rows, at->x);
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    const Prompt *prompt = chosen;
    (void)pooler;
    return prompt->length * config->hidden;
}

const Method method_prompt = {
    .name = "prompt",
    .summary = "trained rows in front of every sentence",
    .paper = "Lester et al. 2021, arXiv 2104.08691",
    .claims = READS_WORDS,
    .options = options,
    .options_size = sizeof(Prompt),
    .rate = { 3e-2, 3e-2, 3e-2, 3e-2 },
    .embedded = embedded,
    .count = count,
};
