#include "gw/waveform/waveform.h"

#include "base/err.h"
#include "base/number.h"
#include "gw/waveform/constants.h"
#include "gw/waveform/imrphenomd.h"
#include "gw/waveform/imrphenompv2.h"
#include "gw/waveform/imrphenomxas.h"
#include "gw/waveform/imrphenomxhm.h"
#include "gw/waveform/imrphenomxphm.h"
#include "gw/waveform/taylorf2.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODES_XHM (GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44)

typedef gws_status (*family_fn)(const gws_binary *, double, int64_t, double complex *, double complex *, gws_err *);

typedef struct family {
    const char *name;
    family_fn make;
    unsigned modes;
    int precesses, tidal;
} family;

static const family families[] = {
    {.name = "IMRPhenomD", .make = gws_imrphenomd_fd, .modes = GWS_MODE_22},
    {.name = "IMRPhenomPv2", .make = gws_imrphenompv2_fd, .modes = GWS_MODE_22, .precesses = 1},
    {.name = "IMRPhenomXAS", .make = gws_imrphenomxas_fd, .modes = GWS_MODE_22},
    {.name = "IMRPhenomXHM", .make = gws_imrphenomxhm_fd, .modes = MODES_XHM},
    {.name = "IMRPhenomXPHM", .make = gws_imrphenomxphm_fd, .modes = MODES_XHM, .precesses = 1},
    {.name = "TaylorF2", .make = gws_taylorf2_fd, .modes = GWS_MODE_22, .tidal = 1},
};

#define N_FAMILIES ((int)(sizeof families / sizeof families[0]))

const char *gws_approximant_name(int i)
{
    return i >= 0 && i < N_FAMILIES ? families[i].name : NULL;
}

static double spin_size(const double s[3])
{
    return sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]);
}

static const struct {
    const char *name;
    unsigned bit;
} mode_table[] = {{"22", GWS_MODE_22}, {"21", GWS_MODE_21}, {"33", GWS_MODE_33}, {"32", GWS_MODE_32}, {"44", GWS_MODE_44}};

/* " 22 33", for people. */
static const char *mode_names(unsigned modes, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof mode_table / sizeof mode_table[0] && used < size; i++)
        if (modes & mode_table[i].bit)
            used += (size_t)snprintf(text + used, size - used, " %s", mode_table[i].name);
    return text;
}

gws_status gws_modes_parse(const char *text, unsigned *modes, gws_err *err)
{
    static const char blank[] = " \t\n,[]'\"";
    *modes = 0;
    for (const char *word = text + strspn(text, blank); *word; word += strspn(word, blank)) {
        const size_t length = strcspn(word, blank), n = sizeof mode_table / sizeof mode_table[0];
        char name[8] = "";
        double number;
        const char *end = gws_number_read(word, &number);
        size_t i = 0;
        if (end == word + length && number >= 10 && number < 100 && number == floor(number))
            gws_text_print(name, sizeof name, "%.0f", number);
        else if (length == 3 && (word[1] == '+' || word[1] == '-'))
            snprintf(name, sizeof name, "%c%c", word[0], word[2]);
        while (i < n && strcmp(name, mode_table[i].name) != 0)
            i++;
        if (i == n) {
            *modes = 0;
            return gws_err_set(err, GWS_EARG, "modes \"%s\": wanted 22, 21, 33, 32 or 44, found %.*s", text, (int)length, word);
        }
        *modes |= mode_table[i].bit;
        word += length;
    }
    return GWS_OK;
}

gws_status gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                           double complex *hc, gws_err *err)
{
    GWS_ASSERT(approximant && b && hp && hc && n > 0 && delta_f_hz > 0);
    const family *f = NULL;
    char known[200] = "";
    for (int i = 0; i < N_FAMILIES; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? " " : "", families[i].name);
        if (strcmp(families[i].name, approximant) == 0)
            f = &families[i];
    }
    if (!f)
        return gws_err_set(err, GWS_EARG, "waveform %s: unknown; known are %s", approximant, known);
    if (!(b->mass1_msun > 0 && b->mass2_msun > 0 && b->mass1_msun + b->mass2_msun < 1e6))
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun: want positive, below 1e6", approximant, b->mass1_msun,
                           b->mass2_msun);
    double size1 = spin_size(b->spin1), size2 = spin_size(b->spin2);
    if (!(size1 <= 1 + 1e-15 && size2 <= 1 + 1e-15)) /* rounding may pass 1 */
        return gws_err_set(err, GWS_EARG, "%s: spins of size %g and %g: want at most 1", approximant, size1, size2);
    if (!f->precesses && (b->spin1[0] != 0 || b->spin1[1] != 0 || b->spin2[0] != 0 || b->spin2[1] != 0))
        return gws_err_set(err, GWS_EARG, "%s: spins must lie along the orbital angular momentum", approximant);
    if (!(b->distance_mpc > 0 && isfinite(b->distance_mpc)))
        return gws_err_set(err, GWS_EARG, "%s: distance %g Mpc: want a positive number", approximant, b->distance_mpc);
    if (!(b->f_lower_hz > 0 && b->f_ref_hz >= 0 && isfinite(b->f_lower_hz) && isfinite(b->f_ref_hz)))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g and f_ref %g Hz: want f_lower > 0, f_ref >= 0", approximant,
                           b->f_lower_hz, b->f_ref_hz);
    if (!(isfinite(b->incl_rad) && isfinite(b->coa_phase_rad)))
        return gws_err_set(err, GWS_EARG, "%s: inclination or phase is not a number", approximant);
    if (!(b->lambda1 >= 0 && b->lambda2 >= 0 && isfinite(b->lambda1) && isfinite(b->lambda2)))
        return gws_err_set(err, GWS_EARG, "%s: tidal deformabilities %g and %g: want 0 or more", approximant, b->lambda1,
                           b->lambda2);
    if (!f->tidal && (b->lambda1 > 0 || b->lambda2 > 0))
        return gws_err_set(err, GWS_EARG, "%s: a model of black holes, tidal deformabilities must be 0", approximant);
    if (b->modes & ~f->modes)
        return gws_err_set(err, GWS_EARG, "%s: has no modes but%s", approximant, mode_names(f->modes, known, sizeof known));
    return f->make(b, delta_f_hz, n, hp, hc, err);
}

double gws_chirp_time_bound_s(double f_lower_hz, double mass1_msun, double mass2_msun, double spin1z, double spin2z)
{
    /* TaylorT2 timing to 2PN, every term counted as lengthening; LALSimInspiral.c, XLALSimInspiralChirpTimeBound. */
    double total = mass1_msun + mass2_msun, eta = mass1_msun * mass2_msun / (total * total);
    double chi = fmax(fabs(spin1z), fabs(spin2z)), v = cbrt(M_PI * total * GWS_MTSUN_S * f_lower_hz), v2 = v * v;
    double c0 = 5 * total * GWS_MTSUN_S / (256 * eta);
    double c2 = 743.0 / 252 + 11.0 / 3 * eta, c3 = 226.0 / 15 * chi;
    double c4 = 3058673.0 / 508032 + 5429.0 / 504 * eta + 617.0 / 72 * eta * eta;
    return c0 / (v2 * v2 * v2 * v2) * (1 + (c2 + (c3 + c4 * v) * v) * v2);
}
