/* overlay.h - private to report/: whitened strain within a band, and the template that matches it best over it. */
#ifndef GWS_REPORT_OVERLAY_H
#define GWS_REPORT_OVERLAY_H

#include "base/err.h"
#include "matched/followup.h"
#include "report/look.h"

#include <stdint.h>

typedef struct gws_overlay {
    int64_t n;
    double *time_s, *strain; /* (n) from the look's time; in standard deviations of the full band's noise */
    double *model;           /* (n) NULL: no template */
} gws_overlay;

/*   best, found  the template and what it says of this detector; NULL: none
 *   out          zero on failure; free with gws_overlay_clear */
gws_status gws_overlay_make(const gws_look *l, const gws_template *best, const gws_followup_ifo *found, double before_s,
                            double after_s, gws_overlay *out, gws_err *err);
void gws_overlay_clear(gws_overlay *o);

#endif
