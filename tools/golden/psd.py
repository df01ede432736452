#!/usr/bin/env python3
"""Reference numbers for dsp/psd and dsp/whiten: writes tests/golden/psd.h.

The referee is PyCBC (pip install pycbc==2.11.0): pycbc.psd.welch with its three averages, inverse_spectrum_truncation with and
without taper, interpolate, and TimeSeries.whiten.  The series is the same here and in the test, bit for bit: a linear
congruential generator (Knuth's MMIX constants), centred, through y = 0.9 y + u.

    python3 tools/golden/psd.py > tests/golden/psd.h
"""
import importlib.metadata

import numpy as np
import pycbc.psd
from pycbc.types import TimeSeries

RATE, SEGMENT, STRIDE = 1024, 256, 128
N = 8229  # leaves an odd number of samples over, so that the crop matters
LENGTH = 128
WHITE_N, WHITE_SEGMENT_S, WHITE_FILTER_S = 16384, 1.0, 0.5
WHITE_AT, WHITE_KEEP = 6000, 128  # sample of the uncropped series where the table begins


def series(n):
    state, y = 1, 0.0
    out = np.empty(n)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        y = 0.9 * y + ((state >> 11) * 2.0**-53 - 0.5)
        out[i] = y * 1e-21
    return out


def table(name, values):
    print(f"\nstatic const double {name}[{len(values)}] = {{")
    for i in range(0, len(values), 4):
        print("    " + " ".join(f"{v:.17g}," for v in values[i:i + 4]))
    print("};")


def main():
    version = importlib.metadata.version("pycbc")
    assert version == "2.11.0", version
    x = TimeSeries(series(N), delta_t=1.0 / RATE)
    print(f"/* Made by tools/golden/psd.py with PyCBC {version}, numpy {np.__version__}: do not edit. */")
    print("#ifndef GWS_GOLDEN_PSD_H\n#define GWS_GOLDEN_PSD_H\n")
    for key in ("RATE", "SEGMENT", "STRIDE", "N", "LENGTH", "WHITE_N", "WHITE_AT", "WHITE_KEEP"):
        print(f"#define GOLDEN_{key} {globals()[key]}")
    print(f"#define GOLDEN_WHITE_SEGMENT {int(WHITE_SEGMENT_S * RATE)}")
    print(f"#define GOLDEN_WHITE_FILTER {int(WHITE_FILTER_S * RATE)}")
    psd = {}
    for average in ("mean", "median", "median-mean"):
        psd[average] = pycbc.psd.welch(x, seg_len=SEGMENT, seg_stride=STRIDE, avg_method=average, require_exact_data_fit=False)
        table("golden_" + average.replace("-", "_"), np.array(psd[average]))
    table("golden_interpolated", np.array(pycbc.psd.interpolate(psd["median"], 2.5))[:64])
    for method in ("hann", None):
        p = pycbc.psd.inverse_spectrum_truncation(psd["median"].copy(), LENGTH, low_frequency_cutoff=20.0, trunc_method=method)
        table("golden_truncated_" + (method or "hard"), np.array(p))
    white = TimeSeries(series(WHITE_N), delta_t=1.0 / RATE).whiten(WHITE_SEGMENT_S, WHITE_FILTER_S)
    half = int(WHITE_FILTER_S * RATE) // 2
    table("golden_white", np.array(white)[WHITE_AT - half:WHITE_AT - half + WHITE_KEEP] * np.sqrt(2.0 / RATE))
    print("\n#endif")


main()
