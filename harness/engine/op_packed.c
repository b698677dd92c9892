// op_packed.c: linear layers over frozen weights that are stored in fewer bytes (packed.h).
//
//   packed_linear    x, W, b -> x W^T + b
//   packed_product   dy, W -> dy W
//
// A tile of W's rows at a time is expanded into the workspace, so that W never exists whole as
// float32: of y it gives some columns, to dy W it adds some terms.
#include "engine/op_impl.h"
#include "engine/packed.h"

enum { TILE = 64 };

static size_t tile_rows(size_t rows)
{
    return rows < TILE ? rows : TILE;
}

static const Packed *packed_at(const Step *step, Value value)
{
    return &step->slot[step->graph->value[value].parameter]->packed;
}

// The tile that begins at a row of W.
static Matrix expanded(const Step *step, const Packed *W, size_t first)
{
    Matrix tile = { step->scratch, tile_rows(W->rows - first), W->cols, W->cols };
    unpack_rows(tile, W, first);
    return tile;
}

static size_t tile_floats(const Graph *graph, const Node *node, const Extent *largest)
{
    const ValueInfo *W = info_of(graph, node, 1);
    (void)largest;
    return tile_rows((size_t)W->rows.constant) * (size_t)W->cols;
}

// ---- packed_linear

static void packed_linear_forward(Step *step, const Node *node)
{
    Matrix y = at(step, node->out[0]), x = at(step, node->in[0]), bias = at(step, node->in[2]);
    const Packed *W = packed_at(step, node->in[1]);
    for (size_t r = 0; r < W->rows; r += TILE) {
        Matrix tile = expanded(step, W, r);
        product(false, true, 1, x, tile, 0, columns_of(y, r, tile.rows));
    }
    if (bias.data)
        add_row(y, bias);
}

static void packed_linear_backward(Gradient *gradient, const Node *node)
{
    Value x = node->in[0], b = node->in[2], dy = gradient_of(gradient, node->out[0]);
    if (wanted(gradient, x))
        give(gradient,
             append(gradient, &op_packed_product, (Value[]){ dy, node->in[1] }, 2, (Setting){ 0 }),
             0, x);
    if (wanted(gradient, b))
        give(gradient, append(gradient, &op_sum_rows, &dy, 1, (Setting){ 0 }), 0, b);
}

const Operator op_packed_linear = {
    .name = "packed_linear",
    .inputs = 3,
    .outputs = 1,
    .optional = 1 << 2,
    .rowwise = 1,
    .size = linear_size,
    .forward = packed_linear_forward,
    .backward = packed_linear_backward,
    .flops = linear_flops,
    .scratch = tile_floats,
};

// ---- packed_product

static bool packed_product_size(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *dy = info_of(graph, node, 0), *W = info_of(graph, node, 1);
    if (!count_equal(W->rows, ROWS(dy->cols)))
        return misfit(graph, node, 0, 1);
    out[0] = (ValueInfo){ .rows = dy->rows, .cols = W->cols };
    return true;
}

static void packed_product_forward(Step *step, const Node *node)
{
    Matrix dx = at(step, node->out[0]), dy = at(step, node->in[0]);
    const Packed *W = packed_at(step, node->in[1]);
    for (size_t r = 0; r < W->rows; r += TILE) {
        Matrix tile = expanded(step, W, r);
        product(false, false, 1, columns_of(dy, r, tile.rows), tile, r > 0 || adds(node, 0) ? 1 : 0,
                dx);
    }
}

const Operator op_packed_product = {
    .name = "packed_product",
    .inputs = 2,
    .outputs = 1,
    .adds = 1,
    .size = packed_product_size,
    .forward = packed_product_forward,
    .flops = linear_flops,
    .scratch = tile_floats,
};
