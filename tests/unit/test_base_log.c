/* The logger: levels, the two forms of a line, what is kept out of it, and that calls of the taker never overlap.
 * Truth: the text that base/log.h promises; the calendar of time 0; the JSON is read back by jansson. */
#include "base/log.h"
#include "gwstest.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct seen {
    int n, inside, overlapped, relog;
    gws_log_level level;
    int64_t unix_ms;
    char module[32], text[1100];
} seen;

static void take(void *user, const gws_log_line *line)
{
    seen *s = user;
    s->overlapped += s->inside++;
    s->n++;
    s->level = line->level;
    s->unix_ms = line->unix_ms;
    snprintf(s->module, sizeof s->module, "%s", line->module);
    snprintf(s->text, sizeof s->text, "%s", line->text);
    if (s->relog)
        gws_log_write(GWS_LOG_ERROR, "taker", "of the taker itself");
    s->inside--;
}

static void levels(void **state)
{
    seen s = {0};
    gws_log_level level;
    gws_log_write(GWS_LOG_ERROR, "test", "nobody takes this");
    assert_false(gws_log_wants(GWS_LOG_ERROR));
    gws_log_set(take, &s, GWS_LOG_INFO);
    gws_log_write(GWS_LOG_DEBUG, "test", "too fine");
    assert_int_equal(s.n, 0);
    assert_true(gws_log_wants(GWS_LOG_INFO) && !gws_log_wants(GWS_LOG_DEBUG));
    gws_log_write(GWS_LOG_WARNING, "strain", "gap of %d s\nin %s\x1b[2J", 4, "H1");
    assert_int_equal(s.n, 1);
    assert_int_equal(s.level, GWS_LOG_WARNING);
    assert_string_equal(s.module, "strain");
    assert_string_equal(s.text, "gap of 4 s in H1\\x1b[2J"); /* one line, and nothing that a terminal obeys */
    s.relog = 1;
    gws_log_write(GWS_LOG_ERROR, "test", "once");
    assert_int_equal(s.n, 2); /* the taker's own line is dropped; it does not wait for itself */
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    gws_log_write(GWS_LOG_ERROR, "test", "after the end");
    assert_int_equal(s.n, 2);
    assert_true(gws_level_parse("Warning", &level) && level == GWS_LOG_WARNING);
    assert_true(gws_level_parse(gws_level_name(GWS_LOG_DEBUG), &level) && level == GWS_LOG_DEBUG);
    assert_false(gws_level_parse("loud", &level));
}

static void once(void *user, const gws_log_line *line)
{
    seen *s = user;
    s->n++;
    gws_log_set(NULL, NULL, GWS_LOG_ERROR); /* and does not wait for itself */
}

static void the_taker_may_leave(void **state)
{
    seen s = {0};
    gws_log_set(once, &s, GWS_LOG_INFO);
    gws_log_write(GWS_LOG_INFO, "test", "one");
    gws_log_write(GWS_LOG_INFO, "test", "two");
    assert_int_equal(s.n, 1);
    gws_log_set(take, &s, GWS_LOG_INFO); /* the lock is free again */
    gws_log_write(GWS_LOG_INFO, "test", "three");
    assert_int_equal(s.n, 2);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
}

static void forms(void **state)
{
    const gws_log_line line = {
        .unix_ms = INT64_C(1795903803123), .level = GWS_LOG_INFO, .module = "detect", .text = "a \"b\" \\ c"};
    char text[128], small[12];
    gws_log_text(&line, text, sizeof text);
    assert_string_equal(text, "2026-11-28 22:10:03,123 - detect - INFO - a \"b\" \\ c");
    gws_log_text(&line, small, sizeof small);
    assert_string_equal(small, "2026-11-28 ");
    gws_log_text(&(gws_log_line){.level = GWS_LOG_ERROR, .module = "m", .text = "t"}, text, sizeof text);
    assert_string_equal(text, "1970-01-01 00:00:00,000 - m - ERROR - t");
    gws_log_text(&(gws_log_line){.unix_ms = -5, .level = (gws_log_level)-1}, text,
                 sizeof text); /* a host's own line, half filled in */
    assert_string_equal(text, "1969-12-31 23:59:59,995 -  - UNKNOWN - ");
    gws_log_text(NULL, text, sizeof text);
    assert_string_equal(text, "");

    char *json = gws_log_json(&line);
    json_t *j = json ? json_loads(json, 0, NULL) : NULL;
    assert_non_null(j);
    assert_null(strchr(json, '\n'));
    assert_int_equal(json_object_size(j), 4);
    assert_string_equal(json_string_value(json_object_get(j, "time")), "2026-11-28T22:10:03.123Z");
    assert_string_equal(json_string_value(json_object_get(j, "module")), "detect");
    assert_string_equal(json_string_value(json_object_get(j, "level")), "INFO");
    assert_string_equal(json_string_value(json_object_get(j, "message")), line.text);
    json_decref(j);
    free(json);
}

static void what_others_should_not_see(void **state)
{
    static const char *const cases[][2] = {
        {"/srv/people/karl/run/o.hdf: no such file", "~/run/o.hdf: no such file"},
        {"reads /srv/people/karl.", "reads ~."},
        {"/srv/people/karla/o.hdf", "/srv/people/karla/o.hdf"},
        {"/srv/people/karl.old/o.hdf", "/srv/people/karl.old/o.hdf"},
        {"/home/albert.einstein/data, /Users/emmy", "~/data, ~"},
        {"/export/home/emmy/data", "/export/home/~/data"},
        {"'/scratch/karl/x' and /scratch/karlsruhe", "'/scratch/~/x' and /scratch/karlsruhe"},
        {"karl is a word here", "karl is a word here"},
        {"/home/", "/home/"},
        {"https://karl:geheim@host.org:8443/a/b?token=abc&x=1: refused", "https://host.org:8443/a/b?... refused"},
        {"kafka://a@b@broker/topic \"s3://bucket/key?sig=1\" end", "kafka://broker/topic \"s3://bucket/key?...\" end"},
        {"http://host?token=1", "http://host?..."},
        {"file:///home/emmy/x", "file://~/x"},
        {"is it so? #1 of 2", "is it so? #1 of 2"},
        {"", ""},
    };
    char out[256], tight[8];
    gws_log_hide("/srv/people/karl/", "karl");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gws_log_clean(out, sizeof out, cases[i][0]);
        assert_string_equal(out, cases[i][1]);
    }
    gws_log_clean(tight, sizeof tight, "0123456789");
    assert_string_equal(tight, "0123456");
    gws_log_clean(tight, sizeof tight, "x /home/emmy");
    assert_string_equal(tight, "x ~");

    seen s = {0};
    gws_log_set(take, &s, GWS_LOG_INFO);
    gws_log_write(GWS_LOG_INFO, "test", "%s", "/srv/people/karl/x from ftp://u:p@host/");
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    assert_string_equal(s.text, "~/x from ftp://host/");
    gws_log_hide(NULL, NULL);
    gws_log_clean(out, sizeof out, "/srv/people/karl/x");
    assert_string_equal(out, "/srv/people/karl/x");
}

static void *chatter(void *module)
{
    for (int i = 0; i < 500; i++)
        gws_log_write(GWS_LOG_INFO, module, "line %d", i);
    return NULL;
}

static void calls_never_overlap(void **state)
{
    seen s = {0};
    pthread_t id[4];
    gws_log_set(take, &s, GWS_LOG_INFO);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&id[i], NULL, chatter, (char[]){"thread"}), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(id[i], NULL);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    assert_int_equal(s.n, 2000);
    assert_int_equal(s.overlapped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(the_taker_may_leave),
        cmocka_unit_test(forms),
        cmocka_unit_test(what_others_should_not_see),
        cmocka_unit_test(calls_never_overlap),
    };
    return GWS_RUN_TESTS(tests);
}
