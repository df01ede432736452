/* vmath.h - elementary functions of whole arrays, for loops over frequencies: the compiler makes vectors of them.
 *
 * log, cbrt, exp and atan are within 1 unit in the last place, sin and cos within 2e-16 (absolute) of the exact value.  An element's bits depend
 * on that element alone: not on where the array is cut, nor on the width of the processor's vectors.  Thread rule: pure functions.
 * Cost: some 5 ns an element, sine and cosine together 7.
 */
#ifndef GWS_DSP_VMATH_H
#define GWS_DSP_VMATH_H

#include <stdint.h>

/* y = exp(x); x (n) below 700, from -700 down y is 0; y (n) out, may be x. */
void gws_vexp(int64_t n, const double *x, double *y);

/* y = atan(x); x (n) any number but NaN; y (n) out, may be x. */
void gws_vatan(int64_t n, const double *x, double *y);

/* y = log(x), y = cbrt(x); x (n) positive, normal numbers; y (n) out, may be x. */
void gws_vlog(int64_t n, const double *x, double *y);
void gws_vcbrt(int64_t n, const double *x, double *y);

/* s = sin(x), c = cos(x); x (n); s, c (n) out, neither may be x.  From |x| = 2^19 on they are the C library's. */
void gws_vsincos(int64_t n, const double *x, double *s, double *c);

#endif
