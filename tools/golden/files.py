"""Files of strain as gwpy, PyCBC and numpy write them: every writer of a time series that the first two have, and archives of arrays.

    python3 -m venv venv && venv/bin/pip install gwpy==4.1.0 pycbc==2.11.0 lalsuite==7.26.16 "numpy<2.3"
    venv/bin/python tools/golden/files.py tests/golden/files

256 samples of H1 at 256 Hz from GPS 1300000000 (and of L1 where a file holds two), a formula which tests/golden/test_strain_files.c has as
well.
"""
import os
import sys

import numpy as np
from gwpy.timeseries import TimeSeries, TimeSeriesDict
from pycbc.types import TimeSeries as PycbcSeries

N, RATE, GPS = 256, 256, 1300000000
os.chdir(sys.argv[1])


def samples(ifo):
    i = np.arange(N)
    return ((i * 37 + (5 if ifo == "L1" else 0)) % 203 - 100) * 1e-21


def gwpy(ifo, dtype=np.float64, named=True):
    name = ifo + ":TEST-STRAIN" if named else None
    return TimeSeries(samples(ifo), t0=GPS, dt=1 / RATE, channel=name, name=name, unit="strain", dtype=dtype)


def pycbc(ifo, dtype=np.float64):
    return PycbcSeries(samples(ifo).astype(dtype), delta_t=1 / RATE, epoch=GPS)


for f in os.listdir("."):
    os.remove(f)
gwpy("H1").write("gwpy_one.hdf5", format="hdf5")
gwpy("H1").write("gwpy_path.hdf5", path="data/strain", format="hdf5")
gwpy("H1", np.float32).write("gwpy_float32.hdf5", format="hdf5")
gwpy("H1", named=False).write("gwpy_nameless.hdf5", path="strain", format="hdf5")
TimeSeriesDict({"H1:TEST-STRAIN": gwpy("H1"), "L1:TEST-STRAIN": gwpy("L1")}).write("gwpy_dict.hdf5", format="hdf5")
gwpy("H1").write("H-H1_GWPY-1300000000-1.txt", format="txt")
gwpy("H1").write("H-H1_GWPY-1300000000-1.csv", format="csv")
gwpy("H1").write("gwpy.gwf", format="gwf")
pycbc("H1").save("pycbc.hdf")
pycbc("H1").save("pycbc_two.hdf", group="H1")
pycbc("L1").save("pycbc_two.hdf", group="L1")
pycbc("H1").save("pycbc_deep.hdf", group="data/H1")
pycbc("H1", np.float32).save("pycbc_float32.hdf", group="H1")
pycbc("H1").save("pycbc.txt")
pycbc("H1").save("H-H1_PYCBC-1300000000-1.npy")
times = GPS + np.arange(N) / RATE
np.savez_compressed("numpy_two.npz", H1=samples("H1"), L1=samples("L1"), start_time=GPS, rate=RATE)
np.savez("numpy_times.npz", strain=samples("H1"), time=times)
np.savez_compressed("numpy_columns.npz", H1_strain=np.column_stack([times, samples("H1")]), H1_dq=np.ones(1, np.int64), note="a note")
np.savez("H-H1_NUMPY-1300000000-1.npz", samples("H1").astype(">f8"))
