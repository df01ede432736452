#include "model/arch.h"

#include "base/ifo.h"
#include "model/reference.h"
#include "nn/init.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ints_from(gws_ini *ini, const char *key, int *out, int *n, gws_err *err)
{
    double v[GWS_STEM_MAX];
    int got = GWS_STEM_MAX;
    if (!gws_ini_has(ini, "model", key))
        return 0;
    if (gws_ini_doubles(ini, "model", key, v, &got, err))
        return -1;
    for (int i = 0; i < got; i++) {
        if (v[i] < 1 || v[i] > 65536 || v[i] != floor(v[i])) {
            gws_err_set(err, GWS_EFORMAT, "[model] %s: wanted whole numbers from 1 on, found %g", key, v[i]);
            return -1;
        }
        out[i] = (int)v[i];
    }
    *n = got;
    return 0;
}

/* A word out of [model] that a table elsewhere explains. */
static gws_status word_from(gws_ini *ini, const char *key, const char *fallback, int (*parse)(const char *, int *), int *out,
                            gws_err *err)
{
    const char *word = gws_ini_string(ini, "model", key, fallback);
    if (parse(word, out))
        return GWS_OK;
    return gws_err_set(err, GWS_EFORMAT, "[model] %s: '%s' is not known", key, word);
}

#define PARSER(name, type, parse)                                                                                                  \
    static int name(const char *word, int *out)                                                                                    \
    {                                                                                                                              \
        type v;                                                                                                                    \
        const int known = parse(word, &v);                                                                                         \
        if (known)                                                                                                                 \
            *out = (int)v;                                                                                                         \
        return known;                                                                                                              \
    }
PARSER(parse_encode, gws_encode, gws_encode_parse)
PARSER(parse_surrogate, gws_surrogate, gws_surrogate_parse)
PARSER(parse_neuron, gws_neuron_model, gws_neuron_parse)
PARSER(parse_reset, gws_reset, gws_reset_parse)
#undef PARSER

static int parse_readout(const char *word, int *out)
{
    *out = strcmp(word, "mean") == 0 ? GWS_READOUT_MEAN : GWS_READOUT_LEAKY;
    return *out == GWS_READOUT_MEAN || strcmp(word, "leaky") == 0;
}

static int parse_tap(const char *word, int *out)
{
    *out = strcmp(word, "first") == 0;
    return *out || strcmp(word, "last") == 0;
}

/* The default slope is `ours` for the fast sigmoid, a value that suits these networks; the other surrogates take their source's
 * default. */
static gws_status slope_from(gws_ini *ini, const char *key, int surrogate, double ours, double *out, gws_err *err)
{
    const double theirs = (double)gws_surrogate_slope((gws_surrogate)surrogate);
    return gws_ini_double(ini, "model", key, surrogate == GWS_SURROGATE_FAST_SIGMOID ? ours : theirs, out, err);
}

/* The bank that stands in front of the convolutions. */
static gws_status stem_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    const char *kind = gws_ini_string(ini, "model", "stem", "samples");
    double reach[GWS_MODEL_IFOS] = {0.0, 6.0};
    int n = GWS_MODEL_IFOS;
    int64_t templates, taps, after, follow;
    gws_status status;
    out->inputs = out->ifos;
    out->unit = 1.0f;
    out->matched = strcmp(kind, "matched") == 0;
    if (!out->matched)
        return strcmp(kind, "samples") == 0
                   ? GWS_OK
                   : gws_err_set(err, GWS_EFORMAT, "[model] stem: wanted samples or matched, found '%s'", kind);
    if ((status = gws_ini_int(ini, "model", "templates", 48, &templates, err)) ||
        (status = gws_ini_int(ini, "model", "taps", 1920, &taps, err)) ||
        (status = gws_ini_int(ini, "model", "after", 128, &after, err)) ||
        (status = gws_ini_int(ini, "model", "follow", 0, &follow, err)) ||
        (gws_ini_has(ini, "model", "reach") && (status = gws_ini_doubles(ini, "model", "reach", reach, &n, err))))
        return status;
    if (!gws_ini_has(ini, "model", "reach"))
        n = 2;
    for (int i = 0; i < n; i++)
        if (!(reach[i] >= 0.0 && reach[i] <= GWS_REACH_MAX) || reach[i] != floor(reach[i]))
            return gws_err_set(err, GWS_EFORMAT, "[model] reach: wanted whole numbers from 0 to %d, found %g", GWS_REACH_MAX,
                               reach[i]);
    if (templates < 1 || templates > 1024 || taps < 1 || taps > 16384 || after < 0 || after >= taps || after > 4096 ||
        n < out->ifos)
        return gws_err_set(
            err, GWS_EFORMAT,
            "[model]: templates %lld must be 1 to 1024, taps %lld 1 to 16384, after %lld below them, reach one number a "
            "detector",
            (long long)templates, (long long)taps, (long long)after);
    out->bank = (gws_stem_shape){.ifos = out->ifos, .templates = (int)templates, .taps = (int)taps, .after = (int)after};
    for (int i = 0; i < out->ifos; i++)
        out->bank.reach[i] = (int)reach[i];
    out->follow = follow != 0;
    out->inputs = gws_stem_inputs(out->ifos, (int)templates);
    out->unit = GWS_STEM_UNIT;
    return GWS_OK;
}

enum { SPAN_MAX = 16384, DELAY_MAX = 1024 };

/* Read the keys that say how the context forgets and how the bridge carries the first input channel. */
static gws_status carry_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    double memory, step, wake;
    int64_t levels, gate, span, lead;
    gws_status status;
    if ((status = gws_ini_int(ini, "model", "context_span", 0, &span, err)) ||
        (status = gws_ini_int(ini, "model", "context_lead", 128, &lead, err)) ||
        (status = gws_ini_double(ini, "model", "wake", 0.0, &wake, err)))
        return status;
    if (span < 0 || span > SPAN_MAX || lead < 0 || lead > SPAN_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[model]: context_span %lld and context_lead %lld must be 0 to %d steps",
                           (long long)span, (long long)lead, SPAN_MAX);
    if (!(wake >= 0.0 && wake < 1e6))
        return gws_err_set(err, GWS_EFORMAT, "[model] wake: wanted 0 (never asleep) or a statistic above it, found %g", wake);
    out->wake = (float)wake;
    out->span = (int)span;
    out->lead = (int)lead;
    if ((status = gws_ini_double(ini, "model", "context_memory", 0.0, &memory, err)) ||
        (status = gws_ini_int(ini, "model", "gate", 0, &gate, err)) ||
        (status = gws_ini_int(ini, "model", "levels", 0, &levels, err)) ||
        (status = gws_ini_double(ini, "model", "level_step", 1.0, &step, err)))
        return status;
    if (memory != 0.0 && !(memory >= 1.0 && memory <= 1e6))
        return gws_err_set(err, GWS_EFORMAT, "[model] context_memory: wanted 0 (no bound) or 1 to 1000000 steps, found %g", memory);
    if (levels < 0 || levels > 64 || !(step > 1e-6 && step < 1e6))
        return gws_err_set(err, GWS_EFORMAT, "[model]: levels %lld must be 0 to 64 and level_step %g positive", (long long)levels,
                           step);
    out->keep = memory > 0.0 ? (float)exp(-1.0 / memory) : 1.0f;
    out->levels = (int)levels;
    out->gate = gate != 0;
    out->level_step = (float)step;
    return GWS_OK;
}

static gws_status delays_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    double v[GWS_DELAYS_MAX] = {0.0};
    int n = GWS_DELAYS_MAX;
    gws_status status;
    if (gws_ini_has(ini, "model", "delays") && (status = gws_ini_doubles(ini, "model", "delays", v, &n, err)))
        return status;
    out->delays = gws_ini_has(ini, "model", "delays") ? n : 1;
    for (int i = 0; i < out->delays; i++) {
        if (v[i] != floor(v[i]) || v[i] > DELAY_MAX || (i ? v[i] <= v[i - 1] : v[i] != 0.0))
            return gws_err_set(err, GWS_EFORMAT,
                               "[model] delays: wanted 0 and up to %d whole numbers that rise to %d at most, found %g",
                               GWS_DELAYS_MAX - 1, DELAY_MAX, v[i]);
        out->delay[i] = (int)v[i];
    }
    return out->delays > 0 ? GWS_OK : gws_err_set(err, GWS_EFORMAT, "[model] delays: wanted 0 and what follows it, found nothing");
}

static gws_status spiking_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    double bridge_slope, lif_slope, threshold, tau;
    int64_t reset_gradient, hold, period, learn_threshold, learn_decays, linear;
    int bridge = 0, bridge_surrogate = 0, lif_surrogate = 0, neuron[GWS_LIF_LAYERS] = {0}, reset = 0, readout = 0;
    gws_status status;
    if ((status = gws_ini_double(ini, "model", "bridge_threshold", 0.06, &threshold, err)) ||
        (status = gws_ini_double(ini, "model", "bridge_tau", 4.0, &tau, err)) ||
        (status = gws_ini_double(ini, "model", "tau_syn", 5.0, &out->tau_syn, err)) ||
        (status = gws_ini_double(ini, "model", "tau_mem", 20.0, &out->tau_mem, err)) ||
        (status = gws_ini_double(ini, "model", "tau_adapt", 100.0, &out->tau_adapt, err)) ||
        (status = gws_ini_double(ini, "model", "adapt", 1.0, &out->adapt, err)) ||
        (status = gws_ini_double(ini, "model", "lif_gain", 1.0, &out->lif_gain, err)) ||
        (status = gws_ini_int(ini, "model", "reset_gradient", 0, &reset_gradient, err)) ||
        (status = gws_ini_int(ini, "model", "bridge_hold", 0, &hold, err)) ||
        (status = gws_ini_int(ini, "model", "bridge_period", 8, &period, err)) ||
        (status = gws_ini_int(ini, "model", "learn_threshold", 1, &learn_threshold, err)) ||
        (status = gws_ini_int(ini, "model", "learn_decays", 1, &learn_decays, err)) ||
        (status = gws_ini_int(ini, "model", "linear_head", 1, &linear, err)) ||
        (status = word_from(ini, "bridge", "contrast", parse_encode, &bridge, err)) ||
        (status = word_from(ini, "bridge_surrogate", "fast_sigmoid", parse_surrogate, &bridge_surrogate, err)) ||
        (status = word_from(ini, "surrogate", "fast_sigmoid", parse_surrogate, &lif_surrogate, err)) ||
        (status = slope_from(ini, "bridge_slope", bridge_surrogate, 20.0, &bridge_slope, err)) ||
        (status = slope_from(ini, "lif_slope", lif_surrogate, 5.0, &lif_slope, err)) ||
        (status = word_from(ini, "neuron", "cuba", parse_neuron, &neuron[0], err)) ||
        (status =
             word_from(ini, "neuron_2", gws_neuron_describe((gws_neuron_model)neuron[0])->name, parse_neuron, &neuron[1], err)) ||
        (status = word_from(ini, "reset", "hard", parse_reset, &reset, err)) ||
        (status = word_from(ini, "readout", "leaky", parse_readout, &readout, err)))
        return status;
    if (!(bridge_slope > 1e-3 && bridge_slope < 1e6) || !(lif_slope > 1e-3 && lif_slope < 1e6))
        return gws_err_set(err, GWS_EFORMAT, "[model]: bridge_slope and lif_slope must be 0.001 to 1000000, found %g and %g",
                           bridge_slope, lif_slope);
    if (!(out->lif_gain > 0.0 && out->lif_gain < 1e3))
        return gws_err_set(err, GWS_EFORMAT, "[model] lif_gain: wanted above 0 and below 1000, found %g", out->lif_gain);
    if (!(threshold > 1e-6 && threshold < 1e3) || !(tau > 1e-3 && tau < 1e6) || period < 1 || period > 4096)
        return gws_err_set(err, GWS_EFORMAT,
                           "[model]: bridge_threshold %g must be 1e-6 to 1000, bridge_tau %g 0.001 to 1000000 steps, "
                           "bridge_period %lld 1 to 4096",
                           threshold, tau, (long long)period);
    if (!(out->tau_syn > 0.01 && out->tau_syn < 1e4) || !(out->tau_mem > 0.01 && out->tau_mem < 1e4) ||
        !(out->tau_adapt > 0.01 && out->tau_adapt < 1e4) || !(fabs(out->adapt) < 1e3))
        return gws_err_set(err, GWS_EFORMAT,
                           "[model]: tau_syn %g, tau_mem %g, tau_adapt %g must be 0.01 to 10000 steps, adapt %g finite",
                           out->tau_syn, out->tau_mem, out->tau_adapt, out->adapt);
    const int spikes[GWS_LIF_LAYERS] = {gws_neuron_describe((gws_neuron_model)neuron[0])->spikes,
                                        gws_neuron_describe((gws_neuron_model)neuron[1])->spikes};
    if (!spikes[0] || (readout == GWS_READOUT_MEAN && !spikes[1]))
        return gws_err_set(err, GWS_EFORMAT, "[model]: the first layer's neurons must spike, and the second's for readout = mean");
    out->bridge = (gws_encode)bridge;
    out->bridge_surrogate = (gws_surrogate)bridge_surrogate;
    out->lif_surrogate = (gws_surrogate)lif_surrogate;
    out->bridge_slope = (float)bridge_slope;
    out->lif_slope = (float)lif_slope;
    out->bridge_threshold = (float)threshold;
    out->bridge_hold = hold != 0;
    out->bridge_period = (int)period;
    out->bridge_tau = (float)tau;
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        out->neuron[l] = (gws_neuron_model)neuron[l];
    out->reset = (gws_reset)reset;
    out->learn_threshold = learn_threshold != 0;
    out->learn_decays = learn_decays != 0;
    out->reset_gradient = reset_gradient != 0;
    out->readout = (gws_readout)readout;
    out->linear = linear != 0;
    return GWS_OK;
}

gws_status gws_arch_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    int channels[GWS_STEM_MAX] = {48, 96, 128, 256}, kernels[GWS_STEM_MAX] = {16, 8, 8, 4}, strides[GWS_STEM_MAX] = {4, 2, 2, 2};
    int lif[GWS_STEM_MAX] = {256, 128};
    int nc = 4, nk = 4, ns = 4, nl = 2, first;
    int64_t rate, horizons;
    const char *detectors = gws_ini_string(ini, "model", "detectors", "H1,L1");
    memset(out, 0, sizeof *out);
    if (ints_from(ini, "channels", channels, &nc, err) || ints_from(ini, "kernels", kernels, &nk, err) ||
        ints_from(ini, "strides", strides, &ns, err) || ints_from(ini, "lif", lif, &nl, err))
        return GWS_EFORMAT;
    if (gws_ini_int(ini, "model", "rate_hz", 2048, &rate, err) || gws_ini_int(ini, "model", "horizons", 12, &horizons, err) ||
        word_from(ini, "tap", "last", parse_tap, &first, err) || spiking_from_ini(ini, out, err) ||
        delays_from_ini(ini, out, err) || carry_from_ini(ini, out, err))
        return GWS_EFORMAT;
    if (nc < 1 || nc != nk || nc != ns || nl != 2)
        return gws_err_set(err, GWS_EFORMAT, "[model]: channels, kernels and strides must be equally many and lif two numbers");
    /* A model file brings its recipe along: whatever it says, nothing here may overflow and nothing later allocate wildly. */
    int64_t hop = 1, ifos = 1, total = 0;
    for (const char *c = detectors; *c; c++)
        ifos += *c == ',';
    for (int l = 0; l < nc; l++) {
        if (kernels[l] < strides[l])
            return gws_err_set(err, GWS_EFORMAT, "[model] kernels: %d is shorter than its stride %d", kernels[l], strides[l]);
        hop = hop > GWS_RATE_MAX ? hop : hop * strides[l];
    }
    const int64_t C = channels[nc - 1];
    if (rate < 64 || rate > GWS_RATE_MAX || hop > rate || rate % hop || ifos > GWS_MODEL_IFOS || C % 8 || horizons < 1 ||
        horizons > 64)
        return gws_err_set(err, GWS_EFORMAT,
                           "[model]: rate %lld Hz with hop %lld, %lld detectors, width %lld, %lld horizons do not make a network",
                           (long long)rate, (long long)hop, (long long)ifos, (long long)C, (long long)horizons);
    out->ifos = (int)ifos;
    out->rate_hz = (int)rate;
    if (stem_from_ini(ini, out, err))
        return GWS_EFORMAT;
    hop *= gws_arch_row_hop(out);
    if (hop > rate || rate % hop || (out->matched && rate != GWS_STEM_RATE_HZ))
        return gws_err_set(err, GWS_EFORMAT,
                           "[model]: a matched stem works at %d Hz and gives %d rows a second; rate %lld Hz, hop %lld",
                           GWS_STEM_RATE_HZ, GWS_STEM_RATE_HZ / GWS_STEM_HOP, (long long)rate, (long long)hop);
    out->n_stem = nc;
    for (int l = 0; l < nc; l++) {
        const int cin = l ? channels[l - 1] : out->inputs;
        out->stem[l] = first ? gws_conv_first(kernels[l], strides[l], cin, channels[l])
                             : gws_conv_last(kernels[l], strides[l], cin, channels[l]);
        total += (int64_t)kernels[l] * out->stem[l].cin * channels[l];
    }
    out->C = (int)C;
    if (out->levels && (hop != gws_arch_row_hop(out) || out->levels > C || out->readout == GWS_READOUT_MEAN))
        return gws_err_set(err, GWS_EFORMAT,
                           "[model] levels: %d of them want strides of 1, at most %lld channels and the leaky readout", out->levels,
                           (long long)C);
    if (out->gate && (!out->levels || !out->linear))
        return gws_err_set(err, GWS_EFORMAT, "[model] gate: wants a statistic carried in levels and the linear head");
    if (out->span && (!out->matched || hop != gws_arch_row_hop(out)))
        return gws_err_set(err, GWS_EFORMAT, "[model] context_span: wants stem = matched and strides of 1");
    if (out->wake > 0.0f && (!out->span || !out->levels))
        return gws_err_set(err, GWS_EFORMAT, "[model] wake: wants a context_span and a statistic carried in levels");
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        out->H[l] = lif[l];
    out->K = (int)horizons;
    total += 2 * (int64_t)out->bank.templates * out->bank.taps;
    total += (6 + horizons) * C * C + 2 * C * lif[0] * out->delays + (int64_t)lif[0] * lif[1];
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        if (gws_neuron_describe(out->neuron[l])->recurrent)
            total += (int64_t)lif[l] * lif[l];
    if (total > GWS_PARAMETERS_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[model]: %lld weights, at most %lld wanted", (long long)total,
                           (long long)GWS_PARAMETERS_MAX);
    int64_t rows = hop / gws_arch_row_hop(out), step = 0;
    for (int l = 0; l < nc; l++) {
        rows /= strides[l];
        step += rows * channels[l];
    }
    if (step > GWS_STEP_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[model]: the convolutions make %lld numbers a latent step, at most %lld wanted",
                           (long long)step, (long long)GWS_STEP_MAX);
    return GWS_OK;
}

int gws_arch_rows(const gws_arch *a)
{
    int rows = 1;
    for (int l = 0; l < a->n_stem; l++)
        rows *= a->stem[l].stride;
    return rows;
}

int gws_arch_row_hop(const gws_arch *a)
{
    return a->matched ? GWS_STEM_HOP : 1;
}

int gws_arch_hop(const gws_arch *a)
{
    return gws_arch_rows(a) * gws_arch_row_hop(a);
}

int gws_arch_lif_inputs(const gws_arch *a, int l)
{
    return l ? a->H[l - 1] : 2 * a->C * a->delays;
}

gws_status gws_arch_parameters(const gws_arch *a, gws_table *t, gws_param_rows *r, gws_err *err)
{
    const int C = a->C;
    char name[GWS_TENSOR_NAME];
    memset(r, -1, sizeof *r);
    if (a->matched) {
        r->bank = gws_table_add(t, "matched.filters", a->bank.templates, a->bank.taps, 2, 0);
        r->bank_weight = gws_table_add(t, "matched.log_weight", a->bank.templates, 0, 0, 0);
        r->bank_place = gws_table_add(t, "matched.place", a->bank.templates, 0, 0, 0);
        if (a->follow)
            r->bank_curve = gws_table_add(t, "matched.log_curve", GWS_REFERENCE_BINS, 0, 0, 0);
    }
    for (int l = 0; l < a->n_stem; l++) {
        snprintf(name, sizeof name, "stem.%d.weight", l);
        r->stem_w[l] = gws_table_add(t, name, a->stem[l].kernel, a->stem[l].cin, a->stem[l].cout, 0);
        snprintf(name, sizeof name, "stem.%d.bias", l);
        r->stem_b[l] = gws_table_add(t, name, a->stem[l].cout, 0, 0, 0);
    }
    r->gru_in = gws_table_add(t, "context.input.weight", C, 3 * C, 0, 0);
    r->gru_in_b = gws_table_add(t, "context.input.bias", 3 * C, 0, 0, 0);
    r->gru_rec = gws_table_add(t, "context.recurrent.weight", C, 3 * C, 0, 0);
    r->gru_rec_b = gws_table_add(t, "context.recurrent.bias", C, 0, 0, 0);
    r->pred = gws_table_add(t, "cpc.weight", C, (int64_t)a->K * C, 0, 0);
    if (a->linear) {
        r->lin_w = gws_table_add(t, "linear.weight", C, 1, 0, 0);
        r->lin_b = gws_table_add(t, "linear.bias", 1, 0, 0, 0);
        if (a->levels)
            r->carry = gws_table_add(t, "linear.carry", 1, 0, 0, 0);
        if (a->gate) {
            r->gate_w = gws_table_add(t, "linear.gate.weight", C, 1, 0, 0);
            r->gate_b = gws_table_add(t, "linear.gate.bias", 1, 0, 0, 0);
        }
    }
    if (a->learn_threshold)
        r->threshold = gws_table_add(t, "bridge.threshold", C, 0, 0, 0);
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const gws_neuron_info *info = gws_neuron_describe(a->neuron[l]);
        const int H = a->H[l];
#define ADD(what, ...) (snprintf(name, sizeof name, "lif.%d." what, l), gws_table_add(t, name, __VA_ARGS__))
        r->lif[l].w = ADD("weight", gws_arch_lif_inputs(a, l), H, 0, 0);
        r->lif[l].b = ADD("bias", H, 0, 0, 0);
        if (info->recurrent)
            r->lif[l].rec = ADD("recurrent", H, H, 0, 0);
        if (a->learn_decays && info->synapse)
            r->lif[l].syn = ADD("synapse", H, 0, 0, 0);
        if (a->learn_decays)
            r->lif[l].mem = ADD("membrane", H, 0, 0, 0);
        if (a->learn_decays && info->adaptation) {
            r->lif[l].adapt = ADD("adaptation", H, 0, 0, 0);
            r->lif[l].strength = ADD("strength", H, 0, 0, 0);
        }
#undef ADD
    }
    if (a->readout == GWS_READOUT_MEAN) {
        r->read_w = gws_table_add(t, "readout.weight", a->H[1], 2, 0, 0);
        return r->read_w < 0 ? gws_err_set(err, GWS_ENOMEM, "no memory for the parameter table") : GWS_OK;
    }
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        snprintf(name, sizeof name, "readout.membrane.%d", l);
        r->read_u[l] = gws_table_add(t, name, a->H[l], 1, 0, 0);
    }
    if (gws_neuron_describe(a->neuron[1])->spikes)
        r->read_s = gws_table_add(t, "readout.spike.1", a->H[1], 1, 0, 0);
    if (a->levels)
        r->read_e = gws_table_add(t, "readout.event", 2 * C, 1, 0, 0);
    r->read_b = gws_table_add(t, "readout.bias", 1, 0, 0, 0);
    r->read_a = gws_table_add(t, "readout.leak", 1, 0, 0, 0);
    return r->read_a < 0 ? gws_err_set(err, GWS_ENOMEM, "no memory for the parameter table") : GWS_OK;
}

void gws_arch_count(const gws_arch *a, int64_t T, int64_t A, gws_arch_macs *out)
{
    int64_t rows = T * gws_arch_rows(a);
    const double t = (double)T, C = a->C;
    memset(out, 0, sizeof *out);
    for (int l = 0; l < a->n_stem; l++) {
        rows /= a->stem[l].stride;
        out->stem += (double)rows * a->stem[l].kernel * a->stem[l].cin * a->stem[l].cout;
    }
    out->gates = out->recurrent = 3.0 * t * C * C;
    out->predict = (double)A * a->K * C * C;
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        out->lif[l] =
            t * gws_arch_lif_inputs(a, l) * a->H[l] + (gws_neuron_describe(a->neuron[l])->recurrent ? t * a->H[l] * a->H[l] : 0.0);
    out->heads = t * ((a->linear ? C : 0.0) + (a->readout == GWS_READOUT_MEAN ? 2.0 * a->H[1] : a->H[0] + 2.0 * a->H[1]) +
                      (a->levels ? 2.0 * C + 1.0 : 0.0) + (a->gate ? C + 1.0 : 0.0));
}

static float *at(const gws_table *t, float *p, int row)
{
    return p + t->rows[row].offset;
}

static float logit(double a)
{
    return (float)log(a / (1.0 - a));
}

static void fill(const gws_table *t, float *p, int row, float v)
{
    if (row >= 0)
        for (int64_t i = 0; i < t->rows[row].size; i++)
            p[t->rows[row].offset + i] = v;
}

#define OPEN 6.0f /* of the gate at the start: sigmoid(6) is 0.9975 */

/* The statistic alone: every readout weight zero but those of the level's events, and a membrane of 20 steps. */
static void begin_at_statistic(const gws_arch *a, const gws_table *t, const gws_param_rows *r, float *p)
{
    fill(t, p, r->lin_w, 0.0f);
    fill(t, p, r->carry, a->unit);
    fill(t, p, r->gate_b, OPEN);
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        fill(t, p, r->read_u[l], 0.0f);
    fill(t, p, r->read_s, 0.0f);
    fill(t, p, r->read_a, logit(exp(-1.0 / a->tau_mem)));
    for (int j = 0; j < a->levels; j++) {
        at(t, p, r->read_e)[j] = a->level_step;
        at(t, p, r->read_e)[a->C + j] = -a->level_step;
    }
}

gws_status gws_arch_init(const gws_arch *a, const gws_table *t, const gws_param_rows *r, float *p, uint64_t seed, gws_err *err)
{
    const int C = a->C;
    memset(p, 0, (size_t)t->total * sizeof *p);
#define NORMAL(row, gain, fan)                                                                                                     \
    do {                                                                                                                           \
        if ((row) >= 0)                                                                                                            \
            gws_init_normal(at(t, p, row), t->rows[row].size, seed, t->rows[row].name, gain, fan);                                 \
    } while (0)
    for (int l = 0; l < a->n_stem; l++)
        NORMAL(r->stem_w[l], 2.0, (int64_t)a->stem[l].kernel * a->stem[l].cin);
    NORMAL(r->gru_in, 1.0, C);
    for (int g = 0; g < 3; g++)
        if (gws_init_orthogonal(at(t, p, r->gru_rec) + g * C, C, C, 3 * C, seed, "context.recurrent.weight", g))
            return gws_err_set(err, GWS_ENOMEM, "no memory to initialise the context network");
    NORMAL(r->pred, 1.0, C);
    NORMAL(r->lin_w, 0.1, C);
    /* softplus(p) = 0.06 by default: at the size of a step of the context, so that some channels in a hundred send an event */
    const double threshold = (double)a->bridge_threshold;
    fill(t, p, r->threshold, (float)(threshold + log(-expm1(-threshold))));
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        /* A few dozen events arrive together and i and u add up over many steps, so small weights already reach the threshold. */
        NORMAL(r->lif[l].w, 0.06 * (a->lif_gain * a->lif_gain), gws_arch_lif_inputs(a, l));
        NORMAL(r->lif[l].rec, 0.06, a->H[l]);
        /* by default tau_syn 5 ms, tau_mem 20 ms with one step counted as 1 ms: 0.819, 0.951 */
        fill(t, p, r->lif[l].syn, logit(exp(-1.0 / a->tau_syn)));
        fill(t, p, r->lif[l].mem, logit(exp(-1.0 / a->tau_mem)));
        fill(t, p, r->lif[l].adapt, logit(exp(-1.0 / a->tau_adapt)));
        fill(t, p, r->lif[l].strength, (float)a->adapt);
        NORMAL(r->read_u[l], 0.02, a->H[l]);
    }
    NORMAL(r->read_s, 0.02, a->H[1]);
    NORMAL(r->read_w, 1.0, a->H[1]);
#undef NORMAL
    if (a->levels)
        begin_at_statistic(a, t, r, p);
    return GWS_OK;
}
