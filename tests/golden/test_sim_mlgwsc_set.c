/* Data sets of MLGWSC-1.  Truth: the challenge's generate_data.py with PyCBC 2.11.0 and lalsuite 7.26.16 (tools/golden/mlgwsc_set.py), and
 * the identity of any window with the same window cut from the whole. */
#include "gwstest.h"

#include "base/file.h"
#include "strain/strain.h"
#include "sim/mlgwsc_input.h"
#include "mlgwsc_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER GWS_TEST_DATA "/mlgwsc"

typedef struct truth {
    const int64_t *plan, *at;
    const double *tc, *noise[2], *rms[2], *peak[2], *signal[2];
    const int64_t *begin[2];
} truth;

#define TRUTH(k)                                                                                                                   \
    {                                                                                                                              \
        mock##k##_plan, mock##k##_at, mock##k##_tc, {mock##k##_noise_H1, mock##k##_noise_L1},                                      \
            {mock##k##_rms_H1, mock##k##_rms_L1}, {mock##k##_peak_H1, mock##k##_peak_L1},                                          \
            {mock##k##_signal_H1, mock##k##_signal_L1},                                                                            \
        {                                                                                                                          \
            mock##k##_begin_H1, mock##k##_begin_L1                                                                                 \
        }                                                                                                                          \
    }

static const gws_strain_use with_sim = {.formats = gws_sim_formats};

static const truth truths[3] = {TRUTH(1), TRUTH(2), TRUTH(3)};

static void need_data(void)
{
    if (!gws_file_exists(FOLDER "/segments.csv"))
        GWS_SKIP("no " FOLDER "/segments.csv");
}

static gws_mlgwsc_set *open_set(int set, const char *part)
{
    char spec[1000];
    gws_err err = {0};
    snprintf(spec, sizeof spec, "sim:mlgwsc=%d,seed=%d,duration=%d,part=%s,data=%s", set, MOCK_SEED, MOCK_DURATION, part, FOLDER);
    gws_mlgwsc_set *m = gws_mlgwsc_input_open(spec, NULL, &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

static void is_the_generators(void **state)
{
    need_data();
    for (int set = 1; set <= 3; set++) {
        const truth *t = &truths[set - 1];
        gws_err err = {0};
        gws_mlgwsc_set *m = open_set(set, "fg");
        int n_segments;
        const gws_mlgwsc_noise_segment *s = gws_mlgwsc_set_segments(m, &n_segments);
        assert_int_equal(n_segments, 1);
        assert_int_equal(s->start_s, t->plan[0]);
        int64_t begin = s->start_s * GWS_MLGWSC_RATE_HZ, n = (s->end_s - s->start_s) * GWS_MLGWSC_RATE_HZ, first;
        assert_int_equal(n, t->plan[1]);
        const gws_injections *table = gws_mlgwsc_set_injections(m, &err);
        assert_non_null(table);
        assert_int_equal(gws_injections_between(table, (double)s->start_s + 30, (double)s->end_s - 30, &first), t->plan[2]);
        double *h = malloc((size_t)n * sizeof *h), worst = 0, worst_signal = 0;
        for (int d = 0; d < 2; d++) {
            double sum = 0;
            assert_int_equal(gws_mlgwsc_set_noise(m, d, begin, n, h, &err), GWS_OK);
            for (int64_t i = 0; i < n; i++)
                sum += h[i] * h[i];
            assert_true(fabs(sqrt(sum / (double)n) / t->rms[d][0] - 1) < 1e-9);
            for (int i = 0; i < MOCK_N_NOISE; i++)
                worst = fmax(worst, fabs(h[t->at[i]] - t->noise[d][i]) / t->rms[d][0]);
            memset(h, 0, (size_t)n * sizeof *h);
            if (gws_mlgwsc_set_add_signals(m, d, begin, n, h, &err) != GWS_OK)
                fail_msg("%s", err.text);
            for (int k = 0; k < MOCK_N_SIGNALS; k++)
                for (int i = 0; i < MOCK_N_AROUND; i++)
                    worst_signal =
                        fmax(worst_signal, fabs(h[t->begin[d][k] + 16 * i] - t->signal[d][k * MOCK_N_AROUND + i]) / t->peak[d][k]);
        }
        printf("set %d: noise %.1e of its rms, signals %.1e of their peak\n", set, worst, worst_signal);
        assert_true(worst < 1e-9);
        assert_true(worst_signal < 1e-4);
        free(h);
        gws_mlgwsc_set_destroy(m);
    }
}

/* A window made alone, on several threads or one, is the window cut from the whole. */
static void any_window_is_the_same(void **state)
{
    need_data();
    gws_err err = {0};
    gws_pool *pool = gws_pool_create(3, &err);
    gws_mlgwsc_set *whole = open_set(1, "fg");
    int n_segments;
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_set_segments(whole, &n_segments);
    const int64_t begin = s->start_s * GWS_MLGWSC_RATE_HZ, n = (s->end_s - s->start_s) * GWS_MLGWSC_RATE_HZ;
    double *all = malloc((size_t)n * sizeof *all), *part = malloc((size_t)n * sizeof *part);
    gws_mlgwsc_set_set_pool(whole, pool);
    assert_int_equal(gws_mlgwsc_set_fill(whole, 1, begin, n, all, &err), GWS_OK);
    for (int k = 0; k < 3; k++) {
        gws_mlgwsc_set *alone = open_set(1, "fg");
        const int64_t at = (int64_t)k * n / 3 + 12345, run = k == 1 ? 1 : 40000 + k;
        assert_int_equal(gws_mlgwsc_set_fill(alone, 1, begin + at, run, part, &err), GWS_OK);
        assert_memory_equal(part, all + at, (size_t)run * sizeof *part);
        gws_mlgwsc_set_destroy(alone);
    }
    /* and as strain, in small steps */
    char spec[1000];
    const char *path = spec;
    snprintf(spec, sizeof spec, "sim:mlgwsc=1,seed=%d,duration=%d,part=fg,data=%s", MOCK_SEED, MOCK_DURATION, FOLDER);
    gws_strain_set *set = gws_strain_open_use(&path, 1, &with_sim, &err);
    assert_non_null(set);
    gws_strain_info info;
    gws_strain_describe(set, 1, &info);
    assert_string_equal(info.ifo, "L1");
    assert_int_equal(info.spans[0].begin, begin);
    assert_int_equal(info.spans[0].end, begin + n);
    for (int64_t at = 0; at < n; at += 200000) {
        const int64_t run = n - at < 200000 ? n - at : 200000;
        assert_int_equal(gws_strain_read(set, 1, begin + at, begin + at + run, part + at, &err), GWS_OK);
    }
    assert_memory_equal(part, all, (size_t)n * sizeof *part);
    assert_non_null(strstr(gws_strain_sha256(set, &err), "virtual  sim:mlgwsc=1,seed=11,duration=600,offset=0,part=fg"));
    assert_null(strstr(gws_strain_sha256(set, &err), FOLDER)); /* where the files lie is not what was made */
    gws_strain_destroy(set);
    gws_mlgwsc_set_destroy(whole);
    gws_pool_destroy(pool);
    free(all);
    free(part);
}

static void bad_words_get_a_sentence(void **state)
{
    need_data();
    static const struct {
        const char *spec, *says;
    } bad[] = {
        {"sim:", "mlgwsc="},
        {"sim:mlgwsc=5,data=" FOLDER, "mlgwsc=5"},
        {"sim:mlgwsc=1", "data="},
        {"sim:mlgwsc=1,colour=red,data=" FOLDER, "colour"},
        {"sim:mlgwsc=1,seed=1,seed=2,data=" FOLDER, "twice"},
        {"sim:mlgwsc=1,seed=-1,data=" FOLDER, "seed=-1"},
        {"sim:mlgwsc=1,duration=1e3,data=" FOLDER, "duration=1e3"},
        {"sim:mlgwsc=1,part=middle,data=" FOLDER, "fg or bg"},
        {"sim:mlgwsc=4,data=" FOLDER, "real_noise_file.hdf"},
        {"sim:mlgwsc=1,noise=x,data=" FOLDER, "set 4"},
        {"sim:mlgwsc=1,data=/nowhere", "segments.csv"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        const char *path = bad[i].spec;
        assert_null(gws_strain_open_use(&path, 1, &with_sim, &err));
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: \"%s\"", bad[i].spec, err.text);
        assert_null(gws_mlgwsc_input_open(path, NULL, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_generators),
        cmocka_unit_test(any_window_is_the_same),
        cmocka_unit_test(bad_words_get_a_sentence),
    };
    return GWS_RUN_TESTS(tests);
}
