/* sim_inspiral.h - the table sim_inspiral of a LIGO_LW document: the sources of the field's older injection files.
 *
 * Its names and what they are here: longitude is ra, latitude is dec, geocent_end_time (with _ns) is tc, waveform is the approximant with the
 * order of its phase behind it ("IMRPhenomXPHMpseudoFourPN").  Other names are PyCBC's.
 */
#ifndef GWS_SIM_SIM_INSPIRAL_H
#define GWS_SIM_SIM_INSPIRAL_H

#include "base/err.h"
#include "ligolw/reader.h"

#include <stddef.h>

/* Read a file of which the table sim_inspiral is wanted.  NULL on failure; gws_ligolw_destroy frees it.
 *   table  out  the table, as long as the document lives
 * EDATA when it has none, or several. */
gws_ligolw *gws_sim_inspiral_load(const char *path, const gws_ligolw_rowset **table, gws_err *err);

/* A column as numbers.
 *   name  "tc" for geocent_end_time and geocent_end_time_ns together, in seconds
 *   out   (rows) out
 * EFORMAT when there is no such column; EDATA names the row that has no finite number. */
gws_status gws_sim_inspiral_column(const gws_ligolw_rowset *t, const char *name, double *out, gws_err *err);

/* The approximant of a waveform: the name without the order of its phase, where no waveform of that name has but one order, and of TaylorF2
 * where the order is 3.5, which is ours.
 *   out   (size) out; "" when it is longer */
void gws_sim_inspiral_approximant(const char *waveform, char *out, size_t size);

#endif
