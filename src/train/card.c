#include "train/card.h"

#include "base/number.h"

#include <math.h>
#include <stdlib.h>

#define CARD_MAX 8192

/* Print a line for a head and rate; a rate that the background cannot resolve has no threshold and no shares. */
static int put_efficiency(char *to, size_t room, const gws_efficiency *e, int head, int rate)
{
    int n = gws_text_print(to, room, "\n%-9s %9.0f", head ? "linear" : "spiking", gws_eff_rates[rate]);
    if (!isfinite(e->threshold[head][rate]))
        return n + gws_text_print(to + n, room - (size_t)n, "  not resolved by %.3g h of background", e->livetime_s / 3600.0);
    n += gws_text_print(to + n, room - (size_t)n, "  %9.3f", e->threshold[head][rate]);
    for (int i = 0; i < GWS_EFF_SNRS; i++)
        n += gws_text_print(to + n, room - (size_t)n, "  %6.3f", e->found[head][rate][i]);
    return n;
}

char *gws_train_card(const gws_checkpoint *c, const gws_train_settings *s, const gws_distance test[2], const gws_efficiency *e)
{
    char *text = malloc(CARD_MAX);
    if (!text)
        return NULL;
    int n = gws_text_print(text, CARD_MAX, "parameters %lld\nwindows seen %lld (batch %lld, %lld steps)\nseed %llu",
                           (long long)gws_table_values(&c->table), (long long)(c->step * s->step.batch), (long long)s->step.batch,
                           (long long)c->step, (unsigned long long)s->seed);
    if (s->step.seed != (uint64_t)s->seed)
        n += gws_text_print(text + n, CARD_MAX - (size_t)n, ", of the weights %llu", (unsigned long long)s->step.seed);
    n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                        "\nbackground %.2f h of simulated noise, %lld spiking and %lld linear triggers\ntiming rms (SNR >= 10)",
                        e->livetime_s / 3600.0, (long long)c->cal[0].n, (long long)c->cal[1].n);
    for (int h = 0; h < 2; h++)
        if (isfinite(e->timing_rms_s[h]))
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s %.4f s", h ? ", linear" : " spiking", e->timing_rms_s[h]);
        else
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s: none found", h ? ", linear" : " spiking");
    for (int h = 0; h < 2 && s->candidates.days[GWS_SPLIT_TEST] > 0.0 && gws_train_settings_have_candidates(s); h++) {
        const gws_distance *d = &test[h];
        n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                            "\n%s head against itself untrained, %.3g days of test candidates: distance", h ? "linear" : "spiking",
                            s->candidates.days[GWS_SPLIT_TEST]);
        for (int i = 0; i < GWS_DISTANCE_RATES; i++)
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s %.2f +- %.2f %% at %g a month", i ? "," : "",
                                100.0 * d->ratio[i], 100.0 * d->error[i], gws_distance_rates[i]);
    }
    n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                        "\nefficiency in the stream (%d signals each, %g s of noise in front)\nhead      per month  threshold",
                        e->windows, e->lead_s);
    for (int i = 0; i < GWS_EFF_SNRS; i++)
        n += gws_text_print(text + n, CARD_MAX - (size_t)n, "  SNR%-3d", 5 + i);
    for (int h = 0; h < 2; h++)
        for (int f = 0; f < 3; f++)
            n += put_efficiency(text + n, CARD_MAX - (size_t)n, e, h, f);
    gws_text_print(text + n, CARD_MAX - (size_t)n, "\n");
    return text;
}
