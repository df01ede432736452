/* The joint search.  Truth: identity.  Its statistic is that of an untrained network's linear head behind the same bank, to the bit; no
 * cut into files or chunks and no number of threads changes a bit; where one detector is absent the other's own search goes on.  Times of
 * slides are counted by hand.  The injected source.  All of it with templates that follow the noise and with templates that do not. */
#include "gwstest.h"

#include "base/clock.h"
#include "gw/antenna.h"
#include "strain/mlgwsc_writer.h"
#include "sim/simulate.h"
#include "model/checkpoint.h"
#include "model/reference.h"
#include "matched/joint.h"
#include "stream/feed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE 2048
#define BEGIN 1000000003
#define DURATION 96
#define N ((int64_t)DURATION * RATE)
#define GAP_FROM 40 /* of L1, in the test that has one */
#define GAP_TO 56

static const char recipe[] =
    "[model]\ndetectors=L1,H1\nstem=matched\nfollow=0\ntemplates=5\ntaps=512\nafter=18\nreach=0,6\nchannels=16,32\n"
    "kernels=1,3\nstrides=1,1\nlif=24,16\nhorizons=3\nlevels=8\ncontext_memory=64\n"
    "[condition]\nfirst_s=8\n[search]\nsmooth=1\ngap_s=0.25\n";

static double h[2][N], whole[2][N]; /* H1, L1 */
static gws_sim_source source;
static gws_stem_bank bank;
static gws_checkpoint net;

/* follow: the templates follow the noise, and are whitened with another curve than its own. */
static int setup(int follow)
{
    char text[sizeof recipe];
    gws_sim_params p = gws_sim_defaults();
    gws_stem_params b = gws_stem_defaults();
    gws_err err;
    int n;
    p.begin = (int64_t)BEGIN * RATE;
    p.n = N;
    p.seed = 5;
    p.step_s = 200;
    p.window_s = 0;
    p.pad_s = 30;
    p.snr_min = p.snr_max = 16;
    gws_sim *s = gws_sim_create(&p, &err);
    if (!s)
        fail_msg("%s", err.text);
    source = gws_sim_sources(s, &n)[0];
    assert_int_equal(n, 1);
    for (int d = 0; d < 2; d++)
        assert_int_equal(gws_sim_fill(s, d, p.begin, N, whole[d], NULL), GWS_OK);
    gws_sim_destroy(s);

    b.templates = 5;
    b.candidates = 40;
    b.taps = 512;
    b.follow = follow;
    if (follow)
        b.curve = "aLIGOEarlyLowSensitivityP1200087";
    memcpy(text, recipe, sizeof text);
    strstr(text, "follow=0")[7] = follow ? '1' : '0';
    if (gws_stem_bank_choose(&b, NULL, NULL, &bank, &err) || gws_checkpoint_init(&net, text, 1, GWS_TO_RUN, &err))
        fail_msg("%s", err.text);
    if (follow)
        memcpy(net.p + net.table.rows[net.rows.bank_curve].offset, bank.log_curve, GWS_REFERENCE_BINS * sizeof(float));
    memcpy(net.p + net.table.rows[net.rows.bank].offset, bank.g, (size_t)net.table.rows[net.rows.bank].size * sizeof(float));
    memcpy(net.p + net.table.rows[net.rows.bank_weight].offset, bank.log_weight, (size_t)bank.n * sizeof(float));
    return 0;
}

static int setup_fixed(void **state)
{
    return setup(0);
}

static int setup_following(void **state)
{
    return setup(1);
}

static int teardown(void **state)
{
    gws_stem_bank_clear(&bank);
    gws_checkpoint_clear(&net);
    return 0;
}

static const char *path_of(int i)
{
    static char path[8][40];
    snprintf(path[i], sizeof path[i], "joint-%d-%d.hdf", (int)getpid(), i);
    return path[i];
}

/* Samples [from, to) of detectors `first` to `last` in a file. */
static void write_file(int file, int first, int last, int64_t from, int64_t to)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path_of(file), NULL);
    for (int d = first; d <= last; d++) {
        assert_int_equal(gws_mlgwsc_writer_segment(w, d ? "L1" : "H1", RATE, (int64_t)BEGIN * RATE + from, NULL), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_append_f64(w, d ? "L1" : "H1", h[d] + from, to - from, NULL), GWS_OK);
    }
    assert_int_equal(gws_mlgwsc_writer_commit(w, NULL), GWS_OK);
}

static void gap(int ifo, int from_s, int to_s)
{
    for (int64_t i = (int64_t)from_s * RATE; i < (int64_t)to_s * RATE; i++)
        h[ifo][i] = (double)NAN;
}

static gws_strain_set *open_files(int n)
{
    const char *paths[8];
    gws_err err;
    for (int i = 0; i < n; i++)
        paths[i] = path_of(i);
    gws_strain_set *set = gws_strain_open(paths, n, &err);
    if (!set)
        fail_msg("%s", err.text);
    return set;
}

static gws_joint_params params(void)
{
    gws_joint_params p = gws_joint_defaults();
    p.condition.first_s = 8;
    p.threshold = 9;
    return p;
}

static gws_joint_result search_files(int n, const gws_joint_params *p, gws_pool *pool)
{
    gws_joint_network net_of;
    gws_joint_result r;
    gws_err err;
    gws_strain_set *set = open_files(n);
    if (gws_joint_network_make(set, "L1,H1", &net_of, &err) || gws_joint_search(set, &net_of, &bank, p, pool, &r, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_strain_destroy(set);
    for (int i = 0; i < n; i++)
        unlink(path_of(i));
    return r;
}

static void assert_equal(const gws_joint_result *a, const gws_joint_result *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->far.n, b->far.n);
    assert_memory_equal(a->live_s, b->live_s, sizeof a->live_s);
    assert_true(a->far.livetime_s == b->far.livetime_s);
    for (int64_t i = 0; i < a->n; i++) {
        const gws_joint_event *x = &a->events[i], *y = &b->events[i];
        assert_true(x->gps_ns == y->gps_ns && x->stat == y->stat && x->snr == y->snr);
        assert_true(x->template_index == y->template_index && x->ifos == y->ifos);
        for (int d = 0; d < 2; d++)
            if (x->ifos >> d & 1)
                assert_true(x->arrival[d].gps_ns == y->arrival[d].gps_ns && x->arrival[d].snr == y->arrival[d].snr &&
                            x->arrival[d].phase_rad == y->arrival[d].phase_rad);
    }
    for (int64_t i = 0; i < a->far.n; i++)
        assert_true(a->far.stat[i] == b->far.stat[i]);
}

typedef struct triggers {
    double stat[2000];
    int64_t begin_ns[2000], end_ns[2000];
    int n;
} triggers;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    triggers *all = user;
    assert_true(all->n < 2000);
    all->stat[all->n] = t->stat;
    all->begin_ns[all->n] = t->begin_ns;
    all->end_ns[all->n++] = t->end_ns;
}

/* detect --head linear over the files, which stay. */
static void detect_files(int n, double threshold, triggers *out)
{
    gws_err err;
    gws_feed_plan plan;
    gws_strain_set *set = open_files(n);
    gws_model *m = gws_model_borrow(&net, &err);
    if (!m || gws_feed_plan_make(set, gws_model_describe(m), &plan, &err))
        fail_msg("%s", err.text);
    gws_pipeline *p = gws_pipeline_create(m, GWS_HEAD_LINEAR, plan.rate_hz, threshold,
                                          &(gws_pipeline_sinks){.user = out, .trigger = on_trigger}, &err);
    if (!p || gws_feed_run(set, &plan, p, NULL, 32, NULL, &err))
        fail_msg("%s", err.text);
    gws_pipeline_destroy(p);
    gws_model_destroy(m);
    gws_strain_destroy(set);
}

static void the_statistic_is_that_of_an_untrained_network(void **state)
{
    static triggers t;
    const gws_joint_params p = params();
    t.n = 0;
    memcpy(h, whole, sizeof h);
    gap(0, 50, 51); /* in both: the network begins afresh there, as both detectors do here */
    gap(1, 50, 51);
    write_file(0, 0, 1, 0, N);
    detect_files(1, p.threshold, &t);
    gws_joint_result r = search_files(1, &p, NULL);
    assert_true(r.n > 30);
    assert_int_equal(r.n, t.n);
    for (int i = 0; i < t.n; i++) {
        assert_true(r.events[i].stat == t.stat[i]);
        for (int d = 0; d < 2; d++) /* a step is 15.6 ms long, arrivals lie 12 ms (of samples) apart at most */
            assert_true(r.events[i].arrival[d].gps_ns >= t.begin_ns[i] - 12000000 &&
                        r.events[i].arrival[d].gps_ns < t.end_ns[i] + 15625000 + 12000000);
    }
    gws_joint_result_clear(&r);
}

static void cuts_and_threads_change_no_bit(void **state)
{
    gws_joint_params p = params();
    gws_pool *pool = gws_pool_create(3, NULL);
    const int64_t cuts[] = {0, 7777, 70000, 70001, 131072, N};
    p.slides = 7;
    memcpy(h, whole, sizeof h);
    gap(1, GAP_FROM, GAP_TO);
    write_file(0, 0, 1, 0, N);
    gws_joint_result a = search_files(1, &p, NULL), b;
    assert_true(a.n > 30 && a.far.n > 100);
    for (int i = 0; i < 5; i++)
        write_file(i, 0, 1, cuts[i], cuts[i + 1]);
    p.chunk_s = 3;
    b = search_files(5, &p, pool);
    assert_equal(&a, &b);
    gws_joint_result_clear(&b);
    write_file(0, 0, 1, 0, N);
    p.chunk_s = 1000;
    b = search_files(1, &p, pool);
    assert_equal(&a, &b);
    gws_joint_result_clear(&b);
    gws_joint_result_clear(&a);
    gws_pool_destroy(pool);
}

/* Order of the search: L1, H1. */
static void where_one_is_absent_the_other_goes_on(void **state)
{
    gws_joint_params p = params();
    memcpy(h, whole, sizeof h);
    gap(1, GAP_FROM, GAP_TO);
    p.slides = 3;
    write_file(0, 0, 1, 0, N);
    gws_joint_result both = search_files(1, &p, NULL);
    p.slides = 0;
    write_file(0, 0, 0, 0, N);
    gws_joint_result h1 = search_files(1, &p, NULL);

    /* L1 is whitened up to 1 s (half a filter) before and after its gap, the filters lose less than 0.2 s, and the warm-up is 1 s */
    assert_true(fabs(both.live_s[2] - (GAP_TO - GAP_FROM + 3.1)) < 0.2);
    assert_true(fabs(both.live_s[3] + both.live_s[2] - h1.live_s[1]) < 0.05 && both.live_s[1] == 0);
    int alone = 0, same = 0;
    for (int64_t i = 0, k = 0; i < both.n; i++) {
        const gws_joint_event *e = &both.events[i];
        if (e->ifos == 3) {
            assert_true(gws_joint_far(&both, e).bound != GWS_FAR_NONE);
            continue;
        }
        assert_int_equal(e->ifos, 2);
        assert_true(gws_joint_far(&both, e).bound == GWS_FAR_NONE);
        assert_true(e->gps_ns > (BEGIN + GAP_FROM - 3) * GWS_NS && e->gps_ns < (BEGIN + GAP_TO + 3) * GWS_NS);
        while (k < h1.n && h1.events[k].gps_ns < e->gps_ns)
            k++;
        alone++;
        if (k < h1.n && h1.events[k].gps_ns == e->gps_ns && h1.events[k].stat == e->stat &&
            h1.events[k].arrival[0].phase_rad == e->arrival[1].phase_rad)
            same++;
    }
    assert_true(alone > 3 && same >= alone - 2); /* where L1 goes and comes an event may be cut short */
    /* slide k moves H1 by 6 k steps: three overlaps, of which the moved gap costs nothing more than at the ends */
    double sum = 0;
    for (int k = 1; k <= 3; k++)
        sum += both.live_s[3] - 6.0 * k / 64;
    assert_true(fabs(both.far.livetime_s - sum) < 1e-9);
    gws_joint_result_clear(&both);
    gws_joint_result_clear(&h1);
}

static void finds_the_source(void **state)
{
    gws_joint_params p = params();
    memcpy(h, whole, sizeof h);
    p.threshold = 20;
    p.slides = 2;
    write_file(0, 0, 1, 0, N);
    gws_joint_result r = search_files(1, &p, NULL);
    assert_int_equal(r.n, 1);
    const gws_joint_event *e = &r.events[0];
    assert_true(llabs(e->gps_ns - source.source.tc_ns) < 25 * (GWS_NS / 1000));
    assert_true(fabs(e->snr - source.snr_network) < 3);
    assert_true(fabs(e->stat - e->snr * e->snr / 2) < 4); /* log of the weights, and of how many templates see it */
    for (int d = 0; d < 2; d++) {
        assert_true(fabs(e->arrival[d].snr - source.snr[1 - d]) < 2.5);
        assert_true(fabs(e->arrival[d].phase_rad) <= M_PI);
    }
    /* both SNRs and a bandwidth of some 50 Hz time an arrival to 0.3 ms; a sample is 2 ms */
    const gws_site *site[2] = {gws_site_find("L1"), gws_site_find("H1")};
    double delay_s[2];
    for (int d = 0; d < 2; d++)
        delay_s[d] = gws_delay_s(site[d], gws_gmst_rad(source.source.tc_ns), source.source.ra_rad, source.source.dec_rad);
    assert_true(fabs(1e-9 * (double)(e->arrival[1].gps_ns - e->arrival[0].gps_ns) - (delay_s[1] - delay_s[0])) < 1e-3);
    /* loud in one detector alone, so in every slide, but louder in both */
    assert_true(r.far.n >= 2 && gws_joint_far(&r, e).bound == GWS_FAR_BELOW);
    gws_joint_result_clear(&r);
}

static void what_cannot_be_searched(void **state)
{
    gws_err err;
    gws_joint_network n;
    gws_joint_result r;
    gws_joint_params p = params();
    memcpy(h, whole, sizeof h);
    write_file(0, 0, 0, 0, 5 * RATE);
    gws_strain_set *set = open_files(1);
    assert_int_equal(gws_joint_network_make(set, NULL, &n, &err), GWS_OK);
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "long enough"));
    p.slides = 1;
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "H1 only"));
    gws_strain_destroy(set);

    write_file(0, 0, 1, 0, N);
    set = open_files(1);
    assert_int_equal(gws_joint_network_make(set, NULL, &n, &err), GWS_OK);
    assert_true(n.reach[0][1] == 6 && strcmp(n.ifo[0], "H1") == 0);
    p.slide_s = 0.02;
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_EARG);
    p.slide_s = 100;
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "in common"));
    p = params();
    p.threshold = (double)NAN;
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_EARG);
    p = params();
    p.max_events = 3;
    p.slides = 1;
    p.threshold = 7;
    assert_int_equal(gws_joint_search(set, &n, &bank, &p, NULL, &r, &err), GWS_ENOMEM);
    assert_true(r.n == 0 && r.events == NULL && r.far.stat == NULL);
    gws_strain_destroy(set);
    unlink(path_of(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_statistic_is_that_of_an_untrained_network),
                                       cmocka_unit_test(cuts_and_threads_change_no_bit),
                                       cmocka_unit_test(where_one_is_absent_the_other_goes_on), cmocka_unit_test(finds_the_source),
                                       cmocka_unit_test(what_cannot_be_searched)};
    return cmocka_run_group_tests_name("fixed", tests, setup_fixed, teardown) != 0 ||
           cmocka_run_group_tests_name("following", tests, setup_following, teardown) != 0;
}
