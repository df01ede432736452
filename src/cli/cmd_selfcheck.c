/* gwspike selfcheck - the whole line once, on made data, checked against itself. */
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/opts.h"
#include "dsp/condition.h"
#include "sim/simulate.h"
#include "model/checkpoint.h"
#include "model/classifier.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_S 1262304000
#define DURATION_S 40
#define RATE_HZ 2048
#define SAMPLES ((int64_t)DURATION_S * RATE_HZ)
#define STEPS_MAX (DURATION_S * 2048)

/* A network of the usual shapes with random weights, used when there is no model. */
static const char recipe[] = "[model]\ndetectors = H1,L1\nrate_hz = 2048\n";

typedef struct track {
    float *y; /* (STEPS_MAX) */
    int64_t n;
    int triggers;
} track;

typedef struct check {
    double *h[GWS_MODEL_IFOS];
    gws_sim *sim;
    gws_checkpoint random; /* random weights; unused when a model file is */
    gws_model *model;
    track whole, cut;
    int failed;
} check;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    ((track *)user)->triggers++;
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    track *t = user;

    for (int64_t i = 0; i < n && t->n < STEPS_MAX; i++)
        t->y[t->n++] = y_spiking[i];
}

/* Whitened samples, and the sum of their squares. */
typedef struct power {
    double sum2;
    int64_t n;
} power;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    power *p = user;

    for (int64_t i = 0; i < n; i++)
        p->sum2 += (double)w[i] * (double)w[i];
    p->n += n;
}

static void say(check *c, int ok, const char *stage, const char *detail)
{
    printf("%-6s %-10s %s\n", ok ? "ok" : "FAILED", stage, detail);
    c->failed += !ok;
}

static gws_status simulate(check *c, int n_ifo, const gws_model_meta *meta, gws_err *err)
{
    gws_sim_params p = gws_sim_defaults();
    char detail[160];
    int same = 1, finite = 1, n_sources = 0;
    double again[1000], t0_s = gws_now_s();
    gws_status status;

    p.n_ifo = n_ifo;
    for (int i = 0; i < n_ifo; i++)
        p.ifo[i] = meta->ifo[i];
    p.rate_hz = RATE_HZ;
    p.begin = (int64_t)START_S * RATE_HZ;
    p.n = SAMPLES;
    p.seed = 1;
    p.pad_s = 5;
    p.step_s = 22;
    p.max_sources = 1;
    p.snr_min = p.snr_max = 30;
    if (!(c->sim = gws_sim_create(&p, err)))
        return err->status;
    for (int i = 0; i < n_ifo; i++) {
        if (!(c->h[i] = malloc(sizeof **c->h * (size_t)SAMPLES)))
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", DURATION_S);
        if ((status = gws_sim_fill(c->sim, i, p.begin, p.n, c->h[i], err)) != GWS_OK ||
            (status = gws_sim_fill(c->sim, i, p.begin + 31415, 1000, again, err)) != GWS_OK)
            return status;
        same &= memcmp(again, c->h[i] + 31415, sizeof again) == 0;
        for (int64_t k = 0; k < SAMPLES; k++)
            finite &= isfinite(c->h[i][k]) != 0;
    }
    gws_sim_sources(c->sim, &n_sources);
    snprintf(detail, sizeof detail, "%d s of %d detectors, %d signal; a stretch asked for again is the same: %.2f s", DURATION_S,
             n_ifo, n_sources, gws_now_s() - t0_s);
    say(c, same && finite, "simulate", detail);
    return GWS_OK;
}

/* Push all, in pieces of `piece` samples. */
static gws_status run(check *c, track *t, int64_t piece, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(c->model);
    int rate_hz[GWS_MODEL_IFOS];
    gws_pipeline *p;

    t->n = t->triggers = 0;
    for (int i = 0; i < meta->n_ifo; i++)
        rate_hz[i] = RATE_HZ;
    p = gws_pipeline_create(c->model, GWS_HEAD_SPIKING, rate_hz, (double)NAN, &(gws_pipeline_sinks){t, on_trigger, on_logits, NULL},
                            err);
    if (!p)
        return err->status;
    for (int64_t at = 0; at < SAMPLES; at += piece)
        for (int i = 0; i < meta->n_ifo; i++)
            gws_pipeline_push(p, i, (int64_t)START_S * RATE_HZ + at, c->h[i] + at, SAMPLES - at < piece ? SAMPLES - at : piece);
    gws_pipeline_finish(p);
    gws_pipeline_destroy(p);
    return GWS_OK;
}

/* The model's whitening, without what makes templates follow the noise, which leaves its colour in. */
static gws_status whiten(check *c, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(c->model);
    gws_condition_params params;
    power sum = {0};
    char detail[160];
    gws_status status = gws_pipeline_condition(meta, &params, err);

    params.reference = NULL;
    for (int i = 0; i < meta->n_ifo && status == GWS_OK; i++) {
        gws_condition *w = gws_condition_create(&params, RATE_HZ, err);
        if (!w)
            return err->status;
        gws_condition_push(w, (int64_t)START_S * RATE_HZ, c->h[i], SAMPLES, on_whitened, &sum);
        gws_condition_finish(w, on_whitened, &sum);
        gws_condition_destroy(w);
    }
    if (status != GWS_OK)
        return status;
    const double variance = sum.n > 0 ? sum.sum2 / (double)sum.n : 0;
    /* Nearly the whole band is kept; PSD estimates from 16 to 38 s of data make the variance uncertain by some percent. */
    snprintf(detail, sizeof detail, "%lld samples, variance %.3f (wanted 0.9 to 1.15)", (long long)sum.n, variance);
    say(c, variance > 0.9 && variance < 1.15, "condition", detail);
    return GWS_OK;
}

static gws_status line(check *c, const char *model_name, gws_err *err)
{
    char detail[200];
    int finite = 1;
    double t0_s = gws_now_s();
    gws_status status = run(c, &c->whole, SAMPLES, err);
    const gws_isa best = gws_isa_best();

    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < c->whole.n; i++)
        finite &= isfinite(c->whole.y[i]) != 0;
    snprintf(detail, sizeof detail, "%lld logits, all finite; %s: %.2f s, %.0f times real time", (long long)c->whole.n, model_name,
             gws_now_s() - t0_s, DURATION_S / (gws_now_s() - t0_s));
    say(c, finite && c->whole.n > 0, "network", detail);
    snprintf(detail, sizeof detail, "%d trigger%s above the model's threshold", c->whole.triggers,
             c->whole.triggers == 1 ? "" : "s");
    say(c, 1, "search", detail);

    if ((status = run(c, &c->cut, 1237, err)) != GWS_OK)
        return status;
    say(c,
        c->cut.n == c->whole.n && memcmp(c->cut.y, c->whole.y, sizeof(float) * (size_t)c->cut.n) == 0 &&
            c->cut.triggers == c->whole.triggers,
        "cut", "in pieces of 1237 samples: the same bits");
    if (best != GWS_ISA_SCALAR) {
        gws_isa_limit(GWS_ISA_SCALAR);
        status = run(c, &c->cut, SAMPLES, err);
        gws_isa_limit(best);
        if (status != GWS_OK)
            return status;
        snprintf(detail, sizeof detail, "%s and scalar code: the same bits", gws_isa_name(best));
        say(c, c->cut.n == c->whole.n && memcmp(c->cut.y, c->whole.y, sizeof(float) * (size_t)c->cut.n) == 0, "kernels", detail);
    }
    return GWS_OK;
}

int gws_cmd_selfcheck(gws_cli *cli, int argc, char **argv)
{
    const char *model_path = NULL, *name = "random weights";
    const gws_opt options[] = {GWS_OPT_MODEL(&model_path)};
    const gws_opts opts = {
        .usage = "[-m MODEL]",
        .about = "Simulate, condition, run the network and the search on 40 s of made data, and check that the results are finite, "
                 "do not depend\n"
                 "on how the data are cut, nor on the instruction set.  Without any model the weights are random.",
        .examples = "gwspike selfcheck",
        .options = options,
        .n_options = 1,
        .max_inputs = 0,
    };
    gws_err err = {0};
    check c = {0};
    int status = 1, random = 0, parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (model_path || cli->default_model[0]) {
        name = gws_cli_model(cli, model_path, &err);
        c.model = gws_model_load(name, &err);
    } else if (gws_checkpoint_init(&c.random, recipe, 1, GWS_TO_RUN, &err) == GWS_OK) {
        random = 1;
        c.model = gws_model_borrow(&c.random, &err);
    }
    if (!c.model)
        goto fail;
    if (gws_model_describe(c.model)->rate_hz != RATE_HZ) {
        gws_err_set(&err, GWS_EDATA, "%s: rate %d Hz, the check is made for %d Hz", name, gws_model_describe(c.model)->rate_hz,
                    RATE_HZ);
        goto fail;
    }
    c.whole.y = malloc(sizeof *c.whole.y * STEPS_MAX);
    c.cut.y = malloc(sizeof *c.cut.y * STEPS_MAX);
    if (!c.whole.y || !c.cut.y) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for the logits");
        goto fail;
    }
    if (simulate(&c, gws_model_describe(c.model)->n_ifo, gws_model_describe(c.model), &err) != GWS_OK ||
        whiten(&c, &err) != GWS_OK || line(&c, name, &err) != GWS_OK)
        goto fail;
    if (c.failed) {
        gws_err_set(&err, GWS_ENUM, "%d of the checks failed", c.failed);
        goto fail;
    }
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_model_destroy(c.model);
    if (random)
        gws_checkpoint_clear(&c.random);
    gws_sim_destroy(c.sim);
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        free(c.h[i]);
    free(c.whole.y);
    free(c.cut.y);
    return status;
}
