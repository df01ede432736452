/* What archive/http.h promises, against a server of our own (tests/cli/archive_server.py); the verb's test (tests/cli/fetch.sh) has what goes wrong with
 * files on the way. */
#include "archive/http.h"
#include "archive/url.h"
#include "archive_server.h"

#include <stdlib.h>

static archive_server server;
static int served;

static int start(void **state)
{
    (void)state;
    served = archive_server_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (served)
        archive_server_stop(&server);
    return 0;
}

static gws_http *client(gws_http_params p)
{
    gws_err err = {0};
    p.attempts = 2;
    p.wait_s = 0.01;
    p.ca_file = server.ca;
    gws_http *h = gws_http_create(&p, &err);
    if (!h)
        fail_msg("%s", err.text);
    return h;
}

static void a_body_is_posted_with_its_headers(void **state)
{
    (void)state;
    if (!served)
        GWS_SKIP("no python3 or no openssl to serve with");
    static const char *const headers[] = {"X-Signature: abc", "X-Key: k", NULL};
    static const char text[] = "{\"a\": [1, 2]}";
    const gws_http_body body = {.type = "application/json", .data = text, .size = sizeof text - 1, .headers = headers};
    const gws_http_body none = {.type = "text/plain"};
    gws_http *h = client(gws_http_defaults());
    gws_err err = {0};
    char url[300], *out = NULL;
    snprintf(url, sizeof url, "%s/hooks/one", server.address);
    assert_int_equal(gws_http_post(h, url, &body, 100, &out, &err), GWS_OK);
    assert_string_equal(out, "13 bytes");
    free(out);
    assert_int_equal(gws_http_post(h, url, &none, 100, NULL, &err), GWS_OK);
    snprintf(url, sizeof url, "%s/hooks/busy", server.address); /* 503, and then 200 */
    assert_int_equal(gws_http_post(h, url, &body, 100, NULL, &err), GWS_OK);
    snprintf(url, sizeof url, "%s/hooks/closed?token=secret", server.address);
    assert_int_equal(gws_http_post(h, url, &body, 100, &out, &err), GWS_EIO);
    assert_null(out);
    assert_null(strstr(err.text, "closed")); /* the path of a hook is its key */
    assert_non_null(strstr(err.text, server.address));
    assert_non_null(strstr(err.text, "(403)"));
    assert_null(strstr(err.text, "secret"));
    char *posts = archive_server_file(&server, "posts");
    assert_non_null(strstr(posts, "\"X-Signature\": \"abc\""));
    assert_non_null(strstr(posts, "\"Content-Type\": \"application/json\""));
    assert_non_null(strstr(posts, "\"body\": \"{\\\"a\\\": [1, 2]}\""));
    free(posts);
    gws_http_destroy(h);
}

static void a_post_is_not_sent_on(void **state)
{
    (void)state;
    if (!served)
        GWS_SKIP("no python3 or no openssl to serve with");
    const gws_http_body body = {.type = "text/plain", .data = "x", .size = 1};
    gws_http *h = client(gws_http_defaults());
    gws_err err = {0};
    char url[300];
    snprintf(url, sizeof url, "%s/hooks/redirect", server.address);
    assert_int_equal(gws_http_post(h, url, &body, 100, NULL, &err), GWS_EIO);
    assert_non_null(strstr(err.text, "(307)"));
    char *posts = archive_server_file(&server, "posts");
    assert_null(strstr(posts, "/hooks/other"));
    free(posts);
    snprintf(url, sizeof url, "http%s/hooks/one", server.address + strlen("https"));
    assert_int_equal(gws_http_post(h, url, &body, 100, NULL, &err), GWS_EARG);
    gws_http_destroy(h);
}

static void addresses_are_shown_without_secrets(void **state)
{
    static const char *const cases[][2] = {{"https://a.org/b?c#d", "https://a.org/b"},
                                           {"http://a.org", "https://a.org"},
                                           {"HTTPS://u:p@a.org:8/b@c", "https://a.org:8/b@c"},
                                           {"https://u@x:p@a.org/b", "https://a.org/b"},
                                           {"https://u:p@a.org?t=1", "https://a.org"},
                                           {"file:///a?b", "file:///a"},
                                           {"", ""}};
    char out[12];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = gws_url_clean(cases[i][0]);
        assert_string_equal(shown, cases[i][1]);
        free(shown);
    }
    gws_url_escape("a b&c/\xc3", out, sizeof out); /* cut at the end of a character's bytes */
    assert_string_equal(out, "a%20b%26");
    gws_url_escape("GW1-v2@x~", out, sizeof out);
    assert_string_equal(out, "GW1-v2@x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_shown_without_secrets),
        cmocka_unit_test(a_body_is_posted_with_its_headers),
        cmocka_unit_test(a_post_is_not_sent_on),
    };
    return gws_test_exit(cmocka_run_group_tests(tests, start, stop), (int)(sizeof tests / sizeof tests[0]));
}
