/* Frames as messages of a topic.  Truth: the frames that were sent, on the cluster that librdkafka itself plays (rdkafka_mock.h). */
#include "gwstest.h"
#include "base/progress.h"
#include "gwf/writer.h"
#include "live/source.h"
#include "net/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef GWS_KAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define PATIENCE_S 200
#define RATE_HZ 4096
#define START_S 1000000000

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static char folder[] = "/tmp/gws-live-kafka-XXXXXX";

static int start(void **state)
{
    char why[200];
    rd_kafka_conf_t *quiet = rd_kafka_conf_new();
    (void)state;
    rd_kafka_conf_set_log_cb(quiet, NULL);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, why, sizeof why);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    rd_kafka_mock_topic_create(cluster, "H1", 1, 1);
    return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return rmdir(folder);
}

static double sample(int64_t second, int i)
{
    return 1e-21 * (double)((i * 7919 + second * 31) % 1009 - 504);
}

/* The bytes of a frame of a second. */
static char *frame(int64_t second, size_t *n)
{
    static double h[RATE_HZ];
    char path[100];
    gws_err err = {0};
    for (int i = 0; i < RATE_HZ; i++)
        h[i] = sample(second, i);
    const gws_gwf_channel_data channel = {
        .name = "H1:STRAIN", .unit = "strain", .type = GWS_GWF_F8, .data = h, .n = RATE_HZ, .dx_s = 1.0 / RATE_HZ};
    snprintf(path, sizeof path, "%s/frame.gwf", folder);
    gws_gwf_writer *w = gws_gwf_writer_create(path, "LIGO", 1, &err);
    if (!w || gws_gwf_writer_frame(w, (START_S + second) * INT64_C(1000000000), 1, &channel, 1, &err) != GWS_OK ||
        gws_gwf_writer_commit(w, &err) != GWS_OK)
        fail_msg("%s", err.text);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    char *bytes = malloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    unlink(path);
    return bytes;
}

static void report(void *user, const gws_kafka_report *r)
{
    *(int *)user += r->status == GWS_OK;
}

/* Send seconds; of that which is `cut` half is missing. */
static void send_seconds(int first, int n, int cut)
{
    gws_err err = {0};
    int told = 0;
    const gws_kafka_params params = {.brokers = rd_kafka_mock_cluster_bootstraps(cluster)};
    gws_kafka_producer *p = gws_kafka_producer_create(&params, report, &told, &err);
    assert_non_null(p);
    for (int s = first; s < first + n; s++) {
        char key[60], id[20];
        size_t size;
        char *bytes = frame(s, &size);
        snprintf(key, sizeof key, "H-H1_TEST-%d-1.gwf", START_S + s);
        snprintf(id, sizeof id, "%d", s);
        const gws_kafka_outgoing m = {.topic = "H1", .id = id, .key = key, .data = bytes, .n = s == cut ? size / 2 : size};
        assert_int_equal(gws_kafka_producer_send(p, &m, &err), GWS_OK);
        free(bytes);
    }
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(told, n);
    gws_kafka_producer_destroy(p);
}

struct taken {
    int data[16], gaps[16], other;
};

static gws_status take(void *user, const gws_live_piece *p, gws_err *err)
{
    struct taken *t = user;
    (void)err;
    assert_string_equal(p->ifo, "H1");
    const int64_t second = p->rate_hz == 1 ? p->sample - START_S : p->sample / RATE_HZ - START_S;
    assert_in_range(second, 0, 15);
    if (!p->h) {
        t->gaps[second]++;
        return GWS_OK;
    }
    assert_int_equal(p->rate_hz, RATE_HZ);
    assert_int_equal(p->n, RATE_HZ);
    for (int i = 0; i < RATE_HZ; i++)
        assert_true(p->h[i] == sample(second, i));
    t->data[second]++;
    return GWS_OK;
}

static void retried(void *user, const char *ifo)
{
    (void)ifo;
    ((struct taken *)user)->other++;
}

/* Poll until so many pieces have come in all. */
static void poll_until(const gws_live_source_row *row, void *own, struct taken *t, int n)
{
    const gws_live_taker taker = {.user = t, .piece = take, .retried = retried};
    int got = 0;
    for (const double end_s = gws_now_s() + PATIENCE_S; got < n && gws_now_s() < end_s;) {
        gws_live_after after;
        gws_err err = {0};
        if (row->poll(own, 0.1, &taker, &after, &err) != GWS_OK)
            fail_msg("%s", err.text);
        assert_int_not_equal(after, GWS_LIVE_ENDED);
        got = 0;
        for (int i = 0; i < 16; i++)
            got += t->data[i] + t->gaps[i];
    }
    assert_int_equal(got, n);
}

static void *open_row(const gws_live_source_row *row, const gws_live_source_params *p)
{
    void *own = NULL;
    gws_err err = {0};
    if (row->open(p, &own, &err) != GWS_OK)
        fail_msg("%s", err.text);
    return own;
}

static void test_frames_come_and_a_restart_goes_on_behind_them(void **state)
{
    char text[400];
    gws_err err = {0};
    struct taken t = {.other = 0};
    (void)state;
    snprintf(text, sizeof text,
             "[kafka]\nbrokers = %s\ntopics = H1\ngroup = search\nauto.offset.reset = earliest\nsession.timeout.ms = 3500\n"
             "heartbeat.interval.ms = 200\n",
             rd_kafka_mock_cluster_bootstraps(cluster));
    gws_ini *ini = gws_ini_parse(text, "site.ini", &err);
    assert_non_null(ini);
    const gws_live_source_params p = {.ini = ini};
    const gws_live_source_row *row = gws_live_source_find("kafka");
    send_seconds(0, 5, 3);
    void *own = open_row(row, &p);
    poll_until(row, own, &t, 5);
    gws_kafka_state k;
    row->topic(own, &k);
    assert_int_equal(k.messages, 5);
    assert_int_equal(k.partitions, 1);
    row->close(own); /* nobody said that they are safe: they come again */
    own = open_row(row, &p);
    poll_until(row, own, &t, 10);
    row->safe(own);
    row->close(own);
    send_seconds(5, 2, -1);
    own = open_row(row, &p);
    poll_until(row, own, &t, 12);
    row->close(own);
    for (int s = 0; s < 7; s++) {
        const int times = s < 5 ? 2 : 1;
        assert_int_equal(t.data[s], s != 3 ? times : 0);
        assert_int_equal(t.gaps[s], s == 3 ? times : 0);
    }
    assert_int_equal(gws_ini_unused(ini, NULL, &err), GWS_OK);
    gws_ini_destroy(ini);
}

static void test_a_section_without_brokers_is_refused(void **state)
{
    gws_err err = {0};
    void *own = NULL;
    (void)state;
    gws_ini *ini = gws_ini_parse("[kafka]\ntopics = H1\n", "site.ini", &err);
    const gws_live_source_params p = {.ini = ini};
    assert_int_equal(gws_live_source_find("kafka")->open(&p, &own, &err), GWS_EARG);
    assert_null(own);
    assert_non_null(strstr(err.text, "brokers"));
    gws_ini_destroy(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_and_a_restart_goes_on_behind_them),
        cmocka_unit_test(test_a_section_without_brokers_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

#else

static void test_skipped(void **state)
{
    (void)state;
    GWS_SKIP("built without librdkafka");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_skipped)};
    return GWS_RUN_TESTS(tests);
}
#endif
