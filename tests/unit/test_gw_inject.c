/* Signals and their projection against identities: a later source is a later signal, by whole samples and by parts of one; the strain is the
 * antenna pattern times the polarisations; t = 0 lies where the header says; stretches agree where they overlap; nothing lies outside the
 * span and the reach that were promised; threads do not matter; nonsense is refused. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/thread.h"
#include "dsp/fft.h"
#include "gw/project.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048
#define N (16 * RATE)

static double x[N], y[N];

static gws_source source(void)
{
    return (gws_source){.binary = {.mass1_msun = 36,
                                   .mass2_msun = 29,
                                   .spin1 = {0, 0, 0.3},
                                   .distance_mpc = 400,
                                   .incl_rad = 0.6,
                                   .coa_phase_rad = 1,
                                   .f_lower_hz = 20},
                        .tc_ns = INT64_C(1126259462) * 1000000000,
                        .ra_rad = 1.375,
                        .dec_rad = -1.2108,
                        .psi_rad = 2.659};
}

static const int64_t begin = INT64_C(1126259450) * RATE;

static gws_wave wave_of(const gws_source *s, gws_conditioning how, gws_taper taper)
{
    gws_wave g;
    gws_err err;
    if (gws_wave_init(&g, "IMRPhenomD", s, RATE, how, taper, &err) != GWS_OK)
        fail_msg("%s", err.text);
    return g;
}

static void strain(const gws_source *s, const char *ifo, int64_t from, int64_t n, double *out)
{
    gws_wave g = wave_of(s, GWS_LIKE_LAL, GWS_TAPER_START);
    gws_project(&g, gws_site_find(ifo), from, n, out);
    gws_wave_clear(&g);
}

static double largest(const double *v, int64_t n)
{
    double m = 0;
    for (int64_t i = 0; i < n; i++)
        m = fmax(m, fabs(v[i]));
    return m;
}

static void one_sample_later_is_one_sample_later(void **state)
{
    (void)state;
    gws_source s = source();
    s.tc_ns += 250000000; /* 2048 Hz: a quarter of a second is a whole number of ns and of samples */
    strain(&s, "H1", begin, N, x);
    s.tc_ns += 250000000;
    strain(&s, "H1", begin + RATE / 4, N, y);
    double top = largest(x, N);
    assert_true(top > 1e-22 && top < 1e-20);
    /* The Earth turns 2e-5 rad in the meantime, which also moves the arrival by 0.4 us. */
    for (int i = 0; i < N; i++)
        assert_true(fabs(x[i] - y[i]) < 2e-3 * top);
}

static void parts_of_a_sample_are_phase_shifts(void **state)
{
    (void)state;
    gws_source s = source();
    strain(&s, "L1", begin, N, x);
    s.tc_ns += 1000000000 / RATE / 4;
    strain(&s, "L1", begin, N, y);
    gws_fft *fft = gws_fft_create(N, NULL);
    double *t = gws_arena_alloc(N * sizeof *t), *spec = gws_arena_alloc(2 * (N / 2 + 1) * sizeof *spec);
    assert_true(fft && t && spec);
    memcpy(t, x, sizeof x);
    gws_fft_forward(fft, t, spec);
    for (int k = 0; k <= N / 2; k++) {
        double a = 2 * M_PI * k * 0.25 / N, re = spec[2 * k], im = spec[2 * k + 1];
        spec[2 * k] = re * cos(a) + im * sin(a);
        spec[2 * k + 1] = im * cos(a) - re * sin(a);
    }
    gws_fft_inverse(fft, spec, t);
    double top = largest(x, N);
    /* A kernel is kept until the place between samples has moved by 1/268 of one: 2 pi 200 Hz / 2048 Hz / 268 = 2e-3. */
    for (int i = 0; i < N; i++)
        assert_true(fabs(t[i] / N - y[i]) < 3e-3 * top);
    gws_fft_destroy(fft);
    gws_arena_free(t);
    gws_arena_free(spec);
}

static void strain_is_pattern_times_polarisations(void **state)
{
    (void)state;
    gws_source s = source();
    const gws_site *h1 = gws_site_find("H1");
    gws_wave g = wave_of(&s, GWS_LIKE_LAL, GWS_TAPER_START);
    double gmst = gws_gmst_rad(s.tc_ns), fp, fc;
    gws_antenna(h1, gmst, s.ra_rad, s.dec_rad, s.psi_rad, &fp, &fc);
    /* Move the signal so that it arrives on whole samples. */
    int64_t arrival = g.start_ns + llround(gws_delay_s(h1, gmst, s.ra_rad, s.dec_rad) * 1e9);
    int64_t on = gws_sample_of_ns(arrival, RATE);
    g.start_ns += gws_ns_of_sample(on, RATE) - arrival;
    gws_project(&g, h1, on, g.n, x);
    double top = largest(x, g.n), worst = 0;
    for (int64_t i = g.n - RATE / 2; i < g.n; i++)
        worst = fmax(worst, fabs(fp * g.hp[i] + fc * g.hc[i] - x[i]));
    /* The delay drifts by ns within the half second, and the wave passes 4 km of arms: 2 pi 200 Hz 4 km/c / 4 = 4e-3 */
    assert_true(worst < 5e-3 * top && worst > 0);
    gws_wave_clear(&g);
}

static int64_t peak_of(const gws_wave *g, double plus, double cross)
{
    int64_t at = 0;
    double most = 0;
    for (int64_t i = 0; i < g->n; i++) {
        double p = g->hp[i] / plus, c = g->hc[i] / cross, power = p * p + c * c;
        if (power > most) {
            most = power;
            at = i;
        }
    }
    return at;
}

static void t_0_is_where_it_should_be(void **state)
{
    (void)state;
    gws_source s = source();
    double c = cos(s.binary.incl_rad), plus = 0.5 * (1 + c * c);
    gws_wave g = wave_of(&s, GWS_LIKE_LAL, GWS_TAPER_NONE);
    assert_true(llabs(g.start_ns + gws_ns_of_sample(peak_of(&g, plus, c), RATE) - s.tc_ns) <= 250); /* a double's place of 1e9 s */
    gws_wave_clear(&g);
    g = wave_of(&s, GWS_LIKE_PYCBC, GWS_TAPER_NONE);
    double late = (double)(g.start_ns + gws_ns_of_sample(peak_of(&g, plus, c), RATE) - s.tc_ns) * 1e-9;
    assert_true(late > -0.015 && late < 0.003);
    assert_int_equal(g.start_ns + gws_ns_of_sample(g.n - 5 * RATE, RATE), s.tc_ns);
    gws_wave_clear(&g);
}

static void transforms_that_are_forgotten_are_made_again_with_the_same_bits(void **state)
{
    gws_source s = source();
    gws_wave a = wave_of(&s, GWS_LIKE_PYCBC, GWS_TAPER_START);
    gws_wave_forget_transforms();
    gws_wave_forget_transforms();
    gws_wave b = wave_of(&s, GWS_LIKE_PYCBC, GWS_TAPER_START);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.hp, b.hp, (size_t)a.n * sizeof *a.hp);
    assert_memory_equal(a.hc, b.hc, (size_t)a.n * sizeof *a.hc);
    gws_wave_clear(&a);
    gws_wave_clear(&b);
}

static void taper_changes_the_beginning_alone(void **state)
{
    (void)state;
    gws_source s = source();
    gws_wave a = wave_of(&s, GWS_LIKE_LAL, GWS_TAPER_NONE), b = wave_of(&s, GWS_LIKE_LAL, GWS_TAPER_START);
    assert_int_equal(a.n, b.n);
    assert_true(b.hp[0] == 0 && b.hc[0] == 0);
    int64_t last = 0;
    for (int64_t i = 0; i < a.n; i++) {
        assert_true(fabs(b.hp[i]) <= fabs(a.hp[i]) && fabs(b.hc[i]) <= fabs(a.hc[i]));
        if (a.hp[i] != b.hp[i])
            last = i;
    }
    assert_true(last > 19 && last < RATE / 5); /* two maxima: at most 2 cycles of 18 Hz and the fade before them */
    gws_wave_clear(&a);
    gws_wave_clear(&b);
}

static const char *const all_sites[] = {"H1", "L1", "V1", "K1", "G1", "I1", "E1", "E2", "E3", "C4", "C2"};

static void nothing_lies_outside_span_and_reach(void **state)
{
    (void)state;
    gws_source s = source();
    for (int how = 0; how < 2; how++) {
        gws_wave g = wave_of(&s, (gws_conditioning)how, 1);
        double before, after;
        assert_int_equal(gws_project_reach("IMRPhenomD", &s.binary, RATE, (gws_conditioning)how, &before, &after, NULL), GWS_OK);
        for (size_t k = 0; k < sizeof all_sites / sizeof all_sites[0]; k++) {
            int64_t first, n, tc = gws_sample_of_ns(s.tc_ns, RATE);
            gws_project_span(&g, gws_site_find(all_sites[k]), &first, &n);
            assert_true(first >= tc - ceil(before * RATE) && first + n <= tc + ceil(after * RATE));
            double *out = malloc((size_t)(n + 200) * sizeof *out);
            assert_non_null(out);
            gws_project(&g, gws_site_find(all_sites[k]), first - 100, n + 200, out);
            for (int i = 0; i < 100; i++)
                assert_true(out[i] == 0 && out[n + 199 - i] == 0);
            assert_true(largest(out, n + 200) > 0);
            free(out);
        }
        gws_wave_clear(&g);
    }
}

/* The Einstein Telescope's null stream: every side of the triangle is the x arm of one detector and the y arm of another, and the light on it
 * meets the same wave in both.  It holds for arms as long as they are, with each vertex's own delay: 10 km are 0.04 rad at 200 Hz. */
static void the_triangle_has_a_null_stream(void **state)
{
    (void)state;
    gws_source s = source();
    double top = 0, left = 0;
    gws_wave g = wave_of(&s, GWS_LIKE_LAL, GWS_TAPER_START);
    static double sum[N];
    memset(sum, 0, sizeof sum);
    for (int e = 0; e < 3; e++) {
        gws_project(&g, gws_site_find(all_sites[6 + e]), begin, N, x);
        top = fmax(top, largest(x, N));
        for (int i = 0; i < N; i++)
            sum[i] += x[i];
    }
    left = largest(sum, N);
    /* kernels are kept for up to 1/268 of a sample: 2 pi 200 Hz / 2048 Hz / 268 = 2e-3 */
    assert_true(left < 3e-3 * top && left > 0);
    gws_wave_clear(&g);
}

static void stretches_agree_where_they_overlap(void **state)
{
    (void)state;
    gws_source s = source();
    gws_wave g = wave_of(&s, GWS_LIKE_PYCBC, GWS_TAPER_START);
    gws_project(&g, gws_site_find("V1"), begin, N, x);
    static const int cut[] = {0, 1, 2, 700, 512, 513, 11 * RATE + 7, 12 * RATE - 1, 12 * RATE, N};
    for (size_t c = 0; c + 1 < sizeof cut / sizeof cut[0]; c++) {
        int a = cut[c] < cut[c + 1] ? cut[c] : cut[c + 1], n = abs(cut[c + 1] - cut[c]);
        gws_project(&g, gws_site_find("V1"), begin + a, n, y);
        assert_memory_equal(x + a, y, (size_t)n * sizeof *x);
    }
    gws_wave_clear(&g);
}

typedef struct heap {
    gws_wave signal[24];
} heap_t;

static void make_one(void *user, int task, int thread)
{
    (void)thread;
    heap_t *h = user;
    gws_source s = source();
    s.binary.mass1_msun = 8 + 6 * (task % 12); /* several sizes at once, each first wanted by several threads */
    gws_wave_init(&h->signal[task], "IMRPhenomD", &s, RATE, (gws_conditioning)(task % 2), GWS_TAPER_START, NULL);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    static heap_t parallel, serial;
    gws_pool *pool = gws_pool_create(4, NULL);
    assert_non_null(pool);
    gws_pool_run(pool, 24, make_one, &parallel);
    gws_pool_destroy(pool);
    for (int i = 0; i < 24; i++) {
        make_one(&serial, i, 0);
        const gws_wave *a = &parallel.signal[i], *b = &serial.signal[i];
        assert_true(a->n == b->n && a->n > 0 && a->start_ns == b->start_ns);
        assert_memory_equal(a->hp, b->hp, (size_t)a->n * sizeof *a->hp);
        assert_memory_equal(a->hc, b->hc, (size_t)a->n * sizeof *a->hc);
        gws_wave_clear(&parallel.signal[i]);
        gws_wave_clear(&serial.signal[i]);
    }
}

static void refused(const char *approximant, const gws_source *s, int rate_hz)
{
    for (int how = 0; how < 2; how++) {
        gws_wave g;
        gws_err err = {0};
        double before, after;
        assert_int_equal(gws_wave_init(&g, approximant, s, rate_hz, (gws_conditioning)how, GWS_TAPER_START, &err), GWS_EARG);
        assert_true(g.hp == NULL && g.hc == NULL && g.n == 0 && strlen(err.text) > 10);
        gws_wave_clear(&g);
        gws_project_reach(approximant, &s->binary, rate_hz, (gws_conditioning)how, &before, &after, NULL); /* must not crash */
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    gws_source s = source();
    refused("Phenom", &s, RATE);
    refused("IMRPhenomD", &s, 100);
    refused("IMRPhenomD", &s, 100000);
    static const double bad[] = {0, -1, NAN, INFINITY, 2e6};
    for (int i = 0; i < 5; i++) {
        s = source();
        s.binary.mass1_msun = bad[i];
        refused("IMRPhenomD", &s, RATE);
        s = source();
        s.binary.f_lower_hz = bad[i];
        refused("IMRPhenomD", &s, RATE);
    }
    s = source();
    s.binary.spin2[2] = 1.01;
    refused("IMRPhenomD", &s, RATE);
    s = source();
    s.binary.incl_rad = NAN;
    refused("IMRPhenomD", &s, RATE);
    s = source();
    s.dec_rad = INFINITY;
    refused("IMRPhenomD", &s, RATE);
    s = source();
    s.tc_ns = INT64_MIN;
    refused("IMRPhenomD", &s, RATE);
    s = source();
    s.binary.f_lower_hz = 1e-300;
    refused("IMRPhenomD", &s, RATE);
    s = source(); /* 3 hours */
    s.binary.mass1_msun = s.binary.mass2_msun = 1.4;
    s.binary.f_lower_hz = 5;
    refused("IMRPhenomD", &s, RATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_later_is_one_sample_later),
        cmocka_unit_test(parts_of_a_sample_are_phase_shifts),
        cmocka_unit_test(strain_is_pattern_times_polarisations),
        cmocka_unit_test(t_0_is_where_it_should_be),
        cmocka_unit_test(transforms_that_are_forgotten_are_made_again_with_the_same_bits),
        cmocka_unit_test(taper_changes_the_beginning_alone),
        cmocka_unit_test(nothing_lies_outside_span_and_reach),
        cmocka_unit_test(stretches_agree_where_they_overlap),
        cmocka_unit_test(the_triangle_has_a_null_stream),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(nonsense_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
