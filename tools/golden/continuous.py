#!/usr/bin/env python3
"""Write tests/golden/continuous.h: barycentring and continuous waves by lalpulsar with JPL's DE405.

Pinned: lalsuite 7.26.16 (lalpulsar 7.1.2), solar-system-ephemerides 1.2.0 (the DE405 tables), numpy 2.
Run: continuous.py > tests/golden/continuous.h
"""
import os

import lal
import lalpulsar as lp
import numpy as np
import solar_system_ephemerides

# detector, ra, dec
PLACES = [("H1", 1.2, 0.3), ("L1", 4.6, -1.1), ("V1", 5.9, 1.4), ("K1", 3.1, -0.02)]
# days over which the delay is followed hour by hour; and single times over the years
DAYS = [1238205077, 900000000, 1368975618]
YEARS = [820108900, 968654552, 1126259462, 1186741861, 1300000000, 1420000000]

# detector ra dec psi cosi phi0 h0 f0 f1 f2 tref
PULSARS = [
    ("H1", 1.2, 0.3, 0.4, 0.7, 1.1, 1e-24, 100.5, -1e-9, 0.0, 1238205077),
    ("L1", 4.6, -1.1, -0.6, -0.2, 0.0, 2e-24, 57.123456789, 0.0, 0.0, 1000000000),
    ("V1", 5.9, 1.4, 1.3, 0.0, 5.0, 5e-25, 110.25, -1e-8, 1e-18, 1200000000),
    ("K1", 3.1, -0.02, 0.0, 1.0, 3.0, 1e-24, 9.75, 1e-10, 0.0, 1300000000),
]
START, RATE, SAMPLES, PIECES, STEP = 1238205077, 256, 16, 5, 21600


def ephemeris():
    folder = os.path.join(os.path.dirname(solar_system_ephemerides.__file__), "ephemerides")
    return lp.InitBarycenter(os.path.join(folder, "earth/earth00-40-DE405.dat.gz"), os.path.join(folder, "sun/sun00-40-DE405.dat.gz"))


def delay(ephemerides, ifo, ra, dec, gps):
    earth, wave, arrival = lp.EarthState(), lp.BarycenterInput(), lp.EmissionTime()
    time = lal.LIGOTimeGPS(gps, 0)
    lp.BarycenterEarth(earth, time, ephemerides)
    site = wave.site
    site.location = np.array(lal.cached_detector_by_prefix[ifo].location) / lal.C_SI
    wave.site, wave.tgps, wave.alpha, wave.delta, wave.dInv = site, time, ra, dec, 0
    lp.Barycenter(arrival, wave, earth)
    return arrival.deltaT


def strain(ephemerides, pulsar, start):
    ifo, ra, dec, psi, cosi, phi0, h0, f0, f1, f2, tref = pulsar
    vector = lp.CreatePulsarParamsVector(1)
    p = vector.data[0]
    p.Amp.aPlus, p.Amp.aCross, p.Amp.psi, p.Amp.phi0 = 0.5 * h0 * (1 + cosi**2), h0 * cosi, psi, phi0
    p.Doppler.refTime, p.Doppler.Alpha, p.Doppler.Delta = lal.LIGOTimeGPS(tref), ra, dec
    p.Doppler.fkdot[0], p.Doppler.fkdot[1], p.Doppler.fkdot[2] = f0, f1, f2
    vector.data[0] = p
    site = lal.cached_detector_by_prefix[ifo]
    # 4 s, because the generator's own interpolation wants more than a second
    return lp.GenerateCWSignalTS(vector.data[0], site, lal.LIGOTimeGPS(start), 4, RATE, 0, ephemerides, 5).data.data[:SAMPLES]


def main():
    e = ephemeris()
    print("/* Made by tools/golden/continuous.py with lalsuite 7.26.16 and DE405; do not edit. */")
    print("#ifndef GWS_TESTS_GOLDEN_CONTINUOUS_H\n#define GWS_TESTS_GOLDEN_CONTINUOUS_H\n")
    print("static const struct {\n    const char *ifo;\n    double ra, dec;\n} golden_place[] = {")
    for p in PLACES:
        print('    {"%s", %.17g, %.17g},' % p)
    print("};\n\n#define N_GOLDEN_HOURS 25\n")
    print("/* GPS second at the detector; barycentric time minus it (s), place by place: every hour of a day, */")
    print(f"static const int golden_day[{len(DAYS)}] = {{" + ", ".join("%d" % d for d in DAYS) + "};")
    print(f"static const double golden_day_delay[{len(DAYS)}][{len(PLACES)}][N_GOLDEN_HOURS] = {{")
    for d in DAYS:
        print("    {")
        for p in PLACES:
            print("        {" + ", ".join("%.12f" % delay(e, *p, d + 3600 * h) for h in range(25)) + "},")
        print("    },")
    print("};\n/* and at times over the years */")
    print(f"static const int golden_year[{len(YEARS)}] = {{" + ", ".join("%d" % y for y in YEARS) + "};")
    print(f"static const double golden_year_delay[{len(YEARS)}][{len(PLACES)}] = {{")
    for y in YEARS:
        print("    {" + ", ".join("%.12f" % delay(e, *p, y) for p in PLACES) + "},")
    print("};\n\nstatic const struct {\n    const char *ifo;\n    double ra, dec, psi, cosi, phi0, h0, f0, f1, f2;\n    int tref;\n} golden_pulsar[] = {")
    for p in PULSARS:
        print('    {"%s", ' % p[0] + ", ".join("%.17g" % v for v in p[1:10]) + ", %d}," % p[10])
    print(f"}};\n\n#define GOLDEN_WAVE_START {START}\n#define GOLDEN_WAVE_RATE {RATE}\n#define N_GOLDEN_SAMPLES {SAMPLES}")
    print(f"#define N_GOLDEN_PIECES {PIECES}\n#define GOLDEN_WAVE_STEP {STEP}\n")
    print("/* strain in units of 1e-24, single precision: the first samples of seconds one step apart */")
    print(f"static const double golden_wave[{len(PULSARS)}][N_GOLDEN_PIECES][N_GOLDEN_SAMPLES] = {{")
    for p in PULSARS:
        print("    {")
        for k in range(PIECES):
            print("        {" + ", ".join("%.9g" % (float(v) * 1e24) for v in strain(e, p, START + k * STEP)) + "},")
        print("    },")
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
