/* writer.c - see writer.h. */
#include "ligolw/writer.h"

#include "base/array.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/output.h"
#include "ligolw/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FLUSH 65536    /* bytes that are kept before they go to the file */
#define MAX_COLUMNS 96 /* of a table; the field's widest has 61 */
#define MAX_DEPTH 16   /* of elements LIGO_LW */

struct gws_ligolw_writer {
    gws_err failure; /* the first */
    char *path;      /* NULL: in memory */
    gws_output *out;
    z_stream z;
    int zipped;
    char *text; /* (n) that is not in the file yet */
    int64_t n, room;
    int depth;
    const char *table; /* that is open; NULL: none */
    const gws_ligolw_type *type[MAX_COLUMNS];
    const char *column[MAX_COLUMNS];
    int n_columns, next; /* column of the next cell */
    int64_t rows;
    int last_null;
};

static int failed(const gws_ligolw_writer *w)
{
    return w->failure.status != GWS_OK;
}

/* ---- bytes ---- */

static void file_write(gws_ligolw_writer *w, const void *data, size_t n)
{
    if (!failed(w) && n > 0)
        gws_output_write(w->out, data, n, &w->failure);
}

static void deflate_all(gws_ligolw_writer *w, const char *data, size_t n, int flush)
{
    unsigned char out[16384];
    w->z.next_in = (Bytef *)(uintptr_t)data;
    w->z.avail_in = (uInt)n;
    do {
        w->z.next_out = out;
        w->z.avail_out = sizeof out;
        deflate(&w->z, flush);
        file_write(w, out, sizeof out - w->z.avail_out);
    } while (w->z.avail_out == 0 && !failed(w));
}

/* Give the file what is kept; end: and all that zlib keeps. */
static void flush(gws_ligolw_writer *w, int end)
{
    if (w->zipped)
        deflate_all(w, w->text, (size_t)w->n, end ? Z_FINISH : Z_NO_FLUSH);
    else
        file_write(w, w->text, (size_t)w->n);
    w->n = 0;
}

static void put(gws_ligolw_writer *w, const char *text, size_t n)
{
    if (failed(w))
        return;
    if (!GWS_ARRAY_ROOM(w->text, w->room, w->n + (int64_t)n + 1)) {
        gws_err_set(&w->failure, GWS_ENOMEM, "no memory for a LIGO_LW document of %" PRId64 " bytes", w->n + (int64_t)n);
        return;
    }
    memcpy(w->text + w->n, text, n);
    w->n += (int64_t)n;
    if (w->path && w->n >= FLUSH)
        flush(w, 0);
}

static void put_words(gws_ligolw_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void indent(gws_ligolw_writer *w, int more)
{
    for (int i = 0; i < w->depth + more; i++)
        put(w, "\t", 1);
}

/* Text as XML has it.  in_table: as a token of a stream has it, too. */
static void put_escaped(gws_ligolw_writer *w, const char *text, int in_table)
{
    const size_t size = 4 * strlen(text) + 1;
    char *safe = malloc(size);
    if (!safe) {
        gws_err_set(&w->failure, GWS_ENOMEM, "no memory for a text of %zu bytes", size);
        return;
    }
    gws_escape(safe, size, text, 1);
    for (const char *p = safe; *p;) {
        const size_t plain = strcspn(p, "&<>\"\\\xef");
        put(w, p, plain);
        p += plain;
        if (*p == '&')
            put_words(w, "&amp;");
        else if (*p == '<')
            put_words(w, "&lt;");
        else if (*p == '>')
            put_words(w, "&gt;");
        else if (strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0) /* no characters of XML */
            put_words(w, "?"), p += 2;
        else if (*p == '\xef')
            put(w, p, 1);
        else if (*p == '"')
            put_words(w, in_table ? "\\\"" : "&quot;");
        else if (*p == '\\')
            put_words(w, in_table ? "\\\\" : "\\");
        p += *p != '\0';
    }
    free(safe);
}

/* In as few digits as bring it back. */
static void put_number(gws_ligolw_writer *w, double x, int single)
{
    char text[40];
    for (int digits = single ? 6 : 15; digits <= (single ? 9 : 17); digits++) {
        double back;
        gws_text_print(text, sizeof text, "%.*g", digits, x);
        if (x != x || (gws_number_read(text, &back) && (single ? (float)back == (float)x : back == x)))
            break;
    }
    put_words(w, text);
}

/* ---- the document ---- */

gws_ligolw_writer *gws_ligolw_writer_create(const char *path, gws_err *err)
{
    gws_ligolw_writer *w = calloc(1, sizeof *w);
    if (!w || (path && !(w->path = strdup(path)))) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a LIGO_LW document");
        goto fail;
    }
    if (path && !(w->out = gws_output_begin(path, 1, err)))
        goto fail;
    if (path && gws_path_ends(path, ".gz")) {
        if (deflateInit2(&w->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            gws_err_set(err, GWS_ENOMEM, "%s: no memory for zlib", path);
            goto fail;
        }
        w->zipped = 1;
    }
    put_words(w, "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE LIGO_LW SYSTEM "
                 "\"http://ldas-sw.ligo.caltech.edu/doc/ligolwAPI/html/ligolw_dtd.txt\">\n<LIGO_LW>\n");
    w->depth = 1;
    return w;
fail:
    gws_ligolw_writer_destroy(w);
    return NULL;
}

void gws_ligolw_writer_destroy(gws_ligolw_writer *w)
{
    if (!w)
        return;
    gws_output_abandon(w->out);
    if (w->zipped)
        deflateEnd(&w->z);
    free(w->text);
    free(w->path);
    free(w);
}

static gws_status end_document(gws_ligolw_writer *w, gws_err *err)
{
    GWS_ASSERT(!w->table && w->depth == 1);
    put_words(w, "</LIGO_LW>\n");
    if (w->path)
        flush(w, 1);
    return failed(w) ? gws_err_set(err, w->failure.status, "%s", w->failure.text) : GWS_OK;
}

gws_status gws_ligolw_writer_commit(gws_ligolw_writer *w, gws_err *err)
{
    GWS_ASSERT(w->path);
    gws_status status = end_document(w, err);
    if (status == GWS_OK) {
        status = gws_output_end(w->out, err);
        w->out = NULL;
    }
    gws_ligolw_writer_destroy(w);
    return status;
}

gws_status gws_ligolw_writer_take(gws_ligolw_writer *w, char **out, size_t *n, gws_err *err)
{
    GWS_ASSERT(!w->path);
    *out = NULL;
    *n = 0;
    const gws_status status = end_document(w, err);
    if (status == GWS_OK) {
        w->text[w->n] = '\0';
        *out = w->text;
        *n = (size_t)w->n;
        w->text = NULL;
    }
    gws_ligolw_writer_destroy(w);
    return status;
}

void gws_ligolw_open(gws_ligolw_writer *w, const char *name)
{
    GWS_ASSERT(!w->table && w->depth < MAX_DEPTH);
    indent(w, 0);
    put_words(w, "<LIGO_LW");
    if (name) {
        put_words(w, " Name=\"");
        put_escaped(w, name, 0);
        put_words(w, "\"");
    }
    put_words(w, ">\n");
    w->depth++;
}

void gws_ligolw_close(gws_ligolw_writer *w)
{
    GWS_ASSERT(!w->table && w->depth > 1);
    w->depth--;
    indent(w, 0);
    put_words(w, "</LIGO_LW>\n");
}

/* ---- tables ---- */

void gws_ligolw_table(gws_ligolw_writer *w, const char *name, const char *columns)
{
    char line[300];
    GWS_ASSERT(!w->table);
    w->table = name;
    w->n_columns = w->next = 0;
    w->rows = 0;
    w->last_null = 0;
    indent(w, 0);
    snprintf(line, sizeof line, "<Table Name=\"%s:table\">\n", name);
    put_words(w, line);
    for (const char *p = columns + strspn(columns, " "); *p; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");
        GWS_ASSERT(w->n_columns < MAX_COLUMNS);
        const gws_ligolw_type *type = gws_ligolw_column_type(name, p, n, &w->column[w->n_columns]);
        GWS_ASSERT(type);
        indent(w, 1);
        snprintf(line, sizeof line, "<Column Name=\"%s\" Type=\"%s\"/>\n", w->column[w->n_columns], type->name);
        put_words(w, line);
        w->type[w->n_columns++] = type;
        p += n;
    }
    GWS_ASSERT(w->n_columns > 0);
    indent(w, 1);
    snprintf(line, sizeof line, "<Stream Name=\"%s:table\" Delimiter=\",\" Type=\"Local\">\n", name);
    put_words(w, line);
}

/* What stands in front of a cell; the cell's type. */
static const gws_ligolw_type *cell(gws_ligolw_writer *w)
{
    GWS_ASSERT(w->table);
    if (w->next > 0)
        put(w, ",", 1);
    else {
        if (w->rows > 0)
            put(w, ",\n", 2);
        indent(w, 2);
    }
    const gws_ligolw_type *type = w->type[w->next++];
    if (w->next == w->n_columns) {
        w->next = 0;
        w->rows++;
    }
    w->last_null = 0;
    return type;
}

void gws_ligolw_put_null(gws_ligolw_writer *w)
{
    cell(w);
    w->last_null = 1;
}

void gws_ligolw_put_int(gws_ligolw_writer *w, int64_t x)
{
    char text[24];
    const char *column = w->column[w->next];
    const gws_ligolw_type *type = cell(w);
    GWS_ASSERT(type->kind == GWS_LIGOLW_INTEGER);
    const int bits = 8 * type->bytes;
    const int64_t most = bits == 64 ? INT64_MAX : (INT64_C(1) << (bits - type->is_signed)) - 1;
    if (x > most || x < (type->is_signed ? -most - 1 : 0)) {
        if (!failed(w))
            gws_err_set(&w->failure, GWS_EDATA, "%s.%s: %" PRId64 " does not fit into %s", w->table, column, x, type->name);
        return;
    }
    snprintf(text, sizeof text, "%" PRId64, x);
    put_words(w, text);
}

void gws_ligolw_put_real(gws_ligolw_writer *w, double x)
{
    const gws_ligolw_type *type = cell(w);
    GWS_ASSERT(type->kind == GWS_LIGOLW_REAL);
    put_number(w, x, type->bytes == 4);
}

void gws_ligolw_put_text(gws_ligolw_writer *w, const char *text)
{
    if (!text) {
        gws_ligolw_put_null(w);
        return;
    }
    GWS_ASSERT(cell(w)->kind == GWS_LIGOLW_TEXT);
    put(w, "\"", 1);
    put_escaped(w, text, 1);
    put(w, "\"", 1);
}

void gws_ligolw_put_time(gws_ligolw_writer *w, int64_t t_ns)
{
    const int64_t second = INT64_C(1000000000), s = t_ns / second - (t_ns % second < 0);
    gws_ligolw_put_int(w, s);
    gws_ligolw_put_int(w, t_ns - s * second);
}

void gws_ligolw_table_end(gws_ligolw_writer *w)
{
    GWS_ASSERT(w->table && w->next == 0);
    /* a null at the very end is seen only with a delimiter behind it */
    if (w->rows > 0)
        put_words(w, w->last_null ? ",\n" : "\n");
    indent(w, 1);
    put_words(w, "</Stream>\n");
    indent(w, 0);
    put_words(w, "</Table>\n");
    w->table = NULL;
}

/* ---- parameters and series ---- */

static void param_begin(gws_ligolw_writer *w, const char *name, const char *type, const char *unit)
{
    GWS_ASSERT(!w->table);
    indent(w, 0);
    put_words(w, "<Param Name=\"");
    put_escaped(w, name, 0);
    put_words(w, ":param\" Type=\"");
    put_words(w, type);
    if (unit) {
        put_words(w, "\" Unit=\"");
        put_escaped(w, unit, 0);
    }
    put_words(w, "\">");
}

void gws_ligolw_param_text(gws_ligolw_writer *w, const char *name, const char *value)
{
    param_begin(w, name, "lstring", NULL);
    put_escaped(w, *value ? value : " ", 0); /* an empty one is null to igwn-ligolw, a blank is cut */
    put_words(w, "</Param>\n");
}

void gws_ligolw_param_int(gws_ligolw_writer *w, const char *name, int64_t value)
{
    char text[24];
    param_begin(w, name, "int_8s", NULL);
    snprintf(text, sizeof text, "%" PRId64, value);
    put_words(w, text);
    put_words(w, "</Param>\n");
}

void gws_ligolw_param_real(gws_ligolw_writer *w, const char *name, double value, const char *unit)
{
    param_begin(w, name, "real_8", unit);
    put_number(w, value, 0);
    put_words(w, "</Param>\n");
}

static void array_begin(gws_ligolw_writer *w, const gws_ligolw_series *s)
{
    char line[100];
    const char *axis = s->is_time ? "Time" : "Frequency";
    indent(w, 0);
    put_words(w, "<Array Type=\"real_8\" Name=\"");
    put_escaped(w, s->name, 0);
    put_words(w, ":array\" Unit=\"");
    put_escaped(w, s->unit ? s->unit : "", 0);
    put_words(w, "\">\n");
    indent(w, 1);
    snprintf(line, sizeof line, "<Dim Name=\"%s\" Unit=\"%s\" Start=\"", axis, s->is_time ? "s" : "s^-1");
    put_words(w, line);
    put_number(w, s->f0_hz, 0);
    put_words(w, "\" Scale=\"");
    put_number(w, s->delta, 0);
    snprintf(line, sizeof line, "\">%" PRId64 "</Dim>\n", s->n);
    put_words(w, line);
    indent(w, 1);
    snprintf(line, sizeof line, "<Dim Name=\"%s,Real%s\">%d</Dim>\n", axis, s->is_complex ? ",Imaginary" : "",
             s->is_complex ? 3 : 2);
    put_words(w, line);
    indent(w, 1);
    put_words(w, "<Stream Type=\"Local\" Delimiter=\" \">\n");
}

void gws_ligolw_series_open(gws_ligolw_writer *w, const gws_ligolw_series *s)
{
    char line[100];
    const int width = s->is_complex ? 2 : 1;
    const int64_t second = INT64_C(1000000000);
    snprintf(line, sizeof line, "%s%d%sSeries", s->is_complex ? "COMPLEX" : "REAL", (s->is_single ? 4 : 8) * width,
             s->is_time ? "Time" : "Frequency");
    gws_ligolw_open(w, line);
    indent(w, 0);
    GWS_ASSERT(s->epoch_ns >= 0);
    snprintf(line, sizeof line, "<Time Type=\"GPS\" Name=\"epoch\">%" PRId64 ".%09" PRId64 "</Time>\n", s->epoch_ns / second,
             s->epoch_ns % second);
    put_words(w, line);
    gws_ligolw_param_real(w, "f0", s->f0_hz, "s^-1");
    array_begin(w, s);
    for (int64_t i = 0; i < s->n && !failed(w); i++) {
        indent(w, 2);
        put_number(w, (double)i * s->delta, 0);
        for (int k = 0; k < width; k++) {
            put(w, " ", 1);
            put_number(w, s->data[i * width + k], s->is_single);
        }
        put_words(w, i + 1 < s->n ? " \n" : "\n");
    }
    indent(w, 1);
    put_words(w, "</Stream>\n");
    indent(w, 0);
    put_words(w, "</Array>\n");
}

void gws_ligolw_process(gws_ligolw_writer *w, const char *program, const char *version, const char *comment, const char *ifos,
                        const char *const *params, int n)
{
    gws_ligolw_table(w, "process", "process_id program version comment ifos is_online");
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_text(w, program);
    gws_ligolw_put_text(w, version);
    gws_ligolw_put_text(w, comment);
    gws_ligolw_put_text(w, ifos);
    gws_ligolw_put_int(w, 0);
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "process_params", "process_id program param type value");
    for (int i = 0; i < n; i++) {
        gws_ligolw_put_int(w, 0);
        gws_ligolw_put_text(w, program);
        gws_ligolw_put_text(w, params[2 * i]);
        gws_ligolw_put_text(w, "lstring");
        gws_ligolw_put_text(w, params[2 * i + 1]);
    }
    gws_ligolw_table_end(w);
}
