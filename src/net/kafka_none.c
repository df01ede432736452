/* In place of kafka.c and its kin where librdkafka is not: each create fails, so that nothing else is ever called. */
#include "net/kafka.h"

const char *gws_kafka_library(void)
{
    return NULL;
}

static void refuse(gws_err *err)
{
    gws_err_set(err, GWS_EVERSION, "kafka: this program was built without librdkafka (Debian: librdkafka-dev)");
}

gws_status gws_kafka_params_read(gws_kafka_params *p, gws_ini *ini, const char *section, gws_err *err)
{
    (void)p;
    (void)ini;
    (void)section;
    return refuse(err), GWS_EVERSION;
}

gws_kafka_producer *gws_kafka_producer_create(const gws_kafka_params *params, gws_kafka_report_fn report, void *user, gws_err *err)
{
    (void)params;
    (void)report;
    (void)user;
    refuse(err);
    return NULL;
}

gws_status gws_kafka_producer_send(gws_kafka_producer *p, const gws_kafka_outgoing *message, gws_err *err)
{
    GWS_ASSERT(!p);
    (void)message;
    return refuse(err), GWS_EVERSION;
}

int gws_kafka_producer_poll(gws_kafka_producer *p, double timeout_s)
{
    GWS_ASSERT(!p);
    (void)timeout_s;
    return 0;
}

int gws_kafka_producer_flush(gws_kafka_producer *p, double timeout_s)
{
    GWS_ASSERT(!p);
    (void)timeout_s;
    return 0;
}

void gws_kafka_producer_state(gws_kafka_producer *p, gws_kafka_state *out)
{
    GWS_ASSERT(!p);
    *out = (gws_kafka_state){0};
}

void gws_kafka_producer_destroy(gws_kafka_producer *p)
{
    GWS_ASSERT(!p);
}

gws_kafka_consumer *gws_kafka_consumer_create(const gws_kafka_params *params, const char *group, const char *const *topics, int n,
                                              gws_err *err)
{
    (void)params;
    (void)group;
    (void)topics;
    (void)n;
    refuse(err);
    return NULL;
}

void gws_kafka_consumer_poll(gws_kafka_consumer *c, double timeout_s, gws_kafka_message *out)
{
    GWS_ASSERT(!c);
    (void)timeout_s;
    *out = (gws_kafka_message){0};
}

void gws_kafka_consumer_done(gws_kafka_consumer *c, const char *topic, int32_t partition, int64_t offset)
{
    GWS_ASSERT(!c);
    (void)topic;
    (void)partition;
    (void)offset;
}

void gws_kafka_consumer_state(gws_kafka_consumer *c, gws_kafka_state *out)
{
    GWS_ASSERT(!c);
    *out = (gws_kafka_state){0};
}

void gws_kafka_consumer_destroy(gws_kafka_consumer *c)
{
    GWS_ASSERT(!c);
}
