/* text.h - strain as columns of text, plain or gzipped: .txt, .txt.gz, .csv, .csv.gz, .dat, .asc.
 *
 * One column: GWOSC's text files, whose comments say rate, start and duration ("# This file has 4096 samples per second",
 * "# starting GPS 1126259446 duration 32"); the number of rows has to be what they promise.
 * Two columns, separated by blanks or a comma: seconds of GPS and strain, as gwpy and PyCBC write them; times have to be evenly spaced.
 *
 * The detector is the first word such as H1 in the comments, else that of a file name such as H-H1_GWOSC_4KHZ_R1-1126259447-32.txt
 * (LIGO-T050017), else GWS_IFO_UNKNOWN.  "nan" is a gap.
 *
 * A file is read whole to be listed, and again, into memory, to be read.
 */
#ifndef GWS_STRAIN_TEXT_H
#define GWS_STRAIN_TEXT_H

#include "strain/format.h"

extern const gws_strain_format gws_strain_text;

#endif
