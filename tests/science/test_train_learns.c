/* Does training learn what is in the data, and nothing else?
 *
 * Three runs of one small network, differing in their labels only.  With the true labels it must tell held-out windows with a
 * signal (network SNR 8 to 15) from those without.  With labels drawn independently of the data, and with data that never hold a
 * signal, it must stay at chance: whatever leaks from a window's role into its noise, its place or its order would show here.
 * Chance is AUC 1/2; of n windows with and n without a signal its standard deviation is sqrt((2n+1)/(12 n^2)) (Mann and Whitney
 * 1947).  Then the shipped model on windows of the test split of its own recipe, which neither training nor calibration has seen.
 *
 * The runs take some 10 s of one core each.
 */
#include "gwstest.h"

#include "base/thread.h"
#include "model/classifier.h"
#include "train/calibrate.h"
#include "train/dataset.h"
#include "train/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 250, HELD_OUT = 512 };

static const char recipe[] =
    "[model]\nchannels=16,24,32\nkernels=16,8,8\nstrides=4,4,2\nlif=48,24\nhorizons=4\n"
    "[data]\nwindow_s=1\nmerger_min_s=0.45\nmerger_max_s=0.75\nsignals=2000\nvalid_signals=500\nnoise_s=1200\n"
    "valid_noise_s=400\nstretch_s=40\nmass_min=25\nsnr_min=8\nsnr_max=20\nglitch_share=0\nsignal_glitch_share=0\n"
    "[target]\nskip_steps=6\n"
    "[train]\nseed=5\nbatch=32\nevaluate_every=250\nevaluate_windows=512\nsave_every=0\nlabels=%s\n"
    "[pretrain]\nsteps=0\n[classify]\nsteps=0\n"
    "[joint]\nsteps=250\nwarmup=40\nlr=3e-3\nanchors=0\ncpc_weight=0\n";

static void keep(void *user, const gws_train_report *r)
{
    if (r->evaluated)
        *(gws_train_report *)user = *r;
}

static gws_train_report learn(const char *labels)
{
    char text[sizeof recipe + 16], folder[] = "/tmp/gws_test_learns_XXXXXX", out[64], ckpt[80];
    gws_err err;
    gws_train_report last = {.evaluated = 0};
    snprintf(text, sizeof text, recipe, labels);
    assert_non_null(mkdtemp(folder));
    snprintf(out, sizeof out, "%s/model.hdf", folder);
    snprintf(ckpt, sizeof ckpt, "%s.ckpt", out);
    gws_pool *pool = gws_pool_create(0, &err);
    const gws_train_options o = {.recipe = text,
                                 .recipe_name = labels,
                                 .out = out,
                                 .command = "test",
                                 .stop_after = STEPS,
                                 .pool = pool,
                                 .report = keep,
                                 .user = &last};
    const gws_status st = gws_train_run(&o, &err);
    if (st != GWS_ESTOP)
        fail_msg("status %d: %s", st, err.text);
    gws_pool_destroy(pool);
    unlink(ckpt);
    rmdir(folder);
    assert_true(last.evaluated && last.step == STEPS);
    printf("labels %-8s loss %.4f, AUC spiking %.4f linear %.4f\n", labels, last.loss, last.auc_spiking, last.auc_linear);
    return last;
}

static void stays_at_chance(const char *labels)
{
    const double n = HELD_OUT / 2, sigma = sqrt((2.0 * n + 1.0) / (12.0 * n * n));
    const gws_train_report r = learn(labels);
    assert_true(fabs(r.auc_spiking - 0.5) < 3.0 * sigma);
    assert_true(fabs(r.auc_linear - 0.5) < 3.0 * sigma);
}

static void true_labels_are_learnt(void **state)
{
    (void)state;
    const gws_train_report r = learn("true");
    assert_true(r.auc_spiking > 0.9 && r.auc_linear > 0.9); /* fifteen standard deviations above chance */
}

static void shuffled_labels_are_not(void **state)
{
    (void)state;
    stays_at_chance("shuffled");
}

static void noise_teaches_nothing(void **state)
{
    (void)state;
    stays_at_chance("noise");
}

typedef struct highest {
    int64_t skip;
    float y[2];
} highest;

static void take_highest(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    highest *h = user;
    for (int64_t i = 0; i < n; i++)
        if (step + i >= h->skip) {
            h->y[GWS_HEAD_SPIKING] = fmaxf(h->y[GWS_HEAD_SPIKING], y_spiking[i]);
            h->y[GWS_HEAD_LINEAR] = fmaxf(h->y[GWS_HEAD_LINEAR], y_linear[i]);
        }
}

static void shipped_model_tells_signals_from_noise(void **state)
{
    (void)state;
    enum { WINDOWS = 300 };
    static float y[2][2][WINDOWS]; /* head, label */
    const char *path = GWS_TEST_DIR "/../models/cpc.hdf";
    gws_err err;
    if (access(path, R_OK) != 0)
        GWS_SKIP("models/cpc.hdf is not there");
    gws_model *m = gws_model_load(path, &err);
    if (!m)
        fail_msg("%s", err.text);
    const gws_model_meta *d = gws_model_describe(m);
    gws_ini *ini = gws_ini_parse(d->recipe, path, &err);
    gws_pool *pool = gws_pool_create(0, &err);
    assert_true(ini && pool);
    /* a seed that neither training nor calibration uses: sources and noise of this test alone */
    gws_dataset *test = gws_dataset_create(ini, GWS_SPLIT_TEST, 20240, NULL, pool, NULL, &err);
    gws_classifier *classifier = gws_classifier_create(m, 0, &err);
    if (!test || !classifier)
        fail_msg("%s", err.text);
    highest h;
    assert_int_equal(gws_ini_int(ini, "target", "skip_steps", 12, &h.skip, &err), GWS_OK);
    const int N = gws_dataset_samples(test), ifos = gws_dataset_ifos(test);
    assert_int_equal(ifos, d->n_ifo);
    gws_window w = {.w = malloc((size_t)(N * ifos) * sizeof(float))};
    float *apart = malloc((size_t)(N * ifos) * sizeof *apart);
    assert_true(w.w && apart);
    for (int k = 0; k < 2 * WINDOWS; k++) {
        const float *series[GWS_MODEL_IFOS];
        gws_dataset_window(test, 0, k, 8.0, 15.0, k & 1, &w);
        for (int f = 0; f < ifos; f++) {
            for (int i = 0; i < N; i++)
                apart[f * N + i] = w.w[i * ifos + f];
            series[f] = apart + f * N;
        }
        h.y[0] = h.y[1] = -INFINITY;
        gws_classifier_reset(classifier);
        gws_classifier_push(classifier, 0, series, N, take_highest, &h);
        y[0][k & 1][k / 2] = h.y[0];
        y[1][k & 1][k / 2] = h.y[1];
    }
    const double spiking = gws_auc(y[0][1], WINDOWS, y[0][0], WINDOWS), linear = gws_auc(y[1][1], WINDOWS, y[1][0], WINDOWS);
    printf("models/cpc.hdf, SNR 8 to 15, %d windows of each kind: AUC spiking %.4f linear %.4f\n", WINDOWS, spiking, linear);
    free(w.w);
    free(apart);
    gws_classifier_destroy(classifier);
    gws_dataset_destroy(test);
    gws_pool_destroy(pool);
    gws_ini_destroy(ini);
    gws_model_destroy(m);
    assert_true(spiking > 0.95 && linear > 0.95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(true_labels_are_learnt), cmocka_unit_test(shuffled_labels_are_not),
                                       cmocka_unit_test(noise_teaches_nothing),
                                       cmocka_unit_test(shipped_model_tells_signals_from_noise)};
    return GWS_RUN_TESTS(tests);
}
