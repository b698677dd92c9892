// twoway.h: what a mean over seeds and items is worth over other seeds and other items.
//
//   u_sg = mu + a_s + b_g + e_sg      seed s, group of items g; random effects, one value a cell
//   MS_seed  = G sum_s (u_s. - D)^2 / (S - 1)             A = MS_seed / S
//   MS_group = S sum_g (u_.g - D)^2 / (G - 1)             B = MS_group / S
//   MS_rest  = sum_sg (u_sg - u_s. - u_.g + D)^2 / ((S - 1)(G - 1))   E = MS_rest / S
//   V = A + max(B - E, 0),   se = sqrt(V / G),   interval D +- t(df) se
//   1 / df = sum_c [(nu_c + 2) w_c / (nu_c + 2 w_c)]^2 / nu_c,  w_c = c / V, c = A, B, E
//
// The part of the items is truncated at 0, the part of the seeds never is, and the shares in the
// degrees of freedom are raised where few degrees stand behind them: with 3 seeds the textbook
// forms of both (Satterthwaite 1946; Searle, Casella, McCulloch 1992) call up to 8 % of comparisons
// of a method with itself significant at 5 %, this one about 5 % (paper/calibration.txt).
//
// u is runs x groups, row by row; NAN is "not defined". Nothing here fails; scratch is rewound.
#ifndef BASE_TWOWAY_H
#define BASE_TWOWAY_H
#include "base/arena.h"

typedef enum { OVER_NOTHING, OVER_ITEMS, OVER_SEEDS, OVER_BOTH } Basis; // over what it holds
extern const char *const basis_names[];                                 // "seeds+items"
typedef enum { NOT_EMPTY, ZERO_VARIANCE, ONE_SEED_ONE_GROUP } Reason;   // why cells are empty
extern const char *const reason_names[]; // "zero_variance"; of NOT_EMPTY NULL

typedef struct {
    double value;                      // D, the mean of u (less that of the other side)
    double low, high, se, df, t, p;    // p two-sided
    double ms_seed, ms_group, ms_rest; // of a paired test
    Basis basis;
    Reason reason;
} TwoWay;

// Of paired differences, or of one method's own values. One seed: over items alone; one group: over
// seeds alone. Zero variance, V / G <= 1e-24 max u^2: low = high = D, and p = 1 where D is 0, else
// empty.
TwoWay twoway(Arena *scratch, const double *u, size_t seeds, size_t groups, double level);

// Two sides with seeds of their own on the same groups; variances of the sides are added
// (Satterthwaite's degrees; Welch's test where groups = 1). One seed on a side: over items alone.
TwoWay twoway_unpaired(Arena *scratch, const double *u, size_t seeds_u, const double *v,
                       size_t seeds_v, size_t groups, double level);

// A component of the variance, and the degrees of freedom that it was estimated with.
typedef struct {
    double variance, df;
} Component;
Component components_joined(Component seeds, Component groups,
                            Component rest); // V and its df from A, B, E

// The difference that a test with this se and df, one of k, finds in 80 of 100 cases: (t(1 -
// 0.025/k) + t(0.80)) se. 5 %/k is what Holm asks of the smallest p: of the others it asks less.
// NAN where df is: nothing was tested.
double detectable(double se, double df, size_t k);
#endif
