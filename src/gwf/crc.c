/* crc.c - see crc.h.  Eight bytes at a time from eight tables ("slicing by 8", Kounavis and Berry 2005, ISCC). */
#include "gwf/crc.h"

#include <pthread.h>

#define POLYNOMIAL 0x04C11DB7u

static uint32_t table[8][256]; /* [k][b]: what byte b adds when k more bytes follow */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t r = b << 24;
        for (int i = 0; i < 8; i++)
            r = r & 0x80000000u ? r << 1 ^ POLYNOMIAL : r << 1;
        table[0][b] = r;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] << 8 ^ table[0][table[k - 1][b] >> 24];
}

static uint32_t update(uint32_t r, const unsigned char *p, size_t n)
{
    for (; n >= 8; n -= 8, p += 8) {
        r ^= (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        r = table[7][r >> 24] ^ table[6][r >> 16 & 255] ^ table[5][r >> 8 & 255] ^ table[4][r & 255] ^ table[3][p[4]] ^
            table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    for (; n > 0; n--)
        r = r << 8 ^ table[0][r >> 24 ^ *p++];
    return r;
}

void gws_crc_push(gws_crc *c, const void *data, size_t n)
{
    pthread_once(&once, make_tables);
    c->sum = update(c->sum, data, n);
    c->n += n;
}

uint32_t gws_crc_get(const gws_crc *c)
{
    uint32_t r = c->sum;
    pthread_once(&once, make_tables);
    for (uint64_t n = c->n; n > 0; n >>= 8) {
        const unsigned char byte = (unsigned char)n;
        r = update(r, &byte, 1);
    }
    return ~r;
}

uint32_t gws_crc_of(const void *data, size_t n)
{
    gws_crc c = {0};
    gws_crc_push(&c, data, n);
    return gws_crc_get(&c);
}
