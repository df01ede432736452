#!/usr/bin/env python3
"""Neurons of the libraries of the field, forward and gradients: writes tests/golden/neurons.h.

Referees: snnTorch 1.0.0 and Norse 1.1.0 (torch 2.15.0), Spyx 1.0.0 (jax 0.10.2), each through its own cells and its own
differentiation, and JAX's differentiation of the equations of src/nn/neuron.h where no library has the same semantics.  All in
double precision.  docs/math/neurons.md has the table of what differs and how it is brought together here:

  snnTorch  reset_delay=False resets in the step of the spike; its gradient then passes through the reset
  Norse     scales the input by dt/tau; gradients with respect to tau_inv are taken back to those of the decay
  Spyx      emits a spike one step late, so T+1 steps are run and the first output dropped; where its reset subtracts the
            threshold undecayed, the input is given what makes up for it (forward only)

Inputs come from an integer hash that the test has too.  No membrane comes nearer to its threshold than the header says.

    pip install snntorch==1.0.0 norse==1.1.0 spyx==1.0.0 jax==0.10.2
    python3 tools/golden/neurons.py > tests/golden/neurons.h
"""
import importlib.metadata

import jax
import jax.numpy as jnp
import numpy as np
import norse.torch.functional.leaky_integrator_box as norse_li
import norse.torch.functional.lif as norse_lif
import norse.torch.functional.lif_box as norse_box
import norse.torch.functional.reset as norse_reset
import snntorch
import snntorch.surrogate as snn_surrogate
import spyx.axn
import spyx.nn
import torch
from flax import nnx

jax.config.update("jax_enable_x64", True)
torch.set_default_dtype(torch.float64)

T, N = 24, 4
A_M, A_S = (40 + 4 * np.arange(N)) / 64, (20 + 5 * np.arange(N)) / 64
A_B, BETA = (50 + 2 * np.arange(N)) / 64, (8 + 3 * np.arange(N)) / 16


def uniform(stream, n):
    """n numbers in [-1/2, 1/2), multiples of 2^-24, from 32-bit integer arithmetic (MurmurHash3's finaliser)."""
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(stream) * np.uint64(0x9E3779B9) + np.arange(n, dtype=np.uint64) * np.uint64(0x85EBCA6B)) & mask
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & mask
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) * 2.0**-24 - 0.5


def inputs(salt, centre):
    """x, weights of spikes and of membranes in the loss, recurrent weights"""
    return (uniform(4 * salt, T * N).reshape(T, N) + centre, uniform(4 * salt + 1, T * N).reshape(T, N),
            uniform(4 * salt + 2, T * N).reshape(T, N), uniform(4 * salt + 3, N * N).reshape(N, N))


# ---- the equations, differentiated by JAX ----

SURROGATES = {
    "fast_sigmoid": lambda k, x: 1 / (1 + k * jnp.abs(x)) ** 2,
    "atan": lambda k, x: k / 2 / (1 + (jnp.pi * k * x / 2) ** 2),
    "superspike": lambda k, x: 1 / (1 + k * jnp.abs(x)) ** 2,
    "triangular": lambda k, x: jnp.maximum(0, 1 - k * jnp.abs(x)),
    "boxcar": lambda k, x: jnp.where(jnp.abs(x) < 1 / k, 0.5, 0),
    "sigmoid": lambda k, x: k * jax.nn.sigmoid(k * x) * jax.nn.sigmoid(-k * x),
}


def step_of(surrogate, k):
    @jax.custom_jvp
    def step(x):
        return jnp.where(x > 0, 1.0, 0.0)

    step.defjvp(lambda primal, tangent: (step(*primal), SURROGATES[surrogate](k, primal[0]) * tangent[0]))
    return step


def equations(model, reset, surrogate, k, through, p, x):
    step = step_of(surrogate, k)
    v = i = b = s = jnp.zeros(N)
    us, ss, margin = [], [], []
    for t in range(T):
        current = x[t]
        if model == "cuba":
            current = i = p["a_s"] * i + current
        if model == "recurrent":
            current = current + s @ p["rec"]
        u = v = p["a_m"] * v + current
        threshold = 1 + p["beta"] * b if model == "adaptive" else 1.0
        if model != "li":
            s = step(u - threshold)
            margin.append(u - threshold)
            r = s if through else jax.lax.stop_gradient(s)
            v = u * (1 - r) if reset == "hard" else u - r * threshold
        if model == "adaptive":
            b = p["a_b"] * b + (1 - p["a_b"]) * s
        us.append(u)
        ss.append(s)
    return jnp.stack(us), jnp.stack(ss), jnp.stack(margin) if margin else jnp.ones((T, N))


PARAMETERS = {"lif": ("a_m",), "cuba": ("a_m", "a_s"), "adaptive": ("a_m", "a_b", "beta"), "recurrent": ("a_m", "rec"), "li": ("a_m",)}


def by_jax(model, reset, surrogate, k, through, x, c_s, c_u, w, a_m=A_M):
    p = {n: v for n, v in (("a_m", a_m), ("a_s", A_S), ("a_b", A_B), ("beta", BETA), ("rec", w)) if n in PARAMETERS[model]}

    def loss(p, x):
        u, s, margin = equations(model, reset, surrogate, k, through, p, x)
        return jnp.sum(c_s * s) + jnp.sum(c_u * u), (u, s, margin)

    (g_p, g_x), (u, s, margin) = jax.grad(loss, (0, 1), has_aux=True)({n: jnp.asarray(v) for n, v in p.items()}, jnp.asarray(x))
    return {"v": reset_of(reset, np.asarray(u), np.asarray(s), np.asarray(u) - np.asarray(margin)), "s": np.asarray(s), "x": np.asarray(g_x),
            "margin": float(jnp.abs(margin).min()), **{n: np.asarray(v) for n, v in g_p.items()}}


def reset_of(reset, u, s, threshold):
    return u * (1 - s) if reset == "hard" else u - s * threshold


# ---- snnTorch ----

def by_snntorch(model, reset, surrogate, k, x, c_s, w):
    grad = {"fast_sigmoid": lambda: snn_surrogate.fast_sigmoid(slope=k), "atan": lambda: snn_surrogate.atan(alpha=k),
            "sigmoid": lambda: snn_surrogate.sigmoid(slope=k)}[surrogate]()
    common = {"spike_grad": lambda d: grad(d).to(d.dtype), "learn_beta": True, "reset_mechanism": {"hard": "zero", "soft": "subtract"}[reset], "reset_delay": False}
    if model == "lif":
        cell = snntorch.Leaky(beta=torch.tensor(A_M), **common)
    elif model == "cuba":
        cell = snntorch.Synaptic(alpha=torch.tensor(A_S), beta=torch.tensor(A_M), learn_alpha=True, **common)
    else:
        cell = snntorch.RLeaky(beta=torch.tensor(A_M), all_to_all=True, linear_features=N, **common)
        with torch.no_grad():
            cell.recurrent.weight.copy_(torch.tensor(w.T))
            cell.recurrent.bias.zero_()
    xt = torch.tensor(x, requires_grad=True)
    state = [torch.zeros(1, N) for _ in range({"lif": 1, "cuba": 2, "recurrent": 2}[model])]
    spikes, vs = [], []
    for t in range(T):
        out = cell(xt[t:t + 1], *state)
        spikes.append(out[0][0])
        vs.append(out[-1][0])
        state = list(out) if model == "recurrent" else list(out[1:])
    (torch.stack(spikes) * torch.tensor(c_s)).sum().backward()
    v = torch.stack(vs).detach().numpy()
    assert (v <= 1).all()  # above it snnTorch would skip a reset: the step's own is merged with the one it thinks is due
    out = {"v": v, "s": torch.stack(spikes).detach().numpy(), "x": xt.grad.numpy(), "a_m": cell.beta.grad.numpy()}
    if model == "cuba":
        out["a_s"] = cell.alpha.grad.numpy()
    if model == "recurrent":
        out["rec"] = cell.recurrent.weight.grad.numpy().T
    return out


def by_snntorch_late(surrogate, k, x, c_s):
    """Leaky to zero with its default, detached reset at the start of the next step: the same membranes before the reset."""
    cell = snntorch.Leaky(beta=torch.tensor(A_M), spike_grad=snn_surrogate.fast_sigmoid(slope=k), learn_beta=True, reset_mechanism="zero")
    xt, mem, spikes, vs = torch.tensor(x, requires_grad=True), torch.zeros(1, N), [], []
    for t in range(T):
        s, mem = cell(xt[t:t + 1], mem)
        spikes.append(s[0])
        vs.append((mem * (1 - s)).detach()[0])
    (torch.stack(spikes) * torch.tensor(c_s)).sum().backward()
    return {"v": torch.stack(vs).numpy(), "s": torch.stack(spikes).detach().numpy(), "x": xt.grad.numpy(), "a_m": cell.beta.grad.numpy()}


# ---- Norse ----

DT = 2.0**-10


def by_norse(model, reset, x, c_s, c_u):
    """Its decay is 1 - dt tau_inv and its input is scaled by dt tau_inv: given x / (dt tau_inv), it sees ours."""
    mem, syn = torch.tensor((1 - A_M) / DT, requires_grad=True), torch.tensor((1 - A_S) / DT, requires_grad=True)
    xt = torch.tensor(x, requires_grad=True)
    v, i = torch.zeros(N), torch.zeros(N)
    spikes, vs = [], []
    for t in range(T):
        # with mem in the divisor too, the derivative with respect to mem is that of the decay alone
        given = xt[t] / (DT * mem)
        if model == "li":
            p = norse_li.LIBoxParameters(tau_mem_inv=mem, v_leak=torch.zeros(()))
            v, _ = norse_li.li_box_feed_forward_step(given, norse_li.LIBoxState(v), p, DT)
            vs.append(v)
            continue
        if model == "lif":
            p = norse_box.LIFBoxParameters(tau_mem_inv=mem, v_leak=torch.zeros(()), v_th=torch.ones(()), v_reset=torch.zeros(()),
                                           reset_method={"hard": norse_reset.reset_value, "soft": norse_reset.reset_subtract}[reset])
            z, state = norse_box.lif_box_feed_forward_step(given, norse_box.LIFBoxFeedForwardState(v), p, DT)
        else:
            p = norse_lif.LIFParameters(tau_syn_inv=syn, tau_mem_inv=mem, v_leak=torch.zeros(()), v_th=torch.ones(()), v_reset=torch.zeros(()))
            z, state = norse_lif.lif_feed_forward_step(given, norse_lif.LIFFeedForwardState(v=v, i=i), p, DT)
            i = state.i
        v = state.v
        spikes.append(z)
        vs.append(v)
    if model == "li":
        (torch.stack(vs) * torch.tensor(c_u)).sum().backward()
    else:
        (torch.stack(spikes) * torch.tensor(c_s)).sum().backward()
    out = {"v": torch.stack(vs).detach().numpy(), "s": torch.stack(spikes).detach().numpy() if spikes else np.zeros((T, N)), "x": xt.grad.numpy()}
    out["a_m"] = -mem.grad.numpy() / DT
    if model == "cuba":
        out["a_s"] = -syn.grad.numpy() / DT
    return out


# ---- Spyx ----

def spyx_cell(model, activation, w):
    rngs = nnx.Rngs(0)
    if model == "cuba":
        cell = spyx.nn.CuBaLIF((N,), activation=activation, rngs=rngs)
        cell.alpha = nnx.Param(jnp.asarray(A_S))
    elif model == "recurrent":
        cell = spyx.nn.RIF((N,), activation=activation, rngs=rngs)
        cell.recurrent_w = nnx.Param(jnp.asarray(w))
    elif model == "adaptive":
        cell = spyx.nn.ALIF((N,), activation=activation, rngs=rngs)
        cell.gamma = nnx.Param(jnp.asarray(A_B))
    else:
        cell = spyx.nn.LIF((N,), activation=activation, rngs=rngs)
    if model != "recurrent":
        cell.beta = nnx.Param(jnp.asarray(A_M))
    return cell


def by_spyx(model, surrogate, k, x, c_s, w):
    activation = {"superspike": lambda: spyx.axn.superspike(k), "triangular": lambda: spyx.axn.triangular(k),
                  "boxcar": lambda: spyx.axn.boxcar(2 / k, 0.5)}[surrogate]()
    cell = spyx_cell(model, activation, w)
    states = {"cuba": 2, "adaptive": 2}.get(model, 1)

    def loss(cell, x):
        state, spikes, kept = jnp.zeros((1, states * N)), [], []
        for t in range(T + 1):  # the spike of step t comes out of call t + 1
            s, state = cell(x[t:t + 1] if t < T else jnp.zeros((1, N)), state)
            spikes.append(s[0])
            kept.append(state[0])
        return jnp.sum(c_s * jnp.stack(spikes[1:])), (jnp.stack(spikes[1:]), jnp.stack(kept[:T]))

    (g, g_x), (s, kept) = nnx.grad(loss, argnums=(0, 1), has_aux=True)(cell, jnp.asarray(x))
    s, u = np.asarray(s), np.asarray(kept)[:, :N]
    out = {"v": u - s, "s": s, "x": np.asarray(g_x)}
    if model == "cuba":
        out["a_m"], out["a_s"] = np.asarray(g.beta[...]), np.asarray(g.alpha[...])
    elif model == "recurrent":
        out["rec"] = np.asarray(g.recurrent_w[...])
    else:  # forward only: x[t] takes back what our decay of the subtracted threshold adds
        threshold = 1 + (np.asarray(kept)[:, N:] if model == "adaptive" else 0)
        out["v"] = u - s * threshold
        given = x.copy()
        given[1:] -= (1 - A_M) * (s * threshold)[:-1]
        out["given"] = given
        del out["x"]
    return out


CASES = [
    # referee, model, reset, surrogate, slope, gradient through the reset
    ("snntorch", "lif", "soft", "fast_sigmoid", 5.0, 1), ("snntorch", "lif", "hard", "atan", 2.0, 1),
    ("snntorch late", "lif", "hard", "fast_sigmoid", 5.0, 0),
    ("snntorch", "cuba", "soft", "atan", 2.0, 1), ("snntorch", "cuba", "hard", "fast_sigmoid", 5.0, 1),
    ("snntorch", "recurrent", "soft", "sigmoid", 3.0, 1), ("snntorch", "recurrent", "hard", "fast_sigmoid", 5.0, 1),
    ("norse", "lif", "hard", "superspike", 1.0, 1), ("norse", "lif", "soft", "superspike", 1.0, 1),
    ("norse", "cuba", "hard", "superspike", 1.0, 1), ("norse", "li", "hard", "superspike", 1.0, 1),
    ("spyx", "cuba", "soft", "superspike", 25.0, 1), ("spyx", "recurrent", "soft", "boxcar", 1.0, 1),
    ("spyx", "lif", "soft", "triangular", 2.0, 1), ("spyx", "adaptive", "soft", "triangular", 2.0, 1),
    ("jax", "lif", "soft", "triangular", 2.0, 0), ("jax", "lif", "hard", "boxcar", 1.5, 1),
    ("jax", "cuba", "hard", "sigmoid", 4.0, 0), ("jax", "cuba", "soft", "boxcar", 1.5, 0), ("jax", "cuba", "hard", "triangular", 1.0, 1),
    ("jax", "adaptive", "hard", "fast_sigmoid", 5.0, 0), ("jax", "adaptive", "hard", "atan", 2.0, 1),
    ("jax", "adaptive", "soft", "sigmoid", 3.0, 0), ("jax", "adaptive", "soft", "superspike", 10.0, 1),
    ("jax", "recurrent", "hard", "triangular", 0.8, 0), ("jax", "recurrent", "soft", "fast_sigmoid", 5.0, 1),
    ("jax", "li", "hard", "fast_sigmoid", 5.0, 0),
]


def run(referee, model, reset, surrogate, k, through, salt):
    x, c_s, c_u, w = inputs(salt, {"lif": 0.25, "cuba": 0.125, "adaptive": 0.375, "recurrent": 0.125, "li": 0.0}[model])
    if referee == "jax":
        return by_jax(model, reset, surrogate, k, through, x, c_s, c_u, w)
    if referee == "snntorch late":
        out = by_snntorch_late(surrogate, k, x, c_s)
    elif referee == "snntorch":
        out = by_snntorch(model, reset, surrogate, k, x, c_s, w)
    elif referee == "norse":
        out = by_norse(model, reset, x, c_s, c_u)
    else:
        out = by_spyx(model, surrogate, k, x, c_s, w)
    # how close a membrane comes to its threshold is not among what the libraries tell
    a_m = np.ones(N) if (referee, model) == ("spyx", "recurrent") else A_M
    beta = {"beta": np.ones(N)} if referee == "spyx" else {"beta": BETA}
    p = {"a_m": a_m, "a_s": A_S, "a_b": A_B, "rec": w, **beta}
    _, _, margin = equations(model, reset, surrogate, k, 0, p, out.pop("given", x))
    out["margin"] = float(jnp.abs(margin).min())
    return out


def main():
    versions = ", ".join(f"{m} {importlib.metadata.version(m)}" for m in ("snntorch", "norse", "torch", "spyx", "jax"))
    print(f"/* Made by tools/golden/neurons.py with {versions}: do not edit. */")
    print("#ifndef GWS_GOLDEN_NEURONS_H\n#define GWS_GOLDEN_NEURONS_H\n")
    closest, rows = np.inf, []
    for case in CASES:
        for salt in range(len(rows) * 40 + 1, len(rows) * 40 + 41):
            try:
                out = run(*case, salt)
            except AssertionError:
                continue
            rate = out["s"].mean()
            busy = case[1] == "li" or (0.05 <= rate <= 0.5 and (out["s"].sum(0) > 0).all())
            if busy and out["margin"] > 1e-4:
                break
        else:
            raise SystemExit(f"no salt for {case}")
        closest = min(closest, out["margin"])
        rows.append((case, salt, out))
    print(f"enum {{ GOLDEN_T = {T}, GOLDEN_N = {N} }};\n#define GOLDEN_CLOSEST {closest:.3g} /* of all membranes to their threshold */\n")
    print("/* Spikes are a bit a neuron; v is the membrane after the reset; gradients are NULL where the referee has no such parameter. */")
    print("typedef struct golden_neuron {\n    const char *referee, *model, *reset, *surrogate;\n    double slope;\n    int reset_gradient, salt;\n"
          "    const unsigned char *s;\n    const double *v, *x, *a_m, *a_s, *a_b, *beta, *rec;\n} golden_neuron;\n")
    names = []
    for i, (case, salt, out) in enumerate(rows):
        print(f"static const unsigned char golden_s_{i}[] = {{{', '.join(str(int(sum(int(b) << j for j, b in enumerate(r)))) for r in out['s'])}}};")
        fields = []
        for f in ("v", "x", "a_m", "a_s", "a_b", "beta", "rec"):
            if f not in out:
                fields.append("NULL")
                continue
            values = [f"{v:.8g}" for v in np.asarray(out[f]).ravel()]
            print(f"static const double golden_{f}_{i}[] = {{{', '.join(values)}}};")
            fields.append(f"golden_{f}_{i}")
        referee, model, reset, surrogate, k, through = case
        names.append(f'    {{"{referee}", "{model}", "{reset}", "{surrogate}", {k}, {through}, {salt}, golden_s_{i}, {", ".join(fields)}}},')
    print("\nstatic const golden_neuron golden_neurons[] = {")
    print("\n".join(names))
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
