#include "cli/live_reload.h"

#include "base/ifo.h"
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#define LISTED 900 /* characters of keys in a line of the log */

/* Can a key change while the search runs? */
static int is_free(const gws_live_reload *r, const char *section, const char *key)
{
    static const struct {
        const char *section, *key;
    } table[] = {
        {"live", "whole_s"},
        {"http", "stopped_s"},
        {"http", "silent_s"},
        {"http", "inbox"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(section, table[i].section) == 0 && strcmp(key, table[i].key) == 0)
            return 1;
    if (strcmp(section, "live") == 0 && strcmp(key, "wait_s") == 0)
        return !r->wait_given;
    if (strcmp(section, "alerts") == 0 && strcmp(key, "far_per_month") == 0)
        return r->tell != NULL;
    return gws_is_ifo(section) && strcmp(key, "idq_fap_above") == 0;
}

static void list(char out[LISTED], const char *section, const char *key, const char *value)
{
    const size_t used = strlen(out);

    snprintf(out + used, LISTED - used, "%s[%s] %s%s%s", used ? ", " : "", section, key, value ? " = " : "", value ? value : "");
}

/* What is said of a key in a file; NULL: nothing. */
static const char *value_of(gws_ini *ini, const char *section, const char *key)
{
    return gws_ini_string(ini, section, key, NULL);
}

enum { THERE, GONE_FREE, GONE };

/* Keys of `all` that have another value in `now` than is in force, into one of the two lists.
 *   which  THERE: those that `now` has; GONE_FREE, GONE: those that it has no more, and that can and cannot change */
static void compare(const gws_live_reload *r, gws_ini *all, gws_ini *now, int which, char taken[LISTED], char waiting[LISTED])
{
    const char *section, *key, *value;

    for (int i = 0; gws_ini_entry(all, i, &section, &key, &value); i++) {
        const int free_key = is_free(r, section, key);
        gws_ini *before = free_key && r->seen ? r->seen : r->site->ini;
        const char *old = value_of(before, section, key), *new = value_of(now, section, key);
        if (which == THERE ? old && strcmp(old, new) == 0 : new || free_key != (which == GONE_FREE))
            continue;
        list(free_key ? taken : waiting, section, key, free_key ? (new ? new : "its default") : NULL);
    }
}

/* The rules of a detector's iDQ, for frames that come. */
static void take_rules(gws_live_reload *r, const gws_live_site *now)
{
    for (int i = 0; i < r->site->n_rules; i++)
        for (int k = 0; k < now->n_rules; k++) {
            gws_live_rule *a = &r->site->rules[i];
            const gws_live_rule *b = &now->rules[k];
            if (a->mask == 0 && b->mask == 0 && strcmp(a->ifo, b->ifo) == 0)
                a->above = b->above;
        }
}

void gws_live_reload_now(gws_live_reload *r)
{
    char taken[LISTED] = "", waiting[LISTED] = "";
    gws_live_site now;
    gws_desk_params desk = {.listen = ""};
    gws_err err = {0};
    gws_status status = gws_live_site_load(r->config, &now, &err);

    if (status == GWS_OK)
        status = gws_desk_read(now.ini, &desk, &err);
    if (status == GWS_OK && r->tell)
        status = gws_tell_reload(r->tell, now.ini, &err);
    if (status != GWS_OK) {
        gws_cli_log(GWS_LOG_WARNING, "SIGHUP: nothing changes: %s", err.text);
        gws_live_site_clear(&now);
        return;
    }
    compare(r, now.ini, now.ini, THERE, taken, waiting);
    compare(r, r->seen ? r->seen : r->site->ini, now.ini, GONE_FREE, taken, waiting);
    compare(r, r->site->ini, now.ini, GONE, taken, waiting);
    r->from->whole_s = now.whole_s;
    if (!r->wait_given)
        gws_live_set_wait(r->live, now.wait_s);
    gws_desk_set_limits(r->desk, &desk.limits);
    take_rules(r, &now);
    if (taken[0])
        gws_cli_log(GWS_LOG_INFO, "SIGHUP: taken: %s", taken);
    if (waiting[0])
        gws_cli_log(GWS_LOG_WARNING, "SIGHUP: changed, and a restart is needed: %s", waiting);
    if (!taken[0] && !waiting[0])
        gws_cli_log(GWS_LOG_INFO, "SIGHUP: %s says what it said", r->config);
    gws_ini_destroy(r->seen);
    r->seen = now.ini;
    now.ini = NULL;
    gws_live_site_clear(&now);
}

void gws_live_reload_clear(gws_live_reload *r)
{
    gws_ini_destroy(r->seen);
    r->seen = NULL;
}
