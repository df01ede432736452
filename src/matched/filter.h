/* filter.h - filters one stretch of strain with one template: complex signal-to-noise ratio (SNR), chi-squared, re-weighted SNR.
 *
 * On the line: a path beside the network's; a template takes the place of encoder and classifier.
 *
 * Formulas (docs/math/matched.md).  With the inner product of CONVENTIONS.md, sigma^2 = (h|h) and
 *
 *     rho(t) = 4/sigma sum_k conj(h_k) d_k / S_k exp(2 pi i k t delta_f) delta_f          (Allen et al. 2012, gr-qc/0509116)
 *     chi^2  = p sum_l |rho_l|^2 - |rho|^2,  2p - 2 degrees of freedom                    (Allen 2005, gr-qc/0405045)
 *     new SNR = |rho| [(1 + (chi^2/(2p-2))^3)/2]^(-1/6) where chi^2/(2p-2) > 1            (Babak et al. 2013, 1208.3491)
 *
 * where rho_l sums one of p bands of equal sigma^2.  Discretisation, edges of the bands and cut-offs are PyCBC's
 * (pycbc/filter/matchedfilter.py, pycbc/vetoes/chisq.py).
 */
#ifndef GWS_MATCHED_FILTER_H
#define GWS_MATCHED_FILTER_H

#include "base/err.h"
#include "dsp/psd.h"

#include <complex.h>
#include <stdint.h>

#define GWS_CHISQ_BINS_MAX 256

/* Bins [first, end) that a filter uses: neither DC nor Nyquist. */
typedef struct gws_band {
    int64_t first, end;
} gws_band;

/* The bins that a filter uses in a transform of n samples, from int(low/delta_f) on; high 0 means all below Nyquist. */
gws_band gws_matched_filter_band(double low_hz, double high_hz, double delta_f_hz, int64_t n);

/* The re-weighted SNR of an SNR and a chi-squared; chisq_reduced is chi^2 over its degrees of freedom. */
double gws_new_snr(double snr, double chisq_reduced);

/* A filter of n samples, in which both stretch and template are cyclic.  It takes 44 n bytes. */
typedef struct gws_matched_filter gws_matched_filter;

/* The only call here that allocates or fails.
 *   n           samples of the stretch, even
 *   chisq_bins  p, 2..GWS_CHISQ_BINS_MAX
 */
gws_matched_filter *gws_matched_filter_create(int64_t n, int rate_hz, int chisq_bins, gws_err *err);

/* Filter.  Results stay until the next call.
 *   h         (n/2+1) in  template, strain/Hz, coalescence near sample 0
 *   weighted  (n/2+1) in  spectrum of the data, strain/Hz, over the PSD
 *   inverse   (n/2+1) in  one over the one-sided PSD
 *   band      which bins count
 * returns     sigma, the SNR of the template itself; not above 0 or not finite: nothing was filtered
 * Cost: two real transforms of n samples.
 */
double gws_matched_filter_run(gws_matched_filter *m, const double complex *h, const double complex *weighted, const double *inverse,
                              gws_band band);

/* (n) |rho|^2 of the last filter, at the samples on which the template coalesces. */
const double *gws_matched_filter_power(const gws_matched_filter *m);

double complex gws_matched_filter_snr(const gws_matched_filter *m, int64_t sample);

/* chi^2 over its 2p - 2 degrees of freedom at a sample.  Cost: one pass over the band. */
double gws_matched_filter_chisq_reduced(gws_matched_filter *m, int64_t sample);

void gws_matched_filter_destroy(gws_matched_filter *m);

/* A single template given as time series, by one of two published recipes. */
typedef enum gws_matched_filter_recipe {
    GWS_RECIPE_TUTORIAL, /* GWOSC's event tutorial: Blackman mean Welch, both polarisations, no low cut-off, no chi-squared */
    GWS_RECIPE_PYCBC     /* PyCBC's matched_filter and power_chisq on plus alone */
} gws_matched_filter_recipe;

/* "tutorial" or "pycbc". */
gws_status gws_matched_filter_recipe_parse(const char *name, gws_matched_filter_recipe *out, gws_err *err);

typedef struct gws_matched_filter_options {
    gws_matched_filter_recipe recipe;
    double low_hz;    /* of the PyCBC recipe; 20 */
    double inverse_s; /* inverse spectrum truncation of the PyCBC recipe; 0: none */
    int chisq_bins;   /* 16 */
} gws_matched_filter_options;

gws_matched_filter_options gws_matched_filter_options_defaults(void);

/* A template as time series. */
typedef struct gws_matched_filter_template {
    const double *plus, *cross; /* (n) strain; the merger is what lies at n/2 */
    int64_t n;
} gws_matched_filter_template;

typedef struct gws_matched_filter_peak {
    int64_t sample; /* of the stretch, on which the middle of the template lies */
    double snr, phase_rad, sigma;
    double chisq_reduced, new_snr; /* NaN where the recipe has none */
} gws_matched_filter_peak;

/* Loudest sample of a stretch.
 *   template     in  at rate_hz
 *   x            (n) in  strain without gaps, n even, n >= template->n and at least 12 s; PyCBC's recipe leaves out 4 s at both ends
 */
gws_status gws_matched_filter_one(const gws_matched_filter_options *options, const gws_matched_filter_template *template,
                                  const double *x, int64_t n, int rate_hz, gws_matched_filter_peak *out, gws_err *err);

#endif
