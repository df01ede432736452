/* The matched-filter search gives the same bytes however its input is cut into files and on any number of threads; gaps end the data;
 * what it finds in strain with a known signal is that signal.  Truth: identity; the injected source. */
#include "gwstest.h"

#include "base/clock.h"
#include "strain/mlgwsc_writer.h"
#include "gw/named_psd.h"
#include "sim/simulate.h"
#include "matched/coincidence.h"
#include "matched/singles.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN 1024  /* Hz of the files */
#define RATE 512 /* of the filters */
#define BEGIN 1000000003
#define DURATION 90
#define N ((int64_t)DURATION * IN)

static double h[2][N];
static gws_sim_source source;

static void make_strain(void)
{
    gws_sim_params p = gws_sim_defaults();
    gws_err err;
    int n;
    p.rate_hz = IN;
    p.begin = (int64_t)BEGIN * IN;
    p.n = N;
    p.seed = 3;
    p.step_s = 60;
    p.window_s = 0;
    p.pad_s = 38;
    p.max_sources = 1;
    p.snr_min = p.snr_max = 25;
    gws_sim *s = gws_sim_create(&p, &err);
    if (!s)
        fail_msg("%s", err.text);
    source = gws_sim_sources(s, &n)[0];
    assert_int_equal(n, 1);
    for (int d = 0; d < 2; d++)
        assert_int_equal(gws_sim_fill(s, d, p.begin, N, h[d], NULL), GWS_OK);
    gws_sim_destroy(s);
}

/* Samples [from, to) of both detectors to a file. */
static void write_file(const char *path, int64_t from, int64_t to)
{
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, NULL);
    for (int d = 0; d < 2; d++) {
        assert_int_equal(gws_mlgwsc_writer_segment(w, d ? "L1" : "H1", IN, (int64_t)BEGIN * IN + from, NULL), GWS_OK);
        assert_int_equal(gws_mlgwsc_writer_append_f64(w, d ? "L1" : "H1", h[d] + from, to - from, NULL), GWS_OK);
    }
    assert_int_equal(gws_mlgwsc_writer_commit(w, NULL), GWS_OK);
}

static gws_template templates[] = {{45, 40, 0, 0, 30, "IMRPhenomD"},
                                   {35, 30, 0, 0, 30, "IMRPhenomD"},
                                   {25, 24, 0, 0, 30, "IMRPhenomD"},
                                   {0, 0, 0, 0, 30, "IMRPhenomD"}}; /* the source's */
static const gws_bank bank = {templates, 4};

static gws_singles_params params(void)
{
    gws_singles_params p = gws_singles_defaults();
    p.rate_hz = RATE;
    p.segment_s = 32;
    p.low_hz = 30;
    p.psd_s = 32;
    p.welch_s = 2;
    p.stride_s = 1;
    p.inverse_s = 2;
    return p;
}

static gws_singles search_files(const char (*path)[40], int n, gws_pool *pool)
{
    const char *paths[8];
    gws_singles_params p = params();
    gws_singles r;
    gws_err err;
    for (int i = 0; i < n; i++)
        paths[i] = path[i];
    gws_strain_set *set = gws_strain_open(paths, n, &err);
    if (!set || gws_singles_find(set, &bank, &p, pool, &r, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_strain_destroy(set);
    for (int i = 0; i < n; i++)
        unlink(path[i]);
    return r;
}

static void assert_equal(const gws_singles *a, const gws_singles *b)
{
    assert_int_equal(a->n_ifo, b->n_ifo);
    for (int d = 0; d < a->n_ifo; d++) {
        assert_int_equal(a->ifo[d].n, b->ifo[d].n);
        assert_int_equal(a->ifo[d].n_live, b->ifo[d].n_live);
        assert_memory_equal(a->ifo[d].live, b->ifo[d].live, (size_t)a->ifo[d].n_live * sizeof *a->ifo[d].live);
        for (int64_t i = 0; i < a->ifo[d].n; i++) {
            const gws_single *x = &a->ifo[d].triggers[i], *y = &b->ifo[d].triggers[i];
            assert_true(x->sample == y->sample && x->template_index == y->template_index);
            assert_memory_equal(&x->snr, &y->snr, 5 * sizeof(double));
        }
    }
}

/* Norm of a template over the curve that the noise was made with, in the band that the search uses. */
static double expected_sigma(const gws_template *t)
{
    enum { BINS = 1025 };
    static double complex hp[BINS], hc[BINS];
    const double delta_f = 0.25;
    gws_binary b = gws_template_binary(t);
    gws_psd psd;
    double sum = 0;
    assert_int_equal(gws_psd_by_name("aLIGOZeroDetHighPower", delta_f, BINS, 0, &psd, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd(t->approximant, &b, delta_f, BINS, hp, hc, NULL), GWS_OK);
    for (int k = (int)(30 / delta_f); k < (int)(0.45 * RATE / delta_f); k++)
        sum += creal(hp[k] * conj(hp[k])) / psd.data[k];
    gws_psd_clear(&psd);
    return sqrt(4 * delta_f * sum);
}

static void files_and_threads(void **state)
{
    char path[8][40];
    gws_pool *pool = gws_pool_create(3, NULL);
    gws_singles whole, parts;
    for (int i = 0; i < 8; i++)
        snprintf(path[i], sizeof path[i], "matched-%d-%d.hdf", (int)getpid(), i);
    make_strain();
    templates[3].mass1_msun = source.source.binary.mass1_msun;
    templates[3].mass2_msun = source.source.binary.mass2_msun;
    write_file(path[0], 0, N);
    whole = search_files((const char(*)[40])path, 1, NULL);
    assert_true(whole.n_ifo == 2 && whole.ifo[0].n > 20);
    /* PSDs of some 30 periodograms are good to some per cent.  Where the resampler rolls off, nothing is made up: sigma was 30 times
     * too large when filters went up to Nyquist. */
    for (int64_t i = 0; i < whole.ifo[0].n; i++) {
        const gws_single *t = &whole.ifo[0].triggers[i];
        assert_true(fabs(t->sigma / expected_sigma(&templates[t->template_index]) - 1) < 0.1);
    }
    /* 2 s at both ends, and what the resampler takes, give nothing; all else is searched once. */
    for (int d = 0; d < 2; d++) {
        double live_s = (double)(whole.ifo[d].live[0].end - whole.ifo[d].live[0].begin) / RATE;
        assert_int_equal(whole.ifo[d].n_live, 1);
        assert_true(live_s <= DURATION - 4 && live_s > DURATION - 4.3);
    }
    assert_true(fabs(whole.stats.filtered_s - 4 * (gws_coincidence_livetime_s(&whole) * 2)) < 1e-6);

    const int64_t cuts[] = {0, 7777, 30000, 30001, 61440, N};
    for (int i = 0; i < 5; i++)
        write_file(path[i], cuts[i], cuts[i + 1]);
    parts = search_files((const char(*)[40])path, 5, pool);
    assert_equal(&whole, &parts);
    gws_singles_clear(&parts);

    /* The signal: its template is the loudest, at its time, with the SNR that it has from 30 Hz on and no excess of chi-squared. */
    gws_coincidence_params e = gws_coincidence_defaults();
    gws_coincidence *events;
    int64_t n, best = 0;
    assert_int_equal(gws_coincidence_find(&whole, &e, &events, &n, NULL), GWS_OK);
    for (int64_t i = 1; i < n; i++)
        best = events[i].stat > events[best].stat ? i : best;
    assert_true(n > 0 && llabs(events[best].gps_ns - source.source.tc_ns) < 25 * (GWS_NS / 1000));
    assert_true(events[best].stat > 20 && events[best].stat < 28);
    for (int d = 0; d < 2; d++) {
        const gws_single *t = &whole.ifo[d].triggers[events[best].trigger[d]];
        assert_true(fabs(t->snr - source.snr[d]) < 4 && t->chisq_reduced < 2);
    }
    free(events);

    /* A gap: a stretch of its own on both sides, nothing within 2 s of it, and triggers far from it as they were in kind. */
    for (int64_t i = 20 * IN; i < 20 * IN + 300; i++)
        h[0][i] = (double)NAN;
    write_file(path[0], 0, N);
    parts = search_files((const char(*)[40])path, 1, pool);
    assert_int_equal(parts.ifo[0].n_live, 2);
    int64_t gap = ((int64_t)BEGIN + 20) * RATE;
    assert_true(parts.ifo[0].live[0].end <= gap - 2 * RATE && parts.ifo[0].live[1].begin >= gap + 150 + 2 * RATE);
    assert_int_equal(parts.ifo[1].n, whole.ifo[1].n);
    for (int64_t i = 0; i < parts.ifo[0].n; i++) {
        int64_t s = parts.ifo[0].triggers[i].sample;
        assert_true(s < parts.ifo[0].live[0].end || s >= parts.ifo[0].live[1].begin);
    }
    gws_singles_clear(&parts);
    gws_singles_clear(&whole);
    gws_pool_destroy(pool);
}

static void what_cannot_be_searched(void **state)
{
    char path[40];
    const char *paths[1] = {path};
    gws_err err;
    gws_singles r;
    snprintf(path, sizeof path, "matched-%d.hdf", (int)getpid());
    write_file(path, 0, 5 * IN);
    gws_strain_set *set = gws_strain_open(paths, 1, &err);
    gws_singles_params p = params();
    assert_int_equal(gws_singles_find(set, &bank, &p, NULL, &r, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "shorter"));
    const struct {
        size_t field;
        double value;
    } bad[] = {{offsetof(gws_singles_params, segment_s), 8},     {offsetof(gws_singles_params, segment_s), 32.5},
               {offsetof(gws_singles_params, low_hz), 0},        {offsetof(gws_singles_params, low_hz), 250},
               {offsetof(gws_singles_params, psd_s), 1},         {offsetof(gws_singles_params, welch_s), (double)NAN},
               {offsetof(gws_singles_params, stride_s), 3},      {offsetof(gws_singles_params, inverse_s), 20},
               {offsetof(gws_singles_params, snr_threshold), 0}, {offsetof(gws_singles_params, cluster_s), 0.3},
               {offsetof(gws_singles_params, cluster_s), 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        p = params();
        *(double *)((char *)&p + bad[i].field) = bad[i].value;
        assert_int_equal(gws_singles_find(set, &bank, &p, NULL, &r, &err), GWS_EARG);
        assert_true(r.n_ifo == 0 && r.ifo[0].triggers == NULL);
    }
    p = params();
    p.rate_hz = 600;
    assert_int_equal(gws_singles_find(set, &bank, &p, NULL, &r, &err), GWS_EDATA);
    /* Templates too long for the segment say so. */
    gws_template light[1] = {{1.4, 1.4, 0, 0, 30, "IMRPhenomD"}};
    p = params();
    assert_int_equal(gws_singles_find(set, &(gws_bank){light, 1}, &p, NULL, &r, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "longer segment"));
    gws_strain_destroy(set);

    /* No PSD: zeros; more triggers than allowed. */
    memset(h, 0, sizeof h);
    write_file(path, 0, N);
    set = gws_strain_open(paths, 1, &err);
    assert_int_equal(gws_singles_find(set, &bank, &p, NULL, &r, &err), GWS_EDATA);
    gws_strain_destroy(set);
    make_strain();
    write_file(path, 0, N);
    set = gws_strain_open(paths, 1, &err);
    p.max_triggers = 5;
    assert_int_equal(gws_singles_find(set, &bank, &p, NULL, &r, &err), GWS_ENOMEM);
    assert_true(r.n_ifo == 0 && r.ifo[0].triggers == NULL);
    gws_strain_destroy(set);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_and_threads), cmocka_unit_test(what_cannot_be_searched)};
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
