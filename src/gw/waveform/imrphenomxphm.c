#include "gw/waveform/imrphenomxphm.h"

#include "gw/waveform/imrphenomx.h"
#include "gw/waveform/imrphenomx_angles.h"
#include "gw/waveform/imrphenomxhm.h"

#include <math.h>
#include <string.h>

#define L_MAX 4
#define M_ALL (2 * L_MAX + 1)

/* One mode of the orbital plane's frame, turned: factors of exp(i m alpha), m = -l..l, as sums of two products of powers of
 * cos(beta/2) and sin(beta/2) */
typedef struct turned {
    int l, m;
    double d[M_ALL][2]; /* of c^(p) s^(2l-p), p = power[], then of c^(p-2) s^(2l-p+2) */
    int power[M_ALL];
    double plus[M_ALL], cross[M_ALL]; /* what exp(i m alpha) d contributes to h+ and, times i, to hx */
} turned;

/* P eqs. 3.5 - 3.8 with m of the first sum turned round */
static void turn_prepare(turned *t, int l, int m, double theta_jn)
{
    t->l = l;
    t->m = m;
    for (int i = 0; i <= 2 * l; i++) {
        int mu = i - l, k = mu < m ? m - mu : 0;
        t->power[i] = 2 * l + m - mu - 2 * k;
        t->d[i][0] = gws_imrphenomx_wigner(l, mu, m, k);
        t->d[i][1] = gws_imrphenomx_wigner(l, mu, m, k + 1);
        double back = ((mu + m) % 2 ? -1 : 1) * gws_imrphenomx_harmonic(l, -mu, theta_jn),
               front = (l % 2 ? -1 : 1) * gws_imrphenomx_harmonic(l, mu, theta_jn);
        t->plus[i] = 0.5 * (back + front);
        t->cross[i] = 0.5 * (back - front);
    }
}

/* h+ and hx of a mode of strain h, added to what other modes gave */
static void turn(const turned *t, double alpha, double epsilon, double cos_beta, double complex h, double complex *plus,
                 double complex *cross)
{
    double c[M_ALL], s[M_ALL];
    c[0] = s[0] = 1;
    double half_c = sqrt(fabs(1 + cos_beta) / 2), half_s = sqrt(fabs(1 - cos_beta) / 2);
    for (int k = 1; k <= 2 * t->l; k++) {
        c[k] = c[k - 1] * half_c;
        s[k] = s[k - 1] * half_s;
    }
    double pr = 0, pi = 0, cr = 0, ci = 0, re = cos(t->l * alpha), im = -sin(t->l * alpha), step_re = cos(alpha),
           step_im = sin(alpha);
    for (int i = 0; i <= 2 * t->l; i++) {
        int p = t->power[i];
        double d = t->d[i][0] * c[p] * s[2 * t->l - p];
        if (t->d[i][1] != 0)
            d += t->d[i][1] * c[p - 2] * s[2 * t->l - p + 2];
        pr += t->plus[i] * d * re;
        pi += t->plus[i] * d * im;
        cr -= t->cross[i] * d * im;
        ci += t->cross[i] * d * re;
        double next = re * step_re - im * step_im;
        im = re * step_im + im * step_re;
        re = next;
    }
    h *= CMPLX(cos(t->m * epsilon), -sin(t->m * epsilon));
    *plus += h * CMPLX(pr, pi);
    *cross += h * CMPLX(cr, ci);
}

gws_status gws_imrphenomxphm_fd(const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp, double complex *hc,
                                gws_err *err)
{
    gws_imrphenomx x;
    gws_status status = gws_imrphenomx_init(&x, "IMRPhenomXPHM", b, err);
    if (status != GWS_OK)
        return status;
    gws_imrphenomx_angles angles;
    gws_imrphenomx_angles_init(&angles, &x, b);
    gws_imrphenomx_prepare(&x);
    int64_t first, end;
    gws_imrphenomx_bins(&x, b, delta_f_hz, n, &first, &end);
    gws_binary still = *b; /* P's convention 1: the phase at f_ref turns the line of sight, not the modes */
    still.coa_phase_rad = 0;
    gws_imrphenomxhm_mode modes[GWS_IMRPHENOMXHM_N_MODES];
    int n_modes = gws_imrphenomxhm_prepare(modes, &x, b->modes, gws_imrphenomx_phase_ref(&x, &still));
    turned turns[GWS_IMRPHENOMXHM_N_MODES];
    for (int i = 0; i < n_modes; i++)
        turn_prepare(&turns[i], modes[i].l, modes[i].m, angles.theta_jn);
    double c2 = x.amp0 * cos(2 * angles.zeta), s2 = x.amp0 * sin(2 * angles.zeta);

    memset(hp, 0, (size_t)n * sizeof *hp);
    memset(hc, 0, (size_t)n * sizeof *hc);
    for (int64_t k = first; k < end; k++) {
        double f = x.m_s * ((double)k * delta_f_hz), u = cbrt(f), log_f = log(f), at[L_MAX + 1][3];
        unsigned known = 0; /* m whose angles are there: those of (2,2) at 2 f/m */
        double complex plus = 0, cross = 0;
        for (int i = 0; i < n_modes; i++) {
            int m = modes[i].m;
            if (!(known & 1U << m))
                gws_imrphenomx_angles_at(&angles, cbrt(2 * M_PI * f / m), &at[m][0], &at[m][1], &at[m][2]);
            known |= 1U << m;
            turn(&turns[i], at[m][0], at[m][1], at[m][2], gws_imrphenomxhm_at(&modes[i], f, u, log_f), &plus, &cross);
        }
        hp[k] = c2 * plus + s2 * cross;
        hc[k] = c2 * cross - s2 * plus;
    }
    return GWS_OK;
}
