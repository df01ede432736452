#include "gw/waveform/imrphenomxphm.h"

#include "gw/waveform/imrphenomx.h"
#include "gw/waveform/imrphenomx_angles.h"
#include "gw/waveform/imrphenomxhm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define L_MAX 4
#define NIL 1e-9 /* share of a mode that is none: spins along the orbital momentum leave all but two or three inertial modes */
#define M_ALL (2 * L_MAX + 1)

/* One mode of the orbital plane's frame, turned: factors of exp(i m alpha), m = -l..l, as sums of two products of powers of
 * cos(beta/2) and sin(beta/2) */
typedef struct turned {
    int l, m;
    double d[M_ALL][2]; /* of c^(p) s^(2l-p), p = power[], then of c^(p-2) s^(2l-p+2) */
    int power[M_ALL];
    double plus[M_ALL], cross[M_ALL]; /* what exp(i m alpha) d contributes to h+ and, times i, to hx */
} turned;

/* P eqs. 3.5 - 3.8 with m of the first sum turned round */
static void turn_prepare(turned *t, int l, int m, double theta_jn)
{
    t->l = l;
    t->m = m;
    for (int i = 0; i <= 2 * l; i++) {
        int mu = i - l, k = mu < m ? m - mu : 0;
        t->power[i] = 2 * l + m - mu - 2 * k;
        t->d[i][0] = gws_imrphenomx_wigner(l, mu, m, k);
        t->d[i][1] = gws_imrphenomx_wigner(l, mu, m, k + 1);
        double back = ((mu + m) % 2 ? -1 : 1) * gws_imrphenomx_harmonic(l, -mu, theta_jn),
               front = (l % 2 ? -1 : 1) * gws_imrphenomx_harmonic(l, mu, theta_jn);
        t->plus[i] = 0.5 * (back + front);
        t->cross[i] = 0.5 * (back - front);
    }
}

typedef struct euler {
    double alpha, epsilon;
    double half_c, half_s; /* cosine and sine of beta/2 */
    double half_beta;      /* at coarse frequencies */
} euler;

static euler euler_at(const gws_imrphenomx_angles *a, int m, double f)
{
    euler e;
    double cos_beta;
    gws_imrphenomx_angles_at(a, cbrt(2 * M_PI * f / m), &e.alpha, &e.epsilon, &cos_beta);
    e.half_c = fmin(sqrt(fabs(1 + cos_beta) / 2), 1);
    e.half_s = sqrt(fabs(1 - cos_beta) / 2);
    e.half_beta = 0;
    return e;
}

/* What the mode gives through each inertial one: h+ = h sum (v[0] + i v[1]), hx = h sum (v[2] + i v[3]), over exp(i m alpha), m = lo..hi */
typedef struct frame {
    int lo, hi;
    double v[M_ALL][4];
} frame;

static void frame_make(frame *g, const turned *t, const euler *e)
{
    int l = t->l, m = t->m;
    double c[M_ALL], s[M_ALL], d[M_ALL];
    c[0] = s[0] = 1;
    for (int k = 1; k <= 2 * l; k++) {
        c[k] = c[k - 1] * e->half_c;
        s[k] = s[k - 1] * e->half_s;
    }
    for (int i = 0; i <= 2 * l; i++) {
        int p = t->power[i];
        d[i] = t->d[i][0] * c[p] * s[2 * l - p];
        if (t->d[i][1] != 0)
            d[i] += t->d[i][1] * c[p - 2] * s[2 * l - p + 2];
    }
    g->lo = 0;
    g->hi = 2 * l;
    while (g->lo < g->hi && fabs(d[g->lo]) < NIL)
        g->lo++;
    while (g->hi > g->lo && fabs(d[g->hi]) < NIL)
        g->hi--;
    double angle = (g->lo - l) * e->alpha - m * e->epsilon, re = cos(angle), im = sin(angle), step_re = cos(e->alpha),
           step_im = sin(e->alpha);
    for (int i = g->lo; i <= g->hi; i++) {
        double plus = t->plus[i] * d[i], cross = t->cross[i] * d[i];
        g->v[i][0] = plus * re;
        g->v[i][1] = plus * im;
        g->v[i][2] = -cross * im;
        g->v[i][3] = cross * re;
        double next = re * step_re - im * step_im;
        im = re * step_im + im * step_re;
        re = next;
    }
}

/* h+ and hx of strain re + i im, added to what other modes gave */
static void add(double re, double im, const double *v, double complex *plus, double complex *cross)
{
    *plus += CMPLX(re * v[0] - im * v[1], re * v[1] + im * v[0]);
    *cross += CMPLX(re * v[2] - im * v[3], re * v[3] + im * v[2]);
}

static void turn(const frame *g, double re, double im, double complex *plus, double complex *cross)
{
    double v[4] = {0, 0, 0, 0};
    for (int i = g->lo; i <= g->hi; i++)
        for (int k = 0; k < 4; k++)
            v[k] += g->v[i][k];
    add(re, im, v, plus, cross);
}

/* LALSimulation does not turn its angles on to the next coarse frequency: it multiplies exp(i angle) by the cosine of a bin's share at
 * every bin, so that angles stay while sizes drift.  These are the factors from bin to bin: of exp(i alpha); of what all inertial modes
 * have in common; of exp(i beta/2). */
typedef struct drift {
    double alpha, both, beta;
} drift;

static drift drift_of(const turned *t, const frame *g, const euler *here, const euler *next, double share)
{
    double alpha = cos((next->alpha - here->alpha) * share), epsilon = cos((next->epsilon - here->epsilon) * share);
    double both = 1 / epsilon, ratio = g->lo < t->l ? 1 / alpha : alpha;
    for (int i = 1; i < t->m; i++)
        both /= epsilon;
    for (int i = abs(g->lo - t->l); i > 0; i--)
        both *= ratio;
    return (drift){alpha, both, cos((next->half_beta - here->half_beta) * share)};
}

/* n bins of a span, the first of them its number from */
static void turn_drifting(const turned *t, const frame *g, const drift *d, int64_t from, int n, const double *re, const double *im,
                          double complex *hp, double complex *hc)
{
    double alpha = 1, both = 1, beta = 1;
    if (from > 0) {
        alpha = pow(d->alpha, (double)from);
        both = pow(d->both, (double)from);
        beta = pow(d->beta, (double)from);
    }
    double inverse = 1 / beta, back = 1 / d->beta;
    for (int k = 0; k < n; k++) {
        double v[4], scale = both, wide = 0.5 * (beta + inverse), wide2 = wide * wide;
        for (int j = 0; j < 4; j++)
            v[j] = g->v[g->hi][j];
        for (int i = g->hi - 1; i >= g->lo; i--)
            for (int j = 0; j < 4; j++)
                v[j] = v[j] * alpha + g->v[i][j];
        for (int i = 0; i < t->l; i++)
            scale *= wide2;
        add(re[k] * scale, im[k] * scale, v, hp + k, hc + k);
        alpha *= d->alpha;
        both *= d->both;
        beta *= d->beta;
        inverse *= back;
    }
}

/* End of what LALSimulation fills when it evaluates every bin: it makes the modes up to the frequency of the last bin and counts the bins
 * again from that, where rounding may lose it. */
static int64_t exact_end(const gws_imrphenomx *x, const gws_fd_bins *bins)
{
    double last = (double)(bins->end - 1) * bins->delta_f_hz;
    int64_t end = gws_imrphenomx_end(x, bins);
    if (bins->end == bins->whole_end && end == bins->end)
        end = (int64_t)(last / bins->delta_f_hz) + 1;
    return end;
}

static void every_bin(const gws_imrphenomxhm_mode *mode, const turned *t, const gws_imrphenomx_angles *angles,
                      const gws_fd_bins *bins, double complex *hp, double complex *hc)
{
    frame g;
    int64_t end = exact_end(mode->x, bins);
    for (int64_t k = bins->first; k < end; k++) {
        double f = mode->x->m_s * ((double)k * bins->delta_f_hz);
        euler e = euler_at(angles, t->m, f);
        frame_make(&g, t, &e);
        double complex h = gws_imrphenomxhm_at(mode, f, cbrt(f), log(f));
        turn(&g, creal(h), cimag(h), hp + k, hc + k);
    }
}

enum { BLOCK = GWS_IMRPHENOMXHM_BLOCK };

/* Modes along coarse frequencies, angles in every bin */
static void walk_bending(gws_imrphenomxhm_walk *w, const turned *t, const gws_imrphenomx_angles *angles, double complex *hp,
                         double complex *hc)
{
    double re[BLOCK], im[BLOCK];
    frame g;
    while (gws_imrphenomxhm_walk_next(w))
        for (int64_t at = w->first; at < w->end;) {
            int run = w->end - at < BLOCK ? (int)(w->end - at) : BLOCK;
            gws_imrphenomxhm_walk_fill(w, at, run, re, im);
            for (int k = 0; k < run; k++, at++) {
                euler e = euler_at(angles, t->m, w->span.begin + (double)(at - w->first) * w->bands.fine);
                frame_make(&g, t, &e);
                turn(&g, re[k], im[k], hp + at, hc + at);
            }
        }
}

/* Angles at a coarse frequency, beta by way of the arc cosine of cos(beta/2) as LALSimulation has it */
static euler euler_coarse(const gws_imrphenomx_angles *a, int m, double f)
{
    euler e = euler_at(a, m, f);
    e.half_s = sqrt((1 - e.half_c) * (1 + e.half_c));
    e.half_beta = acos(e.half_c);
    return e;
}

/* Modes and angles along coarse frequencies */
static void walk(gws_imrphenomxhm_walk *w, const turned *t, const gws_imrphenomx_angles *angles, double complex *hp,
                 double complex *hc)
{
    double re[BLOCK], im[BLOCK];
    frame g;
    euler here, next = {0};
    int started = 0;
    while (gws_imrphenomxhm_walk_next(w)) {
        if (!started)
            next = euler_coarse(angles, t->m, w->span.begin);
        started = 1;
        here = next;
        next = euler_coarse(angles, t->m, w->span.end);
        frame_make(&g, t, &here);
        double share = w->bands.fine / (w->span.end - w->span.begin);
        int64_t end = w->first + llround(1 / share);
        if (end > w->end)
            end = w->end;
        drift d = {1, 1, 1};
        if (end - w->first > 1)
            d = drift_of(t, &g, &here, &next, share);
        for (int64_t at = w->first; at < end;) {
            int run = end - at < BLOCK ? (int)(end - at) : BLOCK;
            gws_imrphenomxhm_walk_fill(w, at, run, re, im);
            if (end - w->first == 1)
                turn(&g, re[0], im[0], hp + at, hc + at);
            else
                turn_drifting(t, &g, &d, at - w->first, run, re, im, hp + at, hc + at);
            at += run;
        }
        /* The mode goes a bin or two beyond the last coarse frequency before the end; angles are those there. */
        if (end < w->end && !w->span.closed)
            frame_make(&g, t, &next);
        for (; end < w->end && !w->span.closed; end++) {
            gws_imrphenomxhm_walk_fill(w, end, 1, re, im);
            turn(&g, re[0], im[0], hp + end, hc + end);
        }
    }
}

gws_status gws_imrphenomxphm_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    gws_imrphenomx x;
    gws_status status = gws_imrphenomx_init(&x, "IMRPhenomXPHM", b, err);
    if (status != GWS_OK)
        return status;
    gws_imrphenomx_angles angles;
    gws_imrphenomx_angles_init(&angles, &x, b);
    gws_imrphenomx_prepare(&x);
    gws_binary still = *b; /* P's convention 1: the phase at f_ref turns the line of sight, not the modes */
    still.coa_phase_rad = 0;
    gws_imrphenomxhm_mode modes[GWS_IMRPHENOMXHM_N_MODES];
    int n_modes = gws_imrphenomxhm_prepare(modes, &x, b->modes, gws_imrphenomx_phase_ref(&x, &still));
    int walks = gws_imrphenomxhm_walks(&x, b);
    /* LALSimulation's: where the angles are too noisy for coarse frequencies */
    int exact_angles = angles.msa ? x.m1 > 50 * x.m2 && x.total_msun > 100 : x.m1 > 8 * x.m2;

    for (int i = 0; i < n_modes; i++) {
        turned t;
        turn_prepare(&t, modes[i].l, modes[i].m, angles.theta_jn);
        if (walks) {
            gws_imrphenomxhm_walk own, dominant;
            int shares = modes[i].mixes && modes[0].l == 2 && modes[0].m == 2;
            if (shares)
                gws_imrphenomxhm_walk_init(&dominant, &modes[0], NULL, bins);
            gws_imrphenomxhm_walk_init(&own, &modes[i], shares ? &dominant : NULL, bins);
            if (exact_angles)
                walk_bending(&own, &t, &angles, hp, hc);
            else
                walk(&own, &t, &angles, hp, hc);
        } else {
            every_bin(&modes[i], &t, &angles, bins, hp, hc);
        }
    }
    double c2 = x.amp0 * cos(2 * angles.zeta), s2 = x.amp0 * sin(2 * angles.zeta);
    for (int64_t k = bins->first; k < bins->end; k++) {
        double complex plus = hp[k], cross = hc[k];
        hp[k] = c2 * plus + s2 * cross;
        hc[k] = c2 * cross - s2 * plus;
    }
    return GWS_OK;
}
