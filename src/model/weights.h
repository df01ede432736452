/* weights.h - the parameters of a network in the form that the kernels read: packed, and decays and thresholds as they are used.
 *
 * Parameters change in training, and gws_weights_update has to follow each change.
 */
#ifndef GWS_MODEL_WEIGHTS_H
#define GWS_MODEL_WEIGHTS_H

#include "base/thread.h"
#include "model/arch.h"
#include "nn/kernels/kernels.h"

#include <stdint.h>

/* Parameters in the form that the kernels read. */
typedef struct gws_weights {
    const gws_arch *a;
    const gws_param_rows *rows;
    const gws_table *table;
    const float *p;
    gws_table layout;
    float *mem;
    float *stem[GWS_STEM_MAX], *stem_back[GWS_STEM_MAX];
    float *in, *rec, *rec_bias, *pred;
    float *in_t, *rec_t, *pred_t; /* transposes: NULL unless made to train */
    float *threshold;             /* after softplus */
    struct {                      /* w and w_t of the first layer: one matrix a delay, the next gws_pack_size behind it */
        float *w, *w_t, *syn, *mem, *adapt, *strength, *rec, *rec_t;
    } lif[GWS_LIF_LAYERS];
    float *read_a;
    int open; /* not 0: the gate is left open, whatever the context says */
} gws_weights;

gws_status gws_weights_create(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows,
                              gws_purpose purpose, gws_err *err);
/* Make the table of what gws_weights_create would allocate, without memory for its rows.  Clear it with gws_table_clear. */
gws_status gws_weights_table(const gws_arch *a, gws_purpose purpose, gws_table *out, gws_err *err);
int64_t gws_weights_bytes(const gws_arch *a, gws_purpose purpose);
void gws_weights_update(gws_weights *w, const gws_kernels *K, gws_pool *pool, const float *p); /* after every change of p */
void gws_weights_clear(gws_weights *w);

#endif
