/* progress.h - how long work tells its caller how far it is, and the clocks that measure it. */
#ifndef GWS_BASE_PROGRESS_H
#define GWS_BASE_PROGRESS_H

/* Progress of long work.
 *   done/total   in the caller's unit; total 0 when unknown
 *   note         one short phrase, or NULL
 * Return non-zero to ask the work to stop at the next safe point (GWS_ESTOP). */
typedef int (*gws_progress_fn)(void *user, double done, double total, const char *note);

/* The two together, for functions that would otherwise take too many parameters. */
typedef struct gws_progress {
    gws_progress_fn fn; /* NULL: nobody */
    void *user;
} gws_progress;

/* Tell whoever listens; p may be NULL.  The last of equal steps may reach beyond the total: all is done then.
 * returns  not 0: stop. */
static inline int gws_progress_tell(const gws_progress *p, double done, double total, const char *note)
{
    return p && p->fn ? p->fn(p->user, total > 0 && done > total ? total : done, total, note) : 0;
}

/* Seconds of a monotonic clock, for progress and benchmarks; never for results. */
double gws_now_s(void);

/* Seconds of processor time of the calling thread, for the same uses.  The work of other programs does not count. */
double gws_cpu_s(void);

#endif
