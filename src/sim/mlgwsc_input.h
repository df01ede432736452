/* mlgwsc_input.h - an input that is made when it is read, not a file: sim:key=value,key=value,...
 *
 *     sim:mlgwsc=1,seed=7,duration=86400,part=fg
 *
 * stands for the file that `gwspike simulate --mlgwsc 1 --seed 7 --duration 86400` would write as foreground, made when it is read.
 *
 *     mlgwsc       1, 2, 3 or 4: the data set (needed)
 *     seed         0 .. 2^32-1 (default 0)
 *     duration     s, whole (default 2592000: 30 days)
 *     offset       s of the plan to skip (default 0)
 *     part         bg: noise alone (default); fg: with signals
 *     data         folder that holds the challenge's segments.csv and psds/ (needed; the program fills it in)
 *     noise        file of real noise, for set 4 (default real_noise_file.hdf in that folder)
 *     injections   table to use instead of the set's own
 *     approximant  waveform to use instead of the table's
 *     taper        start: fade signals in as the table asks (default: not, as PyCBC 2.11; see mlgwsc_set.h)
 *
 * A value holds no comma.
 */
#ifndef GWS_SIM_MLGWSC_INPUT_H
#define GWS_SIM_MLGWSC_INPUT_H

#include "base/err.h"
#include "sim/mlgwsc_set.h"
#include "strain/format.h"

/* Does a name stand for a virtual input? */
int gws_is_mlgwsc_input(const char *name);

/* Not 0 when the specification has that key. */
int gws_mlgwsc_input_has(const char *spec, const char *key);

/* Read the specification and open the data set.  An unknown key, a key given twice, a value that makes no sense: one sentence.
 *   identity   out, may be NULL: the specification in one fixed order, without the keys that only say where files lie; caller frees
 */
gws_mlgwsc_set *gws_mlgwsc_input_open(const char *spec, char **identity, gws_err *err);

/* The format that sim/ adds to those of strain/, and the list of it for gws_strain_use and gws_strain_inspect: with it such a name stands
 * wherever strain is read. */
extern const gws_strain_format gws_strain_sim;
extern const gws_strain_format *const gws_sim_formats[];

#endif
