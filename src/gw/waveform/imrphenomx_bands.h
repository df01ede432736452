/* imrphenomx_bands.h - private to gw/: the coarse frequencies at which LALSimulation evaluates the IMRPhenomX family's higher
 * modes and angles.
 *
 * Garcia-Quiros, Husa, Mateu-Lucena, Borchers 2021 (arXiv:2001.10897, below B): amplitude and phase are evaluated where straight lines
 * between the points keep the phase to a threshold, LALSimulation's default of 1e-3.  Below the inspiral's end the spacing grows with
 * f^(11/6), in steps of two; one spacing serves the merger, one the ringdown.  All are multiples of the bins' spacing.  Frequencies
 * are M f.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMX_BANDS_H
#define GWS_GW_WAVEFORM_IMRPHENOMX_BANDS_H

#include "gw/waveform/family.h"

#include <stdint.h>

#define GWS_IMRPHENOMX_BANDS_MAX 64

/* Beyond this many solar masses LALSimulation evaluates every bin. */
#define GWS_IMRPHENOMX_BANDS_MSUN 500

/* The properties of a mode on which the spacing depends */
typedef struct gws_imrphenomx_pace {
    int m;
    double eta;
    double f_inspiral;     /* end of the inspiral's bands */
    double f_ring, f_damp; /* merger's bands end at f_ring + 2 f_damp */
    double phase_atan;     /* of the ringdown's phase, factor of its arc tangent */
    double amp_decay;      /* of the ringdown's amplitude, rate of its exponential */
} gws_imrphenomx_pace;

typedef struct gws_imrphenomx_band {
    double begin, spacing;
    int64_t points, bins; /* bins from a point to the next */
} gws_imrphenomx_band;

typedef struct gws_imrphenomx_bands {
    double fine, end; /* between bins; the last frequency wanted */
    int n, at, done;
    int64_t point;
    gws_imrphenomx_band band[GWS_IMRPHENOMX_BANDS_MAX];
} gws_imrphenomx_bands;

/* Neighbours among the coarse frequencies, and the bins from the first on, which are evaluated on the line through both */
typedef struct gws_imrphenomx_span {
    double begin, end;
    int64_t bins;
    int last;   /* nothing follows */
    int closed; /* last, and the end is the last coarse frequency: LALSimulation's angles leave its bin out */
} gws_imrphenomx_span;

/* Coarse frequencies for the bins, up to the last frequency wanted; m_s is the total mass, s. */
void gws_imrphenomx_bands_init(gws_imrphenomx_bands *b, const gws_imrphenomx_pace *pace, double m_s, const gws_fd_bins *all);

/* The next two neighbours; 0 at the end */
int gws_imrphenomx_bands_next(gws_imrphenomx_bands *b, gws_imrphenomx_span *span);

/* c + i s = exp(i (angle + k step)), k < n */
void gws_imrphenomx_rotate(double angle, double step, int n, double *c, double *s);

#endif
