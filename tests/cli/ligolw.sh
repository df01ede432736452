# LIGO_LW XML in and out.  Truth: the same numbers in HDF5.  Files of igwn-ligolw are in tests/golden, igwn-ligolw reads ours in the referee suite.
# xml TABLE COLUMNS <ROWS: a document of one table; a column is name:type
xml()
{
    echo "<?xml version='1.0' encoding='utf-8'?><LIGO_LW><Table Name=\"$1:table\">"
    for c in $2; do
        echo "<Column Name=\"${c%%:*}\" Type=\"${c##*:}\"/>"
    done
    echo "<Stream Name=\"$1:table\" Delimiter=\",\" Type=\"Local\">"
    cat
    echo "</Stream></Table></LIGO_LW>"
}

# evaluate: injections as sim_inspiral
"$MAKE_STRAIN" fg.hdf gap || fail make_strain
"$EXAMPLES/make_events" inj.hdf tc,distance,mass1,mass2 1262304020 900 30 30 1262304083 1000 30 30 1262304087.25 2000 30 20 || fail make_events
"$EXAMPLES/make_events" a.hdf time,stat,var 1262304087.1 9 0.3 1262304083 5 0.3 || fail make_events
"$EXAMPLES/make_events" bg.hdf time,stat,var 1 6 0.3 2 4 0.3 3 5 0.3 || fail make_events
xml sim_inspiral "geocent_end_time:int_4s geocent_end_time_ns:int_4s distance:real_4 mass1:real_4 mass2:real_4" >inj.xml <<'ROWS'
1262304020,0,900,30,30,1262304083,0,1000,30,30,
1262304087,250000000,2000,30,20
ROWS
set -- "$G" evaluate --foreground-files fg.hdf --background-events bg.hdf --foreground-events a.hdf --far 23000,1e6 --json
expect 0 "$@" --injection-file inj.hdf
cp out plain
expect 0 "$@" --injection-file inj.xml
cmp -s out plain || fail "evaluate: inj.xml is not inj.hdf: $(cat out)"
gzip -k inj.xml
expect 0 "$@" --injection-file inj.xml.gz
cmp -s out plain || fail "evaluate: inj.xml.gz is not inj.hdf: $(cat out)"
refuse 1 "wanted one table sim_inspiral, found none" "$@" --injection-file "$SOURCE/tests/golden/ligolw/tables.xml"
head -c 300 inj.xml >cut.xml
refuse 1 "cut.xml: line [0-9]*: no XML" "$@" --injection-file cut.xml

# simulate: a set of the challenge with sources out of sim_inspiral has the strain that it has with those of its own table
unset GWSPIKE_MLGWSC
printf 'id,start,end\n0,1238205077,1238213077\n' >segments.csv
expect 0 "$G" simulate --mlgwsc 1 -s 5 --duration 90 --approximant IMRPhenomD -f own.hdf -i own_inj.hdf
column()
{
    h5dump -y -w 1 -m %.17g -d "/$1" own_inj.hdf | sed -n '/DATA {/,/}/p' | grep -o '[-0-9.e+]*[0-9]' | head -n 12
}
column tc | awk -F. '{printf "%s,%.0f\n", $1, ("0." $2) * 1e9}' >tc
for c in mass1 mass2 distance ra dec polarization inclination coa_phase; do
    column $c >"col_$c"
done
paste -d, tc col_mass1 col_mass2 col_distance col_ra col_dec col_polarization col_inclination col_coa_phase |
    sed 's/$/,20,"IMRPhenomDpseudoFourPN","TAPER_START",/' |
    xml sim_inspiral "geocent_end_time:int_4s geocent_end_time_ns:int_4s mass1:real_4 mass2:real_4 distance:real_4 longitude:real_4 latitude:real_4 \
polarization:real_4 inclination:real_4 coa_phase:real_4 f_lower:real_4 waveform:lstring taper:lstring" >own.xml
expect 0 "$G" simulate --mlgwsc 1 -s 5 --duration 90 --injection-file own.xml -f again.hdf
h5diff -d 1e-25 own.hdf again.hdf /H1 /H1 || fail "simulate: own.xml is not own_inj.hdf"
expect 0 "$G" simulate --mlgwsc 1 -s 5 --duration 90 -b noise.hdf
h5diff -d 1e-25 own.hdf noise.hdf /H1 /H1 >/dev/null && fail "no signal in the foreground"
sed 's/IMRPhenomDpseudoFourPN/SEOBNRv4PpseudoFourPN/' own.xml >unknown.xml
refuse 1 "SEOBNRv4P" "$G" simulate --mlgwsc 1 -s 5 --duration 90 --injection-file unknown.xml -f x.hdf
sed 's/TAPER_START/TAPER_STARTEND/' own.xml >taper.xml
refuse 1 "TAPER_STARTEND" "$G" simulate --mlgwsc 1 -s 5 --duration 90 --injection-file taper.xml -f x.hdf

# triggers out: as many rows as the events that are printed, the same bytes again, gzip or not; igwn-ligolw reads them in the referee suite
"$MAKE_STRAIN" s.hdf good && "$MAKE_MODEL" m.hdf || fail "make_strain, make_model"
rows() # TABLE FILE: rows of a table
{
    sed -n "/<Stream Name=\"$1:table\"/,/<\/Stream>/p" "$2" | grep -vc '<'
}
small="--mass-range 40,50 --min-match 0.8 --rate 1024 s.hdf"
expect 0 "$G" matched $small -o m.xml --json
[ "$(rows coinc_event m.xml)" = "$(wc -l <out)" ] && [ -s out ] || fail "matched: not an event a row: $(cat out)"
[ "$(rows sngl_inspiral m.xml)" -gt "$(rows coinc_event m.xml)" ] || fail "no singles"
[ "$(rows coinc_event_map m.xml)" = $((2 * $(rows coinc_event m.xml))) ] || fail "an event of two detectors has other than two singles"
expect 0 "$G" matched $small -o m2.xml.gz --json
gunzip -c m2.xml.gz | cmp -s - m.xml || fail "m2.xml.gz is not m.xml"
refuse 1 "m.xml exists" "$G" matched $small -o m.xml
refuse 2 "known here: .*\.xml\.gz" "$G" matched $small -o m.txt
refuse 2 "ranking coherent" "$G" matched --ranking coherent s.hdf -o c.xml
# what was searched can be searched again
expect 0 "$G" matched $small --segments m.xml -o again.xml --json
expect 0 "$G" detect -m m.hdf --threshold -3.4 --json s.hdf -o d.xml
[ "$(rows coinc_inspiral d.xml)" = "$(wc -l <out)" ] && [ -s out ] || fail "detect: not an event a row: $(cat out)"
[ "$(rows sngl_inspiral d.xml)" = 0 ] || fail "detect: singles out of nothing"

# inspect
expect 0 "$G" inspect m2.xml.gz
grep -q "^m2.xml.gz: LIGO_LW$" out && grep -q "^  sngl_inspiral  *[0-9]* rows of 24$" out || fail "inspect: $(cat out)"
expect 0 "$G" inspect --json "$SOURCE/tests/golden/ligolw/series.xml.gz"
grep -q '"type": "REAL8FrequencySeries", "name": "psd", "instrument": "H1", "samples": 9, "delta_f": 0.25' out || fail "inspect --json: $(cat out)"
refuse 1 "no XML" "$G" inspect cut.xml
