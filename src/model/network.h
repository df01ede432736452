/* network.h - the whole network: stem, context, bridge, spiking classifier, and the linear head beside it.  The neurons are leaky
 * integrate-and-fire (LIF) neurons.
 *
 *   x (N,I) --convolutions--> z (T,C) --GRU--> c (T,C) --bridge--> events (T,2C) --neurons, neurons, readout--> y (T)
 *                              |                 |--linear head--> y_linear (T)
 *                              |<---InfoNCE--- predictions of c, K horizons
 *
 * A carried statistic.  Where the first input channel is a statistic already (nn/level.h says why that is worth keeping), `levels`
 * channels of the bridge code its level crossings instead of the context's first channels, the readout hears events directly, and the
 * linear head adds the statistic to what it reads off the context.  All other readout weights begin at zero, so an untrained network is
 * the statistic, and training can only add to it:
 *
 *   x[:,0] --level crossings--> events[:, 0..levels) ON and OFF --weights of readout.event--> leaky membrane y
 *   x[:,0] ---------------------------------------------------------weight linear.carry-----> y_linear
 *
 * Shapes of the default model: 4 s of two detectors at 2048 Hz is N=8192, I=2; T=256 at 64 Hz, C=256; events (256,512), ON then OFF.
 * One code serves training (many sequences from zero state) and streaming (state carried over).
 *
 * Threads: the work is cut into items, stretches of rows and blocks of weights; every element is one fixed sum, so no bit depends
 * on how many threads there are or where a sequence was cut.
 */
#ifndef GWS_MODEL_NETWORK_H
#define GWS_MODEL_NETWORK_H

#include "base/arena.h"
#include "base/ini.h"
#include "base/thread.h"
#include "nn/conv.h"
#include "nn/encoder.h"
#include "nn/gru.h"
#include "model/stem.h"
#include "nn/neuron.h"

#define GWS_STEM_MAX 8
#define GWS_LIF_LAYERS 2
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
    int inputs;          /* numbers of a row of x */
    int n_stem;
    gws_conv stem[GWS_STEM_MAX];
    int C;                 /* latent and context width */
    float keep;            /* bound of the context's update gate (nn/gru.h) */
    int span, lead;        /* a stream's context begins afresh every `span` steps, `lead` steps early (model/spans.h); 0: never */
    float wake;            /* with a span: the statistic that wakes the network; 0: it is always awake */
    int levels;            /* channels of the bridge that carry the statistic x[:,0]; 0: none */
    float level_step;      /* one level, in units of the statistic */
    float unit;            /* x[:,0] times this is the statistic */
    int H[GWS_LIF_LAYERS]; /* neurons of the two layers */
    int K;                 /* prediction horizons */
    gws_encode bridge;
    gws_surrogate bridge_surrogate, lif_surrogate;
    float bridge_slope, lif_slope; /* of the surrogate gradients */
    float bridge_threshold;        /* at the start, or for good */
    int bridge_hold, bridge_period;
    float bridge_tau;
    gws_neuron_model neuron[GWS_LIF_LAYERS];
    gws_reset reset;
    double tau_syn, tau_mem, tau_adapt,
        adapt; /* steps; decays at the start, or for good, are exp(-1/tau); strength of adaptation */
    int learn_threshold, learn_decays;
    int reset_gradient; /* see nn/neuron.h */
    gws_readout readout;
    int linear; /* has the linear head */
    int smooth; /* gradient checks only: steps replaced by the surrogate's integral */
} gws_arch;

/* Section [model]; its keys and defaults are listed in configs/default.ini.
 * Recipes come out of model files, so any text is met with a sentence, never with an overflow or a gigantic network. */
gws_status gws_arch_from_ini(gws_ini *ini, gws_arch *out, gws_err *err);
int gws_arch_hop(const gws_arch *a);     /* samples of strain a latent step */
int gws_arch_rows(const gws_arch *a);    /* rows of x a latent step */
int gws_arch_row_hop(const gws_arch *a); /* samples of strain a row of x */

/* Rows of the parameter table, in order of the line.  A parameter is declared here and nowhere else.  -1: this network lacks it. */
typedef struct gws_param_rows {
    int bank, bank_weight, bank_place; /* of the matched stem, not trained */
    int stem_w[GWS_STEM_MAX], stem_b[GWS_STEM_MAX];
    int gru_in, gru_in_b, gru_rec, gru_rec_b;
    int pred, lin_w, lin_b, carry, threshold;
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

/* Parameters in the form that the kernels read. */
typedef struct gws_weights {
    const gws_arch *a;
    const gws_param_rows *rows;
    const gws_table *table;
    const float *p;
    gws_table layout;
    float *mem;
    float *stem[GWS_STEM_MAX], *stem_back[GWS_STEM_MAX];
    float *in, *rec, *rec_bias, *pred;
    float *in_t, *rec_t, *pred_t; /* transposes: NULL unless made for training */
    float *threshold;             /* after softplus */
    struct {
        float *w, *w_t, *syn, *mem, *adapt, *strength, *rec, *rec_t;
    } lif[GWS_LIF_LAYERS];
    float *read_a;
} gws_weights;

gws_status gws_weights_create(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows, int training,
                              gws_err *err);
/* Make the table of what gws_weights_create would allocate, without memory for its rows.  Clear it with gws_table_clear. */
gws_status gws_weights_table(const gws_arch *a, int training, gws_table *out, gws_err *err);
int64_t gws_weights_bytes(const gws_arch *a, int training);
void gws_weights_update(gws_weights *w, const gws_kernels *K, gws_pool *pool, const float *p); /* after every change of p */
void gws_weights_clear(gws_weights *w);

/* Where the time went, summed over threads. */
enum {
    GWS_STAGE_STEM,
    GWS_STAGE_CONTEXT,
    GWS_STAGE_BRIDGE,
    GWS_STAGE_SPIKING,
    GWS_STAGE_LINEAR,
    GWS_STAGE_PREDICT,
    GWS_STAGE_BACK_HEADS,
    GWS_STAGE_BACK_PREDICT,
    GWS_STAGE_BACK_CONTEXT,
    GWS_STAGE_BACK_STEM,
    GWS_STAGE_BACK_WEIGHTS,
    GWS_STAGES
};
extern const char *const gws_stage_name[GWS_STAGES];

/* Activations of B items by T steps. */
typedef struct gws_work {
    const gws_arch *a;
    int B, A, threads, training;
    int64_t T;   /* steps in use, at most cap */
    int64_t cap; /* steps that there is room for: the distance of items in memory */
    gws_table layout;
    float *mem;
    float *x;                 /* (B, history + N, inputs) input, history first */
    float *pre[GWS_STEM_MAX]; /* (B, T_l + tail, C_l) before the GELU, its gradient after backward; training only */
    float *act[GWS_STEM_MAX]; /* (B, history + T_l, C_l); the last is z (B,T,C) */
    gws_gru_work gru;         /* (B,...) */
    float *code;      /* (B,T+1,C) context without its first `levels` channels: only with levels, else the heads read gru.h */
    float *pred;      /* (B,A,K,C), A the pass's anchors; gws_net_backward wants its gradient here */
    uint64_t *ev;     /* (B,T,words of 2C) events */
    float *ev_smooth; /* (B,T,2C) in smooth mode instead */
    float *ev_state;  /* (B,C) */
    float *level;     /* (B) carried: the level last sent */
    struct {
        float *x;         /* (B,T,H) input current */
        float *i, *u, *b; /* (B,T,H) see gws_neuron_trace */
        float *s;         /* (B,T,H) smooth only */
        uint64_t *bits;   /* (B,T,words of H) */
        uint64_t *bits_t; /* (B,H,words of T) transposed, for the gradients of weights */
        float *state;     /* (B,states,H) carried */
    } lif[GWS_LIF_LAYERS];
    float *out;       /* (B,2) carried: readout; the mean's sums of class scores */
    int64_t *age;     /* (B) steps since the reset, carried */
    float *y, *y_lin; /* (B,T) */
    /* training only */
    float *g_y, *g_y_lin; /* (B,T) in; the mean readout takes g_out instead of g_y */
    float *g_out;         /* (B,2) in: gradient of a window's two class scores */
    float *g_z;           /* (B,T,C) in/out */
    float *g_c, *g_hn;    /* (B,T,C) */
    float *g_item;        /* (B, ...) gradients of the small tensors, item by item */
    uint64_t *ev_t;       /* (B,2C,words of T) events, transposed */
    float *scratch;       /* per thread */
    int64_t scratch_n;
    double *seconds; /* (threads,GWS_STAGES) */
} gws_work;

/* Allocate the activations.  Scratch is per thread; A is the number of anchors (0: no predictions). */
gws_status gws_work_create(gws_work *w, const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_err *err);
/* Make the table of what gws_work_create would allocate with the same arguments, as gws_weights_table does. */
gws_status gws_work_table(const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_table *out, gws_err *err);
int64_t gws_work_bytes(const gws_arch *a, int B, int64_t T, int A, int training, int threads);
void gws_work_clear(gws_work *w);
void gws_work_reset(gws_work *w, int b); /* item b: zero state and history */

/* What a forward or backward pass is to do. */
typedef struct gws_pass {
    int heads;            /* backward: bridge, classifier, linear head */
    int anchors;          /* predictions for this many anchors; 0 none */
    int first, stride;    /* anchor a stands at step first + a*stride */
    int encoder;          /* backward: also stem and context */
    int spike_to_context; /* backward: the spiking loss reaches the context */
} gws_pass;

enum {
    GWS_DO_STEM = 1,
    GWS_DO_CONTEXT = 2,
    GWS_DO_BRIDGE = 4,
    GWS_DO_SPIKING = 8,
    GWS_DO_LINEAR = 16,
    GWS_DO_PREDICT = 32,
    GWS_DO_ENCODER = GWS_DO_STEM | GWS_DO_CONTEXT,
    GWS_DO_HEADS = GWS_DO_BRIDGE | GWS_DO_SPIKING | GWS_DO_LINEAR,
    GWS_DO_ALL = GWS_DO_ENCODER | GWS_DO_HEADS | GWS_DO_PREDICT
};

/* Run the stages asked for on all items.  Each stage reads what the one before it left.  x must be filled.  States and histories
 * are read, and the states advance. */
void gws_net_run(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, unsigned stages);

/* Copy what a stream's next block needs from this block's work into the work of the next (which may be the same).  The history is
 * the last inputs of every convolution; it can be copied when the stem is done.  The state is that of context, bridge, neurons and
 * readout; it can be copied when all stages are done. */
void gws_work_pass_history(const gws_work *from, gws_work *to, int b);
void gws_work_pass_state(const gws_work *from, gws_work *to, int b);

/* Context and heads of one block of a single stream, which must follow each other step by step, while the other threads begin with the stem
 * of the next block; then all finish that stem. */
void gws_net_run_overlapped(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *behind, gws_work *ahead);

/* Gradients of all items are added to g, an arena of the parameter table, chain rules through sigmoid (decays) and softplus
 * (thresholds) included.  Forward must have started from zero state.  pred holds the gradient of the predictions, g_z that of the
 * latents, and both are used up, as are the activations. */
void gws_net_backward(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, float *g);

/* Name the first activation of forward, in the order of the line, that holds a non-finite number; NULL when there is none. */
const char *gws_work_find_bad(const gws_work *k, unsigned stages);

#endif
