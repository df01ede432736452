/* rates.c - a stranger's program: rates MODEL BACKGROUND reads lines of a GPS time and a statistic, and prints the bound and the rate of each by
 * the background, then by the model itself. */
#include <gwspike.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    static const char *const bounds[] = {"none", "counted", "below", "above", "fitted"};
    const char *path = argc > 2 ? argv[2] : "";
    gws_err err = {GWS_OK, ""};
    double gps, statistic;
    gws_rates *rates = gws_rates_open(&path, 1, argc > 1 ? argv[1] : "", GWS_HEAD_SPIKING, NULL, &err);
    gws_model *model = rates ? gws_model_open(argv[1], &err) : NULL;

    if (!model) {
        fprintf(stderr, "rates: %s\n", err.text);
        return 1;
    }
    while (scanf("%lf %lf", &gps, &statistic) == 2) {
        const gws_far_rate a = gws_rates_at(rates, statistic, gps), b = gws_model_rate(model, GWS_HEAD_SPIKING, statistic);
        printf("%s %.6g %s %.6g\n", bounds[a.bound], a.per_month, bounds[b.bound], b.per_month);
    }
    gws_rates_destroy(rates);
    gws_model_destroy(model);
    return 0;
}
