/* qmap.h - the energies around a time on a regular grid, and their picture in the look of the field: time from the event, logarithmic
 * frequency, viridis from 0 to 25.5. */
#ifndef GWS_REPORT_QMAP_H
#define GWS_REPORT_QMAP_H

#include "base/err.h"
#include "plot/plot.h"
#include "report/look.h"

#include <stdint.h>

#define GWS_QMAP_TO 25.5 /* energy at the upper end of the colours */

typedef struct gws_qmap {
    char ifo[4];
    int columns, lines;
    double *time_s, *hz; /* (columns) from gps_ns of the look; (lines) even in the logarithm */
    float *energy;       /* (lines, columns) */
    double q;
} gws_qmap;

/* The map of a look from before_s before its time to after_s after it, as far as there are data, over the plane's frequencies.
 *   out  zero on failure; free with gws_qmap_clear */
gws_status gws_qmap_make(const gws_look *l, double before_s, double after_s, int columns, int lines, gws_qmap *out, gws_err *err);
void gws_qmap_clear(gws_qmap *m);

/* Draw it into a panel of its own; its scale stands to the right of the box.
 *   time  the label of the time axis; NULL: no numbers there either */
gws_panel *gws_qmap_draw(gws_plot *p, gws_box box, const gws_qmap *m, const char *time);

/* One map as a PNG; the caller frees it.
 *   axes  (4) out  where its axes stand in the picture: left, top, right, bottom as shares of it */
gws_status gws_qmap_png(const gws_qmap *m, const char *time, char **png, size_t *size, double axes[4], gws_err *err);

/* A page of one map a detector, below each other.
 *   path, title, below  file name by its ending; title and the line below it */
gws_status gws_qmap_save(const gws_qmap *maps, int n, const char *path, const char *title, const char *below, int64_t gps_ns,
                         gws_err *err);

#endif
