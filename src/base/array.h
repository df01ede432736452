/* array.h - arrays that grow.
 *
 *     item *items = NULL;
 *     int64_t n = 0, room = 0;
 *     if (!GWS_ARRAY_ROOM(items, room, n + 1))
 *         return gws_err_set(err, GWS_ENOMEM, "no memory for %lld items", (long long)n);
 *     items[n++] = next;
 *
 * The room at least doubles when it is used up, so n items cost O(n).
 */
#ifndef GWS_BASE_ARRAY_H
#define GWS_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* Make room for `wanted` items in an array from malloc (or NULL) that has room for `room`.
 *   array  in/out  address of the pointer
 *   room   in/out  items that fit
 *   size   in      bytes of an item
 * returns  not 0 when there is room; 0 when memory is out, or the bytes are more than an address can say: the array stays as it is */
int gws_array_room(void *array, int64_t *room, int64_t wanted, size_t size);

#define GWS_ARRAY_ROOM(array, room, wanted) gws_array_room(&(array), &(room), (wanted), sizeof *(array))

#endif
