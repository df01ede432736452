"""Make the seeds of tests/fuzz/corpus/strain: small synthetic strain files as GWOSC and MLGWSC-1 lay them out.

    python3 -m venv venv && venv/bin/pip install h5py==3.11.0 numpy==1.26.4
    venv/bin/python tools/golden/fuzz_strain.py tests/fuzz/corpus/strain

Strings are of fixed length: libhdf5 1.10.8 itself loops or crashes on a damaged heap of variable-length strings, which is not what
this target is to find; that both kinds are read is the business of tests/unit/test_strain_strain.c.
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
RATE, SECONDS, GPS = 32, 4, 1126259446
DQ = ["DATA", "CBC_CAT1", "CBC_CAT2"]
INJ = ["NO_CBC_HW_INJ", "NO_BURST_HW_INJ"]


def mask(group, name, names, bits, values):
    d = group.create_dataset(name, data=np.array(values, dtype="u4"), chunks=(len(values),), compression=1)
    d.attrs["Npoints"], d.attrs["Xstart"], d.attrs["Xspacing"], d.attrs["Bits"] = len(values), GPS, 1.0, len(bits)
    group[names] = np.array(bits, dtype="S17")


def gwosc(path):
    text = np.bytes_
    with h5py.File(path, "w") as f:
        f["meta/Detector"] = text("H1")
        f["meta/GPSstart"] = np.int64(GPS)
        f["meta/Duration"] = np.int64(SECONDS)
        h = np.sin(np.arange(RATE * SECONDS) * 0.1) * 1e-21
        h[RATE:RATE + 3] = np.nan
        d = f.create_dataset("strain/Strain", data=h, chunks=(64,), compression=1)
        d.attrs["Npoints"], d.attrs["Xstart"], d.attrs["Xspacing"] = len(h), GPS, 1.0 / RATE
        d.attrs["Xunits"] = text("second")
        mask(f.require_group("quality/simple"), "DQmask", "DQShortnames", DQ, [7, 7, 6, 7])
        mask(f.require_group("quality/injections"), "Injmask", "InjShortnames", INJ, [3, 3, 2, 3])


def mlgwsc(path, **options):
    with h5py.File(path, "w", **options) as f:
        for ifo, dtype in (("H1", "f8"), ("L1", "f4")):
            for key, n in (("100", 90), ("110", 40)):
                x = np.cos(np.arange(n) * 0.2)
                d = f.create_dataset(f"{ifo}/{key}", data=x.astype(dtype), chunks=(40,), compression=9, shuffle=True)
                d.attrs["start_time"], d.attrs["delta_t"] = float(key), 1.0 / RATE
        f.attrs["seed"] = 1


gwosc(folder + "/gwosc.hdf5")
mlgwsc(folder + "/mlgwsc.hdf")
mlgwsc(folder + "/mlgwsc_new.hdf", libver="v110")
