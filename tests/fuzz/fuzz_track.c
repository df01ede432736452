/* fuzz_track.c - any bytes as what a run left in its folder: where it is cut lies within the file, a later step keeps no less, and what
 * is shown of it is there. */
#include "fuzz/file_input.h"
#include "track/lines.h"
#include "track/runs.h"
#include "track/tensorboard.h"
#include "track/track.h"

#include <string.h>
#include <sys/stat.h>

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

/* The same bytes as both files of a folder. */
static void try_folder(const char *path)
{
    char folder[600], name[2][700], line[3 * 8 + 1];
    char *folders[] = {folder};
    gws_runs runs;
    gws_run_differences d;
    snprintf(folder, sizeof folder, "%s.d", path);
    if (mkdir(folder, 0700) != 0)
        return;
    for (int i = 0; i < 2; i++) {
        snprintf(name[i], sizeof name[i], "%s/%s", folder, gws_track_file[i]);
        GWS_ASSERT(link(path, name[i]) == 0);
    }
    GWS_ASSERT(gws_runs_load(folders, 1, "lr", &runs, NULL) == GWS_OK);
    for (int64_t i = 0; i < runs.n; i++)
        for (int c = 0; c < GWS_RUN_COLUMNS; c++) {
            GWS_ASSERT(gws_run_best(&runs, &runs.run[i], c) < runs.run[i].rows || !runs.run[i].rows);
            gws_sparkline(runs.run[i].row_step, runs.run[i].column[c], runs.run[i].rows, 8, line);
            GWS_ASSERT(strlen(line) >= 8);
        }
    GWS_ASSERT(gws_runs_compare(&runs, &d, NULL) == GWS_OK);
    gws_run_differences_clear(&d);
    gws_runs_clear(&runs);
    unlink(name[0]);
    unlink(name[1]);
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    fuzz_file(data, size, try_folder);
    return 0;
}
