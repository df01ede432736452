/* encoder.h - spike encoders: a sequence of real channels to ON and OFF events.
 *
 *   contrast  ON [d > thr], OFF [-d > thr] of the change d = c_t - c_{t-1}           temporal contrast, the default
 *   delta     the same of d = c_t - b_{t-1}, b_t = b_{t-1} + thr (ON - OFF)           send-on-delta: b follows the signal
 *   rate      ON with probability clip(c/thr), OFF with clip(-c/thr), to [0,1]        Bernoulli per step
 *   latency   every `period` steps c is held; w_k = 1 - exp(-(k+1)/tau) charges with it, and the step k at which |c| w_k first
 *             exceeds thr sends the one event: ON if c > 0, OFF if c < 0              k = tau ln(|c|/(|c|-thr)) in steps
 *
 * Comparisons are strict, where snnTorch's delta has >=.  snnTorch's latency rounds that k to the nearest step and sends what stays
 * below the threshold in the last one; here k is its whole part, which a stream can know in time, and the rest stays silent.
 *
 * The event of latency is the difference of two steps, [c w_k > thr] - [c w_{k-1} > thr] with w_{-1} = 0, and likewise of -c: so its
 * surrogate gradient is the difference of theirs.  That of delta goes through b as well.
 *
 * Thresholds are per channel and positive.  ds/dthr and ds/dc of contrast, delta and latency are the surrogate's; rate passes
 * the gradient straight through where 0 < p < 1.  In `smooth` mode, for gradient checks only, events are real numbers: the
 * surrogate's integral plus 1/2 for the step, and the probability itself for rate.
 *
 * Cut: causal; the state and the count of steps since the reset are carried, so any chunking gives the same events.
 */
#ifndef GWS_NN_ENCODER_H
#define GWS_NN_ENCODER_H

#include "nn/kernels/kernels.h"
#include "nn/surrogate.h"

#include <stdint.h>

typedef enum gws_encode { GWS_ENCODE_CONTRAST, GWS_ENCODE_DELTA, GWS_ENCODE_RATE, GWS_ENCODE_LATENCY, GWS_ENCODES } gws_encode;

typedef struct gws_encoder {
    gws_encode kind;
    gws_surrogate surrogate;
    int C; /* channels */
    float slope;
    int hold;      /* the first step is compared with itself instead of with zero (contrast, delta) */
    int period;    /* latency: steps of a period */
    float tau;     /* latency: time constant in steps */
    uint64_t seed; /* rate: of its uniform numbers, one per step, channel and sign */
    int smooth;
} gws_encoder;

int gws_encode_parse(const char *name, gws_encode *out); /* contrast delta rate latency; 0 when unknown */
const char *gws_encode_name(gws_encode e);

/* One sequence of T steps. */
typedef struct gws_encoder_rows {
    const float *h; /* (T+1,C) in: row 0 is the row before the first step (zeros after a reset) */
    uint64_t *bits; /* (T,GWS_BIT_WORDS(2C)) events, ON then OFF; NULL in smooth mode */
    float *s;       /* (T,2C) the same in smooth mode; NULL otherwise */
    int64_t T;
} gws_encoder_rows;

/* Encode.
 *   threshold (C) in
 *   rows      h in, bits or s out
 *   step      steps since the reset before this call: 0 for the first call of a stream
 *   state     (C) in/out: delta's b, latency's held c; zeros after a reset; unused otherwise */
void gws_encoder_forward(const gws_kernels *K, const gws_encoder *e, const float *threshold, const gws_encoder_rows *rows,
                         int64_t step, float *state);

typedef struct gws_encoder_grads {
    const float *s;   /* (T,2C) in: gradient of the events */
    float *h;         /* (T,C) += gradient of h's rows 1..T; NULL: stop here */
    float *threshold; /* (C) += */
} gws_encoder_grads;

/* Backward for a sequence that began with step 0 and zero state.
 *   rows  as forward left them
 *   tmp   (2C) scratch */
void gws_encoder_backward(const gws_kernels *K, const gws_encoder *e, const float *threshold, const gws_encoder_rows *rows,
                          const gws_encoder_grads *g, float *tmp);

#endif
