/* imrphenomxhm.h - private to gw/: IMRPhenomXHM: modes (2,2) (2,1) (3,3) (3,2) (4,4) of two black holes with spins along the
 * orbital momentum.
 *
 * Garcia-Quiros et al. 2020 (arXiv:2001.10914, below H), amplitudes as recalibrated for LALSimulation's release 122022.  Conventions are
 * LALSimulation's, and so is the default of evaluating on coarse frequencies with straight lines between them (imrphenomx_bands.h), which
 * gws_binary.exact switches off (docs/math/multibanding.md).
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMXHM_H
#define GWS_GW_WAVEFORM_IMRPHENOMXHM_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"
#include "gw/waveform/imrphenomx.h"
#include "gw/waveform/imrphenomx_bands.h"

#include <complex.h>
#include <stdint.h>

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there. */
gws_status gws_imrphenomxhm_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

#define GWS_IMRPHENOMXHM_N_MODES 5

/* One mode ready to evaluate; frequencies are M f. */
typedef struct gws_imrphenomxhm_mode {
    const gws_imrphenomx *x;
    int l, m;
    double f_ring, f_damp;
    double phase0; /* added to everything below */

    double f_amp_in, f_amp_im;
    double complex pn[7]; /* inspiral: factors of f^(k/3) */
    double pseudo[3];     /* of f^(7/3), f^(8/3), f^3 */
    double mid[8];        /* intermediate: of f^k, times f^(-7/6) */
    int n_mid;
    double rd_height, rd_decay, rd_width; /* ringdown: Lorentzian with an exponential */
    double f_fall, fall_height, fall_decay;
    double f_aux, aux[4]; /* cubic below f_aux, where the mode mixes */

    double f_phase_in, f_phase_im;
    double ins_slope, ins_const; /* inspiral: line added to that of (2,2) at 2 f/m */
    double mid_phase[6];         /* intermediate: of f, arc tangent, log f, 1/f, 1/f^3, 1/f^2 */
    double rd_slope, rd_const, rd_invert, rd_atan;

    int mixes; /* the ringdown's spherical harmonic is a sum of spheroidal ones */
    double complex mix_22, mix_32;
    double s_const, s_slope, s_invert, s_cube, s_atan; /* phase of the spheroidal mode */
} gws_imrphenomxhm_mode;

/* The modes that b asks for, phases relative to the (2,2) mode with the phase phase_ref (gws_imrphenomx_phase_ref) added to it.
 * returns  their number; modes that vanish by symmetry are left out */
int gws_imrphenomxhm_prepare(gws_imrphenomxhm_mode *modes, const gws_imrphenomx *x, unsigned which, double phase_ref);

/* Strain of the mode over amp0 at f, u = f^(1/3), log_f = log f: what (l,-m) is at positive frequencies. */
double complex gws_imrphenomxhm_at(const gws_imrphenomxhm_mode *mode, double f, double u, double log_f);

/* A mode at a coarse frequency; of the mode that mixes also its spheroidal part in the ringdown */
typedef struct gws_imrphenomxhm_point {
    double amp, phase;
    double amp_own, phase_own;
} gws_imrphenomxhm_point;

/* A mode on its coarse frequencies, as it goes along them */
typedef struct gws_imrphenomxhm_walk {
    const gws_imrphenomxhm_mode *mode;
    gws_imrphenomx_bands bands;
    gws_imrphenomx_span span;               /* where it is */
    gws_imrphenomxhm_point here, next;      /* at both ends of the span */
    int64_t first, end;                     /* bins of the span */
    int64_t stop, whole_stop;               /* no bins from here on: of the array, of the mode */
    struct gws_imrphenomxhm_walk *dominant; /* (2,2), which the mode that mixes takes its part from; NULL: that part is evaluated */
    int started, rings, unwrapped;
} gws_imrphenomxhm_walk;

/* Start at the first of the bins.  The walk of (2,2) given to the mode that mixes is its own to move. */
void gws_imrphenomxhm_walk_init(gws_imrphenomxhm_walk *w, const gws_imrphenomxhm_mode *mode, gws_imrphenomxhm_walk *dominant,
                                const gws_fd_bins *bins);

/* On to the next span; 0 at the end */
int gws_imrphenomxhm_walk_next(gws_imrphenomxhm_walk *w);

/* Strain over amp0 at bins at ... at+n-1 of the span, n at most GWS_IMRPHENOMXHM_BLOCK */
#define GWS_IMRPHENOMXHM_BLOCK 128
void gws_imrphenomxhm_walk_fill(gws_imrphenomxhm_walk *w, int64_t at, int n, double *re, double *im);

/* Not 0: the binary is evaluated on coarse frequencies. */
int gws_imrphenomxhm_walks(const gws_imrphenomx *x, const gws_binary *b);

#endif
