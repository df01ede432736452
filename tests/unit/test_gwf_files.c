/* Frame files: the checksum against its published value, what is written is what is read, with and without a table of contents; and no byte of a
 * file can be changed or left out without a sentence that says where. */
#include "gwstest.h"

#include "gwf/crc.h"
#include "gwf/writer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define T0 1126259446
#define FRAMES 3
#define N 1024

static char path[] = "test_gwf_files.gwf";

/* POSIX 1003.1 "cksum" of "123456789"; the value of CRC-32/CKSUM in the catalogue of parametrised CRC algorithms (reveng). */
static void the_checksum_is_posix_cksum(void **state)
{
    gws_crc c = {0};
    (void)state;
    assert_int_equal(gws_crc_of("123456789", 9), 930766865u);
    for (int i = 0; i < 9; i++)
        gws_crc_push(&c, &"123456789"[i], 1);
    assert_int_equal(gws_crc_get(&c), 930766865u);
    assert_int_equal(gws_crc_of("", 0), 4294967295u);
}

static double strain(int frame, int i)
{
    return 1e-21 * ((i * 37 + frame * 11) % 203 - 100);
}

/* Three frames of H1 and L1, L1 missing from the second. */
static void write_file(int level)
{
    gws_err err = {0};
    gws_gwf_writer *w = gws_gwf_writer_create(path, "TEST", level, &err);
    if (!w)
        fail_msg("%s", err.text);
    for (int k = 0; k < FRAMES; k++) {
        static double h[N];
        static float l[N / 4];
        static uint32_t state[4];
        for (int i = 0; i < N; i++)
            h[i] = strain(k, i);
        for (int i = 0; i < N / 4; i++)
            l[i] = (float)strain(k, i + 5);
        for (int i = 0; i < 4; i++)
            state[i] = 0xFFFFFFF0u + (unsigned)i;
        const gws_gwf_channel_data c[] = {{"H1:TEST-STRAIN", "strain", GWS_GWF_F8, h, N, 4.0 / N, 0},
                                          {"H1:TEST-STATE", "0:A 1:B", GWS_GWF_U4, state, 4, 1, 0},
                                          {"L1:TEST-STRAIN", NULL, GWS_GWF_F4, l, N / 4, 16.0 / N, 0}};
        if (gws_gwf_writer_frame(w, (INT64_C(1000000000) * (T0 + 4 * k)), 4, c, k == 1 ? 2 : 3, &err) != GWS_OK)
            fail_msg("%s", err.text);
    }
    if (gws_gwf_writer_commit(w, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

static void check_file(gws_gwf *f)
{
    gws_err err = {0};
    const gws_gwf_frame *frame;
    assert_non_null(f);
    assert_int_equal(gws_gwf_version(f), 8);
    assert_int_equal(gws_gwf_frames(f, &frame), FRAMES);
    assert_int_equal(gws_gwf_channels(f), 3);
    const int h = gws_gwf_find(f, "H1:TEST-STRAIN"), l = gws_gwf_find(f, "L1:TEST-STRAIN"), q = gws_gwf_find(f, "H1:TEST-STATE");
    assert_true(h >= 0 && l >= 0 && q >= 0 && gws_gwf_find(f, "V1:TEST-STRAIN") < 0);
    for (int k = 0; k < FRAMES; k++) {
        gws_gwf_series s;
        double x[N];
        assert_true(frame[k].t0_ns == INT64_C(1000000000) * (T0 + 4 * k) && frame[k].dt_s == 4);
        assert_int_equal(gws_gwf_stat(f, h, k, &s, &err), GWS_OK);
        assert_true(s.present && s.n == N && s.dx_s == 4.0 / N && s.type == GWS_GWF_F8 && s.t0_ns == frame[k].t0_ns);
        assert_string_equal(s.unit, "strain");
        assert_int_equal(gws_gwf_read(f, &s, 0, N, x, &err), GWS_OK);
        for (int i = 0; i < N; i++)
            assert_true(x[i] == strain(k, i));
        assert_int_equal(gws_gwf_stat(f, l, k, &s, &err), GWS_OK);
        assert_int_equal(s.present, k != 1);
        if (k != 1) {
            assert_int_equal(gws_gwf_read(f, &s, 0, N / 4, x, &err), GWS_OK);
            for (int i = 0; i < N / 4; i++)
                assert_true(x[i] == (double)(float)strain(k, i + 5));
        }
        assert_int_equal(gws_gwf_stat(f, q, k, &s, &err), GWS_OK);
        assert_string_equal(s.unit, "0:A 1:B");
        assert_int_equal(gws_gwf_read(f, &s, 0, 4, x, &err), GWS_OK);
        for (int i = 0; i < 4; i++)
            assert_true(x[i] == 4294967280.0 + i);
    }
    gws_gwf_close(f);
}

static unsigned char *load(size_t *n)
{
    struct stat st;
    const int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    unsigned char *p = malloc((size_t)st.st_size);
    assert_non_null(p);
    assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
    close(fd);
    *n = (size_t)st.st_size;
    return p;
}

static void what_is_written_is_read(void **state)
{
    gws_err err = {0};
    (void)state;
    for (int level = 0; level < 2; level++) {
        size_t n;
        write_file(level);
        check_file(gws_gwf_open(path, &err));
        unsigned char *bytes = load(&n);
        check_file(gws_gwf_open_bytes("in memory", bytes, n, &err));
        assert_null(gws_gwf_open_bytes("in memory", bytes, n / 2, &err));
        assert_non_null(strstr(err.text, "in memory: "));
        free(bytes);
        gws_gwf *f = gws_gwf_open(path, &err);
        assert_non_null(f);
        if (gws_gwf_verify(f, &err) != GWS_OK)
            fail_msg("%s", err.text);
        gws_gwf_close(f);
    }
    unlink(path);
}

static void store(const unsigned char *p, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
}

/* FrEndOfFile.seekTOC stands 20 bytes before its end. */
static void without_a_table_of_contents_the_file_is_walked(void **state)
{
    gws_err err = {0};
    size_t n;
    (void)state;
    write_file(1);
    unsigned char *p = load(&n);
    memset(p + n - 20, 0, 8);
    store(p, n);
    check_file(gws_gwf_open(path, &err));
    memset(p + n - 20, 0x5a, 8); /* nor where it leads nowhere */
    store(p, n);
    check_file(gws_gwf_open(path, &err));
    free(p);
    unlink(path);
}

/* Read all that a file says it has.  Returns 0 when something was refused, with a sentence that names the file. */
static int is_whole(void)
{
    gws_err err = {0};
    gws_gwf *f = gws_gwf_open(path, &err);
    int good = f != NULL;
    for (int c = 0; good && c < gws_gwf_channels(f); c++)
        for (int k = 0; good && k < gws_gwf_frames(f, NULL); k++) {
            gws_gwf_series s;
            double x[4];
            good = gws_gwf_stat(f, c, k, &s, &err) == GWS_OK &&
                   (!s.present || gws_gwf_read(f, &s, 0, s.n < 4 ? s.n : 4, x, &err) == GWS_OK);
        }
    good = good && gws_gwf_verify(f, &err) == GWS_OK;
    gws_gwf_close(f);
    assert_true(good || strstr(err.text, path));
    return good;
}

static void no_byte_can_change_unseen(void **state)
{
    size_t n;
    (void)state;
    write_file(1);
    unsigned char *p = load(&n);
    assert_true(is_whole());
    for (size_t i = 0; i < n; i += 3 + i % 29) {
        if (i == 26 || (i > 26 && i < 38)) /* pi, which says nothing here; the file's checksum covers it all the same */
            continue;
        p[i] ^= (unsigned char)(1u << i % 8);
        store(p, n);
        if (is_whole())
            fail_msg("byte %zu of %zu was changed and nobody saw", i, n);
        p[i] ^= (unsigned char)(1u << i % 8);
    }
    for (size_t i = 0; i < n; i += 13) {
        store(p, i);
        if (is_whole())
            fail_msg("the first %zu bytes of %zu are a whole file", i, n);
    }
    free(p);
    unlink(path);
}

static void refusals_name_what_is_wrong(void **state)
{
    size_t n;
    gws_err err = {0};
    (void)state;
    assert_null(gws_gwf_open("nowhere.gwf", &err));
    assert_true(err.status == GWS_EIO);
    write_file(1);
    unsigned char *p = load(&n);
    p[5] = 4;
    store(p, n);
    assert_null(gws_gwf_open(path, &err));
    assert_true(err.status == GWS_EVERSION && strstr(err.text, "version 4"));
    p[5] = 8;
    p[0] = 'X';
    store(p, n);
    assert_int_equal(gws_gwf_probe(path), 0);
    assert_null(gws_gwf_open(path, &err));
    assert_true(strstr(err.text, "not a frame file") != NULL);
    free(p);
    unlink(path);
    assert_int_equal(gws_gwf_probe("."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_posix_cksum),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(without_a_table_of_contents_the_file_is_walked),
        cmocka_unit_test(no_byte_can_change_unseen),
        cmocka_unit_test(refusals_name_what_is_wrong),
    };
    return GWS_RUN_TESTS(tests);
}
