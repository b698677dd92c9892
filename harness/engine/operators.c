// operators.c: the list of operators, and what their files share.
#include "engine/op_impl.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const Operator *const operators[] = {
    &op_linear,
    &op_product,
    &op_add_product,
    &op_add,
    &op_scale,
    &op_multiply,
    &op_sum_rows,
    &op_activation,
    &op_dropout,
    &op_layernorm,
    &op_layernorm_grad,
    &op_rmsnorm,
    &op_rmsnorm_grad,
    &op_rotary,
    &op_attention,
    &op_attention_grad,
    &op_embedding,
    &op_embedding_grad,
    &op_first_rows,
    &op_first_grad,
    &op_last_rows,
    &op_last_grad,
    &op_picked_rows,
    &op_mean_rows,
    &op_mean_grad,
    &op_cross_entropy,
    &op_squared_error,
    &op_tied_cross_entropy,
    &op_scale_columns,
    &op_products_of_columns,
    &op_scale_rows,
    &op_products_of_rows,
    &op_unit_rows,
    &op_unit_rows_grad,
    &op_columns,
    &op_columns_grad,
    &op_in_front,
    &op_in_front_grad,
    &op_packed_linear,
    &op_packed_product,
    NULL,
};

// "tokens x 128"
static const char *shape_text(Arena *arena, const ValueInfo *info)
{
    static const char *const unit[] = { "", "tokens", "sequences", "selected", "squares" };
    const int64_t part[] = { info->rows.constant, info->rows.tokens, info->rows.sequences,
                             info->rows.selected, info->rows.squares };
    char *text = arena_text(arena, "");
    for (int i = 0; i < 5; i++)
        if (part[i] && i == 0)
            text = arena_format(arena, "%lld", (long long)part[i]);
        else if (part[i])
            text = arena_format(arena, part[i] == 1 ? "%s%s%.0lld%s" : "%s%s%lld %s", text,
                                *text ? " + " : "", part[i] == 1 ? 0 : (long long)part[i], unit[i]);
    return arena_format(arena, "%s x %lld", *text ? text : "0", (long long)info->cols);
}

bool misfit(Graph *graph, const Node *node, int a, int b)
{
    size_t mark = arena_mark(graph->arena);
    fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, NULL,
         "%s: inputs %d (%s) and %d (%s) do not fit", node->op->name, a,
         shape_text(graph->arena, info_of(graph, node, a)), b,
         shape_text(graph->arena, info_of(graph, node, b)));
    arena_rewind(graph->arena, mark);
    return false;
}

bool unfit(Graph *graph, const Node *node, int input, const char *right)
{
    size_t mark = arena_mark(graph->arena);
    fail(graph->error, ERROR_WORK, (Where){ .item = graph->place }, right,
         "%s: input %d (%s) does not fit", node->op->name, input,
         shape_text(graph->arena, info_of(graph, node, input)));
    arena_rewind(graph->arena, mark);
    return false;
}

bool draws(const Node *node)
{
    Setting set = node->set;
    return node->op->random && node->op->random(&set)->rate > 0;
}

bool size_of_input(Graph *graph, const Node *node, ValueInfo *out)
{
    for (int k = 0; k < node->op->outputs; k++)
        out[k] = *info_of(graph, node, 0);
    return true;
}

bool size_of_equals(Graph *graph, const Node *node, ValueInfo *out)
{
    const ValueInfo *a = info_of(graph, node, 0), *b = info_of(graph, node, 1);
    if (!count_equal(a->rows, b->rows) || a->cols != b->cols)
        return misfit(graph, node, 0, 1);
    out[0] = *a;
    return true;
}

void clear_unless_added(const Node *node, int output, Matrix m)
{
    if (m.data && !adds(node, output))
        for (size_t r = 0; r < m.rows; r++)
            memset(row_at(m, r), 0, m.cols * sizeof *m.data);
}
