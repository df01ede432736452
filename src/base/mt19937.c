#include "base/mt19937.h"

#include "base/err.h"

#include <math.h>
#include <string.h>

#define SHIFT 397
#define TRIES (GWS_MT_WORDS / 4) /* points in the square that one state of the generator makes */

typedef struct point {
    double x, y;
} point;

void gws_mt_seed(gws_mt *m, uint32_t seed)
{
    for (int i = 0; i < GWS_MT_WORDS; i++) {
        m->word[i] = seed;
        seed = UINT32_C(1812433253) * (seed ^ (seed >> 30)) + (uint32_t)i + 1;
    }
    m->next = GWS_MT_WORDS;
    m->has_normal = 0;
    m->normal = 0;
}

static uint32_t twisted(uint32_t a, uint32_t b, uint32_t far)
{
    uint32_t y = (a & UINT32_C(0x80000000)) | (b & UINT32_C(0x7fffffff));
    return far ^ (y >> 1) ^ ((0U - (y & 1U)) & UINT32_C(0x9908b0df));
}

static void twist(gws_mt *m)
{
    uint32_t *w = m->word;
    for (int i = 0; i < GWS_MT_WORDS - SHIFT; i++)
        w[i] = twisted(w[i], w[i + 1], w[i + SHIFT]);
    for (int i = GWS_MT_WORDS - SHIFT; i < GWS_MT_WORDS - 1; i++)
        w[i] = twisted(w[i], w[i + 1], w[i + SHIFT - GWS_MT_WORDS]);
    w[GWS_MT_WORDS - 1] = twisted(w[GWS_MT_WORDS - 1], w[0], w[SHIFT - 1]);
    m->next = 0;
}

static inline uint32_t tempered(uint32_t y)
{
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

uint32_t gws_mt_bits(gws_mt *m)
{
    if (m->next == GWS_MT_WORDS)
        twist(m);
    return tempered(m->word[m->next++]);
}

double gws_mt_uniform(gws_mt *m)
{
    uint32_t a = gws_mt_bits(m) >> 5, b = gws_mt_bits(m) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

double gws_mt_range(gws_mt *m, double lo, double hi)
{
    return lo + (hi - lo) * gws_mt_uniform(m);
}

int64_t gws_mt_integer(gws_mt *m, int64_t lo, int64_t hi)
{
    GWS_ASSERT(lo < hi);
    uint64_t most = (uint64_t)hi - (uint64_t)lo - 1, mask = most, x;
    if (most == 0)
        return lo;
    for (int shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    do {
        x = gws_mt_bits(m);
        if (most > UINT32_MAX)
            x = x << 32 | gws_mt_bits(m);
        x &= mask;
    } while (x > most);
    return (int64_t)((uint64_t)lo + x);
}

static inline uint64_t bits_of(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline double of_bits(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* sqrt(-2 log(r2) / r2) for 0 < r2 < 1, the logarithm within one unit of its last place.  Written out, without a branch, for two
 * reasons: loops over it become vector code, and its bits are the same on every machine, which those of the C library's log are not.
 * r2 = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); log(1 + f) = 2 atanh(s) at s = f / (2 + f), by Taylor's series. */
static inline double polar_factor(double r2)
{
    const uint64_t root_half = UINT64_C(0x3fe6a09e667f3bcd), fraction = UINT64_C(0x000fffffffffffff);
    uint64_t up = bits_of(r2) + (UINT64_C(0x3ff0000000000000) - root_half);
    double k = of_bits(up >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    double f = of_bits((up & fraction) + root_half) - 1, half = 0.5 * f * f, s = f / (2 + f), z = s * s, w = z * z;
    double odd = w * (2.0 / 5 + w * (2.0 / 9 + w * (2.0 / 13 + w * (2.0 / 17))));
    double even = z * (2.0 / 3 + w * (2.0 / 7 + w * (2.0 / 11 + w * (2.0 / 15 + w * (2.0 / 19)))));
    double small = s * (half + (odd + even)) + k * 0x1.cf79abc9e3b3ap-40; /* ln 2 = the long part, of 33 bits, and the rest */
    double log_r2 = (k * 0x1.62e42fefap-1 + f) - (half - small);
    return sqrt(-2 * log_r2 / r2);
}

/* The next 624 numbers, tempered. */
static void take_state(gws_mt *m, uint32_t *word)
{
    int left = GWS_MT_WORDS - m->next;
    for (int i = 0; i < left; i++)
        word[i] = tempered(m->word[m->next + i]);
    int next = m->next;
    twist(m);
    for (int i = 0; i < next; i++)
        word[left + i] = tempered(m->word[i]);
    m->next = next;
}

/* As many pairs of normal numbers as TRIES points in the square give, the same as one by one below.  Returns how many. */
static int normal_batch(gws_mt *m, double scale, double *out)
{
    uint32_t word[GWS_MT_WORDS];
    double square[2 * TRIES], r2[TRIES];
    point inside[TRIES];
    take_state(m, word);
    /* 2u - 1 of 53 bits is a multiple of 2^-52 and so exact: the upper 27 bits and the lower 26 are put into mantissas. */
    for (int i = 0; i < 2 * TRIES; i++) {
        double upper = of_bits(UINT64_C(0x44d0000000000000) | word[2 * i] >> 5) - (0x1p78 + 0x1p52);
        double lower = of_bits(UINT64_C(0x4330000000000000) | word[2 * i + 1] >> 6) - 0x1p52;
        square[i] = 0x1p-52 * (upper + lower);
    }
    for (int i = 0; i < TRIES; i++)
        r2[i] = square[2 * i] * square[2 * i] + square[2 * i + 1] * square[2 * i + 1];
    int n = 0;
    for (int i = 0; i < TRIES; i++) {
        double r = r2[i];
        inside[n] = (point){square[2 * i], square[2 * i + 1]};
        r2[n] = r;
        n += bits_of(r) - 1 < bits_of(1) - 1; /* 0 < r < 1, in one comparison */
    }
    for (int i = 0; i < n; i++)
        r2[i] = polar_factor(r2[i]);
    for (int i = 0; i < n; i++) {
        out[2 * i] = scale * (r2[i] * inside[i].y);
        out[2 * i + 1] = scale * (r2[i] * inside[i].x);
    }
    return n;
}

void gws_mt_normal(gws_mt *m, double scale, double *out, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (m->has_normal) {
            m->has_normal = 0;
            out[i++] = scale * m->normal;
            continue;
        }
        if (n - i >= 2 * TRIES) { /* room for all that a batch can make, so that none is left over */
            i += 2 * (size_t)normal_batch(m, scale, out + i);
            continue;
        }
        double a, b, r2;
        do {
            a = 2 * gws_mt_uniform(m) - 1;
            b = 2 * gws_mt_uniform(m) - 1;
            r2 = a * a + b * b;
        } while (r2 >= 1 || r2 == 0);
        double f = polar_factor(r2);
        m->normal = f * a;
        m->has_normal = 1;
        out[i++] = scale * (f * b);
    }
}
