/* fuzz_intervals.c - any bytes as a file of segments, text or JSON, and as a list of inputs: what is read has its end behind its begin, what is refused
 * has its sentence. */
#include "fuzz/file_input.h"
#include "strain/inputs.h"
#include "strain/intervals.h"

static void try_file(const char *path)
{
    gws_intervals list = {0};
    gws_err err = {0};
    char **names = NULL;
    int n = 0;
    const char *in = "-";
    if (gws_intervals_load(path, &list, &err) != GWS_OK)
        GWS_ASSERT(err.text[0]);
    for (int i = 0; i < list.n; i++)
        GWS_ASSERT(list.items[i].end_s >= list.items[i].begin_s);
    gws_intervals_clear(&list);
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    err.text[0] = '\0';
    if (gws_inputs_expand(&in, 1, f, &names, &n, &err) != GWS_OK)
        GWS_ASSERT(err.text[0] && !names);
    gws_inputs_free(names, n);
    fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
