/* The section of alerts of a site's file.  Truth: what stands in it. */
#include "gwstest.h"

#include "alert/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static int setup(void **state)
{
    strcpy(folder, "/tmp/gwstest-config-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int teardown(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void without_a_topic_librdkafka_is_not_needed(void **state)
{
    gws_err err = {0};
    gws_alerts_config c;
    gws_ini *ini = gws_ini_parse("[alerts]\nfolder = x\nlines = -\n", "site.ini", &err);
    assert_non_null(ini);
    if (gws_alerts_config_read(ini, "alerts", &c, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_alerts_config_clear(&c);
    gws_ini_destroy(ini);
}

static void a_section_says_who_is_told(void **state)
{
    char text[600], token[100];
    gws_err err = {0};
    gws_alerts_config c;
    if (!gws_kafka_library())
        GWS_SKIP("built without librdkafka");
    snprintf(token, sizeof token, "%s/token", folder);
    FILE *f = fopen(token, "w");
    fprintf(f, "secret\nrest\n");
    fclose(f);
    snprintf(
        text, sizeof text,
        "[alerts]\nfolder = /tmp/x\nfar_per_month = 0.5\nwebhook = https://a/b\ntoken_file = %s\ntopic = gw\nbrokers = b:9092\n"
        "security.protocol = SSL\nfollow_up = no\nlines = -\nmass_max = 60\nrate_gpc3_yr = 10\n"
        "population_mass = 20\n",
        token);
    gws_ini *ini = gws_ini_parse(text, "site.ini", &err);
    assert_non_null(ini);
    if (gws_alerts_config_read(ini, "alerts", &c, &err) != GWS_OK)
        fail_msg("%s", err.text);
    const gws_alerts_params *p = gws_alerts_config_params(&c);
    assert_true(p->far_per_month == 0.5 && p->followup.mass_max_msun == 60 && !p->follow_up && p->update_s == 1);
    assert_true(p->p_astro.rate_gpc3_yr == 10 && p->followup.population_msun == 20);
    assert_string_equal(p->token, "secret");
    assert_string_equal(p->topic, "gw");
    assert_string_equal(p->kafka->brokers, "b:9092");
    assert_int_equal(p->kafka->n_settings, 1);
    assert_string_equal(c.lines, "-");
    assert_int_equal(p->lines_fd, -1);
    assert_int_equal(gws_ini_unused(ini, NULL, &err), GWS_OK);
    gws_alerts_config_clear(&c);
    gws_ini_destroy(ini);

    static const char *const bad[][2] = {{"[alerts]\nhook = x\n", "wants folder"},
                                         {"[alerts]\nfolder = x\ntopic = y\n", "wants brokers"},
                                         {"[alerts]\nfolder = x\nfollow_up = maybe\n", "wanted yes or no"},
                                         {"[alerts]\nfolder = x\nalarm_s = soon\n", "alarm_s"},
                                         {"[alerts]\nfolder = x\ntoken_file = /nowhere\n", "/nowhere"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_non_null(ini = gws_ini_parse(bad[i][0], "site.ini", &err));
        assert_int_not_equal(gws_alerts_config_read(ini, "alerts", &c, &err), GWS_OK);
        assert_non_null(strstr(err.text, bad[i][1]));
        gws_ini_destroy(ini);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_topic_librdkafka_is_not_needed),
        cmocka_unit_test(a_section_says_who_is_told),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), (int)(sizeof tests / sizeof tests[0]));
}
