/* Pages on a local port.  Truth: libcurl as the client; the promises of the header. */
#include "gwstest.h"
#include "net/serve.h"

#include <stdlib.h>
#include <string.h>

#ifdef GWS_HTTP
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int asked;

static int metrics(void *user, char **text)
{
    asked++;
    *text = strdup(user);
    return 200;
}

static int ill(void *user, char **text)
{
    (void)user;
    *text = strdup("H1 is silent\n");
    return 503;
}

static int no_memory(void *user, char **text)
{
    (void)user;
    *text = NULL;
    return 200;
}

static const gws_serve_page pages[] = {{"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics},
                                       {"/healthz", "text/plain; charset=utf-8", ill},
                                       {"/nothing", "text/plain; charset=utf-8", no_memory}};
#define PAGES 3

/* ---- the client ---- */

struct answer {
    char body[4096], type[100];
    size_t n;
    long status;
    CURLcode code;
};

static size_t keep(char *data, size_t size, size_t n, void *user)
{
    struct answer *a = user;
    n *= size;
    assert_true(a->n + n < sizeof a->body);
    memcpy(a->body + a->n, data, n);
    a->n += n;
    return n;
}

static struct answer ask(const gws_serve *s, const char *path, const char *method)
{
    struct answer a = {.n = 0};
    char url[200];
    const char *type = NULL;
    CURL *c = curl_easy_init();
    snprintf(url, sizeof url, "%s%s", gws_serve_address(s), path);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &a);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "POST") == 0)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, "a body");
    a.code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a.status);
    curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
    snprintf(a.type, sizeof a.type, "%s", type ? type : "");
    curl_easy_cleanup(c);
    return a;
}

static gws_serve *serve(const char *where)
{
    static char text[] = "gwspike_triggers_total 3\n";
    gws_err err = {0};
    gws_serve *s = gws_serve_create(where, pages, PAGES, text, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

/* ---- tests ---- */

static void test_pages_are_given_with_their_status_and_type(void **state)
{
    (void)state;
    gws_serve *s = serve("0");
    struct answer a = ask(s, "/metrics", "GET");
    assert_int_equal(a.code, CURLE_OK);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.type, "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(a.body, "gwspike_triggers_total 3\n");
    a = ask(s, "/healthz", "GET");
    assert_int_equal(a.status, 503);
    assert_string_equal(a.body, "H1 is silent\n");
    a = ask(s, "/", "GET");
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "/metrics\n/healthz\n/nothing\n");
    a = ask(s, "/metrics?x=1", "GET");
    assert_int_equal(a.status, 200);
    gws_serve_destroy(s);
}

static void test_what_is_not_a_page_is_refused(void **state)
{
    static const char *const paths[] = {"/metric", "/metrics/", "/../etc/passwd", "/%2e%2e/metrics", "//"};
    (void)state;
    gws_serve *s = serve("127.0.0.1:0");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(ask(s, paths[i], "GET").status, 404);
    asked = 0;
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "FLY"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_int_equal(ask(s, "/metrics", methods[i]).status, 405);
    assert_int_equal(asked, 0);
    const struct answer a = ask(s, "/metrics", "HEAD");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n, 0);
    gws_serve_destroy(s);
}

static void test_a_page_without_memory_closes_the_connection_and_the_next_one_comes(void **state)
{
    (void)state;
    gws_serve *s = serve("0");
    assert_int_not_equal(ask(s, "/nothing", "GET").code, CURLE_OK);
    assert_int_equal(ask(s, "/metrics", "GET").status, 200);
    gws_serve_destroy(s);
}

static void test_it_listens_on_this_machine_alone_unless_told_otherwise(void **state)
{
    gws_err err = {0};
    (void)state;
    gws_serve *s = serve("0");
    assert_int_equal(strncmp(gws_serve_address(s), "http://127.0.0.1:", 17), 0);
    assert_int_not_equal(atoi(gws_serve_address(s) + 17), 0);
    gws_serve_destroy(s);
    s = serve("0.0.0.0:0");
    assert_int_equal(strncmp(gws_serve_address(s), "http://0.0.0.0:", 15), 0);
    gws_serve_destroy(s);
    s = gws_serve_create("[::1]:0", pages, PAGES, NULL, &err);
    if (s) /* a sandbox may have no IPv6 */
        assert_int_equal(strncmp(gws_serve_address(s), "http://[::1]:", 13), 0);
    else
        assert_int_equal(err.status, GWS_EIO);
    gws_serve_destroy(s);
}

static void test_a_port_in_use_and_wrong_addresses_are_said(void **state)
{
    static const char *const wrong[] = {
        "", ":", "x", "65536", "99999999999999999999", "-1", "1.2.3:80", "localhost:80", "::1:80", "[::1]", "1 ", "127.0.0.1:"};
    gws_err err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(gws_serve_create(wrong[i], pages, PAGES, NULL, &err));
        assert_int_equal(err.status, GWS_EARG);
    }
    gws_serve *s = serve("0");
    assert_null(gws_serve_create(gws_serve_address(s) + strlen("http://"), pages, PAGES, NULL, &err));
    assert_int_equal(err.status, GWS_EIO);
    assert_non_null(strstr(err.text, "in use"));
    gws_serve_destroy(s);
}

/* Who connects and says nothing holds nobody up. */
static void test_silent_connections_do_not_hold_up_others(void **state)
{
    int fd[10];
    (void)state;
    gws_serve *s = serve("0");
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(gws_serve_address(s) + 17))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 10; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd[i], (struct sockaddr *)&a, sizeof a), 0);
        assert_true(write(fd[i], "GET /met", 8) == 8);
    }
    assert_int_equal(ask(s, "/metrics", "GET").status, 200);
    gws_serve_destroy(s);
    for (int i = 0; i < 10; i++)
        close(fd[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_given_with_their_status_and_type),
        cmocka_unit_test(test_what_is_not_a_page_is_refused),
        cmocka_unit_test(test_a_page_without_memory_closes_the_connection_and_the_next_one_comes),
        cmocka_unit_test(test_it_listens_on_this_machine_alone_unless_told_otherwise),
        cmocka_unit_test(test_a_port_in_use_and_wrong_addresses_are_said),
        cmocka_unit_test(test_silent_connections_do_not_hold_up_others),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}

#else /* built without libmicrohttpd */

static void test_without_libmicrohttpd_one_sentence_says_so(void **state)
{
    static const gws_serve_page page = {"/", "text/plain", NULL};
    gws_err err = {0};
    (void)state;
    assert_null(gws_serve_library());
    assert_null(gws_serve_create("0", &page, 1, NULL, &err));
    assert_int_equal(err.status, GWS_EVERSION);
    assert_non_null(strstr(err.text, "without libmicrohttpd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_libmicrohttpd_one_sentence_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
