/* save_frame.c - frame files: every detector's strain, and GWOSC's masks where there are any, in frames of whole seconds. */
#include "base/clock.h"
#include "gwf/writer.h"
#include "strain/save_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_ROOM 256
#define UNIT_ROOM (GWS_QUALITY_BITS * (GWS_QUALITY_NAME + 4))

/* What a frame is made of: per detector its strain and two masks. */
struct room {
    double *h;         /* (frame) */
    int32_t *dq, *inj; /* (GWS_SAVE_BLOCK_S) */
    char dq_name[NAME_ROOM], inj_name[NAME_ROOM], dq_unit[UNIT_ROOM], inj_unit[UNIT_ROOM];
};

/* "H1:LOSC-STRAIN" to "H1:LOSC-DQMASK", "H1:X" to "H1:X_DQMASK". */
static void mask_name(const char *channel, const char *mask, char out[NAME_ROOM])
{
    const size_t n = strlen(channel), m = strlen("STRAIN");
    if (n > m && strcmp(channel + n - m, "STRAIN") == 0)
        snprintf(out, NAME_ROOM, "%.*s%s", (int)(n - m), channel, mask);
    else
        snprintf(out, NAME_ROOM, "%.200s_%s", channel, mask);
}

/* "0:DATA 1:CBC_CAT1 ...": as GWOSC's frames name their bits. */
static void mask_unit(const char (*name)[GWS_QUALITY_NAME], int n, char out[UNIT_ROOM])
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(out + used, UNIT_ROOM - used, "%s%d:%s", i ? " " : "", i, name[i]);
}

static gws_status make_room(const gws_save *s, struct room *rooms, gws_err *err)
{
    for (int k = 0; k < s->n; k++) {
        const gws_save_series *g = &s->series[k];
        struct room *r = &rooms[k];
        r->h = malloc((size_t)g->rate_hz * GWS_SAVE_BLOCK_S * sizeof *r->h);
        r->dq = malloc(GWS_SAVE_BLOCK_S * sizeof *r->dq);
        r->inj = malloc(GWS_SAVE_BLOCK_S * sizeof *r->inj);
        if (!r->h || !r->dq || !r->inj)
            return gws_err_set(err, GWS_ENOMEM, "no memory for a frame of %d s", GWS_SAVE_BLOCK_S);
        mask_name(g->channel, "DQMASK", r->dq_name);
        mask_name(g->channel, "INJMASK", r->inj_name);
        mask_unit((const char(*)[GWS_QUALITY_NAME])g->quality.dq_name, g->quality.n_dq, r->dq_unit);
        mask_unit((const char(*)[GWS_QUALITY_NAME])g->quality.inj_name, g->quality.n_inj, r->inj_unit);
    }
    return GWS_OK;
}

/* The channels of one detector in the frame [begin_s, end_s), which may be none, one, two or three. */
static gws_status add_channels(const gws_save *s, int k, struct room *r, int64_t begin_s, int64_t end_s, gws_gwf_channel_data *out,
                               int *n, gws_err *err)
{
    const gws_save_series *g = &s->series[k];
    const int64_t rate = g->rate_hz, begin = begin_s * rate, samples = (end_s - begin_s) * rate;
    const int64_t a = begin > g->begin ? begin : g->begin, b = begin + samples < g->end ? begin + samples : g->end;
    if (a >= b || !gws_save_touches(g, a, b))
        return GWS_OK;
    for (int64_t i = 0; i < samples; i++)
        r->h[i] = (double)NAN;
    const gws_status status = gws_save_read(s, k, a, b, r->h + (a - begin), err);
    if (status != GWS_OK)
        return status;
    out[(*n)++] = (gws_gwf_channel_data){g->channel, "strain", GWS_GWF_F8, r->h, samples, 1.0 / (double)rate, 0};
    if (!g->quality.dq)
        return GWS_OK;
    for (int64_t t = 0; t < end_s - begin_s; t++) {
        const int64_t second = begin_s + t - gws_save_first_s(g);
        const int inside = second >= 0 && second < g->quality.n;
        int finite = 0;
        for (int64_t i = t * rate; i < (t + 1) * rate && !finite; i++)
            finite = !isnan(r->h[i]);
        r->dq[t] = inside ? (int32_t)gws_save_dq(g, second, finite) : 0;
        r->inj[t] = inside && g->quality.inj ? (int32_t)g->quality.inj[second] : 0;
    }
    out[(*n)++] = (gws_gwf_channel_data){r->dq_name, r->dq_unit, GWS_GWF_I4, r->dq, end_s - begin_s, 1.0, 0};
    if (g->quality.inj)
        out[(*n)++] = (gws_gwf_channel_data){r->inj_name, r->inj_unit, GWS_GWF_I4, r->inj, end_s - begin_s, 1.0, 0};
    return GWS_OK;
}

static gws_status write_frames(gws_gwf_writer *w, const gws_save *s, struct room *rooms, gws_err *err)
{
    gws_gwf_channel_data channels[3 * GWS_MAX_IFO];
    int64_t begin_s = INT64_MAX, end_s = INT64_MIN;
    gws_status status = GWS_OK;
    for (int k = 0; k < s->n; k++) {
        const int64_t first = gws_save_first_s(&s->series[k]), last = first + gws_save_seconds(&s->series[k]);
        begin_s = first < begin_s ? first : begin_s;
        end_s = last > end_s ? last : end_s;
    }
    for (int64_t at = begin_s; at < end_s && status == GWS_OK;) {
        const int64_t to = end_s - at < GWS_SAVE_BLOCK_S ? end_s : at + GWS_SAVE_BLOCK_S;
        int n = 0;
        for (int k = 0; k < s->n && status == GWS_OK; k++)
            status = add_channels(s, k, &rooms[k], at, to, channels, &n, err);
        if (status == GWS_OK && n > 0)
            status = gws_gwf_writer_frame(w, at * GWS_NS, (double)(to - at), channels, n, err);
        at = to;
    }
    return status;
}

gws_status gws_save_gwf(const char *path, const gws_save *s, gws_err *err)
{
    struct room rooms[GWS_MAX_IFO] = {0};
    gws_status status;
    for (int k = 0; k < s->n; k++)
        if (s->series[k].begin < 0)
            return gws_err_set(err, GWS_EDATA, "%s: %s begins before GPS 0, which a frame cannot", path, s->series[k].ifo);
    gws_gwf_writer *w = gws_gwf_writer_create(path, "gwspike", 1, err);
    if (!w)
        return err->status;
    char *history = gws_save_provenance(s, "");
    status = history ? gws_gwf_writer_history(w, history, err) : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    free(history);
    if (status == GWS_OK && (status = make_room(s, rooms, err)) == GWS_OK)
        status = write_frames(w, s, rooms, err);
    for (int k = 0; k < s->n; k++) {
        free(rooms[k].h);
        free(rooms[k].dq);
        free(rooms[k].inj);
    }
    if (status == GWS_OK)
        return gws_gwf_writer_commit(w, err);
    gws_gwf_writer_destroy(w);
    return status;
}
