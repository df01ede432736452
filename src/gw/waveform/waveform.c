#include "gw/waveform/waveform.h"

#include "base/number.h"
#include "gw/constants.h"
#include "gw/waveform/approximant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *gws_approximant_name(int i)
{
    const gws_approximant *a = gws_approximant_at(i);
    return a ? a->name : NULL;
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

/* Whether the model has what the binary asks for; frequencies aside */
static gws_status check(const gws_approximant *f, const gws_binary *b, gws_err *err)
{
    if (!(b->mass1_msun > 0 && b->mass2_msun > 0 && b->mass1_msun + b->mass2_msun < 1e6))
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun: want positive, below 1e6", f->name, b->mass1_msun,
                           b->mass2_msun);
    double size1 = spin_size(b->spin1), size2 = spin_size(b->spin2);
    if (!(size1 <= 1 + 1e-15 && size2 <= 1 + 1e-15)) /* rounding may pass 1 */
        return gws_err_set(err, GWS_EARG, "%s: spins of size %g and %g: want at most 1", f->name, size1, size2);
    if (!f->precesses && (b->spin1[0] != 0 || b->spin1[1] != 0 || b->spin2[0] != 0 || b->spin2[1] != 0))
        return gws_err_set(err, GWS_EARG, "%s: spins must lie along the orbital angular momentum", f->name);
    if (!(b->distance_mpc > 0 && isfinite(b->distance_mpc)))
        return gws_err_set(err, GWS_EARG, "%s: distance %g Mpc: want a positive number", f->name, b->distance_mpc);
    if (!(isfinite(b->incl_rad) && isfinite(b->coa_phase_rad)))
        return gws_err_set(err, GWS_EARG, "%s: inclination or phase is not a number", f->name);
    if (!(b->lambda1 >= 0 && b->lambda2 >= 0 && isfinite(b->lambda1) && isfinite(b->lambda2)))
        return gws_err_set(err, GWS_EARG, "%s: tidal deformabilities %g and %g: want 0 or more", f->name, b->lambda1, b->lambda2);
    if (!f->tidal && (b->lambda1 > 0 || b->lambda2 > 0))
        return gws_err_set(err, GWS_EARG, "%s: a model of black holes, tidal deformabilities must be 0", f->name);
    char known[32];
    if (b->modes & ~f->modes)
        return gws_err_set(err, GWS_EARG, "%s: has no modes but%s", f->name, mode_names(f->modes, known, sizeof known));
    return GWS_OK;
}

/* The bins, of n, that the frequencies span.  The operations are LALSimulation's: a quotient near a whole number decides by its last place. */
static gws_status span(const gws_approximant *f, const gws_binary *b, double delta_f_hz, int64_t n, gws_fd_bins *out, gws_err *err)
{
    double low = b->f_lower_hz, last = b->f_final_hz, end = f->end_hz(b);
    if (!(low > 0 && b->f_ref_hz >= 0 && isfinite(low) && isfinite(b->f_ref_hz)))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g and f_ref %g Hz: want f_lower > 0, f_ref >= 0", f->name, low,
                           b->f_ref_hz);
    if (!(last >= 0 && isfinite(last)))
        return gws_err_set(err, GWS_EARG, "%s: f_final %g Hz: want 0 or more", f->name, last);
    if (!(low < end) && !(f->endless && last > 0))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g Hz is not below the end of the %s, %g Hz", f->name, low,
                           f->endless ? "inspiral" : "model", end);
    if (last > 0 && !(low < last) && !(f->point && low == last))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g Hz is not below f_final, %g Hz", f->name, low, last);
    if (last == 0 || (last > end && !f->endless))
        last = end;
    double first = low / delta_f_hz, past = last / delta_f_hz;
    first = fmax(f->bins == GWS_COUNTING_INSIDE ? ceil(first) : floor(first), 1); /* nothing is at 0 Hz */
    past = f->bins == GWS_COUNTING_OPEN ? floor(past) : f->bins == GWS_COUNTING_CLOSED ? floor(past) + 1 : floor(past + 1);
    *out = (gws_fd_bins){.delta_f_hz = delta_f_hz,
                         .first = (int64_t)fmin(first, (double)n),
                         .end = (int64_t)fmin(past, (double)n),
                         .whole_end = (int64_t)fmin(past, 1e18),
                         .last_hz = last};
    return GWS_OK;
}

gws_status gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                           double complex *hc, gws_err *err)
{
    GWS_ASSERT(approximant && b && hp && hc && n > 0 && delta_f_hz > 0);
    const gws_approximant *f = NULL;
    gws_fd_bins bins = {0};
    gws_status status = gws_approximant_find(approximant, &f, err);
    if (status == GWS_OK)
        status = check(f, b, err);
    if (status == GWS_OK)
        status = span(f, b, delta_f_hz, n, &bins, err);
    if (status != GWS_OK)
        return status;
    memset(hp, 0, (size_t)n * sizeof *hp);
    memset(hc, 0, (size_t)n * sizeof *hc);
    return f->make(b, &bins, hp, hc, err);
}

gws_status gws_waveform_end_hz(const char *approximant, const gws_binary *b, double *out_hz, gws_err *err)
{
    GWS_ASSERT(approximant && b && out_hz);
    const gws_approximant *f = NULL;
    *out_hz = 0;
    gws_status status = gws_approximant_find(approximant, &f, err);
    if (status == GWS_OK)
        status = check(f, b, err);
    if (status == GWS_OK)
        *out_hz = f->end_hz(b);
    return status;
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
