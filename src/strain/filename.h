/* filename.h - what the name of a file says: S-DESCRIPTION-START-DURATION.ext (LIGO-T050017). */
#ifndef GWS_STRAIN_FILENAME_H
#define GWS_STRAIN_FILENAME_H

#include <stdint.h>

typedef struct gws_filename {
    char ifo[4];        /* of a description that begins with one, such as H1_GWOSC_4KHZ_R1; "" where it does not */
    int64_t start_s;    /* GPS */
    int64_t duration_s; /* more than 0 */
} gws_filename;

/* Read the last part of a path.  Returns 0, and zeros, when it has another form. */
int gws_filename_parse(const char *path, gws_filename *out);

#endif
