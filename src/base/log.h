/* log.h - how a low layer says what it is doing: through a sink that the caller gives.
 *
 * The library never prints.  A gws_log is passed by pointer; NULL is silent.
 */
#ifndef GWS_BASE_LOG_H
#define GWS_BASE_LOG_H

#include <stddef.h>

typedef enum gws_level { GWS_LOG_ERROR, GWS_LOG_WARN, GWS_LOG_INFO, GWS_LOG_DEBUG } gws_level;

typedef struct gws_log {
    void (*sink)(void *user, gws_level level, const char *line); /* line without newline */
    void *user;
    gws_level level; /* lines above this level are dropped */
} gws_log;

void gws_log_write(const gws_log *log, gws_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

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

/* Seconds of a monotonic clock, for progress and benchmarks; never for results. */
double gws_now_s(void);

/* Seconds of processor time of the calling thread, for the same uses.  The work of other programs does not count. */
double gws_cpu_s(void);

#endif
