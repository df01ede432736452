/* base/output.h: what the header promises of names, links, modes, sets and what killed processes left. */
#include "base/file.h"
#include "base/hdf5.h"
#include "base/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char folder[] = "/tmp/gwspike_output_XXXXXX";
static gws_err err;

static int enter(void **state)
{
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void holds(const char *path, const char *text)
{
    char got[64] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = 0;
    fclose(f);
    assert_string_equal(got, text);
}

static int exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static int temporaries(void)
{
    int n = 0;
    DIR *d = opendir(".");
    for (struct dirent *e; (e = readdir(d));)
        n += strncmp(e->d_name, ".gwspike-", 9) == 0;
    closedir(d);
    return n;
}

static gws_status add(gws_outputs *set, const char *path)
{
    return gws_outputs_add(set, path, GWS_FORMAT_FIGURE, 0, &err);
}

/* ---- names ---- */

static void test_every_name_of_an_input_is_refused(void **state)
{
    static const char *const names[] = {"in.png", "./in.png", "sub/../in.png", "soft.png", "hard.png", "door/in.png", "chain.png"};
    char whole[128];
    put("in.png", "strain");
    mkdir("sub", 0777);
    assert_int_equal(
        symlink("in.png", "soft.png") | symlink("soft.png", "chain.png") | link("in.png", "hard.png") | symlink(".", "door"), 0);
    for (int before = 0; before < 2; before++)
        for (int replace = 0; replace < 2; replace++)
            for (int i = 0; i <= (int)(sizeof names / sizeof *names); i++) {
                const char *name = i < (int)(sizeof names / sizeof *names) ? names[i] : whole;
                snprintf(whole, sizeof whole, "%s/in.png", folder);
                gws_outputs *set = gws_outputs_create(replace, &err);
                if (before) {
                    assert_int_equal(gws_outputs_input(set, "in.png", &err), GWS_OK);
                    assert_int_equal(add(set, name), GWS_EARG);
                } else if (replace) { /* the input turns up when it is opened */
                    assert_int_equal(add(set, name), GWS_OK);
                    assert_int_equal(gws_outputs_guard("in.png", &err), GWS_EARG);
                    assert_int_equal(gws_outputs_input(set, "in.png", &err), GWS_EARG);
                }
                gws_outputs_destroy(set);
            }
    holds("in.png", "strain");
    assert_int_equal(temporaries(), 0);
}

static void test_existing_files_need_to_be_given_up(void **state)
{
    put("old.png", "old");
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(add(set, "old.png"), GWS_EIO);
    assert_non_null(strstr(err.text, "--force"));
    gws_outputs_destroy(set);
    set = gws_outputs_create(1, &err);
    assert_int_equal(add(set, "old.png"), GWS_OK);
    assert_int_equal(gws_file_write("old.png", "new", 3, &err), GWS_OK);
    holds("old.png", "old");
    assert_int_equal(gws_outputs_commit(set, &err), GWS_OK);
    holds("old.png", "new");
    gws_outputs_destroy(set);
    assert_int_equal(temporaries(), 0);
}

static void test_a_file_that_appears_meanwhile_is_kept(void **state)
{
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(add(set, "race1.png"), GWS_OK);
    assert_int_equal(add(set, "race2.png"), GWS_OK);
    assert_int_equal(gws_file_write("race1.png", "1", 1, &err), GWS_OK);
    assert_int_equal(gws_file_write("race2.png", "2", 1, &err), GWS_OK);
    put("race2.png", "theirs");
    assert_int_equal(gws_outputs_commit(set, &err), GWS_EIO);
    assert_false(exists("race1.png"));
    holds("race2.png", "theirs");
    gws_outputs_destroy(set);
    assert_int_equal(temporaries(), 0);
}

static void test_what_cannot_be_written_is_found_at_once(void **state)
{
    char longest[300];
    gws_outputs *set = gws_outputs_create(1, &err);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 252, ".png", 5); /* one letter more than a name may have */
    mkdir("shut", 0777);
    mkdir("sub.png", 0777);
    assert_int_equal(symlink("nothing", "lost.png"), 0);
    assert_int_equal(add(set, "nowhere/a.png"), GWS_EIO);
    assert_int_equal(add(set, longest), GWS_EIO);
    assert_int_equal(add(set, ""), GWS_EARG);
    assert_int_equal(add(set, "sub.png"), GWS_EARG);
    assert_int_equal(add(set, "lost.png"), GWS_EARG);
    assert_int_equal(add(set, "in.png/a.png"), GWS_EIO);
    if (geteuid() != 0) { /* root may write anywhere */
        chmod("shut", 0500);
        assert_int_equal(add(set, "shut/a.png"), GWS_EIO);
    }
    memcpy(longest + 251, ".png", 5);
    assert_int_equal(add(set, longest), GWS_OK); /* the temporary of the longest name is not too long */
    assert_int_equal(add(set, "twice.png"), GWS_OK);
    assert_int_equal(add(set, "./twice.png"), GWS_EARG);
    assert_int_equal(gws_outputs_add(set, "a.hdf", GWS_FORMAT_HDF5, 0, &err), GWS_OK);
    assert_int_equal(gws_outputs_add(set, "a.hdf5", GWS_FORMAT_FIGURE, 0, &err), GWS_EARG);
    assert_int_equal(gws_outputs_add(set, "png", GWS_FORMAT_FIGURE, 0, &err), GWS_EARG);
    assert_int_equal(gws_outputs_add(set, ".png", GWS_FORMAT_FIGURE, 0, &err), GWS_EARG);
    assert_int_equal(gws_outputs_add(set, "A.PNG", GWS_FORMAT_FIGURE, 0, &err), GWS_OK);
    gws_outputs_destroy(set);
    assert_int_equal(temporaries(), 0);
    assert_false(exists("A.PNG"));
}

/* ---- links, modes, pipes ---- */

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_links_are_followed_and_modes_kept(void **state)
{
    struct stat st;
    mkdir("far", 0777);
    put("far/target", "old");
    chmod("far/target", 0640);
    assert_int_equal(symlink("far/target", "way"), 0);
    assert_int_equal(gws_file_write("way", "new", 3, &err), GWS_OK);
    holds("far/target", "new");
    assert_true(lstat("way", &st) == 0 && S_ISLNK(st.st_mode));
    assert_int_equal(mode_of("far/target"), 0640);
    chmod("far/target", 0444);
    assert_int_equal(gws_file_write("way", "newer", 5, &err), GWS_OK);
    assert_int_equal(mode_of("far/target"), 0444);
    const mode_t mask = umask(027);
    assert_int_equal(gws_file_write("fresh", "x", 1, &err), GWS_OK);
    umask(mask);
    assert_int_equal(mode_of("fresh"), 0640);
}

static void test_pipes_are_written_to_or_refused(void **state)
{
    char got[8] = "";
    struct stat st;
    assert_int_equal(mkfifo("pipe.svg", 0600) | mkfifo("pipe.hdf", 0600), 0);
    gws_outputs *set = gws_outputs_create(1, &err);
    assert_int_equal(add(set, "pipe.svg"), GWS_OK);
    assert_int_equal(gws_outputs_add(set, "pipe.hdf", GWS_FORMAT_HDF5, 0, &err), GWS_EARG);
    assert_null(gws_h5_create("pipe.hdf", &err)); /* without a set as well */
    const int reader = open("pipe.svg", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(gws_file_write("pipe.svg", "drawn", 5, &err), GWS_OK);
    assert_true(read(reader, got, sizeof got) <= 0); /* not before the end */
    assert_int_equal(gws_outputs_commit(set, &err), GWS_OK);
    assert_int_equal(read(reader, got, sizeof got), 5);
    assert_string_equal(got, "drawn");
    close(reader);
    assert_true(lstat("pipe.svg", &st) == 0 && S_ISFIFO(st.st_mode));
    assert_true(lstat("pipe.hdf", &st) == 0 && S_ISFIFO(st.st_mode));
    gws_outputs_destroy(set);
}

/* ---- all or none ---- */

static void test_a_set_appears_together_or_not_at_all(void **state)
{
    put("b.png", "old b");
    mkdir("later", 0777);
    for (int fails = 0; fails < 2; fails++) {
        gws_outputs *set = gws_outputs_create(1, &err);
        assert_int_equal(add(set, "a.png") | add(set, "b.png") | add(set, "later/c.png"), GWS_OK);
        assert_int_equal(gws_file_write("a.png", "a", 1, &err) | gws_file_write("b.png", "b", 1, &err) |
                             gws_file_write("later/c.png", "c", 1, &err),
                         GWS_OK);
        assert_false(exists("a.png"));
        if (!fails) {
            mkdir("later/c.png", 0777); /* the third name cannot be given */
            assert_int_not_equal(gws_outputs_commit(set, &err), GWS_OK);
            assert_false(exists("a.png"));
            holds("b.png", "old b");
            rmdir("later/c.png");
        } else {
            assert_int_equal(gws_outputs_commit(set, &err), GWS_OK);
            holds("a.png", "a");
            holds("b.png", "b");
            holds("later/c.png", "c");
        }
        gws_outputs_destroy(set);
        assert_int_equal(temporaries(), 0);
    }
}

static void test_what_is_not_committed_is_gone(void **state)
{
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(add(set, "never1.png") | gws_outputs_add(set, "never2.hdf", GWS_FORMAT_HDF5, 0, &err), GWS_OK);
    gws_h5 *f = gws_h5_create("never2.hdf", &err);
    assert_non_null(f);
    assert_int_equal(gws_h5_write_string(f, "/a", "text", &err), GWS_OK);
    gws_h5_close(f);
    assert_int_equal(temporaries(), 2);
    gws_outputs_destroy(set);
    assert_int_equal(temporaries(), 0);
    assert_false(exists("never1.png") || exists("never2.hdf"));
}

static void test_what_is_begun_again_is_whole(void **state)
{
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(gws_outputs_add(set, "again.png", GWS_FORMAT_FIGURE, 0, &err), GWS_OK);
    gws_output *o = gws_output_begin("again.png", 1, &err);
    assert_non_null(o);
    assert_int_equal(gws_output_write(o, "first", 5, &err), GWS_OK);
    gws_output_abandon(o);
    assert_int_equal(gws_file_write("again.png", "second", 6, &err), GWS_OK);
    assert_int_equal(gws_outputs_commit(set, &err), GWS_OK);
    gws_outputs_destroy(set);
    holds("again.png", "second");
}

static void test_checkpoints_appear_at_once(void **state)
{
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(gws_outputs_add(set, "m.ckpt", GWS_FORMAT_DERIVED, GWS_OUTPUT_AGAIN, &err), GWS_OK);
    assert_int_equal(temporaries(), 0);
    assert_int_equal(gws_file_write("m.ckpt", "1", 1, &err), GWS_OK);
    holds("m.ckpt", "1");
    assert_int_equal(gws_file_write("m.ckpt", "2", 1, &err), GWS_OK);
    holds("m.ckpt", "2");
    gws_outputs_destroy(set);
    set = gws_outputs_create(0, &err);
    assert_int_equal(gws_outputs_input(set, "m.ckpt", &err), GWS_OK);
    assert_int_equal(gws_outputs_add(set, "m.ckpt", GWS_FORMAT_DERIVED, GWS_OUTPUT_AGAIN, &err), GWS_EARG);
    gws_outputs_destroy(set);
    set = gws_outputs_create(0, &err);
    assert_int_equal(gws_outputs_add(set, "m.ckpt", GWS_FORMAT_DERIVED, GWS_OUTPUT_AGAIN, &err), GWS_EIO);
    assert_int_equal(gws_outputs_add(set, "m.ckpt", GWS_FORMAT_DERIVED, GWS_OUTPUT_AGAIN | GWS_OUTPUT_OWN, &err), GWS_OK);
    assert_int_equal(gws_outputs_guard("m.ckpt", &err), GWS_OK);
    gws_outputs_destroy(set);
}

/* ---- what the dead leave ---- */

static void test_temporaries_of_the_dead_are_removed_and_those_of_the_living_kept(void **state)
{
    pid_t child[2];
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    for (int i = 0; i < 2; i++)
        if ((child[i] = fork()) == 0) {
            alarm(200); /* should the test fail before it kills its children */
            gws_outputs *set = gws_outputs_create(0, NULL);
            const int ok = gws_outputs_add(set, i ? "live.png" : "dead.png", GWS_FORMAT_FIGURE, 0, NULL) == GWS_OK;
            if (write(ready[1], ok ? "y" : "n", 1) != 1)
                _exit(1);
            pause();
            _exit(0);
        }
    for (int i = 0; i < 2; i++)
        assert_true(read(ready[0], &byte, 1) == 1 && byte == 'y');
    assert_int_equal(temporaries(), 2);
    kill(child[0], SIGKILL);
    waitpid(child[0], NULL, 0);
    put(".gwspike-not-one-of-ours.tmp", "");
    gws_outputs *set = gws_outputs_create(0, &err);
    assert_int_equal(add(set, "next.png"), GWS_OK);
    assert_int_equal(temporaries(), 3); /* the living one's, the new one, the stranger */
    gws_outputs_destroy(set);
    kill(child[1], SIGKILL);
    waitpid(child[1], NULL, 0);
    set = gws_outputs_create(0, &err);
    assert_int_equal(add(set, "next.png"), GWS_OK);
    gws_outputs_destroy(set);
    assert_int_equal(temporaries(), 1);
    unlink(".gwspike-not-one-of-ours.tmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_of_an_input_is_refused),
        cmocka_unit_test(test_existing_files_need_to_be_given_up),
        cmocka_unit_test(test_a_file_that_appears_meanwhile_is_kept),
        cmocka_unit_test(test_what_cannot_be_written_is_found_at_once),
        cmocka_unit_test(test_links_are_followed_and_modes_kept),
        cmocka_unit_test(test_pipes_are_written_to_or_refused),
        cmocka_unit_test(test_a_set_appears_together_or_not_at_all),
        cmocka_unit_test(test_what_is_not_committed_is_gone),
        cmocka_unit_test(test_what_is_begun_again_is_whole),
        cmocka_unit_test(test_checkpoints_appear_at_once),
        cmocka_unit_test(test_temporaries_of_the_dead_are_removed_and_those_of_the_living_kept),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
