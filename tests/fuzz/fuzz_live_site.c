/* fuzz_live_site.c - any bytes as a site's file for a live search: what is read keeps its limits, what is refused has its sentence. */
#include "fuzz/file_input.h"
#include "live/site.h"

static void try_file(const char *path)
{
    gws_live_site s;
    gws_err err = {0};

    if (gws_live_site_load(path, &s, &err) != GWS_OK) {
        GWS_ASSERT(err.text[0] && !s.ini && !s.names);
        return;
    }
    GWS_ASSERT(s.wait_s >= 0 && s.whole_s >= 0 && s.poll_s > 0 && s.speed >= 0 && gws_live_source_find(s.source));
    GWS_ASSERT(s.n_rules <= GWS_SITE_RULES && s.n_searches <= GWS_LIVE_SEARCHES);
    for (int i = 0; i < s.n_rules; i++)
        GWS_ASSERT(gws_is_ifo(s.rules[i].ifo) && !(s.rules[i].bits & ~s.rules[i].mask));
    gws_live_site_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
