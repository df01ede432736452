/* Filters and coherent statistic as one machine: what the headers promise about cutting, threads, time and memory.  Truth: identities.
 *   cut        any pushes, blocks, threads and kernels give the bits of one push
 *   gap        behind a jump of the index everything is as if the stream began there
 *   origin     where the stream began leaves no trace once the filters are full
 *   linear     rho of a sum is the sum of rhos, up to rounding
 *   delay      step s is out when input sample 32 s + delay is in
 *   memory     pushing allocates nothing */
#include "gwstest.h"

#include "base/arena.h"
#include "base/rng.h"
#include "nn/coherent.h"
#include "nn/filters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILTERS = 20, TAPS = 1500, N = 12 * 2048, JUMP_AT = 7 * 2048 + 333, JUMP_BY = 1000, AFTER = 18 };
#define ORIGIN (INT64_C(1238205077) * 2048 + 137)

static float taps[FILTERS * TAPS * 2], x[2][N], weight[FILTERS];
static const int reach[2] = {0, 6};

static void make(void)
{
    gws_rng r = gws_rng_init(2, "filters", 0);
    for (int i = 0; i < FILTERS * TAPS * 2; i++)
        taps[i] = (float)(0.02 * gws_rng_normal(&r));
    for (int i = 0; i < 2; i++)
        for (int64_t t = 0; t < N; t++)
            x[i][t] = (float)gws_rng_normal(&r);
    for (int k = 0; k < FILTERS; k++)
        weight[k] = (float)(0.3 * gws_rng_normal(&r));
}

typedef struct machine {
    gws_filters *f;
    gws_filtering *s;
    gws_coherent *c;
    gws_pool *pool;
    int64_t in, delay; /* end of what was pushed; most that a step was late by */
    int64_t n, rows, row_n;
    int64_t step[N / 32 + 8];
    float y[N / 32 + 8], bare[N / 32 + 8], features[N / 32 + 8][8], *rho;
} machine;

static void on_steps(void *user, const gws_coherent_steps *steps)
{
    machine *m = user;
    for (int64_t i = 0; i < steps->n; i++) {
        m->step[m->n] = steps->step + i;
        m->y[m->n] = steps->y[i];
        m->bare[m->n] = steps->bare[i];
        gws_coherent_features(m->c, steps, i, steps->best[i], m->features[m->n]);
        m->n++;
        if (m->in - 1 - 32 * (steps->step + i) > m->delay)
            m->delay = m->in - 1 - 32 * (steps->step + i);
    }
}

static void on_rows(void *user, int64_t t, const float *const *rho, int64_t n)
{
    machine *m = user;
    for (int i = 0; i < 2 && m->rho; i++)
        memcpy(m->rho + (i * (N / 4 + 64) + m->rows) * m->row_n, rho[i], (size_t)(n * m->row_n) * sizeof *m->rho);
    m->rows += n;
    gws_coherent_push(m->c, t, rho, n, on_steps, m);
}

static machine *machine_create(const gws_kernels *K, int block, int threads)
{
    machine *m = calloc(1, sizeof *m);
    m->pool = gws_pool_create(threads, NULL);
    m->f = gws_filters_create(K, FILTERS, TAPS, taps, NULL);
    m->c = gws_coherent_create(K, &(gws_coherent_params){FILTERS, 2, reach, AFTER, weight}, m->pool, NULL);
    m->s = gws_filtering_create(m->f, 2, gws_coherent_history(m->c), block, m->pool, NULL);
    m->row_n = gws_filters_row(m->f);
    assert_non_null(m->s);
    return m;
}

static void machine_destroy(machine *m)
{
    gws_filtering_destroy(m->s);
    gws_coherent_destroy(m->c);
    gws_filters_destroy(m->f);
    gws_pool_destroy(m->pool);
    gws_arena_free(m->rho);
    free(m);
}

/* Pushes all in pieces of lengths 1 .. most (always that long when `even`), with a jump of the index if wanted. */
static void push_all(machine *m, int64_t most, int even, int jump)
{
    gws_rng r = gws_rng_init(9, "cuts", (uint64_t)most);
    for (int64_t at = 0; at < N;) {
        int64_t n = even ? most : 1 + (int64_t)(gws_rng_uniform(&r) * (double)most);
        if (jump && at < JUMP_AT && at + n > JUMP_AT)
            n = JUMP_AT - at;
        if (at + n > N)
            n = N - at;
        const float *now[2] = {x[0] + at, x[1] + at};
        m->in = ORIGIN + at + n + (jump && at >= JUMP_AT ? JUMP_BY : 0);
        gws_filtering_push(m->s, m->in - n, now, n, on_rows, m);
        at += n;
    }
}

static void assert_same(const machine *a, const machine *b)
{
    assert_true(a->n > 100);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->step, b->step, (size_t)a->n * sizeof *a->step);
    assert_memory_equal(a->y, b->y, (size_t)a->n * sizeof *a->y);
    assert_memory_equal(a->bare, b->bare, (size_t)a->n * sizeof *a->bare);
    assert_memory_equal(a->features, b->features, (size_t)a->n * sizeof *a->features);
}

static void any_cut_gives_the_same_bits(void **state)
{
    static const struct {
        int64_t most;
        int even, block, threads;
    } ways[] = {{1, 1, 0, 1}, {7, 0, 0, 1}, {300, 0, 0, 2}, {5000, 0, 3, 1}, {128, 1, 1, 3}, {N, 1, 8, 2}, {N, 1, 13, 5}};
    machine *whole = machine_create(gws_kernels_get(), 0, 1);
    push_all(whole, N, 1, 1);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        machine *m = machine_create(gws_kernels_get(), ways[i].block, ways[i].threads);
        push_all(m, ways[i].most, ways[i].even, 1);
        assert_same(whole, m);
        machine_destroy(m);
    }
    machine_destroy(whole);
}

static void any_kernels_give_the_same_bits(void **state)
{
    const gws_isa isas[] = {GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    machine *scalar = machine_create(gws_kernels_of(GWS_ISA_SCALAR), 0, 1);
    push_all(scalar, 3000, 1, 1);
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        if (gws_kernels_of(isas[i])) {
            machine *m = machine_create(gws_kernels_of(isas[i]), 0, 1);
            push_all(m, N, 1, 1);
            assert_same(scalar, m);
            machine_destroy(m);
        }
    machine_destroy(scalar);
}

static void behind_a_gap_the_stream_begins_anew(void **state)
{
    machine *m = machine_create(gws_kernels_get(), 0, 1), *fresh = machine_create(gws_kernels_get(), 0, 1);
    push_all(m, 1000, 1, 1);
    const float *rest[2] = {x[0] + JUMP_AT, x[1] + JUMP_AT};
    gws_filtering_push(fresh->s, ORIGIN + JUMP_AT + JUMP_BY, rest, N - JUMP_AT, on_rows, fresh);
    const int64_t before = m->n - fresh->n;
    assert_true(before > 0 && fresh->n > 100);
    assert_memory_equal(m->step + before, fresh->step, (size_t)fresh->n * sizeof *m->step);
    assert_memory_equal(m->y + before, fresh->y, (size_t)fresh->n * sizeof *m->y);
    /* and what is withheld in front of it is less than the delay */
    assert_true(ORIGIN + JUMP_AT - 32 * (m->step[before - 1] + 1) <= m->delay);
    machine_destroy(m);
    machine_destroy(fresh);
}

static void the_origin_leaves_no_trace(void **state)
{
    machine *a = machine_create(gws_kernels_get(), 0, 1), *b = machine_create(gws_kernels_get(), 0, 1);
    const int64_t later = 1234;
    const float *rest[2] = {x[0] + later, x[1] + later};
    push_all(a, N, 1, 0);
    gws_filtering_push(b->s, ORIGIN + later, rest, N - later, on_rows, b);
    int64_t compared = 0;
    /* the spectra of a block hold two blocks, the products a block more than the taps */
    const int64_t full = (ORIGIN + later + 4 * (TAPS + 2 * GWS_FILTERS_TAIL)) / 32 + 1;
    for (int64_t i = 0, j = 0; i < a->n; i++) {
        while (j < b->n && b->step[j] < a->step[i])
            j++;
        if (a->step[i] >= full) {
            assert_true(a->step[i] == b->step[j] && a->y[i] == b->y[j] && a->bare[i] == b->bare[j]);
            compared++;
        }
    }
    assert_true(compared > 100);
    machine_destroy(a);
    machine_destroy(b);
}

static void rho_of_a_sum_is_the_sum(void **state)
{
    machine *m[3];
    float *sum = gws_arena_alloc(N * sizeof *sum);
    for (int64_t i = 0; i < N; i++)
        sum[i] = x[0][i] + x[1][i];
    for (int i = 0; i < 3; i++) {
        m[i] = machine_create(gws_kernels_get(), 0, 1);
        m[i]->rho = gws_arena_alloc((size_t)(2 * (N / 4 + 64) * m[i]->row_n) * sizeof(float));
        const float *now[2] = {i == 2 ? sum : x[i], x[0]};
        gws_filtering_push(m[i]->s, ORIGIN, now, N, on_rows, m[i]);
    }
    for (int64_t i = 0; i < m[0]->rows * m[0]->row_n; i++)
        assert_true(fabsf(m[0]->rho[i] + m[1]->rho[i] - m[2]->rho[i]) < 1e-5f);
    for (int i = 0; i < 3; i++)
        machine_destroy(m[i]);
    gws_arena_free(sum);
}

static void steps_leave_in_time_and_nothing_is_allocated(void **state)
{
    machine *m = machine_create(gws_kernels_get(), 0, 2);
    const uint64_t before = gws_alloc_count();
    push_all(m, 1, 1, 0);
    assert_int_equal(gws_alloc_count(), before);
    assert_int_equal(m->delay, gws_coherent_delay(m->c));
    machine_destroy(m);
}

int main(void)
{
    make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_bits),
        cmocka_unit_test(any_kernels_give_the_same_bits),
        cmocka_unit_test(behind_a_gap_the_stream_begins_anew),
        cmocka_unit_test(the_origin_leaves_no_trace),
        cmocka_unit_test(rho_of_a_sum_is_the_sum),
        cmocka_unit_test(steps_leave_in_time_and_nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
