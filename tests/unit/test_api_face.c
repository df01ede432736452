/* The face of the library.  Truth: what gwspike.h promises; a second way to the same numbers through what is below it; libhdf5's own word
 * on its error handler. */
#include "gwstest.h"

#include "gwspike.h"
#include "model_files.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_S 1300000000.0
#define RATE_HZ 2048
#define SECONDS 60

static char dir[] = "gws-test-XXXXXX";
static gws_model *model;

static int setup(void **state)
{
    gws_checkpoint c;
    gws_err err = {0};

    if (!mkdtemp(dir) || chdir(dir) != 0)
        return -1;
    small_model(&c, 1, 0);
    if (gws_checkpoint_save(&c, "m.hdf", "test", 1, &err) != GWS_OK)
        return -1;
    gws_checkpoint_clear(&c);
    model = gws_model_open("./m.hdf", &err);
    return model ? 0 : -1;
}

static int teardown(void **state)
{
    gws_model_destroy(model);
    unlink("m.hdf");
    return chdir("..") == 0 ? rmdir(dir) : -1;
}

/* ---- wrong arguments are errors, one by one ---- */

static void refused(gws_status status, const gws_err *err, const char *words)
{
    assert_int_equal(status, GWS_EARG);
    assert_int_equal(err->status, GWS_EARG);
    if (!strstr(err->text, words))
        fail_msg("'%s' does not say '%s'", err->text, words);
}

static void test_destroy_takes_null(void **state)
{
    gws_pool_destroy(NULL);
    gws_model_destroy(NULL);
    gws_input_destroy(NULL);
    gws_stream_destroy(NULL);
    gws_stream_reset(NULL);
    gws_whitener_destroy(NULL);
    gws_simulation_destroy(NULL);
    gws_rates_destroy(NULL);
    assert_int_equal(gws_input_detectors(NULL), 0);
    assert_int_equal(gws_simulation_signals(NULL), 0);
    assert_int_equal(gws_model_rate(NULL, GWS_HEAD_SPIKING, 1).bound, GWS_FAR_NONE);
    assert_int_equal(gws_model_rate(model, (gws_head)7, 1).bound, GWS_FAR_NONE);
    assert_int_equal(gws_rates_at(NULL, 1, 1).bound, GWS_FAR_NONE);
}

static void test_nothing_given(void **state)
{
    double x[4] = {0};
    gws_err err = {0};
    const char *none = NULL;
    const gws_simulation_params instant = {.struct_size = sizeof instant, .duration_s = 1e-9};
    const int slow[2] = {1000, 1000};
    const gws_stream_params odd = {.struct_size = sizeof odd, .rate_hz = slow};

    assert_null(gws_model_open(NULL, &err));
    refused(err.status, &err, "wanted a name");
    assert_null(gws_model_with(NULL, "H1", &err));
    refused(err.status, &err, "wanted a model");
    assert_null(gws_model_with(model, "", &err));
    refused(err.status, &err, "wanted a model");
    assert_null(gws_model_with(model, "H1,V1", &err));
    refused(err.status, &err, "does not use a detector V1");
    assert_null(gws_model_with(model, "H", &err));
    refused(err.status, &err, "does not use a detector H");
    assert_null(gws_model_with(model, "H1", &err));
    refused(err.status, &err, "needs all its detectors");
    assert_null(gws_model_open("no-such-model", &err));
    assert_int_equal(err.status, GWS_EIO);
    assert_null(gws_pool_create(-1, &err));
    refused(err.status, &err, "threads");
    refused(gws_model_get_info(NULL, NULL, &err), &err, "no model");
    assert_null(gws_input_open(NULL, 0, 0, NULL, &err));
    refused(err.status, &err, "at least one");
    assert_null(gws_input_open(&none, 1, 0, NULL, &err));
    refused(err.status, &err, "NULL");
    assert_null(gws_input_open((const char *[]){"a"}, 1, 1u << 20, NULL, &err));
    refused(err.status, &err, "keep");
    refused(gws_input_get_info(NULL, 0, NULL, &err), &err, "detector 0 of 0");
    refused(gws_input_span(NULL, "H1", 0, x, x, &err), &err, "wanted");
    refused(gws_input_read(NULL, "H1", 0, x, 1, &err), &err, "wanted");
    assert_null(gws_input_sha256(NULL, &err));
    assert_null(gws_stream_create(NULL, NULL, &err));
    refused(err.status, &err, "no model");
    refused(gws_stream_push(NULL, "H1", 0, x, 1, &err), &err, "none");
    refused(gws_stream_feed(NULL, NULL, &err), &err, "none");
    refused(gws_stream_finish(NULL, &err), &err, "none");
    refused(gws_stream_get_stats(NULL, NULL, &err), &err, "none");
    assert_null(gws_whitener_create(NULL, &err));
    refused(err.status, &err, "no callback");
    refused(gws_whitener_push(NULL, 0, x, 1, &err), &err, "none");
    refused(gws_whitener_finish(NULL, &err), &err, "none");
    refused(gws_spectrum_estimate(NULL, 4, 1, GWS_AVERAGE_MEAN, x, 3, &err), &err, "wanted");
    refused(gws_spectrum_curve(NULL, 1, x, 3, &err), &err, "wanted");
    assert_null(gws_simulation_create(NULL, &err));
    refused(err.status, &err, "0 s");
    refused(gws_simulation_write(&instant, "s.hdf", NULL, NULL, &err), &err, "a sample at least");
    assert_null(gws_stream_create(model, &odd, &err));
    refused(err.status, &err, "multiple");
    refused(gws_simulation_fill(NULL, "H1", 0, x, 1, &err), &err, "wanted");
    refused(gws_simulation_get_signal(NULL, 0, NULL, &err), &err, "signal 0 of 0");
    refused(gws_simulation_write(NULL, NULL, NULL, NULL, &err), &err, "no path");
    assert_null(gws_rates_open(NULL, 0, "./m.hdf", GWS_HEAD_SPIKING, NULL, &err));
    refused(err.status, &err, "at least one");
    assert_int_equal(gws_stream_finish(NULL, NULL), GWS_EARG); /* nowhere to put the sentence */
}

static void test_sizes_of_structs(void **state)
{
    struct {
        gws_stream_params p;
        int of_tomorrow;
    } longer;
    gws_model_info info = {0}, whole = {.struct_size = sizeof whole};
    gws_stream_params none = {0};
    gws_err err = {0};

    assert_null(gws_stream_create(model, &none, &err));
    refused(err.status, &err, "struct_size is 0");
    memset(&longer, 0, sizeof longer);
    longer.p.struct_size = sizeof longer;
    gws_stream *s = gws_stream_create(model, &longer.p, &err);
    assert_non_null(s); /* a newer header that asks for nothing new */
    gws_stream_destroy(s);
    longer.of_tomorrow = 1;
    assert_null(gws_stream_create(model, &longer.p, &err));
    refused(err.status, &err, "older");
    refused(gws_model_get_info(model, &info, &err), &err, "struct_size is 0");
    memset(&info, 0x55, sizeof info); /* nobody set it */
    refused(gws_model_get_info(model, &info, &err), &err, "wanted sizeof(gws_model_info)");
    memset(&info, 0, sizeof info);
    info.struct_size = offsetof(gws_model_info, rate_hz); /* an older header */
    assert_int_equal(gws_model_get_info(model, &info, &err), GWS_OK);
    assert_int_equal(info.n_detectors, 2);
    assert_int_equal(info.rate_hz, 0);
    assert_int_equal(gws_model_get_info(model, &whole, &err), GWS_OK);
    assert_int_equal(whole.rate_hz, RATE_HZ);
    assert_true(whole.delay_s > 0 && whole.delay_s < 30);
}

static void test_times_of_blocks(void **state)
{
    double h[64] = {0};
    gws_err err = {0};
    gws_stream *s = gws_stream_create(model, NULL, &err);

    assert_non_null(s);
    refused(gws_stream_push(s, "V1", START_S, h, 64, &err), &err, "V1");
    refused(gws_stream_push(s, "H1", (double)NAN, h, 64, &err), &err, "wanted a time");
    refused(gws_stream_push(s, "H1", -1, h, 64, &err), &err, "wanted a time");
    refused(gws_stream_push(s, "H1", 1e30, h, 64, &err), &err, "wanted a time");
    refused(gws_stream_push(s, "H1", START_S, h, SIZE_MAX, &err), &err, "wanted a time");
    refused(gws_stream_push(s, "H1", START_S + 0.5 / RATE_HZ, h, 64, &err), &err, "between the samples");
    refused(gws_stream_push(s, "H1", START_S, NULL, 64, &err), &err, "strain");
    assert_int_equal(gws_stream_push(s, "H1", START_S, h, 64, &err), GWS_OK);
    refused(gws_stream_push(s, "H1", START_S, h, 64, &err), &err, "ended");
    assert_int_equal(gws_stream_push(s, "H1", START_S + 64.0 / RATE_HZ, h, 64, &err), GWS_OK);
    assert_int_equal(gws_stream_push(s, "H1", START_S + 100, NULL, 0, &err), GWS_OK);
    gws_stream_reset(s);
    assert_int_equal(gws_stream_push(s, "H1", START_S, h, 64, &err), GWS_OK); /* any time may come after a reset */
    gws_stream_destroy(s);
}

/* ---- fewer detectors ---- */

/* Truth: the numbers that went into the file. */
static void test_fewer_detectors_have_their_own_rates(void **state)
{
    static const char text[] = "[model]\nstem=matched\ntemplates=2\ntaps=512\nafter=18\nreach=0,6\nchannels=16,32\nkernels=1,3\n"
                               "strides=1,1\nlif=24,16\nlevels=8\n";
    gws_checkpoint c;
    gws_model_info info = {.struct_size = sizeof info};
    gws_err err = {0};

    assert_int_equal(gws_checkpoint_init(&c, text, 1, GWS_TO_RUN, &err), GWS_OK);
    for (int h = 0; h < 2; h++) {
        c.part[2][h] = (gws_calibration){.n = 2, .livetime_s = 2592000, .threshold = 4};
        c.part[2][h].stat = calloc(2, sizeof(float));
        assert_non_null(c.part[2][h].stat);
        c.part[2][h].stat[0] = 9;
        c.part[2][h].stat[1] = 5;
    }
    assert_int_equal(gws_checkpoint_save(&c, "stem.hdf", "test", 1, &err), GWS_OK);
    gws_checkpoint_clear(&c);
    gws_model *whole = gws_model_open("./stem.hdf", &err), *l1 = gws_model_with(whole, "L1", &err),
              *h1 = gws_model_with(whole, "H1", &err), *both = gws_model_with(whole, "L1,H1", &err);
    assert_true(whole && l1 && h1 && both);
    assert_int_equal(gws_model_get_info(l1, &info, &err), GWS_OK);
    assert_int_equal(info.n_detectors, 1);
    assert_string_equal(info.detector[0], "L1");
    assert_true(info.background_s[1] == 2592000 && info.threshold[0] == 4);
    assert_true(gws_model_rate(l1, GWS_HEAD_LINEAR, 6).per_month == 2);
    assert_int_equal(gws_model_rate(l1, GWS_HEAD_SPIKING, 10).bound, GWS_FAR_BELOW);
    assert_int_equal(gws_model_rate(h1, GWS_HEAD_LINEAR, 6).bound, GWS_FAR_NONE);
    assert_int_equal(gws_model_rate(both, GWS_HEAD_LINEAR, 6).bound, GWS_FAR_NONE);
    gws_stream *s = gws_stream_create(l1, NULL, &err);
    assert_non_null(s);
    gws_stream_destroy(s);
    gws_model_destroy(l1);
    gws_model_destroy(h1);
    gws_model_destroy(both);
    gws_model_destroy(whole);
    unlink("stem.hdf");
}

/* ---- the log ---- */

static void on_line(void *user, const gws_log_line *line)
{
    gws_log_text(line, user, 300);
}

static void test_log(void **state)
{
    double h[RATE_HZ] = {0};
    char text[300] = "";
    gws_err err = {0};
    gws_stream *s = gws_stream_create(model, NULL, &err);

    assert_non_null(s);
    gws_log_set(on_line, text, GWS_LOG_INFO);
    assert_int_equal(gws_stream_push(s, "H1", START_S, h, RATE_HZ, &err), GWS_OK);
    assert_int_equal(gws_stream_finish(s, &err), GWS_OK);
    assert_string_equal(text, ""); /* not worth a line of this level */
    gws_log_set(on_line, text, GWS_LOG_DEBUG);
    assert_int_equal(gws_stream_finish(s, &err), GWS_OK);
    assert_non_null(strstr(text, " - stream - DEBUG - end of data: so far 0 answers and 0 triggers"));
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    gws_stream_destroy(s);
}

/* ---- a search ---- */

#define HOP 16
#define MOST 8000

typedef struct record {
    gws_stream *stream;
    gws_stream_trigger t[200];
    float spiking[MOST];
    int64_t logit_ns[MOST];
    int n, n_logits, refused;
} record;

static void on_trigger(void *user, const gws_stream_trigger *t)
{
    record *r = user;

    assert_true(r->n < 200);
    r->t[r->n++] = *t;
    r->refused += gws_stream_finish(r->stream, NULL) == GWS_EARG; /* not from within */
}

static void on_logits(void *user, int64_t time_ns, const float *spiking, const float *linear, size_t n)
{
    record *r = user;

    assert_true(linear && r->n_logits + (int)n <= MOST);
    for (size_t i = 0; i < n; i++) {
        r->logit_ns[r->n_logits] = time_ns + (int64_t)llround((double)i * HOP / RATE_HZ * 1e9);
        r->spiking[r->n_logits++] = spiking[i];
    }
}

static void push_all(gws_stream *s, size_t block)
{
    static const char *const detectors[2] = {"H1", "L1"};
    const gws_simulation_params p = {.struct_size = sizeof p, .start_s = START_S, .duration_s = SECONDS, .seed = 3};
    double *h = malloc(sizeof *h * block);
    gws_err err = {0};
    gws_simulation *source = gws_simulation_create(&p, &err);

    assert_true(source && h);
    for (size_t at = 0; at < (size_t)SECONDS * RATE_HZ; at += block)
        for (int i = 0; i < 2; i++) {
            const double t = START_S + (double)at / RATE_HZ;
            const size_t left = (size_t)SECONDS * RATE_HZ - at, n = left < block ? left : block;
            assert_int_equal(gws_simulation_fill(source, detectors[i], t, h, n, &err), GWS_OK);
            assert_int_equal(gws_stream_push(s, detectors[i], t, h, n, &err), GWS_OK);
        }
    gws_simulation_destroy(source);
    free(h);
}

static void search(record *r, size_t block)
{
    const double threshold = 0.55;
    const gws_stream_params p = {.struct_size = sizeof p,
                                 .user = r,
                                 .trigger = on_trigger,
                                 .logits = on_logits,
                                 .head = GWS_HEAD_LINEAR,
                                 .threshold = &threshold};
    gws_err err = {0};

    memset(r, 0, sizeof *r);
    r->stream = gws_stream_create(model, &p, &err);
    assert_non_null(r->stream);
    push_all(r->stream, block);
    assert_int_equal(gws_stream_finish(r->stream, &err), GWS_OK);
}

static void test_blocks_do_not_matter(void **state)
{
    static record a, b;
    gws_stream_stats stats = {.struct_size = sizeof stats};

    search(&a, 1000);
    search(&b, 77777);
    assert_true(a.n >= 2);
    assert_int_equal(a.n, b.n);
    for (int i = 0; i < a.n; i++) {
        assert_true(a.t[i].time_ns == b.t[i].time_ns && a.t[i].begin_ns == b.t[i].begin_ns && a.t[i].end_ns == b.t[i].end_ns);
        assert_memory_equal(a.t[i].statistic, b.t[i].statistic, sizeof a.t[i].statistic);
    }
    assert_int_equal(a.refused, a.n);
    assert_int_equal(gws_stream_get_stats(a.stream, &stats, NULL), GWS_OK);
    assert_int_equal(stats.triggers, a.n);
    assert_int_equal(stats.steps, a.n_logits);
    gws_stream_destroy(a.stream);
    gws_stream_destroy(b.stream);
}

/* The statistic of the other head, from the logits that came by: means of five, the largest while the trigger lasted. */
static void test_other_head(void **state)
{
    static record r;

    search(&r, 4096);
    assert_true(r.n >= 2);
    for (int i = 0; i < r.n; i++) {
        double most = -INFINITY;
        for (int k = 4; k < r.n_logits; k++) {
            double sum = 0;
            for (int j = k - 4; j <= k; j++)
                sum += (double)r.spiking[j];
            if (r.logit_ns[k] >= r.t[i].begin_ns - 1 && r.logit_ns[k] <= r.t[i].end_ns + 1)
                most = fmax(most, sum / 5);
        }
        assert_true(r.t[i].statistic[GWS_HEAD_SPIKING] == most);
    }
    gws_stream_destroy(r.stream);
}

static void test_reset_is_silent(void **state)
{
    static record r, fresh;
    gws_err err = {0};

    search(&r, 4096);
    const int n = r.n;
    r.n_logits = 0;
    push_all(r.stream, 4096);
    const int before_reset = r.n;
    gws_stream_reset(r.stream);
    assert_int_equal(r.n, before_reset); /* what was held did not come out */
    r.n = r.n_logits = 0;
    push_all(r.stream, 4096); /* and left no trace */
    assert_int_equal(gws_stream_finish(r.stream, &err), GWS_OK);
    search(&fresh, 4096);
    assert_int_equal(r.n, n);
    for (int i = 0; i < n; i++)
        assert_true(r.t[i].time_ns == fresh.t[i].time_ns && r.t[i].statistic[1] == fresh.t[i].statistic[1]);
    gws_stream_destroy(r.stream);
    gws_stream_destroy(fresh.stream);
}

/* ---- the host's libhdf5 ---- */

static herr_t on_error(hid_t stack, void *user)
{
    return 0;
}

static void test_hdf5_is_the_hosts(void **state)
{
    const gws_simulation_params p = {.struct_size = sizeof p, .duration_s = 40, .seed = 3};
    const char *name = "s.hdf";
    int mine = 0;
    double h[100];
    void *user = NULL;
    H5E_auto2_t fn = NULL;
    gws_err err = {0};

    assert_true(H5Eset_auto2(H5E_DEFAULT, on_error, &mine) >= 0);
    assert_int_equal(gws_simulation_write(&p, name, "i.hdf", NULL, &err), GWS_OK);
    gws_input *in = gws_input_open(&name, 1, 0, NULL, &err);
    assert_non_null(in);
    assert_int_equal(gws_input_read(in, "H1", 1238205080, h, 100, &err), GWS_OK);
    assert_true(isfinite(h[0]) && isfinite(h[99]));
    gws_input_destroy(in);
    assert_null(gws_model_open("./s.hdf", &err)); /* no model */
    assert_int_not_equal(gws_simulation_write(&p, "no/such/folder/s.hdf", NULL, NULL, &err), GWS_OK);
    assert_true(H5Eget_auto2(H5E_DEFAULT, &fn, &user) >= 0);
    assert_true(fn == on_error && user == &mine);
    assert_true(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0);
    unlink("s.hdf");
    unlink("i.hdf");
}

/* ---- whitening and spectra ---- */

typedef struct sum {
    double squares;
    size_t n;
    int64_t first_ns;
} sum;

static void on_whitened(void *user, const char *detector, int64_t time_ns, const float *w, size_t n)
{
    sum *s = user;

    assert_string_equal(detector, "");
    if (s->n == 0)
        s->first_ns = time_ns;
    for (size_t i = 0; i < n; i++)
        s->squares += (double)w[i] * (double)w[i];
    s->n += n;
}

static void test_whitening(void **state)
{
    const gws_simulation_params p = {
        .struct_size = sizeof p, .rate_hz = 2 * RATE_HZ, .duration_s = SECONDS, .leave_out = GWS_NO_SIGNALS};
    const gws_whitener_params odd = {.struct_size = sizeof odd, .whitened = on_whitened, .in_hz = 3000, .out_hz = 2048};
    static double h[SECONDS * 2 * RATE_HZ], psd[2 * RATE_HZ + 1], curve[2 * RATE_HZ + 1];
    gws_err err = {0};
    sum got = {0};
    gws_whitener_params w = {.struct_size = sizeof w, .user = &got, .whitened = on_whitened, .in_hz = 2 * RATE_HZ, .model = model};
    gws_simulation *source = gws_simulation_create(&p, &err);

    assert_non_null(source);
    assert_int_equal(gws_simulation_signals(source), 0);
    assert_int_equal(gws_simulation_fill(source, "L1", 1238205077, h, SECONDS * 2 * RATE_HZ, &err), GWS_OK);
    assert_null(gws_whitener_create(&odd, &err));
    refused(err.status, &err, "multiple");
    gws_whitener *white = gws_whitener_create(&w, &err);
    assert_non_null(white);
    assert_int_equal(gws_whitener_push(white, 1238205077, h, SECONDS * 2 * RATE_HZ, &err), GWS_OK);
    assert_int_equal(gws_whitener_finish(white, &err), GWS_OK);
    assert_true(got.n > 50 * RATE_HZ);
    /* Unit variance over the full band, of which 1 - 20/1024 is left.  The estimate rests on 15 periodograms at first, and the mean of an
     * inverse is larger than the inverse of the mean by some percent. */
    assert_true(fabs(got.squares / (double)got.n - 0.98) < 0.1);
    assert_true(got.first_ns > INT64_C(1238205077000000000) && got.first_ns < INT64_C(1238205080000000000));
    gws_whitener_destroy(white);

    /* Welch's estimate of noise made from a curve is the curve: 60 s in segments of 2 s, the mean over 100 bins to some percent. */
    assert_int_equal(gws_spectrum_estimate(h, SECONDS * 2 * RATE_HZ, 2 * RATE_HZ, GWS_AVERAGE_MEDIAN, psd, 2 * RATE_HZ + 1, &err),
                     GWS_OK);
    assert_int_equal(gws_spectrum_curve("aLIGOZeroDetHighPower", 0.5, curve, 2 * RATE_HZ + 1, &err), GWS_OK);
    double ratio = 0;
    for (int k = 100; k < 200; k++)
        ratio += psd[k] / curve[k] / 100;
    assert_true(fabs(ratio - 1) < 0.1);
    gws_simulation_destroy(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_takes_null),
        cmocka_unit_test(test_nothing_given),
        cmocka_unit_test(test_sizes_of_structs),
        cmocka_unit_test(test_times_of_blocks),
        cmocka_unit_test(test_fewer_detectors_have_their_own_rates),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_blocks_do_not_matter),
        cmocka_unit_test(test_other_head),
        cmocka_unit_test(test_reset_is_silent),
        cmocka_unit_test(test_hdf5_is_the_hosts),
        cmocka_unit_test(test_whitening),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
