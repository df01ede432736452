/* json.h - one JSON object per line, keys in the order they are put, numbers in as few digits as bring
 * every double of the object back exactly (through jansson). */
#ifndef GWS_BASE_JSON_H
#define GWS_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct gws_json gws_json;

gws_json *gws_json_object(void);                               /* NULL when memory is out; every put accepts NULL */
void gws_json_put_f64(gws_json *j, const char *key, double v); /* not finite: null */
void gws_json_put_i64(gws_json *j, const char *key, int64_t v);
void gws_json_put_bool(gws_json *j, const char *key, int v);
void gws_json_put_null(gws_json *j, const char *key);
void gws_json_put_string(gws_json *j, const char *key, const char *v);
void gws_json_put_strings(gws_json *j, const char *key, const char *const *v, int n);
void gws_json_put_f64s(gws_json *j, const char *key, const double *v, int n);
void gws_json_put_i64s(gws_json *j, const char *key, const int64_t *v, int n);

/* Put an object into another, and an object at the end of the list of that key, which the first one makes.  The child is gone in either
 * case; NULL for want of memory makes printing fail. */
void gws_json_put_object(gws_json *j, const char *key, gws_json *child);
void gws_json_append_object(gws_json *j, const char *key, gws_json *child);

/* Print on one line with newline and free the object. Returns 0, or -1 when the stream failed. */
int gws_json_print(gws_json *j, FILE *out);

/* The object on one line, without newline, and free the object.  Caller frees the text; NULL when memory is out. */
char *gws_json_text(gws_json *j);

/* Read one object out of a text of `size` bytes.  NULL when the text is not one object, or memory is out.  gws_json_destroy frees it. */
gws_json *gws_json_parse(const char *text, size_t size);

/* The string of that key, which lives as long as the object; NULL when there is none. */
const char *gws_json_get_string(const gws_json *j, const char *key);

/* The number of that key.  Returns not 0 when there is one; else out is NaN. */
int gws_json_get_f64(const gws_json *j, const char *key, double *out);

void gws_json_destroy(gws_json *j); /* NULL is fine */

#endif
