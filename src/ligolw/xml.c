/* xml.c - the XML of LIGO_LW, see reader.h. */
#include "ligolw/reader.h"

#include "base/array.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/output.h"
#include "ligolw/cells.h"
#include "ligolw/parts.h"
#include "ligolw/tokens.h"

#include <errno.h>
#include <expat.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK 65536
#define MAX_TEXT (1 << 20) /* bytes of a Param, Dim or Time */

enum tag { TAG_OTHER, TAG_LIGO_LW, TAG_TABLE, TAG_COLUMN, TAG_STREAM, TAG_PARAM, TAG_ARRAY, TAG_DIM, TAG_TIME };

static const char *const tag_names[] = {"", "LIGO_LW", "Table", "Column", "Stream", "Param", "Array", "Dim", "Time"};

struct parse {
    gws_ligolw *d;
    XML_Parser xml;
    const char *const *tables;
    gws_err failure; /* the first */
    enum tag tag[GWS_LIGOLW_MAX_DEPTH];
    int element[GWS_LIGOLW_MAX_DEPTH]; /* LIGO_LW that is open at that depth */
    int depth, passed_by;              /* depth of the element that is passed by with all in it; 0: none */
    gws_ligolw_filling filling;
    gws_ligolw_tokens tokens;
    int elements;
    int streams; /* of the table or array that is open */
    int base64;  /* the stream that is open: 1 little-endian, 2 big-endian; 0: text */
    char *text;  /* (n_text) of the Param, Dim or Time that is open, or of a stream in base64 */
    int64_t n_text, room;
    int keeps_text;
};

static void wrong(struct parse *p, gws_status status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void wrong(struct parse *p, gws_status status, const char *fmt, ...)
{
    char text[sizeof p->failure.text];
    va_list ap;
    va_start(ap, fmt);
    gws_text_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p->failure.status == GWS_OK)
        gws_err_set(&p->failure, status, "%s", text);
}

static void stop_when_wrong(struct parse *p)
{
    if (p->failure.status != GWS_OK)
        XML_StopParser(p->xml, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

static char *copy(const char *text)
{
    return strdup(text ? text : "");
}

/* ---- begin of an element ---- */

static void begin_element(struct parse *p, const char **attributes)
{
    gws_ligolw *d = p->d;
    const char *name = attribute(attributes, "Name");
    if (!GWS_ARRAY_ROOM(d->elements, d->elements_room, d->n_elements + 1)) {
        wrong(p, GWS_ENOMEM, "no memory for another element");
        return;
    }
    struct gws_ligolw_element *e = &d->elements[d->n_elements];
    memset(e, 0, sizeof *e);
    gws_ligolw_bare_name(name ? name : "", e->name, sizeof e->name);
    p->element[p->depth] = d->n_elements++;
}

static void begin_table(struct parse *p, const char **attributes)
{
    gws_ligolw *d = p->d;
    const char *name = attribute(attributes, "Name");
    gws_ligolw_rowset *t = NULL;
    if (!name)
        wrong(p, GWS_EFORMAT, "a Table without Name");
    else if (!GWS_ARRAY_ROOM(d->tables, d->tables_room, d->n_tables + 1) || !(t = calloc(1, sizeof *t)))
        wrong(p, GWS_ENOMEM, "no memory for another table");
    if (!t)
        return;
    d->tables[d->n_tables++] = t;
    gws_ligolw_bare_name(name, t->name, sizeof t->name);
    t->document = d;
    t->kept = !p->tables;
    for (const char *const *w = p->tables; w && *w && !t->kept; w++)
        t->kept = strcmp(*w, t->name) == 0;
    p->filling = (gws_ligolw_filling){.document = d, .table = t};
    p->streams = 0;
}

static void begin_column(struct parse *p, const char **attributes)
{
    gws_ligolw_rowset *t = p->filling.table;
    const char *name = attribute(attributes, "Name"), *word = attribute(attributes, "Type");
    const gws_ligolw_type *type = gws_ligolw_type_find(word ? word : "");
    if (p->streams)
        wrong(p, GWS_EFORMAT, "table %s: a Column behind its Stream", t->name);
    else if (!name)
        wrong(p, GWS_EFORMAT, "table %s: a Column without Name", t->name);
    else if (!type)
        wrong(p, GWS_EFORMAT, "a Column of the unknown Type \"%.40s\"", word ? word : "");
    else if (t->n_columns >= GWS_LIGOLW_MAX_COLUMNS)
        wrong(p, GWS_EFORMAT, "table %s: too many columns", t->name);
    else if (!GWS_ARRAY_ROOM(t->columns, t->columns_room, t->n_columns + 1))
        wrong(p, GWS_ENOMEM, "table %s: no memory for another column", t->name);
    else {
        gws_ligolw_column *c = &t->columns[t->n_columns];
        memset(c, 0, sizeof *c);
        gws_ligolw_bare_name(name, c->name, sizeof c->name);
        c->type = type;
        if (gws_ligolw_find_column(t, c->name) >= 0)
            wrong(p, GWS_EFORMAT, "two Columns of the name %s in one table", c->name);
        t->n_columns++;
    }
}

static void begin_array(struct parse *p, const char **attributes)
{
    gws_ligolw *d = p->d;
    const char *name = attribute(attributes, "Name"), *word = attribute(attributes, "Type");
    const gws_ligolw_type *type = gws_ligolw_type_find(word ? word : "real_8");
    if (!type || type->bytes == 0) {
        wrong(p, GWS_EFORMAT, "an Array of the Type \"%.40s\", which is none of numbers", word ? word : "");
        return;
    }
    if (!GWS_ARRAY_ROOM(d->arrays, d->arrays_room, d->n_arrays + 1)) {
        wrong(p, GWS_ENOMEM, "no memory for another array");
        return;
    }
    gws_ligolw_array *a = &d->arrays[d->n_arrays++];
    memset(a, 0, sizeof *a);
    gws_ligolw_bare_name(name ? name : "", a->name, sizeof a->name);
    a->element = p->element[p->depth - 1];
    if (!(a->unit = copy(attribute(attributes, "Unit"))))
        wrong(p, GWS_ENOMEM, "no memory for another array");
    p->filling = (gws_ligolw_filling){.document = d, .array = a, .type = type};
    p->streams = 0;
}

static double number_or_nan(const char *text)
{
    double x;
    return text && gws_number_parse(text, &x) ? x : (double)NAN;
}

static void begin_dim(struct parse *p, const char **attributes)
{
    gws_ligolw_array *a = p->filling.array;
    if (p->streams || a->n_dims >= GWS_LIGOLW_MAX_DIMS) {
        wrong(p, GWS_EFORMAT, "array %s: too many Dims, or one behind its Stream", a->name);
        return;
    }
    a->start[a->n_dims] = number_or_nan(attribute(attributes, "Start"));
    a->scale[a->n_dims] = number_or_nan(attribute(attributes, "Scale"));
    p->keeps_text = 1;
}

/* How many numbers the Dims of the array say. */
static void expect(struct parse *p)
{
    gws_ligolw_filling *f = &p->filling;
    f->expected = f->type->kind == GWS_LIGOLW_COMPLEX ? 2 : 1;
    for (int k = 0; k < f->array->n_dims; k++) {
        if (f->array->dim[k] > 0 && f->expected > GWS_LIGOLW_MAX_BYTES / f->array->dim[k])
            wrong(p, GWS_EDATA, "array %s: its Dims say more numbers than a file may have", f->array->name);
        else
            f->expected *= f->array->dim[k];
    }
    if (f->array->n_dims == 0)
        wrong(p, GWS_EFORMAT, "array %s: no Dim", f->array->name);
}

static void begin_stream(struct parse *p, const char **attributes)
{
    const gws_ligolw_filling *f = &p->filling;
    const char *owner = f->table ? f->table->name : f->array->name;
    const char *delimiter = attribute(attributes, "Delimiter"), *type = attribute(attributes, "Type"),
               *encoding = attribute(attributes, "Encoding");
    p->base64 = 0;
    if (p->streams++)
        wrong(p, GWS_EFORMAT, "%s: more than one Stream", owner);
    else if (type && strcmp(type, "Local") != 0)
        wrong(p, GWS_EFORMAT, "%s: a Stream that is not in the file", owner);
    else if (delimiter && (delimiter[0] == '\0' || delimiter[1] != '\0' || strchr("\"'\\", delimiter[0])))
        wrong(p, GWS_EFORMAT, "%s: the Delimiter of a Stream has to be one character, and no quote", owner);
    else if (encoding && !strstr(encoding, "Text")) {
        p->base64 = strstr(encoding, "BigEndian") ? 2 : 1;
        if (f->table || strstr(encoding, "gzip") || !strstr(encoding, "base64") || (!strstr(encoding, "Endian")))
            wrong(p, GWS_EFORMAT, "a Stream of the Encoding \"%.40s\"", encoding);
    }
    if (!f->table)
        expect(p);
    gws_ligolw_tokens_begin(&p->tokens, delimiter ? delimiter[0] : f->table ? ',' : ' ');
    p->keeps_text = p->base64 != 0;
}

static void begin_param(struct parse *p, const char **attributes)
{
    gws_ligolw *d = p->d;
    const char *name = attribute(attributes, "Name");
    if (!GWS_ARRAY_ROOM(d->params, d->params_room, d->n_params + 1)) {
        wrong(p, GWS_ENOMEM, "no memory for another Param");
        return;
    }
    struct gws_ligolw_param *param = &d->params[d->n_params++];
    memset(param, 0, sizeof *param);
    gws_ligolw_bare_name(name ? name : "", param->name, sizeof param->name);
    param->element = p->element[p->depth - 1];
    p->keeps_text = 1;
}

/* What stands in what; all else is passed by. */
static enum tag tag_of(const struct parse *p, const char *name, const char **attributes)
{
    const enum tag in = p->depth > 0 ? p->tag[p->depth - 1] : TAG_OTHER;
    const char *type = attribute(attributes, "Type");
    for (int tag = TAG_LIGO_LW; tag <= TAG_TIME; tag++) {
        if (strcmp(name, tag_names[tag]) != 0)
            continue;
        if (p->depth == 0)
            return tag == TAG_LIGO_LW ? TAG_LIGO_LW : TAG_OTHER;
        if ((tag == TAG_LIGO_LW || tag == TAG_TABLE || tag == TAG_PARAM || tag == TAG_ARRAY) && in == TAG_LIGO_LW)
            return (enum tag)tag;
        if (tag == TAG_TIME && in == TAG_LIGO_LW && type && strcmp(type, "GPS") == 0)
            return TAG_TIME;
        if ((tag == TAG_COLUMN && in == TAG_TABLE) || (tag == TAG_DIM && in == TAG_ARRAY) ||
            (tag == TAG_STREAM && (in == TAG_TABLE || in == TAG_ARRAY)))
            return (enum tag)tag;
    }
    return TAG_OTHER;
}

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
{
    struct parse *p = user;
    if (p->failure.status != GWS_OK)
        return;
    const enum tag tag = p->passed_by ? TAG_OTHER : tag_of(p, name, attributes);
    if (p->depth >= GWS_LIGOLW_MAX_DEPTH) {
        wrong(p, GWS_EFORMAT, "elements within elements, deeper than any LIGO_LW file has them");
        stop_when_wrong(p);
        return;
    }
    if ((tag == TAG_LIGO_LW || tag == TAG_TABLE || tag == TAG_PARAM || tag == TAG_ARRAY) && ++p->elements > GWS_LIGOLW_MAX_ELEMENTS)
        wrong(p, GWS_EDATA, "more than %d elements", GWS_LIGOLW_MAX_ELEMENTS);
    if (p->depth == 0 && tag != TAG_LIGO_LW)
        wrong(p, GWS_EFORMAT, "no LIGO_LW document: its root is <%.40s>", name);
    if (!p->passed_by && tag == TAG_OTHER)
        p->passed_by = p->depth + 1;
    p->tag[p->depth] = tag;
    p->element[p->depth] = p->depth > 0 ? p->element[p->depth - 1] : 0;
    if (tag != TAG_OTHER) { /* what is passed by leaves the text around it alone */
        p->n_text = 0;
        p->keeps_text = 0;
    }
    if (p->failure.status == GWS_OK)
        switch (tag) {
        case TAG_LIGO_LW: begin_element(p, attributes); break;
        case TAG_TABLE: begin_table(p, attributes); break;
        case TAG_COLUMN: begin_column(p, attributes); break;
        case TAG_STREAM: begin_stream(p, attributes); break;
        case TAG_PARAM: begin_param(p, attributes); break;
        case TAG_ARRAY: begin_array(p, attributes); break;
        case TAG_DIM: begin_dim(p, attributes); break;
        case TAG_TIME: p->keeps_text = 1; break;
        case TAG_OTHER: break;
        }
    p->depth++;
    stop_when_wrong(p);
}

/* ---- text and end of an element ---- */

static void XMLCALL on_text(void *user, const char *text, int n)
{
    struct parse *p = user;
    if (p->failure.status != GWS_OK || p->passed_by || p->depth == 0)
        return;
    if (p->keeps_text) {
        if (!p->base64 && p->n_text + n > MAX_TEXT)
            wrong(p, GWS_EFORMAT, "a %s of more than a megabyte", tag_names[p->tag[p->depth - 1]]);
        else if (!GWS_ARRAY_ROOM(p->text, p->room, p->n_text + n + 1))
            wrong(p, GWS_ENOMEM, "no memory for its text");
        else {
            memcpy(p->text + p->n_text, text, (size_t)n);
            p->n_text += n;
        }
    } else if (p->tag[p->depth - 1] == TAG_STREAM)
        gws_ligolw_tokens_push(&p->tokens, text, (size_t)n, gws_ligolw_fill, &p->filling, &p->failure);
    stop_when_wrong(p);
}

static void end_stream(struct parse *p)
{
    gws_status status;
    if (p->base64)
        status = gws_ligolw_fill_base64(&p->filling, p->text ? p->text : "", (size_t)p->n_text, p->base64 == 2, &p->failure);
    else
        status = gws_ligolw_tokens_end(&p->tokens, gws_ligolw_fill, &p->filling, &p->failure);
    if (status == GWS_OK)
        gws_ligolw_filled(&p->filling, &p->failure);
    p->base64 = 0;
}

static void end_dim(struct parse *p)
{
    gws_ligolw_array *a = p->filling.array;
    double n;
    if (!gws_number_parse(p->text, &n) || n < 0 || n > (double)GWS_LIGOLW_MAX_BYTES || n != floor(n)) {
        wrong(p, GWS_EFORMAT, "a Dim of \"%.40s\"", p->text);
        return;
    }
    a->dim[a->n_dims++] = (int64_t)n;
}

static void end_text(struct parse *p, enum tag tag)
{
    gws_ligolw *d = p->d;
    if (!GWS_ARRAY_ROOM(p->text, p->room, p->n_text + 1)) {
        wrong(p, GWS_ENOMEM, "no memory for its text");
        return;
    }
    while (p->n_text > 0 && strchr(" \t\r\n", p->text[p->n_text - 1]))
        p->n_text--;
    p->text[p->n_text] = '\0';
    if (tag == TAG_DIM) {
        end_dim(p);
    } else if (tag == TAG_PARAM) {
        if (!(d->params[d->n_params - 1].text = copy(p->text + strspn(p->text, " \t\r\n"))))
            wrong(p, GWS_ENOMEM, "no memory for its text");
    } else {
        struct gws_ligolw_element *e = &d->elements[p->element[p->depth]];
        if (!gws_ligolw_time_read(p->text, &e->epoch_ns))
            wrong(p, GWS_EFORMAT, "a Time of \"%.40s\"", p->text);
        e->has_epoch = 1;
    }
}

static void XMLCALL on_end(void *user, const char *name)
{
    struct parse *p = user;
    if (p->failure.status != GWS_OK)
        return;
    const enum tag tag = p->tag[--p->depth];
    if (p->passed_by) {
        if (p->passed_by == p->depth + 1)
            p->passed_by = 0;
        return;
    }
    if (tag == TAG_STREAM)
        end_stream(p);
    else if (tag == TAG_PARAM || tag == TAG_DIM || tag == TAG_TIME)
        end_text(p, tag);
    else if (tag == TAG_ARRAY && !p->streams)
        wrong(p, GWS_EFORMAT, "array %s: no Stream", p->filling.array->name);
    p->keeps_text = 0;
    stop_when_wrong(p);
}

/* ---- entities ---- */

static void XMLCALL on_entity(void *user, const char *name, int is_parameter, const char *value, int n, const char *base,
                              const char *system, const char *public_id, const char *notation)
{
    struct parse *p = user;
    wrong(p, GWS_EFORMAT, "it declares an entity (%.40s), which no LIGO_LW file needs", name);
    stop_when_wrong(p);
}

static void XMLCALL on_skipped_entity(void *user, const char *name, int is_parameter)
{
    struct parse *p = user;
    wrong(p, GWS_EFORMAT, "it uses the entity &%.40s;, which XML does not know", name);
    stop_when_wrong(p);
}

/* ---- the document ---- */

static gws_status parse_begin(struct parse *p, const char *const *tables, gws_err *err)
{
    memset(p, 0, sizeof *p);
    p->tables = tables;
    p->d = calloc(1, sizeof *p->d);
    p->xml = XML_ParserCreate(NULL);
    if (!p->d || !p->xml)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a LIGO_LW document");
    XML_SetUserData(p->xml, p);
    XML_SetElementHandler(p->xml, on_start, on_end);
    XML_SetCharacterDataHandler(p->xml, on_text);
    XML_SetEntityDeclHandler(p->xml, on_entity);
    XML_SetSkippedEntityHandler(p->xml, on_skipped_entity);
    return GWS_OK;
}

/* The next bytes, and whether they are the last. */
static gws_status parse_push(struct parse *p, const char *name, const char *data, int n, int last, gws_err *err)
{
    char shown[200];
    if (XML_Parse(p->xml, data, n, last) == XML_STATUS_OK)
        return GWS_OK;
    const unsigned long long line = XML_GetCurrentLineNumber(p->xml);
    if (p->failure.status == GWS_OK)
        return gws_err_set(err, XML_GetErrorCode(p->xml) == XML_ERROR_NO_MEMORY ? GWS_ENOMEM : GWS_EFORMAT,
                           "%s: line %llu: no XML: %s", name, line, XML_ErrorString(XML_GetErrorCode(p->xml)));
    gws_escape(shown, sizeof shown, p->failure.text, 0);
    return gws_err_set(err, p->failure.status, "%s: line %llu: %s", name, line, shown);
}

/* What was read, or NULL. */
static gws_ligolw *parse_end(struct parse *p, gws_status status)
{
    gws_ligolw *d = p->d;
    if (status != GWS_OK) {
        gws_ligolw_destroy(d);
        d = NULL;
    }
    if (p->xml)
        XML_ParserFree(p->xml);
    gws_ligolw_tokens_clear(&p->tokens);
    free(p->text);
    return d;
}

gws_ligolw *gws_ligolw_parse(const char *name, const void *data, size_t n, const char *const *tables, gws_err *err)
{
    struct parse p;
    gws_status status = parse_begin(&p, tables, err);
    if (status == GWS_OK && n > (size_t)GWS_LIGOLW_MAX_BYTES)
        status = gws_err_set(err, GWS_EDATA, "%s: more than %" PRId64 " bytes", name, GWS_LIGOLW_MAX_BYTES);
    if (status == GWS_OK)
        status = parse_push(&p, name, data, (int)n, 1, err);
    return parse_end(&p, status);
}

gws_ligolw *gws_ligolw_load(const char *path, const char *const *tables, gws_err *err)
{
    struct parse p = {0};
    char *chunk = malloc(CHUNK);
    int64_t total = 0;
    gzFile f = NULL;
    int n = 0, zlib_error = Z_OK;
    gws_status status = gws_outputs_guard(path, err);
    if (status == GWS_OK && (status = parse_begin(&p, tables, err)) == GWS_OK && !chunk)
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory to read it", path);
    if (status == GWS_OK && !(f = gzopen(path, "rb")))
        status = gws_err_set(err, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
    while (status == GWS_OK && (n = gzread(f, chunk, CHUNK)) > 0) {
        total += n;
        if (total > GWS_LIGOLW_MAX_BYTES)
            status = gws_err_set(err, GWS_EDATA, "%s: more than %" PRId64 " bytes when unpacked", path, GWS_LIGOLW_MAX_BYTES);
        else
            status = parse_push(&p, path, chunk, n, 0, err);
    }
    if (f) {
        gzerror(f, &zlib_error);
        const int closed = gzclose(f);
        if (status == GWS_OK && (n < 0 || zlib_error != Z_OK || closed != Z_OK))
            status = gws_err_set(err, zlib_error == Z_ERRNO ? GWS_EIO : GWS_EFORMAT,
                                 "%s: cannot be unpacked: the file is damaged or cut", path);
    }
    if (status == GWS_OK)
        status = parse_push(&p, path, "", 0, 1, err);
    free(chunk);
    return parse_end(&p, status);
}

int gws_ligolw_is_name(const char *path)
{
    return gws_path_ends(path, ".xml") || gws_path_ends(path, ".xml.gz");
}
