#!/usr/bin/env python3
"""Ten joint training steps of a small network in JAX: writes tests/golden/joint_steps.h.

The referee is JAX's own differentiation (pip install jax==0.10.2 jaxlib==0.10.2 optax==0.2.4): the network and its losses are
written here from the formulas of docs/math/network.md, jax.grad makes the gradients, optax the losses, the clipping, AdamW and
the schedule, all in double precision.  The spikes are true steps with the surrogate as their derivative (custom_jvp).

Parameters and windows come from an integer hash that the test has too, so the header holds losses and checksums only.  Where a
membrane stands within rounding of its threshold a float and a double may disagree about a spike, and then about all that
follows; SALT is chosen such that the closest of all the decisions is not that close, and the header says how close it is.

    python3 tools/golden/joint_steps.py > tests/golden/joint_steps.h
"""
import importlib.metadata
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

IFOS, CHANNELS, KERNELS, STRIDES = 2, (8, 16, 16), (8, 4, 4), (4, 2, 2)
H1, H2, K = 12, 8, 3
T, BATCH, STEPS, WARMUP = 32, 4, 10, 3
ANCHORS = T - K - 1  # every step: then nothing is left to draw
LR, BETA2, DECAY, SPIKING_LR, CLIP, TEMPERATURE = 4e-3, 0.99, 0.01, 0.1, 0.4, 0.1
CPC, SPIKING, LINEAR, DISTIL = 0.1, 1.0, 0.7, 0.25
BRIDGE_SLOPE, LIF_SLOPE = 20.0, 5.0
SALT = int(sys.argv[1]) if len(sys.argv) > 1 else 2
C = CHANNELS[-1]


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
    """name, shape, centre and width of the uniform start"""
    rows, cin = [], IFOS
    for i, (k, c) in enumerate(zip(KERNELS, CHANNELS)):
        rows += [(f"stem.{i}.weight", (k, cin, c), 0.0, 4.0 / (k * cin) ** 0.5), (f"stem.{i}.bias", (c,), 0.0, 0.2)]
        cin = c
    width = 3.4 / C**0.5
    rows += [("context.input.weight", (C, 3 * C), 0.0, width), ("context.input.bias", (3 * C,), 0.0, 0.2),
             ("context.recurrent.weight", (C, 3 * C), 0.0, width), ("context.recurrent.bias", (C,), 0.0, 0.2),
             ("cpc.weight", (C, K * C), 0.0, width), ("linear.weight", (C, 1), 0.0, 2.0), ("linear.bias", (1,), 0.0, 0.2),
             ("bridge.threshold", (C,), -2.0, 1.0)]
    for i, (n, h) in enumerate(((2 * C, H1), (H1, H2))):
        rows += [(f"lif.{i}.weight", (n, h), 0.0, 0.5), (f"lif.{i}.bias", (h,), 0.0, 0.05), (f"lif.{i}.synapse", (h,), 0.5, 1.0),
                 (f"lif.{i}.membrane", (h,), 1.0, 1.0)]
    rows += [("readout.membrane.0", (H1, 1), 0.0, 0.4), ("readout.membrane.1", (H2, 1), 0.0, 0.4),
             ("readout.spike.1", (H2, 1), 0.0, 0.4), ("readout.bias", (1,), 0.0, 0.1), ("readout.leak", (1,), 0.0, 1.0)]
    return rows


def start():
    return {name: jnp.asarray((centre + width * uniform(i, int(np.prod(shape)))).astype(np.float32).astype(np.float64).reshape(shape))
            for i, (name, shape, centre, width) in enumerate(layout())}


def window(k):
    """Input, targets and weights of window k."""
    hop = int(np.prod(STRIDES))
    x = (4.0 * uniform(1000 + k, T * hop * IFOS)).astype(np.float32).astype(np.float64).reshape(T * hop, IFOS)
    after = np.arange(T) - (8 + k * 5 % 16)  # steps since the "merger"
    target = ((after >= 0) & (after < 4)).astype(np.float64)
    weight = np.where(target > 0, 4.0, np.where((after >= -3) & (after < 7), 0.0, 1.0))
    weight[:2] = 0.0
    return x, target, weight


def step_with_surrogate(slope):
    @jax.custom_jvp
    def step(v):
        return (v > 0).astype(v.dtype)

    step.defjvp(lambda v, dv: (step(v[0]), dv[0] / (1.0 + slope * jnp.abs(v[0])) ** 2))
    return step


bridge_step, lif_step = step_with_surrogate(BRIDGE_SLOPE), step_with_surrogate(LIF_SLOPE)


def lif(p, name, x):
    """Current, membrane, strict threshold at 1, reset to zero in the same step; no gradient through the reset."""
    a_s, a_m = jax.nn.sigmoid(p[name + ".synapse"]), jax.nn.sigmoid(p[name + ".membrane"])

    def one(state, xt):
        i, v = state
        i = a_s * i + xt
        u = a_m * v + i
        s = lif_step(u - 1.0)
        return (i, u * (1.0 - jax.lax.stop_gradient(s))), (u, s)

    zero = jnp.zeros(x.shape[1])
    return jax.lax.scan(one, (zero, zero), x)[1]


def network(p, x):
    """One window: latents, context, two logit tracks, and what the decisions were made on."""
    z = x
    for i, (k, s) in enumerate(zip(KERNELS, STRIDES)):
        z = jnp.pad(z, ((k - s, 0), (0, 0)))
        z = jax.lax.conv_general_dilated(z[None], p[f"stem.{i}.weight"], (s,), "VALID", dimension_numbers=("NWC", "WIO", "NWC"))[0]
        z = jax.nn.gelu(z + p[f"stem.{i}.bias"], approximate=True)

    def gru(h, zt):
        xr, xu, xc = jnp.split(zt @ p["context.input.weight"] + p["context.input.bias"], 3)
        hr, hu, hc = jnp.split(h @ p["context.recurrent.weight"], 3)
        r, u = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xu + hu)
        h = (1.0 - u) * jnp.tanh(xc + r * (hc + p["context.recurrent.bias"])) + u * h
        return h, h

    c = jax.lax.scan(gru, jnp.zeros(C), z)[1]
    y_linear = (c @ p["linear.weight"])[:, 0] + p["linear.bias"]
    rise = jnp.diff(c, axis=0, prepend=jnp.zeros((1, C)))
    threshold = jax.nn.softplus(p["bridge.threshold"])
    on, off = rise - threshold, -rise - threshold
    events = jnp.concatenate([bridge_step(on), bridge_step(off)], axis=1)
    u1, s1 = lif(p, "lif.0", events @ p["lif.0.weight"] + p["lif.0.bias"])
    u2, s2 = lif(p, "lif.1", s1 @ p["lif.1.weight"] + p["lif.1.bias"])
    drive = (u1 @ p["readout.membrane.0"] + u2 @ p["readout.membrane.1"] + s2 @ p["readout.spike.1"])[:, 0] + p["readout.bias"]
    leak = jax.nn.sigmoid(p["readout.leak"])[0]
    y = jax.lax.scan(lambda o, d: (leak * o + d,) * 2, 0.0, drive)[1]
    margin = jnp.min(jnp.array([jnp.min(jnp.abs(m)) for m in (on, off, u1 - 1.0, u2 - 1.0)]))
    return z, c, y, y_linear, margin, jnp.array([events.mean(), s1.mean(), s2.mean()])


def infonce(p, z, c):
    def unit(v):
        return v / jnp.sqrt(jnp.sum(v * v, axis=-1, keepdims=True) + 1e-12)

    at = jnp.arange(ANCHORS)
    pred = unit((c[:, at] @ p["cpc.weight"]).reshape(BATCH, ANCHORS, K, C))
    zn = unit(z)

    def one(b, a, k):
        scores = jnp.concatenate([zn[b, at + k], zn[:, a + k]]) @ pred[b, a, k - 1] / TEMPERATURE
        true = scores[a]
        scores = scores.at[ANCHORS + b].set(-jnp.inf)  # the true target again, as item b of the batch
        return jax.nn.logsumexp(scores) - true

    b, a, k = jnp.meshgrid(jnp.arange(BATCH), at, jnp.arange(1, K + 1), indexing="ij")
    return jnp.mean(jax.vmap(one)(b.ravel(), a.ravel(), k.ravel()))


def loss(p, x, target, weight):
    z, c, y, y_linear, margin, rates = jax.vmap(lambda one: network(p, one))(x)
    share = weight / jnp.sum(weight)
    parts = jnp.array([infonce(p, z, c), jnp.sum(share * optax.sigmoid_binary_cross_entropy(y, target)),
                       jnp.sum(share * optax.sigmoid_binary_cross_entropy(y_linear, target)),
                       jnp.sum(share * optax.huber_loss(y, jax.lax.stop_gradient(y_linear), delta=1.0))])
    return jnp.dot(jnp.array([CPC, SPIKING, LINEAR, DISTIL]), parts), (parts, jnp.min(margin), jnp.mean(rates, axis=0))


def group(name):
    if name.startswith(("stem.", "context.", "cpc.")):
        return "encoder"
    return "linear" if name.startswith("linear.") else "spiking"


def small(name):
    return name.startswith("readout.membrane") or (name.startswith("lif.") and name.endswith((".weight", ".bias")))


both = jax.jit(jax.value_and_grad(loss, has_aux=True))


def main():
    names = [row[0] for row in layout()]
    params = first = start()
    schedule = optax.join_schedules([lambda n: LR * (n + 1) / WARMUP, optax.cosine_decay_schedule(LR, STEPS - WARMUP, 0.02)], [WARMUP])
    matrices = {name: params[name].ndim > 1 for name in names}

    def adamw(factor):
        return optax.adamw(lambda n: factor * schedule(n), b1=0.9, b2=BETA2, eps=1e-8, weight_decay=DECAY, mask=lambda q: {
            name: matrices[name] if not isinstance(q[name], optax.MaskedNode) else False for name in q})

    optimizer = optax.chain(
        optax.multi_transform({g: optax.clip_by_global_norm(CLIP) for g in ("encoder", "spiking", "linear")}, {n: group(n) for n in names}),
        optax.multi_transform({"small": adamw(SPIKING_LR), "rest": adamw(1.0)}, {n: "small" if small(n) else "rest" for n in names}))
    state = optimizer.init(params)
    rows, closest, norms = [], np.inf, []
    for n in range(STEPS):
        batch = [np.stack(a) for a in zip(*(window(n * BATCH + b) for b in range(BATCH)))]
        (total, (parts, margin, rates)), grads = both(params, *batch)
        updates, state = optimizer.update(grads, state, params)
        params = optax.apply_updates(params, updates)
        rows.append([float(total), *map(float, parts)])
        closest = min(closest, float(margin))
        norms.append([sum(float(jnp.sum(grads[m] ** 2)) for m in names if group(m) == g) ** 0.5 for g in ("encoder", "spiking", "linear")])
        print(n, rows[-1], "margin", float(margin), "rates", rates, "norms", norms[-1], file=sys.stderr)
    version = ", ".join(f"{m} {importlib.metadata.version(m)}" for m in ("jax", "optax", "numpy"))
    print(f"/* Made by tools/golden/joint_steps.py with {version}: do not edit. */")
    print("#ifndef GWS_GOLDEN_JOINT_STEPS_H\n#define GWS_GOLDEN_JOINT_STEPS_H\n")
    print(f"#define GOLDEN_SALT {SALT}")
    print(f"#define GOLDEN_CLOSEST {closest:.3g} /* of all decisions to their threshold */\n")
    print(f"/* total, contrastive, spiking, linear, distillation */\nstatic const double golden_loss[{STEPS}][5] = {{")
    for row in rows:
        print("    {" + ", ".join(f"{v:.12f}" for v in row) + "},")
    print("};\n\n/* norms of the gradients before clipping: encoder, spiking, linear */")
    print(f"static const double golden_norm[{STEPS}][3] = {{")
    for row in norms:
        print("    {" + ", ".join(f"{v:.9g}" for v in row) + "},")
    print("};\n\n/* per tensor, of what ten steps changed: its norm, and its sum with signs from the hash, stream 500 + row */")
    print(f"static const struct {{\n    const char *name;\n    double norm, sum;\n}} golden_change[{len(names)}] = {{")
    for i, name in enumerate(names):
        change = np.asarray(params[name] - first[name]).ravel()
        sign = np.where(uniform(500 + i, change.size) < 0, -1.0, 1.0)
        print(f'    {{"{name}", {np.sqrt(np.sum(change**2)):.9g}, {np.sum(sign * change):.9g}}},')
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
