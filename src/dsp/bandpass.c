/* bandpass.c - see bandpass.h. */
#include "dsp/bandpass.h"

#include "dsp/psd.h"

gws_status gws_bandpass_design(int rate_hz, int64_t taps, double low_hz, double high_hz, double *fir, gws_err *err)
{
    double flat[2] = {2.0 / rate_hz, 2.0 / rate_hz};
    const gws_psd white = {flat, 2, rate_hz / 2.0};

    return gws_whitening_fir(&white, rate_hz, taps, low_hz, high_hz, fir, err);
}

void gws_bandpass_apply(const double *fir, int64_t taps, const float *x, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < taps; k++)
            sum += fir[k] * (double)x[i + taps - k];
        out[i] = sum;
    }
}
