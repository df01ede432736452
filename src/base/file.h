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

/* Map zeroed bytes of a nameless file in a folder.  The system keeps them in memory as far as there is memory to spare.  The disk
 * space is taken at once, so a full disk is an error here (EIO) and not a signal later.  Returns NULL on failure.  The bytes last
 * until gws_file_unmap or the end of the process. */
void *gws_file_map_scratch(const char *folder, int64_t bytes, gws_err *err);
void gws_file_unmap(void *p, int64_t bytes); /* NULL is fine */

int gws_file_exists(const char *path);

#endif
