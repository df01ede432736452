/* constants.h - constants of nature and units of astronomy as lal 7.7 has them (LALConstants.h: IAU 2015 nominal solar mass parameter, CODATA 2018 G).
 *
 * A mismatch of 1e-8 over a minute of phase needs the same solar mass.
 */
#ifndef GWS_GW_CONSTANTS_H
#define GWS_GW_CONSTANTS_H

#define GWS_C_M_S 299792458.0
#define GWS_G_SI 6.6743e-11 /* m^3/(kg s^2) */
#define GWS_EULER_GAMMA 0.57721566490153286
#define GWS_MTSUN_S 4.925490947641267e-06 /* G Msun/c^3 */
#define GWS_MRSUN_M 1476.6250380501247    /* G Msun/c^2 */
#define GWS_MSUN_KG 1.9884098706980507e+30
#define GWS_MPC_M 3.085677581491367e+22
#define GWS_AU_M 149597870700.0

#endif
