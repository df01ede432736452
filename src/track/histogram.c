#include "track/histogram.h"

#include <math.h>
#include <string.h>

void gws_histogram_make(const float *x, int64_t n, gws_histogram *out)
{
    memset(out, 0, sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        const double v = (double)x[i];
        if (!isfinite(v)) {
            out->lost++;
            continue;
        }
        out->min = out->num == 0.0 ? v : fmin(out->min, v);
        out->max = out->num == 0.0 ? v : fmax(out->max, v);
        out->num += 1.0;
        out->sum += v;
        out->sum_squares += v * v;
    }
    const double width = (out->max - out->min) / GWS_BUCKETS;
    out->n = out->num == 0.0 ? 0 : width > 0.0 ? GWS_BUCKETS : 1;
    for (int k = 0; k < out->n; k++)
        out->limit[k] = k == out->n - 1 ? out->max : out->min + (k + 1) * width;
    for (int64_t i = 0; i < n; i++) {
        const double v = (double)x[i];
        if (!isfinite(v))
            continue;
        int k = width > 0.0 ? (int)((v - out->min) / width) : 0;
        k = k < out->n ? k : out->n - 1;
        while (k > 0 && v < out->limit[k - 1]) /* rounding */
            k--;
        while (k < out->n - 1 && v >= out->limit[k])
            k++;
        out->count[k] += 1.0;
    }
}
