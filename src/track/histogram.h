/* histogram.h - counts of numbers in 30 stretches of equal width between the least and the largest. */
#ifndef GWS_TRACK_HISTOGRAM_H
#define GWS_TRACK_HISTOGRAM_H

#include <stdint.h>

#define GWS_BUCKETS 30

typedef struct gws_histogram {
    double min, max, num, sum, sum_squares; /* of the numbers that are finite */
    int n;                                  /* stretches: 0 without numbers, 1 where all are alike, else GWS_BUCKETS */
    double limit[GWS_BUCKETS];              /* upper end of each; the last is the largest */
    double count[GWS_BUCKETS];              /* a number on a limit is in the stretch above, the largest in the last */
    int64_t lost;                           /* numbers that are not finite */
} gws_histogram;

/*   x  (n) in */
void gws_histogram_make(const float *x, int64_t n, gws_histogram *out);

#endif
