/* fuzz_gwf.c - any bytes as a frame file, on the disk and in memory: what is listed can be asked for, what is read has the length it promised, what is refused has its
 * sentence. */
#include "fuzz/file_input.h"
#include "gwf/gwf.h"

#include <math.h>

#define MOST 64 /* channels and frames looked at */

static double sum; /* of what was read */

static void look(gws_gwf *f)
{
    gws_err err = {0};
    sum = -1;
    if (!f)
        return;
    sum = 0;
    const int frames = gws_gwf_frames(f, NULL), channels = gws_gwf_channels(f);
    for (int c = 0; c < channels && c < MOST; c++)
        for (int k = 0; k < frames && k < MOST; k++) {
            gws_gwf_series s;
            double x[3];
            if (gws_gwf_stat(f, c, k, &s, &err) != GWS_OK || !s.present)
                continue;
            GWS_ASSERT(s.n >= 0 && s.dx_s > 0);
            const int64_t n = s.n < 3 ? s.n : 3;
            if (gws_gwf_read(f, &s, 0, n, x, &err) != GWS_OK)
                continue;
            for (int64_t i = 0; i < n; i++)
                sum += isfinite(x[i]) ? 1 + fabs(x[i]) / 1e300 : 1;
            if (s.n > 3)
                GWS_ASSERT(gws_gwf_read(f, &s, s.n - 3, 3, x, &err) == GWS_OK);
        }
    sum += gws_gwf_verify(f, &err) == GWS_OK;
    gws_gwf_close(f);
}

static void try_file(const char *path)
{
    gws_err err = {0};
    gws_gwf *f = gws_gwf_open(path, &err);
    GWS_ASSERT(f || err.text[0]);
    look(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gws_err err = {0};
    fuzz_file(data, size, try_file);
    const double wanted = sum;
    gws_gwf *f = gws_gwf_open_bytes("bytes", data, size, &err);
    GWS_ASSERT(f || err.text[0]);
    look(f);
    GWS_ASSERT(sum == wanted);
    return 0;
}
