#include "strain/frame.h"

#include "base/ifo.h"
#include "strain/gap.h"
#include "strain/quality.h"
#include "strain/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define SLOWEST_HZ 256 /* a channel below it is no strain */
#define MAX_RATE_HZ 1048576
#define LISTED 6 /* channels named in a sentence */

/* One segment: a channel in a frame. */
struct row {
    gws_gwf_series series;
    int detector;
};

struct detector {
    char ifo[4];
    int channel;
    gws_quality_rule dq[2];    /* DATA, CBC_CAT1 */
    gws_quality_rule injected; /* bits 0: none */
    int n_dq;
    gws_quality quality; /* both masks; dq NULL: there is none */
    int has_states;
    gws_states states;
};

struct own {
    struct row *rows;
    int n_rows;
    struct detector *detectors;
    int n_detectors;
    int64_t bytes; /* of the largest vector, decoded */
};

/* Is it called a frame file?  An empty one, or one that begins with something else, is refused as what it is meant to be; HDF5 under
 * that name is read all the same. */
static int is_named_frame(const char *path)
{
    static const char hdf5[4] = {'\x89', 'H', 'D', 'F'};
    char head[4] = {0};
    const size_t n = strlen(path);
    struct stat st;
    if (n < 5 || strcasecmp(path + n - 4, ".gwf") != 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    FILE *f = fopen(path, "re");
    const int is_hdf5 = f && fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, hdf5, sizeof head) == 0;
    if (f)
        fclose(f);
    return f && !is_hdf5;
}

static int probe(const char *path, gws_h5 *f)
{
    return !f && (gws_gwf_probe(path) || is_named_frame(path));
}

static void forget(void *p)
{
    struct own *own = p;
    if (!own)
        return;
    for (int i = 0; i < own->n_detectors; i++) {
        gws_quality_clear(&own->detectors[i].quality);
        gws_states_clear(&own->detectors[i].states);
    }
    free(own->detectors);
    free(own->rows);
    free(own);
}

/* ---- channels ---- */

static int ends_in(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcasecmp(name + n - m, ending) == 0;
}

static int has(const char *name, const char *part)
{
    const size_t n = strlen(part);
    for (; *name; name++)
        if (strncasecmp(name, part, n) == 0)
            return 1;
    return 0;
}

/* "H1:" in front: the detector; 0 when there is none. */
static int detector_of(const char *name, char ifo[4])
{
    const char word[4] = {name[0], name[0] ? name[1] : '\0', '\0', '\0'};
    if (!gws_is_ifo(word) || name[2] != ':' || name[3] == '\0')
        return 0;
    memcpy(ifo, word, 4);
    return 1;
}

/* How plainly a name is that of strain: 3 a known name, 2 a telling one, 1 any other. */
static int plainness(const char *name)
{
    static const char *const known[] = {"LOSC-STRAIN",          "_STRAIN",
                                        "GDS-CALIB_STRAIN",     "GDS-CALIB_STRAIN_CLEAN",
                                        "DCS-CALIB_STRAIN",     "DCS-CALIB_STRAIN_C01",
                                        "DCS-CALIB_STRAIN_C02", "DCS-CALIB_STRAIN_CLEAN_C01",
                                        "LDAS-STRAIN",          "DCH-CLEAN_STRAIN_C02",
                                        "HREC_HOFT_16384HZ",    "HREC_HOFT_RAW_20000HZ"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ends_in(name, known[i]))
            return 3;
    return has(name, "strain") || has(name, "hoft") || has(name, "h_16384hz") || has(name, "h_20000hz") ? 2 : 1;
}

static int is_real(gws_gwf_type type)
{
    return type != GWS_GWF_C8 && type != GWS_GWF_C16 && type != GWS_GWF_STRING;
}

/* The first frame that has a channel, and what it is there. */
static gws_status first_of(gws_gwf *f, int channel, gws_gwf_series *s, gws_err *err)
{
    gws_status status = GWS_OK;
    memset(s, 0, sizeof *s);
    for (int k = 0; k < gws_gwf_frames(f, NULL) && !s->present && status == GWS_OK; k++)
        status = gws_gwf_stat(f, channel, k, s, err);
    return status;
}

static struct detector *find_detector(struct own *own, const char *ifo)
{
    for (int i = 0; i < own->n_detectors; i++)
        if (strcmp(own->detectors[i].ifo, ifo) == 0)
            return &own->detectors[i];
    return NULL;
}

static gws_status add_detector(gws_gwf *f, struct own *own, const char *ifo, int channel, gws_err *err)
{
    struct detector *more = realloc(own->detectors, (size_t)(own->n_detectors + 1) * sizeof *more);
    if (!more)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_gwf_path(f));
    own->detectors = more;
    struct detector *d = &more[own->n_detectors++];
    *d = (struct detector){.channel = channel};
    memcpy(d->ifo, ifo, 3);
    return GWS_OK;
}

static gws_status take_named(gws_gwf *f, const char *const *channels, struct own *own, gws_err *err)
{
    char ifo[4];
    gws_status status;
    for (; *channels; channels++) {
        const int c = gws_gwf_find(f, *channels);
        if (c < 0)
            continue; /* another file may have it */
        if (!detector_of(*channels, ifo))
            return gws_err_set(err, GWS_EARG, "%s: channel %s does not begin with a detector such as H1:", gws_gwf_path(f),
                               *channels);
        const struct detector *d = find_detector(own, ifo);
        if (d)
            return gws_err_set(err, GWS_EARG, "%s: has both %s and %s; name one channel a detector", gws_gwf_path(f),
                               gws_gwf_name(f, d->channel), *channels);
        if ((status = add_detector(f, own, ifo, c, err)) != GWS_OK)
            return status;
    }
    if (own->n_detectors == 0)
        return gws_err_set(err, GWS_EDATA, "%s: has none of the channels that were named", gws_gwf_path(f));
    return GWS_OK;
}

/* The sentence for a file, or a detector of it, of which no one channel is plainly strain. */
static gws_status unclear(gws_gwf *f, const char *ifo, int plain, gws_err *err)
{
    char names[400] = "", word[4];
    int n = 0;
    size_t used = 0;
    for (int c = 0; c < gws_gwf_channels(f); c++) {
        const char *name = gws_gwf_name(f, c);
        if (ifo && (!detector_of(name, word) || strcmp(word, ifo) != 0 || plainness(name) < plain))
            continue;
        if (n++ < LISTED && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
    }
    return gws_err_set(err, GWS_EDATA, "%s: %s%s: %s%s; name one with --channel", gws_gwf_path(f),
                       n == 0 ? "a frame file without a channel"
                       : ifo  ? "several channels could be the strain of "
                              : "no channel is plainly strain",
                       n > 0 && ifo ? ifo : "", names, n > LISTED ? ", ..." : "");
}

static gws_status take_plain(gws_gwf *f, struct own *own, gws_err *err)
{
    gws_status status;
    char ifo[4];
    for (int c = 0; c < gws_gwf_channels(f); c++) {
        if (!detector_of(gws_gwf_name(f, c), ifo) || find_detector(own, ifo))
            continue;
        int best = 0, n = 0, channel = -1;
        for (int k = c; k < gws_gwf_channels(f); k++) {
            char other[4];
            gws_gwf_series s;
            const int plain = plainness(gws_gwf_name(f, k));
            if (!detector_of(gws_gwf_name(f, k), other) || strcmp(other, ifo) != 0 || plain < best)
                continue;
            if (first_of(f, k, &s, NULL) != GWS_OK || !s.present || !is_real(s.type) || s.dx_s * SLOWEST_HZ > 1)
                continue;
            n = plain > best ? 1 : n + 1;
            channel = plain > best ? k : channel;
            best = plain;
        }
        if (n > 1)
            return unclear(f, ifo, best, err);
        if (n == 1 && (status = add_detector(f, own, ifo, channel, err)) != GWS_OK)
            return status;
    }
    return own->n_detectors > 0 ? GWS_OK : unclear(f, NULL, 0, err);
}

/* ---- masks ---- */

/* "0:DATA 1:CBC_CAT1 ..." */
static int parse_names(const char *text, char names[GWS_QUALITY_BITS][GWS_QUALITY_NAME])
{
    int n = 0, bit, used;
    char name[GWS_QUALITY_NAME];
    while (sscanf(text, " %d:%23[^ ]%n", &bit, name, &used) == 2) {
        if (bit < 0 || bit >= GWS_QUALITY_BITS)
            break;
        memcpy(names[bit], name, sizeof name);
        n = bit + 1 > n ? bit + 1 : n;
        text += used;
    }
    return n;
}

/* A mask of a detector over all frames, a number a second; absent where the file has none. */
static gws_status read_mask(gws_gwf *f, const char *ifo, const char *ending, gws_quality *q, uint32_t **out,
                            char names[GWS_QUALITY_BITS][GWS_QUALITY_NAME], int *n_names, gws_err *err)
{
    gws_status status;
    char word[4];
    for (int c = 0; c < gws_gwf_channels(f); c++) {
        if (!ends_in(gws_gwf_name(f, c), ending) || !detector_of(gws_gwf_name(f, c), word) || strcmp(word, ifo) != 0)
            continue;
        for (int k = 0; k < gws_gwf_frames(f, NULL); k++) {
            gws_gwf_series s;
            if ((status = gws_gwf_stat(f, c, k, &s, err)) != GWS_OK)
                return status;
            if (!s.present)
                continue;
            const int64_t first = s.t0_ns / 1000000000 + llround(s.offset_s) - q->gps_start_s;
            if (s.dx_s != 1 || s.t0_ns % 1000000000 != 0 || first < 0 || s.n > q->n - first)
                return gws_err_set(err, GWS_EFORMAT, "%s: %s is not one number a second beside the strain", gws_gwf_path(f),
                                   gws_gwf_name(f, c));
            double *x = malloc((size_t)(s.n > 0 ? s.n : 1) * sizeof *x);
            if (!*out)
                *out = calloc((size_t)q->n, sizeof **out);
            if (!x || !*out) {
                free(x);
                return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_gwf_path(f));
            }
            status = gws_gwf_read(f, &s, 0, s.n, x, err);
            for (int64_t i = 0; status == GWS_OK && i < s.n; i++)
                (*out)[first + i] = x[i] >= 0 && x[i] < 4294967296.0 ? (uint32_t)x[i] : 0;
            free(x);
            if (status != GWS_OK)
                return status;
            *n_names = parse_names(s.unit, names);
        }
        return GWS_OK;
    }
    return GWS_OK;
}

static gws_status read_masks(gws_gwf *f, struct detector *d, const struct own *own, const gws_strain_use *use, gws_err *err)
{
    gws_quality *q = &d->quality;
    gws_status status;
    int64_t begin = INT64_MAX, end = INT64_MIN;
    for (int i = 0; i < own->n_rows; i++) {
        const gws_gwf_series *s = &own->rows[i].series;
        if (&own->detectors[own->rows[i].detector] != d)
            continue;
        const int64_t a = s->t0_ns / 1000000000, b = a + (int64_t)ceil((double)s->n * s->dx_s);
        begin = a < begin ? a : begin;
        end = b > end ? b : end;
    }
    if (end - begin > GWS_QUALITY_MAX_S)
        return GWS_OK; /* no archive has masks in such a file */
    q->gps_start_s = begin;
    q->n = end - begin;
    if ((status = read_mask(f, d->ifo, "DQMASK", q, &q->dq, q->dq_name, &q->n_dq, err)) != GWS_OK ||
        (status = read_mask(f, d->ifo, "INJMASK", q, &q->inj, q->inj_name, &q->n_inj, err)) != GWS_OK)
        return status;
    if (q->dq) {
        const int data = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])q->dq_name, q->n_dq, "DATA");
        const int cat1 = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])q->dq_name, q->n_dq, "CBC_CAT1");
        d->dq[d->n_dq++] = (gws_quality_rule){UINT32_C(1) << (data < 0 ? 0 : data), GWS_GAP_DATA};
        if (cat1 >= 0 && !use->cat1)
            d->dq[d->n_dq++] = (gws_quality_rule){UINT32_C(1) << cat1, GWS_GAP_CAT1};
    }
    for (int i = 0; q->inj && !use->injections && i < q->n_inj; i++)
        d->injected.bits |= gws_quality_is_injection(q->inj_name[i]) ? UINT32_C(1) << i : 0;
    d->injected.why = GWS_GAP_INJECTION;
    return GWS_OK;
}

/* ---- the row ---- */

/* One frame of a channel as a segment. */
static gws_status make_segment(gws_gwf *f, int channel, const gws_gwf_series *s, gws_strain_segment *out, gws_err *err)
{
    const char *name = gws_gwf_name(f, channel);
    const double rate = 1 / s->dx_s;
    if (!(rate >= 1 && rate <= MAX_RATE_HZ) || fabs(rate - round(rate)) > 1e-6 * rate)
        return gws_err_set(err, GWS_EDATA, "%s: %s is sampled every %.17g s, which is not one over a whole number of Hz",
                           gws_gwf_path(f), name, s->dx_s);
    if (!is_real(s->type))
        return gws_err_set(err, GWS_EDATA, "%s: %s holds no real numbers", gws_gwf_path(f), name);
    out->rate_hz = (int)lround(rate);
    const double part = ((double)(s->t0_ns % 1000000000) * 1e-9 + s->offset_s) * out->rate_hz;
    if (!(fabs(part) < 1e15) || fabs(part - round(part)) > 0.01)
        return gws_err_set(err, GWS_EDATA, "%s: %s begins off the grid of its %d Hz", gws_gwf_path(f), name, out->rate_hz);
    snprintf(out->path, sizeof out->path, "%s", name);
    out->begin = s->t0_ns / 1000000000 * out->rate_hz + llround(part);
    out->n = s->n;
    return GWS_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct detector *)a)->ifo, ((const struct detector *)b)->ifo);
}

static gws_status list_frames(gws_gwf *f, struct own *own, gws_strain_content *out, gws_err *err)
{
    const gws_gwf_frame *frame;
    const int frames = gws_gwf_frames(f, &frame);
    gws_status status;
    const size_t most = (size_t)frames * (size_t)own->n_detectors + 1;
    own->rows = calloc(most, sizeof *own->rows);
    out->segments = calloc(most, sizeof *out->segments);
    if (!own->rows || !out->segments)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d frames", gws_gwf_path(f), frames);
    for (int d = 0; d < own->n_detectors; d++)
        for (int k = 0; k < frames; k++) {
            struct row *row = &own->rows[own->n_rows];
            gws_strain_segment *g = &out->segments[own->n_rows];
            if ((status = gws_gwf_stat(f, own->detectors[d].channel, k, &row->series, err)) != GWS_OK)
                return status;
            if (!row->series.present || row->series.n == 0)
                continue;
            if ((status = make_segment(f, own->detectors[d].channel, &row->series, g, err)) != GWS_OK)
                return status;
            memcpy(g->ifo, own->detectors[d].ifo, sizeof g->ifo);
            row->detector = d;
            own->bytes = row->series.n * 16 > own->bytes ? row->series.n * 16 : own->bytes;
            own->n_rows++;
        }
    out->n_segments = own->n_rows;
    if (own->n_rows == 0)
        return gws_err_set(err, GWS_EDATA, "%s: holds no sample", gws_gwf_path(f));
    return GWS_OK;
}

/* ---- states ---- */

static gws_status read_states(gws_gwf *f, int channel, uint32_t bits, struct detector *d, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int k = 0; k < gws_gwf_frames(f, NULL) && status == GWS_OK; k++) {
        gws_gwf_series s;
        gws_strain_segment g = {0};
        if ((status = gws_gwf_stat(f, channel, k, &s, err)) != GWS_OK || !s.present || s.n == 0 || s.invalid)
            continue;
        if ((status = make_segment(f, channel, &s, &g, err)) != GWS_OK)
            continue;
        double *x = malloc((size_t)s.n * sizeof *x);
        status = x ? gws_gwf_read(f, &s, 0, s.n, x, err) : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_gwf_path(f));
        if (status == GWS_OK && (status = gws_states_add(&d->states, g.rate_hz, g.begin, x, s.n, bits, err)) != GWS_OK)
            gws_err_prefix(err, "%s: %s", gws_gwf_path(f), gws_gwf_name(f, channel));
        free(x);
    }
    return status;
}

static gws_status take_states(gws_gwf *f, const gws_strain_state *wanted, struct own *own, gws_err *err)
{
    char ifo[4];
    gws_status status = GWS_OK;
    for (; wanted && wanted->channel && status == GWS_OK; wanted++) {
        struct detector *d = detector_of(wanted->channel, ifo) ? find_detector(own, ifo) : NULL;
        const int channel = gws_gwf_find(f, wanted->channel);
        if (!d)
            continue; /* a file of another detector */
        if (channel < 0)
            return gws_err_set(err, GWS_EDATA, "%s: has no channel %s, whose state is wanted", gws_gwf_path(f), wanted->channel);
        d->has_states = 1;
        status = read_states(f, channel, wanted->bits, d, err);
        if (status == GWS_OK && (status = gws_states_finish(&d->states, err)) != GWS_OK)
            gws_err_prefix(err, "%s: %s", gws_gwf_path(f), wanted->channel);
    }
    return status;
}

gws_status gws_strain_frame_list(gws_gwf *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    gws_status status;
    struct own *own = out->own = calloc(1, sizeof *own);
    if (!own)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_gwf_path(f));
    if ((status = use->channels ? take_named(f, use->channels, own, err) : take_plain(f, own, err)) != GWS_OK)
        return status;
    qsort(own->detectors, (size_t)own->n_detectors, sizeof *own->detectors, by_name);
    if ((status = list_frames(f, own, out, err)) != GWS_OK || (status = take_states(f, use->states, own, err)) != GWS_OK)
        return status;
    for (int i = 0; i < own->n_detectors && status == GWS_OK; i++) {
        status = read_masks(f, &own->detectors[i], own, use, err);
        out->has_quality = out->has_quality || own->detectors[i].quality.dq;
    }
    return status;
}

static gws_status list(const char *path, gws_h5 *h5, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)h5;
    gws_err local = {0};
    gws_gwf *f = gws_gwf_open(path, &local);
    if (!f)
        return gws_err_set(err, local.status, "%s", local.text);
    const gws_status status = gws_strain_frame_list(f, use, out, err);
    gws_gwf_close(f);
    return status;
}

static gws_status open_frame(const char *path, void **handle, gws_err *err)
{
    gws_err local = {0};
    *handle = gws_gwf_open(path, &local);
    return *handle ? GWS_OK : gws_err_set(err, local.status, "%s", local.text);
}

static void close_frame(void *handle)
{
    gws_gwf_close(handle);
}

static void apply(const struct detector *d, const gws_strain_segment *g, const uint32_t *bits, const gws_quality_rule *rules,
                  int n_rules, int64_t start, int64_t n, double *out)
{
    /* the seconds that these samples touch, and no others */
    const int64_t second = (g->begin + start) / g->rate_hz, last = (g->begin + start + n - 1) / g->rate_hz;
    const int64_t from = second - d->quality.gps_start_s, to = last - d->quality.gps_start_s + 1;
    const int64_t a = from > 0 ? from : 0, b = to < d->quality.n ? to : d->quality.n;
    const gws_quality_mask mask = {bits + a, b > a ? b - a : 0, (d->quality.gps_start_s + a) * g->rate_hz, g->rate_hz};
    gws_quality_apply(rules, n_rules, &mask, g->begin + start, n, out);
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct own *own = c->own;
    const struct row *row = &own->rows[segment];
    const struct detector *d = &own->detectors[row->detector];
    const gws_strain_segment *g = &c->segments[segment];
    gws_status status = gws_gwf_read(handle, &row->series, start, n, out, err);
    if (status != GWS_OK || n == 0)
        return status;
    for (int64_t i = 0; i < n; i++)
        if (row->series.invalid)
            out[i] = gws_gap_nan(GWS_GAP_DATA);
        else if (!isfinite(out[i]))
            out[i] = gws_gap_nan(GWS_GAP_NOT_FINITE);
    if (d->has_states)
        gws_states_apply(&d->states, g->rate_hz, g->begin + start, n, out);
    if (d->injected.bits)
        apply(d, g, d->quality.inj, &d->injected, 1, start, n, out);
    if (d->n_dq > 0)
        apply(d, g, d->quality.dq, d->dq, d->n_dq, start, n, out);
    return GWS_OK;
}

static gws_status read_quality(const gws_strain_content *c, void *handle, const char *ifo, gws_quality *out, gws_err *err)
{
    const struct own *own = c->own;
    const gws_quality *q = NULL;
    for (int i = 0; i < own->n_detectors && !q; i++)
        q = strcmp(own->detectors[i].ifo, ifo) == 0 ? &own->detectors[i].quality : NULL;
    memset(out, 0, sizeof *out);
    if (!q || !q->dq)
        return GWS_OK;
    *out = *q;
    const size_t n = (size_t)q->n * sizeof *q->dq;
    out->dq = malloc(n);
    out->inj = q->inj ? malloc(n) : NULL;
    if (!out->dq || (q->inj && !out->inj)) {
        gws_quality_clear(out);
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_gwf_path(handle));
    }
    memcpy(out->dq, q->dq, n);
    if (q->inj)
        memcpy(out->inj, q->inj, n);
    return GWS_OK;
}

static gws_status bytes(void *p, int64_t *out, gws_err *err)
{
    (void)err;
    *out = ((const struct own *)p)->bytes;
    return GWS_OK;
}

const gws_strain_format gws_strain_frame = {
    .name = "GWF frames",
    .has_channels = 1,
    .probe = probe,
    .list = list,
    .forget = forget,
    .open = open_frame,
    .close = close_frame,
    .read = read_samples,
    .quality = read_quality,
    .bytes = bytes,
};
