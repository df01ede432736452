/* together.h - finds when detectors are on together: what lists of stretches have in common. */
#ifndef GWS_STREAM_TOGETHER_H
#define GWS_STREAM_TOGETHER_H

#include "strain/strain.h"

#include <stdint.h>

/* The stretches that lie in both lists.
 *   a, b  (n_a), (n_b) in, each in order of time and without overlap; both in one unit, samples or nanoseconds
 *   out   room for n_a + n_b, neither list
 * returns  how many there are */
int64_t gws_spans_meet(const gws_span *a, int64_t n_a, const gws_span *b, int64_t n_b, gws_span *out);

#endif
