#!/usr/bin/env python3
"""The geometric mean of MLGWSC-1's 40 measured noise curves, as text: what whitens the templates of configs/bbh-real.ini.

    tools/reference_curve.py FOLDER > configs/o3a-mean.txt      FOLDER holds H1/psd-0.hdf .. L1/psd-19.hdf (needs numpy and h5py)
"""
import sys

import h5py
import numpy as np

logs = []
for ifo in ("H1", "L1"):
    for i in range(20):
        with h5py.File(f"{sys.argv[1]}/{ifo}/psd-{i}.hdf", "r") as f:
            assert f["data"].attrs["delta_f"] == 1.0
            logs.append(np.log(f["data"][10:1024]))  # the challenge gives the last bin the value before it
mean = np.exp(np.mean(logs, axis=0))
mean = np.append(mean, mean[-1])
print("# Geometric mean of the 40 measured noise curves of MLGWSC-1 (LIGO Hanford and Livingston, O3a): tools/reference_curve.py")
print("# frequency (Hz), one-sided PSD (1/Hz)")
for k, s in enumerate(mean):
    print(f"{k + 10} {s:.4g}")
