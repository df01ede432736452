/* inside.c - see inside.h. */
#include "report/inside.h"

#include "base/clock.h"
#include "model/activations.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_S 1.0 /* that is shown */
#define AFTER_S 0.5
#define LEAST_S 3.0 /* in front of the trigger, so that the network has begun */

static const gws_box map_box = {62, 12, 330, 190};
#define PAGE_WIDTH 470.0
#define PAGE_HEIGHT 252.0

/* What one map shows: units by time. */
typedef struct track {
    const char *what, *title, *says, *unit, *value;
    int units;
    const float *f;         /* (n, units), or */
    const unsigned char *b; /* the same as bits */
} track;

/* Where the stretch without a gap around the trigger begins and ends; samples of the tape. */
static void whole_stretch(const gws_taped *k, int n_ifo, int64_t at, int64_t *begin, int64_t *end)
{
    *begin = *end = at;
    for (int64_t i = at; i >= 0; i--) {
        int there = 1;
        for (int f = 0; f < n_ifo; f++)
            there &= isfinite(k->w[f][i]);
        if (!there)
            break;
        *begin = i;
    }
    for (int64_t i = at; i < k->n_samples; i++) {
        int there = 1;
        for (int f = 0; f < n_ifo; f++)
            there &= isfinite(k->w[f][i]);
        if (!there)
            break;
        *end = i + 1;
    }
}

/* Ends of the colours: so that a few loud units do not darken the rest. */
static void ends_of(const float *v, size_t n, double *lo, double *hi)
{
    double mean = 0, square = 0;

    for (size_t i = 0; i < n; i++) {
        mean += (double)v[i] / (double)n;
        square += (double)v[i] * (double)v[i] / (double)n;
    }
    const double sigma = sqrt(fmax(square - mean * mean, 1e-12));
    *lo = mean - 3 * sigma;
    *hi = mean + 3 * sigma;
}

/*   v  (units, columns)
 *   hi, lo  of the colours */
static gws_status draw(const track *t, const float *v, const double *time_s, int columns, double lo, double hi, char **png,
                       size_t *size, gws_err *err)
{
    const double half = (time_s[columns - 1] - time_s[0]) / (columns - 1) / 2;
    const gws_axis x = {time_s[0] - half, time_s[columns - 1] + half, GWS_LINEAR, GWS_NUMBERS, "time from the trigger (s)"};
    const gws_axis y = {-0.5, t->units - 0.5, GWS_LINEAR, GWS_NUMBERS, t->unit};
    const gws_map map = {v, columns, t->units, lo, hi, t->value};
    gws_plot *p = gws_plot_create("map.png", PAGE_WIDTH, PAGE_HEIGHT, err);
    gws_status status;

    if (!p)
        return err->status;
    gws_panel *q = gws_plot_panel(p, map_box, &x, &y);
    gws_panel_map(q, &map);
    gws_panel_vline(q, 0, (gws_pen){GWS_WHITE, 1.0, GWS_DOTTED});
    status = gws_plot_bytes(p, png, size, err);
    gws_plot_destroy(p);
    return status;
}

static gws_status put_track(gws_page *p, const track *t, int64_t first, int columns, const double *time_s, int number, gws_err *err)
{
    const size_t n = (size_t)t->units * (size_t)columns;
    float *v = malloc(n * sizeof *v);
    double *y = malloc((size_t)t->units * sizeof *y), lo = 0, hi = 1;
    char id[64], *png = NULL;
    size_t size = 0;
    gws_status status = v && y ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a map of %d units", t->units);

    for (int u = 0; u < t->units && status == GWS_OK; u++) {
        y[u] = u;
        for (int i = 0; i < columns; i++) {
            const size_t at = (size_t)(first + i) * (size_t)t->units + (size_t)u;
            v[(size_t)u * (size_t)columns + (size_t)i] = t->f ? t->f[at] : (float)t->b[at];
        }
    }
    if (status == GWS_OK && t->f)
        ends_of(v, n, &lo, &hi);
    if (status == GWS_OK)
        status = draw(t, v, time_s, columns, lo, hi, &png, &size, err);
    snprintf(id, sizeof id, "event-%d-%s", number, t->what);
    if (status == GWS_OK) {
        const gws_page_map m = {.id = id,
                                .title = t->title,
                                .says = t->says,
                                .x_label = "time (s)",
                                .y_label = t->unit,
                                .v_label = t->value,
                                .png = png,
                                .png_size = size,
                                .v = v,
                                .x = time_s,
                                .y = y,
                                .columns = columns,
                                .lines = t->units,
                                .axes = {map_box.x / PAGE_WIDTH, map_box.y / PAGE_HEIGHT, (map_box.x + map_box.width) / PAGE_WIDTH,
                                         (map_box.y + map_box.height) / PAGE_HEIGHT}};
        status = gws_page_put_map(p, &m, err);
    }
    free(png);
    free(v);
    free(y);
    return status;
}

static gws_status put_all(gws_page *p, const gws_activations *a, const gws_taped *k, const gws_model_meta *meta, int number,
                          gws_err *err)
{
    const track tracks[] = {
        {"latents", "Latents.",
         "The encoder's output, one line a channel, replayed from up to 12 s before; colours end at 3 standard deviations.",
         "channel", "latent", a->channels, a->latent, NULL},
        {"events", "Events of the bridge.", "Where the context crosses a threshold: ON channels below, OFF channels above.",
         "channel", "event", 2 * a->channels, NULL, a->event},
        {"spikes-1", "Spikes, first layer.", "One line a neuron.", "neuron", "spike", a->hidden[0], NULL, a->spike[0]},
        {"spikes-2", "Spikes, second layer.", "One line a neuron.", "neuron", "spike", a->hidden[1], NULL, a->spike[1]},
    };
    const int64_t at = gws_sample_of_ns(k->t.gps_ns, meta->rate_hz) / meta->hop - a->step, per_s = meta->rate_hz / meta->hop;
    int64_t first = at - (int64_t)(BEFORE_S * (double)per_s), last = at + (int64_t)(AFTER_S * (double)per_s);
    double time_s[512];
    gws_status status = GWS_OK;

    first = first < 0 ? 0 : first;
    last = last > a->n ? a->n : last;
    if (last - first < 4 || last - first > 512)
        return GWS_OK;
    for (int64_t i = first; i < last; i++)
        time_s[i - first] =
            ((double)(gws_ns_of_sample((a->step + i) * meta->hop, meta->rate_hz) - k->t.gps_ns) + 0.5e9 / (double)per_s) /
            (double)GWS_NS;
    for (size_t t = 0; t < sizeof tracks / sizeof tracks[0] && status == GWS_OK; t++)
        if (tracks[t].units > 1)
            status = put_track(p, &tracks[t], first, (int)(last - first), time_s, number, err);
    return status;
}

gws_status gws_inside_put(gws_page *p, const gws_taped *k, const gws_model *model, int number, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(model);
    const int64_t at = gws_sample_of_ns(k->t.gps_ns, meta->rate_hz) - k->sample;
    const float *w[GWS_MODEL_IFOS];
    const gws_gains *gains[GWS_MODEL_IFOS];
    int64_t begin, end;
    gws_activations a;
    gws_status status;

    if (at < 0 || at >= k->n_samples)
        return GWS_OK;
    whole_stretch(k, meta->n_ifo, at, &begin, &end);
    if ((double)(at - begin) < LEAST_S * meta->rate_hz)
        return GWS_OK;
    for (int f = 0; f < meta->n_ifo; f++) {
        w[f] = k->w[f] + begin;
        gains[f] = k->gains[f].n > 0 ? &k->gains[f] : NULL;
        if (meta->reference && !gains[f])
            return gws_err_set(err, GWS_ENOMEM, "no memory for what follows the noise");
    }
    if ((status = gws_activations_make(model, k->sample + begin, w, end - begin, gains, &a, err)) != GWS_OK)
        return status;
    status = put_all(p, &a, k, meta, number, err);
    gws_activations_clear(&a);
    return status;
}
