#include "alert/recent.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND_S (GWS_FOLLOWUP_BEHIND_S + 0.5) /* the trigger's time may be off by a window */
#define GONE_S 4                               /* a detector whose strain ends so long before the time is not waited for */

/* The strain of one detector: the last keep_s of x[0 .. n), in room for twice as much. */
typedef struct lane {
    char ifo[4];
    int rate_hz;
    int64_t first, n, keep; /* first: absolute sample of x[0] */
    double *x;              /* (2 keep) */
} lane;

typedef struct waiting {
    gws_alert_trigger t; /* its strings are `text`'s */
    char *text;
    double since_s;
    struct waiting *next;
} waiting;

struct gws_recent {
    double keep_s, late_s;
    lane lane[GWS_MAX_IFO];
    int n;
    waiting *list;
};

gws_recent *gws_recent_create(double keep_s, double late_s, gws_err *err)
{
    gws_recent *r = calloc(1, sizeof *r);
    if (!r)
        gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    else {
        r->keep_s = keep_s;
        r->late_s = late_s;
    }
    return r;
}

static void forget(waiting *w)
{
    free(w->text);
    free(w);
}

void gws_recent_destroy(gws_recent *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->n; i++)
        free(r->lane[i].x);
    for (waiting *w = r->list, *next; w; w = next) {
        next = w->next;
        forget(w);
    }
    free(r);
}

/* The detector's lane, empty when its rate is another one. */
static lane *lane_of(gws_recent *r, const gws_followup_strain *s)
{
    lane *l = NULL;
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->lane[i].ifo, s->ifo) == 0)
            l = &r->lane[i];
    if (!l && r->n < GWS_MAX_IFO) {
        l = &r->lane[r->n++];
        *l = (lane){.rate_hz = 0};
        memcpy(l->ifo, s->ifo, sizeof l->ifo);
    }
    if (l && l->rate_hz != s->rate_hz) {
        const int64_t keep = (int64_t)ceil(r->keep_s * s->rate_hz);
        free(l->x);
        l->n = 0;
        l->rate_hz = s->rate_hz;
        l->keep = keep;
        l->x = malloc((size_t)(2 * keep) * sizeof *l->x);
        if (!l->x)
            l->rate_hz = 0;
    }
    return l && l->x ? l : NULL;
}

/* Room for n more: the oldest go. */
static void make_room(lane *l, int64_t n)
{
    if (l->n + n <= 2 * l->keep)
        return;
    const int64_t stay = l->n < l->keep ? l->n : l->keep, drop = l->n - stay;
    memmove(l->x, l->x + drop, (size_t)stay * sizeof *l->x);
    l->first += drop;
    l->n = stay;
}

/* n samples of h, or of nothing. */
static void put(lane *l, const double *h, int64_t n)
{
    for (int64_t done = 0, part; done < n; done += part) {
        part = n - done < l->keep ? n - done : l->keep;
        make_room(l, part);
        for (int64_t i = 0; i < part; i++)
            l->x[l->n + i] = h ? h[done + i] : (double)NAN;
        l->n += part;
    }
}

gws_status gws_recent_push(gws_recent *r, const gws_followup_strain *s, gws_err *err)
{
    if (s->rate_hz < 1 || s->n < 1)
        return GWS_OK;
    lane *l = lane_of(r, s);
    if (!l)
        return gws_err_set(err, GWS_ENOMEM, "alerts: no memory for the last %g s of %s", r->keep_s, s->ifo);
    const int64_t gap = s->first - (l->first + l->n);
    if (l->n > 0 && gap < 0)
        return GWS_OK; /* not in order: it is there already */
    if (l->n == 0 || gap >= l->keep) {
        l->first = s->first;
        l->n = 0;
    } else
        put(l, NULL, gap);
    put(l, s->h, s->n);
    return GWS_OK;
}

/* ---- triggers ---- */

/* A copy of a string behind the others; NULL stays NULL. */
static const char *kept(char **to, const char *text)
{
    if (!text)
        return NULL;
    char *here = strcpy(*to, text);
    *to += strlen(text) + 1;
    return here;
}

gws_status gws_recent_wait(gws_recent *r, const gws_alert_trigger *t, gws_err *err)
{
    const char *const strings[] = {t->id, t->quality, t->model, t->model_hash};
    size_t size = 1;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        size += strings[i] ? strlen(strings[i]) + 1 : 0;
    for (int i = 0; i < t->n; i++)
        size += t->channel[i] ? strlen(t->channel[i]) + 1 : 0;
    waiting *w = calloc(1, sizeof *w), **end = &r->list;
    char *to = w ? w->text = malloc(size) : NULL;
    if (!to) {
        free(w);
        return gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    }
    w->t = *t;
    w->t.strain = NULL;
    w->t.n_strain = 0;
    w->t.id = kept(&to, t->id);
    w->t.quality = kept(&to, t->quality);
    w->t.model = kept(&to, t->model);
    w->t.model_hash = kept(&to, t->model_hash);
    for (int i = 0; i < t->n; i++)
        w->t.channel[i] = kept(&to, t->channel[i]);
    w->since_s = gws_now_s();
    while (*end)
        end = &(*end)->next;
    *end = w;
    return GWS_OK;
}

static int is_due(const gws_recent *r, const waiting *w)
{
    int there = 0;
    if (gws_now_s() - w->since_s >= r->late_s)
        return 1;
    for (int i = 0; i < r->n; i++) {
        const lane *l = &r->lane[i];
        const double behind_s =
            l->n > 0 ? (double)(gws_ns_of_sample(l->first + l->n, l->rate_hz) - w->t.gps_ns) / (double)GWS_NS : -1e9;
        if (behind_s > -GONE_S && behind_s < BEHIND_S)
            return 0;
        there += behind_s >= BEHIND_S;
    }
    return there > 0;
}

void gws_recent_serve(gws_recent *r, gws_alerts *a, int all)
{
    for (waiting **at = &r->list; *at;) {
        waiting *w = *at;
        gws_followup_strain strain[GWS_MAX_IFO];
        gws_err err = {0};
        if (!all && !is_due(r, w)) {
            at = &w->next;
            continue;
        }
        for (int i = 0; i < r->n; i++) {
            const lane *l = &r->lane[i];
            strain[i] = (gws_followup_strain){.rate_hz = l->rate_hz, .first = l->first, .h = l->x, .n = l->n};
            memcpy(strain[i].ifo, l->ifo, sizeof l->ifo);
        }
        w->t.strain = strain;
        w->t.n_strain = r->n;
        if (r->n > 0 && gws_alerts_trigger(a, &w->t, NULL, &err) != GWS_OK)
            gws_log_write(GWS_LOG_WARNING, "alert", "no follow-up of %s: %s", w->t.id, err.text);
        *at = w->next;
        forget(w);
    }
}

int gws_recent_waiting(const gws_recent *r)
{
    int n = 0;
    for (const waiting *w = r->list; w; w = w->next)
        n++;
    return n;
}
