/* infonce.h - the loss of contrastive predictive coding (CPC; van den Oord et al. 2018): cosine scores over a temperature.
 *
 * For anchor time t of item b and horizon k the prediction p(b,t,k) must pick z(b,t+k) out of
 *   - the targets of all other anchors of the same sequence at that horizon (GWS_NEGATIVES_BOTH), and
 *   - the targets of the other items of the batch at the same time.
 * With the first the loss is not zero at batch 1.  With the second alone (GWS_NEGATIVES_BATCH) time steps are independent, so that
 * every step of a window can be an anchor; those without a target at some horizon are left out of it.
 * L = mean over horizons, of the mean over b and anchors, of -log softmax of cos/temperature at the true target.
 */
#ifndef GWS_NN_INFONCE_H
#define GWS_NN_INFONCE_H

#include "base/err.h"
#include "base/thread.h"
#include "nn/kernels/kernels.h"

typedef enum gws_negatives { GWS_NEGATIVES_BOTH, GWS_NEGATIVES_BATCH } gws_negatives;

typedef struct gws_infonce_shape {
    int B, T, C, K; /* items, steps, channels, horizons 1..K */
    int A;          /* anchors per item */
    gws_negatives negatives;
} gws_infonce_shape;

#define GWS_HORIZONS_MAX 64

typedef struct gws_infonce gws_infonce; /* workspace */

gws_infonce *gws_infonce_create(const gws_infonce_shape *s, int threads, gws_err *err);
int64_t gws_infonce_bytes(const gws_infonce_shape *s, int threads); /* what gws_infonce_create takes */
void gws_infonce_destroy(gws_infonce *w);

/* What a run works on. */
typedef struct gws_infonce_batch {
    int B;                     /* items in use, at most the shape's */
    int first, stride;         /* anchor a stands at step first + a*stride; first + (A-1)*stride + K < T; with batch negatives only
                                * the first anchor needs all K targets, and the last needs one */
    double temperature, scale; /* scale: of the gradients */
    float *pred;               /* (B,A,K,C) in; used up with batch negatives */
    const float *z;            /* (B,T,C) in */
    float *g_pred;             /* (B,A,K,C) out; may be pred, must be with batch negatives; NULL: loss and accuracy only */
    float *g_z;                /* (B,T,C) += */
} gws_infonce_batch;

/* Loss and gradients.
 *   accuracy  out: share of anchors and horizons whose true target scores strictly highest; may be NULL
 * returns the mean loss.  Same bits for any number of threads. */
double gws_infonce_run(gws_infonce *w, const gws_kernels *K, gws_pool *pool, const gws_infonce_batch *batch, double *accuracy);

#endif
