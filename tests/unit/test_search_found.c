/* Truth: counted by hand; volume.h's own count; of the interval its equation, |p - x| = sqrt(x(1-x)/n), which both ends meet. */
#include "sim/population.h"
#include "search/far.h"
#include "search/found.h"

#include "gwstest.h"

#include <math.h>
#include <string.h>

enum { M = 6 };

/* Chirp masses of equal masses m: 0.8706 m.  Bins of 2: 8.706, 8.706, 17.41, 17.41, 26.12, 26.12. */
static double tc[M] = {100, 200, 300, 400, 500, 600}, distance[M] = {1000, 2000, 3000, 4000, 5000, 6000};
static double mass[M] = {10, 10, 20, 20, 30, 30};

static gws_injected six(int chirp_distance)
{
    return (gws_injected){tc, distance, mass, mass, M, chirp_distance, 1};
}

/* The first is found twice, the louder time 0.25 s late; the third is at the threshold, the last is not found at all. */
static void measure(const gws_injected *inj, gws_volume *v)
{
    static double t[] = {100.05, 100.25, 199.9, 300, 400.5, 500.15, 550}, stat[] = {7, 8, 9, 5, 6, 5.5, 30};
    static double var[] = {0.3, 0.3, 0.3, 0.3, 0.6, 0.3, 0.3}, noise[] = {4, 7.5, 5, 3}, unused[4];
    const gws_events fg = {t, stat, var, 7, 0}, bg = {unused, noise, unused, 4, 0};
    gws_err err;
    assert_int_equal(gws_volume_measure(&fg, &bg, inj, GWS_MONTH_S, GWS_MONTH_S, v, &err), GWS_OK);
}

static int64_t total(const gws_found *f, gws_found_by by, int found)
{
    int64_t n = 0;
    for (int b = 0; b < f->n_bins[by]; b++) {
        assert_true(b == 0 || f->bins[by][b].from == f->bins[by][b - 1].to);
        n += found ? f->bins[by][b].found : f->bins[by][b].injections;
    }
    return n;
}

static const gws_found_bin *bin_of(const gws_found *f, gws_found_by by, double x)
{
    for (int b = 0; b < f->n_bins[by]; b++)
        if (f->bins[by][b].from <= x && x < f->bins[by][b].to)
            return &f->bins[by][b];
    fail_msg("no bin for %g", x);
    return NULL;
}

static void counts_are_those_of_a_hand(void **state)
{
    (void)state;
    const double snr[M] = {12, 9, 5, 4.9999, 2000, 0};
    const gws_injected inj = six(0);
    gws_volume v;
    gws_found f;
    gws_err err;
    measure(&inj, &v);
    /* one louder than 5: 7.5 */
    assert_int_equal(gws_found_measure(&v, &inj, snr, 1, &f, &err), GWS_OK);
    const unsigned char want[M] = {1, 1, 0, 1, 1, 0};
    assert_true(f.threshold == 5 && !f.short_list);
    assert_memory_equal(f.found, want, sizeof want);
    assert_int_equal(f.n_found, 4);
    assert_int_equal(f.n_found, gws_volume_at(&v, 1).found);

    for (int by = 0; by < GWS_BY_ALL; by++) {
        assert_int_equal(total(&f, (gws_found_by)by, 0), M);
        assert_int_equal(total(&f, (gws_found_by)by, 1), 4);
    }
    /* a span of 17.4 in steps of 5 from 5 on */
    assert_int_equal(f.n_bins[GWS_BY_CHIRP_MASS], 5);
    assert_true(f.bins[GWS_BY_CHIRP_MASS][0].from == 5 && f.bins[GWS_BY_CHIRP_MASS][0].to == 10);
    const gws_found_bin *b = bin_of(&f, GWS_BY_CHIRP_MASS, 17.4);
    assert_true(b->injections == 2 && b->found == 1 && b->share == 0.5);
    b = bin_of(&f, GWS_BY_CHIRP_MASS, 12);
    assert_true(b->injections == 0 && isnan(b->share) && isnan(b->low));
    /* steps of 1000; 6000 closes the last bin */
    assert_int_equal(f.n_bins[GWS_BY_DISTANCE], 5);
    b = &f.bins[GWS_BY_DISTANCE][4];
    assert_true(b->from == 5000 && b->to == 6000 && b->injections == 2 && b->found == 1);
    b = bin_of(&f, GWS_BY_SNR, 4.5); /* an SNR of 5 is in the next */
    assert_true(b->from == 4 && b->to == 5 && b->injections == 1 && b->found == 1);
    b = &f.bins[GWS_BY_SNR][f.n_bins[GWS_BY_SNR] - 1];
    assert_true(isinf(b->to) && b->injections == 1 && b->found == 1);

    /* of the louder event of the first, -0.1, 0.5, 0.15 */
    const int64_t within[] = {1, 2, 3};
    assert_memory_equal(f.within, within, sizeof within);
    assert_true(fabs(f.median_s - 0.2) < 1e-9);
    assert_true(fabs(f.rms_s - sqrt((0.0625 + 0.01 + 0.25 + 0.0225) / 4)) < 1e-9);
    gws_found_clear(&f);

    /* none louder than 7.5 among the noise is less than one a month: not resolved.  Two: 4, and the third is found. */
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 0.9, &f, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "0.9 false alarms a month are not resolved"));
    assert_null(f.found);
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 2, &f, &err), GWS_OK);
    assert_int_equal(f.n_found, 5);
    assert_int_equal(f.n_bins[GWS_BY_SNR], 0);
    assert_null(f.value[GWS_BY_SNR]);
    gws_found_clear(&f);
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 4, &f, &err), GWS_OK);
    assert_true(f.short_list && f.threshold == 3);
    gws_found_clear(&f);
    gws_volume_clear(&v);
}

static void chirp_distances_where_the_file_has_them(void **state)
{
    (void)state;
    const gws_injected inj = six(1);
    gws_volume v;
    gws_found f;
    gws_err err;
    measure(&inj, &v);
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 1, &f, &err), GWS_OK);
    assert_true(f.chirp_distance);
    for (int j = 0; j < M; j++)
        assert_true(f.value[GWS_BY_DISTANCE][j] == gws_chirp_distance(distance[j], mass[j], mass[j]));
    assert_int_equal(total(&f, GWS_BY_DISTANCE, 1), 4);
    gws_found_clear(&f);
    gws_volume_clear(&v);
}

/* Nothing found, one value: bins still hold all. */
static void edges_of_the_possible(void **state)
{
    (void)state;
    double t[] = {100}, stat[] = {1}, var[] = {0.3}, noise[] = {5, 6, 7}, unused[3], one[M] = {3, 3, 3, 3, 3, 3},
           bad[M] = {1, 1, -1};
    const double no_snr[M] = {1, 2, (double)NAN};
    const gws_events fg = {t, stat, var, 1, 0}, bg = {unused, noise, unused, 3, 0};
    gws_injected inj = {tc, one, mass, mass, M, 0, 1};
    gws_volume v;
    gws_found f;
    gws_err err;
    assert_int_equal(gws_volume_measure(&fg, &bg, &inj, GWS_MONTH_S, GWS_MONTH_S, &v, &err), GWS_OK);
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 1, &f, &err), GWS_OK);
    assert_int_equal(f.n_found, 0);
    assert_true(isnan(f.median_s) && isnan(f.rms_s) && f.within[2] == 0);
    assert_int_equal(total(&f, GWS_BY_DISTANCE, 0), M);
    gws_found_clear(&f);
    assert_int_equal(gws_found_measure(&v, &inj, no_snr, 1, &f, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "GPS 300.000: snr is nan"));
    inj.mass2_msun = bad;
    assert_int_equal(gws_found_measure(&v, &inj, NULL, 1, &f, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "GPS 300.000: masses are 20 and -1"));
    assert_null(f.found);
    gws_volume_clear(&v);
}

static void interval_solves_its_equation(void **state)
{
    (void)state;
    const int64_t n[] = {1, 2, 10, 95700};
    for (int i = 0; i < 4; i++)
        for (int64_t k = 0; k <= n[i]; k += n[i] > 10 ? 9570 : 1) {
            const double m = (double)n[i], p = (double)k / m;
            double low, high;
            gws_share_interval(k, n[i], &low, &high);
            assert_true(0 <= low && low <= p && p <= high && high <= 1 && low < high);
            assert_true(fabs((p - low) - sqrt(low * (1 - low) / m)) < 1e-12);
            assert_true(fabs((high - p) - sqrt(high * (1 - high) / m)) < 1e-12);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_a_hand),
        cmocka_unit_test(chirp_distances_where_the_file_has_them),
        cmocka_unit_test(edges_of_the_possible),
        cmocka_unit_test(interval_solves_its_equation),
    };
    return GWS_RUN_TESTS(tests);
}
