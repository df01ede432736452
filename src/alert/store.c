#include "alert/store.h"

#include "base/array.h"
#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_MAX ((size_t)1 << 30)
#define LOCK_S 2.0                    /* that the folder of another process is waited for */
#define TIDY_BYTES (INT64_C(1) << 20) /* that a journal may grow beyond twice what it was */

void gws_store_path(const gws_store *s, const char *id, const char *ending, char out[GWS_STORE_PATH])
{
    snprintf(out, GWS_STORE_PATH, "%s/%s%s", s->folder, id, ending);
}

/* ---- what is remembered ---- */

static gws_status append(gws_store *s, const gws_store_entry *e)
{
    if (!GWS_ARRAY_ROOM(s->entries, s->room, s->n + 1))
        return GWS_ENOMEM;
    s->entries[s->n++] = *e;
    if (e->sequence >= s->sequence)
        s->sequence = e->sequence + 1;
    return GWS_OK;
}

static int is_done(const gws_store_entry *e)
{
    return (e->sinks & ~e->done) == 0;
}

gws_store_entry *gws_store_at(gws_store *s, int64_t sequence)
{
    int64_t low = 0, high = s->n;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (s->entries[middle].sequence < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n && s->entries[low].sequence == sequence ? &s->entries[low] : NULL;
}

gws_store_entry *gws_store_find(gws_store *s, const char *trigger)
{
    for (int64_t i = s->n - 1; i >= 0; i--)
        if (s->entries[i].kind != GWS_JOURNAL_FOLLOWUP && strcmp(s->entries[i].trigger, trigger) == 0)
            return &s->entries[i];
    return NULL;
}

int gws_store_followed(const gws_store *s, const char *trigger)
{
    for (int64_t i = s->n - 1; i >= 0; i--)
        if (s->entries[i].kind == GWS_JOURNAL_FOLLOWUP && strcmp(s->entries[i].trigger, trigger) == 0)
            return 1;
    return 0;
}

gws_store_entry *gws_store_event(gws_store *s, int64_t gps_ns, int64_t within_ns)
{
    gws_store_entry *best = NULL;
    const char *event = NULL;
    for (int64_t i = s->n - 1; i >= 0 && !event; i--)
        if (llabs(s->entries[i].gps_ns - gps_ns) <= within_ns)
            event = s->entries[i].event;
    for (int64_t i = 0; i < s->n && event; i++)
        if (strcmp(s->entries[i].event, event) == 0 && (!best || s->entries[i].stat > best->stat))
            best = &s->entries[i];
    return best;
}

int gws_store_revision(const gws_store *s, const char *event)
{
    int next = 0;
    for (int64_t i = 0; i < s->n; i++)
        if (strcmp(s->entries[i].event, event) == 0 && s->entries[i].revision >= next)
            next = s->entries[i].revision + 1;
    return next;
}

gws_store_entry *gws_store_next(gws_store *s, int sink)
{
    gws_store_entry *first = NULL;
    for (int64_t i = 0; i < s->n; i++) {
        gws_store_entry *e = &s->entries[i];
        if ((e->sinks & ~e->done) >> sink & 1 && (!first || e->next_s[sink] < first->next_s[sink]))
            first = e;
    }
    return first;
}

/* ---- the journal ---- */

static gws_journal_record record_of(const gws_store_entry *e)
{
    gws_journal_record r = {.what = 's',
                            .sequence = e->sequence,
                            .sinks = e->sinks,
                            .kind = e->kind,
                            .revision = e->revision,
                            .gps_ns = e->gps_ns,
                            .stat = e->stat};
    memcpy(r.event, e->event, sizeof r.event);
    memcpy(r.trigger, e->trigger, sizeof r.trigger);
    if (!is_done(e)) {
        r.what = 'm';
        r.text = e->text;
        r.size = strlen(e->text);
    }
    return r;
}

static int on_record(void *user, const gws_journal_record *r)
{
    gws_store *s = user;
    if (r->what == 'd') {
        gws_store_entry *e = gws_store_at(s, r->sequence);
        if (e) {
            e->done |= 1U << r->sink;
            if (is_done(e)) {
                free(e->text);
                e->text = NULL;
            }
        }
        return 0;
    }
    if (s->n > 0 && r->sequence <= s->entries[s->n - 1].sequence)
        return 0; /* told twice: the first holds */
    gws_store_entry e = {.sequence = r->sequence,
                         .kind = r->kind,
                         .revision = r->revision,
                         .gps_ns = r->gps_ns,
                         .stat = r->stat,
                         .sinks = r->sinks,
                         .since_s = gws_now_s()};
    memcpy(e.event, r->event, sizeof e.event);
    memcpy(e.trigger, r->trigger, sizeof e.trigger);
    if (r->what == 's')
        e.done = e.sinks;
    else if (!is_done(&e) && !(e.text = strndup(r->text, r->size)))
        return 1;
    if (append(s, &e) != GWS_OK) {
        free(e.text);
        return 1;
    }
    return 0;
}

/* Only what is to be told, and the newest of what was. */
static gws_status rewrite(gws_store *s, gws_err *err)
{
    int64_t told = 0, n = 0, m = 0;
    for (int64_t i = 0; i < s->n; i++)
        told += is_done(&s->entries[i]);
    for (int64_t i = 0; i < s->n; i++) {
        if (is_done(&s->entries[i]) && told > GWS_STORE_KEPT)
            told--;
        else
            s->entries[n++] = s->entries[i];
    }
    s->n = n;
    gws_journal_record *r = malloc((size_t)(n * (1 + GWS_SINKS) + 1) * sizeof *r);
    if (!r)
        return gws_err_set(err, GWS_ENOMEM, "journal: out of memory");
    for (int64_t i = 0; i < n; i++) {
        const gws_store_entry *e = &s->entries[i];
        r[m++] = record_of(e);
        for (int k = 0; k < GWS_SINKS && !is_done(e); k++)
            if (e->done >> k & 1)
                r[m++] = (gws_journal_record){.what = 'd', .sequence = e->sequence, .sink = k};
    }
    gws_status status = gws_journal_replace(s->journal, r, m, err);
    free(r);
    s->tidied = gws_journal_bytes(s->journal);
    return status;
}

void gws_store_tidy(gws_store *s)
{
    gws_err err = {0};
    if (gws_journal_bytes(s->journal) > 2 * s->tidied + TIDY_BYTES && rewrite(s, &err) != GWS_OK)
        gws_log_write(GWS_LOG_WARNING, "alert", "the journal is not shortened: %s", err.text);
}

/* The event of a file of a message, EVENT-REVISION and an ending; 0: it is none. */
static int event_of(const char *name, char event[GWS_JOURNAL_ID])
{
    static const char *const endings[] = {"-coinc.xml", "-coinc.new", "-strain.hdf", ".json"};
    size_t n = strlen(name), digits = 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t m = strlen(endings[i]);
        if (n <= m || strcmp(name + n - m, endings[i]) != 0)
            continue;
        n -= m;
        while (digits < n && name[n - digits - 1] >= '0' && name[n - digits - 1] <= '9')
            digits++;
        if (digits == 0 || n < digits + 2 || name[n - digits - 1] != '-' || n - digits - 1 >= GWS_JOURNAL_ID)
            return 0;
        memcpy(event, name, n - digits - 1);
        event[n - digits - 1] = '\0';
        return gws_journal_is_id(event);
    }
    return 0;
}

static int is_wanted(const gws_store *s, const char *event)
{
    for (int64_t i = 0; i < s->n; i++)
        if (!is_done(&s->entries[i]) && strcmp(s->entries[i].event, event) == 0)
            return 1;
    return 0;
}

void gws_store_sweep(gws_store *s, double older_s)
{
    char path[GWS_STORE_PATH], event[GWS_JOURNAL_ID];
    const time_t now = time(NULL);
    const struct dirent *e;
    struct stat st;
    int64_t n = 0;
    DIR *d = opendir(s->folder);
    while (d && (e = readdir(d))) {
        if (!event_of(e->d_name, event) || is_wanted(s, event))
            continue;
        gws_store_path(s, e->d_name, "", path);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && difftime(now, st.st_mtime) > older_s)
            n += unlink(path) == 0;
    }
    if (d)
        closedir(d);
    if (n > 0)
        gws_log_write(GWS_LOG_INFO, "alert", "%s: %lld files of alerts that are older than %g days are removed", s->folder,
                      (long long)n, older_s / 86400);
}

/* What was damaged is kept beside the journal. */
static void put_aside(const gws_store *s, const char *text, size_t n)
{
    char path[GWS_STORE_PATH];
    gws_err err = {0};
    gws_store_path(s, "journal", ".damaged", path);
    if (gws_file_write(path, text, n, &err) == GWS_OK)
        gws_log_write(GWS_LOG_WARNING, "alert", "journal: %lld damaged lines are passed over; the file as it was is %s",
                      (long long)s->damaged, path);
    else
        gws_log_write(GWS_LOG_WARNING, "alert", "journal: %lld damaged lines are passed over; %s", (long long)s->damaged, err.text);
}

static gws_status read_journal(gws_store *s, const char *path, gws_err *err)
{
    char *text = NULL;
    size_t n = 0;
    if (!gws_file_exists(path))
        return GWS_OK;
    gws_status status = gws_file_read(path, JOURNAL_MAX, &text, &n, err);
    if (status == GWS_OK && (status = gws_journal_parse(text, n, on_record, s, &s->damaged, err)) != GWS_OK) {
        if (status == GWS_ESTOP)
            status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        else
            gws_err_prefix(err, "%s", path);
    }
    if (status == GWS_OK && s->damaged > 0)
        put_aside(s, text, n);
    free(text);
    return status;
}

static gws_status lock_folder(gws_store *s, gws_err *err)
{
    char path[GWS_STORE_PATH];
    if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
        return gws_err_set(err, GWS_EIO, "%s: %s", s->folder, strerror(errno));
    gws_store_path(s, "lock", "", path);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock < 0)
        return gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
    /* A process that was killed just now may have left a reader of a file behind, which ends on its own. */
    const double end_s = gws_now_s() + LOCK_S;
    int taken;
    while ((taken = flock(s->lock, LOCK_EX | LOCK_NB) == 0) == 0 && gws_now_s() < end_s)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    if (!taken)
        return gws_err_set(err, GWS_EIO, "%s: another process has it", s->folder);
    return GWS_OK;
}

gws_status gws_store_open(gws_store *s, const char *folder, gws_err *err)
{
    char path[GWS_STORE_PATH];
    gws_err own = {0};
    err = err ? err : &own;
    *s = (gws_store){.lock = -1};
    if (strlen(folder) + GWS_MESSAGE_ID + 32 > GWS_STORE_PATH)
        return gws_err_set(err, GWS_EARG, "the name of the folder of alerts is too long");
    if (!(s->folder = strdup(folder)))
        return gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    gws_status status = lock_folder(s, err);
    gws_store_path(s, "journal", "", path);
    if (status == GWS_OK)
        status = read_journal(s, path, err);
    if (status == GWS_OK && !(s->journal = gws_journal_open(path, err)))
        status = err->status;
    if (status == GWS_OK)
        status = rewrite(s, err);
    if (status != GWS_OK)
        gws_store_close(s);
    return status;
}

void gws_store_close(gws_store *s)
{
    gws_journal_close(s->journal);
    for (int64_t i = 0; i < s->n; i++)
        free(s->entries[i].text);
    free(s->entries);
    free(s->folder);
    if (s->lock >= 0)
        close(s->lock);
    *s = (gws_store){.lock = -1};
}

gws_status gws_store_add(gws_store *s, const gws_store_entry *e, gws_err *err)
{
    char path[GWS_STORE_PATH], id[GWS_MESSAGE_ID];
    gws_store_entry mine = *e;
    if (strlen(e->text) > GWS_JOURNAL_TEXT_MAX)
        return gws_err_set(err, GWS_EARG, "a message of %zu bytes, at most %d are told", strlen(e->text), GWS_JOURNAL_TEXT_MAX);
    if (!(mine.text = strdup(e->text)))
        return gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    mine.sequence = s->sequence;
    mine.since_s = gws_now_s();
    gws_message_id(e->event, e->revision, id);
    gws_store_path(s, id, ".json", path);
    gws_status status = gws_file_write(path, e->text, strlen(e->text), err);
    if (status == GWS_OK && append(s, &mine) != GWS_OK)
        status = gws_err_set(err, GWS_ENOMEM, "alerts: out of memory");
    if (status != GWS_OK) {
        free(mine.text);
        return status;
    }
    gws_journal_record r = record_of(&mine);
    if ((status = gws_journal_add(s->journal, &r, 1, err)) != GWS_OK) {
        s->n--;
        free(mine.text);
    } else if (is_done(&s->entries[s->n - 1])) { /* nobody is to be told */
        free(mine.text);
        s->entries[s->n - 1].text = NULL;
    }
    return status;
}

void gws_store_done(gws_store *s, gws_store_entry *e, int sink)
{
    gws_err err = {0};
    const gws_journal_record r = {.what = 'd', .sequence = e->sequence, .sink = sink};
    e->done |= 1U << sink;
    if (gws_journal_add(s->journal, &r, 0, &err) != GWS_OK)
        gws_log_write(GWS_LOG_WARNING, "alert", "what is delivered cannot be noted, and may be told again: %s", err.text);
    if (is_done(e)) {
        free(e->text);
        e->text = NULL;
    }
}
