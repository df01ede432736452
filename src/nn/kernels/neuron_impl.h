/* neuron_impl.h - private to nn/kernels/: neurons and spike encoders over time, part of impl.h.
 *
 * Time runs inside, over a block of at most 64 neurons: their state stays in the first-level cache, and a step's spikes are one
 * word of bits.  What differs between models is a constant of an inlined function, so each has its own loop; they all run over
 * whole blocks, for which the rows of the last one are copied to and fro.  Products and sums are rounded one by one (no fused
 * multiply-add), as the equations of neuron.h are written, and a neuron never meets its neighbour's numbers.
 */
#include "nn/encoder.h"
#include "nn/neuron.h"

#define BLOCK 64
#define INLINE static inline __attribute__((always_inline))
#define LINE __attribute__((aligned(64)))

/* Where a block's part of a row is read, and where it is written: in place, or in scratch if there is no place or not a whole one. */
INLINE const float *read_row(const float *from, int len, float *scratch)
{
    return len == BLOCK ? from : memcpy(scratch, from, (size_t)len * sizeof *from);
}

INLINE float *write_row(float *to, int64_t at, int len, float *scratch)
{
    return to && len == BLOCK ? to + at : scratch;
}

INLINE void finish_row(float *to, int64_t at, int len, const float *scratch)
{
    if (to && len < BLOCK)
        memcpy(to + at, scratch, (size_t)len * sizeof *to);
}

/* Bits of the lanes above zero: one word. */
INLINE uint64_t pack_positive(const float *x)
{
    uint64_t word = 0;
    for (int j = 0; j < BLOCK; j += VLANES)
        word |= vf_positive(vf_load(x + j)) << j;
    return word;
}

/* The surrogate g(x) of a block. */
static __attribute__((noinline)) void surrogate_row(gws_surrogate kind, float k, const float *restrict x, float *restrict g)
{
    switch (kind) {
    case GWS_SURROGATE_ATAN: {
        const float c = 1.57079632679489662f * k;
        for (int j = 0; j < BLOCK; j++) {
            const float y = c * x[j];
            g[j] = 0.5f * k / (1.0f + y * y);
        }
        break;
    }
    case GWS_SURROGATE_TRIANGULAR:
        for (int j = 0; j < BLOCK; j++) {
            const float y = 1.0f - k * fabsf(x[j]);
            g[j] = y < 0.0f ? 0.0f : y;
        }
        break;
    case GWS_SURROGATE_BOXCAR:
        for (int j = 0; j < BLOCK; j++)
            g[j] = k * fabsf(x[j]) < 1.0f ? 0.5f : 0.0f;
        break;
    case GWS_SURROGATE_SIGMOID:
        for (int j = 0; j < BLOCK; j++) {
            const float e = exp1(-k * fabsf(x[j])); /* of the side that does not overflow: the function is even */
            g[j] = k * e / ((1.0f + e) * (1.0f + e));
        }
        break;
    default: /* fast sigmoid and SuperSpike */
        for (int j = 0; j < BLOCK; j++) {
            const float y = 1.0f + k * fabsf(x[j]);
            g[j] = 1.0f / (y * y);
        }
    }
}

/* Its integral plus 1/2, in place of the step. */
static float smooth_step(gws_surrogate kind, float k, float x)
{
    switch (kind) {
    case GWS_SURROGATE_ATAN: return atanf(1.57079632679489662f * k * x) * 0.318309886183790672f + 0.5f;
    case GWS_SURROGATE_TRIANGULAR: {
        const float y = fminf(k * fabsf(x), 1.0f);
        return copysignf((y - 0.5f * y * y) / k, x) + 0.5f;
    }
    case GWS_SURROGATE_BOXCAR: return 0.5f * fmaxf(-1.0f / k, fminf(x, 1.0f / k)) + 0.5f;
    case GWS_SURROGATE_SIGMOID: return sigmoid1(k * x);
    default: return x / (1.0f + k * fabsf(x)) + 0.5f;
    }
}

/* ---- neurons ---- */

INLINE void load(float *to, const float *from, int64_t j0, int len)
{
    memset(to, 0, BLOCK * sizeof *to);
    if (from)
        memcpy(to, from + j0, (size_t)len * sizeof *to);
}

INLINE void store(float *to, const float *from, int64_t j0, int len)
{
    if (to)
        memcpy(to + j0, from, (size_t)len * sizeof *to);
}

/* Membrane after the reset, of membrane u, distance d = u - threshold and spike s. */
INLINE float after_reset(const gws_reset R, const int SMOOTH, float u, float d, float threshold, float s)
{
    if (R == GWS_RESET_HARD)
        return SMOOTH ? u * (1.0f - s) : d > 0.0f ? 0.0f : u;
    return SMOOTH ? u - s * threshold : d > 0.0f ? d : u;
}

INLINE void forward_block(const gws_neuron_model M, const gws_reset R, const int SMOOTH, const int len, const gws_neuron *l,
                          const gws_neuron_params *p, const float *x, const gws_neuron_trace *tr, float *state, int64_t T,
                          int64_t j0)
{
    const int SYNAPSE = M == GWS_NEURON_CUBA, ADAPTS = M == GWS_NEURON_ADAPTIVE, FEEDS = M == GWS_NEURON_RECURRENT,
              SPIKES = M != GWS_NEURON_LI;
    const int64_t n = l->n, words = GWS_BIT_WORDS(n);
    float a_m[BLOCK] LINE, a_s[BLOCK] LINE, a_b[BLOCK] LINE, beta[BLOCK] LINE, v[BLOCK] LINE, i[BLOCK] LINE, b[BLOCK] LINE;
    float d[BLOCK] LINE, s[BLOCK] LINE = {0}, spare[4][BLOCK] LINE;
    if (len < BLOCK) /* lanes that no row fills */
        memset(spare, 0, sizeof spare);
    load(a_m, p->a_m, j0, len);
    load(v, state, j0, len);
    if (SYNAPSE) {
        load(a_s, p->a_s, j0, len);
        load(i, state + n, j0, len);
    }
    if (ADAPTS) {
        load(a_b, p->a_b, j0, len);
        load(beta, p->beta, j0, len);
        load(b, state + n, j0, len);
    }
    if (FEEDS)
        load(s, state + n, j0, len);
    for (int64_t t = 0; t < T; t++) {
        const int64_t at = t * n + j0;
        const float *restrict xt = read_row(x + at, len, spare[0]);
        float *restrict ut = write_row(tr->u, at, len, spare[1]), *restrict it = write_row(tr->i, at, len, spare[2]),
                        *restrict bt = write_row(tr->b, at, len, spare[3]);
        for (int j = 0; j < BLOCK; j++) {
            float in = xt[j], threshold = 1.0f;
            if (SYNAPSE)
                it[j] = i[j] = in = a_s[j] * i[j] + in;
            const float u = a_m[j] * v[j] + in;
            ut[j] = u;
            if (!SPIKES) {
                v[j] = u;
                continue;
            }
            if (ADAPTS) {
                bt[j] = b[j];
                threshold = 1.0f + beta[j] * b[j];
            }
            d[j] = u - threshold;
            if (SMOOTH)
                s[j] = smooth_step(l->surrogate, l->slope, d[j]);
            else if (ADAPTS || FEEDS)
                s[j] = d[j] > 0.0f ? 1.0f : 0.0f;
            v[j] = after_reset(R, SMOOTH, u, d[j], threshold, s[j]);
            if (ADAPTS)
                b[j] = a_b[j] * b[j] + (1.0f - a_b[j]) * s[j];
        }
        finish_row(tr->u, at, len, ut);
        if (SYNAPSE)
            finish_row(tr->i, at, len, it);
        if (ADAPTS)
            finish_row(tr->b, at, len, bt);
        if (SMOOTH && SPIKES)
            memcpy(tr->s + at, s, (size_t)len * sizeof *s);
        else if (SPIKES && tr->bits)
            tr->bits[t * words + j0 / BLOCK] = pack_positive(d);
    }
    memcpy(state + j0, v, (size_t)len * sizeof *v);
    if (SYNAPSE)
        memcpy(state + n + j0, i, (size_t)len * sizeof *i);
    if (ADAPTS)
        memcpy(state + n + j0, b, (size_t)len * sizeof *b);
    if (FEEDS)
        memcpy(state + n + j0, s, (size_t)len * sizeof *s);
}

/* One function a model and reset, and one of all for the smooth mode. */
#define BY_MODEL(DO)                                                                                                               \
    switch ((int)l->model * GWS_RESETS + (int)l->reset) {                                                                          \
    case GWS_NEURON_LIF *GWS_RESETS + GWS_RESET_HARD: DO(GWS_NEURON_LIF, GWS_RESET_HARD); break;                                   \
    case GWS_NEURON_LIF *GWS_RESETS + GWS_RESET_SOFT: DO(GWS_NEURON_LIF, GWS_RESET_SOFT); break;                                   \
    case GWS_NEURON_CUBA *GWS_RESETS + GWS_RESET_HARD: DO(GWS_NEURON_CUBA, GWS_RESET_HARD); break;                                 \
    case GWS_NEURON_CUBA *GWS_RESETS + GWS_RESET_SOFT: DO(GWS_NEURON_CUBA, GWS_RESET_SOFT); break;                                 \
    case GWS_NEURON_ADAPTIVE *GWS_RESETS + GWS_RESET_HARD: DO(GWS_NEURON_ADAPTIVE, GWS_RESET_HARD); break;                         \
    case GWS_NEURON_ADAPTIVE *GWS_RESETS + GWS_RESET_SOFT: DO(GWS_NEURON_ADAPTIVE, GWS_RESET_SOFT); break;                         \
    case GWS_NEURON_RECURRENT *GWS_RESETS + GWS_RESET_HARD: DO(GWS_NEURON_RECURRENT, GWS_RESET_HARD); break;                       \
    case GWS_NEURON_RECURRENT *GWS_RESETS + GWS_RESET_SOFT: DO(GWS_NEURON_RECURRENT, GWS_RESET_SOFT); break;                       \
    default: DO(GWS_NEURON_LI, GWS_RESET_HARD); /* nothing to reset */                                                             \
    }

#define FORWARD(M, R) forward_block(M, R, 0, len, l, p, x, tr, state, T, j0)

static void neuron_forward(const gws_neuron *l, const gws_neuron_params *p, const float *x, const gws_neuron_trace *tr,
                           float *state, int64_t T)
{
    for (int64_t j0 = 0; j0 < l->n; j0 += BLOCK) {
        const int len = l->n - j0 < BLOCK ? (int)(l->n - j0) : BLOCK;
        if (l->smooth)
            forward_block(l->model, l->reset, 1, len, l, p, x, tr, state, T, j0);
        else
            BY_MODEL(FORWARD)
    }
}

/* With H = [hard], s the spike, g the surrogate at d = u - threshold, and g_v, g_i, g_b what flows back from the next step:
 *   g_s' = g_s + (1 - a_b) g_b - reset_gradient g_v (H u + (1-H) threshold)
 *   g_u' = g_u + g_s' g + g_v (1 - H s);   g_threshold = - g_s' g - g_v (1-H) s
 *   g_x = g_u' [+ g_i];  then g_v = a_m g_u', g_i = a_s g_x, g_b = a_b g_b + beta g_threshold for the step before. */
INLINE void backward_block(const gws_neuron_model M, const gws_reset R, const int SMOOTH, const int len, const gws_neuron *l,
                           const gws_neuron_params *p, const gws_neuron_trace *tr, const float *g_s, const float *g_u, float *g_x,
                           const gws_neuron_grads *g, float *carry, int64_t t0, int64_t t1, int64_t j0)
{
    const int SYNAPSE = M == GWS_NEURON_CUBA, ADAPTS = M == GWS_NEURON_ADAPTIVE, FEEDS = M == GWS_NEURON_RECURRENT,
              SPIKES = M != GWS_NEURON_LI;
    const int64_t n = l->n;
    const float through = l->reset_gradient ? 1.0f : 0.0f;
    float a_m[BLOCK] LINE, a_s[BLOCK] LINE, a_b[BLOCK] LINE, beta[BLOCK] LINE, gv[BLOCK] LINE, gi[BLOCK] LINE, gb[BLOCK] LINE,
        fed[BLOCK] LINE;
    float s_am[BLOCK] LINE, s_as[BLOCK] LINE, s_ab[BLOCK] LINE, s_beta[BLOCK] LINE;
    float d[BLOCK] LINE, h[BLOCK] LINE, out[BLOCK] LINE, spare[9][BLOCK] LINE;
    if (len < BLOCK)
        memset(spare, 0, sizeof spare);
    static const float zero[BLOCK] LINE;
    load(a_m, p->a_m, j0, len);
    load(gv, carry, j0, len);
    load(s_am, g->a_m, j0, len);
    load(a_s, SYNAPSE ? p->a_s : NULL, j0, len);
    load(gi, SYNAPSE ? carry + n : NULL, j0, len);
    load(s_as, SYNAPSE ? g->a_s : NULL, j0, len);
    load(a_b, ADAPTS ? p->a_b : NULL, j0, len);
    load(beta, ADAPTS ? p->beta : NULL, j0, len);
    load(gb, ADAPTS ? carry + n : NULL, j0, len);
    load(s_ab, ADAPTS ? g->a_b : NULL, j0, len);
    load(s_beta, ADAPTS ? g->beta : NULL, j0, len);
    load(fed, FEEDS ? carry + n : NULL, j0, len);
    for (int64_t t = t1 - 1; t >= t0; t--) {
        const int64_t at = t * n + j0;
        /* rows of this step and of the one before, which began from nothing if this is the first */
#define ROW(there, from, k) ((there) ? read_row((from), len, spare[k]) : zero)
        const float *u = ROW(1, tr->u + at, 0), *u0 = ROW(t, tr->u + at - n, 1);
        const float *b = ROW(ADAPTS, tr->b + at, 2), *b0 = ROW(ADAPTS && t, tr->b + at - n, 3);
        const float *s = ROW(SMOOTH && SPIKES, tr->s + at, 4), *s0 = ROW(SMOOTH && SPIKES && t, tr->s + at - n, 5);
        const float *i0 = ROW(SYNAPSE && t && tr->i, tr->i + at - n, 6), *gs = ROW(g_s, g_s + at, 7), *gu = ROW(g_u, g_u + at, 8);
#undef ROW
        if (SPIKES) {
            for (int j = 0; j < BLOCK; j++)
                d[j] = u[j] - (ADAPTS ? 1.0f + beta[j] * b[j] : 1.0f);
            surrogate_row(l->surrogate, l->slope, d, h);
        }
        for (int j = 0; j < BLOCK; j++) {
            float gm = gu[j] + gv[j], v0 = u0[j]; /* as they are where nothing resets */
            if (SPIKES) {
                const float threshold = ADAPTS ? 1.0f + beta[j] * b[j] : 1.0f, threshold0 = ADAPTS ? 1.0f + beta[j] * b0[j] : 1.0f;
                const float spike = SMOOTH ? s[j] : d[j] > 0.0f ? 1.0f : 0.0f;
                float gj = gs[j];
                if (FEEDS)
                    gj += fed[j];
                if (ADAPTS)
                    gj += (1.0f - a_b[j]) * gb[j];
                gj -= through * gv[j] * (R == GWS_RESET_HARD ? u[j] : threshold);
                gj *= h[j];
                gm = gj + gv[j] * (R == GWS_RESET_HARD ? 1.0f - spike : 1.0f) + gu[j];
                if (ADAPTS) {
                    const float gt = R == GWS_RESET_HARD ? -gj : -gj - gv[j] * spike;
                    s_beta[j] += gt * b[j];
                    s_ab[j] += gb[j] * (b[j] - spike);
                    gb[j] = a_b[j] * gb[j] + beta[j] * gt;
                }
                v0 = after_reset(R, SMOOTH, u0[j], u0[j] - threshold0, threshold0, s0[j]);
            }
            float gx = gm;
            if (SYNAPSE) {
                gx += gi[j];
                s_as[j] += gx * i0[j];
                gi[j] = gx * a_s[j];
            }
            s_am[j] += gm * v0;
            gv[j] = gm * a_m[j];
            out[j] = gx;
        }
        memcpy(g_x + at, out, (size_t)len * sizeof *out); /* last, for g_x may be g_s */
    }
    store(carry, gv, j0, len);
    store(SYNAPSE ? carry + n : NULL, gi, j0, len);
    store(ADAPTS ? carry + n : NULL, gb, j0, len);
    store(g->a_m, s_am, j0, len);
    store(SYNAPSE ? g->a_s : NULL, s_as, j0, len);
    store(ADAPTS ? g->a_b : NULL, s_ab, j0, len);
    store(ADAPTS ? g->beta : NULL, s_beta, j0, len);
}

#define BACKWARD(M, R) backward_block(M, R, 0, len, l, p, tr, g_s, g_u, g_x, g, carry, t0, t1, j0)

static void neuron_backward(const gws_neuron *l, const gws_neuron_params *p, const gws_neuron_trace *tr, const float *g_s,
                            const float *g_u, float *g_x, const gws_neuron_grads *g, float *carry, int64_t t0, int64_t t1)
{
    for (int64_t j0 = 0; j0 < l->n; j0 += BLOCK) {
        const int len = l->n - j0 < BLOCK ? (int)(l->n - j0) : BLOCK;
        if (l->smooth)
            backward_block(l->model, l->reset, 1, len, l, p, tr, g_s, g_u, g_x, g, carry, t0, t1, j0);
        else
            BY_MODEL(BACKWARD)
    }
}

/* ---- encoders ---- */

/* `len` bits from bit `at` of a row on: ON events begin at bit 0, OFF events at bit C, which need not be the first of a word. */
INLINE void put_bits(uint64_t *to, int64_t at, uint64_t word)
{
    const int shift = (int)(at % 64);
    to[at / 64] |= word << shift;
    if (shift && word >> (64 - shift))
        to[at / 64 + 1] |= word >> (64 - shift);
}

/* The 64 bits from bit `at` of a row of `words` words on. */
INLINE uint64_t get_bits(const uint64_t *from, int64_t words, int64_t at)
{
    const int64_t w = at / 64;
    const int shift = (int)(at % 64);
    return from[w] >> shift | (shift && w + 1 < words ? from[w + 1] << (64 - shift) : 0);
}

/* ON - OFF of a block at step t. */
INLINE void events_of(const int len, const gws_encoder *e, const uint64_t *bits, const float *s, int64_t t, int64_t j0,
                      float *restrict sent)
{
    const int64_t C = e->C, words = GWS_BIT_WORDS(2 * C);
    if (e->smooth) {
        for (int j = 0; j < len; j++)
            sent[j] = s[t * 2 * C + j0 + j] - s[t * 2 * C + C + j0 + j];
        return;
    }
    const uint64_t on = get_bits(bits + t * words, words, j0), off = get_bits(bits + t * words, words, C + j0);
    for (int j = 0; j < len; j++)
        sent[j] = (float)((int)(on >> j & 1) - (int)(off >> j & 1));
}

/* Charge of the latency code before and after its step k. */
INLINE void charge(const gws_encoder *e, int64_t k, float w[2])
{
    w[0] = (float)-expm1(-(double)k / (double)e->tau);
    w[1] = (float)-expm1(-(double)(k + 1) / (double)e->tau);
}

INLINE void encode_block(const gws_encode E, const int SMOOTH, const int len, const gws_encoder *e, const float *threshold,
                         const float *h, int64_t step, float *state, uint64_t *bits, float *s, int64_t T, int64_t j0)
{
    const int64_t C = e->C, words = GWS_BIT_WORDS(2 * C);
    float thr[BLOCK] LINE, c[BLOCK] LINE, on[BLOCK] LINE, off[BLOCK] LINE, on0[BLOCK] LINE, off0[BLOCK] LINE;
    float spare[2][BLOCK] LINE;
    if (len < BLOCK)
        memset(spare, 0, sizeof spare);
    load(thr, threshold, j0, len);
    load(c, E == GWS_ENCODE_CONTRAST ? NULL : state, j0, len);
    for (int64_t t = 0; t < T; t++) {
        const int held = e->hold && step + t == 0;
        const float *restrict now = read_row(h + (t + 1) * C + j0, len, spare[0]);
        const float *restrict before = held ? now : read_row(h + t * C + j0, len, spare[1]);
        const int64_t k = E == GWS_ENCODE_LATENCY ? (step + t) % e->period : 0;
        float w[2] = {0};
        if (E == GWS_ENCODE_LATENCY)
            charge(e, k, w);
        if (E == GWS_ENCODE_LATENCY ? k == 0 : E == GWS_ENCODE_DELTA && held)
            memcpy(c, now, (size_t)len * sizeof *c);
        for (int j = 0; j < BLOCK; j++) {
            const float d = E == GWS_ENCODE_CONTRAST ? now[j] - before[j] : E == GWS_ENCODE_DELTA ? now[j] - c[j] : c[j] * w[1];
            on[j] = d - thr[j];
            off[j] = -d - thr[j];
            if (E == GWS_ENCODE_LATENCY) {
                on0[j] = c[j] * w[0] - thr[j];
                off0[j] = -(c[j] * w[0]) - thr[j];
            }
            if (SMOOTH) {
                on[j] = smooth_step(e->surrogate, e->slope, on[j]);
                off[j] = smooth_step(e->surrogate, e->slope, off[j]);
                if (E == GWS_ENCODE_LATENCY) {
                    on[j] -= smooth_step(e->surrogate, e->slope, on0[j]);
                    off[j] -= smooth_step(e->surrogate, e->slope, off0[j]);
                }
            }
            if (E == GWS_ENCODE_DELTA)
                c[j] += thr[j] * (SMOOTH ? on[j] - off[j] : (on[j] > 0.0f ? 1.0f : 0.0f) - (off[j] > 0.0f ? 1.0f : 0.0f));
        }
        if (SMOOTH) {
            memcpy(s + t * 2 * C + j0, on, (size_t)len * sizeof *on);
            memcpy(s + t * 2 * C + C + j0, off, (size_t)len * sizeof *off);
        } else {
            const int LATE = E == GWS_ENCODE_LATENCY; /* which fires at the first crossing only */
            put_bits(bits + t * words, j0, pack_positive(on) & ~(LATE ? pack_positive(on0) : 0));
            put_bits(bits + t * words, C + j0, pack_positive(off) & ~(LATE ? pack_positive(off0) : 0));
        }
    }
    if (E != GWS_ENCODE_CONTRAST)
        memcpy(state + j0, c, (size_t)len * sizeof *c);
}

#define ENCODE(E, SMOOTH) encode_block(E, SMOOTH, len, e, threshold, h, step, state, bits, s, T, j0)

static void encode_forward(const gws_encoder *e, const float *threshold, const float *h, int64_t step, float *state, uint64_t *bits,
                           float *s, int64_t T)
{
    for (int64_t j0 = 0; j0 < e->C; j0 += BLOCK) {
        const int len = e->C - j0 < BLOCK ? (int)(e->C - j0) : BLOCK;
        if (e->smooth)
            ENCODE(e->kind, 1);
        else if (e->kind == GWS_ENCODE_DELTA)
            ENCODE(GWS_ENCODE_DELTA, 0);
        else if (e->kind == GWS_ENCODE_LATENCY)
            ENCODE(GWS_ENCODE_LATENCY, 0);
        else
            ENCODE(GWS_ENCODE_CONTRAST, 0);
    }
}

/* With P, M the gradients of ON and OFF times the surrogate at d - thr and -d - thr:  g_d = P - M,  g_thr = -(P + M).
 *   contrast: `kept` is g_d of the next step, whose d subtracts this row
 *   delta:    `kept` is the gradient of b after the step; b itself is walked back through its events, from where they led it
 *   latency:  `kept` is the gradient of the held c so far; the row that the period began with gets it
 * Both arrays are the caller's, for they are one row for all blocks. */
INLINE void decode_block(const gws_encode E, const int len, const gws_encoder *e, const float *threshold, const float *h,
                         const uint64_t *bits, const float *s, const float *g_s, float *g_h, float *g_threshold, float *tmp,
                         int64_t T, int64_t j0)
{
    const int64_t C = e->C;
    const int LATE = E == GWS_ENCODE_LATENCY;
    const float *restrict thr = threshold + j0;
    float *restrict gt = g_threshold + j0, *restrict kept = tmp + j0, *restrict b = tmp + C + j0;
    float on[BLOCK] LINE = {0}, off[BLOCK] LINE = {0}, g_on[BLOCK] LINE, g_off[BLOCK] LINE, sent[BLOCK] LINE = {0};
    float on0[BLOCK] LINE = {0}, off0[BLOCK] LINE = {0}, g_on0[BLOCK] LINE = {0}, g_off0[BLOCK] LINE = {0};
    for (int j = 0; j < len; j++)
        kept[j] = 0.0f;
    if (E == GWS_ENCODE_DELTA) {
        for (int j = 0; j < len; j++)
            b[j] = e->hold ? h[C + j0 + j] : 0.0f;
        for (int64_t t = 0; t < T; t++) {
            events_of(len, e, bits, s, t, j0, sent);
            for (int j = 0; j < len; j++)
                b[j] += thr[j] * sent[j];
        }
    }
    for (int64_t t = T - 1; t >= 0; t--) {
        const int held = e->hold && t == 0 && !LATE;
        const int64_t k = LATE ? t % e->period : 0;
        const float *restrict now = h + (t + 1 - k) * C + j0, *restrict before = h + (held ? t + 1 : t) * C + j0;
        const float *restrict gp = g_s + t * 2 * C + j0, *restrict gm = gp + C;
        float *restrict gh = g_h ? g_h + t * C + j0 : NULL;
        float w[2] = {0};
        if (LATE)
            charge(e, k, w);
        if (E == GWS_ENCODE_DELTA)
            events_of(len, e, bits, s, t, j0, sent);
        for (int j = 0; j < len; j++) {
            float d = LATE ? now[j] * w[1] : now[j] - before[j];
            if (E == GWS_ENCODE_DELTA) {
                b[j] -= thr[j] * sent[j];
                d = held ? 0.0f : now[j] - b[j];
            }
            on[j] = d - thr[j];
            off[j] = -d - thr[j];
            on0[j] = now[j] * w[0] - thr[j];
            off0[j] = -(now[j] * w[0]) - thr[j];
        }
        surrogate_row(e->surrogate, e->slope, on, g_on);
        surrogate_row(e->surrogate, e->slope, off, g_off);
        if (LATE) {
            surrogate_row(e->surrogate, e->slope, on0, g_on0);
            surrogate_row(e->surrogate, e->slope, off0, g_off0);
        }
        for (int j = 0; j < len; j++) {
            const float through = E == GWS_ENCODE_DELTA ? thr[j] * kept[j] : 0.0f;
            const float p = (gp[j] + through) * g_on[j], m = (gm[j] - through) * g_off[j];
            float to = held ? 0.0f : p - m;
            gt[j] -= p + m;
            if (E == GWS_ENCODE_CONTRAST) {
                const float next = kept[j];
                kept[j] = to;
                to -= next;
            } else if (E == GWS_ENCODE_DELTA) {
                gt[j] += sent[j] * kept[j];
                if (held)
                    to = kept[j]; /* b began as this row */
                else
                    kept[j] -= to;
            } else {
                const float p0 = gp[j] * g_on0[j], m0 = gm[j] * g_off0[j];
                gt[j] += p0 + m0;
                kept[j] += (p - m) * w[1] - (p0 - m0) * w[0];
                to = 0.0f;
                if (k == 0) {
                    to = kept[j];
                    kept[j] = 0.0f;
                }
            }
            if (gh)
                gh[j] += to;
        }
    }
}

#define DECODE(E) decode_block(E, len, e, threshold, h, bits, s, g_s, g_h, g_threshold, tmp, T, j0)

static void encode_backward(const gws_encoder *e, const float *threshold, const float *h, const uint64_t *bits, const float *s,
                            const float *g_s, float *g_h, float *g_threshold, float *tmp, int64_t T)
{
    for (int64_t j0 = 0; j0 < e->C; j0 += BLOCK) {
        const int len = e->C - j0 < BLOCK ? (int)(e->C - j0) : BLOCK;
        switch (e->kind) {
        case GWS_ENCODE_DELTA: DECODE(GWS_ENCODE_DELTA); break;
        case GWS_ENCODE_LATENCY: DECODE(GWS_ENCODE_LATENCY); break;
        default: DECODE(GWS_ENCODE_CONTRAST);
        }
    }
}
