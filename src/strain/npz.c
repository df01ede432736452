#include "strain/npz.h"

#include "base/ifo.h"
#include "base/zip.h"
#include "strain/filename.h"
#include "strain/gap.h"
#include "strain/grid.h"
#include "strain/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define BLOCK 8192 /* samples turned into numbers at once */

/* An array of the archive. */
struct array {
    char name[GWS_ZIP_NAME]; /* without .npy */
    int member, readable;
    gws_npy npy;
};

/* The strain of a detector. */
struct row {
    char ifo[4];
    int member;
    gws_npy npy;
};

struct own {
    struct row *rows;
};

/* What a file is while it is listed. */
struct archive {
    gws_zip *zip;
    struct array *arrays;
    int n;
};

struct member {
    gws_zip *zip;
    int member;
};

static int probe(const char *path, gws_h5 *f)
{
    struct stat st;
    const size_t n = strlen(path);
    return !f && n > 4 && strcasecmp(path + n - 4, ".npz") == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void forget(void *p)
{
    struct own *own = p;
    if (own)
        free(own->rows);
    free(own);
}

static gws_status read_member(void *user, int64_t at, void *out, size_t n, gws_err *err)
{
    const struct member *m = user;
    return gws_zip_read(m->zip, m->member, at, n, out, err);
}

static gws_npy_bytes bytes_of(struct member *m, const char *name)
{
    const gws_zip_member *members;
    gws_zip_members(m->zip, &members);
    return (gws_npy_bytes){name, members[m->member].size, read_member, m};
}

/* Which arrays there are; those of other kinds than numbers are passed by. */
static gws_status list_arrays(struct archive *a, gws_err *err)
{
    const gws_zip_member *members;
    const int n = gws_zip_members(a->zip, &members);
    gws_err local = {0};
    a->arrays = calloc((size_t)n + 1, sizeof *a->arrays);
    if (!a->arrays)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_zip_path(a->zip));
    for (int i = 0; i < n; i++) {
        struct array *x = &a->arrays[a->n];
        struct member m = {a->zip, i};
        const gws_npy_bytes bytes = bytes_of(&m, gws_zip_path(a->zip));
        const gws_status status = gws_npy_parse(&bytes, &x->npy, &local);
        if (status == GWS_ENOMEM || status == GWS_EIO)
            return gws_err_set(err, status, "%s", local.text);
        if (status != GWS_OK)
            continue;
        snprintf(x->name, sizeof x->name, "%s", members[i].name);
        const size_t length = strlen(x->name);
        if (length > 4 && strcmp(x->name + length - 4, ".npy") == 0)
            x->name[length - 4] = '\0';
        x->member = i;
        a->n++;
    }
    if (a->n == 0)
        return gws_err_set(err, local.status ? local.status : GWS_EDATA, "%s",
                           local.status ? local.text : "an archive without an array of numbers");
    return GWS_OK;
}

static struct array *find(const struct archive *a, const char *name)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->arrays[i].name, name) == 0)
            return &a->arrays[i];
    return NULL;
}

/* The first array of a list of names; with `of` those named after that array come before the others. */
static struct array *find_of(const struct archive *a, const char *of, const char *const *names)
{
    char whole[2 * GWS_ZIP_NAME];
    for (int own = 1; own >= 0; own--)
        for (int i = 0; names[i]; i++) {
            snprintf(whole, sizeof whole, "%s_%s", of, names[i]);
            struct array *x = find(a, own ? whole : names[i]);
            if (x)
                return x;
        }
    return NULL;
}

static const char *const start_names[] = {"start_time", "t0", "x0", "epoch", "gps_start", NULL};
static const char *const spacing_names[] = {"delta_t", "dt", "dx", NULL};
static const char *const rate_names[] = {"rate", "sample_rate", "fs", NULL};
static const char *const times_names[] = {"time", "times", "t", "sample_times", NULL};

/* Is the array one of a list, alone ("time") or of another ("H1_time")? */
static int is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        const size_t n = strlen(name), m = strlen(*names);
        if (strcmp(name, *names) == 0 || (n > m + 1 && strcmp(name + n - m, *names) == 0 && name[n - m - 1] == '_'))
            return 1;
    }
    return 0;
}

static int detector_of(const char *name, char ifo[4])
{
    const char word[4] = {name[0], name[0] ? name[1] : '\0', '\0', '\0'};
    if (!gws_is_ifo(word) || (name[2] && !strchr("_:-. /", name[2])))
        return 0;
    memcpy(ifo, word, 4);
    return 1;
}

/* How plainly an array is strain: 0 not at all. */
static int plainness(const struct array *x)
{
    char ifo[4];
    const int named = detector_of(x->name, ifo);
    if (x->npy.rows < 2 || is_one_of(x->name, times_names))
        return 0;
    if (named && x->name[2] == '\0')
        return 5;
    if (strstr(x->name, "strain") || strstr(x->name, "STRAIN"))
        return 4;
    if (strcmp(x->name, "h") == 0 || strcmp(x->name, "data") == 0)
        return 3;
    return x->npy.kind.letter == 'f' ? 2 : 0;
}

static gws_status read_scalar(const struct archive *a, const struct array *x, double *out, gws_err *err)
{
    unsigned char number[8];
    const gws_status status = gws_zip_read(a->zip, x->member, x->npy.first, (size_t)x->npy.kind.size, number, err);
    *out = status == GWS_OK ? gws_npy_number(number, &x->npy.kind) : 0;
    return status;
}

static gws_status read_times(const struct archive *a, const struct array *x, double *start_s, double *delta_s, gws_err *err)
{
    const char *path = gws_zip_path(a->zip);
    const struct array *start = find_of(a, x->name, start_names), *spacing = find_of(a, x->name, spacing_names),
                       *rate = find_of(a, x->name, rate_names), *times = find_of(a, x->name, times_names);
    gws_status status;
    if (start && (spacing || rate)) {
        if (start->npy.kind.letter == 'f' && start->npy.kind.size < 8)
            return gws_err_set(err, GWS_EFORMAT, "%s: %s is float32, which cannot tell neighbouring seconds apart", path,
                               start->name);
        if ((status = read_scalar(a, start, start_s, err)) == GWS_OK)
            status = read_scalar(a, spacing ? spacing : rate, delta_s, err);
        *delta_s = spacing ? *delta_s : 1 / *delta_s;
        return status;
    }
    if (times || x->npy.columns == 2) {
        const struct array *of = times ? times : x;
        struct member m = {a->zip, of->member};
        const gws_npy_bytes bytes = bytes_of(&m, path);
        if (of->npy.rows != x->npy.rows)
            return gws_err_set(err, GWS_EFORMAT, "%s: %s has %lld times for %lld samples of %s", path, of->name,
                               (long long)of->npy.rows, (long long)x->npy.rows, x->name);
        return gws_npy_times(&bytes, &of->npy, start_s, delta_s, err);
    }
    gws_filename name;
    if (!gws_filename_parse(path, &name))
        return gws_err_set(
            err, GWS_EDATA,
            "%s: says no times of %s: wanted start_time and delta_t, or time, or a name as H-H1_NAME-1126259446-32.npz", path,
            x->name);
    *start_s = (double)name.start_s;
    *delta_s = (double)name.duration_s / (double)x->npy.rows;
    return GWS_OK;
}

/* The array that is strain among those of a detector (NULL: among all that name none). */
static gws_status choose(const struct archive *a, const char *ifo, const struct array **out, gws_err *err)
{
    int best = 0, ties = 0;
    char word[4];
    *out = NULL;
    for (int i = 0; i < a->n; i++) {
        const struct array *x = &a->arrays[i];
        const int named = detector_of(x->name, word), plain = plainness(x);
        if ((ifo ? !named || strcmp(word, ifo) != 0 : named) || plain == 0 || plain < best)
            continue;
        ties = plain == best ? ties + 1 : 1;
        best = plain;
        *out = x;
    }
    if (ties > 1)
        return gws_err_set(err, GWS_EDATA, "%s: %d arrays could be the strain%s%s, %s among them; name one H1, L1, ... or strain",
                           gws_zip_path(a->zip), ties, ifo ? " of " : "", ifo ? ifo : "", (*out)->name);
    return GWS_OK;
}

static gws_status add_row(const struct archive *a, const struct array *x, const char *ifo, gws_strain_content *out, gws_err *err)
{
    struct own *own = out->own;
    gws_strain_segment *s = &out->segments[out->n_segments];
    double start_s, delta_s;
    gws_status status = read_times(a, x, &start_s, &delta_s, err);
    if (status == GWS_OK)
        status = gws_grid_place(gws_zip_path(a->zip), start_s, delta_s, &s->rate_hz, &s->begin, err);
    if (status != GWS_OK)
        return status;
    memcpy(s->ifo, ifo, 3);
    snprintf(s->path, sizeof s->path, "%.59s", x->name);
    s->n = x->npy.rows;
    own->rows[out->n_segments] = (struct row){.member = x->member, .npy = x->npy};
    out->n_segments++;
    return GWS_OK;
}

static int by_ifo(const void *a, const void *b)
{
    return strcmp(a, b);
}

static gws_status add_all(const struct archive *a, gws_strain_content *out, gws_err *err)
{
    char(*ifos)[4] = calloc((size_t)a->n + 1, sizeof *ifos);
    int n = 0;
    const struct array *x;
    gws_status status = ifos ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_zip_path(a->zip));
    for (int i = 0; status == GWS_OK && i < a->n; i++)
        n += detector_of(a->arrays[i].name, ifos[n]);
    if (n > 0)
        qsort(ifos, (size_t)n, sizeof *ifos, by_ifo);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        if (i > 0 && strcmp(ifos[i], ifos[i - 1]) == 0)
            continue;
        if ((status = choose(a, ifos[i], &x, err)) == GWS_OK && x)
            status = add_row(a, x, ifos[i], out, err);
    }
    free(ifos);
    if (status != GWS_OK || out->n_segments > 0)
        return status;
    gws_filename name;
    if ((status = choose(a, NULL, &x, err)) != GWS_OK)
        return status;
    if (!x)
        return gws_err_set(err, GWS_EDATA, "%s: none of its arrays could be strain", gws_zip_path(a->zip));
    return add_row(a, x, gws_filename_parse(gws_zip_path(a->zip), &name) && name.ifo[0] ? name.ifo : GWS_IFO_UNKNOWN, out, err);
}

static gws_status list(const char *path, gws_h5 *h5, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)h5;
    (void)use;
    gws_err nobody = {0};
    err = err ? err : &nobody;
    struct archive a = {.zip = gws_zip_open(path, err)};
    struct own *own = out->own = calloc(1, sizeof *own);
    gws_status status = a.zip ? GWS_OK : err->status;
    if (a.zip && !own)
        status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    if (status == GWS_OK && (status = list_arrays(&a, err)) == GWS_OK) {
        own->rows = calloc((size_t)a.n, sizeof *own->rows);
        out->segments = calloc((size_t)a.n, sizeof *out->segments);
        status = own->rows && out->segments ? add_all(&a, out, err) : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    }
    free(a.arrays);
    gws_zip_close(a.zip);
    return status;
}

static gws_status open_npz(const char *path, void **handle, gws_err *err)
{
    gws_err local = {0};
    *handle = gws_zip_open(path, &local);
    return *handle ? GWS_OK : gws_err_set(err, local.status, "%s", local.text);
}

static void close_npz(void *handle)
{
    gws_zip_close(handle);
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct row *row = &((const struct own *)c->own)->rows[segment];
    const gws_npy *a = &row->npy;
    const int64_t first = a->first + (a->columns - 1) * a->next;
    unsigned char block[16 * BLOCK];
    for (int64_t done = 0; done < n;) {
        const int64_t m = n - done < BLOCK ? n - done : BLOCK;
        const gws_status status = gws_zip_read(handle, row->member, first + (start + done) * a->stride,
                                               (size_t)((m - 1) * a->stride + a->kind.size), block, err);
        if (status != GWS_OK)
            return status;
        for (int64_t i = 0; i < m; i++) {
            const double x = gws_npy_number(block + i * a->stride, &a->kind);
            out[done + i] = isfinite(x) ? x : gws_gap_nan(GWS_GAP_NOT_FINITE);
        }
        done += m;
    }
    return GWS_OK;
}

const gws_strain_format gws_strain_npz = {
    .name = "numpy archive",
    .probe = probe,
    .list = list,
    .forget = forget,
    .open = open_npz,
    .close = close_npz,
    .read = read_samples,
};
