/* h5chunk.h - private to base/: chunks fetched and unpacked with every length checked, and packed without the library.
 *
 * libhdf5 1.10 copies a chunk at the size that the layout header gives without looking whether the chunk unpacked to that
 * size: one damaged byte in a file and it reads far past its own buffer.  Strain is stored in such chunks, so they are
 * fetched raw (H5Dread_chunk), unpacked here and refused when the sizes disagree.
 */
#ifndef GWS_BASE_H5CHUNK_H
#define GWS_BASE_H5CHUNK_H

#include <hdf5.h>
#include <stdint.h>

typedef enum gws_h5_chunk_result {
    GWS_H5_CHUNK_DONE,
    GWS_H5_CHUNK_OTHER, /* not 1-D numbers in chunks, or under a checksum filter: read it with H5Dread */
    GWS_H5_CHUNK_BAD,   /* damaged; `why` says how */
    GWS_H5_CHUNK_NOMEM  /* memory is out; `why` says for what */
} gws_h5_chunk_result;

/* The chunk unpacked last, so that reading on in small steps does not unpack it again and again.  Zero to begin with. */
typedef struct gws_h5_chunk_cache {
    char path[128];       /* of the data set */
    unsigned char *block; /* (bytes) in the file's type */
    unsigned char *raw, *flat,
        *native; /* (raw_room), (flat_room), (native_room) kept, for fresh memory costs as much as unpacking */
    size_t raw_room, flat_room, native_room;
    size_t bytes;
    hsize_t first; /* element at which it begins */
    int holds;     /* 0 nothing, 1 a chunk, -1 a chunk that was never written */
} gws_h5_chunk_cache;
void gws_h5_chunk_cache_clear(gws_h5_chunk_cache *c);

/* What is to be read: elements start .. start+count-1 of a data set, whose extent the caller has checked them against. */
typedef struct gws_h5_chunk_want {
    const char *path; /* the data set's name in the file */
    hid_t set, type;  /* the data set and its type */
    int64_t start, count;
    hid_t mem;   /* native type wanted */
    size_t size; /* its bytes */
} gws_h5_chunk_want;

/* Read elements.
 *   cache  in/out       of this file, which is open for reading only
 *   out    (count) out  in the native type
 *   why    out          one phrase when the result is GWS_H5_CHUNK_BAD or _NOMEM
 * A chunk that was never written reads as NaN, and as the fill value where whole numbers are wanted. */
gws_h5_chunk_result gws_h5_chunk_read(gws_h5_chunk_cache *cache, const gws_h5_chunk_want *want, void *out, char why[200]);

/* Was the chunk that begins at element `first` of a row ever written? */
int gws_h5_chunk_exists(hid_t set, hsize_t first);

/* Shuffle and deflate (level 1: noise hardly compresses, higher levels cost time for nothing) one chunk, as libhdf5 does; here so that
 * several threads can, which the library's lock forbids.
 *   in       (n) elements of `width` bytes
 *   scratch  (n * width) bytes
 *   out      (gws_h5_chunk_bound(n * width)) out
 * returns    bytes of out; 0 when zlib refuses */
size_t gws_h5_chunk_pack(const void *in, size_t n, size_t width, unsigned char *scratch, unsigned char *out);
size_t gws_h5_chunk_bound(size_t bytes);

#endif
