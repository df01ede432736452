/* test_ligolw_reader.c - what ligolw/reader.h promises of documents that nobody should have written.  Truth: the header; for tokens igwn-ligolw's tokenizer,
 * which takes and refuses the same. */
#include "base/file.h"
#include "gwstest.h"
#include "ligolw/reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/gwspike_ligolw_XXXXXX";

static int enter(void **state)
{
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void refused(const char *document, gws_status status, const char *sentence)
{
    gws_err err = {0};
    gws_ligolw *d = gws_ligolw_parse("x.xml", document, strlen(document), NULL, &err);
    if (d)
        fail_msg("read: %s", document);
    if (err.status != status || strcmp(err.text, sentence) != 0)
        fail_msg("wanted \"%s\", found \"%s\"", sentence, err.text);
}

#define TABLE(columns, stream)                                                                                                     \
    "<LIGO_LW><Table Name='t:table'>" columns "<Stream Delimiter=','>" stream "</Stream></Table></LIGO_LW>"
#define A "<Column Name='a' Type='lstring'/>"
#define B "<Column Name='t:b' Type='int_4s'/>"
#define ARRAY(type, dims, attributes, stream)                                                                                      \
    "<LIGO_LW><Array Name='a:array' Type='" type "'>" dims "<Stream " attributes ">" stream "</Stream></Array></LIGO_LW>"

/* The cells of a table of two columns, text and integer, as one line: <a>3|<b>-| */
static void cells(const char *stream, const char *delimiter, const char *wanted)
{
    char document[2000], line[1000] = "";
    gws_err err = {0};
    snprintf(document, sizeof document,
             "<LIGO_LW><Table Name='t:table'>" A B "<Stream Delimiter='%s'>%s</Stream></Table></LIGO_LW>", delimiter, stream);
    gws_ligolw *d = gws_ligolw_parse("x.xml", document, strlen(document), NULL, &err);
    if (!d)
        fail_msg("%s", err.text);
    const gws_ligolw_rowset *t = gws_ligolw_find_table(d, "t", 0);
    for (int64_t i = 0; i < gws_ligolw_rows(t); i++) {
        const char *a = gws_ligolw_get_text(t, 0, i);
        int64_t b;
        const int has = gws_ligolw_get_int(t, 1, i, &b);
        const size_t n = strlen(line);
        snprintf(line + n, sizeof line - n, a ? has ? "<%s>%d|" : "<%s>-|" : has ? "-%s%d|" : "-%s-|", a ? a : "", (int)b);
    }
    assert_string_equal(line, wanted);
    gws_ligolw_destroy(d);
}

static void tokens_are_those_of_the_field(void **state)
{
    cells("", ",", "");
    cells(" \n\t", ",", "");
    cells("\"x\",1", ",", "<x>1|");
    cells(" \"x\" , 1 ,\n x,2,", ",", "<x>1|<x>2|");
    cells("x,1,,,\"\",,", ",", "<x>1|--|<>-|");
    cells("'it is \"this\"',1", ",", "<it is \"this\">1|");
    cells("\"a\\\"b\\\\c,&lt;&#10;&amp;\",-2147483648", ",", "<a\"b\\c,<\n&>-2147483648|");
    cells("a\\,1,a\"b,2", ",", "<a\\>1|<a\"b>2|");
    cells("x;1;y,z;2", ";", "<x>1|<y,z>2|");
    cells("x 1\n\ty   2 ", " ", "<x>1|<y>2|");
    cells("<![CDATA[\"<&>\",7]]>", ",", "<<&>>7|");
    cells("x,<!-- not this -->1", ",", "<x>1|");
    cells("x<Comment>,9,</Comment>,1", ",", "<x>1|");
}

static void wrong_tables_are_refused_with_their_line(void **state)
{
    refused(TABLE(A B, "x,1,\ny,2,\nz,"), GWS_EFORMAT, "x.xml: line 3: table t: its row number 3 has 1 cells for 2 columns");
    refused(TABLE(A B, "x,1,y,z"), GWS_EFORMAT, "x.xml: line 1: table t, column b: wanted int_4s, found \"z\"");
    refused(TABLE(A B, "x,2147483648"), GWS_EFORMAT, "x.xml: line 1: table t, column b: wanted int_4s, found \"2147483648\"");
    refused(TABLE(A B, "x,1.0"), GWS_EFORMAT, "x.xml: line 1: table t, column b: wanted int_4s, found \"1.0\"");
    refused(TABLE(A B, "x,\"\""), GWS_EFORMAT, "x.xml: line 1: table t, column b: wanted int_4s, found \"\"");
    refused(TABLE(A B, "x y,1"), GWS_EFORMAT, "x.xml: line 1: a token ends and no delimiter ',' follows");
    refused(TABLE(A B, "\"x\"y,1"), GWS_EFORMAT, "x.xml: line 1: a token ends and no delimiter ',' follows");
    refused(TABLE(A B, "\"x,1"), GWS_EFORMAT, "x.xml: line 1: the stream ends within quotes");
    refused(TABLE(A B, "\"x\\n\",1"), GWS_EFORMAT,
            "x.xml: line 1: a backslash stands in front of something else than a quote or a backslash");
    refused(TABLE("", "x"), GWS_EFORMAT, "x.xml: line 1: table t: a stream without columns");
    refused(TABLE(A A, ""), GWS_EFORMAT, "x.xml: line 1: two Columns of the name a in one table");
    refused(TABLE("<Column Name='a' Type='int'/><Column Name='b' Type='int_9s'/>", ""), GWS_EFORMAT,
            "x.xml: line 1: a Column of the unknown Type \"int_9s\"");
    refused(TABLE("<Column Type='int'/>", ""), GWS_EFORMAT, "x.xml: line 1: table t: a Column without Name");
    refused(TABLE(A "<Stream/>", ""), GWS_EFORMAT, "x.xml: line 1: t: more than one Stream");
    refused("<LIGO_LW><Table Name='t'><Stream/>" A "</Table></LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: table t: a Column behind its Stream");
    refused("<LIGO_LW><Table/></LIGO_LW>", GWS_EFORMAT, "x.xml: line 1: a Table without Name");
    refused("<LIGO_LW><Table Name='t'><Stream Type='Remote'/></Table></LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: t: a Stream that is not in the file");
    refused("<LIGO_LW><Table Name='t'><Stream Delimiter='::'/></Table></LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: t: the Delimiter of a Stream has to be one character, and no quote");
    refused("<LIGO_LW><Table Name='t'><Stream Encoding='base64,LittleEndian'/></Table></LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: a Stream of the Encoding \"base64,LittleEndian\"");
}

static void wrong_arrays_are_refused(void **state)
{
    refused(ARRAY("real_8", "<Dim>2</Dim>", "", "1 2 3"), GWS_EFORMAT,
            "x.xml: line 1: array a: more numbers than the 2 that its Dims say");
    refused(ARRAY("real_8", "<Dim>2</Dim><Dim>2</Dim>", "", "1 2 3"), GWS_EFORMAT,
            "x.xml: line 1: array a: wanted the 4 numbers that its Dims say, found 3");
    refused(ARRAY("real_8", "<Dim>1000000000</Dim><Dim>1000000000</Dim>", "", "1"), GWS_EDATA,
            "x.xml: line 1: array a: its Dims say more numbers than a file may have");
    refused(ARRAY("real_8", "<Dim>1000000000</Dim>", "", "1"), GWS_EFORMAT,
            "x.xml: line 1: array a: wanted the 1000000000 numbers that its Dims say, found 1");
    refused(ARRAY("real_8", "<Dim>-1</Dim>", "", "1"), GWS_EFORMAT, "x.xml: line 1: a Dim of \"-1\"");
    refused(ARRAY("real_8", "<Dim></Dim>", "", "1"), GWS_EFORMAT, "x.xml: line 1: a Dim of \"\"");
    refused(ARRAY("real_8", "", "", "1"), GWS_EFORMAT, "x.xml: line 1: array a: no Dim");
    refused(ARRAY("lstring", "<Dim>1</Dim>", "", "1"), GWS_EFORMAT,
            "x.xml: line 1: an Array of the Type \"lstring\", which is none of numbers");
    refused(ARRAY("real_8", "<Dim>1</Dim><Dim>1</Dim><Dim>1</Dim><Dim>1</Dim><Dim>1</Dim>", "", "1"), GWS_EFORMAT,
            "x.xml: line 1: array a: too many Dims, or one behind its Stream");
    refused(ARRAY("real_4", "<Dim>2</Dim>", "Encoding='base64,LittleEndian'", "AAAA"), GWS_EFORMAT,
            "x.xml: line 1: array a: wanted 2 numbers of 4 bytes in base64, found 3 bytes");
    refused(ARRAY("real_4", "<Dim>1</Dim>", "Encoding='base64,LittleEndian'", "AA=A"), GWS_EFORMAT,
            "x.xml: line 1: array a: wanted 1 numbers of 4 bytes in base64, found 0 bytes");
    refused("<LIGO_LW><Array Name='a'><Dim>1</Dim></Array></LIGO_LW>", GWS_EFORMAT, "x.xml: line 1: array a: no Stream");
}

static void numbers_in_base64(void **state)
{
    static const struct {
        const char *type, *stream, *encoding;
        double x;
    } cases[] = {{"int_2s", "//4=", "base64,BigEndian", -2},
                 {"int_2u", "/v8=", "base64,LittleEndian", 65534},
                 {"int_8s", "AAAAAAAAAAU=", "base64,BigEndian", 5},
                 {"real_4", "AADA\nPw==", "LittleEndian,base64", 1.5},
                 {"complex_8", "AADAPwAAAAA=", "base64,LittleEndian", 1.5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char document[500];
        snprintf(document, sizeof document, ARRAY("%s", "<Dim>1</Dim>", "Encoding='%s'", "%s"), cases[i].type, cases[i].encoding,
                 cases[i].stream);
        gws_ligolw *d = gws_ligolw_parse("x", document, strlen(document), NULL, NULL);
        assert_non_null(d);
        assert_true(gws_ligolw_get_array(d, 0)->data[0] == cases[i].x);
        gws_ligolw_destroy(d);
    }
}

static void entities_are_refused(void **state)
{
    refused("<!DOCTYPE LIGO_LW [<!ENTITY a 'aa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c "
            "'&b;&b;&b;&b;&b;&b;&b;&b;'>]><LIGO_LW>&c;</LIGO_LW>",
            GWS_EFORMAT, "x.xml: line 1: it declares an entity (a), which no LIGO_LW file needs");
    refused("<!DOCTYPE LIGO_LW [\n<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]><LIGO_LW/>", GWS_EFORMAT,
            "x.xml: line 2: it declares an entity (p), which no LIGO_LW file needs");
    refused("<!DOCTYPE LIGO_LW [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><LIGO_LW>&e;</LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: it declares an entity (e), which no LIGO_LW file needs");
    refused("<!DOCTYPE LIGO_LW SYSTEM 'http://x/ligolw_dtd.txt'><LIGO_LW>&e;</LIGO_LW>", GWS_EFORMAT,
            "x.xml: line 1: it uses the entity &e;, which XML does not know");
    refused("<LIGO_LW>&e;</LIGO_LW>", GWS_EFORMAT, "x.xml: line 1: no XML: undefined entity");
}

static void what_is_no_document_is_refused(void **state)
{
    refused("", GWS_EFORMAT, "x.xml: line 1: no XML: no element found");
    refused("<LIGO_LW><Table Name='t'>", GWS_EFORMAT, "x.xml: line 1: no XML: no element found");
    refused("<html/>", GWS_EFORMAT, "x.xml: line 1: no LIGO_LW document: its root is <html>");
    refused("<LIGO_LW/><LIGO_LW/>", GWS_EFORMAT, "x.xml: line 1: no XML: junk after document element");
    refused("\x89HDF\r\n", GWS_EFORMAT, "x.xml: line 1: no XML: not well-formed (invalid token)");
    refused("<LIGO_LW><Time Type='GPS' Name='t'>yesterday</Time></LIGO_LW>", GWS_EFORMAT, "x.xml: line 1: a Time of \"yesterday\"");
    char deep[9 * 70 + 1] = "";
    for (int i = 0; i < 70; i++)
        strcat(deep, "<LIGO_LW>");
    refused(deep, GWS_EFORMAT, "x.xml: line 1: elements within elements, deeper than any LIGO_LW file has them");
    for (int i = 1; i < 70; i++)
        memcpy(deep + 9 * i, "<Other_X>", 9);
    refused(deep, GWS_EFORMAT, "x.xml: line 1: elements within elements, deeper than any LIGO_LW file has them");
    char *many = malloc(9 * 100002 + 1);
    strcpy(many, "<LIGO_LW>");
    for (int i = 1; i < 100002; i++)
        memcpy(many + 9 * i, "<Param/>\n", 10);
    refused(many, GWS_EDATA, "x.xml: line 100000: more than 100000 elements");
    free(many);
    char wide[20000] = "<LIGO_LW><Table Name='t'>";
    for (int i = 0; i < 257; i++) {
        const size_t n = strlen(wide);
        snprintf(wide + n, sizeof wide - n, "<Column Name='c%d' Type='int'/>", i);
    }
    refused(wide, GWS_EFORMAT, "x.xml: line 1: table t: too many columns");
}

static void series_that_are_none(void **state)
{
    static const char *const documents[] = {
        "<LIGO_LW Name='REAL8TimeSeries'/>",
        "<LIGO_LW Name='REAL8TimeSeries'><Time Type='GPS'>1</Time><Param Name='f0:param'>0</Param></LIGO_LW>",
        "<LIGO_LW Name='REAL8TimeSeries'><Param Name='f0:param'>0</Param><Array><Dim Scale='1'>1</Dim><Dim>2</Dim><Stream>0 "
        "1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='REAL8TimeSeries'><Time Type='Unix'>1</Time><Param Name='f0:param'>0</Param><Array><Dim "
        "Scale='1'>1</Dim><Dim>2</Dim><Stream>0 1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='REAL8TimeSeries'><Time Type='GPS'>1</Time><Array><Dim Scale='1'>1</Dim><Dim>2</Dim><Stream>0 "
        "1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='REAL8TimeSeries'><Time Type='GPS'>1</Time><Param Name='f0:param'>0</Param><Array><Dim "
        "Scale='0'>1</Dim><Dim>2</Dim><Stream>0 1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='COMPLEX8TimeSeries'><Time Type='GPS'>1</Time><Param Name='f0:param'>0</Param><Array><Dim "
        "Scale='1'>1</Dim><Dim>2</Dim><Stream>0 1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='REAL8Series'><Time Type='GPS'>1</Time><Param Name='f0:param'>0</Param><Array><Dim "
        "Scale='1'>1</Dim><Dim>2</Dim><Stream>0 1</Stream></Array></LIGO_LW>",
        "<LIGO_LW Name='REAL8TimeSeries'><Time Type='GPS'>1</Time><Param Name='f0:param'>0</Param><Array><Dim "
        "Scale='1'>1</Dim><Dim>2</Dim><Stream>0 1</Stream></Array></LIGO_LW>"};
    const int n = (int)(sizeof documents / sizeof *documents);
    for (int i = 0; i < n; i++) {
        gws_ligolw_series s;
        gws_ligolw *d = gws_ligolw_parse("x", documents[i], strlen(documents[i]), NULL, NULL);
        assert_non_null(d);
        assert_int_equal(gws_ligolw_read_series(d, 0, &s, NULL), i == n - 1 ? GWS_OK : GWS_EDATA);
        if (i == n - 1)
            assert_true(s.is_time && s.n == 1 && s.data[0] == 1 && s.epoch_ns == 1000000000);
        free((void *)(uintptr_t)s.data);
        gws_ligolw_destroy(d);
    }
}

static void a_cut_file_is_refused(void **state)
{
    static const char *const names[] = {"cut.xml", "cut.xml.gz"};
    for (int zipped = 0; zipped < 2; zipped++) {
        char *whole;
        size_t n;
        gws_ligolw_writer *w = gws_ligolw_writer_create(names[zipped], NULL);
        gws_ligolw_process(w, "gwspike", "1", NULL, NULL, NULL, 0);
        assert_int_equal(gws_ligolw_writer_commit(w, NULL), GWS_OK);
        assert_int_equal(gws_file_read(names[zipped], 1 << 20, &whole, &n, NULL), GWS_OK);
        gws_ligolw *d = gws_ligolw_load(names[zipped], NULL, NULL);
        assert_non_null(d);
        gws_ligolw_destroy(d);
        for (size_t k = 0; k + 2 < n; k += 7) {
            gws_err err = {0};
            assert_int_equal(gws_file_write(names[zipped], whole, k, NULL), GWS_OK);
            if (gws_ligolw_load(names[zipped], NULL, &err))
                fail_msg("read: %s cut after %zu of %zu bytes", names[zipped], k, n);
            assert_true(err.status == GWS_EFORMAT && err.text[0]);
        }
        free(whole);
        remove(names[zipped]);
    }
    gws_err err = {0};
    assert_null(gws_ligolw_load("none.xml", NULL, &err));
    assert_int_equal(err.status, GWS_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_those_of_the_field), cmocka_unit_test(wrong_tables_are_refused_with_their_line),
        cmocka_unit_test(wrong_arrays_are_refused),      cmocka_unit_test(numbers_in_base64),
        cmocka_unit_test(entities_are_refused),          cmocka_unit_test(what_is_no_document_is_refused),
        cmocka_unit_test(series_that_are_none),          cmocka_unit_test(a_cut_file_is_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
