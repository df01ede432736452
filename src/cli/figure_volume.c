/* figure_volume.c - see figure_volume.h. */
#include "cli/figure_volume.h"

#include "cli/rate.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_WIDTH 960.0
#define PAGE_HEIGHT 680.0
static const gws_box distance_box = {84, 104, 840, 290}, fraction_box = {84, 456, 840, 160};

static const gws_mark curve_mark = {GWS_DISC, GWS_PURPLE, 8}, rate_mark = {GWS_DISC, GWS_VERMILLION, 9};

/* The curve, by falling rate; its loudest event is left out, whose rate is 0. */
typedef struct curve {
    int64_t n;
    double *rate; /* in 30 days; owns the memory of all */
    double *distance, *low, *high, *fraction;
    double most_distance, most_fraction, widest;
} curve;

static gws_status make_curve(const gws_volume *v, const char *path, curve *c, gws_err *err)
{
    c->n = v->n_background - 1;
    if (c->n < 1)
        return gws_err_set(err, GWS_EDATA, "%s: no curve to draw: %lld background events, wanted at least 2", path,
                           (long long)v->n_background);
    c->rate = malloc(5 * (size_t)c->n * sizeof *c->rate);
    if (!c->rate)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld points", path, (long long)c->n);
    c->distance = c->rate + c->n;
    c->low = c->distance + c->n;
    c->high = c->low + c->n;
    c->fraction = c->high + c->n;
    for (int64_t i = 0; i < c->n; i++) {
        const double d = v->distance_mpc[i], error = v->volume_mpc3[i] > 0 ? d * v->error_mpc3[i] / (3 * v->volume_mpc3[i]) : 0;
        c->rate[i] = v->far_hz[i] * GWS_MONTH_S;
        c->distance[i] = d;
        c->low[i] = d - error;
        c->high[i] = d + error;
        c->fraction[i] = (double)v->found[i] / (double)v->n_injections;
        c->widest = fmax(c->widest, error);
        c->most_distance = fmax(c->most_distance, c->high[i]);
        c->most_fraction = fmax(c->most_fraction, c->fraction[i]);
    }
    return GWS_OK;
}

static gws_axis up_to(double most, const char *label)
{
    return (gws_axis){0, most > 0 ? 1.08 * most : 1, GWS_LINEAR, GWS_NUMBERS, label};
}

/* A line, or the one point that makes none. */
static void draw_curve(gws_panel *q, const curve *c, const double *y)
{
    gws_panel_line(q, c->rate, y, c->n, gws_style_lines[0]);
    if (c->n == 1)
        gws_panel_mark(q, c->rate[0], y[0], curve_mark);
}

static void draw_distance(gws_plot *p, const curve *c, const gws_axis *rates, const gws_volume *v, const double *rate, int n_rates)
{
    const gws_axis y = up_to(c->most_distance, "sensitive distance (Mpc)");
    gws_panel *q = gws_plot_panel(p, distance_box, rates, &y);
    const int errors = c->widest > c->most_distance / 100; /* narrower ones hide behind the line */
    const gws_pen sigma = {GWS_BLUE, 1.5, GWS_SOLID};
    gws_key keys[3] = {{.name = "sensitive distance", .pen = &gws_style_lines[0]}};
    int n_keys = 1;

    if (errors) {
        keys[n_keys++] = (gws_key){.name = "1 sigma", .colour = GWS_LIGHT_BLUE};
        gws_panel_area(q, c->rate, c->low, c->high, c->n, GWS_LIGHT_BLUE);
        if (c->n == 1)
            gws_panel_error(q, c->rate[0], c->low[0], c->high[0], sigma);
    }
    draw_curve(q, c, c->distance);
    for (int i = 0; i < n_rates; i++) {
        const gws_volume_point at = gws_volume_at(v, rate[i]);
        char text[40];
        if (!at.resolved || !(at.far_hz > 0))
            continue;
        snprintf(text, sizeof text, "%.0f Mpc", at.distance_mpc);
        gws_panel_mark(q, at.far_hz * GWS_MONTH_S, at.distance_mpc, rate_mark);
        gws_panel_note(q, at.far_hz * GWS_MONTH_S, at.distance_mpc, &(gws_note){0, 20, GWS_CENTRE, GWS_INK, text});
        keys[errors + 1] = (gws_key){.name = "at a rate asked for", .mark = &rate_mark};
        n_keys = errors + 2;
    }
    gws_panel_legend(q, keys, n_keys);
}

gws_status gws_figure_volume_save(const gws_volume *v, const double *rate, int n_rates, const char *path, gws_err *err)
{
    curve c = {0};
    gws_plot *p = NULL;
    char text[160], live[GWS_RATE_TEXT];
    gws_status status = make_curve(v, path, &c, err);

    if (status != GWS_OK)
        goto fail;
    if (!(p = gws_plot_create(path, PAGE_WIDTH, PAGE_HEIGHT, err))) {
        status = err->status;
        goto fail;
    }
    const double decade = floor(log10(c.rate[c.n - 1]) + 1e-9);
    const gws_axis rates = {pow(10, decade), pow(10, fmax(ceil(log10(c.rate[0]) - 1e-9), decade + 1)), GWS_LOG10, GWS_NUMBERS,
                            "false-alarm rate (per 30 days)"};
    const gws_axis fractions = up_to(c.most_fraction, "fraction found");
    gws_livetime_text(v->background_s, live);
    snprintf(text, sizeof text, "%lld injections, %lld found; %lld background events in %s", (long long)v->n_injections,
             (long long)v->n_found, (long long)v->n_background, live);
    gws_plot_title(p, "Sensitive distance", text);
    draw_distance(p, &c, &rates, v, rate, n_rates);
    draw_curve(gws_plot_panel(p, fraction_box, &rates, &fractions), &c, c.fraction);
    status = gws_plot_save(p, err);
fail:
    gws_plot_destroy(p);
    free(c.rate);
    return status;
}
