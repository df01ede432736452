#include "strain/convert.h"

#include "base/clock.h"
#include "dsp/resample.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARSE_S 86400.0 /* so long a gap may be filled with nothing */
#define CHANNEL 208      /* room for the name of one */
#define SPARSE 10.0      /* or one that is so many times the data */

/* One detector that is written. */
struct lane {
    int ifo; /* in the set */
    gws_strain_info info;
    int factor;
    int rate_hz;            /* of the output */
    gws_resample *resample; /* NULL: the rate stays */
    double *in;             /* (room) */
    int64_t room;
    gws_span *spans; /* (n_spans) of the output: what has data */
    int n_spans;
    char channel[CHANNEL];

    double *out; /* where the resampled go, from absolute sample out_begin on */
    int64_t out_begin, out_end;
};

struct run {
    gws_strain_set *set;
    const gws_convert *c;
    struct lane lanes[GWS_MAX_IFO];
    int n;
    const struct lane *of[GWS_MAX_IFO]; /* those of the file that is written */
    const char *files;                  /* hashes */
    double done_s, total_s;
    int64_t written;
};

/* ---- samples ---- */

static void take(void *user, int64_t sample, const double *h, int64_t n)
{
    const struct lane *l = user;
    for (int64_t i = 0; i < n; i++)
        if (sample + i >= l->out_begin && sample + i < l->out_end)
            l->out[sample + i - l->out_begin] = h[i];
}

/* Each read brings the filter's length from either side along, so no read depends on another. */
static gws_status read_resampled(struct run *r, struct lane *l, int64_t begin, int64_t end, double *out, gws_err *err)
{
    const int64_t half = gws_resample_delay(l->resample), a = begin * l->factor - half, b = (end - 1) * l->factor + half + 1;
    if (b - a > l->room) {
        double *more = realloc(l->in, (size_t)(b - a) * sizeof *more);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", l->info.ifo, (long long)(b - a));
        l->in = more;
        l->room = b - a;
    }
    const gws_status status = gws_strain_read(r->set, l->ifo, a, b, l->in, err);
    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < end - begin; i++)
        out[i] = (double)NAN;
    l->out = out;
    l->out_begin = begin;
    l->out_end = end;
    gws_resample_reset(l->resample);
    gws_resample_push(l->resample, a, l->in, b - a, take, l);
    return GWS_OK;
}

static gws_status pull(void *user, int k, int64_t begin, int64_t end, double *out, gws_err *err)
{
    struct run *r = user;
    struct lane *l = &r->lanes[r->of[k] - r->lanes];
    const gws_status status =
        l->resample ? read_resampled(r, l, begin, end, out, err) : gws_strain_read(r->set, l->ifo, begin, end, out, err);
    r->done_s += (double)(end - begin) / l->rate_hz;
    if (status == GWS_OK && gws_progress_tell(&r->c->progress, r->done_s, r->total_s, "convert"))
        return gws_err_set(err, GWS_ESTOP, "stopped");
    return status;
}

/* ---- lanes ---- */

static gws_status span_lane(struct lane *l, double *total_s, gws_err *err)
{
    const int64_t half = l->resample ? gws_resample_delay(l->resample) : 0, f = l->factor;
    l->spans = malloc((size_t)(l->info.n_spans + 1) * sizeof *l->spans);
    if (!l->spans)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d stretches", l->info.ifo, l->info.n_spans);
    for (int i = 0; i < l->info.n_spans; i++) {
        const int64_t begin = gws_floor_div(l->info.spans[i].begin + half + f - 1, f),
                      end = gws_floor_div(l->info.spans[i].end - 1 - half, f) + 1;
        if (begin < end) {
            l->spans[l->n_spans++] = (gws_span){begin, end};
            *total_s += (double)(end - begin) / l->rate_hz;
        }
    }
    return l->n_spans > 0 ? GWS_OK
                          : gws_err_set(err, GWS_EDATA, "%s: no stretch is as long as the filter for another rate, %.3g s",
                                        l->info.ifo, (double)(2 * half + 1) / l->info.rate_hz);
}

/* The name of the channel: what was asked for, else the input's where it has one, else STRAIN. */
static void name_channel(const gws_strain_info *info, const char *asked, char out[CHANNEL])
{
    const char *where = info->where + (info->where[0] == '/');
    const size_t n = strlen(info->ifo);
    const int has = strncmp(where, info->ifo, n) == 0 && where[n] == ':' && where[n + 1] && !strchr(where, '/');
    if (!asked && has)
        snprintf(out, CHANNEL, "%.200s", where);
    else
        snprintf(out, CHANNEL, "%.3s:%.190s", info->ifo, asked ? asked : "STRAIN");
}

static gws_status add_lane(struct run *r, int ifo, gws_err *err)
{
    struct lane *l = &r->lanes[r->n++];
    l->ifo = ifo;
    gws_strain_describe(r->set, ifo, &l->info);
    l->rate_hz = r->c->rate_hz ? r->c->rate_hz : l->info.rate_hz;
    if (l->info.rate_hz % l->rate_hz != 0)
        return gws_err_set(err, GWS_EARG, "%s: from %d Hz to %d Hz: only a rate that divides the input's can be made", l->info.ifo,
                           l->info.rate_hz, l->rate_hz);
    l->factor = l->info.rate_hz / l->rate_hz;
    if (l->factor > 1 && !(l->resample = gws_resample_create(l->info.rate_hz, l->rate_hz, err)))
        return GWS_EARG;
    char name[CHANNEL];
    name_channel(&l->info, r->c->channel, name);
    memcpy(l->channel, name, sizeof name);
    return span_lane(l, &r->total_s, err);
}

static gws_status add_lanes(struct run *r, gws_err *err)
{
    const gws_convert *c = r->c;
    const int n = gws_strain_ifos(r->set);
    gws_status status = GWS_OK;
    for (int k = 0; k < c->n_detectors; k++)
        if (gws_strain_find(r->set, c->detectors[k]) < 0)
            return gws_err_set(err, GWS_EARG, "no input has detector %.16s", c->detectors[k]);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        gws_strain_info info;
        int wanted = c->n_detectors == 0;
        gws_strain_describe(r->set, i, &info);
        for (int k = 0; k < c->n_detectors; k++)
            wanted |= strcmp(info.ifo, c->detectors[k]) == 0;
        if (wanted)
            status = add_lane(r, i, err);
    }
    return status;
}

/* ---- one file ---- */

/* What of [begin_s, end_s) a lane has.  Returns 0: nothing. */
static int cut_series(const struct lane *l, int64_t begin_s, int64_t end_s, int whole_seconds, gws_save_series *out)
{
    const int64_t rate = l->rate_hz, from = begin_s * rate, to = end_s * rate;
    int a = 0, b = l->n_spans;
    while (a < b && l->spans[a].end <= from)
        a++;
    while (b > a && l->spans[b - 1].begin >= to)
        b--;
    if (a == b)
        return 0;
    const int64_t first = l->spans[a].begin > from ? l->spans[a].begin : from,
                  last = l->spans[b - 1].end < to ? l->spans[b - 1].end : to;
    *out = (gws_save_series){.channel = l->channel, .rate_hz = l->rate_hz, .begin = first, .end = last};
    memcpy(out->ifo, l->info.ifo, sizeof out->ifo);
    if (whole_seconds) {
        out->begin = gws_floor_div(first, rate) * rate;
        out->end = (gws_floor_div(last - 1, rate) + 1) * rate;
    }
    out->spans = l->spans + a;
    out->n_spans = b - a;
    return 1;
}

/* A year between two events is not to be written as gaps. */
static gws_status check_fill(const char *path, const gws_save_format *f, const gws_save_series *s, gws_err *err)
{
    double data_s = 0;
    const double all_s = (double)(s->end - s->begin) / s->rate_hz;
    for (int i = 0; i < s->n_spans; i++)
        data_s += (double)(s->spans[i].end - s->spans[i].begin) / s->rate_hz;
    if (!f->fills || all_s - data_s < SPARSE_S || all_s - data_s < SPARSE * data_s)
        return GWS_OK;
    return gws_err_set(err, GWS_EDATA,
                       "%s: %s has %.6g s of data in %.6g s, and %s would be filled with gaps; .hdf is not, and --duration "
                       "cuts it",
                       path, s->ifo, data_s, all_s, f->what);
}

static gws_status write_file(struct run *r, const char *path, gws_save_series *series, int n, gws_err *err)
{
    const gws_convert *c = r->c;
    gws_status status = GWS_OK;
    for (int k = 0; k < n && status == GWS_OK; k++)
        status = check_fill(path, c->format, &series[k], err);
    for (int k = 0; k < n && status == GWS_OK && c->format->masks; k++) {
        const int64_t rate = series[k].rate_hz, first = gws_floor_div(series[k].begin, rate);
        status = gws_strain_get_masks(r->set, r->of[k]->ifo, first, gws_floor_div(series[k].end - 1, rate) + 1 - first,
                                      &series[k].quality, err);
    }
    const gws_save save = {.series = series,
                           .n = n,
                           .read = pull,
                           .user = r,
                           .whitened = gws_strain_is_whitened(r->set),
                           .command = c->command,
                           .files = r->files,
                           .pool = c->pool};
    if (status == GWS_OK && c->begin)
        status = c->begin(c->user, path, err);
    if (status == GWS_OK)
        status = gws_save_write(c->format, path, &save, err);
    if (status == GWS_OK && c->done)
        status = c->done(c->user, path, err);
    for (int k = 0; k < n; k++)
        gws_quality_clear(&series[k].quality);
    r->written += status == GWS_OK;
    return status;
}

/* FOLDER/SITES-[IFO_]DESCRIPTION-START-DURATION.ending */
static gws_status make_name(const gws_convert *c, const gws_save_series *series, int n, char out[4096], gws_err *err)
{
    const char *slash = strrchr(c->path, '/'), *name = slash ? slash + 1 : c->path, *dot = strchr(name, '.');
    char sites[GWS_MAX_IFO + 1] = "";
    int64_t begin_s = INT64_MAX, end_s = INT64_MIN;
    for (int k = 0; k < n; k++) {
        const int64_t rate = series[k].rate_hz, a = gws_floor_div(series[k].begin, rate),
                      b = gws_floor_div(series[k].end - 1, rate) + 1;
        begin_s = a < begin_s ? a : begin_s;
        end_s = b > end_s ? b : end_s;
        sites[k] = series[k].ifo[0];
        sites[k + 1] = '\0';
    }
    if (dot == name || strcspn(name, "- ") < (size_t)(dot - name))
        return gws_err_set(err, GWS_EARG,
                           "%s: of many files the output is FOLDER/DESCRIPTION.ending, a description without '-' or blank",
                           c->path);
    const int used =
        snprintf(out, 4096, "%.*s%s-%s%s%.*s-%" PRId64 "-%" PRId64 "%s", (int)(name - c->path), c->path, sites,
                 n == 1 ? series[0].ifo : "", n == 1 ? "_" : "", (int)(dot - name), name, begin_s, end_s - begin_s, dot);
    return used < 4096 ? GWS_OK : gws_err_set(err, GWS_EARG, "%.80s...: the name is too long", c->path);
}

/* ---- all files ---- */

/* The files of [begin_s, end_s): one, or one for each detector. */
static gws_status write_stretch(struct run *r, int64_t begin_s, int64_t end_s, gws_err *err)
{
    const gws_convert *c = r->c;
    gws_save_series series[GWS_MAX_IFO];
    char path[4096];
    gws_status status = GWS_OK;
    const int pattern = c->duration_s > 0 || c->per_detector;
    for (int k = 0; k < r->n && status == GWS_OK;) {
        int n = 0;
        for (; k < r->n && !(c->per_detector && n > 0); k++)
            if (cut_series(&r->lanes[k], begin_s, end_s, c->format->whole_seconds, &series[n]))
                r->of[n++] = &r->lanes[k];
        if (n == 0)
            continue;
        if (pattern)
            status = make_name(c, series, n, path, err);
        if (status == GWS_OK)
            status = write_file(r, pattern ? path : c->path, series, n, err);
    }
    return status;
}

static gws_status write_all(struct run *r, gws_err *err)
{
    const int64_t d = r->c->duration_s;
    int64_t begin_s = INT64_MAX, end_s = INT64_MIN;
    gws_status status = GWS_OK;
    for (int k = 0; k < r->n; k++) {
        const struct lane *l = &r->lanes[k];
        const int64_t a = gws_floor_div(l->spans[0].begin, l->rate_hz),
                      b = gws_floor_div(l->spans[l->n_spans - 1].end - 1, l->rate_hz) + 1;
        begin_s = a < begin_s ? a : begin_s;
        end_s = b > end_s ? b : end_s;
    }
    if (d == 0)
        return write_stretch(r, begin_s, end_s, err);
    for (int64_t at = gws_floor_div(begin_s, d) * d; at < end_s && status == GWS_OK; at += d)
        status = write_stretch(r, at, at + d, err);
    return status;
}

gws_status gws_convert_run(gws_strain_set *set, const gws_convert *c, int64_t *files, gws_err *err)
{
    GWS_ASSERT(set && c && c->path && c->format && c->rate_hz >= 0 && c->duration_s >= 0);
    struct run *r = calloc(1, sizeof *r);
    gws_err nobody = {0};
    err = err ? err : &nobody;
    if (!r)
        return gws_err_set(err, GWS_ENOMEM, "convert: out of memory");
    r->set = set;
    r->c = c;
    gws_status status = (r->files = gws_strain_sha256(set, err)) ? GWS_OK : err->status;
    if (status == GWS_OK && (status = add_lanes(r, err)) == GWS_OK)
        status = write_all(r, err);
    if (files)
        *files = r->written;
    for (int k = 0; k < r->n; k++) {
        gws_resample_destroy(r->lanes[k].resample);
        free(r->lanes[k].in);
        free(r->lanes[k].spans);
    }
    free(r);
    return status;
}
