/* A page: every word is shown as it is and nothing of it acts, numbers come back, a file of numbers has them too.  Truth: what HTML says
 * of its characters, and identity.  Poisson bands: their definition, by sums. */
#include "gwstest.h"

#include "base/hdf5.h"
#include "base/json.h"
#include "report/ifar.h"
#include "report/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "</script><img src=x onerror=alert(1)>&\"'\x01\xff"

static gws_status curve_into(gws_page *p)
{
    const double x[4] = {1, 2, 3, 4}, y[4] = {0.5, (double)NAN, -2e-30, 7};

    return gws_page_curves(
        p, &(gws_chart_params){.id = "one", .title = HOSTILE, .says = HOSTILE, .x = {.label = HOSTILE}, .y = {.label = "y"}},
        &(gws_curve){.name = HOSTILE, .x = x, .y = y, .n = 4}, 1, NULL);
}

static char *page_of(gws_h5 *data)
{
    gws_page *p = gws_page_create(HOSTILE, HOSTILE, data, NULL);
    const gws_fact fact = {HOSTILE, HOSTILE};
    const char *cells[2] = {HOSTILE, "b"};
    char *html;
    size_t size;

    assert_non_null(p);
    gws_page_section(p, "s", HOSTILE);
    gws_page_subsection(p, "t", HOSTILE);
    gws_page_paragraph(p, HOSTILE);
    gws_page_facts(p, &fact, 1);
    gws_page_table(p, cells, 2);
    gws_page_row(p, cells, 2);
    gws_page_table_end(p);
    assert_int_equal(curve_into(p), GWS_OK);
    assert_int_equal(gws_page_take(p, &html, &size, NULL), GWS_OK);
    assert_int_equal(strlen(html), size);
    gws_page_destroy(p);
    return html;
}

static int count(const char *text, const char *word)
{
    int n = 0;

    for (; (text = strstr(text, word)); text++)
        n++;
    return n;
}

static void words_do_not_act(void **state)
{
    char *html = page_of(NULL);

    assert_null(strstr(html, "<img src=x"));
    assert_null(strstr(html, "onerror=alert(1)>&\""));
    assert_true(count(html, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;\\x01\\xff") >= 10);
    assert_int_equal(count(html, "<script"), count(html, "</script>"));
    assert_int_equal(count(html, "http-equiv=\"Content-Security-Policy\""), 1);
    assert_null(strstr(html, "\x01"));
    free(html);
}

static void numbers_come_back(void **state)
{
    char *html = page_of(NULL), *begin = strstr(html, "application/json\">"), *end;
    gws_json *j;

    assert_non_null(begin);
    begin = strchr(begin, '>') + 1;
    end = strstr(begin, "</script>");
    assert_non_null(end);
    j = gws_json_parse(begin, (size_t)(end - begin));
    assert_non_null(j);
    assert_string_equal(gws_json_get_string(j, "title"), "</script><img src=x onerror=alert(1)>&\"'\\x01\\xff");
    gws_json_destroy(j);
    *end = 0;
    assert_non_null(strstr(begin, "\"x\":[1,2,3,4],\"y\":[0.5,null,-2e-30,7]"));
    free(html);
}

static void file_of_numbers(void **state)
{
    char folder[256], path[300];
    double y[4];
    char *text;

    const char *t = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/gws-report-XXXXXX", t && *t ? t : P_tmpdir);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/n.hdf", folder);
    gws_h5 *f = gws_h5_create(path, NULL);
    assert_non_null(f);
    free(page_of(f));
    assert_int_equal(gws_h5_commit(f, NULL), GWS_OK);
    f = gws_h5_open(path, NULL);
    assert_non_null(f);
    assert_int_equal(gws_h5_read_f64(f, "/charts/one/curve_1/y", 0, 4, y, NULL), GWS_OK);
    assert_true(y[0] == 0.5 && isnan(y[1]) && y[2] == -2e-30 && y[3] == 7);
    assert_int_equal(gws_h5_attr_string(f, "/charts/one", "y_label", &text, NULL), GWS_OK);
    assert_string_equal(text, "y");
    free(text);
    gws_h5_close(f);
    remove(path);
    remove(folder);
}

/* P(N < low) and P(N > high) are at most the tail, and one step further in they are more. */
static void poisson_bands(void **state)
{
    static const double means[5] = {0.01, 0.7, 3, 25, 300};

    for (int i = 0; i < 5; i++) {
        double low, high, term = exp(-means[i]), below = 0, up_to_low = 0, up_to_high = 0, before_high = 0;
        gws_poisson_band(means[i], 0.954, &low, &high);
        for (int k = 0; k <= (int)high; k++) {
            below += k < (int)low ? term : 0;
            up_to_low += k <= (int)low ? term : 0;
            before_high += k < (int)high ? term : 0;
            up_to_high += term;
            term *= means[i] / (k + 1);
        }
        assert_true(below < 0.023 && up_to_low >= 0.023 - 1e-12);
        assert_true(1 - up_to_high <= 0.023 + 1e-12 && (high == 0 || 1 - before_high > 0.023));
    }
}

/* Triggers of one rate stand as one point, which counts them all. */
static void triggers_of_one_rate_are_counted_together(void **state)
{
    const gws_far_rate far[6] = {{GWS_FAR_BELOW, 20, 0},    {GWS_FAR_COUNTED, 100, 0}, {GWS_FAR_BELOW, 20, 0},
                                 {GWS_FAR_COUNTED, 100, 0}, {GWS_FAR_BELOW, 20, 0},    {GWS_FAR_ABOVE, 5000, 0}};
    gws_page *p = gws_page_create("t", "b", NULL, NULL);
    char *html, *at;
    size_t size;

    assert_int_equal(gws_ifar_put(p, "ifar", far, 6, (double)NAN, NULL), GWS_OK);
    assert_int_equal(gws_page_take(p, &html, &size, NULL), GWS_OK);
    assert_non_null(at = strstr(html, "\"name\":\"triggers\""));
    assert_non_null(at = strstr(at, "\"y\":["));
    assert_memory_equal(at, "\"y\":[5,3]", 9);
    free(html);
    gws_page_destroy(p);
}

static void long_curves_are_thinned(void **state)
{
    int64_t kept = 0;

    for (int64_t i = 0; i < 3000000; i++)
        kept += gws_curve_keeps(i, 3000000);
    assert_true(kept >= 2000 && kept <= 2300);
    for (int64_t i = 0; i < 2000; i++)
        assert_true(gws_curve_keeps(i, i < 200 ? 3000000 : 2000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_do_not_act),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(file_of_numbers),
        cmocka_unit_test(poisson_bands),
        cmocka_unit_test(triggers_of_one_rate_are_counted_together),
        cmocka_unit_test(long_curves_are_thinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
