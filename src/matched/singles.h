/* singles.h - a template bank against recorded strain: triggers of each detector.
 *
 * On the line: strain (double) of all detectors --bank--> triggers of one detector and one template each; coincidence.h makes
 * events of them.
 *
 * Method (overlap-save; Allen et al. 2012, gr-qc/0509116).  Time is cut into blocks on absolute samples.  A block is
 * filtered from segment_s seconds around it.  In front these hold the longest template, and on both sides the length of the inverse
 * spectrum and a window of clustering.  PSD: median Welch over psd_s seconds of unbroken data around the block, moved into the data
 * where these end; interpolated; its inverse truncated to inverse_s (psd.h).  Filters end at 9/10 of Nyquist, where resamplers
 * begin to roll off, and the PSD is held from there on.  Data that end within the segment are tapered and followed by zeros, and
 * inverse_s seconds at their ends give no triggers.  Time windows of cluster_s, cut on absolute samples, keep their loudest sample
 * above snr_threshold, unless a neighbouring window's is louder and nearer than cluster_s (PyCBC's "symmetric" clustering).
 * Chi-squared is computed there and nowhere else.
 *
 * Gap: ends the data.  Cut into files, threads: do not change a bit.
 */
#ifndef GWS_MATCHED_SINGLES_H
#define GWS_MATCHED_SINGLES_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "strain/strain.h"
#include "matched/bank.h"

#include <stdint.h>

typedef struct gws_singles_params {
    int rate_hz;              /* of the filters; divides every detector's; 2048 */
    double segment_s;         /* whole seconds; 64 */
    double low_hz;            /* of the filters; 20.  Templates that begin higher begin there */
    double psd_s;             /* most data that a PSD is made of; 256 */
    double welch_s, stride_s; /* of the PSD; 4 and 2 */
    double inverse_s;         /* 4 */
    double snr_threshold;     /* of SNR and new SNR; 4 */
    double cluster_s;         /* divides a second or is whole seconds; 1 */
    int chisq_bins;           /* 16 */
    int64_t max_triggers;     /* of all detectors together; 0: no limit */
    gws_progress progress;    /* in seconds of data; GWS_ESTOP when it asks to stop */
} gws_singles_params;

gws_singles_params gws_singles_defaults(void);

/* A trigger of one template in one detector.  It is no event yet; the kinds of event are told apart in search/events.h. */
typedef struct gws_single {
    int64_t sample; /* absolute, at rate_hz: coalescence of the template */
    double snr, phase_rad, sigma, chisq_reduced, new_snr;
    int32_t template_index; /* index in the bank */
} gws_single;

/* Triggers of one detector. */
typedef struct gws_singles_ifo {
    char ifo[4];
    gws_single *triggers; /* (n) by template, then by time */
    int64_t n;
    gws_span *live; /* (n_live) absolute samples that were searched, in order, joined where they touch */
    int n_live;
} gws_singles_ifo;

typedef struct gws_singles_stats {
    int64_t blocks;    /* stretches filtered, all detectors */
    int64_t too_short; /* stretches between gaps that are too short for a PSD */
    int64_t psd_bad;   /* stretches left out because the PSD is zero or not finite in the band */
    double filtered_s; /* seconds of data searched, all detectors, times templates */
} gws_singles_stats;

/* The triggers of all detectors.  A noun: transparent, owned by the caller. */
typedef struct gws_singles {
    int n_ifo, rate_hz;
    gws_singles_ifo ifo[GWS_MAX_IFO]; /* in order of name */
    gws_singles_stats stats;
} gws_singles;

void gws_singles_clear(gws_singles *r);

/* Search everything.
 *   pool      over templates; NULL: one thread
 *   out       empty on failure
 * Data of which nothing could be searched: GWS_EDATA.
 * Memory: of a segment 60 bytes a sample for each thread and 12 for each of the 8 stretches that share a template's making; of
 * segment_s + 2 psd_s 8 bytes a sample for each detector; 56 bytes a trigger, twice while a list grows. */
gws_status gws_singles_find(gws_strain_set *set, const gws_bank *bank, const gws_singles_params *params, gws_pool *pool,
                            gws_singles *out, gws_err *err);

#endif
