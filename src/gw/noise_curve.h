/* noise_curve.h - noise curves of detectors under LALSimulation's names.
 *
 * Formulas are computed (initial and Advanced detectors: quantum, thermal and seismic noise, published fits), tables of LIGO documents
 * interpolated, both as LALSimulation does it (lalsimulation 6.2): formulas agree to 1e-12, tables to 1e-7, over their whole length.
 *
 * A table is linear in frequency and in ln(asd) between its rows.  LALSimulation's own rules at the ends are kept: the first row is
 * never used, and rows two and three, or the last two, continue in a straight line beyond the table, which soon means nothing; where
 * no low_hz is given the curve begins at the second row.
 */
#ifndef GWS_GW_NOISE_CURVE_H
#define GWS_GW_NOISE_CURVE_H

#include "base/err.h"

#include <stdint.h>

/* One-sided PSD in 1/Hz at f_hz > 0. */
typedef double (*gws_curve_fn)(double f_hz);

/* The formula of a name; NULL when the name is unknown or a table's. */
gws_curve_fn gws_curve_find(const char *name);

/* Name i, or NULL beyond the last; its paper or document. */
const char *gws_curve_name(int i);
const char *gws_curve_source(int i);

/* Give the PSD at k*delta_f, k < n.  Bins below number (int)(low_hz/delta_f) and bin 0 are 0, as in PyCBC's from_string; the last
 * bin is a value like any other, where LALSimulation writes 0.
 *   low_hz  0 or less: from the first frequency at which there is a value
 *   out     (n) out
 * EARG: no such name.
 */
gws_status gws_curve_fill(const char *name, double delta_f_hz, int64_t n, double low_hz, double *out, gws_err *err);

#endif
