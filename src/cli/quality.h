/* quality.h - how the verbs that read strain report data that were left out and quality bits that fail. */
#ifndef GWS_CLI_QUALITY_H
#define GWS_CLI_QUALITY_H

#include "base/hdf5.h"
#include "base/json.h"
#include "strain/strain.h"

#include <stdio.h>

#define GWS_OPT_KEEP(v)                                                                                                            \
    {                                                                                                                              \
        0, "keep", GWS_OPT_STRING, (v), "WHAT",                                                                                    \
            "use what is left out by default: cat1 (CBC_CAT1 off), injections (hardware) or cat1,injections", 0                    \
    }

/* Set what --keep asks for; NULL asks for nothing.  Returns 0, or -1 when a word is none of those above. */
int gws_keep_parse(const char *text, gws_strain_use *use);

/* One line a detector of which something was left out: "H1: 3 s of 32 s left out: 2 s with DATA off, 1 s of one repeated value".
 *   to       NULL: the lines go into the log
 *   ifo      (n) detectors of the set
 *   between  not 0: what lies between the first and the last sample of any of these detectors and is in no file of one counts as left out */
void gws_losses_print(FILE *to, const gws_strain_set *set, const int *ifo, int n, int between);

/* The bits that fail in the seconds of [begin_ns, end_ns], "H1:CBC_CAT2 L1:CBC_CAT3"; "" when there are none.  Caller frees. */
gws_status gws_dq_find(gws_strain_set *set, const int *ifo, int n, int64_t begin_ns, int64_t end_ns, char **out, gws_err *err);

/* Put them as `dq`, a list. */
void gws_dq_json(gws_json *j, const char *dq);

/* Write one string a trigger as the data set /dq. */
gws_status gws_dq_write(gws_h5 *f, const char *const *dq, int64_t n, gws_err *err);

#endif
