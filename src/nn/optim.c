#include "nn/optim.h"

#include <math.h>
#include <string.h>

double gws_sum_squares(const float *g, int64_t n)
{
    double lane[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            lane[l] += (double)g[i + l] * (double)g[i + l];
    for (; i < n; i++)
        lane[0] += (double)g[i] * (double)g[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

void gws_adamw_update(const gws_adamw *o, const gws_adamw_rows *rows, double grad_scale, int decay_on)
{
    float *restrict p = rows->p, *restrict m = rows->m, *restrict v = rows->v;
    const float *restrict g = rows->g;
    const int64_t n = rows->n;
    const float b1 = (float)o->beta1, b2 = (float)o->beta2, c1 = (float)(1.0 - o->beta1), c2 = (float)(1.0 - o->beta2);
    const float alpha = (float)(o->lr / (1.0 - pow(o->beta1, (double)o->step)));
    const float root = (float)(1.0 / sqrt(1.0 - pow(o->beta2, (double)o->step)));
    const float eps = (float)o->eps, keep = decay_on ? (float)(1.0 - o->lr * o->decay) : 1.0f, gs = (float)grad_scale;
    for (int64_t i = 0; i < n; i++) {
        const float gi = g[i] * gs;
        m[i] = b1 * m[i] + c1 * gi;
        v[i] = b2 * v[i] + c2 * gi * gi;
        p[i] = keep * p[i] - alpha * m[i] / (sqrtf(v[i]) * root + eps);
    }
}

void gws_average_update(float *average, const float *p, int64_t size, int64_t n, int64_t span)
{
    const float share = (float)(1.0 / (double)(n < span ? n : span));
    if (n == 1)
        memcpy(average, p, (size_t)size * sizeof *p);
    for (int64_t i = 0; i < size && n > 1; i++)
        average[i] += share * (p[i] - average[i]);
}
