#include "sim/mlgwsc_input.h"

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
    gws_status st = whole_number(spec, keys[MLGWSC], value[MLGWSC], 1, 4, &set, err);
    if (st == GWS_OK && set == 0)
        st = gws_err_set(err, GWS_EARG, "%s: wanted mlgwsc=1, 2, 3 or 4", spec);
    if (st == GWS_OK)
        st = whole_number(spec, keys[SEED], value[SEED], 0, UINT32_MAX, &p->noise.seed, err);
    if (st == GWS_OK)
        st = whole_number(spec, keys[DURATION], value[DURATION], 1, INT64_C(1) << 32, &p->noise.duration_s, err);
    if (st == GWS_OK)
        st = whole_number(spec, keys[OFFSET], value[OFFSET], 0, INT64_C(1) << 32, &p->noise.start_offset_s, err);
    if (st != GWS_OK)
        return st;
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
