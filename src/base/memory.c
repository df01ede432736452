#include "base/memory.h"

#include "base/log.h"
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#if defined(__APPLE__)
#include <mach/mach.h>
#include <sys/sysctl.h>
#endif

#define LARGEST (INT64_C(1) << 62)

#if defined(__linux__)
typedef struct entry {
    const char *key; /* "MemTotal:" */
    int64_t *bytes;
} entry;

/* Numbers in kB behind their keys at the beginning of lines. */
static void read_proc(const char *path, const entry *want, int n)
{
    FILE *f = fopen(path, "r");
    char line[256];
    if (!f)
        return;
    while (fgets(line, sizeof line, f))
        for (int i = 0; i < n; i++)
            if (strncmp(line, want[i].key, strlen(want[i].key)) == 0)
                *want[i].bytes = strtoll(line + strlen(want[i].key), NULL, 10) * 1024;
    fclose(f);
}
#endif

/* ---- limits ---- */

/* The number in ROOT/sys/fs/cgroup MOUNT PATH/NAME; INT64_MAX where there is none, or "max", or version 1's 2^63 less a page. */
static int64_t read_limit(const char *root, const char *mount, int path_length, const char *path, const char *name)
{
    char file[4096], text[32] = "", *end;
    const int n = snprintf(file, sizeof file, "%s/sys/fs/cgroup%s%.*s/%s", root, mount, path_length, path, name);
    FILE *f = n > 0 && (size_t)n < sizeof file ? fopen(file, "r") : NULL;
    if (!f)
        return INT64_MAX;
    const char *got = fgets(text, sizeof text, f);
    fclose(f);
    const long long bytes = got ? strtoll(text, &end, 10) : 0;
    return got && end > text && bytes > 0 && bytes < LARGEST ? bytes : INT64_MAX;
}

/* The least of the files `names` in the group at `path` and in each one above it. */
static int64_t least_on_path(const char *root, const char *mount, const char *path, const char *const names[2])
{
    int64_t least = INT64_MAX;
    int length = strstr(path, "/..") ? 0 : (int)strlen(path); /* a group outside of what is mounted */
    for (;;) {
        while (length > 0 && path[length - 1] == '/')
            length--;
        for (int i = 0; i < 2 && names[i]; i++) {
            const int64_t limit = read_limit(root, mount, length, path, names[i]);
            least = limit < least ? limit : least;
        }
        if (length == 0)
            return least;
        while (length > 0 && path[length - 1] != '/')
            length--;
    }
}

/* Whether "memory" is one of the words in a list with commas, which ends at a colon. */
static int names_memory(const char *list)
{
    for (;; list++) {
        const size_t n = strcspn(list, ",:");
        if (n == 6 && strncmp(list, "memory", n) == 0)
            return 1;
        list += n;
        if (*list != ',')
            return 0;
    }
}

int64_t gws_memory_cgroup(const char *root)
{
    static const char *const v2[2] = {"memory.max", "memory.high"}, *const v1[2] = {"memory.limit_in_bytes", NULL};
    int64_t least = INT64_MAX;
    char line[4096], file[4096];
    const int n = snprintf(file, sizeof file, "%s/proc/self/cgroup", root);
    FILE *f = n > 0 && (size_t)n < sizeof file ? fopen(file, "r") : NULL;
    if (!f)
        return INT64_MAX;
    /* "4:memory:/a/b" of version 1, "0::/a/b" of version 2; both at once when version 2 is mounted beside the other */
    while (fgets(line, sizeof line, f)) {
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        list++;
        path++;
        path[strcspn(path, "\n")] = '\0';
        const int unified = list[0] == ':';
        if (!unified && !names_memory(list))
            continue;
        const char *const mounts[2] = {unified ? "" : "/memory", unified ? "/unified" : ""};
        for (int i = 0; i < 2; i++) {
            const int64_t limit = least_on_path(root, mounts[i], path, unified ? v2 : v1);
            least = limit < least ? limit : least;
        }
    }
    fclose(f);
    return least;
}

static int64_t least_limit(int64_t total_bytes)
{
    static const int kinds[] = {RLIMIT_AS, RLIMIT_DATA};
    int64_t least = gws_memory_cgroup("");
    for (int i = 0; i < 2; i++) {
        struct rlimit limit;
        if (getrlimit(kinds[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)least)
            least = (int64_t)limit.rlim_cur;
    }
    if (total_bytes > 0 && total_bytes < least)
        return total_bytes;
    return least < INT64_MAX ? least : 0;
}

void gws_memory_now(gws_memory *out)
{
    *out = (gws_memory){0};
    struct rusage use;
    const int have_use = getrusage(RUSAGE_SELF, &use) == 0;
#if defined(__linux__)
    const entry machine[] = {{"MemTotal:", &out->total_bytes},
                             {"MemAvailable:", &out->available_bytes},
                             {"SwapTotal:", &out->swap_total_bytes},
                             {"SwapFree:", &out->swap_free_bytes}};
    const entry process[] = {{"VmRSS:", &out->resident_bytes}, {"VmHWM:", &out->peak_bytes}};
    read_proc("/proc/meminfo", machine, 4);
    read_proc("/proc/self/status", process, 2);
    if (out->peak_bytes == 0 && have_use)
        out->peak_bytes = (int64_t)use.ru_maxrss * 1024;
#elif defined(__APPLE__)
    size_t size = sizeof out->total_bytes;
    sysctlbyname("hw.memsize", &out->total_bytes, &size, NULL, 0);
    vm_statistics64_data_t vm;
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&vm, &count) == KERN_SUCCESS)
        out->available_bytes = (int64_t)(vm.free_count + vm.inactive_count) * (int64_t)vm_page_size;
    struct xsw_usage swap;
    size = sizeof swap;
    if (sysctlbyname("vm.swapusage", &swap, &size, NULL, 0) == 0) {
        out->swap_total_bytes = (int64_t)swap.xsu_total;
        out->swap_free_bytes = (int64_t)swap.xsu_avail;
    }
    mach_task_basic_info_data_t info;
    count = MACH_TASK_BASIC_INFO_COUNT;
    if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) == KERN_SUCCESS)
        out->resident_bytes = (int64_t)info.resident_size;
    if (have_use)
        out->peak_bytes = (int64_t)use.ru_maxrss; /* bytes there, kilobytes on Linux */
#endif
    out->limit_bytes = least_limit(out->total_bytes);
}

/* ---- amounts ---- */

gws_status gws_memory_parse(const char *text, int64_t total_bytes, int64_t *out, gws_err *err)
{
    static const char units[] = "KMGT";
    double v;
    const char *end = gws_number_read(text, &v);
    double bytes = v;
    const char *unit = end && *end ? strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end) : NULL;
    *out = 0;
    if (unit) {
        bytes = ldexp(v, 10 * (int)(unit - units + 1));
        end++;
        if (*end == 'i')
            end++;
        if (*end == 'B' || *end == 'b')
            end++;
    } else if (end && *end == '%') {
        bytes = v / 100.0 * (double)total_bytes;
        end++;
    }
    if (!end || *end || !(bytes >= 1.0) || bytes > (double)LARGEST)
        return gws_err_set(err, GWS_EARG, "memory '%s': wanted an amount such as 4G, 500M or 50%%", text);
    *out = (int64_t)bytes;
    return GWS_OK;
}

void gws_memory_text(int64_t bytes, char out[24])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double v = (double)bytes;
    int u = 0;
    while (u < 6 && v >= 1000.0) {
        v /= 1024.0;
        u++;
    }
    gws_text_print(out, 24, v < 9.95 && u ? "%.1f %s" : "%.0f %s", v, units[u]);
}

int64_t gws_memory_fit(int64_t cap_bytes, int64_t step, int64_t most, gws_memory_need need, void *user)
{
    int64_t fits = 0, above = most / step + 1; /* in steps: fits * step fits, above * step does not or is beyond `most` */
    while (above - fits > 1) {
        const int64_t mid = fits + (above - fits) / 2;
        if (need(user, mid * step) <= cap_bytes)
            fits = mid;
        else
            above = mid;
    }
    return fits * step;
}

gws_status gws_memory_check(int64_t cap_bytes, const char *what, int64_t size, int64_t step, gws_memory_need need, void *user,
                            gws_err *err)
{
    const int64_t bytes = need(user, size);
    char wanted[24], cap[24];
    if (bytes <= cap_bytes)
        return GWS_OK;
    const int64_t fits = gws_memory_fit(cap_bytes, step, size, need, user);
    gws_memory_text(bytes, wanted);
    gws_memory_text(cap_bytes, cap);
    if (fits)
        return gws_err_set(err, GWS_ENOMEM, "%s %lld would need %s of memory, the cap is %s; %s %lld fits", what, (long long)size,
                           wanted, cap, what, (long long)fits);
    return gws_err_set(err, GWS_ENOMEM, "%s %lld would need %s of memory, the cap is %s; no %s fits", what, (long long)size, wanted,
                       cap, what);
}

gws_status gws_memory_room(int64_t bytes, const char *what, gws_err *err)
{
    char text[24];
    void *p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) {
        munmap(p, (size_t)bytes);
        return GWS_OK;
    }
    gws_memory_text(bytes, text);
    return gws_err_set(err, GWS_ENOMEM, "no memory for %s: it may take %s more, and the system gives less", what, text);
}

/* ---- watching ---- */

void gws_watch_look(gws_watch_state *s, const gws_memory *m)
{
    const int64_t used = m->total_bytes - m->available_bytes, swapped = m->swap_total_bytes - m->swap_free_bytes;
    const int memory_high = m->total_bytes > 0 && (double)used > GWS_WATCH_MEMORY * (double)m->total_bytes;
    const int swap_high = m->swap_total_bytes > 0 && (double)swapped > GWS_WATCH_SWAP * (double)m->swap_total_bytes;
    char own[24], all[24];
    gws_memory_text(m->resident_bytes, own);
    if (memory_high && !s->memory_high) {
        gws_memory_text(m->total_bytes, all);
        gws_log_write(GWS_LOG_WARNING, "memory", "%.0f %% of this machine's %s of memory are in use, %s of them here",
                      100.0 * (double)used / (double)m->total_bytes, all, own);
    }
    if (swap_high && !s->swap_high) {
        gws_memory_text(m->swap_total_bytes, all);
        gws_log_write(GWS_LOG_WARNING, "memory",
                      "%.0f %% of this machine's %s of swap are in use: everything becomes slow; %s are used here",
                      100.0 * (double)swapped / (double)m->swap_total_bytes, all, own);
    }
    s->memory_high = memory_high;
    s->swap_high = swap_high;
}

struct gws_watch {
    pthread_t id;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int stop;
    double period_s;
    void (*read)(void *user, gws_memory *out);
    void *user;
};

static void *watch_main(void *arg)
{
    gws_watch *w = arg;
    gws_watch_state state = {0};
    pthread_mutex_lock(&w->mutex);
    while (!w->stop) {
        gws_memory m;
        pthread_mutex_unlock(&w->mutex);
        if (w->read)
            w->read(w->user, &m);
        else
            gws_memory_now(&m);
        gws_watch_look(&state, &m);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (time_t)w->period_s;
        until.tv_nsec += (long)(1e9 * (w->period_s - floor(w->period_s)));
        if (until.tv_nsec >= 1000000000L) {
            until.tv_nsec -= 1000000000L;
            until.tv_sec++;
        }
        pthread_mutex_lock(&w->mutex);
        while (!w->stop && pthread_cond_timedwait(&w->wake, &w->mutex, &until) == 0)
            ;
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

gws_watch *gws_watch_create(double period_s, void (*read)(void *user, gws_memory *out), void *user, gws_err *err)
{
    GWS_ASSERT(period_s > 0.0);
    gws_watch *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the watcher of memory");
        return NULL;
    }
    w->period_s = period_s;
    w->read = read;
    w->user = user;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->id, NULL, watch_main, w) != 0) {
        gws_err_set(err, GWS_ENOMEM, "the system gives no thread to the watcher of memory");
        pthread_mutex_destroy(&w->mutex);
        pthread_cond_destroy(&w->wake);
        free(w);
        return NULL;
    }
    return w;
}

void gws_watch_destroy(gws_watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stop = 1;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->id, NULL);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->wake);
    free(w);
}
