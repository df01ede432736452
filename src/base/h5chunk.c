/* h5chunk.c - see h5chunk.h. */
#include "base/h5chunk.h"

#include "base/unpack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_RATIO 1032 /* deflate never expands further (zlib's technical notes); a header that claims more lies */

#define MAX_PLAIN_FILE (64 << 20) /* larger files of unpacked chunks are left to libhdf5: asking for one chunk walks over all */

/* The order in which filters were applied; bit i of a chunk's mask says that filter i was left out. */
typedef struct pipeline {
    int n;                /* filters */
    int shuffle, deflate; /* position, or -1 */
} pipeline;

/* Names of the filters that are met, from HDF5 and the HDF Group's list of registered ones; NULL for any other. */
static const char *filter_name(H5Z_filter_t id)
{
    static const struct {
        int id;
        const char *name;
    } known[] = {{4, "szip"},    {5, "nbit"},          {6, "scale-offset"}, {307, "bzip2"},
                 {32000, "LZF"}, {32001, "Blosc"},     {32004, "LZ4"},      {32008, "bitshuffle"},
                 {32013, "ZFP"}, {32015, "Zstandard"}, {32017, "SZ"},       {32026, "Blosc2"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].id == (int)id)
            return known[i].name;
    return NULL;
}

static gws_h5_chunk_result get_pipeline(hid_t props, pipeline *p, char why[200])
{
    int n = H5Pget_nfilters(props);
    p->n = n;
    p->shuffle = p->deflate = -1;
    for (int i = 0; i < n; i++) {
        unsigned flags, values[1], config;
        size_t n_values = 0;
        H5Z_filter_t id = H5Pget_filter2(props, (unsigned)i, &flags, &n_values, values, 0, NULL, &config);
        if (id == H5Z_FILTER_FLETCHER32)
            return GWS_H5_CHUNK_OTHER; /* chunks guarded by a checksum are in libhdf5's good hands */
        if (id == H5Z_FILTER_SHUFFLE && p->shuffle < 0 && p->deflate < 0) {
            p->shuffle = i;
        } else if (id == H5Z_FILTER_DEFLATE && p->deflate < 0) {
            p->deflate = i;
        } else {
            const char *name = filter_name(id);
            snprintf(why, 200, "stored through filter %d%s%s%s; only shuffle, deflate and fletcher32 are read", (int)id,
                     name ? " (" : "", name ? name : "", name ? ")" : "");
            return GWS_H5_CHUNK_BAD;
        }
    }
    return GWS_H5_CHUNK_DONE;
}

/* Exactly `size` bytes must come out. */
static int inflate_exactly(const unsigned char *in, size_t in_size, unsigned char *out, size_t size)
{
    uLongf got = size;
    return gws_unpack_fast(in, in_size, out, size) || (uncompress(out, &got, in, in_size) == Z_OK && got == size);
}

/* Shuffle keeps byte k of all elements together. */
static void unshuffle(const unsigned char *in, unsigned char *out, size_t n, size_t width)
{
    if (width == 8) { /* strain; a width that the compiler knows is several times faster */
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < 8; k++)
                out[i * 8 + k] = in[k * n + i];
        return;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++)
            out[i * width + k] = in[k * n + i];
}

/* Room that is kept from chunk to chunk. */
static int grow(unsigned char **p, size_t *room, size_t size)
{
    if (*room >= size)
        return 1;
    free(*p);
    *p = malloc(size);
    *room = *p ? size : 0;
    return *p != NULL;
}

/* One chunk, unpacked into the cache's block (chunk elements of `width` bytes).  Returns 1, 0 when it was never written, -1 when bad, -2 when memory is
 * out. */
static int fetch(gws_h5_chunk_cache *c, hid_t set, const pipeline *p, hsize_t at, size_t chunk, size_t width, hsize_t file_size,
                 char why[200])
{
    size_t bytes = chunk * width;
    hsize_t stored = 0;
    uint32_t mask = 0;
    snprintf(why, 200, "the chunk at element %llu is damaged", (unsigned long long)at);
    /* The quick question fails where a chunk was never written, and without filters it is answered with the layout's
     * size whatever the index says; then the slow one, which walks over all chunks, has the last word. */
    if (p->n == 0 || H5Dget_chunk_storage_size(set, &at, &stored) < 0) {
        haddr_t where = HADDR_UNDEF;
        if (H5Dget_chunk_info_by_coord(set, &at, &mask, &where, &stored) < 0)
            return -1;
        if (where == HADDR_UNDEF)
            return 0;
    }
    if (stored == 0)
        return 0;
    if (stored > file_size)
        return -1;
    const int shuffled = p->shuffle >= 0;
    if (!grow(&c->raw, &c->raw_room, stored) || (shuffled && !grow(&c->flat, &c->flat_room, bytes))) {
        snprintf(why, 200, "out of memory for a chunk of %zu bytes", bytes);
        return -2;
    }
    if (H5Dread_chunk(set, H5P_DEFAULT, &at, &mask, c->raw) < 0)
        return -1;
    const int still = shuffled && !(mask & (1u << p->shuffle));
    unsigned char *to = still ? c->flat : c->block;
    if (p->deflate < 0 || (mask & (1u << p->deflate))) {
        if (stored != bytes)
            return -1;
        memcpy(to, c->raw, bytes);
    } else if (!inflate_exactly(c->raw, stored, to, bytes)) {
        return -1;
    }
    if (still)
        unshuffle(c->flat, c->block, chunk, width);
    return 1;
}

int gws_h5_chunk_exists(hid_t set, hsize_t first)
{
    hsize_t stored = 0;
    uint32_t mask = 0;
    haddr_t where = HADDR_UNDEF;
    hid_t props = H5Dget_create_plist(set);
    int filters = props >= 0 ? H5Pget_nfilters(props) : 0;
    if (props >= 0)
        H5Pclose(props);
    if (filters > 0) /* see fetch */
        return H5Dget_chunk_storage_size(set, &first, &stored) >= 0 && stored > 0;
    return H5Dget_chunk_info_by_coord(set, &first, &mask, &where, &stored) >= 0 && where != HADDR_UNDEF;
}

/* What stands for an element that was never written. */
static void get_fill(hid_t props, hid_t mem, size_t size, char fill[16])
{
    const float nan32 = NAN;
    const double nan64 = (double)NAN;
    H5D_fill_value_t defined;
    memset(fill, 0, 16);
    if (H5Tget_class(mem) == H5T_FLOAT)
        memcpy(fill, size == sizeof nan32 ? (const void *)&nan32 : &nan64, size == sizeof nan32 ? sizeof nan32 : sizeof nan64);
    else if (H5Pfill_value_defined(props, &defined) >= 0 && defined != H5D_FILL_VALUE_UNDEFINED)
        H5Pget_fill_value(props, mem, fill);
}

/* Room for a chunk of this data set; what the cache holds stays if it is of the same one. */
static int cache_for(gws_h5_chunk_cache *c, const char *path, size_t bytes)
{
    if (c->block && c->bytes == bytes && strcmp(c->path, path) == 0)
        return 1;
    gws_h5_chunk_cache_clear(c);
    c->block = malloc(bytes);
    c->bytes = bytes;
    if ((size_t)snprintf(c->path, sizeof c->path, "%s", path) >= sizeof c->path)
        c->path[0] = '\0'; /* a name too long to keep never matches */
    return c->block != NULL;
}

void gws_h5_chunk_cache_clear(gws_h5_chunk_cache *c)
{
    free(c->block);
    free(c->raw);
    free(c->flat);
    free(c->native);
    memset(c, 0, sizeof *c);
}

gws_h5_chunk_result gws_h5_chunk_read(gws_h5_chunk_cache *cache, const gws_h5_chunk_want *want, void *out, char why[200])
{
    const hid_t set = want->set, type = want->type, mem = want->mem;
    const size_t size = want->size;
    gws_h5_chunk_result result = GWS_H5_CHUNK_OTHER;
    pipeline p;
    hsize_t chunk = 0, file_size = 0;
    char fill[16] = {0};
    size_t width = H5Tget_size(type);
    H5T_class_t kind = H5Tget_class(type);
    hid_t props = H5Dget_create_plist(set), file = H5Iget_file_id(set);
    if (props < 0 || file < 0 || (kind != H5T_INTEGER && kind != H5T_FLOAT) || width == 0 || width > sizeof fill ||
        size > sizeof fill || H5Pget_layout(props) != H5D_CHUNKED || H5Pget_chunk(props, 1, &chunk) != 1 ||
        H5Fget_filesize(file, &file_size) < 0)
        goto fail;
    if ((result = get_pipeline(props, &p, why)) != GWS_H5_CHUNK_DONE)
        goto fail;
    if (p.n == 0 && file_size > MAX_PLAIN_FILE) {
        result = GWS_H5_CHUNK_OTHER;
        goto fail;
    }
    result = GWS_H5_CHUNK_BAD;
    if (chunk == 0 || chunk * width / MAX_RATIO > file_size) {
        snprintf(why, 200, "chunks of %llu elements in a file of %llu bytes", (unsigned long long)chunk,
                 (unsigned long long)file_size);
        goto fail;
    }
    size_t bytes = (size_t)chunk * width;
    const int same = H5Tequal(type, mem) > 0;
    if (!cache_for(cache, want->path, bytes) ||
        (!same && !grow(&cache->native, &cache->native_room, (size_t)chunk * (width > size ? width : size)))) {
        snprintf(why, 200, "out of memory for a chunk of %zu bytes", bytes);
        result = GWS_H5_CHUNK_NOMEM;
        goto fail;
    }
    get_fill(props, mem, size, fill);
    for (int64_t done = 0; done < want->count;) {
        hsize_t at = (hsize_t)(want->start + done), first = at / chunk * chunk;
        size_t skip = (size_t)(at - first), n = (size_t)chunk - skip;
        if ((int64_t)n > want->count - done)
            n = (size_t)(want->count - done);
        if (!cache->holds || cache->first != first) {
            cache->holds = 0;
            int got = fetch(cache, set, &p, first, (size_t)chunk, width, file_size, why);
            if (got < 0) {
                result = got == -2 ? GWS_H5_CHUNK_NOMEM : GWS_H5_CHUNK_BAD;
                goto fail;
            }
            cache->first = first;
            cache->holds = got ? 1 : -1;
        }
        unsigned char *to = (unsigned char *)out + (size_t)done * size;
        if (cache->holds > 0 && same) {
            memcpy(to, cache->block + skip * width, n * width);
        } else if (cache->holds > 0) { /* converted in place */
            memcpy(cache->native, cache->block + skip * width, n * width);
            if (H5Tconvert(type, mem, n, cache->native, NULL, H5P_DEFAULT) < 0) {
                snprintf(why, 200, "cannot convert its numbers");
                goto fail;
            }
            memcpy(to, cache->native, n * size);
        } else {
            for (size_t i = 0; i < n; i++)
                memcpy(to + i * size, fill, size);
        }
        done += (int64_t)n;
    }
    result = GWS_H5_CHUNK_DONE;
fail:
    if (props >= 0)
        H5Pclose(props);
    if (file >= 0)
        H5Fclose(file);
    return result;
}

size_t gws_h5_chunk_bound(size_t bytes)
{
    return compressBound(bytes);
}

size_t gws_h5_chunk_pack(const void *in, size_t n, size_t width, unsigned char *scratch, unsigned char *out)
{
    const unsigned char *x = in;
    uLongf size = compressBound(n * width);
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < n; i++)
            scratch[k * n + i] = x[i * width + k];
    return compress2(out, &size, scratch, n * width, 1) == Z_OK ? size : 0;
}
