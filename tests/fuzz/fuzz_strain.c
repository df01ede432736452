/* fuzz_strain.c - any bytes as a strain file: inspected, opened, and where it opens, its edges are read.  Whatever happens, a
 * refusal has its sentence, spans are in order, and what is read is finite or NaN. */
#include "strain/inspect.h"
#include "strain/strain.h"
#include "fuzz/file_input.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096

static void read_some(gws_strain_set *s, int ifo, int64_t begin, int64_t end)
{
    static double x[MOST];
    gws_err err = {0};
    if (gws_strain_read(s, ifo, begin, end, x, &err) != GWS_OK) {
        GWS_ASSERT(err.text[0] != '\0');
        return;
    }
    for (int64_t i = 0; i < end - begin; i++)
        GWS_ASSERT(isfinite(x[i]) || isnan(x[i]));
}

static void try_file(const char *path)
{
    gws_strain_file file;
    gws_err err = {0};
    gws_status st = gws_strain_inspect(path, NULL, &file, &err);
    GWS_ASSERT(st == GWS_OK || (err.text[0] && !file.segments));
    gws_strain_file_clear(&file);
    memset(&err, 0, sizeof err);
    const char *twice[2] = {path, path}; /* the same file twice is an overlap that agrees with itself */
    gws_strain_set *s = gws_strain_open(twice, 2, &err);
    GWS_ASSERT(s || err.text[0]);
    for (int k = 0; s && k < gws_strain_ifos(s); k++) {
        gws_strain_info info;
        gws_strain_describe(s, k, &info);
        GWS_ASSERT(info.rate_hz > 0 && info.n_spans > 0);
        for (int i = 0; i < info.n_spans; i++) {
            int64_t begin = info.spans[i].begin, end = info.spans[i].end;
            GWS_ASSERT(begin < end && (i == 0 || info.spans[i - 1].end < begin));
            read_some(s, k, begin - 5, begin + MOST / 2);
            read_some(s, k, end - MOST / 2, end + 5);
        }
    }
    gws_strain_destroy(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
