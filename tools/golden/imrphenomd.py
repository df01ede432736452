#!/usr/bin/env python3
"""Write tests/golden/imrphenomd.h: IMRPhenomD, noise curves, sidereal time and chirp time bounds by LALSimulation.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: imrphenomd.py > tests/golden/imrphenomd.h
imrphenomd.py --live PROGRAM: our program beside LALSimulation over 600 random systems: 500 of masses 1..100 and spins to 0.99, and 100 at the
edges: equal masses, spins of 1, mass ratios to 1000.
"""
import sys

import lal
import lalsimulation as ls
import numpy as np

import fd

# mass1 mass2 spin1z spin2z distance inclination phase f_lower f_ref
SYSTEMS = [
    (36, 29, 0.3, -0.2, 400, 0.4, 1.1, 20, 0),
    (10, 10, 0, 0, 100, 0, 0, 18, 20),
    (50, 8, 0.9, 0.9, 500, 2.0, 0.3, 18, 0),
    (8, 50, -0.9, 0.5, 500, 2.0, 0.3, 18, 50),
    (30, 30, -0.9, -0.9, 500, 1.0, 0.3, 18, 50),
    (30, 30, 0.98, 0.98, 500, 1.0, 0.3, 18, 50),
    (1.4, 1.4, 0, 0, 40, 0.1, 0, 30, 0),
    (80, 75, 0.1, 0.7, 3000, 3.0, 2.0, 15, 15),
    (49.5, 24.5, 0.65, 0.02, 800, 1.57, 5.0, 20, 25),
    (14.2, 7.5, 0.1, 0.4, 440, 0.7, 0.2, 20, 100),
    (31.88, 11.6, -0.69, -0.9, 641.76, 1.48, 0.73, 20, 25),
    (100, 10, 0.0, -0.6, 1000, 0.9, 0.1, 20, 20),
    # nearly equal masses
    (25.3, 25.3 * (1 + 3e-11), 0.8, -0.7, 500, 1.0, 0.3, 18, 25),
    (29.7, 29.7 * (1 + 3e-9), 0.8, -0.7, 500, 1.0, 0.3, 18, 25),
]
DF = 0.25
FREQUENCIES = [20, 25.25, 31.5, 40, 55, 75.75, 100, 140, 200.25, 260, 330, 420.5, 560, 700, 900]
CURVES = ["aLIGOZeroDetHighPower", "aLIGOZeroDetLowPower", "aLIGONoSRMHighPower", "aLIGONoSRMLowPower", "aLIGONSNSOpt",
          "aLIGOBHBH20Deg", "aLIGOHighFrequency", "AdvVirgo", "KAGRA", "iLIGOSRD"]
TIMES = [0, 46828801, 700000000, 968654552, 1126259462, 1186741861, 1238205077, 1400000000]


def edges():
    """Equal masses with any spins, spins of -1 or 1, and mass ratios to 1000."""
    r = np.random.default_rng(4)
    for i in range(100):
        m = r.uniform(1, 100)
        masses = [(m, m), r.uniform(1, 100, 2), (r.uniform(50, 100), 10 ** r.uniform(-1, 0))][i % 3]
        spins = r.choice([-1, 1], 2) if i % 3 == 1 else r.uniform(-1, 1, 2)
        yield [*masses, 0, 0, spins[0], 0, 0, spins[1], r.uniform(10, 1000), np.arccos(r.uniform(-1, 1)), r.uniform(0, 2 * np.pi), 20.0,
               float(r.choice([0, 20, 25, 100])), 0, 0]


def main():
    print("/* Made by tools/golden/imrphenomd.py with lalsuite 7.26.16; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_IMRPHENOMD_H\n#define GWS_TESTS_GOLDEN_IMRPHENOMD_H\n")
    print(f"#define GOLDEN_DF {DF}\n#define N_GOLDEN_SYSTEMS {len(SYSTEMS)}\n#define N_GOLDEN_F {len(FREQUENCIES)}\n")
    print("/* mass1 mass2 spin1z spin2z distance inclination phase f_lower f_ref, chirp time bound */")
    print("static const double golden_system[N_GOLDEN_SYSTEMS][10] = {")
    for s in SYSTEMS:
        bound = ls.SimInspiralChirpTimeBound(s[7], s[0] * lal.MSUN_SI, s[1] * lal.MSUN_SI, s[2], s[3])
        print("    {" + ", ".join("%.17g" % v for v in (*s, bound)) + "},")
    print("};\n\nstatic const double golden_f[N_GOLDEN_F] = {" + ", ".join("%g" % f for f in FREQUENCIES) + "};\n")
    print("/* re h+, im h+, re hx, im hx in units of 1e-24 /Hz */")
    print("static const double golden_h[N_GOLDEN_SYSTEMS][N_GOLDEN_F][4] = {")
    for m1, m2, s1, s2, d, inc, phi, fl, fr in SYSTEMS:
        hp, hc = ls.SimInspiralChooseFDWaveform(m1 * lal.MSUN_SI, m2 * lal.MSUN_SI, 0, 0, s1, 0, 0, s2, d * 1e6 * lal.PC_SI, inc, phi,
                                                0, 0, 0, DF, fl, 1024.0, fr, None, ls.IMRPhenomD)
        print("    {")
        for f in FREQUENCIES:
            k = int(round(f / DF))
            p, c = hp.data.data[k] * 1e24, hc.data.data[k] * 1e24
            print("        {" + ", ".join("%.15g" % v for v in (p.real, p.imag, c.real, c.imag)) + "},")
        print("    },")
    print("};\n\nstatic const char *const golden_curve_name[] = {")
    print("".join('    "%s",\n' % c for c in CURVES) + "};\n")
    print("/* one-sided PSD at golden_f in units of 1e-48 /Hz */")
    print(f"static const double golden_curve[{len(CURVES)}][N_GOLDEN_F] = {{")
    for c in CURVES:
        fn = getattr(ls, "SimNoisePSD" + c)
        print("    {" + ", ".join("%.15g" % (fn(f) * 1e48) for f in FREQUENCIES) + "},")
    print("};\n\n/* GPS second, sidereal time in rad, leap seconds */")
    print(f"static const double golden_time[{len(TIMES)}][3] = {{")
    for t in TIMES:
        leap = lal.LeapSeconds(int(t)) - 19  # TAI is 19 s ahead of GPS
        print("    {%d, %.15g, %d}," % (t, np.mod(lal.GreenwichMeanSiderealTime(lal.LIGOTimeGPS(t, 0)), 2 * np.pi), leap))
    print("};\n\n#endif")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        fd.live(sys.argv[2], "IMRPhenomD", [*fd.population(500, 3, "aligned"), *edges()], (1e-18, 1e-18, 1e-10, 1e-8, 0))
    main()
