/* found.h - what `evaluate --found-at` adds: injections found and missed, as table and JSON. */
#ifndef GWS_CLI_FOUND_H
#define GWS_CLI_FOUND_H

#include "cli/cli.h"
#include "search/found.h"

#include <stdint.h>

/* What the user said. */
typedef struct gws_found_wish {
    double far_per_month;  /* NaN: not asked for */
    const char *psd;       /* SNRs are computed in this noise curve; NULL: the injection file's own, when it has them */
    const char *detectors; /* for these */
    const char *figure;    /* NULL: none */
    int64_t threads;
} gws_found_wish;

/* Find or compute SNRs, count.
 *   inj, v  as gws_volume_measure had and left them; path: of the injection file
 *   out     zero on failure; free with gws_found_clear */
gws_status gws_found_make(gws_cli *cli, const gws_found_wish *w, const char *path, const gws_injected *inj, const gws_volume *v,
                          gws_found *out, gws_err *err);

/* Name and unit of what the injections are binned by. */
const char *gws_found_title(const gws_found *f, int by);

/* Tables for people, bins without injections left out; or one object a bin and one of the offsets. */
void gws_found_print(const gws_found *f);
void gws_found_json(const gws_found *f);

#endif
