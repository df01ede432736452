#!/usr/bin/env python3
"""Signals like those of the catalogues, in recorded noise: how loud a model finds them.

    tools/imitate_events.py NOISE.hdf [gwspike [MODEL]]

NOISE.hdf is the challenge's 500 s of O3a (real_noise.hdf), one detector's: its first 300 s serve as H1 and its last 300 s as L1.  Masses (as the detector sees
them, Msun) and network SNRs are the catalogues', rounded (GWTC-1, arXiv:1811.12907; GWTC-2.1, arXiv:2108.01045; GWTC-3, arXiv:2111.03606); all else is
drawn: sky, inclination, phase, no spins, IMRPhenomD.  A row for each event: how many signals; of each head the tenth and the fiftieth percentile of the
loudest trigger within 0.2 s (0: none) and the share that is louder than LOUDEST, the loudest of 33 days of slides of noise with glitches.
"""
import os
import subprocess
import sys
import tempfile
import h5py
import numpy as np

EVENTS = [("GW150914", 39, 33, 23.6), ("GW151012", 28, 16.5, 9.5), ("GW151226", 15, 8.4, 13.1), ("GW170104", 37, 24, 13.0), ("GW170608", 11.8, 8.1, 15.4),
          ("GW170729", 75, 51, 9.8), ("GW170809", 42, 28.6, 12.2), ("GW170814", 34, 28, 16.3), ("GW170818", 43, 32, 11.3), ("GW170823", 53, 39, 11.1),
          ("GW190412", 32, 10, 19.0), ("GW190521_074359", 52, 41, 25.0), ("GW190521", 156, 113, 14.2), ("GW190707_093326", 13.5, 9.2, 13.1),
          ("GW190924_021846", 9.9, 5.6, 12.0), ("GW191216_213338", 13, 8.2, 18.6)]
LOUDEST = {"spiking": 23.2, "linear": 32.6}
SEEDS = 4
POPULATION = """[variable_params]
ra =
dec =
inclination =
coa_phase =
polarization =
chirp_distance =
[static_params]
mass1 = %g
mass2 = %g
f_ref = 20
f_lower = 18
approximant = IMRPhenomD
taper = start
[prior-ra+dec]
name = uniform_sky
[prior-inclination]
name = sin_angle
[prior-coa_phase]
name = uniform_angle
[prior-polarization]
name = uniform_angle
[prior-chirp_distance]
name = uniform_radius
min-chirp_distance = 130
max-chirp_distance = 350
[waveform_transforms-mchirp+q]
name = mass1_mass2_to_mchirp_q
[waveform_transforms-distance]
name = chirp_distance_to_distance
"""

program, model = sys.argv[2] if len(sys.argv) > 2 else "gwspike", sys.argv[3:4]
with h5py.File(sys.argv[1]) as f:
    noise = f["data"][:]
folder = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(folder.name, name)


def run(*words):
    subprocess.run([program, *words, "--force", "-qq"], check=True, stdout=subprocess.DEVNULL)


with h5py.File(path("noise.hdf"), "w") as f:
    for ifo, x in (("H1", noise[:300 * 2048]), ("L1", noise[-300 * 2048:])):
        d = f.create_dataset(ifo + "/1238205077", data=x)
        d.attrs["delta_t"], d.attrs["start_time"] = 1 / 2048, 1238205077.0
    f.attrs["detectors"] = ["H1", "L1"]

print("| signals | masses | SNR | drawn | spiking head: 10 %, 50 % | louder | linear head: 10 %, 50 % | louder |\n|-|-|-|-|-|-|-|-|")
for event, mass1, mass2, snr in EVENTS:
    with open(path("population.ini"), "w") as f:
        f.write(POPULATION % (mass1, mass2))
    found = {head: [] for head in LOUDEST}
    for seed in range(SEEDS):
        run("simulate", "--into", path("noise.hdf"), "-c", path("population.ini"), "--snr-min", str(snr - 0.01), "--snr-max", str(snr + 0.01), "--step", "9",
            "-s", str(seed), "-o", path("signals.hdf"), "-i", path("inj.hdf"))
        run("detect", *(["-m", *model] if model else []), "--threshold", "6", "--spiking-events", path("spiking.hdf"), "--linear-events", path("linear.hdf"),
            path("signals.hdf"))
        with h5py.File(path("inj.hdf")) as f:
            merger = f["tc"][:]
        for head in found:
            with h5py.File(path(head + ".hdf")) as f:
                time, stat = f["time"][:], f["stat"][:]
            found[head] += [max(stat[np.abs(time - t) < 0.2], default=0) for t in merger]
    cells = ["%.1f, %.1f | %.0f %%" % (*np.quantile(x, (0.1, 0.5)), 100 * np.mean(np.array(x) > LOUDEST[head])) for head, x in found.items()]
    print("| like %s | %g, %g | %g | %d | %s |" % (event, mass1, mass2, snr, len(merger) * SEEDS, " | ".join(cells)), flush=True)
