/* search.c - blocks of strain in, triggers out: search MODEL.  The strain is simulated; yours comes from wherever you have it. */
#include <gwspike.h>
#include <stdio.h>

#define RATE_HZ 2048
#define SECONDS 120

static void on_trigger(void *user, const gws_stream_trigger *t)
{
    printf("GPS %.3f +- %.2f s  statistic %.2f\n", (double)t->time_ns / 1e9, t->window_s, t->statistic[t->head]);
    ++*(int *)user;
}

int main(int argc, char **argv)
{
    static const char *const detectors[] = {"H1", "L1"};
    const double start_s = 1300000000;
    double h[RATE_HZ];
    gws_err err = {GWS_OK, ""};
    int found = 0, failed = 1;
    const gws_simulation_params made = {
        .struct_size = sizeof made, .start_s = start_s, .duration_s = SECONDS, .seed = 1, .snr_min = 20, .snr_max = 25};
    const gws_stream_params params = {.struct_size = sizeof params, .user = &found, .trigger = on_trigger};
    gws_simulation *source = gws_simulation_create(&made, &err);
    gws_model *model = source ? gws_model_open(argc > 1 ? argv[1] : "default", &err) : NULL;
    gws_stream *stream = model ? gws_stream_create(model, &params, &err) : NULL;

    if (!stream)
        goto done;
    for (int second = 0; second < SECONDS; second++)
        for (int i = 0; i < 2; i++)
            if (gws_simulation_fill(source, detectors[i], start_s + second, h, RATE_HZ, &err) != GWS_OK ||
                gws_stream_push(stream, detectors[i], start_s + second, h, RATE_HZ, &err) != GWS_OK)
                goto done;
    if (gws_stream_finish(stream, &err) != GWS_OK)
        goto done;
    printf("%d triggers of %zu signals in %d s\n", found, gws_simulation_signals(source), SECONDS);
    failed = 0;
done:
    if (failed)
        fprintf(stderr, "search: %s\n", err.text);
    gws_stream_destroy(stream);
    gws_model_destroy(model);
    gws_simulation_destroy(source);
    return failed;
}
