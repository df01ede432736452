/* optimal_snr.h - how loud a source is: its signal-to-noise ratio (SNR) in each detector when the template is the signal itself.
 *
 *     rho_d^2 = 4 delta_f sum_k |F+ h+(f_k) + Fx hx(f_k)|^2 / S_d(f_k),   network: the root of the sum over detectors
 *
 * from low_hz up to, without it, the last frequency of the curve (Allen et al. 2012, FINDCHIRP).  The response is that at tc.  A step
 * of 1/4 Hz is enough, as |h|^2/S is smooth: for sources of MLGWSC-1's first set the SNR is that of 1/16 Hz within 5e-4.
 */
#ifndef GWS_SIM_OPTIMAL_SNR_H
#define GWS_SIM_OPTIMAL_SNR_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "dsp/psd.h"
#include "gw/named_psd.h"
#include "gw/antenna.h"
#include "gw/series.h"
#include "sim/injections.h"

#include <complex.h>
#include <stdint.h>

#define GWS_SNR_DF_HZ 0.25 /* step of the curves that simulate and evaluate use */
#define GWS_SNR_LOW_HZ 20.0

/* The detectors, their noise curves and the band in which SNRs are computed; all borrowed. */
typedef struct gws_snr_network {
    int n_ifo;
    const gws_site *const *site; /* (n_ifo) */
    const gws_psd *psd;          /* (n_ifo) one grid, from 0; above 0 from low_hz on (gws_psd_hold) */
    double low_hz;
} gws_snr_network;

/* SNRs of one source.
 *   room    (2 psd.n) scratch
 *   snr     (n_ifo) out; NULL: not wanted
 *   total   out: of the network
 * On 4097 bins some 0.4 ms for IMRPhenomD and 5 ms for IMRPhenomXPHM, precessing and with five modes. */
gws_status gws_optimal_snr(const gws_snr_network *net, const char *approximant, const gws_source *source, double complex *room,
                           double *snr, double *total, gws_err *err);

/* Rows of a table. */
typedef struct gws_rows {
    const gws_injections *table;
    const int64_t *row; /* (n) which */
    int64_t n;
} gws_rows;

/* Network SNRs of rows of a table.
 *   pool      NULL: the caller's thread; the bits do not depend on it
 *   progress  NULL: nobody; ESTOP when it says so
 *   out       (n)
 * EARG and the like name the time of the first source, in the order given, that cannot be made. */
gws_status gws_injections_snr(const gws_rows *rows, const gws_snr_network *net, gws_pool *pool, const gws_progress *progress,
                              double *out, gws_err *err);

#endif
