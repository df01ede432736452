/* family.h - what the families of waveforms have in common. */
#ifndef GWS_GW_WAVEFORM_FAMILY_H
#define GWS_GW_WAVEFORM_FAMILY_H

#include "gw/waveform/constants.h"

/* What is left of a mass on its way into kilograms and back.  LALSimulation takes kilograms, and the difference of nearly equal masses,
 * the root of 1 - 4 eta, hangs on the last place of both. */
static inline double gws_msun_by_kg(double msun)
{
    return msun * GWS_MSUN_KG / GWS_MSUN_KG;
}

#endif
