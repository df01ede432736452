/* figure_found.h - the figure of `evaluate --found-plot`: injections found and missed, and the share found against their properties. */
#ifndef GWS_CLI_FIGURE_FOUND_H
#define GWS_CLI_FIGURE_FOUND_H

#include "base/err.h"
#include "search/found.h"

gws_status gws_figure_found_save(const gws_found *f, const char *path, gws_err *err);

#endif
