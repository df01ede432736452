/* Axes and the table of styles.  Truth: identity (a tick's text is its value, a position turns back into its value), and for colours the
 * formulas of CIE 1976 L*a*b* (D65) and of Machado, Oliveira and Fernandes 2009 for deuteranopia. */
#include "gwstest.h"

#include "base/file.h"
#include "base/number.h"
#include "plot/axis.h"
#include "plot/style.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Length of what stands at c when it is this word, else 0. */
static size_t is(const char *c, const char *word)
{
    return strncmp(c, word, strlen(word)) == 0 ? strlen(word) : 0;
}

/* What a text says: "−2.5", "10⁶", "1.5×10⁻⁷". */
static double value_of(const char *text)
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char mantissa[80] = "";
    int exponent = 0, has_exponent = 0, exponent_sign = 1, times = 0;
    double sign = 1, value;
    size_t n;

    if ((n = is(text, "−"))) {
        sign = -1;
        text += n;
    }
    while (*text) {
        int digit = -1;
        for (int k = 0; k < 10; k++)
            if (is(text, raised[k]))
                digit = k;
        if ((n = is(text, "×10"))) {
            times = 1;
        } else if ((n = is(text, "⁻"))) {
            exponent_sign = -1;
        } else if (digit >= 0) {
            n = strlen(raised[digit]);
            exponent = 10 * exponent + digit;
            has_exponent = 1;
        } else {
            n = 1;
            strncat(mantissa, text, 1);
        }
        text += n;
    }
    assert_true(gws_number_parse(mantissa, &value));
    if (!has_exponent)
        return sign * value;
    assert_true(times || value == 10);
    return sign * (times ? value : 1) * pow(10, exponent_sign * exponent);
}

/* The step that a difference of two ticks is, but for the rounding of these: 1, 2 or 5 times a power of ten. */
static double round_step(double difference)
{
    const double power = pow(10, floor(log10(difference) + 1e-4)), times = round(difference / power);

    assert_true(times == 1 || times == 2 || times == 5);
    assert_true(fabs(difference / (times * power) - 1) < 1e-3);
    return times * power;
}

static void check_linear(double from, double to, int most)
{
    const gws_axis a = {from, to, GWS_LINEAR, GWS_NUMBERS, NULL};
    gws_tick t[GWS_TICKS];
    const int n = gws_axis_ticks(&a, most, t);

    assert_true(n >= 2 && n <= (most > 4 ? most + 1 : 5));
    const double step = round_step(t[1].at - t[0].at);
    for (int i = 0; i < n; i++) {
        const double place = gws_axis_place(&a, t[i].at);
        assert_true(place > -1e-6 && place < 1 + 1e-6);
        assert_true(fabs(t[i].at / step - round(t[i].at / step)) < 1e-4);
        assert_true(fabs(value_of(t[i].text) - t[i].at) < 1e-3 * step);
    }
}

static void linear_ticks_are_round_inside_and_say_their_value(void **state)
{
    (void)state;
    srand48(20150914);
    for (int k = 0; k < 20000; k++) {
        const double middle = (drand48() - 0.5) * pow(10, 6 * drand48() - 3), half = pow(10, 8 * drand48() - 5);
        check_linear(middle - half, middle + half, 1 + (int)(14 * drand48()));
    }
    check_linear(-0.3, 0.1, 6);
    check_linear(1e9, 1e9 + 1e-2, 5);
    check_linear(0, 2.5e-22, 5);
}

/* An axis that is given as one point is widened: its ends differ, and so do the texts of its ticks. */
static void one_point_is_an_axis(void **state)
{
    static const double at[] = {0, 5, -1e-21, 3e8};

    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        const gws_axis a = gws_axis_widened((gws_axis){at[i], at[i], GWS_LINEAR, GWS_NUMBERS, NULL});
        gws_tick t[GWS_TICKS];
        const int n = gws_axis_ticks(&a, 5, t);
        assert_true(a.from < at[i] && a.to > at[i] && n >= 2);
        assert_string_not_equal(t[0].text, t[1].text);
    }
    const gws_axis b = gws_axis_widened((gws_axis){20, 20, GWS_LOG10, GWS_NUMBERS, NULL});
    assert_true(b.from < 20 && b.to > 20);
}

static void powers_stand_where_their_logarithm_is(void **state)
{
    const gws_axis ten = {1e-2, 1e6, GWS_LOG10, GWS_NUMBERS, NULL}, two = {0.5, 64, GWS_LOG2, GWS_NUMBERS, NULL};

    (void)state;
    assert_true(fabs(gws_axis_place(&ten, 1e2) - (0.5)) < 1e-12);
    assert_true(fabs(gws_axis_place(&ten, 2) - ((2 + log10(2)) / 8)) < 1e-12);
    assert_true(fabs(gws_axis_place(&two, 8) - (4.0 / 7)) < 1e-12);
    assert_true(gws_axis_place(&ten, 0) == -HUGE_VAL && gws_axis_place(&ten, -1) == -HUGE_VAL);
    assert_true(isnan(gws_axis_place(&ten, NAN)));
}

static int numbered(const gws_tick *t, int n, double value)
{
    for (int i = 0; i < n; i++)
        if (fabs(t[i].at / value - 1) < 1e-9 && t[i].text[0])
            return fabs(value_of(t[i].text) / value - 1) < 1e-6;
    return 0;
}

static void logarithmic_ticks(void **state)
{
    gws_tick t[GWS_TICKS];
    int n;

    (void)state;
    const gws_axis wide = {1e-9, 1e9, GWS_LOG10, GWS_NUMBERS, NULL};
    n = gws_axis_ticks(&wide, 6, t); /* every third power has a number, the others a small tick */
    assert_true(numbered(t, n, 1e-9) && numbered(t, n, 1e-6) && numbered(t, n, 1) && numbered(t, n, 1e9) && !numbered(t, n, 1e7));
    const gws_axis rates = {10, 1e4, GWS_LOG10, GWS_NUMBERS, NULL};
    n = gws_axis_ticks(&rates, 12, t); /* there is room for 1, 2 and 5 */
    assert_true(numbered(t, n, 10) && numbered(t, n, 20) && numbered(t, n, 5000) && numbered(t, n, 1e4) && !numbered(t, n, 3000));
    n = gws_axis_ticks(&rates, 4, t);
    assert_true(numbered(t, n, 10) && numbered(t, n, 1e4) && !numbered(t, n, 20));
    const gws_axis threads = {sqrt(0.5), 16 * sqrt(2), GWS_LOG2, GWS_NUMBERS, NULL};
    n = gws_axis_ticks(&threads, 8, t);
    assert_int_equal(n, 5);
    for (int k = 0; k < 5; k++)
        assert_true(numbered(t, n, 1 << k));
    const gws_axis narrow = {11, 18, GWS_LOG10, GWS_NUMBERS, NULL}; /* no power within: round numbers */
    n = gws_axis_ticks(&narrow, 5, t);
    assert_true(n >= 2 && numbered(t, n, 12) && numbered(t, n, 16));
    for (double lo = 1e-12; lo < 1e12; lo *= 3.7)
        for (double decades = 0.01; decades < 30; decades *= 1.7) {
            const gws_axis a = {lo, lo * pow(10, decades), GWS_LOG10, GWS_NUMBERS, NULL};
            int with = 0;
            n = gws_axis_ticks(&a, 7, t);
            for (int i = 0; i < n; i++) {
                with += t[i].text[0] != 0;
                assert_true(t[i].at >= a.from * (1 - 1e-6) && t[i].at <= a.to * (1 + 1e-6));
                assert_true(i == 0 || t[i].at > t[i - 1].at);
            }
            assert_true(with >= 2);
        }
}

/* A rate that falls with the statistic as exp(-x) a decade a unit, known between 1 and 4 only. */
static double stat_of(double rate, const void *user)
{
    const double x = 5 - log10(rate);

    return x >= *(const double *)user && x <= 4 ? x : (double)NAN;
}

static void second_axis_stands_beside_the_first(void **state)
{
    const gws_axis rates = {1, 1e6, GWS_LOG10, GWS_NUMBERS, NULL};
    const double least = 1;
    gws_tick t[GWS_TICKS];
    const int n = gws_axis_ticks_mapped(&rates, 24, stat_of, &least, t);
    int powers = 0;

    (void)state;
    assert_true(n > 4);
    for (int i = 0; i < n; i++) {
        const double rate = value_of(t[i].text), power = log10(rate);
        assert_true(fabs(t[i].at - (5 - power)) < 1e-9); /* it turns back */
        assert_true(rate > 9.99 && rate < 10001);        /* others have no place */
        if (fabs(power - round(power)) < 1e-9)
            assert_int_equal(i, powers++); /* powers of ten come first */
    }
    assert_int_equal(powers, 4);
}

/* ---- colours ---- */

static void linear_rgb(uint32_t colour, double rgb[3])
{
    for (int c = 0; c < 3; c++) {
        const double v = (colour >> (16 - 8 * c) & 0xffu) / 255.0;
        rgb[c] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
}

static double lab_curve(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static void lab_of(const double rgb[3], double lab[3])
{
    static const double to_xyz[3][3] = {{0.4124, 0.3576, 0.1805}, {0.2126, 0.7152, 0.0722}, {0.0193, 0.1192, 0.9505}};
    static const double white[3] = {0.9505, 1.0, 1.089};
    double f[3];

    for (int i = 0; i < 3; i++) {
        double sum = 0;
        for (int c = 0; c < 3; c++)
            sum += to_xyz[i][c] * rgb[c];
        f[i] = lab_curve(sum / white[i]);
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static double lightness(uint32_t colour)
{
    double rgb[3], lab[3];

    linear_rgb(colour, rgb);
    lab_of(rgb, lab);
    return lab[0];
}

/* Difference of two colours as someone without green cones sees them. */
static double seen_without_green(uint32_t a, uint32_t b)
{
    static const double m[3][3] = {
        {0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}};
    double lab[2][3], sum = 0;

    for (int k = 0; k < 2; k++) {
        double rgb[3], seen[3];
        linear_rgb(k ? b : a, rgb);
        for (int i = 0; i < 3; i++)
            seen[i] = fmin(1, fmax(0, m[i][0] * rgb[0] + m[i][1] * rgb[1] + m[i][2] * rgb[2]));
        lab_of(seen, lab[k]);
    }
    for (int i = 0; i < 3; i++)
        sum += (lab[0][i] - lab[1][i]) * (lab[0][i] - lab[1][i]);
    return sqrt(sum);
}

static void lines_are_told_apart_in_grey_and_by_the_colour_blind(void **state)
{
    (void)state;
    assert_true(fabs(lightness(GWS_WHITE) - (100)) < 0.01);
    for (int i = 0; i < GWS_LINES; i++) {
        assert_true(100 - lightness(gws_style_lines[i].colour) > 25); /* on white paper */
        for (int k = 0; k < i; k++) {
            const gws_pen a = gws_style_lines[i], b = gws_style_lines[k];
            assert_true(a.dash != b.dash ||
                        (seen_without_green(a.colour, b.colour) > 15 && fabs(lightness(a.colour) - lightness(b.colour)) > 20));
            assert_true(i >= 4 || seen_without_green(a.colour, b.colour) > 15);
        }
    }
    /* The two heads of a network share every picture: 10 is seen at a glance, they have four times that. */
    assert_true(fabs(lightness(gws_style_lines[0].colour) - lightness(gws_style_lines[1].colour)) > 40);
    /* What is found and what is missed are marks without a dash. */
    assert_true(fabs(lightness(GWS_PURPLE) - lightness(GWS_ORANGE)) > 40);
}

/* The colours of a list in page.js: var NAME = ["#rrggbb", ...]. */
static int colours_of(const char *script, const char *name, uint32_t out[GWS_LINES])
{
    char begin[40];
    int n = 0;
    snprintf(begin, sizeof begin, "var %s = [", name);
    const char *at = strstr(script, begin);
    assert_non_null(at);
    const char *end = strchr(at, ']');
    for (at = strchr(at, '#'); at && at < end && n < GWS_LINES; at = strchr(at + 1, '#'))
        out[n++] = (uint32_t)strtoul(at + 1, NULL, 16);
    return n;
}

/* Pages have the pens of the figures, and on a dark ground others that are told apart as well. */
static void pages_have_the_pens_of_figures(void **state)
{
    char *script;
    size_t size;
    uint32_t light[GWS_LINES], dark[GWS_LINES];
    (void)state;
    assert_int_equal(gws_file_read(GWS_TEST_DIR "/../src/report/page.js", 1 << 20, &script, &size, NULL), GWS_OK);
    assert_int_equal(colours_of(script, "light", light), GWS_LINES);
    assert_int_equal(colours_of(script, "dark", dark), GWS_LINES);
    for (int i = 0; i < GWS_LINES; i++) {
        assert_int_equal(light[i], gws_style_lines[i].colour);
        assert_true(lightness(dark[i]) - lightness(0x1d2024) > 40);
        for (int k = 0; k < i; k++)
            if (gws_style_lines[i].dash == gws_style_lines[k].dash) {
                assert_true(seen_without_green(dark[i], dark[k]) > 15);
                assert_true(fabs(lightness(dark[i]) - lightness(dark[k])) > 20);
            }
    }
    free(script);
}

/* A map is read in grey: its colours rise in lightness, a step of the scale is seen everywhere. */
static void scale_rises_in_lightness(void **state)
{
    double last = -1;
    (void)state;
    for (int i = 0; i <= 64; i++) {
        const double l = lightness(gws_style_scale(i / 64.0));
        assert_true(l > last + 0.5);
        last = l;
    }
    assert_int_equal(gws_style_scale(-1), gws_style_scale(0));
    assert_int_equal(gws_style_scale(2), gws_style_scale(1));
    assert_int_equal(gws_style_scale((double)NAN), gws_style_scale(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_ticks_are_round_inside_and_say_their_value),
        cmocka_unit_test(one_point_is_an_axis),
        cmocka_unit_test(powers_stand_where_their_logarithm_is),
        cmocka_unit_test(logarithmic_ticks),
        cmocka_unit_test(second_axis_stands_beside_the_first),
        cmocka_unit_test(lines_are_told_apart_in_grey_and_by_the_colour_blind),
        cmocka_unit_test(pages_have_the_pens_of_figures),
        cmocka_unit_test(scale_rises_in_lightness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
