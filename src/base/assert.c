#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void gws_assert_fail(const char *cond, const char *file, int line)
{
    fprintf(stderr, "gwspike: broken precondition: %s (%s:%d)\n", cond, file, line);
    abort();
}
