/* page.h - one self-contained HTML page: words, tables, charts and maps, in sections.  It opens from disk, asks nobody for anything (its
 * content security policy allows no request), reads on a telephone, and follows the reader's choice of light or dark.
 *
 * Each chart is there three times: as numbers that page.js draws by dygraphs and gives as CSV, and as the picture that plot/ draws, which is
 * what shows without scripts.  With a data file the numbers go there as well.
 *
 * All words are taken as they come, out of files too, and shown safely (text.h).
 */
#ifndef GWS_REPORT_PAGE_H
#define GWS_REPORT_PAGE_H

#include "base/err.h"
#include "base/hdf5.h"
#include "report/chart.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_page gws_page;

/*   data  HDF5 file for the numbers, borrowed; NULL: none
 * NULL on failure (ENOMEM) */
gws_page *gws_page_create(const char *title, const char *below, gws_h5 *data, gws_err *err);
void gws_page_destroy(gws_page *p);

/* A section and what is in it, until the next; id: a word. */
void gws_page_section(gws_page *p, const char *id, const char *title);
void gws_page_subsection(gws_page *p, const char *id, const char *title);
void gws_page_paragraph(gws_page *p, const char *text);

/* From grid to grid_end figures stand beside each other where there is room. */
void gws_page_grid(gws_page *p);
void gws_page_grid_end(gws_page *p);

/* Names and values, beside each other. */
typedef struct gws_fact {
    const char *name, *value;
} gws_fact;
void gws_page_facts(gws_page *p, const gws_fact *facts, int n);

/* A table, row by row; cells (columns). */
void gws_page_table(gws_page *p, const char *const *heads, int columns);
void gws_page_row(gws_page *p, const char *const *cells, int columns);
void gws_page_table_end(gws_page *p);

gws_status gws_page_chart(gws_page *p, const gws_chart *c, gws_err *err);

/* The same of n curves, without making a chart first. */
gws_status gws_page_curves(gws_page *p, const gws_chart_params *params, const gws_curve *curves, int n, gws_err *err);

/* A map, drawn by the caller as PNG, and its numbers.
 *   v        (lines, columns) in, the first line the lowest
 *   x, y     (columns), (lines) in
 *   axes     where the axes stand in the picture: left, top, right, bottom as shares of it
 *   digits   that a value is worth */
typedef struct gws_page_map {
    const char *id, *title, *says;
    const char *x_label, *y_label, *v_label;
    const void *png;
    size_t png_size;
    const float *v;
    const double *x, *y;
    int columns, lines;
    double axes[4];
} gws_page_map;
gws_status gws_page_put_map(gws_page *p, const gws_page_map *m, gws_err *err);

/* Finish: the page as one text, which the caller writes and frees. */
gws_status gws_page_take(gws_page *p, char **html, size_t *size, gws_err *err);

#endif
