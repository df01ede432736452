"""Numbers of numpy.random.RandomState for tests/golden/mt19937.h (numpy 2.3.5; NEP 19 freezes them since 1.17).

    python tools/golden/mt19937.py > tests/golden/mt19937.h
"""
import numpy as np

SEEDS = [0, 1, 2514409456, 4294967295]


def row(kind, name, values, show):
    print(f"static const {kind} {name}[] = {{" + ", ".join(show(v) for v in values) + "};")


print("/* Made by tools/golden/mt19937.py with numpy", np.__version__, "*/")
row("uint32_t", "golden_mt_seed", SEEDS, lambda v: f"{v}U")
for s in SEEDS:
    rs = np.random.RandomState(s)
    draws = [rs.randint(0, 2**32), rs.randint(-2**50, 2**50), rs.randint(0, 20), rs.randint(0, 491520), rs.randint(3, 4)]
    row("int64_t", f"golden_mt_integer_{s}", draws, lambda v: f"INT64_C({int(v)})")
    u = list(rs.random_sample(3)) + [rs.uniform(7.0, 50.0)]
    row("double", f"golden_mt_uniform_{s}", u, lambda v: float(v).hex())
    x = np.concatenate([rs.normal(scale=32.0, size=5), rs.normal(scale=32.0, size=1000)[-3:]])
    row("double", f"golden_mt_normal_{s}", x, lambda v: float(v).hex())
