#!/usr/bin/env python3
"""Of triggers to which a probability p of astrophysical origin was given, how many are signals?  docs/validation.md has the commands.

    p_astro.py inject INJ.hdf BEGIN:SECONDS...             a signal every 25 s of these stretches of MLGWSC-1's noise, as its first set has them
    p_astro.py table INJ.hdf SIGNALS.jsonl NOISE.jsonl DAYS   what `detect --json` found in noise with them and in noise alone

Sources: two masses uniform in 10 to 50 Msun, uniform in Euclidean volume.  They are drawn with a density of the SNR that falls as rho^-3 from 4.7 to
12, and counted by weight.  Half of the noise, alternate stretches of 1000 s, is the background that gives rates and slope; the other half is counted.
p is search/p_astro.h's with the SNR that the statistic stands for: SHIFT is what the spiking head of models/bbh-design.hdf has less than
rho^2/2.  "before": without what noise adds to a signal's SNR.

Pinned: lalsuite 7.26.16, h5py 3.16.0, numpy 2.3.5, scipy.
"""
import json
import sys

import h5py
import numpy as np

FAINT, BRIGHT, SHIFT = 4.7, 12.0, 9.8
YEAR_S = 31557600.0
NAMES = ["mass1", "mass2", "distance", "inclination", "coa_phase", "ra", "dec", "polarization"]


def overhead_snr():
    """SNR in one detector at 1 Mpc, face on, of two masses."""
    import lal
    import lalsimulation as ls
    from scipy.interpolate import RegularGridInterpolator

    df, masses = 0.125, np.linspace(10, 50, 21)
    psd = np.array([ls.SimNoisePSDaLIGOZeroDetHighPower(df * k) if df * k >= 18 else np.inf for k in range(int(1024 / df) + 1)])

    def norm(a, b):
        h = ls.SimInspiralChooseFDWaveform(max(a, b) * lal.MSUN_SI, min(a, b) * lal.MSUN_SI, 0, 0, 0, 0, 0, 0, 1e6 * lal.PC_SI,
                                           0, 0, 0, 0, 0, df, 18, 1024, 18, None, ls.IMRPhenomD)[0].data.data
        return np.sqrt(4 * df * np.sum(np.abs(h) ** 2 / psd[:len(h)]))

    return RegularGridInterpolator((masses, masses), [[norm(a, b) for b in masses] for a in masses], method="cubic")


def inject(path, spans):
    import lal

    rng, sigma = np.random.default_rng(1), overhead_snr()
    tc = np.concatenate([np.arange(b + 30, b + n - 15, 25.0) for b, n in spans])
    tc += rng.uniform(0, 5, len(tc))
    most_mpc = sigma([[50, 50]])[0] * np.sqrt(2) / FAINT
    rows, drawn = [], 0
    while len(rows) < len(tc):  # as a sample has them that is limited by its SNR
        t, m = tc[len(rows)], np.sort(rng.uniform(10, 50, 2))[::-1]
        u, cosine = rng.uniform(size=6), rng.uniform(-1, 1)
        mpc, ra, dec, psi = most_mpc * u[0] ** (1 / 3), 2 * np.pi * u[1], np.arcsin(2 * u[2] - 1), 2 * np.pi * u[3]
        drawn += 1
        face_on = sigma([m])[0] / mpc
        if face_on * np.sqrt(2) < FAINT:
            continue
        gmst, power = lal.GreenwichMeanSiderealTime(lal.LIGOTimeGPS(t)), 0
        for ifo in ("H1", "L1"):
            plus, cross = lal.ComputeDetAMResponse(lal.cached_detector_by_prefix[ifo].response, ra, dec, psi, gmst)
            power += (plus * (1 + cosine**2) / 2) ** 2 + (cross * cosine) ** 2
        snr = face_on * np.sqrt(power)
        if snr > FAINT:
            rho = (FAINT**-2 - u[4] * (FAINT**-2 - BRIGHT**-2)) ** -0.5
            rows.append([*m, mpc * snr / rho, np.arccos(cosine), 2 * np.pi * u[5], ra, dec, psi, rho])
    rows = np.array(rows).T
    volume_gpc3 = len(tc) / drawn * 4 / 3 * np.pi * (most_mpc / 1000) ** 3  # in which one is brighter than FAINT
    density = 2 * rows[8] ** -3 / (FAINT**-2 - BRIGHT**-2) * len(tc)
    with h5py.File(path, "w") as f:
        for name, column in zip(NAMES, rows):
            f[name] = column
        f["tc"], f["weight_gpc3"] = tc, 3 * volume_gpc3 * (FAINT / rows[8]) ** 3 / rows[8] / density
        f.attrs.update(approximant="IMRPhenomD", f_lower=18.0, f_ref=0.0, injtype="cbc", static_args=["approximant", "f_lower", "f_ref"],
                       reach=np.sqrt(2) * np.mean(sigma(rng.uniform(10, 50, (200000, 2))) ** 3) ** (1 / 3))
    print(f"{len(tc)} signals of {drawn} drawn; they are brighter than {FAINT} in {volume_gpc3:.1f} Gpc^3")


def events(path):
    found = {e["gps"]: e["stat"] for e in map(json.loads, open(path))}
    return np.array(sorted(found)), np.array([found[t] for t in sorted(found)])


def probability(x, background, years, rate, reach, noise2):
    n = np.searchsorted(-background, -x, side="right")
    alpha = 200 / np.sum(background[:200] - background[199])
    rho2 = 2 * (x + SHIFT) - np.where(n == 0, 2 * (x - background[0]), 0)
    own2 = rho2 - noise2
    foreground = 3 * rate * 4 / 3 * np.pi * (reach / np.sqrt(own2) / 2.2648 / 1000) ** 3 / own2
    return foreground / (foreground + alpha * (n + 1) / years)


def table(inj, signals, noise, days):
    with h5py.File(inj) as f:
        tc, weight, reach = f["tc"][:], f["weight_gpc3"][:], f.attrs["reach"]
    gps, stat = events(signals)
    near = [stat[np.abs(gps - t) < 0.3] for t in tc]
    found = np.array([len(s) > 0 for s in near])
    x, weight = np.array([s.max() for s in near if len(s)]), weight[found]
    gps, stat = events(noise)
    half, years = gps // 1000 % 2 == 0, days * 86400 / 2 / YEAR_S
    background = np.sort(stat[half])[::-1]
    for rate in (50, 100, 400, 1000):
        for noise2, name in ((8, "now"), (0, "before")):
            ps, pn = (probability(v, background, years, rate, reach, noise2) for v in (x, stat[~half]))
            for low in np.arange(5) / 5:
                s, n = (ps >= low) & (ps < low + 0.2), (pn >= low) & (pn < low + 0.2)
                w = weight[s] * rate * years
                a, b, error = w.sum(), n.sum(), np.hypot(np.sqrt((w**2).sum()) * n.sum(), w.sum() * np.sqrt(max(1, n.sum())))
                if a + b > 0:
                    p = ((ps[s] * w).sum() + pn[n].sum()) / (a + b)
                    print(f"{rate:5} {name:6} {low:.1f}  p {p:.3f}  signals {a / (a + b):.3f} +- {error / (a + b)**2:.3f}  ({a:.0f} by {s.sum()}, noise {b})")


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "inject":
        inject(sys.argv[2], [tuple(map(float, s.split(":"))) for s in sys.argv[3:]])
    elif len(sys.argv) == 6 and sys.argv[1] == "table":
        table(*sys.argv[2:5], float(sys.argv[5]))
    else:
        sys.exit(__doc__)
