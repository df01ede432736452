/* fuzz_live_spool.c - any bytes as a part of the saved state of a live search: it is read as far as it holds, and the folder can be used. */
#include "fuzz/file_input.h"
#include "live/spool.h"

#include <string.h>

static gws_status on_piece(void *user, const gws_live_piece *p, gws_err *err)
{
    double sum = 0;

    GWS_ASSERT(p->rate_hz > 0 && p->n >= 0 && p->why < GWS_LIVE_GAPS && strlen(p->ifo) < 4 && p->dq);
    for (int64_t i = 0; p->h && i < p->n; i++)
        sum += p->h[i];
    *(double *)user += sum;
    (void)err;
    return GWS_OK;
}

static gws_status on_given_up(void *user, const char *ifo, int64_t ns, gws_err *err)
{
    GWS_ASSERT(strlen(ifo) < 4);
    *(double *)user += (double)ns;
    (void)err;
    return GWS_OK;
}

static gws_status on_done(void *user, const char *id, gws_err *err)
{
    *(double *)user += (double)strlen(id);
    (void)err;
    return GWS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *tmp = getenv("TMPDIR");
    char folder[512], path[600];
    double sum = 0;
    int64_t bytes = 0;
    gws_err err = {0};
    const gws_spool_reader reader = {&sum, on_piece, on_given_up, on_done};

    snprintf(folder, sizeof folder, "%s/gws-fuzz-XXXXXX", tmp && *tmp ? tmp : P_tmpdir);
    if (!mkdtemp(folder))
        return 0;
    snprintf(path, sizeof path, "%s/live-0000000001.gws", folder);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(data, 1, size, f);
        fclose(f);
    }
    gws_spool *s = gws_spool_open(folder, "fuzz", &err);
    GWS_ASSERT(s);
    const void *snapshot = gws_spool_snapshot(s, &bytes);
    GWS_ASSERT((snapshot != NULL) == (bytes > 0) || snapshot);
    GWS_ASSERT(gws_spool_read(s, &reader, &err) == GWS_OK);
    GWS_ASSERT(gws_spool_begin(s, "snapshot", 8, 10, &err) == GWS_OK && gws_spool_done(s, "id", &err) == GWS_OK);
    gws_spool_close(s);
    for (int i = 1; i < 4; i++) {
        snprintf(path, sizeof path, "%s/live-%010d.gws", folder, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    unlink(path);
    rmdir(folder);
    return 0;
}
