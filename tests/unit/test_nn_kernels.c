/* The kernels of every instruction set that this machine runs.
 *
 * Truth: the products are defined as a chain of fused multiply-adds, so libm's fmaf gives them to the last bit; a double-precision
 * sum bounds their rounding; the vector tables are compared with the scalar one bit for bit; exp, sigmoid, tanh and GELU are
 * compared with libm in double precision.
 */
#include "base/rng.h"
#include "nn/kernels/kernels.h"

#include "gwstest.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNIT ((double)FLT_EPSILON / 2.0) /* largest relative error of one rounding */

static const gws_isa vector_isa[] = {GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
enum { N_VECTOR = sizeof vector_isa / sizeof *vector_isa };

static float *floats(int64_t n, const char *purpose, uint64_t number)
{
    float *x = malloc((size_t)(n ? n : 1) * sizeof *x);
    assert_non_null(x);
    gws_rng r = gws_rng_init(11, purpose, number);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
    return x;
}

/* One product with all its strides. */
typedef struct product {
    int64_t m, n, k, a_row, a_col, ldc;
    int accumulate, bias;
    float *a, *b, *start, *bv, *packed; /* start (m,ldc): what C holds before */
} product;

static void product_init(product *p, int64_t m, int64_t n, int64_t k, uint64_t number, gws_rng *r)
{
    *p = (product){.m = m,
                   .n = n,
                   .k = k,
                   .a_row = k,
                   .a_col = 1,
                   .ldc = n + (int64_t)gws_rng_below(r, 6),
                   .accumulate = (int)gws_rng_below(r, 2),
                   .bias = (int)gws_rng_below(r, 2)};
    switch (gws_rng_below(r, 3)) {
    case 0: p->a_row = 1 + (int64_t)gws_rng_below(r, (uint64_t)k); break;     /* rows that overlap, as a convolution's do */
    case 1: p->a_row = 1, p->a_col = m + (int64_t)gws_rng_below(r, 4); break; /* transposed */
    default: p->a_row = k + (int64_t)gws_rng_below(r, 4); break;
    }
    p->a = floats((m - 1) * p->a_row + (k - 1) * p->a_col + 1, "a", number);
    p->b = floats(k * n, "b", number);
    p->start = floats(m * p->ldc, "c", number);
    p->bv = floats(n, "bias", number);
    p->packed = aligned_alloc(64, (size_t)gws_pack_size(k, n) * sizeof(float)); /* panels are whole lines of 64 bytes */
    assert_non_null(p->packed);
    gws_pack(k, n, p->b, n, 1, p->packed);
}

static void product_clear(product *p)
{
    free(p->a);
    free(p->b);
    free(p->start);
    free(p->bv);
    free(p->packed);
}

static float *product_run(const product *p, const gws_kernels *K)
{
    float *c = malloc((size_t)(p->m * p->ldc) * sizeof *c);
    assert_non_null(c);
    memcpy(c, p->start, (size_t)(p->m * p->ldc) * sizeof *c);
    K->gemm(p->m, p->n, p->k, p->a, p->a_row, p->a_col, p->packed, p->bias ? p->bv : NULL, c, p->ldc, p->accumulate);
    return c;
}

/* Small ones of every size, and a few that cross the blocks of the implementation. */
static void product_draw(product *p, int number)
{
    static const int large[][3] = {{97, 17, 255}, {96, 16, 256}, {95, 33, 257}, {193, 48, 513},
                                   {2, 15, 600},  {200, 1, 70},  {1, 130, 300}};
    gws_rng r = gws_rng_init(5, "product", (uint64_t)number);
    const int n_large = sizeof large / sizeof *large;
    if (number < n_large)
        product_init(p, large[number][0], large[number][1], large[number][2], (uint64_t)number, &r);
    else
        product_init(p, 1 + (int64_t)gws_rng_below(&r, 70), 1 + (int64_t)gws_rng_below(&r, 70), 1 + (int64_t)gws_rng_below(&r, 70),
                     (uint64_t)number, &r);
}

static void gemm_is_the_chain_of_fma_it_says(void **state)
{
    for (int number = 0; number < 250; number++) {
        product p;
        product_draw(&p, number);
        float *c = product_run(&p, gws_kernels_of(GWS_ISA_SCALAR));
        for (int64_t i = 0; i < p.m; i++)
            for (int64_t j = 0; j < p.ldc; j++) {
                float want = p.start[i * p.ldc + j]; /* columns beyond n are not C's */
                if (j < p.n) {
                    want = p.accumulate ? want : p.bias ? p.bv[j] : 0.0f;
                    double sum = want, magnitude = fabs(sum);
                    for (int64_t q = 0; q < p.k; q++) {
                        const float a = p.a[i * p.a_row + q * p.a_col], b = p.b[q * p.n + j];
                        want = fmaf(a, b, want);
                        sum += (double)a * (double)b;
                        magnitude += fabs((double)a * (double)b);
                    }
                    /* k roundings, each of a partial sum below the magnitude: Higham 2002, section 3.1 */
                    const double gamma = (double)p.k * UNIT / (1.0 - (double)p.k * UNIT);
                    assert_true(fabs((double)c[i * p.ldc + j] - sum) <= gamma * magnitude);
                }
                assert_memory_equal(&c[i * p.ldc + j], &want, sizeof want);
            }
        free(c);
        product_clear(&p);
    }
}

static void gemm_gives_the_same_bits_on_every_instruction_set(void **state)
{
    int compared = 0;
    for (int v = 0; v < N_VECTOR; v++) {
        const gws_kernels *K = gws_kernels_of(vector_isa[v]);
        if (!K)
            continue;
        assert_int_equal(K->isa, vector_isa[v]);
        for (int number = 0; number < 700; number++) {
            product p;
            product_draw(&p, number);
            float *want = product_run(&p, gws_kernels_of(GWS_ISA_SCALAR)), *got = product_run(&p, K);
            if (memcmp(want, got, (size_t)(p.m * p.ldc) * sizeof *got) != 0)
                fail_msg("%s: product %d (%lld,%lld,%lld) differs from the scalar one", gws_isa_name(K->isa), number,
                         (long long)p.m, (long long)p.n, (long long)p.k);
            free(want);
            free(got);
            product_clear(&p);
        }
        compared++;
    }
    if (!compared)
        GWS_SKIP("no vector instruction set here");
}

/* Spikes at a rate: bits, and the same as numbers. */
static uint64_t *spikes(int64_t m, int64_t k, double rate, uint64_t number, float *as_numbers)
{
    const int64_t words = GWS_BIT_WORDS(k);
    uint64_t *bits = calloc((size_t)(m * words), sizeof *bits);
    assert_non_null(bits);
    gws_rng r = gws_rng_init(11, "spikes", number);
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++) {
            const int on = gws_rng_uniform(&r) < rate;
            bits[i * words + p / 64] |= (uint64_t)on << (p % 64);
            as_numbers[i * k + p] = (float)on;
        }
    return bits;
}

static void gemm_spikes_is_gemm_on_zeros_and_ones(void **state)
{
    static const double rates[] = {0.0, 0.02, 0.3, 0.7, 1.0};
    for (int number = 0; number < 200; number++) {
        product p;
        product_draw(&p, number);
        p.a_row = p.k, p.a_col = 1;
        if (number == 0) { /* longer than a list along k */
            product_clear(&p);
            gws_rng r = gws_rng_init(5, "long", 0);
            product_init(&p, 5, 33, 9001, 0, &r);
            p.a_row = p.k, p.a_col = 1;
        }
        free(p.a);
        p.a = malloc((size_t)(p.m * p.k) * sizeof *p.a);
        assert_non_null(p.a);
        uint64_t *bits = spikes(p.m, p.k, rates[number % 5], (uint64_t)number, p.a);
        p.bv[0] = -0.0f; /* a start of -0 counts as +0 */
        float *want = product_run(&p, gws_kernels_of(GWS_ISA_SCALAR));
        for (int64_t i = 0; i < p.m; i++)
            for (int64_t j = 0; j < p.n; j++)
                want[i * p.ldc + j] += 0.0f;
        for (int v = -1; v < N_VECTOR; v++) {
            const gws_kernels *K = gws_kernels_of(v < 0 ? GWS_ISA_SCALAR : vector_isa[v]);
            if (!K)
                continue;
            float *c = malloc((size_t)(p.m * p.ldc) * sizeof *c);
            assert_non_null(c);
            memcpy(c, p.start, (size_t)(p.m * p.ldc) * sizeof *c);
            K->gemm_spikes(p.m, p.n, p.k, bits, GWS_BIT_WORDS(p.k), p.packed, p.bias ? p.bv : NULL, c, p.ldc, p.accumulate);
            if (memcmp(want, c, (size_t)(p.m * p.ldc) * sizeof *c) != 0)
                fail_msg("%s: product %d (%lld,%lld,%lld) with spikes differs from the dense one", gws_isa_name(K->isa), number,
                         (long long)p.m, (long long)p.n, (long long)p.k);
            free(c);
        }
        free(bits);
        free(want);
        product_clear(&p);
    }
}

static void transposed_bits_are_the_transposed_matrix(void **state)
{
    static const int sizes[][2] = {{1, 1}, {64, 64}, {63, 65}, {130, 7}, {200, 257}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int m = sizes[s][0], n = sizes[s][1];
        float *x = malloc((size_t)(m * n) * sizeof *x);
        assert_non_null(x);
        uint64_t *in = spikes(m, n, 0.4, s, x), *out = malloc((size_t)(n * GWS_BIT_WORDS(m)) * sizeof *out);
        assert_non_null(out);
        int64_t ones = 0;
        gws_bits_transpose(m, n, in, out);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) {
                ones += x[i * n + j] > 0.0f;
                assert_int_equal(out[j * GWS_BIT_WORDS(m) + i / 64] >> (i % 64) & 1, x[i * n + j] > 0.0f);
            }
        assert_int_equal(gws_bits_count(in, m * GWS_BIT_WORDS(n)), ones);
        assert_int_equal(gws_bits_count(out, n * GWS_BIT_WORDS(m)), ones); /* and none beyond the last row */
        free(x);
        free(in);
        free(out);
    }
}

/* Sixteen partial sums by libm's fmaf, added in pairs, as the header says. */
static void dots_add_in_the_order_they_say(void **state)
{
    for (int k = 1; k < 100; k += 7) {
        const int m = 5;
        float *a = floats(m * (k + 3), "a", (uint64_t)k), *w = floats(k, "w", (uint64_t)k);
        for (int v = -1; v < N_VECTOR; v++) {
            const gws_kernels *K = gws_kernels_of(v < 0 ? GWS_ISA_SCALAR : vector_isa[v]);
            if (!K)
                continue;
            float y[5] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f};
            K->dots(m, k, a, k + 3, w, 0.25f, y, k & 1);
            for (int i = 0; i < m; i++) {
                float lane[16] = {0}, start = k & 1 ? (float)(i + 1) : 0.25f;
                for (int p = 0; p < k; p++)
                    lane[p % 16] = fmaf(a[i * (k + 3) + p], w[p], lane[p % 16]);
                for (int half = 8; half > 0; half /= 2)
                    for (int l = 0; l < half; l++)
                        lane[l] += lane[l + half];
                start += lane[0];
                assert_memory_equal(&y[i], &start, sizeof start);
            }
        }
        free(a);
        free(w);
    }
}

static void a_row_of_gemm_does_not_know_its_neighbours(void **state)
{
    static const gws_isa all[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    for (int v = 0; v < 4; v++) {
        const gws_kernels *K = gws_kernels_of(all[v]);
        for (int number = 0; K && number < 40; number++) {
            product p;
            product_draw(&p, number);
            float *c = product_run(&p, K), *row = malloc((size_t)p.ldc * sizeof *row);
            assert_non_null(row);
            for (int64_t i = 0; i < p.m; i++) {
                memcpy(row, p.start + i * p.ldc, (size_t)p.ldc * sizeof *row);
                K->gemm(1, p.n, p.k, p.a + i * p.a_row, p.a_row, p.a_col, p.packed, p.bias ? p.bv : NULL, row, p.ldc, p.accumulate);
                assert_memory_equal(row, c + i * p.ldc, (size_t)p.ldc * sizeof *row);
            }
            free(row);
            free(c);
            product_clear(&p);
        }
    }
}

static void packing_transposes_and_pads(void **state)
{
    for (int64_t k = 1; k < 20; k += 3)
        for (int64_t n = 1; n < 40; n++) {
            float *b = floats(k * n, "pack", (uint64_t)(k * 100 + n)), *t = malloc((size_t)(k * n) * sizeof *t);
            float *x = aligned_alloc(64, (size_t)gws_pack_size(k, n) * sizeof(float)),
                  *y = aligned_alloc(64, (size_t)gws_pack_size(k, n) * sizeof(float));
            assert_true(t && x && y);
            for (int64_t p = 0; p < k; p++)
                for (int64_t j = 0; j < n; j++)
                    t[j * k + p] = b[p * n + j];
            memset(x, 0xff, (size_t)gws_pack_size(k, n) * sizeof(float));
            memset(y, 0xff, (size_t)gws_pack_size(k, n) * sizeof(float));
            gws_pack(k, n, b, n, 1, x);
            gws_pack(k, n, t, 1, k, y);
            assert_memory_equal(x, y, (size_t)gws_pack_size(k, n) * sizeof(float));
            for (int64_t j = 0; j < gws_pack_size(1, n); j++)
                for (int64_t p = 0; p < k; p++) {
                    const float got = x[j / GWS_PANEL * GWS_PANEL * k + p * GWS_PANEL + j % GWS_PANEL];
                    assert_true(got == (j < n ? b[p * n + j] : 0.0f));
                }
            free(b);
            free(t);
            free(x);
            free(y);
        }
}

/* ---- elementwise ---- */

static const float special[] = {0.0f,   -0.0f,       1e-45f,       -1e-45f, FLT_MIN,  -FLT_MIN, 1e-20f, -1e-20f, 1e-7f,
                                -1e-7f, 0.34657359f, -0.34657359f, 0.5f,    -0.5f,    1.0f,     -1.0f,  20.0f,   -20.0f,
                                43.5f,  -43.5f,      86.9f,        -86.9f,  87.0f,    -87.0f,   87.1f,  -87.1f,  88.8f,
                                -88.8f, 100.0f,      -100.0f,      1000.0f, -1000.0f, 1e10f,    -1e10f};
enum { N_SPECIAL = sizeof special / sizeof *special, GRID = 40001 };

/* -100 .. 100, the special values in front. */
static float *grid(int *n)
{
    *n = GRID + N_SPECIAL;
    float *x = malloc((size_t)*n * sizeof *x);
    assert_non_null(x);
    memcpy(x, special, sizeof special);
    for (int i = 0; i < GRID; i++)
        x[N_SPECIAL + i] = (float)(-100.0 + 200.0 * i / (GRID - 1));
    return x;
}

/* Function f of the table on n numbers: out and the second operand g. */
/* out times GELU's derivative at x */
static void gelu_gradient(const gws_kernels *K, const float *x, float *out, int n)
{
    float *at = malloc((size_t)n * sizeof *at);
    assert_non_null(at);
    memcpy(at, x, (size_t)n * sizeof *at);
    K->gelu_backward(at, out, n);
    memcpy(out, at, (size_t)n * sizeof *at);
    free(at);
}

static void apply(const gws_kernels *K, int f, const float *x, const float *g, float *out, int64_t n)
{
    memcpy(out, f == 0 ? x : g, (size_t)n * sizeof *out);
    switch (f) {
    case 0: K->exp(out, n); break;
    case 1: K->sigmoid(x, out, n); break;
    case 2: K->tanh(x, out, n); break;
    case 3: K->gelu(x, out, n); break;
    case 4: gelu_gradient(K, x, out, n); break;
    default: K->add(out, x, n); break;
    }
}

static const char *const name[] = {"exp", "sigmoid", "tanh", "gelu", "gelu_backward", "add"};
enum { N_FUNCTIONS = sizeof name / sizeof *name };

static void elementwise_kernels_give_the_same_bits_on_every_instruction_set(void **state)
{
    int compared = 0, n;
    float *x = grid(&n), *g = floats(n, "g", 0), *want = malloc((size_t)n * sizeof *want), *got = malloc((size_t)n * sizeof *got);
    assert_true(want && got);
    const gws_kernels *S = gws_kernels_of(GWS_ISA_SCALAR);
    for (int v = 0; v < N_VECTOR; v++) {
        const gws_kernels *K = gws_kernels_of(vector_isa[v]);
        for (int f = 0; K && f < N_FUNCTIONS; f++) {
            apply(S, f, x, g, want, n);
            apply(K, f, x, g, got, n);
            for (int i = 0; i < n; i++)
                if (memcmp(&want[i], &got[i], sizeof *got) != 0)
                    fail_msg("%s %s(%.9g): %.9g, scalar %.9g", gws_isa_name(K->isa), name[f], (double)x[i], (double)got[i],
                             (double)want[i]);
            for (int len = 0; len <= 70; len++) { /* tails, at every alignment, and nothing beyond them */
                const int from = len % 17;
                memset(got, 0x55, 128 * sizeof *got);
                apply(S, f, x + from, g, want, len);
                apply(K, f, x + from, g, got + from, len);
                assert_memory_equal(want, got + from, (size_t)len * sizeof *got);
                for (int i = 0; i < 128; i++)
                    if (i < from || i >= from + len) {
                        static const unsigned char untouched[4] = {0x55, 0x55, 0x55, 0x55};
                        assert_memory_equal(got + i, untouched, 4);
                    }
            }
        }
        compared += K != NULL;
    }
    free(x);
    free(g);
    free(want);
    free(got);
    if (!compared)
        GWS_SKIP("no vector instruction set here");
}

static void gru_gates_give_the_same_bits_and_the_right_numbers(void **state)
{
    enum { MOST = 70 };
    static const gws_isa all[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    for (int n = 1; n <= MOST; n++) {
        float *xi = floats(3 * n, "xi", (uint64_t)n), *hg = floats(3 * n, "hg", (uint64_t)n), *h = floats(n, "h", (uint64_t)n);
        float out[4][4 * MOST];
        for (int v = 0; v < 4; v++) {
            const gws_kernels *K = gws_kernels_of(all[v]);
            if (!K)
                continue;
            K->gru_gates(xi, hg, h, out[v], out[v] + n, out[v] + 2 * n, out[v] + 3 * n, n % 2 ? 1.0f : 0.9f, n);
            assert_memory_equal(out[v], out[0], (size_t)(4 * n) * sizeof(float));
        }
        for (int i = 0; i < n; i++) {
            const double r = 1.0 / (1.0 + exp(-(double)xi[i] - (double)hg[i])),
                         u = (n % 2 ? 1.0 : 0.9) / (1.0 + exp(-(double)xi[n + i] - (double)hg[n + i]));
            const double c = tanh((double)xi[2 * n + i] + r * (double)hg[2 * n + i]), next = c + u * ((double)h[i] - c);
            const double want[4] = {r, u, c, next};
            for (int k = 0; k < 4; k++) /* a sigmoid within 2e-7, times numbers below 5, a handful of roundings */
                assert_true(fabs((double)out[0][k * n + i] - want[k]) < 2e-6);
        }
        free(xi);
        free(hg);
        free(h);
    }
}

static double gelu_exact(double x)
{
    return x / (1.0 + exp(-2.0 * sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
}

static double gelu_slope_exact(double x)
{
    const double c = 2.0 * sqrt(2.0 / M_PI), s = 1.0 / (1.0 + exp(-c * (x + 0.044715 * x * x * x)));
    const double t = s == 0.0 || s == 1.0 ? 0.0 : x * s * (1.0 - s) * c * (1.0 + 3.0 * 0.044715 * x * x);
    return s + t;
}

/* Largest error of a function over -100..100, relative to `scale`. */
static void transcendental_kernels_agree_with_libm(void **state)
{
    int n;
    float *x = grid(&n), *one = malloc((size_t)n * sizeof *one), *y = malloc((size_t)n * sizeof *y);
    assert_true(one && y);
    for (int i = 0; i < n; i++)
        one[i] = 1.0f;
    const gws_kernels *S = gws_kernels_of(GWS_ISA_SCALAR);
    double worst[5] = {0};
    for (int f = 0; f < 5; f++) {
        apply(S, f, x, one, y, n);
        for (int i = 0; i < n; i++) {
            const double v = x[i];
            double want = 0.0, scale = 1.0;
            assert_true(isfinite(y[i]));
            switch (f) {
            case 0:
                want = exp(fmin(fmax(v, -87.0), 87.0)); /* the clamp is part of the contract */
                scale = want;
                break;
            case 1: want = 1.0 / (1.0 + exp(-v)); break;
            case 2: want = tanh(v); break;
            case 3:
                want = gelu_exact(v);
                scale = fmax(1.0, fabs(v));
                break;
            default: want = gelu_slope_exact(v); break;
            }
            const double e = fabs((double)y[i] - want) / scale;
            worst[f] = e > worst[f] ? e : worst[f];
        }
    }
    printf("largest error: exp %.2g (relative), sigmoid %.2g, tanh %.2g, gelu %.2g (of max(1,|x|)), gelu' %.2g\n", worst[0],
           worst[1], worst[2], worst[3], worst[4]);
    assert_true(worst[0] < 3e-7); /* truncation 1.7e-7 and two roundings */
    assert_true(worst[1] < 2e-7); /* half of exp's at most, where exp is 1; two roundings */
    assert_true(worst[2] < 2e-7);
    /* the rounding of the cubic, times x s (1 - s) which is below 0.3 */
    assert_true(worst[3] < 4e-7);
    /* the rounding of s beside 1 is 6e-8, and 1 - s is multiplied by x du/dx = 35 at x = 5, beyond which s is 1 */
    assert_true(worst[4] < 4e-6);
    free(x);
    free(one);
    free(y);
}

static void a_nan_is_not_turned_into_a_number(void **state)
{
    static const gws_isa all[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    enum { N = 19 };
    for (int v = 0; v < 4; v++) {
        const gws_kernels *K = gws_kernels_of(all[v]);
        float x[N], g[N], y[N];
        for (int f = 0; K && f < N_FUNCTIONS; f++) {
            for (int i = 0; i < N; i++) {
                x[i] = i % 3 == 1 ? NAN : 0.5f;
                g[i] = 1.0f;
            }
            apply(K, f, x, g, y, N);
            for (int i = 0; i < N; i++)
                assert_int_equal(isnan(y[i]) != 0, i % 3 == 1);
        }
        for (int bad = 0; K && bad < 7; bad++) { /* one operand of a GRU step at a time, state included */
            float xi[3] = {0.1f, 0.2f, 0.3f}, hg[3] = {0.3f, 0.2f, 0.1f}, h = 0.5f, r, u, c, next;
            *(bad < 3 ? &xi[bad] : bad < 6 ? &hg[bad - 3] : &h) = NAN;
            K->gru_gates(xi, hg, &h, &r, &u, &c, &next, 1.0f, 1);
            assert_true(isnan(next));
        }
    }
}

static void tables_are_those_that_the_machine_allows(void **state)
{
    const gws_kernels *K = gws_kernels_get();
    assert_ptr_equal(K, gws_kernels_of(K->isa));
    gws_isa_limit(GWS_ISA_SCALAR);
    assert_int_equal(gws_kernels_get()->isa, GWS_ISA_SCALAR);
    gws_isa_limit(GWS_ISA_NEON); /* lifts the limit */
    assert_ptr_equal(gws_kernels_get(), K);
    for (int v = 0; v < N_VECTOR; v++)
        printf("%s: %s\n", gws_isa_name(vector_isa[v]), gws_kernels_of(vector_isa[v]) ? "compared" : "not on this machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_those_that_the_machine_allows),
        cmocka_unit_test(gemm_is_the_chain_of_fma_it_says),
        cmocka_unit_test(gemm_gives_the_same_bits_on_every_instruction_set),
        cmocka_unit_test(gemm_spikes_is_gemm_on_zeros_and_ones),
        cmocka_unit_test(transposed_bits_are_the_transposed_matrix),
        cmocka_unit_test(dots_add_in_the_order_they_say),
        cmocka_unit_test(a_row_of_gemm_does_not_know_its_neighbours),
        cmocka_unit_test(packing_transposes_and_pads),
        cmocka_unit_test(elementwise_kernels_give_the_same_bits_on_every_instruction_set),
        cmocka_unit_test(gru_gates_give_the_same_bits_and_the_right_numbers),
        cmocka_unit_test(transcendental_kernels_agree_with_libm),
        cmocka_unit_test(a_nan_is_not_turned_into_a_number),
    };
    return GWS_RUN_TESTS(tests);
}
