#include "net/kafka.h"

#include "base/escape.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "net/kafka_private.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MOST (1 << 16) /* bytes of a file of a setting: a certificate fits */

const char *gws_kafka_library(void)
{
    static char name[64];
    snprintf(name, sizeof name, "librdkafka %s", rd_kafka_version_str());
    return name;
}

/* ---- settings ---- */

/* What librdkafka says of a setting that it refuses holds the value now and then, so it is shown for these alone. */
static int is_harmless(const char *key)
{
    static const char *const words[] = {"password", "secret", "key", "pem", "oauthbearer", "username", "config", "token"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(key, words[i]))
            return 0;
    return 1;
}

static gws_status set(gws_kafka_client *c, const char *key, const char *value, gws_err *err)
{
    char why[300] = "", shown[128];
    const rd_kafka_conf_res_t res = rd_kafka_conf_set(c->conf, key, value, why, sizeof why);
    gws_escape(shown, sizeof shown, key, 0);
    if (res == RD_KAFKA_CONF_UNKNOWN)
        return gws_err_set(err, GWS_EARG, "%s: librdkafka has no setting '%s'", c->what, shown);
    if (res == RD_KAFKA_CONF_INVALID && is_harmless(key))
        return gws_err_set(err, GWS_EARG, "%s: %s", c->what, why);
    if (res == RD_KAFKA_CONF_INVALID)
        return gws_err_set(err, GWS_EARG, "%s: librdkafka refuses the value of '%s'", c->what, shown);
    return GWS_OK;
}

static int is_known(const rd_kafka_conf_t *conf, const char *key)
{
    size_t size = 0;
    return rd_kafka_conf_get(conf, key, NULL, &size) == RD_KAFKA_CONF_OK;
}

/* KEY.file = PATH where librdkafka itself has no setting of that name: the first line of the file. */
static gws_status set_from_file(gws_kafka_client *c, const char *key, const char *path, gws_err *err)
{
    char *text = NULL, name[128];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(key) - strlen(".file")), key);
    gws_status status = gws_file_read(path, VALUE_MOST, &text, NULL, err);
    if (status != GWS_OK) {
        gws_err_prefix(err, "%s: %.100s", c->what, key);
        return status;
    }
    text[strcspn(text, "\r\n")] = '\0';
    status = set(c, name, text, err);
    memset(text, 0, strlen(text));
    free(text);
    return status;
}

static gws_status set_users(gws_kafka_client *c, const gws_kafka_setting *s, const gws_kafka_setting *fixed, gws_err *err)
{
    static const char *const ours[] = {"bootstrap.servers", "metadata.broker.list", "statistics.interval.ms"};
    const size_t n = strlen(s->key), ending = strlen(".file");
    int taken = 0;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        taken = taken || strcmp(s->key, ours[i]) == 0;
    for (int i = 0; fixed[i].key; i++)
        taken = taken || strcmp(s->key, fixed[i].key) == 0;
    if (taken)
        return gws_err_set(err, GWS_EARG, "%s: '%s' is not a setting of the user's", c->what, s->key);
    if (n > ending && strcmp(s->key + n - ending, ".file") == 0 && !is_known(c->conf, s->key))
        return set_from_file(c, s->key, s->value, err);
    return set(c, s->key, s->value, err);
}

gws_status gws_kafka_params_read(gws_kafka_params *p, gws_ini *ini, const char *section, gws_err *err)
{
    const char *in, *key, *value;
    for (int i = 0; gws_ini_entry(ini, i, &in, &key, &value); i++) {
        if (strcmp(in, section) != 0 || !strchr(key, '.'))
            continue;
        if (p->n_settings == GWS_KAFKA_SETTINGS)
            return gws_err_set(err, GWS_EARG, "[%s]: more than %d settings of librdkafka", section, GWS_KAFKA_SETTINGS);
        p->settings[p->n_settings++] = (gws_kafka_setting){key, gws_ini_string(ini, section, key, value)};
    }
    return GWS_OK;
}

/* ---- what librdkafka calls ---- */

/* Its lines are about single connections and repeat at each attempt; what matters of them is said by on_error. */
static void on_log(const rd_kafka_t *rk, int level, const char *what, const char *text)
{
    (void)rk;
    gws_log_write(level <= 2 ? GWS_LOG_WARNING : GWS_LOG_DEBUG, "kafka", "%s: %s", what, text);
}

static void alarm_once(gws_kafka_client *c, int down, const char *text)
{
    pthread_mutex_lock(&c->lock);
    const int news = strcmp(c->state.trouble, text) != 0;
    if (down && c->down_since_s == 0)
        c->down_since_s = gws_now_s();
    gws_escape(c->state.trouble, sizeof c->state.trouble, text, 0);
    pthread_mutex_unlock(&c->lock);
    if (news)
        gws_log_write(GWS_LOG_WARNING, "kafka", "%s: %s; it is tried again", c->what, text);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    gws_kafka_client *c = opaque;
    char text[200];
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: alarm_once(c, 1, "no broker answers"); break;
    case RD_KAFKA_RESP_ERR__FATAL:
        c->fatal = 1;
        if (rd_kafka_fatal_error(rk, text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR)
            alarm_once(c, 0, text);
        break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        /* without the broker's name in front and the time behind, which change */
        alarm_once(c, 0, rd_kafka_err2str((rd_kafka_resp_err_t)code));
        gws_log_write(GWS_LOG_DEBUG, "kafka", "%s: %s", c->what, reason);
        break;
    default: gws_log_write(GWS_LOG_DEBUG, "kafka", "%s: %s", c->what, reason);
    }
}

static int64_t whole(const json_t *object, const char *key)
{
    const json_int_t v = json_integer_value(json_object_get(object, key));
    return v > 0 ? v : 0;
}

static int on_statistics(rd_kafka_t *rk, char *text, size_t size, void *opaque)
{
    gws_kafka_client *c = opaque;
    json_t *root = json_loadb(text, size, 0, NULL), *topic, *item;
    const char *key;
    int64_t waiting = whole(root, "msg_cnt"), behind = 0;
    int up = 0;
    (void)rk;
    json_object_foreach(json_object_get(root, "brokers"), key, item)
    {
        const char *state = json_string_value(json_object_get(item, "state"));
        up = up || (state && strcmp(state, "UP") == 0);
    }
    json_object_foreach(json_object_get(root, "topics"), key, topic)
    {
        json_object_foreach(json_object_get(topic, "partitions"), key, item)
        {
            waiting += whole(item, "fetchq_cnt");
            behind += whole(item, "consumer_lag");
        }
    }
    json_decref(root);
    pthread_mutex_lock(&c->lock);
    c->state.waiting = waiting;
    c->state.behind = behind;
    pthread_mutex_unlock(&c->lock);
    if (up)
        gws_kafka_client_is_up(c);
    return 0; /* the text is librdkafka's to free */
}

void gws_kafka_client_is_up(gws_kafka_client *c)
{
    pthread_mutex_lock(&c->lock);
    const double since_s = c->down_since_s;
    c->down_since_s = 0;
    c->state.trouble[0] = '\0';
    pthread_mutex_unlock(&c->lock);
    if (since_s > 0)
        gws_log_write(GWS_LOG_INFO, "kafka", "%s: a broker answers again, after %.0f s", c->what, gws_now_s() - since_s);
}

void gws_kafka_client_state(gws_kafka_client *c, gws_kafka_state *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->state;
    if (c->down_since_s > 0)
        out->down_s = gws_now_s() - c->down_since_s;
    pthread_mutex_unlock(&c->lock);
}

/* ---- the client ---- */

gws_status gws_kafka_client_init(gws_kafka_client *c, const char *what, const gws_kafka_params *params,
                                 const gws_kafka_setting *ours, const gws_kafka_setting *fixed, gws_err *err)
{
    gws_status status = GWS_OK;
    int mock = 0; /* the cluster that librdkafka plays itself has no address */
    c->what = what;
    pthread_mutex_init(&c->lock, NULL);
    c->conf = rd_kafka_conf_new();
    for (int i = 0; i < params->n_settings; i++)
        mock = mock || strcmp(params->settings[i].key, "test.mock.num.brokers") == 0;
    if (params->brokers && *params->brokers)
        status = set(c, "bootstrap.servers", params->brokers, err);
    else if (!mock)
        status = gws_err_set(err, GWS_EARG, "%s: wanted the addresses of brokers, host:port,host:port", what);
    if (status == GWS_OK)
        status = set(c, "statistics.interval.ms", "1000", err);
    for (int i = 0; ours[i].key && status == GWS_OK; i++)
        status = set(c, ours[i].key, ours[i].value, err);
    for (int i = 0; i < params->n_settings && status == GWS_OK; i++)
        status = set_users(c, &params->settings[i], fixed, err);
    for (int i = 0; fixed[i].key && status == GWS_OK; i++)
        status = set(c, fixed[i].key, fixed[i].value, err);
    rd_kafka_conf_set_opaque(c->conf, c);
    rd_kafka_conf_set_log_cb(c->conf, on_log);
    rd_kafka_conf_set_error_cb(c->conf, on_error);
    rd_kafka_conf_set_stats_cb(c->conf, on_statistics);
    rd_kafka_conf_enable_sasl_queue(c->conf, 1);
    return status;
}

void gws_kafka_client_clear(gws_kafka_client *c)
{
    if (!c->conf) /* never begun */
        return;
    rd_kafka_conf_destroy(c->conf);
    pthread_mutex_destroy(&c->lock);
}

rd_kafka_t *gws_kafka_client_handle(gws_kafka_client *c, rd_kafka_type_t type, gws_err *err)
{
    char why[300] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(c->conf);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        gws_err_set(err, rd_kafka_last_error() == RD_KAFKA_RESP_ERR__INVALID_ARG ? GWS_EARG : GWS_EIO, "%s: %s", c->what, why);
        return NULL;
    }
    /* Tokens are renewed in librdkafka's own thread, so that an idle client keeps its login. */
    rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(rk));
    return rk;
}
