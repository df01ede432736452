/* spans.h - turns rows of the network's input into logits, in spans of time that each begin afresh; the network sleeps where the
 * statistic is low.
 *
 * On the line: rows x (n,F) at the latent rate --network.h--> two logits a step.  For networks with [model] context_span = E,
 * context_lead = W and wake = v: the span of steps [eE, (e+1)E) begins from zero state W steps earlier, on rows that the span before
 * saw as well, and the network answers in it from the first step on whose carried statistic reaches v.  Until then it sleeps: the linear
 * head is linear.carry x[:,0], which before training is the statistic itself, below v, and the spiking head is silent, 0.  v = 0: it is
 * always awake.
 *
 *   - no state is older than E + W steps, so what a stream held an hour ago has no effect on its logits, and a training window with
 *     W steps in front sees what every span sees
 *   - spans are independent, so recorded data go through many at a time, each a row of the recurrent products
 *   - quiet noise costs the filters and nothing else
 *
 * Causal: what a step gives depends on no later row.  Cut: which spans go together, and how many rows are pushed at once, change no bit:
 * a product's row does not depend on the others.  Reset and gap: the first span begins with the first row; in front of a span stand as many
 * steps as there are, at most W.
 */
#ifndef GWS_MODEL_SPANS_H
#define GWS_MODEL_SPANS_H

#include "model/network.h"

#define GWS_LANES_MAX 64

typedef struct gws_spans gws_spans;

typedef struct gws_spans_params {
    int streams; /* side by side, all at the same step */
    int block;   /* most steps worked on at once by a stream that goes step by step */
    int lanes;   /* most spans of one stream that run at once, at most GWS_LANES_MAX; below 2: spans do not run side by side */
} gws_spans_params;

/* What the network did in the steps that were handed out. */
typedef struct gws_spans_tally {
    int64_t steps, awake;                   /* all steps; the steps in which the network ran */
    int64_t silent, bad;                    /* among the latter: steps without any event; steps with a logit that is no number */
    int64_t events, spikes[GWS_LIF_LAYERS]; /* ones */
} gws_spans_tally;

typedef void (*gws_spans_sink)(void *user, int64_t step, const float *y, const float *y_linear, int64_t n);

/* The only call here that allocates or fails (ENOMEM).  w, pool borrowed. */
gws_spans *gws_spans_create(const gws_weights *w, const gws_kernels *K, const gws_spans_params *p, gws_pool *pool, gws_err *err);
int64_t gws_spans_bytes(const gws_arch *a, const gws_spans_params *p, const gws_pool *pool);
void gws_spans_destroy(gws_spans *s);
void gws_spans_reset(gws_spans *s);

/* The number of rows of a stream that can wait; recorded data are best given that many at a time. */
int64_t gws_spans_waiting(const gws_arch *a, const gws_spans_params *p);

/* Rows that may still be put before gws_spans_run must be called. */
int64_t gws_spans_room(const gws_spans *s);

/* Take the next n rows of every stream; step is that of the first, and follows the last ones unless they are the first.  They are
 * written to gws_spans_rows (n,F) of each stream before anything else is asked. */
void gws_spans_put(gws_spans *s, int64_t step, int64_t n);
float *gws_spans_rows(gws_spans *s, int stream);

/* Logits of all rows that were put.  user (streams). */
void gws_spans_run(gws_spans *s, gws_spans_sink sink, void *const *user);

/* The carried statistic of the steps that a sink was given, valid while that sink runs; NULL when the network carries none. */
const float *gws_spans_statistic(const gws_spans *s);

/* Add the counts of item b's steps from .. k->T. */
void gws_tally_add(gws_spans_tally *t, const gws_work *k, int b, int64_t from);
const gws_spans_tally *gws_spans_tallied(const gws_spans *s);

#endif
