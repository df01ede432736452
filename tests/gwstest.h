/* gwstest.h - cmocka with its headers in the right order, and a skip that Meson can see.
 *
 * GWS_SKIP says why and skips; GWS_RUN_TESTS, returned from main, gives 77 (Meson's "skipped") when every test
 * of the program was skipped.  A program with plain skip() and cmocka_run_group_tests is counted rightly by
 * tools/count_tests as well.
 */
#ifndef GWS_TESTS_GWSTEST_H
#define GWS_TESTS_GWSTEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The address sanitizer takes terabytes of address space: tests that limit it cannot run with it. */
#if defined(__SANITIZE_ADDRESS__)
#define GWS_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GWS_TEST_SANITIZED 1
#endif
#endif
#ifndef GWS_TEST_SANITIZED
#define GWS_TEST_SANITIZED 0
#endif

static int gws_test_skips;

#define GWS_SKIP(...)                                                                                                              \
    do {                                                                                                                           \
        printf("skipped: " __VA_ARGS__);                                                                                           \
        printf("\n");                                                                                                              \
        gws_test_skips++;                                                                                                          \
        skip();                                                                                                                    \
    } while (0)

static inline int gws_test_exit(int failed, int tests)
{
    return failed ? 1 : gws_test_skips == tests ? 77 : 0;
}

#define GWS_RUN_TESTS(tests) gws_test_exit(cmocka_run_group_tests(tests, NULL, NULL), (int)(sizeof(tests) / sizeof((tests)[0])))

#endif
