#include "base/log.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void gws_log_write(const gws_log *log, gws_level level, const char *fmt, ...)
{
    if (!log || !log->sink || level > log->level)
        return;
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    gws_text_vprint(line, sizeof line, fmt, ap);
    va_end(ap);
    log->sink(log->user, level, line);
}

double gws_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double gws_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
