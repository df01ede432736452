/* fuzz_strain_text.c - any bytes as text, as gzipped text, as an array of numpy and as sound: what is listed can be read to its end, what is refused
 * has its sentence.  The first byte chooses the ending of the name. */
#include "fuzz/file_input.h"
#include "strain/strain.h"

#include <math.h>
#include <string.h>

#define MOST 100000 /* samples read */

static void read_all(gws_strain_set *set)
{
    static double x[MOST];
    gws_strain_info info;
    gws_err err = {0};
    GWS_ASSERT(gws_strain_ifos(set) == 1);
    gws_strain_describe(set, 0, &info);
    GWS_ASSERT(info.rate_hz > 0 && info.n_spans == 1 && info.spans[0].end > info.spans[0].begin);
    const int64_t n = info.spans[0].end - info.spans[0].begin;
    const gws_status status = gws_strain_read(set, 0, info.spans[0].begin, info.spans[0].begin + (n < MOST ? n : MOST), x, &err);
    GWS_ASSERT(status == GWS_OK || err.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const endings[] = {".txt", ".txt.gz", ".npy", ".wav", ".csv"};
    const char *folder = getenv("TMPDIR");
    char path[600];
    if (size == 0)
        return 0;
    snprintf(path, sizeof path, "%s/H-H1_FUZZ%ld-1000000000-2%s", folder && *folder ? folder : P_tmpdir, (long)getpid(),
             endings[data[0] % (sizeof endings / sizeof *endings)]);
    FILE *f = fopen(path, "wb");
    if (!f)
        return 0;
    const int written = fwrite(data + 1, 1, size - 1, f) == size - 1;
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
