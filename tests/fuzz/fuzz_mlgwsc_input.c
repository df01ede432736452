/* fuzz_mlgwsc_input.c - any words of a virtual input (the first line) on any list of segments (the rest): it opens or is refused by a
 * sentence; what opens has segments in order, and a short one can be read. */
#include "sim/mlgwsc_input.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE GWS_MLGWSC_RATE_HZ
#define SHORT_S 16 /* what is read: a chunk is made whole */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_name(const char *name)
{
    gws_err err = {0};
    int n;
    gws_mlgwsc_set *m = gws_mlgwsc_input_open(name, NULL, &err);
    if (!m) {
        GWS_ASSERT(err.text[0]);
        return;
    }
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_set_segments(m, &n);
    GWS_ASSERT(n > 0);
    for (int i = 0; i < n; i++)
        GWS_ASSERT(s[i].start_s < s[i].end_s && (i == 0 || s[i - 1].end_s <= s[i].start_s));
    if (s[0].end_s - s[0].start_s <= SHORT_S) {
        double h[RATE];
        if (gws_mlgwsc_set_fill(m, 1, s[0].start_s * RATE, RATE, h, &err) == GWS_OK)
            GWS_ASSERT(isfinite(h[0]) && isfinite(h[RATE - 1]));
        else
            GWS_ASSERT(err.text[0]);
    }
    gws_mlgwsc_set_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *tmp = getenv("TMPDIR");
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t words = end ? (size_t)(end - data) : size;
    char folder[512], path[600], name[2000];
    snprintf(folder, sizeof folder, "%s/gws-fuzz-XXXXXX", tmp && *tmp ? tmp : P_tmpdir);
    if (words > 1000 || !mkdtemp(folder))
        return 0;
    snprintf(path, sizeof path, "%s/segments.csv", folder);
    snprintf(name, sizeof name, "sim:%.*s,data=%s", (int)words, (const char *)data, folder);
    FILE *f = fopen(path, "wb");
    if (f) {
        size_t rest = end ? size - words - 1 : 0;
        int written = fwrite(data + size - rest, 1, rest, f) == rest;
        if (fclose(f) == 0 && written)
            try_name(name);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}
