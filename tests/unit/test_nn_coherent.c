/* The coherent statistic.  Truth: the equations of coherent.h, term by term in double; identities.
 *
 * Tolerance: c_k is a sum of a few squares of order 10 in single precision, 2e-6 of each; y has exp and log on top. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/rng.h"
#include "nn/coherent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 700, PAST = 64, AFTER = 18, MOST_INPUTS = 3, FEATURES = 5 * MOST_INPUTS - 2 };

typedef struct made {
    int templates, inputs;
    int64_t row, first; /* floats of a row; absolute index of row 0 */
    int reach[MOST_INPUTS];
    float *rho[MOST_INPUTS]; /* row 0 stands PAST rows in */
    float *log_weight;
} made;

static made make(int templates, int inputs, int64_t first)
{
    made m = {.templates = templates, .inputs = inputs, .row = (templates + 15) / 16 * 32, .first = first, .reach = {0, 6, 14}};
    gws_rng r = gws_rng_init(3, "rho", (uint64_t)templates);
    for (int i = 0; i < inputs; i++) {
        m.rho[i] = gws_arena_alloc((size_t)((PAST + ROWS) * m.row) * sizeof(float));
        for (int64_t t = 0; t < ROWS; t++)
            for (int k = 0; k < templates; k++)
                for (int part = 0; part < 2; part++)
                    m.rho[i][(PAST + t) * m.row + k / 16 * 32 + 16 * part + k % 16] = (float)(2 * gws_rng_normal(&r));
    }
    m.log_weight = gws_arena_alloc((size_t)templates * sizeof(float));
    for (int k = 0; k < templates; k++)
        m.log_weight[k] = (float)(0.7 * gws_rng_normal(&r));
    return m;
}

static void unmake(made *m)
{
    for (int i = 0; i < m->inputs; i++)
        gws_arena_free(m->rho[i]);
    gws_arena_free(m->log_weight);
}

static double power_at(const made *m, int i, int64_t t, int k)
{
    const float *z = m->rho[i] + (PAST + t - m->first) * m->row + k / 16 * 32 + k % 16;
    return (double)z[0] * (double)z[0] + (double)z[16] * (double)z[16];
}

/* max of the sums of squares in absolute step s, and where. */
static double most_of(const made *m, int64_t s, int k, int *sample, int *delay)
{
    double most = -1;
    for (int j = 0; j < 8; j++) {
        const int64_t t = 8 * s + AFTER + j;
        double sum = power_at(m, 0, t, k);
        int shift[MOST_INPUTS] = {0};
        for (int i = 1; i < m->inputs; i++) {
            double largest = -1;
            for (int d = -m->reach[i]; d <= m->reach[i]; d++)
                if (power_at(m, i, t + d, k) > largest) {
                    largest = power_at(m, i, t + d, k);
                    shift[i] = d;
                }
            sum += largest;
        }
        if (sum > most) {
            most = sum;
            *sample = j;
            memcpy(delay, shift, sizeof shift);
        }
    }
    return most;
}

typedef struct taken {
    const made *m;
    const gws_coherent *c;
    int64_t next, n;
} taken;

static void check_steps(void *user, const gws_coherent_steps *steps)
{
    taken *g = user;
    const made *m = g->m;
    assert_int_equal(steps->step, g->next);
    for (int64_t i = 0; i < steps->n; i++) {
        double c[64], top = -INFINITY, bare = 0, sum = 0;
        int best = 0, sample[64], delay[64][MOST_INPUTS];
        for (int k = 0; k < m->templates; k++) {
            const double squares = most_of(m, steps->step + i, k, &sample[k], delay[k]);
            bare = fmax(bare, squares);
            c[k] = squares / 2 + (double)m->log_weight[k];
            if (c[k] > top) {
                top = c[k];
                best = k;
            }
            assert_true(fabs(c[k] - (double)steps->c[i * steps->c_row + k]) < 1e-5 * (1 + fabs(c[k])));
        }
        for (int k = 0; k < m->templates; k++)
            sum += exp(c[k] - top);
        assert_int_equal(steps->best[i], best);
        assert_true(fabs((double)steps->bare[i] - sqrt(bare)) < 1e-5 * sqrt(bare));
        assert_true(fabs((double)steps->y[i] - (top + log(sum))) < 1e-5 * (1 + fabs(top)));
        float f[FEATURES];
        const int I = m->inputs;
        gws_coherent_features(g->c, steps, i, best, f);
        assert_true(f[5 * I - 3] == (float)sample[best]);
        double squares = 0;
        for (int d = 0; d < I; d++) {
            squares += (double)f[d];
            assert_true(fabs((double)f[I + d] * (double)f[I + d] - (double)f[d]) < 1e-5 * (double)(1 + f[d]));
            if (d > 0) { /* the product's size is that of both amplitudes, its parts those of its factors */
                const float *a = m->rho[0] + (PAST + 8 * (steps->step + i) + AFTER + sample[best] - m->first) * m->row +
                                 best / 16 * 32 + best % 16;
                const float *b = m->rho[d] + (a - m->rho[0]) + delay[best][d] * m->row;
                assert_true(f[4 * I - 3 + d] == (float)delay[best][d]);
                assert_true(fabsf(f[2 * I + 2 * d - 2] - (a[0] * b[0] + a[16] * b[16])) < 1e-4f);
                assert_true(fabsf(f[2 * I + 2 * d - 1] - (a[16] * b[0] - a[0] * b[16])) < 1e-4f);
            }
        }
        assert_true(fabs(squares / 2 + (double)m->log_weight[best] - c[best]) < 1e-5 * (1 + fabs(c[best])));
    }
    g->next += steps->n;
    g->n += steps->n;
}

static void check(int templates, int inputs, int64_t first, int64_t piece)
{
    made m = make(templates, inputs, first);
    gws_coherent *c =
        gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){templates, inputs, m.reach, AFTER, m.log_weight}, NULL, NULL);
    assert_non_null(c);
    const int most = inputs == 1 ? 0 : m.reach[inputs - 1];
    taken g = {.m = &m, .c = c, .next = (first + 7) / 8};
    for (int64_t t = 0; t < ROWS; t += piece) {
        const float *rho[MOST_INPUTS];
        for (int i = 0; i < inputs; i++)
            rho[i] = m.rho[i] + (PAST + t) * m.row;
        gws_coherent_push(c, first + t, rho, ROWS - t < piece ? ROWS - t : piece, check_steps, &g);
    }
    assert_int_equal(g.next, (first + ROWS - AFTER - most) / 8);
    assert_true(g.n > 60);
    gws_coherent_destroy(c);
    unmake(&m);
}

static void the_statistic_is_its_equation(void **state)
{
    check(48, 2, 1000000, ROWS);
    check(48, 2, 1000000, 32);
    check(1, 1, 0, 32);
    check(17, 3, 999968, 64);
    check(5, 2, 999973, 7);
}

static void the_delay_is_that_of_the_slowest_step(void **state)
{
    const float w[1] = {0.0f};
    const int reach[2] = {0, 6};
    gws_coherent *c = gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){1, 2, reach, 18, w}, NULL, NULL);
    assert_int_equal(gws_coherent_delay(c), 283); /* 0.138 s */
    assert_int_equal(gws_coherent_history(c), 20);
    gws_coherent_destroy(c);
}

static void what_cannot_be_is_refused(void **state)
{
    const float w[2] = {0.0f, NAN};
    const int reach[2] = {0, GWS_REACH_MAX + 1};
    gws_err err;
    assert_null(gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){1, 2, reach, 18, w}, NULL, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_null(gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){2, 1, reach, 18, w}, NULL, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_null(gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){0, 1, reach, 18, w}, NULL, &err));
    assert_null(gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){1, 9, reach, 18, w}, NULL, &err));
    assert_null(gws_coherent_create(gws_kernels_get(), &(gws_coherent_params){1, 1, reach, -1, w}, NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_statistic_is_its_equation),
        cmocka_unit_test(the_delay_is_that_of_the_slowest_step),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
