/* mt19937.h - the random numbers of numpy.random.RandomState.
 *
 * It serves to agree with programs that draw from that generator (PyCBC).  Everything of our own uses rng.h, where a number does
 * not depend on who asks first.  Mersenne Twister of Matsumoto and Nishimura (1998), seeded with one integer; doubles of 53 bits;
 * normal numbers by the polar method, two at a time, as NumPy's legacy generator makes them (NEP 19 freezes them).  Integers and
 * doubles are NumPy's bits; a normal number may differ in its last bits, because its logarithm is our own: the same bits on every
 * machine, 8 ns a number.
 */
#ifndef GWS_BASE_MT19937_H
#define GWS_BASE_MT19937_H

#include <stddef.h>
#include <stdint.h>

#define GWS_MT_WORDS 624

typedef struct gws_mt {
    uint32_t word[GWS_MT_WORDS];
    int next;       /* index of the next word; GWS_MT_WORDS: twist first */
    int has_normal; /* the second number of a pair is waiting */
    double normal;
} gws_mt;

/* RandomState(seed), or numpy.random.seed(seed). */
void gws_mt_seed(gws_mt *m, uint32_t seed);

uint32_t gws_mt_bits(gws_mt *m);
double gws_mt_uniform(gws_mt *m);                          /* random_sample(): [0,1) */
double gws_mt_range(gws_mt *m, double lo, double hi);      /* uniform(lo, hi) */
int64_t gws_mt_integer(gws_mt *m, int64_t lo, int64_t hi); /* randint(lo, hi): lo <= x < hi */

/* normal(scale=scale, size=n): the next n numbers.  The same numbers however a run of them is cut. */
void gws_mt_normal(gws_mt *m, double scale, double *out, size_t n);

#endif
