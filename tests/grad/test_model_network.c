/* Gradients of the whole network, every tensor, against central differences of its own loss.
 *
 * Truth: finite differences.  The step functions are replaced by the surrogate's integral (arch.smooth), so the code under test is the code that
 * trains; with the real step the loss has no derivative.  Tolerance: the loss is a sum of some hundred floats, rounding 1e-6, difference step 4e-3 (noise up to 2e-3 in a quotient); the slopes keep the step within 0..1 and its kinks mild.
 */
#include "base/rng.h"
#include "model/network.h"
#include "nn/infonce.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { B = 3, T = 20, A = 4, FIRST = 1, STRIDE = 3 };

typedef struct fixture {
    gws_arch a;
    gws_table t;
    gws_param_rows rows;
    gws_weights w;
    gws_work k;
    gws_infonce *nce;
    float *p, *g, *coef, *coef_lin, *x;
    int64_t nx;
} fixture;

static double loss(fixture *f, int backward)
{
    const gws_kernels *K = gws_kernels_get();
    const gws_pass pass = {.heads = 1, .anchors = A, .first = FIRST, .stride = STRIDE, .encoder = 1, .spike_to_context = 1};
    memset(f->k.mem, 0, (size_t)f->k.layout.total * sizeof(float));
    const int64_t hist = (f->a.stem[0].kernel - f->a.stem[0].stride) * f->a.ifos;
    for (int b = 0; b < B; b++)
        memcpy(f->k.x + b * (hist + f->nx) + hist, f->x + b * f->nx, (size_t)f->nx * sizeof(float));
    gws_weights_update(&f->w, K, f->p);
    gws_net_forward(K, &f->w, &f->k, &pass, 0, B, 0);
    double l = 0.0;
    for (int i = 0; i < B * T; i++)
        l += (double)f->coef[i] * (double)f->k.y[i] + (double)f->coef_lin[i] * (double)f->k.y_lin[i];
    const float *z = f->k.act[f->a.n_stem - 1];
    l += gws_infonce_run(f->nce, K, NULL, B, FIRST, STRIDE, 0.2, 1.0, f->k.pred, z, backward ? f->k.g_pred : NULL, f->k.g_z, NULL);
    if (backward) {
        memcpy(f->k.g_y, f->coef, B * T * sizeof(float));
        memcpy(f->k.g_y_lin, f->coef_lin, B * T * sizeof(float));
        memset(f->g, 0, (size_t)f->t.total * sizeof(float));
        gws_net_backward(K, &f->w, &f->k, &pass, 0, B, 0, f->g);
        gws_net_finish_gradients(&f->w, f->g);
    }
    return l;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    gws_err err;
    gws_ini *ini = gws_ini_parse(
        "[model]\ndetectors=H1,L1\nrate_hz=2048\nchannels=8,12,16\nkernels=8,4,4\nstrides=4,2,2\nlif=24,16\nhorizons=3\n"
        "bridge_slope=4\nlif_slope=2\n",
        "test", &err);
    assert_non_null(ini);
    assert_int_equal(gws_arch_from_ini(ini, &f->a, &err), GWS_OK);
    gws_ini_destroy(ini);
    f->a.smooth = 1;
    f->a.reset_gradient = 1;
    gws_table_init(&f->t);
    assert_int_equal(gws_arch_parameters(&f->a, &f->t, &f->rows, &err), GWS_OK);
    f->p = gws_table_alloc(&f->t);
    f->g = gws_table_alloc(&f->t);
    assert_int_equal(gws_arch_init(&f->a, &f->t, &f->rows, f->p, 7, &err), GWS_OK);
    /* biases, decays and thresholds of their own for every element: equal values would hide a transposed index */
    gws_rng r = gws_rng_init(1, "jitter", 0);
    for (int64_t i = 0; i < f->t.total; i++)
        f->p[i] += (float)(0.1 * gws_rng_normal(&r));
    assert_int_equal(gws_weights_create(&f->w, &f->a, &f->t, &f->rows, 1, &err), GWS_OK);
    assert_int_equal(gws_work_create(&f->k, &f->a, B, T, A, 1, 1, &err), GWS_OK);
    const gws_infonce_shape s = {.B = B, .T = T, .C = f->a.C, .K = f->a.K, .A = A};
    f->nce = gws_infonce_create(&s, 1, &err);
    assert_non_null(f->nce);
    f->nx = (int64_t)T * gws_arch_hop(&f->a) * f->a.ifos;
    f->x = calloc((size_t)(B * f->nx), sizeof(float));
    f->coef = calloc(B * T, sizeof(float));
    f->coef_lin = calloc(B * T, sizeof(float));
    for (int64_t i = 0; i < B * f->nx; i++)
        f->x[i] = (float)gws_rng_normal(&r);
    for (int i = 0; i < B * T; i++) {
        f->coef[i] = (float)(0.2 * gws_rng_normal(&r));
        f->coef_lin[i] = (float)(0.2 * gws_rng_normal(&r));
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
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
    return 0;
}

static void every_tensor_against_central_differences(void **state)
{
    fixture *f = *state;
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
                printf("%s trial %d: central difference %.6f, gradient %.6f, tolerance %.6f\n", t->name, trial, got, want, tol);
                bad++;
            }
            free(dir);
            free(keep);
        }
        double norm = gws_table_find(&f->t, t->name) == row ? 1.0 : 0.0;
        assert_true(norm > 0.0);
    }
    assert_int_equal(bad, 0);
}

static void contrastive_loss_is_not_zero_at_batch_one(void **state)
{
    fixture *f = *state;
    loss(f, 0);
    double acc;
    const double l = gws_infonce_run(f->nce, gws_kernels_get(), NULL, 1, FIRST, STRIDE, 0.2, 1.0, f->k.pred,
                                     f->k.act[f->a.n_stem - 1], NULL, NULL, &acc);
    assert_true(l > 0.1);
    assert_true(acc >= 0.0 && acc <= 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_tensor_against_central_differences, setup, teardown),
        cmocka_unit_test_setup_teardown(contrastive_loss_is_not_zero_at_batch_one, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
