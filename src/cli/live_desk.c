#include "cli/live_desk.h"

#include "base/log.h"
#include "base/progress.h"
#include "cli/logging.h"
#include "cli/terminal.h"
#include "live/top.h"
#include "net/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIGGERS 100  /* that the view keeps */
#define LINES 100     /* of the log, likewise */
#define DRAW_S 0.25   /* between two screens */
#define STATUS_S 10.0 /* between two lines for the service manager */

struct gws_desk {
    gws_desk_params p;
    gws_serve *serve;
    double fed_s, told_s; /* the watchdog; the status */

    pthread_mutex_t lock; /* of all below */
    gws_alerts_stats alerts;
    int has_alerts;
    gws_top_trigger trigger[TRIGGERS]; /* the newest first */
    int n_triggers;
    char *line[LINES]; /* the newest last */
    int n_lines;

    pthread_t drawer;
    pthread_cond_t wake;
    int drawing, end;
};

/* ---- what there is to tell ---- */

/* A copy of everything, as one block on the heap. */
typedef struct copy {
    gws_live_stats stats;
    gws_alerts_stats alerts;
    gws_live_vitals vitals;
} copy;

static copy *look_around(gws_desk *d)
{
    copy *c = malloc(sizeof *c);
    if (!c)
        return NULL;
    gws_live_get_stats(d->p.live, &c->stats);
    pthread_mutex_lock(&d->lock);
    c->alerts = d->alerts;
    c->vitals = (gws_live_vitals){.stats = &c->stats, .alerts = d->has_alerts ? &c->alerts : NULL};
    pthread_mutex_unlock(&d->lock);
    c->vitals.topic = c->stats.has_topic ? &c->stats.topic : NULL;
    c->vitals.stopped_s = gws_now_s() - c->stats.now_s;
    gws_memory_now(&c->vitals.memory);
    return c;
}

static int page_metrics(void *user, char **text)
{
    copy *c = look_around(user);
    *text = c ? gws_live_metrics_text(&c->vitals) : NULL;
    free(c);
    return 200;
}

static int page_health(void *user, char **text)
{
    gws_desk *d = user;
    copy *c = look_around(d);
    *text = NULL;
    pthread_mutex_lock(&d->lock);
    const gws_live_limits limits = d->p.limits;
    pthread_mutex_unlock(&d->lock);
    const int well = c && gws_live_is_well(&c->vitals, &limits, text);
    free(c);
    return well ? 200 : 503;
}

/* ---- the terminal ---- */

static void take_line(void *user, const char *text)
{
    gws_desk *d = user;
    char *line = strdup(text);
    pthread_mutex_lock(&d->lock);
    if (line && d->n_lines == LINES) {
        free(d->line[0]);
        memmove(d->line, d->line + 1, (LINES - 1) * sizeof d->line[0]);
        d->n_lines--;
    }
    if (line)
        d->line[d->n_lines++] = line;
    pthread_mutex_unlock(&d->lock);
}

static void draw(gws_desk *d, gws_screen *screen, int ascii)
{
    copy *c = look_around(d);
    int rows, columns;
    size_t n = 0;
    if (!c)
        return;
    gws_terminal_size(&rows, &columns);
    rows = rows < GWS_SCREEN_ROWS ? rows : GWS_SCREEN_ROWS;
    columns = columns < GWS_SCREEN_COLUMNS ? columns : GWS_SCREEN_COLUMNS;
    const int wipe = rows != screen->rows || columns != screen->columns;
    screen->rows = rows;
    screen->columns = columns;
    pthread_mutex_lock(&d->lock);
    const gws_top_view view = {.vitals = &c->vitals,
                               .triggers = d->trigger,
                               .n_triggers = d->n_triggers,
                               .log = (const char *const *)d->line,
                               .n_log = d->n_lines,
                               .ascii = ascii};
    gws_top_draw(&view, screen);
    pthread_mutex_unlock(&d->lock);
    char *text = gws_screen_text(screen, &n);
    if (text)
        gws_terminal_show(text, n, wipe);
    free(text);
    free(c);
}

static void *draw_on(void *user)
{
    gws_desk *d = user;
    gws_screen *screen = calloc(1, sizeof *screen);
    const int ascii = !gws_terminal_is_unicode();
    int end = screen == NULL;
    while (!end) {
        struct timespec until;
        draw(d, screen, ascii);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += (long)(DRAW_S * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_mutex_lock(&d->lock);
        while (!d->end && pthread_cond_timedwait(&d->wake, &d->lock, &until) != ETIMEDOUT)
            continue;
        end = d->end;
        pthread_mutex_unlock(&d->lock);
    }
    if (screen)
        draw(d, screen, ascii); /* how it ended */
    free(screen);
    return NULL;
}

static gws_status begin_drawing(gws_desk *d, gws_err *err)
{
    gws_status status = gws_terminal_take(d->p.terminal, err);
    if (status != GWS_OK)
        return status;
    gws_logging_divert(take_line, d);
    d->drawing = pthread_create(&d->drawer, NULL, draw_on, d) == 0;
    return d->drawing ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no thread for the terminal");
}

static void end_drawing(gws_desk *d)
{
    if (d->drawing) {
        pthread_mutex_lock(&d->lock);
        d->end = 1;
        pthread_cond_signal(&d->wake);
        pthread_mutex_unlock(&d->lock);
        pthread_join(d->drawer, NULL);
    }
    gws_logging_divert(NULL, NULL);
    gws_terminal_leave();
}

/* ---- the desk ---- */

gws_status gws_desk_read(gws_ini *ini, gws_desk_params *out, gws_err *err)
{
    gws_live_limits *l = &out->limits;
    gws_status status;

    *l = gws_live_limits_defaults();
    int64_t inbox = l->inbox;
    if (!ini)
        return GWS_OK;
    const char *listen = gws_ini_string(ini, "http", "listen", NULL);
    if (!out->listen)
        out->listen = listen;
    if ((status = gws_ini_double(ini, "http", "stopped_s", l->stopped_s, &l->stopped_s, err)) == GWS_OK &&
        (status = gws_ini_double(ini, "http", "silent_s", l->silent_s, &l->silent_s, err)) == GWS_OK &&
        (status = gws_ini_int(ini, "http", "inbox", inbox, &inbox, err)) == GWS_OK)
        l->inbox = (int)(inbox < 0 ? 0 : inbox > INT32_MAX ? INT32_MAX : inbox);
    return status;
}

void gws_desk_set_limits(gws_desk *d, const gws_live_limits *limits)
{
    pthread_mutex_lock(&d->lock);
    d->p.limits = *limits;
    pthread_mutex_unlock(&d->lock);
}

gws_desk *gws_desk_open(const gws_desk_params *params, gws_err *err)
{
    static const gws_serve_page pages[] = {{"/metrics", GWS_LIVE_METRICS_TYPE, page_metrics},
                                           {"/healthz", "text/plain; charset=utf-8", page_health}};
    gws_desk *d = calloc(1, sizeof *d);
    if (!d) {
        gws_err_set(err, GWS_ENOMEM, "no memory for health and metrics");
        return NULL;
    }
    d->p = *params;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wake, NULL);
    if (params->listen) {
        d->serve = gws_serve_create(params->listen, pages, 2, d, err);
        if (!d->serve)
            goto fail;
        gws_log_write(GWS_LOG_INFO, "live", "health and metrics: %s", gws_serve_address(d->serve));
    }
    if (params->top && begin_drawing(d, err) != GWS_OK)
        goto fail;
    d->fed_s = d->told_s = gws_now_s();
    gws_service_tell(params->service, "READY=1");
    return d;
fail:
    gws_desk_close(d);
    return NULL;
}

void gws_desk_trigger(gws_desk *d, const gws_live_trigger *t, const char *far)
{
    gws_top_trigger now = {.gps_ns = t->t.gps_ns, .stat = t->t.stat, .late_s = gws_now_s() - t->arrived_s};
    snprintf(now.far, sizeof now.far, "%s", far);
    for (int i = 0, n = 0; i < t->n_ifo && n < (int)sizeof now.detectors; i++)
        n += snprintf(now.detectors + n, sizeof now.detectors - (size_t)n, "%s%s", i ? "," : "", t->ifo[i]);
    pthread_mutex_lock(&d->lock);
    if (d->n_triggers < TRIGGERS)
        d->n_triggers++;
    memmove(d->trigger + 1, d->trigger, (size_t)(d->n_triggers - 1) * sizeof now);
    d->trigger[0] = now;
    pthread_mutex_unlock(&d->lock);
}

/* "STATUS=H1 on, L1 off; 3 triggers; 28.6 times real time" */
static void tell_status(gws_desk *d)
{
    static const char *const words[] = {"absent", "off", "on"};
    char text[500] = "STATUS=";
    size_t n = strlen(text);
    copy *c = look_around(d);
    if (!c)
        return;
    for (int i = 0; i < c->stats.n_ifo && n < sizeof text - 100; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", i ? ", " : "", c->stats.ifo[i].ifo,
                              words[c->stats.ifo[i].state]);
    snprintf(text + n, sizeof text - n, "%s%lld triggers", c->stats.n_ifo ? "; " : "", (long long)c->stats.triggers);
    free(c);
    gws_service_tell(d->p.service, text);
}

void gws_desk_look(gws_desk *d, const gws_alerts_stats *alerts)
{
    const double now_s = gws_now_s();
    pthread_mutex_lock(&d->lock);
    d->has_alerts = alerts != NULL;
    if (alerts)
        d->alerts = *alerts;
    pthread_mutex_unlock(&d->lock);
    if (d->p.service->watchdog_s > 0 && now_s - d->fed_s >= 0.5 * d->p.service->watchdog_s) {
        gws_service_tell(d->p.service, "WATCHDOG=1");
        d->fed_s = now_s;
    }
    if (d->p.service->socket[0] && now_s - d->told_s >= STATUS_S) {
        tell_status(d);
        d->told_s = now_s;
    }
}

void gws_desk_close(gws_desk *d)
{
    if (!d)
        return;
    gws_service_tell(d->p.service, "STOPPING=1");
    if (d->p.top)
        end_drawing(d);
    gws_serve_destroy(d->serve);
    for (int i = 0; i < d->n_lines; i++)
        free(d->line[i]);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
