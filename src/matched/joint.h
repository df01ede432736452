/* joint.h - the joint search: all detectors' SNRs in one sum, without a minimum in each of them.
 *
 * On the line: strain of any one to five detectors --joint_lane.h--> rho --nn/coherent.h--> y (64 Hz) --> events.
 *
 * The statistic of a step is that of a matched stem (model/stem.h) with the same bank and conditioning, to the same bits: an
 * untrained network's linear head gives it too.  It is not smoothed.
 *
 * Absent detectors.  A step's statistic is the sum over the detectors that are usable there; light travel counts from the first of
 * them.  Where a detector comes or goes, an event ends.
 *
 * Events.  Steps above the threshold that are no more than gap_s apart, with the same detectors, are one event (as trigger.h has it);
 * its statistic is the largest y, and template, SNRs, phases and arrival times are those of that step's loudest template.  Arrival and
 * phase are those of the peak between the samples of 512 Hz, SNRs those of the samples.
 *
 * Background.  Detector i of the search is moved by i k step_s, k = 1 .. slides, in whole steps, and all of the above is done again where
 * two detectors or more are usable.  Nothing wraps around; the time of a slide is what its moved detectors have in common.
 * All combinations of detectors are counted in one list, so their rates add up; an event of one detector alone has no rate.  Unlike
 * coincidence (coincidence.h) the sum needs no partner: what is loud in one detector, a signal or a glitch, is loud in every slide.
 *
 * Bits: events and rates depend on strain and parameters alone, not on files, chunks, threads or the instruction set.
 * Memory: rows of rho for some 40 s and for the longest move, gws_filters_row() times 2 KiB a second and detector.
 */
#ifndef GWS_MATCHED_JOINT_H
#define GWS_MATCHED_JOINT_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/progress.h"
#include "base/thread.h"
#include "dsp/condition.h"
#include "strain/strain.h"
#include "search/far.h"
#include "matched/stem_bank.h"

#include <stdint.h>

#define GWS_JOINT_SETS (1 << GWS_MODEL_IFOS)

/* The detectors of a search. */
typedef struct gws_joint_network {
    int n;
    char ifo[GWS_MODEL_IFOS][4];
    int index[GWS_MODEL_IFOS];                 /* in the strain set */
    int rate_hz[GWS_MODEL_IFOS];               /* of the strain */
    int reach[GWS_MODEL_IFOS][GWS_MODEL_IFOS]; /* light travel, samples of 512 Hz, rounded up */
} gws_joint_network;

/* All detectors of a set, those of `first` ("L1,H1"; may be NULL) in front and in its order, the others by name.
 * More than five, a rate that is no multiple of 2048 Hz, a site that is unknown beside another: EDATA. */
gws_status gws_joint_network_make(const gws_strain_set *set, const char *first, gws_joint_network *out, gws_err *err);

typedef struct gws_joint_params {
    gws_condition_params condition;
    double threshold;      /* on y; 18 */
    double gap_s;          /* 0.25 */
    int warmup;            /* steps after a gap that are not used; 64 */
    int chunk_s;           /* strain read at once, never changes a bit; 16 */
    int slides;            /* 0: no background */
    double slide_s;        /* 0.1 */
    int64_t max_events;    /* of search and background; 0: no limit */
    gws_progress progress; /* in seconds of data; GWS_ESTOP when it asks to stop */
} gws_joint_params;

gws_joint_params gws_joint_defaults(void);

typedef struct gws_joint_arrival {
    int64_t gps_ns;
    double snr, phase_rad;
} gws_joint_arrival;

/* An event of the sum. */
typedef struct gws_joint_event {
    int64_t gps_ns; /* mean of the arrival times */
    double stat;
    double snr;         /* of the network: root of the sum of the squares */
    int template_index; /* loudest */
    unsigned ifos;      /* bit i: detector i of the network takes part */
    gws_joint_arrival arrival[GWS_MODEL_IFOS];
} gws_joint_event;

/* A noun: transparent, cleared by the caller. */
typedef struct gws_joint_result {
    gws_joint_network network;
    gws_joint_event *events; /* (n) in order of time */
    int64_t n;
    gws_calibration far;           /* complete; no livetime without slides */
    double live_s[GWS_JOINT_SETS]; /* searched with exactly these detectors, bit i for detector i */
    double whitened_s;             /* all detectors */
    double read_s, sum_s, slide_s; /* what it took; reading goes beside the rest on several threads */
    double condition_s, filter_s;  /* of all detectors, which go side by side */
} gws_joint_result;

void gws_joint_result_clear(gws_joint_result *r);
double gws_joint_live_s(const gws_joint_result *r); /* all combinations */

/* The rate (n+1)/T of an event; an event of one detector alone has no rate. */
gws_far_rate gws_joint_far(const gws_joint_result *r, const gws_joint_event *e);

/* Bytes that a search takes at its highest, known beforehand: rows for what a detector may be behind another and for the longest move,
 * twice and, while they are moved, three times.  Events come on top. */
int64_t gws_joint_bytes(const gws_joint_network *network, const gws_stem_bank *bank, const gws_joint_params *params,
                        const gws_pool *pool);

/* Search everything.
 *   bank      taps, after, g and log_weight count
 *   pool      NULL: one thread
 *   out       empty on failure
 * Nothing that could be searched; slides of one detector, or that leave no time in common: EDATA. */
gws_status gws_joint_search(gws_strain_set *set, const gws_joint_network *network, const gws_stem_bank *bank,
                            const gws_joint_params *params, gws_pool *pool, gws_joint_result *out, gws_err *err);

#endif
