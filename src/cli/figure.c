#include "cli/figure.h"

#include "base/clock.h"
#include "cli/plot.h"
#include "cli/rate.h"
#include "dsp/psd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING (1 << 19)      /* whitened samples kept of each detector: 256 s at 2048 Hz */
#define STEP_RING (1 << 15) /* steps kept: 512 s at 64 Hz */
#define ENVELOPE 4096
#define MARKS_MAX 2000

/* Shown around the loudest trigger, s. */
#define STRAIN_BEFORE 0.55
#define STRAIN_AFTER 0.2
#define LOGIT_AROUND 3.0

/* Band of the strain that is shown, and taps of the filter. */
#define SHOWN_LOW_HZ 30.0
#define SHOWN_HIGH_HZ 350.0
#define SHOWN_TAPS 512

typedef struct ring {
    float *data;
    int64_t size, end; /* end: absolute index after the newest; INT64_MIN when empty */
} ring;

typedef struct mark {
    double t_s; /* since `t0_ns` of the figure */
    double y;
    int found;
} mark;

struct gws_figure {
    const gws_model_meta *meta;
    gws_head head;
    double threshold;
    int64_t zero_ns; /* where the panel of the whole stretch counts from */
    ring strain[GWS_MODEL_IFOS], logit[2];
    float *envelope[2];                    /* (ENVELOPE) largest logit of each bucket, NaN where there is none */
    int64_t first_step, last_step, bucket; /* bucket: steps */
    int started;

    int has_loudest, logits_pending;
    gws_trigger loudest;
    gws_far_rate loudest_far;
    float *strain_shown[GWS_MODEL_IFOS]; /* around the loudest, with half the filter on each side */
    int64_t strain_begin, strain_n;
    float *logit_shown[2];
    int64_t logit_begin, logit_n;

    gws_trigger *triggers;
    int n_triggers;
    int64_t *injection_ns;
    int *injection_found;
    int n_injections;
};

/* ---- rings ---- */

static int ring_create(ring *r, int64_t size)
{
    r->data = malloc(sizeof *r->data * (size_t)size);
    r->size = size;
    r->end = INT64_MIN;
    return r->data ? 0 : -1;
}

static void ring_push(ring *r, int64_t at, const float *x, int64_t n)
{
    if (r->end == INT64_MIN || at - r->end > r->size) {
        for (int64_t i = 0; i < r->size; i++)
            r->data[i] = NAN;
    } else {
        for (int64_t i = r->end; i < at; i++)
            r->data[i & (r->size - 1)] = NAN;
    }
    for (int64_t i = n > r->size ? n - r->size : 0; i < n; i++)
        r->data[(at + i) & (r->size - 1)] = x[i];
    r->end = at + n;
}

/* Copy [begin, begin + n); NaN where the ring has nothing. */
static void ring_copy(const ring *r, int64_t begin, int64_t n, float *out)
{
    for (int64_t i = begin; i < begin + n; i++)
        *out++ = r->end != INT64_MIN && i < r->end && i >= r->end - r->size ? r->data[i & (r->size - 1)] : NAN;
}

gws_figure *gws_figure_create(const gws_model_meta *meta, gws_head head, double threshold, int64_t zero_ns, gws_err *err)
{
    gws_figure *f = calloc(1, sizeof *f);
    int bad = f == NULL;

    if (bad)
        goto fail;
    f->meta = meta;
    f->head = head;
    f->zero_ns = zero_ns;
    f->threshold = isnan(threshold) ? meta->calibration[head].threshold : threshold;
    f->strain_n = (int64_t)((STRAIN_BEFORE + STRAIN_AFTER) * meta->rate_hz) + SHOWN_TAPS;
    f->logit_n = (int64_t)(2 * LOGIT_AROUND * meta->rate_hz / meta->hop);
    for (int i = 0; i < meta->n_ifo; i++) {
        bad |= ring_create(&f->strain[i], RING) != 0;
        bad |= !(f->strain_shown[i] = malloc(sizeof(float) * (size_t)f->strain_n));
    }
    for (int k = 0; k < 2; k++) {
        bad |= ring_create(&f->logit[k], STEP_RING) != 0;
        bad |= !(f->envelope[k] = malloc(sizeof(float) * ENVELOPE));
        bad |= !(f->logit_shown[k] = malloc(sizeof(float) * (size_t)f->logit_n));
    }
    bad |= !(f->triggers = malloc(sizeof *f->triggers * MARKS_MAX));
    bad |= !(f->injection_ns = malloc(sizeof *f->injection_ns * MARKS_MAX));
    bad |= !(f->injection_found = malloc(sizeof *f->injection_found * MARKS_MAX));
    if (!bad)
        return f;
fail:
    gws_figure_destroy(f);
    gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    return NULL;
}

void gws_figure_destroy(gws_figure *f)
{
    if (!f)
        return;
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        free(f->strain[i].data);
        free(f->strain_shown[i]);
    }
    for (int k = 0; k < 2; k++) {
        free(f->logit[k].data);
        free(f->envelope[k]);
        free(f->logit_shown[k]);
    }
    free(f->triggers);
    free(f->injection_ns);
    free(f->injection_found);
    free(f);
}

void gws_figure_whitened(gws_figure *f, int ifo, int64_t sample, const float *w, int64_t n)
{
    ring_push(&f->strain[ifo], sample, w, n);
}

/* ---- logits ---- */

static void envelope_put(gws_figure *f, int64_t step, const float *y[2])
{
    int64_t i = (step - f->first_step) / f->bucket;

    while (i >= ENVELOPE) {
        for (int k = 0; k < 2; k++) {
            float *e = f->envelope[k];
            for (int64_t j = 0; j < ENVELOPE; j++)
                e[j] = 2 * j + 1 < ENVELOPE ? fmaxf(e[2 * j], e[2 * j + 1]) : NAN;
        }
        f->bucket *= 2;
        i = (step - f->first_step) / f->bucket;
    }
    for (int k = 0; k < 2; k++)
        f->envelope[k][i] = fmaxf(f->envelope[k][i], *y[k]); /* fmaxf passes over NaN */
}

static void take_logits(gws_figure *f)
{
    for (int k = 0; k < 2; k++)
        ring_copy(&f->logit[k], f->logit_begin, f->logit_n, f->logit_shown[k]);
}

void gws_figure_logits(gws_figure *f, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    if (!f->started) {
        f->started = 1;
        f->first_step = step;
        f->bucket = 1;
        for (int i = 0; i < ENVELOPE; i++)
            f->envelope[0][i] = f->envelope[1][i] = NAN;
    }
    for (int64_t i = 0; i < n; i++)
        envelope_put(f, step + i, (const float *[2]){y_spiking + i, y_linear + i});
    f->last_step = step + n;
    ring_push(&f->logit[0], step, y_spiking, n);
    ring_push(&f->logit[1], step, y_linear, n);
    if (f->logits_pending && f->last_step >= f->logit_begin + f->logit_n) {
        take_logits(f);
        f->logits_pending = 0;
    }
}

void gws_figure_trigger(gws_figure *f, const gws_trigger *t, gws_far_rate far)
{
    int64_t centre = gws_sample_of_ns(t->gps_ns, f->meta->rate_hz);

    if (f->n_triggers < MARKS_MAX)
        f->triggers[f->n_triggers++] = *t;
    if (f->has_loudest && t->stat <= f->loudest.stat)
        return;
    f->has_loudest = 1;
    f->loudest = *t;
    f->loudest_far = far;
    f->strain_begin = centre - (int64_t)(STRAIN_BEFORE * f->meta->rate_hz) - SHOWN_TAPS / 2;
    for (int i = 0; i < f->meta->n_ifo; i++)
        ring_copy(&f->strain[i], f->strain_begin, f->strain_n, f->strain_shown[i]);
    f->logit_begin = gws_floor_div(centre, f->meta->hop) - f->logit_n / 2;
    f->logits_pending = 1;
    take_logits(f);
}

void gws_figure_injection(gws_figure *f, int64_t merger_ns, int found)
{
    if (f->n_injections == MARKS_MAX)
        return;
    f->injection_ns[f->n_injections] = merger_ns;
    f->injection_found[f->n_injections++] = found;
}

/* ---- drawing ---- */

static uint32_t ifo_colour(const char *ifo)
{
    return strcmp(ifo, "H1") == 0 ? GWS_COLOUR_H1 : strcmp(ifo, "L1") == 0 ? GWS_COLOUR_L1 : GWS_COLOUR_V1;
}

/* Seconds from `ns` to absolute sample or step `k`. */
static double since(int64_t ns, int64_t k, int64_t per_row, int rate_hz)
{
    return (double)(gws_ns_of_sample(k * per_row, rate_hz) - ns) / (double)GWS_NS;
}

/* The whitened strain of the loudest trigger, band-passed for the eye with the linear-phase filter that whitening flat noise is. */
static gws_status shown_strain(const gws_figure *f, int ifo, double *t, double *w, int64_t *n, gws_err *err)
{
    double fir[SHOWN_TAPS], flat[2];
    gws_psd white = {flat, 2, f->meta->rate_hz / 2.0};
    gws_status st;

    flat[0] = flat[1] = 2.0 / f->meta->rate_hz;
    if ((st = gws_whitening_fir(&white, f->meta->rate_hz, SHOWN_TAPS, SHOWN_LOW_HZ, SHOWN_HIGH_HZ, fir, err)) != GWS_OK)
        return st;
    *n = f->strain_n - SHOWN_TAPS;
    for (int64_t i = 0; i < *n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < SHOWN_TAPS; k++)
            sum += fir[k] * (double)f->strain_shown[ifo][i + SHOWN_TAPS - k];
        w[i] = sum;
        t[i] = since(f->loudest.gps_ns, f->strain_begin + SHOWN_TAPS / 2 + i, 1, f->meta->rate_hz);
    }
    return GWS_OK;
}

static void range_of(const double *y, int64_t n, double *lo, double *hi)
{
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(y[i])) {
            *lo = fmin(*lo, y[i]);
            *hi = fmax(*hi, y[i]);
        }
    }
}

static gws_status draw_strain(gws_figure *f, gws_plot *p, double top, double height, gws_err *err)
{
    int n_ifo = f->meta->n_ifo;
    double *t = malloc(sizeof *t * (size_t)f->strain_n), *w = malloc(sizeof *w * (size_t)f->strain_n);
    gws_status st = GWS_OK;

    if (!t || !w)
        st = gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    for (int i = 0; i < n_ifo && st == GWS_OK; i++) {
        int64_t n;
        double lo = -3, hi = 3, box = (height - 14 * (n_ifo - 1)) / n_ifo;
        char label[40];
        if ((st = shown_strain(f, i, t, w, &n, err)) != GWS_OK)
            break;
        range_of(w, n, &lo, &hi);
        hi = 1.1 * fmax(hi, -lo);
        snprintf(label, sizeof label, "%s, whitened", f->meta->ifo[i]);
        gws_plot_panel(p, 84, top + i * (box + 14), 1276, box, -STRAIN_BEFORE, STRAIN_AFTER, -hi, hi,
                       i == n_ifo - 1 ? "time from the trigger (s); strain shown from 30 to 350 Hz" : NULL, label);
        gws_plot_vline(p, 0, GWS_COLOUR_MARK, 1.5, 1);
        gws_plot_line(p, t, w, n, ifo_colour(f->meta->ifo[i]), 1.8);
    }
    free(t);
    free(w);
    return st;
}

/* Both heads' logits in a panel; the one that was searched on top. */
static void draw_logits(const gws_figure *f, gws_plot *p, double top, double height, const double *t, double *const y[2], int64_t n,
                        double lo, double hi, const char *xlabel, const char *ylabel)
{
    static const uint32_t colours[2] = {GWS_COLOUR_SPIKING, GWS_COLOUR_LINEAR};
    static const char *const names[2] = {"spiking head", "linear head"};
    double ylo = INFINITY, yhi = -INFINITY, pad;
    char threshold[48] = "threshold";

    range_of(y[0], n, &ylo, &yhi);
    range_of(y[1], n, &ylo, &yhi);
    if (!(ylo < yhi)) {
        ylo = isfinite(ylo) ? ylo - 0.5 : 0;
        yhi = ylo + 1;
    }
    /* A threshold far from all logits would flatten them; then its value stands in the legend. */
    const int shown = f->threshold > 2 * ylo - yhi && f->threshold < 2 * yhi - ylo;
    if (shown)
        range_of(&f->threshold, 1, &ylo, &yhi);
    else
        snprintf(threshold, sizeof threshold, "threshold %.4g, not in the picture", f->threshold);
    pad = 0.08 * (yhi - ylo);
    gws_plot_panel(p, 84, top, 1276, height, lo, hi, ylo - pad, yhi + 2 * pad, xlabel, ylabel);
    if (f->has_loudest && t[0] < 0 && lo == -LOGIT_AROUND)
        gws_plot_band(p, -f->loudest.window_s, f->loudest.window_s, 0xfbe9f0u);
    gws_plot_line(p, t, y[!f->head], n, colours[!f->head], 1.4);
    gws_plot_line(p, t, y[f->head], n, colours[f->head], 2.0);
    gws_plot_hline(p, f->threshold, GWS_GREY, 1.5, 1);
    gws_plot_legend(p, threshold, GWS_GREY, GWS_LEGEND_DASHED);
    if (f->meta->linear)
        gws_plot_legend(p, names[1], colours[1], GWS_LEGEND_LINE);
    gws_plot_legend(p, names[0], colours[0], GWS_LEGEND_LINE);
}

static gws_status draw_around(gws_figure *f, gws_plot *p, double top, double height, gws_err *err)
{
    double *t = malloc(sizeof *t * 3 * (size_t)f->logit_n), *y[2];

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    y[0] = t + f->logit_n;
    y[1] = y[0] + f->logit_n;
    for (int64_t i = 0; i < f->logit_n; i++) {
        t[i] = since(f->loudest.gps_ns, f->logit_begin + i, f->meta->hop, f->meta->rate_hz);
        for (int k = 0; k < 2; k++)
            y[k][i] = (double)f->logit_shown[k][i];
    }
    draw_logits(f, p, top, height, t, y, f->logit_n, -LOGIT_AROUND, LOGIT_AROUND,
                "time from the trigger (s); shaded: its time window", "logit");
    free(t);
    return GWS_OK;
}

static gws_status draw_whole(gws_figure *f, gws_plot *p, double top, double height, gws_err *err)
{
    double *t = malloc(sizeof *t * 3 * ENVELOPE), *y[2];
    int64_t n = (f->last_step - f->first_step + f->bucket - 1) / f->bucket;
    int64_t t0_ns = f->zero_ns;
    char label[80], zero[32];

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    y[0] = t + ENVELOPE;
    y[1] = y[0] + ENVELOPE;
    for (int64_t i = 0; i < n; i++) {
        t[i] = since(t0_ns, f->first_step + i * f->bucket, f->meta->hop, f->meta->rate_hz);
        for (int k = 0; k < 2; k++)
            y[k][i] = (double)f->envelope[k][i];
    }
    double from = since(t0_ns, f->first_step, f->meta->hop, f->meta->rate_hz);
    double to = since(t0_ns, f->last_step, f->meta->hop, f->meta->rate_hz);
    gws_gps_text(t0_ns, t0_ns % GWS_NS ? 3 : 0, zero);
    snprintf(label, sizeof label, "time from GPS %s (s)", zero);
    draw_logits(f, p, top, height, t, y, n, from, to, label, "logit, all");
    for (int i = 0; i < f->n_injections; i++) {
        double at = (double)(f->injection_ns[i] - t0_ns) / (double)GWS_NS;
        gws_plot_vline(p, at, 0xbbbbbbu, 1.2, 1);
        gws_plot_mark(p, at, -1e300, f->injection_found[i] ? GWS_MARK_UP : GWS_MARK_CROSS, GWS_INK, 12);
    }
    for (int i = 0; i < f->n_triggers; i++)
        gws_plot_mark(p, (double)(f->triggers[i].gps_ns - t0_ns) / (double)GWS_NS, f->triggers[i].stat,
                      f->triggers[i].stat == f->loudest.stat ? GWS_MARK_DISC : GWS_MARK_CIRCLE, GWS_COLOUR_MARK, 11);
    if (f->n_triggers)
        gws_plot_legend(p, "trigger", GWS_COLOUR_MARK, GWS_MARK_CIRCLE);
    if (f->n_injections) {
        gws_plot_legend(p, "missed", GWS_INK, GWS_MARK_CROSS);
        gws_plot_legend(p, "signal, found", GWS_INK, GWS_MARK_UP);
    }
    free(t);
    return GWS_OK;
}

gws_status gws_figure_save(gws_figure *f, const char *path, const char *what, gws_err *err)
{
    gws_status st = GWS_OK;
    gws_plot *p = NULL;
    char title[160], gps[32], utc[32], far[120] = "false-alarm rate not calibrated";

    if (!f->started)
        return gws_err_set(err, GWS_EDATA, "%s: no logit to draw", path);
    if (!(p = gws_plot_create(1400, 900, err)))
        return GWS_ENOMEM;
    if (f->has_loudest) {
        gws_gps_text(f->loudest.gps_ns, 3, gps);
        gws_utc_text(f->loudest.gps_ns, 3, utc);
        if (f->loudest_far.bound != GWS_FAR_NONE) {
            char rate[GWS_RATE_TEXT], time[GWS_RATE_TEXT];
            gws_rate_text(f->loudest_far, rate);
            gws_livetime_text(f->meta->calibration[f->head].livetime_s, time);
            snprintf(far, sizeof far, "%s false alarms in 30 days (background: %s)", rate, time);
        }
        snprintf(title, sizeof title, "Loudest trigger: GPS %s, stat %.2f, %s", gps, f->loudest.stat, far);
        char below[300];
        snprintf(below, sizeof below, "%s UTC; %s", utc, what);
        gws_plot_title(p, title, below);
        if (f->logits_pending)
            take_logits(f);
        st = draw_strain(f, p, 92, 300, err);
        if (st == GWS_OK)
            st = draw_around(f, p, 476, 130, err);
        if (st == GWS_OK)
            st = draw_whole(f, p, 700, 130, err);
    } else {
        gws_plot_title(p, "No trigger above the threshold", what);
        st = draw_whole(f, p, 120, 690, err);
    }
    if (st == GWS_OK)
        st = gws_plot_save(p, path, err);
    gws_plot_destroy(p);
    return st;
}
