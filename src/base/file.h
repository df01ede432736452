/* file.h - whole files and their fingerprints. */
#ifndef GWS_BASE_FILE_H
#define GWS_BASE_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Read a file of at most `limit` bytes into NUL-terminated memory (caller frees). */
gws_status gws_file_read(const char *path, size_t limit, char **out, size_t *size, gws_err *err);

/* Write as output.h has it: on failure nothing is left and an older file is untouched. */
gws_status gws_file_write(const char *path, const void *data, size_t size, gws_err *err);

/* SHA-256 of a file as 64 hex digits and a NUL. */
gws_status gws_file_sha256(const char *path, char out[65], gws_err *err);

/* Zeroed bytes that lie in a file without a name in a folder, and in memory as far as there is any to spare.  The room is taken at once: no
 * space left is said here (EIO) and not by a signal later.  NULL on failure.  Gone with gws_file_unmap or the process. */
void *gws_file_map_scratch(const char *folder, int64_t bytes, gws_err *err);
void gws_file_unmap(void *p, int64_t bytes); /* NULL is fine */

int gws_file_exists(const char *path);

#endif
