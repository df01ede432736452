#include "strain/gwosc.h"

#include "base/ifo.h"
#include "strain/gap.h"
#include "strain/quality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRAIN "/strain/Strain"
#define MAX_RATE_HZ 1048576
#define MAX_GPS_S INT64_C(4000000000) /* year 2106: a time beyond it is a broken header */

/* What the headers of a file say; checked against each other. */
typedef struct headers {
    char ifo[4]; /* "H1" */
    int rate_hz;
    int64_t gps_start_s;
    int64_t n; /* samples: rate_hz times whole seconds */
    /* Bits that make a second a gap when they are clear, found by name; who wants such seconds takes the bits out. */
    int data_bit;      /* bit of DQmask named DATA; -1: the file has no such mask */
    int cat1_bit;      /* bit of DQmask named CBC_CAT1; -1: none */
    uint32_t inj_bits; /* bits of Injmask that gws_quality_is_injection; 0: none */
} headers;

static int probe(const char *path, gws_h5 *f)
{
    (void)path;
    return f && gws_h5_exists(f, STRAIN) && gws_h5_exists(f, "/meta/GPSstart");
}

static gws_status read_detector(gws_h5 *f, char ifo[4], gws_err *err)
{
    char *text = NULL;
    gws_status status = gws_h5_read_string(f, "/meta/Detector", 0, &text, err);
    if (status != GWS_OK)
        return status;
    text[strcspn(text, " ")] = '\0'; /* fixed-length strings may be padded with blanks */
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?'; /* a damaged file must not write on the terminal */
    if (!gws_is_ifo(text))
        status = gws_err_set(err, GWS_EFORMAT, "%s: meta/Detector is \"%.16s\", wanted a name such as H1", gws_h5_path(f), text);
    else
        memcpy(ifo, text, 3);
    free(text);
    return status;
}

/* A mask, if the file has it, is one integer a second. */
static gws_status check_mask(gws_h5 *f, const char *path, int64_t duration_s, gws_err *err)
{
    gws_h5_info info;
    gws_status status = gws_h5_stat(f, path, &info, err);
    if (status == GWS_OK &&
        ((info.type != GWS_H5_UINT && info.type != GWS_H5_INT) || info.ndim != 1 || info.shape[0] != duration_s))
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s does not hold one integer for each of the file's %lld s", gws_h5_path(f),
                             path, (long long)duration_s);
    return status;
}

/* Which bits of the masks say that a second is not to be used. */
static gws_status find_bits(gws_h5 *f, int64_t duration_s, headers *g, gws_err *err)
{
    char names[GWS_QUALITY_BITS][GWS_QUALITY_NAME];
    gws_status status;
    int n = 0;
    g->data_bit = g->cat1_bit = -1;
    g->inj_bits = 0;
    if (gws_h5_exists(f, GWS_QUALITY_DQ)) {
        if ((status = check_mask(f, GWS_QUALITY_DQ, duration_s, err)) != GWS_OK ||
            (status = gws_quality_read_names(f, GWS_QUALITY_DQ_NAMES, names, &n, err)) != GWS_OK)
            return status;
        g->data_bit = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])names, n, "DATA");
        g->cat1_bit = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])names, n, "CBC_CAT1");
        if (g->data_bit < 0)
            g->data_bit = 0; /* what every release uses, should the table of names be missing */
    }
    if (gws_h5_exists(f, GWS_QUALITY_INJ)) {
        if ((status = check_mask(f, GWS_QUALITY_INJ, duration_s, err)) != GWS_OK ||
            (status = gws_quality_read_names(f, GWS_QUALITY_INJ_NAMES, names, &n, err)) != GWS_OK)
            return status;
        for (int i = 0; i < n; i++)
            g->inj_bits |= gws_quality_is_injection(names[i]) ? UINT32_C(1) << i : 0;
    }
    return GWS_OK;
}

static gws_status read_headers(gws_h5 *f, headers *out, gws_err *err)
{
    const char *name = gws_h5_path(f);
    headers g;
    gws_h5_info info;
    gws_status status;
    int64_t duration_s = 0;
    double spacing_s = 0.0;
    memset(out, 0, sizeof *out);
    memset(&g, 0, sizeof g);
    if ((status = gws_h5_stat(f, STRAIN, &info, err)) != GWS_OK)
        return status;
    if ((info.type != GWS_H5_F64 && info.type != GWS_H5_F32) || info.ndim != 1)
        return gws_err_set(err, GWS_EFORMAT, "%s: " STRAIN " is not a one-dimensional array of floating-point numbers", name);
    gws_h5_info start = {0};
    if ((status = gws_h5_stat(f, "/meta/GPSstart", &start, err)) != GWS_OK ||
        (status = gws_h5_check_time(f, start.type, "meta/GPSstart", err)) != GWS_OK)
        return status;
    if ((status = read_detector(f, g.ifo, err)) != GWS_OK ||
        (status = gws_h5_read_i64(f, "/meta/GPSstart", 0, 1, &g.gps_start_s, err)) != GWS_OK ||
        (status = gws_h5_read_i64(f, "/meta/Duration", 0, 1, &duration_s, err)) != GWS_OK ||
        (status = gws_h5_attr_f64(f, STRAIN, "Xspacing", &spacing_s, err)) != GWS_OK)
        return status;
    double rate = 1.0 / spacing_s;
    if (!(spacing_s > 0.0) || !(rate >= 0.5 && rate <= MAX_RATE_HZ) || fabs(rate - round(rate)) > 1e-6 * rate)
        return gws_err_set(err, GWS_EDATA, "%s: attribute Xspacing %.17g s of " STRAIN " is not one over a whole number of Hz",
                           name, spacing_s);
    g.rate_hz = (int)lround(rate);
    g.n = info.shape[0];
    if (g.n == 0 || duration_s == 0)
        return gws_err_set(err, GWS_EDATA, "%s: holds no sample", name);
    if (g.gps_start_s < 0 || g.gps_start_s > MAX_GPS_S)
        return gws_err_set(err, GWS_EFORMAT, "%s: meta/GPSstart %lld is not a GPS time", name, (long long)g.gps_start_s);
    if (duration_s < 0 || duration_s > GWS_QUALITY_MAX_S || g.n != duration_s * g.rate_hz)
        return gws_err_set(err, GWS_EFORMAT, "%s: " STRAIN " has %lld samples, but meta/Duration says %lld s at %d Hz", name,
                           (long long)g.n, (long long)duration_s, g.rate_hz);
    if (gws_h5_has_attr(f, STRAIN, "Npoints")) {
        int64_t npoints = 0;
        if ((status = gws_h5_attr_i64(f, STRAIN, "Npoints", &npoints, err)) != GWS_OK)
            return status;
        if (npoints != g.n)
            return gws_err_set(err, GWS_EFORMAT, "%s: attribute Npoints says %lld samples, " STRAIN " has %lld", name,
                               (long long)npoints, (long long)g.n);
    }
    if (gws_h5_has_attr(f, STRAIN, "Xstart")) {
        double xstart = 0.0;
        if ((status = gws_h5_attr_f64(f, STRAIN, "Xstart", &xstart, err)) != GWS_OK)
            return status;
        if (xstart != (double)g.gps_start_s)
            return gws_err_set(err, GWS_EFORMAT, "%s: attribute Xstart says GPS %.17g, meta/GPSstart %lld", name, xstart,
                               (long long)g.gps_start_s);
    }
    if ((status = find_bits(f, duration_s, &g, err)) != GWS_OK)
        return status;
    *out = g;
    return GWS_OK;
}

/* Apply the rules to samples start .. start+n-1. */
static gws_status apply_mask(gws_h5 *f, const char *path, const headers *g, const gws_quality_rule *rules, int n_rules,
                             int64_t start, int64_t n, double *out, gws_err *err)
{
    int64_t second = start / g->rate_hz, last = (start + n - 1) / g->rate_hz;
    while (second <= last) {
        int64_t read[256];
        uint32_t bits[256];
        const int64_t m = last - second + 1 < 256 ? last - second + 1 : 256;
        gws_status status = gws_h5_read_i64(f, path, second, m, read, err);
        if (status != GWS_OK)
            return status;
        for (int64_t s = 0; s < m; s++)
            bits[s] = (uint32_t)read[s];
        const gws_quality_mask mask = {bits, m, second * g->rate_hz, g->rate_hz};
        gws_quality_apply(rules, n_rules, &mask, start, n, out);
        second += m;
    }
    return GWS_OK;
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const headers *g = c->own;
    gws_h5 *f = handle;
    GWS_ASSERT(f && g && segment == 0 && start >= 0 && n >= 0 && start + n <= g->n && (out || n == 0));
    gws_status status;
    if (n == 0)
        return GWS_OK;
    if ((status = gws_h5_read_f64(f, STRAIN, start, n, out, err)) != GWS_OK)
        return status;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            out[i] = gws_gap_nan(GWS_GAP_NOT_FINITE);
    if (g->inj_bits != 0) {
        const gws_quality_rule rule = {g->inj_bits, GWS_GAP_INJECTION};
        if ((status = apply_mask(f, GWS_QUALITY_INJ, g, &rule, 1, start, n, out, err)) != GWS_OK)
            return status;
    }
    if (g->data_bit >= 0) {
        const gws_quality_rule rules[2] = {{UINT32_C(1) << g->data_bit, GWS_GAP_DATA},
                                           {g->cat1_bit >= 0 ? UINT32_C(1) << g->cat1_bit : 0, GWS_GAP_CAT1}};
        status = apply_mask(f, GWS_QUALITY_DQ, g, rules, 2, start, n, out, err);
    }
    return status;
}

static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    headers *g = out->own = malloc(sizeof *g);
    gws_strain_segment *s = out->segments = calloc(1, sizeof *s);
    if (!g || !s)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_status status = read_headers(f, g, err);
    if (status != GWS_OK)
        return status;
    out->n_segments = 1;
    out->has_quality = g->data_bit >= 0;
    memcpy(s->ifo, g->ifo, sizeof s->ifo);
    memcpy(s->path, STRAIN, sizeof STRAIN);
    s->rate_hz = g->rate_hz;
    s->begin = g->gps_start_s * g->rate_hz;
    s->n = g->n;
    if (use->cat1)
        g->cat1_bit = -1;
    if (use->injections)
        g->inj_bits = 0;
    return GWS_OK;
}

static gws_status read_quality(const gws_strain_content *c, void *handle, const char *ifo, gws_quality *out, gws_err *err)
{
    (void)c;
    (void)ifo;
    return gws_quality_read(handle, out, err);
}

const gws_strain_format gws_strain_gwosc = {
    .name = "GWOSC HDF5",
    .layout = "/strain/Strain with /meta (GWOSC)",
    .probe = probe,
    .list = list,
    .forget = free,
    .open = gws_strain_hdf5_open,
    .close = gws_strain_hdf5_close,
    .read = read_samples,
    .quality = read_quality,
};
