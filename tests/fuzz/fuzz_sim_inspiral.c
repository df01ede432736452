/* fuzz_sim_inspiral.c - any bytes as an injection file in LIGO_LW XML (injections.h). */
#include "fuzz/injections.h"

static void try_file(const char *path)
{
    char name[600];
    snprintf(name, sizeof name, "%s.xml", path);
    GWS_ASSERT(rename(path, name) == 0);
    fuzz_injections(name);
    GWS_ASSERT(rename(name, path) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, try_file);
    return 0;
}
