/* Documents of igwn-ligolw 2.1.1 and lal 7.26.16 (tools/golden/ligolw.py), and one as glue.ligolw wrote them: what went in comes out, and what is written
 * of it again is read again. */
#include "gwstest.h"

#include "ligolw/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gws_ligolw *load(const char *name, const char *const *tables)
{
    char path[1024];
    gws_err err = {0};
    snprintf(path, sizeof path, GWS_TEST_DIR "/golden/ligolw/%s", name);
    gws_ligolw *d = gws_ligolw_load(path, tables, &err);
    if (!d)
        fail_msg("%s", err.text);
    return d;
}

static const gws_ligolw_rowset *table(const gws_ligolw *d, const char *name, int64_t rows)
{
    const gws_ligolw_rowset *t = gws_ligolw_find_table(d, name, 0);
    assert_non_null(t);
    assert_null(gws_ligolw_find_table(d, name, 1));
    assert_int_equal(gws_ligolw_rows(t), rows);
    return t;
}

static int64_t integer(const gws_ligolw_rowset *t, const char *column, int64_t row)
{
    int64_t x;
    if (!gws_ligolw_get_int(t, gws_ligolw_find_column(t, column), row, &x))
        fail_msg("no %s in row %d", column, (int)row);
    return x;
}

static double real(const gws_ligolw_rowset *t, const char *column, int64_t row)
{
    double x;
    return gws_ligolw_get_real(t, gws_ligolw_find_column(t, column), row, &x) ? x : (double)NAN;
}

static const char *text(const gws_ligolw_rowset *t, const char *column, int64_t row)
{
    return gws_ligolw_get_text(t, gws_ligolw_find_column(t, column), row);
}

static void tables(void **state)
{
    static const char *const texts[] = {"plain",    "",        NULL, "a \"quoted\" \\ one", "<&>, with\n\ta delimiter,",
                                        "\xc3\xa9", " blanks "};
    gws_ligolw *d = load("tables.xml", NULL);
    const gws_ligolw_rowset *t = table(d, "sngl_inspiral", 7);
    for (int i = 0; i < 7; i++) {
        const char *found = text(t, "channel", i);
        assert_true(texts[i] ? found && strcmp(found, texts[i]) == 0 : !found);
        assert_int_equal(text(t, "ifo", i)[0], "HLV"[i % 3]);
        assert_int_equal(integer(t, "event_id", i), i + (INT64_C(1) << 40));
        assert_int_equal(integer(t, "end_time", i), 1126259462 + i);
        assert_int_equal(integer(t, "end_time_ns", i), 123456789 * i);
        assert_int_equal(integer(t, "chisq_dof", i), -i);
        assert_true(fabs(real(t, "snr", i) - i / 7.) < 1e-8);
        assert_true(i == 3 ? isnan(real(t, "mass1", i)) : real(t, "mass1", i) == -1.5 * i);
        assert_true(i == 4 ? isinf(real(t, "sigmasq", i)) : fabs(real(t, "sigmasq", i) / 1e40 * 7 - 1) < 1e-15);
        assert_null(text(t, "search", i));
    }
    assert_int_equal(gws_ligolw_find_column(t, "process:process_id"), -1);
    t = table(d, "coinc_event", 3);
    assert_int_equal(integer(t, "nevents", 2), 4294967295);
    assert_int_equal(integer(t, "coinc_event_id", 2), 2);
    gws_ligolw_destroy(d);
    const char *const wanted[] = {"coinc_event", NULL};
    d = load("tables.xml", wanted);
    assert_null(gws_ligolw_find_table(d, "sngl_inspiral", 0));
    table(d, "coinc_event", 3);
    gws_ligolw_destroy(d);
}

/* Of each encoding: a PSD and an SNR series. */
static void check_series(const gws_ligolw *d, int sets)
{
    int found = 0;
    for (int e = 0; e < gws_ligolw_elements(d); e++) {
        gws_ligolw_series s;
        gws_err err = {0};
        const gws_status status = gws_ligolw_read_series(d, e, &s, &err);
        if (strcmp(gws_ligolw_element_name(d, e), "REAL8FrequencySeries") == 0) {
            assert_int_equal(status, GWS_OK);
            assert_true(!s.is_time && !s.is_complex && !s.is_single && s.epoch_ns == 1126259462000000005 && s.f0_hz == 10 &&
                        s.delta == 0.25 && s.n == 9);
            assert_string_equal(s.name, "psd");
            assert_string_equal(s.unit, "s strain^2");
            assert_string_equal(gws_ligolw_find_param(d, e, "instrument"), "H1");
            for (int i = 0; i < 9; i++)
                assert_true(fabs(s.data[i] - 1e-46 * (i + 1) / 7) < 1e-61);
            found++;
        } else if (strcmp(gws_ligolw_element_name(d, e), "COMPLEX8TimeSeries") == 0) {
            assert_int_equal(status, GWS_OK);
            assert_true(s.is_time && s.is_complex && s.is_single && s.epoch_ns == 1126259462999999999 && s.f0_hz == 0 &&
                        s.delta == 1 / 4096. && s.n == 11);
            assert_string_equal(gws_ligolw_find_param(d, e, "event_id"), "7");
            for (int i = 0; i < 11; i++)
                assert_true(s.data[2 * i] == i / 8. && s.data[2 * i + 1] == (5 - i) / 8.);
            found++;
        } else {
            assert_int_equal(status, GWS_EDATA);
        }
        free((void *)(uintptr_t)s.data);
    }
    assert_int_equal(found, 2 * sets);
}

static void series(void **state)
{
    gws_ligolw *d = load("series.xml.gz", NULL), *again;
    check_series(d, 3);
    gws_ligolw_writer *w = gws_ligolw_writer_create(NULL, NULL);
    for (int e = 0; e < gws_ligolw_elements(d); e++) {
        gws_ligolw_series s;
        if (gws_ligolw_read_series(d, e, &s, NULL) == GWS_OK) {
            gws_ligolw_series_open(w, &s);
            gws_ligolw_param_text(w, s.is_time ? "event_id" : "instrument", s.is_time ? "7" : "H1");
            gws_ligolw_close(w);
        }
        free((void *)(uintptr_t)s.data);
    }
    char *document;
    size_t n;
    assert_int_equal(gws_ligolw_writer_take(w, &document, &n, NULL), GWS_OK);
    again = gws_ligolw_parse("again", document, n, NULL, NULL);
    check_series(again, 3);
    gws_ligolw_destroy(again);
    gws_ligolw_destroy(d);
    free(document);
}

static void segments(void **state)
{
    gws_ligolw *d = load("segments.xml.gz", NULL);
    const gws_ligolw_rowset *t = table(d, "segment", 6);
    assert_int_equal(integer(t, "start_time", 5), 1187000205);
    assert_int_equal(integer(t, "start_time_ns", 5), 500000000);
    assert_int_equal(integer(t, "segment_def_id", 5), 1);
    assert_string_equal(text(table(d, "segment_definer", 2), "ifos", 1), "L1");
    gws_ligolw_destroy(d);
}

static void files_of_old(void **state)
{
    gws_ligolw *d = load("old.xml", NULL);
    const gws_ligolw_rowset *t = table(d, "segment", 2);
    assert_int_equal(integer(t, "segment_def_id", 0), 12);
    assert_string_equal(text(t, "segment_def_id", 0), "segment_definer:segment_def_id:12");
    assert_int_equal(integer(t, "end_time_ns", 0), 500000000);
    t = table(d, "segment_definer", 2);
    assert_int_equal(integer(t, "segment_def_id", 0), 3);
    assert_string_equal(text(t, "ifos", 0), "H1 ");
    t = table(d, "sim_inspiral", 1);
    assert_int_equal(integer(t, "simulation_id", 0), 7);
    gws_ligolw_destroy(d);
}

static void sim_inspiral(void **state)
{
    gws_ligolw *d = load("sim_inspiral.xml", NULL);
    const gws_ligolw_rowset *t = table(d, "sim_inspiral", 3);
    assert_string_equal(text(t, "waveform", 0), "IMRPhenomXPHMpseudoFourPN");
    assert_true(real(t, "spin2y", 0) == 0.1875 && real(t, "distance", 2) == 300 && real(t, "geocent_end_time", 1) == 1187008850);
    gws_ligolw_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables), cmocka_unit_test(series), cmocka_unit_test(segments),
                                       cmocka_unit_test(files_of_old), cmocka_unit_test(sim_inspiral)};
    return GWS_RUN_TESTS(tests);
}
