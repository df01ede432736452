#!/usr/bin/env python3
"""Write tests/golden/evaluate.h: sensitive distances by MLGWSC-1's own evaluate.py, run unchanged on files made here; or
compare the program with it, file by file, on random sets.

Pinned: h5py 3.16.0, numpy 2.3.5, tqdm; evaluate.py of gwastro/ml-mock-data-challenge-1, commit 6d5e62f.
Run: evaluate.py EVALUATE_PY > tests/golden/evaluate.h
     evaluate.py EVALUATE_PY --live GWSPIKE [SETS]
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import warnings

import h5py
import numpy as np

SALT = 51
MONTH = 2592000.0
# injections, foreground events, background events, statistics per unit (0: not rounded), chirp distances, tc out of order
CASES = [(40, 60, 30, 4, 1, 0), (300, 900, 500, 16, 1, 0), (300, 900, 500, 16, 0, 0), (120, 400, 200, 8, 1, 1),
         (2000, 5000, 3000, 0, 1, 0)]
POINTS = 8
START = 100000


def uniform(stream, n):
    """n numbers in [-1/2, 1/2), multiples of 2^-24, from 32-bit integer arithmetic (MurmurHash3's finaliser)."""
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(stream) * np.uint64(0x9E3779B9) + np.arange(n, dtype=np.uint64) * np.uint64(0x85EBCA6B)
         + np.uint64(SALT) * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) * 2.0**-24 - 0.5


def make_case(number):
    """Injections 27 s apart and events with every doubtful case among them; tests/golden/test_search_volume.c makes the same."""
    m, f, n, steps, chirp, disorder = CASES[number]

    def u(k, size):
        return uniform(16 * number + k, size)

    def rounded(x):
        return np.floor(x * steps + 0.5) / steps if steps else x

    tc = START + 27.0 * np.arange(m) + 6 * u(0, m)
    j = np.floor((u(4, f) + 0.5) * m).astype(int)
    i = np.arange(f)
    time = tc[j] + 0.75 * u(5, f)
    var = np.full(f, 0.25)
    half = (i % 7 == 0) & (j + 1 < m)
    time[half] = (tc[j[half]] + tc[j[half] + 1]) / 2  # the same distance from two injections
    var[half] = 20
    edge = i % 11 == 0
    time[edge], var[edge] = tc[j[edge]] + 0.25, 0.25  # exactly at the window's end
    outer = i % 13 == 0
    time[outer], var[outer] = np.where(i[outer] % 2, START - 50.0 - i[outer], START + 27.0 * m + 50 + i[outer]), 0.3
    if disorder:
        k = np.arange(0, m - 1, 5)
        tc[k], tc[k + 1] = tc[k + 1].copy(), tc[k].copy()
    inj = dict(tc=tc, distance=3500 + 6000 * u(1, m), mass1=30 + 40 * u(2, m), mass2=30 + 40 * u(3, m))
    if chirp:
        inj["chirp_distance"] = np.ones(m)
    fg = np.array([time, rounded(8 + 8 * u(6, f)), var])
    bg = np.array([np.arange(n, dtype=float), rounded(6 + 8 * u(7, n)), np.full(n, 0.25)])
    spans = [(START - 100, START + 9 * m), (START + 9 * m, START + 18 * m), (START + 18 * m + 50, START + 27 * m + 200)]
    return inj, [fg], [bg], [spans]


def write_files(folder, inj, fgs, bgs, spans, rate=1):
    """The files that both programs read. Returns the common part of the command line."""
    def path(name):
        return os.path.join(folder, name)

    def events(name, list_of_events):
        names = []
        for k, e in enumerate(list_of_events):
            names.append(path(f"{name}-{k}.hdf"))
            with h5py.File(names[-1], "w") as out:
                for row, key in enumerate(("time", "stat", "var")):
                    out[key] = e[row]
        return names

    with h5py.File(path("inj.hdf"), "w") as out:
        for key, value in inj.items():
            out[key] = value
    data = []
    for k, file_spans in enumerate(spans):
        data.append(path(f"fg-{k}.hdf"))
        with h5py.File(data[-1], "w") as out:
            for det in ("H1", "L1"):
                for begin, end in file_spans:
                    # never written, so no byte of it is on disk
                    ds = out.create_dataset(f"{det}/{int(begin)}", shape=(int(round((end - begin) * rate)),), dtype="f4")
                    ds.attrs["start_time"] = float(begin)
                    ds.attrs["delta_t"] = 1.0 / rate
    return ["--injection-file", path("inj.hdf"), "--foreground-events", *events("fg-events", fgs), "--foreground-files", *data,
            "--background-events", *events("bg-events", bgs)]


def official(module, words, out):
    """Run evaluate.py's main on a command line; its data sets, in the order in which they were made."""
    sys.argv = ["evaluate.py", *words, "--output-file", out, "--force"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.main(None)
    return read(out)


def read(path):
    with h5py.File(path, "r") as f:
        return {key: f[key][()] for key in f}


def table(module):
    print("/* Made by tools/golden/evaluate.py with MLGWSC-1's evaluate.py (6d5e62f), numpy 2.3.5; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_EVALUATE_H\n#define GWS_TESTS_GOLDEN_EVALUATE_H\n")
    print(f"#define EVALUATE_SALT {SALT}\n#define N_EVALUATE {len(CASES)}\n#define N_EVALUATE_POINTS {POINTS}\n")
    print("static const struct {\n    int injections, foreground, background, steps, chirp_distance, disorder;")
    print("    int tp, fp, missed;")
    print("    /* sums over i of (i+1) times entry i */")
    print("    double nearest, missed_sum, tp_index, fp_index, tp_diff, fp_diff, fp_far;")
    print("    double tp_stat; /* plain sum: events of equal time have no order of their own */")
    print("    /* at i = k (N-1)/7: far, volume, distance, volume's error, fraction */")
    print(f"    double point[{POINTS}][5];\n}} evaluate_golden[N_EVALUATE] = {{")
    for number, case in enumerate(CASES):
        with tempfile.TemporaryDirectory() as folder:
            r = official(module, write_files(folder, *make_case(number)), os.path.join(folder, "out.hdf"))

        def weighted(key):
            return np.sum((1 + np.arange(len(r[key]))) * r[key])

        n = len(r["far"])
        print("    {" + ", ".join(str(v) for v in case) + ",")
        print(f"     {len(r['true-positive-diffs'])}, {len(r['false-positive-diffs'])}, {len(r['missed-indices'])},")
        print("     " + ", ".join("%.17g" % weighted(k) for k in (
            "found-indices", "missed-indices", "true-positive-event-indices", "false-positive-event-indices",
            "true-positive-diffs", "false-positive-diffs", "fg-far")) + ",")
        print("     %.17g,\n     {" % np.sum(r["true-positives"][1]))
        for k in range(POINTS):
            i = k * (n - 1) // (POINTS - 1)
            print("         {" + ", ".join("%.17g" % r[key][i] for key in (
                "far", "sensitive-volume", "sensitive-distance", "sensitive-volume-error", "sensitive-fraction")) + "},")
        print("     }},")
    print("};\n\n#endif")


def random_set(rng):
    """Numbers of any size, ties of every kind, several files, any order."""
    m = int(rng.integers(3, 400))
    tc = 1.2e9 + np.cumsum(rng.uniform(24, 30, m))
    if rng.random() < 0.3:
        tc = np.round(tc)
    inj = dict(tc=tc, distance=rng.uniform(100, 7000, m), mass1=rng.uniform(7, 50, m), mass2=rng.uniform(7, 50, m))
    if rng.random() < 0.75:
        inj["chirp_distance"] = rng.uniform(130, 350, m)
    step = rng.choice([0, 0.1, 1])

    def stats(size, centre):
        s = rng.normal(centre, 2, size)
        return np.round(s / step) * step if step else s

    def events(size, centre):
        time = tc[rng.integers(0, m, size)] + rng.normal(0, rng.choice([0.1, 1, 10]), size)
        if rng.random() < 0.5:
            time = np.round(time * 2) / 2  # many at equal times, some in the middle and at the window's end
        var = np.where(rng.random(size) < 0.2, 15, 0.5) if rng.random() < 0.5 else np.full(size, 0.3)
        e = np.array([time, stats(size, centre), var])
        return [part for part in np.array_split(e, rng.integers(1, 4), axis=1)]

    fg = events(int(rng.integers(20, 1500)), 8)
    bg = events(int(rng.integers(0, 1500)), 6)
    rate = int(rng.choice([1, 2048]))
    edges = np.sort(rng.choice(np.arange(np.floor(tc[0]) - 200, tc[-1] + 400), int(rng.integers(2, 8)), replace=False))
    pieces = [(a, b) for a, b in zip(edges[:-1], edges[1:]) if rng.random() < 0.8] or [(edges[0], edges[-1])]
    cut = int(rng.integers(0, len(pieces)))
    spans = [p for p in (pieces[:cut], pieces[cut:]) if p]
    if rng.random() < 0.1:
        rng.shuffle(tc)
        inj["tc"] = tc
    return inj, fg, bg, spans, rate


def compare(a, b):
    """The first difference between our data sets and the official ones, or None."""
    if list(a) != list(b):
        return f"names {list(a)}"
    tied = b["fg-events"][0]
    for key in b:
        x, y = a[key], b[key]
        if x.shape != y.shape or x.dtype != y.dtype:
            return f"{key}: {x.dtype}{x.shape}, official {y.dtype}{y.shape}"
        time = {"fg-events": tied, "sorting-indices": tied, "true-positives": b["true-positives"][0],
                "false-positives": b["false-positives"][0]}.get(key)
        if time is not None:  # equal times: any order among themselves
            rows, other = np.atleast_2d(x), np.atleast_2d(y)
            if key == "sorting-indices":
                rows, other = np.vstack([tied, rows]), np.vstack([tied, other])
            x, y = (r[:, np.lexsort(r[::-1])] for r in (rows, other))
        if key.endswith("event-indices"):
            x, y = a["fg-events"][0][x], tied[y]
        if key == "sensitive-volume-error":  # a difference of two squares: measured against them
            bad = np.abs(np.nan_to_num(x)**2 - np.nan_to_num(y)**2) > 1e-12 * (np.nan_to_num(y)**2 + b["sensitive-volume"]**2)
        else:
            bad = ~(np.abs(x - y) <= 1e-12 * np.abs(y))
        if np.any(bad):
            at = np.argwhere(bad)[0]
            return f"{key}{list(at)}: {x[tuple(at)]!r}, official {y[tuple(at)]!r}"
    return None


def at_rates(r, duration, rates):
    """The --json answers from the official data sets, spelled out with floor(rate T)."""
    n = len(r["far"])
    for rate in rates:
        k = int(np.floor(rate * duration / MONTH * (1 + 1e-12)))
        yield r["sensitive-distance"][max(0, n - 1 - k)] if k >= 1 and n else None


def live(module, program, sets):
    rng = np.random.default_rng(20)
    worst = refused = 0
    rates = [100000, 3000, 1000, 100, 10, 1]
    for number in range(sets):
        with tempfile.TemporaryDirectory() as folder:
            inj, fg, bg, spans, rate = random_set(rng)
            words = write_files(folder, inj, fg, bg, spans, rate)
            out = os.path.join(folder, "ours.hdf")
            ran = subprocess.run([program, "evaluate", *words, "--output-file", out, "--json", "--far",
                                  ",".join(map(str, rates))], capture_output=True, text=True)
            try:
                want = official(module, words, os.path.join(folder, "official.hdf"))
            except (IndexError, RuntimeError):  # nothing found, nothing in the data
                refused += 1
                if ran.returncode != 1 or ran.stdout or ran.stderr.count("\n") != 1:
                    sys.exit(f"set {number}: evaluate.py gives up, the program ends with {ran.returncode}: {ran.stderr}")
                continue
            if ran.returncode != 0:
                sys.exit(f"set {number}: status {ran.returncode}: {ran.stderr}")
            difference = compare(read(out), want)
            if difference:
                sys.exit(f"set {number}: {difference}")
            duration = sum(b - a for s in spans for a, b in s)
            for line, distance in zip(ran.stdout.splitlines(), at_rates(want, duration, rates)):
                got = json.loads(line)["sensitive_distance_mpc"]
                if (got is None) != (distance is None) or (got is not None and abs(got - distance) > 1e-12 * distance):
                    sys.exit(f"set {number}: --json says {line}, wanted {distance}")
            got = read(out)
            with np.errstate(invalid="ignore", divide="ignore"):
                worst = max([worst, *np.nan_to_num(np.abs(got["sensitive-distance"] / want["sensitive-distance"] - 1))])
    print(f"{sets} random sets: {sets - refused} equal (largest relative difference of a distance {worst:.1e}), "
          f"{refused} refused by both")


def load(path):
    """evaluate.py as a module."""
    spec = importlib.util.spec_from_file_location("official_evaluate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    official_module = load(sys.argv[1])
    if "--live" in sys.argv:
        live(official_module, os.path.abspath(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 400)
    else:
        table(official_module)
