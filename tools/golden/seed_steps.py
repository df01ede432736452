#!/usr/bin/env python3
"""Config seed of the peers' JAX pipeline, one forward pass and ten training steps: writes tests/golden/seed_steps.h.

The referee is Flax, JAX and optax (pip install jax==0.10.2 jaxlib==0.10.2 flax==0.12.8 optax==0.2.8 numpy==2.4.6): the network
of `jax_pipeline.py --config seed` at its full width, of Flax's own modules, with its loss and its optimizer, in double precision
and on a batch of 4.  It is written down here again, so that the header does not depend on a script which is not ours.

    strain (4,4096,1) -> four causal convolutions k9 s2, 64/128/256/256 channels, GELU (tanh form) -> z (4,256,256)
      -> GRU of 256 -> c (4,256,256) -> ON = c[t]-c[t-1] > 0.1, OFF = c[t-1]-c[t] > 0.1, none at t=0 -> events (4,256,512)
      -> two layers of current-based LIF neurons, 256 and 128 -> mean of the spikes over time -> 2 logits
    loss = InfoNCE over 12 steps (cosine / 0.1, negatives are the same step of the other items) + cross-entropy of the logits
    optax.adamw(1e-4): weight decay 1e-4 on every tensor, no clipping, constant rate

Parameters and strain come from an integer hash that the test has too, so the header holds results only.  Where a decision stands
within rounding of its threshold a float and a double may disagree about a spike, and then about all that follows; and where an
element of a gradient is zero within rounding they may disagree about its sign, which is all that Adam's first steps look at.
So the strain is loud for a short stretch only and many neurons fire of their bias alone, which leaves few such decisions.  Of the
first sixteen salts four keep their spikes for six steps when the start is disturbed by as much as rounding (1.2e-7 of each
parameter); SALT is the one of these whose closest decision is farthest off.  Ten steps are too many for all of a million decisions
each: the last ones compare trajectories that have parted, in a few spikes.  A run in single precision follows, and its distance
from the double one stands in the header, step by step and tensor by tensor, as the yardstick for tolerances.

    python3 tools/golden/seed_steps.py > tests/golden/seed_steps.h
    python3 tools/golden/seed_steps.py --search 16      # salt, steps with the same spikes, closest decision of these, shares of spikes
"""
import importlib.metadata
import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

B, N, T, WIDTHS, KERNEL, STRIDE, C, H, K, STEPS = 4, 4096, 256, (64, 128, 256, 256), 9, 2, 256, (256, 128), 12, 10
THRESHOLD, SLOPE, TEMPERATURE, RATE = 0.1, 25.0, 0.1, 1e-4
A_MEM, A_SYN = np.float32(np.exp(-1e-3 / 20e-3)), np.float32(np.exp(-1e-3 / 5e-3))
SALT = 9
SAMPLES, CONTEXT_SAMPLES = 8, 16  # elements that the header lists, of a gradient and of the context


def uniform(stream, n):
    """n numbers in [-1/2, 1/2), multiples of 2^-24, from 32-bit integer arithmetic (MurmurHash3's finaliser)."""
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(stream) * np.uint64(0x9E3779B9) + np.arange(n, dtype=np.uint64) * np.uint64(0x85EBCA6B)
         + np.uint64(SALT) * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) * 2.0**-24 - 0.5


def layout():
    """name, shape, width of the uniform start around zero"""
    rows, cin = [], 1
    for i, c in enumerate(WIDTHS):
        rows += [(f"stem.{i}.weight", (KERNEL, cin, c), 4.0 / (KERNEL * cin) ** 0.5), (f"stem.{i}.bias", (c,), 0.2)]
        cin = c
    rows += [("context.input.weight", (C, 3 * C), 0.25), ("context.input.bias", (3 * C,), 0.2),
             ("context.recurrent.weight", (C, 3 * C), 0.1875), ("context.recurrent.bias", (C,), 0.2),
             ("cpc.weight", (C, K * C), 0.1875),
             ("lif.0.weight", (2 * C, H[0]), 0.125), ("lif.0.bias", (H[0],), 0.078125),
             ("lif.1.weight", (H[0], H[1]), 0.0625), ("lif.1.bias", (H[1],), 0.078125),
             ("readout.weight", (H[1], 2), 0.5)]
    return rows


NAMES = [row[0] for row in layout()]


def rounded(x, dtype):
    return jnp.asarray(x.astype(np.float32), dtype)


def start(dtype):
    return {name: rounded(width * uniform(i, int(np.prod(shape))), dtype).reshape(shape) for i, (name, shape, width) in enumerate(layout())}


def strain(dtype):
    """Loud for 128 samples, which begin elsewhere in every item; 1/32 of that before and after."""
    x = np.stack([uniform(1000 + b, N) for b in range(B)])
    at = np.arange(N) - np.array([[512 + 640 * b] for b in range(B)])
    return rounded(np.where((at >= 0) & (at < 128), 8.0, 0.25) * x, dtype)[:, :, None]


@jax.custom_jvp
def spike(v):
    return (v > 0).astype(v.dtype)


spike.defjvp(lambda v, dv: (spike(v[0]), dv[0] / (1.0 + SLOPE * jnp.abs(v[0])) ** 2))


def network(p, x):
    """latents, context, events, spikes of both layers, logits, and the distance of the closest decision to its threshold"""
    z = x
    for i, c in enumerate(WIDTHS):
        layer = nn.Conv(c, (KERNEL,), strides=(STRIDE,), padding="CAUSAL", param_dtype=x.dtype)
        z = nn.gelu(layer.apply({"params": {"kernel": p[f"stem.{i}.weight"], "bias": p[f"stem.{i}.bias"]}}, z))
    wi, bi = jnp.split(p["context.input.weight"], 3, 1), jnp.split(p["context.input.bias"], 3)
    wh = jnp.split(p["context.recurrent.weight"], 3, 1)
    cell = {f"i{g}": {"kernel": wi[n], "bias": bi[n]} for n, g in enumerate("rzn")}
    cell |= {f"h{g}": {"kernel": wh[n]} for n, g in enumerate("rzn")}
    cell["hn"]["bias"] = p["context.recurrent.bias"]
    c = nn.RNN(nn.GRUCell(C, param_dtype=x.dtype)).apply({"params": {"cell": cell}}, z)
    d = jnp.diff(c, axis=1, prepend=c[:, :1])
    drive = jnp.concatenate([d - THRESHOLD, -d - THRESHOLD], -1)
    s, closest, layers = spike(drive), jnp.min(jnp.abs(drive)), []
    layers.append(s)
    for n in (0, 1):
        def step(state, current):
            i, v = state
            i = A_SYN.astype(x.dtype) * i + current
            v = A_MEM.astype(x.dtype) * v + i
            o = spike(v - 1.0)
            return (i, v * (1.0 - o)), (o, jnp.min(jnp.abs(v - 1.0)))

        zero = jnp.zeros((B, H[n]), x.dtype)
        s, near = jax.lax.scan(step, (zero, zero), jnp.swapaxes(s @ p[f"lif.{n}.weight"] + p[f"lif.{n}.bias"], 0, 1))[1]
        s, closest = jnp.swapaxes(s, 0, 1), jnp.minimum(closest, jnp.min(near))
        layers.append(s)
    return z, c, layers, s.mean(1) @ p["readout.weight"], closest


def unit(v):
    return v / jnp.linalg.norm(v, axis=-1, keepdims=True)


def loss(p, x):
    z, c, layers, logits, closest = network(p, x)
    pred = (c @ p["cpc.weight"]).reshape(B, T, K, C)
    nce = 0.0
    for k in range(1, K + 1):
        score = jnp.einsum("btf,ctf->tbc", unit(pred[:, :-k, k - 1]), unit(z[:, k:])) / TEMPERATURE
        nce -= jnp.mean(jnp.diagonal(jax.nn.log_softmax(score, -1), axis1=1, axis2=2)) / K
    ce = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.arange(B) % 2).mean()
    counts = jnp.array([jnp.sum(s) for s in layers])
    return nce + ce, (jnp.array([nce + ce, nce, ce]), counts, closest, c, logits)


optimizer = optax.adamw(RATE)


@jax.jit
def train_step(p, state, x):
    (_, seen), grads = jax.value_and_grad(loss, has_aux=True)(p, x)
    update, state = optimizer.update(grads, state, p)
    return optax.apply_updates(p, update), state, grads, seen


def run(dtype):
    x, p = strain(dtype), start(dtype)
    first, state = p, optimizer.init(p)
    out = dict(loss=[], counts=[], closest=np.inf)
    for n in range(STEPS):
        p, state, grads, (parts, counts, closest, c, logits) = train_step(p, state, x)
        if n == 0:
            out |= dict(grad={k: np.asarray(g, np.float64).ravel() for k, g in grads.items()}, c=np.asarray(c, np.float64),
                        logits=np.asarray(logits, np.float64))
        out["loss"].append([float(v) for v in parts])
        out["counts"].append([int(v) for v in counts])
        out["closest"] = min(out["closest"], float(closest))
    out["change"] = {k: (np.asarray(p[k], np.float64) - np.asarray(first[k], np.float64)).ravel() for k in NAMES}
    return out


def picks(stream, n, size):
    return [int((u + 0.5) * size) for u in uniform(stream, n)]


def signed(stream, x):
    return float(np.sum(np.where(uniform(stream, x.size) < 0, -1.0, 1.0) * x))


def norm(x):
    return float(np.sqrt(np.sum(x**2)))


def search():
    """How long two runs in single precision have the same spikes when they begin with a difference of the size of rounding."""
    x, p, rng = strain(jnp.float32), start(jnp.float32), np.random.default_rng(SALT)
    q = {k: v * jnp.asarray(1.0 + 1.2e-7 * rng.choice([-1.0, 0.0, 1.0], v.shape), v.dtype) for k, v in p.items()}
    state_p, state_q, closest, shares, n = optimizer.init(p), optimizer.init(q), np.inf, "", 0
    while n < STEPS:
        p, state_p, _, (_, spikes_p, near, _, _) = train_step(p, state_p, x)
        q, state_q, _, (_, spikes_q, _, _, _) = train_step(q, state_q, x)
        if np.any(spikes_p != spikes_q):
            break
        closest = min(closest, float(near))
        shares = shares or " ".join(f"{v / (B * T * w):.3f}" for v, w in zip(spikes_p, (2 * C, *H)))
        n += 1
    print(SALT, n, f"{closest:.3g}", shares, flush=True)


def worst(a, b):
    """How far b is from a, over the norm of a."""
    return norm(np.asarray(a, np.float64) - np.asarray(b, np.float64)) / norm(np.asarray(a, np.float64))


def yardstick(double, single):
    """What single precision alone does to these numbers, in lines for a comment."""
    yield "How far the same run in single precision is from this one"
    yield f"  context, largest element  {np.max(np.abs(double['c'] - single['c'])):.1e}"
    yield f"  logits, largest           {np.max(np.abs(double['logits'] - single['logits'])):.1e}"
    yield ""
    yield "  step  contrastive  cross-entropy  events  spikes 0  spikes 1"
    for n in range(STEPS):
        loss = np.abs(np.array(double["loss"][n]) - np.array(single["loss"][n]))
        count = np.array(single["counts"][n]) - np.array(double["counts"][n])
        yield f"  {n:4}  {loss[1]:11.1e}  {loss[2]:13.1e}  {count[0]:6}  {count[1]:8}  {count[2]:8}"
    yield ""
    yield "                            gradient of the first step, change of ten steps, both over their norm; norm of that change, relative"
    for k in NAMES:
        change = double["change"][k], single["change"][k]
        yield (f"  {k:24}  {worst(double['grad'][k], single['grad'][k]):.1e}  {worst(*change):.1e}  "
               f"{abs(norm(change[1]) / norm(change[0]) - 1):.1e}")


def write(double, single):
    version = ", ".join(f"{m} {importlib.metadata.version(m)}" for m in ("jax", "flax", "optax", "numpy"))
    same = next((n for n in range(STEPS) if single["counts"][n] != double["counts"][n]), STEPS)
    print(f"""/* Made by tools/golden/seed_steps.py with {version}: do not edit.
 *
 * Config seed of the peers' JAX pipeline, batch {B}, {STEPS} steps of training in double precision.
 *
 * uniform(stream, i), i counting elements row-major, is the hash of joint_steps.py with SEED_SALT.  Tensor r of seed_tensor starts as
 * (float)(width * uniform(r, i)).  Item b's strain is (float)(a * uniform(1000 + b, i)), i = 0..{N - 1}; a is 8 where
 * 512 + 640 b <= i < 512 + 640 b + 128, and 0.25 elsewhere.  Its label is b mod 2.
 *
 * stem.N.weight (k,cin,cout)     Flax's causal padding: row t sees input rows {STRIDE}t-{KERNEL - 1}..{STRIDE}t, tap j row {STRIDE}t-{KERNEL - 1}+j; zeros before row 0
 * context.*.weight (C,3C)        columns of the gates in order r, u (Flax's z), n; h' = (1-u) n + u h; state 0 before step 0
 * context.input.bias (3C)        as above;  context.recurrent.bias (C) is n's, inside of its product with r
 * cpc.weight (C,K*C)             columns of step k = 1..K in order; predictions from rows 0..T-1-k
 * lif.0.weight (2C,{H[0]})          rows ON, then OFF;  i = a_syn i + x, v = a_mem v + i, spike where v > 1, then v = 0; decays
 *                                (float)exp(-1/5), (float)exp(-1/20)
 * readout.weight ({H[1]},2)         of the mean of the second layer's spikes over time; no bias
 *
 * Surrogate derivative of every step function 1/(1 + {SLOPE:.0f}|v|)^2, thresholds of the bridge fixed at {THRESHOLD}, gradient also through the
 * reset.  The cosine's norms have no epsilon; the 12 contrastive losses are means over rows and items each, and averaged.
 *""")
    for line in yardstick(double, single):
        print(f" * {line}".rstrip())
    print(f""" */
#ifndef GWS_GOLDEN_SEED_STEPS_H
#define GWS_GOLDEN_SEED_STEPS_H

#define SEED_SALT {SALT}
#define SEED_SAME {same} /* steps from the first in which single precision has as many spikes as double */
#define SEED_CLOSEST {double["closest"]:.3g} /* of all decisions of ten steps to their threshold */

/* context of item b at the first step: norm, and sum with signs from the hash (minus where uniform(700 + b, i) < 0) */
static const double seed_context[{B}][2] = {{""")
    for b in range(B):
        print(f"    {{{norm(double['c'][b]):.12g}, {signed(700 + b, double['c'][b].ravel()):.12g}}},")
    print("};\n\n/* some elements of it: index i into (B,T,C), value */")
    print(f"static const struct {{\n    int i;\n    double value;\n}} seed_context_at[{CONTEXT_SAMPLES}] = {{")
    for i in picks(800, CONTEXT_SAMPLES, double["c"].size):
        print(f"    {{{i}, {double['c'].ravel()[i]:.12g}}},")
    print(f"}};\n\nstatic const double seed_logits[{B}][2] = {{")
    for row in double["logits"]:
        print("    {" + ", ".join(f"{v:.12g}" for v in row) + "},")
    print("};\n\n/* events of the bridge, spikes of the first and of the second layer, in the forward pass of each step */")
    print(f"static const int seed_spikes[{STEPS}][3] = {{")
    for row in double["counts"]:
        print("    {" + ", ".join(map(str, row)) + "},")
    print(f"}};\n\n/* total, contrastive, cross-entropy */\nstatic const double seed_loss[{STEPS}][3] = {{")
    for row in double["loss"]:
        print("    {" + ", ".join(f"{v:.12f}" for v in row) + "},")
    print("};\n\n/* per tensor: width of its start; gradient of the first step: norm, sum with signs (stream 500 + r), some elements; what ten\n"
          " * steps changed: norm, sum with the same signs */")
    print(f"static const struct {{\n    const char *name;\n    double width, norm, sum;\n    struct {{\n        int i;\n        double value;\n    }} at[{SAMPLES}];\n"
          f"    double change_norm, change_sum;\n}} seed_tensor[{len(NAMES)}] = {{")
    for r, (name, _, width) in enumerate(layout()):
        g, d = double["grad"][name], double["change"][name]
        at = ", ".join(f"{{{i}, {g[i]:.10g}}}" for i in picks(600 + r, SAMPLES, g.size))
        print(f'    {{"{name}", {width:.17g}, {norm(g):.10g}, {signed(500 + r, g):.10g},')
        print(f"     {{{at}}},")
        print(f"     {norm(d):.10g}, {signed(500 + r, d):.10g}}},")
    print("};\n\n#endif")


def main():
    global SALT
    if sys.argv[1:2] == ["--search"]:
        for SALT in range(int(sys.argv[2])):
            search()
    else:
        write(run(jnp.float64), run(jnp.float32))


if __name__ == "__main__":
    main()
