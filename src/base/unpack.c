#include "base/unpack.h"

#ifdef GWS_LIBDEFLATE
#include <libdeflate.h>

int gws_unpack_fast(const void *in, size_t n, void *out, size_t size)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    const int good = d && libdeflate_zlib_decompress(d, in, n, out, size, NULL) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(d);
    return good;
}
#else
int gws_unpack_fast(const void *in, size_t n, void *out, size_t size)
{
    (void)in;
    (void)n;
    (void)out;
    (void)size;
    return 0;
}
#endif
