/* matched_template.h - gwspike matched --template: strain filtered with one waveform, and the peak in each detector. */
#ifndef GWS_CLI_MATCHED_TEMPLATE_H
#define GWS_CLI_MATCHED_TEMPLATE_H

#include "base/err.h"
#include "strain/strain.h"

typedef struct gws_matched_template_wish {
    const char *file, *recipe; /* of the waveform; tutorial or pycbc */
    double low_hz;
    double inverse_s; /* of the inverse spectrum; NaN: it is not cut */
    int chisq_bins;
    int json;
} gws_matched_template_wish;

/* Filter the longest stretch of data of every detector, and print the peaks. */
gws_status gws_matched_template(const gws_matched_template_wish *w, gws_strain_set *set, gws_err *err);

#endif
