#include "search/trigger.h"

#include "base/arena.h"

#include <math.h>
#include <string.h>

/* How far the plateau may reach to the left of the maximum, in steps: 16 s at 64 Hz. A power of two. */
#define TRACK 1024
#define SMOOTH_MAX 256

struct gws_search {
    gws_search_params p;
    int rate_hz, hop;
    int64_t gap_steps; /* steps above the threshold at most this far apart are one cluster */

    int64_t next; /* step expected next; meaningful when age > 0 */
    int64_t age;  /* steps since the last gap, warm-up included */
    double recent[SMOOTH_MAX];
    double track[TRACK]; /* smoothed logit of step s at s mod TRACK, for steps since `scored_from` */
    int64_t scored_from; /* first scored step since the last gap */

    int open;            /* a cluster is open */
    int64_t first, last; /* its first and last step above the threshold */
    int64_t left, right; /* plateau around the maximum so far */
    int falling;         /* a step below the plateau has come since the maximum: `right` is final */
    double max;
    gws_search_stats stats;
};

gws_search_params gws_search_defaults(void)
{
    gws_search_params p = {
        .threshold = 0.0, .smooth = 5, .gap_s = 0.35, .plateau = 1.0, .offset_s = 0.0, .window_s = 0.3, .warmup = 64};
    return p;
}

gws_status gws_search_params_from_ini(gws_ini *ini, gws_search_params *out, gws_err *err)
{
    gws_status status;
    int64_t smooth = 0;
    gws_search_params d = gws_search_defaults();

    *out = d;
    if ((status = gws_ini_int(ini, "search", "smooth", d.smooth, &smooth, err)) != GWS_OK ||
        (status = gws_ini_double(ini, "search", "gap_s", d.gap_s, &out->gap_s, err)) != GWS_OK ||
        (status = gws_ini_double(ini, "search", "plateau", d.plateau, &out->plateau, err)) != GWS_OK ||
        (status = gws_ini_double(ini, "search", "window_s", d.window_s, &out->window_s, err)) != GWS_OK)
        return status;
    if (smooth < 1 || smooth > SMOOTH_MAX)
        return gws_err_set(err, GWS_EARG, "[search] smooth = %lld, wanted 1 to %d steps", (long long)smooth, SMOOTH_MAX);
    out->smooth = (int)smooth;
    return GWS_OK;
}

gws_search *gws_search_create(const gws_search_params *p, int rate_hz, int hop, gws_err *err)
{
    gws_search *s = NULL;
    gws_search_params d = p ? *p : gws_search_defaults();

    GWS_ASSERT(rate_hz > 0 && hop > 0);
    if (d.smooth < 1 || d.smooth > SMOOTH_MAX) {
        gws_err_set(err, GWS_EARG, "search: smooth is %d steps, wanted 1 to %d", d.smooth, SMOOTH_MAX);
        goto fail;
    }
    if (!(d.gap_s >= 0 && d.gap_s <= 10) || !(d.plateau >= 0 && isfinite(d.plateau)) || d.warmup < 0) {
        gws_err_set(err, GWS_EARG, "search: gap_s %g, plateau %g, warmup %d: wanted 0 to 10 s, 0 or more, 0 or more", d.gap_s,
                    d.plateau, d.warmup);
        goto fail;
    }
    if (!(d.window_s > 0 && d.window_s <= 0.3)) {
        gws_err_set(err, GWS_EARG, "search: window_s is %g, wanted more than 0 and at most 0.3 s", d.window_s);
        goto fail;
    }
    if (isnan(d.threshold) || !isfinite(d.offset_s)) {
        gws_err_set(err, GWS_EARG, "search: threshold %g, offset_s %g: wanted numbers", d.threshold, d.offset_s);
        goto fail;
    }
    s = gws_arena_alloc(sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "search: no memory for %zu bytes", sizeof *s);
        goto fail;
    }
    s->p = d;
    s->rate_hz = rate_hz;
    s->hop = hop;
    /* The small addition keeps 0.35 s * 64 Hz and its like from falling below a whole number. */
    s->gap_steps = (int64_t)floor(d.gap_s * rate_hz / hop + 1e-9);
    return s;
fail:
    return NULL;
}

/* Emit the open cluster.
 *
 * Triggers come in order of time: the plateau reaches at most gap_steps beyond a cluster's ends, so its centre is at most
 * gap_steps/2 after the last step above the threshold, and that of the next cluster at most gap_steps/2 before its first
 * one; the two steps are more than gap_steps apart. */
static void close_cluster(gws_search *s, gws_trigger_sink sink, void *user)
{
    gws_trigger t;

    if (!s->open)
        return;
    s->open = 0;
    s->stats.triggers++;
    if (!sink)
        return;
    memset(&t, 0, sizeof t);
    /* Centre of the plateau on a grid of half samples: (left + right) / 2 steps is exact there. */
    t.gps_ns = gws_ns_of_sample((s->left + s->right) * s->hop, 2 * s->rate_hz) - (int64_t)llround(s->p.offset_s * (double)GWS_NS);
    t.stat = s->max;
    t.window_s = s->p.window_s;
    t.begin_ns = gws_ns_of_sample(s->first * s->hop, s->rate_hz);
    t.end_ns = gws_ns_of_sample(s->last * s->hop, s->rate_hz);
    sink(user, &t);
}

static void gap(gws_search *s, gws_trigger_sink sink, void *user)
{
    close_cluster(s, sink, user);
    if (s->age > 0)
        s->stats.gaps++;
    s->age = 0;
}

/* Mean of the last `smooth` steps since the gap, always summed from the oldest to the newest: a running sum would carry
 * rounding from step to step. Warm-up steps take part, so that the first scored step is as smooth as all others. */
static double smoothed(gws_search *s, int64_t step, double y)
{
    int64_t n = s->age < s->p.smooth ? s->age : s->p.smooth;
    double sum = 0;

    s->recent[step & (SMOOTH_MAX - 1)] = y;
    for (int64_t i = step - n + 1; i <= step; i++)
        sum += s->recent[i & (SMOOTH_MAX - 1)];
    return sum / (double)n;
}

/* A new maximum at `step`: look back for the plateau's left end. */
static void set_maximum(gws_search *s, int64_t step, double v)
{
    int64_t lowest = s->first - s->gap_steps;

    if (lowest < s->scored_from)
        lowest = s->scored_from;
    if (lowest < step - (TRACK - 1))
        lowest = step - (TRACK - 1);
    s->max = v;
    s->left = step;
    while (s->left > lowest && s->track[(s->left - 1) & (TRACK - 1)] >= v - s->p.plateau)
        s->left--;
    s->right = step;
    s->falling = 0;
}

static void score(gws_search *s, int64_t step, double v, gws_trigger_sink sink, void *user)
{
    int above = v > s->p.threshold;

    s->stats.scored++;
    s->track[step & (TRACK - 1)] = v;
    if (s->open && step - s->last > s->gap_steps)
        close_cluster(s, sink, user);
    if (above) {
        if (!s->open) {
            s->open = 1;
            s->first = s->last = step;
            set_maximum(s, step, v);
            return;
        }
        s->last = step;
    }
    if (!s->open)
        return;
    if (v > s->max)
        set_maximum(s, step, v);
    else if (v < s->max - s->p.plateau)
        s->falling = 1;
    else if (!s->falling)
        s->right = step;
}

void gws_search_push(gws_search *s, int64_t step, const float *y, int64_t n, gws_trigger_sink sink, void *user)
{
    GWS_ASSERT(s && n >= 0 && (y || n == 0));
    if (n == 0)
        return;
    GWS_ASSERT(s->age == 0 || step >= s->next);
    if (s->age > 0 && step != s->next)
        gap(s, sink, user);
    for (int64_t i = 0; i < n; i++) {
        s->stats.steps++;
        if (!isfinite(y[i])) {
            s->stats.bad++;
            gap(s, sink, user);
            continue;
        }
        s->age++;
        double v = smoothed(s, step + i, (double)y[i]);
        if (s->age == s->p.warmup + 1)
            s->scored_from = step + i;
        if (s->age > s->p.warmup)
            score(s, step + i, v, sink, user);
    }
    s->next = step + n;
}

void gws_search_break(gws_search *s, gws_trigger_sink sink, void *user)
{
    GWS_ASSERT(s);
    gap(s, sink, user);
}

void gws_search_finish(gws_search *s, gws_trigger_sink sink, void *user)
{
    GWS_ASSERT(s);
    close_cluster(s, sink, user);
    gws_search_reset(s);
}

int64_t gws_search_state_bytes(void)
{
    return (int64_t)sizeof(gws_search);
}

void gws_search_state_save(const gws_search *s, void *out)
{
    memcpy(out, s, sizeof *s);
}

int gws_search_state_load(gws_search *s, const void *in)
{
    gws_search other;

    memcpy(&other, in, sizeof other);
    if (memcmp(&other.p, &s->p, sizeof s->p) != 0 || other.rate_hz != s->rate_hz || other.hop != s->hop)
        return 1;
    *s = other;
    return 0;
}

int64_t gws_search_delay(const gws_search *s)
{
    return s->gap_steps + 1;
}

void gws_search_reset(gws_search *s)
{
    s->age = 0;
    s->open = 0;
}

void gws_search_destroy(gws_search *s)
{
    gws_arena_free(s);
}

void gws_search_get_stats(const gws_search *s, gws_search_stats *out)
{
    *out = s->stats;
}
