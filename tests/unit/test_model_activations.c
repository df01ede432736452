/* The inside of a network: truth by identity.  Its logits are those of the stream of the same samples, bit for bit; the logit that the linear
 * head reads off the context comes out of the context that is given; spikes are bits. */
#include "model/activations.h"

#include "model_files.h"

#include "model/reference.h"

#include <math.h>
#include <stdlib.h>

enum { N = 3000, HOP = 16, FIRST = 1000005 };

typedef struct track {
    int64_t first, n;
    float y[2][1000];
} track;

static void collect(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    track *t = user;

    if (t->n == 0)
        t->first = step;
    memcpy(t->y[0] + t->n, y_spiking, (size_t)n * sizeof(float));
    memcpy(t->y[1] + t->n, y_linear, (size_t)n * sizeof(float));
    t->n += n;
}

static void are_those_of_the_stream(void **state)
{
    static float signal[2][N];
    const float *w[2] = {signal[0], signal[1]};
    gws_rng r = gws_rng_init(7, "signal", 0);
    gws_checkpoint c;
    gws_activations a;
    track t = {0};
    double events = 0, spikes = 0;

    for (int i = 0; i < N; i++)
        for (int f = 0; f < 2; f++)
            signal[f][i] = (float)gws_rng_normal(&r);
    small_model(&c, 3, GWS_TO_RUN);
    gws_model *m = gws_model_borrow(&c, NULL);
    assert_non_null(m);
    gws_classifier *d = gws_classifier_create(m, 0, NULL);
    assert_non_null(d);
    gws_classifier_push(d, FIRST, w, N, collect, &t);
    assert_int_equal(gws_activations_make(m, FIRST, w, N, NULL, &a, NULL), GWS_OK);
    assert_int_equal(a.step, t.first);
    assert_int_equal(a.n, t.n);
    assert_memory_equal(a.y, t.y[0], (size_t)t.n * sizeof(float));
    assert_memory_equal(a.y_linear, t.y[1], (size_t)t.n * sizeof(float));
    assert_int_equal(a.channels, 16);
    assert_int_equal(a.hidden[0], 24);
    assert_int_equal(a.hidden[1], 16);
    const float *weight = c.p + c.table.rows[c.rows.lin_w].offset, *bias = c.p + c.table.rows[c.rows.lin_b].offset;
    for (int64_t i = 0; i < a.n; i++) {
        double y = (double)*bias;
        for (int k = 0; k < a.channels; k++)
            y += (double)weight[k] * (double)a.context[i * a.channels + k];
        assert_true(fabs(y - (double)a.y_linear[i]) < 1e-4);
    }
    for (int64_t i = 0; i < a.n * 2 * a.channels; i++) {
        assert_in_range(a.event[i], 0, 1);
        events += a.event[i];
    }
    for (int64_t i = 0; i < a.n * a.hidden[0]; i++)
        spikes += a.spike[0][i];
    gws_classifier_stats stats;
    gws_classifier_get_stats(d, &stats);
    assert_true(events > 0 && spikes > 0);
    assert_true(fabs(events / (double)(a.n * 2 * a.channels) - stats.events) < 1e-9);
    assert_true(fabs(spikes / (double)(a.n * a.hidden[0]) - stats.spikes1) < 1e-9);
    gws_activations_clear(&a);
    assert_int_equal(gws_activations_make(m, FIRST, w, HOP, NULL, &a, NULL), GWS_EDATA);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

/* The default model's templates follow the noise.  Its stream sleeps until something is loud, and then has the span from its lead on. */
static void follow_the_noise(void **state)
{
    enum { LEAD = 128, SPAN = 512, STEP = 32, BEGIN = (1000 * SPAN - LEAD) * STEP, M = (LEAD + SPAN) * STEP };
    static float signal[2][M];
    static track t;
    const float *w[2] = {signal[0], signal[1]};
    gws_gains own[2] = {0};
    const gws_gains *gains[2] = {&own[0], &own[1]};
    gws_rng r = gws_rng_init(8, "signal", 0);
    gws_activations with, without;
    int64_t awake = 0, differ = 0;
    gws_model *m = gws_model_load(GWS_TEST_DIR "/../models/bbh-real.hdf", NULL);

    assert_non_null(m);
    const int templates = gws_model_describe(m)->reference->filters;
    float *gain = malloc((size_t)templates * sizeof *gain);
    assert_true(templates > 0 && gain);
    own[0].width = own[1].width = templates;
    for (int f = 0; f < 2; f++)
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < templates; i++)
                gain[i] = 0.5f + 0.02f * (float)(k + f) + 0.001f * (float)i;
            assert_int_equal(gws_gains_add(&own[f], BEGIN + 5000 * k, gain), 0);
        }
    for (int i = 0; i < M; i++)
        for (int f = 0; f < 2; f++)
            signal[f][i] = (i / 1024 == 12 ? 4 : 2) * (float)gws_rng_normal(&r);
    gws_classifier *d = gws_classifier_create(m, 0, NULL);
    assert_non_null(d);
    for (int f = 0; f < 2; f++)
        gws_classifier_follow(d, f, gains[f], 0);
    gws_classifier_push(d, BEGIN, w, M, collect, &t);
    assert_int_equal(gws_activations_make(m, BEGIN, w, M, gains, &with, NULL), GWS_OK);
    assert_int_equal(gws_activations_make(m, BEGIN, w, M, NULL, &without, NULL), GWS_OK);
    for (int64_t i = 0; i < t.n; i++) {
        const int64_t k = t.first + i - with.step;
        if (t.y[0][i] == 0)
            continue;
        awake++;
        assert_memory_equal(&with.y[k], &t.y[0][i], sizeof(float));
        assert_memory_equal(&with.y_linear[k], &t.y[1][i], sizeof(float));
        differ += without.y[k] != t.y[0][i];
    }
    assert_true(awake > 50 && differ > awake / 2);
    gws_activations_clear(&with);
    gws_activations_clear(&without);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
    for (int f = 0; f < 2; f++)
        gws_gains_clear(&own[f]);
    free(gain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(are_those_of_the_stream), cmocka_unit_test(follow_the_noise)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
