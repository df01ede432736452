/* lif.h - current-based leaky integrate-and-fire neurons over time, and their surrogate backward.
 *
 *   i = a_s i + x;  u = a_m u + i;  s = [u > 1];  u = 0 where s        (spiking.md section 4: current before membrane, strict
 * threshold, hard reset in the same step)
 *
 * Decays are learnable per neuron: a = sigmoid(p).  The gradient of the step function is the surrogate
 * g(v) = 1/(1 + slope |v|)^2 (fast sigmoid, snnTorch's form) of v = u - 1.
 * In `smooth` mode, for gradient checks only, the step itself is replaced by the surrogate's integral
 * v/(1 + slope |v|) + 1/2, so that central differences measure the very code that training runs.
 */
#ifndef GWS_NN_LIF_H
#define GWS_NN_LIF_H

#include <stdint.h>

typedef struct gws_lif {
    int n;
    float slope;
    int smooth;
    int reset_gradient; /* 0: the reset is a constant for the backward pass, as in snnTorch; 1: the surrogate acts through it too */
} gws_lif;

/* x    (T,n)    input current of one sequence
 * a_s, a_m (n)  decays
 * i, u (T,n)    out: synaptic current, membrane before the reset
 * s    (T,n)    out: spikes, 0 or 1
 * i0, v0 (n)    in/out: current and membrane (after reset) carried from step to step
 */
void gws_lif_forward(const gws_lif *l, const float *a_s, const float *a_m, const float *x, float *i, float *u, float *s, float *i0,
                     float *v0, int64_t T);

/* g_s, g_u (T,n)  gradients of spikes and of the membrane before the reset (g_u may be NULL)
 * i_first, v_first (n)  state before the first step
 * g_x  (T,n) out;  g_as, g_am (n) += gradients of the decays;  tmp (2n) scratch
 */
void gws_lif_backward(const gws_lif *l, const float *a_s, const float *a_m, const float *i, const float *u, const float *s,
                      const float *i_first, const float *v_first, const float *g_s, const float *g_u, float *g_x, float *g_as,
                      float *g_am, float *tmp, int64_t T);

/* The step and its surrogate, shared with the bridge. */
static inline float gws_step(float v, float slope, int smooth)
{
    if (!smooth)
        return v > 0.0f ? 1.0f : 0.0f;
    return v / (1.0f + slope * (v < 0.0f ? -v : v)) + 0.5f;
}

static inline float gws_surrogate(float v, float slope)
{
    const float d = 1.0f + slope * (v < 0.0f ? -v : v);
    return 1.0f / (d * d);
}

#endif
