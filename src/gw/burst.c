#include "gw/burst.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "gw/constants.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define MOST_SAMPLES ((double)(1 << 26))
#define SPIN_WEIGHT (-2)
#define IMAG CMPLX(0, 1) /* not I, which is of single precision */

static gws_status burst_init(gws_burst *b, double rate_hz, int64_t n, int64_t zero, gws_err *err)
{
    *b = (gws_burst){.rate_hz = rate_hz, .n = n, .zero = zero};
    b->hplus = malloc((size_t)n * sizeof *b->hplus);
    b->hcross = malloc((size_t)n * sizeof *b->hcross);
    if (b->hplus && b->hcross)
        return GWS_OK;
    gws_burst_clear(b);
    return gws_err_set(err, GWS_ENOMEM, "burst: no memory for %lld samples", (long long)n);
}

void gws_burst_clear(gws_burst *b)
{
    free(b->hplus);
    free(b->hcross);
    *b = (gws_burst){0};
}

gws_status gws_burst_sine_gaussian(const gws_sine_gaussian *s, double rate_hz, gws_burst *out, gws_err *err)
{
    *out = (gws_burst){0};
    double q = s->q, f = s->frequency_hz;
    if (!(q > 0 && f > 0 && s->hrss > 0 && rate_hz > 0 && isfinite(q) && isfinite(s->hrss) && isfinite(s->phase_rad)))
        return gws_err_set(err, GWS_EARG, "sine-Gaussian: Q %g, frequency %g Hz, hrss %g, rate %g Hz: want positive numbers", q, f,
                           s->hrss, rate_hz);
    if (!(f < rate_hz / 2))
        return gws_err_set(err, GWS_EARG, "sine-Gaussian: frequency %g Hz: want below half of the rate, %g Hz", f, rate_hz / 2);
    if (!(s->eccentricity >= 0 && s->eccentricity <= 1))
        return gws_err_set(err, GWS_EARG, "sine-Gaussian: eccentricity %g: want 0..1", s->eccentricity);
    double half = floor(21 * q / f / (2 * M_PI) * rate_hz / 2);
    if (!(half < MOST_SAMPLES / 2))
        return gws_err_set(err, GWS_EARG, "sine-Gaussian: Q %g at %g Hz lasts %g samples, too many", q, f, 2 * half);
    int64_t mid = (int64_t)half;
    gws_status status = burst_init(out, rate_hz, 2 * mid + 1, mid, err);
    if (status != GWS_OK)
        return status;

    /* Square integrals of unit cosine- and sine-Gaussians, and the half axes of the ellipse */
    double both = q / (4 * f * sqrt(M_PI)), even = both * (1 + exp(-q * q)), odd = both * (1 - exp(-q * q));
    double e2 = s->eccentricity * s->eccentricity, major = 1 / sqrt(2 - e2), minor = major * sqrt(1 - e2);
    double c = cos(s->phase_rad), d = sin(s->phase_rad);
    double plus = s->hrss * major / sqrt(even * c * c + odd * d * d), cross = s->hrss * minor / sqrt(even * d * d + odd * c * c);
    for (int64_t i = 0; i <= 2 * mid; i++) {
        int64_t edge = i < mid ? i : 2 * mid - i; /* samples to the nearer end; the taper is mid/2 + 1 of them */
        double taper = mid > 0 && 2 * edge < mid + 1 ? cos(M_PI_2 * (1 - 2 * (double)edge / (double)mid)) : 1;
        double phi = 2 * M_PI * f * ((double)(i - mid) / rate_hz), size = exp(-phi * phi / (2 * q * q)) * taper * taper;
        out->hplus[i] = plus * size * cos(phi - s->phase_rad);
        out->hcross[i] = cross * size * sin(phi - s->phase_rad);
    }
    return GWS_OK;
}

/* ---- Leaver's equations, in his units G = c = 2M = 1: a = spin/2 ---- */

#define ANGULAR_DEPTH 80
#define RADIAL_DEPTH 1200

/* One line of a recurrence: up x[n+1] + mid x[n] + down x[n-1] = 0. */
typedef struct term {
    double complex up, mid, down;
} term;

/* Eq. 20. */
static term angular_term(double complex c, int m, double complex sep, int n)
{
    double k1 = 0.5 * abs(m - SPIN_WEIGHT), k2 = 0.5 * abs(m + SPIN_WEIGHT), k = k1 + k2;
    return (term){.up = -2 * (n + 1) * (n + 2 * k1 + 1),
                  .mid = n * (n - 1) + 2 * n * (k + 1 - 2 * c) - 2 * c * (2 * k1 + SPIN_WEIGHT + 1) + k * (k + 1) - c * c -
                         SPIN_WEIGHT * (SPIN_WEIGHT + 1) - sep,
                  .down = 2 * c * (n + k + SPIN_WEIGHT)};
}

/* Eq. 21 turned round to begin with term `first`, where the series of that l has its largest part: zero at the eigenvalue. */
static double complex angular_residual(double complex c, int m, double complex sep, int first)
{
    double complex below = 0, above = 0; /* ratios x[n-1]/x[n] and x[n+1]/x[n] */
    for (int n = 0; n < first; n++) {
        term t = angular_term(c, m, sep, n);
        below = -t.up / (t.mid + t.down * below);
    }
    for (int n = ANGULAR_DEPTH; n > first; n--) {
        term t = angular_term(c, m, sep, n);
        above = -t.down / (t.mid + t.up * above);
    }
    term t = angular_term(c, m, sep, first);
    return t.mid + t.up * above + t.down * below;
}

/* Eqs. 25-27. */
static double complex radial_residual(double complex w, double a, int m, double complex sep)
{
    double b = sqrt(1 - 4 * a * a), s = SPIN_WEIGHT;
    double complex iw = IMAG * w, turn = (0.5 * w - a * m) / b;
    double complex c0 = 1 - s - iw - 2 * IMAG * turn, c1 = -4 + 2 * iw * (2 + b) + 4 * IMAG * turn,
                   c2 = s + 3 - 3 * iw - 2 * IMAG * turn;
    double complex c3 = w * w * (4 + 2 * b - a * a) - 2 * a * m * w - s - 1 + (2 + b) * iw - sep + (4 * w + 2 * IMAG) * turn;
    double complex c4 = s + 1 - 2 * w * w - (2 * s + 3) * iw - (4 * w + 2 * IMAG) * turn;
    double complex ratio = -1;
    for (int n = RADIAL_DEPTH; n > 0; n--) {
        double complex up = n * (double)n + (c0 + 1) * n + c0, mid = -2.0 * n * n + (c1 + 2) * n + c3;
        double complex down = n * (double)n + (c2 - 3) * n + c4 - c2 + 2;
        ratio = -down / (mid + up * ratio);
    }
    return c3 + c0 * ratio;
}

typedef struct problem {
    double a;
    int l, m;
    double complex omega; /* at which the angular equation is solved */
    double complex sep;   /* its last solution, where the next begins */
} problem;

/* Newton's method on an analytic function of one variable; 0 when it settles, -1 when it is lost. */
static int newton(double complex (*residual)(problem *, double complex), problem *p, double complex *x, double tolerance)
{
    const double h = 1e-6;
    for (int i = 0; i < 40; i++) {
        double complex above = residual(p, *x + h), below = residual(p, *x - h), step = residual(p, *x) * 2 * h / (above - below);
        *x -= step;
        if (!(cabs(step) < 10)) /* lost, or not a number */
            return -1;
        if (cabs(step) < tolerance * (1 + cabs(*x)))
            return 0;
    }
    return -1;
}

static double complex angular_problem(problem *p, double complex sep)
{
    int lowest = abs(p->m) > -SPIN_WEIGHT ? abs(p->m) : -SPIN_WEIGHT;
    return angular_residual(p->a * p->omega, p->m, sep, p->l - lowest);
}

static double complex radial_problem(problem *p, double complex omega)
{
    p->omega = omega;
    if (newton(angular_problem, p, &p->sep, 1e-12) != 0)
        return NAN;
    return radial_residual(omega, p->a, p->m, p->sep);
}

gws_status gws_quasinormal_mode(double spin, int l, int m, double complex *omega, double complex *separation, gws_err *err)
{
    if (!(spin >= 0 && spin <= 0.999))
        return gws_err_set(err, GWS_EARG, "quasi-normal mode: spin %g: want 0..0.999", spin);
    if (!(l >= 2 && l <= 6 && m >= -l && m <= l))
        return gws_err_set(err, GWS_EARG, "quasi-normal mode: l %d, m %d: want l 2..6, m -l..l", l, m);
    /* Schwarzschild's mode by the expansion in 1/(l + 1/2) of Dolan & Ottewill 2009 (arXiv:0908.0329), then from spin to spin */
    double big = l + 0.5;
    double complex w = 2 / sqrt(27) * (big - 0.5 * IMAG - (1 + 5.0 / 144 + 115.0 / 432) / big);
    problem p = {.l = l, .m = m, .sep = l * (l + 1) - SPIN_WEIGHT * (SPIN_WEIGHT + 1)};
    double complex before = w;
    double last = 0, at = 0;
    for (;;) {
        p.a = at / 2;
        double complex found = w;
        if (newton(radial_problem, &p, &found, at < spin ? 1e-6 : 1e-12) != 0)
            return gws_err_set(err, GWS_ENUM, "quasi-normal mode: l %d, m %d, spin %g is not found", l, m, spin);
        if (at >= spin) {
            p.omega = found;
            if (newton(angular_problem, &p, &p.sep, 1e-12) != 0)
                return gws_err_set(err, GWS_ENUM, "quasi-normal mode: l %d, m %d, spin %g is not found", l, m, spin);
            *omega = found / 2;
            if (separation)
                *separation = p.sep;
            return GWS_OK;
        }
        double next = fmin(spin, at + 0.1 * (1 - at));
        w = at > last ? found + (found - before) * (next - at) / (at - last) : found;
        before = found;
        last = at;
        at = next;
    }
}

/* Spheroidal harmonic before its norm: eqs. 18, 19, the coefficients from the tail down, where the recurrence is stable. */
typedef struct spheroid {
    double complex c, x[ANGULAR_DEPTH + 1];
    int k1, k2; /* powers of 1+mu and 1-mu, twice */
} spheroid;

static void spheroid_init(spheroid *s, double complex c, int m, double complex sep)
{
    s->c = c;
    s->k1 = abs(m - SPIN_WEIGHT);
    s->k2 = abs(m + SPIN_WEIGHT);
    s->x[0] = 1;
    double complex ratio[ANGULAR_DEPTH + 1];
    ratio[ANGULAR_DEPTH] = 0;
    for (int n = ANGULAR_DEPTH; n > 0; n--) {
        term t = angular_term(c, m, sep, n);
        ratio[n - 1] = -t.down / (t.mid + t.up * ratio[n]);
    }
    for (int n = 0; n < ANGULAR_DEPTH; n++)
        s->x[n + 1] = s->x[n] * ratio[n];
}

static double complex spheroid_at(const spheroid *s, double mu)
{
    double complex sum = 0;
    for (int n = ANGULAR_DEPTH; n >= 0; n--)
        sum = sum * (1 + mu) + s->x[n];
    return cexp(s->c * mu) * pow(1 + mu, 0.5 * s->k1) * pow(1 - mu, 0.5 * s->k2) * sum;
}

/* Factor that makes the integral of |S|^2 over mu 1, S real at mu = 0, and its sign towards mu = -1 negative if `odd`. */
static double complex spheroid_norm(const spheroid *s, int odd)
{
    enum { POINTS = 64 }; /* of Fejer's quadrature; the integrand is analytic */
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
        double theta = M_PI * (i + 0.5) / POINTS, size = cabs(spheroid_at(s, cos(theta))), weight = 1;
        for (int j = 1; j < POINTS / 2; j++)
            weight -= 2 * cos(2 * j * theta) / (4.0 * j * j - 1);
        sum += weight * size * size * 2 / POINTS;
    }
    double complex z = spheroid_at(s, 0), turn = cabs(z) > 1e-12 ? cabs(z) / z : 1;
    if ((creal(cexp(-s->c) * turn) > 0) == odd)
        turn = -turn;
    return turn / sqrt(sum);
}

gws_status gws_burst_ringdown(const gws_ringdown *r, double rate_hz, gws_burst *out, gws_err *err)
{
    *out = (gws_burst){0};
    if (!(r->mass_msun > 0 && r->distance_mpc > 0 && rate_hz > 0 && isfinite(r->mass_msun) && isfinite(r->distance_mpc)))
        return gws_err_set(err, GWS_EARG, "ringdown: mass %g Msun, distance %g Mpc, rate %g Hz: want positive numbers",
                           r->mass_msun, r->distance_mpc, rate_hz);
    if (!(r->mass_loss > 0 && r->mass_loss < 1))
        return gws_err_set(err, GWS_EARG, "ringdown: share of the mass lost %g: want between 0 and 1", r->mass_loss);
    if (!(isfinite(r->incl_rad) && isfinite(r->phase_rad)))
        return gws_err_set(err, GWS_EARG, "ringdown: inclination or phase is not a number");
    double complex w, sep;
    gws_status status = gws_quasinormal_mode(r->spin, r->l, r->m, &w, &sep, err);
    if (status != GWS_OK)
        return status;
    double step = 1 / (r->mass_msun * GWS_MTSUN_S * rate_hz), length = ceil(log(DBL_EPSILON) / (cimag(w) * step));
    if (!(length < MOST_SAMPLES))
        return gws_err_set(err, GWS_EARG, "ringdown: lasts %g samples, too many", length);
    status = burst_init(out, rate_hz, (int64_t)fmax(length, 1), 0, err);
    if (status != GWS_OK)
        return status;

    spheroid s;
    spheroid_init(&s, r->spin * w, r->m, sep); /* a omega in Leaver's units is spin omega in ours */
    int highest = r->m > SPIN_WEIGHT ? r->m : SPIN_WEIGHT;
    double complex norm = spheroid_norm(&s, (r->l - highest) % 2 != 0);
    double mu = cos(r->incl_rad);
    double complex amp = -4 * r->mass_msun * GWS_MRSUN_M / (r->distance_mpc * GWS_MPC_M) * sqrt(-0.5 * cimag(w) * r->mass_loss) /
                         cabs(w) * cexp(IMAG * r->m * r->phase_rad) * norm;
    double complex with = amp * spheroid_at(&s, mu), against = conj(amp * spheroid_at(&s, -mu)); /* m and -m */
    for (int64_t i = 0; i < out->n; i++) {
        double complex turn = cexp(-IMAG * w * (step * (double)i)), h = with * turn + against * conj(turn);
        out->hplus[i] = creal(h);
        out->hcross[i] = -cimag(h);
    }
    return GWS_OK;
}

gws_status gws_burst_fd(const gws_burst *b, double delta_f_hz, int64_t n, double complex *hp, double complex *hc, gws_err *err)
{
    GWS_ASSERT(b && hp && hc && n >= 2);
    int64_t size = 2 * (n - 1);
    if (!(fabs((double)size * delta_f_hz / b->rate_hz - 1) < 1e-9))
        return gws_err_set(err, GWS_EARG, "burst: made at %.12g samples a second, %lld frequencies %g Hz apart want %.12g",
                           b->rate_hz, (long long)n, delta_f_hz, (double)size * delta_f_hz);
    gws_status status = GWS_ENOMEM;
    double *x = gws_arena_alloc((size_t)size * sizeof *x), *spec = gws_arena_alloc((size_t)n * 2 * sizeof *spec);
    gws_fft *fft = gws_fft_create(size, err);
    if (!fft)
        goto done;
    if (!x || !spec) {
        gws_err_set(err, GWS_ENOMEM, "burst: no memory for %lld samples", (long long)size);
        goto done;
    }
    for (int part = 0; part < 2; part++) {
        const double *from = part ? b->hcross : b->hplus;
        double complex *to = part ? hc : hp;
        for (int64_t i = 0; i < size; i++)
            x[i] = 0;
        int64_t at = (size - b->zero % size) % size;
        for (int64_t i = 0; i < b->n; i++) {
            x[at] += from[i];
            at = at + 1 == size ? 0 : at + 1;
        }
        gws_fft_forward(fft, x, spec);
        for (int64_t k = 0; k < n; k++)
            to[k] = CMPLX(spec[2 * k] / b->rate_hz, spec[2 * k + 1] / b->rate_hz);
    }
    status = GWS_OK;
done:
    gws_fft_destroy(fft);
    gws_arena_free(x);
    gws_arena_free(spec);
    return status;
}
