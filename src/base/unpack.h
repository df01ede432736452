/* unpack.h - a whole zlib stream unpacked at once, through libdeflate where it is built in. */
#ifndef GWS_BASE_UNPACK_H
#define GWS_BASE_UNPACK_H

#include <stddef.h>

/* Unpack exactly `size` bytes.
 *   in   (n)
 *   out  (size) out
 * returns  not 0 when the stream is whole, its checksum right and its length that; 0: it is not, or libdeflate is not built in, and zlib
 *          has the last word.  Two to three times as fast as zlib. */
int gws_unpack_fast(const void *in, size_t n, void *out, size_t size);

#endif
