#!/usr/bin/env python3
"""Write tests/golden/imrphenomx.h: waveforms of the IMRPhenomX family by LALSimulation, default versions of every part.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: imrphenomx.py > tests/golden/imrphenomx.h
With a program as argument (tests/print_waveform of a build) it compares 500 random systems of each model instead.
"""
import subprocess
import sys

import lal
import lalsimulation as ls
import numpy as np

# mass1 mass2 spin1z spin2z distance inclination phase f_lower f_ref
ALIGNED = [
    (36, 29, 0.3, -0.2, 400, 0.4, 1.1, 20, 0),
    (10, 10, 0, 0, 100, 0, 0, 18, 20),
    (50, 8, 0.9, 0.9, 500, 2.0, 0.3, 18, 0),
    (8, 50, -0.9, 0.5, 500, 2.0, 0.3, 18, 50),
    (30, 30, -0.9, -0.9, 500, 1.0, 0.3, 18, 50),
    (30, 29, 0.99, 0.995, 500, 1.0, 0.3, 18, 50),
    (1.4, 1.4, 0, 0, 40, 0.1, 0, 30, 0),
    (80, 75, 0.1, 0.7, 3000, 3.0, 2.0, 15, 15),
    (49.5, 24.5, 0.65, 0.02, 800, 1.57, 5.0, 20, 25),
    (100, 1.001, 0.4, 0.4, 440, 0.7, 0.2, 20, 100),
]
DF = 0.25
FREQUENCIES = [20, 25.25, 31.5, 40, 55, 75.75, 100, 140, 200.25, 260, 330, 420.5, 560, 700, 900]
MODELS = ["IMRPhenomXAS"]
BINS = 4097


def waveform(model, system, modes=None):
    """Plus and cross at k*DF, k < BINS; system as print_waveform reads it."""
    m1, m2, *spins, distance, incl, phase, f_lower, f_ref = [float(v) for v in system]
    d = lal.CreateDict()
    h = ls.SimInspiralChooseFDWaveform(m1 * lal.MSUN_SI, m2 * lal.MSUN_SI, *spins, distance * 1e6 * lal.PC_SI, incl, phase, 0, 0, 0, DF,
                                       f_lower, (BINS - 1) * DF, f_ref, d, getattr(ls, model))
    out = np.zeros((2, BINS), complex)
    for row, series in zip(out, h):
        n = min(BINS, series.data.length)
        row[:n] = series.data.data[:n]
    return out


def random_systems(rng, n):
    for _ in range(n):
        m1, m2 = np.exp(rng.uniform(0, np.log(100), 2))
        s1, s2 = rng.uniform(-0.99, 0.99, 2)
        yield (m1, m2, 0, 0, s1, 0, 0, s2, rng.uniform(50, 2000), np.arccos(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi),
               rng.uniform(10, 30), rng.choice([0, 20, rng.uniform(20, 60)]))


def live(program):
    """The worst mismatch (flat noise, phase and time not free) and difference over amplitude of 500 random systems a model."""
    bad = False
    for model in MODELS:
        systems = list(random_systems(np.random.default_rng(1), 500))
        lines = "".join("%s %s 0 %r %d\n" % (model, " ".join(repr(float(v)) for v in s), DF, BINS) for s in systems)
        ours = np.frombuffer(subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout, complex)
        mismatch, difference, amplitude, phase, bins = 0, 0, 0, 0, 0
        for s, a in zip(systems, ours.reshape(-1, 2, BINS)):
            b = waveform(model, s)
            on = np.flatnonzero(abs(b).sum(0))
            bins += np.count_nonzero((abs(a).sum(0) != 0) != (abs(b).sum(0) != 0))
            a, b = a[:, on], b[:, on]
            scale = np.sqrt((abs(b) ** 2).sum(0))
            a, b = a / scale, b / scale
            mismatch = max(mismatch, 1 - np.vdot(b, a).real / np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real))
            difference = max(difference, abs(a - b).max())
            clear = abs(b) > 0.01
            ratio = a[clear] / b[clear]
            amplitude, phase = max(amplitude, abs(abs(ratio) - 1).max()), max(phase, abs(np.angle(ratio)).max())
        print(f"{model}: {len(systems)} systems: mismatch {mismatch:.1e}, difference {difference:.1e}, amplitude {amplitude:.1e}, "
              f"phase {phase:.1e} rad, {bins} bins where one ends and the other does not")
        bad |= mismatch > 1e-12 or difference > 1e-7 or bins > 0
    return bad


def main():
    if len(sys.argv) > 1:
        sys.exit(1 if live(sys.argv[1]) else 0)
    print("/* Made by tools/golden/imrphenomx.py with lalsuite 7.26.16; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_IMRPHENOMX_H\n#define GWS_TESTS_GOLDEN_IMRPHENOMX_H\n")
    print(f"#define GOLDEN_DF {DF}\n#define N_GOLDEN_F {len(FREQUENCIES)}\n#define N_GOLDEN_ALIGNED {len(ALIGNED)}\n")
    print("static const double golden_f[N_GOLDEN_F] = {" + ", ".join("%g" % f for f in FREQUENCIES) + "};\n")
    print("/* mass1 mass2 spin1z spin2z distance inclination phase f_lower f_ref */")
    print("static const double golden_aligned[N_GOLDEN_ALIGNED][9] = {")
    for s in ALIGNED:
        print("    {" + ", ".join("%.17g" % v for v in s) + "},")
    print("};\n\n/* re h+, im h+, re hx, im hx in units of 1e-24 /Hz */")
    print("static const double golden_xas[N_GOLDEN_ALIGNED][N_GOLDEN_F][4] = {")
    for m1, m2, s1, s2, *rest in ALIGNED:
        print_rows(waveform("IMRPhenomXAS", (m1, m2, 0, 0, s1, 0, 0, s2, *rest)))
    print("};\n\n#endif")


def print_rows(h):
    print("    {")
    for f in FREQUENCIES:
        p, c = h[:, int(round(f / DF))] * 1e24
        print("        {" + ", ".join("%.15g" % v for v in (p.real, p.imag, c.real, c.imag)) + "},")
    print("    },")


if __name__ == "__main__":
    main()
