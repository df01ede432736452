/* kafka_private.h - what producer and consumer have in common: settings, log, errors, statistics.  It is private to net/. */
#ifndef GWS_NET_KAFKA_PRIVATE_H
#define GWS_NET_KAFKA_PRIVATE_H

#include "net/kafka.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>

typedef struct gws_kafka_client {
    const char *what; /* "kafka producer" */
    pthread_mutex_t lock;
    gws_kafka_state state; /* under the lock; down_s is made of down_since_s when it is asked for */
    double down_since_s;   /* under the lock; 0: a broker answers */
    int fatal;             /* librdkafka has given this handle up */
    rd_kafka_conf_t *conf; /* as made, for a second handle */
} gws_kafka_client;

/* Make the settings: `ours` unless the user has others, the user's, `fixed` which the user may not set.  Both lists end with a NULL key.
 * The log, the errors and the statistics of a handle made of them go to the client, which is the handle's opaque. */
gws_status gws_kafka_client_init(gws_kafka_client *c, const char *what, const gws_kafka_params *params,
                                 const gws_kafka_setting *ours, const gws_kafka_setting *fixed, gws_err *err);
void gws_kafka_client_clear(gws_kafka_client *c);

/* A handle of the client's settings.  NULL: EARG, two settings that do not go together, or ENOMEM. */
rd_kafka_t *gws_kafka_client_handle(gws_kafka_client *c, rd_kafka_type_t type, gws_err *err);

/* The cluster answers: the alarm ends. */
void gws_kafka_client_is_up(gws_kafka_client *c);

void gws_kafka_client_state(gws_kafka_client *c, gws_kafka_state *out);

#endif
