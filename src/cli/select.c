#include "cli/select.h"

#include "strain/state.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

gws_select gws_select_none(void)
{
    return (gws_select){.begin_s = (double)NAN, .end_s = (double)NAN};
}

void gws_selection_clear(gws_selection *s)
{
    gws_intervals_clear(&s->only);
    gws_intervals_clear(&s->veto);
    free(s->text);
    free(s->names);
    free(s->state_text);
    free(s->states);
    memset(s, 0, sizeof *s);
}

/* "H1:NAME,L1:NAME" to a list that ends with NULL, of names in `text`. */
static gws_status split_channels(const char *option, const char *channels, char **text, const char ***names, gws_err *err)
{
    size_t n = 2;
    for (const char *p = channels; *p; p++)
        n += *p == ',';
    *text = strdup(channels);
    *names = calloc(n, sizeof **names);
    if (!*text || !*names)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", option);
    n = 0;
    for (char *p = *text, *next; p; p = next) {
        next = strchr(p, ',');
        if (next)
            *next++ = '\0';
        if (strlen(p) < 4 || p[2] != ':')
            return gws_err_set(err, GWS_EARG, "%s: wanted a name such as H1:GWOSC-4KHZ_R1_STRAIN, found '%.80s'", option, p);
        (*names)[n++] = p;
    }
    return GWS_OK;
}

static gws_status parse_states(const gws_select *s, gws_selection *out, gws_err *err)
{
    const char **names = NULL;
    int n = 0;
    char *end = NULL;
    unsigned long bits = GWS_STATE_SCIENCE;
    gws_status status = split_channels("--state-channel", s->state_channels, &out->state_text, &names, err);
    errno = 0;
    if (s->state_bits)
        bits = strtoul(s->state_bits, &end, 0);
    if (status == GWS_OK && s->state_bits &&
        (*end || errno || bits == 0 || bits > UINT32_MAX || s->state_bits[0] < '0' || s->state_bits[0] > '9'))
        status =
            gws_err_set(err, GWS_EARG, "--state-bits: wanted a mask of 1 to 32 bits, as 3 or 0x3, found '%.40s'", s->state_bits);
    while (status == GWS_OK && names[n])
        n++;
    if (status == GWS_OK && !(out->states = calloc((size_t)n + 1, sizeof *out->states)))
        status = gws_err_set(err, GWS_ENOMEM, "--state-channel: out of memory");
    for (int i = 0; i < n && status == GWS_OK; i++) {
        out->states[i] = (gws_strain_state){names[i], (uint32_t)bits};
        for (int k = 0; k < i; k++)
            if (strncmp(names[i], names[k], 3) == 0)
                status = gws_err_set(err, GWS_EARG, "--state-channel: %s and %s are both of %.2s", names[k], names[i], names[i]);
    }
    free(names);
    return status;
}

/* The interval, within the segments where there are any. */
static gws_status clip(gws_intervals *only, double begin_s, double end_s, int given, gws_err *err)
{
    if (!given)
        return gws_intervals_add(only, "", begin_s, end_s, err);
    int n = 0;
    for (int i = 0; i < only->n; i++) {
        gws_interval v = only->items[i];
        v.begin_s = fmax(v.begin_s, begin_s);
        v.end_s = fmin(v.end_s, end_s);
        if (v.begin_s < v.end_s)
            only->items[n++] = v;
    }
    only->n = n;
    return GWS_OK;
}

gws_status gws_select_load(const gws_select *s, gws_selection *out, gws_strain_use *use, gws_err *err)
{
    gws_status status = GWS_OK;
    const double begin_s = isnan(s->begin_s) ? -4e9 : s->begin_s, end_s = isnan(s->end_s) ? 4e9 : s->end_s;
    memset(out, 0, sizeof *out);
    if (!(begin_s < end_s) || fabs(begin_s) > 4e9 || fabs(end_s) > 4e9)
        status = gws_err_set(err, GWS_EARG,
                             "--gps-start-time %.17g and --gps-end-time %.17g: wanted seconds of GPS, the first before the second",
                             begin_s, end_s);
    if (status == GWS_OK && s->channels)
        status = split_channels("--channel", s->channels, &out->text, &out->names, err);
    if (status == GWS_OK && s->state_channels)
        status = parse_states(s, out, err);
    if (status == GWS_OK && s->segments)
        status = gws_intervals_load(s->segments, &out->only, err);
    if (status == GWS_OK && (!isnan(s->begin_s) || !isnan(s->end_s)))
        status = clip(&out->only, begin_s, end_s, s->segments != NULL, err);
    if (status == GWS_OK && s->veto)
        status = gws_intervals_load(s->veto, &out->veto, err);
    if (status != GWS_OK) {
        gws_selection_clear(out);
        return status;
    }
    use->channels = out->names;
    use->states = out->states;
    use->only = s->segments || !isnan(s->begin_s) || !isnan(s->end_s) ? &out->only : NULL;
    use->veto = s->veto ? &out->veto : NULL;
    return GWS_OK;
}
