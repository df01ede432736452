/* npz.h - strain in an archive of numpy's arrays (.npz, np.savez and np.savez_compressed).
 *
 * Strain.  An array that is named after a detector (H1, H1_strain, "H1:..."), or in an archive without such names the one that is called
 * strain, h or data, or the only one of more than one float that is no array of times.
 *
 * Times, of the first kind that is there:
 *   NAME_start_time, start_time (or t0, x0, epoch, gps_start)       scalars, with NAME_delta_t, delta_t (or dt, dx), or rate (sample_rate, fs)
 *   NAME_time, time (or times, t, sample_times)                     an array of GPS times as long as the strain
 *   two columns in the strain itself, GPS times and strain
 *   the name of the file, as H-H1_NAME-1126259446-32.npz
 *
 * The detector is that of the array's name, else that of the file's, else GWS_IFO_UNKNOWN.  Numbers are as in array.h.
 */
#ifndef GWS_STRAIN_NPZ_H
#define GWS_STRAIN_NPZ_H

#include "strain/format.h"

extern const gws_strain_format gws_strain_npz;

#endif
