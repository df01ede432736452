#include "strain/npy.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t whole_of(const unsigned char *p, const gws_npy_kind *k)
{
    uint64_t x = 0;
    for (int i = 0; i < k->size; i++)
        x |= (uint64_t)p[k->big ? k->size - 1 - i : i] << 8 * i;
    return x;
}

double gws_npy_number(const unsigned char *p, const gws_npy_kind *k)
{
    const uint64_t bits = whole_of(p, k);
    if (k->letter == 'f' && k->size == 8) {
        double x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    if (k->letter == 'f') {
        const uint32_t half = (uint32_t)bits;
        float x;
        memcpy(&x, &half, sizeof x);
        return (double)x;
    }
    if (k->letter == 'u')
        return (double)bits;
    const int unused = 64 - 8 * k->size;
    return (double)((int64_t)(bits << unused) >> unused);
}

/* What stands behind a key of the header, a dictionary of Python as numpy prints it. */
static const char *after(const char *header, const char *key)
{
    const char *p = strstr(header, key);
    if (!p)
        return NULL;
    p += strlen(key);
    return p + strspn(p, " :");
}

static int read_descr(const char *p, gws_npy_kind *k)
{
    if (!p || *p++ != '\'')
        return 0;
    k->big = *p == '>';
    if (*p == '<' || *p == '>' || *p == '|' || *p == '=')
        p++;
    k->letter = *p;
    if (!*p || !strchr("fiu", *p++) || !isdigit((unsigned char)*p) || p[1] != '\'') /* the header may end anywhere */
        return 0;
    k->size = *p - '0';
    return k->size == 8 || k->size == 4 || (k->letter != 'f' && (k->size == 1 || k->size == 2));
}

static gws_status no_array(const char *name, gws_err *err)
{
    return gws_err_set(err, GWS_EFORMAT,
                       "%s: wanted an array of numpy with one column (strain) or two (GPS times and strain) of floats or integers",
                       name);
}

/* Rows and columns; a one-dimensional array has one column, a scalar one row of it. */
static int read_shape(const char *p, int64_t *rows, int64_t *columns)
{
    char *end;
    if (!p || *p++ != '(')
        return 0;
    *rows = *columns = 1;
    if (*p == ')')
        return 1;
    errno = 0;
    *rows = strtoll(p, &end, 10);
    if (end == p || errno || *rows < 0 || *end != ',')
        return 0;
    p = end + 1;
    p += strspn(p, " ");
    if (isdigit((unsigned char)*p)) {
        *columns = strtoll(p, &end, 10);
        p = end;
    }
    return !errno && *p == ')' && (*columns == 1 || *columns == 2);
}

gws_status gws_npy_parse(const gws_npy_bytes *b, gws_npy *out, gws_err *err)
{
    unsigned char head[12];
    char header[4097];
    gws_npy a = {.rows = 0};
    gws_status status;
    memset(out, 0, sizeof *out);
    if (b->size < 12)
        return no_array(b->name, err);
    if ((status = b->read(b->user, 0, head, sizeof head, err)) != GWS_OK)
        return status;
    if (memcmp(head, "\x93NUMPY", 6) != 0)
        return no_array(b->name, err);
    const int wide = head[6] >= 2; /* version 1.0 has 2 bytes of length, later ones 4 */
    const int64_t length = head[8] | head[9] << 8 | (wide ? (int64_t)head[10] << 16 | (int64_t)head[11] << 24 : 0);
    const int64_t at = wide ? 12 : 10;
    if (length >= (int64_t)sizeof header || at + length > b->size)
        return no_array(b->name, err);
    if ((status = b->read(b->user, at, header, (size_t)length, err)) != GWS_OK)
        return status;
    header[length] = '\0';
    const char *order = after(header, "'fortran_order'");
    if (!read_descr(after(header, "'descr'"), &a.kind) || !read_shape(after(header, "'shape'"), &a.rows, &a.columns) || !order)
        return no_array(b->name, err);
    if (a.rows > (b->size - at - length) / (a.kind.size * a.columns))
        return gws_err_set(err, GWS_EFORMAT, "%s: promises %lld samples and has no room for them", b->name, (long long)a.rows);
    if (a.rows == 0)
        return gws_err_set(err, GWS_EDATA, "%s: holds no sample", b->name);
    const int by_column = strncmp(order, "True", 4) == 0;
    a.stride = a.kind.size * (by_column ? 1 : a.columns);
    a.next = by_column ? a.rows * a.kind.size : a.kind.size;
    a.first = at + length;
    *out = a;
    return GWS_OK;
}

/* The spacing is the mean's, and the last time has to be where it belongs. */
gws_status gws_npy_times(const gws_npy_bytes *b, const gws_npy *a, double *start_s, double *delta_s, gws_err *err)
{
    unsigned char first[8], last[8];
    gws_status status;
    if (a->kind.letter != 'f' || a->kind.size != 8)
        return gws_err_set(err, GWS_EFORMAT, "%s: GPS times have to be float64: float32 cannot tell neighbouring seconds apart",
                           b->name);
    if (a->rows < 2)
        return gws_err_set(err, GWS_EDATA, "%s: two samples at least say how far apart they are", b->name);
    if ((status = b->read(b->user, a->first, first, 8, err)) != GWS_OK ||
        (status = b->read(b->user, a->first + (a->rows - 1) * a->stride, last, 8, err)) != GWS_OK)
        return status;
    const double begin = gws_npy_number(first, &a->kind), end = gws_npy_number(last, &a->kind),
                 spacing = (end - begin) / (double)(a->rows - 1);
    *start_s = begin;
    *delta_s = 1 / round(1 / spacing);
    if (!(spacing > 0) || !isfinite(*delta_s) || fabs((double)(a->rows - 1) * *delta_s - (end - begin)) > 0.25 * *delta_s)
        return gws_err_set(err, GWS_EDATA, "%s: its times are not evenly spaced, or not one over a whole number of Hz apart",
                           b->name);
    return GWS_OK;
}
