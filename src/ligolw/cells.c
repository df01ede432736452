/* cells.c - see cells.h. */
#include "ligolw/cells.h"

#include "base/array.h"
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A token as an error shows it. */
#define SHOWN 40

static int read_int(const char *text, const gws_ligolw_type *type, int64_t *out)
{
    char *end;
    const int bits = 8 * type->bytes;
    const int64_t most = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - type->is_signed)) - 1;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out <= most && *out >= (type->is_signed ? -most - 1 : 0);
}

static int read_real(const char *text, double *out)
{
    const char *end = gws_number_read(text, out);
    return end && *end == '\0';
}

/* "1+i2", as igwn-ligolw writes complex numbers. */
static int read_complex(const char *text, double out[2])
{
    const char *end = gws_number_read(text, out);
    return end && strncmp(end, "+i", 2) == 0 && read_real(end + 2, out + 1);
}

static gws_status fill_cell(gws_ligolw_filling *f, const char *text, size_t n, gws_err *err)
{
    gws_ligolw *d = f->document;
    gws_ligolw_rowset *t = f->table;
    if (t->n_columns == 0)
        return gws_err_set(err, GWS_EFORMAT, "table %s: a stream without columns", t->name);
    gws_ligolw_column *c = &t->columns[t->next];
    gws_ligolw_cell cell = {0};
    int good = 1;
    if (++t->next == t->n_columns) {
        t->next = 0;
        t->rows++;
    }
    if (!t->kept)
        return GWS_OK;
    if (text && c->type->kind == GWS_LIGOLW_INTEGER)
        good = read_int(text, c->type, &cell.integer);
    else if (text && c->type->kind == GWS_LIGOLW_REAL)
        good = read_real(text, &cell.real);
    else if (text) {
        if (!GWS_ARRAY_ROOM(d->pool, d->pool_room, d->n_pool + (int64_t)n + 1))
            return gws_err_set(err, GWS_ENOMEM, "table %s: no memory for %lld rows", t->name, (long long)t->rows);
        memcpy(d->pool + d->n_pool, text, n + 1);
        cell.integer = d->n_pool;
        d->n_pool += (int64_t)n + 1;
    }
    if (!good)
        return gws_err_set(err, GWS_EFORMAT, "table %s, column %s: wanted %s, found \"%.*s\"", t->name, c->name, c->type->name,
                           SHOWN, text);
    if (++d->cells > GWS_LIGOLW_MAX_CELLS)
        return gws_err_set(err, GWS_EDATA, "table %s: more than %lld cells", t->name, (long long)GWS_LIGOLW_MAX_CELLS);
    const int64_t row = t->rows - (t->next == 0);
    if (!GWS_ARRAY_ROOM(c->cells, c->room, row + 1) || !GWS_ARRAY_ROOM(c->null, c->null_room, row + 1))
        return gws_err_set(err, GWS_ENOMEM, "table %s: no memory for %lld rows", t->name, (long long)row);
    c->cells[row] = cell;
    c->null[row] = !text;
    return GWS_OK;
}

static gws_status array_room(gws_ligolw_filling *f, int64_t more, gws_err *err)
{
    gws_ligolw_array *a = f->array;
    if (a->n + more > f->expected)
        return gws_err_set(err, GWS_EFORMAT, "array %s: more numbers than the %lld that its Dims say", a->name,
                           (long long)f->expected);
    if (!GWS_ARRAY_ROOM(a->data, f->room, a->n + more))
        return gws_err_set(err, GWS_ENOMEM, "array %s: no memory for %lld numbers", a->name, (long long)a->n);
    return GWS_OK;
}

gws_status gws_ligolw_fill(void *user, const char *text, size_t n, gws_err *err)
{
    gws_ligolw_filling *f = user;
    gws_ligolw_array *a = f->array;
    double x[2] = {0, 0};
    int64_t integer = 0;
    if (f->table)
        return fill_cell(f, text, n, err);
    const int is_complex = f->type->kind == GWS_LIGOLW_COMPLEX;
    const int good = text && (is_complex                         ? read_complex(text, x)
                              : f->type->kind == GWS_LIGOLW_REAL ? read_real(text, x)
                                                                 : read_int(text, f->type, &integer));
    if (!good)
        return gws_err_set(err, GWS_EFORMAT, "array %s: wanted %s, found \"%.*s\"", a->name, f->type->name, SHOWN,
                           text ? text : "");
    if (f->type->kind == GWS_LIGOLW_INTEGER)
        x[0] = (double)integer;
    const gws_status status = array_room(f, 1 + is_complex, err);
    if (status != GWS_OK)
        return status;
    a->data[a->n++] = x[0];
    if (is_complex)
        a->data[a->n++] = x[1];
    return GWS_OK;
}

/* ---- base64 ---- */

static int digit64(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Bytes in place of text; -1: that is no base64. */
static int64_t decode64(const char *text, size_t n, unsigned char *out)
{
    int64_t bytes = 0;
    uint32_t bits = 0;
    int n_bits = 0, digits = 0, padding = 0;
    for (size_t i = 0; i < n; i++) {
        if (strchr(" \t\r\n", text[i]) && text[i])
            continue;
        digits++;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        const int digit = digit64(text[i]);
        if (digit < 0 || padding)
            return -1;
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[bytes++] = (unsigned char)(bits >> n_bits);
        }
    }
    return digits % 4 || padding > 2 ? -1 : bytes;
}

static double number_of(const unsigned char *p, const gws_ligolw_type *type, int big)
{
    uint64_t bits = 0;
    double x;
    float single;
    for (int i = 0; i < type->bytes; i++)
        bits = bits << 8 | p[big ? i : type->bytes - 1 - i];
    if (type->kind == GWS_LIGOLW_INTEGER)
        return !type->is_signed ? (double)bits : (double)((int64_t)(bits << (64 - 8 * type->bytes)) >> (64 - 8 * type->bytes));
    if (type->bytes == 4) {
        const uint32_t low = (uint32_t)bits;
        memcpy(&single, &low, 4);
        return (double)single;
    }
    memcpy(&x, &bits, 8);
    return x;
}

/* Where number i of a stream with the first dimension fastest stands in one with the last fastest. */
static int64_t transposed(const gws_ligolw_array *a, int64_t i)
{
    int64_t at = 0, stride = 1;
    for (int k = a->n_dims - 1; k > 0; k--)
        stride *= a->dim[k];
    for (int k = 0; k < a->n_dims; k++) {
        at += i % a->dim[k] * stride;
        i /= a->dim[k];
        if (k + 1 < a->n_dims)
            stride /= a->dim[k + 1];
    }
    return at;
}

gws_status gws_ligolw_fill_base64(gws_ligolw_filling *f, const char *text, size_t n, int big, gws_err *err)
{
    gws_ligolw_array *a = f->array;
    const int width = f->type->kind == GWS_LIGOLW_COMPLEX ? 2 : 1;
    unsigned char *bytes = malloc(n + 1);
    gws_status status = GWS_OK;
    if (!bytes)
        return gws_err_set(err, GWS_ENOMEM, "array %s: no memory for %zu bytes", a->name, n);
    const int64_t got = decode64(text, n, bytes);
    if (got < 0 || got != f->expected * f->type->bytes)
        status = gws_err_set(err, GWS_EFORMAT, "array %s: wanted %lld numbers of %d bytes in base64, found %lld bytes", a->name,
                             (long long)f->expected, f->type->bytes, (long long)(got < 0 ? 0 : got));
    else if ((status = array_room(f, f->expected, err)) == GWS_OK) {
        for (int64_t i = 0; i < f->expected; i++)
            a->data[transposed(a, i / width) * width + i % width] = number_of(bytes + i * f->type->bytes, f->type, big);
        a->n = f->expected;
    }
    free(bytes);
    return status;
}

gws_status gws_ligolw_filled(const gws_ligolw_filling *f, gws_err *err)
{
    if (f->table && f->table->next != 0)
        return gws_err_set(err, GWS_EFORMAT, "table %s: its row number %lld has %d cells for %d columns", f->table->name,
                           (long long)f->table->rows + 1, f->table->next, f->table->n_columns);
    if (!f->table && f->array->n != f->expected)
        return gws_err_set(err, GWS_EFORMAT, "array %s: wanted the %lld numbers that its Dims say, found %lld", f->array->name,
                           (long long)f->expected, (long long)f->array->n);
    return GWS_OK;
}

int gws_ligolw_time_read(const char *text, int64_t *t_ns)
{
    char *end;
    const char *begin = text + strspn(text, " \t\r\n");
    errno = 0;
    const long long seconds = strtoll(begin, &end, 10);
    int64_t ns = 0, unit = 100000000;
    *t_ns = 0;
    if (end == begin || errno || seconds > INT32_MAX || seconds < INT32_MIN)
        return 0;
    if (*end == '.')
        for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
            ns += (*end - '0') * unit;
    if (end[strspn(end, " \t\r\n")] != '\0')
        return 0;
    *t_ns = seconds * INT64_C(1000000000) + (*begin == '-' ? -ns : ns);
    return 1;
}
