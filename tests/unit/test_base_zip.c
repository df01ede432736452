/* base/zip.h: what the header promises.  The archives of others are numpy's (tests/golden/test_strain_files.c); Python's zipfile reads ours in
 * tests/cli/convert.sh. */
#include "base/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PATH "zip_test.zip"
#define BIG (3 << 20) /* longer than what a reader keeps */

static gws_err err;
static unsigned char *big;

static int enter(void **state)
{
    static char folder[] = "/tmp/gwspike_zip_XXXXXX";
    unsigned int x = 1;
    big = malloc(BIG);
    for (int i = 0; i < BIG; i++) {
        x = x * 1664525 + 1013904223;
        big[i] = (unsigned char)(x >> 28);
    }
    *state = folder;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    free(big);
    unlink(PATH);
    return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static void write_two(void)
{
    gws_output *o = gws_output_begin(PATH, 1, &err);
    assert_non_null(o);
    gws_zip_writer *w = gws_zip_writer_create(o, PATH, &err);
    assert_non_null(w);
    assert_int_equal(gws_zip_writer_member(w, "big", BIG, &err), GWS_OK);
    for (int at = 0; at < BIG; at += 65537)
        assert_int_equal(gws_zip_writer_write(w, big + at, (size_t)(BIG - at < 65537 ? BIG - at : 65537), &err), GWS_OK);
    assert_int_equal(gws_zip_writer_member(w, "word", 5, &err), GWS_OK);
    assert_int_equal(gws_zip_writer_write(w, "hello", 5, &err), GWS_OK);
    assert_int_equal(gws_zip_writer_end(w, "a comment", &err), GWS_OK);
    gws_zip_writer_destroy(w);
    assert_int_equal(gws_output_end(o, &err), GWS_OK);
}

static void what_is_written_is_read_in_any_order(void **state)
{
    (void)state;
    static const int at[] = {0, 2500000, 2000000, 0, BIG - 1000, 100, 2 << 20};
    const gws_zip_member *members;
    unsigned char got[100000];
    write_two();
    gws_zip *z = gws_zip_open(PATH, &err);
    assert_non_null(z);
    assert_int_equal(gws_zip_members(z, &members), 2);
    assert_string_equal(members[0].name, "big");
    assert_int_equal(members[0].size, BIG);
    assert_string_equal(members[1].name, "word");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const size_t n = BIG - at[i] < (int)sizeof got ? (size_t)(BIG - at[i]) : sizeof got;
        assert_int_equal(gws_zip_read(z, 0, at[i], n, got, &err), GWS_OK);
        assert_memory_equal(got, big + at[i], n);
        assert_int_equal(gws_zip_read(z, 1, 1, 4, got, &err), GWS_OK);
        assert_memory_equal(got, "ello", 4);
    }
    gws_zip_close(z);
}

/* A byte of the data that is another: the sum says so, or the unpacking does. */
static void a_wrong_byte_is_found(void **state)
{
    (void)state;
    unsigned char *got = malloc(BIG);
    for (long at = 1000; at < 1200000; at += 399999) {
        write_two();
        FILE *f = fopen(PATH, "r+b");
        assert_non_null(f);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        const int byte = fgetc(f);
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_not_equal(fputc(byte ^ 1, f), EOF);
        assert_int_equal(fclose(f), 0);
        gws_zip *z = gws_zip_open(PATH, &err);
        assert_non_null(z);
        assert_int_equal(gws_zip_read(z, 0, 0, BIG, got, &err), GWS_EFORMAT);
        gws_zip_close(z);
    }
    free(got);
}

static void what_is_no_archive_is_refused(void **state)
{
    (void)state;
    /* cut ever more at its end: its directory is not where it says, or is gone */
    for (long keep = 0; keep < 100; keep += 9) {
        write_two();
        FILE *f = fopen(PATH, "rb");
        assert_non_null(f);
        assert_int_equal(fseek(f, -1 - keep, SEEK_END), 0);
        const long size = ftell(f);
        fclose(f);
        assert_int_equal(truncate(PATH, size), 0);
        assert_null(gws_zip_open(PATH, &err));
        assert_int_equal(err.status, GWS_EFORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_in_any_order),
        cmocka_unit_test(a_wrong_byte_is_found),
        cmocka_unit_test(what_is_no_archive_is_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
