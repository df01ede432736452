#include "perf/machine.h"

#include "base/cpu.h"
#include "base/file.h"
#include "base/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

gws_status gws_machine_load(const char *path, gws_machine *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char processor[128];
    int64_t processors, v[3];
    static const char *const keys[3] = {"threads", "block", "batch"};
    static const int64_t most[3] = {1024, 65536, 4096};
    gws_status status = GWS_OK;
    gws_ini *ini = gws_ini_load(path, err);

    *out = (gws_machine){0};
    if (!ini)
        return err->status;
    gws_cpu_model(processor);
    const int same = strcmp(gws_ini_string(ini, "machine", "processor", ""), processor) == 0;
    status = gws_ini_int(ini, "machine", "processors", 0, &processors, err);
    for (int i = 0; i < 3 && status == GWS_OK; i++) {
        status = gws_ini_int(ini, "machine", keys[i], 0, &v[i], err);
        if (status == GWS_OK && (v[i] < 0 || v[i] > most[i]))
            status = gws_err_set(err, GWS_EFORMAT, "%s: [machine] %s is %lld, wanted 0 to %lld", path, keys[i], (long long)v[i],
                                 (long long)most[i]);
    }
    if (status == GWS_OK)
        status = gws_ini_unused(ini, NULL, err);
    if (status == GWS_OK && same && processors == gws_cpu_count())
        *out = (gws_machine){.threads = (int)v[0], .block = (int)v[1], .batch = (int)v[2]};
    gws_ini_destroy(ini);
    return status;
}

void gws_machine_make_folders(const char *path)
{
    char folder[2][1024];

    snprintf(folder[0], sizeof folder[0], "%s", path);
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(folder[up ? 1 : 0], '/');
        if (!slash)
            return;
        *slash = 0;
        if (up == 0)
            memcpy(folder[1], folder[0], sizeof folder[1]);
    }
    if (folder[1][0])
        mkdir(folder[1], 0755);
    if (folder[0][0])
        mkdir(folder[0], 0755);
}

gws_status gws_machine_save(const char *path, const gws_machine *m, gws_err *err)
{
    char text[1024], processor[128];

    gws_cpu_model(processor);
    const int n =
        snprintf(text, sizeof text,
                 "; Made by gwspike optimize.\n[machine]\nprocessor = %s\nprocessors = %d\nthreads = %d\nblock = %d\nbatch = %d\n",
                 processor, gws_cpu_count(), m->threads, m->block, m->batch);
    return gws_file_write(path, text, (size_t)n, err);
}
