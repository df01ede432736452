/* rapl.h - the processor's own energy counter, where the kernel offers one (Linux, /sys/class/powercap/intel-rapl:*).
 *
 * The counter is of whole packages: everything that runs there meanwhile is in it.  Many kernels let only root read it.
 */
#ifndef GWS_PERF_RAPL_H
#define GWS_PERF_RAPL_H

#include <stdint.h>

#define GWS_RAPL_ZONES 8

typedef struct gws_rapl {
    int n;                            /* packages whose counter can be read; 0: not offered here */
    char path[GWS_RAPL_ZONES][256];   /* energy_uj */
    int64_t begin_uj[GWS_RAPL_ZONES]; /* when gws_rapl_begin was called */
    int64_t range_uj[GWS_RAPL_ZONES]; /* where it starts over */
} gws_rapl;

/* Find the counters and read them.  folder NULL: /sys/class/powercap.  Returns n. */
int gws_rapl_begin(gws_rapl *r, const char *folder);

/* Joules of all packages since gws_rapl_begin; one start-over is allowed for.  NaN: not offered here. */
double gws_rapl_joules(const gws_rapl *r);

#endif
