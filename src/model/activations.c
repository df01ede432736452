/* activations.c - see activations.h. */
#include "model/activations.h"

#include "base/clock.h"
#include "model/inside.h"
#include "model/network.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 8192

/* Rows that a matched stem hands out. */
typedef struct rows {
    float *x;
    int64_t least, first, n, room;
    int inputs;
} rows;

static void keep(void *user, int64_t step, const float *x, int64_t n)
{
    rows *r = user;

    for (int64_t i = 0; i < n; i++, step++, x += r->inputs) {
        if (step < r->least || r->n == r->room)
            continue;
        if (r->n == 0)
            r->first = step;
        memcpy(r->x + r->n++ * r->inputs, x, (size_t)r->inputs * sizeof *x);
    }
}

static gws_status stem_rows(const gws_model *m, int64_t sample, const float *const *w, int64_t n, const gws_gains *const *gains,
                            rows *r, gws_err *err)
{
    gws_stemming *s = gws_stemming_create(gws_model_stem(m), 0, NULL, err);

    if (!s)
        return GWS_ENOMEM;
    for (int i = 0; gains && i < gws_model_describe(m)->n_ifo; i++)
        gws_stemming_follow(s, i, gains[i], 0);
    gws_stemming_push(s, sample, w, n, keep, r);
    gws_stemming_destroy(s);
    return GWS_OK;
}

static void unpack(const uint64_t *bits, int64_t steps, int units, unsigned char *out)
{
    const int64_t words = GWS_BIT_WORDS(units);

    for (int64_t t = 0; t < steps; t++)
        for (int u = 0; u < units; u++)
            out[t * units + u] = bits ? (unsigned char)(bits[t * words + u / 64] >> (u % 64) & 1u) : 0;
}

void gws_activations_clear(gws_activations *a)
{
    free(a->latent);
    free(a->y);
    free(a->y_linear);
    free(a->context);
    free(a->event);
    free(a->spike[0]);
    free(a->spike[1]);
    *a = (gws_activations){0};
}

static gws_status take(const gws_arch *a, const gws_work *k, gws_activations *out, gws_err *err)
{
    const size_t n = (size_t)out->n, C = (size_t)a->C;

    out->channels = a->C;
    out->latent = malloc(n * C * sizeof(float));
    out->context = malloc(n * C * sizeof(float));
    out->y = malloc(n * sizeof(float));
    out->y_linear = malloc(n * sizeof(float));
    out->event = malloc(n * 2 * C);
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        out->hidden[l] = a->H[l];
        out->spike[l] = malloc(n * (size_t)a->H[l]);
    }
    if (!out->latent || !out->context || !out->y || !out->y_linear || !out->event || !out->spike[0] || !out->spike[1])
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld steps of activations", (long long)out->n);
    /* the last layer's rows stand behind a history of none */
    memcpy(out->latent, k->act[a->n_stem - 1], n * C * sizeof(float));
    memcpy(out->context, k->gru.h + C, n * C * sizeof(float)); /* state 0 is that before the first step */
    memcpy(out->y, k->y, n * sizeof(float));
    memcpy(out->y_linear, k->y_lin ? k->y_lin : k->y, n * sizeof(float));
    unpack(k->ev, out->n, 2 * a->C, out->event);
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        unpack(k->lif[l].bits, out->n, a->H[l], out->spike[l]);
    return GWS_OK;
}

/* The rows of x: those of the stem, or samples, channels last. */
static gws_status fill(const gws_model *m, int64_t sample, const float *const *w, int64_t n, const gws_gains *const *gains, rows *r,
                       gws_err *err)
{
    const gws_arch *a = gws_model_arch(m);
    const int hop = gws_arch_hop(a);

    if (gws_model_stem(m)) {
        r->least = gws_floor_div(sample + hop - 1, hop);
        return stem_rows(m, sample, w, n, gains, r, err);
    }
    r->first = gws_floor_div(sample + hop - 1, hop);
    const int64_t skip = r->first * hop - sample;
    r->n = (n - skip) / hop * hop;
    for (int64_t i = 0; i < r->n; i++)
        for (int f = 0; f < a->inputs; f++)
            r->x[i * a->inputs + f] = w[f][skip + i];
    r->n /= hop;
    return GWS_OK;
}

gws_status gws_activations_make(const gws_model *m, int64_t sample, const float *const *w, int64_t n, const gws_gains *const *gains,
                                gws_activations *out, gws_err *err)
{
    static const gws_pass pass;
    const gws_arch *a = gws_model_arch(m);
    const int64_t steps = n / gws_arch_hop(a);
    gws_work k = {0};
    gws_status status;

    *out = (gws_activations){0};
    if (steps < 2 || steps > STEPS_MAX)
        return gws_err_set(err, GWS_EDATA, "%lld samples to look into the network at, wanted 2 to %d steps", (long long)n,
                           STEPS_MAX);
    if ((status = gws_work_create(&k, a, &(gws_work_shape){1, steps, 0, GWS_TO_RUN, 1}, err)) != GWS_OK)
        return status;
    gws_work_reset(&k, 0);
    rows r = {.x = k.x + (int64_t)a->stem[0].history * a->inputs, .room = steps, .inputs = a->inputs};
    status = fill(m, sample, w, n, gains, &r, err);
    if (status == GWS_OK && r.n == 0)
        status = gws_err_set(err, GWS_EDATA, "no step of the network in %lld samples", (long long)n);
    if (status == GWS_OK) {
        k.T = r.n;
        out->step = r.first;
        out->n = r.n;
        gws_net_run(gws_kernels_get(), NULL, gws_model_weights(m), &k, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
        status = take(a, &k, out, err);
    }
    gws_work_clear(&k);
    if (status != GWS_OK)
        gws_activations_clear(out);
    return status;
}
