/* kernel_bits.c - what every kernel of one table computes, as hashes to compare with another table's, machine's or compiler's.
 *
 *   kernel_bits list     names of the tables that run here
 *   kernel_bits TABLE    a line for each entry and class of sizes: entry, class, hash of all the bits that it left
 *
 * Truth: kernels.h defines the result of every entry to the last bit, so the lines of all tables are the same; tests/cross/same_bits
 * compares them.  Nothing but the C library is needed, so that the program can be cross-compiled alone.
 *
 * A new entry of gws_kernels gets a run_ function and a line in `entries`; one without them fails the program.  A run_ function
 * draws every operand from this file (floats, words), calls the entry and ends the case with fold: that hashes all operands, read or
 * written, so an entry that touches what it should not shows as well.
 */
#include "nn/encoder.h"
#include "nn/kernels/kernels.h"
#include "nn/neuron.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const gws_kernels gws_kernels_wide;

/* ---- operands and their hash ---- */

enum { MOST_OPERANDS = 24 };

static struct {
    uint64_t draws, hash;
    const char *entry;
    int n;
    struct {
        uint32_t *words;
        int64_t n;
        int is_float;
    } operand[MOST_OPERANDS];
} now;

/* Finalizer of SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t draw(void)
{
    return mix(++now.draws * 0x9e3779b97f4a7c15u);
}

static int64_t below(int64_t n)
{
    return (int64_t)(draw() % (uint64_t)n);
}

/* n random words, 64-byte aligned, freed by fold. */
static uint32_t *words(int64_t n)
{
    void *p = NULL;
    if (now.n == MOST_OPERANDS || posix_memalign(&p, 64, (size_t)(n ? n : 1) * sizeof(uint32_t)) != 0) {
        fprintf(stderr, "kernel_bits: %s: no room for operand %d\n", now.entry, now.n);
        exit(1);
    }
    uint32_t *w = p;
    for (int64_t i = 0; i < n; i++)
        w[i] = (uint32_t)(draw() >> 32);
    now.operand[now.n].words = w;
    now.operand[now.n].n = n;
    now.operand[now.n++].is_float = 0;
    return w;
}

/* n numbers, uniform on (-scale,scale). */
static float *floats(int64_t n, float scale)
{
    float *x = (float *)words(n);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)((int)(draw() >> 40) - (1 << 23)) * 0x1p-23f * scale;
    now.operand[now.n - 1].is_float = 1;
    return x;
}

/* End of a case.  Which NaN an operation gives is the machine's affair, so all count as one. */
static void fold(void)
{
    for (int o = 0; o < now.n; o++) {
        for (int64_t i = 0; i < now.operand[o].n; i++) {
            uint32_t w = now.operand[o].words[i];
            if (now.operand[o].is_float && (w & 0x7fffffffu) > 0x7f800000u)
                w = 0x7fc00000u;
            now.hash = mix(now.hash + w + 0x9e3779b97f4a7c15u);
        }
        free(now.operand[o].words);
    }
    now.n = 0;
}

/* End of a class of cases. */
static void line(const char *class)
{
    printf("%-16s %-20s %016" PRIx64 "\n", now.entry, class, now.hash);
    now.hash = 0;
}

/* ---- the entries ---- */

enum { PADDED, OVERLAPPING, TRANSPOSED, LAYOUTS };

static void product(const gws_kernels *K, int layout, int64_t m, int64_t n, int64_t k)
{
    int64_t a_row = k + below(4), a_col = 1;
    if (layout == OVERLAPPING)
        a_row = 1 + below(k);
    if (layout == TRANSPOSED)
        a_row = 1, a_col = m + below(4);
    const int64_t ldc = n + below(6);
    const int accumulate = (int)below(2), with_bias = (int)below(2);
    const float *a = floats((m - 1) * a_row + (k - 1) * a_col + 1, 2.0f), *b = floats(k * n, 2.0f), *bias = floats(n, 2.0f);
    float *packed = floats(gws_pack_size(k, n), 1.0f), *c = floats(m * ldc, 2.0f);
    gws_pack(k, n, b, n, 1, packed);
    K->gemm(m, n, k, a, a_row, a_col, packed, with_bias ? bias : NULL, c, ldc, accumulate);
    fold();
}

static void run_gemm(const gws_kernels *K)
{
    /* around the blocks of the implementation: panels of 16, tiles of 4, 6 and 12 rows, 96 rows of A, 256 rows of B */
    static const int blocks[][3] = {{96, 16, 256}, {97, 17, 257}, {95, 33, 255}, {193, 48, 513}, {2, 15, 600},
                                    {200, 1, 70},  {1, 130, 300}, {11, 31, 1},   {12, 32, 2},    {13, 16, 1024}};
    static const char *const name[LAYOUTS][2] = {
        {"padded", "padded, blocks"}, {"overlapping", "overlapping, blocks"}, {"transposed", "transposed, blocks"}};
    for (int layout = 0; layout < LAYOUTS; layout++) {
        for (int i = 0; i < 60; i++) {
            const int64_t m = 1 + below(40), n = 1 + below(70), k = 1 + below(70);
            product(K, layout, m, n, k);
        }
        line(name[layout][0]);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            product(K, layout, blocks[i][0], blocks[i][1], blocks[i][2]);
        line(name[layout][1]);
    }
}

static const float special[] = {0.0f,        -0.0f,     0x1p-149f,       -0x1p-149f, 0x1p-126f, -0x1p-126f, 1e-20f, -1e-20f,
                                0.34657359f, 0.5f,      -0.5f,           1.0f,       -1.0f,     20.0f,      -20.0f, 43.5f,
                                -43.5f,      86.99999f, 87.0f,           -87.0f,     87.00001f, -87.00001f, 88.8f,  -88.8f,
                                1e10f,       -1e10f,    0x1.fffffep127f, INFINITY,   NAN,       -INFINITY};
enum { SPECIAL = sizeof special / sizeof *special, TAILS = 71, ELEMENTWISE_CASES = TAILS + 2 };

/* Operands of case c of y <- f(x, y): short ones at any alignment, a long one, special values against each other. */
static int64_t pair(int c, float **x, float **y)
{
    const int64_t from = c < TAILS ? c % 17 : 0, beyond = 20;
    const int64_t n = c < TAILS ? c : c == TAILS ? 10007 : SPECIAL * SPECIAL;
    *x = floats(from + n, 100.0f) + from;
    *y = floats(from + n + beyond, 100.0f) + from;
    for (int64_t i = 0; c > TAILS && i < n; i++) {
        (*x)[i] = special[i % SPECIAL];
        (*y)[i] = special[i / SPECIAL];
    }
    return n;
}

static void pair_end(int c)
{
    fold();
    if (c >= TAILS - 1)
        line(c == TAILS - 1 ? "tails" : c == TAILS ? "long" : "special values");
}

#define ELEMENTWISE(name, ...)                                                                                                     \
    static void run_##name(const gws_kernels *K)                                                                                   \
    {                                                                                                                              \
        for (int c = 0; c < ELEMENTWISE_CASES; c++) {                                                                              \
            float *x, *y;                                                                                                          \
            const int64_t n = pair(c, &x, &y);                                                                                     \
            K->name(__VA_ARGS__);                                                                                                  \
            pair_end(c);                                                                                                           \
        }                                                                                                                          \
    }
ELEMENTWISE(gelu, x, y, n)
ELEMENTWISE(gelu_backward, x, y, n)
ELEMENTWISE(exp, y, n)
ELEMENTWISE(sigmoid, x, y, n)
ELEMENTWISE(tanh, x, y, n)
ELEMENTWISE(add, y, x, n)

static void run_gru_gates(const gws_kernels *K)
{
    for (int64_t n = 1; n <= 70; n++) {
        const float *xi = floats(3 * n, 8.0f), *hg = floats(3 * n, 8.0f), *h = floats(n, 1.0f);
        float *r = floats(n + 20, 1.0f), *u = floats(n + 20, 1.0f), *c = floats(n + 20, 1.0f), *out = floats(n + 20, 1.0f);
        K->gru_gates(xi, hg, h, r, u, c, out, n % 2 ? 1.0f : 0.97f, n);
        fold();
    }
    line("1 to 70");
}

static void run_gru_gates_backward(const gws_kernels *K)
{
    for (int64_t n = 1; n <= 70; n++) {
        const float *h = floats(n, 1.0f), *r = floats(n, 1.0f), *u = floats(n, 1.0f), *c = floats(n, 1.0f), *hn = floats(n, 2.0f),
                    *g_h = floats(n, 1.0f);
        float *carry = floats(n + 20, 1.0f), *g_x = floats(3 * n + 20, 1.0f), *g_hn = floats(n + 20, 1.0f);
        K->gru_gates_backward(h, r, u, c, hn, g_h, carry, g_x, g_hn, n % 2 ? 1.0f : 0.97f, n);
        fold();
    }
    line("1 to 70");
}

/* Rows of n spikes at one of five rates; the bits beyond are zero. */
static uint64_t *spikes(int64_t rows, int64_t n)
{
    static const int64_t share[] = {0, 3, 20, 80, 100};
    const int64_t row = GWS_BIT_WORDS(n), rate = share[below(5)];
    uint32_t *bits = words(2 * rows * row);
    memset(bits, 0, (size_t)(rows * row) * sizeof(uint64_t));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++)
            if (below(100) < rate)
                bits[2 * i * row + j / 32] |= UINT32_C(1) << (j % 32);
    return (uint64_t *)(void *)bits; /* words is aligned for it, and both machines are little-endian */
}

static void spike_product(const gws_kernels *K, int64_t m, int64_t n, int64_t k)
{
    const int64_t ldc = n + below(6);
    const int accumulate = (int)below(2), with_bias = (int)below(2);
    const uint64_t *bits = spikes(m, k);
    const float *b = floats(k * n, 2.0f), *bias = floats(n, 2.0f);
    float *packed = floats(gws_pack_size(k, n), 1.0f), *c = floats(m * ldc, 2.0f);
    gws_pack(k, n, b, n, 1, packed);
    K->gemm_spikes(m, n, k, bits, GWS_BIT_WORDS(k), packed, with_bias ? bias : NULL, c, ldc, accumulate);
    fold();
}

static void run_gemm_spikes(const gws_kernels *K)
{
    static const int blocks[][3] = {{97, 130, 257}, {4, 33, 5000}, {200, 96, 64}, {1, 257, 512}, {40, 112, 300}};
    for (int i = 0; i < 80; i++) {
        const int64_t m = 1 + below(40), n = 1 + below(150), k = 1 + below(150);
        spike_product(K, m, n, k);
    }
    line("small");
    for (int repeat = 0; repeat < 5; repeat++)
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            spike_product(K, blocks[i][0], blocks[i][1], blocks[i][2]);
    line("blocks");
}

static void run_dots(const gws_kernels *K)
{
    for (int64_t k = 1; k <= 70; k++) {
        const int64_t m = 1 + below(9), row = k + below(4);
        const float *a = floats(m * row, 2.0f), *w = floats(k, 2.0f);
        float *y = floats(m + 3, 1.0f);
        K->dots(m, k, a, row, w, 0.25f, y, (int)below(2));
        fold();
    }
    line("1 to 70");
}

/* Neurons of every model and reset, of every surrogate, forward and back through what forward left. */
static void neurons(const gws_kernels *K, int backward)
{
    for (int model = 0; model < GWS_NEURON_MODELS; model++)
        for (int reset = 0; reset < GWS_RESETS; reset++)
            for (int c = 0; c < GWS_SURROGATES; c++) {
                const gws_neuron l = {.model = (gws_neuron_model)model,
                                      .surrogate = (gws_surrogate)c,
                                      .reset = (gws_reset)reset,
                                      .n = 1 + (int)below(150),
                                      .slope = 3.0f,
                                      .reset_gradient = c % 2};
                const int64_t n = l.n, T = 1 + below(12);
                float *decay[4]; /* one statement an operand: the order within one is the compiler's */
                for (int d = 0; d < 4; d++)
                    decay[d] = floats(n, 1.0f);
                for (int d = 0; d < 4; d++)
                    for (int64_t i = 0; i < n; i++)
                        decay[d][i] = 0.5f + 0.45f * decay[d][i];
                const gws_neuron_params p = {.a_m = decay[0], .a_s = decay[1], .a_b = decay[2], .beta = decay[3]};
                const float *x = floats(T * n, 1.5f);
                float *state = floats(3 * n, 0.0f);
                gws_neuron_trace tr = {.u = floats(T * n, 1.0f)};
                tr.i = floats(T * n, 1.0f);
                tr.b = floats(T * n, 1.0f);
                tr.bits = model == GWS_NEURON_LI ? NULL : spikes(T, n);
                K->neuron_forward(&l, &p, x, &tr, state, T);
                if (backward) {
                    const float *g_s = floats(T * n, 1.0f), *g_u = floats(T * n, 1.0f);
                    float *to = floats(T * n + 5, 1.0f), *carry = floats(3 * n, 1.0f);
                    gws_neuron_grads g = {.a_m = floats(n, 1.0f)};
                    g.a_s = floats(n, 1.0f);
                    g.a_b = floats(n, 1.0f);
                    g.beta = floats(n, 1.0f);
                    K->neuron_backward(&l, &p, &tr, g_s, g_u, to, &g, carry, 0, T);
                }
                fold();
            }
    line("models");
}

static void run_neuron_forward(const gws_kernels *K)
{
    neurons(K, 0);
}

static void run_neuron_backward(const gws_kernels *K)
{
    neurons(K, 1);
}

/* Every encoder but rate, which is no kernel, forward and back. */
static void encoders(const gws_kernels *K, int backward)
{
    static const gws_encode kinds[] = {GWS_ENCODE_CONTRAST, GWS_ENCODE_DELTA, GWS_ENCODE_LATENCY};
    for (int c = 0; c < 36; c++) {
        const gws_encoder e = {.kind = kinds[c % 3],
                               .surrogate = (gws_surrogate)(c % GWS_SURROGATES),
                               .C = 1 + (int)below(150),
                               .slope = 5.0f,
                               .hold = c / 3 % 2,
                               .period = 4,
                               .tau = 2.0f};
        const int64_t C = e.C, T = 1 + below(12);
        float *threshold = floats(C, 0.1f), *state = floats(C, 0.0f);
        for (int64_t i = 0; i < C; i++)
            threshold[i] = 0.3f + threshold[i];
        const float *h = floats((T + 1) * C, 1.0f);
        uint64_t *bits = (uint64_t *)(void *)words(2 * T * GWS_BIT_WORDS(2 * C));
        memset(bits, 0, (size_t)(T * GWS_BIT_WORDS(2 * C)) * sizeof *bits);
        K->encode_forward(&e, threshold, h, 0, state, bits, NULL, T);
        if (backward) {
            const float *g_s = floats(T * 2 * C, 1.0f);
            float *g_h = floats(T * C, 1.0f), *g_threshold = floats(C, 1.0f), *tmp = floats(2 * C, 1.0f);
            K->encode_backward(&e, threshold, h, bits, NULL, g_s, g_h, g_threshold, tmp, T);
        }
        fold();
    }
    line("kinds");
}

static void run_encode_forward(const gws_kernels *K)
{
    encoders(K, 0);
}

static void run_encode_backward(const gws_kernels *K)
{
    encoders(K, 1);
}

/* Every size there is. */
static void run_fft_forward(const gws_kernels *K)
{
    for (int64_t n = 8; n <= 4096; n *= 8) {
        float *turn = floats(gws_fft_twiddles_size(n), 1.0f), *x = floats(n * 32, 2.0f);
        K->fft_forward(n, turn, x);
        fold();
    }
    line("8 to 4096");
}

static void run_fft_inverse(const gws_kernels *K)
{
    for (int accumulate = 0; accumulate < 2; accumulate++)
        for (int64_t n = 8; n <= 4096; n *= 8) {
            const int64_t row = 32 + 16 * below(3);
            float *turn = floats(gws_fft_twiddles_size(n), 1.0f), *x = floats(n * 32, 2.0f), *out = floats(n / 2 * row, 2.0f);
            K->fft_inverse(n, turn, x, out, row, accumulate);
            fold();
        }
    line("8 to 4096");
}

static void run_spectral_products(const gws_kernels *K)
{
    for (int64_t n = 1; n <= 25; n++) {
        const int64_t bins = 1 + below(9), pieces = 1 + below(9), x_row = 2 * (n + pieces - 1) + below(5),
                      block = bins * 32 + below(9);
        const float *x = floats(bins * x_row, 2.0f), *h = floats(bins * pieces * 32, 2.0f);
        float *out = floats(n * block, 1.0f);
        K->spectral_products(n, bins, pieces, x, x_row, h, out, block);
        fold();
    }
    line("1 to 25");
}

static void run_coherent(const gws_kernels *K)
{
    for (int c = 0; c < 60; c++) {
        const int64_t steps = 1 + below(20), row = 32 + 32 * below(3), c_row = 16 + 16 * below(3);
        const int inputs = 1 + c % 3, special_values = c >= 50;
        const float *rho[3];
        int reach[3];
        for (int i = 0; i < inputs; i++) {
            reach[i] = c == 40 ? GWS_REACH_MAX : (int)below(9);
            const int64_t rows = 8 * steps + 2 * reach[i];
            float *x = floats(rows * row, 3.0f);
            for (int64_t k = 0; k < rows * row && special_values; k += 1 + below(50))
                x[k] = special[below(SPECIAL)];
            rho[i] = x + reach[i] * row;
        }
        float *out = floats(steps * c_row, 1.0f);
        K->coherent(steps, inputs, rho, row, reach, out, c_row);
        fold();
        if (c == 49)
            line("up to 20 steps");
    }
    line("special values");
}

typedef void (*any_entry)(void);

#define ENTRY(name) #name, offsetof(gws_kernels, name), run_##name
static const struct {
    const char *name;
    size_t offset;
    void (*run)(const gws_kernels *K);
} entries[] = {
    {ENTRY(gemm)},
    {ENTRY(gelu)},
    {ENTRY(gelu_backward)},
    {ENTRY(exp)},
    {ENTRY(sigmoid)},
    {ENTRY(tanh)},
    {ENTRY(gru_gates)},
    {ENTRY(add)},
    {ENTRY(gemm_spikes)},
    {ENTRY(dots)},
    {ENTRY(gru_gates_backward)},
    {ENTRY(neuron_forward)},
    {ENTRY(neuron_backward)},
    {ENTRY(encode_forward)},
    {ENTRY(encode_backward)},
    {ENTRY(fft_forward)},
    {ENTRY(fft_inverse)},
    {ENTRY(spectral_products)},
    {ENTRY(coherent)},
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

/* Every pointer of the struct, which follow its isa without a gap, has its line in `entries`, and the table has it. */
static int covered(const gws_kernels *K)
{
    int good = 1;
    for (size_t at = sizeof(any_entry); at < sizeof *K; at += sizeof(any_entry)) {
        static const any_entry none;
        int lines = 0;
        for (int e = 0; e < N_ENTRIES; e++)
            lines += entries[e].offset == at;
        if (lines != 1) {
            fprintf(stderr, "kernel_bits: entry %zu of gws_kernels is run by %d lines of `entries`, wanted 1\n",
                    at / sizeof(any_entry), lines);
            good = 0;
        }
        if (memcmp((const char *)K + at, &none, sizeof none) == 0) {
            fprintf(stderr, "kernel_bits: entry %zu of gws_kernels is NULL in this table\n", at / sizeof(any_entry));
            good = 0;
        }
    }
    return good;
}

static const char *const tables[] = {"scalar", "avx2", "avx512", "neon", "wide"};
enum { N_TABLES = sizeof tables / sizeof *tables };

/* NULL when the build or the processor lacks it. */
static const gws_kernels *table_of(const char *name)
{
    gws_isa isa;
    if (strcmp(name, "wide") == 0)
        return &gws_kernels_wide;
    return gws_isa_parse(name, &isa) ? gws_kernels_of(isa) : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: kernel_bits list | TABLE\n");
        return 2;
    }
    if (strcmp(argv[1], "list") == 0) {
        for (int t = 0; t < N_TABLES; t++)
            if (table_of(tables[t]))
                puts(tables[t]);
        return 0;
    }
    const gws_kernels *K = table_of(argv[1]);
    if (!K) {
        fprintf(stderr, "kernel_bits: no table %s here\n", argv[1]);
        return 1;
    }
    if (!covered(K))
        return 1;
    for (int e = 0; e < N_ENTRIES; e++) {
        now.entry = entries[e].name;
        now.draws = 0; /* so that a new entry does not change the lines of the others */
        entries[e].run(K);
    }
    return 0;
}
