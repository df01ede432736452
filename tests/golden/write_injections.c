/* write_injections INI SEED START END STEP WINDOW OUT.hdf - a whole table, for the referee to compare with PyCBC's. */
#include "sim/injections.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    gws_err err = {0};
    gws_injections t = {0};
    gws_ini *ini = argc == 8 ? gws_ini_load(argv[1], &err) : NULL;
    gws_population *p = ini ? gws_population_create(ini, &err) : NULL;
    const gws_injections_plan plan = argc == 8 ? (gws_injections_plan){(uint32_t)strtoul(argv[2], NULL, 10), atoll(argv[3]),
                                                                       atoll(argv[4]), atof(argv[5]), atof(argv[6])}
                                               : (gws_injections_plan){0};
    int bad = !p || gws_injections_draw(p, &plan, &t, &err) != GWS_OK;
    if (!bad)
        bad = gws_injections_save(&t, argv[7], "write_injections", &err) != GWS_OK;
    if (bad)
        fprintf(stderr, "write_injections: %s\n", err.text);
    gws_injections_clear(&t);
    gws_population_destroy(p);
    gws_ini_destroy(ini);
    return bad;
}
