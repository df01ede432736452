/* archive_server.h - tests/cli/archive_server.py for a test in C: started on a free port in a folder of its own, ended at the end. */
#ifndef GWS_TESTS_ARCHIVE_SERVER_H
#define GWS_TESTS_ARCHIVE_SERVER_H

#include "gwstest.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct archive_server {
    char folder[64];
    char address[64]; /* "https://localhost:PORT" */
    char ca[80];
    pid_t pid;
} archive_server;

static inline int archive_server_has(const char *program)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* 0: there is nothing to serve with. */
static inline int archive_server_start(archive_server *s)
{
    char name[80];
    static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        unsetenv(proxies[i]); /* the server is on this machine */
    if (!archive_server_has("python3") || !archive_server_has("openssl"))
        return 0;
    snprintf(s->folder, sizeof s->folder, "/tmp/gwstest-server-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->ca, sizeof s->ca, "%s/ca.pem", s->folder);
    s->pid = fork();
    if (s->pid == 0) {
        execlp("python3", "python3", GWS_TEST_DIR "/cli/archive_server.py", s->folder, (char *)NULL);
        _exit(127);
    }
    assert_true(s->pid > 0);
    snprintf(name, sizeof name, "%s/address", s->folder);
    for (int i = 0; i < 1200; i++) { /* two minutes, of which it needs a second */
        FILE *f = fopen(name, "r");
        if (f) {
            const int read = fscanf(f, "%63s", s->address);
            fclose(f);
            assert_int_equal(read, 1);
            return 1;
        }
        assert_int_equal(waitpid(s->pid, NULL, WNOHANG), 0);
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    fail_msg("the server does not start");
    return 0;
}

static inline void archive_server_stop(archive_server *s)
{
    char command[100];
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", s->folder);
    assert_int_equal(system(command), 0);
}

/* What stands in a file of the server's folder; the caller frees it. */
static inline char *archive_server_file(const archive_server *s, const char *file)
{
    char name[128], *text = calloc(1, 1 << 16);
    snprintf(name, sizeof name, "%s/%s", s->folder, file);
    FILE *f = fopen(name, "r");
    assert_non_null(text);
    if (f) {
        const size_t n = fread(text, 1, (1 << 16) - 1, f);
        text[n] = '\0';
        fclose(f);
    }
    return text;
}

#endif
