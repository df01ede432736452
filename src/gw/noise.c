#include "gw/noise.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "gw/noise_curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LIMIT ((size_t)64 << 20)

/* Rows "frequency value", '#' and '%' comments; frequencies must rise. */
static gws_status parse_rows(const char *path, char *text, double *f, double *v, int64_t capacity, int64_t *n, gws_err *err)
{
    int line = 0;
    *n = 0;
    for (char *save = NULL, *row = strtok_r(text, "\n", &save); row; row = strtok_r(NULL, "\n", &save)) {
        line++;
        row += strspn(row, " \t\r");
        if (*row == '\0' || *row == '#' || *row == '%')
            continue;
        double x, y = 0;
        const char *end = gws_number_read(row, &x);
        end = end ? gws_number_read(end, &y) : NULL;
        if (!end || !isfinite(x) || !isfinite(y) || x < 0 || y < 0 || (*n > 0 && x <= f[*n - 1]))
            return gws_err_set(err, GWS_EFORMAT, "%s: row %d: want a rising frequency and a positive value", path, line);
        if (*n < capacity) {
            f[*n] = x;
            v[*n] = y;
            ++*n;
        }
    }
    if (*n < 2)
        return gws_err_set(err, GWS_EFORMAT, "%s: want at least two rows of frequency and PSD, found %lld", path, (long long)*n);
    return GWS_OK;
}

static gws_status psd_from_text(const char *path, int amplitude, gws_psd *out, gws_err *err)
{
    char *text = NULL;
    size_t size = 0;
    double *f = NULL, *v = NULL;
    gws_status status = gws_file_read(path, TEXT_LIMIT, &text, &size, err);
    if (status != GWS_OK)
        goto fail;
    int64_t rows = 1, n = 0;
    for (size_t i = 0; i < size; i++)
        rows += text[i] == '\n';
    f = malloc((size_t)rows * sizeof *f);
    v = malloc((size_t)rows * sizeof *v);
    if (!f || !v) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld rows", path, (long long)rows);
        goto fail;
    }
    status = parse_rows(path, text, f, v, rows, &n, err);
    if (status != GWS_OK)
        goto fail;
    /* Log-log between rows, as noise budgets are tabulated; held at the ends. */
    int64_t row = 0;
    for (int64_t k = 0; k < out->n; k++) {
        double x = (double)k * out->delta_f_hz, y;
        while (row + 2 < n && f[row + 1] <= x)
            row++;
        if (x <= f[0])
            y = v[0];
        else if (x >= f[n - 1])
            y = v[n - 1];
        else if (f[row] > 0 && v[row] > 0 && v[row + 1] > 0)
            y = v[row] * pow(v[row + 1] / v[row], log(x / f[row]) / log(f[row + 1] / f[row]));
        else
            y = v[row] + (v[row + 1] - v[row]) * (x - f[row]) / (f[row + 1] - f[row]);
        out->data[k] = amplitude ? y * y : y;
    }
fail:
    free(text);
    free(f);
    free(v);
    return status;
}

/* HDF5 says so in its first bytes, whatever the file is called. */
static int is_hdf5(const char *path)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    char head[8] = {0};
    FILE *in = fopen(path, "rb");

    if (!in)
        return 0;
    size_t got = fread(head, 1, sizeof head, in);
    fclose(in);
    return got == sizeof head && memcmp(head, signature, sizeof head) == 0;
}

static gws_status psd_from_hdf5(const char *path, int amplitude, gws_psd *out, gws_err *err)
{
    gws_psd in = {0};
    gws_status status = gws_psd_load(path, &in, err);
    if (status != GWS_OK)
        return status;
    for (int64_t k = 0; k < in.n && amplitude; k++)
        in.data[k] *= in.data[k];
    gws_psd wide = {0};
    status = gws_psd_interpolate(&in, out->delta_f_hz, out->n, &wide, err);
    if (status == GWS_OK)
        memcpy(out->data, wide.data, (size_t)out->n * sizeof *out->data);
    gws_psd_clear(&wide);
    gws_psd_clear(&in);
    return status;
}

gws_status gws_psd_by_name(const char *name, double delta_f_hz, int64_t n, double low_hz, gws_psd *out, gws_err *err)
{
    GWS_ASSERT(name && out && n > 0 && delta_f_hz > 0);
    *out = (gws_psd){0};
    gws_status status = gws_psd_init(out, n, delta_f_hz, err);
    if (status != GWS_OK)
        return status;
    status = gws_curve_fill(name, delta_f_hz, n, low_hz, out->data, err);
    if (status == GWS_EARG) {
        int amplitude = strncmp(name, "asd:", 4) == 0;
        const char *path = amplitude ? name + 4 : name;
        if (!gws_file_exists(path))
            status = gws_err_set(err, GWS_EARG,
                                 "noise curve %s: neither a known name (`gwspike psd --curves` lists them) nor a file", name);
        else
            status = is_hdf5(path) ? psd_from_hdf5(path, amplitude, out, err) : psd_from_text(path, amplitude, out, err);
    }
    const int64_t first = low_hz > 0 ? (int64_t)fmin(low_hz / delta_f_hz, (double)n) : 0;
    for (int64_t k = 0; status == GWS_OK && k < n; k++) {
        if (k < first)
            out->data[k] = 0;
        if (!isfinite(out->data[k]) || out->data[k] < 0)
            status = gws_err_set(err, GWS_EDATA, "noise curve %s: not a positive number at %g Hz", name, (double)k * delta_f_hz);
    }
    if (status != GWS_OK)
        gws_psd_clear(out);
    return status;
}

struct gws_noise {
    gws_fft *fft;
    int64_t half, hop, size; /* filter's half length, samples a block yields, FFT length; all in samples */
    double *response;        /* (bins) zero-phase amplitude response, 1/size included */
    double *x;               /* (size) */
    double *spec;            /* (2 bins) */
    gws_rng rng;
    int64_t block; /* number of the block in x, valid when have != 0 */
    int have;
};

static int64_t power_of_two(int64_t at_least)
{
    int64_t n = 2;
    while (n < at_least)
        n *= 2;
    return n;
}

gws_noise *gws_noise_create(const gws_psd *psd, int rate_hz, double filter_s, uint64_t seed, uint64_t stream, gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && rate_hz > 0 && filter_s > 0);
    gws_psd grid = {0};
    gws_noise *s = calloc(1, sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory");
        return NULL;
    }
    int64_t length = (int64_t)(filter_s * rate_hz);
    s->half = length / 2 > 0 ? length / 2 : 1;
    s->size = power_of_two(8 * s->half);
    s->hop = s->size - 2 * s->half;
    s->rng = (gws_rng){.seed = seed, .stream = stream};
    s->fft = gws_fft_create(s->size, err);
    if (!s->fft)
        goto fail;
    int64_t bins = gws_fft_bins(s->fft);
    s->response = gws_arena_alloc((size_t)bins * sizeof *s->response);
    s->x = gws_arena_alloc((size_t)s->size * sizeof *s->x);
    s->spec = gws_arena_alloc(2 * (size_t)bins * sizeof *s->spec);
    if (!s->response || !s->x || !s->spec) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for blocks of %lld samples", (long long)s->size);
        goto fail;
    }
    if (gws_psd_interpolate(psd, (double)rate_hz / (double)s->size, bins, &grid, err) != GWS_OK)
        goto fail;
    /* Unit-variance white noise has the one-sided PSD 2/rate.  Hann on the zero-phase response keeps its leakage down. */
    for (int64_t k = 0; k < bins; k++) {
        s->spec[2 * k] = sqrt(grid.data[k] * rate_hz / 2) / (double)s->size;
        s->spec[2 * k + 1] = 0;
    }
    gws_fft_inverse(s->fft, s->spec, s->x);
    for (int64_t i = 1; i < s->size; i++) {
        int64_t lag = i <= s->size / 2 ? i : s->size - i;
        s->x[i] *= lag < s->half ? 0.5 + 0.5 * cos(M_PI * (double)lag / (double)s->half) : 0;
    }
    gws_fft_forward(s->fft, s->x, s->spec);
    for (int64_t k = 0; k < bins; k++)
        s->response[k] = s->spec[2 * k] / (double)s->size;
    gws_psd_clear(&grid);
    return s;
fail:
    gws_psd_clear(&grid);
    gws_noise_destroy(s);
    return NULL;
}

/* Block b yields samples [b hop, (b+1) hop); white noise is wanted from half before it to half behind it. */
static void make_block(gws_noise *s, int64_t b)
{
    if (s->have && s->block == b)
        return;
    int64_t first = b * s->hop - s->half;
    gws_rng_normal_at(&s->rng, (uint64_t)first + (UINT64_C(1) << 63), s->x, (size_t)s->size);
    gws_fft_forward(s->fft, s->x, s->spec);
    int64_t bins = gws_fft_bins(s->fft);
    for (int64_t k = 0; k < bins; k++) {
        s->spec[2 * k] *= s->response[k];
        s->spec[2 * k + 1] *= s->response[k];
    }
    gws_fft_inverse(s->fft, s->spec, s->x);
    s->block = b;
    s->have = 1;
}

void gws_noise_fill(gws_noise *s, int64_t begin, int64_t n, double *out)
{
    GWS_ASSERT(s && n >= 0 && (out || n == 0));
    for (int64_t done = 0; done < n;) {
        int64_t b = gws_floor_div(begin + done, s->hop), offset = begin + done - b * s->hop;
        int64_t run = s->hop - offset < n - done ? s->hop - offset : n - done;
        make_block(s, b);
        memcpy(out + done, s->x + s->half + offset, (size_t)run * sizeof *out);
        done += run;
    }
}

void gws_noise_destroy(gws_noise *s)
{
    if (!s)
        return;
    gws_fft_destroy(s->fft);
    gws_arena_free(s->response);
    gws_arena_free(s->x);
    gws_arena_free(s->spec);
    free(s);
}
