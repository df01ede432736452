/* mlgwsc_plan.h - which times a data set of MLGWSC-1 covers: the segments of the challenge's list that are used. */
#ifndef GWS_SIM_MLGWSC_PLAN_H
#define GWS_SIM_MLGWSC_PLAN_H

#include "base/err.h"

#include <stdint.h>

#define GWS_MLGWSC_RATE_HZ 2048
#define GWS_MLGWSC_IFOS 2
#define GWS_MLGWSC_LOW_HZ 15       /* sets 1 to 3 have no noise below it */
#define GWS_MLGWSC_FILTER_S 128    /* length of the noise's filter in sets 1 to 3 */
#define GWS_MLGWSC_SLIDE_S 240     /* set 4: what a segment is cut by, and the largest slide */
#define GWS_MLGWSC_SHORTEST_S 7200 /* of a segment, but the last */

/* Their names, by number: H1, L1. */
extern const char gws_mlgwsc_noise_ifo[GWS_MLGWSC_IFOS][4];

typedef struct gws_mlgwsc_noise_params {
    int dataset;                        /* 1..4 */
    int64_t seed;                       /* 0 .. 2^32-1 */
    int64_t start_offset_s, duration_s; /* of the plan below: 0, 2592000 for the official sets */
    int generate_s;                     /* 3600 */
    const char *folder;                 /* holds segments.csv, and psds/H1/psd-0.hdf .. psds/L1/psd-19.hdf for sets 2 and 3 */
    const char *real_noise;             /* set 4; NULL: real_noise_file.hdf in the folder */
} gws_mlgwsc_noise_params;

/* Set 1, seed 0, 30 days, chunks of 3600 s; folder is NULL. */
gws_mlgwsc_noise_params gws_mlgwsc_noise_defaults(void);

typedef struct gws_mlgwsc_noise_segment {
    int64_t start_s, end_s; /* GPS */
} gws_mlgwsc_noise_segment;

typedef struct gws_mlgwsc_plan {
    gws_mlgwsc_noise_segment *used, *listed; /* (n_used), (n_listed) in order of time */
    int n_used, n_listed;
} gws_mlgwsc_plan;

/* Find which parts of the segments in folder/segments.csv are used, as generate_data.py's restrict_segments
 * decides. The segments of set 4 still have the slide's 240 s at their end.  When the list is too short for the duration, all of it
 * is used.
 *   out   filled; zero on failure; free with gws_mlgwsc_plan_clear
 */
gws_status gws_mlgwsc_plan_make(const gws_mlgwsc_noise_params *params, gws_mlgwsc_plan *out, gws_err *err);
void gws_mlgwsc_plan_clear(gws_mlgwsc_plan *p);

/* folder/name, EARG when it is longer than `size`. */
gws_status gws_mlgwsc_path(char *path, size_t size, const char *folder, const char *name, gws_err *err);

#endif
