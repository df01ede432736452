/* frame.h - reads a file that has just appeared, all of it or nothing, and says what is wrong with it when it cannot.
 *
 * Strain is read by the formats of strain/ (format.h); what the rules ask for (source.h) is read from the same frame file.  A whole second in which
 * a rule fails is a gap; where several fail the first says why.  A frame without the channel of strain is a gap at once, with the reason that
 * the state gives, if it gives one: a detector that does not observe need not be waited for.
 */
#ifndef GWS_LIVE_FRAME_H
#define GWS_LIVE_FRAME_H

#include "base/err.h"
#include "live/source.h"

typedef enum gws_live_reading {
    GWS_LIVE_READ,      /* handed over, as data or as gaps */
    GWS_LIVE_NOT_WHOLE, /* ends too early: perhaps it is still being written */
    GWS_LIVE_BROKEN,    /* whole, and yet it cannot be read */
    GWS_LIVE_GONE       /* no such file */
} gws_live_reading;

/* What is to be read. */
typedef struct gws_live_file {
    const char *name;  /* its path, or what sentences call it */
    const void *bytes; /* (n) of a frame file in memory; NULL: the file is read */
    size_t n;
} gws_live_file;

/* Read a file and hand its pieces over, each a second at most, by detector and in order of time.
 *   closed_s  when it was closed
 *   reading   out  how that went; of all but GWS_LIVE_READ nothing was handed over, and err says why
 * Fails (ENOMEM, or what the taker gives) where the search cannot go on. */
gws_status gws_live_frame_read(const gws_live_source_params *p, const gws_live_file *file, double closed_s,
                               const gws_live_taker *taker, gws_live_reading *reading, gws_err *err);

/* Hand over the gap that a file stands for: of the detector, start and duration that its name says (strain/filename.h), else of the frames and
 * detectors that its bytes tell of in front of their damage; else nothing. */
gws_status gws_live_frame_lost(const gws_live_file *file, gws_live_gap why, double closed_s, const gws_live_taker *taker,
                               gws_err *err);

#endif
