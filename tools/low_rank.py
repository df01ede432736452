#!/usr/bin/env python3
"""Would a low-rank basis make the filters of a matched stem cheaper?  docs/math/stem.md has the answer.

    tools/low_rank.py MODEL.hdf...

Counts are MFLOP per second of data and input, of what grows with the filters: products of spectra (8 FLOP a bin and piece) and inverse transforms
(5 n log2 n), blocks as src/nn/filters.c has them.  A loss of SNR is the mean over the templates of 1 - |(g, g')| / (|g| |g'|), g' what is left of g.

- basis: K filters become R filters and a product with a K x R matrix at 512 Hz.
- slices, as Cannon et al. 2012 (arXiv:1107.2665) have them: the taps in slices, the cheapest of some ways to cut them, each slice at the lowest rate
  512/2^j Hz at which the bank loses less than a tenth of the loss asked for (what lies within a twentieth of the rate's edges counts as lost).  A slice
  filters its K templates or its basis, whichever is cheaper, in the cheapest blocks that are no longer than what lies in front of it.  Sums go
  up to the next rate through a half-band filter of 16 taps that are not zero: 32 FLOP an output sample and template.
- bins: nothing but that the long blocks leave out the bins where the bank has nothing, at that loss: no products there, and, where 64 of 512 are left,
  one of the three stages of the inverse transform less.
"""
import sys
import h5py
import numpy as np

RATE, HEAD, TAIL, CUTS = 512, 32, 256, ((256,), (128, 512), (128, 256, 512, 1024), (64, 128, 256, 512, 1024), (256, 512, 1024))


def filters_cost(taps, block, rate):
    """One filter in blocks, FLOP a second."""
    n = 2 * block
    return rate / block * (n * -(-taps // block) * 8 + 5 * n * np.log2(n))


def present(taps):
    return filters_cost(TAIL, HEAD, RATE) + filters_cost(taps - TAIL, TAIL, RATE)


def ranks(parts, loss):
    """Components of each part that together leave that mean loss, of parts of templates whose squared norms sum to 1."""
    s2 = [np.linalg.svd(p, compute_uv=False) ** 2 for p in parts]
    every = np.sort(np.concatenate(s2))
    cut = every[np.searchsorted(np.cumsum(every), (1 - (1 - loss) ** 2) * len(parts[0]))]
    return [int(np.sum(s >= cut)) for s in s2]


def lowest_rate(part, lost):
    """Of 512/2^j Hz; parts are analytic, so that frequencies of 0 to the rate fit."""
    n = 8192
    power = np.abs(np.fft.fft(part, n, axis=1)) ** 2 / n
    f, rate = np.fft.fftfreq(n) * RATE % RATE, RATE
    while rate > 16:
        half = rate / 2
        out = (f > 0.95 * half) & (f < RATE - 0.05 * half)
        if power[:, out].sum() / len(part) > lost:
            break
        rate //= 2
    return rate


def slices(g, loss, cuts):
    """Cost by slices, and what each one does."""
    K, begin, parts, plan = len(g), 0, [], []
    for end in (*cuts, g.shape[1]):
        part = g[:, begin:end]
        rate = RATE if begin == 0 else lowest_rate(part, 0.1 * (1 - (1 - loss) ** 2))
        parts.append(part)
        plan.append([begin, end, rate])
        begin = end
    total, words = 0, []
    for (begin, end, rate), R in zip(plan, ranks(parts, 0.7 * loss)):
        taps = -(-(end - begin) * rate // RATE)
        longest = HEAD if begin == 0 else begin * rate // RATE
        one = min(filters_cost(taps, b, rate) for b in (4, 8, 16, 32, 64, 128, 256) if b <= longest)
        direct, basis = K * one, R * one + 8 * K * R * rate
        total += min(direct, basis)
        words.append("%d-%d at %d Hz: %d" % (begin, end, rate, R) + (" direct" if direct <= basis else ""))
    rate = min(p[2] for p in plan)
    while rate < RATE:
        rate *= 2
        total += 32 * K * rate
    return total, "; ".join(words)


def bins(g, loss):
    """Lowest bins that the long blocks need for that loss, and the cost then."""
    n, taps = 2 * TAIL, g.shape[1]
    power = sum(np.abs(np.fft.fft(g[:, i:i + TAIL], n, axis=1)) ** 2 for i in range(TAIL, taps, TAIL)).mean(0) / n
    below = n // 64  # frequencies under 0, which a cut piece has
    power = np.roll(power, below)
    kept = np.argmax(np.cumsum(power) >= power.sum() - (1 - (1 - loss) ** 2)) + 1
    products = RATE / TAIL * (n - kept) * -(-(taps - TAIL) // TAIL) * 8
    stage = RATE / TAIL * 5 * n * 3 if kept <= 64 else 0
    return kept, len(g) * (present(taps) - products - stage)


def measured(g, kept):
    """The loss by those bins in white noise: half the power of what changes, over that of the filters."""
    n, blocks, rng, taps = 2 * TAIL, 40, np.random.default_rng(0), g.shape[1]
    y = (rng.standard_normal((blocks + 1) * TAIL) + 1j * rng.standard_normal((blocks + 1) * TAIL)) / np.sqrt(2)
    x = np.fft.fft(np.lib.stride_tricks.sliding_window_view(y, n)[::TAIL], axis=1)
    left_out = np.ones(n)
    left_out[np.arange(-(n // 64), kept - n // 64)] = 0
    power, first = [], -(-taps // TAIL)
    for filter in g[::8]:
        pieces = [np.fft.fft(filter[i:i + TAIL], n) for i in range(TAIL, taps, TAIL)]
        lost = sum(x[first - p:blocks - p] * piece for p, piece in enumerate(pieces)) * left_out
        power.append(np.mean(np.abs(np.fft.ifft(lost, axis=1)[:, TAIL:]) ** 2))
    return np.mean(power) / 2


def main():
    for path in sys.argv[1:]:
        with h5py.File(path) as f:
            g = f["parameters/matched.filters"][:].astype(float)
        g = g[:, :, 0] + 1j * g[:, :, 1]
        g /= np.linalg.norm(g, axis=1, keepdims=True)
        K, taps = g.shape
        print("%s: %d filters of %d taps; now %.1f" % (path, K, taps, K * present(taps) / 1e6))
        for loss in (1e-2, 1e-3):
            R = ranks([g], loss)[0]
            cost, words = min(slices(g, loss, cuts) for cuts in CUTS)
            kept, pruned = bins(g, loss)
            print("  loss %g: basis of %d, %.1f (%.1f filters, %.1f matrix); slices %.1f (%s); %d bins of %d, %.1f, measured loss %.1e" % (
                loss, R, (R * present(taps) + 8 * K * R * RATE) / 1e6, R * present(taps) / 1e6, 8 * K * R * RATE / 1e6, cost / 1e6, words,
                kept, 2 * TAIL, pruned / 1e6, measured(g, kept)))


if __name__ == "__main__":
    main()
