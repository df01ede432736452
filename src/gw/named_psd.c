#include "gw/named_psd.h"

#include "base/file.h"
#include "base/number.h"
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
    for (char *row = text, *next; row; row = next) {
        next = strchr(row, '\n');
        if (next)
            *next++ = '\0';
        line++;
        row[strcspn(row, "#%")] = '\0';
        row += strspn(row, " \t\r");
        if (*row == '\0')
            continue;
        double x, y = 0;
        const char *end = gws_number_read(row, &x);
        end = end && (*end == ' ' || *end == '\t') ? gws_number_read(end, &y) : NULL;
        if (!end || !isfinite(x) || !isfinite(y) || x < 0 || y < 0 || (*n > 0 && x <= f[*n - 1]))
            return gws_err_set(err, GWS_EFORMAT, "%s: row %d: want a rising frequency and a positive value", path, line);
        if (end[strspn(end, " \t\r")] != '\0')
            return gws_err_set(err, GWS_EFORMAT, "%s: row %d: want two columns, frequency and value, found '%.40s' behind them",
                               path, line, end + strspn(end, " \t\r"));
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
    if (status == GWS_OK && strlen(text) != size)
        status = gws_err_set(err, GWS_EFORMAT, "%s: wanted text, found a zero byte at %zu", path, strlen(text));
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
    /* Log-log between rows, as noise budgets are tabulated; 0 outside them. */
    int64_t row = 0;
    for (int64_t k = 0; k < out->n; k++) {
        double x = (double)k * out->delta_f_hz, y;
        while (row + 2 < n && f[row + 1] <= x)
            row++;
        if (x < f[0] || x > f[n - 1])
            y = 0;
        else if (x == f[row + 1]) /* the last row */
            y = v[row + 1];
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
    /* Linear between bins; 0 beyond the last and beside a bin without a value. */
    for (int64_t k = 0; k < out->n; k++) {
        double at = (double)k * out->delta_f_hz / in.delta_f_hz;
        int64_t i = at < (double)in.n ? (int64_t)at : in.n;
        double part = at - (double)i;
        if (i < in.n && part == 0)
            out->data[k] = in.data[i];
        else if (i + 1 < in.n && in.data[i] != 0 && in.data[i + 1] != 0)
            out->data[k] = in.data[i] + part * (in.data[i + 1] - in.data[i]);
    }
    gws_psd_clear(&in);
    return GWS_OK;
}

/* What a detector's PSD can be.  From 20 Hz on: between that of the quietest one planned (1e-50 /Hz) and that of initial LIGO's seismic wall
 * (1e-36 /Hz at 20 Hz), with ten orders and nine to spare; amplitudes of the quietest, 1e-25, lie above.  Below 20 Hz ground motion rises
 * steeply, and detectors in space are quieter than 1e-20 /Hz. */
static int is_possible(double f_hz, double psd)
{
    return psd <= (f_hz < 20 ? 1e-12 : 1e-27) && (f_hz < 20 || f_hz > 2000 || psd >= 1e-60);
}

gws_status gws_psd_check(const gws_psd *psd, const char *name, double low_hz, gws_err *err)
{
    GWS_ASSERT(psd && name);
    const int amplitude = strncmp(name, "asd:", 4) == 0;
    int64_t bad = 0;
    for (int64_t k = 1; k < psd->n; k++) {
        const double f = (double)k * psd->delta_f_hz;
        if (f < low_hz || psd->data[k] == 0 || is_possible(f, psd->data[k]))
            continue;
        bad = bad ? bad : k;
        if (f < 20) /* numbers from there on say more */
            continue;
        const double other = amplitude ? sqrt(psd->data[k]) : psd->data[k] * psd->data[k];
        if (!is_possible(f, other))
            continue;
        if (amplitude)
            return gws_err_set(
                err, GWS_EDATA,
                "noise curve %s: a noise amplitude of %g /sqrt(Hz) at %g Hz, which no detector has; a file of PSDs wants no asd:",
                name, other, f);
        return gws_err_set(err, GWS_EDATA,
                           "noise curve %s: a PSD of %g /Hz at %g Hz, which no detector has; asd:%s if the file holds amplitudes",
                           name, psd->data[k], f, name);
    }
    if (!bad)
        return GWS_OK;
    return gws_err_set(err, GWS_EDATA, "noise curve %s: a PSD of %g /Hz at %g Hz, which no detector has", name, psd->data[bad],
                       (double)bad * psd->delta_f_hz);
}

int gws_psd_range(const gws_psd *psd, double *first_hz, double *last_hz)
{
    int64_t first = 0, last = psd->n - 1;
    while (first < psd->n && psd->data[first] == 0)
        first++;
    while (last > first && psd->data[last] == 0)
        last--;
    *first_hz = (double)first * psd->delta_f_hz;
    *last_hz = (double)last * psd->delta_f_hz;
    return first < psd->n;
}

static gws_status psd_from_file(const char *name, double low_hz, gws_psd *out, gws_err *err)
{
    const int amplitude = strncmp(name, "asd:", 4) == 0;
    const char *path = amplitude ? name + 4 : name;
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EARG, "noise curve %s: neither a known name (`gwspike psd --curves` lists them) nor a file",
                           name);
    gws_status status = is_hdf5(path) ? psd_from_hdf5(path, amplitude, out, err) : psd_from_text(path, amplitude, out, err);
    const int64_t first = low_hz > 0 ? (int64_t)fmin(low_hz / out->delta_f_hz, (double)out->n) : 0;
    for (int64_t k = 0; status == GWS_OK && k < out->n; k++) {
        if (k < first)
            out->data[k] = 0;
        if (!isfinite(out->data[k]) || out->data[k] < 0)
            status =
                gws_err_set(err, GWS_EDATA, "noise curve %s: not a positive number at %g Hz", name, (double)k * out->delta_f_hz);
    }
    return status == GWS_OK ? gws_psd_check(out, name, low_hz, err) : status;
}

gws_status gws_psd_by_name(const char *name, double delta_f_hz, int64_t n, double low_hz, gws_psd *out, gws_err *err)
{
    GWS_ASSERT(name && out && n > 0 && delta_f_hz > 0);
    *out = (gws_psd){0};
    gws_status status = gws_psd_init(out, n, delta_f_hz, err);
    if (status != GWS_OK)
        return status;
    status = gws_curve_fill(name, delta_f_hz, n, low_hz, out->data, err);
    if (status == GWS_EARG)
        status = psd_from_file(name, low_hz, out, err);
    if (status != GWS_OK)
        gws_psd_clear(out);
    return status;
}

gws_status gws_psd_hold(gws_psd *psd, const char *name, double hold_hz, double need_hz, gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && name);
    double first_hz, last_hz;
    int64_t last = psd->n - 1, hold = (int64_t)fmin(ceil(hold_hz / psd->delta_f_hz), (double)last);
    if (psd->data[last] == 0) /* LAL leaves Nyquist out */
        psd->data[last] = psd->data[last - 1];
    while (hold < last && psd->data[hold] == 0)
        hold++;
    for (int64_t k = hold; k <= last; k++) {
        if (psd->data[k] > 0 && (double)hold * psd->delta_f_hz <= need_hz)
            continue;
        if (!gws_psd_range(psd, &first_hz, &last_hz))
            return gws_err_set(err, GWS_EDATA, "noise curve %s: no value from %g to %g Hz", name, hold_hz,
                               (double)last * psd->delta_f_hz);
        return gws_err_set(err, GWS_EDATA, "noise curve %s: values from %g to %g Hz%s, wanted from %g to %g Hz", name, first_hz,
                           last_hz, first_hz <= need_hz && last_hz >= (double)last * psd->delta_f_hz ? " with a hole" : "", need_hz,
                           (double)last * psd->delta_f_hz);
    }
    for (int64_t k = 0; k < hold; k++)
        psd->data[k] = psd->data[hold];
    return GWS_OK;
}

gws_status gws_psd_design(const char *name, int rate_hz, double delta_f_hz, double hold_hz, double need_hz, gws_psd *out,
                          gws_err *err)
{
    GWS_ASSERT(name && out && rate_hz > 0 && delta_f_hz > 0);
    const int64_t n = (int64_t)(rate_hz / 2 / delta_f_hz) + 1;
    *out = (gws_psd){0};
    gws_status status = gws_psd_init(out, n, delta_f_hz, err);
    if (status != GWS_OK)
        return status;
    status = gws_curve_fill(name, delta_f_hz, n, 0, out->data, err);
    if (status == GWS_EARG)
        status = psd_from_file(name, hold_hz, out, err);
    if (status == GWS_OK)
        status = gws_psd_hold(out, name, hold_hz, need_hz, err);
    if (status != GWS_OK)
        gws_psd_clear(out);
    return status;
}
