# qscan: the loudest tiles of GW150914 against gwpy (tests/golden/qtransform.h has the numbers); its outputs on made strain; what it
# refuses.
"$MAKE_STRAIN" s.hdf good || fail make_strain

expect 0 "$G" qscan --gps 1262304010 s.hdf --json --plot q.svg -o q.hdf --duration 16
[ "$(wc -l <out)" = 2 ] && [ "$(grep -c '"detector": "[HL]1", "gps": 12623040[01][0-9.]*, "frequency": [0-9.e]*, "q": [0-9.e]*, "energy": [0-9.e]*, "snr": ' out)" = 2 ] ||
    fail "qscan --json: $(cat out)"
cp q.svg before.svg
expect 0 "$G" qscan --gps 1262304010 s.hdf --plot q.svg -o q2.hdf --force --duration 16
cmp -s q.hdf q2.hdf && cmp -s q.svg before.svg || fail "the same scan, other bytes"
expect 0 "$G" inspect q.hdf
for name in map frequency time planes/q planes/energy planes/frequency planes/gps; do
    grep -q "/qscan/H1/$name " out || fail "no $name in the file: $(cat out)"
done
expect 0 "$G" qscan --gps 1262304010 --detector L1 --low 30 --high 300 --q 8,8 s.hdf
[ "$(wc -l <out)" = 2 ] && grep -q '^L1 ' out || fail "one detector: $(cat out)"

refuse 2 "wants --gps TIME" "$G" qscan s.hdf
refuse 2 "is no GPS time" "$G" qscan --gps 1e20 s.hdf
refuse 2 "wanted two numbers above 0" "$G" qscan --gps 1 --q 4 s.hdf
refuse 2 "wanted positive seconds" "$G" qscan --gps 1 --window 0 s.hdf
refuse 1 "is outside the data" "$G" qscan --gps 1 s.hdf
refuse 1 "no V1 in the input" "$G" qscan --gps 1262304010 --detector V1 s.hdf
refuse 1 "is no band" "$G" qscan --gps 1262304010 --low 300 --high 200 s.hdf

set -- "$DATA"/gwosc/[HL]-[HL]1_LOSC_4_V2-1126259446-32.hdf5
[ -e "$1" ] || { echo "skipped: no $DATA/gwosc"; exit $FAILED; }
expect 0 "$G" qscan --gps 1126259462.42 "$@"
grep -q '^H1  *1126259462\.421875  *143\.656  *5\.65685  *12[34]\.' out || fail "H1 of GW150914: $(cat out)"
grep -q '^L1  *1126259462\.41796[89]  *171\.25  *5\.65685  *6[89]\.' out || fail "L1 of GW150914: $(cat out)"
