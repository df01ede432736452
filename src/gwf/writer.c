/* writer.c - see writer.h. */
#include "gwf/writer.h"

#include "base/array.h"
#include "base/output.h"
#include "gwf/crc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Classes of our files; only the first two are fixed by the format. */
#define HISTORY_ROOM 60000 /* bytes of a string; its length has 16 bits */

enum { SH = 1, SE = 2, FRAME = 3, PROC = 4, VECT = 5, END_OF_FRAME = 6, TOC = 7, END_OF_FILE = 8, HISTORY = 9 };

struct bytes {
    unsigned char *p;
    size_t n, room;
    int failed;
};

struct channel {
    char *name;
    int64_t *at; /* (frames of the writer) offset of its FrProcData, 0: not in that frame */
    int n_at;
    int64_t room;
};

struct frame {
    int64_t t0_ns;
    double dt_s;
    uint64_t at; /* of FrameH */
};

struct gws_gwf_writer {
    char *path, *name;
    int level;
    gws_output *out;
    struct bytes s; /* the structure being made */
    gws_crc crc;    /* of the file so far; its n is the offset */
    uint32_t header_sum;
    struct frame *frames;
    int n_frames;
    int64_t frames_room;
    struct channel *channels;
    int n_channels;
    int64_t channels_room;
    uint32_t described; /* bit c: class c has its FrSH */
    char *history;      /* what the first frame says of where it comes from; NULL: nothing */
};

/* ---- bytes ---- */

static void put(struct bytes *b, const void *data, size_t n)
{
    if (b->room - b->n < n) {
        const size_t room = 2 * (b->n + n);
        unsigned char *more = realloc(b->p, room);
        if (!more) {
            b->failed = 1;
            return;
        }
        b->p = more;
        b->room = room;
    }
    if (n > 0)
        memcpy(b->p + b->n, data, n);
    b->n += n;
}

static void put_number(struct bytes *b, uint64_t x, int size)
{
    unsigned char p[8];
    for (int i = 0; i < size; i++)
        p[i] = (unsigned char)(x >> 8 * i);
    put(b, p, (size_t)size);
}

static void put_f8(struct bytes *b, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_number(b, bits, 8);
}

static void put_f4(struct bytes *b, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_number(b, bits, 4);
}

static void put_string(struct bytes *b, const char *s)
{
    const size_t n = strlen(s) + 1;
    put_number(b, n, 2);
    put(b, s, n);
}

static void put_pointer(struct bytes *b, unsigned cls, uint32_t instance)
{
    put_number(b, cls, 2);
    put_number(b, instance, 4);
}

static void put_nulls(struct bytes *b, int n)
{
    for (int i = 0; i < n; i++)
        put_pointer(b, 0, 0);
}

/* ---- structures ---- */

static gws_status no_memory(const gws_gwf_writer *w, gws_err *err)
{
    return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a frame", w->path);
}

static gws_status emit(gws_gwf_writer *w, const void *data, size_t n, gws_err *err)
{
    gws_crc_push(&w->crc, data, n);
    return gws_output_write(w->out, data, n, err);
}

static void begin(gws_gwf_writer *w, unsigned cls, uint32_t instance)
{
    w->s.n = 0;
    put_number(&w->s, 0, 8);
    put_number(&w->s, 1, 1); /* a checksum follows */
    put_number(&w->s, cls, 1);
    put_number(&w->s, instance, 4);
}

static void set_length(struct bytes *b, uint64_t n)
{
    for (int i = 0; i < 8; i++)
        b->p[i] = (unsigned char)(n >> 8 * i);
}

static gws_status end(gws_gwf_writer *w, gws_err *err)
{
    if (w->s.failed)
        return no_memory(w, err);
    set_length(&w->s, w->s.n + 4);
    put_number(&w->s, gws_crc_of(w->s.p, w->s.n), 4);
    return w->s.failed ? no_memory(w, err) : emit(w, w->s.p, w->s.n, err);
}

/* A class as the format describes it to readers: "name type" of each element. */
struct description {
    unsigned cls;
    const char *name, *comment;
    const char *elements[44];
};

#define P(of) "PTR_STRUCT(" of " *)"

static const struct description described[] = {
    {FRAME,
     "FrameH",
     "Frame Header Structure",
     {"name",     "STRING",       "run",      "INT_4S",        "frame",       "INT_4U",        "dataQuality", "INT_4U",
      "GTimeS",   "INT_4U",       "GTimeN",   "INT_4U",        "ULeapS",      "INT_2U",        "dt",          "REAL_8",
      "type",     P("FrVect"),    "user",     P("FrVect"),     "detectSim",   P("FrDetector"), "detectProc",  P("FrDetector"),
      "history",  P("FrHistory"), "rawData",  P("FrRawData"),  "procData",    P("FrProcData"), "simData",     P("FrSimData"),
      "event",    P("FrEvent"),   "simEvent", P("FrSimEvent"), "summaryData", P("FrSummary"),  "auxData",     P("FrVect"),
      "auxTable", P("FrTable"),   "chkSum",   "INT_4U"}},
    {PROC,
     "FrProcData",
     "Post-processed Data Structure",
     {"name",
      "STRING",
      "comment",
      "STRING",
      "type",
      "INT_2U",
      "subType",
      "INT_2U",
      "timeOffset",
      "REAL_8",
      "tRange",
      "REAL_8",
      "fShift",
      "REAL_8",
      "phase",
      "REAL_4",
      "fRange",
      "REAL_8",
      "BW",
      "REAL_8",
      "nAuxParam",
      "INT_2U",
      "auxParam",
      "REAL_8[nAuxParam]",
      "auxParamNames",
      "STRING[nAuxParam]",
      "data",
      P("FrVect"),
      "aux",
      P("FrVect"),
      "table",
      P("FrTable"),
      "history",
      P("FrHistory"),
      "next",
      P("FrProcData"),
      "chkSum",
      "INT_4U"}},
    {VECT, "FrVect", "Vector Data Structure", {"name",   "STRING",       "compress", "INT_2U",       "type",  "INT_2U",
                                               "nData",  "INT_8U",       "nBytes",   "INT_8U",       "data",  "CHAR[nBytes]",
                                               "nDim",   "INT_4U",       "nx",       "INT_8U[nDim]", "dx",    "REAL_8[nDim]",
                                               "startX", "REAL_8[nDim]", "unitX",    "STRING[nDim]", "unitY", "STRING",
                                               "next",   P("FrVect"),    "chkSum",   "INT_4U"}},
    {HISTORY,
     "FrHistory",
     "History Structure",
     {"name", "STRING", "time", "INT_4U", "comment", "STRING", "next", P("FrHistory"), "chkSum", "INT_4U"}},
    {END_OF_FRAME,
     "FrEndOfFrame",
     "End of Frame Data Structure",
     {"run", "INT_4S", "frame", "INT_4U", "GTimeS", "INT_4U", "GTimeN", "INT_4U", "chkSum", "INT_4U"}},
    {END_OF_FILE,
     "FrEndOfFile",
     "End of File Data Structure",
     {"nFrames", "INT_4U", "nBytes", "INT_8U", "seekTOC", "INT_8U", "chkSumFrHeader", "INT_4U", "chkSum", "INT_4U", "chkSumFile",
      "INT_4U"}},
};

static const char *const toc_elements[] = {"ULeapS",
                                           "INT_2S",
                                           "nFrame",
                                           "INT_4U",
                                           "dataQuality",
                                           "INT_4U[nFrame]",
                                           "GTimeS",
                                           "INT_4U[nFrame]",
                                           "GTimeN",
                                           "INT_4U[nFrame]",
                                           "dt",
                                           "REAL_8[nFrame]",
                                           "runs",
                                           "INT_4S[nFrame]",
                                           "frame",
                                           "INT_4U[nFrame]",
                                           "positionH",
                                           "INT_8U[nFrame]",
                                           "nFirstADC",
                                           "INT_8U[nFrame]",
                                           "nFirstSer",
                                           "INT_8U[nFrame]",
                                           "nFirstTable",
                                           "INT_8U[nFrame]",
                                           "nFirstMsg",
                                           "INT_8U[nFrame]",
                                           "nSH",
                                           "INT_4U",
                                           "SHid",
                                           "INT_2U[nSH]",
                                           "SHname",
                                           "STRING[nSH]",
                                           "nDetector",
                                           "INT_4U",
                                           "nameDetector",
                                           "STRING[nDetector]",
                                           "positionDetector",
                                           "INT_8U[nDetector]",
                                           "nStatType",
                                           "INT_4U",
                                           "nameStat",
                                           "STRING[nStatType]",
                                           "detector",
                                           "STRING[nStatType]",
                                           "nStatInstance",
                                           "INT_4U[nStatType]",
                                           "nTotalStat",
                                           "INT_4U",
                                           "tStart",
                                           "INT_4U[nTotalStat]",
                                           "tEnd",
                                           "INT_4U[nTotalStat]",
                                           "version",
                                           "INT_4U[nTotalStat]",
                                           "positionStat",
                                           "INT_8U[nTotalStat]",
                                           "nADC",
                                           "INT_4U",
                                           "name",
                                           "STRING[nADC]",
                                           "channelID",
                                           "INT_4U[nADC]",
                                           "groupID",
                                           "INT_4U[nADC]",
                                           "positionADC",
                                           "INT_8U[nADC][nFrame]",
                                           "nProc",
                                           "INT_4U",
                                           "nameProc",
                                           "STRING[nProc]",
                                           "positionProc",
                                           "INT_8U[nProc][nFrame]",
                                           "nSim",
                                           "INT_4U",
                                           "nameSim",
                                           "STRING[nSim]",
                                           "positionSim",
                                           "INT_8U[nSim][nFrame]",
                                           "nSer",
                                           "INT_4U",
                                           "nameSer",
                                           "STRING[nSer]",
                                           "positionSer",
                                           "INT_8U[nSer][nFrame]",
                                           "nSummary",
                                           "INT_4U",
                                           "nameSum",
                                           "STRING[nSummary]",
                                           "positionSum",
                                           "INT_8U[nSummary][nFrame]",
                                           "nEventType",
                                           "INT_4U",
                                           "nameEvent",
                                           "STRING[nEventType]",
                                           "nEvent",
                                           "INT_4U[nEventType]",
                                           "nTotalEvent",
                                           "INT_4U",
                                           "GTimeSEvent",
                                           "INT_4U[nTotalEvent]",
                                           "GTimeNEvent",
                                           "INT_4U[nTotalEvent]",
                                           "amplitudeEvent",
                                           "REAL_4[nTotalEvent]",
                                           "positionEvent",
                                           "INT_8U[nTotalEvent]",
                                           "nSimEventType",
                                           "INT_4U",
                                           "nameSimEvent",
                                           "STRING[nSimEventType]",
                                           "nSimEvent",
                                           "INT_4U[nSimEventType]",
                                           "nTotalSEvent",
                                           "INT_4U",
                                           "GTimeSSim",
                                           "INT_4U[nTotalSEvent]",
                                           "GTimeNSim",
                                           "INT_4U[nTotalSEvent]",
                                           "amplitudeSimEvent",
                                           "REAL_4[nTotalSEvent]",
                                           "positionSimEvent",
                                           "INT_8U[nTotalSEvent]",
                                           "chkSum",
                                           "INT_4U"};

static gws_status describe_as(gws_gwf_writer *w, unsigned cls, const char *name, const char *comment, const char *const *elements,
                              size_t n, gws_err *err)
{
    gws_status status;
    w->described |= UINT32_C(1) << cls;
    begin(w, SH, 0);
    put_string(&w->s, name);
    put_number(&w->s, cls, 2);
    put_string(&w->s, comment);
    if ((status = end(w, err)) != GWS_OK)
        return status;
    for (size_t i = 0; i + 1 < n && elements[i]; i += 2) {
        begin(w, SE, (uint32_t)(i / 2));
        put_string(&w->s, elements[i]);
        put_string(&w->s, elements[i + 1]);
        put_string(&w->s, "");
        if ((status = end(w, err)) != GWS_OK)
            return status;
    }
    return GWS_OK;
}

/* Describe a class in front of its first structure. */
static gws_status describe(gws_gwf_writer *w, unsigned cls, gws_err *err)
{
    if (w->described >> cls & 1)
        return GWS_OK;
    if (cls == TOC)
        return describe_as(w, TOC, "FrTOC", "Table of Contents Structure", toc_elements, sizeof toc_elements / sizeof *toc_elements,
                           err);
    for (size_t i = 0; i < sizeof described / sizeof *described; i++)
        if (described[i].cls == cls)
            return describe_as(w, cls, described[i].name, described[i].comment, described[i].elements,
                               sizeof described[i].elements / sizeof *described[i].elements, err);
    return GWS_OK;
}

/* ---- the file ---- */

gws_gwf_writer *gws_gwf_writer_create(const char *path, const char *name, int level, gws_err *err)
{
    GWS_ASSERT(path && name && level >= 0 && level <= 9);
    static const unsigned char start[12] = {'I', 'G', 'W', 'D', 0, 8, 40, 2, 4, 8, 4, 8};
    gws_gwf_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path)) || !(w->name = strdup(name))) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        goto fail;
    }
    w->level = level;
    if (!(w->out = gws_output_begin(path, 1, err)))
        goto fail;
    put(&w->s, start, sizeof start);
    put_number(&w->s, 0x1234, 2);
    put_number(&w->s, 0x12345678, 4);
    put_number(&w->s, UINT64_C(0x0123456789ABCDEF), 8);
    put_f4(&w->s, 3.14159274f);
    put_f8(&w->s, 3.14159265358979323846);
    put_number(&w->s, 1, 1); /* a library's number: FrameL's, whose dictionary this is */
    put_number(&w->s, 1, 1); /* checksums */
    if (w->s.failed) {
        no_memory(w, err);
        goto fail;
    }
    w->header_sum = gws_crc_of(w->s.p, w->s.n);
    if (emit(w, w->s.p, w->s.n, err) != GWS_OK)
        goto fail;
    return w;
fail:
    gws_gwf_writer_destroy(w);
    return NULL;
}

void gws_gwf_writer_destroy(gws_gwf_writer *w)
{
    if (!w)
        return;
    gws_output_abandon(w->out);
    for (int i = 0; i < w->n_channels; i++) {
        free(w->channels[i].name);
        free(w->channels[i].at);
    }
    free(w->channels);
    free(w->frames);
    free(w->s.p);
    free(w->history);
    free(w->name);
    free(w->path);
    free(w);
}

gws_status gws_gwf_writer_history(gws_gwf_writer *w, const char *text, gws_err *err)
{
    GWS_ASSERT(w && text && w->n_frames == 0);
    free(w->history);
    w->history = strdup(text);
    return w->history ? GWS_OK : no_memory(w, err);
}

/* The lines of the history, as many in a structure as a string of the format takes. */
static gws_status write_history(gws_gwf_writer *w, int64_t t0_ns, gws_err *err)
{
    uint32_t instance = 0;
    gws_status status = describe(w, HISTORY, err);
    for (char *at = w->history; status == GWS_OK && *at;) {
        size_t n = strlen(at);
        for (size_t most = HISTORY_ROOM; n > HISTORY_ROOM; most--)
            if (at[most - 1] == '\n' || most == 1)
                n = most == 1 ? HISTORY_ROOM : most;
        const char next = at[n];
        at[n] = '\0';
        begin(w, HISTORY, instance++);
        put_string(&w->s, "gwspike");
        put_number(&w->s, (uint64_t)(t0_ns / 1000000000), 4);
        put_string(&w->s, at);
        if (next)
            put_pointer(&w->s, HISTORY, instance);
        else
            put_nulls(&w->s, 1);
        status = end(w, err);
        at[n] = next;
        at += n;
    }
    return status;
}

static gws_status note_channel(gws_gwf_writer *w, const char *name, int frame, int64_t at, gws_err *err)
{
    int k = 0;
    while (k < w->n_channels && strcmp(w->channels[k].name, name) != 0)
        k++;
    if (k == w->n_channels) {
        if (!GWS_ARRAY_ROOM(w->channels, w->channels_room, k + 1))
            return no_memory(w, err);
        char *copy = strdup(name);
        if (!copy)
            return no_memory(w, err);
        w->channels[w->n_channels++] = (struct channel){.name = copy};
    }
    struct channel *c = &w->channels[k];
    if (!GWS_ARRAY_ROOM(c->at, c->room, frame + 1))
        return no_memory(w, err);
    for (; c->n_at <= frame; c->n_at++)
        c->at[c->n_at] = 0;
    c->at[frame] = at;
    return GWS_OK;
}

/* FrProcData i of n, whose vector has its number. */
static gws_status write_proc(gws_gwf_writer *w, const gws_gwf_channel_data *c, int i, int n, gws_err *err)
{
    gws_status status = note_channel(w, c->name, w->n_frames, (int64_t)w->crc.n, err);
    if (status != GWS_OK)
        return status;
    begin(w, PROC, (uint32_t)i);
    put_string(&w->s, c->name);
    put_string(&w->s, "");
    put_number(&w->s, 1, 2); /* a time series */
    put_number(&w->s, 0, 2);
    put_f8(&w->s, c->offset_s);
    put_f8(&w->s, (double)c->n * c->dx_s);
    put_f8(&w->s, 0);
    put_f4(&w->s, 0);
    put_f8(&w->s, 0.5 / c->dx_s);
    put_f8(&w->s, 0);
    put_number(&w->s, 0, 2);
    put_pointer(&w->s, VECT, (uint32_t)i);
    put_nulls(&w->s, 3);
    if (i + 1 < n)
        put_pointer(&w->s, PROC, (uint32_t)(i + 1));
    else
        put_nulls(&w->s, 1);
    return end(w, err);
}

static size_t size_of(gws_gwf_type type)
{
    return type == GWS_GWF_F8 ? 8 : 4;
}

/* The samples as little-endian bytes. */
static void put_samples(struct bytes *b, const gws_gwf_channel_data *c)
{
    for (int64_t i = 0; i < c->n && !b->failed; i++) {
        uint64_t wide;
        uint32_t narrow;
        if (size_of(c->type) == 8) {
            memcpy(&wide, (const unsigned char *)c->data + 8 * i, 8);
            put_number(b, wide, 8);
        } else {
            memcpy(&narrow, (const unsigned char *)c->data + 4 * i, 4);
            put_number(b, narrow, 4);
        }
    }
}

static gws_status write_vect(gws_gwf_writer *w, const gws_gwf_channel_data *c, int i, gws_err *err)
{
    struct bytes raw = {0}, packed = {0};
    gws_status status = GWS_OK;
    put_samples(&raw, c);
    uLongf size = compressBound(raw.n);
    packed.p = w->level > 0 ? malloc(size) : NULL;
    if (raw.failed || (w->level > 0 && (!packed.p || compress2(packed.p, &size, raw.p, raw.n, w->level) != Z_OK))) {
        status = no_memory(w, err);
        goto fail;
    }
    packed.n = size;
    const struct bytes *data = w->level > 0 ? &packed : &raw;
    begin(w, VECT, (uint32_t)i);
    put_string(&w->s, c->name);
    put_number(&w->s, w->level > 0 ? 257 : 256, 2);
    put_number(&w->s, (unsigned)c->type, 2);
    put_number(&w->s, (uint64_t)c->n, 8);
    put_number(&w->s, data->n, 8);
    put(&w->s, data->p, data->n);
    put_number(&w->s, 1, 4);
    put_number(&w->s, (uint64_t)c->n, 8);
    put_f8(&w->s, c->dx_s);
    put_f8(&w->s, 0);
    put_string(&w->s, "s");
    put_string(&w->s, c->unit ? c->unit : "");
    put_nulls(&w->s, 1);
    status = end(w, err);
fail:
    free(raw.p);
    free(packed.p);
    return status;
}

/* TAI - UTC at a GPS time: the number of seconds that FrameH wants.  It changed last on 2017-01-01; earlier ones since 1999. */
static int leap_seconds(int64_t gps_s)
{
    static const struct {
        int64_t from;
        int leaps;
    } table[] = {{1167264018, 37}, {1119744017, 36}, {1025136016, 35}, {914803215, 34}, {820108814, 33}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (gps_s >= table[i].from)
            return table[i].leaps;
    return 32;
}

gws_status gws_gwf_writer_frame(gws_gwf_writer *w, int64_t t0_ns, double dt_s, const gws_gwf_channel_data *channels, int n,
                                gws_err *err)
{
    GWS_ASSERT(w && channels && n > 0 && t0_ns >= 0 && dt_s > 0);
    gws_status status;
    if (!GWS_ARRAY_ROOM(w->frames, w->frames_room, w->n_frames + 1))
        return no_memory(w, err);
    for (int i = 0; i < n; i++) {
        const gws_gwf_channel_data *c = &channels[i];
        GWS_ASSERT(c->name && c->data && c->n > 0 && c->dx_s > 0 && strlen(c->name) < 256 &&
                   (c->type == GWS_GWF_F8 || c->type == GWS_GWF_F4 || c->type == GWS_GWF_I4 || c->type == GWS_GWF_U4));
    }
    if ((status = describe(w, FRAME, err)) != GWS_OK)
        return status;
    w->frames[w->n_frames] = (struct frame){t0_ns, dt_s, w->crc.n};
    begin(w, FRAME, 0);
    put_string(&w->s, w->name);
    put_number(&w->s, 0, 4); /* run */
    put_number(&w->s, (uint32_t)w->n_frames, 4);
    put_number(&w->s, 0, 4);
    put_number(&w->s, (uint64_t)(t0_ns / 1000000000), 4);
    put_number(&w->s, (uint64_t)(t0_ns % 1000000000), 4);
    put_number(&w->s, (unsigned)leap_seconds(t0_ns / 1000000000), 2);
    put_f8(&w->s, dt_s);
    put_nulls(&w->s, 4); /* type, user, detectSim, detectProc */
    if (w->history && *w->history && w->n_frames == 0)
        put_pointer(&w->s, HISTORY, 0);
    else
        put_nulls(&w->s, 1);
    put_nulls(&w->s, 1); /* rawData */
    put_pointer(&w->s, PROC, 0);
    put_nulls(&w->s, 6);
    if ((status = end(w, err)) != GWS_OK ||
        (w->history && *w->history && w->n_frames == 0 && (status = write_history(w, t0_ns, err)) != GWS_OK) ||
        (status = describe(w, PROC, err)) != GWS_OK || (status = describe(w, VECT, err)) != GWS_OK)
        return status;
    for (int i = 0; i < n; i++) /* FrameL looks for a channel's vector right behind it */
        if ((status = write_proc(w, &channels[i], i, n, err)) != GWS_OK || (status = write_vect(w, &channels[i], i, err)) != GWS_OK)
            return status;
    if ((status = describe(w, END_OF_FRAME, err)) != GWS_OK)
        return status;
    begin(w, END_OF_FRAME, 0);
    put_number(&w->s, 0, 4);
    put_number(&w->s, (uint32_t)w->n_frames, 4);
    put_number(&w->s, (uint64_t)(t0_ns / 1000000000), 4);
    put_number(&w->s, (uint64_t)(t0_ns % 1000000000), 4);
    w->n_frames++;
    return end(w, err);
}

static void put_toc_frames(gws_gwf_writer *w)
{
    const int n = w->n_frames;
    put_number(&w->s, n > 0 ? (unsigned)leap_seconds(w->frames[0].t0_ns / 1000000000) : 0, 2);
    put_number(&w->s, (uint32_t)n, 4);
    for (int i = 0; i < n; i++)
        put_number(&w->s, 0, 4);
    for (int i = 0; i < n; i++)
        put_number(&w->s, (uint64_t)(w->frames[i].t0_ns / 1000000000), 4);
    for (int i = 0; i < n; i++)
        put_number(&w->s, (uint64_t)(w->frames[i].t0_ns % 1000000000), 4);
    for (int i = 0; i < n; i++)
        put_f8(&w->s, w->frames[i].dt_s);
    for (int i = 0; i < n; i++)
        put_number(&w->s, 0, 4);
    for (int i = 0; i < n; i++)
        put_number(&w->s, (uint32_t)i, 4);
    for (int i = 0; i < n; i++)
        put_number(&w->s, w->frames[i].at, 8);
    for (int i = 0; i < 4 * n; i++)
        put_number(&w->s, 0, 8); /* no ADC, serial data, table, message */
}

static gws_status write_toc(gws_gwf_writer *w, gws_err *err)
{
    begin(w, TOC, 0);
    put_toc_frames(w);
    const size_t classes = sizeof described / sizeof *described;
    uint32_t in_file = 1; /* FrTOC itself */
    for (size_t i = 0; i < classes; i++)
        in_file += w->described >> described[i].cls & 1;
    put_number(&w->s, in_file, 4);
    for (size_t i = 0; i < classes; i++)
        if (w->described >> described[i].cls & 1)
            put_number(&w->s, described[i].cls, 2);
    put_number(&w->s, TOC, 2);
    for (size_t i = 0; i < classes; i++)
        if (w->described >> described[i].cls & 1)
            put_string(&w->s, described[i].name);
    put_string(&w->s, "FrTOC");
    put_number(&w->s, 0, 4); /* detectors */
    put_number(&w->s, 0, 4); /* kinds of statistics, and how many of them */
    put_number(&w->s, 0, 4);
    put_number(&w->s, 0, 4); /* ADCs */
    put_number(&w->s, (uint32_t)w->n_channels, 4);
    for (int i = 0; i < w->n_channels; i++)
        put_string(&w->s, w->channels[i].name);
    for (int i = 0; i < w->n_channels; i++)
        for (int k = 0; k < w->n_frames; k++)
            put_number(&w->s, k < w->channels[i].n_at ? (uint64_t)w->channels[i].at[k] : 0, 8);
    for (int i = 0; i < 7; i++)
        put_number(&w->s, 0, 4); /* simulated, serial, summary; events and simulated events, each with their number */
    return end(w, err);
}

gws_status gws_gwf_writer_commit(gws_gwf_writer *w, gws_err *err)
{
    GWS_ASSERT(w);
    gws_status status;
    if (w->n_frames == 0) {
        status = gws_err_set(err, GWS_EDATA, "%s: a frame file without a frame", w->path);
        goto fail;
    }
    if ((status = describe(w, TOC, err)) != GWS_OK || (status = describe(w, END_OF_FILE, err)) != GWS_OK)
        goto fail;
    const uint64_t toc = w->crc.n;
    if ((status = write_toc(w, err)) != GWS_OK)
        goto fail;
    const uint64_t size = w->crc.n + 46;
    begin(w, END_OF_FILE, 0);
    put_number(&w->s, (uint32_t)w->n_frames, 4);
    put_number(&w->s, size, 8);
    put_number(&w->s, size - toc, 8);
    put_number(&w->s, w->header_sum, 4);
    if (w->s.failed) {
        status = no_memory(w, err);
        goto fail;
    }
    set_length(&w->s, 46);
    put_number(&w->s, gws_crc_of(w->s.p, w->s.n), 4);
    gws_crc all = w->crc;
    gws_crc_push(&all, w->s.p, w->s.n);
    put_number(&w->s, gws_crc_get(&all), 4);
    status = w->s.failed ? no_memory(w, err) : emit(w, w->s.p, w->s.n, err);
    if (status == GWS_OK) {
        gws_output *out = w->out;
        w->out = NULL;
        status = gws_output_end(out, err);
    }
fail:
    gws_gwf_writer_destroy(w);
    return status;
}
