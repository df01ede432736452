/* arena.h - allocates the tensors of one lifetime at once, as one table lays them out.
 *
 * A family of tensors (parameters, gradients, optimizer moments, activations) is
 * declared once as rows {name, shape}; the table allocates it, saves it, loads
 * it, prints it.  Offsets are in floats and multiples of 16 (64 bytes).
 */
#ifndef GWS_BASE_ARENA_H
#define GWS_BASE_ARENA_H

#include "base/err.h"

#include <stdint.h>

#define GWS_TENSOR_NAME 48
#define GWS_TENSOR_DIMS 4

typedef struct gws_tensor {
    char name[GWS_TENSOR_NAME]; /* dotted path: "stem.0.weight" */
    int ndim;
    int64_t shape[GWS_TENSOR_DIMS];
    int64_t offset; /* floats from the start of the arena */
    int64_t size;   /* floats */
} gws_tensor;

typedef struct gws_table {
    gws_tensor *rows;
    int n;
    int64_t room;
    int64_t total; /* floats, padding included */
    int failed;    /* memory ran out and a row is missing; no later row is added, so checking the last one is enough */
} gws_table;

void gws_table_init(gws_table *t);
void gws_table_clear(gws_table *t);

/* Add a row.  Returns its index, or -1 when memory is out, now or for an earlier row.  Trailing dimensions of 0 end the shape. */
int gws_table_add(gws_table *t, const char *name, int64_t d0, int64_t d1, int64_t d2, int64_t d3);

/* Index of a name, or -1. */
int gws_table_find(const gws_table *t, const char *name);

/* Count the values of all rows; the padding between them is left out. */
int64_t gws_table_values(const gws_table *t);

/* Allocate zeroed memory for all rows, aligned to 64 bytes.  Returns NULL when memory is out.  Free it with gws_arena_free. */
float *gws_table_alloc(const gws_table *t);

/* Allocate aligned, zeroed memory.  gws_alloc_count counts these calls. */
void *gws_arena_alloc(size_t bytes);
void gws_arena_free(void *p);

/* How many allocations gws_arena_alloc has made since the program began: tests read it before and
 * after 10,000 pushes to show that the data path allocates nothing. */
uint64_t gws_alloc_count(void);

#endif
