#include "sim/mlgwsc_input.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "sim:"

/* Order of the keys in the identity; the last two say where files lie. */
enum { MLGWSC, SEED, DURATION, OFFSET, PART, INJECTIONS, APPROXIMANT, TAPER, NOISE, DATA, N_KEYS };

static const char *const keys[N_KEYS] = {"mlgwsc",     "seed",        "duration", "offset", "part",
                                         "injections", "approximant", "taper",    "noise",  "data"};

int gws_is_mlgwsc_input(const char *name)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

int gws_mlgwsc_input_has(const char *spec, const char *key)
{
    size_t n = strlen(key);
    for (const char *at = spec + strlen(PREFIX); *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, key, n) == 0 && at[n] == '=')
            return 1;
    return 0;
}

static gws_status whole_number(const char *spec, const char *key, const char *text, int64_t lo, int64_t hi, int64_t *out,
                               gws_err *err)
{
    char *end;
    if (!text)
        return GWS_OK;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || v < lo || v > hi)
        return gws_err_set(err, GWS_EARG, "%s: %s=%s: wanted a whole number from %lld to %lld", spec, key, text, (long long)lo,
                           (long long)hi);
    *out = v;
    return GWS_OK;
}

/* Cut "key=value,..." in place. */
static gws_status split(const char *spec, char *text, const char *value[N_KEYS], gws_err *err)
{
    for (char *save = NULL, *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(word, '=');
        int k = 0;
        if (equals)
            *equals = 0;
        while (k < N_KEYS && (!equals || strcmp(word, keys[k]) != 0))
            k++;
        if (k == N_KEYS)
            return gws_err_set(
                err, GWS_EARG,
                "%s: '%s': wanted mlgwsc=, seed=, duration=, offset=, part=, injections=, approximant=, taper=, noise= or data=",
                spec, word);
        if (value[k])
            return gws_err_set(err, GWS_EARG, "%s: %s is given twice", spec, keys[k]);
        value[k] = equals + 1;
    }
    return GWS_OK;
}

static gws_status read_params(const char *spec, const char *const value[N_KEYS], gws_mlgwsc_set_params *p, gws_err *err)
{
    int64_t set = 0;
    gws_status status = whole_number(spec, keys[MLGWSC], value[MLGWSC], 1, 4, &set, err);
    if (status == GWS_OK && set == 0)
        status = gws_err_set(err, GWS_EARG, "%s: wanted mlgwsc=1, 2, 3 or 4", spec);
    if (status == GWS_OK)
        status = whole_number(spec, keys[SEED], value[SEED], 0, UINT32_MAX, &p->noise.seed, err);
    if (status == GWS_OK)
        status = whole_number(spec, keys[DURATION], value[DURATION], 1, INT64_C(1) << 32, &p->noise.duration_s, err);
    if (status == GWS_OK)
        status = whole_number(spec, keys[OFFSET], value[OFFSET], 0, INT64_C(1) << 32, &p->noise.start_offset_s, err);
    if (status != GWS_OK)
        return status;
    p->noise.dataset = (int)set;
    if (value[PART] && strcmp(value[PART], "fg") != 0 && strcmp(value[PART], "bg") != 0)
        return gws_err_set(err, GWS_EARG, "%s: part=%s: wanted fg or bg", spec, value[PART]);
    p->signals = value[PART] && strcmp(value[PART], "fg") == 0;
    if (!value[DATA])
        return gws_err_set(err, GWS_EARG, "%s: wanted data=FOLDER with MLGWSC-1's segments.csv and psds", spec);
    if (set != 4 && value[NOISE])
        return gws_err_set(err, GWS_EARG, "%s: noise= goes with set 4 alone", spec);
    p->noise.folder = value[DATA];
    p->noise.real_noise = value[NOISE];
    p->injections = value[INJECTIONS];
    p->approximant = value[APPROXIMANT];
    if (value[TAPER] && strcmp(value[TAPER], "start") != 0)
        return gws_err_set(err, GWS_EARG, "%s: taper=%s: wanted start", spec, value[TAPER]);
    p->taper = value[TAPER] != NULL;
    return GWS_OK;
}

static gws_status compose(const gws_mlgwsc_set_params *p, char **out, gws_err *err)
{
    const char *injections = p->signals ? p->injections : NULL, *approximant = p->signals ? p->approximant : NULL;
    if (asprintf(out, "sim:mlgwsc=%d,seed=%lld,duration=%lld,offset=%lld,part=%s%s%s%s%s%s", p->noise.dataset,
                 (long long)p->noise.seed, (long long)p->noise.duration_s, (long long)p->noise.start_offset_s,
                 p->signals ? "fg" : "bg", injections ? ",injections=" : "", injections ? injections : "",
                 approximant ? ",approximant=" : "", approximant ? approximant : "",
                 p->signals && p->taper ? ",taper=start" : "") < 0) {
        *out = NULL;
        return gws_err_set(err, GWS_ENOMEM, "sim: no memory");
    }
    return GWS_OK;
}

gws_mlgwsc_set *gws_mlgwsc_input_open(const char *spec, char **identity, gws_err *err)
{
    GWS_ASSERT(spec && gws_is_mlgwsc_input(spec));
    const char *value[N_KEYS] = {NULL};
    gws_mlgwsc_set_params p = gws_mlgwsc_set_defaults();
    gws_mlgwsc_set *m = NULL;
    if (identity)
        *identity = NULL;
    char *text = strdup(spec + strlen(PREFIX));
    if (!text)
        gws_err_set(err, GWS_ENOMEM, "%s: no memory", spec);
    else if (split(spec, text, value, err) == GWS_OK && read_params(spec, value, &p, err) == GWS_OK &&
             (!identity || compose(&p, identity, err) == GWS_OK))
        m = gws_mlgwsc_set_create(&p, err);
    if (!m && identity) {
        free(*identity);
        *identity = NULL;
    }
    free(text);
    return m;
}

/* ---- the row ---- */

struct made {
    gws_mlgwsc_set *set;
    char *identity;
    int n; /* segments of each detector */
};

static int probe(const char *path, gws_h5 *f)
{
    (void)f;
    return gws_is_mlgwsc_input(path);
}

/* List the segments.  Those of one detector follow each other; read_segment finds detector and segment from that order. */
static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    gws_err local = {0};
    (void)f;
    (void)use;
    struct made *made = out->own = calloc(1, sizeof *made);
    if (!made)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory", path);
    if (!(made->set = gws_mlgwsc_input_open(path, &made->identity, &local)))
        return gws_err_set(err, local.status, "%s", local.text);
    const gws_mlgwsc_noise_segment *segment = gws_mlgwsc_set_segments(made->set, &made->n);
    if (!(out->segments = calloc((size_t)(GWS_MLGWSC_IFOS * made->n + 1), sizeof *out->segments)))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    out->n_segments = GWS_MLGWSC_IFOS * made->n;
    for (int i = 0; i < out->n_segments; i++) {
        gws_strain_segment *s = &out->segments[i];
        const gws_mlgwsc_noise_segment *g = &segment[i % made->n];
        memcpy(s->ifo, gws_mlgwsc_noise_ifo[i / made->n], sizeof s->ifo);
        s->rate_hz = GWS_MLGWSC_RATE_HZ;
        s->begin = g->start_s * GWS_MLGWSC_RATE_HZ;
        s->n = (g->end_s - g->start_s) * GWS_MLGWSC_RATE_HZ;
        snprintf(s->path, sizeof s->path, "/%s/%" PRId64, s->ifo, g->start_s);
    }
    return GWS_OK;
}

static void forget(void *own)
{
    struct made *made = own;
    if (!made)
        return;
    gws_mlgwsc_set_destroy(made->set);
    free(made->identity);
    free(made);
}

static gws_status read_segment(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct made *made = c->own;
    (void)handle;
    return gws_mlgwsc_set_fill(made->set, segment / made->n, c->segments[segment].begin + start, n, out, err);
}

static void set_pool(void *own, gws_pool *pool)
{
    gws_mlgwsc_set_set_pool(((struct made *)own)->set, pool);
}

static gws_status bytes(void *own, int64_t *out, gws_err *err)
{
    return gws_mlgwsc_set_bytes(((struct made *)own)->set, out, err);
}

static const char *identity(const void *own)
{
    return ((const struct made *)own)->identity;
}

const gws_strain_format gws_strain_sim = {
    .name = "virtual MLGWSC-1",
    .probe = probe,
    .list = list,
    .forget = forget,
    .read = read_segment,
    .set_pool = set_pool,
    .bytes = bytes,
    .identity = identity,
};

const gws_strain_format *const gws_sim_formats[] = {&gws_strain_sim, NULL};
