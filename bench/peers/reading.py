#!/usr/bin/env python3
"""reading.py - strain read from files by gwspike, h5py, gwpy and LALFrame, in turns on one machine.

    bench/peers/reading.py [--build DIR] [--rounds N] [--seconds S] [--json]

  --build    meson's build folder with -Dbench=true (build)
  --rounds   how often each has its turn; the best of each is kept (3)
  --seconds  of strain at 4096 Hz in a file (4096)

The files are made anew: noise in GWOSC's HDF5 (gzip 1, chunks as in its bulk files), the same as one frame, by LALFrame, and as frames of 64 s,
by gwspike convert.  All are in the page cache.  Time is that of the clock, opening included: ours from the name of the file to every sample
checked for gaps, theirs to an array.  Needs h5py, gwpy and lalsuite (bench/peers/requirements.txt).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

GPS, RATE = 1187008512, 4096


def make(folder, seconds, gwspike):
    import h5py
    import numpy as np
    from gwpy.timeseries import TimeSeries

    x = np.random.default_rng(1).standard_normal(seconds * RATE) * 1e-21
    name = f"H-H1_GWOSC_4KHZ_R1-{GPS}-{seconds}"
    hdf5, one, many = (folder / (name + e) for e in (".hdf5", ".gwf", ".64.gwf"))
    with h5py.File(hdf5, "w") as f:
        d = f.create_dataset("strain/Strain", data=x, chunks=(min(x.size, 131072),), compression="gzip", compression_opts=1)
        d.attrs.update(Npoints=x.size, Xstart=GPS, Xspacing=1 / RATE, Xunits="second", Yunits="", Xlabel="GPS time", Ylabel="Strain")
        f["meta/GPSstart"], f["meta/Duration"], f["meta/Detector"] = GPS, seconds, "H1"
        f["quality/simple/DQmask"] = np.full(seconds, 127, np.uint32)
    TimeSeries(x, t0=GPS, dt=1 / RATE, name="H1:GWOSC-4KHZ_R1_STRAIN", channel="H1:GWOSC-4KHZ_R1_STRAIN").write(one, format="gwf.lalframe")
    subprocess.run([gwspike, "convert", "-q", "--force", "--name", "GWOSC-4KHZ_R1_STRAIN", hdf5, "-o", many], check=True)
    return hdf5, one, many


def by_h5py(path):
    import h5py

    with h5py.File(path) as f:
        return f["strain/Strain"][()].size


def by_gwpy(path):
    from gwpy.timeseries import TimeSeries

    return (TimeSeries.read(path, format="hdf5.gwosc") if path.suffix == ".hdf5" else TimeSeries.read(path, "H1:GWOSC-4KHZ_R1_STRAIN", format="gwf.lalframe")).size


def by_lalframe(path):
    import lalframe

    stream = lalframe.FrStreamOpen(str(path.parent), path.name)
    return lalframe.FrStreamReadREAL8TimeSeries(stream, "H1:GWOSC-4KHZ_R1_STRAIN", stream.epoch, by_lalframe.seconds, 0).data.length


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--build", type=pathlib.Path, default=root / "build")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=int, default=4096)
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    by_lalframe.seconds = float(a.seconds)
    with tempfile.TemporaryDirectory() as folder:
        files = make(pathlib.Path(folder), a.seconds, a.build / "gwspike")
        peers = {".hdf5": {"h5py": by_h5py, "gwpy": by_gwpy}, ".gwf": {"LALFrame": by_lalframe, "gwpy": by_gwpy}}
        best = {}
        for _ in range(a.rounds):
            for f in files:
                out = subprocess.run([a.build / "bench" / "bench_reading", "--rounds", "1", f], stdout=subprocess.PIPE, check=True, text=True).stdout
                row = json.loads(out)
                assert row["samples"] == a.seconds * RATE
                best.setdefault(f, {}).setdefault("gwspike", []).append(row["min_ms"])
                for name, read in peers[f.suffix].items():
                    begin = time.perf_counter()
                    assert read(f) == a.seconds * RATE
                    best[f].setdefault(name, []).append(1e3 * (time.perf_counter() - begin))
        what = dict(zip(files, ("HDF5", "GWF, one frame", "GWF, frames of 64 s")))
        for f in files:
            for name, ms in best[f].items():
                if a.json:
                    print(json.dumps({"name": "reading", "what": what[f], "who": name, "seconds": a.seconds, "min_ms": min(ms)}))
                else:
                    print(f"{what[f]:20} {name:9} {min(ms):8.0f} ms  {a.seconds * RATE / min(ms) / 1e3:6.1f} million samples/s"
                          f"  {min(ms) / min(best[f]['gwspike']):5.2f} x ours")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("LAL_DEBUG_LEVEL", "0")
    sys.exit(main())
