// optimizer.h: AdamW (Loshchilov, Hutter 2019) as torch.optim.AdamW, schedules, clipping.
#ifndef ENGINE_OPTIMIZER_H
#define ENGINE_OPTIMIZER_H
#include <stddef.h>
#include <stdint.h>

typedef enum { SCHEDULE_LINEAR, SCHEDULE_CONSTANT, SCHEDULE_COSINE } Schedule;

// The rate of step t (from 0) of `steps`, `warmup` of them rising from 0:
//   t < w: lr t / max(1, w);  linear: lr max(0, (T - t) / max(1, T - w));  cosine: lr (1 + cos(pi
//   (t - w) / max(1, T - w))) / 2
double schedule_rate(Schedule schedule, double lr, int64_t t, int64_t warmup, int64_t steps);
int64_t schedule_warmup(double ratio, int64_t steps); // ceil of the double product

// min(1, clip / (norm + 1e-6)); 1 when clip is 0.
double clip_factor(double clip, double norm);

// What nobody chooses, and the warm-up's share of the steps where nobody says another.
#define ADAM_BETA1 0.9
#define ADAM_BETA2 0.999
#define ADAM_EPSILON 1e-8
#define WARMUP_SHARE 0.06

typedef struct {
    double beta1, beta2, epsilon;
    double rate;  // eta of this update, >= 0
    double decay; // lambda; 0 for tensors that do not decay
    double clip;  // the factor of every gradient
    int64_t t;    // the number of this update, from 1
} AdamW;

// What a whole training is told (state.h).
typedef struct {
    Schedule schedule;
    double lr, head_lr; // head_lr: of parameters with part == head_part
    int head_part;
    int64_t warmup, steps;
    double weight_decay, clip;
    double beta1, beta2, epsilon;
} Training;

// The same as the loops over parameters use it.
typedef struct {
    float b1, rest1, b2, rest2; // rest: 1 - b
    float kept, clip, step, correction, epsilon;
} AdamWFactors;
AdamWFactors adamw_factors(const AdamW *update);

// One update of n parameters, and gradient = 0 afterwards:
//   value -= rate decay value;  g = clip gradient;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   value -= rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + epsilon)
void adamw(float *restrict value, float *restrict m, float *restrict v, float *restrict gradient,
           size_t n, AdamWFactors update);
// `count` updates, one after another, of parameters whose gradient was 0 in each: the bits that
// adamw gives.
void adamw_idle(float *restrict value, float *restrict m, float *restrict v, size_t n,
                const AdamWFactors *update, size_t count);
#endif
