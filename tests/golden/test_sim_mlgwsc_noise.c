/* MLGWSC-1's plan and noise against generate_data.py (tools/golden/mlgwsc_noise.py).  Simulated noise may differ by rounding in two long
 * transforms; recorded noise not at all. */
#include "mlgwsc_noise_rows.h"
#include "sim/mlgwsc_noise.h"
#include "gw_files.h"
#include "gwstest.h"

#define FOLDER GWS_TEST_DATA "/mlgwsc"
#define N_OF(x) ((int)(sizeof(x) / sizeof(x)[0]))
#define RATE GWS_MLGWSC_RATE_HZ
#define BOUND                                                                                                                      \
    1e-11 /* of the standard deviation; measured curves fall by five orders of magnitude, the transforms' rounding with none */

static void need_data(void)
{
    if (access(FOLDER "/segments.csv", R_OK) != 0)
        GWS_SKIP("no " FOLDER "/segments.csv");
}

static void plans_are_the_generators(void **state)
{
    need_data();
    for (int i = 0; i < N_OF(golden_plan); i++) {
        const struct golden_plan *g = &golden_plan[i];
        gws_mlgwsc_noise_params p = gws_mlgwsc_noise_defaults();
        gws_mlgwsc_plan plan;
        gws_err err;
        p.folder = FOLDER;
        p.dataset = g->dataset;
        p.start_offset_s = g->offset_s;
        p.duration_s = g->duration_s;
        assert_int_equal(gws_mlgwsc_plan_make(&p, &plan, &err), GWS_OK);
        const gws_mlgwsc_noise_segment *s = plan.used;
        const int n = plan.n_used;
        assert_int_equal(n, g->n);
        int64_t starts = 0, ends = 0;
        for (int k = 0; k < n; k++) {
            starts += s[k].start_s;
            ends += s[k].end_s;
        }
        assert_int_equal(starts, g->starts);
        assert_int_equal(ends, g->ends);
        assert_int_equal(s[n - 1].start_s, g->last_start_s);
        assert_int_equal(s[n - 1].end_s, g->last_end_s);
        gws_mlgwsc_plan_clear(&plan);
    }
}

/* One of each set and each seed: an hour costs a second.  The rest are for the referee. */
static void simulated_noise_is_the_generators(void **state)
{
    need_data();
    for (int i = 0; i < N_OF(golden_noise); i += i < 8 ? 4 : 1) {
        const struct golden_noise *g = &golden_noise[i];
        gws_mlgwsc_noise_params p = gws_mlgwsc_noise_defaults();
        gws_err err;
        int n;
        p.folder = FOLDER;
        p.dataset = g->dataset;
        p.seed = g->seed;
        p.duration_s = g->duration_s;
        p.generate_s = g->generate_s;
        gws_mlgwsc_noise *c = gws_mlgwsc_noise_create(&p, &err);
        assert_non_null(c);
        const gws_mlgwsc_noise_segment s = gws_mlgwsc_noise_segments(c, &n)[g->segment];
        assert_true(g->segment < n);
        int64_t samples = (s.end_s - s.start_s) * RATE;
        if (samples > 3600 * RATE) { /* the segment of three chunks is there for the draws of the one after it */
            gws_mlgwsc_noise_destroy(c);
            continue;
        }
        double *x = malloc((size_t)samples * sizeof *x);
        assert_non_null(x);
        for (int ifo = 0; ifo < 2; ifo++) {
            assert_int_equal(gws_mlgwsc_noise_fill(c, ifo, s.start_s * RATE, samples, x, &err), GWS_OK);
            double off = off_by(x, samples, g->ifo[ifo].at, g->ifo[ifo].sum);
            if (!(off < BOUND))
                fail_msg("row %d, detector %d is off by %.2e", i, ifo, off);
        }
        free(x);
        gws_mlgwsc_noise_destroy(c);
    }
}

/* The golden script's file: the numbers in the beginnings of segments tell where they stand, and zeros follow.  They are allocated at
 * once, since what was never written would be a gap. */
static void make_recorded(const char *folder, char path[600])
{
    static const int64_t row[2][2] = {{1000000000, 1000007500}, {1000010000, 1000017600}};
    static float x[600000];
    snprintf(path, 600, "%s/segments.csv", folder);
    FILE *list = fopen(path, "w");
    assert_non_null(list);
    fprintf(list, ",start,end\n");
    for (int i = 0; i < 2; i++)
        fprintf(list, "%d,%lld,%lld\n", i, (long long)row[i][0], (long long)row[i][1]);
    assert_int_equal(fclose(list), 0);
    snprintf(path, 600, "%s/real.hdf", folder);
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), chunked = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 65536, first = N_OF(x);
    assert_true(f >= 0);
    H5Pset_chunk(chunked, 1, &chunk);
    H5Pset_deflate(chunked, 1);
    H5Pset_alloc_time(chunked, H5D_ALLOC_TIME_EARLY);
    for (int ifo = 0; ifo < 2; ifo++) {
        hid_t group = H5Gcreate2(f, ifo ? "L1" : "H1", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        for (int j = 0; j < N_OF(x); j++)
            x[j] = (float)(((int64_t)j * 7919 + 12345 * ifo) % 65521 - 32760);
        for (int i = 0; i < 2; i++) {
            char key[24];
            const hsize_t n = (hsize_t)(row[i][1] - row[i][0]) * RATE, zero = 0;
            snprintf(key, sizeof key, "%lld", (long long)row[i][0]);
            hid_t space = H5Screate_simple(1, &n, NULL), part = H5Screate_simple(1, &first, NULL);
            hid_t d = H5Dcreate2(group, key, H5T_IEEE_F32LE, space, H5P_DEFAULT, chunked, H5P_DEFAULT);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, &zero, NULL, &first, NULL);
            assert_true(H5Dwrite(d, H5T_NATIVE_FLOAT, part, space, H5P_DEFAULT, x) >= 0);
            file_attr_f64(d, "start_time", (double)row[i][0]);
            file_attr_f64(d, "delta_t", 1.0 / RATE);
            H5Dclose(d);
            H5Sclose(part);
            H5Sclose(space);
        }
        H5Gclose(group);
    }
    H5Pclose(chunked);
    H5Fclose(f);
}

static void recorded_noise_slides_as_the_generators(void **state)
{
    char folder[256], path[600];
    assert_non_null(make_folder(folder));
    make_recorded(folder, path);
    for (int i = 0; i < N_OF(golden_recorded); i++) {
        const struct golden_recorded *g = &golden_recorded[i];
        gws_mlgwsc_noise_params p = gws_mlgwsc_noise_defaults();
        gws_err err;
        int n;
        p.folder = folder;
        p.real_noise = path;
        p.dataset = 4;
        p.seed = g->seed;
        p.start_offset_s = g->offset_s;
        p.duration_s = g->duration_s;
        gws_mlgwsc_noise *c = gws_mlgwsc_noise_create(&p, &err);
        assert_non_null(c);
        const gws_mlgwsc_noise_segment *s = gws_mlgwsc_noise_segments(c, &n) + g->segment;
        assert_true(g->segment < n);
        assert_int_equal(s->start_s, g->start_s);
        assert_int_equal(s->end_s - s->start_s, g->seconds);
        for (int ifo = 0; ifo < 2; ifo++) {
            double x[3];
            assert_int_equal(gws_mlgwsc_noise_fill(c, ifo, s->start_s * RATE, 3, x, &err), GWS_OK);
            for (int k = 0; k < 3; k++)
                assert_true(x[k] * 0x1p69 == g->first[ifo][k]);
        }
        gws_mlgwsc_noise_destroy(c);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/segments.csv", folder);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans_are_the_generators),
                                       cmocka_unit_test(simulated_noise_is_the_generators),
                                       cmocka_unit_test(recorded_noise_slides_as_the_generators)};
    return GWS_RUN_TESTS(tests);
}
