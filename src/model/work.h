/* work.h - the activations of a network: everything that a pass reads and leaves, and the state that a stream carries from block to block.
 *
 * One arena holds them, laid out by one table, so what a pass needs is known before it is allocated.  Shapes are those of network.h.
 */
#ifndef GWS_MODEL_WORK_H
#define GWS_MODEL_WORK_H

#include "model/arch.h"
#include "nn/gru.h"

#include <stdint.h>

/* The stages of a pass. */
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

/* How large the activations are. */
typedef struct gws_work_shape {
    int B;     /* items: windows of a batch, or streams side by side */
    int64_t T; /* steps */
    int A;     /* anchors of predictions; 0: none */
    gws_purpose purpose;
    int threads; /* each has scratch of its own */
} gws_work_shape;

/* Activations of B items by T steps. */
typedef struct gws_work {
    const gws_arch *a;
    int B, A, threads;
    gws_purpose purpose;
    int64_t T;   /* steps in use, at most cap */
    int64_t cap; /* steps that there is room for: the distance of items in memory */
    gws_table layout;
    float *mem;
    float *x;                 /* (B, history + N, inputs) input, history first */
    float *pre[GWS_STEM_MAX]; /* (B, T_l + tail, C_l) before the GELU, its gradient after backward; to train only */
    float *act[GWS_STEM_MAX]; /* (B, history + T_l, C_l); the last is z (B,T,C) */
    gws_gru_work gru;         /* (B,...) */
    float *code;         /* (B,T+1,C) context without its first `levels` channels: only with levels, else the heads read gru.h */
    float *gate, *gated; /* (B,T) how far it is open, 0..1, and the statistic behind it: only with a gate */
    float *pred;         /* (B,A,K,C), A the pass's anchors; gws_net_backward wants its gradient here */
    uint64_t *ev;        /* (B,T,words of 2C) events */
    float *ev_smooth;    /* (B,T,2C) in smooth mode instead */
    uint64_t *ev_past;   /* (B,longest delay,words of 2C) carried: the events before the first step; only with delays */
    float *ev_state;     /* (B,C) */
    float *level;        /* (B) carried: the level last sent */
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
    /* to train only */
    float *g_y, *g_y_lin; /* (B,T) in; the mean readout takes g_out instead of g_y */
    float *g_out;         /* (B,2) in: gradient of a window's two class scores */
    float *g_count;       /* (B,GWS_COUNTS) in: gradient of what gws_work_counts counts */
    float *g_z;           /* (B,T,C) in/out */
    float *g_c, *g_hn;    /* (B,T,C) */
    float *g_item;        /* (B, ...) gradients of the small tensors, item by item */
    uint64_t *ev_t;       /* (B,2C,words of T) events, transposed */
    void *tasks;          /* (GWS_TASKS) blocks of weights that backward works on; inside.h */
    float *scratch;       /* per thread */
    int64_t scratch_n;
    double *seconds; /* (threads,GWS_STAGES) */
} gws_work;

/* Allocate the activations. */
gws_status gws_work_create(gws_work *w, const gws_arch *a, const gws_work_shape *shape, gws_err *err);
/* Make the table of what gws_work_create would allocate with the same arguments, as gws_weights_table does. */
gws_status gws_work_table(const gws_arch *a, const gws_work_shape *shape, gws_table *out, gws_err *err);
int64_t gws_work_bytes(const gws_arch *a, const gws_work_shape *shape);
void gws_work_clear(gws_work *w);
void gws_work_reset(gws_work *w, int b); /* item b: zero state and history */

/* Copy what a stream's next block needs from this block's work into the work of the next (which may be the same).  The history is
 * the last inputs of every convolution; it can be copied when the stem is done.  The state is that of context, bridge, neurons and
 * readout; it can be copied when all stages are done. */
void gws_work_pass_history(const gws_work *from, gws_work *to, int b);
void gws_work_pass_state(const gws_work *from, gws_work *to, int b);

/* What item b carries from block to block, as bytes: state and history.  It is that of work of the same architecture.
 * returns  how many bytes they are; with NULL nothing is done besides */
int64_t gws_work_state_save(const gws_work *w, int b, void *out);
void gws_work_state_load(gws_work *w, int b, const void *in);

/* What item b sent in its T steps: spikes of both layers, and events of the context (those that carry a level are not among them). */
enum { GWS_COUNT_SPIKES, GWS_COUNT_EVENTS, GWS_COUNTS };
void gws_work_counts(const gws_work *w, int b, double out[GWS_COUNTS]);

/* Name the first activation of forward, in the order of the line, that holds a non-finite number; NULL when there is none. */
const char *gws_work_find_bad(const gws_work *k, unsigned stages);

#endif
