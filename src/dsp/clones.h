/* clones.h - GWS_CLONES: a function whose loops take twice the lanes where the processor has them.
 *
 * Nothing is contracted or reassociated, so that the bits stay.  Elsewhere (other compilers and libraries, sanitizers) it is one function. */
#ifndef GWS_DSP_CLONES_H
#define GWS_DSP_CLONES_H

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define GWS_CLONES __attribute__((target_clones("default", "avx2")))
#else
#define GWS_CLONES
#endif

#endif
