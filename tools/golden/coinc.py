#!/usr/bin/env python3
"""Referee of `gwspike followup`: its coinc.xml of GW150914 as igwn-ligolw reads it, as PyCBC would have filled it, and as BAYESTAR localises it.

    python3 tools/golden/coinc.py GWSPIKE DATA/gwosc [SKYMAP]

  tables   igwn-ligolw 2.1.1 reads every table; rows, identifiers and times fit together
  series   PyCBC 2.11.0's matched_filter of the same strain, template and noise curve (mean off, tapered, inverse spectrum truncated to
           4 s) gives the same SNR series: the overlap of the two is above 0.98 in each detector, the phase between the detectors agrees
           to 0.1 rad and the peak to 3 %
  sky      BAYESTAR (ligo.skymap 2.5.4).  What was published: areas of 50 and 90 % are 90 and 400 deg^2 in BAYESTAR's map and 150 and 620 in
           LALInference's, "primarily in the southern hemisphere", on the ring of an arrival time difference of 6.9 +0.5 -0.4 ms (Abbott et al.
           2016, ApJL 826 L13 and PRL 116 061102); the Large Magellanic Cloud is in the region (Annis et al. 2016, ApJL 823 L34); ra 1.375,
           dec -1.2108 is the place that bilby's example of the event takes.  The map must have the two places in its 90 % region, an area
           within a factor of two of 400 deg^2, 0.8 of the probability in the south and 0.8 on the ring.  Where the published map is given
           as a file (bayestar_gstlal_C01.fits.gz of LIGO-P1500227, GW150914_skymap.fits.gz of LIGO-P1800381), at least half of the
           probability of each lies in the 90 % region of the other.
"""
import json
import os
import subprocess
import sys
import tempfile

import h5py
import healpy as hp
import lal
import numpy as np
import pycbc.psd
from igwn_ligolw import lsctables
from igwn_ligolw import utils as ligolw_utils
from lal import series as lalseries
from ligo.skymap.bayestar import localize, rasterize
from ligo.skymap.io import events
from pycbc.filter import matched_filter
from pycbc.types import TimeSeries
from pycbc.waveform import get_fd_waveform

NSIDE = 128
PLACES = {"bilby's example": (1.375, -1.2108), "Large Magellanic Cloud": (np.radians(80.89), np.radians(-69.76))}


def read_tables(path):
    doc = ligolw_utils.load_filename(path)
    tables = {t: lsctables.TableByName[t].get_table(doc) for t in
              ("process", "process_params", "coinc_definer", "time_slide", "sngl_inspiral", "coinc_event", "coinc_event_map", "coinc_inspiral")}
    singles = {row.event_id: row for row in tables["sngl_inspiral"]}
    coinc, = tables["coinc_event"]
    inspiral, = tables["coinc_inspiral"]
    mapped = [row.event_id for row in tables["coinc_event_map"] if row.coinc_event_id == coinc.coinc_event_id]
    assert sorted(mapped) == sorted(singles) and coinc.nevents == len(singles) == 2, "coinc_event_map"
    assert inspiral.coinc_event_id == coinc.coinc_event_id and inspiral.instruments == {"H1", "L1"}, "coinc_inspiral"
    assert tables["time_slide"].as_dict()[coinc.time_slide_id] == {"H1": 0.0, "L1": 0.0}, "time_slide"
    assert abs(inspiral.snr - np.sqrt(sum(row.snr**2 for row in singles.values()))) < 1e-3, "network SNR"
    assert abs(inspiral.combined_far - 0.001 / 2592000) < 1e-15, "rate"
    print("igwn-ligolw: %d tables, %d rows of sngl_inspiral" % (len(tables), len(singles)))
    return doc, singles


def pycbc_series(file, row, psd):
    """The SNR series of this detector by PyCBC, on the whole file."""
    with h5py.File(file) as f:
        x = f["strain/Strain"][:]
        start = f["meta/GPSstart"][()]
    data = TimeSeries(x, delta_t=1 / 4096, epoch=start)
    data = pycbc.filter.resample_to_delta_t(data, 1 / 2048)
    data -= np.mean(data.numpy())
    taper = np.ones(len(data))
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(1024) + 0.5) / 1024)
    taper[:1024], taper[-1024:] = ramp, ramp[::-1]
    data *= taper
    s = pycbc.psd.interpolate(pycbc.types.FrequencySeries(psd.data.data, delta_f=psd.deltaF), data.delta_f, len(data) // 2 + 1)
    s = pycbc.psd.inverse_spectrum_truncation(s, 4 * 2048, low_frequency_cutoff=20, trunc_method="hann")
    h, _ = get_fd_waveform(approximant="IMRPhenomD", mass1=row.mass1, mass2=row.mass2, spin1z=row.spin1z, spin2z=row.spin2z,
                           delta_f=data.delta_f, f_lower=20, f_final=1024)
    h.resize(len(data) // 2 + 1)
    return matched_filter(h, data, psd=s, low_frequency_cutoff=20, high_frequency_cutoff=921.6)


def check_series(doc, singles, files):
    snr = dict(events.ligolw.LigoLWEventSource._snr_series_by_sngl_inspiral(doc))
    psds = lalseries.read_psd_xmldoc(doc, root_name=None)
    turned = {}
    for row in singles.values():
        ours = snr[row.event_id]
        middle = ours.epoch + (ours.data.length // 2) * ours.deltaT
        assert ours.data.length % 2 and abs(float(middle - row.end)) <= 0.5 * ours.deltaT + 1e-9, "the series is not centred"
        theirs = pycbc_series(files[row.ifo], row, psds[row.ifo])
        first = int(round(float(ours.epoch - theirs.start_time) * 2048))
        theirs = theirs.numpy()[first:first + ours.data.length]
        z = np.vdot(theirs, ours.data.data)
        overlap = abs(z) / np.linalg.norm(theirs) / np.linalg.norm(ours.data.data)
        peak = abs(theirs).max()
        turned[row.ifo] = np.angle(z)
        print("%s: overlap with PyCBC's series %.4f, turned by %.3f rad, peak %.3f and %.3f" % (
            row.ifo, overlap, turned[row.ifo], row.snr, peak))
        assert overlap > 0.98 and abs(row.snr / peak - 1) < 0.03, "series of " + row.ifo
    apart = np.angle(np.exp(1j * (turned["H1"] - turned["L1"])))
    assert abs(apart) < 0.1, "the phase between the detectors is off by %g rad" % apart


def region(p):
    """Pixels of the 90 % region."""
    order = np.argsort(-p)
    inside = np.zeros(len(p), bool)
    inside[order[:np.searchsorted(np.cumsum(p[order]), 0.9) + 1]] = True
    return inside


def check_sky(path, published):
    (event,) = events.open(path).values()
    p = np.array(rasterize(localize(event, waveform="IMRPhenomD", f_low=20), order=7)["PROB"])
    p = hp.reorder(p / p.sum(), n2r=True)
    inside, pixel = region(p), hp.nside2pixarea(NSIDE, degrees=True)
    order = np.argsort(-p)
    half = np.searchsorted(np.cumsum(p[order]), 0.5) + 1
    theta, ra = hp.pix2ang(NSIDE, np.arange(len(p)))
    dec = np.pi / 2 - theta
    gps = lal.LIGOTimeGPS(1126259462, 420000000)
    site = {d.frDetector.prefix: d.location for d in lal.CachedDetectors}
    delay = np.array([lal.ArrivalTimeDiff(site["H1"], site["L1"], a, d, gps) for a, d in zip(ra[inside], dec[inside])])
    on_ring = p[inside][(delay > 6.2e-3) & (delay < 7.7e-3)].sum() / p[inside].sum()
    area, south = inside.sum() * pixel, p[dec < 0].sum()
    print("BAYESTAR: 50 %% in %.0f deg^2, 90 %% in %.0f deg^2; %.2f in the south, %.2f on the ring of 6.9 ms" % (half * pixel, area, south, on_ring))
    assert 200 < area < 800 and south > 0.8 and on_ring > 0.8
    for name, (a, d) in PLACES.items():
        k = hp.ang2pix(NSIDE, np.pi / 2 - d, a)
        print("%s lies within the %.0f %% region" % (name, 100 * p[p >= p[k]].sum()))
        assert inside[k], name
    if not published:
        print("no published map was given: compared with published places, areas and ring only")
        return
    q = hp.ud_grade(hp.read_map(published), NSIDE, power=-2)
    q /= q.sum()
    other = region(q)
    print("published map: 90 %% in %.0f deg^2; %.2f of it in our region, %.2f of ours in its, %.0f deg^2 in both" % (
        other.sum() * pixel, q[inside].sum(), p[other].sum(), (inside & other).sum() * pixel))
    assert q[inside].sum() > 0.5 and p[other].sum() > 0.5


def main():
    gwspike, data = sys.argv[1:3]
    files = {ifo: os.path.join(data, "%s-%s_LOSC_4_V2-1126259446-32.hdf5" % (ifo[0], ifo)) for ifo in ("H1", "L1")}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "coinc.xml")
        said = subprocess.run([gwspike, "followup", "--gps", "1126259462.42", *files.values(), "-o", path, "--json", "--far", "0.001"],
                              check=True, capture_output=True, text=True).stdout
        print("gwspike: chirp mass %.2f, SNR %.2f" % (json.loads(said)["mchirp"], json.loads(said)["snr"]))
        doc, singles = read_tables(path)
        check_series(doc, singles, files)
        check_sky(path, sys.argv[3] if len(sys.argv) > 3 else None)


if __name__ == "__main__":
    main()
