#include "gw/waveform/approximant.h"

#include "gw/waveform/imrphenomd.h"
#include "gw/waveform/imrphenompv2.h"
#include "gw/waveform/imrphenomxas.h"
#include "gw/waveform/imrphenomxhm.h"
#include "gw/waveform/imrphenomxphm.h"
#include "gw/waveform/taylorf2.h"

#include <stdio.h>
#include <string.h>

#define MODES_XHM (GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44)

static const gws_approximant table[] = {
    {.name = "IMRPhenomD",
     .make = gws_imrphenomd_fd,
     .end_hz = gws_imrphenomd_end_hz,
     .modes = GWS_MODE_22,
     .bins = GWS_COUNTING_OPEN,
     .duration = GWS_DURATION_IMRPHENOMD,
     .peak = GWS_PEAK_AT_ZERO_FACE_ON},
    {.name = "IMRPhenomPv2",
     .make = gws_imrphenompv2_fd,
     .end_hz = gws_imrphenomd_end_hz,
     .modes = GWS_MODE_22,
     .bins = GWS_COUNTING_OPEN,
     .duration = GWS_DURATION_IMRPHENOMD,
     .peak = GWS_PEAK_FREE,
     .precesses = 1},
    {.name = "IMRPhenomXAS",
     .make = gws_imrphenomxas_fd,
     .end_hz = gws_imrphenomx_end_hz,
     .modes = GWS_MODE_22,
     .bins = GWS_COUNTING_CLOSED,
     .duration = GWS_DURATION_NONE,
     .peak = GWS_PEAK_AT_ZERO,
     .point = 1},
    {.name = "IMRPhenomXHM",
     .make = gws_imrphenomxhm_fd,
     .end_hz = gws_imrphenomx_end_hz,
     .modes = MODES_XHM,
     .bins = GWS_COUNTING_CLOSED,
     .duration = GWS_DURATION_HIGHEST_MODE,
     .peak = GWS_PEAK_AT_ZERO,
     .point = 1},
    {.name = "IMRPhenomXPHM",
     .make = gws_imrphenomxphm_fd,
     .end_hz = gws_imrphenomx_end_hz,
     .modes = MODES_XHM,
     .bins = GWS_COUNTING_CLOSED,
     .duration = GWS_DURATION_HIGHEST_MODE,
     .peak = GWS_PEAK_FREE,
     .precesses = 1},
    {.name = "TaylorF2",
     .make = gws_taylorf2_fd,
     .end_hz = gws_taylorf2_end_hz,
     .modes = GWS_MODE_22,
     .bins = GWS_COUNTING_INSIDE,
     .duration = GWS_DURATION_TAYLOR,
     .peak = GWS_PEAK_FREE,
     .endless = 1,
     .tidal = 1},
};

#define N_ROWS ((int)(sizeof table / sizeof table[0]))

const gws_approximant *gws_approximant_at(int i)
{
    return i >= 0 && i < N_ROWS ? &table[i] : NULL;
}

gws_status gws_approximant_find(const char *name, const gws_approximant **out, gws_err *err)
{
    char known[200] = "";
    for (int i = 0; i < N_ROWS; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? " " : "", table[i].name);
        if (strcmp(table[i].name, name) == 0) {
            *out = &table[i];
            return GWS_OK;
        }
    }
    return gws_err_set(err, GWS_EARG, "waveform %s: unknown; known are %s", name, known);
}
