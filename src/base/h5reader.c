/* h5reader.c - see h5reader.h. */
#include "base/h5reader.h"

#include "base/h5process.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define PATIENCE_S (SANITIZED ? 5 : 1) /* of processor time, for one question of a small file */
#define BYTES_PER_S 100000000          /* and so many stored bytes of the file are one second more */
#define SILENCE_S 60                   /* without a byte from a child that uses no processor time: the disk does not answer */
#define TICK_US 100000                 /* how often a wait looks whether it should end */
#define MEMORY (INT64_C(1) << 30)      /* of a child, with 16 times what the file stores */
#define MAX_WORD (64 << 10)            /* bytes of a path or a name */
#define MAX_ANSWER (INT64_C(1) << 40)

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct gws_h5_reader {
    int fd;
    pid_t pid;
    char *path;
    int64_t patience_s;
    gws_err death; /* how it died; status GWS_OK while it lives */
};

/* From the parent: a question's fixed part; path and name follow. */
typedef struct ask_head {
    int32_t op, type;
    int64_t start, count;
    uint32_t path, name;
} ask_head;

/* From the child: a piece of an answer, or its end with the status and the sentence of an error. */
typedef struct piece_head {
    int32_t status, last;
    uint64_t size;
} piece_head;

/* To the factory: fork a child (two descriptors come along), or end one. */
typedef struct order {
    pid_t end; /* 0: fork */
    int32_t external;
    int64_t size, stored, patience_s;
    char path[1024]; /* of external only */
} order;

typedef struct receipt {
    pid_t pid;   /* of the new one, or negative errno */
    int32_t end; /* how the ended one ended, as waitpid has it */
} receipt;

/* ---- sockets ---- */

static int send_all(int fd, const void *data, size_t n)
{
    const char *p = data;
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Blocking; for the children's side. */
static int receive_all(int fd, void *data, size_t n)
{
    char *p = data;
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

static int make_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(pair[i], F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
        setsockopt(pair[i], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    }
    return 0;
}

/* ---- the child of one file ---- */

static void set_limit(int what, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > most)) {
        limit.rlim_cur = most;
        setrlimit(what, &limit);
    }
}

static void limit_memory(int64_t stored)
{
#ifdef __linux__
    FILE *self = fopen("/proc/self/statm", "re");
    long pages = 0; /* mapped already, most of it by the program that this is a copy of */
    /* NOLINTNEXTLINE(cert-err34-c): the number is the kernel's own */
    if (self && fscanf(self, "%ld", &pages) == 1 && !SANITIZED) /* whose shadow is terabytes */
        set_limit(RLIMIT_AS, (rlim_t)(pages * sysconf(_SC_PAGESIZE) + MEMORY + 16 * stored));
    if (self)
        fclose(self);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) { /* should memory run out all the same, this process is the one to go */
        ssize_t ignored = write(fd, "1000", 4);
        (void)ignored;
        close(fd);
    }
#endif
}

/* Processor time from now on, after which the system ends this process. */
static void set_patience(int64_t seconds)
{
    struct itimerval timer = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &timer, NULL);
}

typedef struct outlet {
    int fd;
    int64_t patience_s;
} outlet;

static int send_piece(void *user, const void *bytes, size_t n)
{
    const outlet *o = user;
    piece_head head = {.size = n};
    set_patience(o->patience_s);
    return send_all(o->fd, &head, sizeof head) || send_all(o->fd, bytes, n);
}

static int send_end(int fd, gws_status status, const gws_err *err)
{
    piece_head head = {.status = (int32_t)status, .last = 1, .size = status ? strlen(err->text) : 0};
    return send_all(fd, &head, sizeof head) || send_all(fd, err->text, head.size);
}

_Noreturn static void serve(int fd, int file_fd, const order *o)
{
    static char path[MAX_WORD + 1], name[MAX_WORD + 1];
    gws_h5_source source = {.size = o->size, .external = o->external};
    outlet out = {fd, o->patience_s};
    gws_err err = {0};
    ask_head head;
    limit_memory(o->stored);
    set_patience(o->patience_s);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (gws_memory_room(GWS_MEMORY_ROOM, "libhdf5", &err)) {
        send_end(fd, err.status, &err);
        _exit(0);
    }
    source.file = gws_h5_open_checked(file_fd, o->external ? o->path : NULL);
    if (source.file < 0) {
        char why[200];
        gws_h5_reason(why);
        gws_err_set(&err, GWS_EFORMAT, "wanted an HDF5 file, found none or a damaged one: %s", why);
    }
    if (send_end(fd, err.status, &err) || err.status)
        _exit(0);
    for (;;) {
        set_patience(0);
        if (receive_all(fd, &head, sizeof head) || head.path > MAX_WORD || head.name > MAX_WORD ||
            receive_all(fd, path, head.path) || receive_all(fd, name, head.name))
            _exit(0);
        path[head.path] = name[head.name] = '\0';
        set_patience(o->patience_s);
        H5Eclear2(H5E_DEFAULT);
        err = (gws_err){0};
        gws_h5_question q = {head.op, head.type, head.start, head.count, path, name};
        gws_status status = gws_memory_room(GWS_MEMORY_ROOM, "libhdf5", &err);
        if (!status)
            status = gws_h5_answer(&source, &q, send_piece, &out, &err);
        if (send_end(fd, status, &err))
            _exit(0);
    }
}

/* ---- the factory: the process that forks the children ---- */

static int receive_order(int fd, order *o, int fds[2])
{
    char room[CMSG_SPACE(2 * sizeof(int))];
    struct iovec part = {o, sizeof *o};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t got;
    fds[0] = fds[1] = -1;
    while ((got = recvmsg(fd, &message, 0)) < 0 && errno == EINTR)
        ;
    if (got <= 0)
        return -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(2 * sizeof(int)))
        memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
    return receive_all(fd, (char *)o + got, sizeof *o - (size_t)got);
}

/* Nothing of the process that was forked is wanted but the socket, which becomes descriptor 3. */
static void shed_descriptors(int fd)
{
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i); /* the C library writes on stderr when it finds its heap in ruins */
    if (fd != 3)
        dup2(fd, 3);
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 4U, ~0U, 0U) == 0)
        return;
#endif
    long most = sysconf(_SC_OPEN_MAX);
    for (int i = 4; i < (most > 0 && most < 65536 ? (int)most : 65536); i++)
        close(i);
}

_Noreturn static void run_factory(int socket_fd)
{
    static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,
                                  SIGQUIT, SIGPIPE, SIGTSTP}; /* meant for the program, whose end ends this */
    static const int usual[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGPROF, SIGCHLD, SIGXCPU, SIGXFSZ};
    sigset_t none;
    order o;
    int fds[2];
    shed_descriptors(socket_fd);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        signal(usual[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    set_limit(RLIMIT_CORE, 0);
    H5open(); /* once here and not in every child: that is most of what opening a file costs */
    while (receive_order(3, &o, fds) == 0) {
        receipt r = {0};
        if (o.end) {
            int status = 0;
            /* The number of a child that a lost factory had is none here, and may be anyone's by now. */
            if ((r.pid = waitpid(o.end, &status, WNOHANG)) == 0) {
                kill(o.end, SIGKILL);
                while ((r.pid = waitpid(o.end, &status, 0)) < 0 && errno == EINTR)
                    ;
            }
            r.end = status;
        } else if ((r.pid = fork()) == 0) {
            close(3);
            serve(fds[0], fds[1], &o);
        } else if (r.pid < 0) {
            r.pid = -errno;
        }
        for (int i = 0; i < 2; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        if (send_all(3, &r, sizeof r))
            break;
    }
    _exit(0);
}

static pthread_mutex_t factory_lock = PTHREAD_MUTEX_INITIALIZER;
static int factory_fd = -1;
static pid_t factory_pid, factory_owner;

static void close_factory(void)
{
    if (factory_fd < 0)
        return;
    if (factory_owner == getpid())
        shutdown(factory_fd, SHUT_RDWR); /* a fork of this process may hold the socket open */
    close(factory_fd);
    factory_fd = -1;
    if (factory_owner == getpid())
        while (waitpid(factory_pid, NULL, 0) < 0 && errno == EINTR)
            ;
}

/* When the program ends or the library is unloaded. */
__attribute__((destructor)) static void at_end(void)
{
    close_factory();
}

static int start_factory(void)
{
    int pair[2];
    if (factory_fd >= 0 && factory_owner == getpid())
        return 0;
    close_factory(); /* a fork of this process has a factory of its own */
    if (make_pair(pair) != 0)
        return -1;
    gws_h5_lock();
    factory_pid = fork();
    if (factory_pid == 0)
        run_factory(pair[1]);
    gws_h5_unlock();
    close(pair[1]);
    if (factory_pid < 0) {
        close(pair[0]);
        return -1;
    }
    factory_fd = pair[0];
    factory_owner = getpid();
    return 0;
}

static int send_order(const order *o, const int fds[2])
{
    char room[CMSG_SPACE(2 * sizeof(int))] = {0};
    order copy = *o;
    struct iovec part = {&copy, sizeof copy};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds) {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    }
    ssize_t done;
    while ((done = sendmsg(factory_fd, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return done <= 0 ? -1 : send_all(factory_fd, (const char *)o + done, sizeof *o - (size_t)done);
}

/* A factory that somebody killed is started anew, once. */
static int order_once(const order *o, const int fds[2], receipt *r)
{
    pthread_mutex_lock(&factory_lock);
    int bad = -1;
    for (int i = 0; i < 2 && bad; i++) {
        if (start_factory() != 0)
            break;
        bad = send_order(o, fds) || receive_all(factory_fd, r, sizeof *r);
        if (bad)
            close_factory();
        if (o->end)
            break;
    }
    pthread_mutex_unlock(&factory_lock);
    return bad;
}

void gws_h5_prepare(void)
{
    pthread_mutex_lock(&factory_lock);
    (void)start_factory(); /* what fails now is tried again at the first file, which says why */
    pthread_mutex_unlock(&factory_lock);
}

/* ---- this side ---- */

static int (*asked_to_stop)(void);

void gws_h5_stop_when(int (*stop)(void))
{
    asked_to_stop = stop;
}

/* How it ended, as waitpid has it; negative when that is not known. */
static int end_child(gws_h5_reader *r)
{
    order o = {.end = r->pid};
    receipt end = {0};
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    return order_once(&o, NULL, &end) || end.pid != r->pid ? -1 : end.end;
}

/* The child has closed its end, or is given up: say how it ended. */
static gws_status mourn(gws_h5_reader *r, const char *path, const char *why)
{
    char text[100];
    int end = end_child(r);
    if (!why && end >= 0 && WIFSIGNALED(end) && WTERMSIG(end) == SIGPROF) {
        snprintf(text, sizeof text, "takes libhdf5 more than %lld s, as an endless loop does", (long long)r->patience_s);
        why = text;
    } else if (!why && end >= 0 && WIFSIGNALED(end) && WTERMSIG(end) != SIGKILL) {
        snprintf(text, sizeof text, "libhdf5 crashes on it (%s)", strsignal(WTERMSIG(end)));
        why = text;
    } else if (!why) {
        why = "the process that reads it has died";
    }
    return gws_err_set(&r->death, GWS_EFORMAT, "%s: %s: a damaged file: %s", r->path, path, why);
}

/* Wait for bytes; GWS_OK when all have come. */
static gws_status receive(gws_h5_reader *r, const char *path, void *data, size_t n)
{
    char *p = data;
    int64_t ticks = 0;
    while (n > 0) {
        ssize_t got = recv(r->fd, p, n, 0);
        if (got > 0) {
            p += got;
            n -= (size_t)got;
            ticks = 0;
        } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            if (asked_to_stop && asked_to_stop()) {
                end_child(r);
                return gws_err_set(&r->death, GWS_ESTOP, "%s: stopped while it was read", r->path);
            }
            if (errno != EINTR && ++ticks > (int64_t)(SILENCE_S + r->patience_s) * 1000000 / TICK_US)
                return mourn(r, path, "no answer from the disk");
        } else {
            return mourn(r, path, NULL);
        }
    }
    return GWS_OK;
}

static gws_status receive_answer(gws_h5_reader *r, const char *path, gws_h5_sink sink, void *user, gws_err *err)
{
    static const char lies[] = "the process that reads it answers nonsense";
    int64_t total = 0;
    int unwanted = 0;
    for (;;) {
        piece_head head;
        char room[65536], text[sizeof err->text];
        if (receive(r, path, &head, sizeof head))
            return gws_h5_reader_check(r, err);
        if (head.last) {
            if (head.size >= sizeof text || (head.status == GWS_OK && head.size > 0)) {
                mourn(r, path, lies);
                return gws_h5_reader_check(r, err);
            }
            if (receive(r, path, text, head.size))
                return gws_h5_reader_check(r, err);
            text[head.size] = '\0';
            if (head.status)
                return gws_err_set(err, (gws_status)head.status, "%s: %s", r->path, text);
            if (unwanted) {
                mourn(r, path, lies);
                return gws_h5_reader_check(r, err);
            }
            return GWS_OK;
        }
        if (head.size > (uint64_t)(MAX_ANSWER - total)) {
            mourn(r, path, lies);
            return gws_h5_reader_check(r, err);
        }
        total += (int64_t)head.size;
        for (uint64_t done = 0; done < head.size;) {
            size_t n = head.size - done < sizeof room ? (size_t)(head.size - done) : sizeof room;
            if (receive(r, path, room, n))
                return gws_h5_reader_check(r, err);
            unwanted |= !unwanted && (!sink || sink(user, room, n) != 0);
            done += n;
        }
    }
}

gws_status gws_h5_reader_check(const gws_h5_reader *r, gws_err *err)
{
    return r->death.status ? gws_err_set(err, r->death.status, "%s", r->death.text) : GWS_OK;
}

/* A sparse file claims any size at no cost: what counts is what lies on the disk. */
static int64_t stored_bytes(int fd, int64_t size)
{
    struct stat st;
    const int64_t stored = fstat(fd, &st) == 0 ? (int64_t)st.st_blocks * 512 : size;
    return stored < size ? stored : size;
}

gws_h5_reader *gws_h5_reader_open(const char *path, int fd, int64_t size, int external, gws_err *err)
{
    order o = {.external = external, .size = size, .stored = stored_bytes(fd, size)};
    receipt made = {0};
    struct timeval tick = {.tv_usec = TICK_US};
    int pair[2] = {-1, -1};
    gws_h5_reader *r = calloc(1, sizeof *r);
    if (!r || !(r->path = strdup(path))) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        goto fail;
    }
    if (external && (size_t)snprintf(o.path, sizeof o.path, "%s", path) >= sizeof o.path) {
        gws_err_set(err, GWS_EIO, "%s: cannot open: a name of more than %zu bytes", path, sizeof o.path - 1);
        goto fail;
    }
    r->fd = -1;
    r->patience_s = o.patience_s = PATIENCE_S + o.stored / BYTES_PER_S;
    if (make_pair(pair) != 0 || order_once(&o, (int[2]){pair[1], fd}, &made) || made.pid <= 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot start a process that reads it: %s", path, strerror(made.pid < 0 ? -made.pid : errno));
        goto fail;
    }
    r->fd = pair[0];
    r->pid = made.pid;
    close(pair[1]);
    pair[0] = pair[1] = -1;
    setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    if (receive_answer(r, "opening", NULL, NULL, err) != GWS_OK)
        goto fail;
    return r;
fail:
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
    gws_h5_reader_close(r);
    return NULL;
}

gws_status gws_h5_reader_ask(gws_h5_reader *r, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err)
{
    ask_head head = {q->op, q->type, q->start, q->count, (uint32_t)strlen(q->path), (uint32_t)strlen(q->name)};
    if (r->death.status)
        return gws_h5_reader_check(r, err);
    if (head.path > MAX_WORD || head.name > MAX_WORD)
        return gws_err_set(err, GWS_EFORMAT, "%s: a name of %u bytes", r->path, head.path > head.name ? head.path : head.name);
    if (send_all(r->fd, &head, sizeof head) || send_all(r->fd, q->path, head.path) || send_all(r->fd, q->name, head.name)) {
        mourn(r, q->path, NULL);
        return gws_h5_reader_check(r, err);
    }
    return receive_answer(r, q->path, sink, user, err);
}

void gws_h5_reader_close(gws_h5_reader *r)
{
    if (!r)
        return;
    if (r->pid > 0 && !r->death.status)
        end_child(r);
    free(r->path);
    free(r);
}
