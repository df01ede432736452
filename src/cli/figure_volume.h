/* figure_volume.h - the figure of `evaluate --plot`: sensitive distance and fraction found against the false-alarm rate. */
#ifndef GWS_CLI_FIGURE_VOLUME_H
#define GWS_CLI_FIGURE_VOLUME_H

#include "base/err.h"
#include "search/volume.h"

/* rate  (n_rates) in 30 days; those that the background resolves are marked.  EDATA with fewer than two background events. */
gws_status gws_figure_volume_save(const gws_volume *v, const double *rate, int n_rates, const char *path, gws_err *err);

#endif
