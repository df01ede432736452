/* fuzz_psd.c - any bytes as a noise curve, text or HDF5, of powers or amplitudes: what is read is finite and not negative, what is
 * refused has its sentence. */
#include "fuzz/file_input.h"
#include "gw/named_psd.h"

#include <math.h>

#define BINS 513

static void try_file(const char *path)
{
    char name[600];
    for (int amplitude = 0; amplitude < 2; amplitude++) {
        gws_err err = {0};
        gws_psd psd = {0};
        snprintf(name, sizeof name, "%s%s", amplitude ? "asd:" : "", path);
        if (gws_psd_by_name(name, 2, BINS, 10, &psd, &err) != GWS_OK) {
            GWS_ASSERT(err.text[0] && !psd.data);
            continue;
        }
        GWS_ASSERT(psd.n == BINS);
        for (int64_t k = 0; k < psd.n; k++)
            GWS_ASSERT(isfinite(psd.data[k]) && psd.data[k] >= 0);
        gws_psd_clear(&psd);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
