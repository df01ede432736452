#!/usr/bin/env python3
"""Write tests/golden/burst.h: sine-Gaussians, quasi-normal modes and ringdowns by LALSimulation.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: burst.py > tests/golden/burst.h
burst.py --live PROGRAM: the transforms by our program beside those of LALSimulation's series, 100 of each.

Ringdowns are compared where LALSimulation is on the mode that it is asked for (it loses small |m| from l = 4 on) and above a spin
of 0.02, below which it takes the hole for one of Schwarzschild's.
"""
import pathlib
import sys
import tempfile

import fd
import lal
import lalsimulation as ls
import numpy as np

# q frequency hrss eccentricity phase rate
SINE_GAUSSIANS = [
    (9, 200, 1e-22, 0, 0, 4096),
    (100, 554, 2e-21, 1, 1.5, 2048),
    (3, 36.5, 1e-23, 0.4, 4.0, 16384),
    (0.5, 800, 1e-23, 0.9, 0.7, 2048),
]
# spin l m
MODES = [(0, 2, 2), (0.3, 2, 2), (0.69, 2, 2), (0.69, 2, 1), (0.69, 2, 0), (0.69, 2, -1), (0.69, 2, -2), (0.95, 2, 2), (0.99, 2, 2),
         (0.69, 3, 3), (0.69, 3, 2), (0.69, 4, 4), (0.9, 4, 4)]
# mass spin mass_loss distance inclination phase l m rate
RINGDOWNS = [
    (62, 0.67, 0.02, 410, 0.5, 0.3, 2, 2, 4096),
    (20, 0, 0.01, 100, 2.0, 1.0, 2, 2, 16384),
    (150, 0.9, 0.03, 1000, 1.4, 2.0, 2, 1, 2048),
    (80, 0.5, 0.005, 500, 2.9, 4.0, 3, 3, 4096),
    (80, 0.5, 0.005, 500, 0.6, 4.0, 2, -2, 4096),
]
AT = (0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.52, 0.6, 0.7, 0.9, 0.99)  # shares of the length


def sine_gaussian(q, frequency, hrss, eccentricity, phase, rate):
    hp, hc = ls.SimBurstSineGaussian(q, frequency, hrss, eccentricity, phase, 1 / rate)
    return hp.data.data, hc.data.data


def ringdown(mass, spin, loss, distance, inclination, phase, l, m, rate):
    hp, hc = ls.SimBlackHoleRingdown(lal.LIGOTimeGPS(0), phase, 1 / rate, mass * lal.MSUN_SI, spin, loss, distance * 1e6 * lal.PC_SI,
                                     inclination, l, m)
    return hp.data.data, hc.data.data


def print_series(name, what, rows, make):
    print(f"/* {what}, samples */\n#define N_{name.upper()} {len(rows)}")
    print(f"static const double golden_{name}[N_{name.upper()}][{len(rows[0]) + 1}] = {{")
    series = [make(*r) for r in rows]
    for r, (hp, _) in zip(rows, series):
        print("    {" + ", ".join("%.17g" % v for v in (*r, len(hp))) + "},")
    print(f"}};\n\n/* at those shares of the length: plus, cross in 1e-24 */\nstatic const double golden_{name}_h[N_{name.upper()}][N_AT][2] = {{")
    for hp, hc in series:
        print("    {" + ", ".join("{%.15g, %.15g}" % (hp[i] * 1e24, hc[i] * 1e24) for i in (int(a * len(hp)) for a in AT)) + "},")
    print("};\n")


def table():
    print("/* Made by tools/golden/burst.py with lalsuite 7.26.16; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_BURST_H\n#define GWS_TESTS_GOLDEN_BURST_H\n")
    print(f"#define N_AT {len(AT)}\nstatic const double golden_at[N_AT] = {{" + ", ".join("%g" % a for a in AT) + "};\n")
    print_series("sine", "q frequency hrss eccentricity phase rate", SINE_GAUSSIANS, sine_gaussian)
    print(f"/* spin l m; frequency of unit mass, quality */\n#define N_MODES {len(MODES)}")
    print("static const double golden_mode[N_MODES][5] = {")
    for spin, l, m in MODES:
        f, q = ls.SimBlackHoleRingdownMode(1.0, spin, l, m, -2)
        print("    {%.17g, %d, %d, %.15g, %.15g}," % (spin, l, m, f, q))
    print("};\n")
    print_series("ring", "mass spin mass_loss distance inclination phase l m rate", RINGDOWNS, ringdown)
    print("#endif")


def transform(h, zero, size, rate):
    folded = np.zeros(size)
    np.add.at(folded, (np.arange(len(h)) - zero) % size, h)
    return np.fft.rfft(folded) / rate


def live(program):
    r = np.random.default_rng(3)
    delta_f, f_final, bad = 0.25, 2048.0, False
    size, rate = int(2 * f_final / delta_f), 2 * f_final
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "wf.hdf")
        for name, limit in (("SineGaussian", 1e-13), ("Ringdown", 1e-2)):
            worst = []
            for _ in range(100):
                if name == "SineGaussian":
                    p = dict(zip(("q", "frequency", "hrss", "eccentricity", "coa-phase"),
                                 (np.exp(r.uniform(0, 5)), r.uniform(20, 1500), 1e-22, r.uniform(0, 1), r.uniform(0, 6.28))))
                    hp, hc = sine_gaussian(*p.values(), rate)
                    zero = len(hp) // 2
                else:
                    l = int(r.choice([2, 2, 3, 4]))
                    m = int(r.integers(-2, 3)) if l == 2 else l
                    p = dict(zip(("mass", "spin", "mass-loss", "distance", "inclination", "coa-phase", "l", "m"),
                                 (r.uniform(5, 300), r.uniform(0.021, 0.95), r.uniform(0.001, 0.05), r.uniform(50, 1000),
                                  np.arccos(r.uniform(-1, 1)), r.uniform(0, 6.28), l, m)))
                    hp, hc = ringdown(*p.values(), rate)
                    zero = 0
                mine = fd.ours(program, path, name, p, delta_f, f_final)
                if isinstance(mine, str):
                    sys.exit(f"refused: {p}: {mine}")
                theirs = [transform(h, zero, size, rate) for h in (hp, hc)]
                peak = max(np.abs(t).max() for t in theirs)
                worst.append(max(np.abs(a - b).max() for a, b in zip(mine, theirs)) / peak)
            print(f"{name}: {len(worst)}, difference over peak: median {np.median(worst):.1e}, largest {max(worst):.1e} (limit {limit:.0e})")
            bad = bad or not max(worst) <= limit
    sys.exit(bad)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        live(sys.argv[2])
    table()
