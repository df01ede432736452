/* gwspike.h - the installed header: the whole line, for programs outside the project.
 *
 *   cc program.c $(pkg-config --cflags --libs gwspike)
 *
 * From strain files to triggers: gw/strain.h, stream/feed.h, stream/pipeline.h.  From strain in memory to whitened strain:
 * dsp/condition.h.  From whitened strain to logits: model/detector.h.  From populations to sources, waveforms, detectors and noise:
 * gw/injections.h, gw/waveform/waveform.h, gw/inject.h, gw/simulate.h; the challenge's data sets, as files or on the fly: gw/mock.h,
 * gw/virtual.h.  Templates against strain: search/matched_search.h.  Time slides: stream/slides.h, and rates
 * counted in them: search/ranking.h.  Events and injections to sensitive distance: search/volume.h.
 * examples/ has programs of under 60 lines.
 *
 * Rules that hold everywhere (CONVENTIONS.md): a fallible call takes `gws_err *err` last and leaves one sentence there; the library never prints
 * and never exits; only create() allocates; a model is const and shared, the state of a stream small and its own.
 */
#ifndef GWSPIKE_H
#define GWSPIKE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"

#include "dsp/condition.h"
#include "dsp/psd.h"
#include "dsp/resample.h"

#include "gw/antenna.h"
#include "gw/burst.h"
#include "gw/challenge.h"
#include "gw/contaminate.h"
#include "gw/continuous.h"
#include "gw/glitch.h"
#include "gw/inject.h"
#include "gw/injections.h"
#include "gw/mlgwsc.h"
#include "gw/mock.h"
#include "gw/noise_curve.h"
#include "gw/population.h"
#include "gw/reproducible.h"
#include "gw/simulate.h"
#include "gw/strain.h"
#include "gw/virtual.h"
#include "gw/waveform/waveform.h"

#include "model/detector.h"
#include "search/bank.h"
#include "search/far.h"
#include "search/matched.h"
#include "search/matched_events.h"
#include "search/matched_search.h"
#include "search/trigger.h"
#include "search/ranking.h"
#include "search/volume.h"

#include "stream/feed.h"
#include "stream/pipeline.h"
#include "stream/slides.h"

#include "train/train.h"

#ifdef __cplusplus
}
#endif

#endif
