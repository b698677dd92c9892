// operators.h: the operators as functions of values: how a model or a method is described.
//
// Shapes are checked where a node is added; a mismatch is our own mistake in a model, and a
// method's author sees it as a message with both shapes. NO_VALUE stands for an absent optional
// input.
#ifndef ENGINE_OPERATORS_H
#define ENGINE_OPERATORS_H
#include "engine/graph.h"

// x: T x in, W: out x in, b: 1 x out or NO_VALUE -> x W^T + b
Value linear(Graph *graph, Value x, Value W, Value b);
// The same with parameters of its own. Nodes that are added next stand at NAME, too.
typedef struct {
    const char *name; // NAME.weight, NAME.bias; outlives the graph
    int64_t out, in;
    double deviation; // of the weights at the start, which are normal; the bias starts at 0
    bool trained;
    int part;
} Dense;
Value dense_layer(Graph *graph, Value x, const Dense *is);
Value product_t(Graph *graph, Value a, Value b); // a b^T
Value product_n(Graph *graph, Value a, Value b); // a b
Value add(Graph *graph, Value a, Value b);
Value add_scaled_value(Graph *graph, Value a, Value b, double scale);       // a + scale b
Value add_product_t(Graph *graph, Value y, Value a, Value b, double scale); // y + scale a b^T
Value multiply_values(Graph *graph, Value a, Value b);
Value scale_columns(Graph *graph, Value a, Value v);  // a diag(v), v: 1 x columns
Value scale_each_row(Graph *graph, Value a, Value v); // diag(v) a, v: 1 x rows
// Each row / its length; with constant_length the length is a number to the gradient.
Value unit_length_rows(Graph *graph, Value x, bool constant_length);
Value some_columns(Graph *graph, Value x, int64_t first, int64_t cols);
// In front of each sequence of x (over tokens) the same rows (l x H).
Value rows_in_front(Graph *graph, Value rows, Value x);
Value activate(Graph *graph, Activation which, Value x);
Value dropout(Graph *graph, Value x, double rate); // x itself at rate 0; a site of its own
// The same with sites counted apart, so that a method's dropout moves none of the model's masks.
Value side_dropout(Graph *graph, Value x, double rate);
// LN(x + residual); residual may be NO_VALUE
Value normalise(Graph *graph, Value x, Value residual, Value gain, Value offset, double epsilon);
// -> tokens x H; without type, or without position and type
Value embed(Graph *graph, Value word, Value position, Value type);
// Each row / the root of its mean square, times gain
Value normalise_rms(Graph *graph, Value x, Value gain, double epsilon);
// Each head of `size` columns turned by its row's position in the sequence
Value rotate(Graph *graph, Value x, int64_t size, double base);
// c (tokens x H); extra keys and values l x H or both NO_VALUE
Value attend(Graph *graph, Value q, Value k, Value v, Value extra_k, Value extra_v, int heads,
             double dropout_rate);
// The same where a token meets itself, what is before it, and the extra keys. k and v, the extra
// ones too, may have fewer heads: kv_heads, which divide heads.
Value attend_before(Graph *graph, Value q, Value k, Value v, Value extra_k, Value extra_v,
                    int heads, int kv_heads, double dropout_rate);
Value first_token(Graph *graph, Value x);   // sequences x H
Value last_token(Graph *graph, Value x);    // sequences x H
Value picked_tokens(Graph *graph, Value x); // selected x H
Value mean_tokens(Graph *graph, Value x);   // sequences x H
Value cross_entropy_loss(Graph *graph, Value logits);
Value squared_error_loss(Graph *graph, Value logits);
Value tied_cross_entropy_loss(Graph *graph, Value z, Value word, Value bias);
#endif
