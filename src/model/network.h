/* network.h - the whole network: stem, context, bridge, spiking classifier, and the linear head beside it.
 *
 *   x (N,I) --convolutions--> z (T,C) --GRU--> c (T,C) --bridge--> events (T,2C) --LIF, LIF, readout--> y (T)
 *                              |                 |--linear head--> y_linear (T)
 *                              |<---InfoNCE--- predictions of c, K horizons
 *
 * Shapes of the default model: 4 s of two detectors at 2048 Hz is N=8192, I=2; T=256 at 64 Hz, C=256; events (256,512), ON then OFF.
 * One code serves training (many sequences from zero state) and streaming (one sequence, state carried over).
 *
 * Threads: calls on disjoint ranges of items may run at once.  Cut: every stage is causal and every element one fixed sum.
 */
#ifndef GWS_MODEL_NETWORK_H
#define GWS_MODEL_NETWORK_H

#include "base/arena.h"
#include "base/ini.h"
#include "nn/conv.h"
#include "nn/gru.h"
#include "nn/lif.h"

#define GWS_STEM_MAX 8
#define GWS_RATE_MAX 65536
/* Far beyond any use here; a recipe that asks for more is a mistake, or hostile. */
#define GWS_PARAMETERS_MAX (INT64_C(1) << 28) /* weights: 1 GiB */
#define GWS_STEP_MAX (INT64_C(1) << 20)       /* outputs of all convolutions in one latent step: 4 MiB */

typedef struct gws_arch {
    int ifos, rate_hz;
    int n_stem;
    gws_conv stem[GWS_STEM_MAX];
    int C;                         /* latent and context width */
    int H1, H2;                    /* LIF layers */
    int K;                         /* prediction horizons */
    float bridge_slope, lif_slope; /* of the surrogate gradients */
    int reset_gradient;            /* see nn/lif.h */
    int smooth;                    /* gradient checks only: steps replaced by the surrogate's integral */
} gws_arch;

/* Section [model]: detectors rate_hz channels kernels strides lif horizons bridge_slope lif_slope reset_gradient.
 * Recipes come out of model files, so any text is met with a sentence, never with an overflow or a gigantic network. */
gws_status gws_arch_from_ini(gws_ini *ini, gws_arch *out, gws_err *err);
int gws_arch_hop(const gws_arch *a);

/* Rows of the parameter table, in order of the line: the one place where a parameter is declared. */
typedef struct gws_param_rows {
    int stem_w[GWS_STEM_MAX], stem_b[GWS_STEM_MAX];
    int gru_in, gru_in_b, gru_rec, gru_rec_b;
    int pred, lin_w, lin_b, threshold;
    int w1, b1, syn1, mem1, w2, b2, syn2, mem2;
    int read_u1, read_u2, read_s2, read_b, read_a;
} gws_param_rows;

gws_status gws_arch_parameters(const gws_arch *a, gws_table *t, gws_param_rows *rows, gws_err *err);
gws_status gws_arch_init(const gws_arch *a, const gws_table *t, const gws_param_rows *rows, float *p, uint64_t seed, gws_err *err);

/* Parameters in the form that the kernels read. */
typedef struct gws_weights {
    const gws_arch *a;
    const gws_param_rows *rows;
    const gws_table *table;
    const float *p;
    gws_table layout;
    float *mem;
    float *stem[GWS_STEM_MAX], *stem_back[GWS_STEM_MAX];
    float *in, *rec, *rec_bias, *pred, *lin, *w1, *w2, *read_u1, *read_u2, *read_s2;
    float *in_t, *rec_t, *pred_t, *w1_t, *w2_t;            /* NULL unless made for training */
    float *threshold, *syn1, *mem1, *syn2, *mem2, *read_a; /* after softplus and sigmoid */
} gws_weights;

gws_status gws_weights_create(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows, int training,
                              gws_err *err);
void gws_weights_update(gws_weights *w, const gws_kernels *K, const float *p); /* after every change of p */
void gws_weights_clear(gws_weights *w);

/* The table alone, without any memory for its rows: what gws_weights_create would take.  Clear it with gws_table_clear. */
gws_status gws_weights_table(const gws_arch *a, int training, gws_table *out, gws_err *err);
int64_t gws_weights_bytes(const gws_arch *a, int training);

/* Activations of B items by T steps. */
typedef struct gws_work {
    const gws_arch *a;
    int B, A, threads;
    int64_t T;
    gws_table layout;
    float *mem;
    float *x;                                     /* (B, history + N, I) input, history first */
    float *pre[GWS_STEM_MAX];                     /* (B, T_l, C_l) before the GELU */
    float *act[GWS_STEM_MAX];                     /* (B, history + T_l, C_l); the last is z (B,T,C) */
    gws_gru_work gru;                             /* (B,...) */
    float *pred;                                  /* (B,A,K,C) */
    float *ev;                                    /* (B,T,2C) */
    float *x1, *i1, *u1, *s1, *x2, *i2, *u2, *s2; /* (B,T,H) */
    float *i1_0, *v1_0, *i2_0, *v2_0, *o_0;       /* (B,H) state carried; o_0 (B) readout */
    float *y, *y_lin;                             /* (B,T) */
    /* training only */
    float *g_y, *g_y_lin; /* (B,T) in */
    float *g_z, *g_pred;  /* (B,T,C) in/out, (B,A,K,C) in */
    float *g_c, *g_rec;   /* (B,T,C), (B,T,3C) */
    float *zero;          /* (max H) zeros: the state before the first step */
    float *scratch;       /* per thread */
    int64_t scratch_n;
} gws_work;

#define GWS_TILE 16 /* items worked on together: the same for any number of threads */

/* Scratch is per thread; A anchors (0: no predictions). */
gws_status gws_work_create(gws_work *w, const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_err *err);
void gws_work_clear(gws_work *w);

/* As gws_weights_table, for gws_work_create with the same arguments. */
gws_status gws_work_table(const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_table *out, gws_err *err);
int64_t gws_work_bytes(const gws_arch *a, int B, int64_t T, int A, int training, int threads);

/* What a forward or backward call is to do. */
typedef struct gws_pass {
    int heads;            /* bridge, classifier, linear head */
    int anchors;          /* predictions for this many anchors; 0 none */
    int first, stride;    /* anchor a stands at step first + a*stride */
    int encoder;          /* backward: also stem and context */
    int spike_to_context; /* backward: the spiking loss reaches the context */
} gws_pass;

/* Items [b0, b1). x must be filled; the state in h row 0, i*_0, v*_0, o_0 and the histories is read and (i,v,o) advanced. */
void gws_net_forward(const gws_kernels *K, const gws_weights *w, gws_work *k, const gws_pass *pass, int b0, int b1, int thread);

/* Gradients of items [b0, b1) are added to g, an arena of the parameter table. Forward must have started from zero state. */
void gws_net_backward(const gws_kernels *K, const gws_weights *w, gws_work *k, const gws_pass *pass, int b0, int b1, int thread,
                      float *g);

/* Once, after all items' gradients are summed: chain rule through sigmoid (decays) and softplus (thresholds). */
void gws_net_finish_gradients(const gws_weights *w, float *g);

/* First tensor with a non-finite number, in the order of the line: activations of forward. Returns its name or NULL. */
const char *gws_work_find_bad(const gws_work *k, const gws_pass *pass);

#endif
