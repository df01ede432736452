/* Truth: identity. However the strain is cut and however the detectors are interleaved, whitened strain, logits and triggers are
 * the same bytes, and they are those of the stages called one after the other.  The network is a stand-in made here: a leaky average
 * of the product of both detectors, so that a lost, doubled or misaligned sample, or a missed reset, shows in all later logits. */
#include "base/arena.h"
#include "base/rng.h"
#include "stream/pipeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define RATE 2048
#define HOP 32

/* ---- the stand-in for model/classifier.h ---- */

struct gws_model {
    gws_model_meta meta;
};

struct gws_classifier {
    int64_t next, seen;
    double state, sum;
    int started, n_ifo;
};

static int64_t gather; /* what the stand-in says it is fast with */
static float background[] = {5.0f, 1.0f, 0.4f, 0.2f};
static const gws_calibration calibration[2] = {{background, 4, 2592000.0, 0, 0.25, 0.3}, {.threshold = 0.5}};
static gws_model model = {{.n_ifo = 2,
                           .ifo = {"H1", "L1"},
                           .rate_hz = RATE,
                           .hop = HOP,
                           .warmup = 16,
                           .recipe = "[condition]\nlow_hz = 20\n[search]\nsmooth = 3\n",
                           .calibration = calibration}};

/* What is left of it with one detector; L1 alone was never calibrated. */
static const gws_calibration of_h1[2] = {{background, 3, 2592000.0, 0, 0.125, 0.2}, {.threshold = 0.5}},
                             of_l1[2] = {{.threshold = 0.2}};
static gws_model alone[2] = {{{.n_ifo = 1,
                               .ifo = {"H1"},
                               .rate_hz = RATE,
                               .hop = HOP,
                               .warmup = 16,
                               .recipe = "[condition]\nlow_hz = 20\n[search]\nsmooth = 3\n",
                               .calibration = of_h1}},
                             {{.n_ifo = 1,
                               .ifo = {"L1"},
                               .rate_hz = RATE,
                               .hop = HOP,
                               .warmup = 16,
                               .recipe = "[condition]\nlow_hz = 20\n[search]\nsmooth = 3\n",
                               .calibration = of_l1}}};

const gws_model_meta *gws_model_describe(const gws_model *m)
{
    return &m->meta;
}

gws_classifier *gws_classifier_create(const gws_model *m, int block, gws_err *err)
{
    gws_classifier *d = gws_arena_alloc(sizeof(gws_classifier));
    d->n_ifo = m->meta.n_ifo;
    return d;
}

void gws_classifier_push(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink, void *user)
{
    if (d->started && sample != d->next)
        gws_classifier_reset(d);
    for (int64_t i = 0; i < n; i++) {
        int64_t s = sample + i;
        if (!d->started && (s & (HOP - 1)) != 0)
            continue;
        d->started = 1;
        d->sum += (double)w[0][i] * (double)w[d->n_ifo - 1][i];
        if ((s & (HOP - 1)) == HOP - 1) {
            d->state = 0.99 * d->state + 0.01 * d->sum;
            d->sum = 0;
            float y = (float)d->state, z = -y;
            sink(user, gws_floor_div(s, HOP), &y, &z, 1);
        }
    }
    d->next = sample + n;
    d->seen += n;
}

gws_classifier *gws_classifier_create_many(const gws_model *m, int streams, int block, gws_pool *pool, gws_err *err)
{
    return gws_classifier_create(m, block, err);
}

int64_t gws_classifier_bytes(const gws_model *m, int streams, int block, const gws_pool *pool)
{
    return (int64_t)sizeof(gws_classifier);
}

void gws_classifier_follow(gws_classifier *d, int input, const gws_gains *gains, int64_t offset)
{
    assert_null(gains); /* of a network without matched filters */
}

const float *gws_classifier_statistic(const gws_classifier *d)
{
    return NULL;
}

int64_t gws_classifier_gather(const gws_model *m, int streams, int block, const gws_pool *pool)
{
    return gather;
}

int64_t gws_classifier_delay(const gws_classifier *d)
{
    return HOP - 1;
}

void gws_classifier_reset(gws_classifier *d)
{
    d->started = 0;
    d->state = d->sum = 0;
}

void gws_classifier_destroy(gws_classifier *d)
{
    gws_arena_free(d);
}

int64_t gws_classifier_state_bytes(const gws_classifier *d)
{
    return (int64_t)sizeof *d;
}

void gws_classifier_state_save(const gws_classifier *d, void *out)
{
    memcpy(out, d, sizeof *d);
}

void gws_classifier_state_load(gws_classifier *d, const void *in)
{
    memcpy(d, in, sizeof *d);
}

double gws_classifier_remembers_s(const gws_classifier *d)
{
    return 0;
}

void gws_classifier_get_stats(const gws_classifier *d, gws_classifier_stats *out)
{
    memset(out, 0, sizeof *out);
    out->steps = d->seen / HOP;
}

/* ---- what comes out ---- */

#define MAX_W (1 << 20)
#define MAX_Y (1 << 14)
#define MAX_T 2000

typedef struct result {
    int64_t n_w[2], w_sample[2][MAX_W];
    float w[2][MAX_W];
    int64_t n_y, step[MAX_Y];
    float y[MAX_Y];
    int64_t n_t;
    gws_trigger t[MAX_T];
    gws_far_rate far[MAX_T];
} result;

static void on_whitened(void *user, int ifo, int64_t sample, const float *w, int64_t n)
{
    result *r = user;
    assert_true(r->n_w[ifo] + n <= MAX_W);
    for (int64_t i = 0; i < n; i++) {
        r->w_sample[ifo][r->n_w[ifo]] = sample + i;
        r->w[ifo][r->n_w[ifo]++] = w[i];
    }
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    result *r = user;
    assert_true(r->n_y + n <= MAX_Y);
    for (int64_t i = 0; i < n; i++) {
        r->step[r->n_y] = step + i;
        r->y[r->n_y++] = y_spiking[i];
    }
}

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    result *r = user;
    assert_true(r->n_t < MAX_T);
    r->far[r->n_t] = far;
    r->t[r->n_t++] = *t;
}

/* ---- what goes in: 110 s from an odd place, H1 at 4096 and L1 at 2048 Hz ---- */

#define SECONDS 110
#define T0 1000000007

static const int rate[2] = {4096, 2048};
static double *strain[2];
static int64_t first[2], length[2];
static result whole, cut;

static int make_strain(void **state)
{
    for (int i = 0; i < 2; i++) {
        gws_rng r = gws_rng_init(3, "test strain", (uint64_t)i);
        first[i] = (int64_t)T0 * rate[i] + (i ? 311 : 0);
        length[i] = (int64_t)SECONDS * rate[i];
        strain[i] = malloc(sizeof *strain[i] * (size_t)length[i]);
        gws_rng_normal_at(&r, 0, strain[i], (size_t)length[i]);
        for (int64_t k = 0; k < length[i]; k++)
            strain[i][k] *= 1e-21;
    }
    /* Gaps: one sample of H1; 11 s of L1, leaving it 9 s before the next (whitened only when it ends). */
    strain[0][40 * 4096 + 5] = NAN;
    for (int64_t k = 55 * 2048 + 100; k < 66 * 2048; k++)
        strain[1][k] = NAN;
    for (int64_t k = 77 * 2048; k < 78 * 2048; k++)
        strain[1][k] = INFINITY;
    return 0;
}

static int free_strain(void **state)
{
    free(strain[0]);
    free(strain[1]);
    return 0;
}

static gws_pipeline *create(result *r)
{
    gws_pipeline_sinks sinks = {r, on_trigger, on_logits, on_whitened};
    gws_pipeline_sinks none = {0};
    gws_err err = {0};
    gws_pipeline *p = gws_pipeline_create(&model, GWS_HEAD_SPIKING, rate, (double)NAN, r ? &sinks : &none, &err);
    if (!p)
        fail_msg("%s", err.text);
    if (r)
        memset(r, 0, sizeof *r);
    return p;
}

static void same(const result *a, const result *b)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(a->n_w[i], b->n_w[i]);
        assert_memory_equal(a->w_sample[i], b->w_sample[i], sizeof a->w_sample[i][0] * (size_t)a->n_w[i]);
        assert_memory_equal(a->w[i], b->w[i], sizeof a->w[i][0] * (size_t)a->n_w[i]);
    }
    assert_int_equal(a->n_y, b->n_y);
    assert_memory_equal(a->step, b->step, sizeof a->step[0] * (size_t)a->n_y);
    assert_memory_equal(a->y, b->y, sizeof a->y[0] * (size_t)a->n_y);
    assert_int_equal(a->n_t, b->n_t);
    assert_memory_equal(a->t, b->t, sizeof a->t[0] * (size_t)a->n_t);
    for (int64_t i = 0; i < a->n_t; i++)
        assert_true(a->far[i].bound == b->far[i].bound &&
                    (a->far[i].bound == GWS_FAR_NONE || a->far[i].per_month == b->far[i].per_month));
}

static void one_push_each_makes_sense(void **state)
{
    gws_pipeline_stats st;
    gws_pipeline *p = create(&whole);
    int64_t together = 0;

    assert_int_equal(gws_pipeline_push(p, 0, first[0], strain[0], length[0]), GWS_OK);
    assert_int_equal(whole.n_y, 0);
    assert_int_equal(gws_pipeline_push(p, 1, first[1], strain[1], length[1]), GWS_OK);
    gws_pipeline_finish(p);
    gws_pipeline_get_stats(p, &st);

    /* Count by hand what both detectors have. */
    for (int64_t i = 0, j = 0; i < whole.n_w[0] && j < whole.n_w[1];) {
        if (whole.w_sample[0][i] == whole.w_sample[1][j]) {
            together++;
            i++;
            j++;
        } else if (whole.w_sample[0][i] < whole.w_sample[1][j]) {
            i++;
        } else {
            j++;
        }
    }
    assert_true(together > 60 * RATE);
    assert_int_equal(st.samples_together, together);
    assert_true(whole.n_y > 60 * RATE / HOP);
    assert_true(whole.n_t >= 2);
    assert_true(st.search.gaps >= 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(st.condition[i].samples_out, whole.n_w[i]);
    for (int64_t i = 0; i < whole.n_t; i++) {
        assert_true(whole.far[i].bound == (whole.t[i].stat > 5              ? GWS_FAR_BELOW
                                           : whole.t[i].stat < (double)0.2f ? GWS_FAR_ABOVE
                                                                            : GWS_FAR_COUNTED));
        assert_true(whole.t[i].window_s == 0.3);
    }
    gws_pipeline_destroy(p);
}

static void logits_are_those_of_the_stages_called_by_hand(void **state)
{
    /* A stand-in detector fed with what is in the whitened record, cut where the indices of the two differ. */
    gws_classifier *d = gws_classifier_create(&model, 0, NULL);
    static result by_hand;
    int64_t i = 0, j = 0;

    memset(&by_hand, 0, sizeof by_hand);
    while (i < whole.n_w[0] && j < whole.n_w[1]) {
        if (whole.w_sample[0][i] < whole.w_sample[1][j]) {
            i++;
        } else if (whole.w_sample[0][i] > whole.w_sample[1][j]) {
            j++;
        } else {
            const float *w[2] = {&whole.w[0][i], &whole.w[1][j]};
            gws_classifier_push(d, whole.w_sample[0][i], w, 1, on_logits, &by_hand);
            i++;
            j++;
        }
    }
    assert_int_equal(by_hand.n_y, whole.n_y);
    assert_memory_equal(by_hand.step, whole.step, sizeof whole.step[0] * (size_t)whole.n_y);
    assert_memory_equal(by_hand.y, whole.y, sizeof whole.y[0] * (size_t)whole.n_y);
    gws_classifier_destroy(d);
}

/* Push [a, b) of a detector; stretches of absent samples are sometimes pushed as NaN, sometimes left out. */
static void push_part(gws_pipeline *p, int ifo, int64_t a, int64_t b, int leave_out)
{
    while (a < b) {
        int64_t e = a + 1;
        int ok = isfinite(strain[ifo][a]) != 0;
        while (e < b && (isfinite(strain[ifo][e]) != 0) == ok)
            e++;
        if (ok || !leave_out)
            gws_pipeline_push(p, ifo, first[ifo] + a, strain[ifo] + a, e - a);
        else if (leave_out == 2)
            gws_pipeline_push(p, ifo, first[ifo] + e, NULL, 0);
        a = e;
    }
}

/* Push all, a detector at random and at most so many samples at a time. */
static void push_in_pieces(gws_pipeline *p, gws_rng *r, uint64_t most, int how)
{
    int64_t at[2] = {0, 0};

    while (at[0] < length[0] || at[1] < length[1]) {
        int i = (int)gws_rng_below(r, 2);
        int64_t n = 1 + (int64_t)gws_rng_below(r, most);
        if (n > length[i] - at[i])
            n = length[i] - at[i];
        push_part(p, i, at[i], at[i] + n, how);
        at[i] += n;
    }
}

static void any_cut_and_interleaving_gives_the_same_bytes(void **state)
{
    gws_rng r = gws_rng_init(5, "test cuts", 0);

    for (int trial = 0; trial < 8; trial++) {
        gws_pipeline *p = create(&cut);
        uint64_t most = (uint64_t[]){100, 5000, 50000, 300000}[trial & 3];
        push_in_pieces(p, &r, most, trial % 3);
        gws_pipeline_finish(p);
        same(&whole, &cut);
        gws_pipeline_destroy(p);
    }
}

static void with_a_pool(int64_t with_gather)
{
    gws_pool *pool = gws_pool_create(2, NULL);
    gws_pipeline *p = create(&cut);
    gws_err err;

    assert_non_null(pool);
    gather = with_gather;
    assert_int_equal(gws_pipeline_set_pool(p, pool, 0, &err), GWS_OK);
    gather = 0;
    for (int s = 0; s < SECONDS; s += 10) {
        int64_t sample[2] = {first[0] + s * 4096, first[1] + s * 2048}, n[2] = {40960, 20480};
        const double *h[2] = {strain[0] + s * 4096, strain[1] + s * 2048};
        assert_int_equal(gws_pipeline_push_all(p, pool, sample, h, n), GWS_OK);
    }
    gws_pipeline_finish(p);
    same(&whole, &cut);
    gws_pipeline_destroy(p);
    gws_pool_destroy(pool);
}

/* Nor does it that samples wait for each other, for a second, for half a minute, or for longer than there are data. */
static void the_pool_changes_nothing(void **state)
{
    with_a_pool(0);
    with_a_pool(RATE);
    with_a_pool(30 * RATE);
    with_a_pool(1000 * RATE);
}

/* ---- parts of the model ---- */

static gws_pipeline *create_parts(result *r)
{
    gws_pipeline *p = create(r);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gws_pipeline_add_part(p, &alone[i], GWS_HEAD_SPIKING, (double)NAN, NULL), GWS_OK);
    return p;
}

static void collect(void *user, const gws_trigger *t)
{
    on_trigger(user, t, (gws_far_rate){0});
}

/* The triggers of one detector, by hand: a classifier and a search for what is in its whitened record and not in the other's. */
static int64_t alone_by_hand(int ifo, result *out)
{
    const gws_model *m = &alone[ifo];
    const int64_t *a = whole.w_sample[ifo], *b = whole.w_sample[1 - ifo];
    gws_classifier *d = gws_classifier_create(m, 0, NULL);
    gws_condition_params cp;
    gws_search_params sp;
    int64_t samples = 0;

    memset(out, 0, sizeof *out);
    assert_int_equal(gws_pipeline_params(&m->meta, GWS_HEAD_SPIKING, (double)NAN, &cp, &sp, NULL), GWS_OK);
    gws_search *s = gws_search_create(&sp, RATE, HOP, NULL);
    for (int64_t i = 0, j = 0; i < whole.n_w[ifo]; i++) {
        while (j < whole.n_w[1 - ifo] && b[j] < a[i])
            j++;
        if (j < whole.n_w[1 - ifo] && b[j] == a[i])
            continue;
        gws_classifier_push(d, a[i], (const float *[]){&whole.w[ifo][i]}, 1, on_logits, out);
        samples++;
    }
    for (int64_t i = 0; i < out->n_y; i++)
        gws_search_push(s, out->step[i], &out->y[i], 1, collect, out);
    gws_search_finish(s, collect, out);
    gws_search_destroy(s);
    gws_classifier_destroy(d);
    return samples;
}

/* What all detectors give stays the same bytes; what one gives is what its stages give on the samples that it has alone; the order is that of time. */
static void a_part_searches_where_its_detectors_are_alone(void **state)
{
    static result parts, hand;
    gws_pipeline *p = create_parts(&parts);
    gws_pipeline_stats st;
    int64_t both = 0;

    gws_pipeline_push(p, 0, first[0], strain[0], length[0]);
    gws_pipeline_push(p, 1, first[1], strain[1], length[1]);
    gws_pipeline_finish(p);
    gws_pipeline_get_stats(p, &st);
    assert_int_equal(st.n_parts, 3);
    assert_int_equal(parts.n_y, whole.n_y);
    assert_memory_equal(parts.y, whole.y, sizeof whole.y[0] * (size_t)whole.n_y);
    for (int64_t i = 0; i < parts.n_t; i++) {
        assert_true(i == 0 || parts.t[i].gps_ns > parts.t[i - 1].gps_ns);
        if (parts.t[i].ifos != 3)
            continue;
        assert_memory_equal(&parts.t[i], &whole.t[both], sizeof whole.t[0]);
        assert_true(parts.far[i].per_month == whole.far[both].per_month);
        both++;
    }
    assert_int_equal(both, whole.n_t);
    for (int ifo = 0; ifo < 2; ifo++) {
        int64_t n = 0;
        assert_int_equal(st.part[1 + ifo].ifos, 1u << ifo);
        assert_int_equal(st.part[1 + ifo].samples, alone_by_hand(ifo, &hand));
        assert_true(st.part[1 + ifo].samples > 2 * RATE && hand.n_t > 0);
        for (int64_t i = 0; i < parts.n_t; i++) {
            if (parts.t[i].ifos != 1u << ifo)
                continue;
            assert_true(parts.t[i].gps_ns == hand.t[n].gps_ns && parts.t[i].stat == hand.t[n].stat);
            /* its own background, of which L1 has none: never that of both */
            assert_true(parts.far[i].bound == (ifo == 1                         ? GWS_FAR_NONE
                                               : parts.t[i].stat > 5            ? GWS_FAR_BELOW
                                               : parts.t[i].stat < (double)0.4f ? GWS_FAR_ABOVE
                                                                                : GWS_FAR_COUNTED));
            n++;
        }
        assert_int_equal(n, hand.n_t);
    }
    gws_pipeline_destroy(p);
}

static void parts_are_the_same_bytes_for_any_cut_and_pool(void **state)
{
    static result parts;
    gws_rng r = gws_rng_init(6, "test cuts", 0);
    gws_pool *pool = gws_pool_create(2, NULL);
    gws_pipeline *p = create_parts(&parts);

    gws_pipeline_push(p, 1, first[1], strain[1], length[1]);
    gws_pipeline_push(p, 0, first[0], strain[0], length[0]);
    gws_pipeline_finish(p);
    gws_pipeline_destroy(p);
    for (int trial = 0; trial < 9; trial++) {
        const uint64_t most = (uint64_t[]){100, 5000, 300000}[trial % 3];
        p = create_parts(&cut);
        gather = (int64_t[]){0, RATE, 30 * RATE}[trial / 3];
        assert_int_equal(gws_pipeline_set_pool(p, trial / 3 ? pool : NULL, 0, NULL), GWS_OK);
        gather = 0;
        push_in_pieces(p, &r, most, trial % 3);
        gws_pipeline_finish(p);
        same(&parts, &cut);
        gws_pipeline_destroy(p);
    }
    gws_pool_destroy(pool);
}

static void finish_starts_anew(void **state)
{
    /* A finished pipeline can be used again, on earlier data even, and gives the same. */
    gws_pipeline *p = create(&cut);
    gws_pipeline_push(p, 0, first[0], strain[0], length[0]);
    gws_pipeline_push(p, 1, first[1], strain[1], length[1]);
    gws_pipeline_finish(p);
    memset(&cut, 0, sizeof cut);
    gws_pipeline_push(p, 1, first[1], strain[1], length[1]);
    gws_pipeline_push(p, 0, first[0], strain[0], length[0]);
    gws_pipeline_finish(p);
    same(&whole, &cut);
    gws_pipeline_destroy(p);
}

static void an_absent_detector_does_not_fill_the_memory(void **state)
{
    /* L1 says ten times that it has nothing; what H1 brings meanwhile is let go instead of being kept for it.  When L1 says
     * nothing, it has to be kept. */
    gws_pipeline *p = create(NULL);
    uint64_t before;
    gws_pipeline_stats st;

    gws_pipeline_push(p, 1, first[1], strain[1], 20 * 2048);
    before = gws_alloc_count();
    for (int s = 0; s < 10; s++) {
        gws_pipeline_push(p, 0, first[0] + s * length[0], strain[0], length[0]);
        gws_pipeline_push(p, 1, first[1] + (s + 1) * length[1], NULL, 0);
    }
    assert_true(gws_alloc_count() == before);
    for (int s = 10; s < 13; s++)
        gws_pipeline_push(p, 0, first[0] + s * length[0], strain[0], length[0]);
    assert_true(gws_alloc_count() > before);
    gws_pipeline_finish(p);
    gws_pipeline_get_stats(p, &st);
    assert_in_range(st.samples_together, 10 * RATE, 20 * RATE);
    gws_pipeline_destroy(p);
}

static void logits_keep_the_stated_delay(void **state)
{
    gws_pipeline *p = create(&cut);
    double delay = gws_pipeline_delay_s(p), worst = 0;

    for (int64_t k = 0; k < 39 * 64; k++) {
        for (int i = 0; i < 2; i++)
            gws_pipeline_push(p, i, first[i] - (i ? 311 : 0) + k * rate[i] / 64, strain[i] + k * rate[i] / 64, rate[i] / 64);
        if (k > 25 * 64 && cut.n_y > 0) {
            double in = (double)(k + 1) / 64, out = (double)((cut.step[cut.n_y - 1] + 1) * HOP - (int64_t)T0 * RATE) / RATE;
            if (in - out > worst)
                worst = in - out;
        }
    }
    assert_true(worst > 0);
    assert_true(worst <= delay + 1.5 / 64);
    gws_pipeline_destroy(p);
}

static void a_wrong_rate_is_refused(void **state)
{
    const int odd[2] = {4096, 3000};
    gws_err err = {0};
    gws_pipeline_sinks none = {0};

    assert_null(gws_pipeline_create(&model, GWS_HEAD_SPIKING, odd, (double)NAN, &none, &err));
    assert_int_equal(err.status, GWS_EDATA);
    assert_string_equal(err.text, "L1: rate 3000 Hz, model wants a multiple of 2048 Hz");
    gws_pipeline_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_push_each_makes_sense),
        cmocka_unit_test(logits_are_those_of_the_stages_called_by_hand),
        cmocka_unit_test(any_cut_and_interleaving_gives_the_same_bytes),
        cmocka_unit_test(the_pool_changes_nothing),
        cmocka_unit_test(a_part_searches_where_its_detectors_are_alone),
        cmocka_unit_test(parts_are_the_same_bytes_for_any_cut_and_pool),
        cmocka_unit_test(finish_starts_anew),
        cmocka_unit_test(an_absent_detector_does_not_fill_the_memory),
        cmocka_unit_test(logits_keep_the_stated_delay),
        cmocka_unit_test(a_wrong_rate_is_refused),
    };
    return cmocka_run_group_tests(tests, make_strain, free_strain);
}
