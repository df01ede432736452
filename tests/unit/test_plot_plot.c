/* Figures as files.  Truth: what the formats' own texts say (PNG, SVG 1.1, PDF), geometry (a text lies on its page, a line's extremes are
 * those of its data), and identity (the same calls, the same bytes). */
#include "gwstest.h"

#include "base/file.h"
#include "base/number.h"
#include "plot/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/gwspike_plot_XXXXXX";
static gws_err err;

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static size_t slurp(const char *path, char **data)
{
    size_t n;

    assert_int_equal(gws_file_read(path, (size_t)1 << 26, data, &n, &err), GWS_OK);
    return n;
}

/* Something of everything. */
static void draw(const char *path)
{
    static const gws_mark up = {GWS_UP, GWS_BLUE, 9};
    const gws_axis x = {0, 10, GWS_LINEAR, GWS_NUMBERS, "time (s)"}, y = {1, 1000, GWS_LOG10, GWS_NUMBERS, "rate <&> (Hz)"};
    const gws_key keys[] = {
        {.name = "line", .pen = &gws_style_lines[1]}, {.name = "mark", .mark = &up}, {.name = "area", .colour = GWS_SHADE}};
    const double t[] = {0, 2, NAN, 4, 10, 1e300}, r[] = {3, 500, 5, 0, 20, 1e300}, high[] = {4, 600, 6, 7, 30, 40};
    const gws_tick right[] = {{10, "ten"}, {11, "eleven"}, {100, "hundred"}, {1e6, "beyond"}};
    gws_plot *p = gws_plot_create(path, 480, 300, &err);

    assert_non_null(p);
    gws_plot_title(p, "A title", "and what is below it");
    gws_panel *q = gws_plot_panel(p, (gws_box){70, 90, 320, 150}, &x, &y);
    gws_panel_area(q, t, r, high, 6, GWS_LIGHT_BLUE);
    gws_panel_band(q, 3, 1e9, GWS_SHADE);
    gws_panel_line(q, t, r, 6, gws_style_lines[1]);
    gws_panel_hline(q, 10, gws_style_lines[3]);
    gws_panel_vline(q, 5, gws_style_lines[2]);
    gws_panel_bar(q, (gws_rect){6, 7, 1, 100}, GWS_GREEN);
    gws_panel_error(q, 8, 5, 50, gws_style_lines[0]);
    for (int shape = GWS_DISC; shape <= GWS_CROSS; shape++)
        gws_panel_mark(q, shape, 30, (gws_mark){(gws_shape)shape, GWS_ORANGE, 8});
    gws_panel_note(q, 8, 50, &(gws_note){4, 4, GWS_LEFT, GWS_INK, "a note"});
    gws_panel_tag(q, "tag");
    gws_panel_right(q, right, 4, "right side");
    gws_panel_legend(q, keys, 3);
    assert_int_equal(gws_plot_save(p, &err), GWS_OK);
    gws_plot_destroy(p);
}

static void the_ending_chooses_the_format(void **state)
{
    size_t n;
    char *data;

    (void)state;
    draw("a.png");
    n = slurp("a.png", &data);
    assert_memory_equal(data, "\x89PNG\r\n\x1a\n", 8);
    assert_memory_equal(data + 12, "IHDR\0\0\x03\x48\0\0\x02\x0d", 12); /* 840 x 525 */
    assert_memory_equal(data + n - 8, "IEND", 4);
    free(data);
    draw("a.PDF");
    n = slurp("a.PDF", &data);
    assert_memory_equal(data, "%PDF-1.", 7);
    assert_memory_equal(data + n - 6, "%%EOF\n", 6);
    free(data);
    draw("a.svg");
    n = slurp("a.svg", &data);
    assert_non_null(strstr(data, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert_string_equal(data + n - strlen("</svg>\n"), "</svg>\n");
    free(data);
    assert_null(gws_plot_create("a.gif", 10, 10, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_non_null(strstr(err.text, ".png .svg .pdf"));
}

/* Also after another figure, with which a drawing library may count on. */
static void same_calls_same_bytes(void **state)
{
    static const char *const ends[] = {"png", "svg", "pdf"};

    (void)state;
    for (int k = 0; k < 3; k++) {
        char names[2][16], *data[2];
        size_t n[2];
        for (int i = 0; i < 2; i++) {
            snprintf(names[i], sizeof names[i], "same%d.%s", i, ends[k]);
            draw(names[i]);
            draw("between.svg");
            n[i] = slurp(names[i], &data[i]);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(data[0], data[1], n[0]);
        if (k == 2)
            for (size_t i = 0; i + 12 < n[0]; i++)
                assert_true(memcmp(data[0] + i, "CreationDate", 12) != 0);
        free(data[0]);
        free(data[1]);
    }
}

static void texts_of_an_svg_are_text(void **state)
{
    static const char *const all[] = {">A title<",    ">and what is below it<",
                                      ">time (s)<",   ">rate &lt;&amp;&gt; (Hz)<",
                                      ">a note<",     ">tag<",
                                      ">line<",       ">mark<",
                                      ">area<",       ">ten<",
                                      ">hundred<",    ">right side<",
                                      ">1000</text>", ">10</text>"};
    char *data;

    (void)state;
    draw("texts.svg");
    slurp("texts.svg", &data);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strstr(data, all[i]))
            fail_msg("no %s", all[i]);
    assert_null(strstr(data, ">eleven<")); /* it has no room beside "ten" */
    assert_null(strstr(data, ">beyond<")); /* it is not on the axis */
    free(data);
}

/* The attribute of a text that holds this word. */
static double attribute(const char *svg, const char *word, const char *name)
{
    const char *at = strstr(svg, word);
    char wanted[32];
    double value;

    assert_non_null(at);
    while (strncmp(at, "<text ", 6) != 0)
        at--;
    snprintf(wanted, sizeof wanted, " %s=\"", name);
    assert_non_null(gws_number_read(strstr(at, wanted) + strlen(wanted), &value));
    return value;
}

static void no_text_leaves_the_page(void **state)
{
    char wide[600], *data;
    gws_canvas *c = gws_canvas_create("page.svg", 300, 100, &err);
    gws_type type = {12, GWS_INK, GWS_LEFT, GWS_REGULAR, GWS_ACROSS};

    (void)state;
    assert_non_null(c);
    gws_canvas_text(c, (gws_point){290, 20}, type, "begins late");
    type.anchor = GWS_RIGHT;
    gws_canvas_text(c, (gws_point){-50, 40}, type, "ends early");
    type.anchor = GWS_CENTRE;
    type.direction = GWS_UPWARDS;
    gws_canvas_text(c, (gws_point){20, 99}, type, "upwards");
    type.direction = GWS_ACROSS;
    gws_canvas_text(c, (gws_point){150, 60}, type, "a line of some sixty letters, which is set in smaller ones here");
    memset(wide, 'w', sizeof wide - 1);
    memcpy(wide, "first", 5);
    wide[sizeof wide - 1] = 0;
    gws_canvas_text(c, (gws_point){150, 80}, type, wide);
    gws_canvas_text(c, (gws_point){150, 120}, type, "below");
    gws_canvas_text(c, (gws_point){150, 90}, type, "bytes \xff\x01 of no text");
    assert_int_equal(gws_canvas_save(c, &err), GWS_OK);
    gws_canvas_destroy(c);
    slurp("page.svg", &data);
    static const char *const words[] = {"begins late", "ends early", "sixty letters", "first"};
    for (int i = 0; i < 4; i++) {
        const double x = attribute(data, words[i], "x"), length = attribute(data, words[i], "textLength");
        assert_true(x >= 4.99 && length > 0 && x + length <= 295.5);
    }
    assert_true(attribute(data, "upwards", "y") <= 95.01 &&
                attribute(data, "upwards", "y") - attribute(data, "upwards", "textLength") >= 4.99);
    assert_true(attribute(data, ">below<", "y") <= 97.01);
    assert_true(attribute(data, "sixty letters", "font-size") < 12);
    assert_true(fabs(attribute(data, "first", "font-size") - (GWS_SIZE_SMALLEST)) < 1e-9);
    assert_non_null(strstr(data, "w…</text>"));
    assert_non_null(strstr(data, "bytes \\xff\\x01 of no text"));
    free(data);
}

/* Lowest and highest y of all paths of a stroke. */
static void reach(const char *svg, const char *stroke, double *lowest, double *highest)
{
    int paths = 0;

    *lowest = HUGE_VAL;
    *highest = -HUGE_VAL;
    for (const char *at = strstr(svg, stroke); at; at = strstr(at + 1, stroke), paths++) {
        const char *c = strstr(at, " d=\"") + 4;
        for (c += strspn(c, "ML "); *c != '"'; c += strspn(c, "ML ")) {
            double x, y;
            assert_non_null(c = gws_number_read(c, &x));
            assert_non_null(c = gws_number_read(c, &y));
            *lowest = fmin(*lowest, y);
            *highest = fmax(*highest, y);
        }
    }
    assert_true(paths > 0);
}

/* A million points make a small file, whose line reaches as high and as low as they do. */
static void a_long_line_keeps_its_extremes(void **state)
{
    enum { N = 1000000 };
    double *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y), lowest, highest;
    const gws_axis ax = {0, N, GWS_LINEAR, GWS_NO_NUMBERS, NULL}, ay = {-10, 10, GWS_LINEAR, GWS_NO_NUMBERS, NULL};
    gws_plot *p = gws_plot_create("long.svg", 1000, 220, &err);
    char *data;

    (void)state;
    assert_true(x && y && p);
    srand48(7);
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = drand48() - 0.5;
    }
    y[123457] = 9;
    y[765432] = -8;
    gws_panel *q = gws_plot_panel(p, (gws_box){10, 10, 980, 200}, &ax, &ay);
    gws_panel_line(q, x, y, N, (gws_pen){0x123456, 1, GWS_SOLID});
    assert_int_equal(gws_plot_save(p, &err), GWS_OK);
    gws_plot_destroy(p);
    const size_t n = slurp("long.svg", &data);
    assert_true(n < 400000);
    reach(data, "stroke:rgb(7.0", &lowest, &highest);
    assert_true(fabs(lowest - (10 + 200 * (10 - 9) / 20.0)) < 0.01); /* y runs downwards */
    assert_true(fabs(highest - (10 + 200 * (10 + 8) / 20.0)) < 0.01);
    free(data);
    free(x);
    free(y);
}

/* A mark above the panel stands on its upper end, one beside it is not drawn. */
static void marks_beyond_the_panel(void **state)
{
    const gws_axis a = {0, 1, GWS_LINEAR, GWS_NO_NUMBERS, NULL};
    gws_plot *p = gws_plot_create("marks.svg", 200, 200, &err);
    char *data;

    (void)state;
    assert_non_null(p);
    gws_panel *q = gws_plot_panel(p, (gws_box){50, 50, 100, 100}, &a, &a);
    gws_panel_mark(q, 0.5, 1e300, (gws_mark){GWS_UP, 0xff0000, 10});
    gws_panel_mark(q, 2, 0.5, (gws_mark){GWS_UP, 0x00ff00, 10});
    gws_panel_mark(q, 0.5, NAN, (gws_mark){GWS_UP, 0x00ff00, 10});
    assert_int_equal(gws_plot_save(p, &err), GWS_OK);
    gws_plot_destroy(p);
    slurp("marks.svg", &data);
    assert_non_null(strstr(data, "fill:rgb(100%,0%,0%);fill-opacity:1;\" d=\"M 100 45 L 105 55 L 95 55"));
    assert_null(strstr(data, "rgb(0%,100%,0%)"));
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ending_chooses_the_format),  cmocka_unit_test(same_calls_same_bytes),
        cmocka_unit_test(texts_of_an_svg_are_text),       cmocka_unit_test(no_text_leaves_the_page),
        cmocka_unit_test(a_long_line_keeps_its_extremes), cmocka_unit_test(marks_beyond_the_panel),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
