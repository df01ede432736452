#include "base/file.h"

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

gws_status gws_file_read(const char *path, size_t limit, char **out, size_t *size, gws_err *err)
{
    gws_status status = GWS_OK;
    FILE *f = NULL;
    char *data = NULL;
    size_t used = 0, capacity = 0;
    *out = NULL;
    if (size)
        *size = 0;
    if ((status = gws_outputs_guard(path, err)) != GWS_OK)
        goto fail;
    f = fopen(path, "rb");
    if (!f) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
        goto fail;
    }
    /* grows while reading, because a pipe has no size beforehand */
    for (;;) {
        if (used + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            char *bigger = realloc(data, capacity);
            if (!bigger) {
                status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory after %zu bytes", path, used);
                goto fail;
            }
            data = bigger;
        }
        size_t got = fread(data + used, 1, capacity - 1 - used, f);
        used += got;
        if (used > limit) {
            status = gws_err_set(err, GWS_EDATA, "%s: wanted at most %zu bytes, found more", path, limit);
            goto fail;
        }
        if (got == 0)
            break;
    }
    if (ferror(f)) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot read: %s", path, strerror(errno));
        goto fail;
    }
    data[used] = '\0';
    *out = data;
    if (size)
        *size = used;
    data = NULL;
fail:
    free(data);
    if (f)
        fclose(f);
    return status;
}

gws_status gws_file_write(const char *path, const void *data, size_t size, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_output *o = gws_output_begin(path, 1, err);
    gws_status status;
    if (!o)
        return err->status;
    status = gws_output_write(o, data, size, err);
    if (status == GWS_OK)
        return gws_output_end(o, err);
    gws_output_abandon(o);
    return status;
}

gws_status gws_file_sha256(const char *path, char out[65], gws_err *err)
{
    gws_status status = GWS_OK;
    FILE *f = NULL;
    EVP_MD_CTX *md = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE], buffer[65536];
    unsigned len = 0;
    out[0] = '\0';
    f = fopen(path, "rb");
    if (!f) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot open: %s", path, strerror(errno));
        goto fail;
    }
    md = EVP_MD_CTX_new();
    if (!md || !EVP_DigestInit_ex(md, EVP_sha256(), NULL)) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: libcrypto has no SHA-256 context to give", path);
        goto fail;
    }
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, f)) > 0)
        if (!EVP_DigestUpdate(md, buffer, got))
            break;
    if (ferror(f)) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot read: %s", path, strerror(errno));
        goto fail;
    }
    if (got > 0 || !EVP_DigestFinal_ex(md, digest, &len) || len != 32) {
        status = gws_err_set(err, GWS_ENUM, "%s: libcrypto failed to hash", path);
        goto fail;
    }
    for (unsigned i = 0; i < len; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
fail:
    EVP_MD_CTX_free(md);
    if (f)
        fclose(f);
    return status;
}

int gws_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

void *gws_file_map_scratch(const char *folder, int64_t bytes, gws_err *err)
{
    char path[1100];
    void *p = MAP_FAILED;
    int fd, why = 0;

    snprintf(path, sizeof path, "%.1024s/gwspike-work-XXXXXX", folder);
    if ((fd = mkstemp(path)) < 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot create a work file: %s", path, strerror(errno));
        return NULL;
    }
    unlink(path);
    if ((why = posix_fallocate(fd, 0, (off_t)bytes)) == 0 &&
        (p = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
        why = errno;
    close(fd);
    if (p == MAP_FAILED) {
        gws_err_set(err, GWS_EIO, "%s: no work file of %lld bytes: %s", path, (long long)bytes, strerror(why));
        return NULL;
    }
    return p;
}

void gws_file_unmap(void *p, int64_t bytes)
{
    if (p)
        munmap(p, (size_t)bytes);
}
