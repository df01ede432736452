#include "base/progress.h"
#include "cli/cli.h"
#include "cli/interrupt.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAWN_S 0.1   /* between two drawings on a terminal */
#define SETTLED_S 0.3 /* after which a rate says something */
#define LINE_S 60.0   /* between two lines in a pipe */
#define LEAST 0.002   /* the share of the work from which time left is told */

gws_bar gws_bar_start(void)
{
    const double now = gws_now_s();
    return (gws_bar){.t0_s = now, .shown_s = now - DRAWN_S, .on = isatty(STDERR_FILENO)};
}

static int put_left(char *to, size_t room, double left_s)
{
    if (left_s < 100)
        return snprintf(to, room, ", %.0f s left", left_s);
    if (left_s < 6000)
        return snprintf(to, room, ", %.0f min left", left_s / 60);
    return snprintf(to, room, ", %.1f h left", left_s / 3600);
}

/* "searching  34 %, 411 x real time, 12 s left" */
static int compose(const gws_bar *b, double done, double total, const char *note, char line[160])
{
    const double passed = gws_now_s() - b->t0_s, part = total > 0 ? done / total : 0, fresh = done - b->from;
    int n = snprintf(line, 80, "%.60s", note ? note : "");
    if (total > 0)
        n += snprintf(line + n, 20, " %3.0f %%", 100 * part);
    if (passed > SETTLED_S && fresh > 0) {
        if (b->unit)
            n += snprintf(line + n, 40, ", %.3g %s", b->each * fresh / passed, b->unit);
        if (part > LEAST && part < 1)
            n += put_left(line + n, 40, passed * (total - done) / fresh);
    }
    return n;
}

/* One row of the terminal and no more, or it could not be drawn over. */
static int columns(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1 : 79;
}

int gws_bar_show(void *bar, double done, double total, const char *note)
{
    gws_bar *b = bar;
    const double now = gws_now_s();
    char line[160];

    const int other = note && strncmp(b->part, note, sizeof b->part - 1) != 0;
    if (done < b->done || (other && b->part[0])) { /* another part of the work */
        b->t0_s = now;
        b->from = done;
    }
    if (other)
        snprintf(b->part, sizeof b->part, "%s", note);
    b->done = done;
    if (now - b->shown_s < (b->on ? DRAWN_S : LINE_S) && (!b->on || done < total))
        return gws_interrupted != 0;
    b->shown_s = now;
    int n = compose(b, done, total, note, line);
    if (!b->on) {
        gws_cli_log(GWS_LOG_INFO, "%s", line);
        return gws_interrupted != 0;
    }
    const int most = columns();
    if (n > most)
        line[n = most] = 0;
    fprintf(stderr, "\r%-*s", b->width < most ? b->width : most, line);
    b->width = n;
    gws_logging_progress(n);
    fflush(stderr);
    return gws_interrupted != 0;
}

void gws_bar_clear(gws_bar *b)
{
    if (b->on && b->width > 0)
        fprintf(stderr, "\r%-*s\r", b->width, "");
    b->width = 0;
    gws_logging_progress(0);
}
