/* What the conditioner puts out: variance, phase, gaps, bad data, parameters.  Truth: identities and the closed forms named at
 * each test; the real files' only claim is that they come out white. */
#include "gwstest.h"

#include "base/file.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "dsp/condition.h"
#include "dsp/psd.h"
#include "dsp/whiten.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 1024

struct track {
    int64_t n, runs, first, end;
    double sum2, peak;
    float *keep; /* by sample - first of the segment; NULL: statistics only */
    int64_t origin;
};

static void on_samples(void *user, int64_t sample, const float *w, int64_t n)
{
    struct track *t = user;
    if (!t->n)
        t->first = sample;
    if (!t->n || sample != t->end)
        t->runs++;
    t->end = sample + n;
    t->n += n;
    for (int64_t i = 0; i < n; i++) {
        double v = (double)w[i];
        assert_true(isfinite(v));
        t->sum2 += v * v;
        t->peak = fmax(t->peak, fabs(v));
        if (t->keep)
            t->keep[sample + i - t->origin] = w[i];
    }
}

static double *noise(int64_t n, double sigma)
{
    double *x = malloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(21, "unit", 0);
    gws_rng_normal_at(&r, 0, x, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] *= sigma;
    return x;
}

static gws_condition_stats run(const gws_condition_params *p, int rate, int64_t sample, const double *x, int64_t n, struct track *t)
{
    gws_condition_stats stats;
    gws_condition *c = gws_condition_create(p, rate, NULL);
    assert_non_null(c);
    gws_condition_push(c, sample, x, n, on_samples, t);
    gws_condition_finish(c, on_samples, t);
    gws_condition_get_stats(c, &stats);
    gws_condition_destroy(c);
    return stats;
}

/* White noise keeps the share of its variance that lies in the band; the estimate's own scatter (63 half-overlapping
 * segments, median) adds 2 to 3 per cent. */
static void white_noise_has_the_variance_of_its_band(void **state)
{
    const int64_t n = 300 * RATE;
    double *x = noise(n, 1e-22);
    static const double band[3][2] = {{0.0, 0.0}, {20.0, 0.0}, {30.0, 300.0}};
    for (int i = 0; i < 3; i++) {
        gws_condition_params p = gws_condition_defaults();
        p.low_hz = band[i][0];
        p.high_hz = band[i][1];
        gws_whiten *w = gws_whiten_create(2 * RATE, 0, RATE, p.low_hz, p.high_hz, NULL);
        struct track t = {0};
        gws_condition_stats stats = run(&p, RATE, 0, x, n, &t);
        double ratio = t.sum2 / (double)t.n / gws_whiten_share(w);
        assert_true(ratio > 0.99 && ratio < 1.05);
        assert_int_equal(t.n, n - 2 * RATE); /* the filter's half length at both ends */
        assert_int_equal(t.first, RATE);
        assert_int_equal(t.runs, 1);
        assert_int_equal(stats.psd_bad, 0);
        /* blocks of 8 s from 16 s on have an estimate of their own, those before share the first */
        assert_int_equal(stats.psd_updates, 1 + (300 - 16 + 7) / 8);
        gws_whiten_destroy(w);
    }
    free(x);
}

/* A weak sine in white noise comes out with amplitude a sqrt(2/(rate S)) = a/sigma, and its phase: the difference between noise with
 * and noise without it. */
static void a_sine_goes_through_with_its_phase(void **state)
{
    const int64_t n = 60 * RATE;
    double *x = noise(n, 1.0);
    struct track a = {.keep = calloc((size_t)n, sizeof(float))}, b = {.keep = calloc((size_t)n, sizeof(float))};
    run(NULL, RATE, 0, x, n, &a);
    /* It begins after the noise has made the PSD of its block: 40..48 s. */
    for (int64_t i = 40 * RATE; i < n; i++)
        x[i] += 0.1 * sin(2.0 * M_PI * 100.0 * (double)i / RATE);
    run(NULL, RATE, 0, x, n, &b);
    double in_phase = 0.0, quadrature = 0.0;
    int64_t from = 42 * RATE, to = 46 * RATE;
    for (int64_t i = from; i < to; i++) {
        double d = (double)b.keep[i] - (double)a.keep[i], phase = 2.0 * M_PI * 100.0 * (double)i / RATE;
        in_phase += 2.0 * d * sin(phase) / (double)(to - from);
        quadrature += 2.0 * d * cos(phase) / (double)(to - from);
    }
    assert_true(fabs(in_phase / 0.1 - 1.0) < 0.15); /* one bin's PSD of 39 segments scatters by a fifth, its root by a tenth */
    assert_true(fabs(quadrature) < 1e-3 * in_phase);
    free(a.keep);
    free(b.keep);
    free(x);
}

static void a_gap_costs_half_a_filter_on_either_side(void **state)
{
    const int64_t n = 60 * RATE, at = 25 * RATE + 100;
    double *x = noise(n, 1.0);
    const double bad[3] = {(double)NAN, HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i < 3; i++) {
        double was = x[at];
        x[at] = bad[i];
        struct track t = {.keep = calloc((size_t)n, sizeof(float))};
        gws_condition_stats stats = run(NULL, RATE, 0, x, n, &t);
        assert_int_equal(t.n, n - 1 - 4 * RATE);
        assert_int_equal(t.runs, 2);
        assert_int_equal(stats.gaps, 1);
        for (int64_t k = at - RATE; k < at + 1 + RATE; k++)
            assert_true(t.keep[k] == 0.0f);
        assert_true(t.keep[at - RATE - 1] != 0.0f && t.keep[at + 1 + RATE] != 0.0f);
        free(t.keep);
        x[at] = was;
    }
    free(x);
}

/* A filter that sees 0.25 s ahead loses that much before a gap, and the rest of its length behind it. */
static void a_gap_costs_what_the_filter_sees(void **state)
{
    const int64_t n = 60 * RATE, at = 25 * RATE + 100;
    double *x = noise(n, 1.0);
    gws_condition_params p = gws_condition_defaults();
    struct track t = {.keep = calloc((size_t)n, sizeof(float))};
    p.ahead_s = 0.25;
    x[at] = (double)NAN;
    run(&p, RATE, 0, x, n, &t);
    assert_int_equal(t.n, n - 1 - 4 * RATE);
    assert_int_equal(t.runs, 2);
    assert_int_equal(t.first, 7 * RATE / 4);
    assert_int_equal(t.end, n - RATE / 4);
    for (int64_t k = at - RATE / 4; k < at + 1 + 7 * RATE / 4; k++)
        assert_true(t.keep[k] == 0.0f);
    assert_true(t.keep[at - RATE / 4 - 1] != 0.0f && t.keep[at + 1 + 7 * RATE / 4] != 0.0f);
    free(t.keep);
    free(x);
}

/* Share of the variance that white noise with three lines has left, over that of the band. */
static double left_of_lines(double filter_s, double ahead_s, double *x, int64_t n)
{
    gws_condition_params p = gws_condition_defaults();
    gws_whiten *w = gws_whiten_create((int64_t)(filter_s * RATE), 0, RATE, p.low_hz, p.high_hz, NULL);
    struct track t = {0};
    p.filter_s = filter_s;
    p.ahead_s = ahead_s;
    run(&p, RATE, 0, x, n, &t);
    const double ratio = t.sum2 / (double)t.n / gws_whiten_share(w);
    gws_whiten_destroy(w);
    return ratio;
}

/* Lines that are 30 times as loud as the noise are gone, however little the filter sees ahead; a short filter of zero phase leaves them. */
static void lines_are_whitened(void **state)
{
    static const double line_hz[] = {60, 180.3, 331.7};
    const int64_t n = 200 * RATE;
    double *x = noise(n, 1e-21);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            x[i] += 3e-20 * sin(2 * M_PI * line_hz[k] * (double)i / RATE);
    const double full = left_of_lines(2, 0, x, n);
    assert_true(full > 0.97 && full < 1.08);
    assert_true(fabs(left_of_lines(2, 0.5, x, n) - full) < 3e-3);
    assert_true(fabs(left_of_lines(2, 0.25, x, n) - full) < 3e-3);
    assert_true(fabs(left_of_lines(2, 0.0625, x, n) - full) < 3e-3);
    assert_true(left_of_lines(0.5, 0, x, n) > 1.5 * full);
    free(x);
}

static void short_segments(void **state)
{
    const int64_t n = 20 * RATE;
    double *x = noise(n, 1.0);
    struct track t = {0};
    gws_condition_stats stats = run(NULL, RATE, 12345, x, 8 * RATE - 1, &t); /* shorter than min_s */
    assert_int_equal(t.n, 0);
    assert_int_equal(stats.segments_too_short, 1);
    stats = run(NULL, RATE, 12345, x, 8 * RATE, &t); /* min_s: whitened with the estimate of all of it, when it ends */
    assert_int_equal(stats.segments_too_short, 0);
    assert_int_equal(stats.psd_updates, 1);
    assert_int_equal(t.n, 6 * RATE);
    assert_true(t.sum2 / (double)t.n > 0.7 && t.sum2 / (double)t.n < 1.5);
    t = (struct track){0};
    run(NULL, RATE, -7 * RATE - 5, x, 17 * RATE, &t); /* times before GPS 0 are times too */
    assert_int_equal(t.first, -6 * RATE - 5);
    assert_int_equal(t.n, 15 * RATE);
    t = (struct track){0};
    gws_condition *c = gws_condition_create(NULL, RATE, NULL);
    gws_condition_push(c, 0, x, 0, on_samples, &t);
    gws_condition_finish(c, on_samples, &t);
    assert_int_equal(t.n, 0);
    gws_condition_destroy(c);
    free(x);
}

/* Zeros give no output and say so; what follows them in time is served again.  A constant, which the window's side lobes make
 * look like a spectrum, gives next to nothing. */
static void a_dead_detector_gives_nothing(void **state)
{
    const int64_t n = 200 * RATE;
    double *x = calloc((size_t)n, sizeof *x), *y = noise(n, 1e-21);
    struct track t = {0};
    gws_condition_stats stats = run(NULL, RATE, 0, x, 40 * RATE, &t);
    assert_int_equal(t.n, 0);
    assert_int_equal(stats.psd_updates, 0);
    assert_int_equal(stats.psd_bad, 4); /* first 16 s, then 16, 24, 32 s */
    for (int64_t i = 0; i < n; i++)
        x[i] = 3e-19;
    run(NULL, RATE, 0, x, 40 * RATE, &t);
    assert_true(t.peak < 0.01);

    t = (struct track){0};
    memset(x, 0, 40 * RATE * sizeof *x);
    memcpy(x + 40 * RATE, y + 40 * RATE, (size_t)(n - 40 * RATE) * sizeof *x);
    gws_condition_params p = gws_condition_defaults();
    p.history_s = 24.0;
    stats = run(&p, RATE, 0, x, n, &t);
    assert_true(stats.psd_bad > 0 && stats.psd_updates > 0);
    assert_true(t.first >= 40 * RATE && t.first <= 60 * RATE && t.end == n - RATE && t.runs == 1);
    free(x);
    free(y);
}

/* Whitened samples that no float holds are left out and counted; the rest is unharmed. */
static void an_absurd_sample_is_no_infinity(void **state)
{
    const int64_t n = 60 * RATE;
    double *x = noise(n, 1e-21);
    x[40 * RATE + 7] = DBL_MAX;
    struct track t = {0};
    gws_condition_stats stats = run(NULL, RATE, 0, x, n, &t);
    assert_true(stats.samples_overflown > 0);
    assert_int_equal(stats.samples_overflown + stats.samples_out, n - 2 * RATE);
    assert_true(t.n > 50 * RATE);
    free(x);
}

/* The length of a block is how late a sample is, and nothing else: overlap-save gives the same convolution, to the rounding of a float, with a filter
 * in one or in parts; a filter of 31 blocks and a half is one with a last part that is not full. */
static void shorter_blocks_are_sooner_and_no_other(void **state)
{
    static const struct {
        double filter_s, ahead_s;
    } of[] = {{2.0, 0.0}, {2.0, 0.40625}, {1.96875, 0.40625}};
    const int64_t n = 60 * RATE, at = (int64_t)1000000000 * RATE + 77;
    double *x = noise(n, 1e-21);
    float *w[2] = {calloc((size_t)n, sizeof **w), calloc((size_t)n, sizeof **w)};

    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        gws_condition_params p = gws_condition_defaults();
        struct track t[2] = {{.keep = w[0], .origin = at}, {.keep = w[1], .origin = at}};
        p.filter_s = of[k].filter_s;
        p.ahead_s = of[k].ahead_s;
        run(&p, RATE, at, x, n, &t[0]);
        p.block_s = 0.0625;
        run(&p, RATE, at, x, n, &t[1]);
        assert_true(t[0].first == t[1].first && t[0].end == t[1].end && t[0].n == t[1].n && t[0].n > 50 * RATE);
        for (int64_t i = 0; i < n; i++)
            assert_true(fabs((double)w[0][i] - (double)w[1][i]) < 1e-6);
        gws_condition *c = gws_condition_create(&p, RATE, NULL);
        assert_int_equal(gws_condition_delay(c), RATE / 16 + (int64_t)(gws_condition_ahead_s(&p) * RATE) - 1);
        gws_condition_destroy(c);
    }
    gws_condition_params p = gws_condition_defaults();
    p.block_s = 0.3;
    assert_null(gws_condition_create(&p, RATE, NULL));
    free(x);
    free(w[0]);
    free(w[1]);
}

static void parameters(void **state)
{
    gws_err err;
    gws_condition_params p;
    gws_ini *ini =
        gws_ini_parse("[condition]\nlow_hz = 30\nhigh_hz = 400\nwelch_s = 4\nstride_s = 2\nhistory_s = 128\nfirst_s = 32\n"
                      "min_s = 16\nupdate_s = 4\nfilter_s = 1\nahead_s = 0.25\naverage = median-mean\n",
                      "test.ini", &err);
    assert_int_equal(gws_condition_params_from_ini(ini, &p, &err), GWS_OK);
    assert_int_equal(gws_ini_unused(ini, "condition", &err), GWS_OK);
    assert_true(p.low_hz == 30.0 && p.high_hz == 400.0 && p.welch_s == 4.0 && p.stride_s == 2.0 && p.history_s == 128.0 &&
                p.first_s == 32.0 && p.min_s == 16.0 && p.update_s == 4.0 && p.filter_s == 1.0 && p.ahead_s == 0.25 &&
                p.average == GWS_PSD_MEDIAN_MEAN);
    gws_ini_destroy(ini);

    ini = gws_ini_parse("[data]\n", "test.ini", &err);
    assert_int_equal(gws_condition_params_from_ini(ini, &p, &err), GWS_OK);
    gws_condition_params d = gws_condition_defaults();
    assert_true(p.low_hz == d.low_hz && p.history_s == d.history_s && p.average == GWS_PSD_MEDIAN);
    gws_ini_destroy(ini);

    static const char *const bad[][2] = {
        {"average = best", "best"},      {"low_hz = 30x", "low_hz"},     {"low_hz = 50\nhigh_hz = 40", "empty"},
        {"update_s = 1.5", "update_s"},  {"min_s = 2.5", "min_s"},       {"first_s = 6", "first_s"},
        {"history_s = 10", "history_s"}, {"filter_s = nan", "filter_s"}, {"low_hz = -1", "low_hz"},
        {"ahead_s = 1.25", "ahead_s"},   {"ahead_s = -0.1", "ahead_s"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[200];
        snprintf(text, sizeof text, "[condition]\n%s\n", bad[i][0]);
        ini = gws_ini_parse(text, "test.ini", &err);
        assert_non_null(ini);
        assert_true(gws_condition_params_from_ini(ini, &p, &err) != GWS_OK);
        assert_non_null(strstr(err.text, bad[i][1]));
        gws_ini_destroy(ini);
    }
    p = gws_condition_defaults();
    p.high_hz = 600.0;
    assert_null(gws_condition_create(&p, RATE, &err)); /* above Nyquist */
    assert_int_equal(err.status, GWS_EARG);
    p = gws_condition_defaults();
    p.welch_s = 2.0 + 1.0 / 4096.0;
    assert_null(gws_condition_create(&p, RATE, &err));
    p = gws_condition_defaults();
    p.ahead_s = 0.0001;
    assert_null(gws_condition_create(&p, RATE, &err)); /* no whole number of samples */
    assert_null(gws_condition_create(NULL, 15, &err));
}

/* Raw GWOSC strain, whose low frequencies are louder than the band by a factor of thousands, comes out white: variance of the
 * whole within 15 per cent of the band's share (an estimate of 15 segments scatters more than one of 63), and next
 * to nothing below the band. */
static void gwosc_strain_comes_out_white(void **state)
{
    static const char *const names[] = {"H-H1_LOSC_4_V2-1126259446-32", "L-L1_LOSC_4_V2-1126259446-32",
                                        "H-H1_LOSC_4_V2-1135136334-32", "L-L1_LOSC_4_V1-1167559920-32"};
    const int rate = 4096;
    const int64_t n = 32 * rate;
    double *h = malloc((size_t)n * sizeof *h), *w = malloc((size_t)n * sizeof *w);
    int found = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/gwosc/%s.hdf5", GWS_TEST_DATA, names[i]);
        if (!gws_file_exists(path))
            continue;
        found++;
        gws_h5 *f = gws_h5_open(path, NULL);
        assert_int_equal(gws_h5_read_f64(f, "/strain/Strain", 0, n, h, NULL), GWS_OK);
        gws_h5_close(f);
        struct track t = {.keep = calloc((size_t)n, sizeof(float))};
        run(NULL, rate, 0, h, n, &t);
        assert_int_equal(t.n, n - 2 * rate);
        assert_true(fabs(t.sum2 / (double)t.n - 1.0) < 0.15);
        for (int64_t k = 0; k < n; k++)
            w[k] = (double)t.keep[k];
        gws_psd p;
        assert_int_equal(
            gws_psd_welch(w + rate, 30 * rate, rate, &(gws_welch_params){4 * rate, 2 * rate, GWS_PSD_MEDIAN}, &p, NULL), GWS_OK);
        for (int64_t k = 0; k < 14 * 4; k++) /* below 14 Hz, in units of the band's level */
            assert_true(p.data[k] * rate / 2.0 < 1e-3);
        gws_psd_clear(&p);
        free(t.keep);
    }
    free(h);
    free(w);
    if (!found)
        GWS_SKIP("no files in %s/gwosc", GWS_TEST_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_noise_has_the_variance_of_its_band),
        cmocka_unit_test(a_sine_goes_through_with_its_phase),
        cmocka_unit_test(a_gap_costs_half_a_filter_on_either_side),
        cmocka_unit_test(a_gap_costs_what_the_filter_sees),
        cmocka_unit_test(lines_are_whitened),
        cmocka_unit_test(short_segments),
        cmocka_unit_test(a_dead_detector_gives_nothing),
        cmocka_unit_test(an_absurd_sample_is_no_infinity),
        cmocka_unit_test(shorter_blocks_are_sooner_and_no_other),
        cmocka_unit_test(parameters),
        cmocka_unit_test(gwosc_strain_comes_out_white),
    };
    return GWS_RUN_TESTS(tests);
}
