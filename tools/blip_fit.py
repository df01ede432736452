#!/usr/bin/env python3
"""The log-normal pulse (docs/math/glitches.md, blip) that fits a glitch in recorded strain best, for each width of its spectrum.

    tools/blip_fit.py real_noise.hdf 1238205532.10

The file has a data set 'data' of strain with the attributes start_time and delta_t (MLGWSC-1).  The noise's PSD is the median of the file's
periodograms of 4 s; the pulse is matched from 18 to 900 Hz in 4 s around the time, within 0.15 s of it.  Columns: width w; the best f0, its SNR, and that of
what it leaves beside the best pulse of all; the same for f0 as the simulator draws it.  Needs numpy, scipy, h5py.
"""
import sys
import h5py
import numpy as np
from scipy.signal import welch

LOW_HZ, HIGH_HZ, FINE, KAPPA = 18, 900, 16, np.linspace(-1.5, 1.5, 13)

with h5py.File(sys.argv[1]) as f:
    x, start, rate = f["data"][:], f["data"].attrs["start_time"], int(round(1 / f["data"].attrs["delta_t"]))
n = 4 * rate
mid = n // 2
begin = int(round((float(sys.argv[2]) - start) * rate)) - mid
fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(rate // 4) / (rate // 4))
window = np.concatenate([fade, np.ones(n - 2 * len(fade)), fade[::-1]])
freq, df = np.fft.rfftfreq(n, 1 / rate), 1 / 4
psd = np.interp(freq, *welch(x, rate, nperseg=n, average="median"))
band = np.flatnonzero((freq >= LOW_HZ) & (freq <= HIGH_HZ))
data = np.fft.rfft(x[begin:begin + n] * window)[band] / rate / np.sqrt(psd[band])


def snr(f0, w, kappa):
    octave = np.log(freq[band] / f0)
    pulse = np.exp(-octave ** 2 / (2 * w * w) - 1j * kappa * octave) / np.sqrt(psd[band])
    pulse /= np.sqrt(4 * df * np.sum(np.abs(pulse) ** 2))
    z = np.zeros(FINE * n, complex)
    z[band] = 4 * data * np.conj(pulse)
    near = int(0.15 * rate) * FINE
    return np.abs(np.fft.ifft(z) * len(z) * df)[mid * FINE - near:mid * FINE + near].max()


def best(lo_hz, hi_hz, w):
    return max((snr(f0, w, k), f0) for f0 in np.geomspace(lo_hz, hi_hz, 25) for k in KAPPA)


widths = (0.35, 0.5, 0.65, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45, 1.6)
free = [best(15, 250, w) for w in widths]
law = [best(*(np.array([70, 200]) * min(1, np.exp(0.65 - w))), w) for w in widths]
top = max(free)[0]
print("%5s %7s %6s %6s   %7s %6s %6s" % ("w", "f0, Hz", "SNR", "rest", "of law", "SNR", "rest"))
for w, a, b in zip(widths, free, law):
    print("%5.2f %7.0f %6.2f %6.2f   %7.0f %6.2f %6.2f" % (w, a[1], a[0], (top ** 2 - a[0] ** 2) ** 0.5, b[1], b[0],
                                                             max(0, top ** 2 - b[0] ** 2) ** 0.5))
