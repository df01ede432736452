/* net_shim.h - gws_net_run until model/network.h has it. */
#ifndef GWS_MODEL_NET_SHIM_H
#define GWS_MODEL_NET_SHIM_H

#include "base/thread.h"
#include "model/network.h"

enum { GWS_DO_STEM = 1, GWS_DO_CONTEXT = 2, GWS_DO_BRIDGE = 4, GWS_DO_SPIKING = 8, GWS_DO_LINEAR = 16, GWS_DO_PREDICT = 32 };

void gws_net_run(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, unsigned stages);

#endif
