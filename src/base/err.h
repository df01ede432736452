/* err.h - how anything in gwspike says that it failed.
 *
 * Three kinds of trouble, three treatments.  The world (a missing file, a full
 * disk, a truncated header) is returned as a gws_status with one sentence in an
 * optional gws_err.  The programmer (NULL, wrong shape) meets GWS_ASSERT, which
 * is active in release builds too.  The numbers (a NaN, a silent layer) are
 * counted in the statistics of the stage that saw them.
 *
 * gws_status and gws_err are what a user of the library sees of this, so gwspike.h has them.  It stands below all layers: what it declares
 * has the same name and shape inside and outside, and is declared once.
 *
 * The library never prints and never exits.
 */
#ifndef GWS_BASE_ERR_H
#define GWS_BASE_ERR_H

#include "base/assert.h"
#include "gwspike.h"

#include <stdarg.h>
#include <stddef.h>

/* Store a status and a formatted sentence.
 *   err     out  may be NULL, then only the status is returned
 * returns   status, so that `return gws_err_set(...)` reads well
 */
gws_status gws_err_set(gws_err *err, gws_status status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put "context: " in front of the sentence already stored (the file or tensor it is about). */
void gws_err_prefix(gws_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
