#include "alert/config.h"

#include "alert/alert.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 65536

/* "yes" or "no". */
static gws_status read_yes(gws_ini *ini, const char *section, const char *key, int *out, gws_err *err)
{
    const char *v = gws_ini_string(ini, section, key, NULL);
    if (!v)
        return GWS_OK;
    if (strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[%s] %s: wanted yes or no, got '%s'", section, key, v);
    *out = v[0] == 'y';
    return GWS_OK;
}

static gws_status read_numbers(gws_ini *ini, const char *section, gws_alerts_params *p, gws_err *err)
{
    const struct {
        const char *key;
        double *to;
    } all[] = {{"far_per_month", &p->far_per_month},
               {"update_s", &p->update_s},
               {"hook_s", &p->hook_s},
               {"wait_s", &p->wait_s},
               {"wait_most_s", &p->wait_most_s},
               {"alarm_s", &p->alarm_s},
               {"keep_days", &p->keep_days},
               {"mass_min", &p->followup.mass_min_msun},
               {"mass_max", &p->followup.mass_max_msun},
               {"spin_max", &p->followup.spin_max},
               {"low_hz", &p->followup.low_hz},
               {"rate_gpc3_yr", &p->p_astro.rate_gpc3_yr},
               {"population_mass", &p->followup.population_msun},
               {"snr_min", &p->p_astro.snr_min}};
    gws_status status = GWS_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GWS_OK; i++)
        status = gws_ini_double(ini, section, all[i].key, *all[i].to, all[i].to, err);
    return status;
}

static gws_status read_token(gws_ini *ini, const char *section, gws_alerts_config *c, gws_err *err)
{
    const char *path = gws_ini_string(ini, section, "token_file", NULL);
    size_t n;
    if (!path)
        return GWS_OK;
    gws_status status = gws_file_read(path, TOKEN_MAX, &c->token, &n, err);
    if (status == GWS_OK)
        c->token[strcspn(c->token, "\r\n")] = '\0';
    return status;
}

gws_status gws_alerts_config_read(gws_ini *ini, const char *section, gws_alerts_config *out, gws_err *err)
{
    *out = (gws_alerts_config){.params = gws_alerts_defaults()};
    gws_alerts_params *p = &out->params;
    const struct {
        const char *key;
        const char **to;
    } all[] = {{"folder", &p->folder},
               {"webhook", &p->webhook},
               {"ca_file", &p->ca_file},
               {"topic", &p->topic},
               {"brokers", &out->kafka.brokers},
               {"hook", &p->hook},
               {"group", &p->group},
               {"search", &p->search},
               {"pipeline", &p->pipeline},
               {"lines", &out->lines},
               {"approximant", &p->followup.approximant}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i].to = gws_ini_string(ini, section, all[i].key, *all[i].to);
    gws_status status = read_numbers(ini, section, p, err);
    if (status == GWS_OK)
        status = read_yes(ini, section, "follow_up", &p->follow_up, err);
    if (status == GWS_OK)
        status = read_token(ini, section, out, err);
    if (status == GWS_OK && p->topic) /* a build without librdkafka tells all others */
        status = gws_kafka_params_read(&out->kafka, ini, section, err);
    if (status == GWS_OK && !p->folder)
        status = gws_err_set(err, GWS_EARG, "[%s] wants folder, where the journal of alerts is kept", section);
    if (status == GWS_OK && p->topic && !out->kafka.brokers)
        status = gws_err_set(err, GWS_EARG, "[%s] topic wants brokers", section);
    if (status != GWS_OK)
        gws_alerts_config_clear(out);
    return status;
}

const gws_alerts_params *gws_alerts_config_params(gws_alerts_config *c)
{
    c->params.token = c->token;
    c->params.kafka = c->params.topic ? &c->kafka : NULL;
    return &c->params;
}

void gws_alerts_config_clear(gws_alerts_config *c)
{
    free(c->token);
    *c = (gws_alerts_config){.params = gws_alerts_defaults()};
}
