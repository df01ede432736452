/* fuzz_injections.c - any bytes as an injection file in HDF5 (injections.h). */
#include "fuzz/injections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_file(data, size, fuzz_injections);
    return 0;
}
