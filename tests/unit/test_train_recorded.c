/* Recorded strain as windows without labels: each is a piece of what the conditioner makes of the whole file, never across a gap, every
 * detector from a place of its own, and a pure function of its number.  All identities. */
#include "gwstest.h"

#include "gw_files.h"

#include "base/rng.h"
#include "dsp/condition.h"
#include "dsp/resample.h"
#include "train/recorded.h"

#include <math.h>
#include <stdlib.h>

#define RATE 2048
#define GPS 1126259446
#define H1_S 70
#define L1_S 40
#define WINDOW (2 * RATE)

static const char recipe_text[] = "[data]\ndetectors = H1,L1\nrate_hz = 2048\nwindow_s = 2\n[condition]\nupdate_s = 4\n"
                                  "[pretrain]\nstrain = $RECORDED/H.hdf5,\n  $RECORDED/L.hdf5\n";

/* (n) white noise of a size that strain has; a gap of 2 s in H1 after 30 s. */
static double *make_strain(const char *path, const char *ifo, int rate_hz, int seconds, int gap)
{
    const int64_t n = (int64_t)rate_hz * seconds;
    double *h = malloc((size_t)n * sizeof *h);
    gws_rng rng = gws_rng_init(5, ifo, 0);
    assert_non_null(h);
    for (int64_t i = 0; i < n; i++)
        h[i] = 1e-21 * gws_rng_normal(&rng);
    for (int64_t i = 30 * rate_hz; gap && i < 32 * rate_hz; i++)
        h[i] = NAN;
    const struct gwosc_spec q = gwosc_spec_of(ifo, rate_hz, GPS, seconds, h, NULL);
    write_gwosc(path, &q);
    return h;
}

/* What a search's conditioner makes of it, by absolute sample; NaN where nothing. */
typedef struct whole {
    float *w;
    int64_t first, n;
    gws_condition *condition;
} whole;

static void keep(void *user, int64_t sample, const float *w, int64_t n)
{
    whole *a = user;
    assert_true(sample >= a->first && sample + n <= a->first + a->n);
    memcpy(a->w + (sample - a->first), w, (size_t)n * sizeof *w);
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    whole *a = user;
    gws_condition_push(a->condition, sample, h, n, keep, a);
}

static whole whiten(gws_ini *ini, const double *h, int rate_hz, int seconds)
{
    whole a = {.first = (int64_t)GPS * RATE, .n = (int64_t)seconds * RATE};
    gws_err err;
    gws_condition_params p;
    assert_int_equal(gws_condition_params_from_ini(ini, &p, &err), GWS_OK);
    gws_resample *r = gws_resample_create(rate_hz, RATE, &err);
    a.condition = gws_condition_create(&p, RATE, &err);
    a.w = malloc((size_t)a.n * sizeof *a.w);
    assert_true(r && a.condition && a.w);
    for (int64_t i = 0; i < a.n; i++)
        a.w[i] = NAN;
    gws_resample_push(r, (int64_t)GPS * rate_hz, h, (int64_t)seconds * rate_hz, on_resampled, &a);
    gws_resample_finish(r, on_resampled, &a);
    gws_condition_finish(a.condition, keep, &a);
    gws_resample_destroy(r);
    gws_condition_destroy(a.condition);
    return a;
}

static void windows_are_pieces_of_what_a_search_would_see(void **state)
{
    (void)state;
    char folder[] = "recordedXXXXXX", path[64];
    gws_err err;
    static float x[2 * WINDOW], y[2 * WINDOW];
    gws_window a = {.w = x}, b = {.w = y};
    int64_t bytes;
    int before = 0, behind = 0;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("RECORDED", folder, 1), 0);
    snprintf(path, sizeof path, "%s/H.hdf5", folder);
    double *const h = make_strain(path, "H1", RATE, H1_S, 1);
    snprintf(path, sizeof path, "%s/L.hdf5", folder);
    double *const l = make_strain(path, "L1", 2 * RATE, L1_S, 0);
    gws_ini *ini = gws_ini_parse(recipe_text, "test", &err);
    assert_non_null(ini);
    assert_true(gws_recorded_wanted(ini));
    assert_int_equal(gws_recorded_bytes(ini, &bytes, &err), GWS_OK);
    assert_true(bytes >= (H1_S + L1_S) * RATE * 4 && bytes <= 2 * (H1_S + L1_S) * RATE * 4);
    gws_recorded *r = gws_recorded_create(ini, NULL, NULL, &err);
    if (!r)
        fail_msg("%s", err.text);
    const whole all[2] = {whiten(ini, h, RATE, H1_S), whiten(ini, l, 2 * RATE, L1_S)};

    for (int64_t k = 0; k < 200; k++) {
        gws_recorded_window(r, 9, k, &a);
        assert_true(!a.has_signal && a.merger == -1 && a.snr == 0 && !a.gains[0] && !a.gains[1]);
        assert_int_not_equal(a.offset[0], a.offset[1]);
        for (int i = 0; i < 2; i++) {
            const float *const w = all[i].w + (a.offset[i] - all[i].first);
            assert_true(a.offset[i] >= all[i].first && a.offset[i] + WINDOW <= all[i].first + all[i].n);
            for (int n = 0; n < WINDOW; n++) /* NaN, a gap, is equal to nothing */
                assert_true(x[2 * n + i] == w[n]);
        }
        before += a.offset[0] < ((int64_t)GPS + 30) * RATE;
        behind += a.offset[0] >= ((int64_t)GPS + 32) * RATE;
        gws_recorded_window(r, 9, k + 1, &b);
        assert_memory_not_equal(x, y, sizeof x);
        gws_recorded_window(r, 9, k, &b);
        assert_memory_equal(x, y, sizeof x);
    }
    assert_int_equal(before + behind, 200);
    /* places of 28 - 1 and 36 - 1 s less a window each: 0.43 of 200 lie before the gap, four standard deviations */
    assert_true(before > 58 && before < 114);

    gws_recorded_destroy(r);
    gws_ini_destroy(ini);
    free(all[0].w);
    free(all[1].w);
    free(h);
    free(l);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    static const char *const recipes[][2] = {
        {"[data]\ndetectors = H1,V1\n[pretrain]\nstrain = $RECORDED/H.hdf5\n", "no V1"},
        {"[data]\ndetectors = H1\nwindow_s = 64\nstretch_s = 128\n[pretrain]\nstrain = $RECORDED/H.hdf5\n", "as long as a window"},
        {"[data]\ndetectors = H1\n[pretrain]\nstrain = $RECORDED/absent.hdf5\n", "absent.hdf5"},
        {"[data]\ndetectors = H1\n[pretrain]\nstrain = $NO_SUCH_NAME/H.hdf5\n", "NO_SUCH_NAME is not set"}};
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        gws_err err = {0};
        gws_ini *ini = gws_ini_parse(recipes[i][0], "test", &err);
        assert_non_null(ini);
        assert_null(gws_recorded_create(ini, NULL, NULL, &err));
        assert_non_null(strstr(err.text, recipes[i][1]));
        gws_ini_destroy(ini);
    }
    gws_err err;
    gws_ini *ini = gws_ini_parse("[data]\ndetectors = H1\n", "test", &err);
    int64_t bytes = 1;
    assert_false(gws_recorded_wanted(ini));
    assert_int_equal(gws_recorded_bytes(ini, &bytes, &err), GWS_OK);
    assert_int_equal(bytes, 0);
    gws_ini_destroy(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows_are_pieces_of_what_a_search_would_see),
                                       cmocka_unit_test(what_is_missing_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
