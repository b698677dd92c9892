// sites.h: what the files of the architectures build with: parameters that the method is asked
// about, and the sites where its hooks are asked. An architecture is one Architecture; describe.c
// lists them by the type of the config.
#ifndef MODEL_SITES_H
#define MODEL_SITES_H
#include "model/describe.h"

typedef struct Architecture Architecture;
// A graph being described.
typedef struct {
    const Description *is;
    const Architecture *architecture;
    Build build;
    Graph *graph;
} Builder;

// Names in a layer of a checkpoint.
typedef struct {
    const char *q, *k, *v, *out;
} AttentionNames;

// The post-LN encoder's, which BERT and its relatives share (encoder.c).
typedef struct {
    AttentionNames attention;
    const char *attn_norm, *ffn_mid, *ffn_out, *ffn_norm;
    bool typed; // there is a table of token types
} EncoderNames;
extern const EncoderNames bert_names; // RoBERTa's, too
Value post_norm_encoder(Builder *builder);

struct Architecture {
    Value (*encoder)(Builder *builder); // -> tokens x hidden
    const char *model, *layers;         // their names in the checkpoint: layers.0 is the first
    const EncoderNames *names;          // of a post_norm_encoder
    bool no_bias;                       // its linear layers have none
    // The masked-language-model loss of the encoder's output at the picked tokens; NULL: none
    // known.
    Value (*mlm)(Builder *builder, Value x);
    const char
        *pooler;     // its name in the checkpoint; of one that has none, what is to be drawn anew
    bool has_pooler; // checkpoints of this type bring it
    bool causal;     // a token sees what is before it: the last one stands for the text
    bool rotary;     // heads of q and k are turned by their positions
    bool readable;   // weights and tokenizer can be read
};
extern const Architecture architecture_bert, architecture_distilbert, architecture_roberta,
    architecture_gpt2, architecture_llama, architecture_falcon;

// ---- parameters, by their names in the checkpoint

// That no method is asked about.
Value checkpoint_parameter(Builder *builder, const char *name, Kind kind, Site site, int64_t rows,
                           int64_t cols, bool is_trained);
Value parameter_at(Builder *builder, const char *name, Kind kind, Site site, int layer,
                   int64_t rows, int64_t cols);

typedef struct {
    Value gain, offset; // offset NO_VALUE: it has none
} Norm;
Norm norm_at(Builder *builder, const char *name, Site site, int layer);  // NAME.weight, NAME.bias
Value gain_at(Builder *builder, const char *name, Site site, int layer); // NAME.weight alone
Value table_at(Builder *builder, const char *name, int64_t rows);        // of embeddings
const char *layer_name(Builder *builder, int layer, const char *rest);   // LAYERS.0.REST

// ---- sites

// The layer's linear layer NAME on x, as the method makes it. (A site's second one has
// build.second.)
Value linear_at(Builder *builder, Site site, int layer, const char *name, Value x, int64_t in,
                int64_t out);
Value branch_at(Builder *builder, Branch at);
Value embedded_at(Builder *builder, Embedded at);
// `width` columns of keys and values; both NO_VALUE where the method adds none.
KeysValues keys_values_at(Builder *builder, int layer, int64_t width);
// The layer's four linear layers of attention, and attention among them; n: what they read.
Value attention_at(Builder *builder, int layer, const AttentionNames *names, Value n);
// And its feed-forward layer: one linear layer, the activation, another.
Value feed_forward_at(Builder *builder, int layer, const char *mid, const char *out, Value n);
// What a hook answered; without an answer nothing can be built.
Value answered(Builder *builder, Value value, const char *hook);

// Word embeddings, without positions or types; then x through the layers, each a block of its own.
Value words_at(Builder *builder, const char *name);
Value through_layers(Builder *builder, Value x,
                     Value (*layer_of)(Builder *builder, int layer, Value x));
void place_at(Builder *builder, int layer, const char *what); // of the nodes that follow
#endif
