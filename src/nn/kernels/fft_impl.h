/* fft_impl.h - private to nn/kernels/: transforms of sixteen sequences side by side, and what is looked for in their result; part
 * of impl.h.
 *
 * A row holds one number of each of sixteen sequences: 16 real parts, then 16 imaginary parts.  Vectors run across the sequences, so
 * every sequence sees the same operations in the same order on any instruction set.  Radix 8 throughout: a butterfly keeps its eight
 * numbers in registers.
 */
#define FFT_ROW (2 * GWS_PANEL)
#define ROOT_HALF 0.707106781186547524f

/* Eight points in place, exp(-2 pi i k n / 8); with re and im exchanged, exp(+2 pi i k n / 8). */
INLINE void dft8(VF *re, VF *im)
{
    VF sr[4], si[4], dr[4], di[4];
    for (int q = 0; q < 4; q++) {
        sr[q] = vf_add(re[q], re[q + 4]);
        si[q] = vf_add(im[q], im[q + 4]);
        dr[q] = vf_sub(re[q], re[q + 4]);
        di[q] = vf_sub(im[q], im[q + 4]);
    }
    const VF er = vf_add(sr[0], sr[2]), ei = vf_add(si[0], si[2]), fr = vf_sub(sr[0], sr[2]), fi = vf_sub(si[0], si[2]);
    const VF gr = vf_add(sr[1], sr[3]), gi = vf_add(si[1], si[3]), hr = vf_sub(sr[1], sr[3]), hi = vf_sub(si[1], si[3]);
    re[0] = vf_add(er, gr);
    im[0] = vf_add(ei, gi);
    re[4] = vf_sub(er, gr);
    im[4] = vf_sub(ei, gi);
    re[2] = vf_add(fr, hi);
    im[2] = vf_sub(fi, hr);
    re[6] = vf_sub(fr, hi);
    im[6] = vf_add(fi, hr);
    /* d1 exp(-i pi/4) and d3 exp(-3 i pi/4), each without its factor sqrt(1/2) */
    const VF pr = vf_add(dr[1], di[1]), pi = vf_sub(di[1], dr[1]), qr = vf_sub(di[3], dr[3]), qi = vf_add(dr[3], di[3]);
    const VF ur = vf_add(dr[0], di[2]), ui = vf_sub(di[0], dr[2]), vr = vf_sub(dr[0], di[2]), vi = vf_add(di[0], dr[2]);
    const VF ar = vf_add(pr, qr), ai = vf_sub(pi, qi), br = vf_sub(pr, qr), bi = vf_add(pi, qi);
    const VF half = vf_set1(ROOT_HALF);
    re[1] = vf_fma(half, ar, ur);
    im[1] = vf_fma(half, ai, ui);
    re[5] = vf_fnma(half, ar, ur);
    im[5] = vf_fnma(half, ai, ui);
    re[3] = vf_fma(half, bi, vr);
    im[3] = vf_fnma(half, br, vi);
    re[7] = vf_fnma(half, bi, vr);
    im[7] = vf_fma(half, br, vi);
}

/* (re, im) times the twiddle (w[0], w[1]). */
INLINE void twiddle(VF *re, VF *im, const float *w)
{
    const VF wr = vf_set1(w[0]), wi = vf_set1(w[1]), x = *re;
    *re = vf_fnma(*im, wi, vf_mul(x, wr));
    *im = vf_fma(*im, wr, vf_mul(x, wi));
}

/* Decimation in frequency: rows in order of time go in, rows in order of the reversed digits (base 8) of their bin come out. */
static void fft_forward(int64_t n, const float *twiddles, float *x)
{
    for (int64_t far = n / 8; far >= 1; far /= 8) {
        const float *stage = far > 1 ? twiddles + 2 * (far - 8) : NULL; /* behind those of 8, 64, ... rows, 14 floats a row */
        for (int64_t j = 0; j < far; j++)
            for (int64_t base = j; base < n; base += 8 * far)
                for (int v = 0; v < GWS_PANEL; v += VLANES) {
                    VF re[8], im[8];
                    float *at = x + base * FFT_ROW + v;
                    for (int q = 0; q < 8; q++) {
                        re[q] = vf_load(at + q * far * FFT_ROW);
                        im[q] = vf_load(at + q * far * FFT_ROW + GWS_PANEL);
                    }
                    dft8(re, im);
                    for (int q = 1; q < 8 && stage; q++)
                        twiddle(&re[q], &im[q], stage + 14 * j + 2 * (q - 1));
                    for (int q = 0; q < 8; q++) {
                        vf_store(at + q * far * FFT_ROW, re[q]);
                        vf_store(at + q * far * FFT_ROW + GWS_PANEL, im[q]);
                    }
                }
    }
}

/* One butterfly of decimation in time: its eight rows are read `far` rows apart. */
INLINE void gather8(const float *at, int64_t far, const float *w, VF *re, VF *im)
{
    for (int q = 0; q < 8; q++) {
        re[q] = vf_load(at + q * far * FFT_ROW);
        im[q] = vf_load(at + q * far * FFT_ROW + GWS_PANEL);
    }
    for (int q = 1; q < 8 && w; q++)
        twiddle(&im[q], &re[q], w + 2 * (q - 1));
    dft8(im, re);
}

/* Decimation in time, from the order that fft_forward leaves to the order of time.  The last stage makes the later half alone. */
static void fft_inverse(int64_t n, const float *twiddles, float *x, float *out, int64_t out_row, int accumulate)
{
    int64_t far = 1;
    const float *stage = twiddles;
    for (; 8 * far < n; far *= 8) {
        for (int64_t base = 0; base < n; base += 8 * far)
            for (int64_t j = 0; j < far; j++)
                for (int v = 0; v < GWS_PANEL; v += VLANES) {
                    VF re[8], im[8];
                    float *at = x + (base + j) * FFT_ROW + v;
                    gather8(at, far, far > 1 ? stage + 14 * j : NULL, re, im);
                    for (int q = 0; q < 8; q++) {
                        vf_store(at + q * far * FFT_ROW, re[q]);
                        vf_store(at + q * far * FFT_ROW + GWS_PANEL, im[q]);
                    }
                }
        stage += far > 1 ? 14 * far : 0;
    }
    for (int64_t j = 0; j < far; j++)
        for (int v = 0; v < GWS_PANEL; v += VLANES) {
            VF re[8], im[8];
            gather8(x + j * FFT_ROW + v, far, far > 1 ? stage + 14 * j : NULL, re, im);
            for (int q = 4; q < 8; q++) {
                float *to = out + ((q - 4) * far + j) * out_row + v;
                vf_store(to, accumulate ? vf_add(vf_load(to), re[q]) : re[q]);
                vf_store(to + GWS_PANEL, accumulate ? vf_add(vf_load(to + GWS_PANEL), im[q]) : im[q]);
            }
        }
}

/* ---- products of spectra ---- */

/* R blocks of one bin against the pieces of sixteen filters: the sums live in registers. */
INLINE void product_rows(const int R, int64_t pieces, const float *x, const float *h, float *out, int64_t out_block)
{
    for (int v = 0; v < GWS_PANEL; v += VLANES) {
        VF re[PRODUCT_ROWS], im[PRODUCT_ROWS];
        for (int i = 0; i < R; i++)
            re[i] = im[i] = vf_set1(0.0f);
        for (int64_t p = 0; p < pieces; p++) {
            const VF hr = vf_load(h + p * FFT_ROW + v), hi = vf_load(h + p * FFT_ROW + GWS_PANEL + v);
            for (int i = 0; i < R; i++) {
                const VF xr = vf_set1(x[2 * (i + p)]), xi = vf_set1(x[2 * (i + p) + 1]);
                re[i] = vf_fma(xr, hr, re[i]);
                im[i] = vf_fma(xr, hi, im[i]);
                re[i] = vf_fnma(xi, hi, re[i]);
                im[i] = vf_fma(xi, hr, im[i]);
            }
        }
        for (int i = 0; i < R; i++) {
            vf_store(out + i * out_block + v, re[i]);
            vf_store(out + i * out_block + GWS_PANEL + v, im[i]);
        }
    }
}

static void spectral_products(int64_t n, int64_t bins, int64_t pieces, const float *x, int64_t x_row, const float *h, float *out,
                              int64_t out_block)
{
    for (int64_t bin = 0; bin < bins; bin++) {
        const float *xb = x + bin * x_row, *hb = h + bin * pieces * FFT_ROW;
        float *ob = out + bin * FFT_ROW;
        int64_t i = 0;
        for (; i + PRODUCT_ROWS <= n; i += PRODUCT_ROWS)
            product_rows(PRODUCT_ROWS, pieces, xb + 2 * i, hb, ob + i * out_block, out_block);
        for (; i + PRODUCT_ROWS / 2 <= n; i += PRODUCT_ROWS / 2)
            product_rows(PRODUCT_ROWS / 2, pieces, xb + 2 * i, hb, ob + i * out_block, out_block);
        for (; i < n; i++)
            product_rows(1, pieces, xb + 2 * i, hb, ob + i * out_block, out_block);
    }
}

/* ---- the coherent statistic ---- */

enum { COHERENT_STEPS = 8, COHERENT_ROWS = COHERENT_STEPS * GWS_COHERENT_HOP };

/* p[t] = re^2 + im^2 of n rows. */
INLINE void powers(int64_t n, const float *rho, int64_t row, float *p)
{
    for (int64_t t = 0; t < n; t++)
        for (int v = 0; v < GWS_PANEL; v += VLANES) {
            const VF re = vf_load(rho + t * row + v), im = vf_load(rho + t * row + GWS_PANEL + v);
            vf_store(p + t * GWS_PANEL + v, vf_fma(re, re, vf_mul(im, im)));
        }
}

/* p[t] becomes the largest of p[t] .. p[t + window - 1], t < n.  Maxima of 2, 4, 8 ... rows are made of each other; a maximum has no
 * rounding. */
INLINE void window_max(int64_t n, int window, float *p)
{
    int span = 1;
    for (; 2 * span <= window; span *= 2)
        for (int64_t i = 0; i < (n + window - 2 * span) * GWS_PANEL; i += VLANES)
            vf_store(p + i, vf_max(vf_load(p + i), vf_load(p + i + span * GWS_PANEL)));
    for (int64_t i = 0; i < n * GWS_PANEL && span < window; i += VLANES)
        vf_store(p + i, vf_max(vf_load(p + i), vf_load(p + i + (window - span) * GWS_PANEL)));
}

static void coherent(int64_t steps, int inputs, const float *const *rho, int64_t row, const int *reach, float *c, int64_t c_row)
{
    float sum[COHERENT_ROWS * GWS_PANEL] LINE, p[(COHERENT_ROWS + 2 * GWS_REACH_MAX) * GWS_PANEL] LINE;
    for (int64_t s = 0; s < steps; s += COHERENT_STEPS) {
        const int64_t some = steps - s < COHERENT_STEPS ? steps - s : COHERENT_STEPS, n = some * GWS_COHERENT_HOP;
        powers(n, rho[0] + s * GWS_COHERENT_HOP * row, row, sum);
        for (int i = 1; i < inputs; i++) {
            powers(n + 2 * reach[i], rho[i] + (s * GWS_COHERENT_HOP - reach[i]) * row, row, p);
            window_max(n, 2 * reach[i] + 1, p);
            for (int64_t k = 0; k < n * GWS_PANEL; k += VLANES)
                vf_store(sum + k, vf_add(vf_load(sum + k), vf_load(p + k)));
        }
        for (int64_t k = 0; k < some; k++)
            for (int v = 0; v < GWS_PANEL; v += VLANES) {
                const float *at = sum + k * GWS_COHERENT_HOP * GWS_PANEL + v;
                VF most = vf_load(at);
                for (int t = 1; t < GWS_COHERENT_HOP; t++)
                    most = vf_max(most, vf_load(at + t * GWS_PANEL));
                vf_store(c + (s + k) * c_row + v, vf_mul(vf_set1(0.5f), most));
            }
    }
}
