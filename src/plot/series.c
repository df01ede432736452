/* series.c - what stands in a panel; see plot.h. */
#include "plot/panel.h"
#include "plot/plot.h"

#include <math.h>
#include <string.h>

#define BATCH 4096   /* corners that are drawn at once */
#define COLUMNS 2.0  /* columns a unit in which a long line is drawn by its extremes */
#define CAP 4.0      /* half the line across the end of an error bar */
#define SAMPLE 22.0  /* length of a line's sample in a legend */
#define KEY_GAP 6.0  /* from a sample to its name */
#define BETWEEN 16.0 /* from a name to the next sample */
#define ABOVE 9.0    /* from the panel to its legend */

/* ---- lines ---- */

/* Corners of a line, drawn when there are many or the line breaks. */
typedef struct stroke {
    const gws_panel *q;
    gws_pen pen;
    gws_point at[BATCH];
    int n;
} stroke;

static void lift(stroke *s)
{
    gws_canvas_line(s->q->canvas, s->at, s->n, s->pen);
    s->n = 0;
}

static void to(stroke *s, double x, double y)
{
    if (s->n == BATCH) {
        const gws_point last = s->at[BATCH - 1];
        /* A dashed line that is cut begins its dashes anew, once in thousands of corners. */
        lift(s);
        s->at[s->n++] = last;
    }
    s->at[s->n++] = (gws_point){x, y};
}

static int is_point(const gws_panel *q, double x, double y)
{
    return isfinite(gws_axis_place(&q->x, x)) && isfinite(gws_axis_place(&q->y, y));
}

void gws_panel_line(gws_panel *q, const double *x, const double *y, int64_t n, gws_pen pen)
{
    stroke s = {.q = q, .pen = pen};

    gws_canvas_clip(q->canvas, &q->box);
    for (int64_t i = 0, k; i < n; i = k) {
        k = i + 1;
        if (!is_point(q, x[i], y[i])) {
            lift(&s);
            continue;
        }
        const double column = floor(COLUMNS * gws_panel_x(q, x[i])), first = gws_panel_y(q, y[i]);
        double low = first, high = first, last = first;
        for (; k < n && is_point(q, x[k], y[k]) && floor(COLUMNS * gws_panel_x(q, x[k])) == column; k++) {
            last = gws_panel_y(q, y[k]);
            low = fmin(low, last);
            high = fmax(high, last);
        }
        to(&s, gws_panel_x(q, x[i]), first);
        if (k - i > 3) {
            to(&s, gws_panel_x(q, x[i]), low);
            to(&s, gws_panel_x(q, x[k - 1]), high);
            to(&s, gws_panel_x(q, x[k - 1]), last);
        } else {
            for (int64_t j = i + 1; j < k; j++)
                to(&s, gws_panel_x(q, x[j]), gws_panel_y(q, y[j]));
        }
    }
    lift(&s);
    gws_canvas_clip(q->canvas, NULL);
}

void gws_panel_vline(gws_panel *q, double x, gws_pen pen)
{
    gws_panel_line(q, (const double[2]){x, x}, (const double[2]){q->y.from, q->y.to}, 2, pen);
}

void gws_panel_hline(gws_panel *q, double y, gws_pen pen)
{
    gws_panel_line(q, (const double[2]){q->x.from, q->x.to}, (const double[2]){y, y}, 2, pen);
}

/* ---- areas ---- */

static void fill_rect(gws_panel *q, double left, double right, double top, double bottom, uint32_t colour)
{
    gws_canvas_clip(q->canvas, &q->box);
    gws_canvas_fill(q->canvas, (const gws_point[4]){{left, top}, {right, top}, {right, bottom}, {left, bottom}}, 4, colour);
    gws_canvas_clip(q->canvas, NULL);
}

void gws_panel_band(gws_panel *q, double from, double to_x, uint32_t colour)
{
    fill_rect(q, gws_panel_x(q, from), gws_panel_x(q, to_x), q->box.y, q->box.y + q->box.height, colour);
}

void gws_panel_bar(gws_panel *q, gws_rect bar, uint32_t colour)
{
    fill_rect(q, gws_panel_x(q, bar.from), gws_panel_x(q, bar.to), gws_panel_y(q, bar.high), gws_panel_y(q, bar.low), colour);
}

/* Points closer than a column are left out, but the last. */
void gws_panel_area(gws_panel *q, const double *x, const double *low, const double *high, int64_t n, uint32_t colour)
{
    const double closest = fmax(1 / COLUMNS, q->box.width / (BATCH / 2 - 2));
    gws_point at[BATCH]; /* the upper line from the front, the lower one from the back */
    int used = 0;

    for (int64_t i = 0; i < n && used < BATCH / 2; i++) {
        const double here = gws_panel_x(q, x[i]);
        const int far = used == 0 || fabs(here - at[used - 1].x) >= closest;
        if (!is_point(q, x[i], low[i]) || !is_point(q, x[i], high[i]) || (!far && i + 1 < n))
            continue;
        at[used++] = (gws_point){here, gws_panel_y(q, high[i])};
        at[BATCH - used] = (gws_point){here, gws_panel_y(q, low[i])};
    }
    memmove(at + used, at + BATCH - used, (size_t)used * sizeof *at);
    gws_canvas_clip(q->canvas, &q->box);
    gws_canvas_fill(q->canvas, at, 2 * used, colour);
    gws_canvas_clip(q->canvas, NULL);
}

/* ---- points ---- */

void gws_panel_error(gws_panel *q, double x, double low, double high, gws_pen pen)
{
    const double at = gws_panel_x(q, x), ends[2] = {gws_panel_y(q, low), gws_panel_y(q, high)};

    gws_canvas_clip(q->canvas, &q->box);
    gws_canvas_line(q->canvas, (const gws_point[2]){{at, ends[0]}, {at, ends[1]}}, 2, pen);
    for (int k = 0; k < 2; k++)
        gws_canvas_line(q->canvas, (const gws_point[2]){{at - CAP, ends[k]}, {at + CAP, ends[k]}}, 2, pen);
    gws_canvas_clip(q->canvas, NULL);
}

/* A point of the panel, moved to its upper or lower end where it is beyond.  returns 0 when it is beside the panel */
static int point_at(const gws_panel *q, double x, double y, gws_point *out)
{
    const double along = gws_axis_place(&q->x, x);

    *out = (gws_point){gws_panel_x(q, x), fmin(fmax(gws_panel_y(q, y), q->box.y), q->box.y + q->box.height)};
    return along >= 0 && along <= 1 && !isnan(y);
}

void gws_panel_mark(gws_panel *q, double x, double y, gws_mark mark)
{
    gws_point at;

    if (point_at(q, x, y, &at))
        gws_canvas_mark(q->canvas, at, mark);
}

/* ---- texts ---- */

void gws_panel_note(gws_panel *q, double x, double y, const gws_note *note)
{
    const gws_type type = {GWS_SIZE_TICK, note->colour, note->anchor, GWS_REGULAR, GWS_ACROSS};
    gws_point at;

    if (!point_at(q, x, y, &at))
        return;
    at.x += note->dx;
    at.y += note->dy;
    gws_canvas_text(q->canvas, at, type, note->text);
}

void gws_panel_tag(gws_panel *q, const char *text)
{
    const gws_type type = {GWS_SIZE_LABEL, GWS_INK, GWS_LEFT, GWS_BOLD, GWS_ACROSS};

    gws_canvas_text(q->canvas, (gws_point){q->box.x + 8, q->box.y + 8 + 0.8 * GWS_SIZE_LABEL}, type, text);
}

static double sample_width(const gws_key *key)
{
    return key->mark && !key->pen ? key->mark->size : SAMPLE;
}

static void draw_key(const gws_panel *q, const gws_key *key, double x, double y)
{
    const double wide = sample_width(key);

    if (!key->pen && !key->mark)
        gws_canvas_fill(q->canvas, (const gws_point[4]){{x, y - 5}, {x + wide, y - 5}, {x + wide, y + 5}, {x, y + 5}}, 4,
                        key->colour);
    if (key->pen)
        gws_canvas_line(q->canvas, (const gws_point[2]){{x, y}, {x + wide, y}}, 2, *key->pen);
    if (key->mark)
        gws_canvas_mark(q->canvas, (gws_point){x + wide / 2, y}, *key->mark);
}

void gws_panel_legend(gws_panel *q, const gws_key *keys, int n)
{
    gws_type type = {GWS_SIZE_TICK, GWS_INK, GWS_LEFT, GWS_REGULAR, GWS_ACROSS};
    const double right = q->box.x + q->box.width;
    double samples = BETWEEN * (n - 1), names = 0;

    for (int i = 0; i < n; i++) {
        samples += sample_width(&keys[i]) + KEY_GAP;
        names += gws_canvas_text_width(q->canvas, &type, keys[i].name);
    }
    const double scale = fmin(1, fmax((q->box.width - samples) / names, GWS_SIZE_SMALLEST / GWS_SIZE_TICK));
    const double y = q->box.y - ABOVE - 0.36 * GWS_SIZE_TICK;
    double x = right - samples - scale * names;
    type.size *= scale;
    for (int i = 0; i < n; i++) {
        draw_key(q, &keys[i], x, y);
        x += sample_width(&keys[i]) + KEY_GAP;
        gws_canvas_text(q->canvas, (gws_point){x, y + 0.36 * type.size}, type, keys[i].name);
        x += gws_canvas_text_width(q->canvas, &type, keys[i].name) + BETWEEN;
    }
}
