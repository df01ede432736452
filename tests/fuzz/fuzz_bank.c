/* fuzz_bank.c - any bytes as a template bank: it loads, with templates that have masses and spins, or is refused by a sentence. */
#include "fuzz/file_input.h"
#include "matched/bank.h"

#include <math.h>

static void try_file(const char *path)
{
    gws_bank bank;
    gws_err err = {0};
    if (gws_bank_load(path, 20, "IMRPhenomD", &bank, &err) != GWS_OK) {
        GWS_ASSERT(err.text[0] && bank.n == 0 && !bank.templates);
        return;
    }
    for (int i = 0; i < bank.n; i++) {
        const gws_template *t = &bank.templates[i];
        GWS_ASSERT(t->mass1_msun > 0 && t->mass2_msun > 0 && fabs(t->spin1z) <= 1 && fabs(t->spin2z) <= 1 && t->f_lower_hz > 0);
    }
    gws_bank_clear(&bank);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
