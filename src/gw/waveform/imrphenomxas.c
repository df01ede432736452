#include "gw/waveform/imrphenomxas.h"

#include "gw/waveform/imrphenomx.h"

#include <math.h>
#include <string.h>

gws_status gws_imrphenomxas_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    gws_imrphenomx x;
    gws_status status = gws_imrphenomx_init(&x, "IMRPhenomXAS", b, err);
    if (status != GWS_OK)
        return status;
    gws_imrphenomx_prepare(&x);
    double phase0 = gws_imrphenomx_phase_ref(&x, b);
    double amp0 = -2 * sqrt(5 / (64 * M_PI)) * x.amp0 * x.norm; /* the sign is that of Y_22 at an azimuth of pi/2 */
    double cos_i = cos(b->incl_rad), plus = 0.5 * (1 + cos_i * cos_i);

    int64_t end = gws_imrphenomx_end(&x, bins);
    for (int64_t k = bins->first; k < end; k++) {
        double f = x.m_s * ((double)k * bins->delta_f_hz), u = cbrt(f);
        double log_f = f > x.f_phase_im ? 0 : log(f); /* the ringdown's phase has no logarithm */
        double amp = amp0 * gws_imrphenomx_amplitude(&x, f, u);
        double phase = gws_imrphenomx_phase(&x, f, u, log_f) + x.time_shift * f + phase0;
        double re = amp * cos(phase), im = amp * sin(phase);
        hp[k] = CMPLX(plus * re, plus * im);
        hc[k] = CMPLX(cos_i * im, -cos_i * re); /* -i cos(i) h */
    }
    return GWS_OK;
}
