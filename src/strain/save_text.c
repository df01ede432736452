/* save_text.c - text: one column with GWOSC's comments, or GPS times and strain; gzipped where the name says so. */
#include "base/clock.h"
#include "base/number.h"
#include "strain/save_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ROOM 65536

struct text {
    gws_output *out;
    const char *path;
    int gzipped, columns;
    z_stream z;
    unsigned char packed[ROOM];
    char line[ROOM];
    size_t used; /* bytes of line */
};

static gws_status deflate_some(struct text *t, int flush, gws_err *err)
{
    int code = Z_OK;
    do {
        t->z.next_out = t->packed;
        t->z.avail_out = ROOM;
        code = deflate(&t->z, flush);
        const gws_status status = gws_output_write(t->out, t->packed, ROOM - t->z.avail_out, err);
        if (status != GWS_OK)
            return status;
    } while (t->z.avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return GWS_OK;
}

static gws_status flush(struct text *t, int last, gws_err *err)
{
    const size_t n = t->used;
    t->used = 0;
    if (!t->gzipped)
        return gws_output_write(t->out, t->line, n, err);
    t->z.next_in = (unsigned char *)t->line;
    t->z.avail_in = (uInt)n;
    return deflate_some(t, last ? Z_FINISH : Z_NO_FLUSH, err);
}

static gws_status put(struct text *t, const char *text, gws_err *err)
{
    gws_status status = GWS_OK;
    for (size_t n; *text && status == GWS_OK; text += n) {
        n = strlen(text) < ROOM - t->used ? strlen(text) : ROOM - t->used;
        memcpy(t->line + t->used, text, n);
        t->used += n;
        if (t->used == ROOM)
            status = flush(t, 0, err);
    }
    return status;
}

static gws_status add_rows(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    struct text *t = user;
    gws_status status = GWS_OK;
    const gws_c_locale scope = gws_c_locale_enter();
    for (int64_t i = 0; i < n && status == GWS_OK; i++) {
        char row[80];
        size_t used = 0;
        if (t->columns == 2) {
            char gps[32];
            gws_gps_text(gws_ns_of_sample(begin + i, s->rate_hz), 9, gps);
            used = (size_t)snprintf(row, sizeof row, "%s,", gps);
        }
        if (isnan(h[i]))
            snprintf(row + used, sizeof row - used, "nan\n");
        else
            gws_text_print(row + used, sizeof row - used, "%.17g\n", h[i]);
        status = put(t, row, err);
    }
    gws_c_locale_leave(scope);
    return status;
}

/* The reader takes the first detector that a comment names, and the last rate and times. */
static gws_status put_comments(struct text *t, const gws_save *s, gws_err *err)
{
    const gws_save_series *g = &s->series[0];
    char line[400], *provenance = gws_save_provenance(s, "# ");
    if (!provenance)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", t->path);
    snprintf(line, sizeof line, "# Gravitational wave strain of %s, %s\n", g->ifo, g->channel);
    gws_status status = put(t, line, err);
    if (status == GWS_OK)
        status = put(t, provenance, err);
    free(provenance);
    if (t->columns == 1)
        snprintf(line, sizeof line, "# This file has %d samples per second\n# starting GPS %" PRId64 " duration %" PRId64 "\n",
                 g->rate_hz, gws_save_first_s(g), gws_save_seconds(g));
    else
        snprintf(line, sizeof line, "# GPS time (s), strain; %d samples per second\n", g->rate_hz);
    return status == GWS_OK ? put(t, line, err) : status;
}

static gws_status write_text(const char *path, const gws_save *s, int columns, gws_err *err)
{
    gws_status status;
    struct text *t = calloc(1, sizeof *t);
    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    t->columns = columns;
    t->path = path;
    t->gzipped = gws_path_ends(path, ".gz");
    if (t->gzipped && deflateInit2(&t->z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(t);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory to compress", path);
    }
    if (!(t->out = gws_output_begin(path, 1, err))) {
        status = err->status;
        goto fail;
    }
    if ((status = put_comments(t, s, err)) == GWS_OK && (status = gws_save_blocks(s, 0, 0, add_rows, t, err)) == GWS_OK &&
        (status = flush(t, 1, err)) == GWS_OK) {
        status = gws_output_end(t->out, err);
        t->out = NULL;
    }
fail:
    gws_output_abandon(t->out);
    if (t->gzipped)
        deflateEnd(&t->z);
    free(t);
    return status;
}

gws_status gws_save_column(const char *path, const gws_save *s, gws_err *err)
{
    return write_text(path, s, 1, err);
}

gws_status gws_save_csv(const char *path, const gws_save *s, gws_err *err)
{
    return write_text(path, s, 2, err);
}
