/* Gradients of the whole network, every tensor, against central differences of its own loss.
 *
 * Truth: finite differences.  The step functions are replaced by the surrogate's integral (arch.smooth), so the code under test is the
 * code that trains; with the real step the loss has no derivative.  Tolerance: the loss is a sum of some hundred floats, rounding 1e-6,
 * difference step 4e-3 (noise up to 2e-3 in a quotient); the slopes keep the step within 0..1 and its kinks mild.
 */
#include "base/rng.h"
#include "model/network.h"
#include "nn/infonce.h"
#include "nn/loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { B = 3, T = 20, A = 4, FIRST = 1, STRIDE = 3 };

#define EXCESS 2.0 /* weight of what the rates exceed their targets by */

typedef struct fixture {
    gws_arch a;
    gws_table t;
    gws_param_rows rows;
    gws_weights w;
    gws_work k;
    gws_infonce *nce;
    gws_pool *pool;
    int A, first, stride;
    float *p, *g, *coef, *coef_lin, *x;
    int64_t nx;
} fixture;

/* What spikes and events exceed half their smooth number at rest by, and its gradient. */
static double excess(fixture *f, int backward)
{
    const double target[GWS_COUNTS] = {
        [GWS_COUNT_SPIKES] = 0.25 * T * (f->a.H[0] + f->a.H[1]), [GWS_COUNT_EVENTS] = 0.25 * T * 2 * (f->a.C - f->a.levels)};
    double n[GWS_COUNTS], g, sum = 0.0;
    for (int b = 0; b < B; b++) {
        gws_work_counts(&f->k, b, n);
        for (int i = 0; i < GWS_COUNTS; i++) {
            sum += EXCESS * gws_excess(n[i], target[i], &g);
            if (backward)
                f->k.g_count[GWS_COUNTS * b + i] = (float)(EXCESS * g);
        }
    }
    return sum;
}

static double loss(fixture *f, int backward)
{
    const gws_kernels *K = gws_kernels_get();
    const gws_pass pass = {
        .heads = 1, .anchors = f->A, .first = f->first, .stride = f->stride, .encoder = 1, .spike_to_context = 1};
    memset(f->k.mem, 0, (size_t)f->k.layout.total * sizeof(float));
    const int64_t hist = (int64_t)f->a.stem[0].history * f->a.inputs;
    for (int b = 0; b < B; b++)
        memcpy(f->k.x + b * (hist + f->nx) + hist, f->x + b * f->nx, (size_t)f->nx * sizeof(float));
    gws_weights_update(&f->w, K, f->pool, f->p);
    gws_net_run(K, f->pool, &f->w, &f->k, &pass, GWS_DO_ALL);
    double l = 0.0;
    const int mean = f->a.readout == GWS_READOUT_MEAN; /* a window's answer is two scores, not a track */
    for (int i = 0; i < B * T; i++)
        l += (mean ? 0.0 : (double)f->coef[i] * (double)f->k.y[i]) +
             (f->a.linear ? (double)f->coef_lin[i] * (double)f->k.y_lin[i] : 0.0);
    for (int i = 0; i < 2 * B && mean; i++)
        l += (double)f->coef[i] * (double)f->k.out[i] / T;
    l += excess(f, backward);
    const float *z = f->k.act[f->a.n_stem - 1];
    l += gws_infonce_run(
        f->nce, K, f->pool,
        &(gws_infonce_batch){B, f->first, f->stride, 0.2, 1.0, f->k.pred, z, backward ? f->k.pred : NULL, f->k.g_z}, NULL);
    if (backward) {
        memcpy(f->k.g_y, f->coef, B * T * sizeof(float));
        memcpy(f->k.g_out, f->coef, 2 * B * sizeof(float));
        if (f->a.linear)
            memcpy(f->k.g_y_lin, f->coef_lin, B * T * sizeof(float));
        memset(f->g, 0, (size_t)f->t.total * sizeof(float));
        gws_net_backward(K, f->pool, &f->w, &f->k, &pass, f->g);
    }
    return l;
}

/* What the recipes can ask for, so that each part is seen by some network.  The first is the shipped kind. */
static const struct kind {
    const char *name, *model;
    int all; /* anchors everywhere, negatives from the batch */
} kinds[] = {
    {"default", "channels=8,12,16\nkernels=8,4,4\nstrides=4,2,2\n", 0},
    {"seed",
     "channels=8,12,16\nkernels=9,5,3\nstrides=2,2,2\ntap=first\nbridge_hold=1\nbridge_threshold=0.1\nlearn_threshold=0\n"
     "learn_decays=0\nreadout=mean\nlinear_head=0\n",
     1},
    {"recurrent, send-on-delta, soft reset",
     "channels=8,16\nkernels=8,5\nstrides=4,4\nbridge=delta\nneuron=recurrent\nreset=soft\nsurrogate=atan\n", 0},
    {"adaptive, latency",
     "channels=8,16\nkernels=8,4\nstrides=4,4\nbridge=latency\nbridge_period=5\nneuron=adaptive\nsurrogate=sigmoid\n", 0},
    {"carried statistic, bounded memory", "channels=12,16\nkernels=3,4\nstrides=1,1\nlevels=5\nlevel_step=0.5\ncontext_memory=8\n",
     0},
    {"gated statistic", "channels=12,16\nkernels=3,4\nstrides=1,1\nlevels=5\nlevel_step=0.5\ngate=1\n", 0},
    {"delays", "channels=8,16\nkernels=8,4\nstrides=4,4\ndelays=0,3,7,30\n", 0},
    {"delays, recurrent, carried statistic",
     "channels=12,16\nkernels=3,4\nstrides=1,1\nlevels=5\nlevel_step=0.5\ndelays=0,1,19\nneuron=recurrent\n", 0},
    {"lif and a non-spiking readout, rate",
     "channels=8,16\nkernels=8,4\nstrides=4,4\nbridge=rate\nbridge_threshold=1\nneuron=lif\nneuron_2=li\n", 1},
};

static fixture *make(const struct kind *kind)
{
    fixture *f = calloc(1, sizeof *f);
    gws_err err;
    char text[1024];
    snprintf(text, sizeof text, "[model]\ndetectors=H1,L1\nrate_hz=2048\nlif=24,16\nhorizons=3\nbridge_slope=4\nlif_slope=2\n%s",
             kind->model);
    gws_ini *ini = gws_ini_parse(text, "test", &err);
    assert_non_null(ini);
    if (gws_arch_from_ini(ini, &f->a, &err))
        fail_msg("%s: %s", kind->name, err.text);
    gws_ini_destroy(ini);
    f->a.smooth = 1;
    f->a.reset_gradient = 1;
    f->A = kind->all ? T - 1 : A;
    f->first = kind->all ? 0 : FIRST;
    f->stride = kind->all ? 1 : STRIDE;
    gws_table_init(&f->t);
    assert_int_equal(gws_arch_parameters(&f->a, &f->t, &f->rows, &err), GWS_OK);
    f->p = gws_table_alloc(&f->t);
    f->g = gws_table_alloc(&f->t);
    assert_int_equal(gws_arch_init(&f->a, &f->t, &f->rows, f->p, 7, &err), GWS_OK);
    /* biases, decays and thresholds of their own for every element: equal values would hide a transposed index */
    gws_rng r = gws_rng_init(1, "jitter", 0);
    for (int64_t i = 0; i < f->t.total; i++)
        f->p[i] += (float)(0.1 * gws_rng_normal(&r));
    assert_int_equal(gws_weights_create(&f->w, &f->a, &f->t, &f->rows, GWS_TO_TRAIN, &err), GWS_OK);
    assert_int_equal(gws_work_create(&f->k, &f->a, &(gws_work_shape){B, T, f->A, GWS_TO_TRAIN, 3}, &err), GWS_OK);
    const gws_infonce_shape s = {
        .B = B, .T = T, .C = f->a.C, .K = f->a.K, .A = f->A, .negatives = kind->all ? GWS_NEGATIVES_BATCH : GWS_NEGATIVES_BOTH};
    f->nce = gws_infonce_create(&s, 3, &err);
    assert_non_null(f->nce);
    f->nx = (int64_t)T * gws_arch_rows(&f->a) * f->a.inputs;
    f->x = calloc((size_t)(B * f->nx), sizeof(float));
    f->coef = calloc(B * T, sizeof(float));
    f->coef_lin = calloc(B * T, sizeof(float));
    for (int64_t i = 0; i < B * f->nx; i++)
        f->x[i] = (float)gws_rng_normal(&r);
    for (int i = 0; i < B * T; i++) {
        f->coef[i] = (float)(0.2 * gws_rng_normal(&r));
        f->coef_lin[i] = (float)(0.2 * gws_rng_normal(&r));
    }
    return f;
}

static void drop(fixture *f)
{
    gws_weights_clear(&f->w);
    gws_work_clear(&f->k);
    gws_infonce_destroy(f->nce);
    gws_arena_free(f->p);
    gws_arena_free(f->g);
    gws_table_clear(&f->t);
    free(f->x);
    free(f->coef);
    free(f->coef_lin);
    free(f);
}

static void differences(const struct kind *kind)
{
    fixture *f = make(kind);
    loss(f, 1);
    int bad = 0;
    gws_rng r = gws_rng_init(3, "pick", 0);
    for (int row = 0; row < f->t.n; row++) {
        const gws_tensor *t = &f->t.rows[row];
        /* along a random direction within the tensor, and at a few single elements */
        for (int trial = 0; trial < 4; trial++) {
            float *dir = calloc((size_t)t->size, sizeof *dir), *keep = calloc((size_t)t->size, sizeof *keep);
            if (trial == 0)
                for (int64_t i = 0; i < t->size; i++)
                    dir[i] = (float)(gws_rng_normal(&r) / sqrt((double)t->size));
            else
                dir[gws_rng_below(&r, (uint64_t)t->size)] = 1.0f;
            memcpy(keep, f->p + t->offset, (size_t)t->size * sizeof *keep);
            const double e = 4e-3;
            double l[2], want = 0.0, norm = 0.0;
            for (int s = 0; s < 2; s++) {
                for (int64_t i = 0; i < t->size; i++)
                    f->p[t->offset + i] = keep[i] + (float)((s ? e : -e) * (double)dir[i]);
                l[s] = loss(f, 0);
            }
            memcpy(f->p + t->offset, keep, (size_t)t->size * sizeof *keep);
            for (int64_t i = 0; i < t->size; i++) {
                want += (double)f->g[t->offset + i] * (double)dir[i];
                norm += (double)f->g[t->offset + i] * (double)f->g[t->offset + i];
            }
            const double got = (l[1] - l[0]) / (2.0 * e), tol = 1e-2 * (fabs(want) + sqrt(norm / (double)t->size)) + 2e-3;
            if (fabs(got - want) > tol) {
                printf("%s, %s trial %d: central difference %.6f, gradient %.6f, tolerance %.6f\n", kind->name, t->name, trial, got,
                       want, tol);
                bad++;
            }
            free(dir);
            free(keep);
        }
        double norm = gws_table_find(&f->t, t->name) == row ? 1.0 : 0.0;
        assert_true(norm > 0.0);
    }
    assert_int_equal(bad, 0);
    drop(f);
}

static void every_tensor_against_central_differences(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        differences(&kinds[i]);
}

/* Truth: identity.  Also with real spikes, which take another path than the smooth ones. */
static void gradients_do_not_depend_on_threads_or_instruction_sets(void **state)
{
    const gws_isa best = gws_isa_best();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int smooth = 0; smooth < 2; smooth++) {
            fixture *f[3];
            double l[3];
            for (int t = 0; t < 3; t++) { /* one thread, three, one without vectors */
                gws_isa_limit(t == 2 ? GWS_ISA_SCALAR : best);
                f[t] = make(&kinds[i]);
                if (!smooth) {
                    gws_err err;
                    gws_work_clear(&f[t]->k);
                    f[t]->a.smooth = 0;
                    assert_int_equal(gws_work_create(&f[t]->k, &f[t]->a, &(gws_work_shape){B, T, f[t]->A, GWS_TO_TRAIN, 3}, &err),
                                     GWS_OK);
                }
                f[t]->pool = gws_pool_create(t == 1 ? 3 : 1, NULL);
                l[t] = loss(f[t], 1);
            }
            gws_isa_limit(best);
            for (int t = 1; t < 3; t++) {
                assert_true(l[0] == l[t]);
                assert_memory_equal(f[0]->g, f[t]->g, (size_t)f[0]->t.total * sizeof(float));
            }
            for (int t = 0; t < 3; t++) {
                gws_pool_destroy(f[t]->pool);
                drop(f[t]);
            }
        }
}

static void contrastive_loss_is_not_zero_at_batch_one(void **state)
{
    fixture *f = make(&kinds[0]);
    loss(f, 0);
    double acc;
    const double l =
        gws_infonce_run(f->nce, gws_kernels_get(), NULL,
                        &(gws_infonce_batch){1, FIRST, STRIDE, 0.2, 1.0, f->k.pred, f->k.act[f->a.n_stem - 1], NULL, NULL}, &acc);
    assert_true(l > 0.1);
    assert_true(acc >= 0.0 && acc <= 1.0);
    drop(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tensor_against_central_differences),
        cmocka_unit_test(gradients_do_not_depend_on_threads_or_instruction_sets),
        cmocka_unit_test(contrastive_loss_is_not_zero_at_batch_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
