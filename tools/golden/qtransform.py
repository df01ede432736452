#!/usr/bin/env python3
"""Reference numbers for dsp/qtransform and dsp/whiten_stretch: writes tests/golden/qtransform.h.

The referee is gwpy (pip install gwpy==4.1.0).  A series of its own, the same here and in the test bit for bit (a linear congruential
generator, Knuth's MMIX constants, through y = 0.9 y + u, with a sine-Gaussian in it), and GW150914's two files.

    python3 tools/golden/qtransform.py [FOLDER OF GWOSC FILES] > tests/golden/qtransform.h
"""
import importlib.metadata
import os
import sys

import numpy as np
from gwpy.segments import Segment
from gwpy.signal.qtransform import QTiling, q_scan
from gwpy.timeseries import TimeSeries

RATE, N = 1024, 16384
AT = 8.3125  # s of the burst
DATA = sys.argv[1] if len(sys.argv) > 1 else "../shared/data/gwosc"


def series():
    state, y = 1, 0.0
    out = np.empty(N)
    for i in range(N):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        y = 0.9 * y + ((state >> 11) * 2.0**-53 - 0.5)
        t = (i - AT * RATE) / RATE
        burst = 0.0
        if abs(t) < 0.25:
            burst = 3.0 * np.exp(-(t / 0.02) ** 2) * np.cos(2 * np.pi * 120 * t)
        out[i] = (y + burst) * 1e-21
    return TimeSeries(out, sample_rate=RATE, t0=0)


def table(name, values, form="%.17g"):
    print(f"\nstatic const double {name}[{len(values)}] = {{")
    for i in range(0, len(values), 4):
        print("    " + " ".join((form % v) + "," for v in values[i:i + 4]))
    print("};")


def loudest(name, w, **search):
    peaks = []
    for frange in ((0, float("inf")), (20, 500)):
        g, _ = q_scan(w, qrange=(4, 64), frange=frange, mismatch=0.2, **search)
        peaks += [g.plane.q, g.peak["time"], g.peak["frequency"], g.peak["energy"]]
    table(name, peaks)


def main():
    version = importlib.metadata.version("gwpy")
    assert version == "4.1.0", version
    print(f"/* Made by tools/golden/qtransform.py with gwpy {version}, numpy {np.__version__}: do not edit. */")
    print("#ifndef GWS_GOLDEN_QTRANSFORM_H\n#define GWS_GOLDEN_QTRANSFORM_H\n")
    print(f"#define GOLDEN_RATE {RATE}\n#define GOLDEN_N {N}\n#define GOLDEN_AT {AT}")
    x = series()
    w = x.whiten(asd=x.asd(2, 1, method="median"), fduration=2)
    table("golden_white", w.value[4000:4128])
    print("\n/* Q, s, Hz, energy of the loudest tile; over all frequencies, then from 20 to 500 Hz */")
    loudest("golden_loudest", w)
    print("\n/* rows of each plane of 32 s at 4096 Hz: count, first and last frequency */")
    table("golden_rows", [v for p in QTiling(32, 4096) for v in (p.q, len(p.frequencies), p.frequencies[0], p.frequencies[-1])])
    g, _ = q_scan(w, qrange=(4, 64), frange=(20, 400), mismatch=0.2)
    spectrogram = g.interpolate(tres=0.05, fres=24, logf=True, outseg=Segment(7.8, 8.8))
    print("\n/* 24 frequencies and 20 times from 7.8 s on, 20 to 400 Hz; map (times, frequencies) */")
    table("golden_map_hz", spectrogram.frequencies.value)
    table("golden_map", spectrogram.value.flatten(), "%.9g")
    for ifo in ("H1", "L1"):
        h = TimeSeries.read(os.path.join(DATA, f"{ifo[0]}-{ifo}_LOSC_4_V2-1126259446-32.hdf5"), format="hdf5.gwosc")
        w = h.whiten(asd=h.asd(2, 1, method="median"), fduration=2)
        loudest(f"golden_gw150914_{ifo.lower()}", w)
    print("\n#endif")


main()
