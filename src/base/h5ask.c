/* h5ask.c - the reading half of hdf5.h: questions to the process that holds the file open, and what is remembered of the answers. */
#include "base/hdf5_file.h"

#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ANSWER ((size_t)1 << 31) /* of names, cards and strings */

static int external;

void gws_h5_allow_external(int allow)
{
    external = allow;
}

/* Name the format of a file that is not HDF5, because libhdf5 can only say what it is not.  NULL: unknown. */
static const char *other_format(int fd, int64_t size)
{
    static const struct {
        const char *magic, *name;
        size_t n;
    } formats[] = {
        {"IGWD", "a GWF frame file", 4},         {"\x1f\x8b", "a gzip file", 2}, {"\x93NUMPY", "a NumPy file", 6},
        {"PK\3\4", "a zip or NumPy archive", 4}, {"RIFF", "a WAV file", 4},      {"<?xml", "an XML file", 5},
    };
    unsigned char head[64];
    const ssize_t n = pread(fd, head, sizeof head, 0);
    if (size == 0)
        return "an empty file";
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (n >= (ssize_t)formats[i].n && memcmp(head, formats[i].magic, formats[i].n) == 0)
            return formats[i].name;
    for (ssize_t i = 0; i < n; i++)
        if (head[i] >= 0x7f || (head[i] < ' ' && !strchr("\t\n\r", head[i])))
            return NULL;
    return n > 0 ? "a text file" : NULL;
}

gws_h5 *gws_h5_open(const char *path, gws_err *err)
{
    struct stat st;
    gws_err own = {0};
    gws_h5 *f = NULL;
    if (gws_outputs_guard(path, err) != GWS_OK)
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hold us up */
    if (fd < 0 || fstat(fd, &st) != 0) {
        gws_err_set(&own, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        gws_err_set(&own, GWS_EIO, "%s: cannot open: not a regular file", path);
    } else if (!(f = calloc(1, sizeof *f)) || !(f->path = strdup(path))) {
        gws_err_set(&own, GWS_ENOMEM, "%s: out of memory", path);
    } else {
        f->file = -1;
        f->reader = gws_h5_reader_open(path, fd, (int64_t)st.st_size, external, &own);
        const char *other = f->reader || own.status != GWS_EFORMAT ? NULL : other_format(fd, (int64_t)st.st_size);
        if (other)
            gws_err_set(&own, GWS_EFORMAT, "%s: wanted an HDF5 file, found %s", path, other);
    }
    if (fd >= 0)
        close(fd);
    if (f && f->reader)
        return f;
    if (f)
        free(f->path);
    free(f);
    gws_err_set(err, own.status, "%s", own.text);
    return NULL;
}

gws_status gws_h5_check(gws_h5 *f, gws_err *err)
{
    if (f->starved)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory was left for what it holds", f->path);
    return f->reader ? gws_h5_reader_check(f->reader, err) : GWS_OK;
}

const char *gws_h5_path(const gws_h5 *f)
{
    return f->path;
}

/* ---- questions ---- */

typedef struct answer {
    unsigned char *p;
    size_t n;
    int64_t room;
    int failed;
} answer;

static int take(void *user, const void *bytes, size_t n)
{
    answer *a = user;
    if (a->n + n > MAX_ANSWER)
        return -1;
    if (!GWS_ARRAY_ROOM(a->p, a->room, (int64_t)(a->n + n))) {
        a->failed = 1;
        return -1;
    }
    memcpy(a->p + a->n, bytes, n);
    a->n += n;
    return 0;
}

static gws_status ask(gws_h5 *f, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    gws_err own = {0};
    gws_h5_source source = {.file = f->file, .size = -1};
    gws_status status = GWS_OK;
    if (f->starved)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory was left for what it holds", f->path);
    if (f->reader)
        return gws_h5_reader_ask(f->reader, q, sink, user, err);
    if ((status = gws_h5_enter(f, err)) != GWS_OK)
        return status;
    status = gws_h5_answer(&source, q, sink, user, &own);
    gws_h5_leave();
    return status ? gws_err_set(err, status, "%s: %s", f->path, own.text) : GWS_OK;
}

/* A whole answer in memory; free a->p. */
static gws_status ask_all(gws_h5 *f, const gws_h5_question *q, answer *a, gws_err *err)
{
    *a = (answer){0};
    gws_status status = ask(f, q, take, a, err);
    if (a->failed)
        status = gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory", f->path, q->path);
    if (status) {
        free(a->p);
        *a = (answer){0};
    }
    return status;
}

/* The next n bytes of an answer, or NULL when there are not as many. */
static const unsigned char *next(answer *a, size_t *at, size_t n)
{
    if (n > a->n - *at)
        return NULL;
    *at += n;
    return a->p + *at - n;
}

/* The next text (a length, then the bytes) as a string of its own. */
static char *next_text(answer *a, size_t *at)
{
    uint32_t n;
    const unsigned char *p = next(a, at, sizeof n);
    if (!p)
        return NULL;
    memcpy(&n, p, sizeof n);
    return (p = next(a, at, n)) ? strndup((const char *)p, n) : NULL;
}

static void clear_card(gws_h5_card *c)
{
    free(c->name);
    free(c->attrs);
    *c = (gws_h5_card){0};
}

/* The next card. Returns 0, or -1 when the answer is not one. */
static int next_card(answer *a, size_t *at, gws_h5_card *c)
{
    const unsigned char *p = next(a, at, sizeof c->head);
    if (!p)
        return -1;
    memcpy(&c->head, p, sizeof c->head);
    c->head.why[sizeof c->head.why - 1] = '\0';
    if (c->head.ndim < 0 || c->head.ndim > 8 || c->head.n_attrs < 0)
        return -1;
    size_t begin = *at;
    for (int i = 0; i < c->head.n_attrs; i++) {
        gws_h5_card_attr attr;
        if (!(p = next(a, at, sizeof attr)))
            return -1;
        memcpy(&attr, p, sizeof attr);
        if (!next(a, at, attr.name))
            return -1;
    }
    c->n_bytes = *at - begin;
    c->attrs = malloc(c->n_bytes + 1);
    if (!c->attrs)
        return -1;
    memcpy(c->attrs, a->p + begin, c->n_bytes);
    return 0;
}

/* ---- what is remembered ---- */

static void clear_listing(gws_h5_listing *l)
{
    for (int i = 0; i < l->n; i++)
        clear_card(&l->cards[i]);
    free(l->cards);
    free(l->group);
    *l = (gws_h5_listing){0};
}

static void forget_strings(gws_h5 *f)
{
    gws_h5_list_free(f->strings, f->n_strings);
    free(f->strings_path);
    f->strings = NULL;
    f->strings_path = NULL;
    f->n_strings = 0;
}

void gws_h5_forget(gws_h5 *f)
{
    for (int i = 0; i < GWS_H5_KEPT; i++) {
        clear_listing(&f->listings[i]);
        clear_card(&f->cards[i]);
    }
    forget_strings(f);
}

static int against_name(const void *name, const void *card)
{
    return strcmp(name, ((const gws_h5_card *)card)->name);
}

/* Cards of an answer to GWS_H5_LIST or GWS_H5_TREE. */
static gws_status parse_listing(gws_h5 *f, const char *group, answer *a, gws_h5_listing *l, gws_err *err)
{
    int64_t room = 0;
    *l = (gws_h5_listing){0};
    if (!(l->group = strdup(group)))
        goto fail;
    for (size_t at = 0; at < a->n; l->n++) {
        if (!GWS_ARRAY_ROOM(l->cards, room, l->n + 1))
            goto fail;
        gws_h5_card *c = &l->cards[l->n];
        *c = (gws_h5_card){0};
        if (!(c->name = next_text(a, &at)) || next_card(a, &at, c) != 0) {
            clear_card(c);
            goto fail;
        }
    }
    return GWS_OK;
fail:
    clear_listing(l);
    return gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory", f->path, group);
}

static gws_status get_listing(gws_h5 *f, gws_h5_op op, const char *group, gws_h5_listing *l, gws_err *err)
{
    answer a;
    gws_h5_question q = {.op = op, .path = group, .name = ""};
    gws_status status = ask_all(f, &q, &a, err);
    if (!status)
        status = parse_listing(f, group, &a, l, err);
    free(a.p);
    for (int i = 0; !status && i < l->n; i++)
        if (l->cards[i].head.kind == GWS_H5_FOREIGN) {
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s: %s", f->path, l->cards[i].name, l->cards[i].head.why);
            clear_listing(l);
        }
    return status;
}

/* The listing that holds a path, and the name in it; NULL when its group was not listed. */
static const gws_h5_listing *listing_of(const gws_h5 *f, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    if (!slash || !slash[1])
        return NULL;
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    *name = slash + 1;
    for (int i = 0; i < GWS_H5_KEPT; i++) {
        const char *group = f->listings[i].group;
        if (group && strlen(group) == n && memcmp(group, path, n) == 0)
            return &f->listings[i];
    }
    return NULL;
}

/* The card of the object at a path.  The child is asked when it is not known yet.  NULL when the child died or memory is out. */
static const gws_h5_card *card_of(gws_h5 *f, const char *path, gws_err *err)
{
    static const gws_h5_card nothing;
    const char *name;
    const gws_h5_listing *l = listing_of(f, path, &name);
    if (l) {
        const gws_h5_card *found = l->n > 0 ? bsearch(name, l->cards, (size_t)l->n, sizeof *l->cards, against_name) : NULL;
        return found ? found : &nothing;
    }
    for (int i = 0; i < GWS_H5_KEPT && f->reader; i++)
        if (f->cards[i].name && strcmp(f->cards[i].name, path) == 0)
            return &f->cards[i];
    answer a;
    size_t at = 0;
    gws_h5_question q = {.op = GWS_H5_CARD, .path = path, .name = ""};
    gws_h5_card *c = &f->cards[f->next_card];
    if (ask_all(f, &q, &a, err) != GWS_OK)
        return NULL;
    clear_card(c);
    if (next_card(&a, &at, c) != 0 || !(c->name = strdup(path))) {
        clear_card(c);
        gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory", f->path, path);
        c = NULL;
    } else {
        f->next_card = (f->next_card + 1) % GWS_H5_KEPT;
    }
    free(a.p);
    return c;
}

static int find_attr(const gws_h5_card *c, const char *name, gws_h5_card_attr *out)
{
    size_t length = strlen(name);
    const unsigned char *p = c->attrs;
    for (int i = 0; i < c->head.n_attrs; i++) {
        memcpy(out, p, sizeof *out);
        p += sizeof *out;
        if (out->name == length && memcmp(p, name, length) == 0)
            return 1;
        p += out->name;
    }
    return 0;
}

/* ---- objects ---- */

/* For a question that is answered by yes or no. */
static const gws_h5_card *card_to_ask(gws_h5 *f, const char *path)
{
    gws_err own = {0};
    const gws_h5_card *c = card_of(f, path, &own);
    f->starved |= !c && own.status == GWS_ENOMEM;
    return c;
}

int gws_h5_exists(gws_h5 *f, const char *path)
{
    const gws_h5_card *c = card_to_ask(f, path);
    return c && c->head.kind != GWS_H5_NONE;
}

int gws_h5_is_group(gws_h5 *f, const char *path)
{
    const gws_h5_card *c = card_to_ask(f, path);
    return c && c->head.kind == GWS_H5_GROUP;
}

static gws_status info_of(gws_h5 *f, const gws_h5_card *c, const char *path, gws_h5_info *out, gws_err *err)
{
    if (c->head.kind == GWS_H5_NONE)
        return gws_err_set(err, GWS_EFORMAT, "%s: wanted %s, found no such object", f->path, path);
    if (c->head.status)
        return gws_err_set(err, (gws_status)c->head.status, "%s: %s: %s", f->path, path, c->head.why);
    if (c->head.kind != GWS_H5_SET)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted a data set, found another kind of object", f->path, path);
    out->type = (gws_h5_type)c->head.type;
    out->ndim = c->head.ndim;
    out->whole = c->head.whole;
    memcpy(out->shape, c->head.shape, sizeof out->shape);
    return GWS_OK;
}

gws_status gws_h5_stat(gws_h5 *f, const char *path, gws_h5_info *out, gws_err *err)
{
    *out = (gws_h5_info){0};
    gws_err own = {0};
    const gws_h5_card *c = card_of(f, path, &own);
    if (!c)
        return gws_err_set(err, own.status, "%s", own.text);
    return info_of(f, c, path, out, err);
}

gws_status gws_h5_list(gws_h5 *f, const char *group, char ***names, int *n, gws_err *err)
{
    gws_h5_listing l;
    *names = NULL;
    *n = 0;
    gws_status status = get_listing(f, GWS_H5_LIST, group, &l, err);
    f->starved |= status == GWS_ENOMEM; /* who asks what kind of file this is does not want to hear why there is no answer */
    if (status)
        return status;
    char **list = calloc((size_t)l.n + 1, sizeof *list);
    for (int i = 0; list && i < l.n; i++)
        if (!(list[i] = strdup(l.cards[i].name))) {
            gws_h5_list_free(list, i);
            list = NULL;
        }
    if (!list) {
        clear_listing(&l);
        f->starved = 1;
        return gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for names", f->path, group);
    }
    *names = list;
    *n = l.n;
    if (!f->reader) { /* a file that is being written changes */
        clear_listing(&l);
        return GWS_OK;
    }
    int at = f->next_listing;
    for (int i = 0; i < GWS_H5_KEPT; i++)
        if (f->listings[i].group && strcmp(f->listings[i].group, group) == 0)
            at = i;
    clear_listing(&f->listings[at]);
    f->listings[at] = l;
    if (at == f->next_listing)
        f->next_listing = (at + 1) % GWS_H5_KEPT;
    return GWS_OK;
}

void gws_h5_list_free(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

gws_status gws_h5_tree(gws_h5 *f, gws_h5_entry **entries, int *n, gws_err *err)
{
    gws_h5_listing l;
    gws_err own = {0};
    *entries = NULL;
    *n = 0;
    gws_status status = get_listing(f, GWS_H5_TREE, "/", &l, err);
    if (status)
        return status;
    gws_h5_entry *list = calloc((size_t)l.n + 1, sizeof *list);
    for (int i = 0; list && i < l.n; i++) {
        gws_h5_entry *e = &list[i];
        gws_h5_card_attr attr;
        if (asprintf(&e->path, "/%s", l.cards[i].name) < 0) {
            e->path = NULL;
            gws_h5_tree_free(list, i);
            list = NULL;
            break;
        }
        e->is_group = l.cards[i].head.kind == GWS_H5_GROUP;
        e->has_delta_f = find_attr(&l.cards[i], "delta_f", &attr);
        if (l.cards[i].head.kind == GWS_H5_SET || l.cards[i].head.status)
            e->status = info_of(f, &l.cards[i], e->path, &e->info, &own);
        if (e->status && !(e->why = strdup(own.text)))
            e->status = GWS_ENOMEM;
    }
    *n = list ? l.n : 0;
    *entries = list;
    clear_listing(&l);
    return list ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "%s: out of memory for names", f->path);
}

void gws_h5_tree_free(gws_h5_entry *entries, int n)
{
    for (int i = 0; entries && i < n; i++) {
        free(entries[i].path);
        free(entries[i].why);
    }
    free(entries);
}

gws_status gws_h5_written(gws_h5 *f, const char *path, int64_t **ranges, int *n, gws_err *err)
{
    answer a;
    gws_h5_question q = {.op = GWS_H5_WRITTEN, .path = path, .name = ""};
    gws_status status = ask_all(f, &q, &a, err);
    *n = status ? 0 : (int)(a.n / (2 * sizeof **ranges));
    *ranges = (int64_t *)(void *)a.p;
    return status;
}

/* ---- numbers ---- */

typedef struct target {
    unsigned char *to;
    size_t left;
} target;

static int fill(void *user, const void *bytes, size_t n)
{
    target *t = user;
    if (n > t->left)
        return -1;
    memcpy(t->to, bytes, n);
    t->to += n;
    t->left -= n;
    return 0;
}

static gws_status read_numbers(gws_h5 *f, const char *path, int64_t start, int64_t count, gws_h5_number type, size_t width,
                               void *out, gws_err *err)
{
    gws_h5_question q = {GWS_H5_NUMBERS, type, start, count, path, ""};
    target t = {out, count > 0 ? (size_t)count * width : 0};
    gws_status status = ask(f, &q, fill, &t, err);
    return !status && t.left > 0 ? gws_err_set(err, GWS_EFORMAT, "%s: %s: answered in part", f->path, path) : status;
}

#define READ(ctype, name, number)                                                                                                  \
    gws_status gws_h5_read_##name(gws_h5 *f, const char *path, int64_t start, int64_t count, ctype *out, gws_err *err)             \
    {                                                                                                                              \
        return read_numbers(f, path, start, count, number, sizeof *out, out, err);                                                 \
    }
READ(double, f64, GWS_H5_AS_F64)
READ(float, f32, GWS_H5_AS_F32)
READ(int64_t, i64, GWS_H5_AS_I64)

/* ---- strings ---- */

static gws_status ask_strings(gws_h5 *f, const gws_h5_question *q, char ***out, int *n, gws_err *err)
{
    answer a;
    gws_status status = ask_all(f, q, &a, err);
    if (status)
        return status;
    int count = 0;
    size_t at = 0;
    char **list = calloc(a.n / sizeof(uint32_t) + 1, sizeof *list);
    while (list && at < a.n && (list[count] = next_text(&a, &at)))
        count++;
    free(a.p);
    if (!list || at < a.n) {
        gws_h5_list_free(list, count);
        return gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for strings", f->path, q->path);
    }
    *out = list;
    *n = count;
    return GWS_OK;
}

gws_status gws_h5_read_string(gws_h5 *f, const char *path, int64_t index, char **out, gws_err *err)
{
    GWS_ASSERT(index >= 0);
    *out = NULL;
    if (!f->strings_path || strcmp(f->strings_path, path) != 0 || index < f->first_string ||
        index - f->first_string >= f->n_strings) {
        gws_h5_question q = {GWS_H5_STRINGS, 0, index, INT32_MAX, path, ""};
        forget_strings(f);
        gws_status status = ask_strings(f, &q, &f->strings, &f->n_strings, err);
        if (status)
            return status;
        f->strings_path = strdup(path);
        f->first_string = index;
    }
    if (f->n_strings > 0)
        *out = strdup(f->strings[index - f->first_string]);
    if (!f->reader)
        forget_strings(f);
    return *out ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for a string", f->path, path);
}

/* ---- attributes ---- */

int gws_h5_has_attr(gws_h5 *f, const char *path, const char *name)
{
    gws_h5_card_attr attr;
    const gws_h5_card *c = card_to_ask(f, path);
    return c && find_attr(c, name, &attr);
}

static gws_status number_attr(gws_h5 *f, const char *path, const char *name, gws_h5_card_attr *out, gws_err *err)
{
    gws_err own = {0};
    const gws_h5_card *c = card_of(f, path, &own);
    if (!c)
        return gws_err_set(err, own.status, "%s", own.text);
    if (!find_attr(c, name, out)) {
        if (c->head.status)
            return gws_err_set(err, (gws_status)c->head.status, "%s: %s: %s", f->path, path, c->head.why);
        return gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted attribute %s, found none", f->path, path, name);
    }
    if (!out->one)
        return gws_err_set(err, GWS_EDATA, "%s: %s: wanted one number in attribute %s, found something else", f->path, path, name);
    if (out->unread)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s: cannot read attribute %s", f->path, path, name);
    return GWS_OK;
}

gws_status gws_h5_attr_f64(gws_h5 *f, const char *path, const char *name, double *out, gws_err *err)
{
    gws_h5_card_attr attr = {0};
    gws_status status = number_attr(f, path, name, &attr, err);
    *out = status ? 0.0 : attr.f64;
    return status;
}

gws_status gws_h5_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t *out, gws_err *err)
{
    gws_h5_card_attr attr = {0};
    gws_status status = number_attr(f, path, name, &attr, err);
    *out = status ? 0 : attr.i64;
    return status;
}

gws_h5_type gws_h5_attr_type(gws_h5 *f, const char *path, const char *name)
{
    gws_h5_card_attr attr = {0};
    const gws_h5_card *c = card_to_ask(f, path);
    return c && find_attr(c, name, &attr) ? (gws_h5_type)attr.type : GWS_H5_OTHER;
}

gws_status gws_h5_check_time(gws_h5 *f, gws_h5_type type, const char *what, gws_err *err)
{
    if (type != GWS_H5_F32)
        return GWS_OK;
    return gws_err_set(err, GWS_EFORMAT,
                       "%s: %s is float32, in which GPS times of today are 128 s apart; wanted float64 or an integer", f->path,
                       what);
}

gws_status gws_h5_attr_strings(gws_h5 *f, const char *path, const char *name, char ***out, int *n, gws_err *err)
{
    gws_h5_question q = {GWS_H5_ATTR_STRINGS, 0, 0, 0, path, name};
    *out = NULL;
    *n = 0;
    return ask_strings(f, &q, out, n, err);
}

gws_status gws_h5_attr_string(gws_h5 *f, const char *path, const char *name, char **out, gws_err *err)
{
    gws_h5_question q = {GWS_H5_ATTR_STRINGS, 0, 0, 1, path, name};
    char **list = NULL;
    int n = 0;
    *out = NULL;
    gws_status status = ask_strings(f, &q, &list, &n, err);
    if (status)
        return status;
    if (n == 1) {
        *out = list[0];
        list[0] = NULL;
    }
    gws_h5_list_free(list, n);
    return *out ? GWS_OK : gws_err_set(err, GWS_EFORMAT, "%s: %s: no string in attribute %s", f->path, path, name);
}
