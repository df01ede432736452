/* mlgwsc_noise_rows.h - the rows of mlgwsc_noise.h, and how a stretch of noise is held against one.
 *
 * Places are n 2654435761 mod the length; the sums are of squares, and of the samples times (i 2654435761 mod 2^32) / 2^32 - 1/2.
 */
#ifndef GWS_TESTS_CHALLENGE_ROWS_H
#define GWS_TESTS_CHALLENGE_ROWS_H

#include <math.h>
#include <stdint.h>

struct golden_white {
    uint32_t seed;
    int rate_hz;
    int64_t start_s, duration_s;
    double at[6], sum[2];
};

struct golden_coloured {
    uint32_t seed;
    int rate_hz;
    int64_t start_s, duration_s;
    double low_hz;
    int filter_s, bins;
    double delta_f_hz, at[6], sum[2];
};

struct golden_plan {
    int dataset;
    int64_t offset_s, duration_s;
    int n;
    int64_t starts, ends, last_start_s, last_end_s;
};

struct golden_noise {
    int dataset;
    int64_t seed, duration_s;
    int generate_s, segment;
    struct {
        double at[6], sum[2];
    } ifo[2];
};

struct golden_recorded {
    int64_t seed, offset_s, duration_s;
    int segment;
    int64_t start_s, seconds;
    int first[2][3];
};

#include "mlgwsc_noise.h"

/* Largest difference, of samples against the standard deviation, of sums against what they scatter by. */
static inline double off_by(const double *x, int64_t n, const double *at, const double *sum)
{
    double squares = 0, weighted = 0, worst = 0, sigma = sqrt(sum[0] / (double)n);
    for (int64_t i = 0; i < n; i++) {
        squares += x[i] * x[i];
        weighted += x[i] * ((double)(uint32_t)((uint64_t)i * UINT64_C(2654435761)) / 0x1p32 - 0.5);
    }
    for (int64_t i = 0; i < 6; i++)
        worst = fmax(worst, fabs(x[i * INT64_C(2654435761) % n] - at[i]) / sigma);
    worst = fmax(worst, fabs(squares - sum[0]) / sum[0]);
    return fmax(worst, fabs(weighted - sum[1]) / (sigma * sqrt((double)n)));
}

#endif
