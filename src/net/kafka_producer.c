#include "base/log.h"
#include "base/progress.h"
#include "net/kafka.h"
#include "net/kafka_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_HEADER "_id"
#define RENEW_S 5.0 /* between two handles that librdkafka gave up */

struct gws_kafka_producer {
    gws_kafka_client client;
    rd_kafka_t *rk;
    gws_kafka_report_fn report;
    void *user;
    int reports;     /* given since poll began */
    int outstanding; /* sent, no report yet */
    double renewed_s;
};

/* ---- reports ---- */

static gws_status status_of(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: return GWS_OK;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return GWS_EDATA;
    default: return GWS_EIO;
    }
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    gws_kafka_producer *p = opaque; /* its client is its first member */
    const gws_status status = status_of(m->err);
    char why[300] = "";
    (void)rk;
    if (status == GWS_EDATA)
        snprintf(why, sizeof why, "%s: the message of %zu bytes is too large for the cluster (max.message.bytes of the topic)",
                 rd_kafka_topic_name(m->rkt), m->len);
    else if (status != GWS_OK)
        snprintf(why, sizeof why, "%s: the message was not delivered: %s", rd_kafka_topic_name(m->rkt), rd_kafka_err2str(m->err));
    pthread_mutex_lock(&p->client.lock);
    if (status == GWS_OK)
        p->client.state.messages++;
    else
        p->client.state.failed++;
    pthread_mutex_unlock(&p->client.lock);
    if (status == GWS_OK)
        gws_kafka_client_is_up(&p->client);
    const gws_kafka_report report = {.topic = rd_kafka_topic_name(m->rkt),
                                     .id = m->_private,
                                     .status = status,
                                     .why = why,
                                     .partition = status == GWS_OK ? m->partition : -1,
                                     .offset = status == GWS_OK ? m->offset : -1};
    p->reports++;
    p->outstanding--;
    if (p->report)
        p->report(p->user, &report);
    free(m->_private);
}

/* ---- the producer ---- */

gws_kafka_producer *gws_kafka_producer_create(const gws_kafka_params *params, gws_kafka_report_fn report, void *user, gws_err *err)
{
    static const gws_kafka_setting ours[] = {{"client.id", "gwspike"},
                                             {"linger.ms", "0"}, /* an alert does not wait for the next one */
                                             {"reconnect.backoff.ms", "100"},
                                             {"reconnect.backoff.max.ms", "10000"},
                                             {NULL, NULL}};
    static const gws_kafka_setting fixed[] = {{"enable.idempotence", "true"}, {"acks", "all"}, {NULL, NULL}};
    GWS_ASSERT(params);
    gws_kafka_producer *p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "kafka producer: out of memory");
        return NULL;
    }
    p->report = report;
    p->user = user;
    if (gws_kafka_client_init(&p->client, "kafka producer", params, ours, fixed, err) != GWS_OK)
        goto fail;
    rd_kafka_conf_set_dr_msg_cb(p->client.conf, on_report);
    p->rk = gws_kafka_client_handle(&p->client, RD_KAFKA_PRODUCER, err);
    if (!p->rk)
        goto fail;
    return p;
fail:
    gws_kafka_producer_destroy(p);
    return NULL;
}

/* Fail what has no report, and give the reports. */
static void close_handle(gws_kafka_producer *p)
{
    rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(p->rk, 1000);
    rd_kafka_destroy(p->rk);
    p->rk = NULL;
}

/* librdkafka gives an idempotent producer up when it cannot keep its promise any more (the cluster forgot it, or does not let it, say).
 * What is under way is reported as failed, and a new one takes over. */
static gws_status renew(gws_kafka_producer *p, gws_err *err)
{
    char why[200] = "it cannot be made again yet";
    if (p->rk && !p->client.fatal)
        return GWS_OK;
    if (p->rk)
        rd_kafka_fatal_error(p->rk, why, sizeof why);
    if (p->renewed_s > 0 && gws_now_s() < p->renewed_s + RENEW_S)
        return gws_err_set(err, GWS_EIO, "%s: %s", p->client.what, why);
    if (p->rk) {
        gws_log_write(GWS_LOG_WARNING, "kafka", "%s: begun anew: %s", p->client.what, why);
        close_handle(p);
    }
    p->client.fatal = 0;
    p->renewed_s = gws_now_s();
    p->rk = gws_kafka_client_handle(&p->client, RD_KAFKA_PRODUCER, err);
    return p->rk ? GWS_OK : GWS_EIO;
}

gws_status gws_kafka_producer_send(gws_kafka_producer *p, const gws_kafka_outgoing *m, gws_err *err)
{
    GWS_ASSERT(p && m && m->topic && m->id && (m->data || m->n == 0));
    char *id = strdup(m->id), most[32] = "";
    size_t room = sizeof most;
    if (!id)
        return gws_err_set(err, GWS_ENOMEM, "kafka producer: out of memory");
    if (renew(p, err) != GWS_OK)
        return free(id), GWS_EIO;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) - librdkafka's macro */
    const rd_kafka_resp_err_t code =
        rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(m->topic), RD_KAFKA_V_KEY((void *)(uintptr_t)m->key, m->key ? strlen(m->key) : 0),
                          RD_KAFKA_V_HEADER(ID_HEADER, m->id, -1), RD_KAFKA_V_VALUE((void *)(uintptr_t)m->data, m->n),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(id), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return p->outstanding++, GWS_OK;
    free(id);
    if (status_of(code) != GWS_EDATA)
        return gws_err_set(err, GWS_EIO, "kafka producer: %s: %s", m->topic, rd_kafka_err2str(code));
    rd_kafka_conf_get(rd_kafka_conf(p->rk), "message.max.bytes", most, &room);
    return gws_err_set(err, GWS_EDATA, "kafka producer: %s: a message of %zu bytes, message.max.bytes is %s", m->topic, m->n, most);
}

int gws_kafka_producer_poll(gws_kafka_producer *p, double timeout_s)
{
    GWS_ASSERT(p);
    p->reports = 0;
    if (p->rk)
        rd_kafka_poll(p->rk, (int)ceil(fmax(timeout_s, 0) * 1e3));
    (void)renew(p, NULL);
    return p->reports;
}

int gws_kafka_producer_flush(gws_kafka_producer *p, double timeout_s)
{
    GWS_ASSERT(p);
    if (p->rk)
        rd_kafka_flush(p->rk, (int)ceil(fmax(timeout_s, 0) * 1e3));
    return p->outstanding;
}

void gws_kafka_producer_state(gws_kafka_producer *p, gws_kafka_state *out)
{
    gws_kafka_client_state(&p->client, out);
}

void gws_kafka_producer_destroy(gws_kafka_producer *p)
{
    if (!p)
        return;
    if (p->rk)
        close_handle(p);
    gws_kafka_client_clear(&p->client);
    free(p);
}
