/* A program that uses libhdf5 beside gwspike.  Truth: what libhdf5 itself says of its error handler before and after a call, and the files
 * that it leaves when the program ends. */
#include "gwstest.h"

#include "base/file.h"
#include "base/hdf5.h"

#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int setup(void **state)
{
    snprintf(dir, sizeof dir, "gws-test-XXXXXX");
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    static const char *const names[] = {"a.hdf", "garbage", "host.hdf", "errors"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(names[i]);
    return chdir("..") == 0 ? rmdir(dir) : -1;
}

/* Every way through gwspike's HDF5: written, read, refused, not there. */
static void use_gwspike(void)
{
    const int64_t shape[1] = {3};
    const double x[3] = {1, 2, 3};
    double back[3];
    gws_err err = {0};
    gws_h5 *f = gws_h5_create("a.hdf", &err);

    assert_non_null(f);
    assert_int_equal(gws_h5_write_f64(f, "/x", 1, shape, x, &err), GWS_OK);
    assert_int_equal(gws_h5_append_f64(f, "/y", x, 3, &err), GWS_OK);
    assert_int_not_equal(gws_h5_write_f64(f, "/x", 1, shape, x, &err), GWS_OK); /* there already */
    gws_h5_close(f);
    assert_non_null(f = gws_h5_create("a.hdf", &err));
    assert_int_equal(gws_h5_write_f64(f, "/x", 1, shape, x, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_non_null(f = gws_h5_open("a.hdf", &err));
    assert_int_equal(gws_h5_read_f64(f, "/x", 0, 3, back, &err), GWS_OK);
    assert_int_not_equal(gws_h5_read_f64(f, "/nowhere", 0, 3, back, &err), GWS_OK);
    gws_h5_close(f);
    assert_int_equal(gws_file_write("garbage", "garbage", 7, &err), GWS_OK);
    assert_null(gws_h5_open("garbage", &err));
    assert_null(gws_h5_create("no/such/folder/a.hdf", &err));
}

static int called;

static herr_t on_error(hid_t stack, void *user)
{
    called += *(int *)user;
    return 0;
}

static herr_t on_error_old(void *user)
{
    called += *(int *)user;
    return 0;
}

static void test_handler_stays(void **state)
{
    int mine = 3;
    H5E_auto2_t fn = NULL;
    void *user = NULL;

    assert_true(H5Eset_auto2(H5E_DEFAULT, on_error, &mine) >= 0);
    use_gwspike();
    assert_true(H5Eget_auto2(H5E_DEFAULT, &fn, &user) >= 0);
    assert_true(fn == on_error && user == &mine);
    called = 0;
    assert_true(H5Fopen("absent.hdf", H5F_ACC_RDONLY, H5P_DEFAULT) < 0);
    assert_int_equal(called, 3);
}

static void test_silence_stays(void **state)
{
    H5E_auto2_t fn = on_error;
    void *user = &called;

    assert_true(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0);
    use_gwspike();
    assert_true(H5Eget_auto2(H5E_DEFAULT, &fn, &user) >= 0);
    assert_true(!fn && !user);
}

/* libhdf5 1.6's way to set the handler, which the newer question does not see. */
static void test_old_handler_stays(void **state)
{
    int mine = 5;
    unsigned is_new = 1;
    H5E_auto1_t fn = NULL;
    void *user = NULL;

    assert_true(H5Eset_auto1(on_error_old, &mine) >= 0);
    use_gwspike();
    assert_true(H5Eauto_is_v2(H5E_DEFAULT, &is_new) >= 0);
    assert_int_equal(is_new, 0);
    assert_true(H5Eget_auto1(&fn, &user) >= 0);
    assert_true(fn == on_error_old && user == &mine);
    called = 0;
    assert_true(H5Fopen("absent.hdf", H5F_ACC_RDONLY, H5P_DEFAULT) < 0);
    assert_int_equal(called, 5);
    assert_true(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0);
}

/* A host that leaves a file open for libhdf5 to write at the end, beside a file of gwspike's that does not fit. */
_Noreturn static void careless_host(void)
{
    static double x[100000];
    const int64_t shape[1] = {100000};
    const hsize_t one = 1;
    const struct rlimit limit = {200000, 200000};
    gws_err err = {0};
    FILE *to = freopen("errors", "w", stderr);

    signal(SIGXFSZ, SIG_IGN);
    if (!to || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(2);
    const hid_t file = H5Fcreate("host.hdf", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(1, &one, NULL);
    const hid_t set = H5Dcreate2(file, "/x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0)
        _exit(3);
    gws_h5 *f = gws_h5_create("a.hdf", &err);
    if (!f)
        _exit(4);
    for (int i = 0; i < shape[0]; i++)
        x[i] = i * 1.37e-21 / (i + 1); /* nothing that packs well */
    (void)gws_h5_append_f64(f, "/grown", x, shape[0], &err);
    (void)gws_h5_write_f64(f, "/x", 1, shape, x, &err);
    if (gws_h5_commit(f, &err) != GWS_EIO)
        _exit(5);
    exit(0);
}

static void test_exit_is_the_hosts(void **state)
{
    int status = 0;
    struct stat errors;
    const pid_t child = fork();

    if (child == 0)
        careless_host();
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(stat("errors", &errors), 0);
    assert_int_equal(errors.st_size, 0); /* libhdf5 did not complain about gwspike's file at exit */
    assert_int_equal(access("a.hdf", F_OK), -1);
    const hid_t file = H5Fopen("host.hdf", H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0); /* its hook at exit has written the host's */
    assert_true(H5Lexists(file, "/x", H5P_DEFAULT) > 0);
    assert_true(H5Fclose(file) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_handler_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silence_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_handler_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exit_is_the_hosts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
