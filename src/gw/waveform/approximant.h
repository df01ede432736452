/* approximant.h - the table of waveform models: everything that the program knows of one stands in its row.
 *
 * Private to gw/: others name a model (waveform.h).  A new model is one file and one row.
 */
#ifndef GWS_GW_WAVEFORM_APPROXIMANT_H
#define GWS_GW_WAVEFORM_APPROXIMANT_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>

/* How LALSimulation counts bins k between f_lower, l, and the last frequency, h, both in units of delta_f. */
typedef enum gws_counting {
    GWS_COUNTING_OPEN,   /* l <= k < h, both rounded down */
    GWS_COUNTING_CLOSED, /* l <= k <= h, both rounded down */
    GWS_COUNTING_INSIDE  /* l <= k <= h */
} gws_counting;

/* How PyCBC 2.11 estimates the duration of a chirp (pycbc.waveform's _filter_time_lengths). */
typedef enum gws_duration {
    GWS_DURATION_NONE, /* it has no estimate, and lets LAL make the time series */
    GWS_DURATION_IMRPHENOMD,
    GWS_DURATION_HIGHEST_MODE, /* IMRPhenomD's, of the mode with the largest m */
    GWS_DURATION_TAYLOR
} gws_duration;

/* Where LAL puts t = 0 of a time series. */
typedef enum gws_peak {
    GWS_PEAK_FREE,           /* where the model has it */
    GWS_PEAK_AT_ZERO,        /* where hp^2 + hc^2 peaks */
    GWS_PEAK_AT_ZERO_FACE_ON /* where that of the binary seen face on peaks */
} gws_peak;

typedef struct gws_approximant {
    const char *name;
    gws_status (*make)(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);
    double (*end_hz)(const gws_binary *b); /* where the model ends */
    unsigned modes;                        /* GWS_MODE_* that it has */
    gws_counting bins;
    gws_duration duration;
    gws_peak peak;
    int endless;   /* not 0: end_hz is the end of the inspiral and a default; f_final may lie beyond, and there is no merger */
    int point;     /* not 0: f_final may be f_lower */
    int precesses; /* not 0: spins may point anywhere */
    int tidal;     /* not 0: it has tides */
} gws_approximant;

/* Row i of the table, NULL beyond the last. */
const gws_approximant *gws_approximant_at(int i);

/* The row of a name.  EARG with the names that are known. */
gws_status gws_approximant_find(const char *name, const gws_approximant **out, gws_err *err);

#endif
