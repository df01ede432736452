/* sink_hook.c - private to alert/: a program of the site's own that is run with the files of each message, the JSON first.  Exit status 0 is
 * delivered.  What it prints goes to the log.  It has its own process group, which is ended with it when it takes too long. */
#include "alert/sink.h"
#include "base/log.h"
#include "base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 100
#define PRINTED_MAX 4000 /* bytes of a run that are logged */
#define GRACE_S 2        /* between SIGTERM and SIGKILL */

extern char **environ;

typedef struct hook {
    const char *program;
    double limit_s;
    atomic_int *stop;
} hook;

static int wanted(const gws_alerts_params *p)
{
    return p->hook != NULL;
}

static gws_status open_hook(const gws_alerts_params *p, atomic_int *stop, void **out, gws_err *err)
{
    if (access(p->hook, X_OK) != 0)
        return gws_err_set(err, GWS_EIO, "hook %s: %s", p->hook, strerror(errno));
    hook *h = calloc(1, sizeof *h);
    if (!h)
        return gws_err_set(err, GWS_ENOMEM, "hook: out of memory");
    *h = (hook){p->hook, p->hook_s, stop};
    *out = h;
    return GWS_OK;
}

/* Start it with both of its outputs in a pipe.  Returns an errno. */
static int start(const hook *h, const gws_sink_message *m, int out, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *const argv[] = {(char *)(uintptr_t)h->program, (char *)(uintptr_t)m->json, (char *)(uintptr_t)m->coinc, NULL};
    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    int failed = posix_spawnattr_init(&how);
    if (failed == 0) {
        posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setpgroup(&how, 0);
        posix_spawnattr_setsigmask(&how, &none);
        posix_spawnattr_setsigdefault(&how, &all);
        failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        if (failed == 0)
            failed = posix_spawn_file_actions_adddup2(&files, out, 1);
        if (failed == 0)
            failed = posix_spawn_file_actions_adddup2(&files, out, 2);
        if (failed == 0)
            failed = posix_spawn(pid, h->program, &files, &how, argv, environ);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static void log_printed(const char *id, char *text)
{
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (line[0])
            gws_log_write(GWS_LOG_INFO, "alert", "hook, %s: %s", id, line);
}

/* Take what it prints until it has ended, or has to.  A grandchild that keeps the pipe is not waited for. */
static gws_status attend(const hook *h, const gws_sink_message *m, int in, pid_t pid, gws_err *err)
{
    char text[PRINTED_MAX + 1], waste[4096];
    size_t n = 0;
    int how = 0, ended = 0, open = 1, killed = 0;
    double end_s = gws_now_s() + h->limit_s;
    while (!ended) {
        struct pollfd ready = {.fd = open ? in : -1, .events = POLLIN};
        if (poll(&ready, 1, LOOK_MS) > 0) {
            const ssize_t got = n < PRINTED_MAX ? read(in, text + n, PRINTED_MAX - n) : read(in, waste, sizeof waste);
            if (got > 0 && n < PRINTED_MAX)
                n += (size_t)got;
            open = got > 0 || (got < 0 && errno == EINTR);
        }
        ended = waitpid(pid, &how, WNOHANG) == pid;
        if (!ended && (gws_now_s() >= end_s || (*h->stop && !killed))) {
            kill(-pid, killed ? SIGKILL : SIGTERM);
            killed = 1;
            end_s = gws_now_s() + GRACE_S;
        }
    }
    for (ssize_t got = 1; open && n < PRINTED_MAX && got > 0; n += got > 0 ? (size_t)got : 0) {
        struct pollfd ready = {.fd = in, .events = POLLIN};
        got = poll(&ready, 1, 0) > 0 ? read(in, text + n, PRINTED_MAX - n) : 0;
    }
    text[n] = '\0';
    log_printed(m->id, text);
    if (killed)
        return *h->stop ? gws_err_set(err, GWS_ESTOP, "hook %s: stopped", h->program)
                        : gws_err_set(err, GWS_EIO, "hook %s: ended after %g s", h->program, h->limit_s);
    if (WIFSIGNALED(how))
        return gws_err_set(err, GWS_EIO, "hook %s: ended by signal %d", h->program, WTERMSIG(how));
    if (WEXITSTATUS(how) != 0)
        return gws_err_set(err, GWS_EIO, "hook %s: exit status %d", h->program, WEXITSTATUS(how));
    return GWS_OK;
}

static gws_status deliver(void *state, const gws_sink_message *m, gws_err *err)
{
    hook *h = state;
    int ends[2];
    pid_t pid = -1;
    if (pipe(ends) != 0)
        return gws_err_set(err, GWS_EIO, "hook %s: %s", h->program, strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    const int failed = start(h, m, ends[1], &pid);
    close(ends[1]);
    gws_status status =
        failed ? gws_err_set(err, GWS_EIO, "hook %s: %s", h->program, strerror(failed)) : attend(h, m, ends[0], pid, err);
    close(ends[0]);
    return status;
}

const gws_sink_row gws_sink_hook = {wanted, open_hook, deliver, free};
