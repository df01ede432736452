/* population.h - laws from which sources are drawn, read from a PyCBC-style .ini.
 *
 * [variable_params] names what is drawn; without it everything that has a prior is drawn.  [static_params] fixes the rest, numbers
 * and words alike. [prior-a+b] gives a law by `name`:
 *
 *     uniform  uniform_log10                    min-x, max-x
 *     uniform_power_law (dim, default 3)        density x^(dim-1) from min-x to max-x, not negative
 *     uniform_radius                            the same with dim 3; mchirp_from_uniform_mass1_mass2: with dim 2
 *     gaussian                                  x_mean (default 0), x_var (default 1), and if wanted min-x, max-x
 *     uniform_angle  sin_angle  cos_angle       whole range, or min-x and max-x in rad
 *     uniform_solidangle  uniform_sky           polar-angle (default theta, dec) as sin_angle, cos_angle; azimuthal-angle (phi, ra)
 *
 * All but the last row take any number of values, each with bounds of its own.  [constraint-*] holds `constraint_arg = a <= b` (or >=,
 * <, >) of drawn values, static numbers and literal numbers; draws that break it are drawn again.  [waveform_transforms-*]:
 *
 *     mass1_mass2_to_mchirp_q         mchirp = M eta^(3/5), q = mass1/mass2
 *     chirp_distance_to_distance      distance = chirp_distance (mchirp / (1.4 Msun 2^(-1/5)))^(5/6)
 *     spherical_to_cartesian          x, y, z of radial, polar, azimuthal (each key names a value)
 *     spherical_spin_1_to_cartesian_spin_1, ..._2_..._2
 *
 * Anything else is refused by name.  Laws, transforms, their arithmetic and the order of the draws are those of PyCBC 2.11
 * (pycbc.distributions, pycbc.transforms), so that the same random numbers give the same sources.
 */
#ifndef GWS_SIM_POPULATION_H
#define GWS_SIM_POPULATION_H

#include "base/err.h"
#include "base/ini.h"
#include "base/mt19937.h"
#include "base/rng.h"
#include "gw/series.h"
#include "sim/source.h"

typedef struct gws_population gws_population;

/* ini NULL: the built-in law, MLGWSC-1's first (two masses of 10..50 Msun, no spins, uniform in chirp-distance volume), as IMRPhenomD. */
gws_population *gws_population_create(gws_ini *ini, gws_err *err);
void gws_population_destroy(gws_population *p);

const char *gws_population_approximant(const gws_population *p);

/* Entry i of [static_params] in the order of the file, approximant included; NULL beyond the last. */
const gws_static_arg *gws_population_static(const gws_population *p, int i);

/* Not 0 when a value has a law, is fixed or is made by a transform. */
int gws_population_sets(const gws_population *p, const char *name);

/* The next value after number *i (-1: the first) that is used by no source, transform or constraint; NULL when there is none. */
const char *gws_population_unused(const gws_population *p, int *i);

/* Draw a source; advances rng.  tc_ns is 0 unless the population sets tc.  EDATA when a thousand draws in a row break the constraints. */
gws_status gws_population_draw(const gws_population *p, gws_rng *rng, gws_source *out, gws_err *err);

/* The name of column i of a table of this population; NULL beyond the last.  The drawn values come first, in the order in which
 * they are drawn, and then the values that transforms make of them. */
const char *gws_population_column(const gws_population *p, int i);

/* Draw what PyCBC draws before its first row.  With constraints that is a million draws of everything, from which it learns which
 * share the constraints leave; without constraints it is nothing.  EDATA when that share is below 1e-4 (PyCBC gives up at 0 and
 * takes hours before that). */
gws_status gws_population_begin(const gws_population *p, gws_mt *mt, gws_err *err);

/* Draw a batch of rows.  Its size matters: PyCBC draws n of the first value, then n of the second ..., keeps the rows that meet the
 * constraints, and while rows are missing draws another batch, n ceil(n / (kept + 1)) long and at most a million, n becoming that.
 *   columns   (n) each, out; as many as gws_population_column names
 */
gws_status gws_population_rows(const gws_population *p, gws_mt *mt, int64_t n, double *const *columns, gws_err *err);

#endif
