/* The process that reads a file.  Truth: what POSIX says of signals; the faults are made by signals, for a fault inside libhdf5 that
 * every version of it has is not known. */
#include "gwstest.h"

#include "base/escape.h"
#include "base/hdf5.h"

#include <dirent.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "gws-test-XXXXXX", path[64];

static int setup(void **state)
{
    snprintf(dir, sizeof dir, "gws-test-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/a.hdf", dir);
    const double x[4] = {1, 2, 3, 4};
    const int64_t n = 4;
    gws_h5 *f = gws_h5_create(path, NULL);
    if (!f || gws_h5_write_f64(f, "/x", 1, &n, x, NULL) || gws_h5_put_attr_string(f, "/", "note", "text", NULL))
        return -1;
    return gws_h5_commit(f, NULL) ? -1 : 0;
}

static int teardown(void **state)
{
    gws_h5_stop_when(NULL);
    unlink(path);
    return rmdir(dir);
}

/* The first child of a process, by /proc; 0 where there is none or no /proc. */
static pid_t child_of(pid_t parent)
{
    DIR *d = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        char name[300], line[512] = "";
        int pid = atoi(e->d_name), ppid = 0;
        snprintf(name, sizeof name, "/proc/%s/stat", e->d_name);
        FILE *f = pid > 0 ? fopen(name, "r") : NULL;
        const char *end = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
        if (end && sscanf(end + 1, " %*c %d", &ppid) == 1 && ppid == parent)
            found = pid;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
    return found;
}

static gws_h5 *open_it(pid_t *reader)
{
    gws_err err = {0};
    gws_h5 *f = gws_h5_open(path, &err);
    if (!f)
        fail_msg("%s", err.text);
    pid_t factory = child_of(getpid());
    if (factory == 0)
        skip(); /* no /proc on this system */
    *reader = child_of(factory);
    assert_true(*reader > 0);
    return f;
}

static void a_reader_that_dies_is_one_sentence_from_then_on(void **state)
{
    static const struct {
        int signal;
        const char *says;
    } ends[] = {
        {SIGSEGV, "libhdf5 crashes on it"}, {SIGFPE, "libhdf5 crashes on it"}, {SIGPROF, "endless loop"}, {SIGKILL, "has died"}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        pid_t reader;
        double x[4];
        gws_err err = {0}, again = {0};
        gws_h5 *f = open_it(&reader);
        assert_int_equal(gws_h5_read_f64(f, "/x", 0, 4, x, &err), GWS_OK);
        assert_int_equal(gws_h5_check(f, &err), GWS_OK);
        kill(reader, ends[i].signal);
        assert_int_equal(gws_h5_read_f64(f, "/x", 0, 4, x, &err), GWS_EFORMAT);
        assert_non_null(strstr(err.text, path));
        assert_non_null(strstr(err.text, ends[i].says));
        assert_false(gws_h5_exists(f, "/none"));
        assert_int_equal(gws_h5_check(f, &again), GWS_EFORMAT);
        assert_string_equal(again.text, err.text);
        gws_h5_close(f);
    }
}

static int wanted_to_stop;

static int stop(void)
{
    return wanted_to_stop;
}

static void a_request_to_stop_ends_the_wait(void **state)
{
    pid_t reader;
    double x[4];
    gws_err err = {0};
    gws_h5 *f = open_it(&reader);
    gws_h5_stop_when(stop);
    kill(reader, SIGSTOP); /* answers no more, as in a loop */
    wanted_to_stop = 1;
    assert_int_equal(gws_h5_read_f64(f, "/x", 0, 4, x, &err), GWS_ESTOP); /* and not what patience at its end says */
    wanted_to_stop = 0;
    gws_h5_close(f);
    assert_int_not_equal(kill(reader, 0), 0); /* it is gone */
}

static void processor_time_and_memory_of_a_reader_are_limited(void **state)
{
#if defined(__linux__) && !GWS_TEST_SANITIZED
    pid_t reader;
    char name[64], line[256];
    int limited = 0;
    long long bytes = 0;
    gws_h5 *f = open_it(&reader);
    snprintf(name, sizeof name, "/proc/%d/limits", (int)reader);
    FILE *limits = fopen(name, "r");
    while (limits && fgets(line, sizeof line, limits))
        limited |= sscanf(line, "Max address space %lld", &bytes) == 1 && bytes > 0;
    if (limits)
        fclose(limits);
    assert_true(limited);
    gws_h5_close(f);
#endif
}

static void a_factory_that_was_killed_is_replaced(void **state)
{
    pid_t reader;
    double x[4];
    gws_err err = {0};
    gws_h5_close(open_it(&reader));
    kill(child_of(getpid()), SIGKILL);
    gws_h5 *f = gws_h5_open(path, &err);
    if (!f)
        fail_msg("%s", err.text);
    assert_int_equal(gws_h5_read_f64(f, "/x", 1, 2, x, &err), GWS_OK);
    assert_true(x[0] == 2 && x[1] == 3);
    gws_h5_close(f);
}

static void a_fork_reads_on_its_own(void **state)
{
    gws_h5_close(gws_h5_open(path, NULL));
    pid_t pid = fork();
    if (pid == 0) {
        double x[4] = {0};
        gws_h5 *f = gws_h5_open(path, NULL);
        int fine = f && gws_h5_read_f64(f, "/x", 0, 4, x, NULL) == GWS_OK && x[3] == 4;
        gws_h5_close(f);
        _exit(fine ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    gws_h5 *f = gws_h5_open(path, NULL);
    assert_non_null(f);
    gws_h5_close(f);
}

static void a_fork_does_not_end_what_is_not_its_own(void **state)
{
    double x[4] = {0};
    int status = 1;
    gws_h5 *f = gws_h5_open(path, NULL);
    assert_non_null(f);
    pid_t pid = fork();
    if (pid == 0) {
        gws_h5_close(f);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(gws_h5_read_f64(f, "/x", 0, 4, x, NULL), GWS_OK);
    gws_h5_close(f);
}

/* The fork holds a copy of the socket by whose end the factory knows that it is no longer wanted. */
static void a_program_ends_though_a_fork_of_it_lives_on(void **state)
{
    int ends[2], status = -1;
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        gws_h5_close(gws_h5_open(path, NULL));
        pid_t fork_of_it = fork();
        if (fork_of_it == 0) {
            alarm(200);
            _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1); /* until the test closes its end */
        }
        exit(fork_of_it > 0 ? 0 : 1);
    }
    close(ends[0]);
    for (int i = 0; i < 2400 && waitpid(pid, &status, WNOHANG) == 0; i++)
        usleep(50000);
    close(ends[1]);
    if (status < 0)
        waitpid(pid, NULL, 0);
    assert_int_equal(status, 0);
}

static void what_was_never_written_is_listed_and_reads_as_nan(void **state)
{
    hsize_t n = 1000, chunk = 100, from = 300, count = 200;
    double x[200], y[1000];
    int64_t *ranges = NULL;
    int n_ranges = 0;
    gws_err err = {0};
    gws_h5_info info;
    for (int i = 0; i < 200; i++)
        x[i] = 0; /* written zeros are data */
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), props = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &n, NULL), mem = H5Screate_simple(1, &count, NULL);
    H5Dclose(H5Dcreate2(f, "void", H5T_IEEE_F64LE, space, H5P_DEFAULT, props, H5P_DEFAULT));
    H5Pset_fill_value(props, H5T_NATIVE_INT, &(int){7});
    H5Dclose(H5Dcreate2(f, "whole_numbers", H5T_STD_I32LE, space, H5P_DEFAULT, props, H5P_DEFAULT));
    H5Pclose(props);
    props = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(props, 1, &chunk);
    hid_t set = H5Dcreate2(f, "part", H5T_IEEE_F64LE, space, H5P_DEFAULT, props, H5P_DEFAULT);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &count, NULL);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, mem, space, H5P_DEFAULT, x);
    H5Dclose(set);
    H5Sclose(mem);
    H5Sclose(space);
    H5Pclose(props);
    H5Fclose(f);
    gws_h5 *h = gws_h5_open(path, &err);
    assert_int_equal(gws_h5_stat(h, "/x", &info, &err), GWS_OK);
    assert_true(info.whole);
    assert_int_equal(gws_h5_stat(h, "/part", &info, &err), GWS_OK);
    assert_false(info.whole);
    assert_int_equal(gws_h5_written(h, "/part", &ranges, &n_ranges, &err), GWS_OK);
    assert_true(n_ranges == 1 && ranges[0] == 300 && ranges[1] == 500);
    free(ranges);
    assert_int_equal(gws_h5_read_f64(h, "/part", 0, 1000, y, &err), GWS_OK);
    for (int i = 0; i < 1000; i++)
        assert_true(i >= 300 && i < 500 ? y[i] == 0 : isnan(y[i]));
    assert_int_equal(gws_h5_written(h, "/void", &ranges, &n_ranges, &err), GWS_OK);
    assert_int_equal(n_ranges, 0);
    free(ranges);
    assert_int_equal(gws_h5_read_f64(h, "/void", 990, 10, y, &err), GWS_OK);
    assert_true(isnan(y[0]) && isnan(y[9]));
    int64_t k[2] = {0};
    assert_int_equal(gws_h5_read_i64(h, "/whole_numbers", 998, 2, k, &err), GWS_OK);
    assert_true(k[0] == 7 && k[1] == 7); /* the file's fill value */
    gws_h5_close(h);
}

static void text_is_shown_and_not_obeyed(void **state)
{
    static const struct {
        const char *text, *shown;
        int lines;
    } rows[] = {{"plain caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "plain caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 0},
                {"\033[2J\x7f", "\\x1b[2J\\x7f", 0},
                {"\xc2\x9b"
                 "31m",
                 "\\xc2\\x9b31m", 0},
                {"a\nb\tc\r", "a b\\x09c ", 0},
                {"a\nb\tc\r", "a\nb\tc\\x0d", 1},
                {"\xff\xc0\x80\xed\xa0\x80\xe2\x82", "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xe2\\x82", 0}};
    char out[100], small[6];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        gws_escape(out, sizeof out, rows[i].text, rows[i].lines);
        assert_string_equal(out, rows[i].shown);
    }
    gws_escape(small, sizeof small, "ab\033", 0);
    assert_string_equal(small, "ab");
    gws_err err = {0};
    gws_err_set(&err, GWS_EFORMAT, "%s", "name\033]0;x\007");
    assert_string_equal(err.text, "name\\x1b]0;x\\x07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_that_dies_is_one_sentence_from_then_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_to_stop_ends_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(processor_time_and_memory_of_a_reader_are_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(a_factory_that_was_killed_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fork_reads_on_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fork_does_not_end_what_is_not_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_ends_though_a_fork_of_it_lives_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_never_written_is_listed_and_reads_as_nan, setup, teardown),
        cmocka_unit_test(text_is_shown_and_not_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
