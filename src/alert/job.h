/* job.h - private to alert/: one follow-up that is to be made: whose, and the strain for it, in memory and in a file for after a crash. */
#ifndef GWS_ALERT_JOB_H
#define GWS_ALERT_JOB_H

#include "alert/params.h"
#include "base/err.h"
#include "alert/journal.h"

typedef struct gws_job {
    char event[GWS_JOURNAL_ID], trigger[GWS_JOURNAL_ID];
    int revision; /* of the message that is followed up */
    int64_t gps_ns;
    int n;
    gws_followup_strain strain[GWS_MAX_IFO]; /* (n) owned */
    struct gws_job *next;
} gws_job;

/* A copy of the strain.  NULL: no memory. */
gws_job *gws_job_create(const gws_followup_strain *strain, int n);
void gws_job_destroy(gws_job *j); /* NULL is fine */

/* Its strain into a file in MLGWSC-1's layout, gaps left out, and back. */
gws_status gws_job_save(const gws_job *j, const char *path, gws_err *err);
gws_job *gws_job_load(const char *path, gws_err *err);

#endif
