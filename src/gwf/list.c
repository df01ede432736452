/* list.c - frames and channels of a frame file: from its table of contents, else from a walk through it. */
#include "gwf/parse.h"

#include "base/array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 10000000
#define MAX_CHANNELS 10000000
#define MAX_GPS_S 1e11

/* ---- what is listed ---- */

static gws_status no_memory(const gws_gwf *f, gws_err *err)
{
    return gws_err_set(err, GWS_ENOMEM, "%s: no memory for its list of channels", f->path);
}

static gws_status add_frame(gws_gwf *f, const gws_gwf_frame *frame, int64_t at, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(f->frames, f->frames_room, f->n_frames + 1) ||
        !GWS_ARRAY_ROOM(f->frame_at, f->frame_at_room, f->n_frames + 1))
        return no_memory(f, err);
    f->frames[f->n_frames] = *frame;
    f->frame_at[f->n_frames++] = at;
    return GWS_OK;
}

static uint32_t hash_of(const char *name, size_t n, gws_gwf_kind kind)
{
    uint32_t h = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619u;
    return h;
}

/* Place of a name in the table, or of the hole where it belongs. */
static int slot_of(const gws_gwf *f, const char *name, size_t n, gws_gwf_kind kind)
{
    int i = (int)(hash_of(name, n, kind) & (uint32_t)(f->hash_size - 1));
    for (; f->hash[i]; i = (i + 1) & (f->hash_size - 1)) {
        const gws_gwf_channel *c = &f->channels[f->hash[i] - 1];
        if (c->kind == kind && strlen(c->name) == n && memcmp(c->name, name, n) == 0)
            break;
    }
    return i;
}

static gws_status grow(gws_gwf *f, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(f->channels, f->channels_room, f->n_channels + 1))
        return no_memory(f, err);
    int size = 32;
    while (size < 2 * f->channels_room)
        size *= 2;
    int *hash = calloc((size_t)size, sizeof *hash);
    if (!hash)
        return no_memory(f, err);
    free(f->hash);
    f->hash = hash;
    f->hash_size = size;
    for (int i = 0; i < f->n_channels; i++)
        f->hash[slot_of(f, f->channels[i].name, strlen(f->channels[i].name), f->channels[i].kind)] = i + 1;
    return GWS_OK;
}

/* A channel stands at an offset in a frame. */
static gws_status add_channel(gws_gwf *f, const char *name, size_t n, gws_gwf_kind kind, int frame, int64_t at, gws_err *err)
{
    gws_status status;
    if (n == 0)
        return GWS_OK; /* nobody can ask for it */
    if (f->n_channels == f->channels_room && (status = grow(f, err)) != GWS_OK)
        return status;
    const int slot = slot_of(f, name, n, kind);
    if (!f->hash[slot]) {
        char *copy = strndup(name, n);
        if (!copy)
            return no_memory(f, err);
        f->channels[f->n_channels++] = (gws_gwf_channel){.name = copy, .kind = kind};
        f->hash[slot] = f->n_channels;
    }
    gws_gwf_channel *c = &f->channels[f->hash[slot] - 1];
    if (frame >= c->n_at) {
        if (!GWS_ARRAY_ROOM(c->at, c->room, frame + 1))
            return no_memory(f, err);
        for (; c->n_at <= frame; c->n_at++)
            c->at[c->n_at] = 0;
    }
    if (c->at[frame] == 0) /* of two with one name the first counts */
        c->at[frame] = at;
    return GWS_OK;
}

int gws_gwf_find(const gws_gwf *f, const char *name)
{
    for (int kind = GWS_GWF_ADC; f->hash && kind <= GWS_GWF_SIM; kind++) {
        const int k = f->hash[slot_of(f, name, strlen(name), (gws_gwf_kind)kind)];
        if (k)
            return k - 1;
    }
    return -1;
}

static gws_gwf_role role_of_name(const char *name, size_t n)
{
    for (int r = ROLE_SH; r < ROLES; r++)
        if (strlen(gws_gwf_role_name((gws_gwf_role)r)) == n && memcmp(gws_gwf_role_name((gws_gwf_role)r), name, n) == 0)
            return (gws_gwf_role)r;
    return ROLE_OTHER;
}

static int make_frame(uint64_t seconds, uint64_t ns, double dt_s, uint64_t quality, gws_gwf_frame *out)
{
    *out = (gws_gwf_frame){(int64_t)seconds * 1000000000 + (int64_t)ns, dt_s, (uint32_t)quality};
    return ns < 1000000000 && isfinite(dt_s) && dt_s >= 0;
}

/* ---- the table of contents ---- */

/* A table read whole before anything of it counts. */
struct toc {
    gws_gwf_cursor c;
    const gws_gwf *f;
};

/* A count of things of at least `bytes` bytes each that are still to come; 0 for "none". */
static uint32_t take_count(struct toc *t, uint64_t bytes)
{
    const uint32_t n = (uint32_t)gws_gwf_take(&t->c, 4);
    if (n == GWS_GWF_NONE)
        return 0;
    if (n > 0 && bytes > (uint64_t)(t->c.end - t->c.p) / n)
        t->c.bad = 1;
    return t->c.bad ? 0 : n;
}

static void skip_strings(struct toc *t, uint32_t n)
{
    for (uint32_t i = 0; i < n && !t->c.bad; i++)
        gws_gwf_take_string(&t->c, NULL, NULL);
}

/* Names, for ADCs two numbers each, then positions by channel and frame. */
static gws_status toc_channels(struct toc *t, gws_gwf *f, gws_gwf_kind kind, int frames, gws_err *err)
{
    const uint64_t fixed = kind == GWS_GWF_ADC ? 8 : 0;
    const uint32_t n = take_count(t, 2 + fixed + 8 * (uint64_t)frames);
    gws_gwf_cursor names = t->c;
    gws_status status = GWS_OK;
    skip_strings(t, n);
    gws_gwf_skip(&t->c, fixed * n);
    if (t->c.bad || (uint64_t)(t->c.end - t->c.p) / 8 < (uint64_t)n * (uint64_t)frames) {
        t->c.bad = 1;
        return GWS_OK;
    }
    for (uint32_t i = 0; i < n && status == GWS_OK; i++) {
        const char *name;
        size_t length;
        gws_gwf_take_string(&names, &name, &length);
        for (int k = 0; k < frames && status == GWS_OK; k++) {
            const uint64_t at = gws_gwf_take(&t->c, 8);
            if (at >= (uint64_t)f->size)
                t->c.bad = 1;
            else if (at > 0)
                status = add_channel(f, name, length, kind, k, (int64_t)at, err);
        }
    }
    return status;
}

/* Positions of FrSH, in front of which a class is described, lead to the structure itself only by walking on. */
static gws_status toc_frames(struct toc *t, gws_gwf *f, gws_err *err)
{
    gws_gwf_skip(&t->c, 2);
    const uint32_t n = take_count(t, 32 + 5 * 8);
    gws_gwf_cursor quality = t->c, seconds = quality, ns, dt, at;
    gws_gwf_skip(&seconds, 4 * (uint64_t)n);
    ns = seconds;
    gws_gwf_skip(&ns, 4 * (uint64_t)n);
    dt = ns;
    gws_gwf_skip(&dt, 4 * (uint64_t)n);
    at = dt;
    gws_gwf_skip(&at, (8 + 4 + 4) * (uint64_t)n);
    t->c = at;
    gws_gwf_skip(&t->c, 5 * 8 * (uint64_t)n);
    if (n == 0 || n > MAX_FRAMES)
        t->c.bad = 1;
    gws_status status = GWS_OK;
    for (uint32_t i = 0; i < n && !t->c.bad && status == GWS_OK; i++) {
        gws_gwf_frame frame;
        const uint64_t s = gws_gwf_take(&seconds, 4), part = gws_gwf_take(&ns, 4), bits = gws_gwf_take(&quality, 4);
        if (!make_frame(s, part, gws_gwf_take_f8(&dt), bits, &frame))
            t->c.bad = 1;
        const uint64_t where = gws_gwf_take(&at, 8);
        if (where < GWS_GWF_HEADER || where >= (uint64_t)f->size)
            t->c.bad = 1;
        status = add_frame(f, &frame, (int64_t)where, err);
    }
    return status;
}

static gws_status read_toc(gws_gwf *f, const gws_gwf_head *h, int *good, gws_err *err)
{
    struct toc t = {.f = f};
    gws_status status;
    *good = 0;
    if (gws_gwf_load(f, h, &t.c, NULL) != GWS_OK)
        return GWS_OK;
    if ((status = toc_frames(&t, f, err)) != GWS_OK || t.c.bad)
        return status;
    const uint32_t classes = take_count(&t, 2 + 2);
    gws_gwf_cursor ids = t.c;
    gws_gwf_skip(&t.c, 2 * (uint64_t)classes);
    for (uint32_t i = 0; i < classes && !t.c.bad; i++) {
        const char *name;
        size_t length;
        const unsigned id = (unsigned)gws_gwf_take(&ids, 2);
        gws_gwf_take_string(&t.c, &name, &length);
        if (id > 2)
            f->role[id] = (unsigned char)role_of_name(name, length);
    }
    const uint32_t detectors = take_count(&t, 2 + 8);
    skip_strings(&t, detectors);
    gws_gwf_skip(&t.c, 8 * (uint64_t)detectors);
    const uint32_t statistics = take_count(&t, 2 + 2 + 4);
    skip_strings(&t, statistics);
    skip_strings(&t, statistics);
    if (statistics > 0) /* their rows differ between versions, and nobody writes them: walk instead */
        return GWS_OK;
    if (f->version >= 8)
        gws_gwf_skip(&t.c, 4);
    for (int kind = GWS_GWF_ADC; kind <= GWS_GWF_SIM && !t.c.bad; kind++)
        if ((status = toc_channels(&t, f, (gws_gwf_kind)kind, f->n_frames, err)) != GWS_OK)
            return status;
    *good = !t.c.bad;
    return GWS_OK;
}

/* The table of contents, if the end of the file leads to one. */
static gws_status try_toc(gws_gwf *f, int *good, gws_err *err)
{
    const int64_t tail = f->version >= 8 ? 46 : 42;
    gws_gwf_head end, toc;
    unsigned char bytes[46];
    *good = 0;
    if (f->size < GWS_GWF_HEADER + tail || gws_gwf_head_at(f, f->size - tail, &end, NULL) != GWS_OK || end.length != tail ||
        gws_gwf_pread(f, f->size - tail, bytes, (size_t)tail, NULL) != GWS_OK)
        return GWS_OK;
    gws_gwf_cursor c = {bytes + 14 + 4 + 8 + (f->version >= 8 ? 0 : 8), bytes + tail, f->swap, 0};
    const uint64_t back = gws_gwf_take(&c, 8);
    if (back < (uint64_t)tail || back > (uint64_t)(f->size - GWS_GWF_HEADER) ||
        gws_gwf_head_at(f, f->size - (int64_t)back, &toc, NULL) != GWS_OK)
        return GWS_OK;
    return read_toc(f, &toc, good, err);
}

/* ---- the walk ---- */

gws_status gws_gwf_note_class(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *c, gws_err *err)
{
    const char *name;
    size_t n;
    gws_gwf_take_string(c, &name, &n);
    const unsigned id = (unsigned)gws_gwf_take(c, 2);
    if (c->bad)
        return gws_gwf_wrong(f, h, err, "too short");
    if (id > 2)
        f->role[id] = (unsigned char)role_of_name(name, n);
    return GWS_OK;
}

static gws_status note_frame(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *c, gws_err *err)
{
    gws_gwf_frame frame;
    gws_gwf_take_string(c, NULL, NULL);
    gws_gwf_skip(c, 8); /* run, number */
    const uint64_t quality = gws_gwf_take(c, 4), seconds = gws_gwf_take(c, 4), ns = gws_gwf_take(c, 4);
    gws_gwf_skip(c, 2);
    const double dt_s = gws_gwf_take_f8(c);
    if (!make_frame(seconds, ns, dt_s, quality, &frame) || c->bad)
        return gws_gwf_wrong(f, h, err, "no time");
    return add_frame(f, &frame, h->at, err);
}

static gws_status walk(gws_gwf *f, gws_err *err)
{
    gws_gwf_head h;
    gws_gwf_cursor c;
    gws_status status;
    for (int64_t at = GWS_GWF_HEADER;; at += h.length) {
        if (at == f->size)
            return gws_err_set(err, GWS_EFORMAT, "%s: the file ends at %lld without FrEndOfFile", f->path, (long long)at);
        if ((status = gws_gwf_head_at(f, at, &h, err)) != GWS_OK)
            return status;
        const int channel = h.role == ROLE_ADC || h.role == ROLE_PROC || h.role == ROLE_SIM;
        if (h.role == ROLE_END_OF_FILE)
            return GWS_OK;
        if (h.role != ROLE_SH && h.role != ROLE_FRAME && !channel)
            continue;
        if ((status = gws_gwf_load(f, &h, &c, err)) != GWS_OK)
            return status;
        if (h.role == ROLE_SH) {
            status = gws_gwf_note_class(f, &h, &c, err);
        } else if (h.role == ROLE_FRAME) {
            status = note_frame(f, &h, &c, err);
        } else {
            const char *name;
            size_t n;
            gws_gwf_take_string(&c, &name, &n);
            if (c.bad || f->n_frames == 0)
                return gws_gwf_wrong(f, &h, err, c.bad ? "too short" : "in front of the first frame");
            status = add_channel(f, name, n, (gws_gwf_kind)(h.role - ROLE_ADC + GWS_GWF_ADC), f->n_frames - 1, at, err);
        }
        if (status != GWS_OK)
            return status;
    }
}

static void forget(gws_gwf *f)
{
    for (int i = 0; i < f->n_channels; i++) {
        free(f->channels[i].name);
        free(f->channels[i].at);
    }
    free(f->hash);
    f->hash = NULL;
    f->hash_size = f->n_channels = f->channels_room = f->n_frames = 0;
    memset(f->role + 3, 0, sizeof f->role - 3);
}

/* Does the table of contents say which class is FrVect?  Without it no channel leads to its samples. */
static int knows_vectors(const gws_gwf *f)
{
    return memchr(f->role, ROLE_VECT, sizeof f->role) != NULL;
}

gws_status gws_gwf_list(gws_gwf *f, gws_err *err)
{
    int good = 0;
    gws_status status = try_toc(f, &good, err);
    good = good && knows_vectors(f);
    if (status != GWS_OK || good)
        return status;
    forget(f);
    return walk(f, err);
}

gws_status gws_gwf_list_part(gws_gwf *f, gws_err *err)
{
    const gws_status status = walk(f, err);
    return f->n_frames > 0 && status != GWS_ENOMEM ? GWS_OK : status;
}
