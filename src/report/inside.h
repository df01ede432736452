/* inside.h - private to report/: maps of the network's latents and spikes around a trigger. */
#ifndef GWS_REPORT_INSIDE_H
#define GWS_REPORT_INSIDE_H

#include "base/err.h"
#include "model/classifier.h"
#include "report/page.h"
#include "report/tape.h"

/* Run the network on what the tape holds and put its latents, events and spikes on the page.  Where the tape has gaps near the trigger
 * nothing is put. */
gws_status gws_inside_put(gws_page *p, const gws_taped *k, const gws_model *model, int number, gws_err *err);

#endif
