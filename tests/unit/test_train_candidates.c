/* Training on candidates of the statistic.
 *
 * Truth: identity and counting by hand.  A candidate's peak is the loudest of its cluster; an untrained network's distance is the bare
 * statistic's to the last bit; ratios of a handful of events; threads, a file of candidates and a stop in the middle change no bit.
 */
#include "gwstest.h"

#include "train/bank.h"
#include "train/candidates.h"
#include "train/distance.h"
#include "train/tail.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECIPE                                                                                                                     \
    "[model]\nstem=matched\ntemplates=5\ntaps=512\nafter=18\nreach=0,6\nchannels=16,32\nkernels=1,3\nstrides=1,1\nlif=24,16\n"     \
    "horizons=3\nlevels=8\ncontext_memory=16\n[bank]\ncandidates=40\n[data]\nwindow_s=3\nmerger_min_s=1.9\nmerger_max_s=2.2\n"     \
    "signals=24\nvalid_signals=16\ntest_signals=16\nnoise_s=64\nvalid_noise_s=64\ntest_noise_s=64\nstretch_s=32\npsd_spread=0\n"   \
    "mass_min=20\nglitches=blip=360\nsnr_min=5\nsnr_max=20\nsnr_power=4\nsnr_tail=0\n[candidates]\ndays=0.02\nvalid_days=0."       \
    "01\ntest_days=0.01\n"                                                                                                         \
    "slides=2\nfloor=14\nvalid_floor=14\ntest_floor=14\nsignals=40\nvalid_signals=160\ntest_signals=40\nbefore=40\nmost=4000\n"    \
    "[search]\nsmooth=1\ngap_s=0.25\n[target]\npositive_weight=1\nmetric=2.5\n[train]\nseed=1\nbatch=8\nevaluate_"                 \
    "every=2\n"                                                                                                                    \
    "[pretrain]\nsteps=2\nanchors=3\n[classify]\nsteps=5\nlr=0.03\nwarmup=1\n[joint]\nsteps=3\nanchors=2\n[calibrate]\n"           \
    "background_hours=0.1\nwindows=2\nquantile=0.99\n"

static char folder[256];

static const char *at(const char *name)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* What candidates are made of. */
typedef struct bench {
    gws_checkpoint c;
    gws_dataset *data;
    gws_windows *windows;
    gws_candidate_params p;
    gws_pool *pool;
} bench;

/* The windows keep a pointer to the network, so a bench stays where it was made. */
static void open_bench(bench *at, int threads)
{
    gws_err err;
    memset(at, 0, sizeof *at);
    gws_ini *ini = gws_ini_parse(RECIPE, "recipe", &err);
    at->pool = gws_pool_create(threads, &err);
    if (!ini || gws_checkpoint_init(&at->c, RECIPE, 1, GWS_TO_TRAIN, &err) || gws_train_bank(ini, &at->c, at->pool, &err) ||
        gws_candidate_params_from_ini(ini, 1, &at->p, &err) ||
        !(at->data = gws_dataset_create(ini, GWS_SPLIT_TRAIN, 1, NULL, at->pool, NULL, &err)) ||
        !(at->windows = gws_windows_create(&at->c, gws_dataset_samples(at->data), threads, &err)))
        fail_msg("%s", err.text);
    gws_ini_destroy(ini);
}

static gws_candidates make(bench *b, gws_split split)
{
    gws_err err;
    gws_candidates c;
    if (gws_candidates_make(&b->p, split, &(gws_candidate_tools){b->windows, b->data, b->pool, {0}}, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

static void close_bench(bench *b)
{
    gws_windows_destroy(b->windows);
    gws_dataset_destroy(b->data);
    gws_checkpoint_clear(&b->c);
    gws_pool_destroy(b->pool);
}

static void a_candidate_is_the_loudest_of_its_cluster(void **state)
{
    bench b;
    open_bench(&b, 2);
    gws_candidates c = make(&b, GWS_SPLIT_TRAIN);
    assert_true(c.noise > 20 && c.n > c.noise + 10 && c.before == 40 && c.T == 60);
    assert_true(c.livetime_s > 0.02 * 86400.0 - 1.0 && c.livetime_s < 0.02 * 86400.0 + 600.0);
    for (int64_t i = 0; i < c.n; i++) {
        const float *x = c.x + i * c.T * c.inputs, peak = x[c.before * c.inputs];
        const int64_t near = i < c.noise ? 16 : 6;
        assert_true(peak * GWS_STEM_UNIT >= 14.0f);
        for (int64_t k = c.before - near; k <= c.before + near; k++)
            assert_true(x[k * c.inputs] <= peak);
        assert_true((c.mass1[i] > 0.0) == (i >= c.noise));
    }
    gws_candidates_clear(&c);
    close_bench(&b);
}

static void threads_change_no_bit(void **state)
{
    bench one, three;
    open_bench(&one, 1);
    open_bench(&three, 3);
    gws_candidates a = make(&one, GWS_SPLIT_TRAIN), b = make(&three, GWS_SPLIT_TRAIN), other = make(&one, GWS_SPLIT_VALID);
    assert_true(a.n == b.n && a.noise == b.noise);
    assert_memory_equal(a.x, b.x, (size_t)(a.n * a.T * a.inputs) * sizeof *a.x);
    assert_true(memcmp(a.x, other.x, (size_t)(a.T * a.inputs) * sizeof *a.x) != 0); /* another split is other noise */
    gws_candidates_clear(&a);
    gws_candidates_clear(&b);
    gws_candidates_clear(&other);
    close_bench(&one);
    close_bench(&three);
}

/* Conditioned noise is whitened with estimates, which leaves its statistic a little louder than white noise's: the same order of candidates,
 * others than those, and the same bits for any number of threads. */
static void conditioned_noise_is_another_noise(void **state)
{
    gws_candidates c[3];
    for (int i = 0; i < 3; i++) {
        bench b;
        open_bench(&b, i == 1 ? 3 : 1);
        b.p.conditioned = i < 2;
        c[i] = make(&b, GWS_SPLIT_TRAIN);
        close_bench(&b);
    }
    const size_t row = (size_t)(c[0].T * c[0].inputs);
    assert_int_equal(c[0].n, c[1].n);
    assert_memory_equal(c[0].x, c[1].x, (size_t)c[0].n * row * sizeof *c[0].x);
    assert_true(c[0].noise > c[2].noise / 2 && c[0].noise < 2 * c[2].noise);
    assert_true(memcmp(c[0].x, c[2].x, row * sizeof *c[0].x) != 0);
    for (int64_t i = 0; i < c[0].n; i++)
        assert_true(i < c[0].noise ? c[0].loudness[i] == 0.0 : c[0].loudness[i] > 0.0);
    for (int i = 0; i < 3; i++)
        gws_candidates_clear(&c[i]);
}

/* Glitches at 360 an hour and detector, of SNR 7.5 to 100: candidates that no quiet noise has lie behind those of quiet noise, which stay as
 * they were.  A statistic of 100 is an SNR of 14.  As many days without slides are three stretches in place of one, of which the first is
 * that one. */
static void disturbed_noise_comes_behind_quiet_noise(void **state)
{
    gws_candidates c[3];
    for (int i = 0; i < 3; i++) {
        bench b;
        open_bench(&b, 2);
        assert_int_equal(b.p.disturbed_slides, b.p.slides);
        b.p.disturbed[GWS_SPLIT_TRAIN] = i ? b.p.days[GWS_SPLIT_TRAIN] : 0.0;
        b.p.disturbed_slides = i < 2 ? b.p.slides : 0;
        c[i] = make(&b, GWS_SPLIT_TRAIN);
        close_bench(&b);
    }
    const int64_t row = c[0].T * c[0].inputs;
    assert_true(c[0].quiet == c[0].noise && c[1].livetime_s == 2.0 * c[1].quiet_s);
    for (int i = 1; i < 3; i++) {
        assert_true(c[i].quiet == c[0].noise && c[i].noise > c[i].quiet && c[i].quiet_s == c[0].livetime_s);
        assert_memory_equal(c[0].x, c[i].x, (size_t)(c[0].quiet * row) * sizeof *c[0].x);
        float most[2] = {0.0f, 0.0f};
        for (int64_t k = 0; k < c[i].noise; k++)
            most[k >= c[i].quiet] = fmaxf(most[k >= c[i].quiet], c[i].x[k * row + c[i].before * c[i].inputs] * GWS_STEM_UNIT);
        assert_true(most[0] < 40.0f && most[1] > 100.0f);
    }
    assert_true(c[2].livetime_s - c[2].quiet_s > c[1].quiet_s && c[2].livetime_s - c[2].quiet_s < c[1].quiet_s + 10.0);
    int found = 0;
    for (int64_t k = c[2].quiet; k < c[2].noise && !found; k++)
        found = memcmp(c[2].x + k * row, c[1].x + c[1].quiet * row, (size_t)row * sizeof *c[1].x) == 0;
    assert_true(found);
    for (int i = 0; i < 3; i++)
        gws_candidates_clear(&c[i]);
}

static void more_than_fits_is_refused(void **state)
{
    gws_err err;
    gws_candidates c;
    bench b;
    open_bench(&b, 1);
    const gws_candidate_tools with = {b.windows, b.data, b.pool, {0}};
    b.p.most = 3;
    assert_int_equal(gws_candidates_make(&b.p, GWS_SPLIT_TRAIN, &with, &c, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "most = 3"));
    b.p.most = 4000;
    b.p.before = 1000;
    assert_int_equal(gws_candidates_make(&b.p, GWS_SPLIT_TRAIN, &with, &c, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "window_s"));
    close_bench(&b);
}

static int count_call(void *user, double done, double all, const char *note)
{
    ++*(int *)user;
    return 0;
}

/* Truth: the count of a tenth of the noise, the stretches that come first.  It fits, ten times it is far too much, and no more is looked at. */
static void a_floor_that_is_far_too_low_is_refused_early(void **state)
{
    gws_err err;
    bench b;
    int calls = 0;
    open_bench(&b, 1);
    b.p.slides = 0;
    b.p.signals[GWS_SPLIT_TRAIN] = 0;
    b.p.days[GWS_SPLIT_TRAIN] = 8 * 590.0 / 86400.0; /* a lot of one thread */
    gws_candidates c = make(&b, GWS_SPLIT_TRAIN);
    const int64_t tenth = c.noise;
    gws_candidates_clear(&c);
    assert_true(tenth >= 100);
    b.p.days[GWS_SPLIT_TRAIN] *= 10;
    b.p.most = 3 * tenth;
    const gws_candidate_tools with = {b.windows, b.data, b.pool, {count_call, &calls}};
    assert_int_equal(gws_candidates_make(&b.p, GWS_SPLIT_TRAIN, &with, &c, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "windows of noise, more than most = "));
    assert_int_equal(calls, 0);
    close_bench(&b);
}

/* One day: 30 a month are 1 event, 100 are 3, 300 are 10, 1000 are 33. */
static void a_distance_is_counted(void **state)
{
    enum { NOISE = 40, N = 45 };
    gws_err err;
    gws_distance d;
    float bare[N], stat[N];
    double worth[N] = {0};
    const gws_distance_events all = {
        .n = N, .noise = NOISE, .worth = worth, .livetime_s = 86400.0, .quiet = NOISE, .quiet_s = 86400.0};
    for (int i = 0; i < NOISE; i++) {
        bare[i] = (float)(NOISE - i);                                   /* 40, 39, ... 1 */
        stat[(i * 7) % NOISE] = 2.0f * bare[i] + (i < 2 ? 3.0f : 0.0f); /* 83, 81, 76, ...; the order does not matter */
    }
    const float signal_bare[5] = {39.5f, 39.0f, 37.5f, 30.5f, 7.0f}, signal_stat[5] = {81.5f, 81.0f, 73.0f, 60.5f, 15.0f};
    for (int i = 0; i < 5; i++) {
        bare[NOISE + i] = signal_bare[i];
        stat[NOISE + i] = signal_stat[i];
        worth[NOISE + i] = (double)(1 << i);
    }
    assert_true(gws_distance_threshold(bare, NOISE, 86400.0, 30.0, &err) == 39.0);
    assert_true(gws_distance_threshold(bare, NOISE, 86400.0, 1000.0, &err) == 7.0);
    assert_true(isnan(gws_distance_threshold(bare, NOISE, 86400.0, 1200.0, &err)));
    assert_int_equal(gws_distance_measure(&all, stat, bare, 50, &d, &err), GWS_OK);
    /* 30 a month: above 39 lies 39.5; above 81 lies 81.5 */
    assert_true(d.ratio[0] == 1.0);
    /* 100: above 37 lie 39.5, 39 and 37.5 (1 + 2 + 4); above 74 lie 81.5 and 81 (1 + 2) */
    assert_true(fabs(d.ratio[1] - cbrt(3.0 / 7.0)) < 1e-14);
    /* 300: above 30 lie four (15); above 60 lie four */
    assert_true(d.ratio[2] == 1.0);
    /* 1000: above 7 lie four (15), 7 itself does not; above 14 lie five (31) */
    assert_true(fabs(d.ratio[3] - cbrt(31.0 / 15.0)) < 1e-14);
    assert_true(fabs(d.mean - (2.0 + cbrt(3.0 / 7.0)) / 3.0) < 1e-14 && d.error[1] > 0.0);
    assert_int_equal(gws_distance_measure(&all, bare, bare, 50, &d, &err), GWS_OK);
    assert_true(d.mean == 1.0 && d.mean_error == 0.0);
    /* Quiet noise of half the time holds the 20 loudest: 300 a month lets 5 pass, so that above 35 lie three (7) where 30 lets four. */
    gws_distance_events part = all;
    part.quiet = NOISE / 2;
    part.quiet_s = 43200.0;
    assert_int_equal(gws_distance_measure(&part, bare, bare, 50, &d, &err), GWS_OK);
    assert_true(fabs(d.ratio[2] - cbrt(15.0 / 7.0)) < 1e-14);
}

static void untrained_the_distance_is_the_bare_statistics(void **state)
{
    gws_err err;
    gws_step_params sp;
    gws_distance d[2];
    double offset[2];
    bench b;
    open_bench(&b, 2);
    gws_ini *ini = gws_ini_parse(RECIPE, "recipe", &err);
    gws_candidates train = make(&b, GWS_SPLIT_TRAIN), valid = make(&b, GWS_SPLIT_VALID);
    const int64_t noise = train.noise, per_stretch = train.T * train.inputs;
    const double livetime_s = train.livetime_s;
    float *peaks = malloc((size_t)noise * sizeof *peaks);
    for (int64_t i = 0; i < noise; i++)
        peaks[i] = train.x[i * per_stretch + train.before * train.inputs] * GWS_STEM_UNIT;
    assert_int_equal(gws_step_params_from_ini(ini, &sp, &err), GWS_OK);
    gws_stepper *s = gws_stepper_create(&sp, &b.c, train.T, b.pool, &err);
    const gws_tail_params p = {.seed = 5, .signal_share = 0.5, .positive = 1.0, .metric = 2.5};
    gws_tail *t = gws_tail_create(&p, &train, &valid, &b.c, s, &err);
    if (!t)
        fail_msg("%s", err.text);
    assert_int_equal(gws_tail_measure(t, 20, d, &err), GWS_OK);
    for (int h = 0; h < 2; h++)
        assert_true(d[h].mean == 1.0 && d[h].mean_error == 0.0);
    /* the linear head's offset is the statistic itself at that rate */
    gws_tail_offsets(t, offset);
    assert_true(offset[1] == gws_distance_threshold(peaks, noise, livetime_s, 100.0, &err));
    assert_true(offset[0] < offset[1]); /* the leaky membrane has a scale of its own */
    assert_true(gws_tail_positive(t) > 0.0 && isfinite(gws_tail_positive(t)));
    /* another readout is another search */
    for (int i = 0; i < b.c.arch.C; i++)
        b.c.p[b.c.table.rows[b.c.rows.lin_w].offset + i] = i % 2 ? 6.0f : -6.0f;
    gws_stepper_renew(s);
    assert_int_equal(gws_tail_measure(t, 20, d, &err), GWS_OK);
    assert_true(d[0].mean == 1.0 && d[1].mean != 1.0 && d[1].mean_error > 0.0);
    gws_tail_destroy(t);
    gws_stepper_destroy(s);
    free(peaks);
    gws_ini_destroy(ini);
    close_bench(&b);
}

/* Asks for a stop are counted: at the last one before the last report in which a head of classify was better than ever, and that is one
 * while it was measured. */
typedef struct asking {
    int64_t asked, better, stop_at; /* stop_at 0: never */
    double best[2];
} asking;

static int ask(void *user)
{
    asking *a = user;
    return ++a->asked == a->stop_at;
}

static void look(void *user, const gws_train_report *r)
{
    asking *a = user;
    for (int h = 0; h < 2 && r->measured && strcmp(r->phase, "classify") == 0; h++)
        if (r->distance[h].mean > a->best[h]) {
            a->best[h] = r->distance[h].mean;
            a->better = a->asked;
        }
}

static const char *recipe_text = RECIPE, *held_out;

static gws_status train(const char *out, const char *candidates, int threads, int64_t stop_after, int resume, asking *a,
                        gws_err *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s", at(out));
    gws_pool *pool = gws_pool_create(threads, err);
    const gws_train_options o = {.recipe = recipe_text,
                                 .recipe_name = "recipe",
                                 .out = path,
                                 .command = "test",
                                 .candidates = candidates,
                                 .held_out = held_out,
                                 .stop_after = stop_after,
                                 .resume = resume,
                                 .stop = a ? ask : NULL,
                                 .report = a ? look : NULL,
                                 .user = a,
                                 .pool = pool};
    const gws_status st = gws_train_run(&o, err);
    gws_pool_destroy(pool);
    return st;
}

static gws_checkpoint checkpoint(const char *name)
{
    gws_err err;
    gws_checkpoint c;
    if (gws_checkpoint_load(&c, at(name), &err))
        fail_msg("%s", err.text);
    return c;
}

/* With an average of the parameters: it is what is measured, and a run that was stopped has the same. */
static void an_average_is_kept_when_it_is_the_best(const char *candidates)
{
    gws_err err;
    int better = 0;
    recipe_text = RECIPE "[train]\naverage=3\n";
    assert_int_equal(train("whole.hdf", candidates, 2, 10, 0, NULL, &err), GWS_ESTOP); /* the last step */
    assert_int_equal(train("cut.hdf", candidates, 1, 4, 0, NULL, &err), GWS_ESTOP);    /* the first of classify that is measured */
    gws_checkpoint c = checkpoint("cut.hdf.ckpt");
    for (int row = 0; row < c.table.n; row++) {
        const gws_tensor *r = &c.table.rows[row];
        const size_t bytes = (size_t)r->size * sizeof *c.p;
        const int group = gws_step_group(r->name), head = group == GWS_GROUP_LINEAR;
        if ((group == GWS_GROUP_SPIKING || head) && c.best_score[head] > 1.0) {
            assert_memory_equal(c.best + r->offset, c.average + r->offset, bytes);
            better += memcmp(c.best + r->offset, c.p + r->offset, bytes) != 0;
        }
    }
    assert_true(better > 0);
    gws_checkpoint_clear(&c);
    assert_int_equal(train("cut.hdf", candidates, 1, 6, 1, NULL, &err), GWS_ESTOP);
    c = checkpoint("cut.hdf.ckpt");
    gws_checkpoint whole = checkpoint("whole.hdf.ckpt");
    const size_t bytes = (size_t)c.table.total * sizeof *c.p;
    assert_true(c.step == 10 && whole.step == 10);
    assert_memory_equal(c.p, whole.p, bytes);
    assert_memory_equal(c.average, whole.average, bytes);
    assert_memory_equal(c.best, whole.best, bytes);
    assert_memory_equal(c.best_score, whole.best_score, sizeof c.best_score);
    gws_checkpoint_clear(&c);
    gws_checkpoint_clear(&whole);
    assert_true(unlink(at("whole.hdf.ckpt")) == 0 && unlink(at("cut.hdf.ckpt")) == 0);
    recipe_text = RECIPE;
}

/* Another seed of the weights begins elsewhere on the same data, for which a file serves both; none is that of the data. */
static void a_seed_of_the_weights_shares_the_candidates(const char *candidates)
{
    static const char *const seeds[3] = {RECIPE, RECIPE "[train]\nweights_seed=1\n", RECIPE "[train]\nweights_seed=2\n"};
    gws_err err;
    gws_checkpoint c[3];
    for (int i = 0; i < 3; i++) {
        recipe_text = seeds[i];
        if (train("seed.hdf", candidates, 2, 4, 0, NULL, &err) != GWS_ESTOP)
            fail_msg("%s", err.text);
        c[i] = checkpoint("seed.hdf.ckpt");
    }
    const gws_table *t = &c[0].table;
    const gws_tensor *w = &t->rows[c[0].rows.lif[0].w], *bank = &t->rows[c[0].rows.bank];
    assert_memory_equal(c[1].p, c[0].p, (size_t)t->total * sizeof *c[0].p);
    assert_memory_equal(c[2].p + bank->offset, c[0].p + bank->offset, (size_t)bank->size * sizeof *c[0].p);
    assert_memory_not_equal(c[2].p + w->offset, c[0].p + w->offset, (size_t)w->size * sizeof *c[0].p);
    char other[] = RECIPE;
    strstr(other, "[train]\nseed=1")[13] = '2';
    recipe_text = other;
    assert_int_equal(train("seed.hdf", candidates, 2, 4, 0, NULL, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "another seed"));
    for (int i = 0; i < 3; i++)
        gws_checkpoint_clear(&c[i]);
    assert_int_equal(unlink(at("seed.hdf.ckpt")), 0);
    recipe_text = RECIPE;
}

/* The distance that a training says is that of the logits that it kept, counted again from them; untrained, the linear head's logit is the
 * statistic at the peak. */
static void what_was_held_out_is_kept(const char *path, const char *candidates)
{
    static const char *const split[2] = {"valid", "test"}, *const head[2] = {"spiking", "linear"};
    gws_err err;
    int trained = 0;
    gws_h5 *f = gws_h5_open(path, &err), *c = gws_h5_open(candidates, &err);
    assert_true(f && c);
    for (int s = 0; s < 2; s++) {
        gws_h5_info info;
        gws_distance_events e = {0};
        gws_distance d;
        double said;
        char name[64];
        snprintf(name, sizeof name, "/%s/x", split[s]);
        assert_int_equal(gws_h5_stat(c, name, &info, &err), GWS_OK);
        const int64_t n = e.n = info.shape[0], row = info.shape[1] * info.shape[2];
        float *x = malloc((size_t)(n * row) * sizeof *x), *stat = malloc((size_t)n * sizeof *stat),
              *bare = malloc((size_t)n * sizeof *bare);
        double *worth = malloc((size_t)n * sizeof *worth), *kind = malloc((size_t)n * sizeof *kind);
        assert_int_equal(gws_h5_read_f32(c, name, 0, n * row, x, &err), GWS_OK);
#define AT(...) (snprintf(name, sizeof name, __VA_ARGS__), name)
        assert_int_equal(gws_h5_read_f64(f, AT("/%s/weight", split[s]), 0, n, worth, &err), GWS_OK);
        assert_int_equal(gws_h5_read_f64(f, AT("/%s/kind", split[s]), 0, n, kind, &err), GWS_OK);
        assert_int_equal(gws_h5_attr_f64(f, name, "livetime_s", &e.livetime_s, &err), GWS_OK);
        assert_int_equal(gws_h5_attr_f64(f, name, "quiet_s", &e.quiet_s, &err), GWS_OK);
        e.worth = worth;
        for (int64_t i = 0; i < n; i++) {
            e.quiet += kind[i] == 0.0;
            e.noise += kind[i] < 2.0;
            assert_true((i == 0 || kind[i] >= kind[i - 1]) && (kind[i] == 2.0 || worth[i] == 1.0));
        }
        assert_true(e.quiet > 0 && e.quiet == e.noise && e.noise < n);
        for (int h = 0; h < 2; h++) {
            assert_int_equal(gws_h5_read_f32(f, AT("/%s/untrained_%s", split[s], head[h]), 0, n, bare, &err), GWS_OK);
            assert_int_equal(gws_h5_read_f32(f, AT("/%s/logit_%s", split[s], head[h]), 0, n, stat, &err), GWS_OK);
            assert_int_equal(gws_h5_attr_f64(f, name, "distance", &said, &err), GWS_OK);
            assert_int_equal(gws_distance_measure(&e, stat, bare, 0, &d, &err), GWS_OK);
            assert_true(d.mean == said && said > 0.0);
            trained += memcmp(stat, bare, (size_t)n * sizeof *stat) != 0;
            for (int64_t i = 0; i < n && h == 1; i++)
                assert_true(bare[i] >= x[i * row + 40 * info.shape[2]] * GWS_STEM_UNIT);
        }
        for (int i = 0; i < 2; i++) {
            assert_int_equal(gws_h5_read_f32(f, AT("/%s/%s_per_s", split[s], i ? "events" : "spikes"), 0, n, stat, &err), GWS_OK);
            for (int64_t k = 0; k < n; k++)
                assert_true(stat[k] >= 0.0f && stat[k] < 64.0f * 48.0f && fmod((double)stat[k] * 60.0 / 64.0 + 1e-3, 1.0) < 2e-3);
        }
#undef AT
        free(x);
        free(stat);
        free(bare);
        free(worth);
        free(kind);
    }
    assert_true(trained > 0); /* the caller's training has improved a head */
    gws_h5_close(f);
    gws_h5_close(c);
    assert_int_equal(unlink(path), 0);
}

static void a_stop_and_a_file_of_candidates_change_no_bit(void **state)
{
    gws_err err;
    gws_checkpoint a, b, c, half;
    char file[512];
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/candidates.hdf", folder);
    char kept[512];
    snprintf(kept, sizeof kept, "%s/kept.hdf", folder);
    held_out = kept;
    asking whole = {.best = {1.0, 1.0}}, half_way = {0};
    if (train("a.hdf", NULL, 1, 0, 0, &whole, &err))
        fail_msg("%s", err.text);
    held_out = NULL;
    assert_true(whole.better > 0);
    assert_int_equal(train("b.hdf", file, 2, 5, 0, NULL, &err), GWS_ESTOP); /* the file is written */
    double loud = 0.0;
    gws_h5 *f = gws_h5_open(file, &err);
    gws_h5_info info;
    assert_non_null(f);
    assert_int_equal(gws_h5_stat(f, "/test/loudness", &info, &err), GWS_OK);
    assert_int_equal(gws_h5_read_f64(f, "/test/loudness", info.shape[0] - 1, 1, &loud, &err), GWS_OK);
    assert_true(loud > 0.0); /* the last is a signal */
    gws_h5_close(f);
    assert_int_equal(gws_checkpoint_load(&half, at("b.hdf.ckpt"), &err), GWS_OK);
    assert_true(half.best && half.best_score[0] >= 1.0 && half.best_score[1] >= 1.0); /* never below the start */
    if (train("b.hdf", file, 2, 0, 1, NULL, &err))                                    /* and read */
        fail_msg("%s", err.text);
    half_way.stop_at = whole.better; /* while that was measured which turned out to be the best */
    assert_int_equal(train("c.hdf", file, 1, 0, 0, &half_way, &err), GWS_ESTOP);
    assert_non_null(strstr(err.text, "stopped after classify step"));
    if (train("c.hdf", file, 1, 0, 1, NULL, &err))
        fail_msg("%s", err.text);
    assert_int_equal(gws_checkpoint_load(&a, at("a.hdf"), &err), GWS_OK);
    assert_int_equal(gws_checkpoint_load(&b, at("b.hdf"), &err), GWS_OK);
    assert_int_equal(gws_checkpoint_load(&c, at("c.hdf"), &err), GWS_OK);
    assert_memory_equal(a.p, b.p, (size_t)a.table.total * sizeof *a.p);
    assert_memory_equal(a.p, c.p, (size_t)a.table.total * sizeof *a.p);
    assert_true(!a.best && a.card && strcmp(a.card, b.card) == 0 && strstr(a.card, "test candidates"));
    what_was_held_out_is_kept(kept, file);
    an_average_is_kept_when_it_is_the_best(file);
    a_seed_of_the_weights_shares_the_candidates(file);
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
    gws_checkpoint_clear(&c);
    gws_checkpoint_clear(&half);
    static const char *const names[] = {"a.hdf", "b.hdf", "c.hdf", "a.hdf.ckpt", "b.hdf.ckpt", "c.hdf.ckpt", "candidates.hdf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(at(names[i]));
    assert_int_equal(rmdir(folder), 0);
}

static void a_recipe_that_cannot_be_measured_is_refused(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } wrong[] = {{"valid_days=0.01", "valid_days=0.00", "wanted for training"},
                 {"test_signals=40", "test_signals=00", "wanted for training"},
                 {"gap_s=0.25", "gap_s=1e99", "gap_s"},
                 {"metric=2.5", "loudness=9", "loudness"},
                 {"days=0.02", "days=0.00", "nothing would be"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gws_err err = {0};
        char recipe[sizeof RECIPE];
        memcpy(recipe, RECIPE, sizeof recipe);
        char *at_key = strstr(recipe, wrong[i].from);
        assert_non_null(at_key);
        memcpy(at_key, wrong[i].to, strlen(wrong[i].to));
        for (char *rest = at_key + strlen(wrong[i].to); rest < at_key + strlen(wrong[i].from); rest++)
            *rest = ' ';
        const gws_train_options o = {
            .recipe = recipe, .recipe_name = "recipe", .out = "/none", .command = "test", .candidates = "/none.hdf"};
        assert_true(gws_train_run(&o, &err) != GWS_OK);
        assert_non_null(strstr(err.text, wrong[i].says));
    }
}

int main(void)
{
    const char *t = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/gws-candidates-XXXXXX", t && *t ? t : P_tmpdir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_candidate_is_the_loudest_of_its_cluster),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(conditioned_noise_is_another_noise),
        cmocka_unit_test(disturbed_noise_comes_behind_quiet_noise),
        cmocka_unit_test(more_than_fits_is_refused),
        cmocka_unit_test(a_floor_that_is_far_too_low_is_refused_early),
        cmocka_unit_test(a_distance_is_counted),
        cmocka_unit_test(untrained_the_distance_is_the_bare_statistics),
        cmocka_unit_test(a_stop_and_a_file_of_candidates_change_no_bit),
        cmocka_unit_test(a_recipe_that_cannot_be_measured_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
