/* test_strain_state.c - strain where the detector is in the wanted state.  Truth: each sample against the states in its time, one by one; frames made by
 * gwf/writer.h, HDF5 series by base/hdf5.h. */
#include "gwstest.h"

#include "base/hdf5.h"
#include "base/rng.h"
#include "gwf/writer.h"
#include "strain/state.h"
#include "strain/strain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GPS INT64_C(1187000000)

static char folder[] = "/tmp/gwspike_state_XXXXXX";

static int enter(void **state)
{
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Every pair of rates, spans in any order, cut anywhere. */
static void samples_are_within_good_states(void **state)
{
    static const int rates[] = {1, 2, 3, 7, 16, 100};
    gws_rng rng = gws_rng_init(1, "states", 0);
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++)
        for (int rate = 1; rate < 40; rate += 3) {
            const int n = 5 * rates[r], m = 5 * rate;
            const int64_t first = GPS * rates[r], begin = (GPS - 1) * rate;
            double x[500], out[400], want[400];
            gws_states s = {0};
            for (int i = 0; i < n; i++)
                x[i] = gws_rng_uniform(&rng) < 0.8 ? 7 : 5;
            const int cut = n / 3;
            assert_int_equal(gws_states_add(&s, rates[r], first + cut, x + cut, n - cut, 2, NULL), GWS_OK);
            assert_int_equal(gws_states_add(&s, rates[r], first, x, cut, 2, NULL), GWS_OK);
            assert_int_equal(gws_states_finish(&s, NULL), GWS_OK);
            for (int i = 0; i < m + 2 * rate; i++) { /* sample i has the time [i, i + 1) / rate, counted from GPS - 1 */
                const int64_t lo = (int64_t)(i - rate) * rates[r], hi = lo + rates[r]; /* over rate: the states that touch it */
                int good = i >= rate;
                for (int64_t k = lo / rate; good && k * rate < hi; k++)
                    good = k < n && x[k] == 7;
                want[i] = good ? i : (double)NAN;
                out[i] = i;
            }
            const int part = rate / 2 + 1, total = m + 2 * rate;
            for (int i = 0; i < total; i += part)
                gws_states_apply(&s, rate, begin + i, total - i < part ? total - i : part, out + i);
            for (int i = 0; i < total; i++) {
                if (isnan(want[i]) ? gws_gap_of(out[i]) != GWS_GAP_STATE : out[i] != want[i])
                    fail_msg("states at %d Hz, samples at %d Hz: sample %d", rates[r], rate, i);
            }
            gws_states_clear(&s);
        }
}

static void what_is_a_state(void **state)
{
    const double x[] = {3, 2, 7, (double)NAN, -1, 3.5, 4294967295.0, 4294967296.0, (double)INFINITY, 0};
    const int good[] = {1, 0, 1, 0, 1, 0, 1, 0, 0, 0};
    gws_states s = {0};
    double out[10];
    memset(out, 0, sizeof out);
    assert_int_equal(gws_states_add(&s, 1, 0, x, 10, GWS_STATE_SCIENCE, NULL), GWS_OK);
    gws_states_apply(&s, 1, 0, 10, out);
    for (int i = 0; i < 10; i++)
        assert_int_equal(gws_gap_of(out[i]) == GWS_GAP_NONE, good[i]);
    assert_int_equal(gws_states_add(&s, 2, 20, x, 1, 3, NULL), GWS_EDATA); /* another rate */
    assert_int_equal(gws_states_add(&s, 1, 0, x, 1, 3, NULL), GWS_OK);     /* a second state for one time */
    assert_int_equal(gws_states_finish(&s, NULL), GWS_EDATA);
    gws_states_clear(&s);
    out[0] = 0;
    gws_states_apply(&s, 16, 5, 1, out); /* no state at all */
    assert_int_equal(gws_gap_of(out[0]), GWS_GAP_STATE);
}

#define RATE 512
#define S_RATE 16
#define SECONDS 4

static uint32_t state_at(int i)
{
    return i == 5 || i == 6 ? 1 : i == 40 ? 0xfffffffcu : i >= 48 ? 2 : 0x80000003u;
}

static double sample_at(int i)
{
    return 1e-21 * ((i * 37) % 101 - 50);
}

/* Is a sample data: frame 1 of the four has no state where `missing`. */
static int is_good(int i, int missing)
{
    const int k = i / (RATE / S_RATE);
    return (state_at(k) & 3) == 3 && !(missing && i / RATE == 1);
}

static void check(const char *path, const char *channel, uint32_t bits, int missing)
{
    const gws_strain_state wanted[] = {{channel, bits}, {NULL, 0}};
    const gws_strain_use use = {.states = wanted};
    gws_err err = {0};
    gws_strain_losses loss;
    double x[RATE * SECONDS];
    int bad = 0;
    gws_strain_set *set = gws_strain_open_use(&path, 1, &use, &err);
    if (!set)
        fail_msg("%s", err.text);
    assert_int_equal(gws_strain_ifos(set), 1);
    assert_int_equal(gws_strain_read(set, 0, GPS * RATE, (GPS + SECONDS) * RATE, x, &err), GWS_OK);
    for (int i = 0; i < RATE * SECONDS; i++) {
        bad += !is_good(i, missing);
        if (is_good(i, missing) ? x[i] != sample_at(i) : gws_gap_of(x[i]) != GWS_GAP_STATE)
            fail_msg("%s: sample %d is %g", path, i, x[i]);
    }
    gws_strain_get_losses(set, 0, &loss);
    assert_int_equal(loss.lost[GWS_GAP_STATE], bad);
    gws_strain_destroy(set);
}

static void refused(const char *path, const char *channel, const char *why)
{
    const gws_strain_state wanted[] = {{channel, 3}, {NULL, 0}};
    const gws_strain_use use = {.states = wanted};
    gws_err err = {0};
    assert_null(gws_strain_open_use(&path, 1, &use, &err));
    if (!strstr(err.text, why))
        fail_msg("wanted \"%s\", found \"%s\"", why, err.text);
}

static void states_in_frames(void **state)
{
    for (int missing = 0; missing < 2; missing++) {
        gws_gwf_writer *w = gws_gwf_writer_create("H-H1_TEST-1187000000-4.gwf", "TEST", 1, NULL);
        for (int frame = 0; frame < SECONDS; frame++) {
            double h[RATE];
            uint32_t states[S_RATE];
            for (int i = 0; i < RATE; i++)
                h[i] = sample_at(frame * RATE + i);
            for (int i = 0; i < S_RATE; i++)
                states[i] = state_at(frame * S_RATE + i);
            const gws_gwf_channel_data channels[] = {
                {.name = "H1:GDS-CALIB_STRAIN", .type = GWS_GWF_F8, .data = h, .n = RATE, .dx_s = 1. / RATE},
                {.name = "H1:GDS-CALIB_STATE_VECTOR", .type = GWS_GWF_U4, .data = states, .n = S_RATE, .dx_s = 1. / S_RATE}};
            assert_int_equal(gws_gwf_writer_frame(w, (GPS + frame) * 1000000000, 1, channels, missing && frame == 1 ? 1 : 2, NULL),
                             GWS_OK);
        }
        assert_int_equal(gws_gwf_writer_commit(w, NULL), GWS_OK);
        check("H-H1_TEST-1187000000-4.gwf", "H1:GDS-CALIB_STATE_VECTOR", GWS_STATE_SCIENCE, missing);
    }
    refused("H-H1_TEST-1187000000-4.gwf", "H1:DMT-STATE", "has no channel H1:DMT-STATE, whose state is wanted");
    const gws_strain_state of_another[] = {{"L1:GDS-CALIB_STATE_VECTOR", 3}, {NULL, 0}};
    const gws_strain_use use = {.states = of_another};
    const char *path = "H-H1_TEST-1187000000-4.gwf";
    gws_strain_set *set = gws_strain_open_use(&path, 1, &use, NULL);
    assert_non_null(set);
    gws_strain_destroy(set);
}

static void put_series(gws_h5 *f, const char *path, int rate, int64_t n, const double *x)
{
    assert_int_equal(gws_h5_write_f64(f, path, 1, &n, x, NULL), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, path, "x0", (double)GPS, NULL), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, path, "dx", 1. / rate, NULL), GWS_OK);
}

static void states_in_series(void **state)
{
    double h[RATE * SECONDS], states[S_RATE * SECONDS];
    for (int i = 0; i < RATE * SECONDS; i++)
        h[i] = sample_at(i);
    for (int i = 0; i < S_RATE * SECONDS; i++)
        states[i] = state_at(i);
    gws_h5 *f = gws_h5_create("series.hdf5", NULL);
    put_series(f, "/H1:STRAIN", RATE, RATE * SECONDS, h);
    put_series(f, "/H1:STATE", S_RATE, S_RATE * SECONDS, states);
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    check("series.hdf5", "H1:STATE", 3, 0);
    refused("series.hdf5", "H1:NOTHING", "has no channel H1:NOTHING, whose state is wanted");
}

static void other_formats_have_no_states(void **state)
{
    FILE *f = fopen("H-H1_X-1-1.txt", "w");
    fputs("# starting GPS 1 duration 1\n# 2 samples per second\n1\n2\n", f);
    fclose(f);
    refused("H-H1_X-1-1.txt", "H1:STATE", "no channels among which one could be of states");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_are_within_good_states), cmocka_unit_test(what_is_a_state),
                                       cmocka_unit_test(states_in_frames), cmocka_unit_test(states_in_series),
                                       cmocka_unit_test(other_formats_have_no_states)};
    return cmocka_run_group_tests(tests, enter, leave);
}
