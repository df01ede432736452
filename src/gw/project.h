/* project.h - from a source in time at the Earth's centre to the strain of a detector, as LAL makes it.
 *
 * docs/math/injection.md derives the steps.
 */
#ifndef GWS_GW_PROJECT_H
#define GWS_GW_PROJECT_H

#include "base/err.h"
#include "gw/antenna.h"
#include "gw/series.h"

#include <stdint.h>

/* Seconds before and after tc within which every detector's strain of the source lies, without making it. */
gws_status gws_project_reach(const char *approximant, const gws_binary *b, int rate_hz, gws_conditioning how, double *before_s,
                             double *after_s, gws_err *err);

/* Absolute samples [*begin, *begin + *n) outside which the strain in a detector is exactly zero. */
void gws_project_span(const gws_wave *s, const gws_site *site, int64_t *begin, int64_t *n);

/* Give the strain in one detector, as XLALSimDetectorStrainREAL8TimeSeries does.  Response and delay follow the turning Earth and
 * are renewed every 0.25 s.  An interpolation kernel of 67 samples or more (LIGO-T1800394) accounts for arms that are not short
 * against the wave and for arrival between samples.
 *   begin, n   absolute samples [begin, begin + n) to be filled
 *   out        (n) out: the signal alone, zero where there is none; the same bits whatever stretch is asked for
 * Cost: some 40 ns a sample.  Any number of threads.
 */
void gws_project(const gws_wave *s, const gws_site *site, int64_t begin, int64_t n, double *out);

#endif
