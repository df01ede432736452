/* report_search.h - the search behind `report`: strain files to triggers, and their part of the page. */
#ifndef GWS_CLI_REPORT_SEARCH_H
#define GWS_CLI_REPORT_SEARCH_H

#include "cli/backgrounds.h"
#include "cli/cli.h"
#include "report/page.h"

#include <stdint.h>

typedef struct gws_report_search {
    const char *model, *background, *memory; /* background: list with commas; NULL: the model's calibration */
    gws_strain_use use;
    gws_head head;
    double threshold;       /* NaN: the model's */
    int64_t threads, shown; /* shown: triggers that get a part of their own */
} gws_report_search;

/* Search, then put the triggers on the page. */
gws_status gws_report_search_put(gws_cli *cli, const gws_report_search *w, char *const *inputs, int n, gws_page *p, gws_err *err);

#endif
