/* top.h - a live search on a terminal: the last minute of each search's logit as a line of small bars, detectors, times, triggers, the log.
 *
 * gws_top_draw is a function of the statistics and makes cells, nothing else; gws_screen_text makes of them what a terminal is sent.
 */
#ifndef GWS_LIVE_TOP_H
#define GWS_LIVE_TOP_H

#include "base/err.h"
#include "live/metrics.h"

#include <stdint.h>

/* ---- cells ---- */

typedef enum gws_style {
    GWS_STYLE_PLAIN,
    GWS_STYLE_HEAD,
    GWS_STYLE_STRONG,
    GWS_STYLE_FAINT,
    GWS_STYLE_GOOD,
    GWS_STYLE_WARN,
    GWS_STYLE_BAD
} gws_style;

typedef struct gws_cell {
    uint32_t code; /* of the character, Unicode */
    gws_style style;
} gws_cell;

#define GWS_SCREEN_ROWS 200
#define GWS_SCREEN_COLUMNS 400

typedef struct gws_screen {
    int rows, columns; /* up to the two above */
    gws_cell cell[GWS_SCREEN_ROWS][GWS_SCREEN_COLUMNS];
} gws_screen;

/* What a terminal has to be sent to show the screen, beginning at its upper left corner: styles as ECMA-48 has them, UTF-8.
 *   n   out  bytes
 * Caller frees; NULL: memory is out. */
char *gws_screen_text(const gws_screen *s, size_t *n);

/* ---- the view ---- */

/* A trigger, as text where the library has no words of its own. */
typedef struct gws_top_trigger {
    int64_t gps_ns;
    double stat;
    double late_s;      /* from the frame that completed it to now known */
    char far[32];       /* "< 0.5 /month" */
    char detectors[64]; /* "H1,L1" */
} gws_top_trigger;

typedef struct gws_top_view {
    const gws_live_vitals *vitals;
    const gws_top_trigger *triggers; /* (n_triggers) the newest first */
    int n_triggers;
    const char *const *log; /* (n_log) lines, the newest last; of strange bytes and controls nothing is shown */
    int n_log;
    int ascii; /* not 0: the terminal has no Unicode */
} gws_top_view;

/* Draw on a screen whose size is set.  What does not fit is cut: first the log, then triggers, then searches. */
void gws_top_draw(const gws_top_view *v, gws_screen *out);

#endif
