/* figure_found.c - see figure_found.h. */
#include "cli/figure_found.h"

#include "cli/found.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>

#define PAGE_WIDTH 1060.0
#define PAGE_HEIGHT 740.0
#define LEFT 84.0
#define WIDTH 940.0
#define BETWEEN 64.0
#define SHARES_TOP 480.0
#define SHARES_HEIGHT 200.0
static const gws_box points_box = {LEFT, 104, WIDTH, 310};

#define MOST_POINTS 3000 /* of a kind: some 250 bytes each in an SVG */

static const gws_mark found_mark = {GWS_UP, GWS_PURPLE, 7}, missed_mark = {GWS_DOWN, GWS_ORANGE, 6},
                      share_mark = {GWS_DISC, GWS_PURPLE, 7};
static const gws_pen share_pen = {GWS_PURPLE, 1.6, GWS_SOLID};

static int64_t one_in(int64_t n)
{
    return n > MOST_POINTS ? (n + MOST_POINTS - 1) / MOST_POINTS : 1;
}

/* Chirp mass against distance; of very many points of a kind every k-th in the order of the list. */
static void draw_points(gws_panel *q, const gws_found *f, int found, int64_t each)
{
    int64_t k = 0;

    for (int64_t i = 0; i < f->n; i++)
        if (f->found[i] == found && k++ % each == 0)
            gws_panel_mark(q, f->value[GWS_BY_CHIRP_MASS][i], f->value[GWS_BY_DISTANCE][i], found ? found_mark : missed_mark);
}

/* Edge of a bin on its axis: SNRs are on a logarithmic one, on which the outer bins end somewhere. */
static double edge(const gws_found *f, int by, int b, int to)
{
    const gws_found_bin *bin = &f->bins[by][b];

    if (by != GWS_BY_SNR)
        return to ? bin->to : bin->from;
    if (to)
        return isinf(bin->to) ? 2 * bin->from : bin->to;
    return bin->from > 0 ? bin->from : bin->to / 2;
}

/* Share found against a quantity: a bar as wide as the bin, its interval, a point. */
static void draw_shares(gws_plot *p, const gws_found *f, int by, gws_box box)
{
    double most = 0;
    int first = -1, last = -1;

    for (int b = 0; b < f->n_bins[by]; b++)
        if (f->bins[by][b].injections > 0) {
            first = first < 0 ? b : first;
            last = b;
            most = fmax(most, f->bins[by][b].share); /* not the interval's end, which is 1/2 where one was missed */
        }
    gws_panel *q = gws_plot_panel(
        p, box,
        &(gws_axis){edge(f, by, first, 0), edge(f, by, last, 1), by == GWS_BY_SNR ? GWS_LOG10 : GWS_LINEAR, GWS_NUMBERS,
                    gws_found_title(f, by)},
        &(gws_axis){0, most > 0 ? fmin(1.05, 1.25 * most) : 1, GWS_LINEAR, GWS_NUMBERS, by == 0 ? "share found" : NULL});
    for (int b = first; b <= last; b++) {
        const gws_found_bin *bin = &f->bins[by][b];
        const double x[2] = {edge(f, by, b, 0), edge(f, by, b, 1)};
        const double middle = by == GWS_BY_SNR ? sqrt(x[0] * x[1]) : (x[0] + x[1]) / 2;
        if (bin->injections == 0)
            continue;
        gws_panel_line(q, x, (const double[2]){bin->share, bin->share}, 2, share_pen);
        gws_panel_error(q, middle, bin->low, bin->high, share_pen);
        gws_panel_mark(q, middle, bin->share, share_mark);
    }
}

static gws_axis range(const double *x, int64_t n, const char *label)
{
    double lo = x[0], hi = x[0];

    for (int64_t i = 1; i < n; i++) {
        lo = fmin(lo, x[i]);
        hi = fmax(hi, x[i]);
    }
    const double margin = hi > lo ? 0.03 * (hi - lo) : 0.1 * hi;
    return (gws_axis){lo - margin, hi + margin, GWS_LINEAR, GWS_NUMBERS, label};
}

/* What was counted, and how many of the points are drawn. */
static void subtitle(const gws_found *f, char text[200])
{
    const int64_t of_missed = one_in(f->n - f->n_found), of_found = one_in(f->n_found);
    int at = snprintf(text, 200, "%lld of %lld injections found at %.6g false alarms in 30 days", (long long)f->n_found,
                      (long long)f->n, f->far_per_month);

    if (of_missed > 1)
        at += snprintf(text + at, 200 - (size_t)at, "; 1 in %lld of the missed is drawn", (long long)of_missed);
    if (of_found > 1)
        snprintf(text + at, 200 - (size_t)at, "; 1 in %lld of the found is drawn", (long long)of_found);
}

gws_status gws_figure_found_save(const gws_found *f, const char *path, gws_err *err)
{
    const int panels = f->n_bins[GWS_BY_SNR] > 0 ? 3 : 2;
    const double width = (WIDTH - BETWEEN * (panels - 1)) / panels;
    const gws_axis x = range(f->value[GWS_BY_CHIRP_MASS], f->n, gws_found_title(f, GWS_BY_CHIRP_MASS));
    const gws_axis y = range(f->value[GWS_BY_DISTANCE], f->n, gws_found_title(f, GWS_BY_DISTANCE));
    const gws_key keys[2] = {{.name = "found", .mark = &found_mark}, {.name = "missed", .mark = &missed_mark}};
    gws_plot *p = gws_plot_create(path, PAGE_WIDTH, PAGE_HEIGHT, err);
    gws_status status;
    char text[200];

    if (!p)
        return err->status;
    subtitle(f, text);
    gws_plot_title(p, "Injections found and missed", text);
    gws_panel *q = gws_plot_panel(p, points_box, &x, &y);
    draw_points(q, f, 0, one_in(f->n - f->n_found));
    draw_points(q, f, 1, one_in(f->n_found));
    gws_panel_legend(q, keys, 2);
    for (int by = 0; by < panels; by++)
        draw_shares(p, f, by, (gws_box){LEFT + by * (width + BETWEEN), SHARES_TOP, width, SHARES_HEIGHT});
    status = gws_plot_save(p, err);
    gws_plot_destroy(p);
    return status;
}
