/* The streaming network: however its input is cut, in blocks of whatever size, on whatever instruction set, the same bytes come
 * out, and they are those of the forward pass that training runs.
 *
 * Truth: identity (two ways through the program must agree, memcmp).
 */
#include "base/clock.h"
#include "model/classifier.h"
#include "nn/kernels/kernels.h"

#include "model_files.h"

#include <math.h>

enum { N = 4000, IFOS = 2, HOP = 16, MOST = N / HOP + 1 };

static float signal[IFOS][N];

/* Logits of consecutive steps. */
typedef struct track {
    int64_t first, n;
    float y[2][MOST];
} track;

static void collect(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    track *t = user;
    if (t->n == 0)
        t->first = step;
    assert_int_equal(step, t->first + t->n);
    assert_in_range(n, 1, MOST - t->n);
    memcpy(t->y[0] + t->n, y_spiking, (size_t)n * sizeof(float));
    memcpy(t->y[1] + t->n, y_linear, (size_t)n * sizeof(float));
    t->n += n;
}

/* Samples begin .. end-1 of the signal, whose sample 0 has the absolute index `origin`, in pieces of `least` .. `most`. */
static void push(gws_classifier *d, track *t, int64_t origin, int64_t begin, int64_t end, int64_t least, int64_t most, gws_rng *r)
{
    while (begin < end) {
        int64_t n = least + (most > least ? (int64_t)gws_rng_below(r, (uint64_t)(most - least + 1)) : 0);
        n = n < end - begin ? n : end - begin;
        const float *w[IFOS] = {signal[0] + begin, signal[1] + begin};
        gws_classifier_push(d, origin + begin, w, n, collect, t);
        begin += n;
    }
}

static void assert_same(const track *a, const track *b)
{
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->y[0], b->y[0], (size_t)a->n * sizeof(float));
    assert_memory_equal(a->y[1], b->y[1], (size_t)a->n * sizeof(float));
}

static const char *model_name = "m.hdf";

static gws_model *load(void)
{
    gws_err err;
    gws_model *m = gws_model_load(model_path(model_name), &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

static gws_classifier *stream_of(const gws_model *m, int block)
{
    gws_err err;
    gws_classifier *d = gws_classifier_create(m, block, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

/* Everything in one push through a fresh stream. */
static void whole(const gws_model *m, int64_t origin, int64_t begin, int64_t end, track *t)
{
    gws_classifier *d = stream_of(m, 0);
    *t = (track){0};
    push(d, t, origin, begin, end, end - begin, end - begin, NULL);
    gws_classifier_destroy(d);
}

static int setup(void **state)
{
    if (model_folder_make(state))
        return -1;
    gws_rng r = gws_rng_init(1, "signal", 0);
    for (int i = 0; i < IFOS; i++)
        for (int j = 0; j < N; j++)
            signal[i][j] = (float)gws_rng_normal(&r);
    gws_checkpoint c;
    gws_err err;
    char delayed[sizeof small_recipe + 32];
    snprintf(delayed, sizeof delayed, "%sdelays = 0,3,40\n", small_recipe);
    gws_status st = GWS_OK;
    for (int i = 0; i < 2 && !st; i++) {
        small_model_of(&c, i ? delayed : small_recipe, 4, GWS_TO_RUN);
        st = gws_checkpoint_save(&c, model_path(i ? "delays.hdf" : "m.hdf"), "test", 4, &err);
        gws_checkpoint_clear(&c);
    }
    return st ? -1 : 0;
}

static int teardown(void **state)
{
    unlink(model_path("m.hdf"));
    unlink(model_path("delays.hdf"));
    return model_folder_remove(state);
}

static void the_model_says_what_it_wants(void **state)
{
    gws_model *m = load();
    const gws_model_meta *d = gws_model_describe(m);
    assert_int_equal(d->n_ifo, IFOS);
    assert_string_equal(d->ifo[0], "H1");
    assert_string_equal(d->ifo[1], "L1");
    assert_int_equal(d->rate_hz, 2048);
    assert_int_equal(d->hop, HOP);
    assert_int_equal(d->warmup, 2048 / HOP);
    assert_string_equal(d->recipe, small_recipe);
    assert_int_equal(d->calibration[GWS_HEAD_LINEAR].n, 4);
    assert_true(d->calibration[GWS_HEAD_SPIKING].stat[0] == 5.25f && d->calibration[GWS_HEAD_LINEAR].livetime_s == 1235.5);
    assert_true(d->calibration[1].offset_s == 1.1 && d->calibration[0].threshold == -0.75);
    gws_model_destroy(m);
}

static void both_spiking_layers_are_at_work(void **state)
{
    gws_model *m = load();
    gws_classifier *d = stream_of(m, 0);
    track t = {0};
    push(d, &t, 0, 0, N, 100, 200, &(gws_rng){.seed = 1});
    gws_classifier_stats s;
    gws_classifier_get_stats(d, &s);
    printf("events %.3f, spikes %.3f and %.3f per unit and step\n", s.events, s.spikes1, s.spikes2);
    assert_int_equal(s.steps, N / HOP);
    assert_int_equal(s.bad, 0);
    assert_true(s.events > 0.02 && s.spikes1 > 0.02 && s.spikes2 > 0.02 && s.spikes1 < 0.9 && s.spikes2 < 0.9);
    double spread = 0.0;
    for (int64_t i = 1; i < t.n; i++)
        spread += fabs((double)(t.y[0][i] - t.y[0][i - 1]));
    assert_true(spread / (double)t.n > 1e-3);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
}

static void cuts_blocks_and_starts_do_not_matter(void **state)
{
    static const int blocks[] = {0, 1, 2, 3, 7, 64, 1000};
    static const int64_t piece[][2] = {{1, 1}, {1, 3}, {1, 40}, {15, 17}, {16, 16}, {1, 700}, {N, N}};
    gws_model *m = load();
    for (int start = 0; start < 12; start++) {
        gws_rng r = gws_rng_init(2, "cuts", (uint64_t)start);
        /* on a hop, beside one, before GPS 0, far away */
        const int64_t origin = start < 3   ? start - 1
                               : start < 5 ? -1000 - start
                                           : INT64_C(2048) * 1126259446 + (int64_t)gws_rng_below(&r, 99);
        track want, got;
        whole(m, origin, 0, N, &want);
        const int64_t first = -gws_floor_div(-origin, HOP);
        assert_int_equal(want.first, first);
        assert_int_equal(want.n, gws_floor_div(origin + N, HOP) - first);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
            for (size_t p = 0; p < sizeof piece / sizeof *piece; p++) {
                if (start > 1 && (b + p + (size_t)start) % 4) /* all pairs for two starts, a quarter of them for the others */
                    continue;
                for (int threads = 1; threads <= 3; threads++) { /* on several, two blocks are worked on at once */
                    gws_err err;
                    gws_pool *pool = gws_pool_create(threads, &err);
                    gws_classifier *d = gws_classifier_create_many(m, 1, blocks[b], pool, &err);
                    assert_non_null(d);
                    got = (track){0};
                    push(d, &got, origin, 0, N, piece[p][0], piece[p][1], &r);
                    assert_same(&want, &got);
                    gws_classifier_destroy(d);
                    gws_pool_destroy(pool);
                }
            }
    }
    gws_model_destroy(m);
}

/* Streams side by side, each beginning at another place of the signal, against each alone; a gap resets all of them. */
static void streams_do_not_know_each_other(void **state)
{
    enum { STREAMS = 5, SHIFT = 37, LONG = N - STREAMS * SHIFT, GAP = 3 * HOP + 5 };
    gws_model *m = load();
    for (int threads = 1; threads <= 2; threads++)
        for (int block = 3; block <= 64; block += 61) {
            gws_err err;
            static track got[STREAMS], want;
            void *user[STREAMS];
            const float *w[STREAMS * IFOS];
            gws_pool *pool = gws_pool_create(threads, &err);
            gws_classifier *d = gws_classifier_create_many(m, STREAMS, block, pool, &err);
            assert_non_null(d);
            gws_rng r = gws_rng_init(4, "streams", (uint64_t)block);
            for (int part = 0; part < 2; part++) { /* once more after a gap */
                const int64_t origin = part * (LONG + GAP);
                for (int s = 0; s < STREAMS; s++) {
                    got[s] = (track){0};
                    user[s] = &got[s];
                }
                for (int64_t at = 0; at < LONG;) {
                    int64_t n = 1 + (int64_t)gws_rng_below(&r, 300);
                    n = n < LONG - at ? n : LONG - at;
                    for (int s = 0; s < STREAMS; s++)
                        for (int i = 0; i < IFOS; i++)
                            w[s * IFOS + i] = signal[i] + s * SHIFT + at;
                    gws_classifier_push_many(d, origin + at, w, n, collect, user);
                    at += n;
                }
                for (int s = 0; s < STREAMS; s++) {
                    whole(m, origin - s * SHIFT, s * SHIFT, s * SHIFT + LONG, &want);
                    assert_same(&want, &got[s]);
                }
            }
            gws_classifier_destroy(d);
            gws_pool_destroy(pool);
        }
    gws_model_destroy(m);
}

static void a_step_is_known_with_its_last_sample(void **state)
{
    gws_model *m = load();
    gws_classifier *d = stream_of(m, 0);
    assert_int_equal(gws_classifier_delay(d), HOP - 1);
    track t = {0};
    for (int64_t i = 0; i < 500; i++) {
        push(d, &t, 3, i, i + 1, 1, 1, NULL);
        const int64_t last = i + 3; /* absolute */
        assert_int_equal(t.n, last < 2 * HOP - 1 ? 0 : (last + 1) / HOP - 1);
    }
    gws_classifier_destroy(d);
    gws_model_destroy(m);
}

static void the_future_does_not_reach_back(void **state)
{
    enum { AT = 2005 };
    gws_model *m = load();
    track a, b;
    whole(m, 0, 0, N, &a);
    const float keep = signal[1][AT];
    signal[1][AT] += 3.0f;
    whole(m, 0, 0, N, &b);
    signal[1][AT] = keep;
    for (int h = 0; h < 2; h++) {
        assert_memory_equal(a.y[h], b.y[h], (AT / HOP) * sizeof(float));
        assert_true(a.y[h][AT / HOP] != b.y[h][AT / HOP]);
    }
    gws_model_destroy(m);
}

static void a_gap_forgets_everything(void **state)
{
    gws_model *m = load();
    gws_rng r = gws_rng_init(6, "gaps", 0);
    for (int trial = 0; trial < 30; trial++) {
        const int64_t end = 100 + (int64_t)gws_rng_below(&r, 900), begin = 1000 + (int64_t)gws_rng_below(&r, 1000);
        /* forward over lost samples, or back in time: a jump is a jump */
        const int64_t origin = trial % 3 == 2 ? -50000 : trial;
        track want, got = {0};
        whole(m, origin, begin, N, &want);
        gws_classifier *d = stream_of(m, 1 + (int)gws_rng_below(&r, 20));
        push(d, &got, trial, 0, end, 1, 60, &r);
        if (trial % 3 == 1)
            gws_classifier_reset(d); /* the same by request */
        got = (track){0};
        push(d, &got, origin, begin, N, 1, 60, &r);
        assert_same(&want, &got);
        gws_classifier_destroy(d);
    }
    gws_model_destroy(m);
}

static void instruction_sets_agree(void **state)
{
    static const gws_isa vector[] = {GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    track want, got;
    int compared = 0;
    for (size_t v = 0; v < sizeof vector / sizeof *vector; v++) {
        gws_isa_limit(vector[v]);
        if (gws_kernels_get()->isa == vector[v]) {
            gws_model *m = load();
            whole(m, 7, 0, N, &got);
            gws_model_destroy(m);
            gws_isa_limit(GWS_ISA_SCALAR);
            assert_int_equal(gws_kernels_get()->isa, GWS_ISA_SCALAR);
            m = load();
            whole(m, 7, 0, N, &want);
            gws_model_destroy(m);
            assert_same(&want, &got);
            compared++;
        }
    }
    gws_isa_limit(GWS_ISA_NEON); /* lifts the limit */
    if (!compared)
        GWS_SKIP("no vector instruction set here");
}

static void ten_thousand_pushes_allocate_nothing(void **state)
{
    gws_model *m = load();
    gws_classifier *d = stream_of(m, 0);
    gws_rng r = gws_rng_init(8, "pushes", 0);
    int64_t at = 0;
    const uint64_t before = gws_alloc_count();
    for (int i = 0; i < 10000; i++) {
        const int64_t n = 1 + (int64_t)gws_rng_below(&r, 40), from = (int64_t)gws_rng_below(&r, N - 40);
        const float *w[IFOS] = {signal[0] + from, signal[1] + from};
        if (i % 1000 == 999)
            at += 12345; /* gaps too */
        gws_classifier_push(d, at, w, n, NULL, NULL);
        at += n;
    }
    assert_true(before > 0 && gws_alloc_count() == before);
    gws_classifier_stats s;
    gws_classifier_get_stats(d, &s);
    assert_true(s.steps > 10000);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
}

static void streaming_is_the_forward_pass_of_training(void **state)
{
    enum { T = N / HOP, B = 3 };
    gws_checkpoint c;
    gws_err err;
    if (gws_checkpoint_load(&c, model_path(model_name), &err))
        fail_msg("%s", err.text);
    const gws_kernels *K = gws_kernels_get();
    gws_weights w;
    gws_work k;
    assert_int_equal(gws_weights_create(&w, &c.arch, &c.table, &c.rows, GWS_TO_TRAIN, &err), GWS_OK);
    assert_int_equal(gws_work_create(&k, &c.arch, &(gws_work_shape){B, T, 4, GWS_TO_TRAIN, 1}, &err), GWS_OK);
    gws_weights_update(&w, K, NULL, c.p);
    /* a batch whose other items are something else */
    const int64_t hist = (c.arch.stem[0].kernel - c.arch.stem[0].stride), rows = hist + (int64_t)T * HOP;
    for (int b = 0; b < B; b++)
        for (int64_t j = 0; j < T * HOP; j++)
            for (int i = 0; i < IFOS; i++)
                k.x[(b * rows + hist + j) * IFOS + i] = b == 1 ? signal[i][j] : 0.5f * signal[i][N - 1 - j];
    const gws_pass pass = {.heads = 1, .anchors = 4, .first = 2, .stride = 5};
    gws_net_run(K, NULL, &w, &k, &pass, GWS_DO_ALL);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    track got;
    whole(m, 0, 0, N, &got);
    assert_int_equal(got.n, T);
    assert_memory_equal(got.y[0], k.y + T, T * sizeof(float));
    assert_memory_equal(got.y[1], k.y_lin + T, T * sizeof(float));
    assert_memory_not_equal(got.y[0], k.y, T * sizeof(float));
    gws_model_destroy(m);
    gws_work_clear(&k);
    gws_weights_clear(&w);
    gws_checkpoint_clear(&c);
}

/* The state of a stream is all that it remembers, whatever it is cut to. */
static void a_state_goes_on_elsewhere(void **state)
{
    static track want, got;
    gws_model *m = load();
    gws_classifier *d[2] = {stream_of(m, 7), stream_of(m, 64)};
    void *bytes = malloc((size_t)gws_classifier_state_bytes(d[0]));
    gws_rng r = gws_rng_init(6, "moves", 0);
    whole(m, 0, 0, N, &want);
    got = (track){0};
    assert_non_null(bytes);
    for (int64_t at = 0, i = 0; at < N; i++) {
        const int64_t n = 1 + (int64_t)gws_rng_below(&r, 200), end = at + n < N ? at + n : N;
        push(d[i % 2], &got, 0, at, end, 1, 60, &r);
        gws_classifier_state_save(d[i % 2], bytes);
        gws_classifier_state_load(d[(i + 1) % 2], bytes);
        at = end;
    }
    assert_same(&want, &got);
    free(bytes);
    gws_classifier_destroy(d[0]);
    gws_classifier_destroy(d[1]);
    gws_model_destroy(m);
}

/* What holds for a network holds for one with delays. */
static void delays_are_carried_over(void **state)
{
    model_name = "delays.hdf";
    cuts_blocks_and_starts_do_not_matter(state);
    streams_do_not_know_each_other(state);
    the_future_does_not_reach_back(state);
    a_gap_forgets_everything(state);
    instruction_sets_agree(state);
    streaming_is_the_forward_pass_of_training(state);
    a_state_goes_on_elsewhere(state);
    model_name = "m.hdf";
}

static gws_checkpoint net_of(const char *more)
{
    gws_err err;
    gws_checkpoint c;
    char recipe[sizeof small_recipe + 64];
    snprintf(recipe, sizeof recipe, "%s%s", small_recipe, more);
    if (gws_checkpoint_init(&c, recipe, 4, GWS_TO_RUN, &err))
        fail_msg("%s", err.text);
    return c;
}

static void logits_of(const gws_checkpoint *c, track *t)
{
    gws_err err;
    gws_model *m = gws_model_borrow(c, &err);
    assert_non_null(m);
    whole(m, 0, 0, N, t);
    gws_model_destroy(m);
}

/* Truth: identity.  A delay of 0 alone is no delay.  Where the weights of the present events are zero and those of three steps ago are the
 * other network's, the spiking head says the same three steps later; biases are zero, so that nothing happens before. */
static void a_delay_is_so_many_steps(void **state)
{
    enum { LATE = 3 };
    static track plain, late;
    gws_checkpoint a, b = net_of("delays = 0\n"), c = net_of("delays = 0,3\n");
    small_model(&a, 4, GWS_TO_RUN);
    assert_int_equal(a.table.total, b.table.total);
    assert_true(c.table.rows[c.rows.lif[0].w].size == 2 * a.table.rows[a.rows.lif[0].w].size);
    gws_checkpoint first = net_of("");
    assert_memory_equal(b.p, first.p, (size_t)b.table.total * sizeof *b.p);
    for (int row = 0; row < a.table.n; row++) {
        const gws_tensor *from = &a.table.rows[row], *to = &c.table.rows[row];
        const size_t bytes = (size_t)from->size * sizeof *a.p;
        if (strncmp(from->name, "lif.", 4) == 0 && strstr(from->name, ".bias"))
            memset(a.p + from->offset, 0, bytes);
        if (row == a.rows.read_b)
            memset(a.p + from->offset, 0, bytes);
        if (row == a.rows.lif[0].w)
            memset(c.p + to->offset, 0, bytes);
        memcpy(b.p + from->offset, a.p + from->offset, bytes);
        memcpy(c.p + to->offset + to->size - from->size, a.p + from->offset, bytes);
    }
    logits_of(&a, &plain);
    logits_of(&b, &late);
    assert_same(&plain, &late);
    logits_of(&c, &late);
    assert_int_equal(late.n, plain.n);
    assert_memory_equal(late.y[1], plain.y[1], (size_t)plain.n * sizeof(float));
    assert_memory_equal(late.y[0] + LATE, plain.y[0], (size_t)(plain.n - LATE) * sizeof(float));
    for (int i = 0; i < LATE; i++)
        assert_true(late.y[0][i] == 0.0f);
    assert_true(plain.y[0][0] != plain.y[0][20]);
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
    gws_checkpoint_clear(&c);
    gws_checkpoint_clear(&first);
}

static void delays_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = {"3", "0,4,4", "0,-1", "0,1.5", "0,2000", "0,1,2,3,4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gws_err err = {0};
        gws_checkpoint c;
        char recipe[sizeof small_recipe + 64];
        snprintf(recipe, sizeof recipe, "%sdelays = %s\n", small_recipe, bad[i]);
        assert_int_equal(gws_checkpoint_init(&c, recipe, 4, GWS_TO_RUN, &err), GWS_EFORMAT);
        assert_non_null(strstr(err.text, "delays"));
    }
}

static void arithmetic_that_leaves_the_numbers_is_counted(void **state)
{
    gws_model *m = load();
    gws_classifier *d = stream_of(m, 0);
    track t = {0}, want;
    gws_classifier_stats s;
    float keep[HOP];
    memcpy(keep, signal[0] + 1000, sizeof keep);
    for (int i = 0; i < HOP; i++) /* finite, but sums of a few of them are not */
        signal[0][1000 + i] = i % 2 ? -3e38f : 3e38f;
    push(d, &t, 0, 0, N, 1, 100, &(gws_rng){.seed = 3});
    memcpy(signal[0] + 1000, keep, sizeof keep);
    gws_classifier_get_stats(d, &s);
    assert_true(s.bad >= (N - 1000) / HOP); /* a recurrent state does not recover by itself */
    assert_true(s.bad <= (N - 1000) / HOP + 1);
    gws_classifier_reset(d); /* and does after a reset */
    t = (track){0};
    push(d, &t, 0, 0, N, 1, 100, &(gws_rng){.seed = 3});
    whole(m, 0, 0, N, &want);
    assert_same(&want, &t);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
}

/* A network behind a matched stem: random filters, the statistic carried to both heads. */
static gws_model *matched_model(gws_checkpoint *c)
{
    gws_err err;
    if (gws_checkpoint_init(c,
                            "[model]\ndetectors=H1,L1\nstem=matched\ntemplates=19\ntaps=300\nafter=40\nreach=0,6\nchannels=12,16\n"
                            "kernels=2,3\nstrides=1,1\nlif=24,16\nhorizons=3\nlevels=4\ngate=1\ncontext_memory=64\n",
                            3, GWS_TO_RUN, &err))
        fail_msg("%s", err.text);
    const gws_tensor *t = c->table.rows;
    gws_rng r = gws_rng_init(8, "jitter", 0);
    for (int row = 0; row < c->table.n; row++)
        for (int64_t i = 0; i < t[row].size; i++)
            c->p[t[row].offset + i] += (float)(0.06 * gws_rng_normal(&r));
    gws_model *m = gws_model_borrow(c, &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

static void a_matched_stem_gives_the_same_bytes_for_any_cut(void **state)
{
    static const int64_t piece[][2] = {{1, 40}, {31, 33}, {128, 128}, {1, 1900}, {N, N}};
    gws_checkpoint c;
    gws_model *m = matched_model(&c);
    for (int start = 0; start < 3; start++) {
        gws_rng r = gws_rng_init(2, "cuts", (uint64_t)start);
        const int64_t origin = start ? INT64_C(2048) * 1126259446 + 77 * start : 0;
        track want, got;
        whole(m, origin, 0, N, &want);
        assert_int_equal(want.first, -gws_floor_div(-origin, 32));
        /* the step after the last is one that the delay allows to be missing, and the delay is no longer than its parts */
        gws_classifier *d = stream_of(m, 0);
        const int64_t delay = gws_classifier_delay(d), missing = want.first + want.n;
        gws_classifier_destroy(d);
        assert_true(32 * missing + delay >= origin + N);
        assert_true(delay < 4 * (40 + 6 + 8) + 4 * 32 + 64);
        for (int block = 0; block < 20; block += 7)
            for (size_t p = 0; p < sizeof piece / sizeof *piece; p++)
                for (int threads = 1; threads <= 3; threads++) {
                    gws_err err;
                    gws_pool *pool = gws_pool_create(threads, &err);
                    d = gws_classifier_create_many(m, 1, block, pool, &err);
                    assert_non_null(d);
                    /* something else in front, which the gap makes forget */
                    got = (track){0};
                    push(d, &got, origin + 3 * N, 0, 1000, 7, 70, &r);
                    got = (track){0};
                    push(d, &got, origin, 0, N, piece[p][0], piece[p][1], &r);
                    assert_same(&want, &got);
                    gws_classifier_destroy(d);
                    gws_pool_destroy(pool);
                }
    }
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_says_what_it_wants),
        cmocka_unit_test(both_spiking_layers_are_at_work),
        cmocka_unit_test(cuts_blocks_and_starts_do_not_matter),
        cmocka_unit_test(streams_do_not_know_each_other),
        cmocka_unit_test(a_matched_stem_gives_the_same_bytes_for_any_cut),
        cmocka_unit_test(a_step_is_known_with_its_last_sample),
        cmocka_unit_test(the_future_does_not_reach_back),
        cmocka_unit_test(a_gap_forgets_everything),
        cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(ten_thousand_pushes_allocate_nothing),
        cmocka_unit_test(streaming_is_the_forward_pass_of_training),
        cmocka_unit_test(a_state_goes_on_elsewhere),
        cmocka_unit_test(delays_are_carried_over),
        cmocka_unit_test(a_delay_is_so_many_steps),
        cmocka_unit_test(delays_that_are_none_are_refused),
        cmocka_unit_test(arithmetic_that_leaves_the_numbers_is_counted),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, setup, teardown), (int)(sizeof tests / sizeof *tests));
}
