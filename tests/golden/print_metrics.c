/* Prints the metrics of a made-up search, for prometheus_client to read (tools/golden/metrics.py). */
#include "live_vitals.h"

#include <stdlib.h>

int main(void)
{
    static gws_live_stats stats;
    gws_alerts_stats alerts;
    gws_kafka_state topic;
    gws_test_vitals(&stats, &alerts, &topic);
    const gws_live_vitals v = {.stats = &stats, .alerts = &alerts, .topic = &topic, .memory = {.resident_bytes = 300 << 20}};
    char *text = gws_live_metrics_text(&v);
    const int bad = !text || fputs(text, stdout) < 0 || fflush(stdout) != 0;
    free(text);
    return bad;
}
