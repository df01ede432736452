#!/usr/bin/env python3
"""Referee of `gwspike live`: frames of a second each that LALFrame and gwpy write into its folder while it watches.

    python3 tools/golden/live.py GWSPIKE MODEL DATA/gwf

GW150914's frames are read by LALFrame and written again second by second, H1 by LALFrame and L1 by gwpy, straight into the folder, under their
final names.  What live finds must be what detect finds in the same frames, byte for byte.
"""
import os
import subprocess
import sys
import tempfile
import time

import lal
import lalframe
import numpy as np
from gwpy.timeseries import TimeSeries

GPS, SECONDS, RATE = 1126259446, 32, 4096
CLOSING = 200  # a second so much later, behind which nothing is open


def write_lal(path, channel, gps, x):
    frame = lalframe.FrameNew(lal.LIGOTimeGPS(gps), 1.0, "LIGO", 1, 0, 0)
    series = lal.CreateREAL8TimeSeries(channel, lal.LIGOTimeGPS(gps), 0, 1 / RATE, lal.StrainUnit, RATE)
    series.data.data = x
    lalframe.FrameAddREAL8TimeSeriesProcData(frame, series)
    lalframe.FrameWrite(frame, path)


def write_gwpy(path, channel, gps, x):
    TimeSeries(x, t0=gps, sample_rate=RATE, name=channel, channel=channel).write(path, format="gwf")


def read(data, site, ifo):
    name = "%s-%s_LOSC_4_V2-%d-32.gwf" % (site, ifo, GPS)
    stream = lalframe.FrStreamOpen(data, name)
    return lalframe.FrStreamReadREAL8TimeSeries(stream, ifo + ":LOSC-STRAIN", lal.LIGOTimeGPS(GPS), float(SECONDS), 0).data.data.copy()


def main(program, model, data):
    h, low = read(data, "H", "H1"), read(data, "L", "L1")
    noise = 1e-21 * np.random.default_rng(1).standard_normal(RATE)
    with tempfile.TemporaryDirectory() as work:
        feed, found = os.path.join(work, "feed"), os.path.join(work, "found")
        os.mkdir(feed)
        with open(found, "w") as out:
            live = subprocess.Popen([program, "live", "-q", "-m", model, "--json", "--threshold", "0", "--frames", feed], stdout=out)
        time.sleep(2)
        for k in list(range(SECONDS)) + [CLOSING]:
            cut = slice(k * RATE, (k + 1) * RATE)
            x, y = (noise, noise[::-1].copy()) if k == CLOSING else (h[cut], low[cut])
            write_lal("%s/H-H1_LAL-%d-1.gwf" % (feed, GPS + k), "H1:TEST-STRAIN", GPS + k, x)
            write_gwpy("%s/L-L1_GWPY-%d-1.gwf" % (feed, GPS + k), "L1:TEST-STRAIN", GPS + k, y)
            time.sleep(0.1)
        wanted = subprocess.run([program, "detect", "-q", "-m", model, "--json", "--threshold", "0", feed], stdout=subprocess.PIPE,
                                check=True).stdout
        for _ in range(100):
            if open(found, "rb").read() == wanted:
                break
            time.sleep(0.2)
        live.terminate()
        status = live.wait()
        got = open(found, "rb").read()
    if got != wanted or b"1126259462" not in wanted or status != 143:
        sys.exit("live found %d triggers, detect %d; status %d" % (got.count(b"\n"), wanted.count(b"\n"), status))
    print("%d triggers in frames of LALFrame and gwpy, those of detect byte for byte" % wanted.count(b"\n"))


if __name__ == "__main__":
    main(*sys.argv[1:4])
