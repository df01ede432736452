"""Samples of MLGWSC-1 data sets for tests/golden/mlgwsc_set.h, made by the challenge's own generate_data.py (gwastro/ml-mock-data-challenge-1) with PyCBC 2.11.0,
lalsuite 7.26.16 and numpy 2.3.5, ligo-segments 1.4.0.

    python tools/golden/mlgwsc_set.py GENERATOR DATA > tests/golden/mlgwsc_set.h
    python tools/golden/mlgwsc_set.py GENERATOR DATA GWSPIKE      # every sample and every signal of an hour of each set beside `gwspike simulate`

GENERATOR: folder of generate_data.py, segments.py and ds1.ini ..; DATA: folder of segments.csv and psds/.  The first 600 s of sets 1, 2 and 3, one seed.
"""
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

SEED, DURATION, RATE = 11, 600, 2048
N_NOISE, N_SIGNALS, N_AROUND = 12, 4, 24


def row(kind, name, shape, values):
    print(f"static const {kind} {name}{shape} = {{" + ", ".join(repr(float(v)) if kind == "double" else str(int(v)) for v in values) + "};")


def make(generator, data, work, dataset, duration):
    for name in os.listdir(generator):
        shutil.copy(os.path.join(generator, name), work)
    shutil.copy(os.path.join(data, "segments.csv"), work)
    if not os.path.isdir(os.path.join(work, "psds")):
        shutil.copytree(os.path.join(data, "psds"), os.path.join(work, "psds"))
    paths = [os.path.join(work, f"{part}{dataset}.hdf") for part in ("inj", "fg", "bg")]
    env = dict(os.environ, PATH=os.path.dirname(sys.executable) + ":" + os.environ["PATH"])
    subprocess.run([sys.executable, "generate_data.py", "-d", str(dataset), "-i", paths[0], "-f", paths[1], "-b", paths[2], "-s", str(SEED),
                    "--duration", str(duration), "--force"], cwd=work, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [h5py.File(p, "r") for p in paths]


def live(generator, data, program):
    duration, bad = 3600, 0
    with tempfile.TemporaryDirectory() as work:
        for dataset, limit in ((1, 1e-4), (2, 1e-3), (3, 2e-3)):  # set 3 has mode (3,2), which LALSimulation rounds to that
            inj, fg, bg = make(generator, data, work, dataset, duration)
            paths = [os.path.join(work, f"our-{part}.hdf") for part in ("inj", "fg", "bg")]
            subprocess.run([program, "simulate", "--mlgwsc", str(dataset), "-s", str(SEED), "--duration", str(duration), "--mlgwsc-data", data,
                            "-i", paths[0], "-f", paths[1], "-b", paths[2]], check=True)
            our_inj, our_fg, our_bg = (h5py.File(p, "r") for p in paths)
            table = max(float(np.max(np.abs(inj[k][()] - our_inj[k][()]) / np.maximum(np.abs(inj[k][()]), 1e-300))) for k in inj)
            key = list(bg["H1"])[0]
            start, tc = int(key), inj["tc"][()]
            noise_worst, differences = 0, []
            for ifo in ("H1", "L1"):
                noise, ours = bg[ifo][key][()], our_bg[ifo][key][()]
                noise_worst = max(noise_worst, float(np.max(np.abs(noise - ours)) / np.std(noise)))
                signal, our_signal = fg[ifo][key][()] - noise, our_fg[ifo][key][()] - ours
                for t in tc[(start + 30 <= tc) & (tc <= start + duration - 30)]:
                    middle = int(round((t - start) * RATE))
                    near = slice(middle - 20 * RATE, middle + 3 * RATE)
                    differences.append(np.max(np.abs(signal - our_signal)[near]) / np.max(np.abs(signal[middle - RATE : middle + RATE // 2])))
            print(f"set {dataset}: table {table:.1e}, noise {noise_worst:.1e} of its deviation, {len(differences)} signals: {np.max(differences):.1e} of their peak, "
                  f"median {np.median(differences):.1e}")
            bad |= table > 1e-12 or noise_worst > 1e-9 or np.max(differences) > limit
    sys.exit(int(bad))


def main():
    generator, data = sys.argv[1:3]
    if len(sys.argv) > 3:
        live(generator, data, os.path.abspath(sys.argv[3]))
    print("/* Made by tools/golden/mlgwsc_set.py: generate_data.py of MLGWSC-1 with PyCBC 2.11.0 and lalsuite 7.26.16. */")
    print(f"enum {{ MOCK_SEED = {SEED}, MOCK_DURATION = {DURATION}, MOCK_N_NOISE = {N_NOISE}, MOCK_N_SIGNALS = {N_SIGNALS}, MOCK_N_AROUND = {N_AROUND} }};")
    with tempfile.TemporaryDirectory() as work:
        for dataset in (1, 2, 3):
            inj, fg, bg = make(generator, data, work, dataset, DURATION)
            key = list(bg["H1"])[0]
            start = int(key)
            n = len(bg["H1"][key])
            tc = inj["tc"][()]
            used = np.where((start + 30 <= tc) & (tc <= start + DURATION - 30))[0]
            print(f"\n/* set {dataset} */")
            row("int64_t", f"mock{dataset}_plan", "[]", [start, n, len(used)])
            at = np.linspace(1, n - 2, N_NOISE).astype(int)
            row("int64_t", f"mock{dataset}_at", "[]", at)
            picked = used[np.linspace(0, len(used) - 1, N_SIGNALS).astype(int)]
            row("double", f"mock{dataset}_tc", "[]", tc[picked])
            for ifo in ("H1", "L1"):
                noise, both = bg[ifo][key][()], fg[ifo][key][()]
                signal = both - noise
                row("double", f"mock{dataset}_noise_{ifo}", "[]", noise[at])
                row("double", f"mock{dataset}_rms_{ifo}", "[]", [np.sqrt(np.mean(noise**2))])
                begins, peaks, values = [], [], []
                for t in tc[picked]:
                    middle = int(round((t - start) * RATE))
                    stretch = signal[middle - 4 * RATE : middle + RATE // 2]
                    loudest = middle - 4 * RATE + int(np.argmax(np.abs(stretch)))
                    begins.append(loudest - 8 * N_AROUND)
                    peaks.append(np.max(np.abs(stretch)))
                    values.extend(signal[begins[-1] : loudest + 8 * N_AROUND : 16])
                row("int64_t", f"mock{dataset}_begin_{ifo}", "[]", begins)
                row("double", f"mock{dataset}_peak_{ifo}", "[]", peaks)
                row("double", f"mock{dataset}_signal_{ifo}", "[]", values)


if __name__ == "__main__":
    main()
