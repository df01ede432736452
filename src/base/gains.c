/* gains.c - see gains.h. */
#include "base/gains.h"

#include "base/array.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

int gws_gains_add(gws_gains *g, int64_t from, const float *gain)
{
    const size_t row = (size_t)g->width * sizeof *gain;

    GWS_ASSERT(g->n == 0 || from > g->from[g->n - 1]);
    if (g->n > 0 && memcmp(g->gain + (g->n - 1) * g->width, gain, row) == 0)
        return 0;
    if (!GWS_ARRAY_ROOM(g->from, g->from_room, g->n + 1) || !GWS_ARRAY_ROOM(g->gain, g->gain_room, (g->n + 1) * g->width))
        return -1;
    g->from[g->n] = from;
    memcpy(g->gain + g->n * g->width, gain, row);
    g->n++;
    return 0;
}

int64_t gws_gains_at(const gws_gains *g, int64_t sample)
{
    int64_t lo = 0, hi = g->n;

    GWS_ASSERT(g->n > 0);
    while (hi - lo > 1) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (g->from[mid] <= sample)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

void gws_gains_drop(gws_gains *g, int64_t sample)
{
    const int64_t gone = g->n > 0 ? gws_gains_at(g, sample) : 0;

    if (gone == 0)
        return;
    g->n -= gone;
    memmove(g->from, g->from + gone, (size_t)g->n * sizeof *g->from);
    memmove(g->gain, g->gain + gone * g->width, (size_t)(g->n * g->width) * sizeof *g->gain);
}

void gws_gains_clear(gws_gains *g)
{
    free(g->from);
    free(g->gain);
    *g = (gws_gains){.width = g->width};
}
