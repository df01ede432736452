/* source.h - sources by the names and numbers of PyCBC's tables. */
#ifndef GWS_SIM_SOURCE_H
#define GWS_SIM_SOURCE_H

#include "base/err.h"
#include "gw/series.h"

#define GWS_PARAM_NAME 64
#define GWS_PARAM_TEXT 256

/* One entry of [static_params]. */
typedef struct gws_static_arg {
    char name[GWS_PARAM_NAME];
    char text[GWS_PARAM_TEXT]; /* as written; a list is "[a, b]" */
    int is_number;
    double number; /* 0 when it is not one */
} gws_static_arg;

/* Make the source that names and values describe; statics fill in what is not among them.  It takes mass1, mass2, distance (all
 * three needed), spin1x .. spin2z, inclination, coa_phase, ra, dec, polarization, lambda1, lambda2, f_lower, f_ref (0 when absent),
 * tc (GPS s, to the nearest ns), mode_array (see gws_modes_parse).  A parameter that would change the waveform and that no waveform
 * here knows (eccentricity, ...) is EFORMAT; other names are passed over.
 *   names, values   (n)
 *   statics         (n_statics) or NULL
 */
gws_status gws_source_of_values(const char (*names)[GWS_PARAM_NAME], const double *values, int n, const gws_static_arg *statics,
                                int n_statics, gws_source *out, gws_err *err);

/* Is a name one that gws_source_of_values takes, or approximant, or taper? */
int gws_source_takes(const char *name);

/* Chirp mass in Msun, and PyCBC's chirp distance: d (1.4 Msun 2^(-1/5) / mchirp)^(5/6). */
double gws_chirp_mass(double mass1, double mass2);
double gws_chirp_distance(double distance_mpc, double mass1, double mass2);

/* Does a value of this name leave the waveform as it is made here?  PyCBC has parameters that change a waveform and that no waveform
 * here takes; each has one value at which it changes nothing.
 *   is_number   0: the value is a word, which is never that one */
int gws_source_has_no_effect(const char *name, double value, int is_number);

#endif
