/* init.h - starting values, from the counter-based generator: a tensor's values depend on seed and name only. */
#ifndef GWS_NN_INIT_H
#define GWS_NN_INIT_H

#include "base/err.h"

#include <stdint.h>

/* Normal with standard deviation sqrt(gain / fan_in). */
void gws_init_normal(float *w, int64_t n, uint64_t seed, const char *name, double gain, int64_t fan_in);

/* Columns orthonormal: (rows, cols) with rows >= cols, by Gram-Schmidt on a normal matrix; leading dimension ld. */
gws_status gws_init_orthogonal(float *w, int rows, int cols, int64_t ld, uint64_t seed, const char *name, int part);

#endif
