/* gwspike demo - a few minutes of made data with known signals, searched with a model. */
#include "base/clock.h"
#include "base/json.h"
#include "base/progress.h"
#include "cli/figure.h"
#include "cli/opts.h"
#include "cli/rate.h"
#include "sim/simulate.h"
#include "model/classifier.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_S 1262304000
#define DURATION_S 240
#define CHUNK_S 16
#define SIGNALS 6
#define SNR_LEAST 8
#define SNR_MOST 20
#define TRIGGERS_MAX 1000

typedef struct run {
    gws_figure *figure;
    gws_trigger trigger[TRIGGERS_MAX];
    gws_far_rate far[TRIGGERS_MAX];
    int claimed[TRIGGERS_MAX]; /* by a signal */
    int n;
} run;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    run *r = user;

    gws_figure_trigger(r->figure, t);
    if (r->n < TRIGGERS_MAX) {
        r->far[r->n] = far;
        r->trigger[r->n++] = *t;
    }
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_figure_logits(((run *)user)->figure, step, y_spiking, y_linear, n);
}

static void on_whitened(void *user, int ifo, int64_t sample, const float *w, int64_t n)
{
    gws_figure_whitened(((run *)user)->figure, ifo, sample, w, n);
}

/* What the figure says beside its curves; the loudest trigger names it. */
static gws_figure_words words_of(const run *r, const gws_calibration *calibration, const char *what)
{
    gws_figure_words words = gws_figure_model_rates(calibration);
    int best = -1;

    for (int i = 0; i < r->n; i++)
        if (best < 0 || r->trigger[i].stat > r->trigger[best].stat)
            best = i;
    if (best >= 0)
        words.loudest = r->far[best];
    words.what = what;
    return words;
}

/* The loudest trigger whose window holds the merger, as MLGWSC-1 counts it; -1: missed. All that hold it are claimed. */
static int claim(run *r, int64_t merger_ns)
{
    int best = -1;

    for (int i = 0; i < r->n; i++) {
        double dt = fabs((double)(r->trigger[i].gps_ns - merger_ns)) / (double)GWS_NS;
        if (dt > r->trigger[i].window_s)
            continue;
        r->claimed[i] = 1;
        if (best < 0 || r->trigger[i].stat > r->trigger[best].stat)
            best = i;
    }
    return best;
}

static gws_status search(gws_sim *sim, const gws_sim_params *p, gws_pipeline *pipeline, gws_pool *pool, gws_bar *bar, gws_err *err)
{
    int64_t chunk = (int64_t)CHUNK_S * p->rate_hz;
    double *h[GWS_MAX_IFO] = {NULL};
    int64_t sample[GWS_MAX_IFO], n[GWS_MAX_IFO];
    gws_status status = GWS_OK;

    for (int i = 0; i < p->n_ifo && status == GWS_OK; i++)
        if (!(h[i] = malloc(sizeof **h * (size_t)chunk)))
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    for (int64_t at = 0; at < p->n && status == GWS_OK; at += chunk) {
        for (int i = 0; i < p->n_ifo && status == GWS_OK; i++) {
            sample[i] = p->begin + at;
            n[i] = chunk;
            status = gws_sim_fill(sim, i, sample[i], chunk, h[i], err);
        }
        if (status == GWS_OK && (status = gws_pipeline_push_all(pipeline, pool, sample, (const double *const *)h, n)) != GWS_OK)
            gws_err_set(err, status, "no memory for whitened strain");
        if (status == GWS_OK && gws_bar_show(bar, (double)(at + chunk), (double)p->n, "simulating and searching"))
            status = gws_err_set(err, GWS_ESTOP, "stopped");
    }
    if (status == GWS_OK)
        gws_pipeline_finish(pipeline);
    for (int i = 0; i < p->n_ifo; i++)
        free(h[i]);
    return status;
}

static void print_far(gws_far_rate far)
{
    char text[GWS_RATE_TEXT];

    gws_rate_text(far, text);
    printf("  %12s", text);
}

static void print_table(run *r, const gws_sim_source *s, int n, int64_t begin_ns, double threshold, double livetime_s)
{
    int found = 0, others = 0;

    printf("signals put into %d s of simulated H1 and L1 noise, and what the search made of them\n\n", DURATION_S);
    printf("%10s %6s %6s %6s   %10s %8s %8s  %12s\n", "injected s", "mass1", "mass2", "SNR", "found s", "dt ms", "stat",
           "FAR /30 days");
    for (int i = 0; i < n; i++) {
        int t = claim(r, s[i].source.tc_ns);
        double at = (double)(s[i].source.tc_ns - begin_ns) / (double)GWS_NS;
        printf("%10.3f %6.1f %6.1f %6.1f", at, s[i].source.binary.mass1_msun, s[i].source.binary.mass2_msun, s[i].snr_network);
        if (t < 0) {
            printf("   missed\n");
            continue;
        }
        found++;
        printf("   %10.3f %+8.1f %8.2f", (double)(r->trigger[t].gps_ns - begin_ns) / (double)GWS_NS,
               (double)(r->trigger[t].gps_ns - s[i].source.tc_ns) / 1e6, r->trigger[t].stat);
        print_far(r->far[t]);
        printf("\n");
    }
    for (int i = 0; i < r->n; i++) {
        if (r->claimed[i])
            continue;
        if (others++ == 0)
            printf("\nfalse triggers:\n");
        printf("%31s   %10.3f %8s %8.2f", "", (double)(r->trigger[i].gps_ns - begin_ns) / (double)GWS_NS, "", r->trigger[i].stat);
        print_far(r->far[i]);
        printf("\n");
    }
    printf("\n%d of %d found, %d missed, %d false trigger%s, above a statistic of %.4g\n", found, n, n - found, others,
           others == 1 ? "" : "s", threshold);
    if (livetime_s > 0 && found + others > 0)
        gws_rate_note(livetime_s, "the model's background");
}

static void print_json(run *r, const gws_sim_source *s, int n)
{
    for (int i = 0; i < n; i++) {
        int t = claim(r, s[i].source.tc_ns);
        gws_json *j = gws_json_object();
        gws_json_put_f64(j, "injected_gps", (double)s[i].source.tc_ns / (double)GWS_NS);
        gws_json_put_f64(j, "mass1", s[i].source.binary.mass1_msun);
        gws_json_put_f64(j, "mass2", s[i].source.binary.mass2_msun);
        gws_json_put_f64(j, "snr", s[i].snr_network);
        gws_json_put_bool(j, "found", t >= 0);
        gws_json_put_f64(j, "gps", t >= 0 ? (double)r->trigger[t].gps_ns / (double)GWS_NS : (double)NAN);
        gws_json_put_f64(j, "stat", t >= 0 ? r->trigger[t].stat : (double)NAN);
        gws_rate_put(j, t >= 0 ? r->far[t] : (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0});
        gws_cli_json(j);
    }
    for (int i = 0; i < r->n; i++) {
        if (r->claimed[i])
            continue;
        gws_json *j = gws_json_object();
        gws_json_put_null(j, "injected_gps");
        gws_json_put_f64(j, "gps", (double)r->trigger[i].gps_ns / (double)GWS_NS);
        gws_json_put_f64(j, "stat", r->trigger[i].stat);
        gws_rate_put(j, r->far[i]);
        gws_cli_json(j);
    }
}

/* What the user asked for. */
typedef struct wish {
    const char *model_path, *out_path, *head_name;
    int64_t seed, threads;
    int json;
} wish;

/* Noise and signals for the detectors of the model. */
static gws_sim_params params_of(const gws_model_meta *meta, int64_t seed)
{
    gws_sim_params p = gws_sim_defaults();
    p.n_ifo = meta->n_ifo;
    for (int i = 0; i < meta->n_ifo; i++)
        p.ifo[i] = meta->ifo[i];
    p.rate_hz = meta->rate_hz;
    p.begin = (int64_t)START_S * meta->rate_hz;
    p.n = (int64_t)DURATION_S * meta->rate_hz;
    p.seed = (uint64_t)seed;
    p.pad_s = 30;
    p.max_sources = SIGNALS;
    p.snr_min = SNR_LEAST;
    p.snr_max = SNR_MOST;
    return p;
}

/* Search made strain.  r has the triggers and the figure's curves afterwards. */
static gws_status make_and_search(const gws_model *model, gws_head head, const gws_sim_params *p, gws_sim *sim, gws_pool *pool,
                                  run *r, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(model);
    const gws_pipeline_sinks sinks = {r, on_trigger, on_logits, on_whitened};
    gws_bar bar = gws_bar_start();
    int rate_hz[GWS_MODEL_IFOS];
    for (int i = 0; i < meta->n_ifo; i++)
        rate_hz[i] = meta->rate_hz;
    if (!(r->figure = gws_figure_create(meta, head, (double)NAN, (int64_t)START_S * GWS_NS, err)))
        return err->status;
    gws_pipeline *pipeline = gws_pipeline_create(model, head, rate_hz, (double)NAN, &sinks, err);
    if (!pipeline)
        return err->status;
    bar.unit = GWS_REAL_TIME;
    bar.each = 1.0 / meta->rate_hz;
    const gws_status status = search(sim, p, pipeline, pool, &bar, err);
    gws_bar_clear(&bar);
    gws_pipeline_destroy(pipeline);
    return status;
}

/* The figure: what was put in, what was found. */
static gws_status draw(const wish *w, const gws_calibration *calibration, run *r, const gws_sim_source *sources, int n,
                       gws_err *err)
{
    char what[120];
    for (int i = 0; i < n; i++)
        gws_figure_injection(r->figure, sources[i].source.tc_ns, claim(r, sources[i].source.tc_ns) >= 0);
    snprintf(what, sizeof what, "%d s of simulated H1 and L1 noise, %d signals of network SNR %d to %d, seed %lld; %s head",
             DURATION_S, n, SNR_LEAST, SNR_MOST, (long long)w->seed, w->head_name);
    const gws_figure_words words = words_of(r, calibration, what);
    return gws_figure_save(r->figure, w->out_path, &words, err);
}

static int run_wish(gws_cli *cli, const wish *w, gws_head head)
{
    gws_err err = {0};
    gws_model *model = NULL;
    gws_sim *sim = NULL;
    gws_pool *pool = NULL;
    run *r = NULL;
    int n = 0, status;
    const char *model_path = gws_cli_model(cli, w->model_path, &err);

    if (!model_path || !(model = gws_model_load(model_path, &err)) || !(pool = gws_cli_pool(cli, w->threads, &err)))
        goto fail;
    if (!(r = calloc(1, sizeof *r))) {
        gws_err_set(&err, GWS_ENOMEM, "no memory");
        goto fail;
    }
    const gws_model_meta *meta = gws_model_describe(model);
    const gws_calibration *calibration = &meta->calibration[head];
    const gws_sim_params p = params_of(meta, w->seed);
    if (!(sim = gws_sim_create(&p, &err)) || make_and_search(model, head, &p, sim, pool, r, &err) != GWS_OK)
        goto fail;
    const gws_sim_source *sources = gws_sim_sources(sim, &n);
    if (draw(w, calibration, r, sources, n, &err) != GWS_OK || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    if (w->json)
        print_json(r, sources, n);
    else
        print_table(r, sources, n, (int64_t)START_S * GWS_NS, calibration->threshold, calibration->livetime_s);
    gws_cli_log(GWS_LOG_INFO, "figure: %s", w->out_path);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    if (r)
        gws_figure_destroy(r->figure);
    free(r);
    gws_sim_destroy(sim);
    gws_model_destroy(model);
    gws_pool_destroy(pool);
    return status;
}

int gws_cmd_demo(gws_cli *cli, int argc, char **argv)
{
    wish w = {.out_path = "demo.png", .head_name = "spiking", .seed = 150914};
    const gws_opt options[] = {
        GWS_OPT_OUTPUT_AS(&w.out_path, GWS_OPT_TO_FIGURE, "the figure, .png, .svg or .pdf (default demo.png)"),
        GWS_OPT_MODEL(&w.model_path),
        {0, "head", GWS_OPT_STRING, &w.head_name, "NAME", "spiking (default) or linear", 0},
        {'s', "seed", GWS_OPT_INT, &w.seed, "K", "other noise, other signals (default 150914)", 0},
        GWS_OPT_JSON(&w.json),
        GWS_OPT_THREADS(&w.threads),
    };
    const gws_opts opts = {
        .usage = "[-o demo.png] [-s K]",
        .about = "Make four minutes of H1 and L1 noise at Advanced LIGO's design sensitivity with six signals of known network "
                 "SNR, 8 to 20,\n"
                 "search them, and set what was found against what was put in.  A figure is written too.  Nothing is downloaded.",
        .examples = "gwspike demo\n"
                    "gwspike demo -s 2 -o second.svg",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int linear = strcmp(w.head_name, "linear") == 0;
    if (!linear && strcmp(w.head_name, "spiking") != 0)
        return gws_cli_misuse(cli, "--head is spiking or linear, got '%s'", w.head_name);
    return run_wish(cli, &w, linear ? GWS_HEAD_LINEAR : GWS_HEAD_SPIKING);
}
