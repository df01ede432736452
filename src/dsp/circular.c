#include "dsp/circular.h"

#include "base/arena.h"
#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>

#define GROUP 8       /* columns transformed together: whole lines of memory */
#define SHORT_ROW 512 /* rows shorter than this take in odd factors as well */
#define PAGE 512      /* doubles */

/* Rows and columns after Good: sample n stands in row r, place q with n = L r + P q mod N; row r holds the samples that are
 * L r mod P, in order, from place first[] on.
 *
 * A column is gathered from the rows in the order of entry[]; its spectrum comes in the order of turn[].  With P a prime and g a
 * primitive root of it, the entries are row 0, which stands apart, and rows g^p; the spectrum is that at 0 and at g^-q, q, p < P - 1, and
 *     X[g^-q] = x[0] + sum_p x[g^p] w[g^(p-q)],  x[g^p] = X[0] + sum_q X[g^-q] conj w[g^(p-q)],  w[j] = exp(-2 pi i j / P) */
struct gws_circular {
    int64_t n, length, rows, stride; /* N, L, P; doubles from row to row */
    int64_t *row_of, *first;         /* (P) of the residue n mod P: its row, and the place of the sample n = residue */
    int64_t *entry;                  /* (P) rows as a column is gathered */
    int64_t *turn;                   /* (P) frequency is column * step + turn mod N */
    int64_t step;
    gws_fft *along;       /* a row */
    gws_cfft *across;     /* GROUP columns, of P points or P - 1; NULL with one row */
    int64_t m;            /* points of `across` */
    double *there, *back; /* (2m) spectra of w[g^-q] and conj w[g^p] over m; NULL: P is not a prime */
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

/* The length of a row: all the twos, and the powers of the smallest odd primes until it is long enough. */
static int64_t row_length(int64_t n)
{
    int64_t length = n & -n, rest = n / length;
    for (int64_t p = 3; length < SHORT_ROW && rest > 1; p += 2) {
        if (p * p > rest)
            p = rest;
        while (rest % p == 0) {
            rest /= p;
            length *= p;
        }
    }
    return length;
}

static int64_t power(int64_t a, int64_t exponent, int64_t m)
{
    int64_t r = 1;
    for (; exponent > 0; exponent /= 2, a = a * a % m)
        if (exponent % 2 != 0)
            r = r * a % m;
    return r;
}

static int is_odd_prime(int64_t p)
{
    for (int64_t d = 3; d * d <= p; d += 2)
        if (p % d == 0)
            return 0;
    return p > 2;
}

static int64_t primitive_root(int64_t p)
{
    for (int64_t g = 2;; g++) {
        int primitive = 1;
        for (int64_t d = 2, rest = p - 1; rest > 1 && primitive; d++) {
            d = d * d > rest ? rest : d;
            if (rest % d != 0)
                continue;
            primitive = power(g, (p - 1) / d, p) != 1;
            while (rest % d == 0)
                rest /= d;
        }
        if (primitive)
            return g;
    }
}

/* Rader's orders and spectra. */
static gws_status prepare_prime(gws_circular *c, gws_err *err)
{
    int64_t p = c->rows, m = p - 1, g = primitive_root(p), up = 1, down = 1, g_inverse = inverse(g, p);
    size_t bytes = 2 * sizeof(double) * (size_t)m;
    double *w = gws_arena_alloc(bytes);
    gws_cfft *one = gws_cfft_create(m, 1, err);
    gws_status status = GWS_ENOMEM;
    c->there = gws_arena_alloc(bytes);
    c->back = gws_arena_alloc(bytes);
    if (!w || !c->there || !c->back)
        gws_err_set(err, GWS_ENOMEM, "no memory for columns of %lld", (long long)p);
    if (!w || !one || !c->there || !c->back)
        goto fail;
    c->entry[0] = 0;
    for (int64_t i = 0; i < m; i++, up = up * g % p) {
        c->entry[1 + i] = up;
        w[2 * i] = cos(2 * M_PI * (double)up / (double)p) / (double)m;
        w[2 * i + 1] = sin(2 * M_PI * (double)up / (double)p) / (double)m;
    }
    gws_cfft_forward(one, w, c->back);
    c->turn[0] = 0;
    for (int64_t i = 0; i < m; i++, down = down * g_inverse % p) {
        c->turn[1 + i] = down;
        w[2 * i] = cos(2 * M_PI * (double)down / (double)p) / (double)m;
        w[2 * i + 1] = -sin(2 * M_PI * (double)down / (double)p) / (double)m;
    }
    gws_cfft_forward(one, w, c->there);
    status = GWS_OK;
fail:
    gws_arena_free(w);
    gws_cfft_destroy(one);
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
    c->m = rows;
    if (is_odd_prime(rows)) {
        c->m = rows - 1;
        if (prepare_prime(c, err) != GWS_OK)
            goto fail;
    }
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

/* Of a tile of n samples from `at` on, those with one residue mod P stand in one row, at successive places.
 * Returns the first of them as an index into the tile, which may be beyond its end; *place is where it stands. */
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

/* A group of columns between the rows and the buffer, in which each column is one piece. */
static void gather(const gws_circular *c, const double *work, int64_t column, int n, const columns *at)
{
    int64_t apart = c->rows - c->m;
    for (int64_t e = 0; e < c->rows; e++) {
        const double *from = work + c->entry[e] * c->stride + 2 * column;
        for (int i = 0; i < n; i++) {
            double *to = e < apart ? at->apart + 2 * i : at->a + 2 * (i * c->m + e - apart);
            to[0] = from[2 * i];
            to[1] = from[2 * i + 1];
        }
    }
}

static void scatter(const gws_circular *c, double *work, int64_t column, int n, const columns *at)
{
    int64_t apart = c->rows - c->m;
    for (int64_t e = 0; e < c->rows; e++) {
        double *to = work + c->entry[e] * c->stride + 2 * column;
        for (int i = 0; i < n; i++) {
            const double *from = e < apart ? at->apart + 2 * i : at->a + 2 * (i * c->m + e - apart);
            to[2 * i] = from[0];
            to[2 * i + 1] = from[1];
        }
    }
}

/* Multiply the spectra in b by one of Rader's; the points that stand apart and the sums of the others change places. */
static void convolve(const gws_circular *c, const columns *at, const double *by)
{
    for (int i = 0; i < GROUP; i++) {
        double *z = at->b + 2 * i * c->m, *apart = at->apart + 2 * i, sum[2] = {z[0] + apart[0], z[1] + apart[1]};
        for (int64_t k = 0; k < c->m; k++) {
            double re = z[2 * k] * by[2 * k] - z[2 * k + 1] * by[2 * k + 1];
            double im = z[2 * k] * by[2 * k + 1] + z[2 * k + 1] * by[2 * k];
            z[2 * k] = re;
            z[2 * k + 1] = im;
        }
        z[0] += apart[0];
        z[1] += apart[1];
        apart[0] = sum[0];
        apart[1] = sum[1];
    }
}

/* Spectra of the columns in a, which then stand in a with a prime P, in b otherwise. */
static double *columns_forward(const gws_circular *c, const columns *at)
{
    if (!c->across)
        return at->a;
    gws_cfft_forward(c->across, at->a, at->b);
    if (!c->there)
        return at->b;
    convolve(c, at, c->there);
    gws_cfft_inverse(c->across, at->b, at->a);
    return at->a;
}

/* And back to a. */
static void columns_inverse(const gws_circular *c, const columns *at)
{
    if (c->there) {
        gws_cfft_forward(c->across, at->a, at->b);
        convolve(c, at, c->back);
    }
    if (c->across)
        gws_cfft_inverse(c->across, at->b, at->a);
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
    int64_t apart = c->rows - c->m;
    rows_forward(c, work);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        gather(c, work, column, n, &at);
        double *z = columns_forward(c, &at);
        for (int i = 0; i < n; i++, z += 2 * c->m) {
            const double *g = gain + (column + i) * c->rows;
            if (apart) {
                at.apart[2 * i] *= g[0];
                at.apart[2 * i + 1] *= g[0];
            }
            for (int64_t k = 0; k < c->m; k++) {
                z[2 * k] *= g[k + apart];
                z[2 * k + 1] *= g[k + apart];
            }
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
    int64_t apart = c->rows - c->m;
    rows_forward(c, work);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        gather(c, work, column, n, &at);
        const double *z = columns_forward(c, &at);
        for (int i = 0; i < n; i++, z += 2 * c->m) {
            double *g = gain + (column + i) * c->rows;
            if (apart)
                g[0] = magnitude(at.apart + 2 * i);
            for (int64_t k = 0; k < c->m; k++)
                g[k + apart] = magnitude(z + 2 * k);
        }
    }
}
