/* kept.h - keeps the whitened strain of one detector while it is worked on.
 *
 * On the line: strain files --resample, condition--> whitened runs, 4 bytes a sample of the time that files cover, in memory or in a work
 * file (base/file.h).
 */
#ifndef GWS_STRAIN_KEPT_H
#define GWS_STRAIN_KEPT_H

#include "base/err.h"
#include "base/gains.h"
#include "strain/strain.h"
#include "strain/whitening.h"

#include <stdint.h>

typedef struct gws_kept_run {
    int64_t begin, end; /* absolute samples of the whitened strain, half-open */
    int64_t at;         /* where sample `begin` is in w */
} gws_kept_run;

typedef struct gws_kept_ifo {
    float *w;
    int64_t n, room;
    int in_file;        /* w lies in a work file */
    gws_kept_run *runs; /* (n_runs) in order of time, none touching the next */
    int64_t n_runs, run_room;
    gws_gains gains; /* of a stem's filters, where they follow the noise; else of no width */
} gws_kept_ifo;

/* Bytes that a detector of a set will take, whitened at rate_hz. */
int64_t gws_kept_ifo_bytes(const gws_strain_set *set, int ifo, int rate_hz);

/* Whiten a detector.
 *   how   in   its chunk_s, sink, user and gains are not looked at
 *   work  in   folder of a work file; NULL: memory
 *   out   out  gws_kept_ifo_clear whatever comes of it
 * ENOMEM, EIO, and what gws_strain_condition says */
gws_status gws_kept_ifo_make(gws_strain_set *set, const gws_strain_whitening *how, const char *work, gws_kept_ifo *out,
                             gws_err *err);
void gws_kept_ifo_clear(gws_kept_ifo *k);

/* NULL where nothing follows the noise. */
const gws_gains *gws_kept_ifo_gains(const gws_kept_ifo *k);

#endif
