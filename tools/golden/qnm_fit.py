#!/usr/bin/env python3
"""Chebyshev fit of the dominant (2,2,0) quasi-normal mode of Kerr, printed as C for gw/waveform/imrphenomd.c.

Leaver's continued fractions (Proc. R. Soc. A 402, 285, 1985) for s = -2, l = 2, n = 0, with 2M = 1 inside.  A spin a < 0 means
the m = -2 mode of a hole spinning at |a|, so that the curve is continuous through 0, as IMRPhenomD wants it.
Output: M*omega_R/(2 pi) and -M*omega_I/(2 pi).  Needs numpy 1.26 or later.
"""
import numpy as np

S = -2


def lentz(alpha, beta, gamma, n0, depth=1500):
    """beta_n0 - alpha gamma/(beta - ...) below n0 and above it: both tails of a three-term recurrence."""
    n = np.arange(depth, n0, -1)
    tail = -1.0 + 0j
    for k in n:
        tail = gamma(k) / (beta(k) - alpha(k) * tail)
    low = 0.0
    for k in range(n0):
        low = alpha(k) / (beta(k) - gamma(k) * low) if k else alpha(0) / beta(0)
    return beta(n0) - gamma(n0) * low - alpha(n0) * tail if n0 else beta(0) - alpha(0) * tail


def angular(c, m, A):
    k1, k2 = abs(m - S) / 2.0, abs(m + S) / 2.0
    return lentz(lambda n: -2 * (n + 1) * (n + 2 * k1 + 1),
                 lambda n: n * (n - 1) + 2 * n * (k1 + k2 + 1 - 2 * c) - (2 * c * (2 * k1 + S + 1) - (k1 + k2) * (k1 + k2 + 1))
                 - (c * c + S * (S + 1) + A),
                 lambda n: 2 * c * (n + k1 + k2 + S), 0, 400)


def radial(w, a, m, A):
    b = np.sqrt(1 - 4 * a * a)
    iw = 1j * w
    q = 2j / b * (w / 2 - a * m)
    c0 = 1 - S - iw - q
    c1 = -4 + 2 * iw * (2 + b) + 2 * q
    c2 = S + 3 - 3 * iw - q
    c3 = w * w * (4 + 2 * b - a * a) - 2 * a * m * w - S - 1 + (2 + b) * iw - A + (4 * w + 2j) / b * (w / 2 - a * m)
    c4 = S + 1 - 2 * w * w - (2 * S + 3) * iw - (4 * w + 2j) / b * (w / 2 - a * m)
    return lentz(lambda n: n * n + (c0 + 1) * n + c0,
                 lambda n: -2 * n * n + (c1 + 2) * n + c3,
                 lambda n: n * n + (c2 - 3) * n + c4 - c2 + 2, 0)


def newton(f, x):
    h = 1e-6
    for _ in range(60):
        g = f(x)
        d = (f(x + h) - f(x - h)) / (2 * h)
        step = g / d
        x = x - step
        if abs(step) < 1e-13:
            break
    return x


def solve(spin, w):
    a, m = abs(spin) / 2, 2 if spin >= 0 else -2

    def separation(w_):
        return newton(lambda A_: angular(a * w_, m, A_), 2 * 3 - S * (S + 1) - 2 * a * w_ * S * S * m / 6)

    return newton(lambda w_: radial(w_, a, m, separation(w_)), w)


def table(points):
    """Continuation in the spin from Schwarzschild's value, outwards in both directions."""
    out = {}
    start = 2 * (0.37367168 - 0.08896232j)
    for sign in (1, -1):
        w, last, slope = start, 0.0, 0.0
        for p in sorted((x for x in points if (x >= 0) == (sign > 0)), key=abs):
            for s in np.linspace(last, p, max(2, int(abs(p - last) / 0.02) + 2))[1:]:
                new = solve(s, w)
                w = new
            out[p], last = w / 2, p
    return out


if __name__ == "__main__":
    # In u = (1 - a)^(1/2) the curve is smooth up to the extreme hole; u runs over [u0, sqrt 2].
    order, u0 = 28, np.sqrt(1 - 0.9999)
    lo, hi = u0, np.sqrt(2.0 - 1e-4)
    x = np.cos(np.pi * (np.arange(4 * order) + 0.5) / (4 * order))
    u = 0.5 * (lo + hi) + 0.5 * (hi - lo) * x
    a = 1 - u * u
    values = table(list(a))
    f = np.array([values[k] for k in a])
    fr, fd = f.real / (2 * np.pi), -f.imag / (2 * np.pi)
    for name, y in (("ring", fr), ("damp", fd)):
        c = np.polynomial.chebyshev.chebfit(x, y, order)
        print(f"/* {name}: largest residual {np.max(np.abs(np.polynomial.chebyshev.chebval(x, c) - y)):.1e} */")
        print(",\n".join("    %.16e" % v for v in c))
