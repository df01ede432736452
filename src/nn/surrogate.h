/* surrogate.h - the step function of a spike and the surrogate gradients used in its place.
 *
 * Forward is s = [x > 0] of x = membrane - threshold (strict, as in snnTorch, Norse, Spyx and NIR); backward is one of
 *
 *   fast sigmoid  1/(1 + k|x|)^2                     Zenke & Ganguli 2018; snnTorch fast_sigmoid, Spyx superspike
 *   arctangent    (k/2)/(1 + (pi k x/2)^2)           Fang et al. 2021; snnTorch atan, SpikingJelly ATan
 *   SuperSpike    1/(1 + |kx|)^2 with k = 100 by default: Zenke & Ganguli's name for the first; kept apart because libraries differ
 *   triangular    max(0, 1 - k|x|)                   Esser et al. 2016; Spyx triangular
 *   boxcar        1/2 for |x| < 1/k, else 0          Spyx boxcar(width 2/k, height 1/2)
 *   sigmoid       k s(kx) (1 - s(kx))                snnTorch sigmoid, without its overflow
 */
#ifndef GWS_NN_SURROGATE_H
#define GWS_NN_SURROGATE_H

typedef enum gws_surrogate {
    GWS_SURROGATE_FAST_SIGMOID,
    GWS_SURROGATE_ATAN,
    GWS_SURROGATE_SUPERSPIKE,
    GWS_SURROGATE_TRIANGULAR,
    GWS_SURROGATE_BOXCAR,
    GWS_SURROGATE_SIGMOID,
    GWS_SURROGATES
} gws_surrogate;

#endif
