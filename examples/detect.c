/* detect.c - search strain files with a model and print the triggers: detect MODEL INPUT... */
#include <gwspike.h>
#include <stdio.h>

static void on_trigger(void *user, const gws_stream_trigger *t)
{
    static const char *const bounds[] = {"", "", "less than ", "more than ", "about "};

    printf("GPS %.3f  statistic %.2f", (double)t->time_ns / 1e9, t->statistic[t->head]);
    if (t->far.bound == GWS_FAR_NONE)
        printf("  false-alarm rate not calibrated\n");
    else
        printf("  %s%.3g false alarms in 30 days\n", bounds[t->far.bound], t->far.per_month);
    (void)user;
}

int main(int argc, char **argv)
{
    const gws_stream_params params = {.struct_size = sizeof params, .trigger = on_trigger};
    gws_stream_stats stats = {.struct_size = sizeof stats};
    gws_err err = {GWS_OK, ""};
    gws_model *model = NULL;
    gws_input *input = NULL;
    gws_stream *stream = NULL;
    int failed = 1;

    if (argc < 3) {
        fprintf(stderr, "usage: detect MODEL INPUT...\n");
        return 2;
    }
    if (!(model = gws_model_open(argv[1], &err)) ||
        !(input = gws_input_open((const char *const *)argv + 2, (size_t)argc - 2, 0, NULL, &err)) ||
        !(stream = gws_stream_create(model, &params, &err)) || gws_stream_feed(stream, input, &err) != GWS_OK ||
        gws_stream_get_stats(stream, &stats, &err) != GWS_OK)
        goto done;
    printf("%lld triggers in %.1f s\n", (long long)stats.triggers, stats.together_s);
    failed = 0;
done:
    if (failed)
        fprintf(stderr, "detect: %s\n", err.text);
    gws_stream_destroy(stream);
    gws_input_destroy(input);
    gws_model_destroy(model);
    return failed;
}
