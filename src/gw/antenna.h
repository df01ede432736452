/* antenna.h - sites, sidereal time, antenna patterns and arrival-time differences, with LAL's constants. */
#ifndef GWS_GW_ANTENNA_H
#define GWS_GW_ANTENNA_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_site {
    char ifo[4];
    double position_m[3];                           /* of the vertex, Earth-fixed, WGS 84 */
    double response[3][3];                          /* half of x x - y y, x and y along the arms */
    double latitude_rad, longitude_rad;             /* geodetic */
    double arm_azimuth_rad[2], arm_altitude_rad[2]; /* x and y arm: from north over east, above the horizon */
    double arm_m;                                   /* length, the mean of both */
} gws_site;

/* H1 L1 V1 K1 G1 I1; E1 E2 E3: the Einstein Telescope, a triangle of 10 km at Virgo's place (LIGO-T1400308); C4 C2: Cosmic Explorer of
 * 40 and 20 km (PyCBC's example; LAL's C1 is Caltech's prototype).  NULL when unknown. */
const gws_site *gws_site_find(const char *ifo);

/* Greenwich mean sidereal time in radians of a GPS time, with UTC for UT1.  Counted on from J2000, not folded into 0..2 pi: the same double
 * as lal's XLALGreenwichMeanSiderealTime. */
double gws_gmst_rad(int64_t gps_ns);

/* Give F+ and Fx of a source at (ra, dec) with polarisation psi.  They hold for waves much longer than the arms. */
void gws_antenna(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, double *f_plus,
                 double *f_cross);

/* What one arm adds to F+ and Fx (the y arm's share is negative), and the cosine between the arm and the way the wave goes. */
typedef struct gws_arm {
    double plus, cross, cosine;
} gws_arm;
void gws_antenna_arms(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, gws_arm arm[2]);

/* The share, 0..1, of the largest possible volume in which a source of this place and orientation reaches a given network
 * signal-to-noise ratio in equal detectors.  Sources that are uniform in volume and cut at such a ratio are seen in proportion to
 * the cube of their amplitude. */
double gws_seen_share(const gws_site *const *site, int n, double gmst_rad, double ra_rad, double dec_rad, double psi_rad,
                      double cos_incl);

/* Arrival at the site minus arrival at the Earth's centre, s. */
double gws_delay_s(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad);

/* Time that light needs from one site to another, s. */
double gws_light_travel_s(const gws_site *a, const gws_site *b);

#endif
