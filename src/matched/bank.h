/* bank.h - template banks: the waveforms that a matched-filter search tries.
 *
 * Placement is stochastic with exact overlaps (Harry, Allen and Sathyaprakash 2009, 0908.2090; Privitera et al. 2014, 1310.5633):
 * templates are drawn from the space, and one is kept when no template so far matches it to min_match.  The match is that of
 * CONVENTIONS.md's inner product, largest over time and phase, so it holds for any approximant, merger and ringdown
 * included, where metrics of the inspiral do not.  Every other draw is uniform in the masses, every other one uniform in the
 * Newtonian and 1.5PN chirp times tau0 and tau3, in which templates are spread about evenly (Owen and Sathyaprakash 1999,
 * gr-qc/9808076); spins are uniform.
 *
 * The bank is done when less than the share 1 - coverage of the last 1024 draws was new.  It depends on the parameters and the
 * PSD alone, never on the number of threads.
 */
#ifndef GWS_MATCHED_BANK_H
#define GWS_MATCHED_BANK_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "dsp/psd.h"
#include "gw/waveform/waveform.h"

#include <stdint.h>

#define GWS_BANK_NAME 32

/* A noun: transparent, owned by the caller. */
typedef struct gws_template {
    double mass1_msun, mass2_msun; /* detector frame */
    double spin1z, spin2z;
    double f_lower_hz;
    char approximant[GWS_BANK_NAME]; /* a name of gws_waveform_fd */
} gws_template;

typedef struct gws_bank {
    gws_template *templates; /* (n) in order of tau0, heaviest first */
    int n;
} gws_bank;

void gws_bank_clear(gws_bank *b);

typedef struct gws_bank_params {
    double mass_min_msun, mass_max_msun; /* of each component */
    double spin_min, spin_max;           /* of each component, along the orbital momentum; equal: that spin */
    double min_match;                    /* 0.5..0.999 */
    double coverage;                     /* share of the space that is within min_match, as placement sees it */
    double low_hz, high_hz;              /* of the overlaps; low is f_lower of the templates as well */
    const char *approximant;
    uint64_t seed;
} gws_bank_params;

/* The defaults: 10 to 50 Msun without spin, match 0.97, coverage 0.99, 20 to 1024 Hz, IMRPhenomD, seed 0. */
gws_bank_params gws_bank_defaults(void);

/* Grid of the overlaps, for the PSD that placement wants: bins of 0.5 Hz from 0 to high_hz. */
#define GWS_BANK_DELTA_F_HZ 0.5

/* Place a bank.
 *   psd       any spacing, interpolated; positive from low_hz to high_hz
 *   pool      NULL: one thread
 *   progress  done is the share of the last 1024 draws that was old, total the coverage; may be NULL
 *   out       cleared by the caller with gws_bank_clear; empty on failure
 * Cost: some 50 us an overlap; a few seconds for 10 to 50 Msun without spin, minutes with spins to 0.99 from 7 Msun on.
 */
gws_status gws_bank_place(const gws_bank_params *params, const gws_psd *psd, gws_pool *pool, gws_progress_fn progress, void *user,
                          gws_bank *out, gws_err *err);

/* Root data sets mass1 mass2 spin1z spin2z f_lower (f64) and approximant (strings), as pycbc_inspiral's --bank-file wants them.
 *   command  for provenance; NULL leaves it out
 */
gws_status gws_bank_save(const gws_bank *b, const char *path, const char *command, gws_err *err);

/* The names of the columns that are read, and of the columns that must be 0 if they are there; each list ends with NULL. */
extern const char *const gws_bank_columns[], *const gws_bank_zero_columns[];

/* Read the columns above from such a file.  Spins that are absent are 0; f_lower and approximant where absent are those given here.
 * A template that no waveform can be made of (mass, spin, approximant unknown) is an error that names its row. */
gws_status gws_bank_load(const char *path, double f_lower_hz, const char *approximant, gws_bank *out, gws_err *err);

/* A template as the waveforms want it: face on at 1 Mpc. */
gws_binary gws_template_binary(const gws_template *t);

/* Newtonian chirp time from f_lower on, s. */
double gws_template_tau0_s(const gws_template *t);

#endif
