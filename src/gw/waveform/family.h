/* family.h - private to gw/: what gws_waveform_fd hands to the families of waveforms. */
#ifndef GWS_GW_WAVEFORM_FAMILY_H
#define GWS_GW_WAVEFORM_FAMILY_H

#include "gw/constants.h"

#include <stdint.h>

/* The bins that a family fills, k*delta_f with first <= k < end; all others are zero already. */
typedef struct gws_fd_bins {
    double delta_f_hz;
    int64_t first, end;
    int64_t whole_end; /* what end would be in an array long enough */
    double last_hz; /* the last frequency wanted: f_final, or the model's end where that is lower; the last bin may lie below it */
} gws_fd_bins;

/* A mass after its way into kilograms and back.  LALSimulation takes kilograms, and the difference of nearly equal masses, the root
 * of 1 - 4 eta, depends on the last digit of both. */
static inline double gws_msun_by_kg(double msun)
{
    return msun * GWS_MSUN_KG / GWS_MSUN_KG;
}

#endif
