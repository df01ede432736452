/* print_waveform.c - waveforms for the referee: a system a line on standard input, plus and cross on standard output.
 *
 *   in   approximant m1 m2 s1x s1y s1z s2x s2y s2z distance inclination phase f_lower f_ref f_final modes exact delta_f bins
 *   out  native doubles, (bins) pairs of plus, then of cross; a refused system gives NaN and its reason on standard error
 */
#include "gw/waveform/waveform.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char name[64];
    gws_binary b = {0};
    double delta_f;
    long long n;
    while (scanf("%63s %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %u %d %lf %lld", name, &b.mass1_msun, &b.mass2_msun,
                 &b.spin1[0], &b.spin1[1], &b.spin1[2], &b.spin2[0], &b.spin2[1], &b.spin2[2], &b.distance_mpc, &b.incl_rad,
                 &b.coa_phase_rad, &b.f_lower_hz, &b.f_ref_hz, &b.f_final_hz, &b.modes, &b.exact, &delta_f, &n) == 19) {
        double complex *h = n > 0 && n < 1LL << 28 ? malloc(2 * (size_t)n * sizeof *h) : NULL;
        if (!h)
            return 1;
        gws_err err;
        if (gws_waveform_fd(name, &b, delta_f, n, h, h + n, &err) != GWS_OK) {
            fprintf(stderr, "%s\n", err.text);
            for (long long k = 0; k < 2 * n; k++)
                h[k] = CMPLX((double)NAN, (double)NAN);
        }
        size_t written = fwrite(h, sizeof *h, 2 * (size_t)n, stdout);
        free(h);
        if (written != 2 * (size_t)n)
            return 1;
    }
    return 0;
}
