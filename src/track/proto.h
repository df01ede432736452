/* proto.h - private to track/: messages of Protocol Buffers as bytes, and the checksum that TensorBoard's records carry.
 *
 * Twelve small messages are written and one field of theirs is read, so the wire format is written out here: a field is a number, a
 * kind, and a varint, eight or four bytes, or a length and so many bytes (protobuf.dev, "Encoding").  Fields are put in rising order.
 */
#ifndef GWS_TRACK_PROTO_H
#define GWS_TRACK_PROTO_H

#include <stddef.h>
#include <stdint.h>

/* A message that grows; zeros are an empty one. */
typedef struct gws_proto {
    unsigned char *data;
    size_t n, room;
    int failed; /* memory was out, and something is missing */
} gws_proto;

void gws_proto_clear(gws_proto *p); /* frees */

void gws_proto_varint(gws_proto *p, int field, uint64_t v);
void gws_proto_f64(gws_proto *p, int field, double v);
void gws_proto_f32(gws_proto *p, int field, float v);
void gws_proto_bytes(gws_proto *p, int field, const void *data, size_t size);
void gws_proto_string(gws_proto *p, int field, const char *text);
void gws_proto_doubles(gws_proto *p, int field, const double *v, int n); /* packed */

/* A message within a message; the inner one is empty afterwards. */
void gws_proto_message(gws_proto *p, int field, gws_proto *inner);

/* Bytes without a field. */
void gws_proto_raw(gws_proto *p, const void *data, size_t size);

/* The next field of a message.
 *   at, end  in/out  bytes that are left
 *   field    out
 *   value    out     of a varint
 * returns  0 at the end, and where the bytes are no message */
int gws_proto_next(const unsigned char **at, const unsigned char *end, int *field, uint64_t *value);

/* CRC-32C (Castagnoli), and its masked form of TFRecord: rotated right by 15 bits, plus 0xa282ead8. */
uint32_t gws_crc32c(const void *data, size_t size);
uint32_t gws_crc32c_masked(const void *data, size_t size);

#endif
