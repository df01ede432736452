/* save_private.h - what the writers of formats share; private to strain/. */
#ifndef GWS_STRAIN_SAVE_PRIVATE_H
#define GWS_STRAIN_SAVE_PRIVATE_H

#include "base/output.h"
#include "strain/save.h"

#define GWS_SAVE_BLOCK_S 64 /* longest block, s; blocks are cut on whole multiples of it */

/* The next samples of a series: h[0] is absolute sample `begin`; a gap is NaN, the same bits always. */
typedef gws_status (*gws_save_sink)(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err);

/* All samples of series k, block by block.
 *   sparse   not 0: blocks that no span touches are left out */
gws_status gws_save_blocks(const gws_save *s, int k, int sparse, gws_save_sink sink, void *user, gws_err *err);

/* Samples [begin, end) of series k, gaps as the sink has them; what no span touches is not asked for. */
gws_status gws_save_read(const gws_save *s, int k, int64_t begin, int64_t end, double *out, gws_err *err);

/* Does a span of the series touch [begin, end)? */
int gws_save_touches(const gws_save_series *s, int64_t begin, int64_t end);

/* The first second of a series, and how many it touches. */
int64_t gws_save_first_s(const gws_save_series *s);
int64_t gws_save_seconds(const gws_save_series *s);

/* The mask of data quality of a second: what the series brings, DATA cleared where `finite` says that no sample of the second is a number.
 * A series without masks has DATA alone. */
uint32_t gws_save_dq(const gws_save_series *s, int64_t second, int finite);

/* The provenance as lines "KEY: VALUE", each with `prefix` before it; the caller frees.  NULL when memory is out. */
char *gws_save_provenance(const gws_save *s, const char *prefix);

gws_status gws_save_mlgwsc(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_gwosc(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_gwpy(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_gwf(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_column(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_csv(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_npy(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_npz(const char *path, const gws_save *s, gws_err *err);
gws_status gws_save_wav(const char *path, const gws_save *s, gws_err *err);

#endif
