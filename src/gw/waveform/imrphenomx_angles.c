#include "gw/waveform/imrphenomx_angles.h"

#include <math.h>

#define DEGENERATE 1e-5  /* S+^2 - S-^2 below which spins count as not nutating */
#define SPLIT 1e-9       /* put between S+^2 and S-^2 where spins are aligned, lest precession diverge */
#define OMEGA_MAX 1000.0 /* an expansion coefficient beyond this is no expansion */
#define ATAN_TOL 1e-15

typedef struct roots {
    double s3, minus, plus; /* S_3^2 <= S_-^2 <= S_+^2 */
} roots;

typedef struct vec {
    double x, y, z;
} vec;

static double dot(vec a, vec b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/* Carlson's R_F by duplication (Carlson 1979), which ends at a relative error near 1e-17. */
static double carlson_rf(double x, double y, double z)
{
    double mean = (x + y + z) / 3, dx = 1, dy = 1, dz = 1;
    for (int n = 0; n < 60; n++) {
        dx = (mean - x) / mean;
        dy = (mean - y) / mean;
        dz = (mean - z) / mean;
        if (!(fmax(fabs(dx), fmax(fabs(dy), fabs(dz))) > 1e-3))
            break;
        double lambda = sqrt(x) * (sqrt(y) + sqrt(z)) + sqrt(y) * sqrt(z);
        x = 0.25 * (x + lambda);
        y = 0.25 * (y + lambda);
        z = 0.25 * (z + lambda);
        mean = (x + y + z) / 3;
    }
    double e2 = dx * dy - dz * dz, e3 = dx * dy * dz;
    return (1 - e2 / 10 + e3 / 14 + e2 * e2 / 24 - 3 * e2 * e3 / 44) / sqrt(mean);
}

/* Jacobi's sn(u|m) by Landen's descending transformation (Abramowitz and Stegun 16.12); 0 outside 0 <= m <= 1 */
static double jacobi_sn(double u, double m)
{
    if (!(fabs(m) <= 1))
        return 0;
    if (fabs(m - 1) < 4e-16)
        return tanh(u);
    double k[16], comp = sqrt(1 - m);
    int n = 0;
    while (n < 16 && fabs(1 - comp) > 1e-15) {
        k[n] = (1 - comp) / (1 + comp);
        u /= 1 + k[n];
        comp = 2 * sqrt(comp) / (1 + comp);
        n++;
    }
    double s = sin(u);
    while (n-- > 0)
        s = (1 + k[n]) * s / (1 + k[n] * s * s);
    return s;
}

/* Roots of C eq. 21, order of operations as LALSimulation has it: two of them nearly coincide and magnify rounding. */
static roots spin_roots(const gws_imrphenomx_angles *a, double l, double j)
{
    double q = a->q, l2 = l * l, j2 = j * j, d = j2 - l2, s1 = a->s1_2, s2 = a->s2_2, s = a->s_eff;
    roots single = {0, a->s0_2, a->s0_2 + SPLIT};
    if (fabs(a->cos_s1) == 1 || fabs(a->cos_s2) == 1 || s1 == 0 || s2 == 0)
        return single;
    /* C eqs. B2 - B4 */
    double b = (l2 + s1) * q + 2.0 * l * s - 2.0 * j2 - s1 - s2 + (l2 + s2) / q;
    double c = d * d - 2.0 * l * s * d - 2.0 * ((1.0 - q) / q) * l2 * (s1 - q * s2) + 4.0 * a->eta * l2 * s * s -
               2.0 * a->delta * (s1 - s2) * s * l + 2.0 * ((1.0 - q) / q) * (q * s1 - s2) * j2;
    double e = ((1.0 - q) / q) * (s2 - q * s1) * (d * d) + a->delta * a->delta * (s1 - s2) * (s1 - s2) * l2 / a->eta +
               2.0 * a->delta * l * s * (s1 - s2) * d;

    double p = c - b * b / 3, r = (2.0 / 27.0) * (b * b * b) - b * c / 3.0 + e;
    double root = sqrt(-p / 3.0), cosine = 1.5 * r / p / root;
    double theta = acos(cosine < -1 ? -1 : cosine > 1 ? 1 : cosine) / 3.0;
    if (isnan(theta) || isnan(root))
        return single;
    double x1 = 2.0 * root * cos(theta - 4.0 * M_PI / 3.0) - b / 3.0, x2 = 2.0 * root * cos(theta - 2.0 * M_PI / 3.0) - b / 3.0,
           x3 = 2.0 * root * cos(theta) - b / 3.0;
    double lower = fmin(x1, x2), upper = fmax(x1, x2);
    return (roots){fmin(lower, x3), fabs(fmax(lower, fmin(upper, x3))), fabs(fmax(upper, x3))};
}

/* C eq. 41 */
static double total_momentum(const gws_imrphenomx_angles *a, double l)
{
    return sqrt(l * l + 2.0 * l * (a->c1 / a->eta) + a->s_av2);
}

/* Phase of nutation, C eq. 51 */
static double psi_at(const gws_imrphenomx_angles *a, double v)
{
    return a->psi0 - 0.75 * a->g0 * a->delta * (1.0 + a->psi1 * v + a->psi2 * (v * v)) / (v * v * v);
}

/* C eq. 66 with app. D: precession averaged over nutation */
static double phi_z_at(const gws_imrphenomx_angles *a, double v, double j)
{
    double eta = a->eta, e2 = eta * eta, c = a->c1, c2 = c * c, s2 = a->s_av2, s = a->s_av, l = eta / v;
    double log1 = log(fabs(c + j * eta + eta * l)), log2 = log(fabs(c + j * s * v + s2 * v));
    double k[5];
    k[0] = j / (e2 * e2) * (0.5 * c2 - c * e2 / (6 * v) - s2 * e2 / 3 - e2 * e2 / (3 * v * v)) -
           c / (2 * eta) * (c2 / (e2 * e2) - s2 / e2) * log1;
    k[1] = -0.5 * j / e2 * (c + eta * l) + 0.5 / (e2 * eta) * (c2 - e2 * s2) * log1;
    k[2] = -j + s * log2 - c * log1 / eta;
    k[3] = j * v - eta * log1 + c * log2 / s;
    k[4] = 0.5 * j * v / s2 * (c + v * s2) - 0.5 / (s2 * s) * (c2 - e2 * s2) * log2;
    double sum = a->phi_z0;
    for (int i = 0; i < 5; i++)
        sum += k[i] * a->phi_z[i];
    return isnan(sum) ? 0 : sum;
}

/* C eq. F5 */
static double zeta_at(const gws_imrphenomx_angles *a, double v)
{
    const double *k = a->zeta_z;
    double r = 1 / v, sum = a->zeta_z0 + a->eta * (r * (k[2] + r * (k[1] + r * k[0])) + k[3] * log(v) + k[4] * v);
    return isnan(sum) ? 0 : sum;
}

/* What nutation adds to phi_z (C eq. 67) and zeta (C eq. F19), in the form that LALSimulation sums them */
static void nutation(const gws_imrphenomx_angles *a, roots s, double v, double l, double j, double *phi, double *zeta)
{
    double eta = a->eta, e2 = eta * eta, v2 = v * v, j2 = j * j, split = s.plus - s.minus, d = j2 - s.plus;
    double rest = 1 - a->s_eff * v;
    /* C eqs. B6 - B11 */
    double c0 = 0.75 * j * rest * v2 *
                (e2 * eta + 4 * e2 * eta * a->s_eff * v - 2 * eta * (d + 2 * (a->s1_2 - a->s2_2) * a->delta) * v2 -
                 4 * eta * a->s_eff * d * v2 * v + d * d * v2 * v2 / eta);
    double c2 = -1.5 * j * eta * split * (1 + 2 * a->s_eff * v - d * v2 / e2) * rest * v2 * v2;
    double c4 = 0.75 * j / eta * split * split * rest * v2 * v2 * v2;
    double s_plus = sqrt(s.plus);
    double d0 = -(j2 - (l + s_plus) * (l + s_plus)) * (j2 - (l - s_plus) * (l - s_plus));
    double d2 = -2 * split * (j2 + l * l - s.plus), d4 = -split * split;
    double sd = sqrt(fabs(d2 * d2 - 4 * d0 * d4));

    double nc = 2 * (d0 + d2 + d4) / (2 * d0 + d2 + sd), nd = (2 * d0 + d2 + sd) / (2 * d0);
    double root_c = sqrt(fabs(nc)), root_d = sqrt(fabs(nd));
    double psi_dot = -0.75 * (v2 * v2 * v2) * rest / sqrt(eta) * sqrt(s.plus - s.s3);
    double tan_psi = tan(psi_at(a, v)), psi = atan(tan_psi), scale = 2 * d0 * sd * (d0 + d2 + d4);
    double along_c =
        fabs((c4 * d0 * (2 * d0 + d2 + sd) - c2 * d0 * (d2 + 2 * d4 - sd) - c0 * (2 * d0 * d4 - (d2 + d4) * (d2 - sd))) / scale);
    double along_d =
        fabs(-c4 * d0 * (2 * d0 + d2 - sd) + c2 * d0 * (d2 + 2 * d4 + sd) - c0 * (-(2 * d0 * d4) + (d2 + d4) * (d2 + sd))) / scale;
    double term_c = nc == 1 ? 0 : along_c * (root_c / (nc - 1) * (psi - atan(root_c * tan_psi))) / psi_dot;
    double term_d = nd == 1 ? 0 : along_d * (root_d / (nd - 1) * (psi - atan(root_d * tan_psi))) / psi_dot;
    *phi = term_c + term_d;
    double at = 0.5 * (j / l + l / j - s.plus / (j * l)), by = 0.5 * split / (j * l);
    *zeta = at * *phi + 2 * by * d0 * (term_c / (sd - d2) - term_d / (sd + d2));
    if (isnan(*phi))
        *phi = 0;
    if (isnan(*zeta))
        *zeta = 0;
}

static void msa_at(const gws_imrphenomx_angles *a, double v, double *alpha, double *epsilon, double *cos_beta)
{
    double l = a->eta / v, j = total_momentum(a, l), v2 = v * v;
    const double *k = a->l_pn;
    double l3 = l * (1 + v2 * (k[0] + v * k[1] + v2 * (k[2] + v * k[3] + v2 * k[4]))), j3 = total_momentum(a, l3);
    roots s = spin_roots(a, l, j);
    double sn = 0, phi = 0, zeta = 0, split = s.minus - s.plus;
    if (!(fabs(split) < DEGENERATE))
        sn = jacobi_sn(psi_at(a, v), split / (s.s3 - s.plus));
    if (fabs(split) > DEGENERATE)
        nutation(a, s, v, l, j, &phi, &zeta);
    double spin = sqrt(s.plus + split * sn * sn), cosine = 0.5 * (j3 * j3 + l3 * l3 - spin * spin) / (l3 * j3);
    *alpha = phi_z_at(a, v, j) + phi;
    *epsilon = zeta_at(a, v) + zeta;
    *cos_beta = cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
}

static double orbital_momentum(const double *l_pn, double v, double eta)
{
    double sum = 0;
    for (int k = 6; k >= 0; k--)
        sum = sum * v + l_pn[k];
    return eta / v * sum;
}

static void single_spin_at(const gws_imrphenomx_angles *a, double v, double *alpha, double *epsilon, double *cos_beta)
{
    double r = 1 / v, basis[5] = {r * r * r, r * r, r, 3 * log(v), v};
    *alpha = *epsilon = 0;
    for (int i = 0; i < 5; i++) {
        *alpha += a->alpha[i] * basis[i];
        *epsilon += a->epsilon[i] * basis[i];
    }
    double along = orbital_momentum(a->l_one, v, a->eta) + a->s_along, s = a->s_perp / along;
    *cos_beta = copysign(1.0, along) / sqrt(1 + s * s);
}

void gws_imrphenomx_angles_at(const gws_imrphenomx_angles *a, double v, double *alpha, double *epsilon, double *cos_beta)
{
    if (a->msa)
        msa_at(a, v, alpha, epsilon, cos_beta);
    else
        single_spin_at(a, v, alpha, epsilon, cos_beta);
    *alpha -= a->alpha_offset;
    *epsilon -= a->epsilon_offset;
}

/* Spin-orbit coupling of the post-Newtonian coefficients, C app. A */
static double couple(const gws_imrphenomx_angles *a, double s1, double s2, double one, double ratio)
{
    return s1 * (one + ratio * a->q) + s2 * (one + ratio / a->q);
}

/* The inverse of d omega/dt, expanded in v (C eqs. A1 - A5), with the spins as they are at f_ref. */
typedef struct inverse_rate {
    double g0, g2, g3, g4;
} inverse_rate;

static inverse_rate inverse_rate_of(const gws_imrphenomx_angles *a, vec s1, vec s2)
{
    double eta = a->eta, q = a->q, pi = M_PI;
    double cross = dot(s1, s2), d1 = s1.z, d2 = s2.z;
    double sigma = (-494.0 / 5 * cross + 1442.0 / 5 * d1 * d2) / eta;
    double tau = (q * (a->s1_2 * (-233.0 / 5) + 719.0 / 5 * d1 * d1) + (-233.0 / 5 * a->s2_2 + 719.0 / 5 * d2 * d2) / q) / eta;
    double a0 = 96.0 / 5 * eta, a2 = eta * (-1486.0 / 35 - 264.0 / 5 * eta);
    double a3 = eta * (384 * pi / 5 + couple(a, d1, d2, -904.0 / 5, -120));
    double a4 = eta * (34103.0 / 945 + eta * (13661.0 / 105 + 944.0 / 15 * eta) + sigma + tau);
    return (inverse_rate){1 / a0, -a2 / (a0 * a0), -a3 / (a0 * a0), -(a4 * a0 - a2 * a2) / (a0 * a0 * a0)};
}

/* The spins, and the post-Newtonian terms of the orbital momentum that come with them. */
static void spins_init(gws_imrphenomx_angles *a, const gws_imrphenomx *x, vec chi1, vec chi2, vec *s1_out, vec *s2_out)
{
    double eta = x->eta, e2 = eta * eta, q = x->m2 / x->m1, pi = M_PI;
    a->q = q;
    a->delta = (1 - q) / (1 + q);
    vec s1 = {chi1.x * eta / q, chi1.y * eta / q, chi1.z * eta / q}, s2 = {chi2.x * eta * q, chi2.y * eta * q, chi2.z * eta * q};
    double kg = GWS_MSUN_KG, total = x->m1_kg / kg * kg + x->m2_kg / kg * kg, m1 = x->m1_kg / total, m2 = x->m2_kg / total;
    double n1 = sqrt(dot(chi1, chi1)) * (m1 * m1), n2 = sqrt(dot(chi2, chi2)) * (m2 * m2);
    a->s1_2 = n1 * n1;
    a->s2_2 = n2 * n2;
    a->cos_s1 = s1.z / sqrt(dot(s1, s1));
    a->cos_s2 = s2.z / sqrt(dot(s2, s2));
    a->s_eff = (1.0 + q) * s1.z + (1 + (1.0 / q)) * s2.z;

    double *k = a->l_pn;
    k[0] = 1.5 + eta / 6;
    k[1] = couple(a, s1.z, s2.z, -14.0 / 6, -1.5);
    k[2] = 27.0 / 8 - 19.0 / 8 * eta + e2 / 24;
    k[3] = couple(a, s1.z, s2.z, -11.0 / 2 + 133.0 / 72 * eta, -33.0 / 8 + 7.0 / 4 * eta);
    k[4] = 135.0 / 16 + (-6889.0 / 144 + 41.0 / 24 * pi * pi) * eta + 31.0 / 24 * e2 + 7.0 / 1296 * e2 * eta;
    *s1_out = s1;
    *s2_out = s2;
}

/* Nutation's phase in v: C eqs. C1 - C3. */
static void nutation_phase_init(gws_imrphenomx_angles *a, const inverse_rate *rate)
{
    double eta = a->eta, e2 = eta * eta, q = a->q, c = a->c1, seff = a->s_eff, g0 = rate->g0, g2 = rate->g2;
    double n = c / eta, p2 = (1 + q) * (1 + q), qm2 = (1 - q) * (1 - q), mp2 = (1 - q * q) * (1 - q * q);
    a->psi1 = 3 * (2 * e2 * seff - c) / (eta * (a->delta * a->delta));
    double left = 4 * n * n * p2 - 8 * n * q * (1 + q) * seff - 4 * (mp2 * a->s1_2 - q * q * seff * seff);
    double right = 4 * n * n * q * q * p2 - 8 * n * q * q * (1 + q) * seff - 4 * (mp2 * a->s2_2 - q * q * seff * seff);
    double discriminant = sqrt(fabs(left * right));
    a->psi2 =
        3 * g2 / g0 +
        0.75 * p2 / (qm2 * qm2) *
            (-20 * n * n * q * q * p2 + 2 * mp2 * (q * (2 + q) * a->s1_2 + (1 + 2 * q) * a->s2_2 - 2 * q * a->s_av2) +
             4 * q * q * (7 + 6 * q + 7 * q * q) * n * seff - 2 * q * q * (3 + 4 * q + 3 * q * q) * seff * seff + q * discriminant);
}

/* Rates averaged over nutation, expanded in v: phi_z by C app. D, zeta by C app. E.  Returns the first coefficient that is left out. */
static double averages_init(gws_imrphenomx_angles *a, roots r, const inverse_rate *rate)
{
    double eta = a->eta, e2 = eta * eta, q = a->q, c = a->c1, c2 = c * c, seff = a->s_eff;
    double g0 = rate->g0, g2 = rate->g2, g3 = rate->g3, g4 = rate->g4;
    double rm = r.plus - r.minus, cp = r.plus * e2 - c2, cm = r.minus * e2 - c2, cpcm = sqrt(fabs(cp * cm));
    double d2rm = (cp - cpcm) / e2, d4rm = -0.5 * rm * cpcm / e2 - cp / (eta * (eta * e2)) * (cpcm - cp);
    double aw = -3 * (1 + q) / q * (2 * (1 + q) * e2 * seff * c - (1 + q) * c2 + (1 - q) * e2 * (a->s1_2 - a->s2_2));
    double dw = 4 * cp - 4 * d2rm * e2;
    double ad = aw / dw, cd = 3.0 / 32 / eta * (rm * rm) / dw, hd = -2 * (2 * d2rm - rm) * c / dw,
           fd = (rm * d2rm - d4rm - 0.25 * rm * rm) / dw, gd = 3.0 / 16 / (e2 * eta) * (rm * rm) * (c - e2 * seff) / dw;
    double adfd = ad * fd, adh2 = ad * (hd * hd);
    double w[6];
    w[0] = 0.5 + 0.75 / eta + ad;
    w[1] = -0.75 * seff / eta - ad * seff - ad * hd;
    w[2] = ad * hd * seff + cd - adfd + adh2;
    w[3] = (adfd - cd - adh2) * (seff + hd) + adfd * hd;
    w[4] = (cd + adh2 - 2 * adfd) * (hd * seff + hd * hd - fd) - adfd * fd;
    w[5] = (cd - adfd + adh2) * fd * (seff + 2 * hd) - (cd + adh2 - 2 * adfd) * (hd * hd) * (seff + hd) - adfd * fd * hd;
    a->phi_z[0] = 3 * g0 * w[0];
    a->phi_z[1] = 3 * g0 * w[1];
    a->phi_z[2] = 3 * (g0 * w[2] + g2 * w[0]);
    a->phi_z[3] = 3 * (g0 * w[3] + g2 * w[1] + g3 * w[0]);
    a->phi_z[4] = 3 * (g0 * w[4] + g2 * w[2] + g3 * w[1] + g4 * w[0]);

    double turn = c / e2, z[5];
    z[0] = w[0];
    for (int i = 1; i < 5; i++)
        z[i] = w[i] + w[i - 1] * turn;
    z[3] += gd;
    z[4] -= gd * (seff + hd);
    a->zeta_z[0] = -g0 * z[0];
    a->zeta_z[1] = -1.5 * g0 * z[1];
    a->zeta_z[2] = -3 * (g0 * z[2] + g2 * z[0]);
    a->zeta_z[3] = 3 * (g0 * z[3] + g2 * z[1] + g3 * z[0]);
    a->zeta_z[4] = 3 * (g0 * z[4] + g2 * z[2] + g3 * z[1] + g4 * z[0]);
    return w[5];
}

/* C's solution for the binary; whether its expansion holds.  Where spins lie along L it is a quotient of differences of equal numbers,
 * and LALSimulation's answer is what rounding leaves of them: hence masses in kilograms, and its order of operations. */
static int msa_init(gws_imrphenomx_angles *a, const gws_imrphenomx *x, vec chi1, vec chi2, double f_ref)
{
    double eta = x->eta, v0 = cbrt(M_PI * (x->m1_kg + x->m2_kg) * (GWS_G_SI / GWS_C_M_S) / (GWS_C_M_S * GWS_C_M_S) * f_ref);
    vec s1, s2;
    spins_init(a, x, chi1, chi2, &s1, &s2);
    vec s = {s1.x + s2.x, s1.y + s2.y, s1.z + s2.z};
    double s0 = sqrt(dot(s, s));
    a->s0_2 = s0 * s0;

    double l = eta / v0;
    vec j_vec = {s.x, s.y, l + s.z};
    double j = sqrt(dot(j_vec, j_vec));
    roots r = spin_roots(a, l, j);
    a->s_av2 = 0.5 * (r.plus + r.minus);
    a->s_av = sqrt(a->s_av2);
    a->c1 = 0.5 * (j * j - l * l - a->s_av2) / l * eta;

    const inverse_rate rate = inverse_rate_of(a, s1, s2);
    a->g0 = rate.g0;
    nutation_phase_init(a, &rate);
    const double left_out = averages_init(a, r, &rate);

    /* Nutation's phase at f_ref from where S is between its extremes, and whether it comes or goes */
    a->psi0 = 0;
    double split = r.minus - r.plus, add_phi = 0, add_zeta = 0;
    if (!(fabs(split) < DEGENERATE)) {
        double m = split / (r.s3 - r.plus), where = (a->s0_2 - r.plus) / split, volume = s1.x * s2.y - s1.y * s2.x;
        if (where > -1e-5 && where < 1 + 1e-5) {
            double sine = (volume > 0) - (volume < 0), square = fmin(fmax(where, 0), 1);
            a->psi0 = sine * sqrt(square) * carlson_rf(1 - square, 1 - m * square, 1) - psi_at(a, v0);
        }
    }
    if (fabs(split) > DEGENERATE)
        nutation(a, r, v0, l, j, &add_phi, &add_zeta);
    a->phi_z0 = a->zeta_z0 = 0;
    double phi = phi_z_at(a, v0, j), zeta = zeta_at(a, v0);
    a->phi_z0 = -phi - add_phi;
    a->zeta_z0 = -zeta - add_zeta;
    return !(fabs(left_out) > OMEGA_MAX);
}

/* P app. G and its spin chi_p (Schmidt et al. 2015, arXiv:1408.1810) */
static void single_spin_init(gws_imrphenomx_angles *a, const gws_imrphenomx *x, double chi_p)
{
    double eta = x->eta, e2 = eta * eta, e3 = e2 * eta, e4 = e2 * e2, m = x->m1, m2 = m * m, m3 = m2 * m, m4 = m2 * m2,
           d = x->delta;
    double chi = (x->m1 * x->chi1 + x->m2 * x->chi2) / m, c2 = chi * chi, p2 = chi_p * chi_p, pi = M_PI;
    a->s_perp = chi_p * m2;
    a->s_along = x->chi1 * m2 + x->chi2 * x->m2 * x->m2;
    double first = -35.0 / 192 + 5 * d / (64 * m), second = (15 * chi * d * m - 35 * chi * m2) / (128 * eta);
    double third = -5515.0 / 3072 + eta * (-515.0 / 384 - 15 * d * d / (256 * m2) + 175 * d / (256 * m)) + 4555 * d / (7168 * m);
    double fourth = 5 * chi * d * d / 16 - 5 * chi * d * m / 3 + 2545 * chi * m2 / 1152 +
                    (-2035 * chi * d * m / 21504 + 2995 * chi * m2 / 9216) / eta - 35 * pi / 48 + 5 * d * pi / (16 * m);
    a->alpha[0] = a->epsilon[0] = first;
    a->alpha[1] = a->epsilon[1] = second;
    a->alpha[2] = third + p2 * (15 * d * m3 - 35 * m4) / (128 * e2);
    a->epsilon[2] = third;
    a->alpha[3] = fourth + chi * p2 * (5 * d * m4 * m / 128 - 35 * m4 * m2 / 384) / e3;
    a->epsilon[3] = fourth;
    /* LALSimulation's chi_p terms of the last alpha, eta^4 taken out */
    double both = 127008 * p2 * (4 * c2 - p2) * m4 * m4 / e4;
    double even = 7 * m3 *
                  (8024297 + 857412 * eta + 3080448 * e2 + 143640 * p2 * m4 / e2 + both +
                   6048 / eta * ((2632 * c2 + 115 * p2) * m4 - 672 * chi * m2 * pi));
    double odd = 3 * d * m2 *
                 (-5579177 + 80136 * eta - 3845520 * e2 + 146664 * p2 * m4 / e2 - both -
                  42336 / eta * ((726 * c2 + 29 * p2) * m4 - 96 * chi * m2 * pi));
    a->alpha[4] =
        5 *
        (-190512 * d * d * d * e2 + 2268 * d * d / eta * m * (e2 * (323 + 784 * eta) + 336 * (25 * c2 + p2) * m4) + even + odd) /
        (6.5028096e7 * m3);
    a->epsilon[4] =
        5 *
        (-190512 * d * d * d * e3 + 2268 * d * d * m * (e2 * (323 + 784 * eta) + 8400 * c2 * m4) -
         3 * d * m2 * (eta * (5579177 + 504 * eta * (-159 + 7630 * eta)) + 254016 * chi * m2 * (121 * chi * m2 - 16 * pi)) +
         7 * m3 * (eta * (8024297 + 36 * eta * (23817 + 85568 * eta)) + 338688 * chi * m2 * (47 * chi * m2 - 12 * pi))) /
        (6.5028096e7 * eta * m3);
}

/* Orbital momentum to 3PN at f_ref, which fixes J; the two kinds of angles come with spin terms of their own. */
static void momentum_init(gws_imrphenomx_angles *a, const gws_imrphenomx *x)
{
    double eta = x->eta, sum = x->chi1 + x->chi2, dif = x->delta * (x->chi1 - x->chi2), *l = a->l_one;
    l[0] = 1;
    l[1] = 0;
    l[2] = 1.5 + eta / 6;
    l[4] = (81 + (-57 + eta) * eta) / 24;
    l[6] = (10935 + eta * (-62001 + 1674 * eta + 7 * eta * eta + 2214 * M_PI * M_PI)) / 1296;
    if (a->msa) {
        l[3] = (-7 * (sum + dif) + 5 * sum * eta) / 6;
        l[5] = (-1650 * (sum + dif) + 1336 * sum * eta + 511 * dif * eta + 28 * sum * eta * eta) / 600;
    } else {
        l[3] = 5 * (-2 * (sum + dif) + sum * eta) / 6;
        l[5] = -7 * (72 * (sum + dif) - 121 * sum * eta - 31 * dif * eta + 2 * sum * eta * eta) / 144;
    }
}

static vec turn_z(vec a, double angle)
{
    double c = cos(angle), s = sin(angle);
    return (vec){a.x * c - a.y * s, a.x * s + a.y * c, a.z};
}

static vec turn_y(vec a, double angle)
{
    double c = cos(angle), s = sin(angle);
    return (vec){a.x * c + a.z * s, a.y, -a.x * s + a.z * c};
}

static double azimuth(vec a)
{
    return fabs(a.x) < ATAN_TOL && fabs(a.y) < ATAN_TOL ? 0 : atan2(a.y, a.x);
}

void gws_imrphenomx_angles_init(gws_imrphenomx_angles *a, gws_imrphenomx *x, const gws_binary *b)
{
    *a = (gws_imrphenomx_angles){.eta = x->eta};
    int swap = b->mass1_msun < b->mass2_msun;
    const double *big = swap ? b->spin2 : b->spin1, *small = swap ? b->spin1 : b->spin2;
    vec chi1 = {big[0], big[1], big[2]}, chi2 = {small[0], small[1], small[2]};
    double f_ref = b->f_ref_hz > 0 ? b->f_ref_hz : b->f_lower_hz, v0 = cbrt(M_PI * x->m_s * f_ref);
    double m1_2 = x->m1 * x->m1, m2_2 = x->m2 * x->m2;

    a->msa = msa_init(a, x, chi1, chi2, f_ref);
    double final;
    if (a->msa) {
        /* Spin along L averaged over nutation, C eqs. A9, A10; 1e-16 keeps equal masses finite */
        double q = a->q, spread = 1 - q * q + 1e-16, l_final = x->spin_aligned - m1_2 * chi1.z - m2_2 * chi2.z;
        double s1_l = (a->c1 * (1 + q) - q * x->eta * a->s_eff) / (x->eta * spread);
        double s2_l = -q * (a->c1 * (1 + q) - x->eta * a->s_eff) / (x->eta * spread);
        final = sqrt(a->s_av2 + l_final * l_final + 2 * l_final * (s1_l + s2_l));
    } else {
        double p1 = (2 + 1.5 * x->m2 / x->m1) * m1_2, p2 = (2 + 1.5 * x->m1 / x->m2) * m2_2;
        double chi_p = fmax(p1 * hypot(chi1.x, chi1.y), p2 * hypot(chi2.x, chi2.y)) / p1;
        single_spin_init(a, x, chi_p);
        final = hypot(a->s_perp, x->spin_aligned);
    }
    gws_imrphenomx_remnant(x, copysign(fmin(final, 1), x->spin_aligned));
    momentum_init(a, x);

    /* P app. C: J at f_ref in the frame whose z is the orbital momentum; N, the line of sight; X, a polarisation axis */
    double phase = b->coa_phase_rad, sin_i = sin(b->incl_rad), cos_i = cos(b->incl_rad);
    vec j = {m1_2 * chi1.x + m2_2 * chi2.x, m1_2 * chi1.y + m2_2 * chi2.y,
             m1_2 * chi1.z + m2_2 * chi2.z + orbital_momentum(a->l_one, v0, x->eta)};
    double size = sqrt(dot(j, j)), theta = size < 1e-10 ? 0 : acos(j.z / size), phi = azimuth(j);
    vec n = {sin_i * cos(M_PI / 2 - phase), sin_i * sin(M_PI / 2 - phase), cos_i};
    double kappa = azimuth(turn_y(turn_z(n, -phi), -theta));
    double cosine = dot(j, n) / size;
    a->theta_jn = acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine);
    vec polar = {-cos_i * sin(phase), -cos_i * cos(phase), sin_i};
    polar = turn_z(turn_y(turn_z(polar, -phi), -theta), -kappa);
    a->zeta = atan2(polar.y, polar.x * cos(a->theta_jn) - polar.z * sin(a->theta_jn));

    double alpha, epsilon, cos_beta;
    gws_imrphenomx_angles_at(a, v0, &alpha, &epsilon, &cos_beta);
    a->alpha_offset = alpha - (M_PI - kappa);
    a->epsilon_offset = epsilon - (phi - M_PI);
}
