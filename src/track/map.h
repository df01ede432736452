/* map.h - a map of numbers, as a picture with axes. */
#ifndef GWS_TRACK_MAP_H
#define GWS_TRACK_MAP_H

#include "base/err.h"
#include "track/track.h"

#include <stdint.h>

typedef struct gws_track_map {
    const char *tag, *title;
    const float *v; /* (lines, columns), the first line is the lowest */
    int columns, lines;
    double x_to, y_to; /* ends of the axes, which begin at 0 */
    const char *x_label, *y_label;
    double from, to;   /* of the scale of colours */
    const char *scale; /* what it is of; NULL: none is drawn */
} gws_track_map;

/* Draw the map and log it as an image. */
gws_status gws_track_draw(gws_track *t, int64_t step, const gws_track_map *map, gws_err *err);

#endif
