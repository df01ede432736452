/* published.h - private to report/: sensitive distances of other searches on MLGWSC-1's sets, as published. */
#ifndef GWS_REPORT_PUBLISHED_H
#define GWS_REPORT_PUBLISHED_H

typedef struct gws_published {
    int set;          /* of MLGWSC-1 */
    const char *name; /* of the search */
    int n;
    double far_per_month[4], distance_mpc[4], error_mpc[4]; /* error 0: not given */
} gws_published;

/* Entry i of a set, or NULL behind the last. */
const gws_published *gws_published_of(int set, int i);

/* Where the numbers are from. */
const char *gws_published_source(int set);

#endif
