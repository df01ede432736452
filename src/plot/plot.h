/* plot.h - figures for people: a page with a title, and panels on it that hold series, marks and notes.
 *
 *     plot = gws_plot_create("a.svg", 960, 540, err)         the page; the ending of its name chooses the format
 *     gws_plot_title(plot, "What it shows", "of which data")
 *     panel = gws_plot_panel(plot, box, &x, &y)              axes with ticks, grid and labels
 *     gws_panel_line(panel, t, h, n, gws_style_lines[0])     in data coordinates, clipped to the panel
 *     gws_panel_legend(panel, keys, 2)
 *     gws_plot_save(plot, err)                               the file
 *     gws_plot_destroy(plot)
 *
 * What is drawn later covers what was drawn before.  The same calls give the same bytes.  Drawing calls cannot fail; gws_plot_save says
 * whatever went wrong.  Nothing here knows what the numbers mean.
 */
#ifndef GWS_PLOT_PLOT_H
#define GWS_PLOT_PLOT_H

#include "base/err.h"
#include "plot/axis.h"
#include "plot/canvas.h"
#include "plot/style.h"

#include <stdint.h>

#define GWS_PANELS_MAX 16

typedef struct gws_plot gws_plot;
typedef struct gws_panel gws_panel; /* lives as long as its page */

/* A page of this size (canvas.h says in which units).  returns  NULL on failure (EARG, ENOMEM) */
gws_plot *gws_plot_create(const char *path, double width, double height, gws_err *err);
void gws_plot_destroy(gws_plot *p);

/* Title, and a smaller line below it (NULL: none), in the uppermost GWS_PLOT_HEAD units of the page. */
#define GWS_PLOT_HEAD 64.0
void gws_plot_title(gws_plot *p, const char *title, const char *subtitle);

/* A panel, at most GWS_PANELS_MAX on a page.
 *   box   of the axes; numbers and labels stand outside: to the left some 60 units, below 42, above 22 for a legend
 *   x, y  copied; made wider where neighbouring numbers would not differ */
gws_panel *gws_plot_panel(gws_plot *p, gws_box box, const gws_axis *x, const gws_axis *y);

/* Numbers along the right side, as those of a second quantity beside y.
 *   ticks  (n) `at` is a value of y (gws_axis_ticks_mapped makes them); whichever has no room beside an earlier one is left out
 *   label  of this side */
void gws_panel_right(gws_panel *q, const gws_tick *ticks, int n, const char *label);

/* ---- in data coordinates, clipped ---- */

/*   x, y  (n); a point that is not finite breaks the line; of many points in one column of pixels their extremes are drawn */
void gws_panel_line(gws_panel *q, const double *x, const double *y, int64_t n, gws_pen pen);
void gws_panel_vline(gws_panel *q, double x, gws_pen pen);
void gws_panel_hline(gws_panel *q, double y, gws_pen pen);

/*   x, low, high  (n) the area between two lines; points that are not finite are left out */
void gws_panel_area(gws_panel *q, const double *x, const double *low, const double *high, int64_t n, uint32_t colour);
void gws_panel_band(gws_panel *q, double from, double to, uint32_t colour); /* of x, over the whole height */

typedef struct gws_rect {
    double from, to;  /* of x */
    double low, high; /* of y */
} gws_rect;
void gws_panel_bar(gws_panel *q, gws_rect bar, uint32_t colour);

/* From low to high at x, with a short line across each end. */
void gws_panel_error(gws_panel *q, double x, double low, double high, gws_pen pen);

/* A mark beyond the upper or lower end stands on that end; one beside the panel is not drawn. */
void gws_panel_mark(gws_panel *q, double x, double y, gws_mark mark);

/* A map that fills the panel: values on a grid that is even along both axes as they are drawn, so of a logarithmic axis even in the
 * logarithm.  The scale of colours stands to the right of the panel, 70 units with its numbers.
 *   v     (lines, columns) in  the first line is the lowest; what is not finite is grey
 *   from, to, label  of the scale; beyond its ends are the colours of the ends */
typedef struct gws_map {
    const float *v;
    int columns, lines;
    double from, to;
    const char *label; /* NULL: no scale is drawn */
} gws_map;
void gws_panel_map(gws_panel *q, const gws_map *map);

/* ---- texts ---- */

typedef struct gws_note {
    double dx, dy; /* from the point, in units of the page */
    gws_anchor anchor;
    uint32_t colour;
    const char *text;
} gws_note;
void gws_panel_note(gws_panel *q, double x, double y, const gws_note *note);

/* What the panel is of, in bold letters in its upper left corner. */
void gws_panel_tag(gws_panel *q, const char *text);

/* A row of names above the right end of the panel. */
typedef struct gws_key {
    const char *name;
    const gws_pen *pen;   /* sample of a line; NULL: none */
    const gws_mark *mark; /* a mark; NULL: none; with neither, an area of this colour */
    uint32_t colour;
} gws_key;
void gws_panel_legend(gws_panel *q, const gws_key *keys, int n);

/* Write the file as base/output.h has it.  Nothing can be drawn afterwards. */
gws_status gws_plot_save(gws_plot *p, gws_err *err);

/* The same, but hand over the bytes of the file, which the caller frees. */
gws_status gws_plot_bytes(gws_plot *p, char **out, size_t *size, gws_err *err);

#endif
