#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

gws_status gws_file_publish(const char *temp, const char *path, gws_err *err)
{
    gws_status status = GWS_OK;
    int fd = open(temp, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot sync: %s", temp, strerror(errno));
        goto fail;
    }
    if (close(fd) != 0) {
        fd = -1;
        status = gws_err_set(err, GWS_EIO, "%s: cannot close: %s", temp, strerror(errno));
        goto fail;
    }
    fd = -1;
    if (rename(temp, path) != 0) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot rename to %s: %s", temp, path, strerror(errno));
        goto fail;
    }
    /* The name itself is durable only once the folder is.  A file system that cannot sync a folder has
     * nothing better to offer, so this is not an error. */
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int dir_fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir_fd >= 0) {
        fsync(dir_fd);
        close(dir_fd);
    }
    free(dir);
    return GWS_OK;
fail:
    if (fd >= 0)
        close(fd);
    unlink(temp);
    return status;
}

gws_status gws_file_write(const char *path, const void *data, size_t size, gws_err *err)
{
    gws_status status = GWS_OK;
    FILE *f = NULL;
    char *temp = NULL;
    if (asprintf(&temp, "%s.tmp-%ld", path, (long)getpid()) < 0) {
        temp = NULL;
        status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        goto fail;
    }
    f = fopen(temp, "wb");
    if (!f) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot create: %s", path, strerror(errno));
        goto fail;
    }
    int bad = fwrite(data, 1, size, f) != size;
    bad |= fflush(f) != 0;
    int why = errno;
    bad |= fclose(f) != 0;
    f = NULL;
    if (bad) {
        status = gws_err_set(err, GWS_EIO, "%s: cannot write %zu bytes: %s", path, size, strerror(why));
        unlink(temp);
        goto fail;
    }
    status = gws_file_publish(temp, path, err);
fail:
    free(temp);
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
