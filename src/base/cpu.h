/* cpu.h - what this processor and machine can do.  The only file with Linux and macOS branches for it is cpu.c. */
#ifndef GWS_BASE_CPU_H
#define GWS_BASE_CPU_H

typedef enum gws_isa { GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON } gws_isa;

/* Best instruction set that the processor offers and this build contains.  GWSPIKE_ISA=scalar|avx2|avx512
 * in the environment lowers it; the program reads that variable once, in main, and passes it to gws_isa_limit. */
gws_isa gws_isa_best(void);
void gws_isa_limit(gws_isa at_most);
const char *gws_isa_name(gws_isa isa);
int gws_isa_parse(const char *name, gws_isa *out); /* 0 when unknown */

/* "scalar, avx2": names of those that run on this processor. */
void gws_isa_names(char out[64]);
int gws_isa_runs(gws_isa isa); /* whether it is one of them; the limit counts */

int gws_cpu_count(void);              /* processors this process may use */
void gws_cpu_model(char out[128]);    /* "AMD EPYC ..." or "unknown" */
void gws_cpu_features(char out[256]); /* "sse4_2 avx avx2 fma ..." */

#endif
