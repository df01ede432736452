/* writer.h - frame files of version 8, as LALFrame, FrameL and frameCPP read them.
 *
 * A file is frames in order of time, each with the same or other channels, written as FrProcData with one vector each: doubles and floats
 * compressed by zlib, or raw.  It has a dictionary, a table of contents and all checksums.  Bytes are little-endian on every machine, and
 * the same for the same input.  It is written through base/output.h: the name holds a whole file or what was there before.
 */
#ifndef GWS_GWF_WRITER_H
#define GWS_GWF_WRITER_H

#include "base/err.h"
#include "gwf/gwf.h"

#include <stdint.h>

typedef struct gws_gwf_writer gws_gwf_writer;

/* One channel of a frame. */
typedef struct gws_gwf_channel_data {
    const char *name;  /* "H1:GWOSC-4KHZ_R1_STRAIN", at most 255 bytes */
    const char *unit;  /* "strain"; NULL: none */
    gws_gwf_type type; /* GWS_GWF_F8, GWS_GWF_F4, GWS_GWF_I4 or GWS_GWF_U4 */
    const void *data;  /* (n) of that type */
    int64_t n;
    double dx_s;     /* between samples */
    double offset_s; /* of the first sample from the frame's time; 0 as a rule */
} gws_gwf_channel_data;

/* name: what FrameH calls the frame ("LIGO", "VIRGO", free); level: of zlib, 0 raw, 1 to 9. */
gws_gwf_writer *gws_gwf_writer_create(const char *path, const char *name, int level, gws_err *err);

/* Say where the data come from, as the history (FrHistory) of the first frame; called before it.  text: lines. */
gws_status gws_gwf_writer_history(gws_gwf_writer *w, const char *text, gws_err *err);

/* Append a frame.
 *   t0_ns     GPS of its beginning
 *   dt_s      its length
 *   channels  (n) copied into the file at once */
gws_status gws_gwf_writer_frame(gws_gwf_writer *w, int64_t t0_ns, double dt_s, const gws_gwf_channel_data *channels, int n,
                                gws_err *err);

/* Write table and end, and give the file its name.  The writer is gone in either case; on failure so is the file. */
gws_status gws_gwf_writer_commit(gws_gwf_writer *w, gws_err *err);
void gws_gwf_writer_destroy(gws_gwf_writer *w); /* gives up; NULL is fine */

#endif
