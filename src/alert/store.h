/* store.h - private to alert/: the messages there are, in memory and in the journal, and the files of each.
 *
 * Thread rule: one thread at a time; alert.c holds its lock.
 */
#ifndef GWS_ALERT_STORE_H
#define GWS_ALERT_STORE_H

#include "alert/params.h"
#include "alert/journal.h"
#include "alert/message.h"

#define GWS_STORE_KEPT 1024 /* messages that all have are remembered this long, so that repeats are known */

/* A message. */
typedef struct gws_store_entry {
    int64_t sequence;
    gws_journal_kind kind;
    int revision;
    int64_t gps_ns;
    double stat;
    char event[GWS_JOURNAL_ID], trigger[GWS_JOURNAL_ID];
    unsigned sinks, done;                        /* who is to have it, and who has */
    char *text;                                  /* NULL once all have it */
    double since_s;                              /* gws_now_s when it was made, or the store opened */
    double next_s[GWS_SINKS], wait_s[GWS_SINKS]; /* of the next try; 0: at once */
} gws_store_entry;

typedef struct gws_store {
    char *folder;
    int lock;
    gws_journal *journal;
    gws_store_entry *entries; /* (n) in order of sequence */
    int64_t n, room;
    int64_t sequence; /* of the next */
    int64_t tidied;   /* bytes of the journal when it was last shortened */
    int64_t damaged;  /* lines that were none */
} gws_store;

/* Errors as gws_alerts_open's. */
gws_status gws_store_open(gws_store *s, const char *folder, gws_err *err);
void gws_store_close(gws_store *s);

/* FOLDER/ID and an ending. */
#define GWS_STORE_PATH 4200
void gws_store_path(const gws_store *s, const char *id, const char *ending, char out[GWS_STORE_PATH]);

/* The message that a trigger made; NULL: none. */
gws_store_entry *gws_store_find(gws_store *s, const char *trigger);

/* Was a trigger's follow-up told? */
int gws_store_followed(const gws_store *s, const char *trigger);

/* The loudest message of the event to which a time belongs; NULL: a new event. */
gws_store_entry *gws_store_event(gws_store *s, int64_t gps_ns, int64_t within_ns);

/* Of the next message of an event. */
int gws_store_revision(const gws_store *s, const char *event);

/* Write ID.json, then the journal.  EIO: it is not taken. */
gws_status gws_store_add(gws_store *s, const gws_store_entry *e, gws_err *err);

/* The message that a receiver is to be told next, the one whose try is due first; NULL: it has all. */
gws_store_entry *gws_store_next(gws_store *s, int sink);

/* By sequence, for one that may have moved meanwhile. */
gws_store_entry *gws_store_at(gws_store *s, int64_t sequence);

/* A receiver has it. */
void gws_store_done(gws_store *s, gws_store_entry *e, int sink);

/* Shorten the journal when that is worth while. */
void gws_store_tidy(gws_store *s);

/* Remove the files of messages that were written so long ago; not those of an event of which a message is not delivered, and nothing that
 * has another name than a message's files have. */
void gws_store_sweep(gws_store *s, double older_s);

#endif
