/* npy.h - an array of numpy, alone as .npy or in an archive as a member of .npz: what its header says, and its numbers. */
#ifndef GWS_STRAIN_NPY_H
#define GWS_STRAIN_NPY_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* What a number is. */
typedef struct gws_npy_kind {
    char letter; /* f, i, u */
    int size;    /* bytes */
    int big;     /* big-endian */
} gws_npy_kind;

/* Element (i, k) stands at first + i * stride + k * next. */
typedef struct gws_npy {
    gws_npy_kind kind;
    int64_t rows, columns; /* columns 1 or 2; a scalar is one row of one column */
    int64_t first, stride, next;
} gws_npy;

/* Where the bytes come from. */
typedef struct gws_npy_bytes {
    const char *name; /* for sentences */
    int64_t size;
    gws_status (*read)(void *user, int64_t at, void *out, size_t n, gws_err *err);
    void *user;
} gws_npy_bytes;

/* Read the header.  EFORMAT: it is none, holds no sample, claims more than there is, or is no array of floats or integers of one or
 * two columns. */
gws_status gws_npy_parse(const gws_npy_bytes *b, gws_npy *out, gws_err *err);

/* Start and spacing of the GPS times in the first column.  EDATA, EFORMAT: not evenly spaced at a whole number of Hz, not float64. */
gws_status gws_npy_times(const gws_npy_bytes *b, const gws_npy *a, double *start_s, double *delta_s, gws_err *err);

/* The number whose bytes begin at p. */
double gws_npy_number(const unsigned char *p, const gws_npy_kind *k);

#endif
