/* What is told to the service manager.  Truth: the protocol as sd_notify(3) has it, heard on a socket of the test's own. */
#include "gwstest.h"
#include "base/service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Listen at a path or at @NAME. */
static int manager(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
    return fd;
}

static void hear(const char *name)
{
    gws_service s;
    char got[100] = "";
    const int fd = manager(name);
    gws_service_init(&s, name, NULL, NULL);
    assert_true(gws_service_tell(&s, "READY=1\nSTATUS=two detectors"));
    assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT), 28);
    assert_string_equal(got, "READY=1\nSTATUS=two detectors");
    close(fd);
    if (name[0] == '/')
        assert_false(gws_service_tell(&s, "WATCHDOG=1")); /* it is gone; nothing happens */
}

static void test_it_is_heard_at_a_path_and_at_an_abstract_name(void **state)
{
    char folder[] = "/tmp/gws-service-XXXXXX", path[100], name[100];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/notify", folder);
    hear(path);
    unlink(path);
    rmdir(folder);
    snprintf(name, sizeof name, "@gwspike-test-%d", (int)getpid());
    hear(name);
}

static void test_without_a_manager_nothing_is_sent(void **state)
{
    static const char *const none[] = {NULL, "", "relative", "/", "@"};
    char long_name[200];
    gws_service s;
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        gws_service_init(&s, none[i], "1000000", NULL);
        assert_string_equal(s.socket, "");
        assert_true(s.watchdog_s == 0);
        assert_false(gws_service_tell(&s, "READY=1"));
    }
    memset(long_name, 'x', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    gws_service_init(&s, long_name, NULL, NULL);
    assert_string_equal(s.socket, "");
}

static void test_the_watchdog_is_fed_twice_as_often_as_it_waits_and_only_by_whom_it_is_meant_for(void **state)
{
    gws_service s;
    char pid[20];
    (void)state;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    gws_service_init(&s, "/x", "60000000", pid);
    assert_true(s.watchdog_s == 30);
    gws_service_init(&s, "/x", "60000000", NULL);
    assert_true(s.watchdog_s == 30);
    gws_service_init(&s, "/x", "60000000", "1");
    assert_true(s.watchdog_s == 0);
    gws_service_init(&s, "/x", "60s", pid);
    assert_true(s.watchdog_s == 0);
    gws_service_init(&s, "/x", "-5", pid);
    assert_true(s.watchdog_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_heard_at_a_path_and_at_an_abstract_name),
        cmocka_unit_test(test_without_a_manager_nothing_is_sent),
        cmocka_unit_test(test_the_watchdog_is_fed_twice_as_often_as_it_waits_and_only_by_whom_it_is_meant_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
