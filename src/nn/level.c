#include "nn/level.h"

#include "nn/kernels/kernels.h"

#include <math.h>

void gws_level_forward(const gws_level *l, const float *x, int64_t T, int64_t age, float *level, uint64_t *bits, float *s)
{
    const int n = l->n, C = l->C;
    const int64_t words = GWS_BIT_WORDS(2 * C);
    for (int64_t t = 0; t < T; t++) {
        const float q = floorf(x[t * l->stride] / l->step), most = (float)n;
        float change = age + t == 0 ? 0.0f : q - *level;
        change = change > most ? most : change < -most ? -most : change;
        *level = age + t == 0 ? q : *level + change;
        for (int j = 0; j < n; j++) {
            const int on = change > (float)j, off = -change > (float)j;
            if (bits && on)
                bits[t * words + j / 64] |= UINT64_C(1) << (j % 64);
            if (bits && off)
                bits[t * words + (C + j) / 64] |= UINT64_C(1) << ((C + j) % 64);
            if (s) {
                s[t * 2 * C + j] = (float)on;
                s[t * 2 * C + C + j] = (float)off;
            }
        }
    }
}
