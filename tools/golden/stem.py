#!/usr/bin/env python3
"""Reference numbers for the matched stem (matched/stem_bank, nn/filters, nn/coherent): writes tests/golden/stem.h.

Whitened templates come from LALSimulation (pip install lalsuite==7.26.16 numpy scipy) and are run in the plain way over 8 s every 4 s:
one forward transform, bins below 512 Hz, one inverse transform a template.  The series of two detectors is the same here and in the
test, bit for bit: a linear congruential generator (Knuth's MMIX constants), centred, of variance 1.

    python3 tools/golden/stem.py > tests/golden/stem.h
"""
import importlib.metadata

import lal
import lalsimulation as ls
import numpy as np
import scipy.fft as sf
from scipy.ndimage import maximum_filter1d

FS, N, M, R = 2048, 8 * 2048, 4096, 512
V, HOP, DELAY = N // 2, 8, 6
SECONDS, TAPS, AFTER = 16, 1792, 18
TEMPLATES = [(20, 20), (30, 30), (50, 50), (45, 20), (24, 18)]
LOG_WEIGHT = [-0.5, 0.25, 1.0, 0.0, -0.25]
ROWS = range(4 * R, 12 * R, 97)  # samples of rho at 512 Hz
STEPS = range(4 * 64, 12 * 64, 11)


def series(seed, n):
    state, out = seed, np.empty(n, np.float32)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = np.float32(np.float32((state >> 40) * 2.0**-24 - 0.5) * np.float32(3.4641016))
    return out


def template(m1, m2, psd):
    """Unit norm, positive frequencies below 512 Hz, merger at t = 0, made over 32 s and cut to the taps."""
    hp, _ = ls.SimInspiralChooseFDWaveform(m1 * lal.MSUN_SI, m2 * lal.MSUN_SI, 0, 0, 0, 0, 0, 0, 1e8 * lal.PC_SI, 0, 0, 0, 0, 0, 1 / 32, 18.0,
                                           1024.0, 18.0, None, ls.IMRPhenomD)
    h = np.zeros(4 * M, complex)
    d = hp.data.data[:4 * M]
    h[:len(d)] = d
    t = sf.ifft(h / np.sqrt(psd))
    h = sf.fft(np.concatenate([t[:AFTER + 1], np.zeros(M - TAPS), t[-(TAPS - AFTER - 1):]]))
    return h / np.sqrt((np.abs(h)**2).sum())


def snr(x, templates):
    """x begins with 4 s of history."""
    frames = np.lib.stride_tricks.sliding_window_view(x, N)[::V]
    f = sf.rfft(frames.astype(float), axis=1)[:, :M]
    out = np.empty((len(f), M // 2, len(templates)), complex)
    for k, h in enumerate(templates):
        out[:, :, k] = sf.ifft(f * (np.conj(h) * np.sqrt(2)), axis=1)[:, M // 2:]
    return out.reshape(-1, len(templates)) * M / np.sqrt(N)


def statistic(h, l):
    ph, pl = np.abs(h)**2, np.abs(l)**2
    c = (ph + maximum_filter1d(pl, 2 * DELAY + 1, axis=0)) / 2
    c = c[:len(c) // HOP * HOP].reshape(-1, HOP, c.shape[1]).max(1)
    bare = np.sqrt(2 * c.max(1))
    c = c + LOG_WEIGHT
    top = c.max(1, keepdims=True)
    return top[:, 0] + np.log(np.exp(c - top).sum(1)), bare


def main():
    version = importlib.metadata.version("lalsuite")
    assert version == "7.26.16", version
    psd = np.array([ls.SimNoisePSDaLIGOZeroDetHighPower(f) if f >= 18 else np.inf for f in np.arange(4 * M) / 32])
    templates = [template(*m, psd) for m in TEMPLATES]
    x = [np.concatenate([np.zeros(V, np.float32), series(seed, SECONDS * FS)]) for seed in (1, 2)]
    rho = [snr(d, templates) for d in x]
    y, bare = statistic(*rho)
    print(f"/* Made by tools/golden/stem.py with lalsuite {version}: do not edit. */")
    print("#ifndef GWS_GOLDEN_STEM_H\n#define GWS_GOLDEN_STEM_H\n")
    print(f"enum {{ STEM_SECONDS = {SECONDS}, STEM_TAPS = {TAPS}, STEM_AFTER = {AFTER}, STEM_TEMPLATES = {len(TEMPLATES)}, STEM_ROWS = {len(ROWS)}, "
          f"STEM_STEPS = {len(STEPS)} }};\n")
    print("/* masses, log weight */\nstatic const double stem_template[STEM_TEMPLATES][3] = {")
    for m, w in zip(TEMPLATES, LOG_WEIGHT):
        print(f"    {{{m[0]}, {m[1]}, {w}}},")
    print("};\n\n/* sample at 512 Hz; re and im of every template in detector 0, then in detector 1 */")
    print("static const struct { int at; double rho[4 * STEM_TEMPLATES]; } stem_row[STEM_ROWS] = {")
    for t in ROWS:
        v = [p for d in rho for z in d[t] for p in (z.real, z.imag)]
        print(f"    {{{t}, {{" + ", ".join("%.5f" % p for p in v) + "}},")
    print("};\n\n/* step, statistic, largest network SNR */\nstatic const struct { int at; double y, bare; } stem_step[STEM_STEPS] = {")
    for s in STEPS:
        print(f"    {{{s}, {y[s]:.6f}, {bare[s]:.6f}}},")
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
