/* What is waited for, and how long.  Truth: what the source of this test hands over, by a clock of its own. */
#include "gwstest.h"

#include "live/live.h"
#include "model/checkpoint.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 2048
#define START_S 1000000000
#define WAIT_S 3.0

static double clock_s;

static double test_clock(void)
{
    return clock_s;
}

/* One poll of the source: which second of which detector it hands over, and what the clock does meanwhile. */
typedef struct moment {
    const char *ifo; /* NULL: nothing is there */
    int second;
    double stall_s; /* behind it, before the search goes on */
} moment;

static const moment *script;

static gws_status open_script(const gws_live_source_params *p, void **own, gws_err *err)
{
    (void)p;
    (void)err;
    *own = &script;
    return GWS_OK;
}

static gws_status poll_script(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    const moment *m = script++;
    double h[RATE_HZ];
    gws_status status = GWS_OK;
    (void)own;
    clock_s += wait_s;
    *after = GWS_LIVE_WAITS;
    if (m->ifo) {
        for (int i = 0; i < RATE_HZ; i++)
            h[i] = 1e-21 * sin(0.37 * i);
        gws_live_piece p = {
            .rate_hz = RATE_HZ, .sample = (int64_t)(START_S + m->second) * RATE_HZ, .n = RATE_HZ, .h = h, .closed_s = clock_s};
        memcpy(p.ifo, m->ifo, 3);
        status = taker->piece(taker->user, &p, err);
    }
    clock_s += m->stall_s;
    return status;
}

static void close_script(void *own)
{
    (void)own;
}

/* Seconds of a detector that were given up in a script of n polls, a second of waiting each. */
static double given_up(const moment *moments, int n, int detector)
{
    const gws_live_source_row row = {.name = "script", .open = open_script, .poll = poll_script, .close = close_script};
    const gws_live_source_params from = {.n = 0};
    static gws_live_stats stats;
    gws_checkpoint c;
    gws_err err = {0};
    assert_int_equal(gws_checkpoint_init(&c,
                                         "[model]\ndetectors = H1,L1\nrate_hz = 2048\nchannels = 8,8,16,16\nkernels = 16,8,8,4\n"
                                         "strides = 4,2,2,2\nlif = 16,8\nhorizons = 4\n",
                                         1, GWS_TO_RUN, &err),
                     GWS_OK);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    const gws_live_search search = {.path = "m", .sha256 = "0", .model = m, .threshold = (double)NAN};
    const gws_live_params p = {
        .searches = &search, .n_searches = 1, .source = &row, .from = &from, .wait_s = WAIT_S, .now_s = test_clock};
    clock_s = 1000;
    script = moments;
    gws_live *l = gws_live_create(&p, &err);
    assert_non_null(l);
    for (int i = 0; i < n; i++) {
        int ended;
        assert_int_equal(gws_live_step(l, 1, &ended, &err), GWS_OK);
    }
    gws_live_get_stats(l, &stats);
    assert_int_equal(stats.n_ifo, 2);
    const double missing_s = stats.ifo[detector].gap_s[GWS_LIVE_MISSING];
    gws_live_destroy(l);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
    return missing_s;
}

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

/* Once the clock was read behind the stall, and what came during it was given up before it was looked for. */
static void what_came_while_the_search_stood_still_is_not_given_up(void **state)
{
    const moment behind_the_poll[] = {{"H1", 0, 0}, {"L1", 0, 0}, {"H1", 1, 0}, {NULL, 0, 100}, {"L1", 1, 0}, {NULL, 0, 0}};
    const moment in_the_search[] = {{"H1", 0, 0}, {"L1", 0, 0}, {"H1", 1, 100}, {"L1", 1, 0}, {NULL, 0, 0}, {NULL, 0, 0}};
    (void)state;
    assert_true(given_up(behind_the_poll, COUNT(behind_the_poll), 1) == 0);
    assert_true(given_up(in_the_search, COUNT(in_the_search), 1) == 0);
}

/* L1 is behind from 1003 on, when H1's next second came: the poll that begins at 1006 is the first that knows all that came in time. */
static void what_does_not_come_is_given_up(void **state)
{
    const moment away[] = {{"H1", 0, 0}, {"L1", 0, 0}, {"H1", 1, 0}, {NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}};
    const moment stalled[] = {{"H1", 0, 0}, {"L1", 0, 0}, {"H1", 1, 0}, {NULL, 0, 100}, {NULL, 0, 0}};
    (void)state;
    assert_true(given_up(away, COUNT(away) - 1, 1) == 0);
    assert_true(given_up(away, COUNT(away), 1) == 1);
    assert_true(given_up(away, COUNT(away), 0) == 0);
    assert_true(given_up(stalled, COUNT(stalled), 1) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_while_the_search_stood_still_is_not_given_up),
        cmocka_unit_test(what_does_not_come_is_given_up),
    };
    return GWS_RUN_TESTS(tests);
}
