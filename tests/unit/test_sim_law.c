/* The laws of sources, curves and bursts.  Truth: what law.h says of ranges and densities, by the share of many draws that lies below a
 * value; closed forms. */
#include "sim/law.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS 20000
/* Largest distance of an empirical distribution from the true one: beyond it once in a million (Kolmogorov). */
#define KOLMOGOROV (2.7 / sqrt(DRAWS))

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Are these DRAWS values uniform in 0..1? */
static void assert_uniform(double *x, const char *what)
{
    double most = 0;
    qsort(x, DRAWS, sizeof *x, ascending);
    for (int i = 0; i < DRAWS; i++)
        most = fmax(most, fabs(x[i] - (i + 0.5) / DRAWS));
    if (!(most < KOLMOGOROV && x[0] >= 0 && x[DRAWS - 1] <= 1))
        fail_msg("%s: %g from uniform, %g .. %g", what, most, x[0], x[DRAWS - 1]);
}

static gws_source_law law(gws_seeing seeing)
{
    return (gws_source_law){.mass_min_msun = 8,
                            .mass_max_msun = 50,
                            .spin_max = 0.9,
                            .f_lower_hz = 18,
                            .seeing = seeing,
                            .site = {gws_site_find("H1"), gws_site_find("L1")},
                            .n_sites = 2};
}

static void sources_are_drawn_by_their_law(void **state)
{
    (void)state;
    static double lower[DRAWS], spin[DRAWS], incl[DRAWS], dec[DRAWS];
    const gws_source_law l = law(GWS_SEEING_ALL);
    for (int i = 0; i < DRAWS; i++) {
        gws_rng rng = gws_rng_init(1, "law", (uint64_t)i);
        const gws_source s = gws_source_law_draw(&l, &rng, NULL);
        assert_true(s.binary.mass1_msun >= s.binary.mass2_msun);
        /* the lesser of two uniform numbers lies below x with probability 1 - (1 - x)^2 */
        const double x = (s.binary.mass2_msun - 8) / 42;
        lower[i] = 1 - (1 - x) * (1 - x);
        spin[i] = 0.5 + s.binary.spin2[2] / 1.8;
        incl[i] = 0.5 + 0.5 * cos(s.binary.incl_rad);
        dec[i] = 0.5 + 0.5 * sin(s.dec_rad);
    }
    assert_uniform(lower, "mass2");
    assert_uniform(spin, "spin2z");
    assert_uniform(incl, "cosine of the inclination");
    assert_uniform(dec, "sine of the declination");
}

static void loud_samples_are_more_often_face_on(void **state)
{
    (void)state;
    int near[2] = {0, 0};
    for (int k = 0; k < 2; k++) {
        const gws_source_law l = law(k ? GWS_SEEING_LOUD : GWS_SEEING_ALL);
        for (int i = 0; i < DRAWS / 4; i++) {
            gws_rng rng = gws_rng_init(2, "law", (uint64_t)i);
            near[k] += fabs(cos(gws_source_law_draw(&l, &rng, NULL).binary.incl_rad)) > sqrt(0.5);
        }
    }
    /* all: 1 - 0.7071 of them; loud: Schutz 2011 (arXiv:1102.5421) has a median inclination of 38 degrees, so more than half */
    assert_true(fabs(near[0] / (DRAWS / 4.0) - (1 - sqrt(0.5))) < 0.03);
    assert_true(near[1] / (DRAWS / 4.0) > 0.5);
}

static void snrs_have_their_density(void **state)
{
    (void)state;
    for (double power = 0; power <= 4; power += 1) {
        assert_true(fabs(gws_snr_law(5, 15, power, 0) - 5) < 1e-12);
        assert_true(fabs(gws_snr_law(5, 15, power, 1) - 15) < 1e-12);
        /* d(rho)/d(part) rho^-power is the same everywhere */
        double rate[2];
        for (int k = 0; k < 2; k++) {
            const double at = k ? 0.8 : 0.2, h = 1e-5;
            rate[k] = (gws_snr_law(5, 15, power, at + h) - gws_snr_law(5, 15, power, at - h)) *
                      pow(gws_snr_law(5, 15, power, at), -power);
        }
        assert_true(fabs(rate[0] / rate[1] - 1) < 1e-6);
    }
}

static void curves_vary_about_the_design(void **state)
{
    (void)state;
    const int64_t n = 4097;
    gws_psd design = {malloc((size_t)n * sizeof(double)), n, 0.25};
    gws_curve_family f;
    double *out = malloc((size_t)n * sizeof *out);
    assert_true(design.data && out);
    for (int64_t k = 0; k < n; k++)
        design.data[k] = 1e-46 * (1 + (double)k);
    assert_int_equal(gws_curve_family_init(&f, &design, 8, 0, NULL), GWS_OK);
    assert_null(design.data); /* taken over */
    gws_rng rng = gws_rng_init(3, "law", 0);
    gws_curve_family_draw(&f, NULL, 0, &rng, out);
    assert_memory_equal(out, f.design.data, (size_t)n * sizeof *out);
    f.spread = 0.7;
    for (int draw = 0; draw < 200; draw++) {
        gws_curve_family_draw(&f, NULL, 0, &rng, out);
        /* at 100 Hz the tilt is 1 and the wall, from 60 Hz at most with its fourth power at least, adds less than 0.7 * 0.6^4 */
        const double ratio = out[400] / f.design.data[400];
        assert_true(ratio >= 1 && ratio <= 1 + 0.7 * pow(0.6, 4) + 1e-12);
        /* held: below 8 Hz a member is to the design as at 8 Hz */
        assert_true(fabs(out[4] / f.design.data[4] / (out[32] / f.design.data[32]) - 1) < 1e-12);
    }
    gws_curve_family_clear(&f);
    free(out);
}

static void bursts_have_their_snr_and_lie_where_they_should(void **state)
{
    (void)state;
    enum { N = 4096, RATE = 2048 };
    static float w[2 * N];
    static double snr[DRAWS];
    gws_rng rng = gws_rng_init(4, "law", 0);
    for (int i = 0; i < DRAWS; i++) {
        const gws_whitened_burst b = gws_whitened_burst_draw(RATE, &rng);
        assert_true(b.f_hz >= 30 && b.f_hz <= 600 && b.q >= 2 && b.q <= 20);
        snr[i] = log(b.snr / 5) / log(12);
        if (i % 100 || b.q > 15) /* a long one does not fit */
            continue;
        memset(w, 0, sizeof w);
        gws_whitened_burst_add(&b, RATE, N / 2 + 0.3, N, w + 1, 2);
        double sum = 0;
        for (int k = 0; k < N; k++) {
            assert_true(w[2 * k] == 0.0f); /* the other detector's */
            sum += (double)w[2 * k + 1] * (double)w[2 * k + 1];
        }
        /* the norm is that of the integral; the square of a short one at 500 Hz is nearly too fast for the samples */
        if (fabs(sqrt(sum) / b.snr - 1) > 1e-2)
            fail_msg("burst of %g Hz, Q %g: SNR %g, wanted %g", b.f_hz, b.q, sqrt(sum), b.snr);
    }
    assert_uniform(snr, "logarithm of the SNR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_drawn_by_their_law),
        cmocka_unit_test(loud_samples_are_more_often_face_on),
        cmocka_unit_test(snrs_have_their_density),
        cmocka_unit_test(curves_vary_about_the_design),
        cmocka_unit_test(bursts_have_their_snr_and_lie_where_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
