/* antenna.h - sites, sidereal time, antenna patterns, arrival-time differences (gw-data section 10, LAL's constants). */
#ifndef GWS_GW_ANTENNA_H
#define GWS_GW_ANTENNA_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_site {
    char ifo[4];
    double position_m[3];
    double response[3][3];
} gws_site;

/* H1 L1 V1 K1 G1; NULL when unknown. */
const gws_site *gws_site_find(const char *ifo);

/* Greenwich mean sidereal time in radians, 0..2 pi, of a GPS time. */
double gws_gmst_rad(int64_t gps_ns);

/* GPS minus UTC, whole seconds. */
int gws_leap_seconds(int64_t gps_s);

/* F+ and Fx of a source at (ra, dec) with polarisation psi. */
void gws_antenna(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, double *f_plus,
                 double *f_cross);

/* Share of the volume in which a source of this place and orientation reaches a given network SNR in equal detectors, against the best
 * possible: sources uniform in volume and cut at an SNR are seen in proportion to the cube of their amplitude.  0..1. */
double gws_seen_share(const gws_site *const *site, int n, double gmst_rad, double ra_rad, double dec_rad, double psi_rad,
                      double cos_incl);

/* Arrival at the site minus arrival at the Earth's centre, s. */
double gws_delay_s(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad);

#endif
