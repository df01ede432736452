/* map.c - maps in a panel, and their scale of colours; see plot.h. */
#include "plot/panel.h"
#include "plot/plot.h"

#include <math.h>
#include <stdlib.h>

#define SCALE_STEPS 128
#define SCALE_GAP 10.0
#define SCALE_WIDTH 12.0

static uint32_t colour_of(const gws_map *m, float v)
{
    return isfinite(v) ? gws_style_scale(((double)v - m->from) / (m->to - m->from)) : GWS_GREY;
}

/* As a panel of its own, whose numbers stand to its right. */
static void draw_scale(gws_panel *q, const gws_map *m)
{
    const gws_box box = {q->box.x + q->box.width + SCALE_GAP, q->box.y, SCALE_WIDTH, q->box.height};
    const gws_axis values = {m->from, m->to, GWS_LINEAR, GWS_NUMBERS, NULL};
    struct gws_panel side = {q->canvas, box, {0, 1, GWS_LINEAR, GWS_NO_NUMBERS, NULL}, values};
    uint32_t colours[SCALE_STEPS];
    gws_tick ticks[GWS_TICKS];
    const int n = gws_axis_ticks(&values, (int)(box.height / 30), ticks);

    for (int i = 0; i < SCALE_STEPS; i++)
        colours[i] = gws_style_scale((i + 0.5) / SCALE_STEPS);
    gws_canvas_image(q->canvas, &box, colours, 1, SCALE_STEPS);
    gws_panel_right(&side, ticks, n, m->label);
}

void gws_panel_map(gws_panel *q, const gws_map *m)
{
    const size_t n = (size_t)m->columns * (size_t)m->lines;
    uint32_t *colours = malloc(n * sizeof *colours);

    for (size_t i = 0; colours && i < n; i++)
        colours[i] = colour_of(m, m->v[i]);
    gws_canvas_image(q->canvas, &q->box, colours, m->columns, m->lines);
    free(colours);
    if (m->label)
        draw_scale(q, m);
}
