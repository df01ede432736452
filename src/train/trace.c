#include "train/trace.h"

#include "base/memory.h"
#include "dsp/fft.h"
#include "dsp/window.h"
#include "nn/kernels/kernels.h"
#include "track/map.h"

#include <math.h>
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
    add(w, "loss", "loss_rates", &r->loss_rates, 1);
    add(w, "loss", "cpc_accuracy", &r->cpc_accuracy, 1);
    add(w, "rate", "event_rate", &r->rates.events, 1);
    add(w, "rate", "spike_rate_1", &r->rates.spikes1, 1);
    add(w, "rate", "spike_rate_2", &r->rates.spikes2, 1);
    add(w, "rate", "spikes_per_s", &r->rates.spikes_per_s, 1);
    add(w, "rate", "events_per_s", &r->rates.events_per_s, 1);
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

/* ---- pictures of the last window ---- */

static double seconds_of(const gws_work *k)
{
    return (double)(k->T * gws_arch_hop(k->a)) / k->a->rate_hz;
}

/*   bits  (T, words of n) in */
static gws_status draw_raster(gws_track *t, int64_t step, const gws_work *k, const uint64_t *bits, gws_track_map map, gws_err *err)
{
    const int64_t n = map.lines, words = GWS_BIT_WORDS(n);
    float *v = malloc((size_t)(n * k->T) * sizeof *v);
    if (!v)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a picture of %lld units", (long long)n);
    for (int64_t i = 0; i < k->T; i++)
        for (int64_t j = 0; j < n; j++)
            v[j * k->T + i] = (float)(bits[i * words + j / 64] >> (j % 64) & 1);
    map.v = v;
    map.columns = (int)k->T;
    map.x_to = seconds_of(k);
    map.x_label = "time (s)";
    map.y_to = (double)n;
    map.to = 1.0;
    const gws_status status = gws_track_draw(t, step, &map, err);
    free(v);
    return status;
}

static gws_status draw_rasters(gws_track *t, int64_t step, const gws_work *k, gws_err *err)
{
    const int64_t b = k->B - 1;
    gws_status status = GWS_OK;
    if (k->ev)
        status = draw_raster(
            t, step, k, k->ev + b * k->T * GWS_BIT_WORDS(2 * k->a->C),
            (gws_track_map){.tag = "raster/events", .title = "events", .lines = 2 * k->a->C, .y_label = "channel: ON, then OFF"},
            err);
    for (int l = 0; l < GWS_LIF_LAYERS && status == GWS_OK; l++)
        if (k->lif[l].bits)
            status = draw_raster(t, step, k, k->lif[l].bits + b * k->T * GWS_BIT_WORDS(k->a->H[l]),
                                 (gws_track_map){.tag = l ? "raster/spikes_2" : "raster/spikes_1",
                                                 .title = l ? "spikes of the second layer" : "spikes of the first layer",
                                                 .lines = k->a->H[l],
                                                 .y_label = "neuron"},
                                 err);
    return status;
}

enum { SPECTRUM = 128, SPECTRUM_HOP = 32 };

/* |STFT|^2 of one channel in units of its mean in white noise of unit variance, on a logarithmic scale.
 *   x  (n) in  samples `stride` apart
 *   v  (bins, columns) out */
static void spectrogram(const gws_fft *f, double *work, const float *x, int stride, int columns, float *v)
{
    const int bins = (int)gws_fft_bins(f);
    double *taper = work, *in = work + SPECTRUM, *out = in + SPECTRUM, power = 0.0;
    gws_window_hann(SPECTRUM, taper);
    for (int i = 0; i < SPECTRUM; i++)
        power += taper[i] * taper[i];
    for (int c = 0; c < columns; c++) {
        for (int i = 0; i < SPECTRUM; i++)
            in[i] = taper[i] * (double)x[(c * SPECTRUM_HOP + i) * stride];
        gws_fft_forward(f, in, out);
        for (int k = 0; k < bins; k++) {
            const double e = (out[2 * k] * out[2 * k] + out[2 * k + 1] * out[2 * k + 1]) / power;
            v[k * columns + c] = (float)(10.0 * log10(fmax(e, 1e-6)));
        }
    }
}

static gws_status draw_samples(gws_track *t, int64_t step, const gws_work *k, const float *x, gws_err *err)
{
    const int64_t n = k->T * gws_arch_rows(k->a);
    const int columns = n < SPECTRUM ? 0 : (int)((n - SPECTRUM) / SPECTRUM_HOP + 1), bins = SPECTRUM / 2 + 1;
    const size_t floats = (size_t)bins * (size_t)columns;
    gws_status status = GWS_OK;
    if (columns == 0)
        return GWS_OK;
    gws_fft *f = gws_fft_create(SPECTRUM, err);
    double *work = gws_arena_alloc((size_t)(2 * SPECTRUM + 2 * bins) * sizeof *work);
    float *v = malloc(floats * sizeof *v);
    if (!f || !work || !v)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a spectrogram");
    for (int i = 0; i < k->a->inputs && status == GWS_OK; i++) {
        char tag[40], title[60];
        snprintf(tag, sizeof tag, "spectrogram/input_%d", i);
        snprintf(title, sizeof title, "whitened strain of input %d", i);
        spectrogram(f, work, x + i, k->a->inputs, columns, v);
        status = gws_track_draw(t, step,
                                &(gws_track_map){.tag = tag,
                                                 .title = title,
                                                 .v = v,
                                                 .columns = columns,
                                                 .lines = bins,
                                                 .x_to = (double)(columns * SPECTRUM_HOP) / k->a->rate_hz,
                                                 .x_label = "time (s)",
                                                 .y_to = k->a->rate_hz / 2.0,
                                                 .y_label = "frequency (Hz)",
                                                 .from = -10.0,
                                                 .to = 20.0,
                                                 .scale = "power (dB)"},
                                err);
    }
    free(v);
    gws_arena_free(work);
    gws_fft_destroy(f);
    return status;
}

/* Rows of a matched stem, one line an input; the scale ends at the largest. */
static gws_status draw_rows(gws_track *t, int64_t step, const gws_work *k, const float *x, gws_err *err)
{
    const int64_t rows = k->T * gws_arch_rows(k->a);
    const int inputs = k->a->inputs;
    double least = 0.0, most = 1e-9;
    float *v = malloc((size_t)(rows * inputs) * sizeof *v);
    if (!v)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a picture of %d inputs", inputs);
    for (int64_t i = 0; i < rows; i++)
        for (int j = 0; j < inputs; j++) {
            const float a = x[i * inputs + j];
            v[j * rows + i] = a;
            least = isfinite(a) ? fmin(least, (double)a) : least;
            most = isfinite(a) ? fmax(most, (double)a) : most;
        }
    const gws_status status = gws_track_draw(t, step,
                                             &(gws_track_map){.tag = "input/rows",
                                                              .title = "rows of the matched stem",
                                                              .v = v,
                                                              .columns = (int)rows,
                                                              .lines = inputs,
                                                              .x_to = seconds_of(k),
                                                              .x_label = "time (s)",
                                                              .y_to = inputs,
                                                              .y_label = "input",
                                                              .from = least,
                                                              .to = most,
                                                              .scale = "input"},
                                             err);
    free(v);
    return status;
}

static gws_status draw_last_window(gws_track *t, int64_t step, const gws_work *k, gws_err *err)
{
    const gws_conv *c = &k->a->stem[0];
    const int64_t history = (int64_t)c->history * c->cin, item = history + k->cap * gws_arch_rows(k->a) * c->cin;
    const float *x = k->x + (k->B - 1) * item + history;
    const gws_status status = k->a->matched ? draw_rows(t, step, k, x, err) : draw_samples(t, step, k, x, err);
    return status ? status : draw_rasters(t, step, k, err);
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
    if (status || (status = look_at_rates(t, c, gws_stepper_work(s), err)))
        return status;
    return draw_last_window(t, c->step, gws_stepper_work(s), err);
}
