#!/usr/bin/env python3
"""Write tests/golden/taylorf2.h: TaylorF2 with and without tides by LALSimulation.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: taylorf2.py > tests/golden/taylorf2.h
taylorf2.py --live PROGRAM: our program beside LALSimulation over 500 random systems.
"""
import sys

import fd

SYSTEMS = [
    (1.4, 1.4, 0, 0, 0, 0, 0, 0, 40, 0.1, 0, 20, 0, 0, 0),
    (1.6, 1.2, 0, 0, 0.05, 0, 0, -0.02, 100, 0.4, 1.1, 20, 20, 400, 1200),
    (1.2, 1.6, 0, 0, 0.4, 0, 0, 0.3, 100, 2.4, 4.1, 18, 50, 3000, 300),
    (1.4, 1.3, 0, 0, 0.2, 0, 0, 0.1, 100, 1.0, 0.3, 20, 0, 0.499, 0.5),
    (1.4, 1.3, 0, 0, 0.2, 0, 0, 0.1, 100, 1.0, 0.3, 20, 0, 0.01, 8000),
    (10, 1.4, 0, 0, -0.9, 0, 0, 0, 200, 3.0, 2.0, 20, 100, 0, 600),
    (30, 25, 0, 0, 0.9, 0, 0, -0.9, 500, 0.8, 0.3, 18, 0, 0, 0),
    (5, 50, 0, 0, 0.6, 0, 0, 0.99, 500, 1.3, 0.3, 18, 25, 0, 0),
    (95, 1.01, 0, 0, -0.99, 0, 0, -0.5, 500, 1.9, 5.3, 20, 30, 0, 0),
]
FREQUENCIES = [17.75, 18, 20, 25.25, 40, 79.75, 80, 100.5, 200.25, 386, 386.25, 420.5, 700, 1023.75]

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        fd.live(sys.argv[2], "TaylorF2", fd.population(500, 1, "aligned", tides=True), (1e-12, 1e-12, 1e-12, 1e-9, 0))
    fd.print_table("taylorf2", "TaylorF2", SYSTEMS, FREQUENCIES, 0.25, 0)
