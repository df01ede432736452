/* frame.h - strain in frame files (gwf/gwf.h): which of their channels it is, and what the masks beside it say.
 *
 * Channel.  Where the caller names channels those are read, whatever they hold.  Else each detector of the file, by the letter and digit in
 * front of the colon, has to have exactly one channel that is plainly strain: a known name (GWOSC's, the calibration pipelines' h(t)), or
 * one name with "strain" or "hoft" in it, or a single real channel of 256 Hz or more.  Several: a sentence that lists them.
 *
 * Gap: NaN in the file; FrAdcData with dataValid not 0; a state that is not the wanted one (gws_strain_use.states); and where GWOSC's DQMASK
 * and INJMASK stand beside the strain what they say, as in GWOSC's HDF5 (gwosc.h).
 */
#ifndef GWS_STRAIN_FRAME_H
#define GWS_STRAIN_FRAME_H

#include "gwf/gwf.h"
#include "strain/format.h"

/* What an open file holds, as the row's `list`; the file may be the row's handle. */
gws_status gws_strain_frame_list(gws_gwf *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err);

extern const gws_strain_format gws_strain_frame;

#endif
