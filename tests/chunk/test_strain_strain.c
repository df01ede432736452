/* Runs of one value are gaps wherever reads and files are cut.  Truth: one read of one file. */
#include "base/rng.h"
#include "strain/mlgwsc_writer.h"
#include "strain/strain.h"
#include "gw_files.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define RATE 2048
#define GPS INT64_C(1262304000)
#define N (8 * RATE)

static char folder[256];
static double h[N];

static int set_up(void **state)
{
    (void)state;
    gws_rng r = gws_rng_init(3, "chunk_strain", 0);
    gws_rng_normal_at(&r, 0, h, N);
    /* runs of zeros and of another value, a whole second of them, one at each end, and some that are one sample short */
    const struct {
        int at, n;
        double value;
    } runs[] = {{0, 16, 0},          {100, 15, 0},    {200, 16, 0},       {RATE - 5, 17, 1.5},
                {2 * RATE, RATE, 0}, {N - 16, 16, 3}, {5 * RATE, 15, -1}, {6 * RATE, 40, -1}};
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++)
        for (int i = 0; i < runs[k].n; i++)
            h[runs[k].at + i] = runs[k].value;
    h[6 * RATE + 20] = (double)NAN; /* ends one run of 20 and begins one of 19 */
    return make_folder(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Write h in files, each from one of the cuts to the next, and open them. */
static gws_strain_set *open_cut(const int *cut, int n_files)
{
    static char path[8][300];
    const char *paths[8];
    gws_err err = {0};
    for (int k = 0; k < n_files; k++) {
        snprintf(path[k], sizeof path[k], "%s/%d.hdf", folder, k);
        paths[k] = path[k];
        gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path[k], &err);
        assert_non_null(w);
        assert_int_equal(gws_mlgwsc_writer_segment(w, "H1", RATE, GPS * RATE + cut[k], &err), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_append_f64(w, "H1", h + cut[k], cut[k + 1] - cut[k], &err), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_commit(w, &err), GWS_OK);
    }
    gws_strain_set *s = gws_strain_open(paths, n_files, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static void remove_files(int n_files)
{
    char path[300];
    for (int k = 0; k < n_files; k++) {
        snprintf(path, sizeof path, "%s/%d.hdf", folder, k);
        unlink(path);
    }
}

static void reads_and_files_cut_anywhere_give_the_same_gaps(void **state)
{
    (void)state;
    static double whole[N], part[N];
    gws_strain_losses loss, all;
    const int one[] = {0, N};
    gws_strain_set *s = open_cut(one, 1);
    assert_int_equal(gws_strain_read(s, 0, GPS * RATE, GPS * RATE + N, whole, NULL), GWS_OK);
    gws_strain_get_losses(s, 0, &all);
    /* 16 + 16 + 17 + RATE + 16 + 20 + 19 of one value, one NaN */
    assert_int_equal(all.read, N);
    assert_int_equal(all.lost[GWS_GAP_REPEATED], RATE + 104);
    assert_int_equal(all.lost[GWS_GAP_NOT_FINITE], 1);
    gws_strain_destroy(s);

    gws_rng r = gws_rng_init(4, "chunk_strain", 1);
    for (int round = 0; round < 12; round++) {
        /* every other round has a file end within a run */
        const int near_run = round % 2 ? 2 * RATE + 8 * (round % 5) : 1 + (int)(gws_rng_uniform(&r) * (2 * RATE));
        const int cuts[][6] = {{0, N}, {0, near_run, N}, {0, 8, 207, RATE + 3, 3 * RATE - 7, N}};
        const int n_files[] = {1, 2, 5};
        const int which = round % 3;
        s = open_cut(cuts[which], n_files[which]);
        for (int at = 0; at < N;) {
            int most = round % 4 == 0 ? 100 : round % 4 == 1 ? 700 : 5000;
            int n = 1 + (int)(gws_rng_uniform(&r) * most);
            n = n < N - at ? n : N - at;
            assert_int_equal(gws_strain_read(s, 0, GPS * RATE + at, GPS * RATE + at + n, part + at, NULL), GWS_OK);
            at += n;
        }
        gws_strain_get_losses(s, 0, &loss);
        assert_memory_equal(&loss, &all, sizeof all);
        assert_memory_equal(part, whole, sizeof whole); /* the reasons too */
        for (int k = 0; k < 40; k++) {                  /* and in no order */
            int at = (int)(gws_rng_uniform(&r) * (N - 300)), n = 1 + (int)(gws_rng_uniform(&r) * 299);
            assert_int_equal(gws_strain_read(s, 0, GPS * RATE + at, GPS * RATE + at + n, part, NULL), GWS_OK);
            assert_memory_equal(part, whole + at, sizeof *part * (size_t)n);
        }
        gws_strain_destroy(s);
        remove_files(n_files[which]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_and_files_cut_anywhere_give_the_same_gaps)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
