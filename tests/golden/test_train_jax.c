/* Ten joint training steps against JAX.
 *
 * Truth: a second implementation, tools/golden/joint_steps.py: the network and losses in JAX from their formulas, gradients by
 * jax.grad, clipping and AdamW by optax, all in double precision (versions in the header it made).  Parameters and windows come
 * from an integer hash that both sides have, so that the header holds results only.
 *
 * Tolerances: forward and backward are sums of some hundred floats, so a loss is good to 1e-6 and a gradient to 1e-5 of its
 * tensor's norm; Adam divides a gradient by its own size, which makes relative errors of small elements into errors of the
 * parameter, and ten steps feed these back.  No decision of a spike is closer to its threshold than GOLDEN_CLOSEST.  Measured:
 * losses 6e-7, norms of gradients 7e-7, changes of parameters 3e-5; the limits are ten times that and more.
 */
#include "gwstest.h"
#include "golden_hash.h"
#include "joint_steps.h"
#include "train/step.h"

#include <math.h>
#include <string.h>

enum { T = 32, BATCH = 4, STEPS = 10, HORIZONS = 3, HOP = 16, IFOS = 2 };

static const char recipe[] =
    "[model]\ndetectors=H1,L1\nrate_hz=2048\nchannels=8,16,16\nkernels=8,4,4\nstrides=4,2,2\nlif=12,8\nhorizons=3\n"
    "bridge_slope=20\nlif_slope=5\n";

static double uniform(uint32_t stream, uint32_t i)
{
    return golden_hash(GOLDEN_SALT, stream, i);
}

/* Centre and width of a tensor's start: the table of joint_steps.py. */
static void start_of(const char *name, double *centre, double *width)
{
    const double c = 3.4 / sqrt(16.0);
    const struct {
        const char *name;
        double centre, width;
    } rows[] = {{"stem.0.weight", 0.0, 4.0 / sqrt(16.0)},
                {"stem.1.weight", 0.0, 4.0 / sqrt(32.0)},
                {"stem.2.weight", 0.0, 4.0 / sqrt(64.0)},
                {"context.input.weight", 0.0, c},
                {"context.recurrent.weight", 0.0, c},
                {"cpc.weight", 0.0, c},
                {"linear.weight", 0.0, 2.0},
                {"bridge.threshold", -2.0, 1.0},
                {"lif.0.weight", 0.0, 0.5},
                {"lif.0.bias", 0.0, 0.05},
                {"lif.0.synapse", 0.5, 1.0},
                {"lif.0.membrane", 1.0, 1.0},
                {"lif.1.weight", 0.0, 0.5},
                {"lif.1.bias", 0.0, 0.05},
                {"lif.1.synapse", 0.5, 1.0},
                {"lif.1.membrane", 1.0, 1.0},
                {"readout.membrane.0", 0.0, 0.4},
                {"readout.membrane.1", 0.0, 0.4},
                {"readout.spike.1", 0.0, 0.4},
                {"readout.bias", 0.0, 0.1},
                {"readout.leak", 0.0, 1.0}};
    *centre = 0.0;
    *width = 0.2; /* the other biases */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) {
            *centre = rows[i].centre;
            *width = rows[i].width;
        }
}

static void load(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    (void)user;
    for (int b = 0; b < n; b++) {
        const int64_t k = first + b, merger = 8 + k * 5 % 16;
        for (int i = 0; i < T * HOP * IFOS; i++)
            x[b * x_next + i] = (float)(4.0 * uniform((uint32_t)(1000 + k), (uint32_t)i));
        for (int t = 0; t < T; t++) {
            const int64_t after = t - merger;
            const int signal = after >= 0 && after < 4;
            target[b * T + t] = signal ? 1.0f : 0.0f;
            weight[b * T + t] = t < 2 ? 0.0f : signal ? 4.0f : after >= -3 && after < 7 ? 0.0f : 1.0f;
        }
    }
}

static void close_to(const char *what, int step, double got, double want, double tolerance, int *bad)
{
    if (fabs(got - want) <= tolerance)
        return;
    printf("%s after %d steps: %.9g, JAX has %.9g, tolerance %.2g\n", what, step, got, want, tolerance);
    (*bad)++;
}

static void ten_joint_steps(void **state)
{
    (void)state;
    gws_err err;
    gws_checkpoint c;
    assert_int_equal(gws_checkpoint_init(&c, recipe, 1, GWS_TO_TRAIN, &err), GWS_OK);
    assert_int_equal(c.table.n, (int)(sizeof golden_change / sizeof *golden_change));
    for (int r = 0; r < c.table.n; r++) {
        const gws_tensor *t = &c.table.rows[r];
        double centre, width;
        assert_string_equal(t->name, golden_change[r].name);
        start_of(t->name, &centre, &width);
        for (int64_t i = 0; i < t->size; i++)
            c.p[t->offset + i] = (float)(centre + width * uniform((uint32_t)r, (uint32_t)i));
    }
    float *first = gws_table_alloc(&c.table);
    assert_non_null(first);
    memcpy(first, c.p, (size_t)c.table.total * sizeof *first);

    const gws_step_params p = {.seed = 1,
                               .batch = BATCH,
                               .accumulate = 1,
                               .clip = 0.4,
                               .weight_decay = 0.01,
                               .beta2 = 0.99,
                               .temperature = 0.1,
                               .spiking_lr = 0.1,
                               .phase[GWS_JOINT] = {.steps = STEPS,
                                                    .warmup = 3,
                                                    .lr = 4e-3,
                                                    .cpc = 0.1,
                                                    .spiking = 1.0,
                                                    .linear = 0.7,
                                                    .distil = 0.25,
                                                    .anchors = T - HORIZONS - 1}}; /* every step is an anchor: nothing is drawn */
    gws_stepper *s = gws_stepper_create(&p, &c, T, NULL, &err);
    assert_non_null(s);
    int bad = 0;
    for (int n = 0; n < STEPS; n++) {
        gws_step_result r;
        assert_int_equal(gws_stepper_run(s, GWS_JOINT, n, load, NULL, &r, &err), GWS_OK);
        c.step++;
        const double got[5] = {r.loss, r.loss_cpc, r.loss_spiking, r.loss_linear, r.loss_distil};
        static const char *const name[5] = {"total loss", "contrastive loss", "spiking loss", "linear loss", "distillation loss"};
        for (int i = 0; i < 5; i++)
            close_to(name[i], n, got[i], golden_loss[n][i], 1e-5 * fabs(golden_loss[n][i]), &bad);
        const float *g = gws_stepper_gradient(s);
        double norm[GWS_GROUPS] = {0.0};
        for (int q = 0; q < c.table.n; q++)
            for (int64_t i = 0; i < c.table.rows[q].size; i++)
                norm[gws_step_group(c.table.rows[q].name)] += pow((double)g[c.table.rows[q].offset + i], 2.0);
        close_to("gradient of the encoder", n, sqrt(norm[GWS_GROUP_ENCODER]), golden_norm[n][0], 1e-4 * golden_norm[n][0], &bad);
        close_to("gradient of the spiking classifier", n, sqrt(norm[GWS_GROUP_SPIKING]), golden_norm[n][1],
                 1e-4 * golden_norm[n][1], &bad);
        close_to("gradient of the linear head", n, sqrt(norm[GWS_GROUP_LINEAR]), golden_norm[n][2], 1e-4 * golden_norm[n][2], &bad);
    }
    for (int r = 0; r < c.table.n; r++) {
        const gws_tensor *t = &c.table.rows[r];
        double norm = 0.0, sum = 0.0;
        for (int64_t i = 0; i < t->size; i++) {
            const double d = (double)c.p[t->offset + i] - (double)first[t->offset + i];
            norm += d * d;
            sum += uniform((uint32_t)(500 + r), (uint32_t)i) < 0.0 ? -d : d;
        }
        /* the sum of n signed changes is of the size of their norm; the float parameters round at 6e-8 of their own size */
        const double tolerance = 3e-4 * golden_change[r].norm + 1e-6;
        close_to(t->name, STEPS, sqrt(norm), golden_change[r].norm, tolerance, &bad);
        close_to(t->name, STEPS, sum, golden_change[r].sum, tolerance, &bad);
    }
    gws_stepper_destroy(s);
    gws_arena_free(first);
    gws_checkpoint_clear(&c);
    assert_int_equal(bad, 0);
}

/* The comparison would be worth little where nothing happens. */
static void the_ten_steps_exercise_every_part(void **state)
{
    (void)state;
    int clipped = 0, free_groups = 0;
    for (int n = 0; n < STEPS; n++)
        for (int g = 0; g < 3; g++)
            *(golden_norm[n][g] > 0.4 ? &clipped : &free_groups) += 1;
    assert_true(clipped > 0 && free_groups > 0);
    for (size_t r = 0; r < sizeof golden_change / sizeof *golden_change; r++)
        assert_true(golden_change[r].norm > 1e-4);
    assert_true(GOLDEN_CLOSEST > 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_joint_steps), cmocka_unit_test(the_ten_steps_exercise_every_part)};
    return GWS_RUN_TESTS(tests);
}
