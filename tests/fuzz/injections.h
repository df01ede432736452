/* injections.h - what holds for any bytes as an injection file, whatever its format: it loads or is refused by a sentence; what loads is in
 * order of time, and its rows give sources or sentences. */
#ifndef GWS_TESTS_FUZZ_INJECTIONS_H
#define GWS_TESTS_FUZZ_INJECTIONS_H

#include "sim/injections.h"
#include "fuzz/file_input.h"

#include <math.h>
#include <stdint.h>

static inline void fuzz_injections(const char *path)
{
    gws_injections t;
    gws_err err = {0};
    if (gws_injections_load(path, &t, &err) != GWS_OK) {
        GWS_ASSERT(err.text[0] && t.n == 0 && t.n_columns == 0);
        return;
    }
    const double *tc = gws_injections_column(&t, "tc");
    for (int64_t i = 0; i < t.n; i++)
        GWS_ASSERT(isfinite(tc[i]) && (i == 0 || tc[i - 1] <= tc[i]));
    for (int64_t i = 0; i < t.n && i < 10; i++) {
        gws_source s;
        GWS_ASSERT(gws_injections_source(&t, i, &s, &err) == GWS_OK ? isfinite(s.binary.mass1_msun) : err.text[0] != '\0');
    }
    int64_t first;
    GWS_ASSERT(t.n == 0 || gws_injections_between(&t, tc[0], tc[t.n - 1], &first) == t.n);
    gws_injections_clear(&t);
}

#endif
