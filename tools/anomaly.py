#!/usr/bin/env python3
"""Does a network's own contrastive loss tell glitches from signals?  docs/validation.md has the commands and the answer.

    tools/anomaly.py CPC.hdf SIGNALS-w.hdf INJ.hdf GLITCHES-w.hdf TRUTH.hdf NAME=SIGNAL-EVENTS,GLITCH-EVENTS[,LEAST]... [-- WHITENED.hdf TIME...]

CPC.hdf is a model of the default kind; -w.hdf is what `gwspike condition` makes of strain.  Events are `detect`'s, and of NAME those above LEAST count.  A signal
or glitch is scored once, at its loudest event of the first NAME that has one.  Of the first NAME comes the table of families, of every NAME what a veto
removes.  Behind --, single moments are placed among the signals.

Score of a moment: the contrastive loss (docs/math/network.md) of the predictions made in the half second before it, in the half second behind it, or in both, mean
over them and all horizons; or the largest of an anchor.  Negatives are every fifth latent of the stream around it (`stream`) or latents of noise (`quiet`).
`learnt` is more than the loss itself gives: logistic regression, cross-validated by halves, on the losses by eighths of a second and three ranges of
horizons, and the logarithm of the trigger's statistic.  `-linear head` is the network's own answer, the other way round.  The network begins with zero state
2 s before the moment, as in its training.

A veto is set to lose 1 % of the signals: `as drawn`, as they are; `in volume`, weighted so that their SNR falls as rho^-4 within its range; `by thirds`, in every
third of their statistic.
"""
import sys
import h5py
import numpy as np

HOP, STEPS, BEFORE, REACH, APART, TAU, BANK = 32, 64, 128, 32, 5, 0.1, 128
FAMILIES = ("blip", "tomte", "whistle", "scattered", "lowfreq")
RANGES = ((8, 12), (12, 20), (20, 40))
rng = np.random.default_rng(1)


def sigma(v):
    return 0.5 + 0.5 * np.tanh(0.5 * v)


class Network:
    def __init__(self, path):
        with h5py.File(path) as f:
            self.p = {k: v[:] for k, v in f["parameters"].items()}
            recipe = f["recipe"][()].decode().replace(" ", "").splitlines()
        self.strides = [int(v) for v in next(line for line in recipe if line.startswith("strides=")).split("=")[1].split(",")]
        self.C = self.p["cpc.weight"].shape[0]
        self.K = self.p["cpc.weight"].shape[1] // self.C

    def latents(self, x):
        """(B,N,2) whitened strain to z (B,T,C)."""
        for i, s in enumerate(self.strides):
            w = self.p["stem.%d.weight" % i]
            k, cin, cout = w.shape
            x = np.pad(x, ((0, 0), (k - s, 0), (0, 0)))
            v = np.lib.stride_tricks.sliding_window_view(x, k, axis=1)[:, ::s].transpose(0, 1, 3, 2)
            x = np.ascontiguousarray(v).reshape(*v.shape[:2], k * cin) @ w.reshape(k * cin, cout) + self.p["stem.%d.bias" % i]
            x *= sigma(2 * np.sqrt(2 / np.pi).astype(np.float32) * (x + 0.044715 * x * x * x))
        return x

    def context(self, z):
        p, C = self.p, self.C
        xi = z @ p["context.input.weight"] + p["context.input.bias"]
        c, out = np.zeros((len(z), C), np.float32), np.empty_like(z)
        for t in range(z.shape[1]):
            h = c @ p["context.recurrent.weight"]
            g = sigma(xi[:, t, :2 * C] + h[:, :2 * C])
            m = np.tanh(xi[:, t, 2 * C:] + g[:, :C] * (h[:, 2 * C:] + p["context.recurrent.bias"]))
            c = m + g[:, C:] * (c - m)
            out[:, t] = c
        return out

    def logit(self, c):
        return (c @ self.p["linear.weight"] + self.p["linear.bias"])[..., 0]

    def predictions(self, c):
        """(T,C) to (T,K,C)."""
        return (c @ self.p["cpc.weight"]).reshape(len(c), self.K, self.C)


def unit(v):
    return v / np.sqrt(np.sum(v**2, axis=-1, keepdims=True) + 1e-12)


class Strain:
    """Whitened strain of both detectors, by absolute sample."""

    def __init__(self, path):
        self.pieces = []
        with h5py.File(path) as f:
            for name in f["H1"]:
                d = [f[i][name] for i in ("H1", "L1")]
                n = min(len(v) for v in d)
                self.pieces.append((int(round(d[0].attrs["start_time"] * STEPS * HOP)), np.stack([v[:n] for v in d], -1).astype(np.float32)))

    def window(self, t):
        """Steps BEFORE before that of t to all targets behind it, or None."""
        first = (int(t * STEPS) - BEFORE) * HOP
        n = (BEFORE + REACH + 13) * HOP
        for at, x in self.pieces:
            if first >= at and first + n <= at + len(x):
                return x[first - at:first - at + n]
        return None


def run(net, strain, times):
    """Latents and contexts of the times that have data: index, z, c."""
    x = [strain.window(t) if np.isfinite(t) else None for t in times]
    index = [i for i, v in enumerate(x) if v is not None]
    for b in range(0, len(index), 64):
        z = net.latents(np.stack([x[i] for i in index[b:b + 64]]))
        c = net.context(z)
        for i, zi, ci in zip(index[b:b + 64], z, c):
            yield i, zi, ci


def losses(net, z, c, bank):
    """Contrastive losses (2 REACH, K) of the predictions around a moment: against the stream, against noise."""
    p = unit(net.predictions(c[BEFORE - REACH:BEFORE + REACH]))
    z = unit(z[REACH:])  # from 1.5 s before
    target = (np.arange(2 * REACH) + BEFORE - 2 * REACH)[:, None] + 1 + np.arange(net.K)
    s = p @ z.T / TAU
    true = np.take_along_axis(s, target[..., None], -1)[..., 0]
    apart = np.arange(len(z)) - target[..., None]
    own = np.log(np.sum(np.exp(s) * (apart % APART == 0), -1)) - true
    return own, np.log(np.sum(np.exp(p @ bank.T / TAU), -1) + np.exp(true)) - true


def scores(net, strain, times, bank):
    """(n, 2, 2 REACH, K) losses and (n) largest linear logit; NaN where there are no data."""
    out, logit = np.full((len(times), 2, 2 * REACH, net.K), np.nan, np.float32), np.full(len(times), np.nan)
    for i, z, c in run(net, strain, times):
        out[i] = losses(net, z, c, bank)
        logit[i] = net.logit(c[BEFORE - 16:BEFORE + REACH]).max()
    return out, logit


def summaries(loss):
    """Every score of a moment, by name."""
    out = {}
    for j, name in enumerate(("stream", "quiet")):
        v = loss[:, j].mean(-1)
        out[name + " before"], out[name + " behind"], out[name + " both"] = v[:, :REACH].mean(-1), v[:, REACH:].mean(-1), v.mean(-1)
        out[name + " largest"] = v.max(-1)
    return out


def features(loss, stat):
    f = loss.reshape(len(loss), 2, 8, 2 * REACH // 8, 3, -1).mean((3, 5)).reshape(len(loss), -1)
    return np.concatenate([f, np.log(stat)[:, None]], -1).astype(float)


def logistic(x, y, ridge=3.0):
    """Weights of a logistic regression by Newton's method; classes weigh alike."""
    w, weight = np.zeros(x.shape[1]), np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    for _ in range(30):
        q = sigma(x @ w)
        h = (x * (weight * q * (1 - q))[:, None]).T @ x + ridge * np.eye(len(w))
        w -= np.linalg.solve(h, x.T @ (weight * (q - y)) + ridge * w)
    return w


def learnt(xs, xg):
    """Cross-validated scores of signals and glitches, NaN where there are no features."""
    x, y = np.concatenate([xs, xg]), np.arange(len(xs) + len(xg)) >= len(xs)
    have, out = np.isfinite(x).all(1), np.full(len(x), np.nan)
    x = np.c_[np.clip((x - np.nanmean(xs, 0)) / np.nanstd(xs, 0), -8, 8), np.ones(len(x))]
    half = rng.permutation(len(x)) % 2
    for h in (0, 1):
        rest = have & (half != h)
        out[half == h] = x[half == h] @ logistic(x[rest], y[rest])
    return out[:len(xs)], out[len(xs):]


def of(scores, rows):
    return {key: v[rows] for key, v in scores.items()}


def auc(glitch, signal):
    s = np.sort(signal)
    return np.mean((np.searchsorted(s, glitch) + np.searchsorted(s, glitch, side="right")) / 2) / len(s)


def events(path, least=-np.inf):
    with h5py.File(path) as f:
        t, s = f["time"][:], f["stat"][:]
    return t[s >= least], s[s >= least]


def loudest(t, stat, begin, end):
    """Time and statistic of the loudest event in each stretch, NaN where there is none."""
    out = np.full((2, len(begin)), np.nan)
    for k, (a, b) in enumerate(zip(begin, end)):
        i = np.flatnonzero((t >= a) & (t <= b))
        if len(i):
            i = i[np.argmax(stat[i])]
            out[:, k] = t[i], stat[i]
    return out


def moments(found):
    """Time and statistic in the first list that has them."""
    out = found[0]
    for other in found[1:]:
        out = np.where(np.isfinite(out), out, other)
    return out


def quiet(strain, centres):
    """Moments of noise."""
    t = strain.pieces[0][0] / (STEPS * HOP) + 70 + 30 * np.arange(BANK * 4)
    return np.array([v for v in t if np.min(np.abs(v - centres)) > 5])[:BANK]


def latents_of(net, strain, times):
    return unit(np.concatenate([z[-1:] for _, z, _ in run(net, strain, times)]))


def table(name, signal, glitch, noise, family, snr_s, snr_g):
    print("\n" + name + ": median of the loss before, against the stream, for SNR " + ", ".join("%d to %d" % r for r in RANGES))
    print("noise  %.2f" % np.nanmedian(noise["stream before"]))
    for kind, s, snr in [("signals", signal, snr_s)] + [(f, of(glitch, family == f), snr_g[family == f]) for f in FAMILIES]:
        v = [s["stream before"][(snr >= lo) & (snr < hi)] for lo, hi in RANGES]
        print("%-10s" % kind + "".join("  %.2f" % np.median(x) if len(x) else "  -" for x in v))
    print("\n" + name + ": AUC of glitches over signals, by SNR")
    print("%-18s" % "" + "".join("%28s" % f for f in FAMILIES))
    for key in signal:
        words = "%-18s" % key
        for f in FAMILIES:
            for lo, hi in RANGES:
                s, g = (snr_s >= lo) & (snr_s < hi), (family == f) & (snr_g >= lo) & (snr_g < hi)
                words += "  %.2f(%3d)" % (auc(glitch[key][g], signal[key][s]), g.sum()) if g.sum() > 4 else "     -(%3d)" % g.sum()
        print(words)


def quantile(v, weight, share):
    i = np.argsort(v)
    return v[i][np.searchsorted(np.cumsum(weight[i]), share * weight.sum())]


def veto(name, signal, glitch, snr_s, stat_s, stat_g):
    print("\n%s: %d signals, %d glitches; share of the glitches that a veto removes at 1 %% of the signals" % (name, len(stat_s), len(stat_g)))
    print("%-16s%10s%10s%10s" % ("", "as drawn", "in volume", "by thirds"))
    inner = np.quantile(stat_s, [1 / 3, 2 / 3])
    third_s, third_g = np.digitize(stat_s, inner), np.digitize(stat_g, inner)
    for key in signal:
        s, g = signal[key], glitch[key]
        by = np.array([np.quantile(s[third_s == k], 0.99) for k in range(3)])
        levels = quantile(s, np.ones(len(s)), 0.99), quantile(s, snr_s**-4.0, 0.99), by[third_g]
        print("%-16s" % key + "".join("%8.0f %%" % (100 * np.mean(g > level)) for level in levels))


def main(argv):
    moment = argv[argv.index("--") + 1:] if "--" in argv else []
    argv = argv[:argv.index("--")] if "--" in argv else argv
    net, strain_s, strain_g = Network(argv[0]), Strain(argv[1]), Strain(argv[3])
    with h5py.File(argv[2]) as f:
        tc, snr_s = f["tc"][:], f["snr"][:]
    with h5py.File(argv[4]) as f:
        f = f["glitches"]
        t_g, snr_g, family, long = f["time"][:], f["snr"][:], f["family"].asstr()[:], f["duration"][:]
    noise = quiet(strain_g, t_g)
    bank = latents_of(net, strain_g, noise)
    # a glitch's extent, as its table gives it, around its time
    begin, end = t_g - long / 2 - 0.3, t_g + np.where(family == "scattered", long, long / 2) + 0.3
    names, found_s, found_g = [], [], []
    for word in argv[5:]:
        name, files = word.split("=", 1)
        files = files.split(",")
        least = float(files[2]) if len(files) > 2 else -np.inf
        names.append(name)
        found_s.append(loudest(*events(files[0], least), tc - 0.3, tc + 0.3))
        found_g.append(loudest(*events(files[1], least), begin, end))
    ls, logit_s = scores(net, strain_s, moments(found_s)[0], bank)
    lg, logit_g = scores(net, strain_g, moments(found_g)[0], bank)
    signal, glitch = summaries(ls), summaries(lg)
    signal["learnt"], glitch["learnt"] = learnt(features(ls, moments(found_s)[1]), features(lg, moments(found_g)[1]))
    signal["-linear head"], glitch["-linear head"] = -logit_s, -logit_g
    for n, name in enumerate(names):
        (ts, ss), (tg, sg) = found_s[n], found_g[n]
        ok_s, ok_g = np.isfinite(ts) & np.isfinite(logit_s), np.isfinite(tg) & np.isfinite(logit_g)
        if n == 0:
            table(name, of(signal, ok_s), of(glitch, ok_g), summaries(scores(net, strain_g, noise, bank)[0]), family[ok_g], snr_s[ok_s], snr_g[ok_g])
        veto(name, of(signal, ok_s), of(glitch, ok_g), snr_s[ok_s], ss[ok_s], sg[ok_g])
    if moment:
        print()
        loss, logit = scores(net, Strain(moment[0]), np.array([float(v) for v in moment[1:]]), bank)
        for key, v in {**summaries(loss), "-linear head": -logit}.items():
            s = signal[key][np.isfinite(signal[key])]
            print("%-16s" % key + "".join("  %s: above %.1f %% of the signals" % (t, 100 * np.mean(s < x)) for t, x in zip(moment[1:], v)))


if __name__ == "__main__":
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    main(sys.argv[1:])
