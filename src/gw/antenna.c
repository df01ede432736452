#include "gw/antenna.h"

#include "base/clock.h"
#include "gw/constants.h"

#include <math.h>
#include <string.h>

/* Response tensors, arm lengths and arm directions are single precision in LAL, and so are these.  H1 to E3 are the numbers of
 * LALDetectors.h (lal 7.7).  C4 and C2 are the two places of PyCBC's example of Cosmic Explorer (examples/detector/custom.py: 46 N 125 W
 * with 40 km and 29 N 94 W with 20 km, y arms 100 and 160 degrees from north over east), turned into Earth-fixed numbers by LAL. */
#define S(x) ((double)x##f)
static const gws_site sites[] = {
    {"H1",
     {-2161414.92636, -3834695.17889, 4600350.22664},
     {{S(-0.392614096), S(-0.0776134133), S(-0.247389048)},
      {S(-0.0776134133), S(0.31952408), S(0.227997839)},
      {S(-0.247389048), S(0.227997839), S(0.0730900317)}},
     0.81079526383,
     -2.08405676917,
     {S(5.65487719), S(4.0840807)},
     {S(-0.000619500002), S(1.24999997e-05)},
     S(1997.54199) + S(1997.52197)},
    {"L1",
     {-74276.0447238, -5496283.71971, 3224257.01744},
     {{S(0.41128087), S(0.140210271), S(0.24729459)},
      {S(0.140210271), S(-0.10900569), S(-0.181615636)},
      {S(0.24729459), S(-0.181615636), S(-0.302275151)}},
     0.53342313506,
     -1.58430937078,
     {S(4.40317774), S(2.83238149)},
     {S(-0.00031209999), S(-0.000610699994)},
     S(1997.57495) + S(1997.57495)},
    {"V1",
     {4546374.099, 842989.697626, 4378576.96241},
     {{S(0.243874043), S(-0.0990837812), S(-0.232576221)},
      {S(-0.0990837812), S(-0.447825849), S(0.187833101)},
      {S(-0.232576221), S(0.187833101), S(0.203951806)}},
     0.76151183984,
     0.18333805213,
     {S(0.339162856), S(5.05155182)},
     {S(0.0), S(0.0)},
     S(1500.0) + S(1500.0)},
    {"K1",
     {-3777336.024, 3484898.411, 3765313.697},
     {{S(-0.185989648), S(0.153166801), S(-0.32495147)},
      {S(0.153166801), S(0.349518299), S(-0.170874402)},
      {S(-0.32495147), S(-0.170874402), S(-0.163528636)}},
     0.6355068497,
     2.396441015,
     {S(1.05411303), S(-0.516679823)},
     {S(0.00314139994), S(-0.00362699991)},
     S(1513.25354) + S(1511.61096)},
    {"G1",
     {3856309.94926, 666598.956317, 5019641.41725},
     {{S(-0.0968249813), S(-0.36578232), S(0.122137293)},
      {S(-0.36578232), S(0.222968116), S(0.249717414)},
      {S(0.122137293), S(0.249717414), S(-0.126143143)}},
     0.91184982752,
     0.17116780435,
     {S(1.19360101), S(5.83039284)},
     {S(0.0), S(0.0)},
     S(300.0) + S(300.0)},
    {"I1",
     {1348971.15479, 5857428.26577, 2127569.25209},
     {{S(-0.329452723), S(-0.0545993671), S(0.356800795)},
      {S(-0.0545993671), S(0.0764527097), S(-0.174686983)},
      {S(0.356800795), S(-0.174686983), S(0.253000021)}},
     0.34231676739,
     1.34444215058,
     {S(5.80120134), S(4.23039055)},
     {S(0.0), S(0.0)},
     S(2000.0) + S(2000.0)},
    {"E1",
     {4546374.099, 842989.697626, 4378576.96241},
     {{S(0.166589856), S(-0.218849465), S(-0.129963875)},
      {S(-0.218849465), S(-0.248382032), S(0.273214966)},
      {S(-0.129963875), S(0.273214966), S(0.0817921832)}},
     0.76151183984,
     0.18333805213,
     {S(0.339162856), S(5.57515049)},
     {S(0.0), S(0.0)},
     S(5000.0) + S(5000.0)},
    {"E2",
     {4539369.51685, 845074.592488, 4385402.57904},
     {{S(-0.199221209), S(-0.0702238008), S(0.218900457)},
      {S(-0.0702238008), S(0.423356712), S(-0.00853469688)},
      {S(0.218900457), S(-0.00853469688), S(-0.224135518)}},
     0.7629930799,
     0.1840585887,
     {S(4.52845097), S(3.48125315)},
     {S(-0.000783621566), S(-0.00157024455)},
     S(5000.0) + S(5000.0)},
    {"E3",
     {4542405.95075, 835639.650438, 4384075.19902},
     {{S(0.0326313488), S(0.289073288), S(-0.0889365822)},
      {S(0.289073288), S(-0.174974695), S(-0.264680266)},
      {S(-0.0889365822), S(-0.264680266), S(0.142343342)}},
     0.76270463257,
     0.1819299673,
     {S(2.43258572), S(1.38538766)},
     {S(-0.00156852102), S(-0.000781898096)},
     S(5000.0) + S(5000.0)},
    {"C4",
     {-2545715.8296652073, -3635658.9878682061, 4565247.5405715732},
     {{S(-0.119691253), S(0.377058864), S(0.231974334)},
      {S(0.377058864), S(-0.107033186), S(0.124183334)},
      {S(0.231974334), S(0.124183334), S(0.226724431)}},
     0.8028514559173915,
     -2.181661564992913,
     {S(3.31612563), S(1.74532926)},
     {S(0.0), S(0.0)},
     S(20000.0) + S(20000.0)},
    {"C2",
     {-389439.10640269617, -5569238.6879770812, 3073901.2003804403},
     {{S(0.40240562), S(0.121380657), S(0.26908344)},
      {S(0.121380657), S(-0.109409086), S(-0.181623369)},
      {S(0.26908344), S(-0.181623369), S(-0.292996526)}},
     0.5061454830783555,
     -1.6406094968746698,
     {S(4.36332321), S(2.79252672)},
     {S(0.0), S(0.0)},
     S(10000.0) + S(10000.0)},
};

const gws_site *gws_site_find(const char *ifo)
{
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (strcmp(sites[i].ifo, ifo) == 0)
            return &sites[i];
    return NULL;
}

double gws_gmst_rad(int64_t gps_ns)
{
    /* Aoki et al. 1982 with UTC for UT1, as LAL has it: the Julian day of the whole second in one double (good to 40 us, 3e-9 rad),
     * the rest of the second apart. */
    int64_t second = gws_floor_div(gps_ns, GWS_NS), utc = second - gws_leap_seconds(second), day = gws_floor_div(utc, 86400);
    double julian = (double)(2444245 + day) + ((double)(utc - 86400 * day) / 86400.0 - 0.5);
    double hi = (julian - 2451545.0) / 36525.0, lo = (double)(gps_ns - second * GWS_NS) / (1e9 * 36525.0 * 86400.0), t = hi + lo;
    double s = (-6.2e-6 * t + 0.093104) * t * t + 67310.54841;
    s += 8640184.812866 * lo;
    s += 3155760000.0 * lo;
    s += 8640184.812866 * hi;
    s += 3155760000.0 * hi;
    return s * M_PI / 43200.0;
}

/* Axes of the wave frame in the Earth's: Anderson et al. 2001 (gr-qc/0008066) eqs. B4, B5; z is where the wave goes. */
static void wave_frame(double gmst_rad, double ra_rad, double dec_rad, double psi_rad, double x[3], double y[3], double z[3])
{
    double g = gmst_rad - ra_rad, sg = sin(g), cg = cos(g), sp = sin(psi_rad), cp = cos(psi_rad), sd = sin(dec_rad),
           cd = cos(dec_rad);
    x[0] = -cp * sg - sp * cg * sd;
    x[1] = -cp * cg + sp * sg * sd;
    x[2] = sp * cd;
    y[0] = sp * sg - cp * cg * sd;
    y[1] = sp * cg + cp * sg * sd;
    y[2] = cp * cd;
    z[0] = -cg * cd;
    z[1] = sg * cd;
    z[2] = -sd;
}

void gws_antenna(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, double *f_plus,
                 double *f_cross)
{
    double x[3], y[3], z[3], plus = 0, cross = 0;
    wave_frame(gmst_rad, ra_rad, dec_rad, psi_rad, x, y, z);
    for (int i = 0; i < 3; i++) {
        const double *d = site->response[i];
        double dx = d[0] * x[0] + d[1] * x[1] + d[2] * x[2], dy = d[0] * y[0] + d[1] * y[1] + d[2] * y[2];
        plus += x[i] * dx - y[i] * dy;
        cross += x[i] * dy + y[i] * dx;
    }
    *f_plus = plus;
    *f_cross = cross;
}

void gws_antenna_arms(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, gws_arm arm[2])
{
    double x[3], y[3], z[3], sin_lat = sin(site->latitude_rad), cos_lat = cos(site->latitude_rad);
    double sin_lon = sin(site->longitude_rad), cos_lon = cos(site->longitude_rad);
    wave_frame(gmst_rad, ra_rad, dec_rad, psi_rad, x, y, z);
    for (int a = 0; a < 2; a++) {
        double alt = site->arm_altitude_rad[a], azi = site->arm_azimuth_rad[a];
        double north = cos(alt) * cos(azi), east = cos(alt) * sin(azi), up = sin(alt), out = cos_lat * up - sin_lat * north;
        double u[3] = {cos_lon * out - sin_lon * east, sin_lon * out + cos_lon * east, cos_lat * north + sin_lat * up};
        double ux = 0, uy = 0, uz = 0, half = a == 0 ? 0.5 : -0.5;
        for (int i = 0; i < 3; i++) {
            ux += u[i] * x[i];
            uy += u[i] * y[i];
            uz += u[i] * z[i];
        }
        arm[a] = (gws_arm){.plus = half * (ux * ux - uy * uy), .cross = 2 * half * ux * uy, .cosine = uz};
    }
}

double gws_delay_s(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad)
{
    double g = gmst_rad - ra_rad, cd = cos(dec_rad);
    const double *r = site->position_m;
    return -(r[0] * cd * cos(g) - r[1] * cd * sin(g) + r[2] * sin(dec_rad)) / GWS_C_M_S;
}

double gws_light_travel_s(const gws_site *a, const gws_site *b)
{
    double square = 0;
    for (int i = 0; i < 3; i++)
        square += (a->position_m[i] - b->position_m[i]) * (a->position_m[i] - b->position_m[i]);
    return sqrt(square) / GWS_C_M_S;
}

double gws_seen_share(const gws_site *const *site, int n, double gmst_rad, double ra_rad, double dec_rad, double psi_rad,
                      double cos_incl)
{
    double power = 0;
    for (int d = 0; d < n; d++) {
        double fp, fc;
        gws_antenna(site[d], gmst_rad, ra_rad, dec_rad, psi_rad, &fp, &fc);
        fp *= 0.5 * (1 + cos_incl * cos_incl);
        fc *= cos_incl;
        power += fp * fp + fc * fc;
    }
    return pow(power / n, 1.5);
}
