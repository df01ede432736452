/* journal.h - the file that knows which messages there are and who has taken them.
 *
 * One line a record, each with the POSIX cksum of what follows it:
 *
 *     SUM m SEQUENCE SINKS KIND REVISION GPS_NS STAT EVENT TRIGGER TEXT     a message: a bit for each receiver that is to have it
 *     SUM d SEQUENCE SINK                                                   that receiver has it
 *     SUM s SEQUENCE SINKS KIND REVISION GPS_NS STAT EVENT TRIGGER          a message that all have, without its text
 *
 * behind a first line "gwspike-alerts 1".  KIND is initial, update or followup.  A record is written and synced before the call returns; one
 * that could not be written whole is taken back.  A damaged line is passed over and counted: the one that a crash cut, or one that the
 * disk lost.
 *
 * Thread rule: a journal from one thread at a time.
 */
#ifndef GWS_ALERT_JOURNAL_H
#define GWS_ALERT_JOURNAL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_JOURNAL_ID 64
#define GWS_JOURNAL_TEXT_MAX 65536 /* bytes of a message */
#define GWS_JOURNAL_SINKS 8

typedef enum gws_journal_kind { GWS_JOURNAL_INITIAL, GWS_JOURNAL_UPDATE, GWS_JOURNAL_FOLLOWUP } gws_journal_kind;

extern const char *const gws_journal_kinds[3]; /* "initial", "update", "followup" */

typedef struct gws_journal_record {
    char what; /* 'm', 'd' or 's' */
    int64_t sequence;
    unsigned sinks; /* of m and s */
    int sink;       /* of d */
    gws_journal_kind kind;
    int revision;
    int64_t gps_ns;
    double stat; /* finite */
    char event[GWS_JOURNAL_ID], trigger[GWS_JOURNAL_ID];
    const char *text; /* (size) of m: not NUL-terminated; else NULL */
    size_t size;
} gws_journal_record;

/* Returns not 0 to stop. */
typedef int (*gws_journal_fn)(void *user, const gws_journal_record *r);

/* Read the bytes of a journal.
 *   text     (n)
 *   damaged  out  lines that are none
 * EFORMAT: the first line is not a journal's; ESTOP: fn said so.  No byte at all is an empty journal. */
gws_status gws_journal_parse(const char *text, size_t n, gws_journal_fn fn, void *user, int64_t *damaged, gws_err *err);

/* Is it 1 to 63 bytes of A-Z a-z 0-9 . _ - that do not begin with a full stop? */
int gws_journal_is_id(const char *id);

typedef struct gws_journal gws_journal;

/* Open for adding; made when it is not there.  A last line without its end gets one. */
gws_journal *gws_journal_open(const char *path, gws_err *err);

/* Add a record and sync it.  sync 0: what may be lost, because it only says that something need not be done again. */
gws_status gws_journal_add(gws_journal *j, const gws_journal_record *r, int sync, gws_err *err);

/* Replace the file by these records (n), all or nothing. */
gws_status gws_journal_replace(gws_journal *j, const gws_journal_record *records, int64_t n, gws_err *err);

int64_t gws_journal_bytes(const gws_journal *j);
void gws_journal_close(gws_journal *j); /* NULL is fine */

#endif
