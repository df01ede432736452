/* Recent strain and the triggers that wait for it; the section of a site's file.  Truth: the strain that went in, cut in pieces of odd lengths, is
 * that which the follow-up has, gaps included; a trigger is due when what is promised is there and not before. */
#include "gwstest.h"

#include "alert/alert.h"
#include "alert/config.h"
#include "alert/job.h"
#include "alert/recent.h"
#include "base/clock.h"
#include "base/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RATE 4096
#define KEEP_S 20
#define T0_S 1000000000

static char folder[64];

static int setup(void **state)
{
    strcpy(folder, "/tmp/gwstest-recent-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int teardown(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* The value of a sample is known from its index. */
static double value(int64_t sample)
{
    return (double)((sample * 7919) % 100003 - 50000) * 1e-24;
}

/* Samples [from, to) in pieces. */
static void push(gws_recent *r, const char *ifo, int64_t from, int64_t to)
{
    static double h[5000];
    for (int64_t at = from, n; at < to; at += n) {
        n = 1 + (at * 31) % 4999;
        n = n < to - at ? n : to - at;
        for (int64_t i = 0; i < n; i++)
            h[i] = value(at + i);
        gws_followup_strain s = {.rate_hz = RATE, .first = at, .h = h, .n = n};
        strcpy(s.ifo, ifo);
        assert_int_equal(gws_recent_push(r, &s, NULL), GWS_OK);
    }
}

static void a_trigger_waits_for_the_strain_behind_it(void **state)
{
    gws_err err = {0};
    gws_alerts_stats stats;
    const int64_t t = (int64_t)T0_S * RATE;
    char path[120];
    gws_alerts_params p = gws_alerts_defaults();
    p.folder = folder;
    gws_alerts *a = gws_alerts_open(&p, &err);
    gws_recent *r = gws_recent_create(KEEP_S, 1e6, &err);
    assert_true(a && r);
    char id[] = "one", channel[] = "H1:STRAIN";
    gws_alert_trigger one = {.id = id,
                             .gps_ns = (int64_t)T0_S * GWS_NS,
                             .window_s = 0.3,
                             .stat = 9,
                             .far = {GWS_FAR_COUNTED, 0.1, 0},
                             .background_slope = (double)NAN,
                             .n = 1,
                             .ifo = {"H1"},
                             .channel = {channel}};
    push(r, "H1", t - 50 * RATE, t + RATE / 2);
    push(r, "L1", t - 50 * RATE, t - 10 * RATE); /* and is gone */
    push(r, "V1", t - 50 * RATE, t - 12 * RATE);
    push(r, "V1", t - 11 * RATE - 5, t); /* with a gap */
    int told;
    assert_int_equal(gws_alerts_trigger(a, &one, &told, NULL), GWS_OK);
    assert_true(told);
    assert_int_equal(gws_recent_wait(r, &one, NULL), GWS_OK);
    id[0] = channel[0] = '?'; /* copies count */
    gws_recent_serve(r, a, 0);
    assert_int_equal(gws_recent_waiting(r), 1);
    push(r, "H1", t + RATE / 2, t + 3 * RATE);
    gws_recent_serve(r, a, 0);
    assert_int_equal(gws_recent_waiting(r), 1); /* for V1 */
    push(r, "V1", t, t + 3 * RATE);
    gws_recent_serve(r, a, 0);
    assert_int_equal(gws_recent_waiting(r), 0);
    const double end_s = gws_now_s() + 100;
    do {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        gws_alerts_poll(a, &stats);
    } while (stats.followups + stats.failed < 1 && gws_now_s() < end_s);
    assert_int_equal(stats.messages - stats.followups, 1);
    assert_int_equal(gws_alerts_close(a, 30), 0);
    gws_recent_destroy(r);

    snprintf(path, sizeof path, "%s/one-0-strain.hdf", folder);
    gws_job *j = gws_job_load(path, &err);
    if (!j)
        fail_msg("%s", err.text);
    assert_int_equal(j->n, 3);
    for (int i = 0; i < 3; i++) {
        const gws_followup_strain *s = &j->strain[i];
        assert_true(s->n >= KEEP_S * RATE || s->ifo[0] == 'V');
        for (int64_t k = 0; k < s->n; k++) {
            const int64_t at = s->first + k;
            const int gap = s->ifo[0] == 'V' && at >= t - 12 * RATE && at < t - 11 * RATE - 5;
            assert_true(gap ? isnan(s->h[k]) : s->h[k] == value(at));
        }
        assert_true(s->first + s->n == (s->ifo[0] == 'L' ? t - 10 * RATE : t + 3 * RATE));
    }
    gws_job_destroy(j);
}

static void a_section_says_who_is_told(void **state)
{
    char text[600], token[100];
    gws_err err = {0};
    gws_alerts_config c;
    snprintf(token, sizeof token, "%s/token", folder);
    FILE *f = fopen(token, "w");
    fprintf(f, "secret\nrest\n");
    fclose(f);
    snprintf(
        text, sizeof text,
        "[alerts]\nfolder = /tmp/x\nfar_per_month = 0.5\nwebhook = https://a/b\ntoken_file = %s\ntopic = gw\nbrokers = b:9092\n"
        "security.protocol = SSL\nfollow_up = no\nlines = -\nmass_max = 60\n",
        token);
    gws_ini *ini = gws_ini_parse(text, "site.ini", &err);
    assert_non_null(ini);
    if (gws_alerts_config_read(ini, "alerts", &c, &err) != GWS_OK)
        fail_msg("%s", err.text);
    const gws_alerts_params *p = gws_alerts_config_params(&c);
    assert_true(p->far_per_month == 0.5 && p->followup.mass_max_msun == 60 && !p->follow_up && p->update_s == 1);
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
        cmocka_unit_test(a_trigger_waits_for_the_strain_behind_it),
        cmocka_unit_test(a_section_says_who_is_told),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), (int)(sizeof tests / sizeof tests[0]));
}
