/* The layer of docs/tutorials/new-layer.md: a leaky average with a decay for each channel.
 *
 * Truth: the layer written a second time in double precision, and central differences of that. */
#include "base/rng.h"
#include "gradient.h"

#include <math.h>
#include <string.h>

enum { T = 37, C = 5 };

static float sigma(float p)
{
    return 1.0f / (1.0f + expf(-p));
}

/*   p      (C)   in      a = sigma(p)
 *   x      (T,C) in
 *   state  (C)   in/out  y[-1], then y[T-1]
 *   y      (T,C) out     y[t] = a y[t-1] + (1 - a) x[t] */
static void leak_forward(int64_t n, const float *p, const float *x, float *state, float *y)
{
    for (int64_t t = 0; t < n; t++)
        for (int c = 0; c < C; c++) {
            const float a = sigma(p[c]);
            state[c] = a * state[c] + (1.0f - a) * x[t * C + c];
            y[t * C + c] = state[c];
        }
}

/* From zero state.
 *   g_y  (T,C) in
 *   g_x  (T,C) out
 *   g_p  (C)   in/out  added to */
static void leak_backward(int64_t n, const float *p, const float *x, const float *y, const float *g_y, float *g_x, float *g_p)
{
    for (int c = 0; c < C; c++) {
        const float a = sigma(p[c]);
        float later = 0.0f, sum = 0.0f; /* a G[t+1] */
        for (int64_t t = n - 1; t >= 0; t--) {
            const float g = g_y[t * C + c] + later, before = t ? y[(t - 1) * C + c] : 0.0f;
            g_x[t * C + c] = (1.0f - a) * g;
            sum += g * (before - x[t * C + c]);
            later = a * g;
        }
        g_p[c] += a * (1.0f - a) * sum;
    }
}

typedef struct leak_case {
    double *x, *p, *coefficients;
} leak_case;

static double leak_loss(const void *user)
{
    const leak_case *q = user;
    double loss = 0.0, y[C] = {0.0};
    for (int t = 0; t < T; t++)
        for (int c = 0; c < C; c++) {
            const double a = 1.0 / (1.0 + exp(-q->p[c]));
            y[c] = a * y[c] + (1.0 - a) * q->x[t * C + c];
            loss += q->coefficients[t * C + c] * y[c];
        }
    return loss;
}

static void draw(float *x, int64_t n, uint64_t number)
{
    gws_rng r = gws_rng_init(1, "tutorial", number);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
}

static void gradient_is_that_of_the_equations(void **state)
{
    float x[T * C], p[C], coefficients[T * C], y[T * C], g_x[T * C], g_p[C] = {0.0f}, zero[C] = {0.0f};
    draw(x, T * C, 0);
    draw(p, C, 1);
    draw(coefficients, T * C, 2);
    leak_case q = {doubles(x, T * C), doubles(p, C), doubles(coefficients, T * C)};
    leak_forward(T, p, x, zero, y);
    double loss = 0.0;
    for (int i = 0; i < T * C; i++)
        loss += (double)coefficients[i] * (double)y[i];
    assert_true(fabs(loss - leak_loss(&q)) < 1e-4);
    leak_backward(T, p, x, y, coefficients, g_x, g_p);
    check_gradient("g_x", leak_loss, &q, q.x, g_x, T * C, 1e-5);
    check_gradient("g_p", leak_loss, &q, q.p, g_p, C, 1e-5);
    free(q.x);
    free(q.p);
    free(q.coefficients);
}

static void a_cut_changes_no_bit(void **state)
{
    float x[T * C], p[C], whole[T * C], parts[T * C], a[C] = {0.0f}, b[C] = {0.0f};
    draw(x, T * C, 0);
    draw(p, C, 1);
    leak_forward(T, p, x, a, whole);
    leak_forward(11, p, x, b, parts);
    leak_forward(T - 11, p, x + 11 * C, b, parts + 11 * C);
    assert_memory_equal(whole, parts, sizeof whole);
    assert_memory_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_that_of_the_equations),
        cmocka_unit_test(a_cut_changes_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
