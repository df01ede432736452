#!/usr/bin/env python3
"""NeuroBench's metrics of a small network: writes tests/golden/energy.h.

The referee is neurobench 2.3.0 itself (pip install neurobench==2.3.0 snntorch==1.0.0 torch==2.15.0): a causal convolution, a GRU
cell and two spiking layers in torch, counted by NeuroBench's own functions.  Weights and inputs come from an integer hash that the test
has too; some of both are zero.  Spiking layers get their input spikes from the hash, and membranes are those of snnTorch's neuron.

    python3 tools/golden/energy.py > tests/golden/energy.h
"""
import importlib.metadata

import numpy as np
import snntorch
import torch
from neurobench.hooks.neuron import NeuronHook
from neurobench.metrics.static import ConnectionSparsity, Footprint, ParameterCount
from neurobench.metrics.utils.layers import single_layer_MACs
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates

T, CIN, KERNEL, STRIDE, COUT = 24, 3, 8, 4, 7  # convolution: T*STRIDE rows of CIN
N_IN, N_OUT, H = 70, 9, 11  # spiking layer; GRU of H units on COUT inputs
PAD = KERNEL - STRIDE


def uniform(stream, n):
    """n numbers in [-1/2, 1/2), multiples of 2^-24, from 32-bit integer arithmetic (MurmurHash3's finaliser)."""
    mask = np.uint64(0xFFFFFFFF)
    x = (np.uint64(stream) * np.uint64(0x9E3779B9) + np.arange(n, dtype=np.uint64) * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    return (x >> np.uint64(8)).astype(np.float64) * 2.0**-24 - 0.5


def sparse(stream, *shape, below=0.1):
    """hash numbers, those of magnitude below `below` set to zero"""
    v = uniform(stream, int(np.prod(shape))).reshape(shape)
    return torch.tensor(np.where(np.abs(v) < below, 0.0, v), dtype=torch.float32)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(CIN, COUT, KERNEL, STRIDE)
        self.gru = torch.nn.GRUCell(COUT, H)
        self.dense = torch.nn.Linear(N_IN, N_OUT)
        self.lif = snntorch.Leaky(beta=0.9, threshold=0.2, reset_mechanism="zero", reset_delay=False)


class Wrapped:
    """what NeuroBench's metrics want of a model"""

    def __init__(self, net, hooks):
        self.net, self.activation_hooks = net, hooks

    def __net__(self):
        return self.net


net = Net()
with torch.no_grad():  # ours are (taps, inputs, outputs) and (inputs, outputs)
    net.conv.weight.copy_(sparse(1, KERNEL, CIN, COUT).permute(2, 1, 0))
    net.gru.weight_ih.copy_(sparse(2, COUT, 3 * H).T)
    net.gru.weight_hh.copy_(sparse(3, H, 3 * H).T)
    net.dense.weight.copy_(sparse(4, N_IN, N_OUT).T)
    net.gru.bias_ih.fill_(0.1)
    net.gru.bias_hh.fill_(0.1)
    net.dense.bias.zero_()

rows = []


def count(name, calls, layer):
    effective = dense = 0
    spiking = True
    for x in calls:
        n, s = single_layer_MACs(x, layer)
        effective += n
        dense += single_layer_MACs(x, layer, total=True)[0]
        spiking &= s
    rows.append((name, effective, dense, int(spiking)))


# The convolution sees PAD zeros in front.  NeuroBench calls the padding of a layer no input but knows only symmetric padding:
# effective with the zeros written out; dense from the rows of the layer on their own real inputs.
x = sparse(5, T * STRIDE, CIN).T[None]
padded = torch.nn.functional.pad(x, (PAD, 0))
effective, spiking = single_layer_MACs(padded, net.conv)
ones = torch.nn.functional.pad(torch.ones_like(x), (PAD, 0))
whole = torch.nn.Conv1d(CIN, COUT, KERNEL, STRIDE, bias=False)
whole.weight.data.fill_(1.0)
rows.append(("convolution", effective, int(whole(ones).sum()), int(spiking)))

z, h = sparse(6, T, COUT), torch.zeros(1, H)
calls = []
for t in range(T):
    calls.append((z[t:t + 1], h))
    h = sparse(7, T, H)[t:t + 1]  # states from the hash: float arithmetic is not what is tested
count("gru", calls, net.gru)

s = (torch.tensor(uniform(8, T * N_IN).reshape(T, N_IN)) > 0.3).float()
count("spikes", [s[t:t + 1] for t in range(T)], net.dense)
count("ternary", [s[t:t + 1] * -1.0 for t in range(T)], net.dense)
real = sparse(9, T, N_IN)
count("real", [real[t:t + 1] for t in range(T)], net.dense)

# Membranes: inputs are multiples of 1/4 and beta 1/2, so that float arithmetic is exact; silence makes some stand still.
lif = snntorch.Leaky(beta=0.5, threshold=1.0, reset_mechanism="zero", reset_delay=False, init_hidden=True)
hook = NeuronHook(lif, "lif")
current = torch.tensor(np.round(uniform(10, T * N_OUT).reshape(T, N_OUT) * 16) / 4, dtype=torch.float32)
current[T // 2:] = 0.0
current[:, 0] = 0.0
lif.reset_mem()
mem = []
for t in range(T):
    lif(current[t:t + 1])
    mem.append(lif.mem[0].detach().numpy().copy())
data = (torch.zeros(1, 1), None)
model = Wrapped(net, [hook])
updates = MembraneUpdates()(model, None, data)
sparsity = ActivationSparsity()(model, None, data)
conn = Wrapped(net, [])

versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("neurobench", "snntorch", "torch", "numpy"))
print(f"/* Made by tools/golden/energy.py with {versions}: do not edit. */")
print("#ifndef GWS_GOLDEN_ENERGY_H\n#define GWS_GOLDEN_ENERGY_H\n")
for n in ("T", "CIN", "KERNEL", "STRIDE", "COUT", "N_IN", "N_OUT", "H"):
    print(f"#define GOLDEN_{n} {globals()[n]}")
print("\n/* effective, dense, accumulates */")
for name, effective, dense, spiking in rows:
    print(f"static const long golden_{name}[3] = {{{effective}, {dense}, {spiking}}};")
print(f"\nstatic const long golden_membrane_updates = {int(updates)};")
print(f"static const double golden_activation_sparsity = {sparsity:.15g}; /* of that neuron layer */")
print(f"static const double golden_connection_sparsity = {ConnectionSparsity()(conn)}; /* rounded; biases of the GRU are weights there */")
print(f"static const long golden_parameters = {ParameterCount()(conn)}, golden_footprint = {Footprint()(conn)};")
print("\n#endif")
