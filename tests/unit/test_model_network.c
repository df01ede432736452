/* The network at its edges: odd widths, one to three steps, one to five items, every encoder and neuron, either readout.
 *
 * Truth: identity.  Items that stand alone, are cut into single steps with state carried over, or share four threads have the same bits,
 * forward and in the gradients.
 */
#include "gwstest.h"
#include "model_files.h"

#include "base/rng.h"
#include "model/network.h"

#include <math.h>
#include <string.h>

enum { B_MOST = 5, T_MOST = 3, CAP = 4, THREADS = 4 };

static const char *const bridges[] = {"contrast", "delta", "rate", "latency"},
                         *const neurons[] = {"lif", "cuba", "adaptive", "recurrent"},
                         *const ends[] = {"", "linear_head=0\nneuron_2=li\n", "linear_head=0\nreadout=mean\nlearn_decays=0\n",
                                          "reset=soft\nlearn_threshold=0\nneuron_2=lif\nbridge_hold=1\n"},
                         *const stems[] = {"channels=3,8\nkernels=5,3\nstrides=4,2\ntap=first\n",
                                           "channels=5,1,8\nkernels=4,1,7\nstrides=2,1,4\n",
                                           "channels=5,8\nkernels=3,2\nstrides=1,1\nlevels=3\ncontext_memory=4\n"};

static void make(bare_net *n, const char *model, int large)
{
    bare_net_begin(n, model);
    if (!large)
        assert_int_equal(gws_arch_init(&n->a, &n->t, &n->rows, n->p, 3, NULL), GWS_OK);
    gws_rng r = gws_rng_init(4, "jitter", 0);
    for (int64_t i = 0; i < n->t.total;
         i++) /* strong enough for both layers to spike in three steps; of a large one, quickly made */
        n->p[i] += large ? 1e-4f * (float)((int)((uint32_t)i * 2654435761u >> 24) - 128) : (float)(0.5 * gws_rng_normal(&r));
    bare_net_pack(n, GWS_TO_TRAIN);
}

/* Item b's input rows, T steps of it behind the history. */
static void fill(gws_work *k, int b, int item, int64_t first, int64_t T)
{
    const int64_t row = (int64_t)gws_arch_rows(k->a) * k->a->inputs, history = (int64_t)k->a->stem[0].history * k->a->inputs;
    const gws_rng r = gws_rng_init(5, "input", (uint64_t)item);
    double v[64];
    assert_true(row <= 64);
    for (int64_t t = 0; t < T; t++) {
        gws_rng_normal_at(&r, (uint64_t)((first + t) * row), v, (size_t)row);
        for (int64_t i = 0; i < row; i++)
            k->x[b * (history + k->cap * row) + history + t * row + i] = 2.0f * (float)v[i];
    }
}

static void run(const bare_net *n, gws_work *k, gws_pool *pool, unsigned stages, int anchors)
{
    const gws_pass pass = {.anchors = anchors, .stride = 1};
    gws_net_run(gws_kernels_get(), pool, &n->w, k, &pass, stages);
}

/* Logits of all items, T steps at once, and the gradients. */
static void at_once(const bare_net *n, int B, int64_t T, gws_pool *pool, float *y, float *g)
{
    gws_work k;
    gws_err err;
    const gws_pass pass = {.heads = 1, .anchors = (int)T, .stride = 1, .encoder = 1, .spike_to_context = 1};
    assert_int_equal(gws_work_create(&k, &n->a, &(gws_work_shape){B, T, (int)T, GWS_TO_TRAIN, gws_pool_threads(pool)}, &err),
                     GWS_OK);
    for (int b = 0; b < B; b++)
        fill(&k, b, b, 0, T);
    run(n, &k, pool, GWS_DO_ALL, (int)T);
    assert_null(gws_work_find_bad(&k, GWS_DO_ALL));
    memcpy(y, k.y, (size_t)(B * T) * sizeof *y);
    for (int64_t i = 0; i < B * T; i++)
        k.g_y[i] = 0.5f - (float)(i % 3);
    for (int64_t i = 0; i < B * T && k.g_y_lin; i++)
        k.g_y_lin[i] = (float)(i % 2) - 0.25f;
    for (int i = 0; i < 2 * B; i++)
        k.g_out[i] = 0.3f - (float)(i % 2);
    memset(g, 0, (size_t)n->t.total * sizeof *g);
    gws_net_backward(gws_kernels_get(), pool, &n->w, &k, &pass, g);
    gws_work_clear(&k);
}

/* Logits of item `item` alone, step by step in room for more. */
static void step_by_step(const bare_net *n, int item, int64_t T, gws_pool *pool, float *y)
{
    gws_work k;
    gws_err err;
    assert_int_equal(gws_work_create(&k, &n->a, &(gws_work_shape){2, CAP, 0, GWS_TO_RUN, gws_pool_threads(pool)}, &err), GWS_OK);
    k.T = 2; /* something else first, which a reset forgets */
    fill(&k, 1, 77, 0, 2);
    run(n, &k, pool, GWS_DO_ENCODER | GWS_DO_HEADS, 0);
    gws_work_reset(&k, 0);
    gws_work_reset(&k, 1);
    k.T = 1;
    for (int64_t t = 0; t < T; t++) {
        fill(&k, 0, 78, t, 1);
        fill(&k, 1, item, t, 1);
        run(n, &k, pool, GWS_DO_ENCODER | GWS_DO_HEADS, 0);
        for (int b = 0; b < 2; b++)
            gws_work_pass_history(&k, &k, b), gws_work_pass_state(&k, &k, b);
        y[t] = k.y[CAP];
    }
    gws_work_clear(&k);
}

static void odd_networks_give_the_same_bits_alone_in_steps_and_on_threads(void **state)
{
    static float y[2][B_MOST * T_MOST];
    gws_err err;
    gws_pool *pool = gws_pool_create(THREADS, &err);
    int spikes = 0;
    assert_non_null(pool);
    for (int kind = 0; kind < 4 * 4 * 4 * 3; kind++) {
        char model[512];
        bare_net n;
        if (kind / 64 == 2 && kind / 16 % 4 == 2)
            continue; /* a statistic is carried to the leaky readout only */
        snprintf(model, sizeof model,
                 "[model]\ndetectors=H1,L1,V1\nlif=5,3\nhorizons=2\nbridge_period=2\n%sbridge=%s\nneuron=%s\n%s", stems[kind / 64],
                 bridges[kind % 4], neurons[kind / 4 % 4], ends[kind / 16 % 4]);
        make(&n, model, 0);
        float *g[2] = {gws_table_alloc(&n.t), gws_table_alloc(&n.t)};
        for (int T = 1; T <= T_MOST; T++)
            for (int B = 1; B <= B_MOST; B += 2) {
                float alone[T_MOST];
                at_once(&n, B, T, NULL, y[0], g[0]);
                at_once(&n, B, T, pool, y[1], g[1]);
                assert_memory_equal(y[0], y[1], (size_t)(B * T) * sizeof(float));
                assert_memory_equal(g[0], g[1], (size_t)n.t.total * sizeof(float));
                step_by_step(&n, B - 1, T, B % 2 ? pool : NULL, alone);
                if (memcmp(alone, y[0] + (B - 1) * T, (size_t)T * sizeof(float)) != 0)
                    fail_msg("%s: item %d of %d by %d steps differs alone", model, B - 1, B, T);
                spikes += g[0][n.t.rows[n.rows.lif[1].w].offset] != 0.0f;
            }
        gws_arena_free(g[0]);
        gws_arena_free(g[1]);
        bare_net_clear(&n);
    }
    gws_pool_destroy(pool);
    assert_true(spikes > 0);
}

/* Assertions, once: more jobs of packing, and more blocks of gradients, than there was room for. */
static void many_large_matrices_and_one_very_long_kernel_can_be_trained(void **state)
{
    static const char *const models[] = {
        "[model]\ndetectors=H1\nchannels=256,256,256,256,256,256,256,256\nkernels=16,16,16,16,16,16,16,16\nstrides=1,1,1,1,1,1,1,"
        "1\n"
        "lif=2048,512\nneuron=recurrent\nhorizons=16\n",
        "[model]\ndetectors=H1\nrate_hz=4096\nchannels=64,1,8\nkernels=4,65536,4\nstrides=4,1,4\nlif=8,8\nhorizons=1\n"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        bare_net n;
        float y[2];
        make(&n, models[i], 1);
        float *g = gws_table_alloc(&n.t);
        assert_non_null(g);
        at_once(&n, 1, 1, NULL, y, g);
        const gws_tensor *t = &n.t.rows[n.rows.stem_w[1]];
        double sum = 0.0;
        for (int64_t k = 0; k < t->size; k++)
            sum += (double)(g[t->offset + k] * g[t->offset + k]);
        assert_true(sum > 0.0);
        gws_arena_free(g);
        bare_net_clear(&n);
    }
}

/* Identity: both heads of an untrained network that carries a statistic are that statistic, the spiking one as a leaky sum of its
 * level's changes, which is made here in another way: from whole levels, without events. */
static void an_untrained_network_is_the_statistic_that_it_carries(void **state)
{
    enum { T = 300 };
    const double leak = 1.0 / (1.0 + exp(-(double)(float)log(exp(-1.0 / 20.0) / (1.0 - exp(-1.0 / 20.0)))));
    gws_err err;
    gws_table t;
    gws_param_rows rows;
    gws_weights w;
    gws_work k;
    gws_arch a;
    gws_ini *ini = gws_ini_parse("[model]\ndetectors=H1,L1\nchannels=12,16\nkernels=3,4\nstrides=1,1\nlif=24,16\nhorizons=2\n"
                                 "levels=16\nlevel_step=0.5\n",
                                 "test", &err);
    assert_non_null(ini);
    assert_int_equal(gws_arch_from_ini(ini, &a, &err), GWS_OK);
    gws_ini_destroy(ini);
    gws_table_init(&t);
    assert_int_equal(gws_arch_parameters(&a, &t, &rows, &err), GWS_OK);
    float *p = gws_table_alloc(&t);
    assert_int_equal(gws_arch_init(&a, &t, &rows, p, 3, &err), GWS_OK);
    assert_int_equal(gws_weights_create(&w, &a, &t, &rows, GWS_TO_RUN, &err), GWS_OK);
    gws_weights_update(&w, gws_kernels_get(), NULL, p);
    assert_int_equal(gws_work_create(&k, &a, &(gws_work_shape){1, T, 0, GWS_TO_RUN, 1}, &err), GWS_OK);
    const gws_rng r = gws_rng_init(9, "statistic", 0);
    const int64_t history = (int64_t)a.stem[0].history * a.inputs;
    for (int i = 0; i < T; i++) {
        double v[2];
        gws_rng_normal_at(&r, 2 * (uint64_t)i, v, 2);
        /* slow enough for 16 channels: noise of one or two levels, and two rises */
        k.x[history + i * a.inputs] = (float)(9.0 + v[0] * 0.7 + (i > 150 ? 7.5 : 0.0) - (i > 220 ? 7.0 : 0.0));
        k.x[history + i * a.inputs + 1] = (float)v[1];
    }
    const gws_pass pass = {0};
    gws_net_run(gws_kernels_get(), NULL, &w, &k, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
    double y = 0.0, level = floor((double)k.x[history] / 0.5);
    for (int i = 0; i < T; i++) {
        const double x = (double)k.x[history + i * a.inputs], now = floor(x / 0.5);
        assert_true((double)k.y_lin[i] == x);
        y = leak * y + 0.5 * (now - level);
        level = now;
        assert_true(fabs((double)k.y[i] - y) < 1e-4); /* float sums over some twenty steps */
    }
    gws_work_clear(&k);
    gws_weights_clear(&w);
    gws_arena_free(p);
    gws_table_clear(&t);
}

/* Truth: proportion. */
static void a_gain_scales_the_neurons_weights_alone(void **state)
{
    char recipe[sizeof small_recipe + 32];
    gws_checkpoint c[2];
    snprintf(recipe, sizeof recipe, "%slif_gain = 4\n", small_recipe);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gws_checkpoint_init(&c[i], i ? recipe : small_recipe, 4, GWS_TO_RUN, NULL), GWS_OK);
    for (int row = 0; row < c[0].table.n; row++) {
        const gws_tensor *t = &c[0].table.rows[row];
        const float gain = row == c[0].rows.lif[0].w || row == c[0].rows.lif[1].w ? 4.0f : 1.0f;
        for (int64_t i = t->offset; i < t->offset + t->size; i++)
            assert_true(fabsf(c[1].p[i] - gain * c[0].p[i]) <= 1e-6f * fabsf(gain * c[0].p[i]));
    }
    gws_checkpoint_clear(&c[0]);
    gws_checkpoint_clear(&c[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_networks_give_the_same_bits_alone_in_steps_and_on_threads),
        cmocka_unit_test(an_untrained_network_is_the_statistic_that_it_carries),
        cmocka_unit_test(a_gain_scales_the_neurons_weights_alone),
        cmocka_unit_test(many_large_matrices_and_one_very_long_kernel_can_be_trained),
    };
    return GWS_RUN_TESTS(tests);
}
