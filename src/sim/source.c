#include "sim/source.h"

#include "base/clock.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double gws_chirp_mass(double mass1, double mass2)
{
    return pow(mass1 * mass2, 0.6) / pow(mass1 + mass2, 0.2);
}

double gws_chirp_distance(double distance_mpc, double mass1, double mass2)
{
    return distance_mpc * pow(1.4 * pow(2, -0.2) / gws_chirp_mass(mass1, mass2), 5.0 / 6);
}

/* PyCBC's names of what changes a waveform and that no waveform here takes, and the values at which they change nothing. */
static const struct {
    const char *name;
    double none;
} effects[] = {
    {"eccentricity", 0}, {"mean_per_ano", 0}, {"rel_anomaly", 0},  {"long_asc_nodes", 0},      {"dquad_mon1", 0},
    {"dquad_mon2", 0},   {"phase_order", -1}, {"spin_order", -1},  {"tidal_order", -1},        {"amplitude_order", -1},
    {"side_bands", 0},   {"frame_axis", 0},   {"modes_choice", 0}, {"eccentricity_order", -1}, {"numrel_data", 0},
};

int gws_source_has_no_effect(const char *name, double value, int is_number)
{
    static const char *const of_tests[] = {"dchi", "dalpha", "dbeta", "dsigma",
                                           "dxi"}; /* deviations from relativity: dchi0, dalpha2 ... */
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (strcmp(effects[i].name, name) == 0)
            return is_number && value == effects[i].none;
    for (size_t i = 0; i < sizeof of_tests / sizeof of_tests[0]; i++)
        if (strncmp(name, of_tests[i], strlen(of_tests[i])) == 0)
            return is_number && value == 0;
    return 1;
}

static const char *const taken[] = {"mass1",   "mass2",   "distance",    "spin1x",    "spin1y", "spin1z",    "spin2x",
                                    "spin2y",  "spin2z",  "inclination", "coa_phase", "ra",     "dec",       "polarization",
                                    "lambda1", "lambda2", "f_lower",     "f_ref",     "tc",     "mode_array"};

int gws_source_takes(const char *name)
{
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(taken[i], name) == 0)
            return 1;
    return strcmp(name, "approximant") == 0 || strcmp(name, "taper") == 0;
}

gws_status gws_source_of_values(const char (*names)[GWS_PARAM_NAME], const double *values, int n, const gws_static_arg *statics,
                                int n_statics, gws_source *out, gws_err *err)
{
    gws_source s = {0};
    gws_binary *b = &s.binary;
    double tc = 0, modes = 0;
    const struct {
        double *to;
        int needed;
    } wanted[] = {
        {&b->mass1_msun, 1},    {&b->mass2_msun, 1}, {&b->distance_mpc, 1}, {&b->spin1[0], 0}, {&b->spin1[1], 0},
        {&b->spin1[2], 0},      {&b->spin2[0], 0},   {&b->spin2[1], 0},     {&b->spin2[2], 0}, {&b->incl_rad, 0},
        {&b->coa_phase_rad, 0}, {&s.ra_rad, 0},      {&s.dec_rad, 0},       {&s.psi_rad, 0},   {&b->lambda1, 0},
        {&b->lambda2, 0},       {&b->f_lower_hz, 0}, {&b->f_ref_hz, 0},     {&tc, 0},          {&modes, 0},
    };
    _Static_assert(sizeof wanted / sizeof wanted[0] == sizeof taken / sizeof taken[0], "one place for each name");
    *out = (gws_source){0};
    for (int i = 0; i < n; i++)
        if (!gws_source_has_no_effect(names[i], values[i], 1))
            return gws_err_set(err, GWS_EFORMAT, "source: %s = %g: no waveform here takes it", names[i], values[i]);
    for (int i = 0; i < n_statics; i++)
        if (!gws_source_has_no_effect(statics[i].name, statics[i].number, statics[i].is_number))
            return gws_err_set(err, GWS_EFORMAT, "source: %s = %s: no waveform here takes it", statics[i].name, statics[i].text);
    const gws_static_arg *mode_words = NULL;
    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
        int found = 0;
        for (int i = 0; !found && i < n; i++)
            if (strcmp(names[i], taken[w]) == 0) {
                *wanted[w].to = values[i];
                found = 1;
            }
        for (int i = 0; !found && i < n_statics; i++)
            if (strcmp(statics[i].name, taken[w]) == 0) {
                if (wanted[w].to == &modes)
                    mode_words = &statics[i];
                else if (!statics[i].is_number)
                    return gws_err_set(err, GWS_EFORMAT, "source: %s = %s: wanted a number", taken[w], statics[i].text);
                *wanted[w].to = statics[i].number;
                found = 1;
            }
        if (!found && wanted[w].needed)
            return gws_err_set(err, GWS_EFORMAT, "source: %s is missing", taken[w]);
        if (found && !isfinite(*wanted[w].to))
            return gws_err_set(err, GWS_EDATA, "source: %s is not a finite number", taken[w]);
    }
    char text[32];
    gws_text_print(text, sizeof text, "%g", modes);
    if (mode_words || modes != 0) {
        gws_status status = gws_modes_parse(mode_words ? mode_words->text : text, &b->modes, err);
        if (status != GWS_OK)
            return status;
    }
    if (fabs(tc) > 9e9)
        return gws_err_set(err, GWS_EDATA, "source: tc = %g is no GPS time", tc);
    s.tc_ns = gws_ns_of_s(tc);
    *out = s;
    return GWS_OK;
}
