/* series.h - strain as gwpy and PyCBC save a time series: data sets with their times in attributes, anywhere in an HDF5 file.
 *
 *     x0, dx (seconds; xunit "s" or none)    gwpy's TimeSeries.write and TimeSeriesDict.write, under any path
 *     start_time, delta_t                    PyCBC's TimeSeries.save, under any group
 *
 * Samples are floating-point numbers or integers of any size and byte order.  The detector is that of the attribute `channel` or
 * `name` ("H1:..."), else of a part of the path ("/H1", "/data/H1:STRAIN"), else GWS_IFO_UNKNOWN.  Where channels are named
 * (gws_strain_use) only those are read.  A channel of states may be a data set of the same file.  What was never written of a data set is a gap.
 */
#ifndef GWS_STRAIN_SERIES_H
#define GWS_STRAIN_SERIES_H

#include "strain/format.h"

#define GWS_SERIES_CONTENT "strain series" /* root attribute `content` of such a file that the program wrote */

extern const gws_strain_format gws_strain_series;

#endif
