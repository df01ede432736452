/* config.h - who is told, as a section of a site's file says it.
 *
 *     folder                                         needed; all else has the default of gws_alerts_defaults
 *     far_per_month update_s alarm_s wait_s wait_most_s
 *     lines                                          a file, or - for standard output
 *     webhook ca_file token_file                     the token is the first line of the file
 *     topic brokers, and librdkafka's own keys       those with a full stop
 *     hook hook_s
 *     group search pipeline
 *     follow_up                                      yes or no
 *     approximant mass_min mass_max spin_max low_hz  of the follow-up
 *     rate_gpc3_yr population_mass snr_min           of p_astro
 */
#ifndef GWS_ALERT_CONFIG_H
#define GWS_ALERT_CONFIG_H

#include "alert/params.h"
#include "base/err.h"
#include "base/ini.h"

typedef struct gws_alerts_config {
    gws_alerts_params params; /* lines_fd is -1, kafka points into this struct once gws_alerts_config_params was asked */
    gws_kafka_params kafka;
    const char *lines; /* "-": standard output; a file that is added to; NULL: none */
    char *token;       /* first line of token_file */
} gws_alerts_config;

/* Read a section.  Strings are the ini's; the struct is freed with gws_alerts_config_clear.
 * EFORMAT names section and key; EARG: no folder; EIO: token_file. */
gws_status gws_alerts_config_read(gws_ini *ini, const char *section, gws_alerts_config *out, gws_err *err);

/* The parameters, complete, for gws_alerts_open. */
const gws_alerts_params *gws_alerts_config_params(gws_alerts_config *c);
void gws_alerts_config_clear(gws_alerts_config *c);

#endif
