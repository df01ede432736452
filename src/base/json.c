#include "base/json.h"

#include "base/number.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_json {
    json_t *object;
    int bad;    /* something did not fit: printing fails instead of printing half */
    int digits; /* of its numbers: as few as bring every one of them back exactly */
};

gws_json *gws_json_object(void)
{
    gws_json *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->digits = 15;
    j->object = json_object();
    if (!j->object) {
        free(j);
        return NULL;
    }
    return j;
}

/* Takes over the reference to v, NULL included. */
static void put(gws_json *j, const char *key, json_t *v)
{
    if (!j)
        json_decref(v);
    else if (json_object_set_new(j->object, key, v) != 0)
        j->bad = 1;
}

static json_t *number(gws_json *j, double v)
{
    if (!isfinite(v))
        return json_null();
    char text[40];
    for (; j && j->digits < 17; j->digits++) {
        double back;
        gws_text_print(text, sizeof text, "%.*g", j->digits, v);
        if (gws_number_read(text, &back) && back == v)
            break;
    }
    return json_real(v);
}

/* JSON is UTF-8; a file name may be any bytes. What is not UTF-8 becomes '?'. */
static json_t *string(const char *v)
{
    if (!v)
        return json_null();
    json_t *s = json_string(v);
    if (s)
        return s;
    char *ascii = strdup(v);
    if (!ascii)
        return NULL;
    for (char *p = ascii; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    s = json_string(ascii);
    free(ascii);
    return s;
}

void gws_json_put_f64(gws_json *j, const char *key, double v)
{
    put(j, key, number(j, v));
}

void gws_json_put_i64(gws_json *j, const char *key, int64_t v)
{
    put(j, key, json_integer((json_int_t)v));
}

void gws_json_put_bool(gws_json *j, const char *key, int v)
{
    put(j, key, json_boolean(v));
}

void gws_json_put_null(gws_json *j, const char *key)
{
    put(j, key, json_null());
}

void gws_json_put_string(gws_json *j, const char *key, const char *v)
{
    put(j, key, string(v));
}

void gws_json_put_strings(gws_json *j, const char *key, const char *const *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; a && i < n; i++)
        if (json_array_append_new(a, string(v[i])) != 0 && j)
            j->bad = 1;
    put(j, key, a);
}

void gws_json_put_f64s(gws_json *j, const char *key, const double *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; a && i < n; i++)
        if (json_array_append_new(a, number(j, v[i])) != 0 && j)
            j->bad = 1;
    put(j, key, a);
}

void gws_json_put_i64s(gws_json *j, const char *key, const int64_t *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; a && i < n; i++)
        if (json_array_append_new(a, json_integer((json_int_t)v[i])) != 0 && j)
            j->bad = 1;
    put(j, key, a);
}

/* The value of a child, which is freed; what it knows goes over. */
static json_t *taken(gws_json *j, gws_json *child)
{
    json_t *object = child ? json_incref(child->object) : NULL;
    if (j && (!child || child->bad))
        j->bad = 1;
    if (j && child && child->digits > j->digits)
        j->digits = child->digits;
    gws_json_destroy(child);
    return object;
}

void gws_json_put_object(gws_json *j, const char *key, gws_json *child)
{
    put(j, key, taken(j, child));
}

void gws_json_append_object(gws_json *j, const char *key, gws_json *child)
{
    json_t *list = j ? json_object_get(j->object, key) : NULL, *object = taken(j, child);
    if (j && !list) {
        put(j, key, json_array());
        list = json_object_get(j->object, key);
    }
    if (!j)
        json_decref(object);
    else if (json_array_append_new(list, object) != 0)
        j->bad = 1;
}

static size_t flags_of(const gws_json *j)
{
    return JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(j->digits);
}

void gws_json_destroy(gws_json *j)
{
    if (!j)
        return;
    json_decref(j->object);
    free(j);
}

int gws_json_print(gws_json *j, FILE *out)
{
    if (!j)
        return -1;
    gws_c_locale scope = gws_c_locale_enter();
    int bad = j->bad || json_dumpf(j->object, out, flags_of(j)) != 0 || fputc('\n', out) == EOF;
    gws_c_locale_leave(scope);
    gws_json_destroy(j);
    return bad || ferror(out) ? -1 : 0;
}

char *gws_json_text(gws_json *j)
{
    if (!j)
        return NULL;
    gws_c_locale scope = gws_c_locale_enter();
    char *text = j->bad ? NULL : json_dumps(j->object, flags_of(j));
    gws_c_locale_leave(scope);
    gws_json_destroy(j);
    return text;
}

gws_json *gws_json_parse(const char *text, size_t size)
{
    gws_json *j = calloc(1, sizeof *j);
    gws_c_locale scope = gws_c_locale_enter();
    json_t *v = j ? json_loadb(text, size, 0, NULL) : NULL;
    gws_c_locale_leave(scope);
    if (!v || !json_is_object(v)) {
        json_decref(v);
        free(j);
        return NULL;
    }
    j->object = v;
    j->digits = 15;
    return j;
}

const char *gws_json_get_string(const gws_json *j, const char *key)
{
    return json_string_value(json_object_get(j->object, key));
}

int gws_json_get_f64(const gws_json *j, const char *key, double *out)
{
    const json_t *v = json_object_get(j->object, key);
    const int is_number = json_is_number(v);
    *out = is_number ? json_number_value(v) : (double)NAN;
    return is_number;
}
