/* file_input.h - bytes of a fuzz target as a file, for parsers that take a path. */
#ifndef GWS_TESTS_FUZZ_FILE_INPUT_H
#define GWS_TESTS_FUZZ_FILE_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libhdf5 forgets memory of its own when it gives up on a damaged file. */
__attribute__((weak)) const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

/* Call with the name of a file that holds the bytes and is gone afterwards. */
static inline void fuzz_file(const uint8_t *data, size_t size, void (*try_file)(const char *path))
{
    const char *folder = getenv("TMPDIR");
    char path[512];
    snprintf(path, sizeof path, "%s/gws-fuzz-XXXXXX", folder && *folder ? folder : P_tmpdir);
    int fd = mkstemp(path);
    if (fd < 0)
        return;
    int written = write(fd, data, size) == (ssize_t)size;
    close(fd);
    if (written)
        try_file(path);
    unlink(path);
}

#endif
