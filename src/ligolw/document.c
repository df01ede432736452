/* document.c - what a document that was read has, see reader.h. */
#include "ligolw/parts.h"

#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gws_ligolw_destroy(gws_ligolw *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->n_tables; i++) {
        for (int k = 0; k < d->tables[i]->n_columns; k++) {
            free(d->tables[i]->columns[k].cells);
            free(d->tables[i]->columns[k].null);
        }
        free(d->tables[i]->columns);
        free(d->tables[i]);
    }
    for (int i = 0; i < d->n_params; i++)
        free(d->params[i].text);
    for (int i = 0; i < d->n_arrays; i++) {
        free(d->arrays[i].unit);
        free(d->arrays[i].data);
    }
    free(d->elements);
    free(d->tables);
    free(d->params);
    free(d->arrays);
    free(d->pool);
    free(d);
}

/* ---- tables ---- */

const gws_ligolw_rowset *gws_ligolw_find_table(const gws_ligolw *d, const char *name, int i)
{
    for (int k = 0; k < d->n_tables; k++)
        if (d->tables[k]->kept && strcmp(d->tables[k]->name, name) == 0 && i-- == 0)
            return d->tables[k];
    return NULL;
}

int gws_ligolw_tables(const gws_ligolw *d)
{
    return d->n_tables;
}

const gws_ligolw_rowset *gws_ligolw_get_table(const gws_ligolw *d, int i)
{
    return d->tables[i];
}

const char *gws_ligolw_name_of(const gws_ligolw_rowset *t)
{
    return t->name;
}

int gws_ligolw_columns(const gws_ligolw_rowset *t)
{
    return t->n_columns;
}

int64_t gws_ligolw_rows(const gws_ligolw_rowset *t)
{
    return t->rows;
}

int gws_ligolw_find_column(const gws_ligolw_rowset *t, const char *name)
{
    for (int k = 0; k < t->n_columns; k++)
        if (strcmp(t->columns[k].name, name) == 0)
            return k;
    return -1;
}

const gws_ligolw_type *gws_ligolw_type_of(const gws_ligolw_rowset *t, int column)
{
    return t->columns[column].type;
}

static const gws_ligolw_column *filled(const gws_ligolw_rowset *t, int column, int64_t row)
{
    return column < 0 || t->columns[column].null[row] ? NULL : &t->columns[column];
}

const char *gws_ligolw_get_text(const gws_ligolw_rowset *t, int column, int64_t row)
{
    const gws_ligolw_column *c = filled(t, column, row);
    return !c || c->type->kind == GWS_LIGOLW_INTEGER || c->type->kind == GWS_LIGOLW_REAL
               ? NULL
               : t->document->pool + c->cells[row].integer;
}

int gws_ligolw_get_int(const gws_ligolw_rowset *t, int column, int64_t row, int64_t *out)
{
    const gws_ligolw_column *c = filled(t, column, row);
    const char *text = gws_ligolw_get_text(t, column, row);
    *out = 0;
    if (c && c->type->kind == GWS_LIGOLW_INTEGER)
        *out = c->cells[row].integer;
    else if (text && c->type->kind == GWS_LIGOLW_TEXT) {
        const char *colon = strrchr(text, ':');
        const char *digits = colon ? colon + 1 : text;
        char *end;
        errno = 0;
        const long long x = strtoll(digits, &end, 10);
        if (*digits < '0' || *digits > '9' || *end || errno)
            return 0;
        *out = x;
    } else
        return 0;
    return 1;
}

int gws_ligolw_get_real(const gws_ligolw_rowset *t, int column, int64_t row, double *out)
{
    const gws_ligolw_column *c = filled(t, column, row);
    *out = 0;
    if (c && c->type->kind == GWS_LIGOLW_INTEGER)
        *out = (double)c->cells[row].integer;
    else if (c && c->type->kind == GWS_LIGOLW_REAL)
        *out = c->cells[row].real;
    else
        return 0;
    return 1;
}

/* ---- elements, parameters, arrays ---- */

int gws_ligolw_elements(const gws_ligolw *d)
{
    return d->n_elements;
}

const char *gws_ligolw_element_name(const gws_ligolw *d, int element)
{
    return d->elements[element].name;
}

const char *gws_ligolw_find_param(const gws_ligolw *d, int element, const char *name)
{
    for (int i = 0; i < d->n_params; i++)
        if (d->params[i].element == element && strcmp(d->params[i].name, name) == 0)
            return d->params[i].text;
    return NULL;
}

int gws_ligolw_arrays(const gws_ligolw *d)
{
    return d->n_arrays;
}

const gws_ligolw_array *gws_ligolw_get_array(const gws_ligolw *d, int i)
{
    return &d->arrays[i];
}

/* "COMPLEX8TimeSeries". */
static int series_kind(const char *name, gws_ligolw_series *out)
{
    static const struct {
        const char *number;
        int is_complex, is_single;
    } numbers[] = {{"REAL4", 0, 1}, {"REAL8", 0, 0}, {"COMPLEX8", 1, 1}, {"COMPLEX16", 1, 0}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const size_t n = strlen(numbers[i].number);
        if (strncmp(name, numbers[i].number, n) != 0)
            continue;
        out->is_complex = numbers[i].is_complex;
        out->is_single = numbers[i].is_single;
        out->is_time = strcmp(name + n, "TimeSeries") == 0;
        if (out->is_time || strcmp(name + n, "FrequencySeries") == 0)
            return 1;
    }
    return 0;
}

gws_status gws_ligolw_read_series(const gws_ligolw *d, int element, gws_ligolw_series *out, gws_err *err)
{
    const struct gws_ligolw_element *e = &d->elements[element];
    const gws_ligolw_array *a = NULL;
    double *data;
    int n_arrays = 0;
    memset(out, 0, sizeof *out);
    if (!series_kind(e->name, out))
        return gws_err_set(err, GWS_EDATA, "the element \"%s\" is no series of LAL's", e->name);
    for (int i = 0; i < d->n_arrays; i++)
        if (d->arrays[i].element == element) {
            a = &d->arrays[i];
            n_arrays++;
        }
    const char *f0 = gws_ligolw_find_param(d, element, "f0");
    const int width = out->is_complex ? 3 : 2;
    if (n_arrays != 1 || !e->has_epoch || !f0 || !gws_number_parse(f0, &out->f0_hz))
        return gws_err_set(err, GWS_EDATA, "%s: wanted one Array, a GPS Time and a Param f0; found %d, %d and %s", e->name,
                           n_arrays, e->has_epoch, f0 ? f0 : "none");
    if (a->n_dims != 2 || a->dim[1] != width || !(a->scale[0] > 0) || !isfinite(a->scale[0]))
        return gws_err_set(err, GWS_EDATA, "%s: wanted an Array with %d numbers a sample and a Scale above 0", e->name, width);
    out->name = a->name;
    out->unit = a->unit;
    out->epoch_ns = e->epoch_ns;
    out->delta = a->scale[0];
    out->n = a->dim[0];
    out->data = data = malloc(sizeof *data * (size_t)(out->n * (width - 1) + 1));
    if (!data)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", e->name, (long long)out->n);
    for (int64_t i = 0; i < out->n; i++)
        memcpy(data + i * (width - 1), a->data + i * width + 1, sizeof *data * (size_t)(width - 1));
    return GWS_OK;
}
