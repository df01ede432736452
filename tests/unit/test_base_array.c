/* Arrays that grow: nothing is lost on the way, the room doubles, and what cannot be had leaves the array as it was.
 * Truth: identities. */
#include "gwstest.h"

#include "base/array.h"

#include <stdlib.h>

static void grows(void **state)
{
    double *x = NULL;
    int64_t room = 0, moves = 0;
    for (int64_t n = 0; n < 100000; n++) {
        const int64_t before = room;
        assert_true(GWS_ARRAY_ROOM(x, room, n + 1));
        moves += room != before;
        x[n] = (double)n;
    }
    assert_true(moves <= 14 && room >= 100000 && room < 200000); /* 16 * 2^13 */
    for (int64_t n = 0; n < 100000; n++)
        assert_true(x[n] == (double)n);
    assert_true(GWS_ARRAY_ROOM(x, room, 1000000) && room == 1000000); /* at once, where that is more than twice */
    free(x);
}

static void refuses(void **state)
{
    double *x = NULL;
    int64_t room = 0;
    assert_true(GWS_ARRAY_ROOM(x, room, 1));
    x[0] = 7;
    const double *was = x;
    const int64_t had = room;
    assert_false(GWS_ARRAY_ROOM(x, room, INT64_MAX));
    assert_false(GWS_ARRAY_ROOM(x, room, PTRDIFF_MAX / (int64_t)sizeof *x + 1));
    assert_true(x == was && room == had && x[0] == 7);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows), cmocka_unit_test(refuses)};
    return GWS_RUN_TESTS(tests);
}
