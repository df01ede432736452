/* Q-transform and the whitening of a stretch against gwpy 4.1.0: on a synthetic series and on GW150914 through tests/golden/qtransform.h
 * (made by tools/golden/qtransform.py); the law of the energies in white noise against theory. */
#include "gwstest.h"

#include "base/file.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "dsp/qtransform.h"
#include "dsp/whiten_stretch.h"
#include "golden/qtransform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_START 1126259446
#define EVENT_RATE 4096
#define EVENT_N 131072

/* The noise of a stretch is Welch's as PyCBC has it, whose window is another by 1.6e-4 of the noise from gwpy's. */
#define OF_NOISE 2e-3
#define OF_ENERGY 0.01

static double x[EVENT_N], w[EVENT_N];

/* The series of tools/golden/qtransform.py. */
static void series(double *out)
{
    uint64_t state = 1;
    double y = 0.0;

    for (int64_t i = 0; i < GOLDEN_N; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        y = 0.9 * y + ((double)(state >> 11) * 0x1p-53 - 0.5);
        const double t = ((double)i - GOLDEN_AT * GOLDEN_RATE) / GOLDEN_RATE;
        const double burst = fabs(t) < 0.25 ? 3.0 * exp(-(t / 0.02) * (t / 0.02)) * cos(2 * M_PI * 120 * t) : 0;
        out[i] = (y + burst) * 1e-21;
    }
}

static void whiten(int64_t n, int rate_hz)
{
    const gws_whiten_stretch_params p = gws_whiten_stretch_defaults();

    assert_int_equal(gws_whiten_stretch(x, n, rate_hz, &p, NULL, w, NULL), GWS_OK);
}

static void whitens_as_gwpy(void **state)
{
    series(x);
    whiten(GOLDEN_N, GOLDEN_RATE);
    for (int i = 0; i < 128; i++)
        if (!(fabs(w[4000 + i] - golden_white[i]) < OF_NOISE))
            fail_msg("sample %d: %.9g, gwpy %.9g", 4000 + i, w[4000 + i], golden_white[i]);
}

/*   want  (8) Q, time, frequency, energy: over all frequencies, then from 20 to 500 Hz */
static void assert_loudest(int64_t n, int rate_hz, double start_s, const double *want)
{
    for (int k = 0; k < 2; k++, want += 4) {
        gws_q_params p = gws_q_defaults();
        gws_qgram g;
        if (k == 1) {
            p.low_hz = 20;
            p.high_hz = 500;
        }
        assert_int_equal(gws_qtransform(w, n, rate_hz, &p, &g, NULL), GWS_OK);
        const double got[4] = {g.loudest.q, start_s + g.loudest.time_s, g.loudest.frequency_hz, g.loudest.energy};
        if (fabs(got[0] - want[0]) > 1e-9 || fabs(got[1] - want[1]) > 1e-6 || fabs(got[2] - want[2]) > 1e-6 ||
            fabs(got[3] / want[3] - 1) > OF_ENERGY)
            fail_msg("Q %.6g at %.9g s, %.9g Hz, energy %.6g; gwpy Q %.6g at %.9g s, %.9g Hz, energy %.6g", got[0], got[1], got[2],
                     got[3], want[0], want[1], want[2], want[3]);
        gws_qgram_clear(&g);
    }
}

static void loudest_tile(void **state)
{
    series(x);
    whiten(GOLDEN_N, GOLDEN_RATE);
    assert_loudest(GOLDEN_N, GOLDEN_RATE, 0, golden_loudest);
}

static void tiling(void **state)
{
    const gws_q_params p = gws_q_defaults();
    gws_qgram g;
    gws_rng rng = gws_rng_init(1, "noise", 0);

    for (int64_t i = 0; i < EVENT_N; i++)
        w[i] = gws_rng_normal(&rng);
    for (int k = 0; k < 4; k++) { /* each plane by itself: a range of Q as wide as one plane */
        const gws_q_params one = {.q_low = golden_rows[4 * k],
                                  .q_high = golden_rows[4 * k],
                                  .mismatch = 0.2,
                                  .low_hz = 11.253953951963,
                                  .high_hz = 1291.0530521679,
                                  .from_s = (double)NAN,
                                  .to_s = (double)NAN};
        assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &one, &g, NULL), GWS_OK);
        assert_int_equal(g.n_rows, (int)golden_rows[4 * k + 1]);
        assert_true(fabs(g.rows[0].frequency_hz - golden_rows[4 * k + 2]) < 1e-12);
        assert_true(fabs(g.rows[g.n_rows - 1].frequency_hz - golden_rows[4 * k + 3]) < 1e-9);
        if (k == 0) {
            assert_int_equal(g.rows[0].tiles, 1024);
            assert_int_equal(g.rows[0].window, 461);
        }
        gws_qgram_clear(&g);
    }
    assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_OK);
    assert_int_equal(g.n_planes, 4);
    for (int k = 0; k < 4; k++) {
        assert_true(fabs(g.planes[k].q - golden_rows[4 * k]) < 1e-9);
        assert_int_equal(g.planes[k].n_rows, (int)golden_rows[4 * k + 1]);
    }
    gws_qgram_clear(&g);
}

/* P(E > x) = 2^-x.  Tiles of a row overlap, so as many are independent as the row's bandwidth allows in its time; 5 sigma of those. */
static void energies_in_white_noise(void **state)
{
    static const double qs[3] = {5.656854, 11.313708, 45.254834};
    gws_rng rng = gws_rng_init(2, "noise", 0);

    for (int64_t i = 0; i < EVENT_N; i++)
        w[i] = gws_rng_normal(&rng);
    for (int k = 0; k < 3; k++) {
        const gws_q_params p = {qs[k], qs[k], 20, 0, 0.2, (double)NAN, (double)NAN};
        double above[9] = {0}, tiles = 0, independent = 0, mean = 0;
        gws_qgram g;
        assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_OK);
        for (int r = 0; r < g.n_rows; r++) {
            const gws_q_row *row = &g.rows[r];
            for (int64_t i = 0; i < row->tiles; i++) {
                const double share = 1.0 / (double)row->tiles * row->frequency_hz; /* rows weigh by what they know */
                mean += share * (double)row->energy[i];
                for (int e = 1; e < 9; e++)
                    above[e] += (double)row->energy[i] > e ? share : 0;
            }
            tiles += row->frequency_hz;
        }
        /* rows overlap as well: what is independent is the band's share of the stretch's samples, less the windows' overlap of 2 */
        independent = (double)EVENT_N * (g.high_hz - g.low_hz) / (EVENT_RATE / 2.0) / 4;
        assert_true(fabs(mean / tiles * M_LN2 - 1) < 5 / sqrt(independent) + 0.005);
        for (int e = 1; e < 9; e++) {
            const double want = exp2(-e), got = above[e] / tiles;
            if (fabs(got - want) > 5 * sqrt(want / independent))
                fail_msg("Q %.3g: %.6f of the tiles above %d, theory says %.6f", qs[k], got, e, want);
        }
        gws_qgram_clear(&g);
    }
}

static void map_as_gwpy(void **state)
{
    double t[20];
    float map[24 * 20];
    gws_q_params p = gws_q_defaults();
    gws_qgram g;

    series(x);
    whiten(GOLDEN_N, GOLDEN_RATE);
    p.low_hz = 20;
    p.high_hz = 400;
    assert_int_equal(gws_qtransform(w, GOLDEN_N, GOLDEN_RATE, &p, &g, NULL), GWS_OK);
    for (int i = 0; i < 20; i++)
        t[i] = 7.8 + 0.05 * i;
    assert_int_equal(gws_qgram_map(&g, t, 20, golden_map_hz, 24, map, NULL), GWS_OK);
    for (int i = 0; i < 20; i++) {
        /* gwpy's spline in frequency goes through the 20 times of the map, ours through each by itself: the same numbers */
        for (int k = 0; k < 24; k++) {
            const double want = golden_map[24 * i + k], got = (double)map[20 * k + i];
            if (!(fabs(got - want) < 0.01 * fabs(want) + 0.02))
                fail_msg("at %.3f s, %.4g Hz: %.6g, gwpy %.6g", t[i], golden_map_hz[k], got, want);
        }
    }
    gws_qgram_clear(&g);
}

static void gw150914(void **state)
{
    static const struct {
        const char *path;
        const double *want;
    } files[2] = {{GWS_TEST_DATA "/gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5", golden_gw150914_h1},
                  {GWS_TEST_DATA "/gwosc/L-L1_LOSC_4_V2-1126259446-32.hdf5", golden_gw150914_l1}};

    for (int i = 0; i < 2; i++) {
        if (!gws_file_exists(files[i].path)) {
            printf("skipped: %s is not there\n", files[i].path);
            skip();
        }
        gws_h5 *f = gws_h5_open(files[i].path, NULL);
        assert_non_null(f);
        assert_int_equal(gws_h5_read_f64(f, "/strain/Strain", 0, EVENT_N, x, NULL), GWS_OK);
        gws_h5_close(f);
        whiten(EVENT_N, EVENT_RATE);
        assert_loudest(EVENT_N, EVENT_RATE, EVENT_START, files[i].want);
    }
}

static void refuses(void **state)
{
    gws_q_params p = gws_q_defaults();
    gws_qgram g;

    memset(w, 0, sizeof w);
    assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_EDATA); /* zeros have no noise */
    assert_int_equal(gws_qtransform(w, 100, EVENT_RATE, &p, &g, NULL), GWS_EDATA);
    p.q_low = 0;
    assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_EARG);
    p = gws_q_defaults();
    p.low_hz = 100;
    p.high_hz = 50;
    assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_EARG);
    p = gws_q_defaults();
    p.mismatch = 1e-9;
    assert_int_equal(gws_qtransform(w, EVENT_N, EVENT_RATE, &p, &g, NULL), GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whitens_as_gwpy), cmocka_unit_test(loudest_tile),
        cmocka_unit_test(tiling),          cmocka_unit_test(energies_in_white_noise),
        cmocka_unit_test(map_as_gwpy),     cmocka_unit_test(gw150914),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
