/* make_strain OUT.hdf KIND [SEED] - strain files that a user may hand in by mistake, in MLGWSC-1's layout.
 *   good      40 s of white noise in H1 and L1
 *   one       H1 alone
 *   nan       both, no sample a number
 *   zero      both, all zero
 *   constant  both, all 1e-21
 *   rate      both at 1000 Hz
 *   apart     both, 100 s apart
 *   short     both, 4 s
 *   gap       as good, 120 s, with a hole in each and one missing sample
 *   zeros     as good, from 20 s to 21 s zero in both
 *   start32   H1 with a start_time of float32
 *   named     H1 with a start_time 2 s before the second that the data set is named after
 *   lzf       H1 stored through the filter LZF, which libhdf5 does not have
 *   dq-H1, dq-L1  one detector, 40 s, in GWOSC's layout: CBC_CAT1 off from 33 s to 35 s, a CBC hardware injection from 38 s to 39 s,
 *             CBC_CAT2 of L1 off from 29 s to 31 s, a continuous-wave injection all the time
 *   event-H1, event-L1  one detector, in GWOSC's layout, 32 s at 4096 Hz, as the archive has of GW150914
 *   frame     H1:TEST-STRAIN in a frame of 16 s from GPS SEED on
 */
#include "base/rng.h"
#include "gwf/writer.h"
#include "strain/mlgwsc_writer.h"
#include "gw_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPS 1262304000
#define EVENT_GPS 1126259447
#define EVENT_HZ 4096
#define EVENT_S 32
#define FRAME_S 16
#define FRAME_HZ 2048

static int is(const char *kind, const char *word)
{
    return strcmp(kind, word) == 0;
}

/* H1 with what our own writer cannot write. */
static void write_odd(const char *path, const char *kind, const double *h, int64_t n)
{
    const double start_s = GPS - 2.0;
    const float rounded = (float)GPS;
    const hsize_t size = (hsize_t)n, chunk = 2048;
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t g = H5Gcreate2(f, "H1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(1, &size, NULL);
    hid_t p = H5Pcreate(H5P_DATASET_CREATE), one = H5Screate(H5S_SCALAR);
    char name[20];

    snprintf(name, sizeof name, "%d", GPS);
    H5Pset_chunk(p, 1, &chunk);
    if (is(kind, "lzf"))
        H5Pset_filter(p, 32000, H5Z_FLAG_OPTIONAL, 0, NULL);
    hid_t d = H5Dcreate2(g, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, p, H5P_DEFAULT);
    H5Dwrite(d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, h);
    file_attr_f64(d, "delta_t", 1.0 / 2048);
    if (is(kind, "start32")) {
        hid_t a = H5Acreate2(d, "start_time", H5T_IEEE_F32LE, one, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(a, H5T_NATIVE_FLOAT, &rounded);
        H5Aclose(a);
    } else {
        file_attr_f64(d, "start_time", is(kind, "named") ? start_s : GPS);
    }
    H5Dclose(d);
    H5Sclose(one);
    H5Pclose(p);
    H5Sclose(space);
    H5Gclose(g);
    H5Fclose(f);
}

static void write_dq(const char *path, const char *ifo, const double *h)
{
    uint32_t dq[40], inj[40];

    for (int t = 0; t < 40; t++) {
        dq[t] = 127u & ~(t == 33 || t == 34 ? 2u : 0u) & ~(is(ifo, "L1") && (t == 29 || t == 30) ? 4u : 0u);
        inj[t] = t == 38 ? 22 : 23;
    }
    struct gwosc_spec q = gwosc_spec_of(ifo, 2048, GPS, 40, h, dq);
    q.inj = inj;
    write_gwosc(path, &q);
}

static void write_event(const char *path, const char *ifo)
{
    static double h[EVENT_HZ * EVENT_S];
    uint32_t dq[EVENT_S];
    gws_rng r = gws_rng_init(9, "make_strain", is(ifo, "L1"));
    gws_rng_normal_at(&r, 0, h, EVENT_HZ * EVENT_S);
    for (int k = 0; k < EVENT_HZ * EVENT_S; k++)
        h[k] *= 1e-21;
    for (int t = 0; t < EVENT_S; t++)
        dq[t] = 127;
    const struct gwosc_spec q = gwosc_spec_of(ifo, EVENT_HZ, EVENT_GPS, EVENT_S, h, dq);
    write_gwosc(path, &q);
}

static int write_frame(const char *path, int64_t start_s)
{
    static double h[FRAME_HZ * FRAME_S];
    gws_err err = {0};
    gws_rng r = gws_rng_init((uint64_t)start_s, "make_strain", 0);
    gws_rng_normal_at(&r, 0, h, FRAME_HZ * FRAME_S);
    for (int k = 0; k < FRAME_HZ * FRAME_S; k++)
        h[k] *= 1e-21;
    const gws_gwf_channel_data c = {"H1:TEST-STRAIN", "strain", GWS_GWF_F8, h, FRAME_HZ * FRAME_S, 1.0 / FRAME_HZ, 0};
    gws_gwf_writer *w = gws_gwf_writer_create(path, "TEST", 1, &err);
    if (w && gws_gwf_writer_frame(w, INT64_C(1000000000) * start_s, FRAME_S, &c, 1, &err) == GWS_OK)
        return gws_gwf_writer_commit(w, &err) != GWS_OK;
    gws_gwf_writer_destroy(w);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 3 && is(argv[2], "frame"))
        return write_frame(argv[1], strtoll(argv[3], NULL, 10));
    if (argc > 2 && strncmp(argv[2], "event-", 6) == 0) {
        write_event(argv[1], argv[2] + 6);
        return 0;
    }
    const char *kind = argc > 2 ? argv[2] : "";
    const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 9;
    int rate_hz = is(kind, "rate") ? 1000 : 2048;
    int64_t n = (int64_t)rate_hz * (is(kind, "short") ? 4 : is(kind, "gap") ? 120 : 40);
    double *h = malloc(sizeof *h * (size_t)n);
    gws_err err = {0};
    gws_mlgwsc_writer *w = NULL;
    int odd = is(kind, "start32") || is(kind, "named") || is(kind, "lzf"), dq = strncmp(kind, "dq-", 3) == 0;

    if (argc < 3 || !h || (!odd && !dq && !(w = gws_mlgwsc_writer_create(argv[1], &err))))
        goto fail;
    for (int i = is(kind, "dq-L1"); i < (odd || dq || is(kind, "one") ? 1 + is(kind, "dq-L1") : 2); i++) {
        const char *ifo = i ? "L1" : "H1";
        int64_t begin = (int64_t)GPS * rate_hz + (is(kind, "apart") ? i * 100 * rate_hz : 0), hole = 50 * rate_hz + i * 8 * rate_hz;
        gws_rng r = gws_rng_init(seed, "make_strain", (uint64_t)i);
        gws_rng_normal_at(&r, 0, h, (size_t)n);
        for (int64_t k = 0; k < n; k++) {
            int zero = is(kind, "zero") || (is(kind, "zeros") && k / rate_hz == 20);
            h[k] = is(kind, "nan") ? (double)NAN : zero ? 0 : is(kind, "constant") ? 1e-21 : 1e-21 * h[k];
        }
        if (odd)
            write_odd(argv[1], kind, h, n);
        if (dq)
            write_dq(argv[1], ifo, h);
        if (odd || dq)
            continue;
        if (is(kind, "gap"))
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
    if (!w || gws_mlgwsc_writer_commit(w, &err) == GWS_OK)
        return 0;
    w = NULL;
fail:
    gws_mlgwsc_writer_destroy(w);
    fprintf(stderr, "make_strain: %s\n", err.text);
    return 1;
}
