/* fuzz_ini.c - any text through the recipe reader: it loads or it is refused, and every value can be asked for. */
#include "base/ini.h"

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
    gws_ini *ini = gws_ini_parse(text, "fuzz", &err);
    GWS_ASSERT(ini || (err.status != GWS_OK && err.text[0]));
    const char *section, *key, *value;
    for (int i = 0; ini && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        double x, list[8];
        int64_t k;
        int n = 8;
        gws_ini_double(ini, section, key, 0, &x, NULL);
        gws_ini_int(ini, section, key, 0, &k, NULL);
        gws_ini_doubles(ini, section, key, list, &n, NULL);
        GWS_ASSERT(n >= 0 && n <= 8 && gws_ini_has(ini, section, key));
    }
    GWS_ASSERT(!ini || gws_ini_unused(ini, NULL, NULL) == GWS_OK);
    gws_ini_destroy(ini);
    free(text);
    return 0;
}
