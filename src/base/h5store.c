/* h5store.c - the file driver with which files are written; see hdf5_file.h.
 *
 * libhdf5 holds on to a file that the disk refused: it tries again when the file is closed and when the host program ends, and there it
 * complains on stderr, loops or crashes.  This driver hands everything to the usual one.  Once a write was refused, which the caller is
 * told, it takes all further ones and drops them, so that the file can be closed and forgotten.
 */
#include "base/hdf5_file.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

typedef struct store {
    H5FD_t shared; /* libhdf5's part, first */
    H5FD_t *usual;
    int refused;
} store;

static store *of(H5FD_t *shared)
{
    return (store *)(void *)shared;
}

static H5FD_t *usual_of(const H5FD_t *shared)
{
    return ((const store *)(const void *)shared)->usual;
}

static H5FD_t *open_store(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
    store *s = calloc(1, sizeof *s);
    const hid_t props = s ? H5Pcreate(H5P_FILE_ACCESS) : -1;

    if (props >= 0 && H5Pset_fapl_sec2(props) >= 0)
        s->usual = H5FDopen(name, flags, props, maxaddr);
    if (props >= 0)
        H5Pclose(props);
    if (s && s->usual)
        return &s->shared;
    free(s);
    return NULL;
}

static herr_t close_store(H5FD_t *shared)
{
    const herr_t status = H5FDclose(usual_of(shared));
    const int refused = of(shared)->refused;

    free(of(shared));
    return refused ? 0 : status;
}

static herr_t query(const H5FD_t *shared, unsigned long *flags)
{
    if (shared)
        return H5FDquery(usual_of(shared), flags) >= 0 ? 0 : -1;
    *flags = 0;
    return 0;
}

static haddr_t get_eoa(const H5FD_t *shared, H5FD_mem_t type)
{
    return H5FDget_eoa(usual_of(shared), type);
}

static herr_t set_eoa(H5FD_t *shared, H5FD_mem_t type, haddr_t at)
{
    return H5FDset_eoa(usual_of(shared), type, at);
}

static haddr_t get_eof(const H5FD_t *shared, H5FD_mem_t type)
{
    return H5FDget_eof(usual_of(shared), type);
}

static herr_t read_store(H5FD_t *shared, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size, void *out)
{
    if (!of(shared)->refused)
        return H5FDread(usual_of(shared), type, transfer, at, size, out);
    memset(out, 0, size);
    return 0;
}

static herr_t write_store(H5FD_t *shared, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size, const void *data)
{
    if (of(shared)->refused)
        return 0;
    if (H5FDwrite(usual_of(shared), type, transfer, at, size, data) >= 0)
        return 0;
    of(shared)->refused = 1;
    return -1;
}

static herr_t flush_store(H5FD_t *shared, hid_t transfer, hbool_t closing)
{
    return of(shared)->refused ? 0 : H5FDflush(usual_of(shared), transfer, closing);
}

static herr_t truncate_store(H5FD_t *shared, hid_t transfer, hbool_t closing)
{
    if (of(shared)->refused || H5FDtruncate(usual_of(shared), transfer, closing) >= 0)
        return 0;
    of(shared)->refused = 1;
    return -1;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 301, /* of the range for tests and private use */
#endif
    .name = "gwspike-store",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = open_store,
    .close = close_store,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_store,
    .write = write_store,
    .flush = flush_store,
    .truncate = truncate_store,
    .fl_map = H5FD_FLMAP_DICHOTOMY, /* as the usual driver's: where in the file things come to lie depends on it */
};

hid_t gws_h5_create_file(const char *path)
{
    static hid_t id = -1;
    const hid_t props = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = -1;

    if (id < 0 || H5Iget_type(id) != H5I_VFL) /* a host may have closed all of libhdf5 since */
        id = H5FDregister(&driver);
    H5Pset_file_locking(props, 0, 1); /* the temporary has a lock of its own */
    if (id >= 0 && H5Pset_driver(props, id, NULL) >= 0)
        file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, props);
    H5Pclose(props);
    return file;
}
