/* cuts.c - a stranger's program: cuts MODEL INPUT THRESHOLD SEED streams an input in blocks of random lengths, the detectors in random order,
 * and prints time and statistic of each trigger.  It is compiled as C11 and as C++17. */
#include <gwspike.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_trigger(void *user, const gws_stream_trigger *t)
{
    (void)user;
    printf("%.17g %.17g\n", (double)t->time_ns / 1e9, t->statistic[t->head]);
    if (t->begin_ns > t->end_ns || !(t->statistic[!t->head] < 1e30) || t->far.bound == GWS_FAR_FITTED)
        exit(3);
}

static unsigned long next = 1;

static size_t random_below(size_t n)
{
    next = next * 1103515245UL + 12345UL;
    return (size_t)(next >> 16 & 0x7fffUL) % n;
}

static int fail(const gws_err *err)
{
    fprintf(stderr, "cuts: %s\n", err->text);
    return 1;
}

int main(int argc, char **argv)
{
    gws_err err = {GWS_OK, ""};
    gws_stream_params params;
    gws_input_info info[2];
    double at[2], *h = (double *)malloc(sizeof(double) * 30000);
    double threshold = argc > 3 ? atof(argv[3]) : 0;
    const char *name = argc > 2 ? argv[2] : "";
    size_t left = 2;

    if (argc != 5 || !h)
        return 2;
    next = strtoul(argv[4], NULL, 10);
    gws_model *model = gws_model_open(argv[1], &err);
    gws_input *input = gws_input_open(&name, 1, 0, NULL, &err);
    memset(&params, 0, sizeof params);
    params.struct_size = sizeof params;
    params.trigger = on_trigger;
    params.threshold = &threshold;
    gws_stream *stream = model && input ? gws_stream_create(model, &params, &err) : NULL;
    if (!stream || gws_input_detectors(input) != 2)
        return fail(&err);
    for (size_t i = 0; i < 2; i++) {
        info[i].struct_size = sizeof info[i];
        if (gws_input_get_info(input, i, &info[i], &err) != GWS_OK)
            return fail(&err);
        at[i] = info[i].begin_s;
    }
    while (left > 0) {
        const size_t i = random_below(2);
        size_t n = random_below(4) == 0 ? random_below(20) : random_below(30000);
        const double room = (info[i].end_s - at[i]) * info[i].rate_hz;
        if (at[i] >= info[i].end_s)
            continue;
        if ((double)n > room)
            n = (size_t)(room + 0.5);
        if (gws_input_read(input, info[i].detector, at[i], h, n, &err) != GWS_OK ||
            gws_stream_push(stream, info[i].detector, at[i], h, n, &err) != GWS_OK)
            return fail(&err);
        at[i] += (double)n / info[i].rate_hz;
        if (at[i] >= info[i].end_s)
            left--;
    }
    if (gws_stream_finish(stream, &err) != GWS_OK)
        return fail(&err);
    gws_stream_destroy(stream);
    gws_input_destroy(input);
    gws_model_destroy(model);
    free(h);
    return 0;
}
