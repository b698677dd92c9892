// config.h: a checkpoint's config.json.
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H
#include "base/file.h"
#include "engine/kernels.h"

// All sizes of a BERT-family encoder, under the names that papers and config.json use.
typedef struct {
    int64_t vocabulary, hidden, layers, heads, intermediate, positions, types;
    Activation activation; // hidden_act: gelu, gelu_new, relu
    double hidden_dropout, attention_dropout;
    double classifier_dropout; // null or absent: hidden_dropout
    double epsilon;            // layer_norm_eps; 1e-12 where absent
    double initializer_range;  // 0.02 where absent
    int64_t padding;           // pad_token_id; 0 where absent
} Config;

// A key that would change the function and is not honoured is refused (model_type other than bert,
// hidden_act, position_embedding_type, is_decoder, add_cross_attention, pruned_heads); other keys
// are ignored. Every size is checked against bounds, and hidden mod heads must be 0.
bool config_parse(Bytes bytes, const char *file, Config *config, Error *error);
bool config_read(const char *path, Config *config, Error *error);
#endif
