/* url.h - addresses as text. */
#ifndef GWS_ARCHIVE_URL_H
#define GWS_ARCHIVE_URL_H

#include <stddef.h>

/* A name as a part of an address: all but letters, digits and -_.~@ as %NN.
 *   out   (size) out; cut when there is no room */
void gws_url_escape(const char *text, char *out, size_t size);

/* An address without what others should not see, and with https for http; the caller frees it. */
char *gws_url_clean(const char *url);

#endif
