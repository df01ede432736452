#include "base/rng.h"

#include "base/err.h"

#include <Random123/threefry.h>
#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

/* Draws 4k .. 4k+3 are the four words of one Threefry block: key (seed, stream, 0, 0), counter (k, 0, 0, 0). */
static threefry4x64_ctr_t block_at(const gws_rng *r, uint64_t k)
{
    threefry4x64_ctr_t ctr = {{k, 0, 0, 0}};
    threefry4x64_key_t key = {{r->seed, r->stream, 0, 0}};
    return threefry4x64(ctr, key);
}

static double open_unit(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

uint64_t gws_rng_stream(const char *purpose, uint64_t number)
{
    /* FNV-1a of the word, then the finalizer of splitmix64, so that neighbouring numbers land far apart */
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *purpose; purpose++)
        h = (h ^ (unsigned char)*purpose) * UINT64_C(0x100000001b3);
    h += number * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

gws_rng gws_rng_init(uint64_t seed, const char *purpose, uint64_t number)
{
    return (gws_rng){.seed = seed, .stream = gws_rng_stream(purpose, number)};
}

uint64_t gws_rng_bits_at(const gws_rng *r, uint64_t index)
{
    return block_at(r, index / 4).v[index % 4];
}

double gws_rng_uniform_at(const gws_rng *r, uint64_t index)
{
    return open_unit(gws_rng_bits_at(r, index));
}

void gws_rng_normal_at(const gws_rng *r, uint64_t index, double *out, size_t n)
{
    uint64_t end = index + n;
    for (uint64_t k = index / 4; 4 * k < end; k++) {
        threefry4x64_ctr_t b = block_at(r, k);
        for (int pair = 0; pair < 2; pair++) {
            uint64_t i = 4 * k + 2 * (uint64_t)pair;
            if (i + 1 < index || i >= end)
                continue;
            double radius = sqrt(-2.0 * log(open_unit(b.v[2 * pair])));
            double angle = TWO_PI * open_unit(b.v[2 * pair + 1]);
            if (i >= index)
                out[i - index] = radius * cos(angle);
            if (i + 1 < end)
                out[i + 1 - index] = radius * sin(angle);
        }
    }
}

uint64_t gws_rng_bits(gws_rng *r)
{
    return gws_rng_bits_at(r, r->next++);
}

double gws_rng_uniform(gws_rng *r)
{
    return open_unit(gws_rng_bits(r));
}

double gws_rng_range(gws_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * gws_rng_uniform(r);
}

uint64_t gws_rng_below(gws_rng *r, uint64_t n)
{
    GWS_ASSERT(n > 0 && n <= UINT64_C(1) << 32);
    return ((gws_rng_bits(r) >> 32) * n) >> 32;
}

double gws_rng_normal(gws_rng *r)
{
    /* A normal is made of both draws of a pair.  A whole pair is taken here, so that it shares nothing
     * with a uniform number drawn just before or after. */
    uint64_t i = (r->next + 1) & ~UINT64_C(1);
    double v;
    gws_rng_normal_at(r, i, &v, 1);
    r->next = i + 2;
    return v;
}

void gws_rng_permutation(gws_rng *r, uint32_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)gws_rng_below(r, i);
        uint32_t t = out[i - 1];
        out[i - 1] = out[j];
        out[j] = t;
    }
}
