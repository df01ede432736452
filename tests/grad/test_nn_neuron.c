/* Neurons and spike encoders: forward against a second implementation in double precision, backward against its central differences.
 *
 * Truth: the equations of neuron.h and encoder.h and the integrals of the surrogates of surrogate.h, written again in double, and
 * finite differences with a step of 1e-5.  In smooth mode the function itself is differentiated.  With true steps its surrogate
 * gradient is the derivative of another function: the one in which each step is the straight line, of the surrogate's slope,
 * through the recorded trajectory.  What remains is the rounding of float arithmetic, some 1e-7 a term.
 */
#include "base/rng.h"
#include "nn/encoder.h"
#include "nn/neuron.h"

#include "gradient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 2e-5

typedef enum how { HARD, SMOOTH, TANGENT } how;

static float *normals(int64_t n, double mean, double sigma, const char *purpose, uint64_t number)
{
    float *x = zeros(n);
    gws_rng r = gws_rng_init(3, purpose, number);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(mean + sigma * gws_rng_normal(&r));
    return x;
}

/* The surrogates, as their sources have them. */
static double surrogate(gws_surrogate kind, double k, double x)
{
    switch (kind) {
    case GWS_SURROGATE_ATAN: return k / 2.0 / (1.0 + pow(M_PI * k * x / 2.0, 2.0));
    case GWS_SURROGATE_TRIANGULAR: return fmax(0.0, 1.0 - k * fabs(x));
    case GWS_SURROGATE_BOXCAR: return fabs(x) < 1.0 / k ? 0.5 : 0.0;
    case GWS_SURROGATE_SIGMOID: return k * exp(-k * fabs(x)) / pow(1.0 + exp(-k * fabs(x)), 2.0);
    default: return 1.0 / pow(1.0 + k * fabs(x), 2.0);
    }
}

/* Their integrals from 0, plus 1/2. */
static double integral(gws_surrogate kind, double k, double x)
{
    const double a = fabs(x), sign = x < 0.0 ? -1.0 : 1.0;
    switch (kind) {
    case GWS_SURROGATE_ATAN: return atan(M_PI * k * x / 2.0) / M_PI + 0.5;
    case GWS_SURROGATE_TRIANGULAR: return sign * (a < 1.0 / k ? a - k * a * a / 2.0 : 0.5 / k) + 0.5;
    case GWS_SURROGATE_BOXCAR: return sign * fmin(a, 1.0 / k) / 2.0 + 0.5;
    case GWS_SURROGATE_SIGMOID: return 1.0 / (1.0 + exp(-k * x));
    default: return x / (1.0 + k * a) + 0.5;
    }
}

/* One decision in a trajectory: d0 and s0 are what it was when the trajectory was recorded. */
static double decide(how h, gws_surrogate kind, double k, double d, double *d0, double *s0)
{
    if (h == TANGENT)
        return *s0 + surrogate(kind, k, *d0) * (d - *d0);
    *d0 = d;
    return *s0 = h == SMOOTH ? integral(kind, k, d) : d > 0.0;
}

/* ---- neurons ---- */

enum { R = 2, T = 14, N = 5 };

typedef struct neuron_case {
    gws_neuron l;
    how h;
    int frozen; /* the spikes of the reset are constants */
    double *x, *a_m, *a_s, *a_b, *beta, *w, *c_s, *c_u;
    double *u, *s, *d0, *s0;
} neuron_case;

static double neuron_loss(const void *user)
{
    const neuron_case *q = user;
    const gws_neuron_model m = q->l.model;
    double total = 0.0;
    for (int r = 0; r < R; r++) {
        double i[N] = {0}, v[N] = {0}, b[N] = {0}, before[N] = {0}, now[N];
        for (int t = 0; t < T; t++) {
            for (int j = 0; j < N; j++) {
                const int at = (r * T + t) * N + j;
                double in = q->x[at], threshold = 1.0;
                if (m == GWS_NEURON_CUBA)
                    in = i[j] = q->a_s[j] * i[j] + in;
                for (int k = 0; m == GWS_NEURON_RECURRENT && k < N; k++)
                    in += before[k] * q->w[k * N + j];
                const double u = q->a_m[j] * v[j] + in;
                if (m == GWS_NEURON_ADAPTIVE)
                    threshold = 1.0 + q->beta[j] * b[j];
                double s = 0.0;
                v[j] = u;
                if (m != GWS_NEURON_LI) {
                    s = decide(q->h, q->l.surrogate, (double)q->l.slope, u - threshold, &q->d0[at], &q->s0[at]);
                    const double reset = q->frozen ? q->s0[at] : s;
                    v[j] = q->l.reset == GWS_RESET_HARD ? u * (1.0 - reset) : u - reset * threshold;
                }
                b[j] = q->a_b[j] * b[j] + (1.0 - q->a_b[j]) * s;
                now[j] = s;
                q->u[at] = u;
                q->s[at] = s;
                total += q->c_s[at] * s + q->c_u[at] * u;
            }
            memcpy(before, now, sizeof before);
        }
    }
    return total;
}

static void check_neuron(gws_neuron l, int with_membrane, uint64_t number)
{
    const gws_kernels *K = gws_kernels_get();
    const gws_neuron_info *m = gws_neuron_describe(l.model);
    char what[96];
    snprintf(what, sizeof what, "%s %s %s smooth %d reset gradient %d", m->name, gws_reset_name(l.reset),
             gws_surrogate_name(l.surrogate), l.smooth, l.reset_gradient);
    enum { RTN = R * T * N };
    float *x = normals(RTN, 0.25, 0.35, "x", number), *c_s = normals(RTN, 0.0, 1.0, "cs", number),
          *c_u = normals(RTN, 0.0, with_membrane ? 1.0 : 0.0, "cu", number), *w = normals(N * N, 0.0, 0.3, "w", number);
    float *a_m = zeros(N), *a_s = zeros(N), *a_b = zeros(N), *beta = zeros(N);
    for (int j = 0; j < N; j++) {
        a_m[j] = 0.9f - 0.1f * (float)j;
        a_s[j] = 0.3f + 0.1f * (float)j;
        a_b[j] = 0.95f - 0.05f * (float)j;
        beta[j] = 0.2f + 0.3f * (float)j;
    }
    float *rec = zeros(gws_pack_size(N, N)), *rec_t = zeros(gws_pack_size(N, N)), *current = zeros(RTN), *state = zeros(R * 2 * N);
    gws_pack(N, N, w, N, 1, rec);
    gws_pack(N, N, w, 1, N, rec_t);
    gws_neuron_params p = {.a_m = a_m};
    gws_neuron_trace tr = {.u = zeros(RTN), .R = R, .T = T};
    gws_neuron_grads g = {.a_m = zeros(N)};
    if (m->synapse)
        p.a_s = a_s, tr.i = zeros(RTN), g.a_s = zeros(N);
    if (m->adaptation)
        p.a_b = a_b, p.beta = beta, tr.b = zeros(RTN), g.a_b = zeros(N), g.beta = zeros(N);
    if (m->recurrent)
        p.rec = rec, p.rec_t = rec_t, g.rec = zeros(N * N);
    if (m->spikes && l.smooth)
        tr.s = zeros(RTN);
    else if (m->spikes)
        tr.bits = block(R * T * GWS_BIT_WORDS(N), sizeof(uint64_t));
    memcpy(current, x, RTN * sizeof *x);
    gws_neuron_forward(K, &l, &p, current, &tr, state);

    neuron_case q = {.l = l,
                     .h = l.smooth ? SMOOTH : HARD,
                     .x = doubles(x, RTN),
                     .a_m = doubles(a_m, N),
                     .a_s = doubles(a_s, N),
                     .a_b = doubles(a_b, N),
                     .beta = doubles(beta, N),
                     .w = doubles(w, N * N),
                     .c_s = doubles(c_s, RTN),
                     .c_u = doubles(c_u, RTN),
                     .u = doubles(NULL, RTN),
                     .s = doubles(NULL, RTN),
                     .d0 = doubles(NULL, RTN),
                     .s0 = doubles(NULL, RTN)};
    neuron_loss(&q);
    int spikes = 0;
    for (int k = 0; k < RTN; k++) {
        assert_true(fabs((double)tr.u[k] - q.u[k]) <= 3e-6 * (1.0 + fabs(q.u[k])));
        if (l.smooth && m->spikes)
            assert_true(fabs((double)tr.s[k] - q.s[k]) <= 1e-5);
        if (!l.smooth && m->spikes) {
            assert_true(fabs(q.d0[k]) > 3e-6); /* rounding decides nothing in this draw */
            assert_int_equal(tr.bits[k / N] >> (k % N) & 1, (int)q.s[k]);
        }
        spikes += q.s[k] > 0.5;
    }
    if (m->spikes && !l.smooth)
        assert_in_range(spikes, RTN / 50, RTN / 2);

    float *g_x = zeros(RTN), *tmp = zeros(gws_neuron_scratch(&l, R));
    g.s = m->spikes ? c_s : NULL;
    g.u = with_membrane ? c_u : NULL;
    g.x = g_x;
    gws_neuron_backward(K, &l, &p, &tr, &g, tmp);
    q.frozen = !l.reset_gradient;
    if (!l.smooth)
        q.h = TANGENT;
    else if (q.frozen) /* then the recorded spikes must stand still as well */
        q.h = TANGENT;
    check_gradient(what, neuron_loss, &q, q.x, g_x, RTN, TOLERANCE);
    check_gradient(what, neuron_loss, &q, q.a_m, g.a_m, N, TOLERANCE);
    if (m->synapse)
        check_gradient(what, neuron_loss, &q, q.a_s, g.a_s, N, TOLERANCE);
    if (m->adaptation) {
        check_gradient(what, neuron_loss, &q, q.a_b, g.a_b, N, TOLERANCE);
        check_gradient(what, neuron_loss, &q, q.beta, g.beta, N, TOLERANCE);
    }
    if (m->recurrent)
        check_gradient(what, neuron_loss, &q, q.w, g.rec, N * N, TOLERANCE);
    void *const all[] = {x,    c_s,   c_u,   w,     a_m,     a_s,   a_b,   beta,  rec,    rec_t, current, state,
                         tr.u, tr.i,  tr.b,  tr.s,  tr.bits, g.a_m, g.a_s, g.a_b, g.beta, g.rec, g_x,     tmp,
                         q.x,  q.a_m, q.a_s, q.a_b, q.beta,  q.w,   q.c_s, q.c_u, q.u,    q.s,   q.d0,    q.s0};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
}

static void neurons(void **state)
{
    uint64_t number = 0;
    for (int model = 0; model < GWS_NEURON_MODELS; model++)
        for (int reset = 0; reset < GWS_RESETS; reset++)
            for (int kind = 0; kind < GWS_SURROGATES; kind++)
                for (int way = 0; way < 8; way++, number++)
                    check_neuron((gws_neuron){.model = (gws_neuron_model)model,
                                              .surrogate = (gws_surrogate)kind,
                                              .reset = (gws_reset)reset,
                                              .n = N,
                                              .slope = way & 1 ? 2.0f : 3.5f,
                                              .reset_gradient = (way & 2) != 0,
                                              .smooth = way & 1},
                                 (way & 4) != 0, number);
}

/* ---- encoders ---- */

enum { STEPS = 26, C = 4 };

typedef struct encoder_case {
    gws_encoder e;
    how h;
    double *x, *thr, *c_s, *s, *d0, *s0; /* d0, s0 have two decisions an event: latency asks twice */
} encoder_case;

static double encoder_loss(const void *user)
{
    const encoder_case *q = user;
    const gws_encoder *e = &q->e;
    double total = 0.0;
    for (int c = 0; c < C; c++) {
        const double thr = q->thr[c];
        double b = 0.0, held = 0.0;
        for (int t = 0; t < STEPS; t++) {
            const double x = q->x[(t + 1) * C + c];
            const int k = e->period ? t % e->period : 0, first = e->hold && t == 0;
            double event[2], d = 0.0, earlier = 0.0;
            switch (e->kind) {
            case GWS_ENCODE_DELTA:
                if (first)
                    b = x;
                d = x - b;
                break;
            case GWS_ENCODE_LATENCY:
                if (k == 0)
                    held = x;
                d = held * (1.0 - exp(-(k + 1) / (double)e->tau));
                earlier = held * (1.0 - exp(-k / (double)e->tau));
                break;
            default: d = first ? 0.0 : x - q->x[t * C + c];
            }
            for (int sign = 0; sign < 2; sign++) {
                const int at = t * 2 * C + sign * C + c;
                const double to = sign ? -1.0 : 1.0;
                if (e->kind == GWS_ENCODE_RATE) {
                    event[sign] = fmin(fmax(to * x / thr, 0.0), 1.0);
                } else {
                    event[sign] = decide(q->h, e->surrogate, (double)e->slope, to * d - thr, &q->d0[2 * at], &q->s0[2 * at]);
                    if (e->kind == GWS_ENCODE_LATENCY)
                        event[sign] -= decide(q->h, e->surrogate, (double)e->slope, to * earlier - thr, &q->d0[2 * at + 1],
                                              &q->s0[2 * at + 1]);
                }
                q->s[at] = event[sign];
                total += q->c_s[at] * event[sign];
            }
            b += thr * (event[0] - event[1]);
        }
    }
    return total;
}

static void check_encoder(gws_encoder e, uint64_t number)
{
    const gws_kernels *K = gws_kernels_get();
    char what[96];
    snprintf(what, sizeof what, "%s %s smooth %d hold %d", gws_encode_name(e.kind), gws_surrogate_name(e.surrogate), e.smooth,
             e.hold);
    float *h = normals((STEPS + 1) * C, 0.0, 0.3, "h", number), *c_s = normals(STEPS * 2 * C, 0.0, 1.0, "cs", number);
    float *thr = zeros(C), *state = zeros(C), *tmp = zeros(2 * C), *g_h = zeros(STEPS * C), *g_thr = zeros(C), *alone = zeros(C);
    float *s = e.smooth ? zeros(STEPS * 2 * C) : NULL;
    uint64_t *bits = e.smooth ? NULL : block(STEPS * GWS_BIT_WORDS(2 * C), sizeof *bits);
    memset(h, 0, C * sizeof *h); /* the row before the first is the reset's zero */
    for (int c = 0; c < C; c++)
        thr[c] = 0.17f + 0.03f * (float)c;
    gws_encoder_forward(K, &e, thr, &(gws_encoder_rows){h, bits, s, STEPS}, 0, state);
    encoder_case q = {.e = e,
                      .h = e.smooth ? SMOOTH : HARD,
                      .x = doubles(h, (STEPS + 1) * C),
                      .thr = doubles(thr, C),
                      .c_s = doubles(c_s, STEPS * 2 * C),
                      .s = doubles(NULL, STEPS * 2 * C),
                      .d0 = doubles(NULL, STEPS * 4 * C),
                      .s0 = doubles(NULL, STEPS * 4 * C)};
    encoder_loss(&q);
    int events = 0;
    for (int k = 0; k < STEPS * 2 * C; k++) {
        if (e.smooth) {
            assert_true(fabs((double)s[k] - q.s[k]) <= 1e-5);
        } else if (e.kind != GWS_ENCODE_RATE) {
            assert_true(fabs(q.d0[2 * k]) > 1e-5);
            assert_int_equal(bits[k / (2 * C)] >> (k % (2 * C)) & 1, (int)q.s[k]);
        }
        events += q.s[k] > 0.5;
    }
    if (!e.smooth)
        assert_in_range(events, STEPS * 2 * C / 50, STEPS * 2 * C / 2);
    gws_encoder_backward(K, &e, thr, &(gws_encoder_rows){h, bits, s, STEPS}, &(gws_encoder_grads){c_s, g_h, g_thr}, tmp);
    gws_encoder_backward(K, &e, thr, &(gws_encoder_rows){h, bits, s, STEPS}, &(gws_encoder_grads){c_s, NULL, alone}, tmp);
    assert_memory_equal(alone, g_thr, C * sizeof *alone);
    if (!e.smooth)
        q.h = TANGENT;
    check_gradient(what, encoder_loss, &q, q.x + C, g_h, STEPS * C, TOLERANCE);
    check_gradient(what, encoder_loss, &q, q.thr, g_thr, C, TOLERANCE);
    void *const all[] = {h, c_s, thr, state, tmp, g_h, g_thr, alone, s, bits, q.x, q.thr, q.c_s, q.s, q.d0, q.s0};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
}

static void encoders(void **state)
{
    uint64_t number = 1000;
    for (int kind = 0; kind < GWS_ENCODES; kind++)
        for (int surrogate_kind = 0; surrogate_kind < GWS_SURROGATES; surrogate_kind++)
            for (int way = 0; way < 4; way++, number++)
                check_encoder((gws_encoder){.kind = (gws_encode)kind,
                                            .surrogate = (gws_surrogate)surrogate_kind,
                                            .C = C,
                                            .slope = way & 1 ? 2.5f : 4.0f,
                                            .hold = (way & 2) != 0,
                                            .period = 6,
                                            .tau = 2.5f,
                                            .seed = 9,
                                            .smooth = way & 1},
                              number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(neurons), cmocka_unit_test(encoders)};
    return GWS_RUN_TESTS(tests);
}
