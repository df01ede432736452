/* found.h - which injections a search finds at a stated false-alarm rate, and which it misses.
 *
 * Found is what volume.h counts: an injection whose loudest true positive is louder, strictly, than the threshold of gws_volume_at
 * at that rate.  Shares are counted in bins of chirp mass, of distance (chirp distance where the injection file has those) and, where
 * it is known, of optimal network SNR.  With n found of m and p = n/m, Wilson's score interval at one standard deviation says how well
 * the share is known:
 *
 *     (p + 1/(2m) -+ sqrt(p(1-p)/m + 1/(4 m^2))) / (1 + 1/m)         (Wilson 1927, J. Am. Stat. Assoc. 22, 209)
 *
 * Unlike sqrt(p(1-p)/m) its width is not 0 where all or none are found.
 */
#ifndef GWS_SEARCH_FOUND_H
#define GWS_SEARCH_FOUND_H

#include "base/err.h"
#include "search/volume.h"

#include <stdint.h>

typedef enum gws_found_by { GWS_BY_CHIRP_MASS, GWS_BY_DISTANCE, GWS_BY_SNR, GWS_BY_ALL } gws_found_by;

#define GWS_FOUND_BINS 24
#define GWS_FOUND_WITHIN 3

/* Found injections are counted by whether their event lies within so many seconds of tc: 0.1, 0.2, 0.3. */
extern const double gws_found_within_s[GWS_FOUND_WITHIN];

/* from <= value < to; the last bin of masses and distances includes its end. */
typedef struct gws_found_bin {
    double from, to; /* to is infinite in the last bin of SNRs */
    int64_t injections, found;
    double share, low, high; /* found of injections and its interval; NaN without injections */
} gws_found_bin;

typedef struct gws_found {
    double far_per_month; /* asked for */
    double threshold;     /* at that rate */
    int short_list;       /* the background list has fewer events than the rate allows: threshold is its lowest */
    int chirp_distance;   /* distances are chirp distances */
    int64_t n, n_found;
    unsigned char *found;      /* (n) 1: found */
    double *value[GWS_BY_ALL]; /* (n) Msun; Mpc; network SNR or NULL */
    gws_found_bin bins[GWS_BY_ALL][GWS_FOUND_BINS];
    int n_bins[GWS_BY_ALL];           /* 0: not known */
    int64_t within[GWS_FOUND_WITHIN]; /* found injections whose loudest event lies that near to tc */
    double median_s, rms_s;           /* of event time less tc of the found; NaN without */
} gws_found;

/* Count.
 *   v, inj   as gws_volume_measure had and left them
 *   snr      (inj->n) optimal network SNRs; NULL: not known
 *   out      zero on failure; free with gws_found_clear
 * EDATA: the rate is not resolved; a mass or SNR that cannot be. */
gws_status gws_found_measure(const gws_volume *v, const gws_injected *inj, const double *snr, double far_per_month, gws_found *out,
                             gws_err *err);
void gws_found_clear(gws_found *f);

/* Wilson's interval at one standard deviation for found of n > 0. */
void gws_share_interval(int64_t found, int64_t n, double *low, double *high);

#endif
