#include "base/array.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 16

int gws_array_room(void *array, int64_t *room, int64_t wanted, size_t size)
{
    void *items, *more;
    int64_t now;

    GWS_ASSERT(wanted >= 0 && *room >= 0 && size > 0);
    if (wanted <= *room)
        return 1;
    const int64_t most = (int64_t)(PTRDIFF_MAX / size);
    if (wanted > most)
        return 0;
    now = *room > most / 2 ? most : 2 * *room;
    now = now < LEAST && LEAST <= most ? LEAST : now;
    now = now < wanted ? wanted : now;
    memcpy(&items, array, sizeof items); /* a pointer of another type, which may not be read through void ** */
    if (!(more = realloc(items, (size_t)now * size)))
        return 0;
    memcpy(array, &more, sizeof more);
    *room = now;
    return 1;
}
