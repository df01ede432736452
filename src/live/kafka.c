/* kafka.c - messages of Kafka topics, each a frame file.  See source.h.
 *
 * Section [kafka] of the site's file: brokers, group, topics (a comma between two), and librdkafka's own properties by their names
 * (net/kafka.h).  A message is told to be dealt with once its pieces have been taken and the search says that they are safe, with a saved
 * state on the disk: what a crash came between is sent again.
 */
#include "base/array.h"
#include "base/log.h"
#include "base/progress.h"
#include "live/frame.h"
#include "net/kafka.h"

#include <stdlib.h>
#include <string.h>

#define TOPICS 32
#define AT_ONCE 32

/* The newest message of a partition that was taken. */
typedef struct taken {
    char *topic;
    int32_t partition;
    int64_t offset;
} taken;

struct own {
    const gws_live_source_params *p;
    gws_kafka_consumer *consumer;
    char *topics;
    taken *taken; /* (n_taken) one a partition */
    int64_t n_taken, room;
};

static void close_kafka(void *own)
{
    struct own *o = own;

    if (!o)
        return;
    gws_kafka_consumer_destroy(o->consumer);
    for (int64_t i = 0; i < o->n_taken; i++)
        free(o->taken[i].topic);
    free(o->taken);
    free(o->topics);
    free(o);
}

static gws_status open_kafka(const gws_live_source_params *p, void **own, gws_err *err)
{
    struct own *o = calloc(1, sizeof *o);
    gws_kafka_params k = {0};
    const char *topics[TOPICS], *list;
    char *save = NULL;
    int n = 0;
    gws_status status = GWS_OK;

    *own = NULL;
    if (!o)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    o->p = p;
    if (!p->ini || !(k.brokers = gws_ini_string(p->ini, "kafka", "brokers", NULL)) ||
        !(list = gws_ini_string(p->ini, "kafka", "topics", NULL))) {
        status = gws_err_set(err, GWS_EARG, "the source kafka wants a file with a section [kafka] that has brokers and topics");
        goto fail;
    }
    if (!(o->topics = strdup(list))) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the source");
        goto fail;
    }
    for (char *t = strtok_r(o->topics, ", \t\n", &save); t && n < TOPICS; t = strtok_r(NULL, ", \t\n", &save))
        topics[n++] = t;
    if ((status = gws_kafka_params_read(&k, p->ini, "kafka", err)) != GWS_OK)
        goto fail;
    const char *group = gws_ini_string(p->ini, "kafka", "group", "gwspike");
    if (!(o->consumer = gws_kafka_consumer_create(&k, group, topics, n, err))) {
        status = err ? err->status : GWS_EIO;
        goto fail;
    }
    *own = o;
    return GWS_OK;
fail:
    close_kafka(o);
    return status;
}

static gws_status read_message(struct own *o, const gws_kafka_message *m, const gws_live_taker *taker, gws_err *err)
{
    const gws_live_file file = {m->key ? m->key : "a message", m->data ? m->data : "", m->n};
    gws_live_reading how = GWS_LIVE_READ;
    gws_err why = {0};
    const gws_status status = gws_live_frame_read(o->p, &file, gws_now_s(), taker, &how, &why);

    if (status != GWS_OK && err)
        *err = why;
    if (how == GWS_LIVE_READ)
        return status;
    gws_log_write(GWS_LOG_WARNING, "live", "a message of %s, partition %d, offset %lld, is no frame that can be read: %s", m->topic,
                  (int)m->partition, (long long)m->offset, why.text);
    return gws_live_frame_lost(&file, GWS_LIVE_CORRUPT, gws_now_s(), taker, err);
}

static gws_status note_taken(struct own *o, const gws_kafka_message *m, gws_err *err)
{
    for (int64_t i = 0; i < o->n_taken; i++)
        if (o->taken[i].partition == m->partition && strcmp(o->taken[i].topic, m->topic) == 0) {
            o->taken[i].offset = m->offset;
            return GWS_OK;
        }
    char *topic = strdup(m->topic);
    if (!topic || !GWS_ARRAY_ROOM(o->taken, o->room, o->n_taken + 1)) {
        free(topic);
        return gws_err_set(err, GWS_ENOMEM, "no memory for the places in the topics");
    }
    o->taken[o->n_taken++] = (taken){topic, m->partition, m->offset};
    return GWS_OK;
}

static void safe(void *own)
{
    struct own *o = own;

    for (int64_t i = 0; i < o->n_taken; i++) {
        gws_kafka_consumer_done(o->consumer, o->taken[i].topic, o->taken[i].partition, o->taken[i].offset);
        free(o->taken[i].topic);
    }
    o->n_taken = 0;
}

static gws_status poll_kafka(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    struct own *o = own;
    gws_status status = GWS_OK;

    *after = GWS_LIVE_WAITS;
    for (int i = 0; i < AT_ONCE && status == GWS_OK; i++) {
        gws_kafka_message m;
        gws_kafka_consumer_poll(o->consumer, i == 0 ? wait_s : 0, &m);
        if (!m.topic)
            return GWS_OK;
        if ((status = read_message(o, &m, taker, err)) == GWS_OK)
            status = note_taken(o, &m, err);
    }
    *after = GWS_LIVE_MORE;
    return status;
}

static int waiting(const void *own)
{
    gws_kafka_state s;

    gws_kafka_consumer_state(((const struct own *)own)->consumer, &s);
    return (int)(s.waiting + s.behind);
}

static void topic(const void *own, gws_kafka_state *out)
{
    gws_kafka_consumer_state(((const struct own *)own)->consumer, out);
}

const gws_live_source_row gws_live_kafka = {"kafka", open_kafka, poll_kafka, NULL, waiting, close_kafka, topic, safe, NULL, NULL};
