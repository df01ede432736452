/* Memory: amounts, what fits, the watcher.  Truth: identities and made-up readings. */
#include "gwstest.h"

#include "base/log.h"
#include "base/memory.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (INT64_C(1) << 30)

static void now(void **state)
{
    gws_memory m;
    gws_memory_now(&m);
    assert_true(m.total_bytes > m.resident_bytes && m.resident_bytes > 0 && m.peak_bytes >= m.resident_bytes);
    assert_true(m.available_bytes > 0 && m.available_bytes <= m.total_bytes && m.swap_free_bytes <= m.swap_total_bytes);
    /* 64 MiB touched are 64 MiB more */
    const size_t n = 64 << 20;
    char *p = malloc(n);
    assert_non_null(p);
    memset(p, 1, n);
    gws_memory after;
    gws_memory_now(&after);
    assert_true(after.peak_bytes >= m.resident_bytes + (int64_t)n - (1 << 20));
    free(p);
}

/* A file of a made-up tree, its folders included. */
static void grow(const char *root, const char *name, const char *text)
{
    char path[600];
    int n = snprintf(path, sizeof path, "%s/%s", root, name);
    assert_true(n > 0 && (size_t)n < sizeof path);
    for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Truth: the rules of cgroups(7), on trees written here. */
static void control_groups(void **state)
{
    const char *const max1 = "9223372036854771712\n";
    const struct {
        const char *cgroup;    /* /proc/self/cgroup */
        const char *files[10]; /* name, text, ..., below /sys/fs/cgroup */
        int64_t bytes;
    } cases[] = {
        {"0::/\n", {NULL}, INT64_MAX},
        {"", {"memory.max", "4096\n"}, INT64_MAX}, /* of no group */
        {"0::/a/b\n", {"a/b/memory.max", "max\n", "a/b/memory.high", "max\n", "a/memory.max", "max\n"}, INT64_MAX},
        {"0::/a/b\n", {"a/b/memory.max", "8388608\n", "a/memory.max", "max\n"}, 8388608},
        {"0::/a/b\n", {"a/b/memory.max", "max\n", "a/memory.max", "4194304\n", "memory.max", "5000000\n"}, 4194304},
        {"0::/a/b\n", {"a/b/memory.max", "8388608\n", "a/b/memory.high", "7000000\n"}, 7000000},
        {"0::/a\n", {"a/memory.max", "max\n", "a/memory.high", "6000000\n", "ab/memory.max", "1\n"}, 6000000},
        {"0::/far/away\n", {"memory.max", "3000000\n"}, 3000000},      /* a container's own group is what is mounted */
        {"0::/../../x\n", {"memory.max", "2500000\n"}, 2500000},       /* the same, seen from a namespace */
        {"0::/a b/c:d\n", {"a b/c:d/memory.max", "2000000"}, 2000000}, /* any name; no end of line */
        {"0::/a\n", {"a/memory.max", "nonsense\n"}, INT64_MAX},
        {"5:cpu,cpuacct:/x\n4:memory:/x/y\n",
         {"memory/x/y/memory.limit_in_bytes", "9000000\n", "cpu/x/memory.limit_in_bytes", "7\n"},
         9000000},
        {"4:memory:/x/y\n", {"memory/x/y/memory.limit_in_bytes", max1, "memory/x/memory.limit_in_bytes", "9500000\n"}, 9500000},
        {"4:memory:/x\n", {"memory/x/memory.limit_in_bytes", max1, "memory/memory.limit_in_bytes", max1}, INT64_MAX},
        {"4:cpu,memory:/x\n", {"cpu,memory/x", "", "memory/x/memory.limit_in_bytes", "1500000\n"}, 1500000},
        {"4:memoryless:/x\n", {"memory/x/memory.limit_in_bytes", "1500000\n"}, INT64_MAX},
        {"4:memory:/x\n0::/y\n", {"memory/x/memory.limit_in_bytes", "1500000\n", "unified/y/memory.max", "1400000\n"}, 1400000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char root[] = "/tmp/gws_cgroup_XXXXXX", name[200], command[64];
        assert_non_null(mkdtemp(root));
        assert_true(gws_memory_cgroup(root) == INT64_MAX);
        grow(root, "proc/self/cgroup", cases[i].cgroup);
        for (int k = 0; cases[i].files[k]; k += 2) {
            snprintf(name, sizeof name, "sys/fs/cgroup/%s", cases[i].files[k]);
            grow(root, name, cases[i].files[k + 1]);
        }
        const int64_t got = gws_memory_cgroup(root);
        if (got != cases[i].bytes)
            fail_msg("case %zu: %lld, wanted %lld", i, (long long)got, (long long)cases[i].bytes);
        snprintf(command, sizeof command, "rm -rf %s", root);
        assert_int_equal(system(command), 0);
    }
}

/* What the process is allowed is what it finds as its limit; room beyond it is refused with a sentence. */
static void own_limits(void **state)
{
    gws_memory m;
    gws_err err;
    struct rlimit before, now;
    if (GWS_TEST_SANITIZED)
        GWS_SKIP("the address sanitizer ends the process where memory is refused");
    gws_memory_now(&m);
    assert_true(m.limit_bytes > 0 && m.limit_bytes <= m.total_bytes);
    assert_int_equal(gws_memory_room(1 << 20, "a test", &err), GWS_OK);
    assert_int_equal(gws_memory_room(INT64_C(1) << 60, "a test", &err), GWS_ENOMEM);
    assert_string_equal(err.text, "no memory for a test: it may take 1.0 EiB more, and the system gives less");
    assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
    now = before;
    now.rlim_cur = 300 << 20;
    assert_int_equal(setrlimit(RLIMIT_DATA, &now), 0);
    gws_memory_now(&m);
    assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
    assert_true(m.limit_bytes == 300 << 20);
}

static void amounts(void **state)
{
    const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"4G", 4 * GIB},    {"500M", 500 << 20}, {"1.5GiB", 3 * GIB / 2}, {"2t", 2048 * GIB},
                {"64kB", 64 << 10}, {"12345", 12345},    {"50%", 5 * GIB},        {"100%", 10 * GIB}};
    const char *const bad[] = {"", "G", "-1G", "0", "4X", "4GG", "nan", "inf", "1e30", "5%%", "4 G", "0%"};
    char text[24];
    int64_t got;
    gws_err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(gws_memory_parse(good[i].text, 10 * GIB, &got, &err), GWS_OK);
        assert_true(got == good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(gws_memory_parse(bad[i], 10 * GIB, &got, &err), GWS_EARG);
        assert_non_null(strstr(err.text, bad[i]));
    }
    gws_memory_text(4 * GIB, text);
    assert_string_equal(text, "4.0 GiB");
    gws_memory_text(23 << 20, text);
    assert_string_equal(text, "23 MiB");
    gws_memory_text(17, text);
    assert_string_equal(text, "17 B");
    gws_memory_text(INT64_MAX, text);
    assert_string_equal(text, "8.0 EiB");
}

static int64_t need_line(void *user, int64_t size)
{
    ++*(int *)user;
    return 1000 + 10 * size;
}

static void fits(void **state)
{
    gws_err err;
    int calls = 0;
    /* what fits by definition: the largest multiple whose need is within the cap */
    for (int64_t cap = 900; cap < 2300; cap += 7)
        for (int64_t step = 1; step <= 16; step *= 4) {
            int64_t want = 0;
            for (int64_t s = step; s <= 100; s += step)
                if (1000 + 10 * s <= cap)
                    want = s;
            assert_int_equal(gws_memory_fit(cap, step, 100, need_line, &calls), want);
        }
    calls = 0;
    gws_memory_fit(INT64_MAX, 1, 1 << 20, need_line, &calls);
    assert_true(calls <= 21); /* bisection */
    assert_int_equal(gws_memory_check(2000, "batch", 100, 1, need_line, &calls, &err), GWS_OK);
    assert_int_equal(gws_memory_check(1999, "batch", 100, 4, need_line, &calls, &err), GWS_ENOMEM);
    assert_string_equal(err.text, "batch 100 would need 2.0 KiB of memory, the cap is 2.0 KiB; batch 96 fits");
    assert_int_equal(gws_memory_check(1000, "batch", 100, 1, need_line, &calls, &err), GWS_ENOMEM);
    assert_string_equal(err.text, "batch 100 would need 2.0 KiB of memory, the cap is 1.0 KiB; no batch fits");
}

typedef struct lines {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    int n, readings;
    char last[256];
} lines;

static void sink(void *user, const gws_log_line *line)
{
    lines *l = user;
    pthread_mutex_lock(&l->mutex);
    assert_int_equal(line->level, GWS_LOG_WARNING);
    snprintf(l->last, sizeof l->last, "%s", line->text);
    l->n++;
    pthread_mutex_unlock(&l->mutex);
}

static void watch_looks(void **state)
{
    lines l = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    gws_log_set(sink, &l, GWS_LOG_DEBUG);
    gws_watch_state s = {0};
    gws_memory m = {.total_bytes = 100 * GIB, .swap_total_bytes = 10 * GIB, .resident_bytes = 3 * GIB};
    /* percent of memory and of swap in use, and the lines so far */
    const struct {
        int memory, swap, n;
        const char *says;
    } steps[] = {{50, 0, 0, NULL},   {85, 10, 0, NULL}, {86, 10, 1, "86 % of this machine's 100 GiB of memory"},
                 {99, 10, 1, NULL},  {80, 9, 1, NULL},  {90, 11, 3, "11 % of this machine's 10 GiB of swap"},
                 {90, 100, 3, NULL}, {0, 0, 3, NULL},   {0, 50, 4, "swap"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        m.available_bytes = (100 - steps[i].memory) * GIB;
        m.swap_free_bytes = 10 * GIB - steps[i].swap * (GIB / 10);
        gws_watch_look(&s, &m);
        assert_int_equal(l.n, steps[i].n);
        if (steps[i].says)
            assert_non_null(strstr(l.last, steps[i].says));
    }
    /* a machine without swap, or a system that says nothing, is no reason to warn */
    gws_watch_look(&s, &(gws_memory){0});
    assert_int_equal(l.n, 4);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
}

static void full(void *user, gws_memory *out)
{
    lines *l = user;
    *out = (gws_memory){.total_bytes = 100, .available_bytes = 1};
    pthread_mutex_lock(&l->mutex);
    l->readings++;
    pthread_cond_signal(&l->more);
    pthread_mutex_unlock(&l->mutex);
}

static void watch_runs(void **state)
{
    lines l = {.mutex = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
    gws_log_set(sink, &l, GWS_LOG_DEBUG);
    gws_watch *w = gws_watch_create(0.001, full, &l, NULL);
    assert_non_null(w);
    pthread_mutex_lock(&l.mutex);
    while (l.readings < 5)
        pthread_cond_wait(&l.more, &l.mutex);
    pthread_mutex_unlock(&l.mutex);
    gws_watch_destroy(w);
    assert_int_equal(l.n, 1); /* once, however often it looked */
    /* one that sleeps for long ends at once */
    w = gws_watch_create(1e6, NULL, NULL, NULL);
    assert_non_null(w);
    gws_watch_destroy(w);
    gws_watch_destroy(NULL);
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now),  cmocka_unit_test(control_groups), cmocka_unit_test(own_limits), cmocka_unit_test(amounts),
        cmocka_unit_test(fits), cmocka_unit_test(watch_looks),    cmocka_unit_test(watch_runs),
    };
    return GWS_RUN_TESTS(tests);
}
