/* Log files that are renamed when they are large.  Truth: the promises of the header; every line is somewhere, once. */
#include "gwstest.h"
#include "base/logfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/gws-logfile-XXXXXX", path[100];

static int enter(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/run.log", folder);
    return 0;
}

static int leave(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int clean(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s/*", folder);
    return system(command);
}

static gws_logfile *open_file(int64_t most_bytes, int keep)
{
    gws_err err = {0};
    gws_logfile *f = gws_logfile_open(path, most_bytes, keep, &err);
    if (!f)
        fail_msg("%s", err.text);
    return f;
}

/* "00042\n" */
static gws_logfile_written put(gws_logfile *f, int k)
{
    char line[16];
    snprintf(line, sizeof line, "%05d\n", k);
    return gws_logfile_write(f, line, 6);
}

/* Numbers in the file with this ending; -1: there is no such file.  seen: counted by number. */
static int count(const char *ending, int *seen)
{
    char name[120];
    int n = 0, k;
    snprintf(name, sizeof name, "%s%s", path, ending);
    FILE *f = fopen(name, "re");
    if (!f)
        return -1;
    while (fscanf(f, "%d\n", &k) == 1) {
        n++;
        if (seen)
            seen[k]++;
    }
    fclose(f);
    return n;
}

static void test_a_file_is_renamed_before_it_is_too_large(void **state)
{
    int seen[36] = {0};
    (void)state;
    gws_logfile *f = open_file(60, 3);
    for (int k = 0; k < 36; k++)
        assert_int_equal(put(f, k), GWS_LOGFILE_WRITTEN);
    gws_logfile_close(f);
    assert_int_equal(count("", seen), 6);
    assert_int_equal(count(".1", seen), 10);
    assert_int_equal(count(".2", seen), 10);
    assert_int_equal(count(".3", seen), 10);
    assert_int_equal(count(".4", NULL), -1);
    for (int k = 0; k < 36; k++)
        assert_int_equal(seen[k], 1);
    f = open_file(60, 3); /* goes on in the file that is there */
    for (int k = 36; k < 41; k++)
        put(f, k);
    gws_logfile_close(f);
    assert_int_equal(count("", NULL), 1);
    assert_int_equal(count(".1", NULL), 10);
    assert_int_equal(count(".3", NULL), 10);
    assert_int_equal(count(".4", NULL), -1);
}

static void test_a_line_longer_than_a_file_is_written(void **state)
{
    char line[100];
    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    gws_logfile *f = open_file(50, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(gws_logfile_write(f, line, sizeof line), GWS_LOGFILE_WRITTEN);
    gws_logfile_close(f);
    assert_int_equal(count(".1", NULL), 0); /* a file, without numbers */
    assert_int_equal(count(".2", NULL), 0);
}

static void test_a_file_that_was_moved_is_opened_again_when_told(void **state)
{
    char moved[120];
    (void)state;
    snprintf(moved, sizeof moved, "%s.moved", path);
    gws_logfile *f = open_file(0, 1);
    put(f, 1);
    assert_int_equal(rename(path, moved), 0);
    put(f, 2); /* into the file that was moved: nobody has said anything yet */
    gws_logfile_reopen(f);
    put(f, 3);
    put(f, 4);
    gws_logfile_close(f);
    assert_int_equal(count("", NULL), 2);
    assert_int_equal(count(".moved", NULL), 2);
}

static void test_a_path_that_cannot_be_opened_again_leaves_the_old_file(void **state)
{
    char moved[120];
    (void)state;
    snprintf(moved, sizeof moved, "%s.moved", path);
    gws_logfile *f = open_file(0, 1);
    put(f, 1);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    gws_logfile_reopen(f);
    assert_int_equal(put(f, 2), GWS_LOGFILE_WRITTEN);
    gws_logfile_close(f);
    assert_int_equal(count(".moved", NULL), 2);
}

/* A folder stands where the older file should go: it is said once, and the file grows. */
static void test_a_file_that_cannot_be_renamed_grows_and_that_is_said_once(void **state)
{
    char taken[120], inside[150];
    (void)state;
    snprintf(taken, sizeof taken, "%s.1", path);
    snprintf(inside, sizeof inside, "%s/x", taken);
    assert_int_equal(mkdir(taken, 0700), 0);
    assert_int_equal(mkdir(inside, 0700), 0);
    gws_logfile *f = open_file(12, 1);
    put(f, 1);
    put(f, 2);
    assert_int_equal(put(f, 3), GWS_LOGFILE_NOT_RENAMED);
    assert_int_equal(put(f, 4), GWS_LOGFILE_WRITTEN);
    gws_logfile_close(f);
    assert_int_equal(count("", NULL), 4);
}

static void test_several_processes_lose_no_line(void **state)
{
    static int seen[4000];
    (void)state;
    for (int p = 0; p < 4; p++)
        if (fork() == 0) {
            gws_logfile *f = gws_logfile_open(path, 6000, 999, NULL);
            int bad = !f;
            for (int k = 0; k < 1000 && !bad; k++)
                bad = put(f, 1000 * p + k) == GWS_LOGFILE_LOST;
            _exit(bad);
        }
    for (int p = 0, status; p < 4; p++)
        assert_true(wait(&status) > 0 && status == 0);
    int files = 1;
    assert_true(count("", seen) >= 0);
    for (char ending[8]; snprintf(ending, sizeof ending, ".%d", files) > 0 && count(ending, seen) >= 0;)
        files++;
    assert_true(files >= 2);
    for (int k = 0; k < 4000; k++)
        assert_int_equal(seen[k], 1);
}

static void test_what_is_no_file_is_only_written_to(void **state)
{
    gws_err err = {0};
    (void)state;
    gws_logfile *f = gws_logfile_open("/dev/null", 6, 1, &err);
    for (int k = 0; k < 5; k++)
        assert_int_equal(put(f, k), GWS_LOGFILE_WRITTEN);
    gws_logfile_close(f);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_null(gws_logfile_open("/nowhere/run.log", 6, 1, &err));
    assert_int_equal(err.status, GWS_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_file_is_renamed_before_it_is_too_large, clean),
        cmocka_unit_test_setup(test_a_line_longer_than_a_file_is_written, clean),
        cmocka_unit_test_setup(test_a_file_that_was_moved_is_opened_again_when_told, clean),
        cmocka_unit_test_setup(test_a_path_that_cannot_be_opened_again_leaves_the_old_file, clean),
        cmocka_unit_test_setup(test_a_file_that_cannot_be_renamed_grows_and_that_is_said_once, clean),
        cmocka_unit_test_setup(test_several_processes_lose_no_line, clean),
        cmocka_unit_test_setup(test_what_is_no_file_is_only_written_to, clean),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
