// metric.c: see metric.h. Classes are counted by one pass a class: at most some hundred classes,
// and no memory to ask for.

#include "base/metric.h"
#include "base/metric_impl.h"
#include <assert.h>
#include <math.h>

const char *const metric_names[] = { "accuracy", "f1",   "f1_macro", "matthews", "pearson",
                                     "spearman", "rmse", "ece",      NULL };

// Answers whose i-th is answer[i * step]: step 0 is a constant answer without an array of it.
typedef struct {
    size_t n, step;
    int classes, positive;
    const int32_t *gold, *answer;
} Labels;

static double label_metric(Metric which, const Labels *labels);
static double score_metric(Metric which, const Answers *answers);
static double error_of_confidence(const Answers *answers);

int32_t answer_of(const float *logits, int classes)
{
    int32_t best = 0;
    for (int32_t c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

double metric(Metric which, const Answers *answers)
{
    assert(answers->n > 0);
    if (which == METRIC_ECE)
        return error_of_confidence(answers);
    if (answers->classes == 0)
        return score_metric(which, answers);
    return label_metric(which, &(Labels){ answers->n, 1, answers->classes, answers->positive,
                                          answers->gold, answers->answer });
}

double metric_score(Metric which, const Answers *answers)
{
    double value = metric(which, answers);
    bool correlation = which == METRIC_PEARSON || which == METRIC_SPEARMAN;
    return correlation && answers->classes == 0 && isnan(value) ? 0 : value;
}

double metric_majority(Metric which, const Answers *answers)
{
    assert(answers->n > 0);
    if (which == METRIC_RMSE || which == METRIC_ECE)
        return NAN;
    if (answers->classes == 0) // a constant answer correlates with nothing: whichever it is, 0
        return which == METRIC_PEARSON || which == METRIC_SPEARMAN ? 0 : NAN;
    double best = NAN;
    for (int32_t label = 0; label < answers->classes; label++) {
        double value = label_metric(which, &(Labels){ answers->n, 0, answers->classes,
                                                      answers->positive, answers->gold, &label });
        if (isnan(best) || value > best)
            best = value;
    }
    return best;
}

bool metric_dead(double score, double majority)
{
    return score <= majority + 1e-12; // false for NaN
}

static Count count_of(const Labels *labels, int32_t class)
{
    Count count = { 0 };
    for (size_t i = 0; i < labels->n; i++) {
        bool gold = labels->gold[i] == class, answered = labels->answer[i * labels->step] == class;
        count.gold += gold;
        count.answered += answered;
        count.right += gold && answered;
    }
    return count;
}

static double f1(Count count) // 2 tp + fp + fn = gold + answered
{
    int64_t all = count.gold + count.answered;
    return all ? 2 * (double)count.right / (double)all : 0;
}

void tally_add(Tally *tally, Count count, bool positive)
{
    tally->right += count.right;
    tally->products += count.gold * count.answered;
    tally->gold += count.gold * count.gold;
    tally->answered += count.answered * count.answered;
    tally->occurring += count.gold + count.answered > 0;
    tally->f1 += f1(count);
    if (positive)
        tally->f1_positive = f1(count);
}

double tally_metric(Metric which, const Tally *tally, int64_t n)
{
    if (which == METRIC_ACCURACY)
        return (double)tally->right / (double)n;
    if (which == METRIC_F1)
        return tally->f1_positive;
    if (which == METRIC_F1_MACRO)
        return tally->f1 / tally->occurring;
    if (which != METRIC_MATTHEWS)
        return NAN;
    if (n * n == tally->gold || n * n == tally->answered) // one class only: Matthews is 0/0
        return 0;
    return (double)(tally->right * n - tally->products) /
           (sqrt((double)(n * n - tally->answered)) * sqrt((double)(n * n - tally->gold)));
}

static double label_metric(Metric which, const Labels *labels)
{
    Tally tally = { .f1_positive = NAN }; // no positive class: no F1
    for (int32_t c = 0; c < labels->classes; c++)
        tally_add(&tally, count_of(labels, c), c == labels->positive);
    return tally_metric(which, &tally, (int64_t)labels->n);
}

static double mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static bool constant(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0])
            return false;
    return true;
}

// By counting: n^2 comparisons need no memory, and 10,000 items take less than a tenth of a second.
double midrank(const double *x, size_t n, size_t i)
{
    const double value = x[i];
    int64_t below = 0, equal = 0;
    for (size_t j = 0; j < n; j++) {
        below += x[j] < value;
        equal += x[j] == value;
    }
    return (double)below + ((double)equal + 1) / 2;
}

static double score_metric(Metric which, const Answers *answers)
{
    const double *gold = answers->gold_score, *answer = answers->answer_score;
    size_t n = answers->n;
    bool ranks = which == METRIC_SPEARMAN;
    double gg = 0, aa = 0, ga = 0, squares = 0;
    if (which == METRIC_RMSE) {
        for (size_t i = 0; i < n; i++)
            squares += (answer[i] - gold[i]) * (answer[i] - gold[i]);
        return sqrt(squares / (double)n);
    }
    if (which != METRIC_PEARSON && which != METRIC_SPEARMAN)
        return NAN;
    if (n < 2 || constant(gold, n) || constant(answer, n))
        return NAN;
    double middle = ((double)n + 1) / 2; // the mean of n ranks, ties or not
    double mean_gold = ranks ? middle : mean(gold, n);
    double mean_answer = ranks ? middle : mean(answer, n);
    for (size_t i = 0; i < n; i++) {
        double g = (ranks ? midrank(gold, n, i) : gold[i]) - mean_gold;
        double a = (ranks ? midrank(answer, n, i) : answer[i]) - mean_answer;
        gg += g * g;
        aa += a * a;
        ga += g * a;
    }
    return fmax(-1, fmin(1, ga / (sqrt(gg) * sqrt(aa))));
}

static double error_of_confidence(const Answers *answers)
{
    Calibration bins = { .n = 0 };
    if (!answers->logits || answers->classes == 0)
        return NAN;
    for (size_t i = 0; i < answers->n; i++) {
        const float *logits = answers->logits + i * (size_t)answers->classes;
        int32_t answer = answer_of(logits, answers->classes);
        double total = 0;
        for (int c = 0; c < answers->classes; c++)
            total += exp((double)logits[c] - (double)logits[answer]);
        // Of the largest: exp(0) over the total.
        calibration_add(&bins, 1 / total, answer == answers->gold[i]);
    }
    return calibration_error(&bins);
}

void calibration_add(Calibration *bins, double confidence, bool right)
{
    int bin = (int)ceil(CALIBRATION_BINS * confidence) - 1; // closed on the right
    bin = bin < 0 ? 0 : bin > CALIBRATION_BINS - 1 ? CALIBRATION_BINS - 1 : bin;
    bins->gap[bin] += right - confidence;
    bins->n++;
}

double calibration_error(const Calibration *bins)
{
    double sum = 0;
    for (int bin = 0; bin < CALIBRATION_BINS; bin++)
        sum += fabs(bins->gap[bin]);
    return sum / (double)bins->n;
}
