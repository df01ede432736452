/* fuzz_hdf5.c - any bytes through the HDF5 shell: what opens is walked, and everything small in it is read. */
#include "base/hdf5.h"
#include "fuzz/file_input.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH 6
#define MOST 4096

static void read_set(gws_h5 *f, const char *path)
{
    static double f64[MOST];
    static float f32[MOST];
    static int64_t i64[MOST];
    gws_h5_info info;
    if (gws_h5_stat(f, path, &info, NULL))
        return;
    int64_t count = 1;
    for (int i = 0; i < info.ndim; i++)
        count = info.shape[i] > MOST ? MOST + 1 : count * info.shape[i] > MOST ? MOST + 1 : count * info.shape[i];
    if (count > MOST)
        count = 1;
    gws_h5_read_f64(f, path, 0, count, f64, NULL);
    gws_h5_read_f32(f, path, 0, count, f32, NULL);
    gws_h5_read_i64(f, path, 0, count, i64, NULL);
    char *text = NULL;
    if (gws_h5_read_string(f, path, 0, &text, NULL) == GWS_OK)
        free(text);
}

static void walk(gws_h5 *f, const char *group, int depth)
{
    static const char *const attrs[] = {"x", "n", "note", "fixed"};
    char **names = NULL, *text = NULL;
    int n = 0;
    double x;
    int64_t k;
    for (int i = 0; i < 4; i++) {
        gws_h5_has_attr(f, group, attrs[i]);
        gws_h5_attr_f64(f, group, attrs[i], &x, NULL);
        gws_h5_attr_i64(f, group, attrs[i], &k, NULL);
        if (gws_h5_attr_string(f, group, attrs[i], &text, NULL) == GWS_OK)
            free(text);
    }
    if (depth == 0 || gws_h5_list(f, group, &names, &n, NULL))
        return;
    for (int i = 0; i < n && i < 64; i++) {
        char path[1024];
        if (snprintf(path, sizeof path, "%s/%s", group[1] ? group : "", names[i]) >= (int)sizeof path)
            continue;
        if (gws_h5_is_group(f, path))
            walk(f, path, depth - 1);
        else
            read_set(f, path);
    }
    gws_h5_list_free(names, n);
}

static void try_file(const char *path)
{
    gws_err err = {0};
    gws_h5 *f = gws_h5_open(path, &err);
    GWS_ASSERT(f || (err.status != GWS_OK && err.text[0]));
    if (f)
        walk(f, "/", DEPTH);
    gws_h5_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
