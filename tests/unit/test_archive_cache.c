/* What archive/cache.h and archive/remote.h promise: how much is removed and in which order, what stays because it is used, whose folder is taken.
 * Whoever has the cache open a second time, in this process or another, counts as another user of it. */
#include "archive/cache.h"
#include "gwstest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES 10
#define BYTES 100

static char base[64], folder[80];

static int begin(void **state)
{
    (void)state;
    snprintf(base, sizeof base, "/tmp/gwstest-cache-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    snprintf(folder, sizeof folder, "%s/cache", base);
    return 0;
}

static int end(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", base);
    return system(command);
}

static gws_cache *open_cache(int64_t limit, int alone)
{
    gws_err err = {0};
    gws_cache *c = gws_cache_open(folder, limit, alone, &err);
    if (!c)
        fail_msg("%s", err.text);
    return c;
}

static gws_remote remote(int k)
{
    static char url[] = "https://gwosc.org/a/H-H1_TEST-1000000000-32.hdf5";
    gws_remote r = {.url = url, .ifo = "H1", .start_s = 1000000000 + 32 * k, .duration_s = 32, .rate_hz = 4096, .source = "O1"};
    return r;
}

/* A file that was used `ago` seconds ago; its name stays the caller's. */
static char *put(const gws_cache *c, int k, int ago)
{
    static const char zeros[BYTES];
    const gws_remote r = remote(k);
    char *path = gws_cache_path(c, &r, NULL);
    assert_non_null(path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, zeros, BYTES), BYTES);
    struct timespec t[2] = {{0, UTIME_OMIT}, {time(NULL) - ago, 0}};
    assert_int_equal(futimens(fd, t), 0);
    close(fd);
    return path;
}

static int count(const char *prefix)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int n = 0;
    assert_non_null(d);
    while ((e = readdir(d)))
        n += e->d_name[0] != '.' && strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(d);
    return n;
}

static void the_oldest_half_goes(void **state)
{
    (void)state;
    char *paths[FILES];
    int64_t left = 0;
    gws_cache *c = open_cache(6 * BYTES, 0);
    struct stat st;
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    for (int k = 0; k < FILES; k++)
        paths[k] = put(c, k, 1000 * (FILES - k));
    char other[200];
    snprintf(other, sizeof other, "%s/notes.txt", folder); /* what is not ours stays */
    fclose(fopen(other, "w"));
    assert_int_equal(gws_cache_trim(c, &left, NULL), GWS_OK);
    assert_int_equal(left, 3 * BYTES);
    for (int k = 0; k < FILES; k++) {
        assert_int_equal(access(paths[k], F_OK) == 0, k >= FILES - 3);
        free(paths[k]);
    }
    assert_int_equal(access(other, F_OK), 0);
    /* within the limit nothing goes */
    assert_int_equal(gws_cache_trim(c, &left, NULL), GWS_OK);
    assert_int_equal(left, 3 * BYTES);
    gws_cache_close(c);
    assert_int_equal(count("use-"), 0);
}

static void what_is_used_stays(void **state)
{
    (void)state;
    int files = 0;
    int64_t bytes = 0, left = 0;
    gws_cache *old = open_cache(BYTES, 0), *c;
    char *oldest = put(old, 100, 100000), *other = put(old, 101, 50000);
    assert_int_equal(gws_cache_has(old, oldest), 1);
    assert_int_equal(gws_cache_has(old, "/nowhere"), 0);
    c = open_cache(BYTES, 0);
    assert_int_equal(gws_cache_trim(c, &left, NULL), GWS_OK);
    assert_int_equal(access(oldest, F_OK), 0);
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(gws_cache_clean(c, &files, &bytes, &left, NULL), GWS_OK);
    assert_int_equal(left, BYTES);
    gws_cache_close(old);
    gws_cache_close(c);
    c = open_cache(BYTES, 0);
    assert_int_equal(gws_cache_clean(c, &files, &bytes, &left, NULL), GWS_OK);
    assert_int_equal(files, 1);
    assert_int_equal(bytes, BYTES);
    assert_int_equal(left, 0);
    assert_int_equal(access(oldest, F_OK), -1);
    gws_cache_close(c);
    free(oldest);
    free(other);
}

static void files_of_one_run_go_with_it(void **state)
{
    (void)state;
    gws_cache *c = open_cache(BYTES, 1);
    char *path = put(c, 0, 0);
    assert_int_equal(gws_cache_has(c, path), 1);
    assert_int_equal(count("run-"), 1);
    gws_cache_close(c);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(count("run-") + count("use-"), 0);
    free(path);
    /* of one that was killed, with the next that makes room; not while it lives */
    int ready[2], stop[2];
    char byte = 0;
    assert_int_equal(pipe(ready) | pipe(stop), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        close(stop[1]);
        free(put(open_cache(BYTES, 1), 1, 0));
        if (write(ready[1], &byte, 1) == 1 && read(stop[0], &byte, 1) >= 0)
            _exit(0);
        _exit(1);
    }
    close(stop[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    c = open_cache(BYTES, 0);
    assert_int_equal(gws_cache_trim(c, NULL, NULL), GWS_OK);
    assert_int_equal(count("run-"), 1);
    close(stop[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(gws_cache_trim(c, NULL, NULL), GWS_OK);
    assert_int_equal(count("run-"), 0);
    assert_int_equal(count("use-"), 1); /* our own */
    gws_cache_close(c);
    close(ready[0]);
    close(ready[1]);
}

static void a_name_says_what_it_is_and_no_more(void **state)
{
    (void)state;
    gws_cache *c = open_cache(BYTES, 0);
    gws_remote a = remote(0), b = remote(0);
    char elsewhere[] = "https://elsewhere.org/x/y.hdf5";
    b.url = elsewhere;
    char *x = gws_cache_path(c, &a, NULL), *y = gws_cache_path(c, &b, NULL);
    assert_string_equal(x, y); /* wherever it comes from */
    assert_int_equal(strlen(x), strlen(folder) + 1 + 64 + strlen(".hdf5"));
    free(y);
    b.duration_s = 4096;
    y = gws_cache_path(c, &b, NULL);
    assert_string_not_equal(x, y);
    free(x);
    free(y);
    gws_cache_close(c);
}

static void a_list_is_kept(void **state)
{
    (void)state;
    gws_cache *c = open_cache(BYTES, 0);
    gws_remote_list list = {0}, again = {0};
    gws_err err = {0};
    for (int k = 0; k < 3; k++) {
        const gws_remote r = remote(k);
        assert_int_equal(gws_remote_add(&list, &r, r.url, NULL), GWS_OK);
    }
    assert_int_equal(gws_cache_get_list(c, "a b", &again, &err), GWS_EDATA);
    assert_int_equal(gws_cache_put_list(c, "a b", &list, &err), GWS_OK);
    assert_int_equal(gws_cache_get_list(c, "a b", &again, &err), GWS_OK);
    assert_int_equal(again.n, 3);
    for (int k = 0; k < 3; k++) {
        assert_string_equal(again.files[k].url, list.files[k].url);
        assert_string_equal(again.files[k].ifo, "H1");
        assert_string_equal(again.files[k].source, "O1");
        assert_int_equal(again.files[k].start_s, list.files[k].start_s);
        assert_int_equal(again.files[k].duration_s, 32);
        assert_int_equal(again.files[k].rate_hz, 4096);
    }
    gws_remote_list_clear(&list);
    gws_remote_list_clear(&again);
    gws_cache_close(c);
}

static void only_a_folder_of_ones_own(void **state)
{
    (void)state;
    char path[120], target[120];
    gws_err err = {0};
    snprintf(target, sizeof target, "%s/target", base);
    snprintf(path, sizeof path, "%s/link", base);
    assert_int_equal(mkdir(target, 0700) | symlink(target, path), 0);
    assert_null(gws_cache_open(path, BYTES, 0, &err));
    assert_non_null(strstr(err.text, "no link"));
    assert_int_equal(chmod(target, 0770), 0);
    assert_null(gws_cache_open(target, BYTES, 0, &err));
    assert_non_null(strstr(err.text, "nobody else may write"));
    snprintf(path, sizeof path, "%s/file", base);
    fclose(fopen(path, "w"));
    assert_null(gws_cache_open(path, BYTES, 0, &err));
    snprintf(path, sizeof path, "%s/no/such", base);
    assert_null(gws_cache_open(path, BYTES, 0, &err));
    assert_non_null(strstr(err.text, "No such file"));
}

static void what_no_file_has_is_known(void **state)
{
    (void)state;
    static const int64_t expected[] = {90, 100, 110, 120, 150, 200};
    gws_remote_list list = {0};
    gws_remote r = {.ifo = "H1", .duration_s = 10};
    int64_t *gaps = NULL;
    int n = 0;
    for (int k = 0; k < 3; k++) {
        r.start_s = k == 0 ? 130 : k == 1 ? 100 : 120;
        r.duration_s = k == 0 ? 20 : 10;
        assert_int_equal(gws_remote_add(&list, &r, "http://a.org/f?token=x", NULL), GWS_OK);
    }
    assert_string_equal(list.files[0].url, "https://a.org/f");
    assert_int_equal(gws_remote_add(&list, &r, "https://b.org/f", NULL), GWS_OK); /* the last again */
    gws_remote_settle(&list);
    assert_int_equal(list.n, 3);
    assert_int_equal(gws_remote_gaps(&list, "H1", 90, 200, &gaps, &n, NULL), GWS_OK);
    assert_int_equal(n, 3);
    for (int i = 0; i < 6; i++)
        assert_int_equal(gaps[i], expected[i]);
    free(gaps);
    assert_int_equal(gws_remote_gaps(&list, "H1", 120, 150, &gaps, &n, NULL), GWS_OK);
    assert_int_equal(n, 0);
    assert_int_equal(gws_remote_gaps(&list, "L1", 90, 200, &gaps, &n, NULL), GWS_OK);
    assert_int_equal(n, 1);
    free(gaps);
    gws_remote_list_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_half_goes, begin, end),
        cmocka_unit_test_setup_teardown(what_is_used_stays, begin, end),
        cmocka_unit_test_setup_teardown(files_of_one_run_go_with_it, begin, end),
        cmocka_unit_test_setup_teardown(a_name_says_what_it_is_and_no_more, begin, end),
        cmocka_unit_test_setup_teardown(a_list_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(only_a_folder_of_ones_own, begin, end),
        cmocka_unit_test(what_no_file_has_is_known),
    };
    return GWS_RUN_TESTS(tests);
}
