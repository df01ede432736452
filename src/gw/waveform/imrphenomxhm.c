#include "gw/waveform/imrphenomxhm.h"

#include <math.h>
#include <string.h>

#define ETA_EXTREME 0.05 /* below: collocation points and alignment of extreme mass ratios */
#define ETA_TINY 0.01    /* below, with a negative spin, the mode that mixes begins to ring later */
#define TINY 1e-15       /* amplitude where a fit would be negative */
#define HIGH_SPIN 0.8
#define STEP 1e-5 /* of differences that stand for derivatives: rounding 1e-6, five points leave less than that of the rest */

/* What is calibrated for each mode; where fits are many, the first */
static const struct {
    unsigned bit;
    int l, m;
    enum gws_imrphenomx_fit ring, damp, phase, amp_ins, amp_mid, amp_rd;
} table[GWS_IMRPHENOMXHM_N_MODES] = {
    {GWS_MODE_22, 2, 2, GWS_IMRPHENOMX_RING_22, GWS_IMRPHENOMX_DAMP_22, 0, 0, 0, 0},
    {GWS_MODE_21, 2, 1, GWS_IMRPHENOMX_RING_21, GWS_IMRPHENOMX_DAMP_21, GWS_IMRPHENOMX_HM_PHASE_INT_21_0,
     GWS_IMRPHENOMX_HM_AMP_INS_21_0, GWS_IMRPHENOMX_HM_AMP_INT_21_0, GWS_IMRPHENOMX_HM_AMP_RD_21_0},
    {GWS_MODE_33, 3, 3, GWS_IMRPHENOMX_RING_33, GWS_IMRPHENOMX_DAMP_33, GWS_IMRPHENOMX_HM_PHASE_INT_33_0,
     GWS_IMRPHENOMX_HM_AMP_INS_33_0, GWS_IMRPHENOMX_HM_AMP_INT_33_0, GWS_IMRPHENOMX_HM_AMP_RD_33_0},
    {GWS_MODE_32, 3, 2, GWS_IMRPHENOMX_RING_32, GWS_IMRPHENOMX_DAMP_32, GWS_IMRPHENOMX_HM_PHASE_INT_32_0,
     GWS_IMRPHENOMX_HM_AMP_INS_32_0, GWS_IMRPHENOMX_HM_AMP_INT_32_0, GWS_IMRPHENOMX_HM_AMP_RD_32_0},
    {GWS_MODE_44, 4, 4, GWS_IMRPHENOMX_RING_44, GWS_IMRPHENOMX_DAMP_44, GWS_IMRPHENOMX_HM_PHASE_INT_44_0,
     GWS_IMRPHENOMX_HM_AMP_INS_44_0, GWS_IMRPHENOMX_HM_AMP_INT_44_0, GWS_IMRPHENOMX_HM_AMP_RD_44_0},
};

static double fit(const gws_imrphenomxhm_mode *h, int which)
{
    return gws_imrphenomx_fit((enum gws_imrphenomx_fit)which, &h->x->vars);
}

static double lorentz(const gws_imrphenomxhm_mode *h, double f)
{
    double d = f - h->f_ring;
    return h->f_damp / (h->f_damp * h->f_damp + d * d);
}

static double angle(const gws_imrphenomxhm_mode *h, double f)
{
    return atan((f - h->f_ring) / h->f_damp);
}

/* H app. E: the mode's post-Newtonian amplitude in units of that of (2,2), relative to its leading order */
static void pn_prepare(gws_imrphenomxhm_mode *h)
{
    const gws_imrphenomx *x = h->x;
    double eta = x->eta, e2 = eta * eta, e3 = e2 * eta, d = x->delta, pi = M_PI;
    double a = 0.5 * (x->chi1 - x->chi2), s = 0.5 * (x->chi1 + x->chi2), a2 = a * a, s2 = s * s, ds = s * d, leading = 0;
    double complex *c = h->pn;
    memset(h->pn, 0, sizeof h->pn);
    switch (10 * h->l + h->m) {
    case 21:
        leading = sqrt(2.0) / 3;
        c[1] = d;
        c[2] = -1.5 * (a + ds);
        c[3] = d * (335 + 1404 * eta) / 672;
        c[4] = CMPLX(3427 * (a + ds) - 8404 * a * eta - 3860 * ds * eta - 1344 * d * pi, -672 * d * (1 + log(16.0))) / 1344;
        c[5] = (-155965824 * a * s - 964357 * d + 432843264 * a * s * eta - 23670792 * d * eta + 24385536 * pi * (a + ds) -
                77982912 * d * (a2 + s2) + 81285120 * d * eta * a2 + 39626496 * d * eta * s2 + 21535920 * d * e2) /
               8128512;
        c[6] = CMPLX(143063173 * (a + ds) - 546199608 * a * eta - 169191096 * ds * eta - 9898560 * d * pi +
                         20176128 * d * eta * pi + 61725888 * (ds * a2 + a * s2) - 81285120 * ds * eta * a2 +
                         20575296 * (a * a2 + ds * s2) - 81285120 * eta * a * a2 - 165618432 * a * eta * s2 -
                         1016064 * ds * eta * s2 + 128873808 * a * e2 - 3859632 * ds * e2,
                     -1350720 * d - 72043776 * d * eta - 5402880 * d * M_LN2 - 17224704 * d * eta * M_LN2) /
               5419008;
        break;
    case 33:
        leading = 0.75 * sqrt(5.0 / 7);
        c[1] = d;
        c[3] = d * (-1945 + 2268 * eta) / 672;
        c[4] = CMPLX(325 * (a + ds) - 1120 * a * eta - 80 * ds * eta + 120 * d * pi, d * (-504 + 720 * log(1.5))) / 120;
        c[5] = (-2263282560.0 * a * s - 1077664867.0 * d + 9053130240.0 * a * s * eta - 5926068792.0 * d * eta -
                1131641280.0 * d * (a2 + s2) + 4470681600.0 * d * eta * a2 + 55883520 * d * eta * s2 + 2966264784.0 * d * e2) /
               447068160;
        c[6] = CMPLX(22007835 * (a + ds) - 80190540 * a * eta - 31722300 * ds * eta - 9193500 * d * pi + 17826480 * d * eta * pi -
                         12428640 * a * e2 - 6078240 * ds * e2,
                     d * (26467560 - 98774368 * eta + (-37810800 + 37558080 * eta) * log(1.5))) /
               2177280;
        break;
    case 32:
        leading = sqrt(5.0 / 7) / 3;
        c[2] = -1 + 3 * eta;
        c[3] = -4 * s * eta;
        c[4] = (10471 - 61625 * eta + 82460 * e2) / 10080;
        c[5] = CMPLX(-3955 * (s + a * d) + 10810 * s * eta + 11865 * a * d * eta - 12600 * s * e2, 2520 - 11088 * eta) / 840;
        c[6] = (824173699.0 + 2263282560.0 * a * ds - 26069649.0 * eta - 15209631360.0 * a * ds * eta +
                3576545280.0 * s * eta * pi + 1131641280.0 * (a2 + s2) - 7865605440.0 * eta * a2 - 11870591040.0 * eta * s2 -
                13202119896.0 * e2 + 13412044800.0 * a2 * e2 + 5830513920.0 * s2 * e2 + 5907445488.0 * e3) /
               447068160;
        break;
    default:
        leading = 4 * sqrt(2.0) / 9 * sqrt(5.0 / 7);
        c[2] = 1 - 3 * eta;
        c[4] = (-158383 + 641105 * eta - 446460 * e2) / 36960;
        c[5] = CMPLX(565 * (s + a * d) - 2075 * s * eta - 1695 * a * d * eta + 240 * pi - 720 * eta * pi + 1140 * s * e2,
                     -1008 + 3579 * eta + (960 - 2880 * eta) * M_LN2) /
               120;
        c[6] = (7888301437.0 - 147113366400.0 * a * ds - 745140957231.0 * eta + 441340099200.0 * a * ds * eta -
                73556683200.0 * (a2 + s2) + 511264353600.0 * eta * a2 + 224302478400.0 * eta * s2 + 2271682065240.0 * e2 -
                871782912000.0 * a2 * e2 - 10897286400.0 * s2 * e2 - 805075876080.0 * e3) /
               29059430400.0;
        break;
    }
    for (int k = 1; k < 7; k++)
        c[k] *= x->norm * pow(2.0 / h->m, -7.0 / 6) * leading * pow(2 * pi / h->m, k / 3.0);
}

static double complex pn_sum(const gws_imrphenomxhm_mode *h, double u)
{
    const double complex *c = h->pn;
    return u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * (c[5] + u * c[6])))));
}

/* Inspiral amplitude times f^(7/6) */
static double amp_ins(const gws_imrphenomxhm_mode *h, double u)
{
    double u3 = u * u * u;
    return cabs(pn_sum(h, u)) + u3 * u3 * u * (h->pseudo[0] + u * (h->pseudo[1] + u * h->pseudo[2]));
}

/* Its slope in f */
static double amp_ins_slope(const gws_imrphenomxhm_mode *h, double f)
{
    double u = cbrt(f), u3 = f;
    double complex sum = pn_sum(h, u), slope = 0;
    for (int k = 1; k < 7; k++)
        slope += k / 3.0 * h->pn[k] * pow(u, k - 3);
    return creal(conj(sum) * slope) / cabs(sum) + u3 * u * (7 * h->pseudo[0] + u * (8 * h->pseudo[1] + u * 9 * h->pseudo[2])) / 3;
}

static double amp_lorentz(const gws_imrphenomxhm_mode *h, double f)
{
    double d = f - h->f_ring, w = h->f_damp * h->rd_width;
    return h->rd_height * h->f_damp / (exp(h->rd_decay / w * d) * (d * d + w * w));
}

static double amp_lorentz_decay(const gws_imrphenomxhm_mode *h, double f)
{
    double d = f - h->f_ring, w = h->f_damp * h->rd_width;
    return h->rd_decay / w + 2 * d / (d * d + w * w);
}

static double amp_rd(const gws_imrphenomxhm_mode *h, double f)
{
    if (h->mixes && f < h->f_aux)
        return h->aux[0] + f * (h->aux[1] + f * (h->aux[2] + f * h->aux[3]));
    return f < h->f_fall ? amp_lorentz(h, f) : h->fall_height * exp(-h->fall_decay * (f - h->f_fall));
}

/* Phase of the mode's own spheroidal part */
static double spheroidal(const gws_imrphenomxhm_mode *h, double f)
{
    return h->s_const + h->s_slope * f + h->s_invert / f + h->s_cube / (f * f * f) + h->s_atan * angle(h, f);
}

/* H eq. 5.6: the spherical ringdown from the spheroidal one of its own and that of (2,2), each with its time shift but no reference
 * phase */
static double complex mixed(const gws_imrphenomxhm_mode *h, double f)
{
    const gws_imrphenomx *x = h->x;
    double own = spheroidal(h, f);
    double other = gws_imrphenomx_phase(x, f, cbrt(f), log(f)) + x->time_shift * f;
    double amp = x->norm * gws_imrphenomx_amplitude_rd(x, f), amp_own = amp_rd(h, f);
    return h->mix_22 * amp * CMPLX(cos(other), sin(other)) + h->mix_32 * amp_own * CMPLX(cos(own), sin(own));
}

static double phase_mid(const gws_imrphenomxhm_mode *h, double f, double log_f)
{
    const double *c = h->mid_phase;
    double r = 1 / f;
    return c[0] * f + c[1] * angle(h, f) + c[2] * log_f - r * (c[3] + r * (c[5] / 2 + r * c[4] / 3));
}

static double phase_mid_slope(const gws_imrphenomxhm_mode *h, double f)
{
    const double *c = h->mid_phase;
    double r = 1 / f;
    return c[0] + c[1] * lorentz(h, f) + r * (c[2] + r * (c[3] + r * (c[5] + r * c[4])));
}

static double phase_ins(const gws_imrphenomxhm_mode *h, double f, double u, double log_f)
{
    double half = 0.5 * h->m;
    return half * gws_imrphenomx_phase_ins(h->x, u / cbrt(half), log_f - log(half)) + h->ins_slope * f + h->ins_const;
}

static double phase_rd(const gws_imrphenomxhm_mode *h, double f)
{
    return h->rd_const + h->rd_slope * f + h->rd_invert / f + h->rd_atan * angle(h, f);
}

/* Where the ringdown's amplitude is fitted: through three values, or for the mode that mixes by its coefficients */
static void amp_rd_prepare(gws_imrphenomxhm_mode *h, int first)
{
    h->f_fall = h->f_ring + 2 * h->f_damp;
    if (h->mixes) {
        h->rd_height = fabs(fit(h, first));
        h->rd_decay = fit(h, first + 1);
        h->rd_width = fit(h, first + 2);
        h->f_aux = h->f_ring - h->f_damp;
        double a[4][4], f[4] = {h->f_amp_im, 0.5 * (h->f_amp_im + h->f_aux), h->f_aux, h->f_aux}, top = amp_lorentz(h, h->f_aux);
        double b[4] = {fabs(fit(h, GWS_IMRPHENOMX_HM_AMP_AUX_32_0)), fabs(fit(h, GWS_IMRPHENOMX_HM_AMP_AUX_32_1)), top,
                       -top * amp_lorentz_decay(h, h->f_aux)};
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 4; k++)
                a[i][k] = i < 3 ? pow(f[i], k) : k == 0 ? 0 : k * pow(f[i], k - 1);
        gws_imrphenomx_solve(4, a[0], b);
        memcpy(h->aux, b, sizeof h->aux);
    } else {
        double before = fabs(fit(h, first)), at = fabs(fit(h, first + 1)), after = fabs(fit(h, first + 2));
        /* Keep the three on a curve that falls */
        if (after >= at * at / before)
            after = 0.5 * at * at / before;
        if (after > at)
            after = 0.5 * at;
        if (before < at && after > before)
            after = before;
        double gap = sqrt(before / after) - before / at;
        h->rd_height = before * h->f_damp / (gap > 0 ? gap : 1e-16);
        h->rd_width = sqrt(h->rd_height / (at * h->f_damp));
        h->rd_decay = 0.5 * h->rd_width * log(before / after);
    }
    h->fall_height = amp_lorentz(h, h->f_fall);
    h->fall_decay = amp_lorentz_decay(h, h->f_fall);
}

/* Where the inspiral's amplitude ends */
static double amp_cut(const gws_imrphenomxhm_mode *h)
{
    const gws_imrphenomx *x = h->x;
    double meco = x->f_meco * h->m / 2, chi = x->chi1;
    if (x->m1 < 20 * x->m2)
        return meco;
    double extreme = 1.25 * h->m * (0.011671068725758493 - 0.0000858396080377194 * chi + 0.000316707064291237 * chi * chi) *
                     (0.8447212540381764 + 6.2873167352395125 * x->eta) / (1.2857082764038923 - 0.9977728883419751 * chi);
    double share = 0.5 + 0.5 * tanh((x->eta - 0.0192234) / 0.004); /* half at a mass ratio of 50 */
    return share * meco + (1 - share) * extreme;
}

/* H sec. V, the release of 2022: amplitudes times f^(7/6) are a post-Newtonian series with three pseudo-PN terms and a polynomial, then
 * comes the ringdown.  The phase of the spheroidal ringdown must be there already. */
static void amplitude_prepare(gws_imrphenomxhm_mode *h, int ins, int mid, int rd)
{
    const gws_imrphenomx *x = h->x;
    h->f_amp_in = amp_cut(h);
    h->f_amp_im = h->mixes ? x->f_ring - 0.5 * x->f_damp : h->f_ring - h->f_damp;
    pn_prepare(h);
    memset(h->pseudo, 0, sizeof h->pseudo);
    double v[3], u[3];
    for (int k = 0; k < 3; k++) {
        double f = (0.5 + 0.25 * k) * h->f_amp_in;
        u[k] = cbrt(f);
        v[k] = (fabs(fit(h, ins + k)) * f * sqrt(u[k]) - cabs(pn_sum(h, u[k]))) / pow(u[k], 7);
    }
    double v12 = (v[1] - v[0]) / (u[1] - u[0]), v23 = (v[2] - v[1]) / (u[2] - u[1]);
    h->pseudo[2] = (v23 - v12) / (u[2] - u[0]);
    h->pseudo[1] = v12 - h->pseudo[2] * (u[0] + u[1]);
    h->pseudo[0] = v[0] - u[0] * (h->pseudo[1] + h->pseudo[2] * u[0]);
    amp_rd_prepare(h, rd);

    /* Values at both ends and, at even spacing, between; slopes at the ends, for (2,1) at the last only */
    double f_in = h->f_amp_in, f_im = h->f_amp_im, step = (f_im - f_in) / 5, a[64], b[8], f[8];
    double last, last_slope;
    if (h->mixes) {
        double far = cabs(mixed(h, f_im + 2 * STEP)) - cabs(mixed(h, f_im - 2 * STEP));
        last = cabs(mixed(h, f_im));
        last_slope = (8 * (cabs(mixed(h, f_im + STEP)) - cabs(mixed(h, f_im - STEP))) - far) / (12 * STEP);
    } else {
        last = amp_rd(h, f_im);
        last_slope = -last * amp_lorentz_decay(h, f_im);
    }
    int n = 0, both = 10 * h->l + h->m != 21;
    f[n] = f_in;
    b[n++] = fmax(amp_ins(h, u[2]) / (f_in * sqrt(u[2])), TINY);
    for (int k = 0; k < (both ? 4 : 2); k++) {
        f[n] = f_in + (both ? k + 1 : 2 * k + 1) * step;
        b[n++] = fabs(fit(h, mid + k));
    }
    f[n] = f_im;
    b[n++] = last;
    int values = n;
    f[n] = f_im;
    b[n++] = last_slope;
    if (both) {
        f[n] = f_in;
        b[n++] = (amp_ins_slope(h, f_in) - 7 / (6 * f_in) * amp_ins(h, u[2])) / (f_in * sqrt(u[2]));
    }
    /* The unknown is f/f_im, because powers of f itself would make the equations ill-conditioned. */
    for (int i = 0; i < n; i++) {
        double t = f[i] / f_im, scale = f[i] * sqrt(cbrt(f[i]));
        for (int k = 0; k < n; k++)
            a[i * n + k] = i < values ? pow(t, k) : (k - 7.0 / 6) * pow(t, k) / f[i];
        b[i] *= scale;
    }
    gws_imrphenomx_solve(n, a, b);
    h->n_mid = n;
    for (int k = 0; k < n; k++)
        h->mid[k] = b[k] / pow(f_im, k);
}

/* H sec. VI.B: spheroidal phase of the mode that mixes, tied in time and phase to (2,2) */
static void spheroidal_prepare(gws_imrphenomxhm_mode *h)
{
    const gws_imrphenomx *x = h->x;
    double f[4] = {x->f_ring, h->f_ring - 1.5 * h->f_damp, h->f_ring - 0.5 * h->f_damp, h->f_ring + 0.5 * h->f_damp}, a[4][4], b[4];
    for (int i = 0; i < 4; i++) {
        double r2 = 1 / (f[i] * f[i]);
        a[i][0] = 1;
        a[i][1] = lorentz(h, f[i]);
        a[i][2] = r2;
        a[i][3] = r2 * r2;
        b[i] = fit(h, GWS_IMRPHENOMX_HM_PHASE_RD_32_0 + i);
    }
    gws_imrphenomx_solve(4, a[0], b);
    double at = x->f_ring + x->f_damp, r2 = 1 / (at * at);
    double own = b[1] * lorentz(h, at) + b[2] * r2 + b[3] * r2 * r2;
    h->s_atan = b[1];
    h->s_invert = -b[2];
    h->s_cube = -b[3] / 3;
    h->s_slope = gws_imrphenomx_phase_slope(x, at) + x->time_shift + fit(h, GWS_IMRPHENOMX_HM_PHASE_RD_32_TIME) - own;
    at = x->f_ring;
    h->s_const = gws_imrphenomx_phase(x, at, cbrt(at), log(at)) + x->time_shift * at + fit(h, GWS_IMRPHENOMX_HM_PHASE_RD_32_SHIFT) -
                 (h->s_slope * at + h->s_invert / at + h->s_cube / (at * at * at) + h->s_atan * angle(h, at));
    h->mix_22 = -CMPLX(fit(h, GWS_IMRPHENOMX_MIX_322_RE), -fit(h, GWS_IMRPHENOMX_MIX_322_IM));
    h->mix_32 = -CMPLX(fit(h, GWS_IMRPHENOMX_MIX_323_RE), -fit(h, GWS_IMRPHENOMX_MIX_323_IM));
}

/* Row of H eq. 5.5 for the slope of the intermediate phase at f */
static void slope_row(const gws_imrphenomxhm_mode *h, double f, double *row, int n)
{
    double r = 1 / f, terms[6] = {1, lorentz(h, f), r, r * r, r * r * r * r, r * r * r};
    memcpy(row, terms, (size_t)n * sizeof *row);
}

/* The piece between and the ringdown of a mode that mixes: slopes v at f, and slope and curvature of the mixed ringdown where it begins. */
static void phase_prepare_mixed(gws_imrphenomxhm_mode *h, double end, double f[6], double v[6])
{
    const gws_imrphenomx *x = h->x;
    double a[36], b[6];
    if (x->eta < ETA_TINY && x->chi1 < 0)
        h->f_phase_im *= 1.2 - 0.25 * x->chi1;
    f[4] = end;
    /* Slope and curvature of the mixed ringdown where it begins */
    double g = h->f_phase_im, turn[5];
    double complex at = mixed(h, g);
    for (int k = 0; k < 5; k++)
        turn[k] = carg(mixed(h, g + (k - 2) * STEP) / at);
    double slope = (8 * (turn[3] - turn[1]) - (turn[4] - turn[0])) / (12 * STEP);
    double curve = (16 * (turn[3] + turn[1]) - (turn[4] + turn[0])) / (12 * STEP * STEP);
    if (x->eta > ETA_EXTREME) {
        f[4] = g;
        v[4] = slope;
    }
    for (int i = 0; i < 5; i++) {
        slope_row(h, f[i], a + 6 * i, 6);
        b[i] = v[i];
    }
    double r = 1 / g, r2 = r * r, peak = lorentz(h, g);
    double row[6] = {0, -2 * (g - h->f_ring) / h->f_damp * peak * peak, -r2, -2 * r2 * r, -4 * r2 * r2 * r, -3 * r2 * r2};
    memcpy(a + 30, row, sizeof row);
    b[5] = curve;
    gws_imrphenomx_solve(6, a, b);
    memcpy(h->mid_phase, b, sizeof h->mid_phase);
    if (x->eta < ETA_EXTREME)
        h->mid_phase[0] += slope - phase_mid_slope(h, g);
    h->rd_slope = phase_mid_slope(h, g) - slope;
    h->rd_const = phase_mid(h, g, log(g)) - carg(at) - h->rd_slope * g;
    h->rd_invert = h->rd_atan = 0;
}

/* The same of a mode that does not mix. */
static void phase_prepare_plain(gws_imrphenomxhm_mode *h, const double f[6], double v[6])
{
    const gws_imrphenomx *x = h->x;
    const int tag = 10 * h->l + h->m;
    double half = 0.5 * h->m, a[36], b[6];
    int pick[5] = {0, 1, 2, 3, 5}, fast = x->s_total >= HIGH_SPIN;
    if (tag == 21 && fast) { /* no sharp turn: the inspiral's shape goes on */
        double slope[3];
        for (int k = 0; k < 3; k++)
            slope[k] = gws_imrphenomx_phase_slope(x, f[k] / half);
        v[1] = v[2] + slope[1] - slope[2];
        v[0] = v[1] + slope[0] - slope[1];
    }
    if (x->eta < ETA_EXTREME || (h->l == h->m && fast) || (tag == 33 && x->s_total < 0)) {
        pick[2] = 3;
        pick[3] = 4;
    } else if (tag == 21 && fast) {
        pick[3] = 4;
    }
    for (int i = 0; i < 5; i++) {
        slope_row(h, f[pick[i]], a + 5 * i, 5);
        b[i] = v[pick[i]];
    }
    gws_imrphenomx_solve(5, a, b);
    memcpy(h->mid_phase, b, 5 * sizeof *b);
    h->mid_phase[5] = 0;
    double g = h->f_phase_im, alpha2 = (h->l == h->m ? 2 : h->m / 3.0) * fit(h, GWS_IMRPHENOMX_HM_PHASE_RD_ALPHA2);
    h->rd_invert = -alpha2;
    h->rd_atan = x->inv_eta * fit(h, GWS_IMRPHENOMX_HM_PHASE_RD_ALPHAL);
    h->rd_slope = h->rd_const = 0;
    h->rd_slope = phase_mid_slope(h, g) - alpha2 / (g * g) - h->rd_atan * lorentz(h, g);
    h->rd_const = phase_mid(h, g, log(g)) - phase_rd(h, g);
}

/* H secs. IV to VI.  H eq. 4.9's line in the inspiral phase drops out: it meets the next piece with its slope. */
static void phase_prepare(gws_imrphenomxhm_mode *h, int mid)
{
    const gws_imrphenomx *x = h->x;
    int tag = 10 * h->l + h->m;
    double half = 0.5 * h->m, cut = (1 + 0.001 * (0.25 / x->eta - 1)) * half * x->f_meco;
    double end = h->mixes ? x->f_ring - 0.5 * x->f_damp : h->f_ring;
    double f[6] = {cut,
                   (sqrt(3.0) * (cut - end) + 2 * (cut + end)) / 4,
                   (3 * cut + end) / 4,
                   (cut + end) / 2,
                   (cut + 3 * end) / 4,
                   (cut + 7 * end) / 8};
    h->f_phase_in = half * x->f_meco;
    h->f_phase_im = h->mixes ? end : h->f_ring - h->f_damp;
    double v[6], shift = -2 * M_PI * (500 + fit(h, GWS_IMRPHENOMX_TIME_PSI4));
    for (int k = 0; k < (h->mixes ? 5 : 6); k++)
        v[k] = fit(h, mid + k) + shift;

    if (h->mixes)
        phase_prepare_mixed(h, end, f, v);
    else
        phase_prepare_plain(h, f, v);

    double g = h->f_phase_in;
    h->ins_slope = h->ins_const = 0;
    h->ins_slope = phase_mid_slope(h, g) - gws_imrphenomx_phase_ins_slope(x, g / half);
    h->ins_const = phase_mid(h, g, log(g)) - phase_ins(h, g, cbrt(g), log(g));

    /* H eq. 4.13: at low frequency the mode turns m/2 times as (2,2) does */
    g = (x->eta > ETA_EXTREME ? 0.6 : 1) * half * x->f_meco;
    double g22 = g / half;
    h->phase0 = half * gws_imrphenomx_phase(x, g22, cbrt(g22), log(g22)) + x->time_shift * g - 0.75 * M_PI * (1 - half) -
                phase_ins(h, g, cbrt(g), log(g));
    if (tag == 21) {
        /* The model's amplitude is positive, that of this mode's post-Newtonian series need not be (at M f = 0.008) */
        double u = 0.2, d = x->delta, root = sqrt(5.0), p6 = pow(M_PI, 1.0 / 6), p = M_PI * u * u * u;
        double sign = -16 * d / 3 * p * sqrt(M_PI) +
                      4 * cbrt(2.0) * (x->chi1 - x->chi2 + d * (x->chi1 + x->chi2)) * p * u * pow(p6, 5) +
                      2 * cbrt(4.0) * (306 - 360 * x->eta) * d / 189 * p * u * u * pow(p6, 7);
        if (sign * root >= 0)
            h->phase0 += M_PI;
    }
}

int gws_imrphenomxhm_prepare(gws_imrphenomxhm_mode *modes, const gws_imrphenomx *x, unsigned which, double phase_ref)
{
    int n = 0, twins = (x->eta == 0.25 || x->m1 == x->m2) && x->chi1 == x->chi2;
    for (int i = 0; i < GWS_IMRPHENOMXHM_N_MODES; i++) {
        if ((which && !(which & table[i].bit)) || (twins && table[i].m % 2))
            continue;
        gws_imrphenomxhm_mode *h = &modes[n++];
        *h = (gws_imrphenomxhm_mode){.x = x, .l = table[i].l, .m = table[i].m, .mixes = table[i].bit == GWS_MODE_32};
        if (i > 0) {
            h->f_ring = fit(h, table[i].ring) / x->mass_final;
            h->f_damp = fit(h, table[i].damp) / x->mass_final;
            if (h->mixes)
                spheroidal_prepare(h);
            amplitude_prepare(h, table[i].amp_ins, table[i].amp_mid, table[i].amp_rd);
            phase_prepare(h, table[i].phase);
        }
        h->phase0 += 0.5 * h->m * phase_ref;
    }
    return n;
}

/* Amplitude and phase of the mode, without the sign of odd l */
static void polar(const gws_imrphenomxhm_mode *h, double f, double u, double log_f, double *amp_out, double *phase_out)
{
    const gws_imrphenomx *x = h->x;
    double amp, phase;
    if (h->l == 2 && h->m == 2) {
        amp = x->norm * gws_imrphenomx_amplitude(x, f, u);
        phase = gws_imrphenomx_phase(x, f, u, log_f) + x->time_shift * f;
    } else {
        double complex ring = h->mixes && (f >= h->f_amp_im || f >= h->f_phase_im) ? mixed(h, f) : 0;
        if (f < h->f_amp_in) {
            amp = amp_ins(h, u) / (f * sqrt(u));
        } else if (f < h->f_amp_im) {
            amp = 0;
            for (int k = h->n_mid - 1; k >= 0; k--)
                amp = amp * f + h->mid[k];
            amp /= f * sqrt(u);
        } else {
            amp = h->mixes ? cabs(ring) : amp_rd(h, f);
        }
        if (amp < 0)
            amp = TINY;
        if (f < h->f_phase_in)
            phase = phase_ins(h, f, u, log_f);
        else if (f < h->f_phase_im)
            phase = phase_mid(h, f, log_f);
        else
            phase = phase_rd(h, f) + (h->mixes ? carg(ring) : 0);
    }
    *amp_out = amp;
    *phase_out = phase + h->phase0;
}

double complex gws_imrphenomxhm_at(const gws_imrphenomxhm_mode *h, double f, double u, double log_f)
{
    double amp, phase;
    polar(h, f, u, log_f, &amp, &phase);
    if (h->l % 2)
        amp = -amp;
    return CMPLX(amp * cos(phase), amp * sin(phase));
}

int gws_imrphenomxhm_walks(const gws_imrphenomx *x, const gws_binary *b)
{
    return !b->exact && x->total_msun <= GWS_IMRPHENOMX_BANDS_MSUN;
}

static void walk_point(gws_imrphenomxhm_walk *w, double f)
{
    const gws_imrphenomxhm_mode *h = w->mode;
    double u = cbrt(f), log_f = log(f);
    gws_imrphenomxhm_point *p = &w->next;
    *p = (gws_imrphenomxhm_point){0};
    polar(h, f, u, log_f, &p->amp, &p->phase);
    if (!h->mixes)
        return;
    if (f > h->f_phase_im && !w->unwrapped) { /* the ringdown's phase is known up to turns only */
        p->phase = phase_mid(h, f, log_f) + h->phase0;
        w->unwrapped = 1;
    }
    if (f > fmin(h->f_amp_im, h->f_phase_im)) {
        p->amp_own = amp_rd(h, f);
        p->phase_own = spheroidal(h, f);
    }
}

void gws_imrphenomxhm_walk_init(gws_imrphenomxhm_walk *w, const gws_imrphenomxhm_mode *h, gws_imrphenomxhm_walk *dominant,
                                const gws_fd_bins *bins)
{
    const gws_imrphenomx *x = h->x;
    int leads = h->l == 2 && h->m == 2;
    gws_imrphenomx_pace pace = {
        .m = h->m,
        .eta = x->eta,
        .f_inspiral = 0.5 * h->m * x->f_meco,
        .f_ring = leads ? x->f_ring : h->f_ring,
        .f_damp = leads ? x->f_damp : h->f_damp,
        .phase_atan = leads      ? x->rd_atan
                      : h->mixes ? h->s_atan
                                 : h->rd_atan,
        .amp_decay = leads ? x->amp_decay : h->rd_decay / (h->rd_width * h->f_damp),
    };
    *w = (gws_imrphenomxhm_walk){.mode = h,
                                 .dominant = dominant,
                                 .first = bins->first,
                                 .end = bins->first,
                                 .stop = bins->end,
                                 .whole_stop = bins->whole_end};
    gws_imrphenomx_bands_init(&w->bands, &pace, x->m_s, bins);
}

int gws_imrphenomxhm_walk_next(gws_imrphenomxhm_walk *w)
{
    const gws_imrphenomxhm_mode *h = w->mode;
    if (w->end >= w->stop || !gws_imrphenomx_bands_next(&w->bands, &w->span))
        return 0;
    if (!w->started)
        walk_point(w, w->span.begin);
    w->started = 1;
    w->here = w->next;
    walk_point(w, w->span.end);
    w->rings = h->mixes && w->span.begin > fmin(h->f_amp_im, h->f_phase_im);
    /* LALSimulation leaves the last bin empty but for the mode that mixes; that is the last of all, not of the array. */
    if (w->span.bins > w->whole_stop - w->end)
        w->span.bins = w->whole_stop - w->end;
    if (w->span.last && !h->mixes && w->span.bins > 0)
        w->span.bins--;
    if (w->span.bins > w->stop - w->end)
        w->span.bins = w->stop - w->end;
    w->first = w->end;
    w->end = w->first + w->span.bins;
    return 1;
}

/* Ringdown of the mode that mixes, in bins of the span */
static void fill_mixed(gws_imrphenomxhm_walk *w, int64_t at, int n, double *re, double *im)
{
    const gws_imrphenomxhm_mode *h = w->mode;
    const gws_imrphenomx *x = h->x;
    double fine = w->bands.fine, wide = w->span.end - w->span.begin, from = (double)(at - w->first) * fine;
    double own_step = (w->next.phase_own - w->here.phase_own) / wide * fine;
    double own_re[GWS_IMRPHENOMXHM_BLOCK], own_im[GWS_IMRPHENOMXHM_BLOCK], lead_re[GWS_IMRPHENOMXHM_BLOCK],
        lead_im[GWS_IMRPHENOMXHM_BLOCK], turn_re[GWS_IMRPHENOMXHM_BLOCK], turn_im[GWS_IMRPHENOMXHM_BLOCK];
    double phase_lead = w->dominant ? w->dominant->mode->phase0 : 0; /* is in that mode already */
    gws_imrphenomx_rotate(w->here.phase_own + phase_lead + (double)(at - w->first) * own_step, own_step, n, own_re, own_im);
    double f0 = w->span.begin + from;
    gws_imrphenomx_rotate(h->rd_slope * f0 + h->rd_const + h->phase0 - phase_lead, h->rd_slope * fine, n, turn_re, turn_im);
    for (int k = 0; k < n; k++)
        lead_re[k] = lead_im[k] = 0;
    if (w->dominant) {
        gws_imrphenomxhm_walk *d = w->dominant;
        for (int k = 0; k < n;) {
            while (d->end <= at + k && gws_imrphenomxhm_walk_next(d))
                ;
            if (d->end <= at + k)
                break;
            int run = d->end - (at + k) < n - k ? (int)(d->end - (at + k)) : n - k;
            gws_imrphenomxhm_walk_fill(d, at + k, run, lead_re + k, lead_im + k);
            k += run;
        }
    } else {
        for (int k = 0; k < n; k++) {
            double f = f0 + fine * k, u = cbrt(f), amp = x->norm * gws_imrphenomx_amplitude(x, f, u),
                   phase = gws_imrphenomx_phase(x, f, u, log(f)) + x->time_shift * f;
            lead_re[k] = amp * cos(phase);
            lead_im[k] = amp * sin(phase);
        }
    }
    for (int k = 0; k < n; k++) {
        double f = f0 + fine * k, share = (from + fine * k) / wide;
        double amp_own = w->here.amp_own + share * (w->next.amp_own - w->here.amp_own);
        double complex ring =
            (h->mix_22 * CMPLX(lead_re[k], lead_im[k]) + h->mix_32 * CMPLX(amp_own * own_re[k], amp_own * own_im[k])) *
            CMPLX(turn_re[k], turn_im[k]);
        if (f < h->f_amp_im) { /* phase of the ringdown, amplitude of what comes before */
            ring *= (w->here.amp + share * (w->next.amp - w->here.amp)) / cabs(ring);
        } else if (f < h->f_phase_im) {
            double amp, phase;
            polar(h, f, cbrt(f), log(f), &amp, &phase);
            ring = cabs(ring) * CMPLX(cos(phase), sin(phase));
        }
        re[k] = -creal(ring); /* l is odd */
        im[k] = -cimag(ring);
    }
}

void gws_imrphenomxhm_walk_fill(gws_imrphenomxhm_walk *w, int64_t at, int n, double *re, double *im)
{
    GWS_ASSERT(at >= w->first && n >= 1 && n <= GWS_IMRPHENOMXHM_BLOCK && at + n <= w->end);
    if (w->rings) {
        fill_mixed(w, at, n, re, im);
        return;
    }
    double from = (double)(at - w->first), share = w->bands.fine / (w->span.end - w->span.begin);
    double phase_step = (w->next.phase - w->here.phase) * share, amp_step = (w->next.amp - w->here.amp) * share;
    double amp = w->here.amp + from * amp_step;
    if (w->mode->l % 2) {
        amp = -amp;
        amp_step = -amp_step;
    }
    gws_imrphenomx_rotate(w->here.phase + from * phase_step, phase_step, n, re, im);
    for (int k = 0; k < n; k++) {
        double a = amp + k * amp_step;
        re[k] *= a;
        im[k] *= a;
    }
}

/* Every mode along its own coarse frequencies */
static void walk_all(const gws_imrphenomxhm_mode *modes, int n_modes, const double complex *plus, const double complex *cross,
                     const gws_fd_bins *bins, double complex *hp, double complex *hc)
{
    for (int i = 0; i < n_modes; i++) {
        gws_imrphenomxhm_walk w, dominant;
        int shares = modes[i].mixes && modes[0].l == 2 && modes[0].m == 2;
        if (shares)
            gws_imrphenomxhm_walk_init(&dominant, &modes[0], NULL, bins);
        gws_imrphenomxhm_walk_init(&w, &modes[i], shares ? &dominant : NULL, bins);
        while (gws_imrphenomxhm_walk_next(&w)) {
            for (int64_t at = w.first; at < w.end;) {
                double re[GWS_IMRPHENOMXHM_BLOCK], im[GWS_IMRPHENOMXHM_BLOCK];
                int run = w.end - at < GWS_IMRPHENOMXHM_BLOCK ? (int)(w.end - at) : GWS_IMRPHENOMXHM_BLOCK;
                gws_imrphenomxhm_walk_fill(&w, at, run, re, im);
                for (int k = 0; k < run; k++) {
                    double complex h = CMPLX(re[k], im[k]);
                    hp[at + k] += plus[i] * h;
                    hc[at + k] += cross[i] * h;
                }
                at += run;
            }
        }
    }
}

gws_status gws_imrphenomxhm_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    gws_imrphenomx x;
    gws_status status = gws_imrphenomx_init(&x, "IMRPhenomXHM", b, err);
    if (status != GWS_OK)
        return status;
    gws_imrphenomx_prepare(&x);
    gws_imrphenomxhm_mode modes[GWS_IMRPHENOMXHM_N_MODES];
    int n_modes = gws_imrphenomxhm_prepare(modes, &x, b->modes, gws_imrphenomx_phase_ref(&x, b));
    double complex plus[GWS_IMRPHENOMXHM_N_MODES], cross[GWS_IMRPHENOMXHM_N_MODES];
    for (int i = 0; i < n_modes; i++) {
        /* (l,-m) at azimuth pi/2 with, by symmetry about the orbit, (l,m) */
        static const double turn[4][2] = {{1, 0}, {0, -1}, {-1, 0}, {0, 1}}; /* powers of -i */
        int l = modes[i].l, m = modes[i].m;
        double back = gws_imrphenomx_harmonic(l, -m, b->incl_rad),
               front = (l % 2 ? -1 : 1) * gws_imrphenomx_harmonic(l, m, b->incl_rad);
        plus[i] = 0.5 * x.amp0 * (back + front) * CMPLX(turn[m % 4][0], turn[m % 4][1]);
        cross[i] = 0.5 * x.amp0 * (back - front) * CMPLX(turn[(m + 3) % 4][0], turn[(m + 3) % 4][1]);
    }
    if (gws_imrphenomxhm_walks(&x, b)) {
        walk_all(modes, n_modes, plus, cross, bins, hp, hc);
        return GWS_OK;
    }
    for (int64_t k = bins->first; k < bins->end; k++) {
        double f = x.m_s * ((double)k * bins->delta_f_hz), u = cbrt(f), log_f = log(f);
        for (int i = 0; i < n_modes; i++) {
            double complex h = gws_imrphenomxhm_at(&modes[i], f, u, log_f);
            hp[k] += plus[i] * h;
            hc[k] += cross[i] * h;
        }
    }
    return GWS_OK;
}
