/* heads.h - several rankings from one search: writes the events of every head, and of the statistic that they began as. */
#ifndef GWS_CLI_HEADS_H
#define GWS_CLI_HEADS_H

#include "base/err.h"
#include "model/classifier.h"

#include <stdint.h>

enum { GWS_HEADS_SPIKING = GWS_HEAD_SPIKING, GWS_HEADS_LINEAR = GWS_HEAD_LINEAR, GWS_HEADS_STATISTIC, GWS_HEADS };

typedef struct gws_heads gws_heads;

/* Files to write, (GWS_HEADS), NULL where none is asked for; they are begun here and finished by gws_heads_save.  Triggers go down to the
 * lowest statistic of the model's background; those of the bare statistic to the one that wakes the network.
 * NULL when nothing is asked for (err->status GWS_OK), or on failure. */
gws_heads *gws_heads_create(const gws_model *m, const char *const *paths, gws_err *err);
void gws_heads_destroy(gws_heads *h);

/* Logits of n steps; statistic NULL: the model carries none.  h may be NULL. */
void gws_heads_push(gws_heads *h, int64_t step, const float *y_spiking, const float *y_linear, const float *statistic, int64_t n);

/* End of data: the files, as MLGWSC-1 wants them. */
gws_status gws_heads_save(gws_heads *h, const char *command, const char *sha256, gws_err *err);

#endif
