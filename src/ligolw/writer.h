/* writer.h - LIGO_LW XML as igwn-ligolw and lal.series read it: tables, parameters and series.
 *
 *     w = gws_ligolw_writer_create("coinc.xml.gz", err);
 *     gws_ligolw_table(w, "time_slide", "process_id time_slide_id instrument offset");
 *     gws_ligolw_put_int(w, 0), gws_ligolw_put_int(w, 0), gws_ligolw_put_text(w, "H1"), gws_ligolw_put_real(w, 0);
 *     gws_ligolw_table_end(w);
 *     status = gws_ligolw_writer_commit(w, err);
 *
 * The first failure stays: what is put after it is dropped, and commit or take says what it was.  So nothing in between is asked whether it
 * went well.  Numbers are written in as few digits as bring them back.  The same calls give the same bytes; gzip has no time in it.
 * A file is written through base/output.h, a stretch at a time.
 */
#ifndef GWS_LIGOLW_WRITER_H
#define GWS_LIGOLW_WRITER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_ligolw_writer gws_ligolw_writer;

/* A time or frequency series as LAL has it. */
typedef struct gws_ligolw_series {
    const char *name; /* "snr", "psd": of the array */
    const char *unit; /* of a sample, as LAL writes it: "s strain^2" of a PSD; NULL: none */
    int is_time;      /* 0: a frequency series */
    int is_complex;   /* data are real, imaginary, real, imaginary, ... */
    int is_single;    /* REAL4 or COMPLEX8; 0: REAL8 or COMPLEX16 */
    int64_t epoch_ns; /* GPS; of a time series the first sample */
    double f0_hz;
    double delta; /* between samples, s or Hz */
    int64_t n;
    const double *data; /* (n), or (n,2) of complex ones */
} gws_ligolw_series;

/* path: compressed when it ends with .gz; NULL: the document stays in memory, for gws_ligolw_writer_take.  NULL on failure. */
gws_ligolw_writer *gws_ligolw_writer_create(const char *path, gws_err *err);

/* End the document and give the file its name.  The writer is gone in either case; on failure so is the file. */
gws_status gws_ligolw_writer_commit(gws_ligolw_writer *w, gws_err *err);

/* End a document in memory.
 *   out   allocated, NUL-terminated, (n) bytes; NULL on failure
 * The writer is gone in either case. */
gws_status gws_ligolw_writer_take(gws_ligolw_writer *w, char **out, size_t *n, gws_err *err);
void gws_ligolw_writer_destroy(gws_ligolw_writer *w); /* gives up; NULL is fine */

/* Begin and end an element LIGO_LW inside the document's own.  name: NULL: none; psd_xmldoc's is "psd". */
void gws_ligolw_open(gws_ligolw_writer *w, const char *name);
void gws_ligolw_close(gws_ligolw_writer *w);

/* Begin a table that the field knows (schema.h).
 *   columns  names with blanks between them, with or without the other table's name */
void gws_ligolw_table(gws_ligolw_writer *w, const char *name, const char *columns);

/* Put the next cell, row by row in the order of the columns.  A number of the wrong kind for its column is the programmer's error; one that
 * does not fit (int_4s) is a failure.  Text: NULL is null; what no XML can have is put as \xNN. */
void gws_ligolw_put_int(gws_ligolw_writer *w, int64_t x);
void gws_ligolw_put_real(gws_ligolw_writer *w, double x);
void gws_ligolw_put_text(gws_ligolw_writer *w, const char *text);
void gws_ligolw_put_null(gws_ligolw_writer *w);

/* Put a time into two columns: seconds, nanoseconds. */
void gws_ligolw_put_time(gws_ligolw_writer *w, int64_t t_ns);
void gws_ligolw_table_end(gws_ligolw_writer *w); /* the last row is whole */

/* Params: lstring, int_8s, real_8. */
void gws_ligolw_param_text(gws_ligolw_writer *w, const char *name, const char *value);
void gws_ligolw_param_int(gws_ligolw_writer *w, const char *name, int64_t value);
void gws_ligolw_param_real(gws_ligolw_writer *w, const char *name, double value, const char *unit);

/* Begin a series; Params that belong to it follow ("instrument" of a PSD, "event_id" of an SNR), then gws_ligolw_close. */
void gws_ligolw_series_open(gws_ligolw_writer *w, const gws_ligolw_series *s);

/* Write the tables process (one row, process_id 0) and process_params.
 *   program  as the field's programs know it
 *   version, comment, ifos ("H1,L1")  NULL: null
 *   params   (2 n) name, value, name, value, ...; "--name" as the field writes options */
void gws_ligolw_process(gws_ligolw_writer *w, const char *program, const char *version, const char *comment, const char *ifos,
                        const char *const *params, int n);

#endif
