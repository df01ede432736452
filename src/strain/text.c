#include "strain/text.h"

#include "base/ifo.h"
#include "base/number.h"
#include "strain/filename.h"
#include "strain/gap.h"
#include "strain/grid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zlib.h>

#define LINE 4096        /* bytes of the longest line */
#define OFF_S 1e-6       /* times are printed with so many digits, or better */
#define OFF_SAMPLES 0.25 /* or with so few of a sample: a time may be off by that */

struct own {
    char ifo[4];
    int rate_hz;
    int64_t begin, n;
};

/* What a pass over the file finds. */
struct pass {
    gzFile file;
    const char *path;
    int64_t line;
    int columns; /* 0: no row yet */
    int64_t n;
    double rate_hz, start_s, duration_s; /* of the comments; NaN: not said */
    char ifo[4];
    double first_s, second_s, last_s; /* times of the first column, of two */
    double spacing_s;                 /* second pass: to check times against */
    double *out;                      /* second pass: (room) samples */
    int64_t room;
};

static int has_ending(const char *path)
{
    static const char *const endings[] = {".txt", ".csv", ".dat", ".asc", ".txt.gz", ".csv.gz", ".dat.gz", ".asc.gz"};
    const size_t n = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t m = strlen(endings[i]);
        if (n > m && strcasecmp(path + n - m, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static int probe(const char *path, gws_h5 *f)
{
    struct stat st;
    return !f && has_ending(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- lines ---- */

/* "# ... 4096 samples per second", "# starting GPS 1126259446 duration 32", "... H1 ..." */
static void read_comment(struct pass *p, const char *text)
{
    double x;
    const char *at = strstr(text, "samples per second");
    if (at) {
        while (at > text && at[-1] == ' ')
            at--;
        while (at > text && (at[-1] == '.' || (at[-1] >= '0' && at[-1] <= '9')))
            at--;
        if (gws_number_read(at, &x))
            p->rate_hz = x;
    }
    if ((at = strstr(text, "starting GPS ")) && gws_number_read(at + strlen("starting GPS "), &x))
        p->start_s = x;
    if ((at = strstr(text, "duration ")) && gws_number_read(at + strlen("duration "), &x))
        p->duration_s = x;
    for (const char *w = text; *w && !p->ifo[0];) {
        w += strspn(w, " \t#,:;()[]_-.");
        const size_t n = strcspn(w, " \t#,:;()[]_-.");
        const char word[4] = {n > 0 ? w[0] : '\0', n > 1 ? w[1] : '\0', '\0', '\0'};
        if (n == 2 && gws_is_ifo(word))
            memcpy(p->ifo, word, sizeof p->ifo);
        w += n;
    }
}

static const char *skip(const char *s)
{
    return s + strspn(s, " \t");
}

/* A number, or nan. */
static const char *read_value(const char *s, double *x)
{
    if (strncasecmp(s, "nan", 3) == 0) {
        *x = (double)NAN;
        return s + 3;
    }
    return gws_number_read(s, x);
}

static gws_status read_row(struct pass *p, const char *s, gws_err *err)
{
    double x, y;
    int columns = 1;
    const char *end = read_value(s, &x);
    if (end) {
        const char *next = skip(end);
        next = *next == ',' ? skip(next + 1) : next;
        if (*next && next != end) {
            columns = 2;
            end = read_value(next, &y);
        }
    }
    if (!end || *skip(end) != '\0')
        return gws_err_set(err, GWS_EFORMAT, "%s: line %lld: wanted one number, or a GPS time and a number, found '%.40s'", p->path,
                           (long long)p->line, s);
    if (p->columns && columns != p->columns)
        return gws_err_set(err, GWS_EFORMAT, "%s: line %lld has %d columns, the lines before it %d", p->path, (long long)p->line,
                           columns, p->columns);
    p->columns = columns;
    if (columns == 2) {
        if (!isfinite(x))
            return gws_err_set(err, GWS_EFORMAT, "%s: line %lld: no time", p->path, (long long)p->line);
        if (p->n == 0)
            p->first_s = x;
        if (p->n == 1)
            p->second_s = x;
        p->last_s = x;
        const double off = x - (p->first_s + (double)p->n * p->spacing_s);
        if (p->out && !(fabs(off) < fmax(OFF_S, OFF_SAMPLES * p->spacing_s)))
            return gws_err_set(err, GWS_EDATA, "%s: line %lld: GPS %.9f is off the even spacing of %.9g s", p->path,
                               (long long)p->line, x, p->spacing_s);
        x = y;
    }
    if (p->out) {
        if (p->n >= p->room)
            return gws_err_set(err, GWS_EIO, "%s: the file grew while it was read", p->path);
        p->out[p->n] = isfinite(x) ? x : gws_gap_nan(GWS_GAP_NOT_FINITE);
    }
    p->n++;
    return GWS_OK;
}

static gws_status run(struct pass *p, gws_err *err)
{
    char line[LINE];
    gws_status status = GWS_OK;
    p->file = gzopen(p->path, "rbe");
    if (!p->file)
        return gws_err_set(err, GWS_EIO, "%s: %s", p->path, strerror(errno ? errno : ENOMEM));
    gzbuffer(p->file, 1 << 17);
    while (status == GWS_OK && gzgets(p->file, line, sizeof line)) {
        size_t n = strlen(line);
        p->line++;
        if (n == 0 || (line[n - 1] != '\n' && !gzeof(p->file))) {
            status = gws_err_set(err, GWS_EFORMAT, "%s: line %lld is no text of numbers", p->path, (long long)p->line);
            break;
        }
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            line[--n] = '\0';
        const char *s = skip(line);
        if (*s == '#' || *s == '%')
            read_comment(p, s);
        else if (*s)
            status = read_row(p, s, err);
    }
    int code = Z_OK;
    const char *why = gzerror(p->file, &code);
    if (status == GWS_OK && code != Z_OK && code != Z_STREAM_END)
        status = gws_err_set(err, GWS_EFORMAT, "%s: damaged gzip: %s", p->path, code == Z_ERRNO ? strerror(errno) : why);
    if (gzclose(p->file) == Z_BUF_ERROR && status == GWS_OK)
        status = gws_err_set(err, GWS_EFORMAT, "%s: the gzip ends in the middle", p->path);
    return status;
}

/* ---- the row ---- */

static double spacing_of(const struct pass *p)
{
    /* the mean over all rows: times have few digits.  What is meant is one over a whole number. */
    const double spacing = (p->last_s - p->first_s) / (double)(p->n - 1);
    return 1 / round(1 / spacing);
}

static gws_status find_times(const struct pass *p, double *start_s, double *delta_s, gws_err *err)
{
    if (p->n == 0)
        return gws_err_set(err, GWS_EDATA, "%s: holds no sample", p->path);
    if (p->columns == 2) {
        if (p->n < 2 || !(p->last_s > p->first_s) || !isfinite(spacing_of(p)))
            return gws_err_set(err, GWS_EDATA, "%s: its times do not rise", p->path);
        *delta_s = spacing_of(p);
        *start_s = round(p->first_s / *delta_s) * *delta_s;
        if (fabs(p->first_s - *start_s) > OFF_S + OFF_SAMPLES * *delta_s)
            *start_s = p->first_s; /* gws_grid_place says so */
        return GWS_OK;
    }
    gws_filename name;
    const int named = gws_filename_parse(p->path, &name);
    const double duration_s = isfinite(p->duration_s) ? p->duration_s : named ? (double)name.duration_s : (double)NAN;
    *start_s = isfinite(p->start_s) ? p->start_s : named ? (double)name.start_s : (double)NAN;
    *delta_s = isfinite(p->rate_hz) ? 1 / p->rate_hz : duration_s / (double)p->n;
    if (!isfinite(*start_s) || !isfinite(*delta_s))
        return gws_err_set(err, GWS_EDATA,
                           "%s: one column, and neither comments (\"# starting GPS 1126259446 duration 32\") nor the name "
                           "(H-H1_NAME-1126259446-32.txt) say when it begins and how long it is",
                           p->path);
    if (isfinite(duration_s) && fabs(duration_s - (double)p->n * *delta_s) > 0.5 * *delta_s)
        return gws_err_set(err, GWS_EFORMAT, "%s: has %lld rows, %.17g s at %.17g Hz are promised", p->path, (long long)p->n,
                           duration_s, 1 / *delta_s);
    return GWS_OK;
}

static struct pass new_pass(const char *path)
{
    struct pass p = {.path = path};
    p.rate_hz = p.start_s = p.duration_s = (double)NAN;
    return p;
}

static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)f;
    (void)use;
    double start_s = 0, delta_s = 0;
    gws_filename name;
    struct pass p = new_pass(path);
    struct own *own = out->own = calloc(1, sizeof *own);
    gws_strain_segment *s = out->segments = calloc(1, sizeof *s);
    if (!own || !s)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_status status = run(&p, err);
    if (status != GWS_OK || (status = find_times(&p, &start_s, &delta_s, err)) != GWS_OK ||
        (status = gws_grid_place(path, start_s, delta_s, &own->rate_hz, &own->begin, err)) != GWS_OK)
        return status;
    memcpy(own->ifo, p.ifo, sizeof own->ifo);
    if (!own->ifo[0] && gws_filename_parse(path, &name))
        memcpy(own->ifo, name.ifo, sizeof own->ifo);
    if (!own->ifo[0])
        memcpy(own->ifo, GWS_IFO_UNKNOWN, sizeof GWS_IFO_UNKNOWN);
    own->n = p.n;
    memcpy(s->ifo, own->ifo, sizeof s->ifo);
    snprintf(s->path, sizeof s->path, "%s", p.columns == 2 ? "times and strain" : "strain");
    s->rate_hz = own->rate_hz;
    s->begin = own->begin;
    s->n = own->n;
    out->n_segments = 1;
    return GWS_OK;
}

/* The samples wait for the first read, which knows how many there are. */
struct reader {
    char *path;
    double *x;
};

static void close_text(void *handle)
{
    struct reader *r = handle;
    if (!r)
        return;
    free(r->path);
    free(r->x);
    free(r);
}

static gws_status open_text(const char *path, void **handle, gws_err *err)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r || !(r->path = strdup(path))) {
        free(r);
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    }
    *handle = r;
    return GWS_OK;
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct own *own = c->own;
    struct reader *r = handle;
    (void)segment;
    if (!r->x) {
        struct pass p = new_pass(r->path);
        p.spacing_s = 1.0 / own->rate_hz;
        p.room = own->n;
        if (!(p.out = malloc((size_t)own->n * sizeof *p.out)))
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", r->path, (long long)own->n);
        gws_status status = run(&p, err);
        if (status == GWS_OK && p.n != own->n)
            status = gws_err_set(err, GWS_EIO, "%s: the file changed while it was read", r->path);
        if (status != GWS_OK) {
            free(p.out);
            return status;
        }
        r->x = p.out;
    }
    memcpy(out, r->x + start, (size_t)n * sizeof *out);
    return GWS_OK;
}

static gws_status bytes(void *p, int64_t *out, gws_err *err)
{
    (void)err;
    *out = ((const struct own *)p)->n * (int64_t)sizeof(double);
    return GWS_OK;
}

const gws_strain_format gws_strain_text = {
    .name = "text",
    .probe = probe,
    .list = list,
    .forget = free,
    .open = open_text,
    .close = close_text,
    .read = read_samples,
    .bytes = bytes,
};
