/* chart.h - curves against one quantity: the one description that a page's interactive plot, its picture, its CSV and its HDF5 are made
 * from.
 *
 *     c = gws_chart_create(&(gws_chart_params){.id = "psd", .title = "Noise", .x = {...}, .y = {...}}, err)
 *     gws_chart_curve(c, &(gws_curve){.name = "H1", .x = f, .y = a, .n = n})         copied
 *     gws_page_chart(page, c, err)                                                   page.h
 *     gws_chart_destroy(c)
 */
#ifndef GWS_REPORT_CHART_H
#define GWS_REPORT_CHART_H

#include "base/err.h"
#include "base/hdf5.h"
#include "plot/style.h"

#include <stdint.h>
#include <stdio.h>

#define GWS_CURVES_MAX 12
#define GWS_MOMENTS_MAX 64

typedef struct gws_chart_axis {
    const char *label; /* with the unit */
    int logarithmic;
    double from, to; /* NaN or both 0: what the curves take */
} gws_chart_axis;

typedef struct gws_chart_params {
    const char *id;    /* a word: letters, digits, '-' */
    const char *title; /* a line */
    const char *says;  /* how to read it, a sentence or two; NULL: none */
    gws_chart_axis x, y;
} gws_chart_params;

typedef enum gws_curve_kind { GWS_CURVE_LINE, GWS_CURVE_POINTS, GWS_CURVE_STEPS } gws_curve_kind;

typedef struct gws_curve {
    const char *name;
    const double *x, *y;      /* (n); x rising for lines; a y that is not finite breaks a line */
    const double *low, *high; /* (n) a band around it; NULL: none */
    int64_t n;
    gws_curve_kind kind;
    int pen; /* 1 + index in gws_style_lines; 0: the next one that is free */
} gws_curve;

/* A place on the x axis that is marked by a line. */
typedef struct gws_moment {
    double x;
    const char *name;
} gws_moment;

/* Whether row i of n, counted from the loudest or the rarest, stays where a curve of very many would make a page too large: the first 200 do,
 * and of the others so many that about 2000 are left. */
int gws_curve_keeps(int64_t i, int64_t n);

typedef struct gws_chart gws_chart;

/* NULL on failure (ENOMEM); texts are copied. */
gws_chart *gws_chart_create(const gws_chart_params *p, gws_err *err);
void gws_chart_destroy(gws_chart *c);

gws_status gws_chart_curve(gws_chart *c, const gws_curve *curve, gws_err *err);
void gws_chart_moment(gws_chart *c, const gws_moment *m); /* more than GWS_MOMENTS_MAX are left out */

const char *gws_chart_id(const gws_chart *c);
const char *gws_chart_title(const gws_chart *c);
const char *gws_chart_says(const gws_chart *c);
int64_t gws_chart_points(const gws_chart *c); /* of all curves */

/* The picture as SVG, drawn by plot/; *svg is for free().  path: name for messages, ends with .svg */
gws_status gws_chart_svg(const gws_chart *c, const char *path, char **svg, size_t *size, gws_err *err);

/* What page.js draws from, one JSON object: id, labels, curves, rows of x and values (null where a curve has none there). */
void gws_chart_json(const gws_chart *c, FILE *out);

/* A group /charts/ID: attributes title, x_label, y_label; a group for each curve with x, y and, where there is a band, low and high. */
gws_status gws_chart_write(const gws_chart *c, gws_h5 *f, gws_err *err);

#endif
