"""Frame files that LALFrame writes: one of every type and kind of channel, one of every compression.

    python3 -m venv venv && venv/bin/pip install lalsuite==7.26.16 "numpy<2.3"
    venv/bin/python tools/golden/gwf.py tests/golden/frames            # writes types.gwf and compressions.gwf
    venv/bin/python tools/golden/gwf.py --ours WRITE_FRAMES FOLDER     # files of our writer as LALFrame and gwpy read them
    venv/bin/python tools/golden/gwf.py --read FILE CHANNEL GPS SECONDS    # samples of a file as LALFrame reads them, one a line

The samples are a formula, which tests/golden/test_gwf_frames.c has as well.
"""
import ctypes
import os
import subprocess
import sys

import lal
import lalframe
import numpy as np

N, RATE, GPS = 300, 64, 1126259446
KINDS = {"Proc": ["INT2", "UINT2", "INT4", "UINT4", "INT8", "UINT8", "REAL4", "REAL8"],
         "Adc": ["INT2", "INT4", "REAL4", "REAL8"], "Sim": ["INT2", "INT4", "REAL4", "REAL8"]}
DTYPE = {"INT2": np.int16, "UINT2": np.uint16, "INT4": np.int32, "UINT4": np.uint32, "INT8": np.int64, "UINT8": np.uint64,
         "REAL4": np.float32, "REAL8": np.float64}


def samples(name):
    i = np.arange(N)
    x = np.where(i // 40 % 3 == 1, 0, (i * i * 7 + 13 * i) % 251 - 100)  # with blocks of zeros
    if name.startswith("U"):
        x = x + 100
    if name[-1] == "2":
        return x.astype(DTYPE[name])
    return (x * (1e-21 if name.startswith("REAL") else 100003)).astype(DTYPE[name])


def write_types(path):
    frame = lalframe.FrameNew(lal.LIGOTimeGPS(GPS), N / RATE, "LAL", 1, 0, 0)
    for kind, names in KINDS.items():
        for name in names:
            s = getattr(lal, "Create%sTimeSeries" % name)("H1:%s-%s" % (kind.upper(), name), lal.LIGOTimeGPS(GPS), 0, 1 / RATE,
                                                          lal.DimensionlessUnit, N)
            s.data.data = samples(name)
            getattr(lalframe, "FrameAdd%sTimeSeries%sData" % (name, kind))(frame, s)
    lalframe.FrameWrite(frame, path)


def write_compressions(path):
    rows = [("RAW", "REAL8", "VECT_8R"), ("RAW", "INT2", "VECT_2S"), ("GZIP", "REAL4", "VECT_4R"), ("DIFF_GZIP", "INT2", "VECT_2S"),
            ("DIFF_GZIP", "INT4", "VECT_4S"), ("ZERO_SUPPRESS_WORD_2", "INT2", "VECT_2S"), ("ZERO_SUPPRESS_WORD_4", "UINT4", "VECT_4U")]
    head = lalframe.FrameUFrameHAlloc("LAL", float(GPS), N / RATE, 1, 0)
    kept = []
    for how, name, vect in rows:
        x = samples(name)
        c = lalframe.FrameUFrProcChanAlloc("H1:%s-%s" % (how, name), 1, 0, getattr(lalframe, "FRAMEU_FR_" + vect), N)
        ctypes.memmove(int(lalframe.FrameUFrChanVectorQueryData(c)), x.ctypes.data, x.nbytes)
        lalframe.FrameUFrChanVectorSetDx(c, 1 / RATE)
        lalframe.FrameUFrChanVectorCompress(c, getattr(lalframe, "FRAMEU_FR_VECT_COMPRESS_" + how))
        lalframe.FrameUFrameHFrChanAdd(head, c)
        kept.append(c)
    out = lalframe.FrameUFrFileOpen(path, "w")
    lalframe.FrameUFrameHWrite(out, head)
    del out


def read(path, channel, gps, seconds):
    stream = lalframe.FrStreamOpen(os.path.dirname(path) or ".", os.path.basename(path))
    for x in lalframe.FrStreamReadREAL8TimeSeries(stream, channel, lal.LIGOTimeGPS(int(gps)), float(seconds), 0).data.data:
        print("%.17g" % x)


def check_ours(program, folder):
    from gwpy.timeseries import TimeSeries

    i = np.arange(4 * 4096)
    want = np.concatenate([1e-21 * (i % 977 - 300 + k) for k in range(3)])
    narrow = np.concatenate([(1e-21 * (i % 77 + k)).astype(np.float32) for k in range(3)])
    state = np.concatenate([np.arange(4) + k for k in range(3)])
    for level in 0, 1, 9:
        path = os.path.join(folder, "ours-%d.gwf" % level)
        subprocess.run([program, path, str(level)], check=True)
        stream = lalframe.FrStreamOpen(folder, os.path.basename(path))
        start = lal.LIGOTimeGPS(GPS)
        h = lalframe.FrStreamReadREAL8TimeSeries(stream, "H1:TEST-STRAIN", start, 12.0, 0)
        low = lalframe.FrStreamReadREAL4TimeSeries(stream, "L1:TEST-STRAIN", start, 12.0, 0)
        bits = lalframe.FrStreamReadUINT4TimeSeries(stream, "H1:TEST-STATE", start, 12.0, 0)
        seen = TimeSeries.read(path, "H1:TEST-STRAIN")
        assert (h.data.data == want).all() and h.deltaT == 1 / 4096 and h.epoch == start, "LALFrame, float64, level %d" % level
        assert (low.data.data == narrow).all(), "LALFrame, float32, level %d" % level
        assert (bits.data.data == state).all(), "LALFrame, uint32, level %d" % level
        assert (seen.value == want).all() and seen.t0.value == GPS and str(seen.unit) == "strain", "gwpy, level %d" % level
    print("frames of ours at three levels of compression: LALFrame and gwpy read what was written")


if sys.argv[1] == "--ours":
    check_ours(*sys.argv[2:4])
elif sys.argv[1] == "--read":
    read(*sys.argv[2:6])
else:
    write_types(os.path.join(sys.argv[1], "types.gwf"))
    write_compressions(os.path.join(sys.argv[1], "compressions.gwf"))
