// config.h: a model's config.json, as Hugging Face writes it.
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H
#include "base/file.h"
#include "engine/kernels.h"

// Architectures; the key model_type, which an early BERT lacks.
typedef enum {
    MODEL_BERT,
    MODEL_DISTILBERT,
    MODEL_ROBERTA,
    MODEL_GPT2,
    MODEL_LLAMA,
    MODEL_FALCON,
    MODEL_TYPES
} ModelType;
extern const char *const model_type_names[]; // by ModelType, NULL-terminated

// All sizes of a model, under the names that papers use; which key each has follows from the type.
typedef struct {
    ModelType type;
    int64_t vocabulary, hidden, layers, heads, intermediate;
    int64_t positions;     // of a text at most; where positions are learned the rows of their table
    int64_t types;         // rows of the table of token types; 0: there is none
    int64_t kv_heads;      // heads of keys and values; heads, or fewer
    Activation activation; // hidden_act: gelu, gelu_new, relu; of llama silu
    double hidden_dropout, attention_dropout;
    double classifier_dropout; // null or absent: hidden_dropout
    double epsilon;            // of its norms
    double initializer_range;  // 0.02 where absent
    double rotary_base;        // rope_theta; 10000 where absent
    bool two_norms;            // falcon: attention and feed-forward layer have one each
    int64_t padding;           // of roberta pad_token_id, 1 where absent; else 0
    bool type_assumed;         // there is no model_type: bert was assumed
    bool untied;               // tie_word_embeddings is false: the decoder has a table of its own
} Config;

// Tokens of a text at most: of roberta the rows of its table less those up to the padding's id.
int64_t config_longest(const Config *config);
// Tokens of a run's longest text: as asked, or as many as the model takes. Fewer than [CLS], a
// token and [SEP], or of a pair five, are refused.
bool config_length(const Config *config, int64_t asked, bool pairs, int64_t *length, Error *error);

// A key that would change the function and is not honoured is refused (an unknown model_type, an
// activation, position_embedding_type, is_decoder, alibi, ...); other keys are ignored. Every size
// is checked against bounds, and hidden mod heads must be 0. rope_scaling is ignored: it turns the
// rotary positions otherwise and changes no size, and weights of such types are not read yet.
bool config_parse(Bytes bytes, const char *file, Config *config, Error *error);
bool config_read(const char *path, Config *config, Error *error);
#endif
