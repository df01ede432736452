#include "base/service.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SOCK_CLOEXEC /* macOS */
#define SOCK_CLOEXEC 0
#endif

/* A whole number above zero; 0: it is none. */
static long long whole(const char *text)
{
    char *end;
    if (!text || *text < '0' || *text > '9')
        return 0;
    const long long v = strtoll(text, &end, 10);
    return *end ? 0 : v;
}

void gws_service_init(gws_service *s, const char *socket, const char *watchdog_us, const char *watchdog_pid)
{
    *s = (gws_service){.watchdog_s = 0};
    if (!socket || (*socket != '/' && *socket != '@') || !socket[1] || strlen(socket) >= sizeof s->socket)
        return;
    snprintf(s->socket, sizeof s->socket, "%s", socket);
    if (!watchdog_pid || whole(watchdog_pid) == getpid())
        s->watchdog_s = (double)whole(watchdog_us) * 0.5e-6;
}

int gws_service_tell(const gws_service *s, const char *state)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const size_t n = strlen(s->socket);
    if (n == 0)
        return 0;
    memcpy(to.sun_path, s->socket, n);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    const ssize_t sent = sendto(fd, state, strlen(state), MSG_DONTWAIT, (const struct sockaddr *)&to,
                                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
    return sent == (ssize_t)strlen(state);
}
