#!/usr/bin/env python3
"""What a search leaves of one glitch of strain that is read as two detectors, in the time slides of `gwspike background`.

    tools/glitch_left.py BG.hdf GPS

In each slide it meets the other detector's noise twice, at GPS and, moved, with the second detector.  A line for each head: triggers within 0.2 s of either,
the loudest of them, and the loudest of all others.
"""
import sys
import h5py
import numpy as np

with h5py.File(sys.argv[1]) as f:
    shift = f["slides/shift"][:]
    for head in ("spiking", "linear"):
        stat, slide, t = (f[head][k][:] for k in ("stat", "slide", "time"))
        moved = float(sys.argv[2]) - (shift[slide, 1] - shift[slide, 0])
        near = (np.abs(t - float(sys.argv[2])) < 0.2) | (np.abs(t - moved) < 0.2)
        top = np.sort(stat[near])[::-1][:4]
        print("%-8s %d of %d, loudest %s; others up to %.1f" % (head, near.sum(), 2 * len(shift), " ".join("%.1f" % x for x in top), stat[~near].max()))
