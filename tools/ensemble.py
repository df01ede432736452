#!/usr/bin/env python3
"""Sensitive distance of several trainings, and of the mean of their logits, on the same held-out candidates.

    tools/ensemble.py [--split test] [--resample 400] HELD_OUT.hdf...

The files are those of `gwspike train --held-out` (docs/formats.md, "Held-out candidates"), of trainings that had the same candidates.  Distance is in per
cent of the untrained network's, mean over 30, 100 and 300 false alarms a month, as src/train/distance.c has it: a threshold is the loudest noise event
after those that the rate allows, of all noise for what was trained and of quiet noise for the untrained, and signals count with their weights.
A file's own number has to be the one that its training measured.  Errors are standard deviations over resamplings of all events with Poisson weights,
which are the same for all rows, so that differences to the first file have errors of their own.
"""
import argparse
import sys
import h5py
import numpy as np

RATES, MONTH_S = (30, 100, 300), 30 * 86400
QUIET, DISTURBED, SIGNAL = range(3)


class Split:
    def __init__(self, path, name):
        with h5py.File(path) as f:
            if f.attrs.get("format") not in (b"gwspike-held-out", "gwspike-held-out") or name not in f:
                sys.exit(f"{path}: no held-out candidates of the split {name}")
            d = f[name]
            self.identity = f["identity"][()]
            self.kind, self.weight = d["kind"][:], d["weight"][:]
            self.livetime_s, self.quiet_s = d["kind"].attrs["livetime_s"], d["kind"].attrs["quiet_s"]
            self.logit = {h: d["logit_" + h][:].astype(float) for h in ("spiking", "linear")}
            self.untrained = {h: d["untrained_" + h][:].astype(float) for h in ("spiking", "linear")}
            self.measured = {h: d["logit_" + h].attrs["distance"] for h in ("spiking", "linear")}
            self.sent = [d[w + "_per_s"][:].mean() for w in ("spikes", "events")]


class Ranking:
    """One statistic: its noise, loudest first, and its signals."""

    def __init__(self, stat, noise, signal, livetime_s):
        order = noise[np.argsort(-stat[noise], kind="stable")]
        self.order, self.loud = order, stat[order]
        self.signal, self.stat = signal, stat[signal]
        self.allowed = np.floor(np.array(RATES) * livetime_s / MONTH_S + 1e-9)

    def found(self, worth, times):
        """Sum of worth found at each rate, every event counted so many times."""
        at = np.searchsorted(np.cumsum(times[self.order]), self.allowed, side="right")
        thresholds = [self.loud[i] if i < len(self.loud) else np.nan for i in at]
        w = worth[self.signal] * times[self.signal]
        return np.array([w[self.stat > t].sum() if t == t else np.nan for t in thresholds])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+")
    p.add_argument("--split", default="valid", choices=("valid", "test"))
    p.add_argument("--resample", type=int, default=400)
    o = p.parse_args()
    files = [Split(path, o.split) for path in o.files]
    first = files[0]
    for path, s in zip(o.files, files):
        if s.identity != first.identity or not np.array_equal(s.weight, first.weight):
            sys.exit(f"{path}: other candidates, or other weights, than {o.files[0]}")
    signal, noise, quiet = (np.flatnonzero(k) for k in (first.kind == SIGNAL, first.kind != SIGNAL, first.kind == QUIET))
    once = np.ones(len(first.kind), dtype=int)
    names = o.files + ["mean of logits"] * (len(files) > 1)
    for h in ("spiking", "linear"):
        each = [(s.logit[h], s.untrained[h]) for s in files]
        if len(files) > 1:
            each.append(tuple(np.mean([e[i] for e in each], axis=0) for i in range(2)))
        pairs = [(Ranking(y, noise, signal, first.livetime_s), Ranking(u, quiet, signal, first.quiet_s)) for y, u in each]

        def distances(times):
            return np.array([100 * np.cbrt(a.found(first.weight, times) / b.found(first.weight, times)).mean() for a, b in pairs])

        point = distances(once)
        for path, s, d in zip(o.files, files, point):
            if not abs(d - 100 * s.measured[h]) < 1e-9:
                sys.exit(f"{path}: {h} head, {d!r} per cent, but its training measured {100 * s.measured[h]!r}")
        rng = np.random.default_rng(1)
        drawn = np.array([distances(rng.poisson(1, len(once))) for _ in range(o.resample)])
        print(f"{h} head, {o.split}: distance, per cent of untrained; minus the first; spikes, events a second")
        for i, name in enumerate(names):
            print(f"  {point[i]:7.2f} +- {np.nanstd(drawn[:, i]):.2f}   {point[i] - point[0]:+6.2f} +- {np.nanstd(drawn[:, i] - drawn[:, 0]):.2f}   "
                  + ("{:6.0f} {:6.0f}".format(*files[i].sent) if i < len(files) else " " * 13) + f"   {name}")


if __name__ == "__main__":
    main()
