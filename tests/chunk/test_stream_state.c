/* Truth: identity. A pipeline that gets the state of another, and the strain of the time that it has to remember, hands out the logits and
 * triggers that the other one would have handed out from there on, bit for bit: with a network that carries its state for ever, and with one
 * whose context begins afresh, also where its templates follow the noise. */
#include "base/rng.h"
#include "model_files.h"
#include "model/reference.h"
#include "stream/pipeline.h"

#include <math.h>

#define RATE 2048
#define SECONDS 720 /* longer than recorded data wait for each other */
#define T0 1000000003
#define MAX_Y (SECONDS * 128)
#define MAX_T 4000

typedef struct result {
    int64_t n_y, n_t, step[MAX_Y];
    float y[MAX_Y];
    gws_trigger t[MAX_T];
} result;

static double *strain[2];
static result whole, cut;

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    result *r = user;
    assert_true(r->n_y + n <= MAX_Y);
    for (int64_t i = 0; i < n; i++) {
        r->step[r->n_y] = step + i;
        r->y[r->n_y++] = y_linear[i];
    }
    (void)y_spiking;
}

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    result *r = user;
    assert_true(r->n_t < MAX_T);
    r->t[r->n_t++] = *t;
    (void)far;
}

static int make_strain(void **state)
{
    for (int i = 0; i < 2; i++) {
        gws_rng r = gws_rng_init(5, "test strain", (uint64_t)i);
        strain[i] = malloc(sizeof *strain[i] * SECONDS * RATE);
        gws_rng_normal_at(&r, 0, strain[i], (size_t)SECONDS * RATE);
        for (int64_t k = 0; k < SECONDS * RATE; k++)
            strain[i][k] *= 1e-21 * (1 + 0.002 * (double)(k / RATE)); /* the noise curve has to follow */
    }
    for (int64_t k = 30 * RATE; k < 30 * RATE + 7; k++)
        strain[1][k] = (double)NAN;
    (void)state;
    return 0;
}

static int free_strain(void **state)
{
    free(strain[0]);
    free(strain[1]);
    (void)state;
    return 0;
}

/* Push seconds [from, to) one by one, L1 a second late. */
static void push(gws_pipeline *p, int from, int to)
{
    for (int s = from; s < to; s++)
        for (int i = 0; i < 2; i++)
            assert_int_equal(gws_pipeline_push(p, i, ((int64_t)T0 + s) * RATE, strain[i] + (int64_t)s * RATE, RATE), GWS_OK);
}

/* recorded: samples wait for each other until the network is fast with them */
static gws_pipeline *create(const gws_model *m, int recorded, result *r)
{
    const double threshold = gws_model_describe(m)->span > 0 ? 12 : 0.0;
    const int rate_hz[2] = {RATE, RATE};
    const gws_pipeline_sinks sinks = {r, on_trigger, on_logits, NULL};
    gws_err err = {0};
    gws_pipeline *p = gws_pipeline_create(m, GWS_HEAD_LINEAR, rate_hz, threshold, &sinks, &err);
    if (!p)
        fail_msg("%s", err.text);
    if (recorded)
        assert_int_equal(gws_pipeline_set_pool(p, NULL, 0, &err), GWS_OK);
    return p;
}

static void goes_on_with(const gws_model *m, int recorded, int seconds, const int *at, size_t n_at)
{
    gws_err err = {0};
    gws_pipeline *p = create(m, recorded, &whole);
    int64_t bytes;

    memset(&whole, 0, sizeof whole);
    push(p, 0, seconds);
    gws_pipeline_finish(p);
    gws_pipeline_destroy(p);
    assert_true(whole.n_y > 200 * 64 && whole.n_t >= 3);
    for (size_t k = 0; k < n_at; k++) {
        memset(&cut, 0, sizeof cut);
        p = create(m, recorded, &cut);
        push(p, 0, at[k]);
        assert_int_equal(gws_pipeline_state_bytes(p, &bytes, &err), GWS_OK);
        char *state = malloc((size_t)bytes);
        gws_pipeline_state_save(p, state);
        const int back = (int)ceil(gws_pipeline_remembers_s(p)) + 17; /* and what waits for the first estimate */
        gws_pipeline_destroy(p);

        p = create(m, recorded, &cut);
        assert_int_equal(gws_pipeline_state_load(p, state, bytes - 1, &err), GWS_EARG);
        assert_int_equal(gws_pipeline_state_load(p, state, bytes, &err), GWS_OK);
        free(state);
        push(p, at[k] > back ? at[k] - back : 0, seconds);
        gws_pipeline_finish(p);
        gws_pipeline_destroy(p);
        assert_int_equal(cut.n_y, whole.n_y);
        assert_memory_equal(cut.step, whole.step, sizeof cut.step[0] * (size_t)cut.n_y);
        assert_memory_equal(cut.y, whole.y, sizeof cut.y[0] * (size_t)cut.n_y);
        assert_int_equal(cut.n_t, whole.n_t);
        assert_memory_equal(cut.t, whole.t, sizeof cut.t[0] * (size_t)cut.n_t);
    }
}

static const int cuts[] = {0, 17, 33, 150, 201, 237};
#define CUTS (sizeof cuts / sizeof *cuts)

static void a_network_that_carries_its_state_goes_on(void **state)
{
    gws_checkpoint c;
    gws_err err = {0};

    small_model(&c, 3, GWS_TO_RUN);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    goes_on_with(m, 0, 260, cuts, CUTS);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
    (void)state;
}

static void a_network_that_begins_afresh_goes_on(void **state)
{
    gws_err err = {0};
    gws_model *m = gws_model_load(GWS_TEST_DIR "/../models/bbh-design.hdf", &err);

    if (!m)
        fail_msg("%s", err.text);
    static const int late[] = {640};

    goes_on_with(m, 0, 260, cuts, CUTS);
    goes_on_with(m, 1, SECONDS, late, 1); /* 512 s wait by then */
    gws_model_destroy(m);
    (void)state;
}

/* The shipped model with templates that follow the noise, which is not that of their curve. */
static void templates_that_follow_the_noise_go_on(void **state)
{
    gws_checkpoint c, shipped;
    gws_err err = {0};

    if (gws_checkpoint_load(&shipped, GWS_TEST_DIR "/../models/bbh-design.hdf", &err))
        fail_msg("%s", err.text);
    const char *model = strstr(shipped.recipe, "[model]\n") + strlen("[model]\n");
    char *text = malloc(strlen(shipped.recipe) + 32);
    sprintf(text, "%.*sfollow = 1\n%s", (int)(model - shipped.recipe), shipped.recipe, model);
    if (gws_checkpoint_init(&c, text, 1, GWS_TO_RUN, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < c.table.n; i++)
        for (int k = 0; k < shipped.table.n; k++)
            if (strcmp(c.table.rows[i].name, shipped.table.rows[k].name) == 0)
                memcpy(c.p + c.table.rows[i].offset, shipped.p + shipped.table.rows[k].offset,
                       (size_t)c.table.rows[i].size * sizeof *c.p);
    for (int64_t i = 0; i < GWS_REFERENCE_BINS; i++)
        c.p[c.table.rows[c.rows.bank_curve].offset + i] = (float)(log(1e-45) - (double)i * GWS_REFERENCE_DF_HZ / 200);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    goes_on_with(m, 0, 260, cuts, CUTS);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
    gws_checkpoint_clear(&shipped);
    free(text);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_that_carries_its_state_goes_on),
        cmocka_unit_test(a_network_that_begins_afresh_goes_on),
        cmocka_unit_test(templates_that_follow_the_noise_go_on),
    };
    return cmocka_run_group_tests(tests, make_strain, free_strain);
}
