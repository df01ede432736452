/* event.c - see event.h. */
#include "report/event.h"

#include "base/clock.h"
#include "base/number.h"
#include "dsp/bandpass.h"
#include "model/activations.h"
#include "report/inside.h"
#include "report/overlay.h"
#include "report/qmap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_S 0.3 /* strain that is shown */
#define AFTER_S 0.15
#define MAP_BEFORE_S 0.5
#define MAP_AFTER_S 0.25
#define MAP_COLUMNS 375
#define MAP_LINES 130
#define MAP_LOW_HZ 15.0
#define MAP_HIGH_HZ 1024.0
#define LOGITS_S 2.0

gws_status gws_event_make(gws_strain_set *set, const int *ifo, int n, int64_t gps_ns, gws_event *out, gws_err *err)
{
    const gws_followup_params params = gws_followup_defaults();
    gws_look_params look = gws_look_defaults();
    gws_followup_strain strain[GWS_MAX_IFO];
    gws_err own = {0};
    gws_status status = GWS_OK;

    *out = (gws_event){0};
    look.q.low_hz = MAP_LOW_HZ;
    look.q.high_hz = MAP_HIGH_HZ;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        gws_look *l = &out->look[out->n];
        status = gws_look_make(set, ifo[i], gps_ns, &look, l, &own);
        if (status == GWS_EDATA || status == GWS_EARG) { /* no data there, or too few */
            status = GWS_OK;
            continue;
        }
        if (status != GWS_OK)
            break;
        gws_followup_strain *s = &strain[out->n++];
        *s = (gws_followup_strain){.rate_hz = l->rate_hz, .first = l->first, .h = l->h, .n = l->n};
        memcpy(s->ifo, l->ifo, sizeof s->ifo);
    }
    if (status == GWS_OK && out->n > 0) {
        status = gws_followup_run(&params, gps_ns, strain, out->n, &out->found, &own);
        if (status == GWS_EDATA || status == GWS_EARG)
            status = GWS_OK;
    }
    if (status != GWS_OK) {
        gws_event_clear(out);
        return gws_err_set(err, status, "%s", own.text);
    }
    return GWS_OK;
}

void gws_event_clear(gws_event *e)
{
    for (int i = 0; i < e->n; i++)
        gws_look_clear(&e->look[i]);
    gws_followup_clear(&e->found);
    *e = (gws_event){0};
}

/* ---- what is said ---- */

static void put_facts(gws_page *p, const gws_event *e, const gws_taped *k, const gws_event_words *words)
{
    char gps[32], utc[32], stat[32], window[40], masses[80], chirp[40], spin[40], snr[40];
    gws_fact facts[16];
    int n = 0;

    gws_gps_text(k->t.gps_ns, 3, gps);
    gws_utc_text(k->t.gps_ns, 3, utc);
    gws_text_print(stat, sizeof stat, "%.3f", k->t.stat);
    gws_text_print(window, sizeof window, "\xc2\xb1%.2f s", k->t.window_s);
    facts[n++] = (gws_fact){"GPS", gps};
    facts[n++] = (gws_fact){"UTC", utc};
    facts[n++] = (gws_fact){"statistic", stat};
    facts[n++] = (gws_fact){"time within", window};
    facts[n++] = (gws_fact){"false alarms in 30 days", words->far};
    if (words->p_astro)
        facts[n++] = (gws_fact){"probability of astrophysical origin", words->p_astro};
    if (e->found.n > 0) {
        const gws_template *t = &e->found.best;
        const double total = t->mass1_msun + t->mass2_msun;
        gws_text_print(masses, sizeof masses, "%.1f and %.1f solar masses", t->mass1_msun, t->mass2_msun);
        gws_text_print(chirp, sizeof chirp, "%.2f solar masses", pow(t->mass1_msun * t->mass2_msun, 0.6) * pow(total, -0.2));
        gws_text_print(spin, sizeof spin, "%.2f", (t->mass1_msun * t->spin1z + t->mass2_msun * t->spin2z) / total);
        gws_text_print(snr, sizeof snr, "%.2f", e->found.snr);
        facts[n++] = (gws_fact){"best template, detector frame", masses};
        facts[n++] = (gws_fact){"its chirp mass", chirp};
        facts[n++] = (gws_fact){"its effective spin", spin};
        facts[n++] = (gws_fact){"network SNR", snr};
    }
    facts[n++] = (gws_fact){"data quality bits that fail", words->dq[0] ? words->dq : "none"};
    facts[n++] = (gws_fact){"other triggers within 10 s", words->neighbours[0] ? words->neighbours : "none"};
    gws_page_facts(p, facts, n);
}

static void put_detectors(gws_page *p, const gws_event *e)
{
    static const char *const heads[] = {"detector",        "arrival (GPS s)", "SNR", "phase (rad)", "reduced chi-squared",
                                        "re-weighted SNR", "SNR at 1 Mpc"};

    if (e->found.n == 0)
        return;
    gws_page_table(p, heads, 7);
    for (int i = 0; i < e->found.n; i++) {
        const gws_followup_ifo *d = &e->found.ifo[i];
        char gps[32], snr[24], phase[24], chisq[24], again[24], sigma[24];
        gws_gps_text(d->gps_ns, 4, gps);
        gws_text_print(snr, sizeof snr, "%.2f", d->snr);
        gws_text_print(phase, sizeof phase, "%.2f", d->phase_rad);
        gws_text_print(chisq, sizeof chisq, "%.2f", d->chisq_reduced);
        gws_text_print(again, sizeof again, "%.2f", d->new_snr);
        gws_text_print(sigma, sizeof sigma, "%.0f", d->sigma);
        gws_page_row(p, (const char *const[]){d->ifo, gps, snr, phase, chisq, again, sigma}, 7);
    }
    gws_page_table_end(p);
}

/* ---- strain ---- */

static void id_of(char id[64], int number, const char *what, const char *ifo)
{
    snprintf(id, 64, "event-%d-%s%s%s", number, what, *ifo ? "-" : "", ifo);
}

static const gws_followup_ifo *of_detector(const gws_event *e, const char *ifo)
{
    for (int i = 0; i < e->found.n; i++)
        if (strcmp(e->found.ifo[i].ifo, ifo) == 0)
            return &e->found.ifo[i];
    return NULL;
}

/* Strain and template of one detector, whitened and within the band. */
static gws_status put_strain(gws_page *p, const gws_event *e, const gws_look *l, const gws_event_words *words, gws_err *err)
{
    char id[64], title[80], time[80], gps[32];
    gws_overlay o = {0};
    gws_status status =
        gws_overlay_make(l, e->found.n > 0 ? &e->found.best : NULL, of_detector(e, l->ifo), BEFORE_S, AFTER_S, &o, err);
    gws_chart *c = NULL;

    if (status != GWS_OK)
        return status;
    id_of(id, words->number, "strain", l->ifo);
    gws_gps_text(l->gps_ns, 3, gps);
    snprintf(title, sizeof title, "Whitened strain, %s.", l->ifo);
    snprintf(time, sizeof time, "time from GPS %s (s)", gps);
    c = gws_chart_create(
        &(gws_chart_params){
            .id = id,
            .title = title,
            .says = "From 30 to 350 Hz, in standard deviations of the noise of the full band. The template is the best of the "
                    "follow-up, whitened by the same noise.",
            .x = {.label = time, .from = -BEFORE_S, .to = AFTER_S},
            .y = {.label = "strain (noise \xcf\x83)"}},
        err);
    if (!c)
        status = err->status;
    if (status == GWS_OK)
        status = gws_chart_curve(c, &(gws_curve){.name = l->ifo, .x = o.time_s, .y = o.strain, .n = o.n, .pen = 5}, err);
    if (status == GWS_OK && o.model)
        status = gws_chart_curve(c, &(gws_curve){.name = "template", .x = o.time_s, .y = o.model, .n = o.n, .pen = 1}, err);
    if (status == GWS_OK) {
        gws_chart_moment(c, &(gws_moment){0, "trigger"});
        status = gws_page_chart(p, c, err);
    }
    gws_chart_destroy(c);
    gws_overlay_clear(&o);
    return status;
}

/* ---- maps ---- */

static gws_status put_qmap(gws_page *p, const gws_look *l, const gws_event_words *words, gws_err *err)
{
    char id[64], title[80], says[200], time[80], gps[32], *png = NULL;
    size_t size = 0;
    gws_qmap map;
    double axes[4];
    gws_status status = gws_qmap_make(l, MAP_BEFORE_S, MAP_AFTER_S, MAP_COLUMNS, MAP_LINES, &map, err);

    if (status != GWS_OK)
        return status;
    id_of(id, words->number, "q", l->ifo);
    gws_gps_text(l->gps_ns, 3, gps);
    snprintf(time, sizeof time, "time from GPS %s (s)", gps);
    snprintf(title, sizeof title, "Q-transform, %s.", l->ifo);
    gws_text_print(says, sizeof says,
                   "Energy of tiles over the median of their row, Q %.3g; loudest tile %.1f at %.4g Hz, SNR %.1f.", map.q,
                   l->q.loudest.energy, l->q.loudest.frequency_hz, sqrt(2 * l->q.loudest.energy));
    status = gws_qmap_png(&map, time, &png, &size, axes, err);
    if (status == GWS_OK) {
        const gws_page_map m = {.id = id,
                                .title = title,
                                .says = says,
                                .x_label = "time (s)",
                                .y_label = "frequency (Hz)",
                                .v_label = "energy",
                                .png = png,
                                .png_size = size,
                                .v = map.energy,
                                .x = map.time_s,
                                .y = map.hz,
                                .columns = map.columns,
                                .lines = map.lines,
                                .axes = {axes[0], axes[1], axes[2], axes[3]}};
        status = gws_page_put_map(p, &m, err);
    }
    free(png);
    gws_qmap_clear(&map);
    return status;
}

/* ---- noise ---- */

static gws_status put_noise(gws_page *p, const gws_event *e, const gws_event_words *words, gws_err *err)
{
    char id[64];
    gws_status status = GWS_OK;

    id_of(id, words->number, "noise", "");
    gws_chart *c = gws_chart_create(&(gws_chart_params){.id = id,
                                                        .title = "Noise of the stretch.",
                                                        .says = "Amplitude of the strain around the trigger, median of 2 s pieces.",
                                                        .x = {.label = "frequency (Hz)", .logarithmic = 1, .from = 10, .to = 2000},
                                                        .y = {.label = "amplitude (1/\xe2\x88\x9aHz)", .logarithmic = 1}},
                                    err);
    if (!c)
        return err->status;
    for (int i = 0; i < e->n && status == GWS_OK; i++) {
        const gws_psd *s = &e->look[i].psd;
        double *f = malloc(2 * (size_t)s->n * sizeof *f), *a = f ? f + s->n : NULL;
        int64_t n = 0;
        if (!f) {
            status = gws_err_set(err, GWS_ENOMEM, "no memory for a noise curve");
            break;
        }
        for (int64_t k = 0; k < s->n && k * s->delta_f_hz <= 2000; k++)
            if ((double)k * s->delta_f_hz >= 10) {
                f[n] = (double)k * s->delta_f_hz;
                a[n++] = sqrt(s->data[k]);
            }
        status = gws_chart_curve(c, &(gws_curve){.name = e->look[i].ifo, .x = f, .y = a, .n = n}, err);
        free(f);
    }
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

/* ---- logits ---- */

static gws_status put_logits(gws_page *p, const gws_taped *k, const gws_model_meta *meta, const gws_event_words *words,
                             gws_err *err)
{
    static const char *const names[2] = {"spiking head", "linear head"};
    char id[64], time[80], gps[32];
    double *t = malloc(3 * (size_t)k->n_steps * sizeof *t), *y = t ? t + k->n_steps : NULL;
    gws_chart *c = NULL;
    gws_status status = GWS_OK;

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for logits");
    id_of(id, words->number, "logits", "");
    gws_gps_text(k->t.gps_ns, 3, gps);
    snprintf(time, sizeof time, "time from GPS %s (s)", gps);
    c = gws_chart_create(
        &(gws_chart_params){
            .id = id,
            .title = "Logits of both heads.",
            .says =
                "What the network answers, 64 times a second; the trigger is made of the logit of its head, smoothed over 5 steps, "
                "above the threshold.",
            .x = {.label = time, .from = -LOGITS_S, .to = LOGITS_S},
            .y = {.label = "logit"}},
        err);
    if (!c)
        status = err->status;
    for (int64_t i = 0; i < k->n_steps; i++)
        t[i] = (double)(gws_ns_of_sample((k->step + i) * meta->hop, meta->rate_hz) - k->t.gps_ns) / (double)GWS_NS;
    for (int h = 0; h < (meta->linear ? 2 : 1) && status == GWS_OK; h++) {
        for (int64_t i = 0; i < k->n_steps; i++)
            y[i] = (double)k->y[h][i];
        status = gws_chart_curve(c, &(gws_curve){.name = names[h], .x = t, .y = y, .n = k->n_steps}, err);
    }
    if (status == GWS_OK && isfinite(words->threshold))
        status = gws_chart_curve(c,
                                 &(gws_curve){.name = "threshold",
                                              .x = (double[2]){-LOGITS_S, LOGITS_S},
                                              .y = (double[2]){words->threshold, words->threshold},
                                              .n = 2,
                                              .pen = 4},
                                 err);
    if (status == GWS_OK) {
        gws_chart_moment(c, &(gws_moment){0, "trigger"});
        status = gws_page_chart(p, c, err);
    }
    gws_chart_destroy(c);
    free(t);
    return status;
}

gws_status gws_event_put(gws_page *p, const gws_event *e, const gws_taped *k, const gws_model *model, const gws_event_words *words,
                         gws_err *err)
{
    char id[64], title[120], utc[32];
    gws_status status = GWS_OK;

    gws_utc_text(k->t.gps_ns, 3, utc);
    id_of(id, words->number, "numbers", "");
    snprintf(title, sizeof title, "Trigger %d: %s UTC", words->number, utc);
    gws_page_subsection(p, id, title);
    put_facts(p, e, k, words);
    put_detectors(p, e);
    gws_page_grid(p);
    for (int i = 0; i < e->n && status == GWS_OK; i++)
        status = put_strain(p, e, &e->look[i], words, err);
    for (int i = 0; i < e->n && status == GWS_OK; i++)
        status = put_qmap(p, &e->look[i], words, err);
    if (status == GWS_OK)
        status = put_logits(p, k, gws_model_describe(model), words, err);
    if (status == GWS_OK && e->n > 0)
        status = put_noise(p, e, words, err);
    if (status == GWS_OK)
        status = gws_inside_put(p, k, model, words->number, err);
    gws_page_grid_end(p);
    return status;
}
