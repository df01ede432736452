"""Make the seeds of tests/fuzz/corpus/model: the smallest networks, written from the description in src/model/checkpoint.h.

    python3 -m venv venv && venv/bin/pip install h5py==3.11.0 numpy==1.26.4
    venv/bin/python tools/golden/fuzz_model.py tests/fuzz/corpus/model
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
C, KERNEL, H1, H2, K = 8, 2, 2, 1, 1
RECIPE = "[model]\ndetectors = H1\nrate_hz = 64\nchannels = 8\nkernels = 2\nstrides = 2\nlif = 2,1\nhorizons = 1\n"
HUGE = RECIPE.replace("lif = 2,1", "lif = 16000,16000")
SHAPES = {
    "stem.0.weight": (KERNEL, 1, C), "stem.0.bias": (C,),
    "context.input.weight": (C, 3 * C), "context.input.bias": (3 * C,), "context.recurrent.weight": (C, 3 * C), "context.recurrent.bias": (C,),
    "cpc.weight": (C, K * C), "linear.weight": (C, 1), "linear.bias": (1,), "bridge.threshold": (C,),
    "lif.0.weight": (2 * C, H1), "lif.0.bias": (H1,), "lif.0.synapse": (H1,), "lif.0.membrane": (H1,),
    "lif.1.weight": (H1, H2), "lif.1.bias": (H2,), "lif.1.synapse": (H2,), "lif.1.membrane": (H2,),
    "readout.membrane.0": (H1, 1), "readout.membrane.1": (H2, 1), "readout.spike.1": (H2, 1), "readout.bias": (1,), "readout.leak": (1,),
}


def model(name, recipe, training, libver):
    rng = np.random.default_rng(1)
    with h5py.File(f"{folder}/{name}", "w", libver=libver) as f:
        f.attrs["format"] = np.bytes_("gwspike-model")
        f.attrs["format_version"], f.attrs["rate_hz"], f.attrs["hop"], f.attrs["warmup"] = np.int64([1, 64, 2, 32])
        # Strings of fixed length: libhdf5 1.10 looks up those of variable length in its heap without checking index or size, and dies
        # of a damaged one before we see it.
        f["recipe"] = np.bytes_(recipe)
        f["detectors"] = np.bytes_("H1")
        f["card"] = np.bytes_("a seed for the fuzzer")
        groups = ["parameters"] + (["optimizer/first", "optimizer/second"] if training else [])
        for g in groups:
            for t, shape in SHAPES.items():
                f[f"{g}/{t}"] = rng.normal(size=shape).astype("f4") ** (2 if "second" in g else 1)
        if training:
            for a, v in (("step", 12), ("phase", 1), ("phase_step", 2)):
                f["optimizer"].attrs[a] = np.int64(v)
        for head in () if training else ("spiking", "linear"):
            d = f.create_dataset(f"calibration/{head}/stat", data=np.float32([3, 2, 1]))
            d.attrs["livetime_s"], d.attrs["offset_s"], d.attrs["threshold"] = 100.0, 0.1, 1.5


# the older form has no checksums, so mutations get further in it
model("finished.hdf", RECIPE, False, "earliest")
model("training.hdf", RECIPE, True, "latest")
model("huge.hdf", HUGE, False, "earliest")
