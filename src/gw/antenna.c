#include "gw/antenna.h"

#include <math.h>
#include <string.h>

#define C_M_S 299792458.0

/* LAL's numbers (LALDetectors.h): the response tensors are single precision there, and so are these. */
#define S(x) ((double)x##f)
static const gws_site sites[] = {
    {"H1",
     {-2161414.92636, -3834695.17889, 4600350.22664},
     {{S(-0.39261410), S(-0.07761341), S(-0.24738905)},
      {S(-0.07761341), S(0.31952408), S(0.22799784)},
      {S(-0.24738905), S(0.22799784), S(0.07309003)}}},
    {"L1",
     {-74276.0447238, -5496283.71971, 3224257.01744},
     {{S(0.41128087), S(0.14021027), S(0.24729459)},
      {S(0.14021027), S(-0.10900569), S(-0.18161564)},
      {S(0.24729459), S(-0.18161564), S(-0.30227515)}}},
    {"V1",
     {4546374.099, 842989.697626, 4378576.96241},
     {{S(0.24387404), S(-0.09908378), S(-0.23257622)},
      {S(-0.09908378), S(-0.44782585), S(0.18783310)},
      {S(-0.23257622), S(0.18783310), S(0.20395181)}}},
    {"K1",
     {-3777336.024, 3484898.411, 3765313.697},
     {{S(-0.18598965), S(0.15316680), S(-0.32495147)},
      {S(0.15316680), S(0.34951830), S(-0.17087440)},
      {S(-0.32495147), S(-0.17087440), S(-0.16352864)}}},
    {"G1",
     {3856309.94926, 666598.956317, 5019641.41725},
     {{S(-0.09682498), S(-0.36578233), S(0.12213729)},
      {S(-0.36578233), S(0.22296811), S(0.24971742)},
      {S(0.12213729), S(0.24971742), S(-0.12614314)}}},
};

const gws_site *gws_site_find(const char *ifo)
{
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (strcmp(sites[i].ifo, ifo) == 0)
            return &sites[i];
    return NULL;
}

int gws_leap_seconds(int64_t gps_s)
{
    /* GPS second at which each leap second since 1980 took effect (IERS Bulletin C) */
    static const int64_t at[] = {46828800,  78364801,  109900802, 173059203,  252028804,  315187205,
                                 346723206, 393984007, 425520008, 457056009,  504489610,  551750411,
                                 599184012, 820108813, 914803214, 1025136015, 1119744016, 1167264017};
    int n = 0;
    while (n < (int)(sizeof at / sizeof at[0]) && gps_s >= at[n] + 1)
        n++;
    return n;
}

double gws_gmst_rad(int64_t gps_ns)
{
    /* IAU 1982 with UTC for UT1, as LAL does; days are counted from J2000 before anything large is added. */
    int64_t s = gps_ns / 1000000000;
    double utc = (double)gps_ns * 1e-9 - gws_leap_seconds(s);
    double t = (utc / 86400.0 + (2444244.5 - 2451545.0)) / 36525.0;
    double seconds = 67310.54841 + (876600.0 * 3600.0 + 8640184.812866) * t + 0.093104 * t * t - 6.2e-6 * t * t * t;
    double angle = fmod(seconds * M_PI / 43200.0, 2 * M_PI);
    return angle < 0 ? angle + 2 * M_PI : angle;
}

void gws_antenna(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad, double psi_rad, double *f_plus,
                 double *f_cross)
{
    /* Anderson et al. 2001 (gr-qc/0008066): the axes x and y of the wave frame, contracted with the response */
    double g = gmst_rad - ra_rad, sg = sin(g), cg = cos(g), sp = sin(psi_rad), cp = cos(psi_rad), sd = sin(dec_rad),
           cd = cos(dec_rad);
    double x[3] = {-cp * sg - sp * cg * sd, -cp * cg + sp * sg * sd, sp * cd};
    double y[3] = {sp * sg - cp * cg * sd, sp * cg + cp * sg * sd, cp * cd};
    double plus = 0, cross = 0;
    for (int i = 0; i < 3; i++) {
        const double *d = site->response[i];
        double dx = d[0] * x[0] + d[1] * x[1] + d[2] * x[2], dy = d[0] * y[0] + d[1] * y[1] + d[2] * y[2];
        plus += x[i] * dx - y[i] * dy;
        cross += x[i] * dy + y[i] * dx;
    }
    *f_plus = plus;
    *f_cross = cross;
}

double gws_delay_s(const gws_site *site, double gmst_rad, double ra_rad, double dec_rad)
{
    double g = gmst_rad - ra_rad, cd = cos(dec_rad);
    const double *r = site->position_m;
    return -(r[0] * cd * cos(g) - r[1] * cd * sin(g) + r[2] * sin(dec_rad)) / C_M_S;
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
