#!/usr/bin/env python3
"""Write tests/golden/noise_curves.h: every noise curve of LALSimulation at some frequencies; or compare the program with PyCBC, curve by
curve and bin by bin, and its reading of PSD files with PyCBC's.

Pinned: pycbc 2.11.0, lalsuite 7.26.16 (lalapps in it carries the data files), numpy 2.3.5.
Run: noise_curves.py > tests/golden/noise_curves.h
     noise_curves.py --live GWSPIKE
"""
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np

import lalapps

os.environ.setdefault("LAL_DATA_PATH", os.path.join(os.path.dirname(lalapps.__file__), "data"))
warnings.simplefilter("ignore")
import h5py  # noqa: E402
import lalsimulation  # noqa: E402
import pycbc.psd  # noqa: E402
import pycbc.types  # noqa: E402

DF = 0.5
BINS = 10001  # to 5 kHz, where the shortest tables end
AT = [10.5, 11, 12.5, 16.5, 20, 35.5, 60, 100, 150.5, 300, 500.5, 1000, 2500, 4950]
NAMES = pycbc.psd.get_lalsim_psd_list()


def curve(name, bins, df, low):
    """What from_string gives, without the zero that LALSimulation leaves in the last bin."""
    return pycbc.psd.from_string(name, bins + 1, df, low).numpy()[:bins]


def is_formula(name):
    return hasattr(lalsimulation, "SimNoisePSD" + name + "Ptr")


def table():
    print("/* Made by tools/golden/noise_curves.py with lalsuite 7.26.16 through pycbc 2.11.0; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_NOISE_CURVES_H\n#define GWS_TESTS_GOLDEN_NOISE_CURVES_H\n")
    print(f"#define CURVE_DF {DF}\n#define CURVE_BINS {BINS}\n#define N_CURVE_AT {len(AT)}\n#define N_CURVE_NAMES {len(NAMES)}\n")
    print("static const int curve_bin[N_CURVE_AT] = {" + ", ".join(str(int(f / DF)) for f in AT) + "};\n")
    print("/* name; is it a formula; first bin that is not 0 without a low frequency; PSD at these bins with 10.3 Hz as the lowest; PSD at")
    print(" * 7.5 Hz with 7.5 Hz as the lowest, where many tables have not begun */")
    print("static const struct {\n    const char *name;\n    int formula, first;\n    double psd[N_CURVE_AT], before;\n} curve_golden[N_CURVE_NAMES] = {")
    for name in NAMES:
        values = curve(name, BINS, DF, 10.3)
        first = np.nonzero(curve(name, BINS, DF, 0))[0][0]
        print(f'    {{"{name}", {int(is_formula(name))}, {first},\n     {{' + ", ".join("%.15g" % values[int(f / DF)] for f in AT) + "},")
        print("     %.15g}," % curve(name, BINS, DF, 7.5)[int(7.5 / DF)])
    print("};\n\n#endif")


def ours(program, folder, *words):
    out = os.path.join(folder, "out.hdf")
    ran = subprocess.run([program, "psd", *map(str, words), "-o", out], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    with h5py.File(out) as f:
        return f["psd"][()]


def worst(a, b):
    if a.shape != b.shape or np.any((a == 0) != (b == 0)):
        sys.exit(f"shapes {a.shape}, {b.shape} or their zeros differ")
    good = b != 0
    return np.max(np.abs(a[good] / b[good] - 1))


def live(program):
    listed = [line.split()[0] for line in subprocess.run([program, "psd", "--curves"], capture_output=True, text=True).stdout.splitlines()]
    if sorted(listed) != sorted(NAMES):
        sys.exit(f"the names differ: {set(listed) ^ set(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        for kind, limit in ((True, 1e-12), (False, 1e-7)):
            most = 0
            for name in NAMES:
                if is_formula(name) != kind:
                    continue
                for df, last, low in ((1 / 128, 1024, 15), (0.3, 4998, 11.1), (0.25, 2048, 0)):
                    bins = int(np.floor(last / df + 1e-9)) + 1
                    got = ours(program, folder, "--curve", name, "--delta-f", repr(df), "--f-final", last, "--f-lower", low)
                    off = worst(got, curve(name, bins, df, low))
                    if off > limit:
                        sys.exit(f"{name}, {df} Hz from {low} Hz: relative difference {off:.1e}")
                    most = max(most, off)
            print(f"{'formulas' if kind else 'tables'}: largest relative difference {most:.1e}")
        rng = np.random.default_rng(3)
        most = 0
        for amplitude in (True, False):
            f = 4 * 1.017 ** (np.arange(400) + rng.uniform(-0.3, 0.3, 400))
            path = os.path.join(folder, "curve.txt")
            np.savetxt(path, np.column_stack([f, 10**rng.uniform(-23, -20, len(f))]))
            got = ours(program, folder, "--curve", ("asd:" if amplitude else "") + path, "--delta-f", 0.5, "--f-final", 2000, "--f-lower", 10)
            most = max(most, worst(got, pycbc.psd.from_txt(path, 4001, 0.5, 10, is_asd_file=amplitude).numpy()))
        for group in (None, "H1/psds/0"):
            series = pycbc.types.FrequencySeries(10**rng.uniform(-46, -40, 2001), delta_f=0.5, epoch=1)
            path = os.path.join(folder, f"saved{group is None}.hdf")
            series.save(path, group=group)
            most = max(most, worst(ours(program, folder, "--curve", path, "--delta-f", 0.25, "--f-final", 1000),
                                   pycbc.psd.interpolate(series, 0.25).numpy()[:4001]))
    print(f"files of PyCBC: largest relative difference {most:.1e}")
    if most > 1e-12:
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--live"]:
        live(os.path.abspath(sys.argv[2]))
    else:
        table()
