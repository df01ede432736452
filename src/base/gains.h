/* gains.h - factors that change with time: from a sample on a row of them holds, until the next row's sample.
 *
 * What whitens strain (dsp/condition.h) says with them how loud the noise behind it is in each of several filters, and the filters
 * (nn/filters.h) multiply their output by them.
 */
#ifndef GWS_BASE_GAINS_H
#define GWS_BASE_GAINS_H

#include <stdint.h>

/* A noun; {.width = W} is an empty one. */
typedef struct gws_gains {
    int width;
    int64_t n, from_room, gain_room;
    int64_t *from; /* (n) absolute samples, rising */
    float *gain;   /* (n, width) */
} gws_gains;

/* From sample `from` on, which is later than that of the last row, these hold.  A row like the last one is left out.
 *   gain  (width)
 * returns  0; -1 without memory: what is there stays */
int gws_gains_add(gws_gains *g, int64_t from, const float *gain);

/* The row that holds at a sample; the first one for what comes before it.  There must be one. */
int64_t gws_gains_at(const gws_gains *g, int64_t sample);

/* Nothing before `sample` will be asked for. */
void gws_gains_drop(gws_gains *g, int64_t sample);
void gws_gains_clear(gws_gains *g); /* empty, of the same width */

#endif
