/* results.h - files that other verbs wrote, told apart by what is in them, and their parts of a page. */
#ifndef GWS_REPORT_RESULTS_H
#define GWS_REPORT_RESULTS_H

#include "base/err.h"
#include "report/page.h"

typedef enum gws_result_kind {
    GWS_RESULT_NONE, /* strain, or nothing that is known here */
    GWS_RESULT_EVENTS,
    GWS_RESULT_BACKGROUND,
    GWS_RESULT_EVALUATION,
    GWS_RESULT_TRAINING
} gws_result_kind;

typedef struct gws_result {
    const char *path;
    gws_result_kind kind;
} gws_result;

typedef struct gws_result_wish {
    int beside; /* set of MLGWSC-1 whose published distances stand beside an evaluation; 0 none, -1 what its command says */
} gws_result_wish;

/* What a file is.  One that cannot be opened is GWS_RESULT_NONE: whoever reads it says why. */
gws_status gws_result_kind_of(const char *path, gws_result_kind *out, gws_err *err);

/* A title for a page of that alone. */
const char *gws_result_title(gws_result_kind kind);

/* Put its part; number: of the result among those of the page, which makes its names its own. */
gws_status gws_result_put(gws_page *p, const gws_result *r, const gws_result_wish *w, int number, gws_err *err);

/* ---- one each; private to report/ ---- */

gws_status gws_result_put_events(gws_page *p, const char *path, int number, gws_err *err);
gws_status gws_result_put_background(gws_page *p, const char *path, int number, gws_err *err);
gws_status gws_result_put_evaluation(gws_page *p, const char *path, const gws_result_wish *w, int number, gws_err *err);
gws_status gws_result_put_training(gws_page *p, const char *path, int number, gws_err *err);

#endif
