/* backgrounds.h - --background of the verbs that give rates: files of time slides instead of the model's calibration. */
#ifndef GWS_CLI_BACKGROUNDS_H
#define GWS_CLI_BACKGROUNDS_H

#include "model/classifier.h"
#include "search/ranking.h"

#define GWS_OPT_BACKGROUND(v)                                                                                                      \
    {                                                                                                                              \
        0, "background", GWS_OPT_STRING, (v), "FILE[,FILE]",                                                                       \
            "rates from these time slides (gwspike background) instead of the model's calibration", 0                              \
    }
#define GWS_OPT_FIT_ABOVE(v)                                                                                                       \
    {                                                                                                                              \
        0, "fit-above", GWS_OPT_DOUBLE, (v), "X", "with --background: rates above this statistic from an exponential tail", 0      \
    }
#define GWS_OPT_REMOVE_LOUD(v)                                                                                                     \
    {                                                                                                                              \
        0, "remove-loud", GWS_OPT_FLAG, (v), NULL,                                                                                 \
            "with --background: events louder than all of it leave it, with what is near them", 0                                  \
    }

#define GWS_OPT_WHITENING(v)                                                                                                       \
    {                                                                                                                              \
        0, "whitening", GWS_OPT_STRING, (v), "S[,S[,S]]",                                                                          \
            "whiten by a filter this long, in such blocks, this far ahead, not the recipe's: 2,0.0625,0.5 is sooner", 0            \
    }

typedef struct gws_backgrounds {
    gws_background *b;
    char **names;
    int n;                /* 0: none was asked for */
    gws_ranking *ranking; /* of the model's detectors; NULL: none was asked for */
    int64_t removed;      /* events that were taken out */
} gws_backgrounds;

/* Whiten as --whitening has it; NULL: as the recipe has it. */
gws_status gws_whitening_set(gws_model *m, const char *text, gws_err *err);

/* Read the files of a list with commas.
 *   model_path  of the model whose events are ranked; p's model is its SHA-256, filled in here
 *   model       whitened as the search does it, which p's filter_s and ahead_s are taken from; a file that does not say how it was whitened
 *               is taken with a warning
 *   out         zero on failure */
gws_status gws_backgrounds_open(const char *list, const char *model_path, const gws_model *model, gws_ranking_params *p,
                                gws_backgrounds *out, gws_err *err);

/* The same in two steps: the files, and the ranking of a model or a part of it from what they hold of its detectors.
 *   need_one  0: where none of the files is of that model and these detectors, *out is NULL and that is no failure
 *   out       the caller's to destroy */
gws_status gws_backgrounds_load(const char *list, gws_backgrounds *out, gws_err *err);
gws_status gws_backgrounds_rank(const gws_backgrounds *b, const char *model_path, const gws_model *model, gws_ranking_params *p,
                                int need_one, gws_ranking **out, gws_err *err);
void gws_backgrounds_clear(gws_backgrounds *b);

/* Columns of an events file: far_per_month, far_per_month_limit, far_sigma_per_month (f64; NaN where it is none) and far_fitted. */
gws_status gws_backgrounds_write(gws_h5 *f, const gws_ranking *ranking, const gws_far_rate *far, int64_t n, gws_err *err);

/* The lines below a table of rates that ranking gave. */
void gws_backgrounds_note(const gws_backgrounds *b, const gws_ranking *ranking, double fit_above);

#endif
