#include "cli/select.h"

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
    memset(s, 0, sizeof *s);
}

/* "H1:NAME,L1:NAME" to a list. */
static gws_status split_channels(const char *channels, gws_selection *out, gws_err *err)
{
    size_t n = 2;
    for (const char *p = channels; *p; p++)
        n += *p == ',';
    out->text = strdup(channels);
    out->names = calloc(n, sizeof *out->names);
    if (!out->text || !out->names)
        return gws_err_set(err, GWS_ENOMEM, "--channel: out of memory");
    n = 0;
    for (char *p = out->text, *next; p; p = next) {
        next = strchr(p, ',');
        if (next)
            *next++ = '\0';
        if (strlen(p) < 4 || p[2] != ':')
            return gws_err_set(err, GWS_EARG, "--channel: wanted a name such as H1:GWOSC-4KHZ_R1_STRAIN, found '%.80s'", p);
        out->names[n++] = p;
    }
    return GWS_OK;
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
        status = split_channels(s->channels, out, err);
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
    use->only = s->segments || !isnan(s->begin_s) || !isnan(s->end_s) ? &out->only : NULL;
    use->veto = s->veto ? &out->veto : NULL;
    return GWS_OK;
}
