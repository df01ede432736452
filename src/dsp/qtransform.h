/* qtransform.h - energies of a stretch of whitened strain on tiles of time and frequency, all of one quality factor Q in a plane.
 *
 * On the line: beside it; what people look at.  The tiling and the normalisation are those of the Omega pipeline (Chatterji et al. 2004,
 * Class. Quantum Grav. 21, S1809) as gwpy makes them, whose tiles these are, one by one.
 *
 * Tiling.  With a mismatch m of neighbouring tiles, dm = 2 sqrt(m/3).  Planes: n = ceil(ln(Qhi/Qlo) / sqrt 2 / dm),
 * Q_i = Qlo (Qhi/Qlo)^((i + 1/2)/n).  Rows of a plane: n = ceil(ln(fhi/flo) sqrt(2 + Q^2) / 2 / dm), f_i = flo (fhi/flo)^((i + 1/2)/n),
 * lowered to a multiple of 1/T, each once.  Tiles of a row: the power of two at or above 2 pi f T / (Q dm).
 *
 * Energy.  The spectrum of the stretch times a bisquare window (1 - x^2)^2 about f, x from -1 to 1 over f -+ f sqrt(11)/Q, back to time:
 * its squared amplitude over the median of the row.  In white Gaussian noise that energy E is exponential with median 1, so P(E > x) = 2^-x.
 * The amplitude sqrt(2 E) is what Omega and gwpy call the signal-to-noise ratio of a tile.
 */
#ifndef GWS_DSP_QTRANSFORM_H
#define GWS_DSP_QTRANSFORM_H

#include "base/err.h"

#include <stdint.h>

#define GWS_Q_PLANES 64

typedef struct gws_q_params {
    double q_low, q_high;   /* 0 < low <= high */
    double low_hz, high_hz; /* low 0: 50 Qhi/(2 pi T), with the highest plane's Q; high 0 or too high: what the lowest Q allows */
    double mismatch;        /* 0..1 */
    double from_s, to_s;    /* seconds of the stretch in which the loudest tile is sought; NaN: all of it */
} gws_q_params;

/* Q 4 to 64, all frequencies, mismatch 0.2, all of the stretch. */
gws_q_params gws_q_defaults(void);

typedef struct gws_q_tile {
    double q, frequency_hz, time_s; /* time_s: from the first sample */
    double energy;
} gws_q_tile;

/* A row of tiles; tile k stands at k T / tiles. */
typedef struct gws_q_row {
    double frequency_hz;
    int64_t tiles, window; /* window: bins of the spectrum */
    float *energy;         /* (tiles) */
} gws_q_row;

/* The plane whose loudest tile is the loudest of all planes. */
typedef struct gws_qgram {
    double q, duration_s, low_hz, high_hz;
    int n_rows;
    gws_q_row *rows;
    gws_q_tile loudest;
    int n_planes;
    struct gws_q_plane_info {
        double q;
        int n_rows;
        gws_q_tile loudest;
    } planes[GWS_Q_PLANES];
} gws_qgram;

/* Transform a stretch.
 *   w    (n) in  whitened strain, finite
 *   out  zero on failure; free with gws_qgram_clear
 * EARG: a range of Q, frequencies or times that is none.  EDATA: a stretch too short to hold a row, or one of zeros.
 * Cost: one transform of n, then one of its tiles for each row; a second of one core for a minute at 4096 Hz. */
gws_status gws_qtransform(const double *w, int64_t n, int rate_hz, const gws_q_params *params, gws_qgram *out, gws_err *err);
void gws_qgram_clear(gws_qgram *g);

/* Energies on a regular grid: cubic splines in time along each row, then across the rows in frequency, as gwpy draws them.
 *   time_s, hz  (columns), (lines) in  rising
 *   out         (lines, columns) out */
gws_status gws_qgram_map(const gws_qgram *g, const double *time_s, int columns, const double *hz, int lines, float *out,
                         gws_err *err);

#endif
