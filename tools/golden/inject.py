#!/usr/bin/env python3
"""Write tests/golden/inject.h: strain in detectors by LALSimulation and PyCBC; or compare many sources live.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), PyCBC 2.11.0, numpy 2.  Run: inject.py > tests/golden/inject.h
Live: inject.py --live GWSPIKE: `gwspike simulate --no-noise` writes the strain of 120 sources in three stretches of O3 with their table;
PyCBC adds the same table to zeros; the largest difference of each source over its peak must stay below 1e-5, the median below 1e-11.
Spectrum: inject.py --spectrum BUILD: random systems with lalsimulation's own spectra in gwspike's transform and projection (inject_spectrum.c,
compiled against the libraries in BUILD), against PyCBC's projected strain: below 1e-5 of the peak, the median below 1e-11.  PyCBC makes each site
anew from its geodetic coordinates, 15 um (KAGRA: 2 mm) beside LAL's: now and then a delay is rounded to the other ns, which is 2e-6.
"""
import glob
import os
import struct
import subprocess
import sys
import tempfile

import h5py
import lal
import lalsimulation
import numpy as np
import pycbc.inject.inject
from pycbc.detector import Detector
from pycbc.inject.inject import CBCHDFInjectionSet
from pycbc.io.record import FieldArray
from pycbc.types import TimeSeries
from pycbc.waveform import get_td_waveform
from pycbc.waveform.waveform import _lalsim_td_waveform, props

from antenna import SITES, detectors

PROBES = 12
POPULATION = """[variable_params]
mass1 =
mass2 =
spin1z =
spin2z =
ra =
dec =
inclination =
coa_phase =
polarization =
chirp_distance =
[static_params]
f_ref = 20
f_lower = 20
approximant = IMRPhenomD
taper = start
[prior-mass1]
name = uniform
min-mass1 = 10
max-mass1 = 50
[prior-mass2]
name = uniform
min-mass2 = 10
max-mass2 = 50
[prior-spin1z]
name = uniform
min-spin1z = -0.99
max-spin1z = 0.99
[prior-spin2z]
name = uniform
min-spin2z = -0.99
max-spin2z = 0.99
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
[waveform_transforms-distance]
name = chirp_distance_to_distance
"""


def sample_of(t, rate):
    return t.gpsSeconds * rate + int(round(t.gpsNanoSeconds * 1e-9 * rate))


def row(values):
    return "{" + ", ".join(values) + "}"


def projections(rng, dets):
    """A burst of 2 s through XLALSimDetectorStrainREAL8TimeSeries."""
    print("/* A burst of 2 s, exp(-(t/0.3)^2) (cos, 0.7 sin)(2 pi (60 t + 40 t^2)) about its middle, seen by a site: GPS s and ns of the first")
    print(" * sample; then first sample and number of samples of the strain and its values at the places i n/%d */" % (PROBES + 1))
    print("static const struct golden_projection {\n    const char *ifo;\n    int rate_hz;\n    double ra, dec, psi, gps_s, gps_ns, begin, n, value[%d];\n} golden_projection[] = {" % PROBES)
    for site, rate in [(s, 2048) for s in SITES] + [("H1", 4096), ("K1", 16384), ("E2", 16384), ("C4", 16384)]:
        ra, dec, psi = rng.uniform(0, 2 * np.pi), np.arcsin(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi)
        start = lal.LIGOTimeGPS(int(rng.uniform(1.2e9, 1.3e9)), int(rng.integers(0, 10**9)))
        t = (np.arange(2 * rate) - rate) / rate
        series = []
        for wave in (np.cos, lambda x: 0.7 * np.sin(x)):
            h = lal.CreateREAL8TimeSeries("", start, 0, 1 / rate, lal.StrainUnit, 2 * rate)
            h.data.data = np.exp(-((t / 0.3) ** 2)) * wave(2 * np.pi * (60 * t + 40 * t * t))
            series.append(h)
        h = lalsimulation.SimDetectorStrainREAL8TimeSeries(*series, ra, dec, psi, dets[site])
        n = h.data.length
        values = ["%.13g" % h.data.data[i * n // (PROBES + 1)] for i in range(1, PROBES + 1)]
        head = ['"%s"' % site, "%d" % rate, "%.17g" % ra, "%.17g" % dec, "%.17g" % psi, "%d" % start.gpsSeconds, "%d" % start.gpsNanoSeconds]
        print("    " + row(head + ["%d" % sample_of(h.epoch, rate), "%d" % n, row(values)]) + ",")
    print("};\n")


def signals(rng):
    """IMRPhenomD sources through PyCBC's injection machinery at 2048 Hz."""
    print("/* IMRPhenomD at 2048 Hz from 20 Hz on as PyCBC (like_lal 0) or XLALSimInspiralChooseTDWaveform (1) make it, tapered, tc in ns: samples and")
    print(" * start of the polarisations; first sample, number, peak of the strain; its values at given places, over the peak */")
    print("static const struct golden_signal {\n    int like_lal;\n    const char *ifo;")
    print("    double mass1, mass2, spin1z, spin2z, distance, inclination, phase, ra, dec, psi, tc_s, tc_ns;")
    print("    double n, start_s, start_ns, begin, n_strain, peak, place[%d], value[%d];\n} golden_signal[] = {" % (PROBES, PROBES))
    rate = 2048
    for like_lal in (0, 1):
        for m1, m2, s1, s2 in [(10, 10, 0, 0), (50, 50, 0, 0), (36, 29, 0.3, -0.2), (50, 10, 0.99, -0.99), (12.5, 41.3, -0.9, 0.8), (30, 30, -0.99, -0.99)]:
            site = "H1 L1 V1".split()[rng.integers(0, 3)]
            d, inc, phase = rng.uniform(300, 3000), np.arccos(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi)
            ra, dec, psi = rng.uniform(0, 2 * np.pi), np.arcsin(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi)
            tc = rng.uniform(1238166018, 1269363618)
            args = dict(approximant="IMRPhenomD", mass1=m1, mass2=m2, spin1z=s1, spin2z=s2, distance=d, inclination=inc, coa_phase=phase,
                        delta_t=1 / rate, f_lower=20.0, f_ref=20.0)
            pair = _lalsim_td_waveform(**props(None, **args)) if like_lal else get_td_waveform(**args)
            for h in pair:
                h.start_time += tc
            pair = [h.taper_timeseries("start") for h in pair]
            start = lal.LIGOTimeGPS(pair[0].start_time)
            h = Detector(site).project_wave(*pair, ra, dec, psi, method="lal")
            peak = np.abs(h.numpy()).max()
            at = int(np.abs(h.numpy()).argmax())
            places = [at + k for k in (-1700, -1000, -600, -300, -150, -80, -40, -15, -4, 0, 7, 30)]
            gps = lal.LIGOTimeGPS(tc)
            print("    " + row(["%d" % like_lal, '"%s"' % site] + ["%.17g" % v for v in (m1, m2, s1, s2, d, inc, phase, ra, dec, psi)] +
                  ["%d" % v for v in (gps.gpsSeconds, gps.gpsNanoSeconds, len(pair[0]), start.gpsSeconds, start.gpsNanoSeconds,
                                      sample_of(lal.LIGOTimeGPS(h.start_time), rate), len(h))] + ["%.12g" % peak] +
                  [row(["%d" % p for p in places]), row(["%.10g" % (h.numpy()[p] / peak) for p in places])]) + ",")
    print("};\n")


def golden():
    rng = np.random.default_rng(150914)
    print("/* Made by tools/golden/inject.py with lalsuite 7.26.16 and PyCBC 2.11.0; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_INJECT_H\n#define GWS_TESTS_GOLDEN_INJECT_H\n")
    print("#define GOLDEN_PROBES %d\n" % PROBES)
    projections(rng, detectors())
    signals(rng)
    print("#endif")


def tapered(ifo, row, hp, hc, distance_scale=1):
    """PyCBC's projector() with the taper that the table asks for.  Its own asks the row for the kind of taper by get(), which numpy's records
    lack, and goes on without a taper: the start of the signal stays abrupt, some 7e-6 of the peak."""
    for h in (hp, hc):
        h.start_time += row.tc
    return Detector(ifo).project_wave(*(h.taper_timeseries(row.taper) for h in (hp, hc)), row.ra, row.dec, row.polarization, method="lal")


def live(program):
    worst = []
    pycbc.inject.inject.projector = tapered
    with tempfile.TemporaryDirectory() as folder:
        path = {k: os.path.join(folder, k) for k in ("pop.ini", "strain.hdf", "table.hdf", "pycbc.hdf")}
        with open(path["pop.ini"], "w") as f:
            f.write(POPULATION)
        for seed, start in ((1, 1239000000), (2, 1251000000), (3, 1266000000)):
            subprocess.run([program, "simulate", "-c", path["pop.ini"], "--no-noise", "--detectors", "H1,L1,V1", "--duration", "1100", "--start",
                            str(start), "-s", str(seed), "-i", path["table.hdf"], "-o", path["strain.hdf"]], check=True)
            with h5py.File(path["table.hdf"]) as f:
                columns = {k: f[k][()] for k in f if not k.startswith("snr")}
            static = dict(taper="start", approximant="IMRPhenomD", f_lower=20.0, f_ref=20.0)
            CBCHDFInjectionSet.write(path["pycbc.hdf"], FieldArray.from_kwargs(**columns), static_args=static)
            for ifo in ("H1", "L1", "V1"):
                with h5py.File(path["strain.hdf"]) as f:
                    ours = np.concatenate([f[ifo][k][()] for k in sorted(f[ifo], key=int)]).astype(float)
                theirs = TimeSeries(np.zeros(len(ours)), delta_t=1 / 2048, epoch=start)
                CBCHDFInjectionSet(path["pycbc.hdf"]).apply(theirs, ifo, f_lower=20)
                for tc in columns["tc"]:
                    i = slice(max(0, int((tc - start - 12) * 2048)), int((tc - start + 5) * 2048))
                    worst.append(np.abs(ours[i] - theirs.numpy()[i]).max() / np.abs(theirs.numpy()[i]).max())
    print(f"{len(worst)} strains: largest difference over the peak: median {np.median(worst):.1e}, worst {max(worst):.1e}")
    sys.exit(int(max(worst) > 1e-5 or np.median(worst) > 1e-11))


def spectrum(build):
    here = os.path.dirname(os.path.abspath(__file__))
    library = glob.glob(os.path.join(os.path.dirname(os.path.dirname(lal.__file__)), "lalsuite.libs", "liblalsimulation*"))[0]
    rng = np.random.default_rng(2011)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "inject_spectrum")
        archives = [os.path.join(build, "src", k, f"libgws_{k}.a") for k in ("gw", "dsp", "base")]
        folders = ["-I" + os.path.join(here, "..", "..", k) for k in ("src", "include")]
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", *folders, "-Wl,--wrap=gws_waveform_fd", "-o", program,
                        os.path.join(here, "inject_spectrum.c"), *archives, "-lfftw3", "-lerfa", "-ljansson", "-lm", "-lpthread", "-ldl"], check=True)
        for name, like_lal, rate, sites, n in (("IMRPhenomD", 0, 2048, "H1,L1,V1", 100), ("IMRPhenomD", 1, 2048, "H1,L1,V1", 50),
                                               ("IMRPhenomXAS", 0, 2048, "H1,K1", 50), ("IMRPhenomPv2", 0, 2048, "L1,G1", 20),
                                               ("TaylorF2", 0, 4096, "E1,I1", 10)):
            rows, systems = b"", []
            for _ in range(n):
                m, s = rng.uniform(10, 50, 2), rng.uniform(-0.99, 0.99, 2) * (0.8 if name == "IMRPhenomPv2" else 1)
                v = [*m, *s, rng.uniform(100, 3000), np.arccos(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi), 20.0, 20.0, rng.uniform(0, 2 * np.pi),
                     np.arcsin(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi), 1.0]
                tc = rng.uniform(1238166018, 1269363618)
                gps = lal.LIGOTimeGPS(tc)
                rows += struct.pack("13dq", *v, gps.gpsSeconds * 10**9 + gps.gpsNanoSeconds)
                systems.append((v, tc))
            out = subprocess.run([program, name, str(like_lal), str(rate), sites], input=rows, stdout=subprocess.PIPE, check=True,
                                 env={**os.environ, "LALSIMULATION": library}).stdout
            at, worst = 0, []
            for v, tc in systems:
                args = dict(approximant=name, mass1=v[0], mass2=v[1], spin1z=v[2], spin2z=v[3], distance=v[4], inclination=v[5], coa_phase=v[6],
                            delta_t=1 / rate, f_lower=20.0, f_ref=20.0)
                pair = _lalsim_td_waveform(**props(None, **args)) if like_lal else get_td_waveform(**args)
                for h in pair:
                    h.start_time += tc
                pair = [h.taper_timeseries("start") for h in pair]
                for site in sites.split(","):
                    want = Detector(site).project_wave(*pair, *v[9:12], method="lal")
                    begin, count = struct.unpack_from("2q", out, at)
                    got = np.frombuffer(out, float, count, at + 16)
                    at += 16 + 8 * count
                    same = begin == sample_of(lal.LIGOTimeGPS(want.start_time), rate) and count == len(want)
                    worst.append(np.abs(got - want.numpy()).max() / np.abs(want.numpy()).max() if same else np.inf)
            print(f"{name}, {'LAL' if like_lal else 'PyCBC'}, {sites} at {rate} Hz: {len(worst)} strains, median {np.median(worst):.1e}, worst {max(worst):.1e}")
            failed |= max(worst) > 1e-5 or np.median(worst) > 1e-11
    sys.exit(int(failed))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        live(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == "--spectrum":
        spectrum(sys.argv[2])
    else:
        golden()
