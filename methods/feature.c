// feature: the encoder is run once, without dropout, and a classical classifier is fitted on its
// vectors (Raschka's study of 2023 calls it feature-based; scikit-learn's defaults there are
// `--standardise no --C 1 --pooling cls`).
//
//   f = pool(x_L);  with `standardise`  f <- (f - mean) / sd  of the training part alone
//   logistic: min sum CE + |W|^2 / (2 C)     ridge: min sum (W f + b - T)^2 + alpha |W|^2, T = +-1
//   mlp: relu(f U^T + c) W^T + b by AdamW, with the run's steps, rate and batch
//
// Standardising is folded into the weights, so that what is left is an ordinary head. Two classes
// have one weight vector w: the head's two rows are -w / 2 and w / 2, whose softmax is the sigmoid
// of w f + b. Where pooling or strength is `auto`, the best on tune is taken: of C (or alpha) 0.01,
// 0.1, 1, 10 under the first token and the mean; ties go to the stronger penalty, then to the first
// token. Without tune rows it is the mean, and C or alpha 1.

#include "methods/method.h"
#include "engine/logistic.h"
#include "engine/perceptron.h"
#include "engine/product.h"
#include "engine/ridge.h"
#include <string.h>

typedef enum { LOGISTIC, RIDGE, MLP } Classifier;
typedef enum { AUTO, CLS, MEAN, POOLER } Pooling;
typedef struct {
    int classifier, pooling;
    double C, alpha; // NAN: auto
    int64_t hidden;
    bool standardise;
} Feature;

static const Option options[] = {
    { "classifier", OPTION_CHOICE, offsetof(Feature, classifier), "auto", 0, 0,
      "logistic|ridge|mlp", "what is fitted (auto: of scores ridge, else logistic)" },
    { "pooling", OPTION_CHOICE, offsetof(Feature, pooling), "auto", 0, 0, "auto|cls|mean|pooler",
      "the vector of a text; auto is cls or mean, the better on tune" },
    { "C", OPTION_REAL, offsetof(Feature, C), "auto", 1e-4, 1e4, NULL,
      "logistic: inverse of the penalty; auto is the best on tune" },
    { "alpha", OPTION_REAL, offsetof(Feature, alpha), "auto", 1e-4, 1e4, NULL,
      "ridge: the penalty; auto is the best on tune" },
    { "hidden", OPTION_WHOLE, offsetof(Feature, hidden), "128", 1, 4096, NULL,
      "mlp: width of its layer" },
    { "standardise", OPTION_FLAG, offsetof(Feature, standardise), "yes", 0, 0, NULL,
      "columns to mean 0 and deviation 1 first" },
    OPTION_END,
};

static const char *const pooling_names[] = { "auto", "cls", "mean", "pooler" };
static const Head head_under[] = { HEAD_AUTO, HEAD_LINEAR, HEAD_MEAN, HEAD_POOLER };
static const char hidden_layer[] = "head.dense", last_layer[] = "classifier";

static unsigned heads(const void *chosen)
{
    const Feature *feature = chosen;
    if (feature->pooling == AUTO)
        return 1 << HEAD_LINEAR | 1 << HEAD_MEAN;
    return 1u << head_under[feature->pooling];
}

static bool stepwise(const void *chosen)
{
    return ((const Feature *)chosen)->classifier == MLP;
}

// What does not stand together is refused before anything is computed.
static void resolve(Build *build, void *chosen)
{
    Feature *feature = chosen;
    if (feature->classifier < 0)
        feature->classifier = build->scores ? RIDGE : LOGISTIC;
    if (build->scores && feature->classifier == LOGISTIC)
        refuse(build, "classifier", "ridge or mlp",
               "logistic has classes, and the task has scores");
    if (build->pooler_new && feature->pooling == POOLER)
        refuse(build, "pooling", "auto, cls or mean", "the checkpoint has no pooler");
    if (!isnan(feature->C) && feature->classifier != LOGISTIC)
        refuse(build, "C", "auto, or with classifier logistic", "is logistic's");
    if (!isnan(feature->alpha) && feature->classifier != RIDGE)
        refuse(build, "alpha", "auto, or with classifier ridge", "is ridge's");
}

static Value head(Build *build, Value pooled, const void *chosen)
{
    const Feature *feature = chosen;
    if (feature->classifier != MLP)
        return pooled;
    return activate(
        build->graph, RELU,
        head_layer(build, hidden_layer, pooled, feature->hidden, build->config->hidden));
}

// ---- one setting

typedef struct {
    const Fit *fit;
    const Feature *feature;
    Design design[POOLER + 1]; // by pooling
    Ridge ridge[POOLER + 1];
    size_t vectors; // that are solved for: one for two classes
    size_t cols;
} Work;

static float *floats_of(Arena *arena, const double *from, size_t count)
{
    float *to = arena_take(arena, count, sizeof *to);
    for (size_t i = 0; i < count; i++)
        to[i] = (float)from[i];
    return to;
}

static void tensor(Fitted *fitted, const char *name, const float *number)
{
    fitted->tensor[fitted->tensors].name = name;
    fitted->tensor[fitted->tensors++].number = number;
}

// The ordinary head: W and b as solved for, or two rows out of one.
static void give_linear(const Work *work, double *W, double *b, Fitted *fitted)
{
    Arena *arena = work->fit->arena;
    size_t outputs = (size_t)work->fit->outputs, cols = work->cols;
    double *rows = W, *offsets = b;
    if (outputs == 2) {
        rows = arena_take(arena, 2 * cols, sizeof *rows);
        offsets = arena_take(arena, 2, sizeof *offsets);
        for (size_t c = 0; c < cols; c++)
            rows[cols + c] = W[c] / 2, rows[c] = -rows[cols + c];
        offsets[1] = b[0] / 2, offsets[0] = -offsets[1];
    }
    tensor(fitted, "classifier.weight", floats_of(arena, rows, outputs * cols));
    tensor(fitted, "classifier.bias", floats_of(arena, offsets, outputs));
}

static bool linear_fit(const Work *work, Pooling pooling, double strength, Fitted *fitted,
                       Error *error)
{
    const Fit *fit = work->fit;
    const Design *design = &work->design[pooling];
    double *W = arena_zero(fit->arena, work->vectors * work->cols, sizeof *W);
    double *b = arena_zero(fit->arena, work->vectors, sizeof *b);
    bool ok = work->feature->classifier == RIDGE
                  ? ridge_solve(fit->arena, &work->ridge[pooling], strength, W, b, error)
                  : logistic_fit(fit->arena, design, fit->train.label, fit->outputs, strength,
                                 fit->go_on, fit->context, W, b, error);
    if (!ok)
        return false;
    design_fold(design, work->vectors, W, b);
    give_linear(work, W, b, fitted);
    return true;
}

static bool mlp_fit(const Work *work, Pooling pooling, Fitted *fitted, Error *error)
{
    const Fit *fit = work->fit;
    const Design *design = &work->design[pooling];
    size_t hidden = (size_t)work->feature->hidden;
    Perceptron is = { .hidden = work->feature->hidden,
                      .outputs = fit->outputs,
                      .dropout = fit->dropout,
                      .deviation = fit->config->initializer_range,
                      .dense = hidden_layer,
                      .last = last_layer,
                      .part = PART_HEAD,
                      .init_seed = fit->init_seed,
                      .order_seed = fit->order_seed,
                      .dropout_seed = fit->dropout_seed,
                      .batch = fit->batch,
                      .training = *fit->training };
    Layers layers;
    if (!perceptron_fit(fit->arena, design, fit->train.label, fit->train.target, &is, fit->go_on,
                        fit->context, &layers, error))
        return false;
    double *U = arena_take(fit->arena, hidden * work->cols, sizeof *U);
    double *c = arena_take(fit->arena, hidden, sizeof *c);
    for (size_t i = 0; i < hidden * work->cols; i++)
        U[i] = (double)layers.U[i];
    for (size_t i = 0; i < hidden; i++)
        c[i] = (double)layers.c[i];
    design_fold(design, hidden, U, c);
    tensor(fitted, "head.dense.weight", floats_of(fit->arena, U, hidden * work->cols));
    tensor(fitted, "head.dense.bias", floats_of(fit->arena, c, hidden));
    tensor(fitted, "classifier.weight", layers.W);
    tensor(fitted, "classifier.bias", layers.b);
    return true;
}

// ---- what a fitted head says

static void add_bias(Matrix y, const float *bias)
{
    for (size_t r = 0; r < y.rows; r++)
        for (size_t k = 0; k < y.cols; k++)
            row_at(y, r)[k] += bias[k];
}

static Matrix layer_of(Arena *arena, Matrix x, size_t out, const float *W, const float *b)
{
    Matrix y = { arena_take(arena, x.rows * out + 1, sizeof(float)), x.rows, out, out };
    product(false, true, 1, x, (Matrix){ (float *)(uintptr_t)W, out, x.cols, x.cols }, 0, y);
    add_bias(y, b);
    return y;
}

static Matrix logits_of(const Fit *fit, const Feature *feature, const Fitted *fitted, Matrix x)
{
    if (feature->classifier == MLP) {
        x = layer_of(fit->arena, x, (size_t)feature->hidden, fitted->tensor[0].number,
                     fitted->tensor[1].number);
        activation(RELU, x, (Matrix){ 0 }, x);
    }
    return layer_of(fit->arena, x, (size_t)fit->outputs, fitted->tensor[fitted->tensors - 2].number,
                    fitted->tensor[fitted->tensors - 1].number);
}

// ---- all settings

static const double strengths[] = { 0.01, 0.1, 1, 10 }; // of C; of alpha the other way round
enum { STRENGTHS = sizeof strengths / sizeof *strengths };

// T: +-1 for classes, the scores as they are.
static double target_of(const Fit *fit, size_t vectors, size_t row, size_t vector)
{
    if (fit->scores)
        return (double)fit->train.target[row];
    return fit->train.label[row] == (int32_t)(vectors == 1 ? 1 : vector) ? 1 : -1;
}

static double *targets(const Fit *fit, size_t vectors)
{
    size_t rows = fit->train.count;
    double *target = arena_take(fit->arena, rows * vectors, sizeof *target);
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < vectors; v++)
            target[r * vectors + v] = target_of(fit, vectors, r, v);
    return target;
}

static size_t vectors_of(const Fit *fit)
{
    return fit->outputs == 2 ? 1 : (size_t)fit->outputs;
}

// Moving the columns changes nothing but an intercept that is not penalised, and helps the solver:
// the rows stay as they are for mlp alone.
static Design design_of(const Fit *fit, const Feature *feature, Head under)
{
    Matrix x = fit->train.under[under];
    return feature->classifier == MLP && !feature->standardise
               ? design_plain(fit->arena, x)
               : design_new(fit->arena, x, feature->standardise);
}

static Work begin(const Fit *fit, const Feature *feature)
{
    Work work = { .fit = fit, .feature = feature, .cols = (size_t)fit->config->hidden };
    work.vectors = vectors_of(fit);
    const double *target = feature->classifier == RIDGE ? targets(fit, work.vectors) : NULL;
    for (int pooling = CLS; pooling <= POOLER; pooling++) {
        Head under = head_under[pooling];
        if (!fit->train.under[under].data)
            continue;
        work.design[pooling] = design_of(fit, feature, under);
        if (target)
            work.ridge[pooling] =
                ridge_new(fit->arena, &work.design[pooling], target, work.vectors);
    }
    return work;
}

static const char *strength_name(const Feature *feature)
{
    return feature->classifier == RIDGE ? "alpha" : "C";
}

static void tell_search(const Work *work, const Pooling *pooling, size_t poolings,
                        const double *strength, size_t count, Fitted *fitted)
{
    Arena *arena = work->fit->arena;
    const char *text = "pooling";
    for (size_t i = 0; i < poolings; i++)
        text = arena_format(arena, "%s%s%s", text, i ? "," : "=", pooling_names[pooling[i]]);
    for (size_t i = 0; i < count && work->feature->classifier != MLP; i++)
        text = i ? arena_format(arena, "%s,%g", text, strength[i])
                 : arena_format(arena, "%s;%s=%g", text, strength_name(work->feature), strength[i]);
    fitted->tried = text;
}

static bool fit_all(const Fit *fit, const void *chosen, Fitted *fitted, Error *error)
{
    const Feature *feature = chosen;
    bool mlp = feature->classifier == MLP, ridge = feature->classifier == RIDGE;
    double fixed = ridge ? feature->alpha : feature->C, strength[STRENGTHS] = { fixed };
    Pooling pooling[] = { CLS, MEAN };
    size_t poolings = 2, count = 1;
    double best = (double)-INFINITY;
    if (feature->pooling != AUTO)
        pooling[0] = (Pooling)feature->pooling, poolings = 1;
    else if (fit->tune.count == 0)
        pooling[0] = MEAN, poolings = 1;
    if (!mlp && isnan(fixed) && fit->tune.count == 0)
        strength[0] = 1;
    for (size_t i = 0; !mlp && isnan(fixed) && fit->tune.count > 0 && i < STRENGTHS; i++)
        strength[i] = strengths[ridge ? STRENGTHS - 1 - i : i], count = i + 1;
    Work work = begin(fit, feature);
    for (size_t s = 0; s < count; s++)
        for (size_t p = 0; p < poolings; p++) {
            Fitted one = { .head = head_under[pooling[p]] };
            if (!(mlp ? mlp_fit(&work, pooling[p], &one, error)
                      : linear_fit(&work, pooling[p], strength[s], &one, error)))
                return false;
            double score = 0;
            if (count * poolings > 1)
                score = fit->score(fit->context,
                                   logits_of(fit, feature, &one, fit->tune.under[one.head]));
            if (fitted->tensors && !(score > best))
                continue;
            best = score;
            *fitted = one;
            fitted->strength = strength[s];
            fitted->on_edge = count > 1 && (s == 0 || s + 1 == count);
            fitted->took =
                mlp ? arena_format(fit->arena, "pooling=%s", pooling_names[pooling[p]])
                    : arena_format(fit->arena, "pooling=%s;%s=%g", pooling_names[pooling[p]],
                                   strength_name(feature), strength[s]);
        }
    fitted->trials = count * poolings > 1 ? (int)(count * poolings) : 0;
    tell_search(&work, pooling, poolings, strength, count, fitted);
    return true;
}

// ---- what was solved

static double ridge_objective(const Fit *fit, const Design *design, double alpha, const double *W,
                              const double *b)
{
    size_t vectors = vectors_of(fit), cols = design->x.cols;
    double *z = arena_take(fit->arena, cols, sizeof *z), sum = 0;
    for (size_t i = 0; i < vectors * cols; i++)
        sum += alpha * W[i] * W[i];
    for (size_t r = 0; r < fit->train.count; r++) {
        design_block(design, r, 1, z);
        for (size_t v = 0; v < vectors; v++) {
            double off = b[v] - target_of(fit, vectors, r, v);
            for (size_t c = 0; c < cols; c++)
                off += W[v * cols + c] * z[c];
            sum += off * off;
        }
    }
    return sum;
}

// At the head's own numbers: of the vectors as they are, with W and b of the standardised ones.
static double objective(const Fit *fit, const Fitted *fitted, const void *chosen)
{
    const Feature *feature = chosen;
    size_t vectors = vectors_of(fit), cols = (size_t)fit->config->hidden;
    if (feature->classifier == MLP)
        return (double)NAN;
    size_t mark = arena_mark(fit->arena);
    const float *rows = fitted->tensor[0].number, *offsets = fitted->tensor[1].number;
    Design design = design_of(fit, feature, fitted->head);
    double *W = arena_take(fit->arena, vectors * cols, sizeof *W);
    double *b = arena_take(fit->arena, vectors, sizeof *b);
    for (size_t v = 0; v < vectors; v++) {
        b[v] = (double)offsets[v];
        if (fit->outputs == 2)
            b[v] = (double)offsets[1] - (double)offsets[0];
        for (size_t c = 0; c < cols; c++) {
            double w = (double)rows[v * cols + c];
            if (fit->outputs == 2)
                w = (double)rows[cols + c] - (double)rows[c];
            b[v] += w * design.mean[c];
            W[v * cols + c] = w / design.scale[c];
        }
    }
    double value = feature->classifier == RIDGE
                       ? ridge_objective(fit, &design, fitted->strength, W, b)
                       : logistic_objective(fit->arena, &design, fit->train.label, fit->outputs,
                                            fitted->strength, W, b, NULL, NULL);
    arena_rewind(fit->arena, mark);
    return value;
}

static int64_t count_head(const Config *config, int outputs, const void *chosen)
{
    const Feature *feature = chosen;
    int64_t H = config->hidden, K = outputs, h = feature->hidden;
    if (feature->classifier == MLP)
        return h * (H + 1) + K * (h + 1);
    return (K == 2 ? 1 : K) * (H + 1);
}

static int64_t count(const Config *config, bool pooler, const void *chosen)
{
    (void)config, (void)pooler, (void)chosen;
    return 0;
}

const Method method_feature = {
    .name = "feature",
    .summary = "a frozen encoder, a classical classifier on its vectors",
    .paper = "Raschka 2023, Finetuning Large Language Models",
    .claims = UNCHANGED_AT_START | CALM_WHEN_FROZEN,
    .options = options,
    .options_size = sizeof(Feature),
    .rate = { 1e-3, 1e-3, 1e-3, 1e-3 }, // of mlp: Adam's own default (Kingma, Ba 2014)
    .resolve = resolve,
    .head = head,
    .heads = heads,
    .stepwise = stepwise,
    .fit = fit_all,
    .objective = objective,
    .count_head = count_head,
    .count = count,
};
