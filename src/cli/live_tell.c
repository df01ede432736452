#include "cli/live_tell.h"

#include "alert/config.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "search/p_astro.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEFORE_S 64   /* strain that a follow-up gets in front of the time, */
#define BEHIND_S 4    /* and behind it */
#define PATIENCE_S 20 /* then it takes what there is */
#define CLOSE_S 5

/* A trigger whose strain is not all there yet. */
typedef struct pending {
    gws_live_trigger t; /* without its pointers */
    char ifo[GWS_MODEL_IFOS][4], *dq;
    double delay_s, since_s, slope, loudest;
    const char *model, *hash;
} pending;

struct gws_tell {
    gws_alerts *alerts;
    pending *waiting;
    int64_t n, room;
    int lines_fd;
};

/* Where the lines go. */
static gws_status open_lines(gws_tell *t, const char *lines, gws_err *err)
{
    t->lines_fd = !lines                    ? -1
                  : strcmp(lines, "-") == 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                                            : open(lines, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return lines && t->lines_fd < 0 ? gws_err_set(err, GWS_EIO, "%s: %s", lines, strerror(errno)) : GWS_OK;
}

/* What the last process had no strain for is followed up where the search still has it, or is given it again. */
static gws_status take_up(gws_tell *t, gws_err *err)
{
    gws_alert_unfollowed u;

    for (int i = 0; gws_alerts_unfollowed(t->alerts, i, &u); i++) {
        pending w = {.since_s = gws_now_s(), .slope = (double)NAN, .loudest = (double)NAN};
        snprintf(w.t.id, sizeof w.t.id, "%s", u.id);
        w.t.t.gps_ns = u.gps_ns;
        w.t.t.stat = u.stat;
        w.t.far = u.far;
        w.t.n_ifo = u.n < GWS_MODEL_IFOS ? u.n : GWS_MODEL_IFOS;
        memcpy(w.ifo, u.ifo, sizeof w.ifo);
        if (!(w.dq = strdup("")) || !GWS_ARRAY_ROOM(t->waiting, t->room, t->n + 1)) {
            free(w.dq);
            return gws_err_set(err, GWS_ENOMEM, "no memory for a trigger that is to be followed up");
        }
        t->waiting[t->n++] = w;
    }
    return GWS_OK;
}

gws_tell *gws_tell_open(gws_ini *ini, const char *ca_file, gws_err *err)
{
    gws_alerts_config c;
    gws_tell *t = NULL;

    if (!ini || !gws_ini_has(ini, "alerts", "folder"))
        return NULL;
    if (gws_alerts_config_read(ini, "alerts", &c, err) != GWS_OK)
        return NULL;
    gws_alerts_params p = *gws_alerts_config_params(&c);
    if (!p.ca_file && ca_file && *ca_file)
        p.ca_file = ca_file;
    if (!(t = calloc(1, sizeof *t))) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the alerts");
    } else if (open_lines(t, c.lines, err) == GWS_OK) {
        p.lines_fd = t->lines_fd;
        t->alerts = gws_alerts_open(&p, err);
    }
    gws_alerts_config_clear(&c);
    if (t && t->alerts && take_up(t, err) == GWS_OK)
        return t;
    gws_tell_close(t);
    return NULL;
}

void gws_tell_close(gws_tell *t)
{
    if (!t)
        return;
    const int64_t left = t->alerts ? gws_alerts_close(t->alerts, CLOSE_S) : 0;
    if (left > 0)
        gws_cli_log(GWS_LOG_WARNING, "%lld messages are not delivered; they are in the journal", (long long)left);
    for (int64_t i = 0; i < t->n; i++)
        free(t->waiting[i].dq);
    free(t->waiting);
    if (t->lines_fd >= 0)
        close(t->lines_fd);
    free(t);
}

static gws_status give(gws_tell *t, const pending *w, const gws_followup_strain *strain, int n_strain, int *told, gws_err *err)
{
    gws_alert_trigger a = {.id = w->t.id,
                           .gps_ns = w->t.t.gps_ns,
                           .window_s = w->t.t.window_s,
                           .stat = w->t.t.stat,
                           .far = w->t.far,
                           .background_slope = w->slope,
                           .background_loudest = w->loudest,
                           .delay_s = w->delay_s,
                           .n = w->t.n_ifo,
                           .quality = w->dq,
                           .model = w->model,
                           .model_hash = w->hash,
                           .strain = strain,
                           .n_strain = n_strain};

    memcpy(a.ifo, w->ifo, sizeof w->ifo);
    return gws_alerts_trigger(t->alerts, &a, told, err);
}

gws_status gws_tell_trigger(gws_tell *t, const gws_live_trigger *trigger, double delay_s, gws_err *err)
{
    const gws_calibration *of_model = &gws_model_describe(trigger->of->model)->calibration[trigger->of->head];
    pending w = {
        .t = *trigger, .delay_s = delay_s, .since_s = gws_now_s(), .model = trigger->of->path, .hash = trigger->of->sha256};
    int told = 0;
    gws_status status;

    w.slope = trigger->of->ranking ? gws_ranking_slope(trigger->of->ranking, GWS_P_ASTRO_TAIL)
                                   : gws_p_astro_slope(of_model, GWS_P_ASTRO_TAIL, NULL);
    w.loudest = trigger->of->ranking ? gws_ranking_loudest(trigger->of->ranking)
                : of_model->n > 0    ? (double)of_model->stat[0]
                                     : (double)NAN;
    memcpy(w.ifo, trigger->ifo, (size_t)trigger->n_ifo * sizeof w.ifo[0]);
    if (!(w.dq = strdup(trigger->dq)) || !GWS_ARRAY_ROOM(t->waiting, t->room, t->n + 1)) {
        free(w.dq);
        return gws_err_set(err, GWS_ENOMEM, "no memory for a trigger that is to be followed up");
    }
    status = give(t, &w, NULL, 0, &told, err);
    if (status == GWS_ENUM) { /* counted and logged there; such a trigger is nobody's loss */
        status = GWS_OK;
        told = 0;
    }
    if (status == GWS_OK && told)
        t->waiting[t->n++] = w;
    else
        free(w.dq);
    return status;
}

/* Have all detectors of a trigger come as far as its follow-up wants? */
static int is_whole(const pending *w, const gws_live *l)
{
    const int64_t end_ns = w->t.t.gps_ns + BEHIND_S * GWS_NS;
    int n = 0;

    for (int i = 0; i < gws_live_ifos(l); i++) {
        gws_live_kept k;
        if (gws_live_strain(l, i, end_ns - GWS_NS / 100, end_ns, &k, NULL) != GWS_OK)
            continue;
        for (int d = 0; d < w->t.n_ifo; d++)
            n += strcmp(w->ifo[d], k.ifo) == 0 && gws_ns_of_sample(k.first + k.n, k.rate_hz) >= end_ns - GWS_NS / 1000;
        free(k.h);
    }
    return n == w->t.n_ifo;
}

/* The strain of all detectors around a time.  returns  how many have some */
static int gather(const pending *w, const gws_live *l, gws_followup_strain *out)
{
    const int64_t begin_ns = w->t.t.gps_ns - BEFORE_S * GWS_NS, end_ns = w->t.t.gps_ns + BEHIND_S * GWS_NS;
    int n = 0;

    for (int i = 0; i < gws_live_ifos(l) && n < GWS_MAX_IFO; i++) {
        gws_live_kept k;
        if (gws_live_strain(l, i, begin_ns, end_ns, &k, NULL) != GWS_OK)
            continue;
        if (k.n == 0) {
            free(k.h);
            continue;
        }
        out[n] = (gws_followup_strain){.rate_hz = k.rate_hz, .first = k.first, .h = k.h, .n = k.n};
        memcpy(out[n++].ifo, k.ifo, sizeof k.ifo);
    }
    return n;
}

gws_status gws_tell_look(gws_tell *t, const gws_live *l, int last, gws_alerts_stats *out, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_alerts_stats none;

    for (int64_t i = 0; i < t->n && status == GWS_OK;) {
        gws_followup_strain strain[GWS_MAX_IFO];
        if (!is_whole(&t->waiting[i], l) && !last && gws_now_s() < t->waiting[i].since_s + PATIENCE_S) {
            i++;
            continue;
        }
        const int n = gather(&t->waiting[i], l, strain);
        if (n > 0)
            status = give(t, &t->waiting[i], strain, n, NULL, err);
        for (int k = 0; k < n; k++)
            free((void *)(uintptr_t)strain[k].h);
        free(t->waiting[i].dq);
        memmove(t->waiting + i, t->waiting + i + 1, (size_t)(--t->n - i) * sizeof *t->waiting);
    }
    gws_alerts_poll(t->alerts, out ? out : &none);
    return status;
}

gws_status gws_tell_reload(gws_tell *t, gws_ini *ini, gws_err *err)
{
    gws_alerts_config c;
    gws_status status = gws_alerts_config_read(ini, "alerts", &c, err);

    if (status != GWS_OK)
        return status;
    status = gws_alerts_set_threshold(t->alerts, c.params.far_per_month, err);
    gws_alerts_config_clear(&c);
    return status;
}
