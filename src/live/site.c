#include "live/site.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gws_live_site gws_live_site_defaults(void)
{
    return (gws_live_site){.wait_s = 3, .whole_s = 2, .poll_s = 0.1, .back_s = 300, .speed = 1};
}

void gws_live_site_clear(gws_live_site *s)
{
    for (int i = 0; i < s->n_names; i++)
        free(s->names[i]);
    free(s->names);
    gws_ini_destroy(s->ini);
    *s = gws_live_site_defaults();
}

/* Words with commas or blanks between them; one that begins with sim: has commas of its own. */
static gws_status split(const char *list, char ***out, int *n_out, gws_err *err)
{
    const char *p = list;

    while (p && *(p += strspn(p, ", \t\r\n"))) {
        const size_t n = strcspn(p, strncmp(p, "sim:", 4) == 0 ? " \t\r\n" : ", \t\r\n");
        char **more = realloc(*out, (size_t)(*n_out + 1) * sizeof *more);
        char *word = strndup(p, n);
        if (more)
            *out = more;
        if (!more || !word) {
            free(word);
            return gws_err_set(err, GWS_ENOMEM, "[live] frames: out of memory");
        }
        (*out)[(*n_out)++] = word;
        p += n;
    }
    return GWS_OK;
}

static gws_status number(gws_ini *ini, const char *section, const char *key, double least, double most, double *value, gws_err *err)
{
    double x;
    gws_status status = gws_ini_double(ini, section, key, *value, &x, err);

    if (status == GWS_OK && (x < least || x > most))
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s = %g, wanted %g to %g", section, key, x, least, most);
    *value = status == GWS_OK ? x : *value;
    return status;
}

static gws_status read_live(gws_live_site *s, gws_err *err)
{
    gws_ini *ini = s->ini;
    gws_status status;
    const char *poll = gws_ini_string(ini, "live", "poll", "auto");

    s->source = gws_ini_string(ini, "live", "source", "folder");
    s->state = gws_ini_string(ini, "live", "state", NULL);
    if (!gws_live_source_find(s->source))
        return gws_err_set(err, GWS_EFORMAT, "[live] source = %.80s, wanted folder, replay, list, pipe or kafka", s->source);
    if (strcmp(poll, "auto") != 0 && strcmp(poll, "always") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[live] poll = %.80s, wanted auto or always", poll);
    s->polling = strcmp(poll, "always") == 0;
    if ((status = number(ini, "live", "wait_s", 0, 3600, &s->wait_s, err)) != GWS_OK ||
        (status = number(ini, "live", "whole_s", 0, 3600, &s->whole_s, err)) != GWS_OK ||
        (status = number(ini, "live", "poll_s", 0.001, 3600, &s->poll_s, err)) != GWS_OK ||
        (status = number(ini, "live", "back_s", 0, 1e9, &s->back_s, err)) != GWS_OK ||
        (status = number(ini, "live", "speed", 0, 1e6, &s->speed, err)) != GWS_OK)
        return status;
    return split(gws_ini_string(ini, "live", "frames", NULL), &s->names, &s->n_names, err);
}

static gws_status read_search(gws_live_site *s, const char *section, gws_err *err)
{
    gws_status status;

    if (s->n_searches == GWS_LIVE_SEARCHES)
        return gws_err_set(err, GWS_EFORMAT, "[%s]: more than %d searches", section, GWS_LIVE_SEARCHES);
    gws_site_search *q = &s->search[s->n_searches++];
    *q = (gws_site_search){.threshold = (double)NAN, .fit_above = (double)NAN};
    snprintf(q->name, sizeof q->name, "%s", section + strlen("search "));
    q->model = gws_ini_string(s->ini, section, "model", NULL);
    q->head = gws_ini_string(s->ini, section, "head", "spiking");
    q->background = gws_ini_string(s->ini, section, "background", NULL);
    q->whitening = gws_ini_string(s->ini, section, "whitening", NULL);
    if (strcmp(q->head, "spiking") != 0 && strcmp(q->head, "linear") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[%s] head = %.80s, wanted spiking or linear", section, q->head);
    if (gws_ini_has(s->ini, section, "threshold") &&
        (status = gws_ini_double(s->ini, section, "threshold", 0, &q->threshold, err)) != GWS_OK)
        return status;
    return gws_ini_has(s->ini, section, "fit_above") ? gws_ini_double(s->ini, section, "fit_above", 0, &q->fit_above, err) : GWS_OK;
}

/* A channel of bits: `NAME`, `NAME_mask` (bits that count) and `NAME_bits` (what they have to be; all of them set, when it is not said). */
static gws_status read_bits(gws_live_site *s, const char *ifo, const char *name, uint32_t mask, gws_live_gap why, gws_err *err)
{
    char key[64];
    int64_t value;
    gws_status status;
    const char *channel = gws_ini_string(s->ini, ifo, name, NULL);

    if (!channel)
        return GWS_OK;
    if (s->n_rules == GWS_SITE_RULES)
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s: more than %d channels of state", ifo, name, GWS_SITE_RULES);
    gws_live_rule *r = &s->rules[s->n_rules++];
    *r = (gws_live_rule){.mask = mask, .why = why};
    memcpy(r->ifo, ifo, 2);
    if ((size_t)snprintf(r->channel, sizeof r->channel, "%s", channel) >= sizeof r->channel)
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s: a name of more than %zu characters", ifo, name, sizeof r->channel - 1);
    snprintf(key, sizeof key, "%s_mask", name);
    if ((status = gws_ini_int(s->ini, ifo, key, mask, &value, err)) != GWS_OK)
        return status;
    if (value < 1 || value > UINT32_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s = %lld, wanted 1 to 4294967295", ifo, key, (long long)value);
    r->mask = (uint32_t)value;
    snprintf(key, sizeof key, "%s_bits", name);
    if ((status = gws_ini_int(s->ini, ifo, key, r->mask, &value, err)) != GWS_OK)
        return status;
    if (value < 0 || value > UINT32_MAX || ((uint32_t)value & ~r->mask))
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s = %lld has bits that %s_mask has not", ifo, key, (long long)value, name);
    r->bits = (uint32_t)value;
    return GWS_OK;
}

static gws_status read_idq(gws_live_site *s, const char *ifo, gws_err *err)
{
    const char *channel = gws_ini_string(s->ini, ifo, "idq_fap", NULL), *valid = gws_ini_string(s->ini, ifo, "idq_valid", "");
    double above = 0.01;
    gws_status status = number(s->ini, ifo, "idq_fap_above", 0, 1, &above, err);

    if (status != GWS_OK || !channel)
        return status;
    if (s->n_rules == GWS_SITE_RULES)
        return gws_err_set(err, GWS_EFORMAT, "[%s] idq_fap: more than %d channels of state", ifo, GWS_SITE_RULES);
    gws_live_rule *r = &s->rules[s->n_rules++];
    *r = (gws_live_rule){.above = above, .why = GWS_LIVE_GLITCH};
    memcpy(r->ifo, ifo, 2);
    if ((size_t)snprintf(r->channel, sizeof r->channel, "%s", channel) >= sizeof r->channel ||
        (size_t)snprintf(r->valid, sizeof r->valid, "%s", valid) >= sizeof r->valid)
        return gws_err_set(err, GWS_EFORMAT, "[%s] idq_fap: a name of more than %zu characters", ifo, sizeof r->channel - 1);
    return GWS_OK;
}

static gws_status read_detector(gws_live_site *s, const char *ifo, gws_err *err)
{
    const char *channel = gws_ini_string(s->ini, ifo, "channel", NULL);
    gws_status status;
    int n = 0;

    while (s->channels[n])
        n++;
    if (channel && n == GWS_MAX_IFO)
        return gws_err_set(err, GWS_EFORMAT, "[%s]: more than %d detectors", ifo, GWS_MAX_IFO);
    if (channel && (strncmp(channel, ifo, 2) != 0 || channel[2] != ':'))
        return gws_err_set(err, GWS_EFORMAT, "[%s] channel = %.80s does not begin with %s:", ifo, channel, ifo);
    if (channel)
        s->channels[n] = channel;
    if ((status = read_bits(s, ifo, "state", 3, GWS_LIVE_NOT_OBSERVING, err)) != GWS_OK ||
        (status = read_bits(s, ifo, "injection", 1, GWS_LIVE_INJECTION, err)) != GWS_OK ||
        (status = read_bits(s, ifo, "category1", 1, GWS_LIVE_CATEGORY1, err)) != GWS_OK)
        return status;
    return read_idq(s, ifo, err);
}

gws_status gws_live_site_read(gws_ini *ini, gws_live_site *out, gws_err *err)
{
    const char *section, *key, *value, *last = "";
    gws_status status;

    *out = gws_live_site_defaults();
    out->ini = ini;
    status = read_live(out, err);
    for (int i = 0; status == GWS_OK && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        if (strcmp(section, last) == 0)
            continue;
        last = section;
        if (strncmp(section, "search ", 7) == 0)
            status = read_search(out, section, err);
        else if (gws_is_ifo(section))
            status = read_detector(out, section, err);
    }
    if (status != GWS_OK)
        gws_live_site_clear(out);
    return status;
}

gws_status gws_live_site_load(const char *path, gws_live_site *out, gws_err *err)
{
    gws_err own = {0};
    gws_ini *ini = gws_ini_load(path, err ? err : &own);

    *out = gws_live_site_defaults();
    if (!ini)
        return err ? err->status : own.status;
    const gws_status status = gws_live_site_read(ini, out, err);
    if (status != GWS_OK)
        gws_err_prefix(err, "%s", path);
    return status;
}
