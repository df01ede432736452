#include "strain/inputs.h"

#include "base/array.h"
#include "base/number.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define LINE 8192

struct list {
    char **names;
    int n;
    int64_t room;
};

void gws_inputs_free(char **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static gws_status add(struct list *l, const char *folder, size_t folder_n, const char *name, gws_err *err)
{
    if (l->n >= GWS_INPUTS_MAX)
        return gws_err_set(err, GWS_EDATA, "%s: more than %d inputs", name, GWS_INPUTS_MAX);
    if (!GWS_ARRAY_ROOM(l->names, l->room, l->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "inputs: out of memory for %d names", l->n + 1);
    const size_t n = strlen(name);
    char *copy = malloc(folder_n + n + 1);
    if (!copy)
        return gws_err_set(err, GWS_ENOMEM, "inputs: out of memory");
    memcpy(copy, folder, folder_n);
    memcpy(copy + folder_n, name, n + 1);
    l->names[l->n++] = copy;
    return GWS_OK;
}

static int ends_in(const char *name, const char *const *endings, size_t n)
{
    const size_t m = strlen(name);
    for (size_t i = 0; i < n; i++) {
        const size_t k = strlen(endings[i]);
        if (m > k && strcasecmp(name + m - k, endings[i]) == 0)
            return 1;
    }
    return 0;
}

/* ---- folders ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gws_status add_folder(struct list *l, const char *path, gws_err *err)
{
    static const char *const endings[] = {".gwf", ".hdf5",   ".hdf", ".h5",  ".txt", ".txt.gz",
                                          ".csv", ".csv.gz", ".npy", ".npz", ".wav"};
    const int before = l->n;
    gws_status status = GWS_OK;
    DIR *d = opendir(path);
    const struct dirent *e;
    if (!d)
        return gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
    while (status == GWS_OK && (e = readdir(d))) {
        char full[4096];
        struct stat st;
        if (e->d_name[0] == '.' || !ends_in(e->d_name, endings, sizeof endings / sizeof *endings))
            continue;
        if ((size_t)snprintf(full, sizeof full, "%s/%s", path, e->d_name) >= sizeof full || stat(full, &st) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        status = add(l, "", 0, full, err);
    }
    closedir(d);
    if (status == GWS_OK && l->n == before)
        return gws_err_set(err, GWS_EDATA,
                           "%s: a folder without a file of strain (.gwf, .hdf5, .hdf, .h5, .txt, .csv, .npy, .npz, .wav)", path);
    qsort(l->names + before, (size_t)(l->n - before), sizeof *l->names, by_name);
    return status;
}

/* ---- lists ---- */

static int hex(int c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *gws_inputs_path(char *address)
{
    char *p = address;
    if (strncasecmp(p, "file:", 5) != 0)
        return strstr(p, "://") && strchr(p, ':') < strchr(p, '/') ? NULL : p;
    p += 5;
    if (strncmp(p, "//", 2) == 0) {
        p += 2;
        if (strncasecmp(p, "localhost/", 10) == 0)
            p += 9;
        if (*p != '/')
            return NULL; /* another machine */
    }
    char *to = p;
    for (const char *from = p; *from; from++) {
        if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
            *to++ = (char)(16 * hex(from[1]) + hex(from[2]));
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return p;
}

/* Words of a line, cut in place; at most 6. */
static int split(char *line, char *words[6])
{
    int n = 0;
    for (char *p = line; n < 6;) {
        p += strspn(p, " \t");
        if (!*p)
            break;
        words[n++] = p;
        p += strcspn(p, " \t");
        if (*p)
            *p++ = '\0';
    }
    return n;
}

static int is_number(const char *s)
{
    double x;
    return gws_number_parse(s, &x);
}

/* A LIGO cache has "-" where a start or a duration is not known. */
static int is_number_or_dash(const char *s)
{
    return strcmp(s, "-") == 0 || is_number(s);
}

/* The path on a line: the last of five words of a LIGO cache, the first of a Virgo list, or the whole line. */
static char *pick(char *line)
{
    char copy[LINE], *words[6];
    memcpy(copy, line, strlen(line) + 1);
    const int n = split(copy, words);
    if (n == 5 && !is_number(words[1]) && is_number_or_dash(words[2]) && is_number_or_dash(words[3])) {
        split(line, words);
        return words[4];
    }
    if (n >= 3 && is_number(words[1]) && is_number(words[2])) {
        split(line, words);
        return words[0];
    }
    return line + strspn(line, " \t");
}

static gws_status add_list(struct list *l, const char *name, FILE *f, gws_err *err)
{
    char line[LINE];
    const char *slash = strrchr(name, '/');
    const size_t folder_n = slash ? (size_t)(slash - name) + 1 : 0;
    const int before = l->n;
    gws_status status = GWS_OK;
    long k = 0;
    while (status == GWS_OK && fgets(line, sizeof line, f)) {
        size_t n = strlen(line);
        k++;
        if (n + 1 == sizeof line)
            return gws_err_set(err, GWS_EFORMAT, "%s: line %ld is longer than %d bytes", name, k, LINE - 2);
        while (n > 0 && strchr("\r\n \t", line[n - 1]))
            line[--n] = '\0';
        const char *first = line + strspn(line, " \t");
        if (!*first || *first == '#')
            continue;
        char *path = gws_inputs_path(pick(line));
        if (!path)
            return gws_err_set(err, GWS_EDATA, "%s: line %ld: an address that is no file of this machine; fetch it first", name, k);
        status = add(l, name, *path == '/' || strncmp(path, "sim:", 4) == 0 ? 0 : folder_n, path, err);
    }
    if (status == GWS_OK && ferror(f))
        return gws_err_set(err, GWS_EIO, "%s: %s", name, strerror(errno));
    if (status == GWS_OK && l->n == before)
        return gws_err_set(err, GWS_EDATA, "%s: a list without a file", name);
    return status;
}

static gws_status expand_one(struct list *l, const char *name, FILE *standard_input, gws_err *err);

/* ---- patterns ---- */

/* All that fits, in an order that no locale changes. */
static gws_status add_pattern(struct list *l, const char *pattern, gws_err *err)
{
    glob_t found = {0};
    gws_status status = GWS_OK;
    const int result = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOMATCH)
        status = gws_err_set(err, GWS_EDATA, "%s: no file has such a name", pattern);
    else if (result != 0)
        status = gws_err_set(err, result == GLOB_NOSPACE ? GWS_ENOMEM : GWS_EIO, "%s: cannot look for such names", pattern);
    if (status == GWS_OK)
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_name);
    for (size_t i = 0; i < found.gl_pathc && status == GWS_OK; i++)
        status = expand_one(l, found.gl_pathv[i], NULL, err);
    globfree(&found);
    return status;
}

static gws_status expand_one(struct list *l, const char *name, FILE *standard_input, gws_err *err)
{
    static const char *const lists[] = {".lcf", ".cache", ".ffl"};
    struct stat st;
    if (strcmp(name, "-") == 0)
        return standard_input ? add_list(l, "standard input", standard_input, err)
                              : gws_err_set(err, GWS_EARG, "-: there is no standard input to read a list from");
    if (strncmp(name, "sim:", 4) == 0)
        return add(l, "", 0, name, err);
    if (lstat(name, &st) != 0 && strpbrk(name, "*?["))
        return add_pattern(l, name, err);
    if (stat(name, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return add_folder(l, name, err);
        if (S_ISREG(st.st_mode) && ends_in(name, lists, sizeof lists / sizeof *lists)) {
            FILE *f = fopen(name, "re");
            gws_status status = f ? add_list(l, name, f, err) : gws_err_set(err, GWS_EIO, "%s: %s", name, strerror(errno));
            if (f)
                fclose(f);
            return status;
        }
    }
    return add(l, "", 0, name, err);
}

gws_status gws_inputs_expand(const char *const *names, int n, FILE *standard_input, char ***out, int *n_out, gws_err *err)
{
    GWS_ASSERT((names || n == 0) && out && n_out);
    struct list l = {0};
    gws_status status = GWS_OK;
    *out = NULL;
    *n_out = 0;
    for (int i = 0; i < n && status == GWS_OK; i++)
        status = expand_one(&l, names[i], standard_input, err);
    if (status != GWS_OK) {
        gws_inputs_free(l.names, l.n);
        return status;
    }
    *out = l.names;
    *n_out = l.n;
    return GWS_OK;
}
