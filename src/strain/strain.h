/* strain.h - recorded strain: files of any supported layout, seen as one stream per detector.
 *
 * gws_strain_open finds the format of each file in the table of formats (format.h; GWOSC HDF5, MLGWSC-1 HDF5) and lists its segments
 * without reading samples.  A gws_strain_set sorts the files of each detector in time and reads any stretch.  gws_strain_use may bring
 * further formats: with gws_sim_formats (sim/mlgwsc_input.h) a name that begins with "sim:" is no file but a data set made when it is
 * read.  Everything below holds for it as well.
 *
 * Overlap.  Files of one detector may cover the same time, as event files and bulk files do, provided that they agree: each
 * sample is read from all of them; where one has no data the other's count, and where two finite values differ in any bit
 * gws_strain_read fails and names both files (a foreground beside its background, releases V1 and V2).
 *
 * Gaps.  A gap reads as NaN.  These are gaps:
 *   - time that no file covers, and samples that are not finite
 *   - seconds in which the quality bit DATA or CBC_CAT1 is clear, or a hardware injection is on; the file names its bits
 *   - a run of one value, zero or another, that lasts longer than any detector stands still (gap.h)
 * Runs are found in the stream and not in a read: however the reads are cut, and wherever one file ends and the next begins, the
 * same samples are gaps.  CBC_CAT1 and injections are gaps, and not triggers to be dropped afterwards, so that no estimate of
 * noise, no live time and no rate of any search has them in it.  Continuous-wave injections are on nearly always and count as data.
 * A search that wants to see such seconds says so in gws_strain_use.
 *
 * Whitened strain, as `gwspike condition` writes it, has the layout of strain but is not strain.  It is refused unless the caller
 * asks for it (gws_strain_use). inspect.h says what a single file is.
 *
 * Files are closed after listing and one per detector is kept open while reading, so thousands may be given.
 * Thread rule: a set from one thread at a time.
 */
#ifndef GWS_STRAIN_STRAIN_H
#define GWS_STRAIN_STRAIN_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/thread.h"
#include "strain/format.h"
#include "strain/gap.h"

#include <stdint.h>

typedef struct gws_span {
    int64_t begin, end; /* absolute samples at the detector's rate, half-open */
} gws_span;

typedef struct gws_strain_set gws_strain_set;

/* A description of one detector of the set. */
typedef struct gws_strain_info {
    char ifo[4]; /* "H1" */
    int rate_hz;
    int n_spans; /* stretches that files cover, joined where one ends on the sample where the next begins */
    const gws_span *spans;
    int n_files;
    const char *where; /* the path of its first segment: of frames the channel's name */
} gws_strain_info;

/* Open files for reading.
 *   paths   (n) files; a MLGWSC-1 file brings several detectors
 *   err     names the file: not a strain file, truncated, zero length, rates that differ within a detector, more
 *           than GWS_MAX_IFO detectors, rate that is not a whole number, whitened strain
 * returns   set owned by the caller, or NULL.  Detectors are in order of name.
 */
gws_strain_set *gws_strain_open(const char *const *paths, int n, gws_err *err);

/* The same; use NULL or zero is gws_strain_open.  `use` is copied, its formats and origins must outlive the set. */
gws_strain_set *gws_strain_open_use(const char *const *paths, int n, const gws_strain_use *use, gws_err *err);
int gws_strain_ifos(const gws_strain_set *s);
void gws_strain_describe(const gws_strain_set *s, int ifo, gws_strain_info *out);

/* Give threads to inputs that are made when they are read; with NULL the caller's thread works alone.  No bit depends on it.  The
 * pool is used within gws_strain_read only and must outlive it. */
void gws_strain_set_pool(gws_strain_set *s, gws_pool *pool);

/* What reading takes at most besides the caller's buffer and HDF5's: 0 for files; for inputs that are made, with the pool that was set,
 * what making them takes. */
gws_status gws_strain_bytes(gws_strain_set *s, int64_t *out, gws_err *err);

/* The part of samples [begin, end) that files of a detector cover, holes included, for a walk forward in time.
 *   first_span  in/out  0 before the first call; spans before it are behind the walk
 * returns  0 when none does */
int gws_strain_covered(const gws_strain_info *info, int *first_span, int64_t begin, int64_t end, gws_span *out);

/* Index of a detector by name, or -1. */
int gws_strain_find(const gws_strain_set *s, const char *ifo);

/* Read samples [begin, end) of a detector; gaps come out as NaN, of which gws_gap_of knows the reason.
 *   out   (end-begin) out
 * Cost: 10 to 30 million samples/s of a deflated file, in steps of 1 s and of 1 min.
 */
gws_status gws_strain_read(gws_strain_set *s, int ifo, int64_t begin, int64_t end, double *out, gws_err *err);

/* How much of a detector has been read so far.  Reads that go forward in time count each sample once, even where they overlap.
 * Samples that are read again after going back are not counted again. */
typedef struct gws_strain_losses {
    int64_t read;           /* samples, gaps included */
    int64_t lost[GWS_GAPS]; /* samples, by reason */
} gws_strain_losses;
void gws_strain_get_losses(const gws_strain_set *s, int ifo, gws_strain_losses *out);

/* Make the sentence for a detector of which samples were read and none was data: how many they are and why each is missing.
 * returns   GWS_EDATA */
gws_status gws_strain_no_data(const gws_strain_set *s, int ifo, gws_err *err);

/* Names of the quality bits that fail, those of hardware injections included. */
typedef struct gws_strain_flags {
    int n;
    char name[2 * GWS_QUALITY_BITS][GWS_QUALITY_NAME];
} gws_strain_flags;

/* List the bits that are clear in any second that [begin_ns, end_ns] touches, in any file of the detector, each once, in the order
 * of the files' tables.  NO_CW_HW_INJ is left out, because it is clear nearly always.  The call is quick when it asks for the same
 * file as the last one. */
gws_status gws_strain_get_flags(gws_strain_set *s, int ifo, int64_t begin_ns, int64_t end_ns, gws_strain_flags *out, gws_err *err);

/* The masks of a detector over whole seconds, put together from all files; bits are matched by their names.
 *   out   seconds begin_s .. begin_s+n-1; a second that no file has a mask for has DATA clear and all other bits set.  Zero when no file
 *         has masks, and on failure; free with gws_quality_clear */
gws_status gws_strain_get_masks(gws_strain_set *s, int ifo, int64_t begin_s, int64_t n, gws_quality *out, gws_err *err);

/* Is any input whitened strain?  Only a set that was opened so (gws_strain_use) has one. */
int gws_strain_is_whitened(const gws_strain_set *s);

/* One line "hash  name" for each file, "hash  address (release)" for one that was fetched, for provenance; for an input that is made, "virtual  " and its specification.  The set owns
 * them. */
const char *gws_strain_sha256(gws_strain_set *s, gws_err *err);
void gws_strain_destroy(gws_strain_set *s);

typedef struct gws_strain_run {
    double *h;        /* (n) allocated, the caller's to free */
    int64_t first, n; /* first: absolute sample of h[0] */
} gws_strain_run;

/* The longest run of finite samples of a detector within its longest unbroken span, at most `most_s` from its beginning.
 *   start_s   NaN: anywhere; else from this GPS time on
 *   out       zero on failure
 */
gws_status gws_strain_stretch(gws_strain_set *set, int ifo, double start_s, double most_s, gws_strain_run *out, gws_err *err);

#endif
