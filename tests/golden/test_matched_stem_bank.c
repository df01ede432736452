/* Templates, SNR and statistic of the matched stem against LALSimulation, numpy and scipy through tests/golden/stem.h (made by
 * tools/golden/stem.py).
 *
 * Tolerances.  The reference cuts the band sharply at 0 and 512 Hz; here 127 taps do it, whose stop band is 37 dB down and falling, and
 * white noise is everywhere.  So rho, 1.41 rms, differs by some 0.009 rms (4e-5 of the power), its square and y accordingly.  That the stem
 * does its own sums to rounding is unit/nn_filters' to show. */
#include "gwstest.h"

#include "base/arena.h"
#include "golden/stem.h"
#include "nn/coherent.h"
#include "nn/filters.h"
#include "matched/stem_bank.h"

#include <math.h>
#include <stdlib.h>

enum { N = STEM_SECONDS * 2048, BLOCK0 = 4096 /* where the series begins, in samples at 512 Hz: a whole number of blocks */ };

static float x[2][N];

static void make_series(void)
{
    for (int i = 0; i < 2; i++) {
        uint64_t state = (uint64_t)i + 1;
        for (int64_t t = 0; t < N; t++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            x[i][t] = (float)((double)(state >> 40) * 0x1p-24 - 0.5) * 3.4641016f;
        }
    }
}

typedef struct check {
    gws_coherent *c;
    int row, step;
    double squares[2 * STEM_TEMPLATES], worst, y, bare; /* how far off */
} check;

static void on_steps(void *user, const gws_coherent_steps *steps)
{
    check *k = user;
    for (; k->step < STEM_STEPS; k->step++) {
        const int64_t i = stem_step[k->step].at + BLOCK0 / 8 - steps->step;
        if (i >= steps->n)
            return;
        assert_true(i >= 0);
        k->y = fmax(k->y, fabs((double)steps->y[i] - stem_step[k->step].y));
        k->bare = fmax(k->bare, fabs((double)steps->bare[i] - stem_step[k->step].bare));
    }
}

static void on_rows(void *user, int64_t t, const float *const *rho, int64_t n)
{
    check *k = user;
    for (; k->row < STEM_ROWS && stem_row[k->row].at + BLOCK0 + STEM_AFTER < t + n; k->row++) {
        const int64_t at = stem_row[k->row].at + BLOCK0 + STEM_AFTER - t;
        assert_true(at >= 0);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < STEM_TEMPLATES; j++) {
                const float *z = rho[i] + at * 32 + j;
                const double *want = stem_row[k->row].rho + 2 * (i * STEM_TEMPLATES + j);
                const double off = hypot((double)z[0] - want[0], (double)z[16] - want[1]);
                k->squares[i * STEM_TEMPLATES + j] += off * off / STEM_ROWS;
                k->worst = fmax(k->worst, off);
            }
    }
    gws_coherent_push(k->c, t, rho, n, on_steps, k);
}

static void the_stem_sees_what_the_reference_sees(void **state)
{
    static float g[STEM_TEMPLATES * STEM_TAPS * 2];
    float weight[STEM_TEMPLATES];
    gws_template t[STEM_TEMPLATES] = {{0}};
    gws_stem_params p = gws_stem_defaults();
    const int reach[2] = {0, 6};
    const float *both[2] = {x[0], x[1]};
    check k = {0};
    p.taps = STEM_TAPS;
    p.after = STEM_AFTER;
    for (int i = 0; i < STEM_TEMPLATES; i++) {
        t[i] = (gws_template){
            .mass1_msun = stem_template[i][0], .mass2_msun = stem_template[i][1], .f_lower_hz = 18, .approximant = "IMRPhenomD"};
        weight[i] = (float)stem_template[i][2];
    }
    assert_int_equal(gws_stem_filters(&p, t, STEM_TEMPLATES, g, NULL), GWS_OK);
    gws_filters *f = gws_filters_create(gws_kernels_get(), STEM_TEMPLATES, STEM_TAPS, g, NULL);
    k.c = gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){STEM_TEMPLATES, 2, reach, STEM_AFTER, weight}, NULL, NULL);
    gws_filtering *s = gws_filtering_create(f, 2, gws_coherent_history(k.c), 0, NULL, NULL);
    gws_filtering_push(s, 4 * BLOCK0, both, N, on_rows, &k);
    assert_int_equal(k.row, STEM_ROWS);
    assert_int_equal(k.step, STEM_STEPS);
    for (int i = 0; i < 2 * STEM_TEMPLATES; i++)
        printf("template %d in detector %d: %.5f rms off\n", i % STEM_TEMPLATES, i / STEM_TEMPLATES, sqrt(k.squares[i]));
    printf("at most: rho %.5f, y %.5f, bare %.5f\n", k.worst, k.y, k.bare);
    for (int i = 0; i < 2 * STEM_TEMPLATES; i++)
        assert_true(k.squares[i] < 0.012 * 0.012);
    assert_true(k.worst < 0.04 && k.y < 0.06 && k.bare < 0.02);
    gws_filtering_destroy(s);
    gws_coherent_destroy(k.c);
    gws_filters_destroy(f);
}

int main(void)
{
    make_series();
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_stem_sees_what_the_reference_sees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
