/* continuous.h - continuous waves of isolated neutron stars, as a detector on the turning and orbiting Earth records them.
 *
 *     h(t) = F+(t) h0 (1 + cosi^2)/2 cos Phi + Fx(t) h0 cosi sin Phi
 *     Phi  = phi0 + 2 pi (f0 T + f1 T^2/2 + f2 T^3/6),  T = t + delay(t) - t_ref
 *
 * Jaranowski, Krolak & Schutz 1998 (gr-qc/9804014), section II; the same signal and signs as lalpulsar's.  delay: from the GPS time
 * at the detector to barycentric dynamical time (TDB, its zero that of GPS) at the solar system's barycentre, for a plane wave:
 * Roemer, Einstein and the Sun's Shapiro delay.  The Earth's place is ERFA's eraEpv00 (within 13 km of DE405, 5 km rms, 1900..2100),
 * its orientation IAU 2000B without polar motion and with UTC for UT1, TDB - TT is eraDtdb at the Earth's centre.
 *
 * Against lalpulsar with DE405, 500 random sites, directions and times of 2006 to 2037: the delay is off by 25 us at most and 8 us rms,
 * and that offset moves by less than 0.9 us within a day, 5 mrad of phase at 1 kHz (tests/golden/test_gw_continuous.c has a part).
 *
 * Antenna patterns are gw/antenna.h's at the mean sidereal time, as LAL has it.  Delay and patterns are found on absolute knots of
 * 64 s and interpolated by cubics: 1e-12 s, 1e-9.
 */
#ifndef GWS_GW_CONTINUOUS_H
#define GWS_GW_CONTINUOUS_H

#include "base/err.h"
#include "gw/antenna.h"

#include <stdint.h>

typedef struct gws_pulsar {
    double h0, cosi, psi_rad, phi0_rad;
    double ra_rad, dec_rad; /* ICRS */
    double f0_hz, f1_hz_s, f2_hz_s2;
    int64_t t_ref_ns; /* of frequencies and phase: TDB at the barycentre, counted as GPS */
} gws_pulsar;

/* Pulsars from an .ini file, one a section, or, when no file has that name, one from text such as
 * "f0=100.5,fdot=-1e-9,h0=1e-24,ra=1.2,dec=0.3".  Keys, each also by the name that lalpulsar_Makefakedata_v5 gives it: f0 (Freq), h0,
 * ra (Alpha), dec (Delta), which must be there; fdot (f1dot), f2dot, cosi, psi, phi0 and tref (refTime, s), else 0.
 *   out   allocated, free() it; NULL on failure
 * Errors name the section and the key: missing, not a number, out of range, unknown.
 */
gws_status gws_pulsars_read(const char *text, gws_pulsar **out, int *n, gws_err *err);

/* The barycentric time of arrival minus the GPS time at the detector, s.  Times lie between 1950 and 2100. */
double gws_barycentre_delay_s(const gws_site *site, int64_t gps_ns, double ra_rad, double dec_rad);

typedef struct gws_continuous gws_continuous;

/* Signals of n pulsars in one detector; EARG when one would reach Nyquist or is not a number. */
gws_continuous *gws_continuous_create(const gws_pulsar *pulsars, int n, const gws_site *site, int rate_hz, gws_err *err);

/* Add to absolute samples [begin, begin + n): a pure function of the index.  One object from one thread at a time; some 60 ns a
 * sample and pulsar. */
void gws_continuous_add(gws_continuous *c, int64_t begin, int64_t n, double *h);

void gws_continuous_destroy(gws_continuous *c);

#endif
