/* calibrate.h - measures a trained network: background, timing offset, efficiency; of a matched stem the background of every set of its detectors.
 *
 * Background: whitened noise that no window ever held (gws_background_stretch), through the streaming detector and the search, both heads, as
 * `detect` would run them.  Its triggers are the false-alarm calibration.  Timing: median of plateau centre minus merger over test signals.
 * Efficiency: share of test signals at a fixed network SNR that give a trigger within window_s of the merger above the threshold for the given
 * false-alarm rate.
 *
 * Fewer detectors: gws_model_part through the same noise of these alone, with thresholds of their own and the whole's timing.
 */
#ifndef GWS_TRAIN_CALIBRATE_H
#define GWS_TRAIN_CALIBRATE_H

#include "base/err.h"
#include "base/ini.h"
#include "base/progress.h"
#include "base/thread.h"
#include "model/checkpoint.h"

#include <stdint.h>

#define GWS_EFF_SNRS 11 /* SNR 5 to 15 */

typedef struct gws_efficiency {
    double threshold[2][3];           /* per head: statistic at 1000, 100, 30 (one a day) false alarms per month; NaN unresolved */
    double found[2][3][GWS_EFF_SNRS]; /* share found */
    int windows;                      /* test signals per SNR */
    double timing_rms_s[2];           /* of found signals at SNR >= 10 */
    double livetime_s, lead_s;        /* of the background; of the noise in front of each signal */
} gws_efficiency;

extern const double gws_eff_rates[3];

/* Check what the recipe says about calibration.  It is called before training, so that a mistake does not show hours later. */
gws_status gws_calibrate_check(gws_ini *recipe, gws_err *err);

/* Bytes that gws_calibrate takes on so many threads, its test signals left out (gws_dataset_bytes_most). */
int64_t gws_calibrate_bytes(const gws_arch *a, int threads);

/* Measure what c has no calibration of, and store it into c->cal and c->part; c must hold a trained network.  [calibrate] background_hours,
 * part_hours (of every set of fewer detectors; 0: none is measured), windows, seed, quantile (of the smoothed logit: where clusters begin),
 * trigger_rate (default threshold: so many false alarms per 30 days).
 *   out  of all detectors; without windows where c had their calibration
 * returns  GWS_OK, and EDATA where there was nothing to measure */
gws_status gws_calibrate(gws_checkpoint *c, gws_ini *recipe, gws_pool *pool, gws_progress_fn progress, void *user,
                         gws_efficiency *out, gws_err *err);

/* Area under the ROC: the probability that a signal's statistic exceeds a noise window's, ties counted half.
 *   signal (ns), noise (nn) in;  0.5 when one of them is empty, NaN when memory is out */
double gws_auc(const float *signal, int64_t ns, const float *noise, int64_t nn);

#endif
