/* fuzz_track.c - any bytes as what a run left in its folder: where it is cut lies within the file, and a later step keeps no less. */
#include "fuzz/file_input.h"
#include "track/lines.h"
#include "track/tensorboard.h"

static void try_file(const char *path)
{
    int64_t a, b, all;
    gws_lines_run run;
    gws_err err = {0};
    FILE *f = fopen(path, "rb");
    GWS_ASSERT(f && fseek(f, 0, SEEK_END) == 0);
    all = ftell(f);
    fclose(f);
    GWS_ASSERT(gws_board_kept(path, 3, &a, &err) == GWS_OK && gws_board_kept(path, INT64_MAX, &b, &err) == GWS_OK);
    GWS_ASSERT(0 <= a && a <= b && b <= all);
    GWS_ASSERT(gws_lines_kept(path, 3, &a, &err) == GWS_OK && gws_lines_kept(path, INT64_MAX, &b, &err) == GWS_OK);
    GWS_ASSERT(0 <= a && a <= b && b <= all);
    GWS_ASSERT(gws_lines_last_run(path, &run, &err) == GWS_OK && (run.number == 0 || (run.recipe && run.output)));
    gws_lines_run_clear(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
