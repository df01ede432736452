/* Spans that begin afresh, and a network that sleeps.
 *
 * Truth: identity.  The reference runs each span by itself, all its steps at once from zero state, and lets the network answer from the step
 * on that wakes it; however the rows are cut, whatever goes side by side and on however many threads, the bytes are those.
 */
#include "gwstest.h"
#include "model_files.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "model/spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN = 24, LEAD = 7, N = 1000, STREAMS = 3, MOST = SPAN + LEAD };
#define MODEL                                                                                                                      \
    "[model]\ndetectors=H1,L1\nstem=matched\ntemplates=3\ntaps=64\nafter=4\nchannels=8,16\nkernels=1,3\nstrides=1,1\nlif=12,8\n"   \
    "horizons=2\nlevels=4\ngate=1\ncontext_memory=8\ncontext_span=24\ncontext_lead=7\n"

static float rows_of[STREAMS][N][64];

static void make(bare_net *n, const char *model)
{
    bare_net_begin(n, model);
    assert_in_range(n->a.inputs, 1, 64);
    assert_int_equal(gws_arch_init(&n->a, &n->t, &n->rows, n->p, 3, NULL), GWS_OK);
    gws_rng r = gws_rng_init(4, "jitter", 0);
    for (int64_t i = 0; i < n->t.total; i++)
        n->p[i] += (float)(0.4 * gws_rng_normal(&r));
    bare_net_pack(n, GWS_TO_RUN);
    for (int s = 0; s < STREAMS; s++)
        for (int t = 0; t < N; t++)
            for (int i = 0; i < n->a.inputs; i++) /* the statistic: 16 on average, above 25 about once in two spans */
                rows_of[s][t][i] = (float)((i ? 0.0 : 1.0) + (i ? 1.0 : 0.3) * gws_rng_normal(&r));
}

typedef struct track {
    const gws_spans *s;
    int stream;
    int64_t first, n;
    float y[2][N];
} track;

static void collect(void *user, int64_t step, const float *y, const float *y_linear, int64_t n)
{
    track *t = user;
    if (t->n == 0)
        t->first = step;
    assert_int_equal(step, t->first + t->n);
    assert_in_range(n, 1, N - t->n);
    memcpy(t->y[0] + t->n, y, (size_t)n * sizeof *y);
    memcpy(t->y[1] + t->n, y_linear, (size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++)
        assert_true(gws_spans_statistic(t->s)[i] == GWS_STEM_UNIT * rows_of[t->stream][t->n + i][0]);
    t->n += n;
}

/* Rows of a stream that begins at step `origin`, span by span.  Returns how many steps the network was awake. */
static int64_t reference(const bare_net *n, int stream, int64_t origin, track *out)
{
    static const gws_pass pass;
    const int F = n->a.inputs;
    const float carry = n->p[n->t.rows[n->rows.carry].offset];
    int64_t awake = 0;
    gws_work k;
    gws_err err;
    assert_int_equal(gws_work_create(&k, &n->a, &(gws_work_shape){1, MOST, 0, GWS_TO_RUN, 1}, &err), GWS_OK);
    *out = (track){.first = origin, .n = N};
    for (int64_t t = origin; t < origin + N;) {
        const int64_t at = gws_floor_div(t, SPAN) * SPAN, next = at + SPAN < origin + N ? at + SPAN : origin + N;
        const int64_t from = t == origin ? origin : at - LEAD > origin ? at - LEAD : origin;
        gws_work_reset(&k, 0);
        for (int64_t i = from; i < next; i++)
            memcpy(k.x + (n->a.stem[0].history + i - from) * F, rows_of[stream][i - origin], (size_t)F * sizeof(float));
        k.T = next - from;
        gws_net_run(gws_kernels_get(), NULL, &n->w, &k, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
        for (int is_awake = n->a.wake <= 0.0f; t < next; t++) {
            const float x = rows_of[stream][t - origin][0];
            is_awake |= x * GWS_STEM_UNIT >= n->a.wake;
            awake += is_awake;
            out->y[0][t - origin] = is_awake ? k.y[t - from] : 0.0f;
            out->y[1][t - origin] = is_awake ? k.y_lin[t - from] : carry * x;
        }
    }
    gws_work_clear(&k);
    return awake;
}

/* All rows of `streams` streams, in pieces of 1 .. most. */
static void push(gws_spans *s, int streams, int F, int64_t origin, int64_t most, gws_rng *r, track *got)
{
    void *user[STREAMS];
    for (int i = 0; i < streams; i++) {
        user[i] = &got[i];
        got[i] = (track){.s = s, .stream = i};
    }
    for (int64_t t = 0; t < N;) {
        int64_t n = most > 1 ? 1 + (int64_t)gws_rng_below(r, (uint64_t)most) : 1;
        n = n < N - t ? n : N - t;
        n = n < gws_spans_room(s) ? n : gws_spans_room(s);
        gws_spans_put(s, origin + t, n);
        for (int i = 0; i < streams; i++)
            for (int64_t j = 0; j < n; j++)
                memcpy(gws_spans_rows(s, i) + j * F, rows_of[i][t + j], (size_t)F * sizeof(float));
        gws_spans_run(s, collect, user);
        t += n;
    }
}

static void check(const bare_net *n, int64_t origin, const gws_spans_params *p, int64_t most, int threads, gws_rng *r)
{
    static track want[STREAMS], got[STREAMS];
    gws_err err;
    int64_t awake = 0;
    gws_pool *pool = gws_pool_create(threads, &err);
    gws_spans *s = gws_spans_create(&n->w, gws_kernels_get(), p, pool, &err);
    assert_non_null(s);
    for (int i = 0; i < p->streams; i++)
        awake += reference(n, i, origin, &want[i]);
    for (int again = 0; again < 2; again++) { /* the second after a reset, which forgets all */
        push(s, p->streams, n->a.inputs, origin, most, r, got);
        for (int i = 0; i < p->streams; i++) {
            assert_int_equal(got[i].n, N);
            assert_int_equal(got[i].first, origin);
            assert_memory_equal(got[i].y[0], want[i].y[0], sizeof want[i].y[0]);
            assert_memory_equal(got[i].y[1], want[i].y[1], sizeof want[i].y[1]);
        }
        assert_int_equal(gws_spans_tallied(s)->steps, (again + 1) * N * p->streams);
        assert_int_equal(gws_spans_tallied(s)->awake, (again + 1) * awake);
        gws_spans_reset(s);
    }
    gws_spans_destroy(s);
    gws_pool_destroy(pool);
}

static void spans_are_what_each_is_alone(void **state)
{
    static const char *const models[] = {MODEL, MODEL "wake=25\n", MODEL "wake=25\ndelays=0,2,9\n"};
    static const int64_t origins[] = {0, 5, -17, SPAN, INT64_C(64) * 1126259462 + 1};
    gws_rng r = gws_rng_init(9, "cuts", 0);
    for (int m = 0; m < 3; m++) {
        bare_net n;
        make(&n, models[m]);
        for (size_t o = 0; o < sizeof origins / sizeof *origins; o++)
            for (int threads = 1; threads <= 2; threads++) {
                check(&n, origins[o], &(gws_spans_params){.streams = 1, .block = 64, .lanes = 4}, 700, threads, &r);
                check(&n, origins[o], &(gws_spans_params){.streams = 1, .block = 5, .lanes = 3}, 90, threads, &r);
                check(&n, origins[o], &(gws_spans_params){.streams = 1, .block = 3}, 1, threads, &r);
                check(&n, origins[o], &(gws_spans_params){.streams = STREAMS, .block = 11}, 60, threads, &r);
            }
        bare_net_clear(&n);
    }
}

static void a_sleeping_network_is_the_statistic(void **state)
{
    bare_net n;
    track t;
    make(&n, MODEL "wake=25\n");
    const int64_t awake = reference(&n, 0, 0, &t);
    assert_in_range(awake, N / 20, N / 2);
    bare_net_clear(&n);
    make(&n, MODEL "wake=1000\n");
    assert_int_equal(reference(&n, 0, 0, &t), 0);
    check(&n, 0, &(gws_spans_params){.streams = 1, .block = 64, .lanes = 4}, 700, 1, &(gws_rng){.seed = 1});
    for (int64_t i = 0; i < N; i++)
        assert_true(t.y[0][i] == 0.0f && t.y[1][i] == n.p[n.t.rows[n.rows.carry].offset] * rows_of[0][i][0]);
    bare_net_clear(&n);
}

static void a_recipe_that_makes_no_spans_is_refused(void **state)
{
    static const char *const wrong[][2] = {{"[model]\ncontext_span=64\n", "context_span: wants stem"},
                                           {MODEL "wake=-1\n", "wake: wanted 0"},
                                           {MODEL "wake=nan\n", "wake"},
                                           {"[model]\nwake=20\n", "wake: wants a context_span"},
                                           {"[model]\ncontext_span=1000000\n", "context_span 1000000"},
                                           {"[model]\ncontext_span=64\ncontext_lead=-1\n", "context_lead -1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gws_err err = {0};
        gws_arch a;
        gws_ini *ini = gws_ini_parse(wrong[i][0], "test", &err);
        assert_non_null(ini);
        assert_int_not_equal(gws_arch_from_ini(ini, &a, &err), GWS_OK);
        assert_non_null(strstr(err.text, wrong[i][1]));
        gws_ini_destroy(ini);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_what_each_is_alone),
        cmocka_unit_test(a_sleeping_network_is_the_statistic),
        cmocka_unit_test(a_recipe_that_makes_no_spans_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
