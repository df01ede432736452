#include "sim/mlgwsc_plan.h"

#include "base/array.h"
#include "base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_S INT64_C(4000000000)

const char gws_mlgwsc_noise_ifo[GWS_MLGWSC_IFOS][4] = {"H1", "L1"};

gws_mlgwsc_noise_params gws_mlgwsc_noise_defaults(void)
{
    return (gws_mlgwsc_noise_params){.dataset = 1, .duration_s = 2592000, .generate_s = 3600};
}

typedef struct segment_list {
    gws_mlgwsc_noise_segment *s;
    int n;
    int64_t room;
} segment_list;

static int append(segment_list *l, int64_t start_s, int64_t end_s)
{
    if (!GWS_ARRAY_ROOM(l->s, l->room, l->n + 1))
        return 0;
    l->s[l->n++] = (gws_mlgwsc_noise_segment){start_s, end_s};
    return 1;
}

gws_status gws_mlgwsc_path(char *path, size_t size, const char *folder, const char *name, gws_err *err)
{
    if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size)
        return gws_err_set(err, GWS_EARG, "%s: the name of the folder is too long", folder);
    return GWS_OK;
}

/* folder/segments.csv: a heading, then rows "index,start,end" of whole GPS seconds, in time. */
static gws_status load_segments(const char *folder, segment_list *out, gws_err *err)
{
    char path[4096], *text = NULL;
    size_t size;
    gws_status status = gws_mlgwsc_path(path, sizeof path, folder, "segments.csv", err);
    if (status != GWS_OK)
        return status;
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s: not found; wanted MLGWSC-1's list of segments, segments.csv, in the folder %s", path,
                           folder);
    status = gws_file_read(path, (size_t)16 << 20, &text, &size, err);
    if (status != GWS_OK)
        return status;
    char *row = strchr(text, '\n');
    for (int line = 2; row && row[1]; line++) {
        int64_t start, end;
        int used = 0;
        char *next = strchr(++row, '\n');
        if (next)
            *next = '\0';
        int found = sscanf(row, "%*d,%" SCNd64 ",%" SCNd64 " %n", &start, &end, &used);
        if (found != 2 || row[used] != '\0' || start < 0 || end > MOST_S || end <= start ||
            (out->n > 0 && start < out->s[out->n - 1].end_s)) {
            status = gws_err_set(err, GWS_EFORMAT, "%s: line %d: wanted \"index,start,end\" in GPS seconds, in order and apart",
                                 path, line);
            break;
        }
        if (!append(out, start, end)) {
            status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
            break;
        }
        row = next;
    }
    if (status == GWS_OK && out->n == 0)
        status = gws_err_set(err, GWS_EFORMAT, "%s: lists no segment", path);
    free(text);
    return status;
}

/* What generate_data.py's restrict_segments takes of the list; `slide` seconds at the end of each count for nothing. */
static gws_status restrict_to(const segment_list *all, int64_t offset, int64_t duration, int64_t slide, segment_list *out,
                              gws_err *err)
{
    int64_t past = 0;
    for (int i = 0; i < all->n && past - offset < duration; i++) {
        int64_t start = all->s[i].start_s, end = all->s[i].end_s;
        if (end - start - slide < GWS_MLGWSC_SHORTEST_S)
            continue;
        if (past + end - start < offset) {
            past += end - start - slide;
            continue;
        }
        if (past < offset) {
            start += offset - past;
            past = offset;
            if (end - start - slide < GWS_MLGWSC_SHORTEST_S)
                continue;
        }
        if (past + end - start - slide > offset + duration)
            end = start + offset + duration + slide - past;
        past += end - start - slide;
        if (out->n > 0 && out->s[out->n - 1].end_s == start)
            out->s[out->n - 1].end_s = end;
        else if (!append(out, start, end))
            return gws_err_set(err, GWS_ENOMEM, "segments: out of memory");
    }
    if (out->n == 0)
        return gws_err_set(err, GWS_EDATA, "segments: none of %d is left after an offset of %" PRId64 " s", all->n, offset);
    return GWS_OK;
}

static gws_status plan(const gws_mlgwsc_noise_params *p, segment_list *all, segment_list *out, gws_err *err)
{
    if (p->dataset < 1 || p->dataset > 4)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: data set %d, wanted 1, 2, 3 or 4", p->dataset);
    if (p->seed < 0 || p->seed > UINT32_MAX)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: seed %" PRId64 ", wanted 0 to 4294967295", p->seed);
    if (p->start_offset_s < 0 || p->start_offset_s > MOST_S || p->duration_s <= 0 || p->duration_s > MOST_S)
        return gws_err_set(err, GWS_EARG,
                           "MLGWSC-1: offset %" PRId64 " s and duration %" PRId64 " s, wanted at least 0 and above 0",
                           p->start_offset_s, p->duration_s);
    if (p->generate_s <= 0)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: chunks of %d s, wanted 1 s or more", p->generate_s);
    if (!p->folder)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: no folder is given; wanted one that holds segments.csv and psds/");
    gws_status status = load_segments(p->folder, all, err);
    if (status != GWS_OK)
        return status;
    return restrict_to(all, p->start_offset_s, p->duration_s, p->dataset == 4 ? GWS_MLGWSC_SLIDE_S : 0, out, err);
}

gws_status gws_mlgwsc_plan_make(const gws_mlgwsc_noise_params *params, gws_mlgwsc_plan *out, gws_err *err)
{
    GWS_ASSERT(params && out);
    segment_list all = {0}, used = {0};
    gws_status status = plan(params, &all, &used, err);
    *out = (gws_mlgwsc_plan){used.s, all.s, used.n, all.n};
    if (status != GWS_OK)
        gws_mlgwsc_plan_clear(out);
    return status;
}

void gws_mlgwsc_plan_clear(gws_mlgwsc_plan *p)
{
    free(p->used);
    free(p->listed);
    *p = (gws_mlgwsc_plan){0};
}
