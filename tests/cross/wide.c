/* wide.c - the table of nn/kernels/avx512.c on processors without AVX-512, for tests only.
 *
 * The very file is compiled, with tests/cross/wide/immintrin.h in place of the compiler's: its tiles of 16 lanes and the loops around
 * them are run; that the processor's own instructions do what the guide says is not.
 */
#define gws_kernels_avx512 gws_kernels_wide
#include "nn/kernels/avx512.c"
