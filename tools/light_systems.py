#!/usr/bin/env python3
"""What a matched stem keeps of the optimal SNR of given systems, and what a search finds of them.  docs/validation.md has the commands.

    light_systems.py kept MODEL.hdf CURVE.txt WAVEFORM.hdf...
    light_systems.py found INJ.hdf EVENTS.hdf LEAST...

kept: CURVE has two columns, frequency and one-sided PSD.  Waveforms are `gwspike waveform`'s, beginning where the templates do, 32 s (delta-f 1/32 Hz) or longer, up to
1024 Hz.  Columns: share of the SNR that is below 512 Hz; share of that within the templates' taps about the merger; greatest match of a template with the
whole signal below 512 Hz.  The decimator's response, 1 within 1 %, is left out.

found: share of the injections with an event of at least LEAST within 0.3 s, of all and by chirp mass (from: share, of how many).
"""
import sys
import h5py
import numpy as np

RATE, CHIRP_MASSES = 512, (4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 45)


def templates_of(path):
    """Templates of norm 1, sample 0 the oldest, and where the merger is."""
    with h5py.File(path) as f:
        g, recipe = f["parameters/matched.filters"][:], f["recipe"][()].decode().replace(" ", "").splitlines()
    after = int(next(line for line in recipe if line.startswith("after=")).split("=")[1])
    h = np.conj(g[..., 0] + 1j * g[..., 1])[:, ::-1]
    return h / np.linalg.norm(h, axis=1, keepdims=True), h.shape[1] - after - 1


def kept(model, curve, *waveforms):
    templates, merger = templates_of(model)
    f, s = np.loadtxt(curve)[:, :2].T
    for path in waveforms:
        with h5py.File(path) as file:
            h, df = file["hplus"][:], file["hplus"].attrs.get("delta_f", file.attrs.get("delta_f"))
        hz = np.arange(len(h)) * df
        w = h / np.sqrt(np.exp(np.interp(np.log(np.maximum(hz, f[0])), np.log(f), np.log(s))))
        n = int(round(RATE / df))
        x = np.fft.ifft(w[:n])
        low = np.sum(np.abs(w[:n]) ** 2) / np.sum(np.abs(w) ** 2)
        x /= np.linalg.norm(x)
        within = np.sum(np.abs(np.roll(x, merger)[:templates.shape[1]]) ** 2)
        match = np.abs(np.fft.ifft(np.conj(np.fft.fft(templates, n, axis=1)) * np.fft.fft(x), axis=1)).max()
        print("%-28s %.3f  %.3f  %.3f" % (path, np.sqrt(low), np.sqrt(within), match))


def found(injections, events, *least):
    with h5py.File(injections) as f:
        tc, mass = f["tc"][:], f["mchirp"][:]
    with h5py.File(events) as f:
        t, stat = f["time"][:], f["stat"][:]
    best = np.array([stat[np.abs(t - at) < 0.3].max(initial=-np.inf) for at in tc])
    for x in map(float, least):
        bins = [(lo, best[(mass >= lo) & (mass < hi)] >= x) for lo, hi in zip(CHIRP_MASSES, CHIRP_MASSES[1:])]
        print("%-28s %7.2f  %.3f of %d" % (events, x, np.mean(best >= x), len(tc)), *("  %d: %.2f, %d" % (lo, b.mean(), len(b)) for lo, b in bins if len(b)))


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("kept", "found"):
        sys.exit(__doc__)
    (kept if sys.argv[1] == "kept" else found)(*sys.argv[2:])
