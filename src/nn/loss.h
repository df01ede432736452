/* loss.h - losses on the logit track. */
#ifndef GWS_NN_LOSS_H
#define GWS_NN_LOSS_H

#include <stdint.h>

/* Weighted binary cross-entropy with the logits y - offset, summed: every step with weight > 0 counts.
 *   y, target, weight (n);  scale multiplies the gradient;  g (n) +=
 * returns the sum of weight * loss (not scaled). */
double gws_bce(const float *y, float offset, const float *target, const float *weight, int64_t n, float scale, float *g);

/* Huber distance (delta 1) of y to a teacher's logits plus `shift`, weighted and summed; the teacher gets no gradient. g (n) += */
double gws_huber(const float *y, const float *teacher, float shift, const float *weight, int64_t n, float scale, float *g);

/* Cross-entropy of two class scores.
 *   y (2);  label 0 or 1;  g (2) out: gradient times scale
 * returns the loss (not scaled). */
double gws_softmax2(const float y[2], int label, float scale, float g[2]);

/* What a rate exceeds its target by, squared: e^2 of e = max(0, rate / target - 1).  A target of 0 is none, and nothing exceeds it.
 *   g  out: derivative with respect to the rate */
double gws_excess(double rate, double target, double *g);

#endif
