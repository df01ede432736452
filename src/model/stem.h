/* stem.h - the matched stem: a bank of matched filters as the network's first layer.
 *
 * On the line: whitened strain (float, 2048 Hz, I detectors) --filters, coherent statistic--> x (T,F) at 64 Hz --network.h-->
 *
 * Physics gives the filters (nn/filters.h) and the coherent sum over detectors (nn/coherent.h); neither is trained.  The network
 * gets one row a step from them.  The statistic comes first, so that the heads can carry it (network.h, "A carried statistic"):
 *
 *   x[0]             y / 16                        coherent statistic: log-likelihood ratio, templates averaged over
 *   x[1]             bare / 8                      largest network SNR
 *   x[2], x[3]       place in the bank: of the loudest template, and the mean over all templates with the weights exp(c_k - y)
 *   x[4]             spread of these weights: the sum of their squares, which is 1 when one template has all the weight
 *   x[5 ..]          of the loudest template: amplitudes |rho_i| / 8 (I), cosine and sine of the phase between detector 0 and i
 *                    (2 (I-1)), delay of detector i over its largest (I-1), sample within the step / 8
 *   .. zeros up to a multiple of 16 ..
 *   x[.. + k]        sqrt(2 (c_k - log w_k)) / 8   network SNR of every template: what a chi-squared test would look at
 *
 * Absent detectors: their terms are missing in the sum, and their numbers in x are 0; I of what is pushed counts those that are there.  Light
 * travel counts from the first of these: to another it takes at most as long as by way of detector 0.
 *
 * Rate, hop and delay: 2048 Hz, 32 samples, gws_stem_delay().  Gap and cut: as nn/filters.h; no bit depends on cut, threads or
 * instruction set.  After a reset the filters hold fewer samples than they have taps, so the statistic begins low and never high.
 */
#ifndef GWS_MODEL_STEM_H
#define GWS_MODEL_STEM_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/thread.h"
#include "nn/filters.h"
#include "nn/kernels/kernels.h"

#include <stdint.h>

#define GWS_STEM_RATE_HZ 2048
#define GWS_STEM_HOP 32
#define GWS_STEM_PERIOD 1024 /* samples: blocks of the filters begin at multiples of it */
#define GWS_STEM_SLIDE                                                                                                             \
    512 /* samples at 512 Hz from one slide to the next: a second, beyond which two stretches of rho are independent */
#define GWS_STEM_UNIT 16.0f /* x[0] times this is the statistic */

/* The shape of a stem.  Section [model] of a recipe and the rows "matched.*" of the parameter table hold it. */
typedef struct gws_stem_shape {
    int ifos, templates, taps; /* taps at 512 Hz */
    int after;                 /* samples at 512 Hz that a filter keeps behind the merger */
    int reach[GWS_MODEL_IFOS]; /* light travel from detector 0, samples at 512 Hz; [0] is not used */
    unsigned present;          /* bit i: detector i is there; 0: all of them */
} gws_stem_shape;

typedef struct gws_stem gws_stem;         /* const, shared */
typedef struct gws_stemming gws_stemming; /* the state of one stream */

int gws_stem_inputs(int ifos, int templates); /* F */

/*   filters     (templates,taps,2)  taps as (re, im), that of the newest sample first; copied
 *   log_weight  (templates)         copied
 *   place       (templates)         where a template stands in the bank, of the order of 1; copied
 *   err         EARG: the shape cannot be; ENOMEM */
gws_stem *gws_stem_create(const gws_kernels *K, const gws_stem_shape *shape, const float *filters, const float *log_weight,
                          const float *place, gws_err *err);
int64_t gws_stem_bytes(const gws_stem_shape *shape);
int gws_stem_row(const gws_stem *s); /* F */
const gws_filters *gws_stem_filters_of(const gws_stem *s);

/* The steps [first, end) that a stream of the samples [begin, end) hands out.  Steps from `forgot` on are the same in a stream that
 * began earlier. */
typedef struct gws_stem_steps {
    int64_t first, end, forgot;
} gws_stem_steps;
gws_stem_steps gws_stem_steps_of(const gws_stem *s, int64_t begin, int64_t end);

int64_t gws_stem_delay(const gws_stem *s); /* step s leaves when sample 32 s + delay is in */
void gws_stem_destroy(gws_stem *s);

/* pool NULL: one thread.  block: most short blocks of the filters worked on at once, 0 the default; memory and speed, never bits. */
gws_stemming *gws_stemming_create(const gws_stem *s, int block, gws_pool *pool, gws_err *err);
int64_t gws_stemming_bytes(const gws_stem *s, int block, const gws_pool *pool);

/* Rows of consecutive steps: x (n,F), valid until the sink returns. */
typedef void (*gws_stem_sink)(void *user, int64_t step, const float *x, int64_t n);

/* Next n samples of the detectors that are there: w (I)(n), finite; `sample` >= 0 is the absolute index of the first, a jump is a gap. */
void gws_stemming_push(gws_stemming *s, int64_t sample, const float *const *w, int64_t n, gws_stem_sink sink, void *user);
void gws_stemming_reset(gws_stemming *s);

/* Multiply what the filters give for a detector by gains, as gws_filtering_follow has it, from the next push on. */
void gws_stemming_follow(gws_stemming *s, int ifo, const gws_gains *gains, int64_t offset);

/* Make the rows of the steps step .. step+n-1 from rho that was filtered before, each detector by itself.  No state is looked at.
 * Samples may be pushed again only after a reset.
 *   rho  (I)  row 8 step of each detector; readable from gws_stem_reach() rows in front of it to as many behind row 8 (step+n) */
void gws_stemming_meet(gws_stemming *s, int64_t step, int64_t n, const float *const *rho, gws_stem_sink sink, void *user);
int64_t gws_stem_reach(const gws_stem *s);

/* Make time slides.  The filters, which cost most, run once.  `slides` further streams come from their output: in stream k, k = 1
 * .. slides, detector i is k i seconds late.  What these streams find is noise, in other coincidences.  Stream k begins with k
 * (I-1) s of silence in the last detector.
 *   user  (slides + 1) one a stream; 0 is not slid, to the same bits as gws_stemming_push */
gws_stemming *gws_stemming_create_slides(const gws_stem *s, int block, int slides, gws_pool *pool, gws_err *err);
int64_t gws_stemming_bytes_slides(const gws_stem *s, int block, int slides, const gws_pool *pool);
void gws_stemming_push_slides(gws_stemming *s, int64_t sample, const float *const *w, int64_t n, gws_stem_sink sink,
                              void *const *user);
void gws_stemming_destroy(gws_stemming *s);

#endif
