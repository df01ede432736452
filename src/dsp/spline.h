/* spline.h - the cubic spline through points, with no knot at the second and the last but one, as FITPACK interpolates. */
#ifndef GWS_DSP_SPLINE_H
#define GWS_DSP_SPLINE_H

#include <stdint.h>

/* Second derivatives of the spline at its points.
 *   x, y   (n) in   x rising strictly
 *   work   (2 n)    scratch
 *   curve  (n) out  fewer than 4 points: zeros, which makes a line of straight pieces */
void gws_spline_make(const double *x, const double *y, int64_t n, double *work, double *curve);

/* Value at a place; beyond the ends the outer pieces go on. */
double gws_spline_at(const double *x, const double *y, const double *curve, int64_t n, double at);

#endif
