/* Numbers for a monitor.  Truth: the grammar of Prometheus' text format, version 0.0.4, checked line by line (prometheus_client itself
 * reads the same text in `meson test --suite referee`); and the statistics that the text was made of. */
#include "gwstest.h"
#include "live_vitals.h"

#include "base/number.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

static gws_live_stats stats;
static gws_alerts_stats alerts;
static gws_kafka_state topic;

static gws_live_vitals vitals(void)
{
    gws_test_vitals(&stats, &alerts, &topic);
    return (gws_live_vitals){.stats = &stats,
                             .alerts = &alerts,
                             .topic = &topic,
                             .memory = {.resident_bytes = 300 << 20, .peak_bytes = 310 << 20, .limit_bytes = INT64_C(8) << 30},
                             .stopped_s = 0.25};
}

/* ---- the grammar ---- */

static const char *name_end(const char *p)
{
    assert_true(isalpha((unsigned char)*p) || *p == '_');
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    return p;
}

static void check_sample(const char *p, const char *family, const char *type)
{
    const char *end = name_end(p);
    const size_t n = strlen(family);
    assert_memory_equal(p, family, n);
    const int part = end != p + n; /* _bucket, _sum, _count of a histogram */
    assert_int_equal(part, strcmp(type, "histogram") == 0);
    if (*end == '{') {
        do {
            end = name_end(end + 1);
            assert_memory_equal(end, "=\"", 2);
            for (end += 2; *end != '"'; end++) {
                assert_true((unsigned char)*end >= ' ');
                if (*end == '\\')
                    assert_non_null(strchr("\\\"n", *++end));
            }
            end++;
        } while (*end == ',');
        assert_int_equal(*end++, '}');
    }
    assert_int_equal(*end++, ' ');
    double v;
    if (strcmp(end, "+Inf") != 0 && strcmp(end, "-Inf") != 0 && strcmp(end, "NaN") != 0)
        assert_true(gws_number_parse(end, &v));
}

static void check(const char *whole)
{
    char family[100] = "", type[20] = "", *text = strdup(whole), *save = NULL;
    int samples = 0;
    assert_int_equal(whole[strlen(whole) - 1], '\n');
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char second[100], word[20];
        if (sscanf(line, "# HELP %99s %19s", second, word) == 2) {
            char again[110];
            snprintf(again, sizeof again, "# HELP %s ", second);
            assert_ptr_equal(strstr(strstr(whole, again) + 1, again), NULL); /* a family stands once */
            snprintf(family, sizeof family, "%s", second);
            type[0] = '\0';
        } else if (sscanf(line, "# TYPE %99s %19s", second, word) == 2) {
            assert_string_equal(second, family);
            snprintf(type, sizeof type, "%s", word);
            assert_true(strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 || strcmp(type, "histogram") == 0);
            const size_t n = strlen(family);
            assert_int_equal(strcmp(type, "counter") == 0, n > 6 && strcmp(family + n - 6, "_total") == 0);
        } else {
            assert_true(type[0]);
            check_sample(line, family, type);
            samples++;
        }
    }
    assert_true(samples > 100);
    free(text);
}

/* The number behind these words; fails when they are not there. */
static double number(const char *text, const char *sample)
{
    char key[300];
    double v;
    snprintf(key, sizeof key, "\n%s ", sample);
    const char *at = strstr(text, key);
    if (!at)
        fail_msg("no %s", sample);
    if (strncmp(at + strlen(key), "NaN\n", 4) == 0)
        return (double)NAN;
    assert_non_null(gws_number_read(at + strlen(key), &v));
    return v;
}

/* ---- tests ---- */

static void test_the_text_is_the_formats(void **state)
{
    (void)state;
    gws_live_vitals v = vitals();
    char *text = gws_live_metrics_text(&v);
    check(text);
    free(text);
    v.alerts = NULL;
    v.topic = NULL;
    stats.n_searches = stats.n_ifo = 1;
    text = gws_live_metrics_text(&v);
    check(text);
    assert_null(strstr(text, "gwspike_alert"));
    assert_null(strstr(text, "gwspike_topic"));
    free(text);
}

static void test_the_numbers_are_the_statistics(void **state)
{
    static const struct {
        const char *sample;
        double value;
    } wanted[] = {
        {"gwspike_info{version=\"0.1.0\"}", 1},
        {"gwspike_uptime_seconds", 901},
        {"gwspike_stopped_seconds", 0.25},
        {"gwspike_realtime_factor", 900 / 31.5},
        {"gwspike_detector_state{detector=\"V1\",state=\"absent\"}", 1},
        {"gwspike_detector_state{detector=\"V1\",state=\"on\"}", 0},
        {"gwspike_detector_gap_seconds_total{detector=\"L1\",reason=\"not-observing\"}", 20},
        {"gwspike_detector_silent_seconds{detector=\"V1\"}", 601},
        {"gwspike_detector_gps_seconds{detector=\"H1\"}", 1126260362},
        {"gwspike_search_gps_seconds{search=\"default\"}", 1126260362.5},
        {"gwspike_spike_rate{search=\"default\",layer=\"events\"}", 0.125},
        {"gwspike_spike_rate{search=\"default\",layer=\"first\"}", 0.0625},
        {"gwspike_spike_rate{search=\"default\",layer=\"second\"}", 0.03125},
        {"gwspike_search_bad_logits_total{search=\"three \\\"of\\\" them\"}", 3},
        {"gwspike_search_info{search=\"default\",model=\"models/"
         "default.hdf\",sha256=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
         "detectors=\"H1,L1\",rates=\"model\"}",
         1},
        {"gwspike_memory_resident_bytes", 300 << 20},
        {"gwspike_state_bytes", 123456789},
        {"gwspike_alert_triggers_total{outcome=\"told\"}", 1},
        {"gwspike_alert_triggers_total{outcome=\"quiet\"}", 2},
        {"gwspike_alert_receiver_waiting{receiver=\"webhook\"}", 1},
        {"gwspike_alert_receiver_oldest_seconds{receiver=\"webhook\"}", 12.5},
        {"gwspike_topic_behind", 3},
        {"gwspike_search_latency_seconds_count", 900},
        {"gwspike_search_latency_seconds_bucket{le=\"+Inf\"}", 900},
        {"gwspike_trigger_latency_seconds_bucket{le=\"+Inf\"}", 2},
        {"gwspike_trigger_latency_seconds_sum", 130.031},
    };
    (void)state;
    const gws_live_vitals v = vitals();
    char *text = gws_live_metrics_text(&v);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_true(number(text, wanted[i].sample) == wanted[i].value ||
                    fabs(number(text, wanted[i].sample) / wanted[i].value - 1) < 1e-14);
    assert_true(isnan(number(text, "gwspike_search_logit{search=\"three \\\"of\\\" them\"}")));
    assert_null(strstr(text, "receiver=\"hook\"")); /* nobody configured it */
    free(text);
}

/* Buckets are cumulative: each as large as the one before, those of 20 to 25 ms are what the statistics hold. */
static void test_buckets_add_up(void **state)
{
    (void)state;
    const gws_live_vitals v = vitals();
    char *text = gws_live_metrics_text(&v);
    double last = 0, last_bound = 0;
    int buckets = 0;
    for (const char *p = text; (p = strstr(p, "\ngwspike_search_latency_seconds_bucket{le=\"")); p++) {
        double bound, n;
        const char *at = strchr(p, '"') + 1;
        gws_number_read(at, &bound);
        assert_true(bound > last_bound);
        gws_number_read(strchr(p, '}') + 1, &n);
        assert_true(n >= last);
        int64_t below = 0;
        for (int i = 0; i < 900; i++)
            below += 0.02 + 0.0001 * (i % 50) <= bound * (1 + 1e-3); /* bounds are printed with 4 digits */
        assert_true(n <= (double)below);
        last = n;
        last_bound = bound;
        buckets++;
    }
    assert_int_equal(buckets, GWS_LIVE_BUCKETS);
    assert_true(last == 900);
    free(text);
}

static void is(const gws_live_vitals *v, int well, const char *says)
{
    const gws_live_limits limits = gws_live_limits_defaults();
    char *text = NULL;
    assert_int_equal(gws_live_is_well(v, &limits, &text), well);
    assert_string_equal(text, says);
    free(text);
}

static void test_well_or_why_not(void **state)
{
    (void)state;
    gws_live_vitals v = vitals();
    is(&v, 1, "ok\n(V1: nothing has come for 601 s)\n");
    stats.ifo[0].state = GWS_LIVE_OFF;
    snprintf(stats.unserved, sizeof stats.unserved, "L1");
    is(&v, 1, "ok\n(H1 is not searched now)\n(V1: nothing has come for 601 s)\n(no search has L1)\n");
    v = vitals();
    v.stopped_s = 31;
    is(&v, 0, "the search has stood still for 31 s\n(V1: nothing has come for 601 s)\n");
    v = vitals();
    stats.now_s = 1100;
    is(&v, 0, "no strain has come for 100 s\n(V1: nothing has come for 700 s)\n");
    v = vitals();
    stats.inbox = 601;
    alerts.sink[GWS_SINK_WEBHOOK].alarm = 1;
    topic.down_s = 4;
    is(&v, 0,
       "601 frames wait to be read\nalerts: webhook has taken nothing for 12 s, 1 messages wait\nno broker of the topic has "
       "answered for 4 s\n"
       "(V1: nothing has come for 601 s)\n");
}

/* At the start nothing has come, and for a while that is well. */
static void test_the_start_is_well(void **state)
{
    (void)state;
    gws_live_vitals v = vitals();
    for (int i = 0; i < 3; i++)
        stats.ifo[i].heard_s = 0;
    stats.now_s = 130;
    stats.n_ifo = 0;
    is(&v, 1, "ok\n");
    stats.now_s = 170;
    is(&v, 0, "no strain has come for 70 s\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_text_is_the_formats), cmocka_unit_test(test_the_numbers_are_the_statistics),
        cmocka_unit_test(test_buckets_add_up),          cmocka_unit_test(test_well_or_why_not),
        cmocka_unit_test(test_the_start_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
