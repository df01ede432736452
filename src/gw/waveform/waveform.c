#include "gw/waveform/waveform.h"

#include "base/err.h"
#include "gw/waveform/imrphenomd.h"
#include "gw/waveform/imrphenomxas.h"
#include "gw/waveform/imrphenomxhm.h"
#include "gw/waveform/imrphenomxphm.h"

#include <math.h>
#include <string.h>

#define MTSUN_S 4.925490947641267e-06
#define MODES_XHM (GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44)

typedef gws_status (*family_fn)(const gws_binary *, double, int64_t, double complex *, double complex *, gws_err *);

static const struct {
    const char *name;
    family_fn make;
    int precesses;
    unsigned modes;
} families[] = {
    {"IMRPhenomD", gws_imrphenomd_fd, 0, GWS_MODE_22},
    {"IMRPhenomXAS", gws_imrphenomxas_fd, 0, GWS_MODE_22},
    {"IMRPhenomXHM", gws_imrphenomxhm_fd, 0, MODES_XHM},
    {"IMRPhenomXPHM", gws_imrphenomxphm_fd, 1, MODES_XHM},
};

#define N_FAMILIES ((int)(sizeof families / sizeof families[0]))

const char *gws_approximant_name(int i)
{
    return i >= 0 && i < N_FAMILIES ? families[i].name : NULL;
}

gws_status gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                           double complex *hc, gws_err *err)
{
    GWS_ASSERT(approximant && b && hp && hc && n > 0 && delta_f_hz > 0);
    int family = 0;
    while (family < N_FAMILIES && strcmp(families[family].name, approximant) != 0)
        family++;
    if (family == N_FAMILIES)
        return gws_err_set(err, GWS_EARG, "waveform %s: unknown; known is %s", approximant, families[0].name);
    if (!(b->mass1_msun > 0 && b->mass2_msun > 0 && b->mass1_msun + b->mass2_msun < 1e6))
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun: want positive, below 1e6", approximant, b->mass1_msun,
                           b->mass2_msun);
    if (!(fabs(b->spin1[2]) <= 1 && fabs(b->spin2[2]) <= 1))
        return gws_err_set(err, GWS_EARG, "%s: spins %g and %g: want -1..1", approximant, b->spin1[2], b->spin2[2]);
    double size1 = hypot(hypot(b->spin1[0], b->spin1[1]), b->spin1[2]), size2 = hypot(hypot(b->spin2[0], b->spin2[1]), b->spin2[2]);
    if (!(size1 <= 1 + 1e-15 && size2 <= 1 + 1e-15)) /* rounding may pass 1 */
        return gws_err_set(err, GWS_EARG, "%s: spins of size %g and %g: want at most 1", approximant, size1, size2);
    if (!families[family].precesses && (b->spin1[0] != 0 || b->spin1[1] != 0 || b->spin2[0] != 0 || b->spin2[1] != 0))
        return gws_err_set(err, GWS_EARG, "%s: spins must lie along the orbital angular momentum", approximant);
    if (b->modes & ~families[family].modes)
        return gws_err_set(err, GWS_EARG, "%s: modes 0x%x: the model has 0x%x", approximant, b->modes, families[family].modes);
    if (!(b->distance_mpc > 0 && isfinite(b->distance_mpc)))
        return gws_err_set(err, GWS_EARG, "%s: distance %g Mpc: want a positive number", approximant, b->distance_mpc);
    if (!(b->f_lower_hz > 0 && b->f_ref_hz >= 0 && isfinite(b->f_lower_hz) && isfinite(b->f_ref_hz)))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g and f_ref %g Hz: want f_lower > 0, f_ref >= 0", approximant,
                           b->f_lower_hz, b->f_ref_hz);
    if (!(isfinite(b->incl_rad) && isfinite(b->coa_phase_rad)))
        return gws_err_set(err, GWS_EARG, "%s: inclination or phase is not a number", approximant);
    return families[family].make(b, delta_f_hz, n, hp, hc, err);
}

double gws_chirp_time_bound_s(double f_lower_hz, double mass1_msun, double mass2_msun, double spin1z, double spin2z)
{
    /* TaylorT2 timing to 2PN, every term counted as lengthening; LALSimInspiral.c, XLALSimInspiralChirpTimeBound. */
    double total = mass1_msun + mass2_msun, eta = mass1_msun * mass2_msun / (total * total);
    double chi = fmax(fabs(spin1z), fabs(spin2z)), v = cbrt(M_PI * total * MTSUN_S * f_lower_hz), v2 = v * v;
    double c0 = 5 * total * MTSUN_S / (256 * eta);
    double c2 = 743.0 / 252 + 11.0 / 3 * eta, c3 = 226.0 / 15 * chi;
    double c4 = 3058673.0 / 508032 + 5429.0 / 504 * eta + 617.0 / 72 * eta * eta;
    return c0 / (v2 * v2 * v2 * v2) * (1 + (c2 + (c3 + c4 * v) * v) * v2);
}
