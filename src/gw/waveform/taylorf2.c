#include "gw/waveform/taylorf2.h"

#include "dsp/vmath.h"
#include "gw/constants.h"

#include <math.h>
#include <string.h>

#define BLOCK 256 /* frequencies at a time, for the functions of whole arrays */

/* Factors of v^(k-5) in the phase. */
typedef struct series {
    double a[15];
    double log5, log6; /* of v^0 log v and v^1 log v */
} series;

/* a, the quadrupole moment in units of a black hole's with that spin. */
static double quadrupole(double lambda)
{
    if (lambda < 0.5)
        return 1;
    double x = log(lambda);
    return exp(0.194 + x * (0.0936 + x * (0.0474 + x * (-4.21e-3 + x * 1.23e-4))));
}

/* Everything that one body adds: x is its share of the mass. */
static void add_body(series *s, double x, double chi, double lambda)
{
    double eta = x * (1 - x), x2 = x * x, x4 = x2 * x2, chi2 = chi * chi, q = quadrupole(lambda);
    double *a = s->a;
    double so5 = -x * (13915.0 / 84 - 10.0 / 3 * eta + x * (12760.0 / 81 + 170.0 / 9 * eta));
    a[3] += x * (25 + 38.0 / 3 * x) * chi;
    a[4] -= (50 * q + 5.0 / 8) * x2 * chi2;
    a[5] += so5 * chi;
    s->log5 += 3 * so5 * chi;
    a[6] += M_PI * x * (1490.0 / 3 + 260 * x) * chi +
            ((47035.0 / 84 + x * (2935.0 / 6 - 120 * x)) * q - 410825.0 / 672 + x * (-1085.0 / 12 + 1255.0 / 36 * x)) * x2 * chi2;
    a[7] += x *
            (-170978035.0 / 48384 + eta * (2876425.0 / 672 + 4735.0 / 144 * eta) +
             x * (-7189233785.0 / 1524096 + eta * (458555.0 / 3024 - 5345.0 / 72 * eta))) *
            chi;
    double tide = lambda * x4;
    a[10] += tide * (-288 + 264 * x);
    a[12] += tide * (-15895.0 / 28 + x * (4595.0 / 28 + x * (5715.0 / 14 - 325.0 / 7 * x)));
    a[13] += tide * 24 * (12 - 11 * x) * M_PI;
    a[14] -= tide * 5 *
             (193986935.0 / 571536 +
              x * (-14415613.0 / 381024 + x * (-57859.0 / 378 + x * (-209495.0 / 1512 + x * (965.0 / 54 - 4 * x)))));
}

static void series_prepare(series *s, const gws_binary *b)
{
    double total = b->mass1_msun + b->mass2_msun, eta = b->mass1_msun * b->mass2_msun / (total * total), scale = 3 / (128 * eta);
    double chi1 = b->spin1[2], chi2 = b->spin2[2];
    *s = (series){.log5 = 5.0 / 3 * (7729.0 / 84 - 13 * eta) * M_PI, .log6 = -6848.0 / 21};
    double *a = s->a;
    a[0] = 1;
    a[2] = 5.0 / 9 * (743.0 / 84 + 11 * eta);
    a[3] = -16 * M_PI;
    a[4] = 5.0 / 72 * (3058673.0 / 7056 + eta * (5429.0 / 7 + 617 * eta)) - 395.0 / 4 * eta * chi1 * chi2;
    a[5] = 5.0 / 9 * (7729.0 / 84 - 13 * eta) * M_PI;
    a[6] = 11583231236531.0 / 4694215680 - 640.0 / 3 * M_PI * M_PI - 6848.0 / 21 * (GWS_EULER_GAMMA + log(4)) +
           eta * (-15737765635.0 / 3048192 + 2255.0 / 12 * M_PI * M_PI + eta * (76055.0 / 1728 - 127825.0 / 1296 * eta)) +
           (32675.0 / 112 + 5575.0 / 18 * eta) * eta * chi1 * chi2;
    a[7] = M_PI * (77096675.0 / 254016 + eta * (378515.0 / 1512 - 74045.0 / 756 * eta));
    add_body(s, b->mass1_msun / total, chi1, b->lambda1);
    add_body(s, b->mass2_msun / total, chi2, b->lambda2);
    for (int k = 0; k < 15; k++)
        a[k] *= scale;
    s->log5 *= scale;
    s->log6 *= scale;
}

static inline double phase_at(const series *s, double v, double log_v)
{
    const double *a = s->a;
    double v2 = v * v;
    double tides = a[10] + v2 * (a[12] + v * (a[13] + v * a[14]));
    double high = a[5] + s->log5 * log_v + v * (a[6] + s->log6 * log_v + v * (a[7] + v2 * v * tides));
    double low = a[0] + v2 * (a[2] + v * (a[3] + v * a[4]));
    return low / (v2 * v2 * v) + high;
}

/* Radius over its mass in geometric units. */
static double radius(double lambda)
{
    if (lambda <= 1e-15)
        return 2;
    double x = log(lambda);
    return 1 / fmin(0.371 - 0.0391 * x + 0.001056 * x * x, 0.5); /* no star is smaller than a black hole */
}

double gws_taylorf2_end_hz(const gws_binary *b)
{
    double total = b->mass1_msun + b->mass2_msun;
    double apart = (b->mass1_msun * radius(b->lambda1) + b->mass2_msun * radius(b->lambda2)) / total;
    return 1 / (M_PI * total * GWS_MTSUN_S * pow(fmax(apart, 6), 1.5));
}

gws_status gws_taylorf2_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    (void)err;
    double total = b->mass1_msun + b->mass2_msun, m_s = total * GWS_MTSUN_S, eta = b->mass1_msun * b->mass2_msun / (total * total);
    series s;
    series_prepare(&s, b);
    double amp0 = -4 * b->mass1_msun * b->mass2_msun / (b->distance_mpc * GWS_MPC_M) * GWS_MRSUN_M * GWS_MTSUN_S *
                  sqrt(M_PI / 12 * 5 / (32 * eta));
    double w = M_PI * m_s * bins->delta_f_hz;
    double phase0 = 2 * b->coa_phase_rad + M_PI_4;
    if (b->f_ref_hz > 0) {
        double v_ref = cbrt(M_PI * m_s * b->f_ref_hz);
        phase0 += phase_at(&s, v_ref, log(v_ref));
    }
    /* LALSimulation turns the wave by 1/delta_f, a whole turn a bin, in whole nanoseconds. */
    double turn_s = 1 / bins->delta_f_hz, late = 2 * (turn_s - round(turn_s * 1e9) * 1e-9) / m_s;
    double cos_i = cos(b->incl_rad), plus = 0.5 * (1 + cos_i * cos_i);

    for (int64_t k = bins->first; k < bins->end; k += BLOCK) {
        int64_t size = bins->end - k < BLOCK ? bins->end - k : BLOCK;
        double v3[BLOCK], v[BLOCK], log_v3[BLOCK], phase[BLOCK], sine[BLOCK], cosine[BLOCK];
        for (int64_t i = 0; i < size; i++)
            v3[i] = (double)(k + i) * w;
        gws_vcbrt(size, v3, v);
        gws_vlog(size, v3, log_v3);
        for (int64_t i = 0; i < size; i++)
            phase[i] = phase_at(&s, v[i], log_v3[i] / 3) + late * v3[i] - phase0;
        gws_vsincos(size, phase, sine, cosine);
        for (int64_t i = 0; i < size; i++) {
            double amp = amp0 / (v3[i] * sqrt(v[i])), re = amp * cosine[i], im = -amp * sine[i];
            hp[k + i] = CMPLX(plus * re, plus * im);
            hc[k + i] = CMPLX(cos_i * im, -cos_i * re); /* -i cos(i) h */
        }
    }
    return GWS_OK;
}
