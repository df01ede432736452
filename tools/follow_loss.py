#!/usr/bin/env python3
"""Share of the optimal SNR that a matched filter keeps whose templates were whitened with one curve, in noise of others.

    tools/follow_loss.py CURVE.txt PSD.hdf... STRAIN.hdf5...

CURVE has two columns, frequency and one-sided PSD.  A PSD is a data set with the attribute delta_f (MLGWSC-1), or that of 32 s of strain as GWOSC
publishes it, a median over 2 Hz but for lines three times above it.  The noise is estimated from 64 s as the conditioner does (2 s by 1 s,
Hann, median; a filter of 2 s), four times for each, and the signal goes with f^(-7/6) from 20 to 400 Hz.  Columns: the data alone are
whitened with the estimate; the templates follow bin by bin; they follow as src/dsp/follow.h says.
"""
import sys
import h5py
import numpy as np

RATE, SEGMENT, SECONDS, FINE = 1024, 2048, 64, 80
F = np.arange(SEGMENT // 2 + 1) * RATE / SEGMENT
WINDOW = np.hanning(SEGMENT + 1)[:SEGMENT]
rng = np.random.default_rng(1)


def median_over(v, hz):
    half = int(round(hz * SEGMENT / RATE / 2))
    v = np.pad(v, half, mode="reflect", reflect_type="odd")
    return np.median(np.lib.stride_tricks.sliding_window_view(v, 2 * half + 1), axis=1)


def periodograms(x, rate):
    n = 2 * rate
    w = np.hanning(n + 1)[:n]
    return np.median([np.abs(np.fft.rfft(x[i:i + n] * w)) ** 2 for i in range(0, len(x) - n + 1, rate)], axis=0) * 2 / (
        rate * np.sum(w ** 2)) / 0.7


def curve_of(path):
    with h5py.File(path) as f:
        if "strain" not in f:
            d = f[list(f)[0]]
            v = d[:]
            v[v == 0] = v.max()
            return np.interp(F, np.arange(len(v)) * d.attrs["delta_f"], v)
        d = f["strain/Strain"]
        s = periodograms(d[:], int(round(1 / d.attrs["Xspacing"])))[:len(F)]
    level = np.exp(median_over(np.log(s), 2))
    return np.where(s > 3 * level, s, level)


def estimate(s):
    n = FINE * RATE
    f = np.arange(n // 2 + 1) / FINE
    a = np.sqrt(np.interp(np.maximum(f, 8), F, s) * RATE * n / 4)
    return periodograms(np.fft.irfft((rng.standard_normal(len(f)) + 1j * rng.standard_normal(len(f))) * a, n)[:SECONDS * RATE], RATE)


def truncated(a):
    """A 2 s filter of that amplitude: its response."""
    band = np.where(F < 15, 0, np.where(F < 20, 0.5 - 0.5 * np.cos(np.pi * (F - 15) / 5), 1))
    n = 4 * SEGMENT
    x = np.fft.irfft(np.interp(np.arange(n // 2 + 1) * RATE / n, F, a * band))
    lag = np.arange(-SEGMENT // 2, SEGMENT // 2)
    taper = np.zeros(n)
    taper[lag] = 0.5 + 0.5 * np.cos(2 * np.pi * lag / SEGMENT)
    return np.fft.rfft(x * taper).real[::4]


def kept(a, s, reference):
    b = (F >= 20) & (F <= 400)
    h2 = F[b] ** (-7 / 3)
    return np.sum(h2 * a[b] / np.sqrt(reference[b])) / np.sqrt(np.sum(h2 * s[b] * a[b] ** 2 / reference[b]) * np.sum(h2 / s[b]))


def main():
    f, s = np.loadtxt(sys.argv[1])[:, :2].T
    reference = np.exp(np.interp(np.log(np.maximum(F, f[0])), np.log(f), np.log(s)))
    for path in sys.argv[2:]:
        noise, out = curve_of(path), []
        for _ in range(4):
            e = estimate(noise)
            r = 0.5 * np.log(reference / e)
            level = median_over(r, 8)
            d = r - level
            followed = level + np.where(np.abs(d) > 0.3, np.minimum(d, 1), 0)
            out.append([kept(truncated(np.exp(x) / np.sqrt(e)), noise, reference) for x in (0 * r, r, followed)])
        print("%-60s %.4f %.4f %.4f" % (path[-60:], *np.mean(out, axis=0)), flush=True)


if __name__ == "__main__":
    main()
