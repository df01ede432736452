/* matched_joint.h - gwspike matched --ranking coherent: the joint search (matched/joint.h) with a model's or a recipe's bank. */
#ifndef GWS_CLI_MATCHED_JOINT_H
#define GWS_CLI_MATCHED_JOINT_H

#include "base/hdf5.h"
#include "cli/cli.h"

typedef struct gws_matched_joint_wish {
    const char *model;  /* NULL: a recipe's bank is chosen anew */
    const char *recipe; /* name or file; NULL: bbh-design */
    const char *memory;
    double threshold; /* NaN: the search's */
    double window_s, slide_s;
    int64_t slides;
    int json;
} gws_matched_joint_wish;

/* Search a set, write the events to `out` (NULL: none; the file is finished, committed and closed), commit the run's outputs and print. */
gws_status gws_matched_joint(gws_cli *cli, const gws_matched_joint_wish *w, gws_strain_set *set, gws_pool *pool, gws_h5 **out,
                             gws_err *err);

#endif
