#!/usr/bin/env python3
"""Spike encoders by snnTorch and by JAX: writes tests/golden/encoders.h.

snnTorch 1.0.0 (torch 2.15.0) referees the events of contrast (spikegen.delta with off_spike), the times of latency
(spikegen.latency_code; spikegen.latency rounds them to the nearest step, where the first step that exceeds is their whole part)
and the counts of rate (spikegen.rate).  Its encoders have no gradients and there is no send-on-delta: for those JAX
differentiates the equations of src/nn/encoder.h, in double precision, with the surrogate as the derivative of the step.

Inputs come from an integer hash that the test has too.

    pip install snntorch==1.0.0 jax==0.10.2
    python3 tools/golden/encoders.py > tests/golden/encoders.h
"""
import importlib.metadata

import jax
import jax.numpy as jnp
import numpy as np
import torch
from snntorch import spikegen

from neurons import step_of, uniform

jax.config.update("jax_enable_x64", True)
torch.set_default_dtype(torch.float64)

T, C, PERIOD, TAU = 40, 5, 8, 3.0
THRESHOLD = (6 + np.arange(C)) / 64  # of JAX's cases; snnTorch has one for all
ONE = 0.09375
DRAWS = 20000
RATES = (-0.5, 0.0, 0.03125, 0.25, 0.5, 0.8125, 1.0, 1.5)


def signal(salt, kind):
    """(T,C); a slow walk for delta, which must be able to follow, noise for the rest"""
    x = uniform(3 * salt, T * C).reshape(T, C)
    return np.cumsum(x, 0) / 4 if kind == "delta" else x


def by_jax(kind, surrogate, k, hold, x, c_s):
    step = step_of(surrogate, k)
    decisions = []

    def decide(d):
        decisions.append(d)
        return step(d)

    def loss(thr, x):
        decisions.clear()
        b, held, rows = jnp.zeros(C), jnp.zeros(C), []
        for t in range(T):
            before = x[t - 1] if t else jnp.zeros(C)
            if kind == "rate":
                p = x[t] / thr
                rows.append(jnp.concatenate([jnp.where(p > 0, jnp.clip(p, 0, 1), 0), jnp.where(p < 0, jnp.clip(-p, 0, 1), 0)]))
                continue
            if kind == "latency":
                held = x[t] if t % PERIOD == 0 else held
                w = [1 - np.exp(-(t % PERIOD + n) / TAU) for n in (1, 0)]
                on, off = (decide(s * held * w[0] - thr) - decide(s * held * w[1] - thr) for s in (1, -1))
            else:
                if kind == "delta":
                    b = x[t] if hold and t == 0 else b
                    d = x[t] - b
                else:
                    d = jnp.zeros(C) if hold and t == 0 else x[t] - before
                on, off = decide(d - thr), decide(-d - thr)
                b = b + thr * (on - off)
            rows.append(jnp.concatenate([on, off]))
        s = jnp.stack(rows)
        return jnp.sum(c_s * s), s

    (g_thr, g_x), s = jax.grad(loss, (0, 1), has_aux=True)(jnp.asarray(THRESHOLD), jnp.asarray(x))
    loss(jnp.asarray(THRESHOLD), jnp.asarray(x))
    margin = min((float(jnp.abs(d).min()) for d in decisions), default=1.0)
    return np.asarray(s), margin, np.asarray(g_x), np.asarray(g_thr)


def by_snntorch(kind, hold, x):
    if kind == "contrast":
        e = spikegen.delta(torch.tensor(x), threshold=ONE, padding=bool(hold), off_spike=True).numpy()
        d = np.diff(x, axis=0, prepend=x[:1] if hold else np.zeros((1, C)))
        return np.concatenate([e > 0, e < 0], 1).astype(float), np.abs(np.abs(d) - ONE).min()
    s, margin = np.zeros((T, 2 * C)), 1.0
    for t in range(0, T, PERIOD):
        data = torch.tensor(np.abs(x[t]))
        time, below = spikegen.latency_code(data, num_steps=PERIOD, threshold=ONE, tau=TAU, linear=False)
        rounded = spikegen.latency(data, num_steps=PERIOD, threshold=ONE, tau=TAU, linear=False, clip=True, bypass=True)
        for c in range(C):
            late = int(torch.round(time[c]))
            assert bool(below[c]) or late >= PERIOD or int(rounded[:, c].argmax()) == late
            if not below[c]:
                margin = min(margin, abs(float(time[c]) - round(float(time[c]))), abs(float(data[c]) - ONE))
                if time[c] < PERIOD:
                    s[t + int(time[c]), c if x[t, c] > 0 else C + c] = 1
    return s, margin


CASES = [("snntorch", "contrast", "fast_sigmoid", 0.0, 0), ("snntorch", "contrast", "fast_sigmoid", 0.0, 1),
         ("snntorch", "latency", "fast_sigmoid", 0.0, 0),
         ("jax", "contrast", "fast_sigmoid", 20.0, 0), ("jax", "contrast", "atan", 6.0, 1),
         ("jax", "delta", "fast_sigmoid", 20.0, 0), ("jax", "delta", "triangular", 4.0, 1), ("jax", "delta", "sigmoid", 10.0, 0),
         ("jax", "latency", "fast_sigmoid", 10.0, 0), ("jax", "latency", "boxcar", 4.0, 0), ("jax", "rate", "fast_sigmoid", 1.0, 0)]


def main():
    versions = ", ".join(f"{m} {importlib.metadata.version(m)}" for m in ("snntorch", "torch", "jax"))
    print(f"/* Made by tools/golden/encoders.py with {versions}: do not edit. */")
    print("#ifndef GWS_GOLDEN_ENCODERS_H\n#define GWS_GOLDEN_ENCODERS_H\n")
    print(f"enum {{ GOLDEN_T = {T}, GOLDEN_C = {C}, GOLDEN_PERIOD = {PERIOD}, GOLDEN_DRAWS = {DRAWS} }};\n#define GOLDEN_TAU {TAU}\n"
          f"#define GOLDEN_THRESHOLD {ONE} /* of snnTorch's cases */\n")
    print("/* Events are a bit a column, ON then OFF, of rate their expectation; gradients only where the referee has them. */")
    print("typedef struct golden_encoder {\n    const char *referee, *kind, *surrogate;\n    double slope;\n    int hold, salt;\n"
          "    const unsigned short *s;\n    const double *mean, *x, *threshold;\n} golden_encoder;\n")
    rows = []

    def array(name, ctype, values):
        print(f"static const {ctype} {name}[] = {{{', '.join(values)}}};")
        return name

    for i, (referee, kind, surrogate, k, hold) in enumerate(CASES):
        for salt in range(1000 + 40 * i, 1040 + 40 * i):
            x, c_s = signal(salt, kind), uniform(3 * salt + 1, T * 2 * C).reshape(T, 2 * C)
            s, margin, *gradients = by_jax(kind, surrogate, k, hold, x, c_s) if referee == "jax" else by_snntorch(kind, hold, x)
            if margin > 1e-4 and s.sum() > 10:
                break
        else:
            raise SystemExit(f"no salt for {referee} {kind}")
        bits = mean = "NULL"
        if kind == "rate":
            mean = array(f"golden_mean_{i}", "double", [f"{v:.8g}" for v in s.ravel()])
        else:
            bits = array(f"golden_s_{i}", "unsigned short", [str(int(sum(int(b) << j for j, b in enumerate(r)))) for r in s])
        fields = [array(f"golden_{n}_{i}", "double", [f"{v:.8g}" for v in g.ravel()]) for n, g in zip(("x", "threshold"), gradients)] or ["NULL"] * 2
        rows.append(f'    {{"{referee}", "{kind}", "{surrogate}", {k}, {hold}, {salt}, {bits}, {mean}, {", ".join(fields)}}},')
    print("\nstatic const golden_encoder golden_encoders[] = {\n" + "\n".join(rows) + "\n};\n")
    torch.manual_seed(7)
    counts = spikegen.rate(torch.tensor(RATES), num_steps=DRAWS).sum(0)
    print("/* spikegen.rate: how many of GOLDEN_DRAWS steps have a spike */")
    print("static const struct {\n    double value;\n    int count;\n} golden_rates[] = {"
          + ", ".join(f"{{{r}, {int(c)}}}" for r, c in zip(RATES, counts)) + "};\n\n#endif")


if __name__ == "__main__":
    main()
