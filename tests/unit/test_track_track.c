/* The trace of a training.  Truth: the bytes of TensorBoard's own messages (tools/golden/track.py, tensorboard 2.21.0), published checksums, and
 * what a folder must hold after a run that was stopped, killed, and resumed. */
#include "golden/track.h"
#include "base/file.h"
#include "gwstest.h"
#include "track/lines.h"
#include "track/track.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double at_noon(void)
{
    return 1700000000.5;
}

static char folder[] = "/tmp/gwspike-track-XXXXXX";
static gws_err err;

static char *path_of(int file)
{
    static char path[GWS_TRACK_FILES][200];
    snprintf(path[file], sizeof path[file], "%s/%s", folder, gws_track_file[file]);
    return path[file];
}

static int begin_folder(void **state)
{
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end_folder(void **state)
{
    for (int i = 0; i < GWS_TRACK_FILES; i++)
        unlink(path_of(i));
    return rmdir(folder);
}

static const gws_track_run RUN = {.recipe = GOLDEN_TRACK_RECIPE,
                                  .recipe_name = "small.ini",
                                  .output = "m.hdf",
                                  .command = "gwspike train --config small.ini",
                                  .seed = 3,
                                  .parameters = 12,
                                  .clock = at_noon};

static gws_track *open_at(int64_t step, int resume)
{
    gws_track_run run = RUN;
    run.folder = folder;
    run.step = step;
    run.resume = resume;
    gws_track *t = gws_track_open(&run, &err);
    if (!t)
        fail_msg("%s", err.text);
    return t;
}

static void put(gws_track *t, int64_t step)
{
    const double loss = 1.0 / (double)step, two[2] = {0.25, NAN};
    const gws_track_value values[] = {{"loss", "loss", &loss, 1}, {"held_out", "distances", two, 2}};
    assert_int_equal(gws_track_put(t, &(gws_track_row){"joint", step - 1, step, values, 2}, &err), GWS_OK);
}

static char *contents(int file, size_t *size)
{
    char *text = NULL;
    assert_int_equal(gws_file_read(path_of(file), 1 << 20, &text, size, &err), GWS_OK);
    return text;
}

/* RFC 3720, B.4: 32 bytes of zeros, of ones, rising; and the check value of the catalogue of CRCs. */
static void checksums_are_castagnolis(void **state)
{
    unsigned char b[32] = {0};
    assert_int_equal(gws_crc32c(b, 32), 0x8a9136aa);
    memset(b, 0xff, 32);
    assert_int_equal(gws_crc32c(b, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        b[i] = (unsigned char)i;
    assert_int_equal(gws_crc32c(b, 32), 0x46dd794e);
    assert_int_equal(gws_crc32c("123456789", 9), 0xe3069283);
}

static void event_file_is_tensorboards_byte_for_byte(void **state)
{
    static const float x[] = {-1.0f, 0.0f, 0.5f, 2.0f};
    size_t n;
    gws_track *t = open_at(0, 0);
    put(t, 4);
    assert_int_equal(gws_track_histogram(t, 4, "weights/lif.0.weight", x, 4, &err), GWS_OK);
    assert_int_equal(gws_track_image(t, 4, "raster", &(gws_picture){2, 1, "\x89PNG", 4}, &err), GWS_OK);
    assert_int_equal(gws_track_end(t, 4, GWS_OK, NULL, &err), GWS_OK);
    gws_track_destroy(t);
    char *got = contents(GWS_TRACK_BOARD, &n);
    assert_int_equal(n, sizeof golden_track_bytes);
    assert_memory_equal(got, golden_track_bytes, n);
    free(got);
}

static double in_thirds(void)
{
    static double now_s = 1700000000.0;
    return now_s += 1.0 / 3.0;
}

/* A row's numbers share their digits: a clock reading that takes 17 must not lengthen the others. */
static void clock_does_not_show_in_other_numbers(void **state)
{
    size_t n;
    gws_track_run run = RUN;
    run.folder = folder;
    run.clock = in_thirds;
    gws_track *t = gws_track_open(&run, &err);
    assert_non_null(t);
    const double lr = 2e-5;
    for (int64_t step = 1; step <= 5; step++)
        assert_int_equal(
            gws_track_put(t, &(gws_track_row){"joint", step, step, &(gws_track_value){"gradient", "lr", &lr, 1}, 1}, &err), GWS_OK);
    gws_track_destroy(t);
    char *got = contents(GWS_TRACK_ROWS, &n);
    int rows = 0;
    for (const char *at = got; (at = strstr(at, "\"lr\": 2e-5, \"elapsed_s\": ")); at++)
        rows++;
    assert_int_equal(rows, 5);
    free(got);
}

static int count_kind(void *user, const gws_json *j)
{
    int *of = user;
    const char *kind = gws_json_get_string(j, "kind");
    of[strcmp(kind, "run") == 0 ? 0 : strcmp(kind, "resume") == 0 ? 1 : strcmp(kind, "histogram") == 0 ? 2 : 3]++;
    return 0;
}

static int list_steps(void *user, const gws_json *j)
{
    char *text = user;
    sprintf(text + strlen(text), "%d.%d ", (int)gws_lines_number(j, "run", 0), (int)gws_lines_number(j, "total_step", 0));
    return 0;
}

static void a_run_that_goes_on_repeats_no_row(void **state)
{
    static const float x[] = {1.0f, 2.0f};
    char steps[200] = "";
    int kinds[4] = {0};
    gws_track *t = open_at(0, 0);
    for (int64_t step = 1; step <= 5; step++) {
        put(t, step);
        assert_int_equal(gws_track_histogram(t, step, "w", x, 2, &err), GWS_OK);
    }
    gws_track_destroy(t);                       /* killed: no end */
    for (int i = 0; i < GWS_TRACK_FILES; i++) { /* in the middle of a row */
        FILE *f = fopen(path_of(i), "a");
        fputs("{\"kind\": \"histo", f);
        fclose(f);
    }
    t = open_at(3, 1);
    for (int64_t step = 4; step <= 6; step++)
        put(t, step);
    gws_track_destroy(t);
    assert_int_equal(gws_lines_each(path_of(GWS_TRACK_ROWS), list_steps, steps, &err), GWS_OK);
    assert_string_equal(steps, "1.1 1.2 1.3 1.4 1.5 1.6 ");
    assert_int_equal(gws_lines_each(path_of(GWS_TRACK_REST), count_kind, kinds, &err), GWS_OK);
    assert_int_equal(kinds[0], 1);
    assert_int_equal(kinds[1], 1);
    assert_int_equal(kinds[2], 3);
    assert_int_equal(kinds[3], 0);
    int64_t kept, all;
    size_t n;
    free(contents(GWS_TRACK_BOARD, &n));
    assert_int_equal(gws_board_kept(path_of(GWS_TRACK_BOARD), 5, &kept, &err), GWS_OK);
    assert_int_equal(gws_board_kept(path_of(GWS_TRACK_BOARD), 6, &all, &err), GWS_OK);
    assert_int_equal(all, n); /* all whole, and the last record is step 6 */
    assert_true(kept < all);
}

static void another_run_gets_the_next_number_and_touches_no_row(void **state)
{
    char steps[200] = "";
    gws_track *t = open_at(0, 0);
    put(t, 1);
    put(t, 2);
    gws_track_destroy(t);
    t = open_at(0, 0);
    put(t, 1);
    gws_track_destroy(t);
    t = open_at(1, 1); /* of the second */
    put(t, 2);
    gws_track_destroy(t);
    assert_int_equal(gws_lines_each(path_of(GWS_TRACK_ROWS), list_steps, steps, &err), GWS_OK);
    assert_string_equal(steps, "1.1 1.2 2.1 2.2 ");
}

static void lines_of_older_programs_stay(void **state)
{
    static const char old[] = "{\"phase\": \"joint\", \"step\": 20, \"loss\": 1.0}\n";
    size_t n;
    FILE *f = fopen(path_of(GWS_TRACK_ROWS), "w");
    fputs(old, f);
    fclose(f);
    gws_track *t = open_at(0, 1);
    put(t, 1);
    gws_track_destroy(t);
    char *text = contents(GWS_TRACK_ROWS, &n);
    assert_int_equal(strncmp(text, old, strlen(old)), 0);
    assert_true(n > strlen(old));
    free(text);
}

static void every_number_is_in_one_stretch_of_a_histogram(void **state)
{
    float x[1000];
    gws_histogram h;
    for (int i = 0; i < 1000; i++)
        x[i] = (float)((i * 7919) % 1000) / 999.0f;
    x[5] = NAN;
    gws_histogram_make(x, 1000, &h);
    assert_int_equal(h.n, GWS_BUCKETS);
    assert_int_equal(h.lost, 1);
    double sum = 0.0;
    for (int k = 0; k < h.n; k++) {
        double want = 0.0;
        for (int i = 0; i < 1000; i++) {
            const double low = k ? h.limit[k - 1] : -1.0;
            want += (double)x[i] >= low && ((double)x[i] < h.limit[k] || (k == h.n - 1 && (double)x[i] <= h.limit[k]));
        }
        assert_true(h.count[k] == want);
        sum += h.count[k];
    }
    assert_true(sum == 999.0 && h.num == 999.0);
    gws_histogram_make((const float[]){3.0f, 3.0f}, 2, &h);
    assert_int_equal(h.n, 1);
    assert_true(h.limit[0] == 3.0 && h.count[0] == 2.0);
    gws_histogram_make(x, 0, &h);
    assert_int_equal(h.n, 0);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    gws_track_run run = RUN;
    run.folder = "/nonexistent";
    assert_null(gws_track_open(&run, &err));
    assert_int_equal(err.status, GWS_EIO);
    assert_non_null(strstr(err.text, "/nonexistent/trainlog.jsonl"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin_folder, end_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_castagnolis),
        IN_FOLDER(event_file_is_tensorboards_byte_for_byte),
        IN_FOLDER(clock_does_not_show_in_other_numbers),
        IN_FOLDER(a_run_that_goes_on_repeats_no_row),
        IN_FOLDER(another_run_gets_the_next_number_and_touches_no_row),
        IN_FOLDER(lines_of_older_programs_stay),
        cmocka_unit_test(every_number_is_in_one_stretch_of_a_histogram),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
