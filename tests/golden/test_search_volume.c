/* Truth: MLGWSC-1's evaluate.py, unchanged (tests/golden/evaluate.h, made by tools/golden/evaluate.py); the same numbers go in on both
 * sides.  Doubtful cases are among them by design: events midway, at the window's end, before the first injection, tied statistics. */
#include "search/volume.h"

#include "golden/evaluate.h"
#include "golden_hash.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>

#define START 100000.0

static double *numbers(int n)
{
    double *p = calloc((size_t)n, sizeof *p);
    assert_non_null(p);
    return p;
}

static double rounded(double x, int steps)
{
    return steps ? floor(x * steps + 0.5) / steps : x;
}

static void close_to(double got, double want)
{
    assert_true(fabs(got - want) <= 1e-12 * fabs(want));
}

static double weighted(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)(i + 1) * x[i];
    return sum;
}

static double weighted_index(const int64_t *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)(i + 1) * (double)x[i];
    return sum;
}

static void one_case(int number)
{
    const int m = evaluate_golden[number].injections, f = evaluate_golden[number].foreground;
    const int n = evaluate_golden[number].background, steps = evaluate_golden[number].steps;
    const uint32_t s = 16 * (uint32_t)number;
    gws_injected inj = {numbers(m), numbers(m), numbers(m), numbers(m), m, evaluate_golden[number].chirp_distance, 1};
    gws_events fg = {numbers(f), numbers(f), numbers(f), f, 0}, bg = {numbers(n), numbers(n), numbers(n), n, 0};
    gws_volume v;
    gws_err err;
    double *tc = inj.tc_s;

    for (int j = 0; j < m; j++) {
        const uint32_t i = (uint32_t)j;
        tc[j] = START + 27.0 * j + 6 * golden_hash(EVALUATE_SALT, s, i);
        inj.distance_mpc[j] = 3500 + 6000 * golden_hash(EVALUATE_SALT, s + 1, i);
        inj.mass1_msun[j] = 30 + 40 * golden_hash(EVALUATE_SALT, s + 2, i);
        inj.mass2_msun[j] = 30 + 40 * golden_hash(EVALUATE_SALT, s + 3, i);
    }
    for (int k = 0; k < f; k++) {
        const uint32_t i = (uint32_t)k;
        const int j = (int)floor((golden_hash(EVALUATE_SALT, s + 4, i) + 0.5) * m);
        fg.time_s[k] = tc[j] + 0.75 * golden_hash(EVALUATE_SALT, s + 5, i);
        fg.var_s[k] = 0.25;
        fg.stat[k] = rounded(8 + 8 * golden_hash(EVALUATE_SALT, s + 6, i), steps);
        if (k % 7 == 0 && j + 1 < m) {
            fg.time_s[k] = (tc[j] + tc[j + 1]) / 2;
            fg.var_s[k] = 20;
        }
        if (k % 11 == 0) {
            fg.time_s[k] = tc[j] + 0.25;
            fg.var_s[k] = 0.25;
        }
        if (k % 13 == 0) {
            fg.time_s[k] = k % 2 ? START - 50.0 - k : START + 27.0 * m + 50 + k;
            fg.var_s[k] = 0.3;
        }
    }
    for (int k = 0; k < n; k++)
        bg.stat[k] = rounded(6 + 8 * golden_hash(EVALUATE_SALT, s + 7, (uint32_t)k), steps);
    for (int j = 0; evaluate_golden[number].disorder && j + 1 < m; j += 5) {
        double other = tc[j];
        tc[j] = tc[j + 1];
        tc[j + 1] = other;
    }
    const double cut = START + 9 * m, cut2 = START + 18 * m;
    const gws_stretch data[3] = {{START - 100, cut}, {cut, cut2}, {cut2 + 50, START + 27 * m + 200}};
    double duration_s = 0;
    for (int k = 0; k < 3; k++)
        duration_s += data[k].end_s - data[k].begin_s;
    gws_injected_select(&inj, data, 3, 30);
    assert_int_equal(inj.ascending, !evaluate_golden[number].disorder);
    assert_int_equal(gws_volume_measure(&fg, &bg, &inj, duration_s, duration_s, &v, &err), GWS_OK);

    assert_int_equal(v.n_tp, evaluate_golden[number].tp);
    assert_int_equal(v.n_fp, evaluate_golden[number].fp);
    assert_int_equal(v.n_missed, evaluate_golden[number].missed);
    assert_true(weighted_index(v.nearest, v.n_events) == evaluate_golden[number].nearest);
    assert_true(weighted_index(v.missed, v.n_missed) == evaluate_golden[number].missed_sum);
    assert_true(weighted_index(v.tp_index, v.n_tp) == evaluate_golden[number].tp_index);
    assert_true(weighted_index(v.fp_index, v.n_fp) == evaluate_golden[number].fp_index);
    close_to(weighted(v.tp_diff_s, v.n_tp), evaluate_golden[number].tp_diff);
    close_to(weighted(v.fp_diff_s, v.n_fp), evaluate_golden[number].fp_diff);
    close_to(weighted(v.fp_far_hz, v.n_fp), evaluate_golden[number].fp_far);
    double stat = 0;
    for (int64_t i = 0; i < v.n_tp; i++)
        stat += v.tp[v.n_tp + i];
    close_to(stat, evaluate_golden[number].tp_stat);
    for (int64_t i = 1; i < v.n_events; i++)
        assert_true(v.events[i] > v.events[i - 1] || (v.events[i] == v.events[i - 1] && v.order[i] > v.order[i - 1]));
    for (int k = 0; k < N_EVALUATE_POINTS; k++) {
        const int64_t i = k * (v.n_background - 1) / (N_EVALUATE_POINTS - 1);
        const double got[5] = {v.far_hz[i], v.volume_mpc3[i], v.distance_mpc[i], v.error_mpc3[i], v.fraction[i]};
        for (int q = 0; q < 5; q++)
            close_to(got[q], evaluate_golden[number].point[k][q]);
    }
    gws_volume_clear(&v);
    gws_injected_clear(&inj);
    gws_events_clear(&fg);
    gws_events_clear(&bg);
}

static void random_sets_agree_with_the_official_program(void **state)
{
    (void)state;
    for (int number = 0; number < N_EVALUATE; number++)
        one_case(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sets_agree_with_the_official_program),
    };
    return GWS_RUN_TESTS(tests);
}
