/* kafka.h - messages from and to a Kafka cluster, through librdkafka.
 *
 * A consumer takes messages (1 s frames of a detector, say) off topics; a producer sends messages (alerts) to topics.  Both work without
 * loss: what is sent is acknowledged by all replicas in sync or reported as failed, and an offset is stored only when the caller has said
 * that the message was dealt with.  So a message may come twice, after a crash or when partitions move between consumers, and never not
 * at all.  The header "_id" of a message names it, so that a receiver can drop what it has seen.
 *
 * A cluster that goes away is an alarm (WARNING in the log, down_s of the state) and no end: librdkafka tries again with a wait that
 * doubles from 0.1 to 10 s, and the log says when it is back.  A login that is refused is said and tried again likewise.
 * Tokens of SASL/OAUTHBEARER are renewed in the background, also while nobody polls.
 *
 * Settings are librdkafka's properties ("security.protocol", "sasl.password", "ssl.ca.location", ...), passed on as they are.  KEY.file
 * names a file whose first line is the value of KEY, so that a secret need not stand in a configuration.  The value of a setting that may be
 * a secret is never in the log or in a sentence.  Settings that the promises above rest on are refused: acks, enable.idempotence,
 * enable.auto.offset.store, enable.auto.commit, group.id, bootstrap.servers.
 *
 * Without librdkafka (meson: -Dkafka=disabled) create fails with one sentence that says so.
 *
 * Thread rule: one thread at a time, but for the two functions `state`, which any thread may call.
 */
#ifndef GWS_NET_KAFKA_H
#define GWS_NET_KAFKA_H

#include "base/err.h"
#include "base/ini.h"

#include <stddef.h>
#include <stdint.h>

/* "librdkafka 2.0.2"; NULL: built without it. */
const char *gws_kafka_library(void);

typedef struct gws_kafka_setting {
    const char *key, *value;
} gws_kafka_setting;

#define GWS_KAFKA_SETTINGS 64

typedef struct gws_kafka_params {
    const char *brokers; /* "host:port,host:port" */
    int n_settings;
    gws_kafka_setting settings[GWS_KAFKA_SETTINGS];
} gws_kafka_params;

/* Take those entries of a section whose key has a full stop, which are librdkafka's, as settings: `security.protocol = SASL_SSL`.  They count
 * as used.  The strings are the ini's and must outlive the params, not what is created from them.  EARG: more than GWS_KAFKA_SETTINGS. */
gws_status gws_kafka_params_read(gws_kafka_params *p, gws_ini *ini, const char *section, gws_err *err);

/* How a client is, renewed about once a second while it is polled. */
typedef struct gws_kafka_state {
    int64_t messages;   /* consumer: taken; producer: acknowledged */
    int64_t failed;     /* producer: reported as failed */
    int64_t waiting;    /* consumer: fetched and not taken yet; producer: sent, no report yet */
    int64_t behind;     /* consumer: what the cluster has of its partitions and was not taken; 0 for a producer */
    int64_t rebalances; /* consumer: how often it was given other partitions */
    int partitions;     /* consumer: that it has now */
    double down_s;      /* for how long no broker has answered; 0: one does */
    char trouble[200];  /* the last thing that went wrong with the cluster; "": nothing since it answers */
} gws_kafka_state;

/* ---- producer ---- */

typedef struct gws_kafka_producer gws_kafka_producer;

/* What became of a message. */
typedef struct gws_kafka_report {
    const char *topic, *id;
    gws_status status; /* GWS_OK: all replicas in sync have it; EDATA: it is too large; EIO: anything else, send it again */
    const char *why;   /* of a failure: one sentence; "" otherwise */
    int32_t partition; /* where it is; -1 after a failure */
    int64_t offset;
} gws_kafka_report;

typedef void (*gws_kafka_report_fn)(void *user, const gws_kafka_report *report);

/* An idempotent producer: no message is doubled or swapped by its own retries.
 *   params     in  copied
 *   report     in  called from poll, flush and destroy, once for each message that send took
 * NULL: EARG (a setting that does not exist, or is refused), EIO (a file of a setting), ENOMEM, EVERSION (built without librdkafka).
 * A cluster that does not answer is no failure. */
gws_kafka_producer *gws_kafka_producer_create(const gws_kafka_params *params, gws_kafka_report_fn report, void *user, gws_err *err);

typedef struct gws_kafka_outgoing {
    const char *topic;
    const char *id;  /* goes into the header "_id" and into the report */
    const char *key; /* messages of one key keep their order; NULL: none */
    const void *data;
    size_t n; /* bytes of data */
} gws_kafka_outgoing;

/* Hand over a message; everything is copied.  Its report comes later, after 5 minutes without a broker at the latest (message.timeout.ms).
 * EDATA: larger than message.max.bytes (1 MB unless set), with both sizes; EIO: the queue is full, or librdkafka gave the producer up a
 * moment ago: poll and send again; ENOMEM.  No report comes for what is refused here. */
gws_status gws_kafka_producer_send(gws_kafka_producer *p, const gws_kafka_outgoing *message, gws_err *err);

/* Give the reports that are there, waiting at most timeout_s for the first.  To be called often: at least each second.
 * returns  number of reports given */
int gws_kafka_producer_poll(gws_kafka_producer *p, double timeout_s);

/* Wait until every message has its report, at most timeout_s.
 * returns  number of messages that have none yet */
int gws_kafka_producer_flush(gws_kafka_producer *p, double timeout_s);

void gws_kafka_producer_state(gws_kafka_producer *p, gws_kafka_state *out);

/* What has no report yet is reported as failed.  NULL is fine. */
void gws_kafka_producer_destroy(gws_kafka_producer *p);

/* ---- consumer ---- */

typedef struct gws_kafka_consumer gws_kafka_consumer;

typedef struct gws_kafka_message {
    const char *topic; /* NULL: no message came */
    int32_t partition;
    int64_t offset;
    const void *data; /* (n) */
    size_t n;
    const char *key, *id; /* NULL: none; id is the header "_id" */
    int64_t unix_ms;      /* when it was sent; -1: not said */
} gws_kafka_message;

/* A member of a consumer group.  It goes on behind the last message that the group has dealt with.  Where a group has dealt with none, it
 * begins with what comes after the partition was first given to it (auto.offset.reset = earliest: with the oldest there is), and that
 * place is kept, so that a crash before the first message is dealt with loses nothing.
 *   group   in  name of the group; those of one name share the partitions
 *   topics  in  (n) names; one that begins with ^ is a regular expression
 * Errors as gws_kafka_producer_create. */
gws_kafka_consumer *gws_kafka_consumer_create(const gws_kafka_params *params, const char *group, const char *const *topics, int n,
                                              gws_err *err);

/* The next message, waiting at most timeout_s for it.  To be called often, also while there is nothing to do: a consumer that has not polled
 * for 5 minutes (max.poll.interval.ms) loses its partitions to others, and gets them back with the next poll; what it had not dealt with
 * comes again.
 *   out   out  what it points to lasts until the next call
 * Trouble of any kind is in the log and in the state, and is tried again. */
void gws_kafka_consumer_poll(gws_kafka_consumer *c, double timeout_s, gws_kafka_message *out);

/* Everything of this partition up to and with this offset is dealt with.  Told to the cluster each second, when partitions are given away,
 * and at the end.  A partition that is somebody else's by now is passed over: the message comes to the new owner. */
void gws_kafka_consumer_done(gws_kafka_consumer *c, const char *topic, int32_t partition, int64_t offset);

void gws_kafka_consumer_state(gws_kafka_consumer *c, gws_kafka_state *out);

/* Tell the cluster what is dealt with, leave the group and free it.  NULL is fine. */
void gws_kafka_consumer_destroy(gws_kafka_consumer *c);

#endif
