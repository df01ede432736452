# followup: GW150914 against the numbers of the event's papers and of PyCBC (tests/unit/test_matched_followup.c has their source); coinc.xml; what
# it refuses.  What BAYESTAR and PyCBC make of the file: tools/golden/coinc.py.
"$MAKE_STRAIN" s.hdf good || fail make_strain

expect 0 "$G" followup --gps 1262304018 s.hdf --json -o c.xml
[ "$(wc -l <out)" = 1 ] && grep -q '"H1_end_time": 12623040[0-9]*, "H1_end_time_ns": [0-9]*, ' out && grep -q '"sky_ifos": \["H1", "L1"\]' out ||
    fail "followup --json: $(cat out)"
cp c.xml before.xml
expect 0 "$G" followup --gps 1262304018 s.hdf -o c.xml --force
cmp -s c.xml before.xml || fail "the same follow-up, other bytes"
expect 0 "$G" followup --gps 1262304018 s.hdf -o c.xml.gz
gzip -dc c.xml.gz | sed 's/c\.xml\.gz/c.xml/' | cmp -s - c.xml || fail "compressed, another document"
for table in process process_params coinc_definer time_slide sngl_inspiral coinc_event coinc_event_map coinc_inspiral; do
    [ "$(grep -c "<Table Name=\"$table:table\"" c.xml)" = 1 ] || fail "no $table in coinc.xml"
done
[ "$(grep -c '<LIGO_LW Name="COMPLEX8TimeSeries"' c.xml)" = 2 ] && [ "$(grep -c '<LIGO_LW Name="REAL8FrequencySeries"' c.xml)" = 2 ] ||
    fail "series in coinc.xml"
grep -qi 'nan\|inf<' c.xml && fail "a number that is none in coinc.xml"

refuse 2 "wants --gps TIME" "$G" followup s.hdf
refuse 2 "is no GPS time" "$G" followup --gps 1e20 s.hdf
refuse 2 "wanted two numbers" "$G" followup --gps 1262304018 --mass-range 5 s.hdf
refuse 2 "wanted 0 or more a month" "$G" followup --gps 1262304018 --far -1 s.hdf
refuse 2 "wanted 0 or more" "$G" followup --gps 1262304018 --rate-gpc3-yr -1 s.hdf
refuse 1 "a population of 0 Msun" "$G" followup --gps 1262304018 --population-mass 0 s.hdf -o none.xml
refuse 1 "two rising numbers" "$G" followup --gps 1262304018 --mass-range 50,5 s.hdf -o none.xml
refuse 1 "no detector has 16 s of unbroken strain" "$G" followup --gps 1 s.hdf -o none.xml
[ ! -e none.xml ] || fail "an output of nothing"

set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
[ -e "$1" ] || { echo "skipped: no $DATA/gwosc"; exit $FAILED; }
expect 0 "$G" followup --gps 1126259462.42 --far 0.001 --slope 1.5 "$@"
grep -q '^H1  *1126259462\.42[78][0-9]*  *19\.[0-9]*  *' out || fail "H1 of GW150914: $(cat out)"
grep -q '^L1  *1126259462\.42[01][0-9]*  *13\.[0-9]*  *' out || fail "L1 of GW150914: $(cat out)"
grep -q 'chirp mass 3[0-2]\.' out && grep -q '^p_astro 0\.[0-9]' out || fail "GW150914: $(cat out)"
