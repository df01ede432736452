/* detect.c - search strain files with a model and print the triggers: detect MODEL.hdf INPUT... */
#include "sim/mlgwsc_input.h"
#include "strain/strain.h"
#include "model/classifier.h"
#include "stream/feed.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    printf("GPS %.3f  stat %.2f", (double)t->gps_ns / 1e9, t->stat);
    if (far.bound == GWS_FAR_NONE)
        printf("  false-alarm rate not calibrated\n");
    else
        printf("  %s%.3g false alarms in 30 days\n",
               far.bound == GWS_FAR_BELOW   ? "< "
               : far.bound == GWS_FAR_ABOVE ? "> "
                                            : "",
               far.per_month);
    ++*(int *)user;
}

int main(int argc, char **argv)
{
    gws_err err = {0};
    gws_model *model = NULL;
    gws_strain_set *strain = NULL;
    gws_pipeline *line = NULL;
    gws_feed_plan plan;
    const gws_strain_use use = {.formats = gws_sim_formats}; /* reads sim:... too */
    int found = 0, status = 1;

    if (argc < 3) {
        fprintf(stderr, "usage: detect MODEL.hdf INPUT...\n");
        return 2;
    }
    if (!(model = gws_model_load(argv[1], &err)) ||
        !(strain = gws_strain_open_use((const char *const *)argv + 2, argc - 2, &use, &err)))
        goto fail;
    if (gws_feed_plan_make(strain, gws_model_describe(model), &plan, &err) != GWS_OK)
        goto fail;
    line = gws_pipeline_create(model, GWS_HEAD_SPIKING, plan.rate_hz, (double)NAN,
                               &(gws_pipeline_sinks){.user = &found, .trigger = on_trigger}, &err);
    if (!line || gws_feed_run(strain, &plan, line, NULL, 64, NULL, &err) != GWS_OK)
        goto fail;
    printf("%d triggers in %.0f s\n", found, plan.together_s);
    status = 0;
fail:
    if (status)
        fprintf(stderr, "detect: %s\n", err.text);
    gws_pipeline_destroy(line);
    gws_strain_destroy(strain);
    gws_model_destroy(model);
    return status;
}
