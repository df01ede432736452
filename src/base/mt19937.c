#include "base/mt19937.h"

#include "base/err.h"

#include <math.h>

#define SHIFT 397

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

uint32_t gws_mt_bits(gws_mt *m)
{
    if (m->next == GWS_MT_WORDS)
        twist(m);
    uint32_t y = m->word[m->next++];
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
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

void gws_mt_normal(gws_mt *m, double scale, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (m->has_normal) {
            m->has_normal = 0;
            out[i] = scale * m->normal;
            continue;
        }
        double a, b, r2;
        do {
            a = 2 * gws_mt_uniform(m) - 1;
            b = 2 * gws_mt_uniform(m) - 1;
            r2 = a * a + b * b;
        } while (r2 >= 1 || r2 == 0);
        double f = sqrt(-2 * log(r2) / r2);
        m->normal = f * a;
        m->has_normal = 1;
        out[i] = scale * (f * b);
    }
}
