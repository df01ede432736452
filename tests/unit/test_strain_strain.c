/* Unit tests of strain/strain.h, strain/gwosc.h, strain/mlgwsc.h, strain/quality.h on synthetic files.  Truth: what the test wrote into the file
 * (through libhdf5, not through the code under test), and the rules of the headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"
#include "strain/inspect.h"
#include "strain/mlgwsc_writer.h"
#include "strain/strain.h"
#include "gw_files.h"

#include <dirent.h>
#include <math.h>
#include <sys/stat.h>

#define GPS INT64_C(1126259446)

static char folder[256];
static double ramp[1 << 16];

static const char *at(const char *name)
{
    static char path[8][600];
    static int k;
    k = (k + 1) % 8;
    snprintf(path[k], sizeof path[k], "%s/%s", folder, name);
    return path[k];
}

static int set_up(void **state)
{
    for (size_t i = 0; i < sizeof ramp / sizeof ramp[0]; i++)
        ramp[i] = 1e-21 * (1.0 + (double)i);
    return make_folder(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    return rmdir(folder);
}

static gws_strain_set *open1(const char *path)
{
    gws_err err = {0};
    gws_strain_set *s = gws_strain_open(&path, 1, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

/* Opening (or, should it open, reading everything) must fail with one sentence that names the file and contains `word`. */
static void refuse(const char *path, const char *word)
{
    gws_err err = {0};
    gws_strain_set *s = gws_strain_open(&path, 1, &err);
    if (s)
        fail_msg("%s: opened", path);
    const char *base = strrchr(path, '/') + 1;
    if (err.status == GWS_OK || !strstr(err.text, base) || !strstr(err.text, word) || strchr(err.text, '\n'))
        fail_msg("%s: wanted a sentence with \"%s\", got \"%s\"", base, word, err.text);
    gws_strain_file info;
    assert_int_not_equal(gws_strain_inspect(path, NULL, &info, NULL), GWS_OK);
    assert_null(info.segments);
    assert_null(gws_strain_open(&path, 1, NULL)); /* the sentence is optional */
}

static void both_string_kinds_read_alike(void **state)
{
    static const uint32_t dq[4] = {127, 127, 127, 127}, inj[4] = {23, 31, 31, 31};
    for (int fixed = 0; fixed < 2; fixed++) {
        struct gwosc_spec q = gwosc_spec_of("L1", 4096, GPS, 4, ramp, dq);
        q.fixed_strings = fixed;
        q.inj = inj;
        const char *path = at("L-L1_TEST-4.hdf5");
        write_gwosc(path, &q);
        gws_strain_set *s = open1(path);
        gws_strain_info info;
        assert_int_equal(gws_strain_ifos(s), 1);
        gws_strain_describe(s, 0, &info);
        assert_string_equal(info.ifo, "L1");
        assert_int_equal(info.rate_hz, 4096);
        assert_int_equal(info.n_spans, 1);
        assert_int_equal(info.spans[0].begin, GPS * 4096);
        assert_int_equal(info.spans[0].end, (GPS + 4) * 4096);
        double out[4 * 4096];
        assert_int_equal(gws_strain_read(s, 0, GPS * 4096, (GPS + 4) * 4096, out, NULL), GWS_OK);
        assert_memory_equal(out, ramp, sizeof out);
        gws_strain_destroy(s);

        gws_strain_file file;
        assert_int_equal(gws_strain_inspect(path, NULL, &file, NULL), GWS_OK);
        assert_string_equal(file.format->name, "GWOSC HDF5");
        assert_int_equal(file.n_segments, 1);
        assert_int_equal(file.segments[0].n, 4 * 4096);
        assert_int_equal(file.n_masks, 1);
        assert_int_equal(file.masks[0].quality.n, 4);
        assert_int_equal(file.masks[0].quality.n_dq, 7);
        assert_int_equal(file.masks[0].quality.n_inj, 5);
        assert_string_equal(file.masks[0].quality.dq_name[6], "BURST_CAT3");
        assert_int_equal(gws_quality_bit((const char(*)[24])file.masks[0].quality.inj_name, 5, "NO_CW_HW_INJ"), 3);
        assert_int_equal(gws_quality_bit((const char(*)[24])file.masks[0].quality.inj_name, 5, "NO_SUCH"), -1);
        assert_true(file.masks[0].dq_good[0] == 1.0 && file.masks[0].inj_good[3] == 0.75 && file.masks[0].inj_good[4] == 1.0);
        assert_int_equal(file.masks[0].quality.inj[0], 23);
        gws_strain_file_clear(&file);
    }
}

static void nan_infinity_and_the_data_bit_are_gaps(void **state)
{
    enum { RATE = 256, SECONDS = 6, N = RATE * SECONDS };
    static double h[N], out[N + 20];
    /* second 2 lacks DATA though it holds numbers; second 4 has DATA but holds NaN; CBC_CAT1 is clear in second 0 */
    static const uint32_t dq[SECONDS] = {125, 127, 126, 127, 127, 127};
    memcpy(h, ramp, sizeof h);
    for (int i = 4 * RATE; i < 5 * RATE; i++)
        h[i] = (double)NAN;
    h[7] = (double)INFINITY;
    for (int swap = 0; swap < 2; swap++) {
        struct gwosc_spec q = gwosc_spec_of("H1", RATE, GPS, SECONDS, h, dq);
        q.swap_names = swap; /* DATA on bit 1: now second 0 is absent and second 2 is there */
        const char *path = at("gaps.hdf5");
        write_gwosc(path, &q);
        const gws_strain_use use = {.cat1 = 1};
        gws_strain_set *s = gws_strain_open_use(&path, 1, &use, NULL);
        assert_non_null(s);
        int64_t begin = GPS * RATE - 10;
        assert_int_equal(gws_strain_read(s, 0, begin, begin + N + 20, out, NULL), GWS_OK);
        int absent = swap ? 0 : 2;
        for (int i = -10; i < N + 10; i++) {
            int gap = i < 0 || i >= N || i / RATE == absent || i / RATE == 4 || i == 7;
            if (gap ? !isnan(out[i + 10]) : out[i + 10] != h[i])
                fail_msg("sample %d is %g", i, out[i + 10]);
        }
        /* any part of it reads the same */
        for (int a = 0; a < N; a += 97) {
            double part[300];
            int n = N + 20 - a < 300 ? N + 20 - a : 300;
            assert_int_equal(gws_strain_read(s, 0, begin + a, begin + a + n, part, NULL), GWS_OK);
            for (int i = 0; i < n; i++)
                assert_true(part[i] == out[a + i] || (isnan(part[i]) && isnan(out[a + i])));
        }
        gws_strain_destroy(s);
    }
}

/* Second 1 lacks CBC_CAT1, second 2 has a burst injected, second 3 a continuous wave, second 4 lacks CBC_CAT3. */
static const uint32_t some_dq[6] = {127, 125, 127, 127, 119, 127}, some_inj[6] = {31, 31, 29, 23, 31, 31};

static void category_1_and_injections_are_gaps_unless_wanted(void **state)
{
    enum { RATE = 256, SECONDS = 6 };
    struct gwosc_spec q = gwosc_spec_of("H1", RATE, GPS, SECONDS, ramp, some_dq);
    q.inj = some_inj;
    const char *path = at("dq.hdf5");
    write_gwosc(path, &q);
    for (int k = 0; k < 4; k++) {
        const gws_strain_use use = {.cat1 = k & 1, .injections = k >> 1};
        gws_strain_set *s = gws_strain_open_use(&path, 1, &use, NULL);
        double out[SECONDS * RATE];
        gws_strain_losses loss;
        assert_non_null(s);
        for (int at_s = 0; at_s < SECONDS; at_s += 2) /* overlapping reads count a sample once */
            assert_int_equal(gws_strain_read(s, 0, (GPS + at_s / 2) * RATE, (GPS + at_s + 2) * RATE, out, NULL), GWS_OK);
        assert_int_equal(gws_strain_read(s, 0, GPS * RATE, (GPS + SECONDS) * RATE, out, NULL), GWS_OK);
        gws_strain_get_losses(s, 0, &loss);
        for (int i = 0; i < SECONDS * RATE; i++) {
            gws_gap want = i / RATE == 1 && !use.cat1         ? GWS_GAP_CAT1
                           : i / RATE == 2 && !use.injections ? GWS_GAP_INJECTION
                                                              : GWS_GAP_NONE;
            assert_int_equal(gws_gap_of(out[i]), want);
            assert_true(want != GWS_GAP_NONE || out[i] == ramp[i]);
        }
        assert_int_equal(loss.read, SECONDS * RATE);
        assert_int_equal(loss.lost[GWS_GAP_CAT1], use.cat1 ? 0 : RATE);
        assert_int_equal(loss.lost[GWS_GAP_INJECTION], use.injections ? 0 : RATE);
        assert_int_equal(loss.lost[GWS_GAP_NOT_FINITE] + loss.lost[GWS_GAP_DATA] + loss.lost[GWS_GAP_REPEATED], 0);
        gws_strain_destroy(s);
    }
    /* What one file excludes, another that covers the same time and says nothing does not bring back. */
    struct gwosc_spec plain = gwosc_spec_of("H1", RATE, GPS, SECONDS, ramp, NULL);
    write_gwosc(at("plain.hdf5"), &plain);
    for (int order = 0; order < 2; order++) {
        const char *paths[] = {at(order ? "plain.hdf5" : "dq.hdf5"), at(order ? "dq.hdf5" : "plain.hdf5")};
        gws_strain_set *s = gws_strain_open(paths, 2, NULL);
        double out[SECONDS * RATE];
        assert_non_null(s);
        assert_int_equal(gws_strain_read(s, 0, GPS * RATE, (GPS + SECONDS) * RATE, out, NULL), GWS_OK);
        assert_int_equal(gws_gap_of(out[RATE]), GWS_GAP_CAT1);
        assert_int_equal(gws_gap_of(out[2 * RATE]), GWS_GAP_INJECTION);
        assert_true(out[3 * RATE] == ramp[3 * RATE]);
        gws_strain_destroy(s);
    }
}

static void flags_are_the_bits_that_fail_by_their_names(void **state)
{
    enum { RATE = 256, SECONDS = 6 };
    for (int swap = 0; swap < 2; swap++) {
        struct gwosc_spec q = gwosc_spec_of("H1", RATE, GPS, SECONDS, ramp, some_dq);
        q.inj = some_inj;
        q.swap_names = swap;
        write_gwosc(at("dq.hdf5"), &q);
        struct gwosc_spec next = gwosc_spec_of("H1", RATE, GPS + SECONDS, SECONDS, ramp, some_dq);
        write_gwosc(at("next.hdf5"), &next);
        const char *paths[] = {at("dq.hdf5"), at("next.hdf5")};
        gws_strain_set *s = gws_strain_open(paths, 2, NULL);
        gws_strain_flags f;
        assert_non_null(s);
        const int64_t t0 = GPS * GWS_NS;
        const struct {
            double from_s, to_s;
            int n;
            const char *first, *last;
        } want[] = {
            {0.1, 0.9, 0, "", ""},
            {1.1, 1.2, 1, swap ? "DATA" : "CBC_CAT1", swap ? "DATA" : "CBC_CAT1"},
            {0.9, 1.0, 1, swap ? "DATA" : "CBC_CAT1", swap ? "DATA" : "CBC_CAT1"},
            {2.5, 2.5, 1, "NO_BURST_HW_INJ", "NO_BURST_HW_INJ"},
            {3.2, 3.8, 0, "", ""}, /* a continuous wave is no news */
            {4.5, 4.5, 1, "CBC_CAT3", "CBC_CAT3"},
            {1.5, 4.5, 3, swap ? "DATA" : "CBC_CAT1", "NO_BURST_HW_INJ"},
            {4.5, 7.5, 2, "CBC_CAT3", "CBC_CAT1"}, /* from one file into the next, which never swaps */
            {20, 21, 0, "", ""},
        };
        for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
            assert_int_equal(
                gws_strain_get_flags(s, 0, t0 + (int64_t)(want[i].from_s * 1e9), t0 + (int64_t)(want[i].to_s * 1e9), &f, NULL),
                GWS_OK);
            assert_int_equal(f.n, want[i].n);
            assert_string_equal(f.n ? f.name[0] : "", want[i].first);
            assert_string_equal(f.n ? f.name[f.n - 1] : "", want[i].last);
        }
        gws_strain_destroy(s);
    }
}

static void whitened_strain_is_no_strain(void **state)
{
    gws_err err = {0};
    const char *path = at("white");
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, &err);
    assert_non_null(w);
    assert_int_equal(gws_mlgwsc_writer_segment(w, "H1", 2048, GPS * 2048, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_append_f64(w, "H1", ramp, 4096, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_whitened(w, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_commit(w, &err), GWS_OK);
    assert_null(gws_strain_open(&path, 1, &err));
    assert_int_equal(err.status, GWS_EDATA);
    assert_non_null(strstr(err.text, "white: whitened strain"));
    const gws_strain_use use = {.whitened = 1};
    gws_strain_set *s = gws_strain_open_use(&path, 1, &use, &err);
    assert_non_null(s);
    gws_strain_destroy(s);
    gws_strain_file file;
    assert_int_equal(gws_strain_inspect(path, NULL, &file, NULL), GWS_OK);
    assert_true(file.whitened);
    gws_strain_file_clear(&file);
}

static void files_of_a_detector_are_joined_in_time(void **state)
{
    enum { RATE = 128 };
    static const uint32_t dq[4] = {127, 127, 127, 127};
    struct gwosc_spec a = gwosc_spec_of("H1", RATE, GPS, 4, ramp, dq);
    struct gwosc_spec b = gwosc_spec_of("H1", RATE, GPS + 4, 4, ramp + 4 * RATE, dq);
    struct gwosc_spec c = gwosc_spec_of("H1", RATE, GPS + 10, 4, ramp + 10 * RATE, dq);
    struct gwosc_spec l = gwosc_spec_of("L1", 2 * RATE, GPS, 4, ramp, dq);
    write_gwosc(at("a"), &a);
    write_gwosc(at("b"), &b);
    write_gwosc(at("c"), &c);
    write_gwosc(at("l"), &l);
    const char *paths[] = {at("c"), at("l"), at("a"), at("b")};
    gws_strain_set *s = gws_strain_open(paths, 4, NULL);
    assert_non_null(s);
    assert_int_equal(gws_strain_ifos(s), 2);
    assert_int_equal(gws_strain_find(s, "H1"), 0);
    assert_int_equal(gws_strain_find(s, "L1"), 1);
    assert_int_equal(gws_strain_find(s, "V1"), -1);
    gws_strain_info info;
    gws_strain_describe(s, 0, &info);
    assert_int_equal(info.n_files, 3);
    assert_int_equal(info.n_spans, 2);
    assert_int_equal(info.spans[0].begin, GPS * RATE);
    assert_int_equal(info.spans[0].end, (GPS + 8) * RATE);
    assert_int_equal(info.spans[1].begin, (GPS + 10) * RATE);
    double out[14 * RATE];
    assert_int_equal(gws_strain_read(s, 0, GPS * RATE, (GPS + 14) * RATE, out, NULL), GWS_OK);
    for (int i = 0; i < 14 * RATE; i++)
        if (i / RATE == 8 || i / RATE == 9 ? !isnan(out[i]) : out[i] != ramp[i])
            fail_msg("sample %d is %g", i, out[i]);
    const char *sha = gws_strain_sha256(s, NULL);
    assert_non_null(sha);
    assert_int_equal(strlen(sha), 4 * (64 + 2 + 1 + 1));
    assert_non_null(strstr(sha, "  l\n"));
    gws_strain_destroy(s);
}

static void overlapping_files_must_agree(void **state)
{
    enum { RATE = 64 };
    static const uint32_t good[6] = {127, 127, 127, 127, 127, 127}, hole[6] = {127, 127, 126, 127, 127, 127};
    static double other[6 * RATE];
    struct gwosc_spec a = gwosc_spec_of("H1", RATE, GPS, 6, ramp, hole);
    struct gwosc_spec b = gwosc_spec_of("H1", RATE, GPS + 1, 3, ramp + RATE, good);
    write_gwosc(at("a"), &a);
    write_gwosc(at("b"), &b);
    const char *paths[] = {at("a"), at("b"), at("a")};
    gws_strain_set *s = gws_strain_open(paths, 3, NULL);
    assert_non_null(s);
    double out[6 * RATE];
    gws_strain_info info;
    gws_strain_describe(s, 0, &info);
    assert_int_equal(info.n_spans, 1);
    assert_int_equal(gws_strain_read(s, 0, GPS * RATE, (GPS + 6) * RATE, out, NULL), GWS_OK);
    assert_memory_equal(out, ramp, sizeof out); /* b fills the second that a lacks */
    gws_strain_destroy(s);

    memcpy(other, ramp, sizeof other);
    other[3 * RATE] *= 1.0 + 1e-12;
    struct gwosc_spec c = gwosc_spec_of("H1", RATE, GPS, 6, other, good);
    write_gwosc(at("c"), &c);
    paths[2] = at("c");
    s = gws_strain_open(paths, 3, NULL);
    assert_non_null(s);
    gws_err err = {0};
    assert_int_equal(gws_strain_read(s, 0, GPS * RATE, (GPS + 6) * RATE, out, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "/c: H1 differs"));
    assert_non_null(strstr(err.text, "1126259449.0"));
    gws_strain_destroy(s);
}

static void broken_gwosc_files_are_refused_in_one_sentence(void **state)
{
    static const uint32_t dq[8] = {127, 127, 127, 127, 127, 127, 127, 127};
    const struct gwosc_spec good = gwosc_spec_of("H1", 4096, GPS, 4, ramp, dq);
    struct gwosc_spec q;

    FILE *f = fopen(at("text"), "w");
    fputs("GPS strain\n1 2\n", f);
    fclose(f);
    refuse(at("text"), "HDF5");
    f = fopen(at("empty"), "w");
    fclose(f);
    refuse(at("empty"), "empty");
    f = fopen(at("frame.gwf"), "w");
    fputs("IGWD\0\10\0\0", f);
    fclose(f);
    refuse(at("frame.gwf"), "4 bytes are no frame file");
    refuse(at("missing"), "");
    mkdir(at("folder"), 0700);
    refuse(at("folder"), "");
    rmdir(at("folder"));

    write_gwosc(at("cut"), &good);
    struct stat st;
    assert_int_equal(stat(at("cut"), &st), 0);
    assert_int_equal(truncate(at("cut"), st.st_size / 2), 0);
    refuse(at("cut"), "HDF5");

    q = good;
    q.spacing_s = 1.0 / 4096.5;
    write_gwosc(at("rate"), &q);
    refuse(at("rate"), "whole number of Hz");
    q.spacing_s = (double)NAN;
    write_gwosc(at("rate"), &q);
    refuse(at("rate"), "whole number of Hz");
    q.spacing_s = 0.0;
    write_gwosc(at("rate"), &q);
    refuse(at("rate"), "whole number of Hz");

    q = good;
    q.npoints = 4096;
    write_gwosc(at("npoints"), &q);
    refuse(at("npoints"), "Npoints");
    q = good;
    q.duration_s = 5;
    write_gwosc(at("duration"), &q);
    refuse(at("duration"), "Duration");
    q = good;
    q.xstart++;
    write_gwosc(at("xstart"), &q);
    refuse(at("xstart"), "Xstart");
    q = good;
    q.n_mask = 3;
    write_gwosc(at("mask"), &q);
    refuse(at("mask"), "DQmask");
    q = good;
    q.ifo = "Hanford";
    write_gwosc(at("ifo"), &q);
    refuse(at("ifo"), "Hanford");
    q = gwosc_spec_of("H1", 4096, GPS, 0, NULL, NULL);
    write_gwosc(at("zero"), &q);
    refuse(at("zero"), "no sample");
    q = good;
    q.gps_s = q.xstart = INT64_MAX - 1;
    write_gwosc(at("gps"), &q);
    refuse(at("gps"), "GPS");
}

static void absurd_sizes_allocate_nothing(void **state)
{
    /* consistent headers that claim 2^40 samples in an array of no chunk */
    struct gwosc_spec q = gwosc_spec_of("H1", 4096, GPS, INT64_C(1) << 28, NULL, NULL);
    write_gwosc(at("large"), &q);
    refuse(at("large"), "Duration");
    q.dq = (const uint32_t[1]){127};
    q.n_mask = 1;
    write_gwosc(at("large"), &q);
    refuse(at("large"), "Duration");
    q = gwosc_spec_of("H1", 4096, GPS, 4, NULL, NULL);
    q.duration_s = INT64_MAX;
    write_gwosc(at("overflow"), &q);
    refuse(at("overflow"), "Duration");
}

static void rates_and_detectors_that_do_not_go_together_are_refused(void **state)
{
    struct gwosc_spec a = gwosc_spec_of("H1", 64, GPS, 4, ramp, NULL), b = gwosc_spec_of("H1", 128, GPS + 4, 4, ramp, NULL);
    write_gwosc(at("a"), &a);
    write_gwosc(at("b"), &b);
    const char *two[] = {at("a"), at("b")};
    gws_err err = {0};
    assert_null(gws_strain_open(two, 2, &err));
    assert_non_null(strstr(err.text, "64 Hz"));
    assert_non_null(strstr(err.text, "128 Hz"));
    static const char *names[GWS_MAX_IFO + 1] = {"A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1", "I1"};
    char store[GWS_MAX_IFO + 1][600];
    const char *many[GWS_MAX_IFO + 1];
    for (int i = 0; i <= GWS_MAX_IFO; i++) {
        a.ifo = names[i];
        snprintf(store[i], sizeof store[i], "%s/%s", folder, names[i]);
        write_gwosc(store[i], &a);
        many[i] = store[i];
    }
    gws_strain_set *s = gws_strain_open(many, GWS_MAX_IFO, &err);
    assert_non_null(s);
    gws_strain_destroy(s);
    assert_null(gws_strain_open(many, GWS_MAX_IFO + 1, &err));
    assert_non_null(strstr(err.text, "I1"));
    assert_null(gws_strain_open(many, 0, &err));
}

/* ---- MLGWSC-1 ---- */

static void series(hid_t f, const char *name, hid_t type, int64_t n, const double *x, double start_s, double delta_s)
{
    hid_t d = file_array(f, name, type, H5T_NATIVE_DOUBLE, n, x);
    file_attr_f64(d, "start_time", start_s);
    file_attr_f64(d, "delta_t", delta_s);
    H5Dclose(d);
}

static hid_t create_with_groups(const char *path)
{
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(f, "H1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(H5Gcreate2(f, "L1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    return f;
}

static void mlgwsc_segments_of_both_detectors_read_as_written(void **state)
{
    enum { RATE = 2048, N = 5 * RATE };
    hid_t f = create_with_groups(at("fg.hdf"));
    double third = 1.0 / RATE * (1.0 + 1e-9); /* delta_t off by rounding */
    series(f, "/H1/9999", H5T_IEEE_F64LE, N, ramp, 9999.0, third);
    series(f, "/H1/10010", H5T_IEEE_F64LE, 777, ramp + 11 * RATE, 10010.0, third); /* sorted as a number, not as text */
    series(f, "/L1/9999", H5T_IEEE_F32LE, N, ramp, 9999.0, third);
    series(f, "/L1/10010", H5T_IEEE_F32LE, 777, ramp, 10010.0, third);
    series(f, "/L1/10020", H5T_IEEE_F32LE, 0, ramp, 10020.0, third);
    file_attr_i64(f, "sample_rate", 1); /* root attributes are never relied on */
    H5Fclose(f);
    gws_strain_set *s = open1(at("fg.hdf"));
    assert_int_equal(gws_strain_ifos(s), 2);
    for (int k = 0; k < 2; k++) {
        gws_strain_info info;
        gws_strain_describe(s, k, &info);
        assert_string_equal(info.ifo, k ? "L1" : "H1");
        assert_int_equal(info.rate_hz, RATE);
        assert_int_equal(info.n_spans, 2);
        assert_int_equal(info.n_files, 1);
        assert_int_equal(info.spans[0].begin, INT64_C(9999) * RATE);
        assert_int_equal(info.spans[0].end, INT64_C(9999) * RATE + N);
        assert_int_equal(info.spans[1].begin, INT64_C(10010) * RATE);
        assert_int_equal(info.spans[1].end, INT64_C(10010) * RATE + 777);
    }
    static double out[12 * RATE];
    assert_int_equal(gws_strain_read(s, 0, INT64_C(9999) * RATE, INT64_C(10011) * RATE, out, NULL), GWS_OK);
    for (int i = 0; i < 12 * RATE; i++)
        if (i < N || (i >= 11 * RATE && i < 11 * RATE + 777) ? out[i] != ramp[i] : !isnan(out[i]))
            fail_msg("sample %d is %g", i, out[i]);
    assert_int_equal(gws_strain_read(s, 1, INT64_C(9999) * RATE, INT64_C(9999) * RATE + N, out, NULL), GWS_OK);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == (double)(float)ramp[i]);
    gws_strain_destroy(s);
    gws_strain_file file;
    assert_int_equal(gws_strain_inspect(at("fg.hdf"), NULL, &file, NULL), GWS_OK);
    assert_string_equal(file.format->name, "MLGWSC-1 HDF5");
    assert_int_equal(file.n_segments, 4);
    assert_string_equal(file.segments[1].path, "/H1/10010");
    assert_string_equal(file.segments[3].ifo, "L1");
    assert_int_equal(file.n_masks, 0);
    gws_strain_file_clear(&file);
}

/* A float32 start_time of GPS 1300000002 reads as 1300000000; the name of the data set knows better. */
static void a_start_that_is_rounded_or_contradicts_the_name_is_refused(void **state)
{
    const float rounded = 1300000002.0F;
    hid_t f = create_with_groups(at("f32")), d = file_array(f, "/H1/1300000002", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 100, ramp);
    hid_t s = H5Screate(H5S_SCALAR), a = H5Acreate2(d, "start_time", H5T_IEEE_F32LE, s, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(a, H5T_NATIVE_FLOAT, &rounded);
    H5Aclose(a);
    H5Sclose(s);
    file_attr_f64(d, "delta_t", 1.0 / 2048);
    H5Dclose(d);
    H5Fclose(f);
    refuse(at("f32"), "float32");

    struct gwosc_spec q = gwosc_spec_of("H1", 256, 1300000000, 2, ramp, NULL); /* a multiple of 128 s, so that Xstart agrees */
    q.start_f32 = 1;
    write_gwosc(at("gwosc32"), &q);
    refuse(at("gwosc32"), "meta/GPSstart is float32");

    f = create_with_groups(at("name"));
    series(f, "/H1/1300000002", H5T_IEEE_F64LE, 100, ramp, 1300000000.0, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("name"), "named after GPS second 1300000002");

    /* whole seconds of a start between two, our own writer's second name for a second, a running number, a word */
    f = create_with_groups(at("fine"));
    series(f, "/H1/1300000002", H5T_IEEE_F64LE, 100, ramp, 1300000002.5, 1.0 / 2048);
    series(f, "/H1/1300000002-1536", H5T_IEEE_F64LE, 100, ramp, 1300000002.75, 1.0 / 2048);
    series(f, "/H1/7", H5T_IEEE_F64LE, 100, ramp, 1300000010.0, 1.0 / 2048);
    series(f, "/H1/strain", H5T_IEEE_F64LE, 100, ramp, 1300000020.0, 1.0 / 2048);
    H5Fclose(f);
    gws_strain_destroy(open1(at("fine")));
}

static void broken_mlgwsc_files_are_refused_in_one_sentence(void **state)
{
    hid_t f = create_with_groups(at("none"));
    H5Fclose(f);
    refuse(at("none"), "no sample");

    f = create_with_groups(at("rate"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 100, ramp, 100.0, 1.0 / 2048.4);
    H5Fclose(f);
    refuse(at("rate"), "whole number of Hz");

    f = create_with_groups(at("negative"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 100, ramp, 100.0, -1.0 / 2048);
    H5Fclose(f);
    refuse(at("negative"), "whole number of Hz");

    f = create_with_groups(at("grid"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 100, ramp, 100.0001, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("grid"), "grid");

    f = create_with_groups(at("time"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 100, ramp, 1e300, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("time"), "GPS");

    f = create_with_groups(at("overlap"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 2049, ramp, 100.0, 1.0 / 2048);
    series(f, "/H1/101", H5T_IEEE_F64LE, 2048, ramp, 101.0, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("overlap"), "overlap");

    f = create_with_groups(at("two"));
    series(f, "/H1/100", H5T_IEEE_F64LE, 20, ramp, 100.0, 1.0 / 2048);
    series(f, "/H1/101", H5T_IEEE_F64LE, 20, ramp, 101.0, 1.0 / 4096);
    H5Fclose(f);
    refuse(at("two"), "4096 Hz");

    f = create_with_groups(at("integer"));
    series(f, "/L1/100", H5T_STD_I32LE, 20, ramp, 100.0, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("integer"), "/L1/100");

    f = create_with_groups(at("attr"));
    H5Dclose(file_array(f, "/H1/100", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 20, ramp));
    H5Fclose(f);
    refuse(at("attr"), "delta_t");

    f = create_with_groups(at("large"));
    series(f, "/H1/100", H5T_IEEE_F64LE, INT64_C(1) << 50, NULL, 100.0, 1.0 / 2048);
    H5Fclose(f);
    refuse(at("large"), "samples");

    f = H5Fcreate(at("other"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(f, "weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(f);
    refuse(at("other"), "not of strain");
}

static void what_the_writer_writes_is_the_challenges_layout(void **state)
{
    enum { RATE = 2048 };
    static float w[3000];
    gws_err err = {0};
    for (int i = 0; i < 3000; i++)
        w[i] = (float)sin(0.1 * i);
    gws_mlgwsc_writer *out = gws_mlgwsc_writer_create(at("out.hdf"), &err);
    assert_non_null(out);
    int64_t begin = GPS * RATE + 1000;
    assert_int_equal(gws_mlgwsc_writer_segment(out, "H1", RATE, GPS * RATE, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_segment(out, "L1", RATE, begin, &err), GWS_OK);
    for (int i = 0; i < 3000; i += 1000) { /* interleaved */
        assert_int_equal(gws_mlgwsc_writer_append_f64(out, "H1", ramp + i, 1000, &err), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_append_f32(out, "L1", w + i, 1000, &err), GWS_OK);
    }
    assert_int_equal(gws_mlgwsc_writer_segment(out, "L1", RATE, begin + 3010, &err), GWS_OK); /* left empty */
    assert_int_equal(gws_mlgwsc_writer_segment(out, "L1", RATE, begin + 3020, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_append_f32(out, "L1", w, 10, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_segment(out, "L1", RATE, begin + 3040, &err), GWS_OK); /* within the same second */
    assert_int_equal(gws_mlgwsc_writer_append_f32(out, "L1", w, 10, &err), GWS_OK);
    for (int k = 0; k < 40; k++) { /* more segments than data sets may grow at once */
        assert_int_equal(gws_mlgwsc_writer_segment(out, "L1", RATE, (GPS + 10 + k) * RATE, &err), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_append_f32(out, "L1", w + k, 5, &err), GWS_OK);
    }
    assert_int_equal(gws_mlgwsc_writer_segment(out, "Livingston", RATE, 0, &err), GWS_EARG);
    assert_int_equal(gws_h5_put_attr_i64(gws_mlgwsc_writer_h5(out), "/", "seed", 7, &err), GWS_OK);
    assert_int_not_equal(access(at("out.hdf"), F_OK), 0); /* not there before commit */
    assert_int_equal(gws_mlgwsc_writer_commit(out, &err), GWS_OK);

    /* read with libhdf5 alone */
    hid_t f = H5Fopen(at("out.hdf"), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(f >= 0);
    hid_t d = H5Dopen2(f, "/L1/1126259446", H5P_DEFAULT);
    assert_true(d >= 0);
    hid_t t = H5Dget_type(d), a = H5Aopen(d, "start_time", H5P_DEFAULT);
    assert_true(H5Tequal(t, H5T_IEEE_F32LE) > 0);
    double v = 0.0;
    float back[3000];
    assert_true(H5Aread(a, H5T_NATIVE_DOUBLE, &v) >= 0 && v == (double)GPS + 1000.0 / RATE);
    H5Aclose(a);
    a = H5Aopen(d, "delta_t", H5P_DEFAULT);
    assert_true(H5Aread(a, H5T_NATIVE_DOUBLE, &v) >= 0 && v == 1.0 / RATE);
    H5Aclose(a);
    assert_true(H5Dread(d, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, back) >= 0);
    assert_memory_equal(back, w, sizeof w);
    H5Tclose(t);
    H5Dclose(d);
    H5Fclose(f);

    /* and with the reader */
    gws_strain_set *s = open1(at("out.hdf"));
    gws_strain_info info;
    gws_strain_describe(s, 0, &info);
    assert_int_equal(info.n_spans, 1);
    gws_strain_describe(s, 1, &info);
    assert_int_equal(info.n_spans, 43);
    assert_int_equal(info.spans[0].begin, begin);
    assert_int_equal(info.spans[1].begin, begin + 3020);
    assert_int_equal(info.spans[2].begin, begin + 3040);
    assert_int_equal(info.spans[42].end, (GPS + 49) * RATE + 5);
    double x[3000];
    assert_int_equal(gws_strain_read(s, 0, GPS * RATE, GPS * RATE + 3000, x, NULL), GWS_OK);
    assert_memory_equal(x, ramp, sizeof x);
    gws_strain_destroy(s);
}

static void a_writer_given_up_leaves_nothing(void **state)
{
    gws_mlgwsc_writer *out = gws_mlgwsc_writer_create(at("gone.hdf"), NULL);
    assert_non_null(out);
    assert_int_equal(gws_mlgwsc_writer_segment(out, "H1", 2048, 0, NULL), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_append_f64(out, "H1", ramp, 100, NULL), GWS_OK);
    gws_mlgwsc_writer_destroy(out);
    gws_mlgwsc_writer_destroy(NULL);
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));)
        assert_null(strstr(e->d_name, "gone"));
    closedir(d);
    gws_err err = {0};
    assert_null(gws_mlgwsc_writer_create(at("no/such/folder.hdf"), &err));
    assert_non_null(strstr(err.text, "folder.hdf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_string_kinds_read_alike),
        cmocka_unit_test(nan_infinity_and_the_data_bit_are_gaps),
        cmocka_unit_test(category_1_and_injections_are_gaps_unless_wanted),
        cmocka_unit_test(flags_are_the_bits_that_fail_by_their_names),
        cmocka_unit_test(whitened_strain_is_no_strain),
        cmocka_unit_test(files_of_a_detector_are_joined_in_time),
        cmocka_unit_test(overlapping_files_must_agree),
        cmocka_unit_test(broken_gwosc_files_are_refused_in_one_sentence),
        cmocka_unit_test(absurd_sizes_allocate_nothing),
        cmocka_unit_test(rates_and_detectors_that_do_not_go_together_are_refused),
        cmocka_unit_test(mlgwsc_segments_of_both_detectors_read_as_written),
        cmocka_unit_test(a_start_that_is_rounded_or_contradicts_the_name_is_refused),
        cmocka_unit_test(broken_mlgwsc_files_are_refused_in_one_sentence),
        cmocka_unit_test(what_the_writer_writes_is_the_challenges_layout),
        cmocka_unit_test(a_writer_given_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
