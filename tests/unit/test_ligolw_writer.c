/* test_ligolw_writer.c - what ligolw/writer.h promises.  Truth: the text that igwn-ligolw 2.1.1 and lal 7.7.1 write of the same (make_psd_xmldoc,
 * build_COMPLEX8TimeSeries, lsctables), and zlib. */
#include "base/file.h"
#include "gwstest.h"
#include "ligolw/writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD                                                                                                                       \
    "<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE LIGO_LW SYSTEM "                                                            \
    "\"http://ldas-sw.ligo.caltech.edu/doc/ligolwAPI/html/ligolw_dtd.txt\">\n<LIGO_LW>\n"

static char folder[] = "/tmp/gwspike_ligolw_XXXXXX";

static int enter(void **state)
{
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static char *taken(gws_ligolw_writer *w)
{
    char *text;
    size_t n;
    assert_int_equal(gws_ligolw_writer_take(w, &text, &n, NULL), GWS_OK);
    assert_int_equal(n, strlen(text));
    return text;
}

static void tables_are_as_the_field_writes_them(void **state)
{
    gws_ligolw_writer *w = gws_ligolw_writer_create(NULL, NULL);
    gws_ligolw_table(w, "process_params", "param process_id process:process_id program type");
    gws_ligolw_table_end(w);
    gws_ligolw_table(w, "sngl_inspiral", " ifo end_time  end_time_ns snr sigmasq coa_phase event_id");
    gws_ligolw_put_text(w, "a\"b\\c,<&>\n\x01\xff\xef\xbf\xbf\xc3\xa9");
    gws_ligolw_put_time(w, -1);
    gws_ligolw_put_real(w, 0.1);
    gws_ligolw_put_real(w, 0.1);
    gws_ligolw_put_real(w, 1 / 3.);
    gws_ligolw_put_int(w, INT64_MAX);
    gws_ligolw_put_text(w, "");
    gws_ligolw_put_time(w, 1126259462123456789);
    gws_ligolw_put_real(w, 1e300 * 1e300);
    gws_ligolw_put_real(w, 1 / 3.);
    gws_ligolw_put_text(w, NULL);
    gws_ligolw_put_null(w);
    gws_ligolw_table_end(w);
    char *text = taken(w);
    assert_string_equal(
        text,
        HEAD "\t<Table Name=\"process_params:table\">\n"
             "\t\t<Column Name=\"param\" Type=\"lstring\"/>\n"
             "\t\t<Column Name=\"process:process_id\" Type=\"int_8s\"/>\n"
             "\t\t<Column Name=\"process:process_id\" Type=\"int_8s\"/>\n"
             "\t\t<Column Name=\"program\" Type=\"lstring\"/>\n"
             "\t\t<Column Name=\"type\" Type=\"lstring\"/>\n"
             "\t\t<Stream Name=\"process_params:table\" Delimiter=\",\" Type=\"Local\">\n"
             "\t\t</Stream>\n\t</Table>\n"
             "\t<Table Name=\"sngl_inspiral:table\">\n"
             "\t\t<Column Name=\"ifo\" Type=\"lstring\"/>\n"
             "\t\t<Column Name=\"end_time\" Type=\"int_4s\"/>\n"
             "\t\t<Column Name=\"end_time_ns\" Type=\"int_4s\"/>\n"
             "\t\t<Column Name=\"snr\" Type=\"real_4\"/>\n"
             "\t\t<Column Name=\"sigmasq\" Type=\"real_8\"/>\n"
             "\t\t<Column Name=\"coa_phase\" Type=\"real_4\"/>\n"
             "\t\t<Column Name=\"event_id\" Type=\"int_8s\"/>\n"
             "\t\t<Stream Name=\"sngl_inspiral:table\" Delimiter=\",\" Type=\"Local\">\n"
             "\t\t\t\"a\\\"b\\\\c,&lt;&amp;&gt;\n\\\\x01\\\\xff?\xc3\xa9\",-1,999999999,0.1,0.1,0.33333333,9223372036854775807,\n"
             "\t\t\t\"\",1126259462,123456789,inf,0.3333333333333333,,,\n"
             "\t\t</Stream>\n\t</Table>\n</LIGO_LW>\n");
    free(text);
}

static void series_are_as_lal_writes_them(void **state)
{
    const double psd[] = {0, 1e-46, 2e-46, 3e-46, 4e-46}, snr[] = {1, 2, 3, 0, 0, 4};
    gws_ligolw_writer *w = gws_ligolw_writer_create(NULL, NULL);
    gws_ligolw_open(w, "psd");
    gws_ligolw_series_open(
        w, &(gws_ligolw_series){
               .name = "psd", .unit = "s strain^2", .epoch_ns = 1126259462123456789, .delta = 0.25, .n = 5, .data = psd});
    gws_ligolw_param_text(w, "instrument", "H1");
    gws_ligolw_close(w);
    gws_ligolw_close(w);
    gws_ligolw_series_open(w, &(gws_ligolw_series){.name = "snr",
                                                   .is_time = 1,
                                                   .is_complex = 1,
                                                   .is_single = 1,
                                                   .epoch_ns = 1126259462123456789,
                                                   .delta = 1 / 2048.,
                                                   .n = 3,
                                                   .data = snr});
    gws_ligolw_param_int(w, "event_id", 7);
    gws_ligolw_close(w);
    char *text = taken(w);
    assert_string_equal(text, HEAD
                        "\t<LIGO_LW Name=\"psd\">\n"
                        "\t\t<LIGO_LW Name=\"REAL8FrequencySeries\">\n"
                        "\t\t\t<Time Type=\"GPS\" Name=\"epoch\">1126259462.123456789</Time>\n"
                        "\t\t\t<Param Name=\"f0:param\" Type=\"real_8\" Unit=\"s^-1\">0</Param>\n"
                        "\t\t\t<Array Type=\"real_8\" Name=\"psd:array\" Unit=\"s strain^2\">\n"
                        "\t\t\t\t<Dim Name=\"Frequency\" Unit=\"s^-1\" Start=\"0\" Scale=\"0.25\">5</Dim>\n"
                        "\t\t\t\t<Dim Name=\"Frequency,Real\">2</Dim>\n"
                        "\t\t\t\t<Stream Type=\"Local\" Delimiter=\" \">\n"
                        "\t\t\t\t\t0 0 \n\t\t\t\t\t0.25 1e-46 \n\t\t\t\t\t0.5 2e-46 \n\t\t\t\t\t0.75 3e-46 \n\t\t\t\t\t1 4e-46\n"
                        "\t\t\t\t</Stream>\n\t\t\t</Array>\n"
                        "\t\t\t<Param Name=\"instrument:param\" Type=\"lstring\">H1</Param>\n"
                        "\t\t</LIGO_LW>\n\t</LIGO_LW>\n"
                        "\t<LIGO_LW Name=\"COMPLEX8TimeSeries\">\n"
                        "\t\t<Time Type=\"GPS\" Name=\"epoch\">1126259462.123456789</Time>\n"
                        "\t\t<Param Name=\"f0:param\" Type=\"real_8\" Unit=\"s^-1\">0</Param>\n"
                        "\t\t<Array Type=\"real_8\" Name=\"snr:array\" Unit=\"\">\n"
                        "\t\t\t<Dim Name=\"Time\" Unit=\"s\" Start=\"0\" Scale=\"0.00048828125\">3</Dim>\n"
                        "\t\t\t<Dim Name=\"Time,Real,Imaginary\">3</Dim>\n"
                        "\t\t\t<Stream Type=\"Local\" Delimiter=\" \">\n"
                        "\t\t\t\t0 1 2 \n\t\t\t\t0.00048828125 3 0 \n\t\t\t\t0.0009765625 0 4\n"
                        "\t\t\t</Stream>\n\t\t</Array>\n"
                        "\t\t<Param Name=\"event_id:param\" Type=\"int_8s\">7</Param>\n"
                        "\t</LIGO_LW>\n</LIGO_LW>\n");
    free(text);
}

static void a_number_that_does_not_fit_is_the_failure_that_stays(void **state)
{
    gws_err err = {0};
    char *text;
    size_t n;
    gws_ligolw_writer *w = gws_ligolw_writer_create(NULL, NULL);
    gws_ligolw_table(w, "coinc_event", "nevents coinc_event_id");
    gws_ligolw_put_int(w, -1);
    gws_ligolw_put_int(w, 0);
    gws_ligolw_put_int(w, INT64_C(1) << 32);
    gws_ligolw_put_int(w, 0);
    gws_ligolw_table_end(w);
    assert_int_equal(gws_ligolw_writer_take(w, &text, &n, &err), GWS_EDATA);
    assert_string_equal(err.text, "coinc_event.nevents: -1 does not fit into int_4u");
    assert_null(text);
}

static void a_file_is_compressed_as_its_name_says(void **state)
{
    char *plain, *zipped, unzipped[100];
    size_t n;
    for (int i = 0; i < 2; i++) {
        gws_ligolw_writer *w = gws_ligolw_writer_create(i ? "a.xml.gz" : "a.xml", NULL);
        gws_ligolw_process(w, "gwspike", "1", NULL, "H1,L1", (const char *[]){"--a", "b"}, 1);
        for (int k = 0; k < 4000; k++) {
            gws_ligolw_open(w, k % 2 ? NULL : "a & \"b\"");
            gws_ligolw_param_real(w, "x", k / 7., "s");
            gws_ligolw_close(w);
        }
        assert_int_equal(gws_ligolw_writer_commit(w, NULL), GWS_OK);
    }
    assert_int_equal(gws_file_read("a.xml", 1 << 20, &plain, &n, NULL), GWS_OK);
    assert_true(n > 300000);
    gzFile f = gzopen("a.xml.gz", "rb");
    for (size_t at = 0; at < n;) {
        const int got = gzread(f, unzipped, sizeof unzipped);
        assert_true(got > 0 && at + (size_t)got <= n);
        assert_memory_equal(unzipped, plain + at, (size_t)got);
        at += (size_t)got;
    }
    assert_int_equal(gzread(f, unzipped, 1), 0);
    gzclose(f);
    assert_int_equal(gws_file_read("a.xml.gz", 1 << 20, &zipped, &n, NULL), GWS_OK);
    assert_true(n < 100000);
    assert_memory_equal(zipped, "\x1f\x8b\x08\0\0\0\0\0", 8); /* no time in it */
    free(plain);
    free(zipped);
    remove("a.xml");
    remove("a.xml.gz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_as_the_field_writes_them),
        cmocka_unit_test(series_are_as_lal_writes_them),
        cmocka_unit_test(a_number_that_does_not_fit_is_the_failure_that_stays),
        cmocka_unit_test(a_file_is_compressed_as_its_name_says),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
