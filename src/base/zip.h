/* zip.h - archives of files, as .npz are: listed, read and written.
 *
 * Members are stored or deflated; encrypted ones and other methods are refused.  Archives and members beyond 4 GiB are read and written
 * (zip64), those of several disks are not.  What lies between the members is not looked at: the directory at the end decides.
 *
 * Nothing in a file is believed before it fits: an offset or a length that leads outside is one sentence.  The checksum of a member is verified
 * when it has been read from its first to its last byte in order.
 *
 * Thread rule: an archive from one thread at a time.
 */
#ifndef GWS_BASE_ZIP_H
#define GWS_BASE_ZIP_H

#include "base/err.h"
#include "base/output.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_ZIP_NAME 256
#define GWS_ZIP_MEMBERS 65536 /* most that are listed */

typedef struct gws_zip gws_zip;

/* A member. */
typedef struct gws_zip_member {
    char name[GWS_ZIP_NAME]; /* ready to be printed (escape.h) */
    int64_t size;            /* bytes, unpacked */
} gws_zip_member;

/* NULL with one sentence: EIO, ENOMEM, EFORMAT. */
gws_zip *gws_zip_open(const char *path, gws_err *err);
void gws_zip_close(gws_zip *z); /* NULL is fine */

const char *gws_zip_path(const gws_zip *z);
int gws_zip_members(const gws_zip *z, const gws_zip_member **members);

/* Bytes at .. at+n-1 of a member.
 *   out   (n) out
 * Forward and a little way back (a megabyte) costs what it reads; a deflated member that is read further back is unpacked from its
 * beginning again.  One member at a time is kept open. */
gws_status gws_zip_read(gws_zip *z, int member, int64_t at, size_t n, void *out, gws_err *err);

/* ---- writing: members one behind the other into an output ---- */

typedef struct gws_zip_writer gws_zip_writer;

gws_zip_writer *gws_zip_writer_create(gws_output *o, const char *path, gws_err *err);
void gws_zip_writer_destroy(gws_zip_writer *w); /* the output stays the caller's; NULL is fine */

/* Begin a deflated member of `size` bytes; exactly so many are to be written. */
gws_status gws_zip_writer_member(gws_zip_writer *w, const char *name, int64_t size, gws_err *err);
gws_status gws_zip_writer_write(gws_zip_writer *w, const void *data, size_t n, gws_err *err);

/* Finish the last member and write the directory, with `comment` (at most 60000 bytes, the rest is cut) in it. */
gws_status gws_zip_writer_end(gws_zip_writer *w, const char *comment, gws_err *err);

#endif
