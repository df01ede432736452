#include "dsp/fft.h"

#include "base/arena.h"
#include "base/memory.h"

#include <fftw3.h>
#include <pthread.h>
#include <stdlib.h>

struct gws_fft {
    int64_t n;
    int in_place;
    fftw_plan forward, inverse;
};

struct gws_cfft {
    fftw_plan forward, inverse;
};

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* FFTW aborts where it gets no memory, in its planner and, for some lengths, in a transform.  Its tables are for the worst lengths (Bluestein's
 * and Rader's transforms) some four times as large as the data. */
static int has_room(int64_t points)
{
    return gws_memory_room(GWS_MEMORY_ROOM + 4 * points * (int64_t)sizeof(fftw_complex), "FFTW", NULL) == GWS_OK;
}

static gws_fft *create(int64_t n, int in_place, gws_err *err)
{
    GWS_ASSERT(n >= 2 && n <= INT64_C(1) << 30);
    unsigned keep = in_place ? 0 : FFTW_PRESERVE_INPUT;
    gws_fft *f = calloc(1, sizeof *f);
    fftw_complex *spec = gws_arena_alloc((size_t)(n / 2 + 1) * sizeof *spec);
    double *x = in_place ? (double *)spec : gws_arena_alloc((size_t)n * sizeof *x);
    if (!f || !x || !spec || !has_room(n / 2))
        goto fail;
    f->n = n;
    f->in_place = in_place;
    /* The arrays are only looked at for their alignment. */
    pthread_mutex_lock(&planner);
    f->forward = fftw_plan_dft_r2c_1d((int)n, x, spec, FFTW_ESTIMATE | keep);
    f->inverse = fftw_plan_dft_c2r_1d((int)n, spec, x, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    pthread_mutex_unlock(&planner);
    if (!f->forward || !f->inverse)
        goto fail;
    if (!in_place)
        gws_arena_free(x);
    gws_arena_free(spec);
    return f;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for a transform of %lld samples", (long long)n);
    if (!in_place)
        gws_arena_free(x);
    gws_arena_free(spec);
    gws_fft_destroy(f);
    return NULL;
}

gws_fft *gws_fft_create(int64_t n, gws_err *err)
{
    return create(n, 0, err);
}

gws_fft *gws_fft_create_in_place(int64_t n, gws_err *err)
{
    return create(n, 1, err);
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
    GWS_ASSERT(fftw_alignment_of(x) == 0 && fftw_alignment_of(spec) == 0 && (x == spec) == f->in_place);
    fftw_execute_dft_r2c(f->forward, x, (fftw_complex *)spec);
}

void gws_fft_inverse(const gws_fft *f, double *spec, double *x)
{
    GWS_ASSERT(fftw_alignment_of(x) == 0 && fftw_alignment_of(spec) == 0 && (x == spec) == f->in_place);
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

gws_cfft *gws_cfft_create(int64_t n, int many, gws_err *err)
{
    GWS_ASSERT(n >= 1 && n <= INT64_C(1) << 30 && many >= 1);
    int length = (int)n;
    size_t bytes = (size_t)n * (size_t)many * sizeof(fftw_complex);
    gws_cfft *f = calloc(1, sizeof *f);
    fftw_complex *z = gws_arena_alloc(bytes), *out = gws_arena_alloc(bytes);
    if (!f || !z || !out || !has_room(n))
        goto fail;
    pthread_mutex_lock(&planner);
    f->forward = fftw_plan_many_dft(1, &length, many, z, NULL, 1, length, out, NULL, 1, length, FFTW_FORWARD, FFTW_ESTIMATE);
    f->inverse = fftw_plan_many_dft(1, &length, many, z, NULL, 1, length, out, NULL, 1, length, FFTW_BACKWARD, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
    if (!f->forward || !f->inverse)
        goto fail;
    gws_arena_free(z);
    gws_arena_free(out);
    return f;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for %d transforms of %lld points", many, (long long)n);
    gws_arena_free(z);
    gws_arena_free(out);
    gws_cfft_destroy(f);
    return NULL;
}

void gws_cfft_forward(const gws_cfft *f, double *z, double *out)
{
    GWS_ASSERT(fftw_alignment_of(z) == 0 && fftw_alignment_of(out) == 0 && z != out);
    fftw_execute_dft(f->forward, (fftw_complex *)z, (fftw_complex *)out);
}

void gws_cfft_inverse(const gws_cfft *f, double *z, double *out)
{
    GWS_ASSERT(fftw_alignment_of(z) == 0 && fftw_alignment_of(out) == 0 && z != out);
    fftw_execute_dft(f->inverse, (fftw_complex *)z, (fftw_complex *)out);
}

void gws_cfft_destroy(gws_cfft *f)
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
