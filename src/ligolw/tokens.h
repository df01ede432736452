/* tokens.h - private to ligolw/: the text of a Stream as tokens between delimiters, as igwn-ligolw's tokenizer has it.
 *
 * Blanks around a token are not part of it.  A token in quotes (" or ') may have anything in it, \" and \\ stand for " and \; outside of quotes
 * a backslash is itself.  Nothing between two delimiters is null, "" is an empty text.  Where the delimiter is a blank any stretch of
 * blanks is one, and there are no nulls.
 */
#ifndef GWS_LIGOLW_TOKENS_H
#define GWS_LIGOLW_TOKENS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_LIGOLW_MAX_TOKEN (1 << 24) /* bytes */

typedef struct gws_ligolw_tokens {
    char delimiter;
    char quote; /* that the token began with; 0: none */
    enum { TOKEN_BEFORE, TOKEN_BARE, TOKEN_QUOTED, TOKEN_ESCAPED, TOKEN_AFTER } state;
    char *text; /* (n) so far */
    int64_t n, room;
} gws_ligolw_tokens;

/* Is handed each token: NUL-terminated, (n) bytes; NULL: null. */
typedef gws_status (*gws_ligolw_token_fn)(void *user, const char *text, size_t n, gws_err *err);

/* Begin a stream; the memory of the one before is used again.  The struct begins as zero. */
void gws_ligolw_tokens_begin(gws_ligolw_tokens *t, char delimiter);

/* The next (n) bytes of the stream, and its end.  EFORMAT: a quote that is not closed, text behind a token. */
gws_status gws_ligolw_tokens_push(gws_ligolw_tokens *t, const char *text, size_t n, gws_ligolw_token_fn fn, void *user,
                                  gws_err *err);
gws_status gws_ligolw_tokens_end(gws_ligolw_tokens *t, gws_ligolw_token_fn fn, void *user, gws_err *err);
void gws_ligolw_tokens_clear(gws_ligolw_tokens *t);

#endif
