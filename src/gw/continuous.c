#include "gw/continuous.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/number.h"
#include "gw/constants.h"

#include <erfa.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KNOT_S 64
#define N_KNOTS 4              /* of a cubic */
#define SUN_S 4.925490947e-6   /* GM/c^3 of the Sun */
#define SUN_RADIUS_S 2.322     /* light time */
#define TT_GPS_S 51.184        /* TT minus GPS */
#define GPS_EPOCH_JD 2444244.5 /* in UTC */
#define MOST_DOPPLER 1.0002    /* the Earth's orbit and rotation, eccentricity included, stay below 1.06e-4 */

/* ---- reading ---- */

static const struct {
    const char *name, *lal_name;
    double lo, hi;
    int needed;
} keys[] = {
    {"f0", "Freq", 1e-3, 1e5, 1},         {"h0", "h0", 0, 1, 1},       {"ra", "Alpha", -7, 7, 1},
    {"dec", "Delta", -1.5708, 1.5708, 1}, {"fdot", "f1dot", -1, 1, 0}, {"f2dot", "f2dot", -1, 1, 0},
    {"cosi", "cosi", -1, 1, 0},           {"psi", "psi", -7, 7, 0},    {"phi0", "phi0", -7, 7, 0},
    {"tref", "refTime", -9e9, 9e9, 0},
};
#define N_KEYS ((int)(sizeof keys / sizeof keys[0]))

/* Words of a GPS time in ns, exactly where the text is decimal. */
static int64_t exact_ns(const char *text)
{
    const char *dot = strchr(text, '.');
    int64_t second = strtoll(text, NULL, 10), ns = 0, unit = GWS_NS / 10;
    for (const char *c = dot ? dot + 1 : ""; *c >= '0' && *c <= '9'; c++, unit /= 10)
        ns += (*c - '0') * unit;
    return text[0] == '-' ? second * GWS_NS - ns : second * GWS_NS + ns;
}

/* One "key = value"; seen: bits of the keys met. */
static gws_status take(gws_pulsar *p, unsigned *seen, const char *where, const char *key, const char *value, gws_err *err)
{
    double v;
    int k = 0;
    while (k < N_KEYS && strcmp(keys[k].name, key) != 0 && strcmp(keys[k].lal_name, key) != 0)
        k++;
    if (k == N_KEYS)
        return gws_err_set(err, GWS_EARG, "pulsar %.100s: unknown key '%.40s'", where, key);
    if (!gws_number_parse(value, &v) || !(v >= keys[k].lo && v <= keys[k].hi))
        return gws_err_set(err, GWS_EARG, "pulsar %.100s: %s is '%.40s'; want a number from %g to %g", where, key, value,
                           keys[k].lo, keys[k].hi);
    double *const to[] = {&p->f0_hz,    &p->h0,   &p->ra_rad,  &p->dec_rad,  &p->f1_hz_s,
                          &p->f2_hz_s2, &p->cosi, &p->psi_rad, &p->phi0_rad, NULL};
    _Static_assert(sizeof to / sizeof to[0] == N_KEYS, "one place for each key");
    if (to[k])
        *to[k] = v;
    else if (strpbrk(value, "eExX"))
        p->t_ref_ns = (int64_t)floor(v) * GWS_NS + (int64_t)((v - floor(v)) * 1e9);
    else
        p->t_ref_ns = exact_ns(value);
    *seen |= 1U << k;
    return GWS_OK;
}

static gws_status complete(unsigned seen, const char *where, gws_err *err)
{
    for (int k = 0; k < N_KEYS; k++)
        if (keys[k].needed && !(seen & 1U << k))
            return gws_err_set(err, GWS_EARG, "pulsar %.100s: %s is missing", where, keys[k].name);
    return GWS_OK;
}

static gws_status from_ini(const char *path, gws_pulsar **out, int *n, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = GWS_OK;
    const char *section, *key, *value, *open = NULL;
    unsigned seen = 0;
    gws_ini *ini = gws_ini_load(path, err);
    if (!ini)
        return err->status;
    for (int i = 0; status == GWS_OK && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        if (!open || strcmp(open, section) != 0) {
            if (open && (status = complete(seen, open, err)) != GWS_OK)
                break;
            gws_pulsar *more = realloc(*out, ((size_t)*n + 1) * sizeof *more);
            if (!more) {
                status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %d pulsars", path, *n + 1);
                break;
            }
            *out = more;
            more[(*n)++] = (gws_pulsar){0};
            open = section;
            seen = 0;
        }
        status = take(&(*out)[*n - 1], &seen, open, key, value, err);
    }
    if (status == GWS_OK)
        status = open ? complete(seen, open, err) : gws_err_set(err, GWS_EDATA, "no pulsar in it");
    if (status != GWS_OK && err)
        gws_err_prefix(err, "%s", path);
    gws_ini_destroy(ini);
    return status;
}

static gws_status from_text(const char *text, gws_pulsar **out, int *n, gws_err *err)
{
    gws_status status = GWS_OK;
    unsigned seen = 0;
    char *copy = strdup(text), *save = NULL;
    *out = calloc(1, sizeof **out);
    *n = 1;
    if (!copy || !*out) {
        free(copy);
        return gws_err_set(err, GWS_ENOMEM, "pulsar: no memory");
    }
    for (char *word = strtok_r(copy, ",", &save); word && status == GWS_OK; word = strtok_r(NULL, ",", &save)) {
        char *value = strchr(word, '=');
        if (!value) {
            status = gws_err_set(err, GWS_EARG, "pulsar '%.100s': '%.40s' is neither a file nor key=value", text, word);
            break;
        }
        *value++ = '\0';
        status = take(*out, &seen, text, word, value, err);
    }
    if (status == GWS_OK)
        status = complete(seen, text, err);
    free(copy);
    return status;
}

gws_status gws_pulsars_read(const char *text, gws_pulsar **out, int *n, gws_err *err)
{
    GWS_ASSERT(text && out && n);
    *out = NULL;
    *n = 0;
    gws_status status = gws_file_exists(text) ? from_ini(text, out, n, err) : from_text(text, out, n, err);
    if (status != GWS_OK) {
        free(*out);
        *out = NULL;
        *n = 0;
    }
    return status;
}

/* ---- timing ---- */

double gws_barycentre_delay_s(const gws_site *site, int64_t gps_ns, double ra_rad, double dec_rad)
{
    GWS_ASSERT(site);
    int64_t second = gws_floor_div(gps_ns, GWS_NS);
    double fraction_s = (double)(gps_ns - second * GWS_NS) * 1e-9;
    double tt_d = ((double)second + TT_GPS_S + fraction_s) / 86400;
    double ut_d = ((double)(second - gws_leap_seconds(second)) + fraction_s) / 86400;
    double to_terrestrial[3][3], helio[2][3], bary[2][3], r_s[3], sun_s[3];
    double n[3] = {cos(dec_rad) * cos(ra_rad), cos(dec_rad) * sin(ra_rad), sin(dec_rad)};

    /* TT where ERFA wants TDB: 2 ms of the Earth's motion, 60 m.  The warning it may return is of years beyond 1900..2100. */
    eraEpv00(GPS_EPOCH_JD, tt_d, helio, bary);
    eraC2t00b(GPS_EPOCH_JD, tt_d, GPS_EPOCH_JD, ut_d, 0, 0, to_terrestrial);
    const double *at = site->position_m;
    for (int i = 0; i < 3; i++) {
        double turned_m = 0;
        for (int k = 0; k < 3; k++)
            turned_m += to_terrestrial[k][i] * at[k];
        r_s[i] = (bary[0][i] * GWS_AU_M + turned_m) / GWS_C_M_S;
        sun_s[i] = helio[0][i] * GWS_AU_M / GWS_C_M_S;
    }
    double roemer_s = r_s[0] * n[0] + r_s[1] * n[1] + r_s[2] * n[2];

    /* At the Earth's centre, as lalpulsar's default has it: the site's own term is 2 us at most. */
    double einstein_s = eraDtdb(GPS_EPOCH_JD, tt_d, 0, 0, 0, 0);

    /* Sun's Shapiro delay (Backer & Hellings 1986, ARA&A 24 537), its free constant as LAL chooses it: 0 at 1 au and right angles.
     * Through the Sun it grows on linearly. */
    double distance_s = sqrt(sun_s[0] * sun_s[0] + sun_s[1] * sun_s[1] + sun_s[2] * sun_s[2]);
    double along_s = sun_s[0] * n[0] + sun_s[1] * n[1] + sun_s[2] * n[2];
    double beside_s = sqrt(fmax(distance_s * distance_s - along_s * along_s, 0));
    int through = along_s < 0 && beside_s < SUN_RADIUS_S;
    double path_s = through ? hypot(along_s, SUN_RADIUS_S) + along_s : distance_s + along_s;
    double shapiro_s = 2 * SUN_S * log(GWS_AU_M / GWS_C_M_S / path_s) + (through ? 4 * SUN_S * (1 - beside_s / SUN_RADIUS_S) : 0);
    return roemer_s + einstein_s - shapiro_s;
}

/* ---- signals ---- */

typedef struct knot {
    double delay_s, f_plus, f_cross;
} knot;

typedef struct source {
    gws_pulsar p;
    double plus, cross;  /* amplitudes */
    int64_t ref_s;       /* whole seconds of t_ref ... */
    double ref_rest_s;   /* ... and the rest */
    knot knot[N_KNOTS];  /* knot k stands at k mod N_KNOTS */
    int64_t at[N_KNOTS]; /* which it is */
    int have[N_KNOTS];
} source;

struct gws_continuous {
    const gws_site *site;
    int rate_hz, n;
    source *sources;
};

gws_continuous *gws_continuous_create(const gws_pulsar *pulsars, int n, const gws_site *site, int rate_hz, gws_err *err)
{
    GWS_ASSERT(pulsars && n > 0 && site && rate_hz > 0);
    for (int i = 0; i < n; i++) {
        const gws_pulsar *p = &pulsars[i];
        if (!(p->f0_hz > 0 && p->f0_hz * MOST_DOPPLER < 0.5 * rate_hz)) {
            gws_err_set(err, GWS_EARG, "pulsar %d: f0 is %g Hz; want more than 0 and, with its Doppler shift, less than %g", i + 1,
                        p->f0_hz, 0.5 * rate_hz);
            return NULL;
        }
        if (!(isfinite(p->h0) && fabs(p->cosi) <= 1 && isfinite(p->psi_rad + p->phi0_rad + p->ra_rad + p->dec_rad) &&
              isfinite(p->f1_hz_s + p->f2_hz_s2))) {
            gws_err_set(err, GWS_EARG, "pulsar %d: a parameter is not a number in its range", i + 1);
            return NULL;
        }
    }
    gws_continuous *c = calloc(1, sizeof *c);
    if (!c || !(c->sources = calloc((size_t)n, sizeof *c->sources))) {
        gws_continuous_destroy(c);
        gws_err_set(err, GWS_ENOMEM, "pulsars: no memory for %d", n);
        return NULL;
    }
    c->site = site;
    c->rate_hz = rate_hz;
    c->n = n;
    for (int i = 0; i < n; i++) {
        source *s = &c->sources[i];
        s->p = pulsars[i];
        s->plus = 0.5 * s->p.h0 * (1 + s->p.cosi * s->p.cosi);
        s->cross = s->p.h0 * s->p.cosi;
        s->ref_s = gws_floor_div(s->p.t_ref_ns, GWS_NS);
        s->ref_rest_s = (double)(s->p.t_ref_ns - s->ref_s * GWS_NS) * 1e-9;
    }
    return c;
}

void gws_continuous_destroy(gws_continuous *c)
{
    if (!c)
        return;
    free(c->sources);
    free(c);
}

static const knot *knot_at(const gws_continuous *c, source *s, int64_t k)
{
    int slot = (int)(k - gws_floor_div(k, N_KNOTS) * N_KNOTS);
    if (!s->have[slot] || s->at[slot] != k) {
        int64_t t_ns = k * KNOT_S * GWS_NS;
        knot *v = &s->knot[slot];
        v->delay_s = gws_barycentre_delay_s(c->site, t_ns, s->p.ra_rad, s->p.dec_rad);
        gws_antenna(c->site, gws_gmst_rad(t_ns), s->p.ra_rad, s->p.dec_rad, s->p.psi_rad, &v->f_plus, &v->f_cross);
        s->at[slot] = k;
        s->have[slot] = 1;
    }
    return &s->knot[slot];
}

/* Fraction of whole * f: the product may have 1e12 turns, of which a double keeps no 1e-4. */
static double turns(double whole, double f)
{
    double high = whole * f, low = fma(whole, f, -high);
    return high - floor(high) + low;
}

/* Samples of one knot interval: cubic through knots k-1 .. k+2 (Lagrange). */
static void add_interval(const gws_continuous *c, source *s, int64_t k, int64_t begin, int64_t end, double *h)
{
    knot v[N_KNOTS];
    for (int i = 0; i < N_KNOTS; i++)
        v[i] = *knot_at(c, s, k - 1 + i);
    for (int64_t a = begin; a < end; a++) {
        int64_t in_knot = a - k * KNOT_S * c->rate_hz, second = in_knot / c->rate_hz;
        double rest_s = (double)(in_knot - second * c->rate_hz) / c->rate_hz;
        double u = (double)in_knot / ((double)KNOT_S * c->rate_hz);
        double w[N_KNOTS] = {-u * (u - 1) * (u - 2) / 6, (u * u - 1) * (u - 2) / 2, -u * (u + 1) * (u - 2) / 2,
                             u * (u * u - 1) / 6};
        double delay_s = 0, f_plus = 0, f_cross = 0;
        for (int i = 0; i < N_KNOTS; i++) {
            delay_s += w[i] * v[i].delay_s;
            f_plus += w[i] * v[i].f_plus;
            f_cross += w[i] * v[i].f_cross;
        }
        double whole_s = (double)(k * KNOT_S + second - s->ref_s), small_s = rest_s - s->ref_rest_s + delay_s,
               t = whole_s + small_s;
        double cycles = turns(whole_s, s->p.f0_hz) + s->p.f0_hz * small_s + t * t * (s->p.f1_hz_s / 2 + t * s->p.f2_hz_s2 / 6);
        double phase = s->p.phi0_rad + 2 * M_PI * (cycles - floor(cycles));
        h[a - begin] += s->plus * f_plus * cos(phase) + s->cross * f_cross * sin(phase);
    }
}

void gws_continuous_add(gws_continuous *c, int64_t begin, int64_t n, double *h)
{
    GWS_ASSERT(c && n >= 0 && (h || n == 0));
    const int64_t every = (int64_t)KNOT_S * c->rate_hz;
    for (int i = 0; i < c->n; i++)
        for (int64_t at = begin; at < begin + n;) {
            int64_t k = gws_floor_div(at, every), end = (k + 1) * every < begin + n ? (k + 1) * every : begin + n;
            add_interval(c, &c->sources[i], k, at, end, h + (at - begin));
            at = end;
        }
}
