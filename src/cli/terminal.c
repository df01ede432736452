#include "cli/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static atomic_int taken;

void gws_terminal_leave(void)
{
    static const char out[] = "\x1b[0m\x1b[?25h\x1b[?1049l"; /* plain, cursor, the screen that was there */

    if (!atomic_exchange(&taken, 0))
        return;
    (void)!write(STDOUT_FILENO, out, sizeof out - 1);
    tcsetattr(STDOUT_FILENO, TCSANOW, &before);
}

/* A mistake of the program's own ends it; its line should be read. */
static void on_crash(int number)
{
    gws_terminal_leave();
    signal(number, SIG_DFL);
    raise(number);
}

gws_status gws_terminal_take(const char *kind, gws_err *err)
{
    static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    static const char in[] = "\x1b[?1049h\x1b[?25l\x1b[2J";

    if (!isatty(STDOUT_FILENO) || tcgetattr(STDOUT_FILENO, &before) != 0)
        return gws_err_set(err, GWS_EARG, "--top draws on a terminal, and standard output is none");
    if (!kind || !*kind || strcmp(kind, "dumb") == 0)
        return gws_err_set(err, GWS_EARG, "--top wants a terminal that moves its cursor, TERM is '%.40s'", kind ? kind : "");
    struct termios now = before;
    now.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    now.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDOUT_FILENO, TCSANOW, &now);
    taken = 1;
    atexit(gws_terminal_leave);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        signal(crashes[i], on_crash);
    (void)!write(STDOUT_FILENO, in, sizeof in - 1);
    return GWS_OK;
}

void gws_terminal_size(int *rows, int *columns)
{
    struct winsize w;

    *rows = 24;
    *columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
        *rows = w.ws_row;
        *columns = w.ws_col;
    }
}

int gws_terminal_is_unicode(void)
{
    locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const int unicode = l && strcmp(nl_langinfo_l(CODESET, l), "UTF-8") == 0;

    if (l)
        freelocale(l);
    return unicode;
}

void gws_terminal_show(const char *text, size_t n, int wipe)
{
    if (wipe && taken)
        (void)!write(STDOUT_FILENO, "\x1b[2J", 4);
    while (n > 0 && taken) {
        const ssize_t sent = write(STDOUT_FILENO, text, n);
        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}
