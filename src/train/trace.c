#include "train/trace.h"

#include "base/memory.h"
#include "nn/kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 40 };

typedef struct row {
    gws_track_value v[VALUES_MAX];
    int n;
} row;

static void add(row *r, const char *group, const char *key, const double *v, int n)
{
    r->v[r->n++] = (gws_track_value){group, key, v, n};
}

static void add_held_out(row *w, const char *group, const gws_train_report *r)
{
    if (r->evaluated) {
        add(w, group, "auc_spiking", &r->auc_spiking, 1);
        add(w, group, "auc_linear", &r->auc_linear, 1);
        add(w, group, "efficiency_spiking", &r->eff_spiking, 1);
        add(w, group, "efficiency_linear", &r->eff_linear, 1);
    }
    for (int h = 0; h < 2 && r->measured; h++) {
        const gws_distance *d = &r->distance[h];
        add(w, group, h ? "distance_linear" : "distance_spiking", &d->mean, 1);
        add(w, group, h ? "distance_error_linear" : "distance_error_spiking", &d->mean_error, 1);
        add(w, group, h ? "distances_linear" : "distances_spiking", d->ratio, GWS_DISTANCE_RATES);
        add(w, group, h ? "distance_errors_linear" : "distance_errors_spiking", d->error, GWS_DISTANCE_RATES);
    }
}

static void add_step(row *w, const gws_train_report *r)
{
    add(w, "loss", "loss", &r->loss, 1);
    add(w, "loss", "loss_cpc", &r->loss_cpc, 1);
    add(w, "loss", "loss_spiking", &r->loss_spiking, 1);
    add(w, "loss", "loss_linear", &r->loss_linear, 1);
    add(w, "loss", "loss_distil", &r->loss_distil, 1);
    add(w, "loss", "cpc_accuracy", &r->cpc_accuracy, 1);
    add(w, "rate", "event_rate", &r->events, 1);
    add(w, "rate", "spike_rate_1", &r->spikes1, 1);
    add(w, "rate", "spike_rate_2", &r->spikes2, 1);
    add(w, "gradient", "grad_norm", &r->grad_norm, 1);
    add(w, "gradient", "grad_norm_encoder", &r->grad_norms[0], 1);
    add(w, "gradient", "grad_norm_spiking", &r->grad_norms[1], 1);
    add(w, "gradient", "grad_norm_linear", &r->grad_norms[2], 1);
    add(w, "gradient", "lr", &r->lr, 1);
    add(w, "machine", "samples_per_s", &r->samples_per_s, 1);
    add(w, "machine", "left_s", &r->left_s, 1);
}

gws_status gws_trace_report(gws_track *t, const gws_train_report *r, gws_err *err)
{
    row w = {.n = 0};
    gws_memory memory;
    gws_memory_now(&memory);
    const double resident = (double)memory.resident_bytes;
    const int is_test = strcmp(r->phase, "test") == 0; /* no step was made */
    if (!is_test)
        add_step(&w, r);
    add(&w, "machine", "resident_bytes", &resident, 1);
    add_held_out(&w, is_test ? "test" : "held_out", r);
    return gws_track_put(t, &(gws_track_row){r->phase, r->step, r->total_step, w.v, w.n}, err);
}

/* The share of steps in which each unit has a one.
 *   bits  (rows, words of n) in
 *   rate  (n) out */
static void unit_rates(const uint64_t *bits, int64_t rows, int64_t n, float *rate)
{
    memset(rate, 0, (size_t)n * sizeof *rate);
    for (int64_t i = 0; i < rows; i++, bits += GWS_BIT_WORDS(n))
        for (int64_t k = 0; k < n; k++)
            rate[k] += (float)(bits[k / 64] >> (k % 64) & 1);
    for (int64_t k = 0; k < n; k++)
        rate[k] /= (float)rows;
}

static gws_status look_at_rates(gws_track *t, const gws_checkpoint *c, const gws_work *k, gws_err *err)
{
    const int64_t rows = k->B * k->T;
    const uint64_t *bits[] = {k->ev, k->lif[0].bits, k->lif[1].bits};
    const int64_t units[] = {2 * k->a->C, k->a->H[0], k->a->H[1]};
    static const char *const tags[] = {"rates/events", "rates/spikes_1", "rates/spikes_2"};
    gws_status status = GWS_OK;
    int64_t most = 0;
    for (int i = 0; i < 3; i++)
        most = units[i] > most ? units[i] : most;
    float *rate = malloc((size_t)most * sizeof *rate);
    if (!rate)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the rates of %lld units", (long long)most);
    for (int i = 0; i < 3 && status == GWS_OK; i++)
        if (bits[i]) {
            unit_rates(bits[i], rows, units[i], rate);
            status = gws_track_histogram(t, c->step, tags[i], rate, units[i], err);
        }
    free(rate);
    return status;
}

gws_status gws_trace_look(gws_track *t, const gws_checkpoint *c, const gws_stepper *s, gws_err *err)
{
    const float *g = gws_stepper_gradient(s);
    gws_status status = GWS_OK;
    for (int i = 0; i < c->table.n && status == GWS_OK; i++) {
        const gws_tensor *r = &c->table.rows[i];
        char tag[GWS_TENSOR_NAME + 20];
        if (gws_step_group(r->name) == GWS_GROUP_FIXED)
            continue;
        snprintf(tag, sizeof tag, "weights/%s", r->name);
        if ((status = gws_track_histogram(t, c->step, tag, c->p + r->offset, r->size, err)))
            break;
        snprintf(tag, sizeof tag, "gradients/%s", r->name);
        status = gws_track_histogram(t, c->step, tag, g + r->offset, r->size, err);
    }
    return status ? status : look_at_rates(t, c, gws_stepper_work(s), err);
}
