#include "gw/noise_curve.h"

#include "base/number.h"
#include "gw/constants.h"
#include "gw/noise_tables/tables.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    double omega = 2 * M_PI * f, omega0 = 2 * M_PI * GWS_C_M_S / WAVELENGTH_M;
    double lsr = SPLITTER_LOSS, lpd = 0.1, tau = sqrt(s->t_srm), rho = sqrt(1 - s->t_srm);
    double phi = (M_PI - s->detune_deg * M_PI / 180) / 2, zeta = s->readout_deg * M_PI / 180;
    double gamma = T_ITM * GWS_C_M_S / (4 * ARM_M), eps = 2 * MIRROR_LOSS / (2 * gamma * ARM_M / GWS_C_M_S);
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

/* Broad-band thermal noise of one resonance (frequency f0, quality q), far above it (power 5, a pendulum) or far below (power 1, a
 * mirror and its coating): Saulson, Phys. Rev. D 42, 2437 (1990). */
static double thermal_noise(double f, double arm_m, double mirror_kg, double f0, double q, double power)
{
    double kt = 2 * BOLTZMANN * 290.0 / (arm_m * arm_m * mirror_kg), a = M_PI * f0;
    return kt / (q * a * a * a) * pow(f0 / f, power);
}

/* Advanced LIGO's suspension and coating at 290 K */
static double thermal(double f)
{
    return thermal_noise(f, ARM_M, MIRROR_KG, 9, 6e10, 5) + thermal_noise(f, ARM_M, MIRROR_KG, 1e4, 6e6, 1);
}

/* LIGO-T070247: the configurations of Advanced LIGO */
static const setup zero_det_high_p = {125, 0.2, 0, 116}, zero_det_low_p = {25, 0.2, 0, 116}, no_srm_high_p = {125, 1, 0, 130},
                   no_srm_low_p = {25, 1, 0, 130}, nsns = {125, 0.2, 11, 103}, bhbh = {20, 0.2, 20, 105},
                   narrow = {125, 0.011, 4.7, 128};

#define CONFIGURATION(name, which)                                                                                                 \
    static double name(double f)                                                                                                   \
    {                                                                                                                              \
        return quantum(f, &(which)) + thermal(f);                                                                                  \
    }                                                                                                                              \
    static double name##_quantum(double f)                                                                                         \
    {                                                                                                                              \
        return quantum(f, &(which));                                                                                               \
    }
CONFIGURATION(zero_det_high, zero_det_high_p)
CONFIGURATION(zero_det_low, zero_det_low_p)
CONFIGURATION(no_srm_high, no_srm_high_p)
CONFIGURATION(no_srm_low, no_srm_low_p)
CONFIGURATION(nsns_opt, nsns)
CONFIGURATION(bhbh_20deg, bhbh)
CONFIGURATION(high_frequency, narrow)

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

/* Models of initial and enhanced LIGO as LALSimulation has them: arms of 3995 m, mirrors of 11 kg. */
#define I_ARM_M 3995.0
#define I_MIRROR_KG 11.0

/* Ground motion (1e-9 m/sqrt(Hz), falling as f^-2 above 10 Hz) through a pendulum of 0.76 Hz and a stack of four layers at 10 Hz */
static double iligo_seismic(double f)
{
    double ground = f > 10 ? 1e-18 * pow(10 / f, 4) : 1e-18, pendulum = pow(0.76 / f, 2), stack = pow(10 / f, 8);
    return ground * pow(pendulum * stack / I_ARM_M, 2);
}

static double iligo_thermal(double f)
{
    return thermal_noise(f, I_ARM_M, I_MIRROR_KG, 0.76, 1e6, 5) + thermal_noise(f, I_ARM_M, I_MIRROR_KG, 1e4, 1e6, 1);
}

/* Shot noise of a Michelson with arm cavities (finesse 220, 250 W at the beam splitter, efficiency eta): the response falls off with
 * sinh x/sinh(x + iy), x = 2 pi L f_pole/c, y = 2 pi L f/c; Rakhmanov et al., Class. Quantum Grav. 25, 184017 (2008). */
static double michelson_shot(double f, double eta)
{
    double storage_s = I_ARM_M * 220 / (M_PI * GWS_C_M_S), pole = 1 / (4 * M_PI * storage_s);
    double x = sinh(2 * M_PI * pole * I_ARM_M / GWS_C_M_S), y = sin(2 * M_PI * f * I_ARM_M / GWS_C_M_S);
    return M_PI * HBAR * WAVELENGTH_M * pole * pole / (GWS_C_M_S * eta * 250.0) * ((x * x + y * y) / (x * x));
}

/* Radio-frequency readout makes use of a third of the light. */
static double iligo_shot(double f)
{
    return michelson_shot(f, 0.9 / 3);
}

static double eligo_shot(double f)
{
    return michelson_shot(f, 0.9);
}

static double iligo_model(double f)
{
    return iligo_shot(f) + iligo_seismic(f) + iligo_thermal(f);
}

static double eligo_model(double f)
{
    return eligo_shot(f) + iligo_seismic(f) + iligo_thermal(f);
}

static double virgo(double f)
{
    double x = f / 500;
    return 10.2e-46 * (pow(7.87 * x, -4.8) + 6.0 / 17 / x + 1 + x * x);
}

/* Damour, Iyer and Sathyaprakash 2001 (gr-qc/0010009), table IV */
static double geo(double f)
{
    double x = f / 150, x2 = x * x, shot = 20 * (1 - x2 + 0.5 * x2 * x2) / (1 + 0.5 * x2);
    return 1e-46 * (1e-16 * pow(x, -30) + 34 / x + shot);
}

static double tama(double f)
{
    double x = f / 400;
    return 75e-46 * (pow(x, -5) + 13 / x + 9 * (1 + x * x));
}

/* LALSimulation's fit to figure 6 of Grote for the LSC, Class. Quantum Grav. 27, 084003 (2010) */
static double geo_hf(double f)
{
    double f2 = f * f;
    return 7.18e-46 * (1 + f2 / (1059.0 * 1059.0)) + 4.90e-41 / f2 + 8.91e-43 / f + 1.6e-17 / pow(f, 16);
}

/* LALSimulation's names without the prefix SimNoisePSD.  Without a formula, source is the document's file, which is also the table's
 * name. */
static const struct curve {
    const char *name;
    gws_curve_fn formula;
    const char *source;
} curves[] = {
    {"aLIGOZeroDetHighPower", zero_det_high, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOZeroDetLowPower", zero_det_low, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGONoSRMHighPower", no_srm_high, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGONoSRMLowPower", no_srm_low, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGONSNSOpt", nsns_opt, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOBHBH20Deg", bhbh_20deg, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOHighFrequency", high_frequency, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumZeroDetHighPower", zero_det_high_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumZeroDetLowPower", zero_det_low_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumNoSRMHighPower", no_srm_high_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumNoSRMLowPower", no_srm_low_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumNSNSOpt", nsns_opt_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumBHBH20Deg", bhbh_20deg_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOQuantumHighFrequency", high_frequency_quantum, "LIGO-T070247; Buonanno and Chen, PRD 64, 042006"},
    {"aLIGOThermal", thermal, "LALSimulation, a fit"},
    {"AdvVirgo", adv_virgo, "arXiv:1202.4031, eq. 6"},
    {"KAGRA", kagra, "arXiv:1202.4031, eq. 5"},
    {"Virgo", virgo, "LALSimulation, a fit to the design"},
    {"GEO", geo, "gr-qc/0010009, table IV"},
    {"GEOHF", geo_hf, "LALSimulation, a fit to CQG 27, 084003"},
    {"TAMA", tama, "gr-qc/0010009, table IV"},
    {"iLIGOSRD", iligo_srd, "LIGO-E950018"},
    {"iLIGOModel", iligo_model, "LALSimulation, a model"},
    {"iLIGOSeismic", iligo_seismic, "LALSimulation, a model"},
    {"iLIGOThermal", iligo_thermal, "LALSimulation, a model"},
    {"iLIGOShot", iligo_shot, "LALSimulation, a model"},
    {"eLIGOModel", eligo_model, "LALSimulation, a model"},
    {"eLIGOShot", eligo_shot, "LALSimulation, a model"},
    {"aLIGOZeroDetHighPowerGWINC", NULL, "LIGO-T0900288-v3-ZERO_DET_high_P"},
    {"aLIGOZeroDetLowPowerGWINC", NULL, "LIGO-T0900288-v3-ZERO_DET_low_P"},
    {"aLIGONoSRMLowPowerGWINC", NULL, "LIGO-T0900288-v3-NO_SRM"},
    {"aLIGONSNSOptGWINC", NULL, "LIGO-T0900288-v3-NSNS_Opt"},
    {"aLIGOBHBH20DegGWINC", NULL, "LIGO-T0900288-v3-BHBH_20deg"},
    {"aLIGOHighFrequencyGWINC", NULL, "LIGO-T0900288-v3-High_Freq"},
    {"aLIGOEarlyLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_EARLY_LOW"},
    {"aLIGOEarlyHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_EARLY_HIGH"},
    {"aLIGOMidLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_MID_LOW"},
    {"aLIGOMidHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_MID_HIGH"},
    {"aLIGOLateLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_LATE_LOW"},
    {"aLIGOLateHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_LATE_HIGH"},
    {"aLIGODesignSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_DESIGN"},
    {"aLIGOBNSOptimizedSensitivityP1200087", NULL, "LIGO-P1200087-v18-aLIGO_BNS_OPTIMIZED"},
    {"AdVEarlyLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_EARLY_LOW"},
    {"AdVEarlyHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_EARLY_HIGH"},
    {"AdVMidLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_MID_LOW"},
    {"AdVMidHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_MID_HIGH"},
    {"AdVLateLowSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_LATE_LOW"},
    {"AdVLateHighSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_LATE_HIGH"},
    {"AdVDesignSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_DESIGN"},
    {"AdVBNSOptimizedSensitivityP1200087", NULL, "LIGO-P1200087-v18-AdV_BNS_OPTIMIZED"},
    {"aLIGODesignSensitivityT1800044", NULL, "LIGO-T1800044-v5-aLIGO_DESIGN"},
    {"aLIGOAPlusDesignSensitivityT1800042", NULL, "LIGO-T1800042-v5-aLIGO_APLUS"},
    {"aLIGOO3LowT1800545", NULL, "LIGO-T1800545-v1-aLIGO_O3low"},
    {"aLIGO140MpcT1800545", NULL, "LIGO-T1800545-v1-aLIGO_140Mpc"},
    {"aLIGO175MpcT1800545", NULL, "LIGO-T1800545-v1-aLIGO_175Mpc"},
    {"AdVO3LowT1800545", NULL, "LIGO-T1800545-v1-AdV_O3low"},
    {"AdVO4IntermediateT1800545", NULL, "LIGO-T1800545-v1-AdV_O4intermediate"},
    {"AdVO4T1800545", NULL, "LIGO-T1800545-v1-AdV_O4"},
    {"KAGRA25MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_25Mpc"},
    {"KAGRA80MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_80Mpc"},
    {"KAGRA128MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_128Mpc"},
    {"KAGRAOpeningSensitivityT1600593", NULL, "LIGO-T1600593-v1-KAGRA_Opening"},
    {"KAGRAEarlySensitivityT1600593", NULL, "LIGO-T1600593-v1-KAGRA_Early"},
    {"KAGRAMidSensitivityT1600593", NULL, "LIGO-T1600593-v1-KAGRA_Mid"},
    {"KAGRALateSensitivityT1600593", NULL, "LIGO-T1600593-v1-KAGRA_Late"},
    {"KAGRADesignSensitivityT1600593", NULL, "LIGO-T1600593-v1-KAGRA_Design"},
    {"CosmicExplorerP1600143", NULL, "LIGO-P1600143-v18-CE"},
    {"CosmicExplorerPessimisticP1600143", NULL, "LIGO-P1600143-v18-CE_Pessimistic"},
    {"CosmicExplorerWidebandP1600143", NULL, "LIGO-P1600143-v18-CE_Wideband"},
    {"EinsteinTelescopeP1600143", NULL, "LIGO-P1600143-v18-ET_D"},
    /* names that LALSimulation keeps from before */
    {"aLIGOaLIGOO3LowT1800545", NULL, "LIGO-T1800545-v1-aLIGO_O3low"},
    {"aLIGOaLIGO140MpcT1800545", NULL, "LIGO-T1800545-v1-aLIGO_140Mpc"},
    {"aLIGOaLIGO175MpcT1800545", NULL, "LIGO-T1800545-v1-aLIGO_175Mpc"},
    {"aLIGOAdVO3LowT1800545", NULL, "LIGO-T1800545-v1-AdV_O3low"},
    {"aLIGOAdVO4IntermediateT1800545", NULL, "LIGO-T1800545-v1-AdV_O4intermediate"},
    {"aLIGOAdVO4T1800545", NULL, "LIGO-T1800545-v1-AdV_O4"},
    {"aLIGOKAGRA25MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_25Mpc"},
    {"aLIGOKAGRA80MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_80Mpc"},
    {"aLIGOKAGRA128MpcT1800545", NULL, "LIGO-T1800545-v1-KAGRA_128Mpc"},
    {"aLIGOaLIGODesignSensitivityT1800044", NULL, "LIGO-T1800044-v5-aLIGO_DESIGN"},
};

#define N_CURVES ((int)(sizeof curves / sizeof curves[0]))

static const struct curve *find(const char *name)
{
    for (int i = 0; i < N_CURVES; i++)
        if (strcmp(curves[i].name, name) == 0)
            return &curves[i];
    return NULL;
}

gws_curve_fn gws_curve_find(const char *name)
{
    const struct curve *c = find(name);
    return c ? c->formula : NULL;
}

const char *gws_curve_name(int i)
{
    return i >= 0 && i < N_CURVES ? curves[i].name : NULL;
}

const char *gws_curve_source(int i)
{
    return i >= 0 && i < N_CURVES ? curves[i].source : NULL;
}

/* ---- tables ---- */

static const gws_noise_table *find_table(const char *name)
{
    static const gws_noise_table *const documents[] = {gws_tables_p1200087, gws_tables_p1600143, gws_tables_t0900288,
                                                       gws_tables_t1600593, gws_tables_t1800042, gws_tables_t1800044,
                                                       gws_tables_t1800545};

    for (size_t d = 0; d < sizeof documents / sizeof documents[0]; d++)
        for (const gws_noise_table *t = documents[d]; t->name; t++)
            if (strcmp(t->name, name) == 0)
                return t;
    return NULL;
}

/* As printed with so many significant digits. */
static double rounded(double x, int digits)
{
    char text[40];

    if (digits == 0)
        return x;
    gws_text_print(text, sizeof text, "%.*e", digits - 1, x);
    gws_number_read(text, &x);
    return x;
}

/* Rows of a table: frequency and ln(asd). */
static void unpack(const gws_noise_table *t, double *f, double *log_asd)
{
    static const char alphabet[] = GWS_TABLE_ALPHABET;
    const double base = log(t->lo_hz), span = log(t->hi_hz) - base;
    int64_t sum[8] = {0}; /* differences of order 0, 1, ... so far */
    const char *const *line = t->text;
    const char *at = *line;

    GWS_ASSERT(t->order < 8 && t->n <= GWS_TABLE_ROWS);
    for (int i = 0; i < t->n; i++) {
        uint64_t zigzag = 0;
        for (int shift = 0, digit = 32; digit >= 32; shift += 5) {
            if (*at == 0)
                at = *++line;
            GWS_ASSERT(at && shift <= 60);
            digit = (int)(strchr(alphabet, *at++) - alphabet);
            zigzag |= (uint64_t)(digit & 31) << shift;
        }
        sum[t->order] = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
        for (int o = t->order - 1; o >= 0; o--)
            sum[o] += sum[o + 1];
        f[i] = rounded(rounded(exp(base + span * (t->skip + i) / t->intervals), t->before), t->digits);
        log_asd[i] = (double)sum[0] * GWS_TABLE_STEP;
    }
}

/* First bin with a value; n when there is none. */
static int64_t first_bin(double low_hz, double delta_f_hz, int64_t n)
{
    return (int64_t)fmin(fmax(low_hz / delta_f_hz, 1), (double)n);
}

static gws_status fill_from_table(const gws_noise_table *t, double delta_f_hz, int64_t n, double low_hz, double *out, gws_err *err)
{
    double *f = malloc(2 * GWS_TABLE_ROWS * sizeof *f), *log_asd = f + GWS_TABLE_ROWS;
    int row = 2; /* the end of the interval in use */

    if (!f)
        return gws_err_set(err, GWS_ENOMEM, "noise curve %s: no memory for its table", t->name);
    unpack(t, f, log_asd);
    for (int64_t k = first_bin(low_hz > 0 ? low_hz : f[1], delta_f_hz, n); k < n; k++) {
        double x = (double)k * delta_f_hz;
        while (f[row] < x && row < t->n - 1)
            row++;
        double back = (f[row] - x) / (f[row] - f[row - 1]);
        out[k] = exp(2 * (back * log_asd[row - 1] + (1 - back) * log_asd[row]));
    }
    free(f);
    return GWS_OK;
}

gws_status gws_curve_fill(const char *name, double delta_f_hz, int64_t n, double low_hz, double *out, gws_err *err)
{
    GWS_ASSERT(name && delta_f_hz > 0 && n >= 0 && out);
    const struct curve *c = find(name);
    if (!c)
        return gws_err_set(err, GWS_EARG, "no noise curve is called %s", name);
    memset(out, 0, (size_t)n * sizeof *out);
    if (!c->formula)
        return fill_from_table(find_table(c->source), delta_f_hz, n, low_hz, out, err);
    for (int64_t k = first_bin(low_hz, delta_f_hz, n); k < n; k++)
        out[k] = c->formula((double)k * delta_f_hz);
    return GWS_OK;
}
