#include "gw/waveform/imrphenomd.h"

#include "dsp/vmath.h"
#include "gw/constants.h"
#include "gw/waveform/family.h"
#include "gw/waveform/imrphenomd_ringdown.h"

#include <math.h>
#include <string.h>

#define F_AMP_INS 0.014   /* M f: inspiral amplitude below (K sec. VIII) */
#define F_PHASE_INS 0.018 /* M f: inspiral phase below */
#define BLOCK 256         /* frequencies at a time, for the functions of whole arrays */

enum {
    RHO1,
    RHO2,
    RHO3,
    V2,
    GAMMA1,
    GAMMA2,
    GAMMA3,
    SIGMA1,
    SIGMA2,
    SIGMA3,
    SIGMA4,
    BETA1,
    BETA2,
    BETA3,
    ALPHA1,
    ALPHA2,
    ALPHA3,
    ALPHA4,
    ALPHA5,
    N_FIT
};

/* Table V of K with the digits of its supplement; K eq. 31: columns are the factors of 1, eta, then for each power
 * x, x^2, x^3 of x = chi_PN - 1 those of 1, eta, eta^2. */
static const double fit[N_FIT][11] = {
    [RHO1] = {3931.8979897196696, -17395.758706812805, 3132.375545898835, 343965.86092361377, -1216256.5819981997,
              -70698.00600428853, 1383907.177859705, -3966276.1890979446, -60017.52423652596, 803515.1181825735,
              -2091710.365941658},
    [RHO2] = {-40105.47653771657, 112253.0169706701, 23561.696065836168, -3476180.699403351, 11375936.70849482, 754313.1127166454,
              -13084760.44625268, 36444584.853928134, 596226.612472288, -7427790.1143564405, 18928977.514040343},
    [RHO3] = {83208.35471266537, -191237.7264145924, -210916.2454782992, 8717975.08352568, -26914942.420669552, -1988980.6527362722,
              30888029.960154563, -83908702.79256162, -1453503.1953446497, 17063528.990822166, -42748659.731120914},
    [V2] = {0.8149838730507785, 2.5747553517454658, 1.1610198035496786, -2.3627771785551537, 6.771038707057573, 0.7570782938606834,
            -2.7256896890432474, 7.1140380397149965, 0.1766934149293479, -0.7978690983168183, 2.1162391502005153},
    [GAMMA1] = {0.006927402739328343, 0.03020474290328911, 0.006308024337706171, -0.12074130661131138, 0.26271598905781324,
                0.0034151773647198794, -0.10779338611188374, 0.27098966966891747, 0.0007374185938559283, -0.02749621038376281,
                0.0733150789135702},
    [GAMMA2] = {1.010344404799477, 0.0008993122007234548, 0.283949116804459, -4.049752962958005, 13.207828172665366,
                0.10396278486805426, -7.025059158961947, 24.784892370130475, 0.03093202475605892, -2.6924023896851663,
                9.609374464684983},
    [GAMMA3] = {1.3081615607036106, -0.005537729694807678, -0.06782917938621007, -0.6689834970767117, 3.403147966134083,
                -0.05296577374411866, -0.9923793203111362, 4.820681208409587, -0.006134139870393713, -0.38429253308696365,
                1.7561754421985984},
    [SIGMA1] = {2096.551999295543, 1463.7493168261553, 1312.5493286098522, 18307.330017082117, -43534.1440746107,
                -833.2889543511114, 32047.31997183187, -108609.45037520859, 452.25136398112204, 8353.439546391714,
                -44531.3250037322},
    [SIGMA2] = {-10114.056472621156, -44631.01109458185, -6541.308761668722, -266959.23419307504, 686328.3229317984,
                3405.6372187679685, -437507.7208209015, 1631817.1307344697, -7462.648563007646, -114585.25177153319,
                674402.4689098676},
    [SIGMA3] = {22933.658273436497, 230960.00814979506, 14961.083974183695, 1194018.1342318142, -3104223.9693052764,
                -3038.166617199259, 1872032.2849093592, -7309145.012085539, 42738.22871475411, 467502.018616601,
                -3064853.498512499},
    [SIGMA4] = {-14621.71522218357, -377812.8579387104, -9608.682631509726, -1710892.5257214056, 4332924.601416521,
                -22366.683262266528, -2501971.6386377467, 10274495.902259542, -85360.30079034246, -570025.3441737515,
                4396844.346849777},
    [BETA1] = {97.89747327985583, -42.659730877489224, 153.48421037904913, -1417.0620760768954, 2752.8614143665027,
               138.7406469558649, -1433.6585075135881, 2857.7418952430758, 41.025109467376126, -423.680737974639,
               850.3594335657173},
    [BETA2] = {-3.282701958759534, -9.051384468245866, -12.415449742258042, 55.4716447709787, -106.05109938966335,
               -11.953044553690658, 76.80704618365418, -155.33172948098394, -3.4129261592393263, 25.572377569952536,
               -54.408036707740465},
    [BETA3] = {-0.000025156429818799565, 0.000019750256942201327, -0.000018370671469295915, 0.000021886317041311973,
               0.00008250240316860033, 7.157371250566708e-6, -0.000055780000112270685, 0.00019142082884072178, 5.447166261464217e-6,
               -0.00003220610095021982, 0.00007974016714984341},
    [ALPHA1] = {43.31514709695348, 638.6332679188081, -32.85768747216059, 2415.8938269370315, -5766.875169379177,
                -61.85459307173841, 2953.967762459948, -8986.29057591497, -21.571435779762044, 981.2158224673428,
                -3239.5664895930286},
    [ALPHA2] = {-0.07020209449091723, -0.16269798450687084, -0.1872514685185499, 1.138313650449945, -2.8334196304430046,
                -0.17137955686840617, 1.7197549338119527, -4.539717148261272, -0.049983437357548705, 0.6062072055948309,
                -1.682769616644546},
    [ALPHA3] = {9.5988072383479, -397.05438595557433, 16.202126189517813, -1574.8286986717037, 3600.3410843831093,
                27.092429659075467, -1786.482357315139, 5152.919378666511, 11.175710130033895, -577.7999423177481,
                1808.730762932043},
    [ALPHA4] = {-0.02989487384493607, 1.4022106448583738, -0.07356049468633846, 0.8337006542278661, 0.2240008282397391,
                -0.055202870001177226, 0.5667186343606578, 0.7186931973380503, -0.015507437354325743, 0.15750322779277187,
                0.21076815715176228},
    [ALPHA5] = {0.9974408278363099, -0.007884449714907203, -0.059046901195591035, 1.3958712396764088, -4.516631601676276,
                -0.05585343136869692, 1.7516580039343603, -5.990208965347804, -0.017945336522161195, 0.5965097794825992,
                -2.0608879367971804},
};

static double fit_at(int row, double eta, double x)
{
    const double *c = fit[row];
    double e2 = eta * eta;
    return c[0] + c[1] * eta +
           x * (c[2] + c[3] * eta + c[4] * e2 + x * (c[5] + c[6] * eta + c[7] * e2 + x * (c[8] + c[9] * eta + c[10] * e2)));
}

/* H eq. 3.6: spin of the remnant, s = (m1^2 chi1 + m2^2 chi2)/M^2. */
static double final_spin(double eta, double s)
{
    double e2 = eta * eta;
    return eta *
           (3.4641016151377544 - 4.399247300629289 * eta + 9.397292189321194 * e2 - 13.180949901606242 * eta * e2 +
            s * (1 / eta - 0.0850917821418767 - 5.837029316602263 * eta +
                 s * (0.1014665242971878 - 2.0967746996832157 * eta +
                      s * (-1.3546806617824356 + 4.108962025369336 * eta + s * (-0.8676969352555539 + 2.064046835273906 * eta)))));
}

/* H eqs. 3.7, 3.8: radiated energy over M, s = (m1^2 chi1 + m2^2 chi2)/(m1^2 + m2^2). */
static double radiated_energy(double eta, double s)
{
    double e2 = eta * eta;
    return eta * (0.055974469826360077 + 0.5809510763115132 * eta - 0.9606726679372312 * e2 + 3.352411249771192 * eta * e2) *
           (1 + (-0.0030302335878845507 - 2.0066110851351073 * eta + 7.7050567802399215 * e2) * s) /
           (1 + (-0.6714403054720589 - 1.4756929437702908 * eta + 7.304676214885011 * e2) * s);
}

/* The pieces of amplitude and phase; the ringdown's are given their exponential and arc. */
static inline double decay_of(const gws_imrphenomd *m, double f)
{
    return -(f - m->f_ring) * m->gamma2 / m->gamma3d;
}

static inline double amp_ins(const gws_imrphenomd *m, double u)
{
    const double *a = m->amp_ins;
    double u2 = u * u;
    return 1 + u2 * (a[2] + u * (a[3] + u * (a[4] + u * (a[5] + u * (a[6] + u * (a[7] + u * (a[8] + u * a[9])))))));
}

static inline double amp_int(const gws_imrphenomd *m, double f)
{
    const double *c = m->amp_int;
    double t = (f - m->f_int) / m->w_int;
    return c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * c[4])));
}

static inline double amp_mrd(const gws_imrphenomd *m, double f, double exp_decay)
{
    double d = f - m->f_ring;
    return exp_decay * m->gamma3d * m->gamma1 / (d * d + m->gamma3d * m->gamma3d);
}

static inline double phase_ins(const gws_imrphenomd *m, double u, double log_f)
{
    const double *c = m->phase_ins;
    double u2 = u * u, low = c[0] + u2 * (c[2] + u * (c[3] + u * c[4])); /* c[1] is 0: no half order */
    double high = c[5] + u * (c[6] + u * (c[7] + u * (c[8] + u * (c[9] + u * (c[10] + u * c[11])))));
    return low / (u2 * u2 * u) + high + log_f * (m->phase_log5 + m->phase_log6 * u);
}

static inline double phase_int(const gws_imrphenomd *m, double f, double log_f)
{
    return m->inv_eta * (m->beta[0] * f + m->beta[1] * log_f - m->beta[2] / (3 * f * f * f)) + m->c1_int + m->c2_int * f;
}

static inline double lag_of(const gws_imrphenomd *m, double f)
{
    return (f - m->alpha[4] * m->f_ring) / m->f_damp;
}

static inline double phase_mrd(const gws_imrphenomd *m, double f, double arc_lag)
{
    return m->inv_eta * (-m->alpha[1] / f + 4.0 / 3.0 * m->alpha[2] * sqrt(f * sqrt(f)) + m->alpha[0] * f + m->alpha[3] * arc_lag) +
           m->c1_mrd + m->c2_mrd * f;
}

/* K eq. 20 ff., B: the frequencies and powers at which the pieces join, and the coefficients that join them. */
static void amplitude_prepare(gws_imrphenomd *m, double delta, double chi1, double chi2, double x)
{
    double eta = m->eta, e2 = eta * eta, p1 = M_PI, p2 = p1 * p1, u = cbrt(p1);
    double s1 = chi1 * chi1, s2 = chi2 * chi2, s12 = chi1 * chi2;
    double *a = m->amp_ins;
    a[0] = 1;
    a[1] = 0;
    a[2] = u * u * (-969 + 1804 * eta) / 672;
    a[3] = p1 * (chi1 * (81 * (1 + delta) - 44 * eta) + chi2 * (81 * (1 - delta) - 44 * eta)) / 48;
    a[4] = p1 * u *
           (-27312085.0 - 10287648 * (s2 * (1 - delta) + s1 * (1 + delta)) +
            24 * (-1975055 + 857304 * (s1 + s2) - 994896 * s12) * eta + 35371056 * e2) /
           8128512;
    a[5] = p1 * u * u *
           (chi2 * (285197 * (1 - delta) + 4 * (-91902 + 1579 * delta) * eta - 35632 * e2) +
            chi1 * (285197 * (1 + delta) - 4 * (91902 + 1579 * delta) * eta - 35632 * e2) + 42840 * p1 * (-1 + 4 * eta)) /
           32256;
    a[6] = -p2 *
           (-336 * (-3248849057.0 + 2943675504.0 * (s1 + s2) - 3339284256.0 * s12) * e2 - 324322727232.0 * eta * e2 -
            7 * (-177520268561.0 + 107414046432.0 * (s2 * (1 - delta) + s1 * (1 + delta)) +
                 11087290368.0 * p1 * (chi1 * (1 + delta) + chi2 * (1 - delta))) +
            12 * eta *
                (-545384828789.0 - 176491177632.0 * s12 + 202603761360.0 * s2 + 77616.0 * s1 * (2610335.0 + 995766.0 * delta) -
                 77287373856.0 * s2 * delta + 5841690624.0 * p1 * (chi1 + chi2) + 21384760320.0 * p2)) /
           60085960704.0;
    a[7] = fit_at(RHO1, eta, x);
    a[8] = fit_at(RHO2, eta, x);
    a[9] = fit_at(RHO3, eta, x);

    m->gamma1 = fit_at(GAMMA1, eta, x);
    m->gamma2 = fit_at(GAMMA2, eta, x);
    m->gamma3d = fit_at(GAMMA3, eta, x) * m->f_damp;
    /* K eq. 20; the root turns imaginary beyond gamma2 = 1, where LALSimulation drops it. */
    double root = m->gamma2 > 1 ? 0 : sqrt(1 - m->gamma2 * m->gamma2);
    m->f_peak = fabs(m->f_ring + m->gamma3d * (root - 1) / m->gamma2);

    /* K eqs. 21-26: a quartic through three values and the slopes at both ends, in t = (f - f1)/(f3 - f1). */
    double f1 = F_AMP_INS, w = m->f_peak - f1, u1 = cbrt(f1), v1 = 0, d1 = 0;
    for (int k = 9; k >= 0; k--) {
        v1 = v1 * u1 + a[k];
        d1 += k / 3.0 * a[k] * pow(u1, k - 3);
    }
    double v3 = amp_mrd(m, m->f_peak, exp(decay_of(m, m->f_peak))), d = m->f_peak - m->f_ring;
    double d3 = -v3 * (m->gamma2 / m->gamma3d + 2 * d / (d * d + m->gamma3d * m->gamma3d));
    double v2 = fit_at(V2, eta, x);
    double *c = m->amp_int;
    c[0] = v1;
    c[1] = d1 * w;
    double end = v3 - c[0] - c[1], slope = d3 * w - c[1], mid = v2 - c[0] - c[1] / 2;
    c[4] = 16 * mid - 8 * end + 2 * slope;
    c[3] = slope - 2 * end - 2 * c[4];
    c[2] = end - c[3] - c[4];
    m->f_int = f1;
    m->w_int = w;
}

/* TaylorF2 to 3.5PN with the spin terms that LALSimulation sums at its order "35PN", less the 3PN spin-spin term, which
 * came after the model was tuned (K eqs. 27, 28; arXiv:1303.7412 eqs. 3.15, 3.16 for the spin-orbit part).  delta comes from the masses
 * here: from eta it would have half the digits when they are nearly equal, and 1e-5 rad of phase with it. */
static void phase_prepare(gws_imrphenomd *m, double delta, double chi1, double chi2, double x)
{
    double eta = m->eta, e2 = eta * eta, x1 = 0.5 * (1 + delta), x2 = 0.5 * (1 - delta);
    double sl = x1 * x1 * chi1 + x2 * x2 * chi2, dsl = delta * (x2 * chi2 - x1 * chi1);
    double gamma = (554345.0 / 1134 + 110 * eta / 9) * sl + (13915.0 / 84 - 10 * eta / 3) * dsl;
    double sigma = 474.0 / 48 * eta * chi1 * chi2 + 486.0 / 96 * (x1 * x1 * chi1 * chi1 + x2 * x2 * chi2 * chi2);
    double pn[8], u = cbrt(M_PI), scale = 3 / (128 * eta);
    pn[0] = 1;
    pn[1] = 0;
    pn[2] = 5.0 / 9 * (743.0 / 84 + 11 * eta);
    pn[3] = -16 * M_PI + 188 * sl / 3 + 25 * dsl;
    pn[4] = 5.0 / 72 * (3058.673 / 7.056 + 5429.0 / 7 * eta + 617 * e2) - 10 * sigma;
    pn[5] = 5.0 / 9 * (7729.0 / 84 - 13 * eta) * M_PI - gamma;
    pn[6] = 11583.231236531 / 4.694215680 - 640.0 / 3 * M_PI * M_PI - 6848.0 / 21 * (GWS_EULER_GAMMA + log(4)) +
            eta * (-15737.765635 / 3.048192 + 2255.0 / 12 * M_PI * M_PI) + e2 * 76055.0 / 1728 - e2 * eta * 127825.0 / 1296 +
            M_PI * (3760 * sl + 1490 * dsl) / 3;
    pn[7] = M_PI * (77096675.0 / 254016 + 378515.0 / 1512 * eta - 74045.0 / 756 * e2) +
            (-8980424995.0 / 762048 + 6586595.0 * eta / 756 - 305 * e2 / 36) * sl -
            (170978035.0 / 48384 - 2876425.0 * eta / 672 - 4735 * e2 / 144) * dsl;
    double *c = m->phase_ins;
    memset(c, 0, sizeof m->phase_ins);
    for (int k = 0; k < 8; k++)
        c[k] = scale * pn[k] * pow(u, k - 5);
    c[5] -= M_PI / 4;
    c[8] = fit_at(SIGMA1, eta, x) / eta;
    c[9] = 0.75 * fit_at(SIGMA2, eta, x) / eta;
    c[10] = 0.6 * fit_at(SIGMA3, eta, x) / eta;
    c[11] = 0.5 * fit_at(SIGMA4, eta, x) / eta;
    /* log v = (log pi + log M f)/3 */
    m->phase_log5 = scale * (5.0 / 3 * (7729.0 / 84 - 13 * eta) * M_PI - 3 * gamma) / 3;
    m->phase_log6 = scale * (-6848.0 / 21) * u / 3;
    c[5] += m->phase_log5 * log(M_PI);
    c[6] += m->phase_log6 * log(M_PI);

    for (int k = 0; k < 3; k++)
        m->beta[k] = fit_at(BETA1 + k, eta, x);
    for (int k = 0; k < 5; k++)
        m->alpha[k] = fit_at(ALPHA1 + k, eta, x);
    m->f_mrd = 0.5 * m->f_ring;
}

/* First derivatives, for the joins. */
static double phase_ins_slope(const gws_imrphenomd *m, double f)
{
    double u = cbrt(f), sum = 0;
    for (int k = 0; k < 12; k++)
        sum += (k - 5) / 3.0 * m->phase_ins[k] * pow(u, k - 8);
    return sum + m->phase_log5 / f + m->phase_log6 * (log(f) / 3 + 1) / (u * u);
}

static double phase_int_slope(const gws_imrphenomd *m, double f)
{
    return m->inv_eta * (m->beta[0] + m->beta[1] / f + m->beta[2] / (f * f * f * f)) + m->c2_int;
}

static double phase_mrd_slope(const gws_imrphenomd *m, double f)
{
    double d = lag_of(m, f);
    return m->inv_eta *
               (m->alpha[0] + m->alpha[1] / (f * f) + m->alpha[2] / sqrt(sqrt(f)) + m->alpha[3] / (m->f_damp * (1 + d * d))) +
           m->c2_mrd;
}

/* Phase and slope are continuous where the pieces meet (K sec. VIII). */
static void phase_join(gws_imrphenomd *m)
{
    m->c1_int = m->c2_int = m->c1_mrd = m->c2_mrd = 0;
    m->c2_int = phase_ins_slope(m, F_PHASE_INS) - phase_int_slope(m, F_PHASE_INS);
    m->c1_int = phase_ins(m, cbrt(F_PHASE_INS), log(F_PHASE_INS)) - phase_int(m, F_PHASE_INS, log(F_PHASE_INS));
    m->c2_mrd = phase_int_slope(m, m->f_mrd) - phase_mrd_slope(m, m->f_mrd);
    m->c1_mrd = phase_int(m, m->f_mrd, log(m->f_mrd)) - phase_mrd(m, m->f_mrd, atan(lag_of(m, m->f_mrd)));
}

/* Where the ascending f reach a limit, from begin on. */
static int64_t until(const double *f, int64_t begin, int64_t n, double limit)
{
    while (begin < n && f[begin] < limit)
        begin++;
    return begin;
}

void gws_imrphenomd_phase(const gws_imrphenomd *m, int64_t n, const double *f, const double *u, const double *log_f,
                          double *restrict phase)
{
    int64_t ins = until(f, 0, n, F_PHASE_INS), mrd = until(f, ins, n, m->f_mrd);
    for (int64_t i = 0; i < ins; i++)
        phase[i] = phase_ins(m, u[i], log_f[i]);
    for (int64_t i = ins; i < mrd; i++)
        phase[i] = phase_int(m, f[i], log_f[i]);
    for (int64_t i = mrd; i < n; i++)
        phase[i] = lag_of(m, f[i]);
    gws_vatan(n - mrd, phase + mrd, phase + mrd);
    for (int64_t i = mrd; i < n; i++)
        phase[i] = phase_mrd(m, f[i], phase[i]);
}

void gws_imrphenomd_amplitude(const gws_imrphenomd *m, int64_t n, const double *f, const double *u, double *restrict amp)
{
    int64_t ins = until(f, 0, n, F_AMP_INS), mrd = until(f, ins, n, m->f_peak);
    for (int64_t i = 0; i < ins; i++)
        amp[i] = amp_ins(m, u[i]);
    for (int64_t i = ins; i < mrd; i++)
        amp[i] = amp_int(m, f[i]);
    for (int64_t i = mrd; i < n; i++)
        amp[i] = decay_of(m, f[i]);
    gws_vexp(n - mrd, amp + mrd, amp + mrd);
    for (int64_t i = mrd; i < n; i++)
        amp[i] = amp_mrd(m, f[i], amp[i]);
    for (int64_t i = 0; i < n; i++)
        amp[i] /= f[i] * sqrt(u[i]);
}

/* Shares of the mass, squared. */
static void shares(double eta, double *q1, double *q2)
{
    double delta = sqrt(1 - 4 * eta);
    *q1 = 0.25 * (1 + delta) * (1 + delta);
    *q2 = 0.25 * (1 - delta) * (1 - delta);
}

double gws_imrphenomd_spin(double eta, double chi1, double chi2)
{
    double q1, q2;
    shares(eta, &q1, &q2);
    return final_spin(eta, q1 * chi1 + q2 * chi2);
}

double gws_imrphenomd_eta(double m1_msun, double m2_msun)
{
    double total = m1_msun + m2_msun;
    return fmin(m1_msun * m2_msun / (total * total), 0.25); /* rounding may pass 1/4 */
}

void gws_imrphenomd_init(gws_imrphenomd *m, double m1_msun, double m2_msun, double chi1, double chi2, double spin)
{
    double q1, q2, total = m1_msun + m2_msun, eta = gws_imrphenomd_eta(m1_msun, m2_msun), delta = sqrt(1 - 4 * eta);
    shares(eta, &q1, &q2);
    *m = (gws_imrphenomd){.m_s = total * GWS_MTSUN_S, .eta = eta, .inv_eta = 1 / eta};
    double s = q1 * chi1 + q2 * chi2;
    double rest = 1 - radiated_energy(eta, s / (q1 + q2));
    gws_imrphenomd_ringdown(spin, &m->f_ring, &m->f_damp);
    m->f_ring /= rest;
    m->f_damp /= rest;

    /* K eq. 6: the reduced spin of the post-Newtonian expansion */
    double chi = 0.5 * ((chi1 + chi2) * (1 - 76.0 / 113.0 * eta) + delta * (chi1 - chi2));
    amplitude_prepare(m, delta, chi1, chi2, chi - 1);
    phase_prepare(m, (m1_msun - m2_msun) / total, chi1, chi2, chi - 1);
    phase_join(m);
}

/* The model of a binary's masses and aligned spins, with its own remnant. */
static gws_status prepare(gws_imrphenomd *m, const gws_binary *b, gws_err *err)
{
    double mass1 = gws_msun_by_kg(b->mass1_msun), mass2 = gws_msun_by_kg(b->mass2_msun);
    int swap = mass1 < mass2;
    double m1 = swap ? mass2 : mass1, m2 = swap ? mass1 : mass2;
    double chi1 = swap ? b->spin2[2] : b->spin1[2], chi2 = swap ? b->spin1[2] : b->spin2[2];
    double eta = gws_imrphenomd_eta(m1, m2);
    double spin = gws_imrphenomd_spin(eta, chi1, chi2);
    if (!(spin >= -1 && spin <= 1))
        return gws_err_set(err, GWS_EARG, "IMRPhenomD: remnant spin %.4f of masses %g and %g, spins %g and %g is beyond the model",
                           spin, m1, m2, chi1, chi2);
    gws_imrphenomd_init(m, m1, m2, chi1, chi2, spin);
    return GWS_OK;
}

double gws_imrphenomd_end_hz(const gws_binary *b)
{
    return GWS_IMRPHENOMD_END / ((b->mass1_msun + b->mass2_msun) * GWS_MTSUN_S);
}

gws_status gws_imrphenomd_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err)
{
    gws_imrphenomd m;
    gws_status status = prepare(&m, b, err);
    if (status != GWS_OK)
        return status;
    double step = m.m_s * bins->delta_f_hz;
    /* Both prefactors of the (2,2) mode in one: sqrt(5/16 pi) M^2/d and K eq. 17 */
    double amp0 = 2 * sqrt(5 / (64 * M_PI)) * m.m_s * (b->mass1_msun + b->mass2_msun) * GWS_MRSUN_M /
                  (b->distance_mpc * GWS_MPC_M) * sqrt(2.0 / 3.0 * m.eta) * pow(M_PI, -1.0 / 6);
    double f_ref = m.m_s * (b->f_ref_hz > 0 ? b->f_ref_hz : b->f_lower_hz), u_ref = cbrt(f_ref), log_ref = log(f_ref), phase0;
    gws_imrphenomd_phase(&m, 1, &f_ref, &u_ref, &log_ref, &phase0);
    double t0 = phase_mrd_slope(&m, m.f_peak) - m.c2_mrd; /* puts the amplitude's peak near t = 0 */
    phase0 += 2 * b->coa_phase_rad - t0 * f_ref;
    double cos_i = cos(b->incl_rad), plus = 0.5 * (1 + cos_i * cos_i);

    for (int64_t k = bins->first; k < bins->end; k += BLOCK) {
        int64_t size = bins->end - k < BLOCK ? bins->end - k : BLOCK;
        double f[BLOCK], u[BLOCK], log_f[BLOCK], amp[BLOCK], phase[BLOCK], sine[BLOCK], cosine[BLOCK];
        for (int64_t i = 0; i < size; i++)
            f[i] = (double)(k + i) * step;
        gws_vcbrt(size, f, u);
        gws_vlog(size, f, log_f);
        gws_imrphenomd_phase(&m, size, f, u, log_f, phase);
        gws_imrphenomd_amplitude(&m, size, f, u, amp);
        for (int64_t i = 0; i < size; i++)
            phase[i] -= t0 * f[i] + phase0;
        gws_vsincos(size, phase, sine, cosine);
        for (int64_t i = 0; i < size; i++) {
            double re = amp0 * amp[i] * cosine[i], im = -amp0 * amp[i] * sine[i];
            hp[k + i] = CMPLX(plus * re, plus * im);
            hc[k + i] = CMPLX(cos_i * im, -cos_i * re); /* -i cos(i) h */
        }
    }
    return GWS_OK;
}

gws_status gws_imrphenomd_chirp_time_s(const gws_binary *b, double f_hz, double *out_s, gws_err *err)
{
    gws_imrphenomd m;
    *out_s = 0;
    gws_status status = prepare(&m, b, err);
    if (status != GWS_OK)
        return status;
    double f = m.m_s * f_hz;
    double slope = f < F_PHASE_INS ? phase_ins_slope(&m, f) : f < m.f_mrd ? phase_int_slope(&m, f) : phase_mrd_slope(&m, f);
    *out_s = (phase_mrd_slope(&m, m.f_peak / (m.m_s * m.m_s)) - slope) / (2 * M_PI) * m.m_s;
    return GWS_OK;
}
