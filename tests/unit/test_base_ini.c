/* Recipes: what the header promises, on texts written here. */
#include "gwstest.h"

#include "base/ini.h"

#include <stdlib.h>
#include <string.h>

static const char recipe[] = "; comment\n"
                             "# another\n"
                             "[Train]\n"
                             "seed = 7\n"
                             "Rate_hz: 2048 ; inline\n"
                             "list = 1, 2.5 -3e-1\n"
                             "bad = 12x\n"
                             "tiny = 1e-46\n"
                             "[prior-mass1+mass2]\n"
                             "name =\n"
                             "text = first\n"
                             "    second line\n";

static void values(void **state)
{
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse(recipe, "r.ini", &err);
    assert_non_null(ini);
    int64_t k = 0;
    double x = 0, list[4];
    int n = 4;
    assert_int_equal(gws_ini_int(ini, "Train", "seed", 1, &k, &err), GWS_OK);
    assert_int_equal(k, 7);
    assert_int_equal(gws_ini_double(ini, "Train", "Rate_hz", 1, &x, &err), GWS_OK);
    assert_true(x == 2048);
    assert_int_equal(gws_ini_double(ini, "Train", "tiny", 1, &x, &err), GWS_OK);
    assert_true(x == 1e-46);
    assert_int_equal(gws_ini_double(ini, "Train", "rate_hz", 5, &x, &err), GWS_OK); /* case counts */
    assert_true(x == 5);
    assert_int_equal(gws_ini_doubles(ini, "Train", "list", list, &n, &err), GWS_OK);
    assert_int_equal(n, 3);
    assert_true(list[0] == 1 && list[1] == 2.5 && list[2] == -0.3);
    n = 2;
    assert_int_equal(gws_ini_doubles(ini, "Train", "list", list, &n, &err), GWS_EFORMAT);
    assert_string_equal(gws_ini_string(ini, "prior-mass1+mass2", "name", "x"), "");
    assert_string_equal(gws_ini_string(ini, "prior-mass1+mass2", "text", "x"), "first\nsecond line");
    assert_string_equal(gws_ini_string(ini, "prior-mass1+mass2", "absent", "x"), "x");
    assert_string_equal(gws_ini_text(ini), recipe);
    const char *section, *key, *value;
    assert_true(gws_ini_entry(ini, 0, &section, &key, &value));
    assert_string_equal(section, "Train");
    assert_string_equal(key, "seed");
    assert_false(gws_ini_entry(ini, 7, &section, &key, &value));
    gws_ini_destroy(ini);
}

static void errors_name_file_section_key(void **state)
{
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse(recipe, "r.ini", &err);
    double x;
    int64_t k;
    assert_int_equal(gws_ini_double(ini, "Train", "bad", 1, &x, &err), GWS_EFORMAT);
    assert_string_equal(err.text, "r.ini: [Train] bad: wanted a number, found '12x'");
    assert_true(x == 1);
    assert_int_equal(gws_ini_int(ini, "Train", "tiny", 1, &k, &err), GWS_EFORMAT);
    assert_int_equal(gws_ini_int(ini, "prior-mass1+mass2", "name", 1, &k, &err), GWS_EFORMAT);
    gws_ini_destroy(ini);
}

static void a_misspelt_key_is_found(void **state)
{
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse("[a]\nx = 1\nsede = 2\n[b]\ny = 1\n", "r.ini", &err);
    gws_ini_string(ini, "a", "x", NULL);
    gws_ini_string(ini, "a", "seed", NULL);
    assert_int_equal(gws_ini_unused(ini, "a", &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "[a] sede"));
    gws_ini_string(ini, "a", "sede", NULL);
    assert_int_equal(gws_ini_unused(ini, "a", &err), GWS_OK);
    assert_int_equal(gws_ini_unused(ini, NULL, &err), GWS_EFORMAT);
    gws_ini_destroy(ini);
}

static void broken_texts_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *want;
    } bad[] = {{"[a]\nx = 1\nno value\n", "line 3"},
               {"[a\n", "line 1"},
               {"[a]\nx = 1\ny = 2\nx = 3\n", "line 4: [a] x is set a second time"},
               {"[a]\nx = 1\n[b]\nx = 2\n[a]\n  x : 3\n", "line 6: [a] x is set a second time"},
               {"[a]\nx = 1\n   2\n; x = 5\n   x = 3\nx=4\n", "line 6: [a] x is set a second time"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        assert_null(gws_ini_parse(bad[i].text, "r.ini", &err));
        assert_int_equal(err.status, GWS_EFORMAT);
        assert_non_null(strstr(err.text, bad[i].want));
    }
    /* inih would cut these short and say nothing */
    char text[512];
    gws_err err = {0};
    snprintf(text, sizeof text, "[a]\nx = %0300d\n", 1);
    assert_null(gws_ini_parse(text, "r.ini", &err));
    assert_non_null(strstr(err.text, "line 2"));
    snprintf(text, sizeof text, "[%060d]\nx = 1\n", 1);
    assert_null(gws_ini_parse(text, "r.ini", &err));
    assert_non_null(strstr(err.text, "line 1"));
    assert_null(gws_ini_load("/nonexistent.ini", &err));
    assert_int_equal(err.status, GWS_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(errors_name_file_section_key),
        cmocka_unit_test(a_misspelt_key_is_found),
        cmocka_unit_test(broken_texts_are_refused_with_their_line),
    };
    return GWS_RUN_TESTS(tests);
}
