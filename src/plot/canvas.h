/* canvas.h - a page to draw on, which becomes a PNG, SVG or PDF file by the ending of its name.  canvas.c alone knows Cairo.
 *
 * Units: a point (1/72 inch) in SVG and PDF, 7/4 of a pixel in PNG.  x runs to the right, y downwards.  Later shapes cover earlier
 * ones; texts cover all shapes in SVG, where they are text and not outlines, so that they can be searched and read aloud.
 * The same calls give the same bytes: no file holds a time.
 *
 * Nothing that draws can fail by itself; what went wrong is said by gws_canvas_save.
 * Thread rule: one canvas by one thread at a time.
 */
#ifndef GWS_PLOT_CANVAS_H
#define GWS_PLOT_CANVAS_H

#include "base/err.h"
#include "plot/style.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_point {
    double x, y;
} gws_point;

typedef struct gws_box {
    double x, y, width, height; /* of the upper left corner, and from there to the right and downwards */
} gws_box;

typedef struct gws_canvas gws_canvas;

/* A white page.
 *   path  in   copied; an ending that is not one of GWS_FORMAT_FIGURE's is EARG
 *   size       of the page, each at most 10000
 * returns  NULL on failure (EARG, ENOMEM) */
gws_canvas *gws_canvas_create(const char *path, double width, double height, gws_err *err);
void gws_canvas_destroy(gws_canvas *c);

double gws_canvas_width(const gws_canvas *c);
double gws_canvas_height(const gws_canvas *c);

/* Shapes are drawn within this box only, until the next call; NULL: on the whole page.  Texts are not clipped. */
void gws_canvas_clip(gws_canvas *c, const gws_box *box);

/*   at  (n) in   corners of a line, or of a polygon to be filled */
void gws_canvas_line(gws_canvas *c, const gws_point *at, int64_t n, gws_pen pen);
void gws_canvas_fill(gws_canvas *c, const gws_point *at, int64_t n, uint32_t colour);
/* A picture of (lines, columns) colours, the first line at the bottom, one rectangle each; NULL: there was no memory for them, which
 * gws_canvas_save will say. */
void gws_canvas_image(gws_canvas *c, const gws_box *box, const uint32_t *colours, int columns, int lines);

void gws_canvas_mark(gws_canvas *c, gws_point at, gws_mark mark);

/* Width of a text as it would be drawn. */
double gws_canvas_text_width(gws_canvas *c, const gws_type *type, const char *text);

/* A line of text whose letters stand on `at`.  Bytes that are not UTF-8 become \xNN.  A text never leaves the page: it is moved, then
 * set smaller down to GWS_SIZE_SMALLEST, then cut. */
void gws_canvas_text(gws_canvas *c, gws_point at, gws_type type, const char *text);

/* Name of the document, in SVG and PDF. */
void gws_canvas_name(gws_canvas *c, const char *text);

/* Finish the page and write the file as base/output.h has it.  Nothing can be drawn afterwards. */
gws_status gws_canvas_save(gws_canvas *c, gws_err *err);

/* The same, but hand over the bytes of the file, which the caller frees. */
gws_status gws_canvas_bytes(gws_canvas *c, char **out, size_t *size, gws_err *err);

/* "Cairo 1.16.0": what draws. */
const char *gws_canvas_library(char out[32]);

#endif
