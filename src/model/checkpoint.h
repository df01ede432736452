/* checkpoint.h - model files (HDF5, format version 1).
 *
 *   /                attributes format "gwspike-model", format_version 1, rate_hz, hop, warmup, provenance; steps of the optimizer, if known
 *   /recipe          string: the .ini it was trained with
 *   /detectors       string: "H1,L1", in the order of the input channels
 *   /parameters/...  f32, one data set a tensor, named as in the parameter table
 *   /calibration/{spiking,linear}/stat  f32 descending; attributes livetime_s, offset_s, threshold     (absent before calibration)
 *   /calibration/H1/{spiking,linear}/stat, /calibration/H1,L1/...  the same of some of the detectors  (matched stem only; older files have none)
 *   /card            string: what was measured
 *   /history         string: the files that it came from: that of the starting parameters with its recipes, those that calibrations were
 *                    added to; absent: there was none
 *   /optimizer/...   first and second moments as the parameters, and attribute step     (training checkpoints only)
 *   /average/...     parameters averaged over the steps of the phase   (training checkpoints only, where they are wanted)
 *   /best/...        parameters that were best on held-out candidates, and attributes spiking, linear: how good   (likewise, with candidates only)
 */
#ifndef GWS_MODEL_CHECKPOINT_H
#define GWS_MODEL_CHECKPOINT_H

#include "base/hdf5.h"
#include "base/ifo.h"
#include "model/calibration.h"
#include "model/arch.h"
#include "model/reference.h"

#define GWS_MODEL_VERSION 1

/* Everything a model file holds.  Owned by the caller; clear frees it. */
typedef struct gws_checkpoint {
    gws_arch arch;
    gws_table table;
    gws_param_rows rows;
    float *p;       /* parameters */
    float *m, *v;   /* optimizer moments; NULL in a finished model */
    float *average; /* of the parameters over the steps of the phase; NULL: not asked for, and in a finished model */
    float *best;    /* parameters that were best on held-out data; NULL: not asked for, and in a finished model */
    double best_score[2];
    int64_t step; /* optimizer steps done, over all phases; 0 also where a finished model does not say */
    int phase;    /* training phase that goes on; -1 when finished */
    int64_t phase_step;
    char *recipe, *detectors, *card, *history;
    int warmup;
    gws_calibration cal[2];                       /* by gws_head, of all detectors */
    gws_calibration part[1 << GWS_MODEL_IFOS][2]; /* of some of them, bit i: detector i; that of all is cal */
} gws_checkpoint;

/* Make a fresh network for a recipe: [model] gives arch and table, the seed gives the parameters. */
gws_status gws_checkpoint_init(gws_checkpoint *c, const char *recipe_text, uint64_t seed, gws_purpose purpose, gws_err *err);
/* Take over the parameters of another model of the same architecture, and record in history where they came from. */
gws_status gws_checkpoint_start_from(gws_checkpoint *c, const char *path, gws_err *err);
/* Add to the history: what was done with the file of that path, its sha256, and more about it. */
gws_status gws_checkpoint_note(gws_checkpoint *c, const char *done, const char *path, const char *more, gws_err *err);
gws_status gws_checkpoint_load(gws_checkpoint *c, const char *path, gws_err *err);
gws_status gws_checkpoint_save(const gws_checkpoint *c, const char *path, const char *command, int64_t seed, gws_err *err);
void gws_checkpoint_clear(gws_checkpoint *c);

/* The calibration (2), by gws_head, of the detectors whose bits are set: those of c, some or all.  Without stat it was never measured. */
const gws_calibration *gws_checkpoint_calibration(const gws_checkpoint *c, unsigned ifos);
int gws_checkpoint_is_calibrated(const gws_checkpoint *c, unsigned ifos); /* both heads */

/* Their names, as "H1,L1". */
void gws_checkpoint_names(const gws_checkpoint *c, unsigned ifos, char out[4 * GWS_MODEL_IFOS + 1]);

/* What a conditioner is told of a matched stem whose templates follow the noise (arch.follow).  NULL: ENOMEM */
gws_reference *gws_checkpoint_reference(const gws_checkpoint *c, gws_err *err);

#endif
