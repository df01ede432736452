/* Truth: identity. How files are read in chunks never changes a logit; and sentences about what a model cannot use. */
#include "gwstest.h"

#include "base/clock.h"
#include "base/rng.h"
#include "strain/mlgwsc_writer.h"
#include "model/checkpoint.h"
#include "stream/feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE 2048
#define GPS 1262304000
#define MAX_Y 20000

static const char recipe[] =
    "[model]\ndetectors = H1,L1\nrate_hz = 2048\nchannels = 4,4,8,8\nkernels = 16,8,8,4\nstrides = 4,2,2,2\n"
    "lif = 8,4\nhorizons = 2\n";
static gws_checkpoint net;
static gws_model *model;
static char path[64];

typedef struct track {
    int64_t step[MAX_Y], n;
    float y[MAX_Y];
} track;

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    track *t = user;
    assert_true(t->n + n <= MAX_Y);
    for (int64_t i = 0; i < n; i++) {
        t->step[t->n] = step + i;
        t->y[t->n++] = y_linear[i];
    }
}

/* Stretches of a detector in the file under test: begin and length in seconds from GPS, ended by a negative one. */
typedef struct stretch {
    double begin_s, length_s;
} stretch;

static void write_file(const stretch *h1, const stretch *l1, int rate_hz)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, NULL);
    assert_non_null(w);
    for (int i = 0; i < 2; i++) {
        gws_rng r = gws_rng_init(1, "test feed", (uint64_t)i);
        for (const stretch *s = i ? l1 : h1; s && s->length_s > 0; s++) {
            int64_t begin = (int64_t)GPS * rate_hz + (int64_t)(s->begin_s * rate_hz), n = (int64_t)(s->length_s * rate_hz);
            double *h = malloc(sizeof *h * (size_t)n);
            gws_rng_normal_at(&r, (uint64_t)begin, h, (size_t)n);
            assert_int_equal(gws_mlgwsc_writer_segment(w, i ? "L1" : "H1", rate_hz, begin, NULL), GWS_OK);
            assert_int_equal(gws_mlgwsc_writer_append_f64(w, i ? "L1" : "H1", h, n, NULL), GWS_OK);
            free(h);
        }
    }
    assert_int_equal(gws_mlgwsc_writer_commit(w, NULL), GWS_OK);
}

static gws_strain_set *open_set(void)
{
    const char *const paths[] = {path};
    gws_err err = {0};
    gws_strain_set *set = gws_strain_open(paths, 1, &err);
    if (!set)
        fail_msg("%s", err.text);
    return set;
}

static gws_status run(int chunk_s, track *t, gws_err *err)
{
    gws_strain_set *set = open_set();
    gws_feed_plan plan;
    gws_pipeline *p;
    gws_status st;

    memset(t, 0, sizeof *t);
    assert_int_equal(gws_feed_plan_make(set, gws_model_describe(model), &plan, err), GWS_OK);
    p = gws_pipeline_create(model, GWS_HEAD_LINEAR, plan.rate_hz, (double)NAN,
                            &(gws_pipeline_sinks){.user = t, .logits = on_logits}, err);
    assert_non_null(p);
    st = gws_feed_run(set, &plan, p, NULL, chunk_s, NULL, err);
    gws_pipeline_destroy(p);
    gws_strain_destroy(set);
    return st;
}

static void chunks_do_not_show(void **state)
{
    /* Stretches that begin and end off any chunk, a hole in one detector, a hole in both, an end that only one has. */
    static const stretch h1[] = {{3.25, 70}, {90.5, 40}, {0, 0}}, l1[] = {{0, 31}, {40, 61.125}, {101.125, 25}, {0, 0}};
    static track first, other;
    static const int chunks[] = {1, 7, 64, 1000};

    write_file(h1, l1, RATE);
    assert_int_equal(run(3, &first, NULL), GWS_OK);
    /* H1 and L1 are together in 3.25..31, 40..73.25 and 90.5..126.125, and the whitening filter takes a second at each end. */
    assert_in_range(first.n, (27.75 + 33.25 + 35.625 - 6) * 64 - 6, (27.75 + 33.25 + 35.625 - 6) * 64);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(run(chunks[i], &other, NULL), GWS_OK);
        assert_int_equal(other.n, first.n);
        assert_memory_equal(other.step, first.step, sizeof first.step[0] * (size_t)first.n);
        assert_memory_equal(other.y, first.y, sizeof first.y[0] * (size_t)first.n);
    }
}

static void the_plan_knows_the_common_time(void **state)
{
    static const stretch h1[] = {{0, 50}, {60, 40}, {0, 0}}, l1[] = {{10, 30}, {45, 30}, {0, 0}};
    gws_feed_plan plan;
    gws_strain_set *set;

    write_file(h1, l1, 2 * RATE);
    set = open_set();
    assert_int_equal(gws_feed_plan_make(set, gws_model_describe(model), &plan, NULL), GWS_OK);
    assert_true(plan.together_s == 30 + 5 + 15);
    assert_true(plan.begin_ns == GPS * GWS_NS && plan.end_ns == (GPS + 100) * GWS_NS);
    assert_int_equal(plan.rate_hz[0], 2 * RATE);
    gws_strain_destroy(set);
}

static void refused(const stretch *h1, const stretch *l1, int rate_hz, const char *sentence)
{
    gws_err err = {0};
    gws_feed_plan plan;
    gws_strain_set *set;

    write_file(h1, l1, rate_hz);
    set = open_set();
    assert_int_equal(gws_feed_plan_make(set, gws_model_describe(model), &plan, &err), GWS_EDATA);
    assert_string_equal(err.text, sentence);
    gws_strain_destroy(set);
}

static void what_a_model_cannot_use_is_a_sentence(void **state)
{
    static const stretch early[] = {{0, 20}, {0, 0}}, late[] = {{30, 20}, {0, 0}};

    refused(early, NULL, RATE, "the model needs H1 and L1, the input has H1 only");
    refused(early, late, RATE, "H1 and L1 do not overlap in time, the model needs them together");
    refused(early, early, 1024, "H1: rate 1024 Hz, model wants a multiple of 2048 Hz");
}

static void too_little_is_a_sentence(void **state)
{
    static const stretch brief[] = {{0, 5}, {0, 0}}, first[] = {{0, 40}, {0, 0}}, second[] = {{38, 40}, {0, 0}},
                         third[] = {{37, 40}, {0, 0}};
    static track t;
    gws_err err = {0};

    write_file(brief, first, RATE);
    assert_int_equal(run(64, &t, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "H1: 5.0 s of valid strain"));
    write_file(first, second, RATE);
    assert_int_equal(run(64, &t, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "have no stretch of valid strain together"));
    write_file(first, third, RATE);
    assert_int_equal(run(64, &t, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "shorter than the network's warm-up"));
}

static int make_model(void **state)
{
    snprintf(path, sizeof path, "test_stream_feed-%ld.hdf", (long)getpid());
    if (gws_checkpoint_init(&net, recipe, 1, GWS_TO_RUN, NULL) != GWS_OK)
        return -1;
    model = gws_model_borrow(&net, NULL);
    return model ? 0 : -1;
}

static int drop_model(void **state)
{
    unlink(path);
    gws_model_destroy(model);
    gws_checkpoint_clear(&net);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_do_not_show),
        cmocka_unit_test(the_plan_knows_the_common_time),
        cmocka_unit_test(what_a_model_cannot_use_is_a_sentence),
        cmocka_unit_test(too_little_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, make_model, drop_model);
}
