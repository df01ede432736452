/* Glitches against identities and their own laws: any cut gives the same samples; each has the SNR, the band and the length that the
 * table says; rates are Poisson's; loudness follows its power law.  SNRs are computed here by another road: one long transform at another
 * resolution. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "sim/glitch.h"
#include "gw/named_psd.h"
#include "sim/poisson.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048
#define BEGIN (INT64_C(1238205077) * RATE)
#define WINDOW_S 64

static gws_psd curve(int rate_hz)
{
    gws_psd psd;
    assert_int_equal(gws_psd_by_name("aLIGOZeroDetHighPower", 0.25, rate_hz * 2 + 1, 0, &psd, NULL), GWS_OK);
    for (int k = 0; k < 32; k++)
        psd.data[k] = psd.data[32];
    return psd;
}

static gws_glitches *make(const gws_glitch_params *p, const char *ifo, int rate_hz, uint64_t seed)
{
    gws_err err;
    gws_psd psd = curve(rate_hz);
    gws_glitches *g = gws_glitches_create(p, ifo, rate_hz, &psd, seed, &err);
    gws_psd_clear(&psd);
    if (!g)
        fail_msg("%s", err.text);
    return g;
}

static gws_glitch_params only(int family, double per_hour)
{
    gws_glitch_params p = gws_glitch_defaults();
    p.per_hour[family] = per_hour;
    return p;
}

static void any_cut_gives_the_same_glitches(void **state)
{
    (void)state;
    gws_glitch_params p = gws_glitch_defaults();
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++)
        p.per_hour[f] = 400;
    gws_glitches *a = make(&p, "H1", RATE, 7), *b = make(&p, "H1", RATE, 7), *c = make(&p, "L1", RATE, 7);
    const int64_t n = 100 * RATE;
    double *x = calloc((size_t)n, sizeof *x), *y = calloc((size_t)n, sizeof *y);
    gws_glitches_add(a, BEGIN, n, x);
    gws_rng r = gws_rng_init(1, "cuts", 0);
    for (int64_t end = n; end > 0;) {
        int64_t run = 1 + (int64_t)gws_rng_below(&r, 30000);
        run = run < end ? run : end;
        gws_glitches_add(b, BEGIN + end - run, run, y + end - run);
        end -= run;
    }
    assert_memory_equal(x, y, (size_t)n * sizeof *x);
    /* A window far from the first, asked for alone, and then the first again */
    double alone[500] = {0}, again[500] = {0};
    gws_glitches_add(b, BEGIN + 70 * RATE, 500, alone);
    assert_memory_equal(alone, x + 70 * RATE, sizeof alone);
    gws_glitches_add(b, BEGIN, 500, again);
    assert_memory_equal(again, x, sizeof again);
    /* Another detector has others */
    memset(y, 0, (size_t)n * sizeof *y);
    gws_glitches_add(c, BEGIN, n, y);
    double xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < n; i++) {
        xx += x[i] * x[i];
        yy += y[i] * y[i];
        xy += x[i] * y[i];
    }
    assert_true(xx > 0 && yy > 0 && fabs(xy) < 0.2 * sqrt(xx * yy));
    free(x);
    free(y);
    gws_glitches_destroy(a);
    gws_glitches_destroy(b);
    gws_glitches_destroy(c);
}

/* What is seen of one glitch that stands alone in a window. */
typedef struct seen {
    double snr, in_band;      /* share of SNR^2 in the family's band */
    double middle_s, width_s; /* mean time and standard deviation of energy whitened roughly: weighted by |h|^2 above 10 Hz */
    double low_hz, high_hz;   /* between which the middle 90 % of SNR^2 lie */
} seen;

static seen look(gws_glitches *g, const gws_glitch *e, double lo_hz, double hi_hz, const gws_psd *psd)
{
    enum { N = WINDOW_S * RATE };
    gws_fft *fft = gws_fft_create(N, NULL);
    int64_t bins = gws_fft_bins(fft), begin = gws_sample_of_ns(e->t_ns, RATE) - N / 2;
    double *x = gws_arena_alloc(N * sizeof *x), *spec = gws_arena_alloc(2 * (size_t)bins * sizeof *spec), df = 1.0 / WINDOW_S;
    seen s = {0};
    gws_glitches_add(g, begin, N, x);
    gws_fft_forward(fft, x, spec);
    double sum = 0, band = 0, run = 0;
    for (int64_t k = 10 * WINDOW_S; k < bins - 1; k++) {
        double f = (double)k * df, at = f / psd->delta_f_hz, u = at - floor(at);
        double level = psd->data[(int)at] * (1 - u) + psd->data[(int)at + 1] * u;
        double power = (spec[2 * k] * spec[2 * k] + spec[2 * k + 1] * spec[2 * k + 1]) / ((double)RATE * RATE) / level * 4 * df;
        sum += power;
        band += f >= lo_hz && f <= hi_hz ? power : 0;
        spec[2 * k] /= sqrt(level);
        spec[2 * k + 1] /= sqrt(level);
    }
    for (int64_t k = 10 * WINDOW_S; k < bins - 1; k++) {
        run += (spec[2 * k] * spec[2 * k] + spec[2 * k + 1] * spec[2 * k + 1]) / ((double)RATE * RATE) * 4 * df;
        if (run < 0.05 * sum)
            s.low_hz = (double)k * df;
        if (run < 0.95 * sum)
            s.high_hz = (double)k * df;
    }
    memset(spec, 0, 2 * sizeof *spec * 10 * WINDOW_S);
    spec[2 * bins - 2] = spec[2 * bins - 1] = 0;
    gws_fft_inverse(fft, spec, x);
    double energy = 0, first = 0, second = 0;
    for (int i = 0; i < N; i++) {
        double t = (double)(i - N / 2) / RATE, p = x[i] * x[i];
        energy += p;
        first += p * t;
        second += p * t * t;
    }
    s.snr = sqrt(sum);
    s.in_band = band / sum;
    s.middle_s = first / energy;
    s.width_s = sqrt(second / energy - s.middle_s * s.middle_s);
    gws_arena_free(x);
    gws_arena_free(spec);
    gws_fft_destroy(fft);
    return s;
}

/* Bands of the literature, see glitch.h.  Widths: of whitened energy, in units of the duration that the table gives. */
static void each_is_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        double lo_hz, hi_hz, in_band, width_lo, width_hi;
    } law[GWS_GLITCH_FAMILIES] = {
        {30, 500, 0.85, 0.1, 0.6}, {15, 150, 0.95, 0.1, 0.8}, {490, 940, 0.97, 0.15, 0.35},
        {8, 65, 0.99, 0.1, 0.35},  {9, 31, 0.98, 0.08, 0.4},
    };
    gws_psd psd = curve(RATE);
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++) {
        gws_glitch_params p = only(f, 12);
        gws_glitches *g = make(&p, "L1", RATE, 3);
        gws_glitch *list;
        int n, looked = 0;
        assert_int_equal(gws_glitches_list(g, BEGIN, INT64_C(4) * 3600 * RATE, &list, &n, NULL), GWS_OK);
        for (int i = 0; i < n && looked < 12; i++) {
            const gws_glitch *e = &list[i];
            if ((i > 0 && e->t_ns - list[i - 1].t_ns < 64 * GWS_NS) || (i + 1 < n && list[i + 1].t_ns - e->t_ns < 64 * GWS_NS))
                continue;
            looked++;
            seen s = look(g, e, law[f].lo_hz, law[f].hi_hz, &psd);
            assert_int_equal(e->family, f);
            if (fabs(s.snr / e->snr - 1) > 0.01 || s.in_band < law[f].in_band || fabs(s.middle_s) > 0.5 * e->duration_s ||
                s.width_s < law[f].width_lo * e->duration_s || s.width_s > law[f].width_hi * e->duration_s)
                fail_msg("%s of %g Hz, %g s, SNR %g: SNR %g, %g in band, %g..%g Hz, middle %g s, width %g s",
                         gws_glitch_name(e->family), e->f_hz, e->duration_s, e->snr, s.snr, s.in_band, s.low_hz, s.high_hz,
                         s.middle_s, s.width_s);
        }
        assert_true(looked >= 8);
        free(list);
        gws_glitches_destroy(g);
    }
    gws_psd_clear(&psd);
}

/* The duration 2/(pi w f0) tells the width w: it fills 0.35 to 1.3, and what is broader than 0.65 reaches down, so that f0 e^w stays. */
static void a_broad_blip_reaches_down(void **state)
{
    (void)state;
    gws_glitch_params p = only(GWS_GLITCH_BLIP, 60);
    gws_glitches *g = make(&p, "H1", RATE, 17);
    gws_glitch *list;
    int n;
    double least = 9, most = 0, lowest_hz = 1e3;
    assert_int_equal(gws_glitches_list(g, BEGIN, INT64_C(8) * 3600 * RATE, &list, &n, NULL), GWS_OK);
    assert_true(n > 300);
    for (int i = 0; i < n; i++) {
        const double w = 2 / (M_PI * list[i].f_hz * list[i].duration_s), edge_hz = list[i].f_hz * exp(fmax(0, w - 0.65));
        assert_true(w >= 0.35 - 1e-9 && w <= 1.3 + 1e-9 && edge_hz >= 70 - 1e-6 && edge_hz <= 200 + 1e-6);
        least = fmin(least, w);
        most = fmax(most, w);
        lowest_hz = fmin(lowest_hz, list[i].f_hz);
    }
    assert_true(least < 0.4 && most > 1.25 && lowest_hz < 45);
    free(list);
    gws_glitches_destroy(g);
}

/* A whistle's frequency at its time is its lowest and later than that it is higher: zero crossings count it. */
static void a_whistle_falls_and_rises(void **state)
{
    (void)state;
    gws_glitch_params p = only(GWS_GLITCH_WHISTLE, 6);
    gws_glitches *g = make(&p, "H1", 8192, 11);
    gws_glitch *list;
    int n;
    assert_int_equal(gws_glitches_list(g, BEGIN * 4, INT64_C(3600) * 8192, &list, &n, NULL), GWS_OK);
    assert_true(n > 0);
    static double x[2 * 8192];
    int64_t begin = gws_sample_of_ns(list[0].t_ns, 8192) - 8192;
    memset(x, 0, sizeof x);
    gws_glitches_add(g, begin, 2 * 8192, x);
    double f[3]; /* before, at, after */
    for (int w = 0; w < 3; w++) {
        int half = (int)(0.02 * 8192), mid = 8192 + (int)((w - 1) * 0.35 * list[0].duration_s * 8192), crossings = 0;
        for (int i = mid - half; i < mid + half; i++)
            crossings += (x[i] < 0) != (x[i + 1] < 0);
        f[w] = crossings / 0.04 / 2;
    }
    assert_true(fabs(f[1] - list[0].f_hz) < 60); /* half a crossing in 40 ms is 12 Hz, and it has risen by the window's edges */
    assert_true(f[0] > 1.3 * f[1] && f[2] > 1.3 * f[1]);
    free(list);
    gws_glitches_destroy(g);
}

/* Counts of Poisson's law: mean and variance agree; times uniform. */
static void rates_are_poissons(void **state)
{
    (void)state;
    gws_poisson p = gws_poisson_init(5, "test", 90); /* 1.6 a cell */
    enum { N = 20000 };
    double sum = 0, square = 0, time = 0;
    for (int64_t c = -N / 2; c < N / 2; c++) {
        int k = gws_poisson_count(&p, c);
        sum += k;
        square += (double)k * k;
        for (int i = 0; i < k; i++) {
            int64_t t = gws_poisson_time_ns(&p, c, i);
            assert_true(gws_poisson_cell(t) == c);
            time += (double)(t - c * GWS_POISSON_CELL_S * GWS_NS) * 1e-9 / GWS_POISSON_CELL_S;
        }
    }
    double mean = sum / N, variance = square / N - mean * mean;
    assert_true(fabs(mean - 1.6) < 4 * sqrt(1.6 / N));
    assert_true(fabs(variance - 1.6) < 4 * sqrt((1.6 + 2 * 1.6 * 1.6) / N)); /* variance of Poisson's sample variance */
    assert_true(fabs(time / sum - 0.5) < 4 * sqrt(1.0 / 12 / sum));
    gws_poisson none = gws_poisson_init(5, "test", 0);
    assert_int_equal(gws_poisson_count(&none, 3), 0);
    /* and of a family */
    gws_glitch_params q = only(GWS_GLITCH_BLIP, 100);
    gws_glitches *g = make(&q, "V1", RATE, 2);
    gws_glitch *list;
    int n, m;
    assert_int_equal(gws_glitches_list(g, BEGIN, INT64_C(36000) * RATE, &list, &n, NULL), GWS_OK);
    assert_true(abs(n - 1000) < 4 * sqrt(1000));
    /* SNRs: the distribution function of each is uniform; index 3 */
    double u = 0, u2 = 0;
    for (int i = 0; i < n; i++) {
        double s = list[i].snr / 7.5, top = pow(100 / 7.5, -2), cdf = (1 - pow(s, -2)) / (1 - top);
        assert_true(cdf >= 0 && cdf <= 1);
        u += cdf / n;
        u2 += cdf * cdf / n;
        assert_true(i == 0 || list[i].t_ns >= list[i - 1].t_ns);
    }
    assert_true(fabs(u - 0.5) < 4 * sqrt(1.0 / 12 / n));
    assert_true(fabs(u2 - 1.0 / 3) < 4 * sqrt(4.0 / 45 / n));
    free(list);
    /* A list cut in two is the list */
    assert_int_equal(gws_glitches_list(g, BEGIN, 12345 * RATE + 17, &list, &m, NULL), GWS_OK);
    free(list);
    int rest;
    assert_int_equal(gws_glitches_list(g, BEGIN + 12345 * RATE + 17, INT64_C(36000) * RATE - 12345 * RATE - 17, &list, &rest, NULL),
                     GWS_OK);
    free(list);
    assert_int_equal(m + rest, n);
    gws_glitches_destroy(g);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    gws_err err;
    gws_glitch_params p = gws_glitch_defaults();
    assert_int_equal(gws_glitch_rates_parse("blip=4,scattered=0.5", &p, &err), GWS_OK);
    assert_true(p.per_hour[GWS_GLITCH_BLIP] == 4 && p.per_hour[GWS_GLITCH_SCATTERED] == 0.5 && p.per_hour[GWS_GLITCH_TOMTE] == 0);
    static const char *const bad[][2] = {{"", "family"},          {"koi=3", "'koi'"},           {"blip", "blip=RATE"},
                                         {"blip=", "blip=RATE"},  {"blip=x", "blip="},          {"blip=1,", "family"},
                                         {"blip=-1", "blip="},    {"tomte=1e9", "3600"},        {"blip=1 ", "blip="},
                                         {"tomte=nan", "tomte="}, {"blip=1,,tomte=2", "family"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(gws_glitch_rates_parse(bad[i][0], &p, &err), GWS_EARG);
        if (!strstr(err.text, bad[i][1]))
            fail_msg("want %s in: %s", bad[i][1], err.text);
    }
    assert_true(p.per_hour[GWS_GLITCH_BLIP] == 4);
    gws_psd psd = curve(256);
    p = only(GWS_GLITCH_WHISTLE, 1);
    assert_null(gws_glitches_create(&p, "H1", 256, &psd, 1, &err));
    assert_non_null(strstr(err.text, "whistle"));
    p = only(GWS_GLITCH_SCATTERED, 1);
    p.snr_min = 0;
    assert_null(gws_glitches_create(&p, "H1", 256, &psd, 1, &err));
    assert_int_equal(err.status, GWS_EARG);
    p.snr_min = 5;
    psd.data[200] = 0;
    assert_null(gws_glitches_create(&p, "H1", 256, &psd, 1, &err));
    assert_int_equal(err.status, GWS_EDATA);
    gws_psd_clear(&psd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_glitches),
        cmocka_unit_test(each_is_what_the_table_says),
        cmocka_unit_test(a_broad_blip_reaches_down),
        cmocka_unit_test(a_whistle_falls_and_rises),
        cmocka_unit_test(rates_are_poissons),
        cmocka_unit_test(what_cannot_be_is_refused_by_name),
    };
    return GWS_RUN_TESTS(tests);
}
