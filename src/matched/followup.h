/* followup.h - what a trigger of the network does not say: masses and spin, each detector's signal-to-noise ratio (SNR), times and phases,
 * chi-squared, the SNR as a series around the peak, and the noise curves that a sky localisation wants.
 *
 * On the line: a trigger's time and the strain around it --> the best template, and what it says of each detector.
 *
 * Method.  Each detector's strain is brought to 2048 Hz, its noise curve is the median Welch estimate of all finite strain that is given (4 s
 * every 2 s), inverse spectrum truncated to 4 s (filter.h, psd.h).  The statistic of a template is the sum of the detectors' |rho|^2, each
 * largest within window_s of the time and within light travel of the loudest.  Coarse: templates spread over chirp mass, mass ratio and
 * spin (or those that the caller gives), on 8 s around the time from coarse_hz on, where inspirals are short.  Fine: from the best few of them a
 * search by simplex in the same three, all in band from low_hz, on the whole segment.  The spin is common to both bodies.
 * The last filter gives what is reported; times and phases between the samples by a parabola through the power.
 *
 * Bits: a function of strain and parameters.  Cost: some 0.3 s of one core for two detectors.
 */
#ifndef GWS_MATCHED_FOLLOWUP_H
#define GWS_MATCHED_FOLLOWUP_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/json.h"
#include "dsp/psd.h"
#include "matched/bank.h"

#include <complex.h>
#include <stdint.h>

#define GWS_FOLLOWUP_RATE_HZ 2048
#define GWS_FOLLOWUP_SHORTEST_S 16 /* unbroken strain around the time that a detector must have, */
#define GWS_FOLLOWUP_BEHIND_S 2    /* and more than this of it behind the time: half of what the inverse spectrum reaches */

typedef struct gws_followup_params {
    const char *approximant;             /* "IMRPhenomD" */
    double mass_min_msun, mass_max_msun; /* of each component, detector frame; 5 to 100 */
    double spin_max;                     /* of both components, to either side; 0.95 */
    double low_hz, coarse_hz;            /* 20 and 30 */
    double window_s;                     /* 0.3 */
    double series_s;                     /* SNR series on each side of the peak; 0.1 */
    int chisq_bins;                      /* 16 */
    double population_msun;    /* of each of two bodies without spin that stand for the population (search/p_astro.h); 15 */
    const gws_template *start; /* (n_start) coarse templates; NULL: a lattice; borrowed */
    int n_start;
} gws_followup_params;

gws_followup_params gws_followup_defaults(void);

/* Strain of one detector around a trigger; a sample that is not finite is a gap. */
typedef struct gws_followup_strain {
    char ifo[4];
    int rate_hz;     /* a multiple of 2048 */
    int64_t first;   /* absolute index of h[0] at that rate */
    const double *h; /* (n) */
    int64_t n;
} gws_followup_strain;

/* One detector of the result. */
typedef struct gws_followup_ifo {
    char ifo[4];
    int64_t gps_ns; /* coalescence of the template */
    double snr, phase_rad;
    double sigma; /* SNR of the template at 1 Mpc, face on, overhead */
    double chisq_reduced, new_snr;
    double complex *series; /* (n_series) rho at 2048 Hz, n_series odd, the middle one the sample nearest to gps_ns */
    int64_t series_ns;      /* time of series[0] */
    int n_series;
    gws_psd psd; /* strain^2/Hz, bins of 0.25 Hz */
} gws_followup_ifo;

typedef struct gws_followup {
    gws_template best;
    double snr;     /* of the network: root of the sum of the squares */
    int64_t gps_ns; /* of the detector with the largest SNR */
    int n;
    gws_followup_ifo ifo[GWS_MAX_IFO]; /* (n) in the order given, those without enough strain left out */
    int templates;                     /* that were tried */
    double reach; /* SNR of the network at 1 Mpc, face on, overhead, of the two bodies that stand for the population; 0: none */
} gws_followup;

/* Are these parameters that a follow-up can use?  EARG: one is not. */
gws_status gws_followup_check(const gws_followup_params *params, gws_err *err);

/* Follow up a trigger.
 *   gps_ns  its time
 *   strain  (n) detectors
 *   out     empty on failure; cleared by the caller
 * EARG: as gws_followup_check.  EDATA: no detector has GWS_FOLLOWUP_SHORTEST_S of unbroken strain about the time. */
gws_status gws_followup_run(const gws_followup_params *params, int64_t gps_ns, const gws_followup_strain *strain, int n,
                            gws_followup *out, gws_err *err);
void gws_followup_clear(gws_followup *f);

double gws_template_mchirp_msun(const gws_template *t);

/* Put what it found into an object: snr, mchirp, mass1, mass2, mtotal, spin1z, spin2z, approximant, f_lower, sky_ifos, and for each detector
 * H1_snr, H1_end_time, H1_end_time_ns, H1_coa_phase, H1_sigma, H1_chisq_reduced, H1_new_snr. */
void gws_followup_put(gws_json *j, const gws_followup *f);

#endif
