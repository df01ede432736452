#!/usr/bin/env python3
"""Write tests/golden/injections.h: rows and sums of the tables that PyCBC's pycbc_create_injections draws.

Pinned: PyCBC 2.11.0, lalsuite 7.26.16, numpy 2.3.5.  Run: injections.py > tests/golden/injections.h
With a program (tests/golden/write_injections.c) as its argument it compares whole tables instead, every column of every row: each
population of tests/golden/injections_*.ini for three seeds, those like MLGWSC-1's over its whole extent.
"""
import math
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "golden")
START, END = 1238205077, 1253966055
SEEDS = [0, 42, 2514409456]
POPULATIONS = {"1": (24, 6), "2": (24, 6), "3": (24, 6), "laws": (10.25, 0)}  # step, window
SHORT = START + 4 * 86400
ALL = {"1": END, "2": END, "3": END, "laws": SHORT}
TOLERANCE = 1e-12


def ini(name):
    return os.path.join(HERE, f"injections_{name}.ini")


def pycbc(name, seed, end, folder):
    step, window = POPULATIONS[name]
    out = os.path.join(folder, "pycbc.hdf")
    program = os.path.join(os.path.dirname(sys.executable), "pycbc_create_injections")
    subprocess.run([sys.executable, program, "--config-files", ini(name), "--gps-start-time", str(START), "--gps-end-time", str(end),
                    "--time-step", str(step), "--time-window", str(window), "--seed", str(seed), "--output-file", out, "--force"],
                   check=True, stderr=subprocess.DEVNULL)
    return h5py.File(out)


def words(value):
    if isinstance(value, (float, np.floating)):
        return "%.17g" % value
    return value if isinstance(value, str) else "[" + ", ".join(map(str, value)) + "]"


def listing(kind, name, items, per_line):
    print(f"static const {kind} {name}[] = {{")
    for i in range(0, len(items), per_line):
        print("    " + ", ".join(items[i:i + per_line]) + ",")
    print("};")


def golden():
    print("/* Made by tools/golden/injections.py with PyCBC 2.11.0, lalsuite 7.26.16 and numpy 2.3.5; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_INJECTIONS_H\n#define GWS_TESTS_GOLDEN_INJECTIONS_H\n\n#include <stdint.h>\n")
    print(f"#define GOLDEN_START INT64_C({START})\n")
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (step, window) in POPULATIONS.items():
            for seed in SEEDS:
                end = ALL[name] if seed == 0 else SHORT
                with pycbc(name, seed, end, folder) as f:
                    columns, data = sorted(f), {k: f[k][()] for k in f}
                    statics = [(k, words(f.attrs[k])) for k in f.attrs["static_args"]]
                n = len(data["tc"])
                rows = [0, 1, 3999, 4000, 7999, 8000, n // 2, n - 1]
                if seed == SEEDS[0]:
                    listing("char *const", f"golden_columns_{name}", [f'"{k}"' for k in columns], 6)
                    listing("char *const", f"golden_statics_{name}", [f'"{k}", "{v}"' for k, v in statics], 3)
                tag = f"{name}_{seed}"
                listing("int64_t", f"golden_rows_{tag}", [str(r) for r in rows], 8)
                listing("double", f"golden_values_{tag}", ["%.17g" % data[k][r] for r in rows for k in columns], 6)
                weight = np.arange(n) % 97 + 1.0
                listing("double", f"golden_sums_{tag}",
                        ["%.17g" % math.fsum(x) for k in columns for x in (data[k], data[k] * weight)], 4)
                print()
                tables.append(f'{{"{name}", {seed}U, INT64_C({end}), {step}, {window}, {n}, {len(columns)}, golden_columns_{name}, '
                              f"{len(statics)}, golden_statics_{name}, {len(rows)}, golden_rows_{tag}, golden_values_{tag}, "
                              f"golden_sums_{tag}}}")
    print("""/* values: (n_rows, n_columns); sums: of each column, the plain one and that weighted with row % 97 + 1 */
static const struct {
    const char *name;
    uint32_t seed;
    int64_t end;
    double step, window;
    int64_t n;
    int n_columns;
    const char *const *columns;
    int n_statics;
    const char *const *statics; /* name, value */
    int n_rows;
    const int64_t *rows;
    const double *values, *sums;
} golden_tables[] = {""")
    for t in tables:
        print(f"    {t},")
    print("};\n\n#endif")


def compare(program):
    with tempfile.TemporaryDirectory() as folder:
        for name, (step, window) in POPULATIONS.items():
            for seed in SEEDS:
                ours = os.path.join(folder, "ours.hdf")
                subprocess.run([program, ini(name), str(seed), str(START), str(ALL[name]), str(step), str(window), ours], check=True)
                with pycbc(name, seed, ALL[name], folder) as want, h5py.File(ours) as got:
                    if sorted(want) != sorted(got):
                        sys.exit(f"{name}, seed {seed}: columns {sorted(got)}, wanted {sorted(want)}")
                    for k, v in want.attrs.items():
                        if k != "cmd" and (type(v) is not type(got.attrs[k]) or not np.array_equal(v, got.attrs[k])):
                            sys.exit(f"{name}, seed {seed}: attribute {k} is {got.attrs[k]}, wanted {v}")
                    worst, unequal, n = 0.0, 0, 0
                    for k in want:
                        a, b = want[k][()], got[k][()]
                        if a.shape != b.shape or a.dtype != b.dtype:
                            sys.exit(f"{name}, seed {seed}: {k} has {b.shape} of {b.dtype}, wanted {a.shape} of {a.dtype}")
                        scale = np.abs(a)
                        if name == "laws" and k != "tc":  # a mean may cancel what is drawn
                            scale = np.maximum(scale, np.std(a))
                        worst = max(worst, float(np.max(np.abs(a - b) / np.maximum(scale, 1e-300))))
                        unequal, n = unequal + int(np.sum(a != b)), n + len(a)
                print(f"{name}, seed {seed}: {n} numbers, {unequal} not equal to the bit, largest relative difference {worst:.1e}")
                if worst > TOLERANCE:
                    sys.exit("too large")


if __name__ == "__main__":
    compare(sys.argv[1]) if len(sys.argv) > 1 else golden()
