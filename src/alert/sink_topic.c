/* sink_topic.c - private to alert/: each message to a topic of a Kafka cluster; delivered is what all replicas in sync have. */
#include "alert/sink.h"
#include "base/progress.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_S 0.2

typedef struct topic {
    gws_kafka_producer *producer;
    const char *name;
    atomic_int *stop;
    const char *wanted; /* identifier of the message under way */
    int reported;
    gws_status status;
    gws_err err;
} topic;

static int wanted(const gws_alerts_params *p)
{
    return p->topic != NULL;
}

static void on_report(void *user, const gws_kafka_report *r)
{
    topic *t = user;
    if (!t->wanted || strcmp(t->wanted, r->id) != 0)
        return; /* of one that was given up */
    t->reported = 1;
    t->status = r->status == GWS_OK ? GWS_OK : gws_err_set(&t->err, r->status, "topic %s: %s", t->name, r->why);
}

static gws_status open_topic(const gws_alerts_params *p, atomic_int *stop, void **out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    if (!p->kafka)
        return gws_err_set(err, GWS_EARG, "topic %s: no brokers are named", p->topic);
    topic *t = calloc(1, sizeof *t);
    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "topic: out of memory");
    t->name = p->topic;
    t->stop = stop;
    if (!(t->producer = gws_kafka_producer_create(p->kafka, on_report, t, err))) {
        free(t);
        return err->status;
    }
    *out = t;
    return GWS_OK;
}

static gws_status deliver(void *state, const gws_sink_message *m, gws_err *err)
{
    topic *t = state;
    const gws_kafka_outgoing out = {.topic = t->name, .id = m->id, .key = m->event, .data = m->text, .n = strlen(m->text)};
    t->wanted = m->id;
    t->reported = 0;
    gws_status status = gws_kafka_producer_send(t->producer, &out, err);
    while (status == GWS_OK && !t->reported && !*t->stop)
        gws_kafka_producer_poll(t->producer, LOOK_S);
    t->wanted = NULL;
    if (status != GWS_OK)
        return status;
    if (!t->reported)
        return gws_err_set(err, GWS_ESTOP, "topic %s: stopped", t->name);
    return t->status == GWS_OK ? GWS_OK : gws_err_set(err, t->status, "%s", t->err.text);
}

static void close_topic(void *state)
{
    topic *t = state;
    gws_kafka_producer_destroy(t->producer);
    free(t);
}

const gws_sink_row gws_sink_topic = {wanted, open_topic, deliver, close_topic};
