/* ranking.h - false-alarm rates of events, counted in the background of time slides (background.h).
 *
 * Counted.   A statistic that n triggers of the slides reach has the rate (n+1)/T, T the live time of all slides (far.h).  Louder than all
 *            of them it is below 1/T; quieter than what was kept it is above (N+1)/T.
 * Fitted.    Asked for, above a statistic x: alpha = 1/(mean(s | s >= x) - x) of the n triggers at or above x, and the rate of s is
 *            n exp(-alpha (s-x)) / T, without the one more, as PyCBC's.  sigma_alpha = alpha/sqrt(n), and n itself is known to sqrt(n):
 *            sigma_rate = rate sqrt((1 + (alpha (s-x))^2) / n).
 * Sum.       Backgrounds of one model and the same detectors are one: their triggers and live times add.  Of that model with other detectors,
 *            as of a part of it (model/classifier.h), a background is left aside: it says nothing of these events.  Of another model with other detectors
 *            the rate at the same statistic is added to an event's where those were on at its time, since they might have made it
 *            as well; the two statistics are taken to be of one scale, which a log-likelihood ratio is.
 * Removal.   Asked for, as in PyCBC: while the loudest event that is left is louder than all of the background, it gets its rate, and then
 *            what lies within GWS_REMOVE_S of it in any detector is taken out of the slides, triggers and live time.
 */
#ifndef GWS_SEARCH_RANKING_H
#define GWS_SEARCH_RANKING_H

#include "base/err.h"
#include "search/background.h"
#include "search/far.h"

#include <stdint.h>

#define GWS_REMOVE_S 1.0

typedef struct gws_ranking gws_ranking;

typedef struct gws_ranking_params {
    const char *model; /* SHA-256 of the model whose events are ranked */
    const char *name;  /* of its file, for messages */
    gws_head head;
    int n_ifo;                /* detectors of the events; 0: those of the first background of the model */
    const char (*ifo)[4];     /* (n_ifo) */
    double fit_above;         /* NaN: no fit */
    double filter_s, ahead_s; /* of the whitening of the search that the events are of (dsp/condition.h); 0: not compared */
} gws_ranking_params;

/*   b, names  (n)  backgrounds and their files' names; the former borrowed
 * EDATA: no background is of the model and the detectors; one is of another model with the same detectors; one lacks the head; two have the same
 * slides of the same time; one of the model was measured with another whitening, as far as it says.  EARG: the fit begins below what was kept, or has fewer than two triggers above. */
gws_ranking *gws_ranking_create(const gws_background *b, const char *const *names, int n, const gws_ranking_params *p,
                                gws_err *err);

/* Is a background of these detectors, in this order? */
int gws_ranking_is_of(const gws_background *b, int n_ifo, const char (*ifo)[4]);

/* The rate of a statistic of an event at a GPS time (of detector 0). */
gws_far_rate gws_ranking_at(const gws_ranking *r, double stat, double time_s);

/* Take the triggers and the live time near an event out of the background. */
gws_status gws_ranking_remove(gws_ranking *r, double time_s, gws_err *err);

/* Give the rates of n events.  With `removed` not NULL loud events are removed hierarchically, as above, and *removed is their
 * number. */
gws_status gws_ranking_events(gws_ranking *r, int64_t n, const double *stat, const double *time_s, gws_far_rate *out,
                              int64_t *removed, gws_err *err);

/* The slope of the tail for p_astro.h, of the loudest n triggers (fewer where there are fewer) of the model's own background.  NaN where there
 * are fewer than 10, or where they are all equal. */
double gws_ranking_slope(const gws_ranking *r, int64_t n);

/* The loudest of the model's own background, now; NaN where there is none. */
double gws_ranking_loudest(const gws_ranking *r);

double gws_ranking_livetime_s(const gws_ranking *r); /* of the model's own background, now */
int64_t gws_ranking_triggers(const gws_ranking *r);  /* likewise */
void gws_ranking_destroy(gws_ranking *r);

#endif
