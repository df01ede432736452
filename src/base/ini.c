#include "base/ini.h"

#include "base/array.h"
#include "base/file.h"
#include "base/number.h"

#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE ((size_t)16 << 20)
/* inih cuts what is longer without a word, so longer things are refused by name. */
#define MAX_LINE 190
#define MAX_NAME 48

typedef struct ini_entry {
    char *section, *key, *value;
    int used, set; /* asked for; lines that set it */
} ini_entry;

struct gws_ini {
    char *name, *text;
    ini_entry *entries;
    int n;
    int64_t room;
    int out_of_memory;
};

static char *join_lines(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    char *s = malloc(na + nb + 2);
    if (!s)
        return NULL;
    memcpy(s, a, na);
    s[na] = '\n';
    memcpy(s + na + 1, b, nb + 1);
    return s;
}

static int take(void *user, const char *section, const char *key, const char *value)
{
    gws_ini *ini = user;
    /* A value that spans lines arrives once per line, under the same key. */
    for (int i = 0; i < ini->n; i++) {
        ini_entry *e = &ini->entries[i];
        if (strcmp(e->section, section) == 0 && strcmp(e->key, key) == 0) {
            char *joined = join_lines(e->value, value);
            ini->out_of_memory |= !joined;
            if (joined) {
                free(e->value);
                e->value = joined;
            }
            return joined != NULL;
        }
    }
    if (!GWS_ARRAY_ROOM(ini->entries, ini->room, ini->n + 1)) {
        ini->out_of_memory = 1;
        return 0;
    }
    ini_entry e = {.section = strdup(section), .key = strdup(key), .value = strdup(value)};
    if (!e.section || !e.key || !e.value) {
        free(e.section);
        free(e.key);
        free(e.value);
        ini->out_of_memory = 1;
        return 0;
    }
    ini->entries[ini->n++] = e;
    return 1;
}

/* Number of the first line that inih would cut short, or 0. */
static int too_long(const char *text)
{
    int number = 1;
    for (const char *line = text; *line; number++) {
        size_t len = strcspn(line, "\n");
        size_t blank = strspn(line, " \t");
        if (len > MAX_LINE)
            return number;
        if (blank < len && line[blank] == '[' && strcspn(line + blank + 1, "]\n") > MAX_NAME)
            return number;
        if (blank == 0 && line[0] != ';' && line[0] != '#' && line[0] != '[') {
            size_t key = strcspn(line, "=:\n");
            if (key < len && key > MAX_NAME)
                return number;
        }
        line += len + (line[len] == '\n');
    }
    return 0;
}

static ini_entry *find(const gws_ini *ini, const char *section, const char *key);

/* A key that is set twice: inih hands the second over as if it were one more line of the first's value.  Returns the line, or 0. */
static int set_twice(const gws_ini *ini, const ini_entry **which)
{
    char section[MAX_NAME + 1] = "", key[MAX_NAME + 1];
    int number = 1, open = 0; /* open: an indented line goes on with a value */
    const char *line = strncmp(ini->text, "\xEF\xBB\xBF", 3) == 0 ? ini->text + 3 : ini->text;
    for (; *line; number++) {
        const size_t length = strcspn(line, "\n"), blank = strspn(line, " \t\r\v\f");
        const char *at = line + blank;
        const int empty = blank >= length || *at == ';' || *at == '#';
        if (!empty && !(open && blank > 0)) {
            const int head = *at == '[';
            size_t n = head ? strcspn(++at, "]\n") : strcspn(at, "=:\n");
            while (!head && n > 0 && strchr(" \t\r\v\f", at[n - 1]))
                n--;
            snprintf(head ? section : key, sizeof key, "%.*s", (int)(n < MAX_NAME ? n : MAX_NAME), at);
            open = !head;
            ini_entry *e = head ? NULL : find(ini, section, key);
            if (e && e->set++) {
                *which = e;
                return number;
            }
        }
        line += length + (line[length] == '\n');
    }
    return 0;
}

gws_ini *gws_ini_parse(const char *text, const char *name, gws_err *err)
{
    gws_ini *ini = calloc(1, sizeof *ini);
    if (ini) {
        ini->name = strdup(name);
        ini->text = strdup(text);
    }
    if (!ini || !ini->name || !ini->text) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", name);
        goto fail;
    }
    int line = too_long(text);
    if (line) {
        gws_err_set(err, GWS_EFORMAT,
                    "%s: line %d: wanted at most %d characters, and %d in a name (a value may go on, indented, on the next line)",
                    name, line, MAX_LINE, MAX_NAME);
        goto fail;
    }
    gws_c_locale scope = gws_c_locale_enter();
    line = ini_parse_string(text, take, ini);
    gws_c_locale_leave(scope);
    if (ini->out_of_memory || line < 0) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", name);
        goto fail;
    }
    if (line > 0) {
        gws_err_set(err, GWS_EFORMAT, "%s: line %d: wanted [section], key = value or a comment, found something else", name, line);
        goto fail;
    }
    const ini_entry *twice;
    if ((line = set_twice(ini, &twice)) != 0) {
        gws_err_set(err, GWS_EFORMAT, "%s: line %d: [%s] %s is set a second time", name, line, twice->section, twice->key);
        goto fail;
    }
    return ini;
fail:
    gws_ini_destroy(ini);
    return NULL;
}

gws_ini *gws_ini_load(const char *path, gws_err *err)
{
    char *text = NULL;
    size_t size = 0;
    gws_ini *ini = NULL;
    if (gws_file_read(path, MAX_FILE, &text, &size, err))
        return NULL;
    if (strlen(text) != size)
        gws_err_set(err, GWS_EFORMAT, "%s: wanted text, found a zero byte at %zu", path, strlen(text));
    else
        ini = gws_ini_parse(text, path, err);
    free(text);
    return ini;
}

void gws_ini_destroy(gws_ini *ini)
{
    if (!ini)
        return;
    for (int i = 0; i < ini->n; i++) {
        free(ini->entries[i].section);
        free(ini->entries[i].key);
        free(ini->entries[i].value);
    }
    free(ini->entries);
    free(ini->name);
    free(ini->text);
    free(ini);
}

static ini_entry *find(const gws_ini *ini, const char *section, const char *key)
{
    for (int i = 0; i < ini->n; i++)
        if (strcmp(ini->entries[i].section, section) == 0 && strcmp(ini->entries[i].key, key) == 0)
            return &ini->entries[i];
    return NULL;
}

const char *gws_ini_string(gws_ini *ini, const char *section, const char *key, const char *fallback)
{
    ini_entry *e = find(ini, section, key);
    if (!e)
        return fallback;
    e->used = 1;
    return e->value;
}

static gws_status wanted(const gws_ini *ini, const char *section, const char *key, const char *what, const char *value,
                         gws_err *err)
{
    return gws_err_set(err, GWS_EFORMAT, "%s: [%s] %s: wanted %s, found '%s'", ini->name, section, key, what, value);
}

/* A finite number and nothing behind it but blanks and separators; NULL when there is none. */
static const char *number(const char *text, double *out)
{
    const char *end = gws_number_read(text, out);
    return end && isfinite(*out) && strchr(", \t\n", *end) ? end : NULL;
}

gws_status gws_ini_double(gws_ini *ini, const char *section, const char *key, double fallback, double *out, gws_err *err)
{
    *out = fallback;
    const char *v = gws_ini_string(ini, section, key, NULL);
    if (!v)
        return GWS_OK;
    const char *end = number(v, out);
    if (end && end[strspn(end, " \t\n")] == '\0')
        return GWS_OK;
    *out = fallback;
    return wanted(ini, section, key, "a number", v, err);
}

gws_status gws_ini_int(gws_ini *ini, const char *section, const char *key, int64_t fallback, int64_t *out, gws_err *err)
{
    *out = fallback;
    const char *v = gws_ini_string(ini, section, key, NULL);
    if (!v)
        return GWS_OK;
    char *end;
    errno = 0;
    long long n = strtoll(v, &end, 10);
    if (errno || end == v || end[strspn(end, " \t\n")] != '\0')
        return wanted(ini, section, key, "a whole number", v, err);
    *out = n;
    return GWS_OK;
}

gws_status gws_ini_doubles(gws_ini *ini, const char *section, const char *key, double *out, int *n, gws_err *err)
{
    int capacity = *n;
    *n = 0;
    const char *v = gws_ini_string(ini, section, key, NULL);
    if (!v)
        return GWS_OK;
    const char *p = v + strspn(v, " \t\n");
    while (*p) {
        double x;
        const char *end = number(p, &x);
        if (!end || *n == capacity) {
            *n = 0;
            return end ? gws_err_set(err, GWS_EFORMAT, "%s: [%s] %s: wanted at most %d numbers, found more", ini->name, section,
                                     key, capacity)
                       : wanted(ini, section, key, "numbers", v, err);
        }
        out[(*n)++] = x;
        p = end + strspn(end, " \t\n");
        if (*p == ',') {
            p++;
            p += strspn(p, " \t\n");
        }
    }
    return GWS_OK;
}

int gws_ini_has(const gws_ini *ini, const char *section, const char *key)
{
    return find(ini, section, key) != NULL;
}

int gws_ini_entry(const gws_ini *ini, int i, const char **section, const char **key, const char **value)
{
    if (i < 0 || i >= ini->n)
        return 0;
    const ini_entry *e = &ini->entries[i];
    if (section)
        *section = e->section;
    if (key)
        *key = e->key;
    if (value)
        *value = e->value;
    return 1;
}

gws_status gws_ini_unused(const gws_ini *ini, const char *section, gws_err *err)
{
    for (int i = 0; i < ini->n; i++) {
        const ini_entry *e = &ini->entries[i];
        if (!e->used && (!section || strcmp(section, e->section) == 0))
            return gws_err_set(err, GWS_EFORMAT, "%s: [%s] %s: not a key known here", ini->name, e->section, e->key);
    }
    return GWS_OK;
}

const char *gws_ini_text(const gws_ini *ini)
{
    return ini->text;
}
