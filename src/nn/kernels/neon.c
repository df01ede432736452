/* neon.c - NEON of arm64: tiles of 6 rows by 16 columns.  tests/cross runs it under qemu; untested on hardware. */
#include <arm_neon.h>

#define GWS_TABLE gws_kernels_neon
#define GWS_TABLE_ISA GWS_ISA_NEON
#define VF float32x4_t
#define VLANES 4
#define MR 6
#define PANELS_1 4
#define PANELS_2 3
#define PANELS_3 2
#define PANELS_6 1
#define PRODUCT_ROWS 4
#define vf_load(p) vld1q_f32(p)
#define vf_store(p, v) vst1q_f32(p, v)
#define vf_set1(x) vdupq_n_f32(x)
#define vf_add(a, b) vaddq_f32(a, b)
#define vf_sub(a, b) vsubq_f32(a, b)
#define vf_mul(a, b) vmulq_f32(a, b)
#define vf_max(a, b) vbslq_f32(vcgtq_f32(a, b), a, b)
#define vf_fma(a, b, c) vfmaq_f32(c, a, b)
#define vf_fnma(a, b, c) vfmsq_f32(c, a, b)
#define vf_positive(v) ((uint64_t)vaddvq_u32(vandq_u32(vcgtzq_f32(v), (uint32x4_t){1, 2, 4, 8})))

extern const struct gws_kernels gws_kernels_neon;
#include "nn/kernels/impl.h"
