/* Template banks.  Truth: the definition of a bank, tried with matches that this file computes itself, on a four times finer grid and at
 * twice the sampling rate of placement; files through h5 calls of their own; threads against none, byte by byte. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "gw/named_psd.h"
#include "matched/bank.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CURVE "aLIGOZeroDetHighPower"
#define FINE_HZ 0.125
#define FINE_BINS 16385 /* to 2048 Hz */
#define FINE_N (2 * (FINE_BINS - 1))

static gws_psd curve(void)
{
    gws_psd psd;
    assert_int_equal(gws_psd_by_name(CURVE, GWS_BANK_DELTA_F_HZ, 2049, 0, &psd, NULL), GWS_OK);
    return psd;
}

static void place(const gws_bank_params *p, gws_pool *pool, gws_bank *out)
{
    gws_psd psd = curve();
    gws_err err;
    if (gws_bank_place(p, &psd, pool, NULL, NULL, out, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_psd_clear(&psd);
}

/* Whitened, norm 1, from 20 Hz on. */
static double complex *vector(const gws_template *t, const gws_psd *fine)
{
    double complex *hp = gws_arena_alloc(FINE_BINS * sizeof *hp), *hc = gws_arena_alloc(FINE_BINS * sizeof *hc);
    gws_binary b = gws_template_binary(t);
    double sum = 0;
    assert_int_equal(gws_waveform_fd(t->approximant, &b, FINE_HZ, FINE_BINS, hp, hc, NULL), GWS_OK);
    for (int k = 0; k < FINE_BINS; k++) {
        hp[k] = k * FINE_HZ < 20 || k == FINE_BINS - 1 ? 0 : hp[k] / sqrt(fine->data[k]);
        sum += creal(hp[k] * conj(hp[k]));
    }
    for (int k = 0; k < FINE_BINS; k++)
        hp[k] /= sqrt(sum);
    gws_arena_free(hc);
    return hp;
}

static double match(gws_fft *fft, const double complex *a, const double complex *b)
{
    static double complex *spec;
    static double *re, *im;
    double best = 0;
    if (!spec) {
        spec = gws_arena_alloc(FINE_BINS * sizeof *spec);
        re = gws_arena_alloc(FINE_N * sizeof *re);
        im = gws_arena_alloc(FINE_N * sizeof *im);
    }
    for (int k = 0; k < FINE_BINS; k++)
        spec[k] = 0.5 * a[k] * conj(b[k]);
    gws_fft_inverse(fft, (double *)spec, re);
    for (int k = 0; k < FINE_BINS; k++)
        spec[k] = CMPLX(0, -0.5) * a[k] * conj(b[k]);
    gws_fft_inverse(fft, (double *)spec, im);
    for (int j = 0; j < FINE_N; j++)
        best = fmax(best, re[j] * re[j] + im[j] * im[j]);
    return sqrt(best);
}

/* How many of n random systems, uniform in masses and spins, have no template that matches to p->min_match. */
static int missed(const gws_bank_params *p, const gws_bank *bank, int n)
{
    gws_psd fine;
    gws_fft *fft = gws_fft_create(FINE_N, NULL);
    gws_rng rng = gws_rng_init(77, "test-bank", 0);
    double complex **v = malloc(sizeof *v * (size_t)bank->n);
    int bad = 0;
    assert_int_equal(gws_psd_by_name(CURVE, FINE_HZ, FINE_BINS, 0, &fine, NULL), GWS_OK);
    for (int i = 0; i < bank->n; i++)
        v[i] = vector(&bank->templates[i], &fine);
    for (int k = 0; k < n; k++) {
        gws_template t = {.mass1_msun = gws_rng_range(&rng, p->mass_min_msun, p->mass_max_msun),
                          .mass2_msun = gws_rng_range(&rng, p->mass_min_msun, p->mass_max_msun),
                          .spin1z = p->spin_min + (p->spin_max - p->spin_min) * gws_rng_uniform(&rng),
                          .spin2z = p->spin_min + (p->spin_max - p->spin_min) * gws_rng_uniform(&rng),
                          .f_lower_hz = p->low_hz,
                          .approximant = "IMRPhenomD"};
        double complex *s = vector(&t, &fine);
        double best = 0;
        for (int i = 0; i < bank->n && best < p->min_match; i++)
            best = fmax(best, match(fft, s, v[i]));
        bad += best < p->min_match;
        gws_arena_free(s);
    }
    for (int i = 0; i < bank->n; i++)
        gws_arena_free(v[i]);
    free(v);
    gws_psd_clear(&fine);
    gws_fft_destroy(fft);
    return bad;
}

static void random_signals_have_a_template(void **state)
{
    gws_bank_params p = gws_bank_defaults();
    gws_bank bank;
    p.mass_min_msun = 20;
    p.min_match = 0.96;
    place(&p, NULL, &bank);
    assert_true(bank.n >= 20 && bank.n <= 120);
    assert_true(missed(&p, &bank, 100) <= 3);
    gws_bank_clear(&bank);

    p = (gws_bank_params){30, 50, -0.9, 0.9, 0.92, 0.98, 20, 1024, "IMRPhenomD", 5};
    place(&p, NULL, &bank);
    assert_true(missed(&p, &bank, 50) <= 3);
    gws_bank_clear(&bank);
}

/* Half a bank leaves signals out, so the test above can fail. */
static void half_a_bank_is_not_enough(void **state)
{
    gws_bank_params p = gws_bank_defaults();
    gws_bank bank;
    p.mass_min_msun = 30;
    p.min_match = 0.97;
    place(&p, NULL, &bank);
    for (int i = 0; i < bank.n / 2; i++)
        bank.templates[i] = bank.templates[2 * i];
    bank.n /= 2;
    p.min_match = 0.98;
    assert_true(missed(&p, &bank, 60) > 3);
    gws_bank_clear(&bank);
}

static void threads_do_not_change_it(void **state)
{
    gws_bank_params p = gws_bank_defaults();
    gws_bank one, two;
    gws_pool *pool = gws_pool_create(3, NULL);
    p.mass_min_msun = 30;
    p.min_match = 0.95;
    place(&p, NULL, &one);
    place(&p, pool, &two);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(one.templates, two.templates, (size_t)one.n * sizeof *one.templates);
    for (int i = 0; i < one.n; i++) {
        const gws_template *t = &one.templates[i];
        assert_true(t->mass1_msun >= t->mass2_msun && t->mass2_msun >= 30 && t->mass1_msun <= 50);
        assert_true(i == 0 || gws_template_tau0_s(t) >= gws_template_tau0_s(t - 1));
    }
    gws_bank_clear(&two);
    p.seed = 1;
    place(&p, NULL, &two);
    assert_true(one.n != two.n || memcmp(one.templates, two.templates, (size_t)one.n * sizeof *one.templates) != 0);
    gws_bank_clear(&one);
    gws_bank_clear(&two);
    gws_pool_destroy(pool);
}

static void one_point_is_one_template(void **state)
{
    gws_bank_params p = gws_bank_defaults();
    gws_bank bank;
    p.mass_min_msun = p.mass_max_msun = 30;
    p.spin_min = p.spin_max = 0.4;
    place(&p, NULL, &bank);
    assert_int_equal(bank.n, 1);
    assert_true(bank.templates[0].mass1_msun == 30 && bank.templates[0].spin2z == 0.4);
    /* 5/256 (pi f)^(-8/3) chirp mass^(-5/3), Peters 1964 */
    double chirp_s = 30 * pow(2, -0.2) * 4.925490947641267e-06;
    double want = 5.0 / 256 * pow(M_PI * 20, -8.0 / 3) * pow(chirp_s, -5.0 / 3);
    assert_true(fabs(gws_template_tau0_s(&bank.templates[0]) / want - 1) < 1e-12);
    gws_bank_clear(&bank);
}

static int stop(void *user, double done, double total, const char *note)
{
    return ++*(int *)user == 3;
}

static void what_cannot_be_placed(void **state)
{
    gws_psd psd = curve();
    gws_bank bank;
    gws_err err;
    int calls = 0;
    const struct {
        size_t field;
        double value;
    } bad[] = {{offsetof(gws_bank_params, mass_min_msun), -1},
               {offsetof(gws_bank_params, mass_min_msun), 60},
               {offsetof(gws_bank_params, mass_max_msun), (double)NAN},
               {offsetof(gws_bank_params, spin_max), 1.1},
               {offsetof(gws_bank_params, spin_min), 0.5},
               {offsetof(gws_bank_params, min_match), 1},
               {offsetof(gws_bank_params, coverage), 1},
               {offsetof(gws_bank_params, low_hz), 0},
               {offsetof(gws_bank_params, low_hz), 1000},
               {offsetof(gws_bank_params, high_hz), (double)NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_bank_params p = gws_bank_defaults();
        *(double *)((char *)&p + bad[i].field) = bad[i].value;
        assert_int_equal(gws_bank_place(&p, &psd, NULL, NULL, NULL, &bank, &err), GWS_EARG);
        assert_true(bank.n == 0 && bank.templates == NULL);
    }
    gws_bank_params p = gws_bank_defaults();
    p.approximant = "nonsense";
    assert_int_equal(gws_bank_place(&p, &psd, NULL, NULL, NULL, &bank, &err), GWS_EARG);
    p = gws_bank_defaults();
    assert_int_equal(gws_bank_place(&p, &psd, NULL, stop, &calls, &bank, &err), GWS_ESTOP);
    assert_int_equal(calls, 3);
    psd.data[200] = 0;
    assert_int_equal(gws_bank_place(&p, &psd, NULL, NULL, NULL, &bank, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "100 Hz"));
    gws_psd_clear(&psd);
}

static void files(void **state)
{
    char path[64];
    gws_err err;
    gws_template t[3] = {
        {36.1, 29.25, 0.1, -0.3, 20, "IMRPhenomD"}, {30, 10, 0, 0, 20, "IMRPhenomD"}, {11, 10, 0.9, 0.9, 25, "IMRPhenomD"}};
    gws_bank bank = {t, 3}, back;
    snprintf(path, sizeof path, "bank-%d.hdf", (int)getpid());
    assert_int_equal(gws_bank_save(&bank, path, "test", &err), GWS_OK);
    assert_int_equal(gws_bank_load(path, 99, "other", &back, &err), GWS_OK);
    assert_int_equal(back.n, 3);
    assert_memory_equal(back.templates, t, sizeof t);
    gws_bank_clear(&back);

    /* As little as a bank may have: masses; the rest is what the caller says. */
    const double m1[2] = {30, 40}, m2[2] = {20, 10}, bad[2] = {20, -1}, spin[2] = {0, 1.5};
    const char *const unknown[2] = {"IMRPhenomD", "TaylorZ9"};
    const int64_t two = 2, one = 1;
    gws_h5 *f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/mass1", 1, &two, m1, NULL);
    gws_h5_write_f64(f, "/mass2", 1, &two, m2, NULL);
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    assert_int_equal(gws_bank_load(path, 25, "IMRPhenomD", &back, &err), GWS_OK);
    assert_true(back.n == 2 && back.templates[1].f_lower_hz == 25 && back.templates[1].spin1z == 0);
    assert_string_equal(back.templates[0].approximant, "IMRPhenomD");
    gws_bank_clear(&back);
    for (int wrong = 0; wrong < 6; wrong++) {
        f = gws_h5_create(path, NULL);
        gws_h5_write_f64(f, "/mass1", 1, wrong == 5 ? &one : &two, m1, NULL);
        if (wrong > 0)
            gws_h5_write_f64(f, "/mass2", 1, &two, wrong == 1 ? bad : m2, NULL);
        if (wrong == 2)
            gws_h5_write_f64(f, "/spin1z", 1, &two, spin, NULL);
        if (wrong == 3)
            gws_h5_write_strings(f, "/approximant", 2, unknown, NULL);
        if (wrong == 4)
            gws_h5_write_strings(f, "/approximant", 1, unknown, NULL);
        assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
        assert_int_not_equal(gws_bank_load(path, 25, "IMRPhenomD", &back, &err), GWS_OK);
        assert_non_null(strstr(err.text, path));
        assert_true(back.n == 0 && back.templates == NULL);
    }
    unlink(path);
    assert_int_not_equal(gws_bank_load(path, 25, "IMRPhenomD", &back, &err), GWS_OK);
}

/* A column that the filters cannot honour is refused by its row; zeros of it are as good as none. */
static void columns_that_are_not_honoured(void **state)
{
    (void)state;
    const double mass[2] = {30, 20};
    const int64_t n = 2;
    for (int c = 0; gws_bank_zero_columns[c]; c++)
        for (int bad = 0; bad < 2; bad++) {
            gws_err err = {0};
            gws_bank b;
            const double column[2] = {0, bad ? 0.25 : 0};
            char path[40];
            gws_h5 *f = gws_h5_create("test_search_bank.tmp.hdf", &err);
            assert_non_null(f);
            snprintf(path, sizeof path, "/%s", gws_bank_zero_columns[c]);
            assert_int_equal(gws_h5_write_f64(f, "/mass1", 1, &n, mass, &err), GWS_OK);
            assert_int_equal(gws_h5_write_f64(f, "/mass2", 1, &n, mass, &err), GWS_OK);
            assert_int_equal(gws_h5_write_f64(f, path, 1, &n, column, &err), GWS_OK);
            assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
            assert_int_equal(gws_bank_load("test_search_bank.tmp.hdf", 20, "IMRPhenomD", &b, &err), bad ? GWS_EDATA : GWS_OK);
            if (bad)
                assert_non_null(strstr(err.text, gws_bank_zero_columns[c]));
            assert_int_equal(b.n, bad ? 0 : 2);
            gws_bank_clear(&b);
        }
    remove("test_search_bank.tmp.hdf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_signals_have_a_template), cmocka_unit_test(half_a_bank_is_not_enough),
        cmocka_unit_test(threads_do_not_change_it),       cmocka_unit_test(one_point_is_one_template),
        cmocka_unit_test(what_cannot_be_placed),          cmocka_unit_test(files),
        cmocka_unit_test(columns_that_are_not_honoured),
    };
    return GWS_RUN_TESTS(tests);
}
