/* Inputs that are made when they are read: the words, what is made on them, the memory it takes.  Truth: the object behind the name
 * (sim/mlgwsc_set.h), asked itself; the system's word on memory.  Numbers: tests/golden/test_sim_mlgwsc_set.c, tests/golden/test_sim_mlgwsc_noise.c.
 * Set 1 wants nothing of the challenge but a list of segments, which is made up here. */
#include "base/memory.h"
#include "strain/mlgwsc_writer.h"
#include "strain/inspect.h"
#include "strain/strain.h"
#include "sim/mlgwsc_input.h"
#include "gw_files.h"
#include "gwstest.h"

#include <math.h>

#define RATE GWS_MLGWSC_RATE_HZ
#define BEGIN INT64_C(1000000000)

static char folder[256];
static const gws_strain_use with_sim = {.formats = gws_sim_formats};

/* "sim:<words>,data=<folder>" */
static const char *named(const char *words)
{
    static char name[1200];
    snprintf(name, sizeof name, "sim:%s,data=%s", words, folder);
    return name;
}

static gws_strain_set *open_one(const char *words)
{
    gws_err err = {0};
    const char *name = named(words);
    gws_strain_set *s = gws_strain_open_use(&name, 1, &with_sim, &err);
    if (!s)
        fail_msg("%s: %s", name, err.text);
    return s;
}

static void write_list(const char *rows)
{
    char path[600];
    snprintf(path, sizeof path, "%s/segments.csv", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "id,start,end\n%s", rows);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
    if (!make_folder(folder))
        return -1;
    write_list("0,1000000000,1000008000\n1,1000010000,1000020000\n");
    return 0;
}

static int tear_down(void **state)
{
    char command[300];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

/* A table of one signal with this static argument. */
static void write_table(const char *path, const char *name, const char *text)
{
    static const char *const columns[] = {"tc", "mass1", "mass2", "distance"};
    const double values[] = {(double)BEGIN + 60, 30, 20, 1000};
    gws_injections t;
    gws_err err = {0};
    gws_static_arg a = {0}, waveform = {.name = "approximant", .text = "IMRPhenomD"};
    snprintf(a.name, sizeof a.name, "%s", name);
    snprintf(a.text, sizeof a.text, "%s", text);
    gws_injections_init(&t, 1);
    for (int i = 0; i < 4; i++) {
        double *column;
        assert_int_equal(gws_injections_add_column(&t, columns[i], &column, &err), GWS_OK);
        column[0] = values[i];
    }
    gws_static_arg f_lower = {.name = "f_lower", .text = "20", .number = 20, .is_number = 1};
    assert_int_equal(gws_injections_add_static(&t, &waveform, &err), GWS_OK);
    assert_int_equal(gws_injections_add_static(&t, &f_lower, &err), GWS_OK);
    assert_int_equal(gws_injections_add_static(&t, &a, &err), GWS_OK);
    assert_int_equal(gws_injections_save(&t, path, "test", &err), GWS_OK);
    gws_injections_clear(&t);
}

/* First in this program: later ones would hide the peak. */
static void bytes_are_what_reading_takes(void **state)
{
    int64_t noise, all;
    gws_memory before, after;
    gws_err err = {0};
    double *h = malloc(sizeof *h * 64 * RATE);
    gws_memory_now(&before);
    gws_strain_set *s = open_one("mlgwsc=1,duration=1800,part=fg");
    if (gws_strain_bytes(s, &all, &err) != GWS_OK)
        fail_msg("%s", err.text);
    for (int64_t t = 0; t < 1792; t += 256)
        for (int d = 0; d < 2; d++)
            assert_int_equal(gws_strain_read(s, d, (BEGIN + t) * RATE, (BEGIN + t + 64) * RATE, h, &err), GWS_OK);
    gws_memory_now(&after);
    gws_strain_destroy(s);
#if !GWS_TEST_SANITIZED
    const int64_t took = after.peak_bytes - before.resident_bytes;
    printf("%.0f MiB said, %.0f MiB taken\n", (double)all / 1048576, (double)took / 1048576);
    if (before.peak_bytes > 0) {
        assert_true(took < all + ((int64_t)16 << 20)); /* HDF5, pages of the program */
        assert_true(took > all / 6);
    }
#endif
    /* a table of 20000 s and signals more than the noise; threads make chunks side by side */
    s = open_one("mlgwsc=1,duration=1800");
    assert_int_equal(gws_strain_bytes(s, &noise, &err), GWS_OK);
    assert_true(noise > 0 && all > noise + 20000 / 27 * 8 * 8);
    gws_pool *pool = gws_pool_create(3, &err);
    gws_strain_set_pool(s, pool);
    assert_int_equal(gws_strain_bytes(s, &all, &err), GWS_OK);
    assert_true(all > noise);
    gws_strain_destroy(s);
    gws_pool_destroy(pool);
    free(h);
}

static void two_take_what_each_takes_and_files_take_nothing(void **state)
{
    char path[600], first[1200], second[1200];
    gws_err err = {0};
    int64_t one, two;
    const double x[2048] = {1e-21};
    snprintf(path, sizeof path, "%s/file.hdf", folder);
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, &err);
    assert_int_equal(gws_mlgwsc_writer_segment(w, "V1", 2048, BEGIN * 2048, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_append_f64(w, "V1", x, 2048, &err), GWS_OK);
    assert_int_equal(gws_mlgwsc_writer_commit(w, &err), GWS_OK);
    snprintf(first, sizeof first, "%s", named("mlgwsc=1,duration=60"));
    snprintf(second, sizeof second, "%s", named("mlgwsc=1,duration=60,offset=10000"));
    const char *const names[3] = {path, first, second};
    for (int n = 1; n <= 3; n++) {
        int64_t bytes = -1;
        gws_strain_set *s = gws_strain_open_use(names, n, &with_sim, &err);
        assert_non_null(s);
        assert_int_equal(gws_strain_bytes(s, &bytes, &err), GWS_OK);
        if (n == 1)
            assert_int_equal(bytes, 0);
        else if (n == 2)
            one = bytes;
        else
            two = bytes;
        gws_strain_destroy(s);
    }
    assert_int_equal(two, 2 * one);
}

static void the_name_is_the_object(void **state)
{
    gws_err err = {0};
    char *identity = NULL;
    const int64_t n = 3 * RATE, at = (BEGIN + 100) * RATE;
    double *h = malloc(sizeof *h * (size_t)n), *g = malloc(sizeof *g * (size_t)n);
    gws_mlgwsc_set_params p = gws_mlgwsc_set_defaults();
    p.noise.folder = folder;
    p.noise.seed = 7;
    p.noise.duration_s = 120;
    p.signals = 1;
    gws_mlgwsc_set *m = gws_mlgwsc_set_create(&p, &err);
    assert_non_null(m);
    gws_strain_set *s = open_one("part=fg,duration=120,seed=7,mlgwsc=1");
    for (int d = 0; d < 2; d++) {
        assert_int_equal(gws_mlgwsc_set_fill(m, d, at, n, g, &err), GWS_OK);
        assert_int_equal(gws_strain_read(s, d, at, at + n, h, &err), GWS_OK);
        assert_memory_equal(g, h, (size_t)n * sizeof *h);
        assert_int_equal(gws_strain_read(s, d, (BEGIN + 119) * RATE, (BEGIN + 122) * RATE, h, &err), GWS_OK);
        assert_true(isfinite(h[RATE - 1]) && isnan(h[RATE]) && isnan(h[n - 1])); /* what is not there is a gap */
    }
    gws_strain_destroy(s);
    gws_mlgwsc_set_destroy(m);
    free(h);
    free(g);

    m = gws_mlgwsc_input_open(named("part=fg,seed=7,mlgwsc=1,approximant=IMRPhenomXAS"), &identity, &err);
    assert_non_null(m);
    assert_string_equal(identity, "sim:mlgwsc=1,seed=7,duration=2592000,offset=0,part=fg,approximant=IMRPhenomXAS");
    gws_mlgwsc_set_destroy(m);
    free(identity);
    assert_true(gws_is_mlgwsc_input("sim:") && !gws_is_mlgwsc_input("simple.hdf"));
    assert_true(gws_mlgwsc_input_has("sim:mlgwsc=1,data=x", "data") && !gws_mlgwsc_input_has("sim:mlgwsc=1,metadata=x", "data"));
}

static void wrong_words_get_a_sentence(void **state)
{
    static const struct {
        const char *words, *says;
    } bad[] = {
        {"", "mlgwsc=1, 2, 3 or 4"},
        {"mlgwsc=0", "mlgwsc=0"},
        {"mlgwsc=", "wanted a whole number"},
        {"mlgwsc", "'mlgwsc'"},
        {"mlgwsc=1,seed=4294967296", "seed=4294967296"},
        {"mlgwsc=1,duration=0", "duration=0"},
        {"mlgwsc=1,duration=99999999999999999999", "duration="},
        {"mlgwsc=1,offset=-1", "offset=-1"},
        {"mlgwsc=1,duration=4294967296", "duration"},
        {"mlgwsc=1,mlgwsc=1", "twice"},
        {"mlgwsc=1,data=x", "data is given twice"},
        {"mlgwsc=1,part=FG", "fg or bg"},
        {"mlgwsc=1,noise=x.hdf", "set 4"},
        {"mlgwsc=1,approximant=IMRPhenomQ", "IMRPhenomQ"},
        {"mlgwsc=1,taper=end", "taper=end"},
        {"mlgwsc=2", "psd-"},
        {"mlgwsc=4", "real_noise_file.hdf"},
        {"mlgwsc=1,offset=17000", "offset of 17000"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        char *identity = NULL;
        if (gws_mlgwsc_input_open(named(bad[i].words), &identity, &err))
            fail_msg("sim:%s opens", bad[i].words);
        assert_null(identity);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: \"%s\"", bad[i].words, err.text);
        gws_strain_file file;
        assert_int_not_equal(gws_strain_inspect(named(bad[i].words), gws_sim_formats, &file, NULL), GWS_OK);
        assert_null(file.segments);
    }
    /* what shows only when signals are wanted */
    gws_err err = {0};
    int64_t bytes;
    double h[16];
    gws_strain_set *s = open_one("mlgwsc=1,duration=240,part=fg,injections=absent.hdf");
    assert_int_not_equal(gws_strain_bytes(s, &bytes, &err), GWS_OK);
    assert_non_null(strstr(err.text, "absent.hdf"));
    assert_int_not_equal(gws_strain_read(s, 0, (BEGIN + 50) * RATE, (BEGIN + 50) * RATE + 16, h, NULL), GWS_OK);
    gws_strain_destroy(s);
    write_list("0,1000000000,1000008000\n1,2000010000,2000020000\n");
    s = open_one("mlgwsc=1,duration=240,part=fg");
    assert_int_equal(gws_strain_bytes(s, &bytes, &err), GWS_EDATA); /* a table of 37 million rows */
    assert_non_null(strstr(err.text, "spans 1000020000 s"));
    gws_strain_destroy(s);
}

static void a_table_of_ones_own(void **state)
{
    static const struct {
        const char *name, *text;
        int good;
    } all[] = {{"taper", "start", 1}, {"taper", "TAPER_NONE", 1}, {"taper", "end", 0}, {"mode_array", "99", 0}};
    char path[600], words[800];
    double h[RATE];
    snprintf(path, sizeof path, "%s/table.hdf", folder);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        gws_err err = {0};
        write_table(path, all[i].name, all[i].text);
        snprintf(words, sizeof words, "mlgwsc=1,duration=120,part=fg,injections=%s", path);
        gws_strain_set *s = open_one(words);
        gws_status st = gws_strain_read(s, 0, (BEGIN + 59) * RATE, (BEGIN + 60) * RATE, h, &err);
        assert_int_equal(st == GWS_OK, all[i].good);
        if (!all[i].good)
            assert_non_null(strstr(err.text, all[i].text));
        gws_strain_destroy(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_what_reading_takes), cmocka_unit_test(two_take_what_each_takes_and_files_take_nothing),
        cmocka_unit_test(the_name_is_the_object),       cmocka_unit_test(a_table_of_ones_own),
        cmocka_unit_test(wrong_words_get_a_sentence),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
