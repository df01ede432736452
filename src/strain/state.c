/* state.c - see state.h. */
#include "strain/state.h"

#include "base/array.h"
#include "strain/gap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gws_states_clear(gws_states *s)
{
    free(s->spans);
    memset(s, 0, sizeof *s);
}

static uint32_t bits_of(double x)
{
    return x >= 0 && x < 4294967296.0 ? (uint32_t)x : x < 0 && x >= -2147483648.0 ? (uint32_t)(int32_t)x : 0;
}

gws_status gws_states_add(gws_states *s, int rate_hz, int64_t begin, const double *x, int64_t n, uint32_t bits, gws_err *err)
{
    if (s->rate_hz && s->rate_hz != rate_hz)
        return gws_err_set(err, GWS_EDATA, "states at %d Hz and at %d Hz", s->rate_hz, rate_hz);
    s->rate_hz = rate_hz;
    for (int64_t i = 0; i < n; i++) {
        if ((bits_of(x[i]) & bits) != bits || x[i] != floor(x[i]))
            continue;
        if (s->n > 0 && s->spans[2 * s->n - 1] == begin + i) {
            s->spans[2 * s->n - 1]++;
            continue;
        }
        if (!GWS_ARRAY_ROOM(s->spans, s->room, 2 * ((int64_t)s->n + 1)))
            return gws_err_set(err, GWS_ENOMEM, "out of memory for %d changes of state", s->n);
        s->spans[2 * s->n] = begin + i;
        s->spans[2 * s->n + 1] = begin + i + 1;
        s->n++;
    }
    return GWS_OK;
}

static int by_begin(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

gws_status gws_states_finish(gws_states *s, gws_err *err)
{
    int kept = 0;
    if (s->n > 0)
        qsort(s->spans, (size_t)s->n, 2 * sizeof *s->spans, by_begin);
    for (int i = 0; i < s->n; i++) {
        if (kept > 0 && s->spans[2 * i] < s->spans[2 * kept - 1])
            return gws_err_set(err, GWS_EDATA, "two states for one time");
        if (kept > 0 && s->spans[2 * i] == s->spans[2 * kept - 1]) {
            s->spans[2 * kept - 1] = s->spans[2 * i + 1];
            continue;
        }
        s->spans[2 * kept] = s->spans[2 * i];
        s->spans[2 * kept + 1] = s->spans[2 * i + 1];
        kept++;
    }
    s->n = kept;
    return GWS_OK;
}

/* k times a over b, rounded down; k may be large, so whole seconds go apart. */
static int64_t scale_down(int64_t k, int a, int b)
{
    int64_t whole = k / b, rest = k % b;
    if (rest < 0) {
        rest += b;
        whole--;
    }
    return whole * a + rest * a / b;
}

static int64_t scale_up(int64_t k, int a, int b)
{
    return -scale_down(-k, a, b);
}

static void close_gap(double *out, int64_t from, int64_t to)
{
    const double gap = gws_gap_nan(GWS_GAP_STATE);
    for (int64_t i = from; i < to; i++)
        out[i] = gap;
}

void gws_states_apply(const gws_states *s, int rate_hz, int64_t begin, int64_t n, double *out)
{
    const int64_t end = begin + n;
    int64_t at = begin;
    int lo = 0, hi = s->n;
    while (lo < hi) { /* the first span that ends behind the beginning */
        const int mid = lo + (hi - lo) / 2;
        if (scale_down(s->spans[2 * mid + 1], rate_hz, s->rate_hz) <= begin)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < s->n && at < end; lo++) {
        int64_t a = scale_up(s->spans[2 * lo], rate_hz, s->rate_hz), b = scale_down(s->spans[2 * lo + 1], rate_hz, s->rate_hz);
        a = a < at ? at : a;
        b = b > end ? end : b;
        if (a >= end || b <= a)
            continue;
        close_gap(out, at - begin, a - begin);
        at = b;
    }
    close_gap(out, at - begin, n);
}
