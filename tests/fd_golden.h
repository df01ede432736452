/* fd_golden.h - frequency-domain waveforms against a table that tools/golden/fd.py printed; include that table first. */
#ifndef GWS_TESTS_FD_GOLDEN_H
#define GWS_TESTS_FD_GOLDEN_H

#include "gw/waveform/waveform.h"

#include <complex.h>
#include <math.h>
#include <stdint.h>

static inline gws_binary golden_binary(int i)
{
    const double *s = golden_system[i];
    return (gws_binary){.mass1_msun = s[0],
                        .mass2_msun = s[1],
                        .spin1 = {s[2], s[3], s[4]},
                        .spin2 = {s[5], s[6], s[7]},
                        .distance_mpc = s[8],
                        .incl_rad = s[9],
                        .coa_phase_rad = s[10],
                        .f_lower_hz = s[11],
                        .f_ref_hz = s[12],
                        .lambda1 = s[13],
                        .lambda2 = s[14]};
}

/* Largest |ours - theirs| / |theirs| over the table's frequencies of system i, both polarisations; infinite where only one of the two
 * is zero.  A polarisation below 1e-6 of the other is measured against that one: face on or edge on its value is rounding. */
static inline double golden_worst(int i, const double complex *hp, const double complex *hc)
{
    double worst = 0;
    for (int k = 0; k < N_GOLDEN_F; k++) {
        const double *g = golden_h[i][k];
        int64_t bin = (int64_t)lround(golden_f[k] / GOLDEN_DF);
        double complex want[2] = {CMPLX(g[0], g[1]) * 1e-24, CMPLX(g[2], g[3]) * 1e-24}, got[2] = {hp[bin], hc[bin]};
        double least = 1e-6 * fmax(cabs(want[0]), cabs(want[1]));
        for (int part = 0; part < 2; part++)
            if (got[part] != want[part])
                worst = fmax(worst, cabs(got[part] - want[part]) / fmax(cabs(want[part]), least));
    }
    return worst;
}

#endif
