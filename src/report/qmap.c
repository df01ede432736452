/* qmap.c - see qmap.h. */
#include "report/qmap.h"

#include "base/clock.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WIDTH 960.0
#define LEFT 76.0
#define WIDTH 780.0
#define HEAD 92.0
#define HEIGHT 230.0
#define BETWEEN 16.0
#define FOOT 56.0

gws_status gws_qmap_make(const gws_look *l, double before_s, double after_s, int columns, int lines, gws_qmap *out, gws_err *err)
{
    const double at_s = (double)(l->gps_ns - gws_ns_of_sample(l->first, l->rate_hz)) / (double)GWS_NS;
    const double from_s = fmax(at_s - before_s, 0), to_s = fmin(at_s + after_s, (double)l->n / l->rate_hz);
    const gws_q_row *rows = l->q.rows;
    const double low = log(rows[0].frequency_hz), high = log(rows[l->q.n_rows - 1].frequency_hz);
    gws_status status = GWS_OK;

    *out = (gws_qmap){.columns = columns, .lines = lines, .q = l->q.q};
    memcpy(out->ifo, l->ifo, sizeof out->ifo);
    out->time_s = malloc((size_t)columns * sizeof *out->time_s);
    out->hz = malloc((size_t)lines * sizeof *out->hz);
    out->energy = malloc((size_t)columns * (size_t)lines * sizeof *out->energy);
    if (!out->time_s || !out->hz || !out->energy)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a map of %d by %d", lines, columns);
    for (int i = 0; i < columns && status == GWS_OK; i++)
        out->time_s[i] = from_s + (i + 0.5) / columns * (to_s - from_s);
    for (int k = 0; k < lines && status == GWS_OK; k++)
        out->hz[k] = exp(low + (k + 0.5) / lines * (high - low));
    if (status == GWS_OK)
        status = gws_qgram_map(&l->q, out->time_s, columns, out->hz, lines, out->energy, err);
    for (int i = 0; i < columns && status == GWS_OK; i++)
        out->time_s[i] -= at_s;
    if (status != GWS_OK)
        gws_qmap_clear(out);
    return status;
}

void gws_qmap_clear(gws_qmap *m)
{
    free(m->time_s);
    free(m->hz);
    free(m->energy);
    *m = (gws_qmap){0};
}

/* Ends of an axis whose cells have these middles. */
static void ends_of(const double *middle, int n, double *from, double *to)
{
    const double half = n > 1 ? (middle[1] - middle[0]) / 2 : 0.5;

    *from = middle[0] - half;
    *to = middle[n - 1] + half;
}

gws_panel *gws_qmap_draw(gws_plot *p, gws_box box, const gws_qmap *m, const char *time)
{
    const double step = m->lines > 1 ? sqrt(m->hz[1] / m->hz[0]) : 1.1;
    const gws_map map = {m->energy, m->columns, m->lines, 0, GWS_QMAP_TO, "normalised energy"};
    gws_axis x = {0, 0, GWS_LINEAR, time ? GWS_NUMBERS : GWS_NO_NUMBERS, time};
    const gws_axis y = {m->hz[0] / step, m->hz[m->lines - 1] * step, GWS_LOG10, GWS_NUMBERS, "frequency (Hz)"};

    ends_of(m->time_s, m->columns, &x.from, &x.to);
    gws_panel *q = gws_plot_panel(p, box, &x, &y);
    gws_panel_map(q, &map);
    gws_panel_vline(q, 0, (gws_pen){GWS_WHITE, 1.0, GWS_DOTTED});
    return q;
}

gws_status gws_qmap_png(const gws_qmap *m, const char *time, char **png, size_t *size, double axes[4], gws_err *err)
{
    const gws_box box = {62, 12, 330, 190};
    const double width = 470, height = 252;
    gws_plot *p = gws_plot_create("map.png", width, height, err);
    gws_status status;

    *png = NULL;
    if (!p)
        return err->status;
    gws_qmap_draw(p, box, m, time);
    status = gws_plot_bytes(p, png, size, err);
    gws_plot_destroy(p);
    axes[0] = box.x / width;
    axes[1] = box.y / height;
    axes[2] = (box.x + box.width) / width;
    axes[3] = (box.y + box.height) / height;
    return status;
}

gws_status gws_qmap_save(const gws_qmap *maps, int n, const char *path, const char *title, const char *below, int64_t gps_ns,
                         gws_err *err)
{
    gws_plot *p = gws_plot_create(path, PAGE_WIDTH, HEAD + n * (HEIGHT + BETWEEN) + FOOT, err);
    char gps[32], time[80];
    gws_status status;

    if (!p)
        return err->status;
    gws_gps_text(gps_ns, gps_ns % GWS_NS ? 3 : 0, gps);
    snprintf(time, sizeof time, "time from GPS %s (s)", gps);
    gws_plot_title(p, title, below);
    for (int i = 0; i < n; i++) {
        char words[60];
        gws_panel *q =
            gws_qmap_draw(p, (gws_box){LEFT, HEAD + i * (HEIGHT + BETWEEN), WIDTH, HEIGHT}, &maps[i], i == n - 1 ? time : NULL);
        gws_text_print(words, sizeof words, "%s, Q %.3g", maps[i].ifo, maps[i].q);
        gws_panel_note(q, maps[i].time_s[0], INFINITY, &(gws_note){8, 18, GWS_LEFT, GWS_WHITE, words});
    }
    status = gws_plot_save(p, err);
    gws_plot_destroy(p);
    return status;
}
