#include "cli/interrupt.h"

#include "base/output.h"
#include "cli/terminal.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_S 0.01

atomic_int gws_interrupted, gws_hangups;

static sigset_t waited_for;
static pthread_t watcher;
static _Atomic double grace_s = 0.5;
static atomic_int serves;
static _Atomic pid_t child_id;
static atomic_flag said = ATOMIC_FLAG_INIT;

int gws_interrupt_say(void)
{
    return !atomic_flag_test_and_set(&said);
}

static void wait_for_the_work(void)
{
    const struct timespec look = {0, (long)(LOOK_S * 1e9)};
    sigset_t pending;

    for (double waited_s = 0; waited_s < grace_s; waited_s += LOOK_S) {
        nanosleep(&look, NULL);
        sigpending(&pending);
        if (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) || (!serves && sigismember(&pending, SIGHUP)))
            return;
    }
}

static void *watch(void *unused)
{
    static const char line[] = "gwspike: stopped by a signal\n";
    int got;

    for (;;) {
        if (sigwait(&waited_for, &got) != 0)
            continue;
        if (got != SIGHUP || !serves)
            break;
        gws_hangups++;
    }
    gws_interrupted = got;
    if (got != SIGPIPE)
        wait_for_the_work();
    gws_outputs_abandon_all();
    gws_terminal_leave();
    if (child_id > 0)
        kill(child_id, SIGKILL);
    if (got != SIGPIPE && gws_interrupt_say())
        (void)!write(STDERR_FILENO, line, sizeof line - 1);
    _exit(128 + got);
}

/* SIGPIPE comes to the thread that wrote; that one waits for the end. */
static void on_closed_pipe(int number)
{
    pthread_kill(watcher, number);
    for (;;)
        pause();
}

void gws_interrupt_start(void)
{
    struct sigaction now;
    pthread_attr_t attributes;

    sigemptyset(&waited_for);
    sigaddset(&waited_for, SIGINT);
    sigaddset(&waited_for, SIGTERM);
    sigaddset(&waited_for, SIGPIPE);
    if (sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        sigaddset(&waited_for, SIGHUP);
    /* A shell starts what runs in its background with SIGINT ignored; ignored signals need not reach sigwait. */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it; then no child could be waited for */
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is a failing write */

    pthread_sigmask(SIG_BLOCK, &waited_for, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    const int bad = pthread_create(&watcher, &attributes, watch, NULL);
    pthread_attr_destroy(&attributes);
    if (bad) { /* then a signal ends the program as it always does, and the next run removes what it left */
        pthread_sigmask(SIG_UNBLOCK, &waited_for, NULL);
        return;
    }
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
        now = (struct sigaction){.sa_handler = on_closed_pipe};
        sigaction(SIGPIPE, &now, NULL);
    }
    sigset_t closed_pipe;
    sigemptyset(&closed_pipe);
    sigaddset(&closed_pipe, SIGPIPE);
    pthread_sigmask(SIG_UNBLOCK, &closed_pipe, NULL);
}

void gws_interrupt_serve(void)
{
    serves = 1;
}

void gws_interrupt_grace(double seconds)
{
    grace_s = seconds;
}

void gws_interrupt_in_child(void)
{
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &waited_for, NULL);
}

void gws_interrupt_child(pid_t child)
{
    child_id = child;
}
