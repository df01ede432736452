#include "perf/rapl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int read_number(const char *path, int64_t *out)
{
    char text[32], *end = text;
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    *out = fgets(text, sizeof text, f) ? strtoll(text, &end, 10) : 0;
    fclose(f);
    return end > text && *out >= 0;
}

int gws_rapl_begin(gws_rapl *r, const char *folder)
{
    *r = (gws_rapl){0};
    for (int zone = 0; zone < GWS_RAPL_ZONES; zone++) {
        char range[256];
        const char *root = folder ? folder : "/sys/class/powercap";
        const int n = snprintf(r->path[r->n], sizeof r->path[r->n], "%s/intel-rapl:%d/energy_uj", root, zone);
        if (n < 0 || (size_t)n >= sizeof range || !read_number(r->path[r->n], &r->begin_uj[r->n]))
            continue;
        snprintf(range, sizeof range, "%.*s/max_energy_range_uj", n - (int)sizeof "/energy_uj" + 1, r->path[r->n]);
        if (read_number(range, &r->range_uj[r->n]))
            r->n++;
    }
    return r->n;
}

double gws_rapl_joules(const gws_rapl *r)
{
    double joules = 0.0;
    if (r->n == 0)
        return (double)NAN;
    for (int i = 0; i < r->n; i++) {
        int64_t now;
        if (!read_number(r->path[i], &now))
            return (double)NAN;
        const int64_t used = now - r->begin_uj[i];
        joules += 1e-6 * (double)(used < 0 ? used + r->range_uj[i] : used);
    }
    return joules;
}
