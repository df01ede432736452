/* Lines, drift, gaps and the whole of a detector against identities and their own laws. */
#include "base/hdf5.h"
#include "base/rng.h"
#include "sim/drift.h"
#include "sim/truth.h"
#include "sim/simulate.h"
#include "gwstest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE 1024
#define BEGIN (INT64_C(1238205077) * RATE)

static gws_psd flat(double level)
{
    gws_psd p = {.n = 513, .delta_f_hz = 1};
    p.data = malloc(513 * sizeof *p.data);
    for (int k = 0; k < 513; k++)
        p.data[k] = level;
    return p;
}

static gws_contaminate *make(const gws_contaminate_params *p, const char *ifo)
{
    gws_err err;
    gws_psd psd = flat(1e-46);
    gws_contaminate *c = gws_contaminate_create(p, ifo, RATE, &psd, 4, &err);
    gws_psd_clear(&psd);
    if (!c)
        fail_msg("%s", err.text);
    return c;
}

static void smooth_is_a_unit_gaussian(void **state)
{
    (void)state;
    enum { N = 40000, EVERY = 1000 };
    gws_smooth s = gws_smooth_init(1, "test", EVERY), t = s;
    double mean[2] = {0}, square[2] = {0}, fourth = 0, next = 0, far = 0;
    for (int64_t j = -N / 2; j < N / 2; j++) {
        /* at a knot, and two fifths between two: the variance is the same */
        double at = gws_smooth_at(&s, j * EVERY), between = gws_smooth_at(&s, j * EVERY + 400);
        mean[0] += at / N;
        mean[1] += between / N;
        square[0] += at * at / N;
        square[1] += between * between / N;
        fourth += pow(between, 4) / N;
        next += at * between / N;
        far += at * gws_smooth_at(&t, (j + 2) * EVERY) / N;
    }
    double a = M_PI / 2 * 0.16 * (3 - 0.8);
    for (int i = 0; i < 2; i++) {
        assert_true(fabs(mean[i]) < 5 / sqrt(N));
        assert_true(fabs(square[i] - 1) < 5 * sqrt(2.0 / N));
    }
    assert_true(fabs(fourth - 3) < 5 * sqrt(96.0 / N * 2));
    assert_true(fabs(next - cos(a)) < 5 * sqrt(2.0 / N));
    assert_true(fabs(far) < 5 / sqrt(N));
    /* no jump and no kink at a knot */
    double before = gws_smooth_at(&s, 7 * EVERY - 1), at = gws_smooth_at(&s, 7 * EVERY), after = gws_smooth_at(&s, 7 * EVERY + 1);
    assert_true(fabs(at - before) < 1e-4 && fabs(after - at) < 1e-4);
}

/* Power of the tones lo_hz, lo_hz + 1, ... of one second under a Hann window. */
static double band_power(const double *x, int lo_hz, int hi_hz)
{
    static double hann[RATE];
    double sum = 0;
    for (int i = 0; i < RATE && hann[RATE - 1] == 0; i++)
        hann[i] = 0.5 - 0.5 * cos(2 * M_PI * i / RATE);
    for (int f = lo_hz; f < hi_hz; f++) {
        double re = 0, im = 0, c = cos(2 * M_PI * f / RATE), s = sin(2 * M_PI * f / RATE), a = 1, b = 0;
        for (int i = 0; i < RATE; i++) {
            double up = a * c - b * s;
            re += x[i] * a * hann[i];
            im += x[i] * b * hann[i];
            b = a * s + b * c;
            a = up;
        }
        sum += re * re + im * im;
    }
    return sum;
}

/* The same noise with and without drift: the ratio of powers is g^2 above 60 Hz and g^2 l^2 below 30 Hz, free of the noise's own
 * scatter, and its logarithm has the variance (2 depth)^2, below 30 Hz twice that; each knot is a draw of its own. */
static void drift_has_the_depth_asked_for(void **state)
{
    (void)state;
    enum { N = 250 };
    gws_sim_params p = gws_sim_defaults();
    p.rate_hz = RATE;
    p.step_s = 0;
    p.n_ifo = 1;
    gws_sim *still = gws_sim_create(&p, NULL);
    p.drift = 0.2;
    p.drift_s = 20;
    gws_sim *drifts = gws_sim_create(&p, NULL);
    assert_non_null(still);
    assert_non_null(drifts);
    double high = 0, low = 0, high2 = 0, low2 = 0, x[RATE], y[RATE];
    for (int j = 0; j < N; j++) {
        int64_t at = BEGIN + ((int64_t)j * 20 - 1) * RATE + RATE / 2; /* a second about a knot, where it stands still */
        at -= (at + RATE / 2) % (20 * RATE);
        assert_int_equal(gws_sim_fill(still, 0, at, RATE, x, NULL), GWS_OK);
        assert_int_equal(gws_sim_fill(drifts, 0, at, RATE, y, NULL), GWS_OK);
        double h = log(band_power(y, 100, 110) / band_power(x, 100, 110));
        double l = log(band_power(y, 12, 26) / band_power(x, 12, 26));
        high += h / N;
        low += l / N;
        high2 += h * h / N;
        low2 += l * l / N;
    }
    double depth = 2 * 0.2;
    assert_true(fabs(high) < 4 * depth / sqrt(N));
    assert_true(fabs(low) < 4 * depth * sqrt(2.0 / N));
    assert_true(fabs(high2 / (depth * depth) - 1) < 4 * sqrt(2.0 / N));
    assert_true(fabs(low2 / (2 * depth * depth) - 1) < 4 * sqrt(2.0 / N) + 0.02); /* the edge of the band leaks in */
    gws_sim_destroy(still);
    gws_sim_destroy(drifts);
    p.drift = -1;
    gws_err err;
    assert_null(gws_sim_create(&p, &err));
    assert_int_equal(err.status, GWS_EARG);
}

static void any_cut_gives_the_same_strain(void **state)
{
    (void)state;
    gws_contaminate_params q = gws_contaminate_defaults();
    gws_pulsar wave = {.h0 = 1e-24, .ra_rad = 1, .dec_rad = 0.2, .f0_hz = 77.7};
    q.glitch.per_hour[GWS_GLITCH_BLIP] = q.glitch.per_hour[GWS_GLITCH_SCATTERED] = 200;
    q.line_snr = 5;
    q.gaps_per_hour = 100;
    q.gap_s = 2;
    q.pulsars = &wave;
    q.n_pulsars = 1;
    gws_contaminate *a = make(&q, "H1"), *b = make(&q, "H1");
    gws_sim_params p = gws_sim_defaults();
    p.rate_hz = RATE;
    p.step_s = 0;
    p.drift = 0.3;
    p.drift_s = 7.3;
    gws_sim *s = gws_sim_create(&p, NULL), *t = gws_sim_create(&p, NULL);
    enum { N = 200 * RATE };
    static double x[N], y[N];
    gws_sim_fill(s, 0, BEGIN, N, x, NULL);
    gws_contaminate_add(a, BEGIN, N, x);
    gws_rng r = gws_rng_init(3, "cuts", 0);
    for (int64_t end = N; end > 0;) {
        int64_t run = 1 + (int64_t)gws_rng_below(&r, 20000);
        run = run < end ? run : end;
        gws_sim_fill(t, 0, BEGIN + end - run, run, y + end - run, NULL);
        gws_contaminate_add(b, BEGIN + end - run, run, y + end - run);
        end -= run;
    }
    int gaps = 0;
    for (int i = 0; i < N; i++) {
        gaps += isnan(x[i]) != 0;
        if (!isnan(x[i]) || !isnan(y[i]))
            assert_true(x[i] == y[i]);
    }
    assert_true(gaps > 0 && gaps < N);
    gws_contaminate_destroy(a);
    gws_contaminate_destroy(b);
    gws_sim_destroy(s);
    gws_sim_destroy(t);
}

/* Starts of a Poisson process and exponential lengths: what is covered is 1 - exp(-rate length), cut at ten means or not. */
static void gaps_cover_their_share(void **state)
{
    (void)state;
    gws_contaminate_params q = gws_contaminate_defaults();
    q.gaps_per_hour = 60;
    q.gap_s = 20;
    gws_contaminate *c = make(&q, "L1");
    enum { HOURS = 40, N = 64 * RATE };
    static double x[N];
    double gone = 0, all = 0, starts = 0;
    int open = 0;
    for (int64_t at = 0; at < INT64_C(3600) * HOURS * RATE; at += N) {
        memset(x, 0, sizeof x);
        gws_contaminate_add(c, BEGIN + at, N, x);
        for (int i = 0; i < N; i++) {
            int gap = isnan(x[i]) != 0;
            gone += gap;
            starts += gap && !open;
            open = gap;
            all++;
            assert_true(gap || x[i] == 0);
        }
    }
    double share = 1 - exp(-60 * 20 / 3600.0);
    assert_true(fabs(gone / all - share) < 0.03); /* 2400 gaps: 0.005, and the exponential's tail */
    assert_true(fabs(starts / (60 * HOURS * (1 - share)) - 1) < 0.08);
    gws_contaminate_destroy(c);
}

/* The amplitude that the SNR means, A^2 T/S = SNR^2, times what modulation adds; harmonic m has 1/m; Europe's mains at 50 Hz. */
static void lines_stand_where_they_should(void **state)
{
    (void)state;
    gws_contaminate_params q = gws_contaminate_defaults();
    q.line_snr = 10;
    enum { WINDOWS = 300, APART = 31 }; /* one second each, further apart than the amplitude's knots */
    double amplitude2 = 100 * 1e-46;
    for (int site = 0; site < 2; site++) {
        int mains = site ? 50 : 60;
        gws_contaminate *c = make(&q, site ? "V1" : "H1");
        double x[RATE], harmonic[3] = {0}, all = 0, off = 0;
        for (int k = 0; k < WINDOWS; k++) {
            memset(x, 0, sizeof x);
            gws_contaminate_add(c, BEGIN + (int64_t)k * APART * RATE, RATE, x);
            for (int i = 0; i < RATE; i++)
                all += x[i] * x[i] / RATE / WINDOWS;
            /* Hann: the power of a tone of amplitude 1 spread over its neighbours is 3/2 (n/4)^2 */
            for (int m = 1; m <= 3; m++)
                harmonic[m - 1] += band_power(x, m * mains - 8, m * mains + 9) / (1.5 * RATE * RATE / 16.0) / WINDOWS;
            off += band_power(x, mains + 20, mains + 30) / (1.5 * RATE * RATE / 16.0) / WINDOWS;
        }
        /* modulation: 1 + 0.04 + two sidebands of ratio r, r^2/2 each, r 0.05..0.3; 300 draws of the 0.04: 0.023 */
        printf("mains %d: power of harmonics %.4g %.4g %.4g of the plain line\n", mains, harmonic[0] / amplitude2,
               harmonic[1] / amplitude2, harmonic[2] / amplitude2);
        assert_true(harmonic[0] > amplitude2 * 0.95 && harmonic[0] < amplitude2 * 1.25);
        assert_true(fabs(harmonic[0] / harmonic[1] / 4 - 1) < 0.02);
        assert_true(fabs(harmonic[0] / harmonic[2] / 9 - 1) < 0.03);
        assert_true(off < 1e-3 * harmonic[0]);
        double sum = 0; /* of 1/m^2 over those below 0.95 Nyquist */
        for (int m = 1; m <= 8; m++)
            sum += m * mains < 0.95 * RATE / 2 ? 1.0 / m / m : 0;
        assert_true(fabs(all / (0.5 * harmonic[0] * sum) - 1) < 0.05);
        gws_contaminate_destroy(c);
    }
}

static void the_table_holds_what_the_strain_holds(void **state)
{
    (void)state;
    gws_err err;
    gws_contaminate_params q = gws_contaminate_defaults();
    q.glitch.per_hour[GWS_GLITCH_LOWFREQ] = q.glitch.per_hour[GWS_GLITCH_TOMTE] = 300;
    q.gaps_per_hour = 100;
    gws_contaminate *c = make(&q, "H1");
    q.gaps_per_hour = 0;
    gws_contaminate *whole = make(&q, "H1");
    enum { N = 300 * RATE };
    static double x[N];
    gws_truth *t = gws_truth_create(&err), *u = gws_truth_create(&err);
    memset(x, 0, sizeof x);
    gws_contaminate_add(c, BEGIN, N, x);
    for (int i = 0; i < 3; i++)
        assert_int_equal(gws_truth_add(t, c, BEGIN + i * N / 3, N / 3, x + i * N / 3, &err), GWS_OK);
    memset(x, 0, sizeof x);
    gws_contaminate_add(whole, BEGIN, N, x);
    assert_int_equal(gws_truth_add(u, whole, BEGIN, N, x, &err), GWS_OK);
    assert_true(gws_truth_count(t) > 0 && gws_truth_count(t) < gws_truth_count(u));
    assert_int_equal(gws_truth_save(t, "unit_contaminate_truth.hdf", "test", 4, &err), GWS_OK);
    gws_h5 *f = gws_h5_open("unit_contaminate_truth.hdf", &err);
    assert_non_null(f);
    double time[64];
    char *word;
    int n = (int)gws_truth_count(t);
    assert_true(n <= 64);
    assert_int_equal(gws_h5_read_f64(f, "/glitches/time", 0, n, time, &err), GWS_OK);
    for (int i = 0; i < n; i++)
        assert_true(time[i] >= 1238205077 && time[i] < 1238205377 && (i == 0 || time[i] >= time[i - 1]));
    assert_int_equal(gws_h5_read_string(f, "/glitches/family", 0, &word, &err), GWS_OK);
    assert_true(strcmp(word, "tomte") == 0 || strcmp(word, "lowfreq") == 0);
    free(word);
    assert_int_equal(gws_h5_read_string(f, "/glitches/ifo", n - 1, &word, &err), GWS_OK);
    assert_string_equal(word, "H1");
    free(word);
    gws_h5_close(f);
    remove("unit_contaminate_truth.hdf");
    gws_truth_destroy(t);
    gws_truth_destroy(u);
    gws_contaminate_destroy(c);
    gws_contaminate_destroy(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth_is_a_unit_gaussian),     cmocka_unit_test(drift_has_the_depth_asked_for),
        cmocka_unit_test(any_cut_gives_the_same_strain), cmocka_unit_test(gaps_cover_their_share),
        cmocka_unit_test(lines_stand_where_they_should), cmocka_unit_test(the_table_holds_what_the_strain_holds),
    };
    return GWS_RUN_TESTS(tests);
}
