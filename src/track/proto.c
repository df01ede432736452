#include "track/proto.h"

#include <stdlib.h>
#include <string.h>

enum { VARINT = 0, EIGHT = 1, LENGTH = 2, FOUR = 5 };

void gws_proto_clear(gws_proto *p)
{
    free(p->data);
    *p = (gws_proto){0};
}

void gws_proto_raw(gws_proto *p, const void *data, size_t size)
{
    if (p->n + size > p->room) {
        const size_t room = 2 * (p->n + size) + 64;
        unsigned char *more = realloc(p->data, room);
        if (!more) {
            p->failed = 1;
            return;
        }
        p->data = more;
        p->room = room;
    }
    if (size)
        memcpy(p->data + p->n, data, size);
    p->n += size;
}

static void put_varint(gws_proto *p, uint64_t v)
{
    unsigned char out[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (unsigned char)(v | 0x80);
    out[n++] = (unsigned char)v;
    gws_proto_raw(p, out, n);
}

static void put_key(gws_proto *p, int field, unsigned kind)
{
    put_varint(p, ((uint64_t)field << 3) | kind);
}

static void put_little(gws_proto *p, uint64_t bits, size_t size)
{
    unsigned char out[8];
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)(bits >> (8 * i));
    gws_proto_raw(p, out, size);
}

void gws_proto_varint(gws_proto *p, int field, uint64_t v)
{
    put_key(p, field, VARINT);
    put_varint(p, v);
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

void gws_proto_f64(gws_proto *p, int field, double v)
{
    put_key(p, field, EIGHT);
    put_little(p, bits_of(v), 8);
}

void gws_proto_f32(gws_proto *p, int field, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_key(p, field, FOUR);
    put_little(p, bits, 4);
}

void gws_proto_bytes(gws_proto *p, int field, const void *data, size_t size)
{
    put_key(p, field, LENGTH);
    put_varint(p, size);
    gws_proto_raw(p, data, size);
}

void gws_proto_string(gws_proto *p, int field, const char *text)
{
    gws_proto_bytes(p, field, text, strlen(text));
}

void gws_proto_doubles(gws_proto *p, int field, const double *v, int n)
{
    put_key(p, field, LENGTH);
    put_varint(p, 8 * (uint64_t)n);
    for (int i = 0; i < n; i++)
        put_little(p, bits_of(v[i]), 8);
}

void gws_proto_message(gws_proto *p, int field, gws_proto *inner)
{
    gws_proto_bytes(p, field, inner->data, inner->n);
    p->failed |= inner->failed;
    gws_proto_clear(inner);
}

static int read_varint(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    *out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (*at == end)
            return 0;
        const unsigned char c = *(*at)++;
        *out |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return 1;
    }
    return 0;
}

int gws_proto_next(const unsigned char **at, const unsigned char *end, int *field, uint64_t *value)
{
    uint64_t key, size;
    if (*at == end || !read_varint(at, end, &key) || key >> 3 > INT32_MAX)
        return 0;
    *field = (int)(key >> 3);
    *value = 0;
    switch (key & 7) {
    case VARINT: return read_varint(at, end, value);
    case EIGHT: size = 8; break;
    case FOUR: size = 4; break;
    case LENGTH:
        if (!read_varint(at, end, &size))
            return 0;
        break;
    default: return 0;
    }
    if (size > (uint64_t)(end - *at))
        return 0;
    *at += size;
    return 1;
}

uint32_t gws_crc32c(const void *data, size_t size)
{
    const unsigned char *at = data;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1)));
    }
    return ~crc;
}

uint32_t gws_crc32c_masked(const void *data, size_t size)
{
    const uint32_t crc = gws_crc32c(data, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
