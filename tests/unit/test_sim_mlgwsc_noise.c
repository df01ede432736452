/* A data set's noise as an addressable object: the same bits whoever asks first, however it is cut and on any number of threads; one
 * sentence for what is missing.  Truth: the object itself, asked in one piece.  Numbers: tests/golden/test_sim_mlgwsc_noise.c. */
#include "base/rng.h"
#include "dsp/psd.h"
#include "sim/mlgwsc_noise.h"
#include "strain/mlgwsc_writer.h"
#include "gw_files.h"
#include "gwstest.h"

#include <math.h>
#include <sys/stat.h>

#define RATE GWS_MLGWSC_RATE_HZ

static char folder[256];

static const char *at(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_list(const char *text)
{
    FILE *f = fopen(at("segments.csv"), "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

#define GOOD_LIST ",start,end\n0,1000000000,1000007300\n1,1000007400,1000010000\n2,1000020003,1000030000\n"

/* All of them with so many bins, their values to a power. */
static void write_curves_as(int bins, double power)
{
    static double value[1025];
    gws_psd psd = {value, bins, 1.0};
    mkdir(at("psds"), 0777);
    for (int i = 0; i < 40; i++) {
        char name[40];
        gws_err err;
        snprintf(name, sizeof name, "psds/%s", i < 20 ? "H1" : "L1");
        mkdir(at(name), 0777);
        snprintf(name, sizeof name, "psds/%s/psd-%d.hdf", i < 20 ? "H1" : "L1", i % 20);
        for (int k = 0; k < 1025; k++)
            value[k] = pow(1e-46 * (1 + i) * (1 + 1e4 / (1.0 + k * k)), power);
        assert_int_equal(gws_psd_save(&psd, at(name), i < 20 ? "H1" : "L1", 0, NULL, &err), GWS_OK);
    }
}

static void write_curves(void)
{
    write_curves_as(1025, 1);
}

static int set_up(void **state)
{
    return make_folder(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[300];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static gws_mlgwsc_noise_params params(int dataset)
{
    gws_mlgwsc_noise_params p = gws_mlgwsc_noise_defaults();
    p.folder = folder;
    p.dataset = dataset;
    p.seed = 11;
    p.duration_s = 7300 + 90;
    p.generate_s = 40;
    return p;
}

/* Of set 3: the end of the first segment, with a chunk of 20 s, and the second one, whose curves are others. */
static void any_window_is_a_part_of_the_whole(void **state)
{
    enum { END = 130, SECOND = 90 };
    static double whole[2][2][(END + SECOND) * RATE], x[60 * RATE];
    const int64_t begin[2] = {(INT64_C(1000007300) - END) * RATE, INT64_C(1000020003) * RATE}, n[2] = {END * RATE, SECOND * RATE};
    gws_err err;
    write_list(GOOD_LIST);
    write_curves();
    gws_mlgwsc_noise_params p = params(3);
    gws_mlgwsc_noise *c = gws_mlgwsc_noise_create(&p, &err);
    assert_non_null(c);
    int segments;
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_noise_segments(c, &segments);
    assert_int_equal(segments, 2); /* 1000007400-1000010000 is too short */
    assert_int_equal(s[1].end_s - s[1].start_s, SECOND);
    for (int k = 0; k < 2; k++)
        for (int ifo = 0; ifo < 2; ifo++)
            assert_int_equal(gws_mlgwsc_noise_fill(c, ifo, begin[k], n[k], whole[k][ifo], &err), GWS_OK);
    int64_t alone = gws_mlgwsc_noise_bytes(c);
    gws_mlgwsc_noise_destroy(c);
    assert_memory_not_equal(whole[0][0], whole[0][1], sizeof x);

    gws_rng r = gws_rng_init(2, "windows", 0);
    for (int threads = 2; threads <= 5; threads += 3) {
        gws_pool *pool = gws_pool_create(threads, &err);
        assert_non_null(pool);
        c = gws_mlgwsc_noise_create(&p, &err);
        assert_non_null(c);
        gws_mlgwsc_noise_set_pool(c, pool);
        assert_true(gws_mlgwsc_noise_bytes(c) >= alone);
        for (int i = 0; i < 10; i++) {
            int k = (int)gws_rng_below(&r, 2), ifo = (int)gws_rng_below(&r, 2);
            int64_t m = 1 + (int64_t)gws_rng_below(&r, 60 * RATE - 1), from = (int64_t)gws_rng_below(&r, (uint64_t)(n[k] - m));
            if (i == 8) /* and with fewer threads from here on */
                gws_mlgwsc_noise_set_pool(c, NULL);
            assert_int_equal(gws_mlgwsc_noise_fill(c, ifo, begin[k] + from, m, x, &err), GWS_OK);
            assert_memory_equal(x, whole[k][ifo] + from, (size_t)m * sizeof *x);
        }
        gws_mlgwsc_noise_destroy(c);
        gws_pool_destroy(pool);
    }
}

static void windows_lie_within_a_segment(void **state)
{
    gws_err err;
    double x[8];
    write_list(GOOD_LIST);
    gws_mlgwsc_noise_params p = params(1);
    gws_mlgwsc_noise *c = gws_mlgwsc_noise_create(&p, &err);
    assert_non_null(c);
    static const int64_t bad[][2] = {{INT64_C(1000000000) * RATE - 1, 2},
                                     {INT64_C(1000007300) * RATE - 1, 2},
                                     {INT64_C(1000010000) * RATE, 1},
                                     {INT64_C(1000000000) * RATE, INT64_MAX},
                                     {INT64_MIN, 1},
                                     {INT64_MAX, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(gws_mlgwsc_noise_fill(c, 0, bad[i][0], bad[i][1], x, &err), GWS_EARG);
    assert_int_equal(gws_mlgwsc_noise_fill(c, 0, INT64_C(1000007300) * RATE, 0, x, &err), GWS_OK);
    gws_mlgwsc_noise_destroy(c);
}

static void refused(const gws_mlgwsc_noise_params *p, gws_status status, const char *word)
{
    gws_err err = {0};
    assert_null(gws_mlgwsc_noise_create(p, &err));
    if (err.status != status || !strstr(err.text, word))
        fail_msg("%d, %s: wanted \"%s\"", (int)err.status, err.text, word);
}

static void what_is_missing_is_named(void **state)
{
    gws_mlgwsc_noise_params p = params(1);
    unlink(at("segments.csv"));
    refused(&p, GWS_EIO, "segments.csv");
    p.folder = "/nowhere";
    refused(&p, GWS_EIO, "/nowhere/segments.csv");
    p.folder = NULL;
    refused(&p, GWS_EARG, "folder");
    p = params(1);
    static const char *const bad[] = {"",
                                      ",start,end\n",
                                      ",start,end\n0,5\n",
                                      ",start,end\n0,9,8\n",
                                      ",start,end\n0,1,2\n1,1,3\n",
                                      ",start,end\n0,1,2,3\n",
                                      ",start,end\n0,1,99999999999\n",
                                      ",start,end\n0,1,20000\n\n1,x,y\n",
                                      ",start,end\n0,99999999999999999999999,3\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_list(bad[i]);
        refused(&p, GWS_EFORMAT, "segments.csv");
    }
    write_list(",start,end\n0,1000000000,1000007199\n");
    refused(&p, GWS_EDATA, "segments");
    write_list(GOOD_LIST);
    p.dataset = 5;
    refused(&p, GWS_EARG, "data set 5");
    p = params(1);
    p.seed = -1;
    refused(&p, GWS_EARG, "seed -1");
    p = params(1);
    p.duration_s = 0;
    refused(&p, GWS_EARG, "duration 0");
    p = params(1);
    p.start_offset_s = INT64_MAX;
    refused(&p, GWS_EARG, "offset");
    p = params(1);
    p.generate_s = 0;
    refused(&p, GWS_EARG, "chunks of 0");
    write_curves_as(1025, 0.5); /* amplitudes */
    p = params(2);
    refused(&p, GWS_EDATA, "which no detector has");
    write_curves_as(900, 1);
    refused(&p, GWS_EDATA, "ends at 899 Hz, wanted 1024 Hz");
    write_curves();
    p = params(4);
    refused(&p, GWS_EIO, "real_noise_file.hdf");
    p.real_noise = "/nowhere/noise.hdf";
    refused(&p, GWS_EIO, "/nowhere/noise.hdf");
    p.real_noise = at("segments.csv");
    refused(&p, GWS_EFORMAT, "segments.csv");
    const double w[4] = {1, 2, 3, 4};
    gws_mlgwsc_writer *white = gws_mlgwsc_writer_create(at("white.hdf"), NULL);
    gws_mlgwsc_writer_segment(white, "H1", 2048, 0, NULL);
    gws_mlgwsc_writer_append_f64(white, "H1", w, 4, NULL);
    gws_mlgwsc_writer_whitened(white, NULL);
    assert_int_equal(gws_mlgwsc_writer_commit(white, NULL), GWS_OK);
    p.real_noise = at("white.hdf");
    refused(&p, GWS_EDATA, "white.hdf: whitened strain");
    unlink(at("white.hdf"));
    char empty[600];
    snprintf(empty, sizeof empty, "%s/bare", folder);
    mkdir(empty, 0777);
    char list[700], bare_list[700];
    snprintf(list, sizeof list, "%s", at("segments.csv"));
    snprintf(bare_list, sizeof bare_list, "%s/segments.csv", empty);
    assert_int_equal(rename(list, bare_list), 0);
    p = params(2);
    p.folder = empty;
    refused(&p, GWS_EIO, "/psds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_window_is_a_part_of_the_whole),
                                       cmocka_unit_test(windows_lie_within_a_segment), cmocka_unit_test(what_is_missing_is_named)};
    return gws_test_exit(cmocka_run_group_tests(tests, set_up, tear_down), 3);
}
