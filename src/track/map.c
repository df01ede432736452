#include "track/map.h"

#include "plot/plot.h"

#include <stdio.h>
#include <stdlib.h>

#define WIDTH 460.0
#define HEIGHT 300.0

/* Bytes 16 to 23 of a PNG are its size, most significant first. */
static int size_at(const char *png, size_t n, size_t at)
{
    const unsigned char *b = (const unsigned char *)png + at;
    return at + 4 <= n ? (int)((unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3]) : 0;
}

gws_status gws_track_draw(gws_track *t, int64_t step, const gws_track_map *map, gws_err *err)
{
    const gws_axis x = {0.0, map->x_to, GWS_LINEAR, GWS_NUMBERS, map->x_label};
    const gws_axis y = {0.0, map->y_to, GWS_LINEAR, GWS_NUMBERS, map->y_label};
    const gws_map drawn = {map->v, map->columns, map->lines, map->from, map->to, map->scale};
    char subtitle[60], *png = NULL;
    size_t n = 0;
    gws_err own = {0};
    err = err ? err : &own;
    gws_plot *p = gws_plot_create("map.png", WIDTH, HEIGHT, err);
    if (!p)
        return err->status;
    snprintf(subtitle, sizeof subtitle, "after %lld steps", (long long)step);
    gws_plot_title(p, map->title, subtitle);
    gws_panel_map(gws_plot_panel(p, (gws_box){64, GWS_PLOT_HEAD, WIDTH - 64 - 84, HEIGHT - GWS_PLOT_HEAD - 48}, &x, &y), &drawn);
    gws_status status = gws_plot_bytes(p, &png, &n, err);
    gws_plot_destroy(p);
    if (status == GWS_OK)
        status = gws_track_image(t, step, map->tag, &(gws_picture){size_at(png, n, 16), size_at(png, n, 20), png, n}, err);
    free(png);
    return status;
}
