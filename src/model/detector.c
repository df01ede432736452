#include "model/detector.h"

#include "model/checkpoint.h"
#include "model/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_model {
    gws_checkpoint own; /* when loaded from a file */
    const gws_checkpoint *c;
    gws_weights w;
    gws_model_meta meta;
    const gws_kernels *K;
};

static gws_status describe(gws_model *m, gws_err *err)
{
    const gws_checkpoint *c = m->c;
    m->K = gws_kernels_get();
    gws_status st = gws_weights_create(&m->w, &c->arch, &c->table, &c->rows, 0, err);
    if (st)
        return st;
    gws_weights_update(&m->w, m->K, c->p);
    gws_model_meta *d = &m->meta;
    d->rate_hz = c->arch.rate_hz;
    d->hop = gws_arch_hop(&c->arch);
    d->warmup = c->warmup;
    d->recipe = c->recipe;
    const char *s = c->detectors;
    for (d->n_ifo = 0; d->n_ifo < c->arch.ifos; d->n_ifo++) {
        size_t n = strcspn(s, ",");
        if (n == 0 || n > 3)
            return gws_err_set(err, GWS_EFORMAT, "detectors '%s' are not two-letter names", c->detectors);
        memcpy(d->ifo[d->n_ifo], s, n);
        s += n + (s[n] == ',');
    }
    for (int h = 0; h < 2; h++) {
        d->offset_s[h] = c->cal[h].offset_s;
        d->threshold[h] = c->cal[h].threshold;
        d->far[h] = (gws_model_far){.stat = c->cal[h].stat, .n = c->cal[h].n, .livetime_s = c->cal[h].livetime_s};
    }
    return GWS_OK;
}

gws_model *gws_model_borrow(const gws_checkpoint *c, gws_err *err)
{
    gws_model *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a model");
        return NULL;
    }
    m->c = c;
    if (describe(m, err)) {
        gws_model_destroy(m);
        return NULL;
    }
    return m;
}

gws_model *gws_model_load(const char *path, gws_err *err)
{
    gws_model *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a model");
        return NULL;
    }
    m->c = &m->own;
    if (gws_checkpoint_load(&m->own, path, err))
        goto fail;
    if (describe(m, err)) {
        gws_err_prefix(err, "%s", path);
        goto fail;
    }
    return m;
fail:
    gws_model_destroy(m);
    return NULL;
}

const gws_model_meta *gws_model_describe(const gws_model *m)
{
    return &m->meta;
}

void gws_model_destroy(gws_model *m)
{
    if (!m)
        return;
    gws_weights_clear(&m->w);
    gws_checkpoint_clear(&m->own);
    free(m);
}

struct gws_detector {
    const gws_model *m;
    gws_work k;
    int block, hop, I;
    int64_t next;   /* absolute sample that continues the stream; INT64_MIN before the first */
    int64_t begin;  /* absolute sample of the first row of the block being filled (a multiple of hop) */
    int64_t filled; /* samples in the block */
    gws_detector_stats sum;
    double events, spikes1, spikes2;
};

gws_detector *gws_detector_create(const gws_model *m, int block, gws_err *err)
{
    gws_detector *d = calloc(1, sizeof *d);
    if (!d) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a detector");
        return NULL;
    }
    d->m = m;
    d->block = block > 0 ? block : GWS_DETECTOR_BLOCK;
    d->hop = m->meta.hop;
    d->I = m->meta.n_ifo;
    if (gws_work_create(&d->k, &m->c->arch, 1, d->block, 0, 0, 1, err)) {
        free(d);
        return NULL;
    }
    gws_detector_reset(d);
    return d;
}

int64_t gws_detector_bytes(const gws_model *m, int block)
{
    return gws_work_bytes(&m->c->arch, 1, block > 0 ? block : GWS_DETECTOR_BLOCK, 0, 0, 1);
}

static int64_t history_rows(const gws_arch *a, int l)
{
    return a->stem[l].kernel - a->stem[l].stride;
}

void gws_detector_reset(gws_detector *d)
{
    memset(d->k.mem, 0, (size_t)d->k.layout.total * sizeof *d->k.mem);
    d->next = INT64_MIN;
    d->filled = 0;
}

/* Run the network on the first n steps of the block and keep what the next block needs: the last rows in front of every convolution and the
 * states. */
static void run_steps(gws_detector *d, int64_t n, gws_logit_sink sink, void *user)
{
    const gws_arch *a = &d->m->c->arch;
    const gws_pass pass = {.heads = 1};
    gws_work *k = &d->k;
    const int64_t full = k->T, C = a->C;
    k->T = n;
    gws_net_forward(d->m->K, &d->m->w, k, &pass, 0, 1, 0);
    int64_t rows = n * d->hop;
    for (int l = 0; l < a->n_stem; l++) {
        float *x = l ? k->act[l - 1] : k->x;
        const size_t row = (size_t)a->stem[l].cin * sizeof *x;
        memmove(x, x + rows * a->stem[l].cin, (size_t)history_rows(a, l) * row);
        rows /= a->stem[l].stride;
    }
    memcpy(k->gru.h, k->gru.h + n * C, (size_t)C * sizeof *k->gru.h);
    for (int64_t t = 0; t < n; t++) {
        int64_t e = 0, s1 = 0, s2 = 0;
        for (int64_t i = 0; i < 2 * C; i++)
            e += k->ev[t * 2 * C + i] > 0.0f;
        for (int64_t i = 0; i < a->H1; i++)
            s1 += k->s1[t * a->H1 + i] > 0.0f;
        for (int64_t i = 0; i < a->H2; i++)
            s2 += k->s2[t * a->H2 + i] > 0.0f;
        d->sum.silent_steps += e == 0;
        d->sum.bad += !isfinite(k->y[t]) || !isfinite(k->y_lin[t]);
        d->events += (double)e / (double)(2 * C);
        d->spikes1 += (double)s1 / a->H1;
        d->spikes2 += (double)s2 / a->H2;
    }
    d->sum.steps += n;
    k->T = full;
    if (sink)
        sink(user, d->begin / d->hop, k->y, k->y_lin, n);
    const int64_t used = n * d->hop, left = d->filled - used;
    float *in = k->x + history_rows(a, 0) * d->I;
    memmove(in, in + used * d->I, (size_t)(left * d->I) * sizeof *in);
    d->begin += used;
    d->filled = left;
}

void gws_detector_push(gws_detector *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink, void *user)
{
    const int64_t room = (int64_t)d->block * d->hop;
    int64_t i = 0;
    if (n <= 0)
        return;
    if (d->next != sample) {
        gws_detector_reset(d);
        const int64_t into = ((sample % d->hop) + d->hop) % d->hop;
        i = into ? d->hop - into : 0; /* the first whole hop */
        d->begin = sample + i;
    }
    d->next = sample + n;
    float *in = d->k.x + history_rows(&d->m->c->arch, 0) * d->I;
    if (i > n) { /* still in front of the first whole hop: remember how much is missing */
        d->filled = n - i;
        return;
    }
    if (d->filled < 0) {
        i = -d->filled < n ? -d->filled : n;
        d->filled += i;
        if (d->filled < 0)
            return;
    }
    while (i < n) {
        int64_t take = room - d->filled < n - i ? room - d->filled : n - i;
        for (int f = 0; f < d->I; f++)
            for (int64_t j = 0; j < take; j++)
                in[(d->filled + j) * d->I + f] = w[f][i + j];
        d->filled += take;
        i += take;
        if (d->filled >= d->hop && (d->filled == room || i == n))
            run_steps(d, d->filled / d->hop, sink, user);
    }
}

int64_t gws_detector_delay(const gws_detector *d)
{
    return d->hop - 1;
}

void gws_detector_destroy(gws_detector *d)
{
    if (!d)
        return;
    gws_work_clear(&d->k);
    free(d);
}

void gws_detector_get_stats(const gws_detector *d, gws_detector_stats *out)
{
    const double n = d->sum.steps ? (double)d->sum.steps : 1.0;
    *out = d->sum;
    out->events = d->events / n;
    out->spikes1 = d->spikes1 / n;
    out->spikes2 = d->spikes2 / n;
}
