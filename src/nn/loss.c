#include "nn/loss.h"

#include <math.h>

double gws_bce(const float *y, float offset, const float *target, const float *weight, int64_t n, float scale, float *g)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (weight[i] <= 0.0f)
            continue;
        const double v = (double)y[i] - (double)offset, e = exp(-fabs(v));
        const double p = v >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
        sum += (double)weight[i] * (log1p(e) + (v > 0.0 ? v : 0.0) - v * (double)target[i]);
        g[i] += scale * weight[i] * (float)(p - (double)target[i]);
    }
    return sum;
}

double gws_huber(const float *y, const float *teacher, float shift, const float *weight, int64_t n, float scale, float *g)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (weight[i] <= 0.0f)
            continue;
        const double d = (double)y[i] - (double)teacher[i] - (double)shift, a = fabs(d);
        sum += (double)weight[i] * (a < 1.0 ? 0.5 * d * d : a - 0.5);
        g[i] += scale * weight[i] * (float)(a < 1.0 ? d : (d > 0.0 ? 1.0 : -1.0));
    }
    return sum;
}

double gws_softmax2(const float y[2], int label, float scale, float g[2])
{
    const double d = (double)y[label] - (double)y[!label], e = exp(-fabs(d)); /* how far the true class is ahead */
    const double miss = d >= 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
    g[label] = scale * (float)-miss;
    g[!label] = scale * (float)miss;
    return log1p(e) + (d < 0.0 ? -d : 0.0);
}

double gws_excess(double rate, double target, double *g)
{
    const double e = target > 0.0 ? fmax(rate / target - 1.0, 0.0) : 0.0;
    *g = e > 0.0 ? 2.0 * e / target : 0.0;
    return e * e;
}
