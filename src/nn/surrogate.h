/* surrogate.h - the step function of a spike and the surrogate gradients used in its place.
 *
 * Forward is s = [x > 0] of x = membrane - threshold (strict, as in snnTorch, Norse, Spyx and NIR); backward is one of
 *
 *   name          g(x)                     default k  source
 *   fast_sigmoid  1/(1 + k|x|)^2           25         derivative of x/(1 + k|x|); snnTorch fast_sigmoid, Spyx superspike
 *   atan          (k/2)/(1 + (pi k x/2)^2) 2          Fang et al. 2021; snnTorch atan, SpikingJelly ATan
 *   superspike    1/(1 + k|x|)^2           100        Zenke & Ganguli 2018, section 3.3.2; SpyTorch, Norse super
 *   triangular    max(0, 1 - k|x|)         2          Esser et al. 2016; Spyx triangular
 *   boxcar        1/2 for k|x| < 1, else 0 1          Spyx boxcar(width 2/k, height 1/2)
 *   sigmoid       k s(kx) (1 - s(kx))      25         derivative of the logistic s(kx); snnTorch sigmoid, without its overflow
 *
 * SuperSpike and the fast sigmoid are one function.  Zenke & Ganguli give the auxiliary derivative (1 + |h|)^-2 of h = beta (u - thr)
 * and derive it from the fast sigmoid; Spyx calls it superspike with k 25, snnTorch fast_sigmoid with k 25, Norse super with an
 * alpha of 100 that it accepts and ignores (it runs k = 1), and Zenke's SpyTorch scales by 100.  Both names are kept so that a
 * recipe reads as its source does, and they differ in the k that a recipe gets when it names none.
 *
 * Defaults are those of the sources, for membranes with threshold 1.
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
