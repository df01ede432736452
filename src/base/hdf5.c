#include "base/hdf5.h"

#include "base/file.h"
#include "base/h5chunk.h"
#include "base/memory.h"
#include "base/output.h"
#include "gws_config.h"

#include <errno.h>
#include <hdf5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DIMS 8
#define MAX_APPEND 16
#define APPEND_CHUNK 65536
#define PACK_AT_ONCE 16               /* chunks packed side by side */
#define MAX_STRING (INT64_C(1) << 28) /* a damaged header may claim any length */

/* libhdf5 as packaged keeps global state without locks, even when two threads use two files. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct append_set {
    char *path;
    hid_t set;
    hsize_t size;
} append_set;

struct gws_h5 {
    hid_t file;
    char *path;                    /* final name */
    gws_output *out;               /* the file while it is written; NULL when reading */
    append_set append[MAX_APPEND]; /* kept open, so that a half-filled chunk is compressed once */
    int n_append;
    gws_h5_chunk_cache cache;
    gws_pool *pool; /* packs what is appended; NULL: the caller does */
    int failed;     /* a write was refused: the file is not whole, whatever the library says at the end */
    int starved;    /* a question with no way to say so was not asked for want of memory: nothing else is to be believed */
};

/* Take the lock and set the library up.  libhdf5 ends in an endless recursion when it gets no memory for its words about having got
 * none, so it is only called where there is room: a call takes up to 2 MiB to convert numbers and 1 MiB for chunks.
 *   f  may be NULL
 * ENOMEM when there is not enough; the lock is not held then. */
static gws_status enter(const gws_h5 *f, gws_err *err)
{
    pthread_mutex_lock(&lock);
    static int ready;
    const gws_status status = f && f->starved ? gws_err_set(err, GWS_ENOMEM, "no memory was left for libhdf5")
                                              : gws_memory_room(GWS_MEMORY_ROOM, "libhdf5", err);
    if (status) {
        if (f)
            gws_err_prefix(err, "%s", f->path);
        pthread_mutex_unlock(&lock);
        return status;
    }
    if (!ready) {
        /* Every handle is closed here, by name.  The library's own hook at exit would try again to write
         * what a full disk refused, and complain on stderr. */
        H5dont_atexit();
        ready = 1;
    }
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT);
    return GWS_OK;
}

/* The same for a question that is answered by yes or no. */
static int enter_to_ask(gws_h5 *f)
{
    if (enter(f, NULL) == GWS_OK)
        return 1;
    f->starved = 1;
    return 0;
}

static void leave(void)
{
    pthread_mutex_unlock(&lock);
}

static herr_t keep_first(unsigned n, const H5E_error2_t *e, void *text)
{
    if (n == 0)
        snprintf(text, 400, "%s", e->desc ? e->desc : "");
    return 0;
}

/* What libhdf5 found at the bottom of its stack; of a refusal by the system, the system's words alone. */
static void reason(char text[200])
{
    char found[400] = "libhdf5 gives no reason";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, found);
    const char *quote = strstr(found, "error message = '");
    const char *from = quote ? quote + strlen("error message = '") : found;
    snprintf(text, 200, "%.*s", (int)(quote ? strcspn(from, "'") : 199), from);
}

static gws_status fail_at(gws_h5 *f, const char *path, gws_status status, const char *what, gws_err *err)
{
    char why[200];
    reason(why);
    if (f->out)
        f->failed = 1;
    return gws_err_set(err, status, "%s: %s: %s: %s", f->path, path, what, why);
}

static void free_handle(gws_h5 *f)
{
    if (!f)
        return;
    gws_h5_chunk_cache_clear(&f->cache);
    free(f->path);
    free(f);
}

static gws_h5 *new_handle(const char *path, gws_err *err)
{
    gws_h5 *f = calloc(1, sizeof *f);
    if (f) {
        f->file = -1;
        f->path = strdup(path);
    }
    if (!f || !f->path) {
        free_handle(f);
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    return f;
}

gws_h5 *gws_h5_open(const char *path, gws_err *err)
{
    gws_h5 *f = NULL;
    hid_t props = -1;
    struct stat st;
    if (gws_outputs_guard(path, err) != GWS_OK)
        return NULL;
    if (enter(NULL, err)) {
        gws_err_prefix(err, "%s", path);
        return NULL;
    }
    if (stat(path, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        gws_err_set(err, GWS_EIO, "%s: cannot open: not a regular file", path);
        goto fail;
    }
    if (access(path, R_OK) != 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
        goto fail;
    }
    f = new_handle(path, err);
    if (!f)
        goto fail;
    props = H5Pcreate(H5P_FILE_ACCESS);
    /* reading only: a file system without locks, or a lock left by a crash, is no obstacle */
    H5Pset_file_locking(props, 0, 1);
    f->file = H5Fopen(path, H5F_ACC_RDONLY, props);
    if (f->file < 0) {
        char why[200];
        reason(why);
        gws_err_set(err, GWS_EFORMAT, "%s: wanted an HDF5 file, found none or a damaged one: %s", path, why);
        goto fail;
    }
    H5Pclose(props);
    leave();
    return f;
fail:
    if (props >= 0)
        H5Pclose(props);
    free_handle(f);
    leave();
    return NULL;
}

gws_h5 *gws_h5_create(const char *path, gws_err *err)
{
    gws_h5 *f = NULL;
    if (enter(NULL, err)) {
        gws_err_prefix(err, "%s", path);
        return NULL;
    }
    hid_t props = -1;
    f = new_handle(path, err);
    if (!f || !(f->out = gws_output_begin(path, 0, err)))
        goto fail;
    props = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(props, 0, 1); /* the temporary has a lock of its own */
    f->file = H5Fcreate(gws_output_temporary(f->out), H5F_ACC_TRUNC, H5P_DEFAULT, props);
    H5Pclose(props);
    if (f->file < 0) {
        char why[200];
        reason(why);
        gws_err_set(err, GWS_EIO, "%s: cannot create: %s", path, why);
        goto fail;
    }
    leave();
    return f;
fail:
    if (f)
        gws_output_abandon(f->out);
    free_handle(f);
    leave();
    return NULL;
}

/* Close all that is open in the file and the file; negative when something could not be written. */
static int close_all(gws_h5 *f)
{
    int bad = 0;
    for (int i = 0; i < f->n_append; i++) {
        if (H5Dclose(f->append[i].set) < 0)
            bad = -1;
        free(f->append[i].path);
    }
    f->n_append = 0;
    if (f->file >= 0 && H5Fclose(f->file) < 0)
        bad = -1;
    f->file = -1;
    return bad;
}

gws_status gws_h5_commit(gws_h5 *f, gws_err *err)
{
    GWS_ASSERT(f && f->out);
    gws_status status = GWS_OK;
    if ((status = enter(f, err)) != GWS_OK) {
        gws_h5_close(f);
        return status;
    }
    char why[200] = "an earlier write failed";
    int bad = f->failed;
    if (!bad && H5Fflush(f->file, H5F_SCOPE_GLOBAL) < 0) {
        reason(why);
        bad = 1;
    }
    H5Eclear2(H5E_DEFAULT);
    if (close_all(f) < 0 && !bad) {
        reason(why);
        bad = 1;
    }
    leave();
    if (bad) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot write: %s", f->path, why);
        gws_output_abandon(f->out);
    } else {
        status = gws_output_end(f->out, err);
    }
    free_handle(f);
    return status;
}

void gws_h5_close(gws_h5 *f)
{
    if (!f)
        return;
    /* Without room for the library its handles stay open: to close them takes memory too. */
    f->starved = 0;
    if (enter(f, NULL) == GWS_OK) {
        close_all(f);
        leave();
    }
    gws_output_abandon(f->out);
    free_handle(f);
}

const char *gws_h5_path(const gws_h5 *f)
{
    return f->path;
}

/* H5Lexists wants every group on the way to exist, so the path is walked. */
static int exists(gws_h5 *f, const char *path)
{
    if (strcmp(path, "/") == 0)
        return 1;
    char name[512];
    char *copy = strlen(path) < sizeof name ? strcpy(name, path) : strdup(path);
    if (!copy) {
        f->starved = 1;
        return 0;
    }
    int found = 1;
    for (char *p = copy + (copy[0] == '/'); found; p++) {
        char *slash = strchr(p, '/');
        if (slash)
            *slash = '\0';
        found = copy[0] && H5Lexists(f->file, copy, H5P_DEFAULT) > 0 && H5Oexists_by_name(f->file, copy, H5P_DEFAULT) > 0;
        if (!slash)
            break;
        *slash = '/';
        p = slash;
    }
    if (copy != name)
        free(copy);
    return found;
}

int gws_h5_exists(gws_h5 *f, const char *path)
{
    if (!enter_to_ask(f))
        return 0;
    int found = exists(f, path);
    leave();
    return found;
}

static hid_t open_object(gws_h5 *f, const char *path, gws_err *err)
{
    hid_t obj = -1;
    const int found = exists(f, path);
    if (f->starved)
        gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory", f->path, path);
    else if (!found)
        gws_err_set(err, GWS_EFORMAT, "%s: wanted %s, found no such object", f->path, path);
    else if ((obj = H5Oopen(f->file, path, H5P_DEFAULT)) < 0)
        fail_at(f, path, GWS_EFORMAT, "cannot open", err);
    return obj;
}

static hid_t open_set(gws_h5 *f, const char *path, gws_err *err)
{
    hid_t obj = open_object(f, path, err);
    if (obj >= 0 && H5Iget_type(obj) != H5I_DATASET) {
        gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted a data set, found another kind of object", f->path, path);
        H5Oclose(obj);
        return -1;
    }
    return obj;
}

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

/* Shape of a space. A null space (h5py's Empty) is a vector of no elements. */
static gws_status get_shape(gws_h5 *f, const char *path, hid_t space, gws_h5_info *out, gws_err *err)
{
    hsize_t dims[H5S_MAX_RANK];
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        out->ndim = 1;
        out->shape[0] = 0;
        return GWS_OK;
    }
    int ndim = H5Sget_simple_extent_ndims(space);
    if (ndim < 0 || ndim > MAX_DIMS || H5Sget_simple_extent_dims(space, dims, NULL) < 0)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted at most %d dimensions, found %d", f->path, path, MAX_DIMS, ndim);
    int64_t total = 1;
    for (int i = 0; i < ndim; i++) {
        /* so that callers may multiply dimensions and element sizes */
        if (dims[i] > (hsize_t)(INT64_C(1) << 56) || (dims[i] > 0 && total > (INT64_C(1) << 56) / (int64_t)dims[i]))
            return gws_err_set(err, GWS_EFORMAT, "%s: %s: dimensions beyond 2^56 elements", f->path, path);
        out->shape[i] = (int64_t)dims[i];
        total *= dims[i] > 0 ? (int64_t)dims[i] : 1;
    }
    out->ndim = ndim;
    return GWS_OK;
}

static int64_t count_of(const gws_h5_info *info)
{
    int64_t n = 1;
    for (int i = 0; i < info->ndim; i++)
        n *= info->shape[i];
    return n;
}

gws_status gws_h5_stat(gws_h5 *f, const char *path, gws_h5_info *out, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t set = -1, space = -1, type = -1;
    *out = (gws_h5_info){0};
    if ((status = enter(f, err)) != GWS_OK)
        return status;
    if ((set = open_set(f, path, err)) < 0) {
        status = GWS_EFORMAT;
        goto fail;
    }
    space = H5Dget_space(set);
    type = H5Dget_type(set);
    if (space < 0 || type < 0) {
        status = fail_at(f, path, GWS_EFORMAT, "cannot read its type", err);
        goto fail;
    }
    status = get_shape(f, path, space, out, err);
    out->type = classify(type);
fail:
    if (status)
        *out = (gws_h5_info){0};
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    leave();
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

gws_status gws_h5_list(gws_h5 *f, const char *group, char ***names, int *n, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t obj = -1;
    char **list = NULL;
    int count = 0;
    *names = NULL;
    *n = 0;
    if ((status = enter(f, err)) != GWS_OK)
        return status;
    if ((obj = open_object(f, group, err)) < 0) {
        status = GWS_EFORMAT;
        goto fail;
    }
    H5G_info_t info;
    if (H5Iget_type(obj) != H5I_GROUP || H5Gget_info(obj, &info) < 0 || info.nlinks > 10000000) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted a group, found another kind of object", f->path, group);
        goto fail;
    }
    list = calloc((size_t)info.nlinks + 1, sizeof *list);
    if (!list) {
        f->starved = 1; /* who asks what kind of file this is does not want to hear why there is no answer */
        status = gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for %lld names", f->path, group, (long long)info.nlinks);
        goto fail;
    }
    for (hsize_t i = 0; i < info.nlinks; i++) {
        ssize_t len = H5Lget_name_by_idx(obj, ".", H5_INDEX_NAME, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
        char *name = len >= 0 && len < 65536 ? malloc((size_t)len + 1) : NULL;
        if (!name || H5Lget_name_by_idx(obj, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, (size_t)len + 1, H5P_DEFAULT) < 0) {
            f->starved = len >= 0 && len < 65536 && !name;
            free(name);
            status = f->starved ? gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for a name", f->path, group)
                                : fail_at(f, group, GWS_EFORMAT, "cannot list", err);
            goto fail;
        }
        list[count++] = name;
    }
    qsort(list, (size_t)count, sizeof *list, by_name);
    *names = list;
    *n = count;
    list = NULL;
fail:
    gws_h5_list_free(list, count);
    if (obj >= 0)
        H5Oclose(obj);
    leave();
    return status;
}

void gws_h5_list_free(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

int gws_h5_is_group(gws_h5 *f, const char *path)
{
    if (!enter_to_ask(f))
        return 0;
    hid_t obj = open_object(f, path, NULL);
    int is_group = obj >= 0 && H5Iget_type(obj) == H5I_GROUP;
    if (obj >= 0)
        H5Oclose(obj);
    leave();
    return is_group;
}

static gws_status read_numbers(gws_h5 *f, const char *path, int64_t start, int64_t count, hid_t mem, void *out, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t set = -1, space = -1, type = -1, mem_space = -1;
    gws_h5_info info = {0};
    if ((set = open_set(f, path, err)) < 0) {
        status = GWS_EFORMAT;
        goto fail;
    }
    space = H5Dget_space(set);
    type = H5Dget_type(set);
    if (space < 0 || type < 0) {
        status = fail_at(f, path, GWS_EFORMAT, "cannot read its type", err);
        goto fail;
    }
    if ((status = get_shape(f, path, space, &info, err)) != GWS_OK)
        goto fail;
    info.type = classify(type);
    if (info.type < GWS_H5_F32 || info.type > GWS_H5_UINT) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s: wanted numbers, found another type", f->path, path);
        goto fail;
    }
    int64_t total = count_of(&info);
    if (start < 0 || count < 0 || start > total || count > total - start) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s: wanted elements %lld to %lld, found %lld elements", f->path, path,
                             (long long)start, (long long)(start + count), (long long)total);
        goto fail;
    }
    if (count == 0)
        goto fail;
    hsize_t n = (hsize_t)count, from = (hsize_t)start;
    mem_space = H5Screate_simple(1, &n, NULL);
    if (info.ndim == 1) {
        if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &n, NULL) < 0) {
            status = fail_at(f, path, GWS_EFORMAT, "cannot select", err);
            goto fail;
        }
    } else if (start != 0 || count != total) {
        status = gws_err_set(err, GWS_EARG, "%s: %s: part of a %d-dimensional data set", f->path, path, info.ndim);
        goto fail;
    }
    if (info.ndim == 1 && !f->out) {
        char why[200];
        gws_h5_chunk_result r = gws_h5_chunk_read(&f->cache, path, set, type, start, count, mem, H5Tget_size(mem), out, why);
        if (r == GWS_H5_CHUNK_BAD)
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s: cannot read: %s", f->path, path, why);
        if (r != GWS_H5_CHUNK_OTHER)
            goto fail;
    }
    if (H5Dread(set, mem, mem_space, space, H5P_DEFAULT, out) < 0)
        status = fail_at(f, path, GWS_EFORMAT, "cannot read", err);
fail:
    if (mem_space >= 0)
        H5Sclose(mem_space);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return status;
}

/* The native type macros are calls into the library, so they too stay inside the lock. */
#define READ(ctype, name, native)                                                                                                  \
    gws_status gws_h5_read_##name(gws_h5 *f, const char *path, int64_t start, int64_t count, ctype *out, gws_err *err)             \
    {                                                                                                                              \
        gws_status status = enter(f, err);                                                                                         \
        if (status)                                                                                                                \
            return status;                                                                                                         \
        status = read_numbers(f, path, start, count, native, out, err);                                                            \
        leave();                                                                                                                   \
        return status;                                                                                                             \
    }
READ(double, f64, H5T_NATIVE_DOUBLE)
READ(float, f32, H5T_NATIVE_FLOAT)
READ(int64_t, i64, H5T_NATIVE_INT64)

/* One string out of an attribute or a data set; exactly one of them is given, the other is -1.
 * index < 0: there must be one element only. */
static gws_status read_string(gws_h5 *f, const char *path, hid_t set, hid_t attr, int64_t index, char **out, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t type = -1, space = -1, mem_space = -1;
    gws_h5_info info = {0};
    char *text = NULL;
    type = set >= 0 ? H5Dget_type(set) : H5Aget_type(attr);
    space = set >= 0 ? H5Dget_space(set) : H5Aget_space(attr);
    if (type < 0 || space < 0) {
        status = fail_at(f, path, GWS_EFORMAT, "cannot read its type", err);
        goto fail;
    }
    if ((status = get_shape(f, path, space, &info, err)) != GWS_OK)
        goto fail;
    if (classify(type) != GWS_H5_STRING) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s: wanted a string, found another type", f->path, path);
        goto fail;
    }
    int64_t total = count_of(&info);
    if (index < 0 ? total != 1 : index >= total) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s: wanted string %lld, found %lld strings", f->path, path,
                             (long long)(index < 0 ? 0 : index), (long long)total);
        goto fail;
    }
    int variable = H5Tis_variable_str(type) > 0;
    size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    if (size == 0 || size > (size_t)MAX_STRING) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s: a string of %zu bytes", f->path, path, size);
        goto fail;
    }
    if (set >= 0 && info.ndim > 0) {
        hsize_t at[MAX_DIMS];
        int64_t rest = index < 0 ? 0 : index;
        for (int i = info.ndim - 1; i >= 0; i--) {
            at[i] = (hsize_t)(rest % info.shape[i]);
            rest /= info.shape[i];
        }
        if (H5Sselect_elements(space, H5S_SELECT_SET, 1, at) < 0) {
            status = fail_at(f, path, GWS_EFORMAT, "cannot select", err);
            goto fail;
        }
    }
    mem_space = H5Screate(H5S_SCALAR);
    if (variable) {
        char *borrowed = NULL;
        int bad = set >= 0 ? H5Dread(set, type, mem_space, space, H5P_DEFAULT, &borrowed) < 0 : H5Aread(attr, type, &borrowed) < 0;
        if (bad) {
            status = fail_at(f, path, GWS_EFORMAT, "cannot read", err);
            goto fail;
        }
        text = strdup(borrowed ? borrowed : ""); /* an empty one may come as NULL */
        if (borrowed)
            H5free_memory(borrowed);
    } else {
        text = calloc(1, size + 1);
        int bad = text && (set >= 0 ? H5Dread(set, type, mem_space, space, H5P_DEFAULT, text) < 0 : H5Aread(attr, type, text) < 0);
        if (bad) {
            status = fail_at(f, path, GWS_EFORMAT, "cannot read", err);
            goto fail;
        }
        if (text && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
            for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
                text[len - 1] = '\0';
    }
    if (!text) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for a string", f->path, path);
        goto fail;
    }
    *out = text;
    text = NULL;
fail:
    free(text);
    if (mem_space >= 0)
        H5Sclose(mem_space);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

gws_status gws_h5_read_string(gws_h5 *f, const char *path, int64_t index, char **out, gws_err *err)
{
    *out = NULL;
    GWS_ASSERT(index >= 0);
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t set = open_set(f, path, err);
    status = set < 0 ? GWS_EFORMAT : read_string(f, path, set, -1, index, out, err);
    if (set >= 0)
        H5Dclose(set);
    leave();
    return status;
}

int gws_h5_has_attr(gws_h5 *f, const char *path, const char *name)
{
    if (!enter_to_ask(f))
        return 0;
    int found = exists(f, path) && H5Aexists_by_name(f->file, path, name, H5P_DEFAULT) > 0;
    leave();
    return found;
}

static hid_t open_attr(gws_h5 *f, const char *path, const char *name, gws_err *err)
{
    hid_t attr = -1;
    if (!exists(f, path) || H5Aexists_by_name(f->file, path, name, H5P_DEFAULT) <= 0)
        gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted attribute %s, found none", f->path, path, name);
    else if ((attr = H5Aopen_by_name(f->file, path, name, H5P_DEFAULT, H5P_DEFAULT)) < 0)
        fail_at(f, path, GWS_EFORMAT, name, err);
    return attr;
}

static gws_status read_attr_number(gws_h5 *f, const char *path, const char *name, hid_t mem, void *out, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t attr = -1, type = -1, space = -1;
    if ((attr = open_attr(f, path, name, err)) < 0) {
        status = GWS_EFORMAT;
        goto fail;
    }
    type = H5Aget_type(attr);
    space = H5Aget_space(attr);
    gws_h5_type kind = type >= 0 ? classify(type) : GWS_H5_OTHER;
    if (kind < GWS_H5_F32 || kind > GWS_H5_UINT || space < 0 || H5Sget_simple_extent_npoints(space) != 1) {
        status =
            gws_err_set(err, GWS_EDATA, "%s: %s: wanted one number in attribute %s, found something else", f->path, path, name);
        goto fail;
    }
    if (H5Aread(attr, mem, out) < 0)
        status = fail_at(f, path, GWS_EFORMAT, name, err);
fail:
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attr >= 0)
        H5Aclose(attr);
    return status;
}

gws_status gws_h5_attr_f64(gws_h5 *f, const char *path, const char *name, double *out, gws_err *err)
{
    *out = 0;
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = read_attr_number(f, path, name, H5T_NATIVE_DOUBLE, out, err);
    leave();
    return status;
}

gws_status gws_h5_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t *out, gws_err *err)
{
    *out = 0;
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = read_attr_number(f, path, name, H5T_NATIVE_INT64, out, err);
    leave();
    return status;
}

gws_status gws_h5_attr_string(gws_h5 *f, const char *path, const char *name, char **out, gws_err *err)
{
    *out = NULL;
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t attr = open_attr(f, path, name, err);
    status = attr < 0 ? GWS_EFORMAT : read_string(f, name, -1, attr, -1, out, err);
    if (attr >= 0)
        H5Aclose(attr);
    leave();
    return status;
}

gws_status gws_h5_attr_strings(gws_h5 *f, const char *path, const char *name, char ***out, int *n, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t attr = -1, type = -1, space = -1;
    gws_h5_info info = {0};
    char **list = NULL, *raw = NULL;
    int64_t total = 0;
    int variable = 0;
    *out = NULL;
    *n = 0;
    if ((status = enter(f, err)) != GWS_OK)
        return status;
    if ((attr = open_attr(f, path, name, err)) < 0) {
        status = GWS_EFORMAT;
        goto fail;
    }
    type = H5Aget_type(attr);
    space = H5Aget_space(attr);
    if (type < 0 || space < 0) {
        status = fail_at(f, path, GWS_EFORMAT, name, err);
        goto fail;
    }
    if ((status = get_shape(f, name, space, &info, err)) != GWS_OK)
        goto fail;
    total = count_of(&info);
    variable = H5Tis_variable_str(type) > 0;
    size_t size = variable ? sizeof(char *) : H5Tget_size(type);
    if (classify(type) != GWS_H5_STRING || size == 0 || size > 65536 || total > 65536) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s: wanted a list of strings in attribute %s, found something else", f->path,
                             path, name);
        goto fail;
    }
    list = calloc((size_t)total + 1, sizeof *list);
    raw = calloc((size_t)total + 1, size);
    if (!list || !raw) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for strings", f->path, name);
        goto fail;
    }
    if (total > 0 && H5Aread(attr, type, raw) < 0) {
        status = fail_at(f, path, GWS_EFORMAT, name, err);
        goto fail;
    }
    for (int64_t i = 0; i < total; i++) {
        const char *text = raw + (size_t)i * size, *borrowed = NULL;
        if (variable) {
            memcpy(&borrowed, text, sizeof borrowed);
            list[i] = strdup(borrowed ? borrowed : "");
        } else {
            list[i] = strndup(text, size);
            if (list[i] && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
                for (size_t len = strlen(list[i]); len > 0 && list[i][len - 1] == ' '; len--)
                    list[i][len - 1] = '\0';
        }
        if (!list[i])
            status = gws_err_set(err, GWS_ENOMEM, "%s: %s: out of memory for strings", f->path, name);
    }
    if (variable && total > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    if (status == GWS_OK) {
        *out = list;
        *n = (int)total;
        list = NULL;
    }
fail:
    gws_h5_list_free(list, (int)total);
    free(raw);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (attr >= 0)
        H5Aclose(attr);
    leave();
    return status;
}

/* Make the groups on the way to a path and, when `whole`, the path itself. */
static gws_status make_groups(gws_h5 *f, const char *path, int whole, gws_err *err)
{
    gws_status status = GWS_OK;
    char *copy = strdup(path);
    if (!copy)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", f->path);
    for (char *p = copy + 1; *copy && *p && !status; p++) {
        char *slash = strchr(p, '/');
        if (!slash && !whole)
            break;
        if (slash)
            *slash = '\0';
        if (H5Lexists(f->file, copy, H5P_DEFAULT) <= 0) {
            hid_t group = H5Gcreate2(f->file, copy, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            if (group < 0)
                status = fail_at(f, copy, GWS_EIO, "cannot make the group", err);
            else
                H5Gclose(group);
        }
        if (!slash)
            break;
        *slash = '/';
        p = slash;
    }
    free(copy);
    return status;
}

gws_status gws_h5_make_group(gws_h5 *f, const char *path, gws_err *err)
{
    GWS_ASSERT(f->out);
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = make_groups(f, path, 1, err);
    leave();
    return status;
}

/* A new data set; negative with the error set when that is refused. */
static hid_t create_set(gws_h5 *f, const char *path, hid_t type, hid_t space, hid_t props, gws_err *err)
{
    if (make_groups(f, path, 0, err))
        return -1;
    /* same inputs, same bytes: no time of day in the file */
    H5Pset_obj_track_times(props, 0);
    hid_t set = H5Dcreate2(f->file, path, type, space, H5P_DEFAULT, props, H5P_DEFAULT);
    if (set < 0)
        fail_at(f, path, GWS_EIO, "cannot create", err);
    return set;
}

static gws_status write_set(gws_h5 *f, const char *path, int ndim, const int64_t *shape, hid_t file_type, hid_t mem_type,
                            const void *data, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t space = -1, props = -1, set = -1;
    hsize_t dims[MAX_DIMS];
    int64_t total = 1;
    for (int i = 0; i < ndim; i++) {
        dims[i] = (hsize_t)shape[i];
        total *= shape[i];
    }
    space = ndim ? H5Screate_simple(ndim, dims, NULL) : H5Screate(H5S_SCALAR);
    props = H5Pcreate(H5P_DATASET_CREATE);
    if ((set = create_set(f, path, file_type, space, props, err)) < 0)
        status = GWS_EIO;
    else if (total > 0 && H5Dwrite(set, mem_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        status = fail_at(f, path, GWS_EIO, "cannot write", err);
    if (set >= 0 && H5Dclose(set) < 0 && !status)
        status = fail_at(f, path, GWS_EIO, "cannot write", err);
    H5Pclose(props);
    H5Sclose(space);
    return status;
}

static void check_shape(const gws_h5 *f, int ndim, const int64_t *shape)
{
    GWS_ASSERT(f && f->out && ndim >= 0 && ndim <= MAX_DIMS && (ndim == 0 || shape));
    for (int i = 0; i < ndim; i++)
        GWS_ASSERT(shape[i] >= 0);
}

#define WRITE(ctype, name, file_type, native)                                                                                      \
    gws_status gws_h5_write_##name(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const ctype *data, gws_err *err)   \
    {                                                                                                                              \
        check_shape(f, ndim, shape);                                                                                               \
        gws_status status = enter(f, err);                                                                                         \
        if (status)                                                                                                                \
            return status;                                                                                                         \
        status = write_set(f, path, ndim, shape, file_type, native, data, err);                                                    \
        leave();                                                                                                                   \
        return status;                                                                                                             \
    }
WRITE(double, f64, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE)
WRITE(float, f32, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT)
WRITE(int64_t, i64, H5T_STD_I64LE, H5T_NATIVE_INT64)
WRITE(uint32_t, u32, H5T_STD_U32LE, H5T_NATIVE_UINT32)

/* UTF-8 of any length, the kind that h5py reads back as str. */
static hid_t string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

gws_status gws_h5_write_string(gws_h5 *f, const char *path, const char *text, gws_err *err)
{
    check_shape(f, 0, NULL);
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = write_set(f, path, 0, NULL, type, type, &text, err);
    H5Tclose(type);
    leave();
    return status;
}

gws_status gws_h5_write_strings(gws_h5 *f, const char *path, int64_t n, const char *const *texts, gws_err *err)
{
    check_shape(f, 1, &n);
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = write_set(f, path, 1, &n, type, type, texts, err);
    H5Tclose(type);
    leave();
    return status;
}

gws_status gws_h5_write_c128(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const double *data, gws_err *err)
{
    check_shape(f, ndim, shape);
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(double));
    H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "i", sizeof(double), H5T_NATIVE_DOUBLE);
    status = write_set(f, path, ndim, shape, type, type, data, err);
    H5Tclose(type);
    leave();
    return status;
}

/* An attribute put twice keeps the last value.  n < 0: a scalar. */
static gws_status put_attr(gws_h5 *f, const char *path, const char *name, hid_t type, int n, const void *value, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t obj = -1, space = -1, attr = -1;
    if ((obj = open_object(f, path, err)) < 0) {
        status = GWS_EIO;
        goto fail;
    }
    if (H5Aexists(obj, name) > 0)
        H5Adelete(obj, name);
    hsize_t dims = n > 0 ? (hsize_t)n : 0;
    space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dims, NULL);
    attr = H5Acreate2(obj, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attr < 0 || (n != 0 && H5Awrite(attr, type, value) < 0))
        status = fail_at(f, path, GWS_EIO, name, err);
fail:
    if (attr >= 0 && H5Aclose(attr) < 0 && !status)
        status = fail_at(f, path, GWS_EIO, name, err);
    if (space >= 0)
        H5Sclose(space);
    if (obj >= 0)
        H5Oclose(obj);
    return status;
}

gws_status gws_h5_put_attr_f64(gws_h5 *f, const char *path, const char *name, double v, gws_err *err)
{
    GWS_ASSERT(f->out);
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = put_attr(f, path, name, H5T_NATIVE_DOUBLE, -1, &v, err);
    leave();
    return status;
}

gws_status gws_h5_put_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t v, gws_err *err)
{
    GWS_ASSERT(f->out);
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = put_attr(f, path, name, H5T_NATIVE_INT64, -1, &v, err);
    leave();
    return status;
}

gws_status gws_h5_put_attr_string(gws_h5 *f, const char *path, const char *name, const char *v, gws_err *err)
{
    GWS_ASSERT(f->out && v);
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = put_attr(f, path, name, type, -1, &v, err);
    H5Tclose(type);
    leave();
    return status;
}

gws_status gws_h5_put_attr_strings(gws_h5 *f, const char *path, const char *name, const char *const *v, int n, gws_err *err)
{
    GWS_ASSERT(f->out && n >= 0 && (v || n == 0));
    gws_status status = enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = put_attr(f, path, name, type, n, v, err);
    H5Tclose(type);
    leave();
    return status;
}

static append_set *find_append(gws_h5 *f, const char *path, hid_t file_type, gws_err *err)
{
    for (int i = 0; i < f->n_append; i++)
        if (strcmp(f->append[i].path, path) == 0)
            return &f->append[i];
    GWS_ASSERT(f->n_append < MAX_APPEND);
    append_set *a = &f->append[f->n_append];
    hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = APPEND_CHUNK;
    hid_t space = H5Screate_simple(1, &none, &unlimited);
    hid_t props = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(props, 1, &chunk);
    H5Pset_shuffle(props);
    H5Pset_deflate(props, 1);
    *a = (append_set){.path = strdup(path), .set = -1};
    if (!a->path)
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", f->path);
    else
        a->set = create_set(f, path, file_type, space, props, err);
    H5Pclose(props);
    H5Sclose(space);
    if (a->set < 0) {
        free(a->path);
        return NULL;
    }
    f->n_append++;
    return a;
}

void gws_h5_set_pool(gws_h5 *f, gws_pool *pool)
{
    GWS_ASSERT(f && f->out);
    f->pool = pool;
}

/* Chunks being packed: task i packs chunk i. */
typedef struct packing {
    const unsigned char *in;
    unsigned char *out, *scratch; /* (PACK_AT_ONCE * bound), (threads * bytes) */
    size_t width, bytes, bound, size[PACK_AT_ONCE];
} packing;

static void pack_task(void *user, int task, int thread)
{
    packing *p = user;
    p->size[task] = gws_h5_chunk_pack(p->in + (size_t)task * p->bytes, APPEND_CHUNK, p->width,
                                      p->scratch + (size_t)thread * p->bytes, p->out + (size_t)task * p->bound);
}

/* The whole chunks at the front of the data, packed here and stored as they are. */
static gws_status append_chunks(gws_h5 *f, append_set *a, const void *data, int64_t n_chunks, size_t width, gws_err *err)
{
    packing p = {.in = data, .width = width, .bytes = APPEND_CHUNK * width};
    gws_status status = GWS_OK;
    p.bound = gws_h5_chunk_bound(p.bytes);
    p.out = malloc(PACK_AT_ONCE * p.bound);
    p.scratch = malloc((size_t)gws_pool_threads(f->pool) * p.bytes);
    if (!p.out || !p.scratch) {
        f->failed = 1;
        status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", f->path);
    }
    for (int64_t done = 0; done < n_chunks && !status;) {
        int run = n_chunks - done < PACK_AT_ONCE ? (int)(n_chunks - done) : PACK_AT_ONCE;
        gws_pool_run(f->pool, run, pack_task, &p);
        for (int i = 0; i < run && !status; i++) {
            if (!p.size[i] || H5Dwrite_chunk(a->set, H5P_DEFAULT, 0, &a->size, p.size[i], p.out + (size_t)i * p.bound) < 0)
                status = fail_at(f, a->path, GWS_EIO, "cannot write", err);
            a->size += APPEND_CHUNK;
        }
        p.in += (size_t)run * p.bytes;
        done += run;
    }
    free(p.out);
    free(p.scratch);
    return status;
}

static gws_status append(gws_h5 *f, const char *path, hid_t file_type, hid_t mem_type, const void *data, int64_t n, gws_err *err)
{
    GWS_ASSERT(f && f->out && n >= 0);
    append_set *a = find_append(f, path, file_type, err);
    if (!a)
        return GWS_EIO;
    if (n == 0)
        return GWS_OK;
    gws_status status = GWS_OK;
    hsize_t from = a->size, size = from + (hsize_t)n;
    hid_t space = -1, mem_space = -1;
    if (H5Dset_extent(a->set, &size) < 0) {
        status = fail_at(f, path, GWS_EIO, "cannot grow", err);
        goto fail;
    }
    if (from % APPEND_CHUNK == 0 && n >= APPEND_CHUNK && H5Tequal(file_type, mem_type) > 0) {
        size_t width = H5Tget_size(mem_type);
        if ((status = append_chunks(f, a, data, n / APPEND_CHUNK, width, err)) || n % APPEND_CHUNK == 0)
            goto fail;
        data = (const unsigned char *)data + (size_t)(n - n % APPEND_CHUNK) * width;
        from = a->size;
    }
    hsize_t count = size - from;
    a->size = size;
    space = H5Dget_space(a->set);
    mem_space = H5Screate_simple(1, &count, NULL);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &count, NULL) < 0 ||
        H5Dwrite(a->set, mem_type, mem_space, space, H5P_DEFAULT, data) < 0)
        status = fail_at(f, path, GWS_EIO, "cannot write", err);
fail:
    if (mem_space >= 0)
        H5Sclose(mem_space);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

gws_status gws_h5_append_f64(gws_h5 *f, const char *path, const double *data, int64_t n, gws_err *err)
{
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = append(f, path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, data, n, err);
    leave();
    return status;
}

gws_status gws_h5_append_f32(gws_h5 *f, const char *path, const float *data, int64_t n, gws_err *err)
{
    gws_status status = enter(f, err);
    if (status)
        return status;
    status = append(f, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, data, n, err);
    leave();
    return status;
}

gws_status gws_h5_append_end(gws_h5 *f, const char *path, gws_err *err)
{
    GWS_ASSERT(f && f->out);
    gws_status status = GWS_OK;
    if ((status = enter(f, err)) != GWS_OK)
        return status;
    for (int i = 0; i < f->n_append; i++) {
        if (strcmp(f->append[i].path, path) != 0)
            continue;
        if (H5Dclose(f->append[i].set) < 0)
            status = fail_at(f, path, GWS_EIO, "cannot write", err);
        free(f->append[i].path);
        f->append[i] = f->append[--f->n_append];
        break;
    }
    leave();
    return status;
}

gws_status gws_h5_provenance(gws_h5 *f, const char *command, int64_t seed, const char *input_sha256, gws_err *err)
{
    gws_status status = gws_h5_put_attr_string(f, "/", "gwspike_version", GWS_VERSION, err);
    if (!status)
        status = gws_h5_put_attr_string(f, "/", "git_hash", GWS_GIT_HASH, err);
    if (!status && command)
        status = gws_h5_put_attr_string(f, "/", "command_line", command, err);
    if (!status && seed >= 0)
        status = gws_h5_put_attr_i64(f, "/", "seed", seed, err);
    if (!status && input_sha256)
        status = gws_h5_put_attr_string(f, "/", "input_sha256", input_sha256, err);
    return status;
}
