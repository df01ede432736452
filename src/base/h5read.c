/* h5read.c - see h5read.h. */
#include "base/h5read.h"

#include "base/array.h"
#include "base/h5type.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIMS 8
#define MAX_STRING (INT64_C(1) << 28) /* a damaged header may claim any length */
#define PIECE (INT64_C(1) << 20)      /* bytes of numbers handed over at once */
#define STRINGS_AT_ONCE 256
#define FEW_CHUNKS 4096

#if H5_VERSION_GE(1, 12, 0)
typedef H5O_info1_t object_info; /* of H5Ovisit2 */
#else
typedef H5O_info_t object_info;
#endif

static herr_t keep_first(unsigned n, const H5E_error2_t *e, void *text)
{
    if (n == 0)
        snprintf(text, 400, "%s", e->desc ? e->desc : "");
    return 0;
}

void gws_h5_reason(char text[200])
{
    char found[400] = "libhdf5 gives no reason";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, found);
    const char *quote = strstr(found, "error message = '");
    const char *from = quote ? quote + strlen("error message = '") : found;
    snprintf(text, 200, "%.*s", (int)(quote ? strcspn(from, "'") : 199), from);
}

static gws_status fail_at(const char *path, const char *what, gws_err *err)
{
    char why[200];
    gws_h5_reason(why);
    return gws_err_set(err, GWS_EFORMAT, "%s: %s: %s", path, what, why);
}

static gws_status no_memory(const char *path, gws_err *err)
{
    return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
}

static gws_status give(gws_h5_sink sink, void *user, const void *bytes, size_t n, const char *path, gws_err *err)
{
    return n == 0 || sink(user, bytes, n) == 0 ? GWS_OK : gws_err_set(err, GWS_EIO, "%s: the answer was not taken", path);
}

/* ---- what an object is ---- */

static gws_h5_type classify(hid_t type)
{
    H5T_class_t kind = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    /* A damaged header may claim numbers of a million bytes; libhdf5 would copy as much out of a chunk that is smaller. */
    if ((kind == H5T_FLOAT || kind == H5T_INTEGER || kind == H5T_ENUM) && size > 16)
        return GWS_H5_OTHER;
    switch (kind) {
    case H5T_FLOAT: return size <= 4 ? GWS_H5_F32 : GWS_H5_F64;
    case H5T_INTEGER: return H5Tget_sign(type) == H5T_SGN_NONE ? GWS_H5_UINT : GWS_H5_INT;
    case H5T_ENUM: return GWS_H5_INT; /* h5py's bool */
    case H5T_STRING: return GWS_H5_STRING;
    case H5T_COMPOUND: return GWS_H5_COMPOUND;
    default: return GWS_H5_OTHER;
    }
}

static gws_status refuse(gws_h5_card_head *c, gws_status status, const char *why)
{
    c->status = (int32_t)status;
    snprintf(c->why, sizeof c->why, "%s", why);
    return status;
}

static gws_status refuse_with_reason(gws_h5_card_head *c, const char *what)
{
    char why[200];
    gws_h5_reason(why);
    snprintf(c->why, sizeof c->why, "%s: %.150s", what, why);
    c->status = GWS_EFORMAT;
    return GWS_EFORMAT;
}

/* Shape of a space. A null space (h5py's Empty) is a vector of no elements. */
static gws_status get_shape(hid_t space, gws_h5_card_head *c)
{
    hsize_t dims[H5S_MAX_RANK];
    char text[100];
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        c->ndim = 1;
        c->shape[0] = 0;
        return GWS_OK;
    }
    int ndim = H5Sget_simple_extent_ndims(space);
    if (ndim < 0 || ndim > MAX_DIMS || H5Sget_simple_extent_dims(space, dims, NULL) < 0) {
        snprintf(text, sizeof text, "wanted at most %d dimensions, found %d", MAX_DIMS, ndim);
        return refuse(c, GWS_EFORMAT, text);
    }
    int64_t total = 1;
    for (int i = 0; i < ndim; i++) {
        /* so that callers may multiply dimensions and element sizes */
        if (dims[i] > (hsize_t)(INT64_C(1) << 56) || (dims[i] > 0 && total > (INT64_C(1) << 56) / (int64_t)dims[i]))
            return refuse(c, GWS_EFORMAT, "dimensions beyond 2^56 elements");
        c->shape[i] = (int64_t)dims[i];
        total *= dims[i] > 0 ? (int64_t)dims[i] : 1;
    }
    c->ndim = ndim;
    return GWS_OK;
}

static int64_t count_of(const gws_h5_card_head *c)
{
    int64_t n = 1;
    for (int i = 0; i < c->ndim; i++)
        n *= c->shape[i];
    return n;
}

static const char elsewhere[] = "its data lie in other files, which are read only with GWSPIKE_EXTERNAL=1";

/* What a data set claims against what is stored of it. */
static gws_status check_storage(const gws_h5_source *s, hid_t set, hid_t space, size_t width, gws_h5_card_head *c)
{
    hid_t props = H5Dget_create_plist(set);
    H5D_layout_t layout = props >= 0 ? H5Pget_layout(props) : H5D_LAYOUT_ERROR;
    int64_t total = count_of(c);
    c->whole = 1;
    if (!s->external && props >= 0 && H5Pget_external_count(props) > 0) {
        refuse(c, GWS_EFORMAT, elsewhere);
    } else if (layout == H5D_CHUNKED && total > 0) {
        hsize_t chunk[MAX_DIMS], written = 0, wanted = 1;
        if (H5Pget_chunk(props, c->ndim, chunk) != c->ndim)
            refuse_with_reason(c, "cannot read its chunks");
        for (int i = 0; i < c->ndim && !c->status; i++)
            wanted *= chunk[i] > 0 ? ((hsize_t)c->shape[i] - 1) / chunk[i] + 1 : 1;
        if (!c->status && H5Dget_num_chunks(set, space, &written) < 0)
            refuse_with_reason(c, "cannot read its chunks");
        c->whole = written >= wanted;
    } else if ((layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && total > 0 && H5Pget_external_count(props) == 0) {
        haddr_t at = layout == H5D_CONTIGUOUS ? H5Dget_offset(set) : 0;
        hsize_t stored = H5Dget_storage_size(set);
        c->whole = at != HADDR_UNDEF;
        if (at != HADDR_UNDEF && (stored / width < (hsize_t)total || at > (haddr_t)s->size || stored > (haddr_t)s->size - at))
            refuse(c, GWS_EFORMAT, "claims more than the file holds");
    } else if (layout == H5D_LAYOUT_ERROR) {
        refuse_with_reason(c, "cannot read its layout");
    }
    if (props >= 0)
        H5Pclose(props);
    return (gws_status)c->status;
}

/* Fill a card of a data set; its type and space stay open when they are asked for. */
static gws_status look_at_set(const gws_h5_source *s, hid_t set, gws_h5_card_head *c, hid_t *type_out, hid_t *space_out)
{
    hid_t type = H5Dget_type(set), space = -1;
    c->kind = GWS_H5_SET;
    if (s->size >= 0 && !s->external) { /* before the space: of a virtual data set libhdf5 would open the other files to know it */
        hid_t props = H5Dget_create_plist(set);
        if (props >= 0 && H5Pget_layout(props) == H5D_VIRTUAL)
            refuse(c, GWS_EFORMAT, elsewhere);
        if (props >= 0)
            H5Pclose(props);
    }
    if (!c->status)
        space = H5Dget_space(set);
    if (!c->status && (type < 0 || space < 0))
        refuse_with_reason(c, "cannot read its type");
    if (!c->status && get_shape(space, c) == GWS_OK) {
        size_t width = H5Tget_size(type);
        c->type = (int32_t)classify(type);
        if (width == 0)
            refuse(c, GWS_EFORMAT, "elements of no size");
        else if (s->size >= 0)
            check_storage(s, set, space, width, c);
        else
            c->whole = 1;
    }
    if (type_out && !c->status) {
        *type_out = type;
        *space_out = space;
        return GWS_OK;
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return (gws_status)c->status;
}

/* The kind of object at a path.  H5Lexists wants every group on the way to exist, so the path is walked. */
static gws_h5_kind find(hid_t from, const char *path, gws_h5_card_head *c)
{
    H5L_info_t link;
    char *copy = strdup(path);
    gws_h5_kind kind = copy ? GWS_H5_ELSE : GWS_H5_BROKEN;
    if (!copy)
        refuse(c, GWS_ENOMEM, "out of memory");
    for (char *p = copy ? copy + (copy[0] == '/') : NULL; p && *p && kind == GWS_H5_ELSE; p++) {
        char *slash = strchr(p, '/');
        if (slash)
            *slash = '\0';
        if (H5Lexists(from, copy, H5P_DEFAULT) <= 0)
            kind = GWS_H5_NONE;
        else if (H5Lget_info(from, copy, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL &&
                 H5Lis_registered(H5L_TYPE_EXTERNAL) <= 0)
            kind = GWS_H5_FOREIGN;
        else if (H5Oexists_by_name(from, copy, H5P_DEFAULT) <= 0)
            kind = GWS_H5_NONE;
        if (!slash)
            break;
        *slash = '/';
        p = slash;
    }
    if (kind == GWS_H5_FOREIGN)
        refuse(c, GWS_EFORMAT, "a link into another file, which is followed only with GWSPIKE_EXTERNAL=1");
    free(copy);
    return kind;
}

/* Open what stands at a path and say of what kind it is; negative when there is nothing to open. */
static hid_t open_object(hid_t from, const char *path, gws_h5_card_head *c)
{
    hid_t object = -1;
    c->kind = (int32_t)find(from, path, c);
    if (c->kind != GWS_H5_ELSE)
        return -1;
    if ((object = H5Oopen(from, path, H5P_DEFAULT)) < 0) {
        c->kind = GWS_H5_BROKEN;
        refuse_with_reason(c, "cannot open");
        return -1;
    }
    H5I_type_t type = H5Iget_type(object);
    c->kind = type == H5I_GROUP ? GWS_H5_GROUP : type == H5I_DATASET ? GWS_H5_SET : GWS_H5_ELSE;
    return object;
}

/* ---- cards ---- */

typedef struct bytes {
    unsigned char *p;
    size_t n;
    int64_t room;
    int failed; /* memory ran out */
} bytes;

static void put(bytes *b, const void *p, size_t n)
{
    if (!b->failed && !GWS_ARRAY_ROOM(b->p, b->room, (int64_t)(b->n + n)))
        b->failed = 1;
    if (b->failed)
        return;
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void put_text(bytes *b, const char *text, size_t n)
{
    uint32_t length = (uint32_t)n;
    put(b, &length, sizeof length);
    put(b, text, n);
}

typedef struct attr_list {
    bytes *to;
    int32_t n;
} attr_list;

static herr_t put_attr(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    attr_list *list = user;
    gws_h5_card_attr a = {0};
    hid_t attr = H5Aopen(object, name, H5P_DEFAULT), type = -1, space = -1;
    if (attr >= 0) {
        type = H5Aget_type(attr);
        space = H5Aget_space(attr);
    }
    a.type = (int32_t)(type >= 0 ? classify(type) : GWS_H5_OTHER);
    a.name = (uint32_t)strlen(name);
    if (a.type >= GWS_H5_F32 && a.type <= GWS_H5_UINT && space >= 0 && H5Sget_simple_extent_npoints(space) == 1) {
        a.one = 1;
        a.unread = H5Aread(attr, H5T_NATIVE_DOUBLE, &a.f64) < 0 || H5Aread(attr, H5T_NATIVE_INT64, &a.i64) < 0;
    }
    put(list->to, &a, sizeof a);
    put(list->to, name, a.name);
    list->n++;
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attr >= 0)
        H5Aclose(attr);
    H5Eclear2(H5E_DEFAULT);
    return list->to->failed ? -1 : 0;
}

static void put_card(const gws_h5_source *s, hid_t from, const char *path, bytes *out)
{
    gws_h5_card_head c;
    memset(&c, 0, sizeof c);
    size_t at = out->n;
    hid_t object = open_object(from, path, &c);
    attr_list attrs = {out, 0};
    put(out, &c, sizeof c);
    if (object >= 0) {
        hsize_t first = 0;
        if (c.kind == GWS_H5_SET)
            look_at_set(s, object, &c, NULL, NULL);
        if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &first, put_attr, &attrs) < 0 && !c.status) {
            refuse_with_reason(&c, "cannot read its attributes");
            if (c.kind == GWS_H5_GROUP)
                c.kind = GWS_H5_BROKEN;
        }
        H5Oclose(object);
    }
    c.n_attrs = attrs.n;
    if (!out->failed)
        memcpy(out->p + at, &c, sizeof c);
    H5Eclear2(H5E_DEFAULT);
}

/* ---- groups ---- */

typedef struct name_list {
    char **names;
    size_t n;
    int64_t room;
} name_list;

static int keep_name(name_list *list, const char *name)
{
    if (!GWS_ARRAY_ROOM(list->names, list->room, (int64_t)list->n + 1))
        return -1;
    list->names[list->n] = strdup(name);
    return list->names[list->n++] ? 0 : -1;
}

static herr_t keep_link(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    return keep_name(user, name);
}

typedef struct foreign_links {
    const char *group;
    name_list *to;
} foreign_links;

static herr_t keep_foreign(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    const foreign_links *f = user;
    char *path = NULL;
    if (info->type != H5L_TYPE_EXTERNAL)
        return 0;
    if (asprintf(&path, "%s%s%s", f->group, f->group[0] ? "/" : "", name) < 0)
        return -1;
    int kept = keep_name(f->to, path);
    free(path);
    return kept;
}

/* A visit meets every object once but passes over links into other files, so those of each group are added. */
static herr_t keep_object(hid_t root, const char *name, const object_info *info, void *user)
{
    int is_root = strcmp(name, ".") == 0;
    foreign_links f = {is_root ? "" : name, user};
    hsize_t first = 0;
    if (!is_root && keep_name(user, name) != 0)
        return -1;
    if (info->type != H5O_TYPE_GROUP)
        return 0;
    return H5Literate_by_name(root, name, H5_INDEX_NAME, H5_ITER_NATIVE, &first, keep_foreign, &f, H5P_DEFAULT);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gws_status answer_list(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    name_list list = {0};
    bytes out = {0};
    gws_h5_card_head c;
    memset(&c, 0, sizeof c);
    hid_t group = open_object(s->file, q->path, &c);
    hsize_t first = 0;
    if (group < 0 && c.status)
        status = gws_err_set(err, (gws_status)c.status, "%s: %s", q->path, c.why);
    else if (group < 0)
        status = gws_err_set(err, GWS_EFORMAT, "wanted %s, found no such object", q->path);
    else if (c.kind != GWS_H5_GROUP)
        status = gws_err_set(err, GWS_EFORMAT, "%s: wanted a group, found another kind of object", q->path);
    else if ((q->op == GWS_H5_TREE ? H5Ovisit2(group, H5_INDEX_NAME, H5_ITER_INC, keep_object, &list, H5O_INFO_BASIC)
                                   : H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &first, keep_link, &list)) < 0)
        status = fail_at(q->path, "cannot list", err);
    if (list.n > 0 && q->op == GWS_H5_LIST)
        qsort(list.names, list.n, sizeof *list.names, by_name);
    for (size_t i = 0; i < list.n && !status && !out.failed; i++) {
        put_text(&out, list.names[i], strlen(list.names[i]));
        put_card(s, group, list.names[i], &out);
        if (out.n > (size_t)PIECE) {
            status = give(sink, user, out.p, out.n, q->path, err);
            out.n = 0;
        }
    }
    if (!status)
        status = out.failed ? no_memory(q->path, err) : give(sink, user, out.p, out.n, q->path, err);
    for (size_t i = 0; i < list.n; i++)
        free(list.names[i]);
    free(list.names);
    free(out.p);
    if (group >= 0)
        H5Oclose(group);
    return status;
}

/* ---- numbers ---- */

/* Open a data set that can be read: its card without fault. */
static hid_t open_set(gws_h5_source *s, const char *path, gws_h5_card_head *c, hid_t *type, hid_t *space, gws_err *err)
{
    memset(c, 0, sizeof *c);
    hid_t set = open_object(s->file, path, c);
    if (c->kind == GWS_H5_NONE)
        gws_err_set(err, GWS_EFORMAT, "wanted %s, found no such object", path);
    else if (set >= 0 && c->kind != GWS_H5_SET)
        gws_err_set(err, GWS_EFORMAT, "%s: wanted a data set, found another kind of object", path);
    else if (set < 0 || look_at_set(s, set, c, type, space) != GWS_OK)
        gws_err_set(err, (gws_status)c->status, "%s: %s", path, c->why);
    else
        return set;
    if (set >= 0)
        H5Oclose(set);
    return -1;
}

/* What stands for n floating-point numbers that were never written. */
static void fill_gap(size_t width, int64_t n, void *out)
{
    for (int64_t i = 0; i < n; i++) {
        if (width == sizeof(float))
            ((float *)out)[i] = NAN;
        else
            ((double *)out)[i] = (double)NAN;
    }
}

typedef struct part {
    hid_t set, type, space, mem;
    size_t width; /* of mem */
    const gws_h5_card_head *card;
} part;

/* What libhdf5 filled in for chunks that do not exist. */
static void blank_gaps(const part *p, int64_t start, int64_t count, void *out)
{
    hsize_t chunk = 0;
    hid_t props = H5Dget_create_plist(p->set);
    if (H5Pget_layout(props) != H5D_CHUNKED || H5Pget_chunk(props, 1, &chunk) != 1)
        chunk = 0;
    H5Pclose(props);
    for (int64_t at = start; chunk > 0 && at < start + count;) {
        int64_t first = at / (int64_t)chunk * (int64_t)chunk, end = first + (int64_t)chunk;
        if (end > start + count)
            end = start + count;
        if (!gws_h5_chunk_exists(p->set, (hsize_t)first))
            fill_gap(p->width, end - at, (char *)out + (size_t)(at - start) * p->width);
        at = end;
    }
}

static gws_status read_part(gws_h5_source *s, const part *p, const char *path, int64_t start, int64_t count, void *out,
                            gws_err *err)
{
    gws_status status = GWS_OK;
    hsize_t n = (hsize_t)count, from = (hsize_t)start;
    if (s->size >= 0 && p->card->ndim == 1) {
        char why[200];
        const gws_h5_chunk_want want = {path, p->set, p->type, start, count, p->mem, p->width};
        gws_h5_chunk_result r = gws_h5_chunk_read(&s->cache, &want, out, why);
        if (r == GWS_H5_CHUNK_BAD || r == GWS_H5_CHUNK_NOMEM)
            return gws_err_set(err, r == GWS_H5_CHUNK_NOMEM ? GWS_ENOMEM : GWS_EFORMAT, "%s: cannot read: %s", path, why);
        if (r == GWS_H5_CHUNK_DONE)
            return GWS_OK;
    }
    hid_t mem_space = H5Screate_simple(1, &n, NULL);
    if (p->card->ndim == 1 && H5Sselect_hyperslab(p->space, H5S_SELECT_SET, &from, NULL, &n, NULL) < 0)
        status = fail_at(path, "cannot select", err);
    else if (H5Dread(p->set, p->mem, mem_space, p->space, H5P_DEFAULT, out) < 0)
        status = fail_at(path, "cannot read", err);
    else if (s->size >= 0 && p->card->ndim == 1 && !p->card->whole && H5Tget_class(p->mem) == H5T_FLOAT)
        blank_gaps(p, start, count, out);
    if (mem_space >= 0)
        H5Sclose(mem_space);
    return status;
}

/* Nothing was ever stored of it: no chunk, or no place for the whole. */
static int is_void(hid_t set)
{
    return H5Dget_storage_size(set) == 0;
}

static gws_status answer_numbers(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_h5_card_head c;
    part p = {.type = -1, .space = -1, .card = &c};
    void *piece = NULL;
    if ((p.set = open_set(s, q->path, &c, &p.type, &p.space, err)) < 0)
        return err->status;
    p.mem = q->type == GWS_H5_AS_F32 ? H5T_NATIVE_FLOAT : q->type == GWS_H5_AS_F64 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    p.width = H5Tget_size(p.mem);
    int64_t total = count_of(&c), step = c.ndim == 1 ? PIECE / (int64_t)p.width : q->count, done = 0;
    int gap = s->size >= 0 && !c.whole && q->type != GWS_H5_AS_I64 && is_void(p.set);
    if (c.type < GWS_H5_F32 || c.type > GWS_H5_UINT)
        status = gws_err_set(err, GWS_EDATA, "%s: wanted numbers, found another type", q->path);
    else if (q->start < 0 || q->count < 0 || q->start > total || q->count > total - q->start)
        status = gws_err_set(err, GWS_EDATA, "%s: wanted elements %lld to %lld, found %lld elements", q->path, (long long)q->start,
                             (long long)(q->start + q->count), (long long)total);
    else if (c.ndim != 1 && q->count > 0 && (q->start != 0 || q->count != total))
        status = gws_err_set(err, GWS_EARG, "%s: part of a %d-dimensional data set", q->path, c.ndim);
    else if (step > q->count)
        step = q->count;
    if (!status && step > 0 && !(piece = calloc((size_t)step, p.width))) /* zero is what a file without fill values reads as */
        status = no_memory(q->path, err);
    for (; !status && done < q->count; done += step) {
        int64_t n = q->count - done < step ? q->count - done : step;
        if (gap)
            fill_gap(p.width, n, piece);
        else
            status = read_part(s, &p, q->path, q->start + done, n, piece, err);
        if (!status)
            status = give(sink, user, piece, (size_t)n * p.width, q->path, err);
    }
    free(piece);
    H5Tclose(p.type);
    H5Sclose(p.space);
    H5Dclose(p.set);
    return status;
}

static int by_offset(const void *a, const void *b)
{
    const hsize_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* First elements of the chunks that exist, in order; NULL with *n zero when memory or the file fails.  To find the next one costs as
 * much as all before it, to look one up by its place costs little but has to be done for all that could exist. */
static hsize_t *list_chunks(hid_t set, hid_t space, hsize_t elements, hsize_t chunk, hsize_t *n)
{
    hsize_t written = 0, found = 0, stored;
    unsigned mask;
    haddr_t where;
    *n = 0;
    if (H5Dget_num_chunks(set, space, &written) < 0 || written > elements / chunk + 1)
        return NULL;
    hsize_t *at = malloc(((size_t)written + 1) * sizeof *at);
    if (at && written <= FEW_CHUNKS) {
        while (found < written && H5Dget_chunk_info(set, space, found, &at[found], &mask, &where, &stored) >= 0)
            found++;
        qsort(at, (size_t)found, sizeof *at, by_offset);
    } else if (at) {
        for (hsize_t first = 0; first < elements && found < written; first += chunk)
            if (gws_h5_chunk_exists(set, first))
                at[found++] = first;
    }
    if (found < written) {
        free(at);
        return NULL;
    }
    *n = found;
    return at;
}

static gws_status answer_written(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_h5_card_head c;
    hid_t type = -1, space = -1, set = open_set(s, q->path, &c, &type, &space, err);
    int64_t range[2] = {0, 0};
    hsize_t chunk = 0, n = 0, *at = NULL;
    if (set < 0)
        return err->status;
    hid_t props = H5Dget_create_plist(set);
    if (c.whole)
        range[1] = count_of(&c);
    else if (!is_void(set) && (c.ndim != 1 || H5Pget_chunk(props, 1, &chunk) != 1 || chunk == 0 ||
                               !(at = list_chunks(set, space, (hsize_t)c.shape[0], chunk, &n))))
        status = fail_at(q->path, "cannot read its chunks", err);
    for (hsize_t i = 0; !status && i < n; i++) {
        if (at[i] >= (hsize_t)c.shape[0])
            continue;
        if (range[1] < (int64_t)at[i]) {
            if (range[1] > range[0])
                status = give(sink, user, range, sizeof range, q->path, err);
            range[0] = (int64_t)at[i];
        }
        range[1] = chunk < (hsize_t)c.shape[0] - at[i] ? (int64_t)(at[i] + chunk) : c.shape[0];
    }
    if (!status && range[1] > range[0])
        status = give(sink, user, range, sizeof range, q->path, err);
    free(at);
    H5Pclose(props);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return status;
}

/* ---- strings ---- */

/* Text of one string as it lies in memory after a read, and its length. */
static const char *text_of(hid_t type, int variable, size_t size, const char *raw, size_t *length)
{
    const char *text = raw;
    if (variable) {
        memcpy(&text, raw, sizeof text);
        if (!text) /* an empty one may come as NULL */
            text = "";
        *length = strlen(text);
        return text;
    }
    *length = strnlen(text, size);
    while (H5Tget_strpad(type) == H5T_STR_SPACEPAD && *length > 0 && text[*length - 1] == ' ')
        --*length;
    return text;
}

/* Read n strings out of an attribute or a data set (exactly one of them is given, the other is -1) and hand them over. */
static gws_status give_strings(hid_t set, hid_t attr, hid_t type, hid_t space, int64_t n, const char *path, gws_h5_sink sink,
                               void *user, gws_err *err)
{
    int variable = H5Tis_variable_str(type) > 0;
    size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    hsize_t count = (hsize_t)n;
    if (size == 0 || size > (size_t)MAX_STRING || n > MAX_STRING / (int64_t)size)
        return gws_err_set(err, GWS_EFORMAT, "%s: %lld strings of %zu bytes", path, (long long)n, size);
    gws_status status = GWS_OK;
    bytes out = {0};
    hid_t mem_space = H5Screate_simple(1, &count, NULL);
    char *raw = calloc((size_t)n + 1, size);
    if (!raw)
        status = no_memory(path, err);
    else if (n > 0 && (set >= 0 ? H5Dread(set, type, mem_space, space, H5P_DEFAULT, raw) : H5Aread(attr, type, raw)) < 0)
        status = fail_at(path, "cannot read", err);
    for (int64_t i = 0; !status && i < n; i++) {
        size_t length;
        const char *text = text_of(type, variable, size, raw + (size_t)i * size, &length);
        if (length > (size_t)MAX_STRING)
            status = gws_err_set(err, GWS_EFORMAT, "%s: a string of %zu bytes", path, length);
        else
            put_text(&out, text, length);
    }
    if (!status)
        status = out.failed ? no_memory(path, err) : give(sink, user, out.p, out.n, path, err);
    if (!status && variable && n > 0)
        H5Dvlen_reclaim(type, mem_space, H5P_DEFAULT, raw);
    free(out.p);
    free(raw);
    H5Sclose(mem_space);
    return status;
}

/* Select n strings from `start` on in the flattened whole; more than one only of a row. */
static int select_strings(hid_t space, const gws_h5_card_head *c, int64_t start, int64_t n)
{
    hsize_t at[MAX_DIMS], count = (hsize_t)n;
    int64_t rest = start;
    for (int i = c->ndim - 1; i >= 0; i--) {
        at[i] = (hsize_t)(rest % c->shape[i]);
        rest /= c->shape[i];
    }
    if (c->ndim == 0)
        return 0;
    return c->ndim == 1 ? H5Sselect_hyperslab(space, H5S_SELECT_SET, at, NULL, &count, NULL)
                        : H5Sselect_elements(space, H5S_SELECT_SET, 1, at);
}

static gws_status answer_strings(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_h5_card_head c;
    hid_t type = -1, space = -1, set = open_set(s, q->path, &c, &type, &space, err);
    if (set < 0)
        return err->status;
    int64_t total = count_of(&c), n = c.ndim == 1 ? STRINGS_AT_ONCE : 1, size = (int64_t)H5Tget_size(type);
    if (n > q->count)
        n = q->count;
    if (n > PIECE / size)
        n = PIECE / size > 0 ? PIECE / size : 1;
    if (c.type != GWS_H5_STRING)
        status = gws_err_set(err, GWS_EDATA, "%s: wanted a string, found another type", q->path);
    else if (q->start < 0 || q->start >= total)
        status = gws_err_set(err, GWS_EDATA, "%s: wanted string %lld, found %lld strings", q->path, (long long)q->start,
                             (long long)total);
    else if (select_strings(space, &c, q->start, n < total - q->start ? n : (n = total - q->start)) < 0)
        status = fail_at(q->path, "cannot select", err);
    else
        status = give_strings(set, -1, type, space, n, q->path, sink, user, err);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return status;
}

static gws_status answer_attr_strings(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_h5_card_head c;
    hid_t attr = -1, type = -1, space = -1;
    memset(&c, 0, sizeof c);
    hid_t object = open_object(s->file, q->path, &c);
    if (object < 0 || H5Aexists(object, q->name) <= 0) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: wanted attribute %s, found none", q->path, q->name);
    } else if ((attr = H5Aopen(object, q->name, H5P_DEFAULT)) < 0 || (type = H5Aget_type(attr)) < 0 ||
               (space = H5Aget_space(attr)) < 0) {
        status = fail_at(q->path, q->name, err);
    } else if (get_shape(space, &c) != GWS_OK) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s", q->name, c.why);
    } else if (classify(type) != GWS_H5_STRING || (q->count != 1 && count_of(&c) > 65536)) {
        status = q->count == 1 ? gws_err_set(err, GWS_EDATA, "%s: wanted a string, found another type", q->name)
                               : gws_err_set(err, GWS_EDATA, "%s: wanted a list of strings in attribute %s, found something else",
                                             q->path, q->name);
    } else if (q->count == 1 && count_of(&c) != 1) {
        status = gws_err_set(err, GWS_EDATA, "%s: wanted string 0, found %lld strings", q->name, (long long)count_of(&c));
    } else {
        status = give_strings(-1, attr, type, space, count_of(&c), q->name, sink, user, err);
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attr >= 0)
        H5Aclose(attr);
    if (object >= 0)
        H5Oclose(object);
    return status;
}

gws_status gws_h5_answer(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_status status = GWS_OK;
    bytes out = {0};
    switch ((gws_h5_op)q->op) {
    case GWS_H5_CARD:
        put_card(s, s->file, q->path, &out);
        status = out.failed ? no_memory(q->path, err) : give(sink, user, out.p, out.n, q->path, err);
        free(out.p);
        return status;
    case GWS_H5_LIST:
    case GWS_H5_TREE: return answer_list(s, q, sink, user, err);
    case GWS_H5_WRITTEN: return answer_written(s, q, sink, user, err);
    case GWS_H5_NUMBERS: return answer_numbers(s, q, sink, user, err);
    case GWS_H5_STRINGS: return answer_strings(s, q, sink, user, err);
    case GWS_H5_ATTR_STRINGS: return answer_attr_strings(s, q, sink, user, err);
    }
    return gws_err_set(err, GWS_EARG, "%s: no such question", q->path);
}
