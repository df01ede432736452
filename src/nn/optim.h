/* optim.h - AdamW (Loshchilov and Hutter 2019), clipping by the global norm, and averages of what it passes. */
#ifndef GWS_NN_OPTIM_H
#define GWS_NN_OPTIM_H

#include <stdint.h>

typedef struct gws_adamw {
    double lr, beta1, beta2, eps, decay;
    int64_t step; /* 1 for the first update */
} gws_adamw;

/* Sum of squares, in blocks of fixed size and fixed order, double precision. */
double gws_sum_squares(const float *g, int64_t n);

/* A stretch of parameters.  The four arrays do not overlap. */
typedef struct gws_adamw_rows {
    float *p;       /* (n) in/out */
    const float *g; /* (n) in: gradients */
    float *m, *v;   /* (n) in/out: moments */
    int64_t n;
} gws_adamw_rows;

/* One update; decay_on 0 switches weight decay off (biases, thresholds, decays). grad_scale multiplies g (clipping). */
void gws_adamw_update(const gws_adamw *o, const gws_adamw_rows *rows, double grad_scale, int decay_on);

/* Take p, the parameters after the n-th step (from 1), into their average over about the last `span` steps: a += (p - a) / min(n, span).
 * It is the mean of all up to n = span, and exponential beyond; at n = 1 it is p, whatever it was.
 *   average, p  (size)  in/out, in */
void gws_average_update(float *average, const float *p, int64_t size, int64_t n, int64_t span);

#endif
