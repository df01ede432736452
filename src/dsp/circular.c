#include "dsp/circular.h"

#include "base/arena.h"
#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 8       /* columns transformed together: whole lines of memory */
#define SHORT_ROW 512 /* rows shorter than this take in odd factors as well */
#define PAGE 512      /* doubles */

/* Rows and columns after Good: sample n stands in row r, place q with n = L r + P q mod N; row r holds the samples that are
 * L r mod P, in order, from place first[] on. */
struct gws_circular {
    int64_t n, length, rows, stride; /* N, L, P; doubles from row to row */
    int64_t *row_of, *first;         /* (P) of the residue n mod P: its row, and the place of the sample n = residue */
    int64_t step_row, step_column;   /* frequency = row * step_row + column * step_column mod N */
    gws_fft *along;                  /* a row */
    gws_cfft *across;                /* GROUP columns; NULL with one row */
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

gws_circular *gws_circular_create(int64_t n, gws_err *err)
{
    GWS_ASSERT(n >= 2 && n % 2 == 0 && n <= INT64_C(1) << 31);
    gws_circular *c = calloc(1, sizeof *c);
    if (!c)
        goto fail;
    int64_t length = row_length(n), rows = n / length;
    c->n = n;
    c->length = length;
    c->rows = rows;
    /* not a multiple of a page, or a column would have all its rows in the same lines of a cache */
    c->stride = (length + 2 + GROUP - 1) / GROUP * GROUP;
    c->stride += c->stride % PAGE == 0 ? GROUP : 0;
    c->row_of = calloc((size_t)rows, sizeof *c->row_of);
    c->first = calloc((size_t)rows, sizeof *c->first);
    if (!c->row_of || !c->first)
        goto fail;
    for (int64_t r = 0; r < rows; r++) {
        int64_t residue = r * (length % rows) % rows;
        c->row_of[residue] = r;
        c->first[residue] = ((residue - length * r) / rows % length + length) % length;
    }
    c->step_row = length * inverse(length % rows, rows);
    c->step_column = rows * inverse(rows % length, length);
    c->along = gws_fft_create_in_place(length, err);
    c->across = rows > 1 ? gws_cfft_create(rows, GROUP, err) : NULL;
    if (!c->along || (rows > 1 && !c->across)) {
        gws_circular_destroy(c);
        return NULL;
    }
    return c;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for a filter of %lld samples", (long long)n);
    gws_circular_destroy(c);
    return NULL;
}

void gws_circular_destroy(gws_circular *c)
{
    if (!c)
        return;
    gws_fft_destroy(c->along);
    gws_cfft_destroy(c->across);
    free(c->row_of);
    free(c->first);
    free(c);
}

int64_t gws_circular_work(const gws_circular *c)
{
    return c->rows * c->stride + 2 * GROUP * c->rows; /* rows, then GROUP columns */
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
    int64_t k = column * c->step_column % c->n;
    for (int64_t r = 0; r < c->rows; r++) {
        bin[r] = k <= c->n / 2 ? k : c->n - k;
        k += c->step_row;
        k -= k >= c->n ? c->n : 0;
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
static void gather(const gws_circular *c, const double *work, int64_t column, int n, double *buffer)
{
    for (int64_t r = 0; r < c->rows; r++)
        for (int i = 0; i < n; i++)
            memcpy(buffer + 2 * (i * c->rows + r), work + r * c->stride + 2 * (column + i), 2 * sizeof *buffer);
}

static void scatter(const gws_circular *c, double *work, int64_t column, int n, const double *buffer)
{
    for (int64_t r = 0; r < c->rows; r++)
        for (int i = 0; i < n; i++)
            memcpy(work + r * c->stride + 2 * (column + i), buffer + 2 * (i * c->rows + r), 2 * sizeof *buffer);
}

static int group_at(const gws_circular *c, int64_t column)
{
    int64_t left = c->length / 2 + 1 - column;
    return left < GROUP ? (int)left : GROUP;
}

void gws_circular_filter(const gws_circular *c, const double *gain, double *work)
{
    double *buffer = work + c->rows * c->stride;
    for (int64_t r = 0; r < c->rows; r++)
        gws_fft_forward(c->along, work + r * c->stride, work + r * c->stride);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        const double *g = gain + column * c->rows;
        gather(c, work, column, n, buffer);
        if (c->across)
            gws_cfft_forward(c->across, buffer);
        for (int64_t i = 0; i < n * c->rows; i++) {
            buffer[2 * i] *= g[i];
            buffer[2 * i + 1] *= g[i];
        }
        if (c->across)
            gws_cfft_inverse(c->across, buffer);
        scatter(c, work, column, n, buffer);
    }
    for (int64_t r = 0; r < c->rows; r++)
        gws_fft_inverse(c->along, work + r * c->stride, work + r * c->stride);
}

void gws_circular_magnitude(const gws_circular *c, double *work, double *gain)
{
    double *buffer = work + c->rows * c->stride;
    for (int64_t r = 0; r < c->rows; r++)
        gws_fft_forward(c->along, work + r * c->stride, work + r * c->stride);
    for (int64_t column = 0; column <= c->length / 2; column += GROUP) {
        int n = group_at(c, column);
        double *g = gain + column * c->rows;
        gather(c, work, column, n, buffer);
        if (c->across)
            gws_cfft_forward(c->across, buffer);
        for (int64_t i = 0; i < n * c->rows; i++)
            g[i] = sqrt(buffer[2 * i] * buffer[2 * i] + buffer[2 * i + 1] * buffer[2 * i + 1]);
    }
}
