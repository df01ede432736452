/* level.h - level crossings: codes a statistic as ON and OFF events without losing its value.
 *
 * The level of a statistic x is q = floor(x / step).  Each step sends the change of the level since the last one in unary, over `n` ON
 * and `n` OFF channels: channel j of ON fires when the level rose by more than j, channel j of OFF when it fell by more than j.  A change
 * of more than n is sent over several steps.  So a membrane that adds ON and subtracts OFF follows x / step to within one level,
 * and a leaky membrane forgets as it leaks.
 *
 * This is send-on-delta with several levels a channel and no dead band.  With a step of one unit of log-likelihood and a membrane of 20
 * steps a matched-filter statistic keeps its sensitive distance to a third of a per cent, at about one event a step.
 *
 * Cut: causal; the level last sent is carried.  The first step after a reset sets the level and sends nothing.
 */
#ifndef GWS_NN_LEVEL_H
#define GWS_NN_LEVEL_H

#include <stdint.h>

typedef struct gws_level {
    float step;     /* one level, positive */
    int n, C;       /* channels of each sign; room for so many, C >= n */
    int64_t stride; /* from one step's statistic to the next */
} gws_level;

/* T steps of one sequence.
 *   x      in      x[t*stride] is the statistic of step t, finite
 *   age    in      steps since the reset before this call; 0: the first step sets the level
 *   level  in/out  the level last sent
 *   bits   (T,words of 2C) in/out: ON j at bit j, OFF j at bit C+j; bits are added to what is there.  NULL: none
 *   s      (T,2C) out: the same as numbers, of these channels only.  NULL: none
 */
void gws_level_forward(const gws_level *l, const float *x, int64_t T, int64_t age, float *level, uint64_t *bits, float *s);

#endif
