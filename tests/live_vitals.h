/* live_vitals.h - a live search as it might be after a quarter of an hour: two detectors that are on, one that left, two searches, an alert that
 * waits for its webhook.  Made by hand, for metrics and the terminal view. */
#ifndef GWS_TESTS_LIVE_VITALS_H
#define GWS_TESTS_LIVE_VITALS_H

#include "base/clock.h"
#include "live/metrics.h"

#include <stdio.h>
#include <string.h>

static inline void gws_test_ifo(gws_live_ifo_stats *d, const char *name, gws_live_state state, double data_s)
{
    snprintf(d->ifo, sizeof d->ifo, "%s", name);
    d->rate_hz = 16384;
    d->state = state;
    d->end_ns = (INT64_C(1126259462) + (int64_t)data_s) * GWS_NS;
    d->frames = (int64_t)data_s;
    d->data_s = data_s;
    d->heard_s = 1000.5;
}

static inline void gws_test_search(gws_live_search_stats *q, const char *name, int n_ifo, const char *const *ifo)
{
    snprintf(q->name, sizeof q->name, "%s", name);
    snprintf(q->model, sizeof q->model, "models/%s.hdf", name);
    memset(q->sha256, 'a', 64);
    q->n_ifo = n_ifo;
    for (int i = 0; i < n_ifo; i++)
        snprintf(q->ifo[i], sizeof q->ifo[i], "%s", ifo[i]);
    q->rates = GWS_LIVE_RATES_MODEL;
    q->background_s = 30 * 86400.0;
    q->step_hz = 64;
    q->steps = 57600;
    q->scored = 57000;
    q->awake = 1200;
    q->events = 0.125;
    q->spikes1 = 0.0625;
    q->spikes2 = 0.03125;
    q->delay_s = 0.75;
    q->busy_s = 31.5;
    q->searched_ns = (INT64_C(1126259462) + 900) * GWS_NS + GWS_NS / 2;
    q->n_logits = GWS_LIVE_RING;
    for (int i = 0; i < GWS_LIVE_RING; i++) /* a quiet minute, and a signal 10 s before its end */
        q->logits[i] = (float)(-6 + (i * 7919 % 97) / 48.5) + (i >= GWS_LIVE_RING - 640 && i < GWS_LIVE_RING - 620 ? 14.0F : 0.0F);
}

static inline void gws_test_vitals(gws_live_stats *s, gws_alerts_stats *a, gws_kafka_state *k)
{
    static const char *const hl[] = {"H1", "L1"}, *const hlv[] = {"H1", "L1", "V1"};
    memset(s, 0, sizeof *s);
    s->version = "0.1.0";
    s->started_s = 100;
    s->now_s = 1001;
    s->n_ifo = 3;
    gws_test_ifo(&s->ifo[0], "H1", GWS_LIVE_ON, 900);
    gws_test_ifo(&s->ifo[1], "L1", GWS_LIVE_ON, 880);
    gws_test_ifo(&s->ifo[2], "V1", GWS_LIVE_ABSENT, 300);
    s->ifo[1].gap_s[GWS_LIVE_NOT_OBSERVING] = 20;
    s->ifo[1].retried = 2;
    s->ifo[2].gap_s[GWS_LIVE_MISSING] = 600;
    s->ifo[2].heard_s = 400;
    s->n_searches = 2;
    gws_test_search(&s->search[0], "default", 2, hl);
    gws_test_search(&s->search[1], "three \"of\" them", 3, hlv);
    s->search[0].on = 1;
    s->search[0].triggers = 2;
    s->search[1].bad = 3;
    s->search[1].n_logits = 0;
    s->search[1].rates = GWS_LIVE_RATES_NONE;
    for (int i = 0; i < 900; i++)
        gws_live_times_add(&s->searched, 0.02 + 0.0001 * (i % 50));
    gws_live_times_add(&s->alerted, 0.031);
    gws_live_times_add(&s->alerted, 130);
    s->triggers = 2;
    s->data_s = 900;
    s->busy_s = 31.5;
    s->inbox = 1;
    s->kept_bytes = 123456789;
    *a = (gws_alerts_stats){
        .triggers = 5, .refused = 1, .quiet = 2, .repeated = 1, .messages = 2, .followups = 1, .followup_s = 0.4};
    a->sink[GWS_SINK_LINES].on = 1;
    a->sink[GWS_SINK_LINES].delivered = 2;
    a->sink[GWS_SINK_WEBHOOK].on = 1;
    a->sink[GWS_SINK_WEBHOOK].waiting = 1;
    a->sink[GWS_SINK_WEBHOOK].oldest_s = 12.5;
    a->sink[GWS_SINK_WEBHOOK].tries = 4;
    *k = (gws_kafka_state){.messages = 1800, .behind = 3, .rebalances = 1, .partitions = 2};
}

#endif
