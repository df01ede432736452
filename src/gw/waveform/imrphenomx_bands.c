#include "gw/waveform/imrphenomx_bands.h"

#include <math.h>

#define THRESHOLD 1e-3
#define POWER (11.0 / 6) /* of the inspiral's spacing with frequency */
#define TOO_MANY 1e9

/* Bins in a spacing, at least one */
static int64_t bins_in(double spacing, double fine)
{
    return spacing < fine ? 1 : (int64_t)floor(fmin(spacing / fine, TOO_MANY));
}

/* Add a band from begin to end, or at most one spacing beyond.  returns  where it ends */
static double append(gws_imrphenomx_bands *b, double begin, double end, int64_t bins)
{
    double spacing = b->fine * (double)bins;
    int64_t steps = (int64_t)ceil(fmin(fmax((end - begin) / spacing, 0), TOO_MANY));
    if (b->n < GWS_IMRPHENOMX_BANDS_MAX)
        b->band[b->n++] = (gws_imrphenomx_band){begin, spacing, steps + 1, bins};
    return begin + spacing * (double)steps;
}

/* Order of operations as LALSimulation has it: whether a quotient is rounded up decides where the points lie. */
void gws_imrphenomx_bands_init(gws_imrphenomx_bands *b, const gws_imrphenomx_pace *pace, double m_s, const gws_fd_bins *all)
{
    double fine = m_s * all->delta_f_hz, begin = m_s * ((double)all->first * all->delta_f_hz), end = m_s * all->last_hz;
    *b = (gws_imrphenomx_bands){.fine = fine, .end = end};

    /* B eqs. 2.8, 2.9; 2.27; 2.28 and 2.31 */
    double scale = 8 * sqrt(3.0 / 5) * M_PI * pow(M_PI, -1.0 / 6) * sqrt(2.0) * cbrt(2) / (cbrt(pace->m) * pace->m) *
                   sqrt(THRESHOLD * pace->eta);
    double curve = fabs(pace->phase_atan), merger = 4 * pace->f_damp * sqrt(THRESHOLD / curve) / sqrt(sqrt(3.0) * 3);
    double ringdown = fmin(5 * pace->f_damp * sqrt(THRESHOLD * 0.5 / curve), sqrt(2 * THRESHOLD) / fabs(pace->amp_decay));
    double f_merger = pace->f_ring + 2 * pace->f_damp, growth = pow(2, 1 / POWER);

    double wanted = scale * pow(begin, POWER) / fine * fine, at = begin, spacing = wanted;
    int bare = !(wanted / fine < 1); /* no band of single bins comes first */
    double f_single = pow(fine / scale, 1 / POWER), f_growing = bare ? begin : f_single + 2 * fine;
    int growing = f_growing < pace->f_inspiral ? (int)ceil(log(pace->f_inspiral / f_growing) / log(growth)) : 0;
    double expected = growing > 0 ? f_growing * pow(growth, growing) : f_growing;
    int ring = !(expected + fine >= end), merge = !(expected + fine >= f_merger);
    if (merge)
        ring = !(f_merger > end);

    if (!bare) {
        at = append(b, begin, f_single, 1);
        spacing = fine;
        wanted *= 2;
    }
    for (int i = 0; i < growing; i++) {
        int64_t bins = bins_in(wanted, fine);
        double from = b->n == 0 ? at : at + fine * (double)bins;
        at = append(b, from, from * growth, bins);
        spacing = fine * (double)bins;
        wanted *= 2;
    }
    if (merge) {
        int64_t bins = bins_in(fmin(2 * spacing, merger), fine);
        double from = b->n == 0 ? at : at + fine * (double)bins;
        if (!(from > f_merger))
            at = append(b, from, f_merger, bins);
    }
    if (ring) {
        int64_t bins = bins_in(ringdown, fine);
        double from = b->n == 0 ? at : at + fine * (double)bins;
        if (!(from > end))
            append(b, from, end, bins);
    }

    /* As many bands as reach the end, the last as long as need be */
    for (int i = 0; i < b->n; i++) {
        gws_imrphenomx_band *k = &b->band[i];
        double stop = k->begin + k->spacing * (double)(k->points - 1);
        if (i == b->n - 1 || stop + fine >= end) {
            b->n = i + 1;
            for (; stop < end; stop += k->spacing)
                k->points++;
        }
    }
}

int gws_imrphenomx_bands_next(gws_imrphenomx_bands *b, gws_imrphenomx_span *span)
{
    if (b->done || b->at >= b->n)
        return 0;
    const gws_imrphenomx_band *k = &b->band[b->at];
    int crosses = b->point == k->points - 1;
    if (crosses && b->at == b->n - 1)
        return 0;
    const gws_imrphenomx_band *to = crosses ? k + 1 : k;
    int64_t point = crosses ? 0 : b->point + 1;
    double here = k->begin + k->spacing * (double)b->point, next = to->begin + to->spacing * (double)point;
    *span = (gws_imrphenomx_span){.begin = here, .end = next, .bins = to->bins};
    b->at += crosses;
    b->point = point;
    if (next + b->fine >= b->end) {
        double count = (b->end - here) / b->fine + 1, whole = round((b->end - here) / b->fine) + 1;
        span->bins = (int64_t)(fabs(count - whole) < 1e-4 ? whole : count);
        if (span->bins > 0 && here + b->fine * (double)(span->bins - 1) > b->end)
            span->bins--;
        span->last = b->done = 1;
        span->closed = b->at == b->n - 1 && b->point == b->band[b->at].points - 1;
    }
    return 1;
}

/* Four recursions side by side: each waits for itself alone. */
void gws_imrphenomx_rotate(double angle, double step, int n, double *restrict c, double *restrict s)
{
    c[0] = cos(angle);
    s[0] = sin(angle);
    if (n == 1)
        return;
    double qc = cos(step), qs = sin(step);
    for (int k = 1; k < n && k < 4; k++) {
        c[k] = c[k - 1] * qc - s[k - 1] * qs;
        s[k] = c[k - 1] * qs + s[k - 1] * qc;
    }
    for (int k = 0; k < 2; k++) { /* its fourth power */
        double c2 = qc * qc - qs * qs;
        qs *= 2 * qc;
        qc = c2;
    }
    for (int k = 4; k < n; k++) {
        c[k] = c[k - 4] * qc - s[k - 4] * qs;
        s[k] = c[k - 4] * qs + s[k - 4] * qc;
    }
}
