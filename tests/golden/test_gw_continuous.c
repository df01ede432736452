/* Barycentring and continuous waves against lalpulsar (lalsuite 7.26.16) with DE405, through the table that
 * tools/golden/continuous.py wrote; addressability and linearity against identities. */
#include "base/clock.h"
#include "base/rng.h"
#include "golden/continuous.h"
#include "gw/continuous.h"
#include "gwstest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_PLACES ((int)(sizeof golden_place / sizeof golden_place[0]))
#define N_PULSARS ((int)(sizeof golden_pulsar / sizeof golden_pulsar[0]))

static double delay(int place, int64_t gps_s)
{
    return gws_barycentre_delay_s(gws_site_find(golden_place[place].ifo), gps_s * GWS_NS, golden_place[place].ra,
                                  golden_place[place].dec);
}

/* ERFA's Earth is within 13 km and 5 mm/s of DE405: 45 us, 1.4 us in a day; LAL's orientation of the Earth, with two terms of
 * nutation, within 5e-6 rad of ERFA's: 0.1 us.  Measured here: 14 us and 0.3 us. */
static void delays_are_lalpulsars(void **state)
{
    (void)state;
    double worst = 0, drift = 0;
    for (size_t d = 0; d < sizeof golden_day / sizeof golden_day[0]; d++)
        for (int p = 0; p < N_PLACES; p++) {
            double lo = 1, hi = -1;
            for (int h = 0; h < N_GOLDEN_HOURS; h++) {
                double off = delay(p, (int64_t)golden_day[d] + 3600 * h) - golden_day_delay[d][p][h];
                worst = fmax(worst, fabs(off));
                lo = fmin(lo, off);
                hi = fmax(hi, off);
            }
            drift = fmax(drift, hi - lo);
        }
    for (size_t y = 0; y < sizeof golden_year / sizeof golden_year[0]; y++)
        for (int p = 0; p < N_PLACES; p++)
            worst = fmax(worst, fabs(delay(p, golden_year[y]) - golden_year_delay[y][p]));
    printf("delay: off by %.2g s at most, changing by %.2g s within a day\n", worst, drift);
    assert_true(worst < 50e-6);
    assert_true(drift < 0.5e-6);
}

static gws_pulsar pulsar(int i)
{
    return (gws_pulsar){.h0 = golden_pulsar[i].h0,
                        .cosi = golden_pulsar[i].cosi,
                        .psi_rad = golden_pulsar[i].psi,
                        .phi0_rad = golden_pulsar[i].phi0,
                        .ra_rad = golden_pulsar[i].ra,
                        .dec_rad = golden_pulsar[i].dec,
                        .f0_hz = golden_pulsar[i].f0,
                        .f1_hz_s = golden_pulsar[i].f1,
                        .f2_hz_s2 = golden_pulsar[i].f2,
                        .t_ref_ns = golden_pulsar[i].tref * GWS_NS};
}

/* Strain over a day: the delay's offset makes a phase, 2 pi f 50 us at most.  With this one phase free, what is left is the
 * generator's, which looks delays and patterns up in tables: against the formula with lalpulsar's own delays it is off by 0.5e-3 to
 * 3e-3. */
static void strain_is_lalpulsars(void **state)
{
    (void)state;
    double worst = 0, worst_free = 0;
    for (int i = 0; i < N_PULSARS; i++) {
        gws_pulsar p = pulsar(i), q = p;
        gws_err err;
        double cc = 0, cs = 0, got[2][N_GOLDEN_PIECES][N_GOLDEN_SAMPLES], norm = 0, rest = 0, rest_free = 0;
        q.phi0_rad += M_PI / 2;
        for (int turn = 0; turn < 2; turn++) {
            gws_continuous *c =
                gws_continuous_create(turn ? &q : &p, 1, gws_site_find(golden_pulsar[i].ifo), GOLDEN_WAVE_RATE, &err);
            assert_non_null(c);
            memset(got[turn], 0, sizeof got[turn]);
            for (int k = 0; k < N_GOLDEN_PIECES; k++)
                gws_continuous_add(c, (GOLDEN_WAVE_START + (int64_t)k * GOLDEN_WAVE_STEP) * GOLDEN_WAVE_RATE, N_GOLDEN_SAMPLES,
                                   got[turn][k]);
            gws_continuous_destroy(c);
        }
        /* lal = cos(e) got0 + sin(e) got1 for a phase e: least squares */
        double a = 0, b = 0, d = 0;
        for (int k = 0; k < N_GOLDEN_PIECES; k++)
            for (int s = 0; s < N_GOLDEN_SAMPLES; s++) {
                double w = golden_wave[i][k][s] * 1e-24, x = got[0][k][s], y = got[1][k][s];
                a += x * x;
                b += x * y;
                d += y * y;
                cc += w * x;
                cs += w * y;
                norm += w * w;
                rest += (w - x) * (w - x);
            }
        double e = atan2((a * cs - b * cc), (d * cc - b * cs));
        for (int k = 0; k < N_GOLDEN_PIECES; k++)
            for (int s = 0; s < N_GOLDEN_SAMPLES; s++) {
                double left = golden_wave[i][k][s] * 1e-24 - cos(e) * got[0][k][s] - sin(e) * got[1][k][s];
                rest_free += left * left;
            }
        printf("%s %g Hz: rms difference %.2g of the signal; %.2g with a phase of %.2g rad\n", golden_pulsar[i].ifo, p.f0_hz,
               sqrt(rest / norm), sqrt(rest_free / norm), e);
        assert_true(fabs(e) < 2 * M_PI * p.f0_hz * 50e-6);
        worst = fmax(worst, sqrt(rest / norm));
        worst_free = fmax(worst_free, sqrt(rest_free / norm));
    }
    assert_true(worst < 0.01);
    assert_true(worst_free < 4e-3);
}

/* Identities: any cut gives the same samples; two pulsars are the sum of each; amplitudes scale. */
static void samples_do_not_depend_on_the_cut(void **state)
{
    (void)state;
    enum { RATE = 256, N = 300 * RATE };
    const int64_t begin = INT64_C(1238205000) * RATE - 77;
    gws_pulsar two[2] = {pulsar(0), pulsar(2)};
    static double whole[N], cut[N], a[N], b[N];
    const gws_site *site = gws_site_find("H1");
    gws_continuous *c = gws_continuous_create(two, 2, site, RATE, NULL);
    gws_continuous *d = gws_continuous_create(two, 2, site, RATE, NULL);
    memset(whole, 0, sizeof whole);
    memset(cut, 0, sizeof cut);
    gws_continuous_add(c, begin, N, whole);
    gws_rng r = gws_rng_init(1, "cuts", 0);
    for (int64_t end = N; end > 0;) {
        int64_t run = 1 + (int64_t)gws_rng_below(&r, 20000);
        run = run < end ? run : end;
        gws_continuous_add(d, begin + end - run, run, cut + end - run);
        end -= run;
    }
    assert_memory_equal(whole, cut, sizeof whole);
    gws_continuous_destroy(c);
    gws_continuous_destroy(d);
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    two[1].h0 *= 2;
    c = gws_continuous_create(&two[0], 1, site, RATE, NULL);
    d = gws_continuous_create(&two[1], 1, site, RATE, NULL);
    gws_continuous_add(c, begin, N, a);
    gws_continuous_add(d, begin, N, b);
    for (int i = 0; i < N; i++)
        assert_true(fabs(a[i] + 0.5 * b[i] - whole[i]) < 1e-36);
    gws_continuous_destroy(c);
    gws_continuous_destroy(d);
}

/* Interpolation against the delay itself: between knots the phase follows it. */
static void phase_follows_the_delay_between_knots(void **state)
{
    (void)state;
    enum { RATE = 2048 };
    gws_pulsar p = pulsar(0);
    const gws_site *site = gws_site_find("H1");
    p.f0_hz = 1000.125;
    p.f1_hz_s = 0;
    gws_continuous *c = gws_continuous_create(&p, 1, site, RATE, NULL);
    assert_non_null(c);
    for (int i = 0; i < 20; i++) {
        int64_t second = 1238205077 + 1009 * i, rest = 97 * i % RATE;
        double got = 0, fp, fc;
        gws_continuous_add(c, second * RATE + rest, 1, &got);
        int64_t t_ns = second * GWS_NS + rest * GWS_NS / RATE;
        double delay_s = gws_barycentre_delay_s(site, t_ns, p.ra_rad, p.dec_rad);
        /* whole seconds since the reference, 1238205077, times 1000.125 Hz leave eighths of a turn */
        double cycles = (double)((second - 1238205077) % 8) * 0.125 + p.f0_hz * ((double)rest / RATE + delay_s);
        double phase = p.phi0_rad + 2 * M_PI * (cycles - floor(cycles));
        gws_antenna(site, gws_gmst_rad(t_ns), p.ra_rad, p.dec_rad, p.psi_rad, &fp, &fc);
        double want = p.h0 * (0.5 * (1 + p.cosi * p.cosi) * fp * cos(phase) + p.cosi * fc * sin(phase));
        assert_true(fabs(got - want) < 1e-7 * p.h0);
    }
    gws_continuous_destroy(c);
}

static void texts_and_files_are_read(void **state)
{
    (void)state;
    gws_pulsar *p;
    int n;
    gws_err err;
    assert_int_equal(gws_pulsars_read("f0=100.5,fdot=-1e-9,h0=1e-24,ra=1.2,dec=0.3,tref=1238205077.000000001", &p, &n, &err),
                     GWS_OK);
    assert_int_equal(n, 1);
    assert_true(p->f0_hz == 100.5 && p->f1_hz_s == -1e-9 && p->h0 == 1e-24 && p->ra_rad == 1.2 && p->dec_rad == 0.3 &&
                p->cosi == 0);
    assert_true(p->t_ref_ns == INT64_C(1238205077000000001));
    free(p);
    char path[] = "pulsarsXXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fputs(
        "[a]\nFreq = 10\nh0 = 1e-24\nAlpha = 1\nDelta = 0\nrefTime = 9e8\n[b]\nf0 = 20\nh0 = 1e-25\nra = 2\ndec = 1\ncosi = -0.5\n",
        f);
    fclose(f);
    assert_int_equal(gws_pulsars_read(path, &p, &n, &err), GWS_OK);
    assert_int_equal(n, 2);
    assert_true(p[0].f0_hz == 10 && p[0].t_ref_ns == 900000000 * GWS_NS && p[1].f0_hz == 20 && p[1].cosi == -0.5);
    free(p);
    f = fopen(path, "w");
    fputs("[a]\nFreq = 10\nh0 = 1e-24\nAlpha = 1\n", f);
    fclose(f);
    assert_int_equal(gws_pulsars_read(path, &p, &n, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "dec is missing"));
    assert_null(p);
    f = fopen(path, "w");
    fclose(f);
    assert_int_equal(gws_pulsars_read(path, &p, &n, &err), GWS_EDATA);
    remove(path);
    static const char *const bad[][2] = {{"f0=1", "missing"},        {"f0=x,h0=1", "'x'"}, {"f0=1,zap=2", "zap"},
                                         {"nowhere.ini", "neither"}, {"", "missing"},      {"f0=nan", "nan"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(gws_pulsars_read(bad[i][0], &p, &n, &err), GWS_EARG);
        if (!strstr(err.text, bad[i][1]))
            fail_msg("want %s in: %s", bad[i][1], err.text);
    }
    gws_pulsar high = pulsar(0);
    high.f0_hz = 127.99;
    assert_null(gws_continuous_create(&high, 1, gws_site_find("H1"), 256, &err));
    assert_int_equal(err.status, GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_are_lalpulsars),
        cmocka_unit_test(strain_is_lalpulsars),
        cmocka_unit_test(samples_do_not_depend_on_the_cut),
        cmocka_unit_test(phase_follows_the_delay_between_knots),
        cmocka_unit_test(texts_and_files_are_read),
    };
    return GWS_RUN_TESTS(tests);
}
