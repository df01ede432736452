/* sink_webhook.c - private to alert/: each message posted to an address.  The header Idempotency-Key is its identifier. */
#include "alert/sink.h"
#include "archive/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_MAX 65536

typedef struct webhook {
    gws_http *http;
    const char *url;
    atomic_int *stop;
} webhook;

static int wanted(const gws_alerts_params *p)
{
    return p->webhook != NULL;
}

static int on_progress(void *user, double done, double total, const char *note)
{
    (void)done;
    (void)total;
    (void)note;
    return *(atomic_int *)user;
}

static gws_status open_webhook(const gws_alerts_params *p, atomic_int *stop, void **out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    if (strncasecmp(p->webhook, "https://", 8) != 0)
        return gws_err_set(err, GWS_EARG, "webhook: only https is posted to");
    webhook *w = calloc(1, sizeof *w);
    if (!w)
        return gws_err_set(err, GWS_ENOMEM, "webhook: out of memory");
    gws_http_params h = gws_http_defaults();
    h.attempts = 1; /* waiting and trying again is alert.c's */
    h.ca_file = p->ca_file;
    h.origin = p->webhook; /* whose the token is */
    h.token = p->token;
    h.progress = (gws_progress){on_progress, stop};
    w->url = p->webhook;
    w->stop = stop;
    if (!(w->http = gws_http_create(&h, err))) {
        free(w);
        gws_err_prefix(err, "webhook");
        return err->status;
    }
    *out = w;
    return GWS_OK;
}

static gws_status deliver(void *state, const gws_sink_message *m, gws_err *err)
{
    webhook *w = state;
    char key[200];
    snprintf(key, sizeof key, "Idempotency-Key: %s", m->id);
    const char *const headers[] = {key, NULL};
    const gws_http_body body = {.type = "application/json", .data = m->text, .size = strlen(m->text), .headers = headers};
    return gws_http_post(w->http, w->url, &body, ANSWER_MAX, NULL, err);
}

static void close_webhook(void *state)
{
    webhook *w = state;
    gws_http_destroy(w->http);
    free(w);
}

const gws_sink_row gws_sink_webhook = {wanted, open_webhook, deliver, close_webhook};
