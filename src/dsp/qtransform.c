/* qtransform.c - see qtransform.h. */
#include "dsp/qtransform.h"

#include "dsp/fft.h"
#include "dsp/spline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 100000
#define TILES_MAX (INT64_C(1) << 26)
#define MARGIN 40 /* tiles beyond a grid, after which a spline does not feel what is left out */

gws_q_params gws_q_defaults(void)
{
    return (gws_q_params){4, 64, 0, 0, 0.2, (double)NAN, (double)NAN};
}

/* The stretch that is transformed. */
typedef struct stretch {
    double duration_s, rate_hz, dm, low_hz, high_hz;
    int64_t bins;
    const double *spectrum; /* (2 bins) */
    double from_s, to_s;
} stretch;

/* ---- the tiling ---- */

static int plane_count(const gws_q_params *p, double dm)
{
    const double n = ceil(log(p->q_high / p->q_low) / M_SQRT2 / dm);

    return n > 1 ? n <= GWS_Q_PLANES ? (int)n : GWS_Q_PLANES + 1 : 1;
}

static double plane_q(const gws_q_params *p, int i, int n)
{
    const double step = log(p->q_high / p->q_low) / M_SQRT2 / n;

    return p->q_low * exp(M_SQRT2 * step * (i + 0.5));
}

/* The largest multiple of `step` that is not above x, found as a remainder, so that a multiple stays itself. */
static double lowered(double x, double step)
{
    return floor((x - fmod(x, step)) / step + 0.5) * step;
}

static int64_t power_at_least(double x)
{
    int64_t n = 1;

    while ((double)n < x && n < TILES_MAX)
        n *= 2;
    return n;
}

static gws_status make_rows(const stretch *s, double q, gws_qgram *g, gws_err *err)
{
    const double turns = sqrt(2 + q * q), total = log(s->high_hz / s->low_hz) * turns / 2;
    const double n = fmax(1, ceil(total / s->dm));
    double last = -1;

    if (!(n <= ROWS_MAX))
        return gws_err_set(err, GWS_EARG, "Q-transform: %.3g rows of tiles at Q %.3g, at most %d", n, q, ROWS_MAX);
    g->q = q;
    g->duration_s = s->duration_s;
    g->low_hz = s->low_hz;
    g->high_hz = s->high_hz;
    g->n_rows = 0;
    if (!(g->rows = calloc((size_t)n, sizeof *g->rows)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %.0f rows of tiles", n);
    for (int i = 0; i < (int)n; i++) {
        const double f = lowered(s->low_hz * exp(2 / turns * (i + 0.5) * (total / n)), 1 / s->duration_s);
        gws_q_row *r = &g->rows[g->n_rows];
        if (f == last || !(f > 0))
            continue;
        last = f;
        r->frequency_hz = f;
        r->tiles = power_at_least(s->duration_s * 2 * M_PI * f / q / s->dm);
        r->window = 2 * (int64_t)(f / (q / sqrt(11.0)) * s->duration_s) + 1;
        if (r->tiles >= TILES_MAX || r->window >= r->tiles)
            return gws_err_set(err, GWS_EDATA, "Q-transform: %.6g s are too few or too many for tiles at %.6g Hz", s->duration_s,
                               f);
        g->n_rows++;
    }
    if (g->n_rows == 0)
        return gws_err_set(err, GWS_EDATA, "Q-transform: %.6g s hold no tile from %.6g to %.6g Hz", s->duration_s, s->low_hz,
                           s->high_hz);
    return GWS_OK;
}

/* ---- energies ---- */

/* The k-th smallest of x, which is put in another order (Hoare). */
static double select_of(double *x, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;

    while (low < high) {
        const double pivot = x[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i <= j) {
                const double t = x[i];
                x[i++] = x[j];
                x[j--] = t;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

static double median_of(double *x, int64_t n)
{
    const double upper = select_of(x, n, n / 2);
    double lower = x[0];

    if (n % 2)
        return upper;
    for (int64_t i = 1; i < n / 2; i++) /* what is below n/2 is no larger */
        lower = fmax(lower, x[i]);
    return (lower + upper) / 2;
}

/* Energies of a row.  Where the window stands in the transform changes the phase alone, so it stands at the beginning, and its norm goes
 * with the median.  The window begins one bin late, as gwpy's does.
 *   buffer  (4 tiles) */
static gws_status fill_row(const stretch *s, double q, gws_q_row *r, const gws_cfft *plan, double *buffer, gws_err *err)
{
    double *in = buffer, *back = buffer + 2 * r->tiles;
    const int64_t half = (r->window - 1) / 2;

    memset(in, 0, 2 * (size_t)r->tiles * sizeof *in);
    for (int64_t k = -half; k <= half; k++) {
        const double x = (double)k / s->duration_s * (q / sqrt(11.0)) / r->frequency_hz, weight = (1 - x * x) * (1 - x * x);
        const int64_t bin = (int64_t)nearbyint((double)(k + 1) + r->frequency_hz * s->duration_s);
        if (bin < 0 || bin >= s->bins)
            continue;
        in[2 * (k + half)] = weight * s->spectrum[2 * bin];
        in[2 * (k + half) + 1] = weight * s->spectrum[2 * bin + 1];
    }
    gws_cfft_inverse(plan, in, back);
    for (int64_t i = 0; i < r->tiles; i++)
        in[i] = in[r->tiles + i] = back[2 * i] * back[2 * i] + back[2 * i + 1] * back[2 * i + 1];
    const double median = median_of(in + r->tiles, r->tiles);
    if (!(median > 0) || !isfinite(median))
        return gws_err_set(err, GWS_EDATA, "Q-transform: the tiles at %.6g Hz hold no noise", r->frequency_hz);
    if (!(r->energy = malloc((size_t)r->tiles * sizeof *r->energy)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld tiles", (long long)r->tiles);
    for (int64_t i = 0; i < r->tiles; i++)
        r->energy[i] = (float)(in[i] / median);
    return GWS_OK;
}

static void find_loudest(const stretch *s, gws_qgram *g)
{
    g->loudest = (gws_q_tile){g->q, 0, 0, 0};
    for (int k = 0; k < g->n_rows; k++) {
        const gws_q_row *r = &g->rows[k];
        const double step = s->duration_s / (double)r->tiles;
        const int64_t from = isnan(s->from_s) ? 0 : (int64_t)fmax(0, floor(s->from_s / step));
        const int64_t to = isnan(s->to_s) ? r->tiles : (int64_t)fmin((double)r->tiles, floor(s->to_s / step));
        for (int64_t i = from; i < to; i++)
            if ((double)r->energy[i] > g->loudest.energy)
                g->loudest = (gws_q_tile){g->q, r->frequency_hz, (double)i * step, (double)r->energy[i]};
    }
}

static gws_status make_plane(const stretch *s, double q, gws_qgram *g, gws_err *err)
{
    gws_cfft *plan = NULL;
    double *buffer = NULL;
    int64_t planned = 0;
    gws_status status = make_rows(s, q, g, err);

    for (int k = 0; k < g->n_rows && status == GWS_OK; k++) {
        gws_q_row *r = &g->rows[k];
        if (r->tiles != planned) {
            gws_cfft_destroy(plan);
            free(buffer);
            buffer = aligned_alloc(64, (size_t)(r->tiles * 4) * sizeof *buffer + 64 - (size_t)(r->tiles * 4) * sizeof *buffer % 64);
            plan = buffer ? gws_cfft_create(r->tiles, 1, err) : NULL;
            planned = r->tiles;
            if (!plan)
                status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld tiles", (long long)r->tiles);
        }
        if (status == GWS_OK)
            status = fill_row(s, q, r, plan, buffer, err);
    }
    gws_cfft_destroy(plan);
    free(buffer);
    if (status == GWS_OK)
        find_loudest(s, g);
    return status;
}

void gws_qgram_clear(gws_qgram *g)
{
    for (int k = 0; k < g->n_rows; k++)
        free(g->rows[k].energy);
    free(g->rows);
    *g = (gws_qgram){0};
}

/* ---- all planes ---- */

static gws_status check(const gws_q_params *p, gws_err *err)
{
    if (!(p->q_low > 0) || !(p->q_high >= p->q_low) || !isfinite(p->q_high) || !(p->mismatch > 0) || !(p->mismatch < 1))
        return gws_err_set(err, GWS_EARG, "Q-transform: Q from %.6g to %.6g at a mismatch of %.6g, wanted 0 < Q, 0 < mismatch < 1",
                           p->q_low, p->q_high, p->mismatch);
    if (!(p->low_hz >= 0) || !(p->high_hz >= 0) || (p->high_hz > 0 && p->high_hz <= p->low_hz))
        return gws_err_set(err, GWS_EARG, "Q-transform: %.6g to %.6g Hz is no band", p->low_hz, p->high_hz);
    if (p->to_s <= p->from_s)
        return gws_err_set(err, GWS_EARG, "Q-transform: %.6g to %.6g s is no stretch of time", p->from_s, p->to_s);
    return GWS_OK;
}

static gws_status all_planes(stretch *s, const gws_q_params *p, int n, gws_qgram *out, gws_err *err)
{
    const double highest = s->rate_hz / 2 / (1 + sqrt(11.0) / plane_q(p, 0, n));

    s->low_hz = p->low_hz > 0 ? p->low_hz : 50 * plane_q(p, n - 1, n) / (2 * M_PI * s->duration_s);
    s->high_hz = p->high_hz > 0 ? fmin(p->high_hz, highest) : highest;
    if (!(s->low_hz < s->high_hz))
        return gws_err_set(err, GWS_EDATA, "Q-transform: %.6g s at %.6g Hz leave no band: %.6g to %.6g Hz", s->duration_s,
                           s->rate_hz, s->low_hz, s->high_hz);
    for (int i = 0; i < n; i++) {
        gws_qgram g = {0};
        const gws_status status = make_plane(s, plane_q(p, i, n), &g, err);
        if (status != GWS_OK) {
            gws_qgram_clear(&g);
            gws_qgram_clear(out);
            return status;
        }
        memcpy(g.planes, out->planes, sizeof g.planes);
        g.n_planes = i + 1;
        g.planes[i].q = g.q;
        g.planes[i].n_rows = g.n_rows;
        g.planes[i].loudest = g.loudest;
        if (i == 0 || g.loudest.energy > out->loudest.energy) {
            gws_qgram_clear(out);
            *out = g;
        } else {
            memcpy(out->planes, g.planes, sizeof g.planes);
            out->n_planes = i + 1;
            gws_qgram_clear(&g);
        }
    }
    return GWS_OK;
}

gws_status gws_qtransform(const double *w, int64_t n, int rate_hz, const gws_q_params *params, gws_qgram *out, gws_err *err)
{
    stretch s = {.duration_s = (double)n / rate_hz,
                 .rate_hz = rate_hz,
                 .dm = 2 * sqrt(params->mismatch / 3),
                 .bins = n / 2 + 1,
                 .from_s = params->from_s,
                 .to_s = params->to_s};
    gws_fft *fft = NULL;
    gws_status status = check(params, err);

    *out = (gws_qgram){0};
    const int planes = status == GWS_OK ? plane_count(params, s.dm) : 0;
    if (status == GWS_OK && planes > GWS_Q_PLANES)
        status = gws_err_set(err, GWS_EARG, "Q-transform: more than %d planes; the mismatch is too small", GWS_Q_PLANES);
    if (status == GWS_OK && n < 16)
        status = gws_err_set(err, GWS_EDATA, "Q-transform: %lld samples are too few", (long long)n);
    if (status != GWS_OK)
        return status;
    double *x = NULL, *spectrum = NULL;
    const size_t bytes = ((size_t)n * sizeof *x + 63) / 64 * 64, more = ((size_t)(2 * s.bins) * sizeof *x + 63) / 64 * 64;
    x = aligned_alloc(64, bytes);
    spectrum = aligned_alloc(64, more);
    fft = x && spectrum ? gws_fft_create(n, err) : NULL;
    if (!fft) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory to transform %lld samples", (long long)n);
    } else {
        memcpy(x, w, (size_t)n * sizeof *x);
        gws_fft_forward(fft, x, spectrum);
        s.spectrum = spectrum;
        status = all_planes(&s, params, planes, out, err);
    }
    gws_fft_destroy(fft);
    free(x);
    free(spectrum);
    return status;
}

/* ---- the map ---- */

/* The row at the times of a grid: a spline through the tiles near it. */
static void row_at(const gws_q_row *r, double duration_s, const double *time_s, int columns, double *scratch, double *out)
{
    const double step = duration_s / (double)r->tiles;
    int64_t first = (int64_t)floor(time_s[0] / step) - MARGIN, last = (int64_t)ceil(time_s[columns - 1] / step) + MARGIN;

    first = first < 0 ? 0 : first >= r->tiles ? r->tiles - 1 : first;
    last = last >= r->tiles ? r->tiles - 1 : last < first ? first : last;
    const int64_t n = last - first + 1;
    double *x = scratch, *y = x + n, *curve = y + n, *work = curve + n;
    for (int64_t i = 0; i < n; i++) {
        x[i] = (double)(first + i) * step;
        y[i] = (double)r->energy[first + i];
    }
    gws_spline_make(x, y, n, work, curve);
    for (int i = 0; i < columns; i++)
        out[i] = gws_spline_at(x, y, curve, n, time_s[i]);
}

gws_status gws_qgram_map(const gws_qgram *g, const double *time_s, int columns, const double *hz, int lines, float *out,
                         gws_err *err)
{
    const int rows = g->n_rows;
    int64_t most = 0;

    for (int k = 0; k < rows; k++)
        most = g->rows[k].tiles > most ? g->rows[k].tiles : most;
    double *grid = malloc((size_t)rows * (size_t)columns * sizeof *grid),
           *scratch = malloc((size_t)(5 * (most + rows)) * sizeof *scratch);
    if (!grid || !scratch) {
        free(grid);
        free(scratch);
        return gws_err_set(err, GWS_ENOMEM, "no memory for a map of %d by %d", lines, columns);
    }
    for (int k = 0; k < rows; k++)
        row_at(&g->rows[k], g->duration_s, time_s, columns, scratch, grid + (size_t)k * (size_t)columns);
    double *x = scratch, *y = x + rows, *curve = y + rows, *work = curve + rows;
    for (int k = 0; k < rows; k++)
        x[k] = g->rows[k].frequency_hz;
    for (int i = 0; i < columns; i++) {
        for (int k = 0; k < rows; k++)
            y[k] = grid[(size_t)k * (size_t)columns + (size_t)i];
        gws_spline_make(x, y, rows, work, curve);
        for (int j = 0; j < lines; j++) /* beyond the outer rows their values, where gwpy's splines run away */
            out[(size_t)j * (size_t)columns + (size_t)i] =
                (float)gws_spline_at(x, y, curve, rows, fmin(fmax(hz[j], x[0]), x[rows - 1]));
    }
    free(grid);
    free(scratch);
    return GWS_OK;
}
