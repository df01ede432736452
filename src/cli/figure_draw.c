/* figure_draw.c - the picture of a search, drawn from what figure.c kept; see figure.h. */
#include "base/clock.h"
#include "cli/figure.h"
#include "cli/figure_kept.h"
#include "cli/rate.h"
#include "dsp/bandpass.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page, of the shape of a slide: strain on the left and logits on the right, the whole stretch below both. */
#define PAGE_WIDTH 1120.0
#define PAGE_HEIGHT 630.0
#define UPPER 96.0
#define UPPER_HEIGHT 248.0
#define BETWEEN_STRAINS 10.0
static const gws_box strain_box = {72, UPPER, 440, UPPER_HEIGHT}, around_box = {586, UPPER, 444, UPPER_HEIGHT},
                     whole_box = {72, 424, 958, 150}, only_box = {72, 110, 958, 460};

/* Band of the strain that is shown. */
#define SHOWN_LOW_HZ 30.0
#define SHOWN_HIGH_HZ 350.0

/* From here on the whole stretch is shown in hours, and in days. */
#define HOURS_FROM_S (6 * 3600.0)
#define DAYS_FROM_S (3 * 86400.0)

#define FAR_TICKS 24 /* of the second axis; those without room are left out */

static const gws_pen trigger_pen = {GWS_INK, 1.3, GWS_DASHED}, threshold_pen = {GWS_INK, 1.1, GWS_DOTTED},
                     signal_pen = {GWS_GREY, 1.0, GWS_DOTTED};
static const gws_mark loudest_mark = {GWS_DISC, GWS_VERMILLION, 10}, trigger_mark = {GWS_CIRCLE, GWS_VERMILLION, 10},
                      found_mark = {GWS_UP, GWS_INK, 10}, missed_mark = {GWS_CROSS, GWS_INK, 10};

/* Detectors wear the colours of the field's figures, as near as the table of colours has them. */
static gws_pen strain_pen(const char *ifo)
{
    const uint32_t colour = strcmp(ifo, "H1") == 0 ? GWS_VERMILLION : strcmp(ifo, "L1") == 0 ? GWS_BLUE : GWS_PURPLE;

    return (gws_pen){colour, 1.5, GWS_SOLID};
}

/* Seconds from `ns` to absolute row `k`. */
static double since(int64_t ns, int64_t k, int64_t per_row, int rate_hz)
{
    return (double)(gws_ns_of_sample(k * per_row, rate_hz) - ns) / (double)GWS_NS;
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

/* "time from GPS 1126259462.433 (s)" */
static void time_label(int64_t zero_ns, const char *unit, char out[80])
{
    char zero[32];

    gws_gps_text(zero_ns, zero_ns % GWS_NS ? 3 : 0, zero);
    snprintf(out, 80, "time from GPS %s (%s)", zero, unit);
}

/* ---- strain ---- */

/* One detector's whitened strain around the loudest trigger, within the band; t and w hold strain_n values. */
static int64_t shown_strain(const gws_figure *f, int ifo, const double *fir, double *t, double *w)
{
    const int64_t n = f->strain_n - GWS_FIGURE_TAPS;

    gws_bandpass_apply(fir, GWS_FIGURE_TAPS, f->strain_shown[ifo], n, w);
    for (int64_t i = 0; i < n; i++)
        t[i] = since(f->loudest.gps_ns, f->strain_begin + GWS_FIGURE_TAPS / 2 + i, 1, f->meta->rate_hz);
    return n;
}

static void draw_strain(const gws_figure *f, gws_plot *p, const double *fir, double *t, double *w)
{
    const int n_ifo = f->meta->n_ifo;
    const double height = (strain_box.height - BETWEEN_STRAINS * (n_ifo - 1)) / n_ifo;
    /* what templates that follow the noise are given has no unit variance (docs/math/stem.md) */
    const char *unit = f->meta->reference ? "strain (arb. units)" : "strain (noise σ)";
    char time[80], band[80];

    time_label(f->loudest.gps_ns, "s", time);
    snprintf(band, sizeof band, "whitened strain, shown from %g to %g Hz", SHOWN_LOW_HZ, SHOWN_HIGH_HZ);
    for (int i = 0; i < n_ifo; i++) {
        const int lowest = i == n_ifo - 1, named = n_ifo <= 2 || i == n_ifo / 2;
        const int64_t n = shown_strain(f, i, fir, t, w);
        double lo = -3, hi = 3;
        range_of(w, n, &lo, &hi);
        hi = 1.1 * fmax(hi, -lo);
        gws_panel *q =
            gws_plot_panel(p, (gws_box){strain_box.x, strain_box.y + i * (height + BETWEEN_STRAINS), strain_box.width, height},
                           &(gws_axis){-GWS_FIGURE_STRAIN_BEFORE, GWS_FIGURE_STRAIN_AFTER, GWS_LINEAR,
                                       lowest ? GWS_NUMBERS : GWS_NO_NUMBERS, lowest ? time : NULL},
                           &(gws_axis){-hi, hi, GWS_LINEAR, GWS_NUMBERS, named ? unit : NULL});
        gws_panel_vline(q, 0, trigger_pen);
        gws_panel_line(q, t, w, n, strain_pen(f->meta->ifo[i]));
        gws_panel_tag(q, f->meta->ifo[i]);
        if (i == 0)
            gws_panel_note(q, GWS_FIGURE_STRAIN_AFTER, INFINITY, &(gws_note){0, -9, GWS_RIGHT, GWS_INK, band});
    }
}

/* ---- logits ---- */

/* The statistics whose rates are shown, and where they lie. */
typedef struct rates {
    const gws_figure_words *words;
    double lo, hi;
} rates;

/* The smallest statistic that noise reaches no more often; NaN: none of those shown. */
static double stat_of(double per_month, const void *user)
{
    const rates *r = user;
    double lo = r->lo, hi = r->hi;

    if (!(r->words->rate(hi, r->words->user).per_month <= per_month) ||
        !(r->words->rate(lo, r->words->user).per_month >= per_month))
        return NAN;
    for (int i = 0; i < 60; i++) {
        const double middle = (lo + hi) / 2;
        if (r->words->rate(middle, r->words->user).per_month <= per_month)
            hi = middle;
        else
            lo = middle;
    }
    return hi;
}

/* False-alarm rates along the right side.  Beyond the loudest of the background there is a bound, which has a number too. */
static void draw_rates(gws_panel *q, const gws_figure_words *words, double lo, double hi)
{
    const rates r = {words, lo, hi};
    gws_tick ticks[1 + GWS_TICKS];
    int n = 0;

    if (!words->rate)
        return;
    const gws_far_rate least = words->rate(hi, words->user), most = words->rate(lo, words->user);
    if (!(least.per_month > 0) || !(least.per_month < most.per_month))
        return;
    if (least.bound == GWS_FAR_BELOW) {
        char text[GWS_RATE_TEXT];
        gws_rate_text(least, text);
        ticks[n].at = stat_of(least.per_month, &r);
        snprintf(ticks[n++].text, GWS_TICK_TEXT, "%s", text);
    }
    const gws_axis axis = {least.per_month, most.per_month, GWS_LOG10, GWS_NUMBERS, NULL};
    n += gws_axis_ticks_mapped(&axis, FAR_TICKS, stat_of, &r, ticks + n);
    gws_panel_right(q, ticks, n, "FAR (per 30 days)");
}

typedef enum span { SPAN_AROUND, SPAN_WHOLE } span;

/* Both heads' logits, and what is drawn with them. */
typedef struct track {
    span span;
    const double *t;
    const double *y[2];
    int64_t n;
    const char *time; /* label */
    double from, to;
    const gws_figure_words *words;
} track;

/* What of a track lies in its panel. */
typedef struct view {
    double lo, hi;        /* logits */
    int threshold, other; /* the threshold does; the head that was not searched does */
} view;

/* The head that was searched is seen whole; the other one, whose scale may be another, at most half of that further. */
static view view_of(const gws_figure *f, const track *k)
{
    double ylo = INFINITY, yhi = -INFINITY, low = INFINITY, high = -INFINITY;
    view v = {0};

    range_of(k->y[f->head], k->n, &ylo, &yhi);
    range_of(k->y[!f->head], k->n, &low, &high);
    if (low < high && ylo < yhi) {
        const double more = (yhi - ylo) / 2;
        ylo = fmin(ylo, fmax(low, ylo - more));
        yhi = fmax(yhi, fmin(high, yhi + more));
    }
    if (!(ylo < yhi)) {
        ylo = isfinite(ylo) ? ylo - 0.5 : 0;
        yhi = ylo + 1;
    }
    /* A threshold far from all logits would flatten them. */
    v.threshold = f->threshold > 2 * ylo - yhi && f->threshold < 2 * yhi - ylo;
    if (v.threshold)
        range_of(&f->threshold, 1, &ylo, &yhi);
    const double pad = 0.08 * (yhi - ylo);
    v.lo = ylo - pad;
    v.hi = yhi + 2 * pad;
    for (int64_t i = 0; i < k->n; i++)
        v.other |= k->y[!f->head][i] >= v.lo && k->y[!f->head][i] <= v.hi;
    return v;
}

/* Lines of a whole stretch are dense, and thin. */
static gws_pen head_pen(int head, span of)
{
    gws_pen pen = gws_style_lines[head];

    if (of == SPAN_WHOLE)
        pen.width *= 0.6;
    return pen;
}

/* "threshold 1.5", and where there is room "threshold 1.5 (FAR 3030)" */
static void threshold_text(const gws_figure *f, const track *k, int shown, char out[80])
{
    const gws_figure_words *words = k->words;
    char beside[40] = "";

    if (k->span == SPAN_WHOLE && words->rate) {
        const gws_far_rate rate = words->rate(f->threshold, words->user);
        char text[GWS_RATE_TEXT];
        gws_rate_text(rate, text);
        if (rate.bound == GWS_FAR_COUNTED && rate.per_month >= 100) /* a whole number reads better than an exponent */
            snprintf(beside, sizeof beside, " (FAR %.0f)", rate.per_month);
        else if (rate.bound != GWS_FAR_NONE)
            snprintf(beside, sizeof beside, " (FAR %s)", text);
    }
    snprintf(out, 80, "threshold %.4g%s%s", f->threshold, beside, shown ? "" : ", off scale");
}

/* The names of what is drawn, added to those that the caller has. */
static void legend(gws_panel *q, const gws_figure *f, const track *k, const gws_key *more, int n_more)
{
    static const char *const heads[2][2] = {{"spiking head, off scale", "linear head, off scale"}, {"spiking head", "linear head"}};
    const gws_pen pens[2] = {head_pen(0, k->span), head_pen(1, k->span)};
    const view v = view_of(f, k);
    char threshold[80];
    gws_key keys[10];
    int n = 0;

    for (int head = 0; head < (f->meta->linear ? 2 : 1); head++)
        keys[n++] = (gws_key){.name = heads[head == (int)f->head || v.other][head], .pen = &pens[head]};
    threshold_text(f, k, v.threshold, threshold);
    keys[n++] = (gws_key){.name = threshold, .pen = &threshold_pen};
    GWS_ASSERT(n + n_more <= 10);
    for (int i = 0; i < n_more; i++)
        keys[n++] = more[i];
    gws_panel_legend(q, keys, n);
}

/* Around a trigger the dashed line lies on top, so that both are seen where they are one; in a whole stretch it would hide the other. */
static gws_panel *draw_logits(const gws_figure *f, gws_plot *p, gws_box box, const track *k)
{
    const view v = view_of(f, k);
    gws_panel *q =
        gws_plot_panel(p, box, &(gws_axis){k->from, k->to, GWS_LINEAR, GWS_NUMBERS, k->time},
                       &(gws_axis){v.lo, v.hi, GWS_LINEAR, GWS_NUMBERS, f->meta->carries ? "logit" : "logit (ln of odds)"});
    if (k->span == SPAN_AROUND) {
        gws_panel_band(q, -f->loudest.window_s, f->loudest.window_s, GWS_SHADE);
        gws_panel_vline(q, 0, trigger_pen);
    }
    gws_panel_hline(q, f->threshold, threshold_pen);
    for (int i = 0; i < 2; i++) {
        const int head = k->span == SPAN_AROUND ? i : !i;
        if (head == 0 || f->meta->linear)
            gws_panel_line(q, k->t, k->y[head], k->n, head_pen(head, k->span));
    }
    draw_rates(q, k->words, v.lo, v.hi);
    return q;
}

static gws_status draw_around(const gws_figure *f, gws_plot *p, const gws_figure_words *words, gws_err *err)
{
    double *t = malloc(sizeof *t * 3 * (size_t)f->logit_n), *y[2];
    char time[80], window[60];

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    y[0] = t + f->logit_n;
    y[1] = y[0] + f->logit_n;
    for (int64_t i = 0; i < f->logit_n; i++) {
        t[i] = since(f->loudest.gps_ns, f->logit_begin + i, f->meta->hop, f->meta->rate_hz);
        for (int k = 0; k < 2; k++)
            y[k][i] = (double)f->logit_shown[k][i];
    }
    time_label(f->loudest.gps_ns, "s", time);
    snprintf(window, sizeof window, "trigger ± %.2g s", f->loudest.window_s);
    const track k = {SPAN_AROUND, t, {y[0], y[1]}, f->logit_n, time, -GWS_FIGURE_LOGIT_AROUND, GWS_FIGURE_LOGIT_AROUND, words};
    gws_panel *q = draw_logits(f, p, around_box, &k);
    legend(q, f, &k, &(gws_key){.name = window, .pen = NULL, .colour = GWS_SHADE}, 1);
    free(t);
    return GWS_OK;
}

/* Signals that were put in, and triggers. */
static void draw_marks(gws_panel *q, const gws_figure *f, double unit_s)
{
    const double scale = unit_s * (double)GWS_NS;

    for (int i = 0; i < f->n_injections; i++) {
        const double at = (double)(f->injection_ns[i] - f->zero_ns) / scale;
        gws_panel_vline(q, at, signal_pen);
        gws_panel_mark(q, at, -INFINITY, f->injection_found[i] ? found_mark : missed_mark);
    }
    for (int i = 0; i < f->n_triggers; i++)
        gws_panel_mark(q, (double)(f->triggers[i].gps_ns - f->zero_ns) / scale, f->triggers[i].stat,
                       f->triggers[i].stat == f->loudest.stat ? loudest_mark : trigger_mark);
}

static gws_status draw_whole(const gws_figure *f, gws_plot *p, gws_box box, const gws_figure_words *words, gws_err *err)
{
    double *t = malloc(sizeof *t * 3 * GWS_FIGURE_ENVELOPE), *y[2];
    const int64_t n = (f->last_step - f->first_step + f->bucket - 1) / f->bucket;
    const double from_s = since(f->zero_ns, f->first_step, f->meta->hop, f->meta->rate_hz);
    const double to_s = since(f->zero_ns, f->last_step, f->meta->hop, f->meta->rate_hz);
    const double unit_s = to_s > DAYS_FROM_S ? 86400 : to_s > HOURS_FROM_S ? 3600 : 1;
    char time[80];
    gws_key keys[4];
    int n_keys = 0, found = 0;

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    y[0] = t + GWS_FIGURE_ENVELOPE;
    y[1] = y[0] + GWS_FIGURE_ENVELOPE;
    for (int64_t i = 0; i < n; i++) {
        t[i] = since(f->zero_ns, f->first_step + i * f->bucket, f->meta->hop, f->meta->rate_hz) / unit_s;
        for (int k = 0; k < 2; k++)
            y[k][i] = (double)f->envelope[k][i];
    }
    time_label(f->zero_ns, to_s > DAYS_FROM_S ? "days" : to_s > HOURS_FROM_S ? "hours" : "s", time);
    const track k = {SPAN_WHOLE, t, {y[0], y[1]}, n, time, from_s / unit_s, to_s / unit_s, words};
    gws_panel *q = draw_logits(f, p, box, &k);
    draw_marks(q, f, unit_s);
    for (int i = 0; i < f->n_injections; i++)
        found += f->injection_found[i];
    if (f->n_triggers > 0)
        keys[n_keys++] = (gws_key){.name = "trigger", .mark = &trigger_mark};
    if (found > 0)
        keys[n_keys++] = (gws_key){.name = "signal, found", .mark = &found_mark};
    if (found < f->n_injections)
        keys[n_keys++] = (gws_key){.name = "signal, missed", .mark = &missed_mark};
    legend(q, f, &k, keys, n_keys);
    free(t);
    return GWS_OK;
}

/* ---- the page ---- */

static gws_far_rate model_rate(double stat, const void *user)
{
    return gws_far_at(user, stat);
}

gws_figure_words gws_figure_model_rates(const gws_calibration *calibration)
{
    gws_figure_words words = {.loudest = {GWS_FAR_NONE, (double)NAN, 0.0}};

    if (calibration->n > 0)
        words = (gws_figure_words){.livetime_s = calibration->livetime_s, .rate = model_rate, .user = calibration};
    return words;
}

static void draw_title(const gws_figure *f, gws_plot *p, const gws_figure_words *words)
{
    char title[200], below[400], gps[32], utc[32], text[GWS_RATE_TEXT], time[GWS_RATE_TEXT], source[120] = "";
    char far[80] = "FAR not calibrated";

    if (words->rate) {
        gws_livetime_text(words->livetime_s, time);
        snprintf(source, sizeof source, "; false-alarm rate (FAR) from %s of background", time);
    }
    if (!f->has_loudest) {
        snprintf(below, sizeof below, "%s%s", words->what, source);
        gws_plot_title(p, "No trigger above the threshold", below);
        return;
    }
    gws_gps_text(f->loudest.gps_ns, 3, gps);
    gws_utc_text(f->loudest.gps_ns, 3, utc);
    if (words->loudest.bound != GWS_FAR_NONE) {
        gws_rate_text(words->loudest, text);
        snprintf(far, sizeof far, "FAR %s per 30 days", text);
    }
    snprintf(title, sizeof title, "%s at %s UTC: statistic %.2f, %s", f->n_triggers > 1 ? "Loudest trigger" : "Trigger", utc,
             f->loudest.stat, far);
    snprintf(below, sizeof below, "GPS %s; %s%s", gps, words->what, source);
    gws_plot_title(p, title, below);
}

static gws_status draw_page(gws_figure *f, gws_plot *p, const gws_figure_words *words, gws_err *err)
{
    double *t = NULL, fir[GWS_FIGURE_TAPS];
    gws_status status;

    draw_title(f, p, words);
    if (!f->has_loudest)
        return draw_whole(f, p, only_box, words, err);
    if (f->logits_pending)
        gws_figure_take_logits(f);
    status = gws_bandpass_design(f->meta->rate_hz, GWS_FIGURE_TAPS, SHOWN_LOW_HZ, SHOWN_HIGH_HZ, fir, err);
    if (status == GWS_OK && !(t = malloc(sizeof *t * 2 * (size_t)f->strain_n)))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    if (status == GWS_OK)
        draw_strain(f, p, fir, t, t + f->strain_n);
    if (status == GWS_OK)
        status = draw_around(f, p, words, err);
    if (status == GWS_OK)
        status = draw_whole(f, p, whole_box, words, err);
    free(t);
    return status;
}

gws_status gws_figure_save(gws_figure *f, const char *path, const gws_figure_words *words, gws_err *err)
{
    gws_plot *p = NULL;
    gws_status status;

    if (!f->started)
        return gws_err_set(err, GWS_EDATA, "%s: no logit to draw", path);
    if (!(p = gws_plot_create(path, PAGE_WIDTH, PAGE_HEIGHT, err)))
        return GWS_ENOMEM;
    status = draw_page(f, p, words, err);
    if (status == GWS_OK)
        status = gws_plot_save(p, err);
    gws_plot_destroy(p);
    return status;
}
