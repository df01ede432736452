/* The terminal view.  Truth: screens in tests/unit/screens, which were looked at (regression: GWS_SCREENS=write makes them again), and the promises
 * of the header for any size. */
#include "gwstest.h"
#include "live_vitals.h"

#include "live/top.h"

#include <math.h>
#include <stdlib.h>

static gws_live_stats stats;
static gws_alerts_stats alerts;
static gws_kafka_state topic;
static gws_live_vitals vitals;
static gws_screen screen;

static const gws_top_trigger triggers[] = {
    {1126259462421000000, 14.25, 0.031, "< 0.5", "H1,L1"},
    {1126259100000000000, 6.5, 130, "12.1", "H1,L1"},
};
static const char *const lines[] = {
    "2026-11-28 22:10:03,123 - live - INFO - H1: observing",
    "2026-11-28 22:10:04,001 - live - WARNING - V1: nothing has come for 10 s, and this line is longer than the terminal is wide",
    "2026-11-28 22:10:05,000 - live - ERROR - bytes \xff and \x1b[31m are not shown as such",
};

static gws_top_view view(void)
{
    gws_test_vitals(&stats, &alerts, &topic);
    vitals = (gws_live_vitals){.stats = &stats, .alerts = &alerts, .topic = NULL, .memory = {.resident_bytes = 300 << 20}};
    return (gws_top_view){.vitals = &vitals, .triggers = triggers, .n_triggers = 2, .log = lines, .n_log = 3};
}

/* The screen's characters as lines of UTF-8. */
static char *characters(const gws_screen *s)
{
    size_t n;
    char *text = gws_screen_text(s, &n), *to = text;
    for (const char *p = text; *p || p < text + n;) {
        if (*p == '\x1b') {
            p += 2 + strcspn(p + 2, "HmK");
            p++;
        } else if (*p == '\r') {
            p++;
        } else {
            *to++ = *p++;
        }
        if (p >= text + n)
            break;
    }
    *to++ = '\n';
    *to = '\0';
    return text;
}

static void compare(const char *name, int rows, int columns, const gws_top_view *v)
{
    char path[500], *wanted = calloc(1, 200000);
    screen.rows = rows;
    screen.columns = columns;
    gws_top_draw(v, &screen);
    char *got = characters(&screen);
    snprintf(path, sizeof path, "%s/unit/screens/%s.txt", GWS_TEST_DIR, name);
    if (getenv("GWS_SCREENS") && strcmp(getenv("GWS_SCREENS"), "write") == 0) {
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(got, f) >= 0);
        assert_int_equal(fclose(f), 0);
    }
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_true(fread(wanted, 1, 199999, f) > 0);
    fclose(f);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: wanted\n%s\nfound\n%s", name, wanted, got);
    free(got);
    free(wanted);
}

static void test_screens(void **state)
{
    (void)state;
    gws_top_view v = view();
    compare("80x24", 24, 80, &v);
    v.ascii = 1;
    compare("80x24-ascii", 24, 80, &v);
    v.ascii = 0;
    vitals.topic = &topic;
    topic.down_s = 75;
    compare("132x40", 40, 132, &v);
    v.n_triggers = v.n_log = 0;
    memset(&stats, 0, sizeof stats);
    vitals.alerts = NULL;
    vitals.topic = NULL;
    compare("nothing-yet", 24, 80, &v);
}

/* Sixteen searches on a small screen: some are named, the rest is counted, and triggers have their rows. */
static void test_many_searches_leave_room_for_triggers(void **state)
{
    (void)state;
    gws_top_view v = view();
    stats.n_searches = 16;
    for (int i = 1; i < 16; i++)
        stats.search[i] = stats.search[0];
    compare("many", 24, 80, &v);
}

/* Any size: every cell is a character, and none is written outside. */
static void test_any_size(void **state)
{
    static const int sizes[] = {1, 2, 3, 5, 8, 13, 24, 33, 80, 200};
    (void)state;
    gws_top_view v = view();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            memset(&screen, 0xff, sizeof screen);
            screen.rows = sizes[i];
            screen.columns = 2 * sizes[k];
            gws_top_draw(&v, &screen);
            for (int r = 0; r < GWS_SCREEN_ROWS; r++)
                for (int c = 0; c < GWS_SCREEN_COLUMNS; c++) {
                    const uint32_t code = screen.cell[r][c].code;
                    if (r < screen.rows && c < screen.columns)
                        assert_true(code >= ' ' && code != 0x7f && code < 0x110000);
                    else
                        assert_int_equal(code, 0xffffffffU);
                }
            size_t n;
            char *text = gws_screen_text(&screen, &n);
            int breaks = 0;
            for (size_t b = 0; b < n; b++)
                breaks += text[b] == '\n';
            assert_int_equal(breaks, screen.rows - 1);
            free(text);
        }
}

/* A line of the log cannot steer the terminal: all controls that it is sent are the view's own. */
static void test_controls_in_a_line_are_not_sent(void **state)
{
    (void)state;
    const gws_top_view v = view();
    screen.rows = 24;
    screen.columns = 80;
    gws_top_draw(&v, &screen);
    size_t n;
    char *text = gws_screen_text(&screen, &n);
    assert_null(strstr(text, "\x1b[31m"));
    free(text);
}

/* A signal of a sixty-fourth of a second is seen in a window of 40 columns; a logit that is no number is a question mark. */
static void test_a_moment_is_seen(void **state)
{
    (void)state;
    const gws_top_view v = view();
    gws_live_search_stats *q = &stats.search[0];
    for (int i = 0; i < GWS_LIVE_RING; i++)
        q->logits[i] = -5;
    q->logits[1000] = 15;
    for (int i = 3000; i < 3200; i++)
        q->logits[i] = NAN;
    screen.rows = 24;
    screen.columns = 42;
    gws_top_draw(&v, &screen);
    const int row = 2 + stats.n_ifo + 1;
    int tall = 0, low = 0, none = 0;
    for (int c = 1; c < 41; c++) {
        tall += screen.cell[row][c].code == 0x2588;
        low += screen.cell[row][c].code == 0x2581;
        none += screen.cell[row][c].code == '?';
    }
    assert_int_equal(tall, 1);
    assert_int_equal(none, 1);
    assert_int_equal(low, 38);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens),          cmocka_unit_test(test_many_searches_leave_room_for_triggers),
        cmocka_unit_test(test_any_size),         cmocka_unit_test(test_controls_in_a_line_are_not_sent),
        cmocka_unit_test(test_a_moment_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
