/* Injection tables against identities: what is saved comes back, rows of a span are those that a plain search finds, a row is the
 * source that its columns say.  What PyCBC makes of the same populations is tests/golden/test_sim_injections.c. */
#include "base/hdf5.h"
#include "base/rng.h"
#include "sim/injections.h"
#include "sim/sim_inspiral.h"
#include "sim/simulate.h"
#include "gw_files.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START INT64_C(1238205077)

static char path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(path, "gws-inj-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void load_population(const char *name, gws_population **out)
{
    gws_err err = {0};
    char file[512];
    snprintf(file, sizeof file, "%s/golden/injections_%s.ini", GWS_TEST_DIR, name);
    gws_ini *ini = gws_ini_load(file, &err);
    *out = ini ? gws_population_create(ini, &err) : NULL;
    if (!*out)
        fail_msg("%s", err.text);
    gws_ini_destroy(ini);
}

static void draw(const char *name, uint32_t seed, int64_t seconds, gws_injections *t)
{
    gws_err err = {0};
    gws_population *p;
    load_population(name, &p);
    if (gws_injections_draw(p, &(gws_injections_plan){seed, START, START + seconds, 24, 6}, t, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_population_destroy(p);
}

static void load(gws_injections *t)
{
    gws_err err = {0};
    if (gws_injections_load(path, t, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

static void what_is_saved_comes_back(void **state)
{
    (void)state;
    const char *const names[] = {"3", "laws"};
    for (int i = 0; i < 2; i++) {
        gws_injections a, b;
        draw(names[i], 11, 5000, &a);
        assert_int_equal(gws_injections_save(&a, path, "test", NULL), GWS_OK);
        load(&b);
        assert_int_equal(b.n, a.n);
        assert_int_equal(b.n_columns, a.n_columns);
        assert_int_equal(b.n_statics, a.n_statics);
        assert_int_equal(b.seed, 11);
        for (int c = 0; c < a.n_columns; c++)
            assert_memory_equal(gws_injections_column(&b, a.names[c]), a.columns[c], (size_t)a.n * sizeof(double));
        for (int s = 0; s < a.n_statics; s++) {
            const gws_static_arg *x = &a.statics[s], *y = gws_injections_static(&b, x->name);
            assert_non_null(y);
            assert_int_equal(y->is_number, x->is_number);
            assert_true(y->number == x->number);
            if (!x->is_number)
                assert_string_equal(y->text, x->text);
        }
        assert_string_equal(gws_injections_text(&b, "approximant"), i ? "IMRPhenomPv2" : "IMRPhenomXPHM");
        assert_string_equal(gws_injections_text(&b, "taper"), i ? "" : "start");
        assert_null(gws_injections_column(&b, "nothing"));
        gws_injections_clear(&a);
        gws_injections_clear(&b);
    }
}

/* PyCBC draws its batches whole and cuts at the end: a longer table begins with the shorter one. */
static void a_longer_table_begins_with_the_shorter(void **state)
{
    (void)state;
    gws_injections a, b;
    draw("2", 3, 50000, &a);
    draw("2", 3, 200000, &b); /* beyond the first batch */
    assert_true(a.n > 1700 && a.n < 1950 && b.n > 4000);
    for (int c = 0; c < a.n_columns; c++)
        assert_memory_equal(a.columns[c], b.columns[c], (size_t)a.n * sizeof(double));
    const double *tc = gws_injections_column(&b, "tc");
    for (int64_t i = 1; i < b.n; i++)
        assert_true(tc[i] - tc[i - 1] > 24 - 1e-6 && tc[i] - tc[i - 1] < 30 + 1e-6);
    assert_true(tc[0] > START && tc[b.n - 1] < START + 200000);
    gws_injections_clear(&a);
    gws_injections_clear(&b);
}

static void rows_of_a_span_are_those_of_a_plain_search(void **state)
{
    (void)state;
    gws_injections t;
    draw("1", 3, 20000, &t);
    const double *tc = gws_injections_column(&t, "tc");
    gws_rng rng = gws_rng_init(1, "spans", 0);
    for (int k = 0; k < 3000; k++) {
        double begin = gws_rng_range(&rng, -100, 20100) + (double)START, end = begin + gws_rng_range(&rng, -10, 300);
        if (k % 3 == 0) /* both ends belong to the span */
            begin = tc[gws_rng_below(&rng, (uint64_t)t.n)];
        if (k % 5 == 0)
            end = tc[gws_rng_below(&rng, (uint64_t)t.n)];
        int64_t first, want_first = t.n, want = 0, n = gws_injections_between(&t, begin, end, &first);
        for (int64_t i = t.n - 1; i >= 0; i--)
            if (tc[i] >= begin && tc[i] <= end) {
                want_first = i;
                want++;
            }
        assert_int_equal(n, want);
        if (want)
            assert_int_equal(first, want_first);
    }
    gws_injections_clear(&t);
}

static void a_row_is_the_source_of_its_columns(void **state)
{
    (void)state;
    gws_injections t;
    gws_source s;
    draw("3", 3, 5000, &t);
    for (int64_t i = 0; i < t.n; i++) {
        assert_int_equal(gws_injections_source(&t, i, &s, NULL), GWS_OK);
        const gws_binary *b = &s.binary;
        double tc = gws_injections_column(&t, "tc")[i];
        assert_true(b->mass1_msun == gws_injections_column(&t, "mass1")[i]);
        assert_true(b->mass2_msun == gws_injections_column(&t, "mass2")[i]);
        assert_true(b->spin1[0] == gws_injections_column(&t, "spin1x")[i]);
        assert_true(b->spin2[1] == gws_injections_column(&t, "spin2y")[i]);
        assert_true(b->distance_mpc == gws_injections_column(&t, "distance")[i]);
        assert_true(b->incl_rad == gws_injections_column(&t, "inclination")[i]);
        assert_true(b->coa_phase_rad == gws_injections_column(&t, "coa_phase")[i]);
        assert_true(s.ra_rad == gws_injections_column(&t, "ra")[i] && s.dec_rad == gws_injections_column(&t, "dec")[i]);
        assert_true(s.psi_rad == gws_injections_column(&t, "polarization")[i]);
        assert_true(b->f_lower_hz == 20 && b->f_ref_hz == 20 && b->lambda1 == 0);
        assert_int_equal(b->modes, GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44);
        assert_int_equal((s.tc_ns + 1) / 1000000000, (int64_t)tc);
        assert_true(fabs((double)(s.tc_ns % 1000000000) * 1e-9 - fmod(tc, 1)) < 0.6e-9);
    }
    gws_injections_clear(&t);

    /* what no waveform here takes is refused where it would change one */
    draw("laws", 3, 500, &t);
    gws_err err = {0};
    assert_int_equal(gws_injections_source(&t, 2, &s, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "eccentricity"));
    for (int c = 0; c < t.n_columns; c++)
        if (strcmp(t.names[c], "eccentricity") == 0)
            memset(t.columns[c], 0, (size_t)t.n * sizeof *t.columns[c]);
    /* static numbers in the place of columns; a list of modes; tides */
    assert_int_equal(gws_injections_source(&t, 2, &s, NULL), GWS_OK);
    assert_true(s.binary.f_lower_hz == 18.5 && s.binary.f_ref_hz == 25);
    assert_int_equal(s.binary.modes, GWS_MODE_22 | GWS_MODE_33);
    assert_true(s.binary.lambda1 == gws_injections_column(&t, "lambda1")[2]);
    gws_injections_clear(&t);
}

/* Drawn one by one, sources follow the same laws in the same arithmetic: a generator that gives PyCBC's numbers would give its rows.
 * Here: the transforms of a source hold between its own values. */
static void single_draws_are_transformed_alike(void **state)
{
    (void)state;
    gws_population *p;
    load_population("3", &p);
    gws_rng rng = gws_rng_init(4, "one", 0);
    double up = 0;
    for (int i = 0; i < 2000; i++) {
        gws_source s;
        assert_int_equal(gws_population_draw(p, &rng, &s, NULL), GWS_OK);
        const gws_binary *b = &s.binary;
        double d = gws_chirp_distance(b->distance_mpc, b->mass1_msun, b->mass2_msun);
        double a = sqrt(b->spin1[0] * b->spin1[0] + b->spin1[1] * b->spin1[1] + b->spin1[2] * b->spin1[2]);
        assert_true(d >= 130 * (1 - 1e-12) && d <= 350 * (1 + 1e-12) && a <= 0.99);
        assert_true(b->mass2_msun <= b->mass1_msun && b->mass2_msun >= 7);
        assert_int_equal(b->modes, GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44);
        up += b->spin1[2] / a / 2000;
    }
    assert_true(fabs(up) < 4 * sqrt(1.0 / 3 / 2000)); /* isotropic: cos uniform on -1..1 */
    assert_string_equal(gws_population_approximant(p), "IMRPhenomXPHM");
    gws_population_destroy(p);
}

static void tables_of_simulate_are_read(void **state)
{
    (void)state;
    gws_err err = {0};
    gws_sim_params params = gws_sim_defaults();
    params.begin = START * params.rate_hz;
    params.n = 200 * params.rate_hz;
    params.no_noise = 1;
    params.seed = 8;
    gws_sim *sim = gws_sim_create(&params, &err);
    if (!sim)
        fail_msg("%s", err.text);
    assert_int_equal(gws_sim_write_injections(sim, path, "test", &err), GWS_OK);
    gws_injections t;
    load(&t);
    int n;
    const gws_sim_source *sources = gws_sim_sources(sim, &n);
    assert_true(n > 3);
    assert_int_equal(t.n, n);
    assert_string_equal(gws_injections_text(&t, "approximant"), "IMRPhenomD");
    for (int i = 0; i < n; i++) {
        gws_source s;
        assert_int_equal(gws_injections_source(&t, i, &s, NULL), GWS_OK);
        assert_memory_equal(&s.binary, &sources[i].source.binary, sizeof s.binary);
        assert_true(s.tc_ns == sources[i].source.tc_ns); /* the table's double is the time, not 0.25 us beside it */
        assert_true(gws_injections_column(&t, "snr_L1")[i] == sources[i].snr[1]);
    }
    gws_injections_clear(&t);
    gws_sim_destroy(sim);
}

/* Files of others: rows in any order, whole numbers, words per row, single numbers as scalars, no static_args. */
static void files_of_others_are_read(void **state)
{
    (void)state;
    const double tc[3] = {30.5, 10.25, 20}, mass1[3] = {3, 1, 2};
    const int64_t id[3] = {7, 8, 9}, three = 3;
    gws_injections t;
    gws_h5 *f = gws_h5_create(path, NULL);
    assert_int_equal(gws_h5_write_f64(f, "/tc", 1, &three, tc, NULL), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/mass1", 1, &three, mass1, NULL), GWS_OK);
    assert_int_equal(gws_h5_write_i64(f, "/simulation_id", 1, &three, id, NULL), GWS_OK);
    assert_int_equal(gws_h5_make_group(f, "/notes", NULL), GWS_OK);
    assert_int_equal(gws_h5_put_attr_string(f, "/", "approximant", "IMRPhenomD", NULL), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, "/", "f_lower", 15, NULL), GWS_OK);
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    load(&t);
    assert_int_equal(t.n_columns, 3);
    const double *x = gws_injections_column(&t, "simulation_id");
    assert_true(x[0] == 8 && x[1] == 9 && x[2] == 7);
    x = gws_injections_column(&t, "mass1");
    assert_true(x[0] == 1 && x[1] == 2 && x[2] == 3);
    assert_string_equal(gws_injections_text(&t, "approximant"), "IMRPhenomD");
    assert_true(gws_injections_static(&t, "f_lower")->number == 15);
    gws_injections_clear(&t);

    f = gws_h5_create(path, NULL);
    assert_int_equal(gws_h5_write_f64(f, "/tc", 0, NULL, tc, NULL), GWS_OK);
    assert_int_equal(gws_h5_write_string(f, "/taper", "startend", NULL), GWS_OK);
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    load(&t);
    assert_int_equal(t.n, 1);
    assert_string_equal(gws_injections_text(&t, "taper"), "startend");
    gws_injections_clear(&t);
}

/* Attributes of fixed length, as older h5py wrote them. */
static void old_strings_are_read(void **state)
{
    (void)state;
    const double tc[2] = {1, 2};
    const char names[2][12] = {"taper", "approximant"}, taper[6] = {'s', 't', 'a', 'r', 't', ' '}, approximant[10] = "IMRPhenomD";
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t two = 2;
    hid_t list = H5Screate_simple(1, &two, NULL), one = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    hid_t set = H5Dcreate2(file, "tc", H5T_IEEE_F64LE, list, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, tc);
    H5Dclose(set);
    const struct {
        const char *name;
        size_t size;
        hid_t space;
        H5T_str_t pad;
        const void *text;
    } attrs[] = {{"static_args", 12, list, H5T_STR_NULLTERM, names},
                 {"taper", 6, one, H5T_STR_SPACEPAD, taper},
                 {"approximant", 10, one, H5T_STR_NULLPAD, approximant}};
    for (int i = 0; i < 3; i++) {
        H5Tset_size(type, attrs[i].size);
        H5Tset_strpad(type, attrs[i].pad);
        hid_t a = H5Acreate2(file, attrs[i].name, type, attrs[i].space, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(a, type, attrs[i].text);
        H5Aclose(a);
    }
    H5Tclose(type);
    H5Sclose(list);
    H5Sclose(one);
    H5Fclose(file);
    gws_injections t;
    load(&t);
    assert_int_equal(t.n_statics, 2);
    assert_string_equal(gws_injections_text(&t, "taper"), "start");
    assert_string_equal(gws_injections_text(&t, "approximant"), "IMRPhenomD");
    gws_injections_clear(&t);
}

static void refused(gws_h5 *f, const char *why)
{
    gws_err err = {0};
    gws_injections t;
    if (f)
        assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    assert_int_not_equal(gws_injections_load(path, &t, &err), GWS_OK);
    if (!strstr(err.text, why) || !strstr(err.text, path))
        fail_msg("want %s in: %s", why, err.text);
    assert_int_equal(t.n, 0);
    assert_null(t.columns);
}

static void bad_files_are_refused_by_a_sentence(void **state)
{
    (void)state;
    const double x[4] = {1, 2, 3, (double)NAN};
    const int64_t two = 2, three = 3, square[2] = {2, 2};
    refused(NULL, "HDF5");
    gws_h5 *f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/mass1", 1, &two, x, NULL);
    refused(f, "tc");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &three, x + 1, NULL);
    refused(f, "row 2 is not a finite number");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 2, square, x, NULL);
    refused(f, "tc");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f32(f, "/tc", 1, &two, (const float[]){1e9F, 1.1e9F}, NULL);
    refused(f, "float32");
    f = gws_h5_create(path, NULL);
    gws_h5_write_string(f, "/tc", "noon", NULL);
    refused(f, "tc");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &two, x, NULL);
    gws_h5_write_f64(f, "/mass1", 1, &three, x, NULL);
    refused(f, "mass1");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &two, x, NULL);
    gws_h5_write_c128(f, "/mass1", 1, &two, x, NULL);
    refused(f, "mass1");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &two, x, NULL);
    gws_h5_put_attr_string(f, "/", "injtype", "ringdown", NULL);
    refused(f, "ringdown");
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &two, x, NULL);
    gws_h5_put_attr_strings(f, "/", "static_args", (const char *const[]){"f_lower", "f_ref"}, 2, NULL);
    gws_h5_put_attr_f64(f, "/", "f_lower", 20, NULL);
    refused(f, "f_ref");

    /* rows that lack what a source needs */
    f = gws_h5_create(path, NULL);
    gws_h5_write_f64(f, "/tc", 1, &two, x, NULL);
    gws_h5_write_f64(f, "/mass1", 1, &two, x, NULL);
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    gws_injections t;
    gws_source s;
    gws_err err = {0};
    load(&t);
    assert_int_equal(gws_injections_source(&t, 1, &s, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "row 1"));
    assert_non_null(strstr(err.text, "mass2"));
    gws_injections_clear(&t);
}

#define MASSES "[prior-mass1+mass2]\nname = uniform\nmin-mass1 = 3\nmax-mass1 = 4\nmin-mass2 = 1\nmax-mass2 = 2\n"
#define FIXED "[static_params]\nf_lower = 20\ndistance = 100\napproximant = IMRPhenomD\n"

static void bad_populations_are_refused_by_a_sentence(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {FIXED MASSES "[prior-ra]\nname = uniform\nmin-ra = 2\nmax-ra = 1\n", "min-ra = 2"},
        {FIXED MASSES "[prior-ra]\nname = uniform_angle\nmin-ra = 1\nmax-ra = 7\n", "ra from 1 to 7"},
        {FIXED MASSES "[prior-ra]\nname = uniform_angle\nmin-ra = 1\n", "max-ra"},
        {FIXED MASSES "[prior-dec+ra]\nname = uniform_sky\npolar-angle = delta\n", "delta"},
        {FIXED MASSES "[prior-ra]\nname = uniform_sky\n", "dec and ra"},
        {FIXED MASSES "[prior-x]\nname = uniform_power_law\ndim = -2\nmin-x = 1\nmax-x = 2\n", "dim = -2"},
        {FIXED MASSES "[prior-x]\nname = uniform_radius\nmin-x = -1\nmax-x = 2\n", "x from -1"},
        {FIXED MASSES "[prior-x]\nname = uniform_log10\nmin-x = 0\nmax-x = 2\n", "positive"},
        {FIXED MASSES "[prior-x]\nname = gaussian\nx_var = 0\n", "x_var"},
        {FIXED MASSES "[prior-x]\nname = uniform\nmin-x = 0\nmax-x = 2\nmost-x = 3\n", "most-x"},
        {FIXED MASSES "[prior-x]\nname = uniform\nmin-x = zero\nmax-x = 2\n", "zero"},
        {FIXED MASSES "[prior-+]\nname = uniform\n", "names no value"},
        {FIXED MASSES "[prior-mass1]\nname = uniform\nmin-mass1 = 0\nmax-mass1 = 2\n", "mass1"},
        {FIXED "mass1 = 5\n" MASSES, "mass1"},
        {FIXED "[variable_params]\nmass1 =\n" MASSES, "mass2 has a prior"},
        {FIXED MASSES "[waveform_transforms-distance]\nname = chirp_distance_to_distance\n", "distance"},
        {FIXED MASSES "[constraint-1]\nname = custom\nconstraint_arg = mass1 < mass9\n", "mass9"},
        {FIXED MASSES "[constraint-1]\nname = custom\nconstraint_arg = q < 3\n[waveform_transforms-mchirp+q]\nname = "
                      "mass1_mass2_to_mchirp_q\n",
         "q"},
        {FIXED MASSES "[constraint-1]\nname = custom\nconstraint_arg = mass1 < approximant\n", "approximant"},
        {FIXED MASSES "[waveform_transforms-x+y+z]\nname = spherical_spin_1_to_cartesian_spin_1\n", "spin1_a"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        gws_ini *ini = gws_ini_parse(bad[i][0], "test", &err);
        assert_non_null(ini);
        gws_population *p = gws_population_create(ini, &err);
        if (p || !strstr(err.text, bad[i][1]))
            fail_msg("want %s in: %s", bad[i][1], p ? "(accepted)" : err.text);
        gws_ini_destroy(ini);
    }
}

static void impossible_tables_are_refused_by_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *ini;
        int64_t end;
        double step, window;
        const char *why;
    } bad[] = {
        {FIXED MASSES "[constraint-1]\nname = custom\nconstraint_arg = mass1 < mass2\n", START + 100, 24, 6, "0 of a million"},
        {FIXED MASSES, START + 100, 0, 0, "time step"},
        {FIXED MASSES, START + 100, -1, 6, "time step"},
        {FIXED MASSES, START + 100, 24, (double)NAN, "time step"},
        {FIXED MASSES, INT64_MAX / 4, 24, 6, "rows"},
        {FIXED MASSES "[prior-tc]\nname = uniform\nmin-tc = 0\nmax-tc = 2\n", START + 100, 24, 6, "tc"},
        {FIXED "tc = 5\n" MASSES, START + 100, 24, 6, "tc"},
        {"[static_params]\nf_lower = 20\ndistance = 100\n" MASSES, START + 100, 24, 6, "approximant"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        gws_injections t;
        gws_ini *ini = gws_ini_parse(bad[i].ini, "test", &err);
        assert_non_null(ini);
        gws_population *p = gws_population_create(ini, &err);
        if (!p)
            fail_msg("%s", err.text);
        assert_int_not_equal(
            gws_injections_draw(p, &(gws_injections_plan){1, START, bad[i].end, bad[i].step, bad[i].window}, &t, &err), GWS_OK);
        if (!strstr(err.text, bad[i].why))
            fail_msg("want %s in: %s", bad[i].why, err.text);
        assert_int_equal(t.n, 0);
        gws_population_destroy(p);
        gws_ini_destroy(ini);
    }
}

/* The columns of a table sim_inspiral, and a row of it. */
#define SIM(columns, row)                                                                                                          \
    "<LIGO_LW><Table Name='sim_inspiral:table'>" columns "<Stream Delimiter=','>" row "</Stream></Table></LIGO_LW>"
#define REAL(name) "<Column Name='" name "' Type='real_4'/>"
#define WORD(name) "<Column Name='" name "' Type='lstring'/>"
#define NEEDED                                                                                                                     \
    "<Column Name='geocent_end_time' Type='int_4s'/>" REAL("mass1") REAL("mass2") REAL("distance") REAL("longitude")               \
        REAL("latitude") REAL("polarization") REAL("inclination")

static void xml_refused(const char *document, const char *why)
{
    char name[80];
    gws_err err = {0};
    gws_injections t;
    snprintf(name, sizeof name, "%s.xml", path);
    FILE *f = fopen(name, "w");
    fputs(document, f);
    fclose(f);
    assert_int_not_equal(gws_injections_load(name, &t, &err), GWS_OK);
    if (!strstr(err.text, why) || !strstr(err.text, name))
        fail_msg("want %s in: %s", why, err.text);
    assert_int_equal(t.n, 0);
    unlink(name);
}

/* tests/golden/ligolw/sim_inspiral.xml is igwn-ligolw's (tools/golden/ligolw.py has the numbers), its rows from last to first. */
static void sources_of_sim_inspiral(void **state)
{
    gws_injections t;
    gws_source s;
    gws_err err = {0};
    (void)state;
    if (gws_injections_load(GWS_TEST_DIR "/golden/ligolw/sim_inspiral.xml", &t, &err) != GWS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(t.n, 3);
    assert_string_equal(gws_injections_text(&t, "approximant"), "IMRPhenomXPHM");
    assert_string_equal(gws_injections_text(&t, "taper"), "TAPER_START");
    assert_int_equal(gws_injections_source(&t, 2, &s, &err), GWS_OK); /* the first of the file is the last in time */
    assert_true(llabs((long long)(s.tc_ns - (1187008900 * INT64_C(1000000000) + 123456789))) < 200);
    assert_true(s.binary.mass1_msun == 30.5 && s.binary.mass2_msun == 20.25 && s.binary.distance_mpc == 100 &&
                s.binary.f_lower_hz == 20);
    assert_true(s.binary.spin1[0] == 0.125 && s.binary.spin1[1] == -0.25 && s.binary.spin1[2] == 0.5);
    assert_true(s.binary.spin2[0] == 0.0625 && s.binary.spin2[1] == 0.1875 && s.binary.spin2[2] == -0.375);
    assert_true(s.binary.incl_rad == 0.5 && s.binary.coa_phase_rad == 1.25 && s.psi_rad == 0.75 && s.ra_rad == 3.5 &&
                s.dec_rad == -0.5);
    gws_injections_clear(&t);
    xml_refused(SIM(NEEDED, "1,2,3,4,0,0,0"), "8 columns");
    xml_refused(SIM("<Column Name='geocent_end_time' Type='int_4s'/>" REAL("mass1"), "1,2"), "no column mass2");
    xml_refused(SIM(REAL("mass1"), "1"), "no column geocent_end_time");
    xml_refused(SIM(NEEDED, "1,2,,4,0,0,0,0"), "row 0: mass2 is no finite number");
    xml_refused(SIM(NEEDED, "1,2,nan,4,0,0,0,0"), "row 0: mass2 is no finite number");
    xml_refused(SIM(NEEDED WORD("waveform"), "1,2,3,4,0,0,0,0,A,1,2,3,4,0,0,0,0,B"),
                "the same waveform in every row, found B in row 1");
    xml_refused(SIM(NEEDED WORD("taper"), "1,2,3,4,0,0,0,0,TAPER_START,1,2,3,4,0,0,0,0,,"), "the same taper in every row");
    xml_refused(SIM(NEEDED "<Column Name='bandpass' Type='int_4s'/>", "1,2,3,4,0,0,0,0,1"), "bandpass");
    xml_refused("<LIGO_LW/>", "found none");
    xml_refused("<LIGO_LW><Table Name='sim_inspiral:table'/><Table Name='sim_inspiral:table'/></LIGO_LW>", "found several");
}

/* LALSimulation's names: the model, then the order of its phase (XLALSimInspiralGetApproximantFromString, ...GetPNOrderFromString). */
static void waveforms_with_the_order_of_their_phase(void **state)
{
    static const char *const names[][2] = {{"IMRPhenomXPHMpseudoFourPN", "IMRPhenomXPHM"},
                                           {"IMRPhenomDthreePointFivePN", "IMRPhenomD"},
                                           {"TaylorF2threePointFivePN", "TaylorF2"},
                                           {"TaylorF2twoPN", "TaylorF2twoPN"},
                                           {"TaylorF2", "TaylorF2"},
                                           {"twoPN", "twoPN"},
                                           {"IMRPhenomPv2onePointFivePN", "IMRPhenomPv2"},
                                           {"", ""}};
    char out[32];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gws_sim_inspiral_approximant(names[i][0], out, sizeof out);
        assert_string_equal(out, names[i][1]);
    }
    gws_sim_inspiral_approximant("a waveform of a name that does not fit", out, sizeof out);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sources_of_sim_inspiral, setup, teardown),
        cmocka_unit_test(waveforms_with_the_order_of_their_phase),
        cmocka_unit_test_setup_teardown(what_is_saved_comes_back, setup, teardown),
        cmocka_unit_test(a_longer_table_begins_with_the_shorter),
        cmocka_unit_test(rows_of_a_span_are_those_of_a_plain_search),
        cmocka_unit_test(a_row_is_the_source_of_its_columns),
        cmocka_unit_test(single_draws_are_transformed_alike),
        cmocka_unit_test_setup_teardown(tables_of_simulate_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(files_of_others_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(old_strings_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_files_are_refused_by_a_sentence, setup, teardown),
        cmocka_unit_test(bad_populations_are_refused_by_a_sentence),
        cmocka_unit_test(impossible_tables_are_refused_by_a_sentence),
    };
    return GWS_RUN_TESTS(tests);
}
