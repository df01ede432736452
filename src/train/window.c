#include "train/window.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

typedef struct room {
    gws_stemming *run;
    float *strain; /* (N,I) a window, then (I)(N) */
} room;

struct gws_windows {
    const gws_arch *a;
    int64_t N, T, lead;
    gws_stem *stem; /* NULL: the network takes samples */
    room *rooms;    /* (threads) */
    int threads;
};

static gws_stem *stem_of(const gws_checkpoint *c, gws_err *err)
{
#define ROW(row) (c->p + c->table.rows[row].offset)
    return gws_stem_create(gws_kernels_get(), &c->arch.bank, ROW(c->rows.bank), ROW(c->rows.bank_weight), ROW(c->rows.bank_place),
                           err);
#undef ROW
}

static int64_t strain_floats(const gws_arch *a, int64_t N)
{
    return 2 * N * a->ifos;
}

/* The machines of a matched stem, and how many steps it leaves. */
static gws_status open_stem(gws_windows *w, const gws_checkpoint *c, gws_err *err)
{
    if (!(w->stem = stem_of(c, err)))
        return GWS_ENOMEM;
    w->rooms = calloc((size_t)w->threads, sizeof *w->rooms);
    if (!w->rooms)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d threads", w->threads);
    for (int i = 0; i < w->threads; i++) {
        w->rooms[i].strain = gws_arena_alloc((size_t)strain_floats(w->a, w->N) * sizeof(float));
        if (!w->rooms[i].strain)
            return gws_err_set(err, GWS_ENOMEM, "no memory for windows of %lld samples", (long long)w->N);
        if (!(w->rooms[i].run = gws_stemming_create(w->stem, 0, NULL, err)))
            return GWS_ENOMEM;
    }
    w->lead = (4 * (int64_t)w->a->bank.taps + GWS_STEM_HOP - 1) / GWS_STEM_HOP;
    w->T -= w->lead + (gws_stem_delay(w->stem) + GWS_STEM_HOP - 1) / GWS_STEM_HOP;
    if (w->T < 1)
        return gws_err_set(err, GWS_EFORMAT, "[data] window_s = %g s is no longer than what the matched filters remember",
                           (double)w->N / w->a->rate_hz);
    return GWS_OK;
}

gws_windows *gws_windows_create(const gws_checkpoint *c, int64_t N, int threads, gws_err *err)
{
    const int64_t hop = gws_arch_hop(&c->arch);
    gws_windows *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for windows");
        return NULL;
    }
    w->a = &c->arch;
    w->N = N;
    w->T = N / hop;
    w->threads = threads;
    if (N % hop)
        gws_err_set(err, GWS_EFORMAT, "[data] makes windows of %lld samples, [model] wants a multiple of %lld", (long long)N,
                    (long long)hop);
    else if (!c->arch.matched || open_stem(w, c, err) == GWS_OK)
        return w;
    gws_windows_destroy(w);
    return NULL;
}

void gws_windows_destroy(gws_windows *w)
{
    if (!w)
        return;
    for (int i = 0; i < w->threads && w->rooms; i++) {
        gws_stemming_destroy(w->rooms[i].run);
        gws_arena_free(w->rooms[i].strain);
    }
    free(w->rooms);
    gws_stem_destroy(w->stem);
    free(w);
}

gws_status gws_windows_bytes(const gws_arch *a, int64_t N, int threads, int64_t *out, gws_err *err)
{
    const gws_stem_shape *shape = &a->bank;
    *out = 0;
    if (!a->matched)
        return GWS_OK;
    /* A stem of silent filters is as large as any. */
    float *zeros = calloc((size_t)(2 * shape->templates) * (size_t)shape->taps, sizeof *zeros);
    gws_stem *s = zeros ? gws_stem_create(gws_kernels_get(), shape, zeros, zeros, zeros, err) : NULL;
    if (s)
        *out = gws_stem_bytes(shape) + threads * (gws_stemming_bytes(s, 0, NULL) + strain_floats(a, N) * (int64_t)sizeof(float));
    const gws_status status = s ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a stem of %d templates", shape->templates);
    gws_stem_destroy(s);
    free(zeros);
    return status;
}

int64_t gws_windows_steps(const gws_windows *w)
{
    return w->T;
}

int64_t gws_windows_lead(const gws_windows *w)
{
    return w->lead;
}

const gws_stem *gws_windows_stem(const gws_windows *w)
{
    return w->stem;
}

int gws_windows_inputs(const gws_windows *w)
{
    return w->a->inputs;
}

float *gws_windows_room(gws_windows *w, int thread, float *x)
{
    return w->stem ? w->rooms[thread].strain : x;
}

/* Where the rows of a window go. */
typedef struct rows_to {
    float *x;
    int64_t lead, T, inputs;
} rows_to;

static void take_rows(void *user, int64_t step, const float *x, int64_t n)
{
    const rows_to *r = user;
    const int64_t begin = step > r->lead ? step : r->lead, end = step + n < r->lead + r->T ? step + n : r->lead + r->T;
    if (begin < end)
        memcpy(r->x + (begin - r->lead) * r->inputs, x + (begin - step) * r->inputs,
               (size_t)((end - begin) * r->inputs) * sizeof *x);
}

/* The filters begin in silence; what is left of that lies in the steps in front of x. */
void gws_windows_put(gws_windows *w, int thread, const gws_window *window, int64_t steps, float *x)
{
    const int ifos = w->a->ifos;
    GWS_ASSERT(steps == w->T || (w->stem && steps > 0 && steps < w->T));
    if (!w->stem)
        return;
    float *apart = w->rooms[thread].strain + w->N * ifos;
    const float *each[GWS_MODEL_IFOS];
    rows_to to = {x, w->lead + w->T - steps, steps, w->a->inputs};
    for (int f = 0; f < ifos; f++) {
        each[f] = apart + f * w->N;
        for (int64_t i = 0; i < w->N; i++)
            apart[f * w->N + i] = window->w[i * ifos + f];
        gws_stemming_follow(w->rooms[thread].run, f, window->gains[f], window->offset[f]);
    }
    gws_stemming_reset(w->rooms[thread].run);
    gws_stemming_push(w->rooms[thread].run, 0, each, w->N, take_rows, &to);
}
