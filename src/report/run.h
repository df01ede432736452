/* run.h - the part of a page that is about a search as a whole: its triggers, its rates, the logits of all of it. */
#ifndef GWS_REPORT_RUN_H
#define GWS_REPORT_RUN_H

#include "base/err.h"
#include "model/classifier.h"
#include "report/page.h"
#include "report/tape.h"
#include "search/far.h"
#include "search/trigger.h"

#include <stdint.h>

typedef struct gws_run_row {
    gws_trigger t;
    gws_far_rate far;
    const char *far_text, *dq;
} gws_run_row;

/* Rate of a statistic, which never rises with it. */
typedef gws_far_rate (*gws_run_rate)(double stat, const void *user);

typedef struct gws_run {
    const gws_run_row *rows; /* (n) in order of time */
    int64_t n;
    double searched_s, threshold;
    const gws_model_meta *meta;
    const gws_tape *tape;
    gws_run_rate rate; /* NULL: not known */
    const void *user;
} gws_run;

gws_status gws_run_put(gws_page *p, const gws_run *r, gws_err *err);

#endif
