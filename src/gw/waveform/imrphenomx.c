#include "gw/waveform/imrphenomx.h"

#include <math.h>

#define F_CUT 0.3
#define F_CUT_HIGH_SPIN 0.33 /* above a chi_eff of 0.99 the (4,4) mode still rings at 0.3 */
#define F_INS_MIN 0.0026     /* lowest collocation frequency of the inspiral phase */

static double fit(const gws_imrphenomx *x, enum gws_imrphenomx_fit which)
{
    return gws_imrphenomx_fit(which, &x->vars);
}

void gws_imrphenomx_solve(int n, double *a, double *b)
{
    for (int k = 0; k < n; k++) {
        int pivot = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[pivot * n + k]))
                pivot = i;
        if (pivot != k) {
            for (int j = k; j < n; j++) {
                double t = a[k * n + j];
                a[k * n + j] = a[pivot * n + j];
                a[pivot * n + j] = t;
            }
            double t = b[k];
            b[k] = b[pivot];
            b[pivot] = t;
        }
        for (int i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            for (int j = k + 1; j < n; j++)
                a[i * n + j] -= factor * a[k * n + j];
            b[i] -= factor * b[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++)
            b[k] -= a[k * n + j] * b[j];
        b[k] /= a[k * n + k];
    }
}

static double factorial(int n)
{
    double f = 1;
    for (; n > 1; n--)
        f *= n;
    return f;
}

double gws_imrphenomx_wigner(int l, int m, int n, int k)
{
    if (k < 0 || m - n + k < 0 || l + n - k < 0 || l - m - k < 0)
        return 0;
    double size = sqrt(factorial(l + m) * factorial(l - m) * factorial(l + n) * factorial(l - n)) /
                  (factorial(l + n - k) * factorial(k) * factorial(m - n + k) * factorial(l - m - k));
    return (m - n + k) % 2 ? -size : size;
}

double gws_imrphenomx_harmonic(int l, int m, double theta)
{
    double c = cos(theta / 2), s = sin(theta / 2), sum = 0;
    for (int k = 0; k <= 2 * l; k++) {
        double term = gws_imrphenomx_wigner(l, m, 2, k);
        if (term != 0)
            sum += term * pow(c, 2 * l + 2 - m - 2 * k) * pow(s, m - 2 + 2 * k);
    }
    return sqrt((2 * l + 1) / (4 * M_PI)) * sum;
}

/* Frequency of the (2,2) mode at the innermost stable orbit of Kerr, Bardeen et al. 1972 eq. 2.21 */
static double isco(double a)
{
    double z1 = 1 + cbrt(1 - a * a) * (cbrt(1 + a) + cbrt(1 - a));
    z1 = fmin(z1, 3); /* rounding may pass 3 */
    double z2 = sqrt(3 * a * a + z1 * z1), turn = sqrt((3 - z1) * (3 + z1 + 2 * z2));
    double r = 3 + z2 - (a > 0 ? turn : a < 0 ? -turn : 0);
    return 1 / ((r * sqrt(r) + a) * M_PI);
}

/* Masses and spins, the larger mass first; spins of A sec. IV */
static void bodies(gws_imrphenomx *x, const gws_binary *b)
{
    int swap = b->mass1_msun < b->mass2_msun;
    double m1_kg = (swap ? b->mass2_msun : b->mass1_msun) * GWS_MSUN_KG, m1 = m1_kg / GWS_MSUN_KG;
    double m2_kg = (swap ? b->mass1_msun : b->mass2_msun) * GWS_MSUN_KG, m2 = m2_kg / GWS_MSUN_KG;
    *x = (gws_imrphenomx){.m1_kg = m1_kg,
                          .m2_kg = m2_kg,
                          .total_msun = m1 + m2,
                          .chi1 = swap ? b->spin2[2] : b->spin1[2],
                          .chi2 = swap ? b->spin1[2] : b->spin2[2]};
    x->m_s = x->total_msun * GWS_MTSUN_S;
    x->m1 = m1 / x->total_msun;
    x->m2 = m2 / x->total_msun;
    x->delta = (m1 - m2) / x->total_msun;
    x->eta = 0.25 * (1 - x->delta * x->delta);
    x->inv_eta = 1 / x->eta;

    /* Masses taken from eta, as LALSimulation does */
    double root = sqrt(1 - 4 * x->eta), x1 = 0.5 * (1 + root), x2 = 0.5 * (1 - root), chi_eff = x1 * x->chi1 + x2 * x->chi2;
    x->s_reduced = (chi_eff - 38.0 / 113 * x->eta * (x->chi1 + x->chi2)) / (1 - 76.0 / 113 * x->eta);
    x->s_total = (x1 * x1 * x->chi1 + x2 * x2 * x->chi2) / (x1 * x1 + x2 * x2);
    x->f_cut = chi_eff > 0.99 ? F_CUT_HIGH_SPIN : F_CUT;
}

double gws_imrphenomx_end_hz(const gws_binary *b)
{
    gws_imrphenomx x;
    bodies(&x, b);
    return x.f_cut / x.m_s;
}

gws_status gws_imrphenomx_init(gws_imrphenomx *x, const char *name, const gws_binary *b, gws_err *err)
{
    bodies(x, b);
    double m1 = x->m1_kg / GWS_MSUN_KG, m2 = x->m2_kg / GWS_MSUN_KG;
    if (m1 > 1000 * m2 * (1 + 1e-15))
        return gws_err_set(err, GWS_EARG, "%s: mass ratio %g: the model ends at 1000", name, m1 / m2);
    gws_imrphenomx_vars_init(&x->vars, x->eta, x->delta, x->chi1, x->chi2, x->s_total, x->s_reduced);

    x->mass_final = 1 - fit(x, GWS_IMRPHENOMX_RADIATED);
    x->spin_aligned = fit(x, GWS_IMRPHENOMX_FINAL_SPIN);
    if (!(fabs(x->spin_aligned) <= 1 && x->mass_final <= 1))
        return gws_err_set(err, GWS_EARG,
                           "%s: remnant of spin %.4f and mass %.4f: masses %g and %g, spins %g and %g are beyond the model", name,
                           x->spin_aligned, x->mass_final, m1, m2, x->chi1, x->chi2);
    x->f_meco = fit(x, GWS_IMRPHENOMX_MECO);
    x->f_isco = isco(x->spin_aligned);
    if (x->f_meco > x->f_isco)
        return gws_err_set(err, GWS_EARG, "%s: no inspiral before the innermost orbit for masses %g and %g, spins %g and %g", name,
                           m1, m2, x->chi1, x->chi2);
    gws_imrphenomx_remnant(x, x->spin_aligned);
    x->amp0 = x->total_msun * GWS_MRSUN_M * x->m_s / (b->distance_mpc * GWS_MPC_M);
    x->norm = sqrt(2.0 / 3.0) * sqrt(x->eta) * pow(M_PI, -1.0 / 6);
    return GWS_OK;
}

void gws_imrphenomx_remnant(gws_imrphenomx *x, double spin_final)
{
    x->spin_final = spin_final;
    gws_imrphenomx_vars_spin(&x->vars, spin_final);
    x->f_ring = fit(x, GWS_IMRPHENOMX_RING_22) / x->mass_final;
    x->f_damp = fit(x, GWS_IMRPHENOMX_DAMP_22) / x->mass_final;
}

int64_t gws_imrphenomx_end(const gws_imrphenomx *x, const gws_fd_bins *bins)
{
    int passes = bins->end > bins->first && x->m_s * ((double)(bins->end - 1) * bins->delta_f_hz) > bins->last_hz * x->m_s;
    return bins->end - passes;
}

/* Sums that the post-Newtonian terms are made of */
typedef struct spins {
    double sum, dif;   /* chi1 + chi2, delta (chi1 - chi2) */
    double sum2, dif2; /* the same of squares */
    double sum3, dif3; /* of cubes */
    double cross;      /* chi1 chi2 */
} spins;

static spins spin_sums(const gws_imrphenomx *x)
{
    double a = x->chi1, b = x->chi2;
    return (spins){.sum = a + b,
                   .dif = x->delta * (a - b),
                   .sum2 = a * a + b * b,
                   .dif2 = x->delta * (a * a - b * b),
                   .sum3 = a * a * a + b * b * b,
                   .dif3 = x->delta * (a * a * a - b * b * b),
                   .cross = a * b};
}

static double amp_ins(const gws_imrphenomx *x, double u)
{
    const double *a = x->amp_ins;
    return 1 + u * u * (a[2] + u * (a[3] + u * (a[4] + u * (a[5] + u * (a[6] + u * (a[7] + u * (a[8] + u * a[9])))))));
}

static double amp_rd(const gws_imrphenomx *x, double f)
{
    double d = f - x->f_ring;
    return x->amp_height * exp(-d * x->amp_decay) / (d * d + x->amp_width * x->amp_width);
}

double gws_imrphenomx_amplitude_rd(const gws_imrphenomx *x, double f)
{
    return amp_rd(x, f) / (f * sqrt(cbrt(f)));
}

/* A sec. VI: the pieces' coefficients and the frequencies at which they meet. */
static void amplitude_prepare(gws_imrphenomx *x)
{
    double eta = x->eta, e2 = eta * eta, e3 = e2 * eta, pi = M_PI, p = cbrt(pi);
    spins s = spin_sums(x);

    /* Ringdown: A eq. 6.17, height from the value at the peak of eq. 5.14.  Its root turns imaginary beyond gamma2 = 1, where
     * LALSimulation drops it. */
    double gamma2 = fit(x, GWS_IMRPHENOMX_AMP_RD_GAMMA2);
    x->amp_width = x->f_damp * fit(x, GWS_IMRPHENOMX_AMP_RD_GAMMA3);
    x->amp_decay = gamma2 / x->amp_width;
    double root = gamma2 <= 1 ? sqrt(1 - gamma2 * gamma2) : 0;
    x->f_amp_im = fabs(x->f_ring + x->amp_width * (root - 1) / gamma2);
    double d = x->f_amp_im - x->f_ring, denominator = d * d + x->amp_width * x->amp_width;
    x->amp_height = fit(x, GWS_IMRPHENOMX_AMP_RD_V1) * denominator * exp(d * x->amp_decay);

    /* Inspiral: post-Newtonian amplitude (A app. E), then three pseudo-PN terms through three values (A eq. 6.4) */
    x->f_amp_in = x->f_meco + 0.25 * (x->f_isco - x->f_meco);
    double *a = x->amp_ins;
    a[0] = 1;
    a[1] = 0;
    a[2] = p * p * (-969 + 1804 * eta) / 672;
    a[3] = pi * (81 * (s.sum + s.dif) - 44 * s.sum * eta) / 48;
    a[4] = pi * p *
           (-27312085 - 10287648 * (s.sum2 + s.dif2) + 24 * (-1975055 + 857304 * s.sum2 - 994896 * s.cross) * eta + 35371056 * e2) /
           8128512;
    a[5] = pi * p * p *
           (6048 * (s.sum3 + s.dif3 - eta * (3 * s.sum3 + s.dif3)) + 287213 * (s.sum + s.dif) -
            4 * eta * (93414 * s.sum + 2083 * s.dif) - 35632 * s.sum * e2 + 42840 * (4 * eta - 1) * pi) /
           32256;
    a[6] = pi * pi *
           (-1242641879927.0 + 12 * (28 * (-3248849057.0 + 11088 * (163199 * s.sum2 - 266498 * s.cross)) * e2 + 27026893936.0 * e3 -
                                     116424 * (147117 * (s.sum2 + s.dif2) + 60928 * pi * (s.sum + s.dif)) +
                                     eta * (545384828789.0 - 77616 * (638642 * s.cross - 158633 * s.sum2 + 282718 * s.dif2 -
                                                                      107520 * pi * s.sum + 275520 * pi * pi)))) /
           60085960704.0;
    double u1 = cbrt(0.5 * x->f_amp_in), u2 = cbrt(0.75 * x->f_amp_in), u3 = cbrt(x->f_amp_in);
    double v1 = fit(x, GWS_IMRPHENOMX_AMP_INS_V2) / pow(u1, 7), v2 = fit(x, GWS_IMRPHENOMX_AMP_INS_V3) / pow(u2, 7),
           v3 = fit(x, GWS_IMRPHENOMX_AMP_INS_V4) / pow(u3, 7);
    double v12 = (v2 - v1) / (u2 - u1), v23 = (v3 - v2) / (u3 - u2);
    a[9] = (v23 - v12) / (u3 - u1);
    a[8] = v12 - a[9] * (u1 + u2);
    a[7] = v1 - u1 * (a[8] + a[9] * u1);

    /* Intermediate: A eq. 6.7, values and slopes of f^(7/6)/amplitude at both ends, a value in the middle */
    double f1 = x->f_amp_in, f4 = x->f_amp_im, w = f4 - f1, slope1 = 0;
    for (int k = 2; k < 10; k++)
        slope1 += k / 3.0 * a[k] * pow(u3, k - 3);
    double end1 = f1 * sqrt(u3) / amp_ins(x, u3), end4 = f4 * sqrt(cbrt(f4)) / amp_rd(x, f4);
    double *c = x->amp_int;
    c[0] = end1;
    c[1] = w * end1 * (7 / (6 * f1) - slope1 / amp_ins(x, u3));
    double tail = w * end4 * (7 / (6 * f4) + x->amp_decay + 2 * d / denominator);
    double end = end4 - c[0] - c[1], slope = tail - c[1], middle = 1 / fit(x, GWS_IMRPHENOMX_AMP_INT_V2) - c[0] - c[1] / 2;
    c[4] = 16 * middle - 8 * end + 2 * slope;
    c[3] = slope - 2 * end - 2 * c[4];
    c[2] = end - c[3] - c[4];
}

double gws_imrphenomx_amplitude(const gws_imrphenomx *x, double f, double u)
{
    if (f < x->f_amp_in)
        return amp_ins(x, u) / (f * sqrt(u));
    if (f > x->f_amp_im)
        return amp_rd(x, f) / (f * sqrt(u));
    const double *c = x->amp_int;
    double t = (f - x->f_amp_in) / (x->f_amp_im - x->f_amp_in);
    return 1 / (c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * c[4]))));
}

double gws_imrphenomx_phase_ins(const gws_imrphenomx *x, double u, double log_f)
{
    const double *c = x->ins, *l = x->ins_log;
    double u2 = u * u;
    double low = c[0] + u2 * (c[2] + u * (c[3] + u * c[4])); /* c[1] is 0: no half order; c[5] is a mere constant */
    double high = u * (c[6] + u * (c[7] + u * (c[8] + u * (c[9] + u * (c[10] + u * c[11])))));
    return low / (u2 * u2 * u) + high + log_f * (l[0] + u * (l[1] + u2 * l[2]));
}

double gws_imrphenomx_phase_ins_slope(const gws_imrphenomx *x, double f)
{
    double u = cbrt(f), log_f = log(f), sum = 0;
    for (int k = 0; k < 12; k++)
        sum += (k - 5) / 3.0 * x->ins[k] * pow(u, k - 8);
    return sum + (x->ins_log[0] + x->ins_log[1] * u * (1 + log_f / 3)) / f + x->ins_log[2] * (1 + log_f);
}

static double phase_mid(const gws_imrphenomx *x, double f, double log_f)
{
    const double *c = x->mid;
    double r = 1 / f;
    return c[0] + c[1] * f + c[2] * log_f + r * (c[3] + r * (c[4] + r * c[5])) +
           x->mid_atan * atan((f - x->f_ring) / (2 * x->f_damp));
}

static double phase_mid_slope(const gws_imrphenomx *x, double f)
{
    const double *c = x->mid;
    double r = 1 / f, d = (f - x->f_ring) / (2 * x->f_damp);
    return c[1] + r * (c[2] - r * (c[3] + r * (2 * c[4] + r * 3 * c[5]))) + x->mid_atan / (2 * x->f_damp * (1 + d * d));
}

static double phase_rd(const gws_imrphenomx *x, double f, double u)
{
    const double *c = x->rd;
    double r = 1 / f;
    return c[0] + c[1] * f + c[2] * u * u + r * (c[3] + r * r * c[4]) + x->rd_atan * atan((f - x->f_ring) / x->f_damp);
}

static double phase_rd_slope(const gws_imrphenomx *x, double f)
{
    const double *c = x->rd;
    double r = 1 / f, d = (f - x->f_ring) / x->f_damp;
    return c[1] + 2.0 / 3 * c[2] / cbrt(f) - r * r * (c[3] + 3 * r * r * c[4]) + x->rd_atan / (x->f_damp * (1 + d * d));
}

double gws_imrphenomx_phase(const gws_imrphenomx *x, double f, double u, double log_f)
{
    if (f < x->f_phase_in)
        return gws_imrphenomx_phase_ins(x, u, log_f);
    return f > x->f_phase_im ? phase_rd(x, f, u) : phase_mid(x, f, log_f);
}

double gws_imrphenomx_phase_slope(const gws_imrphenomx *x, double f)
{
    if (f < x->f_phase_in)
        return gws_imrphenomx_phase_ins_slope(x, f);
    return f > x->f_phase_im ? phase_rd_slope(x, f) : phase_mid_slope(x, f);
}

/* TaylorF2 to 3.5PN with quadratic and cubic spin terms (A eq. 7.1 and app. B), 4PN spin-orbit, and four pseudo-PN terms through
 * four values of the slope (A eq. 7.6). */
static void phase_ins_prepare(gws_imrphenomx *x)
{
    double eta = x->eta, e2 = eta * eta, e3 = e2 * eta, pi = M_PI, p2 = pi * pi, log_pi = log(pi);
    spins s = spin_sums(x);
    double pn[12] = {0}, pn_log[9] = {0};
    pn[0] = 1;
    pn[2] = 3715.0 / 756 + 55 * eta / 9;
    pn[3] = -16 * pi + (113 * (s.sum + s.dif) - 76 * s.sum * eta) / 6;
    double square = s.sum2 * (1 - 2 * eta) + s.dif2;
    pn[4] = 15293365.0 / 508032 + 27145 * eta / 504 + 3085 * e2 / 72 - 5 * (81 * square + 316 * s.cross * eta) / 16;
    pn_log[5] =
        (5 * (46374 - 6552 * eta) * pi - 732985 * (s.sum + s.dif) - 560 * (63 * s.dif - 1213 * s.sum) * eta + 85680 * s.sum * e2) /
        4536;
    pn[6] = 11583231236531.0 / 4.69421568e9 - 5 * eta * (3147553127.0 + 588 * eta * (-45633 + 102260 * eta)) / 3.048192e6 -
            6848.0 / 21 * GWS_EULER_GAMMA - 640.0 / 3 * p2 + 2255.0 / 12 * eta * p2 - 13696.0 / 21 * M_LN2 - 6848.0 / 63 * log_pi +
            5 * pi * (227 * (s.sum + s.dif) - 156 * s.sum * eta) / 3 +
            5 *
                (20 * s.cross * eta * (11763 + 12488 * eta) +
                 7 * (s.sum2 * (15103 - 43366 * eta - 9808 * e2) + s.dif2 * (15103 - 13160 * eta))) /
                4032;
    pn_log[6] = -6848.0 / 63;
    pn[7] = 5 * pi * (15419335 + 168 * (75703 - 29618 * eta) * eta) / 254016 +
            5 *
                (-5030016755.0 * (s.sum + s.dif) + 4 * (2113331119.0 * s.sum + 675484362.0 * s.dif) * eta -
                 1008 * (208433 * s.sum + 25011 * s.dif) * e2 + 90514368 * s.sum * e3) /
                6.096384e6 -
            5 * pi * (57 * square + 220 * s.cross * eta) +
            (14585 * (s.sum3 + s.dif3) - 5 * (8819 * s.sum3 + 2985 * s.dif3 - 8439 * s.cross * (s.sum + s.dif)) * eta +
             40 * s.sum * (17 * s.sum2 - 14 * s.cross) * e2) /
                48;
    pn_log[8] = -5 * pi * (1263141 * (s.sum + s.dif) - 2 * (794075 * s.sum + 178533 * s.dif) * eta + 94344 * s.sum * e2) / 9072;
    pn[8] = pn_log[8] * (log_pi - 1);

    double v3 = fit(x, GWS_IMRPHENOMX_PHASE_INS_V3);
    double value[4] = {fit(x, GWS_IMRPHENOMX_PHASE_INS_D13) + v3, fit(x, GWS_IMRPHENOMX_PHASE_INS_D23) + v3, v3,
                       fit(x, GWS_IMRPHENOMX_PHASE_INS_D43) + v3};
    double a[4][4], width = 1.02 * x->f_meco - F_INS_MIN;
    static const double node[4] = {0, 0.25, 0.75, 1};
    for (int i = 0; i < 4; i++) {
        double f = node[i] * width + F_INS_MIN, u = cbrt(f);
        a[i][0] = 1;
        a[i][1] = u;
        a[i][2] = u * u;
        a[i][3] = f;
    }
    gws_imrphenomx_solve(4, a[0], value);

    double scale = -3 / (128 * eta);
    for (int k = 0; k < 12; k++)
        x->ins[k] = scale * pn[k] * pow(pi, (k - 5) / 3.0);
    static const int order[3] = {5, 6, 8};
    for (int k = 0; k < 3; k++)
        x->ins_log[k] = scale * pn_log[order[k]] * pow(pi, (order[k] - 5) / 3.0);
    for (int k = 0; k < 4; k++) /* these four come without their powers of pi */
        x->ins[8 + k] -= scale * pow(pi, -5.0 / 3) * 5 / (3 + k) * value[k];
}

/* A secs. VII.B, VII.C: both fits are to slopes of the phase at collocation points. */
static void phase_prepare(gws_imrphenomx *x)
{
    phase_ins_prepare(x);
    double in = x->f_meco, im = 0.6 * (0.5 * x->f_ring + x->f_isco), gap = 0.03 * (im - in);
    x->f_phase_in = in - gap;
    x->f_phase_im = im + 0.5 * gap;

    static const double node[5] = {0, 0.5 - M_SQRT1_2 / 2, 0.5, 0.5 + M_SQRT1_2 / 2, 1};
    double scale = 5 / (128 * pow(M_PI, 5.0 / 3)), fr = x->f_ring, fd = x->f_damp;
    double v4 = fit(x, GWS_IMRPHENOMX_PHASE_RD_V4), v2 = fit(x, GWS_IMRPHENOMX_PHASE_RD_D24) + v4;
    double rd[5] = {fit(x, GWS_IMRPHENOMX_PHASE_RD_D12) + v2, v2, fit(x, GWS_IMRPHENOMX_PHASE_RD_D34) + v4, v4,
                    fit(x, GWS_IMRPHENOMX_PHASE_RD_D54) + v4};
    double rd_first = rd[0], a[5][5], width = fr + 1.25 * fd - im;
    for (int i = 0; i < 5; i++) {
        double f = i == 3 ? fr : node[i] * width + im, r = 1 / f;
        a[i][0] = 1;
        a[i][1] = cbrt(r);
        a[i][2] = r * r;
        a[i][3] = r * r * r * r;
        a[i][4] = -scale / (fd * fd + (f - fr) * (f - fr));
    }
    gws_imrphenomx_solve(5, a[0], rd);
    double lorentz = -scale * rd[4];

    double in_slope = gws_imrphenomx_phase_ins_slope(x, x->f_phase_in) * x->eta;
    double middle = fit(x, GWS_IMRPHENOMX_PHASE_INT_V3MV4) + v4;
    double mid[5] = {in_slope, 0.75 * (fit(x, GWS_IMRPHENOMX_PHASE_INT_V2MV4) + v4) + 0.25 * fit(x, GWS_IMRPHENOMX_PHASE_INT_V2),
                     middle, fit(x, GWS_IMRPHENOMX_PHASE_INT_D43) + middle, rd_first};
    for (int i = 0; i < 5; i++) {
        double f = node[i] * (x->f_phase_im - x->f_phase_in) + x->f_phase_in;
        for (int k = 0; k < 5; k++)
            a[i][k] = pow(fr / f, k);
        mid[i] -= 4 * lorentz / (4 * fd * fd + (f - fr) * (f - fr));
    }
    gws_imrphenomx_solve(5, a[0], mid);

    double e = x->inv_eta;
    x->mid[0] = 0;
    x->mid[1] = e * mid[0];
    x->mid[2] = e * mid[1] * fr;
    x->mid[3] = -e * mid[2] * fr * fr;
    x->mid[4] = -e * mid[3] * fr * fr * fr / 2;
    x->mid[5] = -e * mid[4] * fr * fr * fr * fr / 3;
    x->mid_atan = 2 * e * lorentz / fd;
    x->rd[0] = 0;
    x->rd[1] = e * rd[0];
    x->rd[2] = 1.5 * e * rd[1];
    x->rd[3] = -e * rd[2];
    x->rd[4] = -e * rd[3] / 3;
    x->rd_atan = e * lorentz / fd;

    /* Phase and slope are continuous where the pieces meet. */
    double f = x->f_phase_in, u = cbrt(f), log_f = log(f);
    x->mid[1] += gws_imrphenomx_phase_ins_slope(x, f) - phase_mid_slope(x, f);
    x->mid[0] = gws_imrphenomx_phase_ins(x, u, log_f) - phase_mid(x, f, log_f);
    f = x->f_phase_im;
    x->rd[1] += phase_mid_slope(x, f) - phase_rd_slope(x, f);
    x->rd[0] = phase_mid(x, f, log(f)) - phase_rd(x, f, cbrt(f));

    /* The hybrids that the model was fitted to peak 500 M before their end in psi4. */
    x->time_shift = fit(x, GWS_IMRPHENOMX_TIME_SLOPE) - gws_imrphenomx_phase_slope(x, fr - fd) -
                    2 * M_PI * (500 + fit(x, GWS_IMRPHENOMX_TIME_PSI4));
}

void gws_imrphenomx_prepare(gws_imrphenomx *x)
{
    amplitude_prepare(x);
    phase_prepare(x);
}

double gws_imrphenomx_phase_ref(const gws_imrphenomx *x, const gws_binary *b)
{
    double f = x->m_s * (b->f_ref_hz > 0 ? b->f_ref_hz : b->f_lower_hz);
    return 2 * b->coa_phase_rad + M_PI / 4 - gws_imrphenomx_phase(x, f, cbrt(f), log(f)) - x->time_shift * f;
}
