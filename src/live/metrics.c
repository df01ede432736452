#include "live/metrics.h"

#include "base/clock.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text that grows ---- */

typedef struct text {
    char *p;
    size_t n, room;
    int failed;
} text;

static void add(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(text *t, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = gws_text_vprint(NULL, 0, fmt, ap);
    va_end(ap);
    if (t->n + (size_t)n + 1 > t->room && !t->failed) {
        const size_t room = 2 * t->room + (size_t)n + 1024;
        char *more = realloc(t->p, room);
        t->failed = !more;
        if (more) {
            t->p = more;
            t->room = room;
        }
    }
    if (!t->failed)
        t->n += (size_t)gws_text_vprint(t->p + t->n, t->room - t->n, fmt, again);
    va_end(again);
}

static char *finish(text *t)
{
    if (!t->failed)
        return t->p;
    free(t->p);
    return NULL;
}

/* ---- the format ---- */

static void family(text *t, const char *name, const char *type, const char *help)
{
    add(t, "# HELP gwspike_%s %s\n# TYPE gwspike_%s %s\n", name, help, name, type);
}

/* 15 digits hold a GPS time to the microsecond and any whole number that a double holds. */
static void value(text *t, double v)
{
    if (isnan(v))
        add(t, " NaN\n");
    else if (isinf(v))
        add(t, v > 0 ? " +Inf\n" : " -Inf\n");
    else
        add(t, " %.15g\n", v);
}

/* name="value" with the three characters escaped that have to be. */
static void label(text *t, const char *before, const char *name, const char *v)
{
    add(t, "%s%s=\"", before, name);
    for (; *v; v++) {
        if (*v == '\\' || *v == '"')
            add(t, "\\%c", *v);
        else if (*v == '\n')
            add(t, "\\n");
        else
            add(t, "%c", *v);
    }
    add(t, "\"");
}

static void one(text *t, const char *name, const char *type, const char *help, double v)
{
    family(t, name, type, help);
    add(t, "gwspike_%s", name);
    value(t, v);
}

/* ---- detectors ---- */

static void labelled(text *t, const char *name, const char *key, const char *v, double number)
{
    add(t, "gwspike_%s", name);
    label(t, "{", key, v);
    add(t, "}");
    value(t, number);
}

/* A number of each detector. */
typedef double (*of_ifo)(const gws_live_stats *s, const gws_live_ifo_stats *d);

static double frames(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return (double)d->frames;
}
static double repeated(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return (double)d->repeated;
}
static double late(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return (double)d->late;
}
static double reordered(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return (double)d->reordered;
}
static double retried(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return (double)d->retried;
}
static double waiting(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return d->waiting;
}
static double data_s(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return d->data_s;
}
static double silent_s(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return s->now_s - (d->heard_s > 0 ? d->heard_s : s->started_s);
}
static double rate_hz(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return d->rate_hz;
}
static double end_s(const gws_live_stats *s, const gws_live_ifo_stats *d)
{
    return gws_s_of_ns(d->end_ns);
}

static void detectors(text *t, const gws_live_stats *s)
{
    static const struct {
        const char *name, *type, *help;
        of_ifo of;
    } rows[] = {
        {"detector_frames_total", "counter", "Pieces of strain that were taken.", frames},
        {"detector_repeated_total", "counter", "Pieces that came twice.", repeated},
        {"detector_late_total", "counter", "Pieces that came after they were given up.", late},
        {"detector_reordered_total", "counter", "Pieces that came before an earlier one.", reordered},
        {"detector_retried_total", "counter", "Readings of a frame that was not whole yet.", retried},
        {"detector_waiting", "gauge", "Pieces that wait for an earlier one.", waiting},
        {"detector_searched_seconds_total", "counter", "Seconds of data that were searched.", data_s},
        {"detector_silent_seconds", "gauge", "Time since something came.", silent_s},
        {"detector_rate_hertz", "gauge", "Sampling rate; 0: not known yet.", rate_hz},
        {"detector_gps_seconds", "gauge", "GPS time up to which it is decided what is data and what a gap.", end_s},
    };
    static const char *const states[] = {"absent", "off", "on"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        family(t, rows[i].name, rows[i].type, rows[i].help);
        for (int k = 0; k < s->n_ifo; k++)
            labelled(t, rows[i].name, "detector", s->ifo[k].ifo, rows[i].of(s, &s->ifo[k]));
    }
    family(t, "detector_state", "gauge", "1 for the state that the detector is in.");
    for (int k = 0; k < s->n_ifo; k++)
        for (int i = 0; i < 3; i++) {
            add(t, "gwspike_detector_state");
            label(t, "{", "detector", s->ifo[k].ifo);
            label(t, ",", "state", states[i]);
            add(t, "} %d\n", (int)s->ifo[k].state == i);
        }
    family(t, "detector_gap_seconds_total", "counter", "Seconds that were not searched, by reason.");
    for (int k = 0; k < s->n_ifo; k++)
        for (int why = 1; why < GWS_LIVE_GAPS; why++) {
            add(t, "gwspike_detector_gap_seconds_total");
            label(t, "{", "detector", s->ifo[k].ifo);
            label(t, ",", "reason", gws_live_gap_name((gws_live_gap)why));
            add(t, "}");
            value(t, s->ifo[k].gap_s[why]);
        }
}

/* ---- searches ---- */

typedef double (*of_search)(const gws_live_search_stats *q);

static double search_on(const gws_live_search_stats *q)
{
    return q->on != 0;
}
static double search_triggers(const gws_live_search_stats *q)
{
    return (double)q->triggers;
}
static double search_steps(const gws_live_search_stats *q)
{
    return (double)q->steps;
}
static double search_scored(const gws_live_search_stats *q)
{
    return (double)q->scored;
}
static double search_awake(const gws_live_search_stats *q)
{
    return (double)q->awake;
}
static double search_silent(const gws_live_search_stats *q)
{
    return (double)q->silent;
}
static double search_bad(const gws_live_search_stats *q)
{
    return (double)q->bad;
}
static double search_delay(const gws_live_search_stats *q)
{
    return q->delay_s;
}
static double search_busy(const gws_live_search_stats *q)
{
    return q->busy_s;
}
static double search_gps(const gws_live_search_stats *q)
{
    return gws_s_of_ns(q->searched_ns);
}
static double search_background(const gws_live_search_stats *q)
{
    return q->background_s;
}
static double search_logit(const gws_live_search_stats *q)
{
    return q->n_logits > 0 ? (double)q->logits[q->n_logits - 1] : (double)NAN;
}

static void search_info(text *t, const gws_live_search_stats *q)
{
    static const char *const rates[] = {"none", "model", "slides"};
    char ifos[GWS_MODEL_IFOS * 4 + 1] = "";
    for (int k = 0, n = 0; k < q->n_ifo; k++)
        n += snprintf(ifos + n, sizeof ifos - (size_t)n, "%s%s", k ? "," : "", q->ifo[k]);
    add(t, "gwspike_search_info");
    label(t, "{", "search", q->name);
    label(t, ",", "model", q->model);
    label(t, ",", "sha256", q->sha256);
    label(t, ",", "detectors", ifos);
    label(t, ",", "rates", rates[q->rates]);
    add(t, "} 1\n");
}

static void spike_rate(text *t, const gws_live_search_stats *q, const char *layer, double rate)
{
    add(t, "gwspike_spike_rate");
    label(t, "{", "search", q->name);
    label(t, ",", "layer", layer);
    add(t, "}");
    value(t, rate);
}

static void searches(text *t, const gws_live_stats *s)
{
    static const struct {
        const char *name, *type, *help;
        of_search of;
    } rows[] = {
        {"search_on", "gauge", "1: all of its detectors are on.", search_on},
        {"search_triggers_total", "counter", "Triggers that it found.", search_triggers},
        {"search_steps_total", "counter", "Steps of the network.", search_steps},
        {"search_scored_steps_total", "counter", "Steps that could become triggers.", search_scored},
        {"search_awake_steps_total", "counter", "Steps in which the network was awake.", search_awake},
        {"search_silent_steps_total", "counter", "Steps without any event.", search_silent},
        {"search_bad_logits_total", "counter", "Logits that are no number.", search_bad},
        {"search_delay_seconds", "gauge", "Delay that the network declares.", search_delay},
        {"search_busy_seconds_total", "counter", "Time spent in it.", search_busy},
        {"search_gps_seconds", "gauge", "GPS time up to which logits are there.", search_gps},
        {"search_background_seconds", "gauge", "Time in which its false-alarm rates were measured.", search_background},
        {"search_logit", "gauge", "The last logit.", search_logit},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        family(t, rows[i].name, rows[i].type, rows[i].help);
        for (int k = 0; k < s->n_searches; k++)
            labelled(t, rows[i].name, "search", s->search[k].name, rows[i].of(&s->search[k]));
    }
    family(t, "search_info", "gauge", "1; what the search is.");
    for (int k = 0; k < s->n_searches; k++)
        search_info(t, &s->search[k]);
    family(t, "spike_rate", "gauge", "Mean spikes of a unit in a step, by layer; events are those that go into the first.");
    for (int k = 0; k < s->n_searches; k++) {
        spike_rate(t, &s->search[k], "events", s->search[k].events);
        spike_rate(t, &s->search[k], "first", s->search[k].spikes1);
        spike_rate(t, &s->search[k], "second", s->search[k].spikes2);
    }
}

/* ---- times ---- */

static void times(text *t, const char *name, const char *help, const gws_live_times *h)
{
    int64_t below = 0;
    family(t, name, "histogram", help);
    for (int i = 0; i < GWS_LIVE_BUCKETS - 1; i++) {
        below += h->count[i];
        add(t, "gwspike_%s_bucket{le=\"%.4g\"} %" PRId64 "\n", name, gws_live_bound_s(i), below);
    }
    add(t, "gwspike_%s_bucket{le=\"+Inf\"} %" PRId64 "\ngwspike_%s_sum", name, h->n, name);
    value(t, h->sum_s);
    add(t, "gwspike_%s_count %" PRId64 "\n", name, h->n);
}

/* ---- who is told ---- */

static void alerts(text *t, const gws_alerts_stats *a)
{
    const struct {
        const char *outcome;
        int64_t n;
    } states[] = {{"told", a->messages - a->followups}, {"quiet", a->quiet}, {"repeated", a->repeated}, {"refused", a->refused}};
    family(t, "alert_triggers_total", "counter",
           "Triggers by what became of them: told, above the threshold, known already, not finite.");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        labelled(t, "alert_triggers_total", "outcome", states[i].outcome, (double)states[i].n);
    one(t, "alert_messages_total", "counter", "Messages that were made.", (double)a->messages);
    one(t, "alert_followups_total", "counter", "Messages with a follow-up by matched filter.", (double)a->followups);
    one(t, "alert_followups_failed_total", "counter", "Follow-ups that failed.", (double)a->failed);
    one(t, "alert_followup_seconds", "gauge", "Time that the last follow-up took.", a->followup_s);
    static const struct {
        const char *name, *type, *help;
    } rows[] = {
        {"alert_receiver_waiting", "gauge", "Messages that a receiver has not taken."},
        {"alert_receiver_oldest_seconds", "gauge", "Time for which the oldest of them has waited."},
        {"alert_receiver_delivered_total", "counter", "Messages that it has taken."},
        {"alert_receiver_failures_total", "counter", "Tries that failed."},
        {"alert_receiver_alarm", "gauge", "1: it has taken nothing for too long."},
    };
    for (int r = 0; r < 5; r++) {
        family(t, rows[r].name, rows[r].type, rows[r].help);
        for (int i = 0; i < GWS_SINKS; i++) {
            const double values[] = {(double)a->sink[i].waiting, a->sink[i].oldest_s, (double)a->sink[i].delivered,
                                     (double)a->sink[i].tries, a->sink[i].alarm != 0};
            if (a->sink[i].on)
                labelled(t, rows[r].name, "receiver", gws_alert_sink_names[i], values[r]);
        }
    }
}

static void topic(text *t, const gws_kafka_state *k)
{
    one(t, "topic_messages_total", "counter", "Messages taken off the topic.", (double)k->messages);
    one(t, "topic_waiting", "gauge", "Messages that were fetched and not taken yet.", (double)k->waiting);
    one(t, "topic_behind", "gauge", "Messages that the cluster has and that were not taken.", (double)k->behind);
    one(t, "topic_partitions", "gauge", "Partitions that this process has.", k->partitions);
    one(t, "topic_rebalances_total", "counter", "How often it was given others.", (double)k->rebalances);
    one(t, "topic_down_seconds", "gauge", "Time for which no broker has answered; 0: one does.", k->down_s);
}

char *gws_live_metrics_text(const gws_live_vitals *v)
{
    const gws_live_stats *s = v->stats;
    text t = {0};
    family(&t, "info", "gauge", "1; which program it is.");
    add(&t, "gwspike_info");
    label(&t, "{", "version", s->version ? s->version : "");
    add(&t, "} 1\n");
    one(&t, "uptime_seconds", "gauge", "Time since the search began.", s->now_s - s->started_s);
    one(&t, "stopped_seconds", "gauge", "Time since the search last went round its loop.", v->stopped_s);
    one(&t, "data_seconds_total", "counter", "Seconds of data of the detector that has most.", s->data_s);
    one(&t, "busy_seconds_total", "counter", "Time spent on them.", s->busy_s);
    one(&t, "realtime_factor", "gauge", "Seconds of data searched in a second of work.", s->data_s / s->busy_s);
    one(&t, "triggers_total", "counter", "Triggers of all searches.", (double)s->triggers);
    one(&t, "inbox_frames", "gauge", "Frames that are known of and not read.", s->inbox);
    one(&t, "state_bytes", "gauge", "Size of the saved state.", (double)s->kept_bytes);
    one(&t, "replayed_pieces", "gauge", "Pieces that the saved state gave back at the start.", (double)s->replayed);
    one(&t, "memory_resident_bytes", "gauge", "Memory of the process.", (double)v->memory.resident_bytes);
    one(&t, "memory_peak_bytes", "gauge", "The most it has had.", (double)v->memory.peak_bytes);
    one(&t, "memory_limit_bytes", "gauge", "The most it may have.", (double)v->memory.limit_bytes);
    times(&t, "search_latency_seconds", "From a frame that is closed to the end of the search in it.", &s->searched);
    times(&t, "trigger_latency_seconds", "From the frame that completed a trigger to when it was handed over.", &s->alerted);
    detectors(&t, s);
    searches(&t, s);
    if (v->alerts)
        alerts(&t, v->alerts);
    if (v->topic)
        topic(&t, v->topic);
    return finish(&t);
}

/* ---- health ---- */

gws_live_limits gws_live_limits_defaults(void)
{
    return (gws_live_limits){.stopped_s = 30, .silent_s = 60, .inbox = 600};
}

static void reasons(text *t, const gws_live_vitals *v, const gws_live_limits *limits)
{
    const gws_live_stats *s = v->stats;
    double quiet_s = s->now_s - s->started_s; /* since anything came */
    if (limits->stopped_s > 0 && v->stopped_s > limits->stopped_s)
        add(t, "the search has stood still for %.0f s\n", v->stopped_s);
    for (int k = 0; k < s->n_ifo; k++)
        quiet_s = fmin(quiet_s, silent_s(s, &s->ifo[k]));
    if (limits->silent_s > 0 && quiet_s > limits->silent_s)
        add(t, "no strain has come for %.0f s\n", quiet_s);
    if (limits->inbox > 0 && s->inbox > limits->inbox)
        add(t, "%d frames wait to be read\n", s->inbox);
    for (int i = 0; v->alerts && i < GWS_SINKS; i++)
        if (v->alerts->sink[i].on && v->alerts->sink[i].alarm)
            add(t, "alerts: %s has taken nothing for %.0f s, %" PRId64 " messages wait\n", gws_alert_sink_names[i],
                v->alerts->sink[i].oldest_s, v->alerts->sink[i].waiting);
    if (v->topic && v->topic->down_s > 0)
        add(t, "no broker of the topic has answered for %.0f s\n", v->topic->down_s);
}

static void remarks(text *t, const gws_live_vitals *v)
{
    const gws_live_stats *s = v->stats;
    for (int k = 0; k < s->n_ifo; k++) {
        if (s->ifo[k].state == GWS_LIVE_ABSENT)
            add(t, "(%s: nothing has come for %.0f s)\n", s->ifo[k].ifo, silent_s(s, &s->ifo[k]));
        else if (s->ifo[k].state == GWS_LIVE_OFF)
            add(t, "(%s is not searched now)\n", s->ifo[k].ifo);
    }
    if (s->unserved[0])
        add(t, "(no search has %s)\n", s->unserved);
}

int gws_live_is_well(const gws_live_vitals *v, const gws_live_limits *limits, char **out)
{
    text t = {0};
    reasons(&t, v, limits);
    const int well = t.n == 0;
    if (well)
        add(&t, "ok\n");
    remarks(&t, v);
    *out = finish(&t);
    return well;
}
