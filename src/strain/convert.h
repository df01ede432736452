/* convert.h - strain from files of any format into files of any other (save.h).
 *
 * One file, or with `duration_s` one for each stretch of so many seconds, cut on whole multiples of it, and with `per_detector` one for
 * each detector.  Then `path` is a pattern: FOLDER/DESCRIPTION.ending stands for FOLDER/SITES-[IFO_]DESCRIPTION-START-DURATION.ending
 * (LIGO-T050017), as in H-H1_SIM-1264316116-64.gwf and HL-SIM-1264316116-64.gwf.  A stretch without data has no file.
 *
 * Another rate has to divide that of the input.  The filter (dsp/resample.h) has finite length: output whose filter would reach beyond an
 * end or into a gap is a gap, which takes about 58 samples of the new rate from each end.
 *
 * Masks.  Formats that have them get them as they are, and the strain with all that the set reads as data.  What a format without masks
 * is to leave out is the choice of whoever opens the set (gws_strain_use).
 *
 * A block of a minute is in memory at once, and the masks of a file.
 */
#ifndef GWS_STRAIN_CONVERT_H
#define GWS_STRAIN_CONVERT_H

#include "base/progress.h"
#include "strain/save.h"

typedef struct gws_convert {
    const char *path;
    const gws_save_format *format; /* of path */
    const char *const *detectors;  /* (n_detectors) those to be written; NULL: all */
    int n_detectors;
    int rate_hz;         /* 0: as it is */
    int64_t duration_s;  /* 0: not cut in time */
    int per_detector;    /* not 0: one file each */
    const char *channel; /* of formats with channels, without the detector; NULL: the input's, else STRAIN */
    const char *command; /* provenance */
    gws_pool *pool;      /* may be NULL */
    gws_progress progress;

    /* A file is to be written, and has been; both may be NULL. */
    gws_status (*begin)(void *user, const char *path, gws_err *err);
    gws_status (*done)(void *user, const char *path, gws_err *err);
    void *user;
} gws_convert;

/* Write them all, in order of time.
 *   files   out  how many; may be NULL
 * EARG: a rate that does not divide the input's, a detector that the set lacks; what gws_strain_read and gws_save_write say; ESTOP. */
gws_status gws_convert_run(gws_strain_set *set, const gws_convert *c, int64_t *files, gws_err *err);

#endif
