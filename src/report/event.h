/* event.h - the part of a page that is about one trigger: numbers, strain with the best template over it, maps of time and frequency, noise,
 * logits, the network's inside. */
#ifndef GWS_REPORT_EVENT_H
#define GWS_REPORT_EVENT_H

#include "base/err.h"
#include "matched/followup.h"
#include "model/classifier.h"
#include "report/look.h"
#include "report/page.h"
#include "report/tape.h"

#include <stdint.h>

/* What is known of a trigger beside the tape. */
typedef struct gws_event_words {
    int number;             /* 1: the loudest */
    const char *far;        /* its rate, as text */
    const char *p_astro;    /* NULL: not known */
    const char *dq;         /* quality bits that fail; "" none */
    const char *neighbours; /* other triggers near to it; "" none */
    double threshold;       /* of the head that found it */
    gws_head head;
} gws_event_words;

typedef struct gws_event {
    gws_look look[GWS_MAX_IFO];
    gws_followup found; /* n 0: no template */
    int n;              /* detectors that could be looked at */
} gws_event;

/* Read strain around a trigger, transform it and find its template.
 *   ifo, n  indices of the detectors in the set
 *   out     zero on failure; free with gws_event_clear
 * A detector without data there, or too little of it to follow up, is left out without an error. */
gws_status gws_event_make(gws_strain_set *set, const int *ifo, int n, int64_t gps_ns, gws_event *out, gws_err *err);
void gws_event_clear(gws_event *e);

/* Put it all on the page. */
gws_status gws_event_put(gws_page *p, const gws_event *e, const gws_taped *taped, const gws_model *model,
                         const gws_event_words *words, gws_err *err);

#endif
