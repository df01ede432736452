# The programs of examples/ run and say something sensible, and what they say agrees with the program.
"$MAKE_MODEL" m.hdf || fail make_model
"$MAKE_STRAIN" gap.hdf gap || fail make_strain
expect 0 "$EXAMPLES/example_search" ./m.hdf
grep -q "^[0-9]* triggers of 4 signals in 120 s$" out || fail "search: $(cat out)"

# What a random network finds at its own threshold is what detect says it finds.
expect 0 "$EXAMPLES/example_detect" ./m.hdf gap.hdf
tail -n 1 out >example.txt
expect 0 "$G" detect -m m.hdf --json gap.hdf
grep -q "^$(wc -l <out) triggers in " example.txt || fail "detect: $(cat example.txt), the program: $(wc -l <out)"
refuse 1 "absent.hdf" "$EXAMPLES/example_detect" ./m.hdf absent.hdf

printf 'id,start,end\n0,1238205077,1238213077\n' >segments.csv
expect 0 "$EXAMPLES/example_read" sim:mlgwsc=1,seed=1,duration=120,part=fg,data=.
[ "$(grep -c 'rms [1-9].*e-2[0-9]  0 missing' out)" = 240 ] || fail "read: $(cat out)"
expect 0 "$EXAMPLES/example_read" gap.hdf
grep -q "^H1: 2048 Hz, " out || fail "read: $(cat out)"
grep -q " 1 missing$" out || fail "read: the missing sample is not missing: $(cat out)"
refuse 1 "nowhere/segments.csv" "$EXAMPLES/example_read" sim:mlgwsc=1,data=nowhere

# The same files as the program's, but for the provenance.
expect 0 "$EXAMPLES/example_simulate" strain.hdf signals.hdf
cp out list.txt
expect 0 "$G" simulate --detectors H1,L1,V1 --duration 600 -s 7 --snr-min 8 --snr-max 30 -o strain2.hdf -i signals2.hdf
for ifo in H1 L1 V1; do
    h5diff strain.hdf strain2.hdf /$ifo /$ifo || fail "simulate: $ifo is not what the program makes"
done
for column in tc mass1 distance snr; do
    h5diff signals.hdf signals2.hdf /$column /$column || fail "simulate: $column is not what the program makes"
done
[ "$(wc -l <list.txt)" = "$(h5dump -H -d /tc signals.hdf | sed -n 's/.*SIMPLE { ( \([0-9]*\) ).*/\1/p')" ] || fail "simulate: $(cat list.txt)"
refuse 1 "out.txt" "$EXAMPLES/example_simulate" out.txt signals3.hdf

# Whitened noise of the full band has variance 1 less what lies below 20 Hz; a median of a few segments knows its level to some per cent.
expect 0 "$EXAMPLES/example_whiten" strain.hdf H1
awk '{ n++; sum += $4 } END { exit !(n >= 580 && sum / n > 0.97 && sum / n < 1.03) }' out || fail "whiten: $(head -n 5 out)"
refuse 1 "wants INPUT DETECTOR" "$EXAMPLES/example_whiten" strain.hdf
refuse 1 "absent.hdf" "$EXAMPLES/example_whiten" absent.hdf H1
