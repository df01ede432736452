/* golden_hash.h - the numbers that golden scripts and tests both make for themselves, so that tables need not hold inputs. */
#ifndef GWS_TESTS_GOLDEN_HASH_H
#define GWS_TESTS_GOLDEN_HASH_H

#include <stdint.h>

/* Number i of a stream in [-1/2, 1/2), a multiple of 2^-24 (MurmurHash3's finaliser); uniform() of tools/golden. */
static inline double golden_hash(uint32_t salt, uint32_t stream, uint32_t i)
{
    uint32_t x = stream * 0x9E3779B9u + i * 0x85EBCA6Bu + salt * 0xC2B2AE35u;
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    x ^= x >> 16;
    return (double)(x >> 8) * 0x1p-24 - 0.5;
}

#endif
