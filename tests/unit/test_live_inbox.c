/* Files that are not whole when they are read.  Truth: the frames of this test, by a clock of its own. */
#include "gwstest.h"

#include "gwf/writer.h"
#include "live/inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE_HZ 4096
#define START_S 1000000000

static char folder[] = "/tmp/gws-live-inbox-XXXXXX";

static int start(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_frame(const char *path, int second)
{
    static double h[RATE_HZ];
    gws_err err = {0};
    for (int i = 0; i < RATE_HZ; i++)
        h[i] = 1e-21 * (i % 1009);
    const gws_gwf_channel_data channel = {
        .name = "H1:STRAIN", .unit = "strain", .type = GWS_GWF_F8, .data = h, .n = RATE_HZ, .dx_s = 1.0 / RATE_HZ};
    gws_gwf_writer *w = gws_gwf_writer_create(path, "LIGO", 1, &err);
    if (!w || gws_gwf_writer_frame(w, (START_S + second) * INT64_C(1000000000), 1, &channel, 1, &err) != GWS_OK ||
        gws_gwf_writer_commit(w, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

static char first[100], second[100];
static int data, gaps, retries;
static double clock_s;

static double test_clock(void)
{
    return clock_s;
}

/* The first frame takes long to search. */
static gws_status take(void *user, const gws_live_piece *p, gws_err *err)
{
    (void)user;
    (void)err;
    if (p->h && p->sample == (int64_t)START_S * RATE_HZ)
        clock_s += 0.3;
    data += p->h != NULL;
    gaps += p->h == NULL;
    return GWS_OK;
}

/* Just now the writer ends. */
static void retried(void *user, const char *ifo)
{
    (void)user;
    (void)ifo;
    retries++;
    write_frame(second, 1);
}

/* Once the clock was read behind the search of the first, and the second was given up at its first reading. */
static void time_that_the_search_takes_is_not_waited_for_the_rest_of_a_frame(void **state)
{
    const gws_live_source_params p = {.whole_s = 0.1, .now_s = test_clock};
    const gws_live_taker taker = {NULL, take, retried};
    gws_err err = {0};
    (void)state;
    snprintf(first, sizeof first, "%s/H-H1_TEST-%d-1.gwf", folder, START_S);
    snprintf(second, sizeof second, "%s/H-H1_TEST-%d-1.gwf", folder, START_S + 1);
    write_frame(first, 0);
    write_frame(second, 1);
    assert_int_equal(truncate(second, 5000), 0);
    gws_inbox *b = gws_inbox_create(&p, &err);
    assert_non_null(b);
    assert_int_equal(gws_inbox_add(b, first, 0, &err), GWS_OK);
    assert_int_equal(gws_inbox_add(b, second, 0, &err), GWS_OK);
    for (int i = 0; i < 1000 && gws_inbox_waiting(b) > 0; i++) {
        gws_live_after after;
        assert_int_equal(gws_inbox_work(b, &taker, &after, &err), GWS_OK);
        clock_s += 0.01;
    }
    assert_int_equal(retries, 1);
    assert_int_equal(data, 2);
    assert_int_equal(gaps, 0);
    gws_inbox_destroy(b);
    unlink(first);
    unlink(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(time_that_the_search_takes_is_not_waited_for_the_rest_of_a_frame)};
    return cmocka_run_group_tests(tests, start, stop);
}
