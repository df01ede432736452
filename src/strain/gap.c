/* gap.c - see gap.h. */
#include "strain/gap.h"

#include "base/err.h"

#include <math.h>
#include <string.h>

/* A quiet NaN whose payload is "gap" and the reason. */
#define GAP_BITS UINT64_C(0x7ff8000067617000)

#define RUNS_PER_S 128
#define LEAST_RUN 16

double gws_gap_nan(gws_gap why)
{
    GWS_ASSERT(why > GWS_GAP_NONE && why < GWS_GAPS);
    uint64_t bits = GAP_BITS | (uint64_t)why;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

gws_gap gws_gap_of(double x)
{
    uint64_t bits;
    if (isfinite(x))
        return GWS_GAP_NONE;
    memcpy(&bits, &x, sizeof bits);
    uint64_t why = bits & 0xff;
    return (bits & ~UINT64_C(0xff)) == GAP_BITS && why > 0 && why < GWS_GAPS ? (gws_gap)why : GWS_GAP_NOT_FINITE;
}

const char *gws_gap_name(gws_gap why)
{
    static const char *const names[GWS_GAPS] = {"valid",
                                                "not covered",
                                                "not finite",
                                                "with DATA off",
                                                "with CBC_CAT1 off",
                                                "with a hardware injection",
                                                "of one repeated value",
                                                "vetoed",
                                                "out of the wanted state"};
    GWS_ASSERT((int)why >= 0 && why < GWS_GAPS);
    return names[why];
}

int64_t gws_gap_run(int rate_hz)
{
    return rate_hz / RUNS_PER_S > LEAST_RUN ? rate_hz / RUNS_PER_S : LEAST_RUN;
}

int64_t gws_run_at_begin(const double *x, int64_t n)
{
    int64_t k = 0;
    while (k < n && x[k] == x[0])
        k++;
    return k;
}

int64_t gws_run_at_end(const double *x, int64_t n)
{
    int64_t k = 0;
    while (k < n && x[n - 1 - k] == x[n - 1])
        k++;
    return k;
}

static void mark(double *x, int64_t n)
{
    const double gap = gws_gap_nan(GWS_GAP_REPEATED);
    for (int64_t i = 0; i < n; i++)
        x[i] = gap;
}

void gws_gap_mark_runs(double *x, int64_t n, int64_t before, int64_t after, int64_t shortest)
{
    GWS_ASSERT(n >= 0 && (x || n == 0) && shortest >= 2);
    int64_t first = gws_run_at_begin(x, n), last = gws_run_at_end(x, n);
    if (first == n) {
        if (n > 0 && before + n + after >= shortest)
            mark(x, n);
        return;
    }
    int64_t begin = first, end = n - last;
    /* A run of `shortest` samples holds two neighbours of which the first lies a multiple of shortest - 1 from the beginning. */
    for (int64_t i = begin; i + 1 < end; i += shortest - 1) {
        if (x[i] != x[i + 1])
            continue;
        int64_t lo = i, hi = i + 2;
        while (lo > begin && x[lo - 1] == x[i])
            lo--;
        while (hi < end && x[hi] == x[i])
            hi++;
        if (hi - lo >= shortest)
            mark(x + lo, hi - lo);
    }
    if (before + first >= shortest)
        mark(x, first);
    if (after + last >= shortest)
        mark(x + n - last, last);
}
