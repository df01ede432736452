/* plot.c - the page, its panels and their axes; see plot.h. */
#include "plot/plot.h"

#include "plot/panel.h"

#include <math.h>
#include <stdlib.h>

#define MARGIN 20.0      /* of the title */
#define TICK_LONG 5.0    /* outside the panel, beside a number */
#define TICK_SHORT 3.0   /* without one */
#define NUMBER_GAP 8.0   /* from the panel to its numbers */
#define LABEL_GAP 8.0    /* from the numbers to the label */
#define UPRIGHT_LEAST 24 /* width taken for numbers, so that labels of neighbouring panels are in line */
#define X_ROOM 58.0      /* for a number and the space to the next */
#define Y_ROOM 26.0
#define LETTER 0.36 /* of the size: half the height of a figure */

struct gws_plot {
    gws_canvas *canvas;
    gws_panel panels[GWS_PANELS_MAX];
    int n_panels;
};

static const gws_pen frame_pen = {GWS_GREY, 1.0, GWS_SOLID}, grid_pen = {GWS_GRID, 0.8, GWS_SOLID};

gws_plot *gws_plot_create(const char *path, double width, double height, gws_err *err)
{
    gws_plot *p = calloc(1, sizeof *p);

    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "%s: no memory for a figure", path);
        return NULL;
    }
    if (!(p->canvas = gws_canvas_create(path, width, height, err))) {
        free(p);
        return NULL;
    }
    return p;
}

void gws_plot_destroy(gws_plot *p)
{
    if (!p)
        return;
    gws_canvas_destroy(p->canvas);
    free(p);
}

gws_status gws_plot_save(gws_plot *p, gws_err *err)
{
    return gws_canvas_save(p->canvas, err);
}

gws_status gws_plot_bytes(gws_plot *p, char **out, size_t *size, gws_err *err)
{
    return gws_canvas_bytes(p->canvas, out, size, err);
}

void gws_plot_title(gws_plot *p, const char *title, const char *subtitle)
{
    const gws_type large = {GWS_SIZE_TITLE, GWS_INK, GWS_LEFT, GWS_BOLD, GWS_ACROSS};
    const gws_type small = {GWS_SIZE_SUBTITLE, GWS_DIM, GWS_LEFT, GWS_REGULAR, GWS_ACROSS};

    gws_canvas_name(p->canvas, title);
    gws_canvas_text(p->canvas, (gws_point){MARGIN, 30}, large, title);
    if (subtitle)
        gws_canvas_text(p->canvas, (gws_point){MARGIN, 51}, small, subtitle);
}

/* ---- axes ---- */

static double reachable(double place)
{
    return fmin(fmax(place, -1000.0), 1000.0);
}

double gws_panel_x(const gws_panel *q, double x)
{
    return q->box.x + reachable(gws_axis_place(&q->x, x)) * q->box.width;
}

double gws_panel_y(const gws_panel *q, double y)
{
    return q->box.y + q->box.height - reachable(gws_axis_place(&q->y, y)) * q->box.height;
}

static void segment(const gws_panel *q, double x0, double y0, double x1, double y1, gws_pen pen)
{
    gws_canvas_line(q->canvas, (const gws_point[2]){{x0, y0}, {x1, y1}}, 2, pen);
}

static void draw_x(const gws_panel *q)
{
    const gws_type number = {GWS_SIZE_TICK, GWS_INK, GWS_CENTRE, GWS_REGULAR, GWS_ACROSS};
    const gws_type label = {GWS_SIZE_LABEL, GWS_INK, GWS_CENTRE, GWS_REGULAR, GWS_ACROSS};
    const double top = q->box.y, bottom = top + q->box.height;
    gws_tick ticks[GWS_TICKS];
    const int n = gws_axis_ticks(&q->x, (int)(q->box.width / X_ROOM), ticks);

    for (int i = 0; i < n; i++) {
        const double x = gws_panel_x(q, ticks[i].at);
        if (ticks[i].text[0])
            segment(q, x, top, x, bottom, grid_pen);
        segment(q, x, bottom, x, bottom + (ticks[i].text[0] ? TICK_LONG : TICK_SHORT), frame_pen);
        if (q->x.numbers == GWS_NUMBERS)
            gws_canvas_text(q->canvas, (gws_point){x, bottom + NUMBER_GAP + 0.8 * GWS_SIZE_TICK}, number, ticks[i].text);
    }
    if (q->x.label)
        gws_canvas_text(
            q->canvas,
            (gws_point){q->box.x + q->box.width / 2, bottom + NUMBER_GAP + LABEL_GAP + 0.8 * (GWS_SIZE_TICK + GWS_SIZE_LABEL)},
            label, q->x.label);
}

static void draw_y(const gws_panel *q)
{
    const gws_type number = {GWS_SIZE_TICK, GWS_INK, GWS_RIGHT, GWS_REGULAR, GWS_ACROSS};
    const gws_type label = {GWS_SIZE_LABEL, GWS_INK, GWS_CENTRE, GWS_REGULAR, GWS_UPWARDS};
    const double left = q->box.x, right = left + q->box.width;
    double widest = UPRIGHT_LEAST;
    gws_tick ticks[GWS_TICKS];
    const int n = gws_axis_ticks(&q->y, (int)(q->box.height / Y_ROOM), ticks);

    for (int i = 0; i < n; i++) {
        const double y = gws_panel_y(q, ticks[i].at);
        if (ticks[i].text[0])
            segment(q, left, y, right, y, grid_pen);
        segment(q, left - (ticks[i].text[0] ? TICK_LONG : TICK_SHORT), y, left, y, frame_pen);
        if (q->y.numbers == GWS_NO_NUMBERS)
            continue;
        gws_canvas_text(q->canvas, (gws_point){left - NUMBER_GAP, y + LETTER * GWS_SIZE_TICK}, number, ticks[i].text);
        widest = fmax(widest, gws_canvas_text_width(q->canvas, &number, ticks[i].text));
    }
    if (q->y.label)
        gws_canvas_text(q->canvas, (gws_point){left - NUMBER_GAP - widest - LABEL_GAP, q->box.y + q->box.height / 2}, label,
                        q->y.label);
}

gws_panel *gws_plot_panel(gws_plot *p, gws_box box, const gws_axis *x, const gws_axis *y)
{
    gws_panel *q = &p->panels[p->n_panels];
    const double right = box.x + box.width, bottom = box.y + box.height;

    GWS_ASSERT(p->n_panels < GWS_PANELS_MAX && box.width > 0 && box.height > 0);
    p->n_panels++;
    *q = (gws_panel){p->canvas, box, gws_axis_widened(*x), gws_axis_widened(*y)};
    draw_x(q);
    draw_y(q);
    gws_canvas_line(q->canvas,
                    (const gws_point[5]){{box.x, box.y}, {right, box.y}, {right, bottom}, {box.x, bottom}, {box.x, box.y}}, 5,
                    frame_pen);
    return q;
}

/* Whether a number at y has room beside those that stand. */
static int has_room(const double *standing, int n, double y)
{
    for (int i = 0; i < n; i++)
        if (fabs(standing[i] - y) < 1.15 * GWS_SIZE_TICK)
            return 0;
    return 1;
}

void gws_panel_right(gws_panel *q, const gws_tick *ticks, int n, const char *label)
{
    const gws_type number = {GWS_SIZE_TICK, GWS_INK, GWS_LEFT, GWS_REGULAR, GWS_ACROSS};
    const gws_type upright = {GWS_SIZE_LABEL, GWS_INK, GWS_CENTRE, GWS_REGULAR, GWS_UPWARDS};
    const double right = q->box.x + q->box.width, top = q->box.y, bottom = top + q->box.height;
    double standing[GWS_TICKS], widest = UPRIGHT_LEAST;
    int kept = 0;

    for (int i = 0; i < n && kept < GWS_TICKS; i++) {
        const double y = gws_panel_y(q, ticks[i].at);
        if (y < top || y > bottom || !has_room(standing, kept, y))
            continue;
        standing[kept++] = y;
        segment(q, right, y, right + TICK_LONG, y, frame_pen);
        gws_canvas_text(q->canvas, (gws_point){right + NUMBER_GAP, y + LETTER * GWS_SIZE_TICK}, number, ticks[i].text);
        widest = fmax(widest, gws_canvas_text_width(q->canvas, &number, ticks[i].text));
    }
    gws_canvas_text(q->canvas, (gws_point){right + NUMBER_GAP + widest + LABEL_GAP + 0.8 * GWS_SIZE_LABEL, (top + bottom) / 2},
                    upright, label);
}
