/* Rates from time slides.
 *
 * Truth: counting by hand (every trigger looked at for every statistic, as numpy would), the closed form of an exponential tail, live
 * times worked out on paper, and identity (what is written is what is read).
 */
#include "gwstest.h"

#include "base/rng.h"
#include "search/ranking.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 500, SLIDES = 4 };

static const char model[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char other[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
static char path[] = "/tmp/gws-ranking-XXXXXX";

static double *list(int64_t n)
{
    double *p = calloc((size_t)n, sizeof *p);
    assert_non_null(p);
    return p;
}

/* Slide k: H1 from 1000 s to 2000 s against L1 10 k s later; searched from 1000 to 1900-10k.  Triggers above 3, exponential. */
static gws_background made(const char *sha256, const char *second, int64_t n, uint64_t seed)
{
    gws_background b = {
        .n_ifo = 2, .step_s = 10, .filter_s = 2, .block_s = 0.5, .ahead_s = 0.25, .slides = SLIDES, .n_live = SLIDES, .n_on = 1};
    gws_rng r = gws_rng_init(seed, "ranking", 0);
    memcpy(b.model, sha256, sizeof b.model);
    strcpy(b.ifo[0], "H1");
    strcpy(b.ifo[1], second);
    b.shift_s = list(2 * SLIDES);
    b.live_begin_s = list(SLIDES);
    b.live_end_s = list(SLIDES);
    b.live_slide = calloc(SLIDES, sizeof *b.live_slide);
    b.on_begin_s = list(1);
    b.on_end_s = list(1);
    b.on_begin_s[0] = 1000;
    b.on_end_s[0] = 1500;
    for (int h = 0; h < 2; h++) {
        b.head[h] = (gws_background_head){.threshold = 3, .n = n};
        b.head[h].time_s = list(n);
        b.head[h].stat = list(n);
        b.head[h].slide = calloc((size_t)n, sizeof(int64_t));
        b.head[h].livetime_s = list(SLIDES);
    }
    for (int k = 0; k < SLIDES; k++) {
        b.shift_s[2 * k + 1] = 10.0 * (k + 1);
        b.live_slide[k] = k;
        b.live_begin_s[k] = 1000;
        b.live_end_s[k] = 1900 - 10.0 * (k + 1);
        for (int h = 0; h < 2; h++) {
            b.head[h].livetime_s[k] = b.live_end_s[k] - 1000;
            b.head[h].total_s += b.head[h].livetime_s[k];
        }
    }
    for (int h = 0; h < 2; h++)
        for (int64_t i = 0; i < n; i++) {
            b.head[h].slide[i] = i * SLIDES / n;
            b.head[h].time_s[i] = 1000 + 850 * gws_rng_uniform(&r);
            b.head[h].stat[i] = 3 - log(1 - gws_rng_uniform(&r)) / 1.7 + 1e-9;
        }
    return b;
}

static const double live_s = 890 + 880 + 870 + 860;

static gws_ranking *ranking(const gws_background *b, int n, double fit_above, gws_err *err)
{
    static const char *const names[] = {"one.hdf", "two.hdf", "three.hdf"};
    return gws_ranking_create(b, names, n, &(gws_ranking_params){.model = model, .name = "m.hdf", .fit_above = fit_above}, err);
}

static gws_ranking *needed(const gws_background *b, int n, double fit_above)
{
    gws_err err = {0};
    gws_ranking *r = ranking(b, n, fit_above, &err);
    if (!r)
        fail_msg("%s", err.text);
    return r;
}

static void is_rate(gws_far_rate r, gws_far_bound bound, double per_month)
{
    assert_int_equal(r.bound, bound);
    if (!(fabs(r.per_month - per_month) <= 1e-12 * per_month))
        fail_msg("rate %.17g, wanted %.17g", r.per_month, per_month);
}

static void one_more_than_are_as_loud(void **state)
{
    gws_background b = made(model, "L1", N, 1);
    gws_ranking *r = needed(&b, 1, (double)NAN);
    double loudest = 0;
    for (int64_t i = 0; i < N; i++) {
        int64_t n = 0;
        for (int64_t k = 0; k < N; k++)
            n += b.head[0].stat[k] >= b.head[0].stat[i];
        is_rate(gws_ranking_at(r, b.head[0].stat[i], 1100), GWS_FAR_COUNTED, (double)(n + 1) / live_s * 2592000);
        loudest = fmax(loudest, b.head[0].stat[i]);
    }
    is_rate(gws_ranking_at(r, nextafter(loudest, (double)INFINITY), 0), GWS_FAR_BELOW, 2592000 / live_s);
    is_rate(gws_ranking_at(r, 3, 0), GWS_FAR_ABOVE, (N + 1) * 2592000 / live_s);
    is_rate(gws_ranking_at(r, 3 + 1e-10, 0), GWS_FAR_COUNTED, (N + 1) * 2592000 / live_s); /* kept from 3 on: there are no more */
    assert_int_equal(gws_ranking_at(r, (double)NAN, 0).bound, GWS_FAR_NONE);
    gws_ranking_destroy(r);
    gws_background_clear(&b);
}

static void the_tail_is_the_closed_form(void **state)
{
    gws_background b = made(model, "L1", N, 2);
    const double x = 3.5;
    gws_ranking *r = needed(&b, 1, x);
    double sum = 0, n = 0;
    for (int64_t i = 0; i < N; i++)
        if (b.head[0].stat[i] >= x) {
            sum += b.head[0].stat[i];
            n++;
        }
    const double alpha = 1 / (sum / n - x);
    assert_true(fabs(alpha - 1.7) < 4 * 1.7 / sqrt(n)); /* drawn with 1.7 */
    for (double s = x; s < 30; s += 0.7) {
        const gws_far_rate got = gws_ranking_at(r, s, 0);
        const double want = n * exp(-alpha * (s - x)) / live_s * 2592000, sigma_alpha = alpha / sqrt(n);
        assert_int_equal(got.bound, GWS_FAR_FITTED);
        assert_true(fabs(got.per_month - want) < 1e-9 * want);
        assert_true(fabs(got.sigma_per_month - want * hypot((s - x) * sigma_alpha, 1 / sqrt(n))) < 1e-9 * want);
    }
    assert_int_equal(gws_ranking_at(r, 3.4, 0).bound, GWS_FAR_COUNTED); /* below it everything is counted */
    assert_true(gws_ranking_at(r, 3.4, 0).sigma_per_month == 0);
    gws_ranking_destroy(r);

    gws_err err = {0};
    assert_null(ranking(&b, 1, 2, &err));
    assert_string_equal(err.text, "fit above 2: the background was kept above 3 only");
    assert_null(ranking(&b, 1, 100, &err));
    assert_string_equal(err.text, "fit above 100: 0 triggers of the background there, wanted 2 different ones or more");
    gws_background_clear(&b);
}

/* An event at 1200 s with echoes in the slides: H1 at 1200 in any slide; L1 at 1200, which in slide k is 1200 - 10 (k+1). */
static void what_is_near_a_loud_event_goes(void **state)
{
    gws_background b = made(model, "L1", 8, 3);
    const double time[8] = {1200.5, 1190.5, 1201.5, 1180.2, 1300, 1170.9, 1160, 1161.1};
    const int64_t slide[8] = {0, 0, 1, 1, 2, 2, 3, 3};
    /* near H1, near L1, 1.5 s off, near L1, far, near L1, near L1, 1.1 s off */
    const double stat[8] = {20, 19, 9, 18, 8, 17, 16, 7};
    memcpy(b.head[0].time_s, time, sizeof time);
    memcpy(b.head[0].slide, slide, sizeof slide);
    memcpy(b.head[0].stat, stat, sizeof stat);
    gws_ranking *r = needed(&b, 1, (double)NAN);
    /* louder than all, as loud as the echoes, louder than what is left, quiet */
    const double event[5] = {30, 18, 8.5, 9.5, 7.5}, at[5] = {1200, 1700, 1600, 1400, 1500};
    gws_far_rate rate[5];
    int64_t removed;
    assert_int_equal(gws_ranking_events(r, 5, event, at, rate, &removed, NULL), GWS_OK);
    /* 30 alone first; then 18 is louder than 9 and goes, then 9.5; 8.5 is not */
    assert_int_equal(removed, 3);
    is_rate(rate[0], GWS_FAR_BELOW, 2592000 / live_s);
    const double first = live_s - SLIDES * 4; /* two detectors, 2 s each, in every slide */
    is_rate(rate[1], GWS_FAR_BELOW, 2592000 / first);
    is_rate(rate[3], GWS_FAR_BELOW, 2592000 / (first - SLIDES * 4));
    const double last = first - 2 * SLIDES * 4;
    assert_true(gws_ranking_livetime_s(r) == last);
    assert_int_equal(gws_ranking_triggers(r), 3);
    is_rate(rate[2], GWS_FAR_COUNTED, 2 * 2592000 / last);
    is_rate(rate[4], GWS_FAR_COUNTED, 3 * 2592000 / last);
    gws_ranking_destroy(r);

    r = needed(&b, 1, (double)NAN); /* unasked for, nothing goes */
    assert_int_equal(gws_ranking_events(r, 5, event, at, rate, NULL, NULL), GWS_OK);
    is_rate(rate[1], GWS_FAR_COUNTED, 4 * 2592000 / live_s);
    assert_int_equal(gws_ranking_remove(r, 999.5, NULL), GWS_OK); /* windows that reach over an end, and one over the other: */
    /* H1 998.5-1000.5 in each slide: 0.5 s; L1 988.5..: none */
    assert_true(gws_ranking_livetime_s(r) == live_s - SLIDES * 0.5);
    assert_int_equal(gws_ranking_remove(r, 1000, NULL), GWS_OK);
    assert_true(gws_ranking_livetime_s(r) == live_s - SLIDES * 1.0);
    gws_ranking_destroy(r);
    gws_background_clear(&b);
}

static void rates_add_over_combinations_that_were_on(void **state)
{
    gws_background b[3] = {made(model, "L1", N, 4), made(other, "V1", N, 5), made(model, "L1", N, 6)};
    for (int k = 0; k < SLIDES; k++) { /* another day */
        b[2].live_begin_s[k] += 86400;
        b[2].live_end_s[k] += 86400;
    }
    gws_ranking *own = needed(b, 1, (double)NAN), *two = needed(b, 2, (double)NAN), *all = needed(b, 3, (double)NAN);
    const double s = 4;
    int64_t n[3] = {0};
    for (int k = 0; k < 3; k++)
        for (int64_t i = 0; i < N; i++)
            n[k] += b[k].head[0].stat[i] >= s;
    is_rate(gws_ranking_at(own, s, 1100), GWS_FAR_COUNTED, (double)(n[0] + 1) / live_s * 2592000);
    is_rate(gws_ranking_at(two, s, 1100), GWS_FAR_COUNTED, (double)(n[0] + 1 + n[1] + 1) / live_s * 2592000);
    is_rate(gws_ranking_at(two, s, 1600), GWS_FAR_COUNTED, (double)(n[0] + 1) / live_s * 2592000); /* V1 was off */
    is_rate(gws_ranking_at(all, s, 1600), GWS_FAR_COUNTED, (double)(n[0] + n[2] + 1) / (2 * live_s) * 2592000);
    is_rate(gws_ranking_at(two, 99, 1100), GWS_FAR_BELOW, 2 * 2592000 / live_s);
    gws_ranking_destroy(own);
    gws_ranking_destroy(two);
    gws_ranking_destroy(all);
    gws_err err = {0};
    assert_null(ranking(b + 1, 1, (double)NAN, &err));
    assert_string_equal(err.text, "one.hdf: background of another model (SHA-256 ffffffffffff...) than m.hdf (0123456789ab...)");
    strcpy(b[1].ifo[1], "L1");
    assert_null(ranking(b, 2, (double)NAN, &err));
    assert_string_equal(err.text, "two.hdf: background of another model (SHA-256 ffffffffffff...) than m.hdf (0123456789ab...)");
    for (int k = 0; k < 3; k++)
        gws_background_clear(&b[k]);
}

/* Slides of 10, 20, 30 and 40 s beside others: of another step, of another time, and of some of the same. */
static void the_same_time_does_not_count_twice(void **state)
{
    gws_background b[2] = {made(model, "L1", N, 10), made(model, "L1", N, 11)};
    gws_err err = {0};
    assert_null(ranking(b, 2, (double)NAN, &err));
    assert_string_equal(err.text, "one.hdf and two.hdf: the same slides of the same time, which would count twice");
    for (int k = 0; k < SLIDES; k++)
        b[1].shift_s[2 * k + 1] = 15.0 + 10 * k; /* 15 .. 45 */
    gws_ranking_destroy(needed(b, 2, (double)NAN));
    b[1].shift_s[2 * 2 + 1] = 40;
    assert_null(ranking(b, 2, (double)NAN, &err));
    b[1].live_begin_s[2] = b[0].live_end_s[3]; /* after it */
    b[1].live_end_s[2] += 100;
    gws_ranking_destroy(needed(b, 2, (double)NAN));
    b[1].live_begin_s[2] -= 0.5;
    assert_null(ranking(b, 2, (double)NAN, &err));
    for (int i = 0; i < 2; i++) /* zero lag is not counted */
        for (int k = 0; k < SLIDES; k++)
            b[i].shift_s[2 * k + 1] = k ? 10.0 * k + i : 0;
    gws_ranking_destroy(needed(b, 2, (double)NAN));
    for (int i = 0; i < 2; i++)
        gws_background_clear(&b[i]);
}

static void zero_lag_is_no_background(void **state)
{
    gws_background b = made(model, "L1", N, 7);
    b.shift_s[1] = 0;
    gws_ranking *r;
    b.head[0].total_s -= 890;
    r = needed(&b, 1, (double)NAN);
    int64_t n = 0;
    for (int64_t i = 0; i < N; i++)
        n += b.head[0].slide[i] > 0;
    assert_int_equal(gws_ranking_triggers(r), n);
    is_rate(gws_ranking_at(r, 3.0000000001, 0), GWS_FAR_COUNTED, (double)(n + 1) / (live_s - 890) * 2592000);
    gws_ranking_destroy(r);
    gws_background_clear(&b);
}

/* ---- files ---- */

static void save(const gws_background *b)
{
    gws_err err = {0};
    unlink(path);
    gws_h5 *f = gws_h5_create(path, &err);
    if (!f || gws_background_write(f, b, &err) != GWS_OK || gws_h5_commit(f, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

static void what_is_written_is_read(void **state)
{
    gws_background b = made(model, "L1", N, 8), got;
    gws_err err = {0};
    save(&b);
    if (gws_background_load(path, &got, &err) != GWS_OK)
        fail_msg("%s", err.text);
    assert_string_equal(got.model, model);
    assert_string_equal(got.ifo[1], "L1");
    assert_int_equal(got.slides, SLIDES);
    assert_int_equal(got.n_live, SLIDES);
    assert_int_equal(got.n_on, 1);
    assert_true(got.filter_s == 2 && got.block_s == 0.5 && got.ahead_s == 0.25);
    assert_memory_equal(got.shift_s, b.shift_s, 2 * SLIDES * sizeof(double));
    assert_memory_equal(got.live_slide, b.live_slide, SLIDES * sizeof(int64_t));
    assert_memory_equal(got.live_end_s, b.live_end_s, SLIDES * sizeof(double));
    for (int h = 0; h < 2; h++) {
        assert_int_equal(got.head[h].n, N);
        assert_memory_equal(got.head[h].time_s, b.head[h].time_s, N * sizeof(double));
        assert_memory_equal(got.head[h].stat, b.head[h].stat, N * sizeof(double));
        assert_memory_equal(got.head[h].slide, b.head[h].slide, N * sizeof(int64_t));
        assert_true(got.head[h].total_s == live_s && got.head[h].threshold == 3);
    }
    gws_background_clear(&got);
    b.filter_s = b.block_s = b.ahead_s = 0; /* one of before */
    save(&b);
    assert_int_equal(gws_background_load(path, &got, &err), GWS_OK);
    assert_true(got.filter_s == 0 && got.block_s == 0 && got.ahead_s == 0);
    gws_background_clear(&got);
    gws_background_clear(&b);
}

/* The model's own background has to be whitened as the search; block_s, which changes no sample, does not matter. */
static void another_whitening_is_refused(void **state)
{
    static const char *const name = "one.hdf";
    gws_background b = made(model, "L1", N, 8);
    gws_ranking_params p = {.model = model, .name = "m.hdf", .fit_above = (double)NAN, .filter_s = 2, .ahead_s = 0.25};
    gws_err err = {0};
    gws_ranking *r = gws_ranking_create(&b, &name, 1, &p, &err);
    assert_non_null(r);
    gws_ranking_destroy(r);
    p.ahead_s = 1;
    assert_null(gws_ranking_create(&b, &name, 1, &p, &err));
    assert_string_equal(
        err.text, "one.hdf: measured with a whitening filter of 2 s, 0.25 s of it ahead; the search has 2 s, 1 s of it ahead");
    p.filter_s = 1, p.ahead_s = 0.25;
    assert_null(gws_ranking_create(&b, &name, 1, &p, &err));
    b.filter_s = 0; /* does not say */
    r = gws_ranking_create(&b, &name, 1, &p, &err);
    assert_non_null(r);
    gws_ranking_destroy(r);
    gws_background_clear(&b);
}

static void refused(gws_background *b, const char *sentence)
{
    gws_background got;
    gws_err err = {0};
    save(b);
    assert_int_not_equal(gws_background_load(path, &got, &err), GWS_OK);
    if (!strstr(err.text, sentence))
        fail_msg("'%s' does not say '%s'", err.text, sentence);
    assert_null(got.shift_s);
}

static void what_is_no_background_is_a_sentence(void **state)
{
    gws_background b = made(model, "L1", N, 9), got;
    gws_err err = {0};
    b.head[1].slide[7] = SLIDES;
    refused(&b, "row 7 of /linear/slide is slide 4 of 4");
    b.head[1].slide[7] = 3;
    b.head[0].stat[3] = (double)NAN;
    refused(&b, "number 3 of /spiking/stat is not finite");
    b.head[0].stat[3] = 4;
    b.head[0].livetime_s[2] = -1;
    refused(&b, "live time of slide 2 is below zero");
    b.head[0].livetime_s[2] = 870;
    b.ahead_s = 1.5;
    refused(&b, "no whitening has a filter of 2 s, blocks of 0.5 s and 1.5 s ahead");
    b.ahead_s = 1;
    strcpy(b.model, "none");
    refused(&b, "model_sha256 is no SHA-256");
    memcpy(b.model, model, sizeof b.model);
    save(&b);
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT); /* a column that is gone */
    H5Ldelete(f, "/spiking/slide", H5P_DEFAULT);
    H5Fclose(f);
    assert_int_equal(gws_background_load(path, &got, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "wanted a data set /spiking/slide, found none"));
    f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT); /* another file */
    H5Fclose(f);
    assert_int_equal(gws_background_load(path, &got, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "not a background"));
    gws_background_clear(&b);
}

/* alpha = n/sum over the lowest of the n loudest, sorted by hand; fewer than ten say nothing. */
static void the_slope_is_that_of_the_loudest(void **state)
{
    gws_background b = made(model, "L1", N, 3);
    gws_ranking *r = needed(&b, 1, (double)NAN);
    double loud[N], sum = 0;
    memcpy(loud, b.head[0].stat, sizeof loud);
    for (int i = 0; i < 50; i++)
        for (int k = i + 1; k < N; k++)
            if (loud[k] > loud[i]) {
                const double t = loud[i];
                loud[i] = loud[k];
                loud[k] = t;
            }
    for (int i = 0; i < 50; i++)
        sum += loud[i] - loud[49];
    assert_true(gws_ranking_loudest(r) == loud[0]);
    assert_true(fabs(gws_ranking_slope(r, 50) * sum / 50 - 1) < 1e-12);
    assert_true(fabs(gws_ranking_slope(r, 10 * N) / 1.7 - 1) < 0.15); /* the list is made with 1.7; 3 sigma of 500 */
    assert_true(isnan(gws_ranking_slope(r, 9)));
    gws_ranking_destroy(r);
    gws_background_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_more_than_are_as_loud),          cmocka_unit_test(the_tail_is_the_closed_form),
        cmocka_unit_test(what_is_near_a_loud_event_goes),     cmocka_unit_test(rates_add_over_combinations_that_were_on),
        cmocka_unit_test(the_same_time_does_not_count_twice), cmocka_unit_test(zero_lag_is_no_background),
        cmocka_unit_test(the_slope_is_that_of_the_loudest),   cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(another_whitening_is_refused),       cmocka_unit_test(what_is_no_background_is_a_sentence),
    };
    const int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
