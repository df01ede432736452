#include "live/source.h"

#include <string.h>

const gws_live_source_row *gws_live_source_find(const char *name)
{
    static const gws_live_source_row *const table[] = {&gws_live_folder, &gws_live_replay, &gws_live_list, &gws_live_pipe,
                                                       &gws_live_kafka};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
