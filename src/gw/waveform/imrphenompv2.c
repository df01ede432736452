#include "gw/waveform/imrphenompv2.h"

#include "dsp/vmath.h"
#include "gw/constants.h"
#include "gw/waveform/imrphenomd.h"

#include <math.h>
#include <string.h>

#define TINY 1e-15 /* a component below this has no direction */
#define N_RING 10  /* points of the phase about the ringdown frequency whose spline's slope is the time of the peak */
#define BLOCK 256  /* frequencies at a time, for the functions of whole arrays */
#define SQRT_6 2.449489742783178

/* Factors of omega^(-1), omega^(-2/3), omega^(-1/3), log omega, omega^(1/3), omega = pi M f. */
typedef struct angle {
    double a[5], offset;
} angle;

/* What precession needs, the heavier body being the first; lengths in the total mass. */
typedef struct twist {
    double eta, s_along, s_across; /* total spin along the orbital momentum, effective one across it */
    double s_remnant;              /* s_across from the masses themselves */
    angle alpha, epsilon;
    double p[3], c[2];            /* plus: factors of m = 0, 1, 2; cross: of m = 1, 2 */
    double phase, cos_2z, sin_2z; /* phase of the aligned model; polarisation angle of J's frame, twice */
} twist;

static double angle_at(const angle *g, double omega, double log_omega, double v)
{
    return g->a[0] / omega + g->a[1] / (v * v) + g->a[2] / v + g->a[3] * log_omega + g->a[4] * v - g->offset;
}

/* LIGO-T1500602 app. A, in q >= 1 and r = 1/q - 1: azimuth alpha of the orbital momentum about J.  The third angle, epsilon,
 * is the same without the spin in the plane. */
static void angle_prepare(angle *g, double q, double chi_l, double chi_p, double omega_ref)
{
    double x = q / (1 + q), eta = q / ((1 + q) * (1 + q)), r = 1 / q - 1, p2 = chi_p * chi_p, q2 = q * q, lean = 15 * r + 35;
    double *a = g->a;
    a[0] = -35.0 / 192 - 5.0 / 64 * r;
    a[1] = -lean * q * chi_l / 128;
    a[2] = -5515.0 / 3072 - 4555.0 / 7168 * r - (515.0 / 384 + r * (175.0 / 256 + 15.0 / 256 * r)) * eta - lean * q2 * p2 / 128;
    a[3] = -35 * M_PI / 48 - 5 * M_PI / 16 * r + chi_l * x * x * (2545.0 / 1152 + r * (5.0 / 3 + 5.0 / 16 * r)) +
           chi_l * q * (2995.0 / 9216 + 2035.0 / 21504 * r) - chi_l * p2 * q2 * q * lean / 384;
    a[4] = 4.318908476114694 + 27895885.0 / 21676032 * r + eta * (39695.0 / 86016 + r * (-265.0 / 14336 + 1615.0 / 28672 * r)) +
           eta * eta * (955.0 / 576 + r * (2725.0 / 3072 + r * (35.0 / 256 + 15.0 / 1024 * r))) - M_PI * chi_l * q * lean / 16 +
           chi_l * chi_l * x * x * q * (1645.0 / 192 + r * (1815.0 / 256 + 375.0 / 256 * r)) +
           p2 * (q2 * (475.0 / 6144 - 485.0 / 14336 * r) + x * x * q * (575.0 / 1536 + r * (145.0 / 512 + 15.0 / 256 * r)) +
                 chi_l * chi_l * q2 * q2 * lean / 128) -
           p2 * p2 * q2 * q2 * lean / 512;
    g->offset = 0;
    g->offset = angle_at(g, omega_ref, log(omega_ref), cbrt(omega_ref));
}

/* Orbital angular momentum over M^2 to 2PN without spins: Bohe et al. 2013 (arXiv:1212.5520) eq. 4.7. */
static double orbital(double v, double eta)
{
    double x = v * v;
    return eta * (1 + x * (1.5 + eta / 6 + x * (3.375 - 19.0 / 8 * eta - eta * eta / 24))) / v;
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* From the frame at f_ref, orbital momentum along z and separation along x, to that of J: LIGO-T1500602 sec. on conventions.
 * The line of sight lies at (incl, pi/2 - phase).  Fills everything of the twist but masses, spins and the angles' factors. */
static void frame_prepare(twist *t, const double j[3], double incl, double phase, double *alpha0)
{
    double length = sqrt(dot(j, j)), theta = length < 1e-10 ? 0 : acos(j[2] / length);
    double phi = fabs(j[0]) < TINY && fabs(j[1]) < TINY ? M_PI_2 - phase : atan2(j[1], j[0]);
    double sky[3] = {sin(incl) * sin(phase), sin(incl) * cos(phase), cos(incl)};
    double wave_x[3] = {-cos(incl) * sin(phase), -cos(incl) * cos(phase), sin(incl)};
    double ct = cos(theta), status = sin(theta), cp = cos(phi), sp = sin(phi);
    double e_theta[3] = {ct * cp, ct * sp, -status}, e_phi[3] = {-sp, cp, 0}, e_j[3] = {status * cp, status * sp, ct};

    /* x' and y' across J, the line of sight in the x'-J plane */
    double nx = dot(sky, e_theta), ny = dot(sky, e_phi);
    double turn = fabs(nx) < TINY && fabs(ny) < TINY ? 0 : atan2(ny, nx), c = cos(turn), s = sin(turn);
    double ex[3], ey[3];
    for (int i = 0; i < 3; i++) {
        ex[i] = c * e_theta[i] + s * e_phi[i];
        ey[i] = c * e_phi[i] - s * e_theta[i];
    }
    *alpha0 = fabs(ex[2]) < TINY && fabs(ey[2]) < TINY ? M_PI : atan2(ey[2], ex[2]);

    /* Polarisations about P = -y' and Q = N x P (arXiv:0810.5336 sec. II A) and the wave frame's differ by the angle z. */
    double nj = dot(sky, e_j), side = dot(sky, ex);
    double z = atan2(nj * dot(wave_x, ex) - side * dot(wave_x, e_j), -dot(wave_x, ey));
    t->cos_2z = cos(2 * z);
    t->sin_2z = sin(2 * z);
    t->phase = -phi;

    /* Spin-weighted harmonics of l = 2 towards the observer, in the pairs m, -m that plus and cross are made of */
    double cj = fmax(-1, fmin(1, nj)), sj = sqrt(1 - cj * cj), y0 = sqrt(15 / (32 * M_PI)) * sj * sj;
    double up1 = sqrt(5 / (16 * M_PI)) * sj * (1 + cj), down1 = sqrt(5 / (16 * M_PI)) * sj * (1 - cj);
    double up2 = sqrt(5 / (64 * M_PI)) * (1 + cj) * (1 + cj), down2 = sqrt(5 / (64 * M_PI)) * (1 - cj) * (1 - cj);
    t->p[0] = SQRT_6 / 2 * y0;
    t->p[1] = down1 - up1;
    t->p[2] = down2 + up2;
    t->c[0] = -up1 - down1;
    t->c[1] = up2 - down2;
}

static void twist_prepare(twist *t, const gws_binary *b, double f_ref_hz)
{
    double mass1 = gws_msun_by_kg(b->mass1_msun), mass2 = gws_msun_by_kg(b->mass2_msun);
    int swap = mass1 < mass2;
    double heavy = fmax(mass1, mass2), light = fmin(mass1, mass2), total = heavy + light;
    double m1 = heavy / total, m2 = light / total, q = heavy / light;
    double q_angles = heavy * light / (total * total) > 0.25 ? 1 : q; /* LALSimulation's, where rounding passes 1/4 */
    const double *chi1 = swap ? b->spin2 : b->spin1, *chi2 = swap ? b->spin1 : b->spin2;
    double omega_ref = M_PI * total * GWS_MTSUN_S * f_ref_hz;
    t->eta = gws_imrphenomd_eta(heavy, light);

    /* arXiv:1408.1810 eqs. 3.3, 3.4 */
    double across1 = m1 * m1 * hypot(chi1[0], chi1[1]), across2 = m2 * m2 * hypot(chi2[0], chi2[1]);
    double a1 = 2 + 1.5 / q, a2 = 2 + 1.5 * q;
    double chi_p = fmax(a1 * across1, a2 * across2) / (a1 * m1 * m1);
    t->s_remnant = chi_p * m1 * m1;
    /* The opening angle comes from masses that LALSimulation takes from eta: half of the digits when they are nearly equal. */
    double q_eta = (1 + sqrt(1 - 4 * t->eta) - 2 * t->eta) / (2 * t->eta), x1 = q_eta / (1 + q_eta), x2 = 1 / (1 + q_eta);
    t->s_along = x1 * x1 * chi1[2] + x2 * x2 * chi2[2];
    t->s_across = chi_p * x1 * x1;

    double j[3], alpha0;
    for (int i = 0; i < 3; i++)
        j[i] = total * total * (m1 * m1 * chi1[i] + m2 * m2 * chi2[i]); /* in solar masses, as TINY is meant */
    j[2] += total * total * orbital(cbrt(omega_ref), t->eta);
    frame_prepare(t, j, b->incl_rad, b->coa_phase_rad, &alpha0);

    double chi_l = (m1 * chi1[2] + m2 * chi2[2]) / m1; /* all of the effective spin on the heavier body */
    angle_prepare(&t->alpha, q_angles, chi_l, chi_p, omega_ref);
    angle_prepare(&t->epsilon, q_angles, chi_l, 0, omega_ref);
    t->alpha.offset -= alpha0;
}

/* Slope of the phase at the ringdown frequency as LALSimulation finds it: a natural cubic spline through N_RING points. */
static double peak_time(const gws_imrphenomd *m)
{
    double lo = 0.8 * m->f_ring, hi = fmin(1.2 * m->f_ring, GWS_IMRPHENOMD_END), h = (hi - lo) / (N_RING - 1);
    double y[N_RING], bend[N_RING] = {0}, share[N_RING] = {0}; /* bend: half the second derivative */
    double f[N_RING], u[N_RING], log_f[N_RING];
    for (int i = 0; i < N_RING; i++)
        f[i] = lo + i * h;
    gws_vcbrt(N_RING, f, u);
    gws_vlog(N_RING, f, log_f);
    gws_imrphenomd_phase(m, N_RING, f, u, log_f, y);
    for (int i = 1; i < N_RING - 1; i++) { /* Thomas' elimination of 1 4 1 */
        double pivot = 4 - share[i - 1];
        share[i] = 1 / pivot;
        bend[i] = (3 * (y[i + 1] - 2 * y[i] + y[i - 1]) / (h * h) - bend[i - 1]) / pivot;
    }
    for (int i = N_RING - 2; i > 0; i--)
        bend[i] -= share[i] * bend[i + 1];
    int i = (int)fmin((m->f_ring - lo) / h, N_RING - 2);
    double d = m->f_ring - lo - i * h;
    return (y[i + 1] - y[i]) / h - h * (bend[i + 1] + 2 * bend[i]) / 3 + d * (2 * bend[i] + d * (bend[i + 1] - bend[i]) / h);
}

gws_status gws_imrphenompv2_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    (void)err;
    twist t;
    twist_prepare(&t, b, b->f_ref_hz > 0 ? b->f_ref_hz : b->f_lower_hz);

    double mass1 = gws_msun_by_kg(b->mass1_msun), mass2 = gws_msun_by_kg(b->mass2_msun), total = mass1 + mass2;
    int swap = mass1 < mass2;
    double chi1 = (swap ? b->spin2 : b->spin1)[2], chi2 = (swap ? b->spin1 : b->spin2)[2];
    double along = gws_imrphenomd_spin(t.eta, chi1, chi2), spin = copysign(fmin(hypot(along, t.s_remnant), 1), along);
    gws_imrphenomd m;
    gws_imrphenomd_init(&m, fmax(mass1, mass2), fmin(mass1, mass2), chi1, chi2, spin);

    double step = m.m_s * bins->delta_f_hz, cbrt_pi = cbrt(M_PI), log_pi = log(M_PI), t0 = peak_time(&m);
    /* Half of M^2/d with K eq. 17's factor; the harmonics bring the rest */
    double amp0 = 0.5 * m.m_s * total * GWS_MRSUN_M / (b->distance_mpc * GWS_MPC_M) * sqrt(2.0 / 3.0 * m.eta) * pow(M_PI, -1.0 / 6);

    for (int64_t k = bins->first; k < bins->end; k += BLOCK) {
        int64_t size = bins->end - k < BLOCK ? bins->end - k : BLOCK;
        double f[BLOCK], u[BLOCK], log_f[BLOCK], amp[BLOCK], alpha[BLOCK], phase[BLOCK];
        double sine[BLOCK], cosine[BLOCK], sin_a[BLOCK], cos_a[BLOCK];
        for (int64_t i = 0; i < size; i++)
            f[i] = (double)(k + i) * step;
        gws_vcbrt(size, f, u);
        gws_vlog(size, f, log_f);
        gws_imrphenomd_phase(&m, size, f, u, log_f, phase);
        gws_imrphenomd_amplitude(&m, size, f, u, amp);
        for (int64_t i = 0; i < size; i++) {
            double omega = M_PI * f[i], log_omega = log_f[i] + log_pi, v = cbrt_pi * u[i];
            alpha[i] = angle_at(&t.alpha, omega, log_omega, v);
            phase[i] += 2 * angle_at(&t.epsilon, omega, log_omega, v) - t0 * f[i] - 2 * t.phase;
        }
        gws_vsincos(size, phase, sine, cosine);
        gws_vsincos(size, alpha, sin_a, cos_a);
        for (int64_t i = 0; i < size; i++) {
            /* arXiv:1308.3271 eq. 1, Wigner's d of beta and -beta in pairs m, -m: tan(beta) = S_across/(L + S_along), the angle
             * taken as acute */
            double lean = t.s_across / (orbital(cbrt_pi * u[i], t.eta) + t.s_along), cb = 1 / sqrt(1 + lean * lean);
            double sb = fabs(lean) * cb, ca = cos_a[i], sa = sin_a[i], c2a = ca * ca - sa * sa, s2a = 2 * ca * sa;
            double half = 0.5 * (1 + cb * cb);
            double p_re = t.p[0] * sb * sb + t.p[2] * half * c2a - t.p[1] * sb * cb * ca;
            double p_im = t.p[2] * cb * s2a - t.p[1] * sb * sa;
            double c_re = t.c[1] * half * s2a - t.c[0] * sb * cb * sa;
            double c_im = -t.c[1] * cb * c2a + t.c[0] * sb * ca;

            double re = amp0 * amp[i] * cosine[i], im = -amp0 * amp[i] * sine[i];
            double plus_re = re * p_re - im * p_im, plus_im = re * p_im + im * p_re;
            double cross_re = re * c_re - im * c_im, cross_im = re * c_im + im * c_re;
            hp[k + i] = CMPLX(t.cos_2z * plus_re + t.sin_2z * cross_re, t.cos_2z * plus_im + t.sin_2z * cross_im);
            hc[k + i] = CMPLX(t.cos_2z * cross_re - t.sin_2z * plus_re, t.cos_2z * cross_im - t.sin_2z * plus_im);
        }
    }
    return GWS_OK;
}
