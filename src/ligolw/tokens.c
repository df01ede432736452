/* tokens.c - see tokens.h. */
#include "ligolw/tokens.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void gws_ligolw_tokens_begin(gws_ligolw_tokens *t, char delimiter)
{
    t->delimiter = is_blank(delimiter) ? ' ' : delimiter;
    t->state = TOKEN_BEFORE;
    t->quote = 0;
    t->n = 0;
}

void gws_ligolw_tokens_clear(gws_ligolw_tokens *t)
{
    free(t->text);
    memset(t, 0, sizeof *t);
}

static gws_status keep(gws_ligolw_tokens *t, char c, gws_err *err)
{
    if (t->n >= GWS_LIGOLW_MAX_TOKEN)
        return gws_err_set(err, GWS_EFORMAT, "a token of more than %d bytes", GWS_LIGOLW_MAX_TOKEN);
    if (!GWS_ARRAY_ROOM(t->text, t->room, t->n + 2))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a token of %lld bytes", (long long)t->n);
    t->text[t->n++] = c;
    return GWS_OK;
}

/* Hand out what there is. */
static gws_status emit(gws_ligolw_tokens *t, gws_ligolw_token_fn fn, void *user, gws_err *err)
{
    const int null = t->n == 0 && !t->quote;
    const size_t n = (size_t)t->n;
    t->state = TOKEN_BEFORE;
    t->quote = 0;
    t->n = 0;
    if (null)
        return fn(user, NULL, 0, err);
    if (!GWS_ARRAY_ROOM(t->text, t->room, 1))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a token");
    t->text[n] = '\0';
    return fn(user, t->text, n, err);
}

static gws_status step_between(gws_ligolw_tokens *t, char c, int delimits, gws_ligolw_token_fn fn, void *user, gws_err *err)
{
    if (t->state == TOKEN_BEFORE && delimits && t->delimiter == ' ')
        return GWS_OK;
    if (delimits)
        return emit(t, fn, user, err);
    if (is_blank(c)) {
        t->state = t->state == TOKEN_BARE ? TOKEN_AFTER : t->state;
        return GWS_OK;
    }
    if (t->state == TOKEN_AFTER)
        return gws_err_set(err, GWS_EFORMAT, "a token ends and no delimiter '%c' follows", t->delimiter);
    if (t->state == TOKEN_BEFORE && (c == '"' || c == '\'')) {
        t->quote = c;
        t->state = TOKEN_QUOTED;
        return GWS_OK;
    }
    t->state = TOKEN_BARE;
    return keep(t, c, err);
}

gws_status gws_ligolw_tokens_push(gws_ligolw_tokens *t, const char *text, size_t n, gws_ligolw_token_fn fn, void *user,
                                  gws_err *err)
{
    gws_status status = GWS_OK;
    for (size_t i = 0; i < n && status == GWS_OK; i++) {
        const char c = text[i];
        if (t->state == TOKEN_ESCAPED) {
            if (c != t->quote && c != '\\')
                return gws_err_set(err, GWS_EFORMAT, "a backslash stands in front of something else than a quote or a backslash");
            t->state = TOKEN_QUOTED;
            status = keep(t, c, err);
        } else if (t->state == TOKEN_QUOTED) {
            if (c == '\\')
                t->state = TOKEN_ESCAPED;
            else if (c == t->quote)
                t->state = TOKEN_AFTER;
            else
                status = keep(t, c, err);
        } else {
            status = step_between(t, c, t->delimiter == ' ' ? is_blank(c) : c == t->delimiter, fn, user, err);
        }
    }
    return status;
}

gws_status gws_ligolw_tokens_end(gws_ligolw_tokens *t, gws_ligolw_token_fn fn, void *user, gws_err *err)
{
    if (t->state == TOKEN_QUOTED || t->state == TOKEN_ESCAPED)
        return gws_err_set(err, GWS_EFORMAT, "the stream ends within quotes");
    return t->state == TOKEN_BEFORE ? GWS_OK : emit(t, fn, user, err);
}
