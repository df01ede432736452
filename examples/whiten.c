/* whiten.c - make a minute of detector noise, whiten it as it comes, and look at what comes out. */
#include "dsp/condition.h"
#include "gw/named_psd.h"
#include "sim/noise.h"

#include <stdio.h>

#define RATE_HZ 2048
#define SECONDS 60

typedef struct sum {
    double squares;
    long n;
} sum;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    sum *s = user;

    for (int64_t i = 0; i < n; i++)
        s->squares += (double)w[i] * (double)w[i];
    s->n += n;
}

int main(void)
{
    static double h[RATE_HZ];
    gws_err err = {0};
    gws_psd psd = {0};
    gws_noise *noise = NULL;
    gws_condition *whitener = NULL;
    sum s = {0};
    int status = 1;

    if (gws_psd_by_name("aLIGOZeroDetHighPower", 0.25, RATE_HZ * 2 + 1, 10, &psd, &err) != GWS_OK)
        goto fail;
    if (!(noise = gws_noise_create(&psd, RATE_HZ, 4, 1, 0, &err)) || !(whitener = gws_condition_create(NULL, RATE_HZ, &err)))
        goto fail;
    for (int64_t second = 0; second < SECONDS; second++) {
        gws_noise_fill(noise, second * RATE_HZ, RATE_HZ, h);
        gws_condition_push(whitener, second * RATE_HZ, h, RATE_HZ, on_whitened, &s);
    }
    gws_condition_finish(whitener, on_whitened, &s);
    printf("%ld of %d samples whitened, variance %.3f\n", s.n, SECONDS * RATE_HZ, s.squares / (double)s.n);
    status = s.n == 0;
fail:
    if (status)
        fprintf(stderr, "whiten: %s\n", err.text);
    gws_condition_destroy(whitener);
    gws_noise_destroy(noise);
    gws_psd_clear(&psd);
    return status;
}
