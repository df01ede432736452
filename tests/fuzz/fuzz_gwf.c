/* fuzz_gwf.c - any bytes as a frame file: what is listed can be asked for, what is read has the length it promised, what is refused has its
 * sentence. */
#include "fuzz/file_input.h"
#include "gwf/gwf.h"

#define MOST 64 /* channels and frames looked at */

static void try_file(const char *path)
{
    gws_err err = {0};
    gws_gwf *f = gws_gwf_open(path, &err);
    if (!f) {
        GWS_ASSERT(err.text[0]);
        return;
    }
    const int frames = gws_gwf_frames(f, NULL), channels = gws_gwf_channels(f);
    for (int c = 0; c < channels && c < MOST; c++)
        for (int k = 0; k < frames && k < MOST; k++) {
            gws_gwf_series s;
            double x[3];
            if (gws_gwf_stat(f, c, k, &s, &err) != GWS_OK || !s.present)
                continue;
            GWS_ASSERT(s.n >= 0 && s.dx_s > 0);
            if (gws_gwf_read(f, &s, 0, s.n < 3 ? s.n : 3, x, &err) == GWS_OK && s.n > 3)
                GWS_ASSERT(gws_gwf_read(f, &s, s.n - 3, 3, x, &err) == GWS_OK);
        }
    (void)gws_gwf_verify(f, &err);
    gws_gwf_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
