/* Time slides: a slide is what `detect` makes of a file in which the second detector was moved.
 *
 * Truth: identity.  Every slide of a stream with gaps gives the triggers of the moved file, bit for bit, as many streams as go side by
 * side, in groups of any size and on any number of threads; live times are the scored steps of the moved file and were counted by hand as
 * well.  A run that stopped and goes on gives what one run gives.
 */
#include "gwstest.h"

#include "base/clock.h"
#include "base/rng.h"
#include "strain/mlgwsc_writer.h"
#include "model/checkpoint.h"
#include "model/reference.h"
#include "search/trigger.h"
#include "stream/feed.h"
#include "stream/pipeline.h"
#include "stream/slides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RATE = 2048, GPS = 1262304000, SLIDES = 5, STEP_S = 8, MOST = 4000 };

/* Files with L1 moved earlier by 0 .. SLIDES steps, the same for all models, and one with a signal. */
enum { SIGNAL = SLIDES + 1, FILES };

static char path[FILES][64];

/* Stretches of a detector: begin and length in seconds from GPS, ended by a length of 0. */
typedef struct stretch {
    double begin_s, length_s;
} stretch;

static const stretch h1[] = {{0, 120}, {128.25, 70}, {0, 0}}, l1[] = {{8, 90}, {100.5, 110}, {0, 0}};

/* ---- strain ---- */

/* A pulse of the stem's template below: 100 Hz, 20 ms. */
static double pulse(double t_s)
{
    return exp(-t_s * t_s / (0.02 * 0.02)) * cos(2 * M_PI * 100 * t_s);
}

/* White noise, and in each detector a pulse; L1 is moved earlier by moved_s. */
static void write_file(int file, double moved_s, const double *pulse_s, double amplitude)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path[file], NULL);
    assert_non_null(w);
    for (int i = 0; i < 2; i++) {
        gws_rng r = gws_rng_init(1, "slides", (uint64_t)i);
        for (const stretch *s = i ? l1 : h1; s->length_s > 0; s++) {
            const int64_t begin = (int64_t)GPS * RATE + (int64_t)(s->begin_s * RATE), n = (int64_t)(s->length_s * RATE);
            double *h = malloc(sizeof *h * (size_t)n);
            gws_rng_normal_at(&r, (uint64_t)begin, h, (size_t)n);
            for (int64_t k = 0; k < n; k++)
                h[k] += amplitude * pulse((double)(begin + k) / RATE - GPS - pulse_s[i]);
            assert_int_equal(gws_mlgwsc_writer_segment(w, i ? "L1" : "H1", RATE, begin - (i ? (int64_t)(moved_s * RATE) : 0), NULL),
                             GWS_OK);
            assert_int_equal(gws_mlgwsc_writer_append_f64(w, i ? "L1" : "H1", h, n, NULL), GWS_OK);
            free(h);
        }
    }
    assert_int_equal(gws_mlgwsc_writer_commit(w, NULL), GWS_OK);
}

/* ---- models ---- */

static void of_recipe(gws_checkpoint *c, const char *recipe, double sigma)
{
    gws_err err = {0};
    if (gws_checkpoint_init(c, recipe, 3, GWS_TO_RUN, &err))
        fail_msg("%s", err.text);
    gws_rng r = gws_rng_init(8, "jitter", 0);
    for (int row = 0; row < c->table.n; row++)
        for (int64_t i = 0; i < c->table.rows[row].size && sigma > 0; i++)
            c->p[c->table.rows[row].offset + i] += (float)(sigma * gws_rng_normal(&r));
    c->phase = -1;
}

static const char plain[] = "[model]\ndetectors = H1,L1\nrate_hz = 2048\nchannels = 8,12,16\nkernels = 8,4,4\nstrides = 4,4,2\n"
                            "lif = 24,16\nhorizons = 3\n";

/* One template, the pulse; untrained, the network's statistic is the stem's. */
#define MATCHED                                                                                                                    \
    "[search]\nsmooth=1\ngap_s=0.25\n[model]\ndetectors=H1,L1\nstem=matched\ntemplates=2\ntaps=60\nafter=30\nreach=0,6\nchannels=" \
    "12,16\n"                                                                                                                      \
    "kernels=2,3\nstrides=1,1\nlif=24,16\nhorizons=3\nlevels=8\ncontext_memory=64\n"

static void set_filters(gws_checkpoint *c)
{
    float *g = c->p + c->table.rows[c->rows.bank].offset;
    for (int k = 0; k < 2; k++)
        for (int d = 0; d < 60; d++) {
            const double t = (d - 30) / 512.0, f = k ? 180 : 100, a = exp(-t * t / (0.02 * 0.02)) / 4;
            *g++ = (float)(a * cos(2 * M_PI * f * t));
            *g++ = (float)(a * sin(2 * M_PI * f * t));
        }
    /* where templates follow the noise: they belong to a curve that rises, and the noise is white */
    for (int64_t i = 0; c->arch.follow && i < GWS_REFERENCE_BINS; i++)
        c->p[c->table.rows[c->rows.bank_curve].offset + i] = (float)(log(2.0 / RATE) + (double)i * GWS_REFERENCE_DF_HZ / 100);
}

/* ---- the two ways ---- */

typedef struct triggers {
    int n;
    double time_s[MOST], stat[MOST];
    int64_t scored;
} triggers;

static void keep(void *user, const gws_trigger *t)
{
    triggers *l = user;
    assert_true(l->n < MOST);
    l->time_s[l->n] = gws_s_of_ns(t->gps_ns);
    l->stat[l->n++] = t->stat;
}

/* What detect finds: the pipeline's own triggers, of the spiking head, and those of the linear head in the same logits. */
typedef struct reference {
    triggers *of[2];
    gws_search *linear;
} reference;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    const reference *r = user;
    keep(r->of[GWS_HEAD_SPIKING], t);
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    const reference *r = user;
    gws_search_push(r->linear, step, y_linear, n, keep, r->of[GWS_HEAD_LINEAR]);
}

static gws_strain_set *open_file(const gws_model *m, int file, gws_feed_plan *plan)
{
    const char *const paths[] = {path[file]};
    gws_err err = {0};
    gws_strain_set *set = gws_strain_open(paths, 1, &err);
    if (!set || gws_feed_plan_make(set, gws_model_describe(m), plan, &err) != GWS_OK)
        fail_msg("%s", err.text);
    return set;
}

static void search_file(const gws_model *m, int file, const double *threshold, triggers *spiking, triggers *linear)
{
    gws_err err = {0};
    gws_feed_plan plan;
    gws_pipeline_stats stats;
    gws_search_stats of_linear;
    gws_condition_params cp;
    gws_search_params sp;
    const gws_model_meta *meta = gws_model_describe(m);
    gws_strain_set *set = open_file(m, file, &plan);
    memset(spiking, 0, sizeof *spiking);
    memset(linear, 0, sizeof *linear);
    assert_int_equal(gws_pipeline_params(meta, GWS_HEAD_LINEAR, threshold[GWS_HEAD_LINEAR], &cp, &sp, &err), GWS_OK);
    reference r = {{spiking, linear}, gws_search_create(&sp, meta->rate_hz, meta->hop, &err)};
    gws_pipeline *p = gws_pipeline_create(m, GWS_HEAD_SPIKING, plan.rate_hz, threshold[GWS_HEAD_SPIKING],
                                          &(gws_pipeline_sinks){.user = &r, .trigger = on_trigger, .logits = on_logits}, &err);
    if (!r.linear || !p || gws_feed_run(set, &plan, p, NULL, 64, NULL, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_search_finish(r.linear, keep, linear);
    gws_search_get_stats(r.linear, &of_linear);
    gws_pipeline_get_stats(p, &stats);
    spiking->scored = stats.search.scored;
    linear->scored = of_linear.scored;
    gws_search_destroy(r.linear);
    gws_pipeline_destroy(p);
    gws_strain_destroy(set);
}

static gws_background slide(const gws_model *m, int file, const double *threshold, int streams, int threads)
{
    gws_err err = {0};
    gws_feed_plan plan;
    gws_background b = {0};
    gws_strain_set *set = open_file(m, file, &plan);
    gws_pool *pool = threads > 1 ? gws_pool_create(threads, &err) : NULL;
    const gws_slides_params p = {.slides = SLIDES,
                                 .step_s = STEP_S,
                                 .zero_lag = 1,
                                 .threshold = {threshold[0], threshold[1]},
                                 .streams = streams,
                                 .group = streams > 1 ? 4 : 0, /* and the last two, or all */
                                 .work = streams > 1 ? "/tmp" : NULL,
                                 .memory = streams > 1, /* one slide behind the stem at a time, or all */
                                 .pool = pool};
    if (gws_slides_run(set, &plan, m, &p, &b, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_pool_destroy(pool);
    gws_strain_destroy(set);
    return b;
}

static void same_as_moved_files(const gws_model *m, const double *threshold)
{
    static triggers want[2][SLIDES + 1];
    const gws_model_meta *meta = gws_model_describe(m);
    for (int k = 0; k <= SLIDES; k++)
        search_file(m, k, threshold, &want[0][k], &want[1][k]);
    for (int streams = 1; streams <= 4; streams += 3) {
        gws_background b = slide(m, 0, threshold, streams, 1 + streams % 2);
        assert_int_equal(b.slides, SLIDES + 1);
        for (int h = 0; h < 2; h++) {
            const gws_background_head *got = &b.head[h];
            int64_t at = 0;
            double total = 0;
            for (int k = 0; k <= SLIDES; k++) {
                const triggers *w = &want[h][k];
                if (w->n <= 3)
                    fail_msg("head %d, slide %d: %d triggers only", h, k, w->n);
                for (int i = 0; i < w->n; i++, at++) {
                    assert_true(at < got->n);
                    assert_int_equal(got->slide[at], k);
                    assert_true(got->time_s[at] == w->time_s[i] && got->stat[at] == w->stat[i]);
                }
                assert_true(got->livetime_s[k] == (double)w->scored * meta->hop / RATE);
                total += k ? got->livetime_s[k] : 0;
            }
            assert_int_equal(at, got->n);
            assert_true(fabs(got->total_s - total) < 1e-9);
        }
        gws_background_clear(&b);
    }
}

static void a_slide_is_a_moved_file(void **state)
{
    const double threshold[2] = {28.5, 0.2};
    gws_err err = {0};
    gws_checkpoint c;
    of_recipe(&c, plain, 0.1);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    same_as_moved_files(m, threshold);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

static void behind_a_matched_stem_too(void **state)
{
    static const char *const recipes[] = {MATCHED, MATCHED "context_span=64\ncontext_lead=16\nwake=1.2\n", MATCHED "follow=1\n",
                                          MATCHED "follow=1\ncontext_span=64\ncontext_lead=16\nwake=1.2\n"};
    const double threshold[2] = {0.5, 1.5};
    for (int k = 0; k < 4; k++) {
        gws_err err = {0};
        gws_checkpoint c;
        of_recipe(&c, recipes[k], 0);
        set_filters(&c);
        gws_model *m = gws_model_borrow(&c, &err);
        if (!m)
            fail_msg("%s", err.text);
        same_as_moved_files(m, threshold);
        gws_model_destroy(m);
        gws_checkpoint_clear(&c);
    }
}

/* H1 has a pulse at 45 s, L1 the same at 69.004 s: three slides of 8 s bring them together. */
static void a_signal_is_in_the_slide_that_aligns_it(void **state)
{
    static triggers want, unused;
    const double threshold[2] = {0.5, 1.5}, at_s[2] = {45, 69.004};
    gws_err err = {0};
    gws_checkpoint c;
    of_recipe(&c, MATCHED, 0);
    set_filters(&c);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    write_file(SIGNAL, 3 * STEP_S, at_s, 3);
    search_file(m, SIGNAL, threshold, &unused, &want);
    write_file(SIGNAL, 0, at_s, 3);
    gws_background b = slide(m, SIGNAL, threshold, 0, 2);
    const gws_background_head *g = &b.head[GWS_HEAD_LINEAR];
    double best[SLIDES + 1] = {0}, best_s[SLIDES + 1] = {0}, aligned = 0;
    for (int64_t i = 0; i < g->n; i++)
        if (g->stat[i] > best[g->slide[i]]) {
            best[g->slide[i]] = g->stat[i];
            best_s[g->slide[i]] = g->time_s[i];
        }
    for (int i = 0; i < want.n; i++)
        aligned = fmax(aligned, want.stat[i]);
    printf("loudest of each slide: %.2f %.2f %.2f %.2f %.2f %.2f\n", best[0], best[1], best[2], best[3], best[4], best[5]);
    assert_true(best[3] == aligned);
    assert_true(fabs(best_s[3] - GPS - 45) < 0.05);
    for (int k = 0; k <= SLIDES; k++)
        assert_true(k == 3 || best[k] < 0.75 * best[3]);
    gws_background_clear(&b);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

/* Whitening takes 1 s from each end of a stretch.  H1 has 1-119 and 129.25-197.25, L1 9-97 and 101.5-209.5 s, together, 8k s later:
 *   k  stretches of H1's time                        seconds less 1 s of warm-up each
 *   0  9-97, 101.5-119, 129.25-197.25                 87 + 16.5 + 67
 *   1  1-89, 93.5-119, 129.25-197.25                  87 + 24.5 + 67
 *   2  1-81, 85.5-119, 129.25-193.5                   79 + 32.5 + 63.25
 *   3  1-73, 77.5-119, 129.25-185.5                   71 + 40.5 + 55.25
 *   4  1-65, 69.5-119, 129.25-177.5                   63 + 48.5 + 47.25
 *   5  1-57, 61.5-119, 129.25-169.5                   55 + 56.5 + 39.25 */
static void live_time_is_what_the_hand_counts(void **state)
{
    static const double want_s[SLIDES + 1] = {170.5, 178.5, 174.75, 166.75, 158.75, 150.75};
    const double threshold[2] = {1e9, 1e9};
    gws_err err = {0};
    gws_checkpoint c;
    of_recipe(&c, plain, 0.1);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    gws_background b = slide(m, 0, threshold, 0, 1);
    for (int k = 0; k <= SLIDES; k++) {
        double stretches = 0;
        int n = 0;
        for (int64_t i = 0; i < b.n_live; i++)
            if (b.live_slide[i] == k) {
                stretches += b.live_end_s[i] - b.live_begin_s[i];
                n++;
            }
        assert_int_equal(n, 3);
        printf("slide %d: %.4f s, by hand %.4f s\n", k, b.head[0].livetime_s[k], want_s[k]);
        /* a step is 1/64 s, and one that an end cuts is not scored; the whitening filter is 2 s long and one sample */
        assert_true(fabs(b.head[0].livetime_s[k] - want_s[k]) < 3 * 2.0 / 64);
        assert_true(fabs(stretches - b.head[0].livetime_s[k]) < 1e-6);
        assert_true(b.shift_s[2 * k] == 0 && b.shift_s[2 * k + 1] == k * STEP_S);
    }
    assert_int_equal(b.head[0].n, 0);
    assert_int_equal(b.n_on, 3);
    gws_background_clear(&b);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

static void what_cannot_be_is_a_sentence(void **state)
{
    gws_err err = {0};
    gws_checkpoint c;
    gws_feed_plan plan;
    gws_background b = {0};
    of_recipe(&c, plain, 0.1);
    gws_model *m = gws_model_borrow(&c, &err);
    assert_non_null(m);
    gws_strain_set *set = open_file(m, 0, &plan);
    gws_slides_params p = {.slides = 3, .step_s = 300, .threshold = {0, 0}};
    assert_int_equal(gws_slides_run(set, &plan, m, &p, &b, &err), GWS_EDATA);
    assert_string_equal(err.text, "no slide of 300 s or more leaves the detectors a stretch in common that is long enough");
    gws_background_clear(&b);
    p.slides = 0;
    assert_int_equal(gws_slides_run(set, &plan, m, &p, &b, &err), GWS_EARG);
    assert_null(b.shift_s);
    gws_strain_destroy(set);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

/* ---- a run that goes on ---- */

/* Asks to stop once so many rows are whole, or so much was told (0: never). */
typedef struct stopper {
    int64_t after, rows;
    int most, told;
    double first, total; /* that were told of the search */
} stopper;

static gws_status on_whole(void *user, const gws_background *b, gws_err *err)
{
    stopper *s = user;
    assert_true(b->slides > s->rows);
    s->rows = b->slides;
    return GWS_OK;
}

static int on_progress(void *user, double done, double total, const char *note)
{
    stopper *s = user;
    if (strcmp(note, GWS_SLIDES_NOTE) == 0 && !s->told++)
        s->first = done;
    s->total = total;
    return s->rows >= s->after || (s->most && s->told > s->most);
}

static const double low[2] = {0.5, 0.2};

static gws_slides_params going(stopper *s, int64_t slides)
{
    return (gws_slides_params){.slides = slides,
                               .step_s = STEP_S,
                               .threshold = {low[0], low[1]},
                               .group = 2,
                               .progress = {on_progress, s},
                               .whole = on_whole,
                               .user = s};
}

static gws_status go_on(const gws_model *m, int file, const gws_slides_params *p, gws_background *b, gws_err *err)
{
    gws_feed_plan plan;
    gws_strain_set *set = open_file(m, file, &plan);
    const gws_status status = gws_slides_run(set, &plan, m, p, b, err);
    gws_strain_destroy(set);
    return status;
}

static void same_numbers(const void *a, const void *b, int64_t n, size_t size)
{
    assert_true(n > 0);
    assert_memory_equal(a, b, (size_t)n * size);
}

static void same_background(const gws_background *a, const gws_background *b)
{
    assert_true(a->slides == b->slides && a->n_live == b->n_live && a->n_on == b->n_on && a->hash == b->hash && a->hash != 0);
    same_numbers(a->shift_s, b->shift_s, a->slides * a->n_ifo, sizeof(double));
    same_numbers(a->live_slide, b->live_slide, a->n_live, sizeof(int64_t));
    same_numbers(a->live_begin_s, b->live_begin_s, a->n_live, sizeof(double));
    same_numbers(a->live_end_s, b->live_end_s, a->n_live, sizeof(double));
    same_numbers(a->on_begin_s, b->on_begin_s, a->n_on, sizeof(double));
    for (int h = 0; h < 2; h++) {
        const gws_background_head *x = &a->head[h], *y = &b->head[h];
        assert_true(x->n == y->n && x->total_s == y->total_s && x->threshold == y->threshold);
        same_numbers(x->time_s, y->time_s, x->n, sizeof(double));
        same_numbers(x->stat, y->stat, x->n, sizeof(double));
        same_numbers(x->slide, y->slide, x->n, sizeof(int64_t));
        same_numbers(x->livetime_s, y->livetime_s, a->slides, sizeof(double));
    }
}

static gws_model *model_of(gws_checkpoint *c, const char *recipe)
{
    gws_err err = {0};
    of_recipe(c, recipe, recipe == plain ? 0.1 : 0);
    if (recipe != plain)
        set_filters(c);
    gws_model *m = gws_model_borrow(c, &err);
    if (!m)
        fail_msg("%s", err.text);
    return m;
}

/* Stopped after two rows, then after four, then to the end; and ended with three, then extended: both are one run of five. */
static void what_was_stopped_goes_on_to_the_same_numbers(void **state)
{
    static const char *const recipes[] = {plain, MATCHED "context_span=64\ncontext_lead=16\nwake=1.2\n"};
    for (int k = 0; k < 2; k++) {
        gws_err err = {0};
        gws_checkpoint c;
        gws_model *m = model_of(&c, recipes[k]);
        gws_background whole = {0}, cut = {0}, more = {0};
        stopper s = {.after = SLIDES + 1};
        gws_slides_params p = going(&s, SLIDES);
        p.group = 0;
        assert_int_equal(go_on(m, 0, &p, &whole, &err), GWS_OK);
        assert_int_equal(s.rows, SLIDES);
        assert_true(s.first == 0);
        const double total = s.total;

        s = (stopper){.after = SLIDES + 1, .most = 3}; /* within a group: nothing of it stays */
        p = going(&s, SLIDES);
        assert_int_equal(go_on(m, 0, &p, &cut, &err), GWS_ESTOP);
        assert_int_equal(s.told, 4);
        assert_true(cut.slides == 0 && !cut.shift_s);
        for (int64_t after = 2; after <= 4; after += 2) {
            s = (stopper){.after = after};
            p = going(&s, SLIDES);
            assert_int_equal(go_on(m, 0, &p, &cut, &err), GWS_ESTOP);
            assert_int_equal(cut.slides, after);
            assert_true(after == 2 ? s.first == 0 : s.first > 0.3 * total && s.first < 0.5 * total);
        }
        s = (stopper){.after = SLIDES + 1};
        p = going(&s, SLIDES);
        assert_int_equal(go_on(m, 0, &p, &cut, &err), GWS_OK);
        assert_true(s.first > 0.7 * total && s.total == total);
        same_background(&whole, &cut);

        s = (stopper){.after = SLIDES + 1};
        p = going(&s, 3);
        assert_int_equal(go_on(m, 0, &p, &more, &err), GWS_OK);
        assert_int_equal(more.slides, 3);
        p = going(&s, SLIDES);
        assert_int_equal(go_on(m, 0, &p, &more, &err), GWS_OK);
        same_background(&whole, &more);

        s = (stopper){.after = SLIDES + 1}; /* nothing is left: nothing is read */
        p = going(&s, SLIDES - 1);
        assert_int_equal(go_on(m, 0, &p, &more, &err), GWS_OK);
        assert_int_equal(s.told + (int)s.rows, 0);
        same_background(&whole, &more);
        gws_background_clear(&whole);
        gws_background_clear(&cut);
        gws_background_clear(&more);
        gws_model_destroy(m);
        gws_checkpoint_clear(&c);
    }
}

static void refused(const gws_model *m, int file, const gws_slides_params *p, gws_background *b, const char *why)
{
    gws_err err = {0};
    assert_int_equal(go_on(m, file, p, b, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, why));
    assert_int_equal(b->slides, 2);
}

static void what_was_made_otherwise_does_not_go_on(void **state)
{
    gws_err err = {0};
    gws_checkpoint c;
    gws_model *m = model_of(&c, plain);
    gws_background b = {0};
    const double at_s[2] = {45, 45};
    stopper s = {.after = SLIDES + 1};
    gws_slides_params p = going(&s, 2);
    write_file(SIGNAL, 0, at_s, 3);
    assert_int_equal(go_on(m, 0, &p, &b, &err), GWS_OK);
    s = (stopper){.after = SLIDES + 1};
    p = going(&s, SLIDES);
    p.step_s = 2 * STEP_S;
    refused(m, 0, &p, &b, "slides 8 s apart, this run's are 16 s");
    p = going(&s, SLIDES);
    p.zero_lag = 1;
    refused(m, 0, &p, &b, "made without --zero-lag");
    p = going(&s, SLIDES);
    p.threshold[GWS_HEAD_LINEAR] = 0.25;
    refused(m, 0, &p, &b, "linear triggers above 0.2, this run's are above 0.25");
    assert_int_equal(s.told, 0); /* so far nothing was searched */
    p = going(&s, SLIDES);
    refused(m, 1, &p, &b,
            "of other stretches or channels of the strain"); /* L1 moved by a step: the same samples at another time */
    refused(m, SIGNAL, &p, &b, "of other stretches or channels of the strain"); /* other samples at the same times */
    assert_int_equal(s.told, 0);
    gws_model_set_whitening(m, 2, 0.5, 0.5);
    refused(m, 0, &p, &b,
            "measured with a whitening filter of 2 s in blocks of 1 s, 1 s of it ahead; this run has 2 s, 0.5 s, 0.5 s");
    gws_model_set_whitening(m, 2, 1, 1);
    s = (stopper){.after = SLIDES + 1};
    p = going(&s, SLIDES);
    assert_int_equal(go_on(m, 0, &p, &b, &err), GWS_OK);
    gws_background_clear(&b);
    gws_model_destroy(m);
    gws_checkpoint_clear(&c);
}

static int setup(void **state)
{
    const double nowhere_together[2] = {60, 70};
    for (int k = 0; k <= SLIDES; k++)
        write_file(k, k * STEP_S, nowhere_together, 1);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slide_is_a_moved_file),
        cmocka_unit_test(behind_a_matched_stem_too),
        cmocka_unit_test(a_signal_is_in_the_slide_that_aligns_it),
        cmocka_unit_test(what_was_stopped_goes_on_to_the_same_numbers),
        cmocka_unit_test(what_was_made_otherwise_does_not_go_on),
        cmocka_unit_test(live_time_is_what_the_hand_counts),
        cmocka_unit_test(what_cannot_be_is_a_sentence),
    };
    for (int k = 0; k < FILES; k++)
        snprintf(path[k], sizeof path[k], "/tmp/gws-slides-%ld-%d.hdf", (long)getpid(), k);
    const int failed = cmocka_run_group_tests(tests, setup, NULL);
    for (int k = 0; k < FILES; k++)
        unlink(path[k]);
    return failed;
}
