#include "dsp/circular.h"

#include "base/arena.h"
#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 8 /* columns transformed together: whole lines of memory */
#define SHORT_ROW 512
#define LONG_ROW 65536
#define SMALL_FACTOR 13 /* FFTW is at its best */
#define PAGE 512        /* doubles */

/* Rows and columns after Good: sample n stands in row r, place q with n = L r + P q mod N; row r holds the samples that are
 * L r mod P, in order, from place first[] on.
 *
 * A column is gathered from the rows in the order of entry[]; its spectrum comes in the order of turn[].  Its transform is one of three,
 * w[j] = exp(-2 pi i j / P):
 *   plain    P has small factors only
 *   Rader    P is a prime and P - 1 has small factors only; g a primitive root of P.  Row 0 and frequency 0 stand apart, the others are
 *            rows g^p and frequencies g^-q:
 *                X[g^-q] = x[0] + sum_p x[g^p] w[g^(p-q)],  x[g^p] = X[0] + sum_q X[g^-q] conj w[g^(p-q)]
 *   chirp    otherwise (Bluestein 1970): with c[j] = w[j^2 / 2] and a convolution that is long enough not to wrap round,
 *                X[k] / c[k] = sum_n (x[n] c[n]) conj c[k-n],  x[n] c[n] = sum_k (X[k] / c[k]) c[n-k]
 *            and as gains are real, nobody needs X itself */
struct gws_circular {
    int64_t n, length, rows, stride; /* N, L, P; doubles from row to row */
    int64_t *row_of, *first;         /* (P) of the residue n mod P: its row, and the place of the sample n = residue */
    int64_t *entry;                  /* (P) rows as a column is gathered */
    int64_t *turn;                   /* (P) frequency is column * step + turn mod N */
    int64_t step;
    gws_fft *along;       /* a row */
    gws_cfft *across;     /* GROUP columns; NULL with one row */
    int64_t m, apart;     /* points of `across`, of which rows - apart are filled; 1 for Rader, else 0 */
    double *there, *back; /* (2m) what convolves, transformed, over m; NULL: plain */
    double *chirp;        /* (2P) c, or NULL */
};

/* Inverse of a modulo m, coprime. */
static int64_t inverse(int64_t a, int64_t m)
{
    int64_t r0 = m, r1 = a % m, t0 = 0, t1 = 1;
    while (r1 != 0) {
        int64_t q = r0 / r1, r = r0 - q * r1, t = t0 - q * t1;
        r0 = r1, r1 = r;
        t0 = t1, t1 = t;
    }
    return m == 1 ? 0 : t0 < 0 ? t0 + m : t0;
}

/* The length of a row: all the twos, the powers of 3, 5 and 7 while it stays short enough for a cache, and those of the next odd
 * primes until it is long enough to be worth a call. */
static int64_t row_length(int64_t n)
{
    int64_t length = n & -n, rest = n / length;
    for (int64_t p = 3; rest > 1 && (p <= 7 || length < SHORT_ROW); p += 2) {
        int64_t power = 1;
        if (p > 7 && p * p > rest)
            p = rest;
        while (rest / power % p == 0)
            power *= p;
        if (length < SHORT_ROW || length * power <= LONG_ROW) {
            rest /= power;
            length *= power;
        }
    }
    return length;
}

static int64_t power_mod(int64_t a, int64_t exponent, int64_t m)
{
    int64_t r = 1;
    for (; exponent > 0; exponent /= 2, a = a * a % m)
        if (exponent % 2 != 0)
            r = r * a % m;
    return r;
}

static int64_t largest_factor(int64_t n)
{
    int64_t d = 2;
    for (; d * d <= n; d++)
        while (n % d == 0 && n > d)
            n /= d;
    return n;
}

static int64_t primitive_root(int64_t p)
{
    for (int64_t g = 2;; g++) {
        int primitive = 1;
        for (int64_t d = 2, rest = p - 1; rest > 1 && primitive; d++) {
            d = d * d > rest ? rest : d;
            if (rest % d != 0)
                continue;
            primitive = power_mod(g, (p - 1) / d, p) != 1;
            while (rest % d == 0)
                rest /= d;
        }
        if (primitive)
            return g;
    }
}

/* w[0] = exp(i pi part / whole) / over */
static void unit(double *w, int64_t part, int64_t whole, int64_t over)
{
    double angle = M_PI * (double)part / (double)whole;
    w[0] = cos(angle) / (double)over;
    w[1] = sin(angle) / (double)over;
}

static void rader(gws_circular *c, double *there, double *back)
{
    int64_t p = c->rows, g = primitive_root(p), up = 1, down = 1, g_inverse = inverse(g, p);
    c->entry[0] = c->turn[0] = 0;
    for (int64_t i = 0; i < c->m; i++, up = up * g % p, down = down * g_inverse % p) {
        c->entry[1 + i] = up;
        c->turn[1 + i] = down;
        unit(there + 2 * i, -2 * down, p, c->m);
        unit(back + 2 * i, 2 * up, p, c->m);
    }
}

static void bluestein(gws_circular *c, double *there, double *back)
{
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t square = i * i % (2 * c->rows);
        unit(c->chirp + 2 * i, -square, c->rows, 1);
        for (int64_t at = i, k = 0; k < 2; k++, at = (c->m - i) % c->m) { /* i and -i */
            unit(there + 2 * at, square, c->rows, c->m);
            unit(back + 2 * at, -square, c->rows, c->m);
        }
    }
}

/* Choose the columns' transform and prepare it. */
static gws_status prepare_columns(gws_circular *c, gws_err *err)
{
    double *there = NULL, *back = NULL;
    gws_cfft *one = NULL;
    gws_status status = GWS_OK;
    c->m = c->rows;
    if (largest_factor(c->rows) <= SMALL_FACTOR)
        return GWS_OK;
    c->apart = largest_factor(c->rows) == c->rows && largest_factor(c->rows - 1) <= SMALL_FACTOR;
    if (c->apart) {
        c->m = c->rows - 1;
    } else {
        for (c->m = 8; c->m < 2 * c->rows; c->m *= 2)
            ;
        c->m = c->m / 8 * 5 < 2 * c->rows ? c->m : c->m / 8 * 5; /* lengths that FFTW does best */
        c->chirp = gws_arena_alloc((size_t)c->rows * 2 * sizeof *c->chirp);
    }
    size_t bytes = (size_t)c->m * 2 * sizeof *there;
    there = gws_arena_alloc(bytes);
    back = gws_arena_alloc(bytes);
    c->there = gws_arena_alloc(bytes);
    c->back = gws_arena_alloc(bytes);
    one = gws_cfft_create(c->m, 1, err);
    if (!there || !back || !c->there || !c->back || !one || !(c->apart || c->chirp)) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for columns of %lld", (long long)c->rows);
    } else {
        if (c->apart)
            rader(c, there, back);
        else
            bluestein(c, there, back);
        gws_cfft_forward(one, there, c->there);
        gws_cfft_forward(one, back, c->back);
    }
    gws_cfft_destroy(one);
    gws_arena_free(there);
    gws_arena_free(back);
    return status;
}

gws_circular *gws_circular_create(int64_t n, gws_err *err)
{
    GWS_ASSERT(n >= 2 && n % 2 == 0 && n <= INT64_C(1) << 31);
    gws_circular *c = calloc(1, sizeof *c);
    if (!c)
        goto nomem;
    int64_t length = row_length(n), rows = n / length;
    c->n = n;
    c->length = length;
    c->rows = rows;
    /* not a multiple of a page, or a column would have all its rows in the same lines of a cache */
    c->stride = (length + 2 + GROUP - 1) / GROUP * GROUP;
    c->stride += c->stride % PAGE == 0 ? GROUP : 0;
    c->row_of = calloc((size_t)rows, sizeof *c->row_of);
    c->first = calloc((size_t)rows, sizeof *c->first);
    c->entry = calloc((size_t)rows, sizeof *c->entry);
    c->turn = calloc((size_t)rows, sizeof *c->turn);
    if (!c->row_of || !c->first || !c->entry || !c->turn)
        goto nomem;
    for (int64_t r = 0; r < rows; r++) {
        int64_t residue = r * (length % rows) % rows;
        c->row_of[residue] = r;
        c->first[residue] = ((residue - length * r) / rows % length + length) % length;
        c->entry[r] = c->turn[r] = r;
    }
    if (prepare_columns(c, err) != GWS_OK)
        goto fail;
    int64_t step = length * inverse(length % rows, rows);
    for (int64_t i = 0; i < rows; i++)
        c->turn[i] = c->turn[i] * step % n;
    c->step = rows * inverse(rows % length, length);
    c->along = gws_fft_create_in_place(length, err);
    c->across = rows > 1 ? gws_cfft_create(c->m, GROUP, err) : NULL;
    if (!c->along || (rows > 1 && !c->across))
        goto fail;
    return c;

nomem:
    gws_err_set(err, GWS_ENOMEM, "no memory for a filter of %lld samples", (long long)n);
fail:
    gws_circular_destroy(c);
    return NULL;
}

void gws_circular_destroy(gws_circular *c)
{
    if (!c)
        return;
    gws_fft_destroy(c->along);
    gws_cfft_destroy(c->across);
    gws_arena_free(c->there);
    gws_arena_free(c->back);
    gws_arena_free(c->chirp);
    free(c->row_of);
    free(c->first);
    free(c->entry);
    free(c->turn);
    free(c);
}

/* A workspace is the rows and, for GROUP columns, two buffers of m points each and the points that stand apart. */
typedef struct columns {
    double *a, *b, *apart; /* (GROUP, 2m), the same, (GROUP, 2) */
} columns;

static columns columns_of(const gws_circular *c, double *work)
{
    double *a = work + c->rows * c->stride, *b = a + 2 * GROUP * c->m;
    return (columns){a, b, b + 2 * GROUP * c->m};
}

int64_t gws_circular_work(const gws_circular *c)
{
    return c->rows * c->stride + 4 * GROUP * c->m + 2 * GROUP;
}

int64_t gws_circular_columns(const gws_circular *c)
{
    return c->length / 2 + 1;
}

int64_t gws_circular_rows(const gws_circular *c)
{
    return c->rows;
}

void gws_circular_bins(const gws_circular *c, int64_t column, int64_t *bin)
{
    GWS_ASSERT(column >= 0 && column <= c->length / 2);
    int64_t at = column * c->step % c->n;
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t k = at + c->turn[i];
        k -= k >= c->n ? c->n : 0;
        bin[i] = k <= c->n / 2 ? k : c->n - k;
    }
}

/* In a tile of samples from `at` on, those with one residue mod P stand in one row, at successive places.  This gives the first of
 * them as an index into the tile, which may be beyond its end; *place is its place in the row. */
static inline int64_t strand(const gws_circular *c, int64_t at, int64_t residue, int64_t *place)
{
    int64_t turn = at / c->rows, i = residue - (at - turn * c->rows);
    if (i < 0) {
        i += c->rows;
        turn++;
    }
    *place = turn + c->first[residue];
    *place -= *place >= c->length ? c->length : 0;
    return i;
}

/* Tiles stay in cache on either side. */
void gws_circular_put(const gws_circular *c, double *work, int64_t at, const double *x, int64_t n)
{
    GWS_ASSERT(at >= 0 && n >= 0 && at + n <= c->n);
    for (int64_t tile; n > 0; at += tile, x += tile, n -= tile) {
        tile = n < GROUP * c->rows ? n : GROUP * c->rows;
        for (int64_t residue = 0, place; residue < c->rows; residue++) {
            double *row = work + c->row_of[residue] * c->stride;
            for (int64_t i = strand(c, at, residue, &place); i < tile; i += c->rows) {
                row[place] = x[i];
                place = place + 1 < c->length ? place + 1 : 0;
            }
        }
    }
}

void gws_circular_get(const gws_circular *c, const double *work, int64_t at, double *x, int64_t n)
{
    GWS_ASSERT(at >= 0 && n >= 0 && at + n <= c->n);
    for (int64_t tile; n > 0; at += tile, x += tile, n -= tile) {
        tile = n < GROUP * c->rows ? n : GROUP * c->rows;
        for (int64_t residue = 0, place; residue < c->rows; residue++) {
            const double *row = work + c->row_of[residue] * c->stride;
            for (int64_t i = strand(c, at, residue, &place); i < tile; i += c->rows) {
                x[i] = row[place];
                place = place + 1 < c->length ? place + 1 : 0;
            }
        }
    }
}

static void multiply(double *z, const double *by, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        double re = z[2 * k] * by[2 * k] - z[2 * k + 1] * by[2 * k + 1];
        double im = z[2 * k] * by[2 * k + 1] + z[2 * k + 1] * by[2 * k];
        z[2 * k] = re;
        z[2 * k + 1] = im;
    }
}

/* A group of columns between the rows and the buffer, in which each column is one piece. */
static void gather(const gws_circular *c, const double *work, int64_t column, int n, const columns *at)
{
    for (int64_t e = 0; e < c->rows; e++) {
        const double *from = work + c->entry[e] * c->stride + 2 * column;
        for (int i = 0; i < n; i++) {
            double *to = e < c->apart ? at->apart + 2 * i : at->a + 2 * (i * c->m + e - c->apart);
            to[0] = from[2 * i];
            to[1] = from[2 * i + 1];
        }
    }
    for (int i = 0; i < n && c->chirp; i++) {
        double *z = at->a + 2 * i * c->m;
        multiply(z, c->chirp, c->rows);
        memset(z + 2 * c->rows, 0, (size_t)(c->m - c->rows) * 2 * sizeof *z);
    }
}

static void scatter(const gws_circular *c, double *work, int64_t column, int n, const columns *at)
{
    for (int64_t e = 0; e < c->rows; e++) {
        double *to = work + c->entry[e] * c->stride + 2 * column;
        const double *w = c->chirp ? c->chirp + 2 * e : NULL;
        for (int i = 0; i < n; i++) {
            const double *from = e < c->apart ? at->apart + 2 * i : at->a + 2 * (i * c->m + e - c->apart);
            to[2 * i] = w ? from[0] * w[0] + from[1] * w[1] : from[0]; /* over c */
            to[2 * i + 1] = w ? from[1] * w[0] - from[0] * w[1] : from[1];
        }
    }
}

/* Convolve the columns whose transforms are in b, into a.  What stands apart and the sum of the others change places. */
static void convolve(const gws_circular *c, const columns *at, const double *by)
{
    for (int i = 0; i < GROUP; i++) {
        double *z = at->b + 2 * i * c->m, *apart = at->apart + 2 * i, sum[2] = {z[0] + apart[0], z[1] + apart[1]};
        multiply(z, by, c->m);
        if (!c->apart)
            continue;
        z[0] += apart[0];
        z[1] += apart[1];
        apart[0] = sum[0];
        apart[1] = sum[1];
    }
    gws_cfft_inverse(c->across, at->b, at->a);
}

/* Spectra of the columns in a, which then stand in b if plain, else in a. */
static double *columns_forward(const gws_circular *c, const columns *at)
{
    if (!c->across)
        return at->a;
    gws_cfft_forward(c->across, at->a, at->b);
    if (!c->there)
        return at->b;
    convolve(c, at, c->there);
    return at->a;
}

/* Transform the columns back into a. */
static void columns_inverse(const gws_circular *c, const columns *at)
{
    if (c->there) {
        gws_cfft_forward(c->across, at->a, at->b);
        convolve(c, at, c->back);
    } else if (c->across) {
        gws_cfft_inverse(c->across, at->b, at->a);
    }
}

static void rows_forward(const gws_circular *c, double *work)
{
    for (int64_t r = 0; r < c->rows; r++)
        gws_fft_forward(c->along, work + r * c->stride, work + r * c->stride);
}

static int group_at(const gws_circular *c, int64_t column)
{
    int64_t left = c->length / 2 + 1 - column;
    return left < GROUP ? (int)left : GROUP;
}

void gws_circular_filter(const gws_circular *c, const double *gain, double *work)
{
    const columns at = columns_of(c, work);
    const int64_t here = c->rows - c->apart;
    rows_forward(c, work);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        gather(c, work, column, n, &at);
        double *z = columns_forward(c, &at);
        for (int i = 0; i < n; i++, z += 2 * c->m) {
            const double *g = gain + (column + i) * c->rows;
            if (c->apart) {
                at.apart[2 * i] *= g[0];
                at.apart[2 * i + 1] *= g[0];
            }
            for (int64_t k = 0; k < here; k++) {
                z[2 * k] *= g[k + c->apart];
                z[2 * k + 1] *= g[k + c->apart];
            }
            memset(z + 2 * here, 0, (size_t)(c->m - here) * 2 * sizeof *z);
        }
        columns_inverse(c, &at);
        scatter(c, work, column, n, &at);
    }
    for (int64_t r = 0; r < c->rows; r++)
        gws_fft_inverse(c->along, work + r * c->stride, work + r * c->stride);
}

static double magnitude(const double z[2])
{
    return sqrt(z[0] * z[0] + z[1] * z[1]);
}

void gws_circular_magnitude(const gws_circular *c, double *work, double *gain)
{
    const columns at = columns_of(c, work);
    rows_forward(c, work);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        gather(c, work, column, n, &at);
        const double *z = columns_forward(c, &at);
        for (int i = 0; i < n; i++, z += 2 * c->m) {
            double *g = gain + (column + i) * c->rows;
            if (c->apart)
                g[0] = magnitude(at.apart + 2 * i);
            for (int64_t k = 0; k < c->rows - c->apart; k++)
                g[k + c->apart] = magnitude(z + 2 * k);
        }
    }
}
