/* The container.  Truth: what was written comes back (identity); files of other writers are tests/fuzz/corpus/hdf5,
 * made by h5py 3.11.0 (tools/golden/fuzz_hdf5.py states their content). */
#include "gwstest.h"

#include "base/file.h"
#include "base/hdf5.h"

#include <dirent.h>
#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "gws-test-XXXXXX", path[64];

static int setup(void **state)
{
    snprintf(dir, sizeof dir, "gws-test-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/a.hdf", dir);
    return 0;
}

/* Names in the test's folder. */
static int files_left(void)
{
    DIR *d = opendir(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(dir); /* fails when a temporary file was forgotten */
}

static void write_one(const char *name)
{
    gws_err err = {0};
    gws_h5 *f = gws_h5_create(name, &err);
    assert_non_null(f);
    const int64_t shape[2] = {2, 3};
    const double d[6] = {1, 2, 3, 4, 5, 1e-46};
    const float s[3] = {0.5f, 1.5f, 2.5f};
    const int64_t i[2] = {INT64_MIN, 7};
    const uint32_t u[1] = {4000000000u};
    assert_int_equal(gws_h5_write_f64(f, "/a/b/d", 2, shape, d, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f32(f, "/a/s", 1, &shape[1], s, &err), GWS_OK);
    assert_int_equal(gws_h5_write_i64(f, "/a/i", 1, &shape[0], i, &err), GWS_OK);
    assert_int_equal(gws_h5_write_u32(f, "/u", 0, NULL, u, &err), GWS_OK);
    assert_int_equal(gws_h5_write_c128(f, "/c", 1, &shape[1], d, &err), GWS_OK);
    assert_int_equal(gws_h5_write_string(f, "/text", "caf\xc3\xa9", &err), GWS_OK);
    assert_int_equal(gws_h5_make_group(f, "/made/group", &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, "/a/s", "dt", 0.25, &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_i64(f, "/", "n", -9, &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_i64(f, "/", "n", -8, &err), GWS_OK); /* the last one counts */
    assert_int_equal(gws_h5_put_attr_string(f, "/", "empty", "", &err), GWS_OK);
    char *big = malloc(100001);
    assert_non_null(big);
    memset(big, 'x', 100000);
    big[100000] = '\0';
    assert_int_equal(gws_h5_put_attr_string(f, "/a", "big", big, &err), GWS_OK); /* beyond HDF5's 64 KiB header */
    free(big);
    static const char *const words[3] = {"one", "", "caf\xc3\xa9"};
    assert_int_equal(gws_h5_put_attr_strings(f, "/a", "words", words, 3, &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_strings(f, "/a", "no_words", NULL, 0, &err), GWS_OK);
    assert_int_equal(gws_h5_provenance(f, "gwspike test", 5, NULL, &err), GWS_OK);
    assert_false(gws_file_exists(name)); /* nothing is visible before commit */
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
}

static void round_trip(void **state)
{
    gws_err err = {0};
    write_one(path);
    assert_int_equal(files_left(), 1);
    gws_h5 *f = gws_h5_open(path, &err);
    assert_non_null(f);
    assert_string_equal(gws_h5_path(f), path);
    gws_h5_info info;
    double d[6], x;
    float s[3];
    int64_t i[2], k;
    char *text;
    assert_int_equal(gws_h5_stat(f, "/a/b/d", &info, &err), GWS_OK);
    assert_true(info.type == GWS_H5_F64 && info.ndim == 2 && info.shape[0] == 2 && info.shape[1] == 3);
    assert_int_equal(gws_h5_read_f64(f, "/a/b/d", 0, 6, d, &err), GWS_OK);
    assert_true(d[0] == 1 && d[4] == 5 && d[5] == 1e-46);
    assert_int_equal(gws_h5_read_f64(f, "/a/b/d", 1, 2, d, &err), GWS_EARG);
    assert_int_equal(gws_h5_read_f32(f, "/a/s", 1, 2, s, &err), GWS_OK);
    assert_true(s[0] == 1.5f && s[1] == 2.5f);
    assert_int_equal(gws_h5_read_f32(f, "/a/s", 1, 3, s, &err), GWS_EDATA);
    assert_int_equal(gws_h5_read_i64(f, "/a/i", 0, 2, i, &err), GWS_OK);
    assert_true(i[0] == INT64_MIN && i[1] == 7);
    assert_int_equal(gws_h5_read_i64(f, "/u", 0, 1, i, &err), GWS_OK);
    assert_true(i[0] == 4000000000);
    assert_int_equal(gws_h5_stat(f, "/c", &info, &err), GWS_OK);
    assert_true(info.type == GWS_H5_COMPOUND && info.ndim == 1 && info.shape[0] == 3);
    assert_int_equal(gws_h5_read_f64(f, "/c", 0, 3, d, &err), GWS_EDATA);
    assert_int_equal(gws_h5_read_string(f, "/text", 0, &text, &err), GWS_OK);
    assert_string_equal(text, "caf\xc3\xa9");
    free(text);
    assert_true(gws_h5_is_group(f, "/made/group") && !gws_h5_is_group(f, "/u") && !gws_h5_is_group(f, "/none"));
    assert_true(gws_h5_exists(f, "/a/b/d") && !gws_h5_exists(f, "/a/x/d") && !gws_h5_exists(f, "/u/d"));
    assert_int_equal(gws_h5_attr_f64(f, "/a/s", "dt", &x, &err), GWS_OK);
    assert_true(x == 0.25);
    assert_int_equal(gws_h5_attr_i64(f, "/", "n", &k, &err), GWS_OK);
    assert_int_equal(k, -8);
    assert_int_equal(gws_h5_attr_string(f, "/", "n", &text, &err), GWS_EDATA);
    assert_int_equal(gws_h5_attr_string(f, "/", "empty", &text, &err), GWS_OK);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(gws_h5_attr_string(f, "/a", "big", &text, &err), GWS_OK);
    assert_int_equal(strlen(text), 100000);
    free(text);
    char **words;
    int n_words;
    assert_int_equal(gws_h5_attr_strings(f, "/a", "words", &words, &n_words, &err), GWS_OK);
    assert_int_equal(n_words, 3);
    assert_string_equal(words[0], "one");
    assert_string_equal(words[1], "");
    assert_string_equal(words[2], "caf\xc3\xa9");
    gws_h5_list_free(words, n_words);
    assert_int_equal(gws_h5_attr_strings(f, "/a", "no_words", &words, &n_words, &err), GWS_OK);
    assert_int_equal(n_words, 0);
    gws_h5_list_free(words, n_words);
    assert_int_equal(gws_h5_attr_strings(f, "/", "empty", &words, &n_words, &err), GWS_OK);
    assert_int_equal(n_words, 1);
    assert_string_equal(words[0], "");
    gws_h5_list_free(words, n_words);
    assert_int_equal(gws_h5_attr_strings(f, "/", "n", &words, &n_words, &err), GWS_EDATA);
    assert_null(words);
    assert_int_equal(gws_h5_attr_strings(f, "/", "none", &words, &n_words, &err), GWS_EFORMAT);
    assert_int_equal(gws_h5_attr_string(f, "/", "command_line", &text, &err), GWS_OK);
    assert_string_equal(text, "gwspike test");
    free(text);
    assert_true(gws_h5_has_attr(f, "/", "git_hash") && gws_h5_has_attr(f, "/", "gwspike_version"));
    assert_false(gws_h5_has_attr(f, "/", "input_sha256"));
    char **names;
    int n;
    assert_int_equal(gws_h5_list(f, "/a", &names, &n, &err), GWS_OK);
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "b");
    assert_string_equal(names[2], "s");
    gws_h5_list_free(names, n);
    assert_int_equal(gws_h5_stat(f, "/a/none", &info, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "/a/none"));
    gws_h5_close(f);
}

static void same_bytes_twice(void **state)
{
    char other[64], a[65], b[65];
    snprintf(other, sizeof other, "%s/b.hdf", dir);
    write_one(path);
    write_one(other);
    assert_int_equal(gws_file_sha256(path, a, NULL), GWS_OK);
    assert_int_equal(gws_file_sha256(other, b, NULL), GWS_OK);
    unlink(other);
    assert_string_equal(a, b);
}

static void append_in_any_cuts(void **state)
{
    enum { N = 200001 };
    gws_err err = {0};
    double *x = malloc(N * sizeof *x), *y = calloc(N, sizeof *y);
    assert_true(x && y);
    for (int i = 0; i < N; i++)
        x[i] = 0.1 * i;
    gws_h5 *f = gws_h5_create(path, &err);
    for (int64_t at = 0, n = 0; at < N; at += n) {
        n = (at * 7919 + 12345) % 70000;
        n = n > N - at ? N - at : n;
        assert_int_equal(gws_h5_append_f64(f, "/H1/strain", x + at, n, &err), GWS_OK);
        float one = (float)at;
        assert_int_equal(gws_h5_append_f32(f, "/L1/strain", &one, 1, &err), GWS_OK);
    }
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    f = gws_h5_open(path, &err);
    gws_h5_info info;
    assert_int_equal(gws_h5_stat(f, "/H1/strain", &info, &err), GWS_OK);
    assert_int_equal(info.shape[0], N);
    assert_int_equal(gws_h5_read_f64(f, "/H1/strain", 0, N, y, &err), GWS_OK);
    assert_memory_equal(x, y, N * sizeof *x);
    assert_int_equal(gws_h5_read_f64(f, "/H1/strain", 65530, 20, y, &err), GWS_OK);
    assert_memory_equal(x + 65530, y, 20 * sizeof *x);
    gws_h5_close(f);
    free(x);
    free(y);
}

/* Whole chunks are packed here, on any threads, into what libhdf5 itself unpacks. */
static void chunks_packed_side_by_side(void **state)
{
    enum { N = 21 * 65536 + 77 };
    gws_err err = {0};
    double *x = malloc(N * sizeof *x), *y = calloc(N, sizeof *y);
    char other[64], a[65], b[65];
    snprintf(other, sizeof other, "%s/b.hdf", dir);
    assert_true(x && y);
    for (int i = 0; i < N; i++)
        x[i] = sin(0.001 * i * i);
    for (int k = 0; k < 2; k++) {
        gws_pool *pool = k ? gws_pool_create(3, &err) : NULL;
        gws_h5 *f = gws_h5_create(k ? other : path, &err);
        gws_h5_set_pool(f, pool);
        assert_int_equal(gws_h5_append_f64(f, "/x", x, N - 100, &err), GWS_OK);
        assert_int_equal(gws_h5_append_f64(f, "/x", x + N - 100, 100, &err), GWS_OK);
        assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
        gws_pool_destroy(pool);
    }
    assert_int_equal(gws_file_sha256(path, a, NULL), GWS_OK);
    assert_int_equal(gws_file_sha256(other, b, NULL), GWS_OK);
    assert_string_equal(a, b);
    hid_t file = H5Fopen(other, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "/x", H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, y) >= 0);
    H5Dclose(set);
    H5Fclose(file);
    assert_memory_equal(x, y, N * sizeof *x);
    unlink(other);
    free(x);
    free(y);
}

static void files_of_h5py(void **state)
{
    static const char *const names[2] = {"old.h5", "new.h5"};
    for (int k = 0; k < 2; k++) {
        gws_err err = {0};
        char name[1024], *text;
        double x[300];
        int64_t i[10];
        gws_h5_info info;
        snprintf(name, sizeof name, "%s/fuzz/corpus/hdf5/%s", GWS_TEST_DIR, names[k]);
        gws_h5 *f = gws_h5_open(name, &err);
        assert_non_null(f);
        assert_int_equal(gws_h5_attr_string(f, "/", "note", &text, &err), GWS_OK);
        assert_string_equal(text, "text of variable length");
        free(text);
        assert_int_equal(gws_h5_attr_string(f, "/", "fixed", &text, &err), GWS_OK);
        assert_string_equal(text, "fixed text");
        free(text);
        static const char *const sets[2] = {"/fixed", "/words"};
        for (int s = 0; s < 2; s++) {
            assert_int_equal(gws_h5_read_string(f, sets[s], 1, &text, &err), GWS_OK);
            assert_string_equal(text, "three");
            free(text);
            assert_int_equal(gws_h5_read_string(f, sets[s], 2, &text, &err), GWS_EDATA);
            assert_null(text);
        }
        assert_int_equal(gws_h5_read_i64(f, "/a/i16", 0, 10, i, &err), GWS_OK); /* big-endian in the file */
        assert_true(i[0] == -5 && i[9] == 4);
        assert_int_equal(gws_h5_read_i64(f, "/a/yes", 0, 2, i, &err), GWS_OK);
        assert_true(i[0] == 1 && i[1] == 0);
        assert_int_equal(gws_h5_read_f64(f, "/packed", 0, 300, x, &err), GWS_OK);
        assert_true(x[299] == 299 % 7);
        assert_int_equal(gws_h5_stat(f, "/empty", &info, &err), GWS_OK);
        assert_true(info.ndim == 1 && info.shape[0] == 0);
        assert_int_equal(gws_h5_stat(f, "/pair", &info, &err), GWS_OK);
        assert_int_equal(info.type, GWS_H5_COMPOUND);
        gws_h5_close(f);
    }
}

static void not_hdf5_truncated_missing(void **state)
{
    gws_err err = {0};
    assert_null(gws_h5_open(path, &err));
    assert_int_equal(err.status, GWS_EIO);
    assert_null(gws_h5_open(dir, &err));
    assert_int_equal(err.status, GWS_EIO);
    assert_int_equal(gws_file_write(path, "this is no HDF5 file", 20, &err), GWS_OK);
    assert_null(gws_h5_open(path, &err));
    assert_int_equal(err.status, GWS_EFORMAT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(gws_file_write(path, "", 0, &err), GWS_OK);
    assert_null(gws_h5_open(path, &err));
    unlink(path);
    char *data;
    size_t size;
    write_one(path);
    assert_int_equal(gws_file_read(path, 1 << 24, &data, &size, &err), GWS_OK);
    assert_int_equal(gws_file_write(path, data, size / 2, &err), GWS_OK);
    free(data);
    assert_null(gws_h5_open(path, &err));
    assert_int_equal(err.status, GWS_EFORMAT);
}

static void closing_leaves_the_old_file(void **state)
{
    char before[65], after[65];
    write_one(path);
    assert_int_equal(gws_file_sha256(path, before, NULL), GWS_OK);
    gws_h5 *f = gws_h5_create(path, NULL);
    const double x = 1;
    assert_int_equal(gws_h5_write_f64(f, "/x", 0, NULL, &x, NULL), GWS_OK);
    gws_h5_close(f);
    assert_int_equal(gws_file_sha256(path, after, NULL), GWS_OK);
    assert_string_equal(before, after);
    assert_int_equal(files_left(), 1);
    gws_err err = {0};
    assert_null(gws_h5_create("/nonexistent/a.hdf", &err));
    assert_int_equal(err.status, GWS_EIO);
}

/* A file-size limit refuses writes as a full disk does (EFBIG for ENOSPC), and needs no rights to set up. */
static int write_under_limit(int how)
{
    enum { N = 400000 };
    struct rlimit limit = {300000, 300000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 77;
    gws_err err = {0};
    double *x = malloc(N * sizeof *x);
    if (!x)
        return 77;
    for (int i = 0; i < N; i++)
        x[i] = 1.0 / (i + 1);
    gws_status status;
    if (how == 0) {
        status = gws_file_write(path, x, N * sizeof *x, &err);
    } else {
        gws_h5 *f = gws_h5_create(path, &err);
        if (!f)
            return 78;
        const int64_t n = N;
        status = how == 1 ? gws_h5_write_f64(f, "/x", 1, &n, x, &err) : gws_h5_append_f64(f, "/x", x, n, &err);
        gws_status last = gws_h5_commit(f, &err);
        if (!last)
            return 79; /* it says that all is well */
        status = last;
    }
    free(x);
    return status == GWS_EIO && err.text[0] ? 0 : 80;
}

static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
    for (int how = 0; how < 3; how++) {
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            exit(write_under_limit(how)); /* with exit handlers: libhdf5's must not hang or crash */
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("writer %d: status %d signal %d", how, WEXITSTATUS(status), WTERMSIG(status));
        assert_int_equal(files_left(), 0);
    }
}

static void a_failed_write_is_not_forgotten_by_commit(void **state)
{
    /* libhdf5 flushes and closes happily a file in which an earlier write found the disk full */
    gws_err err = {0};
    const double x = 1;
    gws_h5 *f = gws_h5_create(path, &err);
    assert_int_equal(gws_h5_write_f64(f, "/x", 0, NULL, &x, &err), GWS_OK);
    assert_int_equal(gws_h5_write_f64(f, "/x/y", 0, NULL, &x, &err), GWS_EIO);
    assert_int_equal(gws_h5_commit(f, &err), GWS_EIO);
    assert_int_equal(files_left(), 0);
}

static void eight_dimensions_and_no_more(void **state)
{
    /* deep.h5 is a file of h5py with nine, which this interface cannot write */
    gws_err err = {0};
    const int64_t shape[8] = {1, 1, 2, 1, 1, 1, 1, 3};
    const double x[6] = {0, 1, 2, 3, 4, 5};
    double y[6];
    gws_h5_info info;
    gws_h5 *f = gws_h5_create(path, &err);
    assert_int_equal(gws_h5_write_f64(f, "/x", 8, shape, x, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    f = gws_h5_open(path, &err);
    assert_int_equal(gws_h5_stat(f, "/x", &info, &err), GWS_OK);
    assert_true(info.ndim == 8 && info.shape[7] == 3);
    assert_int_equal(gws_h5_read_f64(f, "/x", 0, 6, y, &err), GWS_OK);
    assert_memory_equal(x, y, sizeof x);
    gws_h5_close(f);
    char name[1024];
    snprintf(name, sizeof name, "%s/fuzz/corpus/hdf5/deep.h5", GWS_TEST_DIR);
    f = gws_h5_open(name, &err);
    assert_non_null(f);
    assert_int_equal(gws_h5_stat(f, "/nine", &info, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "dimensions"));
    gws_h5_close(f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(round_trip),
        TEST(same_bytes_twice),
        TEST(append_in_any_cuts),
        TEST(chunks_packed_side_by_side),
        TEST(files_of_h5py),
        TEST(not_hdf5_truncated_missing),
        TEST(closing_leaves_the_old_file),
        TEST(a_full_disk_is_an_error_and_leaves_nothing),
        TEST(a_failed_write_is_not_forgotten_by_commit),
        TEST(eight_dimensions_and_no_more),
    };
    return GWS_RUN_TESTS(tests);
}
