/* credentials.h - how a member of a collaboration says who asks: a SciToken, or a certificate.
 *
 * They are looked for where igwn-auth-utils looks, read and never written, and none of it is in a sentence or a line of the log.
 *
 *   token        $SCITOKEN, $SCITOKEN_FILE, $_CONDOR_CREDS/NAME.use, $BEARER_TOKEN, $BEARER_TOKEN_FILE,
 *                $XDG_RUNTIME_DIR/bt_uUID or /tmp/bt_uUID
 *   certificate  $X509_USER_CERT and $X509_USER_KEY, $X509_USER_PROXY, /tmp/x509up_uUID, ~/.globus/usercert.pem and userkey.pem
 *
 * Of each the first that is good is taken: a token is for this server or for any, has the scope gwdatafind.read and a minute left; a
 * certificate has ten minutes left.  Its signature is the server's to check.  $IGWN_AUTH_UTILS_FIND_SCITOKEN and
 * $IGWN_AUTH_UTILS_FIND_X509, set to anything but 1, y, yes or true, leave one out.
 */
#ifndef GWS_ARCHIVE_CREDENTIALS_H
#define GWS_ARCHIVE_CREDENTIALS_H

#include "base/err.h"

typedef const char *(*gws_environment)(const char *name); /* NULL: not set */

typedef struct gws_credentials {
    char *token;      /* NULL: none */
    char *cert, *key; /* names of PEM files; NULL: none */
    char note[400];   /* why what was found was passed by, "$BEARER_TOKEN: expired"; "": nothing was */
} gws_credentials;

/* server   "https://host:port".  Only ENOMEM fails. */
gws_status gws_credentials_find(const char *server, gws_environment environment, gws_credentials *out, gws_err *err);
void gws_credentials_clear(gws_credentials *c);

#endif
