/* gwspike.h - the installed header: the whole line, for programs outside the project.
 *
 *   cc program.c $(pkg-config --cflags --libs gwspike)
 *
 * From strain files to triggers: strain/strain.h, stream/feed.h, stream/pipeline.h.  From strain in memory to whitened strain:
 * dsp/condition.h.  From whitened strain to logits: model/classifier.h.  From populations to sources, waveforms, detectors and noise:
 * sim/injections.h, gw/waveform/waveform.h, gw/series.h, gw/project.h, sim/simulate.h; the challenge's data sets, as files or on the fly: sim/mlgwsc_set.h,
 * sim/mlgwsc_input.h.  Templates against strain: matched/singles.h.  Time slides: stream/slides.h, and rates
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
#include "base/progress.h"
#include "base/thread.h"

#include "dsp/condition.h"
#include "dsp/psd.h"
#include "dsp/resample.h"

#include "gw/antenna.h"
#include "gw/burst.h"
#include "sim/mlgwsc_noise.h"
#include "sim/contaminate.h"
#include "sim/drift.h"
#include "gw/continuous.h"
#include "sim/glitch.h"
#include "gw/project.h"
#include "sim/injections.h"
#include "strain/mlgwsc.h"
#include "strain/mlgwsc_writer.h"
#include "sim/mlgwsc_set.h"
#include "gw/noise_curve.h"
#include "sim/population.h"
#include "sim/reproducible.h"
#include "sim/simulate.h"
#include "strain/inspect.h"
#include "strain/strain.h"
#include "sim/mlgwsc_input.h"
#include "gw/waveform/waveform.h"

#include "model/classifier.h"
#include "matched/bank.h"
#include "search/far.h"
#include "matched/filter.h"
#include "matched/coincidence.h"
#include "matched/singles.h"
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
