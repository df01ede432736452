/* fuzz_ligolw.c - any bytes as LIGO_LW XML, plain or zipped: every cell, parameter, array and series of what is read can be asked for, what is
 * refused has its sentence. */
#include "fuzz/file_input.h"
#include "ligolw/reader.h"

#include <string.h>

static void look(const gws_ligolw *d)
{
    static const char *const names[] = {"process", "sngl_inspiral", "coinc_event", "segment", "segment_definer", "sim_inspiral",
                                        "t"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const gws_ligolw_rowset *t;
        for (int i = 0; (t = gws_ligolw_find_table(d, names[k], i)); i++)
            for (int64_t row = 0; row < gws_ligolw_rows(t); row++)
                for (int c = -1; c < 3; c++) {
                    static const char *const columns[] = {"process_id", "end_time", "ifo"};
                    const int column = c < 0 ? -1 : gws_ligolw_find_column(t, columns[c]);
                    int64_t x;
                    double y;
                    const char *text = gws_ligolw_get_text(t, column, row);
                    GWS_ASSERT(!text || strlen(text) <= (size_t)GWS_LIGOLW_MAX_BYTES);
                    GWS_ASSERT(gws_ligolw_get_int(t, column, row, &x) || x == 0);
                    GWS_ASSERT(gws_ligolw_get_real(t, column, row, &y) || y == 0);
                }
    }
    for (int e = 0; e < gws_ligolw_elements(d); e++) {
        gws_ligolw_series s;
        gws_err err = {0};
        if (gws_ligolw_read_series(d, e, &s, &err) != GWS_OK)
            GWS_ASSERT(err.text[0] && !s.data);
        else
            GWS_ASSERT(s.n >= 0 && s.delta > 0 && s.data);
        free((void *)(uintptr_t)s.data);
        (void)gws_ligolw_find_param(d, e, "f0");
    }
}

static void try_file(const char *path)
{
    gws_err err = {0};
    gws_ligolw *d = gws_ligolw_load(path, NULL, &err);
    if (d)
        look(d);
    else
        GWS_ASSERT(err.text[0]);
    gws_ligolw_destroy(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
