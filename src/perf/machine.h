/* machine.h - the results of `optimize` for a machine, in a small .ini file that later runs read.
 *
 *   [machine]
 *   processor = ...        whose numbers these are; of another machine they are not used
 *   processors = 2
 *   threads = 2            default of -j
 *   block = 128            steps that a search works on at once
 *   batch = 32             suggestion; what `profile` uses unless told otherwise, never `train`
 *
 * Threads and block change no byte of any result.
 */
#ifndef GWS_PERF_MACHINE_H
#define GWS_PERF_MACHINE_H

#include "base/err.h"

typedef struct gws_machine {
    int threads, block, batch; /* 0: not known */
} gws_machine;

/* Zeros, and no error, when the file is of another machine. */
gws_status gws_machine_load(const char *path, gws_machine *out, gws_err *err);

/* Make the last two folders of the path where they are missing; one that cannot be made shows when the file is begun. */
void gws_machine_make_folders(const char *path);
gws_status gws_machine_save(const char *path, const gws_machine *m, gws_err *err);

#endif
