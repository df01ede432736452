/* The data set against its own promises: windows are pure functions of their numbers, signal and noise windows share no noise,
 * a signal's SNR is what was asked for, threads change nothing.  All identities. */
#include "gwstest.h"

#include "base/rng.h"
#include "dsp/condition.h"
#include "dsp/psd.h"
#include "train/dataset.h"
#include "train/recipe.h"
#include "train/whitened.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char recipe_text[] =
    "[data]\ndetectors = H1,L1\nrate_hz = 2048\nwindow_s = 2\nsignals = 96\nvalid_signals = 8\nnoise_s = 64\n"
    "valid_noise_s = 32\nstretch_s = 16\npsd_spread = 0.7\nmass_min = 15\n";

static gws_dataset *make(gws_split split, uint64_t seed, int threads)
{
    gws_err err;
    gws_ini *ini = gws_ini_parse(recipe_text, "test", &err);
    assert_non_null(ini);
    gws_pool *pool = threads ? gws_pool_create(threads, &err) : NULL;
    gws_dataset *d = gws_dataset_create(ini, split, seed, NULL, pool, NULL, &err);
    if (!d)
        fail_msg("%s", err.text);
    gws_pool_destroy(pool);
    gws_ini_destroy(ini);
    assert_int_equal(gws_dataset_samples(d), 4096);
    assert_int_equal(gws_dataset_ifos(d), 2);
    return d;
}

#define N (4096 * 2)

static void windows_are_pure_functions(void **state)
{
    (void)state;
    gws_dataset *a = make(GWS_SPLIT_TRAIN, 11, 0), *b = make(GWS_SPLIT_TRAIN, 11, 3), *other = make(GWS_SPLIT_VALID, 11, 2);
    static float x[N], y[N];
    gws_window p = {.w = x}, q = {.w = y};
    int signals = 0;
    for (int64_t k = 0; k < 64; k++) {
        gws_dataset_window(a, 3, k, 0, 0, -1, &p);
        gws_dataset_window(b, 3, 63 - k, 0, 0, -1, &q);
        gws_dataset_window(b, 3, k, 0, 0, -1, &q);
        assert_memory_equal(x, y, sizeof x);
        assert_true(p.has_signal == q.has_signal && p.merger == q.merger && p.snr == q.snr && p.mass1_msun == q.mass1_msun);
        signals += p.has_signal;
        if (p.has_signal) {
            assert_true(p.merger >= (int64_t)(0.9 * 2048) && p.merger <= (int64_t)(1.75 * 2048));
            assert_true(p.snr >= 5 && p.snr <= 40 && p.mass1_msun >= p.mass2_msun && p.mass2_msun >= 15 && p.mass1_msun <= 50);
        } else {
            assert_true(p.merger == -1 && p.snr == 0);
        }
        gws_dataset_window(a, 4, k, 0, 0, -1, &q);
        assert_memory_not_equal(x, y, sizeof x);
        gws_dataset_window(other, 3, k, 0, 0, -1, &q);
        assert_memory_not_equal(x, y, sizeof x);
    }
    /* half of 64, four standard deviations */
    assert_true(signals > 16 && signals < 48);
    gws_dataset_destroy(a);
    gws_dataset_destroy(b);
    gws_dataset_destroy(other);
}

static void signal_has_the_snr_asked_for(void **state)
{
    (void)state;
    gws_dataset *d = make(GWS_SPLIT_TRAIN, 5, 0);
    static float x[N], y[N];
    gws_window p = {.w = x}, q = {.w = y};
    for (int64_t k = 0; k < 40; k++) {
        /* The same window twice, SNR 10 and 20: the difference is the signal at SNR 10. */
        gws_dataset_window(d, 0, k, 10, 10, 1, &p);
        gws_dataset_window(d, 0, k, 20, 20, 1, &q);
        assert_true(fabs(p.snr - 10) < 1e-12 && fabs(q.snr - 20) < 1e-12 && p.merger == q.merger);
        double sum = 0, near = 0;
        for (int n = 0; n < 4096; n++)
            for (int i = 0; i < 2; i++) {
                double v = (double)y[2 * n + i] - (double)x[2 * n + i];
                sum += v * v;
                if (n > p.merger - 410 && n < p.merger + 62) /* 0.2 s before to 0.03 s after */
                    near += v * v;
            }
        /* Masses from 15 Msun on spend nearly all their SNR in the window; float sums at 1e-4. */
        assert_true(sqrt(sum) < 10.001 && sqrt(sum) > 9.6);
        assert_true(near > 0.4 * sum);
    }
    gws_dataset_destroy(d);
}

/* Signals 0 .. n-1 of heavy sources, made for a window of `window_s`. */
static void make_signals(double window_s, double after_s, gws_signal *out, int n)
{
    char text[256];
    gws_err err;
    gws_data_recipe r;
    snprintf(text, sizeof text, "[data]\ndetectors = H1,L1\nmass_min = 30\nwindow_s = %g\nmerger_max_s = %g\nafter_s = %g\n",
             window_s, window_s - 0.25, after_s);
    gws_ini *ini = gws_ini_parse(text, "test", &err);
    assert_non_null(ini);
    assert_int_equal(gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err), GWS_OK);
    gws_signal_maker *m = gws_signal_maker_create(&r, NULL, &err);
    assert_non_null(m);
    for (int i = 0; i < n; i++)
        assert_int_equal(gws_signal_make(m, 3, "signal-test", (uint64_t)i, &out[i], &err), GWS_OK);
    gws_signal_maker_destroy(m);
    gws_data_recipe_clear(&r);
    gws_ini_destroy(ini);
}

/* These sources last less than the 4 s of the buffer they are made in.  A window of 8 s took the seconds before that from outside the
 * buffer, and the training stopped at gradients that are not finite.  Power is 1 by definition, less what the quiet beginning
 * has (1e-5); floats sum at 1e-4. */
static void signals_shorter_than_the_window_are_whole_and_not_more(void **state)
{
    (void)state;
    enum { SIGNALS = 8, RATE = 2048 };
    static const double window_s[] = {2, 8, 8, 20}, after_s[] = {0.2, 0.2, 8, 0.2};
    gws_signal s[4][SIGNALS];
    for (int i = 0; i < 4; i++)
        make_signals(window_s[i], after_s[i], s[i], SIGNALS);
    for (int k = 0; k < SIGNALS; k++)
        for (int i = 0; i < 4; i++) {
            const gws_signal *a = &s[0][k], *b = &s[i][k];
            double power = 0;
            assert_true(b->len >= a->len && b->len <= 4 * RATE && b->merger < b->len);
            for (int j = 0; j < 2 * b->len; j++)
                power += (double)b->w[0][j] * (double)b->w[0][j];
            assert_true(power < 1.0001 && power > (i ? 0.9998 : 0.95));
            for (int d = 0; d < 2; d++) /* what the short window shows is the same */
                assert_memory_equal(a->w[d], b->w[d] + b->merger - a->merger, (size_t)a->len * sizeof(float));
        }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < SIGNALS; k++)
            gws_signal_clear(&s[i][k]);
}

typedef struct seen {
    uint64_t key;
    int has_signal;
} seen;

static int by_key(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static void signal_and_noise_windows_share_no_noise(void **state)
{
    (void)state;
    gws_dataset *d = make(GWS_SPLIT_TRAIN, 9, 0);
    /* Pairs of consecutive samples of one detector name a place in the noise; take them where no signal lies: at the end of the
     * window, behind the merger and the longest tail. */
    enum { WINDOWS = 3000, PER = 24 };
    static float x[N];
    seen *all = malloc((size_t)WINDOWS * PER * sizeof *all);
    assert_non_null(all);
    size_t n = 0;
    for (int64_t k = 0; k < WINDOWS; k++) {
        gws_window p = {.w = x};
        gws_dataset_window(d, 0, k, 0, 0, -1, &p);
        if (p.has_signal && p.merger > 3200)
            continue;
        for (int j = 0; j < PER; j++) {
            int at = 3700 + 16 * j, ifo = j % 2;
            uint32_t lo, hi;
            memcpy(&lo, &x[2 * at + ifo], 4);
            memcpy(&hi, &x[2 * (at + 1) + ifo], 4);
            all[n++] = (seen){(uint64_t)hi << 32 | lo, p.has_signal};
        }
    }
    qsort(all, n, sizeof *all, by_key);
    size_t again = 0, crossed = 0;
    for (size_t i = 1; i < n; i++)
        if (all[i].key == all[i - 1].key) {
            again++;
            crossed += all[i].has_signal != all[i - 1].has_signal;
        }
    assert_true(again > 100); /* the pool is small, so places do come again: the test sees them */
    assert_int_equal(crossed, 0);
    free(all);
    gws_dataset_destroy(d);
}

static void whitened_noise_is_white(void **state)
{
    (void)state;
    gws_err err;
    gws_ini *ini = gws_ini_parse(recipe_text, "test", &err);
    enum { LONG = 64 * 2048 };
    static float a[LONG], b[LONG], c[LONG], e[LONG];
    gws_dataset_stretch w = {.w = {a, b}}, v = {.w = {c, e}};
    assert_int_equal(gws_background_stretch(ini, NULL, 1, 0, LONG, &w, &err), GWS_OK);
    assert_int_equal(gws_background_stretch(ini, NULL, 1, 1, LONG, &v, &err), GWS_OK);
    double sum = 0, lag = 0, cross = 0, next = 0;
    for (int i = 1; i < LONG; i++) {
        double p = (double)a[i], before = (double)a[i - 1];
        sum += p * p / LONG;
        lag += p * before / LONG;
        cross += p * (double)b[i] / LONG;
        next += p * (double)c[i] / LONG;
    }
    /* 20 Hz to Nyquist keeps 0.98 of the variance; the estimate's own scatter adds some per cent. */
    assert_true(sum > 0.93 && sum < 1.1);
    assert_true(fabs(lag) < 0.06);
    assert_true(fabs(cross) < 4 / sqrt(LONG) && fabs(next) < 4 / sqrt(LONG));
    assert_int_equal(gws_background_stretch(ini, NULL, 1, 0, LONG, &v, &err), GWS_OK);
    assert_memory_equal(a, c, sizeof a);
    gws_ini_destroy(ini);
}

static void misspelt_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"[data]\nsignal = 3\n",       "[data]\nwindow_s = two\n", "[data]\ndetectors = H1,X7\n",
                                      "[data]\npsd = nothing\n",    "[data]\nsignals = 10.5\n", "[data]\nvolume_weighted = 0.5\n",
                                      "[data]\nmerger_max_s = 3\n", "[data]\nsnr_min = 30\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        gws_ini *ini = gws_ini_parse(bad[i], "test", &err);
        assert_non_null(ini);
        assert_null(gws_dataset_create(ini, GWS_SPLIT_TRAIN, 1, NULL, NULL, NULL, &err));
        assert_true(err.text[0] != '\0');
        gws_ini_destroy(ini);
    }
}

static void write_curve(const char *folder, const char *ifo, int i, double level)
{
    char path[512];
    gws_err err;
    gws_psd psd;
    snprintf(path, sizeof path, "%s/%s/psd-%d.hdf", folder, ifo, i);
    assert_int_equal(gws_psd_init(&psd, 1025, 1.0, &err), GWS_OK);
    for (int k = 0; k < 1025; k++)
        psd.data[k] = level;
    assert_int_equal(gws_psd_save(&psd, path, ifo, 0, NULL, &err), GWS_OK);
    gws_psd_clear(&psd);
}

/* Two curves of H1 and one of L1, flat: each draw is one of the detector's own, and all of them come.  A signal in noise of four times the
 * power has half the loudness and the same shape. */
static void measured_curves_are_drawn_for_their_detector(void **state)
{
    static const char text[] = "[data]\ndetectors = H1,L1\nmass_min = 30\nprecessing = 0.5\ncurves = $GWSTEST_CURVES/psds\n";
    char folder[256], path[512];
    const char *temporary = getenv("TMPDIR");
    gws_err err;
    gws_data_recipe r;
    gws_signal low, high;
    snprintf(folder, sizeof folder, "%s/gws-curves-XXXXXX", temporary && *temporary ? temporary : P_tmpdir);
    assert_non_null(mkdtemp(folder));
    gws_ini *ini = gws_ini_parse(text, "test", &err);
    unsetenv("GWSTEST_CURVES");
    assert_int_equal(gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err), GWS_EARG);
    gws_data_recipe_clear(&r);
    setenv("GWSTEST_CURVES", folder, 1);
    assert_int_equal(gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err), GWS_EIO);
    assert_non_null(strstr(err.text, "H1/psd-0.hdf"));
    gws_data_recipe_clear(&r);
    static const char *const made[] = {"psds", "psds/H1", "psds/L1"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/psds", folder);
    write_curve(path, "H1", 0, 1e-46);
    write_curve(path, "H1", 1, 2e-46);
    write_curve(path, "L1", 0, 4e-46);
    if (gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err))
        fail_msg("%s", err.text);
    double *curve = malloc((size_t)r.curves.design.n * sizeof *curve);
    int drawn[3] = {0};
    gws_rng rng = gws_rng_init(1, "test", 0);
    for (int i = 0; i < 40; i++) {
        gws_curve_family_draw(&r.curves, r.measured[0], r.n_measured[0], &rng, curve);
        const int which = curve[400] > 1.5e-46;
        assert_true(curve[400] == (which ? 2e-46 : 1e-46) && curve[r.curves.design.n - 1] == curve[400]);
        drawn[which]++;
        gws_curve_family_draw(&r.curves, r.measured[1], r.n_measured[1], &rng, curve);
        assert_true(curve[400] == 4e-46);
    }
    assert_true(drawn[0] > 8 && drawn[1] > 8); /* of 40, four standard deviations */
    free(curve);
    for (int k = 0; k < 6; k++) {
        gws_signal *const out[2] = {&low, &high};
        for (int i = 0; i < 2; i++) {
            gws_signal_maker *m = gws_signal_maker_create(&r, NULL, &err);
            for (int d = 0; d < 2; d++)
                for (int c = 0; c < r.n_measured[d]; c++)
                    for (int64_t j = 0; j < r.measured[d][c].n && i; j++)
                        r.measured[d][c].data[j] *= 4;
            assert_int_equal(gws_signal_make(m, 3, "signal-test", (uint64_t)k, out[i], &err), GWS_OK);
            gws_signal_maker_destroy(m);
        }
        assert_true(low.len == high.len && fabs(low.loudness / high.loudness - 2) < 1e-6);
        for (int j = 0; j < 2 * low.len; j++)
            assert_true(fabs((double)low.w[0][j] - (double)high.w[0][j]) < 1e-5);
        gws_signal_clear(&low);
        gws_signal_clear(&high);
    }
    gws_data_recipe_clear(&r);
    gws_ini_destroy(ini);
    static const char *const left[] = {
        "psds/H1/psd-0.hdf", "psds/H1/psd-1.hdf", "psds/L1/psd-0.hdf", "psds/H1", "psds/L1", "psds", ""};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        assert_int_equal(remove(path), 0);
    }
}

/* Signal 0 of heavy sources in noise of a curve, flat where it is NULL. */
static void signal_in(const gws_psd *noise, double ahead_s, const gws_reference *reference, gws_signal *out)
{
    const gws_noise_rows rows = {"noise-test", 1, 1};
    char text[256];
    gws_err err;
    gws_data_recipe r;
    snprintf(text, sizeof text,
             "[data]\ndetectors = H1,L1\nmass_min = 30\npsd_spread = 0\nwindow_s = 6\nmerger_max_s = 4\nafter_s = 2\n"
             "[condition]\nlow_hz = 0\nahead_s = %g\n",
             ahead_s);
    gws_ini *ini = gws_ini_parse(text, "test", &err);
    if (!ini || gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &r, &err))
        fail_msg("%s", err.text);
    for (int64_t k = 0; k < r.curves.design.n; k++) {
        const int64_t i = k / 2 < 2047 ? k / 2 : 2047, j = i < 2047 ? i + k % 2 : i;
        r.curves.design.data[k] = noise ? (noise->data[i] + noise->data[j]) / 2 : 1;
    }
    r.condition.reference = reference;
    gws_signal_maker *m = gws_signal_maker_create(&r, reference ? &rows : NULL, &err);
    assert_int_equal(gws_signal_make(m, 3, "signal-test", 0, out, &err), GWS_OK);
    gws_signal_maker_destroy(m);
    gws_data_recipe_clear(&r);
    gws_ini_destroy(ini);
}

static void keep(void *user, int64_t sample, const float *w, int64_t n)
{
    memcpy((float *)user + sample, w, (size_t)n * sizeof *w);
}

static void condition(double ahead_s, const gws_reference *reference, const double *x, int64_t n, float *w)
{
    gws_condition_params p = gws_condition_defaults();
    p.low_hz = 0;
    p.ahead_s = ahead_s;
    p.reference = reference;
    gws_condition *c = gws_condition_create(&p, 2048, NULL);
    gws_condition_push(c, 0, x, n, keep, w);
    gws_condition_finish(c, keep, w);
    gws_condition_destroy(c);
}

/* A signal of the training is what the conditioner makes of its strain, when both know the same spectrum: in flat noise without an edge a
 * signal is its own strain; that goes through the conditioner in noise with lines.  The maker cuts 1e-5 of the energy from the beginning. */
static void a_signal_is_whitened_as_strain_is(void **state)
{
    enum { RATE = 2048, SAMPLES = 44 * RATE, MERGER = 36 * RATE };
    static double x[SAMPLES];
    static float without[SAMPLES], with[SAMPLES];
    gws_rng rng = gws_rng_init(3, "test", 0);
    gws_rng_normal_at(&rng, 0, x, SAMPLES);
    for (int64_t i = 1; i < SAMPLES; i++)
        x[i] += 0.9 * x[i - 1];
    for (int64_t i = 0; i < SAMPLES; i++)
        x[i] += 10 * sin(2 * M_PI * 60 * (double)i / RATE) + 20 * sin(2 * M_PI * 131.3 * (double)i / RATE);
    gws_psd psd; /* of the 32 s that serve the block of the merger */
    assert_int_equal(gws_psd_welch(x, 32 * RATE, RATE, &(gws_welch_params){2 * RATE, RATE, GWS_PSD_MEDIAN}, &psd, NULL), GWS_OK);
    gws_signal strain, want, other;
    double size[5];
    static double curve[2049];
    static float power[2049];
    for (int k = 0; k < 2049; k++) {
        curve[k] = exp(-k / 200.0);
        power[k] = k >= 60 && k < 460 ? 1.0f / 400.0f : 0.0f;
    }
    const gws_reference filters = {.n = 2049, .delta_f_hz = 0.5, .psd = curve, .high_hz = 512, .filters = 1, .power = power};
    signal_in(NULL, 0, NULL, &strain);
    for (int i = 0; i < 5; i++) {
        const double ahead_s = (double[]){0, 0.5, 0.25, 0, 0.25}[i];
        const gws_reference *reference = i > 2 ? &filters : NULL;
        signal_in(&psd, ahead_s, reference, &want);
        signal_in(&psd, reference ? ahead_s : ahead_s > 0 ? 0 : 0.25, NULL, &other);
        condition(ahead_s, reference, x, SAMPLES, without);
        for (int k = 0; k < strain.len; k++)
            x[MERGER - strain.merger + k] += 1e4 * (double)strain.w[0][k];
        condition(ahead_s, reference, x, SAMPLES, with);
        for (int k = 0; k < strain.len; k++)
            x[MERGER - strain.merger + k] -= 1e4 * (double)strain.w[0][k];
        double gg = 0, ww = 0, gw = 0, oo = 0, go = 0;
        for (int k = 0; k < want.len; k++) {
            const int64_t at = MERGER - want.merger + k;
            const double g = (double)with[at] - (double)without[at], w = (double)want.w[0][k];
            const int from = k - want.merger + other.merger;
            const double o = from >= 0 && from < other.len ? (double)other.w[0][from] : 0;
            gg += g * g, ww += w * w, gw += g * w, oo += o * o, go += g * o;
        }
        /* a signal's curve has bins of 1/4 Hz, an estimate of 1/2: medians over as much are not quite the same */
        assert_true(gw / sqrt(gg * ww) > (reference ? 0.9995 : 0.9999));
        size[i] = sqrt(gg / ww); /* SNR 1 of the same signal in the same noise */
        assert_true(fabs(size[i] / size[0] - 1) < 0.01);
        assert_true(go / sqrt(gg * oo) < 0.999); /* and not what another filter makes */
        gws_signal_clear(&want);
        gws_signal_clear(&other);
    }
    gws_signal_clear(&strain);
    gws_psd_clear(&psd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_pure_functions),
        cmocka_unit_test(signal_has_the_snr_asked_for),
        cmocka_unit_test(signal_and_noise_windows_share_no_noise),
        cmocka_unit_test(whitened_noise_is_white),
        cmocka_unit_test(measured_curves_are_drawn_for_their_detector),
        cmocka_unit_test(a_signal_is_whitened_as_strain_is),
        cmocka_unit_test(misspelt_keys_are_refused),
        cmocka_unit_test(signals_shorter_than_the_window_are_whole_and_not_more),
    };
    return GWS_RUN_TESTS(tests);
}
