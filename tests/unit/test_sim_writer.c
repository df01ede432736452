/* Data sets as files.  Truth: the simulation itself, asked for the same samples (sim/simulate.h, sim/mlgwsc_set.h), and what the header
 * says of a run that is stopped. */
#include "base/file.h"
#include "sim/mlgwsc_files.h"
#include "sim/mlgwsc_input.h"
#include "strain/strain.h"
#include "gw_files.h"
#include "gwstest.h"

#include <math.h>

#define RATE 1024
#define BEGIN (INT64_C(1000000000) * RATE)
#define N (100 * RATE) /* more than one chunk of 64 s, not a multiple */

static char folder[256];

static const char *at(const char *name)
{
    static char path[4][600];
    static int k;
    k = (k + 1) % 4;
    snprintf(path[k], sizeof path[k], "%s/%s", folder, name);
    return path[k];
}

static int set_up(void **state)
{
    (void)state;
    return make_folder(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[300];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static gws_sim_params small(void)
{
    gws_sim_params p = gws_sim_defaults();
    p.rate_hz = RATE;
    p.begin = BEGIN;
    p.n = N;
    p.seed = 5;
    return p;
}

static int stop_at_once(void *user, double done, double total, const char *note)
{
    (void)user;
    (void)note;
    assert_true(done > 0 && done <= total);
    return 1;
}

static void read_all(const char *path, int ifo, double *out)
{
    gws_err err = {0};
    gws_strain_set *s = gws_strain_open(&path, 1, &err);
    if (!s)
        fail_msg("%s", err.text);
    assert_int_equal(gws_strain_read(s, ifo, BEGIN, BEGIN + N, out, &err), GWS_OK);
    gws_strain_destroy(s);
}

static void files_hold_what_the_simulation_gives(void **state)
{
    (void)state;
    static double file[N], made[N];
    const gws_sim_params p = small();
    const char *strain = at("made.hdf"), *table = at("inj.hdf");
    gws_sim_written written;
    gws_err err = {0};
    const gws_sim_how how = {.command = "test"};
    if (gws_sim_write(&p, NULL, NULL, &(gws_sim_files){.strain = strain, .injections = table}, &how, &written, &err) != GWS_OK)
        fail_msg("%s", err.text);
    assert_string_equal(written.detectors, "H1,L1");
    assert_true(written.n_sources > 0);
    assert_true(gws_file_exists(table));
    for (int d = 0; d < 2; d++) {
        gws_sim *sim = gws_sim_create(&p, &err);
        assert_non_null(sim);
        assert_int_equal(gws_sim_fill(sim, d, BEGIN, N, made, &err), GWS_OK);
        gws_sim_destroy(sim);
        read_all(strain, d, file);
        assert_memory_equal(file, made, sizeof made);
    }
}

/* What is added to recorded strain is what the simulation without noise gives. */
static void signals_are_added_to_recorded_strain(void **state)
{
    (void)state;
    static double before[N], after[N], signal[N];
    gws_sim_params p = small();
    const char *noise = at("noise.hdf"), *mixed = at("mixed.hdf");
    const gws_sim_how how = {.command = "test"};
    gws_sim_written written;
    gws_sim_input in;
    gws_err err = {0};
    p.step_s = 0;
    assert_int_equal(gws_sim_write(&p, NULL, NULL, &(gws_sim_files){.strain = noise}, &how, &written, &err), GWS_OK);
    assert_int_equal(written.n_sources, 0);
    gws_strain_set *set = gws_strain_open(&noise, 1, &err);
    assert_non_null(set);
    p = gws_sim_defaults();
    assert_int_equal(gws_sim_input_take(set, &p, &in, &err), GWS_OK);
    assert_int_equal(p.n_ifo, 2);
    assert_int_equal(p.rate_hz, RATE);
    assert_int_equal(p.begin, BEGIN);
    assert_int_equal(p.n, N);
    assert_int_equal(gws_sim_input_measure(&in, &p, &err), GWS_OK);
    if (gws_sim_write(&p, NULL, &in, &(gws_sim_files){.strain = mixed}, &how, &written, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_sim *sim = gws_sim_create(&p, &err);
    assert_non_null(sim);
    assert_int_equal(gws_sim_fill(sim, 1, BEGIN, N, signal, &err), GWS_OK);
    read_all(noise, 1, before);
    read_all(mixed, 1, after);
    double most = 0;
    for (int i = 0; i < N; i++) {
        if (after[i] != before[i] + signal[i])
            fail_msg("sample %d", i);
        most = fmax(most, fabs(signal[i]));
    }
    assert_true(most > 0);
    gws_sim_destroy(sim);
    gws_sim_input_clear(&in);
    gws_strain_destroy(set);
}

static void a_run_that_is_stopped_leaves_no_file(void **state)
{
    (void)state;
    const gws_sim_params p = small();
    const char *strain = at("stopped.hdf");
    const gws_sim_how how = {.command = "test", .progress = {stop_at_once, NULL}};
    gws_sim_written written;
    gws_err err = {0};
    assert_int_equal(gws_sim_write(&p, NULL, NULL, &(gws_sim_files){.strain = strain}, &how, &written, &err), GWS_ESTOP);
    assert_int_equal(err.status, GWS_ESTOP);
    assert_int_equal(written.n_sources, 0);
    assert_false(gws_file_exists(strain));
}

/* Set 1 needs nothing of the challenge but a list of segments, which is made up here. */
static void a_data_set_of_mlgwsc_is_what_the_virtual_input_gives(void **state)
{
    (void)state;
    static double file[100 * GWS_MLGWSC_RATE_HZ], made[100 * GWS_MLGWSC_RATE_HZ];
    const int64_t begin = INT64_C(1000000000) * GWS_MLGWSC_RATE_HZ, n = 100 * GWS_MLGWSC_RATE_HZ;
    const char *fg = at("fg.hdf");
    char name[1000];
    const char *input = name;
    FILE *list = fopen(at("segments.csv"), "w");
    assert_non_null(list);
    fprintf(list, "id,start,end\n0,1000000000,1000008000\n");
    assert_int_equal(fclose(list), 0);
    gws_mlgwsc_set_params p = gws_mlgwsc_set_defaults();
    p.noise.folder = folder;
    p.noise.duration_s = 100;
    p.noise.seed = 3;
    const gws_sim_how how = {.command = "test"};
    gws_mlgwsc_written written;
    gws_err err = {0};
    if (gws_mlgwsc_set_write(&p, &(gws_mlgwsc_files){.foreground = fg}, &how, &written, &err) != GWS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(written.n_segments, 1);
    assert_true(written.seconds == 100);
    snprintf(name, sizeof name, "sim:mlgwsc=1,seed=3,duration=100,part=fg,data=%s", folder);
    gws_strain_set *from_file = gws_strain_open(&fg, 1, &err);
    gws_strain_set *on_the_fly = gws_strain_open_use(&input, 1, &(gws_strain_use){.formats = gws_sim_formats}, &err);
    assert_true(from_file && on_the_fly);
    for (int d = 0; d < GWS_MLGWSC_IFOS; d++) {
        assert_int_equal(gws_strain_read(from_file, d, begin, begin + n, file, &err), GWS_OK);
        assert_int_equal(gws_strain_read(on_the_fly, d, begin, begin + n, made, &err), GWS_OK);
        assert_memory_equal(file, made, sizeof made);
    }
    gws_strain_destroy(from_file);
    gws_strain_destroy(on_the_fly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_hold_what_the_simulation_gives),
        cmocka_unit_test(signals_are_added_to_recorded_strain),
        cmocka_unit_test(a_run_that_is_stopped_leaves_no_file),
        cmocka_unit_test(a_data_set_of_mlgwsc_is_what_the_virtual_input_gives),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
