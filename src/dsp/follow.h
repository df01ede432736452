/* follow.h - filters that were whitened once, with a curve of their own, follow the noise.
 *
 * On the line: beside the conditioner's filter (condition.h), made again with each estimate of the noise.
 *
 * A matched filter in noise of the PSD S is x / sqrt(S) behind t / sqrt(S), t the template.  Where a bank holds t / sqrt(R), R the
 * reference, x r / sqrt(S) with r = sqrt(R/S) in front of it is the same.  So the conditioner's filter is given r besides.  An estimate
 * scatters, and r bin by bin would cost more than it wins in noise that is like the reference (docs/math/stem.md): log r is the median of
 * log sqrt(R/S) over GWS_FOLLOW_HZ.  In lines, bins that differ from it by more than GWS_FOLLOW_LINE, it is log sqrt(R/S) itself, but no
 * more than GWS_FOLLOW_MOST above the median.
 *
 * What is left of noise has the PSD r^2 then, and behind filter k, which lets the share p_k(f) of white noise through, the variance
 * v_k = sum over f of p_k r^2.  Gain k is the root of mean / v_k, mean that of all filters, and r is divided by its root: behind filter
 * and gain noise has variance 1.
 */
#ifndef GWS_DSP_FOLLOW_H
#define GWS_DSP_FOLLOW_H

#include "base/err.h"

#include <stdint.h>

#define GWS_FOLLOW_HZ 8.0
#define GWS_FOLLOW_LINE 0.3 /* 3.5 times what log sqrt(R/S) scatters by with 64 s of noise */
#define GWS_FOLLOW_MOST 1.0

/* Filters behind the conditioner, and the curve that they were whitened with (model/reference.h makes one). */
typedef struct gws_reference {
    int64_t n; /* bins at k delta_f_hz; what lies behind the last is as the last */
    double delta_f_hz;
    const double *psd; /* (n) the curve, 1/Hz, above 0 in all bins */
    double high_hz;    /* the filters let through nothing above it, so nothing is given to them */
    int filters;
    const float *power; /* (filters, n) share that a bin has in what a filter lets through of white noise: 1 in all */
} gws_reference;

typedef struct gws_follow gws_follow;

/*   bins       of an estimate of the noise, up to the Nyquist frequency
 *   lowest_hz  below it the conditioner lets nothing through
 * NULL: ENOMEM */
gws_follow *gws_follow_create(const gws_reference *r, int rate_hz, int64_t bins, double lowest_hz, gws_err *err);
int64_t gws_follow_bytes(const gws_reference *r, int64_t bins);

/* Take in an estimate, and make the gains of it.
 *   psd  (bins)  S
 * returns  (bins) the PSD whose whitening filter is the one that is wanted, S / r^2, valid until the next call; a bin without a value stays as
 *          it is.  NULL: no noise is left behind some filter, or it is no number */
const double *gws_follow_take(gws_follow *f, const double *psd);
const float *gws_follow_gains(const gws_follow *f); /* (filters) of the estimate that was taken last */
void gws_follow_destroy(gws_follow *f);

#endif
