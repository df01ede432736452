/* ini.h - recipes and populations: `[section]`, `key = value`, `;` or `#` comments (through inih).
 *
 * Keys and sections keep their case.  A PyCBC-style file (sections such as
 * `[prior-mass1+mass2]`, values that span lines) loads too.  A key that is set twice is refused.  A value asked for is marked as used;
 * gws_ini_unused finds the misspelt ones.
 */
#ifndef GWS_BASE_INI_H
#define GWS_BASE_INI_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_ini gws_ini;

gws_ini *gws_ini_load(const char *path, gws_err *err);
gws_ini *gws_ini_parse(const char *text, const char *name, gws_err *err); /* name: for messages */
void gws_ini_destroy(gws_ini *ini);

/* Value or `fallback`.  A value that does not parse completely is GWS_EFORMAT, naming file, section, key. */
const char *gws_ini_string(gws_ini *ini, const char *section, const char *key, const char *fallback);
gws_status gws_ini_double(gws_ini *ini, const char *section, const char *key, double fallback, double *out, gws_err *err);
gws_status gws_ini_int(gws_ini *ini, const char *section, const char *key, int64_t fallback, int64_t *out, gws_err *err);
/* Comma or space separated numbers; *n is the capacity in and the count out. */
gws_status gws_ini_doubles(gws_ini *ini, const char *section, const char *key, double *out, int *n, gws_err *err);
int gws_ini_has(const gws_ini *ini, const char *section, const char *key);

/* Walk in file order: entry i, or 0 beyond the end. */
int gws_ini_entry(const gws_ini *ini, int i, const char **section, const char **key, const char **value);

/* GWS_EFORMAT naming the first entry that nobody asked for (within `section` when not NULL). */
gws_status gws_ini_unused(const gws_ini *ini, const char *section, gws_err *err);

/* The text as loaded, to be stored as provenance. */
const char *gws_ini_text(const gws_ini *ini);

#endif
