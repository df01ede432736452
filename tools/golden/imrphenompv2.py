#!/usr/bin/env python3
"""Write tests/golden/imrphenompv2.h: IMRPhenomPv2 by LALSimulation.

Pinned: lalsuite 7.26.16 (lalsimulation 6.2), numpy 2.  Run: imrphenompv2.py > tests/golden/imrphenompv2.h
imrphenompv2.py --live PROGRAM: our program beside LALSimulation over 500 random systems.
"""
import sys

import fd

SYSTEMS = [
    (36, 29, 0.3, 0.1, -0.2, -0.4, 0.2, 0.5, 400, 0.4, 1.1, 20, 0, 0, 0),
    (29, 36, -0.4, 0.2, 0.5, 0.3, 0.1, -0.2, 400, 2.4, 4.1, 20, 50, 0, 0),
    (30, 30, 0, 0, 0.5, 0, 0, -0.5, 400, 0.7, 0.3, 18, 20, 0, 0),
    (30, 30, 0.9, 0, 0, 0, -0.9, 0, 400, 1.2, 0.3, 18, 0, 0, 0),
    (10, 40, 0.1, 0.2, 0.3, 0.6, -0.6, -0.5, 900, 1.57, 5.0, 20, 100, 0, 0),
    (90, 9, 0.6, 0.3, -0.7, 0.1, 0, 0.2, 900, 2.9, 3.0, 20, 30, 0, 0),
    (99, 1, 0.5, 0.5, 0.6, 0, 0.9, 0, 900, 1.1, 2.0, 20, 0, 0, 0),
    (5, 5, 0, 0, 0, 0, 0, 0, 100, 0, 0, 20, 0, 0, 0),
    (50, 20, 0.7, 0, -0.7, 0, 0, 0, 500, 0, 0.9, 20, 25, 0, 0),
    (50, 20, -0.2, 0.9, 0.3, 0.4, 0.4, 0.4, 500, 3.141592653589793, 0.9, 20, 25, 0, 0),
    # nearly equal masses
    (5, 5 * (1 + 4e-13), 0.2, 0, 0.8, 0, 0.3, -0.7, 500, 1.0, 0.3, 18, 25, 0, 0),
]
FREQUENCIES = [17.75, 18, 20, 25.25, 40, 79.75, 100.5, 150, 200.25, 260, 330, 420.5, 560, 700]

if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--live":
        fd.live(sys.argv[2], "IMRPhenomPv2", fd.population(500, 2, "isotropic"), (1e-16, 1e-16, 1e-8, 1e-7, 0))
    fd.print_table("imrphenompv2", "IMRPhenomPv2", SYSTEMS, FREQUENCIES, 0.25, 1024.0)
