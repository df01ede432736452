"""Tables of LALSimulation's frequency-domain waveforms, and the comparison of a whole population with our program.

Used by the scripts beside it; lalsuite 7.26.16 (lalsimulation 6.2), numpy 2, h5py 3.
"""
import pathlib
import subprocess
import sys
import tempfile

import lal
import lalsimulation as ls
import numpy as np

# What a system is: names of the columns, which are our program's options.
COLUMNS = ("mass1", "mass2", "spin1x", "spin1y", "spin1z", "spin2x", "spin2y", "spin2z", "distance", "inclination", "coa-phase",
           "f-lower", "f-ref", "lambda1", "lambda2")


MODES = {(2, 2): 1, (2, 1): 2, (3, 3): 4, (3, 2): 8, (4, 4): 16}


def lal_waveform(approximant, system, delta_f, f_max, modes=0, exact=False):
    """Plus and cross of XLALSimInspiralChooseFDWaveform; f_max 0 is its own end; modes, a sum of MODES, 0 for all; exact: no multibanding."""
    m1, m2, x1, y1, z1, x2, y2, z2, d, inc, phase, f_lower, f_ref, lambda1, lambda2 = (float(v) for v in system)
    extra = lal.CreateDict()
    if lambda1:
        ls.SimInspiralWaveformParamsInsertTidalLambda1(extra, lambda1)
    if lambda2:
        ls.SimInspiralWaveformParamsInsertTidalLambda2(extra, lambda2)
    if modes:
        array = ls.SimInspiralCreateModeArray()
        for (l, m), bit in MODES.items():
            if modes & bit:
                ls.SimInspiralModeArrayActivateMode(array, l, m)
                ls.SimInspiralModeArrayActivateMode(array, l, -m)
        ls.SimInspiralWaveformParamsInsertModeArray(extra, array)
    if exact:
        ls.SimInspiralWaveformParamsInsertPhenomXHMThresholdMband(extra, 0.0)
        ls.SimInspiralWaveformParamsInsertPhenomXPHMThresholdMband(extra, 0.0)
    hp, hc = ls.SimInspiralChooseFDWaveform(m1 * lal.MSUN_SI, m2 * lal.MSUN_SI, x1, y1, z1, x2, y2, z2, d * 1e6 * lal.PC_SI, inc, phase,
                                            0, 0, 0, delta_f, f_lower, f_max, f_ref, extra, getattr(ls, approximant))
    return hp.data.data, hc.data.data


def print_table(name, approximant, systems, frequencies, delta_f, f_max):
    """A header for tests/fd_golden.h."""
    guard = f"GWS_TESTS_GOLDEN_{name.upper()}_H"
    print(f"/* Made by tools/golden/{name}.py with lalsuite 7.26.16; do not edit. */")
    print(f"#ifndef {guard}\n#define {guard}\n")
    print(f"#define GOLDEN_DF {delta_f}\n#define N_GOLDEN_SYSTEMS {len(systems)}\n#define N_GOLDEN_F {len(frequencies)}\n")
    print("/* " + " ".join(COLUMNS) + " */")
    print(f"static const double golden_system[N_GOLDEN_SYSTEMS][{len(COLUMNS)}] = {{")
    for s in systems:
        print("    {" + ", ".join("%.17g" % v for v in s) + "},")
    print("};\n\nstatic const double golden_f[N_GOLDEN_F] = {" + ", ".join("%g" % f for f in frequencies) + "};\n")
    print("/* re h+, im h+, re hx, im hx in units of 1e-24 /Hz */")
    print("static const double golden_h[N_GOLDEN_SYSTEMS][N_GOLDEN_F][4] = {")
    for s in systems:
        hp, hc = lal_waveform(approximant, s, delta_f, f_max)
        print("    {")
        for f in frequencies:
            k = int(round(f / delta_f))
            p, c = (h[k] * 1e24 if k < len(h) else 0j for h in (hp, hc))
            print("        {" + ", ".join("%.15g" % v for v in (p.real, p.imag, c.real, c.imag)) + "},")
        print("    },")
    print("};\n\n#endif")


def ours(program, path, approximant, options, delta_f, f_final):
    """Plus and cross of our program, or its refusal as a string."""
    import h5py

    words = [program, "waveform", "--force", "--approximant", approximant, "--delta-f", repr(delta_f), "--f-final", repr(f_final), "-o", path]
    for name, value in options.items():
        words += [f"--{name}={float(value)!r}" if not isinstance(value, int) else f"--{name}={value}"]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return done.stderr.strip()
    with h5py.File(path) as f:
        return f["hplus"][()], f["hcross"][()]


def difference(got, want, delta_f):
    """Of one polarisation: mismatch as it is, and with time and phase free; largest relative difference of the amplitude and largest
    difference of the phase where the amplitude is above 1e-3 of its peak; how many bins only one of the two has."""
    only = int(np.count_nonzero((got != 0) != (want != 0)))
    k = np.flatnonzero((got != 0) & (want != 0))
    a, b, f = got[k], want[k], k * delta_f
    norm = np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real)
    # 1 - overlap as half the square of a difference: the digits are not lost
    an, bn = a / np.sqrt(np.vdot(a, a).real), b / np.sqrt(np.vdot(b, b).real)
    phase, weight = np.angle(a / b), np.abs(b)
    line = np.linalg.lstsq(np.stack([weight, weight * f], 1), weight * phase, rcond=None)[0]
    straight = an * np.exp(-1j * (line[0] + line[1] * f))
    big = np.abs(b) > 1e-3 * np.abs(b).max()
    assert norm > 0
    return (0.5 * np.sum(np.abs(an - bn) ** 2), 0.5 * np.sum(np.abs(straight - bn) ** 2),
            np.max(np.abs(np.abs(a) / np.abs(b) - 1)[big]), np.max(np.abs(phase[big])), only)


def live(program, approximant, systems, limits, delta_f=0.25, f_final=1024.0):
    """Our program beside LALSimulation over many systems; limits on the five of difference()."""
    names = ("mismatch", "mismatch, time and phase free", "amplitude", "phase", "bins of one alone")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "wf.hdf")
        for s in systems:
            mine = ours(program, path, approximant, dict(zip(COLUMNS, s)), delta_f, f_final)
            if isinstance(mine, str):
                sys.exit(f"refused: {s}: {mine}")
            n = len(mine[0])
            theirs = [np.pad(h[:n], (0, n - len(h[:n]))) for h in lal_waveform(approximant, s, delta_f, f_final)]
            both = [difference(x, y, delta_f) for x, y in zip(mine, theirs)]
            rows.append(np.max(both, 0))
    rows = np.array(rows)
    print(f"{approximant}: {len(rows)} systems")
    bad = False
    for name, column, limit in zip(names, rows.T, limits):
        worst = int(np.argmax(column))
        print(f"  {name}: median {np.median(column):.1e}, largest {column[worst]:.1e} (limit {limit:.0e})")
        if not column[worst] <= limit:
            bad = True
            print("    at " + " ".join(f"--{c}={v!r}" for c, v in zip(COLUMNS, map(float, systems[worst]))))
    sys.exit(bad)


def population(n, seed, spins, tides=False):
    """n systems: masses 1..100, spins to 0.99 (`aligned` or `isotropic`), all angles; every third with tides and light bodies."""
    r = np.random.default_rng(seed)
    out = []
    for i in range(n):
        m1, m2 = r.uniform(1, 100, 2) if i % 2 else np.exp(r.uniform(0, np.log(100), 2))
        chi = []
        for _ in range(2):
            if spins == "aligned":
                chi += [0, 0, r.uniform(-0.99, 0.99)]
            else:
                v = r.normal(size=3)
                chi += list(v / np.linalg.norm(v) * r.uniform(0, 0.99))
        lambdas = [0, 0]
        if tides and i % 3 == 0:
            m1, m2 = r.uniform(1, 3, 2)
            lambdas = list(np.exp(r.uniform(-2, 8.5, 2)))
        out.append([m1, m2, *chi, r.uniform(10, 1000), np.arccos(r.uniform(-1, 1)), r.uniform(0, 2 * np.pi), 20.0,
                    float(r.choice([0, 20, 25, 100])), *lambdas])
    return out
