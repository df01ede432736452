/* population.h - laws from which sources are drawn, read from a PyCBC-style .ini.
 *
 * Sections: [variable_params] names what is drawn; [static_params] fixes the rest; [prior-a+b] gives a law by `name`:
 * uniform, uniform_log10, uniform_radius, uniform_power_law (dim, default 3) with min-x and max-x; uniform_angle, sin_angle,
 * cos_angle (without bounds); uniform_sky; uniform_solidangle (polar-angle, azimuthal-angle).  [constraint-*] holds
 * `constraint_arg = a <= b` with names or numbers, and draws that break it are drawn again.  [waveform_transforms-*]:
 * mass1_mass2_to_mchirp_q, chirp_distance_to_distance, spherical_to_cartesian.  Anything else is refused by name.
 */
#ifndef GWS_GW_POPULATION_H
#define GWS_GW_POPULATION_H

#include "base/err.h"
#include "base/ini.h"
#include "base/rng.h"
#include "gw/inject.h"

typedef struct gws_population gws_population;

/* ini NULL: the built-in law, MLGWSC-1's first (two masses of 10..50 Msun, no spins, uniform in chirp-distance volume), as IMRPhenomD. */
gws_population *gws_population_create(gws_ini *ini, gws_err *err);
void gws_population_destroy(gws_population *p);

const char *gws_population_approximant(const gws_population *p);

/* Draw a source; advances rng.  tc_ns is left 0.  EDATA when a thousand draws in a row break the constraints. */
gws_status gws_population_draw(const gws_population *p, gws_rng *rng, gws_source *out, gws_err *err);

/* Chirp mass in Msun, and PyCBC's chirp distance: d (1.4 Msun 2^(-1/5) / mchirp)^(5/6). */
double gws_chirp_mass(double mass1, double mass2);
double gws_chirp_distance(double distance_mpc, double mass1, double mass2);

#endif
