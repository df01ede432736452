#include "sim/law.h"

#include <math.h>
#include <stdlib.h>

#define DAY_NS INT64_C(86164090530000) /* a sidereal day */

int gws_source_is_seen(const gws_site *const *site, int n_sites, const gws_source *s, double cos_incl, gws_rng *rng)
{
    return gws_rng_uniform(rng) <
           gws_seen_share(site, n_sites, gws_gmst_rad(s->tc_ns), s->ra_rad, s->dec_rad, s->psi_rad, cos_incl);
}

/* A spin of any direction, its magnitude uniform up to the largest. */
static void draw_spin(const gws_source_law *law, gws_rng *rng, double out[3])
{
    const double size = gws_rng_range(rng, 0, law->spin_max), up = gws_rng_range(rng, -1, 1),
                 around = gws_rng_range(rng, 0, 2 * M_PI);
    const double flat = sqrt(1 - up * up);
    out[0] = size * flat * cos(around);
    out[1] = size * flat * sin(around);
    out[2] = size * up;
}

gws_source gws_source_law_draw(const gws_source_law *law, gws_rng *rng, double *share)
{
    gws_source s = {0};
    double seen = 1;
    double m1 = gws_rng_range(rng, law->mass_min_msun, law->mass_max_msun),
           m2 = gws_rng_range(rng, law->mass_min_msun, law->mass_max_msun), cos_i;
    s.binary =
        (gws_binary){.mass1_msun = fmax(m1, m2), .mass2_msun = fmin(m1, m2), .distance_mpc = 1000, .f_lower_hz = law->f_lower_hz};
    s.binary.spin1[2] = gws_rng_range(rng, -law->spin_max, law->spin_max);
    s.binary.spin2[2] = gws_rng_range(rng, -law->spin_max, law->spin_max);
    if (law->precessing > 0 && gws_rng_uniform(rng) < law->precessing) {
        draw_spin(law, rng, s.binary.spin1);
        draw_spin(law, rng, s.binary.spin2);
    }
    s.binary.coa_phase_rad = gws_rng_range(rng, 0, 2 * M_PI);
    do {
        s.tc_ns = (int64_t)(gws_rng_uniform(rng) * (double)DAY_NS);
        s.ra_rad = gws_rng_range(rng, 0, 2 * M_PI);
        s.dec_rad = asin(gws_rng_range(rng, -1, 1));
        s.psi_rad = gws_rng_range(rng, 0, 2 * M_PI);
        cos_i = gws_rng_range(rng, -1, 1);
        s.binary.incl_rad = acos(cos_i);
        if (law->seeing == GWS_SEEING_LOUD)
            seen = gws_seen_share(law->site, law->n_sites, gws_gmst_rad(s.tc_ns), s.ra_rad, s.dec_rad, s.psi_rad, cos_i);
    } while (law->seeing == GWS_SEEING_LOUD && !(gws_rng_uniform(rng) < seen));
    if (share)
        *share = seen;
    return s;
}

double gws_snr_law(double lowest, double highest, double power, double part)
{
    const double a = lowest, b = highest, q = 1.0 - power;
    if (power == 0.0)
        return a + (b - a) * part;
    return q == 0.0 ? a * pow(b / a, part) : pow(pow(a, q) + (pow(b, q) - pow(a, q)) * part, 1.0 / q);
}

gws_status gws_curve_family_init(gws_curve_family *out, gws_psd *design, double hold_hz, double spread, gws_err *err)
{
    GWS_ASSERT(out && design && design->n > 0 && hold_hz > 0);
    *out = (gws_curve_family){.design = *design, .spread = spread};
    *design = (gws_psd){0};
    const int64_t n = out->design.n, hold = (int64_t)(hold_hz / out->design.delta_f_hz);
    if (!(out->log_f = malloc((size_t)n * sizeof *out->log_f)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld bins of a noise curve", (long long)n);
    for (int64_t k = 0; k < n; k++)
        out->log_f[k] = log((double)(k < hold ? hold : k) * out->design.delta_f_hz / 100);
    return GWS_OK;
}

void gws_curve_family_clear(gws_curve_family *f)
{
    if (!f)
        return;
    gws_psd_clear(&f->design);
    free(f->log_f);
    f->log_f = NULL;
}

void gws_curve_family_draw(const gws_curve_family *f, const gws_psd *others, int n_others, gws_rng *rng, double *out)
{
    double wall = log(0.1) + log(6) * gws_rng_uniform(rng); /* log of (10..60 Hz)/100 Hz */
    double p = gws_rng_range(rng, 4, 10), tilt = f->spread * gws_rng_range(rng, -0.7, 0.7);
    const double *base = n_others > 0 ? others[gws_rng_below(rng, (uint64_t)n_others)].data : f->design.data;
    for (int64_t k = 0; k < f->design.n; k++) {
        double x = f->log_f[k];
        out[k] = f->spread > 0 ? base[k] * (1 + f->spread * exp(p * (wall - x))) * exp(tilt * x) : base[k];
    }
}

gws_whitened_burst gws_whitened_burst_draw(double rate_hz, gws_rng *rng)
{
    const double top = fmin(600, 0.4 * rate_hz);
    gws_whitened_burst b;
    b.f_hz = 30 * pow(top / 30, gws_rng_uniform(rng));
    b.snr = 5 * pow(12, gws_rng_uniform(rng));
    b.q = gws_rng_range(rng, 2, 20);
    b.phase_rad = gws_rng_range(rng, 0, 2 * M_PI);
    return b;
}

void gws_whitened_burst_add(const gws_whitened_burst *b, double rate_hz, double centre, int64_t n, float *w, int stride)
{
    const double tau = b->q / (sqrt(2) * M_PI * b->f_hz);
    /* the sum of squares of the samples is the value of the integral */
    const double norm = sqrt(rate_hz * tau * sqrt(M_PI / 2) / 2 * (1 + cos(2 * b->phase_rad) * exp(-b->q * b->q)));
    const int64_t reach = (int64_t)(4 * tau * rate_hz) + 1, mid = (int64_t)floor(centre);
    for (int64_t at = mid - reach; at <= mid + reach; at++) {
        double t = ((double)at - centre) / rate_hz;
        if (at >= 0 && at < n)
            w[at * stride] += (float)(b->snr / norm * exp(-t * t / (tau * tau)) * cos(2 * M_PI * b->f_hz * t + b->phase_rad));
    }
}
