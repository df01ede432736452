#include "base/log.h"
#include "base/progress.h"
#include "net/kafka.h"
#include "net/kafka_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_HEADER "_id"
#define ASK_MS 3000 /* a question to the cluster within a rebalance */
#define CLOSE_S 5.0 /* for the cluster to hear that this one leaves */
#define RENEW_S 5.0 /* between two handles that librdkafka gave up */

struct gws_kafka_consumer {
    gws_kafka_client client;
    rd_kafka_t *rk; /* NULL: librdkafka gave it up, and it could not be made again yet */
    rd_kafka_topic_partition_list_t *topics;
    double made_s;
    rd_kafka_message_t *message; /* that the caller looks at */
    char key[256];
    int from_newest; /* where the group knows no place */
};

/* ---- partitions come and go ---- */

/* Where the group knows no place in a partition, now is the place, and it is written down: without that a crash before the first message
 * is dealt with would begin with the newest again, and skip what came meanwhile. */
static void pin(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *given, rd_kafka_topic_partition_list_t *begun)
{
    rd_kafka_topic_partition_list_t *known = rd_kafka_topic_partition_list_copy(given);
    const rd_kafka_resp_err_t code = rd_kafka_committed(rk, known, ASK_MS);
    for (int i = 0; i < given->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        rd_kafka_topic_partition_t *g = &given->elems[i];
        const rd_kafka_topic_partition_t *k = rd_kafka_topic_partition_list_find(known, g->topic, g->partition);
        int64_t low, high;
        if (!k || k->err || k->offset != RD_KAFKA_OFFSET_INVALID ||
            rd_kafka_query_watermark_offsets(rk, g->topic, g->partition, &low, &high, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        g->offset = high;
        rd_kafka_topic_partition_list_add(begun, g->topic, g->partition)->offset = high;
    }
    rd_kafka_topic_partition_list_destroy(known);
}

static void assign(gws_kafka_consumer *c, rd_kafka_t *rk, rd_kafka_topic_partition_list_t *given, int cooperative)
{
    rd_kafka_topic_partition_list_t *begun = rd_kafka_topic_partition_list_new(1);
    if (c->from_newest)
        pin(rk, given, begun);
    if (cooperative)
        rd_kafka_error_destroy(rd_kafka_incremental_assign(rk, given));
    else
        rd_kafka_assign(rk, given);
    if (begun->cnt > 0)
        rd_kafka_commit(rk, begun, 1);
    rd_kafka_topic_partition_list_destroy(begun);
}

/* What is dealt with is committed by librdkafka itself when partitions are taken away. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *parts, void *opaque)
{
    gws_kafka_consumer *c = opaque; /* its client is its first member */
    const int cooperative = strcmp(rd_kafka_rebalance_protocol(rk), "COOPERATIVE") == 0;
    const int given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, lost = rd_kafka_assignment_lost(rk);
    if (given)
        assign(c, rk, parts, cooperative);
    else if (cooperative)
        rd_kafka_error_destroy(rd_kafka_incremental_unassign(rk, parts));
    else
        rd_kafka_assign(rk, NULL);
    pthread_mutex_lock(&c->client.lock);
    gws_kafka_state *s = &c->client.state;
    s->partitions = given ? parts->cnt + (cooperative ? s->partitions : 0) : cooperative ? s->partitions - parts->cnt : 0;
    s->rebalances++;
    const int now = s->partitions;
    pthread_mutex_unlock(&c->client.lock);
    if (given)
        gws_kafka_client_is_up(&c->client);
    gws_log_write(lost ? GWS_LOG_WARNING : GWS_LOG_INFO, "kafka", "%s: %d partition%s %s, %d now", c->client.what, parts->cnt,
                  parts->cnt == 1 ? "" : "s",
                  given  ? "given"
                  : lost ? "lost"
                         : "given back",
                  now);
}

/* ---- the consumer ---- */

static gws_status begin(gws_kafka_consumer *c, gws_err *err)
{
    c->made_s = gws_now_s();
    c->client.fatal = 0;
    c->rk = gws_kafka_client_handle(&c->client, RD_KAFKA_CONSUMER, err);
    if (!c->rk)
        return err ? err->status : GWS_EIO;
    rd_kafka_poll_set_consumer(c->rk);
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(c->rk, c->topics);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return GWS_OK;
    return gws_err_set(err, GWS_EARG, "%s: %s%s: %s", c->client.what, c->topics->elems[0].topic, c->topics->cnt > 1 ? ", ..." : "",
                       rd_kafka_err2str(code));
}

gws_kafka_consumer *gws_kafka_consumer_create(const gws_kafka_params *params, const char *group, const char *const *topics, int n,
                                              gws_err *err)
{
    static const gws_kafka_setting ours[] = {
        {"client.id", "gwspike"},        {"auto.offset.reset", "latest"},       {"auto.commit.interval.ms", "1000"},
        {"reconnect.backoff.ms", "100"}, {"reconnect.backoff.max.ms", "10000"}, {NULL, NULL}};
    GWS_ASSERT(params && group && topics && n > 0);
    const gws_kafka_setting fixed[] = {
        {"group.id", group}, {"enable.auto.offset.store", "false"}, {"enable.auto.commit", "true"}, {NULL, NULL}};
    char reset[32] = "";
    size_t room = sizeof reset;
    gws_kafka_consumer *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "kafka consumer: out of memory");
        return NULL;
    }
    if (gws_kafka_client_init(&c->client, "kafka consumer", params, ours, fixed, err) != GWS_OK)
        goto fail;
    rd_kafka_conf_set_rebalance_cb(c->client.conf, on_rebalance);
    rd_kafka_conf_get(c->client.conf, "auto.offset.reset", reset, &room);
    c->from_newest = strcmp(reset, "latest") == 0 || strcmp(reset, "largest") == 0 || strcmp(reset, "end") == 0;
    c->topics = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(c->topics, topics[i], RD_KAFKA_PARTITION_UA);
    if (begin(c, err) != GWS_OK)
        goto fail;
    return c;
fail:
    gws_kafka_consumer_destroy(c);
    return NULL;
}

static void read_message(gws_kafka_consumer *c, gws_kafka_message *out)
{
    const rd_kafka_message_t *m = c->message;
    rd_kafka_timestamp_type_t kind;
    rd_kafka_headers_t *headers;
    const void *id = NULL;
    size_t size;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, ID_HEADER, &id, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        id = NULL;
    if (m->key)
        snprintf(c->key, sizeof c->key, "%.*s", (int)(m->key_len < sizeof c->key ? m->key_len : sizeof c->key - 1),
                 (const char *)m->key);
    *out = (gws_kafka_message){.topic = rd_kafka_topic_name(m->rkt),
                               .partition = m->partition,
                               .offset = m->offset,
                               .data = m->payload,
                               .n = m->len,
                               .key = m->key ? c->key : NULL,
                               .id = id, /* librdkafka puts a zero behind it */
                               .unix_ms = rd_kafka_message_timestamp(m, &kind)};
    if (kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
        out->unix_ms = -1;
}

/* Leave the group.  A cluster that does not answer is not waited for: it finds out by itself. */
static void leave(gws_kafka_consumer *c)
{
    rd_kafka_t *rk = c->rk;
    if (c->message)
        rd_kafka_message_destroy(c->message);
    c->message = NULL;
    c->rk = NULL;
    if (!rk)
        return;

    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(rk, queue);
    const double end_s = gws_now_s() + CLOSE_S;
    while (!failed && !rd_kafka_consumer_closed(rk) && gws_now_s() < end_s) {
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, 100); /* what was fetched and not taken comes here too */
        if (m)
            rd_kafka_message_destroy(m);
    }
    rd_kafka_error_destroy(failed);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy_flags(rk, rd_kafka_consumer_closed(rk) ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* A message that is none: what librdkafka has to say.  It goes on by itself. */
static void note_trouble(const gws_kafka_consumer *c, const rd_kafka_message_t *m)
{
    gws_log_write(m->err == RD_KAFKA_RESP_ERR__TRANSPORT ? GWS_LOG_DEBUG : GWS_LOG_WARNING, "kafka", "%s: %s", c->client.what,
                  rd_kafka_message_errstr(m));
}

/* librdkafka gives a consumer up when another one takes its place under the same group.instance.id, say.  It is made again. */
static int renew(gws_kafka_consumer *c)
{
    char why[200] = "it could not be made again";
    gws_err err = {0};
    if (c->rk && !c->client.fatal)
        return 1;
    if (gws_now_s() < c->made_s + RENEW_S)
        return 0;
    if (c->rk)
        rd_kafka_fatal_error(c->rk, why, sizeof why);
    gws_log_write(GWS_LOG_WARNING, "kafka", "%s: begun anew: %s", c->client.what, why);
    leave(c);
    return begin(c, &err) == GWS_OK;
}

void gws_kafka_consumer_poll(gws_kafka_consumer *c, double timeout_s, gws_kafka_message *out)
{
    GWS_ASSERT(c && out);
    *out = (gws_kafka_message){.unix_ms = -1};
    if (c->message)
        rd_kafka_message_destroy(c->message);
    c->message = NULL;
    if (!renew(c)) {
        const struct timespec wait = {(time_t)fmin(timeout_s, 1), (long)(fmod(fmin(timeout_s, 1), 1) * 1e9)};
        nanosleep(&wait, NULL);
        return;
    }
    c->message = rd_kafka_consumer_poll(c->rk, (int)ceil(fmax(timeout_s, 0) * 1e3));
    if (c->message && c->message->err) {
        note_trouble(c, c->message);
    } else if (c->message) {
        read_message(c, out);
        pthread_mutex_lock(&c->client.lock);
        c->client.state.messages++;
        pthread_mutex_unlock(&c->client.lock);
    }
}

void gws_kafka_consumer_done(gws_kafka_consumer *c, const char *topic, int32_t partition, int64_t offset)
{
    GWS_ASSERT(c && topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset + 1;
    const rd_kafka_resp_err_t code = c->rk ? rd_kafka_offsets_store(c->rk, list) : RD_KAFKA_RESP_ERR__STATE;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        gws_log_write(GWS_LOG_DEBUG, "kafka", "%s: %s [%d] is not kept here any more: %s", c->client.what, topic, (int)partition,
                      rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
}

void gws_kafka_consumer_state(gws_kafka_consumer *c, gws_kafka_state *out)
{
    gws_kafka_client_state(&c->client, out);
}

void gws_kafka_consumer_destroy(gws_kafka_consumer *c)
{
    if (!c)
        return;
    leave(c);
    if (c->topics)
        rd_kafka_topic_partition_list_destroy(c->topics);
    gws_kafka_client_clear(&c->client);
    free(c);
}
