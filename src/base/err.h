/* err.h - how anything in gwspike says that it failed.
 *
 * Three kinds of trouble, three treatments.  The world (a missing file, a full
 * disk, a truncated header) is returned as a gws_status with one sentence in an
 * optional gws_err.  The programmer (NULL, wrong shape) meets GWS_ASSERT, which
 * is active in release builds too.  The numbers (a NaN, a silent layer) are
 * counted in the statistics of the stage that saw them.
 *
 * The library never prints and never exits.
 */
#ifndef GWS_BASE_ERR_H
#define GWS_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

/* Append only: the values are part of the interface. */
typedef enum gws_status {
    GWS_OK = 0,
    GWS_EARG = 1,     /* the caller's request makes no sense */
    GWS_ENOMEM = 2,   /* an allocation failed */
    GWS_EIO = 3,      /* the system refused to open, read, write, rename */
    GWS_EFORMAT = 4,  /* the bytes are not what the format says */
    GWS_EVERSION = 5, /* right format, version we do not read */
    GWS_EDATA = 6,    /* readable, but unusable: all NaN, too short, wrong rate */
    GWS_ENUM = 7,     /* arithmetic left the finite numbers */
    GWS_ESTOP = 8     /* a callback asked to stop */
} gws_status;

typedef struct gws_err {
    gws_status status;
    char text[480]; /* one line, no newline: what was wanted, what was found, where */
} gws_err;

/* Store a status and a formatted sentence.
 *   err     out  may be NULL, then only the status is returned
 * returns   status, so that `return gws_err_set(...)` reads well
 */
gws_status gws_err_set(gws_err *err, gws_status status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "context: " in front of the sentence already stored (the file or tensor it is about). */
void gws_err_prefix(gws_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Name of a status in one lower-case word, for machine-readable output. */
const char *gws_status_name(gws_status status);

/* Report a broken precondition on stderr and abort; use the macro. */
_Noreturn void gws_assert_fail(const char *cond, const char *file, int line);

#define GWS_ASSERT(cond) ((cond) ? (void)0 : gws_assert_fail(#cond, __FILE__, __LINE__))

#endif
