"""Make the seeds of tests/fuzz/corpus/injections: small injection files as PyCBC lays them out, checksums of its chunks included.

    python3 -m venv venv && venv/bin/pip install h5py==3.11.0 numpy==1.26.4
    venv/bin/python tools/golden/fuzz_injections.py tests/fuzz/corpus/injections

Strings are of fixed length, as in fuzz_strain.py and for its reason.
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
N = 12
STATIC = {"f_lower": 20.0, "f_ref": 20.0, "approximant": np.bytes_("IMRPhenomXPHM"), "taper": np.bytes_("start"),
          "mode_array": np.array(["22", "33"], dtype="S2")}


def table(path, order, **options):
    with h5py.File(path, "w") as f:
        tc = 1238205077.0 + 27.3 * np.arange(N)
        columns = {"tc": tc[order], "mass1": 30.0 + np.arange(N), "mass2": 20.0 + np.arange(N), "distance": 1000.0 + np.arange(N)}
        for name, x in columns.items():
            f.create_dataset(name, data=x, chunks=(5,), **options)
        f["simulation_id"] = np.arange(N)
        f["source"] = np.array(["bbh"] * N, dtype="S4")
        f.attrs["static_args"] = np.array(list(STATIC), dtype="S16")
        f.attrs["injtype"] = np.bytes_("cbc")
        for name, x in STATIC.items():
            f.attrs[name] = x


table(folder + "/sorted.hdf", np.arange(N), fletcher32=True)
table(folder + "/unsorted.hdf", np.arange(N)[::-1], compression=9)
