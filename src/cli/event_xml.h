/* event_xml.h - what a search found as LIGO_LW XML: sngl_inspiral and coinc tables, which igwn-ligolw and what is built on it read.
 *
 * process (one row, program gwspike), process_params (the command line, the inputs' hashes), sngl_inspiral, coinc_definer, coinc_event,
 * coinc_event_map, coinc_inspiral, time_slide (zero lag); and, where the live times are given, segment_definer (GWSPIKE-SEARCHED of each detector) and
 * segment.  What a search does not know is null: a trigger of the network has a time, a statistic and a rate, and neither masses nor the triggers of
 * its detectors.  combined_far is in Hz; a rate that is only bounded is null.
 */
#ifndef GWS_CLI_EVENT_XML_H
#define GWS_CLI_EVENT_XML_H

#include "base/err.h"
#include "base/ifo.h"
#include "matched/bank.h"
#include "search/far.h"
#include "strain/strain.h"

#include <stdint.h>

/* A row of sngl_inspiral. */
typedef struct gws_xml_single {
    int ifo; /* index of detector */
    int64_t end_ns;
    double snr, phase_rad, sigma, chisq_reduced;
    const gws_template *template;
} gws_xml_single;

/* A row of coinc_event and coinc_inspiral. */
typedef struct gws_xml_event {
    int64_t end_ns;
    double stat, snr; /* snr: of the network; NaN: not known */
    gws_far_rate far;
    const gws_template *template; /* NULL: not known */
    int ifos;                     /* bit i: detector i takes part */
    int64_t single[GWS_MAX_IFO];  /* (n_ifo) row of sngl_inspiral, -1: none */
} gws_xml_event;

typedef struct gws_xml_found {
    int n_ifo;
    char ifo[GWS_MAX_IFO][4];
    const char *command, *sha256; /* of the run; sha256 as gws_strain_sha256 has it */
    const void *user;
    int64_t n_singles, n_events;
    void (*single)(const void *user, int64_t i, gws_xml_single *out);
    void (*event)(const void *user, int64_t i, gws_xml_event *out);
    const gws_span *live[GWS_MAX_IFO]; /* (n_live) samples at live_rate_hz that were searched */
    int n_live[GWS_MAX_IFO], live_rate_hz;
} gws_xml_found;

/* Write all to a file .xml or .xml.gz. */
gws_status gws_event_xml_write(const char *path, const gws_xml_found *found, gws_err *err);

#endif
