/* PSD estimates and the whitening filter against PyCBC 2.11.0: on a synthetic series through tests/golden/psd.h (made by
 * tools/golden/psd.py), and on GW150914's H1 file through numbers printed by PyCBC 2.11.0 (digits as printed). */
#include "gwstest.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/hdf5.h"
#include "dsp/fft.h"
#include "dsp/psd.h"
#include "golden/psd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define H1 GWS_TEST_DATA "/gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5"
#define H1_RATE 4096
#define H1_N 131072

static double x[GOLDEN_WHITE_N];

/* The series of tools/golden/psd.py. */
static void series(double *out, int64_t n)
{
    uint64_t state = 1;
    double y = 0.0;
    for (int64_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        y = 0.9 * y + ((double)(state >> 11) * 0x1p-53 - 0.5);
        out[i] = y * 1e-21;
    }
}

/* Same arithmetic in another order: rounding only. */
static void assert_same(const double *got, const double *want, int64_t n, double tolerance)
{
    for (int64_t k = 0; k < n; k++)
        if (!(fabs(got[k] - want[k]) <= tolerance * fabs(want[k])))
            fail_msg("value %lld: %.17g, wanted %.17g", (long long)k, got[k], want[k]);
}

static void averages(void **state)
{
    series(x, GOLDEN_N);
    const double *want[3] = {golden_mean, golden_median, golden_median_mean};
    static const gws_psd_average average[3] = {GWS_PSD_MEAN, GWS_PSD_MEDIAN, GWS_PSD_MEDIAN_MEAN};
    for (int i = 0; i < 3; i++) {
        gws_psd p;
        assert_int_equal(
            gws_psd_welch(x, GOLDEN_N, GOLDEN_RATE, &(gws_welch_params){GOLDEN_SEGMENT, GOLDEN_STRIDE, average[i]}, &p, NULL),
            GWS_OK);
        assert_int_equal(p.n, GOLDEN_SEGMENT / 2 + 1);
        assert_true(p.delta_f_hz == (double)GOLDEN_RATE / GOLDEN_SEGMENT);
        assert_same(p.data, want[i], p.n, 1e-10);
        gws_psd_clear(&p);
    }
}

static void interpolation(void **state)
{
    gws_psd in = {.data = malloc(sizeof golden_median),
                  .n = GOLDEN_SEGMENT / 2 + 1,
                  .delta_f_hz = (double)GOLDEN_RATE / GOLDEN_SEGMENT},
            out;
    memcpy(in.data, golden_median, sizeof golden_median);
    assert_int_equal(gws_psd_interpolate(&in, 2.5, 64, &out, NULL), GWS_OK);
    assert_same(out.data, golden_interpolated, 64, 1e-12);
    gws_psd_clear(&out);
    gws_psd_clear(&in);
}

static void truncation(void **state)
{
    gws_psd in = {
        .data = malloc(sizeof golden_median), .n = GOLDEN_SEGMENT / 2 + 1, .delta_f_hz = (double)GOLDEN_RATE / GOLDEN_SEGMENT};
    memcpy(in.data, golden_median, sizeof golden_median);
    for (int hann = 0; hann < 2; hann++) {
        gws_psd out;
        assert_int_equal(gws_psd_truncate_inverse(&in, GOLDEN_RATE, GOLDEN_LENGTH, 20.0, hann, &out, NULL), GWS_OK);
        /* The stop band is 1/|sum of cancelling terms|^2: it keeps fewer digits. */
        assert_same(out.data, hann ? golden_truncated_hann : golden_truncated_hard, out.n, 1e-7);
        assert_same(out.data + 8, (hann ? golden_truncated_hann : golden_truncated_hard) + 8, out.n - 16, 1e-9);
        gws_psd_clear(&out);
    }
    gws_psd_clear(&in);
}

static double filtered(const double *h, int64_t n, const double *fir, int64_t length)
{
    double w = 0.0;
    for (int64_t k = 0; k < length; k++)
        w += fir[k] * h[n + length / 2 - k];
    return w;
}

/* PyCBC multiplies in frequency over the whole stretch, with the filter's transform on 16384 bins and a symmetric Hann
 * taper; here the grid is four filter lengths and the taper periodic: the difference is a per mille, not rounding. */
static void whitening(void **state)
{
    series(x, GOLDEN_WHITE_N);
    gws_psd p;
    double fir[GOLDEN_WHITE_FILTER];
    assert_int_equal(gws_psd_welch(x, GOLDEN_WHITE_N, GOLDEN_RATE,
                                   &(gws_welch_params){GOLDEN_WHITE_SEGMENT, GOLDEN_WHITE_SEGMENT / 2, GWS_PSD_MEDIAN}, &p, NULL),
                     GWS_OK);
    assert_int_equal(gws_whitening_fir(&p, GOLDEN_RATE, GOLDEN_WHITE_FILTER, 0.0, 0.0, fir, NULL), GWS_OK);
    double aa = 0.0, ab = 0.0, bb = 0.0;
    for (int64_t i = 0; i < GOLDEN_WHITE_KEEP; i++) {
        double a = filtered(x, GOLDEN_WHITE_AT + i, fir, GOLDEN_WHITE_FILTER), b = golden_white[i];
        aa += a * a;
        ab += a * b;
        bb += b * b;
    }
    assert_true(ab / sqrt(aa * bb) > 0.999);
    assert_true(fabs(sqrt(aa / bb) - 1.0) < 0.01);
    gws_psd_clear(&p);
}

static double *read_h1(void)
{
    if (!gws_file_exists(H1))
        return NULL;
    double *h = malloc(H1_N * sizeof *h);
    gws_h5 *f = gws_h5_open(H1, NULL);
    assert_non_null(f);
    assert_int_equal(gws_h5_read_f64(f, "/strain/Strain", 0, H1_N, h, NULL), GWS_OK);
    gws_h5_close(f);
    return h;
}

static void gw150914_psd(void **state)
{
    double *h = read_h1();
    if (!h)
        GWS_SKIP("no file %s", H1);
    gws_psd p, fine, cut;
    assert_int_equal(gws_psd_welch(h, H1_N, H1_RATE, &(gws_welch_params){4 * H1_RATE, 2 * H1_RATE, GWS_PSD_MEDIAN}, &p, NULL),
                     GWS_OK);
    const double got[3] = {p.data[80], p.data[600], p.data[1600]};
    const double want[3] = {4.7790258516e-44, 6.3271300052e-47, 9.3326224044e-47};
    assert_same(got, want, 3, 1e-10);

    assert_int_equal(gws_psd_interpolate(&p, 1.0 / 32.0, H1_N / 2 + 1, &fine, NULL), GWS_OK);
    static const double want_cut[2][3] = {{1.61962295e-43, 6.10547357e-47, 8.33761624e-47},
                                          {1.63996147e-43, 6.14827083e-47, 6.71740966e-47}};
    for (int hann = 0; hann < 2; hann++) {
        assert_int_equal(gws_psd_truncate_inverse(&fine, H1_RATE, 4 * H1_RATE, 20.0, hann, &cut, NULL), GWS_OK);
        const double got_cut[3] = {cut.data[640], cut.data[4800], cut.data[12800]};
        assert_same(got_cut, want_cut[hann], 3, 1e-8);
        gws_psd_clear(&cut);
    }
    gws_psd_clear(&fine);
    gws_psd_clear(&p);
    free(h);
}

/* gwpy 4.1.0, TimeSeries.psd(4, 2) with methods median and welch.  It takes a periodic Hann window and removes each segment's mean where PyCBC and we take a
 * symmetric one and remove nothing; the two differ by some 1e-4 here, hence the tolerance. */
static void gw150914_psd_against_gwpy(void **state)
{
    double *h = read_h1();
    if (!h)
        GWS_SKIP("no file %s", H1);
    static const gws_psd_average average[2] = {GWS_PSD_MEDIAN, GWS_PSD_MEAN};
    static const double want[2][3] = {{4.7797660025e-44, 6.3279439020e-47, 9.3338939324e-47},
                                      {3.46763914e-44, 6.41197188e-47, 7.41270416e-47}};
    for (int i = 0; i < 2; i++) {
        gws_psd p;
        assert_int_equal(gws_psd_welch(h, H1_N, H1_RATE, &(gws_welch_params){4 * H1_RATE, 2 * H1_RATE, average[i]}, &p, NULL),
                         GWS_OK);
        const double got[3] = {p.data[80], p.data[600], p.data[1600]};
        assert_same(got, want[i], 3, 5e-4);
        gws_psd_clear(&p);
    }
    free(h);
}

/* PyCBC whiten(4, 4) times sqrt(2 dt): three samples and the standard deviation of 28 s.  PyCBC's filter has no DC and no Nyquist
 * bin, hence the tolerance of a hundredth of the unit. */
static void gw150914_whitening(void **state)
{
    double *h = read_h1();
    if (!h)
        GWS_SKIP("no file %s", H1);
    const int64_t length = 4 * H1_RATE;
    double *fir = malloc((size_t)length * sizeof *fir);
    double *a = gws_arena_alloc(H1_N * sizeof *a), *b = gws_arena_alloc(H1_N * sizeof *b);
    double *as = gws_arena_alloc((H1_N + 2) * sizeof *as), *bs = gws_arena_alloc((H1_N + 2) * sizeof *bs);
    gws_fft *fft = gws_fft_create(H1_N, NULL);
    gws_psd p;
    assert_int_equal(gws_psd_welch(h, H1_N, H1_RATE, &(gws_welch_params){4 * H1_RATE, 2 * H1_RATE, GWS_PSD_MEDIAN}, &p, NULL),
                     GWS_OK);
    assert_int_equal(gws_whitening_fir(&p, H1_RATE, length, 0.0, 0.0, fir, NULL), GWS_OK);
    memcpy(a, h, H1_N * sizeof *a);
    memcpy(b, fir, (size_t)length * sizeof *b);
    gws_fft_forward(fft, a, as);
    gws_fft_forward(fft, b, bs);
    for (int64_t k = 0; k <= H1_N / 2; k++) {
        double re = as[2 * k] * bs[2 * k] - as[2 * k + 1] * bs[2 * k + 1];
        as[2 * k + 1] = (as[2 * k] * bs[2 * k + 1] + as[2 * k + 1] * bs[2 * k]) / H1_N;
        as[2 * k] = re / H1_N;
    }
    gws_fft_inverse(fft, as, a); /* sample n stands at n + length/2 */
    const int64_t at[3] = {65536, 65800, 67000};
    const double want[3] = {1.253225, -0.653393, 0.020047};
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(a[at[i] + length / 2] - want[i]) < 0.01);
        assert_true(fabs(a[at[i] + length / 2] - filtered(h, at[i], fir, length)) < 1e-6);
    }
    double sum = 0.0, sum2 = 0.0;
    for (int64_t i = length; i < H1_N; i++) {
        sum += a[i];
        sum2 += a[i] * a[i];
    }
    double n = (double)(H1_N - length);
    assert_true(fabs(sqrt(sum2 / n - sum * sum / n / n) - 1.0120299) < 0.005);
    gws_psd_clear(&p);
    gws_fft_destroy(fft);
    gws_arena_free(a);
    gws_arena_free(b);
    gws_arena_free(as);
    gws_arena_free(bs);
    free(fir);
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages),           cmocka_unit_test(interpolation), cmocka_unit_test(truncation),
        cmocka_unit_test(whitening),          cmocka_unit_test(gw150914_psd),  cmocka_unit_test(gw150914_psd_against_gwpy),
        cmocka_unit_test(gw150914_whitening),
    };
    return GWS_RUN_TESTS(tests);
}
