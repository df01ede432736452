/* recipe.h - section [data] of a recipe, read once into numbers and the laws that it names (sim/law.h).
 *
 * Keys and defaults are documented in configs/default.ini.
 */
#ifndef GWS_TRAIN_RECIPE_H
#define GWS_TRAIN_RECIPE_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/ini.h"
#include "dsp/condition.h"
#include "gw/antenna.h"
#include "sim/contaminate.h"
#include "sim/law.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_CURVE_DF_HZ 0.25 /* grid on which curves are kept */
#define GWS_DATA_CURVES 64   /* most measured curves of a detector */

/* The three parts of the data, which share no signal, no noise and no seed. */
typedef enum gws_split { GWS_SPLIT_TRAIN = 0, GWS_SPLIT_VALID = 1, GWS_SPLIT_TEST = 2 } gws_split;
extern const char *const gws_split_name[3]; /* train, valid, test */

typedef struct gws_data_recipe {
    int n_ifo;
    const gws_site *site[GWS_MODEL_IFOS];
    int rate_hz, window; /* window in samples */
    int64_t n_signals;   /* of the split asked for */
    double noise_s, stretch_s, noise_filter_s;
    char psd[256], approximant[32];
    gws_source_law sources; /* of the detectors above */
    double snr_min, snr_max, snr_power, snr_tail, snr_tail_max;
    double merger_min_s, merger_max_s, after_s;
    double signal_share, glitch_share, signal_glitch_share;
    gws_condition_params condition;
    gws_contaminate_params disturbance; /* of disturbed noise: glitches and mains lines */
    gws_curve_family curves;            /* about the named curve up to Nyquist, held constant below 8 Hz */
    gws_psd *measured[GWS_MODEL_IFOS];  /* (n_measured) of each detector, on the grid of the design; none: NULL */
    int n_measured[GWS_MODEL_IFOS];     /* one of them stands in the design's place where there are any */
} gws_data_recipe;

/* Read and check everything; unknown keys of [data] are refused.  Clear in any case. */
gws_status gws_data_recipe_read(gws_ini *ini, gws_split split, gws_data_recipe *out, gws_err *err);
void gws_data_recipe_clear(gws_data_recipe *r);

/* A path as it stands, or `$NAME/rest` with the environment's NAME: recipes hold no paths of a machine.
 *   key   in   for the sentence: EARG, the environment has no such name, or the path does not fit
 *   out   (size) out */
gws_status gws_recipe_path(const char *key, const char *given, char *out, size_t size, gws_err *err);

#endif
