#include "sim/mlgwsc_set.h"

#include "base/ini.h"
#include "gw/project.h"
#include "sim/population.h"
#include "sim/projected.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 32             /* projected signals at hand; more than overlap any window that is read at once in practice */
#define LONGEST_S 100000000 /* for which a table is drawn; the challenge's list spans 1.6e7 */

/* The challenge's populations (arXiv:2209.11146, table I) in the words of a PyCBC .ini: what differs between the sets, then what they
 * share.  Order matters: it is that of the draws. */
static const char *const of_set[3] = {
    "[variable_params]\nmass1=\nmass2=\nra=\ndec=\ninclination=\ncoa_phase=\npolarization=\nchirp_distance=\n"
    "[static_params]\nf_ref=20\nf_lower=20\napproximant=IMRPhenomXPHM\ntaper=start\n"
    "spin1x=0\nspin1y=0\nspin1z=0\nspin2x=0\nspin2y=0\nspin2z=0\nmode_array=22\n"
    "[prior-mass1]\nname=uniform\nmin-mass1=10\nmax-mass1=50\n[prior-mass2]\nname=uniform\nmin-mass2=10\nmax-mass2=50\n",

    "[variable_params]\nmass1=\nmass2=\nra=\ndec=\ninclination=\ncoa_phase=\npolarization=\nchirp_distance=\nspin1z=\nspin2z=\n"
    "[static_params]\nf_ref=20\nf_lower=20\napproximant=IMRPhenomXPHM\ntaper=start\n"
    "spin1x=0\nspin1y=0\nspin2x=0\nspin2y=0\nmode_array=22\n"
    "[prior-mass1]\nname=uniform\nmin-mass1=7\nmax-mass1=50\n[prior-mass2]\nname=uniform\nmin-mass2=7\nmax-mass2=50\n"
    "[prior-spin1z]\nname=uniform\nmin-spin1z=-0.99\nmax-spin1z=0.99\n"
    "[prior-spin2z]\nname=uniform\nmin-spin2z=-0.99\nmax-spin2z=0.99\n",

    "[variable_params]\nmass1=\nmass2=\nra=\ndec=\ninclination=\ncoa_phase=\npolarization=\nchirp_distance=\n"
    "spin1_a=\nspin1_azimuthal=\nspin1_polar=\nspin2_a=\nspin2_azimuthal=\nspin2_polar=\n"
    "[static_params]\nf_ref=20\nf_lower=20\napproximant=IMRPhenomXPHM\ntaper=start\nmode_array=22 21 33 32 44\n"
    "[prior-mass1]\nname=uniform\nmin-mass1=7\nmax-mass1=50\n[prior-mass2]\nname=uniform\nmin-mass2=7\nmax-mass2=50\n"
    "[prior-spin1_a]\nname=uniform\nmin-spin1_a=0\nmax-spin1_a=0.99\n"
    "[prior-spin1_polar+spin1_azimuthal]\nname=uniform_solidangle\npolar-angle=spin1_polar\nazimuthal-angle=spin1_azimuthal\n"
    "[prior-spin2_a]\nname=uniform\nmin-spin2_a=0\nmax-spin2_a=0.99\n"
    "[prior-spin2_polar+spin2_azimuthal]\nname=uniform_solidangle\npolar-angle=spin2_polar\nazimuthal-angle=spin2_azimuthal\n"
    "[waveform_transforms-spin1x+spin1y+spin1z]\nname=spherical_to_cartesian\nx=spin1x\ny=spin1y\nz=spin1z\n"
    "radial=spin1_a\npolar=spin1_polar\nazimuthal=spin1_azimuthal\n"
    "[waveform_transforms-spin2x+spin2y+spin2z]\nname=spherical_to_cartesian\nx=spin2x\ny=spin2y\nz=spin2z\n"
    "radial=spin2_a\npolar=spin2_polar\nazimuthal=spin2_azimuthal\n"};

static const char shared[] = "[prior-ra+dec]\nname=uniform_sky\n[prior-inclination]\nname=sin_angle\n"
                             "[prior-coa_phase]\nname=uniform_angle\n[prior-polarization]\nname=uniform_angle\n"
                             "[prior-chirp_distance]\nname=uniform_radius\nmin-chirp_distance=130\nmax-chirp_distance=350\n"
                             "[constraint-1]\nname=custom\nconstraint_arg=mass2 <= mass1\n"
                             "[waveform_transforms-mchirp+q]\nname=mass1_mass2_to_mchirp_q\n"
                             "[waveform_transforms-distance]\nname=chirp_distance_to_distance\n";

struct gws_mlgwsc_set {
    gws_mlgwsc_set_params p; /* strings are not kept: injections and approximant below */
    char *injections, *approximant;
    gws_mlgwsc_noise *noise;
    gws_pool *pool;
    gws_injections table;
    int have_table;
    double before_s, after_s; /* no signal of the data set reaches further from its tc */
    gws_projected *signals;   /* NULL until they are known */
};

gws_mlgwsc_set_params gws_mlgwsc_set_defaults(void)
{
    return (gws_mlgwsc_set_params){.noise = gws_mlgwsc_noise_defaults()};
}

static gws_status check_approximant(const char *name, gws_err *err)
{
    for (int i = 0; name && gws_approximant_name(i); i++)
        if (strcmp(name, gws_approximant_name(i)) == 0)
            return GWS_OK;
    return name ? gws_err_set(err, GWS_EARG, "MLGWSC-1: approximant %s: unknown", name) : GWS_OK;
}

gws_mlgwsc_set *gws_mlgwsc_set_create(const gws_mlgwsc_set_params *params, gws_err *err)
{
    GWS_ASSERT(params);
    gws_mlgwsc_set *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory");
        return NULL;
    }
    m->p = *params;
    if ((params->injections && !(m->injections = strdup(params->injections))) ||
        (params->approximant && !(m->approximant = strdup(params->approximant)))) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory");
        goto fail;
    }
    if (check_approximant(params->approximant, err) != GWS_OK || !(m->noise = gws_mlgwsc_noise_create(&params->noise, err)))
        goto fail;
    return m;
fail:
    gws_mlgwsc_set_destroy(m);
    return NULL;
}

void gws_mlgwsc_set_destroy(gws_mlgwsc_set *m)
{
    if (!m)
        return;
    gws_projected_destroy(m->signals);
    gws_injections_clear(&m->table);
    gws_mlgwsc_noise_destroy(m->noise);
    free(m->injections);
    free(m->approximant);
    free(m);
}

void gws_mlgwsc_set_set_pool(gws_mlgwsc_set *m, gws_pool *pool)
{
    m->pool = pool;
    gws_mlgwsc_noise_set_pool(m->noise, pool);
}

const gws_mlgwsc_noise_segment *gws_mlgwsc_set_segments(const gws_mlgwsc_set *m, int *n)
{
    return gws_mlgwsc_noise_segments(m->noise, n);
}

static gws_status draw_table(gws_mlgwsc_set *m, gws_err *err)
{
    int set = m->p.noise.dataset == 4 ? 3 : m->p.noise.dataset;
    char *text = NULL;
    gws_ini *ini = NULL;
    gws_population *population = NULL;
    gws_status status = GWS_ENOMEM;
    if (asprintf(&text, "%s%s", of_set[set - 1], shared) < 0) {
        text = NULL;
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory");
        goto fail;
    }
    const gws_mlgwsc_noise_segment whole = gws_mlgwsc_noise_extent(m->noise);
    if (whole.end_s - whole.start_s > LONGEST_S) {
        status = gws_err_set(err, GWS_EDATA, "segments.csv: spans %lld s; injections are drawn for all of it, at most %d s",
                             (long long)(whole.end_s - whole.start_s), LONGEST_S);
        goto fail;
    }
    if (!(ini = gws_ini_parse(text, "MLGWSC-1 population", err)) || !(population = gws_population_create(ini, err)))
        goto fail;
    const gws_injections_plan plan = {(uint32_t)m->p.noise.seed, whole.start_s, whole.end_s, GWS_MLGWSC_SET_STEP_S,
                                      GWS_MLGWSC_SET_WINDOW_S};
    status = gws_injections_draw(population, &plan, &m->table, err);
fail:
    gws_population_destroy(population);
    gws_ini_destroy(ini);
    free(text);
    return status;
}

const gws_injections *gws_mlgwsc_set_injections(gws_mlgwsc_set *m, gws_err *err)
{
    if (!m->have_table && (m->injections ? gws_injections_load(m->injections, &m->table, err) : draw_table(m, err)) != GWS_OK)
        return NULL;
    m->have_table = 1;
    return &m->table;
}

gws_status gws_mlgwsc_set_noise(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(m && ifo >= 0 && ifo < GWS_MLGWSC_IFOS && n >= 0 && (out || n == 0));
    return gws_mlgwsc_noise_fill(m->noise, ifo, begin, n, out, err);
}

static const char *approximant_of(const gws_mlgwsc_set *m)
{
    return m->approximant ? m->approximant : gws_injections_text(&m->table, "approximant");
}

/* The segment that holds [begin, begin + n). */
static const gws_mlgwsc_noise_segment *segment_of(const gws_mlgwsc_set *m, int64_t begin, int64_t n)
{
    int count;
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_set_segments(m, &count);
    for (int i = 0; i < count; i++)
        if (s[i].start_s * GWS_MLGWSC_RATE_HZ <= begin && begin + n <= s[i].end_s * GWS_MLGWSC_RATE_HZ)
            return &s[i];
    return NULL;
}

/* Rows of the signals that are added to a segment. */
static int64_t rows_of(const gws_mlgwsc_set *m, const gws_mlgwsc_noise_segment *s, int64_t *first)
{
    return gws_injections_between(&m->table, (double)(s->start_s + GWS_MLGWSC_SET_PAD_S), (double)(s->end_s - GWS_MLGWSC_SET_PAD_S),
                                  first);
}

static const char *table_name(const gws_mlgwsc_set *m)
{
    return m->injections ? m->injections : "MLGWSC-1: its own injections";
}

/* Find how far from tc the signals of the data set reach at most. */
static gws_status find_reach(gws_mlgwsc_set *m, gws_err *err)
{
    int count;
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_set_segments(m, &count);
    gws_status status = GWS_OK;
    for (int i = 0; i < count; i++) {
        int64_t first, n = rows_of(m, &s[i], &first);
        for (int64_t row = first; row < first + n && status == GWS_OK; row++) {
            double before_s, after_s;
            gws_source source;
            if ((status = gws_injections_source(&m->table, row, &source, err)) == GWS_OK &&
                (status = gws_project_reach(approximant_of(m), &source.binary, GWS_MLGWSC_RATE_HZ, GWS_LIKE_PYCBC, &before_s,
                                            &after_s, err)) != GWS_OK)
                gws_err_prefix(err, "row %lld", (long long)row);
            if (status != GWS_OK) {
                gws_err_prefix(err, "%s", table_name(m));
                return status;
            }
            m->before_s = fmax(m->before_s, before_s);
            m->after_s = fmax(m->after_s, after_s);
        }
    }
    return GWS_OK;
}

static gws_status source_of(const void *user, int64_t number, gws_source *out, gws_err *err)
{
    return gws_injections_source(user, number, out, err);
}

/* The table and how far its signals reach. */
static gws_status know_signals(gws_mlgwsc_set *m, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_taper taper = GWS_TAPER_NONE;
    if (m->signals)
        return GWS_OK;
    if (!gws_mlgwsc_set_injections(m, err))
        return err->status;
    const char *text = gws_injections_text(&m->table, "taper");
    if (*text && gws_taper_parse(text, &taper, NULL) != GWS_OK)
        return gws_err_set(err, GWS_EDATA, "%s: taper = %s: wanted start, TAPER_START or TAPER_NONE", table_name(m), text);
    gws_status status = find_reach(m, err);
    if (status != GWS_OK)
        return status;
    gws_projected_params p = {.n_ifo = GWS_MLGWSC_IFOS,
                              .rate_hz = GWS_MLGWSC_RATE_HZ,
                              .approximant = approximant_of(m),
                              .how = GWS_LIKE_PYCBC,
                              .taper = m->p.taper ? taper : GWS_TAPER_NONE,
                              .which = GWS_PROJECTING_ALL,
                              .kept = KEPT,
                              .source = source_of,
                              .user = &m->table};
    for (int d = 0; d < GWS_MLGWSC_IFOS; d++)
        p.site[d] = gws_site_find(gws_mlgwsc_noise_ifo[d]);
    m->signals = gws_projected_create(&p, err);
    return m->signals ? GWS_OK : GWS_ENOMEM;
}

gws_status gws_mlgwsc_set_bytes(gws_mlgwsc_set *m, int64_t *out, gws_err *err)
{
    GWS_ASSERT(m && out);
    *out = gws_mlgwsc_noise_bytes(m->noise);
    if (!m->p.signals)
        return GWS_OK;
    gws_status status = know_signals(m, err);
    if (status != GWS_OK)
        return status;
    const int64_t n = (int64_t)ceil((m->before_s + m->after_s) * GWS_MLGWSC_RATE_HZ);
    int threads = gws_pool_threads(m->pool);
    threads = threads < GWS_PROJECTED_AT_ONCE ? threads : GWS_PROJECTED_AT_ONCE;
    /* while a signal is made: polarisations as spectrum and as series, up to twice as long to be a power of two, and a workspace */
    *out += (m->table.n * m->table.n_columns + GWS_MLGWSC_IFOS * KEPT * n + threads * 10 * n) * (int64_t)sizeof(double);
    return GWS_OK;
}

gws_status gws_mlgwsc_set_add_signals(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *h, gws_err *err)
{
    GWS_ASSERT(m && ifo >= 0 && ifo < GWS_MLGWSC_IFOS && n >= 0 && (h || n == 0));
    const gws_mlgwsc_noise_segment *s = segment_of(m, begin, n);
    GWS_ASSERT(s != NULL);
    gws_status status = know_signals(m, err);
    if (status != GWS_OK)
        return status;
    int64_t of_segment, first, count = rows_of(m, s, &of_segment), end = of_segment + count;
    const double begin_s = (double)begin / GWS_MLGWSC_RATE_HZ, end_s = (double)(begin + n) / GWS_MLGWSC_RATE_HZ;
    count = gws_injections_between(&m->table, begin_s - m->after_s, end_s + m->before_s, &first);
    int64_t last = first + count < end ? first + count : end;
    for (int64_t row = first > of_segment ? first : of_segment; row < last; row++) {
        const gws_projected_ask ask = {.number = row, .end = end, .ifo = ifo, .begin = begin, .n = n, .pool = m->pool};
        if ((status = gws_projected_add(m->signals, &ask, h, err)) != GWS_OK) {
            gws_err_prefix(err, "%s: row %lld", table_name(m), (long long)row);
            return status;
        }
    }
    return GWS_OK;
}

gws_status gws_mlgwsc_set_fill(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    gws_status status = gws_mlgwsc_set_noise(m, ifo, begin, n, out, err);
    return status == GWS_OK && m->p.signals ? gws_mlgwsc_set_add_signals(m, ifo, begin, n, out, err) : status;
}
