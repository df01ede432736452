/* arch.h - the architecture of a network, as a recipe gives it, and the table of its parameters.
 *
 * The network itself is drawn in network.h.  A recipe comes out of a file, a model's file included, so whatever it says is met with a
 * sentence.
 */
#ifndef GWS_MODEL_ARCH_H
#define GWS_MODEL_ARCH_H

#include "base/arena.h"
#include "base/ini.h"
#include "model/stem.h"
#include "nn/conv.h"
#include "nn/encoder.h"
#include "nn/neuron.h"

#include <stdint.h>

/* What memory is made for: answers alone, or gradients as well. */
typedef enum gws_purpose { GWS_TO_RUN, GWS_TO_TRAIN } gws_purpose;

#define GWS_STEM_MAX 8
#define GWS_LIF_LAYERS 2
#define GWS_DELAYS_MAX 4
#define GWS_RATE_MAX 65536
/* Limits far beyond any use here: a recipe that asks for more is a mistake, or hostile. */
#define GWS_PARAMETERS_MAX (INT64_C(1) << 28) /* weights: 1 GiB */
#define GWS_STEP_MAX (INT64_C(1) << 20)       /* outputs of all convolutions in one latent step: 4 MiB */

/* Where the answer is read.
 *   leaky  y_t = a y_{t-1} + (membranes of both layers and spikes of the second, weighted): one logit a step
 *   mean   mean of the second layer's spikes since the start, times W (H,2); y_t is the difference of the two class scores, and a
 *          window's answer is its last step */
typedef enum gws_readout { GWS_READOUT_LEAKY, GWS_READOUT_MEAN } gws_readout;

typedef struct gws_arch {
    int ifos, rate_hz;
    int matched;         /* x comes from a matched stem (model/stem.h), one row a step; else x is the samples themselves */
    gws_stem_shape bank; /* of the matched stem */
    int follow;          /* its templates follow the noise (model/reference.h) */
    int inputs;          /* numbers of a row of x */
    int n_stem;
    gws_conv stem[GWS_STEM_MAX];
    int C;                 /* latent and context width */
    float keep;            /* bound of the context's update gate (nn/gru.h) */
    int span, lead;        /* a stream's context begins afresh every `span` steps, `lead` steps early (model/spans.h); 0: never */
    float wake;            /* with a span: the statistic that wakes the network; 0: it is always awake */
    int levels;            /* channels of the bridge that carry the statistic x[:,0]; 0: none */
    int gate;              /* the context may close a gate on the carried statistic */
    float level_step;      /* one level, in units of the statistic */
    float unit;            /* x[:,0] times this is the statistic */
    int H[GWS_LIF_LAYERS]; /* neurons of the two layers */
    int delays;            /* the first layer is given the events of this many steps, */
    int delay[GWS_DELAYS_MAX]; /* so many ago, rising; the first is 0 */
    int K;                     /* prediction horizons */
    gws_encode bridge;
    gws_surrogate bridge_surrogate, lif_surrogate;
    float bridge_slope, lif_slope; /* of the surrogate gradients */
    float bridge_threshold;        /* at the start, or for good */
    int bridge_hold, bridge_period;
    float bridge_tau;
    gws_neuron_model neuron[GWS_LIF_LAYERS];
    gws_reset reset;
    double tau_syn, tau_mem, tau_adapt,
        adapt;       /* steps; decays at the start, or for good, are exp(-1/tau); strength of adaptation */
    double lif_gain; /* of the neurons' weights at the start */
    int learn_threshold, learn_decays;
    int reset_gradient; /* see nn/neuron.h */
    gws_readout readout;
    int linear; /* has the linear head */
    int smooth; /* gradient checks only: steps replaced by the surrogate's integral */
} gws_arch;

/* Section [model]; its keys and defaults are listed in configs/default.ini.
 * Recipes come out of model files, so any text is met with a sentence, never with an overflow or a gigantic network. */
gws_status gws_arch_from_ini(gws_ini *ini, gws_arch *out, gws_err *err);
int gws_arch_hop(const gws_arch *a);               /* samples of strain a latent step */
int gws_arch_rows(const gws_arch *a);              /* rows of x a latent step */
int gws_arch_row_hop(const gws_arch *a);           /* samples of strain a row of x */
int gws_arch_lif_inputs(const gws_arch *a, int l); /* of a layer of neurons: rows of its weights, delay after delay in the first */

/* Rows of the parameter table, in order of the line.  A parameter is declared here and nowhere else.  -1: this network lacks it. */
typedef struct gws_param_rows {
    int bank, bank_weight, bank_place, bank_curve; /* of the matched stem, not trained */
    int stem_w[GWS_STEM_MAX], stem_b[GWS_STEM_MAX];
    int gru_in, gru_in_b, gru_rec, gru_rec_b;
    int pred, lin_w, lin_b, carry, gate_w, gate_b, threshold;
    struct {
        int w, b, syn, mem, adapt, strength, rec;
    } lif[GWS_LIF_LAYERS];
    int read_u[GWS_LIF_LAYERS], read_s, read_b, read_a, read_w, read_e;
} gws_param_rows;

gws_status gws_arch_parameters(const gws_arch *a, gws_table *t, gws_param_rows *rows, gws_err *err);
gws_status gws_arch_init(const gws_arch *a, const gws_table *t, const gws_param_rows *rows, float *p, uint64_t seed, gws_err *err);

/* Multiplications of one item over T steps, forward: stem, context, predictions of A anchors, classifier. */
typedef struct gws_arch_macs {
    double stem, gates, recurrent, predict, lif[GWS_LIF_LAYERS], heads;
} gws_arch_macs;
void gws_arch_count(const gws_arch *a, int64_t T, int64_t A, gws_arch_macs *out);

#endif
