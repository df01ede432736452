/* Messages through a Kafka cluster.  Truth: the cluster that librdkafka itself plays (rdkafka_mock.h), which speaks the protocol on local
 * ports of its own choice, keeps messages and groups, and goes away when told to. */
#include "gwstest.h"
#include "net/kafka.h"

#include "base/log.h"
#include "base/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef GWS_KAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define SESSION_MS "3500" /* the mock cluster waits 3 s for others to join, and forgets who says nothing meanwhile */
#define PATIENCE_S 200    /* before a test is given up, on a machine that does much else */

static void good(gws_status status, const gws_err *err)
{
    if (status != GWS_OK)
        fail_msg("%s", err->text);
}

/* ---- the cluster ---- */

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static char brokers[256];

static int start(void **state)
{
    char why[200];
    (void)state;
    rd_kafka_conf_t *quiet = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(quiet, NULL);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, why, sizeof why);
    cluster = rd_kafka_mock_cluster_new(host, 2);
    snprintf(brokers, sizeof brokers, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

static gws_kafka_params settings(int n, const gws_kafka_setting *s)
{
    gws_kafka_params p = {.brokers = brokers, .n_settings = n};
    for (int i = 0; i < n; i++)
        p.settings[i] = s[i];
    return p;
}

/* ---- reports ---- */

struct reports {
    int good, bad;
    gws_status status;
    char id[64], why[300];
};

static void note(void *user, const gws_kafka_report *r)
{
    struct reports *all = user;
    *(r->status == GWS_OK ? &all->good : &all->bad) += 1;
    all->status = r->status;
    snprintf(all->id, sizeof all->id, "%s", r->id);
    snprintf(all->why, sizeof all->why, "%s", r->why);
}

static void send_numbered(gws_kafka_producer *p, const char *topic, int first, int n)
{
    gws_err err = {0};
    for (int i = first; i < first + n; i++) {
        char id[16], text[32];
        snprintf(id, sizeof id, "%d", i);
        snprintf(text, sizeof text, "message %d", i);
        const gws_kafka_outgoing m = {.topic = topic, .id = id, .key = i % 2 ? "odd" : NULL, .data = text, .n = strlen(text)};
        good(gws_kafka_producer_send(p, &m, &err), &err);
    }
}

static void put(const char *topic, int first, int n)
{
    struct reports got = {0};
    gws_err err = {0};
    const gws_kafka_params params = settings(0, NULL);
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    good(err.status, &err);
    send_numbered(p, topic, first, n);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    gws_kafka_producer_destroy(p);
    assert_int_equal(got.good, n);
}

static gws_kafka_consumer *reader(const char *group, const char *topic, const gws_kafka_setting *extra)
{
    gws_err err = {0};
    gws_kafka_setting s[3] = {{"session.timeout.ms", SESSION_MS}, {"heartbeat.interval.ms", "200"}};
    if (extra)
        s[2] = *extra;
    const gws_kafka_params params = settings(extra ? 3 : 2, s);
    gws_kafka_consumer *c = gws_kafka_consumer_create(&params, group, &topic, 1, &err);
    good(err.status, &err);
    return c;
}

static const gws_kafka_setting from_oldest = {"auto.offset.reset", "earliest"};

/* Take messages until `n` have come, counting each by its number; done: say that they are dealt with. */
static int take(gws_kafka_consumer *c, int n, int *count, int done)
{
    const double end_s = gws_now_s() + PATIENCE_S;
    int got = 0;
    while (got < n && gws_now_s() < end_s) {
        gws_kafka_message m;
        gws_kafka_consumer_poll(c, 0.1, &m);
        if (!m.topic)
            continue;
        char text[32];
        int k = -1;
        assert_non_null(m.id);
        assert_int_equal(sscanf(m.id, "%d", &k), 1);
        snprintf(text, sizeof text, "message %d", k);
        assert_int_equal(m.n, strlen(text));
        assert_memory_equal(m.data, text, m.n);
        if (k % 2)
            assert_string_equal(m.key, "odd");
        else
            assert_null(m.key);
        assert_true(m.unix_ms > 0);
        count[k]++;
        got++;
        if (done)
            gws_kafka_consumer_done(c, m.topic, m.partition, m.offset);
    }
    return got;
}

/* Poll without a message until the consumer has so many partitions. */
static void wait_for_partitions(gws_kafka_consumer *a, gws_kafka_consumer *b, int of_a, int of_b)
{
    const double end_s = gws_now_s() + PATIENCE_S;
    gws_kafka_state sa = {0}, sb = {0};
    gws_kafka_message m;
    do {
        gws_kafka_consumer_poll(a, 0.05, &m);
        assert_null(m.topic);
        if (b) {
            gws_kafka_consumer_poll(b, 0.05, &m);
            assert_null(m.topic);
            gws_kafka_consumer_state(b, &sb);
        }
        gws_kafka_consumer_state(a, &sa);
    } while ((sa.partitions != of_a || sb.partitions != of_b) && gws_now_s() < end_s);
    assert_int_equal(sa.partitions, of_a);
    assert_int_equal(sb.partitions, of_b);
}

/* ---- tests ---- */

static void test_what_is_sent_comes_once_and_in_order(void **state)
{
    int count[20] = {0};
    gws_kafka_state s;
    (void)state;
    rd_kafka_mock_topic_create(cluster, "plain", 1, 1);
    put("plain", 0, 20);
    gws_kafka_consumer *c = reader("plain", "plain", &from_oldest);
    assert_int_equal(take(c, 20, count, 1), 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(count[i], 1);
    gws_kafka_consumer_state(c, &s);
    assert_int_equal(s.messages, 20);
    assert_int_equal(s.partitions, 1);
    assert_true(s.down_s == 0);
    gws_kafka_consumer_destroy(c);
}

static void test_what_was_not_dealt_with_comes_again(void **state)
{
    int count[10] = {0};
    (void)state;
    rd_kafka_mock_topic_create(cluster, "again", 1, 1);
    put("again", 0, 10);
    gws_kafka_consumer *c = reader("again", "again", &from_oldest);
    assert_int_equal(take(c, 4, count, 1), 4);
    assert_int_equal(take(c, 3, count, 0), 3); /* taken, and the program ends before they are dealt with */
    gws_kafka_consumer_destroy(c);
    c = reader("again", "again", &from_oldest);
    assert_int_equal(take(c, 6, count, 1), 6);
    gws_kafka_consumer_destroy(c);
    for (int i = 0; i < 10; i++)
        assert_int_equal(count[i], i >= 4 && i < 7 ? 2 : 1);
}

/* A new group begins with the newest.  One that ended before it dealt with anything begins where the first began. */
static void test_a_group_that_never_finished_a_message_begins_where_it_was_given_the_partition(void **state)
{
    int count[8] = {0};
    (void)state;
    rd_kafka_mock_topic_create(cluster, "newest", 1, 1);
    put("newest", 0, 3);
    gws_kafka_consumer *c = reader("newest", "newest", NULL);
    wait_for_partitions(c, NULL, 1, 0);
    put("newest", 3, 5);
    assert_int_equal(take(c, 2, count, 0), 2);
    gws_kafka_consumer_destroy(c);
    c = reader("newest", "newest", NULL);
    assert_int_equal(take(c, 5, count, 1), 5);
    gws_kafka_consumer_destroy(c);
    for (int i = 0; i < 8; i++)
        assert_int_equal(count[i], i < 3 ? 0 : i < 5 ? 2 : 1);
}

static void test_partitions_move_between_members_and_nothing_is_lost(void **state)
{
    int count[80] = {0};
    (void)state;
    gws_kafka_state s;
    rd_kafka_mock_topic_create(cluster, "shared", 4, 1);
    gws_kafka_consumer *a = reader("shared", "shared", &from_oldest), *b = reader("shared", "shared", &from_oldest);
    wait_for_partitions(a, b, 2, 2);
    put("shared", 0, 40);
    int got = 0;
    const double end_s = gws_now_s() + PATIENCE_S;
    gws_kafka_message m;
    while (got < 40 && gws_now_s() < end_s)
        for (int i = 0; i < 2; i++) {
            gws_kafka_consumer *c = i ? b : a;
            gws_kafka_consumer_poll(c, 0.02, &m);
            if (!m.topic)
                continue;
            int k = 0;
            sscanf(m.id, "%d", &k);
            count[k]++;
            got++;
            gws_kafka_consumer_done(c, m.topic, m.partition, m.offset);
        }
    assert_int_equal(got, 40);
    gws_kafka_consumer_destroy(b); /* leaves; a gets its partitions, and goes on behind what b has dealt with */
    put("shared", 40, 40);
    /* What a dealt with within the last second may come to it again: the mock cluster takes no offsets while partitions move. */
    for (int left = 1; left > 0 && gws_now_s() < end_s;) {
        take(a, 1, count, 1);
        left = 0;
        for (int i = 0; i < 80; i++)
            left += count[i] == 0;
    }
    gws_kafka_consumer_state(a, &s);
    assert_int_equal(s.partitions, 4);
    assert_true(s.rebalances >= 3);
    gws_kafka_consumer_destroy(a);
    for (int i = 0; i < 80; i++)
        assert_in_range(count[i], 1, 2);
}

static atomic_int thrown_out;

static void hear_of_slowness(void *user, const gws_log_line *line)
{
    (void)user;
    if (strstr(line->text, "MAXPOLL"))
        atomic_store(&thrown_out, 1);
}

static void test_a_slow_consumer_gets_its_partition_and_its_message_back(void **state)
{
    static const gws_kafka_setting slow = {"max.poll.interval.ms", "3500"};
    int count[2] = {0};
    gws_kafka_state s;
    (void)state;
    rd_kafka_mock_topic_create(cluster, "slow", 1, 1);
    gws_kafka_consumer *c = reader("slow", "slow", &slow);
    wait_for_partitions(c, NULL, 1, 0);
    put("slow", 0, 2);
    assert_int_equal(take(c, 1, count, 1), 1);
    assert_int_equal(take(c, 1, count, 0), 1);
    gws_log_set(hear_of_slowness, NULL, GWS_LOG_DEBUG);
    for (double end_s = gws_now_s() + PATIENCE_S; !atomic_load(&thrown_out) && gws_now_s() < end_s;)
        usleep(20000); /* librdkafka's own thread looks at the time, half a second apart: a poll before would be in time */
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    assert_true(atomic_load(&thrown_out));
    assert_int_equal(take(c, 1, count, 1), 1);
    gws_kafka_consumer_state(c, &s);
    assert_true(s.rebalances >= 3); /* given, lost, given */
    gws_kafka_consumer_destroy(c);
    assert_int_equal(count[0], 1);
    assert_int_equal(count[1], 2);
}

static void test_a_message_too_large_is_said_before_it_is_sent(void **state)
{
    static char large[1100000];
    struct reports got = {0};
    gws_err err = {0};
    (void)state;
    gws_kafka_params params = settings(0, NULL);
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    good(err.status, &err);
    const gws_kafka_outgoing m = {.topic = "large", .id = "x", .data = large, .n = sizeof large};
    assert_int_equal(gws_kafka_producer_send(p, &m, &err), GWS_EDATA);
    assert_string_equal(err.text, "kafka producer: large: a message of 1100000 bytes, message.max.bytes is 1000000");
    gws_kafka_producer_destroy(p);
    assert_int_equal(got.good + got.bad, 0);

    params = settings(1, &(gws_kafka_setting){"message.max.bytes", "2000000"});
    p = gws_kafka_producer_create(&params, note, &got, &err);
    assert_int_equal(gws_kafka_producer_send(p, &m, &err), GWS_OK);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(got.good, 1);
    gws_kafka_producer_destroy(p);
}

static void test_a_message_too_large_for_the_cluster_is_reported(void **state)
{
    struct reports got = {0};
    gws_err err = {0};
    const gws_kafka_params params = settings(0, NULL);
    (void)state;
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    rd_kafka_mock_push_request_errors(cluster, 0 /* Produce */, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    send_numbered(p, "toolarge", 7, 1);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(got.bad, 1);
    assert_int_equal(got.status, GWS_EDATA);
    assert_string_equal(got.id, "7");
    assert_non_null(strstr(got.why, "too large"));
    gws_kafka_producer_destroy(p);
}

static int alarms, returns;

static void hear(void *user, const gws_log_line *line)
{
    (void)user;
    alarms += line->level == GWS_LOG_WARNING && strstr(line->text, "no broker answers") != NULL;
    returns += strstr(line->text, "answers again") != NULL;
}

static void test_a_cluster_that_goes_and_comes_back_loses_nothing_and_is_an_alarm(void **state)
{
    struct reports got = {0};
    gws_err err = {0};
    gws_kafka_state s = {0};
    int count[10] = {0};
    const gws_kafka_params params = settings(0, NULL);
    (void)state;
    rd_kafka_mock_topic_create(cluster, "gone", 1, 1);
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    gws_kafka_consumer *c = reader("gone", "gone", &from_oldest);
    send_numbered(p, "gone", 0, 5);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(take(c, 5, count, 1), 5);
    gws_log_set(hear, NULL, GWS_LOG_INFO);
    rd_kafka_mock_broker_set_down(cluster, -1);
    send_numbered(p, "gone", 5, 5);
    for (double end_s = gws_now_s() + PATIENCE_S; s.down_s == 0 && gws_now_s() < end_s;) {
        gws_kafka_producer_poll(p, 0.1);
        gws_kafka_producer_state(p, &s);
    }
    assert_true(s.down_s > 0);
    assert_string_equal(s.trouble, "no broker answers");
    assert_int_equal(got.good, 5);
    rd_kafka_mock_broker_set_up(cluster, -1);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(take(c, 5, count, 1), 5);
    gws_kafka_producer_state(p, &s);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    assert_true(s.down_s == 0);
    assert_string_equal(s.trouble, "");
    assert_int_equal(s.messages, 10);
    assert_int_equal(got.bad, 0);
    assert_true(alarms >= 1);
    assert_true(returns >= 1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(count[i], 1);
    gws_kafka_consumer_destroy(c);
    gws_kafka_producer_destroy(p);
}

/* What cannot be delivered is reported at the end, so that a journal keeps it. */
static void test_what_is_left_at_the_end_is_reported(void **state)
{
    struct reports got = {0};
    gws_err err = {0};
    gws_kafka_params params = settings(0, NULL);
    (void)state;
    params.brokers = "127.0.0.1:1"; /* nobody listens at port 1 */
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    good(err.status, &err);
    send_numbered(p, "nowhere", 1, 3);
    assert_int_equal(gws_kafka_producer_flush(p, 0.2), 3);
    gws_kafka_producer_destroy(p);
    assert_int_equal(got.bad, 3);
    assert_int_equal(got.status, GWS_EIO);
}

static void test_a_producer_that_librdkafka_gave_up_is_made_again(void **state)
{
    struct reports got = {0};
    gws_err err = {0};
    const gws_kafka_params params = settings(0, NULL);
    (void)state;
    rd_kafka_mock_broker_set_down(cluster, -1); /* not before the message is taken */
    rd_kafka_mock_push_request_errors(cluster, 22 /* InitProducerId */, 1, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    gws_kafka_producer *p = gws_kafka_producer_create(&params, note, &got, &err);
    send_numbered(p, "fatal", 0, 1);
    rd_kafka_mock_broker_set_up(cluster, -1);
    for (double end_s = gws_now_s() + PATIENCE_S; got.bad == 0 && gws_now_s() < end_s;)
        gws_kafka_producer_poll(p, 0.1);
    assert_int_equal(got.bad, 1);
    send_numbered(p, "fatal", 1, 1);
    assert_int_equal(gws_kafka_producer_flush(p, PATIENCE_S), 0);
    assert_int_equal(got.good, 1);
    gws_kafka_producer_destroy(p);
}

static void refused(const char *key, const char *value, gws_status wanted, const char *says)
{
    gws_err err = {0};
    const gws_kafka_params params = settings(1, &(gws_kafka_setting){key, value});
    assert_null(gws_kafka_producer_create(&params, NULL, NULL, &err));
    assert_int_equal(err.status, wanted);
    assert_non_null(strstr(err.text, says));
    assert_null(strstr(err.text, "hush"));
}

static void test_settings_that_are_wrong_are_refused_without_their_secret(void **state)
{
    (void)state;
    refused("sasl.pasword", "hush", GWS_EARG, "librdkafka has no setting 'sasl.pasword'");
    refused("acks", "1", GWS_EARG, "'acks' is not a setting of the user's");
    refused("bootstrap.servers", "a:1", GWS_EARG, "not a setting of the user's");
    refused("sasl.oauthbearer.method", "hush", GWS_EARG, "refuses the value of 'sasl.oauthbearer.method'");
    refused("sasl.password.file", "/nowhere/token", GWS_EIO, "sasl.password.file");
    refused("security.protocol", "loud", GWS_EARG, "security.protocol");
    gws_err err = {0};
    const gws_kafka_params none = {0};
    assert_null(gws_kafka_producer_create(&none, NULL, NULL, &err));
    assert_int_equal(err.status, GWS_EARG);
}

static void test_a_section_gives_its_settings(void **state)
{
    static const char text[] =
        "[kafka]\nbrokers = a:1\nsecurity.protocol = plaintext\nssl.ca.location = x\n[else]\nlinger.ms = 1\n";
    gws_err err = {0};
    gws_kafka_params p = {0};
    (void)state;
    gws_ini *ini = gws_ini_parse(text, "site.ini", &err);
    good(gws_kafka_params_read(&p, ini, "kafka", &err), &err);
    assert_int_equal(p.n_settings, 2);
    assert_string_equal(p.settings[0].key, "security.protocol");
    assert_string_equal(p.settings[1].value, "x");
    assert_int_equal(gws_ini_unused(ini, "kafka", &err), GWS_EFORMAT); /* brokers alone is left */
    assert_non_null(strstr(err.text, "brokers"));
    gws_ini_destroy(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_comes_once_and_in_order),
        cmocka_unit_test(test_what_was_not_dealt_with_comes_again),
        cmocka_unit_test(test_a_group_that_never_finished_a_message_begins_where_it_was_given_the_partition),
        cmocka_unit_test(test_partitions_move_between_members_and_nothing_is_lost),
        cmocka_unit_test(test_a_slow_consumer_gets_its_partition_and_its_message_back),
        cmocka_unit_test(test_a_message_too_large_is_said_before_it_is_sent),
        cmocka_unit_test(test_a_message_too_large_for_the_cluster_is_reported),
        cmocka_unit_test(test_a_cluster_that_goes_and_comes_back_loses_nothing_and_is_an_alarm),
        cmocka_unit_test(test_what_is_left_at_the_end_is_reported),
        cmocka_unit_test(test_a_producer_that_librdkafka_gave_up_is_made_again),
        cmocka_unit_test(test_settings_that_are_wrong_are_refused_without_their_secret),
        cmocka_unit_test(test_a_section_gives_its_settings),
    };
    /* Joining a group takes seconds of waiting, so each test has a process and a cluster of its own, and all wait at once. */
    const int n = (int)(sizeof tests / sizeof tests[0]);
    int failed = 0;
    for (int i = 0; i < n; i++)
        if (fork() == 0) {
            const struct CMUnitTest one[] = {tests[i]};
            exit(cmocka_run_group_tests(one, start, stop));
        }
    for (int i = 0, status; i < n; i++)
        failed += wait(&status) < 0 || status != 0;
    return failed;
}

#else /* built without librdkafka */

static void test_without_librdkafka_one_sentence_says_so(void **state)
{
    gws_err err = {0};
    const gws_kafka_params p = {.brokers = "a:1"};
    const char *topic = "t";
    (void)state;
    assert_null(gws_kafka_library());
    assert_null(gws_kafka_producer_create(&p, NULL, NULL, &err));
    assert_int_equal(err.status, GWS_EVERSION);
    assert_non_null(strstr(err.text, "without librdkafka"));
    assert_null(gws_kafka_consumer_create(&p, "g", &topic, 1, &err));
    assert_int_equal(err.status, GWS_EVERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_librdkafka_one_sentence_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
