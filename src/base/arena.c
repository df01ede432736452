#include "base/arena.h"

#include "base/array.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN_FLOATS 16
#define ALIGN_BYTES 64
#define HUGE_BYTES (2u << 20)
#define PAGE_BYTES 4096u

static _Atomic uint64_t alloc_count;

void gws_table_init(gws_table *t)
{
    *t = (gws_table){0};
}

void gws_table_clear(gws_table *t)
{
    if (!t)
        return;
    free(t->rows);
    *t = (gws_table){0};
}

int gws_table_add(gws_table *t, const char *name, int64_t d0, int64_t d1, int64_t d2, int64_t d3)
{
    GWS_ASSERT(t && name && strlen(name) < GWS_TENSOR_NAME);
    GWS_ASSERT(gws_table_find(t, name) < 0);
    if (t->failed)
        return -1;
    if (!GWS_ARRAY_ROOM(t->rows, t->room, t->n + 1)) {
        t->failed = 1;
        return -1;
    }
    gws_tensor *r = &t->rows[t->n];
    *r = (gws_tensor){.offset = t->total, .size = 1};
    memcpy(r->name, name, strlen(name) + 1);
    const int64_t dims[GWS_TENSOR_DIMS] = {d0, d1, d2, d3};
    for (int i = 0; i < GWS_TENSOR_DIMS && dims[i] != 0; i++) {
        GWS_ASSERT(dims[i] > 0 && r->size <= INT64_MAX / 8 / dims[i]);
        r->shape[r->ndim++] = dims[i];
        r->size *= dims[i];
    }
    t->total += (r->size + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    return t->n++;
}

int gws_table_find(const gws_table *t, const char *name)
{
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->rows[i].name, name) == 0)
            return i;
    return -1;
}

int64_t gws_table_values(const gws_table *t)
{
    int64_t n = 0;
    for (int i = 0; i < t->n; i++)
        n += t->rows[i].size;
    return n;
}

float *gws_table_alloc(const gws_table *t)
{
    return gws_arena_alloc((size_t)t->total * sizeof(float));
}

void *gws_arena_alloc(size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGN_BYTES)
        return NULL;
    /* whole lines, and never nothing: an empty arena is a valid pointer like any other */
    size_t rounded = (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    if (rounded == 0)
        rounded = ALIGN_BYTES;
    void *p = NULL;
    if (posix_memalign(&p, ALIGN_BYTES, rounded) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Products walk through matrices row by row, a page or more apart: with small pages the processor's table of addresses is what
     * they wait for. */
    const uintptr_t first = ((uintptr_t)p + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES, end = (uintptr_t)p + rounded;
    if (rounded >= 2 * HUGE_BYTES)
        madvise((char *)p + (first - (uintptr_t)p), (end - first) / PAGE_BYTES * PAGE_BYTES, MADV_HUGEPAGE);
#endif
    memset(p, 0, rounded);
    atomic_fetch_add_explicit(&alloc_count, 1, memory_order_relaxed);
    return p;
}

void gws_arena_free(void *p)
{
    free(p);
}

uint64_t gws_alloc_count(void)
{
    return atomic_load_explicit(&alloc_count, memory_order_relaxed);
}
