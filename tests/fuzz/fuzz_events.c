/* fuzz_events.c - any bytes as a list of events or of injections: what loads can be compared, what does not has its sentence. */
#include "fuzz/file_input.h"
#include "search/volume.h"

static void try_file(const char *path)
{
    gws_events events;
    gws_injected inj;
    gws_volume v;
    gws_err err = {0};
    const gws_stretch all = {-1e300, 1e300};
    gws_status of_events = gws_events_load(&path, 1, &events, &err);
    GWS_ASSERT(of_events == GWS_OK || (err.text[0] && events.n == 0));
    err.text[0] = '\0';
    gws_status of_injections = gws_injected_load(path, &inj, &err);
    GWS_ASSERT(of_injections == GWS_OK || (err.text[0] && inj.n == 0));
    if (of_injections == GWS_OK)
        gws_injected_select(&inj, &all, 1, 30);
    if (of_events == GWS_OK && of_injections == GWS_OK && inj.n > 0) {
        err.text[0] = '\0';
        GWS_ASSERT(gws_volume_measure(&events, &events, &inj, 1000, 1000, &v, &err) == GWS_OK || err.text[0]);
        gws_volume_clear(&v);
    }
    gws_events_clear(&events);
    gws_injected_clear(&inj);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
