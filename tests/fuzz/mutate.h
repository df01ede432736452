/* mutate.h - mutation k of a file: a function of its bytes, its name and k. */
#ifndef GWS_TESTS_FUZZ_MUTATE_H
#define GWS_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUTATE_STEPS 4
#define MUTATE_PIECE 16
#define MUTATE_ROOM (MUTATE_STEPS * MUTATE_PIECE)

static inline uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The usual ways in which a file goes bad.  buffer has room for size + MUTATE_ROOM. */
static inline size_t mutate(uint8_t *buffer, size_t size, const char *name, int k)
{
    static const uint64_t edges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
    uint64_t state = (uint64_t)k;
    for (; *name; name++)
        state = state * 131 + (unsigned char)*name;
    int steps = 1 + (int)(mix(&state) % MUTATE_STEPS);
    for (int i = 0; i < steps && size > 0; i++) {
        size_t at = mix(&state) % size;
        uint64_t how = mix(&state) % 6, v = mix(&state);
        size_t len = 1 + mix(&state) % MUTATE_PIECE;
        if (len > size - at)
            len = size - at;
        if (how == 0) {
            buffer[at] ^= (uint8_t)(1u << (v % 8));
        } else if (how == 1) {
            buffer[at] = (uint8_t)v;
        } else if (how == 2) { /* a length or an offset on the edge of its type */
            v = edges[v % (sizeof edges / sizeof edges[0])];
            memcpy(buffer + at, &v, len < 8 ? len : 8);
        } else if (how == 3) { /* truncation */
            size = at;
        } else if (how == 4) { /* a piece lost */
            memmove(buffer + at, buffer + at + len, size - at - len);
            size -= len;
        } else { /* a piece twice */
            memmove(buffer + at + len, buffer + at, size - at);
            size += len;
        }
    }
    return size;
}

#endif
