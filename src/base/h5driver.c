/* h5driver.c - a file driver of libhdf5 that looks at the bytes before the library does; see h5read.h.
 *
 * libhdf5 1.10 takes the lengths in a global heap as they are: an object of no bytes makes it loop for ever, one that is longer than
 * the heap makes it read outside.  It asks the driver for the heap from its first byte, so the driver knows a heap by its signature and
 * walks it.
 */
#include "base/h5read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

#define HEAP_HEADER 16
#define MAX_HEAP (UINT64_C(1) << 31)

typedef struct source {
    H5FD_t shared; /* libhdf5's part, first */
    int fd;
    haddr_t eoa, eof;
} source;

static uint64_t number(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static herr_t refuse(const char *why)
{
    H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_VFL, H5E_READERROR, "%s", why);
    return -1;
}

static int read_exactly(int fd, void *out, size_t n, uint64_t at)
{
    char *p = out;
    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        p += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return 0;
}

/* Objects follow one another to the end of the heap: index (2 bytes), references (2), reserved (4), size (8), then the bytes, to the
 * next multiple of 8.  Index 0 is free space, whose size counts its own head. */
static const char *walk_heap(const unsigned char *heap, uint64_t size)
{
    for (uint64_t at = HEAP_HEADER; size - at >= HEAP_HEADER;) {
        uint64_t index = number(heap + at, 2), length = number(heap + at + 8, 8), left = size - at;
        if (index == 0 && length < HEAP_HEADER)
            return "a heap of strings holds free space of no size";
        if (length > left || (index > 0 && HEAP_HEADER + (length + 7) / 8 * 8 > left))
            return "a heap of strings holds one that is longer than the heap";
        at += index == 0 ? length : HEAP_HEADER + (length + 7) / 8 * 8;
    }
    return NULL;
}

static herr_t check_heap(const source *s, const unsigned char *head, haddr_t at)
{
    uint64_t size = number(head + 8, 8);
    if (size < HEAP_HEADER || size > MAX_HEAP || size > s->eof - at)
        return refuse("a heap of strings is larger than the file");
    unsigned char *heap = malloc(size);
    const char *why = !heap                                 ? "out of memory for a heap of strings"
                      : read_exactly(s->fd, heap, size, at) ? "cannot read"
                                                            : walk_heap(heap, size);
    free(heap);
    return why ? refuse(why) : 0;
}

static H5FD_t *open_source(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr)
{
    const int *fd = H5Pget_driver_info(fapl);
    struct stat st;
    source *s = fd && !(flags & H5F_ACC_RDWR) && fstat(*fd, &st) == 0 ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    s->fd = *fd;
    s->eof = (haddr_t)st.st_size;
    return &s->shared;
}

static herr_t close_source(H5FD_t *shared)
{
    source *s = (source *)(void *)shared;
    close(s->fd);
    free(s);
    return 0;
}

static herr_t query(const H5FD_t *shared, unsigned long *flags)
{
    *flags = H5FD_FEAT_DATA_SIEVE; /* and no accumulator: every piece of metadata is asked for from its first byte */
    return 0;
}

static haddr_t get_eoa(const H5FD_t *shared, H5FD_mem_t type)
{
    return ((const source *)(const void *)shared)->eoa;
}

static herr_t set_eoa(H5FD_t *shared, H5FD_mem_t type, haddr_t at)
{
    ((source *)(void *)shared)->eoa = at;
    return 0;
}

static haddr_t get_eof(const H5FD_t *shared, H5FD_mem_t type)
{
    return ((const source *)(const void *)shared)->eof;
}

static herr_t read_source(H5FD_t *shared, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size, void *out)
{
    source *s = (source *)(void *)shared;
    if (at > s->eof || size > s->eof - at)
        return refuse("what it points at lies beyond the end of the file");
    if (read_exactly(s->fd, out, size, at) != 0)
        return refuse(strerror(errno));
    /* These eight bytes begin nothing else but by one chance in 2^64. */
    if (size >= HEAP_HEADER && memcmp(out, "GCOL\1\0\0\0", 8) == 0)
        return check_heap(s, out, at);
    return 0;
}

static herr_t write_source(H5FD_t *shared, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size, const void *data)
{
    return refuse("open for reading only");
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 300, /* of the range for tests and private use */
#endif
    .name = "gwspike",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(int),
    .open = open_source,
    .close = close_source,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .read = read_source,
    .write = write_source,
    .fl_map = H5FD_FLMAP_SINGLE,
};

hid_t gws_h5_open_checked(int fd, const char *external)
{
    hid_t props = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    if (external) {
        H5Pset_file_locking(props, 0, 1); /* a lock left by a crash is no obstacle */
        file = H5Fopen(external, H5F_ACC_RDONLY, props);
    } else {
        hid_t id = H5FDregister(&driver);
        H5Lunregister(H5L_TYPE_EXTERNAL); /* no way is left to follow one */
        if (id >= 0 && H5Pset_driver(props, id, &fd) >= 0)
            file = H5Fopen("file", H5F_ACC_RDONLY, props);
    }
    H5Pclose(props);
    return file;
}
