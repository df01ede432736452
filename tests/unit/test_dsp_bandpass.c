/* The band-pass of figures.  Truth: identity - a sine within the band stays as it is, one outside is gone, and nothing is late. */
#include "gwstest.h"

#include "dsp/bandpass.h"

#include <math.h>
#include <stdlib.h>

enum { RATE = 2048, TAPS = 512, N = 1500 };

/* Largest difference of what comes out from `gain` times what went in. */
static double worst(const double *fir, double hz, double gain)
{
    static float x[N + TAPS];
    static double y[N];
    double most = 0;

    for (int i = 0; i < N + TAPS; i++)
        x[i] = (float)sin(2 * M_PI * hz * i / RATE);
    gws_bandpass_apply(fir, TAPS, x, N, y);
    for (int i = 0; i < N; i++)
        most = fmax(most, fabs(y[i] - gain * (double)x[i + TAPS / 2]));
    return most;
}

static void band_stays_and_the_rest_goes(void **state)
{
    double fir[TAPS];
    gws_err err;

    (void)state;
    assert_int_equal(gws_bandpass_design(RATE, TAPS, 30, 350, fir, &err), GWS_OK);
    /* The taper of 0.25 s softens edges over some 8 Hz. */
    assert_true(worst(fir, 60, 1) < 0.01);
    assert_true(worst(fir, 137.3, 1) < 0.003);
    assert_true(worst(fir, 300, 1) < 0.003);
    assert_true(worst(fir, 8, 0) < 0.01);
    assert_true(worst(fir, 430, 0) < 0.003);
    assert_true(worst(fir, 900, 0) < 0.003);
}

static void what_is_missing_stays_missing(void **state)
{
    double fir[TAPS], y[N];
    static float x[N + TAPS];
    gws_err err;

    (void)state;
    assert_int_equal(gws_bandpass_design(RATE, TAPS, 30, 350, fir, &err), GWS_OK);
    x[700] = NAN;
    gws_bandpass_apply(fir, TAPS, x, N, y);
    for (int i = 0; i < N; i++)
        assert_true(isnan(y[i]) == (700 > i && 700 <= i + TAPS));
}

static void a_band_that_is_none_is_refused(void **state)
{
    double fir[TAPS];
    gws_err err = {0};

    (void)state;
    assert_int_equal(gws_bandpass_design(RATE, TAPS, 350, 30, fir, &err), GWS_EARG);
    assert_int_equal(gws_bandpass_design(RATE, TAPS, 30, 2000, fir, &err), GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(band_stays_and_the_rest_goes),
        cmocka_unit_test(what_is_missing_stays_missing),
        cmocka_unit_test(a_band_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
