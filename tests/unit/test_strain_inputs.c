/* Names of inputs: folders, LIGO caches, Virgo lists, standard input; segments as text and JSON; names after LIGO-T050017.  The truth are the formats'
 * own descriptions. */
#include "gwstest.h"

#include "strain/filename.h"
#include "strain/inputs.h"
#include "strain/intervals.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Expand one name and compare with words separated by blanks. */
static void check(const char *name, FILE *in, const char *wanted)
{
    char **out = NULL, all[2000] = "";
    int n = 0;
    gws_err err = {0};
    if (gws_inputs_expand(&name, 1, in, &out, &n, &err) != GWS_OK)
        fail_msg("%s", err.text);
    for (int i = 0; i < n; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", out[i]);
    gws_inputs_free(out, n);
    assert_string_equal(all, wanted);
}

static void refuse(const char *name, FILE *in, const char *why)
{
    char **out = NULL;
    int n = 0;
    gws_err err = {0};
    assert_true(gws_inputs_expand(&name, 1, in, &out, &n, &err) != GWS_OK);
    assert_null(out);
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
}

static void a_file_is_itself(void **state)
{
    (void)state;
    check("nowhere.hdf5", NULL, "nowhere.hdf5");
    check("sim:mlgwsc=1,seed=2", NULL, "sim:mlgwsc=1,seed=2");
}

static void a_folder_is_its_files_of_strain(void **state)
{
    (void)state;
    mkdir("folder", 0777);
    mkdir("folder/b.gwf", 0777);
    refuse("folder", NULL, "without a file of strain");
    write_text("folder/L1.hdf5", "");
    write_text("folder/H1.gwf", "");
    write_text("folder/.hidden.gwf", "");
    write_text("folder/notes.md", "");
    check("folder", NULL, "folder/H1.gwf folder/L1.hdf5");
}

static void lists_name_files(void **state)
{
    (void)state;
    write_text("folder/a.lcf", "# a cache\n"
                               "H H1_LOSC_4_V1 1126256640 4096 file://localhost/data/H-H1_LOSC_4_V1-1126256640-4096.gwf\n"
                               "\n"
                               "L L1_LOSC_4_V1 1126256640 4096 file:///data/with%20blank.gwf\r\n"
                               "H H1_X - - relative.gwf\n");
    check("folder/a.lcf", NULL, "/data/H-H1_LOSC_4_V1-1126256640-4096.gwf /data/with blank.gwf folder/relative.gwf");
    write_text("a.ffl", "/data/V-V1-1.gwf 1126256640.0 100 0 0\n/data/V-V1-2.gwf 1126256740.0 100 0 0\n");
    check("a.ffl", NULL, "/data/V-V1-1.gwf /data/V-V1-2.gwf");
    write_text("in", "one.gwf\nfolder/two.hdf5\nsim:mlgwsc=1\n");
    FILE *in = fopen("in", "r");
    assert_non_null(in);
    check("-", in, "one.gwf folder/two.hdf5 sim:mlgwsc=1");
    fclose(in);
    refuse("-", NULL, "no standard input");
    write_text("far.lcf", "H H1 1 1 https://example.org/H1.gwf\n");
    refuse("far.lcf", NULL, "line 1");
    write_text("far.lcf", "H H1 1 1 file://example.org/H1.gwf\n");
    refuse("far.lcf", NULL, "fetch it first");
    write_text("none.cache", "# nothing\n");
    refuse("none.cache", NULL, "a list without a file");
}

static void a_pattern_is_what_fits(void **state)
{
    (void)state;
    mkdir("many", 0777);
    mkdir("many/in", 0777);
    write_text("many/b.gwf", "");
    write_text("many/a.gwf", "");
    write_text("many/B.gwf", "");
    write_text("many/in/c.gwf", "");
    write_text("many/x.ffl", "/d.gwf 1 2 0 0\n");
    check("many/*.gwf", NULL, "many/B.gwf many/a.gwf many/b.gwf");
    check("many/[ab].gwf", NULL, "many/a.gwf many/b.gwf");
    check("many/[ix]*", NULL, "many/in/c.gwf /d.gwf");
    refuse("many/*.hdf", NULL, "many/*.hdf: no file has such a name");
    write_text("many/q?.gwf", ""); /* a file of that very name comes first */
    write_text("many/qq.gwf", "");
    check("many/q?.gwf", NULL, "many/q?.gwf");
}

static void load(const char *text, gws_intervals *out)
{
    gws_err err = {0};
    write_text("segments", text);
    memset(out, 0, sizeof *out);
    if (gws_intervals_load("segments", out, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

static void load_fails(const char *text, const char *why)
{
    gws_intervals list = {0};
    gws_err err = {0};
    write_text("segments", text);
    assert_true(gws_intervals_load("segments", &list, &err) != GWS_OK);
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
    gws_intervals_clear(&list);
}

static void segments_are_text_or_json(void **state)
{
    gws_intervals v;
    (void)state;
    load("# seg start stop duration\n0 1126256640 1126256700 60\n1\t1126256800 1126257000 200\n", &v);
    assert_int_equal(v.n, 2);
    assert_true(v.items[1].begin_s == 1126256800 && v.items[1].end_s == 1126257000 && v.items[1].ifo[0] == '\0');
    gws_intervals_clear(&v);
    load("1.5 2.5 # half\n\n3,4\n", &v);
    assert_int_equal(v.n, 2);
    assert_true(v.items[0].begin_s == 1.5 && v.items[1].begin_s == 3 && v.items[1].end_s == 4);
    gws_intervals_clear(&v);
    load("[[1, 2], [3.5, 4]]", &v);
    assert_int_equal(v.n, 2);
    gws_intervals_clear(&v);
    load("{\"H1\": [[1, 2]], \"L1\": [[3, 4], [5, 6]], \"version\": 2}", &v);
    assert_int_equal(v.n, 3);
    assert_string_equal(v.items[2].ifo, "L1");
    gws_intervals_clear(&v);
    load_fails("1 2 3\n", "line 1");
    load_fails("1 2\n2 1\n", "line 2");
    load_fails("0 10 20 11\n", "no duration");
    load_fails("[[1]]", "wanted [begin, end]");
    load_fails("{\"a\": 1}", "wanted a list of segments");
    load_fails("1 nan\n", "line 1");
    load("{\"ifo\": \"L1\", \"name\": \"DMT\", \"known\": [[0, 9]], \"active\": [[3, 4.5]]}", &v);
    assert_true(v.n == 1 && v.items[0].begin_s == 3 && v.items[0].end_s == 4.5);
    assert_string_equal(v.items[0].ifo, "L1");
    gws_intervals_clear(&v);
    load_fails("{\"ifo\": \"Hanford\", \"active\": [[3, 4]]}", "no detector");
}

#define DEFINER(rows)                                                                                                              \
    "<Table Name='segment_definer:table'><Column Name='segment_def_id' Type='int_8s'/><Column Name='ifos' "                        \
    "Type='lstring'/><Column Name='name' "                                                                                         \
    "Type='lstring'/><Column Name='version' Type='int_4s'/><Stream>" rows "</Stream></Table>"
#define SEGMENT(rows)                                                                                                              \
    "<Table Name='segment:table'><Column Name='start_time' Type='int_4s'/><Column Name='end_time' Type='int_4s'/><Column "         \
    "Name='end_time_ns' "                                                                                                          \
    "Type='int_4s'/><Column Name='segment_def_id' Type='int_8s'/><Stream>" rows "</Stream></Table>"

/* Files of igwn-ligolw and glue.ligolw are in tests/golden/ligolw. */
static void segments_are_tables_of_ligolw(void **state)
{
    static const char *const names[] = {"segments.xml.gz", "old.xml"};
    static const double first[2][2] = {{1187000000, 1187000050}, {931035615, 931035625.5}},
                        last[2][2] = {{1187000205.5, 1187000255}, {931035600, 931035610}};
    static const char *const last_ifo[] = {"L1", "H1"};
    gws_intervals v;
    gws_err err = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        char path[1024];
        memset(&v, 0, sizeof v);
        snprintf(path, sizeof path, GWS_TEST_DIR "/golden/ligolw/%s", names[i]);
        if (gws_intervals_load(path, &v, &err) != GWS_OK)
            fail_msg("%s", err.text);
        assert_int_equal(v.n, i ? 2 : 6);
        assert_true(v.items[0].begin_s == first[i][0] && v.items[0].end_s == first[i][1]);
        assert_true(v.items[v.n - 1].begin_s == last[i][0] && v.items[v.n - 1].end_s == last[i][1]);
        assert_string_equal(v.items[v.n - 1].ifo, last_ifo[i]);
        gws_intervals_clear(&v);
    }
    load("<LIGO_LW>" DEFINER("3,\"H1,L1\",\"A\",1,4,V1,B,2") SEGMENT("1,2,500000000,3,5,6,0,4") "</LIGO_LW>", &v);
    assert_int_equal(v.n, 3);
    assert_true(v.items[1].begin_s == 1 && v.items[1].end_s == 2.5 && v.items[2].begin_s == 5);
    assert_true(strcmp(v.items[0].ifo, "H1") == 0 && strcmp(v.items[1].ifo, "L1") == 0 && strcmp(v.items[2].ifo, "V1") == 0);
    gws_intervals_clear(&v);
    load("<LIGO_LW>" SEGMENT("1,2,0,3") "</LIGO_LW>", &v);
    assert_true(v.n == 1 && v.items[0].ifo[0] == '\0');
    gws_intervals_clear(&v);
    load_fails("<LIGO_LW>" DEFINER("3,\"H1\",\"A\",1,4,\"L1 H1\",A,2") SEGMENT("") "</LIGO_LW>",
               "several flags of H1, \"A\" version 1 and \"A\" version 2");
    load_fails("<LIGO_LW>" DEFINER("3,\"H1\",\"A\",1,4,,B,1") SEGMENT("") "</LIGO_LW>", "several flags");
    load_fails("<LIGO_LW>" DEFINER("3,,\"A\",1,4,,B,1") SEGMENT("") "</LIGO_LW>", "several flags");
    load_fails("<LIGO_LW>" DEFINER("3,\"Hanford\",\"A\",1") SEGMENT("") "</LIGO_LW>", "found \"Hanford\"");
    load_fails("<LIGO_LW>" DEFINER("3,H1,A,1") SEGMENT("1,2,0,7") "</LIGO_LW>", "row 1 is of no flag");
    load_fails("<LIGO_LW>" DEFINER("3,H1,A,1") SEGMENT("1,2,0,,") "</LIGO_LW>", "row 1 has");
    load_fails("<LIGO_LW>" SEGMENT("1,2,0,3,,2,0,3") "</LIGO_LW>", "row 2 has no start_time");
    load_fails("<LIGO_LW>" SEGMENT("2,1,0,3") "</LIGO_LW>", "row 1");
    load_fails("<LIGO_LW>" SEGMENT("") SEGMENT("") "</LIGO_LW>", "found several");
    load_fails("<LIGO_LW>" DEFINER("") "</LIGO_LW>", "found none");
    load_fails("<?xml version='1.0'?>", "no element found");
    load_fails("\x1f\x8b\x08 cut", "damaged or cut");
}

static void names_say_what_files_hold(void **state)
{
    gws_filename f;
    (void)state;
    assert_true(gws_filename_parse("/data/H-H1_GWOSC_4KHZ_R1-1126259447-32.txt.gz", &f));
    assert_string_equal(f.ifo, "H1");
    assert_true(f.start_s == 1126259447 && f.duration_s == 32);
    assert_true(gws_filename_parse("V-HrecOnline-1264400000-100.gwf", &f));
    assert_string_equal(f.ifo, "");
    static const char *const none[] = {
        "H1.gwf",     "H-H1_X-1126259447.gwf",    "H-H1_X-1126259447-0.gwf", "H-H1_X-11262x9447-32.gwf",
        "-A-1-2.gwf", "H-H1-X-1126259447-32.gwf", "H-H1_X-1126259447-32"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (gws_filename_parse(none[i], &f))
            fail_msg("%s is a name", none[i]);
}

int main(void)
{
    char folder[] = "/tmp/gws-inputs-XXXXXX";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_itself),          cmocka_unit_test(a_folder_is_its_files_of_strain),
        cmocka_unit_test(lists_name_files),          cmocka_unit_test(a_pattern_is_what_fits),
        cmocka_unit_test(segments_are_text_or_json), cmocka_unit_test(segments_are_tables_of_ligolw),
        cmocka_unit_test(names_say_what_files_hold),
    };
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    const int failed = GWS_RUN_TESTS(tests);
    static const char *const left[] = {
        "folder/L1.hdf5", "folder/H1.gwf", "folder/.hidden.gwf", "folder/notes.md", "folder/a.lcf", "a.ffl", "in", "far.lcf",
        "none.cache",     "segments"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(left[i]);
    rmdir("folder/b.gwf");
    rmdir("folder");
    rmdir(folder);
    return failed;
}
