#include "live/top.h"

#include "base/clock.h"
#include "base/escape.h"
#include "base/memory.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BARS 8
#define SPAN_LEAST 10.0 /* of the logit from the lowest bar to the highest */

/* ---- writing ---- */

/* Where the next character goes. */
typedef struct pen {
    gws_screen *s;
    int row, column;
    gws_style style;
} pen;

static void put(pen *p, uint32_t code)
{
    if (p->row < p->s->rows && p->column < p->s->columns)
        p->s->cell[p->row][p->column] = (gws_cell){code, p->style};
    p->column++;
}

/* One character of UTF-8; what is none is a question mark. */
static uint32_t decode(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    const int more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc2 ? 1 : -1;
    uint32_t code = more == 0 ? *p : more > 0 ? *p & (0x3fU >> more) : '?';
    (*text)++;
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return '?';
        code = code << 6 | (p[i] & 0x3fU);
        (*text)++;
    }
    return code < ' ' || (code >= 0x7f && code < 0xa0) ? '?' : code;
}

static void say(pen *p, gws_style style, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(pen *p, gws_style style, const char *fmt, ...)
{
    char text[GWS_SCREEN_COLUMNS + 1];
    va_list ap;
    va_start(ap, fmt);
    gws_text_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    p->style = style;
    for (const char *c = text; *c;)
        put(p, decode(&c));
}

static void at(pen *p, int column)
{
    while (p->column < column)
        say(p, GWS_STYLE_PLAIN, " ");
}

static void next(pen *p)
{
    p->row++;
    p->column = 0;
}

/* "0.5 s", "12 s", "15m01s", "3h07m", "12d03h" */
static const char *span(double s, char out[16])
{
    const int64_t n = (int64_t)fmin(fmax(s, 0), 1e12);
    if (!(s >= 9.95))
        gws_text_print(out, 16, "%.1f s", s);
    else if (n < 100)
        snprintf(out, 16, "%d s", (int)n);
    else if (n < 3600)
        snprintf(out, 16, "%dm%02ds", (int)(n / 60), (int)(n % 60));
    else if (n < 86400)
        snprintf(out, 16, "%dh%02dm", (int)(n / 3600), (int)(n / 60 % 60));
    else
        snprintf(out, 16, "%" PRId64 "d%02dh", n / 86400 < 999999 ? n / 86400 : 999999, (int)(n / 3600 % 24));
    return out;
}

/* ---- parts ---- */

static void head(pen *p, const gws_live_stats *s)
{
    char gps[32] = "-", utc[32] = "", up[16];
    int64_t now_ns = 0;
    for (int i = 0; i < s->n_ifo; i++)
        now_ns = s->ifo[i].end_ns > now_ns ? s->ifo[i].end_ns : now_ns;
    if (now_ns > 0) {
        gws_gps_text(now_ns, 0, gps);
        gws_utc_text(now_ns, 0, utc);
    }
    say(p, GWS_STYLE_HEAD, " gwspike %s   GPS %s   %s%s   up %s", s->version ? s->version : "", gps, utc, *utc ? " UTC" : "",
        span(s->now_s - s->started_s, up));
    if (s->busy_s > 0)
        say(p, GWS_STYLE_HEAD, "   %.3gx", s->data_s / s->busy_s);
    while (p->column < p->s->columns)
        say(p, GWS_STYLE_HEAD, " ");
    next(p);
}

static void detectors(pen *p, const gws_live_stats *s)
{
    static const char *const words[] = {"absent", "off", "on"};
    static const gws_style styles[] = {GWS_STYLE_BAD, GWS_STYLE_WARN, GWS_STYLE_GOOD};
    char text[16];
    say(p, GWS_STYLE_FAINT, "           state     rate  searched  silent  not searched");
    next(p);
    for (int i = 0; i < s->n_ifo; i++) {
        const gws_live_ifo_stats *d = &s->ifo[i];
        say(p, GWS_STYLE_STRONG, " %-8s", d->ifo);
        say(p, styles[d->state], "  %-6s", words[d->state]);
        if (d->rate_hz > 0)
            say(p, GWS_STYLE_PLAIN, "%6d Hz", d->rate_hz);
        at(p, 27);
        say(p, GWS_STYLE_PLAIN, "%8s", span(d->data_s, text));
        say(p, GWS_STYLE_PLAIN, "%8s ", span(s->now_s - (d->heard_s > 0 ? d->heard_s : s->started_s), text));
        for (int why = 1; why < GWS_LIVE_GAPS; why++)
            if (d->gap_s[why] > 0)
                say(p, GWS_STYLE_WARN, " %s %s", gws_live_gap_name((gws_live_gap)why), span(d->gap_s[why], text));
        next(p);
    }
}

/* The loudest of each stretch, so that what lasts a moment is seen in a narrow window too. */
static void bars(pen *p, const gws_live_search_stats *q, int columns, int ascii)
{
    static const char plain[BARS + 1] = "_.:-=+*#";
    const int n = q->n_logits < columns ? q->n_logits : columns;
    float low = INFINITY, high = -INFINITY;
    for (int i = 0; i < q->n_logits; i++)
        if (isfinite(q->logits[i])) {
            low = fminf(low, q->logits[i]);
            high = fmaxf(high, q->logits[i]);
        }
    const double from = (double)low, span_of = fmax((double)high - from, SPAN_LEAST);
    at(p, 1 + columns - n);
    for (int k = 0; k < n; k++) {
        float most = -INFINITY;
        for (int64_t i = (int64_t)q->n_logits * k / n; i < (int64_t)q->n_logits * (k + 1) / n; i++)
            most = fmaxf(most, q->logits[i]); /* fmaxf passes NaN by */
        const int bar = isfinite(most) ? (int)fmin(BARS - 1, ((double)most - from) / span_of * BARS) : -1;
        p->style = bar >= BARS - 2 ? GWS_STYLE_STRONG : GWS_STYLE_PLAIN;
        put(p, bar < 0 ? '?' : ascii ? (uint32_t)plain[bar] : 0x2581U + (uint32_t)bar);
    }
    next(p);
}

static void search(pen *p, const gws_live_search_stats *q, int ascii)
{
    say(p, GWS_STYLE_STRONG, " %s ", q->name);
    for (int i = 0; i < q->n_ifo; i++)
        say(p, GWS_STYLE_PLAIN, "%s%s", i ? "," : " ", q->ifo[i]);
    say(p, q->on ? GWS_STYLE_GOOD : GWS_STYLE_WARN, q->on ? "  on" : "  off");
    if (q->n_logits > 0)
        say(p, GWS_STYLE_PLAIN, "  logit %.2f", (double)q->logits[q->n_logits - 1]);
    say(p, GWS_STYLE_PLAIN, "  triggers %" PRId64, q->triggers);
    if (q->rates == GWS_LIVE_RATES_NONE)
        say(p, GWS_STYLE_WARN, "  no rates");
    if (q->bad > 0)
        say(p, GWS_STYLE_BAD, "  %" PRId64 " logits are no number", q->bad);
    say(p, GWS_STYLE_FAINT, "  spikes %.3f %.3f %.3f", q->events, q->spikes1, q->spikes2);
    next(p);
    bars(p, q, p->s->columns - 2, ascii);
}

static void searches(pen *p, const gws_live_stats *s, int rows, int ascii)
{
    const int all = 2 * s->n_searches <= rows, n = all ? s->n_searches : (rows - 1) / 2;
    for (int i = 0; i < n; i++)
        search(p, &s->search[i], ascii);
    if (!all) {
        say(p, GWS_STYLE_FAINT, " and %d more searches", s->n_searches - n);
        next(p);
    }
}

static void latency(pen *p, const char *what, const gws_live_times *t)
{
    if (t->n > 0)
        say(p, GWS_STYLE_PLAIN, "  %s %.3g s, 99.9 %% %.3g s", what, gws_live_times_quantile(t, 0.5),
            gws_live_times_quantile(t, 0.999));
}

static void numbers(pen *p, const gws_live_vitals *v)
{
    const gws_live_stats *s = v->stats;
    char memory[24], state[24];
    say(p, GWS_STYLE_FAINT, " latency");
    latency(p, "search", &s->searched);
    latency(p, "trigger", &s->alerted);
    next(p);
    gws_memory_text(v->memory.resident_bytes, memory);
    gws_memory_text(s->kept_bytes, state);
    say(p, GWS_STYLE_FAINT, " process");
    say(p, GWS_STYLE_PLAIN, "  memory %s  saved state %s  frames waiting %d", memory, state, s->inbox);
    if (s->unserved[0])
        say(p, GWS_STYLE_WARN, "  no search has %s", s->unserved);
    next(p);
}

static void alerts(pen *p, const gws_live_vitals *v)
{
    const gws_alerts_stats *a = v->alerts;
    char text[16];
    if (a) {
        say(p, GWS_STYLE_FAINT, " alerts ");
        say(p, GWS_STYLE_PLAIN, "  messages %" PRId64 "  quiet %" PRId64, a->messages, a->quiet);
        for (int i = 0; i < GWS_SINKS; i++)
            if (a->sink[i].on && a->sink[i].waiting > 0)
                say(p, a->sink[i].alarm ? GWS_STYLE_BAD : GWS_STYLE_WARN, "  %s: %" PRId64 " wait, %s", gws_alert_sink_names[i],
                    a->sink[i].waiting, span(a->sink[i].oldest_s, text));
        next(p);
    }
    if (v->topic) {
        say(p, GWS_STYLE_FAINT, " topic  ");
        say(p, GWS_STYLE_PLAIN, "  partitions %d  behind %" PRId64, v->topic->partitions, v->topic->behind);
        if (v->topic->down_s > 0)
            say(p, GWS_STYLE_BAD, "  no broker answers, %s", span(v->topic->down_s, text));
        next(p);
    }
}

static void triggers(pen *p, const gws_top_view *v, int rows)
{
    say(p, GWS_STYLE_FAINT, " %-14s  %-19s  %8s  %12s  %7s  detectors", "trigger GPS", "UTC", "stat", "rate/30 d", "late");
    next(p);
    if (v->n_triggers == 0) {
        say(p, GWS_STYLE_FAINT, " none yet");
        next(p);
    }
    for (int i = 0; i < v->n_triggers && i < rows; i++) {
        const gws_top_trigger *t = &v->triggers[i];
        char gps[32], utc[32], late[16];
        gws_gps_text(t->gps_ns, 3, gps);
        gws_utc_text(t->gps_ns, 0, utc);
        say(p, i == 0 ? GWS_STYLE_STRONG : GWS_STYLE_PLAIN, " %-14s  %-19s  %8.3f  %12s  %7s  %s", gps, utc, t->stat, t->far,
            span(t->late_s, late), t->detectors);
        next(p);
    }
}

static void log_lines(pen *p, const gws_top_view *v, int rows)
{
    const int n = v->n_log < rows - 1 ? v->n_log : rows - 1;
    if (n <= 0)
        return;
    say(p, GWS_STYLE_FAINT, " log");
    next(p);
    for (int i = v->n_log - n; i < v->n_log; i++) {
        say(p,
            strstr(v->log[i], " - ERROR - ")     ? GWS_STYLE_BAD
            : strstr(v->log[i], " - WARNING - ") ? GWS_STYLE_WARN
                                                 : GWS_STYLE_PLAIN,
            " %s", v->log[i]);
        next(p);
    }
}

void gws_top_draw(const gws_top_view *v, gws_screen *out)
{
    const gws_live_stats *s = v->vitals->stats;
    pen p = {.s = out};
    for (int r = 0; r < out->rows; r++)
        for (int c = 0; c < out->columns; c++)
            out->cell[r][c] = (gws_cell){' ', GWS_STYLE_PLAIN};
    const int fixed = 2 + s->n_ifo + 2 + (v->vitals->alerts != NULL) + (v->vitals->topic != NULL); /* rows that are always there */
    const int left = out->rows - fixed > 0 ? out->rows - fixed : 0;
    head(&p, s);
    detectors(&p, s);
    searches(&p, s, left > 5 ? left - 3 : left - left / 2, v->ascii); /* two or three rows are the triggers' */
    numbers(&p, v->vitals);
    alerts(&p, v->vitals);
    const int free_rows = out->rows - p.row, list = v->n_triggers > 0 ? v->n_triggers : 1;
    const int room = free_rows - 1 - (free_rows > 6 && v->n_log > 0 ? 3 : 0); /* for triggers, when the log has three rows */
    triggers(&p, v, list < room ? list : room);
    log_lines(&p, v, out->rows - p.row);
}

/* ---- what the terminal is sent ---- */

static int encode(uint32_t code, char *out)
{
    if (code < 0x80)
        return out[0] = (char)code, 1;
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    const int wide = code >= 0x10000;
    if (wide)
        *out++ = (char)(0xf0 | code >> 18);
    out[0] = (char)(wide ? 0x80 | (code >> 12 & 0x3f) : 0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3 + wide;
}

char *gws_screen_text(const gws_screen *s, size_t *n)
{
    static const char *const styles[] = {"\x1b[0m",    "\x1b[0;7m",  "\x1b[0;1m",   "\x1b[0;2m",
                                         "\x1b[0;32m", "\x1b[0;33m", "\x1b[0;1;31m"};
    const size_t most = 16 + (size_t)s->rows * ((size_t)s->columns * (4 + 10) + 16);
    char *text = malloc(most), *to = text;
    *n = 0;
    if (!text)
        return NULL;
    to = stpcpy(to, "\x1b[H"); /* upper left */
    for (int r = 0; r < s->rows; r++) {
        int style = -1, end = s->columns;
        while (end > 0 && s->cell[r][end - 1].code == ' ' && s->cell[r][end - 1].style == GWS_STYLE_PLAIN)
            end--;
        for (int c = 0; c < end; c++) {
            if ((int)s->cell[r][c].style != style)
                to = stpcpy(to, styles[style = (int)s->cell[r][c].style]);
            to += encode(s->cell[r][c].code, to);
        }
        to = stpcpy(to, end < s->columns ? "\x1b[0m\x1b[K"
                                         : "\x1b[0m"); /* wipe the rest; not behind the last column, which would wipe that */
        if (r < s->rows - 1)
            to = stpcpy(to, "\r\n");
    }
    *n = (size_t)(to - text);
    return text;
}
