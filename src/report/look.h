/* look.h - what a detector shows around a time: its strain, the noise of that stretch, whitened strain, and the tiles of a Q-transform. */
#ifndef GWS_REPORT_LOOK_H
#define GWS_REPORT_LOOK_H

#include "base/err.h"
#include "dsp/psd.h"
#include "dsp/qtransform.h"
#include "strain/strain.h"

#include <stdint.h>

typedef struct gws_look_params {
    double stretch_s; /* of strain around the time, which begins on a whole second; 32 */
    double search_s;  /* width of the window around the time in which the loudest tile is sought; 0.5 */
    gws_q_params q;   /* from_s and to_s are not looked at */
} gws_look_params;

gws_look_params gws_look_defaults(void);

typedef struct gws_look {
    char ifo[4];
    int rate_hz;
    int64_t first, n; /* absolute sample of the stretch, at rate_hz */
    int64_t gps_ns;   /* the time that was asked for */
    double *h, *w;    /* (n) strain, whitened strain; half the filter of 2 s at each end is not whitened rightly */
    gws_psd psd;      /* of the stretch */
    gws_qgram q;
} gws_look;

/* Read and transform.  The stretch is cut where data end or a gap begins, around the time.
 *   out  zero on failure; free with gws_look_clear
 * EARG: the time lies outside the data.  EDATA: in a gap, or too near to one. */
gws_status gws_look_make(gws_strain_set *set, int ifo, int64_t gps_ns, const gws_look_params *params, gws_look *out, gws_err *err);
void gws_look_clear(gws_look *l);

/* GPS time of the loudest tile, to the nanosecond. */
int64_t gws_look_loudest_ns(const gws_look *l);

#endif
