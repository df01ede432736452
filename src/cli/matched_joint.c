#include "cli/matched_joint.h"

#include "base/clock.h"
#include "base/ini.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "cli/event_out.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "sim/population.h"
#include "model/checkpoint.h"
#include "matched/joint.h"
#include "search/columns.h"
#include "search/events.h"
#include "search/trigger.h"
#include "train/bank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The objects that the search uses. */
typedef struct setup {
    gws_stem_bank bank;
    double *chirp_mass; /* (templates) */
    gws_joint_params params;
    char detectors[128]; /* of model or recipe, */
    int n_reach;
    int reach[GWS_MODEL_IFOS]; /* and the light travel it counts from the first of them */
} setup;

/* What is printed and written of a search. */
typedef struct findings {
    const gws_matched_joint_wish *w;
    const setup *s;
    gws_joint_result r;
    char **dq; /* (n) quality bits that fail */
} findings;

/* ---- bank ---- */

/* What model and recipe have in common: the text of a recipe, and its architecture. */
static gws_status from_recipe(gws_ini *ini, const gws_arch *a, setup *s, gws_err *err)
{
    gws_search_params search;
    gws_status status;
    s->params = gws_joint_defaults();
    if ((status = gws_condition_params_from_ini(ini, &s->params.condition, err)) ||
        (status = gws_search_params_from_ini(ini, &search, err)))
        return status;
    s->params.gap_s = search.gap_s;
    snprintf(s->detectors, sizeof s->detectors, "%s", gws_ini_string(ini, "model", "detectors", "H1,L1"));
    s->n_reach = a->bank.ifos;
    memcpy(s->reach, a->bank.reach, sizeof s->reach);
    return GWS_OK;
}

static gws_status bank_of_model(const char *path, setup *s, gws_err *err)
{
    gws_checkpoint c = {0};
    gws_ini *ini = NULL;
    gws_status status = gws_checkpoint_load(&c, path, err);
    if (status == GWS_OK && !c.arch.matched)
        status = gws_err_set(err, GWS_EDATA, "%s: a model without a matched stem has no bank", path);
    if (status == GWS_OK && !(ini = gws_ini_parse(c.recipe, "recipe of the model", err)))
        status = err->status;
    if (status == GWS_OK)
        status = from_recipe(ini, &c.arch, s, err);
    if (status == GWS_OK && !(s->chirp_mass = calloc((size_t)c.arch.bank.templates, sizeof *s->chirp_mass)))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %d templates", c.arch.bank.templates);
    if (status == GWS_OK)
        status = gws_train_bank_of(&c, &s->bank, s->chirp_mass, err);
    s->params.warmup = c.warmup;
    gws_ini_destroy(ini);
    gws_checkpoint_clear(&c);
    return status;
}

static gws_status bank_of_recipe(const gws_cli *cli, const char *name, gws_pool *pool, setup *s, gws_err *err)
{
    char path[1024];
    gws_arch a;
    gws_ini *ini = NULL;
    gws_status status = gws_cli_recipe(cli, name, path, err);
    if (status == GWS_OK && !(ini = gws_ini_load(path, err)))
        status = err->status;
    if (status == GWS_OK && (status = gws_arch_from_ini(ini, &a, err)) == GWS_OK && !a.matched)
        status = gws_err_set(err, GWS_EDATA, "a recipe without [model] stem = matched has no bank");
    if (status == GWS_OK && (status = from_recipe(ini, &a, s, err)) == GWS_OK)
        status = gws_train_bank_choose(ini, &a, pool, &s->bank, err);
    if (ini && status != GWS_OK && !strstr(err->text, path))
        gws_err_prefix(err, "%s", path);
    gws_ini_destroy(ini);
    if (status == GWS_OK && !(s->chirp_mass = calloc((size_t)s->bank.n, sizeof *s->chirp_mass)))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %d templates", s->bank.n);
    for (int k = 0; k < s->bank.n && status == GWS_OK; k++)
        s->chirp_mass[k] = gws_chirp_mass(s->bank.templates[k].mass1_msun, s->bank.templates[k].mass2_msun);
    return status;
}

/* The model's own light travel where its first detector is the first of the search. */
static void set_reach(const setup *s, gws_joint_network *net)
{
    const char *name = s->detectors;
    for (int d = 0; d < s->n_reach && *name; d++) {
        const size_t n = strcspn(name, ", ");
        for (int i = 1; i < net->n && d > 0; i++)
            if (strlen(net->ifo[i]) == n && strncmp(net->ifo[i], name, n) == 0 &&
                strncmp(net->ifo[0], s->detectors, strlen(net->ifo[0])) == 0)
                net->reach[0][i] = net->reach[i][0] = s->reach[d];
        name += n;
        name += strspn(name, ", ");
    }
}

/* ---- events ---- */

static double gps_s(int64_t ns)
{
    return (double)ns / (double)GWS_NS;
}

static int takes_part(const gws_joint_event *e, int d)
{
    return (int)(e->ifos >> d & 1);
}

static int first_of(const gws_joint_event *e)
{
    int d = 0;
    while (!takes_part(e, d))
        d++;
    return d;
}

/* Arrival behind that in the first detector that takes part. */
static double delay_s(const gws_joint_event *e, int d)
{
    return gps_s(e->arrival[d].gps_ns - e->arrival[first_of(e)].gps_ns);
}

static void print_json(const findings *f)
{
    for (int64_t i = 0; i < f->r.n; i++) {
        const gws_joint_event *e = &f->r.events[i];
        const gws_template *t = &f->s->bank.templates[e->template_index];
        const char *ifos[GWS_MODEL_IFOS];
        double time[GWS_MODEL_IFOS], snr[GWS_MODEL_IFOS], phase[GWS_MODEL_IFOS], delay[GWS_MODEL_IFOS];
        int n = 0;
        gws_json *j = gws_event_json(e->gps_ns, e->stat, gws_joint_far(&f->r, e), f->w->window_s);
        for (int d = 0; d < f->r.network.n; d++) {
            if (!takes_part(e, d))
                continue;
            ifos[n] = f->r.network.ifo[d];
            time[n] = gps_s(e->arrival[d].gps_ns);
            snr[n] = e->arrival[d].snr;
            phase[n] = e->arrival[d].phase_rad;
            delay[n++] = delay_s(e, d);
        }
        gws_json_put_f64(j, "network_snr", e->snr);
        gws_json_put_strings(j, "detectors", ifos, n);
        gws_json_put_f64s(j, "detector_gps", time, n);
        gws_json_put_f64s(j, "delay_s", delay, n);
        gws_json_put_f64s(j, "snr", snr, n);
        gws_json_put_f64s(j, "phase_rad", phase, n);
        gws_dq_json(j, f->dq[i]);
        gws_event_json_template(j, e->template_index, &f->s->chirp_mass[e->template_index], t);
        gws_cli_json(j);
    }
}

static void mass_text(double mass, char out[16])
{
    if (isnan(mass))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%.2f", mass);
}

static void print_table(const findings *f)
{
    const gws_joint_result *r = &f->r;
    if (r->n > 0)
        printf("  %-16s %-23s  %8s  %12s  %7s  %6s  %6s  %s\n", "GPS (s)", "UTC", "stat", "FAR /30 days", "SNR", "mass1", "mass2",
               "SNR, phase, delay");
    for (int64_t i = 0; i < r->n; i++) {
        const gws_joint_event *e = &r->events[i];
        const gws_template *t = &f->s->bank.templates[e->template_index];
        char gps[32], utc[32], far[GWS_RATE_TEXT], mass1[16], mass2[16];
        gws_gps_text(e->gps_ns, 3, gps);
        gws_utc_text(e->gps_ns, 3, utc);
        gws_rate_text(gws_joint_far(r, e), far);
        mass_text(t->mass1_msun, mass1);
        mass_text(t->mass2_msun, mass2);
        printf("  %-16s %-23s  %8.3f  %12s  %7.3f  %6s  %6s ", gps, utc, e->stat, far, e->snr, mass1, mass2);
        for (int d = 0; d < r->network.n; d++)
            if (takes_part(e, d))
                printf(" %s %.2f, %+.2f rad, %+.1f ms", r->network.ifo[d], e->arrival[d].snr, e->arrival[d].phase_rad,
                       1e3 * delay_s(e, d));
        printf("%s%s\n", *f->dq[i] ? "  " : "", f->dq[i]);
    }
    printf("%lld event%s above %.4g in %.1f s searched with %d template%s%s\n", (long long)r->n, r->n == 1 ? "" : "s",
           f->s->params.threshold, gws_joint_live_s(r), f->s->bank.n, f->s->bank.n == 1 ? "" : "s",
           r->far.stat || r->n == 0 ? "" : "; FAR needs --slides");
    if (r->far.stat && r->n > 0)
        gws_rate_note(r->far.livetime_s, "time slides");
}

/* "H1" or "H1,L1": the detectors of a combination. */
static void set_text(const gws_joint_network *net, unsigned ifos, char out[4 * GWS_MODEL_IFOS + 1])
{
    out[0] = 0;
    for (int d = 0; d < net->n; d++)
        if (ifos >> d & 1)
            snprintf(out + strlen(out), (size_t)(4 * GWS_MODEL_IFOS + 1) - strlen(out), "%s%s", out[0] ? "," : "", net->ifo[d]);
}

/* ---- the file ---- */

/* Columns of the file behind the three that MLGWSC-1 wants. */
static double column_of(const void *user, int64_t row, int c)
{
    const findings *f = user;
    const gws_joint_event *e = &f->r.events[row];
    const gws_template *t = &f->s->bank.templates[e->template_index];
    const gws_far_rate far = gws_joint_far(&f->r, e);

    return (double[]){gws_rate_value(far),
                      gws_rate_limit(far),
                      e->snr,
                      f->s->chirp_mass[e->template_index],
                      t->mass1_msun,
                      t->mass2_msun,
                      t->spin1z,
                      t->spin2z,
                      (double)e->template_index}[c];
}

/* Columns of one detector. */
typedef struct of_detector {
    const findings *f;
    int ifo;
} of_detector;

static double detector_column_of(const void *user, int64_t row, int c)
{
    const of_detector *d = user;
    const gws_joint_event *e = &d->f->r.events[row];
    const gws_joint_arrival *a = &e->arrival[d->ifo];

    return takes_part(e, d->ifo) ? (double[]){gps_s(a->gps_ns), a->snr, a->phase_rad, delay_s(e, d->ifo)}[c] : (double)NAN;
}

static gws_status write_columns(const findings *f, gws_h5 *h, gws_err *err)
{
    static const char *const names[] = {
        "far_per_month", "far_per_month_limit", "network_snr", "chirp_mass", "mass1", "mass2", "spin1z", "spin2z", "template"};
    static const char *const stems[] = {"time", "snr", "phase", "delay"};
    gws_events all = {0};
    gws_status status = GWS_OK;

    for (int64_t i = 0; i < f->r.n && status == GWS_OK; i++)
        status = gws_events_add(&all, gps_s(f->r.events[i].gps_ns), f->r.events[i].stat, f->w->window_s);
    status = status == GWS_OK ? gws_events_write(h, &all, err)
                              : gws_err_set(err, status, "no memory for %lld events", (long long)f->r.n);
    gws_events_clear(&all);
    if (status == GWS_OK)
        status = gws_columns_write(h, &(gws_columns){names, 9, column_of, f}, f->r.n, err);
    for (int d = 0; d < f->r.network.n && status == GWS_OK; d++)
        status = gws_columns_write_of(h, &(gws_columns){stems, 4, detector_column_of, &(of_detector){f, d}}, f->r.network.ifo[d],
                                      f->r.n, err);
    return status;
}

static gws_status write_file(const findings *f, gws_h5 *h, gws_err *err)
{
    gws_status status = write_columns(f, h, err);

    if (status == GWS_OK)
        status = gws_dq_write(h, (const char *const *)f->dq, f->r.n, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(h, "/", "ranking", "coherent", err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(h, "/", "livetime", gws_joint_live_s(&f->r), err);
    for (unsigned i = 1; i < GWS_JOINT_SETS && status == GWS_OK; i++) {
        char name[64] = "livetime_";
        if (!(f->r.live_s[i] > 0))
            continue;
        set_text(&f->r.network, i, name + strlen(name));
        status = gws_h5_put_attr_f64(h, "/", name, f->r.live_s[i], err);
    }
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(h, "/", "background_livetime", f->r.far.livetime_s, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_i64(h, "/", "templates", f->s->bank.n, err);
    return status;
}

/* ---- the run ---- */

static gws_status find_dq(findings *f, gws_strain_set *set, gws_err *err)
{
    const int64_t window_ns = (int64_t)(f->w->window_s * (double)GWS_NS);
    gws_status status = GWS_OK;
    if (!(f->dq = calloc((size_t)f->r.n + 1, sizeof *f->dq)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)f->r.n);
    for (int64_t i = 0; i < f->r.n && status == GWS_OK; i++)
        status = gws_dq_find(set, f->r.network.index, f->r.network.n, f->r.events[i].gps_ns - window_ns,
                             f->r.events[i].gps_ns + window_ns, &f->dq[i], err);
    return status;
}

static void report(const findings *f, double bank_s, double took_s)
{
    const gws_joint_result *r = &f->r;
    double together_s = gws_joint_live_s(r);
    gws_cli_log(GWS_LOG_DEBUG, "bank: %d templates of %.2f s in %.2f s", f->s->bank.n, f->s->bank.taps / 512.0, bank_s);
    for (unsigned i = 1; i < GWS_JOINT_SETS; i++) {
        char name[4 * GWS_MODEL_IFOS + 1];
        if (!(r->live_s[i] > 0))
            continue;
        set_text(&r->network, i, name);
        gws_cli_log(GWS_LOG_DEBUG, "%s: %.1f s searched", name, r->live_s[i]);
    }
    if (r->far.livetime_s > 0)
        gws_cli_log(GWS_LOG_DEBUG, "background: %lld events in %.0f s", (long long)r->far.n, r->far.livetime_s);
    gws_cli_log(GWS_LOG_DEBUG, "reading %.2f s, sum %.2f s, slides %.2f s; of all detectors, whitening %.2f s and filters %.2f s",
                r->read_s, r->sum_s, r->slide_s, r->condition_s, r->filter_s);
    gws_cli_log(GWS_LOG_DEBUG, "%.1f s of data in %.2f s: %.0f times real time", together_s, took_s, together_s / took_s);
}

/* The bytes that a search takes with so many slides. */
typedef struct budget {
    const gws_joint_network *net;
    const setup *s;
    const gws_pool *pool;
    int64_t others;
} budget;

static int64_t need_of_slides(void *user, int64_t slides)
{
    const budget *b = user;
    gws_joint_params p = b->s->params;
    p.slides = (int)slides;
    return b->others + gws_joint_bytes(b->net, &b->s->bank, &p, b->pool);
}

static gws_status check_memory(int64_t cap, gws_strain_set *set, budget *b, gws_err *err)
{
    gws_memory now;
    int64_t made;
    const gws_status status = gws_strain_bytes(set, &made, err);
    if (status != GWS_OK)
        return status;
    gws_memory_now(&now);
    b->others = now.resident_bytes + made;
    if (b->s->params.slides)
        return gws_memory_check(cap, "--slides", b->s->params.slides, 1, need_of_slides, b, err);
    const int64_t need = need_of_slides(b, 0);
    return need <= cap ? GWS_OK
                       : gws_err_set(err, GWS_ENOMEM, "the search would need %.3g MiB of memory, the cap is %.3g MiB",
                                     (double)need / 1048576, (double)cap / 1048576);
}

static gws_status search(gws_cli *cli, findings *f, setup *s, gws_strain_set *set, gws_pool *pool, gws_err *err)
{
    const gws_matched_joint_wish *w = f->w;
    gws_joint_network net;
    int64_t cap;
    const double t0_s = gws_now_s();
    gws_status status =
        w->model ? bank_of_model(w->model, s, err) : bank_of_recipe(cli, w->recipe ? w->recipe : "bbh-design", pool, s, err);
    const double t1_s = gws_now_s();
    if (status == GWS_OK)
        status = gws_joint_network_make(set, s->detectors, &net, err);
    if (status == GWS_OK)
        status = gws_cli_cap(cli, w->memory, &cap, err);
    if (status != GWS_OK)
        return status;
    set_reach(s, &net);
    if (!isnan(w->threshold))
        s->params.threshold = w->threshold;
    s->params.slides = (int)w->slides;
    s->params.slide_s = w->slide_s;
    /* half of the memory for events, which are held twice while a list grows */
    s->params.max_events = cap == INT64_MAX ? 0 : cap / 4 / (int64_t)sizeof(gws_joint_event);
    if ((status = check_memory(cap, set, &(budget){.net = &net, .s = s, .pool = pool}, err)) != GWS_OK)
        return status;
    gws_bar bar = gws_bar_start();
    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    s->params.progress = (gws_progress){gws_bar_show, &bar};
    status = gws_joint_search(set, &net, &s->bank, &s->params, pool, &f->r, err);
    gws_bar_clear(&bar);
    if (status == GWS_OK)
        status = find_dq(f, set, err);
    if (status == GWS_OK && gws_log_wants(GWS_LOG_DEBUG))
        report(f, t1_s - t0_s, gws_now_s() - t1_s);
    return status;
}

gws_status gws_matched_joint(gws_cli *cli, const gws_matched_joint_wish *w, gws_strain_set *set, gws_pool *pool, gws_h5 **out,
                             gws_err *err)
{
    setup s = {0};
    findings f = {.w = w, .s = &s};
    const char *sha256 = NULL;
    gws_status status = GWS_OK;
    if (*out && !(sha256 = gws_strain_sha256(set, err)))
        status = err->status;
    if (status == GWS_OK)
        status = search(cli, &f, &s, set, pool, err);
    if (status == GWS_OK && *out && (status = write_file(&f, *out, err)) == GWS_OK)
        status = gws_event_file_finish(out, cli->command, -1, sha256, err);
    if (status == GWS_OK)
        status = gws_cli_commit(cli, err);
    if (status == GWS_OK) {
        if (w->json)
            print_json(&f);
        else
            print_table(&f);
        gws_losses_print(w->json ? NULL : stdout, set, f.r.network.index, f.r.network.n, 0);
    }
    for (int64_t i = 0; f.dq && i < f.r.n; i++)
        free(f.dq[i]);
    free(f.dq);
    free(s.chirp_mass);
    gws_joint_result_clear(&f.r);
    gws_stem_bank_clear(&s.bank);
    return status;
}
