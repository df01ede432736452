#!/usr/bin/env python3
"""Write src/gw/noise_tables/*.c: the tabulated noise curves of LIGO documents, packed (src/gw/noise_tables/tables.h says how).

The data files are those of LIGO-P1200087-v18, LIGO-P1600143-v18, LIGO-T0900288-v3, LIGO-T1600593-v1, LIGO-T1800042-v5,
LIGO-T1800044-v5 and LIGO-T1800545-v1 at dcc.ligo.org; lalapps (in lalsuite 7.26.16) carries copies.
Run: noise_tables.py FOLDER_OF_DATA_FILES FOLDER_TO_WRITE
"""
import glob
import os
import re
import sys

import numpy as np

STEP = 2.0**-26  # of ln(asd)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
WIDTH = 118
# first and last frequency, intervals, intervals left out at the start, digits of the first and of the last rounding (0: none)
GRIDS = [(10, 10000, 2999, 0, 8, 6), (10, 10000, 2999, 0, 8, 7), (9, 8000, 2999, 0, 8, 6), (9, 8000, 2999, 0, 8, 7),
         (9, 8000, 2999, 0, 0, 8), (9, 8192, 2999, 0, 0, 0), (5, 5000, 2999, 0, 0, 8), (5, 5000, 2999, 0, 0, 7), (5, 5000, 2999, 0, 0, 5),
         (1, 10000, 4000, 1, 0, 8), (1, 10000, 999, 0, 0, 5), (10.25, 5000, 999, 0, 0, 7)]


def grid(lo, hi, intervals, skip, before, digits, n):
    f = np.exp(np.log(lo) + (np.log(hi) - np.log(lo)) * np.arange(skip, skip + n) / intervals)
    for d in (before, digits):
        if d:
            f = np.array([float("%.*e" % (d - 1, x)) for x in f])
    return f


def find_grid(f):
    """All tables are on logarithmic grids, printed with few digits: the numbers themselves come back from the formula."""
    for g in GRIDS:
        if np.allclose(grid(*g, len(f)), f, rtol=1e-14, atol=0):
            return g
    raise SystemExit("a grid of its own")


def packed(asd):
    """Differences of the order that makes the text shortest, as base-32 digits, least significant first."""
    best = None
    for order in range(1, 7):
        d = np.round(np.log(asd) / STEP).astype(np.int64)
        for _ in range(order):
            d = np.concatenate([d[:1], np.diff(d)])
        text = []
        for v in d:
            z = int(2 * v if v >= 0 else -2 * v - 1)
            while z >= 32:
                text.append(ALPHABET[32 + z % 32])
                z //= 32
            text.append(ALPHABET[z])
        if best is None or len(text) < len(best[1]):
            best = order, "".join(text)
    return best


def main(source, target):
    documents = {}
    for path in sorted(glob.glob(os.path.join(source, "LIGO-[PT]*.txt"))):
        name = os.path.basename(path)[:-4]
        documents.setdefault(name.split("-")[1].lower(), []).append((name, np.loadtxt(path)))
    total = 0
    for document, tables in documents.items():
        lines, rows, seen = [], [], {}
        for name, data in tables:
            f, asd = data[:, 0], data[:, 1]
            key = asd.tobytes()
            if key not in seen:
                seen[key] = re.sub(r"\W", "_", name.split("-", 3)[3]).lower()
                order, text = packed(asd)
                lines.append(f"static const char *const {seen[key]}[] = {{")
                lines += [f'    "{text[i:i + WIDTH]}",' for i in range(0, len(text), WIDTH)]
                lines.append("    NULL};\n")
                seen[key + b"order"] = order
            g = ", ".join("%g" % v for v in find_grid(f))
            rows.append(f'    {{"{name}", {g}, {len(f)}, {seen[key + b"order"]}, {seen[key]}}},')
        tag = f"gws_tables_{document}"
        content = (f"/* Made by tools/golden/noise_tables.py from the data files of {tables[0][0].rsplit('-', 1)[0]}; do not edit. */\n"
                   '#include "gw/noise_tables/tables.h"\n\n#include <stddef.h>\n\n/* clang-format off */\n' + "\n".join(lines) +
                   f"\nconst gws_noise_table {tag}[] = {{\n" + "\n".join(rows) +
                   "\n    {NULL, 0, 0, 0, 0, 0, 0, 0, 0, NULL}};\n")
        with open(os.path.join(target, document + ".c"), "w") as out:
            out.write(content)
        total += len(content)
    print(total, "bytes", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
