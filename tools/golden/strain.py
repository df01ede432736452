"""Make tests/golden/strain.h: numbers of the real strain files as h5py reads them.

    python3 -m venv venv && venv/bin/pip install h5py==3.11.0 numpy==1.26.4
    venv/bin/python tools/golden/strain.py DATA > tests/golden/strain.h

DATA is the folder of the test data.  Of each file only a fingerprint is kept: first sample, maximum, sum of squares.
"""
import glob
import os
import sys

import h5py
import numpy as np

data = sys.argv[1]


def row(name, ifo, rate, gps, x, dq, inj):
    print('    {"%s", "%s", %d, %d, %d, %.17g, %.17g, %.17g, %d, %d},'
          % (name, ifo, rate, gps, len(x), x[0], np.abs(x).max(), float(np.dot(x, x)), dq, inj))


print("/* strain.h - made by tools/golden/strain.py with h5py %s, numpy %s; do not edit. */"
      % (h5py.__version__, np.__version__))
print("#ifndef GWS_GOLDEN_GW_STRAIN_H\n#define GWS_GOLDEN_GW_STRAIN_H\n")
print("#include <stdint.h>\n")
print("static const struct {\n    const char *path, *ifo;\n    int rate_hz;\n    int64_t gps_s, n;\n"
      "    double first, max_abs, energy;\n    int dq, inj; /* all seconds of a file have the same value */\n} strain_golden[] = {")
for path in sorted(glob.glob(data + "/gwosc*/*-32.hdf5")):
    with h5py.File(path) as f:
        x = f["strain/Strain"][:]
        dq, inj = set(f["quality/simple/DQmask"][:]), set(f["quality/injections/Injmask"][:])
        assert len(dq) == 1 and len(inj) == 1
        row(os.path.relpath(path, data), f["meta/Detector"][()].decode(), round(1 / f["strain/Strain"].attrs["Xspacing"]),
            f["meta/GPSstart"][()], x, dq.pop(), inj.pop())
with h5py.File(data + "/mlgwsc/real_noise.hdf") as f:
    d = f["data"]
    row("mlgwsc/real_noise.hdf", "X0", round(1 / d.attrs["delta_t"]), d.attrs["start_time"], d[:], -1, -1)
print("};\n")

print("#endif")
