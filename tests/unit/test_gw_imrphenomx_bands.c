/* Coarse frequencies of the IMRPhenomX family.  Truth: what the layout must be whatever the binary (arXiv:2001.10897 sec. II): spans in a
 * row, every bin in one of them, none denser than the bins; and sines and cosines for the recursion. */
#include "gw/waveform/imrphenomx_bands.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>

#define M_S (60 * 4.925490947641267e-06)

static gws_imrphenomx_pace pace_of(int m)
{
    return (gws_imrphenomx_pace){
        .m = m, .eta = 0.24, .f_inspiral = 0.01 * m, .f_ring = 0.045 * m, .f_damp = 0.013, .phase_atan = 11, .amp_decay = 90};
}

/* Spans of one layout: they follow one another, their bins are those of the frequencies between, the last reaches the end. */
static int64_t walk_through(const gws_imrphenomx_pace *pace, int64_t first, int64_t n, double delta_f_hz, double last_hz)
{
    gws_imrphenomx_bands b;
    gws_imrphenomx_span s = {0};
    double at = (double)first * delta_f_hz * M_S, fine = delta_f_hz * M_S, end = last_hz * M_S;
    int64_t bins = 0, spans = 0;
    gws_fd_bins all = {.delta_f_hz = delta_f_hz, .first = first, .end = first + n, .whole_end = first + n, .last_hz = last_hz};
    gws_imrphenomx_bands_init(&b, pace, M_S, &all);
    while (gws_imrphenomx_bands_next(&b, &s)) {
        assert_true(fabs(s.begin - at) < 1e-6 * fine);
        assert_true(s.end - s.begin > (1 - 1e-6) * fine);
        if (!s.last)
            assert_int_equal(s.bins, llround((s.end - s.begin) / fine));
        at = s.end;
        bins += s.bins;
        spans++;
    }
    assert_true(s.last);
    assert_true(s.end + fine >= end * (1 - 1e-12));
    assert_true(bins == n || bins == n - 1); /* the last where rounding has it beyond the end */
    return spans;
}

static void every_bin_is_in_one_span(void **state)
{
    (void)state;
    for (int m = 1; m <= 4; m++) {
        gws_imrphenomx_pace pace = pace_of(m);
        for (double delta_f_hz = 1.0 / 64; delta_f_hz <= 4; delta_f_hz *= 2)
            for (int64_t first = 1; first < 600 / delta_f_hz; first = 3 * first + 1)
                for (double last_hz = 100; last_hz < 1100; last_hz += 123) {
                    int64_t n = (int64_t)(last_hz / delta_f_hz) + 1 - first;
                    if (n > 1)
                        walk_through(&pace, first, n, delta_f_hz, last_hz);
                }
    }
}

static void points_depend_on_the_wave_not_on_the_bins(void **state)
{
    (void)state;
    /* Bins twice as dense want no more points once they are denser than the phase asks for. */
    gws_imrphenomx_pace pace = pace_of(2);
    int64_t some = walk_through(&pace, 20 * 64, 1000 * 64 + 1, 1.0 / 64, 1020);
    int64_t same = walk_through(&pace, 20 * 1024, 1000 * 1024 + 1, 1.0 / 1024, 1020);
    assert_true(some < 64001 / 20);
    assert_true(llabs(some - same) < some / 3);
}

static void what_cannot_be_is_survived(void **state)
{
    (void)state;
    /* No ringdown at all, or one without end; a beginning at or beyond the end; none */
    gws_imrphenomx_bands b;
    gws_imrphenomx_span s;
    gws_imrphenomx_pace pace = pace_of(2);
    for (int i = 0; i < 5; i++) {
        gws_imrphenomx_pace odd = pace;
        if (i == 1)
            odd.phase_atan = odd.amp_decay = 0;
        if (i == 2)
            odd.phase_atan = odd.amp_decay = 1e30;
        int64_t first = i == 3 ? 400 : i == 4 ? 0 : 80, n = 401 - first, bins = 0;
        gws_fd_bins all = {.delta_f_hz = 0.25, .first = first, .end = 401, .whole_end = 401, .last_hz = 100};
        gws_imrphenomx_bands_init(&b, &odd, M_S, &all);
        while (gws_imrphenomx_bands_next(&b, &s)) {
            assert_true(s.bins >= 0);
            bins += s.bins;
        }
        assert_true(bins <= n);
    }
}

static void recursion_is_sine_and_cosine(void **state)
{
    (void)state;
    double c[128], s[128];
    for (int n = 1; n <= 128; n += n < 10 ? 1 : 59)
        for (double step = -3; step < 3; step += 0.71) {
            gws_imrphenomx_rotate(1.3, step, n, c, s);
            for (int k = 0; k < n; k++) /* rounding, k times at most */
                assert_true(fabs(c[k] - cos(1.3 + k * step)) < 1e-13 && fabs(s[k] - sin(1.3 + k * step)) < 1e-13);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bin_is_in_one_span),
        cmocka_unit_test(points_depend_on_the_wave_not_on_the_bins),
        cmocka_unit_test(what_cannot_be_is_survived),
        cmocka_unit_test(recursion_is_sine_and_cosine),
    };
    return GWS_RUN_TESTS(tests);
}
