#include "nn/init.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

void gws_init_normal(float *w, int64_t n, uint64_t seed, const char *name, double gain, int64_t fan_in)
{
    gws_rng r = gws_rng_init(seed, name, 0);
    const double sigma = sqrt(gain / (double)fan_in);
    for (int64_t i = 0; i < n; i++)
        w[i] = (float)(sigma * gws_rng_normal(&r));
}

gws_status gws_init_orthogonal(float *w, int rows, int cols, int64_t ld, uint64_t seed, const char *name, int part)
{
    GWS_ASSERT(rows >= cols);
    gws_rng r = gws_rng_init(seed, name, (uint64_t)part);
    double *a = malloc((size_t)rows * cols * sizeof *a);
    if (!a)
        return GWS_ENOMEM;
    for (int64_t i = 0; i < (int64_t)rows * cols; i++)
        a[i] = gws_rng_normal(&r);
    for (int j = 0; j < cols; j++) { /* a[j] is column j */
        double *v = a + (int64_t)j * rows;
        for (int pass = 0; pass < 2; pass++) /* twice is enough (Kahan) */
            for (int q = 0; q < j; q++) {
                const double *e = a + (int64_t)q * rows;
                double dot = 0.0;
                for (int i = 0; i < rows; i++)
                    dot += v[i] * e[i];
                for (int i = 0; i < rows; i++)
                    v[i] -= dot * e[i];
            }
        double norm = 0.0;
        for (int i = 0; i < rows; i++)
            norm += v[i] * v[i];
        norm = 1.0 / sqrt(norm);
        for (int i = 0; i < rows; i++) {
            v[i] *= norm;
            w[i * ld + j] = (float)v[i];
        }
    }
    free(a);
    return GWS_OK;
}
