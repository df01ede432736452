#include "sim/reproducible.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mt19937.h"
#include "dsp/circular.h"
#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 16384 /* samples of white noise made at a time */
#define MOST_SAMPLES (INT64_C(1) << 31)
#define MOST_BANDS 134217728.0 /* bins of a PSD up to the sample rate */

/* ---- white noise ---- */

typedef void (*piece_fn)(void *user, int64_t at, const double *x, int64_t n);

static void white(uint32_t seed, int rate_hz, int64_t begin, int64_t n, piece_fn fn, void *user)
{
    double piece[PIECE], scale = sqrt(rate_hz / 2.0);
    gws_mt m;
    gws_mt_seed(&m, seed);
    int64_t shift = gws_mt_integer(&m, -(INT64_C(1) << 50), INT64_C(1) << 50), end = begin + n;
    int64_t block = gws_floor_div(begin, GWS_REPRODUCIBLE_BLOCK);
    for (int64_t from = block * GWS_REPRODUCIBLE_BLOCK; from < end; from += GWS_REPRODUCIBLE_BLOCK, block++) {
        gws_mt_seed(&m, (uint32_t)(uint64_t)(block + shift)); /* mod 2^32 */
        for (int64_t at = from; at < end && at < from + GWS_REPRODUCIBLE_BLOCK; at += PIECE) {
            gws_mt_normal(&m, scale, piece, PIECE);
            int64_t first = at > begin ? at : begin, last = at + PIECE < end ? at + PIECE : end;
            if (first < last)
                fn(user, first - begin, piece + (first - at), last - first);
        }
    }
}

static void piece_to_array(void *user, int64_t at, const double *x, int64_t n)
{
    memcpy((double *)user + at, x, (size_t)n * sizeof *x);
}

void gws_reproducible_white(uint32_t seed, int rate_hz, int64_t begin, int64_t n, double *out)
{
    GWS_ASSERT(rate_hz > 0 && n >= 0 && (out || n == 0));
    white(seed, rate_hz, begin, n, piece_to_array, out);
}

/* ---- filter ---- */

struct gws_colouring {
    int rate_hz, filter_s;
    gws_circular *circular; /* of duration + 2 filter */
    int64_t n_gains, n;     /* n: samples of the stretch without its margins */
    double *gain;           /* amplitude over the number of samples */
};

/* The PSD from 0 to Nyquist in its own steps, without zeros. */
static gws_status whole_band(const gws_psd *psd, int rate_hz, gws_psd *out, gws_err *err)
{
    if (!psd->data || psd->n < 2 || !(psd->delta_f_hz > 0))
        return gws_err_set(err, GWS_EARG, "coloured noise: wanted a PSD of at least two bins at a positive spacing");
    double bands = rate_hz / psd->delta_f_hz;
    if (!(bands >= 2 && bands <= MOST_BANDS) || bands != 2 * floor(bands / 2))
        return gws_err_set(err, GWS_EARG, "coloured noise: PSD spacing %.17g Hz does not divide half the rate of %d Hz",
                           psd->delta_f_hz, rate_hz);
    out->n = (int64_t)bands / 2 + 1;
    out->delta_f_hz = psd->delta_f_hz;
    out->data = calloc((size_t)out->n, sizeof *out->data);
    if (!out->data)
        return gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for %lld PSD bins", (long long)out->n);
    int64_t have = psd->n < out->n ? psd->n : out->n;
    double most = 0;
    for (int64_t i = 0; i < have; i++) {
        double v = psd->data[i];
        if (!(v >= 0 && isfinite(v)))
            return gws_err_set(err, GWS_EDATA, "coloured noise: PSD bin %lld at %g Hz is %g", (long long)i,
                               (double)i * psd->delta_f_hz, v);
        most = v > most ? v : most;
        out->data[i] = v;
    }
    if (most == 0)
        return gws_err_set(err, GWS_EDATA, "coloured noise: the PSD is zero throughout");
    for (int64_t i = 0; i < out->n; i++) {
        if (i >= psd->n - 1)
            out->data[i] = out->data[psd->n - 2];
        if (out->data[i] == 0)
            out->data[i] = most;
    }
    return GWS_OK;
}

/* Half of a symmetric Hann window of 2*half points: its values at lags 0, 1 .. half-1, or, which is not the same for an even length,
 * at lags -half .. -1. */
static double taper(int64_t i, int64_t half)
{
    return 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)(2 * half - 1));
}

static void cut_to_filter(double *q, int64_t n, int64_t half)
{
    for (int64_t i = 0; i < half; i++) {
        q[i] *= taper(half + i, half);
        q[n - half + i] *= taper(i, half);
    }
    memset(q + half, 0, (size_t)(n - 2 * half) * sizeof *q);
}

/* Make the gains from a coarse PSD.  The amplitude is tapered and squared on a grid of 1/(2 filter_s), and its autocorrelation has
 * room on the whole stretch.  The gains are the square root of the transform of that autocorrelation. */
static gws_status from_coarse(gws_colouring *c, const gws_psd *psd, double low_hz, double *work, gws_err *err)
{
    int64_t n = INT64_C(2) * c->filter_s * c->rate_hz, half = n / 4, bins = n / 2 + 1;
    int64_t kmin = (int64_t)(low_hz / (1.0 / (2.0 * c->filter_s))), total = c->n + n;
    gws_psd fine = {0};
    gws_fft *fft = NULL;
    double *q = gws_arena_alloc((size_t)n * sizeof *q), *spec = gws_arena_alloc((size_t)bins * 2 * sizeof *spec);
    gws_status status = GWS_ENOMEM;
    if (!q || !spec) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for a filter of %d s", c->filter_s);
        goto fail;
    }
    fft = gws_fft_create(n, err);
    if (!fft)
        goto fail;
    status = gws_psd_interpolate(psd, 1.0 / (2.0 * c->filter_s), bins, &fine, err);
    if (status != GWS_OK)
        goto fail;
    for (int64_t k = kmin; k < bins - 1; k++)
        spec[2 * k] = sqrt(fine.data[k]);
    gws_fft_inverse(fft, spec, q);
    for (int64_t i = 0; i < n; i++)
        q[i] /= (double)n;
    cut_to_filter(q, n, half);
    gws_fft_forward(fft, q, spec);
    for (int64_t k = 0; k < bins; k++) {
        spec[2 * k] = spec[2 * k] * spec[2 * k] + spec[2 * k + 1] * spec[2 * k + 1];
        spec[2 * k + 1] = 0;
    }
    gws_fft_inverse(fft, spec, q);
    for (int64_t i = 0; i < n; i++)
        q[i] /= (double)n;
    gws_circular_put(c->circular, work, 0, q, n / 2);
    gws_circular_put(c->circular, work, total - n / 2, q + n / 2, n / 2);
    gws_circular_magnitude(c->circular, work, c->gain);
    for (int64_t i = 0; i < c->n_gains; i++)
        c->gain[i] = sqrt(c->gain[i]);
fail:
    gws_fft_destroy(fft);
    gws_psd_clear(&fine);
    gws_arena_free(q);
    gws_arena_free(spec);
    return status;
}

/* Make the gains from a finer PSD: the same taper is applied on the stretch's own grid. */
static gws_status from_fine(gws_colouring *c, const gws_psd *psd, double low_hz, double *work, gws_err *err)
{
    int64_t filter = (int64_t)c->filter_s * c->rate_hz, total = c->n + 2 * filter, rows = gws_circular_rows(c->circular);
    int64_t duration_s = total / c->rate_hz, kmin = (int64_t)(low_hz / (1.0 / (double)duration_s));
    gws_psd own = {0};
    int64_t *bin = malloc((size_t)rows * sizeof *bin);
    double *q = malloc((size_t)total * sizeof *q), one = 1;
    gws_status status = GWS_ENOMEM;
    if (!q || !bin) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for %lld samples", (long long)total);
        goto fail;
    }
    status = gws_psd_interpolate(psd, 1.0 / (double)duration_s, total / 2 + 1, &own, err);
    if (status != GWS_OK)
        goto fail;
    for (int64_t column = 0; column < gws_circular_columns(c->circular); column++) {
        gws_circular_bins(c->circular, column, bin);
        for (int64_t r = 0; r < rows; r++) {
            int kept = bin[r] >= kmin && bin[r] < total / 2;
            c->gain[column * rows + r] = kept ? sqrt(own.data[bin[r]]) / (double)total : 0;
        }
    }
    gws_circular_put(c->circular, work, 0, &one, 1);
    gws_circular_filter(c->circular, c->gain, work);
    gws_circular_get(c->circular, work, 0, q, total);
    cut_to_filter(q, total, filter / 2);
    gws_circular_put(c->circular, work, 0, q, total);
    gws_circular_magnitude(c->circular, work, c->gain);
fail:
    gws_psd_clear(&own);
    free(bin);
    free(q);
    return status;
}

/* Bins below low_hz to zero, the rest over the number of samples. */
static gws_status finish(gws_colouring *c, double low_hz, gws_err *err)
{
    int64_t rows = gws_circular_rows(c->circular), total = c->n + INT64_C(2) * c->filter_s * c->rate_hz;
    int64_t kmin = (int64_t)(low_hz / (1.0 / (double)(total / c->rate_hz))); /* rounded as PyCBC rounds it */
    int64_t *bin = malloc((size_t)rows * sizeof *bin);
    if (!bin)
        return gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for %lld bins", (long long)rows);
    for (int64_t column = 0; column < gws_circular_columns(c->circular); column++) {
        double *g = c->gain + column * rows;
        gws_circular_bins(c->circular, column, bin);
        for (int64_t r = 0; r < rows; r++)
            g[r] = bin[r] < kmin ? 0 : g[r] / (double)total;
    }
    free(bin);
    return GWS_OK;
}

gws_colouring *gws_colouring_create(const gws_psd *psd, int64_t duration_s, const gws_colouring_params *params, gws_err *err)
{
    GWS_ASSERT(psd && params && params->rate_hz > 0);
    const int rate_hz = params->rate_hz, filter_s = params->filter_s;
    const double low_hz = params->low_hz;
    gws_psd band = {0};
    double *work = NULL;
    gws_colouring *c = NULL;
    if (duration_s <= 0 || rate_hz % 2 != 0 || filter_s <= 0 || !(low_hz > 0 && low_hz <= rate_hz / 2.0) ||
        duration_s > MOST_SAMPLES / rate_hz - 2 * (int64_t)filter_s) {
        gws_err_set(err, GWS_EARG, "coloured noise: %lld s at %d Hz from %g Hz with a filter of %d s cannot be made",
                    (long long)duration_s, rate_hz, low_hz, filter_s);
        return NULL;
    }
    if (whole_band(psd, rate_hz, &band, err) != GWS_OK)
        goto fail;
    c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: out of memory");
        goto fail;
    }
    c->rate_hz = rate_hz;
    c->filter_s = filter_s;
    c->n = duration_s * rate_hz;
    c->circular = gws_circular_create((duration_s + 2 * filter_s) * rate_hz, err);
    if (!c->circular)
        goto fail;
    c->n_gains = gws_circular_columns(c->circular) * gws_circular_rows(c->circular);
    c->gain = gws_arena_alloc((size_t)c->n_gains * sizeof *c->gain);
    work = gws_arena_alloc((size_t)gws_circular_work(c->circular) * sizeof *work);
    if (!c->gain || !work) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for %lld s at %d Hz", (long long)duration_s, rate_hz);
        goto fail;
    }
    gws_status status =
        band.delta_f_hz >= 1 / (2.0 * filter_s) ? from_coarse(c, &band, low_hz, work, err) : from_fine(c, &band, low_hz, work, err);
    if (status != GWS_OK || finish(c, low_hz, err) != GWS_OK)
        goto fail;
    gws_psd_clear(&band);
    gws_arena_free(work);
    return c;

fail:
    gws_psd_clear(&band);
    gws_arena_free(work);
    gws_colouring_destroy(c);
    return NULL;
}

void gws_colouring_destroy(gws_colouring *c)
{
    if (!c)
        return;
    gws_circular_destroy(c->circular);
    gws_arena_free(c->gain);
    free(c);
}

int64_t gws_colouring_work(const gws_colouring *c)
{
    return gws_circular_work(c->circular);
}

/* ---- coloured noise ---- */

typedef struct target {
    const gws_circular *circular;
    double *work;
} target;

static void piece_to_work(void *user, int64_t at, const double *x, int64_t n)
{
    const target *t = user;
    gws_circular_put(t->circular, t->work, at, x, n);
}

void gws_colouring_noise(const gws_colouring *c, uint32_t seed, int64_t start_s, double *work, double *out, int64_t n)
{
    GWS_ASSERT(c && work && out && n >= 0 && n <= c->n);
    int64_t margin = (int64_t)c->filter_s * c->rate_hz;
    target t = {c->circular, work};
    white(seed, c->rate_hz, start_s * c->rate_hz - margin, c->n + 2 * margin, piece_to_work, &t);
    gws_circular_filter(c->circular, c->gain, work);
    gws_circular_get(c->circular, work, margin, out, n);
}

gws_status gws_reproducible_noise(const gws_psd *psd, int64_t start_s, int64_t end_s, uint32_t seed,
                                  const gws_colouring_params *params, double *out, gws_err *err)
{
    GWS_ASSERT(psd && params && out);
    gws_err own;
    gws_colouring *c = gws_colouring_create(psd, end_s - start_s, params, &own);
    double *work = c ? gws_arena_alloc((size_t)gws_colouring_work(c) * sizeof *work) : NULL;
    gws_status status = GWS_OK;
    if (!c)
        status = gws_err_set(err, own.status, "%s", own.text);
    else if (!work)
        status = gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for %lld s", (long long)(end_s - start_s));
    else
        gws_colouring_noise(c, seed, start_s, work, out, (end_s - start_s) * params->rate_hz);
    gws_arena_free(work);
    gws_colouring_destroy(c);
    return status;
}
