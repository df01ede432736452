"""Make the seeds of tests/fuzz/corpus/hdf5: small files in the layouts that h5py and older programs write.

    python3 -m venv venv && venv/bin/pip install h5py==3.11.0 numpy==1.26.4
    venv/bin/python tools/golden/fuzz_hdf5.py tests/fuzz/corpus/hdf5
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]


def fill(f):
    f.attrs["x"] = 1.5
    f.attrs["n"] = 3
    f.attrs["note"] = "text of variable length"
    f.attrs["fixed"] = np.bytes_("fixed text")
    f["a/b/f64"] = np.arange(24.0).reshape(4, 6)
    f["a/f32"] = np.linspace(0, 1, 50, dtype="f4")
    f["a/i16"] = np.arange(-5, 5, dtype=">i2")
    f["a/yes"] = np.array([True, False])
    f["empty"] = h5py.Empty("f8")
    f["fixed"] = np.array([b"one", b"three"])
    f["words"] = np.array(["one", "three"], dtype=h5py.string_dtype())
    f["pair"] = np.zeros(3, dtype=[("time", "f8"), ("snr", "f4")])
    f.create_dataset("packed", data=np.arange(300) % 7, chunks=(64,), compression="gzip", shuffle=True)


for name, version in (("old.h5", "earliest"), ("new.h5", "v110")):
    with h5py.File(f"{folder}/{name}", "w", libver=(version, version) if version == "v110" else ("earliest", "v108")) as f:
        fill(f)

with h5py.File(f"{folder}/deep.h5", "w", libver=("earliest", "v108")) as f:
    f["nine"] = np.zeros((1,) * 9)
