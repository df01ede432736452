/* scalar.c - the reference table: one element at a time, libm's fmaf. */
#include <math.h>

#define GWS_TABLE gws_kernels_scalar
#define GWS_TABLE_ISA GWS_ISA_SCALAR
#define VF float
#define VLANES 1
#define MR 4
#define PANELS_1 1
#define PANELS_2 1
#define PANELS_3 1
#define PANELS_6 1
#define PRODUCT_ROWS 4
#define vf_load(p) (*(p))
#define vf_store(p, v) (*(p) = (v))
#define vf_set1(x) (x)
#define vf_add(a, b) ((a) + (b))
#define vf_sub(a, b) ((a) - (b))
#define vf_mul(a, b) ((a) * (b))
#define vf_max(a, b) ((a) > (b) ? (a) : (b))
#define vf_fma(a, b, c) fmaf(a, b, c)
#define vf_fnma(a, b, c) fmaf(-(a), b, c)
#define vf_positive(v) ((uint64_t)((v) > 0.0f))

extern const struct gws_kernels gws_kernels_scalar;
#include "nn/kernels/impl.h"
