/* crc.h - the checksum of frame files: POSIX cksum (polynomial 0x04C11DB7, most significant bit first, the length behind the data). */
#ifndef GWS_GWF_CRC_H
#define GWS_GWF_CRC_H

#include <stddef.h>
#include <stdint.h>

typedef struct gws_crc {
    uint32_t sum;
    uint64_t n; /* bytes so far */
} gws_crc;

/* Start from {0}, push the bytes in any pieces, and ask for the checksum.  Cost: about 1 ns for 2 bytes. */
void gws_crc_push(gws_crc *c, const void *data, size_t n);
uint32_t gws_crc_get(const gws_crc *c);

/* All at once. */
uint32_t gws_crc_of(const void *data, size_t n);

#endif
