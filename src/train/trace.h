/* trace.h - what a training tells of itself: reports for the caller, and the trace in the log directory (track/track.h). */
#ifndef GWS_TRAIN_TRACE_H
#define GWS_TRAIN_TRACE_H

#include "base/err.h"
#include "model/checkpoint.h"
#include "track/track.h"
#include "train/distance.h"
#include "train/step.h"

#include <stdint.h>

/* What is reported while training; also one JSON line in the log directory. */
typedef struct gws_train_report {
    const char *phase;
    int64_t step, steps, total_step; /* of the phase; of all phases so far */
    double loss, loss_cpc, loss_spiking, loss_linear, loss_distil, loss_rates;
    double cpc_accuracy; /* share of anchors whose true target scores highest */
    gws_step_rates rates;
    double grad_norm, lr;         /* norm of the encoder's gradient before clipping (of the heads' in classify) */
    double grad_norms[3];         /* before clipping: of the encoder, the spiking classifier, the linear head */
    double samples_per_s, left_s; /* left: of all phases */
    int evaluated;                /* the following are new: held-out windows, SNR 8 to 15 */
    double auc_spiking, auc_linear;
    double eff_spiking, eff_linear; /* at no false alarm among the held-out noise windows */
    int measured;                   /* instead, where there are candidates: */
    gws_distance distance[2];       /* of the spiking and the linear head, relative to the untrained ones */
} gws_train_report;

/* The row of a report. */
gws_status gws_trace_report(gws_track *t, const gws_train_report *r, gws_err *err);

/* Histograms of every tensor, of its last gradient, and of the rates of the units in the last windows worked on; pictures of the last of
 * these: its input (spectrograms of samples, else the rows of the matched stem), the events and the spikes. */
gws_status gws_trace_look(gws_track *t, const gws_checkpoint *c, const gws_stepper *s, gws_err *err);

#endif
