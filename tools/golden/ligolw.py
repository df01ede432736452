"""LIGO_LW XML as igwn-ligolw and lal.series write it, and ours as they read it.

    python3 -m venv venv && venv/bin/pip install igwn-ligolw==2.1.1 igwn-segments==2.1.1 lalsuite==7.26.16 "numpy<2.3"
    venv/bin/python tools/golden/ligolw.py tests/golden/ligolw             # writes the files there
    venv/bin/python tools/golden/ligolw.py --schema src/ligolw/schema.c    # the columns that igwn-ligolw has are those that we have
    venv/bin/python tools/golden/ligolw.py --ours WORK FOLDER               # files of our writer and our program as igwn-ligolw reads them

What is in the files is a formula, which tests/golden/test_ligolw_files.c has as well.  old.xml is text as glue.ligolw wrote it until 2019:
identifiers are ilwd:char, names have their groups in front, the DTD is in the file.
"""
import gzip
import io
import json
import os
import re
import subprocess
import sys

import lal
import lal.series
import numpy as np
from igwn_ligolw import ligolw, lsctables
from igwn_ligolw import utils as files
from igwn_ligolw.utils.segments import LigolwSegmentList, LigolwSegments
from igwn_segments import segment, segmentlist

TEXTS = ["plain", "", None, 'a "quoted" \\ one', "<&>, with\n\ta delimiter,", "é", " blanks "]
OLD = """<?xml version='1.0' encoding='utf-8' ?>
<!DOCTYPE LIGO_LW [
<!ELEMENT LIGO_LW ((LIGO_LW|Comment|Param|Table|Array|Stream|IGWDFrame|AdcData|AdcInterval|Time|Detector)*)>
<!ATTLIST LIGO_LW
          Name CDATA #IMPLIED
          Type CDATA #IMPLIED>
<!ELEMENT Table (Comment?,Column*,Stream?)>
<!ATTLIST Table Name CDATA #IMPLIED Type CDATA #IMPLIED>
<!ELEMENT Column EMPTY>
<!ATTLIST Column Name CDATA #IMPLIED Type CDATA #IMPLIED Unit CDATA #IMPLIED>
<!ELEMENT Stream (#PCDATA)>
<!ATTLIST Stream Name CDATA #IMPLIED Type (Remote|Local) "Local" Delimiter CDATA "," Encoding CDATA #IMPLIED Content CDATA #IMPLIED>
]>
<LIGO_LW>
   <Comment>metadata</Comment>
   <Table Name="segment_definergroup:segment_definer:table">
      <Column Name="segment_definergroup:segment_definer:process_id" Type="ilwd:char"/>
      <Column Name="segment_definergroup:segment_definer:segment_def_id" Type="ilwd:char"/>
      <Column Name="segment_definergroup:segment_definer:ifos" Type="lstring"/>
      <Column Name="segment_definergroup:segment_definer:name" Type="lstring"/>
      <Stream Name="segment_definergroup:segment_definer:table" Type="Local" Delimiter=",">
         "process:process_id:0","segment_definer:segment_def_id:3","H1 ","DMT-SCIENCE",
         "process:process_id:0","segment_definer:segment_def_id:12","L1","DMT-SCIENCE"
      </Stream>
   </Table>
   <Table Name="segmentgroup:segment:table">
      <Column Name="segmentgroup:segment:segment_def_id" Type="ilwd:char"/>
      <Column Name="segmentgroup:segment:start_time" Type="int_4s"/>
      <Column Name="segmentgroup:segment:start_time_ns" Type="int_4s"/>
      <Column Name="segmentgroup:segment:end_time" Type="int_4s"/>
      <Column Name="segmentgroup:segment:end_time_ns" Type="int_4s"/>
      <Stream Name="segmentgroup:segment:table" Type="Local" Delimiter=";">
         "segment_definer:segment_def_id:12" ; 931035615;0;931035625;500000000 ;
         "segment_definer:segment_def_id:3";931035600;0;931035610;0
      </Stream>
   </Table>
   <Table Name="sim_inspiralgroup:sim_inspiral:table">
      <Column Name="sim_inspiralgroup:sim_inspiral:geocent_end_time" Type="int_4s"/>
      <Column Name="sim_inspiralgroup:sim_inspiral:waveform" Type="lstring"/>
      <Column Name="sim_inspiralgroup:sim_inspiral:simulation_id" Type="ilwd:char"/>
      <Stream Name="sim_inspiralgroup:sim_inspiral:table" Type="Local" Delimiter=",">
         931035620,"IMRPhenomDpseudoFourPN","sim_inspiral:simulation_id:7"
      </Stream>
   </Table>
</LIGO_LW>
"""


def document(*children):
    doc = ligolw.Document()
    top = doc.appendChild(ligolw.LIGO_LW())
    for child in children:
        top.appendChild(child)
    return doc


def tables():
    sngl = lsctables.SnglInspiralTable.new()
    for i, text in enumerate(TEXTS):
        row = sngl.RowType(**{name: None for name in sngl.columnnames})
        row.event_id = i + (1 << 40)
        row.process_id = 0
        row.ifo = "HLV"[i % 3] + "1"
        row.channel = text
        row.end = lal.LIGOTimeGPS(1126259462 + i, 123456789 * i)
        row.snr = i / 7.0
        row.mass1 = None if i == 3 else -1.5 * i
        row.sigmasq = float("inf") if i == 4 else 1e40 / 7.0
        row.chisq_dof = -i
        sngl.append(row)
    coinc = lsctables.CoincTable.new()
    for i in range(3):
        coinc.append(coinc.RowType(coinc_event_id=i, coinc_def_id=0, process_id=0, time_slide_id=0, instruments=None, nevents=(1 << 32) - 1,
                                   likelihood=None))
    return document(sngl, coinc)


def psd(encoding):
    series = lal.CreateREAL8FrequencySeries("psd", lal.LIGOTimeGPS(1126259462, 5), 10.0, 0.25, lal.Unit("strain^2 s"), 9)
    series.data.data = np.array([1e-46 * (i + 1) / 7 for i in range(9)])
    element = lal.series.build_REAL8FrequencySeries(series, encoding=encoding)
    element.appendChild(ligolw.Param.from_pyvalue("instrument", "H1"))
    return element


def snr(encoding):
    series = lal.CreateCOMPLEX8TimeSeries("snr", lal.LIGOTimeGPS(1126259462, 999999999), 0.0, 1 / 4096, lal.DimensionlessUnit, 11)
    series.data.data = np.array([(i + 1j * (5 - i)) / 8 for i in range(11)], dtype=np.complex64)
    element = lal.series.build_COMPLEX8TimeSeries(series, encoding=encoding)
    element.appendChild(ligolw.Param.from_pyvalue("event_id", 7))
    return element


def series():
    encodings = ("Text", "base64,LittleEndian", "base64,BigEndian")
    doc = document()
    for encoding in encodings:
        top = doc.childNodes[0].appendChild(ligolw.LIGO_LW(ligolw.sax.xmlreader.AttributesImpl({"Name": "psd"})))
        swapped = encoding.endswith("BigEndian")
        for element in (psd(encoding), snr(encoding)):
            if swapped:  # igwn-ligolw writes the machine's order whatever it is told
                array = element.getElementsByTagName(ligolw.Array.tagName)[0]
                array.array = array.array.byteswap()
            top.appendChild(element)
    return doc


def segments():
    doc = document()
    doc.register_process("gwspike-golden", {})
    for table in doc.getElementsByTagName(ligolw.Table.tagName):
        for row in table:  # nothing of this machine
            for name in ("node", "username", "unix_procid", "start_time"):
                if hasattr(row, name):
                    setattr(row, name, None)
    process = lsctables.ProcessTable.get_table(doc)[0]
    with LigolwSegments(doc, process) as all_segments:
        for ifo, shift in (("H1", 0), ("L1", 5)):
            active = segmentlist([segment(lal.LIGOTimeGPS(1187000000 + shift + 100 * k, 250000000 * k), lal.LIGOTimeGPS(1187000050 + shift + 100 * k)) for k in range(3)])
            valid = segmentlist([segment(lal.LIGOTimeGPS(1187000000), lal.LIGOTimeGPS(1187001000))])
            all_segments.add(LigolwSegmentList(active=active, valid=valid, instruments={ifo}, name="SCIENCE", version=1, comment="golden"))
    return doc


def sim_inspiral():
    sim = lsctables.SimInspiralTable.new()
    for i in range(3):
        row = sim.RowType(**{name: 0 if kind != "lstring" else "" for name, kind in zip(sim.columnnames, sim.columntypes)})
        row.simulation_id = i
        row.process_id = 0
        row.waveform = "IMRPhenomXPHMpseudoFourPN"
        row.geocent_end_time, row.geocent_end_time_ns = 1187008900 - 50 * i, 123456789 * (i + 1)
        row.mass1, row.mass2 = 30.5 + i, 20.25
        row.mchirp, row.eta = 0, 0
        row.spin1x, row.spin1y, row.spin1z = (0.125, -0.25, 0.5) if i == 0 else (0, 0, 0.25)
        row.spin2x, row.spin2y, row.spin2z = (0.0625, 0.1875, -0.375) if i == 0 else (0, 0, -0.125)
        row.distance, row.inclination, row.coa_phase, row.polarization = 100.0 * (i + 1), 0.5, 1.25, 0.75
        row.longitude, row.latitude = 3.5, -0.5
        row.f_lower = 20.0
        row.taper = "TAPER_START"
        sim.append(row)
    return document(sim)


def schema(path):
    ours = dict()
    for table, name, kind in re.findall(r'\{"(\w+)", "([\w:]+)", "(\w+)"\}', open(path).read()):
        ours.setdefault(table, {})[name] = kind
    for table, columns in ours.items():
        if dict(ligolw.Table.TableByName[table].validcolumns) != columns:
            sys.exit(f"the columns of {table} are others")
    print(f"{sum(map(len, ours.values()))} columns of {len(ours)} tables are igwn-ligolw's")


def load(path):
    return files.load_filename(path)


def same(a, b, what):
    if not (a is None and b is None) and a != b:
        sys.exit(f"{what}: {a!r} is not {b!r}")


def writer(program, folder):
    path = os.path.join(folder, "ours.xml.gz")
    subprocess.run([program, path], check=True)
    doc = load(path)
    params = lsctables.ProcessParamsTable.get_table(doc)
    same([(row.param, row.value) for row in params], [("--a", 'b, "c"'), ("--d", "")], "process_params")
    texts = ["plain", "", 'a "quoted" \\ one', "<&>, with\n\ta delimiter,", "é", " blanks ", "'single'"]
    for i, row in enumerate(lsctables.SnglInspiralTable.get_table(doc)):
        same(row.event_id, i + (1 << 40), "event_id")
        same(row.channel, texts[i], "channel")
        same(row.end, lal.LIGOTimeGPS(1126259462 + i, 123456789 * i), "end")
        same(np.float32(row.snr), np.float32(i / 7.0), "snr")
        same(row.sigmasq, 1e40 / (i + 7), "sigmasq")
        same(row.chisq_dof, -i, "chisq_dof")
        same(row.mass1, -1.5 * i if i % 2 else None, "mass1")
    psd = lal.series.read_psd_xmldoc(doc)["H1"]
    same((psd.f0, psd.deltaF, psd.epoch, psd.sampleUnits), (10.0, 0.25, lal.LIGOTimeGPS(1126259462, 5), lal.Unit("strain^2 s")), "psd")
    same(list(psd.data.data), [1e-46 * (i + 1) / 7 for i in range(9)], "psd")
    element = [e for e in doc.getElementsByTagName(ligolw.LIGO_LW.tagName) if e.hasAttribute("Name") and e.Name == "COMPLEX8TimeSeries"][0]
    snr = lal.series.parse_COMPLEX8TimeSeries(element)
    same((snr.deltaT, snr.epoch), (1 / 4096, lal.LIGOTimeGPS(1126259462, 999999999)), "snr")
    same(list(snr.data.data), list(np.array([i / 7 + 1j * (5 - i) / 7 for i in range(11)], dtype=np.complex64)), "snr")
    same(ligolw.Param.get_param(element, "event_id").value, 7, "event_id")


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def triggers(work, folder):
    gwspike = os.path.abspath(os.path.join(work, "..", "gwspike"))
    for name, program in (("s.hdf", "make_strain"), ("m.hdf", "make_model")):
        subprocess.run([os.path.join(work, program), name] + ["good"] * (program == "make_strain"), cwd=folder, check=True)
    events = run(folder, gwspike, "matched", "--mass-range", "40,50", "--min-match", "0.8", "--rate", "1024", "--slides", "2", "s.hdf", "-o", "m.xml.gz",
                 "--force", "--json")
    doc = load(os.path.join(folder, "m.xml.gz"))
    singles = {row.event_id: row for row in lsctables.SnglInspiralTable.get_table(doc)}
    members = {}
    for row in lsctables.CoincMapTable.get_table(doc):
        members.setdefault(row.coinc_event_id, []).append(singles[row.event_id])
    coincs = list(zip(lsctables.CoincTable.get_table(doc), lsctables.CoincInspiralTable.get_table(doc)))
    same((len(coincs), len(events) > 0, len(singles) > len(events)), (len(events), True, True), "events")
    for event, (coinc, inspiral) in zip(events, coincs):
        same(coinc.likelihood, event["stat"], "stat")
        same(set(coinc.insts), set(event["detectors"]), "detectors")
        same(abs(float(inspiral.end) - event["gps"]) < 1e-6, True, "gps")
        for row, ifo, gps, snr in zip(members[coinc.coinc_event_id], event["detectors"], event["detector_gps"], event["snr"]):
            same((row.ifo, np.float32(row.snr), np.float32(row.mass1)), (ifo, np.float32(snr), np.float32(event["mass1"])), "single")
            same(abs(float(row.end) - gps) < 1e-6, True, "time of a single")
    searched = LigolwSegments(doc).get_by_name("GWSPIKE-SEARCHED")
    same((sorted(searched), all(abs(s) > 10 for s in searched.values())), (["H1", "L1"], True), "segments")
    events = run(folder, gwspike, "detect", "-m", "m.hdf", "--threshold", "-3.4", "s.hdf", "-o", "d.xml", "--force", "--json")
    doc = load(os.path.join(folder, "d.xml"))
    coincs = list(zip(lsctables.CoincTable.get_table(doc), lsctables.CoincInspiralTable.get_table(doc)))
    same((len(coincs), len(events) > 0), (len(events), True), "events of the network")
    for event, (coinc, inspiral) in zip(events, coincs):
        same((coinc.likelihood, coinc.nevents, inspiral.snr), (event["stat"], 0, None), "event of the network")
        same(abs(float(inspiral.end) - event["gps"]) < 1e-6, True, "gps")
    print(f"ours: {len(singles)} singles, {len(coincs)} events of the network")


if __name__ == "__main__":
    if sys.argv[1] == "--schema":
        schema(sys.argv[2])
    elif sys.argv[1] == "--ours":
        writer(os.path.join(sys.argv[2], "write_ligolw"), sys.argv[3])
        triggers(os.path.abspath(sys.argv[2]), sys.argv[3])
    else:
        os.chdir(sys.argv[1])
        for name, doc in (("tables.xml", tables()), ("series.xml.gz", series()), ("segments.xml.gz", segments()), ("sim_inspiral.xml", sim_inspiral())):
            text = io.BytesIO()
            files.write_fileobj(doc, text)
            with open(name, "wb") as out:
                out.write(gzip.compress(text.getvalue(), mtime=0) if name.endswith(".gz") else text.getvalue())
        with open("old.xml", "w", encoding="utf-8") as out:
            out.write(OLD)
