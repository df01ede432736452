/* fuzz_population.c - any text as a population: it is refused by a sentence, or it gives sources that are finite or refused. */
#include "sim/population.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse(text, "fuzz", NULL);
    gws_population *p = ini ? gws_population_create(ini, &err) : NULL;
    GWS_ASSERT(p || !ini || (err.status != GWS_OK && err.text[0]));
    gws_rng rng = gws_rng_init(1, "fuzz", 0);
    for (int i = 0; p && i < 20; i++) {
        gws_source s;
        gws_status st = gws_population_draw(p, &rng, &s, &err);
        GWS_ASSERT(st == GWS_OK ? isfinite(s.binary.distance_mpc) && isfinite(s.ra_rad) : err.text[0] != '\0');
    }
    for (int i = 0; p && gws_population_column(p, i); i++)
        GWS_ASSERT(gws_population_column(p, i)[0] != '\0');
    gws_population_destroy(p);
    gws_ini_destroy(ini);
    free(text);
    return 0;
}
