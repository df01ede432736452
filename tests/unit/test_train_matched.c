/* Training behind a matched stem.
 *
 * Truth: identity.  The bank is chosen once and stays as it was; what a window shows the network is what a stream shows it; untrained, the
 * linear head is the statistic.  Where templates follow the noise, a signal has the SNR that a bank for its noise would give it.
 */
#include "gwstest.h"

#include "base/rng.h"
#include "model/classifier.h"
#include "model/reference.h"
#include "train/bank.h"
#include "train/calibrate.h"
#include "train/dataset.h"
#include "train/recalibrate.h"
#include "train/train.h"
#include "train/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECIPE                                                                                                                     \
    "[model]\nstem=matched\ntemplates=5\ntaps=512\nafter=18\nreach=0,6\nchannels=16,32\nkernels=1,3\nstrides=1,1\nlif=24,16\n"     \
    "horizons=3\nlevels=8\ncontext_memory=64\n[bank]\ncandidates=40\n[data]\nwindow_s=2\nmerger_min_s=1.3\nmerger_max_s=1.7\n"     \
    "signals=24\nvalid_signals=16\ntest_signals=16\nnoise_s=64\nvalid_noise_s=64\ntest_noise_s=64\nstretch_s=32\npsd_spread=0\n"   \
    "mass_min=20\nsnr_power=4\n[search]\nsmooth=1\n[target]\nskip_steps=0\nbegin_s=-0.02\nend_s=0.05\nmetric=2.5\n[train]\nbatch=" \
    "8\n"                                                                                                                          \
    "evaluate_windows=8\n[pretrain]\nsteps=2\nanchors=3\n[classify]\nsteps=1\n[joint]\nsteps=2\nanchors=2\n[calibrate]\n"          \
    "background_hours=0.1\nwindows=2\nquantile=0.99\n"

static char folder[256];

static const char *at(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static gws_ini *recipe(gws_err *err)
{
    gws_ini *ini = gws_ini_parse(RECIPE, "recipe", err);
    assert_non_null(ini);
    return ini;
}

static gws_checkpoint begin(int threads)
{
    gws_err err;
    gws_checkpoint c;
    gws_ini *ini = recipe(&err);
    gws_pool *pool = gws_pool_create(threads, &err);
    if (gws_checkpoint_init(&c, RECIPE, 1, GWS_TO_RUN, &err) || gws_train_bank(ini, &c, pool, &err))
        fail_msg("%s", err.text);
    gws_pool_destroy(pool);
    gws_ini_destroy(ini);
    return c;
}

static void the_bank_does_not_depend_on_threads(void **state)
{
    gws_checkpoint a = begin(1), b = begin(3);
    assert_memory_equal(a.p, b.p, (size_t)a.table.total * sizeof *a.p);
    const gws_tensor *place = &a.table.rows[a.rows.bank_place];
    float least = 9.0f, most = -9.0f;
    for (int64_t k = 0; k < place->size; k++) {
        least = fminf(least, a.p[place->offset + k]);
        most = fmaxf(most, a.p[place->offset + k]);
    }
    assert_true(most > least && most < 2.0f && least > -2.0f); /* chirp masses of 8.7 to 43.5 Msun about 20 */
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
}

/* The law of [bank] bounds what its templates are; a model says which they were, since they can be drawn again from its recipe. */
static void the_bank_is_chosen_for_the_sources_of_the_recipe(void **state)
{
    static const char *const wrong[] = {"mass_min=60", "mass_max=9", "spin_max=1"};
    gws_err err;
    char text[sizeof RECIPE + 64];
    const char *at_bank = strstr(RECIPE, "candidates=40");
    double chirp[5];
    gws_stem_bank bank;
    gws_checkpoint c;
    snprintf(text, sizeof text, "%.*smass_min=30\nspin_max=0.9\n%s", (int)(at_bank - RECIPE), RECIPE, at_bank);
    gws_ini *ini = gws_ini_parse(text, "recipe", &err);
    if (gws_checkpoint_init(&c, text, 1, 0, &err) || gws_train_bank(ini, &c, NULL, &err) ||
        gws_train_bank_of(&c, &bank, chirp, &err))
        fail_msg("%s", err.text);
    for (int k = 0; k < bank.n; k++) {
        assert_true(bank.templates[k].mass2_msun >= 30 && bank.templates[k].mass1_msun <= 50);
        assert_true(bank.templates[k].spin1z != 0 && fabs(bank.templates[k].spin1z) < 0.9);
    }
    gws_stem_bank_clear(&bank);
    gws_checkpoint_clear(&c);
    gws_ini_destroy(ini);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        gws_arch arch;
        snprintf(text, sizeof text, "%.*s%s\n%s", (int)(at_bank - RECIPE), RECIPE, wrong[i], at_bank);
        ini = gws_ini_parse(text, "recipe", &err);
        assert_int_equal(gws_arch_from_ini(ini, &arch, &err), GWS_OK);
        assert_int_equal(gws_train_bank_check(ini, &arch, &err), GWS_EFORMAT);
        gws_ini_destroy(ini);
    }
}

typedef struct track {
    int64_t n, first;
    float y[400], statistic[400];
} track;

static void keep(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    track *t = user;
    if (!t->n)
        t->first = step;
    memcpy(t->y + t->n, y_linear, (size_t)n * sizeof(float));
    t->n += n;
}

static void keep_statistic(void *user, int64_t step, const float *x, int64_t n)
{
    track *t = user;
    const int inputs = gws_stem_inputs(2, 5);
    for (int64_t i = 0; i < n; i++)
        if (step + i >= 0)
            t->statistic[step + i] = x[i * inputs] * GWS_STEM_UNIT;
}

static void untrained_the_linear_head_is_the_statistic(void **state)
{
    enum { N = 2048 * 5 };
    static float w[2][N];
    static track t;
    gws_err err;
    gws_checkpoint c = begin(1);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    gws_classifier *d = gws_classifier_create(m, 0, &err);
    assert_non_null(d);
    gws_rng r = gws_rng_init(1, "noise", 0);
    for (int i = 0; i < N; i++)
        for (int f = 0; f < 2; f++)
            w[f][i] = (float)gws_rng_normal(&r);
    const float *each[2] = {w[0], w[1]};
    gws_classifier_push(d, 0, each, N, keep, &t);
    gws_stem *s =
        gws_stem_create(gws_kernels_get(), &c.arch.bank, c.p + c.table.rows[c.rows.bank].offset,
                        c.p + c.table.rows[c.rows.bank_weight].offset, c.p + c.table.rows[c.rows.bank_place].offset, &err);
    gws_stemming *run = gws_stemming_create(s, 0, NULL, &err);
    assert_non_null(run);
    gws_stemming_push(run, 0, each, N, keep_statistic, &t);
    assert_int_equal(t.first, 0);
    assert_true(t.n > N / 32 - 16);
    double sum = 0.0;
    for (int64_t i = 0; i < t.n; i++) {
        assert_true(t.y[i] == t.statistic[i]);
        sum += i >= 64 ? (double)t.y[i] : 0.0;
    }
    /* Of five templates in two detectors, largest of eight samples and thirteen delays: some units of log-likelihood, and no hundred. */
    assert_true(sum / (double)(t.n - 64) > 2.0 && sum / (double)(t.n - 64) < 15.0);
    gws_stemming_destroy(run);
    gws_stem_destroy(s);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

/* What the stem makes of signals of SNR 30: mean share of it that the largest network SNR is. */
static double share_of_snr(const char *curve, int follow)
{
    enum { SIGNALS = 24 };
    char text[sizeof RECIPE + 96];
    gws_err err;
    gws_checkpoint c;
    double share = 0.0;
    const char *at_bank = strstr(RECIPE, "candidates=40");
    snprintf(text, sizeof text, "%.*scurve=%s\n%s[model]\nfollow=%d\n", (int)(at_bank - RECIPE), RECIPE, curve, at_bank, follow);
    gws_ini *ini = gws_ini_parse(text, "recipe", &err);
    if (!ini || gws_checkpoint_init(&c, text, 1, GWS_TO_RUN, &err) || gws_train_bank(ini, &c, NULL, &err))
        fail_msg("%s", err.text);
    gws_reference *reference = follow ? gws_checkpoint_reference(&c, &err) : NULL;
    gws_dataset *data = gws_dataset_create(ini, GWS_SPLIT_TRAIN, 1, reference, NULL, NULL, &err);
    gws_windows *windows = data ? gws_windows_create(&c, gws_dataset_samples(data), 1, &err) : NULL;
    if (!windows)
        fail_msg("%s", err.text);
    const int64_t steps = gws_windows_steps(windows), inputs = gws_windows_inputs(windows);
    float *x = malloc((size_t)(steps * inputs) * sizeof *x);
    for (int k = 0; k < SIGNALS; k++) {
        gws_window w = {.w = gws_windows_room(windows, 0, x)};
        float most = 0.0f;
        gws_dataset_window(data, 0, k, 30, 30, 1, &w);
        gws_windows_put(windows, 0, &w, steps, x);
        for (int64_t i = 0; i < steps; i++)
            most = fmaxf(most, 8.0f * x[i * inputs + 1]);
        share += (double)most / 30 / SIGNALS;
    }
    free(x);
    gws_windows_destroy(windows);
    gws_dataset_destroy(data);
    gws_reference_destroy(reference);
    gws_checkpoint_clear(&c);
    gws_ini_destroy(ini);
    return share;
}

static void where_templates_follow_a_signal_has_its_snr(void **state)
{
    const double own = share_of_snr("aLIGOZeroDetHighPower", 0), other = share_of_snr("aLIGOEarlyLowSensitivityP1200087", 0),
                 followed = share_of_snr("aLIGOEarlyLowSensitivityP1200087", 1);
    print_message("share of the SNR: own curve %.3f, another %.3f, another that follows %.3f\n", own, other, followed);
    assert_true(other < own - 0.08 && fabs(followed - own) < 0.01); /* five filters of a second see no more */
}

#define FOLLOWING RECIPE "[model]\nfollow=1\n"

static const char *recipe_text = RECIPE;

static gws_status train(const char *out, int threads, int64_t stop_after, int resume, gws_err *err)
{
    gws_pool *pool = gws_pool_create(threads, err);
    const gws_train_options o = {.recipe = recipe_text,
                                 .recipe_name = "recipe",
                                 .out = at(out),
                                 .command = "test",
                                 .stop_after = stop_after,
                                 .resume = resume,
                                 .pool = pool};
    const gws_status st = gws_train_run(&o, err);
    gws_pool_destroy(pool);
    return st;
}

static void leaves_the_bank_and_resumes(void)
{
    gws_err err;
    gws_checkpoint a, b, first;
    gws_ini *ini = gws_ini_parse(recipe_text, "recipe", &err);
    if (gws_checkpoint_init(&first, recipe_text, 1, GWS_TO_RUN, &err) || gws_train_bank(ini, &first, NULL, &err))
        fail_msg("%s", err.text);
    gws_ini_destroy(ini);
    assert_non_null(mkdtemp(folder));
    if (train("a.hdf", 1, 0, 0, &err))
        fail_msg("%s", err.text);
    assert_int_equal(train("b.hdf", 2, 3, 0, &err), GWS_ESTOP);
    if (train("b.hdf", 2, 0, 1, &err))
        fail_msg("%s", err.text);
    assert_int_equal(gws_checkpoint_load(&a, at("a.hdf"), &err), GWS_OK);
    assert_int_equal(gws_checkpoint_load(&b, at("b.hdf"), &err), GWS_OK);
    assert_memory_equal(a.p, b.p, (size_t)a.table.total * sizeof *a.p);
    const gws_tensor *rows = a.table.rows;
    for (int row = 0; row < a.table.n; row++) {
        const int same = memcmp(a.p + rows[row].offset, first.p + rows[row].offset, (size_t)rows[row].size * sizeof *a.p) == 0;
        if (strncmp(rows[row].name, "matched.", 8) == 0)
            assert_true(same);
        else if (strncmp(rows[row].name, "stem.0.weight", 13) == 0 || strncmp(rows[row].name, "linear.weight", 13) == 0)
            assert_false(same);
    }
    gws_checkpoint_clear(&a);
    gws_checkpoint_clear(&b);
    gws_checkpoint_clear(&first);
    static const char *const names[] = {"a.hdf", "b.hdf", "a.hdf.ckpt", "b.hdf.ckpt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(at(names[i]));
    assert_int_equal(rmdir(folder), 0);
}

static void a_training_leaves_the_bank_and_resumes_to_the_same_bits(void **state)
{
    char name[sizeof folder];
    memcpy(name, folder, sizeof name);
    leaves_the_bank_and_resumes();
    memcpy(folder, name, sizeof name);
    recipe_text = FOLLOWING;
    leaves_the_bank_and_resumes();
}

/* What the linear head of a model answers to the noise of its detectors. */
static track answers(const gws_model *m, const float *const *w, int64_t n)
{
    track t = {.n = 0};
    gws_err err;
    gws_classifier *d = gws_classifier_create(m, 0, &err);
    assert_non_null(d);
    gws_classifier_push(d, 0, w, n, keep, &t);
    gws_classifier_destroy(d);
    return t;
}

static void replace(char *text, size_t size, const char *reach, const char *detectors, int gate)
{
    const char *at_reach = strstr(RECIPE, "reach=0,6\n");
    snprintf(text, size, "%.*sreach=%s\ndetectors=%s\ngate=%d\n%s[data]\ndetectors=%s\n", (int)(at_reach - RECIPE), RECIPE, reach,
             detectors, gate, at_reach + 10, detectors);
}

static gws_checkpoint fresh(const char *reach, const char *detectors, int gate)
{
    char text[sizeof RECIPE + 96];
    gws_err err;
    gws_checkpoint c = {0};
    replace(text, sizeof text, reach, detectors, gate);
    gws_ini *ini = gws_ini_parse(text, "recipe", &err);
    if (!ini || gws_checkpoint_init(&c, text, 1, GWS_TO_RUN, &err) || gws_train_bank(ini, &c, NULL, &err))
        fail_msg("%s", err.text);
    gws_ini_destroy(ini);
    return c;
}

/* Truth: identity.  Untrained, some detectors of a model of three are the model of these alone, where the first of the recipe is among them; else
 * light may take as long as by way of the first, and the statistic is at least that of the model of these alone. */
static void some_of_three_detectors_are_the_model_of_these(void **state)
{
    enum { N = 2048 * 5 };
    static const struct {
        unsigned ifos;
        const char *reach, *detectors;
        int n, of[2];
    } cases[] = {
        {3, "0,6", "H1,L1", 2, {0, 1}}, {5, "0,14", "H1,V1", 2, {0, 2}}, {4, "0", "V1", 1, {2}}, {6, "0,14", "L1,V1", 2, {1, 2}}};
    static float w[3][N];
    static track part, own;
    gws_err err;
    gws_rng r = gws_rng_init(1, "noise", 0);
    for (int i = 0; i < N; i++)
        for (int f = 0; f < 3; f++)
            w[f][i] = (float)gws_rng_normal(&r);
    gws_checkpoint three = fresh("0,6,14", "H1,L1,V1", 0);
    gws_model *whole = gws_model_borrow(&three, &err);
    assert_non_null(whole);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const float *const x[2] = {w[cases[k].of[0]], w[cases[k].of[1]]};
        gws_checkpoint few = fresh(cases[k].reach, cases[k].detectors, 0);
        gws_model *of_three = gws_model_part(whole, cases[k].ifos, &err), *alone = gws_model_borrow(&few, &err);
        assert_true(of_three && alone && gws_model_describe(of_three)->n_ifo == cases[k].n);
        part = answers(of_three, x, N);
        own = answers(alone, x, N);
        assert_true(part.n > N / 32 - 20 && part.first == own.first);
        int more = 0;
        for (int64_t i = 64; i < part.n && i < own.n; i++) {
            assert_true(cases[k].ifos == 6 ? part.y[i] >= own.y[i] : part.y[i] == own.y[i]);
            more += part.y[i] > own.y[i];
        }
        assert_true((more > 0) == (cases[k].ifos == 6));
        gws_model_destroy(of_three);
        gws_model_destroy(alone);
        gws_checkpoint_clear(&few);
    }
    gws_model_destroy(whole);
    gws_checkpoint_clear(&three);
}

/* Truth: identity.  However far the gate of two detectors is closed, one of them alone is the model of it without a gate. */
static void one_detector_alone_has_no_gate(void **state)
{
    enum { N = 2048 * 5 };
    static float w[2][N];
    static track gated, part, own;
    gws_err err;
    gws_rng r = gws_rng_init(1, "noise", 0);
    for (int i = 0; i < N; i++)
        for (int f = 0; f < 2; f++)
            w[f][i] = (float)gws_rng_normal(&r);
    const float *const both[2] = {w[0], w[1]};
    gws_checkpoint two = fresh("0,6", "H1,L1", 1), one = fresh("0", "L1", 0);
    two.p[two.table.rows[two.rows.gate_b].offset] = -9.0f;
    gws_model *whole = gws_model_borrow(&two, &err), *of_two = gws_model_part(whole, 2, &err),
              *same = gws_model_part(whole, 3, &err);
    gws_model *alone = gws_model_borrow(&one, &err);
    assert_true(whole && of_two && same && alone);
    gated = answers(whole, both, N);
    part = answers(of_two, both + 1, N);
    own = answers(alone, both + 1, N);
    assert_true(part.n > N / 32 - 20 && part.n == own.n && part.first == own.first);
    assert_memory_equal(part.y, own.y, (size_t)part.n * sizeof *part.y);
    for (int64_t i = 64; i < gated.n; i++)
        assert_true(fabsf(gated.y[i]) < 0.01f && part.y[i] > 1.0f);
    part = answers(same, both, N);
    assert_memory_equal(part.y, gated.y, (size_t)gated.n * sizeof *part.y);
    gws_model_destroy(of_two);
    gws_model_destroy(same);
    gws_model_destroy(whole);
    gws_model_destroy(alone);
    gws_checkpoint_clear(&two);
    gws_checkpoint_clear(&one);
}

/* A fresh model of a recipe, calibrated. */
static gws_checkpoint calibrated(const char *text)
{
    gws_err err;
    gws_checkpoint c = {0};
    gws_efficiency out;
    gws_ini *ini = gws_ini_parse(text, "recipe", &err);
    if (!ini || gws_checkpoint_init(&c, text, 1, GWS_TO_RUN, &err) || gws_train_bank(ini, &c, NULL, &err) ||
        gws_calibrate(&c, ini, NULL, NULL, NULL, &out, &err))
        fail_msg("%s", err.text);
    assert_int_equal(out.windows, 2);
    gws_ini_destroy(ini);
    return c;
}

static void same_background(const gws_calibration *a, const gws_calibration *b)
{
    assert_true(a->n > 0 && a->n == b->n && a->livetime_s == b->livetime_s && a->threshold == b->threshold);
    assert_memory_equal(a->stat, b->stat, (size_t)a->n * sizeof *a->stat);
}

/* Truth: identity.  The linear head of an untrained network is the statistic, so that H1's background in a model of two detectors is that of
 * the model of H1 alone which the same recipe makes; and what a model has is never measured again. */
static void each_set_of_detectors_has_a_background(void **state)
{
    char few[sizeof RECIPE + 64], without[sizeof RECIPE + 64], name[sizeof folder];
    gws_err err;
    gws_efficiency out;
    gws_ini *ini = recipe(&err);
    memcpy(name, folder, sizeof name);
    replace(few, sizeof few, "0", "H1", 0);
    snprintf(without, sizeof without, "%spart_hours=0\n", RECIPE);
    gws_checkpoint both = calibrated(RECIPE), h1 = calibrated(few), old = calibrated(without), read;
    same_background(&both.part[1][GWS_HEAD_LINEAR], &h1.cal[GWS_HEAD_LINEAR]);
    for (int h = 0; h < 2; h++) {
        same_background(&both.cal[h], &old.cal[h]);
        assert_true(old.cal[h].offset_s == both.cal[h].offset_s && both.part[2][h].offset_s == both.cal[h].offset_s);
        assert_null(old.part[1][h].stat);
    }
    assert_true(memcmp(both.part[1][1].stat, both.part[2][1].stat, 3 * sizeof(float)) != 0);
    assert_int_equal(gws_calibrate(&both, ini, NULL, NULL, NULL, &out, &err), GWS_EDATA);
    assert_non_null(mkdtemp(folder));
    char *lacks = strdup(at("lacks.hdf")), *has = strdup(at("has.hdf"));
    gws_calibration parts[3][2];
    memcpy(parts, both.part, sizeof parts);
    memset(both.part, 0, sizeof parts);
    both.card = strdup("a card");
    assert_int_equal(gws_checkpoint_save(&both, lacks, "the first command", 1, &err), GWS_OK);
    memcpy(both.part, parts, sizeof parts);
    const gws_train_options o = {.start = lacks, .out = has, .command = "test"};
    assert_int_equal(gws_train_calibrate(&o, &err), GWS_OK);
    assert_int_equal(gws_checkpoint_load(&read, has, &err), GWS_OK);
    assert_memory_equal(read.p, both.p, (size_t)both.table.total * sizeof *both.p);
    assert_string_equal(read.recipe, both.recipe);
    assert_string_equal(read.card, both.card);
    assert_true(strstr(read.history, "calibrations added to a model (sha256 ") &&
                strstr(read.history, " made: the first command\n"));
    gws_model *m = gws_model_load(has, &err);
    for (unsigned ifos = 1; ifos <= 3; ifos++) {
        gws_model *part = gws_model_part(m, ifos, &err);
        assert_non_null(part);
        for (int h = 0; h < 2; h++) {
            same_background(&gws_checkpoint_calibration(&read, ifos)[h], &gws_checkpoint_calibration(&both, ifos)[h]);
            same_background(&gws_model_describe(part)->calibration[h], &gws_checkpoint_calibration(&both, ifos)[h]);
        }
        gws_model_destroy(part);
    }
    gws_model_destroy(m);
    assert_int_equal(gws_train_calibrate(&(gws_train_options){.start = has, .out = lacks}, &err), GWS_EDATA);
    unlink(lacks);
    unlink(has);
    assert_int_equal(rmdir(folder), 0);
    memcpy(folder, name, sizeof name);
    free(lacks);
    free(has);
    gws_ini_destroy(ini);
    gws_checkpoint_clear(&both);
    gws_checkpoint_clear(&h1);
    gws_checkpoint_clear(&old);
    gws_checkpoint_clear(&read);
}

int main(void)
{
    const char *t = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/gws-matched-XXXXXX", t && *t ? t : P_tmpdir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bank_does_not_depend_on_threads),
        cmocka_unit_test(the_bank_is_chosen_for_the_sources_of_the_recipe),
        cmocka_unit_test(untrained_the_linear_head_is_the_statistic),
        cmocka_unit_test(where_templates_follow_a_signal_has_its_snr),
        cmocka_unit_test(some_of_three_detectors_are_the_model_of_these),
        cmocka_unit_test(one_detector_alone_has_no_gate),
        cmocka_unit_test(each_set_of_detectors_has_a_background),
        cmocka_unit_test(a_training_leaves_the_bank_and_resumes_to_the_same_bits),
    };
    return GWS_RUN_TESTS(tests);
}
