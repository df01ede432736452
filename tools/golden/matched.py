#!/usr/bin/env python3
"""Reference numbers for matched/filter: writes tests/golden/matched.h.

The referee is PyCBC (pip install pycbc==2.11.0 lalsuite==7.26.16): matched_filter, sigma, power_chisq and newsnr.  The series is
the same here and in the test, bit for bit: a linear congruential generator (Knuth's MMIX constants), centred, through
y = 0.9 y + u.  The templates are Newtonian chirps, f^(-7/6) exp(-i psi) with psi = 3/128 (pi Mc f)^(-5/3), cut at an upper end.

    python3 tools/golden/matched.py > tests/golden/matched.h
"""
import importlib.metadata

import numpy as np
import pycbc.psd
from pycbc.events.ranking import newsnr
from pycbc.filter import matched_filter, sigma
from pycbc.types import FrequencySeries, TimeSeries
from pycbc.vetoes import power_chisq

RATE, N, SEGMENT, STRIDE, LENGTH, LOW, BINS = 1024, 16384, 2048, 1024, 1024, 30, 16
SAMPLES = [0, 1, 777, 5000, 8191, 8192, 12345, 16383]
# chirp mass in seconds, upper end in Hz
TEMPLATES = [(1.4e-4, 400), (4e-5, 512), (2.5e-4, 150), (6e-5, 300.03)]


def series(n):
    state, y = 1, 0.0
    out = np.empty(n)
    for i in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        y = 0.9 * y + ((state >> 11) * 2.0**-53 - 0.5)
        out[i] = y * 1e-21
    return out


def main():
    version = importlib.metadata.version("pycbc")
    assert version == "2.11.0", version
    x = TimeSeries(series(N), delta_t=1.0 / RATE)
    plain = pycbc.psd.interpolate(pycbc.psd.welch(x, seg_len=SEGMENT, seg_stride=STRIDE, avg_method="median"), RATE / N)
    cut = pycbc.psd.inverse_spectrum_truncation(plain.copy(), LENGTH, low_frequency_cutoff=LOW, trunc_method="hann")
    print(f"/* Made by tools/golden/matched.py with PyCBC {version}, lalsuite 7.26.16: do not edit. */")
    print("#ifndef GWS_GOLDEN_MATCHED_H\n#define GWS_GOLDEN_MATCHED_H\n")
    for key in ("RATE", "N", "SEGMENT", "STRIDE", "LENGTH", "LOW", "BINS"):
        print(f"#define MATCHED_{key} {globals()[key]}")
    print(f"#define MATCHED_TEMPLATES {len(TEMPLATES)}\n#define MATCHED_SAMPLES {len(SAMPLES)}\n")
    print("/* chirp mass in seconds, upper end in Hz */")
    print("static const double matched_template[MATCHED_TEMPLATES][2] = {")
    for t in TEMPLATES:
        print("    {" + ", ".join("%g" % v for v in t) + "},")
    print("};\n\nstatic const int matched_sample[MATCHED_SAMPLES] = {" + ", ".join(str(s) for s in SAMPLES) + "};\n")
    print("/* plain PSD, then with inverse spectrum truncation */")
    rows, sigmas = [], []
    for psd in (plain, cut):
        for mc, end in TEMPLATES:
            f = np.arange(N // 2 + 1) * RATE / N
            h = np.zeros(N // 2 + 1, dtype=complex)
            on = (f >= LOW) & (f < end)
            h[on] = 1e-20 * f[on]**(-7 / 6) * np.exp(-3j / 128 * (np.pi * mc * f[on])**(-5 / 3))
            h = FrequencySeries(h, delta_f=RATE / N)
            snr = matched_filter(h, x, psd=psd, low_frequency_cutoff=LOW)
            chisq = power_chisq(h, x, BINS, psd, low_frequency_cutoff=LOW)
            sigmas.append(sigma(h, psd=psd, low_frequency_cutoff=LOW))
            rows.append([(snr[s].real, snr[s].imag, chisq[s] / (2 * BINS - 2), newsnr(abs(snr[s]), chisq[s] / (2 * BINS - 2)))
                         for s in SAMPLES])
    print("static const double matched_sigma[2 * MATCHED_TEMPLATES] = {" + ", ".join("%.15g" % s for s in sigmas) + "};\n")
    print("/* re rho, im rho, reduced chi-squared, new SNR */")
    print("static const double matched_answer[2 * MATCHED_TEMPLATES][MATCHED_SAMPLES][4] = {")
    for row in rows:
        print("    {")
        for v in row:
            print("        {" + ", ".join("%.15g" % float(np.ravel(u)[0]) for u in v) + "},")
        print("    },")
    print("};\n\n#endif")


main()
