#include "alert/alert.h"

#include "alert/coinc.h"
#include "alert/job.h"
#include "alert/sink.h"
#include "alert/store.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/thread.h"
#include "search/far.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SWEEP_S 3600 /* between two looks for files that are old enough to be removed */

/* macOS knows no other clock for conditions. */
#ifdef __APPLE__
#define WAITING_CLOCK CLOCK_REALTIME
#else
#define WAITING_CLOCK CLOCK_MONOTONIC
#endif

const char *const gws_alert_sink_names[GWS_SINKS] = {"lines", "webhook", "topic", "hook"};

static const gws_sink_row *const rows[GWS_SINKS] = {&gws_sink_lines, &gws_sink_webhook, &gws_sink_topic, &gws_sink_hook};

/* A receiver and its thread. */
typedef struct receiver {
    gws_alerts *of;
    int sink, on, running;
    pthread_t thread;
    void *state;
    int64_t delivered, tries;
    int alarm;
    double last_s; /* when it last took something, or was opened */
} receiver;

struct gws_alerts {
    gws_alerts_params p; /* its strings are ours */
    gws_store store;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* something changed */
    int locked;          /* lock and wake are there */
    atomic_int stop;
    receiver receiver[GWS_SINKS];
    unsigned sinks; /* configured */
    pthread_t follower;
    int following;             /* the thread is there */
    gws_job *jobs;             /* waiting */
    char busy[GWS_JOURNAL_ID]; /* trigger whose follow-up is being made */
    double swept_s;            /* when old files were last looked for; 0: never */
    gws_alerts_stats stats;
};

gws_alerts_params gws_alerts_defaults(void)
{
    return (gws_alerts_params){.far_per_month = 1,
                               .update_s = 1,
                               .lines_fd = -1,
                               .hook_s = 60,
                               .wait_s = 1,
                               .wait_most_s = 60,
                               .alarm_s = 300,
                               .keep_days = 30,
                               .group = "CBC",
                               .search = "AllSky",
                               .pipeline = "gwspike",
                               .follow_up = 1,
                               .followup = gws_followup_defaults(),
                               .p_astro = gws_p_astro_defaults()};
}

/* ---- waiting ---- */

/* Wait for a change, at most so long; the lock is held. */
static void wait_a_while(gws_alerts *a, double s)
{
    struct timespec until;
    clock_gettime(WAITING_CLOCK, &until);
    const int64_t ns = until.tv_nsec + (int64_t)(fmin(fmax(s, 0), 3600) * (double)GWS_NS);
    until.tv_sec += (time_t)(ns / GWS_NS);
    until.tv_nsec = (long)(ns % GWS_NS);
    pthread_cond_timedwait(&a->wake, &a->lock, &until);
}

/* ---- receivers ---- */

/* Told once when a receiver has been gone too long, and once when it is back; the lock is held. */
static void look_after(gws_alerts *a, receiver *r, const char *why)
{
    const gws_store_entry *e = gws_store_next(&a->store, r->sink);
    const double now_s = gws_now_s();
    double since_s = r->last_s;
    if (e && e->since_s > since_s)
        since_s = e->since_s;
    if (e && !r->alarm && now_s - since_s >= a->p.alarm_s) {
        r->alarm = 1;
        gws_log_write(GWS_LOG_ERROR, "alert", "%s has taken nothing for %.0f s while messages wait%s%s",
                      gws_alert_sink_names[r->sink], now_s - since_s, why ? ": " : "", why ? why : "");
    } else if (r->alarm && !e) {
        r->alarm = 0;
        gws_log_write(GWS_LOG_INFO, "alert", "%s has all messages again", gws_alert_sink_names[r->sink]);
    }
}

static void settle(gws_alerts *a, receiver *r, int64_t sequence, gws_status status, const gws_err *err)
{
    gws_store_entry *e = gws_store_at(&a->store, sequence);
    const double now_s = gws_now_s();
    if (status == GWS_OK) {
        r->delivered++;
        r->last_s = now_s;
        if (e)
            gws_store_done(&a->store, e, r->sink);
        for (int64_t i = 0; i < a->store.n; i++) /* it is there: those that waited are tried at once */
            a->store.entries[i].next_s[r->sink] = fmin(a->store.entries[i].next_s[r->sink], now_s);
        look_after(a, r, NULL);
    } else if (e && status != GWS_ESTOP) {
        double *wait_s = &e->wait_s[r->sink];
        r->tries++;
        *wait_s = *wait_s > 0 ? fmin(2 * *wait_s, a->p.wait_most_s) : a->p.wait_s;
        e->next_s[r->sink] = now_s + *wait_s;
        gws_log_write(GWS_LOG_WARNING, "alert", "%s-%d is tried again in %.3g s: %s", e->event, e->revision, *wait_s, err->text);
        look_after(a, r, err->text);
    }
    pthread_cond_broadcast(&a->wake);
}

static void *receive(void *user)
{
    receiver *r = user;
    gws_alerts *a = r->of;
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        gws_store_entry *e = gws_store_next(&a->store, r->sink);
        const double wait_s = e ? e->next_s[r->sink] - gws_now_s() : 3600;
        if (wait_s > 0) {
            wait_a_while(a, wait_s);
            continue;
        }
        char id[GWS_MESSAGE_ID], event[GWS_JOURNAL_ID], json[GWS_STORE_PATH], coinc[GWS_STORE_PATH];
        const int64_t sequence = e->sequence;
        char *text = strdup(e->text);
        gws_message_id(e->event, e->revision, id);
        memcpy(event, e->event, sizeof event);
        gws_store_path(&a->store, id, ".json", json);
        gws_store_path(&a->store, id, "-coinc.xml", coinc);
        pthread_mutex_unlock(&a->lock);
        gws_err err = {0};
        const gws_sink_message m = {id, event, text, json, gws_file_exists(coinc) ? coinc : NULL};
        const gws_status status =
            text ? rows[r->sink]->deliver(r->state, &m, &err) : gws_err_set(&err, GWS_ENOMEM, "alerts: out of memory");
        free(text);
        pthread_mutex_lock(&a->lock);
        settle(a, r, sequence, status, &err);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* ---- follow-ups ---- */

/* The message of a follow-up, and its coinc.xml in the file `made`.  NULL, and a sentence: there is none. */
static char *make_followup(gws_alerts *a, const gws_job *j, const gws_followup *f, int revision, const char *made, gws_err *err)
{
    char id[GWS_MESSAGE_ID], path[GWS_STORE_PATH], *text = NULL, *out = NULL;
    gws_message_facts facts;
    size_t n;
    gws_message_id(j->event, j->revision, id);
    gws_store_path(&a->store, id, ".json", path);
    if (gws_file_read(path, GWS_JOURNAL_TEXT_MAX + 1, &text, &n, err) != GWS_OK)
        return NULL;
    if (!gws_message_read(text, &facts)) {
        gws_err_set(err, GWS_EFORMAT, "%s: not a message", path);
        free(text);
        return NULL;
    }
    gws_p_astro_params params = a->p.p_astro;
    params.slope = facts.slope;
    const gws_p_astro p = gws_p_astro_at(
        &params, &(gws_p_astro_trigger){
                     .far = facts.far, .beyond = facts.stat - facts.loudest, .snr = f->snr, .reach = f->reach, .detectors = f->n});
    gws_coinc c = {.followup = f, .stat = facts.stat, .far_hz = facts.far.per_month / GWS_MONTH_S};
    for (int i = 0; i < f->n; i++)
        for (int k = 0; k < facts.n; k++)
            if (strcmp(f->ifo[i].ifo, facts.ifo[k]) == 0)
                c.channel[i] = facts.channel[k];
    if (gws_coinc_write(made, &c, err) == GWS_OK && !(out = gws_message_followup(text, j->event, revision, f, &p)))
        gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    free(text);
    return out;
}

/* Tell of it.  The lock is held, and let go while the message and its files are made: the search must not wait for that. */
static gws_status tell_followup(gws_alerts *a, const gws_job *j, const gws_followup *f, gws_err *err)
{
    gws_store_entry e = {.kind = GWS_JOURNAL_FOLLOWUP, .gps_ns = j->gps_ns, .sinks = a->sinks};
    char id[GWS_MESSAGE_ID], made[GWS_STORE_PATH], path[GWS_STORE_PATH];
    memcpy(e.event, j->event, sizeof e.event);
    memcpy(e.trigger, j->trigger, sizeof e.trigger);
    gws_message_id(j->event, j->revision, id);
    gws_store_path(&a->store, id, "-coinc.new", made);
    do { /* again when an update took the number meanwhile */
        free(e.text);
        e.revision = gws_store_revision(&a->store, j->event);
        pthread_mutex_unlock(&a->lock);
        e.text = make_followup(a, j, f, e.revision, made, err);
        pthread_mutex_lock(&a->lock);
    } while (e.text && e.revision != gws_store_revision(&a->store, j->event));
    const gws_store_entry *of = gws_store_find(&a->store, j->trigger);
    gws_status status = GWS_EIO;
    gws_message_id(j->event, e.revision, id);
    gws_store_path(&a->store, id, "-coinc.xml", path);
    if (e.text && !of)
        status = gws_err_set(err, GWS_EDATA, "its trigger is not remembered any more");
    else if (e.text && rename(made, path) != 0)
        status = gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
    else if (e.text) {
        e.stat = of->stat;
        status = gws_store_add(&a->store, &e, err);
    }
    if (status != GWS_OK)
        (void)remove(made);
    free(e.text);
    return status;
}

static void follow_up(gws_alerts *a, const gws_job *j, int saved)
{
    char path[GWS_STORE_PATH], id[GWS_MESSAGE_ID];
    gws_err err = {0};
    gws_followup f;
    const double begin_s = gws_now_s();
    gws_message_id(j->event, j->revision, id);
    gws_store_path(&a->store, id, "-strain.hdf", path);
    if (!saved && gws_job_save(j, path, &err) != GWS_OK)
        gws_log_write(GWS_LOG_WARNING, "alert", "the strain of %s is not kept: %s", id, err.text);
    gws_status status = gws_followup_run(&a->p.followup, j->gps_ns, j->strain, j->n, &f, &err);
    pthread_mutex_lock(&a->lock);
    if (status == GWS_OK)
        status = tell_followup(a, j, &f, &err);
    a->stats.followup_s = gws_now_s() - begin_s;
    if (status == GWS_OK) {
        a->stats.messages++;
        a->stats.followups++;
    } else {
        a->stats.failed++;
        gws_log_write(GWS_LOG_WARNING, "alert", "no follow-up of %s: %s", id, err.text);
    }
    pthread_mutex_unlock(&a->lock);
    gws_followup_clear(&f);
}

/* A job without strain is one that a crash left: its strain is in the file. */
static void *follow(void *user)
{
    gws_alerts *a = user;
    gws_thread_can_wait();
    pthread_mutex_lock(&a->lock);
    while (!a->stop) {
        gws_job *j = a->jobs;
        if (!j) {
            wait_a_while(a, 3600);
            continue;
        }
        a->jobs = j->next;
        memcpy(a->busy, j->trigger, sizeof a->busy);
        pthread_mutex_unlock(&a->lock);
        const int saved = j->n == 0;
        if (saved) {
            char path[GWS_STORE_PATH], id[GWS_MESSAGE_ID];
            gws_err err = {0};
            gws_message_id(j->event, j->revision, id);
            gws_store_path(&a->store, id, "-strain.hdf", path);
            gws_job *l = gws_job_load(path, &err);
            if (l) {
                memcpy(j->strain, l->strain, sizeof j->strain);
                j->n = l->n;
                memset(l->strain, 0, sizeof l->strain);
                gws_job_destroy(l);
            } else
                gws_log_write(GWS_LOG_WARNING, "alert", "%s", err.text);
        }
        follow_up(a, j, saved);
        gws_job_destroy(j);
        pthread_mutex_lock(&a->lock);
        a->busy[0] = '\0';
        pthread_cond_broadcast(&a->wake);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static int is_followed(const gws_alerts *a, const char *trigger)
{
    for (const gws_job *j = a->jobs; j; j = j->next)
        if (strcmp(j->trigger, trigger) == 0)
            return 1;
    return strcmp(a->busy, trigger) == 0 || gws_store_followed(&a->store, trigger);
}

static void line_up(gws_alerts *a, gws_job *j, const gws_store_entry *e)
{
    gws_job **end = &a->jobs;
    memcpy(j->event, e->event, sizeof j->event);
    memcpy(j->trigger, e->trigger, sizeof j->trigger);
    j->revision = e->revision;
    j->gps_ns = e->gps_ns;
    while (*end)
        end = &(*end)->next;
    *end = j;
}

/* A follow-up of the message that a trigger made, where it has none and there is strain; the lock is held. */
static void want_followup(gws_alerts *a, const gws_alert_trigger *t, const gws_store_entry *e)
{
    int waiting = 0;
    if (!a->p.follow_up || t->n_strain <= 0 || is_followed(a, e->trigger))
        return;
    for (const gws_job *k = a->jobs; k; k = k->next)
        waiting += k->n > 0;
    gws_job *j = waiting < GWS_ALERT_JOBS ? gws_job_create(t->strain, t->n_strain) : NULL;
    if (!j) {
        gws_log_write(GWS_LOG_WARNING, "alert", "no follow-up of %s: %s", e->trigger,
                      waiting < GWS_ALERT_JOBS ? "out of memory" : "too many wait for theirs");
        a->stats.failed++;
        return;
    }
    line_up(a, j, e);
}

/* What a crash left undone: strain was kept, no follow-up was told. */
static void resume_followups(gws_alerts *a)
{
    for (int64_t i = 0; a->p.follow_up && i < a->store.n; i++) {
        const gws_store_entry *e = &a->store.entries[i];
        char path[GWS_STORE_PATH], id[GWS_MESSAGE_ID];
        gws_job *j;
        gws_message_id(e->event, e->revision, id);
        gws_store_path(&a->store, id, "-strain.hdf", path);
        if (e->kind != GWS_JOURNAL_FOLLOWUP && !is_followed(a, e->trigger) && gws_file_exists(path) && (j = calloc(1, sizeof *j)))
            line_up(a, j, e);
    }
}

/* ---- opening and closing ---- */

/* The strings of the parameters become ours. */
static int own_strings(gws_alerts_params *p)
{
    const char **const all[] = {&p->folder, &p->webhook, &p->ca_file, &p->token,    &p->topic,
                                &p->hook,   &p->group,   &p->search,  &p->pipeline, &p->followup.approximant};
    int good = 1;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (*all[i] && !(*all[i] = strdup(*all[i])))
            good = 0;
    return good;
}

static void free_strings(gws_alerts_params *p)
{
    const char *const all[] = {p->folder, p->webhook, p->ca_file, p->token,    p->topic,
                               p->hook,   p->group,   p->search,  p->pipeline, p->followup.approximant};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free((void *)(uintptr_t)all[i]);
}

static gws_status check_threshold(double far_per_month, gws_err *err)
{
    if (!(far_per_month > 0) || !isfinite(far_per_month))
        return gws_err_set(err, GWS_EARG, "alerts: a threshold of %g a month, wanted a number above 0", far_per_month);
    return GWS_OK;
}

static gws_status check(const gws_alerts_params *p, gws_err *err)
{
    if (check_threshold(p->far_per_month, err) != GWS_OK)
        return GWS_EARG;
    if (!(p->update_s >= 0 && p->update_s <= 3600) || !(p->hook_s > 0) || !(p->wait_s > 0) || !(p->wait_most_s >= p->wait_s) ||
        !(p->alarm_s > 0))
        return gws_err_set(err, GWS_EARG,
                           "alerts: times of %g, %g, %g, %g, %g s, wanted positive numbers, the fourth no less than the third",
                           p->update_s, p->hook_s, p->wait_s, p->wait_most_s, p->alarm_s);
    if (!(p->keep_days >= 0))
        return gws_err_set(err, GWS_EARG, "alerts: files are kept for %g days, wanted 0 or more", p->keep_days);
    if (!(p->p_astro.rate_gpc3_yr >= 0) || !isfinite(p->p_astro.rate_gpc3_yr) || !(p->p_astro.snr_min >= 0))
        return gws_err_set(err, GWS_EARG, "alerts: p_astro with %g mergers a Gpc^3 and year from a SNR of %g on, wanted 0 or more",
                           p->p_astro.rate_gpc3_yr, p->p_astro.snr_min);
    if (p->follow_up && gws_followup_check(&p->followup, err) != GWS_OK) {
        gws_err_prefix(err, "alerts");
        return GWS_EARG;
    }
    return GWS_OK;
}

static void say_what_is_left(const gws_alerts *a)
{
    int64_t waiting[GWS_SINKS] = {0};
    for (int64_t i = 0; i < a->store.n; i++)
        for (int k = 0; k < GWS_SINKS; k++)
            waiting[k] += (a->store.entries[i].sinks & ~a->store.entries[i].done) >> k & 1;
    for (int k = 0; k < GWS_SINKS; k++)
        if (waiting[k] > 0 && !(a->sinks >> k & 1))
            gws_log_write(GWS_LOG_WARNING, "alert", "%lld messages wait for %s, which is not configured", (long long)waiting[k],
                          gws_alert_sink_names[k]);
        else if (waiting[k] > 0)
            gws_log_write(GWS_LOG_INFO, "alert", "%lld messages wait for %s", (long long)waiting[k], gws_alert_sink_names[k]);
}

/* Threads that no signal of the process goes to. */
static gws_status start(gws_alerts *a, gws_err *err)
{
    sigset_t all, before;
    int failed = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < GWS_SINKS && !failed; i++)
        if (a->receiver[i].on && (failed = pthread_create(&a->receiver[i].thread, NULL, receive, &a->receiver[i])) == 0)
            a->receiver[i].running = 1;
    if (!failed && a->p.follow_up && (failed = pthread_create(&a->follower, NULL, follow, a)) == 0)
        a->following = 1;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? gws_err_set(err, GWS_ENOMEM, "alerts: no thread: %s", strerror(failed)) : GWS_OK;
}

static gws_status make_lock(gws_alerts *a, gws_err *err)
{
    pthread_condattr_t how;
    if (pthread_mutex_init(&a->lock, NULL) != 0)
        return gws_err_set(err, GWS_ENOMEM, "alerts: no lock");
    pthread_condattr_init(&how);
#ifndef __APPLE__
    pthread_condattr_setclock(&how, WAITING_CLOCK);
#endif
    const int failed = pthread_cond_init(&a->wake, &how);
    pthread_condattr_destroy(&how);
    if (failed) {
        pthread_mutex_destroy(&a->lock);
        return gws_err_set(err, GWS_ENOMEM, "alerts: no lock");
    }
    a->locked = 1;
    return GWS_OK;
}

gws_alerts *gws_alerts_open(const gws_alerts_params *params, gws_err *err)
{
    GWS_ASSERT(params && params->folder);
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = check(params, err);
    gws_alerts *a = status == GWS_OK ? calloc(1, sizeof *a) : NULL;
    if (!a) {
        if (status == GWS_OK)
            gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
        return NULL;
    }
    a->p = *params;
    a->store.lock = -1;
    a->stats.followup_s = (double)NAN;
    status = own_strings(&a->p) ? make_lock(a, err) : gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    if (status == GWS_OK)
        status = gws_store_open(&a->store, a->p.folder, err);
    for (int i = 0; i < GWS_SINKS && status == GWS_OK; i++) {
        receiver *r = &a->receiver[i];
        r->of = a;
        r->sink = i;
        r->last_s = gws_now_s();
        if (!rows[i]->wanted(&a->p))
            continue;
        status = rows[i]->open(&a->p, &a->stop, &r->state, err);
        r->on = status == GWS_OK;
        a->sinks |= r->on ? 1U << i : 0;
    }
    a->p.kafka = NULL;
    if (status == GWS_OK) {
        say_what_is_left(a);
        resume_followups(a);
        status = start(a, err);
    }
    if (status != GWS_OK) {
        gws_alerts_close(a, 0);
        return NULL;
    }
    return a;
}

/* Messages that someone has yet to get; the lock is held. */
static int64_t left(gws_alerts *a)
{
    int64_t n = 0;
    for (int64_t i = 0; i < a->store.n; i++)
        n += (a->store.entries[i].sinks & ~a->store.entries[i].done & a->sinks) != 0;
    return n;
}

int64_t gws_alerts_close(gws_alerts *a, double wait_s)
{
    if (!a)
        return 0;
    int64_t n = 0;
    const double end_s = gws_now_s() + wait_s;
    if (a->locked) {
        pthread_mutex_lock(&a->lock);
        for (int64_t i = 0; i < a->store.n; i++) /* once more, at once */
            memset(a->store.entries[i].next_s, 0, sizeof a->store.entries[i].next_s);
        pthread_cond_broadcast(&a->wake);
        while ((left(a) > 0 || a->jobs || a->busy[0]) && gws_now_s() < end_s)
            wait_a_while(a, end_s - gws_now_s());
        a->stop = 1;
        n = left(a);
        pthread_cond_broadcast(&a->wake);
        pthread_mutex_unlock(&a->lock);
    }
    for (int i = 0; i < GWS_SINKS; i++) {
        if (a->receiver[i].running)
            pthread_join(a->receiver[i].thread, NULL);
        if (a->receiver[i].on)
            rows[i]->close(a->receiver[i].state);
    }
    if (a->following)
        pthread_join(a->follower, NULL);
    for (gws_job *j = a->jobs, *next; j; j = next) {
        next = j->next;
        gws_job_destroy(j);
    }
    if (a->locked) {
        n = left(a);
        pthread_cond_destroy(&a->wake);
        pthread_mutex_destroy(&a->lock);
    }
    if (a->store.folder)
        gws_store_close(&a->store);
    free_strings(&a->p);
    free(a);
    return n;
}

/* ---- triggers ---- */

static gws_status refuse(const gws_alert_trigger *t, gws_err *err)
{
    if (!gws_journal_is_id(t->id ? t->id : ""))
        return gws_err_set(err, GWS_EARG, "an identifier of a trigger that is not 1 to %d of A-Z a-z 0-9 . _ -",
                           GWS_JOURNAL_ID - 1);
    if (t->n < 1 || t->n > GWS_MAX_IFO || t->n_strain < 0 || t->n_strain > GWS_MAX_IFO || (t->n_strain > 0 && !t->strain))
        return gws_err_set(err, GWS_EARG, "%s: %d detectors, wanted 1 to %d", t->id, t->n, GWS_MAX_IFO);
    if (!isfinite(t->stat) || !isfinite(t->window_s) || !isfinite(t->delay_s) ||
        (t->far.bound != GWS_FAR_NONE && !(isfinite(t->far.per_month) && t->far.per_month >= 0)))
        return gws_err_set(err, GWS_ENUM, "%s: a statistic of %g and a rate of %g a month are not told", t->id, t->stat,
                           t->far.per_month);
    return GWS_OK;
}

/* Is its rate known to be at or below the threshold? */
static int is_rare(const gws_alerts *a, const gws_far_rate *far)
{
    return far->bound != GWS_FAR_NONE && far->bound != GWS_FAR_ABOVE && far->per_month <= a->p.far_per_month;
}

/* Make its message; the lock is held. */
static gws_status tell(gws_alerts *a, const gws_alert_trigger *t, const gws_store_entry *event, gws_err *err)
{
    gws_store_entry e = {
        .kind = event ? GWS_JOURNAL_UPDATE : GWS_JOURNAL_INITIAL, .gps_ns = t->gps_ns, .stat = t->stat, .sinks = a->sinks};
    snprintf(e.event, sizeof e.event, "%s", event ? event->event : t->id);
    snprintf(e.trigger, sizeof e.trigger, "%s", t->id);
    e.revision = event ? gws_store_revision(&a->store, e.event) : 0;
    if (!(e.text = gws_message_trigger(&a->p, t, e.kind, e.event, e.revision)))
        return gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    gws_status status = gws_store_add(&a->store, &e, err);
    free(e.text);
    if (status == GWS_OK) {
        a->stats.messages++;
        want_followup(a, t, &a->store.entries[a->store.n - 1]);
    }
    return status;
}

gws_status gws_alerts_trigger(gws_alerts *a, const gws_alert_trigger *t, int *told, gws_err *err)
{
    GWS_ASSERT(a && t);
    int made = 0;
    gws_err own = {0};
    err = err ? err : &own;
    pthread_mutex_lock(&a->lock);
    a->stats.triggers++;
    gws_status status = refuse(t, err);
    if (status != GWS_OK) {
        a->stats.refused++;
        gws_log_write(GWS_LOG_ERROR, "alert", "a trigger is refused: %s", err->text);
    } else {
        const gws_store_entry *known = gws_store_find(&a->store, t->id);
        const gws_store_entry *event = gws_store_event(&a->store, t->gps_ns, gws_ns_of_s(a->p.update_s));
        if (known) {
            if (t->n_strain == 0)
                a->stats.repeated++;
            else
                a->stats.triggers--; /* counted when it came */
            want_followup(a, t, known);
        } else if (!is_rare(a, &t->far))
            a->stats.quiet++;
        else if (event && t->stat <= event->stat)
            a->stats.repeated++;
        else {
            status = tell(a, t, event, err);
            made = status == GWS_OK;
        }
        pthread_cond_broadcast(&a->wake);
    }
    pthread_mutex_unlock(&a->lock);
    if (told)
        *told = made;
    return status;
}

int gws_alerts_unfollowed(gws_alerts *a, int i, gws_alert_unfollowed *out)
{
    int found = 0;
    pthread_mutex_lock(&a->lock);
    for (int64_t k = a->store.n - 1; k >= 0 && !found; k--) {
        const gws_store_entry *e = &a->store.entries[k];
        char id[GWS_MESSAGE_ID], path[GWS_STORE_PATH], *text = NULL;
        gws_message_facts facts;
        size_t n;
        if (!a->p.follow_up || e->kind == GWS_JOURNAL_FOLLOWUP || is_followed(a, e->trigger) || i-- > 0)
            continue;
        *out = (gws_alert_unfollowed){.gps_ns = e->gps_ns, .stat = e->stat};
        snprintf(out->id, sizeof out->id, "%s", e->trigger);
        gws_message_id(e->event, e->revision, id);
        gws_store_path(&a->store, id, ".json", path);
        found = gws_file_read(path, GWS_JOURNAL_TEXT_MAX + 1, &text, &n, NULL) == GWS_OK && gws_message_read(text, &facts);
        free(text);
        if (!found)
            continue; /* the site has removed it */
        out->far = facts.far;
        out->n = facts.n;
        memcpy(out->ifo, facts.ifo, sizeof out->ifo);
    }
    pthread_mutex_unlock(&a->lock);
    return found;
}

gws_status gws_alerts_set_threshold(gws_alerts *a, double far_per_month, gws_err *err)
{
    const gws_status status = check_threshold(far_per_month, err);
    if (status != GWS_OK)
        return status;
    pthread_mutex_lock(&a->lock);
    a->p.far_per_month = far_per_month;
    pthread_mutex_unlock(&a->lock);
    return GWS_OK;
}

void gws_alerts_poll(gws_alerts *a, gws_alerts_stats *out)
{
    pthread_mutex_lock(&a->lock);
    const double now_s = gws_now_s();
    gws_store_tidy(&a->store);
    if (a->p.keep_days > 0 && (a->swept_s == 0 || now_s > a->swept_s + SWEEP_S)) {
        gws_store_sweep(&a->store, a->p.keep_days * 86400);
        a->swept_s = now_s;
    }
    for (int k = 0; k < GWS_SINKS; k++) {
        receiver *r = &a->receiver[k];
        double oldest_s = 0;
        int64_t waiting = 0;
        for (int64_t i = 0; i < a->store.n; i++) {
            const gws_store_entry *e = &a->store.entries[i];
            if ((e->sinks & ~e->done) >> k & 1) {
                waiting++;
                oldest_s = fmax(oldest_s, now_s - e->since_s);
            }
        }
        if (r->on)
            look_after(a, r, NULL);
        a->stats.sink[k].on = r->on;
        a->stats.sink[k].waiting = waiting;
        a->stats.sink[k].oldest_s = oldest_s;
        a->stats.sink[k].delivered = r->delivered;
        a->stats.sink[k].tries = r->tries;
        a->stats.sink[k].alarm = r->alarm;
    }
    if (out)
        *out = a->stats;
    pthread_mutex_unlock(&a->lock);
}
