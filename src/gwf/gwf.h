/* gwf.h - frame files (GWF, LIGO-T970130), versions 6 and 8, as LALFrame, FrameL and frameCPP write them.
 *
 * A file holds frames, each a stretch of time; a frame holds channels, each with one vector of samples.  Channels are FrProcData (h(t) and
 * all that is made of it), FrAdcData (what was digitised) and FrSimData.  Names and positions come from the table of contents where
 * there is one that holds together, else from a walk through the file.  Both byte orders are read.
 *
 * Compression (the low byte of FrVect.compress): 0 raw, 1 zlib, 3 zlib of differences, 5 and 8 zero suppression of 2-byte and 4-byte
 * integers.  Zero suppression of 8-byte integers, or of big-endian data, has no writer at hand that it could be checked with, and is refused.
 *
 * Checksums.  Of version 8 each structure has one, which is verified whenever the structure is read; gws_gwf_verify looks at all of
 * them and at those of header and file.  Version 6 has them for frames and the file; gws_gwf_verify looks at them.
 *
 * Nothing in a file is believed before it fits: a count, a length or a pointer that leads outside is one sentence with the file, the
 * structure and its offset.  Thread rule: a file from one thread at a time.
 */
#ifndef GWS_GWF_GWF_H
#define GWS_GWF_GWF_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Types of FrVect, by their numbers in the file. */
typedef enum gws_gwf_type {
    GWS_GWF_I1 = 0,
    GWS_GWF_I2 = 1,
    GWS_GWF_F8 = 2,
    GWS_GWF_F4 = 3,
    GWS_GWF_I4 = 4,
    GWS_GWF_I8 = 5,
    GWS_GWF_C8 = 6,
    GWS_GWF_C16 = 7,
    GWS_GWF_STRING = 8,
    GWS_GWF_U2 = 9,
    GWS_GWF_U4 = 10,
    GWS_GWF_U8 = 11,
    GWS_GWF_U1 = 12
} gws_gwf_type;

typedef enum gws_gwf_kind { GWS_GWF_ADC, GWS_GWF_PROC, GWS_GWF_SIM } gws_gwf_kind;

typedef struct gws_gwf gws_gwf;

typedef struct gws_gwf_frame {
    int64_t t0_ns; /* GPS of its beginning */
    double dt_s;   /* its length as FrameH says */
    uint32_t data_quality;
} gws_gwf_frame;

/* A channel in one frame. */
typedef struct gws_gwf_series {
    int present; /* 0: the frame does not have the channel; the rest is zero */
    gws_gwf_type type;
    int64_t n;          /* samples */
    double dx_s;        /* between samples */
    int64_t t0_ns;      /* GPS of the frame */
    double offset_s;    /* of the first sample from it: timeOffset + startX */
    int invalid;        /* FrAdcData.dataValid, 0: valid */
    double slope, bias; /* value = bias + slope * sample; 1 and 0 where the file says nothing */
    char unit[256];     /* unitY, cut if need be; GWOSC's masks have the names of their bits in it */
    int64_t at;         /* offset of the FrVect, for gws_gwf_read */
} gws_gwf_series;

/* Do the first bytes say that it is a frame file? */
int gws_gwf_probe(const char *path);

/* Open a file and list what is in it; samples are not read.
 * NULL with one sentence: EIO, ENOMEM, EFORMAT, EVERSION (neither 6 nor 8). */
gws_gwf *gws_gwf_open(const char *path, gws_err *err);

/* The same of the bytes of a file, which are borrowed until it is closed.
 *   name  what sentences call it */
gws_gwf *gws_gwf_open_bytes(const char *name, const void *bytes, size_t n, gws_err *err);

/* What the beginning of a file that is cut or damaged says: the frames and channels in front of the damage.  NULL: there is no frame. */
gws_gwf *gws_gwf_open_part(const char *name, const void *bytes, size_t n, gws_err *err);

void gws_gwf_close(gws_gwf *f); /* NULL is fine */

const char *gws_gwf_path(const gws_gwf *f);
int gws_gwf_version(const gws_gwf *f);

int gws_gwf_frames(const gws_gwf *f, const gws_gwf_frame **frames);

/* Channels in the order of the file. */
int gws_gwf_channels(const gws_gwf *f);
const char *gws_gwf_name(const gws_gwf *f, int channel);
int gws_gwf_find(const gws_gwf *f, const char *name); /* -1: none */

/* What a channel is in a frame; its samples are not read. */
gws_status gws_gwf_stat(gws_gwf *f, int channel, int frame, gws_gwf_series *out, gws_err *err);

/* Samples start .. start+n-1 of a series as numbers, scaled by slope and bias.
 *   out   (n) out
 * The vector is decoded whole and kept until another is asked for.  EFORMAT, and EDATA for complex numbers and strings. */
gws_status gws_gwf_read(gws_gwf *f, const gws_gwf_series *s, int64_t start, int64_t n, double *out, gws_err *err);

/* Files one behind the other, as in a pipe: each begins with a header and ends with FrEndOfFile, in which its length stands. */

#define GWS_GWF_HEADER 40 /* bytes */

/* Where the first header begins in n bytes, from an offset on.
 * returns  n when none is there whole */
size_t gws_gwf_find_header(const void *bytes, size_t from, size_t n);

typedef enum gws_gwf_extent {
    GWS_GWF_ENDS,    /* the file is there whole */
    GWS_GWF_GOES_ON, /* its end is not there yet */
    GWS_GWF_DAMAGED  /* a structure has no length: nobody knows where it ends */
} gws_gwf_extent;

/* How long is the file that these bytes begin with?  No checksum is looked at.
 *   bytes  (n) a header and what is there behind it
 *   at     in/out  0 at first; then where the next structure begins, so that nothing is walked twice; of a whole file its length */
gws_gwf_extent gws_gwf_measure(const void *bytes, size_t n, uint64_t *at);

/* Verify every checksum of the file.  EFORMAT names the first that is wrong. */
gws_status gws_gwf_verify(gws_gwf *f, gws_err *err);

#endif
