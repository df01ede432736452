/* quality.c - see quality.h. */
#include "strain/quality.h"

#include "base/escape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gws_quality_bit(const char (*names)[24], int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

double gws_quality_fraction(const uint32_t *mask, int64_t n, int bit)
{
    GWS_ASSERT(bit >= 0 && bit < 32 && (mask || n == 0));
    int64_t set = 0;
    for (int64_t i = 0; i < n; i++)
        set += (mask[i] >> bit) & 1u;
    return n > 0 ? (double)set / (double)n : 0.0;
}

int gws_quality_is_injection(const char *name)
{
    static const char begins[] = "NO_", ends[] = "_HW_INJ";
    size_t n = strlen(name);
    return n > strlen(begins) + strlen(ends) && memcmp(name, begins, strlen(begins)) == 0 &&
           strcmp(name + n - strlen(ends), ends) == 0 && strcmp(name, GWS_QUALITY_CW) != 0;
}

gws_status gws_quality_read_names(gws_h5 *f, const char *path, char names[GWS_QUALITY_BITS][GWS_QUALITY_NAME], int *n, gws_err *err)
{
    gws_h5_info info;
    gws_status status;
    *n = 0;
    if (!gws_h5_exists(f, path))
        return GWS_OK;
    if ((status = gws_h5_stat(f, path, &info, err)) != GWS_OK)
        return status;
    if (info.type != GWS_H5_STRING || info.ndim != 1 || info.shape[0] < 0 || info.shape[0] > GWS_QUALITY_BITS)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is not a table of at most %d names", gws_h5_path(f), path, GWS_QUALITY_BITS);
    for (int i = 0; i < (int)info.shape[0]; i++) {
        char *text = NULL;
        if ((status = gws_h5_read_string(f, path, i, &text, err)) != GWS_OK)
            return status;
        gws_escape(names[i], GWS_QUALITY_NAME, text, 0);
        free(text);
    }
    *n = (int)info.shape[0];
    return GWS_OK;
}

static gws_status read_mask(gws_h5 *f, const char *path, int64_t start_s, int64_t n, uint32_t **out, gws_err *err)
{
    gws_h5_info info;
    gws_status status;
    int64_t *wide = NULL;
    uint32_t *mask = NULL;
    if ((status = gws_h5_stat(f, path, &info, err)) != GWS_OK)
        goto fail;
    if ((info.type != GWS_H5_UINT && info.type != GWS_H5_INT) || info.ndim != 1 || info.shape[0] != n) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s does not hold one integer for each of the file's %lld s", gws_h5_path(f),
                             path, (long long)n);
        goto fail;
    }
    if (gws_h5_has_attr(f, path, "Xstart")) {
        double x = 0.0;
        if ((status = gws_h5_attr_f64(f, path, "Xstart", &x, err)) != GWS_OK)
            goto fail;
        if (x != (double)start_s) {
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s starts at %.17g, the file at %lld", gws_h5_path(f), path, x,
                                 (long long)start_s);
            goto fail;
        }
    }
    wide = malloc((size_t)(n + 1) * sizeof *wide);
    mask = malloc((size_t)(n + 1) * sizeof *mask);
    if (!wide || !mask) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %s", gws_h5_path(f), path);
        goto fail;
    }
    if ((status = gws_h5_read_i64(f, path, 0, n, wide, err)) != GWS_OK)
        goto fail;
    for (int64_t i = 0; i < n; i++)
        mask[i] = (uint32_t)wide[i];
    free(wide);
    *out = mask;
    return GWS_OK;
fail:
    free(wide);
    free(mask);
    return status;
}

gws_status gws_quality_read(gws_h5 *f, gws_quality *out, gws_err *err)
{
    GWS_ASSERT(f && out);
    gws_quality q;
    gws_status status;
    memset(out, 0, sizeof *out);
    memset(&q, 0, sizeof q);
    if ((status = gws_h5_read_i64(f, "/meta/GPSstart", 0, 1, &q.gps_start_s, err)) != GWS_OK)
        goto fail;
    if ((status = gws_h5_read_i64(f, "/meta/Duration", 0, 1, &q.n, err)) != GWS_OK)
        goto fail;
    if (q.n < 0 || q.n > GWS_QUALITY_MAX_S) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: meta/Duration is %lld s, wanted 0 to %d s", gws_h5_path(f), (long long)q.n,
                             GWS_QUALITY_MAX_S);
        goto fail;
    }
    if ((status = read_mask(f, GWS_QUALITY_DQ, q.gps_start_s, q.n, &q.dq, err)) != GWS_OK)
        goto fail;
    if ((status = gws_quality_read_names(f, GWS_QUALITY_DQ_NAMES, q.dq_name, &q.n_dq, err)) != GWS_OK)
        goto fail;
    if (gws_h5_exists(f, GWS_QUALITY_INJ)) {
        if ((status = read_mask(f, GWS_QUALITY_INJ, q.gps_start_s, q.n, &q.inj, err)) != GWS_OK)
            goto fail;
        if ((status = gws_quality_read_names(f, GWS_QUALITY_INJ_NAMES, q.inj_name, &q.n_inj, err)) != GWS_OK)
            goto fail;
    }
    *out = q;
    return GWS_OK;
fail:
    gws_quality_clear(&q);
    return status;
}

void gws_quality_clear(gws_quality *q)
{
    if (!q)
        return;
    free(q->dq);
    free(q->inj);
    memset(q, 0, sizeof *q);
}

void gws_quality_apply(const gws_quality_rule *rules, int n_rules, const gws_quality_mask *mask, int64_t start, int64_t n,
                       double *out)
{
    for (int64_t s = 0; s < mask->seconds; s++) {
        int k = 0;
        while (k < n_rules && (mask->bits[s] & rules[k].bits) == rules[k].bits)
            k++;
        if (k == n_rules)
            continue;
        const int64_t a = mask->first + s * mask->rate_hz - start, b = a + mask->rate_hz;
        for (int64_t i = a > 0 ? a : 0; i < b && i < n; i++)
            out[i] = gws_gap_nan(rules[k].why);
    }
}
