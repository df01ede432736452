/* Frame files of LALFrame (tools/golden/gwf.py): every kind of channel, type and compression gives the samples that went in; and the published
 * frames of GW150914, of three detectors and of version 6 in big-endian order, against their twins in HDF5.  The checksums that frameCPP
 * and FrameL wrote are the referees of ours. */
#include "gwstest.h"

#include "base/hdf5.h"
#include "gwf/gwf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N 300

static const char *frames(const char *name)
{
    static char path[1024];
    const char *other = getenv("GWS_FRAMES"); /* those that the referee has made just now */
    snprintf(path, sizeof path, "%s/%s", other ? other : GWS_TEST_DIR "/golden/frames", name);
    return path;
}

/* samples() of tools/golden/gwf.py. */
static double sample(const char *type, int i)
{
    double x = i / 40 % 3 == 1 ? 0 : (i * i * 7 + 13 * i) % 251 - 100;
    if (type[0] == 'U')
        x += 100;
    if (strcmp(type, "REAL4") == 0)
        return (double)(float)(x * 1e-21);
    if (strcmp(type, "REAL8") == 0)
        return x * 1e-21;
    return type[strlen(type) - 1] == '2' ? x : x * 100003;
}

static void check_file(const char *name, int channels)
{
    gws_err err = {0};
    const gws_gwf_frame *frame;
    gws_gwf *f = gws_gwf_open(frames(name), &err);
    if (!f)
        fail_msg("%s", err.text);
    assert_int_equal(gws_gwf_frames(f, &frame), 1);
    assert_int_equal(gws_gwf_channels(f), channels);
    for (int c = 0; c < channels; c++) {
        gws_gwf_series s;
        double x[N];
        const char *type = strrchr(gws_gwf_name(f, c), '-') + 1;
        if (gws_gwf_stat(f, c, 0, &s, &err) != GWS_OK)
            fail_msg("%s", err.text);
        assert_true(s.present && s.n == N && s.dx_s == 1.0 / 64 && s.offset_s == 0);
        if (gws_gwf_read(f, &s, 0, N, x, &err) != GWS_OK)
            fail_msg("%s", err.text);
        for (int i = 0; i < N; i++)
            if (x[i] != sample(type, i))
                fail_msg("%s %s: sample %d is %.17g, not %.17g", name, gws_gwf_name(f, c), i, x[i], sample(type, i));
        double y[7];
        assert_int_equal(gws_gwf_read(f, &s, 33, 7, y, &err), GWS_OK);
        assert_memory_equal(y, x + 33, sizeof y);
    }
    if (gws_gwf_verify(f, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_gwf_close(f);
}

static void every_type_and_kind(void **state)
{
    (void)state;
    check_file("types.gwf", 16);
}

static void every_compression(void **state)
{
    (void)state;
    check_file("compressions.gwf", 7);
}

static gws_gwf *published(const char *name)
{
    char path[1024];
    gws_err err = {0};
    snprintf(path, sizeof path, "%s/gwf/%s", GWS_TEST_DATA, name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: test data not found: %s\n", path);
        return NULL;
    }
    gws_gwf *f = gws_gwf_open(path, &err);
    if (!f || gws_gwf_verify(f, &err) != GWS_OK)
        fail_msg("%s", err.text);
    return f;
}

/* All samples of a channel's frame 0 are those of a data set. */
static void same_as_hdf5(gws_gwf *f, const char *channel, const char *file, const char *set)
{
    char path[1024];
    gws_err err = {0};
    gws_gwf_series s;
    snprintf(path, sizeof path, "%s/%s", GWS_TEST_DATA, file);
    const int c = gws_gwf_find(f, channel);
    assert_true(c >= 0);
    assert_int_equal(gws_gwf_stat(f, c, 0, &s, &err), GWS_OK);
    double *x = malloc((size_t)s.n * sizeof *x), *y = malloc((size_t)s.n * sizeof *y);
    assert_true(x && y);
    if (gws_gwf_read(f, &s, 0, s.n, x, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_h5 *h = gws_h5_open(path, &err);
    if (!h || gws_h5_read_f64(h, set, 0, s.n, y, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_h5_close(h);
    assert_memory_equal(x, y, (size_t)s.n * sizeof *x);
    free(x);
    free(y);
}

static void published_frames_are_their_twins(void **state)
{
    static const char *const rows[][4] = {
        {"H-H1_LOSC_4_V2-1126259446-32.gwf", "H1:LOSC-STRAIN", "gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5", "/strain/Strain"},
        {"H-H1_LOSC_4_V2-1126259446-32.gwf", "H1:LOSC-DQMASK", "gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5", "/quality/simple/DQmask"},
        {"L-L1_LOSC_4_V2-1126259446-32.gwf", "L1:LOSC-STRAIN", "gwosc/L-L1_LOSC_4_V2-1126259446-32.hdf5", "/strain/Strain"},
        {"L-L1_LOSC_4_V2-1126259446-32.gwf", "L1:LOSC-INJMASK", "gwosc/L-L1_LOSC_4_V2-1126259446-32.hdf5",
         "/quality/injections/Injmask"},
        {"HLV-HW100916-968654552-1.gwf", "H1:LDAS-STRAIN", "gwf/HLV-HW100916-968654552-1.hdf", "/H1:LDAS-STRAIN"},
        {"HLV-HW100916-968654552-1.gwf", "V1:h_16384Hz", "gwf/HLV-HW100916-968654552-1.hdf", "/V1:h_16384Hz"}};
    int seen = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gws_gwf *f = published(rows[i][0]);
        if (!f)
            continue;
        same_as_hdf5(f, rows[i][1], rows[i][2], rows[i][3]);
        gws_gwf_close(f);
        seen++;
    }
    if (seen == 0)
        GWS_SKIP("no published frame at hand");
}

/* Six frames of 10 s, integers that count up (gw-data 11.7: frame n starts at sample value 163840 n). */
static void version_6_big_endian_counts_up(void **state)
{
    gws_err err = {0};
    (void)state;
    gws_gwf *f = published("F-TEST-600000000-60.gwf");
    if (!f)
        GWS_SKIP("no frame of version 6 at hand");
    const gws_gwf_frame *frame;
    assert_int_equal(gws_gwf_version(f), 6);
    assert_int_equal(gws_gwf_frames(f, &frame), 6);
    double *x = malloc(163840 * sizeof *x);
    assert_non_null(x);
    for (int k = 0; k < 6; k++) {
        gws_gwf_series s;
        assert_true(frame[k].t0_ns == (INT64_C(600000000) + 10 * k) * 1000000000);
        assert_int_equal(gws_gwf_stat(f, 0, k, &s, &err), GWS_OK);
        assert_true(s.n == 163840);
        assert_int_equal(gws_gwf_read(f, &s, 0, s.n, x, &err), GWS_OK);
        for (int i = 0; i < 163840; i++)
            assert_true(x[i] == 163840.0 * k + i);
    }
    free(x);
    gws_gwf_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_kind),
        cmocka_unit_test(every_compression),
        cmocka_unit_test(published_frames_are_their_twins),
        cmocka_unit_test(version_6_big_endian_counts_up),
    };
    return GWS_RUN_TESTS(tests);
}
