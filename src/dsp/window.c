#include "dsp/window.h"

#include "base/err.h"

#include <math.h>

void gws_window_hann(int64_t n, double *w)
{
    GWS_ASSERT(n >= 1);
    if (n == 1)
        w[0] = 1.0;
    for (int64_t i = 0; i < n && n > 1; i++)
        w[i] = 0.5 - 0.5 * cos(2.0 * M_PI * (double)i / (double)(n - 1));
}

void gws_window_tukey(int64_t n, double alpha, double *w)
{
    GWS_ASSERT(n >= 1 && alpha >= 0.0 && alpha <= 1.0);
    double edge = 0.5 * alpha * (double)(n - 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t from_end = i < n - 1 - i ? i : n - 1 - i;
        w[i] = (double)from_end < edge ? 0.5 - 0.5 * cos(M_PI * (double)from_end / edge) : 1.0;
    }
}
