/* mlgwsc_chunks.h - the coloured noise of MLGWSC-1's sets 1 to 3, made in chunks of which the last few are kept.  mlgwsc_noise.h says
 * what it costs and why chunks are made whole.
 */
#ifndef GWS_SIM_MLGWSC_CHUNKS_H
#define GWS_SIM_MLGWSC_CHUNKS_H

#include "base/err.h"
#include "base/thread.h"
#include "sim/mlgwsc_plan.h"

#include <stdint.h>

typedef struct gws_mlgwsc_chunks gws_mlgwsc_chunks;

/* The curves are read; no noise is made.
 *   plan   has to outlive it
 *   err    a curve is missing or is none; no memory */
gws_mlgwsc_chunks *gws_mlgwsc_chunks_create(const gws_mlgwsc_noise_params *params, const gws_mlgwsc_plan *plan, gws_err *err);
void gws_mlgwsc_chunks_destroy(gws_mlgwsc_chunks *c);

/* As gws_mlgwsc_noise_set_pool and gws_mlgwsc_noise_bytes. */
void gws_mlgwsc_chunks_set_pool(gws_mlgwsc_chunks *c, gws_pool *pool);
int64_t gws_mlgwsc_chunks_bytes(const gws_mlgwsc_chunks *c);

/* Samples begin .. begin+n-1 of a detector, which lie within one segment of the plan.
 *   out   (n) out */
gws_status gws_mlgwsc_chunks_fill(gws_mlgwsc_chunks *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err);

#endif
