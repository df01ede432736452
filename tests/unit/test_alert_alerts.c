/* Alerts.  Truth: the promises of alert/alert.h, seen from outside: what is in the files of lines, in what a server was sent and a hook was given,
 * after restarts and kills at random moments. */
#include "archive_server.h"

#include "alert/alert.h"
#include "alert/job.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/progress.h"
#include "search/far.h"
#include "sim/simulate.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#ifdef GWS_KAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#endif

#define T0 INT64_C(1262304018123456789)

static char folder[64], alerts[80], lines[80];
static archive_server server;
static int served;

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

static void clean(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s && mkdir %s", folder, folder);
    run(command);
}

static int setup(void **state)
{
    strcpy(folder, "/tmp/gwstest-alert-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(alerts, sizeof alerts, "%s/alerts", folder);
    snprintf(lines, sizeof lines, "%s/lines", folder);
    served = archive_server_start(&server);
    return 0;
}

static int teardown(void **state)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    run(command);
    if (served)
        archive_server_stop(&server);
    return 0;
}

static int lines_fd(void)
{
    const int fd = open(lines, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    return fd;
}

static gws_alerts_params params(void)
{
    gws_alerts_params p = gws_alerts_defaults();
    p.folder = alerts;
    p.wait_s = 0.05;
    p.wait_most_s = 0.2;
    return p;
}

static gws_alerts *opened(const gws_alerts_params *p)
{
    gws_err err = {0};
    gws_alerts *a = gws_alerts_open(p, &err);
    if (!a)
        fail_msg("%s", err.text);
    return a;
}

static gws_alert_trigger trigger(const char *id, int64_t gps_ns, double stat, double per_month)
{
    return (gws_alert_trigger){.id = id,
                               .gps_ns = gps_ns,
                               .window_s = 0.3,
                               .stat = stat,
                               .far = {GWS_FAR_COUNTED, per_month, 0},
                               .background_slope = 1.5,
                               .background_loudest = 15,
                               .delay_s = 0.9,
                               .n = 2,
                               .ifo = {"H1", "L1"},
                               .channel = {"H1:GDS-CALIB_STRAIN_CLEAN", "L1:GDS-CALIB_STRAIN_CLEAN"},
                               .quality = "H1:CBC_CAT3",
                               .model = "bbh.hdf",
                               .model_hash = "00ff"};
}

/* Is a text in the file, and how often? */
static int count_in(const char *path, const char *text)
{
    char *all;
    size_t n;
    int found = 0;
    if (gws_file_read(path, 1 << 24, &all, &n, NULL) != GWS_OK)
        return 0;
    for (const char *at = all; (at = strstr(at, text)); at++)
        found++;
    free(all);
    return found;
}

/* Every line is one object. */
static int count_lines(void)
{
    char *all, *rest;
    size_t n;
    int found = 0;
    assert_int_equal(gws_file_read(lines, 1 << 24, &all, &n, NULL), GWS_OK);
    rest = all;
    for (char *line; (line = strsep(&rest, "\n"));) {
        gws_json *j = line[0] ? gws_json_parse(line, strlen(line)) : NULL;
        found += j != NULL;
        gws_json_destroy(j);
    }
    free(all);
    return found;
}

static void an_event_is_told_once_and_again_when_louder(void **state)
{
    gws_alerts_stats s;
    int told;
    clean();
    gws_alerts_params p = params();
    p.lines_fd = lines_fd();
    gws_alerts *a = opened(&p);
    const struct {
        gws_alert_trigger t;
        int told;
        gws_status status;
    } all[] = {
        {trigger("quiet", T0, 5, 1.0001), 0, GWS_OK},
        {trigger("first", T0, 9, 1), 1, GWS_OK},
        {trigger("first", T0, 9, 1), 0, GWS_OK}, /* the same */
        {trigger("softer", T0 + 500000000, 8, 0.9), 0, GWS_OK},
        {trigger("louder", T0 + 999999999, 10, 0.5), 1, GWS_OK}, /* of the same event */
        {trigger("next", T0 - 1100000000, 3, 0.1), 1, GWS_OK},   /* another */
        {trigger("nan", T0 + 9000000000, (double)NAN, 0.1), 0, GWS_ENUM},
        {trigger("inf", T0 + 9000000000, (double)INFINITY, 0.1), 0, GWS_ENUM},
        {trigger("rate", T0 + 9000000000, 9, (double)INFINITY), 0, GWS_ENUM},
        {trigger("../out", T0 + 9000000000, 9, 0.1), 0, GWS_EARG},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(gws_alerts_trigger(a, &all[i].t, &told, NULL), all[i].status);
        assert_int_equal(told, all[i].told);
    }
    gws_alert_trigger bound = trigger("none", T0 + 30000000000, 9, (double)NAN);
    bound.far.bound = GWS_FAR_NONE; /* no rate is told of */
    assert_int_equal(gws_alerts_trigger(a, &bound, &told, NULL), GWS_OK);
    assert_false(told);
    bound = trigger("above", T0 + 30000000000, 9, 0.5);
    bound.far.bound = GWS_FAR_ABOVE; /* it may be anything */
    assert_int_equal(gws_alerts_trigger(a, &bound, &told, NULL), GWS_OK);
    assert_false(told);
    assert_int_equal(gws_alerts_set_threshold(a, 0, NULL), GWS_EARG);
    assert_int_equal(gws_alerts_set_threshold(a, (double)NAN, NULL), GWS_EARG);
    assert_int_equal(gws_alerts_set_threshold(a, 2, NULL), GWS_OK);
    const gws_alert_trigger now = trigger("quiet", T0 + 90 * GWS_NS, 5, 1.5);
    assert_int_equal(gws_alerts_trigger(a, &now, &told, NULL), GWS_OK);
    assert_true(told);
    gws_alerts_poll(a, &s);
    assert_int_equal(s.triggers, 13);
    assert_int_equal(s.refused, 4);
    assert_int_equal(s.quiet, 3);
    assert_int_equal(s.repeated, 2);
    assert_int_equal(s.messages, 4);
    gws_err err;
    gws_alerts_params wrong = p;
    wrong.followup.mass_min_msun = 200; /* said now, not at the first trigger */
    assert_null(gws_alerts_open(&wrong, &err));
    assert_non_null(strstr(err.text, "two rising numbers"));
    wrong.followup = p.followup;
    wrong.followup.approximant = "Newton";
    assert_null(gws_alerts_open(&wrong, &err));
    assert_non_null(strstr(err.text, "'Newton' is unknown"));
    wrong = p;
    wrong.p_astro.rate_gpc3_yr = -1;
    assert_null(gws_alerts_open(&wrong, &err));
    assert_non_null(strstr(err.text, "p_astro with -1 mergers"));
    assert_null(gws_alerts_open(&p, &err)); /* the folder is ours */
    assert_non_null(strstr(err.text, "another process has it"));
    assert_int_equal(gws_alerts_close(a, 30), 0);
    close(p.lines_fd);
    assert_int_equal(count_lines(), 4);
    assert_int_equal(count_in(lines, "\"id\": \"first-0\""), 1);
    assert_int_equal(count_in(lines, "\"id\": \"first-1\""), 1);
    assert_int_equal(count_in(lines, "\"kind\": \"update\", \"trigger\": \"louder\""), 1);
    assert_int_equal(count_in(lines, "NaN") + count_in(lines, "nan\":") + count_in(lines, "Inf"), 0);
}

/* GraceDB's flat layout, with every digit of the time. */
static void the_json_has_the_keys_of_gracedb(void **state)
{
    char path[200], *text;
    size_t n;
    double x;
    clean();
    gws_alerts_params p = params();
    gws_alerts *a = opened(&p);
    const gws_alert_trigger t = trigger("H1L1-1262304018.1", T0, 9.5, 0.25);
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    assert_int_equal(gws_alerts_close(a, 1), 0); /* with nobody to tell, all is told */
    snprintf(path, sizeof path, "%s/H1L1-1262304018.1-0.json", alerts);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    gws_json *j = gws_json_parse(text, n);
    assert_non_null(j);
    assert_true(gws_json_get_f64(j, "end_time", &x) && x == 1262304018);
    assert_true(gws_json_get_f64(j, "end_time_ns", &x) && x == 123456789);
    assert_true(gws_json_get_f64(j, "gpstime", &x) && fabs(x - 1262304018.123456789) < 3e-7);
    assert_true(gws_json_get_f64(j, "detection_statistic", &x) && x == 9.5);
    assert_true(gws_json_get_f64(j, "far", &x) && x == 0.25 / GWS_MONTH_S);
    assert_string_equal(gws_json_get_string(j, "ifos"), "H1,L1");
    assert_string_equal(gws_json_get_string(j, "channels"), "H1:GDS-CALIB_STRAIN_CLEAN,L1:GDS-CALIB_STRAIN_CLEAN");
    assert_string_equal(gws_json_get_string(j, "far_bound"), "counted");
    assert_string_equal(gws_json_get_string(j, "quality"), "H1:CBC_CAT3");
    assert_string_equal(gws_json_get_string(j, "event"), "H1L1-1262304018.1");
    gws_json_destroy(j);
    free(text);
}

/* A child is given triggers as fast as they go and says after each that it was taken, until it is killed.  Whoever opens the folder last
 * tells all of them. */
static void kills_lose_nothing(void **state)
{
    enum { KILLS = 12, MOST = 4000 };
    static char taken[MOST];
    int first = 0, n_taken = 0, told = 0;
    clean();
    for (int k = 0; k < KILLS; k++) {
        int ends[2], id;
        assert_int_equal(pipe(ends), 0);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            gws_alerts_params p = params();
            p.lines_fd = open(lines, O_RDWR | O_CREAT | O_APPEND, 0666);
            gws_alerts *a = gws_alerts_open(&p, NULL);
            for (id = first; a && id < MOST; id++) {
                char name[32];
                snprintf(name, sizeof name, "t%d", id);
                const gws_alert_trigger t = trigger(name, T0 + id * 10 * GWS_NS, 9, 0.1);
                if (gws_alerts_trigger(a, &t, NULL, NULL) != GWS_OK || write(ends[1], &id, sizeof id) != sizeof id)
                    break;
            }
            _exit(0);
        }
        close(ends[1]);
        const int wait_ms = 20 + (k * 7919) % 180; /* the moment is the system's: that is the point */
        if (k == 0) {                              /* but one has been taken */
            assert_int_equal(read(ends[0], &id, sizeof id), sizeof id);
            taken[id] = 1;
            n_taken++;
            first = id + 1;
        }
        nanosleep(&(struct timespec){0, wait_ms * 1000000L}, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (read(ends[0], &id, sizeof id) == sizeof id) {
            assert_true(id >= 0 && id < MOST);
            taken[id] = 1;
            n_taken++;
            first = id + 1;
        }
        close(ends[0]);
    }
    gws_alerts_params p = params();
    p.lines_fd = lines_fd();
    gws_alerts *a = opened(&p);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    close(p.lines_fd);
    for (int i = 0; i < MOST; i++)
        if (taken[i]) {
            char id[40];
            snprintf(id, sizeof id, "\"id\": \"t%d-0\"", i);
            assert_true(count_in(lines, id) >= 1);
            told++;
        }
    printf("%d triggers taken under %d kills, %d told, %d lines\n", n_taken, KILLS, told, count_lines());
    assert_true(n_taken > 0);
    assert_int_equal(told, n_taken);
}

/* A receiver that is not there keeps its messages over a restart; what it has is not sent again. */
static void a_restart_goes_on_where_it_ended(void **state)
{
    gws_alerts_stats s;
    char hook[100], path[300];
    clean();
    snprintf(hook, sizeof hook, "%s/hook", folder);
    FILE *f = fopen(hook, "w");
    fprintf(f, "#!/bin/sh\necho \"given $*\"\nexit 3\n");
    fclose(f);
    chmod(hook, 0755);
    gws_alerts_params p = params();
    p.lines_fd = lines_fd();
    p.hook = hook;
    p.alarm_s = 0.2;
    gws_alerts *a = opened(&p);
    const gws_alert_trigger t[] = {trigger("one", T0, 9, 0.1), trigger("two", T0 + 60 * GWS_NS, 9, 0.1)};
    assert_int_equal(gws_alerts_trigger(a, &t[0], NULL, NULL), GWS_OK);
    assert_int_equal(gws_alerts_trigger(a, &t[1], NULL, NULL), GWS_OK);
    const double end_s = gws_now_s() + 200;
    do {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        gws_alerts_poll(a, &s);
    } while ((s.sink[GWS_SINK_HOOK].tries < 3 || s.sink[GWS_SINK_LINES].waiting > 0 || !s.sink[GWS_SINK_HOOK].alarm) &&
             gws_now_s() < end_s);
    assert_true(s.sink[GWS_SINK_HOOK].tries >= 3 && s.sink[GWS_SINK_HOOK].alarm);
    assert_int_equal(s.sink[GWS_SINK_HOOK].waiting, 2);
    assert_int_equal(s.sink[GWS_SINK_LINES].delivered, 2);
    assert_int_equal(gws_alerts_close(a, 0), 2);

    f = fopen(hook, "w");
    fprintf(f, "#!/bin/sh\necho \"$*\" >> %s/given\n", folder);
    fclose(f);
    a = opened(&p);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    close(p.lines_fd);
    assert_int_equal(count_lines(), 2); /* no line again */
    snprintf(path, sizeof path, "%s/given", folder);
    char given[300];
    snprintf(given, sizeof given, "%s/one-0.json\n", alerts);
    assert_int_equal(count_in(path, given), 1);
    assert_int_equal(count_in(path, ".json"), 2);
}

static void a_hook_that_hangs_is_ended(void **state)
{
    gws_alerts_stats s;
    char hook[100];
    clean();
    snprintf(hook, sizeof hook, "%s/hook", folder);
    FILE *f = fopen(hook, "w");
    fprintf(f, "#!/bin/sh\nsleep 1000 & wait\n");
    fclose(f);
    chmod(hook, 0755);
    gws_alerts_params p = params();
    p.hook = hook;
    p.hook_s = 0.1;
    gws_alerts *a = opened(&p);
    const gws_alert_trigger t = trigger("one", T0, 9, 0.1);
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    const double end_s = gws_now_s() + 200;
    do {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        gws_alerts_poll(a, &s);
    } while (s.sink[GWS_SINK_HOOK].tries < 1 && gws_now_s() < end_s);
    assert_true(s.sink[GWS_SINK_HOOK].tries >= 1);
    assert_int_equal(gws_alerts_close(a, 0), 1);
    p.hook = "/nowhere/hook";
    gws_err err;
    assert_null(gws_alerts_open(&p, &err));
    assert_non_null(strstr(err.text, "hook /nowhere/hook: "));
}

/* 503 once, a connection that is cut twice, an answer that takes a second. */
static void a_webhook_that_fails_is_posted_to_again(void **state)
{
    static const char *const names[] = {"busy", "away", "slow"};
    if (!served)
        GWS_SKIP("no python3 or no openssl to serve with");
    for (int i = 0; i < 3; i++) {
        char url[200];
        gws_alerts_stats s;
        clean();
        gws_alerts_params p = params();
        snprintf(url, sizeof url, "%s/hooks/%s", server.address, names[i]);
        p.webhook = url;
        p.ca_file = server.ca;
        p.token = "key-of-the-hook";
        gws_alerts *a = opened(&p);
        char id[20];
        snprintf(id, sizeof id, "event-%s", names[i]);
        const gws_alert_trigger t = trigger(id, T0, 9, 0.1);
        assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
        gws_alerts_poll(a, &s);
        assert_int_equal(gws_alerts_close(a, 200), 0);
        char *posts = archive_server_file(&server, "posts"), key[60];
        snprintf(key, sizeof key, "\"Idempotency-Key\": \"%s-0\"", id);
        assert_non_null(strstr(posts, key));
        snprintf(key, sizeof key, "\\\"trigger\\\": \\\"%s\\\"", id);
        assert_non_null(strstr(posts, key));
        assert_non_null(strstr(posts, "\"Authorization\": \"Bearer key-of-the-hook\""));
        free(posts);
    }
    gws_alerts_params p = params();
    gws_err err;
    p.webhook = "http://localhost:1/";
    assert_null(gws_alerts_open(&p, &err));
    assert_int_equal(err.status, GWS_EARG);
}

#ifdef GWS_KAFKA
static void a_topic_has_each_message(void **state)
{
    char why[200], brokers[256];
    gws_err err = {0};
    clean();
    rd_kafka_conf_t *quiet = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(quiet, NULL);
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, why, sizeof why);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    snprintf(brokers, sizeof brokers, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    rd_kafka_mock_topic_create(cluster, "alerts", 1, 1);
    gws_alerts_params p = params();
    const gws_kafka_params kafka = {.brokers = brokers};
    p.kafka = &kafka;
    p.topic = "alerts";
    gws_alerts *a = opened(&p);
    const gws_alert_trigger t[] = {trigger("one", T0, 9, 0.1), trigger("two", T0 + 60 * GWS_NS, 9, 0.1)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(gws_alerts_trigger(a, &t[i], NULL, NULL), GWS_OK);
    assert_int_equal(gws_alerts_close(a, 200), 0);

    gws_kafka_params more = kafka;
    more.settings[more.n_settings++] = (gws_kafka_setting){"auto.offset.reset", "earliest"};
    const char *topic = "alerts";
    gws_kafka_consumer *c = gws_kafka_consumer_create(&more, "readers", &topic, 1, &err);
    if (!c)
        fail_msg("%s", err.text);
    const double end_s = gws_now_s() + 200;
    for (int got = 0; got < 2 && gws_now_s() < end_s;) {
        gws_kafka_message m;
        gws_kafka_consumer_poll(c, 1, &m);
        if (!m.topic)
            continue;
        assert_string_equal(m.id, got ? "two-0" : "one-0");
        assert_string_equal(m.key, got ? "two" : "one");
        assert_non_null(memmem(m.data, m.n, "\"end_time_ns\": 123456789", 24));
        got++;
    }
    assert_true(gws_now_s() < end_s);
    gws_kafka_consumer_destroy(c);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
}
#endif

/* ---- follow-up ---- */

#define RATE 2048
#define N (44 * RATE)

static double strain[2][N];

static gws_alert_trigger a_signal(gws_followup_strain s[2])
{
    gws_sim_params p = gws_sim_defaults();
    gws_err err = {0};
    int n;
    p.begin = (int64_t)1000000000 * RATE;
    p.n = 100 * RATE;
    p.pad_s = 45;
    p.max_sources = 1;
    p.snr_min = p.snr_max = 18;
    p.seed = 5;
    gws_sim *sim = gws_sim_create(&p, &err);
    if (!sim)
        fail_msg("%s", err.text);
    const gws_sim_source *sources = gws_sim_sources(sim, &n);
    const int64_t tc_ns = sources[0].source.tc_ns, first = gws_sample_of_ns(tc_ns, RATE) - 40 * RATE;
    for (int d = 0; d < 2; d++) {
        assert_int_equal(gws_sim_fill(sim, d, first, N, strain[d], NULL), GWS_OK);
        s[d] = (gws_followup_strain){.rate_hz = RATE, .first = first, .h = strain[d], .n = N};
        strcpy(s[d].ifo, d ? "L1" : "H1");
    }
    gws_sim_destroy(sim);
    gws_alert_trigger t = trigger("signal", tc_ns, 20, 0.01);
    t.far.bound = GWS_FAR_BELOW;
    return t;
}

static void see_followup(void)
{
    char path[200], *text;
    size_t n;
    double x;
    snprintf(path, sizeof path, "%s/signal-1.json", alerts);
    assert_int_equal(gws_file_read(path, 1 << 20, &text, &n, NULL), GWS_OK);
    gws_json *j = gws_json_parse(text, n);
    assert_non_null(j);
    assert_string_equal(gws_json_get_string(j, "kind"), "followup");
    assert_string_equal(gws_json_get_string(j, "id"), "signal-1");
    assert_true(gws_json_get_f64(j, "detection_statistic", &x) && x == 20); /* of the trigger, as before */
    assert_true(gws_json_get_f64(j, "snr", &x) && fabs(x - 18) < 4);
    const double end = sqrt(x * x - 2 * (20 - 15)); /* SNR of the background's end */
    assert_true(gws_json_get_f64(j, "background_loudest", &x) && x == 15);
    assert_true(gws_json_get_f64(j, "p_astro_background_per_yr", &x) && fabs(x / (1.5 * 0.01 * 365.25 / 30 * end) - 1) < 1e-9);
    assert_true(gws_json_get_f64(j, "mass1", &x) && x > 5);
    assert_true(gws_json_get_f64(j, "L1_end_time", &x) && x > 1000000000);
    assert_true(gws_json_get_f64(j, "p_astro", &x) && x > 0 && x <= 1);
    assert_string_equal(gws_json_get_string(j, "p_astro_bound"), "above");
    gws_json_destroy(j);
    free(text);

    /* coinc.xml: each table once, a row and a series for each detector. */
    snprintf(path, sizeof path, "%s/signal-1-coinc.xml", alerts);
    static const char *const once[] = {
        "<Table Name=\"process:table\"",         "<Table Name=\"process_params:table\"", "<Table Name=\"coinc_definer:table\"",
        "<Table Name=\"time_slide:table\"",      "<Table Name=\"sngl_inspiral:table\"",  "<Table Name=\"coinc_event:table\"",
        "<Table Name=\"coinc_event_map:table\"", "<Table Name=\"coinc_inspiral:table\"", NULL};
    for (int i = 0; once[i]; i++)
        assert_int_equal(count_in(path, once[i]), 1);
    assert_int_equal(count_in(path, "COMPLEX8TimeSeries"), 2);
    assert_int_equal(count_in(path, "REAL8FrequencySeries"), 2);
    assert_int_equal(count_in(path, "H1:GDS-CALIB_STRAIN_CLEAN"), 1);
}

static void a_followup_is_told_behind_its_trigger(void **state)
{
    gws_followup_strain s[2];
    gws_alerts_stats stats;
    clean();
    gws_alerts_params p = params();
    p.lines_fd = lines_fd();
    gws_alert_trigger t = a_signal(s);
    gws_alerts *a = opened(&p);
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    t.strain = s; /* it is there by now */
    t.n_strain = 2;
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK); /* once is enough */
    const double end_s = gws_now_s() + 200;
    do {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        gws_alerts_poll(a, &stats);
    } while (stats.followups + stats.failed < 1 && gws_now_s() < end_s);
    assert_int_equal(stats.followups, 1);
    assert_int_equal(stats.triggers, 1); /* however often it is given */
    assert_int_equal(stats.repeated, 0);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    close(p.lines_fd);
    assert_int_equal(count_lines(), 2);
    see_followup();
}

/* A crash between the strain's file and the follow-up: the next one that opens the folder makes it. */
static void a_followup_that_a_crash_broke_off_is_made_later(void **state)
{
    gws_followup_strain s[2];
    char path[200];
    clean();
    gws_alerts_params p = params();
    const gws_alert_trigger t = a_signal(s);
    gws_alerts *a = opened(&p);
    assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    gws_job *j = gws_job_create(s, 2);
    assert_non_null(j);
    snprintf(path, sizeof path, "%s/signal-0-strain.hdf", alerts);
    assert_int_equal(gws_job_save(j, path, NULL), GWS_OK);
    gws_job_destroy(j);
    p.lines_fd = lines_fd();
    a = opened(&p);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    close(p.lines_fd);
    assert_int_equal(count_lines(), 1);
    gws_followup_strain none = {"V1", RATE, 0, strain[0], 10}; /* and what cannot be followed up costs no more than that */
    gws_alert_trigger other = trigger("other", T0, 9, 0.1);
    other.strain = &none;
    other.n_strain = 1;
    p.lines_fd = -1;
    a = opened(&p);
    assert_int_equal(gws_alerts_trigger(a, &other, NULL, NULL), GWS_OK);
    gws_alerts_stats stats;
    const double end_s = gws_now_s() + 200;
    do {
        nanosleep(&(struct timespec){0, 10000000}, NULL);
        gws_alerts_poll(a, &stats);
    } while (stats.failed < 1 && gws_now_s() < end_s);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(gws_alerts_close(a, 200), 0);
    see_followup();
}

/* A journal that was damaged is read as far as it goes, and what it was is kept. */
static int is_there(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", alerts, name);
    return gws_file_exists(path);
}

/* Tell of a trigger, if there is one, look after the folder, and wait at most so long until all is delivered.
 * returns  how much is not */
static int64_t look_after(const gws_alerts_params *p, const char *id, int64_t gps_ns, double wait_s)
{
    gws_err err = {0};
    gws_alerts *a = opened(p);
    const gws_alert_trigger t = trigger(id ? id : "", gps_ns, 5, 0.1);
    if (id)
        assert_int_equal(gws_alerts_trigger(a, &t, NULL, &err), GWS_OK);
    gws_alerts_poll(a, NULL);
    return gws_alerts_close(a, wait_s);
}

static void files_of_what_is_delivered_are_removed_when_they_are_old(void **state)
{
    char age[300];
    gws_alerts_params p = params();
    (void)state;
    clean();
    p.follow_up = 0;
    assert_int_equal(look_after(&p, "all-have-it", T0, 200), 0);
    p.hook = "/bin/false";
    assert_int_equal(look_after(&p, "one-has-not", T0 + 100 * GWS_NS, 0.3), 1);
    snprintf(age, sizeof age, "cd %s && touch all-have-it-0-coinc.xml notes.json mine-7.txt && touch -t 202001010000 *", alerts);
    run(age);
    p.keep_days = 0;
    assert_int_equal(look_after(&p, NULL, 0, 0.3), 1);
    assert_true(is_there("all-have-it-0.json"));
    p.keep_days = 30;
    assert_int_equal(look_after(&p, "new", T0 + 200 * GWS_NS, 0.3), 2);
    assert_true(!is_there("all-have-it-0.json") && !is_there("all-have-it-0-coinc.xml"));
    assert_true(is_there("one-has-not-0.json") && is_there("new-0.json"));
    assert_true(is_there("notes.json") && is_there("mine-7.txt") && is_there("journal") && is_there("lock"));
    p.hook = "/bin/true";
    assert_int_equal(look_after(&p, NULL, 0, 200), 0); /* which takes what waits */
    assert_int_equal(look_after(&p, NULL, 0, 0), 0);
    assert_true(!is_there("one-has-not-0.json") && is_there("new-0.json"));
    p.keep_days = -1;
    assert_null(gws_alerts_open(&p, NULL));
}

static void a_damaged_journal_is_put_aside(void **state)
{
    char path[200];
    clean();
    gws_alerts_params p = params();
    gws_alerts *a = opened(&p);
    for (int i = 0; i < 3; i++) {
        char id[8];
        snprintf(id, sizeof id, "t%d", i);
        const gws_alert_trigger t = trigger(id, T0 + i * 10 * GWS_NS, 9, 0.1);
        assert_int_equal(gws_alerts_trigger(a, &t, NULL, NULL), GWS_OK);
    }
    gws_alerts_close(a, 1);
    snprintf(path, sizeof path, "%s/journal", alerts);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 4), 0);
    a = opened(&p);
    int told;
    for (int i = 0; i < 3; i++) { /* what is known is known, what is lost is new */
        char id[8];
        snprintf(id, sizeof id, "t%d", i);
        const gws_alert_trigger t = trigger(id, T0 + i * 10 * GWS_NS, 9, 0.1);
        assert_int_equal(gws_alerts_trigger(a, &t, &told, NULL), GWS_OK);
        assert_int_equal(told, i == 2);
    }
    gws_alerts_close(a, 1);
    snprintf(path, sizeof path, "%s/journal.damaged", alerts);
    assert_true(gws_file_exists(path));
    snprintf(path, sizeof path, "%s/journal", alerts);
    FILE *f = fopen(path, "w");
    fprintf(f, "something else\n");
    fclose(f);
    gws_err err;
    assert_null(gws_alerts_open(&p, &err));
    assert_int_equal(err.status, GWS_EFORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_told_once_and_again_when_louder),
        cmocka_unit_test(the_json_has_the_keys_of_gracedb),
        cmocka_unit_test(kills_lose_nothing),
        cmocka_unit_test(a_restart_goes_on_where_it_ended),
        cmocka_unit_test(a_hook_that_hangs_is_ended),
        cmocka_unit_test(a_webhook_that_fails_is_posted_to_again),
#ifdef GWS_KAFKA
        cmocka_unit_test(a_topic_has_each_message),
#endif
        cmocka_unit_test(a_followup_is_told_behind_its_trigger),
        cmocka_unit_test(a_followup_that_a_crash_broke_off_is_made_later),
        cmocka_unit_test(files_of_what_is_delivered_are_removed_when_they_are_old),
        cmocka_unit_test(a_damaged_journal_is_put_aside),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), (int)(sizeof tests / sizeof tests[0]));
}
