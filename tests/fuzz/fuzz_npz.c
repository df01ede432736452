/* fuzz_npz.c - any bytes as an archive of numpy's arrays: what is listed can be read to its end, also backwards, what is refused has its
 * sentence. */
#include "fuzz/file_input.h"
#include "strain/strain.h"

#include <string.h>

#define MOST 100000 /* samples read */

static void read_all(gws_strain_set *set)
{
    static double x[MOST];
    for (int k = 0; k < gws_strain_ifos(set); k++) {
        gws_strain_info info;
        gws_err err = {0};
        gws_strain_describe(set, k, &info);
        GWS_ASSERT(info.rate_hz > 0 && info.n_spans == 1 && info.spans[0].end > info.spans[0].begin);
        const int64_t n = info.spans[0].end - info.spans[0].begin, m = n < MOST ? n : MOST;
        gws_status status = gws_strain_read(set, k, info.spans[0].end - m, info.spans[0].end, x, &err);
        GWS_ASSERT(status == GWS_OK || err.text[0]);
        err = (gws_err){0};
        status = gws_strain_read(set, k, info.spans[0].begin, info.spans[0].begin + m, x, &err);
        GWS_ASSERT(status == GWS_OK || err.text[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *folder = getenv("TMPDIR");
    char path[600];
    snprintf(path, sizeof path, "%s/H-H1_FUZZ%ld-1000000000-2.npz", folder && *folder ? folder : P_tmpdir, (long)getpid());
    FILE *f = fopen(path, "wb");
    if (!f)
        return 0;
    const int written = fwrite(data, 1, size, f) == size;
    if (fclose(f) == 0 && written) {
        const char *one = path;
        gws_err err = {0};
        gws_strain_set *set = gws_strain_open(&one, 1, &err);
        GWS_ASSERT(set || err.text[0]);
        if (set)
            read_all(set);
        gws_strain_destroy(set);
    }
    unlink(path);
    return 0;
}
