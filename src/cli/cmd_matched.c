/* gwspike matched - the matched-filter search: baseline and second opinion. */
#include "base/clock.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/number.h"
#include "cli/event_out.h"
#include "cli/event_xml.h"
#include "cli/inputs.h"
#include "cli/matched_joint.h"
#include "cli/matched_template.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "gw/named_psd.h"
#include "ligolw/reader.h"
#include "strain/strain.h"
#include "matched/bank.h"
#include "search/background.h"
#include "search/columns.h"
#include "search/events.h"
#include "search/far.h"
#include "matched/filter.h"
#include "matched/coincidence.h"
#include "matched/singles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the user said. */
typedef struct wish {
    const char *bank, *save_bank, *mass_range, *spin_range, *psd, *template, *recipe, *out, *memory, *keep;
    const char *ranking, *model, *config;
    gws_strain_use use;
    double inverse_s, slide_s, window_s;
    int64_t rate_hz, slides, seed, threads, chisq_bins;
    int named;    /* --approximant was given */
    int coherent; /* --ranking */
    int threshold_given;
    int json;
    gws_bank_params placing;
    gws_singles_params filters;
    gws_coincidence_params events;
} wish;

static double gps_s(int64_t ns)
{
    return (double)ns / (double)GWS_NS;
}

/* "LO,HI" or one number for both. */
static int parse_range(const char *text, double *lo, double *hi)
{
    const char *end = gws_number_read(text, lo);
    *hi = *lo;
    if (end && (*end == ',' || *end == ':'))
        end = gws_number_read(end + 1, hi);
    return end && *end == 0 && isfinite(*lo) && isfinite(*hi);
}

/* ---- the bank ---- */

static int bank_takes(const char *name)
{
    int found = 0;
    for (int i = 0; gws_bank_columns[i]; i++)
        found |= strcmp(gws_bank_columns[i], name) == 0;
    for (int i = 0; gws_bank_zero_columns[i]; i++)
        found |= strcmp(gws_bank_zero_columns[i], name) == 0;
    return found;
}

static gws_status make_bank(gws_cli *cli, const wish *w, gws_pool *pool, gws_bank *bank, gws_err *err)
{
    gws_psd psd = {0};
    gws_status status;

    if (w->bank) {
        status = gws_bank_load(w->bank, w->filters.low_hz, w->placing.approximant, bank, err);
        for (int i = 0; status == GWS_OK && w->named && i < bank->n; i++)
            if (strcmp(bank->templates[i].approximant, w->placing.approximant) != 0)
                status = gws_err_set(err, GWS_EDATA, "--approximant %s: template %d of %s is %s", w->placing.approximant, i,
                                     w->bank, bank->templates[i].approximant);
        return status;
    }
    status = gws_psd_by_name(w->psd, GWS_BANK_DELTA_F_HZ, (int64_t)(w->placing.high_hz / GWS_BANK_DELTA_F_HZ) + 1,
                             w->placing.low_hz, &psd, err);
    if (status == GWS_OK) {
        gws_bar bar = gws_bar_start();
        double t0_s = gws_now_s();
        status = gws_bank_place(&w->placing, &psd, pool, gws_bar_show, &bar, bank, err);
        if (status == GWS_EDATA)
            gws_err_prefix(err, "--psd %s", w->psd);
        gws_bar_clear(&bar);
        if (status == GWS_OK)
            gws_cli_log(GWS_LOG_DEBUG, "bank: %d templates placed in %.1f s", bank->n, gws_now_s() - t0_s);
    }
    gws_psd_clear(&psd);
    if (status == GWS_OK && w->save_bank)
        status = gws_bank_save(bank, w->save_bank, cli->command, err);
    return status;
}

/* ---- events ---- */

/* What is printed and written of a search. */
typedef struct findings {
    const wish *w;
    const gws_bank *bank;
    gws_singles r;
    gws_coincidence *events;
    int64_t n;
    gws_calibration far;
    double livetime_s;
    char **dq; /* (n) quality bits that fail */
} findings;

/* Without slides the background has no livetime, and the rate is none. */
static gws_far_rate far_of(const findings *f, const gws_coincidence *e)
{
    return gws_far_at(&f->far, e->stat);
}

static const gws_single *trigger_of(const findings *f, const gws_coincidence *e, int ifo)
{
    return e->trigger[ifo] < 0 ? NULL : &f->r.ifo[ifo].triggers[e->trigger[ifo]];
}

static void print_events_json(const findings *f)
{
    for (int64_t i = 0; i < f->n; i++) {
        const gws_coincidence *e = &f->events[i];
        const gws_template *t = &f->bank->templates[e->template_index];
        const char *ifos[GWS_MAX_IFO];
        double time[GWS_MAX_IFO], snr[GWS_MAX_IFO], chisq[GWS_MAX_IFO], new_snr[GWS_MAX_IFO], sigma[GWS_MAX_IFO];
        int n = 0;
        gws_json *j = gws_event_json(e->gps_ns, e->stat, far_of(f, e), f->w->window_s);
        for (int d = 0; d < f->r.n_ifo; d++) {
            const gws_single *g = trigger_of(f, e, d);
            if (!g)
                continue;
            ifos[n] = f->r.ifo[d].ifo;
            time[n] = gps_s(gws_ns_of_sample(g->sample, f->r.rate_hz));
            snr[n] = g->snr;
            chisq[n] = g->chisq_reduced;
            new_snr[n] = g->new_snr;
            sigma[n++] = g->sigma;
        }
        gws_json_put_strings(j, "detectors", ifos, n);
        gws_json_put_f64s(j, "detector_gps", time, n);
        gws_json_put_f64s(j, "snr", snr, n);
        gws_json_put_f64s(j, "chisq_reduced", chisq, n);
        gws_json_put_f64s(j, "new_snr", new_snr, n);
        gws_json_put_f64s(j, "sigma", sigma, n);
        gws_dq_json(j, f->dq[i]);
        gws_event_json_template(j, e->template_index, NULL, t);
        gws_cli_json(j);
    }
}

static void print_events(const findings *f)
{
    if (f->n > 0)
        printf("  %-16s %-23s  %7s  %12s  %6s  %6s  %6s  %6s  %s\n", "GPS (s)", "UTC", "stat", "FAR /30 days", "mass1", "mass2",
               "spin1z", "spin2z", "SNR, reduced chi-squared");
    for (int64_t i = 0; i < f->n; i++) {
        const gws_coincidence *e = &f->events[i];
        const gws_template *t = &f->bank->templates[e->template_index];
        char gps[32], utc[32], far[GWS_RATE_TEXT];
        gws_gps_text(e->gps_ns, 3, gps);
        gws_utc_text(e->gps_ns, 3, utc);
        gws_rate_text(far_of(f, e), far);
        printf("  %-16s %-23s  %7.3f  %12s  %6.2f  %6.2f  %6.2f  %6.2f ", gps, utc, e->stat, far, t->mass1_msun, t->mass2_msun,
               t->spin1z, t->spin2z);
        for (int d = 0; d < f->r.n_ifo; d++) {
            const gws_single *g = trigger_of(f, e, d);
            if (g)
                printf(" %s %.2f, %.2f", f->r.ifo[d].ifo, g->snr, g->chisq_reduced);
        }
        printf("%s%s\n", *f->dq[i] ? "  " : "", f->dq[i]);
    }
    printf("%lld event%s in %.1f s searched with %d template%s%s\n", (long long)f->n, f->n == 1 ? "" : "s", f->livetime_s,
           f->bank->n, f->bank->n == 1 ? "" : "s", f->far.stat || f->n == 0 ? "" : "; FAR needs --slides");
    if (f->far.stat && f->n > 0)
        gws_rate_note(f->far.livetime_s, "time slides");
}

/* Columns of the file behind the three that MLGWSC-1 wants. */
static double column_of(const void *user, int64_t row, int c)
{
    const findings *f = user;
    const gws_coincidence *e = &f->events[row];
    const gws_template *t = &f->bank->templates[e->template_index];
    const gws_far_rate far = far_of(f, e);

    return (double[]){gws_rate_value(far), gws_rate_limit(far), t->mass1_msun, t->mass2_msun, t->spin1z, t->spin2z}[c];
}

/* Columns of one detector. */
typedef struct of_detector {
    const findings *f;
    int ifo;
} of_detector;

static double detector_column_of(const void *user, int64_t row, int c)
{
    const of_detector *d = user;
    const gws_single *g = trigger_of(d->f, &d->f->events[row], d->ifo);

    return g ? (double[]){gps_s(gws_ns_of_sample(g->sample, d->f->r.rate_hz)),
                          g->snr,
                          g->chisq_reduced,
                          g->new_snr,
                          g->sigma,
                          g->phase_rad}[c]
             : (double)NAN;
}

static gws_status write_columns(const findings *f, gws_h5 *h, gws_err *err)
{
    static const char *const names[] = {"far_per_month", "far_per_month_limit", "mass1", "mass2", "spin1z", "spin2z"};
    static const char *const stems[] = {"time", "snr", "chisq_reduced", "new_snr", "sigma", "phase"};
    gws_events all = {0};
    gws_status status = GWS_OK;

    for (int64_t i = 0; i < f->n && status == GWS_OK; i++)
        status = gws_events_add(&all, gps_s(f->events[i].gps_ns), f->events[i].stat, f->w->window_s);
    status =
        status == GWS_OK ? gws_events_write(h, &all, err) : gws_err_set(err, status, "no memory for %lld events", (long long)f->n);
    gws_events_clear(&all);
    if (status == GWS_OK)
        status = gws_columns_write(h, &(gws_columns){names, 6, column_of, f}, f->n, err);
    for (int d = 0; d < f->r.n_ifo && status == GWS_OK; d++)
        status =
            gws_columns_write_of(h, &(gws_columns){stems, 6, detector_column_of, &(of_detector){f, d}}, f->r.ifo[d].ifo, f->n, err);
    return status;
}

static gws_status write_events(const findings *f, gws_h5 *h, gws_err *err)
{
    gws_status status = write_columns(f, h, err);

    if (status == GWS_OK)
        status = gws_dq_write(h, (const char *const *)f->dq, f->n, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(h, "/", "livetime", f->livetime_s, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(h, "/", "background_livetime", f->far.livetime_s, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_i64(h, "/", "templates", f->bank->n, err);
    return status;
}

/* ---- LIGO_LW ---- */

/* What the rows of a document are made of. */
typedef struct of_document {
    const findings *f;
    int64_t first[GWS_MAX_IFO + 1]; /* row of the first trigger of a detector */
} of_document;

static void xml_single(const void *user, int64_t i, gws_xml_single *out)
{
    const of_document *d = user;
    const gws_singles *r = &d->f->r;
    int ifo = 0;
    while (i >= d->first[ifo + 1])
        ifo++;
    const gws_single *g = &r->ifo[ifo].triggers[i - d->first[ifo]];
    *out = (gws_xml_single){.ifo = ifo,
                            .end_ns = gws_ns_of_sample(g->sample, r->rate_hz),
                            .snr = g->snr,
                            .phase_rad = g->phase_rad,
                            .sigma = g->sigma,
                            .chisq_reduced = g->chisq_reduced,
                            .template = &d->f->bank->templates[g->template_index]};
}

static void xml_event(const void *user, int64_t i, gws_xml_event *out)
{
    const of_document *d = user;
    const gws_coincidence *e = &d->f->events[i];
    double power = 0;
    *out = (gws_xml_event){
        .end_ns = e->gps_ns, .stat = e->stat, .far = far_of(d->f, e), .template = &d->f->bank->templates[e->template_index]};
    for (int k = 0; k < d->f->r.n_ifo; k++) {
        const gws_single *g = trigger_of(d->f, e, k);
        out->single[k] = g ? d->first[k] + e->trigger[k] : -1;
        out->ifos |= g ? 1 << k : 0;
        power += g ? g->snr * g->snr : 0;
    }
    out->snr = sqrt(power);
}

/* All triggers of the detectors, the events that they make, and the time in which they were searched. */
static gws_status write_xml(const findings *f, const char *path, const char *command, const char *sha256, gws_err *err)
{
    of_document d = {.f = f};
    gws_xml_found x = {.n_ifo = f->r.n_ifo,
                       .command = command,
                       .sha256 = sha256,
                       .user = &d,
                       .n_events = f->n,
                       .single = xml_single,
                       .event = xml_event,
                       .live_rate_hz = f->r.rate_hz};
    for (int i = 0; i < f->r.n_ifo; i++) {
        memcpy(x.ifo[i], f->r.ifo[i].ifo, sizeof x.ifo[i]);
        x.live[i] = f->r.ifo[i].live;
        x.n_live[i] = f->r.ifo[i].n_live;
        d.first[i + 1] = d.first[i] + f->r.ifo[i].n;
    }
    x.n_singles = d.first[f->r.n_ifo];
    return gws_event_xml_write(path, &x, err);
}

/* Look up the quality bits of each event within its window. */
static gws_status find_dq(findings *f, gws_strain_set *set, gws_err *err)
{
    int all[GWS_MAX_IFO];
    const int64_t window_ns = (int64_t)(f->w->window_s * (double)GWS_NS);
    gws_status status = GWS_OK;

    if (!(f->dq = calloc((size_t)f->n + 1, sizeof *f->dq)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)f->n);
    for (int d = 0; d < GWS_MAX_IFO; d++)
        all[d] = d;
    for (int64_t i = 0; i < f->n && status == GWS_OK; i++)
        status = gws_dq_find(set, all, gws_strain_ifos(set), f->events[i].gps_ns - window_ns, f->events[i].gps_ns + window_ns,
                             &f->dq[i], err);
    return status;
}

/* Data that were not filtered.  With one template each detector is on its own. */
static void print_left_out(const wish *w, const gws_strain_set *set)
{
    int all[GWS_MAX_IFO];

    for (int d = 0; d < GWS_MAX_IFO; d++)
        all[d] = d;
    gws_losses_print(w->json ? NULL : stdout, set, all, gws_strain_ifos(set), !w->template);
}

static void report(const findings *f, double took_s)
{
    const gws_singles_stats *s = &f->r.stats;

    for (int d = 0; d < f->r.n_ifo; d++) {
        const gws_singles_ifo *o = &f->r.ifo[d];
        int64_t live = 0;
        for (int i = 0; i < o->n_live; i++)
            live += o->live[i].end - o->live[i].begin;
        gws_cli_log(GWS_LOG_DEBUG, "%s: %.1f s searched in %d stretches, %lld triggers", o->ifo, (double)live / f->r.rate_hz,
                    o->n_live, (long long)o->n);
    }
    gws_cli_log(GWS_LOG_DEBUG, "%lld blocks filtered; %lld stretches too short, %lld without a usable PSD", (long long)s->blocks,
                (long long)s->too_short, (long long)s->psd_bad);
    if (f->far.stat)
        gws_cli_log(GWS_LOG_DEBUG, "background: %lld events in %.0f s", (long long)f->far.n, f->far.livetime_s);
    gws_cli_log(GWS_LOG_DEBUG, "%.0f templates in real time, one detector (%.1f s)", s->filtered_s / took_s, took_s);
}

static gws_status search_all(gws_cli *cli, const wish *w, gws_strain_set *set, const gws_bank *bank, gws_pool *pool, findings *f,
                             gws_err *err)
{
    gws_singles_params p = w->filters;
    gws_bar bar = gws_bar_start();
    double t0_s = gws_now_s(), took_s;
    int64_t cap;
    gws_status status = gws_cli_cap(cli, w->memory, &cap, err);

    f->w = w;
    f->bank = bank;
    p.inverse_s = isnan(w->inverse_s) ? p.inverse_s : w->inverse_s;
    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    p.progress = (gws_progress){gws_bar_show, &bar};
    /* Half of the memory for triggers, which are held twice while a list grows. */
    p.max_triggers = cap == INT64_MAX ? 0 : cap / 4 / (int64_t)sizeof(gws_single);
    if (status == GWS_OK)
        status = gws_singles_find(set, bank, &p, pool, &f->r, err);
    gws_bar_clear(&bar);
    took_s = gws_now_s() - t0_s;
    if (status == GWS_OK)
        status = gws_coincidence_find(&f->r, &w->events, &f->events, &f->n, err);
    if (status == GWS_OK && w->slides > 0)
        status = gws_coincidence_background(&f->r, &w->events, (int)w->slides, w->slide_s, pool, &f->far, err);
    if (status == GWS_OK)
        status = find_dq(f, set, err);
    if (status != GWS_OK)
        return status;
    f->livetime_s = gws_coincidence_livetime_s(&f->r);
    if (gws_log_wants(GWS_LOG_DEBUG))
        report(f, took_s);
    return GWS_OK;
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, const gws_opts *opts, wish *w, int n_inputs)
{
    const int exact = strcmp(w->recipe, "pycbc") == 0 || !w->template;
    w->coherent = strcmp(w->ranking, "coherent") == 0;
    const gws_opt_rule rules[] = {
        {!w->coherent || !w->template, "template", "does not go with --ranking coherent, whose bank is a model's or a recipe's"},
        {!w->coherent,
         "bank save-bank mass-range spin-range min-match psd approximant seed f-low rate segment psd-duration psd-segment "
         "psd-stride "
         "psd-inverse-length snr-threshold chisq-bins trigger-window coinc-threshold cluster-window recipe",
         "does not go with --ranking coherent, whose model or recipe fixes it"},
        {w->coherent, "model config", "goes with --ranking coherent"},
        {!w->model, "config", "and --model both name a bank: one of them"},
        {!w->template,
         "bank save-bank output slides mass-range spin-range min-match psd approximant seed rate segment psd-duration psd-segment "
         "psd-stride snr-threshold trigger-window coinc-threshold cluster-window threshold window slide-step memory",
         "does not go with --template, which filters with one waveform"},
        {w->template != NULL, "recipe", "goes with --template"},
        {exact, "f-low psd-inverse-length chisq-bins", "goes with --recipe pycbc; the tutorial fixes it"},
        {!w->bank, "save-bank", "keeps the bank that is placed, and --bank reads one: one of them"},
        {!w->bank, "mass-range spin-range min-match psd seed", "is of a bank that is placed, and --bank reads one"},
        {w->slides != 0, "slide-step", "goes with --slides"},
        {n_inputs > 0 || !w->save_bank,
         "output json segment psd-duration psd-segment psd-stride psd-inverse-length snr-threshold chisq-bins trigger-window "
         "coinc-threshold cluster-window threshold window slides slide-step keep channel gps-start-time gps-end-time segments veto "
         "state-channel state-bits "
         "memory",
         "is of a search, which wants at least one strain file"},
    };

    if (strcmp(w->ranking, "coincident") != 0 && !w->coherent)
        return gws_cli_misuse(cli, "--ranking is coincident or coherent, got '%s'", w->ranking);
    if (gws_opts_check(cli, opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (!parse_range(w->mass_range, &w->placing.mass_min_msun, &w->placing.mass_max_msun))
        return gws_cli_misuse(cli, "--mass-range is LO,HI in solar masses, got '%s'", w->mass_range);
    if (w->coherent && w->out && gws_ligolw_is_name(w->out))
        return gws_cli_misuse(
            cli, "--output %s: events of --ranking coherent have no triggers of single detectors, and are written as HDF5", w->out);
    if (!parse_range(w->spin_range, &w->placing.spin_min, &w->placing.spin_max))
        return gws_cli_misuse(cli, "--spin-range is LO,HI, got '%s'", w->spin_range);
    if (n_inputs == 0 && !w->save_bank)
        return gws_cli_misuse(cli, "wants at least one strain file, or --save-bank (gwspike matched --help)");
    if (w->slides < 0 || w->slides > GWS_SLIDES_MAX)
        return gws_cli_misuse(cli, "--slides %lld, wanted 0 to %d", (long long)w->slides, GWS_SLIDES_MAX);
    if (!(w->window_s > 0 && w->window_s <= 0.3))
        return gws_cli_misuse(cli, "--window %g, wanted more than 0 and at most 0.3 s", w->window_s);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    if (w->rate_hz < 0 || w->rate_hz > 65536 || w->chisq_bins < 0 || w->chisq_bins > GWS_CHISQ_BINS_MAX)
        return gws_cli_misuse(cli, "--rate %lld, --chisq-bins %lld: wanted a rate in Hz and 2 to %d bins", (long long)w->rate_hz,
                              (long long)w->chisq_bins, GWS_CHISQ_BINS_MAX);
    w->named = gws_opts_given(cli, opts, "approximant");
    w->threshold_given = gws_opts_given(cli, opts, "threshold");
    w->filters.rate_hz = (int)w->rate_hz;
    w->filters.chisq_bins = (int)w->chisq_bins;
    w->placing.low_hz = w->filters.low_hz;
    w->placing.high_hz = (double)w->rate_hz / 2;
    w->placing.seed = (uint64_t)w->seed;
    return 0;
}

static gws_status run_coherent(gws_cli *cli, const wish *w, gws_strain_set *set, gws_pool *pool, gws_h5 **out, gws_err *err)
{
    const gws_matched_joint_wish joint = {.model = w->model,
                                          .recipe = w->config,
                                          .memory = w->memory,
                                          .threshold = w->threshold_given ? w->events.threshold : (double)NAN,
                                          .window_s = w->window_s,
                                          .slide_s = w->slide_s,
                                          .slides = w->slides,
                                          .json = w->json};

    return gws_matched_joint(cli, &joint, set, pool, out, err);
}

/* Search with a bank, write and print the events. */
static gws_status run_bank(gws_cli *cli, const wish *w, gws_strain_set *set, const gws_bank *bank, gws_pool *pool, gws_h5 **out,
                           gws_err *err)
{
    findings f = {0};
    const char *sha256 = NULL;
    gws_status status = GWS_OK;

    if (w->out && !(sha256 = gws_strain_sha256(set, err)))
        return err->status;
    status = search_all(cli, w, set, bank, pool, &f, err);
    if (status == GWS_OK && *out && (status = write_events(&f, *out, err)) == GWS_OK)
        status = gws_event_file_finish(out, cli->command, w->bank ? -1 : w->seed, sha256, err);
    if (status == GWS_OK && w->out && gws_ligolw_is_name(w->out))
        status = write_xml(&f, w->out, cli->command, sha256, err);
    if (status == GWS_OK)
        status = gws_cli_commit(cli, err);
    if (status == GWS_OK) {
        if (w->bank)
            gws_cli_warn_columns(w->bank, bank_takes);
        if (w->json)
            print_events_json(&f);
        else
            print_events(&f);
        print_left_out(w, set);
    }
    for (int64_t i = 0; f.dq && i < f.n; i++)
        free(f.dq[i]);
    free(f.dq);
    free(f.events);
    gws_calibration_clear(&f.far);
    gws_singles_clear(&f.r);
    return status;
}

/* Without strain the bank is kept, and nothing else done. */
static gws_status run_coincident(gws_cli *cli, const wish *w, gws_strain_set *set, gws_pool *pool, gws_h5 **out, gws_err *err)
{
    gws_bank bank = {0};
    gws_status status = make_bank(cli, w, pool, &bank, err);

    if (status == GWS_OK && set)
        status = run_bank(cli, w, set, &bank, pool, out, err);
    else if (status == GWS_OK && (status = gws_cli_commit(cli, err)) == GWS_OK)
        printf("%s: %d templates\n", w->save_bank, bank.n);
    gws_bank_clear(&bank);
    return status;
}

static gws_status run_template(const wish *w, gws_strain_set *set, gws_err *err)
{
    const gws_matched_template_wish one = {.file = w->template,
                                           .recipe = w->recipe,
                                           .low_hz = w->filters.low_hz,
                                           .inverse_s = w->inverse_s,
                                           .chisq_bins = w->filters.chisq_bins,
                                           .json = w->json};
    const gws_status status = gws_matched_template(&one, set, err);

    if (status == GWS_OK)
        print_left_out(w, set);
    return status;
}

static int run(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_pool *pool = NULL;
    gws_strain_set *set = NULL;
    gws_watch *watch = NULL;
    gws_h5 *out = NULL;
    int status = 1;

    if (!(pool = gws_cli_pool(cli, w->threads, &err)) ||
        (n_inputs > 0 && !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, pool, &err))))
        goto fail;
    if (!w->template &&
        ((w->out && !gws_ligolw_is_name(w->out) && !(out = gws_h5_create(w->out, &err))) || !(watch = gws_cli_watch(&err))))
        goto fail;
    if ((w->template   ? run_template(w, set, &err)
         : w->coherent ? run_coherent(cli, w, set, pool, &out, &err)
                       : run_coincident(cli, w, set, pool, &out, &err)) != GWS_OK)
        goto fail;
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_watch_destroy(watch);
    gws_h5_close(out);
    gws_pool_destroy(pool);
    gws_strain_destroy(set);
    return status;
}

static const char usage[] = "[--bank FILE | --mass-range LO,HI --spin-range LO,HI] [--slides N] [-o OUT.hdf]\n"
                            "    [--json] INPUT...\n"
                            "[--mass-range LO,HI ...] --save-bank FILE\n"
                            "--ranking coherent [-m MODEL | -c RECIPE] [--slides N] [-o OUT.hdf] [--json] INPUT...\n"
                            "--template FILE [--recipe tutorial|pycbc] [--json] INPUT...";

static const char about[] =
    "Search strain with a bank of templates, as pycbc_inspiral and its coincidence do: SNR of each template in each\n"
    "detector, power chi-squared, re-weighted SNR, exact-template coincidence, clustering.  The bank is read, or placed\n"
    "for the masses and spins given (stochastic, exact overlaps).\n\n"
    "stat is the root of the sum of the squared re-weighted SNRs; with one detector, its re-weighted SNR.  The time is\n"
    "the mean arrival time.  False-alarm rates are measured with --slides: detectors are moved against one another and\n"
    "coincidence is done again; louder than all of these the rate is below 1/T of the slides (< in the table).\n\n"
    "--ranking coherent adds the squared SNRs of all detectors, each at its best delay within light travel, without a\n"
    "least SNR in any of them and without chi-squared; stat is the log-likelihood ratio averaged over the templates,\n"
    "which an untrained network with a matched stem gives as well.  Any one to five detectors at multiples of 2048\n"
    "Hz; where one has no data the others go on.  Bank and conditioning come from a model or a recipe.  With --slides\n"
    "detectors are moved as above; what is loud in one detector alone comes back in every slide.  An event of one\n"
    "detector has no rate.\n\n"
    "--template filters with one waveform, by the recipe of GWOSC's event tutorial or by PyCBC's, and prints the peak of\n"
    "each detector.";

static const char examples[] = "gwspike matched --slides 100 --json fg.hdf\n"
                               "gwspike matched --mass-range 7,50 --spin-range -0.9,0.9 --min-match 0.95 --save-bank bank.hdf\n"
                               "gwspike matched --bank bank.hdf -o events.hdf H-H1_*.hdf5 L-L1_*.hdf5\n"
                               "gwspike matched --ranking coherent --slides 100 -o events.hdf fg.hdf\n"
                               "gwspike matched --ranking coherent -m bbh-design.hdf --json H-H1_*.hdf5 L-L1_*.hdf5\n"
                               "gwspike matched --template GW150914_4_template.hdf5 H-H1_LOSC_4_V2-1126259446-32.hdf5\n"
                               "gwspike matched --template GW150914_4_template.hdf5 --recipe pycbc --psd-inverse-length 4 \\\n"
                               "    H-H1_LOSC_4_V2-1126259446-32.hdf5";

int gws_cmd_matched(gws_cli *cli, int argc, char **argv)
{
    wish w = {.mass_range = "10,50",
              .spin_range = "0",
              .psd = "aLIGOZeroDetHighPower",
              .recipe = "tutorial",
              .ranking = "coincident",
              .inverse_s = (double)NAN,
              .slide_s = 0.1,
              .window_s = 0.2,
              .placing = gws_bank_defaults(),
              .filters = gws_singles_defaults(),
              .events = gws_coincidence_defaults()};
    int n_inputs = 0;
    char **inputs = NULL;
    w.rate_hz = w.filters.rate_hz;
    w.chisq_bins = w.filters.chisq_bins;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_EVENTS,
                          "events as MLGWSC-1 wants them: time, stat, var; more columns (HDF5); or LIGO_LW (.xml, .xml.gz)"),
        GWS_OPT_JSON(&w.json),
        {0, "ranking", GWS_OPT_STRING, &w.ranking, "NAME", "coincident (default), or coherent: the sum over all detectors", 0},
        {'m', "model", GWS_OPT_STRING, &w.model, "MODEL", "coherent: bank of this model's matched stem", 0},
        {'c', "config", GWS_OPT_STRING, &w.config, "RECIPE",
         "coherent: choose this recipe's bank, a name or a file (default bbh-design)", 0},
        {0, "bank", GWS_OPT_STRING, &w.bank, "FILE", "template bank, HDF5 as pycbc_inspiral takes it", 0},
        {0, "save-bank", GWS_OPT_STRING, &w.save_bank, "FILE", "keep the bank that is placed; without INPUT nothing else is done",
         GWS_OPT_TO_HDF5},
        {0, "mass-range", GWS_OPT_STRING, &w.mass_range, "LO,HI", "component masses of the bank, solar (default 10,50)", 0},
        {0, "spin-range", GWS_OPT_STRING, &w.spin_range, "LO,HI", "component spins along the orbital momentum (default 0)", 0},
        {0, "min-match", GWS_OPT_DOUBLE, &w.placing.min_match, "M", "least match of the bank (default 0.97)", 0},
        {0, "psd", GWS_OPT_STRING, &w.psd, "NAME", "curve or file that the bank is placed for (default aLIGOZeroDetHighPower)", 0},
        {0, "approximant", GWS_OPT_STRING, &w.placing.approximant, "NAME", "waveform of the templates (default IMRPhenomD)", 0},
        GWS_OPT_SEED(&w.seed),
        {0, "f-low", GWS_OPT_DOUBLE, &w.filters.low_hz, "HZ", "templates and filters begin here (default 20)", 0},
        {0, "rate", GWS_OPT_INT, &w.rate_hz, "HZ", "data are resampled to this rate (default 2048)", 0},
        {0, "segment", GWS_OPT_DOUBLE, &w.filters.segment_s, "S", "data filtered at once (default 64)", 0},
        {0, "psd-duration", GWS_OPT_DOUBLE, &w.filters.psd_s, "S", "most data that a PSD is made of (default 256)", 0},
        {0, "psd-segment", GWS_OPT_DOUBLE, &w.filters.welch_s, "S", "of Welch's median estimate (default 4)", 0},
        {0, "psd-stride", GWS_OPT_DOUBLE, &w.filters.stride_s, "S", "from one to the next (default 2)", 0},
        {0, "psd-inverse-length", GWS_OPT_DOUBLE, &w.inverse_s, "S",
         "inverse spectrum truncation (default 4; with --template 0: none)", 0},
        {0, "snr-threshold", GWS_OPT_DOUBLE, &w.filters.snr_threshold, "X", "triggers of a detector above it (default 4)", 0},
        {0, "chisq-bins", GWS_OPT_INT, &w.chisq_bins, "P", "bins of the chi-squared (default 16)", 0},
        {0, "trigger-window", GWS_OPT_DOUBLE, &w.filters.cluster_s, "S", "a template gives one trigger in it (default 1)", 0},
        {0, "coinc-threshold", GWS_OPT_DOUBLE, &w.events.pad_s, "S", "added to the light travel time (default 0.005)", 0},
        {0, "cluster-window", GWS_OPT_DOUBLE, &w.events.cluster_s, "S", "no event is this near a louder one (default 1)", 0},
        {0, "threshold", GWS_OPT_DOUBLE, &w.events.threshold, "X", "events above this statistic (default 0; coherent: 18)", 0},
        {0, "window", GWS_OPT_DOUBLE, &w.window_s, "S", "half-window stated for each event (default 0.2)", 0},
        {0, "slides", GWS_OPT_INT, &w.slides, "N", "measure false alarms with N time slides (default 0)", 0},
        {0, "slide-step", GWS_OPT_DOUBLE, &w.slide_s, "S", "from one slide to the next (default 0.1)", 0},
        {0, "template", GWS_OPT_STRING, &w.template, "FILE", "filter with this one: /template, two rows, merger in the middle", 0},
        {0, "recipe", GWS_OPT_STRING, &w.recipe, "NAME", "of --template: tutorial (GWOSC's, default) or pycbc", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.threads),
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = usage,
        .about = about,
        .examples = examples,
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 0,
        .max_inputs = -1,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &opts, &w, n_inputs))
        return 2;
    return run(cli, &w, inputs, n_inputs);
}
