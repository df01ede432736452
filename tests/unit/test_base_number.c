/* Numbers as texts: what is one, what is none.  Truth: decimal notation of C17's strtod, 7.22.1.3. */
#include "gwstest.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

static void whole_texts(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0.5", 0.5},     {" 1e-24\t", 1e-24}, {"-3", -3},    {"+.25", 0.25}, {"7.", 7},
        {"1E3\r\n", 1e3}, {"4e-320", 4e-320},  {"0e-999", 0}, {"-0", 0},      {"1.7976931348623157e308", 1.7976931348623157e308}};
    static const char *const bad[] = {"",      " ",      "12abc", "1,5", "0x10", "-0X1p3", "nan", "inf",  "-infinity",
                                      "1e999", "1e-999", "1 2",   "1e+", "--1",  "e5",     ".",   "0.5.", "5e"};
    double x;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!gws_number_parse(good[i].text, &x) || x != good[i].value)
            fail_msg("'%s' is read as %g", good[i].text, x);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        x = 1;
        if (gws_number_parse(bad[i], &x) || x != 0)
            fail_msg("'%s' passes for %g", bad[i], x);
    }
}

static void numbers_in_a_row(void **state)
{
    double x;
    (void)state;
    const char *at = gws_number_read(" 1.5,-2e1 inf", &x);
    assert_true(at && *at == ',' && x == 1.5);
    at = gws_number_read(at + 1, &x);
    assert_true(at && *at == ' ' && x == -20);
    at = gws_number_read(at, &x);
    assert_true(at && *at == '\0' && isinf(x));
    assert_null(gws_number_read("0x1", &x));
    assert_null(gws_number_read("abc", &x));
    assert_true(x == 0);
}

static void prints_as_printf(void **state)
{
    char text[8];
    (void)state;
    assert_int_equal(gws_text_print(text, sizeof text, "%s %.3f", "x", 0.125), 7);
    assert_string_equal(text, "x 0.125");
    assert_int_equal(gws_text_print(text, sizeof text, "%d %d", 12345, 67890), 11);
    assert_string_equal(text, "12345 6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(numbers_in_a_row),
        cmocka_unit_test(prints_as_printf),
    };
    return GWS_RUN_TESTS(tests);
}
