/* ifar.h - the figure by which a search is judged: how many triggers have an inverse false-alarm rate (IFAR) of at least so much, beside what
 * noise alone would give. */
#ifndef GWS_REPORT_IFAR_H
#define GWS_REPORT_IFAR_H

#include "base/err.h"
#include "gwspike.h"
#include "report/page.h"

#include <stdint.h>

#define GWS_REPORT_YEAR_S 31557600.0 /* Julian */

/* Noise gives T/IFAR triggers in a search of length T; bands are what a Poisson number of that mean stays within in 68.3, 95.4 and 99.7 % of
 * searches.
 *   id          of the figure on the page
 *   far         (n) in  rates; those that are a bound from above (louder than the background) stand at the bound, others without a number
 *                       are left out
 *   searched_s  T; NaN: not known, and nothing is expected */
gws_status gws_ifar_put(gws_page *p, const char *id, const gws_far_rate *far, int64_t n, double searched_s, gws_err *err);

/* The least and the most of a Poisson number of this mean, beyond which lies (1 - share)/2 on each side. */
void gws_poisson_band(double mean, double share, double *low, double *high);

#endif
