/* gwspike version - what this program is and where it runs. */
#include "base/cpu.h"
#include "base/memory.h"
#include "cli/opts.h"
#include "gws_config.h"
#include "net/kafka.h"
#include "net/serve.h"
#include "plot/canvas.h"

#include <fftw3.h>
#include <hdf5.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <sys/utsname.h>

static void print_build(void)
{
    printf("git hash: %s\n", GWS_GIT_HASH);
    printf("licence: MIT (sources); GPL-2.0-or-later (this binary, because it is linked with FFTW)\n");
    printf("compiler: %s (%s), build type %s\n", GWS_COMPILER, __VERSION__, GWS_BUILDTYPE);
    printf("flags: %s\n", GWS_FLAGS);
    printf("model: $GWSPIKE_MODEL, %s/models/%s.hdf, %s/models/%s.hdf\n", GWS_DATADIR, GWS_DEFAULT_MODEL, GWS_SOURCEDIR,
           GWS_DEFAULT_MODEL);
}

static void print_libraries(void)
{
    unsigned major = 0, minor = 0, release = 0;
    char drawing[32];

    H5get_libversion(&major, &minor, &release);
    printf("libraries: HDF5 %u.%u.%u, %s, jansson %s, %s, %s\n", major, minor, release, fftw_version, jansson_version_str(),
           gws_canvas_library(drawing), OpenSSL_version(OPENSSL_VERSION));
    const char *kafka = gws_kafka_library(), *http = gws_serve_library();
    printf("optional libraries: %s, %s\n", kafka ? kafka : "no librdkafka", http ? http : "no libmicrohttpd");
}

static void print_machine(void)
{
    char model[128], features[256];
    struct utsname os;
    gws_memory m;
    const double gib = 1024.0 * 1024 * 1024;

    gws_cpu_model(model);
    gws_cpu_features(features);
    gws_memory_now(&m);
    if (uname(&os) == 0)
        printf("system: %s %s %s\n", os.sysname, os.release, os.machine);
    printf("processor: %s, %d usable\n", model, gws_cpu_count());
    printf("features: %s\n", features);
    printf("instruction set in use: %s\n", gws_isa_name(gws_isa_best()));
    printf("memory: %.1f GiB, %.1f available, %.1f allowed; swap: %.1f GiB, %.1f free; resident %.1f MiB\n",
           (double)m.total_bytes / gib, (double)m.available_bytes / gib, (double)m.limit_bytes / gib,
           (double)m.swap_total_bytes / gib, (double)m.swap_free_bytes / gib, (double)m.resident_bytes / (gib / 1024));
}

int gws_cmd_version(gws_cli *cli, int argc, char **argv)
{
    gws_err err = {0};
    int verbose = 0, parsed;
    const gws_opt options[] = {
        {'v', "verbose", GWS_OPT_FLAG, &verbose, NULL, "build, processor, libraries, memory too", GWS_OPT_SILENT},
    };
    const gws_opts opts = {
        .usage = "[-v]",
        .about = "With -v: compiler, flags, instruction set, libraries found, processor, memory and swap.",
        .examples = "gwspike version -v",
        .options = options,
        .n_options = 1,
        .max_inputs = 0,
    };

    if ((parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL)) != GWS_OPTS_RUN)
        return parsed;
    if (verbose && gws_memory_room(GWS_MEMORY_ROOM, "libhdf5", &err) != GWS_OK) /* which sets itself up to say its version */
        return gws_cli_fail(cli, &err);
    printf("gwspike %s\n", GWS_VERSION);
    if (verbose) {
        print_build();
        print_libraries();
        print_machine();
    }
    return gws_cli_done(cli);
}
