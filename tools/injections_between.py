#!/usr/bin/env python3
"""The injections of a part of the time, for `gwspike evaluate` on a foreground of which only that part was searched.

    tools/injections_between.py INJ.hdf BEGIN END OUT.hdf

BEGIN and END are GPS seconds, half-open.  All data sets, cut to the rows with tc in between, and all attributes.
"""
import sys
import h5py

source, begin, end, out = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
with h5py.File(source) as f, h5py.File(out, "x") as o:
    tc = f["tc"][:]
    for name in f:
        o[name] = f[name][:][(tc >= begin) & (tc < end)]
    for name, value in f.attrs.items():
        o.attrs[name] = value
