/* rng.h - random numbers that do not depend on who asks first.
 *
 * Counter based (Threefry-4x64, 20 rounds, Salmon et al. 2011, through Random123):
 * a number is a pure function of (seed, stream, index).  Sample k of a noise
 * stream is the same in any chunk, on any thread.
 */
#ifndef GWS_BASE_RNG_H
#define GWS_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct gws_rng {
    uint64_t seed;   /* of the run */
    uint64_t stream; /* what it is for: gws_rng_stream("noise", k) */
    uint64_t next;   /* index of the next draw of the sequential calls below */
} gws_rng;

/* Name a stream: a hash of a word and a number, so that two uses never share draws. */
uint64_t gws_rng_stream(const char *purpose, uint64_t number);

/* Start a sequence at its beginning. */
gws_rng gws_rng_init(uint64_t seed, const char *purpose, uint64_t number);

/* 64 random bits of draw `index`; the state's `next` is not touched. */
uint64_t gws_rng_bits_at(const gws_rng *r, uint64_t index);

/* Uniform on the open interval (0,1), 52 bits, never 0 nor 1: draw `index`. */
double gws_rng_uniform_at(const gws_rng *r, uint64_t index);

/* n standard normal numbers, draws index .. index+n-1 (Box-Muller on pairs aligned to even
 * indices, so any range gives the same values as any other range that contains it). */
void gws_rng_normal_at(const gws_rng *r, uint64_t index, double *out, size_t n);

/* Sequential use: each call takes the next draw(s). */
uint64_t gws_rng_bits(gws_rng *r);
double gws_rng_uniform(gws_rng *r);                     /* (0,1) */
double gws_rng_range(gws_rng *r, double lo, double hi); /* uniform on (lo,hi) */
uint64_t gws_rng_below(gws_rng *r, uint64_t n);         /* uniform on 0..n-1, unbiased enough: n < 2^32 */
double gws_rng_normal(gws_rng *r);                      /* takes a whole pair, from the next even index */

/* Fisher-Yates: a permutation of 0..n-1. */
void gws_rng_permutation(gws_rng *r, uint32_t *out, uint32_t n);

#endif
