/* plot.h - figures for people: axes, lines, markers, text, to PNG (through libpng) or SVG by the file's name.
 *
 * A figure is a list of shapes in pixels (y downwards), drawn once when it is saved.  Panels map data to pixels and
 * clip to their box.  Same calls give the same bytes.  When memory runs out the calls do nothing and saving says so.
 */
#ifndef GWS_CLI_PLOT_H
#define GWS_CLI_PLOT_H

#include "base/err.h"

#include <stdint.h>

/* Colours, 0xRRGGBB.  Detectors wear what the field's figures give them. */
#define GWS_INK 0x222222u
#define GWS_GREY 0x888888u
#define GWS_COLOUR_H1 0xd62f27u
#define GWS_COLOUR_L1 0x2f7fd6u
#define GWS_COLOUR_V1 0x8e4fb3u
#define GWS_COLOUR_SPIKING 0x0b6e69u
#define GWS_COLOUR_LINEAR 0xd99527u
#define GWS_COLOUR_MARK 0xc2185bu

typedef struct gws_plot gws_plot;

typedef enum gws_marker { GWS_MARK_DISC, GWS_MARK_CIRCLE, GWS_MARK_UP, GWS_MARK_DOWN, GWS_MARK_CROSS } gws_marker;
typedef enum gws_anchor { GWS_LEFT, GWS_CENTRE, GWS_RIGHT } gws_anchor;

gws_plot *gws_plot_create(int width, int height, gws_err *err);
void gws_plot_destroy(gws_plot *p);

/* Text of any kind that is wider than the page is set smaller, down to a size that can be read, and then cut; no text leaves the page. */

/* Figure title (with a smaller line below; NULL for none). */
void gws_plot_title(gws_plot *p, const char *title, const char *subtitle);

/* Start a panel: box [x, x+w) by [y, y+h) in pixels, ranges of the data, labels (NULL: none; that also leaves out the
 * numbers).  Ticks at multiples of 1, 2 or 5 times a power of ten, two at least; a range that is too narrow for that is widened. */
void gws_plot_panel(gws_plot *p, double x, double y, double w, double h, double xlo, double xhi, double ylo, double yhi,
                    const char *xlabel, const char *ylabel);

/* x of the panels from here on is a logarithm to base 2 or 10 (0: it is x again): ticks stand at powers, of 10 also at 2 and 5 times where
 * there is room, and have the number itself. */
void gws_plot_logarithmic(gws_plot *p, int base);

/* In data coordinates of the last panel, clipped to it.
 *   x, y   (n); a point that is not finite breaks the line; very long lines become their envelope per pixel */
void gws_plot_line(gws_plot *p, const double *x, const double *y, int64_t n, uint32_t colour, double width);
void gws_plot_vline(gws_plot *p, double x, uint32_t colour, double width, int dashed);
void gws_plot_hline(gws_plot *p, double y, uint32_t colour, double width, int dashed);
void gws_plot_bar(gws_plot *p, double x, double ylo, double yhi, uint32_t colour); /* from the left edge to x */
void gws_plot_band(gws_plot *p, double xlo, double xhi, uint32_t colour);          /* shading over the whole height */
void gws_plot_mark(gws_plot *p, double x, double y, gws_marker shape, uint32_t colour, double size);
/* Text beside a point, dx and dy in pixels. */
void gws_plot_note(gws_plot *p, double x, double y, double dx, double dy, gws_anchor anchor, uint32_t colour, const char *text);

/* A row of names above the right end of the last panel; called once per name, from the right.  marker: a gws_marker or one of these. */
enum { GWS_LEGEND_LINE = -1, GWS_LEGEND_DASHED = -2 };
void gws_plot_legend(gws_plot *p, const char *name, uint32_t colour, int marker);

/* Text anywhere, in pixels; size is the height of a capital. */
void gws_plot_text(gws_plot *p, double x, double y, double size, gws_anchor anchor, uint32_t colour, const char *text);

/* Write as base/output.h has it.  *.svg gives SVG, all else PNG. */
gws_status gws_plot_save(const gws_plot *p, const char *path, gws_err *err);

#endif
