/* whiten.c - whitened strain of a detector at 2048 Hz, second by second: whiten INPUT DETECTOR. */
#include <gwspike.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct loudest {
    int64_t second;
    double at_s, w, sum;
    int n;
} loudest;

static void flush(const loudest *l)
{
    if (l->n)
        printf("GPS %lld  rms %.3f  loudest %+.2f at %.4f\n", (long long)l->second, sqrt(l->sum / l->n), l->w, l->at_s);
}

static void on_whitened(void *user, const char *detector, int64_t time_ns, const float *w, size_t n)
{
    loudest *l = user;
    (void)detector;
    for (size_t i = 0; i < n; i++) {
        const double v = (double)w[i];
        const int64_t t = time_ns + (int64_t)i * 1000000000 / 2048;
        if (l->n == 0 || t / 1000000000 != l->second) {
            flush(l);
            *l = (loudest){.second = t / 1000000000};
        }
        if (fabs(v) > fabs(l->w)) {
            l->w = v;
            l->at_s = (double)t / 1e9;
        }
        l->sum += v * v;
        l->n++;
    }
}

int main(int argc, char **argv)
{
    gws_err err = {GWS_EARG, "wants INPUT DETECTOR"};
    loudest l = {0};
    double h[2048], begin_s = 0, end_s = 0;
    gws_whitener_params params = {.struct_size = sizeof params, .user = &l, .whitened = on_whitened, .in_hz = 2048};
    gws_input *in = argc == 3 ? gws_input_open((const char *const *)argv + 1, 1, 0, NULL, &err) : NULL;
    gws_whitener *w = in ? gws_whitener_create(&params, &err) : NULL;
    gws_status status = w ? gws_input_span(in, argv[2], 0, &begin_s, &end_s, &err) : err.status;
    for (double t = begin_s; t + 1 <= end_s && status == GWS_OK; t++)
        if ((status = gws_input_read(in, argv[2], t, h, 2048, &err)) == GWS_OK)
            status = gws_whitener_push(w, t, h, 2048, &err);
    if (status == GWS_OK && (status = gws_whitener_finish(w, &err)) == GWS_OK)
        flush(&l);
    if (status != GWS_OK)
        fprintf(stderr, "whiten: %s\n", err.text);
    gws_whitener_destroy(w);
    gws_input_destroy(in);
    return status != GWS_OK;
}
