/* bench_live MODEL INPUT... - pairs of detectors replayed side by side in one process, 1 to 64 of them: the real-time factor of all together, one
 * JSON object a line.  Each pair is a live search of its own over the same strain. */
#include "base/json.h"
#include "base/progress.h"
#include "live/live.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 64

static gws_status on_trigger(void *user, const gws_live_trigger *t, gws_err *err)
{
    ++*(int64_t *)user;
    (void)t;
    (void)err;
    return GWS_OK;
}

/* Replay all of them to the end, a step of each in turn.  returns  seconds of data of one; 0 after the message */
static double run(const gws_model *m, const char *path, char **inputs, int n_inputs, int pairs, int64_t *triggers)
{
    const gws_live_search search = {.path = path, .sha256 = "", .model = m, .threshold = (double)NAN};
    const gws_live_source_params from = {.names = (const char *const *)inputs, .n = n_inputs, .whole_s = 2, .poll_s = 1};
    const gws_live_params p = {.searches = &search,
                               .n_searches = 1,
                               .source = gws_live_source_find("replay"),
                               .from = &from,
                               .wait_s = 3,
                               .trigger = on_trigger,
                               .user = triggers};
    gws_live *l[MOST] = {NULL};
    int ended[MOST] = {0}, left = pairs;
    gws_err err = {0};
    gws_live_stats *stats = calloc(1, sizeof *stats);
    gws_status status = stats ? GWS_OK : GWS_ENOMEM;

    for (int i = 0; i < pairs && status == GWS_OK; i++)
        status = (l[i] = gws_live_create(&p, &err)) ? GWS_OK : err.status;
    while (left > 0 && status == GWS_OK)
        for (int i = 0; i < pairs && status == GWS_OK; i++) {
            if (ended[i])
                continue;
            if ((status = gws_live_step(l[i], 0, &ended[i], &err)) == GWS_OK && ended[i]) {
                status = gws_live_finish(l[i], &err);
                left--;
            }
        }
    if (status == GWS_OK)
        gws_live_get_stats(l[0], stats);
    else
        fprintf(stderr, "bench_live: %s\n", err.text);
    const double data_s = status == GWS_OK ? stats->data_s : 0;
    for (int i = 0; i < pairs; i++)
        gws_live_destroy(l[i]);
    free(stats);
    return data_s;
}

int main(int argc, char **argv)
{
    gws_err err = {0};

    if (argc < 3) {
        fprintf(stderr, "usage: bench_live MODEL INPUT...\n");
        return 2;
    }
    gws_model *m = gws_model_load(argv[1], &err);
    if (!m) {
        fprintf(stderr, "bench_live: %s\n", err.text);
        return 1;
    }
    for (int pairs = 1; pairs <= MOST; pairs *= 2) {
        int64_t triggers = 0;
        const double t0_s = gws_now_s(), cpu0_s = gws_cpu_s(), data_s = run(m, argv[1], argv + 2, argc - 2, pairs, &triggers);
        if (!(data_s > 0))
            return 1;
        const double took_s = gws_now_s() - t0_s, cpu_s = gws_cpu_s() - cpu0_s;
        gws_json *j = gws_json_object();
        gws_json_put_i64(j, "pairs", pairs);
        gws_json_put_f64(j, "data_s", data_s);
        gws_json_put_f64(j, "real_time_factor", data_s / took_s);
        gws_json_put_f64(j, "real_time_factor_of_processor", data_s / cpu_s);
        gws_json_put_i64(j, "triggers", triggers);
        gws_json_print(j, stdout);
        fflush(stdout);
    }
    gws_model_destroy(m);
    return 0;
}
