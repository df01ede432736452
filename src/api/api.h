/* api.h - what the files of the face share; private to api/.
 *
 * The face checks all that comes from outside, because what is below it takes a wrong argument for a mistake of the program's own.
 */
#ifndef GWS_API_API_H
#define GWS_API_API_H

#include "base/err.h"
#include "strain/strain.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_API_LAST_S 4e9 /* GPS times end here, in the year 2106 */

struct gws_input {
    gws_strain_set *set;
};

/* Take a struct of the caller's, of which the first member says how long it is.
 *   own      out  zero first, then what both know of it
 *   size     of *own
 *   theirs   in   NULL: own is zero
 *   name     of its type
 * EARG: no length, or one that cannot be; or it is longer, of a newer header, and sets what this library does not know. */
gws_status gws_api_take(void *own, size_t size, const void *theirs, const char *name, gws_err *err);

/* Give a struct to the caller: as much of it as fits. */
gws_status gws_api_give(void *theirs, const void *own, size_t size, const char *name, gws_err *err);

/* The absolute sample at which a block begins.
 *   detector   for the sentence
 *   n          samples of the block */
gws_status gws_api_sample(const char *detector, double gps_s, size_t n, int rate_hz, int64_t *out, gws_err *err);

/* The end of a stream so far, to which the next block has to come.  A block that begins earlier: EARG. */
typedef struct gws_api_end {
    int started;
    int64_t next;
} gws_api_end;
gws_status gws_api_follow(const gws_api_end *end, const char *detector, int64_t sample, int rate_hz, gws_err *err);

/* The path of a model by its name or path, as gws_model_open's.
 *   out   (size) out */
gws_status gws_api_model_path(const char *name, char *out, size_t size, gws_err *err);

#endif
