#include "base/cpu.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

static atomic_int isa_limit = GWS_ISA_NEON + 1; /* nothing was asked */

gws_isa gws_isa_best(void)
{
    int limit = atomic_load_explicit(&isa_limit, memory_order_relaxed);
    if (limit == GWS_ISA_SCALAR)
        return GWS_ISA_SCALAR;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (limit != GWS_ISA_AVX2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return GWS_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return GWS_ISA_AVX2;
    return GWS_ISA_SCALAR;
#elif defined(__aarch64__)
    return GWS_ISA_NEON; /* part of the architecture */
#else
    return GWS_ISA_SCALAR;
#endif
}

void gws_isa_limit(gws_isa at_most)
{
    atomic_store_explicit(&isa_limit, (int)at_most, memory_order_relaxed);
}

static const char *const isa_names[] = {"scalar", "avx2", "avx512", "neon"};

const char *gws_isa_name(gws_isa isa)
{
    return (unsigned)isa < 4 ? isa_names[isa] : "unknown";
}

int gws_isa_parse(const char *name, gws_isa *out)
{
    for (int i = 0; i < 4; i++)
        if (name && strcmp(name, isa_names[i]) == 0) {
            *out = (gws_isa)i;
            return 1;
        }
    return 0;
}

int gws_isa_runs(gws_isa isa)
{
    const gws_isa best = gws_isa_best();
    return isa == GWS_ISA_SCALAR || isa == best || (isa == GWS_ISA_AVX2 && best == GWS_ISA_AVX512);
}

void gws_isa_names(char out[64])
{
    size_t n = 0;
    for (int i = 0; i < 4; i++)
        if (gws_isa_runs((gws_isa)i))
            n += (size_t)snprintf(out + n, 64 - n, "%s%s", n ? ", " : "", isa_names[i]);
}

int gws_cpu_count(void)
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

#if defined(__linux__)
/* The text after "key :" of the first such line of a /proc file; 0 when there is none. */
static int proc_line(const char *path, const char *key, char *out, size_t size)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    char line[8192];
    int found = 0;
    size_t len = strlen(key);
    while (!found && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, len) != 0)
            continue;
        const char *v = line + len + strspn(line + len, " \t");
        if (*v != ':')
            continue;
        v++;
        v += strspn(v, " \t");
        snprintf(out, size, "%.*s", (int)strcspn(v, "\n"), v);
        found = 1;
    }
    fclose(f);
    return found;
}
#endif

void gws_cpu_model(char out[128])
{
    snprintf(out, 128, "unknown");
#if defined(__linux__)
    if (!proc_line("/proc/cpuinfo", "model name", out, 128))
        proc_line("/proc/cpuinfo", "CPU part", out, 128);
#elif defined(__APPLE__)
    size_t size = 128;
    if (sysctlbyname("machdep.cpu.brand_string", out, &size, NULL, 0) != 0)
        snprintf(out, 128, "unknown");
#endif
}

void gws_cpu_features(char out[256])
{
    out[0] = '\0';
#if defined(__x86_64__)
    /* the builtin wants literals, hence no loop over names */
    __builtin_cpu_init();
#define FEATURE(name)                                                                                                              \
    if (__builtin_cpu_supports(name))                                                                                              \
    snprintf(out + strlen(out), 256 - strlen(out), "%s%s", out[0] ? " " : "", name)
    FEATURE("sse4.2");
    FEATURE("avx");
    FEATURE("avx2");
    FEATURE("fma");
    FEATURE("bmi2");
    FEATURE("avx512f");
    FEATURE("avx512dq");
    FEATURE("avx512bw");
    FEATURE("avx512vl");
    FEATURE("avx512vnni");
#undef FEATURE
#elif defined(__aarch64__)
    snprintf(out, 256, "neon");
#endif
}
