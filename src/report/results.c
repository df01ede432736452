/* results.c - see results.h. */
#include "report/results.h"

#include "base/file.h"
#include "base/hdf5.h"
#include "base/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gws_result_kind kind_of_hdf5(gws_h5 *f)
{
    char *format = NULL;
    gws_result_kind kind = GWS_RESULT_NONE;

    if (gws_h5_has_attr(f, "/", "format") && gws_h5_attr_string(f, "/", "format", &format, NULL) == GWS_OK &&
        strcmp(format, "gwspike-background") == 0)
        kind = GWS_RESULT_BACKGROUND;
    else if (gws_h5_exists(f, "/sensitive-distance") && gws_h5_exists(f, "/far"))
        kind = GWS_RESULT_EVALUATION;
    else if (gws_h5_exists(f, "/time") && gws_h5_exists(f, "/stat") && gws_h5_exists(f, "/var"))
        kind = GWS_RESULT_EVENTS;
    free(format);
    return kind;
}

gws_status gws_result_kind_of(const char *path, gws_result_kind *out, gws_err *err)
{
    char log[1100];
    gws_h5 *f;

    *out = GWS_RESULT_NONE;
    snprintf(log, sizeof log, "%s/trainlog.jsonl", path);
    if (gws_path_ends(path, ".jsonl") || gws_file_exists(log)) {
        *out = GWS_RESULT_TRAINING;
        return GWS_OK;
    }
    if (!gws_path_ends(path, ".hdf") && !gws_path_ends(path, ".hdf5") && !gws_path_ends(path, ".h5"))
        return GWS_OK;
    if (!(f = gws_h5_open(path, NULL)))
        return GWS_OK;
    *out = kind_of_hdf5(f);
    const gws_status status = gws_h5_check(f, err);
    gws_h5_close(f);
    return status;
}

const char *gws_result_title(gws_result_kind kind)
{
    static const char *const titles[] = {[GWS_RESULT_NONE] = "Results",
                                         [GWS_RESULT_EVENTS] = "Events of a search",
                                         [GWS_RESULT_BACKGROUND] = "Background of time slides",
                                         [GWS_RESULT_EVALUATION] = "How far a search sees",
                                         [GWS_RESULT_TRAINING] = "A training"};

    return titles[kind];
}

gws_status gws_result_put(gws_page *p, const gws_result *r, const gws_result_wish *w, int number, gws_err *err)
{
    char id[40], title[300];
    size_t length = strlen(r->path), first;

    while (length > 1 && r->path[length - 1] == '/') /* of a folder */
        length--;
    for (first = length; first > 0 && r->path[first - 1] != '/';)
        first--;
    snprintf(id, sizeof id, "result-%d", number);
    snprintf(title, sizeof title, "%s: %.*s", gws_result_title(r->kind), length - first < 200 ? (int)(length - first) : 200,
             r->path + first);
    gws_page_section(p, id, title);
    switch (r->kind) {
    case GWS_RESULT_EVENTS: return gws_result_put_events(p, r->path, number, err);
    case GWS_RESULT_BACKGROUND: return gws_result_put_background(p, r->path, number, err);
    case GWS_RESULT_EVALUATION: return gws_result_put_evaluation(p, r->path, w, number, err);
    case GWS_RESULT_TRAINING: return gws_result_put_training(p, r->path, number, err);
    case GWS_RESULT_NONE: break;
    }
    return GWS_OK;
}
