#include "dsp/fft.h"

#include "base/arena.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct gws_fft {
    int64_t n;
    fftw_plan forward, inverse;
};

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

gws_fft *gws_fft_create(int64_t n, gws_err *err)
{
    GWS_ASSERT(n >= 2 && n <= INT64_C(1) << 30);
    gws_fft *f = calloc(1, sizeof *f);
    double *x = gws_arena_alloc((size_t)n * sizeof *x);
    fftw_complex *spec = gws_arena_alloc((size_t)(n / 2 + 1) * sizeof *spec);
    if (!f || !x || !spec)
        goto fail;
    f->n = n;
    /* The arrays are only looked at for their alignment. */
    pthread_mutex_lock(&planner);
    f->forward = fftw_plan_dft_r2c_1d((int)n, x, spec, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    f->inverse = fftw_plan_dft_c2r_1d((int)n, spec, x, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    pthread_mutex_unlock(&planner);
    if (!f->forward || !f->inverse)
        goto fail;
    gws_arena_free(x);
    gws_arena_free(spec);
    return f;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for a transform of %lld samples", (long long)n);
    gws_arena_free(x);
    gws_arena_free(spec);
    gws_fft_destroy(f);
    return NULL;
}

int64_t gws_fft_size(const gws_fft *f)
{
    return f->n;
}

int64_t gws_fft_bins(const gws_fft *f)
{
    return f->n / 2 + 1;
}

void gws_fft_forward(const gws_fft *f, double *x, double *spec)
{
    GWS_ASSERT(fftw_alignment_of(x) == 0 && fftw_alignment_of(spec) == 0);
    fftw_execute_dft_r2c(f->forward, x, (fftw_complex *)spec);
}

void gws_fft_inverse(const gws_fft *f, double *spec, double *x)
{
    GWS_ASSERT(fftw_alignment_of(x) == 0 && fftw_alignment_of(spec) == 0);
    fftw_execute_dft_c2r(f->inverse, (fftw_complex *)spec, x);
}

void gws_fft_destroy(gws_fft *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&planner);
    if (f->forward)
        fftw_destroy_plan(f->forward);
    if (f->inverse)
        fftw_destroy_plan(f->inverse);
    pthread_mutex_unlock(&planner);
    free(f);
}
