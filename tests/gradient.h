/* gradient.h - a gradient against the central differences of a loss in double precision, shared by the tests of layer nn. */
#ifndef GWS_TESTS_GRADIENT_H
#define GWS_TESTS_GRADIENT_H

#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GRADIENT_STEP 1e-5

/* Zeros on whole lines of 64 bytes, at least one. */
static inline void *block(int64_t n, size_t size)
{
    const size_t bytes = ((size_t)(n ? n : 1) * size + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes);
    assert_non_null(p);
    memset(p, 0, bytes);
    return p;
}

static inline float *zeros(int64_t n)
{
    return block(n, sizeof(float));
}

static inline double *doubles(const float *x, int64_t n)
{
    double *d = block(n, sizeof(double));
    for (int64_t i = 0; x && i < n; i++)
        d[i] = x[i];
    return d;
}

typedef double (*loss_fn)(const void *user);

/* Element by element: g (n) is that of x (n), which the loss reads. */
static inline void check_gradient(const char *what, loss_fn loss, const void *user, double *x, const float *g, int64_t n,
                                  double tolerance)
{
    double scale = 0.0;
    for (int64_t i = 0; i < n; i++)
        scale = fmax(scale, fabs((double)g[i]));
    for (int64_t i = 0; i < n; i++) {
        const double keep = x[i];
        x[i] = keep + GRADIENT_STEP;
        const double up = loss(user);
        x[i] = keep - GRADIENT_STEP;
        const double down = loss(user);
        x[i] = keep;
        const double want = (up - down) / (2.0 * GRADIENT_STEP);
        if (!(fabs((double)g[i] - want) <= tolerance * (1.0 + scale)))
            fail_msg("%s: element %lld: gradient %.8g, central difference %.8g", what, (long long)i, (double)g[i], want);
    }
}

#endif
