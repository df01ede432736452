/* books.h - what the allocator has handed out, by glibc's own books. */
#ifndef GWS_TESTS_BOOKS_H
#define GWS_TESTS_BOOKS_H

#include <stdint.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Bytes in use. */
static inline int64_t books_in_use(void)
{
#if defined(__GLIBC__)
    const struct mallinfo2 m = mallinfo2();
    return (int64_t)(m.uordblks + m.hblkhd);
#else
    return 0;
#endif
}

/* A sanitizer's allocator keeps no such books. */
static inline int books_are_kept(void)
{
    const int64_t before = books_in_use();
    void *volatile p = malloc(1 << 20);
    const int kept = books_in_use() - before >= 1 << 20;
    free(p);
    return kept;
}

#endif
