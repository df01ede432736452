/* grid.h - a start and a spacing in seconds as absolute samples: what every format has to get right. */
#ifndef GWS_STRAIN_GRID_H
#define GWS_STRAIN_GRID_H

#include "base/err.h"

#include <stdint.h>

/* Rate and absolute sample of a series.
 *   where    "FILE: /H1", for the sentence
 *   start_s  GPS of the first sample
 *   delta_s  between samples
 * EDATA: not a whole number of Hz, or off the grid of samples by more than a hundredth of one; EFORMAT: no GPS time. */
gws_status gws_grid_place(const char *where, double start_s, double delta_s, int *rate_hz, int64_t *begin, gws_err *err);

#endif
