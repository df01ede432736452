#!/usr/bin/env python3
"""waveforms.py - frequency-domain waveforms a second, gwspike and LALSimulation in turns on one machine.

    bench/peers/waveforms.py [--build DIR] [--rounds N] [--seconds S] [--json]

  --build    meson's build folder with -Dbench=true (build)
  --rounds   how often each has its turn; the best of each is kept (3)
  --seconds  of processor time for one number (0.3)

20..1024 Hz in steps of 1/16 Hz, one thread, each thread's own processor time.  LALSimulation is called through its SWIG wrapping as
PyCBC calls it, XLALSimInspiralChooseFDWaveform, whose overhead is some 10 us.  Needs lalsuite 7.26.16 (bench/peers/requirements.txt).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before LALSimulation is loaded


def theirs(name, m1, m2, seconds):
    import lal
    import lalsimulation as ls

    approximant, calls = getattr(ls, name), 0
    begin = time.thread_time()
    while True:
        ls.SimInspiralChooseFDWaveform(m1 * lal.MSUN_SI, m2 * lal.MSUN_SI, 0, 0, 0.3 + 1e-6 * calls, 0, 0, -0.2, 4e8 * lal.PC_SI, 0.7, 1.1,
                                       0, 0, 0, 1 / 16, 20.0, 0 if name == "TaylorF2" else 1024.0, 20.0, None, approximant)
        calls += 1
        took = time.thread_time() - begin
        if took > seconds:
            return calls / took


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", type=pathlib.Path, default=root / "build")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=0.3)
    p.add_argument("--json", action="store_true")
    arg = p.parse_args()
    best = {}
    for _ in range(arg.rounds):
        done = subprocess.run([arg.build / "bench" / "bench_waveform", "--json", "--seconds", str(arg.seconds / 5)], stdout=subprocess.PIPE,
                              text=True, check=True)
        for row in map(json.loads, done.stdout.splitlines()):
            key = (row["name"], row["mass1"], row["mass2"])
            ours, lal = best.get(key, (0.0, 0.0))
            best[key] = (max(ours, row["per_second"]), max(lal, theirs(*key, arg.seconds)))
    for (name, m1, m2), (ours, lal) in best.items():
        if arg.json:
            print(json.dumps({"name": name, "mass1": m1, "mass2": m2, "per_second": ours, "lalsimulation_per_second": lal}))
        else:
            print(f"{name:16s} {m1:5.1f} + {m2:<5.1f} Msun  {ours:8.0f}/s   LALSimulation {lal:8.0f}/s   {ours / lal:5.2f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
