#include "gw/project.h"

#include "base/clock.h"
#include "gw/constants.h"

#include <math.h>
#include <string.h>

#define RESPONSE_S 0.25 /* response and delay are renewed this often */
#define MAX_KERNEL 1024 /* taps; 40 km at 65536 Hz want 931 */
#define PIECE 512       /* samples convolved at a time */

/* Taps of the kernel that a site wants at a rate. */
static int kernel_taps(const gws_site *site, int rate_hz)
{
    return 67 + 48 * (int)lround(2 * site->arm_m * rate_hz / GWS_C_M_S);
}

gws_status gws_project_reach(const char *approximant, const gws_binary *b, int rate_hz, gws_conditioning how, double *before_s,
                             double *after_s, gws_err *err)
{
    gws_status status = gws_wave_reach(approximant, b, rate_hz, how, before_s, after_s, err);
    if (status != GWS_OK)
        return status;
    /* light from the Earth's centre, and the kernel's ends */
    const double edge = 0.03 + (double)MAX_KERNEL / rate_hz;
    *before_s += edge;
    *after_s += edge;
    return GWS_OK;
}

/* How the times of a series in a detector map onto those of the signal: piecewise by a whole number of samples and a kernel. */
typedef struct mapping {
    const gws_wave *s;
    const gws_site *site;
    int taps, interval;
    int64_t epoch_ns, begin, n; /* of the strain in the detector */
    double arm_samples;
} mapping;

static double delay_at(const mapping *m, int64_t t_ns)
{
    return gws_delay_s(m->site, gws_gmst_rad(t_ns), m->s->source.ra_rad, m->s->source.dec_rad);
}

static mapping mapping_of(const gws_wave *s, const gws_site *site)
{
    mapping m = {.s = s, .site = site, .taps = kernel_taps(site, s->rate_hz), .arm_samples = site->arm_m * s->rate_hz / GWS_C_M_S};
    double dt = 1.0 / s->rate_hz;
    m.interval = (int)lround(RESPONSE_S * s->rate_hz);
    double first = delay_at(&m, s->start_ns), last = delay_at(&m, s->start_ns + gws_ns_of_s((double)s->n * dt));
    m.n = s->n + m.taps - 1 + (int64_t)ceil((first - last) / dt) + lround(4 * m.arm_samples);
    int64_t t = s->start_ns + gws_ns_of_s(first - (m.taps - 1) / 2 * dt), second = gws_floor_div(t, GWS_NS);
    double part = (double)(t - second * GWS_NS) / 1e9, whole = round(part / dt);
    m.begin = second * s->rate_hz + (int64_t)whole;
    m.epoch_ns = t + gws_ns_of_s(whole * dt - part);
    return m;
}

/* Place in the signal, in samples, of sample i of the strain with the given delay. */
static double place_of(const mapping *m, int64_t i, int64_t delay_ns)
{
    int64_t t = m->epoch_ns + gws_ns_of_s((double)i / m->s->rate_hz) - delay_ns;
    return (double)(t - m->s->start_ns) / 1e9 * m->s->rate_hz;
}

void gws_project_span(const gws_wave *s, const gws_site *site, int64_t *begin, int64_t *n)
{
    GWS_ASSERT(s && site && begin && n);
    mapping m = mapping_of(s, site);
    *begin = m.begin;
    *n = m.n > 0 ? m.n : 0;
}

/* Mean of sin(pi t)/(pi t) over centre - half .. centre + half added to out[i] for the centres i + shift, by Gauss and Legendre. */
static void add_mean_sinc(double *out, int taps, double shift, double half)
{
    static const double node[4] = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526};
    static const double weight[4] = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461, 0.3478548451374538};
    int panels = (int)ceil(half / 0.05);
    if (panels < 1)
        panels = 1;
    double wide = half / panels;
    for (int p = 0; p < panels; p++)
        for (int g = 0; g < 4; g++) {
            double u = shift - half + wide * (2 * p + 1 + node[g]), w = 0.5 * weight[g] / panels, s = w * sin(M_PI * u) / M_PI;
            for (int k = 0; k < taps; k++) {
                int i = k - (taps - 1) / 2;
                double t = i + u;
                if (fabs(t) < 0.5)
                    out[k] += t == 0 ? w : w * sin(M_PI * t) / (M_PI * t);
                else
                    out[k] += (i & 1 ? -s : s) / t;
            }
        }
}

/* An arm's kernel (LIGO-T1800394): the field at the vertex is what the light has met on its way to the end and back, half of it
 * each; a Welch window.  LAL writes the means as differences of sine integrals. */
static void kernel_make(double *out, int taps, double residual, double arm_samples, double cosine)
{
    memset(out, 0, (size_t)taps * sizeof *out);
    add_mean_sinc(out, taps, residual + 0.5 * arm_samples * (cosine + 1), 0.5 * arm_samples * (1 - cosine));
    add_mean_sinc(out, taps, residual + 0.5 * arm_samples * (cosine - 1), 0.5 * arm_samples * (1 + cosine));
    double welch = 1 / ((taps - 1) / 2.0 + 1);
    for (int k = 0; k < taps; k++) {
        double y = welch * (k - (taps - 1) / 2 + residual);
        out[k] *= fabs(y) < 1 ? 0.5 * (1 - y * y) : 0;
    }
}

/* Samples [from, from + n) of the signal as both arms feel them, zero beyond its ends. */
static void feel(const mapping *m, int64_t from, int64_t n, double *x, double *y)
{
    const gws_wave *s = m->s;
    const gws_source *src = &s->source;
    memset(x, 0, (size_t)n * sizeof *x);
    memset(y, 0, (size_t)n * sizeof *y);
    int64_t i = from > 0 ? from : 0, end = from + n < s->n ? from + n : s->n;
    while (i < end) {
        int64_t block = i / m->interval, stop = (block + 1) * m->interval < end ? (block + 1) * m->interval : end;
        int64_t t = s->start_ns + gws_ns_of_s((double)(block * m->interval) / s->rate_hz);
        gws_arm arm[2];
        gws_antenna_arms(m->site, gws_gmst_rad(t), src->ra_rad, src->dec_rad, src->psi_rad, arm);
        for (; i < stop; i++) {
            x[i - from] = arm[0].plus * s->hp[i] + arm[0].cross * s->hc[i];
            y[i - from] = arm[1].plus * s->hp[i] + arm[1].cross * s->hc[i];
        }
    }
}

/* out[i] = sum kx[k] x[i + k] + sum ky[k] y[i + k], eight outputs at a time in pairs that any CPU has; each is summed in the order of the
 * taps.  x and y reach GROUP further than the last output needs. */
typedef double pair_f64 __attribute__((vector_size(16), aligned(8), may_alias));
enum { GROUP = 8 };

static void convolve(const double *kx, const double *ky, int taps, const double *x, const double *y, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i += GROUP) {
        pair_f64 a[GROUP / 2] = {{0}}, b[GROUP / 2] = {{0}};
        for (int k = 0; k < taps; k++) {
            pair_f64 u = {kx[k], kx[k]}, v = {ky[k], ky[k]};
            const pair_f64 *p = (const pair_f64 *)(x + i + k), *q = (const pair_f64 *)(y + i + k);
            for (int j = 0; j < GROUP / 2; j++) {
                a[j] += u * p[j];
                b[j] += v * q[j];
            }
        }
        for (int64_t j = 0; j < GROUP && i + j < n; j++)
            out[i + j] = a[j / 2][j % 2] + b[j / 2][j % 2];
    }
}

void gws_project(const gws_wave *s, const gws_site *site, int64_t begin, int64_t n, double *out)
{
    GWS_ASSERT(s && site && (out || n == 0) && n >= 0);
    mapping m = mapping_of(s, site);
    GWS_ASSERT(m.taps <= MAX_KERNEL);
    double kx[MAX_KERNEL], ky[MAX_KERNEL], x[PIECE + MAX_KERNEL + GROUP], y[PIECE + MAX_KERNEL + GROUP];
    memset(out, 0, (size_t)n * sizeof *out);
    int64_t from = begin - m.begin > 0 ? begin - m.begin : 0, to = begin + n - m.begin < m.n ? begin + n - m.begin : m.n;
    /* LAL keeps a kernel until the place between samples has moved by this much; it counts from the first sample, and so must we. */
    double threshold = 1.0 / (4 * m.taps), kept = 2;
    int made = 0;
    gws_arm arm[2] = {{0}};
    for (int64_t i = 0; i < to;) {
        int64_t block = i - i % m.interval, stop = block + m.interval < m.n ? block + m.interval : m.n;
        int64_t t = m.epoch_ns + gws_ns_of_s((double)block / s->rate_hz), delay_ns = -gws_ns_of_s(-delay_at(&m, t));
        double place = place_of(&m, i, delay_ns), whole = round(place), residual = whole - place;
        if (fabs(residual - kept) < threshold && fabs(residual - kept) > threshold - 3e-9 * s->rate_hz) {
            /* Times are rounded to ns: some sample further on may be over the threshold. */
            int64_t j = i + 1;
            while (j < stop && fabs(whole + (double)(j - i) - place_of(&m, j, delay_ns) - kept) < threshold)
                j++;
            stop = j;
        } else if (fabs(residual - kept) >= threshold) {
            kept = residual;
            made = 0;
            gws_antenna_arms(site, gws_gmst_rad(t), s->source.ra_rad, s->source.dec_rad, s->source.psi_rad, arm);
        }
        if (stop > from && !made) {
            kernel_make(kx, m.taps, kept, m.arm_samples, arm[0].cosine);
            kernel_make(ky, m.taps, kept, m.arm_samples, arm[1].cosine);
            made = 1;
        }
        int64_t offset = (int64_t)whole - i - (m.taps - 1) / 2;
        for (int64_t a = i > from ? i : from; a < stop && a < to; a += PIECE) {
            int64_t count = (stop < to ? stop : to) - a;
            count = count < PIECE ? count : PIECE;
            feel(&m, a + offset, count + m.taps - 1 + GROUP, x, y);
            convolve(kx, ky, m.taps, x, y, count, out + (a + m.begin - begin));
        }
        i = stop;
    }
}
