/* make_strain OUT.hdf KIND - strain files that a user may hand in by mistake, in MLGWSC-1's layout.
 *   good    40 s of white noise in H1 and L1
 *   one     H1 alone
 *   nan     both, no sample a number
 *   zero    both, all zero
 *   rate    both at 1000 Hz
 *   apart   both, 100 s apart
 *   short   both, 4 s
 *   gap     as good, 120 s, with a hole in each and one missing sample
 */
#include "base/rng.h"
#include "gw/mlgwsc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPS 1262304000

int main(int argc, char **argv)
{
    const char *kind = argc > 2 ? argv[2] : "";
    int rate_hz = strcmp(kind, "rate") == 0 ? 1000 : 2048;
    int64_t n = (int64_t)rate_hz * (strcmp(kind, "short") == 0 ? 4 : strcmp(kind, "gap") == 0 ? 120 : 40);
    double *h = malloc(sizeof *h * (size_t)n);
    gws_err err = {0};
    gws_mlgwsc_writer *w = argc > 2 && h ? gws_mlgwsc_writer_create(argv[1], &err) : NULL;

    if (!w)
        goto fail;
    for (int i = 0; i < (strcmp(kind, "one") == 0 ? 1 : 2); i++) {
        const char *ifo = i ? "L1" : "H1";
        int64_t begin = (int64_t)GPS * rate_hz + (strcmp(kind, "apart") == 0 ? i * 100 * rate_hz : 0),
                hole = 50 * rate_hz + i * 8 * rate_hz;
        gws_rng r = gws_rng_init(9, "make_strain", (uint64_t)i);
        gws_rng_normal_at(&r, 0, h, (size_t)n);
        for (int64_t k = 0; k < n; k++)
            h[k] = strcmp(kind, "nan") == 0 ? (double)NAN : strcmp(kind, "zero") == 0 ? 0 : 1e-21 * h[k];
        if (strcmp(kind, "gap") == 0)
            h[30 * rate_hz + 77 * i] = (double)NAN;
        else
            hole = n;
        if (gws_mlgwsc_writer_segment(w, ifo, rate_hz, begin, &err) != GWS_OK ||
            gws_mlgwsc_writer_append_f64(w, ifo, h, hole, &err) != GWS_OK)
            goto fail;
        if (hole + 3 * rate_hz < n && (gws_mlgwsc_writer_segment(w, ifo, rate_hz, begin + hole + 3 * rate_hz, &err) != GWS_OK ||
                                       gws_mlgwsc_writer_append_f64(w, ifo, h + hole, n - hole - 3 * rate_hz, &err) != GWS_OK))
            goto fail;
    }
    free(h);
    if (gws_mlgwsc_writer_commit(w, &err) == GWS_OK)
        return 0;
    w = NULL;
fail:
    gws_mlgwsc_writer_destroy(w);
    fprintf(stderr, "make_strain: %s\n", err.text);
    return 1;
}
