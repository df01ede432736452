/* spline.c - see spline.h. */
#include "dsp/spline.h"

#include <string.h>

/* Second derivatives m solve h[i-1] m[i-1] + 2 (h[i-1]+h[i]) m[i] + h[i] m[i+1] = 6 (slope[i] - slope[i-1]); that the third derivative has
 * no step at points 1 and n-2 gives m[0] and m[n-1] by those beside them, which leaves a tridiagonal system of n-2 unknowns. */
void gws_spline_make(const double *x, const double *y, int64_t n, double *work, double *curve)
{
    double *upper = work, *right = work + n;

    memset(curve, 0, (size_t)n * sizeof *curve);
    if (n < 4)
        return;
    const double h0 = x[1] - x[0], h1 = x[2] - x[1], hy = x[n - 2] - x[n - 3], hz = x[n - 1] - x[n - 2];
    for (int64_t i = 1; i < n - 1; i++) {
        const double a = x[i] - x[i - 1], b = x[i + 1] - x[i];
        double low = a, middle = 2 * (a + b), up = b;
        const double r = 6 * ((y[i + 1] - y[i]) / b - (y[i] - y[i - 1]) / a);
        if (i == 1) { /* m0 = m1 (1 + h0/h1) - m2 h0/h1 */
            middle += h0 * (1 + h0 / h1);
            up -= h0 * h0 / h1;
            low = 0;
        }
        if (i == n - 2) { /* m[n-1] = m[n-2] (1 + hz/hy) - m[n-3] hz/hy */
            middle += hz * (1 + hz / hy);
            low -= hz * hz / hy;
            up = 0;
        }
        const double pivot = i == 1 ? middle : middle - low * upper[i - 1];
        upper[i] = up / pivot;
        right[i] = (r - (i == 1 ? 0 : low * right[i - 1])) / pivot;
    }
    for (int64_t i = n - 2; i >= 1; i--)
        curve[i] = right[i] - (i == n - 2 ? 0 : upper[i] * curve[i + 1]);
    curve[0] = curve[1] * (1 + h0 / h1) - curve[2] * h0 / h1;
    curve[n - 1] = curve[n - 2] * (1 + hz / hy) - curve[n - 3] * hz / hy;
}

double gws_spline_at(const double *x, const double *y, const double *curve, int64_t n, double at)
{
    int64_t low = 0, high = n - 1;

    if (n == 1)
        return y[0];
    while (high - low > 1) {
        const int64_t middle = (low + high) / 2;
        if (x[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    const double h = x[low + 1] - x[low], b = (at - x[low]) / h, a = 1 - b;
    return a * y[low] + b * y[low + 1] + ((a * a * a - a) * curve[low] + (b * b * b - b) * curve[low + 1]) * h * h / 6;
}
