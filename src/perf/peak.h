/* peak.h - measures how many fused multiply-adds this machine really does: the yardstick of all speed measurements.
 *
 * Registers only, more independent chains than latency times units, nothing but multiply-adds of an instruction set's full
 * vectors.  Clock speed under such load, shared units and all that a data sheet leaves out are in the number.
 */
#ifndef GWS_PERF_PEAK_H
#define GWS_PERF_PEAK_H

#include "base/cpu.h"
#include "base/thread.h"

/* Single-precision GFLOP/s (a multiply-add is two) of all threads of a pool together, the best of five rounds.
 *   isa      must be one that this processor has; GWS_ISA_SCALAR is fmaf, as the scalar kernels use it
 *   pool     NULL: one thread
 *   seconds  of each round and thread; 0.05 is enough
 * Measured in each thread's own processor time, so that other programs do not matter. */
double gws_peak_gflops(gws_isa isa, gws_pool *pool, double seconds);

#endif
