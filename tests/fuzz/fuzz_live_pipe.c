/* fuzz_live_pipe.c - any bytes as frames in a pipe: the stream ends, or is refused with its sentence; what is handed over has samples or a
 * reason. */
#include "base/log.h"
#include "fuzz/file_input.h"
#include "live/source.h"

static gws_status take(void *user, const gws_live_piece *p, gws_err *err)
{
    (void)user;
    (void)err;
    GWS_ASSERT(p->rate_hz > 0 && (p->h || p->why != GWS_LIVE_NO_GAP));
    return GWS_OK;
}

static void try_file(const char *path)
{
    gws_err err = {0};
    void *own = NULL;
    FILE *f = fopen(path, "rbe");
    const gws_live_source_params p = {.list = f};
    const gws_live_taker taker = {.piece = take};
    gws_live_after after = GWS_LIVE_WAITS;
    gws_status status = f ? gws_live_pipe.open(&p, &own, &err) : GWS_EIO;
    if (!f)
        return;
    while (status == GWS_OK && after != GWS_LIVE_ENDED)
        status = gws_live_pipe.poll(own, 0, &taker, &after, &err);
    GWS_ASSERT(status == GWS_OK || err.text[0]);
    gws_live_pipe.close(own);
    fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    fuzz_file(data, size, try_file);
    return 0;
}
