#include "alert/message.h"

#include "base/clock.h"
#include "base/json.h"
#include "gws_config.h"
#include "search/far.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By gws_far_bound. */
static const char *const bounds[] = {"none", "counted", "below", "above", "fitted"};

void gws_message_id(const char *event, int revision, char out[GWS_MESSAGE_ID])
{
    snprintf(out, GWS_MESSAGE_ID, "%s-%d", event, revision);
}

static void put_id(gws_json *j, const char *event, int revision, gws_journal_kind kind)
{
    char id[GWS_MESSAGE_ID];
    gws_message_id(event, revision, id);
    gws_json_put_string(j, "id", id);
    gws_json_put_string(j, "event", event);
    gws_json_put_i64(j, "revision", revision);
    gws_json_put_string(j, "kind", gws_journal_kinds[kind]);
}

char *gws_message_trigger(const gws_alerts_params *params, const gws_alert_trigger *t, gws_journal_kind kind, const char *event,
                          int revision)
{
    char ifos[GWS_MAX_IFO * 4] = "", channels[GWS_MAX_IFO * GWS_MESSAGE_CHANNEL] = "";
    gws_json *j = gws_json_object();
    for (int i = 0; i < t->n; i++) {
        const size_t a = strlen(ifos), b = strlen(channels);
        snprintf(ifos + a, sizeof ifos - a, "%s%.3s", i ? "," : "", t->ifo[i]);
        snprintf(channels + b, sizeof channels - b, "%s%.78s", i ? "," : "", t->channel[i] ? t->channel[i] : t->ifo[i]);
    }
    put_id(j, event, revision, kind);
    gws_json_put_string(j, "trigger", t->id);
    gws_json_put_f64(j, "gpstime", gws_s_of_ns(t->gps_ns));
    const int64_t s = gws_floor_div(t->gps_ns, GWS_NS); /* so that the nanoseconds are never negative */
    gws_json_put_i64(j, "end_time", s);
    gws_json_put_i64(j, "end_time_ns", t->gps_ns - s * GWS_NS);
    gws_json_put_f64(j, "window_s", t->window_s);
    gws_json_put_f64(j, "detection_statistic", t->stat);
    gws_json_put_f64(j, "far", t->far.per_month / GWS_MONTH_S);
    gws_json_put_string(j, "far_bound", bounds[t->far.bound]);
    gws_json_put_f64(j, "far_per_month", t->far.per_month);
    gws_json_put_f64(j, "background_slope", t->background_slope);
    gws_json_put_f64(j, "background_loudest", t->background_loudest);
    gws_json_put_string(j, "ifos", ifos);
    gws_json_put_string(j, "channels", channels);
    gws_json_put_string(j, "quality", t->quality ? t->quality : "");
    gws_json_put_f64(j, "delay_s", t->delay_s);
    gws_json_put_string(j, "model", t->model);
    gws_json_put_string(j, "model_sha256", t->model_hash);
    gws_json_put_string(j, "group", params->group);
    gws_json_put_string(j, "pipeline", params->pipeline);
    gws_json_put_string(j, "search", params->search);
    gws_json_put_string(j, "gwspike_version", GWS_VERSION);
    return gws_json_text(j);
}

/* Take the next of a list with commas.  Returns 0 at its end. */
static int item(const char **list, char *out, size_t size)
{
    const size_t n = *list ? strcspn(*list, ",") : 0;
    if (n == 0)
        return 0;
    snprintf(out, size, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ',');
    return 1;
}

int gws_message_read(const char *text, gws_message_facts *out)
{
    gws_json *j = gws_json_parse(text, strlen(text));
    const char *bound = j ? gws_json_get_string(j, "far_bound") : NULL;
    int found = 0;
    *out =
        (gws_message_facts){.far = {.bound = GWS_FAR_NONE, .per_month = (double)NAN}, .slope = (double)NAN, .loudest = (double)NAN};
    for (size_t i = 0; bound && i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i], bound) == 0) {
            out->far.bound = (gws_far_bound)i;
            found = 1;
        }
    found = found && gws_json_get_f64(j, "far_per_month", &out->far.per_month) &&
            gws_json_get_f64(j, "detection_statistic", &out->stat);
    if (found) {
        const char *ifos = gws_json_get_string(j, "ifos"), *channels = gws_json_get_string(j, "channels");
        gws_json_get_f64(j, "background_slope", &out->slope);
        gws_json_get_f64(j, "background_loudest", &out->loudest);
        while (out->n < GWS_MAX_IFO && item(&ifos, out->ifo[out->n], sizeof *out->ifo) &&
               item(&channels, out->channel[out->n], sizeof *out->channel))
            out->n++;
    }
    gws_json_destroy(j);
    return found;
}

char *gws_message_followup(const char *text, const char *event, int revision, const gws_followup *f, const gws_p_astro *p)
{
    gws_json *j = gws_json_parse(text, strlen(text));
    if (!j)
        return NULL;
    put_id(j, event, revision, GWS_JOURNAL_FOLLOWUP);
    gws_followup_put(j, f);
    gws_json_put_f64(j, "p_astro", p->p);
    gws_json_put_string(j, "p_astro_bound", bounds[p->bound]);
    gws_json_put_f64(j, "p_astro_foreground_per_yr", p->foreground_yr);
    gws_json_put_f64(j, "p_astro_background_per_yr", p->background_yr);
    return gws_json_text(j);
}
