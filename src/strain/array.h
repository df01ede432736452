/* array.h - strain as an array of numpy (.npy) or as sound (.wav).
 *
 * .npy, two columns: seconds of GPS and strain, as PyCBC's TimeSeries.save writes it.  One column, and .wav, hold no time: the name of the
 * file has to, as H-H1_NAME-1126259446-32.npy does (LIGO-T050017); the rate of .wav is its own and has to agree.
 * Numbers of .npy are floats or integers of 1 to 8 bytes in either byte order; those of .wav integers of 16 or 32 bits or floats, one
 * channel, taken as they are: sound keeps no unit.
 * The detector is that of the name, else GWS_IFO_UNKNOWN.
 */
#ifndef GWS_STRAIN_ARRAY_H
#define GWS_STRAIN_ARRAY_H

#include "strain/format.h"

extern const gws_strain_format gws_strain_npy;
extern const gws_strain_format gws_strain_wav;

#endif
