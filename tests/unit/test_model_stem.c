/* Time slides of a matched stem.
 *
 * Truth: identity.  The stream that is slid by k seconds is the one that a stem makes of strain whose second detector is k seconds late, to
 * the last bit, because a second is a whole number of the filters' blocks; and the one that is not slid is the stem's own.  A stem that lacks
 * detectors sums as one of the others alone.
 */
#include "gwstest.h"

#include "base/rng.h"
#include "model/stem.h"

#include <stdlib.h>
#include <string.h>

enum { TEMPLATES = 5, TAPS = 700, N = 2048 * 9, SLIDES = 3, ROWS = N / 32 };

typedef struct rows {
    float *x; /* (ROWS, inputs) */
    int64_t n;
    int inputs;
} rows;

static void keep(void *user, int64_t step, const float *x, int64_t n)
{
    rows *r = user;
    const int inputs = r->inputs;
    for (int64_t i = 0; i < n; i++)
        if (step + i >= 0) {
            assert_true(step + i < ROWS);
            memcpy(r->x + (step + i) * inputs, x + i * inputs, (size_t)inputs * sizeof *x);
            r->n = step + i + 1;
        }
}

static rows room(void)
{
    rows r = {calloc((size_t)(ROWS * gws_stem_inputs(2, TEMPLATES)), sizeof(float)), 0, gws_stem_inputs(2, TEMPLATES)};
    assert_non_null(r.x);
    return r;
}

static float w[2][N];

/* Random filters, and noise in w. */
static gws_stem *made_of(int ifos, unsigned present)
{
    static float g[2 * TEMPLATES * TAPS];
    const float log_weight[TEMPLATES] = {-1.0f, -2.0f, -1.5f, -1.2f, -3.0f}, place[TEMPLATES] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f};
    const gws_stem_shape shape = {
        .ifos = ifos, .templates = TEMPLATES, .taps = TAPS, .after = 18, .reach = {0, 6, 9}, .present = present};
    gws_err err;
    gws_rng r = gws_rng_init(1, "stem", 0);
    for (int i = 0; i < 2 * TEMPLATES * TAPS; i++)
        g[i] = 0.04f * (float)gws_rng_normal(&r);
    for (int i = 0; i < N; i++)
        for (int f = 0; f < 2; f++)
            w[f][i] = (float)gws_rng_normal(&r);
    gws_stem *s = gws_stem_create(gws_kernels_get(), &shape, g, log_weight, place, &err);
    assert_non_null(s);
    return s;
}

static gws_stem *made(void)
{
    return made_of(2, 0);
}

static void a_slide_is_a_detector_that_is_late(void **state)
{
    static float late[N];
    const int inputs = gws_stem_inputs(2, TEMPLATES);
    gws_err err;
    gws_stem *s = made();
    gws_stemming *slid = gws_stemming_create_slides(s, 24, SLIDES, NULL, &err), *plain = gws_stemming_create(s, 0, NULL, &err);
    assert_true(slid && plain);
    rows got[SLIDES + 1], want = room();
    void *user[SLIDES + 1];
    for (int k = 0; k <= SLIDES; k++) {
        got[k] = room();
        user[k] = &got[k];
    }
    for (int64_t at = 0; at < N; at += 1000) {
        const float *each[2] = {w[0] + at, w[1] + at};
        gws_stemming_push_slides(slid, at, each, N - at < 1000 ? N - at : 1000, keep, user);
    }
    for (int k = 0; k <= SLIDES; k++) {
        const float *each[2] = {w[0], late};
        memset(late, 0, sizeof late);
        memcpy(late + 2048 * k, w[1], (size_t)(N - 2048 * k) * sizeof *late);
        gws_stemming_reset(plain);
        want.n = 0;
        gws_stemming_push(plain, 0, each, N, keep, &want);
        assert_true(want.n > ROWS - 16 && got[k].n == want.n);
        /* the decimator reaches two rows ahead, so that the silent start of the late one ends a step earlier */
        for (int64_t i = k ? 64 * k : 0; i < want.n; i++)
            if (memcmp(got[k].x + i * inputs, want.x + i * inputs, (size_t)inputs * sizeof(float)) != 0)
                fail_msg("slide %d, step %lld: %g, wanted %g", k, (long long)i, (double)got[k].x[i * inputs],
                         (double)want.x[i * inputs]);
    }
    for (int k = 0; k <= SLIDES; k++)
        free(got[k].x);
    free(want.x);
    gws_stemming_destroy(slid);
    gws_stemming_destroy(plain);
    gws_stem_destroy(s);
}

/* Rows of a stem that lacks detectors: the sum of those that are there, as a stem of these alone has it, and 0 in the place of the others. */
static void the_absent_are_missing_in_the_sum(void **state)
{
    static const struct {
        int ifos;
        unsigned present;
        int n, of[2];
    } cases[] = {{2, 1, 1, {0}}, {2, 2, 1, {1}}, {3, 3, 2, {0, 1}}, {3, 6, 2, {1, 2}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int ifos = cases[i].ifos, n = cases[i].n, inputs = gws_stem_inputs(ifos, TEMPLATES),
                  few = gws_stem_inputs(n, TEMPLATES);
        gws_stem *s = made_of(ifos, cases[i].present), *own = made_of(n, 0);
        gws_stemming *m = gws_stemming_create(s, 0, NULL, NULL), *alone = gws_stemming_create(own, 0, NULL, NULL);
        rows got = {calloc((size_t)(ROWS * inputs), sizeof(float)), 0, inputs},
             want = {calloc((size_t)(ROWS * few), sizeof(float)), 0, few};
        const float *x[2] = {w[0], w[1]};
        const int near = cases[i].present != 6; /* where the first one is absent light may take longer, and phases are nobody's */
        assert_true(m && alone && got.x && want.x);
        gws_stemming_push(m, 0, x, N, keep, &got);
        gws_stemming_push(alone, 0, x, N, keep, &want);
        assert_true(got.n > 100 && (got.n == want.n || !near));
        for (int64_t t = 0; t < got.n; t++) {
            const float *a = got.x + t * inputs, *b = want.x + t * few;
            for (int k = 0; k < 5 && near; k++)
                assert_true(a[k] == b[k]);
            for (int k = 0; k < TEMPLATES && near; k++)
                assert_true(a[inputs - TEMPLATES + k] == b[few - TEMPLATES + k]);
            for (int d = 0; d < n && near; d++)
                assert_true(a[5 + cases[i].of[d]] == b[5 + d]);
            if (near)
                assert_true(a[5 + ifos + 3 * (ifos - 1)] == b[5 + n + 3 * (n - 1)]);
            for (int k = 0; k < 2 && n == 2 && near; k++)
                assert_true(a[5 + ifos + k] == b[5 + n + k]);
            for (int d = 0; d < ifos; d++)
                if (!(cases[i].present >> d & 1))
                    assert_true(a[5 + d] == 0.0f);
            for (int k = 5 + ifos; k < 5 + ifos + 3 * (ifos - 1) && (n == 1 || !near); k++)
                assert_true(a[k] == 0.0f);
        }
        free(got.x);
        free(want.x);
        gws_stemming_destroy(m);
        gws_stemming_destroy(alone);
        gws_stem_destroy(s);
        gws_stem_destroy(own);
    }
}

/* rho of one detector, rows 0 on. */
typedef struct filtered {
    float *rho;
    int64_t row, n;
} filtered;

static void keep_rho(void *user, int64_t t, const float *const *rho, int64_t n)
{
    filtered *f = user;
    const int64_t skip = t < 0 ? -t : 0;
    memcpy(f->rho + (t + skip) * f->row, rho[0] + skip * f->row, (size_t)((n - skip) * f->row) * sizeof(float));
    f->n = t + n;
}

/* Detectors filtered alone and brought together later; streams that begin and end anywhere. */
static void steps_are_those_that_were_said(void **state)
{
    static const int64_t cuts[][2] = {{0, N},       {1, N - 1},    {59, 9000},   {60, 9001},   {61, 9059},    {2048, 9060},
                                      {2999, 9061}, {4096, 12345}, {5000, 5100}, {6000, 6400}, {7777, N - 77}};
    const int inputs = gws_stem_inputs(2, TEMPLATES);
    gws_err err;
    gws_stem *s = made();
    gws_stemming *m = gws_stemming_create(s, 0, NULL, &err);
    filtered f[2];
    for (int i = 0; i < 2; i++) {
        const float *x = w[i];
        gws_filtering *one = gws_filtering_create(gws_stem_filters_of(s), 1, 0, 0, NULL, &err);
        f[i] = (filtered){.row = gws_filters_row(gws_stem_filters_of(s))};
        f[i].rho = calloc((size_t)(N / 4 * f[i].row), sizeof(float));
        assert_true(one && f[i].rho);
        gws_filtering_push(one, 0, &x, N, keep_rho, &f[i]);
        assert_int_equal(f[i].n, gws_filters_ready(N));
        gws_filtering_destroy(one);
    }
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        const int64_t begin = cuts[k][0], end = cuts[k][1];
        const float *x[2] = {w[0] + begin, w[1] + begin};
        rows alone = room(), met = room();
        const gws_stem_steps of = gws_stem_steps_of(s, begin, end);
        gws_stemming_reset(m);
        gws_stemming_push(m, begin, x, end - begin, keep, &alone);
        assert_int_equal(of.first, (begin + 31) / 32);
        assert_int_equal(of.end, alone.n > of.first ? alone.n : of.first);
        assert_in_range(of.forgot, of.first, of.first + (TAPS + 1100) / 8);
        if (of.forgot < of.end) {
            const float *rho[2] = {f[0].rho + 8 * of.forgot * f[0].row, f[1].rho + 8 * of.forgot * f[1].row};
            gws_stemming_meet(m, of.forgot, of.end - of.forgot, rho, keep, &met);
            assert_int_equal(met.n, of.end);
            assert_memory_equal(met.x + of.forgot * inputs, alone.x + of.forgot * inputs,
                                (size_t)((of.end - of.forgot) * inputs) * sizeof(float));
        } else {
            assert_true(end - begin < 4 * (TAPS + 1100));
        }
        free(alone.x);
        free(met.x);
    }
    for (int i = 0; i < 2; i++)
        free(f[i].rho);
    gws_stemming_destroy(m);
    gws_stem_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_slide_is_a_detector_that_is_late),
                                       cmocka_unit_test(the_absent_are_missing_in_the_sum),
                                       cmocka_unit_test(steps_are_those_that_were_said)};
    return GWS_RUN_TESTS(tests);
}
