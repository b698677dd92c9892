// op_impl.h: what the operators' files share, and nobody else.
#ifndef ENGINE_OP_IMPL_H
#define ENGINE_OP_IMPL_H
#include "engine/operator.h"
#include "engine/operators.h"
#include "engine/product.h"
#include "engine/step.h"

extern const Operator op_linear, op_add_product, op_add, op_activation, op_layernorm,
    op_layernorm_grad, op_rmsnorm, op_rmsnorm_grad, op_rotary, op_attention, op_attention_grad,
    op_embedding, op_embedding_grad, op_first_rows, op_first_grad, op_last_rows, op_last_grad,
    op_picked_rows, op_mean_rows, op_mean_grad, op_cross_entropy, op_squared_error,
    op_tied_cross_entropy, op_scale_columns, op_products_of_columns, op_scale_rows,
    op_products_of_rows, op_unit_rows, op_unit_rows_grad, op_columns, op_columns_grad, op_in_front,
    op_in_front_grad, op_packed_linear, op_packed_product;

bool linear_size(Graph *graph, const Node *node, ValueInfo *out);
double linear_flops(const Graph *graph, const Node *node, const Extent *extent); // dy W has as many

static inline const ValueInfo *info_of(const Graph *graph, const Node *node, int input)
{
    return &graph->value[node->in[input]];
}

bool misfit(Graph *graph, const Node *node, int a, int b);                // fails; false
bool unfit(Graph *graph, const Node *node, int input, const char *right); // the same
void clear_unless_added(const Node *node, int output, Matrix m);     // for kernels that always add
bool size_of_input(Graph *graph, const Node *node, ValueInfo *out);  // every output as input 0
bool size_of_equals(Graph *graph, const Node *node, ValueInfo *out); // inputs 0 and 1 of one shape
#endif
