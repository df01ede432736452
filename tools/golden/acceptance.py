#!/usr/bin/env python3
"""MLGWSC-1's own evaluate.py on data sets that `gwspike simulate --mlgwsc` wrote and events that `gwspike detect` or chance wrote:
it runs, and `gwspike evaluate` gives its numbers, from the files and from their names as virtual inputs.

Pinned: h5py 3.16.0, numpy 2.3.5, tqdm; evaluate.py of gwastro/ml-mock-data-challenge-1, commit 6d5e62f.
Run: acceptance.py EVALUATE_PY GWSPIKE MODEL
"""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np

import evaluate  # beside this file

SEED = 7
DURATION = {1: 7200, 2: 3600, 3: 3600}
RATES = [1000000, 100000, 10000, 1000, 1]


def run(program, *words):
    ran = subprocess.run([program, *words], capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"status {ran.returncode}: {' '.join(words)}: {ran.stderr}")
    return ran.stdout


def write_events(path, time, stat):
    order = np.random.default_rng(SEED).permutation(len(time))
    with h5py.File(path, "w") as f:
        f["time"], f["stat"], f["var"] = time[order], stat[order], np.full(len(time), 0.2)
    return path


def chance(folder, begin, end, tc):
    """Most injections, near their time, and false alarms, with statistics on a grid, so that many tie."""
    rng = np.random.default_rng(SEED)
    near = tc[rng.random(len(tc)) < 0.8] + rng.normal(0, 0.1, 1)
    false = rng.uniform(begin, end, 300)
    fg = write_events(os.path.join(folder, "fg-chance.hdf"), np.concatenate([near, false]),
                      np.round(np.concatenate([rng.normal(9, 2, len(near)), rng.normal(6, 1, 300)]), 1))
    bg = write_events(os.path.join(folder, "bg-chance.hdf"), rng.uniform(begin, end, 300), np.round(rng.normal(6, 1, 300), 1))
    return fg, bg


def check(module, program, folder, words, foreground, name, what):
    """Both programs on the same command line."""
    ours, theirs = os.path.join(folder, "ours.hdf"), os.path.join(folder, "official.hdf")
    ask = ["--json", "--far", ",".join(map(str, RATES)), "--force"]
    said = run(program, "evaluate", *words, "--foreground-files", foreground, "--output-file", ours, *ask)
    want = evaluate.official(module, [*words, "--foreground-files", foreground], theirs)
    difference = evaluate.compare(evaluate.read(ours), want)
    if difference:
        sys.exit(f"{what}: {difference}")
    with h5py.File(foreground, "r") as f:
        duration = sum(len(f["H1"][key]) * f["H1"][key].attrs["delta_t"] for key in f["H1"])
    lines = said.splitlines()
    for line, distance in zip(lines, evaluate.at_rates(want, duration, RATES), strict=True):
        got = json.loads(line)["sensitive_distance_mpc"]
        if (got is None) != (distance is None) or (got is not None and abs(got - distance) > 1e-12 * distance):
            sys.exit(f"{what}: --json says {line}, evaluate.py {distance}")
    if run(program, "evaluate", *words, "--foreground-files", name, *ask) != said:
        sys.exit(f"{what}: {name} is not {foreground}")
    loudest = json.loads(lines[0])
    print(f"{what}: every data set of evaluate.py equal; {loudest['found']} of {loudest['injections']} injections found, "
          f"{loudest['sensitive_distance_mpc']:.2f} Mpc at {RATES[0]} false alarms a month")


def main():
    module, program, model = evaluate.load(sys.argv[1]), os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    for number, duration in DURATION.items():
        with tempfile.TemporaryDirectory() as folder:
            fg, bg, inj = (os.path.join(folder, name) for name in ("fg.hdf", "bg.hdf", "inj.hdf"))
            run(program, "simulate", "--mlgwsc", str(number), "--seed", str(SEED), "--duration", str(duration), "-f", fg, "-b", bg,
                "-i", inj)
            name = f"sim:mlgwsc={number},seed={SEED},duration={duration},part=fg"
            with h5py.File(inj, "r") as f, h5py.File(fg, "r") as g:
                begin = min(s.attrs["start_time"] for s in g["H1"].values())
                tc = f["tc"][()]
            tc = tc[(tc >= begin + 30) & (tc <= begin + duration - 30)]
            lists = {"chance": chance(folder, begin, begin + duration, tc)}
            if number == 1:  # an untrained network: many events at a low threshold, some of them at an injection by luck
                lists["detect"] = [os.path.join(folder, f"{part}-detect.hdf") for part in ("fg", "bg")]
                for strain, out in zip((fg, bg), lists["detect"]):
                    run(program, "detect", "-m", model, "--threshold", "-3.4", strain, "-o", out)
            for kind, (fg_events, bg_events) in lists.items():
                words = ["--injection-file", inj, "--foreground-events", fg_events, "--background-events", bg_events]
                check(module, program, folder, words, fg, name, f"set {number}, {duration} s, events by {kind}")


if __name__ == "__main__":
    main()
