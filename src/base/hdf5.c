#include "base/hdf5.h"

#include "base/h5chunk.h"
#include "base/hdf5_file.h"
#include "base/memory.h"
#include "base/output.h"
#include "gws_config.h"

#include <hdf5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DIMS 8
#define APPEND_CHUNK 65536
#define PACK_AT_ONCE 16 /* chunks packed side by side */

typedef gws_h5_append_set append_set;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void gws_h5_lock(void)
{
    pthread_mutex_lock(&lock);
}

void gws_h5_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* What the host program has said about libhdf5's error messages, by either of the library's two interfaces. */
static struct {
    int found, new_interface;
    H5E_auto2_t fn2;
    void *user;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    H5E_auto1_t fn1;
#endif
} host;

static void silence_libhdf5(void)
{
    unsigned is_new = 1;

    memset(&host, 0, sizeof host);
    if (H5Eauto_is_v2(H5E_DEFAULT, &is_new) < 0)
        is_new = 1;
    host.new_interface = is_new != 0;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!is_new)
        host.found = H5Eget_auto1(&host.fn1, &host.user) >= 0;
    else
#endif
        host.found = H5Eget_auto2(H5E_DEFAULT, &host.fn2, &host.user) >= 0;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT);
}

static void give_back_libhdf5(void)
{
    H5Eclear2(H5E_DEFAULT);
    if (!host.found)
        return;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!host.new_interface)
        H5Eset_auto1(host.fn1, host.user);
    else
#endif
        H5Eset_auto2(H5E_DEFAULT, host.fn2, host.user);
}

void gws_h5_own_process(void)
{
    H5dont_atexit();
}

gws_status gws_h5_enter(const gws_h5 *f, gws_err *err)
{
    pthread_mutex_lock(&lock);
    const gws_status status = f && f->starved ? gws_err_set(err, GWS_ENOMEM, "no memory was left for libhdf5")
                                              : gws_memory_room(GWS_MEMORY_ROOM, "libhdf5", err);
    if (status) {
        if (f)
            gws_err_prefix(err, "%s", f->path);
        pthread_mutex_unlock(&lock);
        return status;
    }
    silence_libhdf5();
    return GWS_OK;
}

void gws_h5_leave(void)
{
    give_back_libhdf5();
    pthread_mutex_unlock(&lock);
}

static gws_status fail_at(gws_h5 *f, const char *path, gws_status status, const char *what, gws_err *err)
{
    char why[200];
    gws_h5_reason(why);
    if (f->out)
        f->failed = 1;
    return gws_err_set(err, status, "%s: %s: %s: %s", f->path, path, what, why);
}

static void free_handle(gws_h5 *f)
{
    if (!f)
        return;
    gws_h5_forget(f);
    gws_h5_reader_close(f->reader);
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

gws_h5 *gws_h5_create(const char *path, gws_err *err)
{
    gws_h5 *f = NULL;
    if (gws_h5_enter(NULL, err)) {
        gws_err_prefix(err, "%s", path);
        return NULL;
    }
    f = new_handle(path, err);
    if (!f || !(f->out = gws_output_begin(path, 0, err)))
        goto fail;
    f->file = gws_h5_create_file(gws_output_temporary(f->out));
    if (f->file < 0) {
        char why[200];
        gws_h5_reason(why);
        gws_err_set(err, GWS_EIO, "%s: cannot create: %s", path, why);
        goto fail;
    }
    gws_h5_leave();
    return f;
fail:
    if (f)
        gws_output_abandon(f->out);
    free_handle(f);
    gws_h5_leave();
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
    if ((status = gws_h5_enter(f, err)) != GWS_OK) {
        gws_h5_close(f);
        return status;
    }
    char why[200] = "an earlier write failed";
    int bad = f->failed;
    if (!bad && H5Fflush(f->file, H5F_SCOPE_GLOBAL) < 0) {
        gws_h5_reason(why);
        bad = 1;
    }
    H5Eclear2(H5E_DEFAULT);
    if (close_all(f) < 0 && !bad) {
        gws_h5_reason(why);
        bad = 1;
    }
    gws_h5_leave();
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
    if (f->out && gws_h5_enter(f, NULL) == GWS_OK) {
        close_all(f);
        gws_h5_leave();
    }
    gws_output_abandon(f->out);
    free_handle(f);
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
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    status = make_groups(f, path, 1, err);
    gws_h5_leave();
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
        gws_status status = gws_h5_enter(f, err);                                                                                  \
        if (status)                                                                                                                \
            return status;                                                                                                         \
        status = write_set(f, path, ndim, shape, file_type, native, data, err);                                                    \
        gws_h5_leave();                                                                                                            \
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
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = write_set(f, path, 0, NULL, type, type, &text, err);
    H5Tclose(type);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_write_strings(gws_h5 *f, const char *path, int64_t n, const char *const *texts, gws_err *err)
{
    check_shape(f, 1, &n);
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = write_set(f, path, 1, &n, type, type, texts, err);
    H5Tclose(type);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_write_c128(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const double *data, gws_err *err)
{
    check_shape(f, ndim, shape);
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(double));
    H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "i", sizeof(double), H5T_NATIVE_DOUBLE);
    status = write_set(f, path, ndim, shape, type, type, data, err);
    H5Tclose(type);
    gws_h5_leave();
    return status;
}

/* An attribute put twice keeps the last value.  n < 0: a scalar. */
static gws_status put_attr(gws_h5 *f, const char *path, const char *name, hid_t type, int n, const void *value, gws_err *err)
{
    gws_status status = GWS_OK;
    hid_t obj = -1, space = -1, attr = -1;
    if ((obj = H5Oopen(f->file, path, H5P_DEFAULT)) < 0) {
        status = fail_at(f, path, GWS_EIO, "cannot open", err);
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
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    status = put_attr(f, path, name, H5T_NATIVE_DOUBLE, -1, &v, err);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_put_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t v, gws_err *err)
{
    GWS_ASSERT(f->out);
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    status = put_attr(f, path, name, H5T_NATIVE_INT64, -1, &v, err);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_put_attr_string(gws_h5 *f, const char *path, const char *name, const char *v, gws_err *err)
{
    GWS_ASSERT(f->out && v);
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = put_attr(f, path, name, type, -1, &v, err);
    H5Tclose(type);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_put_attr_strings(gws_h5 *f, const char *path, const char *name, const char *const *v, int n, gws_err *err)
{
    GWS_ASSERT(f->out && n >= 0 && (v || n == 0));
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    hid_t type = string_type();
    status = put_attr(f, path, name, type, n, v, err);
    H5Tclose(type);
    gws_h5_leave();
    return status;
}

static append_set *find_append(gws_h5 *f, const char *path, hid_t file_type, gws_err *err)
{
    for (int i = 0; i < f->n_append; i++)
        if (strcmp(f->append[i].path, path) == 0)
            return &f->append[i];
    GWS_ASSERT(f->n_append < GWS_H5_MAX_APPEND);
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
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    status = append(f, path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, data, n, err);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_append_f32(gws_h5 *f, const char *path, const float *data, int64_t n, gws_err *err)
{
    gws_status status = gws_h5_enter(f, err);
    if (status)
        return status;
    status = append(f, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, data, n, err);
    gws_h5_leave();
    return status;
}

gws_status gws_h5_append_end(gws_h5 *f, const char *path, gws_err *err)
{
    GWS_ASSERT(f && f->out);
    gws_status status = GWS_OK;
    if ((status = gws_h5_enter(f, err)) != GWS_OK)
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
    gws_h5_leave();
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
