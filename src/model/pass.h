/* pass.h - private to model/: helpers that forward, backward and the count of costs share; network.h is the interface. */
#ifndef GWS_MODEL_PASS_H
#define GWS_MODEL_PASS_H

#include "base/progress.h"
#include "model/inside.h"
#include "model/network.h"

static inline gws_neuron_trace gws_trace_of(const gws_work *k, int l, int b)
{
    const int64_t at = b * k->cap, H = k->a->H[l];
    return (gws_neuron_trace){.u = k->lif[l].u + at * H,
                              .i = k->lif[l].i ? k->lif[l].i + at * H : NULL,
                              .b = k->lif[l].b ? k->lif[l].b + at * H : NULL,
                              .bits = k->lif[l].bits ? k->lif[l].bits + at * GWS_BIT_WORDS(H) : NULL,
                              .s = k->lif[l].s ? k->lif[l].s + at * H : NULL,
                              .R = 1,
                              .T = k->T};
}

/* The number of groups into which the items of the recurrent steps are cut: one for each thread, of GWS_GROUP items at most. */
static inline int gws_context_groups(const gws_work *k, const gws_pool *pool)
{
    const int threads = gws_pool_threads(pool), groups = k->B < threads ? k->B : threads;
    return k->B > groups * GWS_GROUP ? (k->B + GWS_GROUP - 1) / GWS_GROUP : groups;
}

/* Add the time since `since`, which gws_cpu_s gave, to a stage. */
static inline void gws_stage_add(gws_work *k, int thread, int stage, double since)
{
    k->seconds[thread * GWS_STAGES + stage] += gws_cpu_s() - since;
}

#endif
