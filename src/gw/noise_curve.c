#include "gw/noise_curve.h"

#include <complex.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define C_M_S 299792458.0
#define HBAR 1.0545718176461565e-34
#define BOLTZMANN 1.380649e-23

/* Advanced LIGO as LALSimulation describes it (LALSimNoisePSD.c) */
#define ARM_M 3995.0
#define MIRROR_KG 40.0
#define WAVELENGTH_M 1.064e-6
#define MIRROR_LOSS 37.5e-6
#define SPLITTER_LOSS 0.002
#define T_ITM 0.014
#define T_PRM 0.027

typedef struct setup {
    double power_w, t_srm, detune_deg, readout_deg;
} setup;

/* Square of the magnitude of a combination of both quadratures. */
static double norm2(double complex a, double complex b, double sz, double cz)
{
    double complex z = a * sz + b * cz;
    return creal(z) * creal(z) + cimag(z) * cimag(z);
}

/* Shot noise and radiation pressure with signal recycling and losses: Buonanno and Chen, Phys. Rev. D 64, 042006 (2001), eqs. 5.8 to
 * 5.13 in GWINC's form; the symbols are the paper's.  Photodiode efficiency 0.9. */
static double quantum(double f, const setup *s)
{
    double omega = 2 * M_PI * f, omega0 = 2 * M_PI * C_M_S / WAVELENGTH_M;
    double lsr = SPLITTER_LOSS, lpd = 0.1, tau = sqrt(s->t_srm), rho = sqrt(1 - s->t_srm);
    double phi = (M_PI - s->detune_deg * M_PI / 180) / 2, zeta = s->readout_deg * M_PI / 180;
    double gamma = T_ITM * C_M_S / (4 * ARM_M), eps = 2 * MIRROR_LOSS / (2 * gamma * ARM_M / C_M_S);
    double r1 = sqrt(1 - T_ITM), loss = sqrt(1 - 2 * MIRROR_LOSS), r_arm = r1 - T_ITM * loss / (1 - r1 * loss);
    double recycle = 1 + sqrt(1 - T_PRM) * r_arm * sqrt(1 - SPLITTER_LOSS);
    double i0 = T_PRM / (recycle * recycle) * s->power_w, g4 = gamma * gamma * gamma * gamma;
    double i_sql = MIRROR_KG * ARM_M * ARM_M * g4 / (4 * omega0);
    double k = 2 * (i0 / i_sql) * g4 / (omega * omega * (gamma * gamma + omega * omega));
    double beta = atan(omega / gamma), h2 = 8 * HBAR / (MIRROR_KG * omega * omega * ARM_M * ARM_M);
    double sp = sin(phi), cp = cos(phi), s2 = sin(2 * phi), c2 = cos(2 * phi), cb = cos(beta), c2b = cos(2 * beta);
    double complex e1 = CMPLX(cos(beta), sin(beta)), e2 = e1 * e1, e4 = e2 * e2, em1 = conj(e1), em2 = conj(e2);
    double pd = sqrt(1 - lpd), t2 = tau * tau, r2 = rho * rho;

    double complex c11 =
        pd * ((1 + r2) * (c2 + k / 2 * s2) - 2 * rho * c2b -
              eps / 4 * (-2 * (1 + e2) * (1 + e2) * rho + 4 * (1 + r2) * cb * cb * c2 + (3 + e2) * k * (1 + r2) * s2) +
              lsr * (e2 * rho - 0.5 * (1 + r2) * (c2 + k / 2 * s2)));
    double complex c12 =
        pd * t2 * (-(s2 + k * sp * sp) + eps / 2 * sp * ((3 + e2) * k * sp + 4 * cb * cb * cp) + lsr / 2 * (s2 + k * sp * sp));
    double complex c21 =
        pd * t2 * ((s2 - k * cp * cp) + eps / 2 * cp * ((3 + e2) * k * sp - 4 * cb * cb * sp) + lsr / 2 * (-s2 + k * cp * cp));
    double complex d1 =
        pd * (-(1 + rho * e2) * sp + eps / 4 * (3 + rho + 2 * rho * e4 + e2 * (1 + 5 * rho)) * sp + lsr / 2 * e2 * rho * sp);
    double complex d2 =
        pd * (-(-1 + rho * e2) * cp + eps / 4 * (-3 + rho + 2 * rho * e4 + e2 * (-1 + 5 * rho)) * cp + lsr / 2 * e2 * rho * cp);
    double complex p11 = 0.5 * pd * sqrt(lsr) * tau * (-2 * rho * e2 + 2 * c2 + k * s2);
    double p12 = -pd * sqrt(lsr) * tau * sp * (2 * cp + k * sp), p21 = pd * sqrt(lsr) * tau * cp * (2 * sp - k * cp);
    double complex q11 =
        sqrt(lpd) * (em2 + r2 * e2 - rho * (2 * c2 + k * s2) +
                     eps / 2 * rho * (em2 * c2 + e2 * (-2 * rho - 2 * rho * c2b + c2 + k * s2) + 2 * c2 + 3 * k * s2) -
                     lsr / 2 * rho * (2 * rho * e2 - 2 * c2 - k * s2));
    double complex n11 = pd * sqrt(eps / 2) * tau * (k * (1 + rho * e2) * sp + 2 * cb * (em1 * cp - rho * e1 * (cp + k * sp)));
    double complex n22 = -pd * sqrt(2 * eps) * tau * (-em1 + rho * e1) * cb * cp;
    double complex n12 = -pd * sqrt(2 * eps) * tau * (em1 + rho * e1) * cb * sp;
    double complex n21 = pd * sqrt(2 * eps) * tau * (-k * (1 + rho) * cp + 2 * cb * cb * (em1 + rho * e1) * sp);

    double sz = sin(zeta), cz = cos(zeta);
    double noise = norm2(c11, c21, sz, cz) + norm2(c12, c11, sz, cz) + norm2(p11, p21, sz, cz) + norm2(p12, p11, sz, cz) +
                   norm2(q11, 0, sz, cz) + norm2(0, q11, sz, cz) + norm2(n11, n21, sz, cz) + norm2(n12, n22, sz, cz);
    return h2 / (2 * k * t2 * norm2(d1, d2, sz, cz)) * noise;
}

/* Suspension (9 Hz, Q 6e10) and coating (10 kHz, Q 6e6) at 290 K, broad band only. */
static double thermal(double f)
{
    double kt = 2 * BOLTZMANN * 290.0 / (ARM_M * ARM_M * MIRROR_KG);
    double a = M_PI * 9.0, b = M_PI * 1e4;
    return kt / (6e10 * a * a * a) * pow(9.0 / f, 5) + kt / (6e6 * b * b * b) * (1e4 / f);
}

static double aligo(double f, double power_w, double t_srm, double detune_deg, double readout_deg)
{
    setup s = {power_w, t_srm, detune_deg, readout_deg};
    return quantum(f, &s) + thermal(f);
}

/* LIGO-T070247: the configurations of Advanced LIGO */
static double zero_det_high(double f)
{
    return aligo(f, 125, 0.2, 0, 116);
}
static double zero_det_low(double f)
{
    return aligo(f, 25, 0.2, 0, 116);
}
static double no_srm_high(double f)
{
    return aligo(f, 125, 1, 0, 130);
}
static double no_srm_low(double f)
{
    return aligo(f, 25, 1, 0, 130);
}
static double nsns_opt(double f)
{
    return aligo(f, 125, 0.2, 11, 103);
}
static double bhbh_20deg(double f)
{
    return aligo(f, 20, 0.2, 20, 105);
}
static double high_frequency(double f)
{
    return aligo(f, 125, 0.011, 4.7, 128);
}

/* Manzotti and Dietz 2012 (arXiv:1202.4031) eqs. 5 and 6: fits to the design curves */
static double kagra(double f)
{
    double x = log(f / 100), x2 = x * x;
    double asd = 6.499e-25 * (9.72e-9 * exp(-1.43 - 9.88 * x - 0.23 * x2) + 1.17 * exp(0.14 - 3.10 * x - 0.26 * x2) +
                              1.70 * exp(0.14 + 1.09 * x - 0.013 * x2) + 1.25 * exp(0.071 + 2.83 * x - 4.91 * x2));
    return asd * asd;
}

static double adv_virgo(double f)
{
    double x = log(f / 300), x2 = x * x;
    double asd = 1.259e-24 * (0.07 * exp(-0.142 - 1.437 * x + 0.407 * x2) + 3.1 * exp(-0.466 - 1.043 * x - 0.548 * x2) +
                              0.4 * exp(-0.304 + 2.896 * x - 0.293 * x2) + 0.09 * exp(1.466 + 3.722 * x - 0.984 * x2));
    return asd * asd;
}

/* Initial LIGO's science requirement, LIGO-E950018 */
static double iligo_srd(double f)
{
    double seismic = 1.57271 * pow(f, -14), therm = 3.80591e-19 / (f * f), shot = f / 89.3676;
    return seismic * seismic + therm * therm + 1.12277e-23 * 1.12277e-23 * (1 + shot * shot);
}

static const struct {
    const char *name;
    gws_curve_fn fn;
} curves[] = {
    {"aLIGOZeroDetHighPower", zero_det_high},
    {"aLIGOZeroDetLowPower", zero_det_low},
    {"aLIGONoSRMHighPower", no_srm_high},
    {"aLIGONoSRMLowPower", no_srm_low},
    {"aLIGONSNSOpt", nsns_opt},
    {"aLIGOBHBH20Deg", bhbh_20deg},
    {"aLIGOHighFrequency", high_frequency},
    {"AdvVirgo", adv_virgo},
    {"KAGRA", kagra},
    {"iLIGOSRD", iligo_srd},
};

#define N_CURVES ((int)(sizeof curves / sizeof curves[0]))

gws_curve_fn gws_curve_find(const char *name)
{
    for (int i = 0; i < N_CURVES; i++)
        if (strcmp(curves[i].name, name) == 0)
            return curves[i].fn;
    return NULL;
}

const char *gws_curve_name(int i)
{
    return i >= 0 && i < N_CURVES ? curves[i].name : NULL;
}
