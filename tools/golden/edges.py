#!/usr/bin/env python3
"""Write tests/golden/edges.h: which bins of a waveform are filled and what stands in the first, a middle and the last of them, by
LALSimulation, for every approximant: a last frequency below, at and above the model's own end, on the grid and off it, or 0; a first one
off the grid; a reference elsewhere; equal and nearly equal masses, large mass ratios, spins near 1; and what is refused.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: edges.py > tests/golden/edges.h
edges.py --live PROGRAM (tests/print_waveform of a build): the same over 2000 random systems of each approximant, 1000 of those with higher
modes on coarse frequencies and exact.  Empty bins and refusals must be the same, values to the limits below.
"""
import os
import pickle
import subprocess
import sys
import threading

import lal
import numpy as np

import fd

PLAIN = 23  # all modes but (3,2), which LALSimulation leaves to rounding (imrphenomx.py)
# approximant, modes, exact, Msun s by which M f of its own end is divided, limit of the difference over amplitude
KINDS = [
    ("IMRPhenomD", 0, 0, 0.2, 1e-8),
    ("IMRPhenomPv2", 0, 0, 0.2, 1e-5),
    ("IMRPhenomXAS", 0, 0, 0.3, 1e-5),
    ("IMRPhenomXHM", PLAIN, 0, 0.3, 1e-5),
    ("IMRPhenomXHM", PLAIN, 1, 0.3, 1e-5),
    ("IMRPhenomXPHM", PLAIN, 0, 0.3, 2e-2),
    ("IMRPhenomXPHM", PLAIN, 1, 0.3, 2e-2),
    ("TaylorF2", 0, 0, 1 / (6**1.5 * np.pi), 1e-8),
]
PRECESSING = ("IMRPhenomPv2", "IMRPhenomXPHM")


def waveform(approximant, system, delta_f, f_final, modes, exact):
    """Both polarisations, or None when refused.  In a process of its own: on its coarse frequencies LALSimulation 7.26.16 now and then
    writes beyond its arrays, when f_final lies within rounding of a bin; then "crash"."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            answer = np.array(fd.lal_waveform(approximant, system, delta_f, f_final, modes, exact))
        except RuntimeError:
            answer = None
        with os.fdopen(write, "wb") as f:
            f.write(pickle.dumps(answer))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as f:
        answer = f.read()
    return pickle.loads(answer) if os.waitpid(child, 0)[1] == 0 else "crash"


def filled(h):
    """First bin that is not zero, and one past the last; bin 0 does not count, where LALSimulation has an infinity."""
    bins = 1 + np.flatnonzero(np.abs(h[:, 1:]).sum(0))
    return (bins[0], bins[-1] + 1) if len(bins) else (0, 0)


def cases(approximant, end):
    """Systems of fd.COLUMNS with delta_f and f_final."""
    tilt = (0.3, 0.1) if approximant in PRECESSING else (0, 0)

    def system(m1, m2, s1, s2, f_lower, f_ref):
        return (m1, m2, *tilt, s1, tilt[1], 0, s2, 400, 0.7, 1.1, f_lower, f_ref, 0, 0)

    cut = end / (65 * lal.MTSUN_SI)
    return [
        (system(36, 29, 0.3, -0.2, 20, 0), 0.25, 60),
        (system(36, 29, 0.3, -0.2, 20.1, 50), 0.25, 60.1),
        (system(36, 29, 0.3, -0.2, 20.2, 90), 0.25, cut),
        (system(36, 29, 0.3, -0.2, 20, 0), 0.5, cut * 1.001),
        (system(29, 36, 0.3, -0.2, 20, 0), 0.5, 1024),
        (system(36, 29, 0.3, -0.2, 20, 25), 0.5, 0),
        (system(36, 29, 0.3, -0.2, 20.1, 20), 0.3, 60.3),
        (system(36, 29, 0.3, -0.2, 15, 20), 0.1, 60.7),
        (system(36, 29, 0.3, -0.2, 20, 200), 0.25, 24.25),
        (system(36, 29, 0.3, -0.2, 20.1, 0), 0.25, 20.3),
        (system(36, 29, 0.3, -0.2, 0.5, 20), 1, 40),
        (system(30, 30, 0.3, -0.2, 20, 0), 0.5, 1000.2),
        (system(30, 30, 0.4, 0.4, 20, 0), 0.5, 0),
        (system(30, 30 * (1 + 4e-13), 0.3, -0.7, 20, 40), 0.5, 60),
        (system(90, 0.9, -0.9, 0.5, 25.3, 20), 0.5, 700),
        (system(11.57, 8.07, -0.34, 0.28, 20, 0), 0.25, 60),
        (system(31, 29, 0.95, 0.95, 20, 0), 0.5, 1024),
        (system(31, 29, 0.995 if tilt[0] == 0 else 0.94, 0.995, 20, 0), 0.5, 0),
        (system(36, 29, 0.3, -0.2, 20, 0), 0.25, 20),
        (system(36, 29, 0.3, -0.2, 20, 0), 0.25, 15),
        (system(36, 29, 0.3, -0.2, np.ceil(cut + 1), 20), 0.5, 0),
        (system(36, 29, 0.3, -0.2, np.ceil(cut + 1), 20), 0.5, 1200),
    ]


def table():
    print("/* Made by tools/golden/edges.py with lalsuite 7.26.16; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_EDGES_H\n#define GWS_TESTS_GOLDEN_EDGES_H\n")
    print("/* system: " + " ".join(fd.COLUMNS) + ".")
    print(" * Bins first..end-1 of n are filled; end is -1 where the reference refuses.")
    print(" * h: re h+, im h+, re hx, im hx in units of 1e-24 /Hz in the first bin, the middle one and the last. */")
    print("static const struct {\n    const char *approximant;\n    unsigned modes;\n    int exact;\n    double system[15], delta_f_hz, f_final_hz;")
    print("    int n, first, end;\n    double h[3][4];\n} golden_edge[] = {")
    for approximant, modes, exact, end, _ in KINDS:
        for system, delta_f, f_final in cases(approximant, end):
            h = waveform(approximant, system, delta_f, f_final, modes, exact)
            if isinstance(h, str):
                sys.exit(f"LALSimulation crashed: {approximant} {system} {delta_f} {f_final}")
            first, stop = (0, -1) if h is None else filled(h)
            n = int(f_final / delta_f + 1e-9) + 1 if f_final else max(stop, 50) + 3
            rows = [[0, 0, 0, 0]] * 3
            if stop > first:
                rows = [[v * 1e24 for c in h[:, k] for v in (c.real, c.imag)] for k in (first, (first + stop) // 2, stop - 1)]
            print('    {"%s", %d, %d, {%s}, %r, %r, %d, %d, %d,'
                  % (approximant, modes, exact, ", ".join(repr(float(v)) for v in system), float(delta_f), float(f_final), n, first, stop))
            print("     {" + ", ".join("{" + ", ".join("%.14g" % v for v in r) + "}" for r in rows) + "}},")
    print("};\n\n#endif")


def random_system(rng, approximant):
    """A system with delta_f and f_final, half of them at an edge of some sort."""
    kind = rng.integers(5)
    m1, m2 = np.exp(rng.uniform(np.log(3), np.log(200), 2))
    if kind < 2:
        m2 = m1 * (1 - kind * 10 ** rng.uniform(-16, -6))
    if kind == 2:
        m2 = m1 / 10 ** rng.uniform(0, 2.9)
    if rng.random() < 0.5:
        m1, m2 = m2, m1

    def spin():
        if rng.random() < 0.2:
            return (0, 0, rng.choice([-0.99, 0.99]))
        v = rng.normal(size=3)
        v *= rng.uniform(0, 0.99) / np.linalg.norm(v)
        return tuple(v) if approximant in PRECESSING else (0, 0, v[2])

    total = (m1 + m2) * lal.MTSUN_SI
    delta_f = float(rng.choice([0.25, 0.5, 0.125, 1, 0.1, 0.3, 1 / 3, 0.2]))
    cut = rng.choice([0.2, 0.3, 0.33, 1 / (6**1.5 * np.pi)]) / total
    f_lower = float(rng.choice([20, 20.1, 15, rng.uniform(10, 30), delta_f * rng.integers(int(10 / delta_f), int(30 / delta_f))]))
    f_final = [0, cut, cut * (1 + 1e-3), np.nextafter(cut, 0), cut * rng.uniform(0.2, 2), delta_f * np.floor(cut * rng.uniform(0.2, 2) / delta_f),
               round(cut * rng.uniform(0.2, 2), 1), 1024.0, f_lower + delta_f * rng.choice([0, 0.5, 1])][rng.integers(9)]
    f_ref = float(rng.choice([0, f_lower, rng.uniform(5, 100), 20, 1.3 * f_final]))
    angles = (rng.uniform(50, 2000), np.arccos(rng.uniform(-1, 1)), rng.uniform(0, 2 * np.pi))
    return (m1, m2, *spin(), *spin(), *angles, f_lower, f_ref, 0, 0), delta_f, float(f_final)


def live(program):
    bad = False
    for approximant, modes, exact, _, limit in KINDS:
        rng = np.random.default_rng(14)
        systems = [random_system(rng, approximant) for _ in range(1000 if modes else 2000)]
        systems = [(s, d, f, min(int((f or 1100) / d) + 4, int(3000 / d))) for s, d, f in systems]
        lines = "".join("%s %s %r %d %d %r %d\n" % (approximant, " ".join(repr(float(v)) for v in s[:13]), f, modes, exact, d, n)
                        for s, d, f, n in systems)
        ours = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=lambda p=ours, text=lines: (p.stdin.write(text.encode()), p.stdin.close()), daemon=True).start()
        refused = pattern = crashed = 0
        differences = []
        for s, d, f, n in systems:
            a = np.frombuffer(ours.stdout.read(32 * n), complex).reshape(2, n)
            h = waveform(approximant, s, d, f, modes, exact)
            if isinstance(h, str):
                crashed += 1
                continue
            if h is None or np.isnan(a).all():
                # LALSimulation's IMRPhenomXAS and IMRPhenomXHM take an f_final below f_lower, in the same bin
                refused += (h is None) != np.isnan(a).all() and not 0 < f < s[11]
                continue
            b = np.zeros((2, n), complex)
            b[:, 1 : h.shape[1]] = h[:, 1:n]
            on = np.abs(b).sum(0) != 0
            other = on != (np.abs(a).sum(0) != 0)
            # At large mass ratios LALSimulation's angles may drift until there is no number left (multibanding.md); ours do as well.
            on &= np.abs(b).sum(0) < 1e-15
            if other.any():
                pattern += 1
                print("  other bins: " + " ".join(f"--{c}={float(v)!r}" for c, v in zip(fd.COLUMNS, s)) + f" --delta-f={d!r} --f-final={f!r}")
            elif on.any():
                differences.append((np.abs(a - b)[:, on].max(0) / np.sqrt((np.abs(b[:, on]) ** 2).sum(0))).max())
        print(f"{approximant}{' exact' if exact else ''}: {len(systems)} systems: {pattern} with other bins filled, {refused} refused by one alone, "
              f"{crashed} that LALSimulation did not survive; difference {max(differences):.1e} (median {np.median(differences):.1e}, limit {limit:.0e})")
        bad |= pattern > 0 or refused > 0 or max(differences) > limit
    sys.exit(bad)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        live(sys.argv[2])
    table()
