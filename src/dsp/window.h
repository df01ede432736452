/* window.h - the tapers of spectral estimation and filter design. */
#ifndef GWS_DSP_WINDOW_H
#define GWS_DSP_WINDOW_H

#include <stdint.h>

/* Symmetric Hann window, numpy.hanning: w[i] = 0.5 - 0.5 cos(2 pi i/(n-1)), both ends 0; n = 1 gives 1. */
void gws_window_hann(int64_t n, double *w);

/* Symmetric Tukey window: flat, with half-cosine ends that together take the share alpha (0..1) of its length. */
void gws_window_tukey(int64_t n, double alpha, double *w);

#endif
