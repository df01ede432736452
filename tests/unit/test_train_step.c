/* The optimizer step and the run around it against their promises: micro batches add up, threads change nothing, a stopped
 * run goes on as if it had not been stopped, numbers that are not finite are named, every phase trains what it says.  All of it
 * identities. */
#include "gwstest.h"

#include "base/rng.h"
#include "nn/loss.h"
#include "nn/optim.h"
#include "train/step.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { T = 32, HOP = 16, IFOS = 2, NX = T * HOP * IFOS };

#define MODEL "[model]\ndetectors=H1,L1\nrate_hz=2048\nchannels=8,16,16\nkernels=8,4,4\nstrides=4,2,2\nlif=24,16\nhorizons=3\n"

/* What the windows hold: noise, with a bump in every other window where its target is. */
typedef struct source {
    int64_t nan_window; /* -1: none */
    int calls;
} source;

static void load(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    source *s = user;
    s->calls++;
    for (int b = 0; b < n; b++) {
        const int64_t k = first + b;
        gws_rng r = gws_rng_init(5, "test window", (uint64_t)k);
        double noise[NX];
        gws_rng_normal_at(&r, 0, noise, NX);
        for (int i = 0; i < NX; i++)
            x[b * x_next + i] = (float)noise[i];
        for (int t = 0; t < T; t++) {
            target[b * T + t] = k % 2 && t >= 20 && t < 24 ? 1.0f : 0.0f;
            weight[b * T + t] = t < 4 ? 0.0f : target[b * T + t] > 0.0f ? 4.0f : 1.0f;
            for (int i = 0; target[b * T + t] > 0.0f && i < HOP * IFOS; i++)
                x[b * x_next + t * HOP * IFOS + i] += 1.0f;
        }
        if (k == s->nan_window)
            x[b * x_next + NX / 2] = NAN;
    }
}

static gws_step_params params_of(int64_t batch, int64_t accumulate)
{
    const gws_phase all = {.steps = 20,
                           .warmup = 4,
                           .lr = 2e-3,
                           .cpc = 0.5,
                           .spiking = 1.0,
                           .linear = 0.7,
                           .distil = 0.25,
                           .anchors = 6,
                           .rates = 0.1,
                           .spike_target = 200.0,
                           .event_target = 300.0};
    gws_step_params p = {.seed = 2,
                         .batch = batch,
                         .accumulate = accumulate,
                         .clip = 1.0,
                         .weight_decay = 0.01,
                         .beta2 = 0.99,
                         .temperature = 0.1,
                         .spiking_lr = 0.1,
                         .phase = {all, all, all}};
    p.phase[GWS_CLASSIFY].anchors = 0;
    return p;
}

static gws_checkpoint fresh(void)
{
    gws_checkpoint c;
    gws_err err;
    assert_int_equal(gws_checkpoint_init(&c, MODEL, 9, GWS_TO_TRAIN, &err), GWS_OK);
    /* larger weights than a start has: with spikes in both layers from the first step on */
    for (int r = 0; r < c.table.n; r++)
        if (strncmp(c.table.rows[r].name, "lif.", 4) == 0 && strstr(c.table.rows[r].name, ".weight"))
            for (int64_t i = 0; i < c.table.rows[r].size; i++)
                c.p[c.table.rows[r].offset + i] *= 3.0f;
    return c;
}

/* Steps of one phase; the last step's gradient is copied if asked for. */
static gws_step_result run(gws_checkpoint *c, int phase, int64_t batch, int64_t accumulate, int steps, int threads, float *gradient)
{
    gws_err err;
    source from = {.nan_window = -1};
    gws_step_result r = {.loss = (double)NAN};
    const gws_step_params p = params_of(batch, accumulate);
    gws_pool *pool = gws_pool_create(threads, &err);
    gws_stepper *s = gws_stepper_create(&p, c, T, pool, &err);
    if (!s)
        fail_msg("%s", err.text);
    for (int n = 0; n < steps; n++) {
        if (gws_stepper_run(s, phase, n, load, &from, &r, &err))
            fail_msg("%s", err.text);
        c->step++;
    }
    gws_step_rates sent;
    gws_stepper_rates(s, &sent);
    if (phase != GWS_PRETRAIN) {
        assert_true(sent.events > 0.01 && sent.spikes1 > 0.01 && sent.spikes2 > 0.01);
        /* 128 steps a second; 24 and 16 neurons, 16 channels ON and OFF */
        assert_true(fabs(sent.spikes_per_s / (128.0 * (24.0 * sent.spikes1 + 16.0 * sent.spikes2)) - 1.0) < 1e-12);
        assert_true(fabs(sent.events_per_s / (128.0 * 32.0 * sent.events) - 1.0) < 1e-12);
        assert_true(r.loss_rates > 0.0); /* both are above their targets */
    }
    if (gradient)
        memcpy(gradient, gws_stepper_gradient(s), (size_t)c->table.total * sizeof *gradient);
    gws_stepper_destroy(s);
    gws_pool_destroy(pool);
    return r;
}

/* Root mean square difference of a tensor, relative to its root mean square. */
static double differs(const gws_tensor *t, const float *a, const float *b)
{
    double d = 0.0, n = 0.0;
    for (int64_t i = t->offset; i < t->offset + t->size; i++) {
        d += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        n += (double)b[i] * (double)b[i];
    }
    return d > 0.0 ? sqrt(d / n) : 0.0;
}

/* The items' forward passes are the same bits; what differs is the order in which floats are added: 1e-7 times the square root of
 * some hundred terms. */
static void four_times_four_is_sixteen(void **state)
{
    (void)state;
    for (int phase = 0; phase < GWS_PHASES; phase++) {
        gws_checkpoint a = fresh(), b = fresh();
        float *ga = gws_table_alloc(&a.table), *gb = gws_table_alloc(&b.table);
        assert_true(ga && gb);
        const gws_step_result ra = run(&a, phase, 16, 1, 1, 1, ga), rb = run(&b, phase, 16, 4, 1, 1, gb);
        assert_true(fabs(ra.loss - rb.loss) < 1e-6 * ra.loss && fabs(ra.loss_cpc - rb.loss_cpc) <= 1e-6 * ra.loss_cpc);
        assert_true(ra.cpc_accuracy == rb.cpc_accuracy && fabs(ra.grad_norm - rb.grad_norm) < 1e-5 * ra.grad_norm);
        int trained = 0;
        for (int r = 0; r < a.table.n; r++) {
            const gws_tensor *t = &a.table.rows[r];
            const double g = differs(t, gb, ga), p = differs(t, b.p, a.p);
            if (g > 2e-5 || p > 2e-5)
                fail_msg("%s, %s: gradients differ by %.2g, parameters by %.2g", gws_phase_name[phase], t->name, g, p);
            for (int64_t i = 0; i < t->size; i++)
                if (ga[t->offset + i] != 0.0f) {
                    trained++;
                    break;
                }
        }
        assert_true(trained >= 7);
        gws_arena_free(ga);
        gws_arena_free(gb);
        gws_checkpoint_clear(&a);
        gws_checkpoint_clear(&b);
    }
}

/* Had every micro batch its own negatives only, the loss would be that of batches of four. */
static void negatives_come_from_the_whole_batch(void **state)
{
    (void)state;
    gws_checkpoint a = fresh(), b = fresh();
    const double whole = run(&a, GWS_PRETRAIN, 16, 4, 1, 1, NULL).loss_cpc;
    const double four = run(&b, GWS_PRETRAIN, 4, 1, 1, 1, NULL).loss_cpc;
    assert_true(whole > four + 0.3); /* log of (5+15)/(5+3) candidates is 0.9 where all score alike */
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
}

static void same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    gws_checkpoint c[3] = {fresh(), fresh(), fresh()};
    gws_step_result r[3];
    for (int i = 0; i < 3; i++)
        r[i] = run(&c[i], GWS_JOINT, 40, 1, 4, i + 1, NULL); /* three tiles, the last one short */
    const size_t bytes = (size_t)c[0].table.total * sizeof(float);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(&r[i], &r[0], sizeof r[0]);
        assert_memory_equal(c[i].p, c[0].p, bytes);
        assert_memory_equal(c[i].m, c[0].m, bytes);
        assert_memory_equal(c[i].v, c[0].v, bytes);
    }
    for (int i = 0; i < 3; i++)
        gws_checkpoint_clear(&c[i]);
}

/* Truth: counting.  A fifth of what is sent without a target, in both counts, is not reached in a few steps, but half way is. */
static void rates_fall_to_their_targets(void **state)
{
    (void)state;
    enum { STEPS = 60 };
    gws_err err;
    double g, sent[2][GWS_COUNTS];
    assert_true(gws_excess(3.0, 2.0, &g) == 0.25 && g == 0.5);
    assert_true(gws_excess(2.0, 2.0, &g) == 0.0 && g == 0.0 && gws_excess(9.0, 0.0, &g) == 0.0 && g == 0.0);
    for (int i = 0; i < 2; i++) {
        gws_checkpoint c = fresh();
        gws_step_params p = params_of(16, 1);
        gws_phase *joint = &p.phase[GWS_JOINT];
        source from = {.nan_window = -1};
        gws_step_result r;
        gws_step_rates now;
        joint->lr = 1e-2;
        joint->steps = STEPS;
        joint->spike_target = i ? sent[0][GWS_COUNT_SPIKES] / 5.0 : 0.0;
        joint->event_target = i ? sent[0][GWS_COUNT_EVENTS] / 5.0 : 0.0;
        gws_stepper *s = gws_stepper_create(&p, &c, T, NULL, &err);
        assert_non_null(s);
        for (int n = 0; n < STEPS; n++, c.step++)
            assert_int_equal(gws_stepper_run(s, GWS_JOINT, n, load, &from, &r, &err), GWS_OK);
        gws_stepper_rates(s, &now);
        sent[i][GWS_COUNT_SPIKES] = now.spikes_per_s;
        sent[i][GWS_COUNT_EVENTS] = now.events_per_s;
        assert_true((r.loss_rates > 0.0) == i);
        gws_stepper_destroy(s);
        gws_checkpoint_clear(&c);
    }
    for (int i = 0; i < GWS_COUNTS; i++)
        assert_true(sent[1][i] < 0.5 * sent[0][i]);
}

static void a_phase_trains_what_it_says(void **state)
{
    (void)state;
    for (int phase = 0; phase < GWS_PHASES; phase++) {
        gws_checkpoint a = fresh(), b = fresh();
        run(&a, phase, 8, 1, 2, 1, NULL);
        for (int r = 0; r < a.table.n; r++) {
            const gws_tensor *t = &a.table.rows[r];
            const int encoder = gws_step_group(t->name) == GWS_GROUP_ENCODER;
            const int trained = phase == GWS_JOINT || (phase == GWS_PRETRAIN) == encoder;
            const int changed = memcmp(a.p + t->offset, b.p + t->offset, (size_t)t->size * sizeof(float)) != 0;
            if (changed != trained)
                fail_msg("%s: %s has%s changed", gws_phase_name[phase], t->name, changed ? "" : " not");
        }
        gws_checkpoint_clear(&a);
        gws_checkpoint_clear(&b);
    }
}

static void steps_make_the_loss_smaller(void **state)
{
    (void)state;
    gws_checkpoint c = fresh();
    const double before = run(&c, GWS_JOINT, 16, 1, 1, 1, NULL).loss, after = run(&c, GWS_JOINT, 16, 1, 20, 1, NULL).loss;
    assert_true(after < 0.9 * before);
    gws_checkpoint_clear(&c);
}

/* Of all parameters, whatever the phase trains, and it begins afresh with a phase. */
static void the_average_is_that_of_the_parameters(void **state)
{
    (void)state;
    enum { STEPS = 4, SPAN = 3 };
    gws_err err;
    gws_step_params p = params_of(8, 1);
    gws_checkpoint c = fresh();
    float *want = gws_table_alloc(&c.table);
    c.average = gws_table_alloc(&c.table);
    p.average = SPAN;
    gws_stepper *s = gws_stepper_create(&p, &c, T, NULL, &err);
    assert_true(s && want && c.average);
    for (int phase = 0; phase < GWS_PHASES; phase++)
        for (int n = 0; n < STEPS; n++, c.step++) {
            source from = {.nan_window = -1};
            gws_step_result r;
            assert_int_equal(gws_stepper_run(s, phase, n, load, &from, &r, &err), GWS_OK);
            gws_average_update(want, c.p, c.table.total, n + 1, SPAN);
            assert_memory_equal(c.average, want, (size_t)c.table.total * sizeof *want);
            assert_true((memcmp(c.average, c.p, (size_t)c.table.total * sizeof *want) == 0) == (n == 0));
        }
    gws_stepper_destroy(s);
    gws_arena_free(want);
    gws_checkpoint_clear(&c);
}

static void rate_rises_then_falls(void **state)
{
    (void)state;
    const gws_phase p = {.steps = 110, .warmup = 10, .lr = 2.0}, at_once = {.steps = 10, .lr = 1.0};
    assert_true(fabs(gws_phase_lr(&p, 0, 0) - 0.2) < 1e-12 && fabs(gws_phase_lr(&p, 0, 9) - 2.0) < 1e-12);
    assert_true(fabs(gws_phase_lr(&p, 0, 10) - 2.0) < 1e-12);
    assert_true(fabs(gws_phase_lr(&p, 0, 60) - 2.0 * 0.51) < 1e-12); /* half way between 1 and 0.02 */
    assert_true(fabs(gws_phase_lr(&p, 0, 110) - 0.04) < 1e-12);
    assert_true(fabs(gws_phase_lr(&at_once, 0, 0) - 1.0) < 1e-12);
    for (int64_t i = 11; i < 110; i++)
        assert_true(gws_phase_lr(&p, 0, i) < gws_phase_lr(&p, 0, i - 1));
}

/* ---- numbers that are not finite ---- */

/* Spoil a tensor (NULL: the input) and step: the sentence must name what was spoilt, and nothing may change. */
static void spoil(int phase, const char *tensor, float value, int64_t nan_window, int64_t accumulate, const char *wanted)
{
    gws_err err = {.status = GWS_OK};
    gws_checkpoint c = fresh();
    gws_step_result r;
    source from = {.nan_window = nan_window};
    const gws_step_params p = params_of(8, accumulate);
    const size_t bytes = (size_t)c.table.total * sizeof(float);
    if (tensor) {
        const gws_tensor *t = &c.table.rows[gws_table_find(&c.table, tensor)];
        for (int64_t i = 0; i < (isnan(value) ? 1 : t->size); i++)
            c.p[t->offset + i] = value;
    }
    gws_stepper *s = gws_stepper_create(&p, &c, T, NULL, &err);
    assert_non_null(s);
    float *p0 = malloc(bytes), *m0 = malloc(bytes), *v0 = malloc(bytes);
    assert_true(p0 && m0 && v0);
    memcpy(p0, c.p, bytes);
    memcpy(m0, c.m, bytes);
    memcpy(v0, c.v, bytes);
    const gws_status st = gws_stepper_run(s, phase, 3, load, &from, &r, &err);
    if (st != GWS_ENUM || !strstr(err.text, wanted) || !strstr(err.text, gws_phase_name[phase]) || !strstr(err.text, "step 3"))
        fail_msg("wanted '%s', found status %d '%s'", wanted, st, err.text);
    assert_memory_equal(c.p, p0, bytes);
    assert_memory_equal(c.m, m0, bytes);
    assert_memory_equal(c.v, v0, bytes);
    free(p0);
    free(m0);
    free(v0);
    gws_stepper_destroy(s);
    gws_checkpoint_clear(&c);
}

static void a_planted_nan_is_named(void **state)
{
    (void)state;
    for (int phase = 0; phase < GWS_PHASES; phase++) {
        spoil(phase, NULL, 0.0f, 5, 1, ": input is not finite");
        spoil(phase, NULL, 0.0f, 5, 4, ": input is not finite");
        spoil(phase, "stem.1.weight", NAN, -1, 1, ": parameter stem.1.weight is not finite");
        spoil(phase, "context.recurrent.bias", NAN, -1, 1, ": parameter context.recurrent.bias is not finite");
    }
    static const char *const head[] = {"linear.bias",   "bridge.threshold", "lif.0.weight",
                                       "lif.1.synapse", "readout.spike.1",  "readout.leak"};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        char wanted[80];
        snprintf(wanted, sizeof wanted, ": parameter %s is not finite", head[i]);
        spoil(GWS_CLASSIFY, head[i], NAN, -1, 1, wanted);
        spoil(GWS_JOINT, head[i], NAN, -1, 2, wanted);
    }
}

/* Finite parameters whose product is not: the first tensor of the line that overflows is named, not its victims. */
static void an_overflow_is_named_where_it_is_born(void **state)
{
    (void)state;
    spoil(GWS_JOINT, "stem.1.weight", 3e38f, -1, 1, ": stem.1.pre is not finite");
    spoil(GWS_JOINT, "lif.0.bias", 3e38f, -1, 1, ": lif.0.current is not finite");
    spoil(GWS_JOINT, "readout.bias", 3e38f, -1, 1, ": logit.spiking is not finite");
}

/* A division by zero, once: with negatives from the batch alone, anchors that left no room for a stride. */
static void anchors_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    for (int batch = 0; batch < 2; batch++)
        for (int64_t anchors = T - 5; anchors < T; anchors++) {
            gws_checkpoint c = fresh();
            gws_err err = {0};
            gws_step_params p = params_of(4, 1);
            p.negatives = batch ? GWS_NEGATIVES_BATCH : GWS_NEGATIVES_BOTH;
            p.phase[GWS_JOINT].anchors = anchors;
            gws_stepper *s = gws_stepper_create(&p, &c, T, NULL, &err);
            if (anchors + c.arch.K < T) {
                source from = {.nan_window = -1};
                gws_step_result r;
                assert_non_null(s);
                for (int n = 0; n < 4; n++, c.step++)
                    assert_int_equal(gws_stepper_run(s, GWS_JOINT, n, load, &from, &r, &err), GWS_OK);
            } else {
                assert_null(s);
                assert_true(err.status == GWS_EFORMAT && strstr(err.text, "[joint]") && strstr(err.text, "do not fit"));
            }
            gws_stepper_destroy(s);
            gws_checkpoint_clear(&c);
        }
}

static void a_recipe_cannot_ask_for_wonders(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } bad[] = {{"[joint]\nanchors=9223372036854775807\n", "anchors"},
               {"[pretrain]\nanchors=-1\n", "anchors"},
               {"[joint]\nanchors=all\n", "anchors"},
               {"[train]\naverage=-1\n", "average"},
               {"[train]\nbeta2=1\n", "beta2"}, /* 0/0 in Adam's first step */
               {"[train]\nspiking_lr=-1\n", "spiking_lr"},
               {"[joint]\nspike_target=-1\n", "spike_target"},
               {"[train]\ntemperature=1e-50\n", "temperature"},
               {"[train]\nbatch=6\naccumulate=4\n", "accumulate 4"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gws_step_params p;
        gws_err err = {0};
        gws_ini *ini = gws_ini_parse(bad[i].text, "test", &err);
        assert_int_equal(gws_step_params_from_ini(ini, &p, &err), GWS_EFORMAT);
        if (!strstr(err.text, bad[i].word))
            fail_msg("'%s' does not say '%s'", err.text, bad[i].word);
        gws_ini_destroy(ini);
    }
}

/* ---- a run that is stopped and goes on ---- */

static const char recipe[] =
    MODEL "[data]\nwindow_s=1\nmerger_min_s=0.4\nmerger_max_s=0.8\nsignals=32\nvalid_signals=8\ntest_signals=8\nnoise_s=32\n"
          "valid_noise_s=16\ntest_noise_s=16\nstretch_s=8\nmass_min=20\n"
          "[train]\nseed=3\nbatch=8\naccumulate=2\nevaluate_every=6\nevaluate_windows=16\nsave_every=7\n"
          "[pretrain]\nsteps=10\nwarmup=3\nanchors=6\n[classify]\nsteps=8\nwarmup=2\n"
          "[joint]\nsteps=12\nwarmup=3\nanchors=3\ncpc_weight=0.1\n[calibrate]\nbackground_hours=0.1\nwindows=2\nquantile=0.99\n";

static void train(const char *out, const char *text, int resume, int64_t stop_after, int threads, gws_status wanted, gws_err *err)
{
    gws_pool *pool = gws_pool_create(threads, err);
    const gws_train_options o = {.recipe = text,
                                 .recipe_name = "test",
                                 .out = out,
                                 .command = "test",
                                 .resume = resume,
                                 .stop_after = stop_after,
                                 .pool = pool};
    const gws_status st = gws_train_run(&o, err);
    gws_pool_destroy(pool);
    if (st != wanted)
        fail_msg("status %d: %s", st, err->text);
}

static void resume_to_the_same_bits(const char *text, int averaged)
{
    char folder[] = "/tmp/gws_test_train_XXXXXX", name[2][64], ckpt[2][80];
    gws_err err;
    gws_checkpoint c[2];
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 2; i++) {
        snprintf(name[i], sizeof name[i], "%s/%d.hdf", folder, i);
        snprintf(ckpt[i], sizeof ckpt[i], "%s.ckpt", name[i]);
    }
    train(name[0], text, 0, 30, 1, GWS_ESTOP, &err); /* 30 steps: all of the three phases */
    train(name[1], text, 0, 17, 1, GWS_ESTOP, &err); /* stops in the second */
    assert_int_equal(gws_checkpoint_load(&c[1], ckpt[1], &err), GWS_OK);
    assert_true(c[1].step == 17 && c[1].phase == GWS_CLASSIFY && c[1].phase_step == 7);
    gws_checkpoint_clear(&c[1]);
    train(name[1], MODEL, 1, 13, 1, GWS_EDATA, &err); /* not the recipe that it was begun with */
    train(name[1], text, 1, 13, 2, GWS_ESTOP, &err);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gws_checkpoint_load(&c[i], ckpt[i], &err), GWS_OK);
    assert_true(c[0].step == 30 && c[1].step == 30 && c[0].phase == c[1].phase && c[0].phase_step == c[1].phase_step);
    const size_t bytes = (size_t)c[0].table.total * sizeof(float);
    assert_memory_equal(c[1].p, c[0].p, bytes);
    assert_memory_equal(c[1].m, c[0].m, bytes);
    assert_memory_equal(c[1].v, c[0].v, bytes);
    assert_true(!c[0].average == !averaged && !c[1].average == !averaged);
    if (averaged) {
        assert_memory_equal(c[1].average, c[0].average, bytes);
        assert_memory_not_equal(c[0].average, c[0].p, bytes); /* which a phase becomes at its end */
        train(name[0], text, 1, 0, 1, GWS_OK, &err);
        for (int i = 0; i < 2; i++)
            gws_checkpoint_clear(&c[i]);
        assert_int_equal(gws_checkpoint_load(&c[0], ckpt[0], &err), GWS_OK);
        assert_int_equal(gws_checkpoint_load(&c[1], name[0], &err), GWS_OK);
        assert_true(!c[1].average && unlink(name[0]) == 0);
        assert_memory_equal(c[0].average, c[1].p, bytes);
        assert_memory_equal(c[0].p, c[1].p, bytes);
    }
    for (int i = 0; i < 2; i++) {
        gws_checkpoint_clear(&c[i]);
        unlink(ckpt[i]);
    }
    rmdir(folder);
}

static void a_resumed_run_gives_the_same_bits(void **state)
{
    (void)state;
    char text[sizeof recipe + 64];
    snprintf(text, sizeof text, "%s[train]\naverage=5\n", recipe);
    resume_to_the_same_bits(recipe, 0);
    resume_to_the_same_bits(text, 1);
}

/* An average that was not kept cannot be gone on with. */
static void a_checkpoint_without_the_average_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/gws_test_train_XXXXXX", name[64], ckpt[80], text[sizeof recipe + 64];
    gws_err err;
    gws_checkpoint c;
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/a.hdf", folder);
    snprintf(ckpt, sizeof ckpt, "%s.ckpt", name);
    snprintf(text, sizeof text, "%s[train]\naverage=5\n", recipe);
    train(name, text, 0, 3, 1, GWS_ESTOP, &err);
    assert_int_equal(gws_checkpoint_load(&c, ckpt, &err), GWS_OK);
    gws_arena_free(c.average);
    c.average = NULL;
    assert_int_equal(gws_checkpoint_save(&c, ckpt, "test", 3, &err), GWS_OK);
    train(name, text, 1, 1, 1, GWS_EDATA, &err);
    assert_non_null(strstr(err.text, "a.hdf.ckpt: holds no average of the parameters, which the recipe asks for"));
    gws_checkpoint_clear(&c);
    unlink(ckpt);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_times_four_is_sixteen),
        cmocka_unit_test(negatives_come_from_the_whole_batch),
        cmocka_unit_test(same_bits_for_any_number_of_threads),
        cmocka_unit_test(rates_fall_to_their_targets),
        cmocka_unit_test(a_phase_trains_what_it_says),
        cmocka_unit_test(steps_make_the_loss_smaller),
        cmocka_unit_test(the_average_is_that_of_the_parameters),
        cmocka_unit_test(rate_rises_then_falls),
        cmocka_unit_test(a_planted_nan_is_named),
        cmocka_unit_test(an_overflow_is_named_where_it_is_born),
        cmocka_unit_test(anchors_that_do_not_fit_are_refused),
        cmocka_unit_test(a_recipe_cannot_ask_for_wonders),
        cmocka_unit_test(a_resumed_run_gives_the_same_bits),
        cmocka_unit_test(a_checkpoint_without_the_average_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
