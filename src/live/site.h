/* site.h - the file that says what a live search reads, with what, and what of it is to be searched: configs/live-example.ini has every key.
 *
 * Sections that are read here: [live], [search NAME] and one for each detector, [H1].  Others belong to whoever reads them ([kafka], [alerts],
 * [http]); gws_ini_unused finds what nobody asked for.
 */
#ifndef GWS_LIVE_SITE_H
#define GWS_LIVE_SITE_H

#include "base/err.h"
#include "base/ini.h"
#include "live/live.h"
#include "live/source.h"

#define GWS_SITE_RULES 64

/* A section [search NAME]; NULL and NaN where it says nothing. */
typedef struct gws_site_search {
    char name[64];
    const char *model, *head, *background, *whitening;
    double threshold, fit_above;
} gws_site_search;

typedef struct gws_live_site {
    gws_ini *ini;               /* NULL: there is no file; all strings are its own or `text`'s */
    const char *source, *state; /* NULL: not said */
    double wait_s, whole_s, poll_s, back_s, speed;
    int polling;
    char **names; /* (n_names) of frames */
    int n_names;
    const char *channels[GWS_MAX_IFO + 1]; /* ends with NULL */
    gws_live_rule rules[GWS_SITE_RULES];
    int n_rules;
    gws_site_search search[GWS_LIVE_SEARCHES];
    int n_searches;
} gws_live_site;

/* The defaults, without a file. */
gws_live_site gws_live_site_defaults(void);

/*   out   defaults on failure; free with gws_live_site_clear
 * EFORMAT names section and key. */
gws_status gws_live_site_load(const char *path, gws_live_site *out, gws_err *err);
gws_status gws_live_site_read(gws_ini *ini, gws_live_site *out, gws_err *err); /* takes the ini, also on failure */
void gws_live_site_clear(gws_live_site *s);

#endif
