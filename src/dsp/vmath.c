#include "dsp/vmath.h"

#include "dsp/clones.h"

#include <math.h>
#include <string.h>

#define SHIFT 0x1.8p52 /* added and taken away again, it rounds to a whole number; added, the low bits are that number */

static inline uint64_t bits_of(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline double double_of(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* x = m 2^e, m in [1, 2); e as a double. */
static inline double exponent_of(double x)
{
    return double_of((bits_of(x) >> 52) | 0x4330000000000000U) - (0x1p52 + 1023);
}

static inline double mantissa_of(double x)
{
    return double_of((bits_of(x) & 0x000fffffffffffffU) | 0x3ff0000000000000U);
}

/* log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2 + f): the classical series, with fdlibm's minimax coefficients of R. */
GWS_CLONES void gws_vlog(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        /* x = m 2^e, m within a factor sqrt 2 of 1 */
        uint64_t bits = bits_of(x[i]), field = (bits + 0x00095f619980c433U) >> 52;
        double e = double_of(field | 0x4330000000000000U) - (0x1p52 + 1023);
        double f = double_of(bits - (field << 52) + 0x3ff0000000000000U) - 1, s = f / (2 + f), z = s * s;
        double r =
            z * (6.666666666666735130e-01 +
                 z * (3.999999999940941908e-01 +
                      z * (2.857142874366239149e-01 +
                           z * (2.222219843214978396e-01 +
                                z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 + z * 1.479819860511658591e-01))))));
        double half = 0.5 * f * f;
        y[i] = e * 6.93147180369123816490e-01 - ((half - (s * (half + r) + e * 1.90821492927058770002e-10)) - f);
    }
}

/* A polynomial good to 1.4e-6, then one step of Halley's, which cubes that. */
GWS_CLONES void gws_vcbrt(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double a = x[i], m = mantissa_of(a) - 1.5, e = exponent_of(a);
        double third = (e - 1) * (1.0 / 3) + SHIFT - SHIFT, rest = e - 3 * third; /* 0, 1 or 2 */
        double root = rest > 1.5 ? 1.5874010519681994 : rest > 0.5 ? 1.2599210498948732 : 1.0;
        double scale = double_of(bits_of(third + (0x1p52 + 1023)) << 52);
        double p =
            1.14471291750816 +
            m * (0.2543850620078393 +
                 m * (-0.056435299391342994 + m * (0.020831391433917643 + m * (-0.010275171614888296 + m * 0.0052491689888536))));
        double t = p * root * scale, cube = t * t * t;
        y[i] = t - t * ((cube - a) / (2 * cube + a));
    }
}

/* x = k log 2 + r, exp(r) = 1 + 2 r/(R - r) with fdlibm's minimax polynomial of R = r coth(r/2). */
GWS_CLONES void gws_vexp(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double a = x[i] <= -700 ? -700 : x[i];
        double turns = a * 1.44269504088896338700e+00 + SHIFT, k = turns - SHIFT;
        double hi = a - k * 6.93147180369123816490e-01, lo = k * 1.90821492927058770002e-10, r = hi - lo, z = r * r;
        double c =
            r - z * (1.66666666666666019037e-01 +
                     z * (-2.77777777770155933842e-03 +
                          z * (6.61375632143793436117e-05 + z * (-1.65339022054652515390e-06 + z * 4.13813679705723846039e-08))));
        double e = 1 - ((lo - (r * c) / (2 - c)) - hi);
        e *= double_of(bits_of(k + (0x1p52 + 1023)) << 52);
        y[i] = x[i] <= -700 ? 0 : e;
    }
}

/* atan |x| = atan c + atan((|x| - c)/(1 + c |x|)) with c one of 0, 1/2, 1, 3/2, infinity, then fdlibm's minimax polynomial. */
GWS_CLONES void gws_vatan(int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        double a = fabs(x[i]), top = a, low = 1, hi = 0, lo = 0;
        if (a >= 0.4375)
            top = a - 0.5, low = 1 + 0.5 * a, hi = 4.63647609000806093515e-01, lo = 2.26987774529616870924e-17;
        if (a >= 0.6875)
            top = a - 1, low = 1 + a, hi = 7.85398163397448278999e-01, lo = 3.06161699786838301793e-17;
        if (a >= 1.1875)
            top = a - 1.5, low = 1 + 1.5 * a, hi = 9.82793723247329054082e-01, lo = 1.39033110312309984516e-17;
        if (a >= 2.4375)
            top = -1, low = a, hi = 1.57079632679489655800e+00, lo = 6.12323399573676603587e-17;
        double t = top / low, z = t * t, w = z * z;
        double odd =
            z * (3.33333333333329318027e-01 +
                 w * (1.42857142725034663711e-01 +
                      w * (9.09088713343650656196e-02 +
                           w * (6.66107313738753120669e-02 + w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
        double even =
            w * (-1.99999999998764832476e-01 +
                 w * (-1.11111104054623557880e-01 +
                      w * (-7.69187620504482999495e-02 + w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
        double angle = hi - ((t * (odd + even) - lo) - t);
        y[i] = double_of(bits_of(angle) | (bits_of(x[i]) & 0x8000000000000000U));
    }
}

/* Quarter turns taken away in three parts of pi/2 (Cody & Waite), then fdlibm's minimax polynomials on -pi/4..pi/4. */
static inline void sincos_of(double x, double *s, double *c)
{
    double turns = x * 6.36619772367581382433e-01 + SHIFT, k = turns - SHIFT;
    uint64_t quarter = bits_of(turns);
    double r = ((x - k * 1.57079632673412561417e+00) - k * 6.07710050630396597660e-11) - k * 2.02226624879595063154e-21, z = r * r;
    double sine =
        r + r * z *
                (-1.66666666666666324348e-01 +
                 z * (8.33333333332248946124e-03 +
                      z * (-1.98412698298579493134e-04 +
                           z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
    double half = 0.5 * z, w = 1 - half;
    double cosine =
        w +
        (((1 - w) - half) +
         z * z *
             (4.16666666666666019037e-02 +
              z * (-1.38888888888741095749e-03 +
                   z * (2.48015872894767294178e-05 +
                        z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))))));
    uint64_t swap = (bits_of(sine) ^ bits_of(cosine)) & (0 - (quarter & 1)); /* in a branch one of the two would not be made */
    *s = double_of(bits_of(sine) ^ swap ^ ((quarter & 2) << 62));
    *c = double_of(bits_of(cosine) ^ swap ^ (((quarter + 1) & 2) << 62));
}

GWS_CLONES static void sincos_of_all(int64_t n, const double *restrict x, double *restrict s, double *restrict c)
{
    for (int64_t i = 0; i < n; i++)
        sincos_of(x[i], &s[i], &c[i]);
}

void gws_vsincos(int64_t n, const double *restrict x, double *restrict s, double *restrict c)
{
    sincos_of_all(n, x, s, c);
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(x[i]) < 0x1p19)) {
            s[i] = sin(x[i]);
            c[i] = cos(x[i]);
        }
}
