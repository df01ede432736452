/* volume.h - how far a search sees: sensitive volume and distance against false-alarm rate, as MLGWSC-1 defines them.
 *
 * The definition is the challenge's published evaluate.py (Schaefer et al. 2023, arXiv:2209.11146, section III; Phys. Rev. D 107,
 * 023021), which this reproduces case by case:
 *
 * Match.  An event belongs to the injection nearest in time, to the later one when both neighbours are equally near; it is a true
 * positive when abs(tc - time) <= var.  An injection's statistic is the largest of its true positives'.
 *
 * False alarms.  Background statistics ascending, B[0] .. B[N-1]: the rate at B[i] is (N-1-i)/T, T how long the
 * background is; equal values keep distinct ranks.
 *
 * Volume.  Found at B[i] is what is louder than it, strictly.  Injections uniform in the volume of chirp distance are weighted by
 * their chirp mass Mc = (m1 m2)^(3/5) (m1+m2)^(-1/5) (detector frame), since reach grows as Mc^(5/6).  With M injections in the data,
 * d their largest distance, X the largest Mc, W = sum over all (X/Mc)^(5/2), P = 4/3 pi d^3 / (M X^(5/2)):
 *
 *     V = P S,   S = sum over found Mc^(5/2)      sV = P sqrt(W (Q/W - (S/W)^2)),   Q = sum over found Mc^5
 *     R = (3 V/(4 pi))^(1/3)                      fraction = found/W
 *
 * Without chirp distances in the injection file all weights are 1: P = 4/3 pi d^3/M, p = found/M, sV = P sqrt(M (p - p^2)).
 *
 * What depends on the order of equal numbers.  numpy's argsort leaves that open and depends on the processor; here events of
 * equal time keep the order in which they were given.  Only the order of such events among themselves can differ.
 * An injection list whose tc do not rise is matched as evaluate.py does it: nearest in a sorted copy, then that index in the
 * unsorted list; gws_injected.ascending says so.
 */
#ifndef GWS_SEARCH_VOLUME_H
#define GWS_SEARCH_VOLUME_H

#include "base/err.h"
#include "base/hdf5.h"
#include "search/events.h"

#include <stdint.h>

typedef struct gws_injected {
    double *tc_s;                    /* (n) GPS at the Earth's centre */
    double *distance_mpc;            /* (n) luminosity distance */
    double *mass1_msun, *mass2_msun; /* (n) detector frame */
    int64_t n;
    int chirp_distance; /* the file has chirp distances: weights of chirp mass apply */
    int ascending;      /* tc rise */
} gws_injected;

typedef struct gws_stretch {
    double begin_s, end_s; /* GPS */
} gws_stretch;

/* Read tc, distance, mass1, mass2 of an injection file: PyCBC's layout, data sets at the root; or LIGO_LW, .xml or .xml.gz, with a table
 * sim_inspiral. */
gws_status gws_injected_load(const char *path, gws_injected *out, gws_err *err);
void gws_injected_clear(gws_injected *inj);

/* Keep the injections that lie in one of the stretches, at least pad_s from both of its ends (inclusive). */
void gws_injected_select(gws_injected *inj, const gws_stretch *stretches, int64_t n, double pad_s);

/* Everything evaluate.py writes.  F events, M injections, N background events, n_tp + n_fp = F. */
typedef struct gws_volume {
    int64_t n_events, n_injections, n_background, n_tp, n_fp, n_missed;
    double duration_s, background_s; /* of the data: foreground, background */
    double *events;                  /* (3,F) time, stat, var of the foreground, by time */
    int64_t *order;                  /* (F) place of each in the list that was given */
    int64_t *nearest;                /* (F) its injection, whether it matches or not */
    int64_t *missed;                 /* (n_missed) injections that are nearest to no event */
    int64_t *tp_index;               /* (n_tp) true positives, places in `events`; fp alike */
    int64_t *fp_index;
    double *tp_diff_s, *fp_diff_s;                              /* (n_tp), (n_fp) abs(tc - time) */
    double *tp, *fp;                                            /* (3,n_tp), (3,n_fp) their events */
    double *fp_far_hz;                                          /* (n_fp) rates at the false positives, by rising statistic */
    double *background;                                         /* (N) statistics, rising; the following are at each of them */
    double *far_hz;                                             /* (N) */
    double *volume_mpc3, *distance_mpc, *error_mpc3, *fraction; /* (N) V, R, sV, found/W */
    int64_t *found;                                             /* (N) number of injections found */
    int64_t n_found;                                            /* injections with a true positive, whatever its statistic */
} gws_volume;

/* Match, count, weigh.
 *   inj          those in the data (gws_injected_select); at least one
 *   duration_s   of the foreground's data, in which its false positives are counted
 *   background_s T (evaluate.py: duration_s)
 *   out          zero on failure; free with gws_volume_clear
 * EDATA: no true positive; distances or masses that are no positive numbers.  Cost O((F + M + N) log).
 */
gws_status gws_volume_measure(const gws_events *fg, const gws_events *bg, const gws_injected *inj, double duration_s,
                              double background_s, gws_volume *out, gws_err *err);
void gws_volume_clear(gws_volume *v);

/* One point of the curve. */
typedef struct gws_volume_point {
    int resolved;     /* 0: the rate is below 1/T or there is no background event, the rest is NaN and 0 */
    double far_hz;    /* rate of the point: at most the one asked for */
    double threshold; /* found is what is louder, strictly */
    double distance_mpc;
    double error_mpc; /* R sV/(3 V); NaN when nothing is found */
    int64_t found;
} gws_volume_point;

/* The lowest threshold with at most floor(rate T) louder background events.  A background list that is shorter answers with
 * its lowest statistic, a bound from below. */
gws_volume_point gws_volume_at(const gws_volume *v, double far_per_month);

/* Write the data sets of evaluate.py's output, names, types and shapes. */
gws_status gws_volume_write(const gws_volume *v, gws_h5 *f, gws_err *err);

/* And what evaluate.py keeps to itself, which a page wants: /injected/{tc,distance,mass1,mass2,stat} (M) with the statistic of the loudest
 * event that finds an injection (NaN: none), /injected/snr where it is known; /background-stat (N); attributes duration, chirp_distance.
 *   snr  (M); NULL: not known */
gws_status gws_volume_write_injected(const gws_volume *v, const gws_injected *inj, const double *snr, gws_h5 *f, gws_err *err);

#endif
