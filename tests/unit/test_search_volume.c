/* Truth: the rules of MLGWSC-1's evaluation, each case counted by hand (its conformance list: midway, at the window's end, two events on
 * one injection, equal statistics, before the first and after the last injection, unsorted, several files). */
#include "base/file.h"
#include "search/far.h"
#include "search/volume.h"

#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_OF(a) ((int64_t)(sizeof(a) / sizeof((a)[0])))

/* Injections at 100, 200, 300: chirp masses differ by a factor of 2 between the second and the others. */
static double tc[] = {100, 200, 300}, distance[] = {1000, 2000, 3000}, mass1[] = {10, 20, 10}, mass2[] = {10, 20, 10};

static gws_injected three(void)
{
    return (gws_injected){tc, distance, mass1, mass2, 3, 1, 1};
}

static void measure(double *t, double *stat, double *var, int64_t n, double *noise, int64_t n_noise, const gws_injected *inj,
                    gws_volume *v)
{
    static double unused[64];
    gws_events fg = {t, stat, var, n, 0}, bg = {unused, noise, unused, n_noise, 0};
    gws_err err;
    assert_true(n_noise <= 64);
    assert_int_equal(gws_volume_measure(&fg, &bg, inj, 1000, 1000, v, &err), GWS_OK);
}

static void near(double got, double want)
{
    assert_true(fabs(got - want) <= 1e-12 * fabs(want));
}

static void equal_distance_goes_to_the_later_injection(void **state)
{
    (void)state;
    double t[] = {150, 250, 149.5, 150.5}, stat[] = {1, 2, 3, 4}, var[] = {50, 50, 50, 50}, noise[] = {0};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 4, noise, 1, &inj, &v);
    /* by time: 149.5, 150, 150.5, 250 */
    const int64_t nearest[] = {0, 1, 1, 2}, order[] = {2, 0, 3, 1};
    assert_memory_equal(v.nearest, nearest, sizeof nearest);
    assert_memory_equal(v.order, order, sizeof order);
    assert_int_equal(v.n_tp, 4);
    assert_int_equal(v.n_missed, 0);
    gws_volume_clear(&v);
}

static void window_includes_its_end(void **state)
{
    (void)state;
    double t[] = {100.25, 200.25, 299.75}, stat[] = {1, 1, 1}, var[] = {0.25, nextafter(0.25, 0), 0.25}, noise[] = {0};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 3, noise, 1, &inj, &v);
    assert_int_equal(v.n_tp, 2);
    assert_int_equal(v.n_fp, 1);
    assert_int_equal(v.fp_index[0], 1);
    assert_true(v.fp_diff_s[0] == 0.25);
    gws_volume_clear(&v);
}

static void beyond_the_ends_the_nearest_end_counts(void **state)
{
    (void)state;
    double t[] = {-1e6, 99.9, 300.1, 1e9}, stat[] = {9, 1, 1, 9}, var[] = {0.2, 0.2, 0.2, 0.2}, noise[] = {0};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 4, noise, 1, &inj, &v);
    const int64_t nearest[] = {0, 0, 2, 2}, missed[] = {1};
    assert_memory_equal(v.nearest, nearest, sizeof nearest);
    assert_int_equal(v.n_missed, 1);
    assert_memory_equal(v.missed, missed, sizeof missed);
    assert_int_equal(v.n_tp, 2);
    gws_volume_clear(&v);
}

static void false_event_near_a_found_injection_stays_false(void **state)
{
    (void)state;
    /* The loud one at 103 is nearest to the injection at 100, which the quiet one finds; it lends it no statistic. */
    double t[] = {100.1, 103}, stat[] = {1, 100}, var[] = {0.3, 0.3}, noise[] = {0.5, 2};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 2, noise, 2, &inj, &v);
    assert_int_equal(v.n_tp, 1);
    assert_int_equal(v.n_fp, 1);
    assert_int_equal(v.n_missed, 2); /* nearest to no event */
    assert_int_equal(v.found[0], 1);
    assert_int_equal(v.found[1], 0);
    assert_true(v.distance_mpc[1] == 0 && v.error_mpc3[1] == 0);
    gws_volume_clear(&v);
}

static void loudest_of_two_events_counts_and_equal_is_not_louder(void **state)
{
    (void)state;
    double t[] = {200.1, 200.0, 100}, stat[] = {3, 5, 2}, var[] = {0.3, 0.3, 0.3};
    double noise[] = {2, 5, 4.999, 2, 1.999};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 3, noise, 5, &inj, &v);
    /* B: 1.999, 2, 2, 4.999, 5; injection statistics 2 and 5 */
    const int64_t found[] = {2, 1, 1, 1, 0};
    assert_memory_equal(v.found, found, sizeof found);
    assert_int_equal(v.n_found, 2);
    /* tied background: ranks of their own, the same distance */
    for (int i = 0; i < 5; i++)
        assert_true(v.far_hz[i] == (4 - i) / 1000.0);
    assert_true(v.distance_mpc[1] == v.distance_mpc[2]);
    gws_volume_clear(&v);
}

static void volume_is_the_weighted_sum(void **state)
{
    (void)state;
    double t[] = {200, 100}, stat[] = {5, 2}, var[] = {0.3, 0.3}, noise[] = {1, 3};
    gws_injected inj = three();
    gws_volume v;
    measure(t, stat, var, 2, noise, 2, &inj, &v);
    /* Chirp masses c, 2c, c: weights 2^2.5, 1, 2^2.5; in units of (2c)^2.5 the found ones count 2^-2.5 and 1. */
    const double h = pow(2, -2.5), w = 1 + 2 / h, p = 4 * M_PI / 3 * pow(3000, 3) / 3, x = pow(20 * 20, 0.6) / pow(40, 0.2);
    near(v.volume_mpc3[0], p * (1 + h));
    near(v.volume_mpc3[1], p);
    near(v.distance_mpc[1], pow(pow(3000, 3) / 3, 1.0 / 3));
    near(v.fraction[0], 2 / w);
    near(v.error_mpc3[0], p / pow(x, 2.5) * sqrt(pow(x, 5) * (1 + h * h - (1 + h) * (1 + h) / w)));
    gws_volume_clear(&v);

    inj.chirp_distance = 0;
    measure(t, stat, var, 2, noise, 2, &inj, &v);
    near(v.volume_mpc3[0], p * 2);
    near(v.fraction[1], 1.0 / 3);
    near(v.error_mpc3[1], p * sqrt(3 * (1.0 / 3 - 1.0 / 9)));
    gws_volume_clear(&v);
}

static void disorder_is_matched_as_the_official_program_does(void **state)
{
    (void)state;
    /* Place 0 of the sorted times is 100, place 0 of the list 300: the event at 100 is held against 300. */
    double wrong[] = {300, 200, 100}, t[] = {100, 200}, stat[] = {1, 1}, var[] = {0.3, 0.3}, noise[] = {0};
    gws_injected inj = three();
    gws_volume v;
    inj.tc_s = wrong;
    measure(t, stat, var, 2, noise, 1, &inj, &v);
    assert_int_equal(v.n_tp, 1);
    assert_int_equal(v.nearest[0], 0);
    assert_true(v.fp_diff_s[0] == 200);
    gws_volume_clear(&v);
}

static void rate_picks_the_threshold(void **state)
{
    (void)state;
    enum { N = 50 };
    double t[] = {100, 200, 300}, stat[] = {9.5, 20.5, 48.5}, var[] = {1, 1, 1}, noise[N];
    static double unused[N];
    gws_injected inj = three();
    gws_events fg = {t, stat, var, 3, 0}, bg = {unused, noise, unused, N, 0};
    gws_volume v;
    gws_err err;
    for (int i = 0; i < N; i++)
        noise[i] = N - 1 - i; /* 0 .. 49 */
    assert_int_equal(gws_volume_measure(&fg, &bg, &inj, GWS_MONTH_S, GWS_MONTH_S, &v, &err), GWS_OK);
    assert_false(gws_volume_at(&v, 0.999).resolved); /* below one in the time that there is */
    assert_true(isnan(gws_volume_at(&v, 0.999).distance_mpc));
    /* one a month: one background event is louder than 48 */
    gws_volume_point p = gws_volume_at(&v, 1);
    assert_true(p.resolved && p.far_hz == 1 / GWS_MONTH_S);
    assert_int_equal(p.found, 1);
    near(p.error_mpc, p.distance_mpc * v.error_mpc3[48] / (3 * v.volume_mpc3[48]));
    assert_int_equal(gws_volume_at(&v, 28.9).found, 1); /* above 21 */
    assert_int_equal(gws_volume_at(&v, 29).found, 2);   /* above 20 */
    assert_int_equal(gws_volume_at(&v, 49).found, 3);
    p = gws_volume_at(&v, 1e9); /* more than the list has: its lowest */
    assert_int_equal(p.found, 3);
    assert_true(p.far_hz == 49 / GWS_MONTH_S);
    assert_false(gws_volume_at(&v, (double)NAN).resolved);
    gws_volume_clear(&v);
    /* the same background in two months: twice as rare; the foreground's false alarms are those of its own month */
    var[2] = 0.5;
    t[2] = 301;
    assert_int_equal(gws_volume_measure(&fg, &bg, &inj, GWS_MONTH_S, 2 * GWS_MONTH_S, &v, &err), GWS_OK);
    assert_false(gws_volume_at(&v, 0.499).resolved);
    assert_true(gws_volume_at(&v, 0.5).far_hz == 0.5 / GWS_MONTH_S);
    assert_true(v.n_fp == 1 && v.fp_far_hz[0] == 0.0);
    assert_int_equal(gws_volume_at(&v, 14.4).found, 0); /* above 21 */
    assert_int_equal(gws_volume_at(&v, 14.5).found, 1); /* above 20 */
    gws_volume_clear(&v);
    var[2] = 1;
    t[2] = 300;
    bg.n = 0;
    assert_int_equal(gws_volume_measure(&fg, &bg, &inj, GWS_MONTH_S, GWS_MONTH_S, &v, &err), GWS_OK);
    assert_false(gws_volume_at(&v, 1000).resolved);
    gws_volume_clear(&v);
}

static void nothing_found_and_bad_numbers_are_refused(void **state)
{
    (void)state;
    double t[] = {150}, stat[] = {1}, var[] = {0.3}, bad[] = {1000, (double)NAN, 3000};
    gws_events fg = {t, stat, var, 1, 0}, none = {0};
    gws_injected inj = three();
    gws_volume v;
    gws_err err;
    assert_int_equal(gws_volume_measure(&fg, &fg, &inj, 1000, 1000, &v, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "none of the 1 foreground events"));
    assert_null(v.events);
    assert_int_equal(gws_volume_measure(&none, &none, &inj, 1000, 1000, &v, &err), GWS_EDATA);
    inj.distance_mpc = bad;
    assert_int_equal(gws_volume_measure(&fg, &fg, &inj, 1000, 1000, &v, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "GPS 200.000: distance is nan"));
}

static void pads_are_kept_at_every_segment(void **state)
{
    (void)state;
    double at[] = {29.999, 30, 70, 70.001, 129.999, 130, 170}, ones[] = {1, 1, 1, 1, 1, 1, 1}, mass[] = {1, 2, 3, 4, 5, 6, 7};
    double mass_b[] = {1, 2, 3, 4, 5, 6, 7}, d[] = {1, 2, 3, 4, 5, 6, 7};
    /* two that touch; the third is shorter than its pads */
    const gws_stretch data[] = {{0, 100}, {100, 200}, {0, 60}};
    gws_injected inj = {at, d, mass, mass_b, N_OF(ones), 1, 1};
    gws_injected_select(&inj, data, 3, 30);
    const double want[] = {2, 3, 6, 7};
    assert_int_equal(inj.n, 4);
    for (int i = 0; i < 4; i++)
        assert_true(inj.distance_mpc[i] == want[i] && inj.mass1_msun[i] == want[i] && inj.mass2_msun[i] == want[i]);
}

static void save_events(const char *path, const double *t, const double *stat, const double *var, int64_t n, int64_t n_var)
{
    gws_err err;
    gws_h5 *f = gws_h5_create(path, &err);
    assert_non_null(f);
    assert_int_equal(gws_h5_write_f64(f, "/time", 1, &n, t, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/stat", 1, &n, stat, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/var", 1, &n_var, var, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
}

static void event_files_are_joined_and_checked(void **state)
{
    (void)state;
    const double a[] = {5, 1}, b[] = {3}, bad[] = {(double)NAN};
    const char *paths[] = {"test_search_volume.a.hdf", "test_search_volume.none.hdf", "test_search_volume.b.hdf"};
    gws_events e;
    gws_err err;
    save_events(paths[0], a, a, a, 2, 2);
    save_events(paths[1], a, a, a, 0, 0);
    save_events(paths[2], b, b, b, 1, 1);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_OK);
    assert_int_equal(e.n, 3);
    assert_true(e.time_s[0] == 5 && e.stat[1] == 1 && e.var_s[2] == 3);
    gws_events_clear(&e);
    save_events(paths[2], b, bad, b, 1, 1);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "test_search_volume.b.hdf: stat of event 0 is not a number"));
    assert_null(e.time_s);
    save_events(paths[2], a, a, a, 2, 1);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "2 entries in time, 1 in var"));
    const float rounded[] = {1300000002.0F};
    const int64_t one = 1;
    gws_h5 *f = gws_h5_create(paths[2], &err); /* times that float32 moves by up to 64 s */
    assert_int_equal(gws_h5_write_f32(f, "/time", 1, &one, rounded, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/stat", 1, &one, a, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/var", 1, &one, a, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "time is float32"));
    assert_int_equal(gws_file_write(paths[2], "no", 2, &err), GWS_OK);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_EFORMAT);
    for (int i = 0; i < 3; i++)
        remove(paths[i]);
    assert_int_equal(gws_events_load(paths, 3, &e, &err), GWS_EIO);
}

static void output_has_the_official_data_sets(void **state)
{
    (void)state;
    static const char *const names[] = {"/fg-events",
                                        "/found-indices",
                                        "/missed-indices",
                                        "/true-positive-event-indices",
                                        "/false-positive-event-indices",
                                        "/sorting-indices",
                                        "/true-positive-diffs",
                                        "/false-positive-diffs",
                                        "/true-positives",
                                        "/false-positives",
                                        "/fg-far",
                                        "/far",
                                        "/sensitive-volume",
                                        "/sensitive-distance",
                                        "/sensitive-volume-error",
                                        "/sensitive-fraction"};
    static const int64_t columns[] = {3, 3, 0, 3, 0, 3, 3, 0, 3, 0, 0, 2, 2, 2, 2, 2};
    double t[] = {300, 100, 200}, stat[] = {1, 2, 3}, var[] = {1, 1, 1}, noise[] = {1.5, 2.5};
    const char *path = "test_search_volume.out.hdf";
    gws_injected inj = three();
    gws_volume v;
    gws_err err;
    measure(t, stat, var, 3, noise, 2, &inj, &v);
    gws_h5 *f = gws_h5_create(path, &err);
    assert_non_null(f);
    assert_int_equal(gws_volume_write(&v, f, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_non_null(f = gws_h5_open(path, &err));
    for (int64_t i = 0; i < N_OF(names); i++) {
        gws_h5_info info;
        assert_int_equal(gws_h5_stat(f, names[i], &info, &err), GWS_OK);
        int events =
            strstr(names[i], "events") || strcmp(names[i], "/true-positives") == 0 || strcmp(names[i], "/false-positives") == 0;
        assert_int_equal(info.ndim, events ? 2 : 1);
        assert_int_equal(info.type, strstr(names[i], "indices") ? GWS_H5_INT : GWS_H5_F64);
        if (events)
            assert_int_equal(info.shape[0], 3);
        assert_int_equal(info.shape[events], columns[i]);
    }
    double events[9], want[9] = {100, 200, 300, 2, 3, 1, 1, 1, 1};
    assert_int_equal(gws_h5_read_f64(f, "/fg-events", 0, 9, events, &err), GWS_OK);
    assert_memory_equal(events, want, sizeof want);
    gws_h5_close(f);
    gws_volume_clear(&v);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_distance_goes_to_the_later_injection),
        cmocka_unit_test(window_includes_its_end),
        cmocka_unit_test(beyond_the_ends_the_nearest_end_counts),
        cmocka_unit_test(false_event_near_a_found_injection_stays_false),
        cmocka_unit_test(loudest_of_two_events_counts_and_equal_is_not_louder),
        cmocka_unit_test(volume_is_the_weighted_sum),
        cmocka_unit_test(disorder_is_matched_as_the_official_program_does),
        cmocka_unit_test(rate_picks_the_threshold),
        cmocka_unit_test(nothing_found_and_bad_numbers_are_refused),
        cmocka_unit_test(pads_are_kept_at_every_segment),
        cmocka_unit_test(event_files_are_joined_and_checked),
        cmocka_unit_test(output_has_the_official_data_sets),
    };
    return GWS_RUN_TESTS(tests);
}
