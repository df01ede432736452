/* select.h - what of the inputs a verb reads: channels of frames, an interval, segments, vetoes. */
#ifndef GWS_CLI_SELECT_H
#define GWS_CLI_SELECT_H

#include "strain/strain.h"

/* What the command line says; NULL and NaN where it does not. */
typedef struct gws_select {
    const char *channels; /* "H1:NAME,L1:NAME" */
    const char *segments, *veto;
    const char *state_channels, *state_bits; /* "H1:NAME,L1:NAME"; a number */
    double begin_s, end_s;
    const char *cache; /* folder of what is fetched; NULL: the program's */
    int no_cache;      /* how often given */
    char ifos[32];     /* of an event: "H1,L1"; "": all that there are.  A verb sets it, no option does */
} gws_select;

/* The same, as the library wants it. */
typedef struct gws_selection {
    gws_intervals only, veto;
    char *text;         /* the channels' names */
    const char **names; /* into text, ends with NULL */
    char *state_text;
    gws_strain_state *states; /* ends with NULL */
} gws_selection;

/* The rows of a verb's table of options; s is a gws_select. */
#define GWS_OPTS_SELECT(s)                                                                                                           \
    {0,                                                                                                                              \
     "channel",                                                                                                                      \
     GWS_OPT_STRING,                                                                                                                 \
     &(s)->channels,                                                                                                                 \
     "DET:NAME",                                                                                                                     \
     "of frames and HDF5 series, these and no others; a comma between two",                                                          \
     0},                                                                                                                             \
        {0, "gps-start-time", GWS_OPT_DOUBLE, &(s)->begin_s, "S", "read nothing before it", 0},                                      \
        {0, "gps-end-time", GWS_OPT_DOUBLE, &(s)->end_s, "S", "read nothing from it on", 0},                                         \
        {0, "segments", GWS_OPT_STRING, &(s)->segments, "FILE", "read these stretches only: text (begin, end), JSON or LIGO_LW XML", \
         0},                                                                                                                         \
        {0, "veto", GWS_OPT_STRING, &(s)->veto, "FILE", "take these stretches for gaps: text, JSON or LIGO_LW XML", 0},              \
        {0,                                                                                                                          \
         "cache",                                                                                                                    \
         GWS_OPT_STRING,                                                                                                             \
         &(s)->cache,                                                                                                                \
         "FOLDER",                                                                                                                   \
         "of what is fetched (default: $GWSPIKE_CACHE, else a folder in $TMPDIR)",                                                   \
         1},                                                                                                                         \
        {0,                                                                                                                          \
         "state-channel",                                                                                                            \
         GWS_OPT_STRING,                                                                                                             \
         &(s)->state_channels,                                                                                                       \
         "DET:NAME",                                                                                                                 \
         "states of a detector, beside its strain; a comma between two",                                                             \
         0},                                                                                                                         \
        {0,                                                                                                                          \
         "state-bits",                                                                                                               \
         GWS_OPT_STRING,                                                                                                             \
         &(s)->state_bits,                                                                                                           \
         "MASK",                                                                                                                     \
         "with --state-channel: bits that are all set where there is data (default 3: science mode)",                                \
         0},                                                                                                                         \
    {                                                                                                                                \
        0, "no-cache", GWS_OPT_FLAG, &(s)->no_cache, NULL, "fetch anew, and keep nothing of it", 1                                   \
    }

/* Nothing is said. */
gws_select gws_select_none(void);

/* Load the files and put all into `use`, which points into the selection from then on.
 *   out   zero on failure; free with gws_selection_clear */
gws_status gws_select_load(const gws_select *s, gws_selection *out, gws_strain_use *use, gws_err *err);
void gws_selection_clear(gws_selection *s);

#endif
