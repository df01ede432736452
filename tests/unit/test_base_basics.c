/* err, log, arena, cpu, file, json: identities and what their headers promise.  The digests are FIPS 180-2's examples. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void table_lays_out(void **state)
{
    gws_table t;
    gws_table_init(&t);
    assert_int_equal(gws_table_add(&t, "a.weight", 3, 5, 0, 0), 0);
    assert_int_equal(gws_table_add(&t, "a.bias", 16, 0, 0, 0), 1);
    assert_int_equal(gws_table_add(&t, "scale", 0, 0, 0, 0), 2);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "more.%d", i);
        assert_int_equal(gws_table_add(&t, name, 2, 2, 2, 2), 3 + i);
    }
    assert_int_equal(t.rows[0].ndim, 2);
    assert_int_equal(t.rows[0].size, 15);
    assert_int_equal(t.rows[1].offset, 16);
    assert_int_equal(t.rows[2].offset, 32);
    assert_int_equal(t.rows[2].size, 1);
    assert_int_equal(t.total, 48 + 100 * 16);
    assert_int_equal(gws_table_find(&t, "more.7"), 10);
    assert_int_equal(gws_table_find(&t, "more"), -1);
    uint64_t before = gws_alloc_count();
    float *p = gws_table_alloc(&t);
    assert_non_null(p);
    assert_int_equal(gws_alloc_count(), before + 1);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int64_t i = 0; i < t.total; i++)
        assert_true(p[i] == 0.0f);
    gws_arena_free(p);
    gws_table_clear(&t);
    assert_null(gws_arena_alloc(SIZE_MAX));
}

static void err_is_one_line(void **state)
{
    gws_err e = {0};
    assert_int_equal(gws_err_set(NULL, GWS_EIO, "x"), GWS_EIO);
    gws_err_set(&e, GWS_EDATA, "rate %d Hz,\nmodel wants %d", 1000, 2048);
    gws_err_prefix(&e, "%s", "H1.hdf5");
    assert_string_equal(e.text, "H1.hdf5: rate 1000 Hz, model wants 2048");
    gws_err_set(&e, GWS_EDATA, "again: %s", e.text); /* its own text as an argument */
    assert_string_equal(e.text, "again: H1.hdf5: rate 1000 Hz, model wants 2048");
    for (int i = 0; i < 200; i++)
        gws_err_prefix(&e, "%s", "a rather long context");
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
    for (int s = GWS_OK; s <= GWS_ESTOP; s++)
        assert_string_not_equal(gws_status_name((gws_status)s), "unknown");
}

static void isa_limits(void **state)
{
    gws_isa best = gws_isa_best(), isa;
    for (int i = 0; i < 4; i++)
        assert_true(gws_isa_parse(gws_isa_name((gws_isa)i), &isa) && isa == (gws_isa)i);
    assert_false(gws_isa_parse("sse9", &isa));
    gws_isa_limit(GWS_ISA_SCALAR);
    assert_int_equal(gws_isa_best(), GWS_ISA_SCALAR);
    gws_isa_limit(GWS_ISA_AVX2);
    assert_true(gws_isa_best() != GWS_ISA_AVX512);
    gws_isa_limit(best);
    assert_int_equal(gws_isa_best(), best);
    char text[256];
    gws_cpu_model(text);
    assert_true(text[0] != '\0');
    gws_cpu_features(text);
    assert_true(gws_cpu_count() >= 1);
}

static void files(void **state)
{
    char dir[] = "gws-test-XXXXXX", path[64], *data = NULL, hex[65];
    size_t size;
    gws_err err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a", dir);
    assert_int_equal(gws_file_read(path, 100, &data, &size, &err), GWS_EIO);
    assert_null(data);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(gws_file_write(path, "abc", 3, &err), GWS_OK);
    assert_int_equal(gws_file_sha256(path, hex, &err), GWS_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(gws_file_read(path, 3, &data, &size, &err), GWS_OK);
    assert_int_equal(size, 3);
    assert_string_equal(data, "abc");
    free(data);
    assert_int_equal(gws_file_read(path, 2, &data, &size, &err), GWS_EDATA);
    char *big = malloc(1000000);
    assert_non_null(big);
    memset(big, 'a', 1000000);
    assert_int_equal(gws_file_write(path, big, 1000000, &err), GWS_OK);
    assert_int_equal(gws_file_sha256(path, hex, &err), GWS_OK);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_int_equal(gws_file_write("/nonexistent/a", "x", 1, &err), GWS_EIO);
    free(big);
    unlink(path);
    assert_int_equal(rmdir(dir), 0); /* nothing else was left */
}

static void json_line(void **state)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    gws_json *j = gws_json_object();
    const double list[2] = {0.1, INFINITY};
    const char *words[2] = {"H1", "L1"};
    gws_json_put_f64(j, "gps", 1126259462.4230001);
    gws_json_put_f64(j, "nan", NAN);
    gws_json_put_i64(j, "n", INT64_MAX);
    gws_json_put_bool(j, "yes", 1);
    gws_json_put_null(j, "none");
    gws_json_put_string(j, "s", "a \"b\"\n\xc3\xa9");
    gws_json_put_string(j, "latin", "caf\xe9");
    gws_json_put_strings(j, "d", words, 2);
    gws_json_put_f64s(j, "v", list, 2);
    gws_json_put_i64(NULL, "n", 1);
    assert_int_equal(gws_json_print(j, f), 0);
    rewind(f);
    char line[512];
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    double gps = 0;
    assert_int_equal(sscanf(line, "{\"gps\": %lf", &gps), 1);
    assert_true(gps == 1126259462.4230001); /* full precision */
    char *rest = strstr(line, ", \"nan\"");
    assert_non_null(rest);
    char *list_at = strstr(rest, "\"v\": [");
    assert_non_null(list_at);
    assert_true(strtod(list_at + 6, NULL) == 0.1);
    list_at[6] = '\0';
    assert_string_equal(rest, ", \"nan\": null, \"n\": 9223372036854775807, \"yes\": true, \"none\": null, "
                              "\"s\": \"a \\\"b\\\"\\n\\u00E9\", \"latin\": \"caf?\", \"d\": [\"H1\", \"L1\"], \"v\": [");
    /* as few digits as all its numbers need */
    j = gws_json_object();
    gws_json_put_f64(j, "gps", 1126259462.42);
    gws_json_put_f64(j, "one", 1);
    f = tmpfile();
    assert_non_null(f);
    assert_int_equal(gws_json_print(j, f), 0);
    rewind(f);
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    assert_string_equal(line, "{\"gps\": 1126259462.42, \"one\": 1.0}\n");
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        j = gws_json_object();
        setvbuf(full, NULL, _IONBF, 0);
        assert_int_equal(gws_json_print(j, full), -1);
        fclose(full);
    }
}

static void json_read(void **state)
{
    static const char line[] = "{\"name\": \"a\\\"b\", \"ms\": 1.25, \"none\": null}\n{";
    double v;
    gws_json *j = gws_json_parse(line, strcspn(line, "\n"));
    assert_non_null(j);
    assert_string_equal(gws_json_get_string(j, "name"), "a\"b");
    assert_null(gws_json_get_string(j, "ms"));
    assert_true(gws_json_get_f64(j, "ms", &v) && v == 1.25);
    assert_true(!gws_json_get_f64(j, "none", &v) && isnan(v));
    char *text = gws_json_text(j); /* which frees it */
    assert_string_equal(text, "{\"name\": \"a\\\"b\", \"ms\": 1.25, \"none\": null}");
    free(text);
    assert_null(gws_json_parse(line, sizeof line - 1)); /* something stands behind the object */
    assert_null(gws_json_parse("[1]", 3));
    assert_null(gws_json_parse("", 0));
    gws_json_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_lays_out), cmocka_unit_test(err_is_one_line), cmocka_unit_test(isa_limits),
        cmocka_unit_test(files),          cmocka_unit_test(json_line),       cmocka_unit_test(json_read),
    };
    return GWS_RUN_TESTS(tests);
}
