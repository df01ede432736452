#!/usr/bin/env python3
"""Reference numbers for sim/reproducible and sim/mlgwsc_noise: writes tests/golden/mlgwsc_noise.h.

The referees are PyCBC (pycbc==2.11.0, lalsuite==7.26.16, numpy==2.3.5: pycbc.noise.reproduceable) and generate_data.py of
gwastro/ml-mock-data-challenge-1, whose folder is MDC; DATA holds its segments.csv and psds/.  Of noise, samples at scattered places
are kept, and two sums over all of it.  With PROGRAM (tests/make_noise) every sample of every file is compared as well: the program
fails when one is off by more than 1e-9 of the noise's standard deviation, and for recorded noise by anything at all.

    python3 tools/golden/mlgwsc_noise.py MDC DATA [PROGRAM] > tests/golden/mlgwsc_noise.h
"""
import importlib.metadata
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

MDC, DATA = (os.path.abspath(p) for p in sys.argv[1:3])
PROGRAM = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
sys.dont_write_bytecode = True
sys.path.insert(0, MDC)

import generate_data
from pycbc.noise import reproduceable
from pycbc.types import FrequencySeries

POINTS = 6
SEEDS = [0, 20221, 4294967295]
FACTOR = 2.0**69
PIECE = 1000003  # samples of a detector that PROGRAM writes at a time


def places(n):
    return np.arange(POINTS) * 2654435761 % n


def sums(x):
    weight = (np.arange(len(x), dtype=np.uint64) * np.uint64(2654435761) % np.uint64(2**32)).astype(float) / 2**32 - 0.5
    return [float(np.dot(x, x)), float(np.dot(x, weight))]


def numbers(values):
    return "{" + ", ".join(f"{v:.17g}" for v in values) + "}"


def noise_row(x):
    return numbers(x[places(len(x))]) + ", " + numbers(sums(x))


# A curve that both sides can make: the same operations in the same order.
def curve(n, delta_f, low):
    f = np.arange(n) * delta_f
    x = 50.0 / (f + 1.0)
    psd = 1e-46 * (1.0 + x * x * x * x)
    psd[f < low] = 0.0
    return FrequencySeries(psd, delta_f=delta_f)


def reproducible():
    print("\n/* seed, rate, first second, seconds; samples; sums */")
    print("static const struct golden_white golden_white[] = {")
    for seed, rate, start, seconds in [(0, 2048, 1238205077, 900), (2357136044, 2048, -5, 7), (4294967295, 1000, 1638, 2), (7, 16384, 99, 2)]:
        x = reproduceable.normal(start, start + seconds, sample_rate=rate, seed=seed).numpy()
        print(f"    {{{seed}U, {rate}, {start}, {seconds}, {noise_row(x)}}},")
    print("};")
    print("\n/* seed, rate, start, seconds, low frequency, filter; bins and spacing of the curve; samples; sums */")
    print("static const struct golden_coloured golden_coloured[] = {")
    for seed, rate, start, seconds, low, filt, n, delta_f in [
        (5, 2048, 1238205077, 16, 15.0, 128, 131073, 1 / 128),
        (2357136044, 2048, 1238205077, 127, 15.0, 128, 1025, 1.0),
        (3, 2048, 1238205077, 20, 15.0, 128, 600, 1.0),
        (1, 2048, 1238205077, 61, 20.3, 8, 131073, 1 / 128),
        (1, 2048, 1238205077, 64, 10.0, 8, 131073, 1 / 128),
        (3, 2048, -100, 120, 15.0, 128, 1025, 1.0),
        (9, 1024, 1238205077, 64, 20.0, 8, 5000, 0.25),
        (1, 1000, 1238205077, 33, 15.0, 16, 4001, 0.125),
    ]:
        psd = curve(n, delta_f, low)
        x = reproduceable.colored_noise(psd, start, start + seconds, seed=seed, sample_rate=rate, low_frequency_cutoff=low,
                                        filter_duration=filt).numpy()
        print(f"    {{{seed}U, {rate}, {start}, {seconds}, {low}, {filt}, {n}, {delta_f:.17g}, {noise_row(x)}}},")
    print("};")


def plans():
    print("\n/* data set, offset, duration; segments, their starts and ends added up, the last */")
    print("static const struct golden_plan golden_plan[] = {")
    for dataset, offset, duration in [(1, 0, 2592000), (4, 0, 2592000), (1, 0, 86400), (4, 0, 86400), (2, 5000, 40000), (3, 0, 3600),
                                      (4, 9900, 20000), (1, 2592000, 2592000), (4, 100000, 1), (1, 0, 20000000), (3, 10061, 100)]:
        segs = generate_data.restrict_segments(start_offset=offset, duration=duration, min_segment_duration=7200,
                                               slide_buffer=240 if dataset == 4 else None)
        starts, ends = sum(s[0] for s in segs), sum(s[1] for s in segs)
        print(f"    {{{dataset}, {offset}, {duration}, {len(segs)}, INT64_C({starts}), INT64_C({ends}), {segs[-1][0]}, {segs[-1][1]}}},")
    print("};")


def ours(folder, dataset, seed, offset, duration, generate, real_noise=None):
    argv = [PROGRAM, folder] + [str(v) for v in (dataset, seed, offset, duration, generate, 2)]
    raw = np.frombuffer(subprocess.run(argv + ([real_noise] if real_noise else []), check=True, stdout=subprocess.PIPE).stdout)
    return raw


def compare(name, raw, segments, tolerance):
    at = 0
    for key, pair in segments:
        worst = 0.0
        for first in range(0, len(pair[0]), PIECE):
            for whole in pair:
                x = whole[first:first + PIECE]
                worst = max(worst, np.abs(raw[at:at + len(x)] - x).max() / (whole.std() or 1.0))
                at += len(x)
        print(f"challenge: {name}, segment {key}: largest difference {worst:.1e} of the standard deviation", file=sys.stderr)
        if not worst <= tolerance:
            sys.exit(1)
    if at != len(raw):
        sys.exit(f"challenge: {name}: {len(raw)} samples, wanted {at}")


def generated(path):
    with h5py.File(path, "r") as f:
        return [(key, [f[ifo][key][()] for ifo in ("H1", "L1")]) for key in sorted(f["H1"], key=int)]


def simulated(scratch):
    print("\n/* data set, seed, offset, duration, chunk; segment; H1's samples and sums, L1's */")
    print("static const struct golden_noise golden_noise[] = {")
    cases = [(dataset, seed, 3600, 3600) for dataset in (1, 2, 3) for seed in SEEDS]
    # two segments, a chunk of 61 s, one of 116 s for which the generator makes 117
    for dataset, seed, duration, generate in cases + [(3, 77, 10061 + 116, 5000)]:
        path = os.path.join(scratch, "noise.hdf")
        generate_data.get_noise(dataset, seed=seed, duration=duration, generate_duration=generate, store=path)
        segments = generated(path)
        os.remove(path)
        for i, (key, pair) in enumerate(segments):
            rows = ", ".join("{" + noise_row(x) + "}" for x in pair)
            print(f"    {{{dataset}, INT64_C({seed}), {duration}, {generate}, {i}, {{{rows}}}}},", flush=True)
        if PROGRAM:
            compare(f"set {dataset}, seed {seed}", ours(DATA, dataset, seed, 0, duration, generate), segments, 1e-9)
    print("};")


def recorded(scratch):
    """Two segments of numbers that tell where they come from; only their beginnings are written."""
    rows = [(1000000000, 1000007500), (1000010000, 1000017600)]
    with open(os.path.join(scratch, "segments.csv"), "w") as f:
        f.write(",start,end\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(rows)))
    real = os.path.join(scratch, "real.hdf")
    j = np.arange(600000)
    with h5py.File(real, "w") as f:
        for ifo, name in enumerate(("H1", "L1")):
            for start, end in rows:
                d = f.create_dataset(f"{name}/{start}", ((end - start) * 2048,), "f4", chunks=(65536,))
                d[:600000] = (j * 7919 + 12345 * ifo) % 65521 - 32760.0
                d.attrs["start_time"], d.attrs["delta_t"] = float(start), 1 / 2048
    generate_data.base_path = lambda: scratch
    print("\n/* data set 4 of tests/golden/test_sim_mlgwsc_noise.c's file: seed, offset, duration; segment, its seconds; first numbers of H1, L1 */")
    print("static const struct golden_recorded golden_recorded[] = {")
    path = os.path.join(scratch, "noise.hdf")
    for seed, offset, duration in [(0, 0, 7290), (20221, 0, 7290), (4294967295, 100, 50)]:
        generate_data.get_noise(4, seed=seed, start_offset=offset, duration=duration, real_noise_path=real, store=path)
        segments = generated(path)
        os.remove(path)
        for i, (key, pair) in enumerate(segments):
            first = ", ".join("{" + ", ".join(f"{int(v * FACTOR)}" for v in x[:3]) + "}" for x in pair)
            print(f"    {{INT64_C({seed}), {offset}, {duration}, {i}, {key}, {len(pair[0]) // 2048}, {{{first}}}}},")
        if PROGRAM:
            compare(f"set 4, seed {seed}", ours(scratch, 4, seed, offset, duration, 3600, real), segments, 0)
    print("};")
    # and true noise, 500 s of it, that of L1 the same backwards
    with h5py.File(os.path.join(DATA, "real_noise.hdf"), "r") as f, h5py.File(real, "w") as g:
        x = np.asarray(next(iter(f.values()))[()], dtype=np.float64)
        x = (x * FACTOR / max(np.abs(x).max(), 1e-30) * 1e-19).astype(np.float32)
        for name, y in (("H1", x), ("L1", x[::-1])):
            d = g.create_dataset(f"{name}/{rows[0][0]}", data=y)
            d.attrs["start_time"], d.attrs["delta_t"] = float(rows[0][0]), 1 / 2048
    if PROGRAM:
        generate_data.get_noise(4, seed=3, start_offset=10, duration=200, real_noise_path=real, store=path)
        compare("set 4, true noise", ours(scratch, 4, 3, 10, 200, 3600, real), generated(path), 0)


def main():
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("pycbc", "lalsuite", "numpy"))
    print(f"/* Made by tools/golden/mlgwsc_noise.py with {versions} and generate_data.py of MLGWSC-1. */")
    os.chdir(DATA)  # psds/ is looked for in the current folder
    generate_data.base_path = lambda: DATA
    reproducible()
    plans()
    with tempfile.TemporaryDirectory() as scratch:
        simulated(scratch)
        recorded(scratch)


if __name__ == "__main__":
    main()
